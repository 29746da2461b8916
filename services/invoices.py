"""Invoices: made inside the transaction that confirms the load, cancelled or corrected later."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import Invoice, InvoiceLine, Order, User
from services import company, documents, letters, notifications, orders, snapshot
from services.errors import NotFound


def issue(session: Session, order: Order) -> Invoice | None:
    """Make the invoice of a loaded order and queue its letters; None when the seller's requisites lack.

    The load stands all the same: administrators are told what is missing, and :func:`issue_waiting` makes
    the invoice when it is there.
    """
    missing = company.missing_for_invoice(company.get(session))
    if missing:
        notifications.tell_admins(session, "requisites_missing", order_id=order.id, fields=missing)
        return None
    return _send_off(session, documents.issue(session, Invoice, order))


def issue_waiting(session: Session) -> int:
    """Make the invoices that waited for the seller's requisites; return how many were made."""
    if company.missing_for_invoice(company.get(session)):
        return 0
    query = (
        select(Order)
        .outerjoin(Invoice, Invoice.order_id == Order.id)
        .where(Order.status.in_(orders.GONE), Invoice.id.is_(None))
        .order_by(Order.id)
    )
    return sum(issue(session, order) is not None for order in session.execute(query).scalars().all())


def void(session: Session, invoice: Invoice, actor: User, reason: str) -> None:
    """Mark an invoice cancelled and take back its letters that have not left.

    Raises Forbidden, Invalid and Conflict as :func:`documents.void` does.
    """
    documents.void(session, invoice, actor, reason)
    letters.withdraw(session, invoice)


def revise(session: Session, invoice: Invoice, actor: User, reason: str) -> Invoice:
    """Cancel an invoice and return its correction, which goes out to the customer in its place.

    Raises Forbidden, Invalid and Conflict as :func:`documents.void` does.
    """
    correction = documents.revise(session, invoice, actor, reason)
    letters.withdraw(session, invoice)
    return _send_off(session, correction)


def of_order(session: Session, order: Order) -> Invoice | None:
    """Return the order's invoice, the latest revision, if there is one."""
    return documents.latest(session, Invoice, order)


def get(session: Session, invoice_id: int, actor: User) -> Invoice:
    """Return an invoice of an order the actor may see; raises NotFound."""
    invoice = session.get(Invoice, invoice_id)
    if invoice is None:
        raise NotFound("invoice")
    orders.get(session, invoice.order_id, actor)
    return invoice


def _send_off(session: Session, invoice: Invoice) -> Invoice:
    """Write an invoice's figures beside its snapshot and queue its letters."""
    session.add_all(_figures(invoice))
    session.flush()
    if not letters.queue_invoice(session, invoice):
        notifications.tell_rep(session, invoice.order, "invoice_without_email", invoice_id=invoice.id)
    return invoice


def _figures(invoice: Invoice) -> list[InvoiceLine]:
    paper = snapshot.from_json(invoice.snapshot)
    products = documents.product_ids(invoice.order)
    return [
        InvoiceLine(
            invoice_id=invoice.id,
            position=line.position,
            product_id=None if line.is_delivery else products[line.position - 1],
            sold_at=invoice.order.loaded_at or invoice.created_at,
            quantity=line.quantity,
            price=line.price,
            vat_rate=line.vat_rate,
            net_amount=line.net,
            vat_amount=line.vat,
            total_amount=line.total,
        )
        for line in paper.lines
    ]
