"""/start, the menu, help, language, leaving."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from handlers import access, company_settings, menu
from handlers import conversation as conversations
from handlers.addresses import Settings, Status
from handlers.callbacks import Data
from handlers.context import Context
from handlers.routes import Shown
from handlers.routing import Router
from handlers.screen import Button, Rows, Screen
from handlers.texts import LANGUAGES, N_, Html
from models import Role, User
from services import auth, loading

EVERYBODY = tuple(Role)
LANGUAGE_NAMES = {"ru": "Русский", "en": "English"}
HELP = {
    Role.SALES_REP: N_(
        "<b>Sales rep</b>\n"
        "1. “New order”: choose the customer, or type a piece of the name.\n"
        "2. Choose goods; type a quantity: 12, 5 кор, 1 пал, 2,5 кг.\n"
        "3. Choose or type the address, or send a location; then the date and the window.\n"
        "4. “Send to the warehouse”. Until then everything can be changed.\n"
        "You will be told when it is taken, loaded and when the invoice has been mailed."
    ),
    Role.STOREKEEPER: N_(
        "<b>Storekeeper</b>\n"
        "A new order arrives by itself. “Take it”, load it, “Confirm the load”: the invoice goes out then."
    ),
    Role.ADMIN: N_(
        "<b>Administrator</b>\n“Staff” lets people in, gives roles, hands customers over and mails to many."
        " “Company” keeps the requisites the invoices need."
        " “Settings” has warehouse, tariff, hours, VAT, numbers; /backup sends a copy of the database;"
        " /status says how the bot does."
    ),
}
COMMANDS_HELP = N_("/start — the menu\n/cancel — leave any step\n/help — this help\n/logout — leave the bot")


@dataclass(frozen=True)
class Help(Data, code="h"):
    """How to use the bot."""


@dataclass(frozen=True)
class SetLanguage(Data, code="sl"):
    """Speak this language from now on."""

    language: str


@dataclass(frozen=True)
class LogOut(Data, code="lo"):
    """Ask before every role is given back."""


@dataclass(frozen=True)
class LogOutSure(Data, code="los"):
    """Give every role back."""


def register(router: Router) -> None:
    """Register the screens everybody has."""
    router.front_door = partial(access.front_door, router)
    router.hint = hint
    router.command("start", N_("the menu"), partial(start, router))
    router.command("cancel", N_("leave any step"), partial(cancel, router))
    router.command("help", N_("help"), lambda ctx, _: help_screen(ctx, Help()))
    router.command("logout", N_("leave the bot"), lambda ctx, _: ask_log_out(ctx, LogOut()), *EVERYBODY)
    router.button(menu.Menu, lambda ctx, _: access.front_door(router, ctx))
    router.button(Help, help_screen)
    router.button(Settings, settings, *EVERYBODY)
    router.button(SetLanguage, partial(set_language, router), *EVERYBODY)
    router.button(LogOut, ask_log_out, *EVERYBODY)
    router.button(LogOutSure, partial(log_out, router), *EVERYBODY)
    router.notice("handler_failed", handler_failed)
    router.notice("staff_unreachable", staff_unreachable)
    router.menu_entry((8, 0), N_(":gear: Settings"), Settings(), *EVERYBODY)
    router.menu_entry((8, 1), N_(":question: Help"), Help(), *EVERYBODY)


def start(router: Router, ctx: Context, argument: str) -> Shown:
    """Show the menu; a code behind /start lets a stranger in."""
    conversations.clear_form(ctx.conversation)
    if argument:
        return access.try_code(router, ctx, argument)
    if ctx.actor is not None and ctx.actor.roles:
        router.publish_commands(ctx, ctx.actor)
    return access.front_door(router, ctx)


def cancel(router: Router, ctx: Context, _argument: str) -> Screen:
    """Leave any step: the menu, nothing else changed."""
    conversations.clear_form(ctx.conversation)
    screen = access.front_door(router, ctx)
    screen.under(ctx.t("Cancelled."))
    return screen


def hint(ctx: Context, wants_text: bool) -> Html:
    """Say what is expected when something else came: a text, or a press."""
    if wants_text:
        return ctx.t("I cannot read that. Type a text here, or use the buttons.")
    return ctx.t("I did not expect that here. Please use the buttons, or /start for the menu.")


def help_screen(ctx: Context, _data: Help) -> Screen:
    """Explain the person's roles."""
    roles = ctx.actor.roles if ctx.actor else frozenset()
    parts = [ctx.t(HELP[role]) for role in Role if role in roles]
    if not parts:
        parts = [ctx.t("This bot takes a distributor's orders. An access code lets you in.")]
    parts.append(ctx.t(COMMANDS_HELP))
    return Screen(Html("\n\n".join(parts)), [menu.back(ctx)], Help())


def settings(ctx: Context, _data: Settings) -> Screen:
    """Show who the person is to the bot, and the languages."""
    languages = [
        Button(("• " if code == ctx.view.language else "") + LANGUAGE_NAMES[code], SetLanguage(code))
        for code in LANGUAGES
    ]
    text = ctx.t(
        "<b>{name}</b>\nRole: {roles}\n\nLanguage:",
        name=ctx.user.name,
        roles=menu.role_names(ctx, ctx.user.roles),
    )
    rows: Rows = [languages]
    if ctx.user.holds(Role.ADMIN):
        rows += company_settings.entries(ctx)
        rows.append([Button(ctx.t.plain(":stethoscope: How the bot does"), Status())])
    rows += [[Button(ctx.t.plain(":door: Leave the bot"), LogOut())], menu.back(ctx)]
    return Screen(text, rows, Settings())


def set_language(router: Router, ctx: Context, data: SetLanguage) -> Screen:
    """Switch at once."""
    language = data.language if data.language in LANGUAGES else LANGUAGES[0]
    auth.set_language(ctx.user, language)
    ctx.speak(language)
    router.publish_commands(ctx, ctx.user)
    return settings(ctx, Settings())


def ask_log_out(ctx: Context, _data: LogOut) -> Screen:
    """Ask before leaving: coming back takes a new code."""
    rows = [[Button(ctx.t.plain(":white_check_mark: Yes, leave"), LogOutSure())], menu.back(ctx)]
    return Screen(ctx.t("Leave the bot? You will need a new access code to come back."), rows, LogOut())


def log_out(router: Router, ctx: Context, _data: LogOutSure) -> Screen:
    """Leave."""
    user = ctx.user
    loading.release_all(ctx.session, user, user)
    auth.log_out(ctx.session, user)
    ctx.session.flush()
    router.publish_commands(ctx, user)
    return access.front_door(router, ctx)


def handler_failed(ctx: Context, params: dict[str, str]) -> Screen:
    """Tell an administrator of an error of ours."""
    return Screen(
        ctx.t(
            ":warning: An error of ours, id {id}, while {name} used the bot. The log has it.",
            id=params["error_id"],
            name=params["name"],
        )
    )


def staff_unreachable(ctx: Context, params: dict[str, int]) -> Screen | None:
    """Tell an administrator that a member of staff blocked the bot."""
    user = ctx.session.get(User, params["user_id"])
    if user is None:
        return None
    return Screen(ctx.t(":warning: {name} has blocked the bot and gets no messages.", name=user.name))
