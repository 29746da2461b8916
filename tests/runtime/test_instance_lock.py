import os
import subprocess
import sys
from pathlib import Path

import pytest

from models import Database
from runtime.instance_lock import AlreadyRunning, InstanceLock
from tests.engines import engines

ROOT = Path(__file__).parent.parent.parent
TOKEN = "1:a-token-of-this-test"


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.gettempdir", lambda: str(tmp_path))


@pytest.mark.both_engines
def test_one_process_per_database(database: Database) -> None:
    lock = InstanceLock(database, TOKEN)
    other = Database(database.url)
    with pytest.raises(AlreadyRunning, match="database"):
        InstanceLock(other, "2:another-token")
    other.close()
    lock.release()


@pytest.mark.parametrize("engine", ["postgresql"], indirect=True)
def test_a_lock_is_taken_anew_after_the_server_was_away_unless_another_was_quicker(
    database: Database, engine: str
) -> None:
    lock, other = InstanceLock(database, TOKEN), Database(database.url)
    assert lock.is_kept()
    _end_connections(database)
    assert lock.is_kept()
    assert not other.try_lock()
    _end_connections(database)
    assert other.try_lock()
    assert not lock.is_kept()
    other.unlock()
    assert lock.is_kept()
    lock.release()
    assert other.try_lock()
    # What was given back is nobody's to keep.
    assert lock.is_kept()
    other.close()


def _end_connections(database: Database) -> None:
    """As a server does that is started anew."""
    for may_connect in (False, True):
        engines.server().allow(database.url, may_connect=may_connect)


def test_one_process_per_token(database: Database, tmp_path: Path) -> None:
    lock = InstanceLock(database, TOKEN)
    other = Database(f"sqlite:///{tmp_path}/other.db")
    with pytest.raises(AlreadyRunning, match="token") as caught:
        InstanceLock(other, TOKEN)
    assert "a-token" not in str(caught.value)
    assert f"pid {os.getpid()}" in str(caught.value)
    lock.release()
    InstanceLock(other, TOKEN).release()
    other.close()


def test_the_token_is_in_no_file_name(database: Database, tmp_path: Path) -> None:
    InstanceLock(database, TOKEN).release()
    assert not [
        path
        for path in tmp_path.iterdir()
        if "a-token" in path.name or "a-token" in path.read_text("latin-1")
    ]


@pytest.mark.both_engines
def test_a_killed_process_lets_go(database: Database, engine: str, tmp_path: Path) -> None:
    holder_is_named = {"sqlite": "pid {}", "postgresql": "PostgreSQL database"}[engine]
    code = (
        "import sys, tempfile, time\n"
        "tempfile.gettempdir = lambda: sys.argv[2]\n"
        "from models import Database\n"
        "from runtime.instance_lock import InstanceLock\n"
        f"lock = InstanceLock(Database(sys.argv[1]), {TOKEN!r})\n"
        "print('held', flush=True)\n"
        "sys.stdin.read()\n"
    )
    holder = subprocess.Popen(
        [sys.executable, "-c", code, database.url, str(tmp_path)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(AlreadyRunning, match=holder_is_named.format(holder.pid)):
            InstanceLock(database, TOKEN)
        holder.kill()
        holder.wait()
    InstanceLock(database, TOKEN).release()
