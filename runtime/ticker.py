"""Looks at rows that fall due: retries whose time has come, and the sweeping of old rows."""

from __future__ import annotations

import logging
import shutil
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from models import Database, Session, now_of
from runtime.processor import Processor
from runtime.storage_alarm import StorageAlarm
from services import (
    admission,
    backup,
    digests,
    geo,
    health,
    inbox,
    ledger,
    mailings,
    outbox,
    reminders,
    uploads,
)
from services.health import Disk

log = logging.getLogger(__name__)

TICK_SECONDS = 1.0
SWEEP_EVERY = timedelta(hours=1)
REMIND_EVERY = timedelta(minutes=1)
# A commit each: often enough to see that the process lives.
BEAT_EVERY = timedelta(seconds=15)
# Under a week: after one without updates Telegram may hand out the same ids again.
KEEP_INBOX = timedelta(days=6)
KEEP_OUTBOX = timedelta(days=14)
KEEP_STRANGERS = timedelta(days=30)


class Ticker:
    """One thread; it only looks, the processor acts.

    ``polled_at`` tells when Telegram last answered, ``disk`` how full the disk of the data is, ``is_ours``
    whether the database still belongs to this process.
    """

    def __init__(
        self,
        database: Database,
        processor: Processor,
        polled_at: Callable[[], datetime | None],
        disk: Callable[[], Disk | None],
        alarm: StorageAlarm | None = None,
        is_ours: Callable[[], bool] = lambda: True,
    ) -> None:
        self._alarm = alarm or StorageAlarm()
        self._database = database
        self._processor = processor
        self._polled_at = polled_at
        self._disk = disk
        self._is_ours = is_ours
        self._stopped = threading.Event()
        self._swept_at: datetime | None = None
        self._reminded_at: datetime | None = None
        self._beaten_at: datetime | None = None

    def stop(self) -> None:
        """Let :meth:`run` return."""
        self._stopped.set()

    def run(self) -> None:
        """Tick until stopped; a failing tick is logged and the next one comes.

        Returns, too, when another process has taken the database: this one must end then.
        """
        while not self._stopped.wait(TICK_SECONDS):
            try:
                if not self._is_ours():
                    log.error("Another process works with this database by now: this one ends.")
                    return
                self.tick()
                self._alarm.ends("ticker")
            except Exception as error:
                if not self._alarm.rises("ticker", error):
                    log.exception("a tick failed")

    def tick(self) -> None:
        """Wake the processor when something is due; nothing while it cannot do what it was given before."""
        if self._processor.is_behind:
            return
        now = datetime.now(UTC)
        if self._swept_at is None or now - self._swept_at > SWEEP_EVERY:
            self._swept_at = now
            self._processor.submit(self._sweep)
        if self._reminded_at is None or now - self._reminded_at > REMIND_EVERY:
            self._reminded_at = now
            for task in REMINDERS:
                self._processor.submit(task)
            self._check_books()
        if self._beaten_at is None or now - self._beaten_at > BEAT_EVERY:
            self._beaten_at = now
            beat = partial(health.beat, polled_at=self._polled_at(), ticked_at=now, disk=self._disk())
            self._processor.submit(beat)
        with self._database.reading() as session:
            is_due = outbox.has_due(session)
            has_news = mailings.has_news(session)
        if has_news:
            self._processor.submit(mailings.settle)
        if is_due:
            self._processor.wake()

    def _sweep(self, session: Session) -> None:
        if sweep(session):
            # At the next tick: people's work comes in between.
            self._swept_at = None

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


def disk_of(folder: Path) -> Disk | None:
    """Return how full the disk under ``folder`` is, None when it cannot be told."""
    try:
        usage = shutil.disk_usage(folder)
    except OSError:
        return None
    return Disk(usage.free, usage.total)


def sweep(session: Session) -> bool:
    """Delete what is not the company's history and has been kept long enough, see docs/operations.md.

    Return whether more of it may be left: everybody waits meanwhile, so not all of it goes at once.
    """
    now = now_of(session)
    swept = (inbox.sweep(session, now - KEEP_INBOX), outbox.sweep(session, now - KEEP_OUTBOX))
    uploads.sweep(session, now)
    admission.sweep(session, now - KEEP_STRANGERS)
    geo.sweep(session, now - geo.KEPT_FOR)
    return max(swept) >= inbox.MOST_SWEPT
