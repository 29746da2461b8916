"""Reports on a company small enough to be worked out by hand."""

from __future__ import annotations

import random
import runpy
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.orm import Session

import migrations
from handlers.screens import report_files
from models import Customer, Database, Invoice, InvoiceLine, Order, Product, User
from services import analytics, company, formats, invoices, loading, placing, schedule
from services.analytics import KeeperRow, What
from services.report_periods import Cycle, ReportPeriod
from tests.conftest import NOW, Cast
from tests.services import acts

pytestmark = pytest.mark.both_engines

MOSCOW = ZoneInfo("Europe/Moscow")
# The month so far, seen on 20 November; it is compared with 1 to 20 October.
NOVEMBER = ReportPeriod(date(2026, 11, 1), date(2026, 11, 20), Cycle.MONTH)


def moscow(year: int, month: int, day: int, hour: int = 12, minute: int = 0, second: int = 0) -> datetime:
    return datetime(year, month, day, hour, minute, second, tzinfo=MOSCOW).astimezone(UTC)


class Shop:
    """The firm at work at any time: delivery costs 150 ₽ flat, or nothing by pick-up."""

    def __init__(self, session: Session, cast: Cast) -> None:
        self.session = session
        for name in ("anna", "clara", "boris", "petr"):
            setattr(self, name, session.get_one(User, getattr(cast, name)))
        for name in ("romashka", "vasilek"):
            setattr(self, name, session.get_one(Customer, getattr(cast, name)))
        for name in ("buckwheat", "water", "cheese"):
            setattr(self, name, session.get_one(Product, getattr(cast, name)))
        tariff = company.tariff(session)
        tariff.rate_per_km, tariff.minimum_amount = 0, 150_00
        self.silent = Customer(sales_rep_id=cast.anna, name="ООО «Тишина»", created_at=NOW)
        session.add(self.silent)
        session.flush()

    anna: User
    clara: User
    boris: User
    petr: User
    romashka: Customer
    vasilek: Customer
    buckwheat: Product
    water: Product
    cheese: Product

    def places(
        self, at: datetime, rep: User, customer: Customer, goods: dict[Product, str], *, brought: bool = False
    ) -> Order:
        self.session.info["now"] = at
        working = schedule.calendar(self.session)
        day = working.next_possible(working.first_day)
        place = acts.GATE if brought else None
        order = acts.draft(self.session, rep, customer, goods, place=place, day=day)
        placing.place(self.session, order, rep, duplicate_is_meant=True)
        return order

    def loads(
        self,
        at: datetime,
        order: Order,
        keeper: User,
        short: dict[Product, int] | None = None,
        claim_minutes: int = 20,
    ) -> Order:
        self.session.info["now"] = at - timedelta(minutes=claim_minutes)
        loading.claim(self.session, order.id, keeper)
        for line in order.lines:
            line.loaded_quantity = (short or {}).get(line.product, line.quantity)
        self.session.info["now"] = at
        loading.confirm_load(self.session, order.id, keeper)
        self.session.info["now"] = NOW
        return order

    def sells(
        self,
        at: datetime,
        rep: User,
        keeper: User,
        customer: Customer,
        goods: dict[Product, str],
        *,
        short: dict[Product, int] | None = None,
        brought: bool = False,
    ) -> Order:
        order = self.places(at - timedelta(minutes=30), rep, customer, goods, brought=brought)
        return self.loads(at, order, keeper, short)


@pytest.fixture
def shop(session: Session, cast: Cast) -> Shop:
    return Shop(session, cast)


@pytest.fixture
def autumn(shop: Shop) -> Shop:
    """Two sales in October's first twenty days, one at its end, two in November, two that came to nothing."""
    anna, boris, water = shop.anna, shop.boris, shop.water
    shop.sells(moscow(2026, 10, 5), anna, boris, shop.romashka, {water: "10"})
    shop.sells(moscow(2026, 10, 10), anna, boris, shop.silent, {water: "20"})
    shop.sells(moscow(2026, 10, 31, 23, 59, 59), anna, boris, shop.romashka, {water: "1"})
    goods = {shop.buckwheat: "20", water: "40"}
    shop.sells(
        moscow(2026, 11, 1, 0, 30), anna, boris, shop.romashka, goods, short={water: 30_000}, brought=True
    )
    cheese = shop.places(moscow(2026, 11, 20, 10), shop.clara, shop.vasilek, {shop.cheese: "2,5"})
    shop.loads(moscow(2026, 11, 20, 11), cheese, shop.petr, claim_minutes=30)
    lost = shop.places(moscow(2026, 11, 10), anna, shop.romashka, {water: "5"})
    placing.cancel(shop.session, lost.id, anna, "передумали")
    lost = shop.places(moscow(2026, 11, 11), shop.clara, shop.vasilek, {water: "5"})
    loading.reject(shop.session, lost.id, shop.petr, "брак")
    shop.session.info["now"] = NOW
    shop.session.flush()
    return shop


def test_the_totals_stand_beside_those_of_the_period_before(autumn: Shop) -> None:
    found = analytics.totals(autumn.session, NOVEMBER)
    assert found.now == analytics.Figures(
        turnover=1798_00 + 555_00 + 150_00 + 1622_50,
        delivery=150_00,
        orders=2,
        customers=2,
        short_amount=185_00,
        short_lines=1,
        cancelled=1,
        rejected=1,
        waiting=0,
        foreign=0,
    )
    assert found.now.average == 2062_75
    assert found.before == analytics.Figures(185_00 + 370_00, 0, 2, 2, 0, 0, 0, 0, 0, 0)


def test_what_was_loaded_over_does_not_hide_what_is_short(shop: Shop) -> None:
    goods, loaded = {shop.water: "40", shop.cheese: "2,5"}, {shop.water: 30_000, shop.cheese: 2_600}
    shop.sells(moscow(2026, 11, 3), shop.anna, shop.boris, shop.romashka, goods, short=loaded)
    found = analytics.totals(shop.session, NOVEMBER).now
    # 30 bottles at 18.50 and 2.6 kg at 649; ten bottles were not there.
    assert (found.turnover, found.short_lines, found.short_amount) == (555_00 + 1687_40, 1, 185_00)
    [keeper] = analytics.keepers(shop.session, NOVEMBER).rows
    assert (keeper.short_lines, keeper.short_amount) == (1, 185_00)


def test_a_corrected_invoice_counts_once(autumn: Shop, dmitry: User) -> None:
    session = autumn.session
    before = [analytics.compute(session, what, NOVEMBER) for what in What]
    for invoice in session.scalars(select(Invoice)).all():
        invoices.revise(session, invoice, dmitry, "адрес")
    assert [analytics.compute(session, what, NOVEMBER) for what in What] == before


def test_customers_are_those_who_bought_and_those_who_are_silent(autumn: Shop) -> None:
    found = analytics.customers(autumn.session, NOVEMBER)
    assert [
        (row.name, row.amount, row.orders, row.before, row.days_since, row.is_first) for row in found.buyers
    ] == [
        ("ООО «Ромашка»", 2503_00, 1, 185_00, 19, False),
        ("ИП Васильков", 1622_50, 1, 0, 0, True),
    ]
    assert [(row.name, row.before, row.days_since) for row in found.silent] == [("ООО «Тишина»", 370_00, 41)]


@pytest.mark.parametrize(
    ("last", "days"),
    # Of a month that is over silence counts to its end; of one that goes on to today.
    [
        (date(2026, 11, 30), {"ООО «Ромашка»": 19, "ИП Васильков": 0}),
        (date(2026, 11, 10), {"ООО «Ромашка»": 9}),
    ],
)
def test_days_since_the_last_order_end_with_the_period_or_today(
    autumn: Shop, last: date, days: dict[str, int]
) -> None:
    period = ReportPeriod(date(2026, 11, 1), last, Cycle.MONTH)
    found = analytics.customers(autumn.session, period)
    assert {row.name: row.days_since for row in found.buyers} == days


def test_reps_answer_for_sales_customers_and_cancellations(autumn: Shop) -> None:
    found = analytics.reps(autumn.session, NOVEMBER)
    assert [
        (row.name, row.amount, row.orders, row.customers, row.cancelled, row.before) for row in found.rows
    ] == [("Анна", 2503_00, 1, 1, 1, 555_00), ("Клара", 1622_50, 1, 1, 0, 0)]


def test_storekeepers_answer_for_loads_minutes_shortages_and_rejections(autumn: Shop) -> None:
    found = analytics.keepers(autumn.session, NOVEMBER)
    assert found.rows == (
        KeeperRow(autumn.boris.id, "Борис", 1, 10, 30, 1, 185_00, 0, 2),
        KeeperRow(autumn.petr.id, "Пётр", 1, 30, 60, 0, 0, 1, 0),
    )


def test_products_have_their_share_and_class(autumn: Shop) -> None:
    found = analytics.products(autumn.session, NOVEMBER)
    assert [
        (row.sku, row.unit, row.amount, row.quantity, row.share, row.abc, row.before) for row in found.rows
    ] == [
        ("A-1", "шт", 1798_00, 20_000, 452, "A", 0),
        # It begins below 80 % of the goods' turnover and ends above: still A.
        ("C-1", "кг", 1622_50, 2_500, 408, "A", 0),
        ("B-1", "шт", 555_00, 30_000, 140, "B", 555_00),
    ]
    assert found.delivery == 150_00


def test_the_chart_of_products_is_headed_by_what_its_bars_add_up_to(autumn: Shop) -> None:
    file = report_files.chart(autumn.session, What.PRODUCTS, NOVEMBER, "ru")
    [ranking] = file.render.args  # type: ignore[attr-defined]
    assert sum(row.value for row in ranking.rows) == 3975_50
    assert ranking.heading.figure == formats.money(3975_50, "RUB", "ru")
    assert ranking.heading.subtitle.endswith(f" · Доставка отдельно: {formats.money(150_00, 'RUB', 'ru')}")


def test_the_bars_are_the_days_of_the_company(autumn: Shop) -> None:
    found = analytics.turnover(autumn.session, NOVEMBER)
    amounts = {
        bar.starts_at.astimezone(MOSCOW).date().day: bar.amount
        for bar in found.bars
        if bar.starts_at is not None
    }
    assert {day: amount for day, amount in amounts.items() if amount} == {1: 2503_00, 20: 1622_50}
    assert [number for number, bar in enumerate(found.bars, 1) if bar.before] == [5, 10]


def test_half_past_midnight_belongs_to_the_day_that_began(shop: Shop) -> None:
    goods = {shop.water: "2"}
    shop.sells(moscow(2026, 11, 17, 23, 59, 59), shop.anna, shop.boris, shop.romashka, goods)
    shop.sells(moscow(2026, 11, 18, 0, 30), shop.anna, shop.boris, shop.romashka, {shop.water: "3"})
    day = ReportPeriod(date(2026, 11, 18), date(2026, 11, 18), Cycle.DAY)
    found = analytics.totals(shop.session, day)
    assert (found.now.turnover, found.before.turnover) == (55_50, 37_00)
    [bar] = [bar for bar in analytics.turnover(shop.session, day).bars if bar.amount]
    assert bar.starts_at == moscow(2026, 11, 18, 0)
    company.get(shop.session).timezone = "UTC"
    assert analytics.totals(shop.session, day).now.turnover == 0


def test_new_year_parts_the_years(shop: Shop) -> None:
    shop.sells(moscow(2026, 12, 31, 23, 50), shop.anna, shop.boris, shop.romashka, {shop.water: "1"})
    shop.sells(moscow(2027, 1, 1, 0, 10), shop.anna, shop.boris, shop.romashka, {shop.water: "2"})
    january = ReportPeriod(date(2027, 1, 1), date(2027, 1, 31))
    found = analytics.totals(shop.session, january)
    assert (found.now.turnover, found.before.turnover) == (37_00, 18_50)
    assert analytics.products(shop.session, january).rows[0].before == 18_50


def test_a_load_without_an_invoice_waits_and_then_counts_for_its_own_day(shop: Shop) -> None:
    firm = company.get(shop.session)
    firm.account = None
    shop.sells(moscow(2026, 11, 3), shop.anna, shop.boris, shop.romashka, {shop.water: "1"})
    found = analytics.totals(shop.session, NOVEMBER).now
    assert (found.turnover, found.orders, found.waiting) == (0, 0, 1)
    assert analytics.keepers(shop.session, NOVEMBER).rows[0].loads == 1
    firm.account = "40702810138250123017"
    assert invoices.issue_waiting(shop.session) == 1
    found = analytics.totals(shop.session, NOVEMBER).now
    assert (found.turnover, found.orders, found.waiting) == (18_50, 1, 0)
    third = ReportPeriod(date(2026, 11, 3), date(2026, 11, 3), Cycle.DAY)
    assert [row.amount for row in analytics.products(shop.session, third).rows] == [18_50]


def test_two_currencies_are_never_added_up(autumn: Shop) -> None:
    session = autumn.session
    roubles = analytics.totals(session, NOVEMBER).now
    company.get(session).currency = "EUR"
    session.flush()
    autumn.sells(moscow(2026, 11, 5), autumn.anna, autumn.boris, autumn.romashka, {autumn.water: "1"})
    euros = analytics.totals(session, NOVEMBER).now
    assert (euros.turnover, euros.orders, euros.customers, euros.delivery) == (18_50, 1, 1, 0)
    assert (euros.foreign, euros.waiting, euros.short_amount) == (2, 0, 0)
    assert [row.amount for row in analytics.products(session, NOVEMBER).rows] == [18_50]
    assert [row.amount for row in analytics.customers(session, NOVEMBER).buyers] == [18_50]
    assert [(row.name, row.amount) for row in analytics.reps(session, NOVEMBER).rows if row.amount] == [
        ("Анна", 18_50)
    ]
    # What was loaded was work, in whichever currency it was paid.
    assert sum(row.loads for row in analytics.keepers(session, NOVEMBER).rows) == 3
    assert sum(bar.amount or 0 for bar in analytics.turnover(session, NOVEMBER).bars) == 18_50
    company.get(session).currency = "RUB"
    session.flush()
    again = analytics.totals(session, NOVEMBER).now
    assert (again.turnover, again.orders, again.foreign) == (roubles.turnover, roubles.orders, 1)


def test_a_cancelled_invoice_counts_nowhere(autumn: Shop) -> None:
    invoice = autumn.session.scalars(select(Invoice).order_by(Invoice.id.desc()).limit(1)).one()
    autumn.session.execute(update(Invoice).where(Invoice.id == invoice.id).values(cancelled_at=NOW))
    session = autumn.session
    assert analytics.totals(session, NOVEMBER).now.turnover == 2503_00
    assert [row.name for row in analytics.customers(session, NOVEMBER).buyers] == ["ООО «Ромашка»"]
    assert [row.name for row in analytics.reps(session, NOVEMBER).rows] == ["Анна"]
    assert {row.sku for row in analytics.products(session, NOVEMBER).rows} == {"A-1", "B-1"}


def test_a_period_without_anything_is_all_zeros(session: Session) -> None:
    empty = ReportPeriod(date(2020, 1, 1), date(2020, 3, 31))
    assert analytics.totals(session, empty).now == analytics.Figures(*[0] * 10)
    assert analytics.totals(session, empty).now.average == 0
    for what in What:
        assert analytics.compute(session, what, empty).period == empty
    assert analytics.products(session, empty).rows == ()
    # 91 days are 13 weeks; the 92 before them need a 14th.
    bars = analytics.turnover(session, empty).bars
    assert [bar.amount for bar in bars] == [0] * 13 + [None]
    assert [bar.before for bar in bars] == [0] * 14


def test_a_line_keeps_when_it_was_sold(autumn: Shop) -> None:
    assert [sold_at for sold_at, loaded_at in _moments(autumn.session) if sold_at != loaded_at] == []


def test_the_migration_gives_older_lines_the_moment_of_their_load(autumn: Shop) -> None:
    [path] = (Path(migrations.__file__).parent / "versions").glob("*_figures_for_reports.py")
    autumn.session.execute(update(InvoiceLine).values(sold_at=NOW))
    autumn.session.execute(text(runpy.run_path(str(path))["SOLD_AT"]))
    assert [sold_at for sold_at, loaded_at in _moments(autumn.session) if sold_at != loaded_at] == []


def test_the_migration_gives_older_orders_what_they_came_to(autumn: Shop) -> None:
    [path] = (Path(migrations.__file__).parent / "versions").glob("*_loaded_amount.py")
    session = autumn.session
    query = select(Order.id, Order.loaded_amount, Order.total_amount).order_by(Order.id)
    loaded = session.execute(query).all()
    assert [row for row in loaded if row.loaded_amount not in (None, row.total_amount)]
    session.execute(update(Order).values(loaded_amount=None))
    session.execute(text(runpy.run_path(str(path))["LOADED_AMOUNT"]))
    assert session.execute(query).all() == loaded


def _moments(session: Session) -> list[tuple[datetime, datetime]]:
    query = (
        select(InvoiceLine.sold_at, Order.loaded_at)
        .join(Invoice, Invoice.id == InvoiceLine.invoice_id)
        .join(Order, Order.id == Invoice.order_id)
    )
    pairs = [(sold_at, loaded_at) for sold_at, loaded_at in session.execute(query) if loaded_at is not None]
    # Five sales of seven lines: buckwheat, water and delivery in one of them.
    assert len(pairs) == 7
    return pairs


@pytest.mark.parametrize("seed", range(3))
def test_every_report_comes_to_the_same_sum(shop: Shop, seed: int) -> None:
    chance = random.Random(seed)
    for product in (shop.buckwheat, shop.water, shop.cheese):
        product.on_hand += 1_000_000
    firms = [(shop.anna, shop.romashka), (shop.anna, shop.silent), (shop.clara, shop.vasilek)]
    for _ in range(14):
        rep, customer = chance.choice(firms)
        wanted = chance.sample([shop.buckwheat, shop.water, shop.cheese], chance.randint(1, 3))
        goods = {product: str(chance.randint(2, 9)) for product in wanted}
        short = {wanted[0]: 1000} if chance.random() < 0.5 else None
        at = moscow(2026, 9, 1) + timedelta(minutes=chance.randrange(80 * 24 * 60))
        keeper = chance.choice([shop.boris, shop.petr])
        shop.sells(at, rep, keeper, customer, goods, short=short, brought=chance.random() < 0.5)
    for _ in range(4):
        since = date(2026, 9, 1) + timedelta(days=chance.randrange(60))
        period = ReportPeriod(since, since + timedelta(days=chance.randrange(60)))
        _agree(shop.session, period)


def _agree(session: Session, period: ReportPeriod) -> None:
    totals = analytics.totals(session, period)
    buyers = analytics.customers(session, period).buyers
    reps = analytics.reps(session, period).rows
    keepers = analytics.keepers(session, period).rows
    products = analytics.products(session, period)
    bars = analytics.turnover(session, period).bars
    turnover = totals.now.turnover
    assert sum(row.amount for row in buyers) == turnover
    assert sum(row.amount for row in reps) == turnover
    assert sum(row.amount for row in products.rows) + products.delivery == turnover
    assert products.delivery == totals.now.delivery
    assert sum(bar.amount or 0 for bar in bars) == turnover
    assert sum(bar.before or 0 for bar in bars) == totals.before.turnover
    assert sum(row.orders for row in buyers) == sum(row.orders for row in reps) == totals.now.orders
    assert sum(row.loads for row in keepers) == totals.now.orders
    assert sum(row.short_amount for row in keepers) == totals.now.short_amount
    assert sum(row.short_lines for row in keepers) == totals.now.short_lines
    assert len(buyers) == totals.now.customers
    shares = sum(row.share for row in products.rows)
    assert shares == 0 if not products.rows else abs(shares - 1000) <= len(products.rows)


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_a_short_period_does_not_walk_through_all_that_was_ever_sold(database: Database, engine: str) -> None:
    day = ReportPeriod(date(2026, 11, 3), date(2026, 11, 3), Cycle.DAY)
    statements: list[str] = []
    with database.reading() as session:
        connection = session.connection().connection.driver_connection
        assert connection is not None
        connection.set_trace_callback(statements.append)
        for what in What:
            analytics.compute(session, what, day)
        analytics.turnover(session, day)
        connection.set_trace_callback(None)
        steps = [
            str(row[3])
            for statement in statements
            if statement.startswith("SELECT")
            for row in connection.execute(f"EXPLAIN QUERY PLAN {statement}")
        ]
    long_tables = {"orders", "documents", "order_events", "order_lines", "invoice_lines"}
    walked = {step for step in steps if step.startswith("SCAN") and step.split()[1] in long_tables}
    # The lines are read from their index alone; cancelled papers are few.
    assert walked == {
        "SCAN documents USING INDEX ix_documents_cancelled",
        "SCAN invoice_lines USING COVERING INDEX ix_invoice_lines_sold",
    }
    searched = {step.removesuffix(" LEFT-JOIN") for step in steps if step.startswith("SEARCH")}
    assert {step for step in searched if step.split()[1] in long_tables - {"orders"}} == {
        "SEARCH documents USING COVERING INDEX ix_documents_invoiced (order_id=? AND kind=?)",
        # Of each load of the period: whether it is in another currency.
        "SEARCH documents USING COVERING INDEX ix_documents_order_id (order_id=?)",
        "SEARCH invoice_lines USING INDEX sqlite_autoindex_invoice_lines_1 (invoice_id=?)",
        "SEARCH order_lines USING INDEX ix_order_lines_short (order_id=?)",
        "SEARCH order_events USING INDEX ix_order_events_kind_at (kind=? AND at>? AND at<?)",
    }
