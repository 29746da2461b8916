"""Sums and counts in words, as documents end with: «Сто двадцать тысяч девяносто семь рублей 03 копейки».

The number itself comes from num2words, loaded on first use because it brings every language it knows (5
MB); the currency's forms are ours, because its own currency mode takes an integer for kopecks and writes
the kopecks out.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

from services.money import MINOR_UNITS


class _Noun(NamedTuple):
    """A Russian noun after 1, after 2 and after 5, and its gender."""

    one: str
    few: str
    many: str
    gender: Literal["m", "f"] = "m"


_RUSSIAN = {
    "RUB": (_Noun("рубль", "рубля", "рублей"), _Noun("копейка", "копейки", "копеек", "f")),
    "BYN": (
        _Noun("белорусский рубль", "белорусских рубля", "белорусских рублей"),
        _Noun("копейка", "копейки", "копеек", "f"),
    ),
    "KZT": (_Noun("тенге", "тенге", "тенге"), _Noun("тиын", "тиына", "тиынов")),
    "UAH": (_Noun("гривна", "гривны", "гривен", "f"), _Noun("копейка", "копейки", "копеек", "f")),
    "USD": (_Noun("доллар", "доллара", "долларов"), _Noun("цент", "цента", "центов")),
    "EUR": (_Noun("евро", "евро", "евро"), _Noun("цент", "цента", "центов")),
}
_ENGLISH = {
    "RUB": (("rouble", "roubles"), ("kopeck", "kopecks")),
    "BYN": (("Belarusian rouble", "Belarusian roubles"), ("kopeck", "kopecks")),
    "KZT": (("tenge", "tenge"), ("tiyn", "tiyn")),
    "UAH": (("hryvnia", "hryvnias"), ("kopeck", "kopecks")),
    "USD": (("dollar", "dollars"), ("cent", "cents")),
    "EUR": (("euro", "euros"), ("cent", "cents")),
}


def number_in_words(number: int, language: str = "ru") -> str:
    """Return a whole number that is not negative in words, in lower case: «двадцать один», ``twenty-one``."""
    return _spell(number, language, "m")


def in_words(minor: int, currency: str = "RUB", language: str = "ru") -> str:
    """Return a sum of minor units in words, the minor units themselves in two digits.

    A currency whose name is not known keeps its code and writes the minor units as hundredths. Raises
    ``ValueError`` for a negative sum.
    """
    if minor < 0:
        raise ValueError("a document's sum is never negative")
    whole, rest = divmod(minor, MINOR_UNITS)
    text = _russian(whole, rest, currency) if language == "ru" else _english(whole, rest, currency)
    return text[0].upper() + text[1:]


def _russian(whole: int, rest: int, currency: str) -> str:
    if currency not in _RUSSIAN:
        return f"{_spell(whole, 'ru', 'm')} {currency} {rest:02d}/100"
    unit, part = _RUSSIAN[currency]
    return f"{_spell(whole, 'ru', unit.gender)} {_after(whole, unit)} {rest:02d} {_after(rest, part)}"


def _english(whole: int, rest: int, currency: str) -> str:
    if currency not in _ENGLISH:
        return f"{_spell(whole, 'en', 'm')} {currency} {rest:02d}/100"
    unit, part = _ENGLISH[currency]
    return f"{_spell(whole, 'en', 'm')} {unit[whole != 1]} {rest:02d} {part[rest != 1]}"


def _after(number: int, noun: _Noun) -> str:
    """Return the form of a Russian noun that follows the number: 1 рубль, 2 рубля, 5 and 11 рублей."""
    if number % 100 in range(11, 20):
        return noun.many
    if number % 10 == 1:
        return noun.one
    return noun.few if number % 10 in (2, 3, 4) else noun.many


def _spell(number: int, language: str, gender: str) -> str:
    from num2words import num2words

    if language == "ru":
        return str(num2words(number, lang="ru", gender=gender))
    # «one hundred and twenty-one, …» is how people speak; documents leave the filling out
    return str(num2words(number, lang="en")).replace(" and ", " ").replace(",", "")
