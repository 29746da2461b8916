"""A role that is taken away holds from the next press, on whatever screen and with whatever waits."""

from __future__ import annotations

from dataclasses import fields
from itertools import product
from pathlib import Path
from typing import get_type_hints

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from handlers import callbacks
from models import Conversation, Customer, Database, Order, Product, Role, User
from runtime import jobs
from services import loading, notifications
from services.errors import Forbidden
from tests.conftest import NOW, Cast
from tests.flows.test_scope_and_races import example
from tests.security.office import ANNA, BORIS, DMITRY, Office, pressed, typed
from tests.services import acts

REFUSALS = {"Нет доступа.", "Не найдено.", "Эта кнопка устарела. Вот где вы сейчас."}
PEOPLE = {Role.SALES_REP: ANNA, Role.STOREKEEPER: BORIS, Role.ADMIN: DMITRY}


@pytest.fixture
def office(database: Database, cast: Cast) -> Office:
    """Everybody is at the menu; an order is in Борис's hands."""
    office = Office(database)
    with database.unit_of_work() as session:
        acts.in_hand(
            session,
            session.get_one(User, cast.anna),
            session.get_one(Customer, cast.romashka),
            {session.get_one(Product, cast.water): "2 шт"},
            session.get_one(User, cast.boris),
        )
    office.give(*(typed("/start", by) for by in PEOPLE.values()))
    return office


def takes_role(office: Office, telegram_id: int) -> None:
    with office.database.unit_of_work() as session:
        user = session.scalars(select(User).where(User.telegram_id == telegram_id)).unique().one()
        user.grants.clear()


@pytest.mark.parametrize("role", Role)
def test_every_button_of_the_role_is_refused_from_then_on(office: Office, role: Role) -> None:
    by = PEOPLE[role]
    takes_role(office, by)
    tried = 0
    for kind, route in office.router.kinds().items():
        if role not in route.roles or kind.public:
            continue
        tried += 1
        hints = get_type_hints(kind)
        ids = {own.name: 1 for own in fields(kind) if hints[own.name] is int}  # type: ignore[arg-type]
        with office.database.unit_of_work() as session:
            answer, error_id = office.handle(session, pressed(example(kind, dict(ids)), by, message_id=2**40))
        assert error_id is None
        assert answer is not None
        assert answer.text in REFUSALS, kind
    assert tried > 30
    with office.database.reading() as session:
        assert session.scalars(select(Order.status)).one().value == "loading"


@pytest.mark.parametrize("role", Role)
def test_what_is_typed_on_a_screen_of_the_role_is_not_taken(office: Office, cast: Cast, role: Role) -> None:
    by = PEOPLE[role]
    takes_role(office, by)
    with office.database.unit_of_work() as session:
        before = _facts(session)
        for kind, content in office.router._typed:
            if content != "text" or kind.public:
                continue
            session.get_one(Conversation, by).here = callbacks.unpack(example(kind, {})).pack()
            _, error_id = office.handle(session, typed("12", by))
            assert error_id is None
            assert _facts(session) == before, kind


def _facts(session: Session) -> list[object]:
    session.flush()
    names = session.execute(select(Customer.name, Customer.phone)).all()
    levels = session.execute(select(Product.name, Product.on_hand, Product.price)).all()
    return [*names, *levels, *session.execute(select(Order.status, Order.note)).all()]


def test_a_notice_that_waits_is_not_sent_and_a_file_not_made(
    office: Office, cast: Cast, tmp_path: Path
) -> None:
    with office.database.unit_of_work() as session:
        dmitry = session.get_one(User, cast.dmitry)
        notifications.tell(session, dmitry, "handler_failed", error_id="x", name="Анна")
    takes_role(office, DMITRY)
    office.calls.clear()
    office.step()
    assert office.texts(DMITRY) == []
    # Refused before anybody looks at what exactly was wanted.
    for kind in jobs.UPLOADS:
        wanted = {"kind": kind, "user_id": cast.dmitry, "details": {}}
        with pytest.raises(Forbidden):
            jobs.make_upload(office.database, office.processor, tmp_path, wanted)


def test_a_file_of_the_administrator_s_is_made_for_nobody_else(
    office: Office, cast: Cast, tmp_path: Path
) -> None:
    theirs = [(kind, asker) for kind in ("document", "sheet") for asker in (cast.anna, cast.boris)]
    theirs.remove(("sheet", cast.anna))
    for kind, asker in product(jobs.UPLOADS, (cast.anna, cast.boris)):
        wanted = {"kind": kind, "user_id": asker, "details": {}}
        if (kind, asker) not in theirs:
            with pytest.raises(Forbidden):
                jobs.make_upload(office.database, office.processor, tmp_path, wanted)


def test_a_replayed_button_of_what_is_over_changes_nothing(office: Office, cast: Cast) -> None:
    """Every button of a storekeeper's card, pressed again and again after the load: one load, one invoice."""
    buttons = ["l1:1", "l3:1", "l2:1", "l5:1", "l6:1", "l0:1", "l4:1"]
    with office.database.unit_of_work(NOW) as session:
        loading.confirm_load(session, 1, session.get_one(User, cast.boris))
        letters = len(acts.letters(session))
        before = _facts(session)
        for data in buttons * 2:
            _, error_id = office.handle(session, pressed(data, BORIS, message_id=5))
            assert error_id is None
        assert _facts(session) == before
        assert len(acts.letters(session)) == letters > 0
