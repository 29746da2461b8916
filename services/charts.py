"""Charts as PNG for a phone's screen: bars over time beside the period before, and the ten largest.

Everything is drawn twice as large and brought down, which is what makes edges and letters smooth. Words come
ready-made; sizes are in pixels of the picture. Importing this module loads Pillow.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import NamedTuple

from PIL import Image, ImageDraw, ImageFont

from services import formats

WIDTH = 1080
SCALE = 2
MARGIN = 56
BARS_HEIGHT = 1080
ROW_HEIGHT, ROWS_TOP = 98, 328
MOST_ROWS = 10
TICKS = 4

WHITE, INK, MUTED, GRID = "#FFFFFF", "#1B2430", "#66717F", "#E4E8ED"
NOW, BEFORE, TRACK = "#2F6FDE", "#C9D6EA", "#EEF2F7"
RISE, FALL = "#1E8E4E", "#C8372D"
_FONTS = Path(__file__).resolve().parent.parent / "fonts"


@dataclass(frozen=True, slots=True)
class Heading:
    """What stands above a chart; ``is_rise`` colours the change, None leaves it grey."""

    title: str
    subtitle: str
    figure: str
    change: str = ""
    is_rise: bool | None = None


class Group(NamedTuple):
    """The bar of a period and of the one before, with the label below; None where there is no such bar."""

    label: str
    now: int | None
    before: int | None


@dataclass(frozen=True, slots=True)
class BarChart:
    """Bars over time. ``worded`` writes a value at the axis; ``empty`` is said when all are zero."""

    heading: Heading
    groups: Sequence[Group]
    legend: tuple[str, str]
    worded: Callable[[int], str]
    empty: str


class Ranked(NamedTuple):
    """A row of a ranking: whose, how much in words, how much."""

    label: str
    worded: str
    value: int


@dataclass(frozen=True, slots=True)
class Ranking:
    """The largest, at most ten, one bar below the other; ``empty`` is said when there are none."""

    heading: Heading
    rows: Sequence[Ranked]
    empty: str


def draw_bars(chart: BarChart) -> bytes:
    """Return the chart as PNG, 1080 × 1080."""
    sheet = _Sheet(BARS_HEIGHT)
    sheet.head(chart.heading)
    top = max((max(one.now or 0, one.before or 0) for one in chart.groups), default=0)
    if top == 0:
        sheet.say_empty(chart.empty)
        return sheet.png()
    area = _Area(MARGIN, 400, WIDTH - MARGIN, BARS_HEIGHT - 104)
    sheet.legend(chart.legend, 330)
    step = nice_step(top)
    ticks = [step * number for number in range(-(-top // step) + 1)]
    widest = max(sheet.width(chart.worded(tick), 30) for tick in ticks)
    area = area._replace(left=area.left + widest + 18)
    for tick in ticks:
        y = area.bottom - area.height * tick / ticks[-1]
        sheet.line(area.left, y, area.right)
        sheet.text((area.left - 18, y), chart.worded(tick), 30, MUTED, "rm")
    _draw_groups(sheet, area, chart.groups, ticks[-1])
    return sheet.png()


def draw_ranking(chart: Ranking) -> bytes:
    """Return the chart as PNG, 1080 wide and as high as its rows need."""
    rows = chart.rows[:MOST_ROWS]
    sheet = _Sheet(ROWS_TOP + max(len(rows), 4) * ROW_HEIGHT + 30)
    sheet.head(chart.heading)
    if not rows:
        sheet.say_empty(chart.empty)
        return sheet.png()
    top = max(max(row.value for row in rows), 1)
    for number, row in enumerate(rows):
        y = ROWS_TOP + number * ROW_HEIGHT
        sheet.text((WIDTH - MARGIN, y), row.worded, 34, INK, "ra", is_bold=True)
        room = WIDTH - 2 * MARGIN - sheet.width(row.worded, 34, is_bold=True) - 32
        sheet.text((MARGIN, y), sheet.fitting(row.label, room, 34), 34, INK, "la")
        sheet.bar((MARGIN, y + 48, WIDTH - MARGIN, y + 70), TRACK, 11)
        length = max((WIDTH - 2 * MARGIN) * row.value / top, 22 if row.value else 0)
        if length:
            sheet.bar((MARGIN, y + 48, MARGIN + length, y + 70), NOW, 11)
    return sheet.png()


def nice_step(top: int) -> int:
    """Return the distance of grid lines for values up to ``top``: 1, 2, 2.5 or 5 times a power of ten."""
    power = 1
    while True:
        for tenths in (10, 20, 25, 50):
            step = power * tenths // 10
            if step * TICKS >= top and step * 10 == power * tenths:
                return step
        power *= 10


class _Area(NamedTuple):
    left: float
    top: float
    right: float
    bottom: float

    @property
    def height(self) -> float:
        return self.bottom - self.top


def _draw_groups(sheet: _Sheet, area: _Area, groups: Sequence[Group], top: int) -> None:
    slot = (area.right - area.left) / len(groups)
    wide, narrow = min(slot * 0.82, 150), min(slot * 0.5, 92)
    widest = max(sheet.width(one.label, 30) for one in groups)
    every = next(number for number in range(1, len(groups) + 2) if number * slot >= widest + 14)
    for number, one in enumerate(groups):
        middle = area.left + slot * (number + 0.5)
        for value, width, colour in ((one.before, wide, BEFORE), (one.now, narrow, NOW)):
            if value:
                # A sliver at least: a small sum is not no sum.
                y = area.bottom - max(area.height * value / top, 4)
                sheet.bar((middle - width / 2, y, middle + width / 2, area.bottom), colour, 5)
        if number % every == 0:
            sheet.text((middle, area.bottom + 20), one.label, 30, MUTED, "ma")
    sheet.line(area.left, area.bottom, area.right, MUTED)


class _Sheet:
    """A picture being drawn, addressed in its final pixels."""

    def __init__(self, height: int) -> None:
        self._image = Image.new("RGB", (WIDTH * SCALE, height * SCALE), WHITE)
        self._draw = ImageDraw.Draw(self._image)
        self._height = height

    def head(self, heading: Heading) -> None:
        self.text((MARGIN, 48), self.fitting(heading.title, WIDTH - 2 * MARGIN, 50, is_bold=True), 50, INK,
                  is_bold=True)  # fmt: skip
        self.text((MARGIN, 118), self.fitting(heading.subtitle, WIDTH - 2 * MARGIN, 31), 31, MUTED)
        room = WIDTH - 2 * MARGIN - self.width(heading.change, 46, is_bold=True) - 32
        sizes = (size for size in range(74, 30, -2) if self.width(heading.figure, size, is_bold=True) <= room)
        size = next(sizes, 32)
        self.text((MARGIN, 256), heading.figure, size, INK, "ls", is_bold=True)
        colour = MUTED if heading.is_rise is None else RISE if heading.is_rise else FALL
        beside = MARGIN + self.width(heading.figure, size, is_bold=True) + 32
        self.text((beside, 256), heading.change, 46, colour, "ls", is_bold=True)

    def legend(self, words: tuple[str, str], y: float) -> None:
        x: float = MARGIN
        for word, colour in zip(words, (NOW, BEFORE), strict=True):
            self.bar((x, y, x + 28, y + 28), colour, 7)
            self.text((x + 42, y + 14), word, 29, INK, "lm")
            x += 42 + self.width(word, 29) + 52

    def say_empty(self, words: str) -> None:
        self.text((WIDTH / 2, (self._height + 240) / 2), words, 40, MUTED, "mm")

    def text(
        self,
        at: tuple[float, float],
        words: str,
        size: int,
        colour: str,
        anchor: str = "la",
        *,
        is_bold: bool = False,
    ) -> None:
        place = (at[0] * SCALE, at[1] * SCALE)
        self._draw.text(place, printable(words), colour, _font(size, is_bold), anchor)

    def width(self, words: str, size: int, *, is_bold: bool = False) -> float:
        return _font(size, is_bold).getlength(printable(words)) / SCALE

    def fitting(self, words: str, room: float, size: int, *, is_bold: bool = False) -> str:
        """Return the words, cut with «…» where they don't fit."""
        if self.width(words, size, is_bold=is_bold) <= room:
            return words
        while words and self.width(words + "…", size, is_bold=is_bold) > room:
            words = words[:-1].rstrip()
        return words + "…"

    def bar(self, box: tuple[float, float, float, float], colour: str, radius: float) -> None:
        left, top, right, bottom = (round(value * SCALE) for value in box)
        radius = min(radius * SCALE, (right - left) / 2, (bottom - top) / 2)
        self._draw.rounded_rectangle((left, top, right - 1, bottom - 1), radius, colour)

    def line(self, left: float, y: float, right: float, colour: str = GRID) -> None:
        self._draw.line((left * SCALE, y * SCALE, right * SCALE, y * SCALE), colour, 3)

    def png(self) -> bytes:
        out = BytesIO()
        small = self._image.resize((WIDTH, self._height), Image.Resampling.LANCZOS)
        small.save(out, "PNG", optimize=True)
        return out.getvalue()


@cache
def _font(size: int, is_bold: bool) -> ImageFont.FreeTypeFont:
    name = "DejaVuSansCondensed-Bold.ttf" if is_bold else "DejaVuSansCondensed.ttf"
    return ImageFont.truetype(str(_FONTS / name), size * SCALE)


def printable(text: str) -> str:
    """Return people's text on one line; what the fonts cannot draw reads «?»."""
    return "".join(character if _is_drawable(character) else "?" for character in formats.one_line(text))


@cache
def _is_drawable(character: str) -> bool:
    missing = bytes(_font(20, False).getmask("\U0010ffff"))
    return character.isspace() or bytes(_font(20, False).getmask(character)) != missing
