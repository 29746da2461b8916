import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services import search


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Мёд  ЦВЕТОЧНЫЙ", "мед цветочный"),
        ("  Крупа\u00a0гречневая\n1 кг ", "крупа гречневая 1 кг"),
        (unicodedata.normalize("NFD", "Ёлка Йод"), "елка йод"),
        ("ＭＡＳＬＯ № 1", "maslo no 1"),
        ("со\u200bль", "соль"),
        ("Straße", "strasse"),
        ("", ""),
    ],
)
def test_texts_are_compared_in_one_form(text: str, folded: str) -> None:
    assert search.fold(text) == folded


@given(st.text())
def test_folding_twice_is_folding_once(text: str) -> None:
    assert search.fold(search.fold(text)) == search.fold(text)


@given(st.text(alphabet="абвгдеёжзийклмнопрстуфхцчшщъыьэюя ABC", max_size=40))
def test_case_and_encoding_of_letters_do_not_matter(text: str) -> None:
    variants = (text.upper(), text.lower(), unicodedata.normalize("NFD", text), text.replace("ё", "е"))
    assert {search.fold(variant) for variant in variants} == {search.fold(text)}


def test_words_are_folded_unique_and_few() -> None:
    assert search.words(" Соль  СОЛЬ мёд ") == ["соль", "мед"]
    assert search.words("   ") == []
    assert search.words("\u200b") == []
    assert len(search.words(" ".join(map(str, range(1000))))) == search.MAX_WORDS


def test_empty_parts_leave_no_trace() -> None:
    assert search.joined(["ООО Ромашка", None, "", "7707083893"]) == "ооо ромашка 7707083893"


def test_digits_are_ascii_only() -> None:
    assert search.digits("+7 (495) ٣12-x4") == "7495124"
