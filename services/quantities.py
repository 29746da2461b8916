"""How a quantity is typed and how it reads: pure, in thousandths of the base unit."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass

from models import BASE_FACTOR, Product
from services import formats
from services.errors import Invalid

LIMIT = 1_000_000 * BASE_FACTOR
"""Nobody orders more than a million base units on one line; a larger number is a slip of the finger."""

# Base units that are cut or poured; every other base unit is counted in whole ones.
WEIGHED = frozenset({"кг", "г", "т", "л", "м", "kg", "g", "t", "l", "m"})

# Tried in this order; in base units thousandths.
_WHOLE_EXAMPLES = (12_000, 6_000, 5_000, 2_000, 1_000)
_WEIGHED_EXAMPLES = (2_500, *_WHOLE_EXAMPLES)
_PACKAGE_EXAMPLES = (5, 3, 2, 1)

_FORM = re.compile(r"([0-9][0-9\s\u00a0.,]*)(.*)", re.DOTALL)
_WORD = re.compile(r"[^\W\d_]*")
# As English groups thousands; elsewhere, and behind a nought, a comma is the decimal point.
_ENGLISH_GROUPS = re.compile(r"[1-9][0-9]{0,2}(?:,[0-9]{3})+(?:\.[0-9]+)?")


class Typed(tuple[int, str, int]):
    """A quantity as typed: base quantity (thousandths), the unit's code, its factor (thousandths)."""

    __slots__ = ()

    @property
    def quantity(self) -> int:
        """The quantity in thousandths of the base unit."""
        return self[0]

    @property
    def unit(self) -> str:
        """The unit it was counted in."""
        return self[1]

    @property
    def factor(self) -> int:
        """Thousandths of base units in one of that unit."""
        return self[2]


@dataclass(frozen=True, slots=True)
class Possible:
    """The quantities that can be ordered now: every ``step`` from ``least`` to ``most``, in thousandths.

    With ``most`` below ``least`` there is none.
    """

    step: int
    least: int
    most: int

    def __contains__(self, quantity: int) -> bool:
        return self.least <= quantity <= self.most and quantity % self.step == 0

    def __bool__(self) -> bool:
        return self.least <= self.most

    def up(self, quantity: int) -> int:
        """Return the least that keeps to minimum and step and is no less than this, in stock or not."""
        return max(self.least, -(-quantity // self.step) * self.step)

    def down(self, quantity: int) -> int:
        """Return the most that keeps to minimum and step and is no more than this, 0 below the minimum."""
        stepped = quantity // self.step * self.step
        return stepped if stepped >= self.least else 0

    def near(self, quantity: int) -> tuple[int, ...]:
        """Return what can be ordered just below and just above, the smaller first; at most two."""
        if not self:
            return ()
        inside = min(max(quantity, self.least), self.most)
        return tuple(dict.fromkeys((self.down(inside), min(self.up(inside), self.most))))


def possible(product: Product) -> Possible:
    """Return how much of a product can be ordered: what is available, its minimum and its multiple."""
    smallest = 1 if product.unit in WEIGHED else BASE_FACTOR
    step = math.lcm(smallest, product.multiple or smallest)
    least = -(-max(product.minimum or 0, step) // step) * step
    return Possible(step, least, min(product.available, LIMIT) // step * step)


def examples(product: Product) -> list[Typed]:
    """Return a quantity that can be ordered now in each unit there is one for, the base unit first."""
    within = possible(product)
    in_base = _WEIGHED_EXAMPLES if product.unit in WEIGHED else _WHOLE_EXAMPLES
    found = []
    for unit, factor in product.units.items():
        # The base unit's last is possible wherever anything is.
        tried = (
            (*in_base, within.least)
            if unit == product.unit
            else [count * factor for count in _PACKAGE_EXAMPLES]
        )
        fitting = next((quantity for quantity in tried if quantity in within), None)
        if fitting is not None:
            found.append(Typed((fitting, unit, factor)))
    return found


def parse(
    text: str,
    units: Mapping[str, int],
    default_unit: str | None = None,
    language: str = "ru",
    *,
    zero_is_meant: bool = False,
) -> Typed:
    """Read ``12``, ``12 шт``, ``5 кор``, ``2,5 кг``; the first of ``units`` is the base unit.

    A number alone is counted in ``default_unit``; ``1,200`` is 1200 in English, as it is shown there;
    ``0`` is none, where that may be meant. Raises Invalid with one of the codes ``quantity_form``,
    ``quantity_decimals``, ``quantity_unit``, ``quantity_whole``, ``quantity_positive`` (``quantity_negative``
    where zero may be meant), ``quantity_limit``; each carries ``base`` and ``units`` for the sentence.
    """
    base, hints = _hints(units)
    match = _FORM.fullmatch(text.strip().casefold())
    number, word = (match[1].strip(), match[2].removesuffix(".")) if match else ("", "")
    is_unit = any(word == unit.casefold() for unit in units)
    if match is None or not (is_unit or _WORD.fullmatch(word)):
        below_zero = "quantity_negative" if zero_is_meant else "quantity_positive"
        code = below_zero if re.fullmatch(r"[-\u2212]\s*\d.*", text.strip()) else "quantity_form"
        raise Invalid(code, **hints)
    unit = default_unit or base if not word else _unit_named(word, units)
    if unit is None:
        raise Invalid("quantity_unit", typed=word, **hints)
    if language == "en" and _ENGLISH_GROUPS.fullmatch(number):
        number = number.replace(",", "")
    if re.search(r"[.,][0-9]{4,}$", number):
        raise Invalid("quantity_decimals" if base in WEIGHED else "quantity_whole", **hints)
    try:
        count = formats.parse_decimal(number, 3)
    except Invalid:
        raise Invalid("quantity_form", **hints) from None
    if zero_is_meant and count == 0:
        return Typed((0, unit, units[unit]))
    return Typed((_checked(count, units[unit], units), unit, units[unit]))


def check(quantity: int, units: Mapping[str, int]) -> None:
    """Refuse a quantity (thousandths of the base unit) nobody orders; raises Invalid as :func:`parse`."""
    base, hints = _hints(units)
    if quantity <= 0:
        raise Invalid("quantity_positive", **hints)
    if quantity > LIMIT:
        raise Invalid("quantity_limit", limit=LIMIT, **hints)
    if base not in WEIGHED and quantity % BASE_FACTOR:
        raise Invalid("quantity_whole", **hints)


def _checked(count: int, factor: int, units: Mapping[str, int]) -> int:
    quantity, rest = divmod(count * factor, BASE_FACTOR)
    check(quantity if count else 0, units)
    if rest or (factor != BASE_FACTOR and count % BASE_FACTOR):
        raise Invalid("quantity_whole", **_hints(units)[1])
    return quantity


def _hints(units: Mapping[str, int]) -> tuple[str, dict[str, object]]:
    base = next(iter(units))
    return base, {"base": base, "units": list(units), "is_weighed": base in WEIGHED}


def _unit_named(word: str, units: Mapping[str, int]) -> str | None:
    """Return the unit a word means: its code, or an unmistakable beginning («коробок» is «кор»)."""
    for unit in units:
        if word == unit.casefold():
            return unit
    fitting = [unit for unit in units if word.startswith(unit.casefold()) or unit.casefold().startswith(word)]
    return fitting[0] if len(fitting) == 1 else None


def in_unit(quantity: int, unit: str, factor: int, language: str) -> str:
    """Return «5 кор» for a quantity that was counted in ``unit``."""
    count = quantity * BASE_FACTOR // factor
    return f"{formats.quantity(count, language)}{formats.NBSP}{unit}"


def in_all(quantity: int, unit: str, factor: int, units: Mapping[str, int], language: str) -> str:
    """Return «1 пал = 480 шт, 40 кор»: as counted, then in every other unit it is a whole number of."""
    base = next(iter(units))
    if quantity % factor:
        unit, factor = base, BASE_FACTOR
    others = [
        in_unit(quantity, code, other, language)
        for code, other in units.items()
        if code != unit and (code == base or quantity % other == 0)
    ]
    counted = in_unit(quantity, unit, factor, language)
    return f"{counted} = {', '.join(others)}" if others else counted


def both(quantity: int, unit: str, factor: int, base: str, language: str) -> str:
    """Return «5 кор (60 шт)», or «12 шт» when it was counted in the base unit.

    A quantity that is no whole number of the unit reads in base units only: nobody loads 2,25 boxes.
    """
    in_base = f"{formats.quantity(quantity, language)}{formats.NBSP}{base}"
    if factor == BASE_FACTOR or quantity % factor:
        return in_base
    return f"{in_unit(quantity, unit, factor, language)} ({in_base})"


def packed(quantity: int, units: Mapping[str, int], language: str) -> str:
    """Return «4 кор + 3 шт»: whole packages, the largest first, then base units.

    A product without packages reads in base units.
    """
    base = next(iter(units))
    parts, rest = [], quantity
    for unit, factor in sorted(units.items(), key=lambda pair: -pair[1]):
        if factor > BASE_FACTOR and rest >= factor:
            parts.append(in_unit(rest - rest % factor, unit, factor, language))
            rest %= factor
    if rest or not parts:
        parts.append(in_unit(rest, base, BASE_FACTOR, language))
    return " + ".join(parts)


def level(quantity: int, units: Mapping[str, int], language: str) -> str:
    """Return «1 443 шт (3 пал + 3 шт)»: in base units, then in as few packages as hold it."""
    in_base = in_unit(quantity, next(iter(units)), BASE_FACTOR, language)
    in_packages = packed(quantity, units, language)
    return in_base if in_packages == in_base else f"{in_base} ({in_packages})"
