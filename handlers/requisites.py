"""The company's requisites: what an invoice needs, checked as it is typed."""

from __future__ import annotations

from dataclasses import dataclass

from handlers import conversation as conversations
from handlers import menu
from handlers.addresses import MailTexts, Requisites
from handlers.callbacks import Data
from handlers.context import Context
from handlers.notices import REQUISITES
from handlers.routing import Router
from handlers.screen import Button, Screen
from handlers.texts import N_, Html, stack
from models import Role
from services import company, invoices
from services.errors import NotFound

EXAMPLES = {
    "name": "ООО «Ромашка»",
    "inn": "7707083893",
    "kpp": "773601001",
    "address": "125475, Москва, Дыбенко ул., 7",
    "bank_name": "ПАО СБЕРБАНК г. Москва",
    "bik": "044525225",
    "account": "40702810138250123017",
    "correspondent_account": "30101810400000000225",
    "iban": "DE89 3704 0044 0532 0130 00",
    "swift": "COBADEFFXXX",
    "director": "Петров П. П.",
    "accountant": "Сидорова С. С.",
    "phone": "+7 495 000-00-00",
    "email": "buh@veter.ru",
}
DOUBTS = {
    "bik_start": N_("A Russian БИК begins with 04."),
    "account_key": N_("The account's key does not fit the БИК."),
    "correspondent_account_key": N_("The correspondent account's key does not fit the БИК."),
}


@dataclass(frozen=True)
class EditRequisite(Data, code="ce"):
    """One of them: the new value is typed."""

    field: str


@dataclass(frozen=True)
class DoubtRequisite(Data, code="cq"):
    """What was typed does not fit the other bank details: keep it? Another value may be typed."""

    field: str


@dataclass(frozen=True)
class KeepRequisite(Data, code="ck"):
    """Keep the value that does not fit."""

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
    router.button(DoubtRequisite, doubt, admin)
    router.button(KeepRequisite, keep, admin)
    router.typed(EditRequisite, "text", take, admin)
    router.typed(DoubtRequisite, "text", take, admin)


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
    label, t = _label(data.field), ctx.t
    value = getattr(company.get(ctx.session), data.field) or "—"
    text = stack(
        t("{field}, now: {value}", field=t.plain(label), value=value),
        t("Type the new value. Example: {example}", example=EXAMPLES[data.field]),
    )
    return Screen(text, [_back(ctx)], data)


def take(ctx: Context, data: EditRequisite | DoubtRequisite, text: str) -> Screen:
    """Check what was typed; keep it, or ask first when it does not fit the other bank details."""
    _label(data.field)
    if not company.doubts(ctx.session, data.field, text):
        return _keep(ctx, data.field, text)
    conversations.remember(ctx.conversation, requisite=[data.field, text])
    return doubt(ctx, DoubtRequisite(data.field))


def doubt(ctx: Context, data: DoubtRequisite) -> Screen:
    """Say what does not fit, and ask whether it is kept all the same."""
    label, text = _label(data.field), _typed(ctx, data.field)
    if text is None:
        return ask(ctx, EditRequisite(data.field))
    t = ctx.t
    facts: list[str] = [
        t(
            "{field}: <b>{value}</b> instead of {before}",
            field=t.plain(label),
            value=text.strip(),
            before=getattr(company.get(ctx.session), data.field) or "—",
        )
    ]
    facts += [t(DOUBTS[code]) for code in company.doubts(ctx.session, data.field, text)]
    facts += ["", t("Keep it all the same? Nothing is changed yet.")]
    facts.append(t("If the bank changes, keep it and type the other fields: invoices wait until all fit."))
    keep_it = Button(t.plain(":white_check_mark: Yes, keep"), KeepRequisite(data.field))
    return Screen(stack(*facts), [[keep_it], _back(ctx)], data)


def keep(ctx: Context, data: KeepRequisite) -> Screen:
    """Keep what does not fit: no invoice is made with it until it fits, or is said to be right."""
    text = _typed(ctx, data.field)
    return ask(ctx, EditRequisite(data.field)) if text is None else _keep(ctx, data.field, text)


def _label(field: str) -> str:
    """Return what a requisite is called; raises NotFound for what is none, as a forged button may name it."""
    if field not in REQUISITES:
        raise NotFound("requisite")
    return REQUISITES[field]


def _keep(ctx: Context, field: str, text: str) -> Screen:
    """Keep the value; invoices that waited for it are made."""
    was_missing = _missing(ctx)
    company.set_requisite(ctx.session, field, text, ctx.user)
    conversations.clear_form(ctx.conversation)
    kept = ctx.t(":white_check_mark: Kept: {field}", field=ctx.t.plain(REQUISITES[field]))
    return _changed(ctx, was_missing).under(kept)


def _typed(ctx: Context, field: str) -> str | None:
    """Return what was typed for this requisite and waits for the answer."""
    kept, text = ctx.conversation.form.get("requisite", (None, ""))
    return str(text) if kept == field else None


def _back(ctx: Context) -> list[Button]:
    return [Button(ctx.t.plain(":leftwards_arrow_with_hook: Back"), Requisites())]


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
