"""The methods that write: send, edit, delete, answer. Each takes the world and the parameters."""

from collections.abc import Callable
from typing import Any

from demo import bot_api_markup as markup
from demo.bot_api_files import read_document, read_media, read_photo
from demo.bot_api_params import Params
from demo.bot_api_types import JSON, ApiError, Message, bad_request
from demo.bot_api_world import DELETE_SECONDS, World

Method = Callable[[World, Params], Any]
NOT_MODIFIED = (
    "message is not modified: specified new message content and reply markup are exactly the same "
    "as a current content and reply markup of the message"
)


def chat_id(params: Params, name: str = "chat_id") -> int:
    """The addressed chat's number; "chat not found" for a name, since nobody here has a public one."""
    if not params.text(name).strip():
        raise bad_request(f"{name} is empty")
    try:
        return int(params[name])
    except (TypeError, ValueError):
        raise bad_request("chat not found") from None


def _send(world: World, params: Params, content: JSON, **extra: object) -> JSON:
    chat = world.writable_chat(chat_id(params))
    inline, reply = markup.read_markup(params)
    reply_to = _replied(world, params, chat["id"])
    message = world.add_message(
        chat, world.bot, content, inline_keyboard=inline, reply_keyboard=reply, reply_to=reply_to, **extra
    )
    return message.as_json()


def _replied(world: World, params: Params, chat: int) -> int | None:
    reply = params.parsed("reply_parameters") or {}
    wanted = int(reply.get("message_id") or params.integer("reply_to_message_id"))
    if not wanted:
        return None
    if world.find_message(chat, wanted):
        return wanted
    if reply.get("allow_sending_without_reply") or params.flag("allow_sending_without_reply"):
        return None
    raise bad_request("message to be replied not found")


def send_message(world: World, params: Params) -> JSON:
    """sendMessage."""
    return _send(world, params, markup.read_text(params))


def send_document(world: World, params: Params) -> JSON:
    """sendDocument: an upload or the id of a file sent before."""
    content, document = read_document(world, params)
    return _send(world, params, content | markup.read_caption(params), document=document)


def send_photo(world: World, params: Params) -> JSON:
    """sendPhoto: an upload that is a picture, or a photo's id."""
    content, photo = read_photo(world, params)
    return _send(world, params, content | markup.read_caption(params), photo=photo)


def send_location(world: World, params: Params) -> JSON:
    """sendLocation."""
    return _send(world, params, {"location": _location(params)})


def send_venue(world: World, params: Params) -> JSON:
    """sendVenue: a location with a title and an address."""
    title, address = params.text("title").strip(), params.text("address").strip()
    if not title or not address:
        raise bad_request("venue title and address must be non-empty")
    location = _location(params)
    venue = {"location": location, "title": title, "address": address}
    return _send(world, params, {"location": location, "venue": venue})


def send_contact(world: World, params: Params) -> JSON:
    """sendContact."""
    phone, first_name = params.text("phone_number").strip(), params.text("first_name").strip()
    if not phone:
        raise bad_request("phone number must be non-empty")
    if not first_name:
        raise bad_request("first name must be non-empty")
    return _send(world, params, {"contact": {"phone_number": phone, "first_name": first_name}})


def _location(params: Params) -> JSON:
    latitude, longitude = params.number("latitude"), params.number("longitude")
    if latitude is None or longitude is None:
        raise bad_request("latitude and longitude must be specified")
    if not (-90 <= latitude <= 90 and -180 <= longitude <= 180):
        raise bad_request("wrong location specified")
    return {"latitude": latitude, "longitude": longitude}


def _message_id(params: Params) -> int:
    if not params.text("message_id").strip():
        raise bad_request("message identifier is not specified")
    return params.integer("message_id")


def _to_edit(world: World, params: Params) -> Message:
    chat = chat_id(params)
    world.chat_json(chat)
    message = world.find_message(chat, _message_id(params))
    if message is None:
        raise bad_request("message to edit not found")
    if not message.from_bot or message.reply_keyboard is not None:
        # Telegram lets a bot edit its own messages only, and never one that carries a reply keyboard.
        raise bad_request("message can't be edited")
    return message


def _apply_edit(world: World, message: Message, content: JSON, params: Params) -> JSON:
    keyboard, other = markup.read_markup(params)
    if other is not None:
        raise bad_request("inline keyboard expected")
    if content == message.content and keyboard == message.inline_keyboard:
        raise bad_request(NOT_MODIFIED)
    message.content, message.inline_keyboard = content, keyboard
    message.edits += 1
    message.edited_at = world.now()
    world.touch(message.chat_id)
    return message.as_json()


def edit_message_text(world: World, params: Params) -> JSON:
    """editMessageText; a keyboard that isn't given is taken off."""
    message = _to_edit(world, params)
    content = markup.read_text(params)
    if "text" not in message.content:
        raise bad_request("there is no text in the message to edit")
    return _apply_edit(world, message, content, params)


def edit_message_caption(world: World, params: Params) -> JSON:
    """editMessageCaption of a document or photo."""
    message = _to_edit(world, params)
    if not {"document", "photo"} & message.content.keys():
        raise bad_request("there is no caption in the message to edit")
    kept = {name: value for name, value in message.content.items() if not name.startswith("caption")}
    return _apply_edit(world, message, kept | markup.read_caption(params), params)


def edit_message_media(world: World, params: Params) -> JSON:
    """editMessageMedia: another photo or document, or one where a text stood; never the way back."""
    message = _to_edit(world, params)
    media = params.parsed("media")
    if not isinstance(media, dict) or not media.get("media"):
        raise bad_request("can't parse InputMedia: media not found")
    if not {"text", "photo", "document"} & message.content.keys():
        raise bad_request("message can't be edited")
    content, file = read_media(world, media)
    edited = _apply_edit(world, message, content | markup.read_caption(Params(media)), params)
    message.photo = file if media["type"] == "photo" else None
    message.document = None if media["type"] == "photo" else file
    return edited


def edit_message_reply_markup(world: World, params: Params) -> JSON:
    """editMessageReplyMarkup."""
    message = _to_edit(world, params)
    return _apply_edit(world, message, message.content, params)


def delete_message(world: World, params: Params) -> bool:
    """deleteMessage, anyone's in a private chat and its own in a group, for 48 hours."""
    chat = chat_id(params)
    world.chat_json(chat)
    message = world.find_message(chat, _message_id(params))
    if message is None:
        raise bad_request("message to delete not found")
    _delete(world, message)
    return True


def delete_messages(world: World, params: Params) -> bool:
    """deleteMessages: those that are missing are skipped."""
    chat = chat_id(params)
    world.chat_json(chat)
    wanted = params.parsed("message_ids")
    if not isinstance(wanted, list) or not wanted:
        raise bad_request("message identifiers are not specified")
    if len(wanted) > 100:
        raise bad_request("too many message identifiers specified")
    for message in [world.find_message(chat, int(message_id)) for message_id in wanted]:
        if message is not None:
            _delete(world, message)
    return True


def _delete(world: World, message: Message) -> None:
    is_foreign = message.chat_id in world.groups and not message.from_bot
    if is_foreign or world.now() - message.sent_at > DELETE_SECONDS:
        raise bad_request("message can't be deleted for everyone")
    message.deleted = True
    world.touch(message.chat_id)


def answer_callback_query(world: World, params: Params) -> bool:
    """answerCallbackQuery: once, within 15 seconds, up to 200 characters."""
    query = world.open_query(params.text("callback_query_id"))
    text = params.text("text")
    if len(text) > 200:
        raise bad_request("MESSAGE_TOO_LONG")
    query.answered, query.text, query.alert = True, text, params.flag("show_alert")
    query.url = params.text("url") or None
    world.touch(query.user_id)
    return True


_CHAT_ACTIONS = {"typing", "upload_photo", "record_video", "upload_video", "record_voice", "upload_voice",
                 "upload_document", "choose_sticker", "find_location", "record_video_note",
                 "upload_video_note"}  # fmt: skip


def send_chat_action(world: World, params: Params) -> bool:
    """sendChatAction."""
    chat = world.writable_chat(chat_id(params))
    action = params.text("action")
    if action not in _CHAT_ACTIONS:
        raise ApiError(400, "Bad Request: wrong parameter action in request")
    world.actions.append((chat["id"], action))
    return True


METHODS: dict[str, Method] = {
    "sendmessage": send_message,
    "senddocument": send_document,
    "sendphoto": send_photo,
    "sendlocation": send_location,
    "sendvenue": send_venue,
    "sendcontact": send_contact,
    "editmessagetext": edit_message_text,
    "editmessagecaption": edit_message_caption,
    "editmessagemedia": edit_message_media,
    "editmessagereplymarkup": edit_message_reply_markup,
    "deletemessage": delete_message,
    "deletemessages": delete_messages,
    "answercallbackquery": answer_callback_query,
    "sendchataction": send_chat_action,
}
