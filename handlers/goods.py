"""Goods: shelves, products, and how many of one."""

from __future__ import annotations

from dataclasses import dataclass

from handlers import conversation as conversations
from handlers import keyboards, menu
from handlers.addresses import AsLastTime, OrderLines, ProductCard, Remove, Shelf, UsualSet
from handlers.callbacks import Data
from handlers.context import Context
from handlers.routing import Router
from handlers.screen import Button, Rows, Screen
from handlers.texts import N_, Html, escaped, stack
from models import BASE_FACTOR, Order, Product, Role
from services import catalog, drafts, habits, money, pricing, quantities
from services.errors import Invalid
from services.habits import ProductHabit
from services.quantities import Typed

NO_ORDER = 0
TOP = 0


@dataclass(frozen=True)
class Found(Data, code="gf"):
    """A page of the products that fit what was typed."""

    order_id: int
    page: int


@dataclass(frozen=True)
class Step(Data, code="ps"):
    """One unit more or less of a product."""

    order_id: int
    product_id: int
    category_id: int
    page: int
    unit: int
    step: int


@dataclass(frozen=True)
class Usual(Data, code="pq"):
    """A usual quantity of a product: so many thousandths of its base unit, counted in the unit."""

    order_id: int
    product_id: int
    category_id: int
    page: int
    unit: int
    quantity: int


@dataclass(frozen=True)
class Take(Data, code="pt"):
    """All that is available of a product."""

    order_id: int
    product_id: int
    category_id: int
    page: int
    unit: int


def register(router: Router) -> None:
    """Register shelves and product cards."""
    staff = tuple(Role)
    router.menu_entry((1, 1), N_(":package: Catalogue"), Shelf(NO_ORDER, TOP, 0), Role.SALES_REP, Role.ADMIN)
    router.button(Shelf, shelf, *staff)
    router.typed(Shelf, "text", lambda ctx, data, text: search(ctx, data.order_id, text))
    router.button(Found, found, *staff)
    router.typed(Found, "text", lambda ctx, data, text: search(ctx, data.order_id, text))
    router.button(ProductCard, product_card, *staff)
    router.typed(ProductCard, "text", take_quantity)
    router.button(Step, step, Role.SALES_REP)
    router.button(Usual, take_usual, Role.SALES_REP)
    router.button(Take, take_all, Role.SALES_REP)


def shelf(ctx: Context, data: Shelf) -> Screen:
    """Show the shelves below a shelf, then its products."""
    order = _draft(ctx, data.order_id)
    t = ctx.t
    parent = None if data.category_id == TOP else catalog.category(ctx.session, data.category_id)
    shelves = catalog.shelves(ctx.session, parent.id if parent else None)
    rows = keyboards.in_rows(
        Button(category.name, Shelf(data.order_id, category.id, 0)) for category in shelves
    )
    number = 0
    if parent is not None:
        page = catalog.products(ctx.session, parent.id, data.page)
        number = page.number
        rows += [[_product_button(ctx, data.order_id, product, parent.id, number)] for product in page.items]
        rows += keyboards.pager(t, page, lambda to: Shelf(data.order_id, parent.id, to))
    if parent is not None:
        up = Shelf(data.order_id, parent.parent_id or TOP, 0)
        rows.append([Button(t.plain(":leftwards_arrow_with_hook: Back"), up)])
    elif order is not None and not order.lines and habits.last_order(ctx.session, order.customer_id):
        rows += [
            [Button(t.plain(":repeat: As last time"), AsLastTime(order.id))],
            [Button(t.plain(":star: The usual set"), UsualSet(order.id))],
        ]
    rows += _foot(ctx, order)
    heading = Html(f"<b>{escaped(parent.name)}</b>") if parent else t("<b>Catalogue</b>")
    text = stack(heading, t("Choose, or type a piece of a name or SKU."))
    if order is not None:
        text = stack(t("For {name}", name=order.customer.name), text)
    return Screen(text, rows, Shelf(data.order_id, data.category_id, number))


def search(ctx: Context, order_id: int, text: str) -> Screen:
    """Show the products that fit what was typed."""
    conversations.remember(ctx.conversation, goods=text[:100])
    return found(ctx, Found(order_id, 0))


def found(ctx: Context, data: Found) -> Screen:
    """Show a page of what was found."""
    order = _draft(ctx, data.order_id)
    t = ctx.t
    query = str(ctx.conversation.form.get("goods", ""))
    page = catalog.search(ctx.session, query, data.page)
    if page.items:
        text = t("Goods found for “{query}”:", query=query)
    else:
        text = t("Nothing found for “{query}”. Type another piece of a name or SKU.", query=query)
    rows: Rows = [
        [_product_button(ctx, data.order_id, product, product.category_id, 0)] for product in page.items
    ]
    rows += keyboards.pager(t, page, lambda to: Found(data.order_id, to))
    back = Shelf(data.order_id, TOP, 0)
    rows.append([Button(t.plain(":leftwards_arrow_with_hook: To the shelves"), back)])
    rows += _foot(ctx, order)
    return Screen(text, rows, Found(data.order_id, page.number))


def product_card(ctx: Context, data: ProductCard) -> Screen:
    """Show a product, and in an order how many of it."""
    order = _draft(ctx, data.order_id)
    product = catalog.get_product(ctx.session, data.product_id)
    text = _describe(ctx, product, order)
    back = Shelf(data.order_id, data.category_id, data.page)
    rows: Rows = []
    if order is not None:
        habit = habits.of_product(ctx.session, order.customer_id, product)
        text = stack(text, *_in_order(ctx, order, product, habit), "", _ask(ctx, product))
        rows = [*_quantity_rows(data, product), *_usual_rows(ctx, data, product, habit)]
        if drafts.find_line(order, product.id) is not None:
            rows.append([Button(ctx.t.plain(":wastebasket: Remove"), Remove(order.id, product.id))])
    rows.append([Button(ctx.t.plain(":leftwards_arrow_with_hook: To the list"), back)])
    rows += _foot(ctx, order)
    return Screen(text, rows, data)


def take_quantity(ctx: Context, data: ProductCard, text: str) -> Screen:
    """Put the typed quantity into the order, and go back to the list."""
    order = _draft(ctx, data.order_id)
    if order is None:
        return search(ctx, NO_ORDER, text)
    product = catalog.get_product(ctx.session, data.product_id)
    typed = quantities.parse(text, product.units, _unit(product, data.unit))
    if typed.quantity > product.available:
        return _more_than_available(ctx, data, product)
    drafts.set_quantity(ctx.session, order, product, typed)
    return _after(ctx, order, data, product)


def step(ctx: Context, data: Step) -> Screen:
    """Add or take away one unit."""
    order = drafts.get(ctx.session, data.order_id, ctx.user)
    product = catalog.get_product(ctx.session, data.product_id)
    unit = _unit(product, data.unit)
    factor = product.units[unit]
    line = drafts.find_line(order, product.id)
    quantity = (line.quantity if line else 0) + data.step * factor
    if quantity <= 0:
        drafts.remove_line(ctx.session, order, product.id)
    else:
        counted = (unit, factor) if quantity % factor == 0 else (product.unit, BASE_FACTOR)
        drafts.set_quantity(ctx.session, order, product, Typed((quantity, *counted)))
    card = ProductCard(data.order_id, data.product_id, data.category_id, data.page, data.unit)
    return product_card(ctx, card)


def take_usual(ctx: Context, data: Usual) -> Screen:
    """Put a usual quantity into the order."""
    order = drafts.get(ctx.session, data.order_id, ctx.user)
    product = catalog.get_product(ctx.session, data.product_id)
    unit = _unit(product, data.unit)
    card = ProductCard(data.order_id, data.product_id, data.category_id, data.page, data.unit)
    if data.quantity > product.available:
        return _more_than_available(ctx, card, product)
    drafts.set_quantity(ctx.session, order, product, Typed((data.quantity, unit, product.units[unit])))
    return _after(ctx, order, card, product)


def take_all(ctx: Context, data: Take) -> Screen:
    """Put all that is available into the order."""
    order = drafts.get(ctx.session, data.order_id, ctx.user)
    product = catalog.get_product(ctx.session, data.product_id)
    if product.available <= 0:
        raise Invalid("more_than_available", available=0, unit=product.unit)
    drafts.set_quantity(ctx.session, order, product, Typed((product.available, product.unit, BASE_FACTOR)))
    card = ProductCard(data.order_id, data.product_id, data.category_id, data.page, data.unit)
    return _after(ctx, order, card, product)


def _after(ctx: Context, order: Order, data: ProductCard, product: Product) -> Screen:
    line = drafts.find_line(order, product.id)
    screen = shelf(ctx, Shelf(data.order_id, data.category_id, data.page))
    if line is not None:
        amount = quantities.both(line.quantity, line.unit, line.factor, product.unit, ctx.view.language)
        added = ctx.t(":white_check_mark: {name}: {quantity}", name=product.name, quantity=amount)
        screen.under(added)
    return screen


def _more_than_available(ctx: Context, data: ProductCard, product: Product) -> Screen:
    t = ctx.t
    available = ctx.view.quantity(product.available, product.unit)
    screen = product_card(ctx, data)
    text = t(":warning: {available} available.", available=available)
    screen.under(text)
    if product.available > 0:
        take = Take(data.order_id, data.product_id, data.category_id, data.page, data.unit)
        label = t.plain(":white_check_mark: Take {available}", available=available)
        screen.rows.insert(0, [Button(label, take)])
    return screen


def _draft(ctx: Context, order_id: int) -> Order | None:
    return None if order_id == NO_ORDER else drafts.get(ctx.session, order_id, ctx.user)


def _unit(product: Product, place: int) -> str:
    units = list(product.units)
    return units[place] if 0 <= place < len(units) else units[0]


def _product_button(ctx: Context, order_id: int, product: Product, category_id: int, page: int) -> Button:
    price = ctx.view.money(product.price)
    available = ctx.view.quantity(product.available, product.unit)
    label = f"{product.name} · {price} · {available}"
    if len(label) > 58:
        tail = f" · {price} · {available}"
        label = f"{product.name[: 57 - len(tail)]}…{tail}"
    return Button(label, ProductCard(order_id, product.id, category_id, page, 0))


def _describe(ctx: Context, product: Product, order: Order | None) -> Html:
    t, view = ctx.t, ctx.view
    price = product.price
    if order is not None:
        price = pricing.prices_for(ctx.session, order.customer, [product])[product.id]
    rows: list[str] = [
        Html(f"<b>{escaped(product.name)}</b>"),
        t("SKU {sku}", sku=product.sku),
        t("{price} for 1 {unit}", price=view.money(price), unit=product.unit),
    ]
    rows += [
        t(
            "{price} for 1 {unit} ({quantity})",
            price=view.money(money.amount_for(package.factor, price)),
            unit=package.code,
            quantity=view.quantity(package.factor, product.unit),
        )
        for package in product.packages
    ]
    rows.append(t("Available: {quantity}", quantity=view.quantity(product.available, product.unit)))
    if product.description:
        rows.append(escaped(product.description))
    return stack(*rows)


def _in_order(ctx: Context, order: Order, product: Product, habit: ProductHabit) -> list[str]:
    rows = _last_time(ctx, product, habit)
    line = drafts.find_line(order, product.id)
    if line is not None:
        amount = quantities.both(line.quantity, line.unit, line.factor, product.unit, ctx.view.language)
        rows.append(ctx.t(":shopping_cart: In the order: {quantity}", quantity=amount))
    return rows


def _ask(ctx: Context, product: Product) -> Html:
    units = list(product.units)
    example = f"5 {units[1]}" if len(units) > 1 else f"5 {units[0]}"
    return ctx.t("How many? Type for example 12 or {example}.", example=example)


def _quantity_rows(data: ProductCard, product: Product) -> Rows:
    units = list(product.units)
    chosen = _unit(product, data.unit)
    rows: Rows = []
    if len(units) > 1:
        rows.append(
            [
                Button(
                    f"• {unit}" if unit == chosen else unit,
                    ProductCard(data.order_id, data.product_id, data.category_id, data.page, place),
                )
                for place, unit in enumerate(units)
            ]
        )
    where = (data.order_id, data.product_id, data.category_id, data.page, data.unit)
    rows.append([Button(f"− 1 {chosen}", Step(*where, -1)), Button(f"+ 1 {chosen}", Step(*where, 1))])
    return rows


def _usual_rows(ctx: Context, data: ProductCard, product: Product, habit: ProductHabit) -> Rows:
    places = {unit: place for place, unit in enumerate(product.units)}
    where = (data.order_id, data.product_id, data.category_id, data.page)
    row = [
        Button(
            quantities.in_unit(typed.quantity, typed.unit, typed.factor, ctx.view.language),
            Usual(*where, places[typed.unit], typed.quantity),
        )
        for typed in habit.usual
    ]
    return [row] if row else []


def _last_time(ctx: Context, product: Product, habit: ProductHabit) -> list[str]:
    last = habit.last_time
    if last is None:
        return []
    amount = quantities.both(last.quantity, last.unit, last.factor, product.unit, ctx.view.language)
    said = ctx.t(
        "Last time: {quantity} at {price}, {at}",
        quantity=amount,
        price=ctx.view.money(last.price),
        at=ctx.view.moment(last.at),
    )
    return [said]


def _foot(ctx: Context, order: Order | None) -> Rows:
    if order is None:
        return [menu.back(ctx)]
    offer = pricing.quote(ctx.session, order)
    label = ctx.t.plain(
        ":shopping_cart: Cart · {n} · {amount}", n=len(offer.lines), amount=ctx.view.money(offer.goods_amount)
    )
    return [[Button(label, OrderLines(order.id, 0))]]
