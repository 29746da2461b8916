"""What falls due by the clock: found in rows, told once, so that a restart repeats and skips nothing."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from sqlalchemy import ColumnElement, Select, and_, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from models import DeliveryWindow, Order, OrderStatus, Role, now_of
from services import company, notifications, schedule

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
    forgotten = _some(
        session,
        select(Order).where(
            Order.status == OrderStatus.DRAFT,
            Order.updated_at < now - DRAFT_AGE,
            Order.reminded_at.is_(None),
        ),
    )
    for draft in forgotten:
        draft.reminded_at = now
        notifications.tell_rep(session, draft, "draft_forgotten")
    return len(forgotten)


def remind_of_queue(session: Session) -> int:
    """Say what nobody takes: to the storekeepers after so many minutes, to administrators after twice that.

    Minutes count from the warehouse's opening; while it is closed nobody is reminded. Return how many
    orders were named.
    """
    opened_at = schedule.open_since(session)
    if opened_at is None:
        return 0
    patience = timedelta(minutes=company.warehouse(session).claim_minutes)
    told = 0
    for role, column, notice, wait in (
        (Role.STOREKEEPER, Order.claim_reminded_at, "order_waits", patience),
        (Role.ADMIN, Order.claim_escalated_at, "order_waits_long", 2 * patience),
    ):
        for order in _waiting(session, column, opened_at, wait):
            setattr(order, column.key, now_of(session))
            waits_since = max(order.queued_at or opened_at, opened_at)
            minutes = int((now_of(session) - waits_since).total_seconds() // 60)
            notifications.tell_all(session, role, notice, order_id=order.id, minutes=minutes)
            told += 1
    return told


def tell_of_late_loads(session: Session) -> int:
    """Tell storekeeper and administrators, once, of loads whose window has begun; return how many."""
    if schedule.open_since(session) is None:
        return 0
    local = company.local_now(session)
    has_begun: ColumnElement[bool] = or_(
        DeliveryWindow.delivery_on < local.date(),
        and_(DeliveryWindow.delivery_on == local.date(), DeliveryWindow.starts_at <= local.time()),
    )
    late = _some(
        session,
        select(Order)
        .join(Order.window)
        .where(Order.status == OrderStatus.LOADING, Order.late_told_at.is_(None), has_begun),
    )
    for order in late:
        order.late_told_at = now_of(session)
        hearers = {user.id: user for user in notifications.holders(session, Role.ADMIN)}
        if order.storekeeper is not None:
            hearers[order.storekeeper.id] = order.storekeeper
        for user in hearers.values():
            notifications.tell(session, user, "load_late", order_id=order.id)
    return len(late)


def _waiting(
    session: Session, told_at: InstrumentedAttribute[datetime | None], opened_at: datetime, wait: timedelta
) -> list[Order]:
    threshold = now_of(session) - wait
    if opened_at > threshold:
        return []
    return _some(
        session,
        select(Order).where(
            Order.status == OrderStatus.PLACED, Order.queued_at <= threshold, told_at.is_(None)
        ),
    )


def _some(session: Session, query: Select[Order]) -> list[Order]:
    return list(session.execute(query.order_by(Order.id).limit(AT_ONCE)).scalars())
