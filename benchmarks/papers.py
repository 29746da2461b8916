"""How long an invoice takes to draw, beside the least it could take and the way it is usually done.

The floor is a canvas alone: the same words in the same fonts at places known beforehand, no table, no
wrapping, no look at whether anything fits; once with the code to pay by and, harder, without. The usual
way is reportlab's own: a ``Paragraph`` for each cell of a ``Table``. All take turns, so that a busy machine
is busy for all.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from html import escape
from io import BytesIO
from pathlib import Path

from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Flowable, Paragraph, SimpleDocTemplate, Spacer, Table

from benchmarks.processes import median_of
from services import amount_words, formats, invoice_pdf, payment_qr, snapshot, waybill_pdf
from services.document_labels import RUSSIAN, party_details
from services.layout_pdf import BOLD, MM, REGULAR, Panel
from services.parts_pdf import draw_code
from services.snapshot import Bank, Party, Snapshot

SIZES = (1, 12, 200)
MAX_RATIOS = {12: 2.5, 200: 2.0}
MAX_BYTES = 60 * 1024
MAX_GROWTH_MB = 4.0
GROWTH_TIMES = 1000
GOODS = (
    ("Крупа гречневая ядрица, 900 г", "шт", 240_000, 8_990, 10),
    ("Вода питьевая негазированная, 0,5 л", "шт", 1_200_000, 1_850, 22),
    ("Сыр «Российский» 50 %, весовой", "кг", 12_500, 64_900, 10),
    ("Масло подсолнечное рафинированное дезодорированное, бутылка 0,9 л", "бут", 60_000, 12_340, 10),
)
SELLER = Party(
    name="ООО «Северный ветер»",
    inn="7707083893",
    kpp="773601001",
    address="127591, Москва, Дубнинская улица, 83",
    phone="+74950000000",
    director="Ветров Д. А.",
    accountant="Счётова Е. И.",
)
BUYER = Party(name="ООО «Ромашка»", inn="7731004518", kpp="773101001", address="Москва, Ленинский пр-т, 99")
BANK = Bank("ПАО Сбербанк г. Москва", "044525225", "30101810400000000225", "40702810138250123017")

Drawing = Callable[[Snapshot], bytes]


@dataclass(frozen=True)
class Drawn:
    """Median seconds of one size, drawn each way, and the bytes of ours."""

    lines: int
    ours: float
    floor: float
    floor_without_code: float
    usual: float
    waybill: float
    size: int


def measure(times: int) -> list[Drawn]:
    """Return how long each size takes; one drawing of each goes before the clock starts."""
    return [_measure(size, times) for size in SIZES]


def _measure(lines: int, times: int) -> Drawn:
    paper = make_paper(lines)
    ways: dict[str, Drawing] = {
        "ours": invoice_pdf.render_invoice,
        "floor": draw_floor,
        "floor_without_code": partial(draw_floor, has_code=False),
        "usual": draw_usual,
        "waybill": waybill_pdf.render_waybill,
    }
    first = [draw(paper) for draw in ways.values()]
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(times):
        for name, draw in ways.items():
            gc.collect()
            started_at = time.perf_counter()
            draw(paper)
            seconds[name].append(time.perf_counter() - started_at)
    return Drawn(
        lines=lines, size=len(first[0]), **{name: median_of(values) for name, values in seconds.items()}
    )


def growth(times: int = GROWTH_TIMES) -> float:
    """Return by how many megabytes this process grows from the first few invoices to ``times`` more."""
    papers = [make_paper(size) for size in (1, 12, 40)]
    for paper in papers * 5:
        invoice_pdf.render_invoice(paper)
    before = _resident_mb()
    for i in range(times):
        invoice_pdf.render_invoice(papers[i % len(papers)])
    return _resident_mb() - before


def _resident_mb() -> float:
    gc.collect()
    status = Path("/proc/self/status").read_text("ascii")
    return int(status.partition("VmRSS:")[2].split()[0]) / 1024


def make_paper(size: int) -> Snapshot:
    """Make an invoice of so many lines."""
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
        delivery_address="Москва, Ленинский проспект, 99",
        delivery_on=day,
        pay_until=day,
        lines=tuple(lines),
    )


_COLUMNS = ("№", "Товары (работы, услуги)", "Кол-во", "Ед.", "Цена с НДС, ₽", "НДС", "Сумма с НДС, ₽")
_LEFT, _TOP, _BOTTOM, _STEP = 57.0, 800.0, 60.0, 15.0


def _head(paper: Snapshot) -> list[tuple[str, str]]:
    bank = paper.bank
    assert bank is not None
    return [
        (bank.name, f"БИК {bank.bik}"),
        (RUSSIAN.bank, f"К/с {bank.correspondent_account}"),
        (f"ИНН {SELLER.inn} КПП {SELLER.kpp}", f"Р/с {bank.account}"),
        (SELLER.name, RUSSIAN.beneficiary),
        (RUSSIAN.title.format(label=paper.label, date=formats.date_long(paper.issued_on)), ""),
        (RUSSIAN.seller, SELLER.name),
        ("", party_details(SELLER, RUSSIAN)),
        (RUSSIAN.buyer, BUYER.name),
        ("", party_details(BUYER, RUSSIAN)),
        (RUSSIAN.basis, RUSSIAN.order.format(number=paper.order_number, date="20.11.2026")),
        (RUSSIAN.delivery, f"20.11.2026 по адресу: {paper.delivery_address}"),
        (RUSSIAN.pay_until, "20 ноября 2026 г."),
    ]


def _rows(paper: Snapshot) -> Iterable[tuple[str, ...]]:
    for line in paper.lines:
        yield (
            str(line.position),
            line.name,
            formats.quantity(line.quantity),
            line.unit,
            formats.amount(line.price),
            formats.vat_rate(line.vat_rate),
            formats.amount(line.total),
        )


def _totals(paper: Snapshot) -> list[tuple[str, str]]:
    rates = [
        (RUSSIAN.including_vat.format(rate=formats.vat_rate(part.rate)), formats.amount(part.vat))
        for part in paper.by_rate
    ]
    total = formats.amount(paper.total)
    return [(RUSSIAN.subtotal, total), *rates, (RUSSIAN.to_pay, total)]


def _closing(paper: Snapshot) -> list[str]:
    total = formats.money(paper.total)
    return [
        RUSSIAN.summary.format(positions=len(paper.lines), total=total),
        amount_words.in_words(paper.total),
        f"{RUSSIAN.director} {SELLER.director}",
        f"{RUSSIAN.accountant} {SELLER.accountant}",
        RUSSIAN.scan,
    ]


def draw_floor(paper: Snapshot, *, has_code: bool = True) -> bytes:
    """Draw the invoice's words and its code at places known beforehand."""
    output = BytesIO()
    canvas = Canvas(output, pagesize=A4, invariant=1)
    y = _TOP
    for left, right in _head(paper):
        canvas.setFont(REGULAR, 9)
        canvas.drawString(_LEFT, y, left)
        canvas.drawString(_LEFT + 70, y, right)
        y -= _STEP
    y = _floor_row(canvas, y, _COLUMNS, BOLD)
    for row in _rows(paper):
        if y < _BOTTOM:
            canvas.drawString(_LEFT, 30, "Счёт № 7 от 20.11.2026 · стр.")
            canvas.showPage()
            y = _floor_row(canvas, _TOP, _COLUMNS, BOLD)
        y = _floor_row(canvas, y, row, REGULAR)
    for label, value in _totals(paper):
        canvas.drawRightString(480, y, label)
        canvas.drawRightString(553, y, value)
        y -= _STEP
    for text in _closing(paper):
        canvas.drawString(_LEFT, y, text)
        y -= _STEP
    content = payment_qr.payload(paper)
    if content and has_code:
        draw_code(canvas, 450, 45, 34 * MM, payment_qr.modules(content))
    canvas.drawString(_LEFT, 30, "Счёт № 7 от 20.11.2026 · стр.")
    canvas.showPage()
    canvas.save()
    return output.getvalue()


def _floor_row(canvas: Canvas, y: float, row: Sequence[str], font: str) -> float:
    canvas.setFont(font, 8.5)
    position, name, quantity, unit, price, rate, total = row
    canvas.drawString(_LEFT, y, position)
    canvas.drawString(77, y, name)
    canvas.drawRightString(370, y, quantity)
    canvas.drawString(380, y, unit)
    canvas.drawRightString(460, y, price)
    canvas.drawString(470, y, rate)
    canvas.drawRightString(553, y, total)
    canvas.line(_LEFT, y - 4, 553, y - 4)
    return y - _STEP


def draw_usual(paper: Snapshot) -> bytes:
    """Draw the invoice with a paragraph for each cell."""
    output = BytesIO()
    plain = ParagraphStyle("plain", fontName=REGULAR, fontSize=8.5, leading=10.4)
    strong = ParagraphStyle("strong", parent=plain, fontName=BOLD)
    right = ParagraphStyle("right", parent=plain, alignment=2)

    def cells(row: Iterable[str], style: ParagraphStyle = plain) -> list[Paragraph]:
        return [Paragraph(escape(text), style) for text in row]

    grid = [("GRID", (0, 0), (-1, -1), 0.4, "grey")]
    goods = [cells(_COLUMNS, strong), *(cells(row) for row in _rows(paper))]
    content = payment_qr.payload(paper)
    modules = payment_qr.modules(content) if content else ()
    story: list[Flowable] = [
        Table([cells(row) for row in _head(paper)], colWidths=(80, 420)),
        Spacer(0, 10),
        Table(goods, colWidths=(20, 190, 45, 45, 70, 40, 90), repeatRows=1, style=grid),
        Table([cells(row, right) for row in _totals(paper)], colWidths=(410, 90)),
        *cells(_closing(paper)),
        Panel(100, 100, lambda canvas: draw_code(canvas, 0, 0, 34 * MM, modules)),
    ]

    def foot(canvas: Canvas, _document: object) -> None:
        canvas.setFont(REGULAR, 7.5)
        canvas.drawString(_LEFT, 30, "Счёт № 7 от 20.11.2026 · стр.")

    document = SimpleDocTemplate(output, pagesize=A4, invariant=1)
    document.build(story, onFirstPage=foot, onLaterPages=foot)
    return output.getvalue()
