"""Changing customers and their outlets field by field, as it is done from a chat."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import Customer, Outlet, PriceList, Role, User, now_of
from services import audit, auth, company, customers, formats, letters, paging, requisites, search
from services.customer_rows import CustomerValues
from services.errors import Conflict, Invalid, NotFound
from services.paging import Page

LANGUAGES = ("ru", "en")
WHOLE = 10_000
"""A hundred percent in hundredths."""
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
) -> int:
    """Set one field from what was typed, None empties it; every change leaves an audit row.

    Return how many invoices that waited for an e-mail go out: they do with the first one.

    Raises Invalid as the field's check does, Conflict ``customer_changed`` (now) when somebody changed the
    customer since ``version`` was shown, ``inn_taken`` (name) when the rep has another customer of this ИНН
    whose КПП is not another one.
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
    if (inn, kpp) != (customer.inn, customer.kpp):
        customers.refuse_same_firm(session, customer, inn, kpp)
    values: dict[str, str | None] = {field: value}
    if kpp != customer.kpp:
        values["kpp"] = kpp
    customers.update_customer(session, customer, CustomerValues(**values), actor)  # type: ignore[typeddict-item]
    return letters.queue_unsent(session, customer.id) if field == "emails" and value else 0


def sales_reps(session: Session, actor: User) -> list[User]:
    """Return the active sales reps by name; administrators only."""
    _require_admin(actor)
    return sorted(auth.staff(session, Role.SALES_REP), key=lambda rep: (search.fold(rep.name), rep.id))


def price_lists(session: Session, actor: User, page: int = 0) -> Page[PriceList]:
    """Return a page of the price lists by name; administrators only."""
    _require_admin(actor)
    return paging.fetch(session, select(PriceList).order_by(PriceList.name, PriceList.id), page)


def set_price_list(session: Session, customer_id: int, price_list_id: int | None, actor: User) -> Customer:
    """Sell to a customer by a price list from now on, None: by the catalogue; administrators only."""
    _require_admin(actor)
    customer = customers.get(session, customer_id, actor)
    if price_list_id is not None and session.get(PriceList, price_list_id) is None:
        raise NotFound("price_list")
    if customer.price_list_id != price_list_id:
        customers.update_customer(session, customer, {"price_list_id": price_list_id}, actor)
    return customer


def set_discount(session: Session, customer_id: int, text: str, actor: User) -> Customer:
    """Sell to a customer at so many percent off; 0 is the catalogue's price. Administrators only.

    All who have the same discount share one price list, «−7,5 %». Raises Invalid ``discount_form``.
    """
    _require_admin(actor)
    try:
        discount = formats.parse_decimal(text.replace("%", "").strip(" -\u2212"), 2)
    except Invalid:
        raise Invalid("discount_form") from None
    if discount > WHOLE:
        raise Invalid("discount_form")
    if not discount:
        return set_price_list(session, customer_id, None, actor)
    name = f"{formats.MINUS}{formats.percent_of_hundredths(discount)}"
    found = session.scalars(
        select(PriceList).where(PriceList.name == name, PriceList.discount == discount)
    ).first()
    if found is None:
        found = PriceList(name=name, discount=discount)
        session.add(found)
        session.flush()
        audit.record(
            session, actor, "create", "price_list", found.id, after={"name": name, "discount": discount}
        )
    return set_price_list(session, customer_id, found.id, actor)


def set_language(session: Session, customer_id: int, language: str, actor: User) -> Customer:
    """Issue a customer's papers in this language from now on; administrators only. Raises NotFound."""
    _require_admin(actor)
    customer = customers.get(session, customer_id, actor)
    if language not in LANGUAGES:
        raise NotFound("customer")
    if customer.language != language:
        customers.update_customer(session, customer, {"language": language}, actor)
    return customer


def language_of(session: Session, customer: Customer) -> str:
    """Return the language of the customer's papers: its own, else the company's."""
    return customer.language or company.get(session).document_language


def archive(session: Session, customer_id: int, actor: User) -> Customer:
    """Take a customer out of the lists; orders and papers stay, nothing is deleted."""
    return _set_archived(session, customer_id, actor, is_archived=True)


def unarchive(session: Session, customer_id: int, actor: User) -> Customer:
    """Bring a customer back into the lists. Raises Conflict ``inn_taken`` (name) as ``change`` does."""
    customer = customers.get(session, customer_id, actor)
    if customer.archived_at is not None:
        customers.refuse_same_firm(session, customer, customer.inn, customer.kpp)
    return _set_archived(session, customer_id, actor, is_archived=False)


def change_outlet(session: Session, outlet_id: int, field: str, text: str | None, actor: User) -> Outlet:
    """Set one field of an outlet from what was typed, None empties it."""
    outlet = customers.get_outlet(session, outlet_id, actor)
    if field not in OUTLET_FIELDS:
        raise NotFound("outlet")
    value = None if text is None else _checked(field, text)
    before = getattr(outlet, field)
    if value != before:
        setattr(outlet, field, value)
        audit.record(session, actor, "update", "outlet", outlet.id, {field: before}, {field: value})
    return outlet


def archive_outlet(session: Session, outlet_id: int, actor: User) -> Outlet:
    """Take an outlet out of use."""
    outlet = customers.get_outlet(session, outlet_id, actor)
    outlet.archived_at = now_of(session)
    audit.record(session, actor, "archive", "outlet", outlet.id)
    customers.refresh_search_text(session, outlet.customer)
    return outlet


def _set_archived(session: Session, customer_id: int, actor: User, *, is_archived: bool) -> Customer:
    customer = customers.get(session, customer_id, actor)
    if (customer.archived_at is not None) != is_archived:
        customer.archived_at = now_of(session) if is_archived else None
        customer.version += 1
        action = "archive" if is_archived else "unarchive"
        audit.record(session, actor, action, "customer", customer.id)
    return customer


def _require_admin(actor: User) -> None:
    if not actor.holds(Role.ADMIN):
        raise NotFound("customer")


def _checked(field: str, text: str) -> str:
    if field == "phone":
        return customers.check_phone(text)
    value = formats.one_line(text)
    if not value:
        raise Invalid("empty")
    if len(value) > MAX_TEXT[field]:
        raise Invalid("too_long", limit=MAX_TEXT[field], length=len(value))
    return value
