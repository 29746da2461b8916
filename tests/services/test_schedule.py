from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, update
from sqlalchemy.orm import Session

from models import Customer, Database, DeliveryWindow, Holiday, Product, User, Warehouse, WorkingHours
from services import company, drafts, schedule
from services.errors import Conflict, Invalid
from services.schedule import Hours, WorkingCalendar
from tests.conftest import Cast
from tests.services import acts

MOSCOW = ZoneInfo("Europe/Moscow")
WEEK = {day: Hours(time(9), time(18), time(13), time(14)) for day in range(5)}
FRIDAY = date(2026, 11, 20)
MONDAY, TUESDAY = date(2026, 11, 23), date(2026, 11, 24)


def at(clock: time, day: date = FRIDAY) -> WorkingCalendar:
    return WorkingCalendar(
        now=datetime.combine(day, clock, MOSCOW),
        hours=WEEK,
        holidays=frozenset(),
        cutoff_at=time(16),
        days_ahead=60,
    )


@pytest.mark.parametrize(
    ("clock", "first"),
    [
        (time(0, 0), date(2026, 11, 21)),
        (time(15, 59, 59), date(2026, 11, 21)),
        (time(16, 0), date(2026, 11, 22)),
        (time(23, 59), date(2026, 11, 22)),
    ],
)
def test_after_the_cut_off_the_first_day_is_one_later(clock: time, first: date) -> None:
    assert at(clock).first_day == first


@pytest.mark.parametrize(
    ("day", "why"),
    [
        (date(2026, 11, 19), "date_past"),
        (FRIDAY, "date_too_soon"),
        (date(2026, 11, 21), "date_closed"),
        (MONDAY, None),
        (date(2027, 1, 19), None),
        (date(2027, 1, 20), "date_too_far"),
        (date(2026, 1, 1), "date_past"),
        (date(2099, 1, 1), "date_too_far"),
    ],
)
def test_a_day_that_cannot_be_chosen_says_why(day: date, why: str | None) -> None:
    assert at(time(12)).refusal(day) == why


def test_tomorrow_is_too_soon_after_the_cut_off() -> None:
    wednesday, thursday = date(2026, 11, 18), date(2026, 11, 19)
    assert at(time(15), wednesday).refusal(thursday) is None
    assert at(time(16), wednesday).refusal(thursday) == "date_too_soon"


def test_a_holiday_is_closed_whatever_its_weekday() -> None:
    working = replace(at(time(12)), holidays=frozenset({MONDAY}))
    assert working.refusal(MONDAY) == "date_closed"
    assert working.next_possible(FRIDAY) == TUESDAY


def test_a_warehouse_that_never_opens_has_no_next_day() -> None:
    assert replace(at(time(12)), hours={}).next_possible(FRIDAY) is None


@given(
    st.datetimes(datetime(2026, 1, 1), datetime(2028, 1, 1)),  # noqa: DTZ001
    st.sets(st.integers(0, 6)),
    st.integers(0, 90),
)
def test_the_next_possible_day_is_the_first_that_is_not_refused(
    now: datetime, weekdays: set[int], days_on: int
) -> None:
    working = WorkingCalendar(
        now=now.replace(tzinfo=MOSCOW),
        hours={day: Hours(time(9), time(18)) for day in weekdays},
        holidays=frozenset({now.date() + timedelta(days=2)}),
        cutoff_at=time(16),
        days_ahead=60,
    )
    start = now.date() + timedelta(days=days_on)
    open_days = (start + timedelta(days=more) for more in range(70))
    assert working.next_possible(start) == next(
        (day for day in open_days if working.refusal(day) is None), None
    )


def clocks(working: WorkingCalendar, minutes: int) -> list[str]:
    return [f"{start:%H:%M}–{end:%H:%M}" for start, end in working.spans(MONDAY, minutes)]


def test_windows_are_whole_and_leave_the_break_out() -> None:
    assert clocks(at(time(12)), 120) == ["09:00–11:00", "11:00–13:00", "14:00–16:00", "16:00–18:00"]
    assert clocks(at(time(12)), 180) == ["09:00–12:00", "14:00–17:00"]
    assert clocks(at(time(12)), 600) == []


def test_without_a_break_windows_go_through() -> None:
    working = replace(at(time(12)), hours={0: Hours(time(9), time(14, 30))})
    assert clocks(working, 120) == ["09:00–11:00", "11:00–13:00"]


def test_the_day_is_cut_by_the_company_s_clock(database: Database, cast: Cast) -> None:
    # 22:30 on Thursday in UTC is half past one on Friday in Moscow.
    with database.unit_of_work(datetime(2026, 11, 19, 22, 30, tzinfo=UTC)) as session:
        assert schedule.calendar(session).now.date() == FRIDAY
        with pytest.raises(Invalid) as caught:
            schedule.require_day(session, date(2026, 11, 19))
    assert caught.value.code == "date_past"


def test_a_refused_day_names_the_next_possible_one(session: Session) -> None:
    session.add(Holiday(closed_on=MONDAY))
    with pytest.raises(Invalid) as caught:
        schedule.require_day(session, date(2026, 11, 22))
    assert (caught.value.code, caught.value.params["next_day"]) == ("date_closed", TUESDAY)
    assert caught.value.params["last_day"] == date(2027, 1, 19)


def test_only_orders_that_were_sent_take_a_place(
    session: Session, anna: User, clara: User, romashka: Customer, water: Product, cast: Cast
) -> None:
    company.warehouse(session).window_capacity = 2
    vasilek = session.get_one(Customer, cast.vasilek)
    acts.draft(session, anna, romashka, {water: "1 шт"})
    assert [option.places_left for option in schedule.windows(session, MONDAY)] == [2, 2, 2, 2]
    acts.placed(session, clara, vasilek, {water: "1 шт"})
    assert [option.places_left for option in schedule.windows(session, MONDAY)] == [1, 2, 2, 2]


def test_a_full_window_cannot_be_chosen_and_the_next_free_one_is_named(session: Session) -> None:
    for hour in (9, 11, 14, 16):
        acts.fill_window(session, MONDAY, time(hour))
    with pytest.raises(Invalid) as caught:
        schedule.choose(session, MONDAY, time(9))
    free = caught.value.params["next_option"]
    assert caught.value.code == "window_full"
    assert (free.delivery_on, free.starts_at) == (TUESDAY, time(9))


def test_a_window_that_is_not_offered_is_gone(session: Session) -> None:
    with pytest.raises(Invalid) as caught:
        schedule.choose(session, MONDAY, time(13))
    assert caught.value.code == "window_gone"


def test_the_same_window_is_chosen_twice_as_one_row(session: Session) -> None:
    assert schedule.choose(session, MONDAY, time(9)) is schedule.choose(session, MONDAY, time(9))


def test_a_window_taken_meanwhile_is_found_at_place(
    session: Session, anna: User, romashka: Customer, water: Product
) -> None:
    order = acts.draft(session, anna, romashka, {water: "1 шт"})
    assert order.window is not None
    order.window.capacity = 0
    with pytest.raises(Conflict) as caught:
        schedule.require_place(session, order)
    assert caught.value.code == "window_taken"
    assert caught.value.params["next_option"].starts_at == time(11)
    drafts.set_window(session, order, MONDAY, time(11))
    schedule.require_place(session, order)


@pytest.mark.both_engines
def test_orders_of_windows_of_before_take_their_places_in_those_of_now(
    session: Session, anna: User, romashka: Customer, water: Product
) -> None:
    order = acts.placed(session, anna, romashka, {water: "1 шт"})
    assert order.window is not None
    assert (order.window.delivery_on, order.window.starts_at) == (MONDAY, time(9))
    store = company.warehouse(session)
    store.window_minutes = 60
    schedule.set_capacity(session, 2)
    left = [(option.starts_at, option.places_left) for option in schedule.windows(session, MONDAY)]
    assert left[:3] == [(time(9), 1), (time(10), 1), (time(11), 2)]
    hour = schedule.choose(session, MONDAY, time(9))
    assert (hour.ends_at, hour.capacity) == (time(10), 2)
    # The order stays where it was placed.
    assert (order.window.id != hour.id, order.window.ends_at) == (True, time(11))
    schedule.set_capacity(session, 1)
    assert [option.places_left for option in schedule.windows(session, MONDAY)][:3] == [0, 0, 1]


def test_a_draft_for_hours_that_were_changed_is_not_placed(
    session: Session, anna: User, romashka: Customer, water: Product
) -> None:
    order = acts.draft(session, anna, romashka, {water: "1 шт"})
    company.warehouse(session).window_minutes = 60
    with pytest.raises(Invalid) as caught:
        schedule.require_place(session, order)
    assert caught.value.code == "window_gone"


def test_a_capacity_is_for_days_to_come_only(session: Session) -> None:
    old = acts.fill_window(session, date(2026, 11, 19), time(9), capacity=5)
    new = acts.fill_window(session, MONDAY, time(9), capacity=5)
    schedule.set_capacity(session, 7)
    assert (old.capacity, new.capacity, schedule.windows(session, MONDAY)[0].places_left) == (5, 7, 7)


def test_a_day_that_went_by_is_found_at_place(database: Database, cast: Cast) -> None:
    with database.unit_of_work(datetime(2026, 11, 20, 9, 0, tzinfo=UTC)) as session:
        anna, romashka = session.get_one(User, cast.anna), session.get_one(Customer, cast.romashka)
        order_id = acts.draft(session, anna, romashka, {session.get_one(Product, cast.water): "1 шт"}).id
    with database.unit_of_work(datetime(2026, 11, 24, 9, 0, tzinfo=UTC)) as session:
        order = drafts.get(session, order_id, session.get_one(User, cast.anna))
        with pytest.raises(Invalid) as caught:
            schedule.require_place(session, order)
    assert caught.value.code == "date_past"


def test_a_day_whose_windows_are_all_full_is_not_free(session: Session) -> None:
    working = schedule.calendar(session)
    wednesday = TUESDAY + timedelta(days=1)
    for hour in (9, 11, 14, 16):
        acts.fill_window(session, TUESDAY, time(hour))
    acts.fill_window(session, wednesday, time(9))
    assert schedule.free_days(session, working, FRIDAY, wednesday) == {MONDAY, wednesday}
    assert [option.places_left for option in schedule.windows(session, TUESDAY)] == [0, 0, 0, 0]


def test_the_next_free_window_is_found_however_far_it_is(session: Session) -> None:
    session.execute(update(Warehouse).values(window_capacity=0))
    assert schedule.next_free(session, FRIDAY) is None
    last = schedule.calendar(session).last_day
    acts.fill_window(session, last, time(16), capacity=1)
    free = schedule.next_free(session, FRIDAY)
    assert free is not None
    assert (free.delivery_on, free.starts_at, free.places_left) == (last, time(16), 1)


def test_a_refused_day_names_the_next_one_with_a_place(session: Session) -> None:
    for hour in (9, 11, 14, 16):
        acts.fill_window(session, MONDAY, time(hour))
    with pytest.raises(Invalid) as caught:
        schedule.require_day(session, date(2026, 11, 21))
    assert caught.value.params["next_day"] == TUESDAY


# Opening hours, with or without a break inside them, in quarters of an hour.
quarters = st.lists(st.integers(0, 95), min_size=4, max_size=4, unique=True).map(sorted)


def _hours(marks: list[int], *, pauses: bool) -> Hours:
    opens, pause, resumes, closes = (time(mark // 4, mark % 4 * 15) for mark in marks)
    return Hours(opens, closes, pause, resumes) if pauses else Hours(opens, closes)


week = st.dictionaries(st.integers(0, 6), st.builds(_hours, quarters, pauses=st.booleans()))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    now=st.datetimes(datetime(2026, 1, 1), datetime(2028, 1, 1)),  # noqa: DTZ001
    hours=week,
    holidays=st.sets(st.integers(-3, 63), max_size=20),
    minutes=st.sampled_from([30, 45, 120, 300]),
    cutoff=st.integers(0, 23),
)
def test_what_is_offered_can_be_kept(
    session: Session,
    now: datetime,
    hours: dict[int, Hours],
    holidays: set[int],
    minutes: int,
    cutoff: int,
) -> None:
    """No offered day is closed, past or too far; every window lies in the hours and beside the break."""
    session.info["now"] = now.replace(tzinfo=MOSCOW)
    _set_up(session, hours, {now.date() + timedelta(days=number) for number in holidays}, minutes, cutoff)
    working = schedule.calendar(session)
    far = timedelta(days=200)
    offered = list(schedule._offered(session, working, now.date() - far, now.date() + far))
    free = schedule.free_days(session, working, now.date() - far, now.date() + far)
    assert free == {option.delivery_on for option in offered}
    nearest = schedule.next_free(session, now.date() - far)
    assert (nearest.delivery_on if nearest else None) == min(free, default=None)
    for option in offered:
        day, own = option.delivery_on, hours[option.delivery_on.weekday()]
        ahead = (day - now.date()).days
        assert (1 if now.hour < cutoff else 2) <= ahead <= 60
        assert ahead not in holidays
        assert own.opens_at <= option.starts_at < option.ends_at <= own.closes_at
        if own.break_from is not None and own.break_to is not None:
            assert option.ends_at <= own.break_from or option.starts_at >= own.break_to
        assert working.refusal(day) is None
    for day in free:
        assert [option for option in offered if option.delivery_on == day] == schedule.windows(session, day)


def _set_up(
    session: Session, hours: dict[int, Hours], holidays: set[date], minutes: int, cutoff: int
) -> None:
    for kind in (WorkingHours, Holiday, DeliveryWindow):
        session.execute(delete(kind))
    session.expunge_all()
    for weekday, own in hours.items():
        row = WorkingHours(weekday=weekday, opens_at=own.opens_at, closes_at=own.closes_at)
        row.break_from, row.break_to = own.break_from, own.break_to
        session.add(row)
    session.add_all(Holiday(closed_on=day) for day in holidays)
    session.execute(update(Warehouse).values(window_minutes=minutes, cutoff_at=time(cutoff)))
    session.flush()
