"""A product on one screen: its photo, what it costs, how much there is, and how many of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from handlers import goods, product_fields
from handlers.addresses import ProductCard, ProductFields, Remove
from handlers.callbacks import Data
from handlers.context import Context
from handlers.routing import Router
from handlers.screen import MAX_CAPTION, Button, Rows, Screen, clipped, utf16_length
from handlers.texts import Html, escaped, stack
from models import Order, Product, Role
from services import catalog, drafts, habits, money, pricing, quantities
from services.errors import Invalid
from services.habits import ProductHabit

if TYPE_CHECKING:
    from telebot import types

# Of a caption, kept free for the sentences that may come above the card.
ABOVE = 250


@dataclass(frozen=True)
class Step(Data, code="ps"):
    """One unit more or less of a product."""

    order_id: int
    product_id: int
    category_id: int
    page: int
    unit: int
    step: int


@dataclass(frozen=True)
class Take(Data, code="pq"):
    """So many thousandths of a product's base unit, counted in the unit."""

    order_id: int
    product_id: int
    category_id: int
    page: int
    unit: int
    quantity: int


@dataclass(frozen=True)
class RemovePhoto(Data, code="px"):
    """Show a product without a photo from now on."""

    product_id: int
    category_id: int
    page: int


def register(router: Router) -> None:
    """Register the product card and its photo."""
    router.button(ProductCard, product_card, *Role)
    router.typed(ProductCard, "photo", set_photo, Role.ADMIN)
    router.typed(ProductFields, "photo", set_photo_of_fields, Role.ADMIN)
    router.button(RemovePhoto, remove_photo, Role.ADMIN)


def product_card(ctx: Context, data: ProductCard) -> Screen:
    """Show a product, and in an order how many of it."""
    order = goods.draft(ctx, data.order_id)
    is_kept = goods.keeps(ctx, order)
    product = catalog.get_product(ctx.session, data.product_id, with_hidden=is_kept)
    rows: Rows = []
    ending: list[str] = []
    if order is not None:
        habit = habits.of_product(ctx.session, order.customer_id, product)
        ending = [*_in_order(ctx, order, product, habit), "", _ask(ctx, product)]
        if quantities.possible(product):
            rows = [*_quantity_rows(data, product), *_usual_rows(ctx, data, product, habit)]
        if drafts.find_line(order, product.id) is not None:
            rows.append([Button(ctx.t.plain(":wastebasket: Remove"), Remove(order.id, product.id))])
    elif is_kept:
        ending = ["", _photo_hint(ctx, product)]
        fields = ProductFields(product.id, data.category_id, data.page)
        rows.append([Button(ctx.t.plain(":pencil2: Change"), fields)])
        if product.photo_file_id is not None:
            remove = RemovePhoto(product.id, data.category_id, data.page)
            rows.append([Button(ctx.t.plain(":framed_picture: Remove the photo"), remove)])
    rows.append([Button(ctx.t.plain(":leftwards_arrow_with_hook: To the list"), goods.list_of(data))])
    rows += goods.foot(ctx, order)
    facts = _facts(ctx, product, order) + (_kept_facts(ctx, product) if is_kept else [])
    text = _text(product, facts, ending)
    return Screen(text, rows, data, photo=product.photo_file_id)


def set_photo(ctx: Context, data: ProductCard, sizes: list[types.PhotoSize]) -> Screen:
    """Show the product with the photo an administrator sent."""
    if data.order_id != goods.NO_ORDER:
        raise Invalid("photo_in_order")
    said = _keep_photo(ctx, data.product_id, sizes)
    return product_card(ctx, data).under(said)


def set_photo_of_fields(ctx: Context, data: ProductFields, sizes: list[types.PhotoSize]) -> Screen:
    """Take a photo where the fields of the product are changed, too."""
    said = _keep_photo(ctx, data.product_id, sizes)
    return product_fields.fields(ctx, data).under(said)


def _keep_photo(ctx: Context, product_id: int, sizes: list[types.PhotoSize]) -> Html:
    product = catalog.get_product(ctx.session, product_id, with_hidden=True)
    # Telegram names the sizes of one photo from the smallest to the largest.
    catalog.set_photo(ctx.session, product, sizes[-1].file_id, ctx.user)
    return ctx.t(":white_check_mark: The photo is set.")


def remove_photo(ctx: Context, data: RemovePhoto) -> Screen:
    """Show the product without its photo."""
    product = catalog.get_product(ctx.session, data.product_id, with_hidden=True)
    catalog.set_photo(ctx.session, product, None, ctx.user)
    return product_card(ctx, ProductCard(goods.NO_ORDER, product.id, data.category_id, data.page, 0))


def unit_at(product: Product, place: int) -> str:
    """Return the unit at a place of the product's units, the base unit when there is none any more."""
    units = list(product.units)
    return units[place] if 0 <= place < len(units) else units[0]


def _text(product: Product, facts: list[str], ending: list[str]) -> Html:
    """Return the card's text; above a photo there is less room, and it is the description that yields."""
    description = product.description or ""
    if not description:
        return stack(*facts, *ending)
    if product.photo_file_id is None:
        return stack(*facts, escaped(description), *ending)
    room = MAX_CAPTION - ABOVE - utf16_length(stack(*facts, "", *ending))
    shown = clipped(description, room)
    return stack(*facts, *([shown] if shown else []), *ending)


def _facts(ctx: Context, product: Product, order: Order | None) -> list[str]:
    t, view = ctx.t, ctx.view
    price = product.price
    if order is not None:
        price = pricing.prices_for(ctx.session, order.customer, [product])[product.id]
    rows: list[str] = [
        Html(f"<b>{escaped(product.name)}</b>"),
        t("SKU {sku}", sku=product.sku),
        *([] if product.is_active else [t("No longer on sale")]),
        t("{price} for 1 {unit}", price=view.money(price), unit=product.unit),
    ]
    rows += [
        t(
            "{price} for 1 {unit} ({quantity})",
            price=view.money(money.amount_for(package.factor, price)),
            unit=package.code,
            quantity=view.quantity(package.factor, product.unit),
        )
        for package in product.packages
    ]
    rows.append(t("Available: {quantity}", quantity=view.quantity(product.available, product.unit)))
    if product.minimum:
        rows.append(t("At least {minimum}.", minimum=view.quantity(product.minimum, product.unit)))
    if product.multiple:
        rows.append(
            t("Only multiples of {multiple}.", multiple=view.quantity(product.multiple, product.unit))
        )
    return rows


def _kept_facts(ctx: Context, product: Product) -> list[str]:
    """Return what only who keeps the catalogue needs to see at a glance."""
    t = ctx.t
    shown = {
        t.plain("VAT"): product_fields.vat_words(ctx, product.vat_kind),
        t.plain("weight, kg"): product_fields.value_of(ctx, product, "weight_grams"),
    }
    return [t("{field}: {value}", field=label, value=value) for label, value in shown.items()]


def _in_order(ctx: Context, order: Order, product: Product, habit: ProductHabit) -> list[str]:
    rows = _last_time(ctx, product, habit)
    line = drafts.find_line(order, product.id)
    if line is not None:
        amount = quantities.in_all(line.quantity, line.unit, line.factor, product.units, ctx.view.language)
        rows.append(ctx.t(":shopping_cart: In the order: {quantity}", quantity=amount))
    return rows


def _ask(ctx: Context, product: Product) -> Html:
    t, view = ctx.t, ctx.view
    examples = [
        quantities.in_unit(typed.quantity, typed.unit, typed.factor, view.language)
        for typed in quantities.examples(product)[:2]
    ]
    if len(examples) == 2:
        return t("How many? Type for example {one} or {other}.", one=examples[0], other=examples[1])
    if examples:
        return t("How many? Type for example {one}.", one=examples[0])
    if product.available <= 0:
        return t("Nothing is available now.")
    least = view.quantity(quantities.possible(product).least, product.unit)
    return t("What is available does not suffice: the least order is {least}.", least=least)


def _photo_hint(ctx: Context, product: Product) -> Html:
    if product.photo_file_id is None:
        return ctx.t("Send a photo, and the product is shown with it.")
    return ctx.t("Send another photo to replace this one.")


def _quantity_rows(data: ProductCard, product: Product) -> Rows:
    units = list(product.units)
    chosen = unit_at(product, data.unit)
    rows: Rows = []
    if len(units) > 1:
        rows.append(
            [
                Button(
                    f"• {unit}" if unit == chosen else unit,
                    ProductCard(data.order_id, data.product_id, data.category_id, data.page, place),
                )
                for place, unit in enumerate(units)
            ]
        )
    where = (data.order_id, data.product_id, data.category_id, data.page, data.unit)
    rows.append([Button(f"− 1 {chosen}", Step(*where, -1)), Button(f"+ 1 {chosen}", Step(*where, 1))])
    return rows


def _usual_rows(ctx: Context, data: ProductCard, product: Product, habit: ProductHabit) -> Rows:
    places = {unit: place for place, unit in enumerate(product.units)}
    where = (data.order_id, data.product_id, data.category_id, data.page)
    within = quantities.possible(product)
    row = [
        Button(
            quantities.in_unit(typed.quantity, typed.unit, typed.factor, ctx.view.language),
            Take(*where, places[typed.unit], typed.quantity),
        )
        for typed in habit.usual
        if typed.quantity in within
    ]
    return [row] if row else []


def _last_time(ctx: Context, product: Product, habit: ProductHabit) -> list[str]:
    last = habit.last_time
    if last is None:
        return []
    amount = quantities.both(last.quantity, last.unit, last.factor, product.unit, ctx.view.language)
    said = ctx.t(
        "Last time: {quantity} at {price}, {at}",
        quantity=amount,
        price=ctx.view.money(last.price),
        at=ctx.view.moment(last.at),
    )
    return [said]
