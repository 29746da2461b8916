"""«Товарная накладная»: an A4 sheet or more, sideways, with what was loaded and who hands it to whom.

A form of our own with what article 9 of 402-ФЗ asks of a primary document: its name and date, both sides,
the goods in kind and money, the posts, names and signatures. The delivery is a service and is not on it.
``render_waybill`` is pure: the same snapshot gives the same bytes.
"""

from __future__ import annotations

from typing import Any

from reportlab.lib.pagesizes import A4, landscape
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Flowable, KeepTogether, Spacer, Table

from services import amount_words, formats
from services.document_labels import LABELS, Labels, party_details
from services.layout_pdf import (
    BOLD,
    HAIRLINE,
    MM,
    SHADE,
    Cell,
    Panel,
    Paper,
    Style,
    build,
    draw_rule,
    draw_text,
    draw_upwards,
    printable,
    table,
    text_width,
    wrap,
)
from services.money import half_up
from services.parts_pdf import (
    CENTRED,
    GAP,
    HEADER,
    NOTHING,
    NUMBER,
    SIDE_TEXT,
    TEXT,
    Column,
    amounts,
    basis,
    delivery,
    facts,
    heading,
    quantities,
    widest,
)
from services.snapshot import Party, Snapshot, SnapshotLine

_TOTAL = Style(font=BOLD, size=8.5, align="RIGHT", pad_y=2.4)
_NOTE = Style(size=8, is_grey=True, pad_x=0)
_WORDS = Style(pad_x=0)
_STRONG_WORDS = Style(font=BOLD, pad_x=0)


def render_waybill(snapshot: Snapshot) -> bytes:
    """Return the waybill as a PDF. Raises ``KeyError`` for a language other than ``ru`` and ``en``."""
    labels = LABELS[snapshot.language]
    paper = _paper(snapshot, labels)
    story: list[Flowable] = [
        heading(snapshot, labels, paper),
        Spacer(0, GAP / 2),
        _sides(snapshot, labels, paper.width),
        Spacer(0, GAP / 2),
        _goods(snapshot, labels, paper.width),
        KeepTogether([Spacer(0, GAP / 2), *_closing(snapshot, labels, paper.width)]),
    ]
    return build(paper, story)


def _paper(snapshot: Snapshot, labels: Labels) -> Paper:
    number, language = printable(snapshot.label), snapshot.language
    issued = formats.date_short(snapshot.issued_on, language)
    return Paper(
        size=landscape(A4),
        left=12 * MM,
        right=12 * MM,
        top=12 * MM,
        bottom=15 * MM,
        title=labels.waybill_title.format(label=number, date=formats.date_long(snapshot.issued_on, language)),
        author=printable(snapshot.seller.name),
        language=language,
        dated=snapshot.issued_on,
        footer=lambda page, pages: labels.waybill_footer.format(
            label=number, date=issued, page=page, pages=pages
        ),
        stamp=labels.cancelled if snapshot.is_cancelled else "",
    )


def _sides(snapshot: Snapshot, labels: Labels, width: float) -> Table:
    rows = [
        (labels.consignor, _party(snapshot.seller, labels), SIDE_TEXT),
        (labels.consignee, _party(snapshot.buyer, labels), SIDE_TEXT),
        (labels.basis, basis(snapshot, labels), SIDE_TEXT),
        delivery(snapshot, labels),
    ]
    return facts(rows, width, 52 * MM)


def _party(party: Party, labels: Labels) -> str:
    return ", ".join(filter(None, (party.name, party_details(party, labels)))) or NOTHING


def _net_price(line: SnapshotLine, *, included: bool) -> int:
    """Return the price without VAT, to the kopeck: for reading, the sums come from the line."""
    if not included or line.vat_rate is None:
        return line.price
    return half_up(line.price * 100, 100 + line.vat_rate)


def _columns(snapshot: Snapshot, labels: Labels, width: float) -> list[Column]:
    """Return the columns of what was loaded; the name takes what the others leave."""
    lines, language, totals = snapshot.goods, snapshot.language, _totals(snapshot)
    rates = [NOTHING if line.vat_rate is None else str(line.vat_rate) for line in lines]
    prices = [_net_price(line, included=snapshot.vat_included) for line in lines]
    columns = [
        Column(labels.position, [str(i) for i in range(1, len(lines) + 1)], CENTRED, 8 * MM),
        Column(labels.code, [printable(line.sku) for line in lines], TEXT, 22 * MM, wraps=True),
        Column(labels.unit, [printable(line.unit) for line in lines], CENTRED, 14 * MM, wraps=True),
        Column(labels.okei, [line.okei or NOTHING for line in lines], CENTRED, 13 * MM),
        Column(labels.quantity, quantities(lines, language), NUMBER, 17 * MM),
        Column(labels.price_net, amounts(prices, language), NUMBER, 22 * MM),
        Column(
            labels.sum_net,
            amounts([line.net for line in lines], language),
            NUMBER,
            max(26 * MM, widest(totals[:1])),
        ),
        Column(labels.vat_percent, rates, CENTRED, 12 * MM),
        Column(
            labels.vat_sum,
            [_vat_sum(line, language) for line in lines],
            NUMBER,
            max(22 * MM, widest(totals[1:2])),
        ),
        Column(
            labels.sum_gross,
            amounts([line.total for line in lines], language),
            NUMBER,
            max(26 * MM, widest(totals[2:])),
        ),
    ]
    rest = width - sum(column.width for column in columns)
    name = Column(labels.name, [printable(line.name) for line in lines], TEXT, rest, wraps=True)
    return [*columns[:2], name, *columns[2:]]


def _vat_sum(line: SnapshotLine, language: str) -> str:
    return NOTHING if line.vat_rate is None else formats.amount(line.vat, language)


def _totals(snapshot: Snapshot) -> list[Cell]:
    """Return the goods' sum without VAT, their VAT and their sum with it."""
    language = snapshot.language
    has_vat = any(line.vat_rate is not None for line in snapshot.goods)
    tax = formats.amount(snapshot.goods_vat, language) if has_vat else NOTHING
    net, gross = amounts([snapshot.goods_net, snapshot.goods_total], language)
    return [Cell(text, _TOTAL, None) for text in (net, tax, gross)]


def _goods(snapshot: Snapshot, labels: Labels, width: float) -> Table:
    """Lay out the lines and, in the same table, their sums: so the last line can be kept with them."""
    columns = _columns(snapshot, labels, width)
    header = [Cell(column.caption, HEADER) for column in columns]
    lines = list(zip(*(column.cells() for column in columns), strict=True))
    net, tax, gross = _totals(snapshot)
    blank = Cell(span=None)
    sums = [*[blank] * 6, Cell(labels.subtotal, _TOTAL, None), net, blank, tax, gross]
    last = len(lines)
    commands: list[Any] = [
        ("GRID", (0, 0), (-1, last), 0.4, HAIRLINE),
        ("GRID", (7, -1), (-1, -1), 0.4, HAIRLINE),
        ("BACKGROUND", (0, 0), (-1, 0), SHADE),
        ("NOSPLIT", (0, max(last, 1)), (0, -1)),
    ]
    return table([header, *lines, sums], [column.width for column in columns], commands, repeat=1)


def _closing(snapshot: Snapshot, labels: Labels, width: float) -> list[Flowable]:
    """Lay out why the invoice comes to more, the sums in words and the signatures, on one page."""
    language, currency = snapshot.language, snapshot.currency
    positions = len(snapshot.goods)
    summary = labels.waybill_summary.format(
        words=amount_words.number_in_words(positions, language),
        positions=positions,
        total=formats.money(snapshot.goods_total, currency, language),
    )
    words = amount_words.in_words(snapshot.goods_total, currency, language)
    rows = [[Cell(printable(summary), _WORDS)], [Cell(words, _STRONG_WORDS)]]
    if snapshot.delivery_total:
        fee = formats.money(snapshot.delivery_total, currency, language)
        rows.insert(0, [Cell(labels.no_delivery.format(total=fee), _NOTE)])
    text = table(rows, (width,), [("LINEBELOW", (0, -1), (-1, -1), 1.4, "black")])
    return [text, Spacer(0, GAP / 2), _signatures(snapshot, labels, width)]


_STEP = 9.5 * MM
_WHO = 38 * MM
_POST = 30 * MM
_SIGN = 22 * MM
_BETWEEN = 2 * MM
_SMALL = Style(size=6.5, align="CENTER", is_grey=True)
_SIGNED = Style(size=8.5)


def _signatures(snapshot: Snapshot, labels: Labels, width: float) -> Panel:
    """Lay out who lets the goods go on the left and who takes them on the right."""
    seller = snapshot.seller
    left: list[tuple[str, str | None, str]]
    if seller.is_sole_proprietor:
        left = [(labels.released_by, labels.sole_proprietor, seller.director or seller.name)]
    else:
        left = [
            (labels.released_by, labels.director, seller.director),
            (labels.accountant, None, seller.accountant),
        ]
    left.append((labels.handed_over_by, labels.storekeeper, snapshot.storekeeper))
    right: list[tuple[str, str | None, str]] = [(labels.accepted_by, "", ""), (labels.received_by, "", "")]
    half = (width - 12 * MM) / 2
    height = 3.3 * _STEP + 23
    date = formats.date_long(snapshot.issued_on, snapshot.language)

    def draw(canvas: Canvas) -> None:
        top = height - 18
        for i, row in enumerate(left):
            _draw_signer(canvas, 0, top - 1.2 * i * _STEP, half, row, labels)
        x = half + 12 * MM
        _draw_blank(canvas, x, top, half, labels.warrant, labels.day)
        _draw_blank(canvas, x, top - 0.65 * _STEP, half, labels.issued_to)
        for i, row in enumerate(right):
            _draw_signer(canvas, x, top - (1.5 + i) * _STEP, half, row, labels)
        for at, day in ((0.0, date), (x, labels.day)):
            draw_text(canvas, at + _WHO, 4, labels.stamp, Style(is_grey=True))
            draw_text(canvas, at + half, 4, day, Style(size=8.5, align="RIGHT"))

    return Panel(width, height, draw)


def _draw_blank(canvas: Canvas, x: float, y: float, width: float, before: str, after: str = "") -> None:
    """Draw «По доверенности № ____ «__» ____ 20__ г.» to be filled in by hand."""
    draw_text(canvas, x, y, before, _SIGNED)
    draw_text(canvas, x + width, y, after, Style(size=8.5, align="RIGHT"))
    taken = text_width(after, _SIGNED.font, _SIGNED.size) + 2 * MM if after else 0
    draw_rule(canvas, x + _WHO, y - 2, width - _WHO - taken)


def _draw_signer(
    canvas: Canvas, x: float, y: float, width: float, row: tuple[str, str | None, str], labels: Labels
) -> None:
    """Draw «who | post | signature | name» on the baseline ``y``, each on its rule with its caption.

    Without a post (None: who it is says it) there is no rule for it.
    """
    who, post, name = row
    name_width = width - _WHO - _POST - _SIGN - 2 * _BETWEEN
    draw_upwards(canvas, x, y, wrap(who, _WHO - _BETWEEN, _SIGNED.font, _SIGNED.size), _SIGNED)
    fields = ((_POST, post, labels.post), (_SIGN, "", labels.signature), (name_width, name, labels.signatory))
    at = x + _WHO
    for field_width, text, caption in fields:
        if text is not None:
            draw_rule(canvas, at, y - 2, field_width)
            draw_text(canvas, at + field_width / 2, y - 8.5, caption, _SMALL)
            _draw_fitted(canvas, at + field_width / 2, y, field_width, printable(text))
        at += field_width + _BETWEEN


def _draw_fitted(canvas: Canvas, middle: float, y: float, width: float, text: str) -> None:
    """Draw text above a rule; one that is too long is set smaller, on up to three lines."""
    for size, most in ((8.5, 1), (7.0, 3)):
        lines = wrap(text, width, _SIGNED.font, size)
        if len(lines) <= most:
            break
    draw_upwards(canvas, middle, y, lines[:3], Style(size=size, align="CENTER"))
