"""Moves everything into an empty database, of the other engine for instance, and compares the two."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import Connection, Integer, String, Table, delete, func, insert, inspect, select, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError

import migrations
from models import Base
from models.database import Database, normalised_url, sqlite_path

BATCH = 1_000

Say = Callable[[str], None]


class NotCopied(RuntimeError):
    """Nothing was copied; the message says why, and what to do."""


class Copied(NamedTuple):
    """What was copied and compared."""

    tables: int
    rows: int
    sums: int


def url_of(place: str) -> str:
    """Return the URL of a place named at the command line, which may be a file; raises NotCopied."""
    if "://" not in place:
        return f"sqlite:///{Path(place).resolve()}"
    if not place.startswith(("sqlite:///", "postgresql://", "postgres://")):
        raise NotCopied(f"{place.partition('://')[0]}:// is neither sqlite:/// nor postgresql://.")
    url = normalised_url(place)
    try:
        make_url(url)
    except (ArgumentError, ValueError):
        raise NotCopied("That is no address of a database.") from None
    return url


def open_source(url: str) -> Database:
    """Return the database to copy from; raises NotCopied for a file that is not there."""
    path = sqlite_path(url)
    # SQLite would make an empty one.
    if path is not None and not path.is_file():
        raise NotCopied(f"There is no file {path}.")
    return Database(url)


def copy(source: Database, target_url: str, say: Say) -> Copied:
    """Copy every row into a database without tables, all or nothing; ``say`` is told how far it is.

    Nobody can write to the source meanwhile, and what is in it stays. Raises NotCopied, or NewerSchema.
    """
    try:
        with source.connection() as reading:
            _require_this_schema(reading)
            with _empty_target(target_url) as writing:
                return _copy_all(reading, writing, say)
    except DBAPIError as error:
        raise NotCopied(f"{_reason(error)}.") from None


@contextmanager
def _empty_target(url: str) -> Iterator[Connection]:
    """Open the target, its schema made and no row in it; what the block leaves is kept when it ends well."""
    path = sqlite_path(url)
    opened = _new_file(path) if path is not None else _empty_server(url)
    with opened as connection:
        for table in Base.metadata.tables.values():
            connection.execute(delete(table))
        yield connection


@contextmanager
def _new_file(path: Path) -> Iterator[Connection]:
    # SQLite would read what is left of a database of this name into the new one.
    for name in (path.name, f"{path.name}-wal", f"{path.name}-shm"):
        there = path.with_name(name)
        if there.exists():
            raise NotCopied(f"{there} is there already; name a file that is not, or put it away.")
    part = path.with_name(path.name + ".part")
    part.unlink(missing_ok=True)
    database = Database(f"sqlite:///{part}")
    try:
        migrations.upgrade(database)
        with database.connection() as connection:
            # A shelf may lie in one that was made later: parents are looked for when everything is there.
            connection.exec_driver_sql("PRAGMA defer_foreign_keys = ON")
            yield connection
        database.close()
        part.replace(path)
    finally:
        database.close()
        part.unlink(missing_ok=True)


@contextmanager
def _empty_server(url: str) -> Iterator[Connection]:
    database = Database(url)
    try:
        with database.connection() as connection:
            _require_empty(connection)
            # In this very transaction: when it does not end, there is not even a table.
            migrations.create(connection)
            parents = _without_foreign_keys(connection)
            yield connection
            for statement in parents:
                connection.exec_driver_sql(statement)
            _count_on(connection)
    finally:
        database.close()


def _require_this_schema(connection: Connection) -> None:
    at = migrations.current(connection)
    if at is None:
        raise NotCopied("The source is no database of this program.")
    if at > migrations.head():
        raise migrations.NewerSchema(at)
    if at < migrations.head():
        raise NotCopied(
            f"The source has schema {at}, this program {migrations.head()}: start the bot on it once, stop"
            " it, and copy then."
        )


def _require_empty(connection: Connection) -> None:
    tables = sorted(inspect(connection).get_table_names())
    if tables:
        raise NotCopied(f"The target is not empty, it has {tables[0]}: give it a database without tables.")
    encoding = connection.scalar(text("SHOW server_encoding"))
    if encoding != "UTF8":
        raise NotCopied(f"The target holds text as {encoding}: make it with ENCODING 'UTF8'.")


def _without_foreign_keys(connection: Connection) -> list[str]:
    """Take the foreign keys away, for rows come in any order; return what puts them back and checks them."""
    query = (
        "SELECT conrelid::regclass, quote_ident(conname), pg_get_constraintdef(oid) FROM pg_constraint"
        " WHERE contype = 'f' AND connamespace = current_schema()::regnamespace"
    )
    found = connection.execute(text(query)).all()
    for table, name, _ in found:
        connection.exec_driver_sql(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
    return [f"ALTER TABLE {table} ADD CONSTRAINT {name} {what}" for table, name, what in found]


def _count_on(connection: Connection) -> None:
    """Let new rows get keys after those that were copied."""
    for table in Base.metadata.tables.values():
        for column in table.primary_key:
            sequence = connection.scalar(
                text("SELECT pg_get_serial_sequence(:name, :key)"), {"name": table.name, "key": column.name}
            )
            if sequence is not None:
                last = connection.scalar(select(func.max(column)))
                connection.execute(select(func.setval(sequence, last or 1, last is not None)))


def _copy_all(reading: Connection, writing: Connection, say: Say) -> Copied:
    rows = sums = 0
    for table in Base.metadata.tables.values():
        _copy_table(reading, writing, table, say)
        wanted, found = _totals(reading, table), _totals(writing, table)
        for name, total in wanted.items():
            if found[name] != total:
                raise NotCopied(f"{table.name}, {name}: {found[name]} instead of {total}.")
        rows += wanted["rows"]
        sums += len(wanted) - 1
    return Copied(len(Base.metadata.tables), rows, sums)


def _copy_table(reading: Connection, writing: Connection, table: Table, say: Say) -> None:
    query = select(table).order_by(*table.primary_key).execution_options(yield_per=BATCH)
    copied = 0
    for batch in reading.execute(query).mappings().partitions():
        _write(writing, table, [dict(row) for row in batch])
        copied += len(batch)
        if copied % (100 * BATCH) == 0:
            say(f"{table.name}: {copied} rows …")
    say(f"{table.name}: {copied} rows")


def _write(connection: Connection, table: Table, rows: list[dict[str, Any]]) -> None:
    try:
        with connection.begin_nested():
            connection.execute(insert(table), rows)
    except DBAPIError as error:
        if error.connection_invalidated or len(rows) == 1:
            key = ", ".join(str(rows[0][column.name]) for column in table.primary_key)
            raise NotCopied(f"The row {key} of {table.name} cannot be written: {_reason(error)}.") from None
        # One of them: halved until it has a name.
        for half in (rows[: len(rows) // 2], rows[len(rows) // 2 :]):
            _write(connection, table, half)


def _totals(connection: Connection, table: Table) -> dict[str, int]:
    """Return how many rows there are, the sum of each column of numbers and how long each text is in all."""
    totals: dict[str, Any] = {"rows": func.count()}
    for column in table.columns:
        if isinstance(column.type, Integer):
            totals[f"sum of {column.name}"] = func.sum(column)
        elif isinstance(column.type, String):
            totals[f"length of {column.name}"] = func.sum(func.length(column))
    found = connection.execute(select(*totals.values()).select_from(table)).one()
    return {name: int(value or 0) for name, value in zip(totals, found, strict=True)}


def _reason(error: DBAPIError) -> str:
    """Return the driver's first line: what follows may show what people typed."""
    return str(error.orig).partition("\n")[0].rstrip(".")
