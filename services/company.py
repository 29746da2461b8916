"""What the administrator sets: the seller, the warehouse, the tariff; one row each, there from the start."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from io import BytesIO
from typing import TypeVar
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import Company, Picture, Role, Tariff, User, VatKind, VatRate, Warehouse, now_of
from services import audit, auth, customers, requisites
from services.errors import Invalid, NotFound

_vat_table = select(VatRate.kind, VatRate.starts_on, VatRate.percent).order_by(VatRate.starts_on.desc())


@dataclass(frozen=True, slots=True)
class FirstValues:
    """What the environment says for an installation where nothing was set yet."""

    warehouse_name: str | None = None
    warehouse_address: str | None = None
    warehouse_latitude: float | None = None
    warehouse_longitude: float | None = None
    rate_per_km: int = 1000
    currency: str = "RUB"
    timezone: str = "Europe/Moscow"
    admin_phone: str | None = None
    language: str = "ru"


MAIL_IS_OFF = "off"
MAX_PICTURE_BYTES = 200 * 1024
MAX_PICTURE_PIXELS = 2000

Single = TypeVar("Single", Company, Warehouse, Tariff)


def get(session: Session) -> Company:
    """Return the seller."""
    return _only(session, Company)


def warehouse(session: Session) -> Warehouse:
    """Return the warehouse."""
    return _only(session, Warehouse)


def tariff(session: Session) -> Tariff:
    """Return the delivery tariff."""
    return _only(session, Tariff)


def _only(session: Session, kind: type[Single]) -> Single:
    # A session holds its objects weakly: without this they would be read again at every look.
    kept: Single | None = session.info.get(kind)
    if kept is None:
        kept = session.info[kind] = session.get_one(kind, 1)
    return kept


def zone(session: Session) -> ZoneInfo:
    """Return the company's time zone, in which days are cut."""
    return ZoneInfo(get(session).timezone)


def local_now(session: Session) -> datetime:
    """Return this unit of work's now on the company's clock."""
    return now_of(session).astimezone(zone(session))


def vat_rate(session: Session, kind: VatKind, shipped_on: date) -> int | None:
    """Return the percentage of ``kind`` on the shipment date; None means «без НДС»."""
    table = session.info.get(VatRate)
    if table is None:
        rows = session.execute(_vat_table).all()
        table = session.info[VatRate] = [(row.kind, row.starts_on, row.percent) for row in rows]
    return next((rate for own, day, rate in table if own is kind and day <= shipped_on), None)


def forget_vat_table(session: Session) -> None:
    """Read the table of rates anew: a row of it was changed."""
    session.info.pop(VatRate, None)


def take_first_values(session: Session, first: FirstValues) -> None:
    """Fill what the warehouse still lacks; all else only once, at the very first start."""
    firm, store = get(session), warehouse(session)
    store.name = store.name or first.warehouse_name
    store.address = store.address or first.warehouse_address
    if store.latitude is None:
        store.latitude, store.longitude = first.warehouse_latitude, first.warehouse_longitude
    if firm.initialised_at is None:
        firm.initialised_at = now_of(session)
        firm.admin_phone, firm.language = first.admin_phone, first.language
        firm.currency, firm.timezone = first.currency, first.timezone
        tariff(session).rate_per_km = first.rate_per_km
        # The day of the installation has been going on; digests and nightly copies begin with the next.
        today = local_now(session).date()
        store.morning_digest_on = store.evening_digest_on = firm.backed_up_on = today


def missing_for_invoice(firm: Company) -> list[str]:
    """Return what an invoice lacks: empty fields, or bank details that look wrong and aren't confirmed.

    A seller who is paid in euros into an IBAN needs no Russian requisites.
    """
    if _is_paid_by_iban(firm):
        return [] if firm.name else ["name"]
    missing = requisites.missing_for_invoice(firm)
    if not missing and has_doubtful_account(firm):
        return ["account"]
    return missing


def has_doubtful_account(firm: Company) -> bool:
    """Tell whether the bank details fail their keys and nobody said that they are right all the same."""
    if _is_paid_by_iban(firm):
        return False
    warnings = requisites.account_warnings(firm.bik, firm.account, firm.correspondent_account)
    return bool(warnings) and firm.confirmed_account != _account_of(firm)


def asks_for(firm: Company, field: str) -> bool:
    """Tell whether a requisite concerns this seller: an IBAN is for euros only."""
    return field not in ("iban", "swift") or firm.currency == "EUR"


def _is_paid_by_iban(firm: Company) -> bool:
    return firm.currency == "EUR" and bool(firm.iban)


def confirm_account(session: Session, actor: User) -> None:
    """Take the bank details as they are, although their keys do not fit; administrators only."""
    auth.require(actor, Role.ADMIN)
    firm = get(session)
    firm.confirmed_account = _account_of(firm)
    audit.record(session, actor, "confirm", "company", 1, None, {"account": firm.confirmed_account})


def confirm_orders(session: Session, actor: User, *, is_on: bool) -> None:
    """Mail customers a confirmation of each order placed from now on, or none; administrators only."""
    auth.require(actor, Role.ADMIN)
    firm = get(session)
    before = firm.confirms_orders
    if before == is_on:
        return
    firm.confirms_orders = is_on
    change = {"confirms_orders": before}, {"confirms_orders": is_on}
    audit.record(session, actor, "update", "company", 1, *change)


def set_facsimile(session: Session, png: bytes | None, actor: User) -> None:
    """Stamp documents from now on with this picture of signature and seal; None: with nothing.

    Administrators only. Raises Invalid ``picture`` unless it is a PNG of at most 2,000 × 2,000 pixels and
    200 KB.
    """
    auth.require(actor, Role.ADMIN)
    firm = get(session)
    before, after = firm.facsimile_sha256, None
    if png is not None:
        _check_picture(png)
        after = hashlib.sha256(png).hexdigest()
        if session.get(Picture, after) is None:
            session.add(Picture(sha256=after, content=png, created_at=now_of(session)))
            session.flush()
    if after != before:
        firm.facsimile_sha256 = after
        audit.record(session, actor, "update", "company", 1, {"facsimile": before}, {"facsimile": after})


def _check_picture(png: bytes) -> None:
    # Late: nobody but the administrator, once, has a picture to check.
    from PIL import Image

    try:
        with Image.open(BytesIO(png), formats=["PNG"]) as picture:
            is_right = len(png) <= MAX_PICTURE_BYTES and max(picture.size) <= MAX_PICTURE_PIXELS
            if is_right:
                picture.load()
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        is_right = False
    if not is_right:
        raise Invalid("picture")


def _account_of(firm: Company) -> str:
    return "/".join((firm.bik or "", firm.account or "", firm.correspondent_account or ""))


_CHECKS: dict[str, Callable[[str], str]] = {
    "name": requisites.check_name,
    "inn": requisites.check_inn,
    "kpp": requisites.check_kpp,
    "address": customers.check_address,
    "bank_name": requisites.check_bank_name,
    "bik": requisites.check_bik,
    "account": requisites.check_account,
    "correspondent_account": requisites.check_correspondent_account,
    "iban": requisites.check_iban,
    "swift": requisites.check_swift,
    "director": requisites.check_name,
    "accountant": requisites.check_name,
    "phone": customers.check_phone,
    "email": requisites.check_email,
}


def _checked(field: str, text: str) -> str:
    if field not in _CHECKS:
        raise NotFound("requisite")
    return _CHECKS[field](text)


# What bank details are judged by, and by which of the three each warning is brought about.
_KEYED = {
    "bik": ("bik_start", "account_key", "correspondent_account_key"),
    "account": ("account_key",),
    "correspondent_account": ("correspondent_account_key",),
}


def doubts(session: Session, field: str, text: str) -> list[str]:
    """Return what would look wrong about the bank details with this value: people are asked first.

    Codes as :func:`requisites.account_warnings` has them, only those this very field bears on. Raises what
    :func:`set_requisite` raises for a value that is refused.
    """
    firm = get(session)
    details = {name: getattr(firm, name) for name in _KEYED}
    after = _checked(field, text)
    if field not in _KEYED or after == details[field] or _is_paid_by_iban(firm):
        return []
    warnings = requisites.account_warnings(**{**details, field: after})
    return [code for code in warnings if code in _KEYED[field]]


def set_requisite(session: Session, field: str, text: str, actor: User) -> None:
    """Check and keep one of the seller's requisites; raises Invalid as :mod:`services.requisites` does.

    Administrators only; a change leaves an audit row. Raises NotFound for a field that is none. A sole
    proprietor's ИНН takes the КПП away: there is none then.
    """
    auth.require(actor, Role.ADMIN)
    firm = get(session)
    after = _checked(field, text)
    before = getattr(firm, field)
    if after == before:
        return
    if field == "kpp":
        customers.check_kpp_for(firm.inn, after)
    setattr(firm, field, after)
    if field == "inn" and requisites.is_sole_proprietor(after):
        firm.kpp = None
    audit.record(session, actor, "update", "company", 1, {field: before}, {field: after})
