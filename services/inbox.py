"""Updates as they came: stored before Telegram hears that we have them, marked when handled."""

from __future__ import annotations

import json
from datetime import datetime
from functools import cache
from importlib import import_module
from typing import Any

from sqlalchemy import Connection, Executable, Row, Table, bindparam, delete, func, select, text, update
from sqlalchemy.orm import Session

from models import InboxState, InboxUpdate, now_of

MAX_ATTEMPTS = 2
"""An update found waiting at this many starts is the likely cause of the crashes, and is set aside."""

_table: Table = InboxUpdate.__table__  # type: ignore[assignment]
# Written out: with a bound value SQLite would not use the index that holds waiting rows only.
_is_waiting, _is_failed = text("state = 'waiting'"), text("state = 'failed'")
_waiting = (
    select(_table.c.id, _table.c.payload).where(_is_waiting).order_by(_table.c.id).limit(bindparam("batch"))
)
_done = (
    update(_table)
    .where(_table.c.id == bindparam("row_id"))
    .values(state=InboxState.DONE, done_at=bindparam("now"))
)


@cache
def _store_in(dialect: str) -> Executable:
    # Built once, and only one dialect loaded: PostgreSQL's weighs 3 MB.
    insert = import_module(f"sqlalchemy.dialects.{dialect}").insert
    statement: Executable = insert(_table).on_conflict_do_nothing(index_elements=["update_id"])
    return statement


def store(connection: Connection, updates: list[dict[str, Any]], now: datetime) -> None:
    """Keep a batch as it came; an update that is already there is ignored."""
    statement = _store_in(connection.dialect.name)
    connection.execute(
        statement,
        [
            {
                "update_id": item["update_id"],
                "payload": json.dumps(item, ensure_ascii=False, separators=(",", ":")),
                "state": InboxState.WAITING,
                "attempts": 0,
                "received_at": now,
            }
            for item in updates
        ],
    )


def waiting(session: Session, batch: int) -> list[Row[Any]]:
    """Return the oldest updates (id, payload) that wait, at most ``batch``."""
    return list(session.execute(_waiting, {"batch": batch}))


def mark_done(session: Session, row_ids: list[int]) -> None:
    """Close the handled updates."""
    now = now_of(session)
    session.connection().execute(_done, [{"row_id": row_id, "now": now} for row_id in row_ids])


def mark_failed(session: Session, row_id: int, error_id: str) -> None:
    """Set an update aside; the log has the reason under ``error_id``."""
    session.execute(
        update(_table)
        .where(_table.c.id == row_id)
        .values(state=InboxState.FAILED, error_id=error_id, done_at=now_of(session))
    )


def count_attempt(session: Session, row_id: int) -> int:
    """Count one more start that found this update waiting; return how many there were."""
    return int(
        session.execute(
            update(_table)
            .where(_table.c.id == row_id)
            .values(attempts=_table.c.attempts + 1)
            .returning(_table.c.attempts)
        ).scalar_one()
    )


def count_waiting(session: Session) -> int:
    """Return how many updates wait to be handled; the one in hand is among them."""
    return session.execute(select(func.count()).select_from(_table).where(_is_waiting)).scalar_one()


def count_failed(session: Session) -> int:
    """Return how many updates were set aside of late."""
    return session.execute(select(func.count()).select_from(_table).where(_is_failed)).scalar_one()


def sweep(session: Session, before: datetime) -> int:
    """Delete what was closed before ``before``; keep it under a week, for Telegram may reuse ids then."""
    result = session.execute(delete(_table).where(_table.c.done_at < before))
    return int(result.rowcount)  # type: ignore[attr-defined]
