"""An order goes to another rep, alone or with its customer."""

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from models import AuditEntry, Customer, OrderStatus, Product, User
from services import drafts, handover, placing
from services.errors import Conflict, Forbidden, NotFound
from tests.services import acts

pytestmark = pytest.mark.both_engines


def test_an_order_alone(
    session: Session, anna: User, clara: User, dmitry: User, romashka: Customer, water: Product
) -> None:
    order = acts.placed(session, anna, romashka, {water: "1"})
    other = acts.draft(session, anna, romashka, {water: "1"})
    assert handover.change_rep(session, order.id, clara.id, dmitry) == [order]
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


def test_with_the_customer_goes_what_is_open_of_it(
    session: Session, anna: User, clara: User, boris: User, dmitry: User, romashka: Customer, water: Product
) -> None:
    over = acts.placed(session, anna, romashka, {water: "1"})
    placing.cancel(session, over.id, anna, "ошибка")
    loaded = acts.loaded(session, anna, romashka, {water: "1"}, boris)
    order = acts.placed(session, anna, romashka, {water: "1"})
    draft = acts.draft(session, anna, romashka, {water: "1"})
    changed = handover.change_rep(session, order.id, clara.id, dmitry, with_customer=True)
    assert {one.id for one in changed} == {order.id, loaded.id, draft.id}
    assert romashka.sales_rep_id == clara.id
    assert over.sales_rep_id == anna.id


def test_a_second_draft_is_refused_and_nothing_is_changed(
    session: Session, anna: User, clara: User, dmitry: User, romashka: Customer, water: Product
) -> None:
    mine = acts.draft(session, anna, romashka, {water: "1"})
    romashka.sales_rep_id = clara.id
    session.flush()
    drafts.open_for(session, romashka.id, clara)
    with pytest.raises(Conflict) as refused:
        handover.change_rep(session, mine.id, clara.id, dmitry)
    assert refused.value.code == "rep_has_draft"
    assert mine.sales_rep_id == anna.id


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
    for actor in (anna, boris):
        with pytest.raises(Forbidden):
            handover.change_rep(session, order.id, clara.id, actor)
    with pytest.raises(NotFound):
        handover.change_rep(session, order.id, boris.id, dmitry)
    clara.is_active = False
    session.flush()
    with pytest.raises(NotFound):
        handover.change_rep(session, order.id, clara.id, dmitry)
    assert handover.change_rep(session, order.id, anna.id, dmitry) == []
    assert order.sales_rep_id == anna.id
