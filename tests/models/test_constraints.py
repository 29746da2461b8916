from datetime import date, time
from typing import Any

import pytest
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from models import (
    AccessCode,
    AccessRequest,
    Category,
    Company,
    DeliveryWindow,
    Invoice,
    Order,
    OrderLine,
    OrderStatus,
    Outlet,
    PriceList,
    PriceListEntry,
    Product,
    RequestState,
    Reservation,
    Role,
    Tariff,
    Unit,
    User,
    UserRole,
    Warehouse,
    WorkingHours,
)
from tests.conftest import NOW, Cast

pytestmark = pytest.mark.both_engines


def order(cast: Cast, **values: Any) -> Order:
    fields = {"sales_rep_id": cast.anna, "customer_id": cast.romashka, "created_at": NOW, "updated_at": NOW}
    return Order(**{**fields, **values})


def invoice(order_id: int, number: int, **values: Any) -> Invoice:
    fields = {
        "year": 2026,
        "number": number,
        "order_id": order_id,
        "issued_on": date(2026, 11, 20),
        "label": str(number),
        "total_amount": 1,
        "snapshot": "{}",
        "created_at": NOW,
    }
    return Invoice(**{**fields, **values})


def refused(session: Session, *rows: object) -> None:
    with pytest.raises(IntegrityError), session.begin_nested():
        kept(session, *rows)


def kept(session: Session, *rows: object) -> None:
    session.add_all(rows)
    session.flush()


def test_a_rep_has_one_open_draft_per_customer(session: Session, cast: Cast) -> None:
    kept(session, order(cast))
    refused(session, order(cast))
    kept(session, order(cast, customer_id=cast.vasilek), order(cast, sales_rep_id=cast.clara))
    kept(session, order(cast, status=OrderStatus.PLACED), order(cast, status=OrderStatus.PLACED))


def test_an_order_s_number_is_its_own(session: Session, cast: Cast) -> None:
    kept(session, order(cast, number=17, status=OrderStatus.PLACED))
    refused(session, order(cast, number=17, status=OrderStatus.LOADED))


def test_a_product_is_in_an_order_once(session: Session, cast: Cast) -> None:
    draft = order(cast)
    kept(session, draft)
    kept(session, line(draft, cast.water))
    refused(session, line(draft, cast.water))
    kept(session, line(draft, cast.cheese))


def test_a_line_asks_for_something(session: Session, cast: Cast) -> None:
    draft = order(cast)
    kept(session, draft)
    refused(session, line(draft, cast.water, quantity=0))
    refused(session, line(draft, cast.water, loaded_quantity=-1))
    kept(session, line(draft, cast.water, loaded_quantity=0))


def line(draft: Order, product_id: int, **values: Any) -> OrderLine:
    fields = {"order_id": draft.id, "product_id": product_id, "quantity": 1000, "unit": "шт", "factor": 1000}
    return OrderLine(**{**fields, **values})


@pytest.mark.parametrize(
    "levels",
    [
        {"on_hand": -1, "reserved": 0},
        {"on_hand": 5, "reserved": -1},
        {"on_hand": 5, "reserved": 6},
        {"price": -1},
    ],
)
def test_stock_never_goes_below_what_was_promised(
    session: Session, cast: Cast, levels: dict[str, int]
) -> None:
    product = session.get_one(Product, cast.water)
    for name, value in levels.items():
        setattr(product, name, value)
    with pytest.raises(IntegrityError):
        session.flush()
    session.rollback()


def test_a_line_has_one_reservation_and_it_promises_something(session: Session, cast: Cast) -> None:
    draft = order(cast)
    kept(session, draft)
    wanted = line(draft, cast.water)
    kept(session, wanted)
    fields = {"order_line_id": wanted.id, "product_id": cast.water}
    refused(session, Reservation(**fields, quantity=0))
    kept(session, Reservation(**fields, quantity=1))
    session.expunge_all()
    refused(session, Reservation(**fields, quantity=1))


def test_a_document_s_number_is_its_own_within_kind_and_year(session: Session, cast: Cast) -> None:
    one, two = order(cast, status=OrderStatus.LOADED), order(cast, status=OrderStatus.LOADED)
    kept(session, one, two)
    kept(session, invoice(one.id, 1))
    refused(session, invoice(two.id, 1))
    refused(session, invoice(two.id, 0))
    refused(session, invoice(one.id, 2))
    kept(session, invoice(two.id, 1, year=2027), invoice(one.id, 2, revision=1))


def test_what_is_one_of_a_kind_is_there_once(session: Session, cast: Cast) -> None:
    for row in (Company(id=2), Warehouse(id=2), Tariff(id=2)):
        refused(session, row)
    kept(session, PriceList(name="Опт"))
    twins: list[object] = [
        User(telegram_id=1001, name="Двойник", created_at=NOW),
        UserRole(user_id=cast.anna, role=Role.SALES_REP),
        Product(sku="A-1", name="Двойник", category_id=1, unit="шт", price=1),
        Unit(product_id=cast.water, code="упак", factor=1),
        PriceList(name="Опт"),
    ]
    session.expunge_all()
    for twin in twins:
        refused(session, twin)


def test_a_code_and_a_pending_request_are_there_once(session: Session, cast: Cast) -> None:
    def code() -> AccessCode:
        return AccessCode(digest="d" * 64, role=Role.ADMIN, name="Ольга", created_at=NOW, expires_at=NOW)

    def request(state: RequestState) -> AccessRequest:
        return AccessRequest(telegram_id=9, name="Ольга", phone="+7", state=state, created_at=NOW)

    kept(session, code(), request(RequestState.REJECTED), request(RequestState.REJECTED))
    kept(session, request(RequestState.PENDING))
    refused(session, code())
    refused(session, request(RequestState.PENDING))


def test_a_window_begins_once_and_has_no_negative_capacity(session: Session) -> None:
    def window(capacity: int, hour: int) -> DeliveryWindow:
        return DeliveryWindow(
            delivery_on=date(2026, 11, 23), starts_at=time(hour), ends_at=time(18), capacity=capacity
        )

    kept(session, window(0, 9))
    refused(session, window(5, 9))
    refused(session, window(-1, 11))


@pytest.mark.parametrize(
    "row",
    [
        PriceList(name="Даром", discount=10_001),
        PriceList(name="Наценка", discount=-1),
        WorkingHours(weekday=7, opens_at=time(9), closes_at=time(18)),
        Tariff(id=1, rate_per_km=-1),
        Unit(product_id=1, code="пал", factor=0),
        PriceListEntry(price_list_id=1, product_id=1, price=-1),
    ],
    ids=lambda row: type(row).__name__,
)
def test_what_makes_no_sense_is_refused(session: Session, row: Any) -> None:
    kept(session, PriceList(id=1, name="Опт"))
    refused(session, row)


def test_a_row_without_its_parent_is_refused(session: Session, cast: Cast) -> None:
    refused(session, Category(name="Крупы", parent_id=999))
    refused(session, Outlet(customer_id=999, address="?", latitude=1, longitude=1, created_at=NOW))
    refused(session, order(cast, window_id=999))
