"""What each sales rep sold and each storekeeper loaded."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Numeric, Row, func
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import Session
from sqlalchemy.sql.functions import FunctionElement

from models import Order, OrderEvent, OrderEventKind
from services.analytics import selecting
from services.money import half_up
from services.report_periods import ReportPeriod


@dataclass(frozen=True, slots=True)
class RepRow:
    """A sales rep's period."""

    user_id: int
    name: str
    amount: int
    orders: int
    customers: int
    cancelled: int
    before: int

    @property
    def average(self) -> int:
        """An order's average sum."""
        return selecting.average(self.amount, self.orders)


@dataclass(frozen=True, slots=True)
class Reps:
    """The reps, the largest sum first."""

    period: ReportPeriod
    rows: tuple[RepRow, ...]


@dataclass(frozen=True, slots=True)
class KeeperRow:
    """A storekeeper's period; the minutes are averages from placing, None where nothing was loaded."""

    user_id: int
    name: str
    loads: int
    minutes_to_claim: int | None
    minutes_to_load: int | None
    short_lines: int
    short_amount: int
    rejected: int
    before: int


@dataclass(frozen=True, slots=True)
class Keepers:
    """The storekeepers, the most loads first."""

    period: ReportPeriod
    rows: tuple[KeeperRow, ...]


def reps(session: Session, period: ReportPeriod) -> Reps:
    """Return what each rep sold, and how many of their orders were cancelled in the period."""
    now, before = _by_rep(session, period), _by_rep(session, period.before)
    cancelled = selecting.ended(session, period, Order.sales_rep_id, OrderEventKind.CANCELLED)
    rows = []
    for key, name in selecting.names(session, set().union(now, before, cancelled)).items():
        own, earlier = now.get(key), before.get(key)
        rows.append(
            RepRow(
                key,
                name,
                amount=int(own.amount) if own else 0,
                orders=own.orders if own else 0,
                customers=own.customers if own else 0,
                cancelled=cancelled.get(key, 0),
                before=int(earlier.amount) if earlier else 0,
            )
        )
    return Reps(period, tuple(sorted(rows, key=lambda one: (-one.amount, one.name, one.user_id))))


def keepers(session: Session, period: ReportPeriod) -> Keepers:
    """Return what each storekeeper loaded, how quickly, and what was short or turned down."""
    now, before = _by_keeper(session, period), _by_keeper(session, period.before)
    short = selecting.rows_by(session, selecting.short(session, period, selecting.by(Order.storekeeper_id)))
    rejected = selecting.ended(session, period, OrderEvent.user_id, OrderEventKind.REJECTED)
    rows = []
    for key, name in selecting.names(session, set().union(now, before, rejected)).items():
        own, earlier = now.get(key), before.get(key)
        rows.append(
            KeeperRow(
                key,
                name,
                loads=own.loads if own else 0,
                minutes_to_claim=_minutes(own.to_claim) if own else None,
                minutes_to_load=_minutes(own.to_load) if own else None,
                short_lines=short[key].lines if key in short else 0,
                short_amount=int(short[key].amount) if key in short else 0,
                rejected=rejected.get(key, 0),
                before=earlier.loads if earlier else 0,
            )
        )
    return Keepers(period, tuple(sorted(rows, key=lambda one: (-one.loads, one.name, one.user_id))))


class _Seconds(FunctionElement[float]):
    """The seconds from one moment to another; each database has its own word for it."""

    name = "seconds"
    inherit_cache = True
    type = Numeric(asdecimal=False)


@compiles(_Seconds, "sqlite")
def _seconds_sqlite(element: _Seconds, compiler: Any, **kw: Any) -> str:
    start, end = (compiler.process(clause, **kw) for clause in element.clauses)
    return f"(strftime('%s', {end}) - strftime('%s', {start}))"


@compiles(_Seconds, "postgresql")
def _seconds_postgresql(element: _Seconds, compiler: Any, **kw: Any) -> str:
    start, end = (compiler.process(clause, **kw) for clause in element.clauses)
    return f"extract(epoch from {end} - {start})"


def _by_rep(session: Session, period: ReportPeriod) -> dict[int, Row[*tuple[Any, ...]]]:
    columns = [selecting.amount, selecting.orders, selecting.customers]
    rows = selecting.loaded_by(session, period, Order.sales_rep_id, *columns)
    return {key: row for key, row in rows.items() if row.orders}


def _by_keeper(session: Session, period: ReportPeriod) -> dict[int | None, Row[*tuple[Any, ...]]]:
    columns = [
        func.count().label("loads"),
        func.avg(_Seconds(Order.placed_at, Order.claimed_at)).label("to_claim"),
        func.avg(_Seconds(Order.placed_at, Order.loaded_at)).label("to_load"),
    ]
    return selecting.loaded_by(session, period, Order.storekeeper_id, *columns)


def _minutes(seconds: Any) -> int | None:
    return None if seconds is None else half_up(round(seconds), 60)
