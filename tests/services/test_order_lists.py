"""The rep's list: narrowed by status, customer, days and text, and found by indexes alone."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import event, text, update
from sqlalchemy.orm import Session

from models import Customer, Order, OrderStatus, Product, User
from services import customers, orders
from services.orders import Show
from services.periods import Period
from tests.conftest import NOW, Cast
from tests.services import acts

FRIDAY = date(2026, 11, 20)


def begun(session: Session, customer: Customer, at: datetime, status: OrderStatus) -> int:
    order = Order(
        status=status,
        sales_rep_id=customer.sales_rep_id,
        customer_id=customer.id,
        created_at=at,
        updated_at=at,
    )
    session.add(order)
    session.flush()
    return order.id


@pytest.fixture
def mimosa(session: Session, anna: User) -> Customer:
    return customers.create(session, anna, name="ООО «Мимоза»", phone="+7 495 111-22-33")


def ids(session: Session, actor: User, **narrowed: Any) -> list[int]:
    return [order.id for order in orders.find(session, actor, **narrowed).items]


@pytest.mark.both_engines
def test_statuses_are_merged_the_newest_first(
    session: Session, cast: Cast, anna: User, romashka: Customer
) -> None:
    kinds = [OrderStatus.CANCELLED, OrderStatus.LOADED, OrderStatus.REJECTED, OrderStatus.DELIVERED]
    made = {kind: begun(session, romashka, NOW, kind) for kind in kinds}
    more = begun(session, romashka, NOW, OrderStatus.CANCELLED)
    assert ids(session, anna, show=Show.ENDED) == [
        more,
        made[OrderStatus.REJECTED],
        made[OrderStatus.CANCELLED],
    ]
    assert ids(session, anna, show=Show.LOADED) == [made[OrderStatus.DELIVERED], made[OrderStatus.LOADED]]
    assert ids(session, anna, show=Show.DRAFTS) == []


@pytest.mark.both_engines
def test_a_period_is_of_the_company_s_days(
    session: Session, cast: Cast, anna: User, romashka: Customer
) -> None:
    midnight = datetime(2026, 11, 19, 21, 0, tzinfo=UTC)
    before = begun(session, romashka, midnight - timedelta(seconds=1), OrderStatus.PLACED)
    first = begun(session, romashka, midnight, OrderStatus.PLACED)
    last = begun(session, romashka, midnight + timedelta(hours=23, minutes=59), OrderStatus.LOADED)
    after = begun(session, romashka, midnight + timedelta(hours=24), OrderStatus.PLACED)
    # Ids need not go by the clock: one entered late for an earlier day belongs to that day.
    late = begun(session, romashka, midnight, OrderStatus.PLACED)
    today = Period(FRIDAY, FRIDAY)
    assert ids(session, anna, period=today) == [late, last, first]
    assert ids(session, anna, period=today, show=Show.LOADED) == [last]
    assert ids(session, anna, period=Period(FRIDAY - timedelta(1), FRIDAY)) == [late, last, first, before]
    assert ids(session, anna, period=Period(date(2026, 11, 21), date(2027, 1, 1))) == [after]
    assert ids(session, anna, period=Period(date(2000, 1, 1), date(2000, 1, 2))) == []


@pytest.mark.both_engines
def test_a_customer_and_a_text_narrow_together(
    session: Session, cast: Cast, anna: User, clara: User, romashka: Customer, mimosa: Customer
) -> None:
    own = begun(session, romashka, NOW, OrderStatus.PLACED)
    session.execute(update(Order).where(Order.id == own).values(number=495))
    other = begun(session, mimosa, NOW, OrderStatus.PLACED)
    assert ids(session, anna, customer_id=romashka.id) == [own]
    # 495 is the number of one and in the phone of the other; each is there once.
    assert ids(session, anna, text="495") == [other, own]
    assert ids(session, anna, text="№495", show=Show.AT_WAREHOUSE) == [own]
    assert ids(session, anna, text="МИМОЗА") == [other]
    assert ids(session, anna, text="мимоза", customer_id=romashka.id) == []
    assert ids(session, clara, customer_id=romashka.id) == []
    assert ids(session, clara, text="495") == []


def test_a_customer_handed_over_shows_each_rep_their_own(
    session: Session, anna: User, clara: User, dmitry: User, romashka: Customer, water: Product
) -> None:
    mine = [acts.placed(session, anna, romashka, {water: "1"}).id for _ in range(2)]
    romashka.sales_rep_id = clara.id
    theirs = [acts.placed(session, clara, romashka, {water: "1"}).id for _ in range(3)]
    assert [order.id for order in orders.of_customer(session, romashka.id, anna)] == mine[::-1]
    assert [order.id for order in orders.of_customer(session, romashka.id, clara)] == theirs[::-1]
    assert [order.id for order in orders.of_customer(session, romashka.id, dmitry)] == theirs[::-1]


@contextmanager
def statements(session: Session) -> Iterator[list[tuple[str, Any]]]:
    seen: list[tuple[str, Any]] = []

    def note(_c: Any, _cursor: Any, statement: str, values: Any, _context: Any, _many: bool) -> None:
        if " orders" in statement and statement.startswith("SELECT"):
            seen.append((statement, values))

    engine = session.get_bind()
    event.listen(engine, "before_cursor_execute", note)
    yield seen
    event.remove(engine, "before_cursor_execute", note)


@pytest.mark.parametrize("cursor", [0, 40, -40])
@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    "narrowed",
    [
        {},
        {"show": Show.DRAFTS},
        {"show": Show.ENDED},
        {"customer_id": 1},
        {"customer_id": 1, "show": Show.LOADED},
        {"period": Period(FRIDAY, FRIDAY)},
        {"period": Period(FRIDAY, FRIDAY), "show": Show.AT_WAREHOUSE},
    ],
)
def test_every_page_is_read_from_an_index_in_its_order(
    session: Session, anna: User, romashka: Customer, cursor: int, narrowed: dict[str, Any]
) -> None:
    for number in range(60):
        begun(session, romashka, NOW, list(OrderStatus)[number % 7 or 1])
    with statements(session) as seen:
        orders.find(session, anna, cursor, **narrowed)
    assert seen
    for statement, values in seen:
        plan = session.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)
        steps = [row.detail for row in plan]
        assert any("SEARCH orders USING" in step and "sales_rep_id=?" in step for step in steps), steps
        assert not any("SCAN orders" in step or "TEMP B-TREE" in step for step in steps), steps


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_the_plan_s_words_are_those_the_test_above_looks_for(session: Session) -> None:
    plan = session.execute(text("EXPLAIN QUERY PLAN SELECT * FROM orders ORDER BY note"))
    steps = " ".join(row.detail for row in plan)
    assert "SCAN orders" in steps
    assert "TEMP B-TREE" in steps
