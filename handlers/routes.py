"""What a feature registers: handlers with who may reach them, commands, buttons of the menu."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from handlers.callbacks import Data
from handlers.screen import Screen
from models import Role, Session

Shown = Screen | None


@dataclass(frozen=True, slots=True)
class Route:
    """A handler and who may reach it."""

    handler: Callable[..., Shown]
    roles: frozenset[Role]


@dataclass(frozen=True, slots=True)
class Command:
    """A command as Telegram's menu shows it."""

    name: str
    description: str
    route: Route


@dataclass(frozen=True, slots=True)
class MenuEntry:
    """A button of the main menu."""

    place: tuple[int, int]
    label: str
    data: Data
    roles: frozenset[Role]
    # How much waits behind the button: shown on it when there is some.
    count: Callable[[Session], int] | None = None
