"""What the page's script is told: people, chats and letters as plain JSON."""

from datetime import datetime
from enum import Enum
from typing import Any
from zoneinfo import ZoneInfo

from demo.bot_api import BotApi
from demo.bot_api_types import JSON, Document, Message
from demo.mailbox import Letter
from demo.people import Person

_SHOWN = 80


def member(who: Any, roles: list[str] | None) -> JSON:
    """Somebody of the cast; ``roles`` are those of this moment, None when only the cast knows."""
    held = roles if roles is not None else [_role(role) for role in who.roles]
    name = {"id": who.telegram_id, "name": who.first_name, "username": who.username}
    return name | {"roles": held, "code": None if held else who.code}


def _role(role: Any) -> str:
    return str(role.value if isinstance(role, Enum) else role).lower()


def chat(api: BotApi, person: Person, zone: ZoneInfo) -> JSON:
    """A person's chat with the bot: the newest messages, the keyboard, the answers to presses."""
    with api.world.lock:
        answers = api.world.answers(person.id)[-5:]
        pressed = [query for query in api.world.queries.values() if query.user_id == person.id][-20:]
        return {
            "id": person.id,
            "blocked": person.user.blocked,
            "messages": [message(m, zone) for m in person.messages[-_SHOWN:]],
            "keyboard": person.keyboard,
            "commands": api.world.commands_for(person.id),
            "toasts": [{"id": a.id, "text": a.text, "alert": a.alert} for a in answers],
            "answered": [query.id for query in pressed if query.answered],
        }


def message(shown: Message, zone: ZoneInfo) -> JSON:
    """One message; ``side`` tells whose it is."""
    content = shown.content
    contact = content.get("contact")
    other = next((kind for kind in ("sticker", "voice") if kind in content), None)
    return {
        "id": shown.message_id,
        "side": "bot" if shown.from_bot else "me",
        **moment(shown.sent_at, zone),
        "edited": shown.edits > 0,
        "text": shown.text,
        "entities": shown.entities,
        "buttons": [[{"label": b.label, "url": b.url, "data": b.data} for b in row] for row in shown.buttons],
        "document": _file(shown.document),
        "photo": _file(shown.photo),
        "place": _place(content),
        "contact": {"name": contact["first_name"], "phone": contact["phone_number"]} if contact else None,
        "other": other,
    }


def moment(at: float, zone: ZoneInfo) -> JSON:
    """Day and time as the company's clock shows them: the browser's own is never asked."""
    local = datetime.fromtimestamp(at, zone)
    return {"day": f"{local:%Y-%m-%d}", "time": f"{local:%H:%M}"}


def letter(shown: Letter, zone: ZoneInfo) -> JSON:
    """A letter; its HTML and files are fetched by their own addresses."""
    return {
        "number": shown.number,
        **moment(shown.received_at, zone),
        "from": shown.headers.get("From", shown.sender),
        "to": ", ".join(shown.recipients),
        "subject": shown.subject,
        "headers": [f"{name}: {value}" for name, value in shown.message.items()],
        "text": shown.text,
        "html": bool(shown.html),
        "files": [
            _shape(name, len(data), f"/mail/{shown.number}/files/{index}")
            for index, (name, data) in enumerate(shown.attachments.items())
        ],
    }


def _file(file: Document | None) -> JSON | None:
    return None if file is None else _shape(file.name, len(file.data), f"/files/{file.file_id}")


def _shape(name: str, size: int, url: str) -> JSON:
    suffix = name.lower().rpartition(".")[2]
    return {"name": name, "size": size, "url": url, "suffix": suffix}


def _place(content: JSON) -> JSON | None:
    location = content.get("location")
    if location is None:
        return None
    venue = content.get("venue", {})
    place = {"lat": location["latitude"], "lon": location["longitude"]}
    return place | {"title": venue.get("title", ""), "address": venue.get("address", "")}
