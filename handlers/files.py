"""The catalogue and the customers by file: what one may hold, what one sent would do, and files to take."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast, get_args

from handlers import product_fields, uploads
from handlers.addresses import ExportFile, ImportFile, Shelf
from handlers.callbacks import Data
from handlers.clients import FIELDS as CUSTOMER_FIELDS
from handlers.clients import Clients
from handlers.context import Context
from handlers.routing import Router
from handlers.screen import Button, Rows, Screen
from handlers.screens import order_text
from handlers.texts import N_, Html, stack
from models import Customer, Product, Role, VatKind
from services import exports, formats, outbox
from services.errors import NotFound
from services.exports import Form, What
from services.imports import catalog, customers, tables
from services.imports.tables import Column

COLUMNS: dict[str, tuple[Column, ...]] = {"catalog": catalog.COLUMNS, "customers": customers.COLUMNS}
HEADINGS = {
    "catalog": N_(":inbox_tray: Import of the catalogue"),
    "customers": N_(":inbox_tray: Import of customers"),
}
MATCHED = {
    "catalog": N_("Products are known by their SKU: new ones are added, known ones changed, none removed."),
    "customers": N_(
        "Customers are known by their ИНН, else by their name: new ones are added, known ones changed, none"
        " removed."
    ),
}
PRODUCT_FIELDS = {
    **product_fields.FIELDS,
    "category": N_("shelf"),
    "vat_kind": N_("VAT"),
    "on_hand": N_("in stock"),
    "is_active": N_("on sale"),
}
FIRM_FIELDS = {**CUSTOMER_FIELDS, "sales_rep": N_("sales rep"), "outlet": N_("delivery point")}


@dataclass(frozen=True)
class ExportAs(Data, code="axf"):
    """Send everything of this kind here, in this form."""

    what: str
    form: str


class CatalogFiles:
    """Files of products."""

    roles = (Role.ADMIN,)
    home = Shelf(0, 0, 0)

    def head(self, ctx: Context, totals: dict[str, int]) -> Html:
        """Return how many products are new, change, stay."""
        return _head(ctx, totals)

    def added(self, ctx: Context, key: str, values: dict[str, Any]) -> Html:
        """Return a product that is new, with its price, VAT and stock."""
        return ctx.t(
            ":heavy_plus_sign: {sku} {name}: {price} for 1 {unit}, VAT {vat}, in stock {stock}",
            sku=key,
            name=order_text.short_name(values["name"]),
            price=ctx.view.money(values["price"]),
            unit=values["unit"],
            vat=product_fields.vat_words(ctx, VatKind(values["vat_kind"])),
            stock=ctx.view.quantity(values.get("on_hand", 0), values["unit"]),
        )

    def changed(self, ctx: Context, key: str, subject_id: int, fields: list[list[Any]]) -> Html:
        """Return what changes of a product, field by field."""
        product = ctx.session.get(Product, subject_id)
        unit = product.unit if product else ""
        name = order_text.short_name(product.name) if product else ""
        parts = [
            _part(ctx, PRODUCT_FIELDS[field], *(_said(ctx, field, value, unit) for value in (old, new)))
            for field, old, new in fields
        ]
        return ctx.t(":pencil2: {sku} {name}: {changes}", sku=key, name=name, changes=Html("; ".join(parts)))


class CustomerFiles:
    """Files of customers."""

    roles = (Role.ADMIN,)
    home = Clients(0)

    def head(self, ctx: Context, totals: dict[str, int]) -> Html:
        """Return how many customers are new, change, stay."""
        return _head(ctx, totals)

    def added(self, ctx: Context, key: str, values: dict[str, Any]) -> Html:
        """Return a customer who is new, with the ИНН and the sales rep."""
        rep = values["sales_rep"][1] if values.get("sales_rep") else None
        facts = ", ".join(fact for fact in (values["name"], values.get("inn"), rep) if fact)
        return ctx.t(":heavy_plus_sign: {facts}", facts=facts)

    def changed(self, ctx: Context, key: str, subject_id: int, fields: list[list[Any]]) -> Html:
        """Return what changes of a customer, field by field."""
        customer = ctx.session.get(Customer, subject_id)
        parts = [
            _part(ctx, FIRM_FIELDS[field], *(_firm_value(field, value) for value in (old, new)))
            for field, old, new in fields
        ]
        name = customer.name if customer else key
        return ctx.t(":pencil2: {name}: {changes}", name=name, changes=Html("; ".join(parts)))


def register(router: Router) -> None:
    """Register both ways, for both kinds."""
    admin = Role.ADMIN
    router.button(ImportFile, import_file, admin)
    router.button(ExportFile, export_file, admin)
    router.button(ExportAs, export, admin)
    uploads.serve(router, "catalog", CatalogFiles(), Shelf)
    uploads.serve(router, "customers", CustomerFiles(), Clients)
    router.typed(ImportFile, "document", lambda ctx, data, file: uploads.take(ctx, data.kind, file), admin)


def import_file(ctx: Context, data: ImportFile) -> Screen:
    """Say which columns a file has, and wait for one."""
    t, kind = ctx.t, _known(data.kind)
    columns = COLUMNS[kind]
    needed, other = (
        ", ".join(column.title for column in columns if column.is_required is required)
        for required in (True, False)
    )
    text = order_text.paragraphs(
        t(HEADINGS[kind]),
        t(
            "Send a CSV or XLSX file here, up to {limit_mb} MB and {rows} rows;"
            " its first row names the columns.",
            limit_mb=tables.MAX_BYTES // 1024**2,
            rows=formats.quantity(tables.MAX_ROWS * 1000, ctx.view.language),
        ),
        [t("Needed: {columns}.", columns=needed), t("May be there: {columns}.", columns=other)],
        stack(
            t(MATCHED[kind]),
            t(
                "An empty cell changes nothing. What the file would do is shown first;"
                " then it is all or none."
            ),
        ),
    )
    return Screen(text, [_back(ctx, kind)], data)


def export_file(ctx: Context, data: ExportFile) -> Screen:
    """Offer the forms of the file."""
    t, what = ctx.t, _known(data.what)
    text = t(
        ":outbox_tray: Which form? The file can be changed and sent back here."
        " CSV opens in Excel; XLSX keeps the types of its cells."
    )
    rows: Rows = [[Button(form.upper(), ExportAs(what, form)) for form in get_args(Form)], _back(ctx, what)]
    return Screen(text, rows, data)


def export(ctx: Context, data: ExportAs) -> None:
    """Have the file made and sent by a worker."""
    what = _known(data.what)
    if data.form not in get_args(Form):
        raise NotFound("upload")
    exports.note(ctx.session, what, cast(Form, data.form), ctx.user)
    wanted = {
        "what": what,
        "form": data.form,
        "language": ctx.view.language,
    }
    outbox.send_file(ctx.session, ctx.user, "sendDocument", "export", wanted)
    ctx.toast = ctx.t.plain("The file is being made.")


def _head(ctx: Context, totals: dict[str, int]) -> Html:
    t = ctx.t
    parts = [
        t.many(":heavy_plus_sign: {n} new", ":heavy_plus_sign: {n} new", totals["added"]),
        t.many(":pencil2: {n} changes", ":pencil2: {n} change", totals["changed"]),
        t.many("{n} stays as it is", "{n} stay as they are", totals["unchanged"]),
    ]
    if totals.get("prices"):
        parts.insert(2, t.many("{n} price among them", "{n} prices among them", totals["prices"]))
    return Html(" · ".join(parts))


def _part(ctx: Context, label: str, old: str, new: str) -> Html:
    return ctx.t("{field} {before} → {after}", field=ctx.t.plain(label), before=old, after=new)


def _said(ctx: Context, field: str, value: Any, unit: str) -> str:
    """Return what a field of a product says, as a report keeps it, in words."""
    view = ctx.view
    if field == "is_active":
        return view.t.plain("yes") if value else view.t.plain("no")
    if field == "price":
        return view.money(value)
    if field == "on_hand":
        return view.quantity(value, unit)
    if field == "low_stock" and value is not None:
        return view.quantity(value, unit)
    if not value:
        return "—"
    if field in ("minimum", "multiple"):
        return view.quantity(value, unit)
    if field == "weight_grams":
        return formats.quantity(value, view.language)
    if field == "packages":
        return product_fields.packages_words(ctx, value)
    if field == "vat_kind":
        return product_fields.vat_words(ctx, VatKind(value))
    return order_text.short_name(formats.one_line(str(value)))


def _firm_value(field: str, value: Any) -> str:
    if not value:
        return "—"
    if field == "sales_rep":
        return str(value[1])
    return str(value[0] if field == "outlet" else value)


def _known(kind: str) -> What:
    if kind not in COLUMNS:
        raise NotFound("upload")
    return cast(What, kind)


def _back(ctx: Context, kind: What) -> list[Button]:
    home: Data = CatalogFiles.home if kind == "catalog" else CustomerFiles.home
    return [Button(ctx.t.plain(":leftwards_arrow_with_hook: Back"), home)]
