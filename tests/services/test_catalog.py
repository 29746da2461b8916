from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models import (
    AuditEntry,
    Category,
    Database,
    MovementKind,
    Product,
    Role,
    StockMovement,
    User,
    UserRole,
    VatKind,
)
from services import catalog
from services.catalog_rows import ProductValues
from services.errors import Conflict, DomainError, Invalid, NotFound

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)


@pytest.fixture
def session(database: Database) -> Iterator[Session]:
    with database.unit_of_work(NOW) as session:
        yield session


@pytest.fixture
def dmitry(session: Session) -> User:
    user = User(telegram_id=4, name="Дмитрий", created_at=NOW)
    user.grants = [UserRole(role=Role.ADMIN)]
    session.add(user)
    session.flush()
    return user


@pytest.fixture
def shelf(session: Session) -> Category:
    return catalog.add_category(session, "Бакалея")


def make(session: Session, shelf: Category, sku: str, name: str, **values: Any) -> Product:
    fields = {"unit": "шт", "price": 8990, **values}
    complete = ProductValues(sku=sku, name=name, category_id=shelf.id, **fields)  # type: ignore[typeddict-item]
    return catalog.add_product(session, complete, None, "Приход")


def test_shelves_are_the_active_ones_of_one_parent_in_their_order(session: Session, shelf: Category) -> None:
    drinks = catalog.add_category(session, "Напитки")
    catalog.add_category(session, "Крупы", shelf.id)
    catalog.add_category(session, "Старое").is_active = False
    drinks.position = -1
    session.flush()
    assert [found.name for found in catalog.shelves(session, None)] == ["Напитки", "Бакалея"]
    assert [found.name for found in catalog.shelves(session, shelf.id)] == ["Крупы"]


def test_shelves_under_one_parent_are_bounded(session: Session) -> None:
    session.add_all(Category(name=f"Полка {number}") for number in range(catalog.MAX_SHELVES + 5))
    assert len(catalog.shelves(session, None)) == catalog.MAX_SHELVES


def test_a_hidden_shelf_is_not_found(session: Session, shelf: Category) -> None:
    assert catalog.category(session, shelf.id) is shelf
    shelf.is_active = False
    for category_id in (shelf.id, 999):
        with pytest.raises(NotFound) as caught:
            catalog.category(session, category_id)
        assert caught.value.code == "category"


def test_products_of_a_shelf_come_by_name_eight_a_page(session: Session, shelf: Category) -> None:
    for number in range(9, 0, -1):
        make(session, shelf, f"S{number}", f"Товар {number}")
    make(session, shelf, "S0", "Снят", is_active=False)
    make(session, catalog.add_category(session, "Другая"), "D1", "Чужой")
    first, second = (catalog.products(session, shelf.id, number) for number in (0, 1))
    assert [found.name for found in first.items] == [f"Товар {number}" for number in range(1, 9)]
    assert first.has_next
    assert [found.name for found in second.items] == ["Товар 9"]
    assert not second.has_next


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("мёд", ["Мед цветочный"]),
        ("ЦВЕТ мед", ["Мед цветочный"]),
        ("ечн", ["Крупа гречневая"]),
        ("b-2", ["Крупа гречневая"]),
        ("крупа мед", []),
        ("100%", ["Сок 100% яблоко"]),
        ("10_%", []),
        ("%", ["Сок 100% яблоко"]),
        ("", ["Крупа гречневая", "Мед цветочный", "Сок 100% яблоко"]),
        ("снят", []),
    ],
)
def test_search_finds_every_word_anywhere(
    session: Session, shelf: Category, text: str, found: list[str]
) -> None:
    make(session, shelf, "A-1", "Мед цветочный")
    make(session, shelf, "B-2", "Крупа гречневая")
    make(session, shelf, "C-3", "Сок 100% яблоко")
    make(session, shelf, "D-4", "Снят", is_active=False)
    assert [product.name for product in catalog.search(session, text).items] == found


def test_a_sku_typed_in_full_comes_first(session: Session, shelf: Category) -> None:
    make(session, shelf, "X", "Арка 1001")
    make(session, shelf, "1001", "Ящик")
    assert [product.sku for product in catalog.search(session, "1001").items] == ["1001", "X"]


def test_a_product_taken_off_sale_is_not_found(session: Session, shelf: Category) -> None:
    product = make(session, shelf, "A-1", "Мед")
    assert catalog.get_product(session, product.id) is product
    product.is_active = False
    for product_id in (product.id, 999):
        with pytest.raises(NotFound) as caught:
            catalog.get_product(session, product_id)
        assert caught.value.code == "product"


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        ("17", True),
        (" 17 ", True),
        ("1", False),
        ("7", False),
        ("17 5", False),
        ("17а", False),
        ("18", False),
    ],
)
def test_a_sku_is_known_only_whole(session: Session, shelf: Category, text: str, is_one: bool) -> None:
    for sku, is_active in (("17", True), ("175", True), ("18", False)):
        values = ProductValues(
            sku=sku, name="5 кор", category_id=shelf.id, unit="шт", price=1, is_active=is_active
        )
        catalog.add_product(session, values, None, "")
    assert catalog.is_sku(session, text) is is_one


def test_a_photo_is_set_once_with_a_trace(session: Session, shelf: Category, dmitry: User) -> None:
    values = ProductValues(sku="17", name="Чай", category_id=shelf.id, unit="шт", price=1)
    product = catalog.add_product(session, values, None, "")
    for file_id in ("a", "a", None):
        catalog.set_photo(session, product, file_id, dmitry)
    session.flush()
    traces = session.scalars(select(AuditEntry).where(AuditEntry.action == "update")).all()
    assert [(trace.user_id, trace.before, trace.after) for trace in traces] == [
        (dmitry.id, {"photo_file_id": None}, {"photo_file_id": "a"}),
        (dmitry.id, {"photo_file_id": "a"}, {"photo_file_id": None}),
    ]
    assert (product.photo_file_id, product.version) == (None, 3)


def test_units_have_the_classifiers_codes() -> None:
    assert [catalog.okei(unit) for unit in ("шт", "кг", "л", "упак", "кор", "пал")] == [
        *("796", "166", "112", "778"),
        *(None, None),
    ]


def test_a_new_product_begins_with_a_receipt(session: Session, shelf: Category, dmitry: User) -> None:
    values = ProductValues(
        sku="A-1",
        name="Мёд",
        category_id=shelf.id,
        unit="шт",
        price=35000,
        vat_kind=VatKind.REDUCED,
        on_hand=24000,
        packages={"кор": 12000},
    )
    product = catalog.add_product(session, values, dmitry, "price.csv")
    assert product.search_text == "a-1 мед"
    assert product.units == {"шт": 1000, "кор": 12000}
    [movement] = session.scalars(select(StockMovement))
    assert (movement.kind, movement.on_hand_change, movement.reserved_change) == (
        *(MovementKind.RECEIPT, 24000, 0),
    )
    assert (movement.user_id, movement.reason, movement.at) == (dmitry.id, "price.csv", NOW)
    [entry] = session.scalars(select(AuditEntry))
    assert (entry.user_id, entry.action, entry.subject, entry.subject_id, entry.before) == (
        *(dmitry.id, "create", "product", str(product.id), None),
    )
    assert entry.after is not None
    assert (entry.after["vat_kind"], entry.after["packages"]) == ("reduced", {"кор": 12000})


def test_a_sku_is_there_once(session: Session, shelf: Category) -> None:
    make(session, shelf, "A-1", "Мед")
    with pytest.raises(Conflict) as caught:
        make(session, shelf, "A-1", "Другой мед")
    assert (caught.value.code, caught.value.params) == ("sku_exists", {"sku": "A-1"})


def test_a_change_keeps_ledger_search_and_trace_in_step(
    session: Session, shelf: Category, dmitry: User
) -> None:
    product = make(session, shelf, "A-1", "Мед", on_hand=24000, packages={"кор": 12000, "пал": 480000})
    changes = ProductValues(name="Мёд липовый", on_hand=20000, packages={"кор": 10000})
    catalog.update_product(session, product, changes, dmitry, "Пересчёт")
    session.flush()
    session.refresh(product)
    assert (product.search_text, product.version) == ("a-1 мед липовый", 2)
    assert product.units == {"шт": 1000, "кор": 10000}
    assert product.on_hand == session.scalar(select(func.sum(StockMovement.on_hand_change))) == 20000
    entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "update")).one()
    assert entry.before == {"name": "Мед", "on_hand": 24000, "packages": {"кор": 12000, "пал": 480000}}
    assert entry.after == {"name": "Мёд липовый", "on_hand": 20000, "packages": {"кор": 10000}}


def test_the_same_level_again_is_no_movement(session: Session, shelf: Category) -> None:
    product = make(session, shelf, "A-1", "Мед", on_hand=24000)
    catalog.update_product(session, product, {"on_hand": 24000}, None, "Пересчёт")
    assert session.scalar(select(func.count()).select_from(StockMovement)) == 1


@pytest.mark.parametrize(
    ("values", "code", "params"),
    [
        ({"on_hand": 4999}, "below_reserved", {"reserved": 5000, "unit": "шт"}),
        ({"unit": "кг"}, "unit_fixed", {"old": "шт", "new": "кг"}),
        ({"packages": {"шт": 12000}}, "package_is_base", {"unit": "шт"}),
    ],
)
def test_what_would_break_the_books_is_refused(
    session: Session,
    shelf: Category,
    values: ProductValues,
    code: str,
    params: dict[str, object],
) -> None:
    product = make(session, shelf, "A-1", "Мед", on_hand=24000)
    product.reserved = 5000
    with pytest.raises(DomainError) as caught:
        catalog.update_product(session, product, values, None, "Пересчёт")
    assert (caught.value.code, caught.value.params) == (code, params)
    assert (product.on_hand, product.unit, product.version) == (24000, "шт", 1)


@pytest.mark.parametrize(
    ("text", "packages"),
    [
        ("кор=12, пал=480", {"кор": 12000, "пал": 480000}),
        ("Кор. = 12; пал=480,", {"кор": 12000, "пал": 480000}),
        ("кор=2,5, пал=20,25", {"кор": 2500, "пал": 20250}),
        ("кор=2.5,пал=20", {"кор": 2500, "пал": 20000}),
        ("", {}),
    ],
)
def test_packages_are_read(text: str, packages: dict[str, int]) -> None:
    assert catalog.check_packages(text) == packages


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("кор", "package_form"),
        ("кор=", "package_form"),
        ("=12", "package_form"),
        ("кор=двенадцать", "package_form"),
        ("кор=12 пал=480", "package_form"),
        ("кор=-12", "package_form"),
        ("кор=12, Кор=6", "package_repeated"),
        ("кор=0", "package_zero"),
        ("кор=1,2345", "number_places"),
        ("кор=99999999", "too_big"),
        (", ".join(f"к{number}=2" for number in range(9)), "packages_too_many"),
        ("очень-длинная-упаковка=2", "too_long"),
    ],
)
def test_packages_that_cannot_be_read(text: str, code: str) -> None:
    with pytest.raises(Invalid) as caught:
        catalog.check_packages(text)
    assert caught.value.code == code


def test_numbers_are_exact_integers() -> None:
    for typed in (
        "12 500,50 ₽",
        "12\u00a0500,50\u00a0₽",
        "12\u2009500.50 руб.",
        "12500,50р",
        "12\u202f500,5 RUB",
    ):
        assert catalog.check_price(typed) == 12_500_50, typed
    assert catalog.check_price("1 234,5") == 123450
    assert catalog.check_quantity("2.125") == 2125
    assert catalog.check_weight("0,75") == 750


@pytest.mark.parametrize(
    ("text", "code", "params"),
    [
        ("-3", "negative", {}),
        ("−3", "negative", {}),
        ("много", "number", {"places": 2}),
        ("1e9", "number", {"places": 2}),
        ("₽", "number", {"places": 2}),
        ("5 коров", "number", {"places": 2}),
        ("1,234", "number_places", {"places": 2}),
        ("100000000,01", "too_big", {"limit": 100_000_000}),
    ],
)
def test_prices_that_cannot_be(text: str, code: str, params: dict[str, object]) -> None:
    with pytest.raises(Invalid) as caught:
        catalog.check_price(text)
    assert (caught.value.code, caught.value.params) == (code, params)


def test_lines_have_limits() -> None:
    assert catalog.check_line(" Мёд \n липовый ", 300) == "Мёд липовый"
    for text, code in (("я" * 301, "too_long"), (" \u200b ", "empty")):
        with pytest.raises(Invalid) as caught:
            catalog.check_line(text, 300)
        assert caught.value.code == code


def test_a_description_keeps_its_lines() -> None:
    assert catalog.check_description(" Состав:\r\n мёд\x00 \n") == "Состав:\nмёд"
    with pytest.raises(Invalid) as caught:
        catalog.check_description("я" * 2001)
    assert caught.value.params == {"length": 2001, "limit": 2000}
