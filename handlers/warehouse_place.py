"""Where goods leave from, found on the map as any other place is."""

from __future__ import annotations

from handlers import places
from handlers.addresses import SettingsGroup, WarehousePlace
from handlers.context import Context
from handlers.routing import Router
from handlers.screen import Button, Screen
from handlers.texts import Html, stack
from models import Role
from services import company, customers, settings_table
from services.errors import Invalid
from services.geo import Place

FOR_WAREHOUSE = "w"


def register(router: Router) -> None:
    """Register the warehouse's place."""
    router.button(WarehousePlace, ask, Role.ADMIN)
    places.serve(router, FOR_WAREHOUSE, ForWarehouse(), WarehousePlace, "subject_id")


class ForWarehouse:
    """A place looked for to keep it as the warehouse's."""

    def begin(self, ctx: Context, subject_id: int) -> Screen:
        """Return the screen on which the address is typed."""
        return ask(ctx, WarehousePlace())

    def describe(self, ctx: Context, subject_id: int, place: Place) -> Html:
        """Return the place and what moving there means."""
        _require(ctx)
        customers.check_coordinates(place.latitude, place.longitude)
        point = f"{place.latitude:.5f}, {place.longitude:.5f}"
        return ctx.t(
            ":round_pushpin: {address} ({point})\nDeliveries are measured from here, those of placed orders"
            " stay as they are.",
            address=place.address,
            point=point,
        )

    def take(self, ctx: Context, subject_id: int, place: Place) -> Screen:
        """Let goods leave from here; a mere point on the map is no address for papers."""
        _require(ctx)
        address = None if place.address == _point_name(ctx, place) else place.address
        settings_table.set_place(ctx.session, place.latitude, place.longitude, address, ctx.user)
        return ctx.open(SettingsGroup("warehouse")).under(ctx.t(":white_check_mark: The place is kept."))


def ask(ctx: Context, data: WarehousePlace) -> Screen:
    """Ask for the place, showing the present one."""
    _require(ctx)
    t, store = ctx.t, company.warehouse(ctx.session)
    point = "—"
    if store.latitude is not None and store.longitude is not None:
        point = f"{store.latitude:.5f}, {store.longitude:.5f}"
    text = stack(
        t("The warehouse is at {address} ({point}).", address=store.address or "—", point=point),
        "",
        t("Type the address or send a location. Example: Москва, Дубнинская улица, 83"),
    )
    back = Button(t.plain(":leftwards_arrow_with_hook: Back"), SettingsGroup("warehouse"))
    return Screen(text, [[back]], data)


def _point_name(ctx: Context, place: Place) -> str:
    point = f"{place.latitude:.5f}, {place.longitude:.5f}"
    return ctx.t.plain("Point on the map {point}", point=point)


def _require(ctx: Context) -> None:
    # Reps look for places, too: to them this purpose is one that does not exist.
    if not ctx.user.holds(Role.ADMIN):
        raise Invalid("address_empty")
