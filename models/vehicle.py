"""The vehicles goods leave in."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, String
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Key


class Vehicle(Base):
    """A vehicle with its driver, known by the number plate; out of use once it is archived."""

    __tablename__ = "vehicles"

    id: Mapped[Key]
    plate: Mapped[str] = mapped_column(String(12), unique=True)
    capacity_kg: Mapped[int]
    driver: Mapped[str | None] = mapped_column(String(160))
    phone: Mapped[str | None] = mapped_column(String(32))
    created_at: Mapped[datetime]
    archived_at: Mapped[datetime | None]

    __table_args__ = (CheckConstraint("capacity_kg > 0", name="capacity_positive"),)
