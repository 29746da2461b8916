"""What an order lacks after a short load: dropped, or brought later by a draft of its own."""

from __future__ import annotations

from sqlalchemy.orm import Session

from models import BASE_FACTOR, Order, OrderLine, Role, User
from services import drafts, notifications, orders
from services.errors import Conflict, Invalid
from services.quantities import Typed


def is_open(order: Order) -> bool:
    """Tell whether something was not loaded and nobody has made a draft of it yet."""
    return order.status in orders.GONE and bool(order.short_lines) and _made(order) is None


def draft_remainder(session: Session, order_id: int, actor: User) -> Order:
    """Put what was not loaded into the rep's draft for the customer; return that draft.

    The draft goes where the order went, at today's prices. What the draft has of a product already is added
    to. A second press finds the draft made by the first. Raises Conflict ``nothing_missing``, or
    ``no_rep`` (name) when nobody looks after the customer.
    """
    order = orders.get(session, order_id, actor)
    if order.sales_rep_id != actor.id and not actor.roles & {Role.STOREKEEPER, Role.ADMIN}:
        raise orders.not_found()
    made = _made(order)
    if made is not None:
        return made
    if not is_open(order):
        raise Conflict("nothing_missing")
    # The customer may have been handed over since; whoever looks after it now goes on with the rest.
    rep = session.get(User, order.customer.sales_rep_id) if order.customer.sales_rep_id else None
    if rep is None or not rep.holds(Role.SALES_REP):
        raise Conflict("no_rep", name=order.customer.name)
    draft = drafts.open_for(session, order.customer_id, rep)
    is_new = not draft.lines
    added = [_add(session, draft, line) for line in order.short_lines if line.product.is_active]
    if not any(added):
        raise Conflict("nothing_missing")
    if is_new and not draft.address:
        draft.is_pickup, draft.address = order.is_pickup, order.address
        draft.latitude, draft.longitude = order.latitude, order.longitude
        draft.distance_metres, draft.distance_is_road = order.distance_metres, order.distance_is_road
    order.remainder = draft
    notifications.tell_rep(
        session, draft, "remainder_drafted", unless=actor, source=order.number, by=actor.name
    )
    return draft


def _made(order: Order) -> Order | None:
    """Return the draft made of the rest, or what became of it; None when that was called off."""
    made = order.remainder
    return None if made is None or made.status in orders.CALLED_OFF else made


def _add(session: Session, draft: Order, short: OrderLine) -> bool:
    """Add a line's missing quantity to the draft, in the line's unit where that is a whole number of it."""
    before = drafts.find_line(draft, short.product_id)
    quantity = short.quantity - short.to_load + (before.quantity if before else 0)
    in_unit = short.product.units.get(short.unit) == short.factor and quantity % short.factor == 0
    unit, factor = (short.unit, short.factor) if in_unit else (short.product.unit, BASE_FACTOR)
    try:
        drafts.put_wanted(session, draft, short.product, Typed((quantity, unit, factor)))
    except Invalid:
        return False
    return True
