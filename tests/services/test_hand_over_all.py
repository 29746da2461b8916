"""Customers and drafts that go from one rep to another, whole or not at all."""

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from models import AuditEntry, Customer, Order, OrderStatus, Product, Role, User
from services import drafts, hand_over_all, orders, placing, staffing
from services.errors import Conflict, Invalid, NotFound
from tests.services import acts

pytestmark = pytest.mark.both_engines


def hands_over(session: Session, giver: User, taker: User, admin: User) -> hand_over_all.Handover:
    planned = hand_over_all.plan(session, giver.id, taker.id, admin)
    return hand_over_all.carry_out(session, giver.id, taker.id, planned.code, admin)


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
    assert hand_over_all.plan(session, anna.id, clara.id, dmitry).merged == 1
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
    shown = hand_over_all.plan(session, anna.id, clara.id, dmitry)
    acts.draft(session, anna, romashka, {water: "1"})
    now = hand_over_all.plan(session, anna.id, clara.id, dmitry)
    assert len(shown.code) == 4
    assert now.code != shown.code
    for typed in ("", shown.code, f"{now.code}1"):
        with pytest.raises(Invalid) as caught:
            hand_over_all.carry_out(session, anna.id, clara.id, typed, dmitry)
        assert caught.value.code == "confirm_code"
    assert romashka.sales_rep_id == anna.id
    assert hand_over_all.carry_out(session, anna.id, clara.id, f" {now.code}\n", dmitry).draft_ids


def test_only_to_another_who_sells_and_only_when_there_is_something(
    session: Session, anna: User, clara: User, boris: User, dmitry: User
) -> None:
    for giver, taker, code in (
        (anna, boris, "not_a_rep"),
        (boris, clara, "nothing_to_hand_over"),
    ):
        with pytest.raises(Conflict) as caught:
            hand_over_all.plan(session, giver.id, taker.id, dmitry)
        assert caught.value.code == code
    with pytest.raises(NotFound):
        hand_over_all.plan(session, anna.id, anna.id, dmitry)
    with pytest.raises(NotFound):
        hand_over_all.plan(session, anna.id, clara.id, clara)
    staffing.block(session, clara.id, dmitry)
    with pytest.raises(Conflict):
        hand_over_all.plan(session, anna.id, clara.id, dmitry)
    assert hand_over_all.takers(session, anna.id, dmitry).items == ()


def test_who_left_can_still_be_relieved(session: Session, anna: User, clara: User, dmitry: User) -> None:
    staffing.take_role(session, anna.id, Role.SALES_REP, dmitry)
    assert hand_over_all.count(session, anna) == 1
    hands_over(session, anna, clara, dmitry)
    assert hand_over_all.count(session, anna) == 0
