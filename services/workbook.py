"""A table as an XLSX file: figures as figures, sums as formulas, people's text never as one."""

from __future__ import annotations

import enum
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from io import BytesIO
from typing import Any

from services import formats
from services.money import MINOR_UNITS

# Characters XML has no way to write.
_NOT_XML = re.compile("[\ufffe\uffff]")
_MAX_CELL = 32_000


class Kind(enum.Enum):
    """What a column holds, and the format Excel shows it in."""

    TEXT = ""
    NUMBER = "0"
    DAY = "dd.mm.yyyy"
    MOMENT = "dd.mm.yyyy hh:mm"
    # Minor units.
    MONEY = "#,##0.00"


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its head, what it holds, how many characters wide, whether it is summed below."""

    head: str
    kind: Kind = Kind.TEXT
    width: int = 16
    is_summed: bool = False


def write(
    title: str,
    columns: Sequence[Column],
    rows: Iterable[Sequence[Any]],
    total: str = "",
    note: Callable[[], str] = str,
) -> bytes:
    """Return the workbook: a head that stays in sight, the rows, the sums beside ``total``, a ``note``.

    The note is asked for when all rows are written; empty, it is left out.

    Values are text, numbers, dates, local moments without a zone, minor units in a column of MONEY, or None.
    """
    import openpyxl  # 8 MB that a bot without files need not carry

    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet(title[:31])
    sheet.freeze_panes = "A2"
    for number, column in enumerate(columns):
        sheet.column_dimensions[_letter(number)].width = column.width
    sheet.append([_cell(sheet, column.head, Kind.TEXT, is_bold=True) for column in columns])
    count = 0
    for row in rows:
        sheet.append([_cell(sheet, value, column.kind) for value, column in zip(row, columns, strict=True)])
        count += 1
    sheet.auto_filter.ref = f"A1:{_letter(len(columns) - 1)}{count + 1}"
    if count and any(column.is_summed for column in columns):
        sheet.append([_sum(sheet, number, column, count, total) for number, column in enumerate(columns)])
    if last := note():
        sheet.append([_cell(sheet, last, Kind.TEXT)])
    content = BytesIO()
    book.save(content)
    return content.getvalue()


def _sum(sheet: Any, number: int, column: Column, count: int, total: str) -> Any:
    if number == 0:
        return _cell(sheet, total, Kind.TEXT, is_bold=True)
    if not column.is_summed:
        return None
    letter = _letter(number)
    return _styled(sheet, f"=SUM({letter}2:{letter}{count + 1})", column.kind, is_bold=True)


def _cell(sheet: Any, value: Any, kind: Kind, *, is_bold: bool = False) -> Any:
    if isinstance(value, str):
        text = _NOT_XML.sub("", formats.one_line(value))[:_MAX_CELL]
        if not is_bold and not text.startswith("="):
            return text
        cell = _styled(sheet, text, Kind.TEXT, is_bold=is_bold)
        # Else openpyxl takes a text that begins with «=» for a formula.
        cell.data_type = "s"
        return cell
    if value is None or isinstance(value, bool) or kind is Kind.NUMBER:
        return value
    if isinstance(value, int) and kind is Kind.MONEY:
        value = Decimal(value) / MINOR_UNITS
    is_plain = isinstance(value, int) and not isinstance(value, (date, datetime))
    return value if is_plain else _styled(sheet, value, kind)


def _styled(sheet: Any, value: Any, kind: Kind, *, is_bold: bool = False) -> Any:
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.styles import Font

    cell = WriteOnlyCell(sheet, value=value)
    if kind is not Kind.TEXT:
        cell.number_format = kind.value
    if is_bold:
        cell.font = Font(bold=True)
    return cell


def _letter(number: int) -> str:
    """Return «A» for 0, «AA» for 26."""
    whole, rest = divmod(number, 26)
    return (_letter(whole - 1) if whole else "") + chr(ord("A") + rest)
