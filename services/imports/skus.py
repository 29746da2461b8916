"""Which product a file means by a SKU: the one written just so, else the one that differs by case or ё."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import Product
from services import search
from services.imports.planning import Faults
from services.imports.report import Row


class Skus:
    """Every product by its SKU, and the rows of a file that named one so far."""

    def __init__(self, session: Session, column: str) -> None:
        """``column`` is the title of the one that holds SKUs."""
        self._column = column
        self._exact = {
            sku: product_id for product_id, sku in session.execute(select(Product.id, Product.sku))
        }
        self._folded: defaultdict[str, list[int]] = defaultdict(list)
        for sku, product_id in self._exact.items():
            self._folded[search.fold(sku)].append(product_id)
        self._first_rows: dict[Hashable, int] = {}

    def find(self, sku: str) -> int | None:
        """Return the product a file means, None if there is none, or several but none written just so."""
        if sku in self._exact:
            return self._exact[sku]
        alike = self._folded.get(search.fold(sku), [])
        return alike[0] if len(alike) == 1 else None

    def enter(self, row: Row, faults: Faults) -> int | None:
        """Return the product a row is about, None for a new one; note when an earlier row was about it."""
        sku = row.values.get("sku")
        if sku is None:
            return None
        found, folded = self.find(sku), search.fold(sku)
        if found is None and folded in self._folded:
            # A base of before SKUs were compared so may hold both.
            faults.add(self._column, "sku_ambiguous", value=sku)
        first = self._first_rows.setdefault(found or folded, row.number)
        if first != row.number:
            faults.add(self._column, "repeated", value=sku, row=first)
        return found
