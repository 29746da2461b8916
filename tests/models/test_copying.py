"""A whole company moves from SQLite to PostgreSQL and back; whatever goes wrong, the target stays empty."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, inspect, select

from benchmarks import big_database
from benchmarks.big_rows import Size
from demo import sample
from migrations import copying
from models import Base, Category, Database, Order
from models.database import normalised_url
from runtime.instance_lock import InstanceLock
from tests.engines import MIGRATED, engines
from tests.faults.offices import order_in_hand

pytestmark = pytest.mark.parametrize("engine", ["postgresql"], indirect=True)

ROOT = Path(__file__).parent.parent.parent
TOKEN = "123456789:a-token-of-the-tests"
Copy = Callable[..., int]
Rows = dict[str, list[tuple[Any, ...]]]


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A company with a past, whose last shelf holds one that was made before it."""
    path = tmp_path_factory.mktemp("company") / "bot.db"
    big_database.build(path, Size(reps=2, products=220, customers=20, orders=200, queue=12))
    database = Database(f"sqlite:///{path}")
    with database.unit_of_work() as session:
        shelves = session.scalars(select(Category).order_by(Category.id)).all()
        lone = next(shelf for shelf in shelves if shelf.parent_id is None and shelf is not shelves[-1])
        lone.parent_id = shelves[-1].id
    database.close()
    return path


@pytest.fixture
def source(company: Path, tmp_path: Path) -> Path:
    (tmp_path / "source").mkdir()
    path = tmp_path / "source" / "bot.db"
    path.write_bytes(company.read_bytes())
    return path


@pytest.fixture
def copy(command_line: Copy) -> Copy:
    """Run the command in this process."""
    return partial(command_line, "copy-database")


def settings_of(folder: Path) -> dict[str, str]:
    return {"BOT_TOKEN": TOKEN, "ADMIN_IDS": "1004", "DATA_DIR": str(folder), "TMPDIR": str(folder)}


def rows_of(url: str) -> Rows:
    """Everything, read without the program's own way of opening a database."""
    engine = create_engine(normalised_url(url))
    with engine.connect() as connection:
        found = {
            table.name: [tuple(row) for row in connection.execute(select(table).order_by(*table.primary_key))]
            for table in Base.metadata.tables.values()
        }
    engine.dispose()
    return found


def tables_of(url: str) -> list[str]:
    engine = create_engine(normalised_url(url))
    with engine.connect() as connection:
        found = inspect(connection).get_table_names()
    engine.dispose()
    return found


def test_everything_moves_and_the_work_goes_on(
    copy: Copy, source: Path, empty_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    there = rows_of(f"sqlite:///{source}")
    assert sum(bool(rows) for rows in there.values()) > 20
    assert copy(source, empty_url) == 0
    said = capsys.readouterr()
    assert f"orders: {len(there['orders'])} rows" in said.err
    total = sum(len(rows) for rows in there.values())
    assert f"Copied {total} rows of {len(there)} tables" in said.out
    assert rows_of(empty_url) == there
    assert rows_of(f"sqlite:///{source}") == there
    # New rows get new keys, and a parent is asked for again.
    database = Database(empty_url)
    last = max(row[0] for row in there["orders"])
    number = order_in_hand(database, sample.BORIS)
    with database.reading() as session:
        assert session.scalars(select(Order.id).where(Order.number == number)).one() == last + 1
    with database.engine.connect() as connection:
        foreign = inspect(connection).get_foreign_keys("order_lines")
    assert {key["referred_table"] for key in foreign} >= {"orders", "products"}
    database.close()


def test_and_back_into_a_file(copy: Copy, source: Path, empty_url: str, tmp_path: Path) -> None:
    there = rows_of(f"sqlite:///{source}")
    assert copy(source, empty_url) == 0
    assert copy(empty_url, tmp_path / "back.db") == 0
    assert rows_of(f"sqlite:///{tmp_path / 'back.db'}") == there
    file = sqlite3.connect(tmp_path / "back.db")
    assert file.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    assert file.execute("PRAGMA foreign_key_check").fetchall() == []
    file.close()
    assert not (tmp_path / "back.db.part").exists()


def test_what_is_null_stays_null(copy: Copy, source: Path, empty_url: str) -> None:
    file = sqlite3.connect(source)
    file.execute(
        "INSERT INTO audit_entries (at, action, subject) VALUES ('2026-11-20 09:00:00.000000', 'x', 'y')"
    )
    file.commit()
    file.close()
    assert copy(source, empty_url) == 0
    query = "SELECT count(*) FROM audit_entries WHERE action = 'x' AND before IS NULL AND after IS NULL"
    database = Database(empty_url)
    with database.connection() as connection:
        assert connection.exec_driver_sql(query).scalar() == 1
    database.close()


def test_a_target_that_holds_something_is_refused(
    copy: Copy, source: Path, empty_url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with engines.database(tmp_path, MIGRATED) as url:
        before = rows_of(url)
        assert copy(source, url) == 1
        assert rows_of(url) == before
    assert "not empty, it has access_attempts" in capsys.readouterr().err
    assert copy(source, source) == 1
    assert "is there already" in capsys.readouterr().err


def test_what_is_left_of_another_database_of_the_name_is_not_read_into_the_copy(
    copy: Copy, source: Path, tmp_path: Path, engine: str, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "new.db"
    log = tmp_path / "new.db-wal"
    log.write_bytes(b"the last words of a bot that was killed")
    assert copy(source, target) == 1
    assert f"{log} is there already" in capsys.readouterr().err
    assert not target.exists()
    log.unlink()
    assert copy(source, target) == 0


def test_a_source_on_which_a_bot_runs_is_refused(
    copy: Copy, source: Path, empty_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    database = Database(f"sqlite:///{source}")
    lock = InstanceLock(database, "2:another-token")
    assert copy(source, empty_url) == 1
    assert f"Another process (pid {os.getpid()}) already works with the database" in capsys.readouterr().err
    assert tables_of(empty_url) == []
    lock.release()
    database.close()
    assert copy(source, empty_url) == 0


def test_nobody_writes_to_the_source_meanwhile(source: Path, empty_url: str) -> None:
    tried = list[str]()

    def write(_words: str) -> None:
        other = sqlite3.connect(source, timeout=0)
        try:
            other.execute("UPDATE company SET name = 'x'")
        except sqlite3.OperationalError as error:
            tried.append(str(error))
        finally:
            other.close()

    database = Database(f"sqlite:///{source}")
    copying.copy(database, normalised_url(empty_url), write)
    database.close()
    assert len(tried) == len(Base.metadata.tables)
    assert set(tried) == {"database is locked"}


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
def test_when_it_is_interrupted_the_target_is_as_empty_as_before(
    source: Path, empty_url: str, tmp_path: Path, number: signal.Signals
) -> None:
    command = [sys.executable, "bot.py", "copy-database", str(source), empty_url]
    env = {**os.environ, **settings_of(tmp_path)}
    # A shell has its background processes, and so their children, ignore Ctrl-C.
    heeding = partial(signal.signal, signal.SIGINT, signal.SIG_DFL)
    with subprocess.Popen(
        command, cwd=ROOT, env=env, stderr=subprocess.PIPE, text=True, preexec_fn=heeding
    ) as process:
        assert process.stderr is not None
        # Half of it is there: the shelves are the first table, the orders are still to come.
        assert next(line for line in process.stderr if line.startswith("categories:"))
        process.send_signal(number)
        words = process.stderr.read()
        code = process.wait()
    assert code == {signal.SIGKILL: -9, signal.SIGINT: 130}[number]
    assert ("Stopped: not copied" in words) == (number is signal.SIGINT)
    assert "Traceback" not in words
    assert tables_of(empty_url) == []


def test_a_row_postgresql_does_not_take_is_named(
    copy: Copy, source: Path, empty_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    file = sqlite3.connect(source)
    key = file.execute("SELECT id FROM customers ORDER BY id LIMIT 1 OFFSET 12").fetchone()[0]
    file.execute("UPDATE customers SET name = ? WHERE id = ?", ("secret" + "х" * 500, key))
    file.commit()
    file.close()
    assert copy(source, empty_url) == 1
    said = capsys.readouterr().err
    assert f"The row {key} of customers cannot be written: value too long" in said
    assert "secret" not in said
    assert tables_of(empty_url) == []


def test_a_row_without_its_parent_is_found(
    copy: Copy, source: Path, empty_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    file = sqlite3.connect(source)
    file.execute("UPDATE order_lines SET product_id = 999999 WHERE id = (SELECT max(id) FROM order_lines)")
    file.commit()
    file.close()
    assert copy(source, empty_url) == 1
    assert "order_lines" in capsys.readouterr().err
    assert tables_of(empty_url) == []


@pytest.mark.parametrize(
    ("slip", "words"),
    [
        (lambda rows: rows[:-1], "products, rows: "),
        (
            lambda rows: [{**row, "on_hand": row["on_hand"] + (row is rows[0])} for row in rows],
            "sum of on_hand",
        ),
        (lambda rows: [{**row, "name": row["name"] + "!"} for row in rows], "length of name"),
    ],
)
def test_what_is_not_the_same_is_not_kept(
    copy: Copy,
    source: Path,
    empty_url: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    slip: Callable[[list[dict[str, Any]]], list[dict[str, Any]]],
    words: str,
) -> None:
    write = copying._write

    def slipping(connection: Any, table: Any, rows: list[dict[str, Any]]) -> None:
        write(connection, table, slip(rows) if table.name == "products" else rows)

    monkeypatch.setattr(copying, "_write", slipping)
    assert copy(source, empty_url) == 1
    assert words in capsys.readouterr().err
    assert tables_of(empty_url) == []


@pytest.mark.parametrize(
    ("revision", "words"), [("0001", "start the bot on it once"), ("9999", "install the newer version")]
)
def test_another_schema_is_refused(
    copy: Copy, source: Path, empty_url: str, revision: str, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    file = sqlite3.connect(source)
    file.execute("UPDATE alembic_version SET version_num = ?", (revision,))
    file.commit()
    file.close()
    assert copy(source, empty_url) == 1
    assert words in capsys.readouterr().err
    assert tables_of(empty_url) == []


@pytest.mark.parametrize(
    ("source_place", "target_place", "words"),
    [
        ("nowhere.db", None, "There is no file"),
        ("mysql://host/db", None, "mysql:// is neither"),
        ("letter.txt", None, "file is not a database"),
        ("empty.db", None, "no database of this program"),
        ("good.db", "postgresql://bot:db-secret@127.0.0.1:1/bot", "onnection"),
        ("postgresql://bot:db-secret@127.0.0.1:1/bot", "new.db", "server does not answer"),
        ("good.db", "postgresql://bot:db-secret@host:port/bot", "no address"),
    ],
)
def test_a_wrong_place_is_said_to_be_one(
    copy: Copy,
    source: Path,
    empty_url: str,
    tmp_path: Path,
    source_place: str,
    target_place: str | None,
    words: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    source.rename(tmp_path / "good.db")
    (tmp_path / "letter.txt").write_text("Добрый день!\n" * 100, "utf-8")
    sqlite3.connect(tmp_path / "empty.db").close()
    assert copy(source_place, target_place or empty_url) == 1
    said = capsys.readouterr().err
    assert said.startswith("Not ")
    assert words in said
    assert "db-secret" not in said
    assert "Traceback" not in said
    assert tables_of(empty_url) == []
    assert not (tmp_path / "new.db").exists()
