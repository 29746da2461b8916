"""What the warehouse has before it: the queue of orders to load, and what is loaded and under way."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from handlers import conversation as conversations
from handlers import keyboards, menu
from handlers.addresses import LoadCard, StockCard
from handlers.callbacks import Data
from handlers.context import Context
from handlers.routing import Router
from handlers.screen import Button, Rows, Screen
from handlers.texts import N_
from models import Order, Role
from services import formats, orders

# More days than these are reached by the pages of the whole list.
DAYS_OFFERED = 6
# The name under which it is kept where a list was left.
LIST = "warehouse"


@dataclass(frozen=True)
class Queue(Data, code="lq"):
    """A page of what waits to be loaded: all, a day's, or what is in own hands."""

    page: int
    is_own: bool = False
    day: date | None = None


@dataclass(frozen=True)
class OnTheWay(Data, code="lw"):
    """A page of what is loaded and not delivered yet."""

    cursor: int = 0


def register(router: Router) -> None:
    """Register the lists."""
    both = (Role.STOREKEEPER, Role.ADMIN)
    router.menu_entry(
        (2, 0), N_(":inbox_tray: To load"), Queue(0), Role.STOREKEEPER, Role.ADMIN, count=orders.count_to_load
    )
    router.menu_entry((2, 1), N_(":truck: Loaded orders"), OnTheWay(), Role.STOREKEEPER)
    router.command("queue", N_("what is to be loaded"), lambda ctx, _: queue(ctx, Queue(0)), *both)
    router.button(Queue, queue, *both)
    router.button(OnTheWay, on_the_way, *both)


def queue(ctx: Context, data: Queue) -> Screen:
    """Show what waits, by delivery window."""
    page = orders.to_load(ctx.session, ctx.user, data.page, data.day, own=data.is_own)
    t = ctx.t
    rows = _filters(ctx, data)
    rows += [[Button(_label(order), LoadCard(order.id))] for order in page.items]
    rows += keyboards.pager(t, page, lambda to: Queue(to, data.is_own, data.day))
    rows.append(menu.back(ctx))
    text = t("To load, by window:") if page.items else t("Nothing waits to be loaded.")
    here = Queue(page.number, data.is_own, data.day)
    conversations.keep_list(ctx.conversation, LIST, here)
    return Screen(text, rows, here)


def on_the_way(ctx: Context, data: OnTheWay) -> Screen:
    """Show what is loaded and not delivered yet, the latest first."""
    page = orders.on_the_way(ctx.session, ctx.user, data.cursor)
    here = OnTheWay(page.cursor)
    conversations.keep_list(ctx.conversation, LIST, here)
    rows: Rows = [[Button(_label(order), LoadCard(order.id))] for order in page.items]
    rows += keyboards.pager(ctx.t, page, OnTheWay)
    rows.append(menu.back(ctx))
    text = ctx.t("Loaded, not delivered yet:") if page.items else ctx.t("Nothing is under way.")
    return Screen(text, rows, here)


def to_list(ctx: Context) -> Button:
    """Return the button that leads back to the list an order was opened from, as it was left."""
    left = conversations.list_left(ctx.conversation, LIST, Queue(0), OnTheWay, StockCard)
    return Button(ctx.t.plain(":leftwards_arrow_with_hook: To the list"), left)


def _filters(ctx: Context, data: Queue) -> Rows:
    """Return the rows that narrow the list: whose, and which day."""
    t = ctx.t
    rows: Rows = []
    if ctx.user.holds(Role.STOREKEEPER):
        everything, own = t.plain("All"), t.plain("Mine")
        rows.append(
            [
                Button(_marked(everything, chosen=not data.is_own), Queue(0, is_own=False, day=data.day)),
                Button(_marked(own, chosen=data.is_own), Queue(0, is_own=True, day=data.day)),
            ]
        )
    days = orders.days_to_load(ctx.session, ctx.user)
    if len(days) > 1 or data.day is not None:
        offered = [
            Button(_marked(_day(day, count), chosen=day == data.day), Queue(0, data.is_own, day))
            for day, count in days[:DAYS_OFFERED]
        ]
        any_day = _marked(t.plain("Any day"), chosen=data.day is None)
        rows += keyboards.in_rows([Button(any_day, Queue(0, data.is_own)), *offered])
    return rows


def _marked(label: str, *, chosen: bool) -> str:
    return f"• {label}" if chosen else label


def _day(day: date, count: int) -> str:
    return f"{day:%d.%m} ({count})"


def _label(order: Order) -> str:
    when = ""
    if order.window is not None:
        when = f"{formats.date_short(order.window.delivery_on)[:5]} {order.window.starts_at:%H:%M} · "
    hand = " · " + order.storekeeper.name if order.storekeeper else ""
    return f"{when}№{order.number} · {order.customer.name}{hand}"
