"""Finding a place: an address typed and looked up by a worker, or a location; for an order or an outlet."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Protocol

from handlers import conversation as conversations
from handlers.callbacks import Data
from handlers.context import Context
from handlers.routing import Router
from handlers.screen import Button, Rows, Screen
from handlers.texts import N_, Html, stack
from models import Role
from services import company, geo, health, outbox
from services.errors import DomainError, Invalid
from services.geo import Place
from services.health import Cause

if TYPE_CHECKING:
    from telebot.types import Location, Venue

GEOCODER = "geocoder"
GEOCODE = "geocode"
SHORTEST_ADDRESS = 3
CREDIT = Html("<i>© OpenStreetMap</i>")
TROUBLES = {
    geo.Trouble.SLOW: N_(
        ":warning: The address service is too slow at the moment and gave no answer."
        " Nothing is lost: type the address again, or send a location."
    ),
    geo.Trouble.BUSY: N_(
        ":warning: The address service has too many questions at the moment."
        " Nothing is lost: type the address again later, or send a location."
    ),
    geo.Trouble.DOWN: N_(":warning: The address service does not answer at the moment."),
}


class Purpose(Protocol):
    """What a place is looked for: knows where the search begins and what a confirmed place does."""

    def begin(self, ctx: Context, subject_id: int) -> Screen:
        """Return the screen on which the address is typed; raises when it isn't the actor's any more."""

    def describe(self, ctx: Context, subject_id: int, place: Place) -> Html:
        """Return what the place means: distance, fee; raises Invalid for one that can't be served."""

    def take(self, ctx: Context, subject_id: int, place: Place) -> Screen:
        """Use the place and go on."""


@dataclass(frozen=True)
class Searching(Data, code="ag"):
    """A typed address is being looked up."""

    purpose: str
    subject_id: int


@dataclass(frozen=True)
class Candidates(Data, code="al"):
    """The places a typed address may mean; they are kept in the form."""

    purpose: str
    subject_id: int


@dataclass(frozen=True)
class Candidate(Data, code="an"):
    """One of the places: shown with what it means."""

    purpose: str
    subject_id: int
    place: int


@dataclass(frozen=True)
class ConfirmPlace(Data, code="ay"):
    """Take this place."""

    purpose: str
    subject_id: int
    place: int


@dataclass(frozen=True)
class OtherPlace(Data, code="az"):
    """Begin again."""

    purpose: str
    subject_id: int


_purposes: dict[str, Purpose] = {}


def register(router: Router) -> None:
    """Register the search and the outcome of the geocoder's work."""
    roles = (Role.SALES_REP, Role.ADMIN)
    router.button(Searching, lambda ctx, data: searching(ctx, data.purpose, data.subject_id), *roles)
    router.button(Candidates, candidates, *roles)
    router.button(Candidate, candidate, *roles)
    router.button(ConfirmPlace, confirm, *roles)
    router.button(OtherPlace, lambda ctx, data: _purpose(data.purpose).begin(ctx, data.subject_id), *roles)
    for kind in (Searching, Candidates, Candidate):
        _listen(router, kind, lambda data: (data.purpose, data.subject_id))
    router.job(GEOCODE, geocoded)


def serve(router: Router, name: str, purpose: Purpose, begins_on: type[Data], subject: str) -> None:
    """Let places be looked for: typed on the screen ``begins_on``, whose field ``subject`` says for what."""
    _purposes[name] = purpose
    _listen(router, begins_on, lambda data: (name, getattr(data, subject)))


def _listen(router: Router, kind: type[Data], where: Callable[[Any], tuple[str, int]]) -> None:
    router.typed(kind, "text", lambda ctx, data, text: take_text(ctx, *where(data), text))
    router.typed(kind, "location", lambda ctx, data, at: take_location(ctx, *where(data), at))
    router.typed(kind, "venue", lambda ctx, data, at: take_venue(ctx, *where(data), at))


def take_text(ctx: Context, purpose: str, subject_id: int, text: str) -> Screen:
    """Look the typed address up: in what was asked before, else by a worker."""
    _purpose(purpose).begin(ctx, subject_id)
    query = " ".join(text.split())
    if len(query) < SHORTEST_ADDRESS:
        raise Invalid("address_short")
    if len(query) > geo.MAX_QUERY:
        raise Invalid("too_long", limit=geo.MAX_QUERY)
    conversations.remember(ctx.conversation, address=query)
    known = geo.cached(ctx.session, query, ctx.view.language)
    if known is not None:
        return _found(ctx, purpose, subject_id, query, known)
    payload = {
        "chat_id": ctx.conversation.chat_id,
        "purpose": purpose,
        "subject_id": subject_id,
        "query": query,
        "language": ctx.view.language,
    }
    outbox.add_job(ctx.session, GEOCODER, GEOCODE, payload)
    return searching(ctx, purpose, subject_id)


def searching(ctx: Context, purpose: str, subject_id: int) -> Screen:
    """Say that the address is being looked up."""
    query = str(ctx.conversation.form.get("address", ""))
    rows = [[Button(ctx.t.plain(":leftwards_arrow_with_hook: Back"), OtherPlace(purpose, subject_id))]]
    text = ctx.t(":mag: Looking for “{query}”…", query=query)
    # The answer may be there before Telegram has said which message this became.
    return Screen(text, rows, Searching(purpose, subject_id), about={"is_passing": True})


def geocoded(ctx: Context, payload: dict[str, Any], result: Any) -> Screen | None:
    """Keep what the geocoder said, and show it if the person still waits for it."""
    query, purpose, subject_id = str(payload["query"]), str(payload["purpose"]), int(payload["subject_id"])
    if isinstance(result, list):
        geo.remember(ctx.session, query, str(payload["language"]), result)
        health.well(ctx.session, Cause.GEOCODER)
    else:
        # Only what the geocoder's own error says: another might quote the address.
        detail = str(result) if isinstance(result, geo.GeocoderDown) else type(result).__name__
        health.failed(ctx.session, Cause.GEOCODER, detail)
    still_waits = conversations.address(ctx.conversation) == Searching(purpose, subject_id)
    if not still_waits or ctx.conversation.form.get("address") != query:
        return None
    try:
        if isinstance(result, list):
            return _found(ctx, purpose, subject_id, query, result)
        trouble = result.trouble if isinstance(result, geo.GeocoderDown) else geo.Trouble.DOWN
        return _purpose(purpose).begin(ctx, subject_id).under(ctx.t(TROUBLES[trouble]))
    except DomainError as error:
        return ctx.refusal(error)


def take_location(ctx: Context, purpose: str, subject_id: int, location: Location) -> Screen:
    """Show what a location that was sent means."""
    point = f"{location.latitude:.5f}, {location.longitude:.5f}"
    name = ctx.t.plain("Point on the map {point}", point=point)
    return _one(ctx, purpose, subject_id, Place(name, location.latitude, location.longitude))


def take_venue(ctx: Context, purpose: str, subject_id: int, venue: Venue) -> Screen:
    """Show what a place sent from the map means."""
    name = f"{venue.title}, {venue.address}" if venue.address else venue.title
    return _one(ctx, purpose, subject_id, Place(name, venue.location.latitude, venue.location.longitude))


def candidates(ctx: Context, data: Candidates) -> Screen:
    """Show the places again."""
    query = str(ctx.conversation.form.get("address", ""))
    return _found(ctx, data.purpose, data.subject_id, query, _kept(ctx))


def candidate(ctx: Context, data: Candidate) -> Screen:
    """Show one place and what it means."""
    purpose = _purpose(data.purpose)
    place = _place(ctx, data.place)
    if place is None:
        return purpose.begin(ctx, data.subject_id)
    text = purpose.describe(ctx, data.subject_id, place)
    if ctx.conversation.form.get("is_geocoded"):
        text = stack(text, "", CREDIT)
    confirm_it = ConfirmPlace(data.purpose, data.subject_id, data.place)
    other = OtherPlace(data.purpose, data.subject_id)
    rows = [
        [Button(ctx.t.plain(":white_check_mark: Right"), confirm_it)],
        [Button(ctx.t.plain(":leftwards_arrow_with_hook: Another address"), other)],
    ]
    return Screen(text, rows, data)


def confirm(ctx: Context, data: ConfirmPlace) -> Screen:
    """Take the place."""
    purpose = _purpose(data.purpose)
    place = _place(ctx, data.place)
    if place is None:
        return purpose.begin(ctx, data.subject_id)
    conversations.clear_form(ctx.conversation)
    return purpose.take(ctx, data.subject_id, place)


def fee_line(ctx: Context, place: Place, amount: int) -> Html:
    """Return «📍 Ленинский пр-т, 12 — 14,2 км — 142,00 ₽»."""
    return ctx.t(
        ":round_pushpin: {address} — {distance} km — {amount}",
        address=place.address,
        distance=ctx.view.distance(metres_to(ctx, place)),
        amount=ctx.view.money(amount),
    )


def metres_to(ctx: Context, place: Place) -> int:
    """Return the distance to pay for; raises Invalid when the place is too far or nowhere."""
    store, tariff = company.warehouse(ctx.session), company.tariff(ctx.session)
    return geo.distance_metres(store, tariff, place.latitude, place.longitude)


def _purpose(name: str) -> Purpose:
    purpose = _purposes.get(name)
    if purpose is None:
        raise Invalid("address_empty")
    return purpose


def _found(ctx: Context, purpose: str, subject_id: int, query: str, places: list[Place]) -> Screen:
    if not places:
        said = ctx.t(":warning: “{query}” was not found on the map.", query=query)
        return _purpose(purpose).begin(ctx, subject_id).under(said)
    if len(places) == 1:
        return _one(ctx, purpose, subject_id, places[0], is_geocoded=True)
    _keep(ctx, places, is_geocoded=True)
    rows: Rows = [
        [Button(place.address, Candidate(purpose, subject_id, number))] for number, place in enumerate(places)
    ]
    other = OtherPlace(purpose, subject_id)
    rows.append([Button(ctx.t.plain(":leftwards_arrow_with_hook: Another address"), other)])
    text = stack(ctx.t("Several places fit “{query}”. Which one?", query=query), "", CREDIT)
    return Screen(text, rows, Candidates(purpose, subject_id))


def _one(ctx: Context, purpose: str, subject_id: int, place: Place, *, is_geocoded: bool = False) -> Screen:
    # Says at once when it is too far; nothing is kept then.
    _purpose(purpose).describe(ctx, subject_id, place)
    _keep(ctx, [place], is_geocoded=is_geocoded)
    return candidate(ctx, Candidate(purpose, subject_id, 0))


def _keep(ctx: Context, places: list[Place], *, is_geocoded: bool) -> None:
    """Keep the places until one is taken; those the geocoder found are shown with its credit."""
    found = [asdict(place) for place in places]
    conversations.remember(ctx.conversation, places=found, is_geocoded=is_geocoded)


def _kept(ctx: Context) -> list[Place]:
    return [Place(**place) for place in ctx.conversation.form.get("places", [])]


def _place(ctx: Context, number: int) -> Place | None:
    places = _kept(ctx)
    return places[number] if 0 <= number < len(places) else None
