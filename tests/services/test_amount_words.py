from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services import amount_words


@pytest.mark.parametrize(
    ("minor", "words"),
    [
        (0, "Ноль рублей 00 копеек"),
        (21_01, "Двадцать один рубль 01 копейка"),
        (211_00, "Двести одиннадцать рублей 00 копеек"),
        (2_001_21, "Две тысячи один рубль 21 копейка"),
        (21_000_01, "Двадцать одна тысяча рублей 01 копейка"),
        (120_097_03, "Сто двадцать тысяч девяносто семь рублей 03 копейки"),
        (2_002_002_002_02, "Два миллиарда два миллиона две тысячи два рубля 02 копейки"),
        (12_12, "Двенадцать рублей 12 копеек"),
        (1_000_000_14, "Один миллион рублей 14 копеек"),
        (104_99, "Сто четыре рубля 99 копеек"),
    ],
)
def test_roubles(minor: int, words: str) -> None:
    assert amount_words.in_words(minor) == words


@pytest.mark.parametrize(
    ("minor", "currency", "words"),
    [
        (121_01, "UAH", "Сто двадцать одна гривна 01 копейка"),
        (2_02, "USD", "Два доллара 02 цента"),
        (5_00, "EUR", "Пять евро 00 центов"),
        (3_21, "KZT", "Три тенге 21 тиын"),
        (1_00, "BYN", "Один белорусский рубль 00 копеек"),
        (120_03, "CHF", "Сто двадцать CHF 03/100"),
    ],
)
def test_other_currencies(minor: int, currency: str, words: str) -> None:
    assert amount_words.in_words(minor, currency) == words


@pytest.mark.parametrize(
    ("minor", "currency", "words"),
    [
        (120_03, "RUB", "One hundred twenty roubles 03 kopecks"),
        (1_01, "RUB", "One rouble 01 kopeck"),
        (
            1_234_567_00,
            "USD",
            "One million two hundred thirty-four thousand five hundred sixty-seven dollars 00 cents",
        ),
        (0, "CHF", "Zero CHF 00/100"),
    ],
)
def test_english(minor: int, currency: str, words: str) -> None:
    assert amount_words.in_words(minor, currency, "en") == words


def test_a_sum_is_never_negative() -> None:
    with pytest.raises(ValueError, match="negative"):
        amount_words.in_words(-1)


def test_numbers() -> None:
    assert amount_words.number_in_words(21) == "двадцать один"
    assert amount_words.number_in_words(115, "en") == "one hundred fifteen"


@given(st.integers(0, 10**14))
def test_the_noun_follows_the_number(minor: int) -> None:
    words = amount_words.in_words(minor).split()
    for noun, number, forms in (
        (words[-3], minor // 100, ("рубль", "рубля", "рублей")),
        (words[-1], minor % 100, ("копейка", "копейки", "копеек")),
    ):
        tail = number % 100 if number % 100 in range(11, 15) else number % 10
        assert noun == forms[0 if tail == 1 else 1 if tail in (2, 3, 4) else 2]
    assert words[-2] == f"{minor % 100:02d}"
