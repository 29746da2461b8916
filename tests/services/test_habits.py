"""What a customer usually takes, and what is said when it is not what it was."""

import pytest
from sqlalchemy.orm import Session

from models import Customer, Order, Product, Unit, User
from services import company, drafts, habits, loading, placing
from services.habits import LastTime, Mark, Remark
from tests.conftest import NOW, Cast
from tests.services import acts

Lines = dict[Product, str]


def take(session: Session, rep: User, customer: Customer, *orders_: Lines) -> list[Order]:
    """Orders that went to the warehouse, one after another."""
    company.warehouse(session).window_capacity = 100
    return [acts.placed(session, rep, customer, goods) for goods in orders_]


def copied(
    session: Session, rep: User, customer: Customer
) -> tuple[list[Remark], dict[str, tuple[int, str]]]:
    """What is said of a copy of the last order, and what the draft then holds."""
    last = habits.last_order(session, customer.id)
    assert last is not None
    draft = drafts.open_for(session, customer.id, rep)
    remarks = habits.copy_lines(session, draft, last.lines)
    return remarks, {line.product.sku: (line.quantity, line.unit) for line in draft.lines}


def test_a_product_never_taken_has_no_habit(
    session: Session, anna: User, romashka: Customer, buckwheat: Product, water: Product
) -> None:
    take(session, anna, romashka, {water: "3"})
    habit = habits.of_product(session, romashka.id, buckwheat)
    assert (habit.last_time, habit.usual) == (None, ())


def test_the_last_time_is_the_latest_order_s_at_its_price(
    session: Session, anna: User, romashka: Customer, buckwheat: Product
) -> None:
    take(session, anna, romashka, {buckwheat: "2 кор"}, {buckwheat: "7 шт"})
    buckwheat.price = 99_00
    habit = habits.of_product(session, romashka.id, buckwheat)
    assert habit.last_time == LastTime(NOW, 7_000, "шт", 1000, 89_90)


def test_usual_quantities_are_the_three_most_frequent(
    session: Session, anna: User, romashka: Customer, buckwheat: Product
) -> None:
    amounts = ["2 кор", "5", "2 кор", "6", "7", "5", "2 кор", "6"]
    take(session, anna, romashka, *({buckwheat: amount} for amount in amounts))
    usual = habits.of_product(session, romashka.id, buckwheat).usual
    assert usual[0] == (24_000, "кор", 12_000)
    assert set(usual[1:]) == {(5_000, "шт", 1000), (6_000, "шт", 1000)}


def test_a_quantity_in_a_package_that_is_no_more_is_not_offered(
    session: Session, anna: User, romashka: Customer, buckwheat: Product
) -> None:
    take(session, anna, romashka, {buckwheat: "2 кор"}, {buckwheat: "5"})
    # Boxes hold ten now, so «2 кор» means something else.
    buckwheat.packages = [Unit(code="кор", factor=10_000)]
    session.flush()
    habit = habits.of_product(session, romashka.id, buckwheat)
    assert habit.usual == ((5_000, "шт", 1000),)


def test_what_never_left_a_draft_or_was_called_off_is_no_habit(
    session: Session, anna: User, clara: User, romashka: Customer, cast: Cast, buckwheat: Product
) -> None:
    [cancelled] = take(session, anna, romashka, {buckwheat: "3"})
    placing.cancel(session, cancelled.id, anna, "передумал")
    acts.draft(session, anna, romashka, {buckwheat: "4"})
    habit = habits.of_product(session, romashka.id, buckwheat)
    assert (habit.last_time, habit.usual) == (None, ())
    assert habits.last_order(session, romashka.id) is None
    assert habits.usual_lines(session, romashka.id) == []


def test_one_customer_s_habits_are_not_another_s(
    session: Session, anna: User, clara: User, romashka: Customer, buckwheat: Product, cast: Cast
) -> None:
    other = session.get_one(Customer, cast.vasilek)
    take(session, clara, other, {buckwheat: "5"})
    assert habits.of_product(session, romashka.id, buckwheat).usual == ()
    assert habits.usual_lines(session, romashka.id) == []


def test_only_the_latest_twenty_orders_are_a_habit(
    session: Session, anna: User, romashka: Customer, buckwheat: Product, water: Product
) -> None:
    take(session, anna, romashka, {buckwheat: "5"}, *({water: "1"} for _ in range(habits.LATEST_ORDERS)))
    assert habits.of_product(session, romashka.id, buckwheat).last_time is None
    assert [line.product.sku for line in habits.usual_lines(session, romashka.id)] == ["B-1"]


def test_after_one_order_that_is_the_usual_set(
    session: Session, anna: User, romashka: Customer, buckwheat: Product, water: Product
) -> None:
    take(session, anna, romashka, {buckwheat: "2 кор", water: "3"})
    lines = habits.usual_lines(session, romashka.id)
    assert sorted((line.product.sku, line.quantity) for line in lines) == [("A-1", 24_000), ("B-1", 3_000)]


def test_the_usual_set_is_what_came_twice_most_frequent_first_in_its_usual_quantity(
    session: Session, anna: User, romashka: Customer, buckwheat: Product, water: Product, cheese: Product
) -> None:
    take(
        session,
        anna,
        romashka,
        {water: "6", buckwheat: "2 кор"},
        {water: "3", cheese: "2,5"},
        {water: "6", buckwheat: "1 кор"},
        {water: "4", buckwheat: "1 кор"},
        {water: "2"},
    )
    lines = habits.usual_lines(session, romashka.id)
    assert [(line.product.sku, line.quantity, line.unit) for line in lines] == [
        ("B-1", 6_000, "шт"),
        ("A-1", 12_000, "кор"),
    ]


def test_a_copy_that_is_as_it_was_needs_no_remark(
    session: Session, anna: User, romashka: Customer, buckwheat: Product, cheese: Product
) -> None:
    take(session, anna, romashka, {buckwheat: "2 кор", cheese: "0,125 кг"})
    assert copied(session, anna, romashka) == ([], {"A-1": (24_000, "кор"), "C-1": (125, "кг")})


@pytest.mark.parametrize(("price", "mark"), [(99_00, Mark.DEARER), (80_00, Mark.CHEAPER)])
def test_another_price_is_remarked(
    session: Session, anna: User, romashka: Customer, buckwheat: Product, price: int, mark: Mark
) -> None:
    take(session, anna, romashka, {buckwheat: "2 кор"})
    buckwheat.price = price
    remarks, lines = copied(session, anna, romashka)
    assert remarks == [Remark(mark, "Крупа гречневая", "шт", 24_000, 24_000, 89_90, price)]
    assert lines == {"A-1": (24_000, "кор")}


def test_what_is_no_longer_sold_is_remarked_and_left_out(
    session: Session, anna: User, romashka: Customer, buckwheat: Product, water: Product
) -> None:
    take(session, anna, romashka, {buckwheat: "2 кор", water: "3"})
    buckwheat.is_active = False
    remarks, lines = copied(session, anna, romashka)
    assert remarks == [Remark(Mark.MISSING, "Крупа гречневая", "шт", 24_000, 0, 89_90, 89_90)]
    assert lines == {"B-1": (3_000, "шт")}


@pytest.mark.parametrize(
    ("on_hand", "minimum", "multiple", "expected"),
    [
        # 24 pieces are promised already; the rest is free.
        (24 + 12, None, None, (12_000, "кор")),
        (24 + 17, None, None, (17_000, "шт")),
        (24 + 17, None, 6_000, (12_000, "кор")),
        (24 + 23, None, 5_000, (20_000, "шт")),
        (24 + 17, 18_000, None, None),
        (24, None, None, None),
    ],
)
def test_what_is_short_is_copied_as_far_as_it_can_be_had(
    session: Session,
    anna: User,
    romashka: Customer,
    buckwheat: Product,
    on_hand: int,
    minimum: int | None,
    multiple: int | None,
    expected: tuple[int, str] | None,
) -> None:
    take(session, anna, romashka, {buckwheat: "2 кор"})
    buckwheat.on_hand = on_hand * 1000
    buckwheat.minimum, buckwheat.multiple = minimum, multiple
    session.flush()
    remarks, lines = copied(session, anna, romashka)
    got = expected[0] if expected else 0
    assert remarks == [Remark(Mark.SHORT, "Крупа гречневая", "шт", 24_000, got, 89_90, 89_90)]
    assert lines == ({"A-1": expected} if expected else {})


@pytest.mark.parametrize(
    ("minimum", "multiple", "expected"), [(None, 10_000, (20_000, "шт")), (30_000, None, None)]
)
def test_a_new_minimum_or_multiple_is_remarked_as_such(
    session: Session,
    anna: User,
    romashka: Customer,
    buckwheat: Product,
    minimum: int | None,
    multiple: int | None,
    expected: tuple[int, str] | None,
) -> None:
    take(session, anna, romashka, {buckwheat: "2 кор"})
    buckwheat.minimum, buckwheat.multiple = minimum, multiple
    remarks, lines = copied(session, anna, romashka)
    got = expected[0] if expected else 0
    assert remarks == [Remark(Mark.RULED, "Крупа гречневая", "шт", 24_000, got, 89_90, 89_90)]
    assert lines == ({"A-1": expected} if expected else {})


def test_short_says_more_than_dearer(
    session: Session, anna: User, romashka: Customer, buckwheat: Product
) -> None:
    take(session, anna, romashka, {buckwheat: "2 кор"})
    buckwheat.on_hand, buckwheat.price = 30_000, 99_00
    session.flush()
    [remark] = copied(session, anna, romashka)[0]
    assert (remark.mark, remark.price_before, remark.price_now) == (Mark.SHORT, 89_90, 99_00)


def test_a_package_of_another_size_is_copied_in_pieces(
    session: Session, anna: User, romashka: Customer, buckwheat: Product
) -> None:
    take(session, anna, romashka, {buckwheat: "2 кор"})
    buckwheat.packages = [Unit(code="кор", factor=10_000)]
    session.flush()
    assert copied(session, anna, romashka) == ([], {"A-1": (24_000, "шт")})


def test_what_the_draft_has_stays_as_it_is(
    session: Session, anna: User, romashka: Customer, buckwheat: Product, water: Product
) -> None:
    take(session, anna, romashka, {buckwheat: "2 кор", water: "3"})
    acts.draft(session, anna, romashka, {buckwheat: "1"})
    assert copied(session, anna, romashka) == ([], {"A-1": (1_000, "шт"), "B-1": (3_000, "шт")})


def test_a_full_draft_leaves_out_nothing_in_silence(
    session: Session,
    anna: User,
    romashka: Customer,
    buckwheat: Product,
    water: Product,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    take(session, anna, romashka, {buckwheat: "2 кор"})
    acts.draft(session, anna, romashka, {water: "1"})
    monkeypatch.setattr(drafts, "MAX_LINES", 1)
    remarks, lines = copied(session, anna, romashka)
    assert [(remark.mark, remark.copied) for remark in remarks] == [(Mark.SHORT, 0)]
    assert lines == {"B-1": (1_000, "шт")}


def test_an_order_that_left_counts_as_well(
    session: Session, anna: User, boris: User, romashka: Customer, buckwheat: Product
) -> None:
    order = acts.in_hand(session, anna, romashka, {buckwheat: "2 кор"}, boris)
    loading.confirm_load(session, order.id, boris)
    last = habits.last_order(session, romashka.id)
    assert last is not None
    assert last.id == order.id
    assert habits.of_product(session, romashka.id, buckwheat).usual == ((24_000, "кор", 12_000),)
