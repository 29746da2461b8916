"""What people do, in one line each: the way an order goes, up to where a test begins."""

from __future__ import annotations

from datetime import date, datetime, time

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from models import (
    Customer,
    Database,
    DeliveryWindow,
    Order,
    OrderCard,
    OrderEvent,
    OutboxKind,
    OutboxMessage,
    OutboxState,
    Product,
    StockMovement,
    User,
)
from services import drafts, loading, notifications, placing, quantities
from services.geo import Place
from tests.conftest import NOW, Cast

MONDAY = date(2026, 11, 23)
# 0.1 degrees north of the warehouse, about 11 km.
GATE = Place("Москва, Ленинский проспект, 12", 55.8, 37.6)


def draft(
    session: Session,
    rep: User,
    customer: Customer,
    goods: dict[Product, str],
    *,
    place: Place | None = GATE,
    day: date | None = MONDAY,
    at: time = time(9),
) -> Order:
    """A draft with goods («5 кор»), an address (None: pick-up) and a window."""
    order = drafts.open_for(session, customer.id, rep)
    for product, text in goods.items():
        drafts.set_quantity(session, order, product, quantities.parse(text, product.units))
    if place is None:
        drafts.set_pickup(session, order)
    else:
        drafts.set_place(session, order, place)
    if day is not None:
        drafts.set_window(session, order, day, at)
    session.flush()
    return order


def placed(session: Session, rep: User, customer: Customer, goods: dict[Product, str]) -> Order:
    """An order at the warehouse."""
    order = draft(session, rep, customer, goods)
    placing.place(session, order, rep, duplicate_is_meant=True)
    return order


def in_hand(session: Session, rep: User, customer: Customer, goods: dict[Product, str], by: User) -> Order:
    """An order a storekeeper has taken."""
    order = placed(session, rep, customer, goods)
    return loading.claim(session, order.id, by)


def loaded(session: Session, rep: User, customer: Customer, goods: dict[Product, str], by: User) -> Order:
    """An order that has left."""
    order = in_hand(session, rep, customer, goods, by)
    return loading.confirm_load(session, order.id, by)


def cards_arrive(session: Session, orders: list[Order] | None = None, *, unless: User | None = None) -> None:
    """All that is under way ends; cards, but one storekeeper's, or those of ``orders``, came as messages."""
    session.execute(update(OutboxMessage).values(state=OutboxState.SENT))
    for card in session.scalars(select(OrderCard)):
        is_meant = orders is None or card.order_id in {order.id for order in orders}
        if is_meant and (unless is None or card.user_id != unless.id):
            card.sending_row_id = card.id
            about = {"card_id": card.id, "revision": card.revision}
            notifications.card_sent(session, card.id, about, 7000 + card.id)


class Slip(Exception):
    """Something went wrong after the load was confirmed."""


def confirms(
    database: Database, cast: Cast, order_id: int, now: datetime = NOW, *, slips: bool = False
) -> None:
    """Борис confirms a load in a unit of work of its own, which comes to nothing when something ``slips``."""
    with database.unit_of_work(now) as session:
        loading.confirm_load(session, order_id, session.get_one(User, cast.boris))
        if slips:
            raise Slip


def notices(session: Session, to: User | None = None) -> list[str]:
    """The names of the notices written so far, in order; only those ``to`` one person if asked."""
    query = select(OutboxMessage.name).where(OutboxMessage.kind == OutboxKind.TELEGRAM)
    if to is not None:
        query = query.where(OutboxMessage.lane == str(to.telegram_id))
    names = session.scalars(query.order_by(OutboxMessage.id))
    return [name.removeprefix("notice.") for name in names]


def letters(session: Session) -> list[OutboxMessage]:
    """The e-mails written so far, in order."""
    query = select(OutboxMessage).where(OutboxMessage.kind == OutboxKind.EMAIL).order_by(OutboxMessage.id)
    return list(session.scalars(query.execution_options(populate_existing=True)))


def events(session: Session, order: Order) -> list[tuple[str, int | None]]:
    """What happened to the order, and by whom."""
    query = select(OrderEvent).where(OrderEvent.order_id == order.id).order_by(OrderEvent.id)
    return [(event.kind.value, event.user_id) for event in session.scalars(query)]


def levels(session: Session, product: Product) -> tuple[int, int]:
    """On hand and reserved, in whole base units; the ledger must say the same."""
    session.flush()
    row = session.execute(select(Product.on_hand, Product.reserved).where(Product.id == product.id)).one()
    ledger = session.execute(
        select(func.sum(StockMovement.on_hand_change), func.sum(StockMovement.reserved_change)).where(
            StockMovement.product_id == product.id
        )
    ).one()
    assert tuple(row) == tuple(ledger), "the ledger does not sum to the levels"
    assert row.on_hand % 1000 == 0
    return row.on_hand // 1000, row.reserved // 1000


def fill_window(session: Session, day: date, at: time, capacity: int = 0) -> DeliveryWindow:
    """A window with so few places."""
    window = DeliveryWindow(delivery_on=day, starts_at=at, ends_at=time(at.hour + 2), capacity=capacity)
    session.add(window)
    session.flush()
    return window
