"""Ordering what was ordered before: the last order, the usual set, any past order."""

from __future__ import annotations

from dataclasses import dataclass

from handlers.addresses import AsLastTime, OrderCard, OrderLines, UsualSet
from handlers.callbacks import Data
from handlers.context import Context
from handlers.routing import Router
from handlers.screen import Screen
from handlers.texts import N_, Html, stack
from models import Order, Role
from services import drafts, habits, orders
from services.errors import Invalid
from services.habits import Mark, Remark

MAX_REMARKS = 15
WORDS = {
    Mark.MISSING: N_("• {name}: no longer on sale, left out"),
    Mark.SHORT: N_("• {name}: {copied} of {wanted}, that is what is available"),
    Mark.RULED: N_("• {name}: {copied} of {wanted}, as its minimum and multiple allow"),
    Mark.DEARER: N_("• {name}: dearer, {before} → {now}"),
    Mark.CHEAPER: N_("• {name}: cheaper, {before} → {now}"),
}


@dataclass(frozen=True)
class Repeat(Data, code="hr", anywhere=True):
    """Order once more what a past order had."""

    order_id: int

    def home(self) -> Data:
        """Return the past order's card."""
        return OrderCard(self.order_id)


def register(router: Router) -> None:
    """Register the ways to repeat."""
    rep = Role.SALES_REP
    router.button(AsLastTime, as_last_time, rep)
    router.button(UsualSet, usual_set, rep)
    router.button(Repeat, repeat, rep)


def as_last_time(ctx: Context, data: AsLastTime) -> Screen:
    """Copy the customer's last order into the draft."""
    draft = drafts.get(ctx.session, data.order_id, ctx.user)
    last = habits.last_order(ctx.session, draft.customer_id)
    if last is None:
        raise Invalid("nothing_before")
    return _copied(ctx, draft, habits.copy_lines(ctx.session, draft, last.lines))


def usual_set(ctx: Context, data: UsualSet) -> Screen:
    """Copy what the customer keeps taking into the draft."""
    draft = drafts.get(ctx.session, data.order_id, ctx.user)
    lines = habits.usual_lines(ctx.session, draft.customer_id)
    if not lines:
        raise Invalid("nothing_before")
    return _copied(ctx, draft, habits.copy_lines(ctx.session, draft, lines))


def repeat(ctx: Context, data: Repeat) -> Screen:
    """Copy a past order into the customer's draft, a new one if there is none."""
    past = orders.get(ctx.session, data.order_id, ctx.user)
    if past.sales_rep_id != ctx.user.id:
        raise orders.not_found()
    draft = drafts.open_for(ctx.session, past.customer_id, ctx.user)
    return _copied(ctx, draft, habits.copy_lines(ctx.session, draft, past.lines))


def _copied(ctx: Context, draft: Order, remarks: list[Remark]) -> Screen:
    screen = ctx.open(OrderLines(draft.id, 0))
    if not remarks:
        return screen.under(ctx.t(":white_check_mark: Copied at today's prices, nothing has changed."))
    rows: list[str] = [_worded(ctx, remark) for remark in remarks[:MAX_REMARKS]]
    rest = len(remarks) - MAX_REMARKS
    if rest > 0:
        rows.append(ctx.t.many("… and {n} more line", "… and {n} more lines", rest))
    return screen.under(stack(ctx.t(":warning: Copied at today's prices. Look at these:"), *rows))


def _worded(ctx: Context, remark: Remark) -> Html:
    view = ctx.view
    return ctx.t(
        WORDS[remark.mark],
        name=remark.product_name,
        copied=view.quantity(remark.copied, remark.unit),
        wanted=view.quantity(remark.wanted, remark.unit),
        before=view.money(remark.price_before),
        now=view.money(remark.price_now),
    )
