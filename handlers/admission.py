"""Who is to come: access codes issued and revoked, requests that wait, accounts that typed wrong codes."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from handlers import keyboards, menu
from handlers.access import RequestCard
from handlers.addresses import AccessCodes, Requests, Staff
from handlers.callbacks import Data
from handlers.context import Context
from handlers.routing import Router
from handlers.screen import Button, Rows, Screen
from handlers.texts import Html, stack
from models import AccessAttempt, AccessCode, Role, now_of
from services import admission, auth, formats, outbox


@dataclass(frozen=True)
class IssueCode(Data, code="sc"):
    """A code for this role: the name is typed."""

    role: Role


@dataclass(frozen=True)
class RevokeCode(Data, code="scr"):
    """Make a code worthless."""

    code_id: int


@dataclass(frozen=True)
class Attempts(Data, code="slk"):
    """The accounts that typed wrong codes."""

    page: int = 0


@dataclass(frozen=True)
class Unlock(Data, code="slu"):
    """Let an account try codes again."""

    telegram_id: int


def register(router: Router) -> None:
    """Register the codes, the requests and the locked accounts."""
    admin = Role.ADMIN
    router.button(AccessCodes, codes, admin)
    router.button(IssueCode, ask_name, admin)
    router.button(RevokeCode, revoke, admin)
    router.button(Requests, requests, admin)
    router.button(Attempts, attempts, admin)
    router.button(Unlock, unlock, admin)
    router.typed(IssueCode, "text", partial(issue, router))


def codes(ctx: Context, data: AccessCodes) -> Screen:
    """List the open codes, each with a button that revokes it, and offer a new one for each role."""
    t = ctx.t
    page = admission.open_codes(ctx.session, ctx.user, data.page)
    rows: Rows = [
        [Button(t.plain(":key: Code: {role}", role=t.plain(menu.ROLE_NAMES[role])), IssueCode(role))]
        for role in Role
    ]
    rows += [[Button(t.plain(":x: {name}", name=code.name), RevokeCode(code.id))] for code in page.items]
    rows += keyboards.pager(t, page, AccessCodes)
    rows.append([Button(t.plain(":locked: Wrong codes"), Attempts())])
    rows.append(_back(ctx))
    listed = [_code(ctx, code) for code in page.items]
    said = t("Open codes; :x: revokes one:") if listed else t("There are no open codes.")
    return Screen(stack(t("<b>Access codes</b>"), "", said, *listed), rows, AccessCodes(page.number))


def ask_name(ctx: Context, data: IssueCode) -> Screen:
    """Ask whom the code is for."""
    t = ctx.t
    text = t("Name of the new {role}:", role=t.plain(menu.ROLE_NAMES[data.role]))
    back = [Button(t.plain(":leftwards_arrow_with_hook: Back"), AccessCodes())]
    return Screen(text, [back], data)


def issue(router: Router, ctx: Context, data: IssueCode, name: str) -> Screen:
    """Send the code once: with a picture and a link where the bot's own name is known."""
    code = auth.issue_code(ctx.session, data.role, name, ctx.user)
    t, name = ctx.t, formats.one_line(name)
    text = t(
        ":key: Code for {name}: <code>{code}</code>\nIt works once, for 72 hours, and is shown only now.",
        name=name,
        code=code,
    )
    link = f"https://t.me/{router.bot_username}?start={code}" if router.bot_username else None
    if link is not None:
        text = stack(text, t("Or this link: {link}", link=link))
    _send_secret(ctx, text, link)
    return codes(ctx, AccessCodes()).under(t("The code for {name} is above; it can be forwarded.", name=name))


def revoke(ctx: Context, data: RevokeCode) -> Screen:
    """Make the code worthless at once."""
    code = admission.revoke(ctx.session, data.code_id, ctx.user)
    ctx.toast = ctx.t.plain("The code for {name} is revoked.", name=code.name)
    return codes(ctx, AccessCodes())


def requests(ctx: Context, data: Requests) -> Screen:
    """List the requests that wait."""
    t = ctx.t
    page = admission.requests(ctx.session, ctx.user, data.page)
    rows: Rows = [[Button(f"{one.name} · {one.phone}", RequestCard(one.id))] for one in page.items]
    rows += keyboards.pager(t, page, Requests)
    rows.append(_back(ctx))
    text = t("Requests for access:") if page.items else t("No request waits.")
    return Screen(text, rows, Requests(page.number))


def attempts(ctx: Context, data: Attempts) -> Screen:
    """List who typed wrong codes, and let a locked one try again."""
    t = ctx.t
    page = admission.attempts(ctx.session, ctx.user, data.page)
    rows: Rows = [
        [Button(t.plain(":unlocked: {name}", name=_name(one)), Unlock(one.telegram_id))]
        for one in page.items
        if _is_locked(ctx, one)
    ]
    rows += keyboards.pager(t, page, Attempts)
    rows.append([Button(t.plain(":leftwards_arrow_with_hook: Back"), AccessCodes())])
    listed = [_attempt(ctx, one) for one in page.items] or [t("Nobody typed a wrong code.")]
    return Screen(stack(t("<b>Wrong codes</b>"), "", *listed), rows, Attempts(page.number))


def unlock(ctx: Context, data: Unlock) -> Screen:
    """Let the account try again."""
    admission.unlock(ctx.session, data.telegram_id, ctx.user)
    return attempts(ctx, Attempts())


def _send_secret(ctx: Context, text: Html, link: str | None) -> None:
    """Send the code as a message of its own, to be forwarded; its row is emptied once it is sent."""
    words = {"text": text, "parse_mode": "HTML", "link_preview_options": {"is_disabled": True}}
    chat_id = ctx.conversation.chat_id
    if link is None:
        outbox.call(ctx.session, chat_id, "sendMessage", {**words, "about": {"is_secret": True}})
        return
    about = {"is_secret": True, "instead": words}
    picture = {"caption": text, "parse_mode": "HTML", "about": about}
    outbox.send_file(ctx.session, ctx.user, "sendPhoto", "link", link, **picture)


def _code(ctx: Context, code: AccessCode) -> Html:
    return ctx.t(
        "• {name} · {role} · until {at}",
        name=code.name,
        role=ctx.t.plain(menu.ROLE_NAMES[code.role]),
        at=ctx.view.moment(code.expires_at),
    )


def _attempt(ctx: Context, one: AccessAttempt) -> Html:
    t = ctx.t
    who = f"{_name(one)} @{one.username}" if one.username else _name(one)
    if _is_locked(ctx, one) and one.locked_until is not None:
        return t(
            ":locked: {name} (id {id}): locked until {at}",
            name=who,
            id=one.telegram_id,
            at=ctx.view.moment(one.locked_until),
        )
    at = ctx.view.moment(one.last_at) if one.last_at else "—"
    return t(
        "• {name} (id {id}): wrong codes: {n}, the last at {at}",
        name=who,
        id=one.telegram_id,
        n=one.failed,
        at=at,
    )


def _is_locked(ctx: Context, one: AccessAttempt) -> bool:
    return one.locked_until is not None and one.locked_until > now_of(ctx.session)


def _name(one: AccessAttempt) -> str:
    return one.name or str(one.telegram_id)


def _back(ctx: Context) -> list[Button]:
    return [Button(ctx.t.plain(":bust_in_silhouette: Staff"), Staff()), *menu.back(ctx)]
