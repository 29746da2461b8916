"""Slow work for outbox rows: geocoding, mail, files to send and to read, reports, Telegram's command menu."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from handlers import analytics
from handlers.callbacks import unpack
from handlers.context import view_of
from handlers.routing import Router
from handlers.screens import tables
from handlers.texts import LANGUAGES
from models import Database, OutboxState, Role, Session, User, now_of
from runtime.processor import Processor
from runtime.telegram_client import TelegramClient, TelegramError, TelegramUnavailable, Upload
from services import (
    admission,
    audit,
    auth,
    backup,
    company,
    documents,
    exports,
    journal,
    letter_drafts,
    letters,
    loading_sheet,
    mail,
    outbox,
    papers,
    uploads,
    vehicles,
)
from services.errors import DomainError
from services.geo import Geocoder, GeocoderDown
from services.imports.tables import MAX_BYTES, Progress
from services.invoice_letter import file_name
from services.journal import Filter
from services.mail import Letter, MailConfig
from services.outbox import OutboxRow, Outcome
from services.papers import Sheet
from services.roads import RoadRouter, RouterDown
from services.uploads import FileRead

log = logging.getLogger(__name__)

PROFILE = "profile"
PROGRESS_SECONDS = 1.0
PROFILE_RETRY = timedelta(minutes=1)
PUBLIC_GEOCODER = "nominatim.openstreetmap.org"


def seconds_between(geocoder_url: str) -> float:
    """Return the pause the geocoder's policy wants between requests: a second on the public one."""
    return 1.0 if urlsplit(geocoder_url).hostname == PUBLIC_GEOCODER else 0.0


def geocode(geocoder: Geocoder, rows: list[OutboxRow]) -> list[Any]:
    """Return the places of each row's address, or the GeocoderDown that came instead."""
    results: list[Any] = []
    for row in rows:
        try:
            results.append(geocoder.find(row.payload["query"], row.payload["language"]))
        except GeocoderDown as error:
            log.warning("the geocoder does not answer: %s", error)
            results.append(error)
    return results


def route(database: Database, roads: RoadRouter, rows: list[OutboxRow]) -> list[Any]:
    """Return the metres by road to each row's place, or the RouterDown that came instead."""
    with database.reading() as session:
        store = company.warehouse(session)
        start = (store.latitude or 0.0, store.longitude or 0.0)
    results: list[Any] = []
    for row in rows:
        try:
            results.append(roads.metres(start, (row.payload["latitude"], row.payload["longitude"])))
        except RouterDown as error:
            log.warning("the road router does not answer: %s", error)
            results.append(error)
    return results


def read_files(
    client: TelegramClient, database: Database, processor: Processor, router: Router, rows: list[OutboxRow]
) -> list[Any]:
    """Return what each row's file would do, or why it could not be had; how far it is shows meanwhile.

    ``upload_id`` names a file that is kept; else ``file_id`` is fetched from Telegram and read as ``kind``;
    without a kind its bytes are what was wanted.
    """
    results: list[Any] = []
    for row in rows:
        try:
            results.append(_file_read(client, database, row.payload, _progress_of(processor, router, row)))
        except (TelegramError, TelegramUnavailable, DomainError) as error:
            log.warning("the file of row %s cannot be had: %s", row.id, error)
            results.append(error)
    return results


def _progress_of(processor: Processor, router: Router, row: OutboxRow) -> Progress:
    """Return what shows how far a job is, at once and then as often as a chat bears it."""
    shown_at = -PROGRESS_SECONDS

    def told(rows: int) -> None:
        nonlocal shown_at
        now = time.monotonic()
        if now - shown_at >= PROGRESS_SECONDS:
            shown_at = now
            processor.submit(partial(router.job_goes_on, name=row.name, payload=row.payload, rows=rows))

    return told


def _file_read(
    client: TelegramClient, database: Database, what: dict[str, Any], progress: Progress
) -> FileRead | bytes:
    if "upload_id" in what:
        with database.reading() as session:
            return uploads.read_again(session, what["upload_id"], progress)
    path = client.call("getFile", {"file_id": what["file_id"]})["file_path"]
    content = client.download(path, MAX_BYTES)
    if "kind" not in what:
        return content
    with database.reading() as session:
        return uploads.read(session, what["kind"], content, what["file_name"], progress)


def make_backups(database: Database, data_dir: Path, rows: list[OutboxRow]) -> list[Any]:
    """Return for each row the copy that was made, or the Invalid that came instead."""
    results: list[Any] = []
    for row in rows:
        with database.reading() as session:
            now = company.local_now(session)
        try:
            results.append(backup.make(database, data_dir, row.name, now))
        except DomainError as error:
            log.error("no copy of the database was made: %s", error)
            results.append(error)
    return results


def finish_backup(router: Router, session: Session, row: OutboxRow, result: Any) -> None:
    """Note how the night's copy ended, or send the one an administrator asked for."""
    if row.name != backup.NIGHTLY:
        finish_job(router, session, row, result)
        return
    outbox.record(session, [Outcome(row.id, OutboxState.SENT, row.attempts + 1)])
    backup.report(session, result if isinstance(result, Exception) else None)


class Wanted(NamedTuple):
    """A file to be made: what is read from, who asked and may have it, and what the row says of it."""

    session: Session
    asker: User
    processor: Processor
    data_dir: Path
    details: Any


def make_upload(database: Database, processor: Processor, data_dir: Path, what: dict[str, Any]) -> Upload:
    """Return the file that an outgoing row wants, made now, but for a kept copy.

    Raises Forbidden, or NotFound, when who asked may not have it any more.
    """
    roles, make = UPLOADS[what["kind"]]
    with database.reading() as session:
        asker = auth.require(session.get(User, what["user_id"]), *roles)
        drawn = make(Wanted(session, asker, processor, data_dir, what["details"]))
    # What takes long is drawn when nothing holds the database any more.
    return drawn()


def _backup_upload(wanted: Wanted) -> Callable[[], Upload]:
    """Return a copy of the database that was made before."""
    copy = wanted.data_dir / backup.BACKUPS / wanted.details
    return lambda: Upload("document", copy.name, copy.read_bytes())


def _document_upload(wanted: Wanted) -> Callable[[], Upload]:
    """Return a document's PDF, drawn from its snapshot."""
    sheet = papers.sheet(wanted.session, documents.get(wanted.session, wanted.details, wanted.asker))
    return lambda: Upload("document", file_name(sheet.paper), _drawn(wanted.processor, sheet))


def _drawn(processor: Processor, sheet: Sheet) -> bytes:
    """Draw a document and have its digest kept, or compared with the one kept before."""
    pdf = papers.render(sheet.paper, sheet.facsimile)
    if sheet.document_id is not None:
        processor.submit(partial(papers.keep_digest, document_id=sheet.document_id, pdf=pdf))
    return pdf


def _sheet_upload(wanted: Wanted) -> Callable[[], Upload]:
    """Return a loading sheet, drawn from what its orders say now."""
    details = wanted.details
    delivery_on, language = date.fromisoformat(details["day"]), details["language"]
    sheet = loading_sheet.gather(
        wanted.session, delivery_on, wanted.asker, details.get("window_id"), details.get("vehicle_id")
    )
    name = loading_sheet.file_name(delivery_on, language)
    return lambda: Upload("document", name, papers.render_sheet(sheet, language))


def _code_upload(wanted: Wanted) -> Callable[[], Upload]:
    """Return an access code's link as a picture to scan."""
    return lambda: Upload("photo", "code.png", admission.render_qr(wanted.details))


def _report_upload(wanted: Wanted) -> Callable[[], Upload]:
    """Return a report as a picture or a workbook, worked out again."""
    # Pillow and openpyxl: most processes never need them.
    from handlers.screens import report_files

    button = unpack(wanted.details["button"])
    assert isinstance(button, analytics.Chart | analytics.Workbook)
    is_chart = isinstance(button, analytics.Chart)
    make = report_files.chart if is_chart else report_files.workbook
    file = make(wanted.session, button.what, button.period, wanted.details["language"])
    return lambda: Upload("photo" if is_chart else "document", file.name, file.render())


def _orders_upload(wanted: Wanted) -> Callable[[], Upload]:
    """Return the journal's orders as a workbook."""
    view = view_of(wanted.session, wanted.details["language"])
    found = journal.listed(wanted.session, wanted.asker, Filter.from_json(wanted.details["wanted"]))
    content = tables.orders(view, found)
    return lambda: Upload("document", f"orders_{view.today:%Y-%m-%d}.xlsx", content)


def _audit_upload(wanted: Wanted) -> Callable[[], Upload]:
    """Return the trace of changes as a workbook."""
    details = wanted.details
    view = view_of(wanted.session, details["language"])
    changes = audit.Wanted(details["person_id"], tuple(details["subjects"]), details["subject_id"])
    content = tables.changes(view, audit.listed(wanted.session, wanted.asker, changes))
    return lambda: Upload("document", f"changes_{view.today:%Y-%m-%d}.xlsx", content)


def _export_upload(wanted: Wanted) -> Callable[[], Upload]:
    """Return the catalogue or the customers as a file."""
    what, form, language = (wanted.details[name] for name in ("what", "form", "language"))
    content = exports.render(wanted.session, what, form, language)
    name = exports.file_name(what, form, company.local_now(wanted.session).date(), language)
    return lambda: Upload("document", name, content)


ADMIN = (Role.ADMIN,)
# Who may have each kind of file; of what these may see, the makers look up as the asker.
UPLOADS: dict[str, tuple[tuple[Role, ...], Callable[[Wanted], Callable[[], Upload]]]] = {
    "backup": (ADMIN, _backup_upload),
    "document": (tuple(Role), _document_upload),
    "sheet": (vehicles.WAREHOUSE, _sheet_upload),
    "link": (ADMIN, _code_upload),
    "report": (ADMIN, _report_upload),
    "orders": (ADMIN, _orders_upload),
    "audit": (ADMIN, _audit_upload),
    "export": (ADMIN, _export_upload),
}


def count_reports(database: Database, rows: list[OutboxRow]) -> list[Any]:
    """Return each row's report, or the error that came instead."""
    results: list[Any] = []
    for row in rows:
        try:
            with database.reading() as session:
                results.append(analytics.compute(session, row.payload["report"]))
        except Exception as error:
            log.exception("report %s cannot be worked out", row.payload["report"])
            results.append(error)
    return results


def sum_orders(database: Database, rows: list[OutboxRow]) -> list[Any]:
    """Return what the orders of each row's filter come to, however many."""
    with database.reading() as session:
        return [
            journal.sums(
                session,
                session.get_one(User, row.payload["user_id"]),
                Filter.from_json(row.payload["filter"]),
            )
            for row in rows
        ]


def send_letters(
    database: Database, processor: Processor, config: MailConfig | None, rows: list[OutboxRow]
) -> Iterator[Any]:
    """Compose the letters from what is frozen, send them over one connection, tell how each ended."""
    if config is None:
        yield from [letters.MailOff()] * len(rows)
        return
    composed = [_composed(database, processor, config, row) for row in rows]
    ready = [letter for letter in composed if isinstance(letter, Letter)]
    ended = mail.deliver_letters(config, ready)
    for letter in composed:
        yield next(ended) if isinstance(letter, Letter) else letter


def _composed(
    database: Database, processor: Processor, config: MailConfig, row: OutboxRow
) -> Letter | Exception:
    try:
        with database.reading() as session:
            draft = letter_drafts.prepare(session, row)
        pdfs = [_drawn(processor, sheet) for sheet in draft.sheets]
        return letter_drafts.compose(draft, config.sender, pdfs)
    except letter_drafts.Withdrawn as gone:
        return gone
    except Exception as error:
        # One letter that can't be made must not hold the others back; it is retried like a refused one.
        log.exception("letter %s cannot be composed", row.id)
        return error


def finish_letter(session: Session, row: OutboxRow, result: Any) -> None:
    """Apply how a letter's sending ended."""
    letters.finish(session, row, result)


def publish_commands(
    client: TelegramClient, database: Database, router: Router, rows: list[OutboxRow]
) -> list[Any]:
    """Tell Telegram the commands strangers see, and learn the bot's own name."""
    with database.reading() as session:
        default = company.get(session).language
    try:
        router.bot_username = client.call("getMe").get("username")
        client.call("setMyCommands", {"commands": router.commands_for(frozenset(), default)})
        for language in LANGUAGES:
            commands = router.commands_for(frozenset(), language)
            client.call("setMyCommands", {"commands": commands, "language_code": language})
    except (TelegramError, TelegramUnavailable) as error:
        return [error] * len(rows)
    return [None] * len(rows)


def finish_job(router: Router, session: Session, row: OutboxRow, result: Any) -> None:
    """Close a handler's job and show what follows from its result."""
    outbox.record(session, [Outcome(row.id, OutboxState.SENT, row.attempts + 1)])
    router.job_done(session, row, result)


def finish_profile(session: Session, row: OutboxRow, result: Any) -> None:
    """Close the row; while Telegram can't be reached it is tried again every minute."""
    attempts = row.attempts + 1
    if isinstance(result, Exception):
        later = now_of(session) + PROFILE_RETRY
        outcome = Outcome(row.id, OutboxState.WAITING, attempts, due_at=later, error=str(result))
    else:
        outcome = Outcome(row.id, OutboxState.SENT, attempts)
    outbox.record(session, [outcome])
