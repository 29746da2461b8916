"""The way of an order up to the moment a test begins at, through the services."""

from __future__ import annotations

from sqlalchemy import select

from demo import sample
from models import Customer, Database, Order, Product, Session, User
from services import auth, drafts, loading, placing, quantities, schedule

ROMASHKA = "ООО «Ромашка»"


def one_of_the_cast(session: Session, person: sample.Person) -> User:
    user = auth.find_user(session, person.telegram_id)
    assert user is not None
    return user


def drafted(session: Session, customer: str = ROMASHKA) -> Order:
    """Five boxes in a draft of Anna's, to be fetched in the first free window."""
    anna = one_of_the_cast(session, sample.ANNA)
    firm = session.scalars(select(Customer).where(Customer.name == customer)).one()
    goods = session.scalars(select(Product).where(Product.sku == "КР-001")).one()
    order = drafts.open_for(session, firm.id, anna)
    drafts.set_quantity(session, order, goods, quantities.parse("5 кор", goods.units))
    drafts.set_pickup(session, order)
    free = schedule.next_free(session, schedule.calendar(session).first_day)
    assert free is not None
    drafts.set_window(session, order, free.delivery_on, free.starts_at)
    session.flush()
    return order


def placed(session: Session, customer: str = ROMASHKA) -> Order:
    """That draft, sent to the warehouse."""
    order = drafted(session, customer)
    placing.place(session, order, order.sales_rep, duplicate_is_meant=True)
    return order


def order_in_hand(database: Database, keeper: sample.Person, customer: str = ROMASHKA) -> int:
    """Place an order of Anna's and let a storekeeper take it; return its number."""
    with database.unit_of_work() as session:
        order = placed(session, customer)
        loading.claim(session, order.id, one_of_the_cast(session, keeper))
        assert order.number is not None
        return order.number
