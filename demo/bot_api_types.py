"""What the local Bot API is made of: people, chats, messages, files and Telegram's refusals."""

from dataclasses import dataclass, field
from typing import Any

from demo import bot_api_entities as entities

JSON = dict[str, Any]
Rows = list[list[JSON]]


class ApiError(Exception):
    """A refusal with Telegram's own code and sentence."""

    def __init__(self, code: int, description: str, parameters: JSON | None = None) -> None:
        super().__init__(description)
        self.code = code
        self.description = description
        self.parameters = parameters


def bad_request(text: str) -> ApiError:
    """The commonest refusal: 400 with ``text`` after "Bad Request: "."""
    return ApiError(400, f"Bad Request: {text}")


@dataclass
class User:
    """A person as Telegram knows them; ``started`` once they have written to the bot."""

    id: int
    first_name: str
    username: str | None = None
    last_name: str | None = None
    language_code: str = "ru"
    started: bool = False
    blocked: bool = False
    deactivated: bool = False

    def as_json(self) -> JSON:
        """The Bot API's ``User``."""
        user: JSON = {"id": self.id, "is_bot": False, "first_name": self.first_name}
        user |= _present(last_name=self.last_name, username=self.username)
        return user | {"language_code": self.language_code}

    def chat_json(self) -> JSON:
        """The private ``Chat`` with this person."""
        chat: JSON = {"id": self.id, "first_name": self.first_name}
        return chat | _present(last_name=self.last_name, username=self.username) | {"type": "private"}


@dataclass
class Group:
    """A group chat; the bot can write there while ``has_bot``."""

    id: int
    title: str
    has_bot: bool = False
    migrated_to: int | None = None

    def chat_json(self) -> JSON:
        """The group's ``Chat``."""
        kind = "supergroup" if self.id < -1_000_000_000_000 else "group"
        return {"id": self.id, "title": self.title, "type": kind}


@dataclass(frozen=True)
class StoredFile:
    """A file Telegram keeps; ``kind`` is ``document``, ``photo``, ``voice`` or ``sticker``."""

    file_id: str
    unique_id: str
    kind: str
    name: str
    mime_type: str
    data: bytes = field(repr=False)

    @property
    def path(self) -> str:
        """Where ``/file/bot<token>/`` serves it."""
        return f"{self.kind}s/{self.unique_id}{_suffix(self.name)}"


@dataclass(frozen=True)
class Document:
    """A file seen in a chat, with its bytes."""

    name: str
    data: bytes = field(repr=False)
    mime_type: str = "application/octet-stream"
    file_id: str = ""


@dataclass(frozen=True)
class Button:
    """An inline button: what is read on it, and what a press sends (or the link it opens)."""

    label: str
    data: str | None = None
    url: str | None = None


@dataclass(eq=False)
class Message:
    """One message of a chat, changed in place by edits. ``content`` holds the Bot API's content fields."""

    message_id: int
    chat: JSON
    sender: JSON
    from_bot: bool
    sent_at: float
    content: JSON
    inline_keyboard: Rows | None = None
    reply_keyboard: JSON | None = None
    reply_to: int | None = None
    document: Document | None = None
    photo: Document | None = None
    edits: int = 0
    edited_at: float | None = None
    deleted: bool = False

    @property
    def chat_id(self) -> int:
        """The chat it is in."""
        return int(self.chat["id"])

    @property
    def text(self) -> str:
        """The text or caption as read, without markup."""
        return str(self.content.get("text", self.content.get("caption", "")))

    @property
    def entities(self) -> list[JSON]:
        """The formatting of :attr:`text`, offsets in UTF-16 units."""
        found: list[JSON] = self.content.get("entities") or self.content.get("caption_entities") or []
        return found

    @property
    def html(self) -> str:
        """The text with its formatting as HTML tags."""
        return entities.render_html(self.text, self.entities)

    @property
    def buttons(self) -> list[list[Button]]:
        """The inline keyboard, row by row."""
        rows = self.inline_keyboard or []
        return [[Button(b["text"], b.get("callback_data"), b.get("url")) for b in row] for row in rows]

    @property
    def labels(self) -> list[str]:
        """The labels of all inline buttons in reading order."""
        return [button.label for row in self.buttons for button in row]

    @property
    def venue(self) -> JSON | None:
        """The ``Location`` of a location or venue message."""
        found: JSON | None = self.content.get("location")
        return found

    def as_json(self) -> JSON:
        """The Bot API's ``Message``."""
        message: JSON = {"message_id": self.message_id, "from": self.sender, "chat": self.chat}
        message["date"] = int(self.sent_at)
        if self.edited_at is not None:
            message["edit_date"] = int(self.edited_at)
        message.update(self.content)
        if self.inline_keyboard:
            message["reply_markup"] = {"inline_keyboard": self.inline_keyboard}
        return message


@dataclass
class Query:
    """A press waiting for ``answerCallbackQuery``."""

    id: str
    user_id: int
    pressed_at: float
    data: str
    answered: bool = False
    text: str = ""
    alert: bool = False
    url: str | None = None


def _present(**fields: str | None) -> JSON:
    return {name: value for name, value in fields.items() if value is not None}


def _suffix(name: str) -> str:
    stem, dot, suffix = name.rpartition(".")
    return f".{suffix}" if dot and stem and suffix.isalnum() else ""
