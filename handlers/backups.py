"""/backup: a copy of the database, made and sent by workers; and word of a night without one."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from handlers import menu, sentences
from handlers.addresses import Backups, Settings
from handlers.callbacks import Data
from handlers.context import Context
from handlers.routing import Router
from handlers.screen import Button, Screen
from handlers.texts import N_, Html, stack
from models import Role
from services import backup, company, outbox
from services.errors import DomainError, Invalid

# Of what a bot may send, with room for what is sent around the file.
MAX_SENT = 50_000_000


@dataclass(frozen=True)
class MakeBackup(Data, code="sgy"):
    """Make a copy now and send it here."""


def register(router: Router) -> None:
    """Register command, screen, and what the worker brings back."""
    admin = Role.ADMIN
    router.command("backup", N_("a copy of the database"), lambda ctx, _: make(ctx, MakeBackup()), admin)
    router.button(Backups, screen, admin)
    router.button(MakeBackup, make, admin)
    router.job(backup.ASKED, made)
    router.notice("backup_failed", failed)


def screen(ctx: Context, data: Backups) -> Screen:
    """Show when a copy was last made and how."""
    t = ctx.t
    back = [Button(t.plain(":leftwards_arrow_with_hook: Back"), Settings()), *menu.back(ctx)]
    if not backup.is_possible(ctx.session):
        return Screen(sentences.of(ctx.view, Invalid("backup_not_sqlite")), [back], data)
    firm = company.get(ctx.session)
    facts: list[str] = [
        t(
            "A copy is made every night at {at}; 7 daily, 4 weekly and 12 monthly ones are kept on the"
            " bot's machine.",
            at=f"{backup.MADE_AT:%H:%M}",
        )
    ]
    night = backup.last_night(ctx.session)
    facts.append(
        t("The last night: {day}", day=ctx.view.day(night) if night is not None else t("there was none yet"))
    )
    if firm.backup_fault is not None:
        facts.append(t(":warning: No copy was made: {reason}", reason=firm.backup_fault))
    return Screen(
        stack(*facts), [[Button(t.plain(":floppy_disk: Make a copy now"), MakeBackup())], back], data
    )


def make(ctx: Context, _data: MakeBackup) -> Screen:
    """Have a copy made and sent."""
    backup.ask(ctx.session, ctx.conversation.chat_id)
    return screen(ctx, Backups()).under(
        ctx.t(":hourglass_flowing_sand: The copy is being made and comes here by itself.")
    )


def made(ctx: Context, payload: dict[str, Any], result: Any) -> None:
    """Send the copy to who asked, if still an administrator; one too big for Telegram is named."""
    if ctx.actor is None or not ctx.actor.holds(Role.ADMIN):
        return
    chat_id = payload["chat_id"]
    if not isinstance(result, Path):
        outbox.call(ctx.session, chat_id, "sendMessage", _message(_why(ctx, result)))
        return
    size = result.stat().st_size
    if size > MAX_SENT:
        text = ctx.t(
            ":floppy_disk: The copy is {size} MB, more than Telegram takes. On the bot's machine it is"
            " <code>{path}</code>.",
            size=-(-size // 1_000_000),
            path=str(result.resolve()),
        )
        outbox.call(ctx.session, chat_id, "sendMessage", _message(text))
        return
    caption = ctx.t(":floppy_disk: Everything up to now. Whoever has this file has all of it: keep it safe.")
    words = {"caption": caption, "parse_mode": "HTML"}
    outbox.send_file(ctx.session, ctx.actor, "sendDocument", "backup", result.name, **words)


def failed(ctx: Context, params: dict[str, Any]) -> Screen | None:
    """Tell an administrator that the night's copy was not made."""
    if ctx.actor is None or not ctx.actor.holds(Role.ADMIN):
        return None
    return Screen(ctx.t(":warning: The nightly copy was not made: {reason}", reason=params["reason"]))


def _why(ctx: Context, error: Any) -> Html:
    if isinstance(error, DomainError):
        return sentences.of(ctx.view, error)
    return sentences.of(ctx.view, Invalid("backup_failed", reason=type(error).__name__))


def _message(text: Html) -> dict[str, Any]:
    return {"text": text, "parse_mode": "HTML"}
