"""From the bytes of a text file to its text and separator, judged by the header that is expected.

Statistics alone guess wrong on a short file in Russian; a header read as «Артикул;Наименование» leaves no
doubt. Letters are counted only when the header is in English and reads the same in every encoding.
"""

from __future__ import annotations

import codecs
import csv
import io
import math
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

SEPARATORS = (";", "\t", ",")

_ONE_BYTE = ("cp1251", "cp866", "koi8-r")
_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_HEAD = 65_536
_SAMPLE = 20_000

# Occurrences of each letter in a thousand letters of Russian text, from а to я, then ё. A capital is a little
# less likely: KOI8-R taken for cp1251 swaps capitals and small letters.
_LETTERS = "абвгдежзийклмнопрстуфхцчшщъыьэюяё"
_PER_THOUSAND = (
    *(80.1, 15.9, 45.4, 17.0, 29.8, 84.5, 9.4, 16.5, 73.5, 12.1, 34.9, 44.0, 32.1, 67.0, 109.7, 28.1),
    *(47.3, 54.7, 62.6, 26.2, 2.6, 9.7, 4.8, 14.4, 7.3, 3.6, 0.4, 19.0, 17.4, 3.2, 6.4, 20.1, 0.4),
)
_LIKELIHOODS = {letter: math.log(share) for letter, share in zip(_LETTERS, _PER_THOUSAND, strict=True)}
_WEIGHTS = _LIKELIHOODS | {letter.upper(): weight - 0.5 for letter, weight in _LIKELIHOODS.items()}
_USUAL_SIGNS = frozenset("«»„“”‘’–—…№°×·₽€\u00a0\u202f\ufeff")
_FOREIGN = -5.0


class Decoded(NamedTuple):
    """A file's text, what separates its cells, and the encoding it was read in."""

    text: str
    separator: str
    encoding: str


def decode(data: bytes, known_columns: Callable[[Sequence[str]], int]) -> Decoded | None:
    """Return the reading of ``data`` in which the header has the most known columns, None if it has none.

    ``known_columns`` counts them in a row of cells.
    """
    best = (0, 0.0)
    found = None
    for encoding, text in _readings(data):
        columns, separator = _best_separator(text, known_columns)
        score = (columns, _plausibility(text))
        if columns and (found is None or score > best):
            best, found = score, Decoded(text, separator, encoding)
    return found


def without_separator_line(text: str) -> str:
    """Return ``text`` without the line ``sep=;`` some spreadsheets write and hide."""
    first, _, rest = text.partition("\n")
    return rest if first.strip().lower() in {f"sep={mark}" for mark in (";", ",", "")} else text


def _readings(data: bytes) -> Iterator[tuple[str, str]]:
    for encoding in _candidates(data):
        try:
            yield encoding, without_separator_line(data.decode(encoding))
        except UnicodeDecodeError:
            continue
        if encoding.startswith("utf-8"):
            # Text in a one-byte encoding is never valid UTF-8 by chance.
            return


def _candidates(data: bytes) -> tuple[str, ...]:
    for bom, encoding in _BOMS:
        if data.startswith(bom):
            return (encoding,)
    if b"\0" in data[:_HEAD]:
        return ("utf-16-le", "utf-16-be")
    return ("utf-8", *_ONE_BYTE)


def _best_separator(text: str, known_columns: Callable[[Sequence[str]], int]) -> tuple[int, str]:
    counts = [(known_columns(_header(text, mark)), mark) for mark in SEPARATORS]
    return max(counts, key=lambda counted: counted[0])


def _header(text: str, separator: str) -> list[str]:
    """Return the cells of the first row that is not empty."""
    reader = csv.reader(io.StringIO(text[:_HEAD], newline=""), delimiter=separator)
    try:
        return next((cells for cells in reader if any(cell.strip() for cell in cells)), [])
    except csv.Error:
        return []


def _plausibility(text: str) -> float:
    """Return how likely a sample is as Russian, as a logarithm that readings of one length compare by."""
    letters = Counter(text[:_SAMPLE])
    return sum(number * _weight(letter) for letter, number in letters.items())


def _weight(letter: str) -> float:
    if letter.isascii() or letter in _USUAL_SIGNS:
        return 0.0
    return _WEIGHTS.get(letter, _FOREIGN)
