from contextlib import suppress
from datetime import time

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models import (
    Customer,
    Order,
    OrderEvent,
    OrderStatus,
    OutboxMessage,
    Product,
    Role,
    StockMovement,
    User,
    UserRole,
)
from services import loading, orders, placing
from services.errors import Conflict, DomainError, Forbidden, Invalid, NotFound
from tests.conftest import NOW, Cast
from tests.services import acts

pytestmark = pytest.mark.both_engines

STEPS = {
    "recall": placing.recall,
    "cancel": lambda session, order_id, actor: placing.cancel(session, order_id, actor, "передумал"),
    "claim": loading.claim,
    "release": loading.release,
    "reject": lambda session, order_id, actor: loading.reject(session, order_id, actor, "брак"),
    "confirm_load": loading.confirm_load,
    "deliver": loading.deliver,
}
# Who may take the step, and from which statuses it can be taken, by product.md's diagram.
ALLOWED = {
    "recall": ({"anna"}, {"placed"}),
    "cancel": ({"anna", "dmitry"}, {"placed"}),
    "claim": ({"boris", "petr"}, {"placed"}),
    "release": ({"boris", "dmitry"}, {"loading"}),
    "reject": ({"boris", "petr"}, {"placed", "loading"}),
    "confirm_load": ({"boris"}, {"loading"}),
    "deliver": ({"anna", "boris", "petr", "dmitry"}, {"loaded"}),
}
LEADS_TO = {
    "recall": "draft",
    "cancel": "cancelled",
    "claim": "loading",
    "release": "placed",
    "reject": "rejected",
    "confirm_load": "loaded",
    "deliver": "delivered",
}


def bring_to(session: Session, cast: Cast, status: str) -> Order:
    """Anna's order at ``status``; in the storekeeper's part of its life Boris has it in hand."""
    anna, boris = session.get_one(User, cast.anna), session.get_one(User, cast.boris)
    customer = session.get_one(Customer, cast.romashka)
    goods = {session.get_one(Product, cast.water): "10 шт"}
    order = acts.draft(session, anna, customer, goods)
    if status == "draft":
        return order
    placing.place(session, order, anna)
    if status == "cancelled":
        return placing.cancel(session, order.id, anna, "передумал")
    if status in ("loading", "loaded", "delivered"):
        loading.claim(session, order.id, boris)
    if status in ("loaded", "delivered"):
        loading.confirm_load(session, order.id, boris)
    if status == "delivered":
        loading.deliver(session, order.id, boris)
    if status == "rejected":
        loading.reject(session, order.id, boris, "брак")
    return order


def traces(session: Session, order: Order) -> tuple[object, ...]:
    """Everything a step could leave behind."""
    session.flush()
    counted = [
        select(func.count()).select_from(table) for table in (OrderEvent, StockMovement, OutboxMessage)
    ]
    levels = select(func.sum(Product.on_hand), func.sum(Product.reserved))
    status = select(Order.status, Order.storekeeper_id, Order.reason).where(Order.id == order.id)
    return (*map(session.scalar, counted), *session.execute(levels).one(), *session.execute(status).one())


@pytest.mark.parametrize("status", [status.value for status in OrderStatus])
def test_every_step_is_for_its_people_from_its_statuses_only(
    session: Session, cast: Cast, status: str
) -> None:
    order = bring_to(session, cast, status)
    before = traces(session, order)
    for step, (people, statuses) in ALLOWED.items():
        for name in ("anna", "clara", "boris", "petr", "dmitry"):
            actor = session.get_one(User, getattr(cast, name))
            # Once Boris has it in hand, Petr may not reject it either.
            may = (
                name in people
                and status in statuses
                and (name, step, status) != ("petr", "reject", "loading")
            )
            savepoint = session.begin_nested()
            if may:
                STEPS[step](session, order.id, actor)
                assert order.status.value == LEADS_TO[step]
                assert acts.events(session, order)[-1][1] == actor.id
            else:
                # Clara isn't even told that there is such an order.
                refusals = (NotFound, Forbidden) if name == "clara" else (Conflict, Forbidden, NotFound)
                with pytest.raises(refusals):
                    STEPS[step](session, order.id, actor)
                assert traces(session, order) == before
            savepoint.rollback()
            session.expire_all()


@pytest.mark.parametrize("status", [status.value for status in OrderStatus])
def test_who_sees_an_order(session: Session, cast: Cast, status: str) -> None:
    order = bring_to(session, cast, status)
    seen = set()
    for name in ("anna", "clara", "boris", "petr", "dmitry"):
        with suppress(NotFound):
            assert orders.get(session, order.id, session.get_one(User, getattr(cast, name))) is order
            seen.add(name)
    keepers = set() if status == "draft" else {"boris", "petr"}
    assert seen == {"anna", "dmitry"} | keepers


def test_an_order_that_is_not_there_reads_as_one_that_is_not_mine(session: Session, clara: User) -> None:
    with pytest.raises(NotFound) as caught:
        orders.get(session, 10**9, clara)
    assert (caught.value.code, caught.value.params) == ("order", {})


def test_a_rep_who_lost_the_role_sees_the_order_no_more(
    session: Session, cast: Cast, anna: User, dmitry: User
) -> None:
    order = bring_to(session, cast, "placed")
    anna.grants = [UserRole(role=Role.STOREKEEPER)]
    session.flush()
    orders.get(session, order.id, anna)
    anna.is_active = False
    with pytest.raises(NotFound):
        orders.get(session, order.id, anna)


def test_a_step_too_late_names_who_was_faster_and_when(
    session: Session, cast: Cast, boris: User, petr: User
) -> None:
    order = bring_to(session, cast, "loading")
    with pytest.raises(Conflict) as caught:
        loading.claim(session, order.id, petr)
    assert caught.value.code == "order_moved_on"
    assert caught.value.params == {
        "number": order.number,
        "status": OrderStatus.LOADING,
        "by": "Борис",
        "at": NOW,
    }
    assert order.storekeeper_id == boris.id


@pytest.mark.parametrize(
    ("reason", "code"), [("", "reason_empty"), (" \n ", "reason_empty"), ("я" * 301, "too_long")]
)
def test_an_order_is_ended_for_a_reason_that_fits(
    session: Session, cast: Cast, anna: User, boris: User, reason: str, code: str
) -> None:
    order = bring_to(session, cast, "placed")
    for end, actor in ((placing.cancel, anna), (loading.reject, boris)):
        with pytest.raises(Invalid) as caught:
            end(session, order.id, actor, reason)
        assert caught.value.code == code
    assert order.status is OrderStatus.PLACED


def test_a_reason_is_kept_on_one_line_with_order_and_event(session: Session, cast: Cast, anna: User) -> None:
    order = bring_to(session, cast, "placed")
    placing.cancel(session, order.id, anna, "  клиент\nпередумал ")
    session.flush()
    session.expire_all()
    assert order.reason == order.events[-1].reason == "клиент передумал"


def test_a_rep_s_list_has_own_orders_the_newest_first(
    session: Session, cast: Cast, anna: User, clara: User, water: Product, romashka: Customer
) -> None:
    vasilek = session.get_one(Customer, cast.vasilek)
    mine = [acts.placed(session, anna, romashka, {water: "1"}).id for _ in range(9)]
    theirs = acts.placed(session, clara, vasilek, {water: "1"}).id
    first = orders.find(session, anna)
    second = orders.find(session, anna, first.next or 0)
    assert [order.id for order in (*first.items, *second.items)] == mine[::-1]
    assert [order.id for order in orders.find(session, clara).items] == [theirs]


def test_the_queue_is_what_waits_by_its_window(
    session: Session, cast: Cast, anna: User, boris: User, clara: User, water: Product, romashka: Customer
) -> None:
    def at(hour: int) -> int:
        order = acts.draft(session, anna, romashka, {water: "1"}, at=time(hour))
        placing.place(session, order, anna, duplicate_is_meant=True)
        return order.id

    late, early, loaded, cancelled = at(16), at(9), at(11), at(11)
    for step in (loading.claim, loading.confirm_load):
        step(session, loaded, boris)
    placing.cancel(session, cancelled, anna, "передумал")
    loading.claim(session, late, boris)
    assert [order.id for order in orders.to_load(session, boris).items] == [early, late]
    assert orders.count_to_load(session) == 2
    for outsider in (anna, clara):
        with pytest.raises(DomainError):
            orders.to_load(session, outsider)
