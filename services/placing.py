"""The rep's steps: place a draft, take it back, call it off."""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models import DeliveryWindow, Order, OrderEventKind, OrderStatus, Role, User, now_of
from services import audit, company, drafts, letters, notifications, orders, pricing, schedule, stock
from services.errors import Conflict, Invalid
from services.pricing import Quote


def place(session: Session, order: Order, actor: User, *, duplicate_is_meant: bool = False) -> None:
    """Send the rep's draft to the warehouse: figures frozen, stock reserved, number given, all told.

    Raises Invalid ``missing`` (parts) and the schedule's, Conflict ``duplicate`` (number, day), ``short``
    (shortages) or ``window_taken``; NotFound when the draft is another rep's.
    """
    if order.sales_rep_id != actor.id:
        raise orders.not_found()
    parts = drafts.missing(order)
    if parts:
        raise Invalid("missing", parts=parts)
    if order.customer.archived_at is not None:
        raise Conflict("customer_archived")
    schedule.require_place(session, order)
    if not duplicate_is_meant:
        _refuse_duplicate(session, order)
    offer = pricing.quote(session, order)
    repriced = [line for line in offer.lines if line.price_before is not None]
    if repriced:
        raise Conflict("repriced", lines=repriced)
    _freeze(session, order, offer)
    if order.number is None:
        order.number = session.execute(select(func.coalesce(func.max(Order.number), 0) + 1)).scalar_one()
    session.flush()
    orders.move(
        session,
        order,
        actor,
        OrderEventKind.PLACED,
        [OrderStatus.DRAFT],
        OrderStatus.PLACED,
        placed_at=now_of(session),
        reason=None,
        **orders.queued_now(session),
    )
    stock.reserve(session, order, actor)
    notifications.deal_cards(session, order)
    letters.queue_confirmation(session, order)


def recall(session: Session, order_id: int, actor: User) -> Order:
    """Take a placed order back into a draft; raises Conflict when the warehouse has begun.

    Raises Conflict ``draft_in_the_way`` when the customer has an open draft: there is one per customer.
    """
    order = _own(session, order_id, actor)
    other = drafts.find_open(session, order.customer, actor)
    if order.status is OrderStatus.PLACED and other is not None:
        raise Conflict("draft_in_the_way", order_id=other.id)
    orders.move(
        session,
        order,
        actor,
        OrderEventKind.RECALLED,
        [OrderStatus.PLACED],
        OrderStatus.DRAFT,
        placed_at=None,
        # It may come back for another day: the warehouse chooses again.
        vehicle_id=None,
    )
    stock.release(session, order, actor)
    order.recalled_lines = [[line.product_id, line.quantity, line.unit, line.factor] for line in order.lines]
    pricing.thaw(order)
    notifications.redraw_cards(session, order)
    return order


def cancel(session: Session, order_id: int, actor: User, reason: str) -> Order:
    """Call a placed order off: its rep, or an administrator, who gives a reason."""
    order = (
        orders.get(session, order_id, actor) if actor.holds(Role.ADMIN) else _own(session, order_id, actor)
    )
    orders.end(session, order, actor, OrderEventKind.CANCELLED, [OrderStatus.PLACED], reason)
    if order.sales_rep_id != actor.id:
        audit.record(session, actor, "cancel", "order", order.id, None, {"reason": order.reason})
    notifications.tell_rep(
        session, order, "order_cancelled", unless=actor, by=actor.name, reason=order.reason
    )
    return order


def _own(session: Session, order_id: int, actor: User) -> Order:
    order = orders.get(session, order_id, actor)
    if order.sales_rep_id != actor.id:
        raise orders.not_found()
    return order


def _freeze(session: Session, order: Order, offer: Quote) -> None:
    firm = company.get(session)
    pricing.freeze(order, offer, included=firm.prices_include_vat, currency=firm.currency)


def _refuse_duplicate(session: Session, order: Order) -> None:
    day = order.window.delivery_on if order.window else None
    other = session.execute(
        select(Order)
        .join(Order.window)
        .where(
            Order.customer_id == order.customer_id,
            Order.id != order.id,
            Order.status.in_(orders.STARTED),
            DeliveryWindow.delivery_on == day,
        )
        .limit(1)
    ).scalar_one_or_none()
    if other is not None:
        raise Conflict("duplicate", number=other.number, day=day)
