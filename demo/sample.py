"""A food distributor to try the product on: its goods, customers, staff and settings.

Everything comes in the way it does in service — the files through the import, people by access codes,
requisites through their checks — so that what the demo shows is what the product does.
"""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from datetime import time
from pathlib import Path

from sqlalchemy import select, update
from sqlalchemy.orm import Session

import migrations
from models import AccessCode, Customer, Database, Role, User, WorkingHours, now_of
from services import auth, company, customers, imports

DATA = Path(__file__).resolve().parent / "data"


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody of the cast; ``code`` is an access code they hold and have not used yet."""

    telegram_id: int
    first_name: str
    username: str
    roles: tuple[Role, ...] = ()
    code: str | None = None


Cast = tuple[Person, ...]

ANNA = Person(1001, "Анна", "anna", (Role.SALES_REP,))
BORIS = Person(1002, "Борис", "boris", (Role.STOREKEEPER,))
CLARA = Person(1003, "Клара", "clara", (Role.SALES_REP,))
DMITRY = Person(1004, "Дмитрий", "dmitry", (Role.ADMIN,))
PYOTR = Person(1005, "Пётр", "pyotr", (Role.STOREKEEPER,))
STRANGER = Person(1006, "Ольга", "olga")

_STAFF = (ANNA, BORIS, CLARA, DMITRY, PYOTR)

_REQUISITES = {
    "name": "ООО «Северный ветер»",
    "inn": "7709003124",
    "kpp": "771301001",
    "address": "127591, Москва, Дубнинская улица, 83",
    "phone": "+7 495 000-00-00",
    "email": "sklad@severveter.example",
    "bank_name": "ПАО Сбербанк г. Москва",
    "bik": "044525225",
    "account": "40702810038000004512",
    "correspondent_account": "30101810400000000225",
    "director": "Ветров Дмитрий Андреевич",
    "accountant": "Счётова Елена Игоревна",
}
_FIRST_VALUES = company.FirstValues(
    warehouse_name="Склад на Дубнинской",
    warehouse_address="Москва, Дубнинская улица, 83",
    warehouse_latitude=55.8887,
    warehouse_longitude=37.5519,
    rate_per_km=10_00,
    admin_phone="+7 495 000-00-00",
)
_SATURDAY = 5


def prepare(database_url: str) -> Cast:
    """Bring the database up to date, fill it unless it has people already, and return the cast.

    The stranger holds a fresh access code as a sales rep every time: codes are kept as digests only, and
    the one given out at the last start cannot be told again. What was changed meanwhile stays changed.
    """
    database = Database(database_url)
    try:
        migrations.upgrade(database)
        with database.unit_of_work() as session:
            if auth.find_user(session, DMITRY.telegram_id) is None:
                _fill(session)
            return _cast(session)
    finally:
        database.close()


def _fill(session: Session) -> None:
    dmitry = _hire(session)
    company.take_first_values(session, _FIRST_VALUES)
    for field, text in _REQUISITES.items():
        company.set_requisite(session, field, text, dmitry)
    _set_hours(session)
    for check, name in ((imports.check_catalog, "catalog.csv"), (imports.check_customers, "customers.csv")):
        imports.apply(session, check(session, (DATA / name).read_bytes(), name), dmitry)
    _add_outlets(session)


def _hire(session: Session) -> User:
    """Let the staff in by codes of the administrator, whom the settings name; return the administrator."""
    auth.ensure_admins(session, [DMITRY.telegram_id])
    session.flush()
    dmitry = auth.find_user(session, DMITRY.telegram_id)
    assert dmitry is not None
    auth.take_note(session, dmitry, DMITRY.first_name, DMITRY.username)
    for person in _STAFF:
        if person is not DMITRY:
            code = auth.issue_code(session, person.roles[0], person.first_name, dmitry)
            name = person.first_name
            auth.redeem(session, person.telegram_id, code, name=name, username=person.username, language="ru")
    session.flush()
    return dmitry


def _set_hours(session: Session) -> None:
    for weekday in range(_SATURDAY):
        session.merge(
            WorkingHours(
                weekday=weekday,
                opens_at=time(8),
                closes_at=time(20),
                break_from=time(13),
                break_to=time(14),
            )
        )
    session.merge(WorkingHours(weekday=_SATURDAY, opens_at=time(9), closes_at=time(15)))


def _add_outlets(session: Session) -> None:
    """Add the points customers have besides the one in their own row."""
    by_name = {customer.name: customer for customer in session.scalars(select(Customer))}
    text = (DATA / "outlets.csv").read_text("utf-8-sig")
    for row in csv.DictReader(io.StringIO(text), delimiter=";"):
        customer = by_name[row["Клиент"]]
        customers.add_outlet(session, customer, row["Адрес"], float(row["Широта"]), float(row["Долгота"]))


def _cast(session: Session) -> Cast:
    """Return everybody with the roles they have now; who was a stranger may be one of the staff by now."""
    people = [_as_it_is(session, person) for person in (*_STAFF, STRANGER)]
    return tuple(person if person.roles else _with_code(session, person) for person in people)


def _as_it_is(session: Session, person: Person) -> Person:
    user = auth.find_user(session, person.telegram_id)
    roles = tuple(sorted(user.roles, key=lambda role: role.value)) if user else ()
    return Person(person.telegram_id, person.first_name, person.username, roles)


def _with_code(session: Session, person: Person) -> Person:
    if person.telegram_id != STRANGER.telegram_id:
        return person
    session.execute(
        update(AccessCode)
        .where(AccessCode.name == person.first_name, AccessCode.used_at.is_(None))
        .values(revoked_at=now_of(session))
    )
    dmitry = auth.find_user(session, DMITRY.telegram_id)
    can_issue = dmitry is not None and dmitry.holds(Role.ADMIN)
    code = auth.issue_code(session, Role.SALES_REP, person.first_name, dmitry if can_issue else None)
    return Person(person.telegram_id, person.first_name, person.username, (), code)
