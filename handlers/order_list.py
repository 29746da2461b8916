"""The rep's own orders: by status, days and customer, found by what is typed, page by page."""

from __future__ import annotations

from dataclasses import dataclass, replace

from handlers import conversation as conversations
from handlers import keyboards, menu, spans
from handlers.addresses import MyOrders, OrderCard, OrdersOf
from handlers.callbacks import Data
from handlers.context import Context
from handlers.routing import Router
from handlers.screen import Button, Rows, Screen
from handlers.screens import order_text
from handlers.spans import DayChoice
from handlers.texts import N_, Html
from models import Role
from services import customers, orders, periods
from services.orders import Show
from services.periods import Period, Span

MAX_QUERY = 50
STATUSES = {
    Show.ALL: N_("All"),
    Show.DRAFTS: N_(":pencil2: Drafts"),
    Show.AT_WAREHOUSE: N_(":inbox_tray: At the warehouse"),
    Show.LOADED: N_(":truck: Loaded ones"),
    Show.ENDED: N_(":no_entry: Ended"),
}


@dataclass(frozen=True)
class AllOrders(Data, code="ma"):
    """The list without any filter."""


@dataclass(frozen=True)
class RefreshOrders(Data, code="mr"):
    """Draw the list as it stands now, where it was left."""


@dataclass(frozen=True)
class ForgetQuery(Data, code="mq"):
    """The list without what was typed to search it."""


@dataclass(frozen=True)
class Spans(Data, code="mp"):
    """Choose the period; the other filters are those of the list as it was left."""


@dataclass(frozen=True)
class Days(DayChoice, code="md"):
    """The days the orders were begun on."""


def register(router: Router) -> None:
    """Register the list and its filters."""
    rep = Role.SALES_REP
    router.menu_entry((0, 1), N_(":clipboard: My orders"), AllOrders(), rep)
    router.command("orders", N_("my orders"), lambda ctx, _: all_orders(ctx, AllOrders()), rep)
    router.button(MyOrders, my_orders, rep)
    router.typed(MyOrders, "text", search)
    router.button(AllOrders, all_orders, rep)
    router.button(OrdersOf, orders_of, rep)
    router.button(RefreshOrders, refresh, rep)
    router.button(ForgetQuery, forget_query, rep)
    router.button(Spans, choose_span, rep)
    router.button(Days, choose_days, rep)


def my_orders(ctx: Context, data: MyOrders) -> Screen:
    """Show a page of the rep's orders, the newest first."""
    query = conversations.list_query(ctx.conversation, keyboards.ORDERS)
    period = periods.period(data.span, ctx.view.today, data.first, data.last)
    page = orders.find(
        ctx.session,
        ctx.user,
        data.cursor,
        data.show,
        query,
        period=period,
        customer_id=data.customer_id or None,
    )
    here = replace(data, cursor=page.cursor)
    conversations.keep_list(ctx.conversation, keyboards.ORDERS, here, query)
    rows = _filters(ctx, here, period, query)
    rows += [[Button(order_text.label(ctx.view, order), OrderCard(order.id))] for order in page.items]
    rows += keyboards.pager(ctx.t, page, lambda cursor: replace(data, cursor=cursor))
    rows.append([Button(ctx.t.plain(":counterclockwise_arrows_button: Refresh"), RefreshOrders())])
    rows.append(menu.back(ctx))
    return Screen(_head(ctx, here, query, is_empty=not page.items), rows, here)


def search(ctx: Context, data: MyOrders, text: str) -> Screen:
    """Show the orders that fit what was typed, within the filters there are."""
    conversations.keep_list(ctx.conversation, keyboards.ORDERS, data, " ".join(text.split())[:MAX_QUERY])
    return my_orders(ctx, replace(data, cursor=0))


def all_orders(ctx: Context, _data: AllOrders) -> Screen:
    """Forget every filter."""
    conversations.keep_list(ctx.conversation, keyboards.ORDERS, MyOrders())
    return my_orders(ctx, MyOrders())


def orders_of(ctx: Context, data: OrdersOf) -> Screen:
    """Show a customer's orders, without any other filter."""
    conversations.keep_list(ctx.conversation, keyboards.ORDERS, MyOrders())
    return my_orders(ctx, MyOrders(customer_id=customers.get(ctx.session, data.customer_id, ctx.user).id))


def refresh(ctx: Context, _data: RefreshOrders) -> Screen:
    """Draw the page anew, and say so: often nothing on it has changed."""
    ctx.toast = ctx.t.plain("This is how it stands now.")
    return my_orders(ctx, _left(ctx))


def forget_query(ctx: Context, _data: ForgetQuery) -> Screen:
    """Forget what was typed, keep the other filters."""
    left = replace(_left(ctx), cursor=0)
    conversations.keep_list(ctx.conversation, keyboards.ORDERS, left)
    return my_orders(ctx, left)


def choose_span(ctx: Context, data: Spans) -> Screen:
    """Offer the periods."""
    left = replace(_left(ctx), cursor=0, first=None, last=None)
    rows = spans.rows(ctx, lambda span: replace(left, span=span), Days)
    rows.append(keyboards.to_orders(ctx))
    return Screen(ctx.t("Orders begun when?"), rows, data)


def choose_days(ctx: Context, data: Days) -> Screen:
    """Let the first day be chosen, then the last."""
    left = replace(_left(ctx), cursor=0, span=Span.CHOSEN)
    return spans.calendar(ctx, data, Spans(), lambda first, last: replace(left, first=first, last=last))


def _left(ctx: Context) -> MyOrders:
    return conversations.list_left(ctx.conversation, keyboards.ORDERS, MyOrders())


def _filters(ctx: Context, here: MyOrders, period: Period | None, query: str) -> Rows:
    t = ctx.t
    top = replace(here, cursor=0)
    statuses = [
        Button(("• " if show is here.show else "") + t.plain(label), replace(top, show=show))
        for show, label in STATUSES.items()
    ]
    rows: Rows = [statuses[:3], statuses[3:]]
    rows.append([Button(t.plain(":date: {period}", period=spans.name(ctx.view, here.span, period)), Spans())])
    if here.customer_id:
        name = customers.get(ctx.session, here.customer_id, ctx.user).name
        rows.append([Button(t.plain(":x: {query}", query=name), replace(top, customer_id=0))])
    if query:
        rows.append([Button(t.plain(":x: {query}", query=query), ForgetQuery())])
    return rows


def _head(ctx: Context, here: MyOrders, query: str, *, is_empty: bool) -> Html:
    t = ctx.t
    if is_empty and here != MyOrders():
        return t("Nothing fits the filters and the search.")
    if query and is_empty:
        return t("No orders found for “{query}”. Type another piece.", query=query)
    if query:
        return t("Your orders for “{query}”:", query=query)
    if not is_empty:
        return t("Your orders. Type a number (№12) or a piece of the customer's name to search.")
    return t("You have no orders yet.")
