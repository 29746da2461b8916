"""Typed button data: dataclasses packed into at most 64 bytes, ids only.

The same value is the *address* of the screen it opens, so it also tells what is on the screen a person
looks at, what typed text means there, and where «Назад» leads.
"""

from __future__ import annotations

import dataclasses
import enum
from datetime import date
from typing import Any, ClassVar, Self, get_args, get_type_hints

MAX_BYTES = 64
# More would not fit into a database's integer.
MAX_DIGITS = 18

_registry: dict[str, type[Data]] = {}


class BadData(ValueError):
    """Button data that this version does not know: forged, or of a screen from long ago."""


class Data:
    """Base of all button data. Subclasses are frozen dataclasses with a unique ``code``."""

    code: ClassVar[str]
    # May be pressed on any message, not only on the screen the person looks at: notices and cards.
    anywhere: ClassVar[bool] = False
    # The address of a card: a message of its own that is redrawn in place, wherever it is pressed.
    card: ClassVar[bool] = False
    # Open to people without a role.
    public: ClassVar[bool] = False

    def __init_subclass__(
        cls, *, code: str = "", anywhere: bool = False, card: bool = False, public: bool = False
    ) -> None:
        # Without a code it is a base of other kinds, which no button carries.
        if code in _registry and _registry[code].__qualname__ != cls.__qualname__:
            raise TypeError(f"button code {code!r} is taken by {_registry[code].__name__}")
        cls.code, cls.anywhere, cls.card, cls.public = code, anywhere or card, card, public
        if code:
            _registry[code] = cls

    def home(self) -> Data | None:
        """Return the address of the card an action button stands on, to be redrawn after a refusal."""
        return None

    def pack(self) -> str:
        """Return the data as text; raises ValueError when Telegram would refuse its length."""
        fields = list(dataclasses.fields(self))  # type: ignore[arg-type]
        while fields and getattr(self, fields[-1].name) == fields[-1].default:
            fields.pop()
        values = [_to_text(getattr(self, field.name)) for field in fields]
        text = ":".join([self.code, *values])
        if len(text.encode()) > MAX_BYTES:
            raise ValueError(f"{text!r} is longer than {MAX_BYTES} bytes")
        return text

    @classmethod
    def parse(cls, values: list[str]) -> Self:
        """Return the data made of ``values``; raises BadData."""
        kinds = _fields_of(cls)
        if len(values) > len(kinds):
            raise BadData(f"{cls.code}: {len(values)} values")
        try:
            # A field that came with a later version has a default, so buttons of before still work.
            return cls(*(_from_text(kind, value) for kind, value in zip(kinds, values, strict=False)))
        except (ValueError, KeyError, TypeError) as error:
            raise BadData(f"{cls.code}: {error}") from None


def unpack(text: str) -> Data:
    """Return the data a button carried; raises BadData when it isn't ours."""
    if len(text.encode(errors="replace")) > MAX_BYTES:
        raise BadData("longer than any of ours")
    code, *values = text.split(":")
    kind = _registry.get(code)
    if kind is None:
        raise BadData(f"unknown code {code!r}")
    return kind.parse(values)


def known() -> dict[str, type[Data]]:
    """Return every kind of button data by its code."""
    return dict(_registry)


_kinds: dict[type[Data], list[Any]] = {}


def _fields_of(cls: type[Data]) -> list[Any]:
    if cls not in _kinds:
        hints = get_type_hints(cls)
        _kinds[cls] = [hints[field.name] for field in dataclasses.fields(cls)]  # type: ignore[arg-type]
    return _kinds[cls]


def _to_text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, enum.Enum):
        return str(value.value)
    if isinstance(value, date):
        return value.strftime("%y%m%d")
    text = str(value)
    if ":" in text:
        raise ValueError(f"{text!r} has a colon")
    return text


def _from_text(kind: Any, text: str) -> Any:
    if kind is int:
        if not text.removeprefix("-").isdecimal() or not text.isascii() or len(text) > MAX_DIGITS:
            raise ValueError(f"{text!r} is no number")
        return int(text)
    if kind is str:
        return text
    if kind is bool:
        return {"0": False, "1": True}[text]
    if kind is date:
        return date(2000 + int(text[:2]), int(text[2:4]), int(text[4:6]))
    if isinstance(kind, type) and issubclass(kind, enum.Enum):
        return kind(text)
    # «int | None», «date | None»
    return None if text == "" else _from_text(get_args(kind)[0], text)
