"""What is in the store: the list with its search, a product's levels, its ledger, who holds it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from handlers import conversation as conversations
from handlers import keyboards, menu, uploads, warehouse
from handlers.addresses import LoadCard, Stock, StockCard
from handlers.callbacks import Data
from handlers.context import Context
from handlers.routing import Router
from handlers.screen import Button, Rows, Screen
from handlers.screens import order_text
from handlers.stock_changes import Count, Minimum, Receive
from handlers.texts import N_, Html, stack
from models import CountReason, MovementKind, Product, StockMovement
from services import formats, quantities, stock, storeroom

MOVEMENTS_ON_A_CARD = 3
# The name under which it is kept where the list was left.
LIST = "stock"
MAX_TYPED = 100

KINDS = {
    MovementKind.RECEIPT: N_("receipt"),
    MovementKind.RESERVATION: N_("reserved"),
    MovementKind.RELEASE: N_("set free"),
    MovementKind.ISSUE: N_("goods issue"),
    MovementKind.ADJUSTMENT: N_("counted"),
}
REASONS = {
    CountReason.SHORTAGE: N_("shortage"),
    CountReason.SURPLUS: N_("surplus"),
    CountReason.DAMAGE: N_("damaged or spoilt"),
    CountReason.MISTAKE: N_("mistake in the books"),
}


@dataclass(frozen=True)
class AllStock(Data, code="ba"):
    """The list without what was typed to search it."""

    only_low: bool = False


@dataclass(frozen=True)
class Movements(Data, code="bm"):
    """A stretch of a product's ledger; ``cursor`` as in ``storeroom.movements``."""

    product_id: int
    page: int
    only_low: bool
    cursor: int = 0


class Receipts:
    """Files that say what came in."""

    roles = stock.KEEPERS
    home = Stock()

    def head(self, ctx: Context, totals: dict[str, int]) -> Html:
        """Return «Приход: 12 позиций»."""
        return ctx.t.many(
            ":heavy_plus_sign: Receipt: {n} product",
            ":heavy_plus_sign: Receipt: {n} products",
            totals["added"],
        )

    def added(self, ctx: Context, key: str, values: dict[str, Any]) -> Html:
        """Return what came in of one product."""
        more = ctx.view.quantity(values["quantity"], values["unit"])
        name = order_text.short_name(values["name"])
        return ctx.t("• {sku} {name}: +{quantity}", sku=key, name=name, quantity=more)

    def changed(self, ctx: Context, key: str, subject_id: int, fields: list[list[Any]]) -> Html:
        """Return nothing: a receipt only adds."""
        return Html("")


def register(router: Router) -> None:
    """Register the stock's screens, and that a receipt may be sent to them as a file."""
    keepers = stock.KEEPERS
    router.menu_entry((3, 1), N_(":package: Stock"), AllStock(), *keepers)
    router.command("stock", N_("what is in the store"), lambda ctx, _: all_stock(ctx, AllStock()), *keepers)
    router.button(AllStock, all_stock, *keepers)
    router.button(Stock, stock_list, *keepers)
    router.typed(Stock, "text", lambda ctx, data, text: search(ctx, data.only_low, text))
    router.button(StockCard, card, *keepers)
    router.typed(StockCard, "text", lambda ctx, data, text: search(ctx, data.only_low, text))
    router.button(Movements, movements, *keepers)
    router.notice("stock_mismatch", mismatch)
    uploads.serve(router, "receipt", Receipts(), Stock, StockCard)


def stock_list(ctx: Context, data: Stock) -> Screen:
    """Show a page of what is in the store."""
    t = ctx.t
    typed = conversations.list_query(ctx.conversation, LIST)
    page = storeroom.find(ctx.session, ctx.user, typed, data.page, only_low=data.only_low)
    rows: Rows = [
        [Button(_label(ctx, product), StockCard(product.id, page.number, data.only_low))]
        for product in page.items
    ]
    rows += keyboards.pager(t, page, lambda to: Stock(to, data.only_low))
    low = t.plain("• :warning: Low") if data.only_low else t.plain(":warning: Low")
    chips = [Button(low, Stock(0, not data.only_low))]
    if typed:
        chips.append(Button(t.plain(":x: {query}", query=typed), AllStock(data.only_low)))
    rows += [chips, menu.back(ctx)]
    text = order_text.paragraphs(
        _list_heading(ctx, typed, only_low=data.only_low, is_empty=not page.items),
        [_levels_line(ctx, product) for product in page.items],
        t(
            "Type a piece of a name or SKU to search. A receipt may also come as a CSV or XLSX file with the"
            " columns “sku” and “quantity”: just send it here."
        ),
    )
    here = Stock(page.number, data.only_low)
    conversations.keep_list(ctx.conversation, LIST, here, typed)
    return Screen(text, rows, here)


def all_stock(ctx: Context, data: AllStock) -> Screen:
    """Forget what was typed."""
    conversations.keep_list(ctx.conversation, LIST, Stock(0, data.only_low))
    return stock_list(ctx, Stock(0, data.only_low))


def search(ctx: Context, only_low: bool, text: str) -> Screen:
    """Show the products that fit what was typed."""
    conversations.keep_list(ctx.conversation, LIST, Stock(0, only_low), text[:MAX_TYPED])
    return stock_list(ctx, Stock(0, only_low))


def card(ctx: Context, data: StockCard) -> Screen:
    """Show a product's levels, minimum, last movements and the orders that hold it."""
    product = storeroom.get(ctx.session, data.product_id, ctx.user)
    t = ctx.t
    # An order that holds some of it leads back here.
    conversations.keep_list(ctx.conversation, warehouse.LIST, data)
    held = storeroom.holders(ctx.session, product, data.held)
    last = storeroom.movements(ctx.session, product, size=MOVEMENTS_ON_A_CARD)
    where = (product.id, data.page, data.only_low)
    rows: Rows = [
        [
            Button(t.plain(":heavy_plus_sign: Receipt"), Receive(*where)),
            Button(t.plain(":pencil2: Count"), Count(*where)),
        ],
        [Button(t.plain(":bell: Minimum"), Minimum(*where))],
    ]
    rows += [
        [Button(_holder_label(ctx, product, holder), LoadCard(holder.order_id))] for holder in held.items
    ]
    rows += keyboards.pager(t, held, lambda to: StockCard(*where, to))
    if last.items:
        rows[1].append(Button(t.plain(":scroll: Movements"), Movements(*where)))
    rows.append([Button(t.plain(":leftwards_arrow_with_hook: To the list"), Stock(data.page, data.only_low))])
    lines: list[str] = [_movement(ctx, product, line) for line in last.items]
    if lines:
        lines.insert(0, t("Last movements:"))
    text = order_text.paragraphs(_facts(ctx, product), _held(ctx, held.total or 0), lines)
    return Screen(text, rows, StockCard(*where, held.number))


def movements(ctx: Context, data: Movements) -> Screen:
    """Show a stretch of the product's ledger."""
    product = storeroom.get(ctx.session, data.product_id, ctx.user)
    t = ctx.t
    stretch = storeroom.movements(ctx.session, product, data.cursor)
    where = (product.id, data.page, data.only_low)
    turning = keyboards.pager(t, stretch, lambda to: Movements(*where, to))
    back = Button(t.plain(":leftwards_arrow_with_hook: Back"), StockCard(*where))
    lines: list[str] = [_movement(ctx, product, line) for line in stretch.items]
    text = order_text.paragraphs(t("Movements: <b>{name}</b>", name=product.name), lines)
    return Screen(text, [*turning, [back]], data)


def mismatch(ctx: Context, params: dict[str, Any]) -> Screen:
    """Tell an administrator of products whose books disagree."""
    t = ctx.t
    rows: list[str] = [
        t(
            "• {name}: on hand {on_hand}, by the ledger {ledger_on_hand}; reserved {reserved}, by the ledger"
            " {ledger_reserved}, by orders {promised}",
            name=order_text.short_name(found["name"]),
            **{
                field: ctx.view.quantity(found[field], found["unit"])
                for field in ("on_hand", "ledger_on_hand", "reserved", "ledger_reserved", "promised")
            },
        )
        for found in params["products"]
    ]
    head = t.many(
        ":warning: The nightly check found {n} product whose stock and ledger disagree:",
        ":warning: The nightly check found {n} products whose stock and ledger disagree:",
        params["total"],
    )
    return Screen(stack(head, *rows))


def _list_heading(ctx: Context, typed: str, *, only_low: bool, is_empty: bool) -> Html:
    t = ctx.t
    if typed and is_empty and only_low:
        return t("Nothing fits the filters and the search.")
    if typed and is_empty:
        return t("Nothing found for “{query}”. Type another piece of a name or SKU.", query=typed)
    if typed:
        return t("<b>Stock</b>: found for “{query}”", query=typed)
    if only_low and is_empty:
        return t("Nothing runs low.")
    return t("<b>Stock</b>: what runs low") if only_low else t("<b>Stock</b>")


def _label(ctx: Context, product: Product) -> str:
    is_low = storeroom.is_low(product)
    return ctx.t.plain(":warning: {name}", name=product.name) if is_low else product.name


def _levels_line(ctx: Context, product: Product) -> Html:
    return ctx.t(
        "• {name}: on hand {on_hand} · reserved {reserved} · available <b>{available}</b>",
        name=order_text.short_name(product.name),
        on_hand=formats.quantity(product.on_hand, ctx.view.language),
        reserved=formats.quantity(product.reserved, ctx.view.language),
        available=ctx.view.quantity(product.available, product.unit),
    )


def _facts(ctx: Context, product: Product) -> list[str]:
    t = ctx.t
    units = product.units

    def packed(quantity: int) -> str:
        return quantities.level(quantity, units, ctx.view.language)

    rows: list[str] = [t("<b>{name}</b>", name=product.name), t("SKU {sku}", sku=product.sku)]
    if not product.is_active:
        rows.append(t("No longer on sale"))
    rows += [
        t("On hand: {quantity}", quantity=packed(product.on_hand)),
        t("Reserved: {quantity}", quantity=packed(product.reserved)),
        t("Available: {quantity}", quantity=packed(product.available)),
    ]
    if product.low_stock is None:
        rows.append(t("Minimum: not set"))
    else:
        rows.append(t("Minimum: {quantity}", quantity=packed(product.low_stock)))
    if storeroom.is_low(product):
        rows.append(t(":warning: Runs low"))
    return rows


def _held(ctx: Context, total: int) -> list[str]:
    if not total:
        return []
    return [
        ctx.t.many("The reservation is held by {n} order:", "The reservation is held by {n} orders:", total)
    ]


def _holder_label(ctx: Context, product: Product, holder: storeroom.Holder) -> str:
    amount = ctx.view.quantity(holder.quantity, product.unit)
    return f"№{holder.number} · {amount} · {holder.customer_name}"


def _movement(ctx: Context, product: Product, line: StockMovement) -> Html:
    """Return «10:42 · приход +12 шт · Борис · накладная 5»."""
    t = ctx.t
    change = line.on_hand_change or line.reserved_change
    sign = "+" if change > 0 else formats.MINUS
    what = t.plain(KINDS[line.kind])
    order = t.plain("order No. {number}", number=line.order.number) if line.order else None
    parts = (
        ctx.view.moment(line.at),
        f"{what} {sign}{ctx.view.quantity(abs(change), product.unit)}",
        order,
        line.user.name if line.user else None,
        reason_words(ctx, line.reason),
    )
    return t("• {facts}", facts=" · ".join(part for part in parts if part))


def reason_words(ctx: Context, reason: str | None) -> str | None:
    """Return why stock changed: one of the usual reasons in the reader's language, or people's own words."""
    usual = {kind.value: words for kind, words in REASONS.items()}
    return ctx.t.plain(usual[reason]) if reason in usual else reason
