"""Days the warehouse is closed: listed, typed, pressed in a calendar, named, taken away."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from handlers import calendars, keyboards
from handlers.addresses import Holidays, SettingsGroup
from handlers.callbacks import Data
from handlers.context import Context
from handlers.routing import Router
from handlers.screen import Button, Rows, Screen
from handlers.texts import Html, escaped, stack
from models import Role
from services import company, holidays

MOST_AHEAD = 24


@dataclass(frozen=True)
class HolidayMonth(Data, code="sgm"):
    """A month in which days are closed by pressing them."""

    ahead: int = 0


@dataclass(frozen=True)
class CloseDay(Data, code="sgd"):
    """Close this day."""

    day: date


@dataclass(frozen=True)
class HolidayCard(Data, code="sgc"):
    """A closed day: its name is typed, or it is taken away."""

    day: date


@dataclass(frozen=True)
class OpenDay(Data, code="sgo"):
    """Make it an ordinary day again."""

    day: date


def register(router: Router) -> None:
    """Register the holidays' screens."""
    admin = Role.ADMIN
    router.button(Holidays, listing, admin)
    router.button(HolidayMonth, month, admin)
    router.button(CloseDay, close, admin)
    router.button(HolidayCard, card, admin)
    router.button(OpenDay, open_again, admin)
    router.typed(Holidays, "text", take, admin)
    router.typed(HolidayMonth, "text", take, admin)
    router.typed(HolidayCard, "text", rename, admin)


def listing(ctx: Context, data: Holidays) -> Screen:
    """Show the closed days from today on."""
    t = ctx.t
    page = holidays.find(ctx.session, data.page)
    rows: Rows = [
        [Button(_named(ctx, holiday.closed_on, holiday.name), HolidayCard(holiday.closed_on))]
        for holiday in page.items
    ]
    rows += keyboards.pager(t, page, Holidays)
    rows.append([Button(t.plain(":calendar: By the calendar"), HolidayMonth())])
    rows.append([Button(t.plain(":leftwards_arrow_with_hook: Back"), SettingsGroup("hours"))])
    head = t("<b>Holidays</b>") if page.items else t("No holidays are set.")
    ask = t("Type a day or a range, with a name if you like. Example: 31.12 or 01.01–08.01 Новый год")
    return Screen(stack(head, "", ask), rows, Holidays(page.number))


def month(ctx: Context, data: HolidayMonth) -> Screen:
    """Show a month; a press closes a day or leads to a closed one."""
    t, today = ctx.t, company.local_now(ctx.session).date()
    ahead = max(0, min(data.ahead, MOST_AHEAD))
    first = calendars.month_from(today, ahead)
    following = calendars.month_from(first, 1)
    closed = holidays.between(ctx.session, first, following - timedelta(days=1))

    def day_button(day: date) -> Button:
        if day in closed:
            return Button(f"🎉{day.day}", HolidayCard(day))
        return Button(str(day.day) if day >= today else f"({day.day})", CloseDay(day))

    rows = calendars.grid(first, ctx.view.language, day_button)
    turning = [Button("◀", HolidayMonth(ahead - 1))] if ahead else []
    if ahead < MOST_AHEAD:
        turning.append(Button("▶", HolidayMonth(ahead + 1)))
    rows += [turning, [Button(t.plain(":leftwards_arrow_with_hook: Back"), Holidays())]]
    title = calendars.title(first, ctx.view.language)
    text = t("Holidays: <b>{month}</b>\nPress a day to close it.", month=title)
    return Screen(text, rows, HolidayMonth(ahead))


def close(ctx: Context, data: CloseDay) -> Screen:
    """Close the day that was pressed, and show its month again."""
    said = _close(ctx, data.day, data.day, None)
    today = company.local_now(ctx.session).date()
    ahead = (data.day.year - today.year) * 12 + data.day.month - today.month
    return month(ctx, HolidayMonth(ahead)).under(said)


def take(ctx: Context, _data: Data, text: str) -> Screen:
    """Close what was typed."""
    today = company.local_now(ctx.session).date()
    said = _close(ctx, *holidays.parse(text, today))
    return listing(ctx, Holidays()).under(said)


def card(ctx: Context, data: HolidayCard) -> Screen:
    """Show a closed day."""
    t, holiday = ctx.t, holidays.get(ctx.session, data.day)
    rows = [
        [Button(t.plain(":wastebasket: Work on this day"), OpenDay(data.day))],
        [Button(t.plain(":leftwards_arrow_with_hook: Back"), Holidays())],
    ]
    named = Html(f"<b>{escaped(_named(ctx, data.day, holiday.name))}</b>")
    return Screen(stack(named, "", t("Type a name to give it one.")), rows, data)


def rename(ctx: Context, data: HolidayCard, text: str) -> Screen:
    """Name the day."""
    holidays.rename(ctx.session, data.day, text, ctx.user)
    return card(ctx, data)


def open_again(ctx: Context, data: OpenDay) -> Screen:
    """Take the holiday away."""
    holidays.remove(ctx.session, data.day, ctx.user)
    said = ctx.t(":white_check_mark: {day} is an ordinary day again.", day=ctx.view.day(data.day))
    return listing(ctx, Holidays()).under(said)


def _close(ctx: Context, first: date, last: date, name: str | None) -> Html:
    waiting = holidays.add(ctx.session, first, last, name, ctx.user)
    days = ctx.view.day(first) if first == last else f"{ctx.view.day(first)} – {ctx.view.day(last)}"
    said = ctx.t(":white_check_mark: Closed: {days}", days=days)
    if not waiting:
        return said
    more = ctx.t.many(
        ":warning: {n} order is placed for then and keeps its window.",
        ":warning: {n} orders are placed for then and keep their windows.",
        waiting,
    )
    return stack(said, more)


def _named(ctx: Context, day: date, name: str | None) -> str:
    return ctx.view.day(day) + (f" · {name}" if name else "")
