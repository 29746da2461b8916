"""The administrator's settings as one table: what is typed for each, where it is kept, what is refused."""

from __future__ import annotations

import enum
import re
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import time
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from models import Role, User, VatKind, WorkingHours
from services import audit, auth, company, customers, formats, requisites, schedule
from services.errors import Conflict, Invalid, NotFound
from services.schedule import Hours

MAX_SUM = 1_000_000_00
MAX_PREFIX = 10
DAYS_OF_A_WEEK = 7
LANGUAGES = ("ru", "en")

Parse = Callable[[str], Any]
T = TypeVar("T")

_TIME = re.compile(r"([0-9]{1,2})(?:[:.]([0-9]{2}))?")
_SPAN = re.compile(r"([0-9]{1,2}(?:[:.][0-9]{2})?) ?[-\u2010-\u2015\u2212] ?([0-9]{1,2}(?:[:.][0-9]{2})?)")
_WORDS = re.compile(r"[^\W\d_]*(?:[\s,;:]+[^\W\d_]*)*")


@dataclass(frozen=True, slots=True)
class Setting:
    """One thing an administrator sets; ``parse`` raises Invalid for what is none."""

    subject: str
    subject_id: int
    parse: Parse
    read: Callable[[Session], Any]
    write: Callable[[Session, Any], None]


def check(field: str, text: str) -> Any:
    """Return the value that was typed or pressed for a setting; raises Invalid, NotFound ``setting``."""
    return get(field).parse(text)


def value(session: Session, field: str) -> Any:
    """Return the present value of a setting; raises NotFound ``setting``."""
    return get(field).read(session)


def shown(session: Session, field: str) -> Any:
    """Return a setting's present value as it can be kept beside a question; raises NotFound ``setting``."""
    return _said(get(field).read(session))


def change(session: Session, field: str, text: str, actor: User, *, instead_of: Any) -> None:
    """Check and keep a setting and leave a trace of what it was before.

    Orders that are placed keep what they were placed with. Raises Forbidden unless the actor is an
    administrator, Conflict ``setting_changed`` when it is not ``instead_of`` (see :func:`shown`) any more,
    else what :func:`check` does.
    """
    auth.require(actor, Role.ADMIN)
    setting = get(field)
    after, before = setting.parse(text), setting.read(session)
    if after == before:
        return
    if _said(before) != instead_of:
        raise Conflict("setting_changed")
    setting.write(session, after)
    trace = {field: _said(before)}, {field: _said(after)}
    audit.record(session, actor, "update", setting.subject, setting.subject_id, *trace)


def what_if(session: Session, field: str, value: Any, look: Callable[[], T]) -> T:
    """Return what ``look`` would see if the setting had this value; nothing is kept."""
    tried = session.begin_nested()
    try:
        get(field).write(session, value)
        session.flush()
        return look()
    finally:
        tried.rollback()


def set_place(session: Session, latitude: float, longitude: float, address: str | None, actor: User) -> None:
    """Let goods leave from this place from now on; without an address the present one stays.

    Distances that were measured already stay what they are. Raises Invalid ``coordinates``, ``too_long``.
    """
    auth.require(actor, Role.ADMIN)
    store = company.warehouse(session)
    names = ("address", "latitude", "longitude")
    before = {name: getattr(store, name) for name in names}
    store.latitude, store.longitude = customers.check_coordinates(latitude, longitude)
    if address is not None:
        store.address = customers.check_address(address)
    changed = [name for name in names if getattr(store, name) != before[name]]
    if changed:
        was, now = {name: before[name] for name in changed}, {name: getattr(store, name) for name in changed}
        audit.record(session, actor, "update", "warehouse", 1, was, now)


def get(field: str) -> Setting:
    """Return a setting; raises NotFound ``setting``."""
    setting = SETTINGS.get(field)
    if setting is None:
        raise NotFound("setting")
    return setting


# What may be typed


def _or_nothing(parse: Parse) -> Parse:
    return lambda text: parse(text) if text else None


def _whole(least: int, most: int) -> Parse:
    def parse(text: str) -> int:
        digits = text.strip()
        if not re.fullmatch("[0-9]{1,9}", digits) or not least <= int(digits) <= most:
            raise Invalid("whole_number", least=least, most=most)
        return int(digits)

    return parse


def _decimal(code: str, places: int, least: int, most: int) -> Parse:
    def parse(text: str) -> int:
        try:
            found = formats.parse_decimal(text, places)
        except Invalid:
            raise Invalid(code) from None
        if not least <= found <= most:
            raise Invalid(code)
        return found

    return parse


def _one_line(limit: int) -> Parse:
    def parse(text: str) -> str:
        line = formats.one_line(text)
        if not line:
            raise Invalid("empty")
        if len(line) > limit:
            raise Invalid("too_long", limit=limit)
        return line

    return parse


def _one_of(kind: type[enum.Enum]) -> Parse:
    def parse(text: str) -> enum.Enum:
        try:
            return kind(text)
        except ValueError:
            raise Invalid("setting_choice") from None

    return parse


def _yes_or_no(text: str) -> bool:
    if text not in ("0", "1"):
        raise Invalid("setting_choice")
    return text == "1"


def _language(text: str) -> str:
    if text not in LANGUAGES:
        raise Invalid("setting_choice")
    return text


def _clock(text: str) -> time:
    match = _TIME.fullmatch(text.strip())
    hour, minute = (int(match[1]), int(match[2] or 0)) if match else (24, 0)
    if hour > 23 or minute > 59:
        raise Invalid("time_form")
    return time(hour, minute)


def _hours(text: str) -> Hours:
    spans = [(_clock(opens), _clock(closes)) for opens, closes in _SPAN.findall(text)]
    if not 1 <= len(spans) <= 2 or not _WORDS.fullmatch(_SPAN.sub("", text)):
        raise Invalid("hours_form")
    opens, closes = spans[0]
    if opens >= closes:
        raise Invalid("hours_order")
    if len(spans) == 1:
        return Hours(opens, closes)
    if not opens < spans[1][0] < spans[1][1] < closes:
        raise Invalid("hours_break")
    return Hours(opens, closes, *spans[1])


def _currency(text: str) -> str:
    code = text.strip().upper()
    if not re.fullmatch("[A-Z]{3}", code):
        raise Invalid("currency_form")
    return code


def _zone(text: str) -> str:
    name = text.strip()
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise Invalid("zone_form") from None
    return name


# Where it is kept


def _column(
    row: str, parse: Parse, column: str, write: Callable[[Session, Any], None] | None = None
) -> Setting:
    of = {"company": company.get, "warehouse": company.warehouse, "tariff": company.tariff}[row]

    def keep(session: Session, value: Any) -> None:
        setattr(of(session), column, value)

    return Setting(row, 1, parse, lambda session: getattr(of(session), column), write or keep)


def _weekday(weekday: int) -> Setting:
    def read(session: Session) -> Hours | None:
        row = session.get(WorkingHours, weekday)
        if row is None:
            return None
        return Hours(row.opens_at, row.closes_at, row.break_from, row.break_to)

    def write(session: Session, hours: Hours | None) -> None:
        if hours is not None:
            session.merge(WorkingHours(weekday=weekday, **asdict(hours)))
            return
        row = session.get(WorkingHours, weekday)
        if row is not None:
            session.delete(row)

    return Setting("working_hours", weekday, _or_nothing(_hours), read, write)


def _said(value: Any) -> Any:
    """Return a value as the audit keeps it."""
    if isinstance(value, Hours):
        span = f"{value.opens_at:%H:%M}–{value.closes_at:%H:%M}"
        return (
            span if value.break_from is None else f"{span}, {value.break_from:%H:%M}–{value.break_to:%H:%M}"
        )
    if isinstance(value, time):
        return value.isoformat()
    return value.value if isinstance(value, enum.Enum) else value


_sum = _decimal("sum_form", 2, 0, MAX_SUM)
_number = _whole(1, 999_999_999)

SETTINGS: dict[str, Setting] = {
    "warehouse_name": _column("warehouse", _one_line(160), "name"),
    "warehouse_address": _column("warehouse", customers.check_address, "address"),
    "tolerance_percent": _column("warehouse", _whole(0, 100), "tolerance_percent"),
    "rate_per_km": _column("tariff", _sum, "rate_per_km"),
    "minimum_amount": _column("tariff", _or_nothing(_sum), "minimum_amount"),
    "free_from_amount": _column("tariff", _or_nothing(_sum), "free_from_amount"),
    "road_factor": _column("tariff", _decimal("factor_form", 3, 1000, 5000), "road_factor"),
    "radius_km": _column("tariff", _whole(1, 20_000), "radius_km"),
    **{f"hours_{weekday}": _weekday(weekday) for weekday in range(DAYS_OF_A_WEEK)},
    "cutoff_at": _column("warehouse", _clock, "cutoff_at"),
    "window_minutes": _column("warehouse", _whole(15, 1440), "window_minutes"),
    "window_capacity": _column("warehouse", _whole(1, 1000), "window_capacity", schedule.set_capacity),
    "days_ahead": _column("warehouse", _whole(1, 365), "days_ahead"),
    "prices_include_vat": _column("company", _yes_or_no, "prices_include_vat"),
    "vat_kind": _column("company", _or_nothing(_one_of(VatKind)), "vat_kind"),
    "delivery_vat_kind": _column("company", _one_of(VatKind), "delivery_vat_kind"),
    "invoice_start": _column("company", _number, "invoice_start"),
    "invoice_prefix": _column("company", lambda text: text and _one_line(MAX_PREFIX)(text), "invoice_prefix"),
    "invoice_digits": _column("company", _whole(0, 10), "invoice_digits"),
    "waybill_start": _column("company", _number, "waybill_start"),
    "waybill_prefix": _column("company", lambda text: text and _one_line(MAX_PREFIX)(text), "waybill_prefix"),
    "waybill_digits": _column("company", _whole(0, 10), "waybill_digits"),
    "pay_within_days": _column("company", _whole(0, 365), "pay_within_days"),
    "document_language": _column("company", _language, "document_language"),
    "accountant_email": _column("company", _or_nothing(requisites.check_email), "accountant_email"),
    "claim_minutes": _column("warehouse", _whole(1, 1440), "claim_minutes"),
    "morning_digest_at": _column("warehouse", _or_nothing(_clock), "morning_digest_at"),
    "evening_digest_at": _column("warehouse", _or_nothing(_clock), "evening_digest_at"),
    "admin_phone": _column("company", _or_nothing(customers.check_phone), "admin_phone"),
    "language": _column("company", _language, "language"),
    "currency": _column("company", _currency, "currency"),
    "timezone": _column("company", _zone, "timezone"),
}
