"""Two digests a day: what is to be loaded, for the storekeepers; how the day went, for administrators.

That a digest is due is read from the day it last went out for, so a restart repeats and skips none. What it
says is worked out when it is worded, in the reader's language.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from models import (
    DeliveryWindow,
    Order,
    OrderEvent,
    OrderEventKind,
    OrderLine,
    OutboxKind,
    OutboxMessage,
    Product,
    Role,
)
from services import company, notifications, orders, schedule, storeroom

MOST_NAMED = 10


@dataclass(frozen=True, slots=True)
class WindowLoad:
    """The orders of one window that wait to be loaded: how many, and their weight as far as it is known."""

    starts_at: time
    ends_at: time
    orders: int
    weight_grams: int
    is_weight_known: bool


@dataclass(frozen=True, slots=True)
class Morning:
    """What a day brings: loads by window, orders left over from days before, goods that run low."""

    day: date
    windows: tuple[WindowLoad, ...]
    left_over: int
    low: tuple[Product, ...]


@dataclass(frozen=True, slots=True)
class Evening:
    """What happened from ``since`` until just before ``until``: orders and minor units of the currency."""

    since: datetime
    until: datetime
    placed: int
    placed_amount: int
    loaded: int
    short_lines: int
    waiting: int
    letters_failed: int


def send_due(session: Session) -> int:
    """Queue every digest whose hour has come, once a working day; return how many kinds."""
    working = schedule.calendar(session)
    now, today = working.now, working.now.date()
    if not working.is_open(today):
        return 0
    store = company.warehouse(session)
    sent = 0
    if _is_due(store.morning_digest_at, store.morning_digest_on, now):
        store.morning_digest_on = today
        notifications.tell_all(session, Role.STOREKEEPER, "morning_digest", day=today.isoformat())
        sent += 1
    if _is_due(store.evening_digest_at, store.evening_digest_on, now):
        at = store.evening_digest_at or time()
        since, until = _moment(now, store.evening_digest_on, at), _moment(now, today, at)
        store.evening_digest_on = today
        notifications.tell_all(
            session, Role.ADMIN, "evening_digest", since=since.isoformat(), until=until.isoformat()
        )
        sent += 1
    return sent


def morning(session: Session, day: date) -> Morning:
    """Return what a day brings."""
    weight = func.sum(OrderLine.quantity * func.coalesce(Product.weight_grams, 0) / 1000)
    unknown = func.count().filter(Product.weight_grams.is_(None))
    rows = session.execute(
        select(
            DeliveryWindow.starts_at,
            DeliveryWindow.ends_at,
            func.count(Order.id.distinct()),
            weight,
            unknown,
        )
        .join(Order, Order.window_id == DeliveryWindow.id)
        .join(OrderLine, OrderLine.order_id == Order.id)
        .join(Product, Product.id == OrderLine.product_id)
        .where(DeliveryWindow.delivery_on == day, Order.status.in_(orders.QUEUE))
        .group_by(DeliveryWindow.id, DeliveryWindow.starts_at, DeliveryWindow.ends_at)
        .order_by(DeliveryWindow.starts_at)
    )
    left_over = session.execute(
        select(func.count())
        .select_from(Order)
        .join(DeliveryWindow, DeliveryWindow.id == Order.window_id)
        .where(Order.status.in_(orders.QUEUE), DeliveryWindow.delivery_on < day)
    ).scalar_one()
    loads = tuple(
        WindowLoad(starts, ends, count, int(grams or 0), is_weight_known=not missing)
        for starts, ends, count, grams, missing in rows
    )
    return Morning(day, loads, left_over, tuple(_running_low(session)))


def evening(session: Session, since: datetime, until: datetime) -> Evening:
    """Return what happened between two moments: since the digest before, so that nothing is in none."""
    placed, amount = session.execute(
        select(func.count(), func.coalesce(func.sum(Order.total_amount), 0)).where(
            Order.placed_at >= since, Order.placed_at < until
        )
    ).one()
    loaded = select(OrderEvent.order_id).where(
        OrderEvent.kind == OrderEventKind.LOADED, OrderEvent.at >= since, OrderEvent.at < until
    )
    short = select(func.count()).where(
        OrderLine.order_id.in_(loaded), OrderLine.loaded_quantity < OrderLine.quantity
    )
    # A letter that is given up keeps the moment of that as the last one it was due at.
    failed = select(func.count()).where(
        OutboxMessage.kind == OutboxKind.EMAIL,
        text("outbox_messages.state = 'failed'"),
        OutboxMessage.due_at >= since,
        OutboxMessage.due_at < until,
    )
    return Evening(
        since,
        until,
        placed,
        int(amount or 0),
        session.execute(select(func.count()).select_from(loaded.subquery())).scalar_one(),
        session.execute(short).scalar_one(),
        orders.count_to_load(session),
        session.execute(failed).scalar_one(),
    )


def _running_low(session: Session) -> list[Product]:
    query = (
        select(Product)
        .where(storeroom.IS_LOW, Product.is_active)
        .order_by(Product.name)
        .limit(MOST_NAMED + 1)
    )
    return list(session.execute(query).scalars())


def _moment(now: datetime, day: date | None, at: time) -> datetime:
    """Return when the digest of a day was due; the beginning of today when there was none yet.

    Not when it was sent: what one digest ends with the next begins with, however late either of them is. An
    hour that comes twice counts as the first of them; one that is left out, as so much before the change.
    """
    if day is None:
        day, at = now.date(), time()
    local = datetime.combine(day, at, tzinfo=now.tzinfo)
    return min(local, local.replace(fold=1), key=datetime.timestamp)


def _is_due(at: time | None, last: date | None, now: datetime) -> bool:
    return at is not None and now.time() >= at and (last is None or last < now.date())
