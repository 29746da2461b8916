from __future__ import annotations

import unicodedata
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services import formats
from services.errors import Invalid

NBSP = "\u00a0"


@pytest.mark.parametrize(
    ("minor", "russian", "english"),
    [
        (0, "0,00", "0.00"),
        (5, "0,05", "0.05"),
        (14_200, "142,00", "142.00"),
        (12_009_703, "120 097,03", "120,097.03"),
        (200_200_200_202, "2 002 002 002,02", "2,002,002,002.02"),
        (-150, "-1,50", "-1.50"),
    ],
)
def test_amount(minor: int, russian: str, english: str) -> None:
    assert formats.amount(minor) == russian.replace(" ", NBSP)
    assert formats.amount(minor, "en") == english


def test_money_holds_together() -> None:
    assert formats.money(14_200) == f"142,00{NBSP}₽"
    assert formats.money(12_009_703, "KZT") == f"120{NBSP}097,03{NBSP}₸"
    assert formats.money(14_200, "RUB", "en") == f"RUB{NBSP}142.00"
    assert formats.money(14_200, "CHF") == f"142,00{NBSP}CHF"


@pytest.mark.parametrize(
    ("thousandths", "russian", "english"),
    [
        (2_500, "2,5", "2.5"),
        (240_000, "240", "240"),
        (1, "0,001", "0.001"),
        (0, "0", "0"),
        (1_200_000, f"1{NBSP}200", "1,200"),
        (100_050, "100,05", "100.05"),
    ],
)
def test_quantity(thousandths: int, russian: str, english: str) -> None:
    assert formats.quantity(thousandths) == russian
    assert formats.quantity(thousandths, "en") == english


@pytest.mark.parametrize(
    ("metres", "kilometres"),
    [
        (14_249, "14,2"),
        (14_250, "14,3"),
        (49, "0,0"),
        (50, "0,1"),
        (500_000, "500,0"),
        (1_000_000, f"1{NBSP}000,0"),
    ],
)
def test_distance_is_rounded_half_up(metres: int, kilometres: str) -> None:
    assert formats.distance(metres) == kilometres


def test_percent() -> None:
    assert formats.percent(125) == f"12,5{NBSP}%"
    assert formats.percent(30, signed=True) == f"+3{NBSP}%"
    assert formats.percent(-30, signed=True) == f"−3{NBSP}%"
    assert formats.percent(0, signed=True) == f"0{NBSP}%"
    assert formats.percent(1_005, "en") == "100.5%"


def test_no_vat_is_not_nought_percent() -> None:
    assert [formats.vat_rate(rate) for rate in (22, 0, None)] == ["22%", "0%", "без НДС"]
    assert formats.vat_rate(None, "en") == "no VAT"


def test_dates() -> None:
    day = date(2026, 11, 20)
    assert formats.date_long(day).replace(NBSP, " ") == "20 ноября 2026 г."
    assert formats.date_long(day, "en").replace(NBSP, " ") == "20 November 2026"
    assert formats.date_short(day) == "20.11.2026"
    assert formats.date_short(date(2026, 3, 4), "en").replace(NBSP, " ") == "4 Mar 2026"
    assert [formats.weekday_short(day), formats.weekday_short(day, "en")] == ["пт", "Fri"]


def test_months_are_in_the_genitive() -> None:
    months = [formats.date_long(date(2026, month, 1)).split()[1] for month in range(1, 13)]
    expected = "января февраля марта апреля мая июня июля августа сентября октября ноября декабря"
    assert months == expected.split()


@pytest.mark.parametrize("language", ["de", "RU", ""])
def test_an_unknown_language_is_a_mistake(language: str) -> None:
    with pytest.raises(KeyError):
        formats.date_long(date(2026, 11, 20), language)


@pytest.mark.parametrize(
    ("text", "places", "value"),
    [
        ("2,5", 3, 2_500),
        ("2.5", 3, 2_500),
        (" 12 ", 3, 12_000),
        ("1 234,50", 2, 123_450),
        (f"1{NBSP}234{NBSP}567.5", 2, 123_456_750),
        ("1\u202f234", 0, 1_234),
        ("0,05", 2, 5),
        ("007", 0, 7),
        ("10,500000", 2, 1_050),
        ("999999999999,999", 3, 999_999_999_999_999),
    ],
)
def test_a_typed_number(text: str, places: int, value: int) -> None:
    assert formats.parse_decimal(text, places) == value


@pytest.mark.parametrize(
    "text",
    [
        "",
        "много",
        "-3",
        "+3",
        "1e9",
        "2,",
        ",5",
        "1,2,3",
        "12 34",
        "1 2345",
        "٣",
        "１２",
        "5 кор",
        "0x10",
        "1_000",
        "½",
    ],
)
def test_what_is_no_number(text: str) -> None:
    with pytest.raises(Invalid) as fault:
        formats.parse_decimal(text, 2)
    assert fault.value.code == "number"


def test_too_many_places_and_too_many_digits() -> None:
    with pytest.raises(Invalid) as fault:
        formats.parse_decimal("2,505", 2)
    assert (fault.value.code, fault.value.params) == ("number_places", {"places": 2})
    with pytest.raises(Invalid) as fault:
        formats.parse_decimal("1" * 5_000, 2)
    assert fault.value.code == "number_too_big"


@given(st.integers(0, 10**14 - 1))
def test_what_is_written_is_read_back(value: int) -> None:
    assert formats.parse_decimal(formats.amount(value), 2) == value
    assert formats.parse_decimal(formats.quantity(value), 3) == value


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("  Крупа \t гречневая\r\n900 г ", "Крупа гречневая 900 г"),
        (f"10{NBSP}кг", f"10{NBSP}кг"),
        ("ООО\u200b «Ро\u00adмашка»\u202e\ufeff\x00", "ООО «Ромашка»"),
        ("и\u0306од № 5", "йод № 5"),
        ("❤\ufe0f", "❤"),
        ("a\ud800b", "ab"),
        ("\n\n", ""),
    ],
)
def test_one_line(text: str, clean: str) -> None:
    assert formats.one_line(text) == clean


@given(st.text())
def test_one_line_has_nothing_that_breaks_or_hides(text: str) -> None:
    clean = formats.one_line(text)
    assert clean.splitlines() in ([clean], [])
    assert not {unicodedata.category(character) for character in clean} & {"Cc", "Cf", "Cs", "Zl", "Zp"}
    assert formats.one_line(clean) == clean


@pytest.mark.parametrize(
    ("number", "printed"),
    [
        ("+74951234567", "+7\u00a0495\u00a0123-45-67"),
        ("+7 495 123-45-67", "+7 495 123-45-67"),
        ("+375291234567", "+375291234567"),
        ("+749512345678", "+749512345678"),
        ("", ""),
    ],
)
def test_phone(number: str, printed: str) -> None:
    assert formats.phone(number) == printed
