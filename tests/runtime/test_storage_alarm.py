"""Who hears how often that the database fails."""

import logging
import sqlite3

import pytest
from sqlalchemy.exc import OperationalError

from models.faults import Trouble
from runtime import storage_alarm
from runtime.storage_alarm import StorageAlarm

Told = list[Trouble | None]


def failure(code: int, words: str) -> OperationalError:
    """What SQLAlchemy raises when SQLite fails so."""
    error = sqlite3.OperationalError(words)
    error.sqlite_errorcode = code
    return OperationalError("UPDATE products SET on_hand = 1", None, error)


FULL = failure(sqlite3.SQLITE_FULL, "database or disk is full")
LOCKED = failure(sqlite3.SQLITE_BUSY, "database is locked")


@pytest.fixture
def told() -> Told:
    return []


@pytest.fixture
def alarm(told: Told) -> StorageAlarm:
    return StorageAlarm(lambda trouble, _detail: told.append(trouble))


def test_a_disk_at_its_limit_that_takes_now_and_then_a_row_is_told_of_once_in_a_while(
    alarm: StorageAlarm, told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(3):
        alarm.rises("poller", FULL)
        alarm.rises("processor", FULL)
        alarm.ends("processor")
        alarm.ends("poller")
    assert told == [Trouble.FULL, None]
    monkeypatch.setattr(storage_alarm, "QUIET_SECONDS", 0)
    alarm.rises("poller", FULL)
    assert told == [Trouble.FULL, None, Trouble.FULL]


def test_an_outage_soon_after_another_is_told_of_when_it_lasts(
    alarm: StorageAlarm, told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    alarm.rises("poller", FULL)
    alarm.ends("poller")
    alarm.rises("poller", FULL)
    assert told == [Trouble.FULL, None]
    monkeypatch.setattr(storage_alarm, "QUIET_SECONDS", 0)
    for _ in range(3):
        alarm.rises("poller", FULL)
    alarm.ends("poller")
    assert told == [Trouble.FULL, None, Trouble.FULL, None]


def test_it_ends_when_all_can_work_again(alarm: StorageAlarm, told: Told) -> None:
    alarm.rises("poller", FULL)
    alarm.rises("processor", FULL)
    alarm.ends("processor")
    assert told == [Trouble.FULL]
    alarm.ends("poller")
    assert told == [Trouble.FULL, None]


def test_another_kind_of_trouble_is_another_line_in_the_log(
    alarm: StorageAlarm, told: Told, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR):
        for error in (FULL, FULL, LOCKED, FULL):
            alarm.rises("poller" if error is FULL else "processor", error)
    assert [record.getMessage().partition(".")[0] for record in caplog.records] == [
        "The disk with the database is full",
        "Another program holds the database",
    ]
    assert told == [Trouble.FULL]


def test_what_is_no_fault_of_the_database_is_none_of_its_business(alarm: StorageAlarm, told: Told) -> None:
    assert alarm.rises("poller", ValueError("a bug")) is False
    alarm.ends("poller")
    assert told == []
