"""Finding orders, and the one way their status changes: a compare-and-set that leaves an event."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, func, select, true, update
from sqlalchemy.orm import Session

from models import (
    Customer,
    DeliveryWindow,
    Order,
    OrderEvent,
    OrderEventKind,
    OrderStatus,
    Product,
    Role,
    User,
    now_of,
)
from services import auth, company, notifications, paging, search, stock
from services.errors import Conflict, Invalid, NotFound
from services.paging import Page, Stretch
from services.periods import Period

MAX_REASON = 300
# A longer run of digits is a phone or an ИНН.
MAX_NUMBER_DIGITS = 9
QUEUE = (OrderStatus.PLACED, OrderStatus.LOADING)
# The goods have left the store.
GONE = (OrderStatus.LOADED, OrderStatus.DELIVERED)
STARTED = (*QUEUE, *GONE)
CALLED_OFF = (OrderStatus.CANCELLED, OrderStatus.REJECTED)


def not_found() -> NotFound:
    """Return the error for an order that isn't there, or isn't the actor's."""
    return NotFound("order")


def get(session: Session, order_id: int, actor: User) -> Order:
    """Return an order the actor may see: a rep own ones, a storekeeper placed ones, an admin all."""
    order = session.get(Order, order_id)
    if order is None or not _may_see(order, actor):
        raise not_found()
    return order


class Counted(NamedTuple):
    """A quantity (thousandths of the base unit), the unit it was counted in, that unit's factor."""

    quantity: int
    unit: str
    factor: int


@dataclass(frozen=True, slots=True)
class LineChange:
    """A product of which more, less or none was wanted after a recall."""

    product: Product
    before: Counted | None
    after: Counted | None


class Show(enum.Enum):
    """Which orders a list shows."""

    ALL = "a"
    DRAFTS = "d"
    AT_WAREHOUSE = "w"
    LOADED = "l"
    ENDED = "x"
    # One status each, as the administrator's journal tells them apart.
    WAITING = "p"
    LOADING = "g"
    UNDER_WAY = "u"
    DELIVERED = "v"
    CANCELLED = "c"
    REJECTED = "r"


SHOWN = {
    Show.DRAFTS: (OrderStatus.DRAFT,),
    Show.AT_WAREHOUSE: QUEUE,
    Show.LOADED: GONE,
    Show.ENDED: CALLED_OFF,
    Show.WAITING: (OrderStatus.PLACED,),
    Show.LOADING: (OrderStatus.LOADING,),
    Show.UNDER_WAY: (OrderStatus.LOADED,),
    Show.DELIVERED: (OrderStatus.DELIVERED,),
    Show.CANCELLED: (OrderStatus.CANCELLED,),
    Show.REJECTED: (OrderStatus.REJECTED,),
}


def find(
    session: Session,
    actor: User,
    cursor: int = 0,
    show: Show = Show.ALL,
    text: str = "",
    *,
    period: Period | None = None,
    customer_id: int | None = None,
) -> Stretch[Order]:
    """Return a rep's own orders, drafts too, the newest first: those at ``cursor`` of the list.

    ``text`` is an order's number, or any piece of the customer's name, ИНН, phone or address; ``period`` is
    of the days orders were begun on, by the company's clock.
    """
    query = select(Order).where(Order.sales_rep_id == actor.id)
    if customer_id is not None:
        query = query.where(Order.customer_id == customer_id)
    if period is not None:
        query = query.where(*_begun_in(session, actor, period))
    # A query for each status: the index that ends with the id then serves their order, too.
    wanted = SHOWN.get(show)
    by_status = [query.where(Order.status == status) for status in wanted] if wanted else [query]
    branches = [branch.where(fits) for branch in by_status for fits in _fitting(text)]
    return paging.by_key(session, branches, Order.id, cursor)


def _begun_in(session: Session, actor: User, period: Period) -> list[ColumnElement[bool]]:
    """Return what a rep's orders of a period are; the ids they lie between spare a long search."""
    begin, end = period.moments(company.zone(session))
    inside = (Order.created_at >= begin, Order.created_at < end)
    bounds = select(func.min(Order.id), func.max(Order.id)).where(Order.sales_rep_id == actor.id, *inside)
    lowest, highest = session.execute(bounds).one()
    return [*inside, Order.id.between(lowest or 0, highest or 0)]


def _fitting(text: str) -> list[ColumnElement[bool]]:
    """Return what an order has to be to fit a typed text: any of these."""
    if not text:
        return [true()]
    of_customers = select(Customer.id).where(search.contains(Customer.search_text, text))
    ways: list[ColumnElement[bool]] = [Order.customer_id.in_(of_customers)]
    number = text.strip().lstrip("№")
    if number.isascii() and number.isdecimal() and len(number) < MAX_NUMBER_DIGITS:
        ways.append(Order.number == int(number))
    return ways


def of_customer(session: Session, customer_id: int, actor: User, limit: int = 3) -> list[Order]:
    """Return the customer's latest orders: a rep's own, or an administrator's all."""
    query = select(Order).where(Order.customer_id == customer_id)
    if not actor.holds(Role.ADMIN):
        query = query.where(Order.sales_rep_id == actor.id)
    return list(session.scalars(query.order_by(Order.id.desc()).limit(limit)))


def to_load(
    session: Session, actor: User, page: int = 0, day: date | None = None, *, own: bool = False
) -> Page[Order]:
    """Return what waits for the warehouse, by the delivery window: all, a day's, or what is in own hands."""
    auth.require(actor, Role.STOREKEEPER, Role.ADMIN)
    query = (
        select(Order)
        .join(Order.window)
        .where(Order.status.in_(QUEUE))
        .order_by(DeliveryWindow.delivery_on, DeliveryWindow.starts_at, Order.id)
    )
    if own:
        query = query.where(Order.storekeeper_id == actor.id)
    if day is not None:
        query = query.where(DeliveryWindow.delivery_on == day)
    return paging.fetch(session, query, page)


def days_to_load(session: Session, actor: User) -> list[tuple[date, int]]:
    """Return the days something waits for, the nearest first, and how many orders."""
    auth.require(actor, Role.STOREKEEPER, Role.ADMIN)
    query = (
        select(DeliveryWindow.delivery_on, func.count())
        .join(Order, Order.window_id == DeliveryWindow.id)
        .where(Order.status.in_(QUEUE))
        .group_by(DeliveryWindow.delivery_on)
        .order_by(DeliveryWindow.delivery_on)
    )
    return [(day, count) for day, count in session.execute(query)]


def count_to_load(session: Session) -> int:
    """Return how many orders wait for the warehouse."""
    return session.execute(select(func.count()).where(Order.status.in_(QUEUE))).scalar_one()


def on_the_way(session: Session, actor: User, cursor: int = 0) -> Stretch[Order]:
    """Return what is loaded and not delivered yet, the latest first."""
    auth.require(actor, Role.STOREKEEPER, Role.ADMIN)
    loaded = select(Order).where(Order.status == OrderStatus.LOADED)
    return paging.by_key(session, [loaded], Order.id, cursor)


def queued_now(session: Session) -> dict[str, Any]:
    """Return the columns of an order that begins to wait for a storekeeper: nobody was reminded yet."""
    return {
        "queued_at": now_of(session),
        "claim_reminded_at": None,
        "claim_escalated_at": None,
        "late_told_at": None,
    }


def changes_since_recall(session: Session, order: Order) -> list[LineChange]:
    """Return what differs from the lines the warehouse saw before the order was recalled."""
    if order.recalled_lines is None or order.status is OrderStatus.DRAFT:
        return []
    before = {product_id: Counted(*rest) for product_id, *rest in order.recalled_lines}
    after = {line.product_id: Counted(line.quantity, line.unit, line.factor) for line in order.lines}
    changed = [key for key in {**before, **after} if before.get(key) != after.get(key)]
    products = {
        product.id: product
        for product in session.execute(select(Product).where(Product.id.in_(changed))).scalars()
    }
    return [LineChange(products[key], before.get(key), after.get(key)) for key in changed]


def moved_on(session: Session, order: Order) -> Conflict:
    """Return the error for a step that no longer fits, with who made the last one and when."""
    last = session.execute(
        select(OrderEvent).where(OrderEvent.order_id == order.id).order_by(OrderEvent.id.desc()).limit(1)
    ).scalar_one_or_none()
    return Conflict(
        "order_moved_on",
        number=order.number,
        status=order.status,
        by=last.user.name if last and last.user else None,
        at=last.at if last else None,
    )


def move(
    session: Session,
    order: Order,
    actor: User,
    kind: OrderEventKind,
    expected: list[OrderStatus],
    status: OrderStatus,
    *,
    why: str | None = None,
    **values: Any,
) -> None:
    """Change the status where it is one of ``expected``, and leave the event; raises Conflict.

    ``values`` are further columns of the order; a ``reason`` among them goes onto the event too. ``why`` is
    kept with the event alone.
    """
    moved = session.execute(
        update(Order)
        .where(Order.id == order.id, Order.status.in_(expected))
        .values(status=status, updated_at=now_of(session), **values)
        .returning(Order.id)
        .execution_options(synchronize_session=False)
    ).first()
    session.refresh(order)
    if moved is None:
        raise moved_on(session, order)
    session.add(
        OrderEvent(
            order_id=order.id,
            kind=kind,
            user_id=actor.id,
            reason=values.get("reason") or why,
            at=now_of(session),
        )
    )


def end(
    session: Session,
    order: Order,
    actor: User,
    kind: OrderEventKind,
    expected: list[OrderStatus],
    reason: str,
) -> None:
    """Cancel or reject an order for a reason: stock given back, cards redrawn."""
    reason = checked_reason(reason)
    status = OrderStatus.CANCELLED if kind is OrderEventKind.CANCELLED else OrderStatus.REJECTED
    move(session, order, actor, kind, expected, status, reason=reason)
    stock.release(session, order, actor)
    notifications.redraw_cards(session, order)


def checked_reason(reason: str) -> str:
    """Return why an order is ended, on one line; raises Invalid when it is empty or too long."""
    reason = " ".join(reason.split())
    if not reason:
        raise Invalid("reason_empty")
    if len(reason) > MAX_REASON:
        raise Invalid("too_long", limit=MAX_REASON)
    return reason


def _may_see(order: Order, actor: User) -> bool:
    if actor.holds(Role.ADMIN) or (order.sales_rep_id == actor.id and actor.holds(Role.SALES_REP)):
        return True
    return actor.holds(Role.STOREKEEPER) and order.status is not OrderStatus.DRAFT
