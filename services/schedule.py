"""Which days and windows the warehouse offers, by the company's local time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from models import DeliveryWindow, Holiday, Order, WorkingHours
from services import company, orders
from services.errors import Conflict, Invalid


@dataclass(frozen=True, slots=True)
class Hours:
    """When the warehouse loads on one weekday."""

    opens_at: time
    closes_at: time
    break_from: time | None = None
    break_to: time | None = None


@dataclass(frozen=True, slots=True)
class WorkingCalendar:
    """The days that can be chosen, seen from ``now`` on the company's clock. Pure."""

    now: datetime
    hours: dict[int, Hours]
    holidays: frozenset[date]
    cutoff_at: time
    days_ahead: int

    @property
    def first_day(self) -> date:
        """The earliest day there is time to prepare for: tomorrow, after the cut-off the day after."""
        days = 1 if self.now.time() < self.cutoff_at else 2
        return self.now.date() + timedelta(days=days)

    @property
    def last_day(self) -> date:
        """The furthest day that can be chosen."""
        return self.now.date() + timedelta(days=self.days_ahead)

    def is_open(self, day: date) -> bool:
        """Tell whether the warehouse works on ``day`` at all."""
        return day.weekday() in self.hours and day not in self.holidays

    def refusal(self, day: date) -> str | None:
        """Return why ``day`` cannot be chosen, as an error code; None when it can."""
        if day < self.now.date():
            return "date_past"
        if day < self.first_day:
            return "date_too_soon"
        if day > self.last_day:
            return "date_too_far"
        return None if self.is_open(day) else "date_closed"

    def next_possible(self, day: date) -> date | None:
        """Return the first day from ``day`` on that can be chosen, None when there is none."""
        candidate = max(day, self.first_day)
        while candidate <= self.last_day:
            if self.is_open(candidate):
                return candidate
            candidate += timedelta(days=1)
        return None

    def spans(self, day: date, minutes: int) -> Iterator[tuple[time, time]]:
        """Yield the day's windows: whole spans of ``minutes`` around the break, none when it is closed."""
        if not self.is_open(day):
            return
        hours = self.hours[day.weekday()]
        pauses = hours.break_from and hours.break_to
        parts = (
            [(hours.opens_at, hours.break_from), (hours.break_to, hours.closes_at)]
            if pauses
            else [(hours.opens_at, hours.closes_at)]
        )
        length = timedelta(minutes=minutes)
        for opens, closes in parts:
            if opens is None or closes is None:
                continue
            at, end = datetime.combine(day, opens), datetime.combine(day, closes)
            while at + length <= end:
                yield at.time(), (at + length).time()
                at += length


@dataclass(frozen=True, slots=True)
class WindowOption:
    """A window of a day and the places left in it."""

    delivery_on: date
    starts_at: time
    ends_at: time
    places_left: int


def calendar(session: Session) -> WorkingCalendar:
    """Return the warehouse's calendar as it stands now."""
    store = company.warehouse(session)
    hours = {
        row.weekday: Hours(row.opens_at, row.closes_at, row.break_from, row.break_to)
        for row in session.execute(select(WorkingHours)).scalars()
    }
    now = company.local_now(session)
    holidays = session.execute(select(Holiday.closed_on).where(Holiday.closed_on >= now.date())).scalars()
    return WorkingCalendar(now, hours, frozenset(holidays), store.cutoff_at, store.days_ahead)


def open_since(session: Session) -> datetime | None:
    """Return when the warehouse opened today; None while it is closed. A break counts as open."""
    working = calendar(session)
    today = working.now.date()
    if not working.is_open(today):
        return None
    hours = working.hours[today.weekday()]
    if not hours.opens_at <= working.now.time() < hours.closes_at:
        return None
    return datetime.combine(today, hours.opens_at, tzinfo=working.now.tzinfo)


def require_day(session: Session, day: date) -> WorkingCalendar:
    """Return the calendar when ``day`` can be chosen; raises Invalid naming why not and what is next."""
    working = calendar(session)
    refusal = working.refusal(day)
    if refusal is not None:
        free = next_free(session, day)
        next_day = free.delivery_on if free is not None else None
        raise Invalid(refusal, day=day, next_day=next_day, last_day=working.last_day)
    return working


def windows(session: Session, day: date) -> list[WindowOption]:
    """Return every window of ``day`` with the places left, full ones too; raises Invalid for a bad day."""
    return list(_offered(session, require_day(session, day), day, day))


def free_days(session: Session, working: WorkingCalendar, first: date, last: date) -> set[date]:
    """Return the days from ``first`` to ``last`` that can be chosen and have a window with a place."""
    return {option.delivery_on for option in _offered(session, working, first, last) if option.places_left}


def clock(text: str, day: date) -> time:
    """Return the time of day written as HHMM; raises Invalid ``window_gone`` for anything else."""
    try:
        return datetime.strptime(text, "%H%M").time()  # noqa: DTZ007  a time of day has no zone
    except ValueError:
        raise Invalid("window_gone", day=day) from None


def choose(session: Session, day: date, starts_at: time) -> DeliveryWindow:
    """Return the window, made when nobody chose it before; raises Invalid ``window_full``/``window_gone``."""
    options = windows(session, day)
    chosen = next((option for option in options if option.starts_at == starts_at), None)
    if chosen is None:
        raise Invalid("window_gone", day=day)
    if chosen.places_left == 0:
        raise Invalid("window_full", day=day, option=chosen, next_option=next_free(session, day))
    span = {"delivery_on": day, "starts_at": starts_at, "ends_at": chosen.ends_at}
    window = session.execute(select(DeliveryWindow).filter_by(**span)).scalar_one_or_none()
    if window is None:
        window = DeliveryWindow(**span, capacity=company.warehouse(session).window_capacity)
        session.add(window)
        session.flush()
    return window


def require_place(session: Session, order: Order) -> None:
    """Check an order's window again before it is placed.

    Raises Invalid, ``window_gone`` when the hours were changed meanwhile, or Conflict ``window_taken``.
    """
    window = order.window
    if window is None:
        raise Invalid("missing", parts=["window"])
    span = (window.starts_at, window.ends_at)
    options = windows(session, window.delivery_on)
    option = next((one for one in options if (one.starts_at, one.ends_at) == span), None)
    if option is None:
        raise Invalid("window_gone", day=window.delivery_on)
    if option.places_left == 0:
        raise Conflict("window_taken", window=window, next_option=next_free(session, window.delivery_on))


def set_capacity(session: Session, capacity: int) -> None:
    """Let so many orders into a window from now on; what is placed already stays where it is."""
    company.warehouse(session).window_capacity = capacity
    today = company.local_now(session).date()
    session.execute(
        update(DeliveryWindow).where(DeliveryWindow.delivery_on >= today).values(capacity=capacity)
    )


def next_free(session: Session, day: date) -> WindowOption | None:
    """Return the first window with a place from ``day`` on, as far ahead as can be chosen."""
    working = calendar(session)
    options = _offered(session, working, day, working.last_day)
    return next((option for option in options if option.places_left), None)


def _offered(session: Session, working: WorkingCalendar, first: date, last: date) -> Iterator[WindowOption]:
    """Yield the windows of every day that can be chosen from ``first`` to ``last``, in their order."""
    first, last = max(first, working.first_day), min(last, working.last_day)
    store = company.warehouse(session)
    chosen = select(DeliveryWindow).where(DeliveryWindow.delivery_on.between(first, last))
    kept: dict[date, list[DeliveryWindow]] = {}
    for window in session.scalars(chosen):
        kept.setdefault(window.delivery_on, []).append(window)
    taken = _taken(session, [window.id for day in kept.values() for window in day])
    for number in range((last - first).days + 1):
        day = first + timedelta(days=number)
        for starts_at, ends_at in working.spans(day, store.window_minutes):
            # Windows chosen before the hours were changed may lie across those offered now.
            across = [one for one in kept.get(day, []) if one.starts_at < ends_at and starts_at < one.ends_at]
            same = (one.capacity for one in across if (one.starts_at, one.ends_at) == (starts_at, ends_at))
            left = next(same, store.window_capacity) - sum(taken.get(one.id, 0) for one in across)
            yield WindowOption(day, starts_at, ends_at, max(0, left))


def _taken(session: Session, window_ids: list[int]) -> dict[int, int]:
    if not window_ids:
        return {}
    rows = session.execute(
        select(Order.window_id, func.count())
        .where(Order.window_id.in_(window_ids), Order.status.in_(orders.STARTED))
        .group_by(Order.window_id)
    )
    return {window_id: count for window_id, count in rows if window_id is not None}
