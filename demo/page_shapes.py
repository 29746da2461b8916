"""What the page's script is told: people, chats and letters as plain JSON."""

from enum import Enum
from typing import Any

from demo.bot_api import BotApi
from demo.bot_api_types import JSON, Document, Message
from demo.mailbox import Letter
from demo.people import Person

_SHOWN = 80
_ROLES = {
    "sales_rep": "торговый представитель",
    "storekeeper": "кладовщик",
    "admin": "администратор",
}


def member(who: Any) -> JSON:
    """Somebody of the cast."""
    roles = [_role(role) for role in who.roles]
    name = {"id": who.telegram_id, "name": who.first_name, "username": who.username}
    return name | {"roles": ", ".join(roles) or "посторонний", "code": who.code}


def _role(role: Any) -> str:
    name = str(role.value if isinstance(role, Enum) else role).lower()
    return _ROLES.get(name, name)


def chat(api: BotApi, person: Person) -> JSON:
    """A person's chat with the bot: the newest messages, the keyboard, the answers to presses."""
    with api.world.lock:
        answers = api.world.answers(person.id)[-5:]
        return {
            "id": person.id,
            "blocked": person.user.blocked,
            "messages": [message(m) for m in person.messages[-_SHOWN:]],
            "keyboard": person.keyboard,
            "commands": api.world.commands_for(person.id),
            "toasts": [{"id": a.id, "text": a.text, "alert": a.alert} for a in answers],
        }


def message(shown: Message) -> JSON:
    """One message; ``side`` tells whose it is."""
    content = shown.content
    contact = content.get("contact")
    other = next((kind for kind in ("sticker", "voice") if kind in content), None)
    return {
        "id": shown.message_id,
        "side": "bot" if shown.from_bot else "me",
        "at": shown.sent_at,
        "edited": shown.edits > 0,
        "text": shown.text,
        "entities": shown.entities,
        "buttons": [[{"label": b.label, "url": b.url} for b in row] for row in shown.buttons],
        "document": _file(shown.document),
        "photo": _file(shown.photo),
        "place": _place(content),
        "contact": f"{contact['first_name']}, {contact['phone_number']}" if contact else None,
        "other": other,
    }


def letter(shown: Letter) -> JSON:
    """A letter; its HTML and files are fetched by their own addresses."""
    return {
        "number": shown.number,
        "from": shown.headers.get("From", shown.sender),
        "to": ", ".join(shown.recipients),
        "subject": shown.subject,
        "headers": [f"{name}: {value}" for name, value in shown.message.items()],
        "text": shown.text,
        "html": bool(shown.html),
        "files": [{"name": name, "size": len(data)} for name, data in shown.attachments.items()],
    }


def _file(file: Document | None) -> JSON | None:
    if file is None:
        return None
    pdf = file.mime_type == "application/pdf" or file.name.lower().endswith(".pdf")
    return {"name": file.name, "size": len(file.data), "url": f"/files/{file.file_id}", "pdf": pdf}


def _place(content: JSON) -> JSON | None:
    location = content.get("location")
    if location is None:
        return None
    venue = content.get("venue", {})
    title = ", ".join(value for value in (venue.get("title"), venue.get("address")) if value)
    return {"lat": location["latitude"], "lon": location["longitude"], "title": title}
