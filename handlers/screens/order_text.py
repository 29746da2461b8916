"""An order in words: for the rep, the storekeeper and the administrator."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from handlers.screen import View
from handlers.texts import N_, Html, escaped, isolated, stack
from models import (
    Document,
    Invoice,
    Order,
    OrderEventKind,
    OrderLine,
    OrderStatus,
    ShortageReason,
    Vehicle,
)
from services import formats, loading, pricing, quantities, weights
from services.letter_drafts import CONFIRMATION
from services.letters import LetterStatus, MailState
from services.loading_sheet import Truck
from services.paging import Page
from services.pricing import Fee, FeeRule, PricedLine, Quote
from services.weights import Weight

Line = TypeVar("Line")

STRAIGHT = N_("{distance} km × {rate} = {amount}")
# Fifteen lines with their names cut leave room for everything else in 4,096 characters.
LINES_ON_A_CARD = 15
MAX_NAME = 80
MOST_SHORTAGES = 20

STATUS = {
    OrderStatus.DRAFT: N_(":pencil2: Draft"),
    OrderStatus.PLACED: N_(":inbox_tray: At the warehouse"),
    OrderStatus.LOADING: N_(":hourglass_flowing_sand: Being loaded"),
    OrderStatus.LOADED: N_(":truck: Loaded"),
    OrderStatus.DELIVERED: N_(":package: Delivered"),
    OrderStatus.CANCELLED: N_(":no_entry: Cancelled"),
    OrderStatus.REJECTED: N_(":no_entry: Rejected"),
}
EVENT = {
    OrderEventKind.PLACED: N_("sent to the warehouse"),
    OrderEventKind.RECALLED: N_("recalled"),
    OrderEventKind.CLAIMED: N_("taken in hand"),
    OrderEventKind.RELEASED: N_("put back into the queue"),
    OrderEventKind.LOADED: N_("loaded"),
    OrderEventKind.DELIVERED: N_("delivered"),
    OrderEventKind.SIGNED: N_("photo of the signed papers"),
    OrderEventKind.CANCELLED: N_("cancelled"),
    OrderEventKind.REJECTED: N_("rejected"),
    OrderEventKind.REASSIGNED: N_("given to another rep"),
}
SHORTAGE = {
    ShortageReason.OUT_OF_STOCK: N_("not in stock"),
    ShortageReason.DAMAGED: N_("damaged"),
    ShortageReason.REFUSED: N_("refused"),
}
LETTER = {
    MailState.QUEUED: N_(":envelope: {to}: in the queue"),
    MailState.SENT: N_(":envelope: {to}: sent {at}"),
    MailState.RETRYING: N_(":envelope: {to}: again at {at} ({error})"),
    MailState.FAILED: N_(":envelope: {to}: not delivered ({error})"),
}
# Why the program put an order back; :func:`reason` has the name.
PUT_BACK = {
    loading.BLOCKED: N_("{name} is blocked"),
    loading.NO_KEEPER: N_("{name} is no storekeeper any more"),
}


def title(view: View, order: Order) -> Html:
    """Return «Заказ №17» or «Черновик», with the customer."""
    t = view.t
    head = t("Draft") if order.number is None else t("Order No. {number}", number=order.number)
    return Html(f"<b>{head}</b> · {escaped(order.customer.name)}")


def label(view: View, order: Order) -> str:
    """Return an order as a button of a list: status, number, customer, total."""
    status_sign = view.t.plain(STATUS[order.status]).split(" ")[0]
    number = f"№{order.number}" if order.number else view.t.plain("Draft")
    total = f" · {view.money(order.amount, order.currency)}" if order.amount else ""
    return f"{status_sign} {number} · {isolated(order.customer.name)}{total}"


def line_page(lines: Sequence[Line], number: int, size: int = LINES_ON_A_CARD) -> Page[tuple[int, Line]]:
    """Return a page of an order's lines, each with its number from 1."""
    last = max(0, (len(lines) - 1) // size)
    number = max(0, min(number, last))
    numbered = list(enumerate(lines, 1))
    return Page(tuple(numbered[number * size : (number + 1) * size]), number, number < last, len(lines))


def lines(view: View, page: Page[tuple[int, PricedLine]]) -> list[str]:
    """Return the numbered lines of a page: name, quantity with unit, price, sum."""
    rows = [_line(view, number, line) for number, line in page.items]
    if page.has_next or page.has_previous:
        rows.append(view.t.many("{n} line in all", "{n} lines in all", page.total or 0))
    return rows


def short_name(name: str) -> str:
    """Return a product's name as it fits a line of a card."""
    return name if len(name) <= MAX_NAME else name[: MAX_NAME - 1] + "…"


def name(line: OrderLine) -> Html:
    """Return the name of a line's product, short enough for a card."""
    return escaped(short_name(line.product.name))


def _line(view: View, number: int, priced: PricedLine) -> str:
    line = priced.line
    amount = quantities.both(line.quantity, line.unit, line.factor, line.product.unit, view.language)
    text = view.t(
        "{number}. {name}\n{quantity} × {price} = {total}",
        number=number,
        name=short_name(line.product.name),
        quantity=amount,
        price=view.money(priced.price),
        total=view.money(priced.amounts.total),
    )
    if line.order.status is OrderStatus.DRAFT and not line.product.is_active:
        return stack(text, view.t(":warning: no longer on sale"))
    if priced.price_before is not None:
        return stack(text, view.t(":warning: the price was {before}", before=view.money(priced.price_before)))
    if line.loaded_quantity is not None and line.loaded_quantity != line.quantity:
        text = stack(text, loaded(view, line))
    return text


def loaded(view: View, line: OrderLine) -> Html:
    """Return «⚠️ загружено 40 шт (нет на складе)»."""
    amount = _counted(view, line, line.loaded_quantity or 0)
    if line.shortage_reason is None:
        return view.t(":warning: loaded {loaded}", loaded=amount)
    why = shortage_reason(view, line.shortage_reason)
    return view.t(":warning: loaded {loaded} ({reason})", loaded=amount, reason=why)


def _counted(view: View, line: OrderLine, quantity: int) -> str:
    return quantities.both(quantity, line.unit, line.factor, line.product.unit, view.language)


def shortage_reason(view: View, reason: str) -> str:
    """Return why less was loaded: one of the usual reasons in words, or the storekeeper's own."""
    usual = {kind.value: label for kind, label in SHORTAGE.items()}
    return view.t.plain(usual[reason]) if reason in usual else reason


def shortages(view: View, order: Order) -> list[str]:
    """Return what was not loaded: «• Гречка: 40 шт из 60 шт (нет на складе)», nothing when all was."""
    rows = []
    for line in order.short_lines:
        said = view.t(
            "• {name}: {loaded} of {ordered}",
            name=short_name(line.product.name),
            loaded=_counted(view, line, line.to_load),
            ordered=_counted(view, line, line.quantity),
        )
        why = f" ({escaped(shortage_reason(view, line.shortage_reason))})" if line.shortage_reason else ""
        rows.append(said + why)
    if len(rows) > MOST_SHORTAGES:
        rest = len(rows) - MOST_SHORTAGES
        rows = [*rows[:MOST_SHORTAGES], view.t.many("… and {n} more line", "… and {n} more lines", rest)]
    return [view.t(":warning: Shortages:"), *rows] if rows else []


def fee(view: View, delivery: Fee | None) -> Html:
    """Return the delivery fee by its parts: «14,2 км × 10,00 ₽ = 142,00 ₽»."""
    t = view.t
    if delivery is None:
        return t("Delivery: the address is needed")
    if delivery.rule is FeeRule.PICKUP:
        return t("Delivery: pick-up, {amount}", amount=view.money(0))
    words = N_("{distance} km by road × {rate} = {amount}") if delivery.is_by_road else STRAIGHT
    parts = t(
        words,
        distance=view.distance(delivery.distance_metres),
        rate=view.money(delivery.rate_per_km),
        amount=view.money(delivery.by_distance),
    )
    if delivery.rule is FeeRule.FREE:
        return t("Delivery: free of charge ({parts})", parts=parts)
    if delivery.rule is FeeRule.MINIMUM:
        return t("Delivery: {amount}, the minimum ({parts})", amount=view.money(delivery.amount), parts=parts)
    return t("Delivery: {parts}", parts=parts)


def sums(view: View, offer: Quote) -> list[str]:
    """Return goods total, delivery and total."""
    t = view.t
    return [
        t("Goods: {amount}", amount=view.money(offer.goods_amount)),
        fee(view, offer.fee),
        t("<b>Total: {amount}</b>", amount=view.money(offer.total_amount)),
    ]


def loaded_sum(view: View, order: Order) -> list[str]:
    """Return what the order comes to by what was loaded, when that is less or more than was ordered."""
    if all(line.loaded_quantity in (None, line.quantity) for line in order.lines):
        return []
    amount = view.money(pricing.loaded_total(order), order.currency)
    return [view.t("<b>By what was loaded: {amount}</b>", amount=amount)]


def where_and_when(view: View, order: Order) -> list[str]:
    """Return address, date and window, note: what is known of them."""
    t = view.t
    parts: list[str] = []
    if order.is_pickup:
        parts.append(t(":department_store: Pick-up"))
    elif order.address:
        parts.append(t(":round_pushpin: {address}", address=order.address))
    if order.window is not None:
        words = N_(":date: Pick-up day: {window}") if order.is_pickup else N_(":date: {window}")
        parts.append(t(words, window=window(view, order)))
    if order.vehicle is not None:
        parts.append(t(":truck: {vehicle}", vehicle=vehicle(order.vehicle)))
    if order.note:
        parts.append(t(":memo: {note}", note=order.note))
    return parts


def vehicle(chosen: Vehicle | Truck) -> str:
    """Return «А123ВС77, Иванов, +79161234567»: what is known of it."""
    return ", ".join(filter(None, (chosen.plate, chosen.driver, chosen.phone)))


def window(view: View, order: Order) -> str:
    """Return «пн 23.11.2026, 09:00–11:00»."""
    if order.window is None:
        return ""
    chosen = order.window
    return f"{view.day(chosen.delivery_on)}, {chosen.starts_at:%H:%M}–{chosen.ends_at:%H:%M}"


def status(view: View, order: Order) -> Html:
    """Return the order's status in words, with who has it in hand."""
    text = view.t(STATUS[order.status])
    if order.status is OrderStatus.LOADING and order.storekeeper and order.claimed_at:
        who = view.t("taken by {name}, {at}", name=order.storekeeper.name, at=view.moment(order.claimed_at))
        return Html(f"{text}: {who}")
    return text


def history(view: View, order: Order) -> list[str]:
    """Return the order's events: when, what, who, why."""
    rows = []
    for event in order.events:
        what = view.t(EVENT[event.kind])
        who = f", {escaped(event.user.name)}" if event.user is not None else ""
        why = f": {escaped(reason(view, event.reason))}" if event.reason else ""
        rows.append(f"{view.moment(event.at)} — {what}{who}{why}")
    return rows


def reason(view: View, text: str) -> str:
    """Return a reason as people read it: what was typed, or what the program noted, in the reader's words."""
    code, _, name = text.partition("/")
    return view.t.plain(PUT_BACK[code], name=name) if code in PUT_BACK else text


def letters(view: View, statuses: Sequence[LetterStatus]) -> list[str]:
    """Return the state of each letter."""
    return [
        view.t(
            LETTER[letter.state],
            to=view.t.plain("{to} (confirmation)", to=letter.recipient)
            if letter.name == CONFIRMATION
            else letter.recipient,
            at=view.moment(letter.at) if letter.at else "",
            error=letter.error or "",
        )
        for letter in statuses
    ]


def paper_name(view: View, document: Document) -> Html:
    """Return «Счёт №5» or «Накладная №5, исправление №1»."""
    words = N_("Invoice No. {number}") if isinstance(document, Invoice) else N_("Waybill No. {number}")
    name = view.t(words, number=document.label)
    if not document.revision:
        return name
    return view.t("{paper}, correction No. {n}", paper=name, n=document.revision)


def paper(view: View, document: Document) -> Html:
    """Return a paper with its sum, and that it is cancelled if it is: «аннулирован 20.11.2026: …»."""
    text = view.t(
        ":page_facing_up: {paper}: {amount}",
        paper=paper_name(view, document),
        amount=view.money(document.total_amount, document.order.currency),
    )
    if document.cancelled_at is None:
        return text
    words = N_("{paper} — void, {at}: {reason}")
    if not isinstance(document, Invoice):
        words = N_("{paper} — cancelled, {at}: {reason}")
    at = view.moment(document.cancelled_at)
    return view.t(words, paper=text, at=at, reason=document.cancel_reason or "—")


def weight(view: View, known: Weight) -> Html:
    """Return «1 240 кг», «не меньше 1 240 кг» when some product's weight is not known."""
    kilograms = formats.quantity(known.grams, view.language)
    if known.is_whole:
        return view.t("{weight} kg", weight=kilograms)
    return view.t("at least {weight} kg", weight=kilograms)


def order_weight(order: Order) -> Weight:
    """Return what leaves of the order weighs, by what was loaded or still is to be."""
    return sum((weights.of(line.product, line.to_load) for line in order.lines), Weight())


def paragraphs(*parts: list[str] | str) -> Html:
    """Join groups of lines with an empty line between them."""
    groups = ["\n".join(part) if isinstance(part, list) else part for part in parts]
    return Html("\n\n".join(group for group in groups if group))
