"""Pieces of keyboards that many screens share."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from handlers import conversation as conversations
from handlers.addresses import Journal, MyOrders
from handlers.callbacks import Data
from handlers.context import Context
from handlers.screen import Button, Rows
from handlers.texts import Texts
from services.paging import Page, Stretch

# The name under which it is kept where the rep's list of orders was left.
ORDERS = "orders"
# The same of the administrator's journal.
JOURNAL = "journal"


def pager(t: Texts, page: Page[Any] | Stretch[Any], to: Callable[[int], Data]) -> Rows:
    """Return the row that turns pages, nothing when there is only one."""
    row = []
    if page.previous is not None:
        row.append(Button(t.plain(":arrow_left: Back a page"), to(page.previous)))
    if page.next is not None:
        row.append(Button(t.plain("On a page :arrow_right:"), to(page.next)))
    return [row] if row else []


def to_orders(ctx: Context) -> list[Button]:
    """Return the row that leads back to the rep's orders: to the page and the filters they were left at."""
    left = conversations.list_left(ctx.conversation, ORDERS, MyOrders())
    return [Button(ctx.t.plain(":leftwards_arrow_with_hook: To the list"), left)]


def to_journal(ctx: Context) -> list[Button]:
    """Return the row that leads back to the journal: to the page and the filters it was left at."""
    left = conversations.list_left(ctx.conversation, JOURNAL, Journal())
    return [Button(ctx.t.plain(":leftwards_arrow_with_hook: To the list"), left)]


def in_rows(buttons: Iterable[Button], width: int = 2) -> Rows:
    """Return the buttons in rows of ``width``."""
    listed = list(buttons)
    return [listed[start : start + width] for start in range(0, len(listed), width)]
