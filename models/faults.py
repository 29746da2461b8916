"""What can be wrong with the database itself, whatever was asked of it."""

from __future__ import annotations

import enum
import sqlite3

from sqlalchemy.exc import DBAPIError, OperationalError


class Trouble(enum.Enum):
    """Kinds of faults, by what an operator does about them."""

    FULL = "full"
    UNREADABLE = "unreadable"
    READ_ONLY = "read_only"
    LOCKED = "locked"
    DAMAGED = "damaged"
    NOT_OPENED = "not_opened"
    SERVER = "server"


class Damaged(RuntimeError):
    """The database file is not whole; the message is SQLite's."""


_SQLITE = {
    sqlite3.SQLITE_BUSY: Trouble.LOCKED,
    sqlite3.SQLITE_CANTOPEN: Trouble.NOT_OPENED,
    sqlite3.SQLITE_CORRUPT: Trouble.DAMAGED,
    sqlite3.SQLITE_FULL: Trouble.FULL,
    sqlite3.SQLITE_IOERR: Trouble.UNREADABLE,
    sqlite3.SQLITE_LOCKED: Trouble.LOCKED,
    sqlite3.SQLITE_NOMEM: Trouble.UNREADABLE,
    sqlite3.SQLITE_NOTADB: Trouble.DAMAGED,
    sqlite3.SQLITE_READONLY: Trouble.READ_ONLY,
}
# PostgreSQL's SQLSTATE.
_POSTGRESQL = {
    "40001": Trouble.LOCKED,
    "40P01": Trouble.LOCKED,
    "53100": Trouble.FULL,
    "25006": Trouble.READ_ONLY,
    "55P03": Trouble.LOCKED,
    "XX001": Trouble.DAMAGED,
    "XX002": Trouble.DAMAGED,
}
# Connections, resources and an operator's doing; without a state the driver never came so far as to ask.
_SERVER_AWAY = ("08", "53000", "53200", "53300", "57P")


def trouble_of(error: BaseException | None) -> tuple[Trouble, str] | None:
    """Return how the database itself failed behind ``error`` and the driver's words; None when it did not.

    It may have undone the whole transaction by then, so nothing of that may be kept or committed.
    """
    while error is not None:
        if isinstance(error, Damaged):
            return Trouble.DAMAGED, str(error)
        kind = _kind(error) if isinstance(error, DBAPIError) else None
        if kind is not None:
            # The first line: what follows may show what people typed.
            return kind, str(error.orig).strip().partition("\n")[0] if isinstance(error, DBAPIError) else ""
        error = error.__cause__ or error.__context__
    return None


def _kind(error: DBAPIError) -> Trouble | None:
    code = getattr(error.orig, "sqlite_errorcode", None)
    if code is not None:
        # The low byte is the kind; the rest tells which operation it was.
        return _SQLITE.get(code & 0xFF)
    state = getattr(error.orig, "sqlstate", None) or ""
    # A statement that is too much for the server is no fault of the server's: it would be so for ever.
    is_away = state.startswith(_SERVER_AWAY) if state else isinstance(error, OperationalError)
    if state not in _POSTGRESQL and (error.connection_invalidated or is_away):
        return Trouble.SERVER
    return _POSTGRESQL.get(state)
