"""Customers written as rows, thousands of them in few statements: what an import adds and changes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, Protocol, TypedDict

from sqlalchemy import Table, bindparam, insert, select, update
from sqlalchemy.orm import Session

from models import Customer, Outlet, User, now_of
from services import audit, rows
from services import search as searching
from services.audit import Trace

_customers: Table = Customer.__table__  # type: ignore[assignment]
_outlets: Table = Outlet.__table__  # type: ignore[assignment]
_SEARCHED = ("name", "inn", "phone", "address", "emails")
_NOTHING = dict.fromkeys(("inn", "kpp", "address", "phone", "emails", "sales_rep_id"))


class CustomerValues(TypedDict, total=False):
    """Checked values of a customer, see the ``check_`` functions; a key left out keeps or stays empty."""

    name: str
    inn: str | None
    kpp: str | None
    emails: str | None
    phone: str | None
    address: str | None
    sales_rep_id: int | None
    price_list_id: int | None
    language: str | None


class Place(NamedTuple):
    """Where goods are brought to, checked."""

    address: str
    latitude: float
    longitude: float


class Rewriting(NamedTuple):
    """One customer of many: what it says now of what is to change, and what it is to say."""

    customer_id: int
    before: Mapping[str, Any]
    after: CustomerValues


class Searched(Protocol):
    """What of a customer is searched."""

    name: str
    inn: str | None
    phone: str | None
    address: str | None
    emails: str | None


def add_customers(session: Session, added: Sequence[tuple[CustomerValues, Place | None]]) -> list[int]:
    """Add customers, each with its first outlet if there is one; return their ids.

    The caller has checked every value and leaves the trace of the whole.
    """
    now = now_of(session)
    shared = {**_NOTHING, "version": 1, "created_at": now, "search_text": ""}
    statement = insert(_customers).returning(_customers.c.id, sort_by_parameter_order=True)
    ids = list(session.scalars(statement, [{**shared, **values} for values, _ in added]))
    outlets = [
        {"customer_id": customer_id, "created_at": now, **place._asdict()}
        for customer_id, (_, place) in zip(ids, added, strict=True)
        if place
    ]
    rows.add(session, _outlets, outlets)
    refresh_search_texts(session, ids)
    return ids


def update_customers(session: Session, changes: Sequence[Rewriting], user: User | None) -> None:
    """Change customers in few statements, each leaving its trace, and keep search in step."""
    rows.rewrite(session, _customers, ((change.customer_id, change.after) for change in changes))
    traces = [Trace(change.customer_id, change.before, change.after) for change in changes]
    audit.record_many(session, user, "update", "customer", traces)
    renamed = [change.customer_id for change in changes if not change.after.keys().isdisjoint(_SEARCHED)]
    refresh_search_texts(session, renamed)


def refresh_search_texts(session: Session, customer_ids: Sequence[int]) -> None:
    """Bring the search texts up to the customers' fields and outlets."""
    addresses: dict[int, list[str]] = {}
    outlets_in_use = (
        select(Outlet.customer_id, Outlet.address)
        .where(Outlet.customer_id.in_(customer_ids), Outlet.archived_at.is_(None))
        .order_by(Outlet.id)
    )
    for customer_id, address in session.execute(outlets_in_use):
        addresses.setdefault(customer_id, []).append(address)
    columns = [_customers.c[name] for name in ("id", *_SEARCHED)]
    found = session.execute(select(*columns).where(_customers.c.id.in_(customer_ids))).all()
    texts = [{"its_id": one.id, "text": search_text(one, addresses.get(one.id, []))} for one in found]
    if texts:
        statement = update(_customers).where(_customers.c.id == bindparam("its_id"))
        session.execute(statement.values(search_text=bindparam("text")), texts)


def search_text(customer: Searched, addresses: Sequence[str]) -> str:
    """Return what a customer is found by; ``addresses`` are those of its outlets."""
    phone = searching.digits(customer.phone or "")
    # A Russian number is typed from +7 as well as from 8.
    also = f"8{phone[1:]}" if len(phone) == 11 and phone.startswith("7") else None
    known = (customer.name, customer.inn, phone, also, customer.address, customer.emails)
    return searching.joined((*known, *addresses))
