from __future__ import annotations

import hashlib
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date
from io import BytesIO
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from services import formats, layout_pdf
from services.invoice_pdf import render_invoice
from services.snapshot import Bank, Snapshot
from tests.services.documents import (
    SELLER,
    SOLE_PROPRIETOR,
    digests_elsewhere,
    make_lines,
    make_snapshot,
    pages_of,
)

MAX_BYTES = 60 * 1024


def text_of(snapshot: Snapshot) -> str:
    return " ".join(pages_of(render_invoice(snapshot)))


def one_line_of(name: str, **changes: Any) -> Snapshot:
    line, delivery = make_lines(1)
    return make_snapshot(lines=(replace(line, name=name), delivery), **changes)


def test_an_invoice_says_everything() -> None:
    (page,) = pages_of(render_invoice(make_snapshot()))
    for expected in (
        "Счёт на оплату № 1234 от 20 ноября 2026 г.",
        "Банк получателя",
        "БИК 044525225",
        "К/с 30101810400000000225",
        "ИНН 7707083893 КПП 773601001 Р/с 40702810938000000001",
        "ООО «Торговый дом „Северный Ветер“»",
        "Поставщик",
        "117312, г. Москва, ул. Вавилова, д. 19, офис 412",
        "тел. +7 495 123-45-67",
        "Покупатель ООО «Ромашка»",
        "ИНН 7736050003, КПП 773601001, 101000, г. Москва",
        "Основание Заказ № 17 от 18.11.2026",
        "Доставка 21.11.2026 по адресу: г. Москва, Ленинский пр-т, д. 12, склад № 3",
        "Оплатить до 25 ноября 2026 г.",
        "1 Крупа гречневая ядрица «Мистраль», 900 г 240 шт 89,90 10% 21 576,00",
        "3 Сыр «Российский» 50 %, весовой 12,5 кг 649,00 10% 8 112,50",
        "13 Доставка, 14,2 км × 10,00 ₽ 1 усл. ед 142,00 22% 142,00",
        "Всего наименований 13, на сумму 162 805,40 ₽",
        "Сто шестьдесят две тысячи восемьсот пять рублей 40 копеек",
        "Соколова А. П.",
        "Главный бухгалтер",
        "Ким Б. Р.",
        "М. П.",
        "Оплата в приложении банка",
        "Счёт № 1234 от 20.11.2026 · стр. 1 из 1",
    ):
        assert expected in page


def test_totals_with_tax_inside() -> None:
    # twice (21 576,00 + 8 112,50 + 7 404,00) at 10 %, per line 1 961,45 + 737,50 + 673,09;
    # twice (22 200,00 + 14 364,00 + 7 675,20) and 142,00 at 22 %, per line 4 003,28 + 2 590,23 + 1 384,05
    # and once 25,61
    text = text_of(make_snapshot())
    assert "Цена с Сумма с" in text
    assert "Итого: 162 805,40" in text
    assert "В том числе НДС 22%: 15 980,73" in text
    assert "В том числе НДС 10%: 6 744,08" in text
    assert "Всего к оплате: 162 805,40" in text


def test_totals_with_tax_on_top() -> None:
    # 21 576,00 + 10 % and 142,00 + 22 %
    text = text_of(make_snapshot(lines=make_lines(1, vat_included=False), vat_included=False))
    assert "Цена без Сумма без" in text
    assert "240 шт 89,90 10% 21 576,00" in text
    assert "Итого: 21 718,00" in text
    assert "НДС 22%: 31,24" in text
    assert "НДС 10%: 2 157,60" in text
    assert "В том числе" not in text
    assert "Всего к оплате: 23 906,84" in text


def test_without_tax_there_is_no_column_for_it() -> None:
    text = text_of(make_snapshot(seller=SOLE_PROPRIETOR, lines=make_lines(1, has_vat=False)))
    assert "Цена, ₽ Сумма, ₽" in text
    assert "1 Крупа гречневая ядрица «Мистраль», 900 г 240 шт 89,90 21 576,00" in text
    assert "Без налога (НДС): —" in text
    assert "%:" not in text


def test_nought_percent_and_no_tax_are_told_apart() -> None:
    first, second = (replace(line, net=line.total, vat=0) for line in make_lines(1))
    text = text_of(make_snapshot(lines=(replace(first, vat_rate=0), replace(second, vat_rate=None))))
    assert "89,90 0% 21 576,00" in text
    assert "142,00 без НДС 142,00" in text
    assert "В том числе НДС 0%: 0,00" in text
    assert "Без налога (НДС): —" in text


def test_a_sole_proprietor_signs_alone_and_has_no_kpp() -> None:
    text = text_of(make_snapshot(seller=SOLE_PROPRIETOR, buyer=replace(SOLE_PROPRIETOR, name="ИП Ким")))
    assert "Индивидуальный предприниматель" in text
    assert "Главный бухгалтер" not in text
    assert "Руководитель" not in text
    assert "КПП" not in text


def test_a_correction_and_a_cancellation_say_so() -> None:
    text = text_of(make_snapshot(revision=2, revised_on=date(2026, 11, 25)))
    assert "от 20 ноября 2026 г. Исправление № 2 от 25 ноября 2026 г." in text
    stamped, plain = (render_invoice(make_snapshot(is_cancelled=flag)) for flag in (True, False))
    assert stamped != plain
    raw = subprocess.run(
        ["pdftotext", "-raw", "-", "-"], input=stamped, capture_output=True, check=True
    ).stdout
    letters = re.sub(r"\s", "", raw.decode())
    assert "АННУЛИРОВАН" in letters
    assert "АННУЛИРОВАН" not in text_of(make_snapshot()).replace(" ", "")


def test_what_is_not_filled_in_leaves_no_label_behind() -> None:
    text = text_of(make_snapshot(bank=None, delivery_address="", delivery_on=None, pay_until=None))
    for label in ("БИК", "Оплатить до"):
        assert label not in text
    assert text.count("Доставка") == 1  # the line, not the label


def test_phones_are_spaced_and_other_countries_left_alone() -> None:
    text = text_of(
        make_snapshot(seller=replace(SELLER, phone="+74951234567"), buyer=replace(SELLER, phone="+4969123"))
    )
    assert "тел. +7 495 123-45-67" in text
    assert "тел. +4969123" in text


def test_fetched_by_the_customer() -> None:
    text = text_of(
        make_snapshot(is_pickup=True, delivery_address="Москва, Дубнинская, 83", lines=make_lines(1)[:1])
    )
    assert "Самовывоз 21.11.2026 из: Москва, Дубнинская, 83" in text
    assert "Доставка" not in text


def test_in_euros_the_bank_is_an_iban() -> None:
    bank = Bank("Commerzbank", "", "", "", iban="DE89370400440532013000", swift="COBADEFFXXX")
    text = text_of(make_snapshot(language="en", currency="EUR", bank=bank))
    assert "IBAN DE89 3704 0044 0532 0130 00 BIC (SWIFT) COBADEFFXXX" in text
    assert "Corr. acc." not in text
    assert "No. Goods and services" in text


def test_a_facsimile_lies_over_the_signatures_and_nothing_else_moves() -> None:
    output = BytesIO()
    Image.new("RGBA", (300, 200), (20, 40, 160, 120)).save(output, "PNG")
    paper = make_snapshot()
    stamped = render_invoice(paper, output.getvalue())
    assert pages_of(stamped) == pages_of(render_invoice(paper))
    listed = subprocess.run(["pdfimages", "-list", "-"], input=stamped, capture_output=True, check=True)
    assert re.search(r"image +300 +200", listed.stdout.decode())
    assert render_invoice(paper, output.getvalue()) == stamped


@pytest.mark.parametrize("length", range(0, 301, 30))
def test_a_header_never_stands_alone_under_long_sides(length: int) -> None:
    # The sides push the table down a line at a time, over the end of the page.
    text = "слово " * (length // 6)
    party = replace(SELLER, name=f"Имя {text}"[:160], address=text)
    tall = replace(make_lines(1)[0], name="высокая " * 100)
    pages = pages_of(
        render_invoice(make_snapshot(seller=party, buyer=party, delivery_address=text, lines=(tall,) * 3))
    )
    for page in pages:
        assert ("Товары (работы, услуги)" in page) == ("высокая" in page)


def test_english() -> None:
    text = text_of(make_snapshot(language="en", currency="EUR"))
    assert "Invoice No. 1234 of 20 November 2026" in text
    assert "Price incl. Amount incl." in text
    assert "Including VAT 22%: 15,980.73" in text
    assert "Total due: 162,805.40" in text
    assert "Positions: 13, total EUR 162,805.40" in text
    assert "One hundred sixty-two thousand eight hundred five euros 40 cents" in text
    assert "page 1 of 1" in text
    with pytest.raises(KeyError):
        render_invoice(make_snapshot(language="de"))


def test_every_page_has_the_header_and_its_number() -> None:
    pages = pages_of(render_invoice(make_snapshot(lines=make_lines(200))))
    assert len(pages) > 3
    for i, page in enumerate(pages):
        assert "Товары (работы, услуги)" in page
        assert f"Счёт № 1234 от 20.11.2026 · стр. {i + 1} из {len(pages)}" in page
    assert sum(page.count("Счёт на оплату") for page in pages) == 1
    rows = re.findall(r"(?<= )(\d+) (?:Крупа|Вода|Сыр|Масло|Кофе|Полотенца|Доставка,)", " ".join(pages))
    assert [int(row) for row in rows] == list(range(1, 202))


@pytest.mark.parametrize("count", range(17, 39))
def test_the_last_line_stays_with_the_totals(count: int) -> None:
    last = make_lines(count)[-1]
    pages = pages_of(render_invoice(make_snapshot(lines=make_lines(count))))
    with_totals = next(page for page in pages if "Всего к оплате:" in page)
    assert f"{last.position} Доставка, 14,2 км" in with_totals
    assert "Итого:" in with_totals
    assert all(
        "Товары (работы, услуги)" not in page or re.search(r"₽ 1 |\d шт |\d кг |усл", page) for page in pages
    )


def test_five_hundred_lines() -> None:
    pages = pages_of(render_invoice(make_snapshot(lines=make_lines(499))))
    assert "500 Доставка" in pages[-1]


def test_a_row_does_not_split() -> None:
    # a name of many lines among short ones: all its lines are on the page its number is on
    lines = list(make_lines(40))
    words = " ".join(f"слово{i}" for i in range(80))
    for place in range(0, 40, 3):
        lines[place] = replace(lines[place], name=f"начало {words} конец")
    for page in pages_of(render_invoice(make_snapshot(lines=tuple(lines)))):
        assert page.count("начало") == page.count("конец")


@pytest.mark.parametrize(
    "name",
    [
        "ООО <Ромашка> & «Сыновья»",
        '<img src="/etc/hostname"/>',
        "</para><b>жирный",
        "&lt;b&gt; &amp;",
        "100 % {скидка} %s \\n",
    ],
)
def test_names_are_text_and_not_markup(name: str) -> None:
    pdf = render_invoice(one_line_of(name, buyer=replace(SELLER, name=name)))
    assert " ".join(pages_of(pdf)).count(name) == 2
    assert b"/Subtype /Image" not in pdf


def test_what_the_fonts_lack_reads_as_a_question_mark() -> None:
    text = text_of(one_line_of("Чай 茶 😀 ٣ «ёж» №5 ₸ Қазақ Ґанок ½ → ™"))
    assert "Чай ? ? ? «ёж» №5 ₸ Қазақ Ґанок ½ → ™" in text


@settings(max_examples=30, deadline=None)
@given(st.text(max_size=400))
def test_whatever_people_write_there_is_an_invoice(text: str) -> None:
    party = replace(SELLER, name=text, address=text, phone=text, director=text)
    lines = tuple(replace(line, name=text, unit=text[:16]) for line in make_lines(2))
    pdf = render_invoice(
        make_snapshot(lines=lines, seller=party, buyer=party, delivery_address=text, label=text[:40])
    )
    assert pdf.startswith(b"%PDF")


def test_an_invoice_without_lines_is_still_drawn() -> None:
    assert "Всего к оплате: 0,00" in text_of(make_snapshot(lines=()))


def test_line_breaks_and_invisible_characters_do_not_show() -> None:
    assert "Чай черный листовой" in text_of(one_line_of("Чай\r\nчер\u00adный\u200b\u202e листовой\x00"))


def test_a_no_break_space_holds() -> None:
    text = "бутылка 0,9\u00a0литра"
    width = layout_pdf.text_width("бутылка 0,9", layout_pdf.REGULAR, 9)
    assert layout_pdf.wrap(text, width, layout_pdf.REGULAR, 9) == ["бутылка", "0,9\u00a0литра"]


def test_an_endless_word_is_cut_into_pieces_inside_its_column() -> None:
    text = text_of(one_line_of("Ы" * 300))
    assert text.count("Ы") == 300


def test_an_endless_name_ends_in_an_ellipsis() -> None:
    text = text_of(one_line_of("слово " * 3_000))
    assert "… " in text
    assert "Всего к оплате: 21 718,00" in text


def test_great_sums_do_not_run_into_their_labels() -> None:
    line, delivery = make_lines(1)
    great = replace(line, price=99_999_999_999, total=999_999_999_999_99, net=999_999_999_999_99, vat=0)
    pdf = render_invoice(make_snapshot(lines=(great, delivery)))
    (page,) = pages_of(pdf)
    assert "Всего к оплате: 1 000 000 000 141,99" in page
    assert "999 999 999,99 10% 999 999 999 999,99" in page
    boxes = subprocess.run(
        ["pdftotext", "-bbox", "-", "-"], input=pdf, capture_output=True, check=True
    ).stdout
    words = re.findall(r'xMin="([\d.]+)".*xMax="([\d.]+)".*>(.+)</word>', boxes.decode())
    place = next(i for i, word in enumerate(words) if word[2] == "оплате:")
    assert float(words[place][1]) < float(words[place + 1][0])


def test_an_invoice_is_small() -> None:
    assert len(render_invoice(make_snapshot())) < MAX_BYTES
    assert len(render_invoice(make_snapshot(lines=make_lines(200)))) < MAX_BYTES


def test_the_properties_name_the_document() -> None:
    pdf = render_invoice(make_snapshot())
    read = subprocess.run(
        ["pdfinfo", "-rawdates", "-"], input=pdf, capture_output=True, check=True
    ).stdout.decode()
    assert re.search(r"Title: +Счёт на оплату № 1234 от 20.ноября 2026.г\.", read)
    assert re.search("Author: +ООО «Торговый дом", read)
    assert "D:20261120" in read


@pytest.mark.parametrize("count", [1, 60])
def test_the_same_bytes_in_any_process(count: int) -> None:
    snapshot = make_snapshot(lines=make_lines(count))
    digests = {hashlib.sha256(render_invoice(snapshot)).hexdigest() for _ in range(2)}
    digests |= digests_elsewhere(snapshot)
    assert len(digests) == 1


def test_threads_do_not_spoil_one_anothers_documents() -> None:
    several = [make_snapshot(label=str(count), lines=make_lines(count)) for count in (1, 4, 8, 12)] * 15
    alone = [render_invoice(snapshot) for snapshot in several[:4]] * 15
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    try:
        with ThreadPoolExecutor(6) as pool:
            assert list(pool.map(render_invoice, several)) == alone
    finally:
        sys.setswitchinterval(interval)


@pytest.mark.parametrize("width", [25, 55.5, 120, 300])
@pytest.mark.parametrize("text", ["Масло подсолнечное рафинированное", "Ы" * 40, "а б в", "", "№ 5 кг"])
def test_wrapped_lines_fit(text: str, width: float) -> None:
    lines = layout_pdf.wrap(text, width, layout_pdf.REGULAR, 9)
    assert all(layout_pdf.text_width(line, layout_pdf.REGULAR, 9) <= width for line in lines)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")


def test_the_fonts_have_what_documents_need() -> None:
    needed = "АЯаяЁё ӘҒҚҢӨҰҮҺІәғқңөұүһі ЄІЇҐєіїґ ЎўÄÖÜßéñ ₽№«»„“”’–—…→×−₸€₴½²³°%"
    assert layout_pdf.printable(needed) == formats.one_line(needed)
