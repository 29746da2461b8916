"""Customers: list and search, card, every field, archive; a rep's own ones, an administrator's all."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from handlers import client_terms, keyboards, menu
from handlers import conversation as conversations
from handlers.addresses import (
    About,
    AuditLog,
    ClientCard,
    ExportFile,
    ImportFile,
    JournalOf,
    NewName,
    OrderCard,
    OrderFor,
    OrdersOf,
)
from handlers.callbacks import Data
from handlers.context import Context
from handlers.outlets import Outlets
from handlers.routing import Router
from handlers.screen import MAX_LABEL, Button, Rows, Screen
from handlers.screens import order_text
from handlers.texts import N_, isolated
from models import Customer, Role
from services import clientele, customers, habits, orders, quantities

LIST, ARCHIVE = "clients", "archive"
MAX_QUERY = 100
USUAL_SHOWN = 5
OUTLETS_SHOWN = 3
FIELDS = {
    "name": N_("name"),
    "inn": N_("ИНН"),
    "kpp": N_("КПП"),
    "emails": N_("e-mail"),
    "phone": N_("phone"),
    "address": N_("address"),
}


@dataclass(frozen=True)
class Clients(Data, code="kl"):
    """A page of the customers, all or those that fit what was typed."""

    page: int


@dataclass(frozen=True)
class Archived(Data, code="kz"):
    """A page of the archived customers."""

    page: int


@dataclass(frozen=True)
class AllClients(Data, code="kk"):
    """The customers without what was typed to search them."""


@dataclass(frozen=True)
class EditClient(Data, code="ke"):
    """One field: the new value is typed, over the version that was shown."""

    customer_id: int
    field: str
    version: int


@dataclass(frozen=True)
class EmptyField(Data, code="kx"):
    """Leave the field empty."""

    customer_id: int
    field: str
    version: int


@dataclass(frozen=True)
class Archive(Data, code="ka"):
    """Take the customer out of the lists, asked first; or bring it back."""

    customer_id: int
    is_sure: bool


def register(router: Router) -> None:
    """Register the customers' screens."""
    roles = (Role.SALES_REP, Role.ADMIN)
    router.menu_entry((1, 0), N_(":busts_in_silhouette: Customers"), AllClients(), *roles)
    router.button(Clients, clients, *roles)
    router.button(AllClients, all_clients, *roles)
    router.button(Archived, archived, *roles)
    router.typed(Clients, "text", search)
    router.button(ClientCard, card, *roles)
    router.button(EditClient, ask, *roles)
    router.typed(EditClient, "text", take)
    router.button(EmptyField, empty, *roles)
    router.button(Archive, archive, *roles)


def clients(ctx: Context, data: Clients) -> Screen:
    """Show a page of customers."""
    t = ctx.t
    query = conversations.list_query(ctx.conversation, LIST)
    page = customers.find(ctx.session, ctx.user, query, data.page)
    conversations.keep_list(ctx.conversation, LIST, Clients(page.number), query)
    rows = _entries(ctx, page.items)
    rows += keyboards.pager(t, page, Clients)
    if query:
        rows.append([Button(t.plain(":x: {query}", query=query), AllClients())])
    rows.append([Button(t.plain(":heavy_plus_sign: New customer"), NewName(not ctx.user.holds(Role.ADMIN)))])
    if ctx.user.holds(Role.ADMIN):
        importing, exporting = t.plain(":inbox_tray: Import"), t.plain(":outbox_tray: Export")
        rows.append([Button(importing, ImportFile("customers")), Button(exporting, ExportFile("customers"))])
    rows.append([Button(t.plain(":file_cabinet: The archive"), Archived(0))])
    rows.append(menu.back(ctx))
    if query and page.items:
        text = t("Customers found for “{query}”:", query=query)
    elif query:
        text = t("Nothing found for “{query}”. Type another piece, or /cancel.", query=query)
    elif ctx.user.holds(Role.ADMIN):
        text = t("Customers. Type a piece of the name, ИНН or phone to search.")
    else:
        text = t("Your customers. Type a piece of the name, ИНН or phone to search.")
    return Screen(text, rows, Clients(page.number))


def search(ctx: Context, data: Clients, text: str) -> Screen:
    """Show the customers that fit what was typed."""
    conversations.keep_list(ctx.conversation, LIST, data, " ".join(text.split())[:MAX_QUERY])
    return clients(ctx, Clients(0))


def archived(ctx: Context, data: Archived) -> Screen:
    """Show a page of the archive."""
    t = ctx.t
    page = customers.archived(ctx.session, ctx.user, data.page)
    conversations.keep_list(ctx.conversation, ARCHIVE, Archived(page.number))
    rows = _entries(ctx, page.items)
    rows += keyboards.pager(t, page, Archived)
    rows.append([Button(t.plain(":leftwards_arrow_with_hook: To the list"), AllClients())])
    text = t("Customers in the archive:") if page.items else t("The archive is empty.")
    return Screen(text, rows, Archived(page.number))


def all_clients(ctx: Context, _data: AllClients) -> Screen:
    """Forget what was typed."""
    conversations.keep_list(ctx.conversation, LIST, Clients(0))
    return clients(ctx, Clients(0))


def card(ctx: Context, data: ClientCard) -> Screen:
    """Show a customer: contacts, what is usually taken, last orders."""
    customer = customers.get(ctx.session, data.customer_id, ctx.user)
    t = ctx.t
    facts: list[str] = [t("<b>{name}</b>", name=customer.name)]
    if customer.archived_at is not None:
        facts.append(t(":file_cabinet: In the archive"))
    facts += [
        t("{field}: {value}", field=t.plain(label), value=getattr(customer, field))
        for field, label in FIELDS.items()
        if field != "name" and getattr(customer, field)
    ]
    terms = client_terms.facts(ctx, customer) if ctx.user.holds(Role.ADMIN) else []
    text = order_text.paragraphs(facts, terms, _points(ctx, customer), _usual(ctx, customer))
    return Screen(text, _card_rows(ctx, customer), data)


def ask(ctx: Context, data: EditClient) -> Screen:
    """Ask for the new value, showing the present one."""
    customer = customers.get(ctx.session, data.customer_id, ctx.user)
    t = ctx.t
    label = FIELDS.get(data.field, data.field)
    value = getattr(customer, data.field, None) if data.field in FIELDS else None
    text = t("{field}, now: {value}\nType the new value.", field=t.plain(label), value=value or "—")
    rows: Rows = []
    if value and data.field not in clientele.REQUIRED:
        emptied = EmptyField(data.customer_id, data.field, customer.version)
        rows.append([Button(t.plain(":wastebasket: Leave empty"), emptied)])
    rows.append([Button(t.plain(":leftwards_arrow_with_hook: Back"), ClientCard(customer.id))])
    return Screen(text, rows, EditClient(customer.id, data.field, customer.version))


def take(ctx: Context, data: EditClient, text: str) -> Screen:
    """Check and keep the value."""
    clientele.change(ctx.session, data.customer_id, data.field, text, ctx.user, data.version)
    return card(ctx, ClientCard(data.customer_id))


def empty(ctx: Context, data: EmptyField) -> Screen:
    """Leave the field empty."""
    clientele.change(ctx.session, data.customer_id, data.field, None, ctx.user, data.version)
    return card(ctx, ClientCard(data.customer_id))


def archive(ctx: Context, data: Archive) -> Screen:
    """Ask, then archive; an archived customer comes back at once."""
    customer = customers.get(ctx.session, data.customer_id, ctx.user)
    t = ctx.t
    if customer.archived_at is not None:
        clientele.unarchive(ctx.session, customer.id, ctx.user)
    elif data.is_sure:
        clientele.archive(ctx.session, customer.id, ctx.user)
    else:
        rows = [
            [Button(t.plain(":file_cabinet: Yes, archive"), Archive(customer.id, True))],
            [Button(t.plain(":leftwards_arrow_with_hook: Back"), ClientCard(customer.id))],
        ]
        text = t("Archive {name}? Orders and invoices stay; it can be brought back.", name=customer.name)
        return Screen(text, rows, ClientCard(customer.id))
    return card(ctx, ClientCard(customer.id))


def _entries(ctx: Context, shown: Iterable[Customer]) -> Rows:
    """Return the customers as buttons; an administrator sees whose they are."""
    listed = list(shown)
    reps = customers.rep_names(ctx.session, listed) if ctx.user.holds(Role.ADMIN) else {}
    return [
        [Button(_entry(customer.name, reps.get(customer.id)), ClientCard(customer.id))] for customer in listed
    ]


def _entry(name: str, rep: str | None) -> str:
    if rep is None:
        return name
    room = MAX_LABEL - len(f" · {rep}")
    name = name if len(name) <= room else f"{name[: max(room, 1) - 1]}…"
    return f"{isolated(name)} · {isolated(rep)}"


def _points(ctx: Context, customer: Customer) -> list[str]:
    page = customers.outlets(ctx.session, customer.id, ctx.user)
    rows: list[str] = []
    for outlet in page.items[:OUTLETS_SHOWN]:
        whom = ", ".join(known for known in (outlet.contact, outlet.phone, outlet.hours) if known)
        address = f"{outlet.address} · {whom}" if whom else outlet.address
        rows.append(ctx.t(":round_pushpin: {address}", address=address))
    if len(page.items) > OUTLETS_SHOWN:
        rows.append("…")
    return rows


def _usual(ctx: Context, customer: Customer) -> list[str]:
    lines = habits.usual_lines(ctx.session, customer.id)[:USUAL_SHOWN]
    if not lines:
        return []
    rows: list[str] = [ctx.t("Usually takes:")]
    for line in lines:
        amount = quantities.both(line.quantity, line.unit, line.factor, line.product.unit, ctx.view.language)
        rows.append(ctx.t("• {name}: {quantity}", name=line.product.name, quantity=amount))
    return rows


def _card_rows(ctx: Context, customer: Customer) -> Rows:
    t = ctx.t
    rows: Rows = []
    if customer.archived_at is None and customer.sales_rep_id == ctx.user.id:
        rows.append([Button(t.plain(":shopping_cart: New order"), OrderFor(customer.id))])
    rows += [
        [Button(order_text.label(ctx.view, order), OrderCard(order.id))]
        for order in orders.of_customer(ctx.session, customer.id, ctx.user)
    ]
    if ctx.user.holds(Role.ADMIN):
        rows.append([Button(t.plain(":clipboard: Orders"), JournalOf(customer.id))])
    elif ctx.user.holds(Role.SALES_REP):
        rows.append([Button(t.plain(":clipboard: Orders"), OrdersOf(customer.id))])
    rows.append([Button(t.plain(":round_pushpin: Delivery points"), Outlets(customer.id))])
    rows += keyboards.in_rows(
        [
            Button(t.plain(":pencil2: {field}", field=t.plain(label)), _edit(customer, field))
            for field, label in FIELDS.items()
        ],
        3,
    )
    if ctx.user.holds(Role.ADMIN):
        rows += client_terms.buttons(ctx, customer)
    is_archived = customer.archived_at is not None
    label = t.plain(":file_cabinet: Out of the archive") if is_archived else t.plain(":file_cabinet: Archive")
    rows.append([Button(label, Archive(customer.id, False))])
    if ctx.user.holds(Role.ADMIN):
        rows[-1].append(
            Button(t.plain(":scroll: Changes"), AuditLog(about=About.CUSTOMERS, subject_id=customer.id))
        )
    rows.append([Button(t.plain(":leftwards_arrow_with_hook: To the list"), _list_of(ctx, customer))])
    return rows


def _list_of(ctx: Context, customer: Customer) -> Data:
    """Return the list the customer is in, at the page it was left on."""
    if customer.archived_at is not None:
        return conversations.list_left(ctx.conversation, ARCHIVE, Archived(0))
    return conversations.list_left(ctx.conversation, LIST, Clients(0))


def _edit(customer: Customer, field: str) -> EditClient:
    return EditClient(customer.id, field, customer.version)
