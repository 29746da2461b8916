"""The large database the screens are measured on is one the program itself could have written."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

import migrations
from benchmarks import big_database
from benchmarks.big_history import LONG_DRAFT
from benchmarks.big_rows import Size
from models import (
    Database,
    DeliveryWindow,
    Document,
    InvoiceLine,
    Order,
    OrderLine,
    OrderStatus,
    OutboxMessage,
    Product,
    Reservation,
    StockMovement,
)
from services import snapshot

SIZE = Size(reps=3, products=230, customers=30, orders=500, queue=20)
LOADED = (OrderStatus.LOADED, OrderStatus.DELIVERED)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("big") / "big.db"
    big_database.build(path, SIZE)
    return path


@pytest.fixture
def session(built: Path) -> Iterator[Session]:
    database = Database(f"sqlite:///{built}")
    with database.reading() as session:
        yield session
    database.close()


def test_there_is_as_much_as_was_asked_for(session: Session) -> None:
    assert session.scalar(select(func.count(Product.id))) == SIZE.products
    # And one draft more, as long as a draft may be.
    assert session.scalar(select(func.count(Order.id))) == SIZE.orders + 1
    assert session.scalar(select(func.count(OrderLine.id))) == 5 * SIZE.orders + LONG_DRAFT
    waiting = Order.status.in_((OrderStatus.PLACED, OrderStatus.LOADING))
    assert session.scalar(select(func.count()).where(waiting)) == SIZE.queue
    assert {status for (status,) in session.execute(select(Order.status).distinct())} == set(OrderStatus)


def test_levels_are_what_the_ledger_sums_to_and_what_is_promised(session: Session) -> None:
    ledger = select(
        StockMovement.product_id,
        func.sum(StockMovement.on_hand_change),
        func.sum(StockMovement.reserved_change),
    ).group_by(StockMovement.product_id)
    sums = {product_id: (on_hand, reserved) for product_id, on_hand, reserved in session.execute(ledger)}
    held = select(Reservation.product_id, func.sum(Reservation.quantity)).group_by(Reservation.product_id)
    promised = {row[0]: row[1] for row in session.execute(held)}
    for product in session.scalars(select(Product)):
        assert (product.on_hand, product.reserved) == sums[product.id]
        assert product.reserved == promised.get(product.id, 0)


def test_what_was_loaded_and_only_that_has_an_invoice_and_a_letter(session: Session) -> None:
    loaded = {order.id: order for order in session.scalars(select(Order).where(Order.status.in_(LOADED)))}
    invoices = list(session.scalars(select(Document)))
    assert sorted(invoice.order_id for invoice in invoices) == sorted(loaded)
    for invoice in invoices:
        lines = session.scalars(select(InvoiceLine).where(InvoiceLine.invoice_id == invoice.id)).all()
        paper = snapshot.from_json(invoice.snapshot)
        total = loaded[invoice.order_id].total_amount
        assert total == invoice.total_amount == paper.total == sum(line.total_amount for line in lines)
        assert len(lines) == len(paper.lines)
    lettered = set(session.scalars(select(OutboxMessage.order_id).where(OutboxMessage.lane == "mail")))
    assert lettered == {order.id for order in loaded.values() if order.customer.emails}


def test_no_window_holds_more_than_fits(session: Session) -> None:
    taken = select(DeliveryWindow.capacity - func.count()).join(Order, Order.window_id == DeliveryWindow.id)
    assert min(session.scalars(taken.group_by(DeliveryWindow.id))) >= 0


def test_the_same_rows_come_again(built: Path, tmp_path: Path) -> None:
    again = tmp_path / "again.db"
    big_database.build(again, SIZE)
    assert list(tmp_path.iterdir()) == [again]
    assert _rows(built) == _rows(again)


def test_an_outdated_one_is_built_anew_and_todays_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(big_database, "BIG", SIZE)
    path = tmp_path / "big.db"
    path.touch()
    big_database.ensure(path)
    written = path.stat().st_mtime_ns
    assert big_database._schema(path) == migrations.head()
    big_database.ensure(path)
    assert path.stat().st_mtime_ns == written


def _rows(path: Path) -> list[tuple[object, ...]]:
    database = Database(f"sqlite:///{path}")
    with database.reading() as session:
        columns = (Order.status, Order.customer_id, Order.placed_at, OrderLine.product_id, OrderLine.quantity)
        query = select(*columns).join(OrderLine, OrderLine.order_id == Order.id).order_by(OrderLine.id)
        found: list[tuple[object, ...]] = [tuple(row) for row in session.execute(query)]
    database.close()
    return found
