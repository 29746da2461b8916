"""Invoices and waybills: frozen snapshots with their own gapless numbers."""

from __future__ import annotations

import enum
from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base, Key, Money, Quantity, choice
from models.order import Order


class DocumentKind(enum.Enum):
    """Which paper it is."""

    INVOICE = "invoice"
    WAYBILL = "waybill"


class Document(Base):
    """A paper as it was issued: the snapshot is never edited, the row never deleted."""

    __tablename__ = "documents"

    id: Mapped[Key]
    kind: Mapped[DocumentKind] = mapped_column(choice(DocumentKind))
    year: Mapped[int]
    number: Mapped[int]
    # Indexed by itself, too: deleting a draft asks whether it has papers.
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"), index=True)
    revision: Mapped[int] = mapped_column(default=0)
    issued_on: Mapped[date]
    label: Mapped[str] = mapped_column(String(40))
    total_amount: Mapped[Money]
    snapshot: Mapped[str] = mapped_column(Text)
    # Hex SHA-256 of the PDF, written when it is first rendered.
    pdf_sha256: Mapped[str | None] = mapped_column(String(64))
    cancelled_at: Mapped[datetime | None]
    created_at: Mapped[datetime]

    order: Mapped[Order] = relationship()

    __mapper_args__ = {"polymorphic_on": "kind"}  # noqa: RUF012  SQLAlchemy's own protocol
    __table_args__ = (
        UniqueConstraint("kind", "year", "number"),
        UniqueConstraint("kind", "order_id", "revision"),
        CheckConstraint("number > 0", name="number_positive"),
    )


class Invoice(Document):
    """«Счёт на оплату»."""

    __mapper_args__ = {"polymorphic_identity": DocumentKind.INVOICE}  # noqa: RUF012

    lines: Mapped[list[InvoiceLine]] = relationship(order_by="InvoiceLine.position")


class Waybill(Document):
    """«Товарная накладная»."""

    __mapper_args__ = {"polymorphic_identity": DocumentKind.WAYBILL}  # noqa: RUF012


class InvoiceLine(Base):
    """A line of an invoice in figures, for reports; the snapshot is what gets printed."""

    __tablename__ = "invoice_lines"

    invoice_id: Mapped[int] = mapped_column(ForeignKey("documents.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    # Delivery is a line without a product.
    product_id: Mapped[int | None] = mapped_column(ForeignKey("products.id"), index=True)
    quantity: Mapped[Quantity]
    price: Mapped[Money]
    vat_rate: Mapped[int | None]
    net_amount: Mapped[Money]
    vat_amount: Mapped[Money]
    total_amount: Mapped[Money]
