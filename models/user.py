"""Staff who talk to the bot, and how a stranger becomes one of them."""

from __future__ import annotations

import enum
from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base, BigInt, Key, choice


class Role(enum.Enum):
    """What a member of staff may do; one person may hold several."""

    SALES_REP = "sales_rep"
    STOREKEEPER = "storekeeper"
    ADMIN = "admin"


class User(Base):
    """A member of staff, known by the Telegram account."""

    __tablename__ = "users"

    id: Mapped[Key]
    telegram_id: Mapped[int] = mapped_column(BigInt, unique=True)
    name: Mapped[str] = mapped_column(String(160))
    username: Mapped[str | None] = mapped_column(String(64))
    phone: Mapped[str | None] = mapped_column(String(32))
    language: Mapped[str | None] = mapped_column(String(2))
    comment: Mapped[str | None] = mapped_column(String(500))
    is_active: Mapped[bool] = mapped_column(default=True)
    # Set when Telegram says the person blocked the bot; cleared by the next message from them.
    unreachable_at: Mapped[datetime | None]
    created_at: Mapped[datetime]

    grants: Mapped[list[UserRole]] = relationship(
        lazy="joined", cascade="all, delete-orphan", order_by="UserRole.role"
    )

    @property
    def roles(self) -> frozenset[Role]:
        """The roles held now; none while the account is blocked by an administrator."""
        return frozenset(grant.role for grant in self.grants) if self.is_active else frozenset()

    def holds(self, role: Role) -> bool:
        """Tell whether this person may act as ``role``."""
        return role in self.roles


class UserRole(Base):
    """One role held by one user."""

    __tablename__ = "user_roles"

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    role: Mapped[Role] = mapped_column(choice(Role), primary_key=True)

    __table_args__ = (Index(None, "role"),)


class AccessCode(Base):
    """A one-time password that grants a role; only its digest is kept."""

    __tablename__ = "access_codes"

    id: Mapped[Key]
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    role: Mapped[Role] = mapped_column(choice(Role))
    name: Mapped[str] = mapped_column(String(160))
    issued_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    used_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    revoked_at: Mapped[datetime | None]


class AccessAttempt(Base):
    """Wrong codes typed from one Telegram account, and until when it is locked."""

    __tablename__ = "access_attempts"

    telegram_id: Mapped[int] = mapped_column(BigInt, primary_key=True, autoincrement=False)
    failed: Mapped[int] = mapped_column(default=0)
    locked_until: Mapped[datetime | None]
    # Who it was and when, as of the last wrong code: administrators see it.
    name: Mapped[str | None] = mapped_column(String(160))
    username: Mapped[str | None] = mapped_column(String(64))
    last_at: Mapped[datetime | None]


class RequestState(enum.Enum):
    """How far an access request has got."""

    PENDING = "pending"
    APPROVED = "approved"
    REJECTED = "rejected"
    # Nobody decided: the person came in by an access code meanwhile.
    CLOSED = "closed"


class AccessRequest(Base):
    """A stranger who asks the administrators to be let in."""

    __tablename__ = "access_requests"

    id: Mapped[Key]
    telegram_id: Mapped[int] = mapped_column(BigInt)
    name: Mapped[str] = mapped_column(String(160))
    username: Mapped[str | None] = mapped_column(String(64))
    phone: Mapped[str] = mapped_column(String(32))
    language: Mapped[str | None] = mapped_column(String(2))
    state: Mapped[RequestState] = mapped_column(choice(RequestState), default=RequestState.PENDING)
    created_at: Mapped[datetime]
    decided_at: Mapped[datetime | None]
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))

    __table_args__ = (
        Index(
            "uq_access_requests_one_pending",
            "telegram_id",
            unique=True,
            sqlite_where=text("state = 'pending'"),
        ),
    )
