"""The content of what people send, in the Bot API's shapes."""

import base64

from demo import bot_api_entities as entities
from demo.bot_api_files import document_json, photo_json
from demo.bot_api_markup import TEXT_LIMIT
from demo.bot_api_types import JSON, Document, User
from demo.bot_api_world import World, as_document

# One grey pixel.
PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNoAAAAggCBd81ytgAAAABJRU5ErkJggg=="
)
_MIME_TYPES = {
    "csv": "text/csv",
    "pdf": "application/pdf",
    "txt": "text/plain",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


def texts(value: str) -> list[JSON]:
    """What Telegram's apps make of a typed text: one message, or several of up to 4,096 characters."""
    assert value.strip(), "Telegram doesn't let people send an empty text"
    units = value.encode("utf-16-le")
    parts, start = [], 0
    while start < len(units):
        end = start + 2 * TEXT_LIMIT
        if 0xD8 <= (units[end - 1] if end < len(units) else 0) <= 0xDB:
            end -= 2  # not through the middle of an emoji
        parts.append(text(units[start:end].decode("utf-16-le")))
        start = end
    return parts


def text(value: str) -> JSON:
    """A text, with the commands Telegram itself marks in it."""
    commands = entities.bot_commands(value)
    return {"text": value, "entities": commands} if commands else {"text": value}


def location(latitude: float, longitude: float) -> JSON:
    """A point on the map."""
    return {"location": {"latitude": latitude, "longitude": longitude}}


def contact(phone: str, owner: User) -> JSON:
    """A contact from the address book."""
    return {"contact": {"phone_number": phone, "first_name": owner.first_name, "user_id": owner.id}}


def photo(world: World, data: bytes | None, caption: str) -> tuple[JSON, Document]:
    """A picture; one grey pixel unless ``data`` is given."""
    stored = world.store_file("photo", "photo.png", "image/png", data or PIXEL)
    return {"photo": [photo_json(stored)]} | _caption(caption), as_document(stored)


def document(world: World, name: str, data: bytes, caption: str) -> tuple[JSON, Document]:
    """A file."""
    mime_type = _MIME_TYPES.get(name.rpartition(".")[2].lower(), "application/octet-stream")
    stored = world.store_file("document", name, mime_type, data)
    return {"document": document_json(stored)} | _caption(caption), as_document(stored)


def sticker(world: World) -> JSON:
    """A sticker."""
    stored = world.store_file("sticker", "sticker.webp", "image/webp", PIXEL)
    size = {"width": 512, "height": 512, "type": "regular", "is_animated": False, "is_video": False}
    ids = {"file_id": stored.file_id, "file_unique_id": stored.unique_id}
    return {"sticker": ids | size | {"emoji": "👍", "file_size": len(stored.data)}}


def voice(world: World) -> JSON:
    """A voice message of three seconds."""
    stored = world.store_file("voice", "voice.ogg", "audio/ogg", b"OggS")
    ids = {"file_id": stored.file_id, "file_unique_id": stored.unique_id}
    return {"voice": ids | {"duration": 3, "mime_type": stored.mime_type, "file_size": len(stored.data)}}


def membership(world: World, user: User, old: str, new: str) -> JSON:
    """A ``ChatMemberUpdated``: the person has blocked or unblocked the bot."""
    return {
        "chat": user.chat_json(),
        "from": user.as_json(),
        "date": int(world.now()),
        "old_chat_member": {"user": world.bot, "status": old, "until_date": 0},
        "new_chat_member": {"user": world.bot, "status": new, "until_date": 0},
    }


def _caption(value: str) -> JSON:
    return {"caption": value} if value else {}
