"""Exact arithmetic of money and goods.

Money is an integer of minor units (kopecks), a quantity an integer of thousandths of the product's base unit;
no float ever takes part.
"""

from __future__ import annotations

QUANTITY_SCALE = 1000
"""Thousandths of a base unit in one."""

MINOR_UNITS = 100
"""Minor units in one unit of the currency; every currency the product knows has two decimal places."""


def half_up(numerator: int, denominator: int) -> int:
    """Return ``numerator / denominator`` rounded to an integer, a half going away from zero.

    Raises ``ValueError`` unless the denominator is positive.
    """
    if denominator <= 0:
        raise ValueError(f"the denominator must be positive, not {denominator}")
    rounded = (2 * abs(numerator) + denominator) // (2 * denominator)
    return rounded if numerator >= 0 else -rounded


def amount_for(quantity: int, price: int) -> int:
    """Return the sum in minor units of ``quantity`` thousandths at ``price`` minor units per base unit."""
    return half_up(quantity * price, QUANTITY_SCALE)
