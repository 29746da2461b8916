"""«Счёт на оплату»: an A4 page or more rendered from a frozen snapshot.

No law prescribes the form; this is the one accountants are used to: bank details as on a payment order, the
two sides, the goods, the tax per rate, the sum in words, the signatures. ``render_invoice`` is pure: the
same snapshot gives the same bytes, so the file's digest proves that a copy is the one that was issued.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from reportlab.lib.pagesizes import A4
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Flowable, KeepTogether, Spacer, Table

from services import amount_words, formats
from services.document_labels import LABELS, Labels, party_details
from services.layout_pdf import (
    BOLD,
    HAIRLINE,
    MM,
    POST_WIDTH,
    SHADE,
    Cell,
    Panel,
    Paper,
    Row,
    Style,
    build,
    draw_signature,
    draw_text,
    printable,
    table,
    text_width,
)
from services.snapshot import Bank, Party, Snapshot

_NOTHING = "—"
_PLAIN = Style()
_STRONG = Style(font=BOLD)
_TITLE = Style(font=BOLD, size=14, pad_x=0, pad_y=3)
_SUBTITLE = Style(size=10, pad_x=0)
_CAPTION = Style(size=7, is_grey=True, pad_y=1.5)
_SIDE_LABEL = Style(is_grey=True, pad_x=0, pad_y=1.5)
_SIDE_NAME = Style(font=BOLD, pad_y=1.5)
_SIDE_TEXT = Style(pad_y=1.5)
_HEADER = Style(font=BOLD, size=8, align="CENTER", valign="MIDDLE", pad_y=3)
_NAME = Style(size=8.5, pad_y=2.4)
_NUMBER = replace(_NAME, align="RIGHT")
_CENTRED = replace(_NAME, align="CENTER")
_TOTAL = Style(align="RIGHT")
_TO_PAY = Style(font=BOLD, size=10, align="RIGHT", pad_y=3)
_GAP = 4 * MM


def render_invoice(snapshot: Snapshot) -> bytes:
    """Return the invoice as a PDF. Raises ``KeyError`` for a language other than ``ru`` and ``en``."""
    labels = LABELS[snapshot.language]
    paper = _paper(snapshot, labels)
    story: list[Flowable] = []
    if snapshot.bank is not None:
        story += [_bank_box(snapshot.seller, snapshot.bank, labels, paper.width), Spacer(0, _GAP)]
    story += [
        _heading(snapshot, labels, paper),
        Spacer(0, _GAP / 2),
        _sides(snapshot, labels, paper.width),
        Spacer(0, _GAP),
        _goods(snapshot, labels, paper.width),
        KeepTogether([Spacer(0, _GAP), *_closing(snapshot, labels, paper.width)]),
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


def _plain(text: str, span: int = 1) -> Cell:
    return Cell(printable(text), _PLAIN, span)


def _heading(snapshot: Snapshot, labels: Labels, paper: Paper) -> Table:
    rows = [[Cell(paper.title, _TITLE)]]
    if snapshot.revision:
        rows.append([Cell(labels.revision.format(revision=snapshot.revision), _SUBTITLE)])
    return table(rows, (paper.width,), [("LINEBELOW", (0, -1), (-1, -1), 1.4, "black")])


def _sides(snapshot: Snapshot, labels: Labels, width: float) -> Table:
    """Lay out who sells, who buys, on what ground, where to and until when."""
    label_width = 24 * MM
    rows: list[Row] = []
    for label, side in ((labels.seller, snapshot.seller), (labels.buyer, snapshot.buyer)):
        rows += [_side_row(label, side.name, _SIDE_NAME), _side_row("", party_details(side, labels))]
    language = snapshot.language
    order_date = formats.date_short(snapshot.order_date, language)
    basis = labels.order.format(number=snapshot.order_number, date=order_date)
    delivery_on = formats.date_short(snapshot.delivery_on, language) if snapshot.delivery_on else ""
    delivery = ", ".join(filter(None, (snapshot.delivery_address, delivery_on)))
    pay_until = formats.date_short(snapshot.pay_until, language) if snapshot.pay_until else ""
    rows += [
        _side_row(labels.basis, basis),
        _side_row(labels.delivery, delivery),
        _side_row(labels.pay_until, pay_until, _SIDE_NAME),
    ]
    filled = [row for row in rows if row[1].text]
    return table(filled, (label_width, width - label_width), [])


def _side_row(label: str, text: str, style: Style = _SIDE_TEXT) -> Row:
    return (Cell(label, _SIDE_LABEL), Cell(printable(text), style))


@dataclass(frozen=True, slots=True)
class _Column:
    """One column of the goods: its caption, its cells, and how wide it is before a number asks for more."""

    caption: str
    texts: list[str]
    style: Style
    minimum: float
    wraps: bool = False

    @property
    def width(self) -> float:
        """What the widest number takes; a column that wraps keeps to its minimum."""
        if self.wraps:
            return self.minimum
        widest = max((text_width(text, self.style.font, self.style.size) for text in self.texts), default=0)
        return max(self.minimum, widest + 2 * self.style.pad_x)

    def cells(self) -> list[Cell]:
        """Return the cells under the caption."""
        span = 1 if self.wraps else None
        return [Cell(text, self.style, span) for text in self.texts]


def _columns(snapshot: Snapshot, labels: Labels, width: float, totals: Sequence[Cell]) -> list[_Column]:
    """Return the columns; the name takes what the others leave, and a seller outside VAT has no column for
    it."""
    lines, language = snapshot.lines, snapshot.language
    tax = "" if not snapshot.has_vat else labels.with_vat if snapshot.vat_included else labels.without_vat
    money = f"{tax},{formats.NBSP}{formats.currency_sign(snapshot.currency)}"
    widest_total = (
        max(text_width(cell.text, cell.style.font, cell.style.size) for cell in totals) + 2 * _TOTAL.pad_x
    )
    sums = [line.total if snapshot.vat_included else line.net for line in lines]
    rates = [formats.vat_rate(line.vat_rate, language) for line in lines]
    numbers = [
        _Column("№", [str(line.position) for line in lines], _CENTRED, 7 * MM),
        _Column(labels.quantity, _quantities(snapshot), _NUMBER, 14 * MM),
        _Column(labels.unit, [printable(line.unit) for line in lines], _CENTRED, 14 * MM, wraps=True),
        _Column(
            f"{labels.price}{money}",
            _amounts(snapshot, [line.price for line in lines]),
            _NUMBER,
            20 * MM,
        ),
        _Column(labels.vat, rates, _CENTRED, 11 * MM),
        _Column(f"{labels.amount}{money}", _amounts(snapshot, sums), _NUMBER, max(22 * MM, widest_total)),
    ]
    if not snapshot.has_vat:
        del numbers[4]
    rest = width - sum(column.width for column in numbers)
    name = _Column(labels.goods, [printable(line.name) for line in lines], _NAME, rest, wraps=True)
    return [numbers[0], name, *numbers[1:]]


def _quantities(snapshot: Snapshot) -> list[str]:
    return [formats.quantity(line.quantity, snapshot.language) for line in snapshot.lines]


def _amounts(snapshot: Snapshot, amounts: Sequence[int]) -> list[str]:
    return [formats.amount(minor, snapshot.language) for minor in amounts]


def _goods(snapshot: Snapshot, labels: Labels, width: float) -> Table:
    """Lay out the lines and, in the same table, the totals: so the last line can be kept with them."""
    totals = _totals(snapshot, labels)
    columns = _columns(snapshot, labels, width, [value for _, value in totals])
    header = [Cell(column.caption, _HEADER) for column in columns]
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
            pairs.append((Cell(labels.no_vat, _TOTAL, None), Cell(_NOTHING, _TOTAL, None)))
        else:
            label = labels.including_vat if snapshot.vat_included else labels.plus_vat
            rate = formats.vat_rate(part.rate, snapshot.language)
            pairs.append(_total(label.format(rate=rate), part.vat, snapshot))
    return [*pairs, _total(labels.to_pay, snapshot.total, snapshot, _TO_PAY)]


def _total(label: str, minor: int, snapshot: Snapshot, style: Style = _TOTAL) -> tuple[Cell, Cell]:
    return (Cell(label, style, None), Cell(formats.amount(minor, snapshot.language), style, None))


def _closing(snapshot: Snapshot, labels: Labels, width: float) -> list[Flowable]:
    """Lay out the sum in words and the signatures, which stay on one page."""
    total = formats.money(snapshot.total, snapshot.currency, snapshot.language)
    summary = labels.summary.format(positions=len(snapshot.lines), total=total)
    words = amount_words.in_words(snapshot.total, snapshot.currency, snapshot.language)
    rows = [[Cell(printable(summary), Style(pad_x=0))], [Cell(words, Style(font=BOLD, pad_x=0))]]
    text = table(rows, (width,), [("LINEBELOW", (0, -1), (-1, -1), 1.4, "black")])
    return [text, Spacer(0, 2 * _GAP), _signatures(snapshot.seller, labels, width)]


_SIGNATURE_STEP = 13 * MM


def _signatures(seller: Party, labels: Labels, width: float) -> Panel:
    """Lay out who signs, in the left two thirds: the rest of the strip is free for a code to scan."""
    if seller.is_sole_proprietor:
        posts = [(labels.sole_proprietor, seller.director or seller.name)]
    else:
        posts = [(labels.director, seller.director), (labels.accountant, seller.accountant)]
    height = (len(posts) + 0.6) * _SIGNATURE_STEP

    def draw(canvas: Canvas) -> None:
        for i, (post, name) in enumerate(posts):
            y = height - i * _SIGNATURE_STEP - 9
            draw_signature(canvas, 0, y, post, printable(name), (labels.signature, labels.signatory))
        draw_text(canvas, POST_WIDTH, 3, labels.stamp, Style(is_grey=True))

    return Panel(width, height, draw)
