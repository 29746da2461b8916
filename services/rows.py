"""Rows written by the thousand in few statements, past the ORM; what was loaded before is to be refreshed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Table, bindparam, insert, update
from sqlalchemy.orm import Session


def add(session: Session, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows that have the same columns."""
    if rows:
        session.execute(insert(table), rows)


def rewrite(session: Session, table: Table, changes: Iterable[tuple[int, Mapping[str, Any]]]) -> None:
    """Set columns of rows by their ids, each a version further: a statement for all that set the same."""
    alike: dict[tuple[str, ...], list[dict[str, Any]]] = {}
    for row_id, values in changes:
        alike.setdefault(tuple(values), []).append({"its_id": row_id, **values})
    for names, rows in alike.items():
        columns: dict[str, Any] = {name: bindparam(name) for name in names}
        statement = update(table).where(table.c.id == bindparam("its_id"))
        session.execute(statement.values(version=table.c.version + 1, **columns), rows)
