"""What the reports share: which orders and events a period has, and the statements that read them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Row,
    Select,
    Table,
    and_,
    case,
    distinct,
    func,
    literal_column,
    select,
    text,
)
from sqlalchemy.orm import Session

from models import Document, InvoiceLine, Order, OrderEvent, OrderEventKind, OrderLine, User
from services import company
from services.money import half_up
from services.periods import Period

AnySelect = Select[*tuple[Any, ...]]

paper: Table = Document.__table__  # type: ignore[assignment]
# Written out: with bound values SQLite would not use the indexes that hold just these rows.
IS_VALID = text("documents.kind = 'invoice' AND documents.cancelled_at IS NULL")
IS_CANCELLED = text("documents.cancelled_at IS NOT NULL")
_IS_SHORT = text("order_lines.loaded_quantity < order_lines.quantity")

has_invoice = paper.c.total_amount.is_not(None)
amount = func.coalesce(func.sum(paper.c.total_amount), 0).label("amount")
orders = func.count(paper.c.total_amount).label("orders")
customers = func.count(distinct(case((has_invoice, Order.customer_id)))).label("customers")


def invoiced(session: Session, *columns: Any) -> AnySelect:
    """Select from the orders, each beside its valid invoice or nothing.

    An invoice in another currency than the company's present one is nothing, too: no sum may hold two.

    The join is an outer one also where only invoiced orders count: so SQLite begins with the orders, of
    which a period has few, and never with all the invoices there are.
    """
    return select(*columns).select_from(Order).outerjoin(paper, _summed(session))


def loaded(session: Session, period: Period, *columns: Any) -> AnySelect:
    """Select from the orders loaded in the period, each beside its valid invoice or nothing."""
    return invoiced(session, *columns).where(within(session, period, Order.loaded_at))


def by(key: Any) -> ColumnElement[Any]:
    """Return the column to group by: :func:`rows_by` finds it as ``key``."""
    # The sum keeps SQLite from walking the whole index of the key instead of the period's orders.
    own: ColumnElement[Any] = (key + literal_column("0")).label("key")
    return own


def rows_by(session: Session, query: AnySelect) -> dict[Any, Row[*tuple[Any, ...]]]:
    """Return the sums of a selection for each value of its ``key``."""
    return {row.key: row for row in session.execute(query.group_by("key"))}


def loaded_by(session: Session, period: Period, key: Any, *columns: Any) -> dict[Any, Row[*tuple[Any, ...]]]:
    """Return the sums of the orders loaded in the period for each value of ``key``."""
    return rows_by(session, loaded(session, period, by(key), *columns))


def short(session: Session, period: Period, *columns: Any) -> AnySelect:
    """Select how many lines of the period's loads were loaded short, and by which sum the invoiced ones were.

    Line by line: a weighed product of which more was loaded makes up for nothing else.
    """
    # The sum keeps SQLite from looking through all that was ever sold of the product.
    line = and_(
        InvoiceLine.invoice_id == paper.c.id,
        InvoiceLine.product_id + literal_column("0") == OrderLine.product_id,
    )
    missing = case((has_invoice, OrderLine.total_amount - func.coalesce(InvoiceLine.total_amount, 0)))
    return (
        select(*columns, func.count().label("lines"), func.coalesce(func.sum(missing), 0).label("amount"))
        .select_from(OrderLine)
        .join(Order, Order.id == OrderLine.order_id)
        .outerjoin(paper, _summed(session))
        .outerjoin(InvoiceLine, line)
        .where(_IS_SHORT, within(session, period, Order.loaded_at))
    )


def ended(session: Session, period: Period, column: Any, *kinds: OrderEventKind) -> dict[Any, int]:
    """Return how often orders were ended in the period, by ``column`` of the event or its order."""
    query = (
        select(column, func.count())
        .select_from(OrderEvent)
        .join(Order, Order.id == OrderEvent.order_id)
        .where(OrderEvent.kind.in_(kinds), within(session, period, OrderEvent.at))
        .group_by(column)
    )
    return pairs(session, query)


def is_foreign(session: Session) -> ColumnElement[bool]:
    """Return the condition that an order is in another currency than the company's present one."""
    return Order.currency != company.get(session).currency


def _summed(session: Session) -> ColumnElement[bool]:
    return and_(paper.c.order_id == Order.id, IS_VALID, ~is_foreign(session))


def within(session: Session, period: Period, column: Any) -> ColumnElement[bool]:
    """Return the condition that a moment lies in the period's days in the company's zone."""
    return between(column, *period.moments(company.zone(session)))


def between(column: Any, start: datetime, end: datetime) -> ColumnElement[bool]:
    """Return the condition that a moment is not before ``start``, and before ``end``."""
    return and_(column >= start, column < end)


def pairs(session: Session, query: AnySelect) -> dict[Any, Any]:
    """Return the rows of two columns as a dictionary."""
    return {row[0]: row[1] for row in session.execute(query)}


def names(session: Session, keys: set[int | None]) -> dict[int, str]:
    """Return the names of these members of staff."""
    known = pairs(session, select(User.id, User.name))
    return {key: known[key] for key in keys if key is not None and key in known}


def average(amount: int, orders: int) -> int:
    """Return an order's average sum in minor units, 0 without orders."""
    return half_up(amount, orders) if orders else 0
