"""The one thread that changes rows: updates, outcomes and due work, many to a commit."""

from __future__ import annotations

import json
import logging
import secrets
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol

from handlers.screen import Answer
from models import Database, OutboxKind, OutboxState, Session
from models.faults import trouble_of
from runtime.lanes import REDRAWS, Item
from runtime.storage_alarm import StorageAlarm
from services import inbox, outbox
from services.errors import DomainError
from services.notifications import NOTICE_PREFIX
from services.outbox import OutboxRow, Outcome

log = logging.getLogger(__name__)

BATCH = 64
PAUSE_AFTER_FAILED_COMMIT = 1.0
# Outcomes alone are worth no commit of their own: so many seconds they wait for the next update's.
OUTCOMES_LINGER = 0.1

Task = Callable[[Session], None]


class Boundary(Protocol):
    """What the processor needs of the handlers."""

    def handle(self, session: Session, update: dict[str, Any]) -> Answer | None:
        """Handle one update; whatever it raises rolls its savepoint back."""

    def refuse(self, session: Session, update: dict[str, Any], error: DomainError) -> Answer | None:
        """Say why an update changed nothing, after its savepoint was rolled back."""

    def apologise(self, session: Session, update: dict[str, Any], error_id: str) -> Answer | None:
        """Tell the person, and the administrators, that an update could not be handled."""

    def job_failed(self, session: Session, row: OutboxRow, error_id: str) -> None:
        """Close a row whose result could not be applied, and tell whoever waits for it."""

    def render(self, session: Session, row: OutboxRow) -> tuple[str, dict[str, Any]] | None:
        """Return the Bot API call of an outgoing row, None when there is nothing to send any more."""

    def delivered(self, session: Session, outcome: Outcome, item: Item) -> None:
        """Take note of how a Bot API call ended."""


@dataclass(slots=True)
class _Work:
    """What one commit brings to the outside, once it is through."""

    answers: list[Answer]
    calls: list[Item]
    others: list[OutboxRow]


class Processor:
    """Serial handling: no locks, no races between two taps, order per chat for free."""

    def __init__(self, database: Database, boundary: Boundary, alarm: StorageAlarm | None = None) -> None:
        self._database = database
        self._alarm = alarm or StorageAlarm()
        self._boundary = boundary
        # Set for anything to do; the second one only when a person may be waiting for it.
        self._wake = threading.Event()
        self._urgent = threading.Event()
        self._is_stopping = False
        self._outcomes: deque[tuple[Outcome, Item]] = deque()
        self._tasks: deque[tuple[Task, OutboxRow | None]] = deque()
        # Set by the wiring before the thread starts.
        self.send_calls: Callable[[list[Item]], None] = _nowhere
        self.send_answer: Callable[[Answer], None] = _nowhere
        self.send_others: Callable[[OutboxRow], None] = _nowhere

    def wake(self) -> None:
        """There may be something to do."""
        self._urgent.set()
        self._wake.set()

    def submit(self, task: Task, row: OutboxRow | None = None) -> None:
        """Have ``task`` run in a savepoint of the next unit of work; it must bear being repeated.

        When it fails, the ``row`` it was to close is closed as failed, and whoever waits for it is told.
        """
        self._tasks.append((task, row))
        self.wake()

    @property
    def is_behind(self) -> bool:
        """Whether tasks wait for a unit of work, as they do while none can be committed."""
        return bool(self._tasks)

    def report(self, outcome: Outcome, item: Item) -> None:
        """Have the end of a Bot API call written."""
        self._outcomes.append((outcome, item))
        self._wake.set()

    def stop(self) -> None:
        """Let :meth:`run` return after the unit in hand; outcomes reported until then are written."""
        self._is_stopping = True
        self.wake()

    def run(self) -> None:
        """Work until stopped."""
        self._recover()
        self.wake()
        while True:
            self._wake.wait()
            if not self._urgent.is_set():
                self._urgent.wait(OUTCOMES_LINGER)
            self._wake.clear()
            self._urgent.clear()
            if self._is_stopping:
                break
            self._step_or_wait(BATCH)
        self._step_or_wait(0)

    def _recover(self) -> None:
        """Take up what an earlier process left."""
        # Once: what is claimed from then on is in this process's own hands.
        self._insist(self._release_claims)
        counted: set[int] = set()
        self._insist(lambda: self._handle_left(counted))

    def _insist(self, work: Callable[[], None]) -> None:
        """Do ``work`` as often as the database fails in it."""
        while not self._is_stopping:
            try:
                work()
                return
            except Exception as error:
                if not self._alarm.rises("processor", error):
                    raise
                time.sleep(PAUSE_AFTER_FAILED_COMMIT)

    def _release_claims(self) -> None:
        with self._database.unit_of_work() as session:
            for row in outbox.release_claims(session):
                self._give_up(session, row)

    def _handle_left(self, counted: set[int]) -> None:
        """Handle what waits one by one, so that a killer is found and set aside; each start counts once."""
        with self._database.reading() as session:
            left = inbox.waiting(session, 100_000)
        for row in left:
            if self._is_stopping:
                return
            is_killer, answer = False, None
            if row.id not in counted:
                with self._database.unit_of_work() as session:
                    attempts = inbox.count_attempt(session, row.id)
                    is_killer = attempts > inbox.MAX_ATTEMPTS
                    answer = self._set_aside(session, row, attempts) if is_killer else None
                counted.add(row.id)
            if answer is not None:
                self.send_answer(answer)
            if not is_killer:
                # Nothing beside it: whoever kills the process in this moment is to be blamed on this update.
                self._step_or_wait(1, with_tasks=False)

    def _set_aside(self, session: Session, row: Any, attempts: int) -> Answer | None:
        error_id = f"crash-{secrets.token_hex(4)}"
        log.error("update row %s was in hand at %s starts: set aside, error %s", row.id, attempts, error_id)
        inbox.mark_failed(session, row.id, error_id)
        return self._apologise(session, json.loads(row.payload), error_id)

    def _give_up(self, session: Session, row: OutboxRow) -> None:
        error_id = f"crash-{secrets.token_hex(4)}"
        log.error("%s, row %s, was in hand at many starts: given up, error %s", row.name, row.id, error_id)
        _in_savepoint(session, partial(self._boundary.job_failed, row=row, error_id=error_id))

    def _step_or_wait(self, batch: int, *, with_tasks: bool = True) -> None:
        """Do one step; when it cannot be committed, nothing of it is lost, and a moment passes."""
        outcomes, tasks = _drain(self._outcomes), _drain(self._tasks) if with_tasks else []
        try:
            work = self._unit(outcomes, tasks, batch)
        except Exception as error:
            if not self._alarm.rises("processor", error):
                log.exception("a unit of work failed as a whole; it will be repeated")
            self._outcomes.extendleft(reversed(outcomes))
            self._tasks.extendleft(reversed(tasks))
            if not self._is_stopping:
                time.sleep(PAUSE_AFTER_FAILED_COMMIT)
                self.wake()
            return
        self._alarm.ends("processor")
        for answer in work.answers:
            self.send_answer(answer)
        self.send_calls(work.calls)
        for row in work.others:
            self.send_others(row)

    def _do(self, session: Session, task: Task, row: OutboxRow | None) -> None:
        error_id = _in_savepoint(session, task)
        if error_id is not None and row is not None:
            _in_savepoint(session, partial(self._boundary.job_failed, row=row, error_id=error_id))

    def _unit(
        self, outcomes: list[tuple[Outcome, Item]], tasks: list[tuple[Task, OutboxRow | None]], batch: int
    ) -> _Work:
        with self._database.unit_of_work() as session:
            self._write_outcomes(session, outcomes)
            for task, row in tasks:
                self._do(session, task, row)
            answers = self._handle_waiting(session, batch) if batch else []
            taken = [] if self._is_stopping and not batch else outbox.take_due(session)
            work = _Work(answers, [], [])
            for row in taken:
                self._sort(session, row, work)
            return work

    def _write_outcomes(self, session: Session, outcomes: list[tuple[Outcome, Item]]) -> None:
        if not outcomes:
            return
        outbox.record(session, [outcome for outcome, _ in outcomes])
        for outcome, item in outcomes:
            if outcome.state is OutboxState.FAILED or _is_news(item):
                _in_savepoint(session, partial(self._boundary.delivered, outcome=outcome, item=item))

    def _handle_waiting(self, session: Session, batch: int) -> list[Answer]:
        rows = inbox.waiting(session, batch)
        if len(rows) == batch:
            self.wake()
        answers: list[Answer] = []
        done = []
        for row in rows:
            answer, error_id = self._handle(session, json.loads(row.payload))
            if answer is not None:
                answers.append(answer)
            if error_id is None:
                done.append(row.id)
            else:
                inbox.mark_failed(session, row.id, error_id)
        if done:
            inbox.mark_done(session, done)
        return answers

    def _handle(self, session: Session, update: dict[str, Any]) -> tuple[Answer | None, str | None]:
        """Handle one update, twice if need be; return the answer and, when it failed, the error's id."""
        for is_last_try in (False, True):
            try:
                return self._handle_once(session, update), None
            except Exception as error:
                # No fault of the update: it waits, with its whole batch, until the database works again.
                if trouble_of(error):
                    raise
                session.expire_all()
                if is_last_try:
                    error_id = secrets.token_hex(4)
                    log.exception("update %s failed, error %s", update.get("update_id"), error_id)
        return self._apologise(session, update, error_id), error_id

    def _apologise(self, session: Session, update: dict[str, Any], error_id: str) -> Answer | None:
        try:
            with session.begin_nested():
                return self._boundary.apologise(session, update, error_id)
        except Exception as error:
            if trouble_of(error):
                raise
            log.exception("no apology for error %s", error_id)
            return None

    def _handle_once(self, session: Session, update: dict[str, Any]) -> Answer | None:
        try:
            with session.begin_nested():
                return self._boundary.handle(session, update)
        except DomainError as error:
            # What was read back inside the savepoint is not true any more, and SQLAlchemy keeps it.
            session.expire_all()
            with session.begin_nested():
                return self._boundary.refuse(session, update, error)

    def _sort(self, session: Session, row: OutboxRow, work: _Work) -> None:
        if row.kind is not OutboxKind.TELEGRAM:
            work.others.append(row)
            return
        try:
            call = self._render(session, row)
        except Exception as error:
            if trouble_of(error):
                raise
            log.exception("outgoing row %s (%s) cannot be rendered", row.id, row.name)
            outbox.give_up(session, row.id, "cannot be rendered")
            return
        if call is None:
            outbox.skip(session, row.id)
            return
        method, params = call
        about = params.pop("about", {})
        work.calls.append(
            Item(row.id, row.lane, row.priority, method, params, about, row.attempts, row.first_tried_at)
        )

    def _render(self, session: Session, row: OutboxRow) -> tuple[str, dict[str, Any]] | None:
        if not row.name.startswith(NOTICE_PREFIX):
            return row.name, dict(row.payload)
        with session.begin_nested():
            return self._boundary.render(session, row)


def _is_news(item: Item) -> bool:
    """Tell whether the handlers wait for this outcome: a screen redrawn in place keeps the id they know."""
    return bool(item.about) and not (item.method in REDRAWS and "screen" in item.about)


def _nowhere(_what: Any) -> None:
    """Stand in until the wiring says where things go."""


def _drain(waiting: deque[Any]) -> list[Any]:
    taken = []
    while waiting:
        taken.append(waiting.popleft())
    return taken


def _in_savepoint(session: Session, task: Task) -> str | None:
    """Run a task; return the id of the error it ended with, None when it went well."""
    try:
        with session.begin_nested():
            task(session)
    except Exception as error:
        if trouble_of(error):
            raise
        session.expire_all()
        error_id = secrets.token_hex(4)
        log.exception("a task of the runtime failed, error %s", error_id)
        return error_id
    return None
