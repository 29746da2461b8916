"""A real database for every test that asks: a SQLite file, and PostgreSQL where ``both_engines`` says so.

The cast: Анна and Клара sell, Борис and Пётр load, Дмитрий rules. Ромашка is Анна's customer, Василёк
Клара's, who must see nothing of Анна's.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time
from itertools import count
from pathlib import Path

import psycopg
import pytest
from sqlalchemy.orm import Session

import migrations
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

# A Friday, noon in Moscow: before the cut-off, and the next working day is a Monday.
NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
TEMPLATE = "migrated"


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "both_engines: runs on SQLite and on PostgreSQL")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    marks_one = any("engine" in mark.args[0] for mark in metafunc.definition.iter_markers("parametrize"))
    if marks_one or "engine" not in metafunc.fixturenames:
        return
    if metafunc.definition.get_closest_marker("both_engines"):
        metafunc.parametrize("engine", ["sqlite", "postgresql"], indirect=True)


class PostgresServer:
    """A server of the tests' own, on a unix socket, with nothing kept on disk for long."""

    def __init__(self, binaries: Path) -> None:
        self._binaries = binaries
        # A socket's path has room for about a hundred bytes, so pytest's own folders are too deep.
        self._folder = Path(tempfile.mkdtemp(prefix="pg", dir=_fast_folder()))
        self._numbers = count(1)
        if os.geteuid() == 0:
            shutil.chown(self._folder, "postgres")

    def start(self) -> None:
        self._run(
            "initdb", "-D", "data", "-U", "postgres", "-A", "trust", "--no-sync", "-E", "UTF8", "--locale=C"
        )
        options = f"-c listen_addresses='' -k {self._folder}"
        for switch in ("fsync", "synchronous_commit", "full_page_writes", "autovacuum"):
            options += f" -c {switch}=off"
        self._run("pg_ctl", "start", "-w", "-s", "-D", "data", "-l", "log", "-o", options)

    def stop(self) -> None:
        self._run("pg_ctl", "stop", "-s", "-m", "immediate", "-D", "data")
        shutil.rmtree(self._folder, ignore_errors=True)

    def url(self, name: str) -> str:
        return f"postgresql://postgres@/{name}?host={self._folder}"

    def create(self, name: str = "", template: str = "template1") -> str:
        name = name or f"test{next(self._numbers)}"
        with self._connection() as connection:
            # Copying files is twice as fast as logging pages; PostgreSQL 15 made it a choice.
            strategy = " STRATEGY FILE_COPY" if connection.info.server_version >= 150_000 else ""
            connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}{strategy}".encode())
        return name

    def drop(self, name: str) -> None:
        with self._connection() as connection:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())

    def _connection(self) -> psycopg.Connection:
        return psycopg.connect(self.url("postgres"), autocommit=True)

    def _run(self, program: str, *arguments: str) -> None:
        # PostgreSQL refuses to run as root.
        prefix = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
        command = [*prefix, str(self._binaries / program), *arguments]
        # Not captured through a pipe: the server would inherit it and never close it.
        with (self._folder / "out").open("w+") as output:
            done = subprocess.run(
                command, cwd=self._folder, stdout=output, stderr=output, stdin=subprocess.DEVNULL, check=False
            )
            output.seek(0)
            assert done.returncode == 0, output.read()


def _fast_folder() -> str | None:
    """Memory, where there is enough of it: a container's /dev/shm may have as little as 64 MB."""
    memory = Path("/dev/shm")
    roomy = memory.is_dir() and os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > 2**30
    return str(memory) if roomy else None


def postgres_binaries() -> Path | None:
    """The newest PostgreSQL's programs, where Debian keeps them or where pg_config says."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: float(path.parts[-3]))
    if found:
        return found[-1].parent
    pg_config = shutil.which("pg_config")
    if pg_config is None:
        return None
    folder = Path(subprocess.check_output([pg_config, "--bindir"], text=True).strip())
    return folder if (folder / "initdb").exists() else None


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    binaries = postgres_binaries()
    if binaries is None:
        why = "PostgreSQL is not installed (Debian: apt-get install postgresql)"
        if os.environ.get("CI", "").lower() in ("1", "true"):
            pytest.fail(f"{why}; in CI both engines must be tested")
        pytest.skip(why)
    server = PostgresServer(binaries)
    server.start()
    try:
        database = Database(server.url(server.create(TEMPLATE)))
        migrations.upgrade(database)
        database.close()
        yield server
    finally:
        server.stop()


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("template") / "bot.db"
    database = Database(f"sqlite:///{path}")
    migrations.upgrade(database)
    database.close()
    return path


@pytest.fixture
def engine(request: pytest.FixtureRequest) -> str:
    """Which database the test runs on; SQLite unless the test is marked ``both_engines``."""
    return str(getattr(request, "param", "sqlite"))


@pytest.fixture
def database_url(engine: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database of the test's own, migrated."""
    if engine == "sqlite":
        template: Path = request.getfixturevalue("migrated_file")
        yield f"sqlite:///{shutil.copy(template, tmp_path / 'bot.db')}"
        return
    server: PostgresServer = request.getfixturevalue("postgres")
    name = server.create(template=TEMPLATE)
    yield server.url(name)
    server.drop(name)


@pytest.fixture
def empty_url(engine: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database without a single table."""
    if engine == "sqlite":
        yield f"sqlite:///{tmp_path / 'empty.db'}"
        return
    server: PostgresServer = request.getfixturevalue("postgres")
    name = server.create()
    yield server.url(name)
    server.drop(name)


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    database = Database(database_url)
    yield database
    database.close()


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
