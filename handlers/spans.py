"""Choosing a period for a list: some usual spans, or any two days of a calendar."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from typing import TypeVar

from handlers import calendars, keyboards
from handlers.callbacks import Data
from handlers.context import Context
from handlers.screen import Button, Rows, Screen, View
from handlers.texts import N_
from services.periods import Period, Span

SPANS = {
    Span.TODAY: N_("Today"),
    Span.WEEK: N_("7 days"),
    Span.THIRTY_DAYS: N_("30 days"),
    Span.MONTH: N_("This month"),
    Span.ALWAYS: N_("Any time"),
}


@dataclass(frozen=True)
class DayChoice(Data):
    """A month to choose the first day from, and once that is chosen the last."""

    month: date
    first: date | None = None


DC = TypeVar("DC", bound=DayChoice)


def rows(ctx: Context, chosen: Callable[[Span], Data], days: type[DayChoice]) -> Rows:
    """Return the buttons of the usual spans, and the one to the calendar."""
    t = ctx.t
    found = keyboards.in_rows(Button(t.plain(label), chosen(span)) for span, label in SPANS.items())
    found.append([Button(t.plain(":date: Choose the days"), days(ctx.view.today.replace(day=1)))])
    return found


def calendar(ctx: Context, data: DC, back: Data, chosen: Callable[[date, date], Data]) -> Screen:
    """Let the first day be chosen, then the last; ``chosen`` gets them in their order."""
    t, today = ctx.t, ctx.view.today
    first = data.month.replace(day=1)

    def button(day: date) -> Button:
        if day > today:
            return Button("·", calendars.Nothing())
        if data.first is None:
            return Button(str(day.day), replace(data, first=day))
        label = f"[{day.day}]" if day == data.first else str(day.day)
        return Button(label, chosen(min(day, data.first), max(day, data.first)))

    grid = calendars.grid(first, ctx.view.language, button)
    turn = [Button("◀", replace(data, month=calendars.month_from(first, -1)))] if first.year > 2000 else []
    if calendars.month_from(first, 1) <= today:
        turn.append(Button("▶", replace(data, month=calendars.month_from(first, 1))))
    grid += [turn, [Button(t.plain(":leftwards_arrow_with_hook: Back"), back)]]
    month = calendars.title(first, ctx.view.language)
    if data.first is None:
        return Screen(t("From which day? <b>{month}</b>", month=month), grid, data)
    text = t("From {day} to which day? <b>{month}</b>", day=ctx.view.day(data.first), month=month)
    return Screen(text, grid, data)


def name(view: View, span: Span, period: Period | None) -> str:
    """Return what a period is called on its button."""
    if period is None:
        return view.t.plain(SPANS[Span.ALWAYS])
    if span is not Span.CHOSEN:
        return view.t.plain(SPANS[span])
    first, last = view.short_day(period.first), view.short_day(period.last)
    return first if first == last else f"{first}–{last}"
