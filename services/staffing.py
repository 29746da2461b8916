"""Members of staff as an administrator keeps them: blocked and let in again at once."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import Role, User, UserRole
from services import audit, auth, loading, paging
from services.errors import Conflict, NotFound
from services.paging import Page


def get(session: Session, user_id: int, actor: User) -> User:
    """Return a member of staff; only administrators find any. Raises NotFound."""
    user = session.get(User, user_id) if actor.holds(Role.ADMIN) else None
    if user is None:
        raise NotFound("user")
    return user


def find(
    session: Session, actor: User, page: int = 0, role: Role | None = None, *, in_work: bool = False
) -> Page[User]:
    """Return everybody who ever held a role, by name, the blocked ones last; administrators only.

    ``role`` narrows them to those who hold it, ``in_work`` to those who are not blocked.
    """
    auth.require(actor, Role.ADMIN)
    has_role = User.grants.any() if role is None else User.grants.any(UserRole.role == role)
    query = select(User).where(has_role).order_by(User.is_active.desc(), User.name, User.id)
    return paging.fetch(session, query.where(User.is_active) if in_work else query, page)


def block(session: Session, user_id: int, actor: User) -> User:
    """Shut a person out from now on; what they have in hand goes back into the queue.

    Roles are kept for the day they are let in again. Raises Conflict ``last_admin`` for the last one.
    """
    user = get(session, user_id, actor)
    if user.holds(Role.ADMIN) and len(auth.staff(session, Role.ADMIN)) == 1:
        raise Conflict("last_admin")
    if user.is_active:
        user.is_active = False
        session.flush()
        loading.release_all(session, user, actor)
        audit.record(session, actor, "block", "user", user.id, {"is_active": True}, {"is_active": False})
    return user


def unblock(session: Session, user_id: int, actor: User) -> User:
    """Let a blocked person in again with the roles held before."""
    user = get(session, user_id, actor)
    if not user.is_active:
        user.is_active = True
        audit.record(session, actor, "unblock", "user", user.id, {"is_active": False}, {"is_active": True})
    return user
