"""What the invoice and the waybill have in common: heading, sides, columns of goods, a code, a facsimile."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from io import BytesIO

from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Table

from services import formats
from services.document_labels import Labels
from services.layout_pdf import (
    BOLD,
    MM,
    Cell,
    Paper,
    Row,
    Style,
    printable,
    table,
    text_width,
)
from services.snapshot import Snapshot, SnapshotLine

NOTHING = "—"
GAP = 4 * MM
TITLE = Style(font=BOLD, size=14, pad_x=0, pad_y=3)
SUBTITLE = Style(size=10, pad_x=0)
SIDE_LABEL = Style(is_grey=True, pad_x=0, pad_y=1.5)
SIDE_NAME = Style(font=BOLD, pad_y=1.5)
SIDE_TEXT = Style(pad_y=1.5)
HEADER = Style(font=BOLD, size=8, align="CENTER", valign="MIDDLE", pad_y=3)
TEXT = Style(size=8.5, pad_y=2.4)
NUMBER = replace(TEXT, align="RIGHT")
CENTRED = replace(TEXT, align="CENTER")


def heading(snapshot: Snapshot, labels: Labels, paper: Paper) -> Table:
    """Lay out the title and, under it, which correction it is."""
    rows = [[Cell(paper.title, TITLE)]]
    if snapshot.revision:
        day = snapshot.revised_on or snapshot.issued_on
        date = formats.date_long(day, snapshot.language)
        rows.append([Cell(labels.revision.format(revision=snapshot.revision, date=date), SUBTITLE)])
    return table(rows, (paper.width,), [("LINEBELOW", (0, -1), (-1, -1), 1.4, "black")])


def facts(rows: Sequence[tuple[str, str, Style]], width: float, label_width: float) -> Table:
    """Lay out labels with what they stand for; a fact that is empty leaves no label behind."""
    filled: list[Row] = [
        (Cell(label, SIDE_LABEL), Cell(printable(text), style)) for label, text, style in rows if text
    ]
    return table(filled, (label_width, width - label_width), [])


def delivery(snapshot: Snapshot, labels: Labels) -> tuple[str, str, Style]:
    """Return the fact when and where to the goods go, or when and where from they are fetched."""
    label, both = labels.delivery, labels.delivery_on
    if snapshot.is_pickup:
        label, both = labels.pickup, labels.pickup_on
    day = formats.date_short(snapshot.delivery_on, snapshot.language) if snapshot.delivery_on else ""
    if day and snapshot.delivery_address:
        return (label, both.format(date=day, address=snapshot.delivery_address), SIDE_TEXT)
    return (label, day or snapshot.delivery_address, SIDE_TEXT)


def basis(snapshot: Snapshot, labels: Labels) -> str:
    """Return which order it is made of."""
    day = formats.date_short(snapshot.order_date, snapshot.language)
    return labels.order.format(number=snapshot.order_number, date=day)


@dataclass(frozen=True, slots=True)
class Column:
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


def widest(cells: Sequence[Cell]) -> float:
    """Return how wide a column must be for these cells not to wrap."""
    return max(
        (text_width(cell.text, cell.style.font, cell.style.size) + 2 * cell.style.pad_x for cell in cells),
        default=0,
    )


def quantities(lines: Sequence[SnapshotLine], language: str) -> list[str]:
    """Return the lines' quantities as printed."""
    return [formats.quantity(line.quantity, language) for line in lines]


def amounts(minors: Sequence[int], language: str) -> list[str]:
    """Return sums as printed, without the currency."""
    return [formats.amount(minor, language) for minor in minors]


QUIET_ZONE = 4
"""Light modules a scanner wants around a code."""


class _Squares:
    """A path of rectangles ready for the canvas: its own takes a millisecond for each hundred of them."""

    def __init__(self, rows: Sequence[bytes]) -> None:
        self._rows = rows

    def getCode(self) -> str:  # noqa: N802  reportlab's name
        """Return the path in PDF's words, one rectangle for each run of dark modules."""
        return "\n".join(
            f"{run.start()} {-i} {run.end() - run.start()} -1 re"
            for i, row in enumerate(self._rows)
            for run in re.finditer(b"\x01+", row)
        )


def draw_code(canvas: Canvas, x: float, y: float, side: float, rows: Sequence[bytes]) -> None:
    """Draw a code of ``rows`` of modules, ``side`` wide, its lower left corner at ``x``, ``y``."""
    canvas.saveState()
    canvas.translate(x, y + side)
    canvas.scale(side / len(rows), side / len(rows))
    canvas.setFillColor("black")
    canvas.drawPath(_Squares(rows), stroke=0, fill=1)
    canvas.restoreState()


def draw_facsimile(canvas: Canvas, x: float, y: float, width: float, height: float, png: bytes) -> None:
    """Draw a picture of signature and seal inside a box, as large as fits, in its upper left."""
    picture = ImageReader(BytesIO(png))
    canvas.drawImage(picture, x, y, width, height, mask="auto", preserveAspectRatio=True, anchor="nw")
