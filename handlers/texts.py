"""Every sentence in the reader's language: gettext catalogues, emoji by alias, people's text escaped."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from html import escape
from pathlib import Path
from typing import Any

from services import formats

LOCALES = Path(__file__).parent.parent / "locales"
LANGUAGES = ("ru", "en")
# Hebrew, Arabic and the other letters written from right to left, and the marks that turn a text round.
_RIGHT_TO_LEFT = re.compile(
    "[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\U00010800-\U00010fff\U0001e800-\U0001efff"
    "\u200f\u202a-\u202e\u2066-\u2069]"
)


class Html(str):
    """Text that is already HTML; everything else given to a sentence is escaped."""

    __slots__ = ()


def N_(message: str) -> str:  # noqa: N802  the name gettext's tools know
    """Mark a message for translation where its language is not known yet."""
    return message


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The messages of one language; `make texts` has put their emoji in place."""

    singular: dict[str, str]
    plural: dict[str, tuple[str, ...]]
    plural_index: Any


class Texts:
    """Says things in one language."""

    def __init__(self, language: str) -> None:
        self.language = language
        self._catalogue = _load(language)

    def __call__(self, message: str, **values: Any) -> Html:
        """Return ``message`` translated, as HTML; values are escaped unless they are Html."""
        return Html(self._find(message).format(**_escaped(values)))

    def plain(self, message: str, **values: Any) -> str:
        """Return ``message`` translated for places without markup: button labels and pop-ups."""
        return self._find(message).format(**{name: _isolated(value) for name, value in values.items()})

    def many(self, one: str, several: str, n: int, **values: Any) -> Html:
        """Return the form of the message that fits ``n``, which fills {n}: «10 000»."""
        forms = self._catalogue.plural.get(one)
        if forms is None:
            forms = (one, several)
        text = forms[self._catalogue.plural_index(n)]
        return Html(text.format(n=formats.whole(n, self.language), **_escaped(values)))

    def _find(self, message: str) -> str:
        found = self._catalogue.singular.get(message)
        if found is None:
            from emoji import emojize

            found = self._catalogue.singular[message] = emojize(message, language="alias")
        return found


@lru_cache(maxsize=len(LANGUAGES))
def texts_for(language: str) -> Texts:
    """Return the texts of ``language``; an unknown one means the first of LANGUAGES."""
    return Texts(language if language in LANGUAGES else LANGUAGES[0])


def isolated(text: str) -> str:
    """Return people's text so that Arabic or Hebrew in it leaves the order of what stands around it alone."""
    return f"\u2068{text}\u2069" if _RIGHT_TO_LEFT.search(text) else text


def escaped(text: object) -> Html:
    """Return people's text as HTML."""
    return text if isinstance(text, Html) else Html(escape(isolated(str(text)), quote=False))


def stack(*parts: str) -> Html:
    """Return HTML parts as lines below each other."""
    return Html("\n".join(parts))


def _escaped(values: dict[str, Any]) -> dict[str, Any]:
    return {name: escaped(value) if isinstance(value, str) else value for name, value in values.items()}


def _isolated(value: Any) -> Any:
    return isolated(value) if isinstance(value, str) else value


def _load(language: str) -> Catalogue:
    # The .po is read directly: no compiled file that could be missing or out of date.
    from babel.messages.pofile import read_po

    path = LOCALES / language / "LC_MESSAGES" / "bot.po"
    with path.open("rb") as file:
        catalogue = read_po(file, locale=language)
    singular: dict[str, str] = {}
    plural: dict[str, tuple[str, ...]] = {}
    for message in catalogue:
        if not message.id or message.fuzzy or not message.string:
            continue
        found = _forms(message.string)
        if isinstance(message.id, str):
            singular[message.id] = found[0]
        else:
            plural[message.id[0]] = tuple(found)
    return Catalogue(singular, plural, _russian_form if language == "ru" else _english_form)


def _forms(text: str | Sequence[str]) -> list[str]:
    return [text] if isinstance(text, str) else list(text)


def _russian_form(n: int) -> int:
    """Return which of Russian's three forms fits ``n`` (CLDR plural rules: one, few, many)."""
    if n % 10 == 1 and n % 100 != 11:
        return 0
    return 1 if 2 <= n % 10 <= 4 and not 12 <= n % 100 <= 14 else 2


def _english_form(n: int) -> int:
    return 0 if n == 1 else 1
