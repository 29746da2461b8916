"""Whatever has a database runs on both engines, unless there is a reason."""

from pathlib import Path

TESTS = Path(__file__).parent.parent
# What these are about is a SQLite file.
ABOUT_FILES = {
    "demo/test_main.py",
    "demo/test_sample.py",
    "faults/test_storage.py",
    "engines.py",
    "models/test_copying.py",
    "models/test_database.py",
    "models/test_engines.py",
    "models/test_upgrade.py",
    "runtime/test_instance_lock.py",
    "runtime/test_worker.py",
    "services/test_backup.py",
    "test_big_database.py",
    "test_cli.py",
    "test_commands_in_docs.py",
    "test_settings.py",
}


def test_who_opens_a_file_of_their_own_has_a_reason() -> None:
    found = {
        str(path.relative_to(TESTS))
        for path in TESTS.rglob("*.py")
        if "sqlite:///" in path.read_text("utf-8")
    }
    assert found - ABOUT_FILES == set(), (
        "take the database from tests/engines.py: it runs on PostgreSQL as well"
    )
    assert ABOUT_FILES - found == set(), "gone: take them off the list"
