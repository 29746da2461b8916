import logging
import sqlite3
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from handlers.screen import Answer
from models import (
    Company,
    Database,
    Heartbeat,
    InboxState,
    InboxUpdate,
    OutboxKind,
    OutboxMessage,
    OutboxState,
)
from runtime import processor as processors
from runtime.lanes import Item
from runtime.processor import Processor
from runtime.ticker import KEEP_INBOX, KEEP_OUTBOX, REMINDERS, Ticker, sweep
from runtime.worker import Worker
from services import company, inbox, outbox
from services.errors import Conflict
from services.health import Disk
from services.outbox import OutboxRow, Outcome
from tests.conftest import NOW


class Bug(Exception):
    """An error of ours."""


class Handlers:
    """Stands where the handlers stand: an update's text says what becomes of it."""

    def __init__(self) -> None:
        self.handled: list[str] = []
        self.refused: list[int] = []
        self.apologies: list[str] = []
        self.deliveries: list[tuple[OutboxState, dict[str, Any]]] = []
        self.failed_jobs: list[Any] = []
        self.fails = 0

    def handle(self, session: Session, update_: dict[str, Any]) -> Answer | None:
        text = str(update_["text"])
        self.handled.append(text)
        firm = session.get_one(Company, 1)
        if text == "refuse":
            session.execute(
                update(Company).values(invoice_start=99), execution_options={"synchronize_session": False}
            )
            session.refresh(firm)
            raise Conflict("order_moved_on")
        outbox.call(session, 1001, "sendMessage", {"text": text})
        firm.invoice_start += 1
        if text == "bug" or self.fails:
            self.fails = max(0, self.fails - 1)
            session.flush()
            raise Bug
        return Answer(text)

    def refuse(self, session: Session, update_: dict[str, Any], error: Exception) -> Answer | None:
        self.refused.append(session.get_one(Company, 1).invoice_start)
        return Answer("refused", str(error), is_alert=True)

    def apologise(self, session: Session, update_: dict[str, Any], error_id: str) -> Answer | None:
        self.apologies.append(error_id)
        return Answer("sorry")

    def job_failed(self, session: Session, row: Any, error_id: str) -> None:
        self.failed_jobs.append(row)

    def render(self, session: Session, row: OutboxRow) -> tuple[str, dict[str, Any]] | None:
        if row.name == "notice.bug":
            raise Bug
        if row.name == "notice.gone":
            return None
        return "sendMessage", {"text": row.name, "about": {"card_id": 7}}

    def delivered(self, session: Session, outcome: Outcome, item: Item) -> None:
        self.deliveries.append((outcome.state, item.about))


class House:
    """A processor, driven step by step."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.handlers = Handlers()
        self.processor = Processor(database, self.handlers)
        self.calls: list[Item] = []
        self.answers: list[Answer] = []
        self.others: list[OutboxRow] = []
        self.processor.send_calls = self.calls.extend
        self.processor.send_answer = self.answers.append
        self.processor.send_others = self.others.append

    def store(self, *texts: str) -> None:
        with self.database.connection() as connection:
            number = len(self.updates()) + 1
            updates = [{"update_id": number + i, "text": text} for i, text in enumerate(texts)]
            inbox.store(connection, updates, NOW)

    def step(self) -> None:
        self.processor._step_or_wait(64)

    def updates(self) -> list[InboxUpdate]:
        with self.database.reading() as session:
            return list(session.scalars(select(InboxUpdate).order_by(InboxUpdate.id)))

    def rows(self) -> list[OutboxMessage]:
        with self.database.reading() as session:
            return list(session.scalars(select(OutboxMessage).order_by(OutboxMessage.id)))

    def counter(self) -> int:
        with self.database.reading() as session:
            return session.get_one(Company, 1).invoice_start


@pytest.fixture
def house(database: Database, monkeypatch: pytest.MonkeyPatch) -> House:
    monkeypatch.setattr(processors, "PAUSE_AFTER_FAILED_COMMIT", 0)
    return House(database)


@pytest.fixture(autouse=True)
def quiet(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.CRITICAL)


def test_updates_are_handled_in_order_and_what_follows_is_sent(house: House) -> None:
    house.store("a", "b", "c")
    house.step()
    assert house.handlers.handled == ["a", "b", "c"]
    assert [item.params["text"] for item in house.calls] == ["a", "b", "c"]
    assert [answer.query_id for answer in house.answers] == ["a", "b", "c"]
    assert [row.state for row in house.updates()] == [InboxState.DONE] * 3
    assert [row.state for row in house.rows()] == [OutboxState.SENDING] * 3
    house.step()
    assert len(house.handlers.handled) == 3
    assert house.counter() == 4


def test_a_refused_update_changes_nothing_and_is_answered_by_the_truth(house: House) -> None:
    house.store("refuse", "a")
    house.step()
    assert house.handlers.refused == [1]
    assert house.answers[0] == Answer("refused", "order_moved_on", is_alert=True)
    assert (house.counter(), [row.state for row in house.updates()]) == (2, [InboxState.DONE] * 2)


def test_an_update_that_fails_is_tried_again_at_once(house: House) -> None:
    house.handlers.fails = 1
    house.store("a")
    house.step()
    assert (house.handlers.handled, house.handlers.apologies) == (["a", "a"], [])
    assert (house.counter(), len(house.calls)) == (2, 1)


def test_an_update_that_fails_twice_is_set_aside_alone(house: House) -> None:
    house.store("a", "bug", "b")
    house.step()
    assert house.handlers.handled == ["a", "bug", "bug", "b"]
    assert [row.state.value for row in house.updates()] == ["done", "failed", "done"]
    assert [house.updates()[1].error_id] == house.handlers.apologies
    assert [item.params["text"] for item in house.calls] == ["a", "b"]
    assert house.counter() == 3


def test_nothing_goes_out_of_a_commit_that_failed_and_all_of_it_is_done_again(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.store("a")
    tasks = list[int]()
    house.processor.submit(lambda session: tasks.append(1))
    take_due = outbox.take_due

    def broken(session: Session) -> list[OutboxRow]:
        take_due(session)
        raise Bug

    monkeypatch.setattr(outbox, "take_due", broken)
    house.step()
    assert (house.calls, house.answers, house.counter()) == ([], [], 1)
    monkeypatch.setattr(outbox, "take_due", take_due)
    house.step()
    assert (len(house.calls), len(house.answers), house.counter(), len(tasks)) == (1, 1, 2, 2)


def test_outcomes_are_written_and_told_to_whom_they_concern(house: House) -> None:
    house.store("a", "b", "c")
    house.step()
    a, b, c = house.calls
    b.about = {"screen": 3}
    house.processor.report(Outcome(a.row_id, OutboxState.SENT, 1), a)
    house.processor.report(Outcome(b.row_id, OutboxState.SENT, 1), b)
    house.processor.report(Outcome(c.row_id, OutboxState.FAILED, 1, error="400"), c)
    house.step()
    assert [row.state.value for row in house.rows()] == ["sent", "sent", "failed"]
    assert house.handlers.deliveries == [(OutboxState.SENT, {"screen": 3}), (OutboxState.FAILED, {})]


def test_notices_are_worded_when_they_go_and_one_that_cannot_be_ends_alone(house: House) -> None:
    with house.database.unit_of_work() as session:
        for name in ("notice.bug", "notice.gone", "notice.order_card"):
            outbox.add(session, OutboxKind.TELEGRAM, "1001", name, {})
        outbox.add_job(session, "geocoder", "geocode", {})
        outbox.add(session, OutboxKind.EMAIL, "mail", "invoice", {})
    house.step()
    assert [(item.method, item.params, item.about) for item in house.calls] == [
        ("sendMessage", {"text": "notice.order_card"}, {"card_id": 7})
    ]
    assert [row.lane for row in house.others] == ["geocoder", "mail"]
    assert [row.state.value for row in house.rows()] == ["failed", "superseded", *["sending"] * 3]


def test_a_task_that_fails_takes_only_itself_back(house: House) -> None:
    def bad(session: Session) -> None:
        session.get_one(Company, 1).invoice_start = 50
        session.flush()
        raise Bug

    def good(session: Session) -> None:
        session.get_one(Company, 1).invoice_start += 5

    house.processor.submit(bad)
    house.processor.submit(good)
    house.step()
    assert house.counter() == 6


def test_what_a_killed_process_left_is_taken_up(house: House) -> None:
    house.store("a")
    house.step()
    house.store("b")
    again = House(house.database)
    again.processor._recover()
    assert again.handlers.handled == ["b"]
    assert [item.params["text"] for item in again.calls] == ["a", "b"]


def _die_in_it(house: House, times: int) -> None:
    """Start so often, and die each time in the first update that is handled."""

    def kill(session: Session, update_: dict[str, Any]) -> Answer | None:
        raise SystemExit

    for _ in range(times):
        start = House(house.database)
        start.handlers.handle = kill  # type: ignore[method-assign]
        with pytest.raises(SystemExit):
            start.processor._recover()


def test_an_update_that_kills_the_process_is_set_aside_at_the_sixth_start(house: House) -> None:
    house.store("killer", "a")
    _die_in_it(house, 5)
    house.processor._recover()
    assert house.handlers.handled == ["a"]
    assert [row.state.value for row in house.updates()] == ["failed", "done"]


def test_a_sound_update_survives_being_in_hand_at_four_kills(house: House) -> None:
    house.store("a")
    _die_in_it(house, 4)
    house.processor._recover()
    assert house.handlers.handled == ["a"]


def test_a_database_that_fails_during_recovery_brings_nothing_twice(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    with house.database.unit_of_work() as session:
        outbox.add_job(session, "geocoder", "geocode", {"chat_id": 1})
        outbox.add(session, OutboxKind.EMAIL, "mail", "invoice", {})
    house.store("a", "b")
    count_attempt, counted = inbox.count_attempt, list[int]()

    def fails_at_the_second(session: Session, row_id: int) -> int:
        counted.append(row_id)
        if len(counted) == 2:
            full = sqlite3.OperationalError("database or disk is full")
            full.sqlite_errorcode = sqlite3.SQLITE_FULL
            raise OperationalError("UPDATE", None, full)
        return count_attempt(session, row_id)

    monkeypatch.setattr(inbox, "count_attempt", fails_at_the_second)
    house.processor._recover()
    taken = [call.row_id for call in house.calls] + [row.id for row in house.others]
    assert sorted(taken) == [1, 2, 3, 4]
    assert house.handlers.handled == ["a", "b"]
    assert len(counted) == 3


def test_a_start_counts_once_however_often_the_database_fails_in_it(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.store("a")
    counted = set[int]()
    monkeypatch.setattr(house.processor, "_step_or_wait", lambda *_, **__: None)
    for _ in range(3):
        house.processor._handle_left(counted)
    assert [row.attempts for row in house.updates()] == [1]


def test_a_worker_s_results_come_back_through_the_processor(house: House) -> None:
    with house.database.unit_of_work() as session:
        for number in (1, 2):
            outbox.add_job(session, "jobs", "job", {"n": number})
    done = list[tuple[int, object]]()
    worker = Worker(
        "jobs",
        house.processor,
        lambda rows: [row.payload["n"] * 10 for row in rows],
        lambda session, row, result: done.append((row.payload["n"], result)),
    )
    house.step()
    for row in house.others:
        worker.put(row)
    worker.stop(10)
    assert done == []
    house.step()
    assert done == [(1, 10), (2, 20)]


def test_work_that_fails_as_a_whole_ends_as_that_error_for_each_row(house: House) -> None:
    with house.database.unit_of_work() as session:
        outbox.add_job(session, "jobs", "job", {})
    done = list[object]()

    def fail(_rows: list[OutboxRow]) -> list[Any]:
        raise Bug

    worker = Worker("jobs", house.processor, fail, lambda session, row, result: done.append(result))
    house.step()
    worker.put(house.others[0])
    worker.stop(10)
    house.step()
    assert [type(result) for result in done] == [Bug]


def test_a_worker_s_results_are_handed_over_one_by_one(house: House) -> None:
    """Whatever happens in the middle of a batch, the letters that went out before are known to have gone."""
    with house.database.unit_of_work() as session:
        for number in (1, 2, 3):
            outbox.add_job(session, "jobs", "job", {"n": number})
    handed_over = list[int]()
    done = list[tuple[int, object]]()

    def run(rows: list[OutboxRow]) -> Iterator[str]:
        handed_over.append(len(house.processor._tasks))
        yield "first"
        handed_over.append(len(house.processor._tasks))
        raise Bug

    worker = Worker("jobs", house.processor, run, lambda session, row, result: done.append((row.id, result)))
    house.step()
    worker._finish(house.others)
    assert handed_over == [0, 1]
    house.step()
    assert [row_id for row_id, _ in done] == [1, 2, 3]
    assert [result if result == "first" else type(result) for _, result in done] == ["first", Bug, Bug]


def test_a_worker_that_never_began_stops_at_once(house: House) -> None:
    Worker("idle", house.processor, lambda rows: [], lambda session, row, result: None).stop(0)


def test_the_ticker_wakes_the_processor_when_something_is_due(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    woken = list[int]()
    monkeypatch.setattr(house.processor, "wake", lambda: woken.append(1))
    submitted = list[Callable[[Session], None]]()
    monkeypatch.setattr(house.processor, "submit", submitted.append)
    with house.database.unit_of_work() as session:
        # Whatever the hour, the books are checked.
        company.warehouse(session).ledger_checked_on = date.max
    polled_at, disk = NOW, Disk(free=10**9, total=10**10)
    ticker = Ticker(house.database, house.processor, lambda: polled_at, lambda: disk)
    ticker.tick()
    *first, beat = submitted
    assert (woken, first) == ([], [ticker._sweep, *REMINDERS])
    with house.database.unit_of_work() as session:
        beat(session)
        beats = {row.name: (row.at, row.facts) for row in session.scalars(select(Heartbeat))}
    assert beats["poll"] == (NOW, {})
    assert beats["tick"][1] == {"free": 10**9, "total": 10**10}
    with house.database.unit_of_work() as session:
        outbox.call(session, 1001, "sendMessage", {})
    known = list(submitted)
    ticker.tick()
    assert (woken, submitted) == ([1], known)


def test_the_sweep_keeps_the_inbox_under_a_week_and_the_outbox_for_two(house: House) -> None:
    assert timedelta(weeks=1) > KEEP_INBOX
    house.store("a")
    with house.database.unit_of_work(NOW) as session:
        inbox.mark_done(session, [row.id for row in house.updates()])
        outbox.call(session, 1001, "sendMessage", {})
        [row] = outbox.take_due(session)
        outbox.record(session, [Outcome(row.id, OutboxState.SENT, 1)])
    for moment, left in ((KEEP_INBOX, (1, 1)), (KEEP_OUTBOX, (0, 1)), (KEEP_OUTBOX * 2, (0, 0))):
        with house.database.unit_of_work(NOW + moment) as session:
            sweep(session)
        assert (len(house.updates()), len(house.rows())) == left
