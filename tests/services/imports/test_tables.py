import io
import itertools
import zipfile
from collections.abc import Callable
from datetime import date
from typing import Any

import openpyxl
import pytest

from services.imports import tables
from services.imports.report import Problem
from services.imports.tables import Column
from tests.services.imports.make import make_csv, make_xlsx

COLUMNS = (
    Column("sku", "sku", "Артикул", str, is_required=True),
    Column("name", "name", "Наименование", str, is_required=True),
    Column("weight", "weight_kg", "Вес, кг", str),
    Column("note", "note", "Описание", str, aliases=("Заметка",)),
)
HEADER = ["Артикул", "Наименование"]


def problem_of(data: bytes) -> Problem:
    reading = tables.read(data, COLUMNS)
    assert reading.rows == ()
    [problem] = reading.problems
    return problem


def values_of(data: bytes) -> list[dict[str, Any]]:
    reading = tables.read(data, COLUMNS)
    assert reading.problems == ()
    return [dict(row.values) for row in reading.rows]


@pytest.mark.parametrize(
    "header",
    [
        ["АРТИКУЛ*", "наименование :", "вес,кг", "Заметка"],
        ["SKU", "Name", "Weight_kg", "note"],
        ["\ufeffsku", " Наименование ", "Вес кг", "ОПИСАНИЕ"],
    ],
)
def test_headings_are_read_leniently(header: list[str]) -> None:
    [values] = values_of(make_csv([header, ["A-1", "Мёд", "1,5", "липа"]]))
    assert values == {"sku": "A-1", "name": "Мёд", "weight": "1,5", "note": "липа"}


def test_columns_come_in_any_order_and_unknown_ones_are_named() -> None:
    reading = tables.read(make_csv([["Поставщик", "name", "", "sku"], ["x", "Мёд", "", "A-1"]]), COLUMNS)
    assert reading.rows[0].values == {"name": "Мёд", "sku": "A-1"}
    assert reading.unknown_columns == ("Поставщик",)


def test_rows_are_numbered_as_a_spreadsheet_shows_them() -> None:
    rows = [[], HEADER, ["A-1", "две\nстроки"], [], ["", ""], ["A-2", "Соль"]]
    for data in (make_csv(rows), make_xlsx(rows)):
        assert [row.number for row in tables.read(data, COLUMNS).rows] == [3, 6]


def test_empty_cells_say_nothing_but_required_ones_must() -> None:
    reading = tables.read(make_csv([[*HEADER, "Описание"], ["A-1", "Мёд", ""], ["A-2"]]), COLUMNS)
    assert reading.rows[0].values == {"sku": "A-1", "name": "Мёд"}
    assert reading.problems == (Problem(3, "Наименование", "cell_empty"),)


def test_a_row_longer_than_the_header_is_a_problem() -> None:
    reading = tables.read(make_csv([HEADER, ["A-1", "Мёд", "", ""], ["A-2", "Соль", "89", "90"]]), COLUMNS)
    assert [row.number for row in reading.rows] == [2]
    assert reading.problems == (Problem(3, None, "cells_too_many", {"found": 4, "expected": 2}),)


@pytest.mark.parametrize("name", ["=1+2", '=HYPERLINK("http://x")', "+7", "-1", "@SUM(A1)", "'кавычка"])
def test_what_looks_like_a_formula_is_text(name: str) -> None:
    assert values_of(make_csv([HEADER, ["A-1", name]]))[0]["name"] == name


def test_the_apostrophe_of_our_own_exports_is_taken_off() -> None:
    assert values_of(make_csv([HEADER, ["'-1", "'=1+2"]])) == [{"sku": "-1", "name": "=1+2"}]


def test_a_spreadsheets_values_are_read_as_shown() -> None:
    rows: list[list[Any]] = [
        [*HEADER, "Вес, кг", "Описание"],
        [1001, "Мёд", 0.1 + 0.2, True],
        [1002.0, "Соль", 12345678.9, date(2026, 11, 20)],
        ["007", "Рис", 0.00001, None],
    ]
    assert values_of(make_xlsx(rows)) == [
        {"sku": "1001", "name": "Мёд", "weight": "0.3", "note": "да"},
        {"sku": "1002", "name": "Соль", "weight": "12345678.9", "note": "2026-11-20T00:00:00"},
        {"sku": "007", "name": "Рис", "weight": "0.00001"},
    ]


def test_a_spreadsheets_formula_is_worth_what_it_came_to() -> None:
    """A program wrote this one without computing it: the cell is empty, and a text "=1+2" is a text."""
    workbook = openpyxl.Workbook()
    sheet = workbook.worksheets[0]
    sheet.append([*HEADER, "Описание"])
    sheet.append(["A-1", "Мёд", "=1+2"])
    sheet.append(["A-2", "=1+2", None])
    sheet["B3"].data_type = "s"
    data = io.BytesIO()
    workbook.save(data)
    assert values_of(data.getvalue()) == [{"sku": "A-1", "name": "Мёд"}, {"sku": "A-2", "name": "=1+2"}]


def with_sheet(data: bytes, change: Callable[[bytes], bytes]) -> bytes:
    """Return the workbook with the XML of its sheet changed, as other programs would have written it."""
    changed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as whole, zipfile.ZipFile(changed, "w") as archive:
        for part in whole.namelist():
            content = whole.read(part)
            archive.writestr(part, change(content) if part.startswith("xl/worksheets/") else content)
    return changed.getvalue()


def test_a_spreadsheet_with_a_wrong_size_is_read_to_the_end() -> None:
    data = make_xlsx([HEADER, ["A-1", "Мёд"]])
    assert len(values_of(with_sheet(data, lambda xml: xml.replace(b'ref="A1:B2"', b'ref="A1"')))) == 1


def test_a_computed_number_has_the_digits_a_spreadsheet_shows() -> None:
    data = make_xlsx([[*HEADER, "Вес, кг"], ["A-1", "Мёд", 0.3]])
    noisy = with_sheet(data, lambda xml: xml.replace(b"<v>0.3</v>", b"<v>0.30000000000000004</v>"))
    assert noisy != data
    assert values_of(noisy)[0]["weight"] == "0.3"


def _zip_of(name: str) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        archive.writestr(name, "<w:document/>")
    return data.getvalue()


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "file_empty"),
        (b" \r\n ", "file_empty"),
        (b"a" * (10 * 1024 * 1024 + 1), "file_too_big"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1rest", "file_old_excel"),
        (b"PK\x03\x04 not a workbook", "file_damaged"),
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", "file_kind"),
        (b"%PDF-1.7 \xe2\xe3\xcf\xd3", "file_kind"),
        (b"\x7fELF\x02\x01\x01\x00", "file_kind"),
        ("Товар;Сколько\r\nМёд;1\r\n".encode("utf-16"), "header_unknown"),
        (_zip_of("word/document.xml"), "file_kind"),
        ("Товар;Сколько\r\nМёд;1\r\n".encode(), "header_unknown"),
        ("Артикул;Описание\r\nA-1;1\r\n".encode(), "columns_missing"),
        ("Артикул;Наименование;SKU\r\nA-1;Мёд;A-2\r\n".encode(), "column_repeated"),
        ("Артикул;Наименование\r\n".encode(), "file_has_no_rows"),
        ('Артикул;Наименование\r\nA-1;"Мёд\r\nA-2;Соль\r\n'.encode(), "quote_not_closed"),
        (f"Артикул;Наименование\r\nA-1;{'я' * 140_000}\r\n".encode(), "cell_too_long"),
        (make_xlsx([["Товар"], ["Мёд"]]), "header_unknown"),
        (make_xlsx([]), "file_has_no_rows"),
        (make_xlsx([HEADER, ["A-1", "Мёд"]])[:-200], "file_damaged"),
    ],
)
def test_files_that_cannot_be_read_say_why(data: bytes, code: str) -> None:
    assert problem_of(data).code == code


def test_a_missing_column_is_named() -> None:
    assert problem_of("Артикул\r\nA-1\r\n".encode()).params == {"columns": ["Наименование"]}


def test_the_row_of_an_open_quote_is_named() -> None:
    reading = tables.read('Артикул;Наименование\r\nA-1;Соль\r\nA-2;"Мёд\r\nA-3;Рис\r\n'.encode(), COLUMNS)
    assert reading.problems == (Problem(3, None, "quote_not_closed"),)


def test_a_workbook_that_unpacks_to_too_much_is_not_unpacked() -> None:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b" " * (101 * 1024 * 1024))
    assert len(data.getvalue()) < 1024 * 1024
    assert problem_of(data.getvalue()) == Problem(None, None, "file_unpacks_too_big", {"limit_mb": 100})


def test_a_workbook_that_refers_to_itself_is_damaged() -> None:
    entities = ['<!ENTITY a "aaaaaaaaaa">']
    for name, repeated in itertools.pairwise("abcdefghijk"):
        entities.append(f'<!ENTITY {repeated} "{f"&{name};" * 20}">')
    bomb = f"<!DOCTYPE x [{''.join(entities)}]><worksheet>&k;</worksheet>".encode()
    problem = problem_of(with_sheet(make_xlsx([HEADER, ["A-1", "Мёд"]]), lambda _: bomb))
    assert problem.code in {"file_damaged", "file_has_no_rows"}


def test_rows_have_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "MAX_ROWS", 3)
    rows = [HEADER, *([f"A-{number}", "Мёд"] for number in range(4))]
    assert tables.read(make_csv(rows[:4]), COLUMNS).problems == ()
    for data in (make_csv(rows), make_xlsx(rows)):
        assert tables.read(data, COLUMNS).problems == (Problem(None, None, "rows_too_many", {"limit": 3}),)
