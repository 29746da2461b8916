"""«Счёт на оплату»: an A4 page or more rendered from a frozen snapshot.

No law prescribes the form; this is the one accountants are used to: bank details as on a payment order, the
two sides, the goods, the tax per rate, the sum in words, the signatures, a code to pay by.
``render_invoice`` is pure: the same snapshot gives the same bytes, so the file's digest proves that a copy
is the one that was issued.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from reportlab.lib.pagesizes import A4
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Flowable, KeepTogether, Spacer, Table

from services import amount_words, formats, payment_qr
from services.document_labels import LABELS, Labels, party_details
from services.layout_pdf import (
    BOLD,
    HAIRLINE,
    MM,
    POST_WIDTH,
    SHADE,
    SIGNATURE_WIDTH,
    Cell,
    Panel,
    Paper,
    Style,
    build,
    draw_signature,
    draw_text,
    printable,
    table,
)
from services.parts_pdf import (
    CENTRED,
    GAP,
    HEADER,
    NOTHING,
    NUMBER,
    QUIET_ZONE,
    SIDE_NAME,
    SIDE_TEXT,
    TEXT,
    Column,
    amounts,
    basis,
    delivery,
    draw_code,
    draw_facsimile,
    facts,
    heading,
    quantities,
    widest,
)
from services.snapshot import Bank, Party, Snapshot

_PLAIN = Style()
_STRONG = Style(font=BOLD)
_CAPTION = Style(size=7, is_grey=True, pad_y=1.5)
_TOTAL = Style(align="RIGHT")
_TO_PAY = Style(font=BOLD, size=10, align="RIGHT", pad_y=3)


def render_invoice(snapshot: Snapshot, facsimile: bytes | None = None) -> bytes:
    """Return the invoice as a PDF. Raises ``KeyError`` for a language other than ``ru`` and ``en``.

    ``facsimile`` is a PNG of signature and seal to be put over the signatures.
    """
    labels = LABELS[snapshot.language]
    paper = _paper(snapshot, labels)
    story: list[Flowable] = []
    if snapshot.bank is not None:
        box = _european_box if snapshot.bank.iban else _bank_box
        story += [box(snapshot.seller, snapshot.bank, labels, paper.width), Spacer(0, GAP)]
    story += [
        heading(snapshot, labels, paper),
        Spacer(0, GAP / 2),
        _sides(snapshot, labels, paper.width),
        Spacer(0, GAP),
        _goods(snapshot, labels, paper.width),
        KeepTogether([Spacer(0, GAP), *_closing(snapshot, labels, paper.width, facsimile)]),
    ]
    return build(paper, story)


def _paper(snapshot: Snapshot, labels: Labels) -> Paper:
    number = printable(snapshot.label)
    issued = formats.date_short(snapshot.issued_on, snapshot.language)
    return Paper(
        size=A4,
        left=20 * MM,
        right=12 * MM,
        top=14 * MM,
        bottom=18 * MM,
        title=labels.title.format(
            label=number, date=formats.date_long(snapshot.issued_on, snapshot.language)
        ),
        author=printable(snapshot.seller.name),
        language=snapshot.language,
        dated=snapshot.issued_on,
        footer=lambda page, pages: labels.footer.format(label=number, date=issued, page=page, pages=pages),
        stamp=labels.cancelled if snapshot.is_cancelled else "",
    )


def _bank_box(seller: Party, bank: Bank, labels: Labels, width: float) -> Table:
    """Lay out the bank details as a payment order has them, ready to be copied from."""
    empty = Cell(style=_PLAIN)
    inn = _plain(f"{labels.inn} {seller.inn}", 1 if seller.kpp else 2)
    kpp = _plain(f"{labels.kpp} {seller.kpp}") if seller.kpp else empty
    account = Cell(printable(bank.account), _STRONG)
    rows = [
        (_plain(bank.name, 2), empty, _plain(labels.bik), _plain(bank.bik)),
        (
            Cell(labels.bank, _CAPTION, 2),
            empty,
            _plain(labels.correspondent_account),
            _plain(bank.correspondent_account),
        ),
        (inn, kpp, _plain(labels.account), account),
        (_plain(seller.name, 2), empty, empty, empty),
        (Cell(labels.beneficiary, _CAPTION, 2), empty, empty, empty),
    ]
    line = (0.6, HAIRLINE)
    commands = [
        ("BOX", (0, 0), (-1, -1), *line),
        ("LINEBELOW", (0, 1), (-1, 1), *line),
        ("LINEBELOW", (0, 2), (1, 2), *line),
        ("LINEBELOW", (2, 0), (2, 0), *line),
        ("LINEBEFORE", (2, 0), (2, -1), *line),
        ("LINEBEFORE", (3, 0), (3, -1), *line),
    ]
    if seller.kpp:
        commands.append(("LINEAFTER", (0, 2), (0, 2), *line))
    right = (16 * MM, 52 * MM)
    left = (width - sum(right)) / 2
    return table(rows, (left, left, *right), commands)


def _european_box(seller: Party, bank: Bank, labels: Labels, width: float) -> Table:
    """Lay out an IBAN as a transfer form asks for it: in groups of four."""
    iban = " ".join(bank.iban[i : i + 4] for i in range(0, len(bank.iban), 4)).replace(" ", formats.NBSP)
    pairs = (
        (labels.beneficiary, seller.name, _PLAIN),
        (labels.bank, bank.name, _PLAIN),
        (labels.iban, iban, _STRONG),
        (labels.swift, bank.swift, _PLAIN),
    )
    rows = [(_plain(label), Cell(printable(text), style)) for label, text, style in pairs if text]
    label_width = 40 * MM
    return table(rows, (label_width, width - label_width), [("GRID", (0, 0), (-1, -1), 0.6, HAIRLINE)])


def _plain(text: str, span: int = 1) -> Cell:
    return Cell(printable(text), _PLAIN, span)


def _sides(snapshot: Snapshot, labels: Labels, width: float) -> Table:
    """Lay out who sells, who buys, on what ground, where to and until when."""
    language = snapshot.language
    rows: list[tuple[str, str, Style]] = []
    for label, side in ((labels.seller, snapshot.seller), (labels.buyer, snapshot.buyer)):
        rows += [(label, side.name, SIDE_NAME), ("", party_details(side, labels), SIDE_TEXT)]
    pay_until = formats.date_long(snapshot.pay_until, language) if snapshot.pay_until else ""
    rows += [
        (labels.basis, basis(snapshot, labels), SIDE_TEXT),
        delivery(snapshot, labels),
        (labels.pay_until, pay_until, SIDE_NAME),
    ]
    return facts(rows, width, 24 * MM)


def _columns(snapshot: Snapshot, labels: Labels, width: float, totals: Sequence[Cell]) -> list[Column]:
    """Return the columns; the name takes what the others leave, and a seller outside VAT has no column for
    it."""
    lines, language = snapshot.lines, snapshot.language
    tax = "" if not snapshot.has_vat else labels.with_vat if snapshot.vat_included else labels.without_vat
    money = f"{tax},{formats.NBSP}{formats.currency_sign(snapshot.currency)}"
    sums = [line.total if snapshot.vat_included else line.net for line in lines]
    rates = [formats.vat_rate(line.vat_rate, language) for line in lines]
    numbers = [
        Column(labels.position, [str(line.position) for line in lines], CENTRED, 7 * MM),
        Column(labels.quantity, quantities(lines, language), NUMBER, 14 * MM),
        Column(labels.unit, [printable(line.unit) for line in lines], CENTRED, 14 * MM, wraps=True),
        Column(
            f"{labels.price}{money}",
            amounts([line.price for line in lines], language),
            NUMBER,
            20 * MM,
        ),
        Column(labels.vat, rates, CENTRED, 11 * MM),
        Column(f"{labels.amount}{money}", amounts(sums, language), NUMBER, max(22 * MM, widest(totals))),
    ]
    if not snapshot.has_vat:
        del numbers[4]
    rest = width - sum(column.width for column in numbers)
    name = Column(labels.goods, [printable(line.name) for line in lines], TEXT, rest, wraps=True)
    return [numbers[0], name, *numbers[1:]]


def _goods(snapshot: Snapshot, labels: Labels, width: float) -> Table:
    """Lay out the lines and, in the same table, the totals: so the last line can be kept with them."""
    totals = _totals(snapshot, labels)
    columns = _columns(snapshot, labels, width, [value for _, value in totals])
    header = [Cell(column.caption, HEADER) for column in columns]
    lines = list(zip(*(column.cells() for column in columns), strict=True))
    before_totals = [Cell(span=None)] * (len(columns) - 2)
    last = len(lines)
    commands: list[Any] = [
        ("GRID", (0, 0), (-1, last), 0.4, HAIRLINE),
        ("BACKGROUND", (0, 0), (-1, 0), SHADE),
        ("NOSPLIT", (0, max(last, 1)), (0, -1)),
    ]
    rows = [header, *lines, *([*before_totals, *pair] for pair in totals)]
    return table(rows, [column.width for column in columns], commands, repeat=1)


def _totals(snapshot: Snapshot, labels: Labels) -> list[tuple[Cell, Cell]]:
    """Return what stands under the lines: the sum of the column, the tax per rate, what is to be paid."""
    subtotal = snapshot.total if snapshot.vat_included else snapshot.net
    pairs = [_total(labels.subtotal, subtotal, snapshot)]
    for part in snapshot.by_rate:
        if part.rate is None:
            pairs.append((Cell(labels.no_vat, _TOTAL, None), Cell(NOTHING, _TOTAL, None)))
        else:
            label = labels.including_vat if snapshot.vat_included else labels.plus_vat
            rate = formats.vat_rate(part.rate, snapshot.language)
            pairs.append(_total(label.format(rate=rate), part.vat, snapshot))
    return [*pairs, _total(labels.to_pay, snapshot.total, snapshot, _TO_PAY)]


def _total(label: str, minor: int, snapshot: Snapshot, style: Style = _TOTAL) -> tuple[Cell, Cell]:
    return (Cell(label, style, None), Cell(formats.amount(minor, snapshot.language), style, None))


def _closing(snapshot: Snapshot, labels: Labels, width: float, facsimile: bytes | None) -> list[Flowable]:
    """Lay out the sum in words, the signatures and the code, which stay on one page."""
    total = formats.money(snapshot.total, snapshot.currency, snapshot.language)
    summary = labels.summary.format(positions=len(snapshot.lines), total=total)
    words = amount_words.in_words(snapshot.total, snapshot.currency, snapshot.language)
    rows = [[Cell(printable(summary), Style(pad_x=0))], [Cell(words, Style(font=BOLD, pad_x=0))]]
    text = table(rows, (width,), [("LINEBELOW", (0, -1), (-1, -1), 1.4, "black")])
    return [text, Spacer(0, GAP), _signatures(snapshot, labels, width, facsimile)]


_SIGNATURE_STEP = 13 * MM
_SIGNATURES_TOP = 4 * MM
_CODE_SIDE = 34 * MM
_CODE_CAPTION = Style(size=7.5, align="CENTER", is_grey=True)


def _signatures(snapshot: Snapshot, labels: Labels, width: float, facsimile: bytes | None) -> Panel:
    """Lay out who signs, in the left two thirds, and the code to pay by on the right."""
    seller, content = snapshot.seller, payment_qr.payload(snapshot)
    if seller.is_sole_proprietor:
        posts = [(labels.sole_proprietor, seller.director or seller.name)]
    else:
        posts = [(labels.director, seller.director), (labels.accountant, seller.accountant)]
    modules = payment_qr.modules(content) if content else ()
    height = _SIGNATURES_TOP + (len(posts) + 0.6) * _SIGNATURE_STEP
    if modules:
        height = max(height, _code_height(modules))

    def draw(canvas: Canvas) -> None:
        y = height - _SIGNATURES_TOP - 9
        for i, (post, name) in enumerate(posts):
            below = y - i * _SIGNATURE_STEP
            draw_signature(canvas, 0, below, post, printable(name), (labels.signature, labels.signatory))
        stamp_y = y - len(posts) * _SIGNATURE_STEP
        draw_text(canvas, POST_WIDTH, stamp_y, labels.stamp, Style(is_grey=True))
        if facsimile is not None:
            box = (60 * MM, min(height, 38 * MM))
            draw_facsimile(canvas, POST_WIDTH - 6 * MM, height - box[1], *box, facsimile)
        if modules:
            _draw_code(canvas, width, height, modules, labels)

    return Panel(width, height, draw)


def _code_height(modules: Sequence[bytes]) -> float:
    return _CODE_SIDE + _quiet(modules) + 4 * MM


def _quiet(modules: Sequence[bytes]) -> float:
    return QUIET_ZONE * _CODE_SIDE / len(modules)


def _draw_code(canvas: Canvas, width: float, height: float, modules: Sequence[bytes], labels: Labels) -> None:
    """Draw the code into the upper right corner, its quiet zone free, the caption under that."""
    quiet = _quiet(modules)
    x = max(SIGNATURE_WIDTH + quiet, width - _CODE_SIDE - quiet)
    y = height - quiet - _CODE_SIDE
    draw_code(canvas, x, y, _CODE_SIDE, modules)
    draw_text(canvas, x + _CODE_SIDE / 2, y - quiet - 5, labels.scan, _CODE_CAPTION)
