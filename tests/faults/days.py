"""Whole days of a company's life, each under kills and in a storm, with quiet nights in between."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from demo import sample
from models import Customer, Database, Product, Role
from services import auth, company, stock
from tests.faults import audit
from tests.faults.admins import Admin
from tests.faults.far_ends import FarEnds, wait_until
from tests.faults.keepers import Keeper, Warehouse
from tests.faults.lives import Lives
from tests.faults.players import FIRST_SKU, SECOND_SKU, Expected, Player
from tests.faults.reps import Rep
from tests.faults.storm import Storm

ZONE = ZoneInfo("Europe/Moscow")
# The first days cross a New Year, whenever the test runs.
FIRST_DAY = (12, 30)
# How far the clock moves at each kill, so that the day passes; Telegram's follows at night.
MINUTES_PASS = (8, 24)
EVENING = timedelta(minutes=70)
STRANGERS = 12
IGOR = sample.Person(1007, "Игорь", "igor")
# All have addresses, one of them two, but the café; nobody lives at that of the «Гастроном».
CUSTOMERS = {
    sample.ANNA: ["ООО «Ромашка»", "ООО «Продукты у дома»"],
    sample.CLARA: ["АО «Гастроном Восток»", "ООО «Кафе Подкова»"],
    sample.STRANGER: ["ИП Котова Марина Сергеевна"],
    IGOR: ["ООО «Столовая № 7»"],
}


class Company:
    """Four reps, two storekeepers, an administrator and strangers, the far ends they use, and a clock."""

    def __init__(self, far: FarEnds, bot: Lives, seed: str) -> None:
        self.far = far
        self.orders: list[Expected] = []
        self.lives = 0
        self.days = 0
        self.faults: list[str] = []
        # By the real clock.
        self.killed_at: list[float] = []
        self.storm = Storm(far, seed)
        self._bot = bot
        self._seed = seed
        self._kill_dice = random.Random(f"{seed}-kill")
        self._ahead = self._telegram_ahead = timedelta()
        self._first_of_day = self._calls_before = 0
        self.last_day = self.today.date()
        self.admin = Admin(far, far.person(sample.DMITRY), seed)
        self.reps = [Rep(far, far.person(who), seed, names) for who, names in CUSTOMERS.items()]
        self.keepers = [Keeper(far, far.person(who), seed) for who in (sample.BORIS, sample.PYOTR)]
        self._warehouse = Warehouse(self.keepers, self.admin, seed)
        self._make_room()
        self._first_update = far.api.last_update_id + 1
        self.movements_before: int = far.tables.one("SELECT max(id) FROM stock_movements")
        self._night_passes()

    @property
    def people(self) -> list[Player]:
        return [self.admin, *self.reps, *self.keepers]

    @property
    def updates(self) -> int:
        """How many updates Telegram had for the bot."""
        return self.far.api.last_update_id + 1 - self._first_update

    @property
    def today(self) -> datetime:
        """The clock on everybody's wall."""
        return datetime.now(ZONE) + self._ahead

    def live_through_a_day(self, kills: int) -> None:
        """Work while the bot is killed so often, then let the day end and compare."""
        self._first_of_day = self.far.api.last_update_id + 1
        if not self.days:
            # Before there is a bot to hear it: whoever never wrote cannot be written to.
            for person in self.people:
                person.act(person.person.start)
        self._start()
        for person in self.people:
            person.settle()
        self.days, self.last_day = self.days + 1, self.today.date()
        self.storm.rise()
        shift = _Shift(self, f"{self._seed}-{self.days}")
        with ThreadPoolExecutor(10) as pool:
            working = shift.begin(pool)
            try:
                self._kill_again_and_again(kills, shift)
            finally:
                shift.is_over.set()
            for ended in working:
                try:
                    ended.result(240)
                except AssertionError as error:
                    raise AssertionError(f"SEED={self._seed}, day {self.days}: {error}") from error
        self.storm.lie_down()
        self._kill()
        # Letters that were put off go out by now.
        self._ahead += EVENING
        self._start()
        self._come_to_rest()
        self.faults += audit.day(self.far, self._first_of_day) + audit.everything(self)
        self._kill()
        self._night_passes()

    def end(self) -> None:
        """The morning after: nothing is left to do, and the bot stops when it is asked to."""
        self._start()
        self._come_to_rest()
        code = self._bot.terminate()
        assert code == 0, self._bot.last_words
        self.faults += audit.everything(self)

    def deal_with(self, order: Expected) -> None:
        self._warehouse.deal_with(order)

    def _start(self) -> None:
        self._calls_before = self.far.api.calls.total
        self._bot.start(self._ahead)
        self.lives += 1

    def _kill(self) -> None:
        self.killed_at.append(time.time())
        code = self._bot.kill()
        # -9 is ours; anything else means that it fell by itself.
        assert code == -9, f"SEED={self._seed}: the bot ended with {code}\n{self._bot.last_words}"

    def _kill_again_and_again(self, kills: int, shift: _Shift) -> None:
        # Two more come in the evening.
        for _ in range(kills - 2):
            self._wait_for_a_bad_moment()
            self._kill()
            self._ahead += timedelta(minutes=self._kill_dice.uniform(*MINUTES_PASS))
            self._start()
            if shift.is_lost.is_set():
                return

    def _wait_for_a_bad_moment(self) -> None:
        """Return at any moment of a life: starting, fetching, between two calls, while a letter is taken."""
        dice, api = self._kill_dice, self.far.api
        kind = dice.choice(["moment", "call", "call", "call", "letter"])
        if kind == "moment":
            time.sleep(dice.uniform(0.05, 1.3))
            return
        # Up and calling, however slow the machine is: a bot that is killed before it begins proves nothing.
        began = api.calls.total
        with api.calls.changed:
            api.calls.changed.wait_for(lambda: api.calls.total > began, 30)
        if kind == "letter":
            taken = threading.Event()
            listener = lambda _letter: taken.set()  # noqa: E731
            self.far.mailbox.listeners.append(listener)
            taken.wait(1)
            self.far.mailbox.listeners.remove(listener)
        else:
            enough = api.calls.total + dice.randint(1, 60)
            with api.calls.changed:
                api.calls.changed.wait_for(lambda: api.calls.total >= enough, 3)

    def _come_to_rest(self) -> None:
        def complaint() -> str:
            return f"{self.admin.complaint()}\n{self._bot.last_words}"

        api = self.far.api

        def is_at_rest() -> bool:
            is_up = api.calls.total > self._calls_before
            return is_up and not api.pending_updates and audit.is_at_rest(self.far.tables)

        wait_until(is_at_rest, complaint, 90)

    def _night_passes(self) -> None:
        """It is half past eight in the morning of the next day, here and at Telegram's."""
        now = datetime.now(ZONE)
        day = self.today.date() + timedelta(days=1)
        if not self.days:
            day = now.date().replace(month=FIRST_DAY[0], day=FIRST_DAY[1])
            if day <= now.date():
                day = day.replace(year=day.year + 1)
        self._ahead = datetime(day.year, day.month, day.day, 8, 30, tzinfo=ZONE) - now
        self.far.api.skip((self._ahead - self._telegram_ahead).total_seconds())
        self._telegram_ahead = self._ahead

    def _make_room(self) -> None:
        """Two more reps with some of the customers; stock and windows for any number of orders."""
        database = Database(self.far.tables.url)
        with database.unit_of_work() as session:
            for who in (sample.STRANGER, IGOR):
                code = auth.issue_code(session, Role.SALES_REP, who.first_name, None)
                rep = auth.redeem(
                    session, who.telegram_id, code, name=who.first_name, username=who.username, language="ru"
                )
                assert rep is not None
                for customer in session.query(Customer).filter(Customer.name.in_(CUSTOMERS[who])):
                    customer.sales_rep_id = rep.id
            company.warehouse(session).window_capacity = 1_000_000
            for product in session.query(Product).filter(Product.sku.in_((FIRST_SKU, SECOND_SKU))):
                stock.receive(session, product, 1_000_000_000, None)
        database.close()


class _Shift:
    """What everybody does in one day, each in a thread."""

    def __init__(self, at: Company, seed: str) -> None:
        self._company = at
        self._seed = seed
        self.is_over = threading.Event()
        self.is_lost = threading.Event()
        self._placed: list[Expected] = []
        self._writing = len(at.reps)

    def begin(self, pool: ThreadPoolExecutor) -> list[Future[None]]:
        writers = [lambda rep=rep: self._write(rep) for rep in self._company.reps]
        return [
            pool.submit(self._watched(role)) for role in (*writers, self._load, self._administer, self._knock)
        ]

    def _watched(self, role: Callable[[], None]) -> Callable[[], None]:
        def run() -> None:
            try:
                role()
            except BaseException:
                self.is_lost.set()
                self.is_over.set()
                raise

        return run

    def _write(self, rep: Rep) -> None:
        while not self.is_over.is_set():
            order = rep.write()
            if order is not None:
                self._company.orders.append(order)
                if order.status == "placed":
                    self._placed.append(order)
        self._writing -= 1

    def _load(self) -> None:
        while (self._placed or self._writing) and not self.is_lost.is_set():
            if self._placed:
                self._company.deal_with(self._placed.pop(0))
            else:
                time.sleep(0.02)

    def _administer(self) -> None:
        while not self.is_over.wait(0.5):
            self._company.admin.work()

    def _knock(self) -> None:
        strangers = [self._company.far.api.person(5000 + number) for number in range(STRANGERS)]
        dice = random.Random(f"{self._seed}-knock")
        while not self.is_over.wait(0.4):
            dice.choice(strangers).send("/start")


def counted(people: list[Player]) -> Counter[str]:
    """What people did besides ordering, all together."""
    return sum((person.done for person in people), Counter())
