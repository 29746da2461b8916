"""VAT of a document line and of a whole document, in integer minor units.

Tax is taken per line, rounded half-up, and totals are sums of lines: taking it from the grand total differs
by kopecks from what an accountant gets by adding up the column. Which rate applies on which day is data and
is kept in the database; here a rate is a whole percent, 0 is 0 %, and ``None`` is «без НДС», which is
something else.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from services.money import amount_for, half_up


@dataclass(frozen=True, slots=True)
class LineAmounts:
    """One line's money in minor units; ``total = net + vat`` always."""

    net: int
    vat: int
    total: int


@dataclass(frozen=True, slots=True)
class RateTotal:
    """What the lines of one rate add up to, in minor units; ``rate`` None is «без НДС»."""

    rate: int | None
    net: int
    vat: int
    total: int


def line_amounts(quantity: int, price: int, rate: int | None, *, included: bool) -> LineAmounts:
    """Return the net, tax and total of ``quantity`` thousandths at ``price`` minor units per base unit.

    ``rate`` is in percent, ``None`` means «без НДС». ``included`` says whether the price contains the tax:
    if so the total is rounded and the tax cut out of it by ``rate / (100 + rate)``, otherwise it is put on
    top.
    """
    amount = amount_for(quantity, price)
    if rate is None:
        return LineAmounts(net=amount, vat=0, total=amount)
    if included:
        tax = half_up(amount * rate, 100 + rate)
        return LineAmounts(net=amount - tax, vat=tax, total=amount)
    tax = half_up(amount * rate, 100)
    return LineAmounts(net=amount, vat=tax, total=amount + tax)


def totals_by_rate(lines: Iterable[tuple[int | None, LineAmounts]]) -> tuple[RateTotal, ...]:
    """Return the sums of lines for each rate that occurs, the highest rate first, «без НДС» last."""
    by_rate: dict[int | None, list[LineAmounts]] = {}
    for rate, amounts in lines:
        by_rate.setdefault(rate, []).append(amounts)
    ordered = sorted(by_rate, key=lambda rate: -1 if rate is None else rate, reverse=True)
    return tuple(_rate_total(rate, by_rate[rate]) for rate in ordered)


def _rate_total(rate: int | None, amounts: list[LineAmounts]) -> RateTotal:
    return RateTotal(
        rate=rate,
        net=sum(line.net for line in amounts),
        vat=sum(line.vat for line in amounts),
        total=sum(line.total for line in amounts),
    )
