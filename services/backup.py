"""Consistent copies of a SQLite database: made, kept for a while, sent, put back."""

from __future__ import annotations

import gzip
import re
import shutil
import sqlite3
import zlib
from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import NamedTuple

from sqlalchemy.orm import Session

from models import Database
from models.database import new_file, snapshot, sqlite_path
from services import company, notifications, outbox
from services.errors import Conflict, DomainError, Invalid

BACKUPS = "backups"
"""The folder in the data folder, and the worker that fills it."""
NIGHTLY, ASKED = "nightly", "asked"
MADE_AT = time(2)
DAYS, WEEKS, MONTHS = 7, 4, 12
ASKED_KEPT = timedelta(days=7)
MAX_FAULT = 300

_PART, _PACKED = ".part", ".packed"
_NAME = re.compile(r"(nightly|asked)-([0-9]{8})-[0-9]{6}\.db\.gz")
# What a kill left of a copy that was being made.
_TORN = re.compile(rf"{_NAME.pattern}({re.escape(_PART)}|{re.escape(_PACKED)})(-journal)?")
_OURS = {"company", "warehouse", "users", "orders", "products", "outbox_messages"}
_GZIP = b"\x1f\x8b"


class Incoming(NamedTuple):
    """A copy that was checked and lies ready beside the database, and its schema revision."""

    path: Path
    revision: str


def default_path(folder: Path, now: datetime, kind: str = "bot") -> Path:
    """Return where a copy made now goes: ``backups/bot-20261120-104200.db.gz`` in the data folder."""
    return folder / BACKUPS / f"{kind}-{now:%Y%m%d-%H%M%S}.db.gz"


def write(database: Database, target: Path) -> None:
    """Write a consistent copy while the bot goes on, for the owner's eyes; compressed as .gz if named so.

    Raises Invalid ``backup_not_sqlite``, ``backup_exists`` (path) or ``backup_failed`` (reason).
    """
    source = sqlite_path(database.url)
    if source is None:
        raise Invalid("backup_not_sqlite")
    if target.exists():
        raise Invalid("backup_exists", path=str(target))
    plain = target.with_name(target.name + _PART)
    packed = target.with_name(target.name + _PACKED)
    try:
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        _copy(source, plain)
        if target.suffix == ".gz":
            new_file(packed)
            with plain.open("rb") as reading, gzip.open(packed, "wb", compresslevel=6) as writing:
                shutil.copyfileobj(reading, writing)
        (packed if target.suffix == ".gz" else plain).replace(target)
    except sqlite3.Error as error:
        raise Invalid("backup_failed", reason=str(error)) from None
    except OSError as error:
        raise Invalid("backup_failed", reason=error.strerror or type(error).__name__) from None
    finally:
        for left in (plain, packed):
            with suppress(OSError):
                left.unlink()


def _copy(source: Path, target: Path) -> None:
    snapshot(source, target)
    connection = sqlite3.connect(target)
    try:
        connection.execute("PRAGMA secure_delete = ON")
        with connection:
            # In the copy this very work is still under way: put back, it would be done once more.
            connection.execute("DELETE FROM outbox_messages WHERE lane = ?", (BACKUPS,))
            # An access code on its way leaves no copy either.
            connection.execute("DELETE FROM outbox_messages WHERE json_extract(payload, '$.about.is_secret')")
    finally:
        connection.close()


# Every night


def is_possible(session: Session) -> bool:
    """Tell whether copies are made here at all: PostgreSQL has its own tools."""
    return session.get_bind().dialect.name == "sqlite"


def queue_nightly(session: Session) -> None:
    """Queue the night's copy for the worker, once a night."""
    firm, now = company.get(session), company.local_now(session)
    is_due = now.time() >= MADE_AT and (firm.backed_up_on is None or firm.backed_up_on < now.date())
    if is_due and is_possible(session):
        firm.backed_up_on = now.date()
        outbox.add_job(session, BACKUPS, NIGHTLY, {})


def ask(session: Session, chat_id: int) -> None:
    """Queue a copy for an administrator's chat.

    Raises Invalid ``backup_not_sqlite``, Conflict ``backup_under_way`` while one waits or is being made: each
    is as large as the database.
    """
    if not is_possible(session):
        raise Invalid("backup_not_sqlite")
    if outbox.is_under_way(session, BACKUPS):
        raise Conflict("backup_under_way")
    outbox.add_job(session, BACKUPS, ASKED, {"chat_id": chat_id})


def last_night(session: Session) -> date | None:
    """Return the day of the last nightly copy; None when there was no night yet.

    The day of the installation is marked as done at the first start: nights begin with the next one.
    """
    firm = company.get(session)
    if firm.backed_up_on is None or firm.initialised_at is None:
        return firm.backed_up_on
    installed_on = firm.initialised_at.astimezone(company.zone(session)).date()
    return firm.backed_up_on if firm.backed_up_on > installed_on else None


def make(database: Database, folder: Path, kind: str, now: datetime) -> Path:
    """Write a copy into the data folder and clear away those that were kept long enough; return where it is.

    Slow: for workers. Raises what :func:`write` does.
    """
    target = default_path(folder, now, kind)
    while target.exists():
        now += timedelta(seconds=1)
        target = default_path(folder, now, kind)
    write(database, target)
    for name in outdated((path.name for path in target.parent.iterdir()), now.date()):
        (target.parent / name).unlink(missing_ok=True)
    return target


def outdated(names: Iterable[str], today: date) -> set[str]:
    """Return which files to delete.

    Of the nightly ones the last of each of 7 days, 4 weeks and 12 months stay, of those an administrator
    asked for the ones of the last 7 days. Pieces of such copies go: no other is being made meanwhile. Files
    of any other name are somebody else's.
    """
    names = set(names)
    copies = [(_day_of(match[2]), match[1], match[0]) for name in names if (match := _NAME.fullmatch(name))]
    copies.sort(reverse=True, key=lambda copy: copy[2].partition("-")[2])
    nightly = [(day, name) for day, kind, name in copies if kind == NIGHTLY]
    kept = {
        *_last_of_each(nightly, lambda day: day.toordinal(), DAYS),
        *_last_of_each(nightly, lambda day: day.isocalendar()[:2], WEEKS),
        *_last_of_each(nightly, lambda day: (day.year, day.month), MONTHS),
        *(name for day, kind, name in copies if kind == ASKED and day > today - ASKED_KEPT),
    }
    return ({name for _, _, name in copies} - kept) | {name for name in names if _TORN.fullmatch(name)}


def _day_of(digits: str) -> date:
    try:
        return date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        return date.min


def _last_of_each(copies: list[tuple[date, str]], span: Callable[[date], object], most: int) -> list[str]:
    """Return the newest copy of each of the last ``most`` spans; ``copies`` come newest first."""
    newest: dict[object, str] = {}
    for day, name in copies:
        newest.setdefault(span(day), name)
    return list(newest.values())[:most]


def report(session: Session, error: Exception | None) -> None:
    """Note how a nightly copy ended; administrators are told of the first failure, not of each."""
    firm = company.get(session)
    fault = None if error is None else reason_of(error)[:MAX_FAULT]
    if fault is not None and firm.backup_fault is None:
        notifications.tell_admins(session, "backup_failed", reason=fault)
    firm.backup_fault = fault


def reason_of(error: Exception) -> str:
    """Return why a copy was not made, as the system said it."""
    return str(error.params.get("reason", error.code)) if isinstance(error, DomainError) else repr(error)


# Putting back


def prepare(file: Path, database_file: Path) -> Incoming:
    """Lay a copy, unpacked, ready beside the database and check it; nothing else is touched.

    Raises Invalid ``backup_not_there``, ``backup_damaged`` or ``backup_failed`` and takes it away again.
    """
    if not file.is_file():
        raise Invalid("backup_not_there", path=str(file))
    incoming = database_file.with_name(database_file.name + ".incoming")
    try:
        incoming.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        new_file(incoming)
        _unpack(file, incoming)
        return Incoming(incoming, check(incoming))
    except (EOFError, zlib.error, gzip.BadGzipFile):
        incoming.unlink(missing_ok=True)
        raise Invalid("backup_damaged", path=str(file)) from None
    except OSError as error:
        incoming.unlink(missing_ok=True)
        raise Invalid("backup_failed", reason=error.strerror or type(error).__name__) from None
    except Invalid:
        incoming.unlink(missing_ok=True)
        raise Invalid("backup_damaged", path=str(file)) from None


def _unpack(file: Path, target: Path) -> None:
    with file.open("rb") as found:
        is_packed = found.read(len(_GZIP)) == _GZIP
    with gzip.open(file) if is_packed else file.open("rb") as reading, target.open("wb") as writing:
        shutil.copyfileobj(reading, writing)


def check(file: Path) -> str:
    """Return the schema revision of an unpacked copy.

    Raises Invalid ``backup_damaged`` (path) for what is damaged, or no database of this program.
    """
    try:
        # Not opened for reading only: a file copied from a database with a log could not be read so.
        connection = sqlite3.connect(file)
        try:
            state = connection.execute("PRAGMA integrity_check").fetchone()[0]
            revision = connection.execute("SELECT version_num FROM alembic_version").fetchone()
            tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master")}
        finally:
            connection.close()
    except sqlite3.Error:
        raise Invalid("backup_damaged", path=str(file)) from None
    if state != "ok" or revision is None or not tables >= _OURS:
        raise Invalid("backup_damaged", path=str(file))
    return str(revision[0])


def put_back(incoming: Path, database_file: Path, now: datetime) -> Path | None:
    """Make what :func:`prepare` laid ready the database; return where the present one went, None if none.

    Nothing may have the database open. There is a whole database at every moment: the copy lies beside it
    and then takes its name.
    """
    kept = None
    if database_file.exists():
        _fold_log(database_file)
        kept = database_file.with_name(f"{database_file.name}.before-restore-{now:%Y%m%d-%H%M%S}")
        shutil.copy2(database_file, kept)
    incoming.replace(database_file)
    # The log of the old file must not be replayed into the new one; what it held is in the kept copy.
    for suffix in ("-wal", "-shm"):
        database_file.with_name(database_file.name + suffix).unlink(missing_ok=True)
    return kept


def _fold_log(database_file: Path) -> None:
    """Bring into the file what a killed process left in its write-ahead log."""
    connection = sqlite3.connect(database_file)
    try:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    finally:
        connection.close()
