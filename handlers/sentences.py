"""Error codes as sentences: the one place where a refusal gets its words."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from datetime import date
from typing import Any

from handlers.screen import View
from handlers.screens import order_text
from handlers.texts import N_, Html
from models import OrderStatus
from services import formats, quantities
from services.errors import DomainError

UNKNOWN = N_("That did not work. Please try again, or /start for the menu.")

PLAIN = {
    "letter_under_way": N_("The invoice is being sent already."),
    "empty": N_("Please type something."),
    "photo_in_order": N_("A product's photo is set in the catalogue, not in an order."),
    "nothing_before": N_("This customer has not ordered before."),
    "backup_not_sqlite": N_("This is for SQLite; PostgreSQL has pg_dump and pg_restore."),
    "code_wrong": N_("That is not the code: nothing was changed."),
    "document_void": N_("This document is cancelled already."),
    "picture": N_("A PNG picture is needed, at most 2,000 × 2,000 pixels and 200 KB."),
    "iban_form": N_("This is not an IBAN. Example: DE89 3704 0044 0532 0130 00."),
    "iban_check": N_("The IBAN has a wrong check number: a character is mistyped."),
    "swift_form": N_("A BIC (SWIFT) has 8 or 11 characters. Example: COBADEFFXXX."),
    "forbidden": N_("You have no access to this."),
    "role": N_("You have no access to this."),
    "order": N_("Not found."),
    "customer": N_("Not found."),
    "outlet": N_("Not found."),
    "product": N_("Not found: this product is no longer on sale."),
    "category": N_("Not found."),
    "invoice": N_("There is no invoice yet."),
    "waybill": N_("There is no waybill yet."),
    "request": N_("Not found."),
    "requisite": N_("Not found."),
    "mail_text": N_("Not found."),
    "request_waits": N_("Your request is already with the administrator."),
    "request_decided": N_("This request is already decided."),
    "contact_foreign": N_("That is somebody else's contact. Use the button to send your own."),
    "last_admin": N_("You are the last administrator: give the role to somebody else first."),
    "customer_archived": N_("This customer is archived."),
    "draft_in_the_way": N_(
        "This customer has another open draft. Send or delete that one first, then recall this order."
    ),
    "nothing_missing": N_("Nothing is missing of this order that could be brought later."),
    "load_changed": N_("The load was changed meanwhile. Look at it again."),
    "user": N_("Not found."),
    "access_code": N_("Not found."),
    "account": N_("This account is not locked."),
    "mailing": N_("Not found."),
    "outbox_row": N_("This is being sent already, or it is sent."),
    "code_not_sent": N_("An access code is not kept: issue a new one."),
    "reader_left": N_("This person has no access now: it is not sent."),
    "code_closed": N_("This code is used or revoked already."),
    "confirm_code": N_("The code does not fit: nothing was done. Look again and type the code shown."),
    "nothing_to_hand_over": N_("There are no customers and no drafts to hand over."),
    "nobody": N_("There is nobody to send it to: your own mailing does not come to you."),
    "mailing_sent": N_("This mailing is sent already."),
    "photo": N_("Not found."),
    "nothing_loaded": N_("Nothing was loaded: such an order can only be rejected."),
    "stock_gone": N_("The stock was corrected meanwhile and does not suffice. Look at the quantities."),
    "reason_empty": N_("Please type the reason."),
    "address_short": N_("That is too short. Example: Москва, Ленинский проспект, 12."),
    "address_empty": N_("Please type the address."),
    "coordinates": N_("This location does not exist. Send the location again, or type the address."),
    "vehicle": N_("Not found."),
    "plate_form": N_("This is not a Russian number plate. Example: А123ВС77."),
    "capacity_form": N_("Type the capacity as whole kilograms. Example: 1500."),
    "no_warehouse": N_(
        "The warehouse has no location yet: no distance can be found. Tell the administrator."
    ),
    "window_gone": N_("There is no such window any more. Choose another one."),
    "inn_zeros": N_("An ИНН is not all zeros."),
    "kpp_form": N_("A КПП is 4 digits, 2 digits or capital letters, 3 digits. Example: 773601001."),
    "name_empty": N_("Please type the name."),
    "bank_name_empty": N_("Please type the bank's name."),
    "inn_digits": N_("An ИНН has digits only: 10, or 12 for a sole proprietor."),
    "bik_digits": N_("A БИК has digits only. Example: 044525225."),
    "account_digits": N_("An account has digits only: 20 of them."),
    "correspondent_account_digits": N_("An account has digits only: 20 of them."),
    "kpp_sole_proprietor": N_("A sole proprietor (12-digit ИНН) has no КПП."),
    "correspondent_account_start": N_("A correspondent account begins with 301."),
    "period_form": N_("Both days are needed, for example: 01.10.2026–15.11.2026."),
    "period_reversed": N_("The first day comes after the last one."),
    "period_future": N_("This period has not begun yet."),
    "email_form": N_(
        "This is not an e-mail address. Example: buh@romashka.ru. Several are separated by commas."
    ),
    "email_line_break": N_("An e-mail address has no line break. Several are separated by commas."),
    "email_too_long": N_("This e-mail address is too long."),
    "phone_form": N_("This is not a phone number. Example: +7 495 123-45-67."),
    "phone_length": N_("This phone number has a wrong length. Example: +7 495 123-45-67."),
    "setting": N_("Not found."),
    "holiday": N_("Not found."),
    "vat_rate": N_("Not found."),
    "setting_choice": N_("Please press one of the buttons."),
    "sum_form": N_("This is not a sum from 0 to 1,000,000. Example: 12,50."),
    "factor_form": N_("The factor is from 1 to 5, with at most three digits behind the comma. Example: 1,3."),
    "time_form": N_("This is not a time of day. Example: 16:00."),
    "hours_form": N_("I did not understand the hours. Example: 9:00–18:00, break 13:00–14:00."),
    "hours_order": N_("The warehouse cannot close before it opens. Example: 9:00–18:00."),
    "hours_break": N_("The break must lie within the hours. Example: 9:00–18:00, break 13:00–14:00."),
    "currency_form": N_("A currency is three Latin letters. Example: RUB."),
    "zone_form": N_("There is no such time zone. Example: Europe/Moscow."),
    "holiday_form": N_("I did not understand the day. Example: 31.12.2026, or 01.01.2027–08.01.2027."),
    "holiday_order": N_("The range ends before it begins."),
    "vat_form": N_("I did not understand the rate. Example: 22 с 01.01.2027, or: без НДС с 01.01.2027."),
    "picture_as_photo": N_("Telegram spoils photos: send the PNG as a file."),
    "upload": N_("Not found."),
    "failed_update": N_("Not found."),
    "upload_gone": N_("This file is not kept any more. Send it again."),
    "report_gone": N_("This file was applied; the report on it is not kept any more."),
    "backup_under_way": N_("A copy is being made already: wait until it is there."),
    "upload_applied": N_("This file is applied already."),
    "import_outdated": N_("The base has changed meanwhile. Look at what the file would do now."),
    "customer_code": N_("A whole number is needed here."),
    "negative": N_("This must not be less than zero."),
    "number": N_("This is not a number. Example: 1234,50."),
    "package_form": N_("Packages are written like this: кор=12, пал=480."),
    "unit_form": N_("A unit is letters, and digits behind them. Example: шт, кг, м2, усл. ед."),
    "price_zero": N_("The price must be more than zero. What is given away gets a discount of 100 percent."),
    "vat_percent": N_("Type the VAT as a percentage, or “без НДС”. Example: 22."),
    "yes_or_no": N_("Type “да” or “нет” here."),
    "degrees": N_("Degrees are needed here. Example: 55,7558."),
    "latitude_range": N_("A latitude is from −90 to 90."),
    "longitude_range": N_("A longitude is from −180 to 180."),
    "coordinates_zero": N_("0 and 0 is no delivery point: fill in both, or leave both empty."),
    "coordinates_incomplete": N_("Latitude and longitude are needed both, or neither."),
    "category_slash": N_("A slash between spaces separates shelves. Type it without the spaces: Чай/кофе."),
    "category_inside_itself": N_("A shelf cannot stand on itself or on one below it."),
    "discount_form": N_(
        "Type the discount in percent, from 0 to 100: with 7,5 the customer pays 7,5 % less."
        " There are no surcharges."
    ),
    "price_list": N_("Not found."),
    "setting_changed": N_("Somebody changed this setting meanwhile. Look at what it is now."),
    "product_changed": N_("Somebody changed this product meanwhile. Look at what it says now."),
    "file_kind": N_("This is not a CSV or XLSX file. Save the table as one of them, and send it again."),
    "file_old_excel": N_("This is a workbook of an old Excel. Save it as XLSX or CSV, and send it again."),
    "file_empty": N_("The file is empty."),
    "file_damaged": N_("The workbook is damaged: it cannot be read."),
    "file_has_no_rows": N_("The file has a header and not a single row."),
    "cell_empty": N_("This cell must not be empty."),
    "cell_too_long": N_("A cell is too long."),
    "quote_not_closed": N_("A quotation mark opens a cell and is never closed."),
}

FILLED = {
    "text_name": N_("Nothing is called “{name}”. A text may name: {known}."),
    "backup_not_there": N_("There is no file {path}."),
    "customer_changed": N_("Somebody changed this customer meanwhile; now it says: {now}. Type it again."),
    "backup_exists": N_("{path} is there already."),
    "backup_damaged": N_("{path} is no copy of the database, or it is damaged."),
    "backup_failed": N_("The copy was not made: {reason}."),
    "whole_number": N_("A whole number from {least} to {most} is needed."),
    "holiday_long": N_("That is too long: at most {limit} days at once."),
    "inn_check_digit": N_("The ИНН has a wrong check digit (number {position}): a digit is mistyped."),
    "inn_length": N_("An ИНН has {expected} digits, this one has {length}."),
    "kpp_length": N_("A КПП has {expected} characters, this one has {length}."),
    "bik_length": N_("A БИК has {expected} digits, this one has {length}."),
    "account_length": N_("An account has {expected} digits, this one has {length}."),
    "correspondent_account_length": N_("An account has {expected} digits, this one has {length}."),
    "name_too_long": N_("That is too long: {limit} characters fit."),
    "bank_name_too_long": N_("That is too long: {limit} characters fit."),
    "too_long": N_("That is too long: {limit} characters fit."),
    "not_a_rep": N_("{name} is no sales rep now."),
    "name": N_("The name is empty or too long: 1 to {limit} characters fit."),
    "emails_too_many": N_("That is too many addresses: at most {limit}."),
    "capacity_range": N_("The capacity is from 1 to {limit} kg."),
    "vehicle_exists": N_("There already is a vehicle {plate}."),
    "no_rep": N_("{name} has no sales rep at the moment: tell the administrator."),
    "too_many_lines": N_("An order has at most {limit} lines."),
    "period_day": N_("There is no such day: {typed}."),
    "period_far": N_("Only years from {first} to {last} can be shown."),
    "period_long": N_("That is too long: at most {years} years."),
    "note_too_long": N_("The note is too long: {limit} characters fit."),
    "file_too_big": N_("The file is too big: up to {limit_mb} MB can be read."),
    "file_unpacks_too_big": N_("The workbook is too big: unpacked, up to {limit_mb} MB can be read."),
    "rows_too_many": N_("The file has too many rows: up to {limit} can be read."),
    "header_unknown": N_("The first row must name the columns: {expected}."),
    "columns_missing": N_("Columns are missing: {columns}."),
    "column_repeated": N_("The column “{column}” is there twice."),
    "cells_too_many": N_("The row has {found} cells, the header {expected}."),
    "repeated": N_("“{value}” stands in row {row} already."),
    "number_places": N_("At most {places} digits behind the comma."),
    "number_too_big": N_("That is too much: at most {digits} digits."),
    "too_big": N_("That is too much: at most {limit}."),
    "category_too_deep": N_("Shelves nest at most {limit} deep."),
    "category_exists": N_("There already is a shelf “{name}” here."),
    "shelves_too_many": N_("There is room for {limit} shelves here."),
    "vat_unknown": N_("There is no such VAT now. Known: {known}."),
    "unit_fixed": N_(
        "The base unit cannot change any more: it is {old}, here it is {new}. Enter a new product instead."
    ),
    "package_repeated": N_("The package “{unit}” is there twice."),
    "package_zero": N_("How much is in one “{unit}”? It must be more than zero."),
    "package_is_base": N_("“{unit}” is the base unit: a package needs another name."),
    "packages_too_many": N_("A product has at most {limit} packages."),
    "customer_ambiguous": N_(
        "“{value}” fits {matches} customers. Fill in the column “Код в боте”, as an export does."
    ),
    "customer_unknown": N_("There is no customer in use with the code {value}."),
    "sales_rep_unknown": N_("There is no active sales rep “{value}”."),
    "sales_rep_ambiguous": N_("Several sales reps are called “{value}”. Use the user name or Telegram id."),
    "rep_has_customer": N_("The sales rep already has this customer: {name}."),
    "inn_taken": N_(
        "{name} has this ИНН already. If this is a branch of the same firm, type the КПП of its own first."
    ),
    "sku_exists": N_("There already is a product with SKU “{sku}”."),
    "sku_ambiguous": N_(
        "Several products differ from “{value}” only by case: type the SKU just as it is kept."
    ),
    "sku_unknown": N_("There is no product with SKU “{value}”."),
    "import_has_problems": N_("The file has mistakes ({problems}); nothing was written."),
}


# Years, rows and codes are no amounts.
_AMOUNTS = frozenset({"limit", "least", "most", "problems", "matches", "length"})


def of(view: View, error: DomainError) -> Html:
    """Return why nothing was changed, as HTML in the reader's language."""
    code = error.code
    if code in PLAIN:
        return view.t(PLAIN[code])
    if code in FILLED:
        return view.t(FILLED[code], **{**error.params, **_worded(view, error.params)})
    special = SPECIAL.get(code)
    return special(view, error.params) if special is not None else view.t(UNKNOWN)


def _worded(view: View, params: dict[str, Any]) -> dict[str, str]:
    """Return «10 или 12» for lengths of which several are right, lists with commas, limits as «20 000»."""
    said = {name: ", ".join(map(str, value)) for name, value in params.items() if isinstance(value, list)}
    numbers = {name: params[name] for name in _AMOUNTS & params.keys() if isinstance(params[name], int)}
    said |= {name: formats.whole(number, view.language) for name, number in numbers.items()}
    expected = params.get("expected")
    if isinstance(expected, str) and " / " in expected:
        said["expected"] = expected.replace(" / ", view.t.plain(" or "))
    return said


def plain(sentence: Html) -> str:
    """Return a sentence without markup, for pop-ups."""
    return html.unescape(re.sub(r"<[^>]+>", "", sentence))


def _order_moved_on(view: View, params: dict[str, Any]) -> Html:
    if params["status"] is OrderStatus.LOADING:
        return _taken(view, params)
    status = view.t.plain(order_text.STATUS[params["status"]])
    if params["by"] is None:
        return view.t("Order No. {number}: {status}.", number=params["number"] or "—", status=status)
    return view.t(
        "Order No. {number}: {status} — {name}, {at}.",
        number=params["number"] or "—",
        status=status,
        name=params["by"],
        at=view.moment(params["at"]),
    )


def _taken(view: View, params: dict[str, Any]) -> Html:
    return view.t(
        "Order No. {number} was already taken by {name} at {at}.",
        number=params["number"],
        name=params["by"],
        at=view.moment(params["at"]),
    )


def _quantity(sentence: str) -> Callable[[View, dict[str, Any]], Html]:
    def worded(view: View, params: dict[str, Any]) -> Html:
        examples = _examples(view, params)
        said = view.t(sentence, typed=params.get("typed", ""), limit=_limit(view, params))
        if not examples:
            return said
        hint = view.t("Type for example: {examples}.", examples=", ".join(examples))
        return Html(f"{said} {hint}")

    return worded


def _examples(view: View, params: dict[str, Any]) -> list[str]:
    """Return quantities to type: those possible now where the product is known, otherwise by its units."""
    if "examples" in params:
        return [
            quantities.in_unit(typed.quantity, typed.unit, typed.factor, view.language)
            for typed in params["examples"]
        ]
    units = params["units"]
    example = "2,5" if params["is_weighed"] else "12"
    return [f"{example} {units[0]}", *(f"5 {unit}" for unit in units[1:])]


def _limit(view: View, params: dict[str, Any]) -> str:
    return view.quantity(params["limit"], params["base"]) if "limit" in params else ""


def _more_than_available(view: View, params: dict[str, Any]) -> Html:
    return view.t("{available} available.", available=view.quantity(params["available"], params["unit"]))


def _more_than_ordered(view: View, params: dict[str, Any]) -> Html:
    return view.t(
        "Not more than {most}: that is what was ordered.", most=view.quantity(params["most"], params["unit"])
    )


def _minimum(view: View, params: dict[str, Any]) -> Html:
    said = view.t("At least {minimum}.", minimum=view.quantity(params["minimum"], params["unit"]))
    return _with_options(view, said, params)


def _multiple(view: View, params: dict[str, Any]) -> Html:
    said = view.t("Only multiples of {multiple}.", multiple=view.quantity(params["multiple"], params["unit"]))
    return _with_options(view, said, params)


def _with_options(view: View, said: Html, params: dict[str, Any]) -> Html:
    options = ", ".join(view.quantity(option, params["unit"]) for option in params["options"])
    if not options:
        return said
    hint = view.t("Possible: {options}.", options=options)
    return Html(f"{said} {hint}")


def _too_far(view: View, params: dict[str, Any]) -> Html:
    return view.t(
        "That is {distance} km away; deliveries go up to {radius} km.",
        distance=view.distance(params["metres"]),
        radius=params["radius_km"],
    )


def _day(sentence: str) -> Callable[[View, dict[str, Any]], Html]:
    def worded(view: View, params: dict[str, Any]) -> Html:
        said = view.t(sentence, day=view.day(params["day"]))
        following: date | None = params.get("next_day")
        last: date | None = params.get("last_day")
        if following is not None:
            hint = view.t("The next possible day: {day}.", day=view.day(following))
        elif last is not None and params["day"] > last:
            hint = view.t("The last possible day: {day}.", day=view.day(last))
        else:
            return said
        return Html(f"{said} {hint}")

    return worded


def _window(sentence: str) -> Callable[[View, dict[str, Any]], Html]:
    def worded(view: View, params: dict[str, Any]) -> Html:
        said = view.t(sentence)
        free = params.get("next_option")
        if free is None:
            return said
        span = f"{view.day(free.delivery_on)}, {free.starts_at:%H:%M}–{free.ends_at:%H:%M}"
        hint = view.t("The next free one: {window}.", window=span)
        return Html(f"{said} {hint}")

    return worded


def _locked(view: View, params: dict[str, Any]) -> Html:
    return view.t("Too many wrong codes. Try again after {at}.", at=view.moment(params["until"]))


def _missing(view: View, params: dict[str, Any]) -> Html:
    names = {"lines": N_("goods"), "address": N_("the address"), "window": N_("the date and window")}
    parts = ", ".join(view.t.plain(names[part]) for part in params["parts"])
    return view.t("Still missing: {parts}.", parts=parts)


def _repriced(view: View, params: dict[str, Any]) -> Html:
    names = ", ".join(line.line.product.name for line in params["lines"][:5])
    return view.t("Prices have changed: {names}.", names=names)


def _duplicate(view: View, params: dict[str, Any]) -> Html:
    return view.t(
        "The customer already has order No. {number} for {day}.",
        number=params["number"],
        day=view.day(params["day"]),
    )


def _customer_exists(view: View, params: dict[str, Any]) -> Html:
    return view.t("You already have this customer: {name}.", name=params["name"])


def _short(view: View, params: dict[str, Any]) -> Html:
    names = ", ".join(short.product_name for short in params["shortages"][:5])
    return view.t("Not enough in stock: {names}.", names=names)


def _below_reserved(view: View, params: dict[str, Any]) -> Html:
    reserved = view.quantity(params["reserved"], params["unit"])
    orders = params.get("orders")
    if not orders:
        return view.t("{reserved} is reserved: there cannot be less.", reserved=reserved)
    numbers = ", ".join(f"№{number}" for number in orders[:5]) + (" …" if len(orders) > 5 else "")
    return view.t(
        "{reserved} is reserved, by orders {numbers}: there cannot be less."
        " Have them recalled or rejected first.",
        reserved=reserved,
        numbers=numbers,
    )


def _stock_moved(view: View, params: dict[str, Any]) -> Html:
    return view.t(
        "The stock has moved meanwhile: it was {before}, now it is {now}. Is your count still right?",
        before=view.quantity(params["before"], params["unit"]),
        now=view.quantity(params["now"], params["unit"]),
    )


SPECIAL: dict[str, Callable[[View, dict[str, Any]], Html]] = {
    "order_moved_on": _order_moved_on,
    "quantity_form": _quantity(N_("I did not understand the quantity.")),
    "quantity_unit": _quantity(N_("This product is not counted in “{typed}”.")),
    "quantity_decimals": _quantity(N_("At most three digits behind the comma.")),
    "quantity_whole": _quantity(N_("This product is sold in whole units only.")),
    "quantity_positive": _quantity(N_("The quantity must be more than zero.")),
    "quantity_negative": _quantity(N_("There is no less than zero.")),
    "quantity_limit": _quantity(N_("That is too much: at most {limit}.")),
    "quantity_minimum": _minimum,
    "quantity_multiple": _multiple,
    "more_than_ordered": _more_than_ordered,
    "more_than_available": _more_than_available,
    "too_far": _too_far,
    "date_past": _day(N_("{day} is over.")),
    "date_too_soon": _day(N_("There is no time left to prepare an order for {day}.")),
    "date_too_far": _day(N_("{day} is too far ahead.")),
    "date_closed": _day(N_("The warehouse is closed on {day}.")),
    "vat_past": _day(N_("{day} is over, and its papers are issued: choose today or a later day.")),
    "window_full": _window(N_("This window is full.")),
    "window_taken": _window(N_("The last place in this window was taken meanwhile. Choose another window.")),
    "locked": _locked,
    "missing": _missing,
    "duplicate": _duplicate,
    "repriced": _repriced,
    "customer_exists": _customer_exists,
    "short": _short,
    "below_reserved": _below_reserved,
    "stock_moved": _stock_moved,
}
