"""Customers and open drafts go to another rep: whom to, a code typed over what is named, what all hear."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

from handlers import keyboards, menu
from handlers.addresses import ClientCard, HandOver, StaffCard
from handlers.callbacks import Data
from handlers.context import Context
from handlers.routing import Router
from handlers.screen import Button, Rows, Screen
from handlers.staff import staff_card
from handlers.texts import Html, stack
from models import Role
from services import handover, staffing


@dataclass(frozen=True)
class HandOverTo(Data, code="sht"):
    """What goes to whom; the code shown is typed."""

    user_id: int
    taker_id: int


def register(router: Router) -> None:
    """Register the two steps and what both reps are told."""
    router.button(HandOver, choose, Role.ADMIN)
    router.button(HandOverTo, ask, Role.ADMIN)
    router.typed(HandOverTo, "text", carry_out)
    router.notice("customers_given", customers_given)
    router.notice("customers_taken", customers_taken)
    router.notice("customer_given", customer_given)
    router.notice("customer_taken", customer_taken)


def choose(ctx: Context, data: HandOver) -> Screen:
    """Show the other reps."""
    t = ctx.t
    giver = staffing.get(ctx.session, data.user_id, ctx.user)
    page = handover.takers(ctx.session, giver.id, ctx.user, data.page)
    rows: Rows = [[Button(rep.name, HandOverTo(giver.id, rep.id))] for rep in page.items]
    rows += keyboards.pager(t, page, partial(HandOver, giver.id))
    rows.append([Button(t.plain(":leftwards_arrow_with_hook: Back"), StaffCard(giver.id))])
    text = t("Who takes over the customers of {name}?", name=giver.name)
    if not page.items:
        text = t("There is no other sales rep to hand the customers of {name} to.", name=giver.name)
    return Screen(text, rows, HandOver(giver.id, page.number))


def ask(ctx: Context, data: HandOverTo) -> Screen:
    """Name what goes, and ask for the code."""
    t = ctx.t
    planned = handover.plan(ctx.session, data.user_id, data.taker_id, ctx.user)
    parts: list[Html] = [
        t("<b>{giver} → {taker}</b>", giver=planned.giver.name, taker=planned.taker.name),
        t("Customers: {n}", n=len(planned.customer_ids)),
        t("Open drafts: {n}", n=len(planned.draft_ids)),
    ]
    if planned.merged:
        parts.append(
            t("Joined with a draft {name} has already: {n}", name=planned.taker.name, n=planned.merged)
        )
    parts.append(t("Orders already sent stay with {name}.", name=planned.giver.name))
    parts += [Html(""), t("To hand over, type <code>{code}</code>.", code=planned.code)]
    back = Button(t.plain(":leftwards_arrow_with_hook: Back"), StaffCard(data.user_id))
    return Screen(stack(*parts), [[back]], data)


def carry_out(ctx: Context, data: HandOverTo, text: str) -> Screen:
    """Hand over when the code is right."""
    done = handover.give_all(ctx.session, data.user_id, data.taker_id, text, ctx.user)
    said = ctx.t(
        ":white_check_mark: Handed over to {name}: customers {customers}, drafts {drafts}.",
        name=done.taker.name,
        customers=len(done.customer_ids),
        drafts=len(done.draft_ids),
    )
    return staff_card(ctx, StaffCard(data.user_id)).under(said)


def customers_given(ctx: Context, params: dict[str, Any]) -> Screen:
    """Tell a rep whose customers they have now."""
    text = ctx.t(
        ":busts_in_silhouette: The customers of {name} are yours now: {customers}; open drafts: {drafts}.",
        name=params["name"],
        customers=params["customers"],
        drafts=params["drafts"],
    )
    return Screen(text, [menu.back(ctx)])


def customers_taken(ctx: Context, params: dict[str, Any]) -> Screen:
    """Tell a rep who has their customers now."""
    text = ctx.t(
        ":busts_in_silhouette: {name} looks after your customers now: {customers}; open drafts: {drafts}.",
        name=params["name"],
        customers=params["customers"],
        drafts=params["drafts"],
    )
    return Screen(text, [menu.back(ctx)])


def customer_given(ctx: Context, params: dict[str, Any]) -> Screen:
    """Tell a rep of a customer who is theirs now."""
    text = ctx.t(
        ":busts_in_silhouette: {customer} is your customer now, says {by}; open drafts: {drafts}.",
        customer=params["customer"],
        by=params["by"],
        drafts=params["drafts"],
    )
    button = Button(ctx.t.plain(":bust_in_silhouette: Customer"), ClientCard(params["customer_id"]))
    return Screen(text, [[button], menu.back(ctx)])


def customer_taken(ctx: Context, params: dict[str, Any]) -> Screen:
    """Tell a rep of a customer who is theirs no more."""
    if params["rep"] is None:
        text = ctx.t(
            ":busts_in_silhouette: {customer} is not your customer any more, says {by}.",
            customer=params["customer"],
            by=params["by"],
        )
    else:
        text = ctx.t(
            ":busts_in_silhouette: {rep} looks after {customer} now, says {by}; open drafts: {drafts}.",
            customer=params["customer"],
            by=params["by"],
            rep=params["rep"],
            drafts=params["drafts"],
        )
    return Screen(text, [menu.back(ctx)])
