"""How the process does, as rows: what only the runtime knows reaches the screens this way."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, String
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base


class Heartbeat(Base):
    """When a part of the runtime last did its work, and what it found; one row each."""

    __tablename__ = "heartbeats"

    name: Mapped[str] = mapped_column(String(24), primary_key=True)
    at: Mapped[datetime]
    facts: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)


class Fault(Base):
    """Something that fails now: administrators were told, and will be when it is well again."""

    __tablename__ = "faults"

    cause: Mapped[str] = mapped_column(String(24), primary_key=True)
    since: Mapped[datetime]
    detail: Mapped[str] = mapped_column(String(300))
