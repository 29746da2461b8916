from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services import money


@pytest.mark.parametrize(
    ("numerator", "denominator", "expected"),
    [
        (0, 7, 0),
        (1, 2, 1),
        (3, 2, 2),
        (149, 100, 1),
        (150, 100, 2),
        (250, 100, 3),
        (-1, 2, -1),
        (-149, 100, -1),
    ],
)
def test_a_half_goes_away_from_zero(numerator: int, denominator: int, expected: int) -> None:
    assert money.half_up(numerator, denominator) == expected


@given(st.integers(-(10**18), 10**18), st.sampled_from((1, 2, 10, 100, 105, 107, 110, 122, 1000)))
def test_rounding_agrees_with_decimal(numerator: int, denominator: int) -> None:
    exact = (Decimal(numerator) / Decimal(denominator)).quantize(Decimal(1), ROUND_HALF_UP)
    assert money.half_up(numerator, denominator) == int(exact)


@pytest.mark.parametrize("denominator", [0, -2])
def test_a_denominator_is_positive(denominator: int) -> None:
    with pytest.raises(ValueError, match="positive"):
        money.half_up(1, denominator)


@pytest.mark.parametrize(
    ("quantity", "price", "amount"),
    [
        (1_000, 12_200, 12_200),
        (2_500, 8_990, 22_475),
        (1, 500, 1),  # a thousandth of 5,00 is half a kopeck
        (1, 499, 0),
        (0, 8_990, 0),
        (333, 9_999, 3_330),
    ],
)
def test_amount_is_quantity_by_price(quantity: int, price: int, amount: int) -> None:
    assert money.amount_for(quantity, price) == amount
