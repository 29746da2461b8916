"""The administrator's journal: everybody's orders, narrowed, paged by key, summed and listed for a file.

A list of 200,000 orders has no planner's statistics to go by on SQLite, so what narrows it most is left to
its index and the rest is only filtered by: see :func:`_branches`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    CompoundSelect,
    Select,
    String,
    Subquery,
    case,
    cast,
    func,
    select,
    true,
    type_coerce,
    union,
)
from sqlalchemy.orm import InstrumentedAttribute, Session, selectinload

from models import Customer, Invoice, Order, OrderStatus, Role, User
from services import auth, company, orders, paging, search
from services.orders import MAX_NUMBER_DIGITS, Show
from services.paging import Stretch
from services.periods import Period

# Looked at while everybody waits: they take the database 15 ms. More are a worker's business.
MOST_AT_ONCE = 4_000
# So many customers are looked up by their index; more fit so often that the list is read through instead.
FEW_CUSTOMERS = 300
MOST_LISTED = 50_000
_CHUNK = 1000


@dataclass(frozen=True, slots=True)
class Filter:
    """What the journal is narrowed to; ``text`` is a number or a piece of what customers are found by."""

    show: Show = Show.ALL
    text: str = ""
    period: Period | None = None
    sales_rep_id: int | None = None
    customer_id: int | None = None
    storekeeper_id: int | None = None

    def to_json(self) -> dict[str, Any]:
        """Return the filter as it waits in an outgoing row."""
        days = [self.period.first.isoformat(), self.period.last.isoformat()] if self.period else None
        return {
            "show": self.show.value,
            "text": self.text,
            "days": days,
            "sales_rep_id": self.sales_rep_id,
            "customer_id": self.customer_id,
            "storekeeper_id": self.storekeeper_id,
        }

    @classmethod
    def from_json(cls, kept: dict[str, Any]) -> Filter:
        """Return the filter :meth:`to_json` has written."""
        days = [date.fromisoformat(day) for day in kept["days"] or ()]
        rest = {name: value for name, value in kept.items() if name not in ("show", "days")}
        return cls(show=Show(kept["show"]), period=Period(*days) if days else None, **rest)


class Figures(NamedTuple):
    """How many orders, and what they come to in minor units: loaded ones by what was loaded."""

    orders: int = 0
    goods_amount: int = 0
    delivery_amount: int = 0
    total_amount: int = 0


@dataclass(frozen=True, slots=True)
class Sums:
    """The figures of a filter: what counts, what was called off, drafts that have no figures yet."""

    counted: Figures = field(default_factory=Figures)
    ended: Figures = field(default_factory=Figures)
    drafts: int = 0
    # Orders in another currency than the company's are counted here and summed nowhere.
    foreign: int = 0


class Listed(NamedTuple):
    """An order as a row of the file."""

    order: Order
    invoice: Invoice | None


def find(session: Session, actor: User, wanted: Filter, cursor: int = 0) -> Stretch[Order]:
    """Return the orders at ``cursor``, the newest first; administrators only (Forbidden)."""
    auth.require(actor, Role.ADMIN)
    branches = _branches(session, wanted, _customers(session, wanted.text))
    return paging.by_key(session, branches, Order.id, cursor)


def sums(session: Session, actor: User, wanted: Filter, most: int | None = None) -> Sums | None:
    """Return what the filter's orders come to, None when more than ``most`` would have to be looked at.

    Without ``most`` it is slow, for workers. Administrators only (Forbidden).
    """
    auth.require(actor, Role.ADMIN)
    customers = _customers(session, wanted.text)
    if most is not None and len(customers) > FEW_CUSTOMERS:
        return None
    if most is not None:
        looked_at = _together(_branches(session, _narrowest(wanted), customers, is_whole=True), Order.id)
        some = looked_at.limit(most + 1).subquery()
        if session.scalar(select(func.count()).select_from(some)) == most + 1:
            return None
    branches = _branches(session, wanted, customers, is_whole=True)
    found = _together(branches, Order.id, Order.status, Order.currency, *_AMOUNTS).limit(most)
    return _summed(session, found.subquery())


def listed(session: Session, actor: User, wanted: Filter, limit: int = MOST_LISTED) -> Iterator[Listed]:
    """Yield the filter's orders, the newest first, at most ``limit`` of them; administrators only.

    Slow: for workers. Few of them are in memory at a time.
    """
    auth.require(actor, Role.ADMIN)
    people = (selectinload(Order.sales_rep), selectinload(Order.storekeeper), selectinload(Order.window))
    customers = _customers(session, wanted.text)
    branches = [branch.options(*people) for branch in _branches(session, wanted, customers)]
    left, cursor = limit, 0
    while left > 0:
        page = paging.by_key(session, branches, Order.id, cursor, min(_CHUNK, left))
        invoices = _invoices(session, [order.id for order in page.items])
        yield from (Listed(order, invoices.get(order.id)) for order in page.items)
        if page.next is None:
            return
        left, cursor = left - len(page.items), page.next
        session.expunge_all()


_AMOUNTS: tuple[ColumnElement[Any], ...] = (
    func.coalesce(Order.loaded_amount - Order.delivery_amount, Order.goods_amount).label("goods_amount"),
    Order.delivery_amount.label("delivery_amount"),
    func.coalesce(Order.loaded_amount, Order.total_amount).label("total_amount"),
)


def _together(
    branches: list[Select[Order]], *columns: InstrumentedAttribute[Any] | ColumnElement[Any]
) -> Select[Any] | CompoundSelect[Any]:
    """Return columns of every order of the list, each once."""
    pieces: list[Select[Any]] = [branch.with_only_columns(*columns) for branch in branches]
    return union(*pieces) if len(pieces) > 1 else pieces[0]


def _summed(session: Session, found: Subquery) -> Sums:
    own = found.c.currency == company.get(session).currency
    is_draft = found.c.status == OrderStatus.DRAFT
    is_ended = found.c.status.in_(orders.SHOWN[Show.ENDED])
    groups = (own & ~is_draft & ~is_ended, own & is_ended)
    row = session.execute(
        select(_count(is_draft), _count(~own & ~is_draft), *_figures(found.c, groups))
    ).one()
    return Sums(Figures(*row[2:6]), Figures(*row[6:10]), drafts=row[0], foreign=row[1])


def _narrowest(wanted: Filter) -> Filter:
    """Return the part of a filter by whose index the list is read when it is read whole."""
    if wanted.customer_id is not None or wanted.text:
        return Filter(text=wanted.text, customer_id=wanted.customer_id)
    if wanted.sales_rep_id is not None:
        return Filter(sales_rep_id=wanted.sales_rep_id, period=wanted.period)
    if wanted.period is not None:
        return Filter(period=wanted.period)
    return wanted if wanted.storekeeper_id is None else Filter(storekeeper_id=wanted.storekeeper_id)


def _branches(
    session: Session, wanted: Filter, customers: list[int], *, is_whole: bool = False
) -> list[Select[Order]]:
    """Return the queries that together make the list, for a page of it or to be read whole.

    ``customers`` are those the text fits. What narrows the list most is left its index; status and
    storekeeper are kept from theirs where that is something else. Whole, they stand behind everything; for a
    page they bring its order along.
    """
    few = is_whole or len(customers) <= FEW_CUSTOMERS
    by_customer = wanted.customer_id is not None or bool(customers and few)
    by_rep, by_days = wanted.sales_rep_id is not None, is_whole and wanted.period is not None
    people: list[tuple[Any, int | None]] = [(Order.sales_rep_id, wanted.sales_rep_id)]
    people.append((Order.customer_id, wanted.customer_id))
    # A storekeeper has a good part of all orders, a rep a small one.
    is_loose = by_customer or by_rep or by_days
    people.append((Order.storekeeper_id + 0 if is_loose else Order.storekeeper_id, wanted.storekeeper_id))
    query = select(Order).where(*(column == key for column, key in people if key is not None))
    if wanted.period is not None:
        query = query.where(*_begun_in(session, wanted, is_whole=is_whole))
    is_loose = by_customer or by_days or (is_whole and (by_rep or wanted.storekeeper_id is not None))
    by_status = [query.where(status) for status in _statuses(wanted.show, is_loose=is_loose)]
    fitting = _fitting(wanted.text, customers, few=few) if wanted.text else [true()]
    return [branch.where(fits) for branch in by_status for fits in fitting]


def _begun_in(session: Session, wanted: Filter, *, is_whole: bool) -> list[ColumnElement[bool]]:
    """Return what orders of the period are; for a page, the ids they lie between spare a long search."""
    begin, end = wanted.period.moments(company.zone(session)) if wanted.period else (None, None)
    inside = [Order.created_at >= begin, Order.created_at < end]
    if is_whole:
        return inside
    if wanted.sales_rep_id is not None:
        inside.append(Order.sales_rep_id == wanted.sales_rep_id)
    lowest, highest = session.execute(select(func.min(Order.id), func.max(Order.id)).where(*inside)).one()
    return [*inside[:2], Order.id.between(lowest or 0, highest or 0)]


def _statuses(show: Show, *, is_loose: bool) -> list[ColumnElement[bool]]:
    """Return what an order's status has to be: any of these."""
    # With something done to it, the column is in no index.
    column = type_coerce(Order.status, String).concat("") if is_loose else type_coerce(Order.status, String)
    return [column == status.value for status in orders.SHOWN.get(show, ())] or [true()]


def _customers(session: Session, text: str) -> list[int]:
    """Return the customers a text fits, up to one more than ``FEW_CUSTOMERS``."""
    if not text:
        return []
    query = select(Customer.id).where(search.contains(Customer.search_text, text))
    return list(session.scalars(query.limit(FEW_CUSTOMERS + 1)))


def _fitting(text: str, customers: list[int], *, few: bool) -> list[ColumnElement[bool]]:
    """Return what an order has to be to fit a typed text: any of these.

    ``few`` customers are found by their index; the orders of many are met again and again on the way.
    """
    ways: list[ColumnElement[bool]] = [Order.customer_id.in_(customers)]
    if len(customers) > FEW_CUSTOMERS:
        of_customers = select(Customer.id).where(search.contains(Customer.search_text, text))
        ways = [(Order.customer_id if few else Order.customer_id + 0).in_(of_customers)]
    number = text.strip().lstrip("№")
    if number.isascii() and number.isdecimal() and len(number) < MAX_NUMBER_DIGITS:
        ways.append(Order.number == int(number))
    return ways


def _count(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.coalesce(func.sum(case((condition, 1), else_=0)), 0)


def _figures(columns: Any, groups: tuple[ColumnElement[bool], ...]) -> list[ColumnElement[int]]:
    found: list[ColumnElement[int]] = []
    for group in groups:
        found.append(_count(group))
        found += [
            # PostgreSQL sums integers to a numeric.
            cast(func.coalesce(func.sum(case((group, columns[amount.key]))), 0), BigInteger)
            for amount in _AMOUNTS
        ]
    return found


def _invoices(session: Session, order_ids: list[int]) -> dict[int, Invoice]:
    """Return order id → its invoice, the latest revision."""
    query = select(Invoice).where(Invoice.order_id.in_(order_ids)).order_by(Invoice.revision)
    return {invoice.order_id: invoice for invoice in session.scalars(query)}
