"""Search by any piece of a text, blind to case, to ё and е, and to how a letter is encoded.

What may be searched is kept folded in a column of its own; what is typed is folded the same way.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from sqlalchemy import ColumnElement, and_
from sqlalchemy.orm import InstrumentedAttribute

from services import formats

MAX_WORDS = 10
"""Words of a search taken into account; a longer text would only slow the database down."""

_YO = re.compile("е\u0308+")


def fold(text: str) -> str:
    """Return ``text`` as it is compared: small letters, е for ё, compatible forms unified, single spaces."""
    # Two rounds of decomposition: folding a letter's case may leave it composed again.
    decomposed = unicodedata.normalize(
        "NFKD", unicodedata.normalize("NFKD", formats.one_line(text)).casefold()
    )
    return " ".join(unicodedata.normalize("NFKC", _YO.sub("е", decomposed)).split())


def words(text: str) -> list[str]:
    """Return the folded words of a search, each once, in the order typed, at most ``MAX_WORDS``."""
    return list(dict.fromkeys(fold(text).split()))[:MAX_WORDS]


def digits(text: str) -> str:
    """Return the ASCII digits of ``text`` and nothing else."""
    return re.sub("[^0-9]", "", text)


def contains(column: InstrumentedAttribute[str], text: str) -> ColumnElement[bool]:
    """Return the condition that every word of ``text`` occurs somewhere in a folded column.

    What LIKE takes for a wildcard is escaped; a text without words matches everything.
    """
    return and_(True, *(column.contains(word, autoescape=True) for word in words(text)))


def joined(parts: Iterable[str | None]) -> str:
    """Return the folded parts as one text to search in, the empty ones left out."""
    return " ".join(folded for part in parts if part and (folded := fold(part)))
