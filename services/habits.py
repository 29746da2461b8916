"""What a customer usually takes: the last order, the usual set, usual quantities; and copying them."""

from __future__ import annotations

import enum
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session, selectinload

from models import BASE_FACTOR, Order, OrderLine, Product
from services import drafts, orders, pricing, quantities
from services.errors import Invalid
from services.quantities import Typed

# A habit is what the last orders show; older ones tell of a shop that has changed since.
LATEST_ORDERS = 20
MAX_USUAL_LINES = 30
USUAL_QUANTITIES = 3


# Built once: a product's card asks this at every press.
_latest = (
    select(Order.id)
    .where(Order.customer_id == bindparam("customer_id"), Order.status.in_(orders.STARTED))
    .order_by(Order.id.desc())
    .limit(LATEST_ORDERS)
)
_product_lines = (
    select(Order.placed_at, OrderLine.quantity, OrderLine.unit, OrderLine.factor, OrderLine.price)
    .join(Order, Order.id == OrderLine.order_id)
    .where(Order.id.in_(_latest), OrderLine.product_id == bindparam("product_id"))
    .order_by(Order.id.desc())
)


class Mark(enum.Enum):
    """What is different from when it was ordered before."""

    MISSING = "missing"
    SHORT = "short"
    # Less than ordered before because the product's minimum or multiple is another one.
    RULED = "ruled"
    DEARER = "dearer"
    CHEAPER = "cheaper"


@dataclass(frozen=True, slots=True)
class Remark:
    """A copied line that needs a look. Prices per base unit, quantities in thousandths of it."""

    mark: Mark
    product_name: str
    unit: str
    wanted: int
    copied: int
    price_before: int
    price_now: int


@dataclass(frozen=True, slots=True)
class LastTime:
    """When a customer last took a product, how much and at what price."""

    at: datetime
    quantity: int
    unit: str
    factor: int
    price: int


@dataclass(frozen=True, slots=True)
class ProductHabit:
    """What a customer does with one product: the last time, and the most frequent quantities."""

    last_time: LastTime | None
    usual: tuple[Typed, ...]


def last_order(session: Session, customer_id: int) -> Order | None:
    """Return the customer's latest order that went to the warehouse."""
    query = (
        select(Order)
        .where(Order.customer_id == customer_id, Order.status.in_(orders.STARTED))
        .order_by(Order.id.desc())
        .limit(1)
    )
    return session.execute(query).scalar_one_or_none()


def of_product(session: Session, customer_id: int, product: Product) -> ProductHabit:
    """Return when the customer last took a product, and in which quantities it is usually taken."""
    rows = session.execute(_product_lines, {"customer_id": customer_id, "product_id": product.id}).all()
    priced = (
        LastTime(row.placed_at, row.quantity, row.unit, row.factor, row.price)
        for row in rows
        if row.placed_at is not None and row.price is not None
    )
    last = next(priced, None)
    counts = Counter(
        Typed((row.quantity, row.unit, row.factor))
        for row in rows
        if product.units.get(row.unit) == row.factor
    )
    return ProductHabit(last, tuple(typed for typed, _ in counts.most_common(USUAL_QUANTITIES)))


def usual_lines(session: Session, customer_id: int) -> list[OrderLine]:
    """Return one line for each product the customer keeps taking, the most frequent first.

    Each is the latest line with the product's most frequent quantity. A product counts when it is in at least
    two of the last orders; while there is only one order, it is all of that.
    """
    by_product: dict[int, list[OrderLine]] = {}
    seen_orders = set()
    for line, order in _lines(session, customer_id):
        by_product.setdefault(line.product_id, []).append(line)
        seen_orders.add(order.id)
    fewest = min(2, len(seen_orders))
    frequent = [lines for lines in by_product.values() if len(lines) >= fewest]
    frequent.sort(key=len, reverse=True)
    return [_most_usual(lines) for lines in frequent[:MAX_USUAL_LINES]]


def copy_lines(session: Session, draft: Order, lines: Iterable[OrderLine]) -> list[Remark]:
    """Put lines of earlier orders into a draft at today's prices; return what differs from then.

    What the draft already has stays as it is. Nothing is left out in silence: a product that is gone or short
    is in the remarks.
    """
    wanted = [line for line in lines if drafts.find_line(draft, line.product_id) is None]
    prices = pricing.prices_for(session, draft.customer, (line.product for line in wanted))
    _load_packages(session, wanted)
    remarks = []
    for line in wanted:
        copied = _copy(session, draft, line)
        remark = _remark(line, copied, prices[line.product_id])
        if remark is not None:
            remarks.append(remark)
    session.flush()
    return remarks


def _load_packages(session: Session, lines: list[OrderLine]) -> None:
    """Read the packages of all the lines' products with one query instead of one for each."""
    query = select(Product).where(Product.id.in_([line.product_id for line in lines]))
    session.execute(query.options(selectinload(Product.packages))).all()


def _copy(session: Session, draft: Order, line: OrderLine) -> int:
    """Copy one line as far as stock goes; return the quantity that is in the draft now."""
    product = line.product
    within = quantities.possible(product)
    quantity = within.down(min(line.quantity, within.most)) if product.is_active else 0
    if not quantity:
        return 0
    is_same_unit = product.units.get(line.unit) == line.factor and quantity % line.factor == 0
    unit, factor = (line.unit, line.factor) if is_same_unit else (product.unit, BASE_FACTOR)
    try:
        drafts.put(session, draft, product, Typed((quantity, unit, factor)))
    except Invalid:
        # The draft is full: said as short, never dropped in silence.
        return 0
    return quantity


def _remark(line: OrderLine, copied: int, price: int) -> Remark | None:
    before = line.price if line.price is not None else price
    mark = None
    if not line.product.is_active:
        mark = Mark.MISSING
    elif copied < line.quantity:
        keeps_to_rules = quantities.possible(line.product).down(line.quantity) == line.quantity
        mark = Mark.SHORT if keeps_to_rules or line.product.available < line.quantity else Mark.RULED
    elif price > before:
        mark = Mark.DEARER
    elif price < before:
        mark = Mark.CHEAPER
    if mark is None:
        return None
    product = line.product
    return Remark(mark, product.name, product.unit, line.quantity, copied, before, price)


def _most_usual(lines: list[OrderLine]) -> OrderLine:
    counts = Counter((line.quantity, line.unit, line.factor) for line in lines)
    usual, _ = counts.most_common(1)[0]
    return next(line for line in lines if (line.quantity, line.unit, line.factor) == usual)


def _lines(session: Session, customer_id: int) -> list[tuple[OrderLine, Order]]:
    """Return the lines of the customer's latest orders, the newest order first."""
    query = (
        select(OrderLine, Order)
        .join(Order, Order.id == OrderLine.order_id)
        .where(Order.id.in_(_latest))
        .order_by(Order.id.desc(), OrderLine.id)
    )
    rows = session.execute(query, {"customer_id": customer_id})
    return [(line, order) for line, order in rows]
