"""Letters to the client: rows with states, written with their cause, composed when they are sent."""

from __future__ import annotations

import enum
import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import exists, select, text, update
from sqlalchemy.orm import Session

from models import Invoice, Order, OutboxKind, OutboxMessage, OutboxState, Role, User, now_of
from services import auth, company, health, mail, notifications, outbox
from services.errors import Conflict
from services.health import Cause
from services.letter_drafts import CONFIRMATION, INVOICE, SAMPLE, Withdrawn
from services.mail import MailError
from services.outbox import OutboxRow, Outcome

# Of a confirmation that arrived nobody need hear.
TOLD = {
    (INVOICE, "sent"): "letter_sent",
    (INVOICE, "bounced"): "letter_bounced",
    (CONFIRMATION, "bounced"): "confirmation_bounced",
}
# While the server refuses our settings every letter waits; trying this often notices when it is well again.
# Once may be a hiccup; so many failed tries of one letter, a minute apart, are told of.
OUTAGE_TRIES = 2
SETTINGS_PAUSE = timedelta(minutes=15)
OFF_PAUSE = timedelta(hours=1)
# A second press within this time is a tap too many.
SENT_JUST_NOW = timedelta(seconds=20)
# Written out: with a bound value SQLite would not use the index of waiting rows.
_is_waiting = text("outbox_messages.state = 'waiting'")


class MailOff(Exception):
    """No SMTP server is set: letters wait in the table."""


class MailState(enum.Enum):
    """What became of a letter, as people see it."""

    QUEUED = "queued"
    SENT = "sent"
    RETRYING = "retrying"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class LetterStatus:
    """One letter of an order: to whom, how far, since when or until when, and why."""

    name: str
    recipient: str
    state: MailState
    at: datetime | None
    error: str | None


def queue_invoice(session: Session, invoice: Invoice, recipients: list[str] | None = None) -> int:
    """Queue the invoice's letter to each recipient, by default the customer's; return how many.

    Every call is a new sending with new Message-IDs; a retry of one row keeps its own.
    """
    own = recipients if recipients is not None else invoice.order.customer.email_list
    copy = company.get(session).accountant_email
    copies = [copy] if copy and own and recipients is None and copy not in own else []
    sending = _sendings(session, invoice.order_id, INVOICE)
    for recipient in [*own, *copies]:
        _queue(session, invoice.order_id, INVOICE, recipient, {"invoice_id": invoice.id, "sending": sending})
    return len(own)


def resend(session: Session, invoice: Invoice, recipients: list[str] | None = None) -> int:
    """Queue the invoice once more because a person asks for it, to the customer or to other addresses.

    Return how many letters.

    Raises Conflict ``letter_under_way`` while one is being sent or went out a moment ago: one press, one
    letter. Raises Conflict ``document_void`` for a cancelled invoice.
    """
    if invoice.cancelled_at:
        raise Conflict("document_void")
    if _is_under_way(session, invoice.order_id, recipients):
        raise Conflict("letter_under_way")
    return queue_invoice(session, invoice, recipients)


def queue_confirmation(session: Session, order: Order) -> int:
    """Queue the confirmation of a placed order to the customer, if that is switched on; return how many."""
    if not company.get(session).confirms_orders:
        return 0
    sending = _sendings(session, order.id, CONFIRMATION)
    # One of an order that was recalled meanwhile says what is not true any more.
    _supersede(session, order.id, CONFIRMATION)
    for recipient in order.customer.email_list:
        _queue(session, order.id, CONFIRMATION, recipient, {"sending": sending})
    return len(order.customer.email_list)


def queue_sample(session: Session, language: str, recipient: str, chat_id: int, actor: User) -> None:
    """Queue a letter with a made-up invoice to an administrator, who is told how it ended."""
    auth.require(actor, Role.ADMIN)
    at = now_of(session).isoformat()
    payload = {"sending": at, "language": language, "chat_id": chat_id}
    _queue(session, None, SAMPLE, recipient, payload)


def resume(session: Session, actor: User) -> int:
    """Have every waiting letter tried at once; return how many. Administrators only.

    Settings that are refused again are told of again; that mail is well a letter has to show first.
    """
    auth.require(actor, Role.ADMIN)
    firm = company.get(session)
    if firm.mail_fault != company.MAIL_IS_OFF:
        firm.mail_fault = None
    woken = session.execute(
        update(OutboxMessage)
        .where(OutboxMessage.kind == OutboxKind.EMAIL, _is_waiting)
        .values(due_at=now_of(session))
        .returning(OutboxMessage.id)
        .execution_options(synchronize_session=False)
    )
    return len(woken.all())


def withdraw(session: Session, invoice: Invoice) -> None:
    """Take back the letters of a cancelled invoice that have not left yet."""
    _supersede(session, invoice.order_id, INVOICE)


def _supersede(session: Session, order_id: int, name: str) -> None:
    session.execute(
        update(OutboxMessage)
        .where(
            OutboxMessage.order_id == order_id,
            OutboxMessage.kind == OutboxKind.EMAIL,
            OutboxMessage.name == name,
            OutboxMessage.state == OutboxState.WAITING,
        )
        .values(state=OutboxState.SUPERSEDED)
        .execution_options(synchronize_session=False)
    )


def queue_unsent(session: Session, *customer_ids: int) -> int:
    """Queue the invoices of customers that never had a letter: there is an e-mail now."""
    # From the customers' orders to their papers and letters: the other way round it reads all there are.
    letter = exists().where(
        OutboxMessage.order_id == Invoice.order_id,
        OutboxMessage.kind == OutboxKind.EMAIL,
        OutboxMessage.name == INVOICE,
    )
    own = select(Order.id).where(Order.customer_id.in_(customer_ids))
    query = (
        select(Invoice)
        .where(Invoice.order_id.in_(own), Invoice.cancelled_at.is_(None), ~letter)
        .order_by(Invoice.id)
    )
    return sum(bool(queue_invoice(session, invoice)) for invoice in session.execute(query).scalars().all())


def statuses(session: Session, order: Order) -> list[LetterStatus]:
    """Return the order's letters, the oldest first; not those taken back with a cancelled invoice."""
    query = (
        select(OutboxMessage)
        .where(
            OutboxMessage.order_id == order.id,
            OutboxMessage.kind == OutboxKind.EMAIL,
            OutboxMessage.state != OutboxState.SUPERSEDED,
        )
        .order_by(OutboxMessage.id)
    )
    return [_status(row) for row in session.execute(query).scalars()]


def finish(session: Session, row: OutboxRow, result: object) -> None:
    """Write how a letter's sending ended, and tell whom it concerns."""
    if not _is_in_hand(session, row):
        return
    now = now_of(session)
    attempts = row.attempts + 1
    first = row.first_tried_at or now
    if result is None:
        company.get(session).mail_fault = None
        health.well(session, Cause.MAIL)
        outbox.record(session, [Outcome(row.id, OutboxState.SENT, attempts, first)])
        _report(session, row, "sent")
        return
    if isinstance(result, Withdrawn):
        outbox.skip(session, row.id)
        return
    if isinstance(result, MailOff):
        _postpone(session, row, row.attempts, row.first_tried_at, now + OFF_PAUSE, "mail is off")
        return
    if not isinstance(result, MailError):
        _postpone(session, row, attempts, first, mail.next_retry(attempts, first, now), type(result).__name__)
        return
    _finish_refused(session, row, result, attempts, first)


def _finish_refused(
    session: Session, row: OutboxRow, error: MailError, attempts: int, first: datetime
) -> None:
    now = now_of(session)
    if error.outcome is mail.Outcome.SETTINGS:
        firm = company.get(session)
        if firm.mail_fault is None:
            notifications.tell_admins(session, "mail_paused", error=error.message)
        firm.mail_fault = error.message[:300]
        health.note(session, Cause.MAIL, error.message)
        _postpone(session, row, row.attempts, row.first_tried_at, now + SETTINGS_PAUSE, error.message)
        return
    if error.outcome in (mail.Outcome.TEMPORARY, mail.Outcome.UNKNOWN):
        if error.is_outage and attempts >= OUTAGE_TRIES:
            health.failed(session, Cause.MAIL, error.message)
        _postpone(session, row, attempts, first, mail.next_retry(attempts, first, now), error.message)
        return
    _give_up(session, row, attempts, first, error.message)
    if error.outcome is mail.Outcome.PERMANENT:
        notifications.tell_admins(
            session, "letter_failed", order_id=row.order_id, to=row.payload["to"], error=error.message
        )


def _postpone(
    session: Session,
    row: OutboxRow,
    attempts: int,
    first: datetime | None,
    due_at: datetime | None,
    error: str,
) -> None:
    if due_at is None:
        _give_up(session, row, attempts, first, error)
        # Of mail that fails as a whole they know; each of its letters would be one more word of the same.
        if not health.is_failing(session, Cause.MAIL):
            notifications.tell_admins(
                session, "letter_failed", order_id=row.order_id, to=row.payload["to"], error=error
            )
        return
    outcome = Outcome(row.id, OutboxState.WAITING, attempts, first, due_at, error)
    outbox.record(session, [outcome])


def _give_up(session: Session, row: OutboxRow, attempts: int, first: datetime | None, error: str) -> None:
    outbox.record(session, [Outcome(row.id, OutboxState.FAILED, attempts, first, error=error)])
    _report(session, row, "bounced", error=error)


def _report(session: Session, row: OutboxRow, end: str, **params: Any) -> None:
    """Tell whoever waits for it how the letter ended: the rep of an order, the administrator of a sample."""
    to = row.payload["to"]
    if row.name == SAMPLE:
        notifications.tell_chat(session, row.payload["chat_id"], f"sample_{end}", to=to, **params)
        return
    order = session.get(Order, row.order_id)
    notice = TOLD.get((row.name, end))
    if order is not None and notice is not None:
        notifications.tell_rep(session, order, notice, to=to, **params)


def _is_in_hand(session: Session, row: OutboxRow) -> bool:
    """Tell whether the row is still being sent: a result that is applied again changes nothing."""
    claimed = session.execute(
        select(OutboxMessage.id).where(
            OutboxMessage.id == row.id,
            OutboxMessage.state == OutboxState.SENDING,
            OutboxMessage.attempts == row.attempts,
        )
    )
    return claimed.first() is not None


def _queue(
    session: Session, order_id: int | None, name: str, recipient: str, payload: dict[str, Any]
) -> None:
    reference = f"{name}.{order_id}.{payload['sending']}.{recipient}"
    digest = hashlib.sha256(reference.encode()).hexdigest()[:24]
    sender = company.get(session).email or recipient
    domain = sender.rpartition("@")[2]
    payload = {**payload, "to": recipient, "message_id": f"<{name}-{order_id or 0}-{digest}@{domain}>"}
    outbox.add(session, OutboxKind.EMAIL, "mail", name, payload, order_id=order_id)


def _is_under_way(session: Session, order_id: int, recipients: list[str] | None) -> bool:
    """Tell whether the order's invoice is being sent, or went out a moment ago: to these, or to anybody."""
    rows = session.execute(
        select(OutboxMessage.state, OutboxMessage.sent_at, OutboxMessage.payload).where(
            OutboxMessage.order_id == order_id,
            OutboxMessage.kind == OutboxKind.EMAIL,
            OutboxMessage.name == INVOICE,
        )
    )
    just_now = now_of(session) - SENT_JUST_NOW
    open_states = (OutboxState.WAITING, OutboxState.SENDING)
    return any(
        row.state in open_states or (row.sent_at and row.sent_at > just_now)
        for row in rows
        if recipients is None or row.payload["to"] in recipients
    )


def _sendings(session: Session, order_id: int, name: str) -> int:
    rows = session.execute(
        select(OutboxMessage.payload).where(
            OutboxMessage.order_id == order_id,
            OutboxMessage.kind == OutboxKind.EMAIL,
            OutboxMessage.name == name,
        )
    ).scalars()
    return max((int(payload["sending"]) for payload in rows), default=0) + 1


def _status(row: OutboxMessage) -> LetterStatus:
    states = {
        OutboxState.SENT: (MailState.SENT, row.sent_at),
        OutboxState.FAILED: (MailState.FAILED, None),
    }
    retrying = (MailState.RETRYING, row.due_at) if row.last_error else (MailState.QUEUED, None)
    state, at = states.get(row.state, retrying)
    return LetterStatus(row.name, str(row.payload["to"]), state, at, row.last_error)
