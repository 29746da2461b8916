import threading
from collections.abc import Callable
from functools import partial

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from models import (
    Customer,
    Database,
    Order,
    OrderStatus,
    Product,
    Reservation,
    Role,
    User,
    UserRole,
)
from services import loading, stock
from services.errors import Conflict
from tests.conftest import NOW, Cast
from tests.services import acts

pytestmark = pytest.mark.both_engines


def test_claiming_tells_the_rep_and_changes_every_card(
    session: Session, anna: User, boris: User, petr: User, romashka: Customer, water: Product
) -> None:
    order = acts.in_hand(session, anna, romashka, {water: "10"}, boris)
    assert (order.status, order.storekeeper_id, order.claimed_at) == (OrderStatus.LOADING, boris.id, NOW)
    assert acts.notices(session, anna) == ["order_claimed"]
    for keeper in (boris, petr):
        assert acts.notices(session, keeper) == ["order_card"] * 2
    assert acts.levels(session, water) == (100, 10)


def test_releasing_opens_the_order_for_everybody_again(
    session: Session, anna: User, boris: User, petr: User, romashka: Customer, water: Product
) -> None:
    order = acts.in_hand(session, anna, romashka, {water: "10"}, boris)
    loading.release(session, order.id, boris)
    assert (order.status, order.storekeeper_id, order.claimed_at) == (OrderStatus.PLACED, None, None)
    assert acts.notices(session, anna) == ["order_claimed", "order_released"]
    assert acts.levels(session, water) == (100, 10)
    loading.claim(session, order.id, petr)
    assert order.storekeeper_id == petr.id


def test_rejecting_gives_the_stock_back_and_tells_the_rep_why(
    session: Session, anna: User, boris: User, romashka: Customer, water: Product
) -> None:
    order = acts.in_hand(session, anna, romashka, {water: "10"}, boris)
    loading.reject(session, order.id, boris, "брак")
    assert (order.status, order.reason) == (OrderStatus.REJECTED, "брак")
    assert acts.levels(session, water) == (100, 0)
    assert acts.notices(session, anna) == ["order_claimed", "order_rejected"]
    assert session.scalars(select(Reservation)).all() == []


def test_a_load_nobody_corrected_was_full(
    session: Session, anna: User, boris: User, romashka: Customer, water: Product, cheese: Product
) -> None:
    order = acts.loaded(session, anna, romashka, {water: "10", cheese: "5 кг"}, boris)
    assert (order.status, order.loaded_at) == (OrderStatus.LOADED, NOW)
    assert [line.loaded_quantity for line in order.lines] == [10_000, 5_000]
    assert (acts.levels(session, water), acts.levels(session, cheese)) == ((90, 0), (45, 0))
    assert acts.events(session, order)[-1] == ("loaded", boris.id)
    assert acts.notices(session, anna) == ["order_claimed", "order_loaded"]
    assert session.scalars(select(Reservation)).all() == []


def test_what_was_not_loaded_goes_back_to_the_shelf(
    session: Session, anna: User, boris: User, romashka: Customer, buckwheat: Product, water: Product
) -> None:
    order = acts.in_hand(session, anna, romashka, {buckwheat: "5 кор", water: "10"}, boris)
    order.lines[0].loaded_quantity, order.lines[1].loaded_quantity = 48_000, 0
    loading.confirm_load(session, order.id, boris)
    assert (acts.levels(session, buckwheat), acts.levels(session, water)) == ((552, 0), (100, 0))


def test_a_load_of_nothing_is_refused(
    session: Session, anna: User, boris: User, romashka: Customer, water: Product
) -> None:
    order = acts.in_hand(session, anna, romashka, {water: "10"}, boris)
    order.lines[0].loaded_quantity = 0
    with pytest.raises(Conflict) as caught:
        loading.confirm_load(session, order.id, boris)
    assert caught.value.code == "nothing_loaded"
    assert (order.status, acts.levels(session, water)) == (OrderStatus.LOADING, (100, 10))


def test_confirming_twice_loads_once(
    session: Session, anna: User, boris: User, romashka: Customer, water: Product
) -> None:
    order = acts.loaded(session, anna, romashka, {water: "10"}, boris)
    with pytest.raises(Conflict) as caught:
        loading.confirm_load(session, order.id, boris)
    assert caught.value.code == "order_moved_on"
    assert acts.levels(session, water) == (90, 0)
    assert len(acts.letters(session)) == 1


def test_delivering_tells_the_rep_unless_it_was_the_rep(
    session: Session, anna: User, boris: User, romashka: Customer, water: Product
) -> None:
    own = acts.loaded(session, anna, romashka, {water: "1"}, boris)
    loading.deliver(session, own.id, anna)
    assert (own.status, own.delivered_at) == (OrderStatus.DELIVERED, NOW)
    assert "order_delivered" not in acts.notices(session, anna)
    order = acts.loaded(session, anna, romashka, {water: "1"}, boris)
    loading.deliver(session, order.id, boris)
    assert acts.notices(session, anna)[-1] == "order_delivered"


def test_of_twenty_storekeepers_one_gets_the_order(database: Database, cast: Cast) -> None:
    keepers = []
    with database.unit_of_work(NOW) as session:
        anna, romashka = session.get_one(User, cast.anna), session.get_one(Customer, cast.romashka)
        order_id = acts.placed(session, anna, romashka, {session.get_one(Product, cast.water): "1"}).id
        for number in range(20):
            keeper = User(telegram_id=5000 + number, name=f"Кладовщик {number}", created_at=NOW)
            keeper.grants = [UserRole(role=Role.STOREKEEPER)]
            keepers.append(keeper)
        session.add_all(keepers)
        session.flush()
        ids = [keeper.id for keeper in keepers]
    # Half of them through a pool of their own, as from another process: no lock of ours between them.
    other = Database(database.url)
    won, lost = list[int](), list[str]()

    def claim(pool: Database, keeper_id: int) -> None:
        try:
            with pool.unit_of_work() as session:
                loading.claim(session, order_id, session.get_one(User, keeper_id))
            won.append(keeper_id)
        except Conflict as refusal:
            lost.append(refusal.params["by"])

    at_once([partial(claim, (database, other)[n % 2], keeper_id) for n, keeper_id in enumerate(ids)])
    other.close()
    assert len(won) == 1
    with database.reading() as session:
        winner = session.get_one(User, won[0])
        assert lost == [winner.name] * 19
        order = session.get_one(Order, order_id)
        assert (order.status, order.storekeeper_id) == (OrderStatus.LOADING, winner.id)
        assert [kind for kind, _ in acts.events(session, order)] == ["placed", "claimed"]


def at_once(works: list[Callable[[], None]]) -> None:
    barrier, faults = threading.Barrier(len(works)), list[BaseException]()

    def run(work: Callable[[], None]) -> None:
        try:
            barrier.wait()
            work()
        except BaseException as fault:
            faults.append(fault)

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not faults, faults


def test_stock_corrected_below_the_promise_is_refused(
    session: Session, anna: User, romashka: Customer, water: Product
) -> None:
    order = acts.placed(session, anna, romashka, {water: "10"})
    with pytest.raises(Conflict) as caught:
        stock.adjust(session, water, 9_000, None, "пересчёт")
    facts = {"reserved": 10_000, "unit": "шт", "orders": [order.number]}
    assert (caught.value.code, caught.value.params) == ("below_reserved", facts)
    assert acts.levels(session, water) == (100, 10)
