from __future__ import annotations

from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from services import charts
from services.charts import BarChart, Group, Heading, Ranked, Ranking

HEAD = Heading("Оборот по дням", "01.11.2026–30.11.2026, было: 01.10.2026–31.10.2026", "0,00 ₽")


def opened(png: bytes) -> Image.Image:
    picture = Image.open(BytesIO(png))
    picture.load()
    assert picture.format == "PNG"
    return picture.convert("RGB")


def share(picture: Image.Image, colour: str) -> float:
    """How much of a picture has one colour."""
    wanted = tuple(int(colour[start : start + 2], 16) for start in (1, 3, 5))
    counted = {found: count for count, found in picture.getcolors(1 << 24) or []}
    return counted.get(wanted, 0) / (picture.width * picture.height)


def bars(values: list[tuple[int | None, int | None]]) -> Image.Image:
    groups = [Group(str(number), *pair) for number, pair in enumerate(values, 1)]
    words = ("этот период", "период до него")
    return opened(charts.draw_bars(BarChart(HEAD, groups, words, str, "Ничего нет")))


def ranking(rows: list[Ranked], head: Heading = HEAD) -> Image.Image:
    return opened(charts.draw_ranking(Ranking(head, rows, "Ничего нет")))


@pytest.mark.parametrize("number", [1, 24, 31, 41])
def test_bars_are_as_wide_as_a_phone_and_not_blank(number: int) -> None:
    picture = bars([(100, 120)] * number)
    assert picture.size == (1080, 1080)
    assert share(picture, charts.NOW) > 0.02
    assert share(picture, charts.BEFORE) > 0.005
    assert share(picture, charts.WHITE) > 0.4


def test_a_bar_is_as_high_as_its_value() -> None:
    whole, half = bars([(1000, None)]), bars([(1000, None), (500, None)])
    assert share(half, charts.NOW) > 1.4 * share(whole, charts.NOW)
    assert share(bars([(1000, None), (1, None)]), charts.NOW) < 1.1 * share(whole, charts.NOW)


def test_nothing_sold_is_said_instead_of_drawn() -> None:
    for picture in (bars([(0, 0), (None, 0)]), bars([])):
        assert picture.size == (1080, 1080)
        assert share(picture, charts.NOW) == 0
        assert 0.001 < 1 - share(picture, charts.WHITE) < 0.2


def test_a_ranking_has_ten_rows_at_most() -> None:
    rows = [Ranked(f"ООО «Клиент {number}»", f"{number} ₽", number) for number in range(30, 0, -1)]
    ten, thirty = ranking(rows[:10]), ranking(rows)
    assert ten.size == thirty.size
    assert ten.width == 1080
    assert share(ten, charts.NOW) > 0.05


def test_a_long_name_leaves_its_sum_readable() -> None:
    worded = "123 456 789,00 ₽"
    short, long = (ranking([Ranked(name, worded, 5)]) for name in ("А", "Общество " * 40))
    # The right edge, where the sum stands, is the same whatever the name.
    box = (780, charts.ROWS_TOP, 1080, charts.ROWS_TOP + 44)
    assert short.crop(box).tobytes() == long.crop(box).tobytes()
    assert short.tobytes() != long.tobytes()


def test_a_huge_sum_and_its_change_stay_on_the_picture() -> None:
    head = Heading("Оборот", "", "999 999 999 999 999,99 ₽", "+123 456 789,5 %", is_rise=True)
    picture = ranking([Ranked("А", "1", 1)], head)
    edge = picture.crop((charts.WIDTH - charts.MARGIN + 6, 0, charts.WIDTH, 300))
    assert edge.getcolors() == [(edge.width * edge.height, (255, 255, 255))]


def test_rise_and_fall_have_their_colours() -> None:
    for is_rise, colour in ((True, charts.RISE), (False, charts.FALL)):
        picture = ranking([], Heading("Оборот", "", "1 ₽", "12 %", is_rise=is_rise))
        assert share(picture, colour) > 0


def test_what_the_fonts_lack_reads_as_a_question_mark() -> None:
    assert charts.printable("ООО «Ромашка» 🙂 №1\n−5 ₽") == "ООО «Ромашка» ? №1 −5 ₽"


@given(st.integers(1, 10**16))
def test_the_grid_has_few_round_lines(top: int) -> None:
    step = charts.nice_step(top)
    assert top <= step * charts.TICKS
    assert step == 1 or top > step
    assert str(step).rstrip("0") in {"1", "2", "25", "5"}
