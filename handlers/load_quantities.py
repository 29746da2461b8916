"""What was really loaded of each line, and why less: corrections before the load is confirmed."""

from __future__ import annotations

from dataclasses import dataclass

from handlers import keyboards
from handlers.addresses import LoadCard, LoadLines
from handlers.callbacks import Data
from handlers.context import Context
from handlers.loading import AskLoaded
from handlers.routing import Router
from handlers.screen import Button, Rows, Screen
from handlers.screens import order_text
from handlers.texts import stack
from models import OrderLine, Role, ShortageReason
from services import loading, orders, quantities

LINES_ON_A_PAGE = 8
REASONS = tuple(ShortageReason)


@dataclass(frozen=True)
class LoadLine(Data, code="lg"):
    """One line: what was loaded of it is typed."""

    order_id: int
    line_id: int


@dataclass(frozen=True)
class Took(Data, code="lt"):
    """So much of a line was loaded (thousandths of the base unit)."""

    order_id: int
    line_id: int
    quantity: int


@dataclass(frozen=True)
class WhyShort(Data, code="ly"):
    """Why less was loaded: one of the usual reasons is pressed, another is typed."""

    order_id: int
    line_id: int
    quantity: int


@dataclass(frozen=True)
class Short(Data, code="ls"):
    """Less was loaded for this reason, by its place among the usual ones."""

    order_id: int
    line_id: int
    quantity: int
    reason: int


@dataclass(frozen=True)
class ByList(Data, code="l0"):
    """Everything is loaded as ordered."""

    order_id: int


def register(router: Router) -> None:
    """Register the corrections."""
    keeper = Role.STOREKEEPER
    router.button(LoadLines, lines, keeper)
    router.button(LoadLine, ask_quantity, keeper)
    router.typed(LoadLine, "text", take_quantity)
    router.button(Took, took, keeper)
    router.button(WhyShort, ask_why, keeper)
    router.typed(WhyShort, "text", lambda ctx, data, text: _keep(ctx, data, text))
    router.button(Short, short, keeper)
    router.button(ByList, by_list, keeper)


def lines(ctx: Context, data: LoadLines) -> Screen:
    """Show the lines; each leads to what was loaded of it."""
    order = orders.get(ctx.session, data.order_id, ctx.user)
    loading.require_in_hand(ctx.session, order, ctx.user)
    t = ctx.t
    page = order_text.line_page(order.lines, data.page, LINES_ON_A_PAGE)
    rows: Rows = [
        [Button(f"{number}. {_label(ctx, line)}", LoadLine(order.id, line.id))] for number, line in page.items
    ]
    rows += keyboards.pager(t, page, lambda to: LoadLines(order.id, to))
    if any(line.loaded_quantity is not None for line in order.lines):
        rows.append([Button(t.plain(":clipboard: All by the list"), ByList(order.id))])
    rows.append([Button(t.plain(":white_check_mark: Confirm the load"), AskLoaded(order.id))])
    rows.append([Button(t.plain(":leftwards_arrow_with_hook: To the order"), LoadCard(order.id))])
    text = t("Order No. {number}: choose the line of which less was loaded.", number=order.number)
    return Screen(stack(text, *order_text.shortages(ctx.view, order)), rows, LoadLines(order.id, page.number))


def ask_quantity(ctx: Context, data: LoadLine) -> Screen:
    """Ask how much of a line was loaded."""
    line = loading.get_line(ctx.session, data.order_id, data.line_id, ctx.user)
    t, product = ctx.t, line.product
    ordered = quantities.both(line.quantity, line.unit, line.factor, product.unit, ctx.view.language)
    text = stack(
        f"<b>{order_text.name(line)}</b>",
        t("Ordered: {quantity}", quantity=ordered),
        t("How much was loaded? Type from 0 to {most}.", most=_most(ctx, line)),
    )
    rows: Rows = [
        [
            Button(
                t.plain(":white_check_mark: All: {quantity}", quantity=ordered), _took(data, line.quantity)
            ),
            Button(t.plain("Nothing: 0"), _took(data, 0)),
        ],
        [Button(t.plain(":leftwards_arrow_with_hook: To the lines"), _page_of(line))],
    ]
    return Screen(text, rows, data)


def take_quantity(ctx: Context, data: LoadLine, text: str) -> Screen:
    """Take what was typed; less than ordered needs a reason first."""
    typed = loading.read_loaded(ctx.session, data.order_id, data.line_id, ctx.user, text, ctx.view.language)
    return took(ctx, _took(data, typed.quantity))


def took(ctx: Context, data: Took) -> Screen:
    """Keep the quantity, or ask why it is less."""
    line = loading.get_line(ctx.session, data.order_id, data.line_id, ctx.user)
    if data.quantity < line.quantity:
        return ask_why(ctx, WhyShort(data.order_id, data.line_id, data.quantity))
    loading.set_loaded(ctx.session, data.order_id, data.line_id, ctx.user, data.quantity)
    return lines(ctx, _page_of(line))


def ask_why(ctx: Context, data: WhyShort) -> Screen:
    """Ask why less was loaded."""
    line = loading.get_line(ctx.session, data.order_id, data.line_id, ctx.user)
    t, unit = ctx.t, line.product.unit
    said = t(
        "{loaded} of {ordered}. Why less? Choose, or type another reason.",
        loaded=ctx.view.quantity(data.quantity, unit),
        ordered=ctx.view.quantity(line.quantity, unit),
    )
    where = (data.order_id, data.line_id, data.quantity)
    rows = keyboards.in_rows(
        Button(t.plain(order_text.SHORTAGE[reason]), Short(*where, place))
        for place, reason in enumerate(REASONS)
    )
    back = LoadLine(data.order_id, data.line_id)
    rows.append([Button(t.plain(":leftwards_arrow_with_hook: Another quantity"), back)])
    return Screen(stack(f"<b>{order_text.name(line)}</b>", said), rows, data)


def short(ctx: Context, data: Short) -> Screen:
    """Keep less, for one of the usual reasons."""
    reason = REASONS[data.reason % len(REASONS)]
    return _keep(ctx, WhyShort(data.order_id, data.line_id, data.quantity), reason.value)


def by_list(ctx: Context, data: ByList) -> Screen:
    """Forget the corrections."""
    loading.load_by_list(ctx.session, data.order_id, ctx.user)
    return lines(ctx, LoadLines(data.order_id))


def _keep(ctx: Context, data: WhyShort, reason: str) -> Screen:
    loading.set_loaded(ctx.session, data.order_id, data.line_id, ctx.user, data.quantity, reason)
    line = loading.get_line(ctx.session, data.order_id, data.line_id, ctx.user)
    return lines(ctx, _page_of(line))


def _took(data: LoadLine, quantity: int) -> Took:
    return Took(data.order_id, data.line_id, quantity)


def _page_of(line: OrderLine) -> LoadLines:
    return LoadLines(line.order_id, line.order.lines.index(line) // LINES_ON_A_PAGE)


def _most(ctx: Context, line: OrderLine) -> str:
    """Return the limit in the unit a bare number is counted in, so that nobody takes boxes for pieces."""
    most = loading.most(ctx.session, line)
    return quantities.both(most, line.unit, line.factor, line.product.unit, ctx.view.language)


def _label(ctx: Context, line: OrderLine) -> str:
    product = line.product
    ordered = quantities.both(line.quantity, line.unit, line.factor, product.unit, ctx.view.language)
    if line.loaded_quantity is None or line.loaded_quantity == line.quantity:
        return f"{product.name} — {ordered}"
    loaded = ctx.view.quantity(line.loaded_quantity, product.unit)
    return f"⚠️ {loaded} / {ordered} — {product.name}"
