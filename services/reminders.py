"""What falls due by the clock: found in rows, told once, so that a restart repeats and skips nothing."""

from __future__ import annotations

from datetime import time, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import Order, OrderStatus, now_of
from services import company, notifications

DRAFT_AGE = timedelta(days=14)
# Nobody is woken by a reminder.
FIRST_HOUR, LAST_HOUR = time(9), time(20)
AT_ONCE = 50


def remind_of_drafts(session: Session) -> int:
    """Name every draft untouched for two weeks to its rep, once; return how many. Nothing is deleted.

    A draft that is touched again counts anew.
    """
    if not FIRST_HOUR <= company.local_now(session).time() < LAST_HOUR:
        return 0
    now = now_of(session)
    query = (
        select(Order)
        .where(
            Order.status == OrderStatus.DRAFT,
            Order.updated_at < now - DRAFT_AGE,
            Order.reminded_at.is_(None),
        )
        .order_by(Order.id)
        .limit(AT_ONCE)
    )
    forgotten = session.execute(query).scalars().all()
    for draft in forgotten:
        draft.reminded_at = now
        notifications.tell_rep(session, draft, "draft_forgotten")
    return len(forgotten)
