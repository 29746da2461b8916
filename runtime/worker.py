"""A thread that does slow work for outbox rows, outside any transaction, and brings the outcome back."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any, Protocol

from models import Session
from models.faults import trouble_of
from runtime.processor import PAUSE_AFTER_FAILED_COMMIT, Processor
from runtime.turns import Turns
from services import outbox
from services.outbox import OutboxRow

log = logging.getLogger(__name__)

Run = Callable[[list[OutboxRow]], Iterable[Any]]
"""Does the work of rows, and tells the result of each in their order, the sooner the better."""


class Done(Protocol):
    """Applies the result of one row's work in the unit of work it is given."""

    def __call__(self, session: Session, row: OutboxRow, result: Any) -> None:
        """Apply ``result``."""


MOST_AT_ONCE = 20


class Worker:
    """Runs rows in batches; ``done`` applies each result in a unit of work of the processor."""

    def __init__(
        self, name: str, processor: Processor, run: Run, done: Done, at_once: int = MOST_AT_ONCE
    ) -> None:
        self._processor = processor
        self._run = run
        self._done = done
        self._at_once = at_once
        self._stopping = threading.Event()
        self._rows: Turns[OutboxRow] = Turns()
        self._thread = threading.Thread(target=self._work, name=name, daemon=True)

    def put(self, row: OutboxRow) -> None:
        """Take a claimed row over; the thread starts with the first one."""
        if self._thread.ident is None:
            self._thread.start()
        too_much = self._rows.put(row, row.payload.get("chat_id"))
        if too_much is not None:
            # Whoever asks that fast waits for the last answer only.
            log.warning("too much work for %s: row %s is dropped", row.lane, too_much.id)
            self._processor.submit(partial(outbox.skip, row_id=too_much.id))

    def stop(self, seconds: float) -> None:
        """Let the batch in hand end, at most ``seconds``; what waits stays in the table."""
        self._stopping.set()
        if self._thread.ident is not None:
            self._rows.close()
            self._thread.join(seconds)

    def _work(self) -> None:
        while rows := self._rows.take(self._at_once):
            self._finish(rows)

    def _results(self, rows: list[OutboxRow]) -> Iterator[Any]:
        told = 0
        while told < len(rows):
            try:
                for result in self._run(rows[told:]):
                    told += 1
                    yield result
                return
            except Exception as error:
                if not trouble_of(error):
                    log.exception("work for rows %s failed", [row.id for row in rows[told:]])
                    yield from [error] * (len(rows) - told)
                    return
            # No fault of the work: the rows wait until they can be read, or for the next start.
            if self._stopping.wait(PAUSE_AFTER_FAILED_COMMIT):
                return

    def _finish(self, rows: list[OutboxRow]) -> None:
        # One by one: what is done and not written down would be done once more after a kill.
        for row, result in zip(rows, self._results(rows), strict=False):
            self._processor.submit(partial(self._done, row=row, result=result), row)
