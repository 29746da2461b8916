"""What is exported reads back as what is so, whatever people have called things."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from decimal import Decimal

import openpyxl
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from openpyxl.utils import get_column_letter
from sqlalchemy import select
from sqlalchemy.orm import Session

from models import AuditEntry, Customer, Outlet, Product, Role, User, UserRole, VatKind, now_of
from services import catalog, catalog_rows, clientele, customer_rows, customers, exports, imports, requisites
from services.errors import DomainError, Forbidden
from services.exports import Form, What
from tests.conftest import Cast

FORMS: list[Form] = ["csv", "xlsx"]
HOSTILE = [
    *("=1+2", '=HYPERLINK("http://x";"y")', "+7", "-5", "@SUM(A1)", "'=1", "''=1", "'кавычка", "'"),
    *(
        'a"b',
        "a;b,c\td",
        "строка\nстрока",
        "🥛 Молоко 🐄",
        "שמן זית",
        "زيت",
        "№ 1",
        "#N/A",
        "TRUE",
        "1e5",
        "007",
    ),
    *("\u00a0Мёд\u00a0", "a\ufffe", "\ufdd0b", "a\u200bb", "  два  пробела ", "sep=;", "<b>&amp;", "_x0041_"),
]


def again(session: Session, what: What, form: Form, language: str = "ru") -> imports.Report:
    """Check what was just exported."""
    session.flush()
    data = exports.render(session, what, form, language)
    return imports.check(session, what, data, exports.file_name(what, form, now_of(session).date(), language))


def nothing_to_do(report: imports.Report) -> bool:
    return not (report.added or report.changed or report.problems) and bool(report.unchanged)


def typed(text: str) -> str:
    """The name as it is kept, «x» when it comes to nothing."""
    try:
        return catalog.check_line(text, catalog.MAX_NAME)
    except DomainError:
        return "x"


TEXTS = st.one_of(st.sampled_from(HOSTILE), st.text(max_size=30))


@pytest.mark.parametrize("form", FORMS)
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(names=st.lists(TEXTS, min_size=1, max_size=6), description=TEXTS, shelf=TEXTS)
@example(names=HOSTILE, description="=1\n\n'=2", shelf="=Полка")
def test_a_catalogue_reads_back_as_it_is(
    session: Session, form: Form, names: list[str], description: str, shelf: str
) -> None:
    with session.begin_nested() as savepoint:
        category_id = catalog.add_category(session, typed(shelf).replace("/", "|")[:100]).id
        rows = [
            catalog_rows.ProductValues(
                sku=f"{typed(name)[:30]}{number}",
                name=typed(name),
                category_id=category_id,
                unit="шт",
                price=number * 1001,
                description=catalog.check_description(description) or None,
                packages={catalog.read_unit("-кор."): 12_500, "пал": 480_000},
                weight_grams=number * 7,
                minimum=2_500,
                low_stock=(None, 0, 7_500)[number % 3],
                is_active=bool(number % 2),
                vat_kind=list(VatKind)[number % 4],
            )
            for number, name in enumerate(names)
        ]
        catalog_rows.add_products(session, rows, None, "")
        assert nothing_to_do(again(session, "catalog", form))
        savepoint.rollback()
    session.expire_all()


@pytest.mark.parametrize("form", FORMS)
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(names=st.lists(TEXTS, min_size=1, max_size=6), address=TEXTS)
@example(names=HOSTILE, address="=Москва, 1")
def test_customers_read_back_as_they_are(
    session: Session, cast: Cast, form: Form, names: list[str], address: str
) -> None:
    with session.begin_nested() as savepoint:
        place = customer_rows.Place(typed(address), 55.7512345, -37.6)
        values = [
            customer_rows.CustomerValues(
                name=typed(name)[: requisites.MAX_NAME],
                phone="+74951234567",
                address=place.address,
                sales_rep_id=cast.anna if number % 2 else None,
            )
            # Each twice: two reps may have customers of one name.
            for number, name in enumerate([*names, *names])
        ]
        customer_rows.add_customers(session, [(value, place) for value in values])
        assert nothing_to_do(again(session, "customers", form))
        savepoint.rollback()
    session.expire_all()


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("language", ["ru", "en"])
@pytest.mark.parametrize("what", ["catalog", "customers"])
def test_in_both_languages(
    session: Session, romashka: Customer, what: What, form: Form, language: str
) -> None:
    assert nothing_to_do(again(session, what, form, language))


@pytest.mark.parametrize("form", FORMS)
def test_customers_of_one_inn_and_of_reps_of_one_name(
    session: Session, anna: User, clara: User, dmitry: User, form: Form
) -> None:
    clara.name, clara.username = "Анна", "clara"
    for rep in (anna, clara):
        customers.create(session, rep, name="ООО «Лютик»", inn="7736050003")
    gone = User(telegram_id=77, name="Ушёл", created_at=now_of(session), is_active=False)
    gone.grants = [UserRole(role=Role.SALES_REP)]
    session.add(gone)
    session.flush()
    customer_rows.add_customers(
        session,
        [
            ({"name": "Бывший", "sales_rep_id": gone.id}, None),
            ({"name": "Ничей"}, None),
            ({"name": "Ничей"}, None),
        ],
    )
    report = again(session, "customers", form)
    assert nothing_to_do(report)
    assert report.unchanged == 7


def test_who_is_in_the_archive_is_left_out(session: Session, romashka: Customer, anna: User) -> None:
    clientele.archive(session, romashka.id, anna)
    assert [row.values["name"] for row in again(session, "customers", "csv").rows] == ["ИП Васильков"]


def cells(data: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline=""), delimiter=";"))


def test_excel_in_russian_opens_the_csv_and_computes_nothing(session: Session, buckwheat: Product) -> None:
    buckwheat.name, buckwheat.price = '=cmd|" /C calc"!A0', 123_450
    session.flush()
    data = exports.render(session, "catalog", "csv", "ru")
    assert data.startswith(b"\xef\xbb\xbf")
    header, *rows = cells(data)
    row = dict(zip(header, next(row for row in rows if row[0] == "A-1"), strict=True))
    assert row == {
        "Артикул": "A-1",
        "Наименование": """'=cmd|" /C calc"!A0""",
        "Категория": "Бакалея",
        "Ед.": "шт",
        "Цена": "1234,5",
        "НДС": "10",
        "Упаковки": "кор=12, пал=480",
        "Вес, кг": "",
        "Минимум": "",
        "Кратность": "",
        "Мало при": "",
        "Описание": "",
        "Активен": "да",
        "На складе сейчас": "600",
    }
    assert not [cell for row in rows for cell in row if cell.startswith(("=", "+", "-", "@"))]


def test_the_columns_of_a_workbook_are_wide_enough_to_read(session: Session, buckwheat: Product) -> None:
    for language, name in (("ru", "Наименование"), ("en", "name")):
        data = exports.render(session, "catalog", "xlsx", language)
        sheet = openpyxl.load_workbook(io.BytesIO(data)).worksheets[0]
        head = enumerate(sheet[1], start=1)
        widths = {cell.value: sheet.column_dimensions[get_column_letter(place)].width for place, cell in head}
        assert all(width > len(str(title)) for title, width in widths.items())
        assert widths[name] > 40


def test_a_workbook_holds_texts_as_texts_and_numbers_as_numbers(session: Session, buckwheat: Product) -> None:
    buckwheat.name, buckwheat.sku = "=1+2", "007"
    session.flush()
    data = exports.render(session, "catalog", "xlsx", "ru")
    sheet = openpyxl.load_workbook(io.BytesIO(data)).worksheets[0]
    row: Sequence[object] = next(row for row in sheet.iter_rows() if row[0].value == "007")
    types = [(cell.value, cell.data_type) for cell in row[:5]]  # type: ignore[attr-defined]
    assert types == [("007", "s"), ("=1+2", "s"), ("Бакалея", "s"), ("шт", "s"), (89.9, "n")]


def test_what_was_sold_since_is_not_undone_by_a_file_that_comes_back(
    session: Session, buckwheat: Product, dmitry: User
) -> None:
    data = exports.render(session, "catalog", "csv", "ru")
    catalog.update_product(session, buckwheat, {"on_hand": 1_000}, None, "продано")
    report = imports.check_catalog(session, data, "старый.csv")
    assert report.unknown_columns == ("На складе сейчас",)
    assert report.changed == ()


def test_an_outlet_s_place_goes_with_the_address(session: Session, romashka: Customer) -> None:
    romashka.address = "Москва, Вавилова, 19"
    session.add(
        Outlet(
            customer_id=romashka.id,
            address="москва, вавилова, 19",
            latitude=55.7,
            longitude=37.6,
            created_at=now_of(session),
        )
    )
    session.flush()
    header, *rows = cells(exports.render(session, "customers", "csv", "ru"))
    row = next(dict(zip(header, row, strict=True)) for row in rows if row[1] == romashka.name)
    assert (row["Широта"], row["Долгота"], row["Представитель"]) == ("55,7", "37,6", "Анна")
    assert nothing_to_do(again(session, "customers", "csv"))


def test_whoever_takes_it_all_away_leaves_a_trace_and_must_be_an_administrator(
    session: Session, dmitry: User, anna: User
) -> None:
    with pytest.raises(Forbidden):
        exports.note(session, "customers", "csv", anna)
    exports.note(session, "customers", "csv", dmitry)
    session.flush()
    entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "export")).one()
    assert (entry.subject, entry.after, entry.user_id) == ("customers", {"form": "csv"}, dmitry.id)


def test_a_decimal_has_no_exponent_and_no_needless_noughts() -> None:
    assert [exports._comma(Decimal(text)) for text in ("1E+3", "12.500", "0.000001", "0")] == [
        *("1000", "12,5", "0,000001", "0"),
    ]
