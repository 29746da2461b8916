"""Updates of any shape: the poller keeps what is one, the processor outlives it, the next one is handled."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from sqlalchemy import func, select

from models import Conversation, Database, InboxUpdate, User
from runtime import polling
from runtime.polling import Poller
from runtime.telegram_client import TelegramClient
from services import inbox
from tests.conftest import NOW
from tests.security.fuzzing import fuzzed
from tests.security.office import ANNA, JSON, STRANGER, Office, pressed, sender, typed

JUNK = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.sampled_from([2**31, 2**63, 2**70, -(2**63), 0.5, float("1e300")]),
    st.text(max_size=12),
    st.sampled_from(["\0", "\ud800", "\u202e", "private", "я" * 5000]),
    st.lists(st.none(), max_size=2),
    st.dictionaries(st.text(max_size=4), st.integers(), max_size=2),
)
CONTENTS: dict[str, Any] = {
    "contact": {"phone_number": "+7 900", "first_name": "x", "user_id": ANNA},
    "location": {"latitude": 55.7, "longitude": 37.6},
    "document": {"file_id": "f", "file_unique_id": "u", "file_name": "a.csv", "file_size": 10},
    "photo": [{"file_id": "f", "file_unique_id": "u", "width": 1, "height": 1, "file_size": 1}],
    "venue": {"location": {"latitude": 55.7, "longitude": 37.6}, "title": "x", "address": "y"},
    "voice": {"file_id": "f", "file_unique_id": "u", "duration": 1},
    "sticker": {"file_id": "f"},
    "new_chat_members": [sender(5)],
    "entities": [{"type": "bold", "offset": 0, "length": 99}],
    "reply_to_message": {},
    "via_bot": sender(6, is_bot=True),
}
MEMBER = {
    "chat": {"id": ANNA, "type": "private"},
    "from": sender(ANNA),
    "date": 1,
    "old_chat_member": {"status": "member", "user": sender(1)},
    "new_chat_member": {"status": "kicked", "user": sender(1), "until_date": 0},
}


@pytest.fixture(autouse=True)
def quiet(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.CRITICAL)


def shapes() -> st.SearchStrategy[JSON]:
    """An update as Telegram sends them, each of another kind."""
    contents = st.sampled_from(sorted(CONTENTS)).map(
        lambda name: typed("x", message_id=10, **{name: CONTENTS[name]})
    )
    plain = st.sampled_from(["/start", "/new", "привет", "/start ABCDE-FGHJK", "/nosuch x"]).map(typed)
    presses = st.sampled_from(["m", "o:1", "a:1:2:3"]).map(pressed)
    membership = st.just(0).map(lambda _: {**typed(""), "my_chat_member": MEMBER})
    return st.one_of(contents, plain, presses, membership)


def places(value: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Where something stands in a piece of JSON."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [place for key, below in inner for place in ((*at, key), *places(below, (*at, key)))]


def changed(update: JSON, at: tuple[Any, ...], junk: Any, is_gone: bool) -> JSON:
    """A copy with something else, or nothing, at one place."""
    copy: JSON = json.loads(json.dumps(update))
    where: Any = copy
    for key in at[:-1]:
        where = where[key]
    if is_gone:
        del where[at[-1]]
    else:
        where[at[-1]] = junk
    return copy


@st.composite
def broken(draw: st.DrawFn) -> JSON:
    """An update with up to three places that hold something else."""
    update = draw(shapes())
    for _ in range(draw(st.integers(1, 3))):
        known = [place for place in places(update) if place != ("update_id",)]
        if known:
            update = changed(update, draw(st.sampled_from(known)), draw(JUNK), draw(st.booleans()))
    return update


@pytest.mark.both_engines
@fuzzed(120)
@given(broken())
@example({"update_id": 1})
@example({"update_id": 1, "message": None})
@example({"update_id": 1, "message": "x", "callback_query": [1]})
@example({"update_id": 1, "inline_query": {"id": "1", "from": sender(1), "query": "", "offset": ""}})
@example({"update_id": 1, "chat_of_the_future": {"id": 1}})
@example(typed("x", message_id=2**70))
@example(typed("x", who=sender(2**70)))
@example(typed("a\0b\ud800"))
@example(typed("/start \0"))
def test_an_update_of_any_shape_is_handled_or_set_aside_and_the_next_one_goes_on(
    office: Office, update: JSON
) -> None:
    """In one batch with a sound one behind it, which must come through."""
    office.forget()
    sound = pressed("m", message_id=2**40)
    office.give({**update, "update_id": sound["update_id"] + 10_000_000}, sound)
    states = office.states()
    assert "waiting" not in states
    assert states[-1] == "done"
    assert office.answers[-1].query_id == "q1001"


@pytest.mark.parametrize("update_id", [None, "7", 1.5, True, -1, 2**63, 2**70, [], {}])
def test_an_update_without_an_id_that_is_one_does_not_hold_the_others_back(
    office: Office, update_id: Any
) -> None:
    good = typed("/start")
    with office.database.connection() as connection:
        kept = inbox.store(connection, [{**typed("x"), "update_id": update_id}, 7, None, good], NOW)
    assert kept == good["update_id"]
    office.step()
    assert office.states() == ["done"]
    with office.database.connection() as connection:
        assert inbox.store(connection, [{"update_id": update_id}, "x"], NOW) is None


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"], indirect=True)
def test_what_no_database_can_hold_is_taken_out_of_a_text(office: Office) -> None:
    office.give(typed("/start \0a\ud800b\\u0000"))
    assert office.states() == ["done"]
    with office.database.reading() as session:
        kept = json.loads(session.scalars(select(InboxUpdate.payload)).one())
    assert kept["message"]["text"] == "/start a?b\\u0000"


@pytest.mark.parametrize(
    "kind", ["edited_message", "channel_post", "edited_channel_post", "business_message"]
)
def test_what_was_edited_or_posted_changes_nothing(office: Office, kind: str) -> None:
    """An edited message is not the message: neither handled again, nor answered."""
    office.give({"update_id": typed("")["update_id"], kind: typed("/start")["message"]})
    assert office.states() == ["done"]
    assert office.calls == []


@pytest.mark.parametrize("kind", ["group", "supergroup", "channel"])
def test_a_chat_of_many_gets_one_sentence_and_no_business(office: Office, kind: str) -> None:
    chat = {"id": -100, "type": kind, "title": "Склад"}
    office.give(*(typed(text, chat=chat) for text in ("/start", "/orders", "привет")))
    press = pressed("o:1")
    press["callback_query"]["message"]["chat"] = chat
    office.give(press)
    assert office.states() == ["done"] * 4
    assert len(office.texts(-100)) == 1
    assert office.texts(ANNA) == []
    assert [answer.text for answer in office.answers] == [None]


def test_another_bot_is_not_spoken_to(office: Office) -> None:
    """Two bots that answer each other would never stop."""
    office.give(typed("/start", STRANGER, who=sender(STRANGER, is_bot=True)))
    press = pressed("aa", STRANGER)
    press["callback_query"]["from"]["is_bot"] = True
    office.give(press)
    assert office.states() == ["done"] * 2
    assert office.calls == []
    with office.database.reading() as session:
        assert session.get(Conversation, STRANGER) is None


class Wire(BaseHTTPRequestHandler):
    """Answers every call with the next body of a list."""

    bodies: list[bytes]

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        body = self.bodies.pop(0) if self.bodies else b'{"ok":true,"result":[]}'
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments: Any) -> None:
        """Say nothing."""


@pytest.fixture
def wire() -> Iterator[ThreadingHTTPServer]:
    Wire.bodies = []
    with ThreadingHTTPServer(("127.0.0.1", 0), Wire) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


ANSWERS = [
    b"",
    b"null",
    b"[]",
    b"7",
    b'{"ok":true}',
    b'{"ok":true,"result":null}',
    b'{"ok":true,"result":{}}',
    b'{"ok":true,"result":"x"}',
    b'{"ok":true,"result":[null,7,"x",[]]}',
    b'{"ok":true,"result":[{"update_id":null}]}',
    b'{"ok":true,"result":[{"update_id":1e400}]}',
    b'{"ok":true,"result":[{"update_id":' + b"9" * 5000 + b"}]}",
    b'{"ok":false}',
    b'{"ok":false,"error_code":"x","description":null,"parameters":[]}',
    b'{"ok":false,"error_code":429,"parameters":{"retry_after":"soon"}}',
    b'{"ok":false,"error_code":1e9}',
    b"[" * 100_000,
    b'{"ok":true,"result":[' + b"[" * 100_000,
    b"\xff\xfe\x00",
    b"<html>502 Bad Gateway</html>",
]


def test_an_answer_of_any_shape_is_waited_out_and_the_next_one_kept(
    wire: ThreadingHTTPServer, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(polling, "FIRST_PAUSE", 0.001)
    client = TelegramClient("1:token", f"http://127.0.0.1:{wire.server_port}")
    poller = Poller(client, database, lambda: None, long_poll_seconds=0)
    for number, answer in enumerate(ANSWERS, start=1):
        Wire.bodies = [answer, json.dumps({"ok": True, "result": [{"update_id": number}]}).encode()]
        pause = poller._poll_once()
        # It does not spin.
        assert pause > 0, answer
        assert poller._poll_once() == 0
        with database.reading() as session:
            assert session.scalar(select(func.count(InboxUpdate.id))) == number, answer
    client.close()


def test_a_person_who_is_nobody_yet_gets_no_row_among_the_staff(office: Office) -> None:
    office.give(typed("/start", STRANGER), typed("привет", STRANGER), pressed("aa", STRANGER))
    with office.database.reading() as session:
        assert session.scalar(select(User.id).where(User.telegram_id == STRANGER)) is None
