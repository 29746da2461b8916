"""The database fails: no room, no right, somebody else's lock, damage. It is told once, nothing is lost."""

from __future__ import annotations

import os
import resource
import shutil
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from demo import sample
from demo.people import Person
from models import Database
from models import database as models_database
from models.faults import Damaged
from runtime.instance_lock import AlreadyRunning, InstanceLock
from tests.engines import SAMPLED, engines
from tests.faults.far_ends import ROOT, RUN, Bot, FarEnds, far_ends, fresh_token, wait_until
from tests.flows import acts

sqlite_only = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
postgresql_only = pytest.mark.parametrize("engine", ["postgresql"], indirect=True)

STANDS, GOES_ON = "Бот стоит.", "База снова доступна."
PLUS = "+ 1 шт"


# While it runs


def at_a_product(far: FarEnds, bot: Bot) -> tuple[Person, Person]:
    """Anna looks at a product of a new order; Dmitry, who is told of troubles, has opened the bot."""
    anna, dmitry = far.person(sample.ANNA), far.person(sample.DMITRY)
    for person in (anna, dmitry):
        person.start()
    bot.start()
    for person in (anna, dmitry):
        person.wait_text("Что делаем?", 20)
    acts.press(anna, "🛒 Новый заказ", "Для кого заказ?")
    acts.press(anna, "ООО «Ромашка»", "Каталог")
    acts.press(anna, "Бакалея", "Бакалея")
    acts.press(anna, "Крупы", "Крупы")
    acts.press(anna, "Гречка", "Сколько?")
    return anna, dmitry


def is_told(person: Person) -> bool:
    return any(STANDS in message.text for message in person.received)


def goes_on(far: FarEnds, bot: Bot, anna: Person, dmitry: Person, presses: int) -> None:
    """Everything that was pressed has its effect once, the administrator heard of both, the log is short."""
    dmitry.wait_text(GOES_ON, 20)
    count = "SELECT quantity FROM order_lines"
    wait_until(
        lambda: far.tables.one(count) == 1000 * presses, lambda: f"{far.tables.one(count)} {bot.last_words}"
    )
    wait_until(lambda: "waiting" not in far.tables.column("SELECT state FROM inbox_updates"))
    assert "failed" not in far.tables.column("SELECT state FROM inbox_updates")
    for words in (STANDS, GOES_ON):
        assert len([message for message in dmitry.received if words in message.text]) == 1, dmitry.view()
    assert not [message for message in anna.received if STANDS in message.text]
    assert "Traceback" not in bot.log
    assert len([line for line in bot.log.splitlines() if " ERROR " in line]) == 1, bot.log
    assert bot.terminate() == 0
    assert far.tables.column("PRAGMA integrity_check") == ["ok"]
    assert far.tables.all("PRAGMA foreign_key_check") == []


@sqlite_only
def test_when_the_process_may_write_no_further(far: FarEnds) -> None:
    with far.bot() as bot:
        anna, dmitry = at_a_product(far, bot)
        size = (far.folder / "bot.db-wal").stat().st_size
        pid = bot.process.pid
        was = resource.prlimit(pid, resource.RLIMIT_FSIZE, (size + 4_000, resource.RLIM_INFINITY))
        screen = anna.screen
        for _ in range(5):
            anna.press(PLUS, message=screen)
        said = dmitry.wait_text(STANDS, 20)
        assert "Диск с базой отказывает" in said.text
        bot.wait_log("The disk with the database fails (")
        # Fetched and refused again and again, which is not said again and again.
        polls = len(far.api.calls.find("getUpdates"))
        far.api.calls.wait(lambda calls: len(calls) > polls + 2, "getUpdates")
        resource.prlimit(pid, resource.RLIMIT_FSIZE, was)
        goes_on(far, bot, anna, dmitry, 5)


@contextmanager
def small_disk(folder: Path, megabytes: int) -> Iterator[Path]:
    """A disk of so many megabytes; the test is skipped where none can be mounted."""
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(folder)]
    if os.geteuid() != 0 or shutil.which("mount") is None:
        pytest.skip("only root can mount a small disk; the limit of the process is tested anyway")
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(
            f"no disk can be mounted here ({done.stderr.strip()}); the limit of the process is tested anyway"
        )
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=False)


def fill(disk: Path) -> Path:
    """Take all the room there is."""
    filler = disk / "filler"
    with filler.open("wb", buffering=0) as file:
        for piece in (2**16, 2**12, 1):
            try:
                while file.write(bytes(piece)) == piece:
                    pass
            except OSError:
                continue
    return filler


@sqlite_only
def test_when_the_disk_is_full(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", 16) as disk, far_ends(disk) as far:
        outside = Bot(far.environment(), tmp_path / "bot.log")
        try:
            anna, dmitry = at_a_product(far, outside)
            filler = fill(disk)
            screen, presses = anna.screen, 0
            # SQLite writes over its old log before it asks the disk for more.
            while not is_told(dmitry):
                anna.press(PLUS, message=screen)
                presses += 1
                wait_until(lambda: is_told(dmitry) or not far.api.pending_updates)
            assert "Диск с базой заполнен" in dmitry.wait_text(STANDS).text
            assert "The disk with the database is full. Make room" in outside.log
            filler.unlink()
            goes_on(far, outside, anna, dmitry, presses)
        finally:
            if outside.is_alive:
                outside.kill()


@sqlite_only
def test_when_another_program_holds_it(far: FarEnds) -> None:
    with far.bot() as bot:
        anna, dmitry = at_a_product(far, bot)
        other = sqlite3.connect(far.folder / "bot.db", timeout=10, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        anna.press(PLUS)
        # Ten seconds are waited in silence.
        assert "Базу держит другая программа" in dmitry.wait_text(STANDS, 30).text
        assert "Another program holds the database. Close it" in bot.log
        assert far.api.pending_updates == 1
        other.execute("ROLLBACK")
        other.close()
        goes_on(far, bot, anna, dmitry, 1)


@postgresql_only
def test_when_the_server_goes_away_and_comes_back(far: FarEnds) -> None:
    with far.bot() as bot:
        anna, dmitry = at_a_product(far, bot)
        engines.server().allow(far.database_url, may_connect=False)
        anna.press(PLUS)
        assert "Сервер базы не отвечает" in dmitry.wait_text(STANDS, 20).text
        engines.server().allow(far.database_url, may_connect=True)
        dmitry.wait_text(GOES_ON, 20)
        wait_until(lambda: far.tables.one("SELECT quantity FROM order_lines") == 1000, lambda: bot.last_words)
        # A second one is refused still: the lock went with the connection, and was taken anew.
        locks = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'"
        wait_until(lambda: far.tables.one(locks) == 1, lambda: bot.last_words)
        with pytest.raises(AlreadyRunning):
            InstanceLock(Database(far.database_url), fresh_token())
        assert "Traceback" not in bot.log
        assert bot.terminate() == 0


@postgresql_only
def test_when_the_server_lets_nobody_write(far: FarEnds) -> None:
    server = engines.server()
    with far.bot() as bot:
        anna, dmitry = at_a_product(far, bot)
        server.allow_writing(False)
        try:
            anna.press(PLUS)
            assert "Базу можно только читать" in dmitry.wait_text(STANDS, 20).text
            assert "The database can only be read." in bot.log
        finally:
            server.allow_writing(True)
        dmitry.wait_text(GOES_ON, 20)
        wait_until(lambda: far.tables.one("SELECT quantity FROM order_lines") == 1000, lambda: bot.last_words)
        assert "Traceback" not in bot.log
        assert bot.terminate() == 0


# At the start

Start = Callable[..., int]


@pytest.fixture
def start(command_line: Start, monkeypatch: pytest.MonkeyPatch) -> Start:
    """Start a bot in this process, which has no Telegram to talk to."""
    monkeypatch.setenv("TELEGRAM_API_URL", "http://127.0.0.1:1")
    return command_line


@pytest.fixture
def file(tmp_path: Path) -> Iterator[Path]:
    with engines.database(tmp_path, SAMPLED):
        yield tmp_path / "bot.db"


def overwritten(file: Path, at: int) -> None:
    with file.open("r+b") as opened:
        opened.seek(at)
        opened.write(b"\xa5" * 4096)


def page_in_the_middle(file: Path) -> None:
    overwritten(file, file.stat().st_size // 2 // 4096 * 4096)


@sqlite_only
@pytest.mark.parametrize(
    "damage",
    [
        lambda file: overwritten(file, 0),
        page_in_the_middle,
        lambda file: os.truncate(file, file.stat().st_size // 2 // 4096 * 4096),
        lambda file: file.write_text("Добрый день!\n" * 1000, "utf-8"),
    ],
    ids=["head", "middle", "cut", "letter"],
)
def test_a_damaged_file_is_found_before_anything_is_written(
    start: Start, file: Path, damage: Callable[[Path], object], capfd: pytest.CaptureFixture[str]
) -> None:
    damage(file)
    before = file.read_bytes()
    assert start() == 1
    said = capfd.readouterr().err
    assert "The database is damaged (" in said
    assert "python bot.py restore FILE" in said
    assert "Traceback" not in said
    assert file.read_bytes() == before


@sqlite_only
def test_a_large_file_is_read_whole_after_an_end_that_was_none(
    start: Start, file: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(models_database, "READ_AT_EACH_START", 0)
    page_in_the_middle(file)
    Database(f"sqlite:///{file}").check()
    killed = file.with_name("killed.db")
    shutil.copy(file, killed)
    killed.with_name("killed.db-wal").touch()
    with pytest.raises(Damaged):
        Database(f"sqlite:///{killed}").check()
    os.truncate(file, file.stat().st_size - 4096)
    assert start() == 1
    assert "The database is damaged (" in capfd.readouterr().err


@sqlite_only
def test_a_locked_file_at_the_start(
    start: Start, file: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(models_database, "BUSY_TIMEOUT_MS", 10)
    other = sqlite3.connect(file, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    assert start() == 1
    other.close()
    said = capfd.readouterr().err
    assert "Another program holds the database. Close it" in said
    assert "Traceback" not in said


@sqlite_only
@pytest.mark.parametrize("is_folder_too", [False, True])
def test_a_file_that_can_only_be_read(file: Path, tmp_path: Path, is_folder_too: bool) -> None:
    file.chmod(0o400)
    (tmp_path / "bot.db.lock").touch()
    if is_folder_too:
        tmp_path.chmod(0o500)
    # Root writes where modes forbid it, unless that right is taken away.
    without = ["setpriv", "--bounding-set=-dac_override", "--inh-caps=-dac_override", "--"]
    if os.geteuid() != 0:
        without = []
    elif subprocess.run([*without, "true"], capture_output=True, check=False).returncode:
        pytest.skip("root cannot give up its right to write anywhere here")
    command = [*without, *RUN]
    env = {**os.environ, "BOT_TOKEN": fresh_token(), "ADMIN_IDS": "1004", "DATA_DIR": str(tmp_path)}
    env.update({"TELEGRAM_API_URL": "http://127.0.0.1:1", "DATABASE_URL": ""})
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True)
    tmp_path.chmod(0o700)
    assert done.returncode == 1, done.stderr
    assert "The database can only be read." in done.stderr or "cannot be opened" in done.stderr
    assert "Traceback" not in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


@postgresql_only
def test_a_server_that_is_not_there(
    start: Start, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://bot:db-secret@127.0.0.1:1/bot")
    assert start() == 1
    said = capfd.readouterr().err
    assert "The database server does not answer" in said
    assert "db-secret" not in said
    assert "Traceback" not in said


@sqlite_only
def test_a_data_folder_that_cannot_be_made(
    start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "file" / "data"))
    assert start() == 1
    said = capfd.readouterr().err
    assert "check DATA_DIR" in said
    assert "Traceback" not in said
