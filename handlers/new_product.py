"""A new product, step by step: SKU, name, shelf, unit, price. The rest is on its card."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from handlers import conversation as conversations
from handlers import goods
from handlers.addresses import NewProduct, NewProductUnit, ProductFields, Shelf
from handlers.callbacks import Data
from handlers.context import Context
from handlers.routing import Router
from handlers.screen import Button, Rows, Screen
from handlers.shelves import NEW_PRODUCT, Picking, PickShelf
from models import Role
from services import assortment, catalog

UNITS = ("шт", "кг", "л", "упак")


@dataclass(frozen=True)
class NewProductName(Data, code="aen"):
    """New product: the name is typed."""


@dataclass(frozen=True)
class TakeUnit(Data, code="aet"):
    """New product: it is counted in one of the usual units, by its place."""

    place: int


@dataclass(frozen=True)
class NewProductPrice(Data, code="aer"):
    """New product: the price is typed."""


def register(router: Router) -> None:
    """Register the steps."""
    admin = Role.ADMIN
    router.button(NewProduct, ask_sku, admin)
    router.typed(NewProduct, "text", take_sku)
    router.button(NewProductName, ask_name, admin)
    router.typed(NewProductName, "text", take_name)
    router.button(NewProductUnit, ask_unit, admin)
    router.typed(NewProductUnit, "text", take_unit)
    router.button(TakeUnit, lambda ctx, data: take_unit(ctx, data, UNITS[data.place % len(UNITS)]), admin)
    router.button(NewProductPrice, ask_price, admin)
    router.typed(NewProductPrice, "text", add)


def ask_sku(ctx: Context, data: NewProduct) -> Screen:
    """Ask for the SKU; begun on a shelf, the product is for that one."""
    if data.category_id != goods.TOP:
        assortment.get_shelf(ctx.session, data.category_id, ctx.user)
    _keep(ctx, {"category_id": data.category_id})
    text = ctx.t(":heavy_plus_sign: SKU of the new product? Nobody else may have it.")
    return Screen(text, [_back(ctx)], data)


def take_sku(ctx: Context, data: NewProduct, text: str) -> Screen:
    """Keep the SKU unless it is taken."""
    sku = assortment.check_new_sku(ctx.session, text, ctx.user)
    _keep(ctx, {"category_id": data.category_id, "sku": sku})
    return ask_name(ctx, NewProductName())


def ask_name(ctx: Context, data: NewProductName) -> Screen:
    """Ask for the name."""
    form = _form(ctx, "sku")
    if form is None:
        return _anew(ctx)
    return Screen(ctx.t(":heavy_plus_sign: {sku}: name?", sku=form["sku"]), [_back(ctx)], data)


def take_name(ctx: Context, _data: NewProductName, text: str) -> Screen:
    """Keep the name; go on to the shelf unless it is known."""
    form = _form(ctx, "sku")
    if form is None:
        return _anew(ctx)
    _keep(ctx, {**form, "name": catalog.check_line(text, catalog.MAX_NAME)})
    if form["category_id"] == goods.TOP:
        return ctx.open(PickShelf(Picking.NEW_PRODUCT, 0, goods.TOP))
    return ask_unit(ctx, NewProductUnit())


def ask_unit(ctx: Context, data: NewProductUnit) -> Screen:
    """Ask what the product is counted in."""
    form = _form(ctx, "name")
    if form is None or form["category_id"] == goods.TOP:
        return _anew(ctx)
    text = ctx.t(
        ":heavy_plus_sign: {name}: what is it counted in? Choose, or type another unit."
        " It cannot be changed later.",
        name=form["name"],
    )
    rows: Rows = [[Button(unit, TakeUnit(place)) for place, unit in enumerate(UNITS)], _back(ctx)]
    return Screen(text, rows, data)


def take_unit(ctx: Context, _data: NewProductUnit | TakeUnit, text: str) -> Screen:
    """Keep the base unit."""
    form = _form(ctx, "name")
    if form is None:
        return _anew(ctx)
    _keep(ctx, {**form, "unit": catalog.check_unit(text)})
    return ask_price(ctx, NewProductPrice())


def ask_price(ctx: Context, data: NewProductPrice) -> Screen:
    """Ask for the price."""
    form = _form(ctx, "unit")
    if form is None:
        return _anew(ctx)
    text = ctx.t(
        ":heavy_plus_sign: {name}: price of 1 {unit}? Example: 89,90.", name=form["name"], unit=form["unit"]
    )
    return Screen(text, [_back(ctx)], data)


def add(ctx: Context, _data: NewProductPrice, text: str) -> Screen:
    """Add the product, and show its fields."""
    form = _form(ctx, "unit")
    if form is None:
        return _anew(ctx)
    product = assortment.add(
        ctx.session,
        form["sku"],
        form["name"],
        form["category_id"],
        form["unit"],
        catalog.check_price(text),
        ctx.user,
    )
    conversations.remember(ctx.conversation, **{NEW_PRODUCT: None})
    said = ctx.t(":white_check_mark: {name} is in the catalogue.", name=product.name)
    return ctx.open(ProductFields(product.id, product.category_id, 0)).under(said)


def _keep(ctx: Context, form: dict[str, Any]) -> None:
    conversations.remember(ctx.conversation, **{NEW_PRODUCT: form})


def _form(ctx: Context, last: str) -> dict[str, Any] | None:
    """Return what was typed so far; None when the step before this one is forgotten."""
    form = ctx.conversation.form.get(NEW_PRODUCT)
    return form if form and last in form else None


def _anew(ctx: Context) -> Screen:
    return ask_sku(ctx, NewProduct(goods.TOP))


def _back(ctx: Context) -> list[Button]:
    shelf = (ctx.conversation.form.get(NEW_PRODUCT) or {}).get("category_id", goods.TOP)
    return [Button(ctx.t.plain(":x: Not now"), Shelf(goods.NO_ORDER, shelf, 0))]
