"""How long an invoice takes to draw."""

from __future__ import annotations

import time
from datetime import date

from benchmarks.processes import median_of
from services import invoice_pdf, snapshot
from services.snapshot import Bank, Party, Snapshot

SIZES = (1, 12, 200)
GOODS = (
    ("Крупа гречневая ядрица, 900 г", "шт", 240_000, 8_990, 10),
    ("Вода питьевая негазированная, 0,5 л", "шт", 1_200_000, 1_850, 22),
    ("Сыр «Российский» 50 %, весовой", "кг", 12_500, 64_900, 10),
    ("Масло подсолнечное рафинированное дезодорированное, бутылка 0,9 л", "бут", 60_000, 12_340, 10),
)
SELLER = Party(
    name="ООО «Северный ветер»",
    inn="7709003124",
    kpp="771301001",
    address="127591, Москва, Дубнинская улица, 83",
    phone="+7 495 000-00-00",
    director="Ветров Д. А.",
    accountant="Счётова Е. И.",
)
BUYER = Party(name="ООО «Ромашка»", inn="7731004518", kpp="773101001", address="Москва, Ленинский пр-т, 99")
BANK = Bank("ПАО Сбербанк г. Москва", "044525225", "30101810400000000225", "40702810038000004512")


def measure(times: int) -> dict[int, float]:
    """Return lines of the invoice → median seconds of drawing it; the first of each size isn't counted."""
    return {size: _median_seconds(_paper(size), times) for size in SIZES}


def _median_seconds(paper: Snapshot, times: int) -> float:
    seconds = []
    invoice_pdf.render_invoice(paper)
    for _ in range(times):
        started_at = time.perf_counter()
        invoice_pdf.render_invoice(paper)
        seconds.append(time.perf_counter() - started_at)
    return median_of(seconds)


def _paper(size: int) -> Snapshot:
    day = date(2026, 11, 20)
    lines = []
    for position in range(1, size + 1):
        name, unit, quantity, price, rate = GOODS[position % len(GOODS)]
        lines.append(
            snapshot.priced_line(
                position,
                name,
                sku=f"A-{position:03d}",
                unit=unit,
                quantity=quantity,
                price=price,
                vat_rate=rate,
                vat_included=True,
            )
        )
    return Snapshot(
        kind="invoice",
        number=7,
        label="7",
        issued_on=day,
        seller=SELLER,
        bank=BANK,
        buyer=BUYER,
        order_number="7",
        order_date=day,
        lines=tuple(lines),
    )
