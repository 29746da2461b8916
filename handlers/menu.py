"""The main menu, and the words every role shares."""

from __future__ import annotations

from dataclasses import dataclass

from handlers.callbacks import Data
from handlers.context import Context
from handlers.routing import Router
from handlers.screen import Button, Screen
from handlers.texts import N_, Html
from models import Role, User

ROLE_NAMES = {
    Role.SALES_REP: N_("sales rep"),
    Role.STOREKEEPER: N_("storekeeper"),
    Role.ADMIN: N_("administrator"),
}


@dataclass(frozen=True)
class Menu(Data, code="m", anywhere=True):
    """The main menu."""


def screen(router: Router, ctx: Context, text: Html) -> Screen:
    """Return the menu under ``text``."""
    rows: dict[int, list[Button]] = {}
    for entry in router.menu_for(ctx.user.roles):
        label = ctx.t.plain(entry.label)
        waiting = entry.count(ctx.session) if entry.count is not None else 0
        if waiting:
            label = f"{label} · {waiting}"
        rows.setdefault(entry.place[0], []).append(Button(label, entry.data))
    # Who holds several roles has more in a row than can be read side by side.
    fitting = [row[start : start + 2] for row in rows.values() for start in range(0, len(row), 2)]
    return Screen(text, fitting, Menu())


def greeting(ctx: Context, user: User) -> Html:
    """Return «Здравствуйте, Анна! Роль: торговый представитель»."""
    return ctx.t("Hello, {name}! Role: {roles}", name=user.name, roles=role_names(ctx, user.roles))


def role_names(ctx: Context, roles: frozenset[Role]) -> str:
    """Return the roles in words, separated by commas."""
    return ", ".join(ctx.t.plain(ROLE_NAMES[role]) for role in Role if role in roles)


def back(ctx: Context) -> list[Button]:
    """Return the row that leads to the menu."""
    return [Button(ctx.t.plain(":house: Menu"), Menu())]
