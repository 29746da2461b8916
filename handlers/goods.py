"""Goods: shelves, and the products that fit what was typed."""

from __future__ import annotations

from handlers import conversation as conversations
from handlers import keyboards, menu
from handlers.addresses import (
    FOUND,
    AsLastTime,
    ExportFile,
    Found,
    ImportFile,
    NewProduct,
    NewShelf,
    OrderLines,
    ProductCard,
    Shelf,
    ShelfCard,
    UsualSet,
)
from handlers.context import Context
from handlers.routing import Router
from handlers.screen import Button, Rows, Screen
from handlers.texts import N_, Html, escaped, isolated, stack
from models import Category, Order, Product, Role
from services import catalog, drafts, habits, pricing
from services.errors import NotFound
from services.paging import Page

NO_ORDER = 0
TOP = 0
MAX_LABEL = 58
HIDDEN = N_(":see_no_evil: {name}")


def register(router: Router) -> None:
    """Register shelves and search; what is typed there is for `taking`."""
    staff = tuple(Role)
    router.menu_entry((1, 1), N_(":package: Catalogue"), Shelf(NO_ORDER, TOP, 0), Role.SALES_REP, Role.ADMIN)
    router.button(Shelf, shelf, *staff)
    router.button(Found, found, *staff)


def shelf(ctx: Context, data: Shelf) -> Screen:
    """Show the shelves below a shelf, then its products."""
    order = draft(ctx, data.order_id)
    t = ctx.t
    is_kept = keeps(ctx, order)
    parent = None
    if data.category_id != TOP:
        parent = catalog.category(ctx.session, data.category_id, with_hidden=is_kept)
    shelves = catalog.shelves(ctx.session, parent.id if parent else None, with_hidden=is_kept)
    rows = keyboards.in_rows(
        Button(shelf_label(ctx, category), Shelf(data.order_id, category.id, 0)) for category in shelves
    )
    number = 0
    if parent is not None:
        page = catalog.products(ctx.session, parent.id, data.page, with_hidden=is_kept)
        number = page.number
        rows += _product_rows(ctx, order, page, parent.id)
        rows += keyboards.pager(t, page, lambda to: Shelf(data.order_id, parent.id, to))
        rows.append([_up(ctx, data, parent, number)])
    elif order is not None and not order.lines and habits.last_order(ctx.session, order.customer_id):
        rows += [
            [Button(t.plain(":repeat: As last time"), AsLastTime(order.id))],
            [Button(t.plain(":star: The usual set"), UsualSet(order.id))],
        ]
    if is_kept:
        rows += _keeping(ctx, parent)
    rows += foot(ctx, order)
    heading = Html(f"<b>{escaped(parent.name)}</b>") if parent else t("<b>Catalogue</b>")
    text = stack(heading, t("Choose, or type a piece of a name or SKU."))
    if order is not None:
        text = stack(t("For {name}", name=order.customer.name), text)
    return Screen(text, rows, Shelf(data.order_id, data.category_id, number, data.taken))


def search(ctx: Context, order_id: int, text: str) -> Screen:
    """Show the products that fit what was typed."""
    conversations.remember(ctx.conversation, goods=text[:100])
    return found(ctx, Found(order_id, 0))


def found(ctx: Context, data: Found) -> Screen:
    """Show a page of what was found; the shelves when what was typed is forgotten by now."""
    order = draft(ctx, data.order_id)
    t = ctx.t
    query = str(ctx.conversation.form.get("goods", ""))
    if not query:
        return shelf(ctx, Shelf(data.order_id, TOP, 0, data.taken))
    page = catalog.search(ctx.session, query, data.page, with_hidden=keeps(ctx, order))
    if page.items:
        text = t("Goods found for “{query}”:", query=query)
    else:
        text = t("Nothing found for “{query}”. Type another piece of a name or SKU.", query=query)
    rows = _product_rows(ctx, order, page, FOUND)
    rows += keyboards.pager(t, page, lambda to: Found(data.order_id, to))
    back = Shelf(data.order_id, TOP, 0)
    rows.append([Button(t.plain(":leftwards_arrow_with_hook: To the shelves"), back)])
    rows += foot(ctx, order)
    return Screen(text, rows, Found(data.order_id, page.number, data.taken))


def list_of(data: ProductCard) -> Shelf | Found:
    """Return the address of the list a product was reached from, on its page."""
    if data.category_id == FOUND:
        return Found(data.order_id, data.page)
    return Shelf(data.order_id, data.category_id, data.page)


def list_after(ctx: Context, data: ProductCard) -> Screen:
    """Show that list again after the product's quantity was taken."""
    if data.category_id == FOUND:
        return found(ctx, Found(data.order_id, data.page, data.product_id))
    try:
        return shelf(ctx, Shelf(data.order_id, data.category_id, data.page, data.product_id))
    except NotFound:
        # The shelf was hidden meanwhile; what was taken stays taken.
        return shelf(ctx, Shelf(data.order_id, TOP, 0, data.product_id))


def keeps(ctx: Context, order: Order | None) -> bool:
    """Tell whether the catalogue is looked at by an administrator, who sees what is hidden and changes it."""
    return order is None and ctx.user.holds(Role.ADMIN)


def shelf_label(ctx: Context, category: Category) -> str:
    """Return a shelf's name, marked when it is hidden."""
    return category.name if category.is_active else ctx.t.plain(HIDDEN, name=category.name)


def draft(ctx: Context, order_id: int) -> Order | None:
    """Return the rep's draft that is being filled, None when the catalogue is only looked at."""
    return None if order_id == NO_ORDER else drafts.get(ctx.session, order_id, ctx.user)


def foot(ctx: Context, order: Order | None) -> Rows:
    """Return the last row: the cart of an order, otherwise the menu."""
    if order is None:
        return [menu.back(ctx)]
    offer = pricing.quote(ctx.session, order)
    label = ctx.t.plain(
        ":shopping_cart: Cart · {n} · {amount}", n=len(offer.lines), amount=ctx.view.money(offer.goods_amount)
    )
    return [[Button(label, OrderLines(order.id, 0))]]


def _keeping(ctx: Context, parent: Category | None) -> Rows:
    """Return what an administrator does on a shelf, or at the top."""
    t, parent_id = ctx.t, parent.id if parent else TOP
    rows: Rows = [
        [
            Button(t.plain(":heavy_plus_sign: Product"), NewProduct(parent_id)),
            Button(t.plain(":heavy_plus_sign: Shelf"), NewShelf(parent_id)),
        ]
    ]
    if parent is not None:
        return [*rows, [Button(t.plain(":pencil2: Shelf"), ShelfCard(parent.id))]]
    files = [
        Button(t.plain(":inbox_tray: Import"), ImportFile("catalog")),
        Button(t.plain(":outbox_tray: Export"), ExportFile("catalog")),
    ]
    return [*rows, files]


def _up(ctx: Context, data: Shelf, shown: Category, number: int) -> Button:
    """Return the way to the shelf above, on the page it was left on."""
    pages = ctx.conversation.form.get("pages", {})
    if pages.get(str(shown.id), 0) != number:
        conversations.remember(ctx.conversation, pages={**pages, str(shown.id): number})
    above = shown.parent_id or TOP
    label = ctx.t.plain(":leftwards_arrow_with_hook: Back")
    return Button(label, Shelf(data.order_id, above, pages.get(str(above), 0)))


def _product_rows(ctx: Context, order: Order | None, page: Page[Product], category_id: int) -> Rows:
    """Return a button for each product with what it costs: in an order, this customer."""
    prices = {product.id: product.price for product in page.items}
    if order is not None:
        prices = pricing.prices_for(ctx.session, order.customer, page.items)
    order_id = order.id if order is not None else NO_ORDER
    rows: Rows = []
    for product in page.items:
        price = ctx.view.money(prices[product.id])
        available = ctx.view.quantity(product.available, product.unit)
        tail = f" · {price} · {available}"
        name = product.name if product.is_active else ctx.t.plain(HIDDEN, name=product.name)
        if len(name) + len(tail) > MAX_LABEL:
            name = f"{name[: MAX_LABEL - 1 - len(tail)]}…"
        card = ProductCard(order_id, product.id, category_id, page.number, 0)
        rows.append([Button(f"{isolated(name)}{tail}", card)])
    return rows
