"""Every setting: what may be typed, where it is kept, what it would do, and the trace it leaves."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, time
from functools import partial

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from handlers.settings_table import GROUP_OF, GROUPS, TABLE
from handlers.texts import texts_for
from models import (
    AuditEntry,
    Customer,
    Holiday,
    Invoice,
    Order,
    Product,
    Tariff,
    User,
    VatKind,
    VatRate,
    WorkingHours,
)
from services import company, documents, holidays, mail_texts, schedule, settings_table, vat_table
from services.errors import Conflict, Forbidden, Invalid, NotFound
from services.schedule import Hours
from tests.services import acts

MONDAY = date(2026, 11, 23)
TODAY = date(2026, 11, 20)


def traces(session: Session) -> list[tuple[object, object]]:
    session.flush()
    rows = session.scalars(select(AuditEntry).order_by(AuditEntry.id))
    return [(row.before, row.after) for row in rows]


def test_every_setting_has_words_and_a_place_among_the_screens() -> None:
    assert set(TABLE) == set(settings_table.SETTINGS)
    shown = [field for _, fields in GROUPS.values() for field in fields]
    assert sorted(shown) == sorted(TABLE)
    assert set(GROUP_OF) == set(TABLE)


@pytest.mark.parametrize("language", ["ru", "en"])
@pytest.mark.parametrize("field", TABLE)
def test_examples_and_choices_are_values_themselves(field: str, language: str) -> None:
    entry = TABLE[field]
    assert entry.example or entry.choices
    if entry.example:
        settings_table.check(field, texts_for(language).plain(entry.example))
    for key, _ in entry.choices:
        settings_table.check(field, key)


@pytest.mark.parametrize(
    ("field", "typed", "kept"),
    [
        ("rate_per_km", "12,5", 1250),
        ("minimum_amount", "1 234.50", 123_450),
        ("minimum_amount", "", None),
        ("road_factor", "1,375", 1375),
        ("cutoff_at", "9.05", time(9, 5)),
        ("cutoff_at", "16", time(16)),
        ("hours_0", "9-18", Hours(time(9), time(18))),
        ("hours_0", "с 9:30 — 18.00; обед: 13–14", Hours(time(9, 30), time(18), time(13), time(14))),
        ("hours_0", "", None),
        ("vat_kind", "simplified_7", VatKind.SIMPLIFIED_7),
        ("vat_kind", "", None),
        ("prices_include_vat", "0", False),
        ("invoice_prefix", " СЧ-\n", "СЧ-"),
        ("invoice_prefix", "", ""),
        ("accountant_email", " buh@Veter.RU ", "buh@veter.ru"),
        ("admin_phone", "8 495 000-00-00", "+74950000000"),
        ("currency", " kzt", "KZT"),
        ("timezone", "Asia/Omsk", "Asia/Omsk"),
        ("morning_digest_at", "", None),
    ],
)
def test_what_is_typed_is_understood(field: str, typed: str, kept: object) -> None:
    assert settings_table.check(field, typed) == kept


@pytest.mark.parametrize(
    ("field", "typed", "code"),
    [
        ("rate_per_km", "1000000,01", "sum_form"),
        ("rate_per_km", "", "sum_form"),
        ("road_factor", "5,001", "factor_form"),
        ("window_minutes", "14", "whole_number"),
        ("window_minutes", "1441", "whole_number"),
        ("window_capacity", "0", "whole_number"),
        ("hours_0", "9-13, 14-16, 17-18", "hours_form"),
        ("hours_0", "9-18 за 5 минут", "hours_form"),
        ("hours_0", "9-9", "hours_order"),
        ("hours_0", "9-18 8-10", "hours_break"),
        ("hours_0", "9-18 13-18", "hours_break"),
        ("hours_0", "9-18 14-13", "hours_break"),
        ("hours_0", "9-24", "time_form"),
        ("invoice_prefix", "\u200b", "empty"),
        ("delivery_vat_kind", "", "setting_choice"),
        ("document_language", "de", "setting_choice"),
        ("timezone", "Europe", "zone_form"),
        ("timezone", "/etc/localtime", "zone_form"),
        ("timezone", "", "zone_form"),
        ("currency", "РУБ", "currency_form"),
    ],
)
def test_what_is_no_value_says_what_would_be(field: str, typed: str, code: str) -> None:
    with pytest.raises(Invalid) as caught:
        settings_table.check(field, typed)
    assert caught.value.code == code


@pytest.mark.both_engines
def test_a_change_is_traced_and_none_is_not(session: Session, dmitry: User) -> None:
    for field, text in (
        ("rate_per_km", "15"),
        ("rate_per_km", "15,00"),
        ("hours_0", "10-19 14-15"),
        ("hours_5", "10-15"),
        ("hours_5", ""),
        ("vat_kind", "simplified_5"),
        ("vat_kind", "simplified_5"),
        ("cutoff_at", "15:30"),
    ):
        present = settings_table.shown(session, field)
        settings_table.change(session, field, text, dmitry, instead_of=present)
    assert traces(session) == [
        ({"rate_per_km": 1000}, {"rate_per_km": 1500}),
        ({"hours_0": "09:00–18:00, 13:00–14:00"}, {"hours_0": "10:00–19:00, 14:00–15:00"}),
        ({"hours_5": None}, {"hours_5": "10:00–15:00"}),
        ({"hours_5": "10:00–15:00"}, {"hours_5": None}),
        ({"vat_kind": None}, {"vat_kind": "simplified_5"}),
        ({"cutoff_at": "16:00:00"}, {"cutoff_at": "15:30:00"}),
    ]
    assert session.get_one(WorkingHours, 0).break_from == time(14)


@pytest.mark.parametrize(
    ("field", "theirs", "mine"),
    [("rate_per_km", "20", "15"), ("hours_0", "10-15", ""), ("vat_kind", "simplified_5", "simplified_7")],
)
def test_a_value_that_is_newer_than_the_one_shown_is_not_overwritten(
    session: Session, dmitry: User, field: str, theirs: str, mine: str
) -> None:
    seen = settings_table.shown(session, field)
    settings_table.change(session, field, theirs, dmitry, instead_of=seen)
    newer = settings_table.shown(session, field)
    with pytest.raises(Conflict, match="setting_changed"):
        settings_table.change(session, field, mine, dmitry, instead_of=seen)
    assert settings_table.shown(session, field) == newer != seen
    # What both mean is no conflict.
    settings_table.change(session, field, theirs, dmitry, instead_of=seen)
    settings_table.change(session, field, mine, dmitry, instead_of=newer)
    assert len(traces(session)) == 2


def test_nobody_but_an_administrator_changes_anything(session: Session, anna: User, boris: User) -> None:
    for actor in (anna, boris):
        refused: list[Callable[[], object]] = [
            partial(settings_table.change, session, "rate_per_km", "1", actor, instead_of=1000),
            partial(settings_table.set_place, session, 1.0, 1.0, None, actor),
            partial(holidays.add, session, MONDAY, MONDAY, None, actor),
            partial(holidays.remove, session, MONDAY, actor),
            partial(holidays.rename, session, MONDAY, "x", actor),
            partial(vat_table.add, session, VatKind.STANDARD, 1, MONDAY, actor),
            partial(vat_table.remove, session, VatKind.STANDARD, MONDAY, actor),
        ]
        for act in refused:
            with pytest.raises(Forbidden):
                act()
    assert traces(session) == []
    with pytest.raises(NotFound):
        settings_table.check("bot_token", "1")


@pytest.mark.both_engines
def test_what_would_be_is_seen_and_not_kept(session: Session) -> None:
    tariff = company.tariff(session)
    tariff.radius_km = 77
    seen = settings_table.what_if(session, "rate_per_km", 1500, lambda: company.tariff(session).rate_per_km)
    assert (seen, tariff.rate_per_km, tariff.radius_km) == (1500, 1000, 77)
    option = schedule.windows(session, MONDAY)[0]
    closed = settings_table.what_if(
        session, "hours_0", None, lambda: schedule.calendar(session).refusal(MONDAY)
    )
    assert closed == "date_closed"
    full = settings_table.what_if(
        session, "window_capacity", 3, lambda: schedule.windows(session, MONDAY)[0].places_left
    )
    assert (full, schedule.windows(session, MONDAY)[0]) == (3, option)
    session.expire_all()
    assert session.get_one(Tariff, 1).rate_per_km == 1000


def test_what_fails_while_looking_is_not_kept_either(session: Session) -> None:
    with pytest.raises(ZeroDivisionError):
        settings_table.what_if(session, "rate_per_km", 1500, lambda: 1 // 0)
    assert company.tariff(session).rate_per_km == 1000


def test_the_next_label_takes_no_number(session: Session) -> None:
    firm = company.get(session)
    firm.invoice_prefix, firm.invoice_digits, firm.invoice_start = "СЧ-", 5, 42
    assert [documents.next_label(session, Invoice) for _ in range(2)] == ["СЧ-00042"] * 2


# Holidays


@pytest.mark.parametrize(
    ("typed", "first", "last", "name"),
    [
        ("31.12", date(2026, 12, 31), date(2026, 12, 31), None),
        ("20.11", TODAY, TODAY, None),
        ("19.11", date(2027, 11, 19), date(2027, 11, 19), None),
        ("29.02", date(2028, 2, 29), date(2028, 2, 29), None),
        ("31.12-08.01", date(2026, 12, 31), date(2027, 1, 8), None),
        ("1.1.2027 – 8.1.2027  Новый   год", date(2027, 1, 1), date(2027, 1, 8), "Новый год"),
        ("08.03, Женский день", date(2027, 3, 8), date(2027, 3, 8), "Женский день"),
    ],
)
def test_days_and_ranges_are_understood(typed: str, first: date, last: date, name: str | None) -> None:
    assert holidays.parse(typed, TODAY) == (first, last, name)


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("31.02.2027", "holiday_form"),
        ("32.12", "holiday_form"),
        # A button has room for two digits of the year.
        ("31.12.2126", "holiday_form"),
        ("2027-01-01", "holiday_form"),
        ("08.01.2027-01.01.2027", "holiday_order"),
        ("01.01.2027-01.02.2027", "holiday_long"),
        ("31.12 " + "я" * 101, "too_long"),
    ],
)
def test_what_is_no_day_is_refused(typed: str, code: str) -> None:
    with pytest.raises(Invalid) as caught:
        holidays.parse(typed, TODAY)
    assert caught.value.code == code


def test_a_holiday_closes_the_day_and_leaves_what_is_placed(
    session: Session, dmitry: User, placed: Order
) -> None:
    assert placed.window is not None
    day = placed.window.delivery_on
    assert holidays.add(session, day, day, "Учёт", dmitry) == 1
    assert schedule.calendar(session).refusal(day) == "date_closed"
    assert placed.window.delivery_on == day
    with pytest.raises(Invalid) as caught:
        holidays.add(session, date(2026, 11, 19), day, None, dmitry)
    assert caught.value.code == "date_past"
    holidays.remove(session, day, dmitry)
    assert schedule.calendar(session).refusal(day) is None
    with pytest.raises(NotFound):
        holidays.remove(session, day, dmitry)
    assert traces(session)[-2:] == [(None, {"name": "Учёт"}), ({"name": "Учёт"}, None)]
    assert session.scalars(select(Holiday)).all() == []


def test_of_days_closed_again_only_what_changes_is_traced(session: Session, dmitry: User) -> None:
    new_year, next_day = date(2027, 1, 1), date(2027, 1, 2)
    holidays.add(session, new_year, new_year, "Новый год", dmitry)
    holidays.add(session, new_year, next_day, None, dmitry)
    holidays.add(session, new_year, new_year, "Новый год", dmitry)
    holidays.rename(session, new_year, " ", dmitry)
    assert traces(session) == [(None, {"name": "Новый год"}), (None, {"name": None})]
    assert holidays.get(session, new_year).name == "Новый год"
    holidays.add(session, new_year, next_day, "Каникулы", dmitry)
    assert traces(session)[2:] == [
        ({"name": "Новый год"}, {"name": "Каникулы"}),
        ({"name": None}, {"name": "Каникулы"}),
    ]


def test_what_is_set_to_what_it_is_leaves_no_trace(session: Session, dmitry: User) -> None:
    for _ in range(2):
        settings_table.set_place(session, 55.7, 37.5, None, dmitry)
        mail_texts.put(session, "ru", "note", "Спасибо", dmitry)
        mail_texts.put(session, "en", "note", " ", dmitry)
        company.set_facsimile(session, None, dmitry)
        vat_table.add(session, VatKind.STANDARD, 25, date(2027, 1, 1), dmitry)
    assert [after for _, after in traces(session)] == [
        {"longitude": 37.5},
        {"note": "Спасибо"},
        {"starts_on": "2027-01-01", "percent": 25},
    ]


# The table of VAT


def test_a_new_rate_applies_from_its_day_on(session: Session, dmitry: User) -> None:
    new_year = date(2027, 1, 1)
    before = company.vat_rate(session, VatKind.STANDARD, new_year)
    vat_table.add(session, VatKind.STANDARD, 24, new_year, dmitry)
    assert company.vat_rate(session, VatKind.STANDARD, new_year) == 24
    assert company.vat_rate(session, VatKind.STANDARD, date(2026, 12, 31)) == before
    vat_table.add(session, VatKind.STANDARD, None, new_year, dmitry)
    assert company.vat_rate(session, VatKind.STANDARD, new_year) is None
    vat_table.remove(session, VatKind.STANDARD, new_year, dmitry)
    assert company.vat_rate(session, VatKind.STANDARD, new_year) == before


def test_rates_that_apply_are_not_touched(session: Session, dmitry: User) -> None:
    with pytest.raises(Invalid) as caught:
        vat_table.add(session, VatKind.STANDARD, 24, date(2026, 11, 19), dmitry)
    assert caught.value.code == "vat_past"
    [*_, present] = [row for row in session.scalars(select(VatRate)) if row.starts_on <= TODAY]
    with pytest.raises(NotFound):
        vat_table.remove(session, present.kind, present.starts_on, dmitry)


@pytest.mark.parametrize(
    ("typed", "percent"),
    [
        ("22 с 01.01.2027", 22),
        ("22% 1.1.2027", 22),
        ("0 % from 01.01.2027", 0),
        ("Без  НДС с 01.01.2027", None),
    ],
)
def test_a_rate_is_understood(typed: str, percent: int | None) -> None:
    assert vat_table.parse(typed) == (percent, date(2027, 1, 1))


@pytest.mark.parametrize(
    "typed",
    ["22", "01.01.2027", "100 с 01.01.2027", "22 с 31.02.2027", "22,5 с 01.01.2027", "22 с 01.01.2127"],
)
def test_what_is_no_rate_is_refused(typed: str) -> None:
    with pytest.raises(Invalid) as caught:
        vat_table.parse(typed)
    assert caught.value.code == "vat_form"


@pytest.fixture
def placed(session: Session, anna: User, romashka: Customer, water: Product) -> Order:
    return acts.placed(session, anna, romashka, {water: "1 шт"})
