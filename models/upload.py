"""Files people send to be imported, kept from the report to its carrying out."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, LargeBinary, String, text
from sqlalchemy.orm import Mapped, deferred, mapped_column

from models.base import Base, Key


class Upload(Base):
    """A file that was read: its bytes, what it would do, and whether that was done."""

    __tablename__ = "uploads"

    id: Mapped[Key]
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    # Which import reads it.
    kind: Mapped[str] = mapped_column(String(24))
    file_name: Mapped[str] = mapped_column(String(200))
    # Of the bytes, so that a file sent a second time is known.
    digest: Mapped[str] = mapped_column(String(64), index=True)
    # Emptied once applied. Ten megabytes at most, so it is read only where it is asked for.
    content: Mapped[bytes | None] = deferred(mapped_column(LargeBinary))
    # Of what the report said; the same report later has the same one.
    fingerprint: Mapped[str] = mapped_column(String(64))
    # The report as it is shown, its lists cut.
    report: Mapped[dict[str, Any]] = mapped_column(JSON)
    created_at: Mapped[datetime]
    applied_at: Mapped[datetime | None]
    # Whether bytes and report are still there: the row stays, so that nobody's old button finds another file.
    is_kept: Mapped[bool] = mapped_column(default=True)

    __table_args__ = (Index("ix_uploads_kept", "created_at", sqlite_where=text("is_kept")),)
