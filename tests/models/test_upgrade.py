"""A company of the first schema comes to the newest with everything it had, and a bot works on it."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import MetaData, create_engine, func, insert, select
from sqlalchemy.orm import Session

import migrations
from models import Customer, Database, Order, OrderStatus, Product, User
from models.database import normalised_url, sqlite_path
from services import ledger, loading
from settings import Secret
from tests.engines import SQLITE
from tests.flows import acts
from tests.flows.stage import running

pytestmark = pytest.mark.both_engines

FIRST = Path(__file__).parent / "fixtures" / "schema_0001.sql"


@pytest.fixture
def first(engine: str, empty_url: str, tmp_path: Path) -> str:
    """The URL of the company as the first release left it."""
    path = sqlite_path(empty_url) or tmp_path / "first.db"
    file = sqlite3.connect(path)
    file.executescript(FIRST.read_text("utf-8"))
    file.close()
    if engine != SQLITE:
        _make_first_schema(empty_url)
        _copy_rows(f"sqlite:///{path}", empty_url)
    return empty_url


def _make_first_schema(url: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(migrations.HERE))
    database = Database(url)
    with database.connection() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
    database.close()


def _copy_rows(source: str, target: str) -> None:
    """Copy what the tables hold, as the tables were then: the models know only today's."""
    old, new = create_engine(source), create_engine(normalised_url(target))
    tables, there = MetaData(), MetaData()
    tables.reflect(old)
    there.reflect(new)
    with old.connect() as reading, new.begin() as writing:
        for table in reversed(there.sorted_tables):
            writing.execute(table.delete())
        for table in tables.sorted_tables:
            rows = [dict(row) for row in reading.execute(select(table)).mappings()]
            if rows:
                writing.execute(insert(there.tables[table.name]), rows)
        for table in there.sorted_tables:
            if "id" in table.c and table.c.id.identity is None and table.c.id.server_default is not None:
                sequence = func.pg_get_serial_sequence(table.name, "id")
                writing.execute(select(func.setval(sequence, func.max(table.c.id))))
    old.dispose()
    new.dispose()


@pytest.mark.parametrize("engine", [SQLITE], indirect=True)
def test_what_is_set_aside_is_whole_whoever_reads_meanwhile(first: str, tmp_path: Path) -> None:
    path = sqlite_path(first)
    assert path is not None
    reader = sqlite3.connect(path, isolation_level=None)
    reader.execute("PRAGMA journal_mode = WAL")
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM users").fetchall()
    # The old program's last word stays in the log: the reader does not let it into the file.
    writer = sqlite3.connect(path)
    writer.execute("UPDATE users SET name = 'Последняя запись' WHERE id = 1")
    writer.commit()
    database = Database(first)
    migrations.upgrade(database)
    database.close()
    reader.close()
    writer.close()
    [aside] = path.parent.glob("*.before-*")
    kept = sqlite3.connect(aside)
    assert kept.execute("SELECT name FROM users WHERE id = 1").fetchall() == [("Последняя запись",)]
    assert kept.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    assert kept.execute("SELECT version_num FROM alembic_version").fetchall() == [("0001",)]
    kept.close()


def facts(url: str) -> dict[str, list[tuple[Any, ...]]]:
    """What the company owns and owes, asked in words that every schema understands."""
    asked = {
        "people": "SELECT telegram_id, name FROM users ORDER BY telegram_id",
        "roles": "SELECT u.name, r.role FROM user_roles r JOIN users u ON u.id = r.user_id ORDER BY 1, 2",
        "customers": "SELECT name, emails FROM customers ORDER BY id",
        "stock": "SELECT sku, on_hand, reserved, price FROM products ORDER BY sku",
        "ledger": "SELECT sum(on_hand_change), sum(reserved_change) FROM stock_movements",
        "orders": "SELECT number, status, total_amount, delivery_amount FROM orders ORDER BY id",
        "lines": "SELECT order_id, product_id, quantity, price, loaded_quantity FROM order_lines ORDER BY id",
        "held": "SELECT order_line_id, quantity FROM reservations ORDER BY order_line_id",
        "papers": "SELECT number, total_amount FROM documents WHERE kind = 'invoice' ORDER BY number",
        "events": "SELECT order_id, kind FROM order_events ORDER BY id",
    }
    engine = create_engine(normalised_url(url))
    with engine.connect() as connection:
        found = {
            name: [tuple(row) for row in connection.exec_driver_sql(query)] for name, query in asked.items()
        }
    engine.dispose()
    return found


@pytest.fixture
def upgraded(first: str) -> str:
    database = Database(first)
    migrations.upgrade(database)
    database.close()
    return first


def test_everything_is_there_as_it_was(first: str) -> None:
    before = facts(first)
    database = Database(first)
    migrations.upgrade(database)
    with database.engine.connect() as connection:
        assert migrations.current(connection) == migrations.head()
    database.close()
    after = facts(first)
    assert after == before
    # 60 × 89.90 + 18 × 18.50 and 12 × 649.00 + 6 × 18.50, each with 11.1 km of delivery at 10.00.
    assert [total for _, total in after["papers"]] == [583800, 801000]
    assert [name for _, name in after["people"]] == ["Анна", "Борис", "Клара", "Дмитрий", "Пётр"]
    assert [number for number, *_ in after["orders"] if number is not None] == [1, 2, 3, 4, 5, 6]
    path = sqlite_path(first)
    if path is not None:
        assert facts(f"sqlite:///{path.with_suffix(f'.before-{migrations.head()}.db')}") == before


def test_the_books_agree_and_the_work_goes_on(upgraded: str) -> None:
    database = Database(upgraded)
    with database.unit_of_work() as session:
        assert ledger.find_discrepancies(session) == []
        boris = _by_name(session, "Борис")
        order = session.scalars(select(Order).where(Order.status == OrderStatus.LOADING)).one()
        assert order.storekeeper_id == boris.id
        loading.confirm_load(session, order.id, boris)
        session.flush()
    after = facts(upgraded)
    # 2 × 12 × 89.90 + 4 × 649.00, and the same way to go.
    assert after["papers"][-1][1] == 215760 + 259600 + 11100
    with database.reading() as session:
        cheese = session.scalars(select(Product).where(Product.sku == "C-1")).one()
        assert (cheese.on_hand, cheese.reserved) == (50_000 - 12_000 - 4_000, 0)
        assert ledger.find_discrepancies(session) == []
    database.close()


def test_a_bot_starts_on_it_and_sends_what_waited(first: str, tmp_path: Path) -> None:
    with running(tmp_path / "bot", database_url=Secret(first)) as stage:
        letters = stage.mailbox.wait_letters(2)
        subjects = sorted(letter.subject for letter in letters)
        assert ["№ 1 " in subjects[0], "№ 2 " in subjects[1]] == [True, True], subjects
        assert all(letter.attachments for letter in letters)
        acts.opens(stage.anna)
        acts.press(stage.anna, "📋 Мои заказы", "Ваши заказы")
        for label in ("✏️ №5 · ООО «Ромашка»", "⏳ №3 · ООО «Ромашка»", "🚚 №1 · ООО «Ромашка» · 5 838,00 ₽"):
            acts.offers(stage.anna, label)
        with stage.app.database.reading() as session:
            assert session.scalars(select(Customer.name).order_by(Customer.id)).all() == [
                "ООО «Ромашка»",
                "ИП Васильков",
            ]


def _by_name(session: Session, name: str) -> User:
    return session.scalars(select(User).where(User.name == name)).unique().one()
