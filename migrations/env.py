"""Alembic's entry: runs the revisions on the connection it is handed."""

from __future__ import annotations

from typing import Any, Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext
from sqlalchemy import BigInteger, Connection, Enum, String

from models import Base
from models.base import UtcDateTime


def render_item(kind: str, item: Any, _context: AutogenContext) -> str | Literal[False]:
    """Write our own column types as the plain ones they are in the database."""
    if kind != "type":
        return False
    if isinstance(item, UtcDateTime):
        return "sa.DateTime()"
    if isinstance(item, Enum):
        return f"sa.String({item.length})"
    if isinstance(item, BigInteger):
        return "BigInt"
    return False


def compare_type(
    _context: Any, _inspected: Any, column: Any, _inspected_type: Any, metadata_type: Any
) -> bool | None:
    """Return False for an enumeration kept as text: its members are the program's business."""
    return False if isinstance(metadata_type, Enum) and isinstance(column.type, String) else None


def run(connection: Connection) -> None:
    """Apply everything in one transaction, the caller's if there is one.

    On SQLite in one of its own, with foreign keys off and checked afterwards.
    """
    is_sqlite = connection.dialect.name == "sqlite"
    if is_sqlite:
        # Rebuilding a parent table with foreign keys on would delete every child row in silence.
        connection.exec_driver_sql("COMMIT")
        connection.exec_driver_sql("PRAGMA foreign_keys = OFF")
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        render_item=render_item,
        compare_type=compare_type,
        render_as_batch=is_sqlite,
        transactional_ddl=True,
    )
    with context.begin_transaction():
        context.run_migrations()
    if is_sqlite:
        broken = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
        if broken:
            raise RuntimeError(f"rows without a parent after the migration: {broken[:5]}")
        connection.commit()
        connection.exec_driver_sql("COMMIT")
        connection.exec_driver_sql("PRAGMA foreign_keys = ON")
        connection.exec_driver_sql("BEGIN")


run(context.config.attributes["connection"])
