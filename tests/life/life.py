"""A bot that lives through weeks in seconds: its clock is moved from tick to tick, all else is real."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from models import Session
from runtime import ticker
from services import company
from tests.engines import EMPTY
from tests.faults.far_ends import Tables, wait_until
from tests.flows.stage import Stage, running
from tests.life.clock import Clock

_UNDER_WAY = (
    "SELECT (SELECT count(*) FROM inbox_updates WHERE state = 'waiting')"
    " + (SELECT count(*) FROM outbox_messages WHERE state = 'sending' OR state = 'waiting' AND due_at <= ?)"
)


class Life:
    """The stage, its clock, and the wall on which the clock of the company hangs."""

    def __init__(self, stage: Stage, clock: Clock, zone: ZoneInfo, folder: Path) -> None:
        self.stage = stage
        self.zone = zone
        self.folder = folder
        self.tables = Tables(stage.settings.effective_database_url)
        self.clock = clock

    @property
    def now(self) -> datetime:
        """The time on the company's wall."""
        return self.clock.now.astimezone(self.zone)

    def until(self, day: date, at: time) -> None:
        """Let it be this time on the company's wall, the first of it when it comes twice."""
        self.move_to(datetime.combine(day, at, tzinfo=self.zone))

    def move_to(self, moment: datetime) -> None:
        """Let it be a later moment, for the bot and for Telegram; what falls due by then is done and sent."""
        ahead = moment.astimezone(UTC) - self.clock.now
        assert ahead >= timedelta(), "a clock that goes back"
        self.stage.api.skip(ahead.total_seconds())
        self.clock.pass_by(ahead)
        self.stage.app.supervisor._ticker.tick()
        self.rest()

    def pass_by(self, span: timedelta) -> None:
        """Let so much time pass, whatever the wall says."""
        self.move_to(self.clock.now + span)

    def rest(self) -> None:
        """Wait until nothing is under way any more."""
        processor = self.stage.app.supervisor._processor

        def is_at_rest() -> bool:
            # The second of them runs in another unit of work: by then the first one's is committed.
            for _ in range(2):
                done = threading.Event()
                processor.submit(partial(_note, done))
                assert done.wait(20)
            now = self.clock.now.replace(tzinfo=None).isoformat(" ", "microseconds")
            return not self.stage.api.pending_updates and not self.tables.one(_UNDER_WAY, now)

        wait_until(is_at_rest, "the bot does not come to rest", 30)

    def rows(self) -> dict[str, int]:
        """How many rows each table has."""
        names = self.tables.column("SELECT name FROM sqlite_master WHERE type = 'table'")
        return {name: self.tables.one(f"SELECT count(*) FROM {name}") for name in names}


def _note(done: threading.Event, _session: Session) -> None:
    done.set()


@contextmanager
def living(folder: Path, patch: pytest.MonkeyPatch, zone: str, day: date, **settings: Any) -> Iterator[Life]:
    """Open the stage at six in the morning of a day on the wall of a company in this zone."""
    # The clock is moved by hand, and so are the ticks.
    patch.setattr(ticker, "TICK_SECONDS", 3600)
    beginning = datetime.combine(day, time(6), tzinfo=ZoneInfo(zone))
    clock = Clock(patch, beginning)
    with running(folder, holding=EMPTY, **settings) as stage:
        stage.api.skip((clock.now - datetime.now(UTC)).total_seconds())
        with stage.app.database.unit_of_work() as session:
            company.get(session).timezone = zone
        yield Life(stage, clock, ZoneInfo(zone), folder)
