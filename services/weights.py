"""What goods weigh, and how sure that is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, case, func

from models import BASE_FACTOR, OrderLine, Product


@dataclass(frozen=True, slots=True)
class Weight:
    """So many grams; with ``is_whole`` false at least so many, for some product's weight is not known."""

    grams: int = 0
    is_whole: bool = True

    def __add__(self, other: Weight) -> Weight:
        """Return the weight of both."""
        return Weight(self.grams + other.grams, self.is_whole and other.is_whole)


def of(product: Product, quantity: int) -> Weight:
    """Return the weight of so many thousandths of a product's base unit."""
    if product.weight_grams is None:
        return Weight(0, is_whole=quantity == 0)
    return Weight(product.weight_grams * quantity // BASE_FACTOR)


def sums() -> tuple[ColumnElement[Any], ColumnElement[Any]]:
    """Return the SQL of :func:`of` over lines joined with products: grams, and lines that cannot say."""
    quantity = func.coalesce(OrderLine.loaded_quantity, OrderLine.quantity)
    grams = func.coalesce(func.sum(Product.weight_grams * quantity // BASE_FACTOR), 0)
    is_unknown = and_(Product.weight_grams.is_(None), quantity > 0)
    return grams, func.coalesce(func.sum(case((is_unknown, 1), else_=0)), 0)
