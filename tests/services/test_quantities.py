from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services import quantities
from services.errors import Invalid

PIECES = {"шт": 1000, "кор": 12_000, "пал": 480_000}
WEIGHT = {"кг": 1000, "ящ": 12_500}


@pytest.mark.parametrize(
    ("text", "units", "expected"),
    [
        ("12", PIECES, (12_000, "шт", 1000)),
        ("12 шт", PIECES, (12_000, "шт", 1000)),
        ("12шт.", PIECES, (12_000, "шт", 1000)),
        ("  12 ШТ  ", PIECES, (12_000, "шт", 1000)),
        ("5 кор", PIECES, (60_000, "кор", 12_000)),
        ("5 коробок", PIECES, (60_000, "кор", 12_000)),
        ("5 кор.", PIECES, (60_000, "кор", 12_000)),
        ("1 пал", PIECES, (480_000, "пал", 480_000)),
        ("1 паллета", PIECES, (480_000, "пал", 480_000)),
        ("1 200", PIECES, (1_200_000, "шт", 1000)),
        ("1\u00a0200 шт", PIECES, (1_200_000, "шт", 1000)),
        ("12,0", PIECES, (12_000, "шт", 1000)),
        ("1000000", PIECES, (1_000_000_000, "шт", 1000)),
        ("2,5 кг", WEIGHT, (2_500, "кг", 1000)),
        ("2.5", WEIGHT, (2_500, "кг", 1000)),
        ("0,001 кг", WEIGHT, (1, "кг", 1000)),
        ("2 ящ", WEIGHT, (25_000, "ящ", 12_500)),
    ],
)
def test_a_quantity_is_read_as_typed(
    text: str, units: dict[str, int], expected: tuple[int, str, int]
) -> None:
    typed = quantities.parse(text, units)
    assert (typed.quantity, typed.unit, typed.factor) == expected


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("0", "quantity_positive"),
        ("0 кор", "quantity_positive"),
        ("0,000", "quantity_positive"),
        ("-3", "quantity_positive"),
        ("\u22123 шт", "quantity_positive"),
        ("много", "quantity_form"),
        ("", "quantity_form"),
        ("1e9", "quantity_form"),
        ("12 шт 5", "quantity_form"),
        ("5 кор 3 шт", "quantity_form"),
        ("1,2,3", "quantity_form"),
        ("12 34", "quantity_form"),
        ("٣", "quantity_form"),
        ("+5", "quantity_form"),
        ("5 ведро", "quantity_unit"),
        ("5 x", "quantity_unit"),
        ("2,5 шт", "quantity_whole"),
        ("2,5", "quantity_whole"),
        ("0,5 кор", "quantity_whole"),
        ("1000001", "quantity_limit"),
        ("2084 пал", "quantity_limit"),
        ("999999999999", "quantity_limit"),
        ("9" * 400, "quantity_form"),
    ],
)
def test_what_is_no_quantity_says_why_and_what_would_be(text: str, code: str) -> None:
    with pytest.raises(Invalid) as caught:
        quantities.parse(text, PIECES)
    assert caught.value.code == code
    assert caught.value.params["base"] == "шт"
    assert caught.value.params["units"] == ["шт", "кор", "пал"]


def test_weight_has_three_decimals_and_not_one_more() -> None:
    assert quantities.parse("0,125 кг", WEIGHT).quantity == 125
    with pytest.raises(Invalid) as caught:
        quantities.parse("2,5005 кг", WEIGHT)
    assert caught.value.code == "quantity_decimals"
    with pytest.raises(Invalid) as caught:
        quantities.parse("2,5005 шт", PIECES)
    assert caught.value.code == "quantity_whole"


def test_part_of_a_package_is_refused_even_of_weighed_goods() -> None:
    with pytest.raises(Invalid) as caught:
        quantities.parse("1,5 ящ", WEIGHT)
    assert caught.value.code == "quantity_whole"


def test_a_number_alone_is_counted_in_the_unit_chosen() -> None:
    assert quantities.parse("5", PIECES, "кор") == (60_000, "кор", 12_000)
    assert quantities.parse("5 шт", PIECES, "кор") == (5_000, "шт", 1000)


def test_a_beginning_that_fits_two_units_is_none_of_them() -> None:
    with pytest.raises(Invalid) as caught:
        quantities.parse("5 к", {"шт": 1000, "кор": 12_000, "ком": 6_000})
    assert (caught.value.code, caught.value.params["typed"]) == ("quantity_unit", "к")


@given(st.integers(1, 1_000_000))
def test_whole_pieces_are_what_they_say(count: int) -> None:
    assert quantities.parse(f"{count} шт", PIECES).quantity == count * 1000


@given(st.integers(1, 83_333), st.sampled_from(["кор", "Кор", "коробки"]))
def test_boxes_are_so_many_pieces(count: int, word: str) -> None:
    assert quantities.parse(f"{count} {word}", PIECES).quantity == count * 12 * 1000


@given(st.integers(1, 10**9), st.sampled_from(",."))
def test_weight_is_exact_to_the_gram(grams: int, point: str) -> None:
    kilos, rest = divmod(grams, 1000)
    assert quantities.parse(f"{kilos}{point}{rest:03d} кг", WEIGHT).quantity == grams


@given(st.text(max_size=20))
def test_any_text_is_a_quantity_within_the_limit_or_refused(text: str) -> None:
    try:
        typed = quantities.parse(text, PIECES)
    except Invalid:
        return
    assert 0 < typed.quantity <= quantities.LIMIT
    assert typed.quantity % 1000 == 0
    assert Fraction(typed.quantity, typed.factor).denominator == 1


@pytest.mark.parametrize(
    ("quantity", "unit", "factor", "text"),
    [
        (60_000, "кор", 12_000, "5 кор (60 шт)"),
        (12_000, "шт", 1000, "12 шт"),
        (27_000, "кор", 12_000, "27 шт"),
        (1_200_000, "шт", 1000, "1 200 шт"),
    ],
)
def test_a_quantity_reads_in_its_unit_and_in_pieces(quantity: int, unit: str, factor: int, text: str) -> None:
    shown = quantities.both(quantity, unit, factor, "шт", "ru")
    assert shown.replace("\u00a0", " ") == text
