"""What an administrator sees of those who are to come: open codes, requests, and wrong codes typed."""

from __future__ import annotations

import io
from datetime import datetime

from sqlalchemy import ColumnElement, delete, func, or_, select, update
from sqlalchemy.orm import Session

from models import AccessAttempt, AccessCode, AccessRequest, Conversation, RequestState, Role, User, now_of
from services import audit, auth, paging, search
from services.errors import Conflict, NotFound
from services.paging import Page


def open_codes(session: Session, actor: User, page: int = 0) -> Page[AccessCode]:
    """Return the codes that would let somebody in now, the latest first; administrators only."""
    auth.require(actor, Role.ADMIN)
    query = select(AccessCode).where(*auth.still_open(session))
    return paging.fetch(session, query.order_by(AccessCode.id.desc()), page)


def spare_codes(session: Session, request: AccessRequest, actor: User) -> list[AccessCode]:
    """Return the open codes that seem to be issued for the person who asked, whoever has them now.

    A code knows a name only, so those count whose name has all words of the person's, or the other way
    round. Administrators only.
    """
    auth.require(actor, Role.ADMIN)
    own = set(search.words(request.name))
    query = select(AccessCode).where(*auth.still_open(session)).order_by(AccessCode.id)
    return [code for code in session.scalars(query) if _is_one(own, set(search.words(code.name)))]


def _is_one(some: set[str], others: set[str]) -> bool:
    return bool(some and others) and (some <= others or others <= some)


def revoke(session: Session, code_id: int, actor: User) -> AccessCode:
    """Make a code worthless. Raises NotFound, Conflict ``code_closed`` when it is used or revoked already."""
    auth.require(actor, Role.ADMIN)
    code = session.get(AccessCode, code_id)
    if code is None:
        raise NotFound("access_code")
    revoked = session.execute(
        update(AccessCode)
        .where(AccessCode.id == code_id, AccessCode.used_at.is_(None), AccessCode.revoked_at.is_(None))
        .values(revoked_at=now_of(session))
        .returning(AccessCode.id)
    ).first()
    if revoked is None:
        raise Conflict("code_closed")
    at = now_of(session).isoformat()
    before, after = {"revoked_at": None}, {"revoked_at": at, "name": code.name, "role": code.role}
    audit.record(session, actor, "revoke", "access_code", code.id, before, after)
    return code


def render_qr(link: str) -> bytes:
    """Return a PNG picture that a phone's camera reads as ``link``. Slow: for workers."""
    import segno

    picture = io.BytesIO()
    segno.make(link, error="m", micro=False).save(picture, kind="png", scale=10, border=4)
    return picture.getvalue()


def requests(session: Session, actor: User, page: int = 0) -> Page[AccessRequest]:
    """Return the requests nobody has decided yet, the oldest first; administrators only."""
    auth.require(actor, Role.ADMIN)
    query = select(AccessRequest).where(AccessRequest.state == RequestState.PENDING)
    return paging.fetch(session, query.order_by(AccessRequest.id), page)


def count_requests(session: Session) -> int:
    """Return how many requests wait."""
    query = select(func.count()).where(AccessRequest.state == RequestState.PENDING)
    return session.execute(query).scalar_one()


def attempts(session: Session, actor: User, page: int = 0) -> Page[AccessAttempt]:
    """Return the accounts that typed wrong codes and have not come in since, the latest first.

    Those whose lock is over begin anew and are not named. Administrators only.
    """
    auth.require(actor, Role.ADMIN)
    counted = or_(AccessAttempt.failed > 0, AccessAttempt.locked_until > now_of(session))
    query = select(AccessAttempt).where(counted)
    return paging.fetch(
        session, query.order_by(AccessAttempt.last_at.desc(), AccessAttempt.telegram_id), page
    )


def unlock(session: Session, telegram_id: int, actor: User) -> None:
    """Let an account try codes again at once. Raises NotFound ``account`` when it is not locked."""
    auth.require(actor, Role.ADMIN)
    until = auth.locked_until(session, telegram_id)
    attempt = session.get(AccessAttempt, telegram_id)
    if until is None or attempt is None:
        raise NotFound("account")
    attempt.locked_until, attempt.failed = None, 0
    before = {"locked_until": until.isoformat()}
    audit.record(session, actor, "unlock", "account", telegram_id, before, {"locked_until": None})


def sweep(session: Session, before: datetime) -> None:
    """Forget strangers that came before ``before`` and were not let in: wrong codes, requests, screens.

    Codes issued before then, which are worth nothing by now, go too; who came in by them is in the trace of
    changes. A group's row stays: without it the group would be told again that the bot works in private.
    """
    session.execute(delete(AccessAttempt).where(AccessAttempt.last_at < before))
    left_out = AccessRequest.state.in_((RequestState.PENDING, RequestState.REJECTED))
    _delete_old(session, AccessRequest, before, left_out)
    _delete_old(session, AccessCode, before, AccessCode.expires_at < now_of(session))
    is_staff = select(User.id).where(User.telegram_id == Conversation.chat_id).exists()
    session.execute(
        delete(Conversation).where(Conversation.started_at < before, Conversation.chat_id > 0, ~is_staff)
    )


def _delete_old(
    session: Session, table: type[AccessCode | AccessRequest], before: datetime, closed: ColumnElement[bool]
) -> None:
    # The last row stays: SQLite would give its number to the next one, and an old button would mean that.
    last = select(func.max(table.id)).scalar_subquery()
    session.execute(delete(table).where(table.created_at < before, closed, table.id < last))
