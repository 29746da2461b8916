"""How numbers, sums and dates are written for people and read back, in Russian (``ru``) and English (``en``).

Everything here takes the integers the product counts in, so nothing passes through a float. Groups of
thousands and the currency sign hang on a no-break space: a sum never falls apart at the end of a line. An
unknown language raises ``KeyError``: it is a mistake of the program, never of the person.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import date
from typing import NamedTuple

from services.errors import Invalid
from services.money import MINOR_UNITS, QUANTITY_SCALE, half_up

NBSP = "\u00a0"
MINUS = "\u2212"
MAX_WHOLE_DIGITS = 12


class _Style(NamedTuple):
    """What one language puts between the digits."""

    group: str
    point: str
    percent: str


_STYLES = {"ru": _Style(NBSP, ",", NBSP + "%"), "en": _Style(",", ".", "%")}
_SIGNS = {"RUB": "₽", "EUR": "€", "USD": "$", "KZT": "₸", "UAH": "₴", "BYN": "Br"}
_MONTHS = {
    "ru": (
        *("января", "февраля", "марта", "апреля", "мая", "июня"),
        *("июля", "августа", "сентября", "октября", "ноября", "декабря"),
    ),
    "en": (
        *("January", "February", "March", "April", "May", "June"),
        *("July", "August", "September", "October", "November", "December"),
    ),
}
_WEEKDAYS = {
    "ru": ("пн", "вт", "ср", "чт", "пт", "сб", "вс"),
    "en": ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"),
}
_PLAIN_OR_GROUPED = re.compile(
    r"(?P<whole>[0-9]+|[0-9]{1,3}(?:[ \u00a0\u2009\u202f][0-9]{3})+)(?:[.,](?P<fraction>[0-9]+))?"
)


def _grouped(whole: int, language: str) -> str:
    return f"{whole:,}".replace(",", _STYLES[language].group)


def _fixed(value: int, scale: int, language: str) -> str:
    """Write ``value / scale`` with as many decimals as the scale (a power of ten) has zeros."""
    whole, fraction = divmod(abs(value), scale)
    sign = "-" if value < 0 else ""
    places = len(str(scale)) - 1
    return f"{sign}{_grouped(whole, language)}{_STYLES[language].point}{fraction:0{places}d}"


def _without_trailing_zeros(text: str, language: str) -> str:
    return text.rstrip("0").removesuffix(_STYLES[language].point)


def amount(minor: int, language: str = "ru") -> str:
    """Return minor units as «120 097,03» or ``120,097.03``."""
    return _fixed(minor, MINOR_UNITS, language)


def currency_sign(currency: str) -> str:
    """Return «₽» for ``RUB``, and for a currency without a known sign its own code."""
    return _SIGNS.get(currency, currency)


def money(minor: int, currency: str = "RUB", language: str = "ru") -> str:
    """Return minor units with their currency: «142,00 ₽» or ``RUB 142.00``."""
    if language == "ru":
        return f"{amount(minor, language)}{NBSP}{currency_sign(currency)}"
    return f"{currency}{NBSP}{amount(minor, language)}"


def quantity(thousandths: int, language: str = "ru") -> str:
    """Return thousandths of a unit without needless decimals: «2,5», «240», «1 200»."""
    return _without_trailing_zeros(_fixed(thousandths, QUANTITY_SCALE, language), language)


def whole(number: int, language: str = "ru") -> str:
    """Return a number of things: «10 000» or ``10,000``."""
    return f"{MINUS if number < 0 else ''}{_grouped(abs(number), language)}"


def distance(metres: int, language: str = "ru") -> str:
    """Return metres as kilometres with one decimal, rounded half-up: «14,2»."""
    return _fixed(half_up(metres, 100), 10, language)


def percent(tenths: int, language: str = "ru", *, signed: bool = False) -> str:
    """Return tenths of a percent as «12,5 %» or ``12.5%``; ``signed`` puts a plus before a rise."""
    text = _without_trailing_zeros(_fixed(abs(tenths), 10, language), language)
    sign = MINUS if tenths < 0 else "+" if signed and tenths > 0 else ""
    return f"{sign}{text}{_STYLES[language].percent}"


def percent_of_hundredths(hundredths: int, language: str = "ru") -> str:
    """Return hundredths of a percent as «7,5 %» or ``7.5%``."""
    text = _without_trailing_zeros(_fixed(hundredths, 100, language), language)
    return f"{text}{_STYLES[language].percent}"


def vat_rate(rate: int | None, language: str = "ru") -> str:
    """Return a VAT rate as documents print it: «22%»; ``None`` (outside VAT, not 0 %) is «без НДС»."""
    if rate is None:
        return "без НДС" if language == "ru" else "no VAT"
    return f"{rate}%"


def date_long(day: date, language: str = "ru") -> str:
    """Return «20 ноября 2026 г.» or ``20 November 2026``."""
    text = f"{day.day}{NBSP}{_MONTHS[language][day.month - 1]} {day.year}"
    return f"{text}{NBSP}г." if language == "ru" else text


def date_short(day: date, language: str = "ru") -> str:
    """Return «20.11.2026» or, because 03/04 reads two ways, ``20 Nov 2026``."""
    if language == "ru":
        return f"{day:%d.%m.}{day.year:04d}"
    return f"{day.day}{NBSP}{_MONTHS[language][day.month - 1][:3]}{NBSP}{day.year}"


def weekday_short(day: date, language: str = "ru") -> str:
    """Return «пт» or ``Fri``."""
    return _WEEKDAYS[language][day.weekday()]


_SIGN_BEHIND = re.compile(r"(?i)\s*(?:руб(?:лей|\.)?|р\.?|[₽€$₸₴]|br|[a-z]{3})$")


def without_currency(text: str) -> str:
    """Return a sum as typed without the currency behind it: «12 500,50 ₽», «5 руб.», «5 RUB»."""
    return _SIGN_BEHIND.sub("", text.strip())


def parse_decimal(text: str, places: int) -> int:
    """Return what a person typed («2,5», «2.5», «1 234,50») as an integer of ``10 ** -places``.

    A space between thousands may be a no-break one; digits are ASCII only; a sign is not taken. Zeros after
    the last allowed place say nothing and are let through. Raises ``Invalid``: ``number`` when it is not a
    number, ``number_places`` with more decimals than ``places``, ``number_too_big`` with more than 12
    digits before the point.
    """
    match = _PLAIN_OR_GROUPED.fullmatch(text.strip())
    if match is None:
        raise Invalid("number", places=places)
    fraction = (match["fraction"] or "").rstrip("0")
    if len(fraction) > places:
        raise Invalid("number_places", places=places)
    whole = re.sub(r"[^0-9]", "", match["whole"]).lstrip("0")
    if len(whole) > MAX_WHOLE_DIGITS:
        raise Invalid("number_too_big", digits=MAX_WHOLE_DIGITS)
    return int((whole or "0") + fraction.ljust(places, "0"))


_RUSSIAN_PHONE = re.compile(r"^\+7([0-9]{3})([0-9]{3})([0-9]{2})([0-9]{2})$")


def phone(number: str) -> str:
    """Return a Russian number as «+7 495 123-45-67», held together; any other one as it is."""
    return _RUSSIAN_PHONE.sub(rf"+7{NBSP}\1{NBSP}\2-\3-\4", number)


_SPACE_LIKE = "\t\n\v\f\r\x1c\x1d\x1e\x1f\x85\u2028\u2029"
_INVISIBLE = frozenset({"Cc", "Cf", "Cs"})


class _OneLine(dict[int, int | None]):
    """A ``str.translate`` table that decides about a character once: a space, nothing, or the character."""

    def __missing__(self, code: int) -> int | None:
        character = chr(code)
        is_selector = 0xFE00 <= code <= 0xFE0F
        # Codes that are no characters and never will be: no XML, so no workbook, may hold them.
        is_none = code & 0xFFFE == 0xFFFE or 0xFDD0 <= code <= 0xFDEF
        is_dropped = is_selector or is_none or unicodedata.category(character) in _INVISIBLE
        kept = None if is_dropped else code
        self[code] = 0x20 if character in _SPACE_LIKE else kept
        return self[code]


_ONE_LINE = _OneLine()


def one_line(text: str) -> str:
    """Return people's text as one clean line, safe for a document cell and for a mail header.

    Line breaks and tabs become spaces; control, zero-width and bidirectional characters are dropped; runs of
    spaces shrink to one, no-break ones stay inside; letters are composed (NFC: NFKC would turn № into No).
    """
    cleaned = unicodedata.normalize("NFC", text.translate(_ONE_LINE))
    return re.sub(" {2,}", " ", cleaned).strip()
