from datetime import date, time

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from models import Customer, OrderCard, OrderStatus, Product, StockMovement, User
from services import drafts, placing, stock
from services.errors import Conflict, Invalid, NotFound
from tests.conftest import NOW, Cast
from tests.services import acts

pytestmark = pytest.mark.both_engines


def test_placing_reserves_numbers_and_tells_every_storekeeper(
    session: Session,
    anna: User,
    boris: User,
    petr: User,
    romashka: Customer,
    buckwheat: Product,
    water: Product,
) -> None:
    order = acts.draft(session, anna, romashka, {buckwheat: "5 кор", water: "7"})
    assert (acts.levels(session, buckwheat), acts.levels(session, water)) == ((600, 0), (100, 0))
    placing.place(session, order, anna)
    assert (order.status, order.number, order.placed_at) == (OrderStatus.PLACED, 1, NOW)
    assert (acts.levels(session, buckwheat), acts.levels(session, water)) == ((600, 60), (100, 7))
    assert acts.events(session, order) == [("placed", anna.id)]
    # 60 × 89.90 + 7 × 18.50 + 11.1 × 10.00
    assert (order.goods_amount, order.delivery_amount, order.total_amount) == (552_350, 11_100, 563_450)
    assert (acts.notices(session, boris), acts.notices(session, petr)) == (["order_card"], ["order_card"])
    assert acts.notices(session, anna) == []
    kinds = session.scalars(select(StockMovement.kind).where(StockMovement.order_id == order.id))
    assert [kind.value for kind in kinds] == ["reservation", "reservation"]


def test_order_numbers_follow_each_other_and_a_recalled_one_keeps_its_own(
    session: Session, anna: User, clara: User, romashka: Customer, water: Product, cast: Cast
) -> None:
    vasilek = session.get_one(Customer, cast.vasilek)
    first = acts.placed(session, anna, romashka, {water: "1"})
    second = acts.placed(session, clara, vasilek, {water: "1"})
    placing.recall(session, first.id, anna)
    placing.place(session, first, anna)
    third = acts.placed(session, anna, romashka, {water: "1"})
    assert (first.number, second.number, third.number) == (1, 2, 3)


def test_a_draft_with_parts_missing_names_them(session: Session, anna: User, romashka: Customer) -> None:
    order = drafts.open_for(session, romashka.id, anna)
    with pytest.raises(Invalid) as caught:
        placing.place(session, order, anna)
    assert (caught.value.code, caught.value.params) == ("missing", {"parts": ["lines", "address", "window"]})
    assert order.status is OrderStatus.DRAFT


def test_short_stock_names_the_lines_and_changes_nothing(
    session: Session, anna: User, romashka: Customer, buckwheat: Product, water: Product, cheese: Product
) -> None:
    order = acts.draft(session, anna, romashka, {buckwheat: "600", water: "100", cheese: "2,5 кг"})
    stock.adjust(session, buckwheat, 590_000, None, "пересчёт")
    stock.adjust(session, cheese, 1_000, None, "пересчёт")
    session.flush()
    before = acts.notices(session)
    with pytest.raises(Conflict) as caught, session.begin_nested():
        placing.place(session, order, anna)
    short = [
        (found.product_name, found.wanted, found.available, found.unit)
        for found in caught.value.params["shortages"]
    ]
    assert caught.value.code == "short"
    assert short == [("Крупа гречневая", 600_000, 590_000, "шт"), ("Сыр", 2_500, 1_000, "кг")]
    session.expire_all()
    assert (order.status, order.number, order.total_amount) == (OrderStatus.DRAFT, None, None)
    assert acts.levels(session, water) == (100, 0)
    assert (acts.events(session, order), acts.notices(session)) == ([], before)
    drafts.take_available(session, order)
    placing.place(session, order, anna)
    assert acts.levels(session, buckwheat) == (590, 590)


def test_a_product_taken_off_sale_is_short(
    session: Session, anna: User, romashka: Customer, water: Product
) -> None:
    order = acts.draft(session, anna, romashka, {water: "1"})
    water.is_active = False
    with pytest.raises(Conflict) as caught, session.begin_nested():
        placing.place(session, order, anna)
    assert [found.available for found in caught.value.params["shortages"]] == [0]


def test_a_second_order_for_the_day_is_asked_about_and_named(
    session: Session, anna: User, romashka: Customer, water: Product
) -> None:
    first = acts.placed(session, anna, romashka, {water: "1"})
    second = acts.draft(session, anna, romashka, {water: "1"}, at=time(11))
    with pytest.raises(Conflict) as caught:
        placing.place(session, second, anna)
    assert (caught.value.code, caught.value.params) == (
        "duplicate",
        {"number": first.number, "day": acts.MONDAY},
    )
    assert second.status is OrderStatus.DRAFT
    placing.place(session, second, anna, duplicate_is_meant=True)
    assert (second.status, second.number) == (OrderStatus.PLACED, 2)


def test_another_day_another_customer_and_an_ended_order_are_no_duplicates(
    session: Session, anna: User, clara: User, romashka: Customer, water: Product, cast: Cast
) -> None:
    ended = acts.placed(session, anna, romashka, {water: "1"})
    placing.cancel(session, ended.id, anna, "передумал")
    placing.place(session, acts.draft(session, anna, romashka, {water: "1"}), anna)
    other = session.get_one(Customer, cast.vasilek)
    placing.place(session, acts.draft(session, clara, other, {water: "1"}), clara)
    tuesday = date(2026, 11, 24)
    placing.place(session, acts.draft(session, anna, romashka, {water: "1"}, day=tuesday), anna)


def test_the_last_place_in_a_window_is_taken_once(
    session: Session, anna: User, clara: User, romashka: Customer, water: Product, cast: Cast
) -> None:
    acts.fill_window(session, acts.MONDAY, time(9), capacity=1)
    mine = acts.draft(session, anna, romashka, {water: "1"})
    theirs = acts.draft(session, clara, session.get_one(Customer, cast.vasilek), {water: "1"})
    placing.place(session, theirs, clara)
    with pytest.raises(Conflict) as caught:
        placing.place(session, mine, anna)
    assert caught.value.code == "window_taken"
    assert mine.status is OrderStatus.DRAFT
    placing.recall(session, theirs.id, clara)
    placing.place(session, mine, anna)


def test_placing_twice_places_once(session: Session, anna: User, romashka: Customer, water: Product) -> None:
    order = acts.placed(session, anna, romashka, {water: "10"})
    with pytest.raises(Conflict) as caught, session.begin_nested():
        placing.place(session, order, anna, duplicate_is_meant=True)
    assert caught.value.code == "order_moved_on"
    assert acts.levels(session, water) == (100, 10)
    assert acts.events(session, order) == [("placed", anna.id)]


def test_recalling_gives_the_stock_back_and_redraws_the_cards(
    session: Session, anna: User, boris: User, romashka: Customer, buckwheat: Product, water: Product
) -> None:
    order = acts.placed(session, anna, romashka, {buckwheat: "5 кор", water: "7"})
    placing.recall(session, order.id, anna)
    assert (order.status, order.placed_at) == (OrderStatus.DRAFT, None)
    assert (acts.levels(session, buckwheat), acts.levels(session, water)) == ((600, 0), (100, 0))
    assert acts.events(session, order) == [("placed", anna.id), ("recalled", anna.id)]
    assert acts.notices(session, boris) == ["order_card"] * 2


def test_a_recalled_order_that_is_placed_again_comes_as_a_new_card(
    session: Session, anna: User, romashka: Customer, water: Product
) -> None:
    order = acts.placed(session, anna, romashka, {water: "7"})
    cards = session.scalars(select(OrderCard).where(OrderCard.order_id == order.id)).all()
    for number, card in enumerate(cards, 100):
        card.message_id = number
    placing.recall(session, order.id, anna)
    placing.place(session, order, anna)
    session.flush()
    assert [card.message_id for card in cards] == [None, None]
    assert acts.levels(session, water) == (100, 7)


def test_an_order_is_not_recalled_over_another_open_draft(
    session: Session, anna: User, romashka: Customer, water: Product
) -> None:
    order = acts.placed(session, anna, romashka, {water: "7"})
    other = drafts.open_for(session, romashka.id, anna)
    with pytest.raises(Conflict) as caught:
        placing.recall(session, order.id, anna)
    assert (caught.value.code, caught.value.params) == ("draft_in_the_way", {"order_id": other.id})
    assert (order.status, acts.levels(session, water)) == (OrderStatus.PLACED, (100, 7))


def test_cancelling_tells_the_rep_when_an_administrator_did_it(
    session: Session, anna: User, dmitry: User, romashka: Customer, water: Product
) -> None:
    own = acts.placed(session, anna, romashka, {water: "7"})
    placing.cancel(session, own.id, anna, "передумал")
    assert acts.notices(session, anna) == []
    order = acts.placed(session, anna, romashka, {water: "7"})
    placing.cancel(session, order.id, dmitry, "нет машины")
    assert acts.notices(session, anna) == ["order_cancelled"]
    assert acts.levels(session, water) == (100, 0)
    assert acts.events(session, order) == [("placed", anna.id), ("cancelled", dmitry.id)]


def test_a_storekeeper_who_is_away_gets_no_card(
    session: Session, anna: User, boris: User, petr: User, romashka: Customer, water: Product
) -> None:
    boris.is_active = False
    petr.unreachable_at = NOW
    session.flush()
    acts.placed(session, anna, romashka, {water: "1"})
    assert acts.notices(session) == []


def test_an_order_is_placed_by_its_own_rep_only(
    session: Session, anna: User, clara: User, dmitry: User, romashka: Customer, water: Product
) -> None:
    order = acts.draft(session, anna, romashka, {water: "1"})
    for outsider in (clara, dmitry):
        with pytest.raises(NotFound):
            placing.place(session, order, outsider)
    assert (order.status, acts.events(session, order)) == (OrderStatus.DRAFT, [])
