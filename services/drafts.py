"""The draft in the rep's hands: filled, changed and thrown away; it holds no stock and no place."""

from __future__ import annotations

import hashlib
from datetime import date, time

from sqlalchemy import Select, select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from models import (
    BASE_FACTOR,
    Customer,
    Order,
    OrderEventKind,
    OrderLine,
    OrderStatus,
    Product,
    Role,
    User,
    now_of,
)
from services import auth, company, customers, geo, orders, pricing, quantities, schedule
from services.errors import Conflict, Invalid
from services.geo import Place
from services.quantities import Typed

MAX_LINES = 200
MAX_NOTE = 1000
MAX_ADDRESS = 300
# Written out: with a bound value SQLite would not use the index that holds open drafts only.
_is_draft = text("orders.status = 'draft'")


def open_for(session: Session, customer_id: int, actor: User) -> Order:
    """Return the rep's draft for this customer, a new one when there is none."""
    auth.require(actor, Role.SALES_REP)
    customer = customers.get(session, customer_id, actor)
    if customer.archived_at is not None:
        raise Conflict("customer_archived")
    draft = find_open(session, customer, actor)
    if draft is not None:
        return draft
    now = now_of(session)
    draft = Order(
        status=OrderStatus.DRAFT,
        sales_rep_id=actor.id,
        customer_id=customer.id,
        currency=company.get(session).currency,
        created_at=now,
        updated_at=now,
    )
    try:
        with session.begin_nested():
            session.add(draft)
    except IntegrityError:
        # Another process of the same rep was faster; there is one open draft, and this is it.
        return session.execute(_open_draft(customer, actor)).scalar_one()
    return draft


def find_open(session: Session, customer: Customer, actor: User) -> Order | None:
    """Return the rep's open draft for the customer, if there is one."""
    return session.execute(_open_draft(customer, actor)).scalar_one_or_none()


def all_open(session: Session, actor: User, limit: int = 10) -> list[Order]:
    """Return the rep's open drafts, the latest touched first."""
    query = select(Order).where(Order.sales_rep_id == actor.id, _is_draft)
    return list(session.execute(query.order_by(Order.updated_at.desc()).limit(limit)).scalars())


def get(session: Session, order_id: int, actor: User) -> Order:
    """Return the rep's own draft; raises NotFound, or Conflict when it was sent meanwhile."""
    order = orders.get(session, order_id, actor)
    if order.sales_rep_id != actor.id:
        raise orders.not_found()
    if order.status is not OrderStatus.DRAFT:
        raise orders.moved_on(session, order)
    return order


def set_quantity(session: Session, order: Order, product: Product, typed: Typed) -> OrderLine:
    """Put a product into the draft, or change how much of it; written at once.

    Raises as :func:`put` does.
    """
    line = put(session, order, product, typed)
    session.flush()
    return line


def put(session: Session, order: Order, product: Product, typed: Typed) -> OrderLine:
    """Put a product into the draft; many are written with one flush of the caller's.

    Raises Invalid ``more_than_available`` (available, unit), ``quantity_minimum`` (minimum, unit),
    ``quantity_multiple`` (multiple, unit), these three with the ``options`` that are possible instead, or
    ``too_many_lines``.
    """
    _check_against_product(product, typed)
    return put_wanted(session, order, product, typed)


def put_wanted(session: Session, order: Order, product: Product, typed: Typed) -> OrderLine:
    """Put a product into the draft whatever the stock is: what is short is said before it is placed.

    Raises Invalid ``too_many_lines``.
    """
    line = find_line(order, product.id)
    if line is None:
        if len(order.lines) >= MAX_LINES:
            raise Invalid("too_many_lines", limit=MAX_LINES)
        line = OrderLine(product=product, product_id=product.id)
        order.lines.append(line)
    line.quantity, line.unit, line.factor = typed.quantity, typed.unit, typed.factor
    line.price = pricing.prices_for(session, order.customer, [product])[product.id]
    touch(session, order)
    return line


def prices_digest(session: Session, order: Order) -> str:
    """Return a short digest of today's prices of the draft's lines: equal while none of them moves."""
    prices = pricing.prices_for(session, order.customer, (line.product for line in order.lines))
    return hashlib.sha256(repr(sorted(prices.items())).encode()).hexdigest()[:12]


def accept_prices(session: Session, order: Order) -> None:
    """The rep has seen today's prices and goes on with them."""
    prices = pricing.prices_for(session, order.customer, (line.product for line in order.lines))
    for line in order.lines:
        line.price = prices[line.product_id]
    touch(session, order)
    session.flush()


def remove_line(session: Session, order: Order, product_id: int) -> None:
    """Take a product out of the draft; one that isn't in it is out already."""
    line = find_line(order, product_id)
    if line is not None:
        order.lines.remove(line)
        touch(session, order)
        session.flush()


def take_available(session: Session, order: Order) -> None:
    """Lower every short line to what can be had now, and drop those of which nothing can."""
    for line in list(order.lines):
        if line.product.is_active and line.quantity <= line.product.available:
            continue
        within = quantities.possible(line.product)
        free = within.most if within and line.product.is_active else 0
        if not free:
            order.lines.remove(line)
        elif free % line.factor:
            line.quantity, line.unit, line.factor = free, line.product.unit, BASE_FACTOR
        else:
            line.quantity = free
    touch(session, order)
    session.flush()


def set_place(session: Session, order: Order, place: Place) -> None:
    """Deliver to ``place``; it is kept as an outlet of the customer. Raises Invalid ``too_far`` and kin."""
    metres = geo.distance_metres(
        company.warehouse(session), company.tariff(session), place.latitude, place.longitude
    )
    address = " ".join(place.address.split())[:MAX_ADDRESS]
    customers.add_outlet(session, order.customer, address, place.latitude, place.longitude)
    order.is_pickup = False
    order.address, order.latitude, order.longitude = address, place.latitude, place.longitude
    order.distance_metres, order.distance_is_road = metres, False
    touch(session, order)


def set_road_distance(session: Session, order: Order, place: tuple[float, float], metres: int) -> bool:
    """Pay by the road instead of the straight line; False when the order goes somewhere else by now."""
    if order.is_pickup or (order.latitude, order.longitude) != place:
        return False
    if metres > company.tariff(session).radius_km * 1000:
        return False
    order.distance_metres, order.distance_is_road = metres, True
    touch(session, order)
    return True


def set_pickup(session: Session, order: Order) -> None:
    """The customer fetches the goods: no address, no fee."""
    order.is_pickup = True
    order.address = order.latitude = order.longitude = order.distance_metres = None
    touch(session, order)


def set_window(session: Session, order: Order, day: date, starts_at: time) -> None:
    """Deliver in this window; raises Invalid when the day is closed or the window full."""
    order.window = schedule.choose(session, day, starts_at)
    touch(session, order)


def set_note(session: Session, order: Order, note: str | None) -> None:
    """Keep a note for the warehouse; raises Invalid ``note_too_long``."""
    if note is not None and len(note) > MAX_NOTE:
        raise Invalid("note_too_long", limit=MAX_NOTE, length=len(note))
    order.note = note.strip() or None if note else None
    touch(session, order)


def discard(session: Session, order: Order, actor: User | None = None) -> None:
    """Throw the draft away; one that was at the warehouse before stays in the books, as cancelled.

    It is its rep who does so unless ``actor`` says who else.
    """
    if order.number is None:
        session.delete(order)
        session.flush()
        return
    # The stock ledger tells of its reservation and release, and what it tells is never deleted.
    cancelled, draft = OrderStatus.CANCELLED, [OrderStatus.DRAFT]
    orders.move(session, order, actor or order.sales_rep, OrderEventKind.CANCELLED, draft, cancelled)


def missing(order: Order) -> list[str]:
    """Return which parts a draft still needs before it can be placed."""
    parts = []
    if not order.lines:
        parts.append("lines")
    if not order.is_pickup and order.address is None:
        parts.append("address")
    if order.window_id is None and order.window is None:
        parts.append("window")
    return parts


def find_line(order: Order, product_id: int) -> OrderLine | None:
    """Return the order's line of a product, if it has one."""
    return next((line for line in order.lines if line.product_id == product_id), None)


def touch(session: Session, order: Order) -> None:
    """The draft was worked on."""
    order.updated_at = now_of(session)
    order.reminded_at = None


def _open_draft(customer: Customer, actor: User) -> Select[Order]:
    return select(Order).where(
        Order.sales_rep_id == actor.id,
        Order.customer_id == customer.id,
        _is_draft,
    )


def _check_against_product(product: Product, typed: Typed) -> None:
    quantities.check(typed.quantity, product.units)
    within = quantities.possible(product)
    hints = {"unit": product.unit, "options": within.near(typed.quantity)}
    if product.minimum and typed.quantity < product.minimum:
        raise Invalid("quantity_minimum", minimum=product.minimum, **hints)
    if product.multiple and typed.quantity % product.multiple:
        raise Invalid("quantity_multiple", multiple=product.multiple, **hints)
    if typed.quantity > product.available:
        raise Invalid("more_than_available", available=product.available, **hints)
