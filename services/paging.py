"""Pages of a list: a bounded piece of a query, and whether there is more."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Any, Generic, TypeVar

from sqlalchemy import Select, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

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

    @property
    def previous(self) -> int | None:
        """The number of the page before, None on the first."""
        return self.number - 1 if self.has_previous else None

    @property
    def next(self) -> int | None:
        """The number of the page after, None on the last."""
        return self.number + 1 if self.has_next else None


@dataclass(frozen=True, slots=True)
class Stretch(Generic[T]):
    """A page of a list that grows at its beginning, known by a row beside it instead of a number.

    A cursor is 0 for the newest rows, ``key`` for those older than the row with that key, and ``-key`` for
    those newer than it. What a cursor shows does not shift when rows are added.
    """

    items: tuple[T, ...]
    cursor: int
    # The cursors of the newer and of the older neighbour, None where the list ends.
    previous: int | None
    next: int | None


def by_key(
    session: Session,
    branches: Sequence[Select[T]],
    key: InstrumentedAttribute[int],
    cursor: int = 0,
    size: int = PAGE_SIZE,
) -> Stretch[T]:
    """Return the rows at ``cursor``, by ``key`` descending, which must be unique and positive.

    ``branches`` are queries of one entity that together make the list; a row of two is in it once. Each is
    read no further than one page, which an index that ends with the key serves however long the list is.
    A cursor behind either end, as after rows were deleted, means the nearest page.
    """
    rows = _beside(session, branches, key, cursor, size)
    if not rows and cursor:
        cursor = -(abs(cursor) - 1) if cursor > 0 else 0
        rows = _beside(session, branches, key, cursor, size)
    shown = sorted(rows[:size], key=_value_of(key), reverse=True)
    if not shown:
        return Stretch((), 0, None, None)
    newest, oldest = (_value_of(key)(row) for row in (shown[0], shown[-1]))
    goes_on, goes_back = len(rows) > size, bool(cursor) and _is_any(session, branches, key, cursor)
    has_newer, has_older = (goes_on, goes_back) if cursor < 0 else (goes_back, goes_on)
    return Stretch(tuple(shown), cursor, -newest if has_newer else None, oldest if has_older else None)


def fetch(
    session: Session, statement: Select[T], number: int, size: int = PAGE_SIZE, *, counted: bool = False
) -> Page[T]:
    """Return page ``number`` of a query of one entity; ``counted`` fills in the total.

    A number before the first page means the first. One behind the last, as after rows were deleted under
    an old button, means the last.
    """
    number = min(max(number, 0), _LAST_NUMBER)
    rows = _rows(session, statement, number, size)
    # An empty first page needs no counting: the search behind it has looked at everything once already.
    total = _count(session, statement) if counted or (not rows and number) else None
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
    return list(session.scalars(statement.limit(size + 1).offset(number * size)).unique())


def _count(session: Session, statement: Select[T]) -> int:
    listed = statement.order_by(None).subquery()
    return session.scalar(select(func.count()).select_from(listed)) or 0


def _beside(
    session: Session, branches: Sequence[Select[T]], key: InstrumentedAttribute[int], cursor: int, size: int
) -> list[T]:
    """Return up to a page and one row more of what the cursor points at, the nearest first."""
    found: dict[int, T] = {}
    for branch in branches:
        piece = branch.order_by(key.asc() if cursor < 0 else key.desc()).limit(size + 1)
        if cursor:
            piece = piece.where(key > -cursor if cursor < 0 else key < cursor)
        found.update((_value_of(key)(row), row) for row in session.scalars(piece))
    return [found[value] for value in sorted(found, reverse=cursor >= 0)][: size + 1]


def _is_any(
    session: Session, branches: Sequence[Select[T]], key: InstrumentedAttribute[int], cursor: int
) -> bool:
    """Tell whether the list has a row on the side the cursor looks away from."""
    side, nearest = (key <= -cursor, key.desc()) if cursor < 0 else (key >= cursor, key.asc())
    return any(
        session.scalar(branch.with_only_columns(key).where(side).order_by(nearest).limit(1)) is not None
        for branch in branches
    )


def _value_of(key: InstrumentedAttribute[int]) -> Callable[[Any], int]:
    return attrgetter(key.key)
