"""An order after it was sent: following, recalling, calling off, the invoice."""

from __future__ import annotations

from dataclasses import dataclass

from handlers import keyboards, menu, order_admin, ordering
from handlers.addresses import ClientCard, EditEmails, OrderCard
from handlers.callbacks import Data
from handlers.context import Context
from handlers.loading import after_loading
from handlers.repeating import Repeat
from handlers.routing import Router
from handlers.screen import Button, Rows, Screen
from handlers.screens import order_text
from handlers.texts import stack
from models import Document, Invoice, Order, OrderStatus, Role
from services import (
    clientele,
    customers,
    invoices,
    letters,
    orders,
    outbox,
    placing,
    pricing,
    requisites,
    waybills,
)
from services.errors import NotFound


@dataclass(frozen=True)
class Refresh(Data, code="oz", anywhere=True):
    """Draw the order's card as it stands now."""

    order_id: int
    page: int


@dataclass(frozen=True)
class Recall(Data, code="or", anywhere=True):
    """Take the order back into a draft."""

    order_id: int

    def home(self) -> Data:
        """Return the order's card."""
        return OrderCard(self.order_id)


@dataclass(frozen=True)
class CancelOrder(Data, code="ox"):
    """Call the order off: the reason is typed."""

    order_id: int


@dataclass(frozen=True)
class InvoicePdf(Data, code="oi", anywhere=True):
    """Send the invoice's PDF here."""

    order_id: int


@dataclass(frozen=True)
class WaybillPdf(Data, code="ow", anywhere=True):
    """Send the waybill's PDF here."""

    order_id: int


@dataclass(frozen=True)
class ResendTo(Data, code="ot", anywhere=True):
    """Mail the invoice to another address, which is typed."""

    order_id: int


@dataclass(frozen=True)
class ResendInvoice(Data, code="os", anywhere=True):
    """Mail the invoice to the customer once more."""

    order_id: int


def register(router: Router) -> None:
    """Register the card of sent orders."""
    rep, admin = Role.SALES_REP, Role.ADMIN
    router.button(OrderCard, order_card, rep, admin)
    router.button(Refresh, refresh, rep, admin)
    router.button(Recall, recall, rep)
    router.button(CancelOrder, ask_reason, rep, admin)
    router.typed(CancelOrder, "text", cancel)
    router.button(InvoicePdf, invoice_pdf, rep, admin)
    router.button(WaybillPdf, waybill_pdf, rep, admin)
    router.button(ResendInvoice, resend, rep, admin)
    router.button(ResendTo, ask_address, rep, admin)
    router.typed(ResendTo, "text", resend_to)
    router.button(EditEmails, ask_emails, rep, admin)
    router.typed(EditEmails, "text", take_emails)


def order_card(ctx: Context, data: OrderCard) -> Screen:
    """Show an order: a draft with its buttons, a sent one with what can still be done."""
    order = orders.get(ctx.session, data.order_id, ctx.user)
    if order.status is OrderStatus.DRAFT and order.sales_rep_id == ctx.user.id:
        return ordering.draft_card(ctx, order, data.page)
    return sent_card(ctx, order, data.page)


def refresh(ctx: Context, data: Refresh) -> Screen:
    """Draw the card anew, and say so: often nothing on it has changed."""
    ctx.toast = ctx.t.plain("This is how it stands now.")
    return order_card(ctx, OrderCard(data.order_id, data.page))


def sent_card(ctx: Context, order: Order, number: int = 0) -> Screen:
    """Show a sent order with its history and letters."""
    view = ctx.view
    offer = pricing.quote(ctx.session, order)
    page = order_text.line_page(offer.lines, number)
    invoice = invoices.of_order(ctx.session, order)
    waybill = waybills.of_order(ctx.session, order)
    issued = [paper for paper in (invoice, waybill) if paper is not None]
    # The waybill goes with the invoice, and is worth a line only when something is unusual about it.
    worth_saying = [paper for paper in issued if paper is invoice or paper.cancelled_at or paper.revision]
    papers = [order_text.paper(view, paper) for paper in worth_saying]
    text = order_text.paragraphs(
        [order_text.title(view, order), order_text.status(view, order), *order_admin.facts(ctx, order)],
        order_text.lines(view, page),
        [*order_text.sums(view, offer), *order_text.loaded_sum(view, order)],
        order_text.where_and_when(view, order),
        [*papers, *order_text.letters(view, letters.statuses(ctx.session, order))],
        order_text.history(view, order),
    )
    rows = keyboards.pager(ctx.t, page, lambda to: OrderCard(order.id, to))
    rows += _card_rows(ctx, order, invoice)
    rows += order_admin.rows(ctx, order, issued)
    rows += _ways_on(ctx, order, page.number)
    return Screen(text, rows, OrderCard(order.id, page.number))


def _card_rows(ctx: Context, order: Order, invoice: Invoice | None) -> Rows:
    t = ctx.t
    rows: Rows = []
    is_own = order.sales_rep_id == ctx.user.id
    if order.status is OrderStatus.PLACED:
        cancel_button = Button(t.plain(":no_entry: Cancel"), CancelOrder(order.id))
        recall_button = Button(t.plain(":leftwards_arrow_with_hook: Recall"), Recall(order.id))
        rows.append([recall_button, cancel_button] if is_own else [cancel_button])
    if is_own and order.status is not OrderStatus.DRAFT:
        rows.append([Button(t.plain(":repeat: Repeat"), Repeat(order.id))])
    if is_own or ctx.user.holds(Role.ADMIN):
        rows += after_loading(ctx, order)
    sheets = [Button(t.plain(":page_facing_up: Invoice"), InvoicePdf(order.id))] if invoice else []
    if waybills.of_order(ctx.session, order) is not None:
        sheets.append(Button(t.plain(":page_facing_up: Waybill"), WaybillPdf(order.id)))
    if sheets:
        rows.append(sheets)
    if invoice is not None and invoice.cancelled_at is None:
        label = t.plain(":envelope: Send the invoice again")
        if not order.customer.email_list:
            label = t.plain(":envelope: Send the invoice")
        rows.append([Button(label, ResendInvoice(order.id))])
        rows.append([Button(t.plain(":envelope: To another address"), ResendTo(order.id))])
    rows.append([Button(t.plain(":e-mail: Customer's e-mail"), EditEmails(order.customer_id, order.id))])
    return rows


def _ways_on(ctx: Context, order: Order, page: int) -> Rows:
    t = ctx.t
    rows: Rows = [
        [
            Button(t.plain(":counterclockwise_arrows_button: Refresh"), Refresh(order.id, page)),
            Button(t.plain(":bust_in_silhouette: Customer"), ClientCard(order.customer_id)),
        ]
    ]
    if order.sales_rep_id == ctx.user.id:
        rows.append(keyboards.to_orders(ctx))
    elif ctx.user.holds(Role.ADMIN):
        rows.append(keyboards.to_journal(ctx))
    rows.append(menu.back(ctx))
    return rows


def recall(ctx: Context, data: Recall) -> Screen:
    """Take the order back into a draft."""
    order = placing.recall(ctx.session, data.order_id, ctx.user)
    return ordering.draft_card(ctx, order)


def ask_reason(ctx: Context, data: CancelOrder) -> Screen:
    """Ask why the order is called off."""
    order = orders.get(ctx.session, data.order_id, ctx.user)
    if order.status is not OrderStatus.PLACED:
        raise orders.moved_on(ctx.session, order)
    rows = [[Button(ctx.t.plain(":clipboard: Order"), OrderCard(order.id))]]
    return Screen(ctx.t("Why is order No. {number} cancelled?", number=order.number), rows, data)


def cancel(ctx: Context, data: CancelOrder, reason: str) -> Screen:
    """Call the order off."""
    return sent_card(ctx, placing.cancel(ctx.session, data.order_id, ctx.user, reason))


def invoice_pdf(ctx: Context, data: InvoicePdf) -> None:
    """Have the PDF drawn and sent by a worker."""
    order = orders.get(ctx.session, data.order_id, ctx.user)
    invoice = invoices.of_order(ctx.session, order)
    if invoice is None:
        raise NotFound("invoice")
    _send(ctx, invoice)
    ctx.toast = ctx.t.plain("The invoice is on its way.")


def waybill_pdf(ctx: Context, data: WaybillPdf) -> None:
    """Have the waybill's PDF drawn and sent by a worker."""
    order = orders.get(ctx.session, data.order_id, ctx.user)
    waybill = waybills.of_order(ctx.session, order)
    if waybill is None:
        raise NotFound("waybill")
    _send(ctx, waybill)
    ctx.toast = ctx.t.plain("The waybill is on its way.")


def _send(ctx: Context, document: Document) -> None:
    outbox.send_file(ctx.session, ctx.user, "sendDocument", "document", document.id)


def resend(ctx: Context, data: ResendInvoice) -> Screen:
    """Mail the invoice once more, or ask for an address when there is none."""
    order = orders.get(ctx.session, data.order_id, ctx.user)
    invoice = invoices.of_order(ctx.session, order)
    if invoice is None:
        raise NotFound("invoice")
    if not letters.resend(ctx.session, invoice):
        return ask_emails(ctx, EditEmails(order.customer_id, order.id))
    ctx.toast = ctx.t.plain("The invoice is in the queue.")
    return sent_card(ctx, order)


def ask_address(ctx: Context, data: ResendTo) -> Screen:
    """Ask where else the invoice goes; the customer's addresses stay as they are."""
    order = orders.get(ctx.session, data.order_id, ctx.user)
    text = ctx.t("Where to mail the invoice of order No. {number}? This once only.", number=order.number)
    return Screen(text, [[Button(ctx.t.plain(":clipboard: Order"), OrderCard(order.id))]], data)


def resend_to(ctx: Context, data: ResendTo, text: str) -> Screen:
    """Mail the invoice to the address typed."""
    order = orders.get(ctx.session, data.order_id, ctx.user)
    invoice = invoices.of_order(ctx.session, order)
    if invoice is None:
        raise NotFound("invoice")
    address = requisites.check_email(text)
    letters.resend(ctx.session, invoice, [address])
    said = ctx.t(":envelope: The invoice is being mailed to {email}.", email=address)
    return sent_card(ctx, order).under(said)


def ask_emails(ctx: Context, data: EditEmails) -> Screen:
    """Ask for the customer's addresses."""
    customer = customers.get(ctx.session, data.customer_id, ctx.user)
    t = ctx.t
    text = t("E-mail of {name}; several are separated by commas:", name=customer.name)
    if customer.emails:
        text = stack(text, t("Now: {note}", note=customer.emails))
    here = EditEmails(customer.id, data.order_id, customer.version)
    return Screen(text, [[Button(t.plain(":clipboard: Order"), OrderCard(data.order_id))]], here)


def take_emails(ctx: Context, data: EditEmails, text: str) -> Screen:
    """Keep the addresses; invoices that waited for one go out now."""
    sent = clientele.change(ctx.session, data.customer_id, "emails", text, ctx.user, data.version)
    customer = customers.get(ctx.session, data.customer_id, ctx.user)
    screen = order_card(ctx, OrderCard(data.order_id))
    kept = ctx.t(":white_check_mark: E-mail: {emails}", emails=customer.emails or "")
    if sent:
        more = ctx.t.many("{n} invoice is being mailed.", "{n} invoices are being mailed.", sent)
        kept = stack(kept, more)
    screen.under(kept)
    return screen
