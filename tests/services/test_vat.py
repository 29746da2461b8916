from __future__ import annotations

from fractions import Fraction
from math import floor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services import vat
from services.vat import LineAmounts, RateTotal

RATES = st.sampled_from((22, 10, 7, 5, 0, None))
QUANTITIES = st.integers(0, 10**9)
PRICES = st.integers(0, 10**9)


@pytest.mark.parametrize(
    ("quantity", "price", "rate", "included", "net", "tax", "total"),
    [
        (1_000, 122_00, 22, True, 100_00, 22_00, 122_00),
        (3_000, 99_99, 22, True, 245_88, 54_09, 299_97),
        (12_000, 2_090_00, 22, True, 20_557_38, 4_522_62, 25_080_00),
        (2_500, 89_90, 10, True, 204_32, 20_43, 224_75),
        (3_000, 33_33, 22, False, 99_99, 22_00, 121_99),
        (1_000, 100_00, 5, True, 95_24, 4_76, 100_00),
        (1_000, 100_00, 7, True, 93_46, 6_54, 100_00),
        (1_000, 1, 22, True, 1, 0, 1),
        (1_000, 100_00, 0, True, 100_00, 0, 100_00),
        (1_000, 100_00, 0, False, 100_00, 0, 100_00),
        (1_000, 100_00, None, True, 100_00, 0, 100_00),
        (1_000, 100_00, None, False, 100_00, 0, 100_00),
    ],
)
def test_a_line(
    quantity: int, price: int, rate: int | None, included: bool, net: int, tax: int, total: int
) -> None:
    amounts = vat.line_amounts(quantity, price, rate, included=included)
    assert amounts == LineAmounts(net=net, vat=tax, total=total)


def test_totals_are_sums_of_lines() -> None:
    lines = [(22, vat.line_amounts(1_000, 10_00, 22, included=True))] * 12
    # from the grand total it would be 21,64
    assert vat.totals_by_rate(lines) == (RateTotal(rate=22, net=98_40, vat=21_60, total=120_00),)


def test_rates_stand_from_the_highest_to_none() -> None:
    lines = [(rate, vat.line_amounts(1_000, 100_00, rate, included=False)) for rate in (None, 0, 22, 10, 22)]
    assert vat.totals_by_rate(lines) == (
        RateTotal(rate=22, net=200_00, vat=44_00, total=244_00),
        RateTotal(rate=10, net=100_00, vat=10_00, total=110_00),
        RateTotal(rate=0, net=100_00, vat=0, total=100_00),
        RateTotal(rate=None, net=100_00, vat=0, total=100_00),
    )


def test_a_document_without_lines_has_no_rates() -> None:
    assert vat.totals_by_rate([]) == ()


@given(QUANTITIES, PRICES, RATES, st.booleans())
def test_a_line_adds_up(quantity: int, price: int, rate: int | None, included: bool) -> None:
    amounts = vat.line_amounts(quantity, price, rate, included=included)
    assert amounts.net + amounts.vat == amounts.total
    assert 0 <= amounts.vat <= amounts.total
    printed = amounts.total if included else amounts.net
    assert abs(printed * 1000 - quantity * price) * 2 <= 1000


@given(QUANTITIES, PRICES, st.sampled_from((22, 10, 7, 5)), st.booleans())
def test_tax_is_within_half_a_kopeck(quantity: int, price: int, rate: int, included: bool) -> None:
    amounts = vat.line_amounts(quantity, price, rate, included=included)
    if included:
        assert abs(amounts.vat * (100 + rate) - amounts.total * rate) * 2 <= 100 + rate
    else:
        assert abs(amounts.vat * 100 - amounts.net * rate) * 2 <= 100


def exactly(value: Fraction) -> int:
    """Round half-up the way an accountant does it on paper."""
    return floor(value + Fraction(1, 2))


@given(st.lists(st.tuples(RATES, QUANTITIES, PRICES), max_size=20), st.booleans())
def test_a_document_is_the_sum_of_its_lines_rounded_one_by_one(
    lines: list[tuple[int | None, int, int]], included: bool
) -> None:
    nets, taxes = [], []
    for rate, quantity, price in lines:
        amount = Fraction(exactly(Fraction(quantity, 1000) * price))
        share = Fraction(rate or 0, 100)
        tax = exactly(amount * share / (1 + share) if included else amount * share)
        taxes.append(tax)
        nets.append(int(amount) - tax if included else int(amount))
    parts = vat.totals_by_rate(
        (rate, vat.line_amounts(quantity, price, rate, included=included)) for rate, quantity, price in lines
    )
    assert sum(part.vat for part in parts) == sum(taxes)
    assert sum(part.net for part in parts) == sum(nets)
    assert sum(part.total for part in parts) == sum(taxes) + sum(nets)


@given(st.lists(st.tuples(RATES, QUANTITIES, PRICES)))
def test_nothing_is_lost_between_rates(lines: list[tuple[int | None, int, int]]) -> None:
    priced = [
        (rate, vat.line_amounts(quantity, price, rate, included=True)) for rate, quantity, price in lines
    ]
    totals = vat.totals_by_rate(priced)
    assert sum(part.total for part in totals) == sum(amounts.total for _, amounts in priced)
    assert sum(part.vat for part in totals) == sum(amounts.vat for _, amounts in priced)
    assert len({part.rate for part in totals}) == len(totals)
