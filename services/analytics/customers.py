"""Who bought, for the first time or again, and who stays away."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Row, func, select
from sqlalchemy.orm import Session

from models import Customer, Order
from services import company
from services.analytics import selecting
from services.report_periods import ReportPeriod


@dataclass(frozen=True, slots=True)
class CustomerRow:
    """A customer who bought in the period, or is silent: bought in the one before only."""

    customer_id: int
    name: str
    amount: int
    orders: int
    before: int
    days_since: int
    is_first: bool

    @property
    def average(self) -> int:
        """An order's average sum."""
        return selecting.average(self.amount, self.orders)


@dataclass(frozen=True, slots=True)
class Customers:
    """Who bought, the largest sum first; who is silent, the largest sum before first."""

    period: ReportPeriod
    buyers: tuple[CustomerRow, ...]
    silent: tuple[CustomerRow, ...]


def customers(session: Session, period: ReportPeriod) -> Customers:
    """Return who bought, with first-time ones marked, and who only did in the period before."""
    now, before = _by_customer(session, period), _by_customer(session, period.before)
    names = selecting.pairs(session, select(Customer.id, Customer.name))
    new = _first_timers(session, period)
    zone = company.zone(session)
    until = min(period.last, company.local_now(session).date())

    def row(key: int, own: Row[*tuple[Any, ...]], *, is_buyer: bool) -> CustomerRow:
        last_on: date = own.last_at.astimezone(zone).date()
        return CustomerRow(
            key,
            names[key],
            amount=int(own.amount) if is_buyer else 0,
            orders=own.orders if is_buyer else 0,
            before=int(before[key].amount) if key in before else 0,
            days_since=(until - last_on).days,
            is_first=is_buyer and key in new,
        )

    buyers = [row(key, own, is_buyer=True) for key, own in now.items()]
    silent = [row(key, own, is_buyer=False) for key, own in before.items() if key not in now]
    return Customers(
        period,
        tuple(sorted(buyers, key=lambda one: (-one.amount, one.name, one.customer_id))),
        tuple(sorted(silent, key=lambda one: (-one.before, one.name, one.customer_id))),
    )


def _by_customer(session: Session, period: ReportPeriod) -> dict[int, Row[*tuple[Any, ...]]]:
    columns = [selecting.amount, selecting.orders, func.max(Order.loaded_at).label("last_at")]
    rows = selecting.loaded_by(session, period, Order.customer_id, *columns)
    return {key: row for key, row in rows.items() if row.orders}


def _first_timers(session: Session, period: ReportPeriod) -> set[int]:
    """Return who had nothing loaded before the period."""
    start, _ = period.moments(company.zone(session))
    earlier = select(Order.customer_id).where(Order.loaded_at < start)
    bought = select(Order.customer_id).where(selecting.within(session, period, Order.loaded_at))
    return set(session.execute(bought.except_(earlier)).scalars())
