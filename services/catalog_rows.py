"""Products written as rows, thousands of them in few statements: what an import adds and changes.

Nobody's update is handled while an import is written, so 10,000 products take half a second. That is why they
are rows, not entities, and why the ledger is written here and not in ``services.stock``, where each movement
is a compare-and-set of its own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, TypedDict

from sqlalchemy import Table, delete, select
from sqlalchemy.orm import Session

from models import MovementKind, Product, StockMovement, Unit, User, VatKind, now_of
from services import audit, rows
from services import search as searching
from services.audit import Trace

_products: Table = Product.__table__  # type: ignore[assignment]
_units: Table = Unit.__table__  # type: ignore[assignment]
_movements: Table = StockMovement.__table__  # type: ignore[assignment]


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
    low_stock: int | None
    description: str | None
    is_active: bool


class Rewriting(NamedTuple):
    """One product of many: what it says now of what is to change, and what it is to say."""

    product_id: int
    sku: str
    before: Mapping[str, Any]
    after: ProductValues


def add_products(session: Session, added: Sequence[ProductValues], user: User | None, reason: str) -> None:
    """Add products under new SKUs in few statements; stock they begin with is a receipt in the ledger.

    The caller has made sure that no SKU is taken, and leaves the trace of the whole.
    """
    rows.add(session, _products, [_product_row(values) for values in added])
    skus = [values["sku"] for values in added]
    ids = dict(session.execute(select(Product.sku, Product.id).where(Product.sku.in_(skus))).all())
    _insert_packages(session, {ids[values["sku"]]: values.get("packages", {}) for values in added})
    received = {ids[values["sku"]]: values.get("on_hand", 0) for values in added}
    _enter(session, MovementKind.RECEIPT, received, user, reason)


def update_products(session: Session, changes: Sequence[Rewriting], user: User | None, reason: str) -> None:
    """Change products in few statements; another level is an adjustment, and each leaves its trace.

    The caller holds them locked and has checked the values against what they are. Products loaded before
    are to be refreshed.
    """
    recounted = {
        change.product_id: change.after["on_hand"] - change.before["on_hand"]
        for change in changes
        if "on_hand" in change.after
    }
    packed = {change.product_id: change.after["packages"] for change in changes if "packages" in change.after}
    rows.rewrite(session, _products, ((change.product_id, _columns(change)) for change in changes))
    _enter(session, MovementKind.ADJUSTMENT, recounted, user, reason)
    if packed:
        session.execute(delete(_units).where(_units.c.product_id.in_(packed)))
        _insert_packages(session, packed)
    traces = [Trace(change.product_id, change.before, facts(change.after)) for change in changes]
    audit.record_many(session, user, "update", "product", traces)


def search_text(sku: str, name: str) -> str:
    """Return what a product is found by."""
    return searching.joined((sku, name))


def _product_row(values: ProductValues) -> dict[str, object]:
    row: dict[str, object] = {
        "vat_kind": VatKind.STANDARD,
        "on_hand": 0,
        "reserved": 0,
        "weight_grams": None,
        "minimum": None,
        "multiple": None,
        "low_stock": None,
        "description": None,
        "is_active": True,
        "version": 1,
        "search_text": search_text(values["sku"], values["name"]),
        **values,
    }
    row.pop("packages", None)
    return row


def _columns(change: Rewriting) -> dict[str, object]:
    columns: dict[str, object] = {name: value for name, value in change.after.items() if name != "packages"}
    if "name" in change.after:
        columns["search_text"] = search_text(change.sku, change.after["name"])
    return columns


def _insert_packages(session: Session, packed: Mapping[int, Mapping[str, int]]) -> None:
    packages: list[dict[str, object]] = [
        {"product_id": product_id, "code": code, "factor": factor}
        for product_id, contents in packed.items()
        for code, factor in contents.items()
    ]
    rows.add(session, _units, packages)


def _enter(
    session: Session, kind: MovementKind, changes: Mapping[int, int], user: User | None, reason: str
) -> None:
    """Write the changes of levels, by product, into the ledger."""
    shared = {
        "kind": kind,
        "reserved_change": 0,
        "user_id": user.id if user else None,
        "reason": reason[:300],
        "at": now_of(session),
    }
    movements: list[dict[str, object]] = [
        {**shared, "product_id": product_id, "on_hand_change": change}
        for product_id, change in changes.items()
        if change
    ]
    rows.add(session, _movements, movements)


def facts(values: ProductValues) -> dict[str, object]:
    """Return the values as an audit row keeps them."""
    return {name: dict(value) if isinstance(value, Mapping) else value for name, value in values.items()}
