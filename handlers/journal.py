"""«📋 Заказы»: everybody's orders for the administrator, narrowed, searched, summed, taken as a file."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from handlers import conversation as conversations
from handlers import keyboards, menu, spans
from handlers.addresses import Journal, JournalOf, OrderCard
from handlers.callbacks import Data
from handlers.context import Context
from handlers.routing import Router
from handlers.screen import Button, Rows, Screen
from handlers.screens import order_text
from handlers.spans import DayChoice
from handlers.texts import N_, Html, stack
from models import Role
from services import customers, journal, outbox, periods, staffing
from services.journal import Figures, Filter, Sums
from services.orders import Show
from services.periods import Span

MAX_QUERY = 50
# The queue of the worker that sums, and the job's name.
SUMS = "sums"
JOURNAL_SUMS = "journal_sums"
STATUSES = {
    Show.ALL: N_("All"),
    Show.DRAFTS: N_(":pencil2: Drafts"),
    Show.WAITING: N_(":inbox_tray: At the warehouse"),
    Show.LOADING: N_(":hourglass_flowing_sand: Being loaded"),
    Show.UNDER_WAY: N_(":truck: Loaded ones"),
    Show.DELIVERED: N_(":package: Delivered ones"),
    Show.CANCELLED: N_(":no_entry: Cancelled ones"),
    Show.REJECTED: N_(":no_entry: Rejected ones"),
}


@dataclass(frozen=True)
class WholeJournal(Data, code="ja"):
    """The journal without any filter."""


@dataclass(frozen=True)
class RefreshJournal(Data, code="jr"):
    """Draw the journal as it stands now, where it was left."""


@dataclass(frozen=True)
class ForgetJournalQuery(Data, code="jq"):
    """The journal without what was typed to search it."""


@dataclass(frozen=True)
class JournalStatuses(Data, code="js"):
    """Choose the status; the other filters are those of the journal as it was left."""


@dataclass(frozen=True)
class JournalSpans(Data, code="jp"):
    """Choose the period."""


@dataclass(frozen=True)
class JournalDays(DayChoice, code="jd"):
    """The days the orders were begun on."""


@dataclass(frozen=True)
class JournalPeople(Data, code="jf"):
    """Choose the rep, or the storekeeper: a page of them."""

    role: Role
    page: int = 0


@dataclass(frozen=True)
class JournalSums(Data, code="jm"):
    """Have a worker sum what is too much to sum at once."""


@dataclass(frozen=True)
class JournalFile(Data, code="jx"):
    """Send what is listed as XLSX."""


def register(router: Router) -> None:
    """Register the journal and its filters."""
    admin = Role.ADMIN
    router.menu_entry((0, 0), N_(":clipboard: Orders"), WholeJournal(), admin)
    router.command("journal", N_("all orders"), lambda ctx, _: whole(ctx, WholeJournal()), admin)
    router.button(Journal, show, admin)
    router.typed(Journal, "text", search)
    router.button(WholeJournal, whole, admin)
    router.button(JournalOf, of_customer, admin)
    router.button(RefreshJournal, refresh, admin)
    router.button(ForgetJournalQuery, forget_query, admin)
    router.button(JournalStatuses, choose_status, admin)
    router.button(JournalSpans, choose_span, admin)
    router.button(JournalDays, choose_days, admin)
    router.button(JournalPeople, choose_person, admin)
    router.button(JournalSums, ask_sums, admin)
    router.button(JournalFile, send_file, admin)
    router.job(JOURNAL_SUMS, summed)


def show(ctx: Context, data: Journal) -> Screen:
    """Show a page of the orders, the newest first, under the sums of them all."""
    sums = journal.sums(ctx.session, ctx.user, _filter(ctx, data), journal.MOST_AT_ONCE)
    return _screen(ctx, data, sums)


def search(ctx: Context, data: Journal, text: str) -> Screen:
    """Show the orders that fit what was typed, within the filters there are."""
    _keep(ctx, data, " ".join(text.split())[:MAX_QUERY])
    return show(ctx, replace(data, cursor=0))


def whole(ctx: Context, _data: WholeJournal) -> Screen:
    """Forget every filter."""
    _keep(ctx, Journal())
    return show(ctx, Journal())


def of_customer(ctx: Context, data: JournalOf) -> Screen:
    """Show a customer's orders, without any other filter."""
    customer = customers.get(ctx.session, data.customer_id, ctx.user)
    _keep(ctx, Journal())
    return show(ctx, Journal(customer_id=customer.id))


def refresh(ctx: Context, _data: RefreshJournal) -> Screen:
    """Draw the page anew, and say so: often nothing on it has changed."""
    ctx.toast = ctx.t.plain("This is how it stands now.")
    return show(ctx, _left(ctx))


def forget_query(ctx: Context, _data: ForgetJournalQuery) -> Screen:
    """Forget what was typed, keep the other filters."""
    left = replace(_left(ctx), cursor=0)
    _keep(ctx, left)
    return show(ctx, left)


def choose_status(ctx: Context, data: JournalStatuses) -> Screen:
    """Offer the statuses."""
    left = replace(_left(ctx), cursor=0)
    rows = keyboards.in_rows(
        Button(_marked(ctx.t.plain(label), chosen=status is left.show), replace(left, show=status))
        for status, label in STATUSES.items()
    )
    rows.append(_back(ctx))
    return Screen(ctx.t("Orders in which status?"), rows, data)


def choose_span(ctx: Context, data: JournalSpans) -> Screen:
    """Offer the periods."""
    left = replace(_left(ctx), cursor=0, first=None, last=None)
    rows = spans.rows(ctx, lambda span: replace(left, span=span), JournalDays)
    rows.append(_back(ctx))
    return Screen(ctx.t("Orders begun when?"), rows, data)


def choose_days(ctx: Context, data: JournalDays) -> Screen:
    """Let the first day be chosen, then the last."""
    left = replace(_left(ctx), cursor=0, span=Span.CHOSEN)
    chosen = JournalSpans()
    return spans.calendar(ctx, data, chosen, lambda first, last: replace(left, first=first, last=last))


def choose_person(ctx: Context, data: JournalPeople) -> Screen:
    """Offer the reps or the storekeepers, those who left, too: their orders are still there."""
    t = ctx.t
    page = staffing.find(ctx.session, ctx.user, data.page, data.role)
    left = replace(_left(ctx), cursor=0)
    is_rep = data.role is Role.SALES_REP

    def chosen(user_id: int) -> Journal:
        return replace(left, sales_rep_id=user_id) if is_rep else replace(left, storekeeper_id=user_id)

    rows: Rows = [
        [Button(person.name if person.is_active else f"⛔ {person.name}", chosen(person.id))]
        for person in page.items
    ]
    rows += keyboards.pager(t, page, lambda to: JournalPeople(data.role, to))
    rows += [[Button(t.plain("Anybody"), chosen(0))], _back(ctx)]
    text = t("Orders of which rep?") if is_rep else t("Orders of which storekeeper?")
    return Screen(text, rows, JournalPeople(data.role, page.number))


def ask_sums(ctx: Context, _data: JournalSums) -> None:
    """Have a worker sum; the screen is drawn again when it has."""
    left = _left(ctx)
    wanted = {
        "chat_id": ctx.conversation.chat_id,
        "user_id": ctx.user.id,
        "filter": _filter(ctx, left).to_json(),
        "here": left.pack(),
    }
    outbox.add_job(ctx.session, SUMS, JOURNAL_SUMS, wanted)
    ctx.toast = ctx.t.plain("The sums are being counted.")


def summed(ctx: Context, payload: dict[str, Any], result: Any) -> Screen | None:
    """Show the sums, or that there are none, if what they are of is still looked at."""
    here = conversations.address(ctx.conversation)
    if ctx.actor is None or not ctx.actor.holds(Role.ADMIN) or not isinstance(here, Journal):
        return None
    if here.pack() != payload["here"] or _filter(ctx, here).to_json() != payload["filter"]:
        return None
    if isinstance(result, Sums):
        return _screen(ctx, here, result)
    said = ctx.t(":warning: The sums could not be counted. Try once more, or choose fewer days.")
    return _screen(ctx, here, None).under(said)


def send_file(ctx: Context, _data: JournalFile) -> None:
    """Have the file made and sent by a worker."""
    wanted = {"language": ctx.view.language, "wanted": _filter(ctx, _left(ctx)).to_json()}
    outbox.send_file(ctx.session, ctx.user, "sendDocument", "orders", wanted)
    ctx.toast = ctx.t.plain("The file is on its way: up to {n} orders, the newest.", n=journal.MOST_LISTED)


def _screen(ctx: Context, data: Journal, sums: Sums | None) -> Screen:
    t = ctx.t
    query = conversations.list_query(ctx.conversation, keyboards.JOURNAL)
    page = journal.find(ctx.session, ctx.user, _filter(ctx, data), data.cursor)
    here = replace(data, cursor=page.cursor)
    _keep(ctx, here, query)
    rows = _filters(ctx, here, query)
    rows += [[Button(order_text.label(ctx.view, order), OrderCard(order.id))] for order in page.items]
    rows += keyboards.pager(t, page, lambda cursor: replace(data, cursor=cursor))
    if sums is None:
        rows.append([Button(t.plain(":abacus: Count the sums"), JournalSums())])
    rows.append(
        [
            Button(t.plain(":counterclockwise_arrows_button: Refresh"), RefreshJournal()),
            Button(t.plain(":bar_chart: XLSX"), JournalFile()),
        ]
    )
    rows.append(menu.back(ctx))
    head = t("Orders. Type a number or a piece of the customer's name to search.")
    if query:
        head = t("Orders for “{query}”:", query=query)
    if not page.items:
        return Screen(stack(head, t("Nothing fits the filters and the search.")), rows, here)
    return Screen(order_text.paragraphs(head, _sums(ctx, sums)), rows, here)


def _sums(ctx: Context, sums: Sums | None) -> list[str]:
    t, view = ctx.t, ctx.view
    if sums is None:
        return [t("That is too many orders to sum at once: choose days or a person, or have them counted.")]
    rows: list[str] = []
    if sums.counted.orders:
        goods, delivery, total = (view.money(amount) for amount in sums.counted[1:])
        rows.append(
            t(
                "{orders}: goods {goods} + delivery {delivery} = <b>{total}</b>",
                orders=_orders(ctx, sums.counted),
                goods=goods,
                delivery=delivery,
                total=total,
            )
        )
    if sums.ended.orders:
        total = view.money(sums.ended.total_amount)
        rows.append(
            t(":no_entry: Called off: {orders}, {total}", orders=_orders(ctx, sums.ended), total=total)
        )
    if sums.drafts:
        rows.append(t(":pencil2: Drafts, without sums yet: {n}", n=sums.drafts))
    if sums.foreign:
        rows.append(t(":warning: In another currency, not summed: {n}", n=sums.foreign))
    return rows


def _orders(ctx: Context, figures: Figures) -> Html:
    return ctx.t.many("{n} order", "{n} orders", figures.orders)


def _filters(ctx: Context, here: Journal, query: str) -> Rows:
    """Return the buttons that narrow the list, each saying what it is narrowed to now."""
    t = ctx.t
    period = periods.period(here.span, ctx.view.today, here.first, here.last)
    rep = t.plain(":bust_in_silhouette: Rep: {name}", name=_person(ctx, here.sales_rep_id))
    keeper = t.plain(":raising_hand: Storekeeper: {name}", name=_person(ctx, here.storekeeper_id))
    days = spans.name(ctx.view, here.span, period)
    rows: Rows = [
        [
            Button(t.plain(":label: {status}", status=t.plain(STATUSES[_single(here)])), JournalStatuses()),
            Button(t.plain(":date: {period}", period=days), JournalSpans()),
        ],
        [
            Button(rep, JournalPeople(Role.SALES_REP)),
            Button(keeper, JournalPeople(Role.STOREKEEPER)),
        ],
    ]
    if here.customer_id:
        name = customers.get(ctx.session, here.customer_id, ctx.user).name
        rows.append([Button(t.plain(":x: {query}", query=name), replace(here, cursor=0, customer_id=0))])
    if query:
        rows.append([Button(t.plain(":x: {query}", query=query), ForgetJournalQuery())])
    return rows


def _person(ctx: Context, user_id: int) -> str:
    return staffing.get(ctx.session, user_id, ctx.user).name if user_id else ctx.t.plain("anybody")


def _single(data: Journal) -> Show:
    """Return the status chosen; one the journal does not tell apart means all."""
    return data.show if data.show in STATUSES else Show.ALL


def _filter(ctx: Context, data: Journal) -> Filter:
    return Filter(
        show=_single(data),
        text=conversations.list_query(ctx.conversation, keyboards.JOURNAL),
        period=periods.period(data.span, ctx.view.today, data.first, data.last),
        sales_rep_id=data.sales_rep_id or None,
        customer_id=data.customer_id or None,
        storekeeper_id=data.storekeeper_id or None,
    )


def _marked(label: str, *, chosen: bool) -> str:
    return f"• {label}" if chosen else label


def _back(ctx: Context) -> list[Button]:
    return [Button(ctx.t.plain(":leftwards_arrow_with_hook: Back"), _left(ctx))]


def _left(ctx: Context) -> Journal:
    return conversations.list_left(ctx.conversation, keyboards.JOURNAL, Journal())


def _keep(ctx: Context, place: Journal, query: str = "") -> None:
    conversations.keep_list(ctx.conversation, keyboards.JOURNAL, place, query)
