"""What an import file would do: what is added, what changes field by field, and what stands in the way."""

from __future__ import annotations

import enum
import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from services import formats

Kind = Literal["catalog", "customers", "receipt"]

_LISTED = 50
_KEPT = 1000
_AMOUNTS = frozenset({"price"})
_QUANTITIES = frozenset({"on_hand", "quantity"})


@dataclass(frozen=True, slots=True)
class Problem:
    """Why nothing is written: a code and its parameters, at a row (None: the file) and under a column."""

    row: int | None
    column: str | None
    code: str
    params: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the file, numbered as a spreadsheet shows it; ``values`` has the cells that say something.

    ``misread`` are the fields whose cells could not be read.
    """

    number: int
    values: Mapping[str, Any]
    misread: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Addition:
    """A row that is new; ``key`` is what it is known by: the SKU, the ИНН or the name."""

    row: int
    key: str
    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field, before and after, in the units the program counts in."""

    field: str
    old: Any
    new: Any


@dataclass(frozen=True, slots=True)
class Change:
    """A row that changes what is known under ``subject_id``."""

    row: int
    key: str
    subject_id: int
    fields: tuple[FieldChange, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """What applying would do to the database as it stands."""

    added: tuple[Addition, ...]
    changed: tuple[Change, ...]
    unchanged: int
    problems: tuple[Problem, ...]
    new_shelves: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Report:
    """A checked file. It can be applied only when ``problems`` is empty."""

    kind: Kind
    file_name: str
    rows: tuple[Row, ...]
    reading_problems: tuple[Problem, ...]
    unknown_columns: tuple[str, ...]
    plan: Plan

    @property
    def added(self) -> tuple[Addition, ...]:
        """The rows that are new."""
        return self.plan.added

    @property
    def changed(self) -> tuple[Change, ...]:
        """The rows that change something known."""
        return self.plan.changed

    @property
    def unchanged(self) -> int:
        """How many rows say what is known already."""
        return self.plan.unchanged

    @property
    def problems(self) -> tuple[Problem, ...]:
        """Everything that stands in the way, those of the file first, then by row."""
        return tuple(sorted((*self.reading_problems, *self.plan.problems), key=lambda found: found.row or 0))

    @property
    def can_apply(self) -> bool:
        """Whether nothing stands in the way."""
        return not self.problems

    @property
    def fingerprint(self) -> str:
        """A digest of what would be done.

        The same file checked again later has the same one, unless the base has moved on in between.
        """
        content = [self.kind, self.unchanged, *_contents(self)]
        text = json.dumps(content, ensure_ascii=False, sort_keys=True, default=_plain)
        return hashlib.sha256(text.encode()).hexdigest()


def summary(report: Report) -> dict[str, Any]:
    """Return the report as plain JSON, its lists cut after 1,000 rows each, to be shown without the file.

    ``problems`` are [row, column, code, params], ``added`` [row, key, values], ``changed`` [row, key,
    subject's id, [[field, old, new] …]], those of a price first; ``totals`` says how many of each there are.
    """
    changed = sorted(report.changed, key=lambda change: not _is_of_price(change))
    lists: dict[str, list[Any]] = {
        "problems": [
            [found.row, found.column, found.code, dict(found.params)] for found in report.problems[:_KEPT]
        ],
        "added": [[added.row, added.key, dict(added.values)] for added in report.added[:_KEPT]],
        "changed": [
            [
                change.row,
                change.key,
                change.subject_id,
                [
                    [part.field, part.old, part.new]
                    for part in sorted(change.fields, key=lambda part: part.field not in _AMOUNTS)
                ],
            ]
            for change in changed[:_KEPT]
        ],
    }
    totals = {
        "problems": len(report.problems),
        "added": len(report.added),
        "changed": len(report.changed),
        "prices": sum(map(_is_of_price, changed)),
        "unchanged": report.unchanged,
    }
    facts = {
        **lists,
        "totals": totals,
        "unknown_columns": list(report.unknown_columns),
        "new_shelves": list(report.plan.new_shelves[:_KEPT]),
    }
    plain: dict[str, Any] = json.loads(json.dumps(facts, default=_plain))
    return plain


def _is_of_price(change: Change) -> bool:
    return any(part.field in _AMOUNTS for part in change.fields)


def render_report(report: Report, words: Callable[[Problem], str]) -> str:
    """Return the report as plain English text for a terminal, lists cut after 50 rows each.

    ``words`` says what is wrong with a row.
    """
    return "\n".join(_lines(report, words)) + "\n"


def _lines(report: Report, words: Callable[[Problem], str]) -> Iterator[str]:
    yield (
        f"{formats.one_line(report.file_name)}: {len(report.added)} to add, {len(report.changed)} to change, "
        f"{report.unchanged} unchanged, {len(report.problems)} problems"
    )
    if report.unknown_columns:
        yield f"Unknown columns, ignored: {', '.join(report.unknown_columns)}"
    if report.problems:
        yield "Problems; nothing is written while there is one:"
        lines = (_problem_line(problem, words(problem)) for problem in report.problems)
        yield from _cut(lines, len(report.problems))
    if report.plan.new_shelves:
        yield "New categories:"
        yield from _cut(map(formats.one_line, report.plan.new_shelves), len(report.plan.new_shelves))
    if report.added:
        yield "To add:"
        yield from _cut(map(_addition_line, report.added), len(report.added))
    if report.changed:
        yield "To change:"
        yield from _cut(map(_change_line, report.changed), len(report.changed))


def _cut(lines: Iterable[str], total: int) -> Iterator[str]:
    for _, line in zip(range(_LISTED), lines, strict=False):
        yield f"  {line}"
    if total > _LISTED:
        yield f"  … and {total - _LISTED} more"


def _problem_line(problem: Problem, words: str) -> str:
    place = "file" if problem.row is None else f"row {problem.row}"
    column = f", {problem.column}" if problem.column else ""
    return f"{place}{column}: {words}"


def _addition_line(addition: Addition) -> str:
    name = addition.values.get("name", "")
    return f"row {addition.row}: {addition.key}" + ("" if name == addition.key else f" {name}")


def _change_line(change: Change) -> str:
    fields = "; ".join(
        f"{part.field} {_shown(part.field, part.old)} → {_shown(part.field, part.new)}"
        for part in change.fields
    )
    return f"row {change.row}: {change.key}: {fields}"


def _shown(name: str, value: Any) -> str:
    if value is None:
        return "—"
    if name in _AMOUNTS:
        return formats.amount(value, "en")
    if name in _QUANTITIES:
        return formats.quantity(value, "en")
    if name == "packages":
        return ", ".join(f"{code}={formats.quantity(factor, 'en')}" for code, factor in value.items()) or "—"
    return str(value.value) if isinstance(value, enum.Enum) else formats.one_line(str(value))


def _contents(report: Report) -> Iterator[list[Any]]:
    for addition in report.added:
        yield [addition.key, addition.values]
    for change in report.changed:
        yield [change.subject_id, [[part.field, part.old, part.new] for part in change.fields]]
    for problem in report.problems:
        yield [problem.row, problem.column, problem.code]


def _plain(value: object) -> object:
    return value.value if isinstance(value, enum.Enum) else str(value)
