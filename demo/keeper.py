"""Keeps the chats and the mailbox of the demo in a file, so that they are there after a restart."""

import json
import sqlite3
import threading
from dataclasses import asdict
from pathlib import Path
from typing import Any, Self

from demo.bot_api import BotApi
from demo.bot_api_types import JSON, Message, StoredFile, User
from demo.bot_api_world import as_document
from demo.mailbox import Letter, Mailbox

_TABLES = """
CREATE TABLE IF NOT EXISTS people (id INTEGER PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS messages (id INTEGER PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS files (
    file_id TEXT PRIMARY KEY, unique_id TEXT, kind TEXT, name TEXT, mime_type TEXT, data BLOB NOT NULL
);
CREATE TABLE IF NOT EXISTS letters (
    number INTEGER PRIMARY KEY, sender TEXT, recipients TEXT, raw BLOB NOT NULL, received_at REAL
);
CREATE TABLE IF NOT EXISTS notes (name TEXT PRIMARY KEY, value TEXT NOT NULL);
"""
_PLAIN = ("chat", "sender", "from_bot", "sent_at", "content", "inline_keyboard", "reply_keyboard",
          "reply_to", "edits", "edited_at")  # fmt: skip
_FILES = ("document", "photo")


class Keeper:
    """A context manager: puts back what was kept, then writes every change down as it happens.

    What the bot hasn't fetched yet is written at an orderly end; Telegram would keep it for a day.
    """

    def __init__(self, path: Path, api: BotApi, mailbox: Mailbox) -> None:
        self._path = path
        self._world = api.world
        self._mailbox = mailbox
        self._lock = threading.Lock()
        self._kept: dict[int, tuple[int, bool]] = {}
        self._files: set[str] = set()
        self._notes: dict[str, str] = {}
        self._database: sqlite3.Connection

    def __enter__(self) -> Self:
        # Changes come from several threads, one at a time.
        self._database = sqlite3.connect(self._path, isolation_level=None, check_same_thread=False)
        self._database.execute("PRAGMA journal_mode=WAL")
        self._database.executescript(_TABLES)
        with self._world.lock:
            self._put_back()
            self._world.listeners.append(self._chat_changed)
        self._mailbox.listeners.append(self._letter_came)
        return self

    def __exit__(self, *_: object) -> None:
        self._mailbox.listeners.remove(self._letter_came)
        with self._world.lock, self._lock:
            self._world.listeners.remove(self._chat_changed)
            self._note("updates", self._world.updates.waiting())
            self._note("commands", self._world.commands)
        self._database.close()

    # --- writing

    def _chat_changed(self, chat_id: int) -> None:
        """Called under the world's lock."""
        with self._lock, self._database:
            self._database.execute("BEGIN")
            if chat_id in self._world.users:
                person = json.dumps(asdict(self._world.users[chat_id]))
                self._write("people", chat_id, person)
            for file_id in self._world.files.keys() - self._files:
                self._keep_file(self._world.files[file_id])
            for message in self._world.history(chat_id):
                self._keep_message(message)
            self._note("commands", self._world.commands)

    def _keep_message(self, message: Message) -> None:
        state = (message.edits, message.deleted)
        if self._kept.get(message.message_id) == state:
            return
        self._kept[message.message_id] = state
        if message.deleted:
            self._database.execute("DELETE FROM messages WHERE id = ?", (message.message_id,))
        else:
            self._write("messages", message.message_id, json.dumps(_as_row(message), ensure_ascii=False))

    def _keep_file(self, file: StoredFile) -> None:
        self._files.add(file.file_id)
        row = (file.file_id, file.unique_id, file.kind, file.name, file.mime_type, file.data)
        self._database.execute("INSERT OR REPLACE INTO files VALUES (?, ?, ?, ?, ?, ?)", row)

    def _letter_came(self, letter: Letter) -> None:
        recipients = json.dumps(letter.recipients)
        row = (letter.number, letter.sender, recipients, letter.raw, letter.received_at)
        with self._lock:
            self._database.execute("INSERT OR REPLACE INTO letters VALUES (?, ?, ?, ?, ?)", row)

    def _note(self, name: str, value: Any) -> None:
        text = json.dumps(value, ensure_ascii=False)
        if self._notes.get(name) != text:
            self._notes[name] = text
            self._write("notes", name, text)

    def _write(self, table: str, key: int | str, value: str) -> None:
        self._database.execute(f"INSERT OR REPLACE INTO {table} VALUES (?, ?)", (key, value))

    # --- putting back

    def _put_back(self) -> None:
        for value in self._values("people"):
            user = User(**value)
            self._world.users[user.id] = user
        for row in self._database.execute("SELECT * FROM files"):
            self._world.files[row[0]] = StoredFile(*row)
            self._files.add(row[0])
        for value in self._values("messages"):
            message = self._as_message(value)
            self._world.chats.setdefault(message.chat_id, {})[message.message_id] = message
            self._kept[message.message_id] = (message.edits, message.deleted)
        rows = self._database.execute("SELECT * FROM letters ORDER BY number")
        self._mailbox.put_back(
            [Letter(number, sender, tuple(json.loads(to)), raw, at) for number, sender, to, raw, at in rows]
        )
        for name, value in self._database.execute("SELECT name, value FROM notes"):
            self._notes[name] = value
        self._world.commands.update(json.loads(self._notes.get("commands", "{}")))
        for update in json.loads(self._notes.get("updates", "[]")):
            self._world.updates.push(update)

    def _values(self, table: str) -> list[JSON]:
        return [
            json.loads(text) for (text,) in self._database.execute(f"SELECT value FROM {table} ORDER BY id")
        ]

    def _as_message(self, value: JSON) -> Message:
        fields: JSON = {name: value[name] for name in _PLAIN}
        for name in _FILES:
            fields[name] = as_document(self._world.files[value[name]]) if value[name] else None
        return Message(message_id=value["id"], **fields)


def _as_row(message: Message) -> JSON:
    files = {name: seen.file_id if (seen := getattr(message, name)) else None for name in _FILES}
    return {"id": message.message_id, **{name: getattr(message, name) for name in _PLAIN}, **files}
