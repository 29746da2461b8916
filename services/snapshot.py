"""The frozen content of a document: everything an invoice or a waybill prints, and nothing looked up later.

A snapshot is made once, in the transaction that issues the document, and stored as JSON; the paper rendered
from it is the same for ever, whatever happens to prices, rates or requisites. Money is integer minor units,
quantities are integer thousandths.

Lines are printed in the product's base unit. Goods ordered by the box appear as pieces at the price of one
piece: that is the unit the price stands for and the one the state classifier of units (ОКЕИ) has a code
for, and a box loaded in part still gives a quantity whose product with the price is the sum, to the kopeck.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any, Literal

from services import vat
from services.vat import LineAmounts, RateTotal

FORMAT = 1
"""Version of the stored JSON."""

Kind = Literal["invoice", "waybill"]

OKEI_CODES: Mapping[str, str] = {
    "шт": "796",
    "упак": "778",
    "кг": "166",
    "т": "168",
    "л": "112",
    "ящ": "812",
    "компл": "839",
    "набор": "704",
    "пач": "728",
    "бут": "868",
    "усл. ед": "876",
}
"""Codes of the state classifier of units of measurement, ОК 015-94. A box or a pallet has none."""


@dataclass(frozen=True, slots=True)
class Party:
    """A side of the document; what it has not got is an empty string."""

    name: str
    inn: str = ""
    kpp: str = ""
    address: str = ""
    phone: str = ""
    email: str = ""
    is_sole_proprietor: bool = False
    director: str = ""
    accountant: str = ""


@dataclass(frozen=True, slots=True)
class Bank:
    """Where the seller is paid: a Russian account, or an IBAN for invoices in euros."""

    name: str
    bik: str
    correspondent_account: str
    account: str
    iban: str = ""
    swift: str = ""


@dataclass(frozen=True, slots=True)
class SnapshotLine:
    """One line: ``quantity`` thousandths of ``unit`` at ``price`` minor units for one ``unit``.

    ``price`` contains VAT if the snapshot says ``vat_included``. ``okei`` is the unit's code, ``None`` if
    it has none; ``vat_rate`` is in percent, ``None`` is «без НДС». ``net + vat = total``.
    """

    position: int
    sku: str
    name: str
    unit: str
    okei: str | None
    quantity: int
    price: int
    vat_rate: int | None
    net: int
    vat: int
    total: int
    is_delivery: bool = False

    @property
    def amounts(self) -> LineAmounts:
        """The line's money."""
        return LineAmounts(net=self.net, vat=self.vat, total=self.total)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A whole document. ``label`` is the number as printed, ``revision`` counts corrections from 0.

    A waybill keeps the delivery among its lines, as the invoice made of the same load does, but shows only
    ``goods``. ``facsimile`` is the SHA-256 of the picture it is stamped with, or empty. ``is_cancelled`` is
    never stored: it is what became of the document, and is set when a cancelled one is read.
    """

    kind: Kind
    number: int
    label: str
    issued_on: date
    seller: Party
    bank: Bank | None
    buyer: Party
    order_number: str
    order_date: date
    lines: tuple[SnapshotLine, ...]
    vat_included: bool = True
    delivery_address: str = ""
    delivery_on: date | None = None
    is_pickup: bool = False
    pay_until: date | None = None
    storekeeper: str = ""
    currency: str = "RUB"
    language: str = "ru"
    revision: int = 0
    revised_on: date | None = None
    facsimile: str = ""
    is_cancelled: bool = False

    @property
    def goods(self) -> tuple[SnapshotLine, ...]:
        """The lines that are goods: what a waybill shows."""
        return tuple(line for line in self.lines if not line.is_delivery)

    @property
    def delivery_total(self) -> int:
        """What the delivery comes to with VAT, in minor units."""
        return self.total - self.goods_total

    @property
    def goods_net(self) -> int:
        """What the goods come to without VAT, in minor units."""
        return sum(line.net for line in self.goods)

    @property
    def goods_vat(self) -> int:
        """The VAT of the goods."""
        return sum(line.vat for line in self.goods)

    @property
    def goods_total(self) -> int:
        """What the goods come to with VAT, in minor units."""
        return sum(line.total for line in self.goods)

    @property
    def net(self) -> int:
        """The document's sum without VAT."""
        return sum(line.net for line in self.lines)

    @property
    def vat(self) -> int:
        """The document's VAT."""
        return sum(line.vat for line in self.lines)

    @property
    def total(self) -> int:
        """What is to be paid, in minor units."""
        return sum(line.total for line in self.lines)

    @property
    def by_rate(self) -> tuple[RateTotal, ...]:
        """Sums per VAT rate, the highest rate first, «без НДС» last."""
        return vat.totals_by_rate((line.vat_rate, line.amounts) for line in self.lines)

    @property
    def has_vat(self) -> bool:
        """Whether any line is inside VAT, be it at 0 %."""
        return any(line.vat_rate is not None for line in self.lines)


def okei_code(unit: str) -> str | None:
    """Return the classifier's code of a unit as the catalogue writes it («кг», «шт.»), or ``None``."""
    return OKEI_CODES.get(unit.strip().lower().removesuffix("."))


def document_label(number: int, prefix: str = "", digits: int = 0) -> str:
    """Return a document's number as printed: 7 with prefix «СЧ-» and 5 digits is «СЧ-00007»."""
    return f"{prefix}{number:0{digits}d}" if digits else f"{prefix}{number}"


def priced_line(
    position: int,
    name: str,
    *,
    unit: str,
    quantity: int,
    price: int,
    vat_rate: int | None,
    vat_included: bool,
    sku: str = "",
    is_delivery: bool = False,
) -> SnapshotLine:
    """Return a line with its sums worked out: the one way lines are made, so that they always add up."""
    amounts = vat.line_amounts(quantity, price, vat_rate, included=vat_included)
    return SnapshotLine(
        position=position,
        sku=sku,
        name=name,
        unit=unit,
        okei=okei_code(unit),
        quantity=quantity,
        price=price,
        vat_rate=vat_rate,
        net=amounts.net,
        vat=amounts.vat,
        total=amounts.total,
        is_delivery=is_delivery,
    )


def to_json(snapshot: Snapshot) -> str:
    """Return the snapshot as canonical JSON: sorted keys, no spaces, dates as ``YYYY-MM-DD``."""
    content = {"format": FORMAT, **asdict(snapshot)}
    return json.dumps(
        content, ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=date.isoformat
    )


def from_json(text: str) -> Snapshot:
    """Return the snapshot ``to_json`` wrote. Raises ``ValueError`` if it is of a format not known here."""
    content: dict[str, Any] = json.loads(text)
    if content.pop("format", None) != FORMAT:
        raise ValueError("this snapshot was written by a newer version")
    for day in ("issued_on", "order_date", "delivery_on", "pay_until", "revised_on"):
        if content.get(day):
            content[day] = date.fromisoformat(content[day])
    content["seller"] = Party(**content["seller"])
    content["buyer"] = Party(**content["buyer"])
    content["bank"] = Bank(**content["bank"]) if content["bank"] else None
    content["lines"] = tuple(SnapshotLine(**line) for line in content["lines"])
    return Snapshot(**content)
