"""What the paper documents are laid out with: fonts, text that fits, tables and pages.

People's text is only ever a plain string: it is cleaned by ``printable``, wrapped here and drawn as it is,
never read as markup (in a reportlab ``Paragraph`` a product called ``<img src="/some/file">`` would put
that file into the PDF). Tables get their row heights and cell styles ready-made, which is what makes them
quick. Pages come out byte for byte the same wherever and whenever they are made.

Lengths are in points, ``MM`` of them make a millimetre. Importing this module loads reportlab (17 MB) and
the fonts.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any, Literal

from reportlab.lib.colors import Color, black
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import BaseDocTemplate, Flowable, Frame, PageTemplate, Table
from reportlab.platypus.tables import CellStyle

from services import formats

MM = float(mm)
REGULAR = "Document"
BOLD = "Document-Bold"
UNKNOWN = "?"
GREY = Color(0.38, 0.38, 0.38)
HAIRLINE = Color(0.55, 0.55, 0.55)
SHADE = Color(0.945, 0.945, 0.945)
LEADING = 1.22
MAX_CELL_LINES = 24
"""A cell longer than this is cut with «…»: a row never splits, so it has to fit on a page."""

_FONTS = Path(__file__).resolve().parent.parent / "fonts"


def _register(name: str, file_name: str) -> TTFont:
    font = TTFont(name, str(_FONTS / file_name))
    pdfmetrics.registerFont(font)
    return font


_FACES = {
    REGULAR: _register(REGULAR, "DejaVuSansCondensed.ttf").face,
    BOLD: _register(BOLD, "DejaVuSansCondensed-Bold.ttf").face,
}
_WIDTHS = {
    name: {chr(code): width for code, width in face.charWidths.items()} for name, face in _FACES.items()
}
_DRAWABLE = _WIDTHS[REGULAR].keys() & _WIDTHS[BOLD].keys()


class _Replacements(dict[int, int]):
    """A ``str.translate`` table that turns what the fonts cannot draw into a question mark."""

    def __missing__(self, code: int) -> int:
        self[code] = code if chr(code) in _DRAWABLE else ord(UNKNOWN)
        return self[code]


_REPLACEMENTS = _Replacements()


def printable(text: str) -> str:
    """Return people's text as one clean line of characters the fonts have; the others read «?».

    Without this reportlab draws nothing for an unknown character and says nothing.
    """
    return formats.one_line(text).translate(_REPLACEMENTS)


def text_width(text: str, font: str, size: float) -> float:
    """Return the width of ``printable`` text."""
    widths = _WIDTHS[font]
    total: float = sum([widths[character] for character in text])
    return total * size / 1000


def wrap(text: str, width: float, font: str, size: float) -> list[str]:
    """Return ``printable`` text in lines no wider than ``width``.

    It breaks at spaces, inside words that are too long, never at a no-break space. At least one line, at
    most ``MAX_CELL_LINES``, the last then ending in «…».
    """
    if text_width(text, font, size) <= width:
        return [text]
    lines = [""]
    for word in text.split(" "):
        joined = f"{lines[-1]} {word}" if lines[-1] else word
        if text_width(joined, font, size) <= width:
            lines[-1] = joined
            continue
        pieces = _pieces(word, width, font, size)
        lines[-1:] = [lines[-1], *pieces] if lines[-1] else pieces
    return lines if len(lines) <= MAX_CELL_LINES else [*lines[: MAX_CELL_LINES - 1], "…"]


def _pieces(word: str, width: float, font: str, size: float) -> list[str]:
    """Cut a word into pieces that fit, a character at a time at the narrowest."""
    widths, limit = _WIDTHS[font], width * 1000 / size
    pieces, used = [""], 0.0
    for character in word:
        if pieces[-1] and used + widths[character] > limit:
            pieces.append("")
            used = 0.0
        pieces[-1] += character
        used += widths[character]
    return pieces


Align = Literal["LEFT", "RIGHT", "CENTER"]


@dataclass(frozen=True, slots=True)
class Style:
    """How the text of a cell looks and sits; ``pad_x`` and ``pad_y`` are the space around it."""

    font: str = REGULAR
    size: float = 9
    align: Align = "LEFT"
    valign: Literal["TOP", "MIDDLE", "BOTTOM"] = "TOP"
    pad_x: float = 3
    pad_y: float = 2
    is_grey: bool = False

    @property
    def leading(self) -> float:
        """The distance between lines of text."""
        return self.size * LEADING


@cache
def _cell_style(style: Style) -> CellStyle:
    """Return reportlab's form of a style, one and the same for all cells, so that drawing sets fonts
    seldom."""
    made = CellStyle("cell")
    made.fontname, made.fontsize, made.leading = style.font, style.size, style.leading
    made.leftPadding = made.rightPadding = style.pad_x
    made.topPadding = made.bottomPadding = style.pad_y
    made.alignment, made.valign = style.align, style.valign
    made.color = GREY if style.is_grey else black
    return made


@dataclass(frozen=True, slots=True)
class Cell:
    """``printable`` text of one cell. ``span`` is over how many columns it may spread, ``None``: it never
    wraps."""

    text: str = ""
    style: Style = Style()
    span: int | None = 1


Row = Sequence[Cell]


def table(
    rows: Sequence[Row],
    widths: Sequence[float],
    commands: Sequence[Any],
    repeat: int | tuple[int, ...] = 0,
) -> Table:
    """Return a table whose rows never split.

    ``commands`` are reportlab's for lines, shades and rows that hold together; the first ``repeat`` rows, or
    those numbered so, stand again at the top of each page it runs on to.
    """
    texts, heights = [], []
    for row in rows:
        lines = [_lines(cell, widths[i:]) for i, cell in enumerate(row)]
        texts.append(["\n".join(cell_lines) for cell_lines in lines])
        heights.append(max(_height(cell.style, len(fitted)) for cell, fitted in zip(row, lines, strict=True)))
    return Table(
        texts,
        colWidths=list(widths),
        rowHeights=heights,
        style=list(commands),
        repeatRows=repeat,
        normalizedData=1,
        cellStyles=[[_cell_style(cell.style) for cell in row] for row in rows],
        hAlign="LEFT",
    )


def _lines(cell: Cell, widths: Sequence[float]) -> list[str]:
    if cell.span is None:
        return [cell.text]
    inside = sum(widths[: cell.span]) - 2 * cell.style.pad_x
    return wrap(cell.text, inside, cell.style.font, cell.style.size)


def _height(style: Style, lines: int) -> float:
    return lines * style.leading + 2 * style.pad_y


class Panel(Flowable):
    """A piece of page of known size, drawn by a function that gets the canvas with (0, 0) at its lower
    left."""

    def __init__(self, width: float, height: float, draw: Callable[[Canvas], None]) -> None:
        super().__init__()
        self.width, self.height = width, height
        self._paint = draw

    def draw(self) -> None:
        """Draw itself: reportlab calls this once it has found the place."""
        self._paint(self.canv)


def draw_text(canvas: Canvas, x: float, y: float, text: str, style: Style) -> None:
    """Draw one line of ``printable`` text from, to or around ``x``, as the style aligns it, its baseline at
    ``y``."""
    canvas.setFont(style.font, style.size)
    canvas.setFillColor(GREY if style.is_grey else black)
    draw = {"LEFT": canvas.drawString, "RIGHT": canvas.drawRightString, "CENTER": canvas.drawCentredString}
    draw[style.align](x, y, text)


def draw_rule(canvas: Canvas, x: float, y: float, width: float, thickness: float = 0.6) -> None:
    """Draw a black line to the right."""
    canvas.setStrokeColor(black)
    canvas.setLineWidth(thickness)
    canvas.line(x, y, x + width, y)


POST_WIDTH = 34 * MM
SIGNATURE_WIDTH = 112 * MM
"""From the beginning of the post to the end of the name."""

_SIGN_RULE = 32 * MM
_SIGN_CAPTION = Style(size=6.5, align="CENTER", is_grey=True)


def draw_signature(
    canvas: Canvas, x: float, y: float, post: str, name: str, captions: tuple[str, str], font_size: float = 9
) -> None:
    """Draw «post ____ name» on the baseline ``y``, with captions under the two rules.

    A name that is too long is set smaller, on up to three lines above its rule.
    """
    style = Style(size=font_size)
    name_x = x + POST_WIDTH + _SIGN_RULE + 3 * MM
    name_width = x + SIGNATURE_WIDTH - name_x
    draw_upwards(canvas, x, y, wrap(post, POST_WIDTH - 2 * MM, style.font, style.size), style)
    is_long = text_width(name, style.font, style.size) > name_width
    name_style = Style(size=font_size - 1.5 if is_long else font_size, align="CENTER")
    names = wrap(name, name_width, name_style.font, name_style.size)[:3]
    draw_upwards(canvas, name_x + name_width / 2, y, names, name_style)
    rules = ((x + POST_WIDTH, _SIGN_RULE), (name_x, name_width))
    for (start, width), caption in zip(rules, captions, strict=True):
        draw_rule(canvas, start, y - 2, width)
        draw_text(canvas, start + width / 2, y - 9, caption, _SIGN_CAPTION)


def draw_upwards(canvas: Canvas, x: float, y: float, lines: Sequence[str], style: Style) -> None:
    """Draw lines of text so that the last one stands on the baseline ``y``."""
    for i, line in enumerate(reversed(lines)):
        draw_text(canvas, x, y + i * style.leading, line, style)


@dataclass(frozen=True, slots=True)
class Paper:
    """A document's sheet: its size and margins, what stands at its foot and what its properties say.

    ``footer`` makes the foot's text of the page's number and the number of pages. ``stamp``, if any, is
    written across every page, the text shining through.
    """

    size: tuple[float, float]
    left: float
    right: float
    top: float
    bottom: float
    title: str
    author: str
    language: str
    dated: date
    footer: Callable[[int, int], str]
    stamp: str = ""

    @property
    def width(self) -> float:
        """The width between the margins."""
        return self.size[0] - self.left - self.right

    @property
    def height(self) -> float:
        """The height between the margins."""
        return self.size[1] - self.top - self.bottom


_FOOTER = Style(size=7.5, align="CENTER", is_grey=True)
_STAMP_COLOUR = Color(0.8, 0.1, 0.1, alpha=0.25)


class _Pages(Canvas):
    """A canvas that keeps its pages until the last one is known, because each foot names their number."""

    def __init__(self, paper: Paper, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._paper = paper
        self._kept: list[dict[str, Any]] = []

    def showPage(self) -> None:  # noqa: N802  reportlab's name
        """Keep the page instead of writing it."""
        self._kept.append(dict(self.__dict__))
        self._startPage()  # type: ignore[attr-defined]  # reportlab's, not in its stubs

    def save(self) -> None:
        """Write the pages, each with its foot, and the document."""
        for state in self._kept:
            self.__dict__.update(state)
            text = self._paper.footer(self.getPageNumber(), len(self._kept))
            middle = self._paper.left + self._paper.width / 2
            draw_text(self, middle, self._paper.bottom - 8 * MM, text, _FOOTER)
            super().showPage()
        super().save()


def _draw_stamp(canvas: Canvas, paper: Paper) -> None:
    size = 64
    while text_width(paper.stamp, BOLD, size) > paper.width:
        size -= 2
    canvas.saveState()
    canvas.translate(paper.size[0] / 2, paper.size[1] / 2)
    canvas.rotate(32)
    canvas.setFont(BOLD, size)
    canvas.setFillColor(_STAMP_COLOUR)
    canvas.drawCentredString(0, -size / 3, paper.stamp)
    canvas.restoreState()


_DRAWING = threading.Lock()
"""One thread draws at a time: reportlab cuts the fonts of all documents out of one reader with one position,
and two threads at it give a broken font or an ``IndexError``."""


def build(paper: Paper, story: Sequence[Flowable]) -> bytes:
    """Return the PDF of a story: the same bytes for the same input, in every process and time zone.

    The document's dates in its properties are ``paper.dated``.
    """
    output = BytesIO()
    document = BaseDocTemplate(
        output, pagesize=paper.size, title=paper.title, author=paper.author, lang=paper.language, invariant=1
    )
    frame = Frame(paper.left, paper.bottom, paper.width, paper.height, 0, 0, 0, 0, showBoundary=0)

    def end_page(canvas: Canvas, _document: BaseDocTemplate) -> None:
        if paper.stamp:
            _draw_stamp(canvas, paper)

    def make_canvas(*arguments: Any, **options: Any) -> _Pages:
        pages = _Pages(paper, *arguments, **options)
        pages.setDateFormatter(lambda *_clock: f"D:{paper.dated:%Y%m%d}000000Z")
        return pages

    document.addPageTemplates([PageTemplate(id="page", frames=[frame], onPageEnd=end_page)])
    with _DRAWING:
        document.build(list(story), canvasmaker=make_canvas)
    return output.getvalue()
