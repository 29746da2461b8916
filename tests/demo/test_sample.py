from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import func, select

from demo import geocoder, sample
from models import (
    AccessCode,
    AuditEntry,
    Category,
    Customer,
    Database,
    Outlet,
    Product,
    Role,
    StockMovement,
    User,
    VatKind,
    WorkingHours,
)
from services import auth, catalog, company, customers, requisites
from services.errors import NotFound


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, sample.Cast]:
    url = f"sqlite:///{tmp_path_factory.mktemp('sample')}/bot.db"
    return url, sample.prepare(url)


@pytest.fixture
def database(prepared: tuple[str, sample.Cast]) -> Iterator[Database]:
    database = Database(prepared[0])
    yield database
    database.close()


def test_the_cast_has_everybody_the_product_is_for(prepared: tuple[str, sample.Cast]) -> None:
    _, cast = prepared
    assert [(person.telegram_id, person.first_name, person.roles) for person in cast] == [
        (1001, "Анна", (Role.SALES_REP,)),
        (1002, "Борис", (Role.STOREKEEPER,)),
        (1003, "Клара", (Role.SALES_REP,)),
        (1004, "Дмитрий", (Role.ADMIN,)),
        (1005, "Пётр", (Role.STOREKEEPER,)),
        (1006, "Ольга", ()),
    ]
    assert [person.first_name for person in cast if person.code] == ["Ольга"]


def test_the_catalogue_is_a_distributors(database: Database) -> None:
    with database.reading() as session:
        products = session.scalars(select(Product)).all()
        shelves = session.scalars(select(Category)).all()
        top = catalog.shelves(session, None)
        assert len(products) >= 48
        assert len(top) >= 7
        assert any(shelf.parent_id for shelf in shelves)
        assert {product.unit for product in products} == {"шт", "кг"}
        assert {product.vat_kind for product in products} == {VatKind.STANDARD, VatKind.REDUCED}
        assert any(product.on_hand == 0 and product.is_active for product in products)
        assert any(0 < product.on_hand <= 10_000 for product in products)
        assert any(product.on_hand % 1000 for product in products)
        assert any(not product.is_active for product in products)
        assert sum(product.units.get("пал", 0) == 480_000 for product in products) > 3


def test_the_ledger_sums_up_to_the_levels(database: Database) -> None:
    changes = func.sum(StockMovement.on_hand_change)
    with database.reading() as session:
        ledger = select(StockMovement.product_id, changes).group_by(StockMovement.product_id)
        levels = dict(session.execute(ledger).all())
        for product in session.scalars(select(Product)):
            assert levels.get(product.id, 0) == product.on_hand


def test_every_customer_has_sound_requisites_and_a_point_on_the_map(database: Database) -> None:
    with database.reading() as session:
        found = session.scalars(select(Customer)).all()
        assert len(found) == 6
        for customer in found:
            assert customer.inn
            assert requisites.check_inn(customer.inn) == customer.inn
            assert bool(customer.kpp) != requisites.is_sole_proprietor(customer.inn)
            assert all(email.endswith(".example") for email in customer.email_list)
        assert len(session.scalars(select(Outlet)).all()) == 10


def test_the_outlets_are_where_the_demos_map_has_them(database: Database) -> None:
    with database.reading() as session:
        for outlet in session.scalars(select(Outlet)):
            [(place, is_exact)] = geocoder.find_places(outlet.address)
            assert is_exact
            assert (place.latitude, place.longitude) == (outlet.latitude, outlet.longitude)


def test_anna_and_clara_have_customers_of_their_own(database: Database) -> None:
    with database.reading() as session:
        anna, clara = (auth.find_user(session, telegram_id) for telegram_id in (1001, 1003))
        assert anna is not None
        assert clara is not None
        annas, claras = (customers.find(session, rep).items for rep in (anna, clara))
        assert (len(annas), len(claras)) == (4, 2)
        with pytest.raises(NotFound):
            customers.get(session, claras[0].id, anna)


def test_the_seller_can_issue_invoices_that_can_be_paid(database: Database) -> None:
    with database.reading() as session:
        seller, store = company.get(session), company.warehouse(session)
        assert requisites.missing_for_invoice(seller) == []
        assert requisites.account_warnings(seller.bik, seller.account, seller.correspondent_account) == []
        assert seller.inn
        assert requisites.check_inn(seller.inn) == seller.inn
        assert (store.latitude, store.longitude) == (55.8887, 37.5519)
        assert company.tariff(session).rate_per_km == 1000
        assert session.scalars(select(WorkingHours.weekday).order_by(WorkingHours.weekday)).all() == [
            *range(6)
        ]


def test_everything_came_in_through_the_front_door(database: Database) -> None:
    with database.reading() as session:
        dmitry = auth.find_user(session, 1004)
        assert dmitry is not None
        entries = session.scalars(select(AuditEntry).where(AuditEntry.action == "import")).all()
        assert [(entry.subject, entry.user_id) for entry in entries] == [
            ("catalog", dmitry.id),
            ("customers", dmitry.id),
        ]
        assert len(session.scalars(select(AccessCode).where(AccessCode.used_at.is_not(None))).all()) == 4


def test_a_second_start_changes_nothing_but_the_code(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/bot.db"
    first = sample.prepare(url)
    database = Database(url)
    with database.unit_of_work() as session:
        company.get(session).name = "ООО «Переименовано»"
        product = session.scalars(select(Product)).first()
        assert product is not None
        product.price = 1
    second = sample.prepare(url)
    assert [person.roles for person in first] == [person.roles for person in second]
    with database.unit_of_work() as session:
        assert company.get(session).name == "ООО «Переименовано»"
        assert session.scalars(select(Product.price).where(Product.price == 1)).all() == [1]
        assert len(session.scalars(select(Customer)).all()) == 6
        old, new = first[-1].code, second[-1].code
        assert old is not None
        assert new is not None
        redeem = {"name": "Ольга", "username": "olga", "language": "ru"}
        assert auth.redeem(session, 1006, old, **redeem) is None
        assert auth.redeem(session, 1006, new, **redeem) is not None
    third = sample.prepare(url)
    assert (third[-1].roles, third[-1].code) == ((Role.SALES_REP,), None)
    with database.unit_of_work() as session:
        assert len(session.execute(select(User)).unique().all()) == 6
    database.close()
