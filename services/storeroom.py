"""What is in the store, as the storekeeper looks at it: levels, the ledger's last lines, who holds what."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import func, or_, select, text
from sqlalchemy.orm import Session, joinedload, lazyload, load_only

from models import Customer, Order, OrderLine, Product, Reservation, StockMovement, User
from services import auth, paging, search
from services.errors import NotFound
from services.paging import Page, Stretch
from services.stock import KEEPERS

MOVEMENTS_ON_A_PAGE = 10
HOLDERS_ON_A_PAGE = 5

# Word for word what the index of low products says, the column first: SQLite turns a comparison round to
# have it so, and would not know the index by it any more.
IS_LOW = text("low_stock >= on_hand - reserved")


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
) -> Stretch[StockMovement]:
    """Return a stretch of the product's ledger, the newest first, with who and which order made it."""
    order = joinedload(StockMovement.order).options(load_only(Order.number), lazyload("*"))
    user = joinedload(StockMovement.user).options(load_only(User.name), lazyload("*"))
    query = select(StockMovement).where(StockMovement.product_id == product.id).options(order, user)
    return paging.by_key(session, [query], StockMovement.id, cursor, size)


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
