"""The loading sheet on A4: what to fetch from the shelves, then what goes to whom, with boxes to tick.

Each order is one table. One of at most half a page is never split; of a longer one the heading and the first
lines hold together, and the heading and the captions stand again where it goes on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from reportlab.lib.pagesizes import A4
from reportlab.platypus import CondPageBreak, Flowable, Spacer, Table

from services import formats, quantities
from services.layout_pdf import (
    BOLD,
    HAIRLINE,
    MM,
    SHADE,
    Align,
    Cell,
    Paper,
    Row,
    Style,
    build,
    printable,
    table,
)
from services.loading_sheet import Sheet, SheetLine, SheetOrder
from services.loading_sheet_labels import LABELS, Labels
from services.weights import Weight

_TITLE = Style(font=BOLD, size=14, pad_x=0, pad_y=3)
_SECTION = Style(font=BOLD, size=11, pad_x=0, pad_y=3)
_FACT = Style(is_grey=True, pad_x=0, pad_y=1.5)
_VALUE = Style(pad_y=1.5)
_WARNING = Style(font=BOLD, size=10, pad_x=0, pad_y=3)
_CAPTION = Style(size=7.5, pad_y=2, is_grey=True)
_ORDER = Style(font=BOLD, size=10.5, pad_y=3)
_WINDOW = replace(_ORDER, align="RIGHT")
_WHERE = Style(pad_y=1.5)
_NOTE = Style(font=BOLD, size=8.5, pad_y=1.5)
_NAME = Style(size=8.5, pad_y=2.2)
_SKU = Style(size=7.5, pad_y=2.9, is_grey=True)
_POSITION = replace(_SKU, align="CENTER")
_NUMBER = replace(_NAME, align="RIGHT")
_PACKAGES = replace(_NUMBER, font=BOLD)
_BOX = Style(size=11, align="CENTER", valign="MIDDLE", pad_y=0.5)
_TOTAL = Style(font=BOLD, size=9, align="RIGHT", pad_y=3)
_ROOM = Style(size=7, pad_y=0)
_SIGN = Style(size=8.5, pad_y=2)
_SIGN_RIGHT = replace(_SIGN, align="RIGHT")
_SUM = Style(font=BOLD, size=8.5, align="RIGHT", pad_y=2)
_GAP = 4 * MM
_MARGIN = 12 * MM
_WIDTHS = tuple(width * MM for width in (8, 18, 68, 20, 40, 18, 14))
_LAST = len(_WIDTHS) - 1
_FIRST_LINES = 3
_EMPTY_BOX, _TICKED_BOX = "☐", "☑"
_EMPTY = Cell(span=None)


def render(sheet: Sheet, language: str) -> bytes:
    """Return the sheet as a PDF. Raises ``KeyError`` for a language other than ``ru`` and ``en``."""
    labels = LABELS[language]
    paper = _paper(sheet, labels, language)
    story: list[Flowable] = [*_heading(sheet, labels, language, paper.width), Spacer(0, _GAP)]
    if not sheet.orders:
        return build(paper, [*story, _line_of_text(labels.nothing, _VALUE, paper.width)])
    story += [_line_of_text(labels.by_product, _SECTION, paper.width), _products(sheet, labels, language)]
    story += [Spacer(0, 2 * _GAP)]
    orders = [_order(order, sheet, labels, language) for order in sheet.orders]
    half = paper.height / 2
    heights = [drawn.wrap(paper.width, paper.height)[1] for drawn in orders]
    # The word «Заказы» stays with the first of them.
    story += [CondPageBreak(min(heights[0], half) + 2 * _GAP)]
    story += [_line_of_text(labels.by_order, _SECTION, paper.width)]
    for drawn, height in zip(orders, heights, strict=True):
        story += [CondPageBreak(height if height <= half else 0), drawn, Spacer(0, _GAP)]
    return build(paper, story[:-1])


def _paper(sheet: Sheet, labels: Labels, language: str) -> Paper:
    what = " · ".join(
        filter(
            None,
            (
                _day(sheet, language),
                str(sheet.span) if sheet.span is not None else "",
                sheet.truck.plate if sheet.truck is not None else "",
            ),
        )
    )
    return Paper(
        size=A4,
        left=_MARGIN,
        right=_MARGIN,
        top=_MARGIN,
        bottom=18 * MM,
        title=f"{labels.title} · {what}",
        author=printable(sheet.warehouse),
        language=language,
        dated=sheet.day,
        footer=lambda page, pages: labels.footer.format(what=what, page=page, pages=pages),
    )


def _day(sheet: Sheet, language: str) -> str:
    return f"{formats.weekday_short(sheet.day, language)} {formats.date_short(sheet.day, language)}"


def _heading(sheet: Sheet, labels: Labels, language: str, width: float) -> list[Flowable]:
    """Lay out the title and what the sheet is for."""
    facts = [
        (labels.warehouse, sheet.warehouse),
        (labels.day, _day(sheet, language)),
        (labels.window, str(sheet.span) if sheet.span is not None else labels.whole_day),
    ]
    if sheet.truck is not None:
        capacity = _kilograms(Weight(sheet.truck.capacity_grams), labels, language)
        facts.append((labels.vehicle, labels.capacity.format(plate=sheet.truck.plate, capacity=capacity)))
        driver = ", ".join(filter(None, (sheet.truck.driver, sheet.truck.phone)))
        facts.append((labels.driver, driver or "________________________"))
    facts += [
        (labels.orders, formats.quantity(len(sheet.orders) * 1000, language)),
        (labels.weight, _kilograms(sheet.weight, labels, language)),
    ]
    rows: list[Row] = [
        (Cell(label, _FACT), Cell(printable(value), _VALUE)) for label, value in facts if value
    ]
    parts = [
        table([[Cell(labels.title, _TITLE)]], (width,), [("LINEBELOW", (0, -1), (-1, -1), 1.4, "black")]),
        Spacer(0, _GAP / 2),
        table(rows, (26 * MM, width - 26 * MM), []),
    ]
    return [*parts, *(_line_of_text(text, _WARNING, width) for text in _warnings(sheet, labels, language))]


def _warnings(sheet: Sheet, labels: Labels, language: str) -> list[str]:
    found = []
    if sheet.truck is not None and sheet.is_over:
        capacity = Weight(sheet.truck.capacity_grams)
        found.append(
            labels.overload.format(
                weight=_kilograms(Weight(sheet.weight.grams), labels, language),
                capacity=_kilograms(capacity, labels, language),
            )
        )
    if sheet.left_out:
        found.append(labels.left_out.format(count=sheet.left_out))
    return found


def _kilograms(weight: Weight, labels: Labels, language: str) -> str:
    words = labels.kilograms if weight.is_whole else labels.at_least
    return words.format(weight=formats.quantity(weight.grams, language))


def _line_of_text(text: str, style: Style, width: float) -> Table:
    return table([[Cell(printable(text), style)]], (width,), [])


def _products(sheet: Sheet, labels: Labels, language: str) -> Table:
    """Lay out the sums by product, the total weight under them."""
    lines = _line_rows(sheet.products, language, is_loaded=False)
    rows = [_captions(labels), *lines, _total(sheet.weight, labels, language)]
    last = len(lines)
    commands = [*_grid(0, last), ("NOSPLIT", (0, max(last, 1)), (0, -1))]
    return table(rows, _WIDTHS, commands, repeat=1)


def _order(order: SheetOrder, sheet: Sheet, labels: Labels, language: str) -> Table:
    """Lay out an order: whose, where to, its lines, its weight, room for two signatures."""
    head = _order_head(order, sheet, labels)
    captions = len(head)
    lines = _line_rows(order.lines, language, is_loaded=order.is_loaded)
    tail = _signatures(order.weight, labels, language)
    last = captions + len(lines)
    commands: list[Any] = [
        *_grid(captions, last),
        ("BACKGROUND", (0, 0), (-1, 0), SHADE),
        ("LINEABOVE", (0, 0), (-1, 0), 1, "black"),
        # The rules to sign on.
        *(("LINEBELOW", (column, -1), (column, -1), 0.6, "black") for column in (2, 4)),
        ("NOSPLIT", (0, 0), (0, min(captions + _FIRST_LINES, last))),
        ("NOSPLIT", (0, max(last, captions)), (0, -1)),
    ]
    return table([*head, _captions(labels), *lines, *tail], _WIDTHS, commands, repeat=(0, captions))


def _order_head(order: SheetOrder, sheet: Sheet, labels: Labels) -> list[Row]:
    """Return the rows above an order's captions, each over the whole width."""
    title = labels.order.format(number=order.number, customer=printable(order.customer))
    facts = [str(order.span), labels.is_loaded if order.is_loaded else ""]
    if sheet.truck is None:
        facts.append(order.plate or "")
    where = order.address if order.address is not None else labels.pickup
    whom = ", ".join(filter(None, (order.contact, order.phone)))
    rows = [_wide(" · ".join(filter(None, (where, whom))), _WHERE)]
    rows += [_wide(labels.note.format(note=note), _NOTE) for note in order.notes]
    right = Cell(" · ".join(filter(None, facts)), _WINDOW, span=None)
    # The window stands at the right edge, over the last three columns.
    return [(Cell(title, _ORDER, span=4), *[_EMPTY] * (_LAST - 1), right), *rows]


def _wide(text: str, style: Style) -> Row:
    return (Cell(printable(text), style, span=len(_WIDTHS)), *[_EMPTY] * _LAST)


def _captions(labels: Labels) -> Row:
    texts = ("№", labels.sku, labels.name, labels.quantity, labels.packages, labels.kg, labels.loaded)
    aligns: tuple[Align, ...] = ("CENTER", "LEFT", "LEFT", "RIGHT", "RIGHT", "RIGHT", "CENTER")
    return [Cell(text, replace(_CAPTION, align=align)) for text, align in zip(texts, aligns, strict=True)]


def _line_rows(lines: Sequence[SheetLine], language: str, *, is_loaded: bool) -> list[Row]:
    box = Cell(_TICKED_BOX if is_loaded else _EMPTY_BOX, _BOX, span=None)
    return [_line_row(number, line, language, box) for number, line in enumerate(lines, 1)]


def _line_row(number: int, line: SheetLine, language: str, box: Cell) -> Row:
    in_base = f"{formats.quantity(line.quantity, language)}{formats.NBSP}{line.unit}"
    packed = quantities.packed(line.quantity, line.units, language)
    return (
        Cell(str(number), _POSITION, span=None),
        Cell(printable(line.sku), _SKU),
        Cell(printable(line.name), _NAME),
        Cell(printable(in_base), _NUMBER),
        Cell(printable(packed) if packed != in_base else "", _PACKAGES),
        Cell(_in_column(line.weight, language), _NUMBER, span=None),
        box,
    )


def _in_column(weight: Weight, language: str) -> str:
    """Return «12,5», «≥ 12,5» when some of it is not known, «?» when nothing is."""
    known = formats.quantity(weight.grams, language)
    return known if weight.is_whole else f"≥{formats.NBSP}{known}" if weight.grams else "?"


def _total(weight: Weight, labels: Labels, language: str) -> Row:
    text = f"{labels.total}: {_kilograms(weight, labels, language)}"
    return (*[_EMPTY] * (_LAST - 1), Cell(text, _TOTAL, span=None), _EMPTY)


def _signatures(weight: Weight, labels: Labels, language: str) -> list[Row]:
    """Return the row an order ends with, and the room to sign above it: two names, and its weight in the
    column of weights."""
    gave, took = Cell(labels.gave, _SIGN, span=None), Cell(labels.took, _SIGN_RIGHT, span=None)
    total = Cell(_in_column(weight, language), _SUM, span=None)
    return [
        [Cell(style=_ROOM, span=None)] * len(_WIDTHS),
        (gave, _EMPTY, _EMPTY, took, _EMPTY, total, _EMPTY),
    ]


def _grid(captions: int, last: int) -> list[Any]:
    """Return the commands for the captions' shade and the lines between rows ``captions`` and ``last``."""
    return [
        ("LINEBELOW", (0, captions), (-1, last), 0.4, HAIRLINE),
        ("LINEABOVE", (0, captions), (-1, captions), 0.4, HAIRLINE),
    ]
