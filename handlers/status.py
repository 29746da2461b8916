"""How the bot does: /status, what could not be sent, and word of what fails and what is well again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from handlers import keyboards, menu
from handlers.addresses import Resume, Status
from handlers.callbacks import Data
from handlers.context import Context
from handlers.routing import Router
from handlers.screen import Button, Rows, Screen, clipped
from handlers.screens import order_text, outbox_text
from handlers.texts import N_, Html, stack
from models import Fault, InboxUpdate, OutboxMessage, Role
from services import auth, formats, health, outbox
from services.health import Cause, Versions

MEGABYTE = 10**6
MAX_ERROR = 150
CAUSES = {
    Cause.MAIL: N_("mail"),
    Cause.GEOCODER: N_("the geocoder"),
    Cause.DISK: N_("the disk"),
}
TROUBLES = {
    Cause.MAIL: N_(
        ":warning: The mail server does not answer: {detail}\nLetters wait and are tried for 24 hours;"
        " what is given up then is in /status. You will be told when mail goes out again."
    ),
    Cause.GEOCODER: N_(
        ":warning: The geocoder does not answer: {detail}. Reps can send a location meanwhile."
        " You will be told when it is well again."
    ),
    Cause.DISK: N_(
        ":warning: The disk is nearly full: {detail} MB are free. Make room, or the bot will stop writing."
    ),
}
WELL_AGAIN = {
    Cause.MAIL: N_(":white_check_mark: Mail goes out again."),
    Cause.GEOCODER: N_(":white_check_mark: The geocoder answers again."),
    Cause.DISK: N_(":white_check_mark: There is room on the disk again."),
}


@dataclass(frozen=True)
class FailedRows(Data, code="hsf", anywhere=True):
    """What could not be sent."""

    page: int = 0


@dataclass(frozen=True)
class RepeatRow(Data, code="hsr"):
    """Try it anew."""

    row_id: int


@dataclass(frozen=True)
class FailedUpdates(Data, code="hsu"):
    """What people sent or pressed and the bot could not handle."""

    page: int = 0


@dataclass(frozen=True)
class CloseUpdate(Data, code="hsc"):
    """It is dealt with."""

    row_id: int


def register(router: Router) -> None:
    """Register the screens and the word of faults."""
    admin = Role.ADMIN
    router.command("status", N_("how the bot does"), lambda ctx, _: status(ctx, Status()), admin)
    router.button(Status, status, admin)
    router.button(FailedRows, failed_rows, admin)
    router.button(RepeatRow, repeat, admin)
    router.button(FailedUpdates, failed_updates, admin)
    router.button(CloseUpdate, close_update, admin)
    router.notice("call_failed", call_failed)
    router.notice("trouble", trouble)
    router.notice("well_again", well_again)


def status(ctx: Context, data: Status) -> Screen:
    """Show how the bot does."""
    t = ctx.t
    found = health.status(ctx.session, ctx.user)
    lives = [
        t("Telegram answered: {age}", age=_age(ctx, found.now, found.polled_at)),
        t("Last update: {age}", age=_age(ctx, found.now, found.last_update_at)),
        t("Last tick: {age}", age=_age(ctx, found.now, found.ticked_at)),
    ]
    # The press that asks is being handled itself.
    waits = [
        t(
            "Updates: waiting {n}, failed {failed}",
            n=max(found.inbox_waiting - 1, 0),
            failed=found.inbox_failed,
        ),
        t("To be sent: waiting {n}, failed {failed}", n=found.outbox_waiting, failed=found.outbox_failed),
    ]
    sizes = [t("Database: {size} MB", size=_megabytes(ctx, found.database_bytes))]
    if found.disk is not None:
        free, total = _megabytes(ctx, found.disk.free), _megabytes(ctx, found.disk.total)
        sizes.insert(0, t("Disk: {free} MB of {total} MB free", free=free, total=total))
    faults = [_fault(ctx, fault) for fault in found.faults]
    head = t("<b>How the bot does</b>")
    rows: Rows = [[Button(t.plain(":counterclockwise_arrows_button: Refresh"), Status())]]
    if found.outbox_failed:
        label = t.plain(":warning: Not sent · {n}", n=found.outbox_failed)
        rows.append([Button(label, FailedRows())])
    if found.inbox_failed:
        label = t.plain(":warning: Not handled · {n}", n=found.inbox_failed)
        rows.append([Button(label, FailedUpdates())])
    rows.append(menu.back(ctx))
    text = order_text.paragraphs(
        head, list(faults), list(lives), list(waits), list(sizes), _versions(ctx, found.versions)
    )
    return Screen(text, rows, data)


def failed_rows(ctx: Context, data: FailedRows) -> Screen:
    """List what could not be sent, each with a button to try it anew."""
    t = ctx.t
    page = health.failed_rows(ctx.session, ctx.user, data.page)
    lines = [_row(ctx, row) for row in page.items]
    # A number would belong to another row once the first one is repeated.
    rows: Rows = [
        [Button(t.plain(":repeat: {what}", what=_named(ctx, row)), RepeatRow(row.id))]
        for row in page.items
        if not outbox.is_forgotten(row)
    ]
    rows += keyboards.pager(t, page, FailedRows)
    rows.append([Button(t.plain(":leftwards_arrow_with_hook: Back"), Status())])
    head = t("<b>Not sent</b>") if lines else t("Everything is sent.")
    return Screen(order_text.paragraphs(head, list(lines)), rows, FailedRows(page.number))


def repeat(ctx: Context, data: RepeatRow) -> Screen:
    """Put the row back into the queue."""
    health.repeat(ctx.session, data.row_id, ctx.user)
    ctx.toast = ctx.t.plain("It is tried again.")
    return failed_rows(ctx, FailedRows())


def failed_updates(ctx: Context, data: FailedUpdates) -> Screen:
    """List what could not be handled, under the numbers the log has it by."""
    t = ctx.t
    page = health.failed_updates(ctx.session, ctx.user, data.page)
    lines = [_update(ctx, row) for row in page.items]
    rows: Rows = [
        [Button(t.plain(":white_check_mark: {error} is dealt with", error=row.error_id), CloseUpdate(row.id))]
        for row in page.items
    ]
    rows += keyboards.pager(t, page, FailedUpdates)
    rows.append([Button(t.plain(":leftwards_arrow_with_hook: Back"), Status())])
    if not lines:
        return Screen(t("Everything is handled."), rows, data)
    told = t("Each was told that it did not work. The log says why, under this number.")
    head = stack(t("<b>Not handled</b>"), told)
    return Screen(order_text.paragraphs(head, list(lines)), rows, FailedUpdates(page.number))


def close_update(ctx: Context, data: CloseUpdate) -> Screen:
    """Take it off the list."""
    health.close_update(ctx.session, data.row_id, ctx.user)
    return failed_updates(ctx, FailedUpdates())


def _update(ctx: Context, row: InboxUpdate) -> Html:
    """Return «• 10:42 · Анна · кнопка · ошибка 4f2a»; what was written is not shown."""
    user = auth.find_user(ctx.session, row.chat_id) if row.chat_id is not None else None
    facts = (
        ctx.view.moment(row.received_at),
        user.name if user is not None else str(row.chat_id or "—"),
        ctx.t.plain("button") if '"callback_query"' in row.payload else ctx.t.plain("message"),
        ctx.t.plain("error {error}", error=row.error_id),
    )
    return ctx.t("• {facts}", facts=" · ".join(facts))


def call_failed(ctx: Context, params: dict[str, Any]) -> Screen | None:
    """Tell an administrator what Telegram refused, with the way to try it anew."""
    row = ctx.session.get(OutboxMessage, params.get("failed_id"))
    if row is None:
        return None
    said = ctx.t(":warning: Telegram refused a message:\n{what}", what=_row(ctx, row))
    button = Button(ctx.t.plain(":warning: Not sent"), FailedRows())
    # A report that is refused itself is not reported again.
    return Screen(said, [[button]], about={"is_report": True})


def trouble(ctx: Context, params: dict[str, Any]) -> Screen:
    """Tell an administrator what fails."""
    cause = Cause(params["cause"])
    detail = params["detail"]
    if cause is Cause.DISK:
        detail = _megabytes(ctx, int(detail))
    rows: Rows = []
    if cause is Cause.MAIL:
        rows = [[Button(ctx.t.plain(":play_button: Go on"), Resume())]]
    return Screen(ctx.t(TROUBLES[cause], detail=detail), rows)


def well_again(ctx: Context, params: dict[str, Any]) -> Screen:
    """Tell an administrator that it is over."""
    return Screen(ctx.t(WELL_AGAIN[Cause(params["cause"])]))


def _versions(ctx: Context, found: Versions) -> Html:
    return ctx.t(
        "Program {program} · Python {python} · {database} · schema {schema}",
        program=found.program,
        python=found.python,
        database=found.database,
        schema=found.schema,
    )


def _fault(ctx: Context, fault: Fault) -> Html:
    return ctx.t(
        ":warning: {what} fails since {at}",
        what=ctx.t.plain(CAUSES[Cause(fault.cause)]),
        at=ctx.view.moment(fault.since),
    )


def _row(ctx: Context, row: OutboxMessage) -> Html:
    error = clipped(outbox_text.reason(ctx.view, row.last_error), MAX_ERROR)
    if outbox.is_forgotten(row):
        error = stack(error, ctx.t("Issue a new code."))
    return ctx.t(
        "• {at} · {what}\n{error}",
        at=ctx.view.moment(row.created_at),
        what=_named(ctx, row),
        error=error,
    )


def _named(ctx: Context, row: OutboxMessage) -> str:
    """Return «Счёт № 5 → zakaz@romashka.example»."""
    what, to = outbox_text.what(ctx.view, ctx.session, row), outbox_text.reader(ctx.session, row)
    return f"{what} → {to}" if to else what


def _age(ctx: Context, now: datetime, at: datetime | None) -> str:
    """Return «12 с назад», «5 мин назад», or the moment when it is longer ago."""
    if at is None:
        return ctx.t.plain("not yet")
    seconds = max(int((now - at).total_seconds()), 0)
    if seconds < 60:
        return ctx.t.plain("{n} s ago", n=seconds)
    if seconds < 3600:
        return ctx.t.plain("{n} min ago", n=seconds // 60)
    return ctx.view.moment(at)


def _megabytes(ctx: Context, size: int) -> str:
    """Return whole megabytes, at least one."""
    return formats.quantity(max(size // MEGABYTE, 1) * 1000, ctx.view.language)
