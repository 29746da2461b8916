import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.imports import tables
from services.imports.tables import Column
from tests.services.imports.make import make_csv

COLUMNS = (
    Column("sku", "sku", "Артикул", str, is_required=True),
    Column("name", "name", "Наименование", str, is_required=True),
    Column("note", "note", "Описание", str),
)
RUSSIAN_HEADER = ["Артикул", "Наименование", "Описание"]
ENGLISH_HEADER = ["sku", "name", "note"]
ENCODINGS = ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1251", "cp866", "koi8-r"]
SEPARATORS = [";", ",", "\t"]
LETTERS = "абвгдежзийклмнопрстуфхцчшщъыьэюяАБВГДЕЖЗИЙКЛМНОПРСТУФХЦЧШЩЪЫЬЭЮЯ"
cell = st.text(alphabet=LETTERS + "ёЁ abcXYZ019.,;\t\"'%-\n/", min_size=1, max_size=30).map(
    lambda text: f"x{text}x"
)


@pytest.mark.parametrize("separator", SEPARATORS)
@pytest.mark.parametrize("encoding", ENCODINGS)
@given(rows=st.lists(st.tuples(cell, cell, cell), min_size=1, max_size=5))
def test_a_russian_header_tells_the_encoding(
    rows: list[tuple[str, str, str]], encoding: str, separator: str
) -> None:
    reading = tables.read(make_csv([RUSSIAN_HEADER, *rows], separator, encoding), COLUMNS)
    assert reading.problems == ()
    assert [tuple(row.values.values()) for row in reading.rows] == rows


@pytest.mark.parametrize("separator", SEPARATORS)
@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize(
    "text",
    [
        "Крупа гречневая ядрица, 900 г",
        "МАСЛО ПОДСОЛНЕЧНОЕ",
        "соль",
        "Чай «Беседа» № 1 — 100 пак.",
        "Ряженка 4 %",
        "ООО ЩЁЛК",
        "ЮГ",
    ],
)
def test_under_an_english_header_the_letters_do(text: str, encoding: str, separator: str) -> None:
    text = text.encode(encoding, "replace").decode(encoding)
    rows = [ENGLISH_HEADER, ["A-1", text, "Бакалея, шт"]]
    reading = tables.read(make_csv(rows, separator, encoding), COLUMNS)
    assert [row.values["name"] for row in reading.rows] == [text]


@given(st.binary(max_size=300))
def test_any_bytes_give_rows_or_a_problem(data: bytes) -> None:
    reading = tables.read(data, COLUMNS)
    assert reading.rows or reading.problems


@given(st.binary(max_size=100))
def test_any_bytes_behind_a_header_are_survived(data: bytes) -> None:
    tables.read("Артикул;Наименование\r\nA-1;Мёд\r\n".encode() + data, COLUMNS)
    tables.read("Артикул;Наименование\r\nA-1;Мёд\r\n".encode("cp1251") + data, COLUMNS)


def test_a_line_with_the_separator_is_passed_over() -> None:
    reading = tables.read("sep=;\r\nsku;name\r\nA-1;Мёд\r\n".encode(), COLUMNS)
    assert [row.values["name"] for row in reading.rows] == ["Мёд"]
