"""A product as the administrator keeps it: every field with its check, on sale or hidden."""

from __future__ import annotations

from dataclasses import dataclass

from handlers import goods, keyboards
from handlers.addresses import About, AuditLog, ProductCard, ProductFields
from handlers.callbacks import Data
from handlers.context import Context
from handlers.routing import Router
from handlers.screen import Button, Rows, Screen
from handlers.screens import order_text
from handlers.shelves import Picking, PickShelf
from handlers.texts import N_, Html, stack
from models import Product, Role, VatKind
from services import assortment, catalog, company, formats, quantities

FIELDS = {
    "sku": N_("SKU"),
    "name": N_("name"),
    "price": N_("price"),
    "packages": N_("packages"),
    "weight_grams": N_("weight, kg"),
    "minimum": N_("minimum"),
    "multiple": N_("multiple"),
    "low_stock": N_("low stock"),
    "description": N_("description"),
}
HINTS = {
    "sku": N_(
        "Type the new SKU. Orders and papers already made keep to the product, files are to name the new one."
    ),
    "name": N_("Type the new name."),
    "price": N_("Type the new price of 1 {unit}. Example: 89,90."),
    "packages": N_("Type all packages with how many {unit} are in one. Example: кор=12, пал=480."),
    "weight_grams": N_("Type how many kilograms 1 {unit} weighs. Example: 0,9."),
    "minimum": N_("Type the least that can be ordered. Example: 6 {unit}."),
    "multiple": N_("Type what an order must be a multiple of. Example: 6 {unit}."),
    "low_stock": N_("Type the quantity at which the product runs low. Example: 24 {unit}."),
    "description": N_("Type the new description."),
}
SHOWN_OF_A_TEXT = 300


@dataclass(frozen=True)
class _OfProduct(Data):
    """A step about one product, reached as its card was."""

    product_id: int
    category_id: int
    page: int


@dataclass(frozen=True)
class EditProduct(_OfProduct, code="aee"):
    """One field: the new value is typed, over the version that was shown."""

    field: str
    version: int


@dataclass(frozen=True)
class EmptyProduct(_OfProduct, code="aex"):
    """Leave the field empty."""

    field: str
    version: int


@dataclass(frozen=True)
class ChooseVat(_OfProduct, code="aev"):
    """Choose the kind of VAT."""


@dataclass(frozen=True)
class SetVat(_OfProduct, code="aew"):
    """Tax the product so."""

    kind: VatKind
    version: int


@dataclass(frozen=True)
class HideProduct(_OfProduct, code="aeh"):
    """Take the product off sale, or put it on sale again."""

    is_hidden: bool
    version: int


def register(router: Router) -> None:
    """Register the fields."""
    admin = Role.ADMIN
    router.button(ProductFields, fields, admin)
    router.button(EditProduct, ask, admin)
    router.typed(EditProduct, "text", lambda ctx, data, text: _change(ctx, data, text))
    router.button(EmptyProduct, lambda ctx, data: _change(ctx, data, None), admin)
    router.button(ChooseVat, choose_vat, admin)
    router.button(SetVat, set_vat, admin)
    router.button(HideProduct, hide, admin)


def fields(ctx: Context, data: ProductFields) -> Screen:
    """Show every field with what it says."""
    product = assortment.get(ctx.session, data.product_id, ctx.user)
    t, where = ctx.t, _where(data)
    shelf = " / ".join(one.name for one in assortment.path(ctx.session, product.category))
    facts: list[str] = [t("<b>{name}</b>", name=product.name)]
    if not product.is_active:
        facts.append(t("No longer on sale"))
    shown = {
        t.plain(label): value_of(ctx, product, field) for field, label in FIELDS.items() if field != "name"
    }
    shown[t.plain("VAT")] = vat_words(ctx, product.vat_kind)
    shown[t.plain("shelf")] = shelf
    facts += [t("{field}: {value}", field=label, value=value) for label, value in shown.items()]
    buttons = [
        Button(_edit(ctx, t.plain(label)), EditProduct(*where, field, product.version))
        for field, label in FIELDS.items()
    ]
    buttons += [
        Button(_edit(ctx, t.plain("VAT")), ChooseVat(*where)),
        Button(
            _edit(ctx, t.plain("shelf")), PickShelf(Picking.PRODUCT, product.id, goods.TOP, product.version)
        ),
    ]
    turn = t.plain(":see_no_evil: Hide") if product.is_active else t.plain(":eye: Show")
    rows = keyboards.in_rows(buttons)
    hide = HideProduct(*where, product.is_active, product.version)
    changes = AuditLog(about=About.PRODUCTS, subject_id=product.id)
    rows += [
        [Button(turn, hide), Button(t.plain(":scroll: Changes"), changes)],
        [_back_to(ctx, _card(data))],
    ]
    return Screen(stack(*facts), rows, data)


def ask(ctx: Context, data: EditProduct) -> Screen:
    """Ask for the new value, showing the present one."""
    product = assortment.get(ctx.session, data.product_id, ctx.user)
    t = ctx.t
    if data.field not in FIELDS:
        return fields(ctx, ProductFields(*_where(data)))
    text = stack(
        t("<b>{name}</b>", name=order_text.short_name(product.name)),
        t(
            "{field}, now: {value}",
            field=t.plain(FIELDS[data.field]),
            value=value_of(ctx, product, data.field),
        ),
        t(HINTS[data.field], unit=product.unit),
    )
    rows: Rows = []
    if data.field not in assortment.REQUIRED and catalog.value_of(product, data.field):
        emptied = EmptyProduct(*_where(data), data.field, product.version)
        rows.append([Button(t.plain(":wastebasket: Leave empty"), emptied)])
    rows.append([_back_to(ctx, ProductFields(*_where(data)))])
    return Screen(text, rows, EditProduct(*_where(data), data.field, product.version))


def choose_vat(ctx: Context, data: ChooseVat) -> Screen:
    """Offer the kinds of VAT with today's rates."""
    product = assortment.get(ctx.session, data.product_id, ctx.user)
    t, where = ctx.t, _where(data)
    buttons = [
        Button(
            f"• {vat_words(ctx, kind)}" if kind is product.vat_kind else vat_words(ctx, kind),
            SetVat(*where, kind, product.version),
        )
        for kind in VatKind
    ]
    rows = [*keyboards.in_rows(buttons), [_back_to(ctx, ProductFields(*where))]]
    text = stack(
        t("<b>{name}</b>", name=order_text.short_name(product.name)),
        t("Which VAT? Orders already sent keep theirs."),
    )
    return Screen(text, rows, data)


def set_vat(ctx: Context, data: SetVat) -> Screen:
    """Tax the product so."""
    assortment.set_vat(ctx.session, data.product_id, data.kind, ctx.user, data.version)
    return _kept(ctx, data)


def hide(ctx: Context, data: HideProduct) -> Screen:
    """Take the product off sale, or put it on sale again."""
    assortment.set_hidden(ctx.session, data.product_id, ctx.user, data.version, is_hidden=data.is_hidden)
    return _kept(ctx, data)


def value_of(ctx: Context, product: Product, field: str) -> str:
    """Return what a field says, «—» when it is empty."""
    value, view = catalog.value_of(product, field), ctx.view
    if not value and field != "price":
        return "—"
    if field == "price":
        return view.money(product.price)
    if field == "weight_grams":
        return formats.quantity(product.weight_grams or 0, view.language)
    if field in ("minimum", "multiple", "low_stock"):
        return quantities.level(getattr(product, field), product.units, view.language)
    if field == "packages":
        return packages_words(ctx, {package.code: package.factor for package in product.packages})
    text = str(value)
    return text if len(text) <= SHOWN_OF_A_TEXT else f"{text[:SHOWN_OF_A_TEXT]}…"


def packages_words(ctx: Context, packages: dict[str, int]) -> str:
    """Return «кор=12, пал=480», «—» when there are none."""
    return (
        ", ".join(
            f"{code}={formats.quantity(factor, ctx.view.language)}" for code, factor in packages.items()
        )
        or "—"
    )


def vat_words(ctx: Context, kind: VatKind) -> str:
    """Return today's rate of a kind: «22%», «без НДС»."""
    today = company.local_now(ctx.session).date()
    return formats.vat_rate(company.vat_rate(ctx.session, kind, today), ctx.view.language)


def _change(ctx: Context, data: EditProduct | EmptyProduct, text: str | None) -> Screen:
    assortment.change(ctx.session, data.product_id, data.field, text, ctx.user, data.version)
    return _kept(ctx, data)


def _kept(ctx: Context, data: _OfProduct) -> Screen:
    return fields(ctx, ProductFields(*_where(data))).under(saved(ctx))


def saved(ctx: Context) -> Html:
    """Return that it is written."""
    return ctx.t(":white_check_mark: Saved.")


def _edit(ctx: Context, field: str) -> str:
    return ctx.t.plain(":pencil2: {field}", field=field)


def _where(data: _OfProduct | ProductFields) -> tuple[int, int, int]:
    return data.product_id, data.category_id, data.page


def _card(data: ProductFields) -> ProductCard:
    return ProductCard(goods.NO_ORDER, data.product_id, data.category_id, data.page, 0)


def _back_to(ctx: Context, place: Data) -> Button:
    return Button(ctx.t.plain(":leftwards_arrow_with_hook: Back"), place)
