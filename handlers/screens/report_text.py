"""Reports in words: the figures, then a page of rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from handlers.screen import View
from handlers.texts import N_, Html, stack
from services import formats
from services.analytics import (
    CustomerRow,
    Customers,
    KeeperRow,
    Keepers,
    ProductRow,
    Products,
    Report,
    RepRow,
    Totals,
    What,
)
from services.money import half_up
from services.paging import PAGE_SIZE, Page
from services.report_periods import ReportPeriod

TITLES = {
    What.TOTALS: N_("Totals"),
    What.CUSTOMERS: N_("Customers"),
    What.SILENT: N_("Silent customers"),
    What.REPS: N_("Sales reps"),
    What.KEEPERS: N_("Storekeepers"),
    What.PRODUCTS: N_("Products"),
}


def heading(view: View, what: What, period: ReportPeriod) -> Html:
    """Return the report's name, its days, and those it is compared with."""
    t = view.t
    return stack(
        t(":bar_chart: <b>{title}</b>", title=t.plain(TITLES[what])),
        t("<b>{period}</b>, before: {before}", period=days(view, period), before=days(view, period.before)),
    )


def days(view: View, period: ReportPeriod) -> str:
    """Return «01.10.2026–15.11.2026», or the one day."""
    first = formats.date_short(period.first, view.language)
    return first if period.days == 1 else f"{first}–{formats.date_short(period.last, view.language)}"


def change(view: View, now: int, before: int) -> str:
    """Return «+12,5 %», nothing when there was nothing before."""
    if before == 0:
        return ""
    return formats.percent(half_up(1000 * (now - before), before), view.language, signed=True)


def rows_of(report: Report, what: What) -> Sequence[Any]:
    """Return the report's rows; the totals have none."""
    if isinstance(report, Totals):
        return ()
    if isinstance(report, Customers):
        return report.silent if what is What.SILENT else report.buyers
    return report.rows


def page(report: Report, what: What, number: int) -> Page[Any]:
    """Return a page of the report's rows; a number behind the last means the last."""
    rows = rows_of(report, what)
    number = max(0, min(number, (len(rows) - 1) // PAGE_SIZE))
    end = (number + 1) * PAGE_SIZE
    return Page(tuple(rows[number * PAGE_SIZE : end]), number, has_next=end < len(rows), total=len(rows))


def text(view: View, what: What, report: Report, page: Page[Any]) -> Html:
    """Return a report's page as a message."""
    head = heading(view, what, report.period)
    if isinstance(report, Totals):
        return stack(head, "", *_totals(view, report))
    if not page.items:
        return stack(head, "", view.t("Nothing in this period."))
    first = page.number * PAGE_SIZE + 1
    rows = [_row(view, number, row) for number, row in enumerate(page.items, first)]
    return Html("\n\n".join([stack(head, *_summary(view, what, report)), *rows]))


def _totals(view: View, report: Totals) -> list[str]:
    t, now, before = view.t, report.now, report.before
    money = [
        (N_("Turnover"), now.turnover, before.turnover),
        (N_("including delivery"), now.delivery, before.delivery),
        (N_("Average order"), now.average, before.average),
        (N_("Short, in money"), now.short_amount, before.short_amount),
    ]
    counted = [
        (N_("Loaded orders"), now.orders, before.orders),
        (N_("Customers who bought"), now.customers, before.customers),
        (N_("Short lines"), now.short_lines, before.short_lines),
        (N_("Cancelled orders"), now.cancelled, before.cancelled),
        (N_("Rejected orders"), now.rejected, before.rejected),
    ]
    lines: list[str] = [
        *(_figure(view, name, one, other, view.money(one), view.money(other)) for name, one, other in money),
        "",
        *(_figure(view, name, one, other, str(one), str(other)) for name, one, other in counted),
    ]
    if now.waiting:
        words = t.many(
            ":warning: {n} load has no invoice yet and is not in the sums.",
            ":warning: {n} loads have no invoice yet and are not in the sums.",
            now.waiting,
        )
        lines += ["", words]
    if now.foreign:
        lines += ["", t(":warning: In another currency, not summed: {n}", n=now.foreign)]
    return lines


def _figure(view: View, name: str, now: int, before: int, own: str, other: str) -> Html:
    t = view.t
    said = t("{name}: <b>{now}</b>, before {before}", name=t.plain(name), now=own, before=other)
    moved = change(view, now, before)
    return Html(f"{said} · {moved}") if moved and now != before else said


def _summary(view: View, what: What, report: Report) -> list[Html]:
    """Return what is said above the rows."""
    t = view.t
    if isinstance(report, Customers) and what is What.CUSTOMERS:
        first = sum(row.is_first for row in report.buyers)
        return [
            t(
                "Bought: {buyers}, for the first time: {first}, silent: {silent}",
                buyers=len(report.buyers),
                first=first,
                silent=len(report.silent),
            )
        ]
    if isinstance(report, Customers):
        return [t("Bought in the period before, but not in this one.")]
    if isinstance(report, Products):
        counts = {letter: sum(row.abc == letter for row in report.rows) for letter in "ABC"}
        return [
            t("A: {a}, B: {b}, C: {c} products", a=counts["A"], b=counts["B"], c=counts["C"]),
            t("Delivery besides: {amount}", amount=view.money(report.delivery)),
        ]
    if isinstance(report, Keepers):
        return [t("Minutes are averages from sending an order.")]
    return []


def _row(view: View, number: int, row: Any) -> Html:
    name, details = _WORDED[type(row)](view, row)
    return stack(view.t("{number}. <b>{name}</b>", number=number, name=name), *details)


def _sum(view: View, amount: int, before: int) -> Html:
    moved = change(view, amount, before)
    words = view.money(amount)
    return Html(f"{words} · {moved}" if moved else words)


def _orders(view: View, row: CustomerRow | RepRow) -> Html:
    many = view.t.many("{n} order", "{n} orders", row.orders)
    return Html(f"{many} · " + view.t("average {amount}", amount=view.money(row.average)))


def _customer(view: View, row: CustomerRow) -> tuple[str, list[Html]]:
    t = view.t
    ago = t.many("last one {n} day ago", "last one {n} days ago", row.days_since)
    if not row.orders:
        return row.name, [t("before: {amount}", amount=view.money(row.before)), ago]
    parts = [_orders(view, row)]
    if row.is_first:
        parts.append(t(":new: for the first time"))
    elif row.days_since:
        parts.append(ago)
    return row.name, [_sum(view, row.amount, row.before), Html(" · ".join(parts))]


def _rep(view: View, row: RepRow) -> tuple[str, list[Html]]:
    t = view.t
    served = t.many("{n} customer served", "{n} customers served", row.customers)
    cancelled = t("cancelled: {number}", number=row.cancelled)
    details = [_sum(view, row.amount, row.before), _orders(view, row), Html(f"{served} · {cancelled}")]
    return row.name, details


def _keeper(view: View, row: KeeperRow) -> tuple[str, list[Html]]:
    t = view.t
    loads = t.many("{n} load", "{n} loads", row.loads)
    moved = change(view, row.loads, row.before)
    details = [Html(f"{loads} · {moved}") if moved else loads]
    if row.minutes_to_claim is not None and row.minutes_to_load is not None:
        details.append(
            t("taken after {claim} min, loaded after {load} min", claim=row.minutes_to_claim,
              load=row.minutes_to_load)
        )  # fmt: skip
    short = t("short: {lines} ({amount})", lines=row.short_lines, amount=view.money(row.short_amount))
    details.append(Html(f"{short} · " + t("rejected: {number}", number=row.rejected)))
    return row.name, details


def _product(view: View, row: ProductRow) -> tuple[str, list[Html]]:
    quantity = view.quantity(row.quantity, row.unit)
    share = formats.percent(row.share, view.language)
    details = view.t("{quantity} · {share} · class {abc}", quantity=quantity, share=share, abc=row.abc)
    return row.name, [_sum(view, row.amount, row.before), details]


_WORDED: dict[type, Any] = {CustomerRow: _customer, RepRow: _rep, KeeperRow: _keeper, ProductRow: _product}
