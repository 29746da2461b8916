"""What follows from orders, lines and papers, made of those rows by the database itself."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, String, cast, func, insert, literal, select, true, update

from benchmarks.big_rows import NOW, fill
from models import (
    Customer,
    Document,
    InboxState,
    InboxUpdate,
    InvoiceLine,
    MovementKind,
    Order,
    OrderCard,
    OrderEvent,
    OrderEventKind,
    OrderLine,
    OrderStatus,
    OutboxKind,
    OutboxMessage,
    OutboxState,
    Product,
    Reservation,
    Role,
    StockMovement,
    User,
    UserRole,
)

AT_WAREHOUSE = (OrderStatus.PLACED, OrderStatus.LOADING)
ENDED = (OrderStatus.CANCELLED, OrderStatus.REJECTED)
# Updates and calls are swept away after a while: what is left of the last days, one for so many orders.
ORDERS_PER_UPDATE = 6


def write(connection: Connection, chance: random.Random) -> None:
    """Write everything that follows."""
    _tell(connection)
    _deal_cards(connection)
    _bill(connection)
    _mail(connection)
    _keep_ledger(connection, chance)
    _talk(connection, chance)


def _tell(connection: Connection) -> None:
    """Leave an event of every step of every order."""
    steps: list[tuple[OrderEventKind, Any, Any, ColumnElement[bool]]] = [
        (OrderEventKind.PLACED, Order.sales_rep_id, Order.placed_at, Order.placed_at.is_not(None)),
        (OrderEventKind.CLAIMED, Order.storekeeper_id, Order.claimed_at, Order.claimed_at.is_not(None)),
        (OrderEventKind.LOADED, Order.storekeeper_id, Order.loaded_at, Order.loaded_at.is_not(None)),
        (OrderEventKind.DELIVERED, Order.sales_rep_id, Order.delivered_at, Order.delivered_at.is_not(None)),
        (
            OrderEventKind.CANCELLED,
            Order.sales_rep_id,
            Order.updated_at,
            Order.status == OrderStatus.CANCELLED,
        ),
        (
            OrderEventKind.REJECTED,
            Order.storekeeper_id,
            Order.updated_at,
            Order.status == OrderStatus.REJECTED,
        ),
    ]
    for kind, user, at, is_done in steps:
        said = literal(kind, OrderEvent.kind.type)
        rows = select(Order.id, said, user, Order.reason, at).where(is_done).order_by(Order.id)
        connection.execute(
            insert(OrderEvent).from_select(["order_id", "kind", "user_id", "reason", "at"], rows)
        )


def _deal_cards(connection: Connection) -> None:
    keepers = select(UserRole.user_id).where(UserRole.role == Role.STOREKEEPER).subquery()
    message_id = 10 * Order.id + keepers.c.user_id
    rows = select(Order.id, keepers.c.user_id, message_id, literal(4)).join(keepers, true())
    rows = rows.where(Order.placed_at.is_not(None))
    columns = ["order_id", "user_id", "message_id", "revision"]
    connection.execute(insert(OrderCard).from_select(columns, rows.order_by(Order.id)))


def _bill(connection: Connection) -> None:
    """Write the lines of the invoices: the goods, then the delivery."""
    sums = ("quantity", "price", "vat_rate", "net_amount", "vat_amount", "total_amount")
    columns = ["invoice_id", "position", "product_id", "sold_at", *sums]
    place = func.row_number().over(partition_by=OrderLine.order_id, order_by=OrderLine.id)
    figures = (getattr(OrderLine, name) for name in sums)
    goods = select(Document.id, place, OrderLine.product_id, Order.loaded_at, *figures)
    goods = goods.join(Order, Order.id == Document.order_id).join(OrderLine, OrderLine.order_id == Order.id)
    connection.execute(insert(InvoiceLine).from_select(columns, goods))
    last = select(func.count() + 1).where(OrderLine.order_id == Order.id).correlate(Order).scalar_subquery()
    tax, amount = Order.delivery_vat_amount, Order.delivery_amount
    fee = (literal(1_000), amount, Order.delivery_vat_rate, amount - tax, tax, amount)
    delivery = select(Document.id, last, literal(None), Order.loaded_at, *fee)
    delivery = delivery.join(Order, Order.id == Document.order_id)
    connection.execute(insert(InvoiceLine).from_select(columns, delivery))


def _mail(connection: Connection) -> None:
    """Write the letters, all of them sent."""
    message_id = literal("<invoice-") + cast(Document.order_id, String) + "@severveter.example>"
    payload = func.json_object(
        *("invoice_id", Document.id, "sending", 1, "to", Customer.emails, "message_id", message_id)
    )
    at = Order.loaded_at
    facts: dict[str, Any] = {
        "kind": literal(OutboxKind.EMAIL, OutboxMessage.kind.type),
        "lane": literal("mail"),
        "priority": literal(1),
        "name": literal("invoice"),
        "payload": payload,
        "state": literal(OutboxState.SENT, OutboxMessage.state.type),
        "attempts": literal(1),
        "due_at": at,
        "created_at": at,
        "first_tried_at": at,
        "sent_at": at,
        "order_id": Order.id,
    }
    rows = (
        select(*facts.values())
        .select_from(Document)
        .join(Order, Order.id == Document.order_id)
        .join(Customer, Customer.id == Order.customer_id)
        .where(Customer.emails.is_not(None))
        .order_by(Order.id)
    )
    connection.execute(insert(OutboxMessage).from_select(list(facts), rows))


def _keep_ledger(connection: Connection, chance: random.Random) -> None:
    """Write what was promised, given back and taken; then receipts for it all; and the levels they sum to."""
    quantity, none = OrderLine.quantity, literal(0)
    moves: list[tuple[MovementKind, Any, Any, Any, ColumnElement[bool]]] = [
        (MovementKind.RESERVATION, none, quantity, Order.placed_at, Order.placed_at.is_not(None)),
        (MovementKind.ISSUE, -quantity, -quantity, Order.loaded_at, Order.loaded_at.is_not(None)),
        (MovementKind.RELEASE, none, -quantity, Order.updated_at, Order.status.in_(ENDED)),
    ]
    columns = ["product_id", "kind", "on_hand_change", "reserved_change", "order_id", "user_id", "at"]
    for kind, on_hand, reserved, at, is_done in moves:
        said = literal(kind, StockMovement.kind.type)
        rows = select(OrderLine.product_id, said, on_hand, reserved, Order.id, Order.sales_rep_id, at)
        rows = rows.join(Order, Order.id == OrderLine.order_id).where(is_done).order_by(OrderLine.id)
        connection.execute(insert(StockMovement).from_select(columns, rows))
    held = select(OrderLine.id, OrderLine.product_id, quantity).join(Order, Order.id == OrderLine.order_id)
    held = held.where(Order.status.in_(AT_WAREHOUSE))
    connection.execute(insert(Reservation).from_select(["order_line_id", "product_id", "quantity"], held))
    fill(connection, StockMovement, _receipts(connection, chance))
    _set_levels(connection)


def _receipts(connection: Connection, chance: random.Random) -> Iterator[dict[str, Any]]:
    """Yield goods that came in: all that left, all that is promised, and what lies there free."""
    needed = func.sum(StockMovement.reserved_change - StockMovement.on_hand_change)
    query = select(StockMovement.product_id, needed).where(StockMovement.kind != MovementKind.RECEIPT)
    query = query.group_by(StockMovement.product_id)
    by_product: dict[int, int] = {row[0]: row[1] for row in connection.execute(query)}
    for product_id in connection.scalars(select(Product.id).order_by(Product.id)).all():
        free = chance.choice((0, 40, 150, 600, 2_000, 2_000, 5_000)) * 1_000
        yield {
            "product_id": product_id,
            "kind": MovementKind.RECEIPT,
            "on_hand_change": by_product.get(product_id, 0) + free,
            "reserved_change": 0,
            "reason": "Приход",
            "at": NOW - timedelta(days=731),
        }


def _set_levels(connection: Connection) -> None:
    """Have every product's levels say what the ledger sums to."""
    own = StockMovement.product_id == Product.id
    sums = {
        "on_hand": select(func.sum(StockMovement.on_hand_change)).where(own).scalar_subquery(),
        "reserved": select(func.sum(StockMovement.reserved_change)).where(own).scalar_subquery(),
    }
    connection.execute(update(Product).values(sums))


def _talk(connection: Connection, chance: random.Random) -> None:
    """Write what is left of the last days' conversations: updates handled, calls made."""
    chats = connection.scalars(select(User.telegram_id).order_by(User.id)).all()
    updates = range((connection.scalar(select(func.max(Order.id))) or 0) // ORDERS_PER_UPDATE)
    moments = [NOW - timedelta(minutes=10, seconds=chance.randint(0, 86_400 * 5)) for _ in updates]
    moments.sort()
    fill(connection, InboxUpdate, (_update(number, at) for number, at in enumerate(moments, 1)))
    fill(connection, OutboxMessage, (_call(chance.choice(chats), at) for at in moments))


def _update(number: int, at: datetime) -> dict[str, Any]:
    payload = '{"callback_query":{"data":"kl:0","from":{"id":5001}}}'
    state = {"state": InboxState.DONE, "attempts": 0}
    return {"update_id": number, "payload": payload, "received_at": at, "done_at": at, **state}


def _call(chat_id: int, at: datetime) -> dict[str, Any]:
    text = "Ваши клиенты. Наберите кусочек названия, ИНН или телефона для поиска."
    return {
        "kind": OutboxKind.TELEGRAM,
        "lane": str(chat_id),
        "priority": 0,
        "name": "editMessageText",
        "payload": {"chat_id": chat_id, "text": text},
        "state": OutboxState.SENT,
        "attempts": 1,
        "due_at": at,
        "created_at": at,
        "first_tried_at": at,
        "sent_at": at,
    }
