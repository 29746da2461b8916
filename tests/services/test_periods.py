from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services import periods
from services.periods import Period, Span

TODAY = date(2026, 11, 20)


@pytest.mark.parametrize(
    ("span", "first"),
    [
        (Span.TODAY, date(2026, 11, 20)),
        (Span.WEEK, date(2026, 11, 14)),
        (Span.THIRTY_DAYS, date(2026, 10, 22)),
        (Span.MONTH, date(2026, 11, 1)),
    ],
)
def test_a_named_period_ends_today(span: Span, first: date) -> None:
    assert periods.period(span, TODAY) == Period(first, TODAY)


def test_all_time_is_no_period() -> None:
    assert periods.period(Span.ALWAYS, TODAY) is None
    assert periods.period(Span.CHOSEN, TODAY) is None
    assert periods.period(Span.CHOSEN, TODAY, TODAY) is None


def test_chosen_days_come_in_either_order() -> None:
    early = date(2026, 2, 3)
    assert periods.period(Span.CHOSEN, TODAY, TODAY, early) == Period(early, TODAY)


def test_days_are_cut_in_the_company_s_zone() -> None:
    begin, end = Period(TODAY, TODAY).moments(ZoneInfo("Europe/Moscow"))
    assert begin == datetime(2026, 11, 19, 21, 0, tzinfo=UTC)
    assert end == datetime(2026, 11, 20, 21, 0, tzinfo=UTC)


def test_a_day_the_clock_was_put_back_on_has_25_hours() -> None:
    night = date(2026, 10, 25)
    begin, end = Period(night, night).moments(ZoneInfo("Europe/Berlin"))
    assert end.astimezone(UTC) - begin.astimezone(UTC) == timedelta(hours=25)


@given(st.dates(date(2000, 1, 1), date(2099, 1, 1)), st.dates(date(2000, 1, 1), date(2099, 1, 1)))
def test_neighbouring_periods_leave_no_moment_out(one: date, other: date) -> None:
    zone = ZoneInfo("Europe/Moscow")
    first, last = min(one, other), max(one, other)
    _, end = Period(first, last).moments(zone)
    begin, _ = Period(last + timedelta(days=1), last + timedelta(days=9)).moments(zone)
    assert end == begin
