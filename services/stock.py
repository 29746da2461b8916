"""Stock levels and the ledger they sum up: every change goes through here, both at once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import Table, bindparam, delete, insert, select, update
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import set_committed_value

from models import (
    MovementKind,
    Order,
    OrderLine,
    Product,
    Reservation,
    Role,
    StockMovement,
    User,
    now_of,
)
from services import audit, auth, catalog, quantities
from services.errors import Conflict, Invalid

KEEPERS = (Role.STOREKEEPER, Role.ADMIN)
"""Who may look into the store and say what is in it."""
MAX_REASON = 300
NAMED_HOLDERS = 5
# Built once, and past the ORM: an order of 30 lines comes here 30 times while its rep waits.
_products: Table = Product.__table__  # type: ignore[assignment]
_on_hand = _products.c.on_hand + bindparam("on_hand_change")
_reserved = _products.c.reserved + bindparam("reserved_change")
_change_levels = (
    update(_products)
    .where(_products.c.id == bindparam("row_id"), _on_hand >= _reserved, _reserved >= 0)
    .values(on_hand=_on_hand, reserved=_reserved)
    .returning(_products.c.on_hand, _products.c.reserved)
)
_movements: Table = StockMovement.__table__  # type: ignore[assignment]
_enter = insert(_movements)


@dataclass(frozen=True, slots=True)
class Shortage:
    """A line that asks for more than is free."""

    line_id: int
    product_name: str
    wanted: int
    available: int
    unit: str


def shortages(lines: Iterable[OrderLine]) -> list[Shortage]:
    """Return the lines that cannot be promised now; of a product hidden meanwhile nothing is free."""
    return [
        Shortage(line.id, line.product.name, line.quantity, free, line.product.unit)
        for line in lines
        if line.quantity > (free := line.product.available if line.product.is_active else 0)
    ]


def reserve(session: Session, order: Order, actor: User) -> None:
    """Promise every line of the order, all or none; raises Conflict("short", shortages=…)."""
    missing = shortages(order.lines)
    if missing:
        raise Conflict("short", shortages=missing)
    for line in order.lines:
        _move(session, line.product_id, MovementKind.RESERVATION, order, actor, reserved=line.quantity)
    session.add_all(
        Reservation(order_line_id=line.id, product_id=line.product_id, quantity=line.quantity)
        for line in order.lines
    )
    session.flush()


def release(session: Session, order: Order, actor: User | None) -> None:
    """Give the order's reservations back; nothing happens for lines that hold none."""
    for _, product_id, quantity in _take_reservations(session, order):
        _move(session, product_id, MovementKind.RELEASE, order, actor, reserved=-quantity)


def issue(session: Session, order: Order, actor: User) -> None:
    """Take what was loaded out of stock, and give back what was promised beyond it.

    Raises Conflict("stock_gone") when less is on hand than was loaded: someone corrected the stock below it.
    """
    reserved = {line_id: quantity for line_id, _, quantity in _take_reservations(session, order)}
    for line in order.lines:
        loaded = line.loaded_quantity or 0
        promised = reserved.get(line.id, 0)
        if promised > loaded:
            _move(session, line.product_id, MovementKind.RELEASE, order, actor, reserved=loaded - promised)
        if loaded:
            _move(
                session,
                line.product_id,
                MovementKind.ISSUE,
                order,
                actor,
                on_hand=-loaded,
                reserved=-min(promised, loaded),
            )


def check_reason(text: str) -> str:
    """Return a reason or a document's number on one line. Raises ``empty`` or ``too_long`` (limit)."""
    return catalog.check_line(text, MAX_REASON)


def receive(session: Session, product: Product, quantity: int, actor: User | None, reason: str = "") -> None:
    """Add goods that came in; ``actor`` None is the program itself."""
    _require_keeper(actor)
    if quantity <= 0:
        is_weighed = product.unit in quantities.WEIGHED
        raise Invalid("quantity_positive", base=product.unit, units=[product.unit], is_weighed=is_weighed)
    _move(session, product.id, MovementKind.RECEIPT, None, actor, on_hand=quantity, reason=reason)


def receive_many(session: Session, rows: Sequence[tuple[int, int, str]], actor: User | None) -> None:
    """Add goods of many products at once: product, quantity above zero, reason; in few statements."""
    _require_keeper(actor)
    session.flush()
    connection, now = session.connection(), now_of(session)
    table = Product.__table__
    connection.execute(
        update(table)  # type: ignore[arg-type]
        .where(table.c.id == bindparam("row_id"))
        .values(on_hand=table.c.on_hand + bindparam("more")),
        [{"row_id": product_id, "more": quantity} for product_id, quantity, _ in rows],
    )
    connection.execute(
        insert(StockMovement.__table__),  # type: ignore[arg-type]
        [
            {
                "product_id": product_id,
                "kind": MovementKind.RECEIPT,
                "on_hand_change": quantity,
                "reserved_change": 0,
                "user_id": actor.id if actor else None,
                "reason": reason or None,
                "at": now,
            }
            for product_id, quantity, reason in rows
        ],
    )
    session.expire_all()


def adjust(
    session: Session,
    product: Product,
    on_hand: int,
    actor: User | None,
    reason: str,
    *,
    expected: int | None = None,
) -> None:
    """Set what was counted; ``expected`` is what the books said when it was.

    Raises Conflict ``below_reserved`` (reserved, unit, orders) when that is less than was promised, and
    ``stock_moved`` (before, now, unit) when the books have moved on since.
    """
    _require_keeper(actor)
    check_count(session, product, on_hand)
    if expected is not None and product.on_hand != expected:
        raise Conflict("stock_moved", before=expected, now=product.on_hand, unit=product.unit)
    if on_hand != product.on_hand:
        change = on_hand - product.on_hand
        _move(session, product.id, MovementKind.ADJUSTMENT, None, actor, on_hand=change, reason=reason)


def check_count(session: Session, product: Product, on_hand: int) -> None:
    """Read the levels afresh; raise Conflict ``below_reserved`` when more is promised than was counted."""
    session.refresh(product, ["on_hand", "reserved"])
    if on_hand < product.reserved:
        numbers = session.scalars(
            select(Order.number)
            .join(OrderLine, OrderLine.order_id == Order.id)
            .join(Reservation, Reservation.order_line_id == OrderLine.id)
            .where(Reservation.product_id == product.id)
            .order_by(Order.id)
            .limit(NAMED_HOLDERS + 1)
        )
        raise Conflict(
            "below_reserved", reserved=product.reserved, unit=product.unit, orders=list(numbers.all())
        )


def set_low_stock(session: Session, product: Product, quantity: int | None, actor: User) -> None:
    """Have the product listed as low when no more than ``quantity`` is available; None: never."""
    _require_keeper(actor)
    before, product.low_stock = product.low_stock, quantity
    if quantity != before:
        audit.record(
            session, actor, "update", "product", product.id, {"low_stock": before}, {"low_stock": quantity}
        )


def _require_keeper(actor: User | None) -> None:
    if actor is not None:
        auth.require(actor, *KEEPERS)


def _take_reservations(session: Session, order: Order) -> list[tuple[int, int, int]]:
    """Delete and return the order's reservations (line, product, quantity): the deletion is the claim."""
    rows = session.execute(
        delete(Reservation)
        .where(Reservation.order_line_id.in_(select(OrderLine.id).where(OrderLine.order_id == order.id)))
        .returning(Reservation.order_line_id, Reservation.product_id, Reservation.quantity)
        .execution_options(synchronize_session=False)
    )
    return sorted((row.order_line_id, row.product_id, row.quantity) for row in rows)


def _move(
    session: Session,
    product_id: int,
    kind: MovementKind,
    order: Order | None,
    actor: User | None,
    *,
    on_hand: int = 0,
    reserved: int = 0,
    reason: str = "",
) -> None:
    session.flush()
    change = {"row_id": product_id, "on_hand_change": on_hand, "reserved_change": reserved}
    levels = session.execute(_change_levels, change).first()
    if levels is None:
        raise Conflict("stock_gone", product_id=product_id)
    product = session.get_one(Product, product_id)
    set_committed_value(product, "on_hand", levels.on_hand)
    set_committed_value(product, "reserved", levels.reserved)
    session.execute(
        _enter,
        {
            "product_id": product_id,
            "kind": kind,
            "on_hand_change": on_hand,
            "reserved_change": reserved,
            "order_id": order.id if order else None,
            "user_id": actor.id if actor else None,
            "reason": reason or None,
            "at": now_of(session),
        },
    )
