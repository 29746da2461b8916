"""Changing the stock: what came in, what was counted and why it differs, the minimum.

What was typed waits in the form for its last step and is gone after it, so a second tap finds nothing to do.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from handlers import conversation as conversations
from handlers.addresses import StockCard
from handlers.callbacks import Data
from handlers.context import Context
from handlers.routing import Router
from handlers.screen import Button, Rows, Screen
from handlers.texts import N_, Html, stack
from models import CountReason, Product
from services import formats, quantities, search, stock, storeroom
from services.errors import Conflict

RECEIPT, COUNT = "receipt", "count"

REASONS = {
    CountReason.SHORTAGE: N_(":heavy_minus_sign: Shortage"),
    CountReason.SURPLUS: N_(":heavy_plus_sign: Surplus"),
    CountReason.DAMAGE: N_(":broken_heart: Damaged or spoilt"),
    CountReason.MISTAKE: N_(":memo: Mistake in the books"),
}
# What cannot be why there is more, or why there is less.
_NOT_MORE = {CountReason.SHORTAGE, CountReason.DAMAGE}
_NOT_LESS = {CountReason.SURPLUS}


@dataclass(frozen=True)
class _OfProduct(Data):
    """A step about one product, reached from a page of the list."""

    product_id: int
    page: int
    only_low: bool


@dataclass(frozen=True)
class Receive(_OfProduct, code="br"):
    """How much came in is typed."""


@dataclass(frozen=True)
class ReceiveNote(_OfProduct, code="bn"):
    """The document's number or a reason is typed."""


@dataclass(frozen=True)
class ReceiveNoNote(_OfProduct, code="bx"):
    """There is no document."""


@dataclass(frozen=True)
class Count(_OfProduct, code="bk"):
    """How much was counted is typed."""


@dataclass(frozen=True)
class CountWhy(_OfProduct, code="by"):
    """Why the count differs is chosen."""


@dataclass(frozen=True)
class CountBecause(_OfProduct, code="bz"):
    """One of the usual reasons."""

    reason: CountReason


@dataclass(frozen=True)
class CountOther(_OfProduct, code="bo"):
    """Another reason is typed."""


@dataclass(frozen=True)
class ConfirmCount(_OfProduct, code="bf"):
    """Before and after are shown."""


@dataclass(frozen=True)
class CountSure(_OfProduct, code="bs"):
    """The count is written."""


@dataclass(frozen=True)
class Minimum(_OfProduct, code="bi"):
    """The minimum is typed."""


@dataclass(frozen=True)
class NoMinimum(_OfProduct, code="bj"):
    """The minimum is taken away."""


def register(router: Router) -> None:
    """Register the steps of every change."""
    keepers = stock.KEEPERS
    router.button(Receive, ask_receipt, *keepers)
    router.typed(Receive, "text", take_receipt)
    router.button(ReceiveNote, ask_note, *keepers)
    router.typed(ReceiveNote, "text", receive)
    router.button(ReceiveNoNote, lambda ctx, data: receive(ctx, data, None), *keepers)
    router.button(Count, ask_count, *keepers)
    router.typed(Count, "text", take_count)
    router.button(CountWhy, ask_why, *keepers)
    router.button(CountBecause, lambda ctx, data: take_reason(ctx, data, data.reason.value), *keepers)
    router.button(CountOther, ask_other, *keepers)
    router.typed(CountOther, "text", lambda ctx, data, text: take_reason(ctx, data, stock.check_reason(text)))
    router.button(ConfirmCount, confirm, *keepers)
    router.button(CountSure, adjust, *keepers)
    router.button(Minimum, ask_minimum, *keepers)
    router.typed(Minimum, "text", take_minimum)
    router.button(NoMinimum, lambda ctx, data: _set_minimum(ctx, data, None), *keepers)


# What came in


def ask_receipt(ctx: Context, data: Receive) -> Screen:
    """Ask how much came in."""
    product = _product(ctx, data)
    text = ctx.t(
        ":heavy_plus_sign: <b>{name}</b>\nHow much came in? Type for example {examples}.",
        name=product.name,
        examples=_examples(ctx, product),
    )
    return Screen(text, [_back(ctx, data)], data)


def take_receipt(ctx: Context, data: Receive, text: str) -> Screen:
    """Keep how much came in, and ask for the document."""
    typed = quantities.parse(text, _product(ctx, data).units, language=ctx.view.language)
    conversations.remember(ctx.conversation, **{RECEIPT: [data.product_id, *typed]})
    return ask_note(ctx, ReceiveNote(*_where(data)))


def ask_note(ctx: Context, data: ReceiveNote) -> Screen:
    """Ask for the document's number or a reason."""
    kept = _kept(ctx, RECEIPT, data)
    if kept is None:
        return ask_receipt(ctx, Receive(*_where(data)))
    product = _product(ctx, data)
    quantity, unit, factor = kept
    text = ctx.t(
        ":heavy_plus_sign: <b>{name}</b>: {quantity}\nType the document's number or a reason.",
        name=product.name,
        quantity=quantities.both(quantity, unit, factor, product.unit, ctx.view.language),
    )
    rows: Rows = [[Button(ctx.t.plain("Without a document"), ReceiveNoNote(*_where(data)))], _back(ctx, data)]
    return Screen(text, rows, data)


def receive(ctx: Context, data: ReceiveNote | ReceiveNoNote, note: str | None) -> Screen:
    """Add what came in."""
    kept = _kept(ctx, RECEIPT, data)
    if kept is None:
        return _card(ctx, data)
    product = _product(ctx, data)
    quantity, unit, factor = kept
    reason = "" if note is None else stock.check_reason(note)
    stock.receive(ctx.session, product, quantity, ctx.user, reason)
    _forget(ctx, RECEIPT)
    said = ctx.t(
        ":white_check_mark: {name}: +{quantity}",
        name=product.name,
        quantity=quantities.both(quantity, unit, factor, product.unit, ctx.view.language),
    )
    return _card(ctx, data).under(said)


# What was counted


def ask_count(ctx: Context, data: Count) -> Screen:
    """Ask how much was counted."""
    product = _product(ctx, data)
    text = ctx.t(
        ":pencil2: <b>{name}</b>\nBy the books: {quantity}\n"
        "How much is there? Type for example {examples}, or 0.",
        name=product.name,
        quantity=quantities.level(product.on_hand, product.units, ctx.view.language),
        examples=_examples(ctx, product),
    )
    return Screen(text, [_back(ctx, data)], data)


def take_count(ctx: Context, data: Count, text: str) -> Screen:
    """Keep the count, and ask why it differs."""
    product = _product(ctx, data)
    counted = _typed(ctx, text, product)
    stock.check_count(ctx.session, product, counted)
    if counted == product.on_hand:
        amount = ctx.view.quantity(counted, product.unit)
        said = ctx.t(":white_check_mark: That is what the books say: {quantity}.", quantity=amount)
        return _card(ctx, data).under(said)
    conversations.remember(ctx.conversation, **{COUNT: [data.product_id, counted, product.on_hand, None]})
    return ask_why(ctx, CountWhy(*_where(data)))


def ask_why(ctx: Context, data: CountWhy) -> Screen:
    """Ask why the count differs."""
    kept = _kept(ctx, COUNT, data)
    if kept is None:
        return ask_count(ctx, Count(*_where(data)))
    counted, before, _ = kept
    unfit = _NOT_MORE if counted > before else _NOT_LESS
    t, where = ctx.t, _where(data)
    rows: Rows = [
        [Button(t.plain(label), CountBecause(*where, reason))]
        for reason, label in REASONS.items()
        if reason not in unfit
    ]
    rows += [[Button(t.plain(":speech_balloon: Another reason"), CountOther(*where))], _back(ctx, data)]
    return Screen(stack(_change(ctx, data), t("Why does it differ?")), rows, data)


def ask_other(ctx: Context, data: CountOther) -> Screen:
    """Ask for a reason in the person's own words."""
    if _kept(ctx, COUNT, data) is None:
        return ask_count(ctx, Count(*_where(data)))
    text = stack(_change(ctx, data), ctx.t("Type the reason."))
    return Screen(text, [_back(ctx, data)], data)


def take_reason(ctx: Context, data: CountBecause | CountOther, reason: str) -> Screen:
    """Keep the reason, and show what would be written."""
    kept = _kept(ctx, COUNT, data)
    if kept is not None:
        conversations.remember(ctx.conversation, **{COUNT: [data.product_id, *kept[:2], reason]})
    return confirm(ctx, ConfirmCount(*_where(data)))


def confirm(ctx: Context, data: ConfirmCount) -> Screen:
    """Show before and after, and ask once."""
    kept = _kept(ctx, COUNT, data)
    if kept is None or kept[2] is None:
        return ask_count(ctx, Count(*_where(data)))
    t = ctx.t
    why = {kind.value: t.plain(label) for kind, label in REASONS.items()}.get(kept[2], kept[2])
    text = stack(_change(ctx, data), t("Reason: {reason}", reason=why))
    rows = [[Button(t.plain(":white_check_mark: Write it"), CountSure(*_where(data)))], _back(ctx, data)]
    return Screen(text, rows, data)


def adjust(ctx: Context, data: CountSure) -> Screen:
    """Write the count; asked once more when the books have moved on since it was typed."""
    kept = _kept(ctx, COUNT, data)
    if kept is None or kept[2] is None:
        return _card(ctx, data)
    counted, before, reason = kept
    product = _product(ctx, data)
    try:
        stock.adjust(ctx.session, product, counted, ctx.user, reason, expected=before)
    except Conflict as error:
        if error.code != "stock_moved":
            raise
        kept_now = [data.product_id, counted, error.params["now"], reason]
        conversations.remember(ctx.conversation, **{COUNT: kept_now})
        return ctx.refusal(error)
    said = ctx.t(":white_check_mark: Written: {change}", change=_change(ctx, data))
    _forget(ctx, COUNT)
    return _card(ctx, data).under(said)


# The minimum


def ask_minimum(ctx: Context, data: Minimum) -> Screen:
    """Ask below what the product runs low."""
    product = _product(ctx, data)
    t = ctx.t
    now = t.plain("not set")
    if product.low_stock is not None:
        now = quantities.level(product.low_stock, product.units, ctx.view.language)
    text = t(
        ":bell: <b>{name}</b>\nMinimum now: {quantity}\n"
        "When this much or less is available, the product is listed as low. Type for example {examples}.",
        name=product.name,
        quantity=now,
        examples=_examples(ctx, product),
    )
    rows: Rows = [_back(ctx, data)]
    if product.low_stock is not None:
        rows.insert(0, [Button(t.plain(":wastebasket: Take away"), NoMinimum(*_where(data)))])
    return Screen(text, rows, data)


def take_minimum(ctx: Context, data: Minimum, text: str) -> Screen:
    """Set the typed minimum; «убрать» takes it away."""
    if search.fold(text) in {"убрать", search.fold(ctx.t.plain("take away"))}:
        return _set_minimum(ctx, data, None)
    return _set_minimum(ctx, data, _typed(ctx, text, _product(ctx, data)))


def _set_minimum(ctx: Context, data: _OfProduct, quantity: int | None) -> Screen:
    product = _product(ctx, data)
    stock.set_low_stock(ctx.session, product, quantity, ctx.user)
    if quantity is None:
        said = ctx.t(":bell: {name}: no minimum", name=product.name)
    else:
        amount = ctx.view.quantity(quantity, product.unit)
        said = ctx.t(":bell: {name}: minimum {quantity}", name=product.name, quantity=amount)
    return _card(ctx, data).under(said)


# What they share


def _product(ctx: Context, data: _OfProduct) -> Product:
    return storeroom.get(ctx.session, data.product_id, ctx.user)


def _where(data: _OfProduct) -> tuple[int, int, bool]:
    return data.product_id, data.page, data.only_low


def _card(ctx: Context, data: _OfProduct) -> Screen:
    return ctx.open(StockCard(*_where(data)))


def _back(ctx: Context, data: _OfProduct) -> list[Button]:
    return [Button(ctx.t.plain(":leftwards_arrow_with_hook: Back"), StockCard(*_where(data)))]


def _kept(ctx: Context, what: str, data: _OfProduct) -> list[Any] | None:
    """Return what was typed about this very product and is not done yet."""
    kept = ctx.conversation.form.get(what)
    return list(kept[1:]) if kept and kept[0] == data.product_id else None


def _forget(ctx: Context, what: str) -> None:
    conversations.remember(ctx.conversation, **{what: None})


def _change(ctx: Context, data: _OfProduct) -> Html:
    """Return «Крупа: 100 шт → 97 шт (−3 шт)»."""
    product = _product(ctx, data)
    counted, before, _ = _kept(ctx, COUNT, data) or (0, 0, None)
    sign = "+" if counted > before else formats.MINUS
    return ctx.t(
        "<b>{name}</b>: {before} → {after} ({change})",
        name=product.name,
        before=ctx.view.quantity(before, product.unit),
        after=ctx.view.quantity(counted, product.unit),
        change=f"{sign}{ctx.view.quantity(abs(counted - before), product.unit)}",
    )


def _typed(ctx: Context, text: str, product: Product) -> int:
    """Return the level that was typed, which may be nothing, in thousandths of the base unit."""
    return quantities.parse(text, product.units, language=ctx.view.language, zero_is_meant=True).quantity


def _examples(ctx: Context, product: Product) -> str:
    amount = 2_500 if product.unit in quantities.WEIGHED else 12_000
    number = formats.quantity(amount, ctx.view.language)
    return ", ".join([f"{number} {product.unit}", *(f"5 {package.code}" for package in product.packages)])
