"""The storekeeper's card of an order: taking it, confirming the load, what follows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote as url_quote

from handlers import conversation as conversations
from handlers import keyboards, warehouse
from handlers.addresses import LoadCard, LoadLines
from handlers.addresses import OrderCard as RepCard
from handlers.callbacks import Data
from handlers.context import Context
from handlers.routing import Router
from handlers.screen import Button, Rows, Screen, View
from handlers.screens import order_text
from handlers.texts import Html, stack
from models import Order, OrderCard, OrderLine, OrderStatus, Role
from services import formats, loading, orders, outbox, pricing, quantities, remainders
from services.errors import Conflict, NotFound
from services.paging import Page

if TYPE_CHECKING:
    from telebot.types import PhotoSize


@dataclass(frozen=True)
class _OnCard(Data):
    """An action that stands on an order's card and is pressed there, wherever the card is."""

    order_id: int

    def home(self) -> Data:
        """Return the order's card."""
        return LoadCard(self.order_id)


@dataclass(frozen=True)
class Claim(_OnCard, code="l1", anywhere=True):
    """Take the order in hand."""


@dataclass(frozen=True)
class Release(_OnCard, code="l2", anywhere=True):
    """Put the order back into the queue."""


@dataclass(frozen=True)
class AskLoaded(_OnCard, code="l3", anywhere=True):
    """Ask once, naming total and mail address."""


@dataclass(frozen=True)
class Loaded(_OnCard, code="l4", anywhere=True):
    """Confirm the load as it was when the question was put."""

    seen: str = ""


@dataclass(frozen=True)
class Delivered(_OnCard, code="l7", anywhere=True):
    """The goods are with the customer."""


@dataclass(frozen=True)
class Reject(Data, code="l5", anywhere=False):
    """Turn the order down: the reason is typed."""

    order_id: int


@dataclass(frozen=True)
class SignedPapers(Data, code="l8", anywhere=True):
    """The photo of the papers the customer signed is sent."""

    order_id: int


@dataclass(frozen=True)
class ShowSigned(_OnCard, code="l9", anywhere=True):
    """Show that photo."""


@dataclass(frozen=True)
class Remainder(_OnCard, code="la", anywhere=True):
    """Make a draft of what was not loaded."""


@dataclass(frozen=True)
class AskReject(_OnCard, code="l6", anywhere=True):
    """Go to the reason."""


def register(router: Router) -> None:
    """Register the cards."""
    keeper, rep, admin = Role.STOREKEEPER, Role.SALES_REP, Role.ADMIN
    router.button(LoadCard, card, keeper, admin)
    router.button(Claim, claim, keeper)
    router.button(Release, release, keeper, admin)
    router.button(Delivered, delivered, keeper, rep)
    router.button(SignedPapers, ask_signed, keeper, rep)
    router.typed(SignedPapers, "photo", keep_signed)
    router.button(ShowSigned, show_signed, keeper, rep, admin)
    router.button(Remainder, draft_remainder, keeper, rep)
    router.button(AskLoaded, ask_loaded, keeper)
    router.button(Loaded, loaded, keeper)
    router.button(AskReject, lambda ctx, data: ask_reason(ctx, Reject(data.order_id)), keeper)
    router.button(Reject, ask_reason, keeper)
    router.typed(Reject, "text", reject)
    router.notice("order_card", card_notice)


def card(ctx: Context, data: LoadCard) -> Screen:
    """Show an order with what this storekeeper may do."""
    order = orders.get(ctx.session, data.order_id, ctx.user)
    page = order_text.line_page(order.lines, data.page)
    rows = _card_rows(ctx, order, page)
    if conversations.is_current(ctx.conversation, ctx.message_id):
        rows.append([warehouse.to_list(ctx)])
    return Screen(card_text(ctx, order, page), rows, LoadCard(order.id, page.number))


def claim(ctx: Context, data: Claim) -> Screen:
    """Take the order in hand."""
    loading.claim(ctx.session, data.order_id, ctx.user)
    return card(ctx, LoadCard(data.order_id))


def release(ctx: Context, data: Release) -> Screen:
    """Put the order back."""
    loading.release(ctx.session, data.order_id, ctx.user)
    return card(ctx, LoadCard(data.order_id))


def delivered(ctx: Context, data: Delivered) -> Screen:
    """Close the order, and ask for a photo of the papers the customer signed."""
    loading.deliver(ctx.session, data.order_id, ctx.user)
    return ask_signed(ctx, SignedPapers(data.order_id)).under(ctx.t(":package: Delivered."))


def ask_signed(ctx: Context, data: SignedPapers) -> Screen:
    """Ask for the photo; it may be left out."""
    order = orders.get(ctx.session, data.order_id, ctx.user)
    text = ctx.t("Order No. {number}: send a photo of the signed papers.", number=order.number)
    rows = [[Button(ctx.t.plain("Without a photo"), _home(ctx, order))]]
    return Screen(text, rows, data)


def keep_signed(ctx: Context, data: SignedPapers, photo: list[PhotoSize]) -> Screen:
    """Keep the photo; Telegram sends it in several sizes, the largest last."""
    order = loading.keep_signed_photo(ctx.session, data.order_id, ctx.user, photo[-1].file_id)
    ctx.session.flush()
    return ctx.open(_home(ctx, order)).under(ctx.t(":white_check_mark: The photo is kept with the order."))


def show_signed(ctx: Context, data: ShowSigned) -> None:
    """Send the photo here."""
    order = orders.get(ctx.session, data.order_id, ctx.user)
    if order.signed_photo_id is None:
        raise NotFound("photo")
    caption = ctx.t("Order No. {number}: the signed papers", number=order.number)
    params = {"photo": order.signed_photo_id, "caption": caption, "parse_mode": "HTML"}
    outbox.call(ctx.session, ctx.conversation.chat_id, "sendPhoto", params)


def draft_remainder(ctx: Context, data: Remainder) -> Screen:
    """Make a draft of what was not loaded: the rep goes on with it, a storekeeper hears that it is there."""
    draft = remainders.draft_remainder(ctx.session, data.order_id, ctx.user)
    if draft.sales_rep_id == ctx.user.id:
        said = ctx.t(":heavy_plus_sign: What was not loaded is in this draft.")
        return ctx.open(RepCard(draft.id)).under(said)
    ctx.toast = ctx.t.plain("A draft of what is missing is with {name}.", name=draft.sales_rep.name)
    return card(ctx, LoadCard(data.order_id))


def ask_loaded(ctx: Context, data: AskLoaded) -> Screen:
    """Ask once: what was loaded and what not, for how much, and where the invoice goes."""
    order = orders.get(ctx.session, data.order_id, ctx.user)
    loading.require_in_hand(ctx.session, order, ctx.user)
    t = ctx.t
    short = order.short_lines
    if loading.is_nothing_loaded(order):
        raise Conflict("nothing_loaded")
    emails = order.customer.email_list
    mail = (
        t("The invoice goes to {emails}.", emails=", ".join(emails))
        if emails
        else t("The customer has no e-mail: the invoice will be kept.")
    )
    question = t("Order No. {number}: is this what is loaded?", number=order.number)
    if not short:
        question = t("Order No. {number}: everything is loaded?", number=order.number)
    amount = ctx.view.money(pricing.loaded_total(order), order.currency)
    text = order_text.paragraphs(
        question,
        order_text.shortages(ctx.view, order) or _goods(ctx.view, order_text.line_page(order.lines, 0)),
        [t("Invoice total: {amount}", amount=amount), mail],
    )
    rows = [
        [Button(t.plain(":white_check_mark: Yes, loaded"), Loaded(order.id, loading.seen(order)))],
        [Button(t.plain(":pencil2: Quantity"), LoadLines(order.id))],
        [Button(t.plain(":leftwards_arrow_with_hook: Back"), LoadCard(order.id))],
    ]
    return Screen(text, rows, LoadCard(order.id))


def loaded(ctx: Context, data: Loaded) -> Screen:
    """Confirm the load; when it isn't what was asked about any more, ask again."""
    try:
        loading.confirm_load(ctx.session, data.order_id, ctx.user, data.seen)
    except Conflict as error:
        if error.code != "load_changed":
            raise
        said = ctx.t(":warning: The load was changed meanwhile. This is how it stands:")
        return ask_loaded(ctx, AskLoaded(data.order_id)).under(said)
    return card(ctx, LoadCard(data.order_id))


def ask_reason(ctx: Context, data: Reject) -> Screen:
    """Ask why the order is turned down."""
    order = orders.get(ctx.session, data.order_id, ctx.user)
    if order.status not in orders.QUEUE:
        raise orders.moved_on(ctx.session, order)
    rows = [[Button(ctx.t.plain(":leftwards_arrow_with_hook: Back"), LoadCard(order.id))]]
    return Screen(ctx.t("Why is order No. {number} rejected?", number=order.number), rows, data)


def reject(ctx: Context, data: Reject, reason: str) -> Screen:
    """Turn the order down."""
    loading.reject(ctx.session, data.order_id, ctx.user, reason)
    return card(ctx, LoadCard(data.order_id))


def card_notice(ctx: Context, params: dict[str, Any]) -> Screen | None:
    """Return the card as it stands now: a new message the first time, then the same one redrawn.

    While the first message is under way nothing more is sent; hearing of it brings the redraw.
    """
    card_row = ctx.session.get(OrderCard, params["card_id"])
    order = ctx.session.get(Order, card_row.order_id) if card_row is not None else None
    if card_row is None or order is None:
        return None
    if card_row.message_id is None:
        if card_row.sending_row_id not in (None, params["row_id"]):
            return None
        card_row.sending_row_id = params["row_id"]
    page = order_text.line_page(order.lines, 0)
    rows = _card_rows(ctx, order, page) if ctx.actor is not None and ctx.actor.roles else []
    return Screen(
        card_text(ctx, order, page),
        rows,
        edits=card_row.message_id,
        about={"card_id": card_row.id, "revision": card_row.revision},
    )


def card_text(ctx: Context, order: Order, page: Page[tuple[int, OrderLine]]) -> Html:
    """Return everything a storekeeper needs of an order."""
    view, t = ctx.view, ctx.t
    if order.status is OrderStatus.DRAFT:
        return t(
            ":leftwards_arrow_with_hook: Order No. {number} was recalled by {name}.",
            number=order.number,
            name=order.sales_rep.name,
        )
    facts: list[str] = [
        order_text.title(view, order),
        order_text.status(view, order),
        t("Sales rep: {name}", name=order.sales_rep.name),
    ]
    if order.reason:
        facts.append(t("Reason: {reason}", reason=order.reason))
    tail: list[str] = []
    known = order_text.order_weight(order)
    if known.grams:
        tail.append(t("Weight: {weight}", weight=order_text.weight(view, known)))
    where = order_text.where_and_when(view, order)
    if order.latitude is not None and order.longitude is not None:
        where.insert(1, _map_link(ctx, order))
    if order.customer.phone:
        where.append(t(":telephone_receiver: {phone}", phone=formats.phone(order.customer.phone)))
    return order_text.paragraphs(facts, _changes(ctx, order), _goods(view, page), tail, where)


def _changes(ctx: Context, order: Order) -> list[str]:
    """Return «было → стало» line by line for an order that was recalled and sent again."""
    changes = orders.changes_since_recall(ctx.session, order)
    if not changes:
        return []
    rows = [
        ctx.t(
            "• {name}: {before} → {after}",
            name=order_text.short_name(change.product.name),
            before=_counted(ctx.view, change.before, change.product.unit),
            after=_counted(ctx.view, change.after, change.product.unit),
        )
        for change in changes[: order_text.LINES_ON_A_CARD]
    ]
    return [ctx.t(":repeat: Changed since it was recalled:"), *rows]


def _counted(view: View, counted: orders.Counted | None, base: str) -> str:
    if counted is None:
        return "—"
    return quantities.both(counted.quantity, counted.unit, counted.factor, base, view.language)


def _goods(view: View, page: Page[tuple[int, OrderLine]]) -> list[str]:
    rows: list[str] = []
    for number, line in page.items:
        amount = quantities.both(line.quantity, line.unit, line.factor, line.product.unit, view.language)
        text = view.t(
            "{number}. {name} — <b>{quantity}</b>",
            number=number,
            name=order_text.short_name(line.product.name),
            quantity=amount,
        )
        if line.loaded_quantity is not None and line.loaded_quantity != line.quantity:
            text = stack(text, order_text.loaded(view, line))
        rows.append(text)
    if page.has_next or page.has_previous:
        rows.append(view.t.many("{n} line in all", "{n} lines in all", page.total or 0))
    return rows


def _map_link(ctx: Context, order: Order) -> Html:
    point = url_quote(f"{order.latitude},{order.longitude}")
    url = f"https://www.openstreetmap.org/?mlat={order.latitude}&mlon={order.longitude}"
    return ctx.t('<a href="{url}">On the map</a> ({point})', url=url, point=point.replace("%2C", ", "))


def _card_rows(ctx: Context, order: Order, page: Page[tuple[int, OrderLine]]) -> Rows:
    # A recalled order is its rep's again: there is nothing to turn.
    if order.status is OrderStatus.DRAFT:
        return []
    turning = keyboards.pager(ctx.t, page, lambda to: LoadCard(order.id, to))
    return [*turning, *_step_rows(ctx, order)]


def _step_rows(ctx: Context, order: Order) -> Rows:
    t, actor = ctx.t, ctx.actor
    turn_down = Button(t.plain(":no_entry: Reject"), AskReject(order.id))
    back = Button(t.plain(":leftwards_arrow_with_hook: Back to the queue"), Release(order.id))
    if order.status is OrderStatus.PLACED:
        return [[Button(t.plain(":raising_hand: Take it"), Claim(order.id))], [turn_down]]
    if order.status is OrderStatus.LOADING and actor is not None and order.storekeeper_id == actor.id:
        return [
            [
                Button(t.plain(":white_check_mark: Confirm the load"), AskLoaded(order.id)),
                Button(t.plain(":pencil2: Quantity"), LoadLines(order.id)),
            ],
            [turn_down, back],
        ]
    if order.status is OrderStatus.LOADING and actor is not None and actor.holds(Role.ADMIN):
        return [[back]]
    if actor is not None and actor.holds(Role.STOREKEEPER):
        return after_loading(ctx, order)
    return []


def after_loading(ctx: Context, order: Order) -> Rows:
    """Return what can be done with a loaded order: handed over, its papers photographed, the rest brought."""
    t = ctx.t
    may_act = order.sales_rep_id == ctx.user.id or ctx.user.holds(Role.STOREKEEPER)
    rows: Rows = []
    if may_act and order.status is OrderStatus.LOADED:
        rows.append([Button(t.plain(":package: Hand over"), Delivered(order.id))])
    if may_act and remainders.is_open(order):
        rows.append([Button(t.plain(":heavy_plus_sign: Bring the rest later"), Remainder(order.id))])
    if order.signed_photo_id is not None:
        rows.append([Button(t.plain(":framed_picture: Signed papers"), ShowSigned(order.id))])
    elif may_act and order.status is OrderStatus.DELIVERED:
        rows.append([Button(t.plain(":camera: Photo of the papers"), SignedPapers(order.id))])
    return rows


def _home(ctx: Context, order: Order) -> Data:
    """Return the order's card as the person knows it."""
    return RepCard(order.id) if order.sales_rep_id == ctx.user.id else LoadCard(order.id)
