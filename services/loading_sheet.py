"""The loading sheet: what leaves on a day, in a window or a vehicle, by product and by order."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, time, timedelta

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session, contains_eager, joinedload, selectinload

from models import DeliveryWindow, Order, OrderLine, OrderStatus, Outlet, Product, User, Vehicle
from services import auth, company, vehicles, weights
from services.errors import Invalid
from services.vehicles import ON_THE_WAY_OUT, WAREHOUSE
from services.weights import Weight

MAX_ORDERS = 200
LOOK_BACK = timedelta(days=14)
DAYS_ON_A_PAGE = 8

_FILE_NAMES = {"ru": "Лист_загрузки_{day}.pdf", "en": "Loading_sheet_{day}.pdf"}


@dataclass(frozen=True, slots=True)
class DayCount:
    """A day and how many orders leave on it."""

    day: date
    orders: int


@dataclass(frozen=True, slots=True)
class Days:
    """A page of days; page 0 begins today, the pages before it have negative numbers."""

    items: tuple[DayCount, ...]
    number: int
    has_earlier: bool
    has_later: bool


@dataclass(frozen=True, slots=True)
class WindowCount:
    """A window of a day and how many orders leave in it."""

    window_id: int
    starts_at: time
    ends_at: time
    orders: int


@dataclass(frozen=True, slots=True)
class VehicleCount:
    """A vehicle and how many orders of a day are in it."""

    vehicle_id: int
    plate: str
    orders: int


@dataclass(frozen=True, slots=True)
class SheetLine:
    """A product and how much of it leaves, in thousandths of its base unit, the first of ``units``."""

    sku: str
    name: str
    units: Mapping[str, int]
    quantity: int
    weight: Weight

    @property
    def unit(self) -> str:
        """The base unit."""
        return next(iter(self.units))


@dataclass(frozen=True, slots=True)
class Span:
    """From when to when, on the company's clock."""

    starts_at: time
    ends_at: time

    def __str__(self) -> str:
        """Return «09:00–11:00»."""
        return f"{self.starts_at:%H:%M}–{self.ends_at:%H:%M}"


@dataclass(frozen=True, slots=True)
class Truck:
    """The vehicle a sheet is for, or an order's."""

    plate: str
    capacity_grams: int
    driver: str | None
    phone: str | None


@dataclass(frozen=True, slots=True)
class SheetOrder:
    """An order on the sheet; without an address it is picked up."""

    number: int
    customer: str
    span: Span
    address: str | None
    contact: str | None
    phone: str | None
    notes: tuple[str, ...]
    plate: str | None
    is_loaded: bool
    lines: tuple[SheetLine, ...]
    weight: Weight


@dataclass(frozen=True, slots=True)
class Sheet:
    """All that leaves on a day, or in one window or vehicle of it.

    ``left_out`` orders are on no sheet of this choice: more than MAX_ORDERS do not fit.
    """

    warehouse: str
    day: date
    span: Span | None
    truck: Truck | None
    products: tuple[SheetLine, ...]
    orders: tuple[SheetOrder, ...]
    weight: Weight
    left_out: int = 0

    @property
    def is_over(self) -> bool:
        """Tell whether the vehicle certainly has too much."""
        return self.truck is not None and self.weight.grams > self.truck.capacity_grams


def file_name(day: date, language: str) -> str:
    """Return «Лист_загрузки_2026-11-23.pdf»."""
    return _FILE_NAMES[language].format(day=day.isoformat())


def days(session: Session, actor: User, number: int = 0) -> Days:
    """Return a page of the days on which orders leave; two weeks back is the furthest."""
    auth.require(actor, *WAREHOUSE)
    today = company.local_now(session).date()
    recent = select(DeliveryWindow.id).where(DeliveryWindow.delivery_on >= today - LOOK_BACK)
    # By the windows of these days, not by status: the history of loaded orders only grows.
    query = (
        select(DeliveryWindow.delivery_on, func.count())
        .join(Order, Order.window_id == DeliveryWindow.id)
        .where(Order.status.in_(ON_THE_WAY_OUT), Order.window_id.in_(recent))
        .group_by(DeliveryWindow.delivery_on)
        .order_by(DeliveryWindow.delivery_on)
    )
    found = [DayCount(day, orders) for day, orders in session.execute(query)]
    past = sum(one.day < today for one in found)
    first = -(-past // DAYS_ON_A_PAGE)
    last = max(0, (len(found) - past - 1) // DAYS_ON_A_PAGE)
    number = max(-first, min(number, last))
    start = past + number * DAYS_ON_A_PAGE
    shown = found[max(0, start) : start + DAYS_ON_A_PAGE]
    return Days(tuple(shown), number, has_earlier=number > -first, has_later=number < last)


def windows(session: Session, day: date, actor: User) -> list[WindowCount]:
    """Return the day's windows in which orders leave."""
    auth.require(actor, *WAREHOUSE)
    window = DeliveryWindow
    query = (
        select(window.id, window.starts_at, window.ends_at, func.count())
        .join(Order, Order.window_id == window.id)
        .where(window.delivery_on == day, Order.status.in_(ON_THE_WAY_OUT))
        .group_by(window.id, window.starts_at, window.ends_at)
        .order_by(window.starts_at)
    )
    return [WindowCount(*row) for row in session.execute(query)]


def trucks(session: Session, day: date, actor: User) -> list[VehicleCount]:
    """Return the vehicles that have orders on the day."""
    auth.require(actor, *WAREHOUSE)
    query = (
        select(Vehicle.id, Vehicle.plate, func.count())
        .join(Order, Order.vehicle_id == Vehicle.id)
        .join(DeliveryWindow, DeliveryWindow.id == Order.window_id)
        .where(DeliveryWindow.delivery_on == day, Order.status.in_(ON_THE_WAY_OUT))
        .group_by(Vehicle.id, Vehicle.plate)
        .order_by(Vehicle.plate)
    )
    return [VehicleCount(*row) for row in session.execute(query)]


def window(session: Session, day: date, window_id: int) -> DeliveryWindow:
    """Return a window of the day. Raises Invalid ``window_gone``."""
    found = session.get(DeliveryWindow, window_id)
    if found is None or found.delivery_on != day:
        raise Invalid("window_gone", day=day)
    return found


def gather(
    session: Session, day: date, actor: User, window_id: int | None = None, vehicle_id: int | None = None
) -> Sheet:
    """Return the sheet of a day, or of one window or vehicle of it, in a fixed number of queries.

    Raises Invalid ``window_gone``, NotFound ``vehicle``.
    """
    auth.require(actor, *WAREHOUSE)
    chosen = window(session, day, window_id) if window_id is not None else None
    vehicle = vehicles.get(session, vehicle_id, actor) if vehicle_id is not None else None
    query = _leaving(day, window_id, vehicle_id)
    found = session.scalars(_whole(query).limit(MAX_ORDERS)).unique().all()
    total = session.scalar(select(func.count()).select_from(query.order_by(None).subquery())) or 0
    outlets = _outlets(session, found)
    orders = tuple(_order(order, outlets.get((order.customer_id, order.address))) for order in found)
    return Sheet(
        warehouse=company.warehouse(session).name or "",
        day=day,
        span=Span(chosen.starts_at, chosen.ends_at) if chosen is not None else None,
        truck=_truck(vehicle) if vehicle is not None else None,
        products=_products(found),
        orders=orders,
        weight=sum((order.weight for order in orders), Weight()),
        left_out=total - len(found),
    )


def _leaving(day: date, window_id: int | None, vehicle_id: int | None) -> Select[Order]:
    query = (
        select(Order)
        .join(Order.window)
        .where(DeliveryWindow.delivery_on == day, Order.status.in_(ON_THE_WAY_OUT))
        .order_by(DeliveryWindow.starts_at, Order.id)
    )
    if window_id is not None:
        query = query.where(Order.window_id == window_id)
    return query if vehicle_id is None else query.where(Order.vehicle_id == vehicle_id)


def _whole(query: Select[Order]) -> Select[Order]:
    """Have the lines, their products and the packages come along: one query each, however many orders."""
    packages = selectinload(Order.lines).joinedload(OrderLine.product).selectinload(Product.packages)
    return query.options(contains_eager(Order.window), joinedload(Order.vehicle), packages)


def _outlets(session: Session, orders: Iterable[Order]) -> dict[tuple[int, str | None], Outlet]:
    """Return the customers' delivery points by customer and address: an order keeps the address only."""
    query = select(Outlet).where(
        Outlet.customer_id.in_({order.customer_id for order in orders}), Outlet.archived_at.is_(None)
    )
    return {(outlet.customer_id, outlet.address): outlet for outlet in session.scalars(query)}


def _order(order: Order, outlet: Outlet | None) -> SheetOrder:
    if order.window is None:
        raise ValueError(f"order {order.id} is at the warehouse without a window")
    lines = tuple(_line(line.product, line.to_load) for line in order.lines)
    point = None if order.is_pickup else outlet
    notes = (order.note, point.note if point is not None else None)
    return SheetOrder(
        number=order.number or 0,
        customer=order.customer.name,
        span=Span(order.window.starts_at, order.window.ends_at),
        address=None if order.is_pickup else order.address or "",
        contact=point.contact if point is not None else None,
        phone=(point.phone if point is not None else None) or order.customer.phone,
        notes=tuple(note for note in notes if note),
        plate=order.vehicle.plate if order.vehicle is not None else None,
        is_loaded=order.status is OrderStatus.LOADED,
        lines=lines,
        weight=sum((line.weight for line in lines), Weight()),
    )


def _line(product: Product, quantity: int) -> SheetLine:
    return SheetLine(product.sku, product.name, product.units, quantity, weights.of(product, quantity))


def _products(orders: Sequence[Order]) -> tuple[SheetLine, ...]:
    """Return what leaves of each product, by name."""
    quantities: dict[int, int] = {}
    products: dict[int, Product] = {}
    for line in (line for order in orders for line in order.lines):
        products[line.product_id] = line.product
        quantities[line.product_id] = quantities.get(line.product_id, 0) + line.to_load
    ordered = sorted(products.values(), key=lambda product: (product.name.casefold(), product.sku))
    return tuple(_line(product, quantities[product.id]) for product in ordered if quantities[product.id])


def _truck(vehicle: Vehicle) -> Truck:
    return Truck(vehicle.plate, vehicle.capacity_kg * 1000, vehicle.driver, vehicle.phone)
