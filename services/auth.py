"""Who may talk to the bot: access codes, requests, roles."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, bindparam, delete, select, update
from sqlalchemy.orm import Session

from models import (
    AccessAttempt,
    AccessCode,
    AccessRequest,
    AuditEntry,
    RequestState,
    Role,
    User,
    UserRole,
    now_of,
)
from services import audit, notifications
from services.errors import Conflict, Forbidden, Invalid, NotFound

# No 0 O 1 I L: a code is read aloud over the phone.
ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
CODE_LENGTH = 10
CODE_LIFE = timedelta(hours=72)
MAX_FAILED = 5
LOCK_TIME = timedelta(minutes=15)
# Who goes on guessing is locked again and again; that is told, and written down, once in this time.
TELL_LOCK_AFTER = timedelta(days=1)
MAX_NAME = 160
# Built once: every update begins with it.
_by_telegram_id = select(User).where(User.telegram_id == bindparam("id"))
# Cyrillic letters that look like the Latin ones of a code, typed with the wrong keyboard on.
LOOKALIKES = str.maketrans("АВСЕНКМРТХУ", "ABCEHKMPTXY")


def find_user(session: Session, telegram_id: int) -> User | None:
    """Return the member of staff behind a Telegram account, active or not."""
    return session.execute(_by_telegram_id, {"id": telegram_id}).unique().scalar_one_or_none()


def staff(session: Session, role: Role) -> list[User]:
    """Return the active people who hold ``role``."""
    query = select(User).join(UserRole).where(UserRole.role == role, User.is_active).order_by(User.id)
    return list(session.execute(query).unique().scalars())


def require(actor: User | None, *roles: Role) -> User:
    """Return the actor when one of ``roles`` is held; raises Forbidden."""
    if actor is None or not actor.roles.intersection(roles):
        raise Forbidden("forbidden")
    return actor


def ensure_admins(session: Session, telegram_ids: Iterable[int]) -> None:
    """Give the administrators named in the settings their account and role.

    One who was blocked stays so, unless nobody else could let anybody in.
    """
    for telegram_id in telegram_ids:
        user = find_user(session, telegram_id)
        if user is None:
            user = _new_user(session, telegram_id, str(telegram_id), None)
        grant(session, user, Role.ADMIN, None)
        if not user.is_active and not staff(session, Role.ADMIN):
            user.is_active = True
            notifications.catch_up(session, user)


def take_note(session: Session, user: User, name: str, username: str | None) -> None:
    """Keep what Telegram says of a person who just wrote: reachable, and under this user name."""
    if user.unreachable_at is not None:
        notifications.regained_contact(session, user.telegram_id)
    if user.username != username:
        user.username = username
    if user.name == str(user.telegram_id):
        user.name = name[:MAX_NAME] or user.name


def issue_code(session: Session, role: Role, name: str, issued_by: User | None = None) -> str:
    """Return a new one-time access code for ``name``; it is shown once, only its digest is kept."""
    if issued_by is not None:
        require(issued_by, Role.ADMIN)
    name = " ".join(name.split())
    if not 1 <= len(name) <= MAX_NAME:
        raise Invalid("name", limit=MAX_NAME)
    code = "".join(secrets.choice(ALPHABET) for _ in range(CODE_LENGTH))
    now = now_of(session)
    row = AccessCode(
        digest=_digest(code),
        role=role,
        name=name,
        issued_by_id=issued_by.id if issued_by else None,
        created_at=now,
        expires_at=now + CODE_LIFE,
    )
    session.add(row)
    session.flush()
    audit.record(session, issued_by, "issue", "access_code", row.id, None, {"role": role, "name": name})
    return f"{code[:5]}-{code[5:]}"


def locked_until(session: Session, telegram_id: int) -> datetime | None:
    """Return until when this account may not try codes, None when it may."""
    attempt = session.get(AccessAttempt, telegram_id)
    if attempt is None or attempt.locked_until is None or attempt.locked_until <= now_of(session):
        return None
    return attempt.locked_until


def still_open(session: Session) -> tuple[ColumnElement[bool], ...]:
    """Return what is true of a code that would let somebody in now."""
    return (
        AccessCode.used_at.is_(None),
        AccessCode.revoked_at.is_(None),
        AccessCode.expires_at > now_of(session),
    )


def _turn_away(session: Session, user: User, code: str, name: str, username: str | None) -> None:
    """Refuse a blocked person's code, which stays what it was; a good one is told to the administrators."""
    query = select(AccessCode.name).where(AccessCode.digest == _digest(code), *still_open(session))
    meant_for = session.execute(query).scalar_one_or_none()
    if meant_for is not None:
        notifications.tell_admins(session, "blocked_tried", user_id=user.id, meant_for=meant_for)
    _count_failure(session, user.telegram_id, name, username)


def redeem(
    session: Session, telegram_id: int, code: str, *, name: str, username: str | None, language: str | None
) -> User | None:
    """Let a person in; None when the code is wrong, used, expired or revoked: which one isn't told.

    Nor is it told to who was blocked: only an administrator undoes that, whosever code it is. The wrong try
    is counted in the caller's transaction, so it is not an error here. The fifth locks the account and tells
    the administrators. Raises Conflict while the account is locked.
    """
    until = locked_until(session, telegram_id)
    if until is not None:
        raise Conflict("locked", until=until)
    user = find_user(session, telegram_id)
    if user is not None and not user.is_active:
        _turn_away(session, user, code, name, username)
        return None
    row = session.execute(
        update(AccessCode)
        .where(AccessCode.digest == _digest(code), *still_open(session))
        .values(used_at=now_of(session))
        .returning(AccessCode.id, AccessCode.role, AccessCode.name, AccessCode.issued_by_id)
    ).first()
    if row is None:
        _count_failure(session, telegram_id, name, username)
        return None
    user = user or _new_user(session, telegram_id, row.name, username)
    user.language = user.language or language
    grant(session, user, row.role, user)
    session.execute(update(AccessCode).where(AccessCode.id == row.id).values(used_by_id=user.id))
    _close_request(session, telegram_id, row.issued_by_id)
    session.execute(delete(AccessAttempt).where(AccessAttempt.telegram_id == telegram_id))
    return user


def request_access(
    session: Session, telegram_id: int, *, name: str, username: str | None, phone: str, language: str | None
) -> AccessRequest:
    """Ask the administrators; one request per person waits at a time. Raises Conflict for a second one."""
    waiting = session.execute(
        select(AccessRequest).where(
            AccessRequest.telegram_id == telegram_id, AccessRequest.state == RequestState.PENDING
        )
    ).scalar_one_or_none()
    if waiting is not None:
        raise Conflict("request_waits")
    request = AccessRequest(
        telegram_id=telegram_id,
        name=name[:MAX_NAME],
        username=username,
        phone=phone[:32],
        language=language,
        state=RequestState.PENDING,
        created_at=now_of(session),
    )
    session.add(request)
    session.flush()
    notifications.tell_admins(session, "access_requested", request_id=request.id)
    return request


def get_request(session: Session, request_id: int, actor: User) -> AccessRequest:
    """Return a request; only administrators find any."""
    request = session.get(AccessRequest, request_id) if actor.holds(Role.ADMIN) else None
    if request is None:
        raise NotFound("request")
    return request


def approve(session: Session, request_id: int, role: Role, actor: User) -> User:
    """Let the person who asked in as ``role``; raises Conflict when it is decided already."""
    request = _decide(session, request_id, RequestState.APPROVED, actor)
    user = find_user(session, request.telegram_id)
    if user is None:
        user = _new_user(session, request.telegram_id, request.name, request.username)
    user.phone = request.phone
    user.language = user.language or request.language
    _let_in(session, user, role, actor)
    notifications.tell(session, user, "access_granted", role=role.value)
    return user


def reject(session: Session, request_id: int, actor: User) -> None:
    """Turn the person who asked down, and say so to them."""
    request = _decide(session, request_id, RequestState.REJECTED, actor)
    notifications.tell_chat(session, request.telegram_id, "access_rejected", language=request.language)


def log_out(session: Session, user: User) -> None:
    """Take every role from the person; a new code brings them back. Raises Conflict ``last_admin``."""
    keep_an_admin(session, user)
    before = role_values(user)
    user.grants.clear()
    session.flush()
    audit.record(session, user, "log_out", "user", user.id, {"roles": before}, {"roles": []})


def keep_an_admin(session: Session, user: User) -> None:
    """Raise Conflict ``last_admin`` when nobody but ``user`` could let others in."""
    if user.holds(Role.ADMIN) and len(staff(session, Role.ADMIN)) == 1:
        raise Conflict("last_admin")


def role_values(user: User) -> list[str]:
    """Return the roles given to a person, blocked or not, as an audit row keeps them."""
    return [role.value for role in Role if any(grant.role is role for grant in user.grants)]


def grant(session: Session, user: User, role: Role, actor: User | None) -> bool:
    """Give a person a role; return whether it is a new one. It leaves an audit row then."""
    before = role_values(user)
    if role.value in before:
        return False
    user.grants.append(UserRole(role=role))
    session.flush()
    audit.record(session, actor, "roles", "user", user.id, {"roles": before}, {"roles": role_values(user)})
    if role is Role.STOREKEEPER:
        notifications.catch_up(session, user)
    return True


def set_language(user: User, language: str) -> None:
    """Speak ``language`` to this person from now on."""
    user.language = language


def _decide(session: Session, request_id: int, state: RequestState, actor: User) -> AccessRequest:
    request = get_request(session, request_id, actor)
    decided = session.execute(
        update(AccessRequest)
        .where(AccessRequest.id == request_id, AccessRequest.state == RequestState.PENDING)
        .values(state=state, decided_at=now_of(session), decided_by_id=actor.id)
        .returning(AccessRequest.id)
    ).first()
    if decided is None:
        raise Conflict("request_decided")
    pending = RequestState.PENDING
    audit.record(session, actor, "decide", "access_request", request_id, {"state": pending}, {"state": state})
    return request


def _close_request(session: Session, telegram_id: int, decided_by_id: int | None) -> None:
    """Who is in asks no more: approved later, the request would give a second role nobody meant."""
    session.execute(
        update(AccessRequest)
        .where(AccessRequest.telegram_id == telegram_id, AccessRequest.state == RequestState.PENDING)
        .values(state=RequestState.CLOSED, decided_at=now_of(session), decided_by_id=decided_by_id)
    )


def _count_failure(session: Session, telegram_id: int, name: str, username: str | None) -> None:
    attempt = session.get(AccessAttempt, telegram_id)
    if attempt is None:
        attempt = AccessAttempt(telegram_id=telegram_id, failed=0)
        session.add(attempt)
    attempt.failed += 1
    attempt.name, attempt.username, attempt.last_at = name[:MAX_NAME], username, now_of(session)
    if attempt.failed >= MAX_FAILED:
        attempt.failed = 0
        attempt.locked_until = now_of(session) + LOCK_TIME
        if _was_told_of(session, telegram_id):
            return
        until = {"locked_until": attempt.locked_until.isoformat()}
        audit.record(session, None, "lock", "account", telegram_id, {"locked_until": None}, until)
        notifications.tell_admins(
            session, "account_locked", telegram_id=telegram_id, name=name, username=username
        )


def _was_told_of(session: Session, telegram_id: int) -> bool:
    """Tell whether the account's last trace is that it was locked, of late."""
    of_account = (AuditEntry.subject == "account", AuditEntry.subject_id == str(telegram_id))
    query = select(AuditEntry.action, AuditEntry.at).where(*of_account).order_by(AuditEntry.id.desc())
    last = session.execute(query.limit(1)).first()
    return last is not None and last.action == "lock" and last.at > now_of(session) - TELL_LOCK_AFTER


def _let_in(session: Session, user: User, role: Role, actor: User | None) -> None:
    if not user.is_active:
        user.is_active = True
        audit.record(session, actor, "unblock", "user", user.id, {"is_active": False}, {"is_active": True})
        notifications.catch_up(session, user)
    grant(session, user, role, actor)


def _new_user(session: Session, telegram_id: int, name: str, username: str | None) -> User:
    user = User(
        telegram_id=telegram_id, name=name, username=username, is_active=True, created_at=now_of(session)
    )
    user.grants = []
    session.add(user)
    return user


def _digest(code: str) -> str:
    letters = code.upper().translate(LOOKALIKES)
    plain = "".join(char for char in letters if char.isalnum())
    return hashlib.sha256(plain.encode()).hexdigest()
