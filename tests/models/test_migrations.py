from datetime import date

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import CheckConstraint, inspect, select, text
from sqlalchemy.orm import Session

import migrations
from models import Base, Database, VatKind
from services import company
from tests.conftest import Cast

pytestmark = pytest.mark.both_engines


def test_the_migrations_make_what_the_models_say(database: Database) -> None:
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []


def test_every_check_of_the_models_is_in_the_database(database: Database) -> None:
    # Autogenerate does not look at CHECK constraints, so their names are compared here.
    wanted = {
        (table.name, constraint.name)
        for table in Base.metadata.tables.values()
        for constraint in table.constraints
        if isinstance(constraint, CheckConstraint)
    }
    with database.engine.connect() as connection:
        inspector = inspect(connection)
        found = {
            (table, check["name"])
            for table in inspector.get_table_names()
            for check in inspector.get_check_constraints(table)
        }
    assert found == wanted
    assert ("products", "ck_products_reserved_is_there") in wanted


def test_partial_indexes_are_partial_in_the_database(database: Database) -> None:
    key = f"{database.engine.dialect.name}_where"
    wanted = {
        (table.name, index.name)
        for table in Base.metadata.tables.values()
        for index in table.indexes
        if index.dialect_options[database.engine.dialect.name].get("where") is not None
    }
    with database.engine.connect() as connection:
        inspector = inspect(connection)
        found = {
            (table, index["name"])
            for table in inspector.get_table_names()
            for index in inspector.get_indexes(table)
            if (index.get("dialect_options") or {}).get(key) is not None
        }
    assert found == wanted
    assert ("orders", "uq_orders_one_open_draft") in wanted


def test_an_empty_database_is_brought_to_the_head_once(empty_url: str) -> None:
    database = Database(empty_url)
    for _ in range(2):
        migrations.upgrade(database)
        with database.engine.connect() as connection:
            assert migrations.current(connection) == migrations.head()
    database.close()


def test_the_first_rows_are_there(database: Database) -> None:
    with database.reading() as session:
        firm, store, tariff = company.get(session), company.warehouse(session), company.tariff(session)
        assert (firm.currency, firm.timezone, firm.initialised_at) == ("RUB", "Europe/Moscow", None)
        assert (store.cutoff_at.hour, store.days_ahead) == (16, 60)
        assert (tariff.rate_per_km, tariff.radius_km, tariff.road_factor) == (1000, 500, 1000)


@pytest.mark.parametrize(
    ("kind", "day", "percent"),
    [
        (VatKind.STANDARD, date(2025, 12, 31), 20),
        (VatKind.STANDARD, date(2026, 1, 1), 22),
        (VatKind.REDUCED, date(2026, 11, 23), 10),
        (VatKind.ZERO, date(2026, 11, 23), 0),
        (VatKind.EXEMPT, date(2026, 11, 23), None),
        (VatKind.SIMPLIFIED_5, date(2026, 11, 23), 5),
        (VatKind.SIMPLIFIED_7, date(2026, 11, 23), 7),
    ],
)
def test_the_law_s_vat_rates_are_there_by_their_day(
    database: Database, kind: VatKind, day: date, percent: int | None
) -> None:
    with database.reading() as session:
        assert company.vat_rate(session, kind, day) == percent


def test_a_database_of_a_newer_program_is_refused_and_left_alone(database: Database) -> None:
    with database.connection() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(migrations.NewerSchema):
        migrations.upgrade(database)
    with database.engine.connect() as connection:
        assert migrations.current(connection) == "9999"


def test_every_row_has_its_parent(session: Session, cast: Cast, engine: str) -> None:
    session.flush()
    if engine == "sqlite":
        assert session.execute(text("PRAGMA foreign_key_check")).all() == []
        assert session.scalar(select(text("foreign_keys")).select_from(text("pragma_foreign_keys"))) == 1
    else:
        broken = text("SELECT conname FROM pg_constraint WHERE contype = 'f' AND NOT convalidated")
        assert session.execute(broken).all() == []


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_foreign_keys_are_on_again_after_a_migration(empty_url: str, engine: str) -> None:
    database = Database(empty_url)
    migrations.upgrade(database)
    with database.engine.connect() as connection:
        assert connection.execute(text("PRAGMA foreign_keys")).scalar() == 1
    database.close()
