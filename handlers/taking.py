"""How much of a product goes into an order: typed, by one unit more or less, or a quantity on a button."""

from __future__ import annotations

from handlers import goods, product, sentences
from handlers.addresses import FOUND, Found, OrderLines, ProductCard, Shelf
from handlers.context import Context
from handlers.product import Step, Take
from handlers.routing import Router
from handlers.screen import Button, Screen
from models import BASE_FACTOR, Order, OrderLine, Product, Role
from services import catalog, drafts, quantities
from services.errors import Invalid
from services.quantities import Typed

# Refused with what would be possible, which is then one tap away.
WITH_OPTIONS = {"more_than_available", "quantity_minimum", "quantity_multiple"}
# Whatever these refuse was not meant as a quantity, where a search may be meant as well.
NO_QUANTITY = {"quantity_form", "quantity_unit"}


def register(router: Router) -> None:
    """Register what is typed among the goods, and the buttons of the product card."""
    router.typed(Shelf, "text", type_in_list)
    router.typed(Found, "text", type_in_list)
    router.typed(ProductCard, "text", type_on_card)
    router.typed(OrderLines, "text", lambda ctx, data, text: goods.search(ctx, data.order_id, text))
    router.button(Step, step, Role.SALES_REP)
    router.button(Take, take, Role.SALES_REP)


def type_on_card(ctx: Context, data: ProductCard, text: str) -> Screen:
    """Put the typed quantity into the order and go back to the list; words that fit goods are a search."""
    order = goods.draft(ctx, data.order_id)
    if order is None or (_is_words(text) and catalog.search(ctx.session, text).items):
        return goods.search(ctx, data.order_id, text)
    item = catalog.get_product(ctx.session, data.product_id)
    typed = _parsed(ctx, item, text, product.unit_at(item, data.unit))
    return _put(ctx, data, order, item, typed) or _taken(ctx, order, data, item)


def type_in_list(ctx: Context, data: Shelf | Found, text: str) -> Screen:
    """Search; right after a product was taken a quantity is for that product, unless it is somebody's SKU."""
    order = goods.draft(ctx, data.order_id)
    line = drafts.find_line(order, data.taken) if order is not None and data.taken else None
    if order is None or line is None or _is_words(text) or not line.product.is_active:
        return goods.search(ctx, data.order_id, text)
    if catalog.is_sku(ctx.session, text):
        said = ctx.t(
            "“{typed}” is a SKU, so this is a search; {name} stays as it is.",
            typed=text,
            name=line.product.name,
        )
        return goods.search(ctx, data.order_id, text).under(said)
    counted_in = line.unit if line.unit in line.product.units else line.product.unit
    try:
        typed = _parsed(ctx, line.product, text, counted_in)
    except Invalid as refused:
        if refused.code not in NO_QUANTITY:
            raise
        return goods.search(ctx, data.order_id, text)
    return _change(ctx, data, order, line, typed)


def step(ctx: Context, data: Step) -> Screen:
    """Add or take away one unit, as minimum, multiple and stock allow."""
    order = drafts.get(ctx.session, data.order_id, ctx.user)
    item = catalog.get_product(ctx.session, data.product_id)
    factor = item.units[product.unit_at(item, data.unit)]
    line = drafts.find_line(order, item.id)
    before = line.quantity if line is not None else 0
    wanted = before + data.step * factor
    within = quantities.possible(item)
    if data.step > 0:
        wanted = within.up(wanted)
    elif wanted > 0:
        # Down to the minimum first, then to nothing.
        wanted = within.down(wanted) or (within.least if before > within.least else 0)
    card = _card(data)
    if wanted <= 0:
        drafts.remove_line(ctx.session, order, item.id)
        return product.product_card(ctx, card)
    typed = _counted(item, wanted, data.unit)
    return _put(ctx, card, order, item, typed) or product.product_card(ctx, card)


def take(ctx: Context, data: Take) -> Screen:
    """Put the button's quantity into the order and go back to the list."""
    order = drafts.get(ctx.session, data.order_id, ctx.user)
    item = catalog.get_product(ctx.session, data.product_id)
    card = _card(data)
    typed = _counted(item, data.quantity, data.unit)
    return _put(ctx, card, order, item, typed) or _taken(ctx, order, card, item)


def _change(ctx: Context, data: Shelf | Found, order: Order, line: OrderLine, typed: Typed) -> Screen:
    """Put another quantity of what was just taken into the order, and say how to search instead."""
    category_id = FOUND if isinstance(data, Found) else data.category_id
    place = list(line.product.units).index(typed.unit)
    card = ProductCard(order.id, line.product_id, category_id, data.page, place)
    offered = _put(ctx, card, order, line.product, typed)
    if offered is not None:
        return offered
    said = ctx.t(
        ":white_check_mark: {name}: now {quantity}. To search, type letters or a whole SKU.",
        name=line.product.name,
        quantity=_amount(ctx, line),
    )
    return goods.list_after(ctx, card).under(said)


def _put(ctx: Context, card: ProductCard, order: Order, item: Product, typed: Typed) -> Screen | None:
    """Put so much into the order; return the card with what is possible instead when it is not."""
    try:
        drafts.set_quantity(ctx.session, order, item, typed)
    except Invalid as refused:
        if refused.code not in WITH_OPTIONS:
            raise
        screen = product.product_card(ctx, card)
        said = ctx.t(":warning: {sentence}", sentence=sentences.of(ctx.view, refused))
        where = (card.order_id, card.product_id, card.category_id, card.page, 0)
        options = [
            Button(
                ctx.t.plain(
                    ":white_check_mark: Take {quantity}", quantity=ctx.view.quantity(option, item.unit)
                ),
                Take(*where, option),
            )
            for option in refused.params["options"]
        ]
        screen.rows.insert(0, options)
        return screen.under(said)
    return None


def _taken(ctx: Context, order: Order, card: ProductCard, item: Product) -> Screen:
    line = drafts.find_line(order, item.id)
    screen = goods.list_after(ctx, card)
    if line is None:
        return screen
    return screen.under(
        ctx.t(":white_check_mark: {name}: {quantity}", name=item.name, quantity=_amount(ctx, line))
    )


def _amount(ctx: Context, line: OrderLine) -> str:
    return quantities.in_all(line.quantity, line.unit, line.factor, line.product.units, ctx.view.language)


def _parsed(ctx: Context, item: Product, text: str, unit: str) -> Typed:
    """Return the quantity typed; a refusal carries examples that are possible now."""
    try:
        return quantities.parse(text, item.units, unit, ctx.view.language)
    except Invalid as refused:
        examples = quantities.examples(item)
        raise Invalid(refused.code, **refused.params, examples=examples) from None


def _counted(item: Product, quantity: int, place: int) -> Typed:
    """Return a quantity in the unit at a place, in base units when it is no whole number of it."""
    unit = product.unit_at(item, place)
    if quantity % item.units[unit]:
        return Typed((quantity, item.unit, BASE_FACTOR))
    return Typed((quantity, unit, item.units[unit]))


def _card(data: Step | Take) -> ProductCard:
    return ProductCard(data.order_id, data.product_id, data.category_id, data.page, data.unit)


def _is_words(text: str) -> bool:
    """Tell whether a text begins like no number: such a text is a search before it is a mistyped quantity."""
    text = text.strip()
    return any(char.isalpha() for char in text) and not text.startswith(tuple("0123456789-+\u2212"))
