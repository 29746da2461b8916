"""Changing products and shelves one by one, as an administrator does it from a chat.

Administrators see what is hidden, too; for anybody else nothing here exists.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models import Category, Product, Role, User, VatKind
from services import audit, catalog, company, quantities, search
from services.catalog_rows import ProductValues
from services.errors import Conflict, Invalid, NotFound

# Products


def get(session: Session, product_id: int, actor: User) -> Product:
    """Return a product, hidden or not; only administrators find any. Raises NotFound ``product``."""
    if not actor.holds(Role.ADMIN):
        raise NotFound("product")
    return catalog.get_product(session, product_id, with_hidden=True)


def _amount(product: Product, text: str) -> int | None:
    """Return a quantity in any of the product's units, None for nought."""
    return quantities.parse(text, product.units, zero_is_meant=True).quantity or None


FIELDS: dict[str, Callable[[Product, str], Any]] = {
    "sku": lambda _, text: catalog.check_line(text, catalog.MAX_SKU),
    "name": lambda _, text: catalog.check_line(text, catalog.MAX_NAME),
    "price": lambda _, text: catalog.check_price(text),
    "packages": lambda _, text: catalog.check_packages(text),
    "weight_grams": lambda _, text: catalog.check_weight(text),
    "minimum": _amount,
    "multiple": _amount,
    "low_stock": lambda product, text: quantities.parse(text, product.units, zero_is_meant=True).quantity,
    "description": lambda _, text: catalog.check_description(text) or None,
}
REQUIRED = frozenset({"sku", "name", "price"})


def change(
    session: Session, product_id: int, field: str, text: str | None, actor: User, version: int
) -> Product:
    """Set one field from what was typed, None empties it.

    Raises Invalid as the field's check does, Conflict ``product_changed`` when somebody changed
    the product since ``version`` was shown, ``sku_exists`` (sku) for the SKU of another one.
    """
    product = get(session, product_id, actor)
    if field not in FIELDS or (text is None and field in REQUIRED):
        raise NotFound("product")
    empty: dict[str, int] | None = {} if field == "packages" else None
    value = empty if text is None else FIELDS[field](product, text)
    if field == "sku":
        catalog.refuse_taken_sku(session, str(value), but=product.id)
    return _set(session, product, {field: value}, actor, version)


def set_vat(session: Session, product_id: int, kind: VatKind, actor: User, version: int) -> Product:
    """Set the kind of VAT. Raises Conflict ``product_changed``."""
    return _set(session, get(session, product_id, actor), {"vat_kind": kind}, actor, version)


def place(session: Session, product_id: int, category_id: int, actor: User, version: int) -> Product:
    """Put a product onto another shelf. Raises Conflict ``product_changed``."""
    product = get(session, product_id, actor)
    shelf = get_shelf(session, category_id, actor)
    return _set(session, product, {"category_id": shelf.id}, actor, version)


def set_hidden(session: Session, product_id: int, actor: User, version: int, *, is_hidden: bool) -> Product:
    """Take a product off sale, or put it on sale again; orders and papers stay what they are.

    Raises Conflict ``product_changed``.
    """
    return _set(session, get(session, product_id, actor), {"is_active": not is_hidden}, actor, version)


def check_new_sku(session: Session, text: str, actor: User) -> str:
    """Return a SKU nobody has yet, whatever its case. Raises Conflict ``sku_exists`` (sku)."""
    _require(actor)
    sku = catalog.check_line(text, catalog.MAX_SKU)
    catalog.refuse_taken_sku(session, sku)
    return sku


def add(
    session: Session, sku: str, name: str, category_id: int, unit: str, price: int, actor: User
) -> Product:
    """Add a product of checked values, taxed as the company is. Raises Conflict ``sku_exists`` (sku)."""
    shelf = get_shelf(session, category_id, actor)
    values = ProductValues(sku=sku, name=name, category_id=shelf.id, unit=unit, price=price)
    values["vat_kind"] = company.get(session).vat_kind or VatKind.STANDARD
    return catalog.add_product(session, values, actor, "")


def _set(session: Session, product: Product, values: dict[str, Any], actor: User, version: int) -> Product:
    [(field, value)] = values.items()
    if product.version != version:
        raise Conflict("product_changed")
    if value != catalog.value_of(product, field):
        catalog.update_product(session, product, ProductValues(**values), actor, "")  # type: ignore[typeddict-item]
    return product


# Shelves


def get_shelf(session: Session, category_id: int, actor: User) -> Category:
    """Return a shelf, hidden or not; only administrators find any. Raises NotFound ``category``."""
    _require(actor)
    return catalog.category(session, category_id, with_hidden=True)


def path(session: Session, shelf: Category | None) -> list[Category]:
    """Return the shelf and those it stands on, the top one first; nothing for None."""
    above: list[Category] = []
    while shelf is not None:
        above.insert(0, shelf)
        shelf = session.get(Category, shelf.parent_id) if shelf.parent_id else None
    return above


def add_shelf(session: Session, text: str, parent_id: int | None, actor: User) -> Category:
    """Add a shelf as the last one on its parent, None: at the top.

    Raises Invalid as ``catalog.check_line`` does, ``category_slash`` and ``category_too_deep`` (limit),
    Conflict ``category_exists`` (name) and ``shelves_too_many`` (limit).
    """
    _require(actor)
    name = _shelf_name(text)
    parent = get_shelf(session, parent_id, actor) if parent_id else None
    _check_place(session, name, parent, levels=1)
    shelf = catalog.add_category(session, name, parent_id)
    audit.record(session, actor, "create", "category", shelf.id, after={"name": name, "parent_id": parent_id})
    return shelf


def rename_shelf(session: Session, category_id: int, text: str, actor: User) -> Category:
    """Give a shelf another name. Raises as ``add_shelf`` does."""
    shelf = get_shelf(session, category_id, actor)
    name = _shelf_name(text)
    _refuse_namesake(session, name, shelf.parent_id, but=shelf.id)
    return _set_shelf(session, shelf, actor, name=name)


def move_shelf(session: Session, category_id: int, parent_id: int | None, actor: User) -> Category:
    """Put a shelf, with all that is on it, last onto another one, None: at the top.

    Raises Invalid ``category_inside_itself``, and as ``add_shelf`` does.
    """
    shelf = get_shelf(session, category_id, actor)
    parent = get_shelf(session, parent_id, actor) if parent_id else None
    if shelf in path(session, parent):
        raise Invalid("category_inside_itself")
    if shelf.parent_id == parent_id:
        return shelf
    _check_place(session, shelf.name, parent, levels=_height(session, shelf))
    last = session.scalar(select(func.max(Category.position)).where(Category.parent_id == parent_id))
    return _set_shelf(session, shelf, actor, parent_id=parent_id, position=0 if last is None else last + 1)


def shift_shelf(session: Session, category_id: int, step: int, actor: User) -> Category:
    """Move a shelf one place up (-1) or down (1) among those beside it; at the end it stays."""
    shelf = get_shelf(session, category_id, actor)
    beside = list(session.scalars(catalog.shelves_beside(shelf.parent_id)))
    place = beside.index(shelf)
    target = place + step
    if not 0 <= target < len(beside):
        return shelf
    beside[place], beside[target] = beside[target], beside[place]
    for number, other in enumerate(beside):
        if other is not shelf:
            other.position = number
    return _set_shelf(session, shelf, actor, position=target)


def hide_shelf(session: Session, category_id: int, actor: User, *, is_hidden: bool) -> Category:
    """Take a shelf out of the catalogue, or put it back; its products are still found by search."""
    return _set_shelf(session, get_shelf(session, category_id, actor), actor, is_active=not is_hidden)


def _set_shelf(session: Session, shelf: Category, actor: User, **values: Any) -> Category:
    before = {name: getattr(shelf, name) for name in values}
    if before != values:
        for name, value in values.items():
            setattr(shelf, name, value)
        audit.record(session, actor, "update", "category", shelf.id, before, values)
        session.flush()
    return shelf


def _shelf_name(text: str) -> str:
    name = catalog.check_line(text, catalog.MAX_CATEGORY_NAME)
    if catalog.BETWEEN_SHELVES.search(name):
        raise Invalid("category_slash")
    return name


def _check_place(session: Session, name: str, parent: Category | None, levels: int) -> None:
    if len(path(session, parent)) + levels > catalog.MAX_SHELF_DEPTH:
        raise Invalid("category_too_deep", limit=catalog.MAX_SHELF_DEPTH)
    parent_id = parent.id if parent else None
    _refuse_namesake(session, name, parent_id, but=0)
    if len(catalog.shelves(session, parent_id, with_hidden=True)) >= catalog.MAX_SHELVES:
        raise Conflict("shelves_too_many", limit=catalog.MAX_SHELVES)


def _refuse_namesake(session: Session, name: str, parent_id: int | None, but: int) -> None:
    # The import knows a shelf by its path.
    beside = session.scalars(select(Category).where(Category.parent_id == parent_id, Category.id != but))
    if any(search.fold(other.name) == search.fold(name) for other in beside):
        raise Conflict("category_exists", name=name)


def _height(session: Session, shelf: Category) -> int:
    """Return how many shelves lie on each other from this one, itself counted."""
    level, height = [shelf.id], 0
    while level:
        level = list(session.scalars(select(Category.id).where(Category.parent_id.in_(level))))
        height += 1
    return height


def _require(actor: User) -> None:
    if not actor.holds(Role.ADMIN):
        raise NotFound("category")
