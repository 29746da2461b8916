from datetime import datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from models import Customer, Database, Invoice, OutboxKind, OutboxMessage, OutboxState, Product, User
from services import (
    company,
    health,
    imports,
    invoices,
    letter_drafts,
    letters,
    loading,
    mail,
    mail_texts,
    outbox,
    placing,
)
from services.errors import Invalid
from services.letters import MailOff, MailState
from services.mail import MailError
from services.outbox import OutboxRow
from tests.conftest import NOW, Cast
from tests.services import acts

pytestmark = pytest.mark.both_engines


@pytest.fixture
def invoice(session: Session, anna: User, boris: User, romashka: Customer, water: Product) -> Invoice:
    order = acts.loaded(session, anna, romashka, {water: "10"}, boris)
    made = invoices.of_order(session, order)
    assert made is not None
    return made


def take(session: Session, now: datetime = NOW) -> list[OutboxRow]:
    """Claim what is due, as the processor does; return the letters among it."""
    session.info["now"] = now
    return [row for row in outbox.take_due(session) if row.kind is OutboxKind.EMAIL]


def row_of(session: Session, row_id: int) -> OutboxMessage:
    return session.get_one(OutboxMessage, row_id, populate_existing=True)


def failure(outcome: mail.Outcome, message: str = "the server's words") -> MailError:
    return MailError(message, 550, outcome)


def test_every_address_of_the_customer_gets_a_letter_and_the_accountant_a_copy(
    session: Session, anna: User, boris: User, romashka: Customer, water: Product
) -> None:
    romashka.emails = "buh@romashka.example, dir@romashka.example"
    company.get(session).accountant_email = "acc@veter.example"
    acts.loaded(session, anna, romashka, {water: "1"}, boris)
    rows = acts.letters(session)
    assert [row.payload["to"] for row in rows] == [
        "buh@romashka.example",
        "dir@romashka.example",
        "acc@veter.example",
    ]
    assert len({row.payload["message_id"] for row in rows}) == 3
    assert all(row.payload["message_id"].endswith("@veter.example>") for row in rows)


def test_a_copy_is_no_second_letter_to_the_same_address(
    session: Session, anna: User, boris: User, romashka: Customer, water: Product
) -> None:
    company.get(session).accountant_email = "buh@romashka.example"
    acts.loaded(session, anna, romashka, {water: "1"}, boris)
    assert len(acts.letters(session)) == 1


def test_sending_again_is_a_new_letter_with_a_new_message_id(session: Session, invoice: Invoice) -> None:
    assert letters.queue_invoice(session, invoice) == 1
    assert letters.queue_invoice(session, invoice, ["other@mail.example"]) == 1
    rows = acts.letters(session)
    assert [row.payload["to"] for row in rows] == [
        "buh@romashka.example",
        "buh@romashka.example",
        "other@mail.example",
    ]
    assert len({row.payload["message_id"] for row in rows}) == 3


def test_a_letter_that_went_out_is_marked_and_the_rep_told(
    session: Session, invoice: Invoice, anna: User
) -> None:
    [row] = take(session)
    letters.finish(session, row, None)
    kept = row_of(session, row.id)
    assert (kept.state, kept.sent_at, kept.attempts) == (OutboxState.SENT, NOW, 1)
    assert acts.notices(session, anna)[-1] == "letter_sent"
    [status] = letters.statuses(session, invoice.order)
    assert (status.state, status.recipient, status.at) == (MailState.SENT, "buh@romashka.example", NOW)


def test_the_same_result_applied_again_changes_nothing(
    session: Session, invoice: Invoice, anna: User
) -> None:
    [row] = take(session)
    letters.finish(session, row, None)
    before = acts.notices(session)
    letters.finish(session, row, None)
    letters.finish(session, row, failure(mail.Outcome.BAD_ADDRESS))
    assert acts.notices(session) == before
    assert row_of(session, row.id).state is OutboxState.SENT


def test_the_result_of_an_earlier_try_says_nothing_of_the_one_under_way(
    session: Session, invoice: Invoice
) -> None:
    [earlier] = take(session)
    letters.finish(session, earlier, failure(mail.Outcome.TEMPORARY))
    [under_way] = take(session, NOW + timedelta(minutes=1))
    letters.finish(session, earlier, failure(mail.Outcome.BAD_ADDRESS))
    assert row_of(session, under_way.id).state is OutboxState.SENDING
    letters.finish(session, under_way, None)
    assert row_of(session, under_way.id).state is OutboxState.SENT


@pytest.mark.parametrize("outcome", [mail.Outcome.TEMPORARY, mail.Outcome.UNKNOWN])
def test_a_letter_is_tried_again_after_1_5_15_60_minutes_then_hourly_for_a_day(
    session: Session, invoice: Invoice, anna: User, dmitry: User, outcome: mail.Outcome
) -> None:
    message_id = acts.letters(session)[0].payload["message_id"]
    now, pauses = NOW, list[int]()
    while True:
        [row] = take(session, now)
        assert row.payload["message_id"] == message_id
        letters.finish(session, row, failure(outcome))
        kept = row_of(session, row.id)
        if kept.state is OutboxState.FAILED:
            break
        assert (kept.state, kept.last_error) == (OutboxState.WAITING, "the server's words")
        assert not take(session, kept.due_at - timedelta(seconds=1))
        pauses.append(int((kept.due_at - now).total_seconds()) // 60)
        now = kept.due_at
    assert pauses[:4] == [1, 5, 15, 60]
    assert set(pauses[4:]) == {60}
    assert timedelta(hours=23) < now - NOW <= timedelta(hours=24)
    assert (acts.notices(session, anna)[-1], acts.notices(session, dmitry)) == (
        "letter_bounced",
        ["letter_failed"],
    )


def test_while_a_letter_is_tried_again_its_status_says_when_and_why(
    session: Session, invoice: Invoice
) -> None:
    assert letters.statuses(session, invoice.order)[0].state is MailState.QUEUED
    [row] = take(session)
    letters.finish(session, row, failure(mail.Outcome.TEMPORARY))
    session.expire_all()
    [status] = letters.statuses(session, invoice.order)
    assert (status.state, status.at, status.error) == (
        MailState.RETRYING,
        NOW + timedelta(minutes=1),
        "the server's words",
    )


def test_a_wrong_address_ends_at_once_and_the_rep_hears_the_server_s_words(
    session: Session, invoice: Invoice, anna: User, dmitry: User
) -> None:
    [row] = take(session)
    letters.finish(session, row, failure(mail.Outcome.BAD_ADDRESS, "no such mailbox"))
    assert row_of(session, row.id).state is OutboxState.FAILED
    assert acts.notices(session, anna)[-1] == "letter_bounced"
    assert acts.notices(session, dmitry) == []
    [status] = letters.statuses(session, invoice.order)
    assert (status.state, status.error) == (MailState.FAILED, "no such mailbox")


def test_a_letter_the_server_will_not_have_ends_at_once_and_the_administrator_hears(
    session: Session, invoice: Invoice, anna: User, dmitry: User
) -> None:
    [row] = take(session)
    letters.finish(session, row, failure(mail.Outcome.PERMANENT))
    assert row_of(session, row.id).state is OutboxState.FAILED
    assert (acts.notices(session, anna)[-1], acts.notices(session, dmitry)) == (
        "letter_bounced",
        ["letter_failed"],
    )


def test_wrong_settings_hold_every_letter_and_the_administrator_hears_once(
    session: Session, invoice: Invoice, dmitry: User
) -> None:
    letters.queue_invoice(session, invoice)
    for row in take(session):
        letters.finish(session, row, failure(mail.Outcome.SETTINGS, "535 bad password"))
    assert acts.notices(session, dmitry) == ["mail_paused"]
    assert company.get(session).mail_fault == "535 bad password"
    kept = acts.letters(session)
    assert [(row.state, row.attempts, row.first_tried_at) for row in kept] == [
        (OutboxState.WAITING, 0, None)
    ] * 2
    assert {row.due_at for row in kept} == {NOW + timedelta(minutes=15)}
    # However long it takes, nothing is given up.
    [row, other] = take(session, NOW + timedelta(days=30))
    letters.finish(session, row, failure(mail.Outcome.SETTINGS))
    assert row_of(session, row.id).state is OutboxState.WAITING
    letters.finish(session, other, None)
    assert company.get(session).mail_fault is None


def test_without_a_mail_server_letters_wait(session: Session, invoice: Invoice, anna: User) -> None:
    before = acts.notices(session)
    [row] = take(session)
    letters.finish(session, row, MailOff())
    kept = row_of(session, row.id)
    assert (kept.state, kept.attempts, kept.due_at) == (OutboxState.WAITING, 0, NOW + timedelta(hours=1))
    assert acts.notices(session) == before


def test_an_error_of_ours_is_tried_again_without_its_words(session: Session, invoice: Invoice) -> None:
    [row] = take(session)
    letters.finish(session, row, RuntimeError("a secret"))
    kept = row_of(session, row.id)
    assert (kept.state, kept.last_error, kept.attempts) == (OutboxState.WAITING, "RuntimeError", 1)


def test_invoices_kept_for_want_of_an_address_go_out_when_there_is_one(
    session: Session, anna: User, boris: User, romashka: Customer, water: Product
) -> None:
    romashka.emails = None
    for _ in range(2):
        acts.loaded(session, anna, romashka, {water: "1"}, boris)
    assert letters.queue_unsent(session, romashka.id) == 0
    romashka.emails = "new@romashka.example"
    assert letters.queue_unsent(session, romashka.id) == 2
    assert [row.payload["to"] for row in acts.letters(session)] == ["new@romashka.example"] * 2
    assert letters.queue_unsent(session, romashka.id) == 0


def test_a_file_that_brings_the_address_sends_the_invoices_that_waited_for_it(
    session: Session, anna: User, boris: User, romashka: Customer, water: Product
) -> None:
    romashka.emails = None
    acts.loaded(session, anna, romashka, {water: "1"}, boris)
    header = f"Код в боте;Клиент;E-mail;Телефон\r\n{romashka.id};{romashka.name};"
    for cells in (";+79990001122", "new@romashka.example;", "newer@romashka.example;"):
        report = imports.check_customers(session, f"{header}{cells}".encode(), "customers.csv")
        assert [change.subject_id for change in report.changed] == [romashka.id]
        imports.apply(session, report, None)
    assert [row.payload["to"] for row in acts.letters(session)] == ["new@romashka.example"]


def test_an_invoice_that_was_mailed_is_not_mailed_again_for_a_new_address(
    session: Session, invoice: Invoice, romashka: Customer
) -> None:
    romashka.emails = "new@romashka.example"
    assert letters.queue_unsent(session, romashka.id) == 0


def test_the_letter_is_the_same_bytes_on_every_try_and_names_the_shortage(
    database: Database, cast: Cast
) -> None:
    with database.unit_of_work(NOW) as session:
        anna, boris = session.get_one(User, cast.anna), session.get_one(User, cast.boris)
        romashka, water = session.get_one(Customer, cast.romashka), session.get_one(Product, cast.water)
        order = acts.in_hand(session, anna, romashka, {water: "10"}, boris)
        order.lines[0].loaded_quantity = 7_000
        loading.confirm_load(session, order.id, boris)
    tries = []
    for later in (timedelta(0), timedelta(minutes=1)):
        with database.unit_of_work(NOW + later) as session:
            [row] = take(session, NOW + later)
            draft = letter_drafts.prepare(session, row)
            letters.finish(session, row, failure(mail.Outcome.TEMPORARY))
        tries.append(letter_drafts.compose(draft, "sklad@veter.example", [b"%PDF"] * len(draft.sheets)))
    assert tries[0] == tries[1]
    assert tries[0].recipient == "buh@romashka.example"
    assert "Вода: 7 из 10 шт" in draft.words.text.replace("\u00a0", " ")
    assert "Анна" in draft.words.text


def test_a_bounced_letter_can_be_sent_again(session: Session, invoice: Invoice) -> None:
    [row] = take(session)
    letters.finish(session, row, failure(mail.Outcome.BAD_ADDRESS))
    letters.queue_invoice(session, invoice, ["right@romashka.example"])
    assert [status.state for status in letters.statuses(session, invoice.order)] == [
        MailState.FAILED,
        MailState.QUEUED,
    ]
    states = session.scalars(
        select(OutboxMessage.state).where(OutboxMessage.name == letter_drafts.INVOICE)
    ).all()
    assert sorted(state.value for state in states) == ["failed", "waiting"]


def test_a_placed_order_is_confirmed_when_that_is_switched_on(
    session: Session, anna: User, romashka: Customer, water: Product
) -> None:
    acts.placed(session, anna, romashka, {water: "1"})
    assert acts.letters(session) == []
    company.get(session).confirms_orders = True
    order = acts.placed(session, anna, romashka, {water: "10"})
    [row] = take(session)
    assert (row.name, row.payload["to"]) == ("confirmation", "buh@romashka.example")
    draft = letter_drafts.prepare(session, row)
    text = draft.words.text.replace("\u00a0", " ")
    # 10 × 18,50; the delivery as it was frozen.
    assert draft.words.subject == f"Заказ № {order.number} от 20.11.2026 принят"
    assert "— Вода: 10 шт, 185,00 ₽" in text
    assert "Доставка: 23.11.2026, 09:00–11:00" in text
    assert draft.sheets == ()
    letters.finish(session, row, None)
    # Of a confirmation that arrived the rep is not told.
    assert "letter_sent" not in acts.notices(session, anna)


def test_a_recalled_order_is_confirmed_once_as_it_is_then(
    session: Session, anna: User, romashka: Customer, water: Product
) -> None:
    company.get(session).confirms_orders = True
    order = acts.placed(session, anna, romashka, {water: "10"})
    [first] = take(session)
    placing.recall(session, order.id, anna)
    with pytest.raises(letter_drafts.Withdrawn):
        letter_drafts.prepare(session, first)
    letters.finish(session, first, letter_drafts.Withdrawn())
    placing.place(session, order, anna)
    [second] = take(session)
    assert second.payload["message_id"] != first.payload["message_id"]
    assert letters.statuses(session, order)[0].name == "confirmation"
    assert len(letters.statuses(session, order)) == 1


def test_own_words_stand_in_the_letter_and_strange_names_are_refused(
    session: Session, invoice: Invoice, dmitry: User
) -> None:
    mail_texts.put(session, "ru", "intro", "Счёт {номер} на {сумма}", dmitry)
    mail_texts.put(session, "ru", "note", "Склад закрыт 31.12. <b>Ура</b>", dmitry)
    [row] = take(session)
    words = letter_drafts.prepare(session, row).words
    assert f"Счёт {invoice.label} на " in words.text
    assert "Склад закрыт 31.12. <b>Ура</b>" in words.text
    assert "&lt;b&gt;Ура" in words.html
    with pytest.raises(Invalid) as caught:
        mail_texts.put(session, "ru", "note", "Долг {долг}", dmitry)
    assert (caught.value.code, caught.value.params["name"]) == ("text_name", "долг")
    mail_texts.put(session, "ru", "note", "", dmitry)
    assert mail_texts.get(session, "ru") == {"intro": "Счёт {номер} на {сумма}"}


def test_letters_go_on_at_a_word_of_the_administrator(
    session: Session, invoice: Invoice, dmitry: User
) -> None:
    [row] = take(session)
    letters.finish(session, row, failure(mail.Outcome.SETTINGS))
    assert take(session) == []
    assert letters.resume(session, dmitry) == 1
    # Nothing was sent yet, so nothing is well; the same refusal is told of anew to who asked for the try.
    health.beat(session, NOW, NOW)
    assert acts.notices(session, dmitry) == ["mail_paused"]
    [row] = take(session)
    letters.finish(session, row, failure(mail.Outcome.SETTINGS))
    assert acts.notices(session, dmitry) == ["mail_paused"] * 2
    letters.resume(session, dmitry)
    [row] = take(session)
    letters.finish(session, row, None)
    assert acts.notices(session, dmitry) == ["mail_paused"] * 2 + ["well_again"]


OUTAGES = [
    MailError("timed out", None, mail.Outcome.TEMPORARY),
    MailError("connection lost", None, mail.Outcome.UNKNOWN),
    MailError("4.3.2 closing", 421, mail.Outcome.TEMPORARY),
]


@pytest.mark.parametrize("outage", OUTAGES)
def test_a_mail_server_that_is_down_is_told_of_once_and_once_that_it_is_well(
    session: Session, invoice: Invoice, anna: User, dmitry: User, outage: MailError
) -> None:
    letters.queue_invoice(session, invoice)
    now, told = NOW, list[int]()
    while rows := take(session, now):
        for row in rows:
            letters.finish(session, row, outage)
        told.append(len(acts.notices(session, dmitry)))
        now += timedelta(hours=1)
    # The first failure may pass; nothing is said of each letter when both are given up after a day.
    assert (told[:3], told[-1]) == ([0, 1, 1], 1)
    assert acts.notices(session, dmitry) == ["trouble"]
    assert acts.notices(session, anna).count("letter_bounced") == 2
    assert [fault.cause for fault in health.status(session, dmitry).faults] == ["mail"]
    letters.queue_invoice(session, invoice)
    [row] = take(session, now)
    letters.finish(session, row, None)
    assert acts.notices(session, dmitry) == ["trouble", "well_again"]


def test_one_recipient_s_server_that_is_busy_is_no_fault_of_mail(
    session: Session, invoice: Invoice, dmitry: User
) -> None:
    busy = MailError("4.2.1 greylisted", 450, mail.Outcome.TEMPORARY)
    for hour in range(5):
        for row in take(session, NOW + timedelta(hours=hour)):
            letters.finish(session, row, busy)
    assert acts.notices(session, dmitry) == []


def test_an_invoice_goes_to_another_address_this_once(session: Session, invoice: Invoice) -> None:
    [row] = take(session)
    letters.finish(session, row, None)
    session.info["now"] += timedelta(minutes=1)
    letters.resend(session, invoice, ["shop@romashka.example"])
    [other] = take(session, NOW + timedelta(minutes=1))
    assert other.payload["to"] == "shop@romashka.example"
    assert other.payload["message_id"] != row.payload["message_id"]
    assert invoice.order.customer.emails == "buh@romashka.example"


def test_a_cancelled_invoice_is_not_mailed_after_its_correction(
    session: Session, invoice: Invoice, dmitry: User
) -> None:
    [row] = take(session)
    invoices.revise(session, invoice, dmitry, "ошибка")
    letters.finish(session, row, failure(mail.Outcome.TEMPORARY))
    later = take(session, NOW + timedelta(days=1))
    cancelled = [own for own in later if own.payload["invoice_id"] == invoice.id]
    for own in cancelled:
        with pytest.raises(letter_drafts.Withdrawn):
            letter_drafts.prepare(session, own)
    assert cancelled
    drafts = [letter_drafts.prepare(session, own) for own in later if own not in cancelled]
    assert not any(sheet.paper.is_cancelled for draft in drafts for sheet in draft.sheets)


def test_of_an_order_that_has_left_no_confirmation_goes_out(
    session: Session, anna: User, boris: User, romashka: Customer, water: Product
) -> None:
    company.get(session).confirms_orders = True
    acts.loaded(session, anna, romashka, {water: "10"}, boris)
    [row] = [own for own in take(session) if own.name == "confirmation"]
    with pytest.raises(letter_drafts.Withdrawn):
        letter_drafts.prepare(session, row)
