"""The draft on one card: lines, note, sending, throwing away; and which step comes next."""

from __future__ import annotations

from dataclasses import dataclass

from handlers import conversation as conversations
from handlers import keyboards, menu
from handlers.addresses import (
    Address,
    Month,
    Note,
    OrderCard,
    OrderLines,
    Place,
    ProductCard,
    Remove,
    Shelf,
)
from handlers.callbacks import Data
from handlers.context import Context
from handlers.routing import Router
from handlers.screen import Button, Rows, Screen
from handlers.screens import order_text
from handlers.texts import N_, stack
from models import Order, Role
from services import catalog, drafts, pricing, quantities
from services.errors import Invalid
from services.paging import PAGE_SIZE
from services.quantities import Typed

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
class Restore(Data, code="lz"):
    """Put back what was just taken out: so many thousandths, counted in the unit at this place."""

    order_id: int
    product_id: int
    unit: int
    quantity: int


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
    router.button(Remove, remove, rep)
    router.button(Restore, restore, rep)
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
        [order_text.title(view, order), *_recalled(ctx, order)],
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
        [*keyboards.to_orders(ctx), *menu.back(ctx)],
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


def remove(ctx: Context, data: Remove) -> Screen:
    """Take a product out, with the way back on the same screen."""
    order = drafts.get(ctx.session, data.order_id, ctx.user)
    line = drafts.find_line(order, data.product_id)
    if line is None:
        return order_lines(ctx, OrderLines(order.id, 0))
    units = list(line.product.units)
    unit = units.index(line.unit) if line.unit in units else 0
    undo = Restore(order.id, line.product_id, unit, line.quantity)
    name = line.product.name
    drafts.remove_line(ctx.session, order, data.product_id)
    screen = order_lines(ctx, OrderLines(order.id, 0))
    screen.rows.insert(
        0, [Button(ctx.t.plain(":leftwards_arrow_with_hook: Put back {name}", name=name), undo)]
    )
    return screen.under(ctx.t(":wastebasket: Removed: {name}", name=name))


def restore(ctx: Context, data: Restore) -> Screen:
    """Put back what was taken out."""
    order = drafts.get(ctx.session, data.order_id, ctx.user)
    product = catalog.get_product(ctx.session, data.product_id)
    units = list(product.units)
    unit = units[data.unit] if 0 <= data.unit < len(units) else units[0]
    typed = Typed((data.quantity, unit, product.units[unit]))
    drafts.set_quantity(ctx.session, order, product, typed)
    return order_lines(ctx, OrderLines(order.id, 0))


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


def _recalled(ctx: Context, order: Order) -> list[str]:
    return [ctx.t(":pencil2: Draft: recalled, not at the warehouse")] if order.number is not None else []


def _still_missing(ctx: Context, order: Order) -> str:
    parts = [ctx.t(PART_NAMES[part]) for part in drafts.missing(order)]
    return ctx.t("Still missing: {parts}.", parts=", ".join(parts)) if parts else ""
