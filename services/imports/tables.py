"""CSV and XLSX files as rows of cells under known columns, within limits."""

from __future__ import annotations

import codecs
import csv
import datetime
import io
import itertools
import re
import warnings
import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from services import formats, search
from services.errors import Invalid
from services.imports import decoding
from services.imports.report import Problem, Row

MAX_BYTES = 10 * 1024 * 1024
MAX_UNPACKED_BYTES = 100 * 1024 * 1024
MAX_ROWS = 20_000
MAX_COLUMNS = 64
# What the library takes into memory whole: a hundred thousand styles are nobody's price list.
MAX_FRAME_BYTES = 2 * 1024 * 1024
MAX_STRINGS_BYTES = 24 * 1024 * 1024
MAX_ROW_BYTES = 1024 * 1024
# As Excel counts them; the library would make up every row before one that says it is the billionth.
LAST_ROW = 1_048_576

_ZIP = b"PK\x03\x04"
# What Excel wrote until 2003, and how it wraps a workbook that has a password.
_COMPOUND = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_FRAME = re.compile(r"xl/(?:styles|workbook)\.xml|\[Content_Types\]\.xml|docProps/.*|.*\.rels", re.IGNORECASE)
_END = "\0end of file"
# What is sent under the name of a table, and characters no text file has.
_OTHER_KINDS = (b"%PDF", b"{\\rtf", b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"Rar!", b"7z\xbc\xaf", b"\x1f\x8b")
_NOT_TEXT = re.compile(rb"[\x01-\x08\x0e-\x1f]")
_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_HEAD = 4096
# Our own exports put an apostrophe before what a spreadsheet would take for a formula, and one more before
# what has such an apostrophe already.
LIKE_A_FORMULA = re.compile("'*[=+@\t\r-]")

Cells = list[str]
Progress = Callable[[int], None]
"""Told how many rows are read so far."""

_ROWS_PER_STEP = 1000


@dataclass(frozen=True, slots=True)
class Column:
    """A column a file may have: where its value goes, its two names, and how a cell is read."""

    field: str
    name: str
    title: str
    parse: Callable[[str], Any]
    is_required: bool = False
    aliases: tuple[str, ...] = ()

    @property
    def headings(self) -> frozenset[str]:
        """Every heading this column is known by, as compared."""
        return frozenset(heading(name) for name in (self.name, self.title, *self.aliases))


class BadFile(Exception):
    """The file as a whole cannot be read; the problem says why."""

    def __init__(self, code: str, row: int | None = None, column: str | None = None, **params: Any) -> None:
        super().__init__(code)
        self.problem = Problem(row, column, code, params)


@dataclass(frozen=True, slots=True)
class Reading:
    """A file as read: rows, what was wrong with cells of them, and columns nobody knows."""

    rows: tuple[Row, ...]
    problems: tuple[Problem, ...]
    unknown_columns: tuple[str, ...]


def heading(text: str) -> str:
    """Return a column's heading as compared: its letters and digits, «E-mail *» is ``email``."""
    return "".join(letter for letter in search.fold(text) if letter.isalnum())


def read(data: bytes, columns: Sequence[Column], progress: Progress | None = None) -> Reading:
    """Return what the file says under ``columns``; never raises, whatever the bytes are."""
    rows: list[Row] = []
    problems: list[Problem] = []
    layout = None
    count = 0
    try:
        with _records(data, columns) as records:
            for number, cells in records:
                if layout is None:
                    layout = _Layout.of(cells, columns)
                elif any(cells):
                    _refuse_too_many(count)
                    count += 1
                    row, found = _parsed(number, layout, cells)
                    problems += found
                    rows += [row] if row else []
                    if progress is not None and count % _ROWS_PER_STEP == 0:
                        progress(count)
    except BadFile as fault:
        problems.append(fault.problem)
    if not rows and not problems:
        problems.append(Problem(None, None, "file_has_no_rows"))
    return Reading(tuple(rows), tuple(problems), layout.unknown if layout else ())


@dataclass(frozen=True, slots=True)
class _Layout:
    """Which column stands where."""

    places: tuple[Column | None, ...]
    unknown: tuple[str, ...]

    @classmethod
    def of(cls, header: Sequence[str], columns: Sequence[Column]) -> _Layout:
        by_heading = {name: column for column in columns for name in column.headings}
        places = tuple(by_heading.get(heading(cell)) for cell in header)
        if not any(places):
            raise BadFile("header_unknown", expected=[column.title for column in columns])
        for column in columns:
            if places.count(column) > 1:
                raise BadFile("column_repeated", column=column.title)
        missing = [column.title for column in columns if column.is_required and column not in places]
        if missing:
            raise BadFile("columns_missing", columns=missing)
        unknown = [
            formats.one_line(cell)[:60] for cell, column in zip(header, places, strict=True) if not column
        ]
        return cls(places, tuple(filter(None, unknown)))


def _refuse_too_many(read_so_far: int) -> None:
    if read_so_far >= MAX_ROWS:
        raise BadFile("rows_too_many", limit=MAX_ROWS)


def _parsed(number: int, layout: _Layout, cells: Cells) -> tuple[Row | None, list[Problem]]:
    if any(cells[len(layout.places) :]):
        params = {"found": len(cells), "expected": len(layout.places)}
        return None, [Problem(number, None, "cells_too_many", params)]
    values: dict[str, Any] = {}
    problems = []
    misread = set()
    # A spreadsheet leaves out empty cells at the end of a row.
    for column, cell in itertools.zip_longest(layout.places, cells[: len(layout.places)], fillvalue=""):
        if not isinstance(column, Column):
            continue
        try:
            _read_cell(values, column, str(cell))
        except Invalid as fault:
            problems.append(Problem(number, column.title, fault.code, fault.params))
            misread.add(column.field)
    return Row(number, values, frozenset(misread)), problems


def _read_cell(values: dict[str, Any], column: Column, cell: str) -> None:
    if cell:
        values[column.field] = column.parse(cell)
    elif column.is_required:
        raise Invalid("cell_empty")


# Bytes → numbered records of stripped cells


@contextmanager
def _records(data: bytes, columns: Sequence[Column]) -> Iterator[Iterable[tuple[int, Cells]]]:
    """Open the file as records numbered from 1, the first of them the header."""
    if not data.strip():
        raise BadFile("file_empty")
    if len(data) > MAX_BYTES:
        raise BadFile("file_too_big", limit_mb=MAX_BYTES // 1024**2)
    if data.startswith(_COMPOUND):
        raise BadFile("file_old_excel")
    if data.startswith(_OTHER_KINDS):
        raise BadFile("file_kind")
    if data.startswith(_ZIP):
        with _workbook_rows(data) as rows:
            yield _from_header(_numbered_sheet(rows))
    else:
        yield _from_header(_csv_records(data, columns))


def _from_header(records: Iterable[tuple[int, Cells]]) -> Iterator[tuple[int, Cells]]:
    return itertools.dropwhile(lambda record: not any(record[1]), records)


def _csv_records(data: bytes, columns: Sequence[Column]) -> Iterator[tuple[int, Cells]]:
    headings = frozenset[str]().union(*(column.headings for column in columns))
    decoded = decoding.decode(data, lambda cells: len(headings.intersection(map(heading, cells))))
    if decoded is None and not data.startswith(_UTF_16) and _NOT_TEXT.search(data[:_HEAD]):
        raise BadFile("file_kind")
    if decoded is None:
        raise BadFile("header_unknown", expected=[column.title for column in columns])
    # A mark behind the end: if a quote was never closed, it lands inside the last cell.
    lines = itertools.chain(_lines(decoded.text), [_END])
    reader = enumerate(csv.reader(lines, delimiter=decoded.separator), start=1)
    number = 0
    try:
        for number, cells in reader:
            if cells == [_END]:
                return
            if cells and cells[-1].endswith(_END):
                raise BadFile("quote_not_closed", row=number)
            yield number, [unescaped(cell.strip()) for cell in cells]
    except csv.Error:
        raise BadFile("cell_too_long", row=number + 1) from None


def _lines(text: str) -> Iterator[str]:
    for line in io.StringIO(text, newline=""):
        if len(line) > MAX_ROW_BYTES:
            raise csv.Error("a line longer than any row")
        yield line


def unescaped(cell: str) -> str:
    """Return a cell without the apostrophe that an export puts before what looks like a formula."""
    return cell[1:] if cell.startswith("'") and LIKE_A_FORMULA.match(cell) else cell


@contextmanager
def _workbook_rows(data: bytes) -> Iterator[Iterable[tuple[Any, ...]]]:
    """Open the first sheet's rows of cell values: what formulas came to, not the formulas."""
    import openpyxl  # 8 MB that a bot without imports need not carry

    # It warns of styles and validations it leaves out; nothing that is read here.
    warnings.filterwarnings("ignore", category=UserWarning, module="openpyxl")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            parts = archive.infolist()
        if not any(part.filename.startswith("xl/") for part in parts):
            raise BadFile("file_kind")
        _check_sizes(parts)
        workbook = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True, keep_links=False)
        try:
            sheet: Any = workbook.worksheets[0]
            # Some programs write a wrong size of the sheet, and rows beyond it would be passed over.
            sheet.reset_dimensions()
            source = _RowByRow(sheet._get_source())
            sheet._get_source = lambda: source
            yield source.told_of(sheet.iter_rows(max_col=MAX_COLUMNS, values_only=True))
        finally:
            workbook.close()
    except BadFile:
        raise
    except Exception as fault:
        # A damaged workbook shows itself as almost any exception, and at any row.
        raise BadFile("file_damaged") from fault


def _check_sizes(parts: Iterable[zipfile.ZipInfo]) -> None:
    """Refuse a workbook that would unpack to more than anybody's price list."""
    whole = 0
    for part in parts:
        whole += part.file_size
        limit = MAX_FRAME_BYTES if _FRAME.fullmatch(part.filename) else MAX_UNPACKED_BYTES
        if part.filename.casefold().endswith("sharedstrings.xml"):
            limit = MAX_STRINGS_BYTES
        if part.file_size > limit or whole > MAX_UNPACKED_BYTES:
            raise BadFile("file_unpacks_too_big", limit_mb=limit // 1024**2)


class _RowByRow(io.RawIOBase):
    """A sheet's XML, which the library keeps in memory until a row ends: rows must end."""

    def __init__(self, source: Any) -> None:
        self._source = source
        self._read = 0

    def read(self, size: int = -1) -> bytes:
        """Return the next bytes. Raises BadFile when there are too many of one row."""
        self._read += size if size > 0 else MAX_ROW_BYTES + 1
        if self._read > MAX_ROW_BYTES:
            raise BadFile("file_unpacks_too_big", limit_mb=MAX_ROW_BYTES // 1024**2)
        data: bytes = self._source.read(size)
        return data

    def close(self) -> None:
        """Let go of the sheet."""
        self._source.close()
        super().close()

    def told_of(self, rows: Iterable[tuple[Any, ...]]) -> Iterator[tuple[Any, ...]]:
        """Return the rows; each that comes begins the count anew."""
        for row in rows:
            self._read = 0
            yield row


def _numbered_sheet(rows: Iterable[tuple[Any, ...]]) -> Iterator[tuple[int, Cells]]:
    for number, cells in enumerate(rows, start=1):
        if number > LAST_ROW:
            raise BadFile("rows_too_many", limit=MAX_ROWS)
        yield number, [_cell_text(cell) for cell in cells] if any(cells) else []


def _cell_text(value: object) -> str:
    """Return a spreadsheet's value as a person would have typed it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "да" if value else "нет"
    if isinstance(value, float):
        # Fifteen digits, as a spreadsheet shows: 0.1 + 0.2 is 0.3.
        return f"{Decimal(f'{value:.15g}'):f}"
    if isinstance(value, datetime.datetime | datetime.date):
        return value.isoformat()
    return unescaped(str(value).strip())
