"""What an order costs: prices, VAT per line, and the delivery fee by its parts."""

from __future__ import annotations

import enum
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import BASE_FACTOR, Customer, Order, OrderLine, PriceListEntry, Product, Tariff
from services import company, vat
from services.money import half_up
from services.vat import LineAmounts


class FeeRule(enum.Enum):
    """Why the delivery fee is what it is."""

    PICKUP = "pickup"
    DISTANCE = "distance"
    MINIMUM = "minimum"
    FREE = "free"


@dataclass(frozen=True, slots=True)
class Fee:
    """A delivery fee (minor units) and the parts it is made of."""

    amount: int
    rule: FeeRule
    distance_metres: int = 0
    rate_per_km: int = 0
    by_distance: int = 0
    is_by_road: bool = False


@dataclass(frozen=True, slots=True)
class PricedLine:
    """An order line at the price that applies: frozen once placed, today's before.

    ``price_before`` is what the rep last saw when that was another one.
    """

    line: OrderLine
    price: int
    vat_rate: int | None
    amounts: LineAmounts
    price_before: int | None = None


@dataclass(frozen=True, slots=True)
class Quote:
    """What the order comes to; ``fee`` is None while it isn't known where to."""

    lines: tuple[PricedLine, ...]
    goods_amount: int
    fee: Fee | None
    fee_amounts: LineAmounts | None
    fee_vat_rate: int | None

    @property
    def total_amount(self) -> int:
        """Goods and delivery with VAT, in minor units."""
        return self.goods_amount + (self.fee_amounts.total if self.fee_amounts else 0)


def delivery_fee(tariff: Tariff, distance_metres: int, goods_amount: int, rate_per_km: int) -> Fee:
    """Return distance (km, one decimal) × rate, at least the minimum, nothing from the free amount on."""
    by_distance = half_up(distance_metres * rate_per_km, 1000)
    parts = (distance_metres, rate_per_km, by_distance)
    if tariff.free_from_amount is not None and goods_amount >= tariff.free_from_amount:
        return Fee(0, FeeRule.FREE, *parts)
    if tariff.minimum_amount is not None and by_distance < tariff.minimum_amount:
        return Fee(tariff.minimum_amount, FeeRule.MINIMUM, *parts)
    return Fee(by_distance, FeeRule.DISTANCE, *parts)


def prices_for(session: Session, customer: Customer, products: Iterable[Product]) -> dict[int, int]:
    """Return product id → price per base unit for this customer: price list entry, discount, catalogue."""
    wanted = list(products)
    terms = customer.price_list
    if terms is None:
        return {product.id: product.price for product in wanted}
    own = {
        entry.product_id: entry.price
        for entry in session.execute(
            select(PriceListEntry).where(
                PriceListEntry.price_list_id == terms.id,
                PriceListEntry.product_id.in_([product.id for product in wanted]),
            )
        ).scalars()
    }
    return {
        product.id: own.get(product.id, half_up(product.price * (10_000 - terms.discount), 10_000))
        for product in wanted
    }


def quote(session: Session, order: Order) -> Quote:
    """Return what the order comes to: a placed order's frozen figures, a draft's as of now."""
    if order.total_amount is not None:
        return _frozen(order)
    firm = company.get(session)
    shipped_on = order.window.delivery_on if order.window else company.local_now(session).date()
    prices = prices_for(session, order.customer, (line.product for line in order.lines))
    lines = tuple(
        _price(session, line, prices[line.product_id], shipped_on, included=firm.prices_include_vat)
        for line in order.lines
    )
    goods = sum(line.amounts.total for line in lines)
    fee = _draft_fee(session, order, goods)
    rate = company.vat_rate(session, firm.vat_kind or firm.delivery_vat_kind, shipped_on)
    amounts = (
        vat.line_amounts(BASE_FACTOR, fee.amount, rate, included=firm.prices_include_vat) if fee else None
    )
    return Quote(lines, goods, fee, amounts, rate)


def loaded_total(order: Order) -> int:
    """Return what the invoice comes to by what is loaded, in minor units; a line not corrected is in full."""
    goods = sum(
        vat.line_amounts(line.to_load, line.price or 0, line.vat_rate, included=order.vat_included).total
        for line in order.lines
    )
    return goods + (order.delivery_amount or 0)


def freeze(order: Order, offer: Quote, *, included: bool, currency: str) -> None:
    """Write the quote into the order, where nothing changes it any more."""
    for priced in offer.lines:
        line = priced.line
        line.price, line.vat_rate = priced.price, priced.vat_rate
        line.net_amount, line.vat_amount = priced.amounts.net, priced.amounts.vat
        line.total_amount = priced.amounts.total
    order.currency, order.vat_included = currency, included
    order.goods_amount = offer.goods_amount
    order.rate_per_km = offer.fee.rate_per_km if offer.fee else None
    order.delivery_amount = offer.fee_amounts.total if offer.fee_amounts else 0
    order.delivery_vat_amount = offer.fee_amounts.vat if offer.fee_amounts else 0
    order.delivery_vat_rate = offer.fee_vat_rate
    order.total_amount = offer.total_amount


def thaw(order: Order) -> None:
    """Take the frozen figures out of an order that is a draft again; the prices stay as those last seen."""
    order.goods_amount = order.delivery_amount = order.total_amount = order.rate_per_km = None
    order.delivery_vat_rate = order.delivery_vat_amount = None
    for line in order.lines:
        line.vat_rate = line.net_amount = line.vat_amount = line.total_amount = None


def _price(session: Session, line: OrderLine, price: int, shipped_on: date, *, included: bool) -> PricedLine:
    kind = company.get(session).vat_kind or line.product.vat_kind
    rate = company.vat_rate(session, kind, shipped_on)
    before = line.price if line.price != price else None
    amounts = vat.line_amounts(line.quantity, price, rate, included=included)
    return PricedLine(line, price, rate, amounts, before)


def _draft_fee(session: Session, order: Order, goods_amount: int) -> Fee | None:
    if order.is_pickup:
        return Fee(0, FeeRule.PICKUP)
    if order.distance_metres is None:
        return None
    tariff = company.tariff(session)
    fee = delivery_fee(tariff, order.distance_metres, goods_amount, tariff.rate_per_km)
    return replace(fee, is_by_road=order.distance_is_road)


def _frozen(order: Order) -> Quote:
    lines = tuple(
        PricedLine(
            line,
            line.price or 0,
            line.vat_rate,
            LineAmounts(line.net_amount or 0, line.vat_amount or 0, line.total_amount or 0),
        )
        for line in order.lines
    )
    total, tax = order.delivery_amount or 0, order.delivery_vat_amount or 0
    amounts = LineAmounts(total - tax, tax, total)
    fee = _frozen_fee(order, total if order.vat_included else total - tax)
    return Quote(lines, order.goods_amount or 0, fee, amounts, order.delivery_vat_rate)


def _frozen_fee(order: Order, amount: int) -> Fee:
    if order.is_pickup:
        return Fee(0, FeeRule.PICKUP)
    metres, rate = order.distance_metres or 0, order.rate_per_km or 0
    by_distance = half_up(metres * rate, 1000)
    rule = FeeRule.DISTANCE
    if amount < by_distance:
        rule = FeeRule.FREE
    elif amount > by_distance:
        rule = FeeRule.MINIMUM
    return Fee(amount, rule, metres, rate, by_distance, order.distance_is_road)
