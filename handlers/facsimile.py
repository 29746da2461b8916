"""Signature and seal as a picture on invoices: a PNG is sent, fetched by a worker, checked, kept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from handlers import conversation as conversations
from handlers.addresses import Facsimile, SettingsGroup
from handlers.callbacks import Data
from handlers.context import Context
from handlers.routing import Router
from handlers.screen import Button, Rows, Screen
from handlers.texts import stack
from handlers.uploads import FILES
from models import Role
from services import company, outbox
from services.errors import DomainError, Invalid

if TYPE_CHECKING:
    from telebot.types import Document

FETCH_FACSIMILE = "fetch_facsimile"


@dataclass(frozen=True)
class FetchingFacsimile(Data, code="sgw"):
    """The picture is being fetched."""


@dataclass(frozen=True)
class RemoveFacsimile(Data, code="sgx"):
    """Stamp papers with nothing from now on."""


def register(router: Router) -> None:
    """Register the picture's screens."""
    admin = Role.ADMIN
    router.button(Facsimile, screen, admin)
    router.button(FetchingFacsimile, fetching, admin)
    router.button(RemoveFacsimile, remove, admin)
    for kind in (Facsimile, FetchingFacsimile):
        router.typed(kind, "document", take, admin)
        router.typed(kind, "photo", refuse_photo, admin)
    router.job(FETCH_FACSIMILE, fetched)


def screen(ctx: Context, data: Facsimile) -> Screen:
    """Show whether invoices bear a picture."""
    t = ctx.t
    is_set = company.get(ctx.session).facsimile_sha256 is not None
    now = t("Invoices bear the picture of signature and seal.") if is_set else t("Invoices bear no picture.")
    ask = t(
        "Send a PNG as a file, not as a photo: up to 2,000 × 2,000 pixels and 200 KB, best on a transparent"
        " ground."
    )
    rows: Rows = []
    if is_set:
        rows.append([Button(t.plain(":wastebasket: Remove the picture"), RemoveFacsimile())])
    rows.append([Button(t.plain(":leftwards_arrow_with_hook: Back"), SettingsGroup("papers"))])
    return Screen(stack(now, "", ask), rows, data)


def take(ctx: Context, _data: Data, file: Document) -> Screen:
    """Have the picture fetched."""
    if (file.file_size or 0) > company.MAX_PICTURE_BYTES:
        raise Invalid("picture")
    conversations.remember(ctx.conversation, file=file.file_id)
    payload = {"chat_id": ctx.conversation.chat_id, "file_id": file.file_id}
    outbox.add_job(ctx.session, FILES, FETCH_FACSIMILE, payload)
    return fetching(ctx, FetchingFacsimile())


def refuse_photo(_ctx: Context, _data: Data, _photo: Any) -> Screen:
    """Refuse a photo: Telegram makes a JPEG of it."""
    raise Invalid("picture_as_photo")


def fetching(ctx: Context, data: FetchingFacsimile) -> Screen:
    """Say that the picture is being fetched."""
    back = Button(ctx.t.plain(":leftwards_arrow_with_hook: Back"), Facsimile())
    return Screen(ctx.t(":hourglass_flowing_sand: Looking at the picture…"), [[back]], data)


def fetched(ctx: Context, payload: dict[str, Any], result: Any) -> Screen | None:
    """Keep the picture if its sender, still an administrator, waits for it."""
    still_waits = conversations.address(ctx.conversation) == FetchingFacsimile()
    if not still_waits or ctx.conversation.form.get("file") != payload["file_id"]:
        return None
    if ctx.actor is None or not ctx.actor.holds(Role.ADMIN):
        return None
    if not isinstance(result, bytes):
        said = ctx.t(":warning: Telegram did not hand over the file. Please send it again.")
        return screen(ctx, Facsimile()).under(said)
    try:
        company.set_facsimile(ctx.session, result, ctx.user)
    except DomainError as error:
        ctx.conversation.here = Facsimile().pack()
        return ctx.refusal(error)
    conversations.clear_form(ctx.conversation)
    return screen(ctx, Facsimile()).under(ctx.t(":white_check_mark: The picture is kept."))


def remove(ctx: Context, _data: RemoveFacsimile) -> Screen:
    """Stamp papers with nothing from now on; papers issued before keep their picture."""
    company.set_facsimile(ctx.session, None, ctx.user)
    ctx.session.flush()
    return screen(ctx, Facsimile()).under(ctx.t(":white_check_mark: The picture is removed."))
