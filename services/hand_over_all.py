"""One rep's customers and open drafts go to another: named first, then done whole or not at all."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from sqlalchemy import insert, or_, select, text, update
from sqlalchemy.orm import Session

from models import AuditEntry, Customer, Order, OrderEventKind, OrderStatus, Role, User, UserRole, now_of
from services import audit, drafts, notifications, orders, paging, staffing
from services.errors import Conflict, Invalid, NotFound
from services.paging import Page
from services.quantities import Typed

# Written out: with a bound value SQLite would not use the index that holds open drafts only.
_is_draft = text("orders.status = 'draft'")


@dataclass(frozen=True, slots=True)
class Handover:
    """What would go from one rep to another; ``merged`` of the drafts meet one of the other's."""

    giver: User
    taker: User
    customer_ids: tuple[int, ...]
    draft_ids: tuple[int, ...]
    merged: int

    @property
    def code(self) -> str:
        """Four digits to type: they stand for exactly this, so a code typed after a change does not fit."""
        facts = repr((self.giver.id, self.taker.id, self.customer_ids, self.draft_ids, self.merged))
        return str(int(hashlib.sha256(facts.encode()).hexdigest(), 16) % 9000 + 1000)


def count(session: Session, giver: User) -> int:
    """Return how many customers and open drafts a person has."""
    return len(_customer_ids(session, giver)) + len(_drafts(session, giver))


def takers(session: Session, giver_id: int, actor: User, page: int = 0) -> Page[User]:
    """Return the other reps, by name; administrators only."""
    giver = staffing.get(session, giver_id, actor)
    query = select(User).join(UserRole).where(UserRole.role == Role.SALES_REP, User.is_active)
    return paging.fetch(session, query.where(User.id != giver.id).order_by(User.name, User.id), page)


def plan(session: Session, giver_id: int, taker_id: int, actor: User) -> Handover:
    """Return what would be handed over.

    Raises NotFound, Conflict ``not_a_rep`` (name), ``nothing_to_hand_over``.
    """
    giver, taker = staffing.get(session, giver_id, actor), staffing.require_rep(session, taker_id, actor)
    if giver.id == taker.id:
        raise NotFound("user")
    customer_ids = _customer_ids(session, giver)
    moving = _drafts(session, giver, taker)
    if not customer_ids and not moving:
        raise Conflict("nothing_to_hand_over")
    own = {draft.customer_id for draft in _drafts(session, taker)}
    merged = sum(draft.customer_id in own for draft in moving)
    return Handover(giver, taker, customer_ids, tuple(draft.id for draft in moving), merged)


def carry_out(session: Session, giver_id: int, taker_id: int, typed: str, actor: User) -> Handover:
    """Hand over what :func:`plan` names; both are told. Orders already sent stay with who sent them.

    Raises as :func:`plan` does, Invalid ``confirm_code`` when ``typed`` is not the plan's code, Invalid
    ``too_many_lines`` when two drafts are too long to become one.
    """
    planned = plan(session, giver_id, taker_id, actor)
    if typed.strip() != planned.code:
        raise Invalid("confirm_code")
    giver, taker = planned.giver, planned.taker
    _move_customers(session, planned, actor)
    for draft_id in planned.draft_ids:
        _move_draft(session, session.get_one(Order, draft_id), taker, actor)
    session.flush()
    facts = {"customers": len(planned.customer_ids), "drafts": len(planned.draft_ids)}
    before, after = {"sales_rep": giver.name, **facts}, {"sales_rep": taker.name, **facts}
    for person in (giver, taker):
        audit.record(session, actor, "hand_over", "user", person.id, before, after)
    notifications.tell(session, giver, "customers_taken", name=taker.name, **facts)
    notifications.tell(session, taker, "customers_given", name=giver.name, **facts)
    return planned


def _customer_ids(session: Session, rep: User) -> tuple[int, ...]:
    query = select(Customer.id).where(Customer.sales_rep_id == rep.id).order_by(Customer.id)
    return tuple(session.scalars(query))


def _drafts(session: Session, rep: User, taker: User | None = None) -> list[Order]:
    """Return a rep's open drafts; with a ``taker`` only those whose customer that one will have."""
    query = select(Order).where(Order.sales_rep_id == rep.id, _is_draft).order_by(Order.id)
    if taker is not None:
        query = query.where(or_(*(Customer.sales_rep_id == who.id for who in (rep, taker))))
        query = query.join(Order.customer)
    return list(session.scalars(query))


def _move_customers(session: Session, planned: Handover, actor: User) -> None:
    """Change the rep of all in one statement, with an audit row each: a rep may have a thousand."""
    if not planned.customer_ids:
        return
    giver_id, taker_id = planned.giver.id, planned.taker.id
    session.execute(
        update(Customer)
        .where(Customer.sales_rep_id == giver_id)
        .values(sales_rep_id=taker_id, version=Customer.version + 1)
        .execution_options(synchronize_session="fetch")
    )
    entry = {"at": now_of(session), "user_id": actor.id, "action": "update", "subject": "customer"}
    facts = {"before": {"sales_rep_id": giver_id}, "after": {"sales_rep_id": taker_id}}
    rows = [{**entry, **facts, "subject_id": str(customer_id)} for customer_id in planned.customer_ids]
    session.execute(insert(AuditEntry), rows)


def _move_draft(session: Session, draft: Order, taker: User, actor: User) -> None:
    kept = drafts.find_open(session, draft.customer, taker)
    if kept is None:
        draft.sales_rep_id = taker.id
        session.flush()
        session.expire(draft, ["sales_rep"])
        drafts.touch(session, draft)
        return
    _merge(session, draft, kept)
    if draft.number is None:
        session.delete(draft)
        session.flush()
        return
    # It was at the warehouse before: the books tell of it, so it stays in them, as cancelled.
    cancelled = OrderStatus.CANCELLED
    orders.move(session, draft, actor, OrderEventKind.CANCELLED, [OrderStatus.DRAFT], cancelled)


def _merge(session: Session, draft: Order, kept: Order) -> None:
    """Put into ``kept`` what only ``draft`` has; of a product in both the larger quantity is meant."""
    for line in draft.lines:
        own = drafts.find_line(kept, line.product_id)
        if own is None or own.quantity < line.quantity:
            drafts.put_wanted(session, kept, line.product, Typed((line.quantity, line.unit, line.factor)))
    if kept.address is None and not kept.is_pickup:
        for field in ("is_pickup", "address", "latitude", "longitude", "distance_metres", "distance_is_road"):
            setattr(kept, field, getattr(draft, field))
    kept.window_id = kept.window_id or draft.window_id
    kept.note = kept.note or draft.note
    session.flush()
