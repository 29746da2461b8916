"""The firms that buy and the points goods are brought to."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base, Key
from models.pricing import PriceList


class Customer(Base):
    """A firm that buys; it belongs to one sales rep."""

    __tablename__ = "customers"

    id: Mapped[Key]
    sales_rep_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    name: Mapped[str] = mapped_column(String(160))
    inn: Mapped[str | None] = mapped_column(String(12))
    kpp: Mapped[str | None] = mapped_column(String(9))
    address: Mapped[str | None] = mapped_column(String(300))
    phone: Mapped[str | None] = mapped_column(String(32))
    # Addresses as checked, separated by ", ".
    emails: Mapped[str | None] = mapped_column(String(1000))
    language: Mapped[str | None] = mapped_column(String(2))
    price_list_id: Mapped[int | None] = mapped_column(ForeignKey("price_lists.id"))
    search_text: Mapped[str] = mapped_column(Text, default="")
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime]
    archived_at: Mapped[datetime | None]

    price_list: Mapped[PriceList | None] = relationship(lazy="joined")
    outlets: Mapped[list[Outlet]] = relationship(back_populates="customer", order_by="Outlet.id")

    __table_args__ = (
        Index(None, "sales_rep_id", "archived_at", "name"),
        Index(None, "inn"),
        Index(None, "name"),
    )

    @property
    def email_list(self) -> list[str]:
        """The e-mail addresses, none of them empty."""
        return [email.strip() for email in (self.emails or "").split(",") if email.strip()]


class Outlet(Base):
    """A delivery point of a customer."""

    __tablename__ = "outlets"

    id: Mapped[Key]
    customer_id: Mapped[int] = mapped_column(ForeignKey("customers.id"), index=True)
    address: Mapped[str] = mapped_column(String(300))
    latitude: Mapped[float]
    longitude: Mapped[float]
    contact: Mapped[str | None] = mapped_column(String(160))
    phone: Mapped[str | None] = mapped_column(String(32))
    hours: Mapped[str | None] = mapped_column(String(100))
    note: Mapped[str | None] = mapped_column(String(500))
    created_at: Mapped[datetime]
    archived_at: Mapped[datetime | None]

    customer: Mapped[Customer] = relationship(back_populates="outlets")
