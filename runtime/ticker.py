"""Looks at rows that fall due: retries whose time has come, and the sweeping of old rows."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from models import Database, Session, now_of
from runtime.processor import Processor
from services import backup, digests, inbox, ledger, outbox, reminders

log = logging.getLogger(__name__)

TICK_SECONDS = 1.0
SWEEP_EVERY = timedelta(hours=1)
REMIND_EVERY = timedelta(minutes=1)
# Under a week: after one without updates Telegram may hand out the same ids again.
KEEP_INBOX = timedelta(days=6)
KEEP_OUTBOX = timedelta(days=14)


class Ticker:
    """One thread; it only looks, the processor acts."""

    def __init__(self, database: Database, processor: Processor) -> None:
        self._database = database
        self._processor = processor
        self._stopped = threading.Event()
        self._swept_at: datetime | None = None
        self._reminded_at: datetime | None = None
        self.last_tick_at: datetime | None = None

    def stop(self) -> None:
        """Let :meth:`run` return."""
        self._stopped.set()

    def run(self) -> None:
        """Tick until stopped; a failing tick is logged and the next one comes."""
        while not self._stopped.wait(TICK_SECONDS):
            try:
                self.tick()
            except Exception:
                log.exception("a tick failed")

    def tick(self) -> None:
        """Wake the processor when something is due."""
        now = datetime.now(UTC)
        self.last_tick_at = now
        if self._swept_at is None or now - self._swept_at > SWEEP_EVERY:
            self._swept_at = now
            self._processor.submit(sweep)
        if self._reminded_at is None or now - self._reminded_at > REMIND_EVERY:
            self._reminded_at = now
            for task in REMINDERS:
                self._processor.submit(task)
            self._check_books()
        with self._database.reading() as session:
            is_due = outbox.has_due(session)
        if is_due:
            self._processor.wake()

    def _check_books(self) -> None:
        # A million movements take seconds: read here, beside the processor, which only tells of it.
        with self._database.reading() as session:
            if not ledger.is_due(session):
                return
            found = ledger.find_discrepancies(session)
        self._processor.submit(partial(ledger.report, found=found))


# Each in a savepoint of its own: one that fails must not keep the others back.
REMINDERS: tuple[Callable[[Session], Any], ...] = (
    reminders.remind_of_drafts,
    reminders.remind_of_queue,
    reminders.tell_of_late_loads,
    digests.send_due,
    backup.queue_nightly,
)


def sweep(session: Session) -> None:
    """Delete finished inbox and outbox rows that nobody will ask about."""
    now = now_of(session)
    inbox.sweep(session, now - KEEP_INBOX)
    outbox.sweep(session, now - KEEP_OUTBOX)
