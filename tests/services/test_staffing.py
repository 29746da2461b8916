"""Blocking people: at once, with what they had in hand given back."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from models import (
    AuditEntry,
    Customer,
    OrderCard,
    OrderStatus,
    OutboxMessage,
    OutboxState,
    Product,
    Role,
    User,
)
from services import auth, loading, notifications, placing, staffing
from services.errors import Conflict, Invalid, NotFound
from tests.conftest import NOW
from tests.services import acts

pytestmark = pytest.mark.both_engines


def test_a_storekeeper_blocked_in_the_middle_of_a_load_gives_it_back(
    session: Session, anna: User, boris: User, petr: User, dmitry: User, romashka: Customer, water: Product
) -> None:
    order = acts.in_hand(session, anna, romashka, {water: "10"}, boris)
    staffing.block(session, boris.id, dmitry)
    assert (boris.roles, order.status, order.storekeeper_id) == (frozenset(), OrderStatus.PLACED, None)
    assert acts.events(session, order)[-1] == ("released", dmitry.id)
    assert acts.notices(session, anna)[-1] == "order_taken_back"
    assert acts.notices(session, petr)[-1] == "order_card"
    entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "block")).one()
    assert (entry.user_id, entry.subject_id, entry.after) == (dmitry.id, str(boris.id), {"is_active": False})
    loading.claim(session, order.id, petr)
    staffing.unblock(session, boris.id, dmitry)
    assert boris.roles == {Role.STOREKEEPER}
    assert order.storekeeper_id == petr.id


def test_the_last_administrator_is_not_blocked(session: Session, dmitry: User) -> None:
    with pytest.raises(Conflict) as caught:
        staffing.block(session, dmitry.id, dmitry)
    assert (caught.value.code, dmitry.is_active) == ("last_admin", True)


def test_only_administrators_find_staff(session: Session, anna: User, boris: User) -> None:
    with pytest.raises(NotFound):
        staffing.block(session, boris.id, anna)
    assert auth.staff(session, Role.STOREKEEPER)[0] is boris


def test_the_list_has_the_blocked_last(session: Session, anna: User, dmitry: User) -> None:
    staffing.block(session, anna.id, dmitry)
    names = [user.name for user in staffing.find(session, dmitry).items]
    assert names == ["Борис", "Дмитрий", "Клара", "Пётр", "Анна"]


def traces(session: Session, action: str) -> list[tuple[int | None, object, object]]:
    """Who, before, after of the audit rows of one action."""
    query = select(AuditEntry).where(AuditEntry.action == action).order_by(AuditEntry.id)
    return [(entry.user_id, entry.before, entry.after) for entry in session.scalars(query)]


def test_roles_are_given_and_taken_each_once(session: Session, anna: User, dmitry: User) -> None:
    for _ in range(2):
        staffing.give_role(session, anna.id, Role.STOREKEEPER, dmitry)
    assert anna.roles == {Role.SALES_REP, Role.STOREKEEPER}
    for _ in range(2):
        staffing.take_role(session, anna.id, Role.STOREKEEPER, dmitry)
    assert anna.roles == {Role.SALES_REP}
    both, one = {"roles": ["sales_rep", "storekeeper"]}, {"roles": ["sales_rep"]}
    assert traces(session, "roles") == [(dmitry.id, one, both), (dmitry.id, both, one)]
    assert acts.notices(session, anna) == ["roles_changed", "roles_changed"]


def test_a_storekeeper_no_more_gives_back_what_is_in_hand(
    session: Session, anna: User, boris: User, dmitry: User, romashka: Customer, water: Product
) -> None:
    order = acts.in_hand(session, anna, romashka, {water: "10"}, boris)
    staffing.take_role(session, boris.id, Role.STOREKEEPER, dmitry)
    assert (order.status, order.storekeeper_id) == (OrderStatus.PLACED, None)
    assert acts.notices(session, boris)[-1] == "roles_gone"


def test_the_last_administrator_keeps_the_role_until_there_is_another(
    session: Session, boris: User, dmitry: User
) -> None:
    for refused in (
        lambda: staffing.take_role(session, dmitry.id, Role.ADMIN, dmitry),
        lambda: auth.log_out(session, dmitry),
    ):
        with pytest.raises(Conflict) as caught:
            refused()
        assert caught.value.code == "last_admin"
    # A blocked administrator lets nobody in, so does not count.
    staffing.give_role(session, boris.id, Role.ADMIN, dmitry)
    staffing.block(session, boris.id, dmitry)
    with pytest.raises(Conflict):
        staffing.take_role(session, dmitry.id, Role.ADMIN, dmitry)
    staffing.unblock(session, boris.id, dmitry)
    staffing.take_role(session, dmitry.id, Role.ADMIN, dmitry)
    assert dmitry.roles == frozenset()


def test_name_and_comment_change_with_a_trace_and_only_these(
    session: Session, anna: User, dmitry: User
) -> None:
    staffing.change(session, anna.id, "name", "  Анна\n Белова ", dmitry)
    staffing.change(session, anna.id, "name", "Анна Белова", dmitry)
    staffing.change(session, anna.id, "comment", "x" * 500, dmitry)
    staffing.change(session, anna.id, "comment", None, dmitry)
    assert (anna.name, anna.comment) == ("Анна Белова", None)
    assert traces(session, "update") == [
        (dmitry.id, {"name": "Анна"}, {"name": "Анна Белова"}),
        (dmitry.id, {"comment": None}, {"comment": "x" * 500}),
        (dmitry.id, {"comment": "x" * 500}, {"comment": None}),
    ]
    for field, text in (("comment", "x" * 501), ("comment", " "), ("name", "")):
        with pytest.raises(Invalid):
            staffing.change(session, anna.id, field, text, dmitry)
    for field, none in (("telegram_id", "1"), ("name", None)):
        with pytest.raises(NotFound):
            staffing.change(session, anna.id, field, none, dmitry)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("ПЕТР", ["Пётр"]),
        ("а", ["Анна", "Клара"]),
        ("@anna", ["Анна"]),
        ("926 анна", ["Анна"]),
        ("юг", ["Анна"]),
        ("%", []),
        ("никого", []),
    ],
)
def test_people_are_found_by_pieces_of_what_is_known_of_them(
    session: Session, anna: User, dmitry: User, text: str, names: list[str]
) -> None:
    anna.username, anna.phone, anna.comment = "anna_b", "+79261234567", "Юг"
    session.flush()
    assert [user.name for user in staffing.find(session, dmitry, text=text).items] == names


def test_who_left_is_listed_behind_those_who_work_and_before_the_blocked(
    session: Session, anna: User, boris: User, dmitry: User
) -> None:
    auth.log_out(session, anna)
    staffing.block(session, boris.id, dmitry)
    names = [user.name for user in staffing.find(session, dmitry).items]
    assert names == ["Дмитрий", "Клара", "Пётр", "Анна", "Борис"]
    entries = session.scalars(select(AuditEntry).where(AuditEntry.subject_id == str(anna.id)))
    assert [(entry.action, entry.user_id) for entry in entries] == [("log_out", anna.id)]


def test_who_is_let_in_again_gets_the_cards_of_what_happened_meanwhile(
    session: Session, anna: User, boris: User, petr: User, dmitry: User, romashka: Customer, water: Product
) -> None:
    quiet, moved, sent_anew = (acts.placed(session, anna, romashka, {water: "10"}) for _ in range(3))
    placing.recall(session, sent_anew.id, anna)
    acts.cards_arrive(session)
    session.info["now"] = NOW + timedelta(hours=1)
    loading.claim(session, moved.id, boris)
    staffing.block(session, boris.id, dmitry)
    placing.place(session, sent_anew, anna, duplicate_is_meant=True)
    missed = acts.placed(session, anna, romashka, {water: "10"})
    acts.cards_arrive(session, unless=boris)
    staffing.unblock(session, boris.id, dmitry)
    assert _cards_under_way(session, boris) == [moved.id, sent_anew.id, missed.id]
    assert quiet.id not in _cards_under_way(session, boris)


def test_who_is_let_in_again_gets_the_card_that_was_on_its_way_when_they_were_shut_out(
    session: Session, anna: User, boris: User, petr: User, dmitry: User, romashka: Customer, water: Product
) -> None:
    on_its_way, known = (acts.placed(session, anna, romashka, {water: "10"}) for _ in range(2))
    gone = acts.placed(session, anna, romashka, {water: "10"})
    acts.cards_arrive(session, unless=boris)
    acts.cards_arrive(session, [known])
    # In hand when the process ended; then who it was for was not to have it any more.
    card = session.scalars(select(OrderCard).filter_by(order_id=on_its_way.id, user_id=boris.id)).one()
    card.sending_row_id = 1
    placing.cancel(session, gone.id, anna, "передумали")
    loading.claim(session, known.id, petr)
    session.info["now"] = NOW + timedelta(hours=1)
    staffing.block(session, boris.id, dmitry)
    session.execute(update(OutboxMessage).values(state=OutboxState.SUPERSEDED))
    staffing.unblock(session, boris.id, dmitry)
    assert _cards_under_way(session, boris) == [on_its_way.id, known.id]
    assert card.sending_row_id is None


def test_who_has_unblocked_the_bot_gets_the_cards_of_what_happened_meanwhile(
    session: Session, anna: User, boris: User, petr: User, dmitry: User, romashka: Customer, water: Product
) -> None:
    acts.placed(session, anna, romashka, {water: "10"})
    acts.cards_arrive(session)
    # Of this one it was heard that they cannot be reached.
    refused = acts.placed(session, anna, romashka, {water: "10"})
    acts.cards_arrive(session, unless=boris)
    session.info["now"] = NOW + timedelta(hours=1)
    notifications.lost_contact(session, boris.telegram_id)
    missed = acts.placed(session, anna, romashka, {water: "10"})
    acts.cards_arrive(session, unless=boris)
    notifications.regained_contact(session, boris.telegram_id)
    assert _cards_under_way(session, boris) == [refused.id, missed.id]
    acts.cards_arrive(session)
    # A rep has none.
    notifications.lost_contact(session, anna.telegram_id)
    notifications.regained_contact(session, anna.telegram_id)
    assert _cards_under_way(session, anna) == []


@pytest.mark.parametrize("is_bot_blocked_first", [True, False])
def test_two_blocks_that_cross_keep_no_order_from_a_storekeeper(
    session: Session,
    anna: User,
    boris: User,
    dmitry: User,
    romashka: Customer,
    water: Product,
    is_bot_blocked_first: bool,
) -> None:
    begin: list[Callable[[], object]] = [
        lambda: notifications.lost_contact(session, boris.telegram_id),
        lambda: staffing.block(session, boris.id, dmitry),
    ]
    end: list[Callable[[], object]] = [
        lambda: notifications.regained_contact(session, boris.telegram_id),
        lambda: staffing.unblock(session, boris.id, dmitry),
    ]
    if not is_bot_blocked_first:
        begin, end = begin[::-1], end[::-1]
    begin[0]()
    order = acts.placed(session, anna, romashka, {water: "1"})
    for hours, step in enumerate([begin[1], *end], 1):
        session.info["now"] = NOW + timedelta(hours=hours)
        step()
    assert _cards_under_way(session, boris) == [order.id]


def test_who_writes_after_being_out_of_reach_gets_the_cards(
    session: Session, anna: User, boris: User, romashka: Customer, water: Product
) -> None:
    notifications.lost_contact(session, boris.telegram_id)
    order = acts.placed(session, anna, romashka, {water: "1"})
    auth.take_note(session, boris, boris.name, boris.username)
    assert _cards_under_way(session, boris) == [order.id]


def test_who_is_let_in_by_a_request_gets_the_cards(
    session: Session, anna: User, boris: User, dmitry: User, romashka: Customer, water: Product
) -> None:
    staffing.block(session, boris.id, dmitry)
    order = acts.placed(session, anna, romashka, {water: "1"})
    request = auth.request_access(
        session, boris.telegram_id, name="Борис", username=None, phone="+79990000000", language="ru"
    )
    auth.approve(session, request.id, Role.STOREKEEPER, dmitry)
    assert _cards_under_way(session, boris) == [order.id]


def test_who_becomes_a_storekeeper_gets_what_there_is_to_load(
    session: Session, anna: User, boris: User, dmitry: User, romashka: Customer, water: Product
) -> None:
    staffing.take_role(session, boris.id, Role.STOREKEEPER, dmitry)
    order = acts.placed(session, anna, romashka, {water: "1"})
    staffing.give_role(session, boris.id, Role.STOREKEEPER, dmitry)
    assert _cards_under_way(session, boris) == [order.id]


def _cards_under_way(session: Session, keeper: User) -> list[int | None]:
    query = select(OutboxMessage.order_id).where(
        OutboxMessage.lane == str(keeper.telegram_id),
        OutboxMessage.name == notifications.CARD,
        OutboxMessage.state == OutboxState.WAITING,
    )
    return list(session.scalars(query.order_by(OutboxMessage.id)))
