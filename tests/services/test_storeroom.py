from datetime import timedelta

import pytest
from sqlalchemy import event, select
from sqlalchemy.orm import Session

from models import AuditEntry, Customer, Database, Product, StockMovement, User
from services import stock, storeroom
from services.errors import Conflict, Forbidden, Invalid, NotFound
from tests.conftest import NOW, Cast
from tests.services import acts


@pytest.mark.both_engines
def test_the_list_goes_by_name_and_keeps_what_is_hidden_but_still_there(
    session: Session, boris: User, buckwheat: Product, water: Product, cheese: Product
) -> None:
    buckwheat.search_text = "a-1 крупа гречневая"
    water.is_active = cheese.is_active = False
    stock.adjust(session, cheese, 0, None, "распродан")
    assert [product.name for product in storeroom.find(session, boris).items] == ["Вода", "Крупа гречневая"]
    assert [product.name for product in storeroom.find(session, boris, "a-1").items] == ["Крупа гречневая"]


@pytest.mark.both_engines
def test_low_is_available_at_or_below_the_minimum(
    session: Session, anna: User, boris: User, romashka: Customer, water: Product, cheese: Product
) -> None:
    def low() -> list[str]:
        return [product.name for product in storeroom.find(session, boris, only_low=True).items]

    stock.set_low_stock(session, water, 90_000, boris)
    stock.set_low_stock(session, cheese, 49_000, boris)
    session.flush()
    assert low() == []
    acts.placed(session, anna, romashka, {water: "10"})
    assert low() == ["Вода"]
    assert storeroom.is_low(water)
    assert not storeroom.is_low(cheese)
    water.is_active = False
    session.flush()
    assert low() == []


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_the_low_list_is_read_off_its_index(database: Database, cast: Cast) -> None:
    asked: list[tuple[str, object]] = []
    with database.unit_of_work(NOW) as session:
        event.listen(
            database.engine,
            "before_cursor_execute",
            lambda _c, _cu, statement, parameters, _x, _m: asked.append((statement, parameters)),
        )
        storeroom.find(session, session.get_one(User, cast.boris), only_low=True)
        statement, parameters = next(one for one in asked if "low_stock" in one[0] and "LIMIT" in one[0])
        plan = session.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)  # type: ignore[arg-type]
        steps = [row[-1] for row in plan]
    assert any("ix_products_low" in step for step in steps), (statement, steps)
    assert not any("TEMP B-TREE" in step for step in steps)


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_the_ledger_of_a_product_is_read_off_its_index(session: Session, water: Product) -> None:
    plan = session.connection().exec_driver_sql(
        "EXPLAIN QUERY PLAN SELECT id FROM stock_movements WHERE product_id = ? AND id < ?"
        " ORDER BY id DESC LIMIT 11",
        (water.id, 1000),
    )
    [step] = [row[-1] for row in plan]
    assert "ix_stock_movements_product_id_id (product_id=? AND id<?)" in step


@pytest.mark.both_engines
def test_a_cursor_shows_the_same_lines_while_the_ledger_grows(
    session: Session, boris: User, water: Product
) -> None:
    def receive(count: int) -> None:
        for _ in range(count):
            stock.receive(session, water, 1000, boris)
        session.flush()

    receive(6)
    newest = storeroom.movements(session, water, size=3)
    assert (newest.previous, len(newest.items)) == (None, 3)
    older = storeroom.movements(session, water, newest.next or 0, size=3)
    receive(5)
    assert storeroom.movements(session, water, newest.next or 0, size=3).items == older.items
    assert storeroom.movements(session, water, older.previous or 0, size=3).items == newest.items
    oldest = storeroom.movements(session, water, older.next or 0, size=3)
    assert (oldest.next, len(oldest.items)) == (None, 1)
    whole = [entry.id for page in (newest, older, oldest) for entry in page.items]
    assert whole == sorted(whole, reverse=True)
    assert len(set(whole)) == 7
    now_newest = storeroom.movements(session, water, size=3)
    for behind_an_end in (10**9, -(10**9)):
        assert storeroom.movements(session, water, behind_an_end, size=3).items == now_newest.items


@pytest.mark.both_engines
def test_who_holds_the_reservation_is_named_page_by_page(
    session: Session, anna: User, clara: User, romashka: Customer, vasilek: Customer, water: Product
) -> None:
    orders = []
    for number in range(7):
        rep, firm = (anna, romashka) if number % 2 else (clara, vasilek)
        orders.append(acts.placed(session, rep, firm, {water: str(number + 1)}))
    first = storeroom.holders(session, water)
    assert (first.total, first.has_next, len(first.items)) == (7, True, 5)
    last = storeroom.holders(session, water, 99)
    assert [holder.order_id for holder in (*first.items, *last.items)] == [order.id for order in orders]
    assert last.items[-1] == (orders[6].id, orders[6].number, "ИП Васильков", 7_000)


@pytest.mark.parametrize(
    "look",
    [
        lambda session, rep, product: storeroom.find(session, rep),
        lambda session, rep, product: storeroom.get(session, product.id, rep),
        lambda session, rep, product: stock.receive(session, product, 1000, rep),
        lambda session, rep, product: stock.receive_many(session, [(product.id, 1000, "")], rep),
        lambda session, rep, product: stock.adjust(session, product, 1000, rep, "x"),
        lambda session, rep, product: stock.set_low_stock(session, product, 1000, rep),
    ],
)
def test_the_store_is_the_storekeepers(session: Session, anna: User, water: Product, look: object) -> None:
    assert callable(look)
    with pytest.raises(Forbidden):
        look(session, anna, water)
    assert acts.levels(session, water) == (100, 0)


def test_what_is_not_there_is_not_found(session: Session, boris: User) -> None:
    with pytest.raises(NotFound):
        storeroom.get(session, 10**6, boris)


@pytest.mark.both_engines
def test_many_receipts_at_once_are_in_the_levels_and_in_the_ledger(
    session: Session, boris: User, water: Product, cheese: Product
) -> None:
    stock.receive_many(session, [(water.id, 5_000, "накл. 1"), (cheese.id, 2_000, "")], boris)
    assert (water.on_hand, cheese.on_hand) == (105_000, 52_000)
    assert (acts.levels(session, water), acts.levels(session, cheese)) == ((105, 0), (52, 0))
    last = session.scalars(select(StockMovement).order_by(StockMovement.id.desc()).limit(2)).all()
    assert [(line.reason, line.user_id, line.at) for line in last] == [
        (None, boris.id, NOW),
        ("накл. 1", boris.id, NOW),
    ]


def test_a_count_made_over_other_books_is_refused(session: Session, boris: User, water: Product) -> None:
    stock.receive(session, water, 5_000, boris)
    with pytest.raises(Conflict) as caught:
        stock.adjust(session, water, 90_000, boris, "пересчёт", expected=100_000)
    assert (caught.value.code, caught.value.params) == (
        "stock_moved",
        {"before": 100_000, "now": 105_000, "unit": "шт"},
    )
    stock.adjust(session, water, 90_000, boris, "пересчёт", expected=105_000)
    assert acts.levels(session, water) == (90, 0)


def test_a_minimum_leaves_its_trace_once(session: Session, boris: User, water: Product) -> None:
    for _ in range(2):
        stock.set_low_stock(session, water, 5_000, boris)
    stock.set_low_stock(session, water, None, boris)
    session.flush()
    traces = [(entry.before, entry.after, entry.user_id) for entry in session.scalars(select(AuditEntry))]
    assert traces == [
        ({"low_stock": None}, {"low_stock": 5_000}, boris.id),
        ({"low_stock": 5_000}, {"low_stock": None}, boris.id),
    ]


def test_a_reason_has_a_limit_and_one_line(session: Session) -> None:
    assert stock.check_reason(" накладная\n5 ") == "накладная 5"
    for text, code in (("", "empty"), ("x" * 301, "too_long")):
        with pytest.raises(Invalid) as caught:
            stock.check_reason(text)
        assert caught.value.code == code


@pytest.fixture
def vasilek(session: Session, cast: Cast) -> Customer:
    return session.get_one(Customer, cast.vasilek)


def test_the_day_a_movement_was_made_is_kept(database: Database, cast: Cast) -> None:
    later = NOW + timedelta(days=3)
    with database.unit_of_work(later) as session:
        water = session.get_one(Product, cast.water)
        stock.receive(session, water, 1000, session.get_one(User, cast.boris))
        session.flush()
        newest = storeroom.movements(session, water).items[0]
        assert (newest.at, newest.user and newest.user.name, newest.order) == (later, "Борис", None)
