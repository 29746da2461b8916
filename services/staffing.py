"""Members of staff as an administrator keeps them: found, given roles, corrected, blocked."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import Role, User, UserRole
from services import audit, auth, formats, loading, notifications, paging, requisites, search
from services.errors import Conflict, Invalid, NotFound
from services.paging import Page

MAX_COMMENT = 500


def check_comment(text: str) -> str:
    """Return a comment on one line. Raises Invalid ``empty`` or ``too_long`` (limit)."""
    comment = formats.one_line(text)
    if not comment:
        raise Invalid("empty")
    if len(comment) > MAX_COMMENT:
        raise Invalid("too_long", limit=MAX_COMMENT)
    return comment


FIELDS: dict[str, Callable[[str], str]] = {"name": requisites.check_name, "comment": check_comment}
OPTIONAL = ("comment",)


def get(session: Session, user_id: int, actor: User) -> User:
    """Return a member of staff; only administrators find any. Raises NotFound."""
    user = session.get(User, user_id) if actor.holds(Role.ADMIN) else None
    if user is None:
        raise NotFound("user")
    return user


def find(
    session: Session,
    actor: User,
    page: int = 0,
    role: Role | None = None,
    *,
    in_work: bool = False,
    text: str = "",
) -> Page[User]:
    """Return everybody who was ever let in, by name; who left comes after them, who is blocked last.

    ``role`` narrows them to those who hold it, ``in_work`` to those who are not blocked, ``text`` to those
    whose name, user name, phone and comment have all its pieces. Administrators only.
    """
    auth.require(actor, Role.ADMIN)
    query = select(User).order_by(User.is_active.desc(), User.grants.any().desc(), User.name, User.id)
    if role is not None:
        query = query.where(User.grants.any(UserRole.role == role))
    if in_work:
        query = query.where(User.is_active)
    if text.strip():
        query = query.where(User.id.in_(_fitting(session, text)))
    return paging.fetch(session, query, page)


def _fitting(session: Session, text: str) -> list[int]:
    # A company has some hundred people at most, so they are compared here: no folded column to keep in step.
    words = search.words(text)
    rows = session.execute(select(User.id, User.name, User.username, User.phone, User.comment))
    return [user_id for user_id, *known in rows if _has_all(search.joined(known), words)]


def _has_all(known: str, words: Iterable[str]) -> bool:
    return all(word.lstrip("@") in known for word in words)


def change(session: Session, user_id: int, field: str, text: str | None, actor: User) -> User:
    """Set the name or the comment from what was typed, None empties it; a change leaves an audit row.

    Raises Invalid as the field's check does, NotFound for a field that is none or cannot be empty.
    """
    user = get(session, user_id, actor)
    if field not in FIELDS or (text is None and field not in OPTIONAL):
        raise NotFound("requisite")
    before = getattr(user, field)
    after = FIELDS[field](text) if text is not None else None
    if after != before:
        setattr(user, field, after)
        audit.record(session, actor, "update", "user", user.id, {field: before}, {field: after})
    return user


def give_role(session: Session, user_id: int, role: Role, actor: User) -> User:
    """Let a person act as ``role``, too; the person is told."""
    user = get(session, user_id, actor)
    if auth.grant(session, user, role, actor) and user.is_active:
        notifications.tell(session, user, "roles_changed")
    return user


def take_role(session: Session, user_id: int, role: Role, actor: User) -> User:
    """Take a role from a person; a storekeeper's orders in hand go back into the queue.

    Raises Conflict ``last_admin`` for the last administrator's.
    """
    user = get(session, user_id, actor)
    before = auth.role_values(user)
    if role.value not in before:
        return user
    if role is Role.ADMIN:
        auth.keep_an_admin(session, user)
    user.grants[:] = [grant for grant in user.grants if grant.role is not role]
    session.flush()
    after = {"roles": auth.role_values(user)}
    audit.record(session, actor, "roles", "user", user.id, {"roles": before}, after)
    if role is Role.STOREKEEPER:
        loading.release_all(session, user, actor, loading.NO_KEEPER)
    if user.roles:
        notifications.tell(session, user, "roles_changed")
    elif user.is_active:
        notifications.tell_chat(session, user.telegram_id, "roles_gone", language=user.language)
    return user


def block(session: Session, user_id: int, actor: User) -> User:
    """Shut a person out from now on; what they have in hand goes back into the queue.

    Roles are kept for the day they are let in again. Raises Conflict ``last_admin`` for the last one.
    """
    user = get(session, user_id, actor)
    auth.keep_an_admin(session, user)
    if user.is_active:
        user.is_active = False
        session.flush()
        loading.release_all(session, user, actor, loading.BLOCKED)
        audit.record(session, actor, "block", "user", user.id, {"is_active": True}, {"is_active": False})
    return user


def unblock(session: Session, user_id: int, actor: User) -> User:
    """Let a blocked person in again with the roles held before; a storekeeper's cards catch up."""
    user = get(session, user_id, actor)
    if not user.is_active:
        user.is_active = True
        notifications.catch_up(session, user)
        audit.record(session, actor, "unblock", "user", user.id, {"is_active": False}, {"is_active": True})
    return user


def require_rep(session: Session, user_id: int, actor: User) -> User:
    """Return somebody who sells at present. Raises NotFound, Conflict ``not_a_rep`` (name)."""
    user = get(session, user_id, actor)
    if not user.holds(Role.SALES_REP):
        raise Conflict("not_a_rep", name=user.name)
    return user
