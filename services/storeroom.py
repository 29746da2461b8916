"""What is in the store, as the storekeeper looks at it: levels, the ledger's last lines, who holds what."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy import func, or_, select, text
from sqlalchemy.orm import Session

from models import Customer, Order, OrderLine, Product, Reservation, StockMovement, User
from services import auth, paging, search
from services.errors import NotFound
from services.paging import Page
from services.stock import KEEPERS

MOVEMENTS_ON_A_PAGE = 10
HOLDERS_ON_A_PAGE = 5

# Word for word what the index of low products says, the column first: SQLite turns a comparison round to
# have it so, and would not know the index by it any more.
IS_LOW = text("low_stock >= on_hand - reserved")


class Entry(NamedTuple):
    """A line of the ledger, with who wrote it and for which order."""

    movement: StockMovement
    user_name: str | None
    order_number: int | None


@dataclass(frozen=True, slots=True)
class Stretch:
    """Lines of the ledger, the newest first, and the cursors of what comes before and after."""

    entries: tuple[Entry, ...]
    newer: int | None
    older: int | None


class Holder(NamedTuple):
    """An order that holds a reservation; the quantity is in thousandths of the base unit."""

    order_id: int
    number: int
    customer_name: str
    quantity: int


def find(
    session: Session, actor: User, typed: str = "", page: int = 0, *, only_low: bool = False
) -> Page[Product]:
    """Return what is kept, by name: what is sold, and what is hidden but still there.

    ``typed`` is any piece of SKU or name. What runs low is what is sold and available no more than its
    minimum.
    """
    auth.require(actor, *KEEPERS)
    query = select(Product).where(search.contains(Product.search_text, typed))
    if only_low:
        query = query.where(IS_LOW, Product.is_active)
    else:
        query = query.where(or_(Product.is_active, Product.on_hand > 0))
    return paging.fetch(session, query.order_by(Product.name, Product.id), page)


def get(session: Session, product_id: int, actor: User) -> Product:
    """Return a product, sold or hidden. Raises ``NotFound("product")``."""
    auth.require(actor, *KEEPERS)
    found = session.get(Product, product_id)
    if found is None:
        raise NotFound("product")
    return found


def is_low(product: Product) -> bool:
    """Tell whether no more is available than the product's minimum."""
    return product.low_stock is not None and product.available <= product.low_stock


def movements(
    session: Session, product: Product, cursor: int = 0, size: int = MOVEMENTS_ON_A_PAGE
) -> Stretch:
    """Return a stretch of the product's ledger, the newest first.

    A cursor is 0 for the newest lines, ``id`` for those older than that one, ``-id`` for those newer: the
    ledger only grows, so what a cursor shows does not shift, and a long one costs no more than a short one.
    """
    query = (
        select(StockMovement, User.name, Order.number)
        .outerjoin(User, User.id == StockMovement.user_id)
        .outerjoin(Order, Order.id == StockMovement.order_id)
        .where(StockMovement.product_id == product.id)
        .order_by(StockMovement.id.asc() if cursor < 0 else StockMovement.id.desc())
    )
    if cursor:
        query = query.where(StockMovement.id > -cursor if cursor < 0 else StockMovement.id < cursor)
    rows = [Entry(*row) for row in session.execute(query.limit(size + 1))]
    if not rows and cursor:
        return movements(session, product, 0, size)
    shown = sorted(rows[:size], key=lambda entry: -entry.movement.id)
    goes_on = len(rows) > size
    has_newer, has_older = (goes_on, True) if cursor < 0 else (cursor > 0, goes_on)
    return Stretch(
        tuple(shown),
        newer=-shown[0].movement.id if shown and has_newer else None,
        older=shown[-1].movement.id if shown and has_older else None,
    )


def holders(session: Session, product: Product, page: int = 0) -> Page[Holder]:
    """Return the orders that hold reservations of the product, the oldest first, and how many there are."""
    query = (
        select(Order.id, Order.number, Customer.name, Reservation.quantity)
        .join(OrderLine, OrderLine.id == Reservation.order_line_id)
        .join(Order, Order.id == OrderLine.order_id)
        .join(Customer, Customer.id == Order.customer_id)
        .where(Reservation.product_id == product.id)
        .order_by(Order.id)
    )
    total = session.scalar(select(func.count()).where(Reservation.product_id == product.id)) or 0
    number = min(max(page, 0), max(0, total - 1) // HOLDERS_ON_A_PAGE)
    rows = session.execute(query.limit(HOLDERS_ON_A_PAGE).offset(number * HOLDERS_ON_A_PAGE))
    has_next = (number + 1) * HOLDERS_ON_A_PAGE < total
    return Page(tuple(map(Holder._make, rows)), number, has_next, total)
