"""A month on buttons, for whoever lets a day be chosen."""

from __future__ import annotations

import calendar
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

from handlers.callbacks import Data
from handlers.routing import Router
from handlers.screen import Button, Rows
from services import formats

_MONDAY = date(2024, 1, 1)
_MONTHS = {
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
class Nothing(Data, code="x"):
    """A label that looks like a button."""


def register(router: Router) -> None:
    """Register what a press on a mere label does."""
    router.button(Nothing, lambda _ctx, _data: None)


def title(first: date, language: str) -> str:
    """Return «Ноябрь 2026»."""
    return f"{_MONTHS[language][first.month - 1]} {first.year}"


def grid(first: date, language: str, button: Callable[[date], Button]) -> Rows:
    """Return the weekdays and the weeks of the month that begins on ``first``, a button for each day."""
    names = [formats.weekday_short(_MONDAY + timedelta(days=number), language) for number in range(7)]
    return [
        [Button(name, Nothing()) for name in names],
        *(
            [button(day) if day.month == first.month else Button("·", Nothing()) for day in week]
            for week in calendar.Calendar().monthdatescalendar(first.year, first.month)
        ),
    ]


def month_from(day: date, ahead: int) -> date:
    """Return the first day of the month ``ahead`` months after that of ``day``, before it when negative."""
    number = day.year * 12 + day.month - 1 + ahead
    return date(number // 12, number % 12 + 1, 1)
