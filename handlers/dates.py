"""When to deliver: an inline calendar of the days that can be chosen, then a window."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from handlers import calendars, ordering
from handlers.addresses import Address, Month, Note, OrderCard
from handlers.callbacks import Data
from handlers.context import Context
from handlers.routing import Router
from handlers.screen import Button, Rows, Screen
from handlers.texts import N_, Html, stack
from models import Order, Role
from services import company, drafts, schedule
from services.schedule import WindowOption, WorkingCalendar

MOST_AHEAD = 24


@dataclass(frozen=True)
class Day(Data, code="cd"):
    """The windows of a day."""

    order_id: int
    day: date


@dataclass(frozen=True)
class Window(Data, code="cw"):
    """Deliver in this window; its start as HHMM."""

    order_id: int
    day: date
    starts_at: str


def register(router: Router) -> None:
    """Register calendar and windows."""
    rep = Role.SALES_REP
    router.button(Month, month, rep)
    router.button(Day, day, rep)
    router.button(Window, window, rep)


def month(ctx: Context, data: Month) -> Screen:
    """Show one month; days that can't be chosen stand in brackets and say why when pressed."""
    order = drafts.get(ctx.session, data.order_id, ctx.user)
    working = schedule.calendar(ctx.session)
    ahead = max(0, min(data.ahead, MOST_AHEAD))
    first = calendars.month_from(working.first_day, ahead)
    following = calendars.month_from(first, 1)
    free = schedule.free_days(ctx.session, working, first, following - timedelta(days=1))

    def day_button(day: date) -> Button:
        return Button(str(day.day) if day in free else f"({day.day})", Day(order.id, day))

    words = N_("Pick-up day: <b>{month}</b>") if order.is_pickup else N_("Delivery day: <b>{month}</b>")
    text = ctx.t(words, month=calendars.title(first, ctx.view.language))
    rows = calendars.grid(first, ctx.view.language, day_button)
    rows.append([Button("◀", Month(order.id, ahead - 1))] if ahead else [])
    if following <= working.last_day:
        rows[-1].append(Button("▶", Month(order.id, ahead + 1)))
    if not free:
        nearest = schedule.next_free(ctx.session, working.first_day)
        text = stack(text, _nothing_free(ctx, nearest, working))
        if nearest is not None:
            rows.append([_nearest_button(ctx, order, nearest)])
    rows.append(_back(ctx, order))
    return Screen(text, rows, Month(order.id, ahead))


def day(ctx: Context, data: Day) -> Screen:
    """Show the day's windows with the places left; raises Invalid when the day can't be chosen."""
    order = drafts.get(ctx.session, data.order_id, ctx.user)
    options = schedule.windows(ctx.session, data.day)
    t = ctx.t
    rows: Rows = []
    for option in options:
        span = f"{option.starts_at:%H:%M}–{option.ends_at:%H:%M}"
        if option.places_left:
            label = t.plain("{span} · {places} places left", span=span, places=option.places_left)
        else:
            label = t.plain("{span} · full", span=span)
        rows.append([Button(label, Window(order.id, data.day, option.starts_at.strftime("%H%M")))])
    text = t("Window on {day}:", day=ctx.view.day(data.day))
    if not any(option.places_left for option in options):
        text = stack(text, t(":warning: There is no place left on this day."))
        nearest = schedule.next_free(ctx.session, data.day)
        if nearest is not None:
            rows.append([_nearest_button(ctx, order, nearest)])
    rows.append([Button(t.plain(":leftwards_arrow_with_hook: Another day"), _month_of(ctx, order, data.day))])
    return Screen(text, rows, data)


def window(ctx: Context, data: Window) -> Screen:
    """Take the window; the first time the note comes next."""
    order = drafts.get(ctx.session, data.order_id, ctx.user)
    is_first = order.window_id is None
    drafts.set_window(ctx.session, order, data.day, schedule.clock(data.starts_at, data.day))
    ctx.session.flush()
    if is_first and not drafts.missing(order):
        return ctx.open(Note(order.id))
    return ordering.next_step(ctx, order)


def _month_of(ctx: Context, order: Order, day: date) -> Month:
    first = schedule.calendar(ctx.session).first_day
    return Month(order.id, (day.year - first.year) * 12 + day.month - first.month)


def _nothing_free(ctx: Context, nearest: WindowOption | None, working: WorkingCalendar) -> Html:
    if nearest is not None:
        return ctx.t(":warning: No day is free in this month.")
    said = ctx.t(
        ":warning: No day is free up to {day}. The draft is kept: try again later, or ask the administrator.",
        day=ctx.view.day(working.last_day),
    )
    phone = company.get(ctx.session).admin_phone
    return stack(said, ctx.t(":telephone_receiver: {phone}", phone=phone)) if phone else said


def _nearest_button(ctx: Context, order: Order, nearest: WindowOption) -> Button:
    label = ctx.t.plain("The nearest free day — {day}", day=ctx.view.day(nearest.delivery_on))
    return Button(label, Day(order.id, nearest.delivery_on))


def _back(ctx: Context, order: Order) -> list[Button]:
    """Return the way back: to the address while the order is made, to the card once it has a window."""
    t = ctx.t
    to = Address(order.id) if order.window_id is None else OrderCard(order.id)
    row = [Button(t.plain(":leftwards_arrow_with_hook: Back"), to)]
    if order.window_id is None:
        row.append(Button(t.plain(":clipboard: Order"), OrderCard(order.id)))
    return row
