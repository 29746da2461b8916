"""Outgoing rows: written beside their cause, picked up by the runtime, closed with their outcome."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, String, Table, bindparam, cast, delete, func, insert, select, text, update
from sqlalchemy.orm import Session

from models import OutboxKind, OutboxMessage, OutboxState, User, now_of
from services import inbox, paging
from services.errors import NotFound
from services.paging import Page

REPLY, NOTICE, MAILING = 0, 1, 2
"""Priorities: an answer to a person who waits, a notice, a mailing."""

ENDED = (OutboxState.SENT, OutboxState.SUPERSEDED, OutboxState.FAILED)
_FORGOTTEN = {"forgotten": True}
_table: Table = OutboxMessage.__table__  # type: ignore[assignment]
_columns = (
    _table.c.id,
    _table.c.kind,
    _table.c.lane,
    _table.c.priority,
    _table.c.name,
    _table.c.payload,
    _table.c.attempts,
    _table.c.created_at,
    _table.c.first_tried_at,
    _table.c.order_id,
)
# Written out: with a bound value SQLite would not use the index that holds such rows only.
_is_waiting, _is_failed = text("state = 'waiting'"), text("state = 'failed'")
_is_done = text("kind <> 'email' AND state IN ('sent', 'superseded', 'failed')")
# Built once: SQLAlchemy's construction of a statement costs more than SQLite's execution of it.
_insert = insert(_table)
_take = (
    update(_table)
    .where(_is_waiting, _table.c.due_at <= bindparam("now"))
    .values(state=OutboxState.SENDING)
    .returning(*_columns)
)
_close = (
    update(_table)
    .where(_table.c.id == bindparam("row_id"))
    .values(
        state=bindparam("new_state"),
        attempts=bindparam("new_attempts"),
        due_at=bindparam("new_due_at"),
        first_tried_at=bindparam("new_first_tried_at"),
        sent_at=bindparam("new_sent_at"),
        last_error=bindparam("new_error"),
    )
)

OutboxRow = Row[Any]


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one attempt ended."""

    row_id: int
    state: OutboxState
    attempts: int
    first_tried_at: datetime | None = None
    due_at: datetime | None = None
    error: str | None = None
    result: Any = None


def add(
    session: Session,
    kind: OutboxKind,
    lane: str,
    name: str,
    payload: dict[str, Any],
    *,
    priority: int = NOTICE,
    due_at: datetime | None = None,
    order_id: int | None = None,
) -> int:
    """Write one outgoing row in the caller's transaction; return its id."""
    now = now_of(session)
    written = session.execute(
        _insert,
        {
            "kind": kind,
            "lane": lane,
            "priority": priority,
            "name": name,
            "payload": payload,
            "state": OutboxState.WAITING,
            "attempts": 0,
            "due_at": due_at or now,
            "created_at": now,
            "order_id": order_id,
        },
    )
    return int(written.inserted_primary_key[0])  # type: ignore[attr-defined]


def call(
    session: Session, chat_id: int, method: str, params: dict[str, Any], *, priority: int = REPLY
) -> None:
    """Queue a Bot API call to ``chat_id``."""
    add(session, OutboxKind.TELEGRAM, str(chat_id), method, {"chat_id": chat_id, **params}, priority=priority)


def take_keyboard(session: Session, chat_id: int, message_id: int) -> None:
    """Queue the removal of a message's buttons."""
    call(session, chat_id, "editMessageReplyMarkup", {"message_id": message_id})


def send_file(session: Session, asker: User, method: str, kind: str, details: Any, **params: Any) -> None:
    """Queue a file to who asked for it; a worker makes it, if they may have it then."""
    upload = {"kind": kind, "user_id": asker.id, "details": details}
    call(session, asker.telegram_id, method, {"upload": upload, **params})


def add_job(session: Session, queue: str, name: str, payload: dict[str, Any]) -> None:
    """Queue slow work for the runtime; its outcome comes back in a unit of work of its own."""
    add(session, OutboxKind.JOB, queue, name, payload, priority=REPLY)


def take_due(session: Session) -> list[OutboxRow]:
    """Claim every row that is due, in order of writing; a second claimant gets none of them."""
    rows = session.execute(_take, {"now": now_of(session)}).all()
    return sorted(rows, key=lambda row: row.id)


def has_due(session: Session) -> bool:
    """Tell whether :func:`take_due` would find anything."""
    query = select(_table.c.id).where(_is_waiting, _table.c.due_at <= now_of(session))
    return session.execute(query.limit(1)).first() is not None


def is_under_way(session: Session, lane: str) -> bool:
    """Tell whether anything of a lane waits or is in hand."""
    is_open = _table.c.state.in_((OutboxState.WAITING, OutboxState.SENDING))
    return (
        session.execute(select(_table.c.id).where(_table.c.lane == lane, is_open).limit(1)).first()
        is not None
    )


def record(session: Session, outcomes: list[Outcome]) -> None:
    """Write how attempts ended onto their rows."""
    now = now_of(session)
    session.connection().execute(
        _close,
        [
            {
                "row_id": outcome.row_id,
                "new_state": outcome.state,
                "new_attempts": outcome.attempts,
                "new_due_at": outcome.due_at or now,
                "new_first_tried_at": outcome.first_tried_at,
                "new_sent_at": now if outcome.state is OutboxState.SENT else None,
                "new_error": outcome.error and outcome.error[:500],
            }
            for outcome in outcomes
        ],
    )


def release_claims(session: Session) -> list[OutboxRow]:
    """Give back what an earlier process had in hand when it ended; return what is given up.

    All else is due at once: were a row to wait for its retry, later ones of its lane would overtake it.
    A job, or a file, that was in hand at too many starts is the likely cause of the crashes, and is not begun
    again.
    """
    given_up = _count_starts(session)
    session.execute(
        update(_table)
        .where(_table.c.state == OutboxState.SENDING)
        .values(state=OutboxState.WAITING, due_at=now_of(session))
    )
    return given_up


def _count_starts(session: Session) -> list[OutboxRow]:
    # A file that goes to a chat is made when it is sent. Of each queue the oldest is taken to be in hand:
    # another one is the oldest in its turn. What was retried for a reason of its own has that reason on it.
    is_file = cast(_table.c.payload, String).like('%"upload": {%')
    is_job = (
        _table.c.state == OutboxState.SENDING,
        (_table.c.kind == OutboxKind.JOB) | ((_table.c.kind == OutboxKind.TELEGRAM) & is_file),
        _table.c.last_error.is_(None),
    )
    in_hand = select(func.min(_table.c.id)).where(*is_job).group_by(_table.c.lane)
    session.execute(update(_table).where(_table.c.id.in_(in_hand)).values(attempts=_table.c.attempts + 1))
    ended = session.execute(
        update(_table)
        .where(*is_job, _table.c.attempts > inbox.MAX_ATTEMPTS)
        .values(state=OutboxState.FAILED, last_error="in hand when the process ended, again and again")
        .returning(*_columns)
    )
    return list(ended.all())


def give_up(session: Session, row_id: int, error: str) -> None:
    """Close a claimed row that cannot be sent at all."""
    session.execute(
        update(_table).where(_table.c.id == row_id).values(state=OutboxState.FAILED, last_error=error)
    )


def skip(session: Session, row_id: int) -> None:
    """Close a claimed row whose reason is gone."""
    session.execute(update(_table).where(_table.c.id == row_id).values(state=OutboxState.SUPERSEDED))


def forget_content(session: Session, row_id: int) -> None:
    """Empty a row that held a secret, however it ended: it is nobody's to read afterwards."""
    session.execute(update(_table).where(_table.c.id == row_id).values(payload=_FORGOTTEN))


def is_forgotten(row: OutboxMessage) -> bool:
    """Tell whether the row was emptied: there is nothing in it to be sent any more."""
    return row.payload == _FORGOTTEN


def count_waiting(session: Session) -> int:
    """Return how many rows wait to be sent."""
    return session.execute(select(func.count()).select_from(_table).where(_is_waiting)).scalar_one()


def count_failed(session: Session) -> int:
    """Return how many rows were given up."""
    return session.execute(select(func.count()).select_from(_table).where(_is_failed)).scalar_one()


def failed(session: Session, page: int = 0) -> Page[OutboxMessage]:
    """Return a page of the rows that were given up, the latest first."""
    query = select(OutboxMessage).where(_is_failed)
    return paging.fetch(session, query.order_by(OutboxMessage.created_at.desc(), OutboxMessage.id), page)


def repeat(session: Session, row_id: int) -> None:
    """Have a row that was given up tried anew, with all its retries. Raises NotFound for any other."""
    again = session.execute(
        update(_table)
        .where(_table.c.id == row_id, _table.c.state == OutboxState.FAILED)
        .values(
            state=OutboxState.WAITING,
            attempts=0,
            first_tried_at=None,
            due_at=now_of(session),
            last_error=None,
        )
        .returning(_table.c.id)
    ).first()
    if again is None:
        raise NotFound("outbox_row")


def sweep(session: Session, before: datetime) -> int:
    """Delete finished Telegram and job rows older than ``before``, the oldest first; return how many.

    At most ``inbox.MOST_SWEPT`` at once: everybody waits while they go. E-mails are history and stay.
    """
    old = select(_table.c.id).where(_is_done, _table.c.created_at < before)
    oldest = old.order_by(_table.c.created_at).limit(inbox.MOST_SWEPT)
    result = session.execute(delete(_table).where(_table.c.id.in_(oldest)))
    return int(result.rowcount)  # type: ignore[attr-defined]
