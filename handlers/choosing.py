"""Choosing the customer of an order, and entering a new one step by step."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from handlers import conversation as conversations
from handlers import keyboards, menu, ordering
from handlers.addresses import NewName, OrderCard, OrderFor
from handlers.callbacks import Data
from handlers.context import Context
from handlers.routing import Router
from handlers.screen import Button, Rows, Screen
from handlers.texts import N_, Html
from models import Customer, Role
from services import customers, drafts, requisites

RECENT = 5


@dataclass(frozen=True)
class NewOrder(Data, code="no", anywhere=True):
    """Choose whom to order for: open drafts and recent customers first."""


@dataclass(frozen=True)
class FindCustomer(Data, code="fc"):
    """A page of the rep's customers, all or those that fit what was typed."""

    page: int


@dataclass(frozen=True)
class NewEmail(Data, code="ne"):
    """New customer: the e-mail is typed or skipped."""


@dataclass(frozen=True)
class NewInn(Data, code="ni"):
    """New customer: the ИНН is typed or skipped."""


@dataclass(frozen=True)
class NewKpp(Data, code="nk"):
    """New customer: an organisation's КПП is typed or skipped."""


@dataclass(frozen=True)
class NewPhone(Data, code="np"):
    """New customer: the phone is typed or skipped."""


@dataclass(frozen=True)
class Skip(Data, code="sk"):
    """New customer: leave this field empty."""

    field: str


QUESTIONS = {
    "email": N_("E-mail for invoices of {name}? Several are separated by commas."),
    "inn": N_("ИНН of {name}? 10 digits, or 12 for a sole proprietor."),
    "kpp": N_("КПП of {name}? 9 characters."),
    "phone": N_("Phone of {name}?"),
}
STEPS: dict[str, Data] = {"email": NewEmail(), "inn": NewInn(), "kpp": NewKpp(), "phone": NewPhone()}
ORDER_OF_STEPS = tuple(STEPS)


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
    router.button(NewName, new_name, rep)
    router.typed(NewName, "text", take_name)
    for field, step in STEPS.items():
        router.button(type(step), partial(_ask_step, field), rep)
        router.typed(type(step), "text", partial(_take_step, field))
    router.button(Skip, skip, rep)


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


def new_name(ctx: Context, _data: NewName) -> Screen:
    """Ask for the name."""
    conversations.clear_form(ctx.conversation)
    rows = [[Button(ctx.t.plain(":leftwards_arrow_with_hook: Back"), NewOrder())]]
    return Screen(ctx.t("Name of the new customer, as it stands on the invoice:"), rows, NewName())


def take_name(ctx: Context, _data: NewName, text: str) -> Screen:
    """Keep the name and go on to the e-mail."""
    conversations.remember(ctx.conversation, name=requisites.check_name(text))
    return ask(ctx, "email")


def _ask_step(field: str, ctx: Context, _data: Data) -> Screen:
    return ask(ctx, field)


def _take_step(field: str, ctx: Context, _data: Data, text: str) -> Screen:
    return take(ctx, field, text)


def ask(ctx: Context, field: str) -> Screen:
    """Ask for one field, which may be skipped."""
    name = ctx.conversation.form.get("name")
    if name is None:
        return new_name(ctx, NewName())
    rows = [
        [Button(ctx.t.plain("Skip"), Skip(field))],
        [Button(ctx.t.plain(":leftwards_arrow_with_hook: Back"), NewOrder())],
    ]
    return Screen(ctx.t(QUESTIONS[field], name=name), rows, STEPS[field])


def take(ctx: Context, field: str, text: str) -> Screen:
    """Check one field and go on; the last one enters the customer."""
    checks = {
        "email": requisites.check_emails,
        "inn": requisites.check_inn,
        "kpp": requisites.check_kpp,
        "phone": customers.check_phone,
    }
    conversations.remember(ctx.conversation, **{field: checks[field](text)})
    return _after(ctx, field)


def skip(ctx: Context, data: Skip) -> Screen:
    """Leave the field empty and go on."""
    if data.field not in STEPS or "name" not in ctx.conversation.form:
        return new_name(ctx, NewName())
    conversations.remember(ctx.conversation, **{data.field: None})
    return _after(ctx, data.field)


def _after(ctx: Context, field: str) -> Screen:
    form = ctx.conversation.form
    following = list(ORDER_OF_STEPS[ORDER_OF_STEPS.index(field) + 1 :])
    inn = form.get("inn")
    if "kpp" in following and (not inn or requisites.is_sole_proprietor(inn)):
        following.remove("kpp")
    if following:
        return ask(ctx, following[0])
    return _enter(ctx)


def _enter(ctx: Context) -> Screen:
    form = ctx.conversation.form
    customer = customers.create(
        ctx.session,
        ctx.user,
        name=form["name"],
        emails=form.get("email"),
        inn=form.get("inn"),
        kpp=form.get("kpp"),
        phone=form.get("phone"),
    )
    screen = order_for(ctx, OrderFor(customer.id))
    screen.under(_entered(ctx, customer))
    return screen


def _entered(ctx: Context, customer: Customer) -> Html:
    return ctx.t(":white_check_mark: {name} is entered.", name=customer.name)
