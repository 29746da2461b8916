"""A table as XLSX: figures stay figures, people's text stays text, sums are formulas."""

import io
from datetime import date, datetime, time
from typing import Any

import openpyxl
import pytest

from services import workbook
from services.workbook import Column, Kind

COLUMNS = [
    Column("№", Kind.NUMBER),
    Column("Клиент"),
    Column("День", Kind.DAY),
    Column("Итого", Kind.MONEY, is_summed=True),
]


def sheet_of(content: bytes) -> Any:
    return openpyxl.load_workbook(io.BytesIO(content)).active


def test_values_formats_and_the_sum() -> None:
    rows = [[1, "Ромашка", date(2026, 11, 20), 123_456], [2, "Василёк", None, None]]
    sheet = sheet_of(workbook.write("Заказы", COLUMNS, rows, "Итого"))
    midnight = datetime.combine(date(2026, 11, 20), time())
    assert [[cell.value for cell in row] for row in sheet.rows] == [
        ["№", "Клиент", "День", "Итого"],
        [1, "Ромашка", midnight, 1234.56],
        [2, "Василёк", None, None],
        ["Итого", None, None, "=SUM(D2:D3)"],
    ]
    assert (sheet["D2"].number_format, sheet["D4"].data_type) == ("#,##0.00", "f")
    assert sheet.freeze_panes == "A2"


@pytest.mark.parametrize(
    "text", ["=1+1", "=HYPERLINK(A1)", "+7 495", "-1", "@SUM(A1)", "=cmd|'/c calc'!A1", "'=1"]
)
def test_people_s_text_is_never_a_formula(text: str) -> None:
    sheet = sheet_of(workbook.write("Заказы", COLUMNS, [[1, text, None, None]]))
    assert (sheet["B2"].value, sheet["B2"].data_type) == (text, "s")


def test_what_xml_cannot_hold_is_left_out() -> None:
    sheet = sheet_of(workbook.write("Заказы", COLUMNS, [[1, "a\x00b\uffffc\nd", None, None]]))
    assert sheet["B2"].value == "abc d"


def test_without_rows_there_is_nothing_to_sum() -> None:
    sheet = sheet_of(workbook.write("Заказы", COLUMNS, [], "Итого"))
    assert [[cell.value for cell in row] for row in sheet.rows] == [["№", "Клиент", "День", "Итого"]]


def test_a_note_stands_below_everything() -> None:
    sheet = sheet_of(workbook.write("Заказы", COLUMNS, [[1, "x", None, 5]], "Итого", lambda: "не всё"))
    assert [sheet["A3"].value, sheet["A4"].value] == ["Итого", "не всё"]
