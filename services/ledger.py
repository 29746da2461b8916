"""The nightly check that the ledger, the reservations and the levels still say the same."""

from __future__ import annotations

from datetime import time
from typing import NamedTuple

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from models import Product, Reservation, StockMovement
from services import company, notifications

NAMED = 10
CHECKED_AT = time(3)


class Discrepancy(NamedTuple):
    """A product whose books disagree; all quantities are thousandths of its base unit."""

    product_id: int
    name: str
    unit: str
    on_hand: int
    reserved: int
    # What the movements sum up to.
    ledger_on_hand: int
    ledger_reserved: int
    # What the orders' reservations sum up to.
    promised: int


def find_discrepancies(session: Session) -> list[Discrepancy]:
    """Return the products whose levels are not what their ledger or their reservations sum up to."""
    moved = (
        select(
            StockMovement.product_id,
            func.sum(StockMovement.on_hand_change).label("on_hand"),
            func.sum(StockMovement.reserved_change).label("reserved"),
        )
        .group_by(StockMovement.product_id)
        .subquery()
    )
    held = (
        select(Reservation.product_id, func.sum(Reservation.quantity).label("quantity"))
        .group_by(Reservation.product_id)
        .subquery()
    )
    ledger_on_hand, ledger_reserved = func.coalesce(moved.c.on_hand, 0), func.coalesce(moved.c.reserved, 0)
    promised = func.coalesce(held.c.quantity, 0)
    rows = session.execute(
        select(
            *(Product.id, Product.name, Product.unit, Product.on_hand, Product.reserved),
            *(ledger_on_hand, ledger_reserved, promised),
        )
        .outerjoin(moved, moved.c.product_id == Product.id)
        .outerjoin(held, held.c.product_id == Product.id)
        .where(
            or_(
                Product.on_hand != ledger_on_hand,
                Product.reserved != ledger_reserved,
                Product.reserved != promised,
            )
        )
        .order_by(Product.name, Product.id)
    )
    return [Discrepancy(*row[:5], *(int(value) for value in row[5:])) for row in rows]


def is_due(session: Session) -> bool:
    """Tell whether the books have not been checked since this night."""
    now = company.local_now(session)
    checked_on = company.warehouse(session).ledger_checked_on
    return now.time() >= CHECKED_AT and (checked_on is None or checked_on < now.date())


def report(session: Session, found: list[Discrepancy]) -> None:
    """Note that the books were checked, and tell the administrators of every product whose books disagree.

    Nothing is mended: which of the books is wrong only people can say.
    """
    company.warehouse(session).ledger_checked_on = company.local_now(session).date()
    if found:
        named = [row._asdict() for row in found[:NAMED]]
        notifications.tell_admins(session, "stock_mismatch", products=named, total=len(found))
