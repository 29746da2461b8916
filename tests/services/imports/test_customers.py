import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models import AuditEntry, Customer, Database, Outlet
from services import customers, drafts, imports
from services.customer_rows import Place
from services.errors import Conflict
from services.imports import FieldChange, Problem, Report
from services.imports.customers import SalesRep
from tests.services import acts
from tests.services.imports.conftest import NOW, Staff, hire_all
from tests.services.imports.make import make_customers

INN = "7707083893"
FULL = {
    "Клиент": "ООО «Ромашка»",
    "ИНН": INN,
    "КПП": "770701001",
    "E-mail": "zakaz@romashka.example, buh@romashka.example",
    "Телефон": "8 (495) 123-45-67",
    "Адрес": "Москва, Ленинский пр-т, 12",
    "Широта": "55,7231",
    "Долгота": "37.5946",
    "Представитель": "Анна",
}


def check(session: Session, *rows: dict[str, str]) -> Report:
    return imports.check_customers(session, make_customers(*rows), "customers.csv")


def load(session: Session, *rows: dict[str, str]) -> Report:
    report = check(session, *rows)
    imports.apply(session, report, None)
    session.flush()
    return report


def customer_of(session: Session, name: str = "ООО «Ромашка»") -> Customer:
    return session.scalars(select(Customer).where(Customer.name == name)).one()


def number_of(session: Session, entity: type[Customer] | type[Outlet]) -> int | None:
    return session.scalar(select(func.count()).select_from(entity))


def problems_of(report: Report) -> list[tuple[int | None, str | None, str]]:
    return [(problem.row, problem.column, problem.code) for problem in report.problems]


def test_a_new_row_becomes_a_customer_with_an_outlet(session: Session, staff: Staff) -> None:
    report = check(session, FULL)
    assert (len(report.added), number_of(session, Customer)) == (1, 0)
    imports.apply(session, report, staff.dmitry)
    customer = customer_of(session)
    assert (customer.inn, customer.kpp, customer.phone) == (INN, "770701001", "+74951234567")
    assert customer.email_list == ["zakaz@romashka.example", "buh@romashka.example"]
    assert (customer.address, customer.sales_rep_id) == ("Москва, Ленинский пр-т, 12", staff.anna.id)
    [outlet] = customers.outlets(session, customer.id, staff.anna).items
    assert (outlet.address, outlet.latitude, outlet.longitude) == (customer.address, 55.7231, 37.5946)
    assert customers.find(session, staff.anna, "ленинский 12").items == (customer,)
    assert customers.find(session, staff.clara).items == ()


def test_a_name_is_enough(session: Session, staff: Staff) -> None:
    load(session, {"Клиент": "Ромашка"})
    customer = customer_of(session, "Ромашка")
    assert (customer.inn, customer.sales_rep_id, customer.outlets) == (None, None, [])
    assert customers.find(session, staff.dmitry).items == (customer,)


def test_the_same_file_again_changes_nothing(session: Session, staff: Staff) -> None:
    rows = (FULL, {"Клиент": "ИП Котов", "ИНН": "500100732259"})
    load(session, *rows)
    again = load(session, *rows)
    assert (again.added, again.changed, again.unchanged) == ((), (), 2)
    assert (number_of(session, Customer), number_of(session, Outlet)) == (2, 1)
    assert customer_of(session).version == 1


def test_a_file_that_names_another_rep_takes_the_drafts_along(session: Session, staff: Staff) -> None:
    load(session, FULL, {"Клиент": "Лютик", "Представитель": "Анна"})
    drafted = [
        drafts.open_for(session, customer_of(session, name).id, staff.anna)
        for name in ("ООО «Ромашка»", "Лютик")
    ]
    load(session, {**FULL, "Представитель": "Клара"})
    for draft in drafted:
        session.refresh(draft)
    assert [draft.sales_rep_id for draft in drafted] == [staff.clara.id, staff.anna.id]
    assert acts.events(session, drafted[0]) == [("reassigned", None)]
    assert acts.notices(session) == ["customers_taken", "customers_given"]


def test_a_change_is_told_field_by_field(session: Session, staff: Staff) -> None:
    load(session, FULL)
    report = check(
        session,
        {
            "Клиент": "ООО «Ромашка плюс»",
            "ИНН": INN,
            "E-mail": "",
            "Телефон": "",
            "Представитель": "@Clara_sales",
        },
    )
    [change] = report.changed
    anna, clara = SalesRep(staff.anna.id, "Анна"), SalesRep(staff.clara.id, "Клара")
    assert change.fields == (
        FieldChange("name", "ООО «Ромашка»", "ООО «Ромашка плюс»"),
        FieldChange("sales_rep", anna, clara),
    )
    imports.apply(session, report, staff.dmitry)
    customer = customer_of(session, "ООО «Ромашка плюс»")
    assert (customer.sales_rep_id, customer.version, len(customer.email_list)) == (staff.clara.id, 2, 2)
    assert customers.find(session, staff.clara, "плюс").items == (customer,)
    entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "update")).one()
    assert (entry.user_id, entry.before) == (
        staff.dmitry.id,
        {"name": "ООО «Ромашка»", "sales_rep_id": staff.anna.id},
    )


def test_a_customer_without_an_inn_is_matched_by_name_and_gets_it(session: Session, staff: Staff) -> None:
    load(session, {"Клиент": "ООО «Ромашка»"})
    report = load(session, {"Клиент": "ооо  «РОМАШКА»", "ИНН": INN})
    assert [part.field for part in report.changed[0].fields] == ["name", "inn"]
    assert number_of(session, Customer) == 1


def test_a_namesake_with_another_inn_is_another_firm(session: Session, staff: Staff) -> None:
    load(session, FULL)
    report = load(session, {"Клиент": "ООО «Ромашка»", "ИНН": "7736050003"})
    assert len(report.added) == 1
    assert number_of(session, Customer) == 2


def test_of_two_matches_the_named_reps_is_meant(session: Session, staff: Staff) -> None:
    for rep in (staff.anna, staff.clara):
        customers.create(session, rep, name="Ромашка", inn=INN)
    row = {"Клиент": "Ромашка", "ИНН": INN, "Телефон": "84951234567"}
    assert problems_of(check(session, row)) == [(2, "ИНН", "customer_ambiguous")]
    load(session, {**row, "Представитель": "1003"})
    assert [customer.phone for customer in session.scalars(select(Customer).order_by(Customer.id))] == [
        *(None, "+74951234567"),
    ]
    assert problems_of(check(session, {"Клиент": "ромашка"})) == [(2, "Клиент", "customer_ambiguous")]


def test_of_branches_the_one_of_the_kpp_is_meant(session: Session, staff: Staff) -> None:
    for kpp in ("770701001", "770745001"):
        customers.create(session, staff.anna, name=f"Ромашка {kpp}", inn=INN, kpp=kpp)
    row = {"Клиент": "Ромашка 770745001", "ИНН": INN, "Телефон": "84951234567"}
    assert problems_of(check(session, row)) == [(2, "ИНН", "customer_ambiguous")]
    load(session, {**row, "КПП": "770745001"})
    assert customer_of(session, "Ромашка 770745001").phone == "+74951234567"
    assert customer_of(session, "Ромашка 770701001").phone is None


def test_an_archived_customer_is_left_in_peace(session: Session, staff: Staff) -> None:
    load(session, FULL)
    customer_of(session).archived_at = NOW
    session.flush()
    assert len(load(session, FULL).added) == 1


def test_outlets_are_added_moved_and_kept(session: Session, staff: Staff) -> None:
    load(session, FULL)
    customer = customer_of(session)
    assert check(session, {**FULL, "Широта": "55,72315"}).unchanged == 1
    moved = load(session, {**FULL, "Широта": "55,73"})
    assert moved.changed[0].fields == (
        FieldChange(
            "outlet",
            Place("Москва, Ленинский пр-т, 12", 55.7231, 37.5946),
            Place("Москва, Ленинский пр-т, 12", 55.73, 37.5946),
        ),
    )
    second = load(session, {**FULL, "Адрес": "Химки, Московская ул., 14"})
    assert [part.field for part in second.changed[0].fields] == ["address", "outlet"]
    found = customers.outlets(session, customer.id, staff.anna).items
    assert [(outlet.address, outlet.latitude) for outlet in found] == [
        ("Химки, Московская ул., 14", 55.7231),
        ("Москва, Ленинский пр-т, 12", 55.73),
    ]
    assert customers.find(session, staff.anna, "химки ленинский").items == (customer,)


@pytest.mark.parametrize(
    ("cells", "column", "code"),
    [
        ({"Клиент": ""}, "Клиент", "cell_empty"),
        ({"Клиент": "я" * 161}, "Клиент", "name_too_long"),
        ({"ИНН": "7707083894"}, "ИНН", "inn_check_digit"),
        ({"ИНН": "123"}, "ИНН", "inn_length"),
        ({"КПП": "1"}, "КПП", "kpp_length"),
        ({"ИНН": "500100732259"}, "КПП", "kpp_sole_proprietor"),
        ({"E-mail": "a@"}, "E-mail", "email_form"),
        ({"Телефон": "звоните"}, "Телефон", "phone_form"),
        ({"Адрес": "я" * 301}, "Адрес", "too_long"),
        ({"Адрес": ""}, "Адрес", "address_empty"),
        ({"Широта": "север"}, "Широта", "degrees"),
        ({"Широта": "95"}, "Широта", "latitude_range"),
        ({"Долгота": "-200"}, "Долгота", "longitude_range"),
        ({"Широта": "0", "Долгота": "0"}, "Широта", "coordinates_zero"),
        ({"Долгота": ""}, "Долгота", "coordinates_incomplete"),
        ({"Представитель": "Зоя"}, "Представитель", "sales_rep_unknown"),
        ({"Представитель": "Дмитрий"}, "Представитель", "sales_rep_unknown"),
    ],
)
def test_a_bad_cell_is_named(
    session: Session, staff: Staff, cells: dict[str, str], column: str, code: str
) -> None:
    assert problems_of(check(session, {**FULL, **cells})) == [(2, column, code)]


def test_two_reps_of_one_name_are_told_apart_by_account(session: Session, staff: Staff) -> None:
    staff.clara.name = "Анна"
    session.flush()
    assert problems_of(check(session, FULL)) == [(2, "Представитель", "sales_rep_ambiguous")]
    assert check(session, {**FULL, "Представитель": "anna_sales"}).can_apply


def test_a_blocked_rep_is_nobody(session: Session, staff: Staff) -> None:
    staff.anna.is_active = False
    assert problems_of(check(session, FULL)) == [(2, "Представитель", "sales_rep_unknown")]


def test_a_kpp_is_not_added_to_a_known_sole_proprietor(session: Session, staff: Staff) -> None:
    load(session, {"Клиент": "ИП Котов", "ИНН": "500100732259"})
    report = check(session, {"Клиент": "ИП Котов", "КПП": "770701001"})
    assert problems_of(report) == [(2, "КПП", "kpp_sole_proprietor")]


@pytest.mark.parametrize(
    ("first", "second", "column"),
    [
        ({"Клиент": "А", "ИНН": INN}, {"Клиент": "Б", "ИНН": INN}, "ИНН"),
        ({"Клиент": "А"}, {"Клиент": " а "}, "Клиент"),
        ({"Клиент": "А", "ИНН": INN}, {"Клиент": "А"}, "Клиент"),
    ],
)
def test_one_firm_stands_in_a_file_once(
    session: Session, first: dict[str, str], second: dict[str, str], column: str
) -> None:
    report = check(session, first, second)
    assert problems_of(report) == [(3, column, "repeated")]
    assert report.problems[0].params["row"] == 2


def test_two_rows_that_match_one_customer_are_refused(session: Session, staff: Staff) -> None:
    load(session, {"Клиент": "Ромашка", "ИНН": INN})
    report = check(session, {"Клиент": "Новое имя", "ИНН": INN}, {"Клиент": "Ромашка"})
    assert report.problems == (Problem(3, "Клиент", "repeated", {"value": "Ромашка", "row": 2}),)


def test_a_report_overtaken_by_a_change_is_refused(session: Session, staff: Staff) -> None:
    report = check(session, FULL)
    customers.create(session, staff.clara, name="Ромашка", inn=INN)
    with pytest.raises(Conflict) as caught:
        imports.apply(session, report, None)
    assert caught.value.code == "import_outdated"
    assert number_of(session, Customer) == 1


INNS = [INN, "7736050003", "7702070139", "7736207543", "500100732259"]
customer_rows = st.lists(
    st.fixed_dictionaries(
        {"Клиент": st.sampled_from(["Ромашка", "Астра", "Мёд", "ИП Котов"]), "ИНН": st.sampled_from(INNS)},
        optional={
            "Телефон": st.sampled_from(["84951234567", "+375171234567"]),
            "E-mail": st.sampled_from(["a@b.example", "a@b.example, c@d.example"]),
            "Представитель": st.sampled_from(["Анна", "@clara_sales"]),
        },
    ),
    max_size=5,
    min_size=1,
    unique_by=lambda row: row["ИНН"],
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40, deadline=None)
@given(first=customer_rows, second=customer_rows)
def test_importing_is_idempotent(
    database: Database, first: list[dict[str, str]], second: list[dict[str, str]]
) -> None:
    with database.unit_of_work(NOW) as session:
        hire_all(session)
        for rows in (first, second):
            load(session, *rows)
        again = check(session, *second)
        assert (again.added, again.changed, again.unchanged) == ((), (), len(second))
        assert number_of(session, Customer) == len({row["ИНН"] for row in first + second})
        session.rollback()
