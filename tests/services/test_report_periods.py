from datetime import date, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services import report_periods
from services.errors import Invalid
from services.periods import midnight
from services.report_periods import Cycle, ReportPeriod, Step

TODAY = date(2026, 11, 20)
MOSCOW = ZoneInfo("Europe/Moscow")


def days(text: str) -> tuple[date, date]:
    since, until = text.split("/")
    return date.fromisoformat(since), date.fromisoformat(until)


@pytest.mark.parametrize(
    ("cycle", "own", "before"),
    [
        (Cycle.DAY, "2026-11-20/2026-11-20", "2026-11-19/2026-11-19"),
        (Cycle.WEEK, "2026-11-16/2026-11-20", "2026-11-09/2026-11-13"),
        (Cycle.MONTH, "2026-11-01/2026-11-20", "2026-10-01/2026-10-20"),
        (Cycle.QUARTER, "2026-10-01/2026-11-20", "2026-07-01/2026-08-20"),
    ],
)
def test_the_usual_periods_and_what_they_are_compared_with(cycle: Cycle, own: str, before: str) -> None:
    period = report_periods.of(cycle, TODAY)
    assert (period.first, period.last) == days(own)
    assert (period.before.first, period.before.last) == days(before)


@pytest.mark.parametrize(
    ("cycle", "own", "before"),
    [
        # A whole month stands against a whole one, however long.
        (Cycle.MONTH, "2026-11-01/2026-11-30", "2026-10-01/2026-10-31"),
        (Cycle.MONTH, "2026-03-01/2026-03-30", "2026-02-01/2026-02-28"),
        (Cycle.MONTH, "2027-01-01/2027-01-15", "2026-12-01/2026-12-15"),
        (Cycle.QUARTER, "2027-01-01/2027-02-10", "2026-10-01/2026-11-10"),
        (Cycle.ANY, "2026-10-01/2026-10-31", "2026-09-01/2026-09-30"),
        (Cycle.ANY, "2028-02-01/2028-02-29", "2028-01-01/2028-01-31"),
        (Cycle.ANY, "2026-01-01/2026-12-31", "2025-01-01/2025-12-31"),
        (Cycle.ANY, "2026-10-01/2026-11-15", "2026-08-16/2026-09-30"),
        (Cycle.ANY, "2026-11-03/2026-11-03", "2026-11-02/2026-11-02"),
    ],
)
def test_what_a_period_is_compared_with(cycle: Cycle, own: str, before: str) -> None:
    period = ReportPeriod(*days(own), cycle)
    assert (period.before.first, period.before.last) == days(before)


@pytest.mark.parametrize(
    "text",
    [
        "01.10.2026–15.11.2026",
        "01.10.2026-15.11.2026",
        " 1.10.26 — 15.11.26 ",
        "с 01.10.2026 по 15.11.2026",
        "from 1/10/2026 to 15/11/2026",
        "2026-10-01 – 2026-11-15",
        "01.10.2026 15.11.2026",
        "15.11.2026–01.10.2026",
    ],
)
def test_a_period_is_typed_in_many_ways(text: str) -> None:
    assert report_periods.parse(text, TODAY) == ReportPeriod(date(2026, 10, 1), date(2026, 11, 15))


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "period_form"),
        ("октябрь", "period_form"),
        ("01.10.2026", "period_form"),
        ("01.10.2026–", "period_form"),
        ("–15.11.2026", "period_form"),
        ("01.10.202615.11.2026", "period_form"),
        ("01.10.2026 или 15.11.2026", "period_form"),
        ("01.10.2026–15.11.2026–20.11.2026", "period_form"),
        ("01.10.2026–15.11.2026 и дальше", "period_form"),
        ("٠١.١٠.٢٠٢٦–١٥.١١.٢٠٢٦", "period_form"),
        ("31.02.2026–15.11.2026", "period_day"),
        ("01.13.2026–15.11.2026", "period_day"),
        ("00.10.2026–15.11.2026", "period_day"),
        ("01.10.1926–15.11.2026", "period_far"),
        ("01.10.2026–15.11.2926", "period_far"),
        ("01.10.0000–15.11.2026", "period_day"),
        ("21.11.2026–22.11.2026", "period_future"),
        ("01.01.2010–15.11.2026", "period_long"),
    ],
)
def test_what_is_no_period_is_refused(text: str, code: str) -> None:
    with pytest.raises(Invalid) as refused:
        report_periods.parse(text, TODAY)
    assert refused.value.code == code


def test_a_period_may_reach_beyond_today() -> None:
    assert report_periods.parse("01.11.2026–30.11.2026", TODAY).last == date(2026, 11, 30)


def test_a_day_of_summer_time_has_its_own_number_of_hours() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    spring, autumn = date(2026, 3, 29), date(2026, 10, 25)
    for day, hours in ((spring, 23), (autumn, 25), (TODAY, 24)):
        cuts = ReportPeriod(day, day, Cycle.DAY).cuts(Step.HOUR, berlin)
        assert len(cuts) == hours + 1
        assert cuts[-1] == midnight(day + timedelta(days=1), berlin)


@pytest.mark.parametrize(
    ("own", "step", "bars"),
    [
        ("2026-11-20/2026-11-20", Step.HOUR, 24),
        ("2026-11-01/2026-11-30", Step.DAY, 30),
        ("2026-07-01/2026-09-30", Step.WEEK, 14),
        ("2026-01-15/2026-12-31", Step.MONTH, 12),
        ("2017-02-01/2026-11-20", Step.QUARTER, 40),
    ],
)
def test_a_chart_s_bars_are_as_short_as_stays_readable(own: str, step: Step, bars: int) -> None:
    period = ReportPeriod(*days(own))
    assert period.step is step
    assert len(period.cuts(step, MOSCOW)) == bars + 1


@given(
    since=st.dates(date(2001, 1, 1), date(2026, 1, 1)),
    length=st.integers(0, 3600),
    cycle=st.sampled_from(Cycle),
)
def test_bars_cover_a_period_without_gap_or_overlap(since: date, length: int, cycle: Cycle) -> None:
    period = ReportPeriod(since, since + timedelta(days=length), cycle)
    cuts = period.cuts(period.step, MOSCOW)
    assert cuts == sorted(set(cuts))
    assert (cuts[0], cuts[-1]) == period.moments(MOSCOW)
    assert len(cuts) <= 42


@given(since=st.dates(date(2001, 1, 1), date(2026, 1, 1)), length=st.integers(0, 800))
def test_the_period_before_ends_where_the_period_begins(since: date, length: int) -> None:
    period = ReportPeriod(since, since + timedelta(days=length))
    assert period.before.last == since - timedelta(days=1)
