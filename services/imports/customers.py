"""Importing customers: rows are matched on the ИНН, else on the name, added or changed, never deleted.

A row of an export says with its «Код в боте» whom it is about, since two reps may have customers of one ИНН
or name. An empty cell says nothing: a known customer keeps what it has. An address with coordinates is also
an outlet; archived customers are left in peace, and a row about one of them makes a new one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, cast

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import Customer, Outlet, Role, User, now_of
from services import audit, customer_rows, customers, formats, handover, letters, requisites, search
from services.customer_rows import CustomerValues, Place, Rewriting
from services.errors import Invalid
from services.imports import cells, planning, tables
from services.imports.planning import Faults
from services.imports.report import Addition, Change, Plan, Report, Row
from services.imports.tables import Column, Progress

_MAX_ID_DIGITS = 12


class SalesRep(NamedTuple):
    """The sales rep a cell names."""

    id: int
    name: str

    def __str__(self) -> str:
        return self.name


def check_customers(
    session: Session, data: bytes, file_name: str, progress: Progress | None = None
) -> Report:
    """Return what the file would do to the customers; nothing is written."""
    reading = tables.read(data, COLUMNS, progress)
    plan = _plan(session, reading.rows)
    return Report("customers", file_name, reading.rows, reading.problems, reading.unknown_columns, plan)


def plan_again(session: Session, report: Report) -> Plan:
    """Return what the report's rows would do now, with the customers locked until the commit."""
    return _plan(session, report.rows, locked=True)


def write(session: Session, report: Report, user: User | None) -> None:
    """Carry out a report that has no problems and was found to be up to date.

    Open drafts go with a customer to its new rep; invoices that waited for an e-mail go out with the first.
    """
    for additions in planning.chunks(report.added):
        rows = [(_values(added.values), added.values.get("outlet")) for added in additions]
        customer_rows.add_customers(session, rows)
    for chunk in planning.chunks(report.changed):
        _write_changes(session, chunk, user)
    # What was loaded before says what was so then.
    session.expire_all()
    handover.follow(session, _given_away(report), user)
    for customer_ids in planning.chunks(_with_new_emails(report)):
        letters.queue_unsent(session, *customer_ids)
    facts = {
        "file": formats.one_line(report.file_name),
        "added": len(report.added),
        "changed": len(report.changed),
    }
    audit.record(session, user, "import", "customers", None, after=facts)


# Cells


def _bot_id(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) <= _MAX_ID_DIGITS):
        raise Invalid("customer_code")
    return int(text)


COLUMNS = (
    Column("id", "bot_id", "Код в боте", _bot_id),
    Column("name", "name", "Клиент", requisites.check_name, is_required=True, aliases=("Наименование",)),
    Column("inn", "inn", "ИНН", requisites.check_inn),
    Column("kpp", "kpp", "КПП", requisites.check_kpp),
    Column("emails", "email", "E-mail", requisites.check_emails, aliases=("Почта",)),
    Column("phone", "phone", "Телефон", customers.check_phone),
    Column("address", "address", "Адрес", customers.check_address),
    Column("latitude", "latitude", "Широта", cells.check_latitude),
    Column("longitude", "longitude", "Долгота", cells.check_longitude),
    Column("sales_rep", "sales_rep", "Представитель", formats.one_line),
)
_TITLES = {column.field: column.title for column in COLUMNS}


# The plan: rows against the base


@dataclass(frozen=True, slots=True)
class _Known:
    """A customer as it stands, its fields as a row would say them, its outlets by folded address."""

    id: int
    values: Mapping[str, Any]
    outlets: Mapping[str, Sequence[Place]] = field(default_factory=dict)


def _plan(session: Session, rows: Sequence[Row], *, locked: bool = False) -> Plan:
    return planning.make_plan(rows, _Planner(session, locked=locked).decide)


class _Planner:
    """What rows are held against: every customer in use and every sales rep, loaded at once."""

    def __init__(self, session: Session, *, locked: bool) -> None:
        self._reps = _sales_reps(session)
        self._by_inn: defaultdict[str, list[_Known]] = defaultdict(list)
        self._by_name: defaultdict[str, list[_Known]] = defaultdict(list)
        self._by_id: dict[int, _Known] = {}
        for known in _known_customers(session, locked=locked):
            self._by_id[known.id] = known
            self._by_name[search.fold(known.values["name"])].append(known)
            if known.values["inn"]:
                self._by_inn[known.values["inn"]].append(known)
        self._matched: dict[int, int] = {}
        self._seen = _Seen()

    def decide(self, row: Row, faults: Faults) -> Addition | Change | None:
        """Return what the row adds or changes, None if it says what is so; note what stands in its way."""
        _refuse_contradictions(row, faults)
        if "id" not in row.values and "id" not in row.misread:
            self._seen.enter(row, faults)
        values = self._resolved(row.values, faults)
        # Whom a row is about is told by these; the others need not be right for it.
        if values.get("sales_rep", True) is None or not row.misread.isdisjoint(("id", "name", "inn", "kpp")):
            return None
        known = self._match(values, faults)
        if known is not None:
            self._refuse_second(row, known, faults)
            _refuse_kpp(
                values.get("inn") or known.values["inn"], values.get("kpp") or known.values["kpp"], faults
            )
        if faults:
            return None
        values.pop("id", None)
        key = values.get("inn") or values["name"]
        if known is None:
            return Addition(row.number, key, values)
        fields = planning.differences(_with_outlet(known, values), values)
        return Change(row.number, key, known.id, fields) if fields else None

    def _refuse_second(self, row: Row, known: _Known, faults: Faults) -> None:
        first = self._matched.setdefault(known.id, row.number)
        if first != row.number and not faults.has("repeated"):
            faults.add(_TITLES["name"], "repeated", value=row.values["name"], row=first)

    def _resolved(self, values: Mapping[str, Any], faults: Faults) -> dict[str, Any]:
        """Return the row's values with the rep looked up and address and coordinates made an outlet."""
        resolved = {name: value for name, value in values.items() if name not in {"latitude", "longitude"}}
        if "sales_rep" in values:
            resolved["sales_rep"] = self._rep(values["sales_rep"], faults)
        if {"address", "latitude", "longitude"} <= values.keys():
            resolved["outlet"] = Place(values["address"], values["latitude"], values["longitude"])
        return resolved

    def _rep(self, text: str, faults: Faults) -> SalesRep | None:
        found = _called(self._reps, text)
        if not found:
            faults.add(_TITLES["sales_rep"], "sales_rep_unknown", value=text)
        elif len(found) > 1:
            faults.add(_TITLES["sales_rep"], "sales_rep_ambiguous", value=text)
        return next(iter(found)) if len(found) == 1 else None

    def _match(self, values: Mapping[str, Any], faults: Faults) -> _Known | None:
        """Return whom the row is about: the one of its code, of its ИНН, or of its name and no other ИНН."""
        if "id" in values:
            if values["id"] not in self._by_id:
                faults.add(_TITLES["id"], "customer_unknown", value=values["id"])
            return self._by_id.get(values["id"])
        inn = values.get("inn")
        if inn and self._by_inn[inn]:
            return _only(self._by_inn[inn], values, "inn", faults)
        namesakes = self._by_name[search.fold(values["name"])]
        if inn:
            namesakes = [known for known in namesakes if known.values["inn"] is None]
        return _only(namesakes, values, "name", faults)


def _only(candidates: list[_Known], values: Mapping[str, Any], column: str, faults: Faults) -> _Known | None:
    """Return the one candidate; of several, the named rep's or the branch of that КПП."""
    for name in ("sales_rep", "kpp"):
        if len(candidates) > 1 and name in values:
            own = [known for known in candidates if known.values[name] == values[name]]
            candidates = own or candidates
    if len(candidates) > 1:
        faults.add(_TITLES[column], "customer_ambiguous", value=values[column], matches=len(candidates))
    return candidates[0] if len(candidates) == 1 else None


class _Seen:
    """The rows so far, to tell that one firm is named twice."""

    def __init__(self) -> None:
        self._inns: dict[str, int] = {}
        self._names: dict[str, list[tuple[int, str | None]]] = {}

    def enter(self, row: Row, faults: Faults) -> None:
        """Note a row, and whether it is about the firm of an earlier one."""
        inn, name = row.values.get("inn"), row.values.get("name")
        first = self._inns.setdefault(inn, row.number) if inn else row.number
        if first != row.number:
            faults.add(_TITLES["inn"], "repeated", value=inn, row=first)
        if name is None or first != row.number or "inn" in row.misread:
            return
        namesakes = self._names.setdefault(search.fold(name), [])
        for number, other_inn in namesakes:
            if inn is None or other_inn is None:
                faults.add(_TITLES["name"], "repeated", value=name, row=number)
                return
        namesakes.append((row.number, inn))


def _refuse_contradictions(row: Row, faults: Faults) -> None:
    values = row.values
    stated = {"latitude", "longitude", "address"} & (values.keys() | row.misread)
    if ("latitude" in stated) != ("longitude" in stated):
        faults.add(_TITLES["longitude"], "coordinates_incomplete")
    elif "latitude" in stated and "address" not in stated:
        faults.add(_TITLES["address"], "address_empty")
    if (values.get("latitude"), values.get("longitude")) == (0, 0):
        faults.add(_TITLES["latitude"], "coordinates_zero")
    _refuse_kpp(values.get("inn"), values.get("kpp"), faults)


def _refuse_kpp(inn: str | None, kpp: str | None, faults: Faults) -> None:
    if not faults.has("kpp_sole_proprietor"):
        with faults.under(_TITLES["kpp"]):
            customers.check_kpp_for(inn, kpp)


def _with_outlet(known: _Known, wanted: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the known values and, if the row has an outlet, what is known of that very address."""
    if "outlet" not in wanted:
        return known.values
    place = wanted["outlet"]
    there = known.outlets.get(search.fold(place.address), ())
    if any(customers.is_same_place(known_place, place) for known_place in there):
        return {**known.values, "outlet": place}
    return {**known.values, "outlet": there[0] if there else None}


def _sales_reps(session: Session) -> dict[str, set[SalesRep]]:
    """Return the active sales reps by everything a cell may call them."""
    reps: defaultdict[str, set[SalesRep]] = defaultdict(set)
    for user in session.scalars(select(User)).unique():
        if user.holds(Role.SALES_REP):
            for name in (user.name, user.username, str(user.telegram_id)):
                if name:
                    reps[search.fold(name)].add(SalesRep(user.id, user.name))
    return reps


def rep_names(session: Session) -> dict[int, str]:
    """Return for each active sales rep the first of name, user name and Telegram id that is nobody else's."""
    reps = _sales_reps(session)
    names: dict[int, str] = {}
    for user in session.scalars(select(User).order_by(User.id)).unique():
        for name in (user.name, user.username and f"@{user.username}", str(user.telegram_id)):
            if name and {rep.id for rep in _called(reps, name)} == {user.id}:
                names.setdefault(user.id, formats.one_line(name))
    return names


def _called(reps: Mapping[str, set[SalesRep]], text: str) -> set[SalesRep]:
    return reps.get(search.fold(text).removeprefix("@"), set())


_COMPARED = (
    *(Customer.id, Customer.name, Customer.inn, Customer.kpp, Customer.emails, Customer.phone),
    *(Customer.address, Customer.sales_rep_id),
)


def _known_customers(session: Session, *, locked: bool) -> Iterable[_Known]:
    # Columns, not entities: thousands of customers are only compared.
    statement = select(*_COMPARED).where(Customer.archived_at.is_(None)).order_by(Customer.id)
    found = session.execute(statement.with_for_update() if locked else statement).mappings().all()
    outlets = places(session)
    names = dict(session.execute(select(User.id, User.name)).all())
    for customer in found:
        rep_id = customer["sales_rep_id"]
        rep = None if rep_id is None else SalesRep(rep_id, names[rep_id])
        yield _Known(customer["id"], {**customer, "sales_rep": rep}, outlets.get(customer["id"], {}))


def places(session: Session) -> dict[int, dict[str, list[Place]]]:
    """Return every outlet in use: by its customer, then by its folded address."""
    outlets: dict[int, dict[str, list[Place]]] = {}
    for outlet in session.execute(
        select(Outlet.customer_id, Outlet.address, Outlet.latitude, Outlet.longitude)
        .where(Outlet.archived_at.is_(None))
        .order_by(Outlet.id)
    ):
        at_address = outlets.setdefault(outlet.customer_id, {}).setdefault(search.fold(outlet.address), [])
        at_address.append(Place(outlet.address, outlet.latitude, outlet.longitude))
    return outlets


def place_at(outlets: Mapping[str, Sequence[Place]], address: str | None) -> Place | None:
    """Return the first of a customer's outlets at this very address."""
    found = outlets.get(search.fold(address), ()) if address else ()
    return found[0] if found else None


# Writing


def _values(row: Mapping[str, Any]) -> CustomerValues:
    values = {name: value for name, value in row.items() if name not in {"sales_rep", "outlet"}}
    if "sales_rep" in row:
        values["sales_rep_id"] = row["sales_rep"].id if row["sales_rep"] else None
    return cast(CustomerValues, values)


def _with_new_emails(report: Report) -> list[int]:
    return [
        change.subject_id
        for change in report.changed
        if any(part.field == "emails" and part.new for part in change.fields)
    ]


def _given_away(report: Report) -> dict[tuple[int | None, int], set[int]]:
    """Return which customers go to another rep, by whose they were and whose they are now."""
    given: defaultdict[tuple[int | None, int], set[int]] = defaultdict(set)
    for change in report.changed:
        for part in change.fields:
            if part.field == "sales_rep":
                given[part.old.id if part.old else None, part.new.id].add(change.subject_id)
    return given


def _write_changes(session: Session, changes: Sequence[Change], user: User | None) -> None:
    moved = _write_outlets(session, changes)
    rewritings = [
        Rewriting(
            change.subject_id,
            _values({part.field: part.old for part in change.fields}),
            _values({part.field: part.new for part in change.fields}),
        )
        for change in changes
    ]
    customer_rows.update_customers(session, rewritings, user)
    customer_rows.refresh_search_texts(session, moved)


def _write_outlets(session: Session, changes: Sequence[Change]) -> list[int]:
    """Enter the new outlets, move those that stand at an address but in another place; return whose."""
    changed = ((change.subject_id, part) for change in changes for part in change.fields)
    parts = {customer_id: part for customer_id, part in changed if part.field == "outlet"}
    known = select(Outlet).where(Outlet.customer_id.in_(parts), Outlet.archived_at.is_(None))
    for outlet in session.scalars(known.order_by(Outlet.id)):
        part = parts[outlet.customer_id]
        if part.old == Place(outlet.address, outlet.latitude, outlet.longitude):
            outlet.latitude, outlet.longitude = part.new.latitude, part.new.longitude
    session.add_all(
        Outlet(customer_id=customer_id, created_at=now_of(session), **part.new._asdict())
        for customer_id, part in parts.items()
        if part.old is None
    )
    session.flush()
    return list(parts)
