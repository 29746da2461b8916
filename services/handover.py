"""Giving an order to another rep, alone or with its customer and what else is open of it."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from models import Order, OrderEvent, OrderEventKind, OrderStatus, Role, User, now_of
from services import audit, auth, customers, drafts, notifications, orders, staffing
from services.errors import Conflict, NotFound

# What its rep still has to do with; what is over stays with whoever sold it.
OPEN = (OrderStatus.DRAFT, *orders.STARTED[:-1])


def change_rep(
    session: Session, order_id: int, rep_id: int, actor: User, *, with_customer: bool = False
) -> list[Order]:
    """Give an order to another rep; return the orders that changed hands, none when it is theirs already.

    ``with_customer`` gives them the customer, too, and with it every open order the former rep has of it.
    Raises Forbidden unless the actor is an administrator, NotFound ``user`` for whoever is no rep in work,
    Conflict ``rep_has_draft`` when a draft would be their second for the customer.
    """
    auth.require(actor, Role.ADMIN)
    order = orders.get(session, order_id, actor)
    rep = staffing.get(session, rep_id, actor)
    if not rep.holds(Role.SALES_REP):
        raise NotFound("user")
    former = order.sales_rep
    changed = [order] if former.id != rep.id else []
    if with_customer:
        changed += _also_open(session, order) if changed else []
        if order.customer.sales_rep_id != rep.id:
            customers.update_customer(session, order.customer, {"sales_rep_id": rep.id}, actor)
    _refuse_second_draft(session, changed, rep)
    for one in changed:
        _give(session, one, former, rep, actor)
    if changed:
        _tell(session, order, former, rep, actor, len(changed) - 1)
    return changed


def _also_open(session: Session, order: Order) -> Sequence[Order]:
    query = (
        select(Order)
        .where(
            Order.sales_rep_id == order.sales_rep_id,
            Order.customer_id == order.customer_id,
            Order.status.in_(OPEN),
            Order.id != order.id,
        )
        .order_by(Order.id)
    )
    return session.scalars(query).all()


def _refuse_second_draft(session: Session, changed: Sequence[Order], rep: User) -> None:
    """Raise Conflict when the rep has an open draft for the customer of a draft that is given."""
    for draft in changed:
        if draft.status is not OrderStatus.DRAFT:
            continue
        if drafts.find_open(session, draft.customer, rep) is not None:
            raise Conflict("rep_has_draft", name=rep.name, customer=draft.customer.name)


def _give(session: Session, order: Order, former: User, rep: User, actor: User) -> None:
    given = session.execute(
        update(Order)
        .where(Order.id == order.id, Order.sales_rep_id == former.id)
        .values(sales_rep_id=rep.id, updated_at=now_of(session))
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
            user_id=actor.id,
            reason=f"{former.name} → {rep.name}"[: orders.MAX_REASON],
            at=now_of(session),
        )
    )
    before, after = {"sales_rep_id": former.id}, {"sales_rep_id": rep.id}
    audit.record(session, actor, "reassign", "order", order.id, before, after)


def _tell(session: Session, order: Order, former: User, rep: User, actor: User, others: int) -> None:
    words = {"order_id": order.id, "by": actor.name, "others": others}
    if rep.id != actor.id:
        notifications.tell(session, rep, "order_received", former=former.name, **words)
    if former.id != actor.id:
        notifications.tell(session, former, "order_given_away", rep=rep.name, **words)
