"""Invoices and waybills: numbered and frozen inside the transaction that confirms the load."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models import (
    BASE_FACTOR,
    Company,
    Customer,
    Document,
    DocumentKind,
    Invoice,
    InvoiceLine,
    Order,
    OrderStatus,
    User,
    now_of,
)
from services import company, letters, notifications, orders, requisites, snapshot
from services.errors import NotFound
from services.snapshot import Bank, Party, Snapshot, SnapshotLine

DELIVERY_NAMES = {"ru": "Доставка", "en": "Delivery"}
DELIVERY_UNITS = {"ru": "усл. ед", "en": "service"}
INVOICED = (OrderStatus.LOADED, OrderStatus.DELIVERED)


def issue(session: Session, order: Order) -> Invoice | None:
    """Make the invoice of a loaded order and queue its letters; None when the seller's requisites lack.

    The load stands all the same: administrators are told what is missing, and :func:`issue_waiting` makes
    the invoice when it is there.
    """
    firm = company.get(session)
    missing = company.missing_for_invoice(firm)
    if missing:
        notifications.tell_admins(session, "requisites_missing", order_id=order.id, fields=missing)
        return None
    number = _next_number(session, DocumentKind.INVOICE, _local_year(session), firm.invoice_start)
    paper = _snapshot(session, order, number)
    invoice = Invoice(
        kind=DocumentKind.INVOICE,
        year=paper.issued_on.year,
        number=number,
        order_id=order.id,
        issued_on=paper.issued_on,
        label=paper.label,
        total_amount=paper.total,
        snapshot=snapshot.to_json(paper),
        created_at=now_of(session),
    )
    session.add(invoice)
    session.flush()
    session.add_all(_figures(invoice, order, paper))
    session.flush()
    if not letters.queue_invoice(session, invoice):
        notifications.tell_rep(session, order, "invoice_without_email", invoice_id=invoice.id)
    return invoice


def issue_waiting(session: Session) -> int:
    """Make the invoices that waited for the seller's requisites; return how many were made."""
    if company.missing_for_invoice(company.get(session)):
        return 0
    query = (
        select(Order)
        .outerjoin(Invoice, Invoice.order_id == Order.id)
        .where(Order.status.in_(INVOICED), Invoice.id.is_(None))
        .order_by(Order.id)
    )
    return sum(issue(session, order) is not None for order in session.execute(query).scalars().all())


def of_order(session: Session, order: Order) -> Invoice | None:
    """Return the order's invoice, the latest revision, if there is one."""
    query = select(Invoice).where(Invoice.order_id == order.id).order_by(Invoice.revision.desc()).limit(1)
    return session.execute(query).scalar_one_or_none()


def get(session: Session, invoice_id: int, actor: User) -> Invoice:
    """Return an invoice of an order the actor may see; raises NotFound."""
    invoice = session.get(Invoice, invoice_id)
    if invoice is None:
        raise NotFound("invoice")
    orders.get(session, invoice.order_id, actor)
    return invoice


def _next_number(session: Session, kind: DocumentKind, year: int, start: int) -> int:
    # BEGIN IMMEDIATE (or the unique constraint, on PostgreSQL) keeps two from taking the same one; a number
    # that was rolled back is taken again, so there are no gaps.
    last = session.execute(
        select(func.max(Document.number)).where(Document.kind == kind, Document.year == year)
    ).scalar_one()
    return start if last is None else int(last) + 1


def _local_year(session: Session) -> int:
    return company.local_now(session).year


def _snapshot(session: Session, order: Order, number: int) -> Snapshot:
    firm = company.get(session)
    today = company.local_now(session).date()
    language = order.customer.language or "ru"
    placed_at = order.placed_at or order.created_at
    return Snapshot(
        kind="invoice",
        number=number,
        label=snapshot.document_label(number, firm.invoice_prefix, firm.invoice_digits),
        issued_on=today,
        seller=_seller(firm),
        bank=_bank(firm),
        buyer=_buyer(order.customer),
        order_number=str(order.number),
        order_date=placed_at.astimezone(company.zone(session)).date(),
        lines=_lines(order, language),
        vat_included=order.vat_included,
        delivery_address="" if order.is_pickup else order.address or "",
        delivery_on=order.window.delivery_on if order.window else None,
        pay_until=today + timedelta(days=firm.pay_within_days),
        storekeeper=order.storekeeper.name if order.storekeeper else "",
        currency=order.currency,
        language=language,
    )


def _lines(order: Order, language: str) -> tuple[SnapshotLine, ...]:
    """Return what was loaded, in base units so that quantity × price is the sum, and the delivery."""
    loaded = [line for line in order.lines if line.loaded_quantity]
    lines = [
        snapshot.priced_line(
            position,
            line.product.name,
            sku=line.product.sku,
            unit=line.product.unit,
            quantity=line.loaded_quantity or 0,
            price=line.price or 0,
            vat_rate=line.vat_rate,
            vat_included=order.vat_included,
        )
        for position, line in enumerate(loaded, 1)
    ]
    fee = (order.delivery_amount or 0) - (0 if order.vat_included else order.delivery_vat_amount or 0)
    if fee:
        lines.append(
            snapshot.priced_line(
                len(lines) + 1,
                DELIVERY_NAMES[language],
                unit=DELIVERY_UNITS[language],
                quantity=BASE_FACTOR,
                price=fee,
                vat_rate=order.delivery_vat_rate,
                vat_included=order.vat_included,
                is_delivery=True,
            )
        )
    return tuple(lines)


def _figures(invoice: Invoice, order: Order, paper: Snapshot) -> list[InvoiceLine]:
    products = [line.product_id for line in order.lines if line.loaded_quantity]
    return [
        InvoiceLine(
            invoice_id=invoice.id,
            position=line.position,
            product_id=None if line.is_delivery else products[line.position - 1],
            quantity=line.quantity,
            price=line.price,
            vat_rate=line.vat_rate,
            net_amount=line.net,
            vat_amount=line.vat,
            total_amount=line.total,
        )
        for line in paper.lines
    ]


def _seller(firm: Company) -> Party:
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


def _bank(firm: Company) -> Bank:
    return Bank(
        name=firm.bank_name or "",
        bik=firm.bik or "",
        correspondent_account=firm.correspondent_account or "",
        account=firm.account or "",
    )


def _buyer(customer: Customer) -> Party:
    return Party(
        name=customer.name,
        inn=customer.inn or "",
        kpp=customer.kpp or "",
        address=customer.address or "",
        phone=customer.phone or "",
    )
