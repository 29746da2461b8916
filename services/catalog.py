"""The catalogue: shelves, products, search, and the changes an administrator makes to them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TypedDict

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models import Category, MovementKind, Product, StockMovement, Unit, User, VatKind, now_of
from services import audit, formats, paging, snapshot
from services import search as searching
from services.errors import Conflict, Invalid, NotFound
from services.paging import Page

PRODUCTS_ON_A_PAGE = 8
MAX_SHELVES = 60
"""Shelves shown under one parent: a keyboard holds a hundred buttons."""

MAX_SKU = 40
MAX_NAME = 300
MAX_CATEGORY_NAME = 120
MAX_UNIT = 16
MAX_DESCRIPTION = 2000
MAX_PACKAGES = 8
MAX_PRICE = 100_000_000_00
"""Kopecks; times the largest quantity it still fits eight bytes."""
MAX_QUANTITY = 10_000_000_000
"""Thousandths: ten million base units, of stock as well as in one package."""
MAX_WEIGHT_GRAMS = 100_000_000

_PACKAGE = re.compile(r"\s*([^=,;]+?)\s*=\s*([0-9]+(?:[.,][0-9]+)?)\s*(?:[,;]|$)")


class ProductValues(TypedDict, total=False):
    """Checked values of a product, see the ``check_`` functions; a key left out keeps or defaults."""

    sku: str
    name: str
    category_id: int
    unit: str
    price: int
    vat_kind: VatKind
    on_hand: int
    packages: Mapping[str, int]
    weight_grams: int | None
    minimum: int | None
    multiple: int | None
    description: str | None
    is_active: bool


# What people see


def shelves(session: Session, parent_id: int | None) -> list[Category]:
    """Return the active shelves under a parent (None: the top ones), by position, then by name."""
    statement = (
        select(Category)
        .where(Category.parent_id == parent_id, Category.is_active)
        .order_by(Category.position, Category.name, Category.id)
        .limit(MAX_SHELVES)
    )
    return list(session.scalars(statement))


def category(session: Session, category_id: int) -> Category:
    """Return an active shelf. Raises ``NotFound("category")``."""
    found = session.get(Category, category_id)
    if found is None or not found.is_active:
        raise NotFound("category")
    return found


def products(session: Session, category_id: int, page: int = 0) -> Page[Product]:
    """Return the active products of one shelf by name."""
    statement = (
        select(Product)
        .where(Product.category_id == category_id, Product.is_active)
        .order_by(Product.name, Product.id)
    )
    return paging.fetch(session, statement, page, PRODUCTS_ON_A_PAGE)


def search(session: Session, text: str, page: int = 0) -> Page[Product]:
    """Return the active products in whose SKU or name every word of ``text`` occurs.

    Those that begin with the text come first, so that a SKU typed in full is on top; then by name.
    """
    begins = Product.search_text.startswith(searching.fold(text), autoescape=True)
    statement = (
        select(Product)
        .where(Product.is_active, searching.contains(Product.search_text, text))
        .order_by(begins.desc(), Product.name, Product.id)
    )
    return paging.fetch(session, statement, page, PRODUCTS_ON_A_PAGE)


def get_product(session: Session, product_id: int) -> Product:
    """Return an active product. Raises ``NotFound("product")``."""
    found = session.get(Product, product_id)
    if found is None or not found.is_active:
        raise NotFound("product")
    return found


def is_sku(session: Session, text: str) -> bool:
    """Tell whether an active product has exactly this SKU, blind to case."""
    typed = searching.fold(text)
    begins = Product.search_text.startswith(f"{typed} ", autoescape=True)
    skus = session.scalars(select(Product.sku).where(Product.is_active, begins))
    return any(searching.fold(sku) == typed for sku in skus)


def okei(unit_code: str) -> str | None:
    """Return the state classifier's code of a unit («шт» is 796), None for a box or a pallet."""
    return snapshot.okei_code(unit_code)


# Checks of what was typed; none of them touches the database


def check_line(text: str, limit: int) -> str:
    """Return people's text on one clean line. Raises ``empty`` or ``too_long`` (length, limit)."""
    line = formats.one_line(text)
    if not line:
        raise Invalid("empty")
    if len(line) > limit:
        raise Invalid("too_long", length=len(line), limit=limit)
    return line


def check_description(text: str) -> str:
    """Return a description, its lines kept. Raises ``too_long`` (length, limit)."""
    lines = [formats.one_line(line) for line in text.strip().splitlines()]
    description = "\n".join(lines)
    if len(description) > MAX_DESCRIPTION:
        raise Invalid("too_long", length=len(description), limit=MAX_DESCRIPTION)
    return description


def check_unit(text: str) -> str:
    """Return a unit's code as it is kept: «Шт.» is «шт». Raises as ``check_line`` does."""
    return check_line(text.strip().removesuffix("."), MAX_UNIT).lower()


def check_price(text: str) -> int:
    """Return a price in kopecks. Raises as ``check_number`` does."""
    return check_number(text, 2, MAX_PRICE)


def check_quantity(text: str) -> int:
    """Return a quantity in thousandths. Raises as ``check_number`` does."""
    return check_number(text, 3, MAX_QUANTITY)


def check_rule(text: str) -> int | None:
    """Return a minimum or a multiple in thousandths, None for 0. Raises as ``check_number`` does."""
    return check_quantity(text) or None


def check_weight(text: str) -> int:
    """Return kilograms as grams. Raises as ``check_number`` does."""
    return check_number(text, 3, MAX_WEIGHT_GRAMS)


def check_number(text: str, places: int, limit: int) -> int:
    """Return a decimal of at most ``places`` as an integer.

    Raises ``negative``, ``too_big`` (limit, in whole units), or what ``formats.parse_decimal`` raises.
    """
    if text.strip().startswith(("-", formats.MINUS)):
        raise Invalid("negative")
    value = formats.parse_decimal(text, places)
    if value > limit:
        raise Invalid("too_big", limit=limit // 10**places)
    return value


def check_packages(text: str) -> dict[str, int]:
    """Return «кор=12, пал=480» as code → thousandths of the base unit in one.

    Raises ``package_form`` (text), ``package_repeated`` (unit), ``package_zero`` (unit),
    ``packages_too_many`` (limit), or what ``check_unit`` and ``check_quantity`` raise.
    """
    packages: dict[str, int] = {}
    position = 0
    text = text.strip()
    while position < len(text):
        match = _PACKAGE.match(text, position)
        if match is None:
            raise Invalid("package_form", text=text[position : position + 40].strip())
        code, factor = check_unit(match[1]), check_quantity(match[2])
        if code in packages:
            raise Invalid("package_repeated", unit=code)
        if not factor:
            raise Invalid("package_zero", unit=code)
        packages[code] = factor
        position = match.end()
    if len(packages) > MAX_PACKAGES:
        raise Invalid("packages_too_many", limit=MAX_PACKAGES)
    return packages


def check_package_units(packages: Mapping[str, int], unit: str) -> None:
    """Raise ``package_is_base`` (unit) if a package is called as the product's base unit is."""
    if unit in packages:
        raise Invalid("package_is_base", unit=unit)


# Changes


def add_category(session: Session, name: str, parent_id: int | None = None) -> Category:
    """Add a shelf as the last one under its parent, with a checked name; its id is known at once."""
    last = session.scalar(select(func.max(Category.position)).where(Category.parent_id == parent_id))
    shelf = Category(name=name, parent_id=parent_id, position=0 if last is None else last + 1, is_active=True)
    session.add(shelf)
    session.flush()
    return shelf


def add_product(session: Session, values: ProductValues, user: User | None, reason: str) -> Product:
    """Add one product; see ``add_products``. Raises ``Conflict("sku_exists")`` (sku)."""
    if session.scalar(select(Product.id).where(Product.sku == values["sku"])) is not None:
        raise Conflict("sku_exists", sku=values["sku"])
    added = add_products(session, [values], user, reason)[0]
    audit.record(session, user, "create", "product", added.id, after=_facts(values))
    return added


def add_products(
    session: Session, rows: Sequence[ProductValues], user: User | None, reason: str
) -> list[Product]:
    """Add products under new SKUs in few statements; stock they begin with is a receipt in the ledger.

    The caller has made sure that no SKU is taken, and leaves the trace of the whole. Raises as
    ``check_package_units`` does.
    """
    added = [_new_product(values) for values in rows]
    session.add_all(added)
    session.flush()
    for product in added:
        if product.on_hand:
            _enter(session, product, MovementKind.RECEIPT, product.on_hand, user, reason)
    session.flush()
    return added


def update_product(
    session: Session, product: Product, values: ProductValues, user: User | None, reason: str
) -> None:
    """Change one product; see ``update_products``."""
    session.flush()
    session.refresh(product, ["on_hand", "reserved"], with_for_update=True)
    update_products(session, [(product, values)], user, reason)


def update_products(
    session: Session, changes: Sequence[tuple[Product, ProductValues]], user: User | None, reason: str
) -> None:
    """Change what the values say of products the caller holds locked; another level is an adjustment.

    Raises ``Invalid("unit_fixed")`` (old, new) when the base unit would change, because every quantity
    already counted would then mean something else, ``Conflict("below_reserved")`` (reserved, unit), or what
    ``check_package_units`` raises.
    """
    for product, values in changes:
        _check_update(product, values)
        before = {name: _value(product, name) for name in values}
        _update(session, product, values, user, reason)
        audit.record(session, user, "update", "product", product.id, before, _facts(values))


def set_photo(session: Session, product: Product, file_id: str | None, user: User) -> None:
    """Give a product the photo Telegram knows under this id, or none; leaves a trace."""
    if product.photo_file_id == file_id:
        return
    before = {"photo_file_id": product.photo_file_id}
    product.photo_file_id = file_id
    product.version += 1
    audit.record(session, user, "update", "product", product.id, before, {"photo_file_id": file_id})


def product_search_text(sku: str, name: str) -> str:
    """Return what a product is found by."""
    return searching.joined((sku, name))


def _new_product(values: ProductValues) -> Product:
    packages = values.get("packages", {})
    check_package_units(packages, values["unit"])
    return Product(
        sku=values["sku"],
        name=values["name"],
        category_id=values["category_id"],
        unit=values["unit"],
        price=values["price"],
        vat_kind=values.get("vat_kind", VatKind.STANDARD),
        on_hand=values.get("on_hand", 0),
        reserved=0,
        weight_grams=values.get("weight_grams"),
        minimum=values.get("minimum"),
        multiple=values.get("multiple"),
        description=values.get("description"),
        is_active=values.get("is_active", True),
        version=1,
        search_text=product_search_text(values["sku"], values["name"]),
        packages=[Unit(code=code, factor=factor) for code, factor in packages.items()],
    )


def _check_update(product: Product, values: ProductValues) -> None:
    if values.get("unit", product.unit) != product.unit:
        raise Invalid("unit_fixed", old=product.unit, new=values["unit"])
    if values.get("on_hand", product.on_hand) < product.reserved:
        raise Conflict("below_reserved", reserved=product.reserved, unit=product.unit)
    check_package_units(values.get("packages", {}), product.unit)


def _update(
    session: Session, product: Product, values: ProductValues, user: User | None, reason: str
) -> None:
    for name, value in values.items():
        if name == "packages":
            _set_packages(product, values["packages"])
        elif name == "on_hand":
            _set_on_hand(session, product, values["on_hand"], user, reason)
        else:
            setattr(product, name, value)
    product.search_text = product_search_text(product.sku, product.name)
    product.version += 1


def _set_packages(product: Product, packages: Mapping[str, int]) -> None:
    kept = {package.code: package for package in product.packages}
    for code, factor in packages.items():
        kept.setdefault(code, Unit(code=code)).factor = factor
    product.packages = [kept[code] for code in packages]


def _set_on_hand(session: Session, product: Product, on_hand: int, user: User | None, reason: str) -> None:
    change = on_hand - product.on_hand
    if change:
        product.on_hand = on_hand
        _enter(session, product, MovementKind.ADJUSTMENT, change, user, reason)


# The same ledger as in services.stock, written for thousands of rows at once: there each movement is a
# compare-and-set of its own, which took an import of 10,000 rows from 3 to 20 seconds.
def _enter(
    session: Session, product: Product, kind: MovementKind, change: int, user: User | None, reason: str
) -> None:
    session.add(
        StockMovement(
            product_id=product.id,
            kind=kind,
            on_hand_change=change,
            reserved_change=0,
            user_id=user.id if user else None,
            reason=reason[:300],
            at=now_of(session),
        )
    )


def _value(product: Product, name: str) -> object:
    if name == "packages":
        return {package.code: package.factor for package in product.packages}
    return getattr(product, name)


def _facts(values: ProductValues) -> dict[str, object]:
    return {name: dict(value) if isinstance(value, Mapping) else value for name, value in values.items()}
