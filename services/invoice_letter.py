"""The letter an invoice goes out with: the same facts as text and as HTML.

The HTML is one table with its styles inline, which Outlook draws like everybody else; it fits a phone, and
loads nothing from anywhere. Whatever people wrote is escaped.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import NamedTuple

from services import formats
from services.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class Shortage:
    """Goods loaded short: quantities are thousandths of ``unit``."""

    name: str
    unit: str
    ordered: int
    loaded: int


class LetterText(NamedTuple):
    """What ``mail.compose`` needs to be told."""

    subject: str
    text: str
    html: str


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
        intro="Ваш заказ загружен. Счёт № {label} от {date} — во вложении.",
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
        intro="Your order has been loaded. Invoice No. {label} of {date} is attached.",
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
    note: str = "",
) -> LetterText:
    """Return the subject, text and HTML of the letter for an invoice, in the invoice's language.

    ``contact`` is whom to call («Анна Соколова, +7 …»), by default the seller's phone; ``note`` is the
    administrator's own sentence, put before the farewell. Raises ``KeyError`` for an unknown language.
    """
    words = _WORDS[snapshot.language]
    label = formats.one_line(snapshot.label)
    issued = formats.date_short(snapshot.issued_on, snapshot.language)
    total = formats.money(snapshot.total, snapshot.currency, snapshot.language)
    subject = words.subject.format(label=label, date=issued, total=total).replace(formats.NBSP, " ")
    parts = _Parts(
        words=words,
        intro=words.intro.format(label=label, date=issued),
        facts=_facts(snapshot, words, total, contact),
        shortages=[_shortage_line(shortage, words, snapshot.language) for shortage in shortages],
        note=note.strip(),
        seller=formats.one_line(snapshot.seller.name),
    )
    return LetterText(subject, _text(parts), _html(parts, subject, snapshot.language))


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


@dataclass(frozen=True, slots=True)
class _Parts:
    """What the letter says, before it is text or HTML; nothing is escaped yet."""

    words: _Words
    intro: str
    facts: list[tuple[str, str]]
    shortages: list[str]
    note: str
    seller: str


def _facts(snapshot: Snapshot, words: _Words, total: str, contact: str) -> list[tuple[str, str]]:
    language = snapshot.language
    order_date = formats.date_short(snapshot.order_date, language)
    delivery_on = formats.date_short(snapshot.delivery_on, language) if snapshot.delivery_on else ""
    facts = [
        (words.amount, total),
        (words.pay_until, formats.date_short(snapshot.pay_until, language) if snapshot.pay_until else ""),
        (words.order, words.order_value.format(number=snapshot.order_number, date=order_date)),
        (words.delivery, ", ".join(filter(None, (delivery_on, snapshot.delivery_address)))),
        (words.contact, contact or snapshot.seller.phone),
    ]
    return [(name, formats.one_line(value)) for name, value in facts if value]


def _shortage_line(shortage: Shortage, words: _Words, language: str) -> str:
    line = words.shortage.format(
        name=shortage.name,
        unit=shortage.unit,
        ordered=formats.quantity(shortage.ordered, language),
        loaded=formats.quantity(shortage.loaded, language),
    )
    return formats.one_line(line)


def _text(parts: _Parts) -> str:
    words = parts.words
    blocks = [words.greeting, parts.intro, "\n".join(f"{name}: {value}" for name, value in parts.facts)]
    if parts.shortages:
        lines = [f"— {line}" for line in parts.shortages]
        blocks.append("\n".join([words.shortages, *lines, words.shortage_note]))
    if parts.note:
        blocks.append(parts.note)
    blocks.append(f"{words.sign_off}\n{parts.seller}")
    return "\n\n".join(blocks) + "\n"


_PAGE = """\
<!DOCTYPE html>
<html lang="{language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{title}</title>
</head>
<body style="margin:0;padding:0">
<table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0"><tr>
<td align="center" style="padding:24px 16px">
<table role="presentation" width="560" cellpadding="0" cellspacing="0" style="width:100%;max-width:560px">
<tr><td align="left" style="{font}">
{body}
</td></tr>
</table>
</td></tr></table>
</body>
</html>
"""
_FONT = "font-family:Arial,Helvetica,sans-serif;font-size:16px;line-height:24px"
_FACT_NAME = (
    f"{_FONT};white-space:nowrap;padding:6px 16px 6px 0;border-bottom:1px solid #d9d9d9;color:#767676"
)
_FACT_VALUE = f"{_FONT};padding:6px 0;border-bottom:1px solid #d9d9d9"


def _html(parts: _Parts, title: str, language: str) -> str:
    words = parts.words
    blocks = [_paragraph(words.greeting), _paragraph(parts.intro), _fact_table(parts.facts)]
    if parts.shortages:
        lines = [words.shortages, *(f"— {line}" for line in parts.shortages), words.shortage_note]
        blocks.append(_paragraph("\n".join(lines)))
    if parts.note:
        blocks.append(_paragraph(parts.note))
    blocks.append(_paragraph(f"{words.sign_off}\n{parts.seller}"))
    return _PAGE.format(language=language, title=escape(title), font=_FONT, body="\n".join(blocks))


def _paragraph(text: str) -> str:
    lines = "<br>\n".join(escape(line) for line in text.split("\n"))
    return f'<p style="margin:0 0 16px 0">{lines}</p>'


def _fact_table(facts: Sequence[tuple[str, str]]) -> str:
    """Return the facts as rows, the first of them, the sum, in bold."""
    rows = []
    for i, (name, value) in enumerate(facts):
        shown = f"<strong>{escape(value)}</strong>" if i == 0 else escape(value)
        rows.append(
            f'<tr><td valign="top" style="{_FACT_NAME}">{escape(name)}</td>'
            f'<td valign="top" style="{_FACT_VALUE}">{shown}</td></tr>'
        )
    opening = (
        '<table role="presentation" cellpadding="0" cellspacing="0" border="0" style="margin:0 0 16px 0">'
    )
    return "\n".join([opening, *rows, "</table>"])
