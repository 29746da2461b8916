"""Row by row from a file to a plan, the same for every kind of import."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

from services.errors import DomainError
from services.imports.report import Addition, Change, FieldChange, Plan, Problem, Row

T = TypeVar("T")
Verdict = Addition | Change | None

# SQLite of old takes 999 parameters in a statement.
_CHUNK = 500


class Faults:
    """What stands in the way of one row: everything at once, each under the title of its column."""

    def __init__(self, row: Row) -> None:
        self.found: list[Problem] = []
        self._number = row.number
        self._is_misread = bool(row.misread)

    def __bool__(self) -> bool:
        """Tell whether the row cannot be carried out, be it that a cell of it could not be read."""
        return bool(self.found) or self._is_misread

    def has(self, code: str) -> bool:
        """Tell whether such a fault is noted."""
        return any(problem.code == code for problem in self.found)

    def add(self, column: str, code: str, **params: Any) -> None:
        """Note a fault under a column."""
        self.found.append(Problem(self._number, column, code, params))

    @contextmanager
    def under(self, column: str) -> Iterator[None]:
        """Note what is raised inside under a column."""
        try:
            yield
        except DomainError as fault:
            self.add(column, fault.code, **fault.params)


def make_plan(rows: Sequence[Row], decide: Callable[[Row, Faults], Verdict]) -> Plan:
    """Return the plan of what ``decide`` says to each row; None leaves things as they are.

    What it says to a row in whose way something stands does not count; it sees what could be read of rows
    with bad cells, too, so that everything wrong with a row is named at once.
    """
    added: list[Addition] = []
    changed: list[Change] = []
    unchanged = 0
    problems: list[Problem] = []
    for row in rows:
        faults = Faults(row)
        verdict = decide(row, faults)
        problems += faults.found
        if faults:
            continue
        if isinstance(verdict, Addition):
            added.append(verdict)
        elif isinstance(verdict, Change):
            changed.append(verdict)
        else:
            unchanged += 1
    return Plan(tuple(added), tuple(changed), unchanged, tuple(problems))


def differences(known: Mapping[str, Any], wanted: Mapping[str, Any]) -> tuple[FieldChange, ...]:
    """Return the fields of ``wanted`` that are not so in ``known``, in the order of ``wanted``."""
    return tuple(
        FieldChange(name, known.get(name), value)
        for name, value in wanted.items()
        if known.get(name) != value
    )


def chunks(values: Iterable[T]) -> Iterator[list[T]]:
    """Cut ``values`` into lists short enough for one statement's parameters."""
    remaining = iter(values)
    while chunk := list(itertools.islice(remaining, _CHUNK)):
        yield chunk
