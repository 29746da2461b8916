"""The real handlers behind the real processor, on a real database: updates in, calls out, no network."""

from __future__ import annotations

import json
from itertools import count
from typing import Any

import telebot
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from handlers.registry import register_all
from handlers.routing import Router
from handlers.screen import Answer
from models import Database, InboxUpdate, OutboxMessage
from runtime.lanes import Item
from runtime.processor import BATCH, Processor
from services import inbox
from services.outbox import OutboxRow
from tests.conftest import NOW

ANNA, BORIS, CLARA, DMITRY, STRANGER = 1001, 1002, 1003, 1004, 9001
JSON = dict[str, Any]

_numbers = count(1)


def sender(telegram_id: int, **more: Any) -> JSON:
    return {"id": telegram_id, "is_bot": False, "first_name": "Имя", "username": "nick", **more}


def typed(
    text: str | None, by: int = ANNA, message_id: int = 10, who: JSON | None = None, **more: Any
) -> JSON:
    """An update with a private message; ``who`` stands in for its sender."""
    message = {
        "message_id": message_id,
        "date": 1,
        "chat": {"id": by, "type": "private"},
        "from": who or sender(by),
        **more,
    }
    if text is not None:
        message["text"] = text
    return {"update_id": next(_numbers), "message": message}


def pressed(data: str | None, by: int = ANNA, message_id: int = 10) -> JSON:
    """An update with a press of a button."""
    message = {"message_id": message_id, "date": 1, "chat": {"id": by, "type": "private"}, "text": "x"}
    query = {
        "id": f"q{by}",
        "from": sender(by),
        "chat_instance": "1",
        "data": data,
        "message": message,
    }
    return {"update_id": next(_numbers), "callback_query": query}


class Office:
    """Takes updates as the poller would, handles them step by step, keeps what would go out."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.router = Router(telebot.TeleBot("1:token", threaded=False))
        register_all(self.router)
        self.processor = Processor(database, self.router)
        self.calls: list[Item] = []
        self.answers: list[Answer] = []
        self.jobs: list[OutboxRow] = []
        self.processor.send_calls = self.calls.extend
        self.processor.send_answer = self.answers.append
        self.processor.send_others = self.jobs.append

    def store(self, *updates: JSON) -> None:
        with self.database.connection() as connection:
            inbox.store(connection, list(updates), NOW)

    def step(self, batch: int = BATCH) -> None:
        self.processor._step_or_wait(batch)

    def give(self, *updates: JSON) -> None:
        """Store updates and handle them all."""
        self.store(*updates)
        for _ in range(len(updates) // BATCH + 1):
            self.step()

    def forget(self) -> None:
        """Begin anew: nothing came in, nothing went out."""
        with self.database.unit_of_work() as session:
            session.execute(delete(InboxUpdate))
            session.execute(delete(OutboxMessage))
        self.calls.clear()
        self.answers.clear()

    def handle(self, session: Session, update: JSON) -> tuple[Answer | None, str | None]:
        """Handle one update in the caller's unit; return the answer, and the error's id if it failed."""
        return self.processor._handle(session, json.loads(inbox._as_text(update)))

    def states(self) -> list[str]:
        """What became of each update, in order of arrival."""
        with self.database.reading() as session:
            return [row.state.value for row in session.scalars(select(InboxUpdate).order_by(InboxUpdate.id))]

    def texts(self, chat_id: int) -> list[str]:
        """What a chat was sent, in order."""
        return [str(item.params["text"]) for item in self.calls if self._is_text_to(item, chat_id)]

    @staticmethod
    def _is_text_to(item: Item, chat_id: int) -> bool:
        return item.lane == str(chat_id) and "text" in item.params
