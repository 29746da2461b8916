"""What people are told about things that happened elsewhere: intents here, words in the handlers."""

from __future__ import annotations

from typing import Any

from sqlalchemy import exists, select, text
from sqlalchemy.orm import Session

from models import Order, OrderCard, OrderStatus, OutboxKind, Role, User, UserRole, now_of
from services import outbox

NOTICE_PREFIX = "notice."
CARD = NOTICE_PREFIX + "order_card"


def tell(session: Session, user: User, notice: str, **params: Any) -> None:
    """Tell one member of staff; the words are made in their language when the row is picked up."""
    tell_chat(session, user.telegram_id, notice, **params)


def tell_chat(session: Session, chat_id: int, notice: str, **params: Any) -> None:
    """Tell a chat that need not belong to staff."""
    order_id = params.get("order_id")
    outbox.add(
        session,
        OutboxKind.TELEGRAM,
        str(chat_id),
        NOTICE_PREFIX + notice,
        {"chat_id": chat_id, **params},
        order_id=order_id,
    )


def tell_admins(session: Session, notice: str, **params: Any) -> None:
    """Tell every administrator."""
    tell_all(session, Role.ADMIN, notice, **params)


def tell_all(session: Session, role: Role, notice: str, **params: Any) -> None:
    """Tell everybody who holds a role and can be reached."""
    for user in holders(session, role):
        tell(session, user, notice, **params)


def holders(session: Session, role: Role) -> list[User]:
    """Return the active people who hold ``role`` and can be reached."""
    query = (
        select(User)
        .join(UserRole)
        .where(UserRole.role == role, User.is_active, User.unreachable_at.is_(None))
        .order_by(User.id)
    )
    return list(session.execute(query).unique().scalars())


def tell_rep(
    session: Session, order: Order, notice: str, *, unless: User | None = None, **params: Any
) -> None:
    """Tell the rep whose order it is, unless it was the rep who did it."""
    if unless is not None and unless.id == order.sales_rep_id:
        return
    tell(session, order.sales_rep, notice, order_id=order.id, **params)


def deal_cards(session: Session, order: Order) -> None:
    """Send the order's card to every active storekeeper as a new message.

    One that is dealt anew is news for those, too, who cannot be told now.
    """
    cards = {card.user_id: card for card in _cards(session, order)}
    for known in cards.values():
        known.revision += 1
    for keeper in holders(session, Role.STOREKEEPER):
        card = cards.get(keeper.id)
        if card is None:
            card = OrderCard(order_id=order.id, user_id=keeper.id, revision=1, shown_revision=0)
            session.add(card)
        card.message_id = card.sending_row_id = None
        session.flush()
        _queue_card(session, card, keeper)


def redraw_cards(session: Session, order: Order, only: User | None = None) -> None:
    """Have every storekeeper's card of the order, or one's ``only``, show what is true now."""
    for card in _cards(session, order):
        if only is not None and card.user_id != only.id:
            continue
        card.revision += 1
        keeper = session.get_one(User, card.user_id)
        if keeper.is_active and keeper.unreachable_at is None:
            _queue_card(session, card, keeper)


def catch_up(session: Session, keeper: User) -> int:
    """Bring the cards of a storekeeper up to date who can be told again; return how many.

    A card whose message does not show what is true is redrawn: what was on its way when they got out of reach
    never arrived. An order that waits to be loaded, or is being loaded, and has no message comes as one.
    """
    if not keeper.holds(Role.STOREKEEPER) or keeper.unreachable_at is not None:
        return 0
    to_load = Order.status.in_((OrderStatus.PLACED, OrderStatus.LOADING))
    own = select(OrderCard).join(Order).where(OrderCard.user_id == keeper.id).order_by(OrderCard.id)
    # Written out: with these very words SQLite uses the index that holds such cards only.
    is_outdated = text("shown_revision <> revision")
    stale = list(session.scalars(own.where(is_outdated, OrderCard.message_id.is_not(None) | to_load)))
    is_dealt = exists().where(OrderCard.order_id == Order.id, OrderCard.user_id == keeper.id)
    missed = select(Order.id).where(to_load, ~is_dealt)
    fresh = [
        OrderCard(order_id=order_id, user_id=keeper.id, revision=1, shown_revision=0)
        for order_id in session.scalars(missed.order_by(Order.id))
    ]
    session.add_all(fresh)
    session.flush()
    for card in (*stale, *fresh):
        # The row that was to bring it was dropped with all the others.
        card.sending_row_id = None
        _queue_card(session, card, keeper)
    return len(stale) + len(fresh)


def card_sent(session: Session, row_id: int, about: dict[str, Any], message_id: int | None) -> None:
    """Note which message shows a card, ``about`` what it shows; redraw it when the order has moved on."""
    card = session.get(OrderCard, about["card_id"])
    if card is None:
        return
    keeper = session.get_one(User, card.user_id)
    if card.message_id is None and card.sending_row_id != row_id:
        # Dealt anew meanwhile, below: this message is the card no more.
        if message_id is not None:
            outbox.take_keyboard(session, keeper.telegram_id, message_id)
        return
    if card.sending_row_id == row_id:
        card.sending_row_id = None
    card.message_id = message_id if message_id is not None else card.message_id
    card.shown_revision = about["revision"]
    if card.shown_revision != card.revision:
        _queue_card(session, card, keeper)


def card_lost(session: Session, row_id: int, about: dict[str, Any]) -> None:
    """Note that a card did not get through, so that the next change may bring it."""
    card = session.get(OrderCard, about["card_id"])
    if card is not None and card.sending_row_id == row_id:
        card.sending_row_id = None


def _queue_card(session: Session, card: OrderCard, keeper: User) -> None:
    outbox.add(
        session,
        OutboxKind.TELEGRAM,
        str(keeper.telegram_id),
        CARD,
        {"card_id": card.id},
        order_id=card.order_id,
    )


def _cards(session: Session, order: Order) -> list[OrderCard]:
    query = select(OrderCard).where(OrderCard.order_id == order.id).order_by(OrderCard.id)
    return list(session.execute(query).scalars())


def regained_contact(session: Session, telegram_id: int) -> None:
    """Note that a person has unblocked the bot; a storekeeper gets the cards that could not be shown."""
    user = session.execute(select(User).where(User.telegram_id == telegram_id)).unique().scalar_one_or_none()
    if user is not None and user.unreachable_at is not None:
        user.unreachable_at = None
        catch_up(session, user)


def lost_contact(session: Session, telegram_id: int) -> None:
    """Note that a person has blocked the bot, and say so to the administrators once."""
    user = session.execute(select(User).where(User.telegram_id == telegram_id)).unique().scalar_one_or_none()
    if user is None or user.unreachable_at is not None:
        return
    user.unreachable_at = now_of(session)
    session.flush()
    if user.roles:
        tell_admins(session, "staff_unreachable", user_id=user.id)
