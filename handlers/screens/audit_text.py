"""What people changed, in words: who did what to which thing, and each field before → after.

A field or an action that has no words yet is shown by its own name: a trace is never left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Any, NamedTuple

from handlers import menu, settings_table
from handlers.mail_texts import LANGUAGE_NAMES, PARTS
from handlers.notices import REQUISITES
from handlers.screen import View
from handlers.screens import order_text
from handlers.texts import N_, Html, escaped
from models import AuditEntry
from services import audit, formats
from services.audit import Name, Names

ACTIONS = {
    "create": N_("{who} entered {what}"),
    "update": N_("{who} changed {what}"),
    "delete": N_("{who} deleted {what}"),
    "archive": N_("{who} archived {what}"),
    "unarchive": N_("{who} brought {what} back from the archive"),
    "block": N_("{who} blocked {what}"),
    "unblock": N_("{who} let {what} in again"),
    "void": N_("{who} cancelled {what}"),
    "confirm": N_("{who} took {what} although their key fails"),
    "import": N_("{who} imported {what} from a file"),
    "export": N_("{who} exported {what} to a file"),
    "assign": N_("{who} chose {what} for orders"),
    "reassign": N_("{who} gave {what} to another rep"),
    "join": N_("{who} joined another rep's draft to {what}"),
    "cancel": N_("{who} called off {what}"),
    "release": N_("{who} put {what} back into the queue"),
    "roles": N_("{who} changed the role of {what}"),
    "hand_over": N_("{who} handed customers over, which concerns {what}"),
    "log_out": N_("{who} left the bot"),
    "issue": N_("{who} issued {what}"),
    "revoke": N_("{who} revoked {what}"),
    "decide": N_("{who} decided {what}"),
    "lock": N_("{who} locked {what} for a while"),
    "unlock": N_("{who} lets {what} try again"),
    "send": N_("{who} sent {what}"),
    "close": N_("{who} dealt with {what}"),
    "repeat": N_("{who} repeated {what}"),
}
UNKNOWN_ACTION = N_("{who}: {action}, {what}")
# In the case a Russian verb wants them in.
SUBJECTS = {
    "product": N_("product “{name}”"),
    "category": N_("shelf “{name}”"),
    "price_list": N_("price list {name}"),
    "customer": N_("customer “{name}”"),
    "outlet": N_("delivery point “{name}”"),
    "vehicle": N_("vehicle {name}"),
    "user": N_("{name} of the staff"),
    "access_code": N_("access code No. {name}"),
    "access_request": N_("request for access No. {name}"),
    "account": N_("the account {name}"),
    "mailing": N_("mailing No. {name}"),
    "outbox": N_("message No. {name} that was not sent"),
    "update": N_("error {name}"),
    "order": N_("order No. {name}"),
    "invoice": N_("invoice No. {name}"),
    "waybill": N_("waybill No. {name}"),
    "company": N_("the company's settings"),
    "warehouse": N_("the warehouse's settings"),
    "tariff": N_("the tariff"),
    "working_hours": N_("the working hours"),
    "holiday": N_("the holiday {name}"),
    "vat_rate": N_("the VAT rate {name}"),
    "mail_texts": N_("the words of letters ({name})"),
    "catalog": N_("the catalogue"),
    "customers": N_("customers"),
    "receipt": N_("a receipt"),
}
FIELDS = {
    **PARTS,
    **REQUISITES,
    "emails": N_("e-mail"),
    "sales_rep_id": N_("rep"),
    "storekeeper_id": N_("storekeeper"),
    "contact": N_("contact"),
    "hours": N_("opening hours"),
    "note": N_("note"),
    "sku": N_("SKU"),
    "category_id": N_("category"),
    "unit": N_("unit"),
    "price": N_("price"),
    "vat_kind": N_("VAT"),
    "on_hand": N_("in stock"),
    "low_stock": N_("minimum in stock"),
    "minimum": N_("minimum in an order"),
    "multiple": N_("multiple"),
    "packages": N_("packages"),
    "weight_grams": N_("weight"),
    "description": N_("description"),
    "is_active": N_("in use"),
    "photo_file_id": N_("photo"),
    "facsimile": N_("facsimile"),
    "plate": N_("number plate"),
    "capacity_kg": N_("capacity, kg"),
    "driver": N_("driver"),
    "reason": N_("reason"),
    "parent_id": N_("upper shelf"),
    "position": N_("place among shelves"),
    "price_list_id": N_("prices"),
    "discount": N_("discount"),
    "language": N_("language of papers"),
    "file": N_("file"),
    "form": N_("form of the file"),
    "added": N_("added"),
    "changed": N_("changed"),
    "role": N_("role"),
    "roles": N_("role"),
    "comment": N_("comment"),
    "sales_rep": N_("rep"),
    "customers": N_("customers"),
    "drafts": N_("drafts"),
    "text": N_("text"),
    "recipients": N_("recipients"),
    "state": N_("state"),
    "error": N_("error"),
    "revoked_at": N_("revoked"),
    "locked_until": N_("locked until"),
    "confirms_orders": N_("confirmation of orders by mail"),
    "starts_on": N_("applies from"),
    "percent": N_("percent"),
    "latitude": N_("latitude"),
    "longitude": N_("longitude"),
}
# What a field is called where it means another thing than elsewhere.
FIELDS_OF: Mapping[str, Mapping[str, str]] = {
    "user": {"name": N_("full name"), "is_active": N_("let into the bot")},
    "category": {"is_active": N_("shown")},
    "mail_texts": PARTS,
}
VAT_KINDS = {
    "standard": N_("the standard rate"),
    "reduced": N_("the reduced rate"),
    "zero": N_("0%"),
    "exempt": N_("no VAT"),
    "simplified_5": N_("5% (simplified)"),
    "simplified_7": N_("7% (simplified)"),
}
STATES = {
    "pending": N_("undecided"),
    "approved": N_("let in"),
    "rejected": N_("refused"),
    "waiting": N_("waiting to be sent"),
    "failed": N_("not sent"),
}
ROLES = {role.value: words for role, words in menu.ROLE_NAMES.items()}
# What a value is called, by its field.
WORDS: Mapping[str, Mapping[str, str]] = {
    "vat_kind": VAT_KINDS,
    "state": STATES,
    "role": ROLES,
    "roles": ROLES,
}
MOMENTS = {"revoked_at", "locked_until"}
MONEY = {"price", "rate_per_km", "minimum_amount", "free_from_amount"}
QUANTITIES = {"on_hand", "low_stock", "minimum", "multiple"}
# What is behind them is no use to anybody.
BYTES = {"photo_file_id", "facsimile"}
MOST_FIELDS = 6
MOST_CHARACTERS = 80


class Change(NamedTuple):
    """A field in words, before and after."""

    field: str
    before: str
    after: str


def entry(view: View, row: AuditEntry, names: Names) -> list[str]:
    """Return an entry as it fits a screen: when, who did what, its first fields."""
    found = list(changes(view, row, names))
    head = Html(f"<b>{view.moment(row.at)}</b> {escaped(said(view, row, names))}")
    lines: list[str] = [head, *(_line(view, row, change) for change in found[:MOST_FIELDS])]
    if len(found) > MOST_FIELDS:
        lines.append(view.t.many("… and {n} more field", "… and {n} more fields", len(found) - MOST_FIELDS))
    return lines


def said(view: View, row: AuditEntry, names: Names) -> str:
    """Return «Иванов изменил товар «Гречка»», as plain text."""
    words = ACTIONS.get(row.action, UNKNOWN_ACTION)
    return view.t.plain(words, who=who(view, row, names), what=what(view, row, names), action=row.action)


def who(view: View, row: AuditEntry, names: Names) -> str:
    """Return who did it; the program itself where nobody did."""
    if row.user_id is None:
        return view.t.plain("The program")
    known = names.get(("user", row.user_id))
    return known.name if known else f"№{row.user_id}"


def what(view: View, row: AuditEntry, names: Names) -> str:
    """Return the thing it was done to, by what it is called today."""
    known = _subject(row, names)
    name = (known.name if known else "") or row.subject_id or "—"
    if row.subject == "vat_rate" and name in VAT_KINDS:
        name = view.t.plain(VAT_KINDS[name])
    elif row.subject == "mail_texts":
        name = LANGUAGE_NAMES.get(name, name)
    elif row.subject == "holiday":
        name = _day(view, name)
    words = SUBJECTS.get(row.subject)
    return view.t.plain(words, name=name) if words else f"{row.subject} {name}"


def changes(view: View, row: AuditEntry, names: Names) -> Iterator[Change]:
    """Yield the fields that differ, in the order they were written in."""
    before, after = row.before or {}, row.after or {}
    known = _subject(row, names)
    for field in {**before, **after}:
        old, new = before.get(field), after.get(field)
        if old == new:
            continue
        label, kind = _field(view, row, field, names)
        values = (_value(view, kind, value, names, known) for value in (old, new))
        yield Change(label, *values)


def _line(view: View, row: AuditEntry, change: Change) -> Html:
    before, after = (_clipped(value) for value in (change.before, change.after))
    if row.before is None:
        return view.t("• {field}: {after}", field=change.field, after=after)
    return view.t("• {field}: {before} → {after}", field=change.field, before=before, after=after)


def _subject(row: AuditEntry, names: Names) -> Name | None:
    kind = audit.kind_of(row.subject)
    if kind is None or not (row.subject_id or "").isdecimal():
        return None
    return names.get((kind, int(row.subject_id or 0)))


def _field(view: View, row: AuditEntry, field: str, names: Names) -> tuple[str, str]:
    """Return a field in words, and the name its values are read by."""
    if row.action == "assign" and field.isdecimal():
        known, order = names.get(("order", int(field))), SUBJECTS["order"]
        return view.t.plain(order, name=known.name if known else field), "vehicle_id"
    words = FIELDS_OF.get(row.subject, {}).get(field) or FIELDS.get(field)
    if words is not None:
        return view.t.plain(words), field
    is_setting = field in settings_table.TABLE
    return (settings_table.label_of(view, field) if is_setting else field), field


def _value(view: View, field: str, value: Any, names: Names, subject: Name | None) -> str:
    if value is None or value == "":
        return "—"
    if isinstance(value, bool):
        return view.t.plain("yes") if value else view.t.plain("no")
    if field in BYTES:
        return view.t.plain("there is one")
    if field in audit.MENTIONS and isinstance(value, int):
        known = names.get((audit.MENTIONS[field], value))
        return known.name if known else f"№{value}"
    if isinstance(value, int):
        return _number(view, field, value, subject)
    if field == "starts_on":
        return _day(view, value)
    if field in MOMENTS:
        return view.moment(datetime.fromisoformat(value))
    if isinstance(value, list) and field in WORDS:
        return ", ".join(_value(view, field, one, names, subject) for one in value) or "—"
    if isinstance(value, str) and value in WORDS.get(field, {}):
        return view.t.plain(WORDS[field][value])
    if isinstance(value, Mapping):
        return ", ".join(f"{name} = {_packed(view, amount)}" for name, amount in value.items()) or "—"
    return order_text.reason(view, value) if field == "reason" else str(value)


def _day(view: View, text: str) -> str:
    try:
        return view.short_day(date.fromisoformat(text))
    except ValueError:
        return text


def _number(view: View, field: str, value: int, subject: Name | None) -> str:
    if field in MONEY:
        return view.money(value)
    if field in QUANTITIES:
        return view.quantity(value, subject.unit if subject else "").rstrip()
    if field in ("percent", "tolerance_percent"):
        return formats.percent(value * 10, view.language)
    if field == "discount":
        return formats.percent_of_hundredths(value, view.language)
    if field == "weight_grams":
        return view.t.plain("{weight} kg", weight=formats.quantity(value, view.language))
    return str(value)


def _packed(view: View, amount: Any) -> str:
    return formats.quantity(amount, view.language) if isinstance(amount, int) else str(amount)


def _clipped(text: str) -> str:
    return text if len(text) <= MOST_CHARACTERS else text[: MOST_CHARACTERS - 1] + "…"
