"""Documents the tests print: made here, in one place, with requisites that pass their checks."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from services import snapshot as snapshots
from services.snapshot import Bank, Party, Snapshot, SnapshotLine

ROOT = Path(__file__).resolve().parents[2]

SELLER = Party(
    name="ООО «Торговый дом „Северный Ветер“»",
    inn="7707083893",
    kpp="773601001",
    address="117312, г. Москва, ул. Вавилова, д. 19, офис 412",
    phone="+7 495 123-45-67",
    email="sales@veter.example",
    director="Соколова А. П.",
    accountant="Ким Б. Р.",
)
SOLE_PROPRIETOR = Party(
    name="ИП Соколова Анна Петровна",
    inn="500100732259",
    address="г. Тверь, ул. Советская, д. 3",
    phone="+7 900 000-00-00",
    is_sole_proprietor=True,
    director="Соколова А. П.",
)
BUYER = Party(
    name="ООО «Ромашка»",
    inn="7736050003",
    kpp="773601001",
    address="101000, г. Москва, Ленинский пр-т, д. 12",
    phone="+7 495 765-43-21",
)
BANK = Bank(
    name="ПАО СБЕРБАНК г. Москва",
    bik="044525225",
    correspondent_account="30101810400000000225",
    account="40702810938000000001",
)
GOODS = (
    ("Крупа гречневая ядрица «Мистраль», 900 г", "шт", 240_000, 8_990, 10),
    ("Вода питьевая негазированная 0,5 л ПЭТ", "шт", 1_200_000, 1_850, 22),
    ("Сыр «Российский» 50 %, весовой", "кг", 12_500, 64_900, 10),
    (
        "Масло подсолнечное рафинированное дезодорированное первого сорта, бутылка 0,9 л",
        "бут",
        60_000,
        12_340,
        10,
    ),
    ("Кофе молотый, 250 г", "пач", 36_000, 39_900, 22),
    ("Полотенца бумажные двухслойные, 4 рулона", "упак", 48_000, 15_990, 22),
)


def need(program: str, package: str) -> None:
    """Skip the test where a program is not installed; in CI its absence is a failure."""
    if shutil.which(program) is not None:
        return
    why = f"{program} is not installed (Debian: apt-get install {package})"
    if os.environ.get("CI", "").lower() in ("1", "true"):
        pytest.fail(why)
    pytest.skip(why)


def pages_of(pdf: bytes) -> list[str]:
    """What a reader sees on each page, blanks made ordinary and single."""
    need("pdftotext", "poppler-utils")
    read = subprocess.run(["pdftotext", "-layout", "-", "-"], input=pdf, capture_output=True, check=True)
    return [re.sub(r"[\s\u00a0]+", " ", page) for page in read.stdout.decode().split("\f")[:-1]]


def scan(pdf: bytes, folder: Path) -> bytes:
    """What a scanner reads off the pages of the finished PDF: the bytes of all codes, one after another."""
    need("pdftoppm", "poppler-utils")
    need("zbarimg", "zbar-tools")
    command = ["pdftoppm", "-r", "150", "-gray", "-png", "-", str(folder / "page")]
    subprocess.run(command, input=pdf, check=True)
    pages = sorted(map(str, folder.glob("page*.png")))
    command = ["zbarimg", "--nodbus", "-q", "--raw", "-Sbinary", *pages]
    read = subprocess.run(command, capture_output=True, check=False)
    # 4 is zbar's word for pages without a code.
    assert read.returncode in (0, 4), read.stderr
    return read.stdout


def make_lines(
    count: int = 12, *, vat_included: bool = True, has_vat: bool = True
) -> tuple[SnapshotLine, ...]:
    """Make ``count`` lines of goods and a line of delivery after them."""
    lines = []
    for i in range(count):
        name, unit, quantity, price, rate = GOODS[i % len(GOODS)]
        lines.append(
            snapshots.priced_line(
                i + 1,
                name,
                sku=f"A-{i + 1:03d}",
                unit=unit,
                quantity=quantity,
                price=price,
                vat_rate=rate if has_vat else None,
                vat_included=vat_included,
            )
        )
    delivery = snapshots.priced_line(
        count + 1,
        "Доставка, 14,2 км × 10,00 ₽",
        unit="усл. ед",
        quantity=1_000,
        price=14_200,
        vat_rate=22 if has_vat else None,
        vat_included=vat_included,
        is_delivery=True,
    )
    return (*lines, delivery)


def make_snapshot(**changes: Any) -> Snapshot:
    """Make an invoice of twelve lines and delivery, with whatever is to be different."""
    fields: dict[str, Any] = {
        "kind": "invoice",
        "number": 1234,
        "label": "1234",
        "issued_on": date(2026, 11, 20),
        "seller": SELLER,
        "bank": BANK,
        "buyer": BUYER,
        "order_number": "17",
        "order_date": date(2026, 11, 18),
        "lines": make_lines(),
        "delivery_address": "г. Москва, Ленинский пр-т, д. 12, склад № 3",
        "delivery_on": date(2026, 11, 21),
        "pay_until": date(2026, 11, 25),
        "storekeeper": "Борис Ким",
    }
    return Snapshot(**{**fields, **changes})


def scan_picture(picture: bytes, folder: Path) -> str:
    """What a scanner reads off a picture with one code."""
    need("zbarimg", "zbar-tools")
    path = folder / "code.png"
    path.write_bytes(picture)
    command = ["zbarimg", "--nodbus", "-q", "--raw", str(path)]
    return subprocess.run(command, capture_output=True, check=True, text=True).stdout.strip()


_RENDER = """
import hashlib, sys
from services import papers, snapshot
print(hashlib.sha256(papers.render(snapshot.from_json(sys.stdin.buffer.read().decode()))).hexdigest())
"""


def digests_elsewhere(snapshot: Snapshot) -> set[str]:
    """The digests of a paper as processes with another hash seed and time zone draw it."""
    digests = set()
    for seed, zone in (("1", "UTC"), ("2", "Asia/Vladivostok")):
        run = subprocess.run(
            [sys.executable, "-c", _RENDER],
            input=snapshots.to_json(snapshot).encode(),
            capture_output=True,
            check=True,
            cwd=ROOT,
            env={**os.environ, "PYTHONHASHSEED": seed, "TZ": zone, "PYTHONPATH": str(ROOT)},
        )
        digests.add(run.stdout.decode().strip())
    return digests
