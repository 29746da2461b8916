"""A person's way through the bot without a network: updates go in, the processor's calls come out."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import count
from pathlib import Path
from typing import Any

import telebot
from sqlalchemy import Connection, select
from sqlalchemy.orm import Session

from benchmarks.big_rows import NOW
from handlers.callbacks import Data
from handlers.registry import register_all
from handlers.routing import Router
from handlers.screen import Answer
from models import Conversation, Database, InboxState, InboxUpdate
from runtime.lanes import Item
from runtime.processor import Processor
from services import inbox

FIRST_UPDATE = 1_000_000_000
FIRST_MESSAGE = 1_000_000


class Rehearsal(Database):
    """A database in which everything is seen from the same moment and nothing stays.

    All units of work between :meth:`begin` and :meth:`undo` are savepoints of one transaction: a commit costs
    no fsync then, and the next walk begins where this one began.
    """

    def begin(self) -> None:
        """Open the transaction that will be undone."""
        self._outer: Connection = self.engine.connect()
        self._outer.begin()

    def undo(self) -> None:
        """Undo everything since :meth:`begin`."""
        self._outer.rollback()
        self._outer.close()

    @contextmanager
    def unit_of_work(self, now: datetime | None = None) -> Iterator[Session]:
        """Open a unit of work inside the transaction."""
        session = Session(self._outer, expire_on_commit=False, join_transaction_mode="create_savepoint")
        with session, session.begin():
            session.info["now"] = now or NOW
            yield session

    @contextmanager
    def connection(self) -> Iterator[Connection]:
        """Lend the connection of the transaction."""
        yield self._outer


@dataclass(frozen=True, slots=True)
class Taken:
    """Seconds of handling one update: of the processor's own time, and on the clock."""

    cpu: float
    wall: float


class Stage:
    """A bot on a database, its far ends left out."""

    def __init__(self, path: Path) -> None:
        self.database = Rehearsal(f"sqlite:///{path}")
        router = Router(telebot.TeleBot("1:token", threaded=False))
        register_all(router)
        self._processor = Processor(self.database, router)
        self._processor.send_calls = self._hear
        self._processor.send_answer = self._hear_answer
        self._processor.send_others = lambda _row: None
        self._update_ids = count(FIRST_UPDATE)
        self.message_ids = count(FIRST_MESSAGE)
        # Chat → the message that is its screen.
        self.screens: dict[Any, int] = {}
        self.calls: list[Item] = []
        self.answer: Answer | None = None

    def handle(self, update: dict[str, Any]) -> Taken:
        """Have one update handled; return what its unit of work took.

        RuntimeError when it failed. The update is stored beforehand: that is the poller's work.
        """
        self.calls, self.answer = [], None
        update = {"update_id": next(self._update_ids), **update}
        with self.database.connection() as connection:
            inbox.store(connection, [update], NOW)
        cpu, wall = time.thread_time(), time.perf_counter()
        self._processor._step_or_wait(1)
        taken = Taken(time.thread_time() - cpu, time.perf_counter() - wall)
        with self.database.unit_of_work() as session:
            query = select(InboxUpdate.state).where(InboxUpdate.update_id == update["update_id"])
            if session.scalar(query) is not InboxState.DONE:
                raise RuntimeError(f"not handled: {json.dumps(update, ensure_ascii=False)}")
        return taken

    def close(self) -> None:
        """Let go of the database."""
        self.database.close()

    def _hear(self, calls: list[Item]) -> None:
        self.calls += calls

    def _hear_answer(self, answer: Answer) -> None:
        self.answer = answer


class Walker:
    """Somebody who presses and types; ``taken`` has what each named screen took."""

    def __init__(self, stage: Stage, telegram_id: int, taken: list[tuple[str, Taken]]) -> None:
        self._stage = stage
        self._chat = {"id": telegram_id, "type": "private"}
        self._person = {"id": telegram_id, "is_bot": False, "first_name": "Имя"}
        self._taken = taken

    def press(self, screen: str, data: Data, then: type[Data] | None = None) -> None:
        """Press a button and come to the screen ``then``, by default the button's own."""
        screen_id = self._stage.screens.setdefault(self._chat["id"], next(self._stage.message_ids))
        message = {"message_id": screen_id, "date": 1, "chat": self._chat, "text": "x"}
        query = {
            "id": "1",
            "from": self._person,
            "chat_instance": "1",
            "data": data.pack(),
            "message": message,
        }
        self._go(screen, {"callback_query": query}, then or type(data))

    def say(self, screen: str, text: str, then: type[Data]) -> None:
        """Type a text."""
        self._send(screen, {"text": text}, then)

    def point(self, screen: str, latitude: float, longitude: float, then: type[Data]) -> None:
        """Send a place on the map."""
        self._send(screen, {"location": {"latitude": latitude, "longitude": longitude}}, then)

    def _send(self, screen: str, content: dict[str, Any], then: type[Data]) -> None:
        message_id = next(self._stage.message_ids)
        # The answer comes below what was typed.
        self._stage.screens[self._chat["id"]] = next(self._stage.message_ids)
        message = {"message_id": message_id, "date": 1, "chat": self._chat, "from": self._person, **content}
        self._go(screen, {"message": message}, then)

    def _go(self, screen: str, update: dict[str, Any], then: type[Data]) -> None:
        self._taken.append((screen, self._stage.handle(update)))
        with self._stage.database.unit_of_work() as session:
            here = session.get_one(Conversation, self._chat["id"]).here or ""
        answer = self._stage.answer
        if here.partition(":")[0] != then.code or (answer is not None and answer.is_alert):
            said = (
                answer.text if answer is not None else [call.params.get("text") for call in self._stage.calls]
            )
            raise RuntimeError(f"“{screen}” led to {here!r}, not to {then.__name__}: {said}")
