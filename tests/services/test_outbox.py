import threading
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, event, select
from sqlalchemy.orm import Session

from models import Database, OutboxKind, OutboxMessage, OutboxState
from services import inbox, outbox
from services.outbox import Outcome
from tests.conftest import NOW

pytestmark = pytest.mark.both_engines


def write(session: Session, count: int = 1, kind: OutboxKind = OutboxKind.TELEGRAM) -> None:
    for number in range(count):
        outbox.add(session, kind, "1001", f"call{number}", {"n": number})


def states(session: Session) -> list[str]:
    rows = session.scalars(select(OutboxMessage.state).order_by(OutboxMessage.id))
    return [state.value for state in rows]


def test_what_is_due_is_taken_once_in_order_of_writing(database: Database) -> None:
    with database.unit_of_work(NOW) as session:
        write(session, 3)
        outbox.add(session, OutboxKind.TELEGRAM, "1001", "later", {}, due_at=NOW + timedelta(seconds=1))
        assert outbox.has_due(session)
    with database.unit_of_work(NOW) as session:
        assert [row.name for row in outbox.take_due(session)] == ["call0", "call1", "call2"]
        assert (outbox.take_due(session), outbox.has_due(session)) == ([], False)
    with database.unit_of_work(NOW + timedelta(seconds=1)) as session:
        assert [row.name for row in outbox.take_due(session)] == ["later"]


def test_a_claim_rolled_back_is_no_claim(database: Database) -> None:
    with database.unit_of_work(NOW) as session:
        write(session)
    with database.unit_of_work(NOW) as session:
        savepoint = session.begin_nested()
        assert outbox.take_due(session)
        savepoint.rollback()
    with database.unit_of_work(NOW) as session:
        assert len(outbox.take_due(session)) == 1


def test_two_processes_never_take_the_same_row(database: Database) -> None:
    with database.unit_of_work(NOW) as session:
        write(session, 50)
    taken = list[int]()

    def take(pool: Database) -> None:
        with pool.unit_of_work(NOW) as session:
            taken.extend(row.id for row in outbox.take_due(session))

    pools = [Database(database.url) for _ in range(4)]
    threads = [threading.Thread(target=take, args=(pool,)) for pool in pools]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for pool in pools:
        pool.close()
    assert len(taken) == len(set(taken)) == 50


def test_a_row_carries_what_was_written(database: Database) -> None:
    with database.unit_of_work(NOW) as session:
        outbox.call(session, 1001, "sendMessage", {"text": "Ёлка <b>"})
        outbox.add_job(session, "geocoder", "geocode", {"query": "Тверская"})
        call, job = outbox.take_due(session)
    assert (call.kind, call.lane, call.priority) == (OutboxKind.TELEGRAM, "1001", outbox.REPLY)
    assert (call.name, call.payload) == ("sendMessage", {"chat_id": 1001, "text": "Ёлка <b>"})
    assert (job.kind, job.lane, job.name, job.payload) == (
        *(OutboxKind.JOB, "geocoder", "geocode"),
        {"query": "Тверская"},
    )
    assert (call.attempts, call.created_at, call.first_tried_at) == (0, NOW, None)


def test_how_attempts_ended_is_written_onto_their_rows(database: Database) -> None:
    later = NOW + timedelta(minutes=5)
    with database.unit_of_work(NOW) as session:
        write(session, 3)
        sent, retried, failed = outbox.take_due(session)
        outbox.record(
            session,
            [
                Outcome(sent.id, OutboxState.SENT, 1, NOW),
                Outcome(retried.id, OutboxState.WAITING, 2, NOW, later, "503"),
                Outcome(failed.id, OutboxState.FAILED, 3, NOW, error="я" * 600),
            ],
        )
    with database.reading() as session:
        rows = session.scalars(select(OutboxMessage).order_by(OutboxMessage.id)).all()
        assert [(row.state.value, row.attempts, row.sent_at) for row in rows] == [
            ("sent", 1, NOW),
            ("waiting", 2, None),
            ("failed", 3, None),
        ]
        assert (rows[1].due_at, rows[1].first_tried_at, rows[1].last_error) == (later, NOW, "503")
        assert rows[2].last_error == "я" * 500


def test_what_a_killed_process_had_in_hand_waits_again(database: Database) -> None:
    with database.unit_of_work(NOW) as session:
        write(session, 3)
        first, *_ = outbox.take_due(session)
        outbox.record(session, [Outcome(first.id, OutboxState.SENT, 1)])
        assert outbox.release_claims(session) == []
        assert states(session) == ["sent", "waiting", "waiting"]
        assert len(outbox.take_due(session)) == 2


def test_a_row_can_be_given_up_or_skipped(database: Database) -> None:
    with database.unit_of_work(NOW) as session:
        write(session, 2)
        first, second = outbox.take_due(session)
        outbox.give_up(session, first.id, "cannot be rendered")
        outbox.skip(session, second.id)
        assert states(session) == ["failed", "superseded"]
        assert outbox.take_due(session) == []


def test_a_sweep_reads_what_it_deletes_and_no_more(
    database: Database, engine: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with database.unit_of_work(NOW) as session:
        write(session, 5)
        outbox.record(session, [Outcome(row.id, OutboxState.SENT, 1) for row in outbox.take_due(session)])
    monkeypatch.setattr(inbox, "MOST_SWEPT", 2)
    later, plan = NOW + timedelta(days=1), list[str]()

    def explain(connection: Connection, _cursor: Any, statement: str, values: Any, *_rest: Any) -> None:
        if engine == "sqlite" and statement.startswith("DELETE"):
            steps = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)
            plan.extend(step[3] for step in steps)

    event.listen(database.engine, "before_cursor_execute", explain)
    with database.unit_of_work(later) as session:
        assert [outbox.sweep(session, later) for _ in range(4)] == [2, 2, 1, 0]
    event.remove(database.engine, "before_cursor_execute", explain)
    assert not [step for step in plan if step.startswith("SCAN")]
    assert engine != "sqlite" or any("ix_outbox_messages_done" in step for step in plan)


def test_old_rows_are_swept_but_letters_and_open_rows_stay(database: Database) -> None:
    with database.unit_of_work(NOW) as session:
        for kind in OutboxKind:
            write(session, 2, kind)
        rows = outbox.take_due(session)
        done = [row for row in rows if row.name == "call0"]
        outbox.record(session, [Outcome(row.id, OutboxState.SENT, 1) for row in done])
    with database.unit_of_work(NOW + timedelta(days=15)) as session:
        assert outbox.sweep(session, NOW) == 0
        assert outbox.sweep(session, NOW + timedelta(seconds=1)) == 2
        left = session.execute(
            select(OutboxMessage.kind, OutboxMessage.name).order_by(OutboxMessage.id)
        ).all()
    assert [(kind.value, name) for kind, name in left] == [
        ("telegram", "call1"),
        ("email", "call0"),
        ("email", "call1"),
        ("job", "call1"),
    ]
