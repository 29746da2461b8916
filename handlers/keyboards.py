"""Pieces of keyboards that many screens share."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from handlers.callbacks import Data
from handlers.screen import Button, Rows
from handlers.texts import Texts
from services.paging import Page


def pager(t: Texts, page: Page[Any], to: Callable[[int], Data]) -> Rows:
    """Return the row that turns pages, nothing when there is only one."""
    row = []
    if page.has_previous:
        row.append(Button(t.plain(":arrow_left: Back a page"), to(page.number - 1)))
    if page.has_next:
        row.append(Button(t.plain("On a page :arrow_right:"), to(page.number + 1)))
    return [row] if row else []


def in_rows(buttons: Iterable[Button], width: int = 2) -> Rows:
    """Return the buttons in rows of ``width``."""
    listed = list(buttons)
    return [listed[start : start + width] for start in range(0, len(listed), width)]
