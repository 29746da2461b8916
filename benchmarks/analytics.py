"""How long each report takes on a large database: ``python -m benchmarks analytics --large FILE``."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from sqlalchemy import func, select

from handlers.screens import report_files
from models import Database, InvoiceLine
from services import analytics
from services.analytics import What
from services.report_periods import Cycle, ReportPeriod

GOAL_SECONDS = 1.0
ROUNDS = 3


@dataclass(frozen=True, slots=True)
class Taken:
    """The best of some rounds for one report: seconds on the clock and of processor time."""

    name: str
    days: int
    wall: float
    cpu: float


def table(path: Path) -> Iterator[str]:
    """Measure every report on the SQLite database at ``path``, which has today's schema; yield lines."""
    database = Database(f"sqlite:///{path}")
    try:
        lines, first, last = _extent(database)
        yield f"Reports on {lines:,} invoice lines of {first} to {last}"
        yield f"{'report':18}{'days':>6}{'seconds':>10}{'CPU s':>8}"
        slowest = 0.0
        for period in _periods(first, last):
            for taken in _measure(database, period):
                slowest = max(slowest, taken.wall)
                yield f"{taken.name:18}{taken.days:6}{taken.wall:10.2f}{taken.cpu:8.2f}"
        verdict = "reached" if slowest <= GOAL_SECONDS else "missed"
        yield f"Slowest {slowest:.2f} s (goal ≤ {GOAL_SECONDS:.0f} s: {verdict})"
    finally:
        database.close()


def _measure(database: Database, period: ReportPeriod) -> Iterator[Taken]:
    for what in What:
        if what is not What.SILENT:
            yield _best(database, what.name.lower(), period, what)
    yield _best(database, "chart of totals", period, None)


def _best(database: Database, name: str, period: ReportPeriod, what: What | None) -> Taken:
    taken = []
    for _ in range(ROUNDS):
        wall, cpu = time.perf_counter(), time.process_time()
        with database.reading() as session:
            if what is not None:
                analytics.compute(session, what, period)
            else:
                drawing = report_files.chart(session, What.TOTALS, period, "ru")
        if what is None:
            drawing.render()
        taken.append((time.perf_counter() - wall, time.process_time() - cpu))
    return Taken(name, period.days, min(wall for wall, _ in taken), min(cpu for _, cpu in taken))


def _periods(first: date, last: date) -> Iterator[ReportPeriod]:
    """All there is, the half of it that has as much before, a month, a day."""
    yield ReportPeriod(first, last)
    yield ReportPeriod(first + (last - first) / 2, last)
    yield ReportPeriod(last.replace(day=1), last, Cycle.MONTH)
    yield ReportPeriod(last, last, Cycle.DAY)


def _extent(database: Database) -> tuple[int, date, date]:
    """Return how many lines there are, and the days of the first and the last."""
    query = select(func.count(), func.min(InvoiceLine.sold_at), func.max(InvoiceLine.sold_at))
    with database.reading() as session:
        lines, first, last = session.execute(query.select_from(InvoiceLine)).one()
    return lines, first.date(), last.date()
