"""What a person does on the page, by the name the page's script sends."""

from collections.abc import Callable
from typing import Any

from demo.bot_api import BotApi
from demo.bot_api_types import JSON, Message
from demo.people import Person

_LANGUAGES = {"ru": "Русский", "en": "English"}
Action = Callable[[BotApi, Person, JSON], Any]


def _press(api: BotApi, person: Person, body: JSON) -> str:
    """Press a button; the press's id comes back, so that its answer can be recognised."""
    message = api.world.find_message(person.id, int(body["message_id"]))
    if message is None:
        raise LookupError("gone")
    return person.press_at(message, int(body["row"]), int(body["column"])).id


def _contact(_api: BotApi, person: Person, body: JSON) -> None:
    person.send_contact(str(body["phone"]), None if body.get("own", True) else person.id + 1_000_000)


def _speak(_api: BotApi, person: Person, body: JSON) -> None:
    """Have the bot speak the person's language: start, settings, language, menu, each when it is offered."""
    name = _LANGUAGES[str(body["language"])]
    began = person.start()
    person.wait(lambda who: _offers(who, "⚙️", began))
    person.press("⚙️")
    person.wait(lambda who: _offers(who, name, began) or _offers(who, f"• {name}", began))
    if _offers(person, name, began):
        person.press(name)
        person.wait(lambda who: _offers(who, f"• {name}", began))
    person.press("🏠")


def _offers(person: Person, label: str, after: Message) -> bool:
    """Whether the newest screen has such a button and is newer than that message."""
    screen = next((message for message in reversed(person.messages) if message.buttons), after)
    return screen.message_id > after.message_id and any(found.startswith(label) for found in screen.labels)


def _say(function: Callable[[Person, JSON], object]) -> Action:
    return lambda _api, person, body: function(person, body) and None


ACTIONS: dict[str, Action] = {
    "start": _say(lambda person, body: person.start(str(body.get("payload", "")))),
    "send": _say(lambda person, body: person.send(str(body["text"]))),
    "press": _press,
    "speak": _speak,
    "tap": _say(lambda person, body: person.tap(str(body["label"]))),
    "location": _say(lambda person, body: person.send_location(float(body["lat"]), float(body["lon"]))),
    "contact": _contact,
    "sticker": _say(lambda person, _: person.send_sticker()),
    "voice": _say(lambda person, _: person.send_voice()),
    "block": _say(lambda person, _: person.block()),
    "unblock": _say(lambda person, _: person.unblock()),
}
