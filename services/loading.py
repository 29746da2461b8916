"""The storekeeper's steps: take an order in hand, load it, confirm what was really loaded."""

from __future__ import annotations

import hashlib

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import Order, OrderEvent, OrderEventKind, OrderLine, OrderStatus, Role, User, now_of
from services import (
    audit,
    auth,
    company,
    invoices,
    notifications,
    orders,
    pricing,
    quantities,
    stock,
    waybills,
)
from services.errors import Conflict, Invalid, NotFound
from services.quantities import Typed

# Why the program itself puts an order back; kept with the storekeeper's name, «blocked/Пётр».
BLOCKED = "keeper_blocked"
NO_KEEPER = "keeper_no_more"


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
    notifications.tell_rep(session, order, "order_claimed", unless=actor, keeper=actor.name)
    return order


def release(session: Session, order_id: int, actor: User, reason: str | None = None) -> Order:
    """Put an order in hand back into the queue: its storekeeper, or an administrator, who may say why.

    The storekeeper it is taken from hears of it, too. Raises Invalid for a reason that is empty or too long.
    """
    order = orders.get(session, order_id, actor)
    keeper = order.storekeeper
    reason = None if reason is None else orders.checked_reason(reason)
    if not actor.holds(Role.ADMIN):
        require_in_hand(session, order, actor)
    orders.move(
        session,
        order,
        actor,
        OrderEventKind.RELEASED,
        [OrderStatus.LOADING],
        OrderStatus.PLACED,
        why=reason,
        storekeeper_id=None,
        claimed_at=None,
        **orders.queued_now(session),
    )
    _forget_counts(order)
    notifications.redraw_cards(session, order)
    if keeper is not None and keeper.id != actor.id:
        before, after = {"storekeeper_id": keeper.id}, {"storekeeper_id": None, "reason": reason}
        audit.record(session, actor, "release", "order", order.id, before, after)
    _tell_released(session, order, keeper, actor, reason)
    return order


def _tell_released(
    session: Session, order: Order, keeper: User | None, actor: User, reason: str | None
) -> None:
    if reason is None:
        notifications.tell_rep(session, order, "order_released", unless=actor, keeper=actor.name)
        return
    words = {"keeper": actor.name, "reason": reason}
    notifications.tell_rep(session, order, "order_taken_back", unless=actor, **words)
    # Who is shut out hears nothing more.
    if keeper is not None and keeper.is_active and keeper.id not in (actor.id, order.sales_rep_id):
        notifications.tell(session, keeper, "order_taken_back", order_id=order.id, **words)


def in_hand(session: Session, keeper: User) -> list[Order]:
    """Return the orders a storekeeper has in hand, the oldest first."""
    query = select(Order).where(Order.storekeeper_id == keeper.id, Order.status == OrderStatus.LOADING)
    return list(session.scalars(query.order_by(Order.number, Order.id)))


def release_all(session: Session, keeper: User, actor: User, why: str | None = None) -> list[Order]:
    """Put everything a storekeeper has in hand back into the queue; return those orders.

    ``actor`` is the storekeeper who leaves, or the administrator who sends them away, who then says ``why``:
    BLOCKED or NO_KEEPER.
    """
    reason = None if why is None else f"{why}/{keeper.name}"
    given_back = in_hand(session, keeper)
    for order in given_back:
        release(session, order.id, actor, reason)
    return given_back


def reject(session: Session, order_id: int, actor: User, reason: str) -> Order:
    """Turn an order down from the warehouse; once in hand, only who has it may."""
    auth.require(actor, Role.STOREKEEPER)
    order = orders.get(session, order_id, actor)
    if order.status is OrderStatus.LOADING:
        require_in_hand(session, order, actor)
    orders.end(session, order, actor, OrderEventKind.REJECTED, list(orders.QUEUE), reason)
    _forget_counts(order)
    notifications.tell_rep(
        session, order, "order_rejected", unless=actor, keeper=actor.name, reason=order.reason
    )
    return order


def require_in_hand(session: Session, order: Order, actor: User) -> None:
    """Raise Conflict unless the order is in the actor's hands: what was loaded only they can say."""
    if order.status is not OrderStatus.LOADING or order.storekeeper_id != actor.id:
        raise orders.moved_on(session, order)


def most(session: Session, line: OrderLine) -> int:
    """Return the most that may be loaded of a line (thousandths): what was ordered, of weighed goods more."""
    if line.product.unit not in quantities.WEIGHED:
        return line.quantity
    return line.quantity * (100 + company.warehouse(session).tolerance_percent) // 100


def read_loaded(
    session: Session, order_id: int, line_id: int, actor: User, text: str, language: str = "ru"
) -> Typed:
    """Return the quantity typed for a line, 0 too; raises Invalid as :mod:`services.quantities` does.

    Invalid ``more_than_ordered`` (``most``, ``unit``) when it is more than may be loaded.
    """
    line = get_line(session, order_id, line_id, actor)
    unit = line.unit if line.unit in line.product.units else None
    typed = quantities.parse(text, line.product.units, unit, language, zero_is_meant=True)
    _check_most(session, line, typed.quantity)
    return typed


def set_loaded(
    session: Session, order_id: int, line_id: int, actor: User, quantity: int, reason: str | None = None
) -> Order:
    """Keep what was loaded of a line (thousandths of the base unit), with the reason when it is less.

    ``reason`` is a value of :class:`ShortageReason` or the storekeeper's own words. Raises Invalid
    ``reason_empty``, ``too_long`` or ``more_than_ordered``; Conflict when the order is in other hands.
    """
    line = get_line(session, order_id, line_id, actor)
    _check_most(session, line, quantity)
    line.shortage_reason = orders.checked_reason(reason or "") if quantity < line.quantity else None
    line.loaded_quantity = quantity
    session.flush()
    notifications.redraw_cards(session, line.order, only=actor)
    return line.order


def load_by_list(session: Session, order_id: int, actor: User) -> Order:
    """Everything is loaded as ordered: corrections made before are forgotten."""
    order = orders.get(session, order_id, actor)
    require_in_hand(session, order, actor)
    _forget_counts(order)
    session.flush()
    notifications.redraw_cards(session, order, only=actor)
    return order


def get_line(session: Session, order_id: int, line_id: int, actor: User) -> OrderLine:
    """Return a line of an order in the actor's hands; raises NotFound, or Conflict for other hands."""
    order = orders.get(session, order_id, actor)
    require_in_hand(session, order, actor)
    line = next((line for line in order.lines if line.id == line_id), None)
    if line is None:
        raise NotFound("order")
    return line


def seen(order: Order) -> str:
    """Return a short digest of what a storekeeper confirms: whose load it is, and what of each line."""
    counted = [(line.id, line.to_load) for line in order.lines]
    return hashlib.sha256(repr((order.storekeeper_id, order.claimed_at, counted)).encode()).hexdigest()[:12]


def is_nothing_loaded(order: Order) -> bool:
    """Tell whether the counts say that nothing at all of the order was loaded."""
    return not any(line.to_load for line in order.lines)


def confirm_load(session: Session, order_id: int, actor: User, confirmed: str | None = None) -> Order:
    """Close the load: goods leave the stock, the papers are made, the client and the rep hear of it.

    A line nobody corrected was loaded in full. ``confirmed`` is what :func:`seen` said when the storekeeper
    was asked; raises Conflict ``load_changed`` when it says something else by now, ``nothing_loaded`` when no
    line was loaded, and whatever :func:`orders.move` does when the order isn't in this storekeeper's hands.
    """
    auth.require(actor, Role.STOREKEEPER)
    order = orders.get(session, order_id, actor)
    require_in_hand(session, order, actor)
    if confirmed is not None and confirmed != seen(order):
        raise Conflict("load_changed")
    if is_nothing_loaded(order):
        raise Conflict("nothing_loaded")
    for line in order.lines:
        _check_most(session, line, line.to_load)
        line.loaded_quantity = line.to_load
    session.flush()
    orders.move(
        session,
        order,
        actor,
        OrderEventKind.LOADED,
        [OrderStatus.LOADING],
        OrderStatus.LOADED,
        loaded_at=now_of(session),
        loaded_amount=pricing.loaded_total(order),
    )
    stock.issue(session, order, actor)
    notifications.redraw_cards(session, order)
    notifications.tell_rep(session, order, "order_loaded")
    waybills.issue(session, order)
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
    notifications.tell_rep(session, order, "order_delivered", unless=actor)
    return order


def keep_signed_photo(session: Session, order_id: int, actor: User, photo_id: str) -> Order:
    """Keep the photo of the papers the customer signed; a later one takes the place of an earlier.

    Raises Conflict when the order has not been loaded.
    """
    order = orders.get(session, order_id, actor)
    if order.status not in orders.GONE:
        raise orders.moved_on(session, order)
    order.signed_photo_id = photo_id
    session.add(
        OrderEvent(order_id=order.id, kind=OrderEventKind.SIGNED, user_id=actor.id, at=now_of(session))
    )
    notifications.tell_rep(session, order, "order_signed", unless=actor)
    return order


def _check_most(session: Session, line: OrderLine, quantity: int) -> None:
    limit = most(session, line)
    if quantity > limit:
        raise Invalid("more_than_ordered", most=limit, unit=line.product.unit)


def _forget_counts(order: Order) -> None:
    """Whoever loads next begins anew."""
    for line in order.lines:
        line.loaded_quantity = line.shortage_reason = None
