"""Where to deliver: an outlet, a typed address looked up by a worker, a location, or pick-up."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from handlers import conversation as conversations
from handlers import ordering
from handlers.addresses import Address, OrderCard
from handlers.callbacks import Data
from handlers.context import Context
from handlers.routing import Router
from handlers.screen import Button, Rows, Screen
from handlers.screens import order_text
from handlers.texts import Html, stack
from models import Order, Role
from services import company, customers, drafts, geo, outbox, pricing
from services.errors import DomainError, Invalid
from services.geo import Place

if TYPE_CHECKING:
    from telebot.types import Location, Venue

GEOCODER = "geocoder"
GEOCODE = "geocode"
SHORTEST_ADDRESS = 3


@dataclass(frozen=True)
class Searching(Data, code="ag"):
    """A typed address is being looked up."""

    order_id: int


@dataclass(frozen=True)
class Candidates(Data, code="al"):
    """The places a typed address may mean; they are kept in the form."""

    order_id: int


@dataclass(frozen=True)
class Candidate(Data, code="an"):
    """One of the places: shown with distance and fee."""

    order_id: int
    place: int


@dataclass(frozen=True)
class ConfirmPlace(Data, code="ay"):
    """Deliver to this place."""

    order_id: int
    place: int


@dataclass(frozen=True)
class UseOutlet(Data, code="ao"):
    """Deliver to a known outlet."""

    order_id: int
    outlet_id: int


@dataclass(frozen=True)
class Pickup(Data, code="ap"):
    """The customer fetches the goods."""

    order_id: int


def register(router: Router) -> None:
    """Register the delivery step and the outcome of the geocoder's work."""
    rep = Role.SALES_REP
    router.button(Address, address, rep)
    router.button(Searching, lambda ctx, data: searching(ctx, data.order_id), rep)
    router.button(Candidates, candidates, rep)
    router.button(Candidate, candidate, rep)
    router.button(ConfirmPlace, confirm, rep)
    router.button(UseOutlet, use_outlet, rep)
    router.button(Pickup, pickup, rep)
    for kind in (Address, Searching, Candidates, Candidate):
        router.typed(kind, "text", take_text)
        router.typed(kind, "location", take_location)
        router.typed(kind, "venue", take_venue)
    router.job(GEOCODE, geocoded)


def address(ctx: Context, data: Address) -> Screen:
    """Offer the customer's outlets and pick-up; anything else is typed or sent as a location."""
    order = drafts.get(ctx.session, data.order_id, ctx.user)
    t = ctx.t
    rows: Rows = [
        [Button(t.plain(":round_pushpin: {address}", address=outlet.address), UseOutlet(order.id, outlet.id))]
        for outlet in customers.outlets(ctx.session, order.customer_id, ctx.user)[:20]
    ]
    rows.append([Button(t.plain(":department_store: Pick-up"), Pickup(order.id))])
    rows.append([Button(t.plain(":clipboard: Order"), OrderCard(order.id))])
    text = t("Where to? Choose a point, type an address (town, street, house), or send a location.")
    return Screen(text, rows, data)


def take_text(ctx: Context, data: Any, text: str) -> Screen:
    """Look the typed address up: in what was asked before, else by a worker."""
    order = drafts.get(ctx.session, data.order_id, ctx.user)
    query = " ".join(text.split())
    if len(query) < SHORTEST_ADDRESS:
        raise Invalid("address_short")
    if len(query) > geo.MAX_QUERY:
        raise Invalid("too_long", limit=geo.MAX_QUERY)
    conversations.remember(ctx.conversation, address=query)
    known = geo.cached(ctx.session, query)
    if known is not None:
        return _found(ctx, order, query, known)
    outbox.add_job(
        ctx.session,
        GEOCODER,
        GEOCODE,
        {
            "chat_id": ctx.conversation.chat_id,
            "order_id": order.id,
            "query": query,
            "language": ctx.view.language,
        },
    )
    return searching(ctx, order.id)


def searching(ctx: Context, order_id: int) -> Screen:
    """Say that the address is being looked up."""
    query = str(ctx.conversation.form.get("address", ""))
    rows = [[Button(ctx.t.plain(":leftwards_arrow_with_hook: Back"), Address(order_id))]]
    return Screen(ctx.t(":mag: Looking for “{query}”…", query=query), rows, Searching(order_id))


def geocoded(ctx: Context, payload: dict[str, Any], result: Any) -> Screen | None:
    """Keep what the geocoder said, and show it if the person still waits for it."""
    query, order_id = str(payload["query"]), int(payload["order_id"])
    if isinstance(result, list):
        geo.remember(ctx.session, query, result)
    still_waits = conversations.address(ctx.conversation) == Searching(order_id)
    if not still_waits or ctx.conversation.form.get("address") != query:
        return None
    try:
        order = drafts.get(ctx.session, order_id, ctx.user)
    except DomainError:
        return None
    if not isinstance(result, list):
        return _again(ctx, order, ctx.t(":warning: The address service does not answer at the moment."))
    return _found(ctx, order, query, result)


def take_location(ctx: Context, data: Any, location: Location) -> Screen:
    """Show the distance to a location that was sent."""
    order = drafts.get(ctx.session, data.order_id, ctx.user)
    point = f"{location.latitude:.5f}, {location.longitude:.5f}"
    name = ctx.t.plain("Point on the map {point}", point=point)
    return _one(ctx, order, [Place(name, location.latitude, location.longitude)])


def take_venue(ctx: Context, data: Any, venue: Venue) -> Screen:
    """Show the distance to a place sent from the map."""
    order = drafts.get(ctx.session, data.order_id, ctx.user)
    name = f"{venue.title}, {venue.address}" if venue.address else venue.title
    return _one(ctx, order, [Place(name, venue.location.latitude, venue.location.longitude)])


def candidates(ctx: Context, data: Candidates) -> Screen:
    """Show the places again."""
    order = drafts.get(ctx.session, data.order_id, ctx.user)
    return _found(ctx, order, str(ctx.conversation.form.get("address", "")), _kept(ctx))


def candidate(ctx: Context, data: Candidate) -> Screen:
    """Show one place with its distance and fee."""
    order = drafts.get(ctx.session, data.order_id, ctx.user)
    place = _place(ctx, data.place)
    if place is None:
        return address(ctx, Address(order.id))
    text = Html(f"{_priced(ctx, order, place)}")
    rows = [
        [Button(ctx.t.plain(":white_check_mark: Right"), ConfirmPlace(order.id, data.place))],
        [Button(ctx.t.plain(":leftwards_arrow_with_hook: Another address"), Address(order.id))],
    ]
    return Screen(text, rows, data)


def confirm(ctx: Context, data: ConfirmPlace) -> Screen:
    """Deliver there, and go on."""
    order = drafts.get(ctx.session, data.order_id, ctx.user)
    place = _place(ctx, data.place)
    if place is None:
        return address(ctx, Address(order.id))
    return _set(ctx, order, place)


def use_outlet(ctx: Context, data: UseOutlet) -> Screen:
    """Deliver to a known outlet, and go on."""
    order = drafts.get(ctx.session, data.order_id, ctx.user)
    outlet = customers.get_outlet(ctx.session, data.outlet_id, ctx.user)
    if outlet.customer_id != order.customer_id:
        return address(ctx, Address(order.id))
    return _set(ctx, order, Place(outlet.address, outlet.latitude, outlet.longitude))


def pickup(ctx: Context, data: Pickup) -> Screen:
    """Let the customer fetch the goods, and go on."""
    order = drafts.get(ctx.session, data.order_id, ctx.user)
    drafts.set_pickup(ctx.session, order)
    return ordering.next_step(ctx, order)


def _set(ctx: Context, order: Order, place: Place) -> Screen:
    drafts.set_place(ctx.session, order, place)
    conversations.clear_form(ctx.conversation)
    screen = ordering.next_step(ctx, order)
    fee = order_text.fee(ctx.view, pricing.quote(ctx.session, order).fee)
    said = ctx.t(":round_pushpin: {address}", address=place.address)
    screen.under(stack(said, fee))
    return screen


def _found(ctx: Context, order: Order, query: str, places: list[Place]) -> Screen:
    if not places:
        sentence = ctx.t(":warning: “{query}” was not found on the map.", query=query)
        return _again(ctx, order, sentence)
    if len(places) == 1:
        return _one(ctx, order, places)
    _keep(ctx, places)
    rows: Rows = [[Button(place.address, Candidate(order.id, number))] for number, place in enumerate(places)]
    rows.append([Button(ctx.t.plain(":leftwards_arrow_with_hook: Another address"), Address(order.id))])
    text = ctx.t("Several places fit “{query}”. Which one?", query=query)
    return Screen(Html(f"{text}\n\n{_credit()}"), rows, Candidates(order.id))


def _one(ctx: Context, order: Order, places: list[Place]) -> Screen:
    # Says at once when it is too far; nothing is kept then.
    _metres(ctx, places[0])
    _keep(ctx, places)
    return candidate(ctx, Candidate(order.id, 0))


def _again(ctx: Context, order: Order, sentence: Html) -> Screen:
    screen = address(ctx, Address(order.id))
    screen.under(sentence)
    return screen


def _priced(ctx: Context, order: Order, place: Place) -> Html:
    """Return «📍 Ленинский пр-т, 12 — 14,2 км — 142,00 ₽»."""
    metres = _metres(ctx, place)
    tariff = company.tariff(ctx.session)
    goods = pricing.quote(ctx.session, order).goods_amount
    fee = pricing.delivery_fee(tariff, metres, goods, tariff.rate_per_km)
    text = ctx.t(
        ":round_pushpin: {address} — {distance} km — {amount}",
        address=place.address,
        distance=ctx.view.distance(metres),
        amount=ctx.view.money(fee.amount),
    )
    return Html(f"{text}\n{order_text.fee(ctx.view, fee)}\n\n{_credit()}")


def _metres(ctx: Context, place: Place) -> int:
    store, tariff = company.warehouse(ctx.session), company.tariff(ctx.session)
    return geo.distance_metres(store, tariff, place.latitude, place.longitude)


def _credit() -> str:
    return "<i>© OpenStreetMap</i>"


def _keep(ctx: Context, places: list[Place]) -> None:
    conversations.remember(ctx.conversation, places=[asdict(place) for place in places])


def _kept(ctx: Context) -> list[Place]:
    return [Place(**place) for place in ctx.conversation.form.get("places", [])]


def _place(ctx: Context, number: int) -> Place | None:
    places = _kept(ctx)
    return places[number] if 0 <= number < len(places) else None
