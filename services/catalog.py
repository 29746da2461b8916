"""The catalogue: shelves, products, search, and the changes an administrator makes to them."""

from __future__ import annotations

import re
from collections.abc import Mapping

from sqlalchemy import ColumnElement, Select, func, or_, select, true
from sqlalchemy.orm import Session

from models import Category, Product, Role, User
from services import audit, auth, catalog_rows, formats, paging, snapshot
from services import search as searching
from services.catalog_rows import ProductValues, Rewriting
from services.errors import Conflict, Invalid, NotFound
from services.paging import Page

PRODUCTS_ON_A_PAGE = 8
MAX_SHELVES = 60
"""Shelves shown under one parent: a keyboard holds a hundred buttons."""

MAX_SHELF_DEPTH = 5
"""Shelves on shelves, the top one counted."""

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

# «Бакалея / Крупы» stands on «Бакалея», but «Чай/кофе» is the name of one shelf.
BETWEEN_SHELVES = re.compile(r"(?:(?<=\s)|^)/(?=\s|$)")

# «шт», «м²», «усл. ед», «кг/м3»: no signs that a spreadsheet computes with.
_UNIT = re.compile(r"[^\W\d_](?:[^\W_]|[./ -])*")
_PACKAGE = re.compile(r"\s*([^=,;]+?)\s*=\s*([0-9]+(?:[.,][0-9]+)?)\s*(?:[,;]|$)")


# What people see: what is active, and with ``with_hidden`` the rest, too


def shelves(session: Session, parent_id: int | None, *, with_hidden: bool = False) -> list[Category]:
    """Return the shelves under a parent (None: the top ones), by position, then by name."""
    statement = shelves_beside(parent_id).where(true() if with_hidden else Category.is_active)
    return list(session.scalars(statement.limit(MAX_SHELVES)))


def shelves_beside(parent_id: int | None) -> Select[Category]:
    """Return the query of all shelves under a parent in their order, hidden or too many to be shown."""
    query = select(Category).where(Category.parent_id == parent_id)
    return query.order_by(Category.position, Category.name, Category.id)


def category(session: Session, category_id: int, *, with_hidden: bool = False) -> Category:
    """Return a shelf. Raises ``NotFound("category")``."""
    found = session.get(Category, category_id)
    if found is None or not (found.is_active or with_hidden):
        raise NotFound("category")
    return found


def products(
    session: Session, category_id: int, page: int = 0, *, with_hidden: bool = False
) -> Page[Product]:
    """Return the products of one shelf by name."""
    statement = (
        select(Product)
        .where(Product.category_id == category_id, true() if with_hidden else Product.is_active)
        .order_by(Product.name, Product.id)
    )
    return paging.fetch(session, statement, page, PRODUCTS_ON_A_PAGE)


def search(session: Session, text: str, page: int = 0, *, with_hidden: bool = False) -> Page[Product]:
    """Return the products in whose SKU or name every word of ``text`` occurs.

    Those that begin with the text come first, so that a SKU typed in full is on top; then by name.
    """
    begins = Product.search_text.startswith(searching.fold(text), autoescape=True)
    statement = (
        select(Product)
        .where(true() if with_hidden else Product.is_active, searching.contains(Product.search_text, text))
        .order_by(begins.desc(), Product.name, Product.id)
    )
    return paging.fetch(session, statement, page, PRODUCTS_ON_A_PAGE)


def get_product(session: Session, product_id: int, *, with_hidden: bool = False) -> Product:
    """Return a product. Raises ``NotFound("product")``."""
    found = session.get(Product, product_id)
    if found is None or not (found.is_active or with_hidden):
        raise NotFound("product")
    return found


def is_sku(session: Session, text: str) -> bool:
    """Tell whether an active product has exactly this SKU, blind to case."""
    return bool(_with_sku(session, text, Product.is_active.is_(True)))


def refuse_taken_sku(session: Session, sku: str, but: int = 0) -> None:
    """Raise ``Conflict("sku_exists")`` (sku) if a product, ``but`` aside, has this SKU, whatever its case."""
    taken = _with_sku(session, sku, Product.id != but)
    if taken:
        raise Conflict("sku_exists", sku=taken[0])


def _with_sku(session: Session, text: str, condition: ColumnElement[bool]) -> list[str]:
    typed = searching.fold(text)
    begins = Product.search_text.startswith(f"{typed} ", autoescape=True)
    skus = session.scalars(select(Product.sku).where(condition, or_(Product.sku == text, begins)))
    return [sku for sku in skus if searching.fold(sku) == typed]


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
    description = "\n".join(lines).strip()
    if len(description) > MAX_DESCRIPTION:
        raise Invalid("too_long", length=len(description), limit=MAX_DESCRIPTION)
    return description


def read_unit(text: str) -> str:
    """Return a unit's code as it is kept: «Шт.» is «шт». Raises as ``check_line`` does."""
    return check_line(formats.one_line(text).rstrip(". "), MAX_UNIT).lower()


def check_unit(text: str) -> str:
    """Return the code of a new unit: letters, and digits behind them. Raises ``unit_form``, too."""
    unit = read_unit(text)
    if not _UNIT.fullmatch(unit):
        raise Invalid("unit_form")
    return unit


def read_price(text: str) -> int:
    """Return a price in kopecks, 0 let through. Raises as ``check_number`` does."""
    return check_number(formats.without_currency(text), 2, MAX_PRICE)


def check_price(text: str) -> int:
    """Return a price to sell at in kopecks. Raises ``price_zero``, too: gifts are a matter of price lists."""
    price = read_price(text)
    if not price:
        raise Invalid("price_zero")
    return price


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
    """Return new packages. Raises as ``read_packages`` and ``check_unit`` do."""
    packages = read_packages(text)
    for code in packages:
        check_unit(code)
    return packages


def read_packages(text: str) -> dict[str, int]:
    """Return «кор=12, пал=480» as code → thousandths of the base unit in one.

    Raises ``package_form`` (text), ``package_repeated`` (unit), ``package_zero`` (unit),
    ``packages_too_many`` (limit), or what ``read_unit`` and ``check_quantity`` raise.
    """
    packages: dict[str, int] = {}
    position = 0
    text = text.strip()
    while position < len(text):
        match = _PACKAGE.match(text, position)
        if match is None:
            raise Invalid("package_form", text=text[position : position + 40].strip())
        code, factor = read_unit(match[1]), check_quantity(match[2])
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
    """Add one product; stock it begins with is a receipt. Raises ``Conflict("sku_exists")`` (sku)."""
    refuse_taken_sku(session, values["sku"])
    check_package_units(values.get("packages", {}), values["unit"])
    catalog_rows.add_products(session, [values], user, reason)
    added = session.scalars(select(Product).where(Product.sku == values["sku"])).one()
    audit.record(session, user, "create", "product", added.id, after=catalog_rows.facts(values))
    return added


def update_product(
    session: Session, product: Product, values: ProductValues, user: User | None, reason: str
) -> None:
    """Change what the values say of one product.

    Raises ``Invalid("unit_fixed")`` (old, new) when the base unit would change, because every quantity
    already counted would then mean something else, ``Conflict("below_reserved")`` (reserved, unit), or what
    ``check_package_units`` raises.
    """
    session.flush()
    session.refresh(product, ["on_hand", "reserved"], with_for_update=True)
    if values.get("unit", product.unit) != product.unit:
        raise Invalid("unit_fixed", old=product.unit, new=values["unit"])
    if values.get("on_hand", product.on_hand) < product.reserved:
        raise Conflict("below_reserved", reserved=product.reserved, unit=product.unit)
    check_package_units(values.get("packages", {}), product.unit)
    before = {name: value_of(product, name) for name in values}
    catalog_rows.update_products(session, [Rewriting(product.id, product.sku, before, values)], user, reason)
    session.refresh(product)
    if "sku" in values:
        product.search_text = catalog_rows.search_text(product.sku, product.name)
        session.flush()


def set_photo(session: Session, product: Product, file_id: str | None, user: User) -> None:
    """Give a product the photo Telegram knows under this id, or none; administrators only, leaves a trace."""
    auth.require(user, Role.ADMIN)
    if product.photo_file_id == file_id:
        return
    before = {"photo_file_id": product.photo_file_id}
    product.photo_file_id = file_id
    product.version += 1
    audit.record(session, user, "update", "product", product.id, before, {"photo_file_id": file_id})


def value_of(product: Product, name: str) -> object:
    """Return what a product says under a key of ``ProductValues``, packages as code → thousandths."""
    if name == "packages":
        return {package.code: package.factor for package in product.packages}
    return getattr(product, name)
