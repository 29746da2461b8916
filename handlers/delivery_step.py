"""Where to deliver an order: one of the customer's outlets, a place found on the map, or pick-up."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

from handlers import conversation as conversations
from handlers import keyboards, ordering, places
from handlers.addresses import Address, Month, OrderCard
from handlers.callbacks import Data
from handlers.context import Context
from handlers.routing import Router
from handlers.screen import Button, Rows, Screen
from handlers.screens import order_text
from handlers.texts import Html, stack
from models import Order, Role
from services import company, customers, drafts, outbox, pricing
from services.errors import DomainError
from services.geo import Place

FOR_ORDER = "o"
ROUTE = "route"


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
    """Register the delivery step."""
    rep = Role.SALES_REP
    router.button(Address, address, rep)
    router.button(UseOutlet, partial(use_outlet, router), rep)
    router.button(Pickup, pickup, rep)
    places.serve(router, FOR_ORDER, ForOrder(router), Address, "order_id")
    router.job(ROUTE, by_road)


def address(ctx: Context, data: Address) -> Screen:
    """Offer the customer's outlets and pick-up; anything else is typed or sent as a location."""
    order = drafts.get(ctx.session, data.order_id, ctx.user)
    t = ctx.t
    page = customers.outlets(ctx.session, order.customer_id, ctx.user, data.page)
    rows: Rows = [
        [Button(t.plain(":round_pushpin: {address}", address=outlet.address), UseOutlet(order.id, outlet.id))]
        for outlet in page.items
    ]
    rows += keyboards.pager(t, page, lambda to: Address(order.id, to))
    rows.append([Button(t.plain(":department_store: Pick-up"), Pickup(order.id))])
    rows.append([Button(t.plain(":clipboard: Order"), OrderCard(order.id))])
    text = t("Where to? Choose a point, type an address (town, street, house), or send a location.")
    return Screen(text, rows, Address(order.id, page.number))


class ForOrder:
    """A place looked for to deliver an order to."""

    def __init__(self, router: Router) -> None:
        self._router = router

    def begin(self, ctx: Context, subject_id: int) -> Screen:
        """Return the delivery step."""
        return address(ctx, Address(subject_id))

    def describe(self, ctx: Context, subject_id: int, place: Place) -> Html:
        """Return distance and fee with its parts."""
        order = drafts.get(ctx.session, subject_id, ctx.user)
        tariff = company.tariff(ctx.session)
        goods = pricing.quote(ctx.session, order).goods_amount
        fee = pricing.delivery_fee(tariff, places.metres_to(ctx, place), goods, tariff.rate_per_km)
        return stack(places.fee_line(ctx, place, fee.amount), order_text.fee(ctx.view, fee))

    def take(self, ctx: Context, subject_id: int, place: Place) -> Screen:
        """Deliver there, and go on."""
        return _set(self._router, ctx, drafts.get(ctx.session, subject_id, ctx.user), place)


def use_outlet(router: Router, ctx: Context, data: UseOutlet) -> Screen:
    """Deliver to a known outlet, and go on."""
    order = drafts.get(ctx.session, data.order_id, ctx.user)
    outlet = customers.get_outlet(ctx.session, data.outlet_id, ctx.user)
    if outlet.customer_id != order.customer_id:
        return address(ctx, Address(order.id))
    return _set(router, ctx, order, Place(outlet.address, outlet.latitude, outlet.longitude))


def pickup(ctx: Context, data: Pickup) -> Screen:
    """Let the customer fetch the goods, and go on."""
    order = drafts.get(ctx.session, data.order_id, ctx.user)
    drafts.set_pickup(ctx.session, order)
    return ordering.next_step(ctx, order)


def by_road(ctx: Context, payload: dict[str, Any], result: Any) -> Screen | None:
    """Take the distance by road over, and show the fee anew on the screen that followed the address.

    When the router is down or slow the straight line stays, and that is said.
    """
    try:
        order = drafts.get(ctx.session, payload["order_id"], ctx.user)
    except DomainError:
        return None
    place: tuple[float, float] = (payload["latitude"], payload["longitude"])
    if (order.latitude, order.longitude) != place:
        return None
    is_known = isinstance(result, int) and drafts.set_road_distance(ctx.session, order, place, result)
    here = conversations.address(ctx.conversation)
    if not isinstance(here, OrderCard | Month) or here.order_id != order.id:
        return None
    said = [_where(ctx, order)] if isinstance(here, Month) else []
    if not is_known:
        said.append(ctx.t(":warning: The way by road is not known at the moment: the straight line counts."))
    return ctx.open(here).under(*said)


def _set(router: Router, ctx: Context, order: Order, place: Place) -> Screen:
    drafts.set_place(ctx.session, order, place)
    if router.has_road_router:
        payload = {
            "chat_id": ctx.conversation.chat_id,
            "order_id": order.id,
            "latitude": place.latitude,
            "longitude": place.longitude,
        }
        outbox.add_job(ctx.session, ROUTE, ROUTE, payload)
    conversations.clear_form(ctx.conversation)
    return ordering.next_step(ctx, order).under(_where(ctx, order))


def _where(ctx: Context, order: Order) -> Html:
    fee = order_text.fee(ctx.view, pricing.quote(ctx.session, order).fee)
    return stack(ctx.t(":round_pushpin: {address}", address=order.address or ""), fee)
