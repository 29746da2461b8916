"""«📊 Аналитика»: a period, then reports on it. They are worked out by a worker, never in a handler."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from handlers import calendars, keyboards, menu, sentences
from handlers import conversation as conversations
from handlers.callbacks import Data, unpack
from handlers.context import Context
from handlers.routing import Router
from handlers.screen import Button, Rows, Screen
from handlers.screens import report_text
from handlers.texts import N_, stack
from models import Role, Session
from services import analytics, outbox, report_periods
from services.analytics import What
from services.errors import DomainError
from services.report_periods import FIRST_YEAR, Cycle, ReportPeriod

ANALYTICS = "analytics"
COUNT = "count"

CYCLES = {
    Cycle.DAY: N_("Today"),
    Cycle.WEEK: N_("Week"),
    Cycle.MONTH: N_("Month"),
    Cycle.QUARTER: N_("Quarter"),
}


@dataclass(frozen=True)
class Analytics(Data, code="y"):
    """The choice of a period; one can be typed, too."""


@dataclass(frozen=True)
class Recent(Data, code="yd"):
    """Today, this week, month or quarter so far."""

    cycle: Cycle


@dataclass(frozen=True)
class Since(Data, code="yf"):
    """A month of the calendar in which a period's first day is chosen, counted back from this one."""

    ago: int = 0


@dataclass(frozen=True)
class Until(Data, code="yt"):
    """A month of the calendar in which a period's last day is chosen, counted back from this one."""

    first: date
    ago: int = 0


@dataclass(frozen=True)
class Reported(Data):
    """A report on a period: the base of its page and of its files."""

    cycle: Cycle
    first: date
    last: date
    what: What = What.TOTALS

    @property
    def period(self) -> ReportPeriod:
        """The days the report is about."""
        return ReportPeriod(self.first, self.last, self.cycle)


@dataclass(frozen=True)
class Report(Reported, code="yr"):
    """A page of a report."""

    page: int = 0


@dataclass(frozen=True)
class Chart(Reported, code="yg"):
    """Send the report as a picture."""


@dataclass(frozen=True)
class Workbook(Reported, code="yx"):
    """Send all reports on the period as XLSX, opened at this one."""


def register(router: Router) -> None:
    """Register the choice of a period, the reports, and their outcome."""
    admin = Role.ADMIN
    router.menu_entry((0, 1), N_(":bar_chart: Analytics"), Analytics(), admin)
    router.command("analytics", N_("sales figures"), lambda ctx, _: choose(ctx, Analytics()), admin)
    router.button(Analytics, choose, admin)
    router.button(Recent, recent, admin)
    router.button(Since, since, admin)
    router.button(Until, until, admin)
    router.button(Report, report, admin)
    router.button(Chart, chart, admin)
    router.button(Workbook, workbook, admin)
    for kind in (Analytics, Since, Until, Report):
        router.typed(kind, "text", typed)
    router.job(COUNT, counted)


def choose(ctx: Context, _data: Analytics) -> Screen:
    """Offer the usual periods, and any other."""
    t = ctx.t
    buttons = [Button(t.plain(label), Recent(cycle)) for cycle, label in CYCLES.items()]
    rows = keyboards.in_rows(buttons)
    rows.append([Button(t.plain("From … to …"), Since())])
    rows.append(menu.back(ctx))
    text = stack(
        t(":bar_chart: <b>Analytics</b>"),
        "",
        t("Which period? It can also be typed: {example}", example=_example(ctx)),
    )
    return Screen(text, rows, Analytics())


def typed(ctx: Context, data: Data, text: str) -> Screen:
    """Report on a typed period; raises Invalid as :func:`report_periods.parse` does."""
    try:
        period = report_periods.parse(text, ctx.view.today)
    except DomainError as error:
        if not isinstance(data, Report):
            raise
        # Shown again, the report would be worked out again and its outcome take the sentence away.
        return choose(ctx, Analytics()).under(sentences.of(ctx.view, error))
    return report(ctx, _report_on(period))


def recent(ctx: Context, data: Recent) -> Screen:
    """Report on a period that reaches to today."""
    cycle = Cycle.DAY if data.cycle is Cycle.ANY else data.cycle
    return report(ctx, _report_on(report_periods.of(cycle, ctx.view.today)))


def since(ctx: Context, data: Since) -> Screen:
    """Show a month in which the first day is chosen; the last one is looked for in the same month."""
    month, rows = _calendar(ctx, data.ago, Since, lambda day: Until(day, data.ago))
    return Screen(ctx.t("From which day? <b>{month}</b>", month=month), rows, data)


def until(ctx: Context, data: Until) -> Screen:
    """Show a month in which the last day is chosen."""
    month, rows = _calendar(
        ctx,
        data.ago,
        lambda ago: Until(data.first, ago),
        lambda day: Report(Cycle.ANY, min(day, data.first), max(day, data.first)),
    )
    day = ctx.view.day(data.first)
    return Screen(ctx.t("From {day} to which day? <b>{month}</b>", day=day, month=month), rows, data)


def report(ctx: Context, data: Report) -> Screen:
    """Have the report worked out; :func:`counted` shows it."""
    report_periods.checked(data.period, ctx.view.today)
    payload = {"chat_id": ctx.conversation.chat_id, "report": data.pack()}
    outbox.add_job(ctx.session, ANALYTICS, COUNT, payload)
    text = stack(
        report_text.heading(ctx.view, data.what, data.period), "", ctx.t(":hourglass_flowing_sand: Counting…")
    )
    return Screen(text, _ways_out(ctx), data)


def compute(session: Session, packed: str) -> analytics.Report:
    """Return the report a job asks for: the worker's part."""
    data = unpack(packed)
    if not isinstance(data, Report):
        raise TypeError(f"{packed!r} is no report")
    return analytics.compute(session, data.what, data.period)


def counted(ctx: Context, payload: dict[str, Any], result: Any) -> Screen | None:
    """Show the report if the person still waits for it, and still may see it."""
    data = conversations.address(ctx.conversation)
    if not isinstance(data, Report) or data.pack() != payload["report"]:
        return None
    if ctx.actor is None or not ctx.actor.holds(Role.ADMIN):
        return None
    if isinstance(result, Exception):
        text = ctx.t(":warning: The report could not be worked out. Try again, or a shorter period.")
        return Screen(text, _ways_out(ctx), data)
    page = report_text.page(result, data.what, data.page)
    rows = _reports(ctx, data)
    rows += keyboards.pager(ctx.t, page, lambda number: replace(data, page=number))
    if isinstance(result, analytics.Customers):
        rows.append([_other_customers(ctx, data, result)])
    rows.append(_files(ctx, data))
    text = report_text.text(ctx.view, data.what, result, page)
    return Screen(text, rows + _ways_out(ctx), replace(data, page=page.number))


def chart(ctx: Context, data: Chart) -> None:
    """Have the picture drawn and sent by a worker."""
    _send(ctx, data, "sendPhoto")
    ctx.toast = ctx.t.plain("The chart is being drawn.")


def workbook(ctx: Context, data: Workbook) -> None:
    """Have the workbook written and sent by a worker."""
    _send(ctx, data, "sendDocument")
    ctx.toast = ctx.t.plain("The workbook is being written.")


def _send(ctx: Context, data: Reported, method: str) -> None:
    report_periods.checked(data.period, ctx.view.today)
    wanted = {"button": data.pack(), "language": ctx.view.language}
    outbox.send_file(ctx.session, ctx.user, method, "report", wanted)


def _report_on(period: ReportPeriod) -> Report:
    return Report(period.cycle, period.first, period.last)


def _reports(ctx: Context, data: Report) -> Rows:
    """Return the buttons of all reports on the period; the present one has a dot."""
    shown = What.CUSTOMERS if data.what is What.SILENT else data.what
    buttons = []
    for what in report_text.TITLES:
        if what is not What.SILENT:
            label = ("• " if what is shown else "") + ctx.t.plain(report_text.TITLES[what])
            buttons.append(Button(label, replace(data, what=what, page=0)))
    return [buttons[:3], buttons[3:]]


def _other_customers(ctx: Context, data: Report, result: analytics.Customers) -> Button:
    """Return the button from who bought to who is silent, or back."""
    if data.what is What.SILENT:
        label, what = ctx.t.plain(":leftwards_arrow_with_hook: Who bought"), What.CUSTOMERS
    else:
        label, what = ctx.t.plain(":no_bell: Silent · {number}", number=len(result.silent)), What.SILENT
    return Button(label, replace(data, what=what, page=0))


def _files(ctx: Context, data: Report) -> list[Button]:
    own = (data.cycle, data.first, data.last, data.what)
    return [
        Button(ctx.t.plain(":framed_picture: Chart"), Chart(*own)),
        Button(ctx.t.plain(":green_book: XLSX"), Workbook(*own)),
    ]


def _ways_out(ctx: Context) -> Rows:
    return [[Button(ctx.t.plain(":date: Period"), Analytics())], menu.back(ctx)]


def _calendar(
    ctx: Context, ago: int, turned: Callable[[int], Data], chosen: Callable[[date], Data]
) -> tuple[str, Rows]:
    """Return the month so long ago by name and its days as buttons, with the ways to other months and out."""
    today, language = ctx.view.today, ctx.view.language
    farthest = (today.year - FIRST_YEAR) * 12 + today.month - 1
    ago = max(0, min(ago, farthest))

    def button(day: date) -> Button:
        return Button(str(day.day), chosen(day)) if day <= today else Button("·", calendars.Nothing())

    month = calendars.month_from(today, -ago)
    rows = calendars.grid(month, language, button)
    turns = [("◀◀", ago + 12), ("◀", ago + 1), ("▶", ago - 1), ("▶▶", ago - 12)]
    rows.append([Button(label, turned(other)) for label, other in turns if 0 <= other <= farthest])
    return calendars.title(month, language), rows + _ways_out(ctx)


def _example(ctx: Context) -> str:
    """Return the last whole month as one would type it."""
    last = ctx.view.today.replace(day=1) - timedelta(days=1)
    return f"{last:01.%m.%Y}–{last:%d.%m.%Y}"
