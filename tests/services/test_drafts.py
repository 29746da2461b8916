from datetime import time

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from models import Customer, Order, OrderLine, OrderStatus, Outlet, Product, User
from services import drafts, placing, quantities, stock
from services.errors import Conflict, Forbidden, Invalid, NotFound
from services.geo import Place
from tests.conftest import NOW, Cast
from tests.services import acts

pytestmark = pytest.mark.both_engines


def put(session: Session, order: Order, product: Product, text: str) -> OrderLine:
    return drafts.set_quantity(session, order, product, quantities.parse(text, product.units))


def test_there_is_one_draft_for_a_customer_however_often_it_is_opened(
    session: Session, anna: User, romashka: Customer
) -> None:
    draft = drafts.open_for(session, romashka.id, anna)
    assert (draft.status, draft.sales_rep_id, draft.number) == (OrderStatus.DRAFT, anna.id, None)
    assert drafts.open_for(session, romashka.id, anna) is draft
    assert drafts.all_open(session, anna) == [draft]


def test_who_may_not_sell_opens_nothing(
    session: Session, boris: User, clara: User, dmitry: User, romashka: Customer
) -> None:
    for outsider in (boris, dmitry):
        with pytest.raises(Forbidden):
            drafts.open_for(session, romashka.id, outsider)
    with pytest.raises(NotFound) as caught:
        drafts.open_for(session, romashka.id, clara)
    assert caught.value.code == "customer"
    assert session.scalars(select(Order)).all() == []


def test_an_archived_customer_orders_nothing(session: Session, anna: User, romashka: Customer) -> None:
    romashka.archived_at = NOW
    with pytest.raises(Conflict) as caught:
        drafts.open_for(session, romashka.id, anna)
    assert caught.value.code == "customer_archived"


def test_clara_finds_nothing_of_annas_draft(
    session: Session, anna: User, clara: User, boris: User, dmitry: User, romashka: Customer, water: Product
) -> None:
    draft = acts.draft(session, anna, romashka, {water: "1"})
    for outsider in (clara, boris, dmitry):
        with pytest.raises(NotFound) as caught:
            drafts.get(session, draft.id, outsider)
        assert (caught.value.code, caught.value.params) == ("order", {})
        assert drafts.all_open(session, outsider) == []
    assert drafts.get(session, draft.id, anna) is draft


def test_a_draft_that_was_sent_is_none_any_more(
    session: Session, anna: User, romashka: Customer, water: Product
) -> None:
    order = acts.placed(session, anna, romashka, {water: "1"})
    with pytest.raises(Conflict) as caught:
        drafts.get(session, order.id, anna)
    assert (caught.value.code, caught.value.params["number"]) == ("order_moved_on", order.number)


def test_a_product_is_put_in_once_and_changed(
    session: Session, anna: User, romashka: Customer, buckwheat: Product, water: Product
) -> None:
    draft = drafts.open_for(session, romashka.id, anna)
    put(session, draft, buckwheat, "5 кор")
    put(session, draft, water, "6 шт")
    put(session, draft, buckwheat, "7 шт")
    lines = [(line.product_id, line.quantity, line.unit, line.factor) for line in draft.lines]
    assert lines == [(buckwheat.id, 7_000, "шт", 1000), (water.id, 6_000, "шт", 1000)]
    drafts.remove_line(session, draft, buckwheat.id)
    drafts.remove_line(session, draft, buckwheat.id)
    session.expire_all()
    assert [line.product_id for line in draft.lines] == [water.id]


def test_more_than_there_is_is_refused_with_what_there_is(
    session: Session, anna: User, clara: User, romashka: Customer, water: Product, cast: Cast
) -> None:
    acts.placed(session, clara, session.get_one(Customer, cast.vasilek), {water: "77"})
    draft = drafts.open_for(session, romashka.id, anna)
    with pytest.raises(Invalid) as caught:
        put(session, draft, water, "24")
    assert caught.value.code == "more_than_available"
    assert caught.value.params == {"available": 23_000, "unit": "шт", "options": (23_000,)}
    assert draft.lines == []
    put(session, draft, water, "23")


@pytest.mark.parametrize(
    ("text", "code"), [("5", "quantity_minimum"), ("7", "quantity_multiple"), ("6", None), ("8", None)]
)
def test_a_product_may_have_a_least_quantity_and_steps(
    session: Session, anna: User, romashka: Customer, water: Product, text: str, code: str | None
) -> None:
    water.minimum, water.multiple = 6_000, 2_000
    draft = drafts.open_for(session, romashka.id, anna)
    if code is None:
        put(session, draft, water, text)
        return
    with pytest.raises(Invalid) as caught:
        put(session, draft, water, text)
    assert caught.value.code == code


def test_what_is_short_is_lowered_to_what_minimum_and_multiple_allow(
    session: Session, anna: User, romashka: Customer, water: Product, buckwheat: Product, cheese: Product
) -> None:
    order = acts.draft(session, anna, romashka, {water: "12", buckwheat: "2 кор", cheese: "7,5"})
    water.multiple, water.on_hand = 6_000, 11_000
    buckwheat.minimum, buckwheat.on_hand = 20_000, 19_000
    cheese.multiple, cheese.on_hand = 2_500, 6_000
    session.flush()
    drafts.take_available(session, order)
    lines = [(line.product.sku, line.quantity, line.unit) for line in order.lines]
    assert lines == [("B-1", 6_000, "шт"), ("C-1", 5_000, "кг")]


def test_an_order_has_at_most_200_lines(
    session: Session, anna: User, romashka: Customer, water: Product, cheese: Product
) -> None:
    draft = drafts.open_for(session, romashka.id, anna)
    goods = [
        Product(sku=f"N-{n}", name="Товар", category_id=water.category_id, unit="шт", price=1, on_hand=1000)
        for n in range(199)
    ]
    session.add_all(goods)
    session.flush()
    session.add_all(
        OrderLine(order_id=draft.id, product_id=product.id, quantity=1000, unit="шт", factor=1000)
        for product in goods
    )
    session.flush()
    session.refresh(draft)
    put(session, draft, water, "1")
    with pytest.raises(Invalid) as caught:
        put(session, draft, cheese, "1")
    assert (caught.value.code, caught.value.params) == ("too_many_lines", {"limit": 200})
    put(session, draft, water, "2")


def test_what_is_short_is_lowered_to_what_is_free(
    session: Session, anna: User, romashka: Customer, buckwheat: Product, water: Product, cheese: Product
) -> None:
    draft = acts.draft(session, anna, romashka, {buckwheat: "50 кор", water: "10 упак", cheese: "2,5 кг"})
    stock.adjust(session, buckwheat, 540_000, None, "пересчёт")
    stock.adjust(session, water, 20_000, None, "пересчёт")
    stock.adjust(session, cheese, 0, None, "пересчёт")
    drafts.take_available(session, draft)
    session.expire_all()
    lines = [(line.product_id, line.quantity, line.unit, line.factor) for line in draft.lines]
    # 540 is 45 whole boxes; 20 is no whole number of sixes, so it reads in pieces.
    assert lines == [(buckwheat.id, 540_000, "кор", 12_000), (water.id, 20_000, "шт", 1000)]


def test_nothing_is_free_of_a_product_taken_off_sale(
    session: Session, anna: User, romashka: Customer, water: Product
) -> None:
    draft = acts.draft(session, anna, romashka, {water: "1"})
    water.is_active = False
    drafts.take_available(session, draft)
    assert draft.lines == []


def test_an_address_is_kept_as_an_outlet_once(session: Session, anna: User, romashka: Customer) -> None:
    draft = drafts.open_for(session, romashka.id, anna)
    for _ in range(2):
        drafts.set_place(session, draft, acts.GATE)
    session.flush()
    assert (draft.address, draft.distance_metres, draft.is_pickup) == (acts.GATE.address, 11_100, False)
    assert [outlet.address for outlet in session.scalars(select(Outlet))] == [acts.GATE.address]


def test_a_place_too_far_changes_nothing(session: Session, anna: User, romashka: Customer) -> None:
    draft = drafts.open_for(session, romashka.id, anna)
    drafts.set_place(session, draft, acts.GATE)
    with pytest.raises(Invalid) as caught:
        drafts.set_place(session, draft, Place("Владивосток", 43.1, 131.9))
    assert caught.value.code == "too_far"
    assert (draft.address, draft.distance_metres) == (acts.GATE.address, 11_100)
    assert len(session.scalars(select(Outlet)).all()) == 1


def test_pick_up_takes_address_and_distance_away(session: Session, anna: User, romashka: Customer) -> None:
    draft = drafts.open_for(session, romashka.id, anna)
    drafts.set_place(session, draft, acts.GATE)
    drafts.set_pickup(session, draft)
    kept = (draft.address, draft.latitude, draft.longitude, draft.distance_metres)
    assert (draft.is_pickup, kept) == (True, (None, None, None, None))


def test_a_note_has_a_limit_and_can_be_taken_away(session: Session, anna: User, romashka: Customer) -> None:
    draft = drafts.open_for(session, romashka.id, anna)
    drafts.set_note(session, draft, "  звонить за час ")
    assert draft.note == "звонить за час"
    with pytest.raises(Invalid) as caught:
        drafts.set_note(session, draft, "я" * 5000)
    assert (caught.value.code, caught.value.params) == ("note_too_long", {"limit": 1000, "length": 5000})
    assert draft.note == "звонить за час"
    drafts.set_note(session, draft, "я" * 1000)
    assert draft.note == "я" * 1000
    drafts.set_note(session, draft, "   ")
    assert draft.note is None


def test_what_a_draft_still_needs_is_named_in_order(
    session: Session, anna: User, romashka: Customer, water: Product
) -> None:
    draft = drafts.open_for(session, romashka.id, anna)
    assert drafts.missing(draft) == ["lines", "address", "window"]
    put(session, draft, water, "1")
    assert drafts.missing(draft) == ["address", "window"]
    drafts.set_pickup(session, draft)
    assert drafts.missing(draft) == ["window"]
    drafts.set_window(session, draft, acts.MONDAY, time(9))
    assert drafts.missing(draft) == []


def test_a_draft_thrown_away_is_gone_with_its_lines(
    session: Session, anna: User, romashka: Customer, water: Product
) -> None:
    drafts.discard(session, acts.draft(session, anna, romashka, {water: "1"}))
    assert session.scalars(select(Order)).all() == []
    assert session.scalars(select(OrderLine)).all() == []


def test_a_recalled_order_thrown_away_leaves_its_trace(
    session: Session, anna: User, romashka: Customer, water: Product
) -> None:
    order = acts.placed(session, anna, romashka, {water: "10"})
    placing.recall(session, order.id, anna)
    drafts.discard(session, order)
    assert drafts.all_open(session, anna) == []
    assert acts.levels(session, water) == (100, 0)
    kept = session.scalars(select(Order)).one()
    assert (kept.status, kept.number) == (OrderStatus.CANCELLED, order.number)
    assert acts.events(session, kept) == [("placed", anna.id), ("recalled", anna.id), ("cancelled", anna.id)]
