"""A real database for every test that asks, on the engine that tests/engines.py says.

The cast: Анна and Клара sell, Борис and Пётр load, Дмитрий rules. Ромашка is Анна's customer, Василёк
Клара's, who must see nothing of Анна's.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

import bot
from models import (
    Category,
    Customer,
    Database,
    MovementKind,
    Product,
    Role,
    StockMovement,
    Unit,
    User,
    UserRole,
    VatKind,
    WorkingHours,
)
from services import company
from settings import NAMES
from tests.engines import (
    CHOSEN,
    EMPTY,
    MIGRATED,
    POSTGRESQL,
    SQLITE,
    WHY_NOT,
    engines,
    postgres_binaries,
)

# A Friday, noon in Moscow: before the cut-off, and the next working day is a Monday.
NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "both_engines: runs on SQLite and on PostgreSQL")
    if CHOSEN not in (None, SQLITE, POSTGRESQL):
        raise pytest.UsageError(f"ENGINE={CHOSEN}: it is {SQLITE} or {POSTGRESQL}, or not set for the usual")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    marks_one = any("engine" in mark.args[0] for mark in metafunc.definition.iter_markers("parametrize"))
    if marks_one or "engine" not in metafunc.fixturenames:
        return
    is_marked = metafunc.definition.get_closest_marker("both_engines")
    on = [CHOSEN] if CHOSEN else [SQLITE, POSTGRESQL] if is_marked else []
    if on:
        metafunc.parametrize("engine", on, indirect=True)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """With an engine chosen, leave out what runs on the other one, or, for PostgreSQL, on neither."""
    if CHOSEN is None:
        return
    kept, out = list[pytest.Item](), list[pytest.Item]()
    for item in items:
        on = item.callspec.params.get("engine", SQLITE) if hasattr(item, "callspec") else SQLITE
        (kept if on == CHOSEN else out).append(item)
    config.hook.pytest_deselected(items=out)
    items[:] = kept


@pytest.fixture(scope="session", autouse=True)
def _engines_stopped() -> Iterator[None]:
    yield
    engines.stop()


@pytest.fixture
def engine(request: pytest.FixtureRequest) -> Iterator[str]:
    """Which database the test runs on, see tests/engines.py."""
    chosen = str(getattr(request, "param", SQLITE))
    if chosen == POSTGRESQL and postgres_binaries() is None:
        if os.environ.get("CI", "").lower() in ("1", "true"):
            pytest.fail(f"{WHY_NOT}; in CI both engines must be tested")
        pytest.skip(WHY_NOT)
    engines.current = chosen
    yield chosen
    engines.current = SQLITE


@pytest.fixture
def database_url(engine: str, tmp_path: Path) -> Iterator[str]:
    """A database of the test's own, migrated."""
    with engines.database(tmp_path, MIGRATED) as url:
        yield url


@pytest.fixture
def empty_url(engine: str, tmp_path: Path) -> Iterator[str]:
    """A database without a single table."""
    with engines.database(tmp_path, EMPTY) as url:
        yield url


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    database = Database(database_url)
    yield database
    database.close()


@pytest.fixture
def command_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., int]]:
    """Run bot.py in this process, with a token nobody else uses; what it sets for its process is put back."""
    logger, mask = logging.getLogger(), os.umask(0o022)
    handlers, level = logger.handlers[:], logger.level
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    token = f"{os.getpid()}:a-token-of-{tmp_path.name}"
    for name, value in (("BOT_TOKEN", token), ("ADMIN_IDS", "1004"), ("DATA_DIR", str(tmp_path))):
        monkeypatch.setenv(name, value)
    yield lambda *arguments: bot.main([str(argument) for argument in arguments])
    os.umask(mask)
    logger.handlers[:], logger.level = handlers, level


@dataclass(frozen=True)
class Cast:
    """The ids of everybody and everything that is there from the start."""

    anna: int
    clara: int
    boris: int
    petr: int
    dmitry: int
    romashka: int
    vasilek: int
    buckwheat: int
    water: int
    cheese: int


@pytest.fixture
def cast(database: Database) -> Cast:
    """A firm at work: staff, a customer of each rep, goods with packages, opening hours, requisites."""
    with database.unit_of_work(NOW) as session:
        people = {
            "anna": _hire(session, 1001, "Анна", Role.SALES_REP),
            "boris": _hire(session, 1002, "Борис", Role.STOREKEEPER),
            "clara": _hire(session, 1003, "Клара", Role.SALES_REP),
            "dmitry": _hire(session, 1004, "Дмитрий", Role.ADMIN),
            "petr": _hire(session, 1005, "Пётр", Role.STOREKEEPER),
        }
        session.flush()
        firms = {
            "romashka": _customer(session, people["anna"], "ООО «Ромашка»", "buh@romashka.example"),
            "vasilek": _customer(session, people["clara"], "ИП Васильков", "vasilek@mail.example"),
        }
        shelf = Category(name="Бакалея")
        session.add(shelf)
        session.flush()
        goods = {
            "buckwheat": _product(session, shelf, "A-1", "Крупа гречневая", "шт", 8990, VatKind.REDUCED, 600),
            "water": _product(session, shelf, "B-1", "Вода", "шт", 1850, VatKind.STANDARD, 100),
            "cheese": _product(session, shelf, "C-1", "Сыр", "кг", 64900, VatKind.REDUCED, 50),
        }
        goods["buckwheat"].packages = [Unit(code="кор", factor=12_000), Unit(code="пал", factor=480_000)]
        goods["water"].packages = [Unit(code="упак", factor=6_000)]
        # Five days a week; the rest of the calendar is what the first migration wrote.
        for day in range(5):
            hours = WorkingHours(weekday=day, opens_at=time(9), closes_at=time(18))
            hours.break_from, hours.break_to = time(13), time(14)
            session.merge(hours)
        _fill_company(session)
        session.flush()
        rows: dict[str, User | Customer | Product] = {**people, **firms, **goods}
        return Cast(**{name: row.id for name, row in rows.items()})


@pytest.fixture
def session(database: Database, cast: Cast) -> Iterator[Session]:
    """One unit of work at NOW in which the cast is there; committed at the end of the test."""
    with database.unit_of_work(NOW) as session:
        yield session


@pytest.fixture
def anna(session: Session, cast: Cast) -> User:
    return session.get_one(User, cast.anna)


@pytest.fixture
def clara(session: Session, cast: Cast) -> User:
    return session.get_one(User, cast.clara)


@pytest.fixture
def boris(session: Session, cast: Cast) -> User:
    return session.get_one(User, cast.boris)


@pytest.fixture
def petr(session: Session, cast: Cast) -> User:
    return session.get_one(User, cast.petr)


@pytest.fixture
def dmitry(session: Session, cast: Cast) -> User:
    return session.get_one(User, cast.dmitry)


@pytest.fixture
def romashka(session: Session, cast: Cast) -> Customer:
    return session.get_one(Customer, cast.romashka)


@pytest.fixture
def buckwheat(session: Session, cast: Cast) -> Product:
    return session.get_one(Product, cast.buckwheat)


@pytest.fixture
def water(session: Session, cast: Cast) -> Product:
    return session.get_one(Product, cast.water)


@pytest.fixture
def cheese(session: Session, cast: Cast) -> Product:
    return session.get_one(Product, cast.cheese)


def _hire(session: Session, telegram_id: int, name: str, role: Role) -> User:
    user = User(telegram_id=telegram_id, name=name, language="ru", created_at=NOW)
    user.grants = [UserRole(role=role)]
    session.add(user)
    return user


def _customer(session: Session, rep: User, name: str, emails: str) -> Customer:
    customer = Customer(sales_rep_id=rep.id, name=name, emails=emails, created_at=NOW)
    session.add(customer)
    return customer


def _product(
    session: Session, shelf: Category, sku: str, name: str, unit: str, price: int, vat: VatKind, on_hand: int
) -> Product:
    product = Product(
        sku=sku, name=name, category_id=shelf.id, unit=unit, price=price, vat_kind=vat, on_hand=on_hand * 1000
    )
    session.add(product)
    session.flush()
    session.add(
        StockMovement(
            product_id=product.id, kind=MovementKind.RECEIPT, on_hand_change=product.on_hand, at=NOW
        )
    )
    return product


def _fill_company(session: Session) -> None:
    firm, store = company.get(session), company.warehouse(session)
    firm.name, firm.inn, firm.kpp = "ООО «Северный ветер»", "7707083893", "773601001"
    firm.address, firm.phone, firm.email = "Москва, Вавилова, 19", "+74951234567", "sales@veter.example"
    firm.bank_name, firm.bik = "ПАО СБЕРБАНК", "044525225"
    firm.account, firm.correspondent_account = "40702810138250123017", "30101810400000000225"
    store.name, store.latitude, store.longitude = "Склад", 55.7, 37.6
