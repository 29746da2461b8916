"""Consistent copies of a SQLite database, and putting one back."""

from __future__ import annotations

import shutil
import sqlite3
from datetime import datetime
from pathlib import Path

from models import Database
from models.database import sqlite_path
from services.errors import Invalid


def default_path(folder: Path, now: datetime) -> Path:
    """Return where a copy made now goes: ``backups/bot-20261120-104200.db`` in the data folder."""
    return folder / "backups" / f"bot-{now:%Y%m%d-%H%M%S}.db"


def write(database: Database, target: Path) -> None:
    """Write a consistent copy while the bot goes on; raises Invalid when it cannot be made.

    ``VACUUM INTO`` reads one snapshot: a stepped copy starts again at every write and may never end.
    """
    source = sqlite_path(database.url)
    if source is None:
        raise Invalid("backup_not_sqlite")
    if target.exists():
        raise Invalid("backup_exists", path=str(target))
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    connection = sqlite3.connect(source)
    try:
        connection.execute("VACUUM INTO ?", (str(target),))
    finally:
        connection.close()
    target.chmod(0o600)


def check(file: Path) -> str:
    """Return the schema revision of a copy; raises Invalid when it is none, or damaged."""
    if not file.is_file():
        raise Invalid("backup_not_there", path=str(file))
    try:
        connection = sqlite3.connect(f"{file.resolve().as_uri()}?mode=ro", uri=True)
        try:
            state = connection.execute("PRAGMA integrity_check").fetchone()[0]
            revision = connection.execute("SELECT version_num FROM alembic_version").fetchone()
        finally:
            connection.close()
    except sqlite3.Error:
        raise Invalid("backup_damaged", path=str(file)) from None
    if state != "ok" or revision is None:
        raise Invalid("backup_damaged", path=str(file))
    return str(revision[0])


def put_back(file: Path, database_file: Path, now: datetime) -> Path | None:
    """Make a checked copy the database; return where the present one went, None if there was none.

    Nothing may have the database open. There is a whole database at every moment: the copy is laid beside it
    and then takes its name.
    """
    incoming = database_file.with_name(database_file.name + ".incoming")
    shutil.copy2(file, incoming)
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
