"""How a load becomes a frozen document: its number, what is written on it, what cancels or corrects it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import TypeVar

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from models import (
    BASE_FACTOR,
    Company,
    Customer,
    Document,
    DocumentKind,
    Invoice,
    Order,
    OrderLine,
    Role,
    User,
    VatKind,
    Waybill,
    now_of,
)
from services import audit, auth, company, orders, requisites, snapshot
from services.errors import Conflict, NotFound
from services.snapshot import Bank, Party, Snapshot, SnapshotLine

DELIVERY_NAMES = {"ru": "Доставка", "en": "Delivery"}
DELIVERY_UNITS = {"ru": "усл. ед", "en": "service"}

Paper = TypeVar("Paper", Invoice, Waybill)
_KINDS: Mapping[type[Document], DocumentKind] = {
    Invoice: DocumentKind.INVOICE,
    Waybill: DocumentKind.WAYBILL,
}


def issue(session: Session, made: type[Paper], order: Order) -> Paper:
    """Write the document of a loaded order under the next number of its kind and year."""
    kind, today = _KINDS[made], company.local_now(session).date()
    number = _next_number(session, kind, today.year)
    label = _label(company.get(session), kind, number)
    return _write(session, made, order, _freeze(session, order, kind, number, label, today))


def revise(session: Session, document: Paper, actor: User, reason: str) -> Paper:
    """Cancel a document and write its correction from what the database says now.

    The correction keeps number, date and term of payment and says «исправление № 1 от …»; the snapshot of
    the first stays as it is. Raises what :func:`void` does.
    """
    void(session, document, actor, reason)
    before = snapshot.from_json(document.snapshot)
    order, kind = document.order, _KINDS[type(document)]
    paper = replace(
        _freeze(session, order, kind, document.number, document.label, document.issued_on),
        pay_until=before.pay_until,
        revision=document.revision + 1,
        revised_on=company.local_now(session).date(),
    )
    return _write(session, type(document), order, paper)


def void(session: Session, document: Document, actor: User, reason: str) -> None:
    """Mark a document cancelled: it is stamped «аннулирован» wherever it is drawn from now on.

    Its number stays taken and its snapshot as it was. Raises Forbidden unless the actor is an administrator,
    Invalid for a reason that is empty or too long, Conflict ``document_void`` when it is cancelled already.
    """
    auth.require(actor, Role.ADMIN)
    reason = orders.checked_reason(reason)
    voided = session.execute(
        update(Document)
        .where(Document.id == document.id, Document.cancelled_at.is_(None))
        .values(cancelled_at=now_of(session), cancel_reason=reason)
        .returning(Document.id)
        .execution_options(synchronize_session=False)
    ).first()
    if voided is None:
        raise Conflict("document_void")
    session.refresh(document)
    audit.record(session, actor, "void", document.kind.value, document.id, None, {"reason": reason})


def get(session: Session, document_id: int, actor: User) -> Document:
    """Return a document of an order the actor may see; raises NotFound ``invoice`` or ``order``."""
    document = session.get(Document, document_id)
    if document is None:
        raise NotFound("invoice")
    orders.get(session, document.order_id, actor)
    return document


def latest(session: Session, made: type[Paper], order: Order) -> Paper | None:
    """Return the order's document of a kind, the latest revision, if there is one."""
    query = select(made).where(made.order_id == order.id).order_by(made.revision.desc()).limit(1)
    return session.execute(query).scalar_one_or_none()


def next_label(session: Session, made: type[Document]) -> str:
    """Return what the next document of a kind would be labelled today; nothing is taken."""
    kind = _KINDS[made]
    number = _following(session, kind, company.local_now(session).date().year)
    return _label(company.get(session), kind, number)


def _next_number(session: Session, kind: DocumentKind, year: int) -> int:
    """Return the number to take.

    BEGIN IMMEDIATE on SQLite and a lock on the company's row on PostgreSQL make whoever else wants a number
    wait; one that was rolled back is taken again, so there are no gaps.
    """
    session.execute(select(Company.id).with_for_update())
    return _following(session, kind, year)


def _following(session: Session, kind: DocumentKind, year: int) -> int:
    """Return the number after the last; the company's first number counts in the first year only."""
    own = select(Document.id).where(Document.kind == kind, Document.year < year).limit(1)
    has_earlier_years = session.scalar(own) is not None
    last = session.scalar(
        select(func.max(Document.number)).where(Document.kind == kind, Document.year == year)
    )
    firm = company.get(session)
    start = firm.invoice_start if kind is DocumentKind.INVOICE else firm.waybill_start
    return max(1 if has_earlier_years else start, (last or 0) + 1)


def _label(firm: Company, kind: DocumentKind, number: int) -> str:
    if kind is DocumentKind.INVOICE:
        return snapshot.document_label(number, firm.invoice_prefix, firm.invoice_digits)
    return snapshot.document_label(number, firm.waybill_prefix, firm.waybill_digits)


def _write(session: Session, made: type[Paper], order: Order, paper: Snapshot) -> Paper:
    document = made(
        kind=_KINDS[made],
        year=paper.issued_on.year,
        number=paper.number,
        order_id=order.id,
        revision=paper.revision,
        issued_on=paper.issued_on,
        label=paper.label,
        total_amount=paper.total if made is Invoice else paper.goods_total,
        snapshot=snapshot.to_json(paper),
        created_at=now_of(session),
    )
    session.add(document)
    session.flush()
    return document


def _freeze(
    session: Session, order: Order, kind: DocumentKind, number: int, label: str, issued_on: date
) -> Snapshot:
    firm, store = company.get(session), company.warehouse(session)
    own = order.customer.language
    language = own if own in DELIVERY_NAMES else firm.document_language
    zone = company.zone(session)
    is_invoice = kind is DocumentKind.INVOICE
    return Snapshot(
        kind="invoice" if is_invoice else "waybill",
        number=number,
        label=label,
        issued_on=issued_on,
        seller=seller(firm),
        bank=bank(firm, order.currency),
        buyer=_buyer(order.customer),
        order_number=str(order.number),
        order_date=(order.placed_at or order.created_at).astimezone(zone).date(),
        lines=_lines(session, order, language),
        vat_included=order.vat_included,
        delivery_address=(store.address if order.is_pickup else order.address) or "",
        delivery_on=order.window.delivery_on if order.window else None,
        is_pickup=order.is_pickup,
        pay_until=issued_on + timedelta(days=firm.pay_within_days) if is_invoice else None,
        storekeeper=order.storekeeper.name if order.storekeeper else "",
        currency=order.currency,
        language=language,
        facsimile=(is_invoice and firm.facsimile_sha256) or "",
    )


def _lines(session: Session, order: Order, language: str) -> tuple[SnapshotLine, ...]:
    """Return what was loaded, in base units so that quantity × price is the sum, and the delivery."""
    firm = company.get(session)
    loaded = [line for line in order.lines if line.loaded_quantity]
    lines = [
        snapshot.priced_line(
            position,
            line.product.name,
            sku=line.product.sku,
            unit=line.product.unit,
            quantity=line.loaded_quantity or 0,
            price=line.price or 0,
            vat_rate=_rate(session, order, firm.vat_kind or line.product.vat_kind, line.vat_rate),
            vat_included=order.vat_included,
        )
        for position, line in enumerate(loaded, 1)
    ]
    fee = (order.delivery_amount or 0) - (0 if order.vat_included else order.delivery_vat_amount or 0)
    if fee:
        kind = firm.vat_kind or firm.delivery_vat_kind
        lines.append(
            snapshot.priced_line(
                len(lines) + 1,
                DELIVERY_NAMES[language],
                unit=DELIVERY_UNITS[language],
                quantity=BASE_FACTOR,
                price=fee,
                vat_rate=_rate(session, order, kind, order.delivery_vat_rate),
                vat_included=order.vat_included,
                is_delivery=True,
            )
        )
    return tuple(lines)


def _rate(session: Session, order: Order, kind: VatKind, frozen: int | None) -> int | None:
    """Return the rate of the day the goods left.

    The order froze the rate of the day planned. Only if the law's table says another one for the day they
    really left does that one apply; a kind corrected in the catalogue since changes nothing.
    """
    zone = company.zone(session)
    loaded_at = order.loaded_at or now_of(session)
    placed_at = order.placed_at or order.created_at
    planned_on = order.window.delivery_on if order.window else placed_at.astimezone(zone).date()
    if company.vat_rate(session, kind, planned_on) != frozen:
        return frozen
    return company.vat_rate(session, kind, loaded_at.astimezone(zone).date())


def product_ids(order: Order) -> list[int]:
    """Return the products of the goods' lines of the order's documents, in their order."""
    lines: list[OrderLine] = [line for line in order.lines if line.loaded_quantity]
    return [line.product_id for line in lines]


def seller(firm: Company) -> Party:
    """Return the company as documents name it."""
    return Party(
        name=firm.name or "",
        inn=firm.inn or "",
        kpp=firm.kpp or "",
        address=firm.address or "",
        phone=firm.phone or "",
        email=firm.email or "",
        is_sole_proprietor=requisites.is_sole_proprietor(firm.inn or ""),
        director=firm.director or "",
        accountant=firm.accountant or "",
    )


def bank(firm: Company, currency: str) -> Bank:
    """Return where the company is paid in this currency."""
    is_european = currency == "EUR"
    return Bank(
        name=firm.bank_name or "",
        bik=firm.bik or "",
        correspondent_account=firm.correspondent_account or "",
        account=firm.account or "",
        iban=firm.iban or "" if is_european else "",
        swift=firm.swift or "" if is_european else "",
    )


def _buyer(customer: Customer) -> Party:
    return Party(
        name=customer.name,
        inn=customer.inn or "",
        kpp=customer.kpp or "",
        address=customer.address or "",
        phone=customer.phone or "",
    )
