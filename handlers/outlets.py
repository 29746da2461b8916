"""A customer's delivery points: list, card, every field, a new one found on the map."""

from __future__ import annotations

from dataclasses import dataclass

from handlers import conversation as conversations
from handlers import keyboards, places
from handlers.addresses import ClientCard
from handlers.callbacks import Data
from handlers.context import Context
from handlers.routing import Router
from handlers.screen import Button, Rows, Screen
from handlers.screens import order_text
from handlers.texts import N_, Html, stack
from models import Outlet, Role
from services import clientele, company, customers, outbox, pricing
from services.geo import Place

FOR_OUTLET = "k"
LIST = "outlets"
FIELDS = {"contact": N_("contact"), "phone": N_("phone"), "hours": N_("opening hours"), "note": N_("note")}


@dataclass(frozen=True)
class Outlets(Data, code="kt"):
    """A page of a customer's delivery points; a new address is typed here."""

    customer_id: int
    page: int = 0


@dataclass(frozen=True)
class OutletCard(Data, code="ko"):
    """One delivery point."""

    outlet_id: int


@dataclass(frozen=True)
class EditOutlet(Data, code="kf"):
    """One field of a delivery point: the new value is typed."""

    outlet_id: int
    field: str


@dataclass(frozen=True)
class ShowOnMap(Data, code="km"):
    """Send the point as a place on the map."""

    outlet_id: int


@dataclass(frozen=True)
class ArchiveOutlet(Data, code="kr"):
    """Take a delivery point out of use."""

    outlet_id: int


def register(router: Router) -> None:
    """Register the delivery points' screens."""
    roles = (Role.SALES_REP, Role.ADMIN)
    router.button(Outlets, outlets, *roles)
    router.button(OutletCard, card, *roles)
    router.button(EditOutlet, ask, *roles)
    router.typed(EditOutlet, "text", take)
    router.button(ShowOnMap, show_on_map, *roles)
    router.button(ArchiveOutlet, archive, *roles)
    places.serve(router, FOR_OUTLET, ForOutlet(), Outlets, "customer_id")


class ForOutlet:
    """A place looked for to keep it as a customer's delivery point."""

    def begin(self, ctx: Context, subject_id: int) -> Screen:
        """Return the list of the customer's points."""
        return outlets(ctx, Outlets(subject_id))

    def describe(self, ctx: Context, subject_id: int, place: Place) -> Html:
        """Return distance and fee by distance."""
        customers.get(ctx.session, subject_id, ctx.user)
        tariff = company.tariff(ctx.session)
        fee = pricing.delivery_fee(tariff, places.metres_to(ctx, place), 0, tariff.rate_per_km)
        return stack(places.fee_line(ctx, place, fee.amount), order_text.fee(ctx.view, fee))

    def take(self, ctx: Context, subject_id: int, place: Place) -> Screen:
        """Keep the point."""
        customer = customers.get(ctx.session, subject_id, ctx.user)
        outlet = customers.add_outlet(ctx.session, customer, place.address, place.latitude, place.longitude)
        return card(ctx, OutletCard(outlet.id))


def outlets(ctx: Context, data: Outlets) -> Screen:
    """List the points."""
    customer = customers.get(ctx.session, data.customer_id, ctx.user)
    t = ctx.t
    page = customers.outlets(ctx.session, customer.id, ctx.user, data.page)
    conversations.keep_list(ctx.conversation, LIST, Outlets(customer.id, page.number))
    rows: Rows = [
        [Button(t.plain(":round_pushpin: {address}", address=outlet.address), OutletCard(outlet.id))]
        for outlet in page.items
    ]
    rows += keyboards.pager(t, page, lambda to: Outlets(customer.id, to))
    rows.append([Button(t.plain(":leftwards_arrow_with_hook: Back"), ClientCard(customer.id))])
    text = t("Delivery points of {name}. Type an address or send a location to add one.", name=customer.name)
    return Screen(text, rows, Outlets(customer.id, page.number))


def card(ctx: Context, data: OutletCard) -> Screen:
    """Show a point."""
    outlet = customers.get_outlet(ctx.session, data.outlet_id, ctx.user)
    t = ctx.t
    facts: list[str] = [t(":round_pushpin: {address}", address=outlet.address)]
    facts += [
        t("{field}: {value}", field=t.plain(label), value=getattr(outlet, field))
        for field, label in FIELDS.items()
        if getattr(outlet, field)
    ]
    edits = [
        Button(t.plain(":pencil2: {field}", field=t.plain(label)), EditOutlet(outlet.id, field))
        for field, label in FIELDS.items()
    ]
    rows = [
        edits[:2],
        edits[2:],
        [Button(t.plain(":world_map: On the map"), ShowOnMap(outlet.id))],
        [Button(t.plain(":wastebasket: Out of use"), ArchiveOutlet(outlet.id))],
        [Button(t.plain(":leftwards_arrow_with_hook: Back"), _list_left(ctx, outlet))],
    ]
    return Screen(stack(*facts), rows, data)


def _list_left(ctx: Context, outlet: Outlet) -> Outlets:
    first = Outlets(outlet.customer_id)
    left = conversations.list_left(ctx.conversation, LIST, first)
    return left if left.customer_id == outlet.customer_id else first


def ask(ctx: Context, data: EditOutlet) -> Screen:
    """Ask for the new value, showing the present one."""
    outlet = customers.get_outlet(ctx.session, data.outlet_id, ctx.user)
    t = ctx.t
    label = FIELDS.get(data.field, data.field)
    value = getattr(outlet, data.field, None) if data.field in FIELDS else None
    text = t("{field}, now: {value}\nType the new value.", field=t.plain(label), value=value or "—")
    return Screen(text, [[Button(t.plain(":leftwards_arrow_with_hook: Back"), OutletCard(outlet.id))]], data)


def take(ctx: Context, data: EditOutlet, text: str) -> Screen:
    """Check and keep the value."""
    clientele.change_outlet(ctx.session, data.outlet_id, data.field, text, ctx.user)
    return card(ctx, OutletCard(data.outlet_id))


def show_on_map(ctx: Context, data: ShowOnMap) -> None:
    """Send the pin."""
    outlet = customers.get_outlet(ctx.session, data.outlet_id, ctx.user)
    params = {
        "latitude": outlet.latitude,
        "longitude": outlet.longitude,
        "title": outlet.customer.name,
        "address": outlet.address,
    }
    outbox.call(ctx.session, ctx.conversation.chat_id, "sendVenue", params)


def archive(ctx: Context, data: ArchiveOutlet) -> Screen:
    """Take the point out of use."""
    outlet = clientele.archive_outlet(ctx.session, data.outlet_id, ctx.user)
    said = ctx.t("{address} is out of use; typing the address again brings it back.", address=outlet.address)
    return outlets(ctx, _list_left(ctx, outlet)).under(said)
