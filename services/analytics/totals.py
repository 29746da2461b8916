"""The period in single figures, and bar by bar."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import NamedTuple

from sqlalchemy import case, func
from sqlalchemy.orm import Session

from models import Order, OrderEvent, OrderEventKind
from services import company
from services.analytics import selecting
from services.report_periods import ReportPeriod, Step


@dataclass(frozen=True, slots=True)
class Figures:
    """A period in single figures.

    ``orders`` are those with an invoice, ``waiting`` loads without one yet, ``foreign`` loads in another
    currency than the company's present one, which no sum holds.
    """

    turnover: int
    delivery: int
    orders: int
    customers: int
    short_amount: int
    short_lines: int
    cancelled: int
    rejected: int
    waiting: int
    foreign: int

    @property
    def average(self) -> int:
        """An order's average sum."""
        return selecting.average(self.turnover, self.orders)


@dataclass(frozen=True, slots=True)
class Totals:
    """The period, and the one before it."""

    period: ReportPeriod
    now: Figures
    before: Figures


class Bar(NamedTuple):
    """A bar of the chart: when it begins (UTC) and its turnover; None where a period has no such bar."""

    starts_at: datetime | None
    amount: int | None
    before_starts_at: datetime | None
    before: int | None


@dataclass(frozen=True, slots=True)
class Turnover:
    """The turnover in steps beside that of the period before."""

    period: ReportPeriod
    step: Step
    bars: tuple[Bar, ...]


def totals(session: Session, period: ReportPeriod) -> Totals:
    """Return the period in single figures, beside the one before."""
    return Totals(period, _figures(session, period), _figures(session, period.before))


def turnover(session: Session, period: ReportPeriod) -> Turnover:
    """Return the turnover hour by hour, day by day or in longer steps, as a chart shows it."""
    zone, step, bars = company.zone(session), period.step, []
    ours = _bars(session, period.cuts(step, zone))
    theirs = _bars(session, period.before.cuts(step, zone))
    for number in range(max(len(ours), len(theirs))):
        now = ours[number] if number < len(ours) else (None, None)
        before = theirs[number] if number < len(theirs) else (None, None)
        bars.append(Bar(*now, *before))
    return Turnover(period, step, tuple(bars))


def _figures(session: Session, period: ReportPeriod) -> Figures:
    columns = [selecting.amount, selecting.orders, selecting.customers]
    delivery = func.sum(case((selecting.has_invoice, Order.delivery_amount))).label("delivery")
    loads = func.count().label("loads")
    foreign = func.count(case((selecting.is_foreign(session), Order.id))).label("foreign")
    row = session.execute(selecting.loaded(session, period, loads, foreign, delivery, *columns)).one()
    short = session.execute(selecting.short(session, period)).one()
    kinds = (OrderEventKind.CANCELLED, OrderEventKind.REJECTED)
    ended = selecting.ended(session, period, OrderEvent.kind, *kinds)
    return Figures(
        turnover=int(row.amount),
        delivery=int(row.delivery or 0),
        orders=row.orders,
        customers=row.customers,
        short_amount=int(short.amount),
        short_lines=short.lines,
        cancelled=ended.get(OrderEventKind.CANCELLED, 0),
        rejected=ended.get(OrderEventKind.REJECTED, 0),
        waiting=row.loads - row.orders - row.foreign,
        foreign=row.foreign,
    )


def _bars(session: Session, cuts: list[datetime]) -> list[tuple[datetime, int]]:
    # A query per bar: they share the work of one, and no database has to cut days in a zone.
    query = selecting.invoiced(session, selecting.amount)
    bars = []
    for start, end in pairwise(cuts):
        amount = session.execute(query.where(selecting.between(Order.loaded_at, start, end))).scalar_one()
        bars.append((start, int(amount)))
    return bars
