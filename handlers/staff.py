"""Staff: who is there, and access codes for those who are to come."""

from __future__ import annotations

from dataclasses import dataclass

from handlers import menu
from handlers.callbacks import Data
from handlers.context import Context
from handlers.routing import Router
from handlers.screen import Button, Rows, Screen
from handlers.texts import N_, Html, stack
from models import Role
from services import auth

SHOWN = 30


@dataclass(frozen=True)
class Staff(Data, code="sf"):
    """Everybody who may use the bot."""


@dataclass(frozen=True)
class IssueCode(Data, code="sc"):
    """A code for this role: the name is typed."""

    role: Role


def register(router: Router) -> None:
    """Register the list and the codes."""
    admin = Role.ADMIN
    router.menu_entry((4, 0), N_(":bust_in_silhouette: Staff"), Staff(), admin)
    router.command("staff", N_("staff and access codes"), lambda ctx, _: staff(ctx, Staff()), admin)
    router.button(Staff, staff, admin)
    router.button(IssueCode, ask_name, admin)
    router.typed(IssueCode, "text", lambda ctx, data, text: issue(router, ctx, data, text))


def staff(ctx: Context, _data: Staff) -> Screen:
    """List the staff by role, and offer a code for each role."""
    t = ctx.t
    groups: list[str] = []
    for role in Role:
        people = auth.staff(ctx.session, role)
        names = [t("• {name}", name=person.name) for person in people[:SHOWN]] or [t("nobody yet")]
        if len(people) > SHOWN:
            rest = len(people) - SHOWN
            names.append(t.many("… and {n} more person", "… and {n} more people", rest))
        heading = t(menu.ROLE_NAMES[role])
        groups.append(stack(f"<b>{heading}</b>", *names))
    rows: Rows = [
        [Button(t.plain(":key: Code: {role}", role=t.plain(menu.ROLE_NAMES[role])), IssueCode(role))]
        for role in Role
    ]
    rows.append(menu.back(ctx))
    return Screen(Html("\n\n".join(groups)), rows, Staff())


def ask_name(ctx: Context, data: IssueCode) -> Screen:
    """Ask whom the code is for."""
    t = ctx.t
    text = t("Name of the new {role}:", role=t.plain(menu.ROLE_NAMES[data.role]))
    return Screen(text, [[Button(t.plain(":leftwards_arrow_with_hook: Back"), Staff())]], data)


def issue(router: Router, ctx: Context, data: IssueCode, name: str) -> Screen:
    """Show the code once, with a link that carries it."""
    code = auth.issue_code(ctx.session, data.role, name, ctx.user)
    t = ctx.t
    text = t(
        ":key: Code for {name}: <code>{code}</code>\nIt works once, for 72 hours, and is shown only now.",
        name=" ".join(name.split()),
        code=code,
    )
    if router.bot_username:
        link = f"https://t.me/{router.bot_username}?start={code}"
        text = stack(text, t("Or this link: {link}", link=link))
    return Screen(text, [[Button(t.plain(":leftwards_arrow_with_hook: Back"), Staff())]], Staff())
