from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from models import (
    AuditEntry,
    Category,
    Company,
    Database,
    MovementKind,
    Product,
    StockMovement,
    Unit,
    VatKind,
)
from services import catalog, imports
from services.errors import Conflict, Invalid
from services.imports import FieldChange, Problem, Report
from tests.services.imports.conftest import NOW, Staff
from tests.services.imports.make import make_catalog, make_csv, make_xlsx


def check(session: Session, *products: dict[str, str]) -> Report:
    return imports.check_catalog(session, make_catalog(*products), "price.csv")


def load(session: Session, *products: dict[str, str]) -> Report:
    report = check(session, *products)
    imports.apply(session, report, None)
    session.flush()
    return report


def rows_in(session: Session, entity: type[Any]) -> int | None:
    return session.scalar(select(func.count()).select_from(entity))


def product_of(session: Session, sku: str = "A-1") -> Product:
    return session.scalars(select(Product).where(Product.sku == sku)).one()


FULL = {
    "НДС": "10 %",
    "Остаток": "1 200,5",
    "Упаковки": "кор=12, пал=480",
    "Вес, кг": "0,5",
    "Минимум": "6",
    "Кратность": "2",
    "Описание": "Сбор 2026 года",
    "Активен": "да",
}


def test_a_new_row_becomes_a_product(session: Session, staff: Staff) -> None:
    report = check(session, FULL)
    assert (report.can_apply, len(report.added), report.changed, report.unchanged) == (True, 1, (), 0)
    assert rows_in(session, Product) == 0
    imports.apply(session, report, staff.dmitry)
    product = product_of(session)
    assert (product.name, product.unit, product.price) == ("Мёд цветочный", "шт", 35050)
    assert (product.vat_kind, product.on_hand, product.reserved) == (VatKind.REDUCED, 1_200_500, 0)
    assert product.units == {"шт": 1000, "кор": 12000, "пал": 480000}
    assert (product.weight_grams, product.description, product.is_active) == (500, "Сбор 2026 года", True)
    assert (product.minimum, product.multiple) == (6_000, 2_000)
    assert product.search_text == "a-1 мед цветочный"
    assert product.category.name == "Мёд"
    parent = session.get(Category, product.category.parent_id)
    assert parent is not None
    assert (parent.name, parent.parent_id) == ("Бакалея", None)


def test_stock_comes_through_the_ledger(session: Session, staff: Staff) -> None:
    imports.apply(session, check(session, {"Остаток": "24"}), staff.dmitry)
    imports.apply(session, check(session, {"Остаток": "20"}), staff.dmitry)
    imports.apply(session, check(session, {"Остаток": "30"}), staff.dmitry)
    movements = session.scalars(select(StockMovement).order_by(StockMovement.id)).all()
    assert [(movement.kind, movement.on_hand_change) for movement in movements] == [
        (MovementKind.RECEIPT, 24000),
        (MovementKind.ADJUSTMENT, -4000),
        (MovementKind.ADJUSTMENT, 10000),
    ]
    assert {(movement.user_id, movement.reason) for movement in movements} == {(staff.dmitry.id, "price.csv")}
    assert product_of(session).on_hand == 30000


def test_a_change_is_told_field_by_field(session: Session) -> None:
    load(session, FULL)
    changes = {"Цена": "360", "Остаток": "1000", "Упаковки": "кор=10", "НДС": "22", "Активен": "нет"}
    report = check(session, {**FULL, **changes, "Категория": "Сладости"})
    [change] = report.changed
    assert (change.row, change.key) == (2, "A-1")
    assert [part.field for part in change.fields] == [
        *("category", "price", "vat_kind", "on_hand", "packages", "is_active"),
    ]
    assert change.fields[0] == FieldChange("category", "Бакалея / Мёд", "Сладости")
    assert change.fields[1] == FieldChange("price", 35050, 36000)
    assert change.fields[4] == FieldChange("packages", {"кор": 12000, "пал": 480000}, {"кор": 10000})
    imports.apply(session, report, None)
    product = product_of(session)
    assert (product.price, product.on_hand, product.is_active, product.version) == (
        36000,
        1_000_000,
        False,
        2,
    )
    assert product.category.name == "Сладости"
    assert rows_in(session, Unit) == 1


def test_a_minimum_and_a_multiple_are_changed_kept_and_taken_off(session: Session) -> None:
    load(session, {"Минимум": "6", "Кратность": "0,5"})
    load(session, {})
    product = product_of(session)
    assert (product.minimum, product.multiple) == (6_000, 500)
    report = load(session, {"minimum": "0", "Кратность": "2,5"})
    assert report.changed[0].fields == (
        FieldChange("minimum", 6_000, None),
        FieldChange("multiple", 500, 2_500),
    )
    assert (product.minimum, product.multiple) == (None, 2_500)
    assert check(session, {"minimum": "0", "Кратность": "2,5"}).unchanged == 1


def test_twins_of_before_are_told_apart_only_when_written_just_so(session: Session) -> None:
    load(session, {"Артикул": "AB"}, {"Артикул": "B"}, {"Артикул": "Ё"})
    session.execute(update(Product).where(Product.sku == "B").values(sku="ab"))
    report = check(session, {"Артикул": "AB", "Цена": "2"}, {"Артикул": "ab", "Цена": "3"})
    assert [(change.key, change.fields[-1].new) for change in report.changed] == [("AB", 200), ("ab", 300)]
    assert check(session, {"Артикул": "е"}).unchanged == 1
    [problem] = check(session, {"Артикул": "Ab"}).problems
    assert (problem.column, problem.code, problem.params) == ("Артикул", "sku_ambiguous", {"value": "Ab"})


def test_a_price_of_nought_and_a_strange_unit_of_before_are_left_in_peace(session: Session) -> None:
    load(session, {})
    session.execute(update(Product).values(price=0, unit="x+1"))
    row = {"Цена": "0", "Ед.": "x+1"}
    assert check(session, row).unchanged == 1
    load(session, {**row, "Цена": "5"})
    assert [problem.code for problem in check(session, row).problems] == ["price_zero"]


def test_every_change_leaves_a_trace(session: Session, staff: Staff) -> None:
    load(session, {})
    imports.apply(session, check(session, {"Цена": "360"}), staff.dmitry)
    entries = session.scalars(select(AuditEntry).order_by(AuditEntry.id)).all()
    assert [(entry.action, entry.subject, entry.user_id) for entry in entries] == [
        ("import", "catalog", None),
        ("update", "product", staff.dmitry.id),
        ("import", "catalog", staff.dmitry.id),
    ]
    assert (entries[1].before, entries[1].after) == ({"price": 35050}, {"price": 36000})
    assert entries[2].after == {"file": "price.csv", "added": 0, "changed": 1}


def test_what_a_file_does_not_say_stays(session: Session) -> None:
    load(session, FULL, {"Артикул": "A-2", "Остаток": "5"})
    before = product_of(session)
    report = check(session, {"Цена": "360", "Остаток": "", "Упаковки": "", "НДС": "", "Вес, кг": ""})
    assert [part.field for part in report.changed[0].fields] == ["price"]
    imports.apply(session, report, None)
    session.refresh(before)
    assert (before.on_hand, before.vat_kind, before.units["кор"]) == (1_200_500, VatKind.REDUCED, 12000)
    assert product_of(session, "A-2").on_hand == 5000


def test_the_same_file_again_changes_nothing(session: Session) -> None:
    rows = ({**FULL}, {"Артикул": "A-2", "Категория": "Напитки"})
    load(session, *rows)
    again = check(session, *rows)
    assert (again.added, again.changed, again.unchanged, again.problems) == ((), (), 2, ())
    imports.apply(session, again, None)
    assert rows_in(session, StockMovement) == 1
    assert product_of(session).version == 1


def test_categories_are_found_whatever_their_spelling(session: Session) -> None:
    load(session, {"Категория": "Бакалея / Мёд"}, {"Артикул": "A-2", "Категория": "БАКАЛЕЯ  /  мед"})
    report = load(session, {"Артикул": "A-3", "Категория": "бакалея"}, {"Категория": "бакалея / мед"})
    assert report.changed == ()
    shelves = session.scalars(select(Category).order_by(Category.id)).all()
    assert [shelf.name for shelf in shelves] == ["Бакалея", "Мёд"]
    load(session, {"Артикул": "A-4", "Категория": "Чай/кофе"})
    assert rows_in(session, Category) == 3


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("22", VatKind.STANDARD),
        ("22,00%", VatKind.STANDARD),
        ("0.22", VatKind.STANDARD),
        ("10", VatKind.REDUCED),
        ("0", VatKind.ZERO),
        ("без НДС", VatKind.EXEMPT),
        ("Без ндс", VatKind.EXEMPT),
        ("5", VatKind.SIMPLIFIED_5),
        ("", VatKind.STANDARD),
    ],
)
def test_vat_is_read_by_the_rates_of_the_day(session: Session, text: str, kind: VatKind) -> None:
    load(session, {"НДС": text})
    assert product_of(session).vat_kind is kind


def test_the_rates_of_another_day_are_others(database: Database) -> None:
    with database.unit_of_work(NOW.replace(year=2025)) as session:
        assert check(session, {"НДС": "20"}).can_apply
        assert not check(session, {"НДС": "22"}).can_apply


def test_a_seller_under_a_special_regime_has_its_own_default(session: Session) -> None:
    company = session.get(Company, 1)
    assert company is not None
    company.vat_kind = VatKind.EXEMPT
    load(session, {})
    assert product_of(session).vat_kind is VatKind.EXEMPT


@pytest.mark.parametrize(
    ("cells", "column", "code"),
    [
        ({"Артикул": ""}, "Артикул", "cell_empty"),
        ({"Артикул": "A" * 41}, "Артикул", "too_long"),
        ({"Наименование": "я" * 301}, "Наименование", "too_long"),
        ({"Категория": "Бакалея /  / Мёд"}, "Категория", "empty"),
        ({"Категория": "а / б / в / г / д / е"}, "Категория", "category_too_deep"),
        ({"Категория": "я" * 121}, "Категория", "too_long"),
        ({"Ед.": "килограммы-нетто"}, None, None),
        ({"Ед.": "килограммов нетто"}, "Ед.", "too_long"),
        ({"Ед.": "=SUM(1)"}, "Ед.", "unit_form"),
        ({"Ед.": "усл. ед"}, None, None),
        ({"Ед.": "М²."}, None, None),
        ({"Цена": "0"}, "Цена", "price_zero"),
        ({"Цена": "дорого"}, "Цена", "number"),
        ({"Цена": "-1"}, "Цена", "negative"),
        ({"Цена": "1,234.50"}, "Цена", "number"),
        ({"Цена": "0,001"}, "Цена", "number_places"),
        ({"НДС": "18"}, "НДС", "vat_unknown"),
        ({"НДС": "высокий"}, "НДС", "vat_percent"),
        ({"Остаток": "-5"}, "Остаток", "negative"),
        ({"Остаток": "99999999"}, "Остаток", "too_big"),
        ({"Упаковки": "кор"}, "Упаковки", "package_form"),
        ({"Упаковки": "шт=12"}, "Упаковки", "package_is_base"),
        ({"Вес, кг": "тяжёлый"}, "Вес, кг", "number"),
        ({"Описание": "я" * 2001}, "Описание", "too_long"),
        ({"Активен": "может быть"}, "Активен", "yes_or_no"),
    ],
)
def test_a_bad_cell_is_named(
    session: Session, cells: dict[str, str], column: str | None, code: str | None
) -> None:
    report = check(session, cells, {"Артикул": "A-2"})
    found = [(problem.row, problem.column, problem.code) for problem in report.problems]
    assert found == ([(2, column, code)] if code else [])


@pytest.mark.parametrize("above", ["", "Напитки / "])
def test_shelves_for_which_there_is_no_room_are_refused_row_by_row(session: Session, above: str) -> None:
    load(session, {"Категория": f"{above}Полка 0"}, {"Артикул": "A-0", "Категория": f"{above}Полка 1"})
    full = [
        {"Артикул": f"B-{number}", "Категория": f"{above}Полка {number}"}
        for number in range(catalog.MAX_SHELVES)
    ]
    more = [{**full[0], "Артикул": "C-1"}, {"Артикул": "C-2", "Категория": f"{above}полка 5 / Новая"}]
    assert check(session, *full, *more).problems == ()
    over = ["Лишняя", "ЛИШНЯЯ", "Другая / Новая"]
    rows = [{"Артикул": f"D-{number}", "Категория": f"{above}{name}"} for number, name in enumerate(over)]
    report = check(session, *full, *rows, *more)
    first = len(full) + 2
    assert [(problem.row, problem.column, problem.code) for problem in report.problems] == [
        (first + number, "Категория", "shelves_too_many") for number in range(len(over))
    ]
    load(session, *full, *more)
    parent = session.scalar(select(Category.id).where(Category.name == "Напитки"))
    assert len(catalog.shelves(session, parent, with_hidden=True)) == catalog.MAX_SHELVES


def test_all_bad_rows_are_named_at_once(session: Session) -> None:
    report = check(
        session,
        {"Цена": "дорого", "Остаток": "много"},
        {"Артикул": "A-2"},
        {"Артикул": "A-2", "Цена": "1"},
        {"Артикул": "A-3", "НДС": "18"},
    )
    assert [(problem.row, problem.column, problem.code) for problem in report.problems] == [
        (2, "Цена", "number"),
        (2, "Остаток", "number"),
        (4, "Артикул", "repeated"),
        (5, "НДС", "vat_unknown"),
    ]
    assert report.problems[2].params == {"value": "A-2", "row": 3}


def test_nothing_is_written_while_one_row_is_bad(session: Session) -> None:
    report = check(session, {}, {"Артикул": "A-2", "Цена": "дорого"})
    with pytest.raises(Invalid) as caught:
        imports.apply(session, report, None)
    assert (caught.value.code, caught.value.params) == ("import_has_problems", {"problems": 1})
    assert [rows_in(session, entity) for entity in (Product, Category, StockMovement, AuditEntry)] == [0] * 4


def test_stock_never_falls_below_what_is_promised(session: Session) -> None:
    load(session, {"Остаток": "24"})
    product_of(session).reserved = 10000
    session.flush()
    assert check(session, {"Остаток": "10"}).can_apply
    assert check(session, {"Остаток": ""}).can_apply
    report = check(session, {"Остаток": "9,999"})
    params = {"reserved": 10000, "unit": "шт"}
    assert report.problems == (Problem(2, "Остаток", "below_reserved", params),)


def test_the_base_unit_of_a_known_product_stays(session: Session) -> None:
    load(session, {})
    report = check(session, {"Ед.": "кг"})
    assert report.problems == (Problem(2, "Ед.", "unit_fixed", {"old": "шт", "new": "кг"}),)
    assert check(session, {"Ед.": "Шт."}).can_apply


@pytest.mark.parametrize("meanwhile", ["price", "reserved", "added", "category"])
def test_a_report_overtaken_by_a_change_is_refused(session: Session, meanwhile: str) -> None:
    load(session, {"Остаток": "24"})
    report = check(session, {"Остаток": "10", "Категория": "Бакалея"}, {"Артикул": "A-2"})
    product = product_of(session)
    if meanwhile == "price":
        product.price = 1
    elif meanwhile == "reserved":
        product.reserved = 11000
    elif meanwhile == "added":
        load(session, {"Артикул": "A-2", "Цена": "1"})
    else:
        product.category.name = "Сиропы"
    session.flush()
    with pytest.raises(Conflict) as caught:
        imports.apply(session, report, None)
    assert caught.value.code == "import_outdated"
    assert product.on_hand == 24000


def test_a_report_is_applied_once(session: Session) -> None:
    report = load(session, {"Остаток": "24"})
    with pytest.raises(Conflict):
        imports.apply(session, report, None)
    assert rows_in(session, Product) == 1


def test_a_failure_in_the_middle_leaves_nothing(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    with database.unit_of_work() as session:
        load(session, {"Остаток": "24"})

    def crash(*_: object) -> None:
        raise RuntimeError("power cut")

    monkeypatch.setattr("services.catalog_rows.update_products", crash)
    with pytest.raises(RuntimeError, match="power cut"), database.unit_of_work() as session:
        load(session, {"Остаток": "10"}, {"Артикул": "A-2", "Категория": "Новая"})
    with database.unit_of_work() as session:
        assert (rows_in(session, Product), rows_in(session, Category)) == (1, 2)
        assert product_of(session).on_hand == 24000


def test_a_spreadsheet_says_the_same(session: Session) -> None:
    header = ["sku", "name", "category", "unit", "price", "vat", "on_hand", "is_active"]
    row = [1001, "Мёд", "Бакалея", "шт", 350.5, 0.1, 24, True]
    imports.apply(session, imports.check_catalog(session, make_xlsx([header, row]), "price.xlsx"), None)
    product = product_of(session, "1001")
    assert (product.price, product.vat_kind, product.on_hand) == (35050, VatKind.REDUCED, 24000)


def test_what_looks_like_a_formula_is_a_name(session: Session) -> None:
    load(session, {"Наименование": '=HYPERLINK("http://x")', "Описание": "+7, @x"})
    product = product_of(session)
    assert (product.name, product.description) == ('=HYPERLINK("http://x")', "+7, @x")


word = st.text(alphabet="абвёжАБЯ xyz019-+=@'\"%,.;", min_size=1, max_size=20).map(lambda text: f"я{text}я")
number = st.integers(0, 10**9).map(lambda thousandths: f"{thousandths // 1000},{thousandths % 1000:03}")
product_rows = st.lists(
    st.fixed_dictionaries(
        {
            "Артикул": st.integers(1, 10**6).map(str),
            "Наименование": word,
            "Категория": st.lists(word.map(lambda text: text.replace("/", "")), min_size=1, max_size=3).map(
                " / ".join
            ),
            "Цена": st.integers(1, 10**7).map(lambda kopecks: f"{kopecks / 100:.2f}"),
        },
        optional={
            "НДС": st.sampled_from(["22", "10", "0", "без НДС"]),
            "Остаток": number,
            "Упаковки": st.sampled_from(["кор=12", "пал=480, кор=12", "меш=2,5"]),
            "Описание": word,
            "Активен": st.sampled_from(["да", "нет"]),
        },
    ),
    min_size=1,
    max_size=8,
    unique_by=lambda row: row["Артикул"],
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40, deadline=None)
@given(first=product_rows, second=product_rows)
def test_whatever_the_files_importing_is_idempotent_and_the_ledger_sums_up(
    database: Database, first: list[dict[str, str]], second: list[dict[str, str]]
) -> None:
    with database.unit_of_work(NOW) as session:
        for rows in (first, second):
            load(session, *rows)
        again = check(session, *second)
        assert (again.added, again.changed, again.unchanged) == ((), (), len(second))
        changes = func.sum(StockMovement.on_hand_change)
        ledger = select(StockMovement.product_id, changes).group_by(StockMovement.product_id)
        levels = dict(session.execute(ledger).all())
        for product in session.scalars(select(Product)):
            assert levels.get(product.id, 0) == product.on_hand
        session.rollback()


def test_the_order_of_columns_and_the_language_do_not_matter(session: Session) -> None:
    english = make_csv(
        [
            ["price", "unit", "category", "name", "sku", "weight_kg"],
            ["350.50", "шт", "Бакалея / Мёд", "Мёд цветочный", "A-1", "0.5"],
        ],
        separator="\t",
        encoding="utf-16",
    )
    load(session, {"Вес, кг": "0,5"})
    assert imports.check_catalog(session, english, "price.txt").unchanged == 1
