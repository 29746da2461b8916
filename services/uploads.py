"""Files sent to be imported: read by a worker, reported on, applied whole or not at all.

The bytes wait in a row until then, so that a restart loses nothing.
"""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from typing import NamedTuple, cast

from sqlalchemy import or_, select, text, update
from sqlalchemy.orm import Session

from models import Upload, User, now_of
from services import formats, imports
from services.errors import Conflict, Invalid, NotFound
from services.imports import Kind, Report
from services.imports.report import summary
from services.imports.tables import MAX_BYTES, Progress

MAX_FILE_NAME = 200
UNAPPLIED_KEPT, REPORT_KEPT = timedelta(days=2), timedelta(days=30)
# Written out: with a bound value SQLite would not use the index of what is kept.
_is_kept = text("is_kept")
_empty = (
    update(Upload).values(is_kept=False, content=None, report={}).execution_options(synchronize_session=False)
)
_ENDINGS = (".csv", ".tsv", ".txt", ".xlsx")


class FileRead(NamedTuple):
    """What a worker made of a file: its bytes, and what they would do to the base as it stood."""

    content: bytes
    report: Report


def check_document(file_name: str, size: int) -> None:
    """Refuse what is not worth a download.

    Raises Invalid ``file_old_excel``, ``file_kind`` or ``file_too_big`` (limit_mb).
    """
    name = file_name.lower()
    if name.endswith(".xls"):
        raise Invalid("file_old_excel")
    if not name.endswith(_ENDINGS):
        raise Invalid("file_kind")
    if size > MAX_BYTES:
        raise Invalid("file_too_big", limit_mb=MAX_BYTES // 1024**2)


def read(
    session: Session, kind: Kind, content: bytes, file_name: str, progress: Progress | None = None
) -> FileRead:
    """Return what a file would do; ``progress`` hears of the rows read. Slow: for workers."""
    return FileRead(content, imports.check(session, kind, content, file_name, progress))


def read_again(session: Session, upload_id: int, progress: Progress | None = None) -> FileRead:
    """Return what a kept file would do now, as ``read`` does. Raises NotFound ``upload_gone``."""
    upload = session.get(Upload, upload_id)
    if upload is None or upload.content is None:
        raise NotFound("upload_gone")
    return read(session, cast(Kind, upload.kind), upload.content, upload.file_name, progress)


def keep(session: Session, actor: User, file: FileRead) -> Upload:
    """Keep a file with its report in place of what the actor sent before and did not apply."""
    session.execute(_empty.where(_is_kept, Upload.user_id == actor.id, Upload.applied_at.is_(None)))
    report = file.report
    upload = Upload(
        user_id=actor.id,
        kind=report.kind,
        file_name=formats.one_line(report.file_name)[:MAX_FILE_NAME],
        digest=hashlib.sha256(file.content).hexdigest(),
        content=file.content,
        fingerprint=report.fingerprint,
        report=summary(report),
        created_at=now_of(session),
    )
    session.add(upload)
    session.flush()
    return upload


def own(session: Session, upload_id: int, actor: User) -> Upload:
    """Return one of the actor's own uploads, kept or not. Raises NotFound ``upload``."""
    found = session.get(Upload, upload_id)
    if found is None or found.user_id != actor.id:
        raise NotFound("upload")
    return found


def get(session: Session, upload_id: int, actor: User) -> Upload:
    """Return one of the actor's own uploads with its report.

    Raises NotFound ``upload``; ``upload_gone`` or, of one that was applied, ``report_gone`` when it is not
    kept any more.
    """
    found = own(session, upload_id, actor)
    if not found.is_kept:
        raise NotFound("upload_gone" if found.applied_at is None else "report_gone")
    return found


def applied_before(session: Session, upload: Upload) -> tuple[Upload, User] | None:
    """Return the last time a file of the very same bytes was applied, and by whom."""
    query = (
        select(Upload, User)
        .join(User, User.id == Upload.user_id)
        .where(
            Upload.digest == upload.digest,
            Upload.kind == upload.kind,
            Upload.id != upload.id,
            Upload.applied_at.is_not(None),
        )
        .order_by(Upload.id.desc())
        .limit(1)
    )
    row = session.execute(query).unique().first()
    return (row[0], row[1]) if row is not None else None


def apply(session: Session, upload: Upload, report: Report, actor: User) -> None:
    """Write everything the person saw in the report, or nothing.

    Raises Conflict ``upload_applied`` the second time, ``import_outdated`` when the base has moved on since,
    and Invalid ``import_has_problems``.
    """
    if upload.applied_at is not None:
        raise Conflict("upload_applied")
    if report.fingerprint != upload.fingerprint:
        raise Conflict("import_outdated")
    imports.apply(session, report, actor)
    upload.applied_at, upload.content = now_of(session), None


def sweep(session: Session, now: datetime) -> None:
    """Empty what nobody applied in two days, and the reports on what was applied a month ago."""
    is_old = Upload.created_at < now - UNAPPLIED_KEPT
    is_over = or_(Upload.applied_at.is_(None), Upload.created_at < now - REPORT_KEPT)
    session.execute(_empty.where(_is_kept, is_old, is_over))


def renew(upload: Upload, report: Report) -> None:
    """Have the upload say what the file would do now."""
    upload.fingerprint, upload.report = report.fingerprint, summary(report)
