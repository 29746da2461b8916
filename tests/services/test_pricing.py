import math
from datetime import date, time
from fractions import Fraction

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from models import Customer, PriceList, PriceListEntry, Product, Tariff, User, VatKind, VatRate
from services import company, drafts, placing, pricing
from services.pricing import FeeRule
from tests.services import acts


def tariff(**changes: int | None) -> Tariff:
    return Tariff(**{"rate_per_km": 1000, "minimum_amount": None, "free_from_amount": None, **changes})


@pytest.mark.parametrize(
    ("metres", "rate", "amount"),
    [
        (14_200, 1000, 14_200),
        (0, 1000, 0),
        (100, 1000, 100),
        (14_200, 0, 0),
        (14_200, 1250, 17_750),
        (300, 1005, 302),
    ],
)
def test_delivery_is_distance_times_rate_rounded_half_up(metres: int, rate: int, amount: int) -> None:
    fee = pricing.delivery_fee(tariff(), metres, 0, rate)
    assert (fee.amount, fee.rule, fee.by_distance) == (amount, FeeRule.DISTANCE, amount)
    assert (fee.distance_metres, fee.rate_per_km) == (metres, rate)


@pytest.mark.parametrize(
    ("goods", "metres", "amount", "rule"),
    [
        (0, 14_200, 20_000, FeeRule.MINIMUM),
        (0, 20_000, 20_000, FeeRule.DISTANCE),
        (0, 25_000, 25_000, FeeRule.DISTANCE),
        (499_999, 14_200, 20_000, FeeRule.MINIMUM),
        (500_000, 14_200, 0, FeeRule.FREE),
        (500_000, 400_000, 0, FeeRule.FREE),
    ],
)
def test_delivery_has_a_minimum_and_is_free_from_a_sum(
    goods: int, metres: int, amount: int, rule: FeeRule
) -> None:
    terms = tariff(minimum_amount=20_000, free_from_amount=500_000)
    fee = pricing.delivery_fee(terms, metres, goods, 1000)
    assert (fee.amount, fee.rule, fee.by_distance) == (amount, rule, metres)


def half_up(value: Fraction) -> int:
    """Rounding once more, independently: nothing here is negative."""
    return math.floor(value + Fraction(1, 2))


SUMS = st.none() | st.integers(0, 10**7)


@given(st.integers(0, 500_000), st.integers(0, 10**7), st.integers(0, 10**5), SUMS, SUMS)
def test_the_fee_follows_from_its_parts(
    metres: int, goods: int, rate: int, minimum: int | None, free_from: int | None
) -> None:
    terms = tariff(minimum_amount=minimum, free_from_amount=free_from)
    fee = pricing.delivery_fee(terms, metres, goods, rate)
    by_distance = half_up(Fraction(metres, 1000) * rate)
    assert (fee.distance_metres, fee.rate_per_km, fee.by_distance) == (metres, rate, by_distance)
    if free_from is not None and goods >= free_from:
        assert (fee.amount, fee.rule) == (0, FeeRule.FREE)
    else:
        assert fee.amount == max(by_distance, minimum or 0)
        assert fee.rule is (FeeRule.MINIMUM if fee.amount > by_distance else FeeRule.DISTANCE)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    grams=st.integers(1, 10**7),
    prices=st.tuples(st.integers(0, 10**7), st.integers(0, 10**7)),
    discount=st.integers(0, 10_000),
    included=st.booleans(),
    metres=st.integers(0, 500_000),
)
def test_lines_discounts_and_tax_are_exact_fractions_rounded_once(
    session: Session,
    anna: User,
    romashka: Customer,
    cheese: Product,
    water: Product,
    grams: int,
    prices: tuple[int, int],
    discount: int,
    included: bool,
    metres: int,
) -> None:
    order = drafts.find_open(session, romashka, anna) or acts.draft(
        session, anna, romashka, {cheese: "1 кг", water: "3 шт"}
    )
    cheese.price, water.price = prices
    romashka.price_list = romashka.price_list or PriceList(name="Опт")
    romashka.price_list.discount = discount
    company.get(session).prices_include_vat = included
    order.lines[0].quantity, order.distance_metres = grams, metres
    offer = pricing.quote(session, order)
    # Cheese is taxed with 10 %, water and delivery with 22 %.
    for priced, quantity, price, rate in zip(
        offer.lines, (Fraction(grams, 1000), Fraction(3)), prices, (10, 22), strict=True
    ):
        own = half_up(Fraction(price * (10_000 - discount), 10_000))
        amount = half_up(quantity * own)
        tax = half_up(Fraction(amount * rate, 100 + rate) if included else Fraction(amount * rate, 100))
        assert (priced.price, priced.vat_rate, priced.amounts.vat) == (own, rate, tax)
        assert priced.amounts.total == (amount if included else amount + tax)
        assert priced.amounts.net + priced.amounts.vat == priced.amounts.total
    assert offer.fee is not None
    assert offer.fee.amount == half_up(Fraction(metres, 1000) * 1000)
    assert offer.fee_amounts is not None
    assert offer.goods_amount == sum(line.amounts.total for line in offer.lines)
    assert offer.total_amount == offer.goods_amount + offer.fee_amounts.total


@given(st.integers(0, 5_000), st.integers(0, 100_000))
def test_the_fee_is_within_half_a_kopeck_of_its_parts(tenths: int, rate: int) -> None:
    fee = pricing.delivery_fee(tariff(), tenths * 100, 0, rate)
    assert abs(fee.amount * 10 - tenths * rate) <= 5


def test_a_price_of_one_s_own_beats_the_discount_and_that_the_catalogue(
    session: Session, romashka: Customer, buckwheat: Product, water: Product, cheese: Product
) -> None:
    goods = [buckwheat, water, cheese]
    assert pricing.prices_for(session, romashka, goods) == {
        buckwheat.id: 8990,
        water.id: 1850,
        cheese.id: 64900,
    }
    romashka.price_list = PriceList(name="Опт", discount=350)
    session.flush()
    session.add(PriceListEntry(price_list_id=romashka.price_list.id, product_id=water.id, price=1999))
    # 3.5 % off: 89.90 → 86.7535 and 649.00 → 626.285, half a kopeck up.
    assert pricing.prices_for(session, romashka, goods) == {
        buckwheat.id: 8675,
        water.id: 1999,
        cheese.id: 62629,
    }


def test_a_draft_is_priced_as_of_now(
    session: Session, anna: User, romashka: Customer, buckwheat: Product, cheese: Product
) -> None:
    order = acts.draft(session, anna, romashka, {buckwheat: "1 кор", cheese: "2,5 кг"})
    offer = pricing.quote(session, order)
    # 12 × 89.90 and 2.5 × 649.00, both with 10 % inside; 11.1 km × 10.00 with 22 % inside.
    assert [(line.price, line.vat_rate, line.amounts.total, line.amounts.vat) for line in offer.lines] == [
        (8990, 10, 107_880, 9_807),
        (64900, 10, 162_250, 14_750),
    ]
    assert offer.goods_amount == 270_130
    assert offer.fee is not None
    assert (offer.fee.distance_metres, offer.fee.amount) == (11_100, 11_100)
    assert offer.fee_amounts is not None
    assert (offer.fee_vat_rate, offer.fee_amounts.vat) == (22, 2_002)
    assert offer.total_amount == 281_230
    buckwheat.price = 10_000
    assert pricing.quote(session, order).goods_amount == 120_000 + 162_250


def test_vat_comes_on_top_when_prices_are_without_it(
    session: Session, anna: User, romashka: Customer, water: Product
) -> None:
    company.get(session).prices_include_vat = False
    offer = pricing.quote(session, acts.draft(session, anna, romashka, {water: "7 шт"}))
    [line] = offer.lines
    # 7 × 18.50 = 129.50, VAT 28.49; delivery 111.00 and 24.42.
    assert (line.amounts.net, line.amounts.vat, line.amounts.total) == (12_950, 2_849, 15_799)
    assert offer.total_amount == 15_799 + 11_100 + 2_442
    assert offer.fee is not None
    assert offer.fee.amount == 11_100


def test_a_seller_under_a_special_regime_has_one_rate_for_everything(
    session: Session, anna: User, romashka: Customer, buckwheat: Product, water: Product
) -> None:
    order = acts.draft(session, anna, romashka, {buckwheat: "1", water: "1"})
    company.get(session).vat_kind = VatKind.SIMPLIFIED_5
    offer = pricing.quote(session, order)
    assert [line.vat_rate for line in offer.lines] == [5, 5]
    assert offer.fee_vat_rate == 5
    company.get(session).vat_kind = VatKind.EXEMPT
    offer = pricing.quote(session, order)
    assert [(line.vat_rate, line.amounts.vat) for line in offer.lines] == [(None, 0), (None, 0)]


def test_the_rate_is_that_of_the_delivery_day(
    session: Session, anna: User, romashka: Customer, water: Product
) -> None:
    session.add(VatRate(kind=VatKind.STANDARD, starts_on=date(2026, 11, 24), percent=25))
    order = acts.draft(session, anna, romashka, {water: "1"})
    assert pricing.quote(session, order).lines[0].vat_rate == 22
    drafts.set_window(session, order, date(2026, 11, 24), time(9))
    assert pricing.quote(session, order).lines[0].vat_rate == 25


def test_pick_up_costs_nothing_and_an_unknown_address_is_no_fee_yet(
    session: Session, anna: User, romashka: Customer, water: Product
) -> None:
    order = acts.draft(session, anna, romashka, {water: "1"}, place=None)
    offer = pricing.quote(session, order)
    assert offer.fee == pricing.Fee(0, FeeRule.PICKUP)
    assert offer.total_amount == 1850
    order.is_pickup = False
    offer = pricing.quote(session, order)
    assert (offer.fee, offer.total_amount) == (None, 1850)


@pytest.mark.parametrize("included", [True, False])
@pytest.mark.parametrize(
    ("terms", "rule"),
    [
        ({}, FeeRule.DISTANCE),
        ({"minimum_amount": 50_000}, FeeRule.MINIMUM),
        ({"free_from_amount": 1}, FeeRule.FREE),
    ],
)
def test_a_placed_order_keeps_its_figures_whatever_changes(
    session: Session,
    anna: User,
    romashka: Customer,
    buckwheat: Product,
    included: bool,
    terms: dict[str, int],
    rule: FeeRule,
) -> None:
    firm, delivery = company.get(session), company.tariff(session)
    firm.prices_include_vat = included
    for name, value in terms.items():
        setattr(delivery, name, value)
    order = acts.draft(session, anna, romashka, {buckwheat: "5 кор"})
    before = pricing.quote(session, order)
    placing.place(session, order, anna)
    firm.prices_include_vat, firm.vat_kind = not included, VatKind.SIMPLIFIED_7
    delivery.rate_per_km, delivery.minimum_amount, delivery.free_from_amount = 9900, 99_000, None
    buckwheat.price, buckwheat.vat_kind = 1, VatKind.ZERO
    romashka.price_list = PriceList(name="Опт", discount=5000)
    session.flush()
    session.expire_all()
    after = pricing.quote(session, order)
    assert after == before
    assert after.fee is not None
    assert after.fee.rule is rule


def test_a_recalled_order_is_priced_anew(
    session: Session, anna: User, romashka: Customer, buckwheat: Product
) -> None:
    order = acts.placed(session, anna, romashka, {buckwheat: "1"})
    buckwheat.price = 10_000
    placing.recall(session, order.id, anna)
    session.flush()
    assert pricing.quote(session, order).lines[0].price == 10_000
    assert (order.total_amount, order.goods_amount, order.rate_per_km) == (None, None, None)
