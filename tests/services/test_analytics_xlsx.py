"""Workbooks are read back as a spreadsheet reads them."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from typing import Any

import pytest
from openpyxl import Workbook, load_workbook
from openpyxl.formula import Tokenizer

from services import analytics_xlsx
from services.analytics_xlsx import Column, Kind, Sheet, change, ratio

COLUMNS = (
    Column("name", "Название", Kind.TEXT, 44),
    Column("amount", "Сумма", Kind.MONEY, is_summed=True),
    Column("orders", "Заказов", Kind.NUMBER, is_summed=True),
    Column("average", "Средний", Kind.MONEY, formula=ratio("amount", "orders")),
    Column("share", "Доля", Kind.SHARE, formula=ratio("amount", "all_amount")),
    Column("before", "Было", Kind.MONEY, is_summed=True),
    Column("change", "Изменение", Kind.CHANGE, formula=change("amount", "before")),
)


def book_of(*rows: list[object], columns: tuple[Column, ...] = COLUMNS) -> Workbook:
    sheet = Sheet("Клиенты", "Клиенты", "01.11.2026–20.11.2026", columns, rows, "Итого")
    return load_workbook(BytesIO(analytics_xlsx.write([sheet])))


def test_sums_shares_and_changes_are_formulas() -> None:
    page = book_of(["Ромашка", 250_350, 2, 18_500], ["Василёк", 162_250, 1, 0])["Клиенты"]
    assert [cell.value for cell in page[4]] == [column.title for column in COLUMNS]
    assert [cell.value for cell in page[5]] == [
        "Ромашка", 2503.5, 2, "=IF(C5=0,0,B5/C5)", "=IF($B$7=0,0,B5/$B$7)", 185, '=IF(F5=0,"",B5/F5-1)',
    ]  # fmt: skip
    assert [cell.value for cell in page[7]] == [
        "Итого", "=SUM(B5:B6)", "=SUM(C5:C6)", "=IF(C7=0,0,B7/C7)", "=IF($B$7=0,0,B7/$B$7)", "=SUM(F5:F6)",
        '=IF(F7=0,"",B7/F7-1)',
    ]  # fmt: skip
    assert page["B7"].number_format == "#,##0.00"
    assert page["E5"].number_format == "0.0%"
    assert page.freeze_panes == "B5"
    assert page.column_dimensions["A"].width == 44
    assert page["A4"].font.bold
    assert page["A7"].font.bold


def test_the_formulas_come_to_what_they_should() -> None:
    page = book_of(["Ромашка", 250_350, 2, 18_500], ["Василёк", 162_250, 1, 0])["Клиенты"]
    cells = {cell.coordinate: cell.value for row in page.iter_rows(min_row=5) for cell in row}

    def worth(name: str) -> Any:
        value = cells[name.replace("$", "")]
        return _value(value, worth) if isinstance(value, str) and value.startswith("=") else value

    assert worth("B7") == pytest.approx(4126.0)
    assert worth("D7") == pytest.approx(4126 / 3)
    assert worth("E5") == pytest.approx(2503.5 / 4126)
    assert worth("E7") == 1
    assert worth("G5") == pytest.approx(2503.5 / 185 - 1)
    assert worth("G6") == ""


@pytest.mark.parametrize("name", ['=HYPERLINK("http://x","y")', "+7 495", "-1", "@SUM(A1)", "=1+1", "'=1"])
def test_a_name_never_becomes_a_formula(name: str) -> None:
    page = book_of([name, 100, 1, 0])["Клиенты"]
    assert page["A5"].value == name
    assert page["A5"].data_type == "s"
    assert page["A5"].quotePrefix


def test_what_a_spreadsheet_forbids_is_taken_out_of_names() -> None:
    assert book_of(["Ро\x00ма\x0bшка\n", 1, 1, 1])["Клиенты"]["A5"].value == "Рома шка"


def test_an_empty_table_still_sums() -> None:
    page = book_of()["Клиенты"]
    assert page["B6"].value == "=SUM(B5:B5)"
    assert page["B5"].value is None


def test_quantities_show_decimals_where_there_are_some() -> None:
    columns = (COLUMNS[0], Column("quantity", "Количество", Kind.QUANTITY))
    page = book_of(["Сыр", 2_500], ["Вода", 30_000], columns=columns)["Клиенты"]
    assert (page["B5"].value, page["B5"].number_format) == (2.5, "#,##0.###")
    assert (page["B6"].value, page["B6"].number_format) == (30, "#,##0")


def test_rows_may_count_different_things() -> None:
    columns = (COLUMNS[0], Column("now", "Сейчас", Kind.NUMBER))
    rows = [["Оборот", 412_550], ["Заказов", 2]]
    sheet = Sheet("Итоги", "Итоги", "", columns, rows, kinds=[Kind.MONEY, Kind.NUMBER])
    page = load_workbook(BytesIO(analytics_xlsx.write([sheet])))["Итоги"]
    assert [page["B5"].value, page["B6"].value] == [4125.5, 2]
    assert page.max_row == 6


def _value(formula: str, worth: Callable[[str], Any]) -> Any:
    """Work a formula of ours out: SUM, IF and arithmetic, written as Python."""
    text = formula[1:].replace("$", "")
    if text.startswith("SUM("):
        column, first, last = text[4], *(part[1:] for part in text[4:-1].split(":"))
        return sum(worth(f"{column}{row}") for row in range(int(first), int(last) + 1))
    tokens = Tokenizer(formula).items
    known = {
        token.value.replace("$", ""): worth(token.value)
        for token in tokens
        if token.type == token.OPERAND and token.subtype == token.RANGE
    }
    condition, zero, result = text.removeprefix("IF(").removesuffix(")").split(",")
    is_zero = eval(condition.replace("=", "=="), {}, known)
    return eval(zero if is_zero else result, {}, known)
