"""Every kind of button there is, forged with any values, by everybody: an answer, never an error of ours,
nothing of what isn't theirs, and no markup in what people are called.
"""

from __future__ import annotations

import enum
import re
from dataclasses import fields
from datetime import date
from typing import Any, get_args, get_type_hints

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from handlers import callbacks, conversation
from handlers.callbacks import Data
from handlers.requisites import DoubtRequisite, EditRequisite, KeepRequisite
from models import (
    Customer,
    Database,
    Order,
    OrderLine,
    OutboxKind,
    OutboxMessage,
    Product,
    Role,
    User,
)
from services import auth, imports, outbox, uploads
from services.geo import Place
from tests.conftest import NOW, Cast
from tests.security.fuzzing import fuzzed
from tests.security.office import ANNA, BORIS, CLARA, DMITRY, STRANGER, Office, pressed, typed
from tests.services import acts
from tests.services.imports.make import make_catalog

EVERYBODY = [ANNA, BORIS, CLARA, DMITRY, STRANGER]
HOLDERS = {Role.SALES_REP: ANNA, Role.STOREKEEPER: BORIS, Role.ADMIN: DMITRY}
HOSTILE = " <u>\"&amp;'"
LARGE = [2**31, 2**53, 10**18 - 1, 1 - 10**17]
NUMBERS = st.one_of(st.integers(0, 4), st.integers(-1, 9), st.sampled_from(LARGE))
DAYS = st.dates(date(2000, 1, 1), date(2099, 12, 31))
WORDS = [
    "name",
    "phone",
    "email",
    "ru",
    "en",
    "catalog",
    "customers",
    "csv",
    "xlsx",
    "rate_per_km",
    "",
    "0900",
]
TEXTS = st.one_of(
    st.sampled_from(WORDS),
    st.text(st.characters(exclude_characters=":", exclude_categories=["Cs"]), max_size=10),
)


def make_office(database: Database, cast: Cast) -> Office:
    """A company at work: Анна's orders at every stage, a file to apply, a request, a code."""
    with database.unit_of_work(NOW) as session:
        anna, boris, dmitry = (session.get_one(User, key) for key in (cast.anna, cast.boris, cast.dmitry))
        romashka = session.get_one(Customer, cast.romashka)
        water, buckwheat = session.get_one(Product, cast.water), session.get_one(Product, cast.buckwheat)
        # No text of ours underlines: a tag that gets through is somebody's name.
        for named in (anna, boris, dmitry, romashka, water, buckwheat):
            named.name += HOSTILE
        acts.loaded(session, anna, romashka, {buckwheat: "1 кор"}, boris)
        acts.in_hand(session, anna, romashka, {water: "2 упак"}, boris)
        acts.placed(session, anna, romashka, {water: "3 шт"})
        draft = acts.draft(session, anna, romashka, {buckwheat: "5 шт"}, place=Place(HOSTILE, 55.8, 37.6))
        draft.note = HOSTILE
        file = make_catalog({}, {"Артикул": "A-2"})
        uploads.keep(
            session, dmitry, uploads.FileRead(file, imports.check(session, "catalog", file, "a.csv"))
        )
        auth.issue_code(session, Role.SALES_REP, "Новый", dmitry)
        auth.request_access(session, STRANGER, name=HOSTILE, username=None, phone="+7 900", language=None)
        session.flush()
        session.execute(delete(OutboxMessage))
    return Office(database)


def values_of(kind: Any) -> st.SearchStrategy[Any]:
    """Whatever the field of a button may be made to carry."""
    if kind in (int, bool, date, str):
        return {int: NUMBERS, bool: st.booleans(), date: DAYS, str: TEXTS}[kind]
    if isinstance(kind, type) and issubclass(kind, enum.Enum):
        return st.sampled_from(kind)
    return st.one_of(st.none(), values_of(get_args(kind)[0]))


def buttons(code: str) -> st.SearchStrategy[Data]:
    kind = callbacks.known()[code]
    hints = get_type_hints(kind)
    return st.builds(kind, **{own.name: values_of(hints[own.name]) for own in fields(kind)})  # type: ignore[arg-type]


def forged(data: Data) -> str:
    """What the button carries, even where it is more than Telegram lets through."""
    values = (callbacks._to_text(getattr(data, own.name)) for own in fields(data))  # type: ignore[arg-type]
    return ":".join([data.code, *values])


def people_for(office: Office, code: str) -> list[int]:
    """Everybody, those the button is for more often."""
    own = [HOLDERS[role] for role in office.router.kinds()[callbacks.known()[code]].roles]
    return [*own, *own, *EVERYBODY]


def belongings(session: Session, cast: Cast) -> list[tuple[Any, ...]]:
    """All that is Анна's."""
    queries = (
        select(Order.__table__).where(Order.sales_rep_id == cast.anna).order_by(Order.id),
        select(OrderLine.__table__).order_by(OrderLine.id),
        select(Customer.__table__).where(Customer.sales_rep_id == cast.anna).order_by(Customer.id),
    )
    return [tuple(row) for query in queries for row in session.execute(query)]


def is_told(session: Session, chat_id: int, piece: str) -> bool:
    sent = session.scalars(select(OutboxMessage.payload).where(OutboxMessage.lane == str(chat_id)))
    return any(piece in str(payload) for payload in sent)


def went_out(office: Office, session: Session) -> list[str]:
    """Every text with markup that is to be sent, notices in their readers' words."""
    rendered = [
        office.processor._render(session, row)
        for row in outbox.take_due(session)
        if row.kind is OutboxKind.TELEGRAM
    ]
    found = [call[1] for call in rendered if call is not None]
    return [str(params) for params in found if "HTML" in str(params)]


def test_whatever_a_button_is_made_to_carry_the_press_is_answered(database: Database, cast: Cast) -> None:
    office = make_office(database, cast)
    with office.database.unit_of_work(NOW) as unit:
        before, seen = belongings(unit, cast), set[str]()
        for code in sorted(callbacks.known()):

            @fuzzed(3)
            @given(buttons(code), st.sampled_from(people_for(office, code)))
            def is_answered(data: Data, by: int) -> None:
                with unit.begin_nested() as savepoint:
                    answer, error_id = office.handle(unit, pressed(forged(data), by))
                    unit.flush()
                    is_outsider = by in (CLARA, STRANGER)
                    after = belongings(unit, cast) if is_outsider else before
                    told = is_outsider and is_told(unit, by, "Ромашка")
                    texts = went_out(office, unit)
                    savepoint.rollback()
                unit.expire_all()
                assert error_id is None
                assert answer is not None
                assert not [text for text in texts if "<u>" in _without_labels(text)]
                seen.update("&lt;u&gt;" for text in texts if "&lt;u&gt;" in text)
                assert after == before
                assert not told

            is_answered()
        # Else nobody's name was shown, and nothing was tried.
        assert seen


def _without_labels(params: str) -> str:
    """Return a call without what its buttons say: that is no HTML."""
    return re.sub(r"'inline_keyboard': \[\[.*?\]\]", "", params)


@fuzzed(60)
@given(
    st.one_of(
        st.text(max_size=80), st.binary(max_size=80).map(lambda data: data.decode("utf-8", "surrogateescape"))
    ),
    st.sampled_from(EVERYBODY),
)
# More than Telegram carries: what was made of it did not fit the address of a screen.
@example("j:0:a:9007199254740992:9007199254740992:9007199254740992:a::000101", DMITRY)
@example("o:" + "9" * 10_000, ANNA)
@example("o:" + "9" * 40, ANNA)
@example("o:1\0", ANNA)
@example("sl:\ud800", ANNA)
def test_any_bytes_at_all_are_answered(office: Office, data: str, by: int) -> None:
    with office.database.unit_of_work(NOW) as unit, unit.begin_nested() as savepoint:
        answer, error_id = office.handle(unit, pressed(data, by))
        savepoint.rollback()
    assert error_id is None
    assert answer is not None


@pytest.mark.parametrize("data", [EditRequisite(""), DoubtRequisite(""), KeepRequisite("")])
def test_a_requisite_there_is_none_of_is_no_error_of_ours(office: Office, data: Data) -> None:
    for update in (pressed(data.pack(), DMITRY), typed("Вася", DMITRY)):
        with office.database.unit_of_work(NOW) as session:
            conversation.get(session, DMITRY).here = data.pack()
            _, error_id = office.handle(session, update)
        assert error_id is None


def test_a_button_without_data_is_answered(office: Office) -> None:
    office.give(pressed(None))
    assert [answer.query_id for answer in office.answers] == ["q1001"]
    assert office.states() == ["done"]


@fuzzed(40)
@given(st.text(max_size=100), st.sampled_from([ANNA, STRANGER]))
@example("o:1", STRANGER)
@example("a" * 5000, STRANGER)
@example("' OR 1=1 --", STRANGER)
@example("\0", STRANGER)
@example("o:1", CLARA)
def test_a_deep_link_is_a_code_and_nothing_else(office: Office, cast: Cast, payload: str, by: int) -> None:
    """t.me/bot?start=…: an id or a button's data behind it opens no screen and changes nothing."""
    with office.database.unit_of_work(NOW) as unit, unit.begin_nested() as savepoint:
        before = belongings(unit, cast)
        _, error_id = office.handle(unit, typed(f"/start {payload}", by))
        unit.flush()
        assert belongings(unit, cast) == before
        assert by == ANNA or not is_told(unit, by, "Ромашка")
        known = unit.scalars(select(User.telegram_id)).all()
        savepoint.rollback()
    assert error_id is None
    assert STRANGER not in known
