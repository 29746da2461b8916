"""What a letter is made of when it is sent: words, documents, addresses; and the letter itself."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from models import BASE_FACTOR, Invoice, Order, VatKind, Waybill
from services import (
    company,
    confirmation_letter,
    documents,
    formats,
    invoice_letter,
    mail,
    mail_texts,
    orders,
    papers,
    snapshot,
)
from services.confirmation_letter import Confirmation, OrderedLine
from services.invoice_letter import Shortage
from services.letter_frame import LetterText
from services.mail import Attachment, Letter
from services.outbox import OutboxRow
from services.papers import Sheet
from services.snapshot import Party, Snapshot

INVOICE, CONFIRMATION, SAMPLE = "invoice", "confirmation", "sample"
SAMPLE_NAMES = {
    "ru": ("ОБРАЗЕЦ", "ООО «Образец»", "Товар для образца", "шт"),
    "en": ("SAMPLE", "Sample Ltd", "Sample goods", "pcs"),
}


class Withdrawn(Exception):
    """The reason of a letter is gone: it is not sent."""


@dataclass(frozen=True, slots=True)
class Draft:
    """Everything a letter is made of, read from the database before it is drawn and sent.

    ``sheets`` are the documents to be attached, the invoice first.
    """

    words: LetterText
    sheets: tuple[Sheet, ...]
    recipient: str
    message_id: str
    written_at: datetime
    sender_name: str
    reply_to: str


def prepare(session: Session, row: OutboxRow) -> Draft:
    """Return what a letter is made of. Reads only, so that drawing and sending need no transaction.

    Raises ``Withdrawn`` for a letter whose reason is gone.
    """
    words, sheets = _MADE[row.name](session, row)
    firm = company.get(session)
    return Draft(
        words=words,
        sheets=sheets,
        recipient=row.payload["to"],
        message_id=row.payload["message_id"],
        written_at=row.created_at,
        sender_name=sheets[0].paper.seller.name if sheets else firm.name or "",
        reply_to=sheets[0].paper.seller.email if sheets else firm.email or "",
    )


def _made_invoice(session: Session, row: OutboxRow) -> tuple[LetterText, tuple[Sheet, ...]]:
    invoice = session.get_one(Invoice, row.payload["invoice_id"])
    if invoice.cancelled_at is not None:
        raise Withdrawn
    waybill = documents.latest(session, Waybill, invoice.order)
    found = [invoice] if waybill is None or waybill.cancelled_at else [invoice, waybill]
    sheets = tuple(papers.sheet(session, document) for document in found)
    paper = sheets[0].paper
    words = invoice_letter.invoice_letter(
        paper,
        _shortages(invoice.order),
        contact=_contact(invoice.order, company.get(session).phone),
        texts=mail_texts.get(session, paper.language),
    )
    return words, sheets


def _made_confirmation(session: Session, row: OutboxRow) -> tuple[LetterText, tuple[Sheet, ...]]:
    order = session.get(Order, row.order_id)
    # Only while it is news: of an order that has left the invoice tells, of one called off nobody should.
    if order is None or order.status not in orders.QUEUE:
        raise Withdrawn
    language = order.customer.language or "ru"
    placed_at = order.placed_at or order.created_at
    what = Confirmation(
        language=language,
        currency=order.currency,
        number=str(order.number),
        placed_on=placed_at.astimezone(company.zone(session)).date(),
        lines=[
            OrderedLine(line.product.name, line.product.unit, line.quantity, line.total_amount or 0)
            for line in order.lines
        ],
        delivery_amount=order.delivery_amount or 0,
        total_amount=order.total_amount or 0,
        address="" if order.is_pickup else order.address or "",
        delivery_on=order.window.delivery_on if order.window else None,
        window=(order.window.starts_at, order.window.ends_at) if order.window else None,
        contact=_contact(order, company.get(session).phone),
        seller=company.get(session).name or "",
    )
    return confirmation_letter.confirmation_letter(what, mail_texts.get(session, language)), ()


def _made_sample(session: Session, row: OutboxRow) -> tuple[LetterText, tuple[Sheet, ...]]:
    language = row.payload["language"]
    sheet = sample_sheet(session, language)
    words = invoice_letter.invoice_letter(sheet.paper, texts=mail_texts.get(session, language))
    return words, (sheet,)


_MADE: dict[str, Callable[[Session, OutboxRow], tuple[LetterText, tuple[Sheet, ...]]]] = {
    INVOICE: _made_invoice,
    CONFIRMATION: _made_confirmation,
    SAMPLE: _made_sample,
}


def compose(draft: Draft, sender: str, pdfs: Sequence[bytes]) -> Letter:
    """Return the letter with the PDF of each sheet; the same draft gives the same bytes."""
    return mail.compose(
        sender=sender,
        recipient=draft.recipient,
        subject=draft.words.subject,
        text=draft.words.text,
        html=draft.words.html,
        message_id=draft.message_id,
        sent_at=draft.written_at,
        attachments=[
            Attachment(invoice_letter.file_name(sheet.paper), pdf)
            for sheet, pdf in zip(draft.sheets, pdfs, strict=True)
        ],
        sender_name=draft.sender_name,
        reply_to=draft.reply_to,
    )


def sample_sheet(session: Session, language: str) -> Sheet:
    """Return a made-up invoice of this company, for a look at its letters."""
    firm, today = company.get(session), company.local_now(session).date()
    mark, buyer, goods, unit = SAMPLE_NAMES[language]
    rate = company.vat_rate(session, firm.vat_kind or VatKind.STANDARD, today)
    line = snapshot.priced_line(
        1,
        goods,
        unit=unit,
        quantity=10 * BASE_FACTOR,
        price=100_00,
        vat_rate=rate,
        vat_included=firm.prices_include_vat,
    )
    paper = Snapshot(
        kind="invoice",
        number=1,
        label=mark,
        issued_on=today,
        seller=documents.seller(firm),
        bank=documents.bank(firm, firm.currency),
        buyer=Party(name=buyer),
        order_number=mark,
        order_date=today,
        lines=(line,),
        vat_included=firm.prices_include_vat,
        pay_until=today + timedelta(days=firm.pay_within_days),
        currency=firm.currency,
        language=language,
    )
    return Sheet(None, paper)


def _shortages(order: Order) -> list[Shortage]:
    return [
        Shortage(line.product.name, line.product.unit, line.quantity, line.to_load)
        for line in order.short_lines
    ]


def _contact(order: Order, firm_phone: str | None) -> str:
    rep = order.sales_rep
    phone = rep.phone or firm_phone
    return ", ".join(part for part in (rep.name, formats.phone(phone) if phone else "") if part)
