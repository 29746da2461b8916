"""Periods that reports are about, what each is compared with, and the bars of its chart. Pure."""

from __future__ import annotations

import enum
import re
from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from services.errors import Invalid
from services.periods import Period, midnight

FIRST_YEAR = 2000
MAX_YEARS = 10
MOST_DAYS, MOST_WEEKS, MOST_MONTHS = 31, 27, 37
"""How many bars of a length a chart has room for."""

_DAY = timedelta(days=1)
_DATE = re.compile(r"(\d{1,2})[./](\d{1,2})[./](\d{4}|\d{2})|(\d{4})-(\d{2})-(\d{2})", re.ASCII)
_BETWEEN = re.compile(r"\s*(?:[-–—…]|\.\.\.?|по|to)?\s*", re.IGNORECASE)
_BEFORE = re.compile(r"\s*(?:с|from)?\s*", re.IGNORECASE)


class Cycle(enum.Enum):
    """Which round of business a period is a part of; it decides what the period is compared with."""

    DAY = "d"
    WEEK = "w"
    MONTH = "m"
    QUARTER = "q"
    ANY = "a"


class Step(enum.Enum):
    """How long a bar of a chart is."""

    HOUR = "hour"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"


@dataclass(frozen=True, slots=True)
class ReportPeriod(Period):
    """A period that knows what it is compared with."""

    cycle: Cycle = Cycle.ANY

    @property
    def before(self) -> ReportPeriod:
        """What it is compared with.

        A day with the day before, a week so far with the same days of the last one, a month or quarter so
        far with the last one up to the same day (a whole one with a whole one). Any other period: whole
        months with as many months before, else as many days right before.
        """
        if self.cycle in (Cycle.MONTH, Cycle.QUARTER):
            return self._months_earlier(1 if self.cycle is Cycle.MONTH else 3)
        if self.cycle is Cycle.ANY and self.first.day == 1 and _is_last(self.last):
            return self._months_earlier(_month_number(self.last) - _month_number(self.first) + 1)
        back = timedelta(days=7 if self.cycle is Cycle.WEEK else self.days)
        return ReportPeriod(self.first - back, self.last - back, self.cycle)

    @property
    def step(self) -> Step:
        """The shortest bar that leaves a chart readable."""
        if self.days == 1:
            return Step.HOUR
        if self.days <= MOST_DAYS:
            return Step.DAY
        if self.days <= 7 * MOST_WEEKS:
            return Step.WEEK
        months = _month_number(self.last) - _month_number(self.first) + 1
        return Step.MONTH if months <= MOST_MONTHS else Step.QUARTER

    def cuts(self, step: Step, zone: ZoneInfo) -> list[datetime]:
        """Return the moments (UTC) its bars begin, and at last the one the last bar ends."""
        start, end = self.moments(zone)
        if step is Step.HOUR:
            hours = (end - start) // timedelta(hours=1)
            return [start + timedelta(hours=hour) for hour in range(hours)] + [end]
        return [midnight(day, zone) for day in self._starts(step)] + [end]

    def _starts(self, step: Step) -> Iterator[date]:
        day = self.first
        while day <= self.last:
            yield day
            if step in (Step.DAY, Step.WEEK):
                day += _DAY if step is Step.DAY else 7 * _DAY
            else:
                months = 1 if step is Step.MONTH else 3
                number = _month_number(day)
                day = _first_of(number - number % months + months)

    def _months_earlier(self, months: int) -> ReportPeriod:
        last = _first_of(_month_number(self.last) - months)
        length = monthrange(last.year, last.month)[1]
        day = length if _is_last(self.last) else min(self.last.day, length)
        first = _first_of(_month_number(self.first) - months)
        return ReportPeriod(first, last.replace(day=day), self.cycle)


def of(cycle: Cycle, today: date) -> ReportPeriod:
    """Return the day, week (from Monday), month or quarter ``today`` is in, as far as it has come."""
    starts = {
        Cycle.DAY: today,
        Cycle.WEEK: today - today.weekday() * _DAY,
        Cycle.MONTH: today.replace(day=1),
        Cycle.QUARTER: today.replace(month=(today.month - 1) // 3 * 3 + 1, day=1),
    }
    return ReportPeriod(starts[cycle], today, cycle)


def parse(text: str, today: date) -> ReportPeriod:
    """Return the period typed as «01.10.2026–15.11.2026» or «с 1.10.26 по 15.11.26».

    Two dates the wrong way round are put right, as the journal does. Raises Invalid ``period_form`` unless
    there are two dates and nothing else, ``period_day`` for a date no calendar has, and what
    :func:`checked` does.
    """
    found = list(_DATE.finditer(text))
    if len(found) != 2:
        raise Invalid("period_form")
    first, second = found
    between, around = text[first.end() : second.start()], text[: first.start()]
    is_clean = _BEFORE.fullmatch(around) and _BETWEEN.fullmatch(between) and not text[second.end() :].strip()
    if not between or not is_clean:
        raise Invalid("period_form")
    days = sorted((_day(first), _day(second)))
    return checked(ReportPeriod(days[0], days[1]), today)


def checked(period: ReportPeriod, today: date) -> ReportPeriod:
    """Return the period; raises Invalid when it runs backwards, hasn't begun, or is absurdly far or long."""
    if period.last < period.first:
        raise Invalid("period_reversed")
    last_year = today.year + 1
    if period.first.year < FIRST_YEAR or period.last.year > last_year:
        raise Invalid("period_far", first=FIRST_YEAR, last=last_year)
    if period.first > today:
        raise Invalid("period_future")
    if period.days > MAX_YEARS * 366:
        raise Invalid("period_long", years=MAX_YEARS)
    return period


def _day(match: re.Match[str]) -> date:
    day, month, year, *iso = match.groups()
    if year is None:
        year, month, day = iso
    try:
        return date(int(year) + (2000 if len(year) == 2 else 0), int(month), int(day))
    except ValueError:
        raise Invalid("period_day", typed=match[0]) from None


def _month_number(day: date) -> int:
    """Months since the year 0; January is a multiple of twelve, a quarter's first of three."""
    return day.year * 12 + day.month - 1


def _first_of(month_number: int) -> date:
    return date(month_number // 12, month_number % 12 + 1, 1)


def _is_last(day: date) -> bool:
    return (day + _DAY).day == 1
