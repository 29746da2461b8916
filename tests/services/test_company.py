from datetime import datetime

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from models import AuditEntry, User, Warehouse
from services import company
from services.company import FirstValues
from services.errors import Invalid, NotFound
from tests.conftest import NOW

FIRST = FirstValues(
    warehouse_name="Главный",
    warehouse_address="Химки",
    warehouse_latitude=55.9,
    warehouse_longitude=37.4,
    rate_per_km=1250,
    currency="KZT",
    timezone="Asia/Almaty",
    admin_phone="+7 700 000",
)


def forget_place(store: Warehouse) -> None:
    store.name = store.latitude = store.longitude = None


def test_the_first_values_are_taken_over_once_and_then_the_settings_rule(session: Session) -> None:
    firm, store, tariff = company.get(session), company.warehouse(session), company.tariff(session)
    forget_place(store)
    company.take_first_values(session, FIRST)
    assert (store.name, store.address, store.latitude, store.longitude) == ("Главный", "Химки", 55.9, 37.4)
    assert (firm.currency, firm.timezone, firm.admin_phone) == ("KZT", "Asia/Almaty", "+7 700 000")
    assert (tariff.rate_per_km, firm.initialised_at) == (1250, NOW)
    store.name, tariff.rate_per_km, firm.timezone = "Свой", 0, "Europe/Samara"
    company.take_first_values(session, FIRST)
    assert (store.name, tariff.rate_per_km, firm.timezone) == ("Свой", 0, "Europe/Samara")


def test_a_phone_that_was_taken_away_stays_away(session: Session) -> None:
    company.take_first_values(session, FIRST)
    company.get(session).admin_phone = None
    company.take_first_values(session, FIRST)
    assert company.get(session).admin_phone is None


def test_what_the_environment_does_not_say_stays_empty_until_it_does(session: Session) -> None:
    store = company.warehouse(session)
    forget_place(store)
    company.take_first_values(session, FirstValues())
    assert not store.name
    company.take_first_values(session, FIRST)
    assert (store.name, store.latitude) == ("Главный", 55.9)


def test_now_is_on_the_company_s_clock(session: Session) -> None:
    assert company.local_now(session).replace(tzinfo=None) == datetime(2026, 11, 20, 12, 0)  # noqa: DTZ001
    company.get(session).timezone = "Asia/Vladivostok"
    assert company.local_now(session).replace(tzinfo=None) == datetime(2026, 11, 20, 19, 0)  # noqa: DTZ001


@pytest.mark.parametrize(
    ("field", "typed", "kept"),
    [
        ("name", "  ООО\n«Южный  ветер» ", "ООО «Южный ветер»"),
        ("inn", "7736 050003", "7736050003"),
        ("kpp", "7736-43-001", "773643001"),
        ("bik", "044525187", "044525187"),
        ("correspondent_account", "30101810700000000187", "30101810700000000187"),
        ("phone", "8 (495) 765-43-21", "+74957654321"),
        ("email", "Sklad@Veter.EXAMPLE", "Sklad@veter.example"),
        ("director", "Ветров Д. А.", "Ветров Д. А."),
    ],
)
def test_a_requisite_is_checked_kept_and_leaves_a_trace(
    session: Session, dmitry: User, field: str, typed: str, kept: str
) -> None:
    before = getattr(company.get(session), field)
    company.set_requisite(session, field, typed, dmitry)
    assert getattr(company.get(session), field) == kept
    [entry] = session.scalars(select(AuditEntry))
    assert (entry.user_id, entry.subject, entry.before, entry.after) == (
        *(dmitry.id, "company"),
        {field: before},
        {field: kept},
    )
    company.set_requisite(session, field, kept, dmitry)
    assert len(session.scalars(select(AuditEntry)).all()) == 1


@pytest.mark.parametrize(
    ("field", "typed", "code"),
    [
        ("inn", "7707083894", "inn_check_digit"),
        ("inn", "77070838", "inn_length"),
        ("bik", "четыре", "bik_digits"),
        ("email", "a@", "email_form"),
        ("name", "", "name_empty"),
    ],
)
def test_a_wrong_requisite_changes_nothing(
    session: Session, dmitry: User, field: str, typed: str, code: str
) -> None:
    before = getattr(company.get(session), field)
    with pytest.raises(Invalid) as caught:
        company.set_requisite(session, field, typed, dmitry)
    assert caught.value.code == code
    assert getattr(company.get(session), field) == before
    assert session.scalars(select(AuditEntry)).all() == []


@pytest.mark.parametrize("field", ["currency", "id", "initialised_at", "__class__"])
def test_only_requisites_are_set_this_way(session: Session, dmitry: User, field: str) -> None:
    with pytest.raises(NotFound):
        company.set_requisite(session, field, "1", dmitry)
