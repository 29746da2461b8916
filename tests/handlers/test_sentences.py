import re
import string
from datetime import UTC, date, datetime, time
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from handlers import sentences
from handlers.screen import View
from handlers.texts import LANGUAGES, Html, texts_for
from models import OrderStatus
from services.errors import Conflict, Invalid
from services.schedule import WindowOption
from services.stock import Shortage
from tests.test_architecture import raised

MOSCOW = ZoneInfo("Europe/Moscow")
MONDAY = date(2026, 11, 23)
NINE = datetime(2026, 11, 20, 7, 42, tzinfo=UTC)
UNITS = {"base": "шт", "units": ["шт", "кор"], "is_weighed": False}
FREE = WindowOption(MONDAY, time(9), time(11), 3)
DAY = {"day": date(2026, 11, 22), "next_day": MONDAY}

# What each refusal comes with, and what the Russian sentence must then say.
SAMPLES: dict[str, tuple[dict[str, Any], list[str]]] = {
    "order_moved_on": (
        {"number": 17, "status": OrderStatus.LOADING, "by": "Пётр", "at": NINE},
        ["Заказ №17 уже взял Пётр в 10:42"],
    ),
    "quantity_form": (UNITS, ["12 шт", "5 кор"]),
    "quantity_unit": ({**UNITS, "typed": "ведро"}, ["ведро", "12 шт", "5 кор"]),
    "quantity_whole": (UNITS, ["12 шт"]),
    "quantity_positive": (UNITS, ["12 шт"]),
    "quantity_negative": (UNITS, ["12 шт"]),
    "quantity_limit": ({**UNITS, "limit": 1_000_000_000}, ["1 000 000 шт"]),
    "quantity_decimals": (UNITS, ["не больше трёх цифр", "12 шт"]),
    "quantity_minimum": (
        {"minimum": 6_000, "unit": "шт", "options": (8_000,)},
        ["Не меньше 6 шт", "Можно: 8 шт."],
    ),
    "quantity_multiple": (
        {"multiple": 2_500, "unit": "кг", "options": (5_000, 7_500)},
        ["2,5 кг", "Можно: 5 кг, 7,5 кг."],
    ),
    "more_than_ordered": ({"most": 5_250, "unit": "кг"}, ["5,25 кг"]),
    "more_than_available": ({"available": 23_000, "unit": "шт"}, ["Доступно 23 шт"]),
    "too_far": ({"metres": 612_300, "radius_km": 500}, ["612,3", "500"]),
    "date_past": (DAY, ["вс 22.11.2026", "пн 23.11.2026"]),
    "vat_past": (DAY, ["вс 22.11.2026", "сегодня или позже"]),
    "date_too_soon": (DAY, ["вс 22.11.2026", "пн 23.11.2026"]),
    "date_too_far": ({"day": date(2027, 3, 1)}, ["пн 01.03.2027"]),
    "date_closed": (DAY, ["вс 22.11.2026", "пн 23.11.2026"]),
    "window_full": ({"next_option": FREE}, ["пн 23.11.2026, 09:00–11:00"]),
    "window_taken": ({"next_option": FREE}, ["пн 23.11.2026, 09:00–11:00"]),
    "locked": ({"until": NINE}, ["10:42"]),
    "missing": ({"parts": ["lines", "address", "window"]}, ["товары", "адрес", "дата"]),
    "duplicate": ({"number": 17, "day": MONDAY}, ["№17", "пн 23.11.2026"]),
    "repriced": (
        {"lines": [SimpleNamespace(line=SimpleNamespace(product=SimpleNamespace(name="Крупа <1>")))]},
        ["Крупа &lt;1&gt;"],
    ),
    "customer_exists": ({"name": "ООО <Ромашка>"}, ["ООО &lt;Ромашка&gt;"]),
    "below_reserved": (
        {"reserved": 60_000, "unit": "шт", "orders": [17, 19]},
        ["60 шт", "№17, №19", "меньше"],
    ),
    "stock_moved": ({"before": 100_000, "now": 90_000, "unit": "шт"}, ["было 100 шт", "стало 90 шт"]),
    "short": ({"shortages": [Shortage(1, "Крупа & вода", 5, 2, "шт")]}, ["Крупа &amp; вода"]),
}


def view(language: str) -> View:
    return View(texts_for(language), MOSCOW, date(2026, 11, 20))


def said(code: str, params: dict[str, Any], language: str = "ru") -> str:
    return sentences.of(view(language), Invalid(code, **params)).replace("\u00a0", " ")


@pytest.mark.parametrize("code", sentences.SPECIAL)
def test_a_refusal_is_said_with_its_facts(code: str) -> None:
    params, pieces = SAMPLES[code]
    sentence = said(code, params)
    for piece in pieces:
        assert piece in sentence


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("code", [*sentences.PLAIN, *sentences.FILLED, *sentences.SPECIAL])
def test_every_refusal_is_a_sentence_in_both_languages(code: str, language: str) -> None:
    filled = string.Formatter().parse(sentences.FILLED.get(code, ""))
    params = SAMPLES[code][0] if code in SAMPLES else {name: "7" for _, name, _, _ in filled if name}
    sentence = said(code, params, language)
    assert re.search(r"[.!?…:]$", sentences.plain(Html(sentence)))
    assert "{" not in sentence
    is_russian = re.search("[А-Яа-яЁё]", sentence.replace("Москва, Ленинский проспект", "")) is not None
    assert is_russian or language == "en"


def test_every_refusal_is_raised_with_what_its_sentence_needs() -> None:
    optional = {"typed", "next_day", "limit", "orders"}
    lacking = [
        f"{one.where}: {one.code} lacks {sorted(needed - one.params)}"
        for one in raised()
        if one.code in SAMPLES
        and one.params is not None
        and (needed := SAMPLES[one.code][0].keys() - optional) - one.params
    ]
    assert lacking == []


@pytest.mark.parametrize(
    ("status", "by", "pieces"),
    [
        (OrderStatus.LOADED, "Пётр", ["№17", "Загружен", "Пётр", "10:42"]),
        (OrderStatus.DRAFT, None, ["№17", "Черновик"]),
    ],
)
def test_a_step_too_late_tells_where_the_order_is(
    status: OrderStatus, by: str | None, pieces: list[str]
) -> None:
    error = Conflict("order_moved_on", number=17, status=status, by=by, at=NINE)
    sentence = sentences.of(view("ru"), error)
    assert all(piece in sentence for piece in pieces)


def test_what_is_not_yours_reads_like_what_is_not_there() -> None:
    words = {said(code, {}) for code in ("order", "customer", "outlet", "category", "request")}
    assert words == {"Не найдено."}


def test_a_code_without_a_sentence_is_still_a_sentence() -> None:
    assert said("no_such_code", {"x": 1}).endswith(".")


def test_a_pop_up_has_no_markup() -> None:
    assert sentences.plain(Html("<b>Крупа</b> &amp; &lt;вода&gt;")) == "Крупа & <вода>"


def test_a_long_list_of_short_goods_fits_a_pop_up() -> None:
    many = [Shortage(n, f"Товар {n}", 5, 2, "шт") for n in range(200)]
    assert len(said("short", {"shortages": many})) < 200
