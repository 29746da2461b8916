"""Mailings as rows: who gets one, what became of it, and that it is sent once."""

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from models import (
    Mailing,
    MailingRecipient,
    OutboxMessage,
    OutboxState,
    RecipientState,
    Role,
    User,
)
from services import mailings, notifications, outbox, staffing
from services.errors import Conflict, Forbidden, Invalid, NotFound
from services.outbox import Outcome
from tests.conftest import NOW
from tests.services import acts

pytestmark = pytest.mark.both_engines


def sent_to_keepers(session: Session, author: User) -> Mailing:
    user_ids = mailings.audience(session, author, Role.STOREKEEPER)
    return mailings.send(session, mailings.write(session, author, "Привет", user_ids).id, author)


def rows(session: Session) -> list[OutboxMessage]:
    query = select(OutboxMessage).where(OutboxMessage.name == "notice.mailing").order_by(OutboxMessage.id)
    return list(session.scalars(query.execution_options(populate_existing=True)))


def ends(session: Session, row: OutboxMessage, state: OutboxState, error: str | None = None) -> None:
    outbox.record(session, [Outcome(row.id, state, 1, error=error)])
    mailings.settle(session)


def states(session: Session, mailing: Mailing) -> dict[str, RecipientState]:
    query = select(MailingRecipient).where(MailingRecipient.mailing_id == mailing.id)
    return {one.user.name: one.state for one in session.scalars(query)}


def test_a_mailing_waits_behind_everything_a_person_waits_for(
    session: Session, boris: User, petr: User, dmitry: User
) -> None:
    mailing = sent_to_keepers(session, dmitry)
    assert [(row.lane, row.priority, row.payload["mailing_id"]) for row in rows(session)] == [
        (str(keeper.telegram_id), outbox.MAILING, mailing.id) for keeper in (boris, petr)
    ]
    assert mailings.progress(session, mailing) == mailings.Progress(sent=0, waiting=2, missed={})


def test_the_audience_has_each_once_and_neither_the_author_nor_who_is_out(
    session: Session, anna: User, boris: User, clara: User, petr: User, dmitry: User
) -> None:
    staffing.give_role(session, anna.id, Role.ADMIN, dmitry)
    staffing.block(session, clara.id, dmitry)
    staffing.take_role(session, petr.id, Role.STOREKEEPER, dmitry)
    assert mailings.audience(session, dmitry, Role.ADMIN) == [anna.id]
    assert mailings.count_by_role(session, dmitry) == {
        Role.SALES_REP: 1,
        Role.STOREKEEPER: 1,
        Role.ADMIN: 1,
    }
    everybody = [anna.id, boris.id, clara.id, petr.id, dmitry.id, 999]
    assert mailings.audience(session, dmitry, None, everybody) == [anna.id, boris.id]
    assert [user.name for user in mailings.people(session, dmitry).items] == ["Анна", "Борис"]


def test_what_became_of_each_is_kept_and_the_author_told_once(
    session: Session, boris: User, petr: User, dmitry: User
) -> None:
    mailing = sent_to_keepers(session, dmitry)
    first, second = rows(session)
    assert not mailings.has_news(session)
    ends(session, first, OutboxState.SENT)
    assert (mailing.done_at, acts.notices(session, dmitry)) == (None, [])
    outbox.record(session, [Outcome(second.id, OutboxState.FAILED, 3, error="400 Bad Request")])
    assert mailings.has_news(session)
    for _ in range(2):
        mailings.settle(session)
    assert states(session, mailing) == {"Борис": RecipientState.SENT, "Пётр": RecipientState.FAILED}
    assert (mailing.done_at, acts.notices(session, dmitry)) == (NOW, ["mailing_done"])
    [lost] = mailings.missed(session, mailing.id, dmitry).items
    assert (lost.user_id, lost.error) == (petr.id, "400 Bad Request")
    # Repeated by hand, it counts again.
    outbox.repeat(session, second.id)
    mailings.reopen(session, mailing.id, second.id)
    session.expire_all()
    ends(session, second, OutboxState.SENT)
    assert states(session, mailing)["Пётр"] is RecipientState.SENT
    assert mailings.missed(session, mailing.id, dmitry).items == ()
    assert acts.notices(session, dmitry) == ["mailing_done"]


@pytest.mark.parametrize(
    ("state", "error", "is_blocked", "expected"),
    [
        (OutboxState.FAILED, "unreachable: 403 Forbidden", False, RecipientState.UNREACHABLE),
        (OutboxState.FAILED, "cannot be rendered", False, RecipientState.FAILED),
        # Dropped with the rest of a chat that is gone.
        (OutboxState.SUPERSEDED, None, False, RecipientState.UNREACHABLE),
        (OutboxState.SUPERSEDED, None, True, RecipientState.LEFT),
    ],
)
def test_why_somebody_did_not_get_it(
    session: Session,
    boris: User,
    dmitry: User,
    state: OutboxState,
    error: str | None,
    is_blocked: bool,
    expected: RecipientState,
) -> None:
    mailing = sent_to_keepers(session, dmitry)
    if is_blocked:
        staffing.block(session, boris.id, dmitry)
    ends(session, rows(session)[0], state, error)
    assert states(session, mailing)["Борис"] is expected


def test_who_is_known_to_be_unreachable_is_not_tried(
    session: Session, boris: User, petr: User, dmitry: User
) -> None:
    for keeper in (boris, petr):
        notifications.lost_contact(session, keeper.telegram_id)
    mailing = sent_to_keepers(session, dmitry)
    assert rows(session) == []
    assert set(states(session, mailing).values()) == {RecipientState.UNREACHABLE}
    assert mailing.done_at == NOW


def test_it_is_sent_once_and_a_draft_is_forgotten_by_the_next(
    session: Session, boris: User, dmitry: User
) -> None:
    first = mailings.write(session, dmitry, "Раз", [boris.id]).id
    second = mailings.write(session, dmitry, "Два", [boris.id])
    assert session.scalars(select(Mailing.text).order_by(Mailing.id)).all() == ["", "Два"]
    assert len(session.scalars(select(MailingRecipient)).all()) == 1
    session.expire_all()
    for late in (mailings.send, mailings.discard):
        with pytest.raises(NotFound):
            late(session, first, dmitry)
    mailings.send(session, second.id, dmitry)
    for late in (mailings.send, mailings.discard):
        with pytest.raises(Conflict):
            late(session, second.id, dmitry)
    assert len(rows(session)) == 1
    assert [one.text for one in mailings.find(session, dmitry).items] == ["Два"]


def test_bad_texts_and_empty_audiences_are_refused(session: Session, boris: User, dmitry: User) -> None:
    for text, to, code in (
        (" \n", [boris.id], "empty"),
        ("я" * 3501, [boris.id], "too_long"),
        # Both count more with Telegram than in Python: an emoji two, an escaped bracket four.
        ("🏠" * 1751, [boris.id], "too_long"),
        ("<" * 876, [boris.id], "too_long"),
        ("Привет", [], "nobody"),
    ):
        with pytest.raises(Invalid) as caught:
            mailings.write(session, dmitry, text, to)
        assert caught.value.code == code
    assert mailings.write(session, dmitry, "<" * 875, [boris.id]).text == "<" * 875


def test_another_administrator_neither_sees_nor_sends_what_is_being_written(
    session: Session, anna: User, boris: User, dmitry: User
) -> None:
    staffing.give_role(session, anna.id, Role.ADMIN, dmitry)
    mailing = mailings.write(session, dmitry, "Привет", [boris.id])
    with pytest.raises(NotFound):
        mailings.send(session, mailing.id, anna)
    mailings.send(session, mailing.id, dmitry)
    assert mailings.get(session, mailing.id, anna) is mailing


def test_only_administrators_mail(session: Session, anna: User, boris: User, dmitry: User) -> None:
    mailing = mailings.write(session, dmitry, "Привет", [boris.id])
    with pytest.raises(Forbidden):
        mailings.write(session, anna, "Привет", [boris.id])
    for act in (mailings.get, mailings.send, mailings.discard, mailings.missed):
        with pytest.raises(NotFound):
            act(session, mailing.id, anna)
