"""Reports as files: what a chart and a workbook say, in the reader's words.

Drawing and writing is Pillow's and openpyxl's work, so only a worker imports this module.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any, NamedTuple

from handlers.context import view_of
from handlers.screen import View
from handlers.screens import report_text
from handlers.screens.report_sheets import sheets
from handlers.texts import N_
from models import Session
from services import analytics, analytics_xlsx, charts, formats
from services.analytics import Bar, Report, What
from services.charts import BarChart, Group, Heading, Ranked, Ranking
from services.money import MINOR_UNITS
from services.report_periods import ReportPeriod, Step

CHART_TITLES = {
    What.TOTALS: N_("Turnover"),
    What.CUSTOMERS: N_("Customers: the largest"),
    What.SILENT: N_("Silent customers: the largest"),
    What.REPS: N_("Sales reps by turnover"),
    What.KEEPERS: N_("Storekeepers by loads"),
    What.PRODUCTS: N_("Products: the largest"),
}
STEPS = {
    Step.HOUR: N_("by hours"),
    Step.DAY: N_("by days"),
    Step.WEEK: N_("by weeks"),
    Step.MONTH: N_("by months"),
    Step.QUARTER: N_("by quarters"),
}
ANALYTICS = N_("Analytics")
EMPTY = N_("Nothing in this period.")
THOUSAND, MILLION, BILLION = 10**3, 10**6, 10**9


class File(NamedTuple):
    """A file's name, and what makes its bytes: slow, and without a database."""

    name: str
    render: Callable[[], bytes]


def chart(session: Session, what: What, period: ReportPeriod, language: str) -> File:
    """Return the report as a picture: bars over time for the totals, else the ten largest."""
    view = view_of(session, language)
    name = f"{what.name.lower()}-{period.first:%Y%m%d}-{period.last:%Y%m%d}.png"
    totals = analytics.totals(session, period)
    head = Heading(
        title=view.t.plain(CHART_TITLES[what]),
        subtitle=view.t.plain(
            "{period}, before: {before}",
            period=report_text.days(view, period),
            before=report_text.days(view, period.before),
        ),
        figure=view.money(totals.now.turnover),
        change=report_text.change(view, totals.now.turnover, totals.before.turnover),
        is_rise=_is_rise(totals.now.turnover, totals.before.turnover),
    )
    if what is What.TOTALS:
        bars = _bars(view, head, analytics.turnover(session, period))
        return File(name, partial(charts.draw_bars, bars))
    ranking = _ranking(view, head, what, analytics.compute(session, what, period), totals)
    return File(name, partial(charts.draw_ranking, ranking))


def workbook(session: Session, what: What, period: ReportPeriod, language: str) -> File:
    """Return all reports on the period as a workbook, opened at one of them."""
    view = view_of(session, language)
    kinds = list(report_text.TITLES)
    # Who bought and who is silent are two sheets of one report.
    made: dict[What, Report] = {
        kind: analytics.compute(session, kind, period) for kind in kinds if kind is not What.SILENT
    }
    made[What.SILENT] = made[What.CUSTOMERS]
    pages = sheets(view, [(kind, made[kind]) for kind in kinds])
    name = f"{view.t.plain(ANALYTICS)}-{period.first:%Y%m%d}-{period.last:%Y%m%d}.xlsx"
    return File(name, partial(analytics_xlsx.write, pages, kinds.index(what)))


def _bars(view: View, head: Heading, turnover: analytics.Turnover) -> BarChart:
    t = view.t
    return BarChart(
        replace(head, title=f"{head.title} {t.plain(STEPS[turnover.step])}"),
        [Group(_label(view, turnover.step, bar), bar.amount, bar.before) for bar in turnover.bars],
        (t.plain("this period"), t.plain("the period before")),
        partial(_short_sum, view),
        t.plain(EMPTY),
    )


def _label(view: View, step: Step, bar: Bar) -> str:
    starts_at = bar.starts_at or bar.before_starts_at
    assert starts_at is not None
    local = starts_at.astimezone(view.zone)
    patterns = {Step.HOUR: f"{local.hour}", Step.DAY: f"{local.day}", Step.WEEK: f"{local:%d.%m}"}
    return patterns.get(step, f"{local:%m.%y}")


def _short_sum(view: View, amount: int) -> str:
    """Return a sum for an axis: «750 тыс.», «1,2 млн», «90»."""
    whole = amount / MINOR_UNITS
    scales = [
        (BILLION, N_("{number} bn")),
        (MILLION, N_("{number} m")),
        (THOUSAND, N_("{number} k")),
    ]
    for scale, words in scales:
        if whole >= scale:
            return view.t.plain(words, number=_decimal(view, whole / scale))
    return _decimal(view, whole)


def _decimal(view: View, number: float) -> str:
    return formats.quantity(round(number * 1000), view.language)


def _ranking(view: View, head: Heading, what: What, report: Report, totals: analytics.Totals) -> Ranking:
    rows = [_ranked(view, what, row) for row in report_text.rows_of(report, what)[: charts.MOST_ROWS]]
    if isinstance(report, analytics.Keepers):
        now, before = (sum(getattr(row, name) for row in report.rows) for name in ("loads", "before"))
        figure = view.t.many("{n} load", "{n} loads", now)
        head = replace(
            head, figure=figure, change=report_text.change(view, now, before), is_rise=_is_rise(now, before)
        )
    elif isinstance(report, analytics.Products):
        head = _goods_only(view, head, totals, report.delivery)
    elif what is What.SILENT:
        head = replace(head, figure=str(len(report_text.rows_of(report, what))), change="", is_rise=None)
    return Ranking(head, rows, view.t.plain(EMPTY))


def _goods_only(view: View, head: Heading, totals: analytics.Totals, delivery: int) -> Heading:
    """Return the heading with the sum the bars add up to; the delivery, no product's, is named besides."""
    now, before = (one.turnover - one.delivery for one in (totals.now, totals.before))
    besides = view.t.plain("Delivery besides: {amount}", amount=view.money(delivery))
    return replace(
        head,
        subtitle=f"{head.subtitle} · {besides}",
        figure=view.money(now),
        change=report_text.change(view, now, before),
        is_rise=_is_rise(now, before),
    )


def _ranked(view: View, what: What, row: Any) -> Ranked:
    if what is What.KEEPERS:
        return Ranked(row.name, str(row.loads), row.loads)
    amount = row.before if what is What.SILENT else row.amount
    return Ranked(row.name, view.money(amount), amount)


def _is_rise(now: int, before: int) -> bool | None:
    return None if before in (0, now) else now > before
