"""Less loaded than ordered: limits, reasons, what is confirmed, and what is brought later."""

import pytest
from sqlalchemy.orm import Session

from models import Customer, Invoice, Order, OrderStatus, Product, ShortageReason, User
from services import drafts, invoices, loading, placing, pricing, remainders, staffing, stock
from services.errors import Conflict, Invalid, NotFound
from tests.services import acts

pytestmark = pytest.mark.both_engines

WHY = ShortageReason.OUT_OF_STOCK.value


@pytest.fixture
def order(
    session: Session, anna: User, boris: User, romashka: Customer, buckwheat: Product, cheese: Product
) -> Order:
    """60 pieces of buckwheat at 89,90 and 2,5 kg of cheese at 649,00, in Boris's hands."""
    return acts.in_hand(session, anna, romashka, {buckwheat: "5 кор", cheese: "2,5"}, boris)


def test_a_shorter_line_keeps_its_reason_and_a_full_one_has_none(
    session: Session, order: Order, boris: User
) -> None:
    line = order.lines[0]
    loading.set_loaded(session, order.id, line.id, boris, 40_000, WHY)
    assert (line.loaded_quantity, line.shortage_reason) == (40_000, "out_of_stock")
    loading.set_loaded(session, order.id, line.id, boris, 60_000)
    assert (line.loaded_quantity, line.shortage_reason) == (60_000, None)


def test_less_without_a_reason_is_refused(session: Session, order: Order, boris: User) -> None:
    with pytest.raises(Invalid) as caught:
        loading.set_loaded(session, order.id, order.lines[0].id, boris, 40_000, "  ")
    assert caught.value.code == "reason_empty"
    assert order.lines[0].loaded_quantity is None


@pytest.mark.parametrize(
    ("place", "typed", "most"),
    [(0, "61", 60_000), (0, "6 кор", 60_000), (1, "2,626", 2_625), (1, "3", 2_625)],
)
def test_more_than_ordered_is_refused_and_weighed_goods_may_go_over_by_the_tolerance(
    session: Session, order: Order, boris: User, place: int, typed: str, most: int
) -> None:
    line = order.lines[place]
    # A number alone is counted in the line's own unit, so 61 boxes are far too many as well.
    with pytest.raises(Invalid) as caught:
        loading.read_loaded(session, order.id, line.id, boris, typed)
    assert (caught.value.code, caught.value.params["most"]) == ("more_than_ordered", most)
    assert loading.most(session, line) == most


@pytest.mark.parametrize(
    ("place", "typed", "quantity"),
    [(0, "0", 0), (0, "4", 48_000), (0, "40 шт", 40_000), (1, "0", 0), (1, "2,625", 2_625), (1, "0 кг", 0)],
)
def test_what_is_typed_may_be_anything_from_nothing_to_all(
    session: Session, order: Order, boris: User, place: int, typed: str, quantity: int
) -> None:
    assert loading.read_loaded(session, order.id, order.lines[place].id, boris, typed).quantity == quantity


@pytest.mark.parametrize(("typed", "code"), [("-1", "quantity_negative"), ("много", "quantity_form")])
def test_text_for_a_number_is_refused(
    session: Session, order: Order, boris: User, typed: str, code: str
) -> None:
    with pytest.raises(Invalid) as caught:
        loading.read_loaded(session, order.id, order.lines[0].id, boris, typed)
    assert caught.value.code == code


def test_the_invoice_is_for_what_was_loaded_as_was_asked_before(
    session: Session, order: Order, boris: User
) -> None:
    loading.set_loaded(session, order.id, order.lines[0].id, boris, 40_000, WHY)
    loading.set_loaded(session, order.id, order.lines[1].id, boris, 2_600)
    # 40 × 89,90 + 2,6 × 649,00 = 3596,00 + 1687,40; delivery as it was frozen.
    asked = pricing.loaded_total(order)
    assert asked == 359_600 + 168_740 + (order.delivery_amount or 0)
    loading.confirm_load(session, order.id, boris, loading.seen(order))
    invoice = invoices.of_order(session, order)
    assert isinstance(invoice, Invoice)
    assert invoice.total_amount == asked
    assert (order.loaded_amount, order.amount) == (asked, asked)
    # What was ordered is kept beside it.
    assert order.total_amount != asked


def test_more_of_weighed_goods_than_was_reserved_leaves_the_stock_too(
    session: Session, order: Order, boris: User, cheese: Product
) -> None:
    loading.set_loaded(session, order.id, order.lines[1].id, boris, 2_600)
    loading.confirm_load(session, order.id, boris)
    session.refresh(cheese)
    assert (cheese.on_hand, cheese.reserved) == (47_400, 0)


def test_what_was_confirmed_is_what_was_seen(session: Session, order: Order, boris: User) -> None:
    asked = loading.seen(order)
    loading.set_loaded(session, order.id, order.lines[0].id, boris, 40_000, WHY)
    with pytest.raises(Conflict) as caught:
        loading.confirm_load(session, order.id, boris, asked)
    assert (caught.value.code, order.status) == ("load_changed", OrderStatus.LOADING)


def test_a_question_from_before_a_recall_confirms_nothing(
    session: Session, order: Order, anna: User, boris: User
) -> None:
    asked = loading.seen(order)
    loading.release(session, order.id, boris)
    placing.recall(session, order.id, anna)
    placing.place(session, order, anna)
    session.info["now"] = session.info["now"].replace(minute=50)
    loading.claim(session, order.id, boris)
    with pytest.raises(Conflict) as caught:
        loading.confirm_load(session, order.id, boris, asked)
    assert caught.value.code == "load_changed"


def test_whoever_loads_next_begins_anew(session: Session, order: Order, boris: User, petr: User) -> None:
    loading.set_loaded(session, order.id, order.lines[0].id, boris, 0, WHY)
    loading.release(session, order.id, boris)
    loading.claim(session, order.id, petr)
    assert [(line.loaded_quantity, line.shortage_reason) for line in order.lines] == [(None, None)] * 2


def test_only_whose_hands_it_is_in_corrects(session: Session, order: Order, boris: User, petr: User) -> None:
    with pytest.raises(Conflict) as caught:
        loading.set_loaded(session, order.id, order.lines[0].id, petr, 0, WHY)
    assert caught.value.code == "order_moved_on"
    with pytest.raises(NotFound):
        loading.get_line(session, order.id, 10_000, boris)


def test_the_rest_is_drafted_once_for_the_rep(
    session: Session, order: Order, anna: User, boris: User, buckwheat: Product
) -> None:
    loading.set_loaded(session, order.id, order.lines[0].id, boris, 36_000, WHY)
    loading.confirm_load(session, order.id, boris)
    # Nothing of it is in stock: the draft says what is wanted all the same.
    stock.adjust(session, buckwheat, 0, None, "пересчёт")
    draft = remainders.draft_remainder(session, order.id, boris)
    assert (draft.status, draft.sales_rep_id, draft.address) == (OrderStatus.DRAFT, anna.id, order.address)
    assert [(line.product_id, line.quantity, line.unit) for line in draft.lines] == [
        (buckwheat.id, 24_000, "кор")
    ]
    assert acts.notices(session, anna)[-1] == "remainder_drafted"
    assert remainders.draft_remainder(session, order.id, anna) is draft
    assert draft.lines[0].quantity == 24_000
    # Thrown away, it may be asked for again.
    drafts.discard(session, draft)
    session.expire(order)
    assert remainders.is_open(order)


def test_the_rest_is_added_to_what_the_open_draft_has(
    session: Session, order: Order, anna: User, boris: User, romashka: Customer, buckwheat: Product
) -> None:
    loading.set_loaded(session, order.id, order.lines[0].id, boris, 36_000, WHY)
    loading.confirm_load(session, order.id, boris)
    own = acts.draft(session, anna, romashka, {buckwheat: "7"}, place=None)
    draft = remainders.draft_remainder(session, order.id, anna)
    assert draft is own
    assert [(line.quantity, line.unit) for line in draft.lines] == [(31_000, "шт")]
    assert draft.is_pickup


def test_a_full_load_leaves_nothing_to_bring(session: Session, order: Order, anna: User, boris: User) -> None:
    loading.confirm_load(session, order.id, boris)
    assert not remainders.is_open(order)
    with pytest.raises(Conflict) as caught:
        remainders.draft_remainder(session, order.id, anna)
    assert caught.value.code == "nothing_missing"


def test_another_rep_does_not_find_the_rest(session: Session, order: Order, boris: User, clara: User) -> None:
    loading.set_loaded(session, order.id, order.lines[0].id, boris, 0, WHY)
    loading.confirm_load(session, order.id, boris)
    with pytest.raises(NotFound):
        remainders.draft_remainder(session, order.id, clara)


def test_signed_papers_belong_to_a_loaded_order(
    session: Session, order: Order, anna: User, boris: User
) -> None:
    with pytest.raises(Conflict):
        loading.keep_signed_photo(session, order.id, boris, "photo-1")
    loading.confirm_load(session, order.id, boris)
    loading.keep_signed_photo(session, order.id, boris, "photo-1")
    assert order.signed_photo_id == "photo-1"
    assert acts.events(session, order)[-1] == ("signed", boris.id)
    assert acts.notices(session, anna)[-1] == "order_signed"


def test_the_rest_goes_to_whoever_looks_after_the_customer_now(
    session: Session, order: Order, boris: User, clara: User, romashka: Customer
) -> None:
    loading.set_loaded(session, order.id, order.lines[0].id, boris, 0, WHY)
    loading.confirm_load(session, order.id, boris)
    romashka.sales_rep_id = clara.id
    session.flush()
    assert remainders.draft_remainder(session, order.id, boris).sales_rep_id == clara.id


def test_a_rest_whose_rep_is_gone_says_so(
    session: Session, order: Order, anna: User, boris: User, dmitry: User
) -> None:
    loading.set_loaded(session, order.id, order.lines[0].id, boris, 0, WHY)
    loading.confirm_load(session, order.id, boris)
    staffing.block(session, anna.id, dmitry)
    with pytest.raises(Conflict) as caught:
        remainders.draft_remainder(session, order.id, boris)
    assert caught.value.code == "no_rep"


def test_a_rest_in_a_recalled_order_that_was_called_off_may_be_asked_for_again(
    session: Session, order: Order, anna: User, boris: User, romashka: Customer, water: Product
) -> None:
    loading.set_loaded(session, order.id, order.lines[0].id, boris, 0, WHY)
    loading.confirm_load(session, order.id, boris)
    recalled = acts.placed(session, anna, romashka, {water: "1"})
    placing.recall(session, recalled.id, anna)
    assert remainders.draft_remainder(session, order.id, anna) is recalled
    drafts.discard(session, recalled)
    session.flush()
    assert remainders.is_open(order)
    again = remainders.draft_remainder(session, order.id, anna)
    assert (again.status, again.id != recalled.id) == (OrderStatus.DRAFT, True)
