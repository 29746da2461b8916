"""What an administrator does with an order: takes it back, gives it to another rep, cancels its papers."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from handlers import conversation as conversations
from handlers import keyboards
from handlers.addresses import About, AuditLog, OrderCard
from handlers.callbacks import Data
from handlers.context import Context
from handlers.routing import Router
from handlers.screen import Button, Rows, Screen
from handlers.screens import order_text
from handlers.texts import Html
from models import Document, Invoice, Order, OrderStatus, Role, Waybill
from services import documents, handover, invoices, loading, orders, staffing, waybills
from services.errors import Conflict, Invalid, NotFound

VOID_REASON = "void_reason"


@dataclass(frozen=True)
class TakeBack(Data, code="jb"):
    """Put an order somebody has in hand back into the queue: the reason is typed."""

    order_id: int


@dataclass(frozen=True)
class ChangeRep(Data, code="jk"):
    """Choose the rep an order is given to, a page of them."""

    order_id: int
    page: int = 0


@dataclass(frozen=True)
class GiveTo(Data, code="jg"):
    """Ask whether the customer goes along."""

    order_id: int
    user_id: int


@dataclass(frozen=True)
class Give(Data, code="jh"):
    """Give the order away."""

    order_id: int
    user_id: int
    with_customer: bool


@dataclass(frozen=True)
class VoidPaper(Data, code="jn"):
    """Cancel a paper: the reason is typed."""

    document_id: int


@dataclass(frozen=True)
class VoidSure(Data, code="jo"):
    """Cancel it once the code is typed back."""

    document_id: int
    number: int


@dataclass(frozen=True)
class RevisePaper(Data, code="je"):
    """Issue a paper anew with what is known today: the reason is typed."""

    document_id: int


def register(router: Router) -> None:
    """Register the administrator's buttons of a card, and what the reps hear of them."""
    admin = Role.ADMIN
    router.button(TakeBack, ask_why_back, admin)
    router.typed(TakeBack, "text", take_back)
    router.button(ChangeRep, choose_rep, admin)
    router.button(GiveTo, ask_with_customer, admin)
    router.button(Give, give, admin)
    router.button(VoidPaper, ask_why_void, admin)
    router.typed(VoidPaper, "text", ask_code)
    router.button(VoidSure, code_screen, admin)
    router.typed(VoidSure, "text", void)
    router.button(RevisePaper, ask_why_revise, admin)
    router.typed(RevisePaper, "text", revise)
    router.notice("order_received", order_received)
    router.notice("order_given_away", order_given_away)


def facts(ctx: Context, order: Order) -> list[str]:
    """Return whose order it is, for whoever it is not."""
    if order.sales_rep_id == ctx.user.id:
        return []
    return [ctx.t(":bust_in_silhouette: Rep: {name}", name=order.sales_rep.name)]


def rows(ctx: Context, order: Order, papers: Sequence[Document]) -> Rows:
    """Return the administrator's buttons of an order's card, none for anybody else."""
    if not ctx.user.holds(Role.ADMIN):
        return []
    t = ctx.t
    found: Rows = []
    if order.status is OrderStatus.LOADING:
        found.append([Button(t.plain(":leftwards_arrow_with_hook: Back to the queue"), TakeBack(order.id))])
    for paper in papers:
        if paper.cancelled_at is not None:
            continue
        revised, cancelled = (
            t.plain(":pencil2: Correct the waybill"),
            t.plain(":prohibited: Cancel the waybill"),
        )
        if isinstance(paper, Invoice):
            revised = t.plain(":pencil2: Correct the invoice")
            cancelled = t.plain(":prohibited: Cancel the invoice")
        found.append([Button(revised, RevisePaper(paper.id)), Button(cancelled, VoidPaper(paper.id))])
    last = [Button(t.plain(":scroll: Changes"), AuditLog(about=About.ORDERS, subject_id=order.id))]
    if order.status in handover.OPEN:
        last.insert(0, Button(t.plain(":handshake: Another rep"), ChangeRep(order.id)))
    return [*found, last]


def ask_why_back(ctx: Context, data: TakeBack) -> Screen:
    """Ask why the order is taken out of somebody's hands."""
    order = orders.get(ctx.session, data.order_id, ctx.user)
    if order.status is not OrderStatus.LOADING:
        raise orders.moved_on(ctx.session, order)
    text = ctx.t(
        "Order No. {number} is in the hands of {keeper}. Why is it put back into the queue?",
        number=order.number,
        keeper=order.storekeeper.name if order.storekeeper else "—",
    )
    return Screen(text, [_to_order(ctx, order)], data)


def take_back(ctx: Context, data: TakeBack, reason: str) -> Screen:
    """Put it back."""
    loading.release(ctx.session, data.order_id, ctx.user, reason)
    return ctx.open(OrderCard(data.order_id))


def choose_rep(ctx: Context, data: ChangeRep) -> Screen:
    """Offer the reps in work."""
    t = ctx.t
    order = handover.get_open(ctx.session, data.order_id, ctx.user)
    page = staffing.find(ctx.session, ctx.user, data.page, Role.SALES_REP, in_work=True)
    found: Rows = [
        [Button(person.name, GiveTo(order.id, person.id))]
        for person in page.items
        if person.id != order.sales_rep_id
    ]
    found += keyboards.pager(t, page, lambda to: ChangeRep(order.id, to))
    found.append(_to_order(ctx, order))
    text = t(
        "{order}\nRep now: {name}. To whom does it go?", order=_title(ctx, order), name=order.sales_rep.name
    )
    return Screen(text, found, ChangeRep(order.id, page.number))


def ask_with_customer(ctx: Context, data: GiveTo) -> Screen:
    """Ask whether the order goes alone."""
    t = ctx.t
    order = handover.get_open(ctx.session, data.order_id, ctx.user)
    rep = staffing.get(ctx.session, data.user_id, ctx.user)
    found: Rows = [
        [Button(t.plain(":clipboard: This order only"), Give(order.id, rep.id, with_customer=False))],
        [
            Button(
                t.plain(":busts_in_silhouette: The customer and its drafts, too"),
                Give(order.id, rep.id, with_customer=True),
            )
        ],
        _to_order(ctx, order),
    ]
    text = t("{order}\nWhat does {name} get?", order=_title(ctx, order), name=rep.name)
    return Screen(text, found, data)


def give(ctx: Context, data: Give) -> Screen:
    """Give it, and say so on the card of the order it is now."""
    order = handover.give_order(
        ctx.session, data.order_id, data.user_id, ctx.user, with_customer=data.with_customer
    )
    ctx.session.flush()
    given = ctx.t(":white_check_mark: The order is {name}'s now.", name=order.sales_rep.name)
    if data.with_customer:
        given = ctx.t(
            ":white_check_mark: The order and the customer are {name}'s now.", name=order.sales_rep.name
        )
    return ctx.open(OrderCard(order.id)).under(given)


def ask_why_void(ctx: Context, data: VoidPaper) -> Screen:
    """Ask why the paper is cancelled."""
    paper = _in_force(ctx, data.document_id)
    text = ctx.t("{paper}: why is it cancelled?", paper=_paper(ctx, paper))
    return Screen(text, [_to_order(ctx, paper.order)], data)


def ask_code(ctx: Context, data: VoidPaper, reason: str) -> Screen:
    """Keep the reason, and ask for a code that nobody types by accident."""
    checked = orders.checked_reason(reason)
    conversations.remember(ctx.conversation, **{VOID_REASON: checked})
    return code_screen(ctx, VoidSure(data.document_id, 1000 + secrets.randbelow(9000)))


def code_screen(ctx: Context, data: VoidSure) -> Screen:
    """Name what will happen, and the code that lets it."""
    paper = _in_force(ctx, data.document_id)
    reason = ctx.conversation.form.get(VOID_REASON)
    if not reason:
        return ask_why_void(ctx, VoidPaper(paper.id))
    text = ctx.t(
        ":warning: {paper} will be cancelled for good: it is stamped, its number stays taken,"
        " letters that wait are not sent.\nReason: {reason}\n\nIf you are sure, type the code <b>{code}</b>.",
        paper=_paper(ctx, paper),
        reason=reason,
        code=data.number,
    )
    return Screen(text, [_to_order(ctx, paper.order)], data)


def void(ctx: Context, data: VoidSure, code: str) -> Screen:
    """Cancel the paper when the code is right."""
    if code.strip() != str(data.number):
        raise Invalid("code_wrong")
    paper = _in_force(ctx, data.document_id)
    reason = str(ctx.conversation.form.get(VOID_REASON) or "")
    if isinstance(paper, Invoice):
        invoices.void(ctx.session, paper, ctx.user, reason)
    elif isinstance(paper, Waybill):
        waybills.void(ctx.session, paper, ctx.user, reason)
    conversations.clear_form(ctx.conversation)
    done = ctx.t(":white_check_mark: {paper} is cancelled.", paper=_paper(ctx, paper))
    return ctx.open(OrderCard(paper.order_id)).under(done)


def ask_why_revise(ctx: Context, data: RevisePaper) -> Screen:
    """Ask what is corrected."""
    paper = _in_force(ctx, data.document_id)
    text = ctx.t(
        "{paper} is issued anew under its number, with today's requisites, and the old one is cancelled."
        " What is corrected?",
        paper=_paper(ctx, paper),
    )
    return Screen(text, [_to_order(ctx, paper.order)], data)


def revise(ctx: Context, data: RevisePaper, reason: str) -> Screen:
    """Issue the correction."""
    paper = _in_force(ctx, data.document_id)
    corrected: Document = paper
    if isinstance(paper, Invoice):
        corrected = invoices.revise(ctx.session, paper, ctx.user, reason)
    elif isinstance(paper, Waybill):
        corrected = waybills.revise(ctx.session, paper, ctx.user, reason)
    done = ctx.t(":white_check_mark: {paper} is issued.", paper=_paper(ctx, corrected))
    return ctx.open(OrderCard(paper.order_id)).under(done)


def order_received(ctx: Context, params: dict[str, Any]) -> Screen | None:
    """Tell a rep of an order that is theirs now."""
    order = ctx.session.get(Order, params["order_id"])
    if order is None:
        return None
    text = ctx.t(
        ":handshake: {order} is yours now: {by} gave it to you, it was {former}'s.",
        order=_title(ctx, order),
        by=params["by"],
        former=params["former"],
    )
    if ctx.actor is None or order.sales_rep_id != ctx.actor.id:
        return Screen(text)
    button = Button(ctx.t.plain(":clipboard: Open the order"), OrderCard(order.id))
    return Screen(text, [[button]])


def order_given_away(ctx: Context, params: dict[str, Any]) -> Screen | None:
    """Tell a rep of an order that is another's now."""
    order = ctx.session.get(Order, params["order_id"])
    if order is None:
        return None
    text = ctx.t(
        ":handshake: {order} is {rep}'s now: {by} gave it away.",
        order=_title(ctx, order),
        rep=params["rep"],
        by=params["by"],
    )
    return Screen(text)


def _title(ctx: Context, order: Order) -> Html:
    return order_text.title(ctx.view, order)


def _paper(ctx: Context, paper: Document) -> Html:
    return order_text.paper_name(ctx.view, paper)


def _in_force(ctx: Context, document_id: int) -> Document:
    paper = documents.get(ctx.session, document_id, ctx.user)
    if not isinstance(paper, Invoice | Waybill):
        raise NotFound("invoice")
    if paper.cancelled_at is not None:
        raise Conflict("document_void")
    return paper


def _to_order(ctx: Context, order: Order) -> list[Button]:
    return [Button(ctx.t.plain(":clipboard: Order"), OrderCard(order.id))]
