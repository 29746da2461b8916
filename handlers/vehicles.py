"""The vehicles: list, card, every field with its check, out of use."""

from __future__ import annotations

from dataclasses import dataclass

from handlers import conversation as conversations
from handlers import keyboards, menu
from handlers.addresses import SheetDays, Vehicles
from handlers.callbacks import Data
from handlers.context import Context
from handlers.routing import Router
from handlers.screen import Button, Rows, Screen
from handlers.screens import order_text
from handlers.texts import N_, stack
from services import formats, vehicles
from services.errors import NotFound
from services.vehicles import OPTIONAL, WAREHOUSE

FIELDS = {
    "plate": N_("Number plate"),
    "capacity_kg": N_("Capacity, kg"),
    "driver": N_("Driver"),
    "phone": N_("Driver's phone"),
}
ASK_PLATE = N_("Number plate of the new vehicle? Example: А123ВС77.")
ASK_CAPACITY = N_("{plate}: how many kilograms may it carry? Example: 1500.")


@dataclass(frozen=True)
class VehicleCard(Data, code="vk"):
    """One vehicle."""

    vehicle_id: int


@dataclass(frozen=True)
class EditVehicle(Data, code="ve"):
    """One field of a vehicle: the new value is typed."""

    vehicle_id: int
    field: str


@dataclass(frozen=True)
class EmptyVehicle(Data, code="vx"):
    """Empty a field that need not be filled."""

    vehicle_id: int
    field: str


@dataclass(frozen=True)
class ArchiveVehicle(Data, code="vr"):
    """Take a vehicle out of use."""

    vehicle_id: int


@dataclass(frozen=True)
class NewVehicle(Data, code="vn"):
    """New vehicle: the plate is typed."""


@dataclass(frozen=True)
class NewCapacity(Data, code="vm"):
    """New vehicle: what it may carry is typed."""


def register(router: Router) -> None:
    """Register the vehicles' screens."""
    router.button(Vehicles, listed, *WAREHOUSE)
    router.button(VehicleCard, card, *WAREHOUSE)
    router.button(EditVehicle, ask, *WAREHOUSE)
    router.typed(EditVehicle, "text", take)
    router.button(EmptyVehicle, empty, *WAREHOUSE)
    router.button(ArchiveVehicle, archive, *WAREHOUSE)
    router.button(NewVehicle, ask_plate, *WAREHOUSE)
    router.typed(NewVehicle, "text", take_plate)
    router.button(NewCapacity, ask_capacity, *WAREHOUSE)
    router.typed(NewCapacity, "text", take_capacity)


def listed(ctx: Context, data: Vehicles) -> Screen:
    """List the vehicles in use."""
    t = ctx.t
    page = vehicles.find(ctx.session, ctx.user, data.page)
    rows: Rows = [
        [Button(t.plain(":truck: {vehicle}", vehicle=order_text.vehicle(one)), VehicleCard(one.id))]
        for one in page.items
    ]
    rows += keyboards.pager(t, page, Vehicles)
    rows.append([Button(t.plain(":heavy_plus_sign: Vehicle"), NewVehicle())])
    rows.append([Button(t.plain(":page_facing_up: Loading sheet"), SheetDays()), *menu.back(ctx)])
    text = t("Vehicles:") if page.items else t("There are no vehicles yet.")
    return Screen(text, rows, Vehicles(page.number))


def card(ctx: Context, data: VehicleCard) -> Screen:
    """Show a vehicle with every field."""
    vehicle = vehicles.get_in_use(ctx.session, data.vehicle_id, ctx.user)
    t = ctx.t
    facts = [
        t("{field}: <b>{value}</b>", field=t.plain(label), value=_value(ctx, getattr(vehicle, field)))
        for field, label in FIELDS.items()
    ]
    edits = [
        Button(t.plain(":pencil2: {field}", field=t.plain(label)), EditVehicle(vehicle.id, field))
        for field, label in FIELDS.items()
    ]
    rows = [
        *keyboards.in_rows(edits),
        [Button(t.plain(":wastebasket: Out of use"), ArchiveVehicle(vehicle.id))],
        [Button(t.plain(":leftwards_arrow_with_hook: Back"), Vehicles()), *menu.back(ctx)],
    ]
    return Screen(stack(*facts), rows, data)


def ask(ctx: Context, data: EditVehicle) -> Screen:
    """Ask for the new value, showing the present one."""
    vehicle = vehicles.get_in_use(ctx.session, data.vehicle_id, ctx.user)
    if data.field not in FIELDS:
        raise NotFound("requisite")
    t = ctx.t
    present = getattr(vehicle, data.field)
    text = t(
        "{field}, now: {value}\nType the new value.",
        field=t.plain(FIELDS[data.field]),
        value=_value(ctx, present),
    )
    rows: Rows = []
    if data.field in OPTIONAL and present is not None:
        rows.append([Button(t.plain(":wastebasket: Leave empty"), EmptyVehicle(vehicle.id, data.field))])
    rows.append([Button(t.plain(":leftwards_arrow_with_hook: Back"), VehicleCard(vehicle.id))])
    return Screen(text, rows, data)


def take(ctx: Context, data: EditVehicle, text: str) -> Screen:
    """Check and keep the value."""
    vehicles.change(ctx.session, data.vehicle_id, data.field, text, ctx.user)
    return card(ctx, VehicleCard(data.vehicle_id))


def empty(ctx: Context, data: EmptyVehicle) -> Screen:
    """Empty the field."""
    vehicles.change(ctx.session, data.vehicle_id, data.field, None, ctx.user)
    return card(ctx, VehicleCard(data.vehicle_id))


def archive(ctx: Context, data: ArchiveVehicle) -> Screen:
    """Take the vehicle out of use."""
    vehicle = vehicles.archive(ctx.session, data.vehicle_id, ctx.user)
    said = ctx.t("{plate} is out of use; adding the plate again brings it back.", plate=vehicle.plate)
    return listed(ctx, Vehicles()).under(said)


def ask_plate(ctx: Context, data: NewVehicle) -> Screen:
    """Ask for the plate."""
    return Screen(ctx.t(ASK_PLATE), [_back_to_list(ctx)], data)


def take_plate(ctx: Context, _data: NewVehicle, text: str) -> Screen:
    """Check the plate, then ask what the vehicle may carry."""
    plate = vehicles.check_plate(text)
    vehicles.require_free(ctx.session, plate)
    conversations.remember(ctx.conversation, plate=plate)
    return ask_capacity(ctx, NewCapacity())


def ask_capacity(ctx: Context, data: NewCapacity) -> Screen:
    """Ask what the vehicle may carry."""
    plate = ctx.conversation.form.get("plate")
    if plate is None:
        return ask_plate(ctx, NewVehicle())
    return Screen(ctx.t(ASK_CAPACITY, plate=plate), [_back_to_list(ctx)], data)


def take_capacity(ctx: Context, _data: NewCapacity, text: str) -> Screen:
    """Enter the vehicle."""
    vehicle = vehicles.add(ctx.session, str(ctx.conversation.form.get("plate", "")), text, ctx.user)
    conversations.clear_form(ctx.conversation)
    return card(ctx, VehicleCard(vehicle.id))


def _back_to_list(ctx: Context) -> list[Button]:
    return [Button(ctx.t.plain(":leftwards_arrow_with_hook: Back"), Vehicles())]


def _value(ctx: Context, value: str | int | None) -> str:
    if isinstance(value, int):
        return formats.quantity(value * 1000, ctx.view.language)
    return value or "—"
