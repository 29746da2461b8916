"""When to deliver: an inline calendar of the days that can be chosen, then a window."""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import date, timedelta

from handlers import ordering
from handlers.addresses import Month, Note, OrderCard
from handlers.callbacks import Data
from handlers.context import Context
from handlers.routing import Router
from handlers.screen import Button, Rows, Screen
from handlers.texts import stack
from models import Role
from services import drafts, formats, schedule
from services.schedule import WorkingCalendar

MONDAY = date(2024, 1, 1)
MONTHS = {
    "ru": (
        *("Январь", "Февраль", "Март", "Апрель", "Май", "Июнь"),
        *("Июль", "Август", "Сентябрь", "Октябрь", "Ноябрь", "Декабрь"),
    ),
    "en": (
        *("January", "February", "March", "April", "May", "June"),
        *("July", "August", "September", "October", "November", "December"),
    ),
}


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


@dataclass(frozen=True)
class Nothing(Data, code="x"):
    """A label that looks like a button."""


def register(router: Router) -> None:
    """Register calendar and windows."""
    rep = Role.SALES_REP
    router.button(Month, month, rep)
    router.button(Day, day, rep)
    router.button(Window, window, rep)
    router.button(Nothing, lambda _ctx, _data: None)


def month(ctx: Context, data: Month) -> Screen:
    """Show one month; days that can't be chosen show a dot and say why when pressed."""
    order = drafts.get(ctx.session, data.order_id, ctx.user)
    working = schedule.calendar(ctx.session)
    t = ctx.t
    first = _month_from(working.first_day, data.ahead)
    rows = [_weekdays(ctx)]
    rows += [
        [_day_button(working, order.id, day, first.month) for day in week]
        for week in calendar.Calendar().monthdatescalendar(first.year, first.month)
    ]
    rows += _turn(working, order.id, data.ahead, first)
    rows.append([Button(t.plain(":clipboard: Order"), OrderCard(order.id))])
    title = f"{MONTHS[ctx.view.language][first.month - 1]} {first.year}"
    text = t("Delivery day: <b>{month}</b>", month=title)
    if working.next_possible(working.first_day) is None:
        text = stack(text, t(":warning: There is no working day to choose in the time ahead."))
    return Screen(text, rows, data)


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
    rows.append([Button(t.plain(":leftwards_arrow_with_hook: Another day"), Month(order.id, 0))])
    return Screen(t("Window on {day}:", day=ctx.view.day(data.day)), rows, data)


def window(ctx: Context, data: Window) -> Screen:
    """Take the window; the first time the note comes next."""
    order = drafts.get(ctx.session, data.order_id, ctx.user)
    is_first = order.window_id is None
    drafts.set_window(ctx.session, order, data.day, schedule.clock(data.starts_at, data.day))
    ctx.session.flush()
    if is_first and not drafts.missing(order):
        return ctx.open(Note(order.id))
    return ordering.next_step(ctx, order)


def _weekdays(ctx: Context) -> list[Button]:
    names = [formats.weekday_short(MONDAY + timedelta(days=number), ctx.view.language) for number in range(7)]
    return [Button(name, Nothing()) for name in names]


def _day_button(working: WorkingCalendar, order_id: int, day: date, shown_month: int) -> Button:
    if day.month != shown_month:
        return Button("·", Nothing())
    is_open = working.refusal(day) is None
    return Button(str(day.day) if is_open else f"({day.day})", Day(order_id, day))


def _turn(working: WorkingCalendar, order_id: int, ahead: int, first: date) -> Rows:
    row = []
    if ahead > 0:
        row.append(Button("◀", Month(order_id, ahead - 1)))
    if _month_from(first, 1) <= working.last_day:
        row.append(Button("▶", Month(order_id, ahead + 1)))
    return [row] if row else []


def _month_from(day: date, ahead: int) -> date:
    """Return the first day of the month ``ahead`` months after that of ``day``."""
    number = day.year * 12 + day.month - 1 + max(0, min(ahead, 24))
    return date(number // 12, number % 12 + 1, 1)
