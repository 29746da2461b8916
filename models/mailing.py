"""What an administrator writes to many, and what became of it for each."""

from __future__ import annotations

import enum
from datetime import datetime

from sqlalchemy import ForeignKey, Index, Text, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base, BigInt, Key, choice
from models.user import User


class Mailing(Base):
    """A text to several members of staff; written first, sent once it is confirmed."""

    __tablename__ = "mailings"

    id: Mapped[Key]
    author_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    text: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
    # When the last of it was delivered or given up, and the author was told; or, not sent, thrown away.
    done_at: Mapped[datetime | None]

    author: Mapped[User] = relationship()

    __table_args__ = (Index(None, "author_id", "id"),)


class RecipientState(enum.Enum):
    """What became of a mailing for one person."""

    WAITING = "waiting"
    SENT = "sent"
    FAILED = "failed"
    # Has blocked the bot, or never wrote to it.
    UNREACHABLE = "unreachable"
    # Holds no role any more.
    LEFT = "left"


class MailingRecipient(Base):
    """One person a mailing goes to."""

    __tablename__ = "mailing_recipients"

    id: Mapped[Key]
    mailing_id: Mapped[int] = mapped_column(ForeignKey("mailings.id", ondelete="CASCADE"))
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    state: Mapped[RecipientState] = mapped_column(choice(RecipientState), default=RecipientState.WAITING)
    # The outgoing row while it is there; its outcome is copied here, for such rows are swept.
    outbox_id: Mapped[int | None] = mapped_column(BigInt)
    error: Mapped[str | None] = mapped_column(Text)

    user: Mapped[User] = relationship()

    __table_args__ = (
        Index(None, "mailing_id", "user_id", unique=True),
        Index(
            "ix_mailing_recipients_waiting",
            "outbox_id",
            sqlite_where=text("state = 'waiting'"),
        ),
    )
