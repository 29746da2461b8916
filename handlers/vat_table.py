"""The rates of VAT by day: shown, continued from a day on, taken back while they are still to come."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from handlers import conversation as conversations
from handlers import keyboards
from handlers.addresses import SettingsGroup, VatTable
from handlers.callbacks import Data
from handlers.context import Context
from handlers.routing import Router
from handlers.screen import Button, Rows, Screen
from handlers.settings_table import VAT_KINDS
from handlers.texts import Html, escaped, stack
from models import Role, VatKind, VatRate
from services import company, formats, vat_table


@dataclass(frozen=True)
class NewRate(Data, code="sgn"):
    """A new rate of a kind: percent and day are typed."""

    kind: VatKind


@dataclass(frozen=True)
class KeepRate(Data, code="sgk"):
    """Keep the rate whose effect was shown."""

    kind: VatKind
    percent: int | None
    starts_on: date


@dataclass(frozen=True)
class RemoveRate(Data, code="sgr"):
    """Take back a rate that does not apply yet."""

    kind: VatKind
    starts_on: date


def register(router: Router) -> None:
    """Register the table of rates."""
    admin = Role.ADMIN
    router.button(VatTable, table, admin)
    router.button(NewRate, ask, admin)
    router.button(KeepRate, keep, admin)
    router.button(RemoveRate, remove, admin)
    router.typed(NewRate, "text", take, admin)


def table(ctx: Context, data: VatTable) -> Screen:
    """Show every rate there was, is and will be."""
    t, view = ctx.t, ctx.view
    facts: list[str] = [t("<b>Rates of VAT</b>")]
    found = vat_table.rows(ctx.session)
    facts += [
        t(
            "{kind}: {rate} from {day}",
            kind=t.plain(VAT_KINDS[row.kind]),
            rate=_rate(ctx, row.percent),
            day=view.short_day(row.starts_on),
        )
        for row in found
    ]
    facts += ["", t("Which one changes?")]
    rows: Rows = keyboards.in_rows(Button(t.plain(label), NewRate(kind)) for kind, label in VAT_KINDS.items())
    rows += [_removal(ctx, row) for row in found if vat_table.is_to_come(ctx.session, row)]
    rows.append([Button(t.plain(":leftwards_arrow_with_hook: Back"), SettingsGroup("vat"))])
    return Screen(stack(*facts), rows, data)


def ask(ctx: Context, data: NewRate) -> Screen:
    """Ask for percent and day, or show what was typed beside what applies now."""
    t = ctx.t
    text = t(
        "{kind}: type percent and day. Example: 22 с 01.01.2027, or: без НДС с 01.01.2027",
        kind=t.plain(VAT_KINDS[data.kind]),
    )
    return Screen(text, [_back(ctx)], data)


def take(ctx: Context, data: NewRate, text: str) -> Screen:
    """Show what the rate would change."""
    percent, starts_on = vat_table.parse(text)
    vat_table.check_day(ctx.session, starts_on)
    before = company.vat_rate(ctx.session, data.kind, starts_on)
    t = ctx.t
    said = t(
        "{kind}, shipped from {day} on → <b>{after}</b> instead of {before}",
        kind=t.plain(VAT_KINDS[data.kind]),
        day=ctx.view.short_day(starts_on),
        after=_rate(ctx, percent),
        before=_rate(ctx, before),
    )
    keep_it = Button(t.plain(":white_check_mark: Keep"), KeepRate(data.kind, percent, starts_on))
    return Screen(said, [[keep_it], _back(ctx)], data)


def keep(ctx: Context, data: KeepRate) -> Screen:
    """Keep the rate."""
    vat_table.add(ctx.session, data.kind, data.percent, data.starts_on, ctx.user)
    conversations.clear_form(ctx.conversation)
    return table(ctx, VatTable()).under(ctx.t(":white_check_mark: The rate is kept."))


def remove(ctx: Context, data: RemoveRate) -> Screen:
    """Take the rate back."""
    vat_table.remove(ctx.session, data.kind, data.starts_on, ctx.user)
    return table(ctx, VatTable()).under(ctx.t(":white_check_mark: The rate is taken back."))


def _removal(ctx: Context, row: VatRate) -> list[Button]:
    label = ctx.t.plain(
        ":wastebasket: {kind} from {day}",
        kind=ctx.t.plain(VAT_KINDS[row.kind]),
        day=ctx.view.short_day(row.starts_on),
    )
    return [Button(label, RemoveRate(row.kind, row.starts_on))]


def _rate(ctx: Context, percent: int | None) -> Html:
    return escaped(formats.vat_rate(percent, ctx.view.language))


def _back(ctx: Context) -> list[Button]:
    return [Button(ctx.t.plain(":leftwards_arrow_with_hook: Back"), VatTable())]
