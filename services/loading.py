"""The storekeeper's steps: take an order in hand, load it, confirm what was really loaded."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import Order, OrderEventKind, OrderStatus, Role, User, now_of
from services import auth, invoices, notifications, orders, stock
from services.errors import Conflict


def claim(session: Session, order_id: int, actor: User) -> Order:
    """Take a placed order in hand; the first storekeeper wins, the others get Conflict."""
    auth.require(actor, Role.STOREKEEPER)
    order = orders.get(session, order_id, actor)
    orders.move(
        session,
        order,
        actor,
        OrderEventKind.CLAIMED,
        [OrderStatus.PLACED],
        OrderStatus.LOADING,
        storekeeper_id=actor.id,
        claimed_at=now_of(session),
    )
    notifications.redraw_cards(session, order)
    notifications.tell_rep(session, order, "order_claimed", keeper=actor.name)
    return order


def release(session: Session, order_id: int, actor: User) -> Order:
    """Put an order in hand back into the queue: its storekeeper, or an administrator."""
    order = orders.get(session, order_id, actor)
    if not actor.holds(Role.ADMIN):
        _in_own_hand(session, order, actor)
    orders.move(
        session,
        order,
        actor,
        OrderEventKind.RELEASED,
        [OrderStatus.LOADING],
        OrderStatus.PLACED,
        storekeeper_id=None,
        claimed_at=None,
    )
    notifications.redraw_cards(session, order)
    notifications.tell_rep(session, order, "order_released", keeper=actor.name)
    return order


def release_all(session: Session, actor: User) -> int:
    """Put everything the actor has in hand back into the queue; return how many orders."""
    query = select(Order.id).where(Order.storekeeper_id == actor.id, Order.status == OrderStatus.LOADING)
    in_hand = session.execute(query).scalars().all()
    for order_id in in_hand:
        release(session, order_id, actor)
    return len(in_hand)


def reject(session: Session, order_id: int, actor: User, reason: str) -> Order:
    """Turn an order down from the warehouse; once in hand, only who has it may."""
    auth.require(actor, Role.STOREKEEPER)
    order = orders.get(session, order_id, actor)
    if order.status is OrderStatus.LOADING:
        _in_own_hand(session, order, actor)
    orders.end(session, order, actor, OrderEventKind.REJECTED, list(orders.QUEUE), reason)
    notifications.tell_rep(session, order, "order_rejected", keeper=actor.name, reason=order.reason)
    return order


def confirm_load(session: Session, order_id: int, actor: User) -> Order:
    """Close the load: goods leave the stock, the papers are made, the client and the rep hear of it.

    A line nobody corrected was loaded in full. Raises Conflict ``nothing_loaded`` when no line was, and
    whatever :func:`orders.move` does when the order isn't in this storekeeper's hands any more.
    """
    auth.require(actor, Role.STOREKEEPER)
    order = orders.get(session, order_id, actor)
    _in_own_hand(session, order, actor)
    for line in order.lines:
        if line.loaded_quantity is None:
            line.loaded_quantity = line.quantity
    if not any(line.loaded_quantity for line in order.lines):
        raise Conflict("nothing_loaded")
    session.flush()
    orders.move(
        session,
        order,
        actor,
        OrderEventKind.LOADED,
        [OrderStatus.LOADING],
        OrderStatus.LOADED,
        loaded_at=now_of(session),
    )
    stock.issue(session, order, actor)
    notifications.redraw_cards(session, order)
    notifications.tell_rep(session, order, "order_loaded")
    invoices.issue(session, order)
    return order


def deliver(session: Session, order_id: int, actor: User) -> Order:
    """Close a loaded order: the goods are with the customer."""
    order = orders.get(session, order_id, actor)
    orders.move(
        session,
        order,
        actor,
        OrderEventKind.DELIVERED,
        [OrderStatus.LOADED],
        OrderStatus.DELIVERED,
        delivered_at=now_of(session),
    )
    notifications.redraw_cards(session, order)
    if order.sales_rep_id != actor.id:
        notifications.tell_rep(session, order, "order_delivered")
    return order


def _in_own_hand(session: Session, order: Order, actor: User) -> None:
    """Raise Conflict unless the order is in the actor's hands: what was loaded only they can say."""
    if order.status is not OrderStatus.LOADING or order.storekeeper_id != actor.id:
        raise orders.moved_on(session, order)
