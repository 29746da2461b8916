"""Files sent to be imported: fetched and read by a worker, shown as a report, applied whole or not at all.

A feature says with ``serve`` on which screen a file of its kind may be sent; the rest is here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from handlers import conversation as conversations
from handlers import keyboards, sentences
from handlers.callbacks import Data
from handlers.context import Context
from handlers.routing import Router
from handlers.screen import Button, Rows, Screen
from handlers.screens import order_text
from handlers.texts import Html, stack
from models import Role, Upload
from services import auth, notifications, outbox, uploads
from services.errors import Conflict, DomainError, Invalid
from services.imports import Kind
from services.paging import Page
from services.uploads import FileRead

if TYPE_CHECKING:
    from telebot.types import Document

FILES = "files"
READ_FILE = "read_file"
ROWS_ON_A_PAGE = 10
SHELVES_NAMED = 5


class Purpose(Protocol):
    """What files of one kind are for."""

    @property
    def roles(self) -> tuple[Role, ...]:
        """Who may send them."""

    @property
    def home(self) -> Data:
        """The screen they are sent to."""

    def head(self, ctx: Context, totals: dict[str, int]) -> Html:
        """Return what the file comes to, in a line; applied or not yet."""

    def added(self, ctx: Context, key: str, values: dict[str, Any]) -> Html:
        """Return what a row adds."""

    def changed(self, ctx: Context, key: str, subject_id: int, fields: list[list[Any]]) -> Html:
        """Return what a row changes of what is known by that id: field, before, after."""


@dataclass(frozen=True)
class ReadingFile(Data, code="ur"):
    """A file is being fetched and read."""

    kind: str


@dataclass(frozen=True)
class FileReport(Data, code="u", anywhere=True):
    """A page of what a file would do, or of what stands in its way."""

    upload_id: int
    page: int = 0


@dataclass(frozen=True)
class ApplyFile(Data, code="ua"):
    """Write all of it."""

    upload_id: int


@dataclass(frozen=True)
class ApplyingFile(Data, code="uw"):
    """It is being written."""

    upload_id: int


_purposes: dict[str, Purpose] = {}


def register(router: Router) -> None:
    """Register the report, and what the worker brings back."""
    staff = tuple(Role)
    router.button(ReadingFile, reading, *staff)
    router.button(FileReport, report, *staff)
    router.button(ApplyFile, apply, *staff)
    router.button(ApplyingFile, applying, *staff)
    # A corrected file may be sent on its predecessor's report.
    router.typed(ReadingFile, "document", lambda ctx, data, file: take(ctx, data.kind, file))
    router.typed(FileReport, "document", take_corrected)
    router.job(READ_FILE, file_read)
    router.progress(READ_FILE, being_read)
    router.notice("file_done", file_done)


def serve(router: Router, kind: Kind, purpose: Purpose, *screens: type[Data]) -> None:
    """Let files of a kind be sent on these screens by those they are for."""
    _purposes[kind] = purpose
    for screen in screens:
        router.typed(screen, "document", lambda ctx, _, file: take(ctx, kind, file), *purpose.roles)


def take(ctx: Context, kind: str, file: Document) -> Screen:
    """Have the file fetched and read."""
    _purpose(ctx, kind)
    name = file.file_name or ""
    uploads.check_document(name, file.file_size or 0)
    conversations.remember(ctx.conversation, file=file.file_id, file_name=name[: uploads.MAX_FILE_NAME])
    payload = {
        "chat_id": ctx.conversation.chat_id,
        "kind": kind,
        "file_id": file.file_id,
        "file_name": name[: uploads.MAX_FILE_NAME],
    }
    outbox.add_job(ctx.session, FILES, READ_FILE, payload)
    return reading(ctx, ReadingFile(kind))


def take_corrected(ctx: Context, data: FileReport, file: Document) -> Screen:
    """Read another file of the same kind."""
    return take(ctx, uploads.own(ctx.session, data.upload_id, ctx.user).kind, file)


def reading(ctx: Context, data: ReadingFile) -> Screen:
    """Say that the file is being read."""
    purpose = _purpose(ctx, data.kind)
    text = ctx.t(
        ":page_facing_up: Reading “{name}”…", name=str(ctx.conversation.form.get("file_name") or "—")
    )
    return Screen(text, [_back(ctx, purpose)], data)


def being_read(ctx: Context, payload: dict[str, Any], rows: int) -> Screen | None:
    """Show how many rows are read, to who still waits for them; not while they are written."""
    if "upload_id" in payload or ctx.conversation.form.get("file") != payload["file_id"]:
        return None
    screen = reading(ctx, ReadingFile(payload["kind"]))
    if conversations.address(ctx.conversation) != screen.here:
        return None
    said = ctx.t.many("{n} row is read", "{n} rows are read", rows)
    screen.text = stack(screen.text, said)
    return screen


def file_read(ctx: Context, payload: dict[str, Any], result: Any) -> Screen | None:
    """Go on with what the worker brought: a first report, or one to be applied."""
    try:
        if "upload_id" in payload:
            return _apply(ctx, payload["upload_id"], result)
        return _report_first(ctx, payload, result)
    except DomainError as error:
        return ctx.refusal(error)


def report(ctx: Context, data: FileReport) -> Screen:
    """Show a page of the report."""
    upload = uploads.get(ctx.session, data.upload_id, ctx.user)
    purpose = _purpose(ctx, upload.kind)
    page = _page(ctx, purpose, upload, data.page)
    rows: Rows = keyboards.pager(ctx.t, page, lambda to: FileReport(upload.id, to))
    if _can_apply(upload):
        rows.insert(0, [Button(ctx.t.plain(":white_check_mark: Apply"), ApplyFile(upload.id))])
    rows.append(_back(ctx, purpose))
    text = order_text.paragraphs(_head(ctx, purpose, upload), list(page.items))
    return Screen(text, rows, FileReport(upload.id, page.number))


def apply(ctx: Context, data: ApplyFile) -> Screen:
    """Have the file read once more and written if it still says the same."""
    upload = uploads.get(ctx.session, data.upload_id, ctx.user)
    _purpose(ctx, upload.kind)
    if upload.applied_at is not None:
        raise Conflict("upload_applied")
    payload = {"chat_id": ctx.conversation.chat_id, "upload_id": upload.id}
    outbox.add_job(ctx.session, FILES, READ_FILE, payload)
    return applying(ctx, ApplyingFile(upload.id))


def applying(ctx: Context, data: ApplyingFile) -> Screen:
    """Say that it is being written; once it is, show how that ended."""
    upload = uploads.get(ctx.session, data.upload_id, ctx.user)
    purpose = _purpose(ctx, upload.kind)
    if upload.applied_at is not None:
        return report(ctx, FileReport(upload.id))
    text = ctx.t(":hourglass_flowing_sand: Applying “{name}”…", name=upload.file_name)
    return Screen(text, [_back(ctx, purpose)], data)


def file_done(ctx: Context, params: dict[str, Any]) -> Screen | None:
    """Tell how it ended to who no longer looks."""
    upload = ctx.session.get(Upload, params["upload_id"])
    if upload is None:
        return None
    if upload.applied_at is not None:
        text = ctx.t(":white_check_mark: Applied: “{name}”.", name=upload.file_name)
    else:
        text = ctx.t(":warning: “{name}” was not applied.", name=upload.file_name)
    return Screen(text, [[Button(ctx.t.plain(":page_facing_up: The report"), FileReport(upload.id))]])


def _report_first(ctx: Context, payload: dict[str, Any], result: Any) -> Screen | None:
    still_waits = conversations.address(ctx.conversation) == ReadingFile(payload["kind"])
    if not still_waits or ctx.conversation.form.get("file") != payload["file_id"]:
        return None
    if not isinstance(result, FileRead):
        said = ctx.t(":warning: Telegram did not hand over the file. Please send it again.")
        return ctx.open(_purpose(ctx, payload["kind"]).home).under(said)
    return report(ctx, FileReport(uploads.keep(ctx.session, ctx.user, result).id))


def _apply(ctx: Context, upload_id: int, result: Any) -> Screen | None:
    upload = uploads.get(ctx.session, upload_id, ctx.user)
    if upload.applied_at is not None:
        return None
    purpose = _purpose(ctx, upload.kind)
    if not isinstance(result, FileRead):
        screen = report(ctx, FileReport(upload_id)).under(ctx.t(sentences.UNKNOWN))
    else:
        try:
            # All or nothing, whatever the reason it stops for.
            with ctx.session.begin_nested():
                uploads.apply(ctx.session, upload, result.report, ctx.user)
            screen = _done(ctx, purpose, upload)
        except DomainError as error:
            ctx.session.expire_all()
            uploads.renew(upload, result.report)
            screen = report(ctx, FileReport(upload_id)).under(sentences.of(ctx.view, error))
    if conversations.address(ctx.conversation) == ApplyingFile(upload_id):
        return screen
    # The person looks at something else by now.
    notifications.tell(ctx.session, ctx.user, "file_done", upload_id=upload_id)
    return None


def _done(ctx: Context, purpose: Purpose, upload: Upload) -> Screen:
    said = ctx.t(":white_check_mark: Applied: “{name}”.", name=upload.file_name)
    return ctx.open(purpose.home).under(said, purpose.head(ctx, upload.report["totals"]))


def _purpose(ctx: Context, kind: str) -> Purpose:
    purpose = _purposes.get(kind)
    if purpose is None:
        raise Invalid("file_kind")
    auth.require(ctx.user, *purpose.roles)
    return purpose


def _can_apply(upload: Upload) -> bool:
    totals = upload.report["totals"]
    return upload.applied_at is None and not totals["problems"] and bool(totals["added"] + totals["changed"])


def _back(ctx: Context, purpose: Purpose) -> list[Button]:
    return [Button(ctx.t.plain(":leftwards_arrow_with_hook: Back"), purpose.home)]


def _head(ctx: Context, purpose: Purpose, upload: Upload) -> list[str]:
    t, found = ctx.t, upload.report
    rows: list[str] = [t("<b>{name}</b>", name=upload.file_name)]
    if not found["totals"]["problems"]:
        rows.append(purpose.head(ctx, found["totals"]))
    if found["unknown_columns"]:
        rows.append(t("Columns left out: {columns}.", columns=", ".join(found["unknown_columns"])))
    if found.get("new_shelves") and not found["totals"]["problems"]:
        rows.append(_new_shelves(ctx, found["new_shelves"]))
    if upload.applied_at is not None:
        rows.append(t(":white_check_mark: Applied {at}.", at=ctx.view.moment(upload.applied_at)))
    before = uploads.applied_before(ctx.session, upload)
    if before is not None and upload.applied_at is None and before[0].applied_at is not None:
        at = ctx.view.moment(before[0].applied_at)
        rows.append(
            t(":warning: The very same file was applied by {name}, {at}.", name=before[1].name, at=at)
        )
    problems = found["totals"]["problems"]
    if problems:
        rows.append(
            t.many(
                ":no_entry: {n} mistake. Nothing is written until there is none.",
                ":no_entry: {n} mistakes. Nothing is written until there is none.",
                problems,
            )
        )
    return rows


def _new_shelves(ctx: Context, paths: list[str]) -> Html:
    named = "; ".join(order_text.short_name(path) for path in paths[:SHELVES_NAMED])
    if len(paths) > SHELVES_NAMED:
        named += "…"
    return ctx.t.many(
        ":open_file_folder: {n} new shelf: {names}",
        ":open_file_folder: {n} new shelves: {names}",
        len(paths),
        names=named,
    )


def _page(ctx: Context, purpose: Purpose, upload: Upload, number: int) -> Page[str]:
    found = upload.report
    listed = found["problems"] or [*found["changed"], *found["added"]]
    page = order_text.line_page(listed, number, ROWS_ON_A_PAGE)
    return Page(
        tuple(_entry(ctx, purpose, entry, is_problem=bool(found["problems"])) for _, entry in page.items),
        page.number,
        page.has_next,
        page.total,
    )


def _entry(ctx: Context, purpose: Purpose, entry: list[Any], *, is_problem: bool) -> Html:
    if is_problem:
        row, column, code, params = entry
        why = sentences.of(ctx.view, Invalid(code, **params))
        if row is None:
            return why
        if column is None:
            return ctx.t("Row {row}: {why}", row=row, why=why)
        return ctx.t("Row {row}, “{column}”: {why}", row=row, column=column, why=why)
    if len(entry) == 3:
        return purpose.added(ctx, entry[1], entry[2])
    return purpose.changed(ctx, entry[1], entry[2], entry[3])
