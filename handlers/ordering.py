"""The draft on one card: lines, note, sending, throwing away; and which step comes next."""

from __future__ import annotations

from dataclasses import dataclass

from handlers import conversation as conversations
from handlers import keyboards, menu
from handlers.addresses import Address, Month, Note, OrderCard, OrderLines, ProductCard, Shelf
from handlers.callbacks import Data
from handlers.context import Context
from handlers.routing import Router
from handlers.screen import Button, Rows, Screen
from handlers.screens import order_text
from handlers.texts import N_, stack
from models import Order, Role
from services import drafts, placing, pricing, quantities
from services.errors import Conflict, Invalid
from services.paging import PAGE_SIZE
from services.stock import Shortage

PART_NAMES = {
    "lines": N_("goods"),
    "address": N_("the address"),
    "window": N_("the date and window"),
}


@dataclass(frozen=True)
class KeepNote(Data, code="kn"):
    """Take what fits of a note that was too long, or none at all."""

    order_id: int
    is_cut: bool


@dataclass(frozen=True)
class Place(Data, code="pl"):
    """Send the draft to the warehouse."""

    order_id: int
    duplicate_is_meant: bool

    def home(self) -> Data:
        """Return the order's card."""
        return OrderCard(self.order_id)


@dataclass(frozen=True)
class TakeAvailable(Data, code="ta"):
    """Lower the short lines to what is there."""

    order_id: int


@dataclass(frozen=True)
class Discard(Data, code="dd"):
    """Throw the draft away: asked first, then done."""

    order_id: int
    is_sure: bool


@dataclass(frozen=True)
class GoOn(Data, code="go"):
    """Go to the next part that is missing."""

    order_id: int


def register(router: Router) -> None:
    """Register the draft's card."""
    rep = Role.SALES_REP
    router.button(OrderLines, order_lines, rep)
    router.button(Note, ask_note, rep)
    router.typed(Note, "text", take_note)
    router.button(KeepNote, keep_note, rep)
    router.button(Place, place, rep)
    router.button(TakeAvailable, take_available, rep)
    router.button(Discard, discard, rep)
    router.button(GoOn, go_on, rep)


def next_step(ctx: Context, order: Order) -> Screen:
    """Return the screen of the first part that is missing, the card when none is."""
    steps: dict[str, Data] = {
        "lines": Shelf(order.id, 0, 0),
        "address": Address(order.id),
        "window": Month(order.id, 0),
    }
    for part in drafts.missing(order):
        return ctx.open(steps[part])
    return draft_card(ctx, order)


def draft_card(ctx: Context, order: Order, number: int = 0) -> Screen:
    """Show the draft whole, with a page of its lines."""
    view, t = ctx.view, ctx.t
    offer = pricing.quote(ctx.session, order)
    page = order_text.line_page(offer.lines, number)
    goods = order_text.lines(view, page) or [t("No goods yet.")]
    text = order_text.paragraphs(
        order_text.title(view, order),
        goods,
        order_text.sums(view, offer),
        order_text.where_and_when(view, order),
        _still_missing(ctx, order),
    )
    rows = keyboards.pager(t, page, lambda to: OrderCard(order.id, to))
    rows += [
        [
            Button(t.plain(":heavy_plus_sign: Goods"), Shelf(order.id, 0, 0)),
            Button(t.plain(":pencil2: Lines"), OrderLines(order.id, 0)),
        ],
        [
            Button(t.plain(":round_pushpin: Address"), Address(order.id)),
            Button(t.plain(":date: Date"), Month(order.id, 0)),
        ],
        [Button(t.plain(":memo: Note"), Note(order.id))],
        [Button(t.plain(":white_check_mark: Send to the warehouse"), Place(order.id, False))],
        [Button(t.plain(":wastebasket: Delete the draft"), Discard(order.id, False))],
        menu.back(ctx),
    ]
    return Screen(text, rows, OrderCard(order.id, page.number))


def order_lines(ctx: Context, data: OrderLines) -> Screen:
    """Show the cart: each line leads to its product."""
    order = drafts.get(ctx.session, data.order_id, ctx.user)
    offer = pricing.quote(ctx.session, order)
    page = order_text.line_page(offer.lines, data.page, PAGE_SIZE)
    t = ctx.t
    shown = order_text.lines(ctx.view, page) or [t("The cart is empty.")]
    text = order_text.paragraphs(order_text.title(ctx.view, order), shown, order_text.sums(ctx.view, offer))
    rows = [[_line_button(ctx, order, number, line)] for number, line in page.items]
    rows += keyboards.pager(t, page, lambda to: OrderLines(order.id, to))
    rows.append([Button(t.plain(":heavy_plus_sign: Goods"), Shelf(order.id, 0, 0))])
    if drafts.missing(order) and order.lines:
        rows[-1].append(Button(t.plain("Go on :arrow_right:"), GoOn(order.id)))
    rows.append([Button(t.plain(":clipboard: Order"), OrderCard(order.id))])
    return Screen(text, rows, OrderLines(order.id, page.number))


def go_on(ctx: Context, data: GoOn) -> Screen:
    """Show the next missing part."""
    return next_step(ctx, drafts.get(ctx.session, data.order_id, ctx.user))


def _line_button(ctx: Context, order: Order, number: int, priced: pricing.PricedLine) -> Button:
    line = priced.line
    amount = quantities.both(line.quantity, line.unit, line.factor, line.product.unit, ctx.view.language)
    label = f"{number}. {amount} · {line.product.name}"
    units = list(line.product.units)
    unit = units.index(line.unit) if line.unit in units else 0
    return Button(label, ProductCard(order.id, line.product_id, line.product.category_id, 0, unit))


def ask_note(ctx: Context, data: Note) -> Screen:
    """Ask for the note."""
    order = drafts.get(ctx.session, data.order_id, ctx.user)
    t = ctx.t
    text = t("A note for the warehouse and the driver, up to {limit} characters:", limit=drafts.MAX_NOTE)
    if order.note:
        text = stack(text, "", t("Now: {note}", note=order.note))
    leave = t.plain("Without a note")
    rows = [
        [Button(leave, KeepNote(order.id, False))],
        [Button(t.plain(":clipboard: Order"), OrderCard(order.id))],
    ]
    return Screen(text, rows, data)


def take_note(ctx: Context, data: Note, text: str) -> Screen:
    """Keep the note; of one that is too long nothing is lost, the first part can be taken."""
    order = drafts.get(ctx.session, data.order_id, ctx.user)
    try:
        drafts.set_note(ctx.session, order, text)
    except Invalid as error:
        conversations.remember(ctx.conversation, note=text)
        t = ctx.t
        sentence = t(
            "The note has {length} characters, {limit} fit. Send a shorter one, or take the beginning.",
            length=error.params["length"],
            limit=error.params["limit"],
        )
        rows = [
            [Button(t.plain(":scissors: Take the beginning"), KeepNote(order.id, True))],
            [Button(t.plain(":clipboard: Order"), OrderCard(order.id))],
        ]
        return Screen(sentence, rows, data)
    return next_step(ctx, order)


def keep_note(ctx: Context, data: KeepNote) -> Screen:
    """Take the beginning of a long note, or go on without one."""
    order = drafts.get(ctx.session, data.order_id, ctx.user)
    note = str(ctx.conversation.form.get("note", ""))[: drafts.MAX_NOTE] if data.is_cut else None
    drafts.set_note(ctx.session, order, note)
    conversations.clear_form(ctx.conversation)
    return next_step(ctx, order)


def place(ctx: Context, data: Place) -> Screen:
    """Send the draft to the warehouse, or say what stands in the way."""
    order = drafts.get(ctx.session, data.order_id, ctx.user)
    try:
        with ctx.session.begin_nested():
            placing.place(ctx.session, order, ctx.user, duplicate_is_meant=data.duplicate_is_meant)
    except Conflict as error:
        ctx.session.refresh(order)
        if error.code == "short":
            return _short(ctx, order, error.params["shortages"])
        if error.code == "duplicate":
            return _duplicate(ctx, order, error)
        raise
    conversations.clear_form(ctx.conversation)
    screen = ctx.open(OrderCard(order.id))
    sent = ctx.t(":white_check_mark: Order No. {number} is sent to the warehouse.", number=order.number)
    screen.under(sent)
    return screen


def _short(ctx: Context, order: Order, shortages: list[Shortage]) -> Screen:
    t, view = ctx.t, ctx.view
    rows_of_text: list[str] = [
        t(
            "• {name}: {available} of {wanted}",
            name=short.product_name,
            available=view.quantity(short.available, short.unit),
            wanted=view.quantity(short.wanted, short.unit),
        )
        for short in shortages[:20]
    ]
    text = order_text.paragraphs(
        t(":warning: Not enough in stock, nothing was sent. Free now:"), rows_of_text
    )
    rows = [
        [Button(t.plain(":white_check_mark: Take what is available"), TakeAvailable(order.id))],
        [Button(t.plain(":pencil2: Lines"), OrderLines(order.id, 0))],
        [Button(t.plain(":clipboard: Order"), OrderCard(order.id))],
    ]
    return Screen(text, rows, OrderCard(order.id))


def _duplicate(ctx: Context, order: Order, error: Conflict) -> Screen:
    t = ctx.t
    text = t(
        ":warning: {name} already has order No. {number} for {day}. Send one more?",
        name=order.customer.name,
        number=error.params["number"],
        day=ctx.view.day(error.params["day"]),
    )
    rows = [
        [Button(t.plain(":white_check_mark: Yes, send"), Place(order.id, True))],
        [Button(t.plain(":clipboard: Order"), OrderCard(order.id))],
    ]
    return Screen(text, rows, OrderCard(order.id))


def take_available(ctx: Context, data: TakeAvailable) -> Screen:
    """Lower the lines to what is there and show the card."""
    order = drafts.get(ctx.session, data.order_id, ctx.user)
    drafts.take_available(ctx.session, order)
    return draft_card(ctx, order)


def discard(ctx: Context, data: Discard) -> Screen:
    """Ask, then throw the draft away."""
    order = drafts.get(ctx.session, data.order_id, ctx.user)
    t = ctx.t
    if not data.is_sure:
        text = t("Delete the draft for {name}?", name=order.customer.name)
        rows: Rows = [
            [Button(t.plain(":wastebasket: Yes, delete"), Discard(order.id, True))],
            [Button(t.plain(":clipboard: Order"), OrderCard(order.id))],
        ]
        return Screen(text, rows, OrderCard(order.id))
    drafts.discard(ctx.session, order)
    return Screen(t("The draft is deleted."), [menu.back(ctx)], menu.Menu())


def _still_missing(ctx: Context, order: Order) -> str:
    parts = [ctx.t(PART_NAMES[part]) for part in drafts.missing(order)]
    return ctx.t("Still missing: {parts}.", parts=", ".join(parts)) if parts else ""
