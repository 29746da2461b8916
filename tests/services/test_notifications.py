import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from models import Customer, OrderCard, OutboxMessage, Product, Role, User, UserRole
from services import notifications
from tests.conftest import NOW
from tests.services import acts

pytestmark = pytest.mark.both_engines


def rows(session: Session) -> list[OutboxMessage]:
    return list(session.scalars(select(OutboxMessage).order_by(OutboxMessage.id)))


def test_a_notice_waits_in_its_reader_s_lane_with_its_facts(session: Session, anna: User) -> None:
    notifications.tell(session, anna, "letter_failed", to="buh@romashka.example")
    [row] = rows(session)
    assert (row.lane, row.name, row.priority) == ("1001", "notice.letter_failed", 1)
    assert row.payload == {"chat_id": 1001, "to": "buh@romashka.example"}


def test_a_notice_about_an_order_hangs_on_it(
    session: Session, anna: User, romashka: Customer, water: Product
) -> None:
    order = acts.draft(session, anna, romashka, {water: "1"})
    notifications.tell_rep(session, order, "order_loaded")
    [row] = rows(session)
    assert (row.order_id, row.lane, row.payload["order_id"]) == (order.id, "1001", order.id)


def test_administrators_are_told_each_once_unless_they_cannot_be(
    session: Session, anna: User, dmitry: User
) -> None:
    anna.grants.append(UserRole(role=Role.ADMIN))
    session.flush()
    notifications.tell_admins(session, "mail_off")
    assert [row.lane for row in rows(session)] == ["1001", "1004"]
    dmitry.unreachable_at = NOW
    session.flush()
    notifications.tell_admins(session, "mail_off")
    assert [row.lane for row in rows(session)] == ["1001", "1004", "1001"]


def test_who_blocked_the_bot_is_noted_and_the_administrators_told_once(
    session: Session, boris: User, dmitry: User
) -> None:
    for _ in range(2):
        notifications.lost_contact(session, boris.telegram_id)
    assert boris.unreachable_at == NOW
    assert acts.notices(session, dmitry) == ["staff_unreachable"]
    notifications.lost_contact(session, 9999)
    assert len(rows(session)) == 1


def test_one_without_a_role_leaves_unmissed(session: Session, boris: User) -> None:
    boris.grants.clear()
    session.flush()
    notifications.lost_contact(session, boris.telegram_id)
    assert rows(session) == []


def test_every_storekeeper_has_one_card_of_an_order(
    session: Session, anna: User, boris: User, petr: User, romashka: Customer, water: Product
) -> None:
    order = acts.placed(session, anna, romashka, {water: "1"})
    notifications.redraw_cards(session, order)
    notifications.deal_cards(session, order)
    cards = session.scalars(select(OrderCard).order_by(OrderCard.id)).all()
    assert [(card.user_id, card.revision) for card in cards] == [(boris.id, 3), (petr.id, 3)]
    assert [row.payload["card_id"] for row in rows(session)] == [card.id for card in cards] * 3


def test_a_card_that_is_gone_is_no_error(session: Session) -> None:
    notifications.card_sent(session, 999, 1, 77)
    assert rows(session) == []
