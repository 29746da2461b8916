from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from models import AuditEntry, Customer, Database, Order, OrderStatus, Outlet, Role, User, UserRole
from services import clientele, customers
from services.errors import Conflict, Forbidden, Invalid, NotFound

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
INN = "7707083893"


@dataclass(frozen=True)
class Staff:
    anna: User
    boris: User
    clara: User
    dmitry: User


@pytest.fixture
def session(database: Database) -> Iterator[Session]:
    with database.unit_of_work(NOW) as session:
        yield session


@pytest.fixture
def staff(session: Session) -> Staff:
    def hire(telegram_id: int, name: str, role: Role) -> User:
        user = User(telegram_id=telegram_id, name=name, is_active=True, created_at=NOW)
        user.grants.append(UserRole(role=role))
        session.add(user)
        return user

    cast = Staff(
        anna=hire(1, "Анна", Role.SALES_REP),
        boris=hire(2, "Борис", Role.STOREKEEPER),
        clara=hire(3, "Клара", Role.SALES_REP),
        dmitry=hire(4, "Дмитрий", Role.ADMIN),
    )
    session.flush()
    return cast


def names(found: list[Customer] | tuple[Customer, ...]) -> list[str]:
    return [customer.name for customer in found]


def test_what_was_typed_is_normalised(session: Session, staff: Staff) -> None:
    customer = customers.create(
        session,
        staff.anna,
        name=" ООО «Ромашка» ",
        emails="zakaz@romashka.example,buh@romashka.example",
        inn="7707 083893",
        kpp="770701001",
        phone="8 (495) 123-45-67",
    )
    assert (customer.name, customer.inn, customer.kpp) == ("ООО «Ромашка»", INN, "770701001")
    assert (customer.phone, customer.sales_rep_id) == ("+74951234567", staff.anna.id)
    assert customer.email_list == ["zakaz@romashka.example", "buh@romashka.example"]
    [entry] = session.scalars(select(AuditEntry))
    assert (entry.action, entry.subject, entry.subject_id) == ("create", "customer", str(customer.id))
    assert entry.after is not None
    assert entry.after["inn"] == INN


@pytest.mark.parametrize(
    ("field", "text", "code"),
    [
        ("name", "", "name_empty"),
        ("name", "я" * 161, "name_too_long"),
        ("emails", "a@", "email_form"),
        ("inn", "7707083894", "inn_check_digit"),
        ("kpp", "77070100", "kpp_length"),
        ("phone", "позвоните мне", "phone_form"),
    ],
)
def test_every_field_is_checked(session: Session, staff: Staff, field: str, text: str, code: str) -> None:
    with pytest.raises(Invalid) as caught:
        customers.create(session, staff.anna, **{"name": "Ромашка", field: text})
    assert caught.value.code == code
    assert not session.scalars(select(Customer)).all()


def test_a_sole_proprietor_has_no_kpp(session: Session, staff: Staff) -> None:
    with pytest.raises(Invalid) as caught:
        customers.create(session, staff.anna, name="ИП Котов", inn="500100732259", kpp="770701001")
    assert caught.value.code == "kpp_sole_proprietor"


def test_only_those_who_sell_or_rule_enter_customers(session: Session, staff: Staff) -> None:
    assert customers.create(session, staff.dmitry, name="Ничей").sales_rep_id is None
    with pytest.raises(Forbidden):
        customers.create(session, staff.boris, name="Ромашка")


def test_one_rep_has_an_inn_once(session: Session, staff: Staff) -> None:
    first = customers.create(session, staff.anna, name="Ромашка", inn=INN)
    with pytest.raises(Conflict) as caught:
        customers.create(session, staff.anna, name="Ромашка 2", inn=INN)
    assert caught.value.code == "customer_exists"
    assert caught.value.params == {"customer_id": first.id, "name": "Ромашка"}
    customers.create(session, staff.clara, name="Ромашка", inn=INN)
    first.archived_at = NOW
    session.flush()
    customers.create(session, staff.anna, name="Ромашка снова", inn=INN)


def test_branches_of_one_inn_differ_by_their_kpp(session: Session, staff: Staff) -> None:
    customers.create(session, staff.anna, name="Ромашка", inn=INN, kpp="770701001")
    for kpp in ("770701001", None):
        with pytest.raises(Conflict, match="customer_exists"):
            customers.create(session, staff.anna, name="Ромашка", inn=INN, kpp=kpp)
    customers.create(session, staff.anna, name="Ромашка, филиал", inn=INN, kpp="770745001")


def test_what_comes_back_from_the_archive_is_nobodys_twin(session: Session, staff: Staff) -> None:
    first = customers.create(session, staff.anna, name="Ромашка", inn=INN)
    clientele.archive(session, first.id, staff.anna)
    customers.create(session, staff.anna, name="Ромашка снова", inn=INN)
    with pytest.raises(Conflict, match="inn_taken") as caught:
        clientele.unarchive(session, first.id, staff.anna)
    assert caught.value.params == {"name": "Ромашка снова"}
    assert first.archived_at is not None


def test_an_administrators_twin_is_refused_too(session: Session, staff: Staff) -> None:
    customers.create(session, staff.dmitry, name="Ромашка", inn=INN)
    with pytest.raises(Conflict):
        customers.create(session, staff.dmitry, name="Ромашка", inn=INN)


def test_a_rep_sees_own_customers_an_admin_all_a_storekeeper_none(session: Session, staff: Staff) -> None:
    annas = customers.create(session, staff.anna, name="Астра")
    claras = customers.create(session, staff.clara, name="Василёк")
    customers.create(session, staff.anna, name="Бархатцы").archived_at = NOW
    session.flush()
    assert names(customers.find(session, staff.anna).items) == ["Астра"]
    assert names(customers.find(session, staff.clara).items) == ["Василёк"]
    assert names(customers.find(session, staff.dmitry).items) == ["Астра", "Василёк"]
    assert customers.find(session, staff.boris).items == ()
    assert customers.get(session, annas.id, staff.dmitry) is annas
    for stranger in (staff.clara, staff.boris):
        with pytest.raises(NotFound) as caught:
            customers.get(session, annas.id, stranger)
        assert caught.value.code == "customer"
    staff.clara.is_active = False
    with pytest.raises(NotFound):
        customers.get(session, claras.id, staff.clara)


def test_an_archived_customer_is_found_by_id(session: Session, staff: Staff) -> None:
    customer = customers.create(session, staff.anna, name="Астра")
    customer.archived_at = NOW
    session.flush()
    assert customers.get(session, customer.id, staff.anna) is customer
    assert customers.recent(session, staff.anna) == []


@pytest.mark.parametrize(
    "text",
    [
        "ромаш",
        "ООО ромашка",
        "083893",
        "7707 083893",
        "+7 (495) 123-45-67",
        "8 495 123",
        "8(495)123",
        "8495123",
        "495-123",
        "romashka.example",
        "ленинский 12-14",
        "Елочная",
    ],
)
def test_any_piece_finds_a_customer(session: Session, staff: Staff, text: str) -> None:
    customer = customers.create(
        session,
        staff.anna,
        name="ООО «Ромашка»",
        inn=INN,
        phone="+74951234567",
        emails="zakaz@romashka.example",
    )
    customers.add_outlet(session, customer, "Ленинский пр-т, 12-14", 55.7, 37.58)
    customers.add_outlet(session, customer, "Ёлочная ул., 1", 55.8, 37.6)
    customers.create(session, staff.anna, name="Другой")
    assert names(customers.find(session, staff.anna, text).items) == ["ООО «Ромашка»"]


@pytest.mark.parametrize("text", ["%", "_", "другая фирма", "999", "("])
def test_what_does_not_occur_finds_nobody(session: Session, staff: Staff, text: str) -> None:
    customers.create(session, staff.anna, name="ООО «Ромашка»", inn=INN)
    assert customers.find(session, staff.anna, text).items == ()


def order(session: Session, rep: User, customer: Customer) -> None:
    session.add(
        Order(
            sales_rep_id=rep.id,
            customer_id=customer.id,
            status=OrderStatus.DELIVERED,
            created_at=NOW,
            updated_at=NOW,
        )
    )
    session.flush()


def test_recent_customers_come_by_latest_order_then_newest(session: Session, staff: Staff) -> None:
    a, b, c, d = (customers.create(session, staff.anna, name=name) for name in "АБВГ")
    for customer in (b, a, b, c, a):
        order(session, staff.anna, customer)
    foreign = customers.create(session, staff.clara, name="Д")
    order(session, staff.clara, foreign)
    assert customers.recent(session, staff.anna) == [a, c, b, d]
    assert customers.recent(session, staff.anna, limit=2) == [a, c]
    assert customers.recent(session, staff.dmitry) == [foreign, a, c, b, d]
    assert customers.recent(session, staff.boris) == []


def test_a_customer_handed_over_is_no_longer_recent(session: Session, staff: Staff) -> None:
    customer = customers.create(session, staff.anna, name="Астра")
    order(session, staff.anna, customer)
    customer.sales_rep_id = staff.clara.id
    session.flush()
    assert customers.recent(session, staff.anna) == []


def test_the_same_outlet_again_is_the_same_outlet(session: Session, staff: Staff) -> None:
    customer = customers.create(session, staff.anna, name="Астра")
    first = customers.add_outlet(session, customer, "Ленинский пр-т, 12", 55.7, 37.58)
    assert customers.add_outlet(session, customer, " ЛЕНИНСКИЙ  пр-т, 12", 55.70005, 37.57995) is first
    moved = customers.add_outlet(session, customer, "Ленинский пр-т, 12", 55.71, 37.58)
    other = customers.add_outlet(session, customer, "Ленинский пр-т, 14", 55.7, 37.58)
    assert customers.outlets(session, customer.id, staff.anna).items == (other, moved, first)


def test_an_archived_outlet_comes_back(session: Session, staff: Staff) -> None:
    customer = customers.create(session, staff.anna, name="Астра")
    outlet = customers.add_outlet(session, customer, "Ленинский пр-т, 12", 55.7, 37.58)
    outlet.archived_at = NOW
    session.flush()
    assert customers.outlets(session, customer.id, staff.anna).items == ()
    with pytest.raises(NotFound):
        customers.get_outlet(session, outlet.id, staff.anna)
    assert customers.add_outlet(session, customer, "Ленинский пр-т, 12", 55.7, 37.58) is outlet
    assert customers.get_outlet(session, outlet.id, staff.anna) is outlet


def test_outlets_of_others_are_not_found(session: Session, staff: Staff) -> None:
    customer = customers.create(session, staff.anna, name="Астра")
    outlet = customers.add_outlet(session, customer, "Ленинский пр-т, 12", 55.7, 37.58)
    with pytest.raises(NotFound) as caught:
        customers.get_outlet(session, outlet.id, staff.clara)
    assert caught.value.code == "outlet"
    with pytest.raises(NotFound) as caught:
        customers.outlets(session, customer.id, staff.clara)
    assert caught.value.code == "customer"
    assert customers.get_outlet(session, outlet.id, staff.dmitry) is outlet


@pytest.mark.parametrize(
    ("address", "latitude", "longitude", "code"),
    [
        ("", 55.7, 37.5, "address_empty"),
        ("я" * 301, 55.7, 37.5, "too_long"),
        ("Москва", 0.0, 0.0, "coordinates"),
        ("Москва", 90.1, 37.5, "coordinates"),
        ("Москва", 55.7, -180.5, "coordinates"),
        ("Москва", float("nan"), 37.5, "coordinates"),
    ],
)
def test_an_outlet_is_somewhere(
    session: Session, staff: Staff, address: str, latitude: float, longitude: float, code: str
) -> None:
    customer = customers.create(session, staff.anna, name="Астра")
    with pytest.raises(Invalid) as caught:
        customers.add_outlet(session, customer, address, latitude, longitude)
    assert caught.value.code == code
    assert not session.scalars(select(Outlet)).all()


@pytest.mark.parametrize(
    ("typed", "phone"),
    [
        ("+7 (495) 123-45-67", "+74951234567"),
        ("8 495 123 45 67", "+74951234567"),
        ("74951234567", "+74951234567"),
        ("495\u00a0123–45–67", "+74951234567"),
        ("+375 17 123-45-67", "+375171234567"),
    ],
)
def test_phones_are_kept_in_one_form(typed: str, phone: str) -> None:
    assert customers.check_phone(typed) == phone


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("", "phone_form"),
        ("тел. 123", "phone_form"),
        ("+7 495 ٣٣٣ 45 67", "phone_form"),
        ("123-45-67", "phone_length"),
        ("94951234567", "phone_length"),
        ("+1234567", "phone_length"),
        ("+1234567890123456", "phone_length"),
    ],
)
def test_phones_that_cannot_be_dialled(typed: str, code: str) -> None:
    with pytest.raises(Invalid) as caught:
        customers.check_phone(typed)
    assert caught.value.code == code
