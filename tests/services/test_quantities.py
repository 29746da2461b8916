import re
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models import Product, Unit
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


# Texts that are nearly quantities find more than any text does.
NEARLY = st.text(alphabet="0123456789 \u00a0\u202f.,-+шткорпалгe²٣", max_size=20)


@given(
    st.text(max_size=20) | NEARLY,
    st.sampled_from([PIECES, WEIGHT]),
    st.sampled_from(["ru", "en"]),
    st.booleans(),
)
def test_any_text_is_a_quantity_within_the_limit_or_refused(
    text: str, units: dict[str, int], language: str, in_last: bool
) -> None:
    default = list(units)[-1] if in_last else None
    try:
        typed = quantities.parse(text, units, default, language)
    except Invalid:
        return
    assert 0 < typed.quantity <= quantities.LIMIT
    assert units[typed.unit] == typed.factor
    if units is PIECES:
        assert typed.quantity % 1000 == 0
    if typed.unit != next(iter(units)):
        assert Fraction(typed.quantity, typed.factor).denominator == 1


UNITS = st.sampled_from(
    [PIECES, WEIGHT, {"м2": 1000, "усл. ед": 7_000}, {"kg": 1000, "Bag": 25_000, "box": 12_500}]
)


@given(st.data(), UNITS, st.sampled_from(["ru", "en"]))
def test_what_is_shown_reads_back(data: st.DataObject, units: dict[str, int], language: str) -> None:
    base = next(iter(units))
    unit = data.draw(st.sampled_from(list(units)))
    step = 1 if unit == base and base in quantities.WEIGHED else units[unit]
    quantity = data.draw(st.integers(1, quantities.LIMIT // step)) * step
    shown = quantities.in_unit(quantity, unit, units[unit], language)
    assert quantities.parse(shown, units, None, language) == (quantity, unit, units[unit])
    typed = shown.replace("\u00a0", " ")
    assert quantities.parse(typed, units, None, language) == (quantity, unit, units[unit])
    # Every equivalent beside it is the same quantity.
    for equal in re.split(" = |, (?=[0-9])", quantities.in_all(quantity, unit, units[unit], units, language)):
        assert quantities.parse(equal, units, None, language).quantity == quantity


@pytest.mark.parametrize(
    ("text", "language", "quantity"),
    [
        ("1,440", "en", 1_440_000),
        ("1,000,000", "en", 1_000_000_000),
        ("1,440.5", "en", 1_440_500),
        ("0,125", "en", 125),
        ("2,5", "en", 2_500),
        ("1,440", "ru", 1_440),
    ],
)
def test_a_comma_groups_thousands_in_english_only(text: str, language: str, quantity: int) -> None:
    assert quantities.parse(text, WEIGHT, None, language).quantity == quantity


@pytest.mark.parametrize(
    ("quantity", "unit", "text"),
    [
        (480_000, "пал", "1 пал = 480 шт, 40 кор"),
        (60_000, "кор", "5 кор = 60 шт"),
        (60_000, "шт", "60 шт = 5 кор"),
        (23_000, "шт", "23 шт"),
        # No whole number of boxes any more: nobody loads 2,25 of them.
        (27_000, "кор", "27 шт"),
    ],
)
def test_a_quantity_reads_in_every_unit_it_is_a_whole_number_of(quantity: int, unit: str, text: str) -> None:
    shown = quantities.in_all(quantity, unit, PIECES[unit], PIECES, "ru")
    assert shown.replace("\u00a0", " ") == text


def product(unit: str, minimum: int | None, multiple: int | None, available: int) -> Product:
    packages = [Unit(code="кор", factor=12_000), Unit(code="меш", factor=2_500)]
    return Product(
        unit=unit, minimum=minimum, multiple=multiple, on_hand=available, reserved=0, packages=packages
    )


PRODUCTS = st.builds(
    product,
    st.sampled_from(["шт", "кг"]),
    st.none() | st.integers(1, 40_000),
    st.none() | st.integers(1, 20) | st.integers(1, 15).map(lambda n: n * 500),
    st.integers(0, 90_000),
)


def may_be_ordered(product: Product, quantity: int) -> bool:
    """The rules said once more, one by one."""
    return (
        quantity > 0
        and (product.unit == "кг" or quantity % 1000 == 0)
        and quantity >= (product.minimum or 0)
        and (not product.multiple or quantity % product.multiple == 0)
        and quantity <= product.available
    )


@given(PRODUCTS, st.integers(-5_000, 100_000))
def test_what_is_possible_keeps_to_every_rule(product: Product, quantity: int) -> None:
    within = quantities.possible(product)
    for tried in (quantity, quantity // 1000 * 1000):
        assert (tried in within) == may_be_ordered(product, tried)
    assert bool(within) == (within.most in within)
    for offered in within.near(quantity):
        assert may_be_ordered(product, offered)
    assert list(within.near(quantity)) == sorted(set(within.near(quantity)))
    assert bool(within.near(quantity)) == bool(within)
    if quantity in within:
        assert within.near(quantity) == (quantity,)
    up, down = within.up(quantity), within.down(quantity)
    assert up >= quantity
    assert down <= max(quantity, 0)
    assert up > product.available or may_be_ordered(product, up)
    assert down == 0 or down > product.available or may_be_ordered(product, down)


@given(PRODUCTS)
def test_an_example_can_be_typed_and_ordered(product: Product) -> None:
    shown = quantities.examples(product)
    assert bool(shown) == bool(quantities.possible(product))
    for example in shown:
        assert may_be_ordered(product, example.quantity)
        for language in ("ru", "en"):
            text = quantities.in_unit(example.quantity, example.unit, example.factor, language)
            assert quantities.parse(text, product.units, None, language) == example


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


@pytest.mark.parametrize(
    ("quantity", "units", "text"),
    [
        (51_000, {"шт": 1000, "кор": 12_000}, "4 кор + 3 шт"),
        (48_000, {"шт": 1000, "кор": 12_000}, "4 кор"),
        (3_000, {"шт": 1000, "кор": 12_000}, "3 шт"),
        (505_000, {"шт": 1000, "кор": 12_000, "пал": 480_000}, "1 пал + 2 кор + 1 шт"),
        (12_500, {"кг": 1000}, "12,5 кг"),
        (102_500, {"кг": 1000, "меш": 50_000}, "2 меш + 2,5 кг"),
        (2_500, {"кг": 1000, "г": 1}, "2,5 кг"),
        (0, {"шт": 1000, "кор": 12_000}, "0 шт"),
    ],
)
def test_a_quantity_is_packed_into_whole_packages(quantity: int, units: dict[str, int], text: str) -> None:
    assert quantities.packed(quantity, units, "ru").replace("\u00a0", " ") == text


@pytest.mark.parametrize(
    ("quantity", "units", "text"),
    [
        (1_443_000, PIECES, "1 443 шт (3 пал + 3 шт)"),
        (1_380_000, PIECES, "1 380 шт (2 пал + 35 кор)"),
        (1_428_000, PIECES, "1 428 шт (2 пал + 39 кор)"),
        (11_000, PIECES, "11 шт"),
        (0, PIECES, "0 шт"),
        (27_000, WEIGHT, "27 кг (2 ящ + 2 кг)"),
        (7_000, {"шт": 1000}, "7 шт"),
    ],
)
def test_a_level_reads_in_base_units_and_in_the_packages_it_fills(
    quantity: int, units: dict[str, int], text: str
) -> None:
    assert quantities.level(quantity, units, "ru").replace("\u00a0", " ") == text


@pytest.mark.parametrize(("text", "unit"), [("0", "шт"), ("0 кор", "кор"), ("0,0", "шт")])
def test_none_may_be_meant_where_goods_are_counted(text: str, unit: str) -> None:
    typed = quantities.parse(text, PIECES, zero_is_meant=True)
    assert (typed.quantity, typed.unit) == (0, unit)
    with pytest.raises(Invalid):
        quantities.parse(text, PIECES)


def test_less_than_none_is_never_meant() -> None:
    with pytest.raises(Invalid):
        quantities.parse("-1", PIECES, zero_is_meant=True)
