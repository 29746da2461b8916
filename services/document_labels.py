"""The fixed words of the paper documents in each language, and how they introduce a party."""

from __future__ import annotations

from dataclasses import dataclass

from services import formats
from services.snapshot import Party


@dataclass(frozen=True, slots=True)
class Labels:
    """The fixed words of the paper in one language; ``{…}`` are filled in."""

    title: str
    revision: str
    cancelled: str
    footer: str
    bank: str
    bik: str
    correspondent_account: str
    account: str
    beneficiary: str
    inn: str
    kpp: str
    phone: str
    seller: str
    buyer: str
    basis: str
    order: str
    delivery: str
    pay_until: str
    goods: str
    quantity: str
    unit: str
    price: str
    amount: str
    with_vat: str
    without_vat: str
    vat: str
    subtotal: str
    including_vat: str
    plus_vat: str
    no_vat: str
    to_pay: str
    summary: str
    director: str
    accountant: str
    sole_proprietor: str
    signature: str
    signatory: str
    stamp: str


RUSSIAN = Labels(
    title="Счёт на оплату № {label} от {date}",
    revision="Исправление № {revision}",
    cancelled="АННУЛИРОВАН",
    footer="Счёт № {label} от {date} · стр. {page} из {pages}",
    bank="Банк получателя",
    bik="БИК",
    correspondent_account="К/с",
    account="Р/с",
    beneficiary="Получатель",
    inn="ИНН",
    kpp="КПП",
    phone="тел.",
    seller="Поставщик",
    buyer="Покупатель",
    basis="Основание",
    order="Заказ № {number} от {date}",
    delivery="Доставка",
    pay_until="Оплатить до",
    goods="Товары (работы, услуги)",
    quantity="Кол-во",
    unit="Ед.",
    price="Цена",
    amount="Сумма",
    with_vat=" с НДС",
    without_vat=" без НДС",
    vat="НДС",
    subtotal="Итого:",
    including_vat="В том числе НДС {rate}:",
    plus_vat="НДС {rate}:",
    no_vat="Без налога (НДС):",
    to_pay="Всего к оплате:",
    summary="Всего наименований {positions}, на сумму {total}",
    director="Руководитель",
    accountant="Главный бухгалтер",
    sole_proprietor="Индивидуальный предприниматель",
    signature="подпись",
    signatory="расшифровка подписи",
    stamp="М. П.",
)
ENGLISH = Labels(
    title="Invoice No. {label} of {date}",
    revision="Correction No. {revision}",
    cancelled="CANCELLED",
    footer="Invoice No. {label} of {date} · page {page} of {pages}",
    bank="Beneficiary's bank",
    bik="BIC",
    correspondent_account="Corr. acc.",
    account="Account",
    beneficiary="Beneficiary",
    inn="TIN",
    kpp="KPP",
    phone="tel.",
    seller="Seller",
    buyer="Buyer",
    basis="Reference",
    order="Order No. {number} of {date}",
    delivery="Delivery",
    pay_until="Due date",
    goods="Goods and services",
    quantity="Qty",
    unit="Unit",
    price="Price",
    amount="Amount",
    with_vat=" incl. VAT",
    without_vat=" excl. VAT",
    vat="VAT",
    subtotal="Subtotal:",
    including_vat="Including VAT {rate}:",
    plus_vat="VAT {rate}:",
    no_vat="Not subject to VAT:",
    to_pay="Total due:",
    summary="Positions: {positions}, total {total}",
    director="Director",
    accountant="Chief accountant",
    sole_proprietor="Sole proprietor",
    signature="signature",
    signatory="name",
    stamp="Stamp",
)
LABELS = {"ru": RUSSIAN, "en": ENGLISH}


def party_details(party: Party, labels: Labels) -> str:
    """Return a party's numbers, address and phone on one line; a number is never parted from its label."""
    numbers = ((labels.inn, party.inn), (labels.kpp, party.kpp), (labels.phone, party.phone))
    inn, kpp, phone = (
        f"{label} {number}".replace(" ", formats.NBSP) if number else "" for label, number in numbers
    )
    return ", ".join(filter(None, (inn, kpp, party.address, phone, party.email)))
