"""What was sold of each product, its share and its class."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, func, select
from sqlalchemy.orm import Session

from models import InvoiceLine, Order, Product
from services.analytics import selecting
from services.money import half_up
from services.report_periods import ReportPeriod

A_UNTIL, B_UNTIL = 800, 950
"""Tenths of a percent of the turnover: what begins below the first is A, below the second B, the rest C."""


@dataclass(frozen=True, slots=True)
class ProductRow:
    """A product's period: ``share`` of the goods' turnover in tenths of a percent, ``abc`` its class."""

    product_id: int
    sku: str
    name: str
    unit: str
    amount: int
    quantity: int
    share: int
    abc: str
    before: int


@dataclass(frozen=True, slots=True)
class Products:
    """The products, the largest sum first; ``delivery`` is what makes their sum the turnover."""

    period: ReportPeriod
    rows: tuple[ProductRow, ...]
    delivery: int


def products(session: Session, period: ReportPeriod) -> Products:
    """Return what was sold of each product, its share, and its class A, B or C."""
    now, before = _by_product(session, period), _by_product(session, period.before)
    delivery = int(now.pop(None).amount) if None in now else 0
    known = {
        row.id: row
        for row in session.execute(select(Product.id, Product.sku, Product.name, Product.unit)).all()
        if row.id in now
    }
    goods = sum(int(own.amount) for own in now.values())
    rows, sold = [], 0
    for own in sorted(now.values(), key=lambda one: (-one.amount, one.product_id)):
        amount, product = int(own.amount), known[own.product_id]
        earlier = before.get(own.product_id)
        rows.append(
            ProductRow(
                *product,
                amount=amount,
                quantity=int(own.quantity),
                share=half_up(1000 * amount, goods) if goods else 0,
                abc=_abc(sold, goods),
                before=int(earlier.amount) if earlier else 0,
            )
        )
        sold += amount
    return Products(period, tuple(rows), delivery)


def _by_product(session: Session, period: ReportPeriod) -> dict[int | None, Row[*tuple[Any, ...]]]:
    """Return the sums by product; delivery stands under None."""
    columns = [
        InvoiceLine.product_id,
        func.sum(InvoiceLine.total_amount).label("amount"),
        func.sum(InvoiceLine.quantity).label("quantity"),
    ]
    cancelled = select(selecting.paper.c.id).where(selecting.IS_CANCELLED)
    foreign = (
        select(selecting.paper.c.id)
        .join(Order, Order.id == selecting.paper.c.order_id)
        .where(selecting.within(session, period, Order.loaded_at), selecting.is_foreign(session))
    )
    query = select(*columns).where(
        selecting.within(session, period, InvoiceLine.sold_at),
        InvoiceLine.invoice_id.not_in(cancelled),
        InvoiceLine.invoice_id.not_in(foreign),
    )
    return {row.product_id: row for row in session.execute(query.group_by(InvoiceLine.product_id))}


def _abc(sold_above: int, goods: int) -> str:
    """Return the class of a product by what the products above it come to."""
    if 1000 * sold_above < A_UNTIL * goods:
        return "A"
    return "B" if 1000 * sold_above < B_UNTIL * goods else "C"
