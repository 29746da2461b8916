"""The way of an order up to the moment a test begins at, through the services."""

from __future__ import annotations

from sqlalchemy import select

from demo import sample
from models import Customer, Database, Product, User
from services import drafts, loading, placing, quantities, schedule

ROMASHKA = "ООО «Ромашка»"


def order_in_hand(database: Database, keeper: sample.Person, customer: str = ROMASHKA) -> int:
    """Place an order of Anna's and let a storekeeper take it; return its number."""
    with database.unit_of_work() as session:
        anna = session.scalars(select(User).where(User.telegram_id == sample.ANNA.telegram_id)).unique().one()
        taker = session.scalars(select(User).where(User.telegram_id == keeper.telegram_id)).unique().one()
        firm = session.scalars(select(Customer).where(Customer.name == customer)).one()
        goods = session.scalars(select(Product).where(Product.sku == "КР-001")).one()
        order = drafts.open_for(session, firm.id, anna)
        drafts.set_quantity(session, order, goods, quantities.parse("5 кор", goods.units))
        drafts.set_pickup(session, order)
        free = schedule.next_free(session, schedule.calendar(session).first_day)
        assert free is not None
        drafts.set_window(session, order, free.delivery_on, free.starts_at)
        session.flush()
        placing.place(session, order, anna, duplicate_is_meant=True)
        loading.claim(session, order.id, taker)
        assert order.number is not None
        return order.number
