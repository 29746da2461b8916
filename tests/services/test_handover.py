"""What goes from one rep to another: an order, a customer with its drafts, all a rep has."""

from collections.abc import Callable

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from models import AuditEntry, Customer, Order, OrderStatus, Product, Role, User
from services import customers, drafts, handover, loading, orders, placing, staffing
from services.errors import Conflict, Forbidden, Invalid, NotFound
from tests.conftest import Cast
from tests.services import acts

pytestmark = pytest.mark.both_engines


def test_an_order_alone(
    session: Session, anna: User, clara: User, dmitry: User, romashka: Customer, water: Product
) -> None:
    order = acts.placed(session, anna, romashka, {water: "1"})
    other = acts.draft(session, anna, romashka, {water: "1"})
    assert handover.give_order(session, order.id, clara.id, dmitry) is order
    assert (order.sales_rep_id, other.sales_rep_id, romashka.sales_rep_id) == (clara.id, anna.id, anna.id)
    assert order.status is OrderStatus.PLACED
    assert acts.events(session, order)[-1] == ("reassigned", dmitry.id)
    assert acts.notices(session, clara)[-1] == "order_received"
    assert acts.notices(session, anna)[-1] == "order_given_away"
    entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "reassign")).one()
    assert (entry.user_id, entry.subject, entry.subject_id) == (dmitry.id, "order", str(order.id))
    assert (entry.before, entry.after) == ({"sales_rep_id": anna.id}, {"sales_rep_id": clara.id})
    # The new rep may do what the former could.
    assert placing.recall(session, order.id, clara).status is OrderStatus.DRAFT


@pytest.mark.parametrize("ended", ["loaded", "delivered", "cancelled"])
def test_what_has_left_or_ended_stays_whosever_it_was(
    session: Session,
    anna: User,
    clara: User,
    boris: User,
    dmitry: User,
    romashka: Customer,
    water: Product,
    ended: str,
) -> None:
    if ended == "cancelled":
        order = acts.placed(session, anna, romashka, {water: "1"})
        placing.cancel(session, order.id, anna, "ошибка")
    else:
        order = acts.loaded(session, anna, romashka, {water: "1"}, boris)
    if ended == "delivered":
        loading.deliver(session, order.id, boris)
    for with_customer in (False, True):
        with pytest.raises(Conflict, match="order_moved_on"):
            handover.give_order(session, order.id, clara.id, dmitry, with_customer=with_customer)
    assert (order.sales_rep_id, romashka.sales_rep_id) == (anna.id, anna.id)


def test_with_the_customer_go_its_drafts_and_what_else_was_sent_stays(
    session: Session, anna: User, clara: User, dmitry: User, romashka: Customer, water: Product
) -> None:
    other = acts.placed(session, anna, romashka, {water: "1"})
    order = acts.placed(session, anna, romashka, {water: "1"})
    draft = acts.draft(session, anna, romashka, {water: "1"})
    assert handover.give_order(session, order.id, clara.id, dmitry, with_customer=True) is order
    assert [one.sales_rep_id for one in (order, draft, other)] == [clara.id, clara.id, anna.id]
    assert romashka.sales_rep_id == clara.id
    assert acts.notices(session, clara)[-2:] == ["customer_given", "order_received"]
    assert acts.notices(session, anna)[-2:] == ["customer_taken", "order_given_away"]


@pytest.mark.parametrize("with_customer", [False, True])
def test_a_draft_is_joined_with_the_one_the_other_rep_has(
    session: Session,
    anna: User,
    clara: User,
    dmitry: User,
    romashka: Customer,
    water: Product,
    with_customer: bool,
) -> None:
    gone, kept = two_drafts(session, anna, clara, romashka, own={water: "1"}, other={water: "2"})
    given = handover.give_order(session, gone.id, clara.id, dmitry, with_customer=with_customer)
    assert given is kept
    assert session.get(Order, gone.id) is None
    assert [line.quantity for line in kept.lines] == [2_000]
    entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "join")).one()
    assert (entry.subject_id, entry.user_id) == (str(kept.id), dmitry.id)
    assert (entry.before, entry.after) == ({"sales_rep_id": anna.id}, {"sales_rep_id": clara.id})


def test_an_order_given_away_meanwhile_is_not_given_again(
    session: Session, anna: User, clara: User, dmitry: User, romashka: Customer, water: Product, cast: Cast
) -> None:
    order = acts.placed(session, anna, romashka, {water: "1"})
    taken = update(Order).where(Order.id == order.id).execution_options(synchronize_session=False)
    told = acts.events(session, order)
    for change in ({"sales_rep_id": cast.petr}, {"status": OrderStatus.LOADED}):
        # Another process was faster; this one has read what was so before.
        assert (order.sales_rep_id, order.status) == (anna.id, OrderStatus.PLACED)
        session.execute(taken.values(change))
        with pytest.raises(Conflict, match="order_moved_on"):
            handover.give_order(session, order.id, clara.id, dmitry)
        assert order.sales_rep_id != clara.id
        session.execute(taken.values(sales_rep_id=anna.id, status=OrderStatus.PLACED))
        session.refresh(order)
    assert acts.events(session, order) == told


def test_a_customer_goes_with_its_draft_and_both_reps_hear_of_it(
    session: Session, anna: User, clara: User, dmitry: User, romashka: Customer, water: Product
) -> None:
    sent = acts.placed(session, anna, romashka, {water: "1"})
    draft = acts.draft(session, anna, romashka, {water: "1"})
    handover.give_customer(session, romashka.id, clara.id, dmitry)
    assert (draft.sales_rep_id, sent.sales_rep_id) == (clara.id, anna.id)
    with pytest.raises(NotFound):
        drafts.get(session, draft.id, anna)
    assert acts.events(session, draft) == [("reassigned", dmitry.id)]
    traces = session.scalars(select(AuditEntry).order_by(AuditEntry.id)).all()
    assert [(one.action, one.subject, one.subject_id) for one in traces] == [
        ("update", "customer", str(romashka.id)),
        ("reassign", "order", str(draft.id)),
    ]
    assert acts.notices(session, clara)[-1:] == ["customer_given"]
    assert acts.notices(session, anna)[-1:] == ["customer_taken"]
    # Theirs already: nothing more happens.
    handover.give_customer(session, romashka.id, clara.id, dmitry)
    assert len(session.scalars(select(AuditEntry)).all()) == 2


def test_from_nobody_a_customer_comes_with_the_draft_somebody_began(
    session: Session, anna: User, clara: User, dmitry: User, romashka: Customer, water: Product
) -> None:
    draft = acts.draft(session, anna, romashka, {water: "1"})
    handover.give_customer(session, romashka.id, None, dmitry)
    assert (romashka.sales_rep_id, draft.sales_rep_id) == (None, anna.id)
    assert acts.notices(session, anna)[-1:] == ["customer_taken"]
    handover.give_customer(session, romashka.id, clara.id, dmitry)
    assert (romashka.sales_rep_id, draft.sales_rep_id) == (clara.id, clara.id)
    assert acts.notices(session, anna)[-2:] == ["customer_taken", "customer_taken"]


@pytest.mark.parametrize(
    "way",
    [
        lambda s, own, order, to, who: handover.give_customer(s, own.id, to.id, who),
        lambda s, own, order, to, who: handover.give_order(s, order.id, to.id, who, with_customer=True),
        lambda s, own, order, to, who: handover.plan(s, own.sales_rep_id, to.id, who),
    ],
)
def test_nobody_gets_a_second_customer_of_one_inn(
    session: Session,
    anna: User,
    clara: User,
    dmitry: User,
    water: Product,
    way: Callable[..., object],
) -> None:
    own, other = (customers.create(session, rep, name="Лютик", inn="7736050003") for rep in (anna, clara))
    order = acts.placed(session, anna, own, {water: "1"})
    with pytest.raises(Conflict, match="rep_has_customer"):
        way(session, own, order, clara, dmitry)
    assert (own.sales_rep_id, order.sales_rep_id) == (anna.id, anna.id)
    handover.give_customer(session, other.id, None, dmitry)
    way(session, own, order, clara, dmitry)


def test_to_a_rep_in_work_only_and_by_administrators_only(
    session: Session,
    anna: User,
    clara: User,
    boris: User,
    dmitry: User,
    romashka: Customer,
    water: Product,
) -> None:
    order = acts.placed(session, anna, romashka, {water: "1"})

    def attempts(to: User, by: User) -> list[Callable[[], object]]:
        return [
            lambda: handover.give_order(session, order.id, to.id, by),
            lambda: handover.give_customer(session, romashka.id, to.id, by),
            lambda: handover.give_all(session, anna.id, to.id, "", by),
        ]

    for actor in (anna, boris):
        for attempt in attempts(clara, actor):
            with pytest.raises(Forbidden):
                attempt()
    clara.is_active = False
    session.flush()
    for rep in (boris, clara):
        for attempt in attempts(rep, dmitry):
            with pytest.raises(Conflict, match="not_a_rep"):
                attempt()
    assert handover.give_order(session, order.id, anna.id, dmitry) is order
    assert (order.sales_rep_id, romashka.sales_rep_id) == (anna.id, anna.id)


def hands_over(session: Session, giver: User, taker: User, admin: User) -> handover.Handover:
    planned = handover.plan(session, giver.id, taker.id, admin)
    return handover.give_all(session, giver.id, taker.id, planned.code, admin)


def test_customers_and_drafts_go_over_and_sent_orders_stay(
    session: Session,
    anna: User,
    clara: User,
    dmitry: User,
    romashka: Customer,
    buckwheat: Product,
    water: Product,
) -> None:
    sent = acts.placed(session, anna, romashka, {water: "6"})
    draft = acts.draft(session, anna, romashka, {buckwheat: "1 кор"})
    version = romashka.version
    done = hands_over(session, anna, clara, dmitry)
    assert (done.customer_ids, done.draft_ids, done.merged) == ((romashka.id,), (draft.id,), 0)
    session.refresh(romashka)
    assert (romashka.sales_rep_id, romashka.version) == (clara.id, version + 1)
    assert (draft.sales_rep_id, draft.sales_rep, sent.sales_rep_id) == (clara.id, clara, anna.id)
    assert drafts.get(session, draft.id, clara) is draft
    assert acts.events(session, draft) == [("reassigned", dmitry.id)]
    with pytest.raises(NotFound):
        orders.get(session, draft.id, anna)
    assert acts.notices(session, clara)[-1] == "customers_given"
    assert acts.notices(session, anna)[-1] == "customers_taken"
    entry = session.scalars(select(AuditEntry).where(AuditEntry.subject == "customer")).one()
    assert (entry.subject_id, entry.user_id) == (str(romashka.id), dmitry.id)
    assert (entry.before, entry.after) == ({"sales_rep_id": anna.id}, {"sales_rep_id": clara.id})


def two_drafts(
    session: Session,
    giver: User,
    taker: User,
    customer: Customer,
    own: dict[Product, str],
    other: dict[Product, str],
) -> tuple[Order, Order]:
    """A draft of each rep for the same customer: it was the taker's before."""
    customer.sales_rep_id = taker.id
    session.flush()
    kept = acts.draft(session, taker, customer, own)
    customer.sales_rep_id = giver.id
    session.flush()
    return acts.draft(session, giver, customer, other), kept


def test_two_drafts_for_one_customer_become_one_with_the_larger_quantities(
    session: Session,
    anna: User,
    clara: User,
    dmitry: User,
    romashka: Customer,
    buckwheat: Product,
    water: Product,
    cheese: Product,
) -> None:
    gone, kept = two_drafts(
        session,
        anna,
        clara,
        romashka,
        own={buckwheat: "2 кор", water: "6"},
        other={buckwheat: "1 кор", water: "12", cheese: "1,5"},
    )
    gone.note = "Позвонить"
    assert handover.plan(session, anna.id, clara.id, dmitry).merged == 1
    hands_over(session, anna, clara, dmitry)
    assert session.get(Order, gone.id) is None
    assert {line.product.sku: line.quantity for line in kept.lines} == {
        "A-1": 24_000,
        "B-1": 12_000,
        "C-1": 1_500,
    }
    assert kept.note == "Позвонить"


def test_a_recalled_draft_that_is_joined_stays_in_the_books_as_cancelled(
    session: Session, anna: User, clara: User, dmitry: User, romashka: Customer, water: Product
) -> None:
    gone, _ = two_drafts(session, anna, clara, romashka, own={water: "1"}, other={water: "2"})
    placing.place(session, gone, anna, duplicate_is_meant=True)
    placing.recall(session, gone.id, anna)
    hands_over(session, anna, clara, dmitry)
    session.refresh(gone)
    assert (gone.status, gone.sales_rep_id) == (OrderStatus.CANCELLED, anna.id)
    assert acts.events(session, gone)[-1] == ("cancelled", dmitry.id)
    assert acts.levels(session, water) == (100, 0)


def test_a_code_stands_for_what_was_shown(
    session: Session, anna: User, clara: User, dmitry: User, romashka: Customer, water: Product
) -> None:
    shown = handover.plan(session, anna.id, clara.id, dmitry)
    acts.draft(session, anna, romashka, {water: "1"})
    now = handover.plan(session, anna.id, clara.id, dmitry)
    assert len(shown.code) == 4
    assert now.code != shown.code
    for typed in ("", shown.code, f"{now.code}1"):
        with pytest.raises(Invalid) as caught:
            handover.give_all(session, anna.id, clara.id, typed, dmitry)
        assert caught.value.code == "confirm_code"
    assert romashka.sales_rep_id == anna.id
    assert handover.give_all(session, anna.id, clara.id, f" {now.code}\n", dmitry).draft_ids


def test_only_to_another_who_sells_and_only_when_there_is_something(
    session: Session, anna: User, clara: User, boris: User, dmitry: User
) -> None:
    for giver, taker, code in (
        (anna, boris, "not_a_rep"),
        (boris, clara, "nothing_to_hand_over"),
    ):
        with pytest.raises(Conflict) as caught:
            handover.plan(session, giver.id, taker.id, dmitry)
        assert caught.value.code == code
    with pytest.raises(NotFound):
        handover.plan(session, anna.id, anna.id, dmitry)
    staffing.block(session, clara.id, dmitry)
    assert handover.takers(session, anna.id, dmitry).items == ()


def test_who_left_can_still_be_relieved(session: Session, anna: User, clara: User, dmitry: User) -> None:
    staffing.take_role(session, anna.id, Role.SALES_REP, dmitry)
    assert handover.count(session, anna) == 1
    hands_over(session, anna, clara, dmitry)
    assert handover.count(session, anna) == 0
