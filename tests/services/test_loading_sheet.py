"""The loading sheet: which days, what is on it, and that it is read in a fixed number of queries."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import time, timedelta

import pytest
from sqlalchemy import event
from sqlalchemy.orm import Session

from models import Customer, DeliveryWindow, Order, OrderStatus, Product, User
from services import customers, loading, loading_sheet, placing, vehicles
from services.errors import DomainError, Forbidden, Invalid, NotFound
from services.loading_sheet import Span
from services.weights import Weight
from tests.conftest import NOW
from tests.services import acts

pytestmark = pytest.mark.both_engines


@contextmanager
def counted(session: Session) -> Iterator[list[str]]:
    """The statements executed meanwhile."""
    statements: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        statements.append(statement)

    engine = session.get_bind()
    event.listen(engine, "before_cursor_execute", note)
    yield statements
    event.remove(engine, "before_cursor_execute", note)


def placed_at(
    session: Session, rep: User, customer: Customer, goods: dict[Product, str], at: time, **more: object
) -> Order:
    order = acts.draft(session, rep, customer, goods, at=at, **more)  # type: ignore[arg-type]
    placing.place(session, order, rep, duplicate_is_meant=True)
    return order


def test_the_sheet_sums_by_product_and_lists_by_window(
    session: Session,
    anna: User,
    boris: User,
    romashka: Customer,
    water: Product,
    buckwheat: Product,
    cheese: Product,
) -> None:
    water.weight_grams, buckwheat.weight_grams, cheese.weight_grams = 510, 920, 1000
    late = placed_at(session, anna, romashka, {buckwheat: "3 кор", cheese: "2,5 кг"}, time(11))
    early = placed_at(session, anna, romashka, {buckwheat: "15 шт", water: "6 шт"}, time(9))

    sheet = loading_sheet.gather(session, acts.MONDAY, boris)
    assert [(order.number, order.span) for order in sheet.orders] == [
        (early.number, Span(time(9), time(11))),
        (late.number, Span(time(11), time(13))),
    ]
    # 36 + 15 packs of buckwheat over the two orders.
    assert [(line.sku, line.quantity, line.weight) for line in sheet.products] == [
        ("B-1", 6_000, Weight(3_060)),
        ("A-1", 51_000, Weight(46_920)),
        ("C-1", 2_500, Weight(2_500)),
    ]
    assert sheet.weight == Weight(3_060 + 46_920 + 2_500)
    assert [order.weight for order in sheet.orders] == [Weight(16_860), Weight(35_620)]
    assert (sheet.warehouse, sheet.span, sheet.truck, sheet.left_out) == ("Склад", None, None, 0)

    [only] = loading_sheet.gather(session, acts.MONDAY, boris, late.window_id).orders
    assert only.number == late.number


def test_a_product_without_a_weight_makes_the_sum_at_least_so_much(
    session: Session, anna: User, boris: User, romashka: Customer, water: Product, cheese: Product
) -> None:
    water.weight_grams = 510
    placed_at(session, anna, romashka, {water: "10", cheese: "1 кг"}, time(9))
    sheet = loading_sheet.gather(session, acts.MONDAY, boris)
    assert sheet.weight == sheet.orders[0].weight == Weight(5_100, is_whole=False)
    assert [line.weight.is_whole for line in sheet.products] == [True, False]


def test_an_order_says_where_to_and_whom_to_call(
    session: Session, anna: User, boris: User, romashka: Customer, water: Product
) -> None:
    romashka.phone = "+74950000001"
    outlet = customers.add_outlet(session, romashka, acts.GATE.address, 55.8, 37.6)
    outlet.contact, outlet.phone, outlet.note = "Мария", "+79160000002", "Въезд со двора"
    first = placed_at(session, anna, romashka, {water: "10"}, time(9))
    first.note = "Позвонить за час"
    placed_at(session, anna, romashka, {water: "10"}, time(11), place=None)
    brought, fetched = loading_sheet.gather(session, acts.MONDAY, boris).orders
    assert (brought.address, brought.contact, brought.phone) == (acts.GATE.address, "Мария", "+79160000002")
    assert brought.notes == ("Позвонить за час", "Въезд со двора")
    assert (fetched.address, fetched.contact, fetched.phone) == (None, None, "+74950000001")
    assert fetched.notes == ()


def test_a_loaded_order_counts_what_was_loaded_and_a_delivered_one_is_gone(
    session: Session, anna: User, boris: User, romashka: Customer, water: Product
) -> None:
    order = acts.in_hand(session, anna, romashka, {water: "20 шт"}, boris)
    order.lines[0].loaded_quantity = 8_000
    assert not loading_sheet.gather(session, acts.MONDAY, boris).orders[0].is_loaded
    loading.confirm_load(session, order.id, boris)
    sheet = loading_sheet.gather(session, acts.MONDAY, boris)
    assert sheet.orders[0].is_loaded
    assert [line.quantity for line in (*sheet.products, *sheet.orders[0].lines)] == [8_000, 8_000]
    loading.deliver(session, order.id, boris)
    assert loading_sheet.gather(session, acts.MONDAY, boris).orders == ()


def test_a_vehicle_has_a_sheet_of_its_own(
    session: Session, anna: User, boris: User, romashka: Customer, water: Product
) -> None:
    water.weight_grams = 1_000
    lorry = vehicles.add(session, "А123ВС77", "15", boris)
    first, _ = (acts.placed(session, anna, romashka, {water: text}) for text in ("15 шт", "16 шт"))
    vehicles.assign(session, [first.id], lorry, boris)
    sheet = loading_sheet.gather(session, acts.MONDAY, boris, vehicle_id=lorry.id)
    assert [order.number for order in sheet.orders] == [first.number]
    assert sheet.truck is not None
    assert (sheet.truck.plate, sheet.is_over) == ("А123ВС77", False)
    vehicles.change(session, lorry.id, "capacity_kg", "14", boris)
    assert loading_sheet.gather(session, acts.MONDAY, boris, vehicle_id=lorry.id).is_over
    [counted_one] = loading_sheet.trucks(session, acts.MONDAY, boris)
    assert (counted_one.plate, counted_one.orders) == ("А123ВС77", 1)


def test_the_number_of_queries_does_not_grow_with_the_orders(
    session: Session, anna: User, boris: User, romashka: Customer, water: Product, buckwheat: Product
) -> None:
    lorry = vehicles.add(session, "А123ВС77", "15", boris)
    numbers = []
    for more in (1, 9):
        made = [acts.placed(session, anna, romashka, {water: "1", buckwheat: "1"}) for _ in range(more)]
        vehicles.assign(session, [order.id for order in made], lorry, boris)
        session.flush()
        session.expunge_all()
        keeper = session.get_one(User, boris.id)
        with counted(session) as statements:
            sheet = loading_sheet.gather(session, acts.MONDAY, keeper)
        assert sheet.orders[-1].plate == "А123ВС77"
        numbers.append(len(statements))
        anna, boris, romashka = (
            session.get_one(User, anna.id),
            keeper,
            session.get_one(Customer, romashka.id),
        )
        water, buckwheat = session.get_one(Product, water.id), session.get_one(Product, buckwheat.id)
        lorry = vehicles.get(session, lorry.id, keeper)
    assert numbers[0] == numbers[1] <= 8


@pytest.mark.usefixtures("three_placed")
def test_more_orders_than_fit_are_counted(
    session: Session, boris: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loading_sheet, "MAX_ORDERS", 2)
    sheet = loading_sheet.gather(session, acts.MONDAY, boris)
    assert (len(sheet.orders), sheet.left_out) == (2, 1)
    assert [line.quantity for line in sheet.products] == [2_000]


def test_days_are_paged_from_today(
    session: Session, anna: User, boris: User, romashka: Customer, water: Product
) -> None:
    order = acts.placed(session, anna, romashka, {water: "1"})
    today = NOW.date()
    days = [today + timedelta(days=number) for number in (-20, -14, -1, 0, *range(3, 12))]
    for day in days:
        _copy(session, order, day)
    page = loading_sheet.days(session, boris)
    # Monday the 23rd has the order copied, too.
    assert [one.day for one in page.items] == [today, *(today + timedelta(days=n) for n in range(3, 10))]
    assert [one.orders for one in page.items[:3]] == [1, 2, 1]
    assert (page.number, page.has_earlier, page.has_later) == (0, True, True)
    before = loading_sheet.days(session, boris, -1)
    # Twenty days ago is history.
    assert [one.day for one in before.items] == [today - timedelta(days=14), today - timedelta(days=1)]
    assert (before.has_earlier, before.has_later) == (False, True)
    after = loading_sheet.days(session, boris, 99)
    assert [one.day for one in after.items] == [today + timedelta(days=10), today + timedelta(days=11)]
    assert (after.number, after.has_later) == (1, False)


def _copy(session: Session, order: Order, day: object) -> None:
    window = DeliveryWindow(delivery_on=day, starts_at=time(15), ends_at=time(17), capacity=1)
    session.add(window)
    session.flush()
    session.add(
        Order(
            number=None,
            status=OrderStatus.PLACED,
            sales_rep_id=order.sales_rep_id,
            customer_id=order.customer_id,
            window_id=window.id,
            created_at=NOW,
            updated_at=NOW,
        )
    )
    session.flush()


def test_without_orders_there_is_nothing_to_choose(session: Session, boris: User) -> None:
    page = loading_sheet.days(session, boris, 5)
    assert (page.items, page.number, page.has_earlier, page.has_later) == ((), 0, False, False)
    assert loading_sheet.windows(session, acts.MONDAY, boris) == []
    assert loading_sheet.gather(session, acts.MONDAY, boris).orders == ()


def test_what_is_not_there_is_refused(
    session: Session, anna: User, boris: User, romashka: Customer, water: Product
) -> None:
    order = acts.placed(session, anna, romashka, {water: "1"})
    with pytest.raises(Invalid):
        loading_sheet.gather(session, acts.MONDAY + timedelta(days=1), boris, order.window_id)
    with pytest.raises(NotFound):
        loading_sheet.gather(session, acts.MONDAY, boris, vehicle_id=999)
    for act in (
        lambda: loading_sheet.gather(session, acts.MONDAY, anna),
        lambda: loading_sheet.days(session, anna),
        lambda: loading_sheet.windows(session, acts.MONDAY, anna),
        lambda: loading_sheet.trucks(session, acts.MONDAY, anna),
    ):
        with pytest.raises(DomainError) as caught:
            act()
        assert isinstance(caught.value, Forbidden)
