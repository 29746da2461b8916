"""Two years of orders, and what follows from each: windows, papers, letters, events, cards, the stock ledger.

Orders, lines and papers are made here; all that follows from those rows is made of them by the database, so
that it agrees with them: events, cards, letters, reservations, and the ledger, from which come the levels.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from itertools import accumulate
from typing import Any

from sqlalchemy import Connection, select

from benchmarks import big_aftermath
from benchmarks.big_rows import AT_ONCE, NOW, Size, fill, next_id
from benchmarks.papers import BANK, SELLER
from models import (
    Customer,
    DeliveryWindow,
    Document,
    DocumentKind,
    Order,
    OrderLine,
    OrderStatus,
    Product,
    Role,
    UserRole,
    VatKind,
)
from services import snapshot, vat
from services.snapshot import Party, Snapshot, SnapshotLine

DAYS = 730
SATURDAY, SUNDAY = 5, 6
WINDOWS = {SATURDAY: (9, 11, 13)}
WEEKDAY_WINDOWS = (8, 10, 14, 16, 18)
CAPACITY = 150
# Five lines on average; a customer chooses them out of what it usually takes.
LINE_COUNTS = (1, 3, 4, 5, 12)
USUAL = 30
LONG_DRAFT = 200
RATE_PER_KM = 1_000
ENDS = (OrderStatus.DELIVERED, OrderStatus.LOADED, OrderStatus.CANCELLED, OrderStatus.REJECTED)
ENDS_OF_100 = tuple(accumulate((93, 1, 4, 2)))
DRAFT_EVERY = 500


def write(connection: Connection, chance: random.Random, size: Size) -> None:
    """Write everything that has happened."""
    history = History(connection, chance, size)
    fill(connection, DeliveryWindow, history.windows)
    waiting: list[dict[str, Any]] = []
    for order in history.orders():
        waiting.append(order)
        if len(waiting) == AT_ONCE:
            _flush(connection, history, waiting)
    _flush(connection, history, waiting)
    big_aftermath.write(connection, chance)


def _flush(connection: Connection, history: History, waiting: list[dict[str, Any]]) -> None:
    fill(connection, Order, waiting)
    fill(connection, OrderLine, history.lines)
    fill(connection, Document, history.papers)
    for done in (waiting, history.lines, history.papers):
        done.clear()


class History:
    """Makes orders, lines and papers one by one, in the order of time."""

    def __init__(self, connection: Connection, chance: random.Random, size: Size) -> None:
        self._chance = chance
        self._size = size
        self._keepers = _holders(connection, Role.STOREKEEPER)
        self._customers = _by_rep(connection)
        self._reps = sorted(self._customers)
        columns = (Product.id, Product.name, Product.sku, Product.price, Product.vat_kind)
        self._products = list(connection.execute(select(*columns).where(Product.is_active)))
        self._by_id = {product.id: product for product in self._products}
        self._usual: dict[int, list[Any]] = {}
        self._with_draft: set[int] = set()
        self._line_id = next_id(connection, OrderLine)
        self._numbers = dict.fromkeys(range(NOW.year - 2, NOW.year + 1), 0)
        self.windows = list(_windows(next_id(connection, DeliveryWindow)))
        self._window_ids: dict[date, list[int]] = {}
        for window in self.windows:
            self._window_ids.setdefault(window["delivery_on"], []).append(window["id"])
        self._days = sorted(self._window_ids)
        self._place = {day: place for place, day in enumerate(self._days)}
        self.lines: list[dict[str, Any]] = []
        self.papers: list[dict[str, Any]] = []

    def orders(self) -> Iterator[dict[str, Any]]:
        """Yield every order; its lines and its paper are in :attr:`lines` and :attr:`papers` by then."""
        past = self._size.orders - self._size.queue
        days = [day for day in self._days if day < NOW.date()]
        counts: list[int] = []
        for number in range(self._size.orders):
            if not counts:
                counts = self._chance.sample(LINE_COUNTS, len(LINE_COUNTS))
            is_waiting = number >= past
            day = NOW.date() if is_waiting else days[number * len(days) // past]
            is_draft = not is_waiting and number % DRAFT_EVERY == 0
            yield self._order(number + 1, day, counts.pop(), is_waiting=is_waiting, is_draft=is_draft)
        yield self._long_draft(self._size.orders + 1)

    def _order(
        self, order_id: int, day: date, count: int, *, is_waiting: bool, is_draft: bool
    ) -> dict[str, Any]:
        chance = self._chance
        rep = self._reps[order_id % len(self._reps)]
        own = self._customers[rep]
        # Some customers order every other day, some once in a while.
        customer = own[int(len(own) * chance.random() ** 2)]
        status = self._status(is_waiting=is_waiting)
        if is_draft and customer.id not in self._with_draft:
            self._with_draft.add(customer.id)
            status, day = OrderStatus.DRAFT, NOW.date() - timedelta(days=chance.randint(0, 30))
        order = self._bare(order_id, rep, customer, status, day)
        usual = self._usual.setdefault(customer.id, chance.sample(self._products, USUAL))
        lines = [self._line(order, product) for product in chance.sample(usual, count)]
        self._finish(order, lines, customer)
        return order

    def _status(self, *, is_waiting: bool) -> OrderStatus:
        if is_waiting:
            return OrderStatus.LOADING if self._chance.random() < 0.1 else OrderStatus.PLACED
        lot = self._chance.randrange(ENDS_OF_100[-1])
        return next(end for end, below in zip(ENDS, ENDS_OF_100, strict=True) if lot < below)

    def _bare(self, order_id: int, rep: int, customer: Any, status: OrderStatus, day: date) -> dict[str, Any]:
        chance = self._chance
        created = datetime.combine(day, time(6), UTC) + timedelta(minutes=chance.randint(0, 170))
        is_draft = status is OrderStatus.DRAFT
        has_been_claimed = status not in (OrderStatus.DRAFT, OrderStatus.PLACED, OrderStatus.CANCELLED)
        is_loaded = status in (OrderStatus.LOADED, OrderStatus.DELIVERED)
        following = self._place.get(day, -1) + 1
        ahead = chance.randrange(3) if status in (OrderStatus.PLACED, OrderStatus.LOADING) else 0
        delivery_on = None if is_draft else self._days[following + ahead]
        return {
            "id": order_id,
            "number": None if is_draft else order_id,
            "status": status,
            "sales_rep_id": rep,
            "customer_id": customer.id,
            "storekeeper_id": chance.choice(self._keepers) if has_been_claimed else None,
            "is_pickup": False,
            "address": customer.address,
            "latitude": 55.75,
            "longitude": 37.6,
            "distance_metres": chance.randint(3_000, 60_000),
            "distance_is_road": False,
            "window_id": chance.choice(self._window_ids[delivery_on]) if delivery_on else None,
            "currency": "RUB",
            "vat_included": True,
            "reason": "Клиент передумал" if status in ENDS[2:] else None,
            "created_at": created,
            "updated_at": created + timedelta(hours=5),
            "placed_at": None if is_draft else created + timedelta(minutes=9),
            "claimed_at": created + timedelta(hours=1) if has_been_claimed else None,
            "loaded_at": created + timedelta(hours=2) if is_loaded else None,
            "delivered_at": created + timedelta(hours=5) if status is OrderStatus.DELIVERED else None,
        }

    def _line(self, order: dict[str, Any], product: Any) -> dict[str, Any]:
        chance = self._chance
        unit, factor = ("кор", 12_000) if chance.random() < 0.5 else ("шт", 1_000)
        quantity = chance.choice((1, 1, 2, 2, 3, 5)) * factor
        is_loaded = order["loaded_at"] is not None
        rate = _rate(product.vat_kind, order["created_at"])
        amounts = vat.line_amounts(quantity, product.price, rate, included=True)
        is_draft = order["status"] is OrderStatus.DRAFT
        self._line_id += 1
        return {
            "id": self._line_id,
            "order_id": order["id"],
            "product_id": product.id,
            "quantity": quantity,
            "unit": unit,
            "factor": factor,
            "price": product.price,
            "vat_rate": None if is_draft else rate,
            "net_amount": None if is_draft else amounts.net,
            "vat_amount": None if is_draft else amounts.vat,
            "total_amount": None if is_draft else amounts.total,
            "loaded_quantity": quantity if is_loaded else None,
        }

    def _finish(self, order: dict[str, Any], lines: list[dict[str, Any]], customer: Any) -> None:
        self.lines += lines
        amounts = ("rate_per_km", "goods_amount", "delivery_amount", "delivery_vat_rate")
        order.update(dict.fromkeys((*amounts, "delivery_vat_amount", "total_amount")))
        if order["status"] is OrderStatus.DRAFT:
            return
        goods = sum(line["total_amount"] for line in lines)
        rate = _rate(VatKind.STANDARD, order["created_at"])
        fee = vat.line_amounts(order["distance_metres"], RATE_PER_KM, rate, included=True)
        order.update(rate_per_km=RATE_PER_KM, goods_amount=goods, delivery_amount=fee.total)
        order.update(delivery_vat_rate=rate, delivery_vat_amount=fee.vat, total_amount=goods + fee.total)
        if order["loaded_at"] is not None:
            self.papers.append(self._paper(order, lines, customer))

    def _paper(self, order: dict[str, Any], lines: list[dict[str, Any]], customer: Any) -> dict[str, Any]:
        loaded_at = order["loaded_at"]
        self._numbers[loaded_at.year] += 1
        number = self._numbers[loaded_at.year]
        label = snapshot.document_label(number)
        paper = Snapshot(
            kind="invoice",
            number=number,
            label=label,
            issued_on=loaded_at.date(),
            seller=SELLER,
            bank=BANK,
            buyer=Party(customer.name, customer.inn or "", customer.kpp or "", customer.address or ""),
            order_number=str(order["number"]),
            order_date=order["placed_at"].date(),
            lines=tuple(self._printed(order, lines)),
            delivery_address=order["address"] or "",
        )
        return {
            "kind": DocumentKind.INVOICE,
            "year": loaded_at.year,
            "number": number,
            "order_id": order["id"],
            "issued_on": loaded_at.date(),
            "label": label,
            "total_amount": order["total_amount"],
            "snapshot": snapshot.to_json(paper),
            "created_at": loaded_at,
        }

    def _printed(self, order: dict[str, Any], lines: list[dict[str, Any]]) -> Iterator[SnapshotLine]:
        for place, line in enumerate(lines, 1):
            product = self._by_id[line["product_id"]]
            sums = (line["price"], line["vat_rate"], line["net_amount"], line["vat_amount"])
            yield SnapshotLine(
                place, product.sku, product.name, "шт", "796", line["quantity"], *sums, line["total_amount"]
            )
        fee, tax = order["delivery_amount"], order["delivery_vat_amount"]
        rate = order["delivery_vat_rate"]
        yield SnapshotLine(
            len(lines) + 1, "", "Доставка", "усл. ед", "876", 1_000, fee, rate, fee - tax, tax, fee, True
        )

    def _long_draft(self, order_id: int) -> dict[str, Any]:
        """Return a draft as long as one may be, of the first rep's last customer."""
        rep = self._reps[0]
        customer = next(one for one in reversed(self._customers[rep]) if one.id not in self._with_draft)
        order = self._bare(order_id, rep, customer, OrderStatus.DRAFT, NOW.date())
        self._finish(order, [self._line(order, one) for one in self._products[:LONG_DRAFT]], customer)
        return order


def _holders(connection: Connection, role: Role) -> list[int]:
    query = select(UserRole.user_id).where(UserRole.role == role).order_by(UserRole.user_id)
    return list(connection.scalars(query))


def _by_rep(connection: Connection) -> dict[int, list[Any]]:
    """Return rep → own customers that are not archived."""
    columns = (
        Customer.id,
        Customer.sales_rep_id,
        Customer.name,
        Customer.inn,
        Customer.kpp,
        Customer.address,
    )
    query = select(*columns).where(Customer.archived_at.is_(None), Customer.sales_rep_id.is_not(None))
    found: dict[int, list[Any]] = {}
    for row in connection.execute(query.order_by(Customer.id)):
        found.setdefault(row.sales_rep_id, []).append(row)
    return found


def _windows(first: int) -> Iterator[dict[str, Any]]:
    """Yield the windows of every working day, up to a week from now."""
    number = first
    for ago in range(DAYS, -8, -1):
        day = NOW.date() - timedelta(days=ago)
        hours = () if day.weekday() == SUNDAY else WINDOWS.get(day.weekday(), WEEKDAY_WINDOWS)
        for hour in hours:
            yield {
                "id": number,
                "delivery_on": day,
                "starts_at": time(hour),
                "ends_at": time(hour + 2),
                "capacity": CAPACITY,
            }
            number += 1


def _rate(kind: VatKind, at: datetime) -> int:
    if kind is VatKind.REDUCED:
        return 10
    return 22 if at.year >= 2026 else 20
