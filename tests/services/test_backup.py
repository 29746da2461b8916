"""A copy is consistent, is checked before it is put back, and what was there before is kept whole."""

import gzip
import os
import sqlite3
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

import migrations
from models import Company, Database
from services import backup, outbox
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
    kept = backup.put_back(backup.prepare(copy, file).path, file, NOW)
    assert kept is not None
    assert (name_in(file), name_in(kept)) == ("Before", "After")
    assert not file.with_name("bot.db-wal").exists() or name_in(file) == "Before"


def test_a_second_restore_keeps_the_first_one_s_copy(file: Path, tmp_path: Path) -> None:
    database = Database(f"sqlite:///{file}")
    copy = tmp_path / "copy.db"
    backup.write(database, copy)
    database.close()
    first = backup.put_back(backup.prepare(copy, file).path, file, NOW)
    second = backup.put_back(backup.prepare(copy, file).path, file, NOW.replace(hour=11))
    assert first is not None
    assert second is not None
    assert first != second
    assert first.exists()
    assert second.exists()


FOREIGN = """
CREATE TABLE alembic_version (version_num TEXT); INSERT INTO alembic_version VALUES ('0001');
CREATE TABLE company (id INTEGER);
"""


def foreign_database(folder: Path) -> bytes:
    """A sound database of another program that uses Alembic, too."""
    path = folder / "foreign.db"
    connection = sqlite3.connect(path)
    connection.executescript(FOREIGN)
    connection.close()
    return path.read_bytes()


def torn(content: bytes) -> bytes:
    return content[: len(content) // 2]


def test_what_is_no_whole_copy_of_ours_is_refused_before_anything_is_touched(
    file: Path, tmp_path: Path
) -> None:
    database = Database(f"sqlite:///{file}")
    good, packed = tmp_path / "good.db", tmp_path / "good.db.gz"
    backup.write(database, good)
    backup.write(database, packed)
    database.close()
    garbled = bytearray(good.read_bytes())
    garbled[4096 * 2 : 4096 * 4] = b"\xff" * 4096 * 2
    bad = {
        "empty": b"",
        "words": b"not a database",
        "header": b"SQLite format 3\0" + b"x" * 4096,
        "torn": torn(good.read_bytes()),
        "torn.gz": torn(packed.read_bytes()),
        "garbled": bytes(garbled),
        "garbled.gz": packed.read_bytes()[:-8] + b"\0" * 8,
        "packed words": gzip.compress(b"not a database"),
        "foreign": foreign_database(tmp_path),
    }
    sent = tmp_path / "sent"
    sent.mkdir()
    before, beside = file.read_bytes(), sorted(tmp_path.iterdir())
    for name, content in bad.items():
        path = sent / name
        path.write_bytes(content)
        with pytest.raises(Invalid) as caught:
            backup.prepare(path, file)
        assert (name, caught.value.code, caught.value.params["path"]) == (name, "backup_damaged", str(path))
    assert (file.read_bytes(), sorted(tmp_path.iterdir())) == (before, beside)
    assert backup.prepare(packed, file).revision == migrations.head()


def test_a_file_copied_by_hand_while_the_bot_stood_is_a_copy_too(file: Path, tmp_path: Path) -> None:
    # It says of itself that it has a log, as the copies do that are made before a migration.
    by_hand = tmp_path / "by-hand.db"
    by_hand.write_bytes(file.read_bytes())
    assert by_hand.read_bytes()[18] == 2
    incoming = backup.prepare(by_hand, file)
    assert incoming.revision == migrations.head()
    assert sorted(path.name for path in tmp_path.glob("*.incoming*")) == [incoming.path.name]


def test_a_missing_file_is_said_to_be_missing(file: Path, tmp_path: Path) -> None:
    with pytest.raises(Invalid) as caught:
        backup.prepare(tmp_path / "nope", file)
    assert caught.value.code == "backup_not_there"


def test_a_copy_is_compressed_whole_and_for_its_owner_only(file: Path, tmp_path: Path) -> None:
    database = Database(f"sqlite:///{file}")
    with database.unit_of_work() as session:
        outbox.add_job(session, backup.BACKUPS, backup.ASKED, {"chat_id": 1})
        outbox.add_job(session, "geocoder", "geocode", {})
    umask = os.umask(0)
    try:
        copy = backup.make(database, tmp_path, backup.ASKED, NOW)
        again = backup.make(database, tmp_path, backup.ASKED, NOW)
    finally:
        os.umask(umask)
    database.close()
    folder = tmp_path / "backups"
    assert sorted(folder.iterdir()) == [copy, again]
    assert {path.stat().st_mode & 0o777 for path in (copy, again)} == {0o600}
    assert folder.stat().st_mode & 0o777 == 0o700
    incoming = backup.prepare(copy, file).path
    assert incoming.stat().st_mode & 0o777 == 0o600
    assert name_in(incoming) == "Before"
    connection = sqlite3.connect(incoming)
    # The work that made the copy is not to be done again by whoever puts it back.
    assert connection.execute("SELECT lane FROM outbox_messages").fetchall() == [("geocoder",)]
    connection.close()


def test_a_copy_holds_no_access_code_that_is_on_its_way(file: Path, tmp_path: Path) -> None:
    database = Database(f"sqlite:///{file}")
    with database.unit_of_work() as session:
        outbox.call(session, 1, "sendMessage", {"text": "start=SECRET", "about": {"is_secret": True}})
        outbox.call(session, 1, "sendMessage", {"text": "a word to all"})
    copy = tmp_path / "copy.db"
    backup.write(database, copy)
    database.close()
    assert b"start=SECRET" in file.read_bytes()
    assert b"a word to all" in copy.read_bytes()
    assert b"start=SECRET" not in copy.read_bytes()


def test_a_copy_that_cannot_be_made_says_why_and_leaves_nothing(file: Path, tmp_path: Path) -> None:
    database = Database(f"sqlite:///{file}")
    (tmp_path / "backups").write_text("a file in the way")
    with pytest.raises(Invalid) as caught:
        backup.make(database, tmp_path, backup.NIGHTLY, NOW)
    assert caught.value.code == "backup_failed"
    (tmp_path / "backups").unlink()
    damaged = Database(f"sqlite:///{tmp_path}/damaged.db")
    (tmp_path / "damaged.db").write_bytes(b"x" * 8192)
    with pytest.raises(Invalid) as caught:
        backup.make(damaged, tmp_path, backup.NIGHTLY, NOW)
    assert caught.value.params["reason"] == "file is not a database"
    assert list((tmp_path / "backups").iterdir()) == []
    database.close()


def _night(day: date, kind: str = "nightly") -> str:
    return f"{kind}-{day:%Y%m%d}-020000.db.gz"


def test_seven_days_four_weeks_and_twelve_months_are_kept() -> None:
    today = date(2026, 11, 20)
    nights = [today - timedelta(days=number) for number in range(800)]
    outdated = backup.outdated(map(_night, nights), today)
    kept = {day for day in nights if _night(day) not in outdated}
    week = {today - timedelta(days=number) for number in range(7)}
    sundays = {date(2026, 11, 15), date(2026, 11, 8), date(2026, 11, 1)}
    months = {date(2026, 10, 31), date(2026, 9, 30), date(2026, 8, 31), date(2026, 7, 31)}
    months |= {date(2026, 6, 30), date(2026, 5, 31), date(2026, 4, 30), date(2026, 3, 31)}
    months |= {date(2026, 2, 28), date(2026, 1, 31), date(2025, 12, 31)}
    assert kept == week | sundays | months


def test_night_after_night_the_same_copies_are_left() -> None:
    names: set[str] = set()
    for number in range(400):
        today = date(2025, 10, 17) + timedelta(days=number)
        names |= {_night(today)}
        names -= backup.outdated(names, today)
    assert date(2025, 10, 17) + timedelta(days=399) == date(2026, 11, 20)
    # The last Sunday is one of the seven days already, and so is this month's last.
    assert len(names) == 7 + 2 + 11
    assert _night(date(2025, 12, 31)) in names
    assert _night(date(2026, 11, 1)) in names


def test_what_others_put_there_stays_and_what_was_asked_for_stays_a_week() -> None:
    today = date(2026, 11, 20)
    foreign = {"bot-20200101-020000.db", "bot-20200101-020000.db.gz", "notes.txt", "nightly-2020.db.gz"}
    asked = {_night(today - timedelta(days=number), "asked") for number in (0, 6, 7, 90)}
    gone = {_night(today - timedelta(days=number), "asked") for number in (7, 90)}
    assert backup.outdated(foreign | asked, today) == gone


def test_pieces_of_a_copy_that_a_kill_interrupted_are_cleared_away_by_the_next(
    file: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "backups"
    folder.mkdir()
    torn = [f"{_night(date(2026, 11, 19))}.part", f"{_night(date(2026, 11, 20), 'asked')}.packed"]
    # That of somebody who makes a copy at the command line in this moment.
    others = "bot-20261120-020000.db.gz.part"
    for name in (*torn, others):
        (folder / name).touch()
    database = Database(f"sqlite:///{file}")
    made = backup.make(database, tmp_path, backup.NIGHTLY, NOW)
    database.close()
    assert {path.name for path in folder.iterdir()} == {made.name, others}


def test_a_copy_never_overwrites(file: Path, tmp_path: Path) -> None:
    database = Database(f"sqlite:///{file}")
    target = tmp_path / "there"
    target.touch()
    with pytest.raises(Invalid) as caught:
        backup.write(database, target)
    assert caught.value.code == "backup_exists"
    database.close()
