"""The loading sheet as it is printed, read back with pdftotext."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date, time

import pytest

from services import loading_sheet_pdf
from services.loading_sheet import Sheet, SheetLine, SheetOrder, Span, Truck
from services.weights import Weight
from tests.services.documents import pages_of

MORNING = Span(time(9), time(11))
BUCKWHEAT = SheetLine("A-1", "Крупа гречневая, 900 г", {"шт": 1000, "кор": 12_000}, 51_000, Weight(46_920))
CHEESE = SheetLine("C-1", "Сыр весовой", {"кг": 1000}, 2_500, Weight(2_500))
UNKNOWN = SheetLine("X-1", "Ящик без веса", {"шт": 1000}, 3_000, Weight(0, is_whole=False))
LORRY = Truck("А123ВС77", 1_500_000, "Иванов С. П.", "+79161234567")


def make_order(number: int = 17, **changes: object) -> SheetOrder:
    order = SheetOrder(
        number=number,
        customer="ООО «Ромашка»",
        span=MORNING,
        address="Москва, Ленинский проспект, 12",
        contact="Мария",
        phone="+74951234567",
        notes=("Позвонить за час",),
        plate="В456ОР99",
        is_loaded=False,
        lines=(BUCKWHEAT, CHEESE),
        weight=Weight(49_420),
    )
    return replace(order, **changes)  # type: ignore[arg-type]


def make_sheet(*orders: SheetOrder, **changes: object) -> Sheet:
    sheet = Sheet(
        warehouse="Склад на Дубнинской",
        day=date(2026, 11, 23),
        span=None,
        truck=None,
        products=(BUCKWHEAT, CHEESE),
        orders=orders,
        weight=Weight(49_420),
    )
    return replace(sheet, **changes)  # type: ignore[arg-type]


def read(sheet: Sheet, language: str = "ru") -> list[str]:
    return pages_of(loading_sheet_pdf.render(sheet, language))


def test_the_sheet_says_everything() -> None:
    (page,) = read(make_sheet(make_order()))
    for expected in (
        "Лист загрузки",
        "Склад Склад на Дубнинской",
        "День пн 23.11.2026",
        "Окно весь день",
        "Заказов 1",
        "Общий вес 49,42 кг",
        "1 A-1 Крупа гречневая, 900 г 51 шт 4 кор + 3 шт 46,92 ☐",
        "2 C-1 Сыр весовой 2,5 кг 2,5 ☐",
        "Итого: 49,42 кг",
        "№ 17 · ООО «Ромашка» 09:00–11:00 · В456ОР99",
        "Москва, Ленинский проспект, 12 · Мария, +74951234567",
        "Пометка: Позвонить за час",
        "Загрузил Принял 49,42",
        "Лист загрузки · пн 23.11.2026 · стр. 1 из 1",
    ):
        assert expected in page
    # By product, then the order's own lines.
    assert page.count("4 кор + 3 шт") == 2
    assert "Машина" not in page


def test_a_vehicle_s_sheet_names_it_once() -> None:
    order = make_order(plate=LORRY.plate)
    (page,) = read(make_sheet(order, truck=LORRY, span=MORNING))
    assert "Машина А123ВС77, до 1 500 кг" in page
    assert "Водитель Иванов С. П., +79161234567" in page
    assert "Окно 09:00–11:00" in page
    assert "№ 17 · ООО «Ромашка» 09:00–11:00 Москва" in page
    assert "ПЕРЕГРУЗ" not in page
    assert "пн 23.11.2026 · 09:00–11:00 · А123ВС77 · стр. 1 из 1" in page


def test_too_much_for_the_vehicle_is_said() -> None:
    (page,) = read(make_sheet(make_order(), truck=LORRY, weight=Weight(1_650_000)))
    assert "ПЕРЕГРУЗ: 1 650 кг из 1 500 кг" in page


def test_what_is_not_known_is_not_weighed_as_nothing() -> None:
    order = make_order(lines=(BUCKWHEAT, UNKNOWN), weight=Weight(46_920, is_whole=False))
    (page,) = read(make_sheet(order, products=(BUCKWHEAT, UNKNOWN), weight=Weight(46_920, is_whole=False)))
    assert "Общий вес не меньше 46,92 кг (вес части товаров не указан)" in page
    assert "2 X-1 Ящик без веса 3 шт ? ☐" in page
    assert "Принял ≥ 46,92" in page


def test_a_loaded_order_is_ticked_and_a_fetched_one_has_no_address() -> None:
    loaded = make_order(is_loaded=True, plate=None)
    fetched = make_order(18, address=None, contact=None, phone=None, notes=(), plate=None)
    (page,) = read(make_sheet(loaded, fetched))
    assert "09:00–11:00 · загружен" in page
    assert page.count("☑") == 2
    assert "№ 18 · ООО «Ромашка» 09:00–11:00 Самовывоз №" in page


def test_the_sheet_reads_in_english() -> None:
    (page,) = read(make_sheet(make_order(), truck=LORRY), "en")
    for expected in (
        "Loading sheet",
        "Mon 23 Nov 2026",
        "the whole day",
        "up to 1,500 kg",
        "49.42",
        "page 1 of 1",
    ):
        assert expected in page
    assert not re.search("Итого|Заказ|Пометка|Машина", page)


def test_an_empty_sheet_says_so() -> None:
    (page,) = read(make_sheet(products=(), weight=Weight()))
    assert "На это время заказов нет." in page


def test_orders_left_out_are_said() -> None:
    assert "Не вошло заказов: 7." in read(make_sheet(make_order(), left_out=7))[0]


def test_an_order_is_not_torn_apart_and_pages_are_counted() -> None:
    lines = tuple(replace(BUCKWHEAT, sku=f"S-{number}") for number in range(10))
    pages = read(make_sheet(*(make_order(number, lines=lines) for number in range(1, 41))))
    for number in range(1, 41):
        [page] = [page for page in pages if f"№ {number} · ООО" in page]
        own = page.split(f"№ {number} · ООО")[1].split("Принял")[0]
        assert re.findall(r"S-\d", own) == [f"S-{line}" for line in range(10)]
    assert [f"стр. {number} из {len(pages)}" in page for number, page in enumerate(pages, 1)] == [True] * len(
        pages
    )
    # Three to a page: paper is not wasted either.
    assert len(pages) == 14


@pytest.mark.parametrize("lines_before", range(22, 34))
def test_a_long_order_begins_with_lines_and_goes_on_under_its_heading(lines_before: int) -> None:
    """However much room is left on the page it begins on."""
    first = make_order(1, lines=tuple(replace(CHEESE, sku=f"F-{n}") for n in range(lines_before)))
    long = make_order(2, lines=tuple(replace(BUCKWHEAT, sku=f"L-{n:02d}") for n in range(100)))
    pages = read(make_sheet(first, long))
    with_it = [page for page in pages if "№ 2 · ООО" in page]
    assert all("Артикул Товар" in page.split("№ 2 · ООО")[1] for page in with_it)
    assert re.findall(r"L-\d\d", " ".join(pages)) == [f"L-{n:02d}" for n in range(100)]
    assert "L-02" in with_it[0]
    assert "Пометка" in with_it[0]


def test_a_short_order_is_not_split_whatever_stands_above_it() -> None:
    short = make_order(2, lines=tuple(replace(BUCKWHEAT, sku=f"S-{n:02d}") for n in range(15)))
    for above in range(1, 50, 3):
        first = make_order(1, lines=tuple(replace(CHEESE, sku=f"F-{n}") for n in range(above)))
        [page] = [page for page in read(make_sheet(first, short)) if re.search(r"S-\d\d", page)]
        assert "№ 2 · ООО" in page
        assert page.count("Принял") in (1, 2)
        assert "S-14" in page


def test_the_signatures_do_not_stand_alone_on_a_page() -> None:
    # About 46 lines fit a page: one of these lengths ends where it does.
    for length in range(50, 98):
        lines = tuple(replace(CHEESE, sku=f"L-{n:02d}") for n in range(length))
        last = next(page for page in read(make_sheet(make_order(lines=lines))) if "Принял" in page)
        assert f"L-{length - 1:02d}" in last


def test_people_s_text_is_data() -> None:
    nasty = "<b>&amp;</b> <img src='/etc/passwd'> \u202e😀 %s {x}"
    order = make_order(customer=nasty, address=nasty, notes=(nasty,), lines=(replace(BUCKWHEAT, name=nasty),))
    text = " ".join(read(make_sheet(order, warehouse=nasty)))
    assert text.count("<b>&amp;</b>") >= 5
    assert "{x}" in text


def test_long_texts_wrap_and_lose_nothing() -> None:
    words = [f"слово{number}" for number in range(100)]
    order = make_order(
        customer=" ".join(words[:20]), address=" ".join(words[20:40]), notes=(" ".join(words[40:]),)
    )
    text = " ".join(read(make_sheet(order)))
    assert [word for word in words if word not in text] == []


def test_the_same_sheet_gives_the_same_bytes() -> None:
    sheet = make_sheet(make_order())
    assert loading_sheet_pdf.render(sheet, "ru") == loading_sheet_pdf.render(sheet, "ru")
