"""Entering a new customer step by step: a rep's own to order for, or by an administrator for any rep."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

from handlers import clients, keyboards
from handlers import conversation as conversations
from handlers.addresses import ClientCard, NewName, OrderFor
from handlers.callbacks import Data
from handlers.choosing import NewOrder
from handlers.context import Context
from handlers.routing import Router
from handlers.screen import Button, Rows, Screen
from handlers.screens import order_text
from handlers.texts import N_
from models import Customer, Role
from services import clientele, customers, requisites

REPS_ON_A_PAGE = 8
NOBODY = 0


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


@dataclass(frozen=True)
class NewRep(Data, code="nr"):
    """New customer: an administrator chooses whose it is."""

    page: int = 0


@dataclass(frozen=True)
class EnterFor(Data, code="nrt"):
    """New customer: it is this rep's, 0: nobody's yet."""

    rep_id: int


QUESTIONS = {
    "email": N_("E-mail for invoices of {name}? Several are separated by commas."),
    "inn": N_("ИНН of {name}? 10 digits, or 12 for a sole proprietor."),
    "kpp": N_("КПП of {name}? 9 characters."),
    "phone": N_("Phone of {name}?"),
}
STEPS: dict[str, Data] = {"email": NewEmail(), "inn": NewInn(), "kpp": NewKpp(), "phone": NewPhone()}
ORDER_OF_STEPS = tuple(STEPS)


def register(router: Router) -> None:
    """Register the steps."""
    roles = (Role.SALES_REP, Role.ADMIN)
    router.button(NewName, new_name, *roles)
    router.typed(NewName, "text", take_name, *roles)
    for field, step in STEPS.items():
        router.button(type(step), partial(_ask_step, field), *roles)
        router.typed(type(step), "text", partial(_take_step, field), *roles)
    router.button(Skip, skip, *roles)
    router.button(NewRep, choose_rep, Role.ADMIN)
    router.button(EnterFor, enter_for, Role.ADMIN)


def new_name(ctx: Context, data: NewName) -> Screen:
    """Ask for the name."""
    conversations.clear_form(ctx.conversation)
    # A rep enters customers of their own only; who is no rep has no orders to fill.
    is_for_order = ctx.user.holds(Role.SALES_REP) and (data.is_for_order or not ctx.user.holds(Role.ADMIN))
    conversations.remember(ctx.conversation, is_for_order=is_for_order)
    text = ctx.t("Name of the new customer, as it stands on the invoice:")
    return Screen(text, [_back(ctx)], NewName(is_for_order))


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
    rows = [[Button(ctx.t.plain("Skip"), Skip(field))], _back(ctx)]
    return Screen(ctx.t(QUESTIONS[field], name=name), rows, STEPS[field])


def take(ctx: Context, field: str, text: str) -> Screen:
    """Check one field and go on; after the last one the customer is entered."""
    if "name" not in ctx.conversation.form:
        return new_name(ctx, NewName())
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


def choose_rep(ctx: Context, data: NewRep) -> Screen:
    """Offer the active sales reps, and nobody."""
    t, name = ctx.t, ctx.conversation.form.get("name")
    if name is None:
        return new_name(ctx, NewName(is_for_order=False))
    page = order_text.line_page(clientele.sales_reps(ctx.session, ctx.user), data.page, REPS_ON_A_PAGE)
    rows: Rows = [[Button(rep.name, EnterFor(rep.id))] for _, rep in page.items]
    rows += keyboards.pager(t, page, NewRep)
    rows += [[Button(t.plain("Nobody yet"), EnterFor(NOBODY))], _back(ctx)]
    return Screen(t("Whose customer is {name}?", name=name), rows, NewRep(page.number))


def enter_for(ctx: Context, data: EnterFor) -> Screen:
    """Enter the customer for the rep, and show it."""
    if "name" not in ctx.conversation.form:
        return new_name(ctx, NewName(is_for_order=False))
    values = customers.checked(**_typed(ctx))
    customer = customers.create_for(ctx.session, ctx.user, data.rep_id or None, values)
    conversations.clear_form(ctx.conversation)
    return _entered(ctx, customer, ClientCard(customer.id))


def _after(ctx: Context, field: str) -> Screen:
    form = ctx.conversation.form
    following = list(ORDER_OF_STEPS[ORDER_OF_STEPS.index(field) + 1 :])
    inn = form.get("inn")
    if "kpp" in following and (not inn or requisites.is_sole_proprietor(inn)):
        following.remove("kpp")
    if following:
        return ask(ctx, following[0])
    if not form.get("is_for_order", True):
        return choose_rep(ctx, NewRep())
    customer = customers.create(ctx.session, ctx.user, **_typed(ctx))
    return _entered(ctx, customer, OrderFor(customer.id))


def _typed(ctx: Context) -> dict[str, Any]:
    form = ctx.conversation.form
    others = {"emails": form.get("email")} | {field: form.get(field) for field in ("inn", "kpp", "phone")}
    return {"name": form["name"], **others}


def _entered(ctx: Context, customer: Customer, then: Data) -> Screen:
    said = ctx.t(":white_check_mark: {name} is entered.", name=customer.name)
    return ctx.open(then).under(said)


def _back(ctx: Context) -> list[Button]:
    left = conversations.list_left(ctx.conversation, clients.LIST, clients.Clients(0))
    to = NewOrder() if ctx.conversation.form.get("is_for_order", True) else left
    return [Button(ctx.t.plain(":leftwards_arrow_with_hook: Back"), to)]
