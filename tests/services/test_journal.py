"""The administrator's journal: which orders, what they come to, which of them a file has."""

from datetime import UTC, date, datetime

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from models import Customer, Order, OrderStatus, User
from services import journal
from services.errors import Forbidden
from services.journal import Figures, Filter
from services.orders import Show
from services.periods import Period
from tests.conftest import Cast

pytestmark = pytest.mark.both_engines

# Past midnight in Moscow, still the day before in UTC.
NIGHT = datetime(2026, 10, 31, 21, 30, tzinfo=UTC)
OCTOBER = datetime(2026, 10, 5, 9, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def there(session: Session, cast: Cast) -> None:
    """Seven orders; goods of n hundred, delivery of n."""
    anna, clara = (cast.anna, cast.romashka), (cast.clara, cast.vasilek)
    rows: list[tuple[int, tuple[int, int], OrderStatus, datetime, int | None]] = [
        (1, anna, OrderStatus.DELIVERED, OCTOBER, cast.boris),
        (2, anna, OrderStatus.CANCELLED, OCTOBER, None),
        (3, clara, OrderStatus.LOADED, OCTOBER, cast.petr),
        (4, clara, OrderStatus.REJECTED, NIGHT, cast.petr),
        (5, anna, OrderStatus.PLACED, NIGHT, None),
        (6, anna, OrderStatus.LOADING, NIGHT, cast.boris),
    ]
    for number, (rep, customer), status, at, keeper in rows:
        order = _order(number, rep, customer, status, at)
        order.storekeeper_id = keeper
        order.goods_amount, order.delivery_amount, order.total_amount = number * 100, number, number * 101
        session.add(order)
    session.add(_order(None, cast.anna, cast.romashka, OrderStatus.DRAFT, NIGHT))
    for firm in session.scalars(select(Customer)):
        firm.search_text = firm.name.casefold()
    session.flush()


def _order(number: int | None, rep: int, customer: int, status: OrderStatus, at: datetime) -> Order:
    return Order(
        number=number, sales_rep_id=rep, customer_id=customer, status=status, created_at=at, updated_at=at
    )


def numbers(session: Session, actor: User, wanted: Filter) -> list[int | None]:
    return [order.number for order in journal.find(session, actor, wanted).items]


def test_the_newest_come_first_and_everybody_s_are_there(session: Session, dmitry: User) -> None:
    assert numbers(session, dmitry, Filter()) == [None, 6, 5, 4, 3, 2, 1]


@pytest.mark.parametrize(
    ("show", "expected"),
    [
        (Show.DRAFTS, [None]),
        (Show.WAITING, [5]),
        (Show.LOADING, [6]),
        (Show.UNDER_WAY, [3]),
        (Show.DELIVERED, [1]),
        (Show.CANCELLED, [2]),
        (Show.REJECTED, [4]),
        (Show.ENDED, [4, 2]),
    ],
)
def test_by_status(session: Session, dmitry: User, show: Show, expected: list[int | None]) -> None:
    assert numbers(session, dmitry, Filter(show)) == expected


def test_by_people_customer_and_days_of_the_company_s_clock(
    session: Session, cast: Cast, dmitry: User
) -> None:
    october = Period(date(2026, 10, 1), date(2026, 10, 31))
    november = Period(date(2026, 11, 1), date(2026, 11, 30))
    assert numbers(session, dmitry, Filter(sales_rep_id=cast.clara)) == [4, 3]
    assert numbers(session, dmitry, Filter(storekeeper_id=cast.boris)) == [6, 1]
    assert numbers(session, dmitry, Filter(customer_id=cast.vasilek)) == [4, 3]
    assert numbers(session, dmitry, Filter(period=october)) == [3, 2, 1]
    assert numbers(session, dmitry, Filter(period=november)) == [None, 6, 5, 4]
    assert numbers(session, dmitry, Filter(period=november, sales_rep_id=cast.anna)) == [None, 6, 5]
    every = Filter(Show.LOADING, "ромашка", november, cast.anna, cast.romashka, cast.boris)
    assert numbers(session, dmitry, every) == [6]
    assert numbers(session, dmitry, Filter(Show.REJECTED, storekeeper_id=cast.boris)) == []


def test_by_what_is_typed(session: Session, dmitry: User) -> None:
    assert numbers(session, dmitry, Filter(text="васильк")) == [4, 3]
    assert numbers(session, dmitry, Filter(text="№3")) == [3]
    assert numbers(session, dmitry, Filter(Show.DELIVERED, text="ромашка")) == [1]
    assert numbers(session, dmitry, Filter(text="нет такого")) == []


def test_the_sums_leave_out_what_was_called_off_and_drafts(session: Session, dmitry: User) -> None:
    sums = journal.sums(session, dmitry, Filter())
    assert sums is not None
    # 1 + 3 + 5 + 6 count, 2 and 4 do not.
    assert sums.counted == Figures(4, 1500, 15, 1515)
    assert sums.ended == Figures(2, 600, 6, 606)
    assert (sums.drafts, sums.foreign) == (1, 0)


def test_a_loaded_order_counts_by_what_was_loaded(session: Session, dmitry: User) -> None:
    [third] = journal.find(session, dmitry, Filter(text="№3")).items
    third.loaded_amount = 203
    session.flush()
    sums = journal.sums(session, dmitry, Filter())
    assert sums is not None
    assert sums.counted == Figures(4, 1400, 15, 1415)


def test_the_sums_are_of_the_filter(session: Session, cast: Cast, dmitry: User) -> None:
    sums = journal.sums(session, dmitry, Filter(sales_rep_id=cast.clara))
    assert sums is not None
    assert (sums.counted, sums.ended) == (Figures(1, 300, 3, 303), Figures(1, 400, 4, 404))
    nothing = journal.sums(session, dmitry, Filter(text="нет такого"))
    assert nothing == journal.Sums()


def test_an_order_found_both_ways_is_summed_once(session: Session, cast: Cast, dmitry: User) -> None:
    session.get_one(Customer, cast.romashka).search_text = "магазин 5"
    session.flush()
    sums = journal.sums(session, dmitry, Filter(text="5"))
    assert sums is not None
    assert sums.counted == Figures(3, 1200, 12, 1212)


def test_another_currency_is_counted_and_not_summed(session: Session, dmitry: User) -> None:
    order = journal.find(session, dmitry, Filter(text="№5")).items[0]
    order.currency = "EUR"
    session.flush()
    sums = journal.sums(session, dmitry, Filter())
    assert sums is not None
    assert sums.counted == Figures(3, 1000, 10, 1010)
    assert sums.foreign == 1


def test_too_many_are_not_summed_at_once_but_can_be(session: Session, dmitry: User) -> None:
    assert journal.sums(session, dmitry, Filter(), most=6) is None
    assert journal.sums(session, dmitry, Filter(), most=7) is not None
    assert journal.sums(session, dmitry, Filter(), most=7) == journal.sums(session, dmitry, Filter())


def test_many_fitting_customers_make_the_same_list(
    session: Session, dmitry: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    few = numbers(session, dmitry, Filter(text="о"))
    whole = journal.sums(session, dmitry, Filter(text="о"))
    monkeypatch.setattr(journal, "FEW_CUSTOMERS", 0)
    assert numbers(session, dmitry, Filter(text="о")) == few
    assert journal.sums(session, dmitry, Filter(text="о"), most=1000) is None
    assert journal.sums(session, dmitry, Filter(text="о")) == whole


def test_a_file_has_them_in_the_same_order_up_to_the_limit(
    session: Session, dmitry: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal, "_CHUNK", 2)
    found = [one.order.number for one in journal.listed(session, dmitry, Filter())]
    assert found == [None, 6, 5, 4, 3, 2, 1]
    assert [one.order.number for one in journal.listed(session, dmitry, Filter(), limit=3)] == [None, 6, 5]
    assert [one.invoice for one in journal.listed(session, dmitry, Filter(), limit=1)] == [None]


def test_a_filter_comes_back_from_its_row(cast: Cast) -> None:
    days = Period(date(2026, 10, 1), date(2026, 10, 31))
    for wanted in (Filter(), Filter(Show.LOADING, "ромашка", days, cast.anna, cast.romashka, cast.boris)):
        assert Filter.from_json(wanted.to_json()) == wanted


def test_nobody_but_an_administrator(session: Session, anna: User, boris: User) -> None:
    for actor in (anna, boris):
        with pytest.raises(Forbidden):
            journal.find(session, actor, Filter())
        with pytest.raises(Forbidden):
            journal.sums(session, actor, Filter())
        with pytest.raises(Forbidden):
            list(journal.listed(session, actor, Filter()))
