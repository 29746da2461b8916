"""Importing the catalogue: rows are matched on the SKU, blind to case, added or changed, never deleted.

An empty cell says nothing: a known product keeps what it has, a new one gets the default.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, cast
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, select, true
from sqlalchemy.orm import Session

from models import Category, Company, Product, Unit, User, VatKind, VatRate, now_of
from services import audit, catalog, catalog_rows, formats, search
from services.catalog_rows import ProductValues, Rewriting
from services.errors import Conflict, Invalid
from services.imports import cells, planning, tables
from services.imports.planning import Faults
from services.imports.report import Addition, Change, Plan, Report, Row
from services.imports.skus import Skus
from services.imports.tables import Column, Progress

_SHELF_MARK = " / "
_EXEMPT = "без НДС"


def check_catalog(session: Session, data: bytes, file_name: str, progress: Progress | None = None) -> Report:
    """Return what the file would do to the catalogue; nothing is written."""
    reading = tables.read(data, COLUMNS, progress)
    plan = _plan(session, reading.rows)
    return Report("catalog", file_name, reading.rows, reading.problems, reading.unknown_columns, plan)


def plan_again(session: Session, report: Report) -> Plan:
    """Return what the report's rows would do now, with the products they name locked until the commit."""
    return _plan(session, report.rows, locked=True)


def write(session: Session, report: Report, user: User | None) -> None:
    """Carry out a report that has no problems and was found to be up to date."""
    shelves = _Shelves(session)
    reason = formats.one_line(report.file_name)
    # Piece by piece, so that memory does not hold every product at once.
    for additions in planning.chunks(report.added):
        rows = [_product_values(addition.values, shelves) for addition in additions]
        catalog_rows.add_products(session, rows, user, reason)
    for chunk in planning.chunks(report.changed):
        catalog_rows.update_products(session, [_rewriting(change, shelves) for change in chunk], user, reason)
    # What was loaded before says what was so then.
    session.expire_all()
    facts = {"file": reason, "added": len(report.added), "changed": len(report.changed)}
    audit.record(session, user, "import", "catalog", None, after=facts)


# Cells


def _sku(text: str) -> str:
    return catalog.check_line(text, catalog.MAX_SKU)


def _name(text: str) -> str:
    return catalog.check_line(text, catalog.MAX_NAME)


def _shelf_path(text: str) -> str:
    path = [
        catalog.check_line(part, catalog.MAX_CATEGORY_NAME)
        for part in catalog.BETWEEN_SHELVES.split(text.strip())
    ]
    if len(path) > catalog.MAX_SHELF_DEPTH:
        raise Invalid("category_too_deep", limit=catalog.MAX_SHELF_DEPTH)
    return _SHELF_MARK.join(path)


def _vat(text: str) -> str:
    """Return the percentage as a number without a sign, or «без НДС». Raises ``vat_percent``."""
    typed = search.fold(text).replace("%", "").strip()
    if typed in {"без ндс", "не облагается", "no vat", "exempt"}:
        return _EXEMPT
    try:
        hundredths = formats.parse_decimal(typed, 2)
    except Invalid:
        raise Invalid("vat_percent") from None
    # A cell formatted as a percentage holds 0.22.
    percent = hundredths if 0 < hundredths < 100 else hundredths / 100
    return f"{percent:g}"


COLUMNS = (
    Column("sku", "sku", "Артикул", _sku, is_required=True),
    Column("name", "name", "Наименование", _name, is_required=True, aliases=("Название",)),
    Column("category", "category", "Категория", _shelf_path, is_required=True),
    Column("unit", "unit", "Ед.", catalog.read_unit, is_required=True, aliases=("Ед. изм.", "Единица")),
    Column("price", "price", "Цена", catalog.read_price, is_required=True),
    Column("vat_kind", "vat", "НДС", _vat),
    Column("on_hand", "on_hand", "Остаток", catalog.check_quantity),
    Column("packages", "packages", "Упаковки", catalog.read_packages),
    Column("weight_grams", "weight_kg", "Вес, кг", catalog.check_weight),
    Column("minimum", "minimum", "Минимум", catalog.check_rule),
    Column("multiple", "multiple", "Кратность", catalog.check_rule),
    Column("low_stock", "low_stock", "Мало при", catalog.check_quantity),
    Column("description", "description", "Описание", catalog.check_description),
    Column("is_active", "is_active", "Активен", cells.check_yes_no),
)
_TITLES = {column.field: column.title for column in COLUMNS}


# The plan: rows against the base


@dataclass(frozen=True, slots=True)
class _Known:
    """A product as it stands, its fields as a row would say them."""

    id: int
    reserved: int
    values: Mapping[str, Any]


def _plan(session: Session, rows: Sequence[Row], *, locked: bool = False) -> Plan:
    planner = _Planner(session, rows, locked=locked)
    plan = planning.make_plan(rows, planner.decide)
    return replace(plan, new_shelves=planner.new_shelves(plan))


class _Planner:
    """What rows are held against: everything they name, loaded at once."""

    def __init__(self, session: Session, rows: Sequence[Row], *, locked: bool) -> None:
        self._shelves = _Shelves(session)
        self._skus = Skus(session, _TITLES["sku"])
        named = {self._skus.find(row.values["sku"]) for row in rows if "sku" in row.values}
        self._known = _known_products(session, sorted(filter(None, named)), self._shelves, locked=locked)
        company = session.get(Company, 1) or Company()
        self._vat_kinds = vat_kinds(session)
        self._default_vat = company.vat_kind or VatKind.STANDARD

    def decide(self, row: Row, faults: Faults) -> Addition | Change | None:
        """Return what the row adds or changes, None if it says what is so; note what stands in its way."""
        known = self._known.get(self._skus.enter(row, faults) or 0)
        values = self._resolved(row.values, faults)
        if known is not None:
            _refuse_breaking(known, values, faults)
        _refuse_new_oddities(known, values, faults)
        if faults:
            return None
        if known is None:
            return Addition(row.number, values["sku"], {"vat_kind": self._default_vat, **values})
        sku = known.values["sku"]
        fields = planning.differences(known.values, {**values, "sku": sku})
        return Change(row.number, sku, known.id, fields) if fields else None

    def new_shelves(self, plan: Plan) -> tuple[str, ...]:
        """Return the paths of the shelves that the plan would put up, those above them not named apart."""
        added = [addition.values["category"] for addition in plan.added]
        moved = [part.new for change in plan.changed for part in change.fields if part.field == "category"]
        return tuple(path for path in dict.fromkeys([*added, *moved]) if not self._shelves.is_there(path))

    def _resolved(self, values: Mapping[str, Any], faults: Faults) -> dict[str, Any]:
        """Return the row's values with the shelf spelt as known and the VAT as its kind."""
        resolved = dict(values)
        if "category" in values:
            resolved["category"] = self._shelves.spelling(values["category"])
            with faults.under(_TITLES["category"]):
                self._shelves.make_room(resolved["category"])
        if "vat_kind" in values:
            resolved["vat_kind"] = self._vat_kinds.get(values["vat_kind"])
            if resolved["vat_kind"] is None:
                faults.add(_TITLES["vat_kind"], "vat_unknown", known=list(self._vat_kinds))
        with faults.under(_TITLES["packages"]):
            catalog.check_package_units(values.get("packages", {}), values.get("unit", ""))
        return resolved


def _refuse_breaking(known: _Known, values: Mapping[str, Any], faults: Faults) -> None:
    unit = known.values["unit"]
    if values.get("unit", unit) != unit:
        faults.add(_TITLES["unit"], "unit_fixed", old=unit, new=values["unit"])
    if values.get("on_hand", known.reserved) < known.reserved:
        faults.add(_TITLES["on_hand"], "below_reserved", reserved=known.reserved, unit=unit)


def _refuse_new_oddities(known: _Known | None, values: Mapping[str, Any], faults: Faults) -> None:
    # What is so since before says nothing new: an export comes back whole.
    before: Mapping[str, Any] = known.values if known else {}
    if values.get("price") == 0 and before.get("price") != 0:
        faults.add(_TITLES["price"], "price_zero")
    if known is None and "unit" in values:
        with faults.under(_TITLES["unit"]):
            catalog.check_unit(values["unit"])
    with faults.under(_TITLES["packages"]):
        for code in values.get("packages", {}).keys() - before.get("packages", {}).keys():
            catalog.check_unit(code)


def vat_kinds(session: Session) -> dict[str, VatKind]:
    """Return the kinds of VAT by their percentage as written, as of the company's today."""
    company = session.get(Company, 1) or Company()
    today = now_of(session).astimezone(ZoneInfo(company.timezone or "Europe/Moscow")).date()
    rates = session.scalars(select(VatRate).where(VatRate.starts_on <= today).order_by(VatRate.starts_on))
    current = {rate.kind: rate.percent for rate in rates}
    return {_EXEMPT if percent is None else str(percent): kind for kind, percent in current.items()}


def _known_products(
    session: Session, ids: Sequence[int], shelves: _Shelves, *, locked: bool
) -> dict[int, _Known]:
    known: dict[int, _Known] = {}
    for chunk in planning.chunks(ids):
        # Columns, not entities: thousands of products are only compared.
        statement = select(*_COMPARED).where(Product.id.in_(chunk))
        found = session.execute(statement.with_for_update() if locked else statement).mappings().all()
        packages = _packages(session, Unit.product_id.in_(chunk))
        for product in found:
            values = {
                **product,
                "category": shelves.path(product["category_id"]),
                "packages": packages.get(product["id"], {}),
            }
            known[product["id"]] = _Known(product["id"], product["reserved"], values)
    return known


_COMPARED = (
    *(Product.id, Product.sku, Product.name, Product.category_id, Product.unit, Product.price),
    *(Product.vat_kind, Product.on_hand, Product.reserved, Product.weight_grams, Product.description),
    *(Product.minimum, Product.multiple, Product.low_stock, Product.is_active),
)


def all_packages(session: Session) -> dict[int, dict[str, int]]:
    """Return the packages of every product, by its id: code → thousandths, the smallest first."""
    return _packages(session, true())


def _packages(session: Session, of_products: ColumnElement[bool]) -> dict[int, dict[str, int]]:
    packages: dict[int, dict[str, int]] = {}
    query = select(Unit.product_id, Unit.code, Unit.factor).where(of_products)
    for unit in session.execute(query.order_by(Unit.product_id, Unit.factor, Unit.code)):
        packages.setdefault(unit.product_id, {})[unit.code] = unit.factor
    return packages


def shelf_paths(session: Session) -> dict[int, str]:
    """Return the path of every shelf by its id: «Бакалея / Крупы»."""
    shelves = {shelf.id: shelf for shelf in session.scalars(select(Category).order_by(Category.id))}
    return {shelf.id: _SHELF_MARK.join(_names(shelf, shelves)) for shelf in shelves.values()}


# Writing


class _Shelves:
    """The tree of categories by path, blind to case; «Бакалея / Крупы» stands on «Бакалея»."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._paths: dict[int, str] = {}
        self._ids: dict[str, int] = {}
        self._spellings: dict[str, str] = {}
        # What stands or will stand on each shelf, both by folded path; the top is the empty path.
        self._beside: defaultdict[str, set[str]] = defaultdict(set)
        for category_id, path in shelf_paths(session).items():
            self._enter(category_id, path)

    def path(self, category_id: int) -> str:
        """Return the path of a known shelf as it is spelt."""
        return self._paths[category_id]

    def is_there(self, path: str) -> bool:
        """Tell whether a shelf is in the base, whatever its spelling."""
        return search.fold(path) in self._ids

    def spelling(self, path: str) -> str:
        """Return the path as it was first seen, in the base or in the file."""
        return self._spellings.setdefault(search.fold(path), path)

    def make_room(self, path: str) -> None:
        """Keep places for the shelves of a path that are missing.

        Raises Conflict ``shelves_too_many`` (limit) where no more of them would be shown.
        """
        above, _, _ = path.rpartition(_SHELF_MARK)
        beside, folded = self._beside[search.fold(above)], search.fold(path)
        if folded in beside:
            return
        if above:
            self.make_room(above)
        if len(beside) >= catalog.MAX_SHELVES:
            raise Conflict("shelves_too_many", limit=catalog.MAX_SHELVES)
        beside.add(folded)

    def ensure(self, path: str) -> int:
        """Return the id of a shelf, putting it and those above it up if they are missing."""
        known = self._ids.get(search.fold(path))
        if known is not None:
            return known
        above, _, name = path.rpartition(_SHELF_MARK)
        shelf = catalog.add_category(self._session, name, self.ensure(above) if above else None)
        self._enter(shelf.id, path)
        return shelf.id

    def _enter(self, category_id: int, path: str) -> None:
        folded = search.fold(path)
        self._paths[category_id] = path
        self._beside[search.fold(path.rpartition(_SHELF_MARK)[0])].add(folded)
        self._ids.setdefault(folded, category_id)
        self._spellings.setdefault(folded, path)


def _names(shelf: Category, shelves: Mapping[int, Category]) -> list[str]:
    above = [] if shelf.parent_id is None else _names(shelves[shelf.parent_id], shelves)
    return [*above, shelf.name]


def _product_values(row: Mapping[str, Any], shelves: _Shelves) -> ProductValues:
    values = dict(row)
    if "category" in values:
        values["category_id"] = shelves.ensure(values.pop("category"))
    return cast(ProductValues, values)


def _rewriting(change: Change, shelves: _Shelves) -> Rewriting:
    before = _product_values({part.field: part.old for part in change.fields}, shelves)
    after = _product_values({part.field: part.new for part in change.fields}, shelves)
    return Rewriting(change.subject_id, change.key, before, after)
