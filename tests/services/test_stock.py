import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from models import Customer, Database, MovementKind, Order, OrderStatus, Product, StockMovement, User
from services import loading, orders, placing, stock
from services.errors import Conflict, DomainError, Invalid
from tests.conftest import NOW, Cast
from tests.services import acts


@pytest.mark.both_engines
def test_goods_that_came_in_are_there_and_in_the_ledger(
    session: Session, water: Product, boris: User
) -> None:
    stock.receive(session, water, 20_000, boris, "накладная 5")
    assert acts.levels(session, water) == (120, 0)
    movement = session.scalars(select(StockMovement).order_by(StockMovement.id.desc()).limit(1)).one()
    assert (movement.kind, movement.on_hand_change, movement.reserved_change) == (
        MovementKind.RECEIPT,
        20_000,
        0,
    )
    assert (movement.user_id, movement.reason, movement.at) == (boris.id, "накладная 5", NOW)


@pytest.mark.parametrize("quantity", [0, -1])
def test_nothing_is_no_receipt(session: Session, water: Product, quantity: int) -> None:
    with pytest.raises(Invalid) as caught:
        stock.receive(session, water, quantity, None)
    assert caught.value.code == "quantity_positive"
    assert acts.levels(session, water) == (100, 0)


@pytest.mark.both_engines
def test_counting_writes_the_difference(session: Session, water: Product, dmitry: User) -> None:
    stock.adjust(session, water, 97_000, dmitry, "бой")
    assert acts.levels(session, water) == (97, 0)
    stock.adjust(session, water, 97_000, dmitry, "ещё раз")
    kinds = list(session.scalars(select(StockMovement.kind).where(StockMovement.product_id == water.id)))
    assert kinds == [MovementKind.RECEIPT, MovementKind.ADJUSTMENT]


def test_the_level_another_transaction_wrote_is_the_one_that_counts(session: Session, water: Product) -> None:
    stale = water.on_hand
    session.connection().exec_driver_sql("UPDATE products SET on_hand = 50000, reserved = 45000")
    assert water.on_hand == stale
    with pytest.raises(Conflict):
        stock.adjust(session, water, 40_000, None, "пересчёт")


@pytest.mark.both_engines
def test_what_is_promised_together_is_promised_whole_or_not_at_all(
    session: Session, anna: User, romashka: Customer, water: Product, cheese: Product
) -> None:
    order = acts.draft(session, anna, romashka, {water: "10", cheese: "5 кг"})
    stock.adjust(session, cheese, 4_000, None, "усушка")
    with pytest.raises(Conflict) as caught:
        stock.reserve(session, order, anna)
    assert [short.line_id for short in caught.value.params["shortages"]] == [order.lines[1].id]
    assert (acts.levels(session, water), acts.levels(session, cheese)) == ((100, 0), (4, 0))


@pytest.mark.both_engines
def test_more_than_there_is_stops_the_load_without_a_trace(
    session: Session, anna: User, boris: User, romashka: Customer, cheese: Product
) -> None:
    order = acts.in_hand(session, anna, romashka, {cheese: "50"}, boris)
    # Weighed goods may go over the order, but not over what there is.
    order.lines[0].loaded_quantity = 52_000
    with pytest.raises(Conflict) as caught, session.begin_nested():
        loading.confirm_load(session, order.id, boris)
    assert caught.value.code == "stock_gone"
    session.expire_all()
    assert acts.levels(session, cheese) == (50, 50)
    assert acts.letters(session) == []


STEPS = ("place", "recall", "claim", "release", "reject", "load", "short load", "cancel", "receive", "adjust")


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(st.tuples(st.sampled_from(STEPS), st.integers(1, 60)), max_size=25))
def test_after_any_steps_the_ledger_sums_to_the_levels(
    database: Database, cast: Cast, steps: list[tuple[str, int]]
) -> None:
    with database.unit_of_work(NOW) as session:
        water = session.get_one(Product, cast.water)
        for step, number in steps:
            try:
                with session.begin_nested():
                    take(session, cast, step, number)
            except DomainError:
                session.expire_all()
            on_hand, reserved = acts.levels(session, water)
            assert 0 <= reserved <= on_hand
        session.rollback()


def take(session: Session, cast: Cast, step: str, number: int) -> None:
    anna, boris = session.get_one(User, cast.anna), session.get_one(User, cast.boris)
    water, romashka = session.get_one(Product, cast.water), session.get_one(Customer, cast.romashka)
    if step == "receive":
        stock.receive(session, water, number * 1000, boris)
        return
    if step == "adjust":
        stock.adjust(session, water, number * 1000, boris, "пересчёт")
        return
    if step == "place":
        acts.placed(session, anna, romashka, {water: str(number)})
        return
    for order in mine(session, anna):
        if step in ("load", "short load"):
            order.lines[0].loaded_quantity = number * 1000 if step == "short load" else None
            loading.confirm_load(session, order.id, boris)
        elif step in ("reject", "cancel"):
            actor, end = (boris, loading.reject) if step == "reject" else (anna, placing.cancel)
            end(session, order.id, actor, "так вышло")
        elif step == "recall":
            placing.recall(session, order.id, anna)
        else:
            (loading.claim if step == "claim" else loading.release)(session, order.id, boris)
        return


def mine(session: Session, anna: User) -> list[Order]:
    open_ones = (OrderStatus.DRAFT, *orders.QUEUE)
    return [order for order in orders.find(session, anna).items if order.status in open_ones]
