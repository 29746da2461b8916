from __future__ import annotations

import hashlib
import re
import subprocess
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services import papers
from services.snapshot import Party, Snapshot
from services.waybill_pdf import render_waybill
from tests.services.documents import (
    SELLER,
    SOLE_PROPRIETOR,
    digests_elsewhere,
    make_lines,
    make_snapshot,
    pages_of,
    scan,
)


def make_waybill(**changes: Any) -> Snapshot:
    return make_snapshot(**{"kind": "waybill", "pay_until": None, **changes})


def text_of(snapshot: Snapshot) -> str:
    return " ".join(pages_of(render_waybill(snapshot)))


def test_a_waybill_says_everything() -> None:
    (page,) = pages_of(render_waybill(make_waybill()))
    for expected in (
        "Товарная накладная № 1234 от 20 ноября 2026 г.",
        "Грузоотправитель и поставщик ООО «Торговый дом „Северный Ветер“», ИНН 7707083893, КПП 773601001",
        "Грузополучатель и плательщик ООО «Ромашка», ИНН 7736050003, КПП 773601001",
        "Основание Заказ № 17 от 18.11.2026",
        "Доставка 21.11.2026 по адресу: г. Москва, Ленинский пр-т, д. 12, склад № 3",
        # 240 × 89,90 = 21 576,00, of it 10/110 is 1 961,45; 89,90 × 100/110 = 81,73
        "1 A-001 Крупа гречневая ядрица «Мистраль», 900 г шт 796 240 81,73 19 614,55 10 1 961,45 21 576,00",
        # 12,5 × 649,00 = 8 112,50, of it 737,50
        "3 A-003 Сыр «Российский» 50 %, весовой кг 166 12,5 590,00 7 375,00 10 737,50 8 112,50",
        # the invoice's 162 805,40 and 22 724,81 less the delivery's 142,00 and 25,61
        "Итого: 139 964,20 22 699,20 162 663,40",
        "Доставка (142,00 ₽) в накладную не входит",
        "Всего отпущено наименований: двенадцать (12), на сумму 162 663,40 ₽",
        "Сто шестьдесят две тысячи шестьсот шестьдесят три рубля 40 копеек",
        "Отпуск разрешил Руководитель Соколова А. П. По доверенности №",
        "Главный бухгалтер Ким Б. Р.",
        "Отпуск груза произвёл Кладовщик Борис Ким",
        "Груз принял",
        "Груз получил",
        "Товарная накладная № 1234 от 20.11.2026 · стр. 1 из 1",
    ):
        assert expected in page
    assert page.count("М. П.") == 2
    assert "14,2 км" not in page


def test_it_lies_on_its_side() -> None:
    info = subprocess.run(
        ["pdfinfo", "-"], input=render_waybill(make_waybill()), capture_output=True, check=True
    )
    assert re.search(r"Page size: +841\.\d+ x 595\.\d+ pts \(A4\)", info.stdout.decode())


def test_without_a_fee_nothing_is_said_of_delivery() -> None:
    assert "не входит" not in text_of(make_waybill(lines=make_lines(1)[:1]))


def test_tax_on_top() -> None:
    # 240 × 89,90 = 21 576,00 and 10 % of that
    text = text_of(make_waybill(lines=make_lines(1, vat_included=False), vat_included=False))
    assert "шт 796 240 89,90 21 576,00 10 2 157,60 23 733,60" in text


def test_without_tax_its_columns_hold_dashes() -> None:
    text = text_of(make_waybill(seller=SOLE_PROPRIETOR, lines=make_lines(1, has_vat=False)))
    assert "шт 796 240 89,90 21 576,00 — — 21 576,00" in text
    assert "Итого: 21 576,00 — 21 576,00" in text


def test_nought_percent_is_not_a_dash() -> None:
    line = make_lines(1)[0]
    text = text_of(make_waybill(lines=(replace(line, vat_rate=0, net=line.total, vat=0),)))
    assert "89,90 21 576,00 0 0,00 21 576,00" in text


def test_a_unit_without_a_code_has_a_dash() -> None:
    line = replace(make_lines(1)[0], unit="коробка", okei=None)
    assert "коробка — 240" in text_of(make_waybill(lines=(line,)))


def test_a_sole_proprietor_has_no_accountant() -> None:
    text = text_of(make_waybill(seller=SOLE_PROPRIETOR))
    assert "предприниматель" in text
    assert "Главный бухгалтер" not in text


def test_what_is_missing_is_left_to_be_written_by_hand() -> None:
    text = text_of(make_waybill(seller=Party("")))
    assert "Грузоотправитель и поставщик —" in text
    assert "Отпуск разрешил" in text


def test_fetched_by_the_customer() -> None:
    text = text_of(make_waybill(is_pickup=True, delivery_address="Москва, Дубнинская, 83"))
    assert "Самовывоз 21.11.2026 из: Москва, Дубнинская, 83" in text


def test_a_correction_and_a_cancellation_say_so() -> None:
    assert "Исправление № 2 от 25 ноября 2026 г." in text_of(
        make_waybill(revision=2, revised_on=date(2026, 11, 25))
    )
    raw = subprocess.run(
        ["pdftotext", "-raw", "-", "-"],
        input=render_waybill(make_waybill(is_cancelled=True)),
        capture_output=True,
        check=True,
    )
    assert "АННУЛИРОВАН" in re.sub(r"\s", "", raw.stdout.decode())


def test_english() -> None:
    text = text_of(make_waybill(language="en", currency="EUR"))
    assert "Delivery note No. 1234 of 20 November 2026" in text
    assert "162,663.40" in text
    assert "Delivery (EUR 142.00) is not part of this note" in text


def test_there_is_no_code_to_pay_by(tmp_path: Path) -> None:
    assert scan(render_waybill(make_waybill()), tmp_path) == b""


@pytest.mark.parametrize("count", [*range(9, 33), 500])
def test_the_last_line_stays_with_the_totals_and_the_header_never_alone(count: int) -> None:
    pages = pages_of(render_waybill(make_waybill(lines=make_lines(count))))
    with_totals = next(page for page in pages if "Итого:" in page)
    assert f" {count} A-{count:03d} " in with_totals
    rows = re.findall(r" (\d+) A-\d{3} ", " ".join(pages))
    assert [int(row) for row in rows] == list(range(1, count + 1))
    for i, page in enumerate(pages, 1):
        assert f"стр. {i} из {len(pages)}" in page
        assert ("Сумма НДС" in page) == bool(re.search(r" \d+ A-\d{3} ", page))
    assert "Груз получил" in pages[-1]


def test_a_row_does_not_split() -> None:
    words = " ".join(f"слово{i}" for i in range(60))
    lines = tuple(
        replace(line, name=f"начало {words} конец") if line.position % 3 == 0 else line
        for line in make_lines(40)
    )
    for page in pages_of(render_waybill(make_waybill(lines=lines))):
        assert page.count("начало") == page.count("конец")


@settings(max_examples=20, deadline=None)
@given(st.text(max_size=400))
def test_whatever_people_write_there_is_a_waybill(text: str) -> None:
    party = Party(text, address=text, phone=text, director=text, accountant=text)
    lines = tuple(replace(line, name=text, unit=text[:16], sku=text[:40]) for line in make_lines(2))
    paper = make_waybill(lines=lines, seller=party, buyer=party, storekeeper=text, label=text[:40])
    assert render_waybill(paper).startswith(b"%PDF")


def test_great_sums_fit() -> None:
    line = make_lines(1)[0]
    great = replace(line, net=999_999_999_999_99, vat=0, total=999_999_999_999_99)
    text = text_of(make_waybill(lines=(great,)))
    assert "Итого: 999 999 999 999,99 0,00 999 999 999 999,99" in text


def test_the_same_bytes_in_any_process() -> None:
    snapshot = make_waybill(seller=SELLER)
    digests = {hashlib.sha256(papers.render(snapshot)).hexdigest()}
    digests |= digests_elsewhere(snapshot)
    assert len(digests) == 1
