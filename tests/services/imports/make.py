"""Files as people send them."""

import csv
import io
from collections.abc import Sequence
from typing import Any

import openpyxl

PRODUCT = {
    "Артикул": "A-1",
    "Наименование": "Мёд цветочный",
    "Категория": "Бакалея / Мёд",
    "Ед.": "шт",
    "Цена": "350,50",
}


def make_csv(rows: Sequence[Sequence[str]], separator: str = ";", encoding: str = "utf-8-sig") -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=separator).writerows(rows)
    return text.getvalue().encode(encoding)


def make_xlsx(rows: Sequence[list[Any]]) -> bytes:
    workbook = openpyxl.Workbook()
    sheet = workbook.active
    assert sheet is not None
    for row in rows:
        sheet.append(row)
    data = io.BytesIO()
    workbook.save(data)
    return data.getvalue()


def make_catalog(*products: dict[str, str]) -> bytes:
    """Return a catalogue file; each product says how it differs from the usual one."""
    complete = [{**PRODUCT, **product} for product in products]
    header = list(dict.fromkeys(name for product in complete for name in product))
    return make_csv([header, *([product.get(name, "") for name in header] for product in complete)])


def make_customers(*customers: dict[str, str]) -> bytes:
    header = list(dict.fromkeys(name for customer in customers for name in customer))
    return make_csv([header, *([customer.get(name, "") for name in header] for customer in customers)])
