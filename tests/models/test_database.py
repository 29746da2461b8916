import sqlite3
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.exc import DBAPIError, StatementError
from sqlalchemy.orm import Session

from models import Category, Company, Database, User, now_of
from models.database import POSTGRESQL_LOCK, normalised_url, sqlite_path
from models.faults import trouble_of
from tests.conftest import NOW

both_engines = pytest.mark.both_engines
sqlite_only = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)


class Slip(Exception):
    """Something went wrong half-way."""


def slip(session: Session) -> None:
    session.add(Category(name="уходит"))
    session.flush()
    raise Slip


def in_threads(number: int, work: Callable[[int], None]) -> None:
    """Run ``work`` in so many threads that begin together; raise what the first of them raised."""
    barrier, faults = threading.Barrier(number), list[BaseException]()

    def run(index: int) -> None:
        try:
            barrier.wait()
            work(index)
        except BaseException as fault:
            faults.append(fault)

    threads = [threading.Thread(target=run, args=(index,)) for index in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if faults:
        raise faults[0]


@both_engines
def test_a_block_that_ends_is_committed(database: Database) -> None:
    with database.unit_of_work() as session:
        session.add(Category(name="Бакалея"))
    with database.reading() as session:
        assert session.scalars(select(Category.name)).all() == ["Бакалея"]


@both_engines
def test_a_block_that_raises_is_rolled_back_whole(database: Database) -> None:
    with pytest.raises(Slip), database.unit_of_work() as session:
        slip(session)
    with database.reading() as session:
        assert session.scalars(select(Category.name)).all() == []


@both_engines
def test_a_savepoint_that_raises_takes_only_itself_back(database: Database) -> None:
    with database.unit_of_work() as session:
        session.add(Category(name="остаётся"))
        with pytest.raises(Slip), session.begin_nested():
            slip(session)
    with database.reading() as session:
        assert session.scalars(select(Category.name)).all() == ["остаётся"]


@both_engines
def test_a_reading_session_leaves_nothing(database: Database) -> None:
    with database.reading() as session:
        session.execute(update(Company).values(invoice_start=7))
    with database.reading() as session:
        assert session.scalar(select(Company.invoice_start)) == 1


@both_engines
def test_a_reader_does_not_wait_for_a_writer(database: Database) -> None:
    with database.unit_of_work() as writer:
        writer.execute(update(Company).values(invoice_start=7))
        seen = list[int | None]()

        def read(_: int) -> None:
            with database.reading() as session:
                seen.append(session.scalar(select(Company.invoice_start)))

        in_threads(1, read)
        assert seen == [1]


@both_engines
def test_increments_of_eight_threads_are_all_there(database: Database) -> None:
    def add_ones(_: int) -> None:
        for _ in range(25):
            with database.unit_of_work() as session:
                firm = session.get_one(Company, 1)
                firm.invoice_start += 1

    in_threads(8, add_ones)
    with database.reading() as session:
        assert session.scalar(select(Company.invoice_start)) == 1 + 8 * 25


@both_engines
def test_increments_through_engines_of_their_own_are_all_there(database: Database) -> None:
    # As from eight processes: no lock of this process between them, only the database's.
    def add_ones(_: int) -> None:
        own = Database(database.url)
        for _ in range(10):
            with own.unit_of_work() as session:
                session.get_one(Company, 1).invoice_start += 1
        own.close()

    in_threads(8, add_ones)
    with database.reading() as session:
        assert session.scalar(select(Company.invoice_start)) == 1 + 8 * 10


@sqlite_only
def test_a_unit_of_work_holds_the_write_lock_from_its_first_moment(database: Database) -> None:
    path = sqlite_path(database.url)
    assert path is not None
    with database.unit_of_work() as session:
        session.scalar(select(Company.id))
        other = sqlite3.connect(path, timeout=0, isolation_level=None)
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            other.execute("BEGIN IMMEDIATE")
        other.close()


@sqlite_only
def test_sqlite_is_set_up_to_lose_nothing(database: Database) -> None:
    with database.engine.connect() as connection:
        pragmas = {
            name: connection.execute(text(f"PRAGMA {name}")).scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys")
        }
    # synchronous: 2 is FULL
    assert pragmas == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}


def test_now_is_one_moment_per_unit_and_can_be_given(database: Database) -> None:
    with database.unit_of_work(NOW) as session:
        assert now_of(session) == NOW
    with database.unit_of_work() as session:
        moment = now_of(session)
        assert (moment.utcoffset(), now_of(session)) == (timedelta(0), moment)


@both_engines
def test_a_moment_comes_back_aware_and_in_utc(database: Database) -> None:
    vladivostok = timezone(timedelta(hours=10))
    with database.unit_of_work() as session:
        session.add(
            User(telegram_id=1, name="Анна", created_at=datetime(2026, 11, 20, 19, 0, tzinfo=vladivostok))
        )
    with database.reading() as session:
        created_at = session.scalars(select(User.created_at)).one()
    assert (created_at, created_at.tzinfo) == (datetime(2026, 11, 20, 9, 0, tzinfo=UTC), UTC)


@both_engines
def test_a_moment_without_a_zone_is_refused(database: Database) -> None:
    with pytest.raises(StatementError, match="time zone"), database.unit_of_work() as session:
        session.add(User(telegram_id=1, name="Анна", created_at=datetime(2026, 11, 20, 9, 0)))  # noqa: DTZ001


@pytest.mark.parametrize(
    ("url", "normalised"),
    [
        ("postgres://u:p@host/db", "postgresql+psycopg://u:p@host/db"),
        ("postgresql://u:p@host/db", "postgresql+psycopg://u:p@host/db"),
        ("sqlite:///data/bot.db", "sqlite:///data/bot.db"),
    ],
)
def test_a_postgresql_url_means_the_driver_we_ship(url: str, normalised: str) -> None:
    assert normalised_url(url) == normalised


def test_the_path_of_a_database_that_is_a_file() -> None:
    assert sqlite_path("sqlite:///data/bot.db") == Path("data/bot.db")
    assert sqlite_path("sqlite:////var/lib/bot.db") == Path("/var/lib/bot.db")
    assert sqlite_path("postgresql+psycopg://host/db") is None


def test_the_folder_of_a_new_database_is_made(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path}/new/folder/bot.db")
    with database.unit_of_work() as session:
        session.execute(text("SELECT 1"))
    database.close()
    assert (tmp_path / "new/folder/bot.db").exists()


@pytest.mark.parametrize("engine", ["postgresql"], indirect=True)
def test_postgresql_s_lock_is_held_by_one_until_it_closes(database: Database, engine: str) -> None:
    other = Database(database.url)
    assert database.try_lock()
    assert not other.try_lock()
    database.close()
    with other.engine.begin() as connection:
        # Waits: the server notices the closed connection in its own time.
        connection.execute(text("SET LOCAL lock_timeout = '10s'"))
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": POSTGRESQL_LOCK})
    other.close()


@pytest.mark.parametrize("engine", ["postgresql"], indirect=True)
def test_a_statement_that_takes_too_long_is_no_fault_of_the_server(database: Database) -> None:
    with database.unit_of_work() as session:
        session.execute(text("SET LOCAL statement_timeout = 1"))
        with pytest.raises(DBAPIError) as caught, session.begin_nested():
            session.execute(text("SELECT pg_sleep(1)"))
    assert trouble_of(caught.value) is None
