"""Makes the sample invoice and waybill of the documentation: `python docs/make_samples.py`. Needs pdftoppm.

A test holds them against what is drawn today.
"""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from datetime import date
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from services import papers, snapshot
from services.snapshot import Bank, Party, Snapshot

IMAGES = Path(__file__).parent / "images"
DAY = date(2026, 11, 20)
GOODS = (
    ("00-117", "Гречка ядрица «Увелка», 900 г", "шт", 60_000, 8_990, 10),
    ("00-204", "Сахар-песок, 1 кг", "шт", 200_000, 7_800, 10),
    (
        "00-311",
        "Масло подсолнечное рафинированное дезодорированное, бутылка 0,9 л",
        "бут",
        48_000,
        12_340,
        10,
    ),
    ("00-560", "Сыр «Российский» 50 %, весовой", "кг", 12_500, 64_900, 10),
    ("00-702", "Вода питьевая негазированная, 0,5 л", "шт", 240_000, 1_850, 22),
    ("00-815", "Полотенца бумажные двухслойные, 4 рулона", "упак", 24_000, 15_990, 22),
)


def samples() -> dict[str, Snapshot]:
    """Return file name → document; both are of one load."""
    goods = [
        snapshot.priced_line(
            i, name, sku=sku, unit=unit, quantity=quantity, price=price, vat_rate=rate, vat_included=True
        )
        for i, (sku, name, unit, quantity, price, rate) in enumerate(GOODS, 1)
    ]
    delivery = snapshot.priced_line(
        len(goods) + 1,
        "Доставка",
        unit="усл. ед",
        quantity=1_000,
        price=21_000,
        vat_rate=22,
        vat_included=True,
        is_delivery=True,
    )
    invoice = Snapshot(
        kind="invoice",
        number=128,
        label="128",
        issued_on=DAY,
        seller=Party(
            "ООО «Северный ветер»",
            inn="7709003124",
            kpp="771301001",
            address="127591, Москва, Дубнинская улица, 83",
            phone="+74950000000",
            director="Ветров Д. А.",
            accountant="Счётова Е. И.",
        ),
        bank=Bank("ПАО Сбербанк г. Москва", "044525225", "30101810400000000225", "40702810038000004512"),
        buyer=Party(
            "ООО «Ромашка»",
            inn="7731004518",
            kpp="773101001",
            address="Москва, Ленинский проспект, 99",
            phone="+74951204501",
        ),
        order_number="131",
        order_date=date(2026, 11, 19),
        lines=(*goods, delivery),
        delivery_address="Москва, улица Вавилова, 19",
        delivery_on=date(2026, 11, 23),
        pay_until=date(2026, 11, 25),
        storekeeper="Борис Ким",
    )
    return {"invoice": invoice, "waybill": replace(invoice, kind="waybill", pay_until=None)}


def main() -> None:
    """Write both as PDF and as a picture of the first page."""
    for name, paper in samples().items():
        pdf = IMAGES / f"{name}.pdf"
        pdf.write_bytes(papers.render(paper))
        picture = IMAGES / name
        subprocess.run(["pdftoppm", "-png", "-r", "90", "-singlefile", str(pdf), str(picture)], check=True)


if __name__ == "__main__":
    main()
