"""What goes out, in words: what it is, to whom, and why it could not be sent; never a row's own name."""

from __future__ import annotations

import re

from handlers.screen import View
from handlers.texts import N_
from models import Invoice, Order, OutboxKind, OutboxMessage, Session
from services import auth, backup, notifications, outbox
from services.letter_drafts import CONFIRMATION, INVOICE, SAMPLE

LETTERS = {
    INVOICE: N_("Invoice of order No. {number}"),
    CONFIRMATION: N_("Confirmation of order No. {number}"),
    SAMPLE: N_("Sample letter"),
}
# What else goes to a chat is an answer to whoever pressed or typed.
CALLS = {
    notifications.CARD: N_("Card of order No. {number} at the warehouse"),
    f"{notifications.NOTICE_PREFIX}mailing": N_("Mailing"),
    "sendDocument": N_("File"),
    "sendPhoto": N_("Picture"),
}
JOBS = {
    "geocode": N_("Search for an address"),
    "route": N_("Distance by road"),
    "count": N_("Report"),
    "journal_sums": N_("Sums of the journal"),
    "read_file": N_("Reading of a file"),
    "fetch_facsimile": N_("Signature and seal"),
    backup.NIGHTLY: N_("Nightly backup"),
    backup.ASKED: N_("Backup"),
}
# The beginning or a piece of what the far end said, and what it means.
REASONS = (
    (r"^unreachable", N_("has never opened the bot, or has blocked it")),
    (r"^error \w+", N_("an error of ours; the log has it")),
    (r"\b5\.1\.[1236]\b|\b55[013]\b", N_("the mail server knows no such address")),
    (r"\b5\.2\.2\b|\b[45]52\b", N_("the mailbox is full")),
)


def what(view: View, session: Session, row: OutboxMessage) -> str:
    """Return «Счёт № 5 (заказ №7)», «Заказ №4 на складе», «Рассылка»."""
    t = view.t
    if outbox.is_forgotten(row):
        return t.plain("Access code")
    order = session.get(Order, row.order_id) if row.order_id is not None else None
    if row.kind is OutboxKind.EMAIL:
        invoice = session.get(Invoice, row.payload.get("invoice_id") or 0)
        if invoice is not None:
            return t.plain("Invoice No. {number}", number=invoice.label)
        words = LETTERS.get(row.name, N_("Letter"))
    elif row.kind is OutboxKind.JOB:
        words = JOBS.get(row.name, N_("Work of the bot"))
    elif order is not None and row.name not in CALLS:
        words = N_("Notice of order No. {number}")
    else:
        is_notice = row.name.startswith(notifications.NOTICE_PREFIX)
        words = CALLS.get(row.name, N_("Notice") if is_notice else N_("Answer in the chat"))
    return t.plain(words, number=order.number if order is not None and order.number else "—")


def reader(session: Session, row: OutboxMessage) -> str:
    """Return to whom: an address, a person's name, or the number of a chat; nothing for a job of nobody."""
    if row.kind is OutboxKind.EMAIL:
        return str(row.payload.get("to", ""))
    chat_id = row.lane if row.kind is OutboxKind.TELEGRAM else str(row.payload.get("chat_id") or "")
    user = auth.find_user(session, int(chat_id)) if chat_id.removeprefix("-").isdecimal() else None
    return user.name if user is not None else chat_id


def reason(view: View, error: str | None) -> str:
    """Return why, in words where they are known, with the far end's own behind them."""
    if not error:
        return "—"
    own = error.removeprefix("unreachable: ")
    for pattern, words in REASONS:
        if re.search(pattern, error):
            return f"{view.t.plain(words)} ({own})"
    return own
