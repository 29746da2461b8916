"""Prices that differ from the catalogue's, and the dated table of VAT rates."""

from __future__ import annotations

import enum
from datetime import date

from sqlalchemy import CheckConstraint, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Key, Money, choice


class PriceList(Base):
    """A customer's terms: a percentage off the catalogue price, or prices of its own."""

    __tablename__ = "price_lists"

    id: Mapped[Key]
    name: Mapped[str] = mapped_column(String(100), unique=True)
    # Hundredths of a percent taken off; 500 is 5 %.
    discount: Mapped[int] = mapped_column(default=0)

    __table_args__ = (CheckConstraint("discount between 0 and 10000", name="discount_is_a_share"),)


class PriceListEntry(Base):
    """The price of one product on one price list; it wins over the list's discount."""

    __tablename__ = "price_list_entries"

    price_list_id: Mapped[int] = mapped_column(
        ForeignKey("price_lists.id", ondelete="CASCADE"), primary_key=True
    )
    product_id: Mapped[int] = mapped_column(ForeignKey("products.id", ondelete="CASCADE"), primary_key=True)
    price: Mapped[Money]

    __table_args__ = (CheckConstraint("price >= 0", name="price_not_negative"),)


class VatKind(enum.Enum):
    """Which of the law's rates applies; its percentage depends on the shipment date."""

    STANDARD = "standard"
    REDUCED = "reduced"
    ZERO = "zero"
    EXEMPT = "exempt"
    SIMPLIFIED_5 = "simplified_5"
    SIMPLIFIED_7 = "simplified_7"


class VatRate(Base):
    """The percentage of a kind of VAT from a day on; no percentage means «без НДС»."""

    __tablename__ = "vat_rates"

    kind: Mapped[VatKind] = mapped_column(choice(VatKind), primary_key=True)
    starts_on: Mapped[date] = mapped_column(primary_key=True)
    percent: Mapped[int | None]
