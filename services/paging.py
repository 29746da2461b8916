"""Pages of a list: a bounded piece of a query, and whether there is more."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

T = TypeVar("T")

PAGE_SIZE = 8
# Far beyond any list there is, and far below what overflows a database's integers when multiplied.
_LAST_NUMBER = 1_000_000


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """A page of a list, numbered from 0; ``total`` is None where it is not worth counting."""

    items: tuple[T, ...]
    number: int
    has_next: bool
    total: int | None = None

    @property
    def has_previous(self) -> bool:
        """Whether a page comes before this one."""
        return self.number > 0


def fetch(
    session: Session, statement: Select[T], number: int, size: int = PAGE_SIZE, *, counted: bool = False
) -> Page[T]:
    """Return page ``number`` of a query of one entity; ``counted`` fills in the total.

    A number before the first page means the first. One behind the last, as after rows were deleted under
    an old button, means the last.
    """
    number = min(max(number, 0), _LAST_NUMBER)
    rows = _rows(session, statement, number, size)
    total = _count(session, statement) if counted or not rows else None
    if not rows and total:
        number = (total - 1) // size
        rows = _rows(session, statement, number, size)
    return Page(
        items=tuple(rows[:size]),
        number=number if rows else 0,
        has_next=len(rows) > size,
        total=total if counted else None,
    )


def _rows(session: Session, statement: Select[T], number: int, size: int) -> list[T]:
    # One row more than shown tells whether there is a next page without counting.
    return list(session.scalars(statement.limit(size + 1).offset(number * size)))


def _count(session: Session, statement: Select[T]) -> int:
    listed = statement.order_by(None).subquery()
    return session.scalar(select(func.count()).select_from(listed)) or 0
