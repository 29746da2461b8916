"""Kill −9 at random moments, again and again, while people go through whole orders: nothing may show it.

``KILLS`` sets how often (50), ``SEED`` repeats a run as far as threads and processes let one be repeated.
"""

from __future__ import annotations

import os
import random
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest

from demo import sample
from models import Database, Product
from services import company, stock
from tests.faults import audit
from tests.faults.far_ends import Bot, FarEnds, far_ends, wait_until
from tests.faults.players import FIRST_SKU, SECOND_SKU, Expected, Keeper, Rep, load

KILLS = int(os.environ.get("KILLS", "50"))
SEED = os.environ.get("SEED") or str(random.randrange(10**6))
STRANGERS = 12
CUSTOMERS = {
    sample.ANNA: [
        "ООО «Ромашка»",
        "ООО «Продукты у дома»",
        "ИП Котова Марина Сергеевна",
        "ООО «Столовая № 7»",
    ],
    sample.CLARA: ["АО «Гастроном Восток»", "ООО «Кафе Подкова»"],
}


@pytest.mark.timeout(max(400, KILLS * 8))
def test_nothing_is_lost_or_doubled_by_kills(tmp_path: Path) -> None:
    print(f"\n{KILLS} kills, SEED={SEED}")
    with far_ends(tmp_path) as far, far.bot() as bot:
        _make_room(far)
        first_update = far.api.last_update_id + 1
        for member in far.cast:
            far.person(member).start()
        game = _Game(far)
        with ThreadPoolExecutor(8) as pool:
            played = game.start(pool)
            try:
                lives = _kill_again_and_again(far, bot, game)
                bot.start()
            finally:
                game.is_over.set()
            for ended in played:
                ended.result(180)
        wait_until(lambda: audit.is_at_rest(far.tables), bot.last_words, 60)
        assert bot.terminate() == 0, bot.last_words
        faults = audit.everything(far, game.orders, first_update)
        updates = far.api.last_update_id + 1 - first_update
        print(f"{lives} lives, {len(game.orders)} orders, {updates} updates, SEED={SEED}")
        assert not faults, f"SEED={SEED}\n" + "\n".join(faults[:40])
        assert len(game.orders) > 3, "too few orders to tell anything"


class _Game:
    """Two reps write orders, two storekeepers load them, strangers knock at the door all the while."""

    def __init__(self, far: FarEnds) -> None:
        self.far = far
        self.orders: list[Expected] = []
        self.is_over = threading.Event()
        self.is_lost = threading.Event()
        self._placed: list[Expected] = []
        self._writing = len(CUSTOMERS)

    def start(self, pool: ThreadPoolExecutor) -> list[Future[None]]:
        writers = [self._write(member, names) for member, names in CUSTOMERS.items()]
        return [pool.submit(self._watched(role)) for role in (*writers, self._load, self._knock)]

    def _watched(self, role: Callable[[], None]) -> Callable[[], None]:
        def run() -> None:
            try:
                role()
            except BaseException:
                self.is_lost.set()
                self.is_over.set()
                raise

        return run

    def _write(self, member: sample.Person, customers: list[str]) -> Callable[[], None]:
        def run() -> None:
            rep = Rep(self.far, self.far.person(member), f"{SEED}-{member.username}", customers)
            rep.settle()
            for order in rep.orders():
                if order is not None:
                    self.orders.append(order)
                    self._placed.append(order)
                if self.is_over.is_set():
                    break
            self._writing -= 1

        return run

    def _load(self) -> None:
        dice = random.Random(f"{SEED}-load")
        keepers = [Keeper(self.far, self.far.person(member), SEED) for member in (sample.BORIS, sample.PYOTR)]
        while self._placed or self._writing:
            if self.is_lost.is_set():
                return
            if self._placed:
                load(self._placed.pop(0), keepers, dice)
            else:
                time.sleep(0.02)

    def _knock(self) -> None:
        strangers = [self.far.api.person(5000 + number) for number in range(STRANGERS)]
        dice = random.Random(f"{SEED}-knock")
        while not self.is_over.wait(0.15):
            dice.choice(strangers).send("/start")


def _kill_again_and_again(far: FarEnds, bot: Bot, game: _Game) -> int:
    dice = random.Random(f"{SEED}-kill")
    kills = 0
    while kills < KILLS and not game.is_lost.is_set():
        bot.start()
        _wait_for_a_bad_moment(far, dice)
        code = bot.kill()
        # -9 is ours; anything else means that it fell by itself.
        assert code == -9, f"SEED={SEED}: the bot ended with {code}\n{bot.last_words}"
        kills += 1
    return kills


def _wait_for_a_bad_moment(far: FarEnds, dice: random.Random) -> None:
    """Return at any moment of a life: starting, fetching, between two calls, while a letter is taken."""
    kind = dice.choice(["moment", "call", "call", "letter"])
    if kind == "moment":
        time.sleep(dice.uniform(0.05, 1.5))
        return
    # Up and calling, however slow the machine is: a bot that is killed before it begins proves nothing.
    began = far.api.calls.total
    with far.api.calls.changed:
        far.api.calls.changed.wait_for(lambda: far.api.calls.total > began, 30)
    if kind == "letter":
        taken = threading.Event()
        listener = lambda _letter: taken.set()  # noqa: E731
        far.mailbox.listeners.append(listener)
        taken.wait(2)
        far.mailbox.listeners.remove(listener)
    else:
        enough = far.api.calls.total + dice.randint(1, 120)
        with far.api.calls.changed:
            far.api.calls.changed.wait_for(lambda: far.api.calls.total >= enough, 3)


def _make_room(far: FarEnds) -> None:
    """Stock and windows that last for any number of orders."""
    database = Database(f"sqlite:///{far.tables.path}")
    with database.unit_of_work() as session:
        company.warehouse(session).window_capacity = 1_000_000
        for product in session.query(Product).filter(Product.sku.in_((FIRST_SKU, SECOND_SKU))):
            stock.receive(session, product, 1_000_000_000, None)
    database.close()
