"""What is said of the bot's health, and faults told once each way."""

import tomllib
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from models import AuditEntry, Customer, Invoice, OutboxKind, OutboxMessage, OutboxState, Product, User
from services import company, health, inbox, mailings, outbox
from services.errors import Conflict, Forbidden, NotFound
from services.health import Cause, Disk
from services.outbox import Outcome
from tests.conftest import NOW
from tests.services import acts

pytestmark = pytest.mark.both_engines

MEGABYTE = 10**6
ROOT = Path(__file__).parent.parent.parent


def refused(session: Session, chat_id: int = 1001) -> int:
    row_id = outbox.add(session, OutboxKind.TELEGRAM, str(chat_id), "sendMessage", {"text": "x"})
    outbox.record(session, [Outcome(row_id, OutboxState.FAILED, 7, NOW, error="400 Bad Request")])
    return row_id


def test_a_fault_is_told_once_and_once_that_it_is_over(session: Session, dmitry: User) -> None:
    health.well(session, Cause.GEOCODER)
    for _ in range(3):
        health.failed(session, Cause.GEOCODER, "down")
    health.failed(session, Cause.DISK, "1")
    for _ in range(3):
        health.well(session, Cause.GEOCODER)
    health.failed(session, Cause.GEOCODER, "slow")
    assert acts.notices(session, dmitry) == ["trouble", "trouble", "well_again", "trouble"]
    assert {fault.cause: fault.detail for fault in health.status(session, dmitry).faults} == {
        "disk": "1",
        "geocoder": "slow",
    }


@pytest.mark.parametrize(
    ("disk", "is_told"),
    [
        # Under 500 MB, whatever share that is; under 5 percent, however much that is.
        (Disk(499 * MEGABYTE, 1000 * MEGABYTE), True),
        (Disk(500 * MEGABYTE, 1000 * MEGABYTE), False),
        (Disk(4999 * MEGABYTE, 100_000 * MEGABYTE), True),
        (Disk(5000 * MEGABYTE, 100_000 * MEGABYTE), False),
    ],
)
def test_a_disk_is_full_below_both_limits(session: Session, dmitry: User, disk: Disk, is_told: bool) -> None:
    health.beat(session, NOW, NOW, disk)
    assert acts.notices(session, dmitry) == (["trouble"] if is_told else [])


def test_a_disk_at_the_limit_is_not_told_of_all_day(session: Session, dmitry: User) -> None:
    for free in (499, 501, 499, 599, 600, 599):
        health.beat(session, NOW, NOW, Disk(free * MEGABYTE, 1000 * MEGABYTE))
    assert acts.notices(session, dmitry) == ["trouble", "well_again"]


def test_mail_that_is_switched_off_is_not_told_to_be_well(session: Session, dmitry: User) -> None:
    company.get(session).mail_fault = "535"
    health.note(session, Cause.MAIL, "535")
    for _ in range(2):
        health.note_mail(session, is_on=False)
        health.beat(session, NOW, NOW)
    assert acts.notices(session, dmitry) == ["mail_off"]
    assert health.status(session, dmitry).faults == ()
    health.note_mail(session, is_on=True)
    assert company.get(session).mail_fault is None
    assert acts.notices(session, dmitry) == ["mail_off"]


def test_a_restart_forgets_no_fault_of_mail(session: Session, dmitry: User) -> None:
    company.get(session).mail_fault = "535"
    health.note(session, Cause.MAIL, "535")
    health.note_mail(session, is_on=True)
    assert company.get(session).mail_fault == "535"
    assert [fault.cause for fault in health.status(session, dmitry).faults] == ["mail"]


def test_status_says_what_the_runtime_noted_and_what_waits(
    session: Session, dmitry: User, engine: str
) -> None:
    nothing = health.status(session, dmitry)
    assert (nothing.polled_at, nothing.ticked_at, nothing.last_update_at, nothing.disk) == (None,) * 4
    polled, ticked = NOW - timedelta(seconds=30), NOW - timedelta(seconds=2)
    health.beat(session, polled, ticked, Disk(10**10, 10**11))
    health.beat(session, None, ticked, Disk(2 * 10**10, 10**11))
    inbox.store(session.connection(), [{"update_id": 1}, {"update_id": 2}, {"update_id": 3}], NOW)
    first, *_ = inbox.waiting(session, 1)
    inbox.mark_failed(session, first.id, "e1")
    refused(session)
    outbox.call(session, 1001, "sendMessage", {})
    found = health.status(session, dmitry)
    assert (found.polled_at, found.ticked_at, found.last_update_at) == (polled, ticked, NOW)
    assert (found.inbox_waiting, found.inbox_failed) == (2, 1)
    assert (found.outbox_waiting, found.outbox_failed) == (1, 1)
    assert found.disk == Disk(2 * 10**10, 10**11)
    assert found.database_bytes > 100_000
    assert found.versions.database.startswith({"sqlite": "SQLite 3", "postgresql": "PostgreSQL 1"}[engine])


def test_the_version_is_that_of_the_project() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert project["version"] == health.VERSION


def test_a_row_that_was_given_up_is_tried_anew_with_all_its_retries(session: Session, dmitry: User) -> None:
    row_id = refused(session)
    assert [row.id for row in health.failed_rows(session, dmitry).items] == [row_id]
    health.repeat(session, row_id, dmitry)
    session.expire_all()
    row = session.get_one(OutboxMessage, row_id)
    assert (row.state, row.attempts, row.first_tried_at, row.last_error) == (
        *(OutboxState.WAITING, 0, None, None),
    )
    assert [taken.id for taken in outbox.take_due(session)] == [row_id]
    for other in (row_id, 999):
        with pytest.raises(NotFound):
            health.repeat(session, other, dmitry)
    [entry] = session.scalars(select(AuditEntry).where(AuditEntry.action == "repeat"))
    assert (entry.user_id, entry.before) == (dmitry.id, {"state": "failed", "error": "400 Bad Request"})


@pytest.mark.parametrize("how", ["blocked", "demoted", "stranger"])
def test_a_call_is_not_repeated_to_who_holds_no_role(
    session: Session, anna: User, dmitry: User, how: str
) -> None:
    row_id = refused(session, 9001 if how == "stranger" else anna.telegram_id)
    anna.is_active = how != "blocked"
    if how == "demoted":
        anna.grants.clear()
    session.flush()
    with pytest.raises(Conflict) as caught:
        health.repeat(session, row_id, dmitry)
    assert caught.value.code == "reader_left"
    assert session.get_one(OutboxMessage, row_id).state is OutboxState.FAILED


def test_an_access_code_is_not_repeated(session: Session, dmitry: User) -> None:
    row_id = refused(session, dmitry.telegram_id)
    outbox.forget_content(session, row_id)
    session.expire_all()
    with pytest.raises(Conflict) as caught:
        health.repeat(session, row_id, dmitry)
    assert caught.value.code == "code_not_sent"


def test_a_mailing_that_is_repeated_counts_again(session: Session, boris: User, dmitry: User) -> None:
    mailing = mailings.send(session, mailings.write(session, dmitry, "Привет", [boris.id]).id, dmitry)
    [row_id] = [row.id for row in outbox.take_due(session)]
    outbox.record(session, [Outcome(row_id, OutboxState.FAILED, 1, NOW, error="400")])
    mailings.settle(session)
    session.expire_all()
    health.repeat(session, row_id, dmitry)
    assert mailings.progress(session, mailing).waiting == 1


def test_the_letter_of_a_cancelled_invoice_is_not_repeated(
    session: Session,
    anna: User,
    boris: User,
    dmitry: User,
    romashka: Customer,
    water: Product,
) -> None:
    acts.loaded(session, anna, romashka, {water: "6"}, boris)
    [letter] = acts.letters(session)
    outbox.record(session, [Outcome(letter.id, OutboxState.FAILED, 1, NOW, error="550")])
    session.expire_all()
    session.scalars(select(Invoice)).one().cancelled_at = NOW
    with pytest.raises(Conflict) as caught:
        health.repeat(session, letter.id, dmitry)
    assert caught.value.code == "document_void"


def test_only_administrators_look_and_repeat(session: Session, anna: User) -> None:
    row_id = refused(session)
    with pytest.raises(Forbidden):
        health.status(session, anna)
    with pytest.raises(Forbidden):
        health.failed_rows(session, anna)
    with pytest.raises(Forbidden):
        health.repeat(session, row_id, anna)
