"""Updates as they came: stored before Telegram hears that we have them, marked when handled."""

from __future__ import annotations

import json
import logging
from datetime import datetime
from functools import cache
from importlib import import_module
from typing import Any

from sqlalchemy import Connection, Executable, Row, Table, bindparam, delete, func, select, text, update
from sqlalchemy.orm import Session

from models import InboxState, InboxUpdate, now_of
from services import paging
from services.paging import Page

log = logging.getLogger(__name__)

MOST_SWEPT = 10_000
"""Everybody waits while rows are swept, so no more go at once."""
MAX_ATTEMPTS = 5
"""An update in hand at more starts than these is the likely cause of the crashes, and is set aside.

Not fewer: kills from outside (no memory, a power cut) may well fall on one sound update two or three times.
"""

LARGEST_ID = 2**63 - 1
# How many waiting updates are looked at for whose turn it is.
SIGHT = 10_000
_CHAT_OF = ("message", "callback_query", "my_chat_member")

_table: Table = InboxUpdate.__table__  # type: ignore[assignment]
# Written out: with a bound value SQLite would not use the index that holds waiting rows only.
_is_waiting, _is_failed = text("state = 'waiting'"), text("state = 'failed'")
_waiting = (
    select(_table.c.id, _table.c.payload).where(_is_waiting).order_by(_table.c.id).limit(bindparam("batch"))
)
# Under a backlog everybody's first update goes before anybody's second.
_in_sight = (
    select(_table.c.id, _table.c.chat_id).where(_is_waiting).order_by(_table.c.id).limit(SIGHT).subquery()
)
_turns = select(
    _in_sight.c.id,
    func.row_number().over(partition_by=_in_sight.c.chat_id, order_by=_in_sight.c.id).label("turn"),
).subquery()
_in_turn = (
    select(_table.c.id, _table.c.payload)
    .join(_turns, _turns.c.id == _table.c.id)
    .order_by(_turns.c.turn, _turns.c.id)
    .limit(bindparam("batch"))
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


def store(connection: Connection, updates: list[Any], now: datetime) -> int | None:
    """Keep a batch as it came; an update that is already there is ignored.

    What is no update at all is logged and left out, for it would come again and again. Return the last id
    that was kept, None when there was none.
    """
    rows = [row for row in map(_row_of, updates) if row is not None]
    if len(rows) < len(updates):
        log.error("%s of %s updates are none and are left out", len(updates) - len(rows), len(updates))
    if not rows:
        return None
    state = {"state": InboxState.WAITING, "attempts": 0, "received_at": now}
    connection.execute(_store_in(connection.dialect.name), [{**row, **state} for row in rows])
    return int(rows[-1]["update_id"])


def _row_of(update: Any) -> dict[str, Any] | None:
    number = update.get("update_id") if isinstance(update, dict) else None
    if type(number) is not int or not 0 <= number < LARGEST_ID:
        return None
    try:
        text = _as_text(update)
    except RecursionError:
        return None
    return {"update_id": number, "payload": text, "chat_id": _chat_of(update)}


def _as_text(update: Any) -> str:
    text = json.dumps(update, ensure_ascii=False, separators=(",", ":"))
    # No database takes half a surrogate pair, and PostgreSQL no NUL.
    if "\\u0000" in text:
        text = json.dumps(_without_nul(update), ensure_ascii=False, separators=(",", ":"))
    return text.encode(errors="replace").decode()


def _without_nul(value: Any) -> Any:
    if isinstance(value, str):
        return value.replace("\0", "")
    if isinstance(value, list):
        return [_without_nul(item) for item in value]
    if isinstance(value, dict):
        return {_without_nul(name): _without_nul(item) for name, item in value.items()}
    return value


def _chat_of(update: dict[str, Any]) -> int | None:
    """Return whose turn the update takes: its chat's, else its sender's."""
    for part in (update.get(name) for name in _CHAT_OF):
        if not isinstance(part, dict):
            continue
        message = part.get("message")
        for whose in (
            part.get("chat"),
            message.get("chat") if isinstance(message, dict) else None,
            part.get("from"),
        ):
            number = whose.get("id") if isinstance(whose, dict) else None
            if type(number) is int and abs(number) < LARGEST_ID:
                return number
    return None


def waiting(session: Session, batch: int) -> list[Row[Any]]:
    """Return updates (id, payload) that wait, at most ``batch``: the oldest, in order of arrival.

    When there are more than that, each chat gets its turn: nobody waits until all of another's are handled.
    """
    oldest: list[Row[Any]] = list(session.execute(_waiting, {"batch": batch}))
    if len(oldest) < batch or batch == 1:
        return oldest
    return list(session.execute(_in_turn, {"batch": batch}))


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


def failed(session: Session, page: int = 0) -> Page[InboxUpdate]:
    """Return the updates that were set aside, the latest first."""
    query = select(InboxUpdate).where(_is_failed).order_by(InboxUpdate.id.desc())
    return paging.fetch(session, query, page)


def close_failed(session: Session, row_id: int) -> str | None:
    """Take an update off the list of those set aside; return its error's id, None when it is not there."""
    closed = update(_table).where(_table.c.id == row_id, _is_failed).values(state=InboxState.DONE)
    return session.execute(closed.returning(_table.c.error_id)).scalar_one_or_none()


def sweep(session: Session, before: datetime) -> int:
    """Delete what was closed before ``before``, at most ``MOST_SWEPT``; return how many.

    Keep them under a week, for Telegram may use their ids again then.
    """
    old = select(_table.c.id).where(_table.c.done_at < before).order_by(_table.c.done_at)
    result = session.execute(delete(_table).where(_table.c.id.in_(old.limit(MOST_SWEPT))))
    return int(result.rowcount)  # type: ignore[attr-defined]
