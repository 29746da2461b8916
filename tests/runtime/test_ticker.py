"""What the ticker gives the processor to do, and when it lets go."""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from sqlalchemy import func, select

from models import Database, InboxUpdate
from runtime import ticker as tickers
from runtime.processor import Processor
from runtime.ticker import KEEP_OUTBOX, Ticker
from services import inbox
from tests.conftest import NOW
from tests.runtime.test_processor import Handlers

pytestmark = pytest.mark.both_engines


def test_more_than_goes_at_once_goes_tick_by_tick(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inbox, "MOST_SWEPT", 2)
    long_ago = NOW - KEEP_OUTBOX * 2
    with database.unit_of_work(long_ago) as session:
        inbox.store(session.connection(), [{"update_id": number} for number in range(1, 6)], long_ago)
        inbox.mark_done(session, [row.id for row in inbox.waiting(session, 10)])
    processor = Processor(database, Handlers())
    ticker = Ticker(database, processor, lambda: None, lambda: None)
    left = []
    for _ in range(4):
        ticker.tick()
        processor._step_or_wait(64)
        with database.reading() as session:
            left.append(session.scalar(select(func.count(InboxUpdate.id))))
    assert left == [3, 1, 0, 0]


def test_nothing_is_added_to_what_cannot_be_done(database: Database) -> None:
    processor = Processor(database, Handlers())
    ticker = Ticker(database, processor, lambda: None, lambda: None)
    ticker.tick()
    before = len(processor._tasks)
    with time_machine.travel(datetime.now(UTC) + timedelta(days=1)):
        ticker.tick()
    assert (before > 0, len(processor._tasks)) == (True, before)


def test_the_process_ends_when_the_database_is_another_s(
    database: Database, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(tickers, "TICK_SECONDS", 0)
    answers = iter([True, True, False])
    ticker = Ticker(
        database, Processor(database, Handlers()), lambda: None, lambda: None, is_ours=lambda: next(answers)
    )
    with caplog.at_level(logging.ERROR):
        ticker.run()
    assert [record.getMessage() for record in caplog.records] == [
        "Another process works with this database by now: this one ends."
    ]
