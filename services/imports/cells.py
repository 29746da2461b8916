"""How cells are read that only import files have; the others go through the checks of their entity."""

from __future__ import annotations

import re

from services import search
from services.errors import Invalid

_YES = frozenset({"да", "yes", "true", "1", "+", "истина"})
_NO = frozenset({"нет", "no", "false", "0", "-", "ложь"})
_DEGREES = re.compile(r"[-+]?[0-9]{1,3}(?:[.,][0-9]+)?")


def check_yes_no(text: str) -> bool:
    """Return «да» or «нет», in either language, as a truth. Raises ``yes_or_no``."""
    typed = search.fold(text)
    if typed not in _YES | _NO:
        raise Invalid("yes_or_no")
    return typed in _YES


def check_latitude(text: str) -> float:
    """Return degrees from -90 to 90 with a decimal comma or point. Raises ``degrees``, ``latitude_range``."""
    return _within(text, "latitude", 90)


def check_longitude(text: str) -> float:
    """Return degrees from -180 to 180. Raises ``degrees``, ``longitude_range``."""
    return _within(text, "longitude", 180)


def _within(text: str, field: str, most: int) -> float:
    degrees = check_degrees(text)
    if abs(degrees) > most:
        raise Invalid(f"{field}_range")
    return degrees


def check_degrees(text: str) -> float:
    """Return degrees with a decimal comma or point. Raises ``degrees``."""
    typed = text.strip().replace("\u2212", "-")
    if not _DEGREES.fullmatch(typed):
        raise Invalid("degrees")
    return float(typed.replace(",", "."))
