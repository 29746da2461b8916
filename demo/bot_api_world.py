"""Telegram's side of the story: who there is, what stands in the chats, what the bot hasn't fetched yet."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from itertools import count
from secrets import token_urlsafe

from demo.bot_api_types import (
    JSON,
    ApiError,
    Document,
    Group,
    Message,
    Query,
    StoredFile,
    User,
    bad_request,
)
from demo.bot_api_updates import UpdateQueue

QUERY_SECONDS = 15.0
DELETE_SECONDS = 48 * 3600


class World:
    """All state, shared by the server's thread and whoever plays the people.

    ``lock`` guards everything; ``changed`` is notified at every visible change and every listener is
    called with the chat's id, still under the lock.
    """

    def __init__(self, token: str, username: str, first_message_id: int = 1) -> None:
        self.token = token
        self.lock = threading.RLock()
        self.changed = threading.Condition(self.lock)
        self.listeners: list[Callable[[int], None]] = []
        self.clock_offset = 0.0
        self.bot: JSON = {
            "id": int(token.partition(":")[0]),
            "is_bot": True,
            "first_name": "Оптовый склад",
            "username": username,
        }
        self.users: dict[int, User] = {}
        self.groups: dict[int, Group] = {}
        self.chats: dict[int, dict[int, Message]] = {}
        self.files: dict[str, StoredFile] = {}
        self.queries: dict[str, Query] = {}
        self.commands: dict[str, list[JSON]] = {}
        self.descriptions: dict[str, str] = {}
        self.actions: list[tuple[int, str]] = []
        self.updates = UpdateQueue(self.now)
        self.polling = False
        self.polled_at = 0.0
        self.ids = count(first_message_id)
        self.query_ids = count(10**17, 7919)

    def now(self) -> float:
        """The time here, which tests may move ahead."""
        return time.time() + self.clock_offset

    def touch(self, chat_id: int) -> None:
        """Wake whoever waits for a change of this chat."""
        self.changed.notify_all()
        for listener in self.listeners:
            listener(chat_id)

    # --- people and chats

    def user(self, user_id: int, first_name: str = "", username: str | None = None) -> User:
        """The person of that id, made known if new."""
        found = self.users.setdefault(user_id, User(user_id, first_name or f"Пользователь {user_id}"))
        found.first_name = first_name or found.first_name
        found.username = username or found.username
        return found

    def chat_json(self, chat_id: int) -> JSON:
        """The ``Chat``; raises "chat not found"."""
        if chat_id in self.users:
            return self.users[chat_id].chat_json()
        if chat_id in self.groups:
            return self.groups[chat_id].chat_json()
        raise bad_request("chat not found")

    def writable_chat(self, chat_id: int) -> JSON:
        """The ``Chat`` if the bot may write there now; otherwise Telegram's refusal."""
        chat = self.chat_json(chat_id)
        if chat_id in self.groups:
            self._check_group(self.groups[chat_id])
            return chat
        user = self.users[chat_id]
        if user.deactivated:
            raise ApiError(403, "Forbidden: user is deactivated")
        if user.blocked:
            raise ApiError(403, "Forbidden: bot was blocked by the user")
        if not user.started:
            raise ApiError(403, "Forbidden: bot can't initiate conversation with a user")
        return chat

    def _check_group(self, group: Group) -> None:
        if group.migrated_to is not None:
            raise ApiError(
                400,
                "Bad Request: group chat was upgraded to a supergroup chat",
                {"migrate_to_chat_id": group.migrated_to},
            )
        if not group.has_bot:
            raise ApiError(403, "Forbidden: bot is not a member of the group chat")

    def commands_for(self, user_id: int) -> list[JSON]:
        """The command menu of a private chat, from the narrowest scope that has one."""
        scopes: list[JSON] = [
            {"type": "chat", "chat_id": user_id},
            {"type": "all_private_chats"},
            {"type": "default"},
        ]
        keys = [
            scope_key(scope, code) for scope in scopes for code in (self.users[user_id].language_code, "")
        ]
        return next((self.commands[key] for key in keys if self.commands.get(key)), [])

    # --- messages

    def add_message(self, chat: JSON, sender: JSON, content: JSON, **extra: object) -> Message:
        """A new message at the end of its chat."""
        message = Message(
            message_id=next(self.ids),
            chat=chat,
            sender=sender,
            from_bot=sender is self.bot,
            sent_at=self.now(),
            content=content,
            **extra,  # type: ignore[arg-type]  # the caller names Message's own fields
        )
        self.chats.setdefault(message.chat_id, {})[message.message_id] = message
        self.touch(message.chat_id)
        return message

    def find_message(self, chat_id: int, message_id: int) -> Message | None:
        """The message if it is still there."""
        message = self.chats.get(chat_id, {}).get(message_id)
        return None if message is None or message.deleted else message

    def history(self, chat_id: int) -> list[Message]:
        """Every message the chat ever had, oldest first."""
        return list(self.chats.get(chat_id, {}).values())

    def visible(self, chat_id: int) -> list[Message]:
        """The messages seen in the chat now, oldest first."""
        return [message for message in self.history(chat_id) if not message.deleted]

    def newest(self, chat_id: int) -> Iterator[Message]:
        """The visible messages, newest first."""
        return (m for m in reversed(self.chats.get(chat_id, {}).values()) if not m.deleted)

    # --- files and presses

    def store_file(self, kind: str, name: str, mime_type: str, data: bytes) -> StoredFile:
        """Keep a file under a new id."""
        unique_id = f"AQAD{token_urlsafe(9)}"
        prefix = {"photo": "AgACAgI", "document": "BQACAgI"}.get(kind, "CAACAgI")
        stored = StoredFile(f"{prefix}{token_urlsafe(30)}", unique_id, kind, name, mime_type, data)
        self.files[stored.file_id] = stored
        return stored

    def add_query(self, user_id: int, data: str) -> Query:
        """A press that now waits for its answer."""
        query = Query(str(next(self.query_ids)), user_id, self.now(), data)
        self.queries[query.id] = query
        return query

    def answers(self, user_id: int) -> list[Query]:
        """The answers the person's presses brought up, oldest first; silent ones are left out."""
        queries = (query for query in self.queries.values() if query.user_id == user_id)
        return [query for query in queries if query.answered and query.text]

    def open_query(self, query_id: str) -> Query:
        """The press if it can still be answered; Telegram's refusal if not."""
        query = self.queries.get(query_id)
        if query is None or query.answered or self.now() - query.pressed_at > QUERY_SECONDS:
            raise bad_request("query is too old and response timeout expired or query ID is invalid")
        return query


def scope_key(scope: JSON, language_code: str) -> str:
    """Under what a scope's and language's commands are kept."""
    return json.dumps([scope, language_code], sort_keys=True)


def as_document(stored: StoredFile) -> Document:
    """The file as a person sees it."""
    return Document(stored.name, stored.data, stored.mime_type, stored.file_id)
