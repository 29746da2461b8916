"""Vehicles: entered, corrected, taken out of use; and which orders leave in which."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from models import (
    Customer,
    DeliveryWindow,
    Order,
    OrderLine,
    OrderStatus,
    Product,
    Role,
    User,
    Vehicle,
    now_of,
)
from services import audit, auth, customers, formats, notifications, orders, paging, requisites, weights
from services.errors import Conflict, Invalid, NotFound
from services.paging import Page
from services.weights import Weight

WAREHOUSE = (Role.STOREKEEPER, Role.ADMIN)
"""Who deals with vehicles and loading sheets."""
ON_THE_WAY_OUT = (OrderStatus.PLACED, OrderStatus.LOADING, OrderStatus.LOADED)
"""Orders that are to leave, or are about to: the ones a vehicle is chosen for."""
MAX_CAPACITY_KG = 50_000
CARDS_AT_ONCE = 20
"""A chat takes a burst of forty messages; more redrawn cards would hold up its next answer."""

_GRAMS_IN_A_KG = 1000
# ГОСТ Р 50577: the twelve letters that look alike in both alphabets, whichever they were typed in.
_CYRILLIC = str.maketrans("ABEKMHOPCTYX", "АВЕКМНОРСТУХ")
_LETTER = "[АВЕКМНОРСТУХ]"
# Car or lorry, bus or taxi, trailer, tractor; then two or three digits of the region.
_PLATE = re.compile(
    rf"(?:{_LETTER}(?!000)\d{{3}}{_LETTER}{{2}}|{_LETTER}{{2}}(?!000)\d{{3,4}}|(?!0000)\d{{4}}{_LETTER}{{2}})"
    r"(?!00)\d{2,3}",
    re.ASCII,
)
_BETWEEN = re.compile(r"[\s\-_./|]+|RUS$")
_KILOGRAMS = re.compile(r"(.*?)\s*(?:кг|kg)?\.?", re.IGNORECASE | re.DOTALL)


def check_plate(text: str) -> str:
    """Return a Russian number plate as «А123ВС77», Cyrillic whatever was typed. Raises ``plate_form``."""
    plate = _BETWEEN.sub("", formats.one_line(text).upper()).translate(_CYRILLIC)
    if not _PLATE.fullmatch(plate):
        raise Invalid("plate_form")
    return plate


def check_capacity(text: str) -> int:
    """Return whole kilograms, from 1. Raises ``capacity_form``, ``capacity_range`` (limit)."""
    match = _KILOGRAMS.fullmatch(text.strip())
    try:
        capacity = formats.parse_decimal(match[1] if match else text, 0)
    except Invalid:
        raise Invalid("capacity_form") from None
    if not 1 <= capacity <= MAX_CAPACITY_KG:
        raise Invalid("capacity_range", limit=MAX_CAPACITY_KG)
    return capacity


FIELDS: dict[str, Callable[[str], Any]] = {
    "plate": check_plate,
    "capacity_kg": check_capacity,
    "driver": requisites.check_name,
    "phone": customers.check_phone,
}
OPTIONAL = ("driver", "phone")


def find(session: Session, actor: User, page: int = 0) -> Page[Vehicle]:
    """Return a page of the vehicles in use, by plate."""
    auth.require(actor, *WAREHOUSE)
    query = select(Vehicle).where(Vehicle.archived_at.is_(None)).order_by(Vehicle.plate)
    return paging.fetch(session, query, page)


def get(session: Session, vehicle_id: int, actor: User) -> Vehicle:
    """Return a vehicle, be it out of use. Raises ``NotFound("vehicle")``."""
    auth.require(actor, *WAREHOUSE)
    vehicle = session.get(Vehicle, vehicle_id)
    if vehicle is None:
        raise NotFound("vehicle")
    return vehicle


def get_in_use(session: Session, vehicle_id: int, actor: User) -> Vehicle:
    """Return a vehicle that goods may leave in. Raises ``NotFound("vehicle")``."""
    vehicle = get(session, vehicle_id, actor)
    if vehicle.archived_at is not None:
        raise NotFound("vehicle")
    return vehicle


def require_free(session: Session, plate: str) -> None:
    """Raise Conflict ``vehicle_exists`` (plate) when a vehicle in use has the plate."""
    if session.scalar(select(Vehicle.id).where(Vehicle.plate == plate, Vehicle.archived_at.is_(None))):
        raise Conflict("vehicle_exists", plate=plate)


def add(session: Session, plate: str, capacity: str, actor: User) -> Vehicle:
    """Enter a vehicle from what was typed; one that was taken out of use comes back.

    Raises Invalid as the checks do, Conflict as :func:`require_free`.
    """
    auth.require(actor, *WAREHOUSE)
    plate, capacity_kg = check_plate(plate), check_capacity(capacity)
    require_free(session, plate)
    vehicle = session.scalar(select(Vehicle).where(Vehicle.plate == plate))
    if vehicle is None:
        vehicle = Vehicle(plate=plate, created_at=now_of(session))
        session.add(vehicle)
    vehicle.capacity_kg, vehicle.archived_at = capacity_kg, None
    session.flush()
    values = {"plate": plate, "capacity_kg": capacity_kg}
    audit.record(session, actor, "create", "vehicle", vehicle.id, None, values)
    return vehicle


def change(session: Session, vehicle_id: int, field: str, text: str | None, actor: User) -> Vehicle:
    """Set one field from what was typed, None empties it; a change leaves an audit row.

    Raises Invalid as the field's check does, NotFound for a field that is none or cannot be empty.
    """
    vehicle = get_in_use(session, vehicle_id, actor)
    if field not in FIELDS or (text is None and field not in OPTIONAL):
        raise NotFound("requisite")
    before = getattr(vehicle, field)
    after = FIELDS[field](text) if text is not None else None
    if after == before:
        return vehicle
    if field == "plate" and session.scalar(select(Vehicle.id).where(Vehicle.plate == after)):
        raise Conflict("vehicle_exists", plate=after)
    setattr(vehicle, field, after)
    session.flush()
    audit.record(session, actor, "update", "vehicle", vehicle.id, {field: before}, {field: after})
    return vehicle


def archive(session: Session, vehicle_id: int, actor: User) -> Vehicle:
    """Take a vehicle out of use; orders that have it keep it."""
    vehicle = get_in_use(session, vehicle_id, actor)
    vehicle.archived_at = now_of(session)
    audit.record(session, actor, "archive", "vehicle", vehicle.id)
    return vehicle


@dataclass(frozen=True, slots=True)
class Load:
    """What a vehicle is to carry, against what it can."""

    orders: int
    weight: Weight
    capacity_grams: int

    @property
    def is_over(self) -> bool:
        """Tell whether it is certainly too much."""
        return self.weight.grams > self.capacity_grams


@dataclass(frozen=True, slots=True)
class Cargo:
    """An order that is to leave: whose, how heavy, and in which vehicle, if that is known."""

    order_id: int
    number: int
    customer: str
    vehicle_id: int | None
    plate: str | None
    weight: Weight


def cargo(session: Session, day: date, actor: User, window_id: int | None = None) -> list[Cargo]:
    """Return the orders that are to leave on a day, or in one window of it, in the order of the windows."""
    auth.require(actor, *WAREHOUSE)
    facts = (Order.id, Order.number, Customer.name, Order.vehicle_id, Vehicle.plate)
    query = (
        select(*facts, *weights.sums())
        .join(Customer, Customer.id == Order.customer_id)
        .join(DeliveryWindow, DeliveryWindow.id == Order.window_id)
        .join(OrderLine, OrderLine.order_id == Order.id)
        .join(Product, Product.id == OrderLine.product_id)
        .outerjoin(Vehicle, Vehicle.id == Order.vehicle_id)
        .where(DeliveryWindow.delivery_on == day, Order.status.in_(ON_THE_WAY_OUT))
        .group_by(*facts, DeliveryWindow.starts_at)
        .order_by(DeliveryWindow.starts_at, Order.id)
    )
    if window_id is not None:
        query = query.where(Order.window_id == window_id)
    return [
        Cargo(order_id, number or 0, customer, vehicle_id, plate, Weight(int(grams), is_whole=not unknown))
        for order_id, number, customer, vehicle_id, plate, grams, unknown in session.execute(query)
    ]


def load(vehicle: Vehicle, cargo: Sequence[Cargo]) -> Load:
    """Return what a vehicle has of :func:`cargo`; too much is a warning to show, never a refusal."""
    own = [one.weight for one in cargo if one.vehicle_id == vehicle.id]
    return Load(len(own), sum(own, Weight()), vehicle.capacity_kg * _GRAMS_IN_A_KG)


def assign(session: Session, order_ids: Sequence[int], vehicle: Vehicle | None, actor: User) -> int:
    """Put orders into a vehicle, or into none; return how many changed. All of them, or none.

    Raises NotFound for an order that isn't there, a vehicle out of use; Conflict for an order that is not
    at the warehouse any more.
    """
    auth.require(actor, *WAREHOUSE)
    if vehicle is not None:
        get_in_use(session, vehicle.id, actor)
    vehicle_id = vehicle.id if vehicle is not None else None
    found = session.scalars(select(Order).where(Order.id.in_(order_ids))).all()
    standing = {order.id for order in found if order.status in ON_THE_WAY_OUT}
    for order_id in order_ids:
        if order_id not in standing:
            raise orders.moved_on(session, orders.get(session, order_id, actor))
    changed = [order for order in found if order.vehicle_id != vehicle_id]
    before = {str(order.id): order.vehicle_id for order in changed}
    _set_vehicle(session, changed, vehicle_id)
    if changed:
        audit.record(
            session, actor, "assign", "vehicle", vehicle_id, before, dict.fromkeys(before, vehicle_id)
        )
    for order in changed if len(changed) <= CARDS_AT_ONCE else ():
        notifications.redraw_cards(session, order)
    return len(changed)


def _set_vehicle(session: Session, changed: Sequence[Order], vehicle_id: int | None) -> None:
    """Compare and set: an order whose status moved on since it was read raises Conflict."""
    still = Order.id.in_([order.id for order in changed]), Order.status.in_(ON_THE_WAY_OUT)
    moved = session.scalars(update(Order).where(*still).values(vehicle_id=vehicle_id).returning(Order.id))
    taken = set(moved)
    for order in changed:
        session.expire(order, ["vehicle_id", "vehicle"])
        if order.id not in taken:
            session.refresh(order)
            raise orders.moved_on(session, order)
