"""Sending a draft to the warehouse, and what can stand in the way: each with a way on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from handlers import conversation as conversations
from handlers import ordering
from handlers.addresses import Month, OrderCard, OrderLines, Place
from handlers.callbacks import Data
from handlers.context import Context
from handlers.routing import Router
from handlers.screen import Button, Rows, Screen
from handlers.screens import order_text
from models import Order, Role
from services import drafts, placing, pricing, schedule
from services.errors import Conflict
from services.stock import Shortage

MOST_NAMED = 20


@dataclass(frozen=True)
class AcceptPrices(Data, code="pa"):
    """Go on at the prices that were shown: ``digest`` tells whether they still are today's."""

    order_id: int
    duplicate_is_meant: bool
    digest: str


@dataclass(frozen=True)
class TakeWindow(Data, code="pw"):
    """Take the window that is free and send; its start as HHMM."""

    order_id: int
    duplicate_is_meant: bool
    day: date
    starts_at: str


@dataclass(frozen=True)
class TakeAvailable(Data, code="ta"):
    """Lower the short lines to what is there."""

    order_id: int


def register(router: Router) -> None:
    """Register sending."""
    rep = Role.SALES_REP
    router.button(Place, place, rep)
    router.button(TakeAvailable, take_available, rep)
    router.button(AcceptPrices, accept_prices, rep)
    router.button(TakeWindow, take_window, rep)


def place(ctx: Context, data: Place) -> Screen:
    """Send the draft to the warehouse, or say what stands in the way."""
    order = drafts.get(ctx.session, data.order_id, ctx.user)
    try:
        with ctx.session.begin_nested():
            placing.place(ctx.session, order, ctx.user, duplicate_is_meant=data.duplicate_is_meant)
    except Conflict as error:
        ctx.session.refresh(order)
        if error.code == "short":
            return _short(ctx, order, error.params["shortages"])
        if error.code == "duplicate":
            return _duplicate(ctx, order, error)
        if error.code == "repriced":
            return _repriced(ctx, data, order, error.params["lines"])
        if error.code == "window_taken":
            return _window_taken(ctx, data, order, error)
        raise
    conversations.clear_form(ctx.conversation)
    sent = ctx.t(":white_check_mark: Order No. {number} is sent to the warehouse.", number=order.number)
    return ctx.open(OrderCard(order.id)).under(sent)


def _short(ctx: Context, order: Order, shortages: list[Shortage]) -> Screen:
    t, view = ctx.t, ctx.view
    rows_of_text: list[str] = [
        t(
            "• {name}: {available} of {wanted}",
            name=short.product_name,
            available=view.quantity(short.available, short.unit),
            wanted=view.quantity(short.wanted, short.unit),
        )
        for short in shortages[:MOST_NAMED]
    ]
    text = order_text.paragraphs(
        t(":warning: Not enough in stock, nothing was sent. Free now:"), rows_of_text
    )
    rows = [
        [Button(t.plain(":white_check_mark: Take what is available"), TakeAvailable(order.id))],
        [Button(t.plain(":pencil2: Lines"), OrderLines(order.id, 0))],
        [Button(t.plain(":clipboard: Order"), OrderCard(order.id))],
    ]
    return Screen(text, rows, OrderCard(order.id))


def _duplicate(ctx: Context, order: Order, error: Conflict) -> Screen:
    t = ctx.t
    text = t(
        ":warning: {name} already has order No. {number} for {day}. Send one more?",
        name=order.customer.name,
        number=error.params["number"],
        day=ctx.view.day(error.params["day"]),
    )
    rows = [
        [Button(t.plain(":white_check_mark: Yes, send"), Place(order.id, True))],
        [Button(t.plain(":clipboard: Order"), OrderCard(order.id))],
    ]
    return Screen(text, rows, OrderCard(order.id))


def _repriced(ctx: Context, data: Place, order: Order, lines: list[pricing.PricedLine]) -> Screen:
    t, view = ctx.t, ctx.view
    rows_of_text: list[str] = [
        t(
            "• {name}: {before} → {now}",
            name=priced.line.product.name,
            before=view.money(priced.price_before or 0),
            now=view.money(priced.price),
        )
        for priced in lines[:MOST_NAMED]
    ]
    digest = drafts.prices_digest(ctx.session, order)
    accept = AcceptPrices(order.id, data.duplicate_is_meant, digest)
    head = t(":warning: Prices have changed since the goods were chosen; nothing was sent:")
    rows = [
        [Button(t.plain(":white_check_mark: Send at these prices"), accept)],
        [Button(t.plain(":clipboard: Order"), OrderCard(order.id))],
    ]
    return Screen(order_text.paragraphs(head, rows_of_text), rows, OrderCard(order.id))


def accept_prices(ctx: Context, data: AcceptPrices) -> Screen:
    """Send at the prices that were shown; if they moved once more, show them again."""
    order = drafts.get(ctx.session, data.order_id, ctx.user)
    if drafts.prices_digest(ctx.session, order) == data.digest:
        drafts.accept_prices(ctx.session, order)
    return place(ctx, Place(order.id, data.duplicate_is_meant))


def _window_taken(ctx: Context, data: Place, order: Order, error: Conflict) -> Screen:
    t = ctx.t
    rows: Rows = []
    free = error.params["next_option"]
    if free is not None:
        span = f"{ctx.view.day(free.delivery_on)}, {free.starts_at:%H:%M}–{free.ends_at:%H:%M}"
        starts_at = free.starts_at.strftime("%H%M")
        following = TakeWindow(order.id, data.duplicate_is_meant, free.delivery_on, starts_at)
        rows.append([Button(t.plain(":date: {window}", window=span), following)])
    rows.append([Button(t.plain(":date: Another day"), Month(order.id, 0))])
    rows.append([Button(t.plain(":clipboard: Order"), OrderCard(order.id))])
    text = t(":warning: The last place in this window was taken meanwhile; nothing was sent.")
    return Screen(text, rows, OrderCard(order.id))


def take_window(ctx: Context, data: TakeWindow) -> Screen:
    """Take the window that was offered and send."""
    order = drafts.get(ctx.session, data.order_id, ctx.user)
    drafts.set_window(ctx.session, order, data.day, schedule.clock(data.starts_at, data.day))
    ctx.session.flush()
    return place(ctx, Place(order.id, data.duplicate_is_meant))


def take_available(ctx: Context, data: TakeAvailable) -> Screen:
    """Lower the lines to what is there and show the card."""
    order = drafts.get(ctx.session, data.order_id, ctx.user)
    drafts.take_available(ctx.session, order)
    return ordering.draft_card(ctx, order)
