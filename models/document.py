"""Invoices, waybills and credits: frozen snapshots with their own gapless numbers."""

from __future__ import annotations

import enum
from datetime import date, datetime

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    Index,
    LargeBinary,
    String,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base, Key, Money, Quantity, choice
from models.order import Order


class DocumentKind(enum.Enum):
    """Which paper it is."""

    INVOICE = "invoice"
    WAYBILL = "waybill"
    CREDIT = "credit"


class Document(Base):
    """A paper as it was issued: the snapshot is never edited, the row never deleted.

    A correction is a row of its own with the number of the first and ``revision`` 1, 2, …
    """

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
    cancel_reason: Mapped[str | None] = mapped_column(String(300))
    # Which invoice a credit gives back.
    refers_to_id: Mapped[int | None] = mapped_column(ForeignKey("documents.id"), index=True)
    created_at: Mapped[datetime]

    order: Mapped[Order] = relationship()

    __mapper_args__ = {"polymorphic_on": "kind"}  # noqa: RUF012  SQLAlchemy's own protocol
    __table_args__ = (
        UniqueConstraint("kind", "year", "number", "revision"),
        UniqueConstraint("kind", "order_id", "revision"),
        CheckConstraint("number > 0", name="number_positive"),
        CheckConstraint("revision >= 0", name="revision_not_negative"),
        CheckConstraint("(kind = 'credit') = (refers_to_id IS NOT NULL)", name="credit_refers"),
        # What valid invoices come to, for reports: all they read of a document is in here, so that SQLite
        # neither prefers another index nor steps over the long snapshots.
        Index(
            "ix_documents_invoiced",
            "order_id",
            "kind",
            "total_amount",
            "cancelled_at",
            sqlite_where=text("kind = 'invoice' AND cancelled_at IS NULL"),
        ),
        Index("ix_documents_cancelled", "id", sqlite_where=text("cancelled_at IS NOT NULL")),
    )


class Invoice(Document):
    """«Счёт на оплату»."""

    __mapper_args__ = {"polymorphic_identity": DocumentKind.INVOICE}  # noqa: RUF012

    lines: Mapped[list[InvoiceLine]] = relationship(order_by="InvoiceLine.position")


class Waybill(Document):
    """«Товарная накладная»."""

    __mapper_args__ = {"polymorphic_identity": DocumentKind.WAYBILL}  # noqa: RUF012


class Credit(Document):
    """What is given back of an invoice. Nothing issues one yet; the numbers and the reference are ready."""

    __mapper_args__ = {"polymorphic_identity": DocumentKind.CREDIT}  # noqa: RUF012


class Picture(Base):
    """A picture documents are stamped with, kept under its digest as long as a document names it."""

    __tablename__ = "pictures"

    sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    content: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[datetime]


class InvoiceLine(Base):
    """A line of an invoice in figures, for reports; the snapshot is what gets printed."""

    __tablename__ = "invoice_lines"

    invoice_id: Mapped[int] = mapped_column(ForeignKey("documents.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    # Delivery is a line without a product.
    product_id: Mapped[int | None] = mapped_column(ForeignKey("products.id"))
    # When the goods were loaded: the order's own moment, here so that a report reads this table only.
    sold_at: Mapped[datetime]
    quantity: Mapped[Quantity]
    price: Mapped[Money]
    vat_rate: Mapped[int | None]
    net_amount: Mapped[Money]
    vat_amount: Mapped[Money]
    total_amount: Mapped[Money]

    __table_args__ = (
        # Everything the report by product reads, in the order it groups by.
        Index("ix_invoice_lines_sold", "product_id", "sold_at", "quantity", "total_amount", "invoice_id"),
    )
