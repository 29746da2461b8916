"""What a person sees: a text with buttons, and the address it can be opened by again."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from handlers.callbacks import Data
from handlers.texts import Html, Texts, escaped
from services import formats

MAX_TEXT = 4096
MAX_CAPTION = 1024
MAX_LABEL = 60


@dataclass(frozen=True, slots=True)
class Button:
    """An inline button: it carries typed data or opens a link."""

    label: str
    data: Data | None = None
    url: str | None = None

    def to_json(self) -> dict[str, str]:
        """Return the Bot API's InlineKeyboardButton."""
        label = self.label if len(self.label) <= MAX_LABEL else self.label[: MAX_LABEL - 1] + "…"
        if self.url is not None:
            return {"text": label, "url": self.url}
        if self.data is None:
            raise ValueError(f"button {label!r} does nothing")
        return {"text": label, "callback_data": self.data.pack()}


Rows = list[list[Button]]


@dataclass(frozen=True, slots=True)
class Answer:
    """What a button press is answered with."""

    query_id: str
    text: str | None = None
    is_alert: bool = False


@dataclass(slots=True)
class Screen:
    """A message to show. ``here`` is its address; a notice has none and is no screen to come back to."""

    text: Html
    rows: Rows = field(default_factory=list)
    here: Data | None = None
    # A reply keyboard with this one button asks for the person's own contact.
    contact_button: str | None = None
    # Takes such a keyboard away again.
    removes_keyboard: bool = False
    # For a notice that redraws an earlier message, and for whoever hears how it went.
    edits: int | None = None
    about: dict[str, Any] = field(default_factory=dict)
    # A photo above the text, by the id Telegram gave it; the text is then its caption and much shorter.
    photo: str | None = None

    def under(self, *sentences: str) -> Screen:
        """Return this screen with sentences above it."""
        self.text = Html("\n\n".join([*sentences, self.text]))
        return self

    def to_params(self) -> dict[str, Any]:
        """Return the parameters of sendMessage or editMessageText."""
        params: dict[str, Any] = {
            "text": fitting(self.text),
            "parse_mode": "HTML",
            "link_preview_options": {"is_disabled": True},
        }
        markup = self._markup()
        if markup is not None:
            params["reply_markup"] = markup
        return params

    def to_call(self, message_id: int | None = None) -> tuple[str, dict[str, Any]]:
        """Return the Bot API call that shows this screen: anew, or in place of a message.

        A call with a photo tells under ``instead`` what to show should Telegram refuse the photo.
        """
        params = self.to_params()
        place = {} if message_id is None else {"message_id": message_id}
        if self.photo is None:
            return ("sendMessage" if message_id is None else "editMessageText"), {**params, **place}
        caption = {"caption": fitting(self.text, MAX_CAPTION), "parse_mode": "HTML"}
        markup = {name: value for name, value in params.items() if name == "reply_markup"}
        about = {"about": {"instead": params}}
        if message_id is None:
            return "sendPhoto", {"photo": self.photo, **caption, **markup, **about}
        media = {"type": "photo", "media": self.photo, **caption}
        return "editMessageMedia", {"media": media, **place, **markup, **about}

    def _markup(self) -> dict[str, Any] | None:
        if self.contact_button is not None:
            button = {"text": self.contact_button, "request_contact": True}
            return {"keyboard": [[button]], "resize_keyboard": True, "one_time_keyboard": True}
        if self.removes_keyboard:
            return {"remove_keyboard": True}
        if not self.rows:
            return None
        return {"inline_keyboard": [[button.to_json() for button in row] for row in self.rows if row]}


def fitting(text: str, limit: int = MAX_TEXT) -> str:
    """Return HTML that Telegram accepts as one message: whole lines, as many as fit."""
    if utf16_length(text) <= limit:
        return text
    kept: list[str] = []
    size = 2
    for line in text.split("\n"):
        size += utf16_length(line) + 1
        if size > limit:
            break
        kept.append(line)
    return "\n".join([*kept, "…"])


def clipped(text: str, room: int) -> Html:
    """Return people's text as HTML of at most ``room`` units, cut behind a word; empty without room."""
    if utf16_length(escaped(text)) <= room:
        return escaped(text)
    kept = text[: max(room, 0)]
    while kept and utf16_length(escaped(kept)) >= room:
        kept = kept[:-1]
    if not kept.strip():
        return Html("")
    is_inside_a_word = not text[len(kept)].isspace() and not kept[-1:].isspace()
    if is_inside_a_word and len(kept.split()) > 1:
        kept = kept.rsplit(maxsplit=1)[0]
    return Html(f"{escaped(kept.rstrip())}…")


def utf16_length(text: str) -> int:
    """Return the length as Telegram counts it. Tags are counted too, so a fit is on the safe side."""
    return len(text) + sum(char > "\uffff" for char in text)


@dataclass(frozen=True, slots=True)
class View:
    """How one reader sees things: language, clock, currency."""

    t: Texts
    zone: ZoneInfo
    today: date
    currency: str = "RUB"

    @property
    def language(self) -> str:
        """The reader's language."""
        return self.t.language

    def money(self, amount: int, currency: str | None = None) -> str:
        """Return «142,00 ₽»."""
        return formats.money(amount, currency or self.currency, self.language)

    def quantity(self, quantity: int, unit: str) -> str:
        """Return «12 шт»."""
        return f"{formats.quantity(quantity, self.language)}{formats.NBSP}{unit}"

    def distance(self, metres: int) -> str:
        """Return «14,2»: kilometres."""
        return formats.distance(metres, self.language)

    def day(self, day: date) -> str:
        """Return «пн 23.11.2026»."""
        return f"{formats.weekday_short(day, self.language)} {formats.date_short(day, self.language)}"

    def short_day(self, day: date) -> str:
        """Return «23.11.2026»."""
        return formats.date_short(day, self.language)

    def moment(self, at: datetime) -> str:
        """Return «10:42» for today, «20.11.2026 10:42» for another day, on the company's clock."""
        local = at.astimezone(self.zone)
        clock = local.strftime("%H:%M")
        return (
            clock
            if local.date() == self.today
            else f"{formats.date_short(local.date(), self.language)} {clock}"
        )
