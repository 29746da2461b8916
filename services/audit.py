"""The trace of what people changed."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from models import AuditEntry, User, now_of

Facts = Mapping[str, Any]


def record(
    session: Session,
    user: User | None,
    action: str,
    subject: str,
    subject_id: object,
    before: Facts | None = None,
    after: Facts | None = None,
) -> None:
    """Note what ``user`` (None: the program itself) did to a subject, with its facts before and after."""
    session.add(
        AuditEntry(
            at=now_of(session),
            user_id=user.id if user else None,
            action=action,
            subject=subject,
            subject_id=None if subject_id is None else str(subject_id),
            before=_plain(before),
            after=_plain(after),
        )
    )


def _plain(facts: Facts | None) -> dict[str, Any] | None:
    if facts is None:
        return None
    return {name: value.value if isinstance(value, enum.Enum) else value for name, value in facts.items()}
