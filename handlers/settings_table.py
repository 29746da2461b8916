"""The company's settings as people see them: name, present value, example, and what a new value would do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, time, timedelta
from typing import Any

from handlers.access import ENTER_CODE
from handlers.context import Context
from handlers.screen import View
from handlers.texts import N_, texts_for
from models import Document, Invoice, VatKind, Waybill
from services import company, customers, documents, formats, geo, pricing, schedule, vat
from services.money import MINOR_UNITS, QUANTITY_SCALE, half_up
from services.pricing import Fee
from services.schedule import Hours
from services.settings_table import DAYS_OF_A_WEEK

# What a value is tried on: 14.2 km, 10 km as the crow flies, goods or a fee of 100.00.
SAMPLE_METRES = 14_200
CROW_METRES = 10_000
SAMPLE_AMOUNT = 100 * MINOR_UNITS
MONDAY = date(2024, 1, 1)
CURRENCIES = ("RUB", "EUR", "USD", "KZT", "BYN")
ZONES = (
    *("Europe/Kaliningrad", "Europe/Moscow", "Europe/Samara", "Asia/Yekaterinburg", "Asia/Omsk"),
    *("Asia/Krasnoyarsk", "Asia/Irkutsk", "Asia/Yakutsk", "Asia/Vladivostok", "Asia/Kamchatka"),
)

Show = Callable[[View, Any], str]
# What a setting is tried on, and what comes of it as it stands.
Effect = Callable[[Context], tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Entry:
    """A setting's words. ``choices`` are the values to press, with their labels; empty means nothing."""

    label: str
    example: str
    show: Show
    effect: Effect | None = None
    choices: tuple[tuple[str, str], ...] = ()


def shown(view: View, field: str, value: Any) -> str:
    """Return a value as people read it."""
    entry = TABLE[field]
    label = dict(entry.choices).get(_pressed(value))
    if label is not None:
        return view.t.plain(label)
    return "—" if value is None or value == "" else entry.show(view, value)


def label_of(view: View, field: str) -> str:
    """Return a setting's name, a weekday's for its hours."""
    entry = TABLE[field]
    if field.startswith("hours_"):
        weekday = MONDAY + timedelta(days=int(field.removeprefix("hours_")))
        return formats.weekday_short(weekday, view.language)
    return view.t.plain(entry.label)


def _pressed(value: Any) -> str:
    """Return the choice a value stands for."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "1" if value else "0"
    return str(value.value if isinstance(value, VatKind) else value)


# How values are written


def _as_it_is(_view: View, value: Any) -> str:
    return str(value)


def _money(view: View, value: int) -> str:
    return view.money(value)


def _clock(_view: View, value: time) -> str:
    return f"{value:%H:%M}"


def _factor(view: View, value: int) -> str:
    return formats.quantity(value, view.language)


def _minutes(view: View, value: int) -> str:
    return view.t.plain("{n} min", n=value)


def _km(view: View, value: int) -> str:
    return view.t.plain("{n} km", n=value)


def _days(view: View, value: int) -> str:
    return view.t.plain("{n} d.", n=value)


def _percent(view: View, value: int) -> str:
    return formats.percent(value * 10, view.language)


def _phone(_view: View, value: str) -> str:
    return formats.phone(value)


def _hours(view: View, value: Hours) -> str:
    span = f"{value.opens_at:%H:%M}–{value.closes_at:%H:%M}"
    if value.break_from is None or value.break_to is None:
        return span
    pause = f"{value.break_from:%H:%M}–{value.break_to:%H:%M}"
    return view.t.plain("{span}, break {pause}", span=span, pause=pause)


# What a value does


def _fee(ctx: Context, metres: int, goods_amount: int = 0) -> Fee:
    tariff = company.tariff(ctx.session)
    return pricing.delivery_fee(tariff, metres, goods_amount, tariff.rate_per_km)


def _by_distance(ctx: Context) -> tuple[str, str]:
    sample = ctx.t.plain("{distance} km", distance=ctx.view.distance(SAMPLE_METRES))
    return sample, ctx.view.money(_fee(ctx, SAMPLE_METRES).amount)


def _nearby(ctx: Context) -> tuple[str, str]:
    sample = ctx.t.plain("{distance} km", distance=ctx.view.distance(1000))
    return sample, ctx.view.money(_fee(ctx, 1000).amount)


def _for_goods(ctx: Context) -> tuple[str, str]:
    sample, free_from = _by_distance(ctx)[0], company.tariff(ctx.session).free_from_amount
    if free_from is None:
        return sample, ctx.view.money(_fee(ctx, SAMPLE_METRES).amount)
    result = ctx.t.plain(
        "{fee} with goods for {amount}",
        fee=ctx.view.money(_fee(ctx, SAMPLE_METRES, free_from).amount),
        amount=ctx.view.money(free_from),
    )
    return sample, result


def _by_crow(ctx: Context) -> tuple[str, str]:
    metres = geo.by_road(CROW_METRES, company.tariff(ctx.session))
    fee = ctx.view.money(_fee(ctx, metres).amount)
    sample = ctx.t.plain("{distance} km as the crow flies", distance=ctx.view.distance(CROW_METRES))
    return sample, ctx.t.plain("{distance} km, {amount}", distance=ctx.view.distance(metres), amount=fee)


def _too_far(ctx: Context) -> tuple[str, str]:
    places = customers.places(ctx.session)
    far = geo.beyond(company.warehouse(ctx.session), company.tariff(ctx.session), places)
    return ctx.t.plain("Delivery points beyond it, of {n}", n=len(places)), str(far)


def _copied(ctx: Context) -> tuple[str, str]:
    address = company.get(ctx.session).accountant_email
    return ctx.t.plain("A copy of every invoice's letter"), address or ctx.t.plain("no copy")


def _windows_of(weekday: int) -> Effect:
    def effect(ctx: Context) -> tuple[str, str]:
        first = schedule.calendar(ctx.session).first_day
        return _windows_on(ctx, first + timedelta(days=(weekday - first.weekday()) % DAYS_OF_A_WEEK))

    return effect


def _windows(ctx: Context) -> tuple[str, str]:
    working = schedule.calendar(ctx.session)
    return _windows_on(ctx, working.next_possible(working.first_day) or working.first_day)


def _windows_on(ctx: Context, day: date) -> tuple[str, str]:
    # An ordinary week is meant, so holidays do not count.
    working = replace(schedule.calendar(ctx.session), holidays=frozenset())
    spans = working.spans(day, company.warehouse(ctx.session).window_minutes)
    listed = ", ".join(f"{starts_at:%H:%M}–{ends_at:%H:%M}" for starts_at, ends_at in spans)
    return ctx.view.day(day), listed or ctx.t.plain("no windows")


def _places(ctx: Context) -> tuple[str, str]:
    working, store = schedule.calendar(ctx.session), company.warehouse(ctx.session)
    day = working.next_possible(working.first_day) or working.first_day
    orders = len(list(working.spans(day, store.window_minutes))) * store.window_capacity
    return ctx.view.day(day), ctx.t.plain("up to {n} orders in all windows", n=orders)


def _first_day(ctx: Context) -> tuple[str, str]:
    working = schedule.calendar(ctx.session)
    day = working.next_possible(working.first_day)
    sample = ctx.t.plain("The first day to choose now, at {at}", at=f"{working.now:%H:%M}")
    return sample, ctx.view.day(day) if day else ctx.t.plain("no windows")


def _last_day(ctx: Context) -> tuple[str, str]:
    return ctx.t.plain("The last day to choose"), ctx.view.day(schedule.calendar(ctx.session).last_day)


def _with_vat(sample: str, *, is_delivery: bool) -> Effect:
    def effect(ctx: Context) -> tuple[str, str]:
        firm, today = company.get(ctx.session), company.local_now(ctx.session).date()
        own = firm.delivery_vat_kind if is_delivery else VatKind.STANDARD
        rate = company.vat_rate(ctx.session, firm.vat_kind or own, today)
        amounts = vat.line_amounts(QUANTITY_SCALE, SAMPLE_AMOUNT, rate, included=firm.prices_include_vat)
        result = ctx.t.plain(
            "{total}, VAT {rate}: {vat}",
            total=ctx.view.money(amounts.total),
            rate=formats.vat_rate(rate, ctx.view.language),
            vat=ctx.view.money(amounts.vat),
        )
        return ctx.t.plain(sample, amount=ctx.view.money(SAMPLE_AMOUNT)), result

    return effect


def _next_number(sample: str, made: type[Document]) -> Effect:
    def effect(ctx: Context) -> tuple[str, str]:
        return ctx.t.plain(sample), documents.next_label(ctx.session, made)

    return effect


def _pay_until(ctx: Context) -> tuple[str, str]:
    today = company.local_now(ctx.session).date()
    until = today + timedelta(days=company.get(ctx.session).pay_within_days)
    sample = ctx.t.plain("An invoice of {day}", day=ctx.view.short_day(today))
    return sample, ctx.t.plain("to be paid by {day}", day=ctx.view.short_day(until))


def _most_loaded(ctx: Context) -> tuple[str, str]:
    percent = company.warehouse(ctx.session).tolerance_percent
    most = half_up(10 * QUANTITY_SCALE * (100 + percent), 100)
    sample = ctx.t.plain("{quantity} kg ordered", quantity="10")
    return sample, ctx.t.plain("up to {most} kg loaded", most=formats.quantity(most, ctx.view.language))


def _local_time(ctx: Context) -> tuple[str, str]:
    return ctx.t.plain("The company's clock"), f"{company.local_now(ctx.session):%H:%M}"


def _speaks(ctx: Context) -> tuple[str, str]:
    asked = texts_for(company.get(ctx.session).language).plain(ENTER_CODE)
    return ctx.t.plain("Whoever comes for the first time reads"), asked


def _priced(ctx: Context) -> tuple[str, str]:
    currency = company.get(ctx.session).currency
    return ctx.t.plain("A price, not converted"), ctx.view.money(SAMPLE_AMOUNT, currency)


# The table

_NO_LIMIT = ("", N_("none"))
_LANGUAGES = (("ru", N_("Russian")), ("en", N_("English")))
_OFF = ("", N_("off"))
VAT_KINDS = {
    VatKind.STANDARD: N_("standard rate"),
    VatKind.REDUCED: N_("reduced rate"),
    VatKind.ZERO: N_("zero rate"),
    VatKind.EXEMPT: N_("without VAT"),
    VatKind.SIMPLIFIED_5: N_("УСН 5 %"),
    VatKind.SIMPLIFIED_7: N_("УСН 7 %"),
}
_KINDS = tuple((kind.value, label) for kind, label in VAT_KINDS.items())
_GOODS, _DELIVERY = N_("Goods for {amount}"), N_("Delivery for {amount}")
_INVOICE, _WAYBILL = N_("The next invoice"), N_("The next waybill")
_HOURS = Entry("", N_("9:00–18:00, break 13:00–14:00"), _hours, choices=(("", N_("closed")),))


def _numbers(kind: str, effect: Effect, start: str, prefix: str, digits: str) -> dict[str, Entry]:
    return {
        f"{kind}_start": Entry(start, "501", _as_it_is, effect),
        f"{kind}_prefix": Entry(prefix, "СЧ-", _as_it_is, effect, (("", N_("without a prefix")),)),
        f"{kind}_digits": Entry(digits, "5", _as_it_is, effect, (("0", N_("as many as there are")),)),
    }


TABLE: dict[str, Entry] = {
    "warehouse_name": Entry(N_("name"), "Склад на Дубнинской", _as_it_is),
    "warehouse_address": Entry(N_("address on papers"), "Москва, Дубнинская улица, 83", _as_it_is),
    "tolerance_percent": Entry(N_("weighed goods: more than ordered by"), "5", _percent, _most_loaded),
    "rate_per_km": Entry(N_("per km"), "10,00", _money, _by_distance),
    "minimum_amount": Entry(N_("at least"), "300,00", _money, _nearby, (_NO_LIMIT,)),
    "free_from_amount": Entry(N_("free from"), "20 000,00", _money, _for_goods, (_NO_LIMIT,)),
    "road_factor": Entry(N_("road factor"), "1,3", _factor, _by_crow),
    "radius_km": Entry(N_("not further than"), "500", _km, _too_far),
    **{f"hours_{weekday}": replace(_HOURS, effect=_windows_of(weekday)) for weekday in range(DAYS_OF_A_WEEK)},
    "cutoff_at": Entry(N_("orders for tomorrow until"), "16:00", _clock, _first_day),
    "window_minutes": Entry(N_("a window takes"), "120", _minutes, _windows),
    "window_capacity": Entry(N_("orders in a window"), "10", _as_it_is, _places),
    "days_ahead": Entry(N_("days ahead"), "60", _days, _last_day),
    "prices_include_vat": Entry(
        N_("prices"),
        "",
        _as_it_is,
        _with_vat(_GOODS, is_delivery=False),
        (("1", N_("include VAT")), ("0", N_("VAT on top"))),
    ),
    "vat_kind": Entry(
        N_("on all sales"),
        "",
        _as_it_is,
        _with_vat(_GOODS, is_delivery=False),
        (("", N_("by product")), *_KINDS),
    ),
    "delivery_vat_kind": Entry(
        N_("on delivery"), "", _as_it_is, _with_vat(_DELIVERY, is_delivery=True), _KINDS
    ),
    **_numbers(
        "invoice",
        _next_number(_INVOICE, Invoice),
        N_("invoices: first number"),
        N_("invoices: prefix"),
        N_("invoices: digits"),
    ),
    **_numbers(
        "waybill",
        _next_number(_WAYBILL, Waybill),
        N_("waybills: first number"),
        N_("waybills: prefix"),
        N_("waybills: digits"),
    ),
    "pay_within_days": Entry(N_("to be paid within"), "5", _days, _pay_until),
    "document_language": Entry(N_("papers in"), "", _as_it_is, choices=_LANGUAGES),
    "accountant_email": Entry(
        N_("copy for the accountant"), "buh@veter.ru", _as_it_is, _copied, (("", N_("no copy")),)
    ),
    "claim_minutes": Entry(N_("remind of an order nobody takes after"), "30", _minutes),
    "morning_digest_at": Entry(N_("digest for the warehouse"), "8:00", _clock, choices=(_OFF,)),
    "evening_digest_at": Entry(N_("digest for administrators"), "19:00", _clock, choices=(_OFF,)),
    "admin_phone": Entry(
        N_("administrator's phone"), "+7 495 000-00-00", _phone, choices=(("", N_("not shown")),)
    ),
    "language": Entry(N_("language of the bot"), "", _as_it_is, _speaks, _LANGUAGES),
    "currency": Entry(N_("currency"), "RUB", _as_it_is, _priced, tuple((code, code) for code in CURRENCIES)),
    "timezone": Entry(
        N_("time zone"), "Europe/Moscow", _as_it_is, _local_time, tuple((name, name) for name in ZONES)
    ),
}
GROUPS: dict[str, tuple[str, tuple[str, ...]]] = {
    "warehouse": (
        N_(":department_store: Warehouse"),
        ("warehouse_name", "warehouse_address", "tolerance_percent"),
    ),
    "tariff": (
        N_(":truck: Delivery tariff"),
        ("rate_per_km", "minimum_amount", "free_from_amount", "road_factor", "radius_km"),
    ),
    "hours": (
        N_(":clock9: Working hours"),
        (
            *(f"hours_{weekday}" for weekday in range(DAYS_OF_A_WEEK)),
            *("cutoff_at", "window_minutes", "window_capacity", "days_ahead"),
        ),
    ),
    "vat": (N_(":receipt: VAT"), ("prices_include_vat", "vat_kind", "delivery_vat_kind")),
    "numbers": (
        N_(":input_numbers: Numbers"),
        tuple(f"{kind}_{part}" for kind in ("invoice", "waybill") for part in ("start", "prefix", "digits")),
    ),
    "papers": (
        N_(":page_facing_up: Papers"),
        ("pay_within_days", "document_language", "accountant_email"),
    ),
    "reminders": (
        N_(":alarm_clock: Reminders"),
        ("claim_minutes", "morning_digest_at", "evening_digest_at"),
    ),
    "general": (N_(":globe_with_meridians: General"), ("admin_phone", "language", "currency", "timezone")),
}
GROUP_OF = {field: group for group, (_, fields) in GROUPS.items() for field in fields}
