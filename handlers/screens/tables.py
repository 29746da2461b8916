"""The journal and the trace as tables, for files."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from functools import partial
from typing import Any, Generic, TypeVar

from handlers.screen import View
from handlers.screens import audit_text, order_text
from handlers.texts import N_
from models import AuditEntry, Order
from services import audit, journal, workbook
from services.audit import Names
from services.journal import Listed
from services.orders import SHOWN, Show
from services.workbook import Column, Kind

T = TypeVar("T")

MOST_ROWS = N_("Only the newest {n} are here: narrow the list down for the others.")


def orders(view: View, found: Iterable[Listed]) -> bytes:
    """Return orders as XLSX; what was called off has its sum apart and counts nowhere."""
    t = view.t
    columns = [
        Column(t.plain("No."), Kind.NUMBER, 9),
        Column(t.plain("Begun"), Kind.MOMENT, 17),
        Column(t.plain("Sent"), Kind.MOMENT, 17),
        Column(t.plain("Status"), width=16),
        Column(t.plain("Customer"), width=36),
        Column(t.plain("ИНН"), width=14),
        Column(t.plain("Rep"), width=22),
        Column(t.plain("Storekeeper"), width=22),
        Column(t.plain("Delivery day"), Kind.DAY, 14),
        Column(t.plain("Goods, {currency}", currency=view.currency), Kind.MONEY, is_summed=True),
        Column(t.plain("Delivery, {currency}", currency=view.currency), Kind.MONEY, is_summed=True),
        Column(t.plain("Total, {currency}", currency=view.currency), Kind.MONEY, is_summed=True),
        Column(t.plain("Called off, {currency}", currency=view.currency), Kind.MONEY, is_summed=True),
        Column(t.plain("Invoice"), width=18),
        Column(t.plain("Reason"), width=36),
    ]
    counted = _Counted(found)
    rows = (_order(view, one) for one in counted)
    note = partial(_note, view, counted, journal.MOST_LISTED)
    return workbook.write(t.plain("Orders"), columns, rows, t.plain("Total"), note)


def changes(view: View, found: Iterable[tuple[Sequence[AuditEntry], Names]]) -> bytes:
    """Return the trace as XLSX, a row for each field that was changed."""
    t = view.t
    columns = [
        Column(t.plain("When"), Kind.MOMENT, 17),
        Column(t.plain("Who"), width=22),
        Column(t.plain("What was done"), width=60),
        Column(t.plain("Field"), width=24),
        Column(t.plain("Before"), width=36),
        Column(t.plain("After"), width=36),
    ]
    counted = _Counted((entry, names) for entries, names in found for entry in entries)
    rows = (row for entry, names in counted for row in _change(view, entry, names))
    note = partial(_note, view, counted, audit.MOST_LISTED)
    return workbook.write(t.plain("Changes"), columns, rows, note=note)


class _Counted(Generic[T]):
    """What is taken out of it is counted."""

    def __init__(self, items: Iterable[T]) -> None:
        self._items = items
        self.count = 0

    def __iter__(self) -> Iterator[T]:
        for item in self._items:
            self.count += 1
            yield item


def _note(view: View, counted: _Counted[Any], most: int) -> str:
    """Return that there is no more in the file, if it is full."""
    return view.t.plain(MOST_ROWS, n=most) if counted.count >= most else ""


def _order(view: View, one: Listed) -> list[Any]:
    order = one.order
    is_ended = order.status in SHOWN[Show.ENDED]
    goods = None if order.amount is None else order.amount - (order.delivery_amount or 0)
    amounts = [_amount(view, order, amount) for amount in (goods, order.delivery_amount)]
    total = _amount(view, order, order.amount)
    return [
        order.number,
        _moment(view, order.created_at),
        _moment(view, order.placed_at),
        _words(view.t.plain(order_text.STATUS[order.status])),
        order.customer.name,
        order.customer.inn,
        order.sales_rep.name,
        order.storekeeper.name if order.storekeeper else None,
        order.window.delivery_on if order.window else None,
        *([None, None, None, total] if is_ended else [*amounts, total, None]),
        order_text.paper_name(view, one.invoice) if one.invoice else None,
        order.reason,
    ]


def _change(view: View, entry: AuditEntry, names: Names) -> Iterator[list[Any]]:
    at, who = _moment(view, entry.at), audit_text.who(view, entry, names)
    said = audit_text.said(view, entry, names)
    found = list(audit_text.changes(view, entry, names))
    yield from ([at, who, said, *change] for change in found)
    if not found:
        yield [at, who, said, None, None, None]


def _amount(view: View, order: Order, amount: int | None) -> int | str | None:
    """Return minor units; a text for another currency, which no sum may take in."""
    if amount is None or order.currency == view.currency:
        return amount
    return view.money(amount, order.currency)


def _words(label: str) -> str:
    """Return a label without the emoji it begins with."""
    return label.partition(" ")[2] or label


def _moment(view: View, at: datetime | None) -> datetime | None:
    return at.astimezone(view.zone).replace(tzinfo=None) if at else None
