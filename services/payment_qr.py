"""The code a banking app scans to fill in the payment: roubles by ГОСТ Р 56042-2014, euros by EPC069-12.

Everything here is pure. There is no code rather than a doubtful one: a wrong digit in it sends the money to
somebody else. It is a filled-in transfer order, not the Faster Payments System (СБП).
"""

from __future__ import annotations

import re

from services import formats, requisites
from services.errors import Invalid
from services.money import MINOR_UNITS
from services.snapshot import Snapshot

MAX_NAME = 160
MAX_BANK_NAME = 45
MAX_PURPOSE = 160
MAX_MANDATORY_BYTES = 300
EPC_MAX_NAME = 70
EPC_MAX_MINOR = 999_999_999_99

_LEGAL_FORMS = (
    ("Публичное акционерное общество", "ПАО"),
    ("Закрытое акционерное общество", "ЗАО"),
    ("Общество с ограниченной ответственностью", "ООО"),
    ("Акционерное общество", "АО"),
    ("Индивидуальный предприниматель", "ИП"),
)
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]+")


def payload(paper: Snapshot) -> bytes | None:
    """Return what the code of an invoice says, or None when there must be none.

    That is when the invoice is cancelled, comes to nothing, is in a currency no code is known for, or lacks
    a requisite, or one of them fails its check.
    """
    if paper.is_cancelled or paper.total <= 0:
        return None
    return {"RUB": _gost, "EUR": _epc}.get(paper.currency, _nothing)(paper)


def _nothing(_paper: Snapshot) -> None:
    return None


def _gost(paper: Snapshot) -> bytes | None:
    """Return the rouble order: UTF-8, or windows-1251 when its first block would be over 300 bytes."""
    seller, bank = paper.seller, paper.bank
    if bank is None or not _is_sound(paper):
        return None
    names = [_clean(seller.name, MAX_NAME), _clean(_shortened(seller.name), MAX_NAME)]
    rest = (
        f"|PersonalAcc={bank.account}|BankName={_clean(bank.name, MAX_BANK_NAME)}"
        f"|BIC={bank.bik}|CorrespAcc={bank.correspondent_account}"
    )
    further = f"|Sum={paper.total}|Purpose={_purpose(paper)}|PayeeINN={seller.inn}"
    if seller.kpp:
        further += f"|KPP={seller.kpp}"
    for version, encoding in (("ST00012", "utf-8"), ("ST00011", "cp1251")):
        for name in names:
            mandatory = f"Name={name}{rest}"
            try:
                if len(mandatory.encode(encoding)) <= MAX_MANDATORY_BYTES:
                    return f"{version}|{mandatory}{further}".encode(encoding)
            except UnicodeEncodeError:
                break
    return None


def _is_sound(paper: Snapshot) -> bool:
    """Tell whether every requisite is there and passes its check, keys of the accounts included."""
    seller, bank = paper.seller, paper.bank
    if bank is None or not _clean(seller.name, 1) or not _clean(bank.name, 1):
        return False
    try:
        is_normal = (
            requisites.check_inn(seller.inn) == seller.inn
            and requisites.check_bik(bank.bik) == bank.bik
            and requisites.check_account(bank.account) == bank.account
            and requisites.check_correspondent_account(bank.correspondent_account)
            == bank.correspondent_account
            and (not seller.kpp or requisites.check_kpp(seller.kpp) == seller.kpp)
        )
    except Invalid:
        return False
    has_kpp = bool(seller.kpp) != requisites.is_sole_proprietor(seller.inn)
    return (
        is_normal
        and has_kpp
        and not requisites.account_warnings(bank.bik, bank.account, bank.correspondent_account)
    )


def _purpose(paper: Snapshot) -> str:
    """Return «Оплата по счету № 1234 от 20.11.2026, в т.ч. НДС 19426.36»: roubles with a point."""
    whole, kopecks = divmod(paper.vat, MINOR_UNITS)
    tax = f"в т.ч. НДС {whole}.{kopecks:02d}" if paper.has_vat else "НДС не облагается"
    text = f"Оплата по счету № {paper.label} от {formats.date_short(paper.issued_on)}, {tax}"
    return _clean(text, MAX_PURPOSE)


def _shortened(name: str) -> str:
    """Return a firm's name with its legal form as everybody abbreviates it."""
    for long, short in _LEGAL_FORMS:
        name = re.sub(re.escape(long), short, name, flags=re.IGNORECASE)
    return name


def _clean(text: str, limit: int) -> str:
    """Return text without what would end a field or a line, cut to its limit."""
    spaced = _CONTROL.sub(" ", text.replace("|", "/"))
    return formats.one_line(spaced)[:limit].strip(" ")


def _epc(paper: Snapshot) -> bytes | None:
    """Return the SEPA credit transfer, version 002: the bank's BIC may be missing, the IBAN may not."""
    bank = paper.bank
    name = _clean(paper.seller.name, EPC_MAX_NAME)
    if bank is None or not name or paper.total > EPC_MAX_MINOR:
        return None
    try:
        is_sound = requisites.check_iban(bank.iban) == bank.iban
        is_sound &= not bank.swift or requisites.check_swift(bank.swift) == bank.swift
    except Invalid:
        return None
    whole, cents = divmod(paper.total, MINOR_UNITS)
    reference = _clean(f"Invoice {paper.label} of {paper.issued_on.isoformat()}", 140)
    fields = ("BCD", "002", "1", "SCT", bank.swift, name, bank.iban, f"EUR{whole}.{cents:02d}")
    return "\n".join((*fields, "", "", reference)).encode() if is_sound else None


def modules(content: bytes) -> tuple[bytes, ...]:
    """Return the code's rows, a byte for each module, 1 for a dark one; without the quiet zone.

    Level M. The mask is fixed: trying all eight takes five times as long, and 0 reads as well as the best.
    """
    # Late: only a document that bears a code needs it.
    import segno

    code = segno.make_qr(content, error="m", mask=0, mode="byte", boost_error=False)
    return tuple(bytes(row) for row in code.matrix)
