"""The two digests of a day: the storekeepers' loads in the morning, the administrators' figures at night."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from handlers.context import Context
from handlers.routing import Router
from handlers.screen import Button, Screen
from handlers.screens import order_text
from handlers.texts import N_
from handlers.warehouse import Queue
from services import digests, formats
from services.digests import Morning, WindowLoad


def register(router: Router) -> None:
    """Register the words of both."""
    router.notice("morning_digest", morning)
    router.notice("evening_digest", evening)


def morning(ctx: Context, params: dict[str, Any]) -> Screen:
    """Tell a storekeeper what the day brings."""
    t = ctx.t
    day = date.fromisoformat(params["day"])
    ahead = digests.morning(ctx.session, day)
    heading = t("<b>Loads on {day}</b>", day=ctx.view.day(day))
    loads = [_window(ctx, load) for load in ahead.windows] or [str(t("No loads so far."))]
    late = t.many("{n} order is left from before.", "{n} orders are left from before.", ahead.left_over)
    text = order_text.paragraphs(heading, loads, late if ahead.left_over else "", _low(ctx, ahead))
    return Screen(text, [[Button(t.plain(":inbox_tray: To load"), Queue(0))]])


def evening(ctx: Context, params: dict[str, Any]) -> Screen:
    """Tell an administrator how the day went."""
    t, view = ctx.t, ctx.view
    since, until = (datetime.fromisoformat(params[name]) for name in ("since", "until"))
    day = digests.evening(ctx.session, since, until)
    heading = t("<b>The day: {day}</b>", day=view.day(until.date()))
    if (until - since).days > 1:
        first, last = view.day(since.date()), view.day(until.date())
        heading = t("<b>The days {since} – {until}</b>", since=first, until=last)
    facts: list[str] = [
        t("Placed: {n} for {amount}", n=day.placed, amount=view.money(day.placed_amount)),
        t("Loaded: {n}", n=day.loaded),
        t("Lines loaded short: {n}", n=day.short_lines),
        t("Waiting for the warehouse: {n}", n=day.waiting),
    ]
    if day.letters_failed:
        facts.append(t(":warning: Letters not delivered: {n}", n=day.letters_failed))
    return Screen(order_text.paragraphs(heading, facts))


def _window(ctx: Context, load: WindowLoad) -> str:
    t = ctx.t
    weight = formats.quantity(load.weight_grams, ctx.view.language)
    span = f"{load.starts_at:%H:%M}–{load.ends_at:%H:%M}"
    orders = t.many("{n} order", "{n} orders", load.orders)
    words = N_("{span}: {orders}, {weight} kg")
    if not load.is_weight_known:
        words = N_("{span}: {orders}, at least {weight} kg")
    return t(words, span=span, orders=orders, weight=weight)


def _low(ctx: Context, ahead: Morning) -> list[str]:
    if not ahead.low:
        return []
    rows: list[str] = [
        ctx.t(
            "• {name}: {quantity}",
            name=order_text.short_name(product.name),
            quantity=ctx.view.quantity(product.available, product.unit),
        )
        for product in ahead.low[: digests.MOST_NAMED]
    ]
    if len(ahead.low) > digests.MOST_NAMED:
        rows.append("…")
    return [ctx.t(":warning: Running low:"), *rows]
