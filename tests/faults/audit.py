"""Compares what the database, the chats and the mailbox hold with what was pressed."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable
from typing import Any

from tests.faults.far_ends import FarEnds, Tables
from tests.faults.players import Expected


def everything(far: FarEnds, orders: list[Expected], first_update: int) -> list[str]:
    """Return what is wrong, in words; an empty list when every effect is there exactly once."""
    tables = far.tables
    return [
        *_inbox(tables, range(first_update, far.api.last_update_id + 1)),
        *_outbox(tables),
        *_orders(tables, orders),
        *_ledger(tables),
        *_reservations(tables),
        *_documents(tables),
        *_letters(far),
        *_notices(far, orders),
        *_cards(far, orders),
    ]


def is_at_rest(tables: Tables) -> bool:
    """Whether nothing waits, neither to be handled nor to go out."""
    waiting = tables.one("SELECT count(*) FROM inbox_updates WHERE state = 'waiting'")
    going = tables.one("SELECT count(*) FROM outbox_messages WHERE state IN ('waiting', 'sending')")
    return (waiting, going) == (0, 0)


def _inbox(tables: Tables, sent: Iterable[int]) -> list[str]:
    rows = tables.all("SELECT update_id, state FROM inbox_updates")
    faults = [f"update {update_id} is {state}" for update_id, state in rows if state != "done"]
    known = {update_id for update_id, _ in rows}
    return faults + [f"update {update_id} never arrived" for update_id in sent if update_id not in known]


def _outbox(tables: Tables) -> list[str]:
    rows = tables.all("SELECT id, lane, name, state, last_error FROM outbox_messages")
    return [f"outgoing {row} is not over" for row in rows if row[3] not in ("sent", "superseded")]


def _orders(tables: Tables, orders: list[Expected]) -> list[str]:
    query = (
        "SELECT o.id, o.number, o.status, o.note, c.name, u.telegram_id FROM orders o"
        " JOIN customers c ON c.id = o.customer_id JOIN users u ON u.id = o.sales_rep_id"
    )
    found = {row[3]: row for row in tables.all(query)}
    faults = []
    for order in orders:
        row = found.pop(order.note, None)
        if row is None:
            faults.append(f"{order} is not in the database")
            continue
        said = (order.number, "loaded", order.customer, order.rep_id)
        held = (row[1], row[2], row[4], row[5])
        if said != held:
            faults.append(f"order {said} is {held}")
        wanted = {sku: (amount, order.short.get(sku, amount)) for sku, amount in order.lines.items()}
        faults += _difference(f"order {order.number}: lines", wanted, _lines(tables, row[0]))
        faults += _difference(f"order {order.number}: events", order.events, _events(tables, row[0]))
    faults += [f"nobody placed {row}" for row in found.values()]
    numbers = sorted(order.number for order in orders)
    return faults + _difference("order numbers", list(range(1, len(orders) + 1)), numbers)


def _lines(tables: Tables, order_id: int) -> dict[str, tuple[int, int]]:
    """Return what was ordered and what was loaded of each SKU."""
    rows = tables.all(
        "SELECT p.sku, l.quantity, l.loaded_quantity FROM order_lines l"
        " JOIN products p ON p.id = l.product_id WHERE l.order_id = ?",
        order_id,
    )
    return {sku: (quantity, loaded) for sku, quantity, loaded in rows}


def _events(tables: Tables, order_id: int) -> list[str]:
    return tables.column("SELECT kind FROM order_events WHERE order_id = ? ORDER BY id", order_id)


def _ledger(tables: Tables) -> list[str]:
    rows = tables.all(
        "SELECT p.sku, p.on_hand, p.reserved, coalesce(sum(m.on_hand_change), 0),"
        " coalesce(sum(m.reserved_change), 0) FROM products p"
        " LEFT JOIN stock_movements m ON m.product_id = p.id GROUP BY p.id"
    )
    faults = [f"stock and ledger differ: {row}" for row in rows if row[1:3] != row[3:5]]
    issued = tables.all(
        "SELECT order_id, product_id, count(*), -sum(on_hand_change) FROM stock_movements"
        " WHERE kind = 'issue' GROUP BY order_id, product_id"
    )
    asked = tables.all(
        "SELECT l.order_id, l.product_id, 1, l.loaded_quantity FROM order_lines l"
        " JOIN orders o ON o.id = l.order_id WHERE o.status = 'loaded' AND l.loaded_quantity > 0"
    )
    return faults + _difference("goods issued", sorted(asked), sorted(issued))


def _reservations(tables: Tables) -> list[str]:
    held = tables.all("SELECT order_line_id, product_id, quantity FROM reservations ORDER BY order_line_id")
    due = tables.all(
        "SELECT l.id, l.product_id, l.quantity FROM order_lines l JOIN orders o ON o.id = l.order_id"
        " WHERE o.status IN ('placed', 'loading') ORDER BY l.id"
    )
    sums = tables.all("SELECT product_id, sum(quantity) FROM reservations GROUP BY product_id ORDER BY 1")
    levels = tables.all("SELECT id, reserved FROM products WHERE reserved > 0 ORDER BY id")
    return _difference("reservations", due, held) + _difference("reserved levels", sums, levels)


def _documents(tables: Tables) -> list[str]:
    loaded = tables.column("SELECT id FROM orders WHERE status = 'loaded' ORDER BY id")
    faults = []
    for kind in ("invoice", "waybill"):
        numbers = tables.column(f"SELECT number FROM documents WHERE kind = '{kind}' ORDER BY number")
        faults += _difference(f"{kind} numbers", list(range(1, len(numbers) + 1)), numbers)
        of_orders = tables.column(f"SELECT order_id FROM documents WHERE kind = '{kind}' ORDER BY order_id")
        faults += _difference(f"orders with their {kind}", loaded, of_orders)
    return faults


def _letters(far: FarEnds) -> list[str]:
    """Every letter came, a repeated one under its own Message-ID and with the same two PDFs."""
    arrived: dict[tuple[str, str], set[str]] = defaultdict(set)
    papers: dict[str, set[frozenset[str]]] = defaultdict(set)
    for letter in far.mailbox.letters:
        message_id = letter.headers["Message-ID"]
        arrived[letter.subject, letter.recipients[0]].add(message_id)
        files = letter.attachments.values()
        papers[letter.subject].add(frozenset(hashlib.sha256(content).hexdigest() for content in files))
    faults = [f"{letter}: {ids}" for letter, ids in arrived.items() if len(ids) != 1]
    query = (
        "SELECT d.number, d.pdf_sha256, w.pdf_sha256, json_extract(m.payload, '$.to'),"
        " json_extract(m.payload, '$.message_id') FROM outbox_messages m"
        " JOIN documents d ON d.order_id = m.order_id AND d.kind = 'invoice'"
        " JOIN documents w ON w.order_id = m.order_id AND w.kind = 'waybill' WHERE m.kind = 'email'"
    )
    written = set()
    for number, *digests, recipient, message_id in far.tables.all(query):
        subject = next((s for s, to in arrived if to == recipient and f"№ {number} от" in s), "")
        written.add((subject, recipient))
        if arrived.get((subject, recipient)) != {message_id} or papers.get(subject) != {frozenset(digests)}:
            faults.append(f"invoice {number} to {recipient}: {arrived.get((subject, recipient))}")
    faults += [f"nobody wrote {letter}" for letter in arrived if letter not in written]
    query = (
        "SELECT o.id, c.emails FROM orders o JOIN customers c ON c.id = o.customer_id"
        " WHERE o.status = 'loaded'"
    )
    due = Counter(
        {
            order_id: len((emails or "").split(",")) if emails else 0
            for order_id, emails in far.tables.all(query)
        }
    )
    queued = Counter(far.tables.column("SELECT order_id FROM outbox_messages WHERE kind = 'email'"))
    return faults + _difference("letters by order", +due, queued)


def _notices(far: FarEnds, orders: list[Expected]) -> list[str]:
    names = {member.telegram_id: member.first_name for member in far.cast}
    faults = []
    for order in orders:
        said = [message.text for message in far.api.person(order.rep_id).history if message.from_bot]
        about = [text for text in said if text[2:].lstrip("\ufe0f ").startswith(f"Заказ №{order.number} ")]
        head = f"Заказ №{order.number} ({order.customer})"
        due = [f"{head} взял в работу {names[keeper]}." for keeper in order.keepers]
        due += [f"{head} загружен: {names[order.keepers[-1]]}."]
        due += [f"{head}: счёт отправлен на {to}." for to in _emails(far.tables, order)]
        faults += [f"{notice!r} was not said" for notice in due if not any(notice in text for text in about)]
    return faults


def _emails(tables: Tables, order: Expected) -> list[str]:
    emails = tables.one("SELECT emails FROM customers WHERE name = ?", order.customer)
    return [email.strip() for email in (emails or "").split(",") if email.strip()]


def _cards(far: FarEnds, orders: list[Expected]) -> list[str]:
    """Each storekeeper has a card of each order, and it shows how the order stands."""
    query = (
        "SELECT u.telegram_id, c.message_id FROM order_cards c JOIN users u ON u.id = c.user_id"
        " JOIN orders o ON o.id = c.order_id WHERE o.number = ?"
    )
    faults = []
    for order in orders:
        cards = far.tables.all(query, order.number)
        if len(cards) != 2:
            faults.append(f"order {order.number} has cards {cards}")
        for chat_id, message_id in cards:
            message = far.api.world.find_message(chat_id, message_id)
            if message is None or f"№{order.number} " not in message.text or "Загружен" not in message.text:
                faults.append(f"card of order {order.number} for {chat_id}: {message and message.text}")
    return faults


def _difference(what: str, expected: Any, found: Any) -> list[str]:
    return [] if expected == found else [f"{what}: expected {expected}, found {found}"]
