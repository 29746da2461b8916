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
    waybill_title: str
    waybill_footer: str
    cancelled: str
    footer: str
    bank: str
    bik: str
    correspondent_account: str
    account: str
    iban: str
    swift: str
    beneficiary: str
    inn: str
    kpp: str
    phone: str
    seller: str
    buyer: str
    basis: str
    order: str
    delivery: str
    delivery_on: str
    pickup: str
    pickup_on: str
    pay_until: str
    position: str
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
    scan: str
    consignor: str
    consignee: str
    code: str
    name: str
    okei: str
    price_net: str
    sum_net: str
    vat_percent: str
    vat_sum: str
    sum_gross: str
    no_delivery: str
    waybill_summary: str
    released_by: str
    handed_over_by: str
    storekeeper: str
    warrant: str
    issued_to: str
    accepted_by: str
    received_by: str
    post: str
    day: str
    director: str
    accountant: str
    sole_proprietor: str
    signature: str
    signatory: str
    stamp: str


RUSSIAN = Labels(
    title="Счёт на оплату № {label} от {date}",
    revision="Исправление № {revision} от {date}",
    waybill_title="Товарная накладная № {label} от {date}",
    waybill_footer="Товарная накладная № {label} от {date} · стр. {page} из {pages}",
    cancelled="АННУЛИРОВАН",
    footer="Счёт № {label} от {date} · стр. {page} из {pages}",
    bank="Банк получателя",
    bik="БИК",
    correspondent_account="К/с",
    account="Р/с",
    iban="IBAN",
    swift="BIC (SWIFT)",
    beneficiary="Получатель",
    inn="ИНН",
    kpp="КПП",
    phone="тел.",
    seller="Поставщик",
    buyer="Покупатель",
    basis="Основание",
    order="Заказ № {number} от {date}",
    delivery="Доставка",
    delivery_on="{date} по адресу: {address}",
    pickup="Самовывоз",
    pickup_on="{date} из: {address}",
    pay_until="Оплатить до",
    position="№",
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
    scan="Оплата в приложении банка",
    consignor="Грузоотправитель и поставщик",
    consignee="Грузополучатель и плательщик",
    code="Код",
    name="Наименование",
    okei="ОКЕИ",
    price_net="Цена без НДС",
    sum_net="Сумма без НДС",
    vat_percent="НДС, %",
    vat_sum="Сумма НДС",
    sum_gross="Сумма с НДС",
    no_delivery="Доставка ({total}) в накладную не входит: это услуга, она указана в счёте отдельной строкой,"
    " поэтому сумма счёта больше.",
    waybill_summary="Всего отпущено наименований: {words} ({positions}), на сумму {total}",
    released_by="Отпуск разрешил",
    handed_over_by="Отпуск груза произвёл",
    storekeeper="Кладовщик",
    warrant="По доверенности №",
    issued_to="выданной",
    accepted_by="Груз принял",
    received_by="Груз получил",
    post="должность",
    day="«____» ______________ 20___ г.",
    director="Руководитель",
    accountant="Главный бухгалтер",
    sole_proprietor="Индивидуальный предприниматель",
    signature="подпись",
    signatory="расшифровка подписи",
    stamp="М. П.",
)
ENGLISH = Labels(
    title="Invoice No. {label} of {date}",
    revision="Correction No. {revision} of {date}",
    waybill_title="Delivery note No. {label} of {date}",
    waybill_footer="Delivery note No. {label} of {date} · page {page} of {pages}",
    cancelled="CANCELLED",
    footer="Invoice No. {label} of {date} · page {page} of {pages}",
    bank="Beneficiary's bank",
    bik="BIC",
    correspondent_account="Corr. acc.",
    account="Account",
    iban="IBAN",
    swift="BIC (SWIFT)",
    beneficiary="Beneficiary",
    inn="TIN",
    kpp="KPP",
    phone="tel.",
    seller="Seller",
    buyer="Buyer",
    basis="Reference",
    order="Order No. {number} of {date}",
    delivery="Delivery",
    delivery_on="{date}, to: {address}",
    pickup="Pick-up",
    pickup_on="{date}, from: {address}",
    pay_until="Due date",
    position="No.",
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
    scan="Scan to pay in a banking app",
    consignor="Consignor and seller",
    consignee="Consignee and payer",
    code="Code",
    name="Description",
    okei="OKEI",
    price_net="Price excl. VAT",
    sum_net="Amount excl. VAT",
    vat_percent="VAT, %",
    vat_sum="VAT amount",
    sum_gross="Amount incl. VAT",
    no_delivery="Delivery ({total}) is not part of this note: it is a service, a line of its own on the"
    " invoice, whose total is therefore higher.",
    waybill_summary="Positions released: {words} ({positions}), total {total}",
    released_by="Release approved",
    handed_over_by="Handed over",
    storekeeper="Storekeeper",
    warrant="Power of attorney No.",
    issued_to="issued to",
    accepted_by="Goods accepted",
    received_by="Goods received",
    post="position",
    day="____ ______________ 20___",
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
    phone = formats.phone(party.phone)
    numbers = ((labels.inn, party.inn), (labels.kpp, party.kpp), (labels.phone, phone))
    inn, kpp, phone = (
        f"{label} {number}".replace(" ", formats.NBSP) if number else "" for label, number in numbers
    )
    return ", ".join(filter(None, (inn, kpp, party.address, phone)))
