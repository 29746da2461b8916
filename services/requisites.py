"""Checks of Russian requisites: ИНН, КПП, БИК, bank accounts, and of e-mail addresses.

Each ``check_x`` takes what a person typed and returns it normalised, or raises ``Invalid`` with a code that
says which rule failed. Spaces, no-break spaces and dashes inside numbers are taken out; numbers stay
strings, and only ASCII digits count as digits (``"٣".isdigit()`` is true). A wrong ИНН is refused; an
account whose key does not fit only warns, because a bank may have told the customer so.

Sources: ИНН and КПП — order of the tax service ММВ-7-6/435@ and its check digits; account keys — the Bank
of Russia's procedure 515 of 8 September 1997; БИК — its regulation 732-П; addresses — RFC 5321.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Protocol

from services import formats
from services.errors import Invalid

MAX_NAME = 160
MAX_BANK_NAME = 120
MAX_EMAIL = 254
MAX_EMAILS = 10
MAX_EMAILS_TEXT = 1000

_ORGANISATION_INN = 10
_SOLE_PROPRIETOR_INN = 12
_INN_RULES: dict[int, tuple[tuple[int, ...], ...]] = {
    _ORGANISATION_INN: ((2, 4, 10, 3, 5, 9, 4, 6, 8),),
    _SOLE_PROPRIETOR_INN: ((7, 2, 4, 10, 3, 5, 9, 4, 6, 8), (3, 7, 2, 4, 10, 3, 5, 9, 4, 6, 8)),
}
"""Weights of the digits before each check digit."""
_ACCOUNT_WEIGHTS = (7, 1, 3)

_SEPARATORS = re.compile("[ \u00a0\u2007\u202f\\-\u2010\u2011\u2012\u2013\u2014]")
_DIGITS = re.compile("[0-9]+")
_KPP = re.compile("[0-9]{4}[0-9A-Z]{2}[0-9]{3}")
_IBAN = re.compile("[A-Z]{2}[0-9]{2}[0-9A-Z]{11,30}")
_SWIFT = re.compile("[A-Z]{4}[A-Z]{2}[0-9A-Z]{2}([0-9A-Z]{3})?")
_LOCAL_PART = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_DOMAIN_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
_MAX_LOCAL_PART = 64


class SellerRequisites(Protocol):
    """What an invoice needs to know about the seller; an empty field is ``None`` or an empty string."""

    name: str | None
    inn: str | None
    kpp: str | None
    bank_name: str | None
    bik: str | None
    account: str | None
    correspondent_account: str | None


def _compact(text: str) -> str:
    return _SEPARATORS.sub("", text.strip())


def _exact_digits(text: str, field: str, lengths: Sequence[int]) -> str:
    compact = _compact(text)
    if not _DIGITS.fullmatch(compact):
        raise Invalid(f"{field}_digits")
    if len(compact) not in lengths:
        raise Invalid(f"{field}_length", length=len(compact), expected=" / ".join(map(str, lengths)))
    return compact


def _check_named(text: str, code: str, limit: int) -> str:
    name = formats.one_line(text)
    if not name:
        raise Invalid(f"{code}_empty")
    if len(name) > limit:
        raise Invalid(f"{code}_too_long", length=len(name), limit=limit)
    return name


def check_name(text: str) -> str:
    """Return a firm's name on one line. Raises ``name_empty`` or ``name_too_long`` (over 160 characters)."""
    return _check_named(text, "name", MAX_NAME)


def check_bank_name(text: str) -> str:
    """Return a bank's name on one line. Raises ``bank_name_empty`` or ``bank_name_too_long`` (over 120)."""
    return _check_named(text, "bank_name", MAX_BANK_NAME)


def _inn_digit(digits: str, weights: Sequence[int]) -> int:
    return sum(weight * int(digit) for weight, digit in zip(weights, digits, strict=False)) % 11 % 10


def check_inn(text: str) -> str:
    """Return an ИНН of 10 digits (organisation) or 12 (sole proprietor).

    Raises ``inn_digits``, ``inn_length`` (length, expected), ``inn_check_digit`` (position from 1,
    expected, found) or ``inn_zeros``: ten noughts satisfy the check digit and belong to nobody.
    """
    inn = _exact_digits(text, "inn", tuple(_INN_RULES))
    if not inn.strip("0"):
        raise Invalid("inn_zeros")
    for weights in _INN_RULES[len(inn)]:
        expected, found = _inn_digit(inn, weights), int(inn[len(weights)])
        if expected != found:
            raise Invalid("inn_check_digit", position=len(weights) + 1, expected=expected, found=found)
    return inn


def is_sole_proprietor(inn: str) -> bool:
    """Return whether a checked ИНН belongs to a person in business (ИП), who has no КПП."""
    return len(inn) == _SOLE_PROPRIETOR_INN


def check_kpp(text: str) -> str:
    """Return a КПП of 9 characters, letters capital. Raises ``kpp_length`` (length) or ``kpp_form``."""
    kpp = _compact(text).upper()
    if len(kpp) != 9:
        raise Invalid("kpp_length", length=len(kpp), expected="9")
    if not _KPP.fullmatch(kpp):
        raise Invalid("kpp_form")
    return kpp


def check_bik(text: str) -> str:
    """Return a БИК of 9 digits. Raises ``bik_digits`` or ``bik_length`` (length)."""
    return _exact_digits(text, "bik", (9,))


def check_account(text: str) -> str:
    """Return a settlement account of 20 digits. Raises ``account_digits`` or ``account_length`` (length).

    The key is not looked at here: it needs the БИК, see ``account_warnings``.
    """
    return _exact_digits(text, "account", (20,))


def check_correspondent_account(text: str) -> str:
    """Return a correspondent account of 20 digits beginning with 301.

    Raises ``correspondent_account_digits``, ``correspondent_account_length`` or
    ``correspondent_account_start``.
    """
    account = _exact_digits(text, "correspondent_account", (20,))
    if not account.startswith("301"):
        raise Invalid("correspondent_account_start", expected="301")
    return account


def _has_account_key(prefix: str, account: str) -> bool:
    digits = prefix + account
    return sum(_ACCOUNT_WEIGHTS[i % 3] * int(digit) % 10 for i, digit in enumerate(digits)) % 10 == 0


def account_warnings(bik: str | None, account: str | None, correspondent_account: str | None) -> list[str]:
    """Return what looks wrong about checked bank details: people are asked, not refused.

    Codes: ``bik_start`` (a Russian БИК begins with 04), ``account_key``, ``correspondent_account_key``.
    What is not filled in yet is not judged.
    """
    if not bik:
        return []
    warnings = []
    if not bik.startswith("04"):
        warnings.append("bik_start")
    if account and not _has_account_key(bik[-3:], account):
        warnings.append("account_key")
    if correspondent_account and not _has_account_key("0" + bik[4:6], correspondent_account):
        warnings.append("correspondent_account_key")
    return warnings


def check_iban(text: str) -> str:
    """Return an IBAN (ISO 13616) without spaces. Raises ``iban_form`` or ``iban_check`` (a typing slip)."""
    iban = _compact(text).upper()
    if not _IBAN.fullmatch(iban):
        raise Invalid("iban_form")
    if int("".join(str(int(character, 36)) for character in iban[4:] + iban[:4])) % 97 != 1:
        raise Invalid("iban_check")
    return iban


def check_swift(text: str) -> str:
    """Return a bank's BIC (ISO 9362) of 8 or 11 characters. Raises ``swift_form``."""
    swift = _compact(text).upper()
    if not _SWIFT.fullmatch(swift):
        raise Invalid("swift_form")
    return swift


def check_email(text: str) -> str:
    """Return one address with its domain in lower case and in ASCII (IDNA), as it goes on the wire.

    Raises ``email_line_break``, ``email_form`` or ``email_too_long`` (over 254 characters).
    """
    if re.search("[\r\n\x00-\x1f\x7f\u0085\u2028\u2029]", text):
        raise Invalid("email_line_break")
    local_part, at, domain = text.strip().partition("@")
    ascii_domain = _ascii_domain(domain)
    if (
        not at
        or not ascii_domain
        or not _LOCAL_PART.fullmatch(local_part)
        or len(local_part) > _MAX_LOCAL_PART
    ):
        raise Invalid("email_form")
    address = f"{local_part}@{ascii_domain}"
    if len(address) > MAX_EMAIL:
        raise Invalid("email_too_long", length=len(address), limit=MAX_EMAIL)
    return address


def _ascii_domain(domain: str) -> str:
    """Return the domain in ASCII, or an empty string if it is none a letter could be sent to."""
    try:
        encoded = domain.encode("idna").decode("ascii").lower()
    except UnicodeError:
        return ""
    labels = encoded.split(".")
    is_sound = len(labels) >= 2 and all(_DOMAIN_LABEL.fullmatch(label) for label in labels)
    return encoded if is_sound and not labels[-1].isdigit() else ""


def check_emails(text: str) -> str:
    """Return addresses typed with commas or semicolons between them joined by ``", "``, without repeats.

    Raises what ``check_email`` raises, with ``address`` in the parameters telling which one, or
    ``emails_too_many`` (over 10 addresses, or 1,000 characters together).
    """
    if re.search("[\r\n]", text):
        raise Invalid("email_line_break")
    unique: dict[str, str] = {}
    for typed in re.split("[,;]", text):
        try:
            address = check_email(typed)
        except Invalid as fault:
            raise Invalid(fault.code, **{**fault.params, "address": typed.strip()}) from fault
        unique.setdefault(address.lower(), address)
    joined = ", ".join(unique.values())
    if len(unique) > MAX_EMAILS or len(joined) > MAX_EMAILS_TEXT:
        raise Invalid("emails_too_many", limit=MAX_EMAILS)
    return joined


def missing_for_invoice(seller: SellerRequisites) -> list[str]:
    """Return the names of the seller's empty fields that an invoice cannot be paid without, in order.

    A КПП is asked of an organisation only; a sole proprietor has none.
    """
    needed = ["name", "inn", "kpp", "bank_name", "bik", "account", "correspondent_account"]
    if seller.inn and is_sole_proprietor(seller.inn):
        needed.remove("kpp")
    return [field for field in needed if not getattr(seller, field)]
