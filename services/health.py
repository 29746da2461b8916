"""How the bot does: what the runtime noted, what waits, what failed; and faults told once each way."""

from __future__ import annotations

import enum
import platform
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select, text
from sqlalchemy.orm import Session

from models import (
    Fault,
    Heartbeat,
    InboxUpdate,
    Invoice,
    OutboxKind,
    OutboxMessage,
    Role,
    User,
    now_of,
)
from services import audit, auth, company, inbox, mailings, notifications, outbox
from services.errors import Conflict, NotFound
from services.paging import Page

VERSION = "0.1.0"
LEAST_FREE_BYTES = 500 * 10**6
LEAST_FREE_PERCENT = 5
# Well again only with so much more, or a disk at the limit would be told of all day.
_SLACK_PERCENT = 120
_MAX_DETAIL = 300


class Beat(enum.Enum):
    """Parts of the runtime that note when they last did their work."""

    # Telegram answered getUpdates, with updates or without.
    POLL = "poll"
    TICK = "tick"


class Cause(enum.Enum):
    """What may fail while the bot runs on."""

    MAIL = "mail"
    GEOCODER = "geocoder"
    DISK = "disk"


@dataclass(frozen=True, slots=True)
class Disk:
    """Bytes of the disk the data are on."""

    free: int
    total: int


@dataclass(frozen=True, slots=True)
class Versions:
    """What runs, on what."""

    program: str
    python: str
    database: str
    schema: str


@dataclass(frozen=True, slots=True)
class Status:
    """What an administrator looks at when something seems wrong; moments are None when not known yet."""

    now: datetime
    polled_at: datetime | None
    ticked_at: datetime | None
    last_update_at: datetime | None
    inbox_waiting: int
    inbox_failed: int
    outbox_waiting: int
    outbox_failed: int
    disk: Disk | None
    database_bytes: int
    faults: tuple[Fault, ...]
    versions: Versions


def beat(
    session: Session, polled_at: datetime | None, ticked_at: datetime | None, disk: Disk | None = None
) -> None:
    """Write down what only the runtime knows; a disk that runs full is told to the administrators."""
    facts = {"free": disk.free, "total": disk.total} if disk is not None else {}
    if polled_at is not None:
        session.merge(Heartbeat(name=Beat.POLL.value, at=polled_at, facts={}))
    if ticked_at is not None:
        session.merge(Heartbeat(name=Beat.TICK.value, at=ticked_at, facts=facts))
    if disk is not None:
        _judge_disk(session, disk)


def failed(session: Session, cause: Cause, detail: str) -> None:
    """Note that something fails; administrators are told the first time."""
    if note(session, cause, detail):
        notifications.tell_admins(session, "trouble", cause=cause.value, detail=detail[:_MAX_DETAIL])


def note(session: Session, cause: Cause, detail: str) -> bool:
    """Note that something fails, told of by somebody else; return whether that is news."""
    if is_failing(session, cause):
        return False
    session.add(Fault(cause=cause.value, since=now_of(session), detail=detail[:_MAX_DETAIL]))
    session.flush()
    return True


def is_failing(session: Session, cause: Cause) -> bool:
    """Tell whether something is known to fail."""
    return session.get(Fault, cause.value) is not None


def well(session: Session, cause: Cause) -> None:
    """Note that something works; administrators are told if they heard that it didn't."""
    fault = session.get(Fault, cause.value)
    if fault is not None:
        session.delete(fault)
        session.flush()
        notifications.tell_admins(session, "well_again", cause=cause.value)


def note_mail(session: Session, *, is_on: bool) -> None:
    """Note at a start whether a mail server is set; administrators are told once that it isn't.

    Mail that is off does not fail, and is not well again either: what was known to fail is forgotten.
    """
    firm = company.get(session)
    if is_on:
        firm.mail_fault = None if firm.mail_fault == company.MAIL_IS_OFF else firm.mail_fault
    elif firm.mail_fault != company.MAIL_IS_OFF:
        firm.mail_fault = company.MAIL_IS_OFF
        session.execute(delete(Fault).where(Fault.cause == Cause.MAIL.value))
        notifications.tell_admins(session, "mail_off")


def status(session: Session, actor: User) -> Status:
    """Return how the bot does; administrators only."""
    auth.require(actor, Role.ADMIN)
    beats = {row.name: row for row in session.scalars(select(Heartbeat))}
    poll, tick = beats.get(Beat.POLL.value), beats.get(Beat.TICK.value)
    return Status(
        now=now_of(session),
        polled_at=poll.at if poll else None,
        ticked_at=tick.at if tick else None,
        last_update_at=_last_update_at(session),
        inbox_waiting=inbox.count_waiting(session),
        inbox_failed=inbox.count_failed(session),
        outbox_waiting=outbox.count_waiting(session),
        outbox_failed=outbox.count_failed(session),
        disk=Disk(**tick.facts) if tick and tick.facts else None,
        database_bytes=_database_bytes(session),
        faults=tuple(session.scalars(select(Fault).order_by(Fault.since))),
        versions=_versions(session),
    )


def failed_rows(session: Session, actor: User, page: int = 0) -> Page[OutboxMessage]:
    """Return what could not be sent, the latest first; administrators only."""
    auth.require(actor, Role.ADMIN)
    return outbox.failed(session, page)


def failed_updates(session: Session, actor: User, page: int = 0) -> Page[InboxUpdate]:
    """Return what people sent or pressed and the bot could not handle, the latest first."""
    auth.require(actor, Role.ADMIN)
    return inbox.failed(session, page)


def close_update(session: Session, row_id: int, actor: User) -> None:
    """Take an update that failed off the list, as dealt with; raises NotFound ``failed_update``.

    It is not handled again: the person was told that nothing was done, and may have done it since.
    """
    auth.require(actor, Role.ADMIN)
    error_id = inbox.close_failed(session, row_id)
    if error_id is None:
        raise NotFound("failed_update")
    audit.record(session, actor, "close", "update", error_id)


def repeat(session: Session, row_id: int, actor: User) -> None:
    """Have something that could not be sent tried anew.

    Raises NotFound ``outbox_row`` unless it was given up, Conflict ``document_void`` for the letter of an
    invoice that was cancelled meanwhile, ``reader_left`` for what was written to who holds no role now,
    ``code_not_sent`` for an access code, of which nothing was kept.
    """
    auth.require(actor, Role.ADMIN)
    row = session.get(OutboxMessage, row_id)
    if row is None:
        raise NotFound("outbox_row")
    if outbox.is_forgotten(row):
        raise Conflict("code_not_sent")
    # A notice is worded anew for its reader; anything else would go out as it was written.
    if row.kind is OutboxKind.TELEGRAM and not row.name.startswith(notifications.NOTICE_PREFIX):
        reader = auth.find_user(session, int(row.lane))
        if reader is None or not reader.roles:
            raise Conflict("reader_left")
    invoice_id = row.payload.get("invoice_id") if row.kind is OutboxKind.EMAIL else None
    invoice = session.get(Invoice, invoice_id) if invoice_id is not None else None
    if invoice is not None and invoice.cancelled_at is not None:
        raise Conflict("document_void")
    before: dict[str, Any] = {"state": row.state, "error": row.last_error}
    outbox.repeat(session, row_id)
    if "mailing_id" in row.payload:
        mailings.reopen(session, row.payload["mailing_id"], row_id)
    audit.record(session, actor, "repeat", "outbox", row_id, before, {"state": "waiting"})


def _judge_disk(session: Session, disk: Disk) -> None:
    least = max(LEAST_FREE_BYTES, disk.total * LEAST_FREE_PERCENT // 100)
    if disk.free < least:
        failed(session, Cause.DISK, str(disk.free))
    elif disk.free >= least * _SLACK_PERCENT // 100:
        well(session, Cause.DISK)


def _last_update_at(session: Session) -> datetime | None:
    query = select(InboxUpdate.received_at).order_by(InboxUpdate.id.desc()).limit(1)
    return session.execute(query).scalar_one_or_none()


def _is_sqlite(session: Session) -> bool:
    return session.get_bind().dialect.name == "sqlite"


def _database_bytes(session: Session) -> int:
    if _is_sqlite(session):
        query = "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()"
    else:
        query = "SELECT pg_database_size(current_database())"
    return int(session.execute(text(query)).scalar_one())


def _versions(session: Session) -> Versions:
    query = "SELECT 'SQLite ' || sqlite_version()"
    if not _is_sqlite(session):
        query = "SELECT 'PostgreSQL ' || current_setting('server_version')"
    schema = session.execute(text("SELECT version_num FROM alembic_version")).scalar_one()
    return Versions(VERSION, platform.python_version(), session.execute(text(query)).scalar_one(), schema)
