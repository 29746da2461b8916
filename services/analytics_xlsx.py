"""Reports as a workbook: a sheet each, with sums and shares as formulas that follow every change.

Words come ready-made. People's text never becomes a formula. Importing this module loads openpyxl.
"""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from io import BytesIO
from typing import Any, cast

from openpyxl import Workbook
from openpyxl.cell import Cell
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet

from services import formats

HEADER_ROW = 4
FIRST_ROW = HEADER_ROW + 1
MAX_TITLE = 31
"""Excel's limit for the name of a sheet."""

_HEADER = {"font": Font(bold=True, color="FFFFFF"), "fill": PatternFill("solid", fgColor="2F5D9E")}
_TOTAL = {"font": Font(bold=True), "border": Border(top=Side("thin", color="2F5D9E"))}
_WRAPPED = Alignment(wrap_text=True, vertical="center", horizontal="center")


class Kind(enum.Enum):
    """How a value is counted, and so how it is written."""

    TEXT = "text"
    NUMBER = "number"
    MONEY = "money"
    QUANTITY = "quantity"
    SHARE = "share"
    CHANGE = "change"


_FORMATS = {
    Kind.NUMBER: "#,##0",
    Kind.MONEY: "#,##0.00",
    Kind.QUANTITY: "#,##0.###",
    Kind.SHARE: "0.0%",
    Kind.CHANGE: "+0.0%;-0.0%;0.0%",
}
_PLACES = {Kind.MONEY: 2, Kind.QUANTITY: 3}


@dataclass(frozen=True, slots=True)
class Column:
    """A column: ``key`` is what formulas call it.

    ``formula`` has columns in braces, ``{amount}`` for the row's own cell and ``{all_amount}`` for the sum
    below; the row of sums has the same formula. Without one the rows have the values, and ``is_summed``
    puts their sum below.
    """

    key: str
    title: str
    kind: Kind
    width: int = 14
    is_summed: bool = False
    formula: str | None = None


@dataclass(frozen=True, slots=True)
class Sheet:
    """A report as a table. Rows have the values of the columns without formulas, in their order.

    ``kinds`` says row by row what the numbers count where that isn't the columns' own; ``total`` is the
    word before the sums, empty where nothing is to be summed.
    """

    name: str
    title: str
    subtitle: str
    columns: tuple[Column, ...]
    rows: Sequence[Sequence[Any]]
    total: str = ""
    kinds: Sequence[Kind] = ()


def ratio(of: str, to: str) -> str:
    """Return the formula of one column divided by another, 0 where there is nothing to divide by."""
    return f"IF({{{to}}}=0,0,{{{of}}}/{{{to}}})"


def change(now: str, before: str) -> str:
    """Return the formula of a rise or fall, empty where there was nothing before."""
    return f'IF({{{before}}}=0,"",{{{now}}}/{{{before}}}-1)'


def write(sheets: Sequence[Sheet], active: int = 0) -> bytes:
    """Return the workbook as XLSX, opened at the sheet of that number."""
    book = Workbook()
    book.remove(book.worksheets[0])
    for sheet in sheets:
        _write_sheet(book.create_sheet(sheet.name[:MAX_TITLE]), sheet)
    book.active = active
    book.calculation.fullCalcOnLoad = True
    out = BytesIO()
    book.save(out)
    return out.getvalue()


def _write_sheet(page: Worksheet, sheet: Sheet) -> None:
    _put(_cell(page, 1, 1), sheet.title, Kind.TEXT).font = Font(bold=True, size=14)
    _put(_cell(page, 2, 1), sheet.subtitle, Kind.TEXT).font = Font(color="66717F")
    for number, column in enumerate(sheet.columns, 1):
        _dress(_put(_cell(page, HEADER_ROW, number), column.title, Kind.TEXT), _HEADER).alignment = _WRAPPED
        page.column_dimensions[get_column_letter(number)].width = column.width
    page.row_dimensions[HEADER_ROW].height = 46
    page.freeze_panes = _cell(page, FIRST_ROW, 2)
    # An empty table keeps one empty row, so that the sums have something to sum.
    last = FIRST_ROW + max(len(sheet.rows), 1) - 1
    for number, values in enumerate(sheet.rows):
        _write_row(page, sheet, FIRST_ROW + number, values, last)
    if sheet.total:
        _write_total(page, sheet, last)
        page.auto_filter.ref = f"A{HEADER_ROW}:{get_column_letter(len(sheet.columns))}{last}"
    page.page_setup.orientation = "landscape"
    page.page_setup.fitToHeight = 0
    page.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    page.print_title_rows = f"{HEADER_ROW}:{HEADER_ROW}"


def _write_row(page: Worksheet, sheet: Sheet, row: int, values: Sequence[Any], last: int) -> None:
    given = iter(values)
    own = sheet.kinds[row - FIRST_ROW] if sheet.kinds else None
    for number, column in enumerate(sheet.columns, 1):
        cell = _cell(page, row, number)
        if column.formula is not None:
            _put_formula(cell, _filled(sheet, column.formula, row, last), column.kind)
        else:
            kind = own if own is not None and column.kind is not Kind.TEXT else column.kind
            _put(cell, next(given), kind)


def _write_total(page: Worksheet, sheet: Sheet, last: int) -> None:
    row = last + 1
    for number, column in enumerate(sheet.columns, 1):
        cell = _dress(_cell(page, row, number), _TOTAL)
        letter = get_column_letter(number)
        if number == 1:
            _put(cell, sheet.total, Kind.TEXT)
        elif column.is_summed:
            _put_formula(cell, f"SUM({letter}{FIRST_ROW}:{letter}{last})", column.kind)
        elif column.formula is not None:
            _put_formula(cell, _filled(sheet, column.formula, row, last), column.kind)


def _filled(sheet: Sheet, formula: str, row: int, last: int) -> str:
    letters = {column.key: get_column_letter(number) for number, column in enumerate(sheet.columns, 1)}
    cells = {key: f"{letter}{row}" for key, letter in letters.items()}
    sums = {f"all_{key}": f"${letter}${last + 1}" for key, letter in letters.items()}
    return formula.format(**cells, **sums)


def _cell(page: Worksheet, row: int, column: int) -> Cell:
    # Nothing is merged here, so it is never the other kind of cell.
    return cast(Cell, page.cell(row, column))


def _put(cell: Cell, value: Any, kind: Kind) -> Cell:
    if value is None:
        return cell
    if kind is Kind.TEXT:
        cell.value = formats.one_line(str(value))
        # A name that begins with = + - @ stays a name, also when somebody edits the cell.
        cell.data_type = "s"
        cell.quotePrefix = True
        return cell
    places = _PLACES.get(kind, 0)
    cell.value = Decimal(value).scaleb(-places) if places else value
    is_whole = kind is Kind.QUANTITY and value % 1000 == 0
    cell.number_format = _FORMATS[Kind.NUMBER if is_whole else kind]
    return cell


def _put_formula(cell: Cell, formula: str, kind: Kind) -> None:
    cell.value = f"={formula}"
    cell.number_format = _FORMATS[kind]


def _dress(cell: Cell, style: dict[str, Any]) -> Cell:
    for name, value in style.items():
        setattr(cell, name, value)
    return cell
