"""People nobody let in: what they may try, and what of it is kept."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from models import AccessAttempt, AuditEntry, Conversation, InboxUpdate, OutboxMessage, Role, User
from runtime.ticker import KEEP_STRANGERS, sweep
from services import auth
from tests.conftest import NOW, Cast
from tests.security.office import ANNA, DMITRY, STRANGER, Office, pressed, typed


def issue(office: Office, cast: Cast, role: Role = Role.ADMIN) -> str:
    with office.database.unit_of_work() as session:
        return auth.issue_code(session, role, "Новый", session.get_one(User, cast.dmitry))


def test_a_thousand_accounts_guess_at_a_hundred_codes_in_vain() -> None:
    """The code's room against what a lock leaves: five tries in fifteen minutes and account."""
    codes = len(set(auth.ALPHABET)) ** auth.CODE_LENGTH
    tries_a_day = auth.MAX_FAILED * (timedelta(days=1) / auth.LOCK_TIME)
    accounts, open_codes, days = 1_000, 100, 3
    assert timedelta(days=days) >= auth.CODE_LIFE
    assert tries_a_day * days * accounts * open_codes / codes < 1e-6


@pytest.mark.parametrize("form", ["{}", "/start {}"])
def test_after_five_wrong_codes_not_even_the_right_one_lets_in(office: Office, cast: Cast, form: str) -> None:
    code = issue(office, cast)
    guesses = [form.format(f"WRONG-{number:05}") for number in range(300)]
    office.give(typed("/start", STRANGER), *(typed(guess, STRANGER) for guess in guesses))
    office.give(typed(form.format(code), STRANGER))
    with office.database.reading() as session:
        assert session.scalar(select(User.id).where(User.telegram_id == STRANGER)) is None
        # One row of wrong codes, one trace, one notice to each administrator.
        assert session.scalar(select(func.count(AccessAttempt.telegram_id))) == 1
        assert session.scalar(select(func.count()).where(AuditEntry.action == "lock")) == 1
        told = select(OutboxMessage.lane).where(OutboxMessage.name == "notice.account_locked")
        assert session.scalars(told).all() == [str(DMITRY)]


def test_staff_guess_no_better(office: Office, cast: Cast) -> None:
    """One who is in cannot try for another role without the same lock."""
    code = issue(office, cast)
    office.give(
        *(typed(f"/start WRONG-{number:05}", ANNA) for number in range(5)), typed(f"/start {code}", ANNA)
    )
    with office.database.reading() as session:
        assert session.get_one(User, cast.anna).roles == {Role.SALES_REP}


def test_a_stranger_is_told_nothing_of_the_company(office: Office) -> None:
    words = [
        "/help",
        "/status",
        "/backup",
        "/orders",
        "/staff",
        "привет",
        "/new",
        "Ромашка",
        "/nosuch",
        "/start",
    ]
    office.give(
        *(typed(word, STRANGER) for word in words), pressed("st", STRANGER), pressed("sf:0", STRANGER)
    )
    said = "\n".join(office.texts(STRANGER))
    assert "Введите код доступа" in said
    for private in ("Ромашка", "Анна", "Дмитрий", "Северный", "7707083893", "Вода"):
        assert private not in said
    assert office.jobs == []


def test_what_strangers_leave_is_swept(office: Office) -> None:
    people = range(STRANGER, STRANGER + 50)
    office.give(
        *(typed("/start", person) for person in people), *(typed("наугад", person) for person in people)
    )
    office.give(typed("/start", ANNA))
    with office.database.unit_of_work() as session:
        assert session.scalar(select(func.count(Conversation.chat_id))) == 51
        assert session.scalar(select(func.count(AccessAttempt.telegram_id))) == 50
        sweep(session)
        assert session.scalar(select(func.count(Conversation.chat_id))) == 51
        now = session.info["now"]
    with office.database.unit_of_work(now + KEEP_STRANGERS + timedelta(days=1)) as session:
        sweep(session)
        assert session.scalars(select(Conversation.chat_id)).all() == [ANNA]
        for table in (AccessAttempt.telegram_id, InboxUpdate.id):
            assert session.scalar(select(func.count(table))) == 0


def test_who_comes_back_after_that_types_the_code_as_before(office: Office, cast: Cast) -> None:
    """The screen is forgotten, the code typed on it is not lost."""
    office.give(typed("/start", STRANGER))
    code = issue(office, cast, Role.STOREKEEPER)
    with office.database.unit_of_work(NOW + timedelta(days=60)) as session:
        sweep(session)
        assert session.get(Conversation, STRANGER) is None
    office.give(typed(code, STRANGER))
    with office.database.reading() as session:
        user = auth.find_user(session, STRANGER)
        assert user is not None
        assert user.roles == {Role.STOREKEEPER}


def test_a_group_is_told_once_however_long_ago(office: Office) -> None:
    chat = {"id": -100, "type": "group", "title": "Склад"}
    office.give(typed("/start", chat=chat))
    with office.database.unit_of_work(NOW + timedelta(days=400)) as session:
        sweep(session)
    office.give(typed("/start", chat=chat))
    assert len(office.texts(-100)) == 1
