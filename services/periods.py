"""Stretches of the company's days that lists are narrowed to: today, the last week, any from–to."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
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

    def moments(self, zone: ZoneInfo) -> tuple[datetime, datetime]:
        """Return the moment the period begins in ``zone`` and the one at which it is over."""
        after = self.last + timedelta(days=1)
        return datetime.combine(self.first, time(), zone), datetime.combine(after, time(), zone)


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
