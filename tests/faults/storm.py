"""Bad weather on purpose: Telegram and the mail server fail in every way they can, fault after fault."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

from demo.bot_api_faults import Fault
from demo.mailbox import MailFault
from tests.faults.far_ends import FarEnds

# Of an address that does not exist no letter may be lost in silence: its rep is told.
DEAD_ADDRESS = "zakupki@vostok.example"
METHODS = ("send*", "edit*", "*", "*", "getUpdates", "answerCallbackQuery")
# After these nobody can know whether a letter was taken.
UNKNOWN = ("mail hang", "mail hang after", "mail cut after")
LONGEST_FAULT = 0.6
LONGEST_MAIL_FAULT = 3.0
AGES_OF_REDELIVERED = (3, 30, 300)


class Storm:
    """Two threads that put faults in force, and hand updates out again, while ``is_blowing`` is set."""

    def __init__(self, far: FarEnds, seed: str) -> None:
        self.struck: Counter[str] = Counter()
        # When such faults were in force, by the real clock.
        self.unknown: list[tuple[float, float]] = []
        self._far = far
        self._seed = seed
        self._first_update = 0
        self._calm = threading.Event()
        self._threads: list[threading.Thread] = []
        far.mailbox.faults.refuse_recipient(DEAD_ADDRESS)

    def rise(self) -> None:
        """Begin; updates are handed out again from those that arrive from now on."""
        self._calm.clear()
        self._first_update = self._far.api.last_update_id + 1
        day = len(self._threads)
        for name, blow in (("telegram", self._telegram), ("mail", self._mail)):
            dice = random.Random(f"{self._seed}-{name}-{day}")
            thread = threading.Thread(target=self._blow, args=(blow, dice), daemon=True)
            self._threads.append(thread)
            thread.start()

    def lie_down(self) -> None:
        """End every fault but the dead address."""
        self._calm.set()
        for thread in self._threads[-2:]:
            thread.join(10)

    def _blow(self, once: Callable[[random.Random], None], dice: random.Random) -> None:
        while not self._calm.wait(dice.uniform(0.2, 0.8)):
            once(dice)

    def _telegram(self, dice: random.Random) -> None:
        faults = self._far.api.faults
        where: dict[str, Any] = {"method": dice.choice(METHODS), "times": dice.randint(1, 2)}
        seconds = dice.uniform(0.1, 0.6)
        kinds: dict[str, Callable[[], Fault]] = {
            "429": lambda: faults.too_many_requests(1, **where),
            "5xx": lambda: faults.server_error(dice.choice([500, 502, 503, 504]), **where),
            "cut before": lambda: faults.cut_before(**where),
            "cut after": lambda: faults.cut_after(**where),
            "hang": lambda: faults.hang(seconds, **where),
            "hang after": lambda: faults.hang(seconds, effect=True, **where),
        }
        kind = dice.choice([*kinds, "update again", "update again"])
        if kind in kinds:
            self._hold(f"Telegram {kind}", kinds[kind](), LONGEST_FAULT)
        else:
            self._redeliver(dice)

    def _redeliver(self, dice: random.Random) -> None:
        """Hand out again what the bot has acknowledged: what it has not seen yet would come out of order."""
        api = self._far.api
        with api.world.lock:
            waiting = api.world.updates.waiting()
            newest = waiting[0]["update_id"] - 1 if waiting else api.last_update_id
            update_id = newest - dice.randrange(dice.choice(AGES_OF_REDELIVERED))
            if update_id >= self._first_update:
                api.redeliver(update_id)
                self.struck["update again"] += 1

    def _mail(self, dice: random.Random) -> None:
        faults, seconds = self._far.mailbox.faults, dice.uniform(0.2, 1.0)
        stage: Any = dice.choice(["rcpt", "data"])
        kinds: dict[str, Callable[[], MailFault]] = {
            "4xx": lambda: faults.refuse(dice.choice([421, 450, 451]), stage, times=1),
            "535": lambda: faults.refuse(535, "rcpt", times=1),
            "554": lambda: faults.refuse(554, times=1),
            "hang": lambda: faults.hang(seconds, times=1),
            "hang after": lambda: faults.hang(seconds, keep=True, times=1),
            "cut": lambda: faults.drop(keep=False, times=1),
            "cut after": lambda: faults.drop(times=1),
        }
        kind = dice.choice(["4xx", "4xx", *kinds])
        self._hold(f"mail {kind}", kinds[kind](), LONGEST_MAIL_FAULT)
        # Between two faults letters go well.
        self._calm.wait(dice.uniform(0.5, 2))

    def _hold(self, name: str, fault: Fault | MailFault, longest: float) -> None:
        """Leave a fault in force until it has struck, or for so long."""
        begun, until = time.time(), time.monotonic() + longest
        while fault.active and time.monotonic() < until and not self._calm.is_set():
            time.sleep(0.02)
        fault.off()
        self.struck[name] += fault.hits
        if fault.hits and name in UNKNOWN:
            self.unknown.append((begun, time.time()))
