"""What people are told about things that happened elsewhere, in their own language."""

from __future__ import annotations

from functools import partial
from typing import Any

from handlers.addresses import EditEmails, LoadCard, OrderCard, Requisites, Resume
from handlers.context import Context
from handlers.loading import Remainder
from handlers.routing import Router
from handlers.screen import Button, Screen
from handlers.screens import order_text
from handlers.texts import N_
from models import Order, OrderStatus, Role
from services import invoices, remainders

SIMPLE = {
    "order_claimed": N_(":raising_hand: Order No. {number} ({customer}) was taken by {keeper}."),
    "order_released": N_(
        ":leftwards_arrow_with_hook: Order No. {number} ({customer}) was put back into the queue by {keeper}."
    ),
    "order_taken_back": N_(
        ":leftwards_arrow_with_hook: Order No. {number} ({customer}) was put back into the queue by {keeper}:"
        " {reason}"
    ),
    "order_rejected": N_(":no_entry: Order No. {number} ({customer}) was rejected by {keeper}: {reason}"),
    "order_cancelled": N_(":no_entry: Order No. {number} ({customer}) was cancelled by {by}: {reason}"),
    "order_delivered": N_(":package: Order No. {number} ({customer}) is delivered."),
    "order_signed": N_(":camera: Order No. {number} ({customer}): the signed papers are photographed."),
    "order_waits": N_(
        ":hourglass_flowing_sand: Nobody has taken order No. {number} ({customer}) for {minutes} min."
    ),
    "order_waits_long": N_(
        ":warning: Order No. {number} ({customer}) has waited for a storekeeper for {minutes} min."
    ),
    "load_late": N_(
        ":warning: Order No. {number} ({customer}): its window has begun, and it is not loaded yet. {keeper}"
    ),
    "remainder_drafted": N_(
        ":heavy_plus_sign: {by} made a draft for {customer} of what order No. {source} lacked."
    ),
    "draft_forgotten": N_(
        ":pencil2: The draft for {customer} has not been touched for two weeks."
        " It is kept: go on, or delete it."
    ),
    "letter_sent": N_(":envelope: Order No. {number} ({customer}): the invoice was mailed to {to}."),
    "letter_bounced": N_(
        ":warning: Order No. {number} ({customer}): the invoice could not be mailed to {to}. {error}"
    ),
    "confirmation_bounced": N_(
        ":warning: Order No. {number} ({customer}): the confirmation could not be mailed to {to}. {error}"
    ),
    "letter_failed": N_(
        ":warning: Order No. {number} ({customer}): mail to {to} was given up after the server said: {error}"
    ),
}

# Said only while it is so: somebody may have taken the order meanwhile.
WAITING = {"order_waits", "order_waits_long"}
REQUISITES = {
    "name": N_("name"),
    "inn": N_("ИНН"),
    "kpp": N_("КПП"),
    "address": N_("address"),
    "bank_name": N_("bank"),
    "bik": N_("БИК"),
    "account": N_("account"),
    "correspondent_account": N_("correspondent account"),
    "iban": N_("IBAN account"),
    "swift": N_("bank code (SWIFT)"),
    "director": N_("director"),
    "accountant": N_("chief accountant"),
    "phone": N_("phone"),
    "email": N_("e-mail"),
}


def register(router: Router) -> None:
    """Register the words of every notice."""
    for name in SIMPLE:
        router.notice(name, partial(about_order, name))
    router.notice("order_loaded", order_loaded)
    router.notice("invoice_without_email", invoice_without_email)
    router.notice("requisites_missing", requisites_missing)
    router.notice("mail_paused", mail_paused)
    router.notice("sample_sent", sample_sent)
    router.notice("sample_bounced", sample_bounced)
    router.notice("mail_off", mail_off)


def about_order(name: str, ctx: Context, params: dict[str, Any]) -> Screen | None:
    """Word a notice about an order that needs nothing but names."""
    order = ctx.session.get(Order, params["order_id"])
    if order is None or (name in WAITING and order.status is not OrderStatus.PLACED):
        return None
    keeper = order.storekeeper.name if order.storekeeper else ""
    words = {"keeper": keeper, **{key: value or "" for key, value in params.items()}}
    if "reason" in words:
        words["reason"] = order_text.reason(ctx.view, words["reason"])
    text = ctx.t(SIMPLE[name], **{**words, "number": order.number, "customer": order.customer.name})
    return Screen(text, _to_order(ctx, order))


def order_loaded(ctx: Context, params: dict[str, Any]) -> Screen | None:
    """Tell the rep of a load, its shortages and its invoice."""
    order = ctx.session.get(Order, params["order_id"])
    if order is None:
        return None
    t, view = ctx.t, ctx.view
    head = t(
        ":truck: Order No. {number} ({customer}) is loaded by {keeper}.",
        number=order.number,
        customer=order.customer.name,
        keeper=order.storekeeper.name if order.storekeeper else "",
    )
    invoice = invoices.of_order(ctx.session, order)
    paper = []
    if invoice is not None:
        paper.append(
            t(
                ":page_facing_up: Invoice No. {number}: {amount}",
                number=invoice.label,
                amount=view.money(invoice.total_amount, order.currency),
            )
        )
    rows = _to_order(ctx, order)
    if remainders.is_open(order):
        rows.insert(0, [Button(t.plain(":heavy_plus_sign: Bring the rest later"), Remainder(order.id))])
    return Screen(order_text.paragraphs(head, order_text.shortages(view, order), list(paper)), rows)


def invoice_without_email(ctx: Context, params: dict[str, Any]) -> Screen | None:
    """Tell the rep that an invoice waits for an address."""
    order = ctx.session.get(Order, params["order_id"])
    if order is None:
        return None
    t = ctx.t
    text = t(
        ":warning: Order No. {number}: {customer} has no e-mail. The invoice is made and kept;"
        " it goes out when an e-mail is entered.",
        number=order.number,
        customer=order.customer.name,
    )
    button = Button(t.plain(":e-mail: Enter the e-mail"), EditEmails(order.customer_id, order.id))
    return Screen(text, [[button], *_to_order(ctx, order)])


def requisites_missing(ctx: Context, params: dict[str, Any]) -> Screen | None:
    """Tell an administrator what the invoice lacks."""
    order = ctx.session.get(Order, params["order_id"])
    if order is None:
        return None
    fields = ", ".join(ctx.t.plain(REQUISITES[field]) for field in params["fields"])
    text = ctx.t(
        ":warning: Order No. {number} is loaded, but its invoice cannot be made: the company lacks {fields}."
        " It will be made as soon as they are entered.",
        number=order.number,
        fields=fields,
    )
    return Screen(text, [[Button(ctx.t.plain(":office: Company"), Requisites())]])


def mail_paused(ctx: Context, params: dict[str, Any]) -> Screen:
    """Tell an administrator that the mail server refuses our settings."""
    text = ctx.t(
        ":warning: The mail server refuses our settings: {error}\nEvery letter waits and is tried again"
        " every 15 minutes. Check SMTP_USER, SMTP_PASSWORD and SMTP_SECURITY.",
        error=params["error"],
    )
    return Screen(text, [[Button(ctx.t.plain(":play_button: Go on"), Resume())]])


def sample_sent(ctx: Context, params: dict[str, Any]) -> Screen:
    """Tell an administrator that the sample letter went out."""
    return Screen(ctx.t(":envelope: The sample was mailed to {to}.", to=params["to"]))


def sample_bounced(ctx: Context, params: dict[str, Any]) -> Screen:
    """Tell an administrator that it did not."""
    said = ctx.t(
        ":warning: The sample could not be mailed to {to}. {error}", to=params["to"], error=params["error"]
    )
    return Screen(said)


def mail_off(ctx: Context, _params: dict[str, Any]) -> Screen:
    """Tell an administrator that no mail server is set."""
    return Screen(
        ctx.t(":envelope: Mail is off: SMTP_HOST is not set. Invoices are made and kept; set it and restart.")
    )


def _to_order(ctx: Context, order: Order) -> list[list[Button]]:
    actor = ctx.actor
    if actor is None or not actor.roles:
        return []
    is_watched = order.sales_rep_id == actor.id or actor.holds(Role.ADMIN)
    card = OrderCard(order.id) if is_watched else LoadCard(order.id)
    return [[Button(ctx.t.plain(":clipboard: Open the order"), card)]]
