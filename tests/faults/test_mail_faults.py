"""Mail in trouble: what each refusal does to the letter, who hears of it, and that the load stands."""

from __future__ import annotations

import dataclasses
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import trustme
from sqlalchemy import func, select, update

import bot
from demo.mailbox import Mailbox
from demo.people import Person
from demo.sample import BORIS
from models import (
    Company,
    Invoice,
    Order,
    OrderStatus,
    OutboxKind,
    OutboxMessage,
    OutboxState,
    Product,
    StockMovement,
)
from settings import Secret, Settings
from tests.faults.far_ends import wait_until
from tests.faults.looks import said
from tests.faults.offices import ROMASHKA, order_in_hand
from tests.flows import acts
from tests.flows.stage import Stage, running

TO = "zakaz@romashka.example"
MOSCOW = ZoneInfo("Europe/Moscow")
NETWORK_SECONDS = 1.0

pytestmark = pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """The mail client waits a second for an answer instead of thirty."""
    mail_config = bot.mail_config

    def config(settings: Settings) -> Any:
        made = mail_config(settings)
        return made and dataclasses.replace(made, timeout=NETWORK_SECONDS)

    monkeypatch.setattr(bot, "mail_config", config)


def loads(stage: Stage, *, people: bool = True) -> int:
    """Have Boris load an order of Anna's, by the buttons; return its number once it is loaded."""
    if people:
        for person in (stage.anna, stage.boris, stage.dmitry):
            acts.opens(person)
    number = order_in_hand(stage.app.database, BORIS)
    acts.on_card(stage.boris, number, "✅ Подтвердить загрузку", "всё загружено?")
    acts.on_card(stage.boris, number, "✅ Да, загружено", "Загружен")
    stands(stage, number)
    return number


def stands(stage: Stage, number: int) -> None:
    """The load is complete whatever the mail does: loaded, issued, invoiced, and the rep was told."""
    with stage.app.database.reading() as session:
        order = session.scalars(select(Order).where(Order.number == number)).one()
        assert order.status is OrderStatus.LOADED
        issued = select(func.sum(StockMovement.on_hand_change)).where(StockMovement.order_id == order.id)
        assert session.scalar(issued) == -60_000
        assert session.scalar(select(func.count(Invoice.id)).where(Invoice.order_id == order.id)) == 1
        assert session.scalars(select(Product.reserved).where(Product.sku == "КР-001")).one() == 0
    stage.anna.wait_text(f"Заказ №{number} ({ROMASHKA}) загружен: Борис.")


def letters(stage: Stage) -> list[OutboxMessage]:
    with stage.app.database.reading() as session:
        query = select(OutboxMessage).where(OutboxMessage.kind == OutboxKind.EMAIL).order_by(OutboxMessage.id)
        return list(session.scalars(query))


def wait_letter(stage: Stage, state: OutboxState, attempts: int) -> OutboxMessage:
    """The only letter, once it is in ``state`` after so many attempts."""

    def found() -> OutboxMessage | None:
        [row] = letters(stage)
        return row if (row.state, row.attempts) == (state, attempts) else None

    row = wait_until(found, lambda: str([(r.state, r.attempts, r.last_error) for r in letters(stage)]))
    assert row is not None
    return row


def make_due(stage: Stage, **values: Any) -> None:
    """Have the time of every waiting letter come, as if it had passed."""
    past = datetime.now(UTC) - timedelta(seconds=1)
    with stage.app.database.connection() as connection:
        connection.execute(
            update(OutboxMessage)
            .where(OutboxMessage.kind == OutboxKind.EMAIL, OutboxMessage.state == OutboxState.WAITING)
            .values(due_at=past, **values)
        )


def order_card(stage: Stage, person: Person, number: int) -> str:
    """What the order's card says of its letters, opened anew from the list."""
    person.send("/orders")
    acts.sees(person, "Ваши заказы")
    label = next(label for label in person.screen.labels if f"№{number} " in label)
    text = acts.press(person, acts.plain(label), f"Заказ №{number}").text
    return "\n".join(line for line in text.split("\n") if "@" in line)


def minutes_until(moment: datetime) -> float:
    return (moment - datetime.now(UTC)).total_seconds() / 60


@pytest.mark.parametrize("code", [421, 450, 451, 452])
def test_a_temporary_refusal_is_tried_again(stage: Stage, code: int) -> None:
    stage.mailbox.faults.refuse(code, times=3)
    number = loads(stage)
    for attempts, minutes in ((1, 1), (2, 5), (3, 15)):
        row = wait_letter(stage, OutboxState.WAITING, attempts)
        assert minutes - 0.5 < minutes_until(row.due_at) <= minutes
        assert str(row.last_error).startswith("4.")
        if attempts == 1:
            zone = row.due_at.astimezone(MOSCOW)
            assert f"{TO}: повтор в {zone:%H:%M} ({row.last_error})" in order_card(stage, stage.anna, number)
        assert said(stage.anna, "не доставлен") == 0
        make_due(stage)
    wait_letter(stage, OutboxState.SENT, 4)
    stage.anna.wait_text(f"счёт отправлен на {TO}")
    assert len(stage.mailbox.letters) == 1
    assert f"{TO}: отправлено" in order_card(stage, stage.anna, number)
    stands(stage, number)


def test_a_letter_nobody_takes_for_a_day_is_given_up(stage: Stage) -> None:
    stage.mailbox.faults.refuse(451)
    number = loads(stage)
    wait_letter(stage, OutboxState.WAITING, 1)
    make_due(stage, attempts=26, first_tried_at=datetime.now(UTC) - timedelta(hours=23, minutes=30))
    row = wait_letter(stage, OutboxState.FAILED, 27)
    stage.anna.wait_text(f"счёт на {TO} не доставлен. {row.last_error}")
    stage.dmitry.wait_text(f"{row.last_error}")
    assert f"{TO}: не доставлено ({row.last_error})" in order_card(stage, stage.anna, number)
    stands(stage, number)


@pytest.mark.parametrize("code", [550, 553])
def test_a_bad_address_fails_at_once_and_the_rep_is_told(stage: Stage, code: int) -> None:
    stage.mailbox.faults.refuse_recipient(TO, code)
    number = loads(stage)
    row = wait_letter(stage, OutboxState.FAILED, 1)
    assert row.last_error
    stage.anna.wait_text(f"Заказ №{number} ({ROMASHKA}): счёт на {TO} не доставлен. {row.last_error}")
    assert f"{TO}: не доставлено ({row.last_error})" in order_card(stage, stage.anna, number)
    assert said(stage.dmitry, TO) == 0
    assert stage.mailbox.letters == []
    stands(stage, number)


@pytest.mark.parametrize("code", [552, 554])
def test_a_final_refusal_fails_and_the_administrator_is_told(stage: Stage, code: int) -> None:
    stage.mailbox.faults.refuse(code)
    number = loads(stage)
    row = wait_letter(stage, OutboxState.FAILED, 1)
    stage.dmitry.wait_text(f"Заказ №{number} ({ROMASHKA})")
    assert str(row.last_error) in stage.dmitry.last.text
    stage.anna.wait_text(f"счёт на {TO} не доставлен. {row.last_error}")
    assert stage.mailbox.letters == []
    stands(stage, number)


def test_silence_before_the_text_is_no_delivery(stage: Stage) -> None:
    silence = stage.mailbox.faults.hang(60, times=1)
    number = loads(stage)
    # It is loaded while the mail server still keeps the letter waiting, or has just been given up.
    wait_until(lambda: silence.hits)
    row = wait_letter(stage, OutboxState.WAITING, 1)
    assert 0.5 < minutes_until(row.due_at) <= 1
    assert stage.mailbox.letters == []
    make_due(stage)
    wait_letter(stage, OutboxState.SENT, 2)
    assert len(stage.mailbox.letters) == 1
    stands(stage, number)


@pytest.mark.parametrize(("kind", "keep"), [("drop", True), ("drop", False), ("hang", True)])
def test_a_break_after_the_text_is_retried_under_the_same_message_id(
    stage: Stage, kind: str, keep: bool
) -> None:
    if kind == "drop":
        stage.mailbox.faults.drop(keep=keep, times=1)
    else:
        stage.mailbox.faults.hang(60, keep=True, times=1)
    number = loads(stage)
    wait_letter(stage, OutboxState.WAITING, 1)
    make_due(stage)
    row = wait_letter(stage, OutboxState.SENT, 2)
    arrived = stage.mailbox.letters
    assert len(arrived) == 1 + keep
    assert {letter.headers["Message-ID"] for letter in arrived} == {row.payload["message_id"]}
    assert len({letter.raw for letter in arrived}) == 1
    stands(stage, number)


def test_one_trouble_does_not_hold_other_letters_back(stage: Stage) -> None:
    """Two recipients on one connection: the bad address fails, the good one gets its letter."""
    for person in (stage.anna, stage.boris, stage.dmitry):
        acts.opens(person)
    stage.mailbox.faults.refuse_recipient("zakaz@udoma.example")
    number = order_in_hand(stage.app.database, BORIS, "ООО «Продукты у дома»")
    acts.on_card(stage.boris, number, "✅ Подтвердить загрузку", "всё загружено?")
    acts.on_card(stage.boris, number, "✅ Да, загружено", "Загружен")
    stage.anna.wait_text("счёт отправлен на buh@udoma.example")
    stage.anna.wait_text("счёт на zakaz@udoma.example не доставлен")
    assert [letter.recipients for letter in stage.mailbox.letters] == [("buh@udoma.example",)]


@pytest.fixture
def guarded(tmp_path: Path) -> Iterator[Stage]:
    """A mail server that wants a password, and a bot that has a wrong one."""
    authority = trustme.CA()
    ca_file = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(ca_file))
    more = {"smtp_security": "ssl", "smtp_ca_file": ca_file, "smtp_user": "sklad"}
    with (
        Mailbox(security="ssl", context=_tls(authority), user="sklad", password="right") as mailbox,
        running(tmp_path, smtp_port=mailbox.port, smtp_password=Secret("wrong"), **more) as stage,
    ):
        yield dataclasses.replace(stage, mailbox=mailbox)


def test_wrong_settings_pause_the_mail_and_are_told_of_once(guarded: Stage) -> None:
    stage = guarded
    loads(stage)
    stage.dmitry.wait_text("Почтовый сервер не принимает настройки")
    loads(stage, people=False)
    wait_until(lambda: [row.last_error is not None for row in letters(stage)] == [True, True])
    for row in letters(stage):
        assert (row.state, row.attempts) == (OutboxState.WAITING, 0)
        assert 14 < minutes_until(row.due_at) <= 15
        assert str(row.last_error).startswith("5.7.8")
    make_due(stage)
    wait_until(lambda: all(minutes_until(row.due_at) > 14 for row in letters(stage)))
    assert said(stage.dmitry, "не принимает настройки") == 1
    assert said(stage.anna, "не доставлен") == 0
    # The administrator makes the password the right one.
    stage.mailbox._login = ("sklad", "wrong")
    told = next(message for message in stage.dmitry.received if "не принимает настройки" in message.text)
    stage.dmitry.press("▶️ Продолжить", message=told)
    stage.mailbox.wait_letters(2)
    wait_until(lambda: {row.state for row in letters(stage)} == {OutboxState.SENT})
    assert [toast.text for toast in stage.dmitry.toasts][-1] == "2 письма отправляются."
    with stage.app.database.reading() as session:
        assert session.get_one(Company, 1).mail_fault is None


def test_a_certificate_nobody_vouches_for_pauses_the_mail(tmp_path: Path) -> None:
    with Mailbox(security="ssl", context=_tls(trustme.CA())) as mailbox:
        more = {"smtp_port": mailbox.port, "smtp_security": "ssl"}
        with running(tmp_path / "bot", **more) as stage:
            number = loads(stage)
            stage.dmitry.wait_text("Почтовый сервер не принимает настройки")
            row = wait_letter(stage, OutboxState.WAITING, 0)
            assert "CERTIFICATE_VERIFY_FAILED" in str(row.last_error)
            assert mailbox.letters == []
            stands(stage, number)


def test_a_mail_server_that_is_down(stage: Stage) -> None:
    stage.mailbox.stop()
    number = loads(stage)
    row = wait_letter(stage, OutboxState.WAITING, 1)
    assert "refused" in str(row.last_error)
    assert 0.5 < minutes_until(row.due_at) <= 1
    # A second try that fails is told of, once; the third is not.
    for attempts in (2, 3):
        make_due(stage)
        wait_letter(stage, OutboxState.WAITING, attempts)
        stage.dmitry.wait_text("Почтовый сервер не отвечает")
    assert "почта" in acts.comes_to(stage.dmitry, "/status", "Не работает с").text
    stage.mailbox.start()
    told = next(message for message in stage.dmitry.received if "не отвечает" in message.text)
    stage.dmitry.press("▶️ Продолжить", message=told)
    wait_letter(stage, OutboxState.SENT, 4)
    stage.dmitry.wait_text("✅ Почта снова отправляется.")
    assert said(stage.dmitry, "Почтовый сервер не отвечает") == 1
    assert len(stage.mailbox.letters) == 1
    stands(stage, number)


def test_without_a_mail_server_letters_are_kept(tmp_path: Path) -> None:
    with running(tmp_path, smtp_host=None) as stage:
        number = loads(stage)
        row = wait_letter(stage, OutboxState.WAITING, 0)
        wait_until(lambda: letters(stage)[0].last_error == "mail is off")
        assert row.payload["to"] == TO
        assert said(stage.anna, "не доставлен") == 0
        stands(stage, number)


def _tls(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    return context
