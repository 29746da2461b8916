"""What a person does on the page, by the name the page's script sends."""

from collections.abc import Callable
from typing import Any

from demo.bot_api import BotApi
from demo.bot_api_types import JSON
from demo.people import Person

_LANGUAGES = {"ru": "Русский", "en": "English"}
Action = Callable[[BotApi, Person, JSON], Any]


def _press(api: BotApi, person: Person, body: JSON) -> str:
    """Press a button as it was seen, whatever the message has become meanwhile.

    The press's id comes back, so that its answer can be recognised.
    """
    message_id = int(body["message_id"])
    if api.world.find_message(person.id, message_id) is None:
        raise LookupError("gone")
    return person.forge(str(body["data"]), message_id=message_id).id


def _contact(_api: BotApi, person: Person, body: JSON) -> None:
    person.send_contact(str(body["phone"]), None if body.get("own", True) else person.id + 1_000_000)


def _speak(_api: BotApi, person: Person, body: JSON) -> None:
    """Have the bot speak the person's language: menu, settings, language, menu, each when it is offered.

    Who has just been let in is about to get the menu: to start at the same time would end up with two.
    """
    name = _LANGUAGES[str(body["language"])]
    began = 0 if body.get("is_new") else person.start().message_id
    person.wait(lambda who: _offers(who, "⚙️", began))
    person.press("⚙️")
    person.wait(lambda who: _offers(who, name, began) or _offers(who, f"• {name}", began))
    if _offers(person, name, began):
        person.press(name)
        person.wait(lambda who: _offers(who, f"• {name}", began))
    person.press("🏠")


def _offers(person: Person, label: str, after: int) -> bool:
    """Whether the newest screen has such a button and is newer than the message of that id."""
    screen = next((message for message in reversed(person.messages) if message.buttons), None)
    if screen is None or screen.message_id <= after:
        return False
    return any(found.startswith(label) for found in screen.labels)


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
