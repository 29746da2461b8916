"""Compares what the database and the chats hold with what was pressed; letters have a module of their own."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable
from typing import TYPE_CHECKING

from demo import sample
from tests.faults import audit_letters
from tests.faults.admins import PRICED_SKU, Admin
from tests.faults.audit_letters import difference
from tests.faults.far_ends import FarEnds, Tables
from tests.faults.players import Expected

if TYPE_CHECKING:
    from tests.faults.days import Company

# A redraw overtaken by a later one, and what was said only while it was so.
MAY_BE_DROPPED = {
    "editMessageText",
    "editMessageReplyMarkup",
    "editMessageMedia",
    "notice.order_card",
    "notice.order_waits",
    "notice.order_waits_long",
}
SHOWN = {"loaded": "Загружен", "delivered": "Доставлен", "cancelled": "Отменён", "rejected": "Отклонён"}
STAFF = 7


def day(far: FarEnds, first_update: int) -> list[str]:
    """Return what is wrong with a day's traffic, in words: the bot itself forgets it after a week."""
    return [
        *_inbox(far.tables, range(first_update, far.api.last_update_id + 1)),
        *_outbox(far.tables),
    ]


def everything(at: Company) -> list[str]:
    """Return what is wrong, in words; an empty list when every effect is there exactly once."""
    tables, orders = at.far.tables, at.orders
    return [
        *_orders(tables, orders),
        *_ledger(tables),
        *_reservations(tables),
        *_documents(tables),
        *audit_letters.everything(at),
        *_notices(at.far, orders),
        *_cards(at.far, orders),
        *_administration(tables, at.admin, at.movements_before),
    ]


def is_at_rest(tables: Tables) -> bool:
    """Whether nothing waits, neither to be handled nor to go out."""
    waiting = tables.one("SELECT count(*) FROM inbox_updates WHERE state = 'waiting'")
    going = tables.one("SELECT count(*) FROM outbox_messages WHERE state IN ('waiting', 'sending')")
    return (waiting, going) == (0, 0)


def _inbox(tables: Tables, sent: Iterable[int]) -> list[str]:
    rows = tables.all("SELECT update_id, state, error_id, attempts, payload FROM inbox_updates")
    faults = [f"update {row} is not done" for row in rows if row[1] != "done"]
    known = {row[0] for row in rows}
    return faults + [f"update {update_id} never arrived" for update_id in sent if update_id not in known]


def _outbox(tables: Tables) -> list[str]:
    rows = tables.all("SELECT id, lane, name, state, last_error FROM outbox_messages WHERE kind <> 'email'")
    told = "".join(tables.column("SELECT payload FROM outbox_messages WHERE name = 'notice.handler_failed'"))

    def is_over(name: str, state: str, error: str | None) -> bool:
        # A backup is made the next night, too: by rule it is not begun at a sixth start, and that is told.
        is_given_up = name == "nightly" and state == "failed" and str(error).removeprefix("error ") in told
        return state == "sent" or (state == "superseded" and name in MAY_BE_DROPPED) or is_given_up

    return [f"outgoing {row} is not over" for row in rows if not is_over(*row[2:])]


def _orders(tables: Tables, orders: list[Expected]) -> list[str]:
    query = (
        "SELECT o.id, o.number, o.status, o.note, c.name, u.telegram_id, o.reason FROM orders o"
        " JOIN customers c ON c.id = o.customer_id JOIN users u ON u.id = o.sales_rep_id"
    )
    found = {row[3]: row for row in tables.all(query)}
    faults = []
    for order in orders:
        row = found.pop(order.note, None)
        if row is None:
            faults.append(f"{order} is not in the database")
            continue
        said = (order.number, order.status, order.customer, order.rep_id, order.reason)
        held = (row[1], row[2], row[4], row[5], row[6])
        faults += difference("order", said, held)
        faults += difference(f"order {order.number}: lines", _wanted(order), _lines(tables, row[0]))
        faults += difference(f"order {order.number}: events", order.events, _events(tables, row[0]))
        faults += _order_s_movements(tables, order, row[0])
    faults += [f"nobody placed {row}" for row in found.values()]
    numbers = sorted(order.number for order in orders)
    return faults + difference("order numbers", list(range(1, len(orders) + 1)), numbers)


def _wanted(order: Expected) -> dict[str, tuple[int, int | None]]:
    """Return what was to be ordered and loaded of each SKU."""
    if order.status in ("cancelled", "rejected"):
        return {sku: (amount, None) for sku, amount in order.lines.items()}
    return {sku: (amount, order.short.get(sku, amount)) for sku, amount in order.lines.items()}


def _lines(tables: Tables, order_id: int) -> dict[str, tuple[int, int | None]]:
    rows = tables.all(
        "SELECT p.sku, l.quantity, l.loaded_quantity FROM order_lines l"
        " JOIN products p ON p.id = l.product_id WHERE l.order_id = ?",
        order_id,
    )
    return {sku: (quantity, loaded) for sku, quantity, loaded in rows}


def _events(tables: Tables, order_id: int) -> list[str]:
    return tables.column("SELECT kind FROM order_events WHERE order_id = ? ORDER BY id", order_id)


def _order_s_movements(tables: Tables, order: Expected, order_id: int) -> list[str]:
    """Reserved once for each line of each sending, and nothing of it left."""
    made = tables.all(
        "SELECT count(*) FILTER (WHERE kind = 'reservation'), sum(reserved_change) FROM stock_movements"
        " WHERE order_id = ?",
        order_id,
    )
    due = (len(order.lines) * order.events.count("placed"), 0)
    return difference(f"order {order.number}: reservations made and left", [due], made)


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
        "SELECT l.order_id, l.product_id, 1, l.loaded_quantity FROM order_lines l JOIN orders o"
        " ON o.id = l.order_id WHERE o.status IN ('loaded', 'delivered') AND l.loaded_quantity > 0"
    )
    return faults + difference("goods issued", sorted(asked), sorted(issued))


def _reservations(tables: Tables) -> list[str]:
    held = tables.all("SELECT order_line_id, product_id, quantity FROM reservations ORDER BY order_line_id")
    due = tables.all(
        "SELECT l.id, l.product_id, l.quantity FROM order_lines l JOIN orders o ON o.id = l.order_id"
        " WHERE o.status IN ('placed', 'loading') ORDER BY l.id"
    )
    sums = tables.all("SELECT product_id, sum(quantity) FROM reservations GROUP BY product_id ORDER BY 1")
    levels = tables.all("SELECT id, reserved FROM products WHERE reserved > 0 ORDER BY id")
    return difference("reservations", due, held) + difference("reserved levels", sums, levels)


def _documents(tables: Tables) -> list[str]:
    """Each load has one invoice and one waybill; each kind is numbered from 1 in each year, without a gap."""
    loaded = tables.column("SELECT id FROM orders WHERE status IN ('loaded', 'delivered') ORDER BY id")
    faults = []
    for kind in ("invoice", "waybill"):
        series: dict[int, list[int]] = defaultdict(list)
        papers = tables.all("SELECT year, number, order_id FROM documents WHERE kind = ? ORDER BY id", kind)
        for year, number, _ in papers:
            series[year].append(number)
        for year, numbers in series.items():
            faults += difference(f"{kind} numbers of {year}", list(range(1, len(numbers) + 1)), numbers)
        faults += difference(f"orders with their {kind}", loaded, sorted(paper[2] for paper in papers))
    return faults


def _notices(far: FarEnds, orders: list[Expected]) -> list[str]:
    """Everybody heard everything at least as often as it happened."""
    due = sum((order.notices for order in orders), Counter[tuple[int, str]]())
    due.update(audit_letters.notices(far.tables, orders))
    heard: dict[int, Counter[str]] = defaultdict(Counter)
    for chat_id in {chat_id for chat_id, _ in due}:
        for message in far.api.person(chat_id).history:
            if message.from_bot:
                heard[chat_id][message.text[2:].lstrip("\ufe0f ")] += 1
    faults = []
    for (chat_id, words), times in due.items():
        found = sum(count for text, count in heard[chat_id].items() if text.startswith(words))
        if found < times:
            faults.append(f"{chat_id} heard {found} times, not {times}: {words!r}")
    return faults


def _cards(far: FarEnds, orders: list[Expected]) -> list[str]:
    """Each storekeeper has a card of each order, and it shows how the order stands.

    What was called off while somebody was blocked need not be told when they are back.
    """
    query = (
        "SELECT u.telegram_id, c.message_id FROM order_cards c JOIN users u ON u.id = c.user_id"
        " JOIN orders o ON o.id = c.order_id WHERE o.number = ? AND c.message_id IS NOT NULL"
    )
    faults = []
    for order in orders:
        cards = {
            chat_id: message_id for chat_id, message_id in far.tables.all(query, order.number) if message_id
        }
        missed = {sample.BORIS.telegram_id, sample.PYOTR.telegram_id} - cards.keys()
        if missed - _blocked_when_called_off(far.tables, order):
            faults.append(f"order {order.number} ({order.status}) has no card for {missed}")
        for chat_id, message_id in cards.items():
            message = far.api.world.find_message(chat_id, message_id)
            said = "" if message is None else message.text
            if f"№{order.number} " not in said or SHOWN[order.status] not in said:
                faults.append(f"card of order {order.number} ({order.status}) for {chat_id}: {said!r}")
    return faults


def _blocked_when_called_off(tables: Tables, order: Expected) -> set[int]:
    """Telegram's ids of those whose last block or unblock before the order was cancelled is a block."""
    query = (
        "SELECT u.telegram_id, a.action, max(a.id) FROM audit_entries a"
        " JOIN users u ON CAST(u.id AS TEXT) = a.subject_id"
        " JOIN orders o ON o.number = ? JOIN order_events e ON e.order_id = o.id AND e.kind = 'cancelled'"
        " WHERE a.subject = 'user' AND a.action IN ('block', 'unblock') AND a.at <= e.at GROUP BY u.id"
    )
    return {person for person, action, _ in tables.all(query, order.number) if action == "block"}


def _administration(tables: Tables, admin: Admin, movements_before: int) -> list[str]:
    """Each receipt, count, price, block and code had its effect once."""
    moved = tables.all(
        "SELECT p.sku, m.kind, m.on_hand_change FROM stock_movements m JOIN products p ON p.id = m.product_id"
        " WHERE m.id > ? AND m.kind IN ('receipt', 'adjustment') ORDER BY m.id",
        movements_before,
    )
    repriced = [
        json.loads(after)["price"]
        for after in tables.column("SELECT after FROM audit_entries WHERE subject = 'product' ORDER BY id")
        if after and list(json.loads(after)) == ["price"]
    ]
    blocked = tables.column(_PEOPLE, "block")
    let_in = tables.column("SELECT telegram_id FROM users WHERE telegram_id >= 7000 ORDER BY id")
    price = tables.one("SELECT price FROM products WHERE sku = ?", PRICED_SKU)
    # Old codes are swept while days pass; nobody came by two.
    twice = "SELECT used_by_id FROM access_codes GROUP BY used_by_id HAVING used_by_id > 0 AND count(*) > 1"
    roles = tables.one("SELECT count(*) FROM user_roles")
    return [
        *difference("receipts and counts", admin.movements, moved),
        *difference("prices", _changes(admin.prices), repriced),
        *difference("the price", [admin.prices[-1:] or [price]], [[price]]),
        *difference("people blocked", admin.blocked, blocked),
        *difference("people let in again", admin.blocked, tables.column(_PEOPLE, "unblock")),
        *difference("still blocked", [], tables.column("SELECT name FROM users WHERE NOT is_active")),
        *difference("people who came by a code", admin.hired, let_in),
        *difference("people who came by two codes", [], tables.column(twice)),
        *difference("roles", STAFF + len(let_in), roles),
    ]


_PEOPLE = (
    "SELECT u.telegram_id FROM audit_entries a JOIN users u ON u.id = CAST(a.subject_id AS INTEGER)"
    " WHERE a.subject = 'user' AND a.action = ? ORDER BY a.id"
)


def _changes(prices: list[int]) -> list[int]:
    """A price typed anew as it is leaves no trace."""
    return [price for place, price in enumerate(prices) if place == 0 or price != prices[place - 1]]
