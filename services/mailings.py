"""A text to many members of staff: written, looked at, confirmed, then sent row by row from the outbox.

What is left to send is in rows, so a restart goes on where it was.
"""

from __future__ import annotations

import html
from collections.abc import Collection
from dataclasses import dataclass, field

from sqlalchemy import Select, delete, func, select, text, update
from sqlalchemy.orm import Session

from models import (
    Mailing,
    MailingRecipient,
    OutboxKind,
    OutboxMessage,
    OutboxState,
    RecipientState,
    Role,
    User,
    UserRole,
    now_of,
)
from services import audit, auth, notifications, outbox, paging
from services.errors import Conflict, Invalid, NotFound
from services.paging import Page, Stretch

MAX_TEXT = 3500
"""As Telegram counts, with what HTML escapes: so much leaves room for the words around it."""

_NOTICE = "mailing"
_ENDED = (OutboxState.SENT, OutboxState.FAILED, OutboxState.SUPERSEDED)
# Written out: with a bound value SQLite would not use the index that holds waiting rows only.
_is_waiting = text("mailing_recipients.state = 'waiting'")
_news = (
    select(MailingRecipient, OutboxMessage.state, OutboxMessage.last_error)
    .join(OutboxMessage, OutboxMessage.id == MailingRecipient.outbox_id)
    .where(_is_waiting, OutboxMessage.state.in_(_ENDED))
)


@dataclass(frozen=True, slots=True)
class Progress:
    """How many people a mailing has reached, still waits for, and has not reached by which reason."""

    sent: int = 0
    waiting: int = 0
    missed: dict[RecipientState, int] = field(default_factory=dict)

    @property
    def total(self) -> int:
        """Everybody it goes to."""
        return self.sent + self.waiting + sum(self.missed.values())


def check_text(text: str) -> str:
    """Return what is to be mailed. Raises Invalid ``empty`` or ``too_long`` (limit)."""
    text = text.strip()
    if not text:
        raise Invalid("empty")
    escaped = html.escape(text, quote=False)
    if len(escaped) + sum(char > "\uffff" for char in escaped) > MAX_TEXT:
        raise Invalid("too_long", limit=MAX_TEXT)
    return text


def audience(session: Session, author: User, role: Role | None, chosen: Collection[int] = ()) -> list[int]:
    """Return the ids of those a mailing would go to: all who hold ``role``, or the ``chosen``.

    The author, and whoever is blocked or holds no role, is left out.
    """
    auth.require(author, Role.ADMIN)
    query = select(User.id).join(UserRole).where(User.is_active, User.id != author.id).distinct()
    query = query.where(UserRole.role == role) if role is not None else query.where(User.id.in_(chosen))
    return list(session.scalars(query.order_by(User.id)))


def count_by_role(session: Session, author: User) -> dict[Role, int]:
    """Return how many people of each role a mailing of ``author`` would go to."""
    return {role: len(audience(session, author, role)) for role in Role}


def addressees(session: Session, mailing_id: int, actor: User) -> list[int]:
    """Return the ids of those a mailing goes to."""
    return [one.user_id for one in session.scalars(_recipients(get(session, mailing_id, actor)))]


def people(session: Session, author: User, page: int = 0) -> Page[User]:
    """Return those a mailing can be addressed to, by name."""
    auth.require(author, Role.ADMIN)
    query = select(User).where(User.is_active, User.grants.any(), User.id != author.id)
    return paging.fetch(session, query.order_by(User.name, User.id), page)


def write(session: Session, author: User, words: str, user_ids: Collection[int]) -> Mailing:
    """Keep a mailing to be looked at and sent; one of the author's that was not sent is forgotten.

    Raises Invalid as :func:`check_text` does, ``nobody`` when it would go to none.
    """
    auth.require(author, Role.ADMIN)
    words = check_text(words)
    if not user_ids:
        raise Invalid("nobody")
    _forget_unsent(session, author)
    mailing = Mailing(author_id=author.id, text=words, created_at=now_of(session))
    session.add(mailing)
    session.flush()
    session.add_all(MailingRecipient(mailing_id=mailing.id, user_id=user_id) for user_id in user_ids)
    session.flush()
    return mailing


def get(session: Session, mailing_id: int, actor: User) -> Mailing:
    """Return a mailing that was sent, or the actor's own that is being written; administrators only.

    Raises NotFound, for one that was thrown away, too.
    """
    mailing = session.get(Mailing, mailing_id) if actor.holds(Role.ADMIN) else None
    if mailing is None or (mailing.sent_at is None and not _is_in_hand(mailing, actor)):
        raise NotFound("mailing")
    return mailing


def find(session: Session, actor: User, cursor: int = 0) -> Stretch[Mailing]:
    """Return the mailings that were sent, the latest first, those at ``cursor`` of the list."""
    auth.require(actor, Role.ADMIN)
    return paging.by_key(session, [select(Mailing).where(Mailing.sent_at.is_not(None))], Mailing.id, cursor)


def send(session: Session, mailing_id: int, actor: User) -> Mailing:
    """Put a message for each recipient into the outbox, behind everything a person waits for.

    Who has blocked the bot is noted as unreachable at once. Raises Conflict ``mailing_sent`` the second time.
    """
    mailing = get(session, mailing_id, actor)
    sent = session.execute(
        update(Mailing)
        .where(Mailing.id == mailing.id, Mailing.sent_at.is_(None))
        .values(sent_at=now_of(session))
        .returning(Mailing.id)
        .execution_options(synchronize_session=False)
    ).first()
    session.refresh(mailing)
    if sent is None:
        raise Conflict("mailing_sent")
    for recipient in session.scalars(_recipients(mailing)):
        if recipient.user.unreachable_at is not None:
            recipient.state = RecipientState.UNREACHABLE
            continue
        chat_id = recipient.user.telegram_id
        recipient.outbox_id = outbox.add(
            session,
            OutboxKind.TELEGRAM,
            str(chat_id),
            notifications.NOTICE_PREFIX + _NOTICE,
            {"chat_id": chat_id, "mailing_id": mailing.id},
            priority=outbox.MAILING,
        )
    session.flush()
    reached = progress(session, mailing)
    mailing.done_at = None if reached.waiting else now_of(session)
    facts = {"text": mailing.text, "recipients": reached.total}
    audit.record(session, actor, "send", "mailing", mailing.id, None, facts)
    return mailing


def discard(session: Session, mailing_id: int, actor: User) -> None:
    """Throw a mailing away that was not sent. Raises Conflict ``mailing_sent``."""
    if get(session, mailing_id, actor).sent_at is not None:
        raise Conflict("mailing_sent")
    _forget_unsent(session, actor)


def progress(session: Session, mailing: Mailing) -> Progress:
    """Return how far a mailing has got."""
    query = select(MailingRecipient.state, func.count().label("n")).where(
        MailingRecipient.mailing_id == mailing.id
    )
    counts = {row.state: row.n for row in session.execute(query.group_by(MailingRecipient.state))}
    sent, waiting = counts.pop(RecipientState.SENT, 0), counts.pop(RecipientState.WAITING, 0)
    return Progress(sent, waiting, counts)


def missed(session: Session, mailing_id: int, actor: User, page: int = 0) -> Page[MailingRecipient]:
    """Return those who did not get a mailing, and why."""
    mailing = get(session, mailing_id, actor)
    reasons = (RecipientState.FAILED, RecipientState.UNREACHABLE, RecipientState.LEFT)
    query = _recipients(mailing).where(MailingRecipient.state.in_(reasons))
    return paging.fetch(session, query, page)


def has_news(session: Session) -> bool:
    """Tell whether :func:`settle` would find anything."""
    return session.execute(_news.limit(1)).first() is not None


def settle(session: Session) -> None:
    """Note what became of the rows that were sent or given up, and tell the authors of what is through."""
    touched = set()
    for recipient, state, error in session.execute(_news).all():
        recipient.state, recipient.error = _outcome(recipient.user, state, error), error
        touched.add(recipient.mailing_id)
    session.flush()
    for mailing in session.scalars(select(Mailing).where(Mailing.id.in_(touched))):
        if mailing.done_at is None and not progress(session, mailing).waiting:
            mailing.done_at = now_of(session)
            notifications.tell(session, mailing.author, "mailing_done", mailing_id=mailing.id)


def reopen(session: Session, mailing_id: int, outbox_id: int) -> None:
    """Wait for a row again that somebody has repeated."""
    session.execute(
        update(MailingRecipient)
        .where(MailingRecipient.mailing_id == mailing_id, MailingRecipient.outbox_id == outbox_id)
        .values(state=RecipientState.WAITING, error=None)
    )


def _outcome(reader: User, state: OutboxState, error: str | None) -> RecipientState:
    if state is OutboxState.SENT:
        return RecipientState.SENT
    if state is OutboxState.SUPERSEDED:
        # Not worded because the reader is staff no more, or dropped with a chat that is gone.
        return RecipientState.UNREACHABLE if reader.roles else RecipientState.LEFT
    is_gone = (error or "").startswith("unreachable")
    return RecipientState.UNREACHABLE if is_gone else RecipientState.FAILED


def _recipients(mailing: Mailing) -> Select[MailingRecipient]:
    query = select(MailingRecipient).join(MailingRecipient.user)
    return query.where(MailingRecipient.mailing_id == mailing.id).order_by(User.name, User.id)


def _is_in_hand(mailing: Mailing, actor: User) -> bool:
    return mailing.author_id == actor.id and mailing.done_at is None


def _forget_unsent(session: Session, author: User) -> None:
    """Close what the author wrote and did not send.

    The row stays: SQLite would give its number to the next mailing, and an old button would send that one.
    """
    unsent = session.scalars(
        select(Mailing).where(
            Mailing.author_id == author.id, Mailing.sent_at.is_(None), Mailing.done_at.is_(None)
        )
    )
    for mailing in unsent:
        mailing.text, mailing.done_at = "", now_of(session)
        session.execute(delete(MailingRecipient).where(MailingRecipient.mailing_id == mailing.id))
    session.flush()
