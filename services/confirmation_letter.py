"""The letter that confirms an order when it goes to the warehouse."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, time

from services import formats, letter_frame, mail_texts
from services.letter_frame import Content, LetterText


@dataclass(frozen=True, slots=True)
class OrderedLine:
    """A line as it was ordered: ``quantity`` thousandths of ``unit``, ``total`` minor units."""

    name: str
    unit: str
    quantity: int
    total: int


@dataclass(frozen=True, slots=True)
class Confirmation:
    """What was ordered; money in minor units. ``address`` is empty for a pick-up."""

    language: str
    currency: str
    number: str
    placed_on: date
    lines: Sequence[OrderedLine]
    delivery_amount: int
    total_amount: int
    address: str
    delivery_on: date | None
    window: tuple[time, time] | None
    contact: str
    seller: str


@dataclass(frozen=True, slots=True)
class _Words:
    subject: str
    greeting: str
    intro: str
    total: str
    delivery: str
    pickup: str
    address: str
    contact: str
    goods: str
    fee: str
    sign_off: str


_WORDS = {
    "ru": _Words(
        subject="Заказ № {label} от {date} принят",
        greeting="Здравствуйте!",
        intro="Ваш заказ № {заказ} от {дата} принят. Счёт придёт, когда товар будет загружен.",
        total="Сумма",
        delivery="Доставка",
        pickup="Самовывоз",
        address="Адрес",
        contact="Вопросы",
        goods="Вы заказали:",
        fee="— Доставка: {amount}",
        sign_off="С уважением,",
    ),
    "en": _Words(
        subject="Order No. {label} of {date} received",
        greeting="Hello,",
        intro="We have received your order No. {order} of {date}. The invoice follows when it is loaded.",
        total="Total",
        delivery="Delivery",
        pickup="Pick-up",
        address="Address",
        contact="Questions",
        goods="You have ordered:",
        fee="— Delivery: {amount}",
        sign_off="Kind regards,",
    ),
}


def confirmation_letter(what: Confirmation, texts: Mapping[str, str] | None = None) -> LetterText:
    """Return the letter in the customer's language; ``texts`` are the administrator's own words."""
    words, own, language = _WORDS[what.language], texts or {}, what.language
    placed = formats.date_short(what.placed_on, language)
    total = formats.money(what.total_amount, what.currency, language)
    known = mail_texts.placeholders(what.number, placed, total, what.number)
    return letter_frame.render(
        Content(
            language=language,
            subject=words.subject.format(label=what.number, date=placed),
            greeting=letter_frame.filled(own.get("greeting") or words.greeting, known),
            intro=letter_frame.filled(own.get("confirmation_intro") or words.intro, known),
            facts=_facts(what, words, total),
            groups=[_goods(what, words)],
            note="",
            sign_off=letter_frame.filled(own.get("sign_off") or words.sign_off, known),
            seller=formats.one_line(what.seller),
        )
    )


def default_intro(language: str) -> str:
    """Return the words the administrator may put own ones in place of."""
    return _WORDS[language].intro


def _facts(what: Confirmation, words: _Words, total: str) -> list[tuple[str, str]]:
    when = formats.date_short(what.delivery_on, what.language) if what.delivery_on else ""
    if what.window is not None:
        when += f", {what.window[0]:%H:%M}–{what.window[1]:%H:%M}"
    return letter_frame.facts(
        [
            (words.total, total),
            (words.delivery if what.address else words.pickup, when),
            (words.address, what.address),
            (words.contact, what.contact),
        ]
    )


def _goods(what: Confirmation, words: _Words) -> list[str]:
    rows = [words.goods]
    for line in what.lines:
        amount = f"{formats.quantity(line.quantity, what.language)} {line.unit}"
        total = formats.money(line.total, what.currency, what.language)
        rows.append(formats.one_line(f"— {line.name}: {amount}, {total}"))
    if what.delivery_amount:
        fee = formats.money(what.delivery_amount, what.currency, what.language)
        rows.append(words.fee.format(amount=fee))
    return rows
