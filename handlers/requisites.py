"""The company's requisites: what an invoice needs, checked as it is typed."""

from __future__ import annotations

from dataclasses import dataclass

from handlers import menu
from handlers.addresses import MailTexts, Requisites
from handlers.callbacks import Data
from handlers.context import Context
from handlers.notices import REQUISITES
from handlers.routing import Router
from handlers.screen import Button, Screen
from handlers.texts import N_, Html
from models import Role
from services import company, invoices
from services.errors import NotFound


@dataclass(frozen=True)
class EditRequisite(Data, code="ce"):
    """One of them: the new value is typed."""

    field: str


@dataclass(frozen=True)
class ConfirmAccount(Data, code="ca"):
    """Bank details whose keys do not fit are right all the same."""


def register(router: Router) -> None:
    """Register the editor."""
    admin = Role.ADMIN
    router.menu_entry((4, 1), N_(":office: Company"), Requisites(), admin)
    router.button(Requisites, requisites, admin)
    router.button(EditRequisite, ask, admin)
    router.button(ConfirmAccount, confirm_account, admin)
    router.typed(EditRequisite, "text", take)


def requisites(ctx: Context, _data: Requisites) -> Screen:
    """Show every requisite and what is still missing."""
    t = ctx.t
    firm = company.get(ctx.session)
    asked = {field: label for field, label in REQUISITES.items() if company.asks_for(firm, field)}
    rows_of_text = [
        t("{field}: <b>{value}</b>", field=t.plain(label), value=getattr(firm, field) or "—")
        for field, label in asked.items()
    ]
    missing = company.missing_for_invoice(firm)
    if missing:
        fields = ", ".join(t.plain(REQUISITES[field]) for field in missing)
        rows_of_text.append(t(":warning: No invoice without: {fields}", fields=fields))
    is_doubtful = company.has_doubtful_account(firm)
    if is_doubtful:
        rows_of_text.append(t(":warning: The account's key does not fit the БИК: check both."))
    buttons = [Button(t.plain(label), EditRequisite(field)) for field, label in asked.items()]
    pairs = [buttons[start : start + 2] for start in range(0, len(buttons), 2)]
    if is_doubtful:
        pairs.insert(0, [Button(t.plain(":warning: The bank details are right"), ConfirmAccount())])
    pairs.append([Button(t.plain(":envelope: Letters to clients"), MailTexts())])
    return Screen(Html("\n".join(rows_of_text)), [*pairs, menu.back(ctx)], Requisites())


def confirm_account(ctx: Context, _data: ConfirmAccount) -> Screen:
    """Take doubtful bank details as they are; invoices that waited for it are made."""
    was_missing = _missing(ctx)
    company.confirm_account(ctx.session, ctx.user)
    return _changed(ctx, was_missing)


def ask(ctx: Context, data: EditRequisite) -> Screen:
    """Ask for the new value, showing the present one."""
    if data.field not in REQUISITES:
        raise NotFound("requisite")
    t = ctx.t
    value = getattr(company.get(ctx.session), data.field) or "—"
    text = t("{field}, now: {value}\nType the new value.", field=t.plain(REQUISITES[data.field]), value=value)
    return Screen(text, [[Button(t.plain(":leftwards_arrow_with_hook: Back"), Requisites())]], data)


def take(ctx: Context, data: EditRequisite, text: str) -> Screen:
    """Check and keep the value; invoices that waited for it are made."""
    was_missing = _missing(ctx)
    company.set_requisite(ctx.session, data.field, text, ctx.user)
    return _changed(ctx, was_missing)


def _missing(ctx: Context) -> list[str]:
    return company.missing_for_invoice(company.get(ctx.session))


def _changed(ctx: Context, was_missing: list[str]) -> Screen:
    # Invoices wait only while something is missing; to look for them goes through all loaded orders.
    made = invoices.issue_waiting(ctx.session) if was_missing else 0
    screen = requisites(ctx, Requisites())
    if made:
        more = ctx.t.many(
            ":white_check_mark: {n} waiting invoice is made.",
            ":white_check_mark: {n} waiting invoices are made.",
            made,
        )
        screen.under(more)
    return screen
