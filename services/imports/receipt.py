"""Goods that came in, from a supplier's file: rows are matched on the SKU and added to the stock.

A quantity is read in the units of its product («5 кор»), so it is understood only against the base.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import BASE_FACTOR, Product, Unit, User
from services import audit, catalog, formats, quantities, stock
from services.imports import planning, tables
from services.imports.planning import Faults
from services.imports.report import Addition, Plan, Report, Row
from services.imports.skus import Skus
from services.imports.tables import Column, Progress

COLUMNS = (
    Column("sku", "sku", "Артикул", lambda text: catalog.check_line(text, catalog.MAX_SKU), is_required=True),
    Column(
        "quantity",
        "quantity",
        "Количество",
        lambda text: catalog.check_line(text, 40),
        is_required=True,
        aliases=("Кол-во",),
    ),
    Column("reason", "reason", "Причина", stock.check_reason, aliases=("Документ", "Накладная")),
)
_SKU, _QUANTITY, _ = (column.title for column in COLUMNS)


def check_receipt(session: Session, data: bytes, file_name: str, progress: Progress | None = None) -> Report:
    """Return what the file would add to the stock; nothing is written."""
    reading = tables.read(data, COLUMNS, progress)
    plan = _plan(session, reading.rows)
    return Report("receipt", file_name, reading.rows, reading.problems, reading.unknown_columns, plan)


def plan_again(session: Session, report: Report) -> Plan:
    """Return what the report's rows would do now, with the products they name locked until the commit."""
    return _plan(session, report.rows, locked=True)


def write(session: Session, report: Report, user: User | None) -> None:
    """Carry out a report that has no problems and was found to be up to date."""
    file_name = formats.one_line(report.file_name)
    for additions in planning.chunks(report.added):
        rows = [
            (
                added.values["product_id"],
                added.values["quantity"],
                added.values.get("reason", file_name)[: stock.MAX_REASON],
            )
            for added in additions
        ]
        stock.receive_many(session, rows, user)
    facts = {"file": file_name, "added": len(report.added)}
    audit.record(session, user, "import", "receipt", None, after=facts)


def _plan(session: Session, rows: Sequence[Row], *, locked: bool = False) -> Plan:
    skus = Skus(session, _SKU)
    named = {skus.find(row.values["sku"]) for row in rows if "sku" in row.values}
    known = _products(session, sorted(filter(None, named)), locked=locked)

    def decide(row: Row, faults: Faults) -> Addition | None:
        product_id = skus.enter(row, faults)
        sku = row.values.get("sku")
        if product_id is None:
            if sku is not None and not faults.has("sku_ambiguous"):
                faults.add(_SKU, "sku_unknown", value=sku)
            return None
        if "quantity" not in row.values:
            return None
        # The level is left out on purpose: what is loaded meanwhile does not make a receipt wrong.
        units, facts = known[product_id]
        with faults.under(_QUANTITY):
            typed = quantities.parse(row.values["quantity"], units)
            return Addition(row.number, facts["sku"], {**row.values, **facts, "quantity": typed.quantity})
        return None

    return planning.make_plan(rows, decide)


def _products(
    session: Session, ids: Sequence[int], *, locked: bool
) -> dict[int, tuple[dict[str, int], dict[str, Any]]]:
    """Return by id the units of each product, and what a report says of it."""
    known: dict[int, tuple[dict[str, int], dict[str, Any]]] = {}
    for chunk in planning.chunks(ids):
        statement = select(Product.id, Product.sku, Product.name, Product.unit, Product.version).where(
            Product.id.in_(chunk)
        )
        found = session.execute(statement.with_for_update() if locked else statement).all()
        packages: dict[int, dict[str, int]] = {}
        for unit in session.execute(
            select(Unit.product_id, Unit.code, Unit.factor).where(Unit.product_id.in_(chunk))
        ):
            packages.setdefault(unit.product_id, {})[unit.code] = unit.factor
        for product_id, sku, name, base, version in found:
            units = {base: BASE_FACTOR, **packages.get(product_id, {})}
            facts = {"product_id": product_id, "sku": sku, "name": name, "unit": base, "version": version}
            known[product_id] = (units, facts)
    return known
