"""What came in, what has to go out, and where each conversation stands."""

from __future__ import annotations

import enum
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, BigInt, Key, choice


class InboxState(enum.Enum):
    """How far an update has got."""

    WAITING = "waiting"
    DONE = "done"
    FAILED = "failed"


class InboxUpdate(Base):
    """A Telegram update as it came, stored before Telegram hears that we have it."""

    __tablename__ = "inbox_updates"

    # Order of arrival: Telegram may start its own ids anywhere again after a quiet week.
    id: Mapped[Key]
    update_id: Mapped[int] = mapped_column(BigInt, unique=True)
    payload: Mapped[str] = mapped_column(Text)
    # Whose it is: when many wait, every chat gets its turn.
    chat_id: Mapped[int | None] = mapped_column(BigInt)
    state: Mapped[InboxState] = mapped_column(choice(InboxState), default=InboxState.WAITING)
    # Counted only for updates found waiting at a start: one that crashes the process is set aside.
    attempts: Mapped[int] = mapped_column(default=0)
    error_id: Mapped[str | None] = mapped_column(String(16))
    received_at: Mapped[datetime]
    done_at: Mapped[datetime | None]

    __table_args__ = (
        Index(
            "ix_inbox_updates_waiting",
            "id",
            sqlite_where=text("state = 'waiting'"),
        ),
        Index(
            "ix_inbox_updates_failed",
            "id",
            sqlite_where=text("state = 'failed'"),
        ),
        Index(None, "done_at"),
    )


class OutboxKind(enum.Enum):
    """Which worker an outgoing row is for."""

    TELEGRAM = "telegram"
    EMAIL = "email"
    JOB = "job"


class OutboxState(enum.Enum):
    """How far an outgoing row has got."""

    WAITING = "waiting"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    # Overtaken by a later edit of the same message, dropped with a blocked chat, or taken back.
    SUPERSEDED = "superseded"


class OutboxMessage(Base):
    """A Telegram call, an e-mail or a job, written in the same transaction as its cause."""

    __tablename__ = "outbox_messages"

    id: Mapped[Key]
    kind: Mapped[OutboxKind] = mapped_column(choice(OutboxKind))
    # Rows of one lane go one after another: a chat, a mail recipient, a queue of jobs.
    lane: Mapped[str] = mapped_column(String(300))
    # 0 replies to a person who waits, 1 notices, 2 mailings.
    priority: Mapped[int] = mapped_column(default=1)
    # What to do: a Bot API method, a template of a notice, a kind of letter, a job's name.
    name: Mapped[str] = mapped_column(String(60))
    payload: Mapped[dict[str, Any]] = mapped_column(JSON)
    state: Mapped[OutboxState] = mapped_column(choice(OutboxState), default=OutboxState.WAITING)
    attempts: Mapped[int] = mapped_column(default=0)
    due_at: Mapped[datetime]
    created_at: Mapped[datetime]
    first_tried_at: Mapped[datetime | None]
    sent_at: Mapped[datetime | None]
    last_error: Mapped[str | None] = mapped_column(String(500))
    # What a finished row is asked about later: the mail states on an order's card.
    order_id: Mapped[int | None] = mapped_column(ForeignKey("orders.id", ondelete="SET NULL"), index=True)

    __table_args__ = (
        Index(
            "ix_outbox_messages_waiting",
            "due_at",
            sqlite_where=text("state = 'waiting'"),
        ),
        Index(
            "ix_outbox_messages_failed",
            "created_at",
            sqlite_where=text("state = 'failed'"),
        ),
        # What the sweep looks at; letters are history.
        Index(
            "ix_outbox_messages_done",
            "created_at",
            sqlite_where=text("kind <> 'email' AND state IN ('sent', 'superseded', 'failed')"),
        ),
        Index(None, "lane", "id"),
    )


class Conversation(Base):
    """What one chat looks at: the address of its screen, and what was typed into a form so far."""

    __tablename__ = "conversations"

    chat_id: Mapped[int] = mapped_column(BigInt, primary_key=True, autoincrement=False)
    # Callback data that would open the screen again; it also decides what typed text means.
    here: Mapped[str | None] = mapped_column(String(64))
    form: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    # The screen's message: its number among this chat's screens, its id once Telegram told it,
    # and a message id it is known to come after.
    screen: Mapped[int] = mapped_column(default=0)
    message_id: Mapped[int | None] = mapped_column(BigInt)
    after_message_id: Mapped[int] = mapped_column(BigInt, default=0)
    # Whether it was shown with a photo: such a message can be redrawn with a photo only.
    has_photo: Mapped[bool] = mapped_column(default=False)
    # When the chat first wrote: a stranger's is not kept for ever.
    started_at: Mapped[datetime | None]


class GeocodedAddress(Base):
    """What the geocoder answered to a typed address, so that it is asked once."""

    __tablename__ = "geocoded_addresses"

    query: Mapped[str] = mapped_column(String(300), primary_key=True)
    candidates: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    found_at: Mapped[datetime]
