import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from models import Customer, MovementKind, Product, StockMovement, User
from services import loading, stock
from services.errors import Conflict, Invalid
from tests.conftest import NOW
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
