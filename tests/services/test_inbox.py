import json
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from models import Database, InboxState, InboxUpdate
from services import inbox
from tests.conftest import NOW

pytestmark = pytest.mark.both_engines


def update(update_id: int, text: str = "") -> dict[str, Any]:
    return {"update_id": update_id, "message": {"text": text}}


def store(database: Database, *updates: dict[str, Any]) -> None:
    with database.connection() as connection:
        inbox.store(connection, list(updates), NOW)


def waiting(database: Database, batch: int = 64) -> list[int]:
    with database.unit_of_work(NOW) as session:
        return [json.loads(row.payload)["update_id"] for row in inbox.waiting(session, batch)]


def row_ids(database: Database) -> list[int]:
    with database.reading() as session:
        return list(session.scalars(select(InboxUpdate.id).order_by(InboxUpdate.id)))


def test_updates_wait_in_order_of_arrival_even_when_ids_begin_lower_again(database: Database) -> None:
    store(database, update(900), update(901))
    store(database, update(7), update(8))
    assert waiting(database) == [900, 901, 7, 8]
    assert waiting(database, 3) == [900, 901, 7]


def test_an_update_that_came_before_is_ignored(database: Database) -> None:
    store(database, update(1, "первое"), update(2))
    store(database, update(1, "ещё раз"), update(2), update(3))
    with database.reading() as session:
        payloads = [
            json.loads(text) for text in session.scalars(select(InboxUpdate.payload).order_by(InboxUpdate.id))
        ]
    assert payloads == [update(1, "первое"), update(2), update(3)]


def test_a_handled_update_that_comes_again_is_not_handled_again(database: Database) -> None:
    store(database, update(1))
    with database.unit_of_work(NOW) as session:
        inbox.mark_done(session, row_ids(database))
    store(database, update(1))
    assert waiting(database) == []


def test_what_is_done_or_set_aside_waits_no_more(database: Database) -> None:
    store(database, update(1), update(2), update(3))
    first, second, _ = row_ids(database)
    with database.unit_of_work(NOW) as session:
        inbox.mark_done(session, [first])
        inbox.mark_failed(session, second, "abcd1234")
    assert waiting(database) == [3]
    with database.reading() as session:
        rows = session.scalars(select(InboxUpdate).order_by(InboxUpdate.id)).all()
        assert [(row.state, row.done_at, row.error_id) for row in rows] == [
            (InboxState.DONE, NOW, None),
            (InboxState.FAILED, NOW, "abcd1234"),
            (InboxState.WAITING, None, None),
        ]


def test_every_start_that_finds_an_update_waiting_is_counted(database: Database) -> None:
    store(database, update(1))
    [row_id] = row_ids(database)
    counts = []
    for _ in range(3):
        with database.unit_of_work(NOW) as session:
            counts.append(inbox.count_attempt(session, row_id))
    assert counts == [1, 2, 3]


def test_closed_updates_are_swept_by_their_day_and_open_ones_stay(database: Database) -> None:
    store(database, update(1), update(2), update(3))
    first, second, _ = row_ids(database)
    with database.unit_of_work(NOW) as session:
        inbox.mark_done(session, [first])
    with database.unit_of_work(NOW + timedelta(days=6)) as session:
        inbox.mark_done(session, [second])
    with database.unit_of_work(NOW + timedelta(days=7)) as session:
        assert inbox.sweep(session, NOW + timedelta(days=1)) == 1
    assert waiting(database) == [3]
    assert len(row_ids(database)) == 2
