"""Whatever is typed or sent on whatever screen: taken, or refused in a sentence, never an error of ours."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from handlers.callbacks import Data
from models import Conversation, Database, Role
from tests.conftest import NOW, Cast
from tests.security.fuzzing import fuzzed
from tests.security.office import JSON, Office, typed
from tests.security.test_forged_buttons import HOLDERS, buttons, forged, make_office

NASTY = [
    *(
        "",
        " ",
        "\n",
        "0",
        "-1",
        "−5",
        "½",
        "٣",
        "1e309",
        "1e9",
        "9" * 400,
        "0." + "0" * 400 + "1",
        "1,5",
        "NaN",
        "inf",
    ),
    *(
        "'; DROP TABLE users; --",
        "<b>x",
        "&lt;",
        "{name}",
        "%s",
        "a:b",
        "../../etc/passwd",
        "\u202eabc",
        "a\r\nBcc: x@y",
    ),
    *(
        "я" * 4096,
        "🐄" * 2000,
        "a" * 4096,
        "x@" + "y" * 300 + ".example",
        "12 шт",
        "5 кор",
        "2,5 кг",
        "09:00-18:00",
    ),
    *("31.12.2026", "32.13.9999", "00.00.0000", "7707083893", "40702810138250123017", "+7 (495) 123-45-67"),
    *("55.75, 37.61", "/", "/start@x y", "=1+1", "\u2028", "\ufeff", "\ufffe", "İ" * 50, "ß" * 200, "100%"),
]
TEXTS = st.one_of(st.sampled_from(NASTY), st.text(max_size=30))
DEGREES = st.one_of(
    st.sampled_from([0, 1e308, -1e308, 91.0, -180.0, 55.7]), st.floats(allow_nan=False, width=32)
)
FILE: JSON = {"file_id": "f", "file_unique_id": "u"}
SENT: dict[str, st.SearchStrategy[Any]] = {
    "text": TEXTS,
    "location": st.builds(lambda lat, lon: {"latitude": lat, "longitude": lon}, DEGREES, DEGREES),
    "venue": st.builds(
        lambda lat, text: {"location": {"latitude": lat, "longitude": 37.6}, "title": text, "address": text},
        DEGREES,
        TEXTS,
    ),
    "document": st.builds(
        lambda name, size: {**FILE, "file_name": name, "file_size": size},
        st.one_of(TEXTS, st.sampled_from(["a.csv", "a.xlsx", "a.png", "a.xls"])),
        st.sampled_from([None, 0, 10, 10**7 + 1, 2**62]),
    ),
    "photo": st.builds(lambda n: [{**FILE, "width": 1, "height": 1, "file_size": 1}] * n, st.integers(1, 3)),
    "contact": st.builds(
        lambda phone, by: {"phone_number": phone, "first_name": phone, "user_id": by},
        TEXTS,
        st.sampled_from([None, 1, 9001, 2**60]),
    ),
}


def test_whatever_is_sent_to_a_screen_is_answered(database: Database, cast: Cast) -> None:
    office = make_office(database, cast)
    kinds = office.router.kinds()
    with office.database.unit_of_work(NOW) as unit:
        for kind, content in sorted(office.router._typed, key=str):
            roles = kinds[kind].roles if kind in kinds else frozenset()
            people = [HOLDERS[role] for role in roles] or [*HOLDERS.values()]

            @fuzzed(4)
            @given(
                buttons(kind.code), st.fixed_dictionaries({content: SENT[content]}), st.sampled_from(people)
            )
            def is_answered(here: Data, what: Any, by: int) -> None:
                with unit.begin_nested() as savepoint:
                    talk = unit.get(Conversation, by) or Conversation(chat_id=by, form={}, screen=1)
                    talk.here, talk.after_message_id, talk.has_photo = forged(here), 5, False
                    unit.add(talk)
                    update = typed(None, by)
                    update["message"].update(what)
                    _, error_id = office.handle(unit, update)
                    unit.flush()
                    savepoint.rollback()
                unit.expire_all()
                assert error_id is None

            is_answered()


@pytest.mark.parametrize(
    ("here", "text"),
    [
        # Found by the property above: the last step entered a customer without a name.
        ("np", "+7 (495) 123-45-67"),
        ("ne", "a@b.example"),
        ("ni", "7707083893"),
        ("nk", "773601001"),
        ("aer", "1"),
    ],
)
def test_a_step_of_a_form_that_is_forgotten_begins_anew(office: Office, here: str, text: str) -> None:
    by = HOLDERS[Role.ADMIN] if here == "aer" else HOLDERS[Role.SALES_REP]
    office.give(typed("/start", by))
    with office.database.unit_of_work() as session:
        session.get_one(Conversation, by).here = here
    office.give(typed(text, by))
    assert office.states() == ["done", "done"]


@fuzzed(60)
@given(st.text(max_size=40))
@example("/" + "я" * 4000)
@example("/start@" + "x" * 4000)
@example("/\0")
def test_any_command_is_answered(office: Office, text: str) -> None:
    with office.database.unit_of_work(NOW) as unit, unit.begin_nested() as savepoint:
        _, error_id = office.handle(unit, typed(f"/{text}"))
        savepoint.rollback()
    assert error_id is None
