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


def check_degrees(text: str) -> float:
    """Return degrees of latitude or longitude with a decimal comma or point. Raises ``degrees``."""
    typed = text.strip().replace("\u2212", "-")
    if not _DEGREES.fullmatch(typed):
        raise Invalid("degrees")
    return float(typed.replace(",", "."))
