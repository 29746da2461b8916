"""Customers and their outlets: who sees which, search, and changes.

A sales rep sees the customers that are his, an administrator all of them, anybody else none. What is not
the actor's reads as not found.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from typing import Any, cast

from sqlalchemy import (
    ColumnElement,
    Select,
    SQLColumnExpression,
    String,
    and_,
    false,
    literal,
    or_,
    select,
    true,
)
from sqlalchemy.orm import Session

from models import Customer, Order, Outlet, Role, User, now_of
from services import audit, auth, customer_rows, formats, paging, requisites
from services import search as searching
from services.customer_rows import CustomerValues, Place, Rewriting
from services.errors import Conflict, Forbidden, Invalid, NotFound
from services.paging import Page

CUSTOMERS_ON_A_PAGE = 8
MAX_ADDRESS = 300
"""Outlets shown of one customer."""

_LATEST_ORDERS = 200
# About 11 m: two taps on the same gate.
_SAME_PLACE = 0.0001
_PHONE_LIKE = re.compile(r"\+?[0-9\s().\u2010-\u2014-]+")
_FEWEST_PHONE_DIGITS = 3


# What people see


def find(session: Session, actor: User, text: str = "", page: int = 0) -> Page[Customer]:
    """Return the actor's customers that are not archived, by name, in which every word of ``text`` occurs.

    A text that looks like a phone number or an ИНН is also looked for by its digits alone.
    """
    statement = _listed(actor).where(_matches(text)).order_by(Customer.name, Customer.id)
    return paging.fetch(session, statement, page, CUSTOMERS_ON_A_PAGE)


def archived(session: Session, actor: User, page: int = 0) -> Page[Customer]:
    """Return a page of the actor's customers in the archive, by name."""
    statement = select(Customer).where(_is_visible_to(actor), Customer.archived_at.is_not(None))
    return paging.fetch(session, statement.order_by(Customer.name, Customer.id), page)


def recent(session: Session, actor: User, limit: int = 5) -> list[Customer]:
    """Return the actor's customers of the latest orders, filled up with those entered last.

    Only the latest 200 orders are looked at: what is older than that is not recent.
    """
    orders = select(Order.customer_id).order_by(Order.id.desc()).limit(_LATEST_ORDERS)
    if not actor.holds(Role.ADMIN):
        orders = orders.where(Order.sales_rep_id == actor.id)
    ordered = list(dict.fromkeys(session.scalars(orders)))
    known = {found.id: found for found in session.scalars(_listed(actor).where(Customer.id.in_(ordered)))}
    chosen = [known[customer_id] for customer_id in ordered if customer_id in known][:limit]
    if len(chosen) < limit:
        newest = _listed(actor).where(Customer.id.not_in([found.id for found in chosen]))
        chosen += session.scalars(newest.order_by(Customer.id.desc()).limit(limit - len(chosen)))
    return chosen


def get(session: Session, customer_id: int, actor: User) -> Customer:
    """Return one of the actor's customers, be it archived. Raises ``NotFound("customer")``."""
    found = session.scalar(select(Customer).where(Customer.id == customer_id, _is_visible_to(actor)))
    if found is None:
        raise NotFound("customer")
    return found


def rep_names(session: Session, shown: Iterable[Customer]) -> dict[int, str]:
    """Return the names of the customers' sales reps, by the customer's id; nobody's are left out."""
    owners = {customer.id: customer.sales_rep_id for customer in shown if customer.sales_rep_id is not None}
    reps = select(User.id, User.name).where(User.id.in_(set(owners.values())))
    names = dict(session.execute(reps).all()) if owners else {}
    return {customer_id: names[rep_id] for customer_id, rep_id in owners.items()}


def outlets(session: Session, customer_id: int, actor: User, page: int = 0) -> Page[Outlet]:
    """Return a page of the customer's outlets in use, the newest first. Raises ``NotFound("customer")``."""
    get(session, customer_id, actor)
    statement = (
        select(Outlet)
        .where(Outlet.customer_id == customer_id, Outlet.archived_at.is_(None))
        .order_by(Outlet.id.desc())
    )
    return paging.fetch(session, statement, page)


def places(session: Session) -> list[tuple[float, float]]:
    """Return latitude and longitude of every delivery point in use, whoever's customer it is."""
    query = (
        select(Outlet.latitude, Outlet.longitude)
        .join(Customer)
        .where(Outlet.archived_at.is_(None), Customer.archived_at.is_(None))
    )
    return [(row.latitude, row.longitude) for row in session.execute(query)]


def get_outlet(session: Session, outlet_id: int, actor: User) -> Outlet:
    """Return an outlet in use of one of the actor's customers. Raises ``NotFound("outlet")``."""
    found = session.scalar(
        select(Outlet)
        .join(Outlet.customer)
        .where(Outlet.id == outlet_id, Outlet.archived_at.is_(None), _is_visible_to(actor))
    )
    if found is None:
        raise NotFound("outlet")
    return found


# Checks of what was typed; none of them touches the database


def check_phone(text: str) -> str:
    """Return a phone number as ``+`` and 8 to 15 digits (ITU-T E.164).

    A Russian number may begin with 8, with 7 or with its area code. Raises ``phone_form`` or
    ``phone_length`` (length).
    """
    typed = text.strip()
    if not _PHONE_LIKE.fullmatch(typed):
        raise Invalid("phone_form")
    number = searching.digits(typed)
    if not typed.startswith("+") and len(number) == 10:
        return f"+7{number}"
    if not typed.startswith("+") and len(number) == 11 and number[0] in "78":
        return f"+7{number[1:]}"
    if not typed.startswith("+") or not 8 <= len(number) <= 15:
        raise Invalid("phone_length", length=len(number))
    return f"+{number}"


def check_address(text: str) -> str:
    """Return an address on one line. Raises ``address_empty`` or ``too_long`` (length, limit)."""
    address = formats.one_line(text)
    if not address:
        raise Invalid("address_empty")
    if len(address) > MAX_ADDRESS:
        raise Invalid("too_long", length=len(address), limit=MAX_ADDRESS)
    return address


def check_coordinates(latitude: float, longitude: float) -> tuple[float, float]:
    """Return a place on Earth. Raises ``coordinates`` for what is none, and for 0,0: a fix that failed."""
    is_on_earth = math.isfinite(latitude) and math.isfinite(longitude)
    if not is_on_earth or abs(latitude) > 90 or abs(longitude) > 180 or (latitude, longitude) == (0, 0):
        raise Invalid("coordinates", latitude=latitude, longitude=longitude)
    return latitude, longitude


def is_same_place(place: Place, other: Place) -> bool:
    """Return whether two places are so near that they are one gate, whatever the address says."""
    north, east = abs(place.latitude - other.latitude), abs(place.longitude - other.longitude)
    return max(north, east) <= _SAME_PLACE


def check_kpp_for(inn: str | None, kpp: str | None) -> None:
    """Raise ``kpp_sole_proprietor`` if a КПП is given to a sole proprietor: there is none."""
    if kpp and inn and requisites.is_sole_proprietor(inn):
        raise Invalid("kpp_sole_proprietor")


# Changes


def create(
    session: Session,
    actor: User,
    *,
    name: str,
    emails: str | None = None,
    inn: str | None = None,
    kpp: str | None = None,
    phone: str | None = None,
) -> Customer:
    """Enter a customer from what was typed; it is the actor's own, or nobody's if an administrator did it.

    Raises ``Invalid`` as the checks of the fields do, ``Conflict("customer_exists")`` (customer_id, name)
    when the actor has this firm, see ``refuse_twin``, and ``Forbidden("role")`` for those who neither sell
    nor rule.
    """
    if not actor.holds(Role.SALES_REP) and not actor.holds(Role.ADMIN):
        raise Forbidden("role")
    values = checked(name=name, emails=emails, inn=inn, kpp=kpp, phone=phone)
    values["sales_rep_id"] = actor.id if actor.holds(Role.SALES_REP) else None
    refuse_twin(session, values["inn"], values["kpp"], values["sales_rep_id"])
    return _enter(session, actor, values)


def create_for(session: Session, actor: User, rep_id: int | None, values: CustomerValues) -> Customer:
    """Enter a customer of checked values for a sales rep, None: for nobody yet; administrators only.

    Raises ``NotFound("user")`` when that is no active rep, ``Conflict("inn_taken")`` (name) when the rep
    has one under this ИНН.
    """
    if not actor.holds(Role.ADMIN):
        raise NotFound("customer")
    if rep_id is not None and rep_id not in {rep.id for rep in auth.staff(session, Role.SALES_REP)}:
        raise NotFound("user")
    try:
        refuse_twin(session, values["inn"], values["kpp"], rep_id)
    except Conflict as twin:
        raise Conflict("inn_taken", name=twin.params["name"]) from None
    return _enter(session, actor, {**values, "sales_rep_id": rep_id})


def checked(
    *,
    name: str,
    emails: str | None = None,
    inn: str | None = None,
    kpp: str | None = None,
    phone: str | None = None,
) -> CustomerValues:
    """Return what was typed of a new customer, checked. Raises ``Invalid`` as the checks of the fields do."""
    values = CustomerValues(
        name=requisites.check_name(name),
        emails=requisites.check_emails(emails) if emails else None,
        inn=requisites.check_inn(inn) if inn else None,
        kpp=requisites.check_kpp(kpp) if kpp else None,
        phone=check_phone(phone) if phone else None,
    )
    check_kpp_for(values["inn"], values["kpp"])
    return values


def update_customer(session: Session, customer: Customer, values: CustomerValues, user: User | None) -> None:
    """Change what the checked values say, leave a trace of what differs, and keep search in step."""
    session.flush()
    changed = cast(
        CustomerValues,
        {name: value for name, value in values.items() if value != getattr(customer, name)},
    )
    if changed:
        before = {name: getattr(customer, name) for name in changed}
        customer_rows.update_customers(session, [Rewriting(customer.id, before, changed)], user)
        session.refresh(customer)


def add_outlet(
    session: Session, customer: Customer, address: str, latitude: float, longitude: float
) -> Outlet:
    """Return the customer's outlet at this address and place, entering it unless it is there already.

    One that was archived comes back into use. Raises as ``check_address`` and ``check_coordinates`` do.
    """
    address = check_address(address)
    check_coordinates(latitude, longitude)
    outlet = _find_outlet(session, customer, address, latitude, longitude)
    if outlet is None:
        outlet = Outlet(
            customer_id=customer.id,
            address=address,
            latitude=latitude,
            longitude=longitude,
            created_at=now_of(session),
        )
        session.add(outlet)
    outlet.archived_at = None
    session.flush()
    refresh_search_text(session, customer)
    return outlet


def refresh_search_text(session: Session, customer: Customer) -> None:
    """Bring the search text up to the customer's outlets."""
    session.flush()
    customer_rows.refresh_search_texts(session, [customer.id])
    session.refresh(customer, ["search_text"])


def _is_visible_to(actor: User) -> ColumnElement[bool]:
    if actor.holds(Role.ADMIN):
        return true()
    return Customer.sales_rep_id == actor.id if actor.holds(Role.SALES_REP) else false()


def _listed(actor: User) -> Select[Customer]:
    return select(Customer).where(_is_visible_to(actor), Customer.archived_at.is_(None))


def _matches(text: str) -> ColumnElement[bool]:
    by_words = searching.contains(Customer.search_text, text)
    number = searching.digits(text)
    if len(number) < _FEWEST_PHONE_DIGITS or not _PHONE_LIKE.fullmatch(text.strip()):
        return by_words
    return or_(by_words, Customer.search_text.contains(number))


def is_same_firm(
    one: type[Customer], inn: SQLColumnExpression[Any], kpp: SQLColumnExpression[Any]
) -> ColumnElement[bool]:
    """Return the condition that ``one`` has this ИНН and is no branch: under two КПП those are."""
    return and_(one.inn == inn, or_(one.kpp.is_(None), kpp.is_(None), one.kpp == kpp))


def refuse_twin(
    session: Session, inn: str | None, kpp: str | None, sales_rep_id: int | None, but: int = 0
) -> None:
    """Raise ``Conflict("customer_exists")`` (customer_id, name) if the rep has this firm, ``but`` aside.

    Which customers are one firm says :func:`is_same_firm`.
    """
    if inn is None:
        return
    twin = session.scalar(
        select(Customer)
        .where(is_same_firm(Customer, literal(inn), literal(kpp or None, String)))
        .where(Customer.sales_rep_id == sales_rep_id, Customer.id != but, Customer.archived_at.is_(None))
        .order_by(Customer.id)
        .limit(1)
    )
    if twin is not None:
        raise Conflict("customer_exists", customer_id=twin.id, name=twin.name)


def refuse_same_firm(session: Session, customer: Customer, inn: str | None, kpp: str | None) -> None:
    """Raise ``Conflict("inn_taken")`` (name) if the customer's rep has another one of this ИНН and КПП."""
    try:
        refuse_twin(session, inn, kpp, customer.sales_rep_id, but=customer.id)
    except Conflict as twin:
        raise Conflict("inn_taken", name=twin.params["name"]) from None


def _enter(session: Session, actor: User, values: CustomerValues) -> Customer:
    [customer_id] = customer_rows.add_customers(session, [(values, None)])
    customer = session.get_one(Customer, customer_id)
    audit.record(session, actor, "create", "customer", customer.id, after=values)
    return customer


def _find_outlet(
    session: Session, customer: Customer, address: str, latitude: float, longitude: float
) -> Outlet | None:
    is_near = and_(
        Outlet.latitude.between(latitude - _SAME_PLACE, latitude + _SAME_PLACE),
        Outlet.longitude.between(longitude - _SAME_PLACE, longitude + _SAME_PLACE),
    )
    nearby = session.scalars(
        select(Outlet).where(Outlet.customer_id == customer.id, is_near).order_by(Outlet.id)
    )
    wanted = searching.fold(address)
    return next((outlet for outlet in nearby if searching.fold(outlet.address) == wanted), None)
