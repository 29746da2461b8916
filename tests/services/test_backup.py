"""A copy is consistent, is checked before it is put back, and what was there before is kept whole."""

import sqlite3
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import update

import migrations
from models import Company, Database
from services import backup
from services.errors import Invalid

NOW = datetime(2026, 11, 20, 10, 42, tzinfo=UTC)
KILLED = """
import os, signal, sqlite3, sys
connection = sqlite3.connect(sys.argv[1])
connection.execute("PRAGMA journal_mode = WAL")
connection.execute("UPDATE company SET name = 'After'")
connection.commit()
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    database = Database(f"sqlite:///{tmp_path}/bot.db")
    migrations.upgrade(database)
    with database.unit_of_work() as session:
        session.execute(update(Company).values(name="Before"))
    database.close()
    return tmp_path / "bot.db"


def name_in(path: Path) -> str:
    connection = sqlite3.connect(path)
    try:
        return str(connection.execute("SELECT name FROM company").fetchone()[0])
    finally:
        connection.close()


def test_what_a_killed_process_left_in_its_log_is_kept(file: Path, tmp_path: Path) -> None:
    database = Database(f"sqlite:///{file}")
    copy = backup.default_path(tmp_path, NOW)
    backup.write(database, copy)
    database.close()
    subprocess.run([sys.executable, "-c", KILLED, str(file)], check=False)
    assert file.with_name("bot.db-wal").stat().st_size > 0
    kept = backup.put_back(copy, file, NOW)
    assert kept is not None
    assert (name_in(file), name_in(kept)) == ("Before", "After")
    assert not file.with_name("bot.db-wal").exists() or name_in(file) == "Before"


def test_a_second_restore_keeps_the_first_one_s_copy(file: Path, tmp_path: Path) -> None:
    database = Database(f"sqlite:///{file}")
    copy = tmp_path / "copy.db"
    backup.write(database, copy)
    database.close()
    first = backup.put_back(copy, file, NOW)
    second = backup.put_back(copy, file, NOW.replace(hour=11))
    assert first is not None
    assert second is not None
    assert first != second
    assert first.exists()
    assert second.exists()


@pytest.mark.parametrize("content", [b"", b"not a database", b"SQLite format 3\0" + b"x" * 4096])
def test_what_is_no_copy_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "file"
    path.write_bytes(content)
    with pytest.raises(Invalid) as caught:
        backup.check(path)
    assert caught.value.code == "backup_damaged"


def test_a_missing_file_is_said_to_be_missing(tmp_path: Path) -> None:
    with pytest.raises(Invalid) as caught:
        backup.check(tmp_path / "nope")
    assert caught.value.code == "backup_not_there"


def test_a_copy_never_overwrites(file: Path, tmp_path: Path) -> None:
    database = Database(f"sqlite:///{file}")
    target = tmp_path / "there"
    target.touch()
    with pytest.raises(Invalid) as caught:
        backup.write(database, target)
    assert caught.value.code == "backup_exists"
    database.close()
