"""Choosing the customer of an order."""

from __future__ import annotations

from dataclasses import dataclass

from handlers import conversation as conversations
from handlers import keyboards, menu, ordering
from handlers.addresses import NewName, OrderCard, OrderFor
from handlers.callbacks import Data
from handlers.context import Context
from handlers.routing import Router
from handlers.screen import Button, Rows, Screen
from handlers.texts import N_
from models import Role
from services import customers, drafts

RECENT = 5


@dataclass(frozen=True)
class NewOrder(Data, code="no", anywhere=True):
    """Choose whom to order for: open drafts and recent customers first."""


@dataclass(frozen=True)
class FindCustomer(Data, code="fc"):
    """A page of the rep's customers, all or those that fit what was typed."""

    page: int


def register(router: Router) -> None:
    """Register the way from «Новый заказ» to an open draft."""
    rep = Role.SALES_REP
    router.menu_entry((0, 0), N_(":shopping_cart: New order"), NewOrder(), rep)
    router.command("new", N_("new order"), lambda ctx, _: new_order(ctx, NewOrder()), rep)
    router.button(NewOrder, new_order, rep)
    router.typed(NewOrder, "text", search)
    router.button(FindCustomer, find_customer, rep)
    router.typed(FindCustomer, "text", search)
    router.button(OrderFor, order_for, rep)


def new_order(ctx: Context, _data: NewOrder) -> Screen:
    """Offer open drafts, then recent customers, then the whole list."""
    t = ctx.t
    conversations.clear_form(ctx.conversation)
    open_drafts = drafts.all_open(ctx.session, ctx.user)
    with_draft = {draft.customer_id for draft in open_drafts}
    rows: Rows = [
        [
            Button(
                t.plain(":pencil2: {name} · {n} lines", name=draft.customer.name, n=len(draft.lines)),
                OrderCard(draft.id),
            )
        ]
        for draft in open_drafts
    ]
    rows += [
        [Button(customer.name, OrderFor(customer.id))]
        for customer in customers.recent(ctx.session, ctx.user, RECENT)
        if customer.id not in with_draft
    ]
    rows += [
        [Button(t.plain(":busts_in_silhouette: All customers"), FindCustomer(0))],
        [Button(t.plain(":heavy_plus_sign: New customer"), NewName())],
        menu.back(ctx),
    ]
    return Screen(t("For whom? Choose, or type a piece of the name, ИНН or phone."), rows, NewOrder())


def search(ctx: Context, _data: Data, text: str) -> Screen:
    """Show the customers that fit what was typed."""
    conversations.remember(ctx.conversation, query=text[:100])
    return find_customer(ctx, FindCustomer(0))


def find_customer(ctx: Context, data: FindCustomer) -> Screen:
    """Show a page of customers."""
    t = ctx.t
    query = str(ctx.conversation.form.get("query", ""))
    page = customers.find(ctx.session, ctx.user, query, data.page)
    if not page.items:
        text = t("Nothing found for “{query}”. Type another piece, or enter a new customer.", query=query)
    elif query:
        text = t("Customers found for “{query}”:", query=query)
    else:
        text = t("Your customers. Type a piece of the name, ИНН or phone to search.")
    rows = [[Button(customer.name, OrderFor(customer.id))] for customer in page.items]
    rows += keyboards.pager(t, page, FindCustomer)
    rows += [
        [Button(t.plain(":heavy_plus_sign: New customer"), NewName())],
        [Button(t.plain(":leftwards_arrow_with_hook: Back"), NewOrder())],
    ]
    return Screen(text, rows, FindCustomer(page.number))


def order_for(ctx: Context, data: OrderFor) -> Screen:
    """Open the customer's draft where it still needs something."""
    conversations.clear_form(ctx.conversation)
    return ordering.next_step(ctx, drafts.open_for(ctx.session, data.customer_id, ctx.user))
