"""What the administrator sets: the company, its warehouse, tariff, working time; and the audit of changes."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Key, Money, choice
from models.pricing import VatKind


class Company(Base):
    """The seller: one row. Requisites may be empty until the administrator fills them."""

    __tablename__ = "company"

    id: Mapped[int] = mapped_column(primary_key=True, default=1)
    name: Mapped[str | None] = mapped_column(String(160))
    inn: Mapped[str | None] = mapped_column(String(12))
    kpp: Mapped[str | None] = mapped_column(String(9))
    address: Mapped[str | None] = mapped_column(String(300))
    phone: Mapped[str | None] = mapped_column(String(32))
    email: Mapped[str | None] = mapped_column(String(254))
    bank_name: Mapped[str | None] = mapped_column(String(120))
    bik: Mapped[str | None] = mapped_column(String(9))
    account: Mapped[str | None] = mapped_column(String(20))
    correspondent_account: Mapped[str | None] = mapped_column(String(20))
    # Bank details whose keys do not fit and that the administrator confirmed all the same.
    confirmed_account: Mapped[str | None] = mapped_column(String(60))
    # Instead of a Russian account, for invoices in euros.
    iban: Mapped[str | None] = mapped_column(String(34))
    swift: Mapped[str | None] = mapped_column(String(11))
    director: Mapped[str | None] = mapped_column(String(160))
    accountant: Mapped[str | None] = mapped_column(String(160))
    # Signature and seal as a picture, if documents are to bear them.
    facsimile_sha256: Mapped[str | None] = mapped_column(ForeignKey("pictures.sha256"))

    currency: Mapped[str] = mapped_column(String(3), default="RUB")
    timezone: Mapped[str] = mapped_column(String(64), default="Europe/Moscow")
    prices_include_vat: Mapped[bool] = mapped_column(default=True)
    # A seller under a special regime charges one kind on everything; empty: the product's own.
    vat_kind: Mapped[VatKind | None] = mapped_column(choice(VatKind))
    delivery_vat_kind: Mapped[VatKind] = mapped_column(choice(VatKind), default=VatKind.STANDARD)
    invoice_prefix: Mapped[str] = mapped_column(String(10), default="")
    invoice_digits: Mapped[int] = mapped_column(default=0)
    invoice_start: Mapped[int] = mapped_column(default=1)
    waybill_prefix: Mapped[str] = mapped_column(String(10), default="")
    waybill_digits: Mapped[int] = mapped_column(default=0)
    waybill_start: Mapped[int] = mapped_column(default=1)
    pay_within_days: Mapped[int] = mapped_column(default=5)
    # Whether a customer gets a letter when an order is placed.
    confirms_orders: Mapped[bool] = mapped_column(default=False)
    # The administrator's own words in letters: language → part → text.
    mail_texts: Mapped[dict[str, dict[str, str]] | None] = mapped_column(JSON(none_as_null=True))
    # The bot's, for people who have chosen none.
    language: Mapped[str] = mapped_column(String(2), default="ru", server_default="ru")
    # Of papers for customers who have none of their own.
    document_language: Mapped[str] = mapped_column(String(2), default="ru")
    accountant_email: Mapped[str | None] = mapped_column(String(254))
    admin_phone: Mapped[str | None] = mapped_column(String(32))
    # When the first values of the environment were taken over; from then on these rows rule.
    initialised_at: Mapped[datetime | None]
    # Set while the mail server refuses our settings; administrators were told once.
    mail_fault: Mapped[str | None] = mapped_column(String(300))
    # The last day a nightly copy was begun, and why the last one was not made; administrators were told once.
    backed_up_on: Mapped[date | None]
    backup_fault: Mapped[str | None] = mapped_column(String(300))

    __table_args__ = (CheckConstraint("id = 1", name="one_row"),)


class Warehouse(Base):
    """Where goods leave from, and when: one row."""

    __tablename__ = "warehouse"

    id: Mapped[int] = mapped_column(primary_key=True, default=1)
    name: Mapped[str | None] = mapped_column(String(160))
    address: Mapped[str | None] = mapped_column(String(300))
    latitude: Mapped[float | None]
    longitude: Mapped[float | None]
    cutoff_at: Mapped[time] = mapped_column(default=time(16, 0))
    window_minutes: Mapped[int] = mapped_column(default=120)
    window_capacity: Mapped[int] = mapped_column(default=10)
    days_ahead: Mapped[int] = mapped_column(default=60)
    claim_minutes: Mapped[int] = mapped_column(default=30)
    # How much more of weighed goods than ordered may be loaded.
    tolerance_percent: Mapped[int] = mapped_column(default=5)
    # When the digests go out, empty for never; and the last day each went out for.
    morning_digest_at: Mapped[time | None] = mapped_column(default=time(8, 0))
    evening_digest_at: Mapped[time | None] = mapped_column(default=time(19, 0))
    morning_digest_on: Mapped[date | None]
    evening_digest_on: Mapped[date | None]
    ledger_checked_on: Mapped[date | None]

    __table_args__ = (
        CheckConstraint("id = 1", name="one_row"),
        CheckConstraint("window_minutes between 15 and 1440", name="window_has_a_length"),
        CheckConstraint("tolerance_percent between 0 and 100", name="tolerance_is_a_share"),
    )


class Tariff(Base):
    """What delivery costs the customer: one row."""

    __tablename__ = "tariff"

    id: Mapped[int] = mapped_column(primary_key=True, default=1)
    rate_per_km: Mapped[Money] = mapped_column(default=1000)
    minimum_amount: Mapped[Money | None]
    free_from_amount: Mapped[Money | None]
    # Thousandths: 1300 makes 10 km as the crow flies 13 km to pay for.
    road_factor: Mapped[int] = mapped_column(default=1000)
    radius_km: Mapped[int] = mapped_column(default=500)

    __table_args__ = (
        CheckConstraint("id = 1", name="one_row"),
        CheckConstraint("rate_per_km >= 0", name="rate_not_negative"),
    )


class WorkingHours(Base):
    """When the warehouse loads on a weekday (Monday is 0), with an optional break; no row: closed."""

    __tablename__ = "working_hours"

    weekday: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    opens_at: Mapped[time]
    closes_at: Mapped[time]
    break_from: Mapped[time | None]
    break_to: Mapped[time | None]

    __table_args__ = (CheckConstraint("weekday between 0 and 6", name="weekday_exists"),)


class Holiday(Base):
    """A day the warehouse is closed whatever its weekday."""

    __tablename__ = "holidays"

    closed_on: Mapped[date] = mapped_column(primary_key=True)
    name: Mapped[str | None] = mapped_column(String(100))


class AuditEntry(Base):
    """Who changed what, and what it was before; never changed."""

    __tablename__ = "audit_entries"

    id: Mapped[Key]
    at: Mapped[datetime]
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    action: Mapped[str] = mapped_column(String(60))
    subject: Mapped[str] = mapped_column(String(60))
    subject_id: Mapped[str | None] = mapped_column(String(60))
    before: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    after: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))

    __table_args__ = (
        Index(None, "subject", "subject_id", "id"),
        Index(None, "subject", "id"),
        Index(None, "user_id", "id"),
        Index(None, "user_id", "subject", "id"),
    )
