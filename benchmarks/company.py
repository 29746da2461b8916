"""The database the bot is measured on: the sample company, and a crowd of sales reps with drafts."""

from __future__ import annotations

import random

from sqlalchemy import select

from demo import sample
from models import BASE_FACTOR, Database, Product, Role, User, UserRole, now_of
from models import Session as DatabaseSession
from services import customers, drafts
from services.quantities import Typed

SEED = 20_261_120
FIRST_REP = 5001
LINES = 5


def rep_ids(count: int) -> list[int]:
    """Return the Telegram ids of the crowd's reps."""
    return list(range(FIRST_REP, FIRST_REP + count))


def prepare(database_url: str, reps: int) -> None:
    """Fill a fresh database: each rep has one customer and one draft of five products."""
    sample.prepare(database_url)
    chance = random.Random(SEED)
    database = Database(database_url)
    try:
        with database.unit_of_work() as session:
            products = list(session.scalars(select(Product).order_by(Product.id)))
            stocked = [product for product in products if product.available >= 10 * BASE_FACTOR]
            for telegram_id in rep_ids(reps):
                _hire(session, telegram_id, chance.sample(stocked, LINES))
    finally:
        database.close()


def _hire(session: DatabaseSession, telegram_id: int, wanted: list[Product]) -> None:
    rep = User(telegram_id=telegram_id, name=f"Rep {telegram_id}", language="ru", created_at=now_of(session))
    rep.grants = [UserRole(role=Role.SALES_REP)]
    session.add(rep)
    session.flush()
    customer = customers.create(session, rep, name=f"Магазин {telegram_id}")
    order = drafts.open_for(session, customer.id, rep)
    for product in wanted:
        drafts.set_quantity(session, order, product, Typed((2 * BASE_FACTOR, product.unit, BASE_FACTOR)))
