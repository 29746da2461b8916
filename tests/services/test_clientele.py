from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from models import AuditEntry, Customer, Outlet, User
from services import clientele, company, customers
from services.errors import Conflict, Invalid, NotFound

# Numbers whose check digits are right: a company's, a sole proprietor's.
COMPANY, PROPRIETOR = "7731004518", "500100732259"


def change(
    session: Session, customer: Customer, field: str, text: str | None, actor: User, **more: Any
) -> Any:
    version = more.get("version", customer.version)
    clientele.change(session, customer.id, field, text, actor, version)
    return getattr(customer, field)


def traces(session: Session, subject: str) -> list[tuple[str, Any, Any]]:
    session.flush()
    query = select(AuditEntry).where(AuditEntry.subject == subject).order_by(AuditEntry.id)
    return [(entry.action, entry.before, entry.after) for entry in session.scalars(query)]


@pytest.fixture
def gate(session: Session, romashka: Customer) -> Outlet:
    return customers.add_outlet(session, romashka, "Москва, Тверская улица, 7", 55.75867, 37.6106)


@pytest.mark.parametrize(
    ("field", "typed", "kept"),
    [
        ("name", " ООО  «Ромашка\nи К» ", "ООО «Ромашка и К»"),
        ("inn", COMPANY, COMPANY),
        ("kpp", "773601001", "773601001"),
        ("emails", "a@romashka.example,b@romashka.example", "a@romashka.example, b@romashka.example"),
        ("phone", "8 (495) 120-45-01", "+74951204501"),
        ("address", "Москва,\n Вавилова, 19", "Москва, Вавилова, 19"),
    ],
)
def test_a_field_is_checked_kept_and_traced(
    session: Session, romashka: Customer, anna: User, field: str, typed: str, kept: str
) -> None:
    before = getattr(romashka, field)
    assert change(session, romashka, field, typed, anna) == kept
    assert traces(session, "customer") == [("update", {field: before}, {field: kept})]
    assert romashka.version == 2


@pytest.mark.parametrize(
    ("field", "typed", "code"),
    [
        ("inn", "7731004519", "inn_check_digit"),
        ("emails", "a@", "email_form"),
        ("phone", "позвони", "phone_form"),
        ("name", "", "name_empty"),
        ("address", "я" * 301, "too_long"),
    ],
)
def test_a_bad_value_changes_nothing(
    session: Session, romashka: Customer, anna: User, field: str, typed: str, code: str
) -> None:
    before = getattr(romashka, field)
    with pytest.raises(Invalid) as caught:
        change(session, romashka, field, typed, anna)
    assert caught.value.code == code
    assert (getattr(romashka, field), romashka.version) == (before, 1)
    assert traces(session, "customer") == []


def test_a_field_is_emptied_but_not_the_name(session: Session, romashka: Customer, anna: User) -> None:
    assert change(session, romashka, "emails", None, anna) is None
    for field in ("name", "sales_rep_id", "nosuch"):
        with pytest.raises(NotFound):
            change(session, romashka, field, None, anna)
    assert romashka.name == "ООО «Ромашка»"


def test_the_later_of_two_editors_is_told_what_it_says_now(
    session: Session, romashka: Customer, anna: User, dmitry: User
) -> None:
    change(session, romashka, "phone", "+7 495 000-00-01", dmitry, version=1)
    with pytest.raises(Conflict) as caught:
        change(session, romashka, "phone", "+7 495 000-00-02", anna, version=1)
    assert (caught.value.code, caught.value.params["now"]) == ("customer_changed", "+74950000001")
    assert romashka.phone == "+74950000001"


def test_what_belongs_to_another_rep_is_not_found(
    session: Session, romashka: Customer, gate: Outlet, clara: User, boris: User
) -> None:
    for actor in (clara, boris):
        for act in (
            lambda actor=actor: change(session, romashka, "phone", "+7 495 000-00-01", actor),
            lambda actor=actor: clientele.archive(session, romashka.id, actor),
            lambda actor=actor: clientele.unarchive(session, romashka.id, actor),
            lambda actor=actor: clientele.change_outlet(session, gate.id, "note", "x", actor),
            lambda actor=actor: clientele.archive_outlet(session, gate.id, actor),
        ):
            with pytest.raises(NotFound):
                act()
    assert traces(session, "customer") == traces(session, "outlet") == []


def test_a_sole_proprietor_has_no_kpp(session: Session, romashka: Customer, anna: User) -> None:
    change(session, romashka, "inn", COMPANY, anna)
    change(session, romashka, "kpp", "773601001", anna)
    change(session, romashka, "inn", PROPRIETOR, anna)
    assert romashka.kpp is None
    assert traces(session, "customer")[-1][1:] == (
        {"inn": COMPANY, "kpp": "773601001"},
        {"inn": PROPRIETOR, "kpp": None},
    )
    with pytest.raises(Invalid) as caught:
        change(session, romashka, "kpp", "773601001", anna)
    assert caught.value.code == "kpp_sole_proprietor"


def test_search_follows_what_was_changed(
    session: Session, romashka: Customer, gate: Outlet, anna: User
) -> None:
    def found(text: str) -> list[str]:
        return [customer.name for customer in customers.find(session, anna, text).items]

    change(session, romashka, "name", "ООО «Берёзка»", anna)
    assert found("березка") == found("БЕРЁЗ") == found("тверская 7") == ["ООО «Берёзка»"]
    assert found("ромашка") == []
    clientele.archive_outlet(session, gate.id, anna)
    session.flush()
    assert found("тверская 7") == []


def test_archiving_twice_is_one_step_and_goes_back(session: Session, romashka: Customer, anna: User) -> None:
    for _ in range(2):
        clientele.archive(session, romashka.id, anna)
    session.flush()
    assert customers.find(session, anna).items == ()
    assert customers.archived(session, anna).items == (romashka,)
    for _ in range(2):
        clientele.unarchive(session, romashka.id, anna)
    assert [action for action, *_ in traces(session, "customer")] == ["archive", "unarchive"]
    assert customers.find(session, anna).items == (romashka,)


@pytest.mark.parametrize(
    ("field", "typed", "kept"),
    [
        ("contact", " Зоя\nПетровна ", "Зоя Петровна"),
        ("phone", "8 495 120-45-01", "+74951204501"),
        ("hours", "пн–пт 9–18", "пн–пт 9–18"),
        ("note", "вход со двора 🚪", "вход со двора 🚪"),
    ],
)
def test_an_outlet_s_field_is_kept_and_traced(
    session: Session, gate: Outlet, anna: User, field: str, typed: str, kept: str
) -> None:
    assert getattr(clientele.change_outlet(session, gate.id, field, typed, anna), field) == kept
    assert traces(session, "outlet") == [("update", {field: None}, {field: kept})]
    clientele.change_outlet(session, gate.id, field, typed, anna)
    assert len(traces(session, "outlet")) == 1
    clientele.change_outlet(session, gate.id, field, None, anna)
    clientele.change_outlet(session, gate.id, field, None, anna)
    assert traces(session, "outlet")[1:] == [("update", {field: kept}, {field: None})]


def test_the_same_value_again_leaves_customer_and_trace_alone(
    session: Session, anna: User, romashka: Customer
) -> None:
    version = romashka.version
    clientele.change(session, romashka.id, "name", romashka.name, anna, version)
    assert (romashka.version, traces(session, "customer")) == (version, [])


@pytest.mark.parametrize(
    ("field", "typed", "code"),
    [("note", "я" * 501, "too_long"), ("contact", " \n ", "empty"), ("phone", "нет", "phone_form")],
)
def test_an_outlet_s_bad_value_changes_nothing(
    session: Session, gate: Outlet, anna: User, field: str, typed: str, code: str
) -> None:
    with pytest.raises(Invalid) as caught:
        clientele.change_outlet(session, gate.id, field, typed, anna)
    assert caught.value.code == code
    assert getattr(gate, field) is None


def test_the_place_of_an_outlet_is_no_field(session: Session, gate: Outlet, anna: User) -> None:
    for field in ("latitude", "address", "customer_id"):
        with pytest.raises(NotFound):
            clientele.change_outlet(session, gate.id, field, "1", anna)


def test_an_outlet_out_of_use_is_gone_until_its_address_comes_again(
    session: Session, romashka: Customer, gate: Outlet, anna: User
) -> None:
    clientele.archive_outlet(session, gate.id, anna)
    session.flush()
    assert customers.outlets(session, romashka.id, anna).items == ()
    with pytest.raises(NotFound):
        clientele.archive_outlet(session, gate.id, anna)
    again = customers.add_outlet(session, romashka, gate.address, gate.latitude, gate.longitude)
    assert again is gate
    assert customers.outlets(session, romashka.id, anna).items == (gate,)


def test_papers_are_in_the_customer_s_language_else_in_the_company_s(
    session: Session, romashka: Customer, dmitry: User
) -> None:
    company.get(session).document_language = "en"
    assert clientele.language_of(session, romashka) == "en"
    clientele.set_language(session, romashka.id, "ru", dmitry)
    assert clientele.language_of(session, romashka) == "ru"
