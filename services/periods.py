"""Stretches of the company's days: those lists are narrowed to, and what reports make theirs of."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo


class Span(enum.Enum):
    """How a period is chosen; all but CHOSEN move on with the calendar."""

    ALWAYS = "a"
    TODAY = "t"
    WEEK = "w"
    THIRTY_DAYS = "d"
    MONTH = "m"
    CHOSEN = "c"


_DAYS = {Span.TODAY: 1, Span.WEEK: 7, Span.THIRTY_DAYS: 30}


@dataclass(frozen=True, slots=True)
class Period:
    """The days from ``first`` to ``last``, both included."""

    first: date
    last: date

    @property
    def days(self) -> int:
        """How many days it has."""
        return (self.last - self.first).days + 1

    def moments(self, zone: ZoneInfo) -> tuple[datetime, datetime]:
        """Return the moment (UTC) the period begins in ``zone`` and the one at which it is over."""
        return midnight(self.first, zone), midnight(self.last + timedelta(days=1), zone)


def period(span: Span, today: date, first: date | None = None, last: date | None = None) -> Period | None:
    """Return the days of a span seen from ``today``; None for ALWAYS, and for CHOSEN without a day.

    ``first`` and ``last`` matter for CHOSEN only and may come in either order.
    """
    if span in _DAYS:
        return Period(today - timedelta(days=_DAYS[span] - 1), today)
    if span is Span.MONTH:
        return Period(today.replace(day=1), today)
    if span is Span.ALWAYS or first is None or last is None:
        return None
    return Period(min(first, last), max(first, last))


def midnight(day: date, zone: ZoneInfo) -> datetime:
    """Return the moment (UTC) a day begins on the company's clock."""
    return datetime.combine(day, time(), zone).astimezone(UTC)
