"""The letter an invoice goes out with."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from services import formats, letter_frame, mail_texts
from services.letter_frame import Content, LetterText
from services.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class Shortage:
    """Goods loaded short: quantities are thousandths of ``unit``."""

    name: str
    unit: str
    ordered: int
    loaded: int


@dataclass(frozen=True, slots=True)
class _Words:
    """The letter in one language; ``{…}`` are filled in."""

    subject: str
    greeting: str
    intro: str
    amount: str
    pay_until: str
    order: str
    order_value: str
    delivery: str
    contact: str
    shortages: str
    shortage: str
    shortage_note: str
    sign_off: str
    invoice_file: str
    waybill_file: str


_WORDS = {
    "ru": _Words(
        subject="Счёт № {label} от {date} на {total}",
        greeting="Здравствуйте!",
        intro="Ваш заказ загружен. Счёт № {номер} от {дата} — во вложении.",
        amount="К оплате",
        pay_until="Оплатить до",
        order="Заказ",
        order_value="№ {number} от {date}",
        delivery="Доставка",
        contact="Вопросы",
        shortages="Загружено меньше, чем заказано:",
        shortage="{name}: {loaded} из {ordered} {unit}",
        shortage_note="Сумма счёта — за то, что загружено.",
        sign_off="С уважением,",
        invoice_file="Счет_{label}.pdf",
        waybill_file="Накладная_{label}.pdf",
    ),
    "en": _Words(
        subject="Invoice No. {label} of {date} for {total}",
        greeting="Hello,",
        intro="Your order has been loaded. Invoice No. {number} of {date} is attached.",
        amount="Amount due",
        pay_until="Due date",
        order="Order",
        order_value="No. {number} of {date}",
        delivery="Delivery",
        contact="Questions",
        shortages="Loaded less than ordered:",
        shortage="{name}: {loaded} of {ordered} {unit}",
        shortage_note="The invoice is for what was loaded.",
        sign_off="Kind regards,",
        invoice_file="Invoice_{label}.pdf",
        waybill_file="Delivery_note_{label}.pdf",
    ),
}


def invoice_letter(
    snapshot: Snapshot,
    shortages: Sequence[Shortage] = (),
    *,
    contact: str = "",
    texts: Mapping[str, str] | None = None,
) -> LetterText:
    """Return the subject, text and HTML of the letter for an invoice, in the invoice's language.

    ``contact`` is whom to call («Анна Соколова, +7 …»), by default the seller's phone; ``texts`` are the
    administrator's own words for some of :data:`services.mail_texts.PARTS`. Raises ``KeyError`` for an
    unknown language.
    """
    words, own = _WORDS[snapshot.language], texts or {}
    label = formats.one_line(snapshot.label)
    issued = formats.date_short(snapshot.issued_on, snapshot.language)
    total = formats.money(snapshot.total, snapshot.currency, snapshot.language)
    known = mail_texts.placeholders(label, issued, total, snapshot.order_number)
    return letter_frame.render(
        Content(
            language=snapshot.language,
            subject=words.subject.format(label=label, date=issued, total=total),
            greeting=letter_frame.filled(own.get("greeting") or words.greeting, known),
            intro=letter_frame.filled(own.get("intro") or words.intro, known),
            facts=_facts(snapshot, words, total, contact),
            groups=[_shortage_lines(shortages, words, snapshot.language)] if shortages else [],
            note=letter_frame.filled(own.get("note", ""), known).strip(),
            sign_off=letter_frame.filled(own.get("sign_off") or words.sign_off, known),
            seller=formats.one_line(snapshot.seller.name),
        )
    )


def default_texts(language: str) -> dict[str, str]:
    """Return the words the administrator may put own ones in place of."""
    words = _WORDS[language]
    return {"greeting": words.greeting, "intro": words.intro, "note": "", "sign_off": words.sign_off}


def invoice_file_name(snapshot: Snapshot) -> str:
    """Return the name the invoice is attached under: «Счет_1234.pdf»."""
    return _WORDS[snapshot.language].invoice_file.format(label=_file_safe(snapshot.label))


def waybill_file_name(snapshot: Snapshot) -> str:
    """Return the name the waybill is attached under: «Накладная_1234.pdf»."""
    return _WORDS[snapshot.language].waybill_file.format(label=_file_safe(snapshot.label))


def file_name(snapshot: Snapshot) -> str:
    """Return the name a document is attached under, whichever it is."""
    return waybill_file_name(snapshot) if snapshot.kind == "waybill" else invoice_file_name(snapshot)


def _file_safe(label: str) -> str:
    """Return the number without what a file name cannot have on some system or must not begin with."""
    return re.sub(r'[\\/:*?"<>|;%\s]+', "-", formats.one_line(label)).strip("-.")


def _facts(snapshot: Snapshot, words: _Words, total: str, contact: str) -> list[tuple[str, str]]:
    language = snapshot.language
    order_date = formats.date_short(snapshot.order_date, language)
    delivery_on = formats.date_short(snapshot.delivery_on, language) if snapshot.delivery_on else ""
    pairs = [
        (words.amount, total),
        (words.pay_until, formats.date_short(snapshot.pay_until, language) if snapshot.pay_until else ""),
        (words.order, words.order_value.format(number=snapshot.order_number, date=order_date)),
        (words.delivery, ", ".join(filter(None, (delivery_on, snapshot.delivery_address)))),
        (words.contact, contact or snapshot.seller.phone),
    ]
    return letter_frame.facts(pairs)


def _shortage_lines(shortages: Sequence[Shortage], words: _Words, language: str) -> list[str]:
    lines = [f"— {_shortage_line(shortage, words, language)}" for shortage in shortages]
    return [words.shortages, *lines, words.shortage_note]


def _shortage_line(shortage: Shortage, words: _Words, language: str) -> str:
    line = words.shortage.format(
        name=shortage.name,
        unit=shortage.unit,
        ordered=formats.quantity(shortage.ordered, language),
        loaded=formats.quantity(shortage.loaded, language),
    )
    return formats.one_line(line)
