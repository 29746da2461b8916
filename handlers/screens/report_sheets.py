"""The sheets of the workbook with all reports on a period: which columns, which words, which formulas."""

from __future__ import annotations

from collections.abc import Sequence

from handlers.screen import View
from handlers.screens import report_text
from handlers.texts import N_
from services.analytics import Customers, Keepers, Products, Report, Reps, Totals, What
from services.analytics_xlsx import Column, Kind, Sheet, change, ratio

NAME, SUM, ORDERS, BEFORE, CHANGE = N_("Name"), N_("Sum"), N_("Orders"), N_("Before"), N_("Change")
AVERAGE, DAYS, CANCELLED = N_("Average order"), N_("Days since the last one"), N_("Cancelled orders")
YES = N_("yes")


def sheets(view: View, reports: Sequence[tuple[What, Report]]) -> list[Sheet]:
    """Return a sheet for each report, in their order."""
    return [_sheet(view, what, report) for what, report in reports]


def _sheet(view: View, what: What, report: Report) -> Sheet:
    t = view.t
    columns, rows = _table(view, what, report)
    title = t.plain(report_text.TITLES[what])
    words = "{period}, before: {before}"
    own, before = (report_text.days(view, period) for period in (report.period, report.period.before))
    return Sheet(
        name=title,
        title=title,
        subtitle=t.plain(words, period=own, before=before),
        columns=tuple(columns),
        rows=rows,
        total="" if isinstance(report, Totals) else t.plain("Total"),
        kinds=_TOTALS_KINDS if isinstance(report, Totals) else (),
    )


def _table(view: View, what: What, report: Report) -> tuple[list[Column], list[list[object]]]:
    if isinstance(report, Totals):
        return _totals(view, report)
    if isinstance(report, Customers):
        return _silent(view, report) if what is What.SILENT else _customers(view, report)
    if isinstance(report, Reps):
        return _reps(view, report)
    return _keepers(view, report) if isinstance(report, Keepers) else _products(view, report)


def _name(view: View, width: int = 44) -> Column:
    return Column("name", view.t.plain(NAME), Kind.TEXT, width)


def _money(view: View, key: str, title: str) -> Column:
    return Column(key, f"{view.t.plain(title)}, {view.currency}", Kind.MONEY, 18, is_summed=True)


def _number(view: View, key: str, title: str, *, is_summed: bool = True) -> Column:
    return Column(key, view.t.plain(title), Kind.NUMBER, is_summed=is_summed)


def _average(view: View) -> Column:
    title = f"{view.t.plain(AVERAGE)}, {view.currency}"
    return Column("average", title, Kind.MONEY, 18, formula=ratio("amount", "orders"))


def _change(view: View, now: str = "amount") -> Column:
    return Column("change", view.t.plain(CHANGE), Kind.CHANGE, formula=change(now, "before"))


_TOTALS_KINDS = (Kind.MONEY,) * 4 + (Kind.NUMBER,) * 7


def _totals(view: View, report: Totals) -> tuple[list[Column], list[list[object]]]:
    t, now, before = view.t, report.now, report.before
    columns = [
        _name(view),
        Column("now", t.plain(N_("This period")), Kind.NUMBER, 20),
        Column("before", t.plain(BEFORE), Kind.NUMBER, 20),
        _change(view, "now"),
    ]
    rows: list[list[object]] = [
        [t.plain("Turnover"), now.turnover, before.turnover],
        [t.plain("including delivery"), now.delivery, before.delivery],
        [t.plain(AVERAGE), now.average, before.average],
        [t.plain("Short, in money"), now.short_amount, before.short_amount],
        [t.plain(N_("Loaded orders")), now.orders, before.orders],
        [t.plain("Customers who bought"), now.customers, before.customers],
        [t.plain("Short lines"), now.short_lines, before.short_lines],
        [t.plain(CANCELLED), now.cancelled, before.cancelled],
        [t.plain("Rejected orders"), now.rejected, before.rejected],
        [t.plain("Loads without an invoice yet"), now.waiting, before.waiting],
        [t.plain("Loads in another currency, not summed"), now.foreign, before.foreign],
    ]
    return columns, rows


def _customers(view: View, report: Customers) -> tuple[list[Column], list[list[object]]]:
    columns = [
        _name(view),
        _money(view, "amount", SUM),
        _number(view, "orders", ORDERS),
        _average(view),
        Column("share", view.t.plain("Share"), Kind.SHARE, formula=ratio("amount", "all_amount")),
        _money(view, "before", BEFORE),
        _change(view),
        _number(view, "days", DAYS, is_summed=False),
        Column("first", view.t.plain("For the first time"), Kind.TEXT),
    ]
    yes = view.t.plain(YES)
    return columns, [
        [row.name, row.amount, row.orders, row.before, row.days_since, yes if row.is_first else None]
        for row in report.buyers
    ]


def _silent(view: View, report: Customers) -> tuple[list[Column], list[list[object]]]:
    columns = [_name(view), _money(view, "before", BEFORE), _number(view, "days", DAYS, is_summed=False)]
    return columns, [[row.name, row.before, row.days_since] for row in report.silent]


def _reps(view: View, report: Reps) -> tuple[list[Column], list[list[object]]]:
    columns = [
        _name(view, 32),
        _money(view, "amount", SUM),
        _number(view, "orders", ORDERS),
        _average(view),
        # Not summed: a customer may have been served by two.
        _number(view, "customers", N_("Customers who bought"), is_summed=False),
        _number(view, "cancelled", CANCELLED),
        _money(view, "before", BEFORE),
        _change(view),
    ]
    return columns, [
        [row.name, row.amount, row.orders, row.customers, row.cancelled, row.before] for row in report.rows
    ]


def _keepers(view: View, report: Keepers) -> tuple[list[Column], list[list[object]]]:
    columns = [
        _name(view, 32),
        _number(view, "loads", N_("Loads")),
        _number(view, "claim", N_("Minutes until taken"), is_summed=False),
        _number(view, "load", N_("Minutes until loaded"), is_summed=False),
        _number(view, "short", N_("Short lines")),
        _money(view, "short_amount", N_("Short, in money")),
        _number(view, "rejected", N_("Rejected orders")),
        _number(view, "before", BEFORE),
        _change(view, "loads"),
    ]
    return columns, [
        [
            row.name, row.loads, row.minutes_to_claim, row.minutes_to_load, row.short_lines, row.short_amount,
            row.rejected, row.before,
        ]
        for row in report.rows
    ]  # fmt: skip


def _products(view: View, report: Products) -> tuple[list[Column], list[list[object]]]:
    t = view.t
    columns = [
        Column("sku", t.plain("SKU"), Kind.TEXT, 16),
        _name(view),
        Column("unit", t.plain("Unit"), Kind.TEXT, 8),
        # Not summed: kilograms and pieces do not add up.
        Column("quantity", t.plain("Quantity"), Kind.QUANTITY),
        _money(view, "amount", SUM),
        Column("share", t.plain("Share"), Kind.SHARE, formula=ratio("amount", "all_amount")),
        Column("abc", t.plain("Class"), Kind.TEXT, 8),
        _money(view, "before", BEFORE),
        _change(view),
    ]
    return columns, [
        [row.sku, row.name, row.unit, row.quantity, row.amount, row.abc, row.before] for row in report.rows
    ]
