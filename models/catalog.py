"""The catalogue and its stock: levels on the product, and the ledger they sum up."""

from __future__ import annotations

import enum
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base, Key, Money, Quantity, choice
from models.pricing import VatKind

if TYPE_CHECKING:
    from models.order import Order
    from models.user import User

BASE_FACTOR = 1000
"""The factor of a base unit: quantities and factors are thousandths."""


class Category(Base):
    """A shelf of the catalogue; shelves nest to any depth."""

    __tablename__ = "categories"

    id: Mapped[Key]
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("categories.id"))
    name: Mapped[str] = mapped_column(String(120))
    position: Mapped[int] = mapped_column(default=0)
    is_active: Mapped[bool] = mapped_column(default=True)

    __table_args__ = (Index(None, "parent_id", "position"),)


class Product(Base):
    """What is sold. ``on_hand`` is physical, ``reserved`` promised, ``available`` sellable."""

    __tablename__ = "products"

    id: Mapped[Key]
    sku: Mapped[str] = mapped_column(String(40), unique=True)
    name: Mapped[str] = mapped_column(String(300))
    category_id: Mapped[int] = mapped_column(ForeignKey("categories.id"))
    unit: Mapped[str] = mapped_column(String(16))
    price: Mapped[Money]
    vat_kind: Mapped[VatKind] = mapped_column(choice(VatKind), default=VatKind.STANDARD)
    on_hand: Mapped[Quantity] = mapped_column(default=0)
    reserved: Mapped[Quantity] = mapped_column(default=0)
    weight_grams: Mapped[int | None]
    minimum: Mapped[Quantity | None]
    multiple: Mapped[Quantity | None]
    low_stock: Mapped[Quantity | None]
    description: Mapped[str | None] = mapped_column(Text)
    photo_file_id: Mapped[str | None] = mapped_column(String(200))
    is_active: Mapped[bool] = mapped_column(default=True)
    search_text: Mapped[str] = mapped_column(Text, default="")
    version: Mapped[int] = mapped_column(default=1)

    packages: Mapped[list[Unit]] = relationship(cascade="all, delete-orphan", order_by="Unit.factor")
    category: Mapped[Category] = relationship()

    __table_args__ = (
        CheckConstraint("on_hand >= 0", name="on_hand_not_negative"),
        CheckConstraint("reserved >= 0", name="reserved_not_negative"),
        CheckConstraint("reserved <= on_hand", name="reserved_is_there"),
        CheckConstraint("price >= 0", name="price_not_negative"),
        Index(None, "category_id", "is_active", "name"),
        # The storekeeper's list goes by name over all shelves, and is asked for what runs low.
        Index(None, "name", "id"),
        Index("ix_products_low", "name", "id", sqlite_where=text("low_stock >= on_hand - reserved")),
    )

    @property
    def available(self) -> int:
        """What may still be promised, in thousandths of the base unit."""
        return self.on_hand - self.reserved

    @property
    def units(self) -> dict[str, int]:
        """Every unit this product is counted in, code → factor in thousandths, the base unit first."""
        return {self.unit: BASE_FACTOR, **{package.code: package.factor for package in self.packages}}


class Unit(Base):
    """A package of a product: ``factor`` is the thousandths of base units in one."""

    __tablename__ = "units"

    product_id: Mapped[int] = mapped_column(ForeignKey("products.id", ondelete="CASCADE"), primary_key=True)
    code: Mapped[str] = mapped_column(String(16), primary_key=True)
    factor: Mapped[Quantity]

    __table_args__ = (CheckConstraint("factor > 0", name="factor_positive"),)


class MovementKind(enum.Enum):
    """Why the stock changed."""

    RECEIPT = "receipt"
    RESERVATION = "reservation"
    RELEASE = "release"
    ISSUE = "issue"
    ADJUSTMENT = "adjustment"


class CountReason(enum.Enum):
    """Why a count differs from the books, when it is one of the usual reasons."""

    SHORTAGE = "shortage"
    SURPLUS = "surplus"
    DAMAGE = "damage"
    MISTAKE = "mistake"


class StockMovement(Base):
    """A line of the ledger; never changed, never deleted. The changes sum to the product's levels."""

    __tablename__ = "stock_movements"

    id: Mapped[Key]
    product_id: Mapped[int] = mapped_column(ForeignKey("products.id"))
    kind: Mapped[MovementKind] = mapped_column(choice(MovementKind))
    on_hand_change: Mapped[Quantity] = mapped_column(default=0)
    reserved_change: Mapped[Quantity] = mapped_column(default=0)
    order_id: Mapped[int | None] = mapped_column(ForeignKey("orders.id"), index=True)
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    # A value of CountReason, or people's own words.
    reason: Mapped[str | None] = mapped_column(String(300))
    at: Mapped[datetime]

    order: Mapped[Order | None] = relationship(viewonly=True)
    user: Mapped[User | None] = relationship(viewonly=True)

    __table_args__ = (Index(None, "product_id", "id"),)


class Reservation(Base):
    """Stock promised to an order line: at most one per line, deleted when released or issued."""

    __tablename__ = "reservations"

    order_line_id: Mapped[int] = mapped_column(
        ForeignKey("order_lines.id"), primary_key=True, autoincrement=False
    )
    product_id: Mapped[int] = mapped_column(ForeignKey("products.id"), index=True)
    quantity: Mapped[Quantity]

    __table_args__ = (CheckConstraint("quantity > 0", name="quantity_positive"),)
