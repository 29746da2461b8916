"""What goes from one rep to another: a customer, an order alone, or all a rep has.

One rule for the three: a customer's open drafts go with it, joined with the one the other rep has for it
already; an order that was sent stays with who sent it unless an administrator gives just this one away; what
has left the store stays whosever it was, for the reports count it as theirs. Each draft and order that
changes hands has its event, each change its audit row, and everybody concerned is told.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from sqlalchemy import ColumnElement, func, insert, select, text, update
from sqlalchemy.orm import Session, aliased

from models import (
    AuditEntry,
    Customer,
    Order,
    OrderEvent,
    OrderEventKind,
    OrderStatus,
    Role,
    User,
    UserRole,
    now_of,
)
from services import audit, auth, customers, drafts, notifications, orders, paging, staffing
from services.errors import Conflict, Invalid, NotFound
from services.paging import Page
from services.quantities import Typed

# What can be given away: what has left the store is in the reports of whoever sold it.
OPEN = (OrderStatus.DRAFT, *orders.QUEUE)
# Written out: with a bound value SQLite would not use the index that holds open drafts only.
_is_draft = text("orders.status = 'draft'")


@dataclass(frozen=True, slots=True)
class Handover:
    """All that would go from one rep to another; ``merged`` of the drafts meet one of the other's."""

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


# One order


def get_open(session: Session, order_id: int, actor: User) -> Order:
    """Return an order that can be given away. Raises Forbidden, NotFound, Conflict ``order_moved_on``."""
    auth.require(actor, Role.ADMIN)
    order = orders.get(session, order_id, actor)
    if order.status not in OPEN:
        raise orders.moved_on(session, order)
    return order


def give_order(
    session: Session, order_id: int, rep_id: int, actor: User, *, with_customer: bool = False
) -> Order:
    """Give an order to another rep; return the order it is now: a draft may be joined with one of theirs.

    ``with_customer`` gives them its customer, too, as :func:`give_customer` does. Nothing is changed when all
    of it is theirs already. Raises as :func:`get_open` does, Conflict ``not_a_rep`` (name).
    """
    order = get_open(session, order_id, actor)
    taker = staffing.require_rep(session, rep_id, actor)
    customer = order.customer
    was_draft = order.status is OrderStatus.DRAFT
    former = order.sales_rep
    if with_customer:
        give_customer(session, customer.id, taker.id, actor)
        joined = drafts.find_open(session, customer, taker) if was_draft else None
        if joined is not None:
            return joined
    if former.id == taker.id:
        return order
    if was_draft:
        order = _move_draft(session, order, taker, actor)
    else:
        _give(session, order, taker, actor)
    words = {"order_id": order.id, "by": actor.name}
    if taker.id != actor.id:
        notifications.tell(session, taker, "order_received", former=former.name, **words)
    if former.id != actor.id:
        notifications.tell(session, former, "order_given_away", rep=taker.name, **words)
    return order


# One customer


def give_customer(session: Session, customer_id: int, rep_id: int | None, actor: User) -> Customer:
    """Give a customer with its open drafts to a rep, None: to nobody, the drafts stay with who began them.

    From nobody come the drafts of whoever has one. Administrators only. Raises NotFound, Conflict
    ``not_a_rep`` (name), ``rep_has_customer`` (name) when the rep has one under this ИНН.
    """
    auth.require(actor, Role.ADMIN)
    customer = customers.get(session, customer_id, actor)
    taker = staffing.require_rep(session, rep_id, actor) if rep_id is not None else None
    if customer.sales_rep_id == rep_id:
        return customer
    _refuse_twins(session, rep_id, Customer.id == customer.id)
    former = session.get(User, customer.sales_rep_id) if customer.sales_rep_id is not None else None
    customers.update_customer(session, customer, {"sales_rep_id": rep_id}, actor)
    began: dict[User, int] = {} if former is None else {former: 0}
    if taker is not None:
        for draft in _open_drafts(session, (customer.id,), former, taker):
            began[draft.sales_rep] = began.get(draft.sales_rep, 0) + 1
            _move_draft(session, draft, taker, actor)
    _tell_of_customer(session, customer, began, taker, actor)
    return customer


def follow(
    session: Session, given: Mapping[tuple[int | None, int], Collection[int]], actor: User | None
) -> None:
    """Let the open drafts follow customers a file gave to other reps, and tell both of all at once.

    ``given`` is which customers went from whom (None: nobody) to whom.
    """
    for (former_id, taker_id), customer_ids in given.items():
        former = session.get(User, former_id) if former_id is not None else None
        taker = session.get_one(User, taker_id)
        moving = _open_drafts(session, customer_ids, former, taker)
        for draft in moving:
            _move_draft(session, draft, taker, actor)
        facts = {"customers": len(customer_ids), "drafts": len(moving)}
        if former is not None:
            notifications.tell(session, former, "customers_taken", name=taker.name, **facts)
            notifications.tell(session, taker, "customers_given", name=former.name, **facts)


def _open_drafts(
    session: Session, customer_ids: Collection[int], former: User | None, taker: User
) -> list[Order]:
    """Return the drafts that go with customers: the former rep's, or anybody's if they were nobody's."""
    query = select(Order.id, Order.customer_id).where(Order.sales_rep_id != taker.id, _is_draft)
    if former is not None:
        query = query.where(Order.sales_rep_id == former.id)
    drafted = session.execute(query.order_by(Order.id))
    return [session.get_one(Order, draft.id) for draft in drafted if draft.customer_id in customer_ids]


def _tell_of_customer(
    session: Session, customer: Customer, began: dict[User, int], taker: User | None, actor: User
) -> None:
    words = {"customer_id": customer.id, "customer": customer.name, "by": actor.name}
    for person, count in began.items():
        if person.id != actor.id:
            rep = taker.name if taker is not None else None
            notifications.tell(session, person, "customer_taken", rep=rep, drafts=count, **words)
    if taker is not None and taker.id != actor.id:
        notifications.tell(session, taker, "customer_given", drafts=sum(began.values()), **words)


# All a rep has


def count(session: Session, giver: User) -> int:
    """Return how many customers and open drafts a person has."""
    own_customers = select(func.count()).select_from(Customer).where(Customer.sales_rep_id == giver.id)
    own_drafts = select(func.count()).select_from(Order).where(Order.sales_rep_id == giver.id, _is_draft)
    return session.scalar(own_customers) + session.scalar(own_drafts)  # type: ignore[operator]


def takers(session: Session, giver_id: int, actor: User, page: int = 0) -> Page[User]:
    """Return the other reps, by name; administrators only."""
    giver = staffing.get(session, giver_id, actor)
    query = select(User).join(UserRole).where(UserRole.role == Role.SALES_REP, User.is_active)
    return paging.fetch(session, query.where(User.id != giver.id).order_by(User.name, User.id), page)


def plan(session: Session, giver_id: int, taker_id: int, actor: User) -> Handover:
    """Return what would be handed over: all customers of the one, and all open drafts that go along.

    Raises NotFound, Conflict ``not_a_rep`` (name), ``nothing_to_hand_over``, ``rep_has_customer`` (name).
    """
    auth.require(actor, Role.ADMIN)
    giver, taker = staffing.get(session, giver_id, actor), staffing.require_rep(session, taker_id, actor)
    if giver.id == taker.id:
        raise NotFound("user")
    whose = Customer.sales_rep_id == giver.id
    customer_ids = tuple(session.scalars(select(Customer.id).where(whose).order_by(Customer.id)))
    # One for a customer the other rep has already goes along, too.
    moving = select(Order.id, Order.customer_id).join(Order.customer).order_by(Order.id)
    moving = moving.where(Order.sales_rep_id == giver.id, _is_draft)
    moving = moving.where(Customer.sales_rep_id.in_((giver.id, taker.id)))
    found = session.execute(moving).all()
    if not customer_ids and not found:
        raise Conflict("nothing_to_hand_over")
    _refuse_twins(session, taker.id, whose)
    own = set(session.scalars(select(Order.customer_id).where(Order.sales_rep_id == taker.id, _is_draft)))
    merged = sum(draft.customer_id in own for draft in found)
    return Handover(giver, taker, customer_ids, tuple(draft.id for draft in found), merged)


def give_all(session: Session, giver_id: int, taker_id: int, typed: str, actor: User) -> Handover:
    """Hand over what :func:`plan` names, whole or not at all; both are told.

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


# What the three have in common


def _refuse_twins(session: Session, taker_id: int | None, moving: ColumnElement[bool]) -> None:
    """Raise Conflict ``rep_has_customer`` (name) if one of these is the taker's second under its ИНН."""
    twin = aliased(Customer)
    same_firm = customers.is_same_firm(twin, Customer.inn, Customer.kpp)
    query = select(twin.name).join(Customer, same_firm).where(moving, Customer.id != twin.id)
    query = query.where(Customer.archived_at.is_(None), twin.archived_at.is_(None))
    name = session.scalar(query.where(twin.sales_rep_id == taker_id).order_by(twin.name).limit(1))
    if name is not None:
        raise Conflict("rep_has_customer", name=name)


def _give(session: Session, order: Order, taker: User, actor: User | None) -> None:
    """Change whose order it is, where nobody gave it away, sent it or ended it meanwhile; raises Conflict."""
    former = order.sales_rep
    given = session.execute(
        update(Order)
        .where(Order.id == order.id, Order.sales_rep_id == former.id, Order.status == order.status)
        .values(sales_rep_id=taker.id, updated_at=now_of(session))
        .returning(Order.id)
        .execution_options(synchronize_session=False)
    ).first()
    session.refresh(order)
    if given is None:
        raise orders.moved_on(session, order)
    session.add(
        OrderEvent(
            order_id=order.id,
            kind=OrderEventKind.REASSIGNED,
            user_id=actor.id if actor else None,
            reason=f"{former.name} → {taker.name}"[: orders.MAX_REASON],
            at=now_of(session),
        )
    )
    audit.record(session, actor, "reassign", "order", order.id, *_hands(former, taker))


def _move_draft(session: Session, draft: Order, taker: User, actor: User | None) -> Order:
    """Give a draft to a rep, joined with the one they have for its customer; return which it is now."""
    kept = drafts.find_open(session, draft.customer, taker)
    if kept is None:
        _give(session, draft, taker, actor)
        drafts.touch(session, draft)
        session.flush()
        return draft
    audit.record(session, actor, "join", "order", kept.id, *_hands(draft.sales_rep, taker))
    _merge(session, draft, kept)
    drafts.discard(session, draft, actor)
    return kept


def _hands(former: User, taker: User) -> tuple[dict[str, int], dict[str, int]]:
    return {"sales_rep_id": former.id}, {"sales_rep_id": taker.id}


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
