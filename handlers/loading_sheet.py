"""The loading sheet: choose a day, then a window or a vehicle; read it here or take it as a PDF."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from itertools import groupby

from handlers import menu
from handlers.addresses import ChooseVehicle, LoadingSheet, SheetDays, Vehicles
from handlers.callbacks import Data
from handlers.context import Context
from handlers.routing import Router
from handlers.screen import Button, Rows, Screen, View
from handlers.screens import order_text
from handlers.texts import N_, Html, escaped
from services import loading_sheet, outbox, quantities, vehicles
from services.loading_sheet import Sheet, SheetLine, SheetOrder
from services.vehicles import WAREHOUSE
from services.weights import Weight

# So many of each leave room for everything else in 4,096 characters; more are read on paper.
PRODUCTS_HERE = 15
ORDERS_HERE = 15


@dataclass(frozen=True)
class SheetDay(Data, code="sw"):
    """A day: its windows and vehicles."""

    day: date


@dataclass(frozen=True)
class SheetPdf(Data, code="sp"):
    """Send the sheet's PDF here."""

    day: date
    window_id: int = 0
    vehicle_id: int = 0


def register(router: Router) -> None:
    """Register the sheet's screens."""
    router.menu_entry((3, 0), N_(":page_facing_up: Loading sheet"), SheetDays(), *WAREHOUSE)
    router.command("sheet", N_("loading sheet"), lambda ctx, _: days(ctx, SheetDays()), *WAREHOUSE)
    router.button(SheetDays, days, *WAREHOUSE)
    router.button(SheetDay, day_parts, *WAREHOUSE)
    router.button(LoadingSheet, sheet, *WAREHOUSE)
    router.button(SheetPdf, pdf, *WAREHOUSE)


def days(ctx: Context, data: SheetDays) -> Screen:
    """Show the days on which orders leave."""
    t = ctx.t
    page = loading_sheet.days(ctx.session, ctx.user, data.page)
    rows: Rows = [
        [Button(f"{ctx.view.day(one.day)} · {_orders(ctx.view, one.orders)}", SheetDay(one.day))]
        for one in page.items
    ]
    turning = []
    if page.has_earlier:
        turning.append(Button("◀", SheetDays(page.number - 1)))
    if page.has_later:
        turning.append(Button("▶", SheetDays(page.number + 1)))
    rows += [turning, [Button(t.plain(":truck: Vehicles"), Vehicles())], menu.back(ctx)]
    text = (
        t("Loading sheet for which day?") if page.items else t("There are no orders to load from today on.")
    )
    return Screen(text, rows, SheetDays(page.number))


def day_parts(ctx: Context, data: SheetDay) -> Screen:
    """Show a day's windows and the vehicles that have orders."""
    t = ctx.t
    windows = loading_sheet.windows(ctx.session, data.day, ctx.user)
    total = sum(window.orders for window in windows)
    rows: Rows = []
    if windows:
        label = t.plain("The whole day · {orders}", orders=_orders(ctx.view, total))
        rows.append([Button(label, LoadingSheet(data.day))])
    rows += [
        [
            Button(
                f"{window.starts_at:%H:%M}–{window.ends_at:%H:%M} · {_orders(ctx.view, window.orders)}",
                LoadingSheet(data.day, window.window_id),
            )
        ]
        for window in windows
    ]
    rows += [
        [
            Button(
                t.plain(":truck: {plate} · {orders}", plate=one.plate, orders=_orders(ctx.view, one.orders)),
                LoadingSheet(data.day, 0, one.vehicle_id),
            )
        ]
        for one in loading_sheet.trucks(ctx.session, data.day, ctx.user)
    ]
    rows.append([Button(t.plain(":leftwards_arrow_with_hook: Back"), SheetDays())])
    text = t("{day}: which window or vehicle?", day=ctx.view.day(data.day))
    return Screen(text if windows else _nothing(ctx.view, data.day), rows, data)


def sheet(ctx: Context, data: LoadingSheet) -> Screen:
    """Show what fits of the sheet, and the ways on."""
    t = ctx.t
    gathered = _gather(ctx, data)
    rows: Rows = []
    if gathered.orders:
        rows.append(
            [Button(t.plain(":page_facing_up: PDF"), SheetPdf(data.day, data.window_id, data.vehicle_id))]
        )
        rows.append([Button(t.plain(":truck: Vehicle"), ChooseVehicle(data.day, data.window_id))])
    rows.append([Button(t.plain(":leftwards_arrow_with_hook: Back"), SheetDay(data.day)), *menu.back(ctx)])
    return Screen(sheet_text(ctx.view, gathered), rows, data)


def pdf(ctx: Context, data: SheetPdf) -> None:
    """Have the PDF drawn and sent by a worker."""
    vehicle_id, window_id = data.vehicle_id or None, data.window_id or None
    if vehicle_id is not None:
        vehicles.get(ctx.session, vehicle_id, ctx.user)
    if window_id is not None:
        loading_sheet.window(ctx.session, data.day, window_id)
    wanted = {
        "day": data.day.isoformat(),
        "language": ctx.view.language,
        "window_id": window_id,
        "vehicle_id": vehicle_id,
    }
    outbox.send_file(ctx.session, ctx.user, "sendDocument", "sheet", wanted)
    ctx.toast = ctx.t.plain("The loading sheet is on its way.")


def _gather(ctx: Context, data: LoadingSheet) -> Sheet:
    return loading_sheet.gather(
        ctx.session, data.day, ctx.user, data.window_id or None, data.vehicle_id or None
    )


def sheet_text(view: View, gathered: Sheet) -> Html:
    """Return the sheet as it fits a message: the sums by product, the orders by window."""
    if not gathered.orders:
        return _nothing(view, gathered.day)
    head = [view.t("<b>Loading sheet</b> · {when}", when=_when(view, gathered)), *_truck(view, gathered)]
    head.append(_summary(view, len(gathered.orders), gathered.weight))
    if gathered.left_out:
        head.append(
            view.t(
                ":warning: {n} more do not fit on one sheet: choose one window or vehicle.",
                n=gathered.left_out,
            )
        )
    return order_text.paragraphs(head, _products(view, gathered), *_windows(view, gathered))


def overload(view: View, weight: Weight, capacity_grams: int) -> Html:
    """Return «⚠️ Перегруз: 1 650 кг из 1 500 кг»."""
    return view.t(
        ":warning: Overload: {weight} of {capacity}",
        weight=order_text.weight(view, weight),
        capacity=order_text.weight(view, Weight(capacity_grams)),
    )


def _nothing(view: View, day: date) -> Html:
    return view.t("{day}: nothing to load.", day=view.day(day))


def _when(view: View, gathered: Sheet) -> str:
    day = view.day(gathered.day)
    return f"{day}, {gathered.span}" if gathered.span is not None else day


def _truck(view: View, gathered: Sheet) -> list[str]:
    truck = gathered.truck
    if truck is None:
        return []
    named = view.t(":truck: {vehicle}", vehicle=order_text.vehicle(truck))
    return [named, overload(view, gathered.weight, truck.capacity_grams)] if gathered.is_over else [named]


def _summary(view: View, orders: int, weight: Weight) -> Html:
    return view.t("{orders}, {weight}", orders=_orders(view, orders), weight=order_text.weight(view, weight))


def _orders(view: View, number: int) -> Html:
    return view.t.many("{n} order", "{n} orders", number)


def _products(view: View, gathered: Sheet) -> list[str]:
    if len(gathered.products) > PRODUCTS_HERE:
        many = len(gathered.products)
        return [
            view.t.many("{n} product: the list is in the PDF", "{n} products: the list is in the PDF", many)
        ]
    return [_product(view, line) for line in gathered.products]


def _product(view: View, line: SheetLine) -> Html:
    return view.t(
        "• {name} — <b>{quantity}</b>",
        name=order_text.short_name(line.name),
        quantity=quantities.packed(line.quantity, line.units, view.language),
    )


def _windows(view: View, gathered: Sheet) -> list[list[str]]:
    """Return each window with its sums, and the orders in it unless there are too many."""
    groups = []
    for span, group in groupby(gathered.orders, key=lambda order: order.span):
        own = list(group)
        weight = sum((order.weight for order in own), Weight())
        rows = [Html(f"<b>{span}</b> · {_summary(view, len(own), weight)}")]
        if len(gathered.orders) <= ORDERS_HERE:
            rows += [_order(view, order) for order in own]
        groups.append([str(row) for row in rows])
    return groups


def _order(view: View, order: SheetOrder) -> Html:
    facts = [f"№{order.number}", order_text.short_name(order.customer), order_text.weight(view, order.weight)]
    if order.plate is not None:
        facts.append(view.t(":truck: {vehicle}", vehicle=order.plate))
    return Html(" · ".join(escaped(fact) for fact in facts))
