"""The order: a draft in the rep's hands, then the warehouse's work, then history."""

from __future__ import annotations

import enum
from datetime import date, datetime, time
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base, BigInt, Key, Money, Quantity, choice
from models.catalog import Product
from models.customer import Customer
from models.user import User
from models.vehicle import Vehicle


class OrderStatus(enum.Enum):
    """Where an order stands in its life."""

    DRAFT = "draft"
    PLACED = "placed"
    LOADING = "loading"
    LOADED = "loaded"
    DELIVERED = "delivered"
    CANCELLED = "cancelled"
    REJECTED = "rejected"


class DeliveryWindow(Base):
    """A span of a delivery day (company's local time) and how many orders fit in it."""

    __tablename__ = "delivery_windows"

    id: Mapped[Key]
    delivery_on: Mapped[date]
    starts_at: Mapped[time]
    ends_at: Mapped[time]
    capacity: Mapped[int]

    __table_args__ = (
        # The end, too: windows of another length may come to stand beside those already chosen.
        UniqueConstraint("delivery_on", "starts_at", "ends_at"),
        CheckConstraint("capacity >= 0", name="capacity_not_negative"),
    )


class Order(Base):
    """A request for goods. Amounts stay empty in a draft: they are computed until it is placed."""

    __tablename__ = "orders"

    id: Mapped[Key]
    number: Mapped[int | None] = mapped_column(BigInt, unique=True)
    status: Mapped[OrderStatus] = mapped_column(choice(OrderStatus), default=OrderStatus.DRAFT)
    sales_rep_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    customer_id: Mapped[int] = mapped_column(ForeignKey("customers.id"))
    storekeeper_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))

    is_pickup: Mapped[bool] = mapped_column(default=False)
    address: Mapped[str | None] = mapped_column(String(300))
    latitude: Mapped[float | None]
    longitude: Mapped[float | None]
    distance_metres: Mapped[int | None]
    distance_is_road: Mapped[bool] = mapped_column(default=False)
    window_id: Mapped[int | None] = mapped_column(ForeignKey("delivery_windows.id"), index=True)
    note: Mapped[str | None] = mapped_column(String(1000))
    vehicle_id: Mapped[int | None] = mapped_column(ForeignKey("vehicles.id"), index=True)

    currency: Mapped[str] = mapped_column(String(3), default="RUB")
    vat_included: Mapped[bool] = mapped_column(default=True)
    rate_per_km: Mapped[Money | None]
    goods_amount: Mapped[Money | None]
    delivery_amount: Mapped[Money | None]
    delivery_vat_rate: Mapped[int | None]
    delivery_vat_amount: Mapped[Money | None]
    total_amount: Mapped[Money | None]
    # Frozen by the load: what it comes to by what was loaded, with delivery.
    loaded_amount: Mapped[Money | None]

    reason: Mapped[str | None] = mapped_column(String(300))
    # The lines as they were when the order was recalled: [product id, quantity, unit, factor].
    recalled_lines: Mapped[list[list[Any]] | None] = mapped_column(JSON(none_as_null=True))
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    # When the rep was told of a draft left lying; emptied when the draft is touched.
    reminded_at: Mapped[datetime | None]
    placed_at: Mapped[datetime | None]
    # Since when it waits for a storekeeper: placed, or put back into the queue.
    queued_at: Mapped[datetime | None]
    # When storekeepers, then administrators, were told that nobody takes it; when, that it is late.
    claim_reminded_at: Mapped[datetime | None]
    claim_escalated_at: Mapped[datetime | None]
    late_told_at: Mapped[datetime | None]
    claimed_at: Mapped[datetime | None]
    loaded_at: Mapped[datetime | None]
    delivered_at: Mapped[datetime | None]
    # Telegram's id of the photo of the papers the customer signed.
    signed_photo_id: Mapped[str | None] = mapped_column(String(200))
    # The draft that what was not loaded went into.
    remainder_id: Mapped[int | None] = mapped_column(ForeignKey("orders.id", ondelete="SET NULL"), index=True)

    # An order is never shown without its customer, nor a line without its product: one query for both.
    customer: Mapped[Customer] = relationship(lazy="joined", innerjoin=True)
    sales_rep: Mapped[User] = relationship(foreign_keys=[sales_rep_id])
    storekeeper: Mapped[User | None] = relationship(foreign_keys=[storekeeper_id])
    window: Mapped[DeliveryWindow | None] = relationship()
    remainder: Mapped[Order | None] = relationship(remote_side="Order.id", foreign_keys=[remainder_id])
    vehicle: Mapped[Vehicle | None] = relationship()
    lines: Mapped[list[OrderLine]] = relationship(
        back_populates="order", cascade="all, delete-orphan", order_by="OrderLine.id"
    )
    events: Mapped[list[OrderEvent]] = relationship(order_by="OrderEvent.id", viewonly=True)

    @property
    def amount(self) -> int | None:
        """What the order comes to: by what was loaded, before that by what was ordered; None in a draft."""
        return self.total_amount if self.loaded_amount is None else self.loaded_amount

    @property
    def short_lines(self) -> list[OrderLine]:
        """The lines of which less was loaded than ordered."""
        return [line for line in self.lines if line.to_load < line.quantity]

    __table_args__ = (
        Index(
            "uq_orders_one_open_draft",
            "sales_rep_id",
            "customer_id",
            unique=True,
            sqlite_where=text("status = 'draft'"),
        ),
        Index(
            "ix_orders_open_drafts",
            "sales_rep_id",
            "updated_at",
            sqlite_where=text("status = 'draft'"),
        ),
        Index(None, "sales_rep_id", "id"),
        Index(None, "sales_rep_id", "status", "id"),
        Index(None, "sales_rep_id", "customer_id", "id"),
        Index(None, "sales_rep_id", "created_at", "id"),
        Index(None, "customer_id", "id"),
        Index(None, "status", "window_id"),
        # The administrator's journal: by person, by days.
        Index(None, "storekeeper_id", "status", "id"),
        Index(None, "storekeeper_id", "id"),
        Index(None, "created_at", "id"),
        Index(None, "status", "updated_at"),
        Index(None, "status", "id"),
        Index(None, "placed_at"),
        Index(None, "loaded_at", "customer_id"),
    )


class ShortageReason(enum.Enum):
    """Why less was loaded than ordered, when it is one of the usual reasons."""

    OUT_OF_STOCK = "out_of_stock"
    DAMAGED = "damaged"
    REFUSED = "refused"


class OrderLine(Base):
    """A product in an order. ``quantity`` is in base units, ``unit`` is what the rep counted in."""

    __tablename__ = "order_lines"

    id: Mapped[Key]
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id", ondelete="CASCADE"))
    product_id: Mapped[int] = mapped_column(ForeignKey("products.id"), index=True)
    quantity: Mapped[Quantity]
    unit: Mapped[str] = mapped_column(String(16))
    factor: Mapped[Quantity]

    # Frozen at place. In a draft the price is the one the rep last saw, so that a change can be told;
    # the other amounts are empty.
    price: Mapped[Money | None]
    vat_rate: Mapped[int | None]
    net_amount: Mapped[Money | None]
    vat_amount: Mapped[Money | None]
    total_amount: Mapped[Money | None]

    loaded_quantity: Mapped[Quantity | None]
    # A value of ShortageReason, or the storekeeper's own words.
    shortage_reason: Mapped[str | None] = mapped_column(String(300))

    order: Mapped[Order] = relationship(back_populates="lines")
    product: Mapped[Product] = relationship(lazy="joined", innerjoin=True)

    @property
    def to_load(self) -> int:
        """What leaves of the line, in thousandths of the base unit: what was loaded, or still is to be."""
        return self.quantity if self.loaded_quantity is None else self.loaded_quantity

    __table_args__ = (
        UniqueConstraint("order_id", "product_id"),
        CheckConstraint("quantity > 0", name="quantity_positive"),
        CheckConstraint("loaded_quantity >= 0", name="loaded_not_negative"),
        Index("ix_order_lines_short", "order_id", sqlite_where=text("loaded_quantity < quantity")),
    )


class OrderEventKind(enum.Enum):
    """What happened to an order."""

    PLACED = "placed"
    RECALLED = "recalled"
    CLAIMED = "claimed"
    RELEASED = "released"
    LOADED = "loaded"
    DELIVERED = "delivered"
    SIGNED = "signed"
    CANCELLED = "cancelled"
    REJECTED = "rejected"
    REASSIGNED = "reassigned"


class OrderEvent(Base):
    """Who did what to the order and when; never changed."""

    __tablename__ = "order_events"

    id: Mapped[Key]
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id", ondelete="CASCADE"), index=True)
    kind: Mapped[OrderEventKind] = mapped_column(choice(OrderEventKind))
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    reason: Mapped[str | None] = mapped_column(String(300))
    at: Mapped[datetime]

    user: Mapped[User | None] = relationship()

    __table_args__ = (Index(None, "kind", "at"),)


class OrderCard(Base):
    """The message in a storekeeper's chat that shows an order, so that it can change in place."""

    __tablename__ = "order_cards"

    id: Mapped[Key]
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id", ondelete="CASCADE"))
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    message_id: Mapped[int | None] = mapped_column(BigInt)
    # The outgoing row that is to bring the first message; until it has, later ones would send it twice.
    sending_row_id: Mapped[int | None] = mapped_column(BigInt)
    # Counts the changes the card should show, and how many of them its message does.
    revision: Mapped[int] = mapped_column(default=0)
    shown_revision: Mapped[int] = mapped_column(default=0)

    __table_args__ = (
        UniqueConstraint("order_id", "user_id"),
        Index(
            "ix_order_cards_outdated",
            "user_id",
            sqlite_where=text("shown_revision <> revision"),
            postgresql_where=text("shown_revision <> revision"),
        ),
    )
