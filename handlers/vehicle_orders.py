"""Which orders of a day or window leave in which vehicle: tapped one by one, or all that have none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from handlers import keyboards
from handlers.addresses import ChooseVehicle, LoadingSheet, Vehicles
from handlers.callbacks import Data
from handlers.context import Context
from handlers.loading_sheet import overload
from handlers.routing import Router
from handlers.screen import Button, Rows, Screen
from handlers.screens import order_text
from handlers.texts import stack
from models import Vehicle
from services import formats, loading_sheet, vehicles
from services.vehicles import WAREHOUSE, Cargo, Load
from services.weights import Weight

ORDERS_ON_A_PAGE = 8


@dataclass(frozen=True)
class VehicleOrders(Data, code="vo"):
    """The orders of a day or window, each to be put into a vehicle or taken out."""

    day: date
    window_id: int
    vehicle_id: int
    page: int = 0


@dataclass(frozen=True)
class PutOrder(Data, code="vp"):
    """Put an order into the vehicle, or take it out: a second tap on the button changes nothing more."""

    day: date
    window_id: int
    vehicle_id: int
    page: int
    order_id: int
    is_in: bool = True


@dataclass(frozen=True)
class PutAll(Data, code="va"):
    """Put every order into the vehicle that is in none yet."""

    day: date
    window_id: int
    vehicle_id: int
    page: int


def register(router: Router) -> None:
    """Register the choice of a vehicle and its orders."""
    router.button(ChooseVehicle, choose, *WAREHOUSE)
    router.button(VehicleOrders, orders, *WAREHOUSE)
    router.button(PutOrder, put, *WAREHOUSE)
    router.button(PutAll, put_all, *WAREHOUSE)


def choose(ctx: Context, data: ChooseVehicle) -> Screen:
    """Show the vehicles with what each has of this day or window."""
    t = ctx.t
    cargo = _cargo(ctx, data.day, data.window_id)
    page = vehicles.find(ctx.session, ctx.user, data.page)
    rows: Rows = [
        [
            Button(
                _vehicle_label(ctx, one, vehicles.load(one, cargo)),
                VehicleOrders(data.day, data.window_id, one.id),
            )
        ]
        for one in page.items
    ]
    rows += keyboards.pager(t, page, lambda to: ChooseVehicle(data.day, data.window_id, to))
    rows.append([Button(t.plain(":truck: Vehicles"), Vehicles())])
    rows.append([Button(t.plain(":leftwards_arrow_with_hook: Back"), LoadingSheet(data.day, data.window_id))])
    question = t("Which vehicle?") if page.items else t("There are no vehicles yet.")
    text = stack(_when(ctx, data.day, data.window_id), question)
    return Screen(text, rows, ChooseVehicle(data.day, data.window_id, page.number))


def orders(ctx: Context, data: VehicleOrders) -> Screen:
    """Show the orders, those in the vehicle ticked, and how heavy they are."""
    t = ctx.t
    vehicle = vehicles.get_in_use(ctx.session, data.vehicle_id, ctx.user)
    cargo = _cargo(ctx, data.day, data.window_id)
    page = order_text.line_page(cargo, data.page, ORDERS_ON_A_PAGE)
    here = VehicleOrders(data.day, data.window_id, vehicle.id, page.number)
    rows: Rows = [[_order_button(ctx, one, here)] for _, one in page.items]
    rows += keyboards.pager(t, page, lambda to: VehicleOrders(data.day, data.window_id, vehicle.id, to))
    if any(one.vehicle_id is None for one in cargo):
        label = t.plain("All orders of the window") if data.window_id else t.plain("All orders of the day")
        rows.append([Button(label, PutAll(data.day, data.window_id, vehicle.id, page.number))])
    rows.append(
        [
            Button(t.plain(":leftwards_arrow_with_hook: Back"), ChooseVehicle(data.day, data.window_id)),
            Button(t.plain(":page_facing_up: Loading sheet"), LoadingSheet(data.day, 0, vehicle.id)),
        ]
    )
    text = order_text.paragraphs(
        [
            t(":truck: {vehicle}", vehicle=order_text.vehicle(vehicle)),
            _when(ctx, data.day, data.window_id),
            _load_line(ctx, vehicles.load(vehicle, cargo)),
        ],
        t("Tap an order to put it in or take it out.") if cargo else t("Nothing waits to be loaded."),
    )
    return Screen(text, rows, here)


def put(ctx: Context, data: PutOrder) -> Screen:
    """Put the order in, or take it out, as the button said."""
    vehicle = vehicles.get_in_use(ctx.session, data.vehicle_id, ctx.user)
    vehicles.assign(ctx.session, [data.order_id], vehicle if data.is_in else None, ctx.user)
    return orders(ctx, VehicleOrders(data.day, data.window_id, data.vehicle_id, data.page))


def put_all(ctx: Context, data: PutAll) -> Screen:
    """Put the orders in that are in no vehicle; another vehicle's are left where they are."""
    vehicle = vehicles.get_in_use(ctx.session, data.vehicle_id, ctx.user)
    free = [one.order_id for one in _cargo(ctx, data.day, data.window_id) if one.vehicle_id is None]
    done = vehicles.assign(ctx.session, free, vehicle, ctx.user)
    ctx.toast = ctx.t.many("{n} order put in", "{n} orders put in", done)
    return orders(ctx, VehicleOrders(data.day, data.window_id, data.vehicle_id, data.page))


def _cargo(ctx: Context, day: date, window_id: int) -> Sequence[Cargo]:
    return vehicles.cargo(ctx.session, day, ctx.user, window_id or None)


def _when(ctx: Context, day: date, window_id: int) -> str:
    if not window_id:
        return ctx.view.day(day)
    window = loading_sheet.window(ctx.session, day, window_id)
    return f"{ctx.view.day(day)}, {window.starts_at:%H:%M}–{window.ends_at:%H:%M}"


def _order_button(ctx: Context, one: Cargo, here: VehicleOrders) -> Button:
    weight = order_text.weight(ctx.view, one.weight)
    order = f"№{one.number} · {weight} · {one.customer}"
    if one.vehicle_id == here.vehicle_id:
        label = ctx.t.plain(":white_check_mark: {order}", order=order)
    elif one.plate is None:
        label = ctx.t.plain(":white_small_square: {order}", order=order)
    else:
        label = ctx.t.plain(":truck: {plate} · {order}", plate=one.plate, order=order)
    where = (here.day, here.window_id, here.vehicle_id, here.page, one.order_id)
    return Button(label, PutOrder(*where, is_in=one.vehicle_id != here.vehicle_id))


def _load_line(ctx: Context, load: Load) -> str:
    if load.is_over:
        return overload(ctx.view, load.weight, load.capacity_grams)
    return ctx.t(
        "{orders}: {weight} of {capacity}",
        orders=ctx.t.many("{n} order", "{n} orders", load.orders),
        weight=order_text.weight(ctx.view, load.weight),
        capacity=order_text.weight(ctx.view, Weight(load.capacity_grams)),
    )


def _vehicle_label(ctx: Context, vehicle: Vehicle, load: Load) -> str:
    words = {
        "plate": vehicle.plate,
        "weight": formats.quantity(load.weight.grams, ctx.view.language),
        "capacity": formats.quantity(load.capacity_grams, ctx.view.language),
    }
    if load.is_over:
        return ctx.t.plain(":warning: {plate} · {weight} of {capacity} kg", **words)
    return ctx.t.plain(":truck: {plate} · {weight} of {capacity} kg", **words)
