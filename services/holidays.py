"""Days the warehouse is closed whatever its weekday: entered one by one or as a range, named, taken away."""

from __future__ import annotations

import re
from datetime import date, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models import DeliveryWindow, Holiday, Order, OrderStatus, Role, User
from services import audit, auth, company, formats, paging
from services.errors import Invalid, NotFound
from services.paging import Page

MAX_NAME = 100
MOST_AT_ONCE = 31
_STILL_TO_GO = (OrderStatus.PLACED, OrderStatus.LOADING)
_DAY = r"([0-9]{1,2})\.([0-9]{1,2})(?:\.(20[0-9]{2}))?"
_TYPED = re.compile(rf"{_DAY}(?: ?[-\u2010-\u2015\u2212] ?{_DAY})?(?:[\s,:]+(.*))?", re.DOTALL)


def find(session: Session, page: int) -> Page[Holiday]:
    """Return a page of the holidays from today on, the next one first."""
    today = company.local_now(session).date()
    query = select(Holiday).where(Holiday.closed_on >= today).order_by(Holiday.closed_on)
    return paging.fetch(session, query, page)


def between(session: Session, first: date, last: date) -> set[date]:
    """Return the holidays of a span of days, both ends included."""
    query = select(Holiday.closed_on).where(Holiday.closed_on.between(first, last))
    return set(session.execute(query).scalars())


def get(session: Session, day: date) -> Holiday:
    """Return a holiday; raises NotFound ``holiday``."""
    found = session.get(Holiday, day)
    if found is None:
        raise NotFound("holiday")
    return found


def parse(text: str, today: date) -> tuple[date, date, str | None]:
    """Return first day, last day and name of «31.12», «01.01.2027–08.01.2027 Новый год».

    A day without a year is the next such day. Raises Invalid ``holiday_form``, ``holiday_order``,
    ``holiday_long`` (limit), ``too_long`` for the name.
    """
    match = _TYPED.fullmatch(text.strip())
    if match is None:
        raise Invalid("holiday_form")
    first = _day(match.group(1, 2, 3), today)
    last = _day(match.group(4, 5, 6), first) if match[4] else first
    if last < first:
        raise Invalid("holiday_order")
    if (last - first).days >= MOST_AT_ONCE:
        raise Invalid("holiday_long", limit=MOST_AT_ONCE)
    return first, last, check_name(match[7] or "")


def check_name(text: str) -> str | None:
    """Return a holiday's name on one line, None for nothing; raises Invalid ``too_long``."""
    name = formats.one_line(text)
    if len(name) > MAX_NAME:
        raise Invalid("too_long", limit=MAX_NAME)
    return name or None


def add(session: Session, first: date, last: date, name: str | None, actor: User) -> int:
    """Close the days from ``first`` to ``last``; return how many orders are to leave on them all the same.

    Their windows stay: whoever took them settles with the customer. Raises Invalid ``date_past`` (day).
    """
    auth.require(actor, Role.ADMIN)
    if first < company.local_now(session).date():
        raise Invalid("date_past", day=first)
    for number in range((last - first).days + 1):
        _close(session, first + timedelta(days=number), name, actor)
    session.flush()
    windows = select(DeliveryWindow.id).where(DeliveryWindow.delivery_on.between(first, last))
    query = select(func.count()).where(Order.window_id.in_(windows), Order.status.in_(_STILL_TO_GO))
    return session.execute(query).scalar_one()


def rename(session: Session, day: date, text: str, actor: User) -> None:
    """Give a holiday a name; raises NotFound, Invalid ``too_long``."""
    auth.require(actor, Role.ADMIN)
    _close(session, get(session, day).closed_on, check_name(text), actor)


def remove(session: Session, day: date, actor: User) -> None:
    """Make a holiday an ordinary day again; raises NotFound."""
    auth.require(actor, Role.ADMIN)
    found = get(session, day)
    audit.record(session, actor, "delete", "holiday", day, {"name": found.name}, None)
    session.delete(found)
    session.flush()


def _close(session: Session, day: date, name: str | None, actor: User) -> None:
    """Close a day, or give a closed one this name; without a name it keeps the one it has."""
    found = session.get(Holiday, day)
    before = None if found is None else {"name": found.name}
    if found is None:
        session.add(Holiday(closed_on=day, name=name))
    elif name is None or name == found.name:
        return
    else:
        found.name = name
    audit.record(session, actor, "update", "holiday", day, before, {"name": name})


def _day(parts: tuple[str, ...], after: date) -> date:
    """Return the day typed; without a year the first such day from ``after`` on."""
    number, month, year = parts
    years = [int(year)] if year else range(after.year, after.year + 5)
    for one in years:
        try:
            day = date(one, int(month), int(number))
        except ValueError:
            continue
        if year or day >= after:
            return day
    raise Invalid("holiday_form")
