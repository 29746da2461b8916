"""Files sent to be imported: read by a worker, reported on, applied whole or not at all.

The bytes wait in a row until then, so that a restart loses nothing.
"""

from __future__ import annotations

import hashlib
from typing import NamedTuple, cast

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from models import Upload, User, now_of
from services import formats, imports
from services.errors import Conflict, Invalid, NotFound
from services.imports import Kind, Report
from services.imports.report import summary
from services.imports.tables import MAX_BYTES, Progress

MAX_FILE_NAME = 200
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
    """Return what a kept file would do now, as ``read`` does. Raises NotFound ``upload`` once applied."""
    upload = session.get(Upload, upload_id)
    if upload is None or upload.content is None:
        raise NotFound("upload")
    return read(session, cast(Kind, upload.kind), upload.content, upload.file_name, progress)


def keep(session: Session, actor: User, file: FileRead) -> Upload:
    """Keep a file with its report in place of what the actor sent before and did not apply."""
    session.execute(delete(Upload).where(Upload.user_id == actor.id, Upload.applied_at.is_(None)))
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


def get(session: Session, upload_id: int, actor: User) -> Upload:
    """Return one of the actor's own uploads. Raises NotFound ``upload``."""
    found = session.get(Upload, upload_id)
    if found is None or found.user_id != actor.id:
        raise NotFound("upload")
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


def renew(upload: Upload, report: Report) -> None:
    """Have the upload say what the file would do now."""
    upload.fingerprint, upload.report = report.fingerprint, summary(report)
