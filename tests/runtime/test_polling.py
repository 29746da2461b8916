import json
import logging
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import select

from demo.bot_api import BotApi
from demo.bot_api_faults import Fault
from demo.people import Person
from models import Database, InboxUpdate
from runtime import polling
from runtime.polling import Poller
from runtime.telegram_client import TelegramClient


@pytest.fixture
def api() -> Iterator[BotApi]:
    with BotApi() as running:
        yield running


@pytest.fixture
def anna(api: BotApi) -> Person:
    return api.person(1001, "Анна", "anna")


class Desk:
    """A poller in a thread of its own, and the word it gives when something was stored."""

    def __init__(self, api: BotApi, database: Database, token: str | None = None) -> None:
        self.database = database
        self.client = TelegramClient(token or api.token, api.url)
        self.stored = threading.Semaphore(0)
        self.poller = Poller(self.client, database, self.stored.release, long_poll_seconds=1)
        self.thread = threading.Thread(target=self.poller.run)

    def wait(self) -> None:
        assert self.stored.acquire(timeout=10)

    def texts(self) -> list[str]:
        with self.database.reading() as session:
            payloads = session.scalars(select(InboxUpdate.payload).order_by(InboxUpdate.id))
            return [json.loads(payload)["message"]["text"] for payload in payloads]


@pytest.fixture
def desk(api: BotApi, database: Database, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    monkeypatch.setattr(polling, "FIRST_PAUSE", 0.001)
    monkeypatch.setattr(polling, "CONFLICT_PAUSE", 0.001)
    opened = Desk(api, database)
    yield opened
    opened.poller.stop()
    api.faults.clear()
    # Ends the long poll in flight.
    api.person(1002, "Борис").send("конец")
    if opened.thread.ident is not None:
        opened.thread.join(10)
    opened.client.close()


def test_updates_are_stored_before_telegram_hears_that_we_have_them(
    api: BotApi, anna: Person, desk: Desk
) -> None:
    for text in ("/start", "раз", "два"):
        anna.send(text)
    assert desk.poller._poll_once() == 0
    assert desk.texts() == ["/start", "раз", "два"]
    # Only the next call's offset acknowledges them.
    assert api.pending_updates == 3
    anna.send("три")
    desk.poller._poll_once()
    assert (desk.texts(), api.pending_updates) == (["/start", "раз", "два", "три"], 1)


def test_updates_that_could_not_be_stored_come_again(
    api: BotApi, anna: Person, desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    anna.send("раз")
    with desk.database.connection() as connection:
        connection.exec_driver_sql("ALTER TABLE inbox_updates RENAME TO away")
    with caplog.at_level(logging.CRITICAL):
        assert desk.poller._poll_once() > 0
    with desk.database.connection() as connection:
        connection.exec_driver_sql("ALTER TABLE away RENAME TO inbox_updates")
    assert api.pending_updates == 1
    desk.poller._poll_once()
    assert desk.texts() == ["раз"]


def test_ids_that_begin_lower_again_are_followed(api: BotApi, anna: Person, desk: Desk) -> None:
    desk.thread.start()
    anna.send("старый")
    desk.wait()
    api.wait_fetched()
    api.restart_update_ids(5)
    anna.send("новый")
    desk.wait()
    api.wait_fetched()
    anna.send("ещё новее")
    desk.wait()
    assert desk.texts() == ["старый", "новый", "ещё новее"]


@pytest.mark.parametrize("trouble", ["server_error", "cut_before", "cut_after", "conflict", "too_many"])
def test_trouble_ends_and_nothing_is_lost(api: BotApi, anna: Person, desk: Desk, trouble: str) -> None:
    where: dict[str, Any] = {"method": "getUpdates", "times": 3}
    if trouble == "conflict":
        api.faults.add(Fault("status", status=409, **where))
    elif trouble == "too_many":
        where["times"] = 1
        api.faults.too_many_requests(retry_after=1, **where)
    else:
        getattr(api.faults, trouble)(**where)
    desk.thread.start()
    anna.send("раз")
    desk.wait()
    assert desk.texts() == ["раз"]
    assert not desk.poller.is_unauthorized
    assert desk.poller.last_success_at is not None


def test_pauses_grow_but_not_for_ever(api: BotApi, anna: Person, database: Database) -> None:
    api.faults.server_error(502)
    poller = Desk(api, database).poller
    pauses = [poller._poll_once() for _ in range(12)]
    assert pauses[:3] == pytest.approx([0.1, 0.2, 0.4])
    assert pauses == sorted(pauses)
    assert pauses[-1] == polling.LONGEST_PAUSE
    api.faults.clear()
    anna.send("раз")
    assert poller._poll_once() == 0
    api.faults.server_error(502)
    assert poller._poll_once() == pytest.approx(0.1)


def test_a_token_telegram_does_not_know_ends_the_loop(
    api: BotApi, database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    desk = Desk(api, database, token="1:somebody-elses-token")
    desk.poller.run()
    assert desk.poller.is_unauthorized
    assert "BOT_TOKEN" in caplog.text
    assert "somebody-elses" not in caplog.text


def test_after_a_stop_nothing_is_stored(api: BotApi, anna: Person, desk: Desk) -> None:
    anna.send("раз")
    desk.poller.stop()
    desk.poller._poll_once()
    assert (desk.texts(), api.pending_updates) == ([], 1)
