"""Rows of a large database: how many, and how they are written."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from sqlalchemy import Connection, func, insert, select

from models.base import Base

# The day everything is seen from: a Friday, noon in Moscow. Measuring takes it for now, too.
NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
AT_ONCE = 10_000
SEED = 20_261_120


@dataclass(frozen=True, slots=True)
class Size:
    """How much there is in all; ``queue`` orders of those wait for the warehouse."""

    reps: int
    products: int
    customers: int
    orders: int
    queue: int


BIG = Size(reps=40, products=10_000, customers=10_000, orders=200_000, queue=600)
# The demo's company with a little more of everything: a draft of 200 lines, a customer's habits, a queue.
SMALL = Size(reps=2, products=240, customers=20, orders=400, queue=12)


def fill(connection: Connection, kind: type[Base], rows: Iterable[dict[str, Any]]) -> None:
    """Insert rows of one table, many at once; every row has the same keys."""
    waiting = iter(rows)
    while batch := list(islice(waiting, AT_ONCE)):
        connection.execute(insert(kind), batch)


def next_id(connection: Connection, kind: type[Any]) -> int:
    """Return the first id that is free."""
    return int(connection.execute(select(func.coalesce(func.max(kind.id), 0) + 1)).scalar_one())
