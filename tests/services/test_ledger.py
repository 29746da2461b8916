from datetime import datetime

import pytest
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from models import Customer, OutboxMessage, Product, Reservation, StockMovement, User
from services import ledger, stock
from tests.services import acts

pytestmark = pytest.mark.both_engines


def test_books_that_agree_are_nobody_s_news(
    session: Session, anna: User, boris: User, romashka: Customer, water: Product, cheese: Product
) -> None:
    acts.loaded(session, anna, romashka, {water: "10"}, boris)
    acts.placed(session, anna, romashka, {cheese: "5 кг"})
    stock.adjust(session, water, 80_000, boris, "бой")
    told = len(acts.notices(session))
    ledger.report(session, ledger.find_discrepancies(session))
    assert len(acts.notices(session)) == told


def test_a_level_changed_past_the_ledger_is_found(session: Session, water: Product) -> None:
    session.execute(update(Product).where(Product.id == water.id).values(on_hand=Product.on_hand - 3_000))
    [found] = ledger.find_discrepancies(session)
    assert found == (water.id, "Вода", "шт", 97_000, 0, 100_000, 0, 0)


def test_a_movement_without_its_level_is_found(session: Session, water: Product) -> None:
    session.execute(delete(StockMovement).where(StockMovement.product_id == water.id))
    [found] = ledger.find_discrepancies(session)
    assert (found.product_id, found.on_hand, found.ledger_on_hand) == (water.id, 100_000, 0)


def test_a_reservation_nobody_counts_is_found(
    session: Session, anna: User, romashka: Customer, water: Product
) -> None:
    acts.placed(session, anna, romashka, {water: "10"})
    session.execute(update(Reservation).values(quantity=9_000))
    [found] = ledger.find_discrepancies(session)
    assert (found.reserved, found.ledger_reserved, found.promised) == (10_000, 10_000, 9_000)


def test_every_administrator_is_told_which_products(session: Session, dmitry: User, water: Product) -> None:
    session.execute(update(Product).values(on_hand=Product.on_hand + 1_000))
    ledger.report(session, ledger.find_discrepancies(session))
    [row] = session.scalars(select(OutboxMessage))
    assert (row.name, row.lane) == ("notice.stock_mismatch", str(dmitry.telegram_id))
    assert row.payload["total"] == 3
    assert [product["name"] for product in row.payload["products"]] == ["Вода", "Крупа гречневая", "Сыр"]


def test_the_books_are_checked_once_a_night(session: Session) -> None:
    assert ledger.is_due(session)
    ledger.report(session, [])
    # In Moscow: the same evening, the next night at 2:59 and at 3:00.
    for moment, is_due in [
        ("2026-11-20 20:00", False),
        ("2026-11-20 23:59", False),
        ("2026-11-21 00:00", True),
    ]:
        session.info["now"] = datetime.fromisoformat(f"{moment}+00:00")
        assert ledger.is_due(session) == is_due, moment
