"""The company's settings: groups, one setting, what a new value would do, and keeping it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from handlers import conversation as conversations
from handlers import keyboards, menu
from handlers.addresses import (
    Backups,
    Facsimile,
    Holidays,
    MailTexts,
    Requisites,
    Settings,
    SettingsGroup,
    VatTable,
    WarehousePlace,
)
from handlers.callbacks import Data
from handlers.context import Context
from handlers.routing import Router
from handlers.screen import Button, Rows, Screen
from handlers.settings_table import GROUP_OF, GROUPS, TABLE, Entry, label_of, shown
from handlers.texts import N_, Html, escaped, stack
from models import Role
from services import settings_table
from services.errors import NotFound

# What belongs to a group and is no single value.
# The form: of which setting, what was typed, and which present value that was shown beside.
SETTING = "setting_shown"
NOTHING = ("", None, None)

MORE: dict[str, tuple[str, Data]] = {
    "warehouse": (N_(":round_pushpin: Place on the map"), WarehousePlace()),
    "hours": (N_(":party_popper: Holidays"), Holidays()),
    "vat": (N_(":calendar: Rates by day"), VatTable()),
    "papers": (N_(":lower_left_fountain_pen: Signature and seal"), Facsimile()),
}


@dataclass(frozen=True)
class EditSetting(Data, code="se"):
    """One setting: the new value is typed, or one of the choices pressed."""

    field: str


@dataclass(frozen=True)
class ChooseSetting(Data, code="sv"):
    """Take one of the choices."""

    field: str
    value: str = ""


@dataclass(frozen=True)
class PreviewSetting(Data, code="sx"):
    """What the typed value would do; another one may be typed."""

    field: str


@dataclass(frozen=True)
class KeepSetting(Data, code="sy"):
    """Keep the value whose effect was shown."""

    field: str


def register(router: Router) -> None:
    """Register the settings' screens; nobody but an administrator learns that they exist."""
    admin = Role.ADMIN
    router.button(SettingsGroup, group, admin)
    router.button(EditSetting, ask, admin)
    router.button(ChooseSetting, lambda ctx, data: take(ctx, data.field, data.value), admin)
    router.button(PreviewSetting, preview, admin)
    router.button(KeepSetting, partial(keep, router), admin)
    router.typed(EditSetting, "text", lambda ctx, data, text: take(ctx, data.field, text.strip()), admin)
    router.typed(PreviewSetting, "text", lambda ctx, data, text: take(ctx, data.field, text.strip()), admin)


def entries(ctx: Context) -> Rows:
    """Return the administrator's buttons on «⚙️ Настройки»."""
    t = ctx.t
    groups = [Button(t.plain(label), SettingsGroup(name)) for name, (label, _) in GROUPS.items()]
    groups.append(Button(t.plain(":office: Company"), Requisites()))
    groups.append(Button(t.plain(":envelope: Letters to clients"), MailTexts()))
    groups.append(Button(t.plain(":floppy_disk: Backup"), Backups()))
    return keyboards.in_rows(groups)


def group(ctx: Context, data: SettingsGroup) -> Screen:
    """Show what the settings of a group are now."""
    if data.group not in GROUPS:
        raise NotFound("setting")
    t, (title, fields) = ctx.t, GROUPS[data.group]
    facts: list[str] = [Html(f"<b>{escaped(t.plain(title))}</b>")]
    facts += [
        t(
            "{field}: <b>{value}</b>",
            field=label_of(ctx.view, field),
            value=shown(ctx.view, field, settings_table.value(ctx.session, field)),
        )
        for field in fields
    ]
    rows = keyboards.in_rows(Button(label_of(ctx.view, field), EditSetting(field)) for field in fields)
    if data.group in MORE:
        label, to = MORE[data.group]
        rows.append([Button(t.plain(label), to)])
    back = Button(t.plain(":leftwards_arrow_with_hook: Back"), Settings())
    rows.append([back, *menu.back(ctx)])
    return Screen(stack(*facts), rows, data)


def ask(ctx: Context, data: EditSetting) -> Screen:
    """Show the present value and an example, and ask for another."""
    t, entry = ctx.t, _entry(data.field)
    _show_present(ctx, data.field, None)
    now = shown(ctx.view, data.field, settings_table.value(ctx.session, data.field))
    facts: list[str] = [
        t("{field}, now: <b>{value}</b>", field=label_of(ctx.view, data.field), value=now),
        *_in_effect(ctx, entry),
    ]
    if entry.example:
        facts += ["", t("Type the new value. Example: {example}", example=t.plain(entry.example))]
    choices = [Button(t.plain(label), ChooseSetting(data.field, key)) for key, label in entry.choices]
    rows = [*keyboards.in_rows(choices), _back(ctx, data.field)]
    return Screen(stack(*facts), rows, data)


def take(ctx: Context, field: str, text: str) -> Screen:
    """Check what was typed or pressed; show what it does, or keep it when there is nothing to show."""
    entry = _entry(field)
    settings_table.check(field, text)
    if entry.effect is None:
        return _keep(ctx, field, text)
    _show_present(ctx, field, text)
    return preview(ctx, PreviewSetting(field))


def preview(ctx: Context, data: PreviewSetting) -> Screen:
    """Show the value and what it would do."""
    field, entry, text = data.field, _entry(data.field), _typed(ctx, data.field)
    if text is None or entry.effect is None:
        return ask(ctx, EditSetting(field))
    _show_present(ctx, field, text)
    t, effect = ctx.t, entry.effect
    value = settings_table.check(field, text)
    sample, before = effect(ctx)
    _, after = settings_table.what_if(ctx.session, field, value, lambda: effect(ctx))
    facts = [
        t(
            "{field}: <b>{value}</b> instead of {before}",
            field=label_of(ctx.view, field),
            value=shown(ctx.view, field, value),
            before=shown(ctx.view, field, settings_table.value(ctx.session, field)),
        )
    ]
    if after == before:
        facts.append(t("{sample} → {after}, as before", sample=sample, after=after))
    else:
        said = t("{sample} → <b>{after}</b> instead of {before}", sample=sample, after=after, before=before)
        facts.append(said)
    keep_it = Button(t.plain(":white_check_mark: Keep"), KeepSetting(field))
    return Screen(stack(*facts), [[keep_it], _back(ctx, field)], data)


def keep(router: Router, ctx: Context, data: KeepSetting) -> Screen:
    """Keep the value that was shown."""
    text = _typed(ctx, data.field)
    if text is None:
        return ask(ctx, EditSetting(data.field))
    screen = _keep(ctx, data.field, text)
    if data.field == "language":
        router.publish_to_all(ctx)
    return screen


def _keep(ctx: Context, field: str, text: str) -> Screen:
    kept, _, present = ctx.conversation.form.get(SETTING, NOTHING)
    if kept != field:
        present = settings_table.shown(ctx.session, field)
    settings_table.change(ctx.session, field, text, ctx.user, instead_of=present)
    ctx.session.flush()
    conversations.clear_form(ctx.conversation)
    # Currency and time zone change how everything is written.
    ctx.speak(ctx.view.language)
    screen = group(ctx, SettingsGroup(GROUP_OF[field]))
    return screen.under(ctx.t(":white_check_mark: Kept: {field}", field=label_of(ctx.view, field)))


def _in_effect(ctx: Context, entry: Entry) -> list[str]:
    if entry.effect is None:
        return []
    sample, result = entry.effect(ctx)
    return [ctx.t("{sample} → {after}", sample=sample, after=result)]


def _entry(field: str) -> Entry:
    entry = TABLE.get(field)
    if entry is None:
        raise NotFound("setting")
    return entry


def _typed(ctx: Context, field: str) -> str | None:
    """Return what was typed for this setting and waits to be kept."""
    kept, text, _ = ctx.conversation.form.get(SETTING, NOTHING)
    return text if kept == field else None


def _show_present(ctx: Context, field: str, text: str | None) -> None:
    """Keep which value of the setting the screen shows: over a newer one nothing is kept."""
    present = settings_table.shown(ctx.session, field)
    conversations.remember(ctx.conversation, **{SETTING: [field, text, present]})


def _back(ctx: Context, field: str) -> list[Button]:
    return [Button(ctx.t.plain(":leftwards_arrow_with_hook: Back"), SettingsGroup(GROUP_OF[field]))]
