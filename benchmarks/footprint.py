"""What the bot weighs, and how soon it is there."""

from __future__ import annotations

import time
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from benchmarks import order
from benchmarks.processes import ROOT, Child, bot_environment, database_url, median_of, scratch_folder
from demo import sample
from demo.bot_api import BotApi
from demo.geocoder import Geocoder
from demo.mailbox import Mailbox
from demo.sample import DMITRY

START_SECONDS = 30.0
# As `make run` starts it.
AS_RUN = ("-OO",)


@dataclass(frozen=True, slots=True)
class Memory:
    """VmRSS of the bot's process, in MB."""

    started: float
    after_order: float


def measure_memory(*hidden: str) -> Memory:
    """Run a whole order, its PDF and its mail through a bot that can't see the ``hidden`` packages."""
    with ExitStack() as stack:
        folder = stack.enter_context(scratch_folder())
        api, mailbox = stack.enter_context(BotApi()), stack.enter_context(Mailbox())
        geocoder = stack.enter_context(Geocoder())
        for who in sample.prepare(database_url(folder)):
            api.person(who.telegram_id, who.first_name, who.username).user.started = True
        environment = bot_environment(
            api.url,
            api.token,
            folder,
            DMITRY.telegram_id,
            SMTP_HOST=mailbox.host,
            SMTP_PORT=str(mailbox.port),
            SMTP_SECURITY="none",
            MAIL_FROM="sklad@example.ru",
            GEOCODER_URL=geocoder.url,
        )
        started_at = time.monotonic()
        bot = stack.enter_context(
            Child(*AS_RUN, "-m", "benchmarks.bot_process", *hidden, folder=folder, environment=environment)
        )
        _wait_polled(api, started_at)
        started = bot.rss_mb()
        order.go_through(api, mailbox)
        return Memory(started, bot.rss_mb())


@dataclass(frozen=True, slots=True)
class Start:
    """Median seconds from the process's start to its first getUpdates."""

    fresh: float
    existing: float


def measure_start(times: int) -> Start:
    """Start ``bot.py run`` on a fresh database and again on the same, ``times`` times.

    One start before is not counted: it warms the disk's cache and compiles what is not compiled yet.
    """
    fresh, existing = [], []
    with BotApi() as api:
        api.person(DMITRY.telegram_id).user.started = True
        for number in range(times + 1):
            with scratch_folder() as folder:
                seconds = [_start_once(api, folder) for _ in range(2)]
            if number:
                fresh.append(seconds[0])
                existing.append(seconds[1])
    return Start(median_of(fresh), median_of(existing))


def _start_once(api: BotApi, folder: Path) -> float:
    environment = bot_environment(api.url, api.token, folder, DMITRY.telegram_id)
    started_at = time.monotonic()
    with Child(*AS_RUN, str(ROOT / "bot.py"), "run", folder=folder, environment=environment):
        return _wait_polled(api, started_at) - started_at


def _wait_polled(api: BotApi, started_at: float) -> float:
    """Return when, by the monotonic clock, the first getUpdates after ``started_at`` came."""
    with api.world.changed:
        if not api.world.changed.wait_for(lambda: api.seen_at > started_at, START_SECONDS):
            raise RuntimeError(f"the bot did not call getUpdates within {START_SECONDS:.0f} s")
        return api.seen_at
