"""/backup: a copy comes to the administrator who asked, is put back, and the work goes on from it."""

from __future__ import annotations

import sqlite3
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, select

from bot import build
from demo.bot_api_types import Message
from demo.people import Person
from handlers import backups
from models import Company, OutboxKind, OutboxMessage, OutboxState, Session
from runtime import commands
from runtime.instance_lock import InstanceLock
from services import backup, outbox
from tests.flows import acts
from tests.flows.stage import UNLIMITED, Stage

ASKED = "Копия делается и придёт сюда сама."
pytestmark = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
TAKEN_CARE = "Здесь всё на этот момент."


def test_a_copy_is_sent_put_back_and_gone_on_from(stage: Stage, tmp_path: Path) -> None:
    acts.all_open(stage)
    assert acts.places_order(stage, stage.anna) == 1
    copy = _asks_for_copy(stage.dmitry)
    assert acts.places_order(stage, stage.klara, "ООО «Кафе Подкова»") == 2
    file = _saved(copy, tmp_path)
    assert _orders_in(stage.settings.data_dir / "bot.db") == [1, 2]

    stage.app.supervisor.stop()
    stage.app.close()
    assert commands.restore(stage.settings, file) == 0
    assert _orders_in(stage.settings.data_dir / "bot.db") == [1]
    [kept] = stage.settings.data_dir.glob("bot.db.before-restore-*")
    assert _orders_in(kept) == [1, 2]

    documents = _documents(stage.dmitry)
    app = build(stage.settings, limits=UNLIMITED, long_poll_seconds=5)
    app.supervisor.start()
    try:
        acts.loads(stage.boris, 1)
        stage.mailbox.wait_letters(1)
        stage.anna.wait_text("счёт отправлен")
        acts.opens(stage.anna)
        assert acts.places_order(stage, stage.anna, "ООО «Столовая № 7»") == 2
    finally:
        app.supervisor.stop()
        app.close()
    # The work that made the copy was not done once more.
    assert _documents(stage.dmitry) == documents


def test_a_wrong_or_torn_file_is_refused_and_nothing_is_touched(
    stage: Stage, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    acts.all_open(stage)
    file = _saved(_asks_for_copy(stage.dmitry), tmp_path)
    stage.app.supervisor.stop()
    stage.app.close()
    torn = tmp_path / "torn.db.gz"
    torn.write_bytes(file.read_bytes()[:-1000])
    before = {path: path.read_bytes() for path in stage.settings.data_dir.iterdir() if path.is_file()}
    for wrong in (torn, tmp_path / "nowhere.gz"):
        assert commands.restore(stage.settings, wrong) == 1
        assert "nothing was touched" in capsys.readouterr().err
    after = {path: path.read_bytes() for path in stage.settings.data_dir.iterdir() if path.is_file()}
    assert after == before


def test_a_running_bot_is_not_restored_over(
    stage: Stage, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    acts.all_open(stage)
    file = _saved(_asks_for_copy(stage.dmitry), tmp_path)
    lock = InstanceLock(stage.app.database, "1:another-token")
    assert commands.restore(stage.settings, file) == 1
    assert "already works with" in capsys.readouterr().err
    assert not list(stage.settings.data_dir.glob("*.incoming*"))
    lock.release()


def test_the_screen_says_when_and_a_copy_too_big_for_telegram_is_named(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backups, "MAX_SENT", 1000)
    acts.opens(stage.dmitry)
    acts.press(stage.dmitry, "⚙️ Настройки", "Язык:")
    acts.press(stage.dmitry, "💾 Резервная копия", "Копия делается каждую ночь в 02:00")
    # Installed a moment ago.
    assert "Последняя ночь: ещё не было" in stage.dmitry.screen.text
    acts.press(stage.dmitry, "💾 Сделать копию сейчас", ASKED)
    said = stage.dmitry.wait_text("Telegram столько не принимает")
    [copy] = (stage.settings.data_dir / "backups").iterdir()
    assert str(copy.resolve()) in said.text
    assert copy.stat().st_mode & 0o777 == 0o600
    assert not _documents(stage.dmitry)


def test_a_night_without_a_copy_is_told_once_and_mended_by_the_next(stage: Stage) -> None:
    acts.all_open(stage)
    folder = stage.settings.data_dir / "backups"
    folder.write_text("in the way")
    for _ in range(2):
        _night_comes(stage)
        assert _fault(stage) == "File exists"
    stage.dmitry.wait_text("⚠️ Ночная копия не сделана: File exists")
    folder.unlink()
    _night_comes(stage)
    assert _fault(stage) is None
    [copy] = folder.iterdir()
    assert copy.name.startswith("nightly-")
    acts.opens(stage.dmitry)
    with stage.app.database.unit_of_work() as session:
        firm = session.get_one(Company, 1)
        assert firm.initialised_at is not None
        firm.initialised_at -= timedelta(days=2)
    text = acts.comes_to(stage.dmitry, "/backup", "Последняя ночь: ").text
    assert "ещё не было" not in text
    assert len([one for one in stage.dmitry.messages if "Ночная копия" in one.text]) == 1
    assert not [one for one in stage.anna.messages if "копия" in one.text.lower()]


def test_once_a_night_and_not_before_its_hour(stage: Stage) -> None:
    acts.all_open(stage)
    stage.app.supervisor.stop()
    # In Moscow: 01:59 and 02:00 of one night, the next.
    nights = {
        datetime(2031, 5, 5, 22, 59, tzinfo=UTC): 0,
        datetime(2031, 5, 5, 23, 0, tzinfo=UTC): 1,
        datetime(2031, 5, 6, 12, 0, tzinfo=UTC): 1,
        datetime(2031, 5, 6, 23, 0, tzinfo=UTC): 2,
    }
    for at, queued in nights.items():
        for _ in range(2):
            with stage.app.database.unit_of_work(at) as session:
                backup.queue_nightly(session)
        assert len(_queued(stage)) == queued, at


def test_a_copy_is_sent_to_nobody_but_an_administrator(stage: Stage) -> None:
    acts.all_open(stage)
    said = len(stage.anna.messages)
    # As if her role had been taken between her asking and the end of the work.
    _works(stage, backup.ASKED, {"chat_id": stage.anna.id})
    acts.press(stage.anna, "📋 Мои заказы", "Заказов пока нет.")
    assert not _documents(stage.anna)
    assert len(stage.anna.messages) == said


def test_one_copy_is_made_at_a_time(stage: Stage) -> None:
    dmitry = stage.dmitry
    acts.opens(dmitry)
    for state in (OutboxState.WAITING, OutboxState.SENDING):
        # One that stays where it is: due some day, or in the hands of nobody.
        with stage.app.database.unit_of_work() as session:
            later = datetime(2031, 5, 5, tzinfo=UTC)
            lane, name = backup.BACKUPS, backup.NIGHTLY
            row_id = outbox.add(session, OutboxKind.JOB, lane, name, {}, due_at=later)
            session.get_one(OutboxMessage, row_id).state = state
        acts.comes_to(dmitry, "/backup", "Копия уже делается: дождитесь её.")
        assert _queued(stage) == [state]
        with stage.app.database.unit_of_work() as session:
            session.execute(delete(OutboxMessage).where(OutboxMessage.id == row_id))
    _asks_for_copy(dmitry)


def test_to_everybody_else_there_is_no_such_command(stage: Stage) -> None:
    acts.all_open(stage)
    for person in (stage.anna, stage.boris):
        unknown, own = (_answer(person, text) for text in ("/nosuchcommand", "/backup"))
        assert own == unknown
        assert "backup" not in _commands(stage, person)
    stage.stranger.start()
    stage.stranger.wait_text("код доступа")
    assert _answer(stage.stranger, "/backup") == _answer(stage.stranger, "/nosuchcommand")
    assert "backup" in _commands(stage, stage.dmitry)
    assert not (stage.settings.data_dir / "backups").exists()


def test_in_english_too(stage: Stage) -> None:
    acts.speaks_english(stage.dmitry)
    stage.dmitry.send("/backup")
    acts.sees(stage.dmitry, "The copy is being made and comes here by itself.")
    stage.dmitry.wait_text("Everything up to now.")


def _asks_for_copy(dmitry: Person) -> Message:
    dmitry.send("/backup")
    acts.sees(dmitry, ASKED)
    return dmitry.wait_text(TAKEN_CARE)


def _documents(person: Person) -> list[int]:
    return [message.message_id for message in person.messages if message.from_bot and message.document]


def _saved(message: Message, folder: Path) -> Path:
    assert message.document is not None
    assert message.document.name.startswith("asked-")
    file = folder / message.document.name
    file.write_bytes(message.document.data)
    return file


def _orders_in(path: Path) -> list[int]:
    connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    try:
        query = "SELECT number FROM orders WHERE number IS NOT NULL ORDER BY number"
        return [number for (number,) in connection.execute(query)]
    finally:
        connection.close()


def _night_comes(stage: Stage) -> None:
    """Let the night's work be done, whatever the clock says."""
    _works(stage, backup.NIGHTLY, {})


def _works(stage: Stage, name: str, payload: dict[str, Any]) -> None:
    """Queue a copy as the bot does, and wait until its outcome is written."""
    done = threading.Event()
    processor = stage.app.supervisor._processor
    with stage.app.database.unit_of_work() as session:
        outbox.add_job(session, backup.BACKUPS, name, payload)

    def look(session: Session) -> None:
        # Looks again and again from the processor's own thread, between other work.
        open_rows = select(OutboxMessage.id).where(
            OutboxMessage.lane == backup.BACKUPS, OutboxMessage.state != OutboxState.SENT
        )
        if session.scalars(open_rows).first() is None:
            # In the next unit of work: what is seen here is committed by then.
            processor.submit(lambda _: done.set())
        else:
            processor.submit(look)

    processor.submit(look)
    assert done.wait(10), "the work is not done"


def _queued(stage: Stage) -> list[OutboxState]:
    query = select(OutboxMessage.state).where(OutboxMessage.lane == backup.BACKUPS)
    with stage.app.database.reading() as session:
        return list(session.scalars(query))


def _commands(stage: Stage, person: Person) -> list[str]:
    calls = stage.api.calls.find("setMyCommands")
    own = [call for call in calls if (call.params.get("scope") or {}).get("chat_id") == person.id]
    return [command["command"] for command in own[-1].params["commands"]]


def _fault(stage: Stage) -> str | None:
    with stage.app.database.reading() as session:
        return session.get_one(Company, 1).backup_fault


def _answer(person: Person, text: str) -> str:
    sent = person.send(text)
    person.wait(
        lambda who: any(own.from_bot and own.message_id > sent.message_id for own in who.messages),
        complaint="no answer",
    )
    return next(own for own in person.messages if own.from_bot and own.message_id > sent.message_id).text
