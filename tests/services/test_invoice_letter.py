from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from services import invoice_letter as letters
from services.invoice_letter import Shortage
from services.letter_frame import LetterText
from tests.services.documents import BUYER, SELLER, make_lines, make_snapshot

SHORT = Shortage("Сыр «Российский», весовой", "кг", ordered=12_500, loaded=10_000)


class Reader(HTMLParser):
    """What a mail program makes of the HTML: its words, and every tag and attribute."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.words: list[str] = []
        self.tags: list[str] = []
        self.attributes: list[str] = []
        self.open: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [name for name, _ in attrs]
        if tag not in ("br", "meta"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    @property
    def text(self) -> str:
        return plain(" ".join(self.words))


def plain(text: str) -> str:
    return re.sub(r"[\s\u00a0]+", " ", text)


def both(letter: LetterText) -> tuple[str, str]:
    return plain(letter.text), Reader(letter.html).text


def test_the_subject() -> None:
    # 21 576,00 and delivery of 142,00
    letter = letters.invoice_letter(make_snapshot(lines=make_lines(1)))
    assert letter.subject == "Счёт № 1234 от 20.11.2026 на 21 718,00 ₽"


@pytest.mark.parametrize(
    "fact",
    [
        "Здравствуйте!",
        "Счёт № 1234 от 20.11.2026 — во вложении",
        "21 718,00 ₽",
        "25.11.2026",
        "№ 17 от 18.11.2026",
        "21.11.2026, г. Москва, Ленинский пр-т, д. 12, склад № 3",
        "Анна Соколова, +7 900 111-22-33",
        "Сыр «Российский», весовой: 10 из 12,5 кг",
        "Приятного аппетита!",
        "ООО «Торговый дом „Северный Ветер“»",
    ],
)
def test_text_and_html_state_the_same_facts(fact: str) -> None:
    letter = letters.invoice_letter(
        make_snapshot(lines=make_lines(1)),
        [SHORT],
        contact="Анна Соколова, +7 900 111-22-33",
        texts={"note": "Приятного аппетита!"},
    )
    text, html = both(letter)
    assert fact in text
    assert fact in html


def test_what_is_not_there_is_not_mentioned() -> None:
    snapshot = make_snapshot(
        delivery_address="", delivery_on=None, pay_until=None, seller=replace(SELLER, phone="")
    )
    for version in both(letters.invoice_letter(snapshot)):
        for label in ("Доставка", "Оплатить", "Вопросы", "Загружено меньше"):
            assert label not in version


def test_the_seller_answers_when_nobody_else_does() -> None:
    for version in both(letters.invoice_letter(make_snapshot())):
        assert "+7 495 123-45-67" in version


def test_english() -> None:
    letter = letters.invoice_letter(make_snapshot(language="en", lines=make_lines(1)), [SHORT])
    assert letter.subject == "Invoice No. 1234 of 20 Nov 2026 for RUB 21,718.00"
    for version in both(letter):
        assert "Hello," in version
        assert "10 of 12.5 кг" in version
        assert "25 Nov 2026" in version
    with pytest.raises(KeyError):
        letters.invoice_letter(make_snapshot(language="de"))


def test_what_people_wrote_is_no_markup() -> None:
    nasty = '<img src="http://tracker.example/x.png" onerror=alert(1)> & "co"'
    snapshot = make_snapshot(
        seller=replace(SELLER, name=nasty), buyer=replace(BUYER, name=nasty), delivery_address=nasty
    )
    letter = letters.invoice_letter(
        snapshot, [replace(SHORT, name=nasty)], contact=nasty, texts={"note": nasty}
    )
    reader = Reader(letter.html)
    assert reader.text.count(nasty) == 5
    assert plain(letter.text).count(nasty) == 5


def test_braces_in_names_are_letters_like_any_other() -> None:
    letter = letters.invoice_letter(make_snapshot(order_number="{date}"), [replace(SHORT, name="{unit} %s")])
    for version in both(letter):
        assert "№ {date} от" in version
        assert "{unit} %s: 10 из" in version


def test_the_html_loads_nothing_and_suits_outlook_and_a_phone() -> None:
    reader = Reader(letters.invoice_letter(make_snapshot(), [SHORT]).html)
    assert not set(reader.tags) & {"img", "link", "script", "style", "iframe", "a", "div"}
    assert not set(reader.attributes) & {"src", "href", "background", "class"}
    assert reader.open == []
    html = letters.invoice_letter(make_snapshot()).html
    assert 'name="viewport"' in html
    # Read on white and on black alike: no ink and no paper of its own.
    assert not re.search(r"(?<![-\w])(color|background)\s*:", html)
    assert "url(" not in html
    assert "font-size:16px" in html


def test_a_subject_stays_on_its_line() -> None:
    letter = letters.invoice_letter(make_snapshot(label="12\r\nBcc: thief@example.com"))
    assert "\n" not in letter.subject
    assert "\r" not in letter.subject


@pytest.mark.parametrize(
    ("label", "name"),
    [
        ("1234", "1234"),
        ("СЧ-00007", "СЧ-00007"),
        ("2026/17", "2026-17"),
        ('a\\b:c*d?"e"<f>|g;h', "a-b-c-d-e-f-g-h"),
        ("../../etc", "etc"),
        ("12\r\n34", "12-34"),
    ],
)
def test_file_names(label: str, name: str) -> None:
    snapshot = make_snapshot(label=label)
    assert letters.invoice_file_name(snapshot) == f"Счет_{name}.pdf"
    assert letters.waybill_file_name(snapshot) == f"Накладная_{name}.pdf"


def test_file_names_in_english() -> None:
    assert letters.invoice_file_name(make_snapshot(language="en")) == "Invoice_1234.pdf"
    assert letters.waybill_file_name(make_snapshot(language="en")) == "Delivery_note_1234.pdf"
