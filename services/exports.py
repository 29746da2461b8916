"""The catalogue and the customers as files that import back without a change.

A cell that a spreadsheet would take for a formula begins with an apostrophe in CSV, which the import takes
off again, and is marked as text in XLSX.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date
from decimal import Decimal
from typing import Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import Customer, Product, Role, User, VatKind
from services import audit, auth
from services.imports import catalog, customers, tables
from services.imports.tables import LIKE_A_FORMULA, Column

What = Literal["catalog", "customers"]
Form = Literal["csv", "xlsx"]
Cell = str | int | Decimal | None

NAMES = {
    ("catalog", "ru"): "Каталог",
    ("catalog", "en"): "Catalogue",
    ("customers", "ru"): "Клиенты",
    ("customers", "en"): "Customers",
}
# Not under «Остаток», which the import reads: a file that comes back days later must not undo what was sold.
_ON_HAND_NOW = {"ru": "На складе сейчас", "en": "Now in stock"}
_WIDE = {
    "name": 44,
    "category": 28,
    "packages": 20,
    "description": 60,
    "emails": 32,
    "address": 48,
    "phone": 18,
}
_WIDTHS = {
    title: _WIDE[column.field]
    for column in (*catalog.COLUMNS, *customers.COLUMNS)
    if column.field in _WIDE
    for title in (column.title, column.name)
}
_YES_NO = {True: "да", False: "нет"}


def note(session: Session, what: What, form: Form, actor: User) -> None:
    """Leave a trace that somebody takes the whole of it away; administrators only."""
    auth.require(actor, Role.ADMIN)
    audit.record(session, actor, "export", what, None, after={"form": form})


def render(session: Session, what: What, form: Form, language: str) -> bytes:
    """Return the file. Slow: for workers."""
    columns, rows = _CONTENTS[what](session, language)
    header: list[Cell] = list(columns)
    return _RENDERERS[form]([header, *rows])


def file_name(what: What, form: Form, day: date, language: str) -> str:
    """Return «Каталог 2026-11-20.csv»."""
    return f"{NAMES[what, language]} {day.isoformat()}.{form}"


# What is in them


Content = tuple[Sequence[str], Iterable[list[Cell]]]


def _catalog(session: Session, language: str) -> Content:
    columns = [column for column in catalog.COLUMNS if column.field != "on_hand"]
    return [*_titles(columns, language), _ON_HAND_NOW[language]], _products(session)


def _products(session: Session) -> Iterator[list[Cell]]:
    paths = catalog.shelf_paths(session)
    vat = {kind: percent for percent, kind in catalog.vat_kinds(session).items()}
    packages = catalog.all_packages(session)
    columns = (
        *(Product.id, Product.sku, Product.name, Product.category_id, Product.unit, Product.price),
        *(Product.vat_kind, Product.on_hand, Product.weight_grams, Product.minimum, Product.multiple),
        *(Product.low_stock, Product.description, Product.is_active),
    )
    for product in session.execute(select(*columns).order_by(Product.name, Product.id)):
        yield [
            product.sku,
            product.name,
            paths[product.category_id],
            product.unit,
            _shifted(product.price, 2),
            _vat_cell(vat, product.vat_kind),
            _packages_cell(packages.get(product.id, {})),
            _shifted(product.weight_grams, 3),
            _shifted(product.minimum, 3),
            _shifted(product.multiple, 3),
            _shifted(product.low_stock, 3),
            product.description,
            _YES_NO[product.is_active],
            _shifted(product.on_hand, 3),
        ]


def _vat_cell(percents: dict[VatKind, str], kind: VatKind) -> Cell:
    percent = percents.get(kind)
    return int(percent) if percent is not None and percent.isdecimal() else percent


def _packages_cell(packages: dict[str, int]) -> str:
    return ", ".join(f"{code}={_comma(_shifted(factor, 3))}" for code, factor in packages.items())


def _customers(session: Session, language: str) -> Content:
    return _titles(customers.COLUMNS, language), _firms(session)


def _firms(session: Session) -> Iterator[list[Cell]]:
    reps = customers.rep_names(session)
    outlets = customers.places(session)
    columns = (
        *(Customer.id, Customer.name, Customer.inn, Customer.kpp, Customer.emails, Customer.phone),
        *(Customer.address, Customer.sales_rep_id),
    )
    in_use = select(*columns).where(Customer.archived_at.is_(None)).order_by(Customer.name, Customer.id)
    for firm in session.execute(in_use):
        place = customers.place_at(outlets.get(firm.id, {}), firm.address)
        yield [
            firm.id,
            firm.name,
            firm.inn,
            firm.kpp,
            firm.emails,
            firm.phone,
            firm.address,
            _degrees(place.latitude) if place else None,
            _degrees(place.longitude) if place else None,
            reps.get(firm.sales_rep_id),
        ]


def _degrees(value: float) -> Decimal:
    return Decimal(f"{value:.6f}")


def _shifted(value: int | None, places: int) -> Decimal | None:
    return None if value is None else Decimal(value).scaleb(-places)


def _titles(columns: Iterable[Column], language: str) -> list[str]:
    return [column.title if language == "ru" else column.name for column in columns]


_CONTENTS: dict[What, Callable[[Session, str], Content]] = {"catalog": _catalog, "customers": _customers}


# How they are written


def _csv(rows: Iterable[Sequence[Cell]]) -> bytes:
    """Return what Excel in Russian opens by a double click."""
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=";").writerows([_csv_cell(cell) for cell in row] for row in rows)
    return text.getvalue().encode("utf-8-sig")


def _csv_cell(cell: Cell) -> str:
    if isinstance(cell, str):
        return f"'{cell}" if LIKE_A_FORMULA.match(cell) else cell
    return str(cell) if isinstance(cell, int) else _comma(cell)


def _comma(number: Decimal | None) -> str:
    """Return «12,5»: no needless noughts, no exponent."""
    if number is None:
        return ""
    text = f"{number:f}"
    return (text.rstrip("0").rstrip(".") if "." in text else text).replace(".", ",")


def _xlsx(rows: Iterable[Sequence[Cell]]) -> bytes:
    import openpyxl  # 8 MB that a bot without exports need not carry
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.utils import get_column_letter

    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet()
    sheet.freeze_panes = "A2"
    header, *others = rows
    for number, title in enumerate(header, start=1):
        letter = get_column_letter(number)
        sheet.column_dimensions[letter].width = _WIDTHS.get(str(title), max(12, len(str(title)) + 2))

    def made(cell: Cell) -> object:
        if not isinstance(cell, str):
            return cell
        # A text stays one, whatever it looks like: also when somebody edits it.
        text = f"'{cell}" if tables.unescaped(cell) != cell else cell
        own = WriteOnlyCell(sheet, text)
        own.data_type, own.number_format = "s", "@"
        return own

    for row in (header, *others):
        sheet.append([made(cell) for cell in row])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


_RENDERERS: dict[Form, Callable[[Iterable[Sequence[Cell]]], bytes]] = {"csv": _csv, "xlsx": _xlsx}
