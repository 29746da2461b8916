"""The engine, its safety switches, and the one way to open a transaction."""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.orm import Session

from models.base import Base
from models.faults import Damaged

BUSY_TIMEOUT_MS = 10_000
# Any numbers will do, as long as nobody else takes the same advisory locks in this database.
POSTGRESQL_LOCK = 7_313_300_221
POSTGRESQL_WRITING = 7_313_300_222
# What a killed process held is free once the server reads from its connection again.
LAST_HOLDER_MS = 3_000
# So much is read within a tenth of a second; more only when the last end was none in order.
READ_AT_EACH_START = 50 * 2**20


class Database:
    """An engine and the units of work on it."""

    def __init__(self, url: str) -> None:
        self.url = normalised_url(url)
        self.engine = _make_engine(self.url)
        # SQLite lets its waiting writers poll; a lock of ours hands over at once and keeps them fair enough.
        self._writing = threading.RLock()
        self._lock_connection: Connection | None = None
        self._is_locked = False

    @contextmanager
    def unit_of_work(self, now: datetime | None = None) -> Iterator[Session]:
        """Open a transaction: committed when the block ends, rolled back when it raises.

        The session carries one "now" (UTC) for everything done in it, see :func:`now_of`.
        """
        with self._writing, Session(self.engine, expire_on_commit=False) as session, session.begin():
            session.info["now"] = now or datetime.now(UTC)
            yield session

    @contextmanager
    def connection(self) -> Iterator[Connection]:
        """Open a transaction on a bare connection, for the Core work of inbox and outbox."""
        with self._writing, self.engine.begin() as connection:
            yield connection

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """Open a session that only reads and never waits for a writer (WAL); nothing is committed."""
        engine = self.engine.execution_options(begin="DEFERRED")
        with Session(engine, expire_on_commit=False) as session:
            session.info["now"] = datetime.now(UTC)
            yield session

    def check(self) -> None:
        """Look at a SQLite file before use; raises Damaged, or the driver's error, when it is not whole.

        A file too large to be read whole at each start is when the last process left its log behind.
        """
        path = sqlite_path(self.url)
        if path is None or not path.exists():
            return
        size, has_log = path.stat().st_size, path.with_name(path.name + "-wal").exists()
        with self.engine.execution_options(begin="DEFERRED").connect() as connection:
            if has_log or size <= READ_AT_EACH_START:
                found = connection.exec_driver_sql("PRAGMA quick_check(1)").scalar()
            else:
                pages = "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size"
                missing = connection.exec_driver_sql(pages).scalar_one() - size
                found = "ok" if missing <= 0 else f"{missing} bytes are missing"
        if found != "ok":
            raise Damaged(found)

    def try_lock(self) -> bool:
        """Hold PostgreSQL's advisory lock until :meth:`unlock`; False when another process holds it."""
        connection = self.engine.connect().execution_options(begin="DEFERRED")
        # A machine that is cut off would hold it for hours: the server asks after it within a minute.
        for setting in ("keepalives_idle = 30", "keepalives_interval = 10", "keepalives_count = 3"):
            connection.exec_driver_sql(f"SET tcp_{setting}")
        connection.exec_driver_sql(f"SET LOCAL lock_timeout = {LAST_HOLDER_MS}")
        try:
            connection.exec_driver_sql(f"SELECT pg_advisory_lock({POSTGRESQL_LOCK})")
        except OperationalError:
            connection.close()
            return False
        connection.commit()
        self._lock_connection, self._is_locked = connection, True
        return True

    def keep_lock(self) -> bool:
        """Take the lock anew when its connection was lost; False when another process was quicker.

        Raises the driver's error while the server is away.
        """
        if self._lock_connection is not None:
            try:
                self._lock_connection.exec_driver_sql("SELECT 1")
                self._lock_connection.commit()
                return True
            except DBAPIError:
                self._drop_lock_connection()
        return not self._is_locked or self.try_lock()

    def unlock(self) -> None:
        """Let go of what :meth:`try_lock` took."""
        self._is_locked = False
        self._drop_lock_connection()

    def _drop_lock_connection(self) -> None:
        if self._lock_connection is not None:
            # Not given back: the lock belongs to the connection for as long as that is open.
            self._lock_connection.invalidate()
            self._lock_connection.close()
            self._lock_connection = None

    def close(self) -> None:
        """Give every connection back; SQLite then folds its WAL into the file."""
        self.unlock()
        self.engine.dispose()


def now_of(session: Session) -> datetime:
    """Return the moment (UTC) this unit of work takes for now."""
    moment: datetime = session.info["now"]
    return moment


def normalised_url(url: str) -> str:
    """Return ``url`` with the driver we ship: ``postgres://`` and ``postgresql://`` mean psycopg 3."""
    for prefix in ("postgres://", "postgresql://"):
        if url.startswith(prefix):
            return "postgresql+psycopg://" + url.removeprefix(prefix)
    return url


def snapshot(source: Path, target: Path) -> None:
    """Write a SQLite database in use into a new file as it is at one moment, what is in its log included.

    A stepped copy starts again at every write and may never end. Raises sqlite3.Error and OSError.
    """
    new_file(target)
    with closing(sqlite3.connect(source)) as connection:
        connection.execute("VACUUM INTO ?", (str(target),))


def new_file(path: Path) -> None:
    """Make an empty file nobody else may read; what an earlier attempt left in its place goes."""
    path.unlink(missing_ok=True)
    os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))


def sqlite_path(url: str) -> Path | None:
    """Return the file behind a SQLite URL, None for any other database."""
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite" or not parsed.database:
        return None
    return Path(parsed.database)


def _make_engine(url: str) -> Engine:
    path = sqlite_path(url)
    if path is None:
        _share_partial_indexes()
        engine = create_engine(url, pool_pre_ping=True, pool_size=5, max_overflow=5, hide_parameters=True)
        event.listen(engine, "connect", _prepare_postgresql)
        event.listen(engine, "begin", _begin_postgresql)
        return engine
    path.parent.mkdir(parents=True, exist_ok=True)
    # hide_parameters: what people typed does not belong into the log, not even with an error.
    engine = create_engine(
        url, pool_size=5, max_overflow=10, hide_parameters=True, connect_args={"check_same_thread": False}
    )
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _share_partial_indexes() -> None:
    """Give PostgreSQL the conditions of SQLite's partial indexes.

    Said in the models, they would load PostgreSQL's dialect everywhere: 3 MB and 20 ms of each start.
    """
    for table in Base.metadata.tables.values():
        for index in table.indexes:
            condition = index.dialect_options["sqlite"]["where"]
            if condition is not None:
                index.dialect_options["postgresql"]["where"] = condition


def _prepare_sqlite(connection: Any, _record: object) -> None:
    # The driver's own transaction handling loses updates between threads; ours begins in _begin_sqlite.
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in (
        f"busy_timeout = {BUSY_TIMEOUT_MS}",
        "journal_mode = WAL",
        "synchronous = FULL",
        "foreign_keys = ON",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _prepare_postgresql(connection: Any, _record: object) -> None:
    # As with SQLite: who waits for longer than this is told so.
    connection.execute(f"SET lock_timeout = {BUSY_TIMEOUT_MS}")
    connection.commit()


def _begin_postgresql(connection: Connection) -> None:
    """Let one transaction write at a time, in all processes: the rules were made for SQLite's writer."""
    if connection.get_execution_options().get("begin", "IMMEDIATE") == "IMMEDIATE":
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({POSTGRESQL_WRITING})")


def _begin_sqlite(connection: Connection) -> None:
    # A deferred transaction that turns to writing fails at once when another writer got there first.
    mode = connection.get_execution_options().get("begin", "IMMEDIATE")
    connection.exec_driver_sql(f"BEGIN {mode}")
