"""The trace of what people changed: written beside each change, read by administrators."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import Select, insert, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from models import (
    AuditEntry,
    Category,
    Customer,
    Document,
    Order,
    Outlet,
    PriceList,
    Product,
    Role,
    User,
    Vehicle,
    now_of,
)
from services import auth, paging
from services.paging import Stretch

Facts = Mapping[str, Any]

MOST_LISTED = 50_000
_CHUNK = 1000


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the trace is narrowed to: a person, kinds of things (any of these), one thing of them."""

    user_id: int | None = None
    subjects: tuple[str, ...] = ()
    subject_id: int | None = None


class Name(NamedTuple):
    """What a thing is called today; an order by its number and customer."""

    name: str
    unit: str = ""


# (kind of thing, its id) → its name; what is no more has none.
Names = Mapping[tuple[str, int], Name]


class Trace(NamedTuple):
    """What became of one of many subjects."""

    subject_id: int
    before: Facts
    after: Facts


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


def find(session: Session, actor: User, wanted: Wanted, cursor: int = 0) -> Stretch[AuditEntry]:
    """Return the entries at ``cursor``, the newest first; administrators only (Forbidden)."""
    auth.require(actor, Role.ADMIN)
    return paging.by_key(session, _branches(wanted), AuditEntry.id, cursor)


def listed(
    session: Session, actor: User, wanted: Wanted, limit: int = MOST_LISTED
) -> Iterator[tuple[Sequence[AuditEntry], Names]]:
    """Yield the entries, the newest first, at most ``limit``, in bunches with the names they need.

    Slow: for workers. Administrators only (Forbidden).
    """
    auth.require(actor, Role.ADMIN)
    left, cursor = limit, 0
    while left > 0:
        page = paging.by_key(session, _branches(wanted), AuditEntry.id, cursor, min(_CHUNK, left))
        if page.items:
            yield page.items, names(session, page.items)
        if page.next is None:
            return
        left, cursor = left - len(page.items), page.next
        session.expunge_all()


def names(session: Session, entries: Sequence[AuditEntry]) -> Names:
    """Return the names of everything the entries speak of, with one query for each kind of it."""
    asked: dict[str, set[int]] = {}
    for entry in entries:
        if entry.user_id is not None:
            asked.setdefault("user", set()).add(entry.user_id)
        for kind, key in (_SUBJECT_KINDS.get(entry.subject), entry.subject_id), *_mentioned(entry):
            if kind is not None and key is not None and str(key).isdecimal():
                asked.setdefault(kind, set()).add(int(key))
    found: dict[tuple[str, int], Name] = {}
    for kind, keys in asked.items():
        columns, table_key = _NAMED[kind]
        for row in session.execute(select(table_key, *columns).where(table_key.in_(keys))):
            found[kind, row[0]] = Name(*(str(value) if value is not None else "" for value in row[1:]))
    return found


def kind_of(subject: str) -> str | None:
    """Return under which kind :func:`names` has a subject's name, None when it has none of its own."""
    return _SUBJECT_KINDS.get(subject)


# A fact that is the id of something → which kind of thing.
MENTIONS = {
    "sales_rep_id": "user",
    "storekeeper_id": "user",
    "category_id": "category",
    "parent_id": "category",
    "price_list_id": "price_list",
    "vehicle_id": "vehicle",
}
_SUBJECT_KINDS = {
    "product": "product",
    "category": "category",
    "price_list": "price_list",
    "customer": "customer",
    "outlet": "outlet",
    "vehicle": "vehicle",
    "user": "user",
    "order": "order",
    "invoice": "document",
    "waybill": "document",
}
_NAMED: dict[str, tuple[tuple[InstrumentedAttribute[Any], ...], InstrumentedAttribute[int]]] = {
    "product": ((Product.name, Product.unit), Product.id),
    "customer": ((Customer.name,), Customer.id),
    "outlet": ((Outlet.address,), Outlet.id),
    "vehicle": ((Vehicle.plate,), Vehicle.id),
    "user": ((User.name,), User.id),
    "order": ((Order.number,), Order.id),
    "document": ((Document.label,), Document.id),
    "category": ((Category.name,), Category.id),
    "price_list": ((PriceList.name,), PriceList.id),
}


def _branches(wanted: Wanted) -> list[Select[AuditEntry]]:
    """Return a query for each kind of thing: the index that ends with the key then serves their order."""
    query = select(AuditEntry)
    if wanted.user_id is not None:
        query = query.where(AuditEntry.user_id == wanted.user_id)
    if wanted.subject_id is not None:
        query = query.where(AuditEntry.subject_id == str(wanted.subject_id))
    return [query.where(AuditEntry.subject == subject) for subject in wanted.subjects] or [query]


def _mentioned(entry: AuditEntry) -> Iterator[tuple[str, Any]]:
    for facts in (entry.before, entry.after):
        for name, value in (facts or {}).items():
            if name in MENTIONS:
                yield MENTIONS[name], value
            elif entry.action == "assign":
                yield from (("order", name), ("vehicle", value))


def record_many(
    session: Session, user: User | None, action: str, subject: str, traces: Iterable[Trace]
) -> None:
    """Note the same action done to many subjects, in one statement."""
    shared = {
        "at": now_of(session),
        "user_id": user.id if user else None,
        "action": action,
        "subject": subject,
    }
    rows = [
        {
            **shared,
            "subject_id": str(trace.subject_id),
            "before": _plain(trace.before),
            "after": _plain(trace.after),
        }
        for trace in traces
    ]
    if rows:
        session.execute(insert(AuditEntry.__table__), rows)  # type: ignore[arg-type]


def _plain(facts: Facts | None) -> dict[str, Any] | None:
    if facts is None:
        return None
    return {name: value.value if isinstance(value, enum.Enum) else value for name, value in facts.items()}
