"""Changing customers and their outlets field by field, as it is done from a chat."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy.orm import Session

from models import Customer, Outlet, User, now_of
from services import audit, customers, formats, letters, requisites
from services.customers import CustomerValues
from services.errors import Conflict, Invalid, NotFound

MAX_TEXT = {"contact": 160, "hours": 100, "note": 500}

Check = Callable[[str], str]

CUSTOMER_FIELDS: dict[str, Check] = {
    "name": requisites.check_name,
    "inn": requisites.check_inn,
    "kpp": requisites.check_kpp,
    "emails": requisites.check_emails,
    "phone": customers.check_phone,
    "address": customers.check_address,
}
REQUIRED = frozenset({"name"})
OUTLET_FIELDS = ("contact", "phone", "hours", "note")


def change(
    session: Session, customer_id: int, field: str, text: str | None, actor: User, version: int
) -> Customer:
    """Set one field from what was typed, None empties it; every change leaves an audit row.

    Invoices that waited for an e-mail go out with the first one.

    Raises Invalid as the field's check does, Conflict ``customer_changed`` (now) when somebody changed the
    customer since ``version`` was shown.
    """
    customer = customers.get(session, customer_id, actor)
    check = CUSTOMER_FIELDS.get(field)
    if check is None or (text is None and field in REQUIRED):
        raise NotFound("requisite")
    if customer.version != version:
        raise Conflict("customer_changed", now=getattr(customer, field) or "—")
    value = check(text) if text is not None else None
    inn = value if field == "inn" else customer.inn
    kpp = value if field == "kpp" else customer.kpp
    if field == "inn" and inn is not None and requisites.is_sole_proprietor(inn):
        kpp = None
    customers.check_kpp_for(inn, kpp)
    values: dict[str, str | None] = {field: value}
    if kpp != customer.kpp:
        values["kpp"] = kpp
    customers.update_customers(session, [(customer, CustomerValues(**values))], actor)  # type: ignore[typeddict-item]
    if field == "emails" and value:
        letters.queue_unsent(session, customer.id)
    return customer


def archive(session: Session, customer_id: int, actor: User) -> Customer:
    """Take a customer out of the lists; orders and papers stay, nothing is deleted."""
    return _set_archived(session, customer_id, actor, is_archived=True)


def unarchive(session: Session, customer_id: int, actor: User) -> Customer:
    """Bring a customer back into the lists."""
    return _set_archived(session, customer_id, actor, is_archived=False)


def change_outlet(session: Session, outlet_id: int, field: str, text: str | None, actor: User) -> Outlet:
    """Set one field of an outlet from what was typed, None empties it."""
    outlet = customers.get_outlet(session, outlet_id, actor)
    if field not in OUTLET_FIELDS:
        raise NotFound("outlet")
    value = None if text is None else _checked(field, text)
    before = {field: getattr(outlet, field)}
    setattr(outlet, field, value)
    audit.record(session, actor, "update", "outlet", outlet.id, before, {field: value})
    return outlet


def archive_outlet(session: Session, outlet_id: int, actor: User) -> Outlet:
    """Take an outlet out of use."""
    outlet = customers.get_outlet(session, outlet_id, actor)
    outlet.archived_at = now_of(session)
    audit.record(session, actor, "archive", "outlet", outlet.id)
    customers.refresh_search_texts(session, [outlet.customer])
    return outlet


def _set_archived(session: Session, customer_id: int, actor: User, *, is_archived: bool) -> Customer:
    customer = customers.get(session, customer_id, actor)
    if (customer.archived_at is not None) != is_archived:
        customer.archived_at = now_of(session) if is_archived else None
        customer.version += 1
        action = "archive" if is_archived else "unarchive"
        audit.record(session, actor, action, "customer", customer.id)
    return customer


def _checked(field: str, text: str) -> str:
    if field == "phone":
        return customers.check_phone(text)
    value = formats.one_line(text)
    if not value:
        raise Invalid("empty")
    if len(value) > MAX_TEXT[field]:
        raise Invalid("too_long", limit=MAX_TEXT[field], length=len(value))
    return value
