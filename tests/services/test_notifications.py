import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from models import Customer, Order, OrderCard, OutboxMessage, Product, Role, User, UserRole
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
    notifications.card_sent(session, 1, {"card_id": 999, "revision": 1}, 77)
    assert rows(session) == []


def test_a_card_that_moved_on_while_it_was_under_way_is_redrawn(
    session: Session, anna: User, boris: User, romashka: Customer, water: Product
) -> None:
    order, card, row = _under_way(session, anna, boris, romashka, water)
    notifications.redraw_cards(session, order)
    notifications.card_sent(session, row.id, {"card_id": card.id, "revision": 1}, 77)
    assert (card.message_id, card.shown_revision, card.sending_row_id) == (77, 1, None)
    redraw = _to(session, boris)[-1]
    assert (redraw.id > row.id, redraw.payload["card_id"]) == (True, card.id)
    notifications.card_sent(session, redraw.id, {"card_id": card.id, "revision": card.revision}, None)
    assert (card.message_id, card.shown_revision) == (77, card.revision)
    assert _to(session, boris)[-1].id == redraw.id


def test_what_comes_of_an_old_card_is_no_news_of_the_one_dealt_anew(
    session: Session, anna: User, boris: User, romashka: Customer, water: Product
) -> None:
    order, card, row = _under_way(session, anna, boris, romashka, water)
    notifications.deal_cards(session, order)
    anew = _to(session, boris)[-1]
    notifications.card_sent(session, row.id, {"card_id": card.id, "revision": 1}, 77)
    # Below comes another: nobody presses the buttons of the old one.
    last = _to(session, boris)[-1]
    assert (last.name, last.payload["message_id"]) == ("editMessageReplyMarkup", 77)
    card.sending_row_id = anew.id
    notifications.card_lost(session, row.id, {"card_id": card.id})
    notifications.card_sent(session, row.id, {"card_id": card.id, "revision": 1}, None)
    assert _state(card) == (None, 0, anew.id)
    notifications.card_sent(session, anew.id, {"card_id": card.id, "revision": 2}, 78)
    assert _state(card) == (78, 2, None)
    assert _to(session, boris)[-1].id == last.id


def test_a_card_that_got_lost_may_come_with_the_next_change(
    session: Session, anna: User, boris: User, romashka: Customer, water: Product
) -> None:
    _, card, row = _under_way(session, anna, boris, romashka, water)
    notifications.card_lost(session, row.id, {"card_id": card.id})
    assert card.sending_row_id is None


def _state(card: OrderCard) -> tuple[int | None, int, int | None]:
    return card.message_id, card.shown_revision, card.sending_row_id


def _to(session: Session, user: User) -> list[OutboxMessage]:
    return [row for row in rows(session) if row.lane == str(user.telegram_id)]


def _under_way(
    session: Session, anna: User, boris: User, romashka: Customer, water: Product
) -> tuple[Order, OrderCard, OutboxMessage]:
    """An order, a storekeeper's card and the row that is bringing it."""
    order = acts.placed(session, anna, romashka, {water: "1"})
    card = session.scalars(select(OrderCard).filter_by(user_id=boris.id)).one()
    row = _to(session, boris)[-1]
    card.sending_row_id = row.id
    return order, card, row
