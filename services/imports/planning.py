"""Row by row from a file to a plan, the same for every kind of import."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

from services.errors import DomainError
from services.imports.report import Addition, Change, FieldChange, Plan, Problem, Row

T = TypeVar("T")
Verdict = Addition | Change | None

# SQLite of old takes 999 parameters in a statement.
_CHUNK = 500


class Refused(Exception):
    """A row that reads well but cannot be carried out; ``column`` is the title of the one at fault."""

    def __init__(self, column: str, code: str, **params: Any) -> None:
        super().__init__(code)
        self.column = column
        self.code = code
        self.params = params

    @classmethod
    def because(cls, column: str, fault: DomainError) -> Refused:
        """Return the refusal that says what ``fault`` says."""
        return cls(column, fault.code, **fault.params)


def make_plan(rows: Sequence[Row], decide: Callable[[Row], Verdict]) -> Plan:
    """Return the plan of what ``decide`` says to each row; None leaves things as they are."""
    verdicts = [_verdict(row, decide) for row in rows]
    return Plan(
        added=tuple(verdict for verdict in verdicts if isinstance(verdict, Addition)),
        changed=tuple(verdict for verdict in verdicts if isinstance(verdict, Change)),
        unchanged=verdicts.count(None),
        problems=tuple(verdict for verdict in verdicts if isinstance(verdict, Problem)),
    )


def _verdict(row: Row, decide: Callable[[Row], Verdict]) -> Verdict | Problem:
    try:
        return decide(row)
    except Refused as refused:
        return Problem(row.number, refused.column, refused.code, refused.params)


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
