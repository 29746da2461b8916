"""The shelves as the administrator keeps them: added, renamed, moved, put in order, hidden."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from handlers import conversation as conversations
from handlers import goods, keyboards, sentences
from handlers.addresses import NewProductUnit, NewShelf, ProductFields, Shelf, ShelfCard
from handlers.callbacks import Data
from handlers.context import Context
from handlers.routing import Router
from handlers.screen import Button, Rows, Screen
from handlers.screens import order_text
from handlers.texts import N_, stack
from models import Category, Role
from services import assortment, catalog
from services.errors import Conflict

HERE, OTHER = N_("▸ <b>{name}</b>"), N_("• {name}")

# The form of a new product, which waits for its shelf among other things.
NEW_PRODUCT = "product"


class Picking(enum.Enum):
    """What a shelf is picked for."""

    NEW_PRODUCT = "n"
    PRODUCT = "p"
    SHELF = "s"


@dataclass(frozen=True)
class RenameShelf(Data, code="ahr"):
    """The new name is typed."""

    category_id: int


@dataclass(frozen=True)
class ShiftShelf(Data, code="ahs"):
    """Move the shelf up (-1) or down (1) among those beside it."""

    category_id: int
    step: int


@dataclass(frozen=True)
class HideShelf(Data, code="ahh"):
    """Take the shelf out of the catalogue, or put it back."""

    category_id: int
    is_hidden: bool


@dataclass(frozen=True)
class PickShelf(Data, code="ahp"):
    """Go through the shelves for the one wanted; ``subject_id`` is what is to stand on it.

    ``version`` is the product's when that was shown.
    """

    picking: Picking
    subject_id: int
    category_id: int
    version: int = 0


@dataclass(frozen=True)
class PutOnShelf(Data, code="aht"):
    """This shelf is the one wanted, 0: the top."""

    picking: Picking
    subject_id: int
    category_id: int
    version: int = 0


def register(router: Router) -> None:
    """Register the shelves' screens."""
    admin = Role.ADMIN
    router.button(ShelfCard, card, admin)
    router.button(NewShelf, ask_name, admin)
    router.typed(NewShelf, "text", add)
    router.button(RenameShelf, ask_other_name, admin)
    router.typed(RenameShelf, "text", rename)
    router.button(ShiftShelf, shift, admin)
    router.button(HideShelf, hide, admin)
    router.button(PickShelf, pick, admin)
    router.button(PutOnShelf, put, admin)


def card(ctx: Context, data: ShelfCard) -> Screen:
    """Show where a shelf stands, and what can be done about it."""
    shelf = assortment.get_shelf(ctx.session, data.category_id, ctx.user)
    t = ctx.t
    beside = catalog.shelves(ctx.session, shelf.parent_id, with_hidden=True)
    lines: list[str] = [
        t(HERE if other is shelf else OTHER, name=goods.shelf_label(ctx, other)) for other in beside
    ]
    turn = t.plain(":see_no_evil: Hide") if shelf.is_active else t.plain(":eye: Show")
    rows: Rows = [
        [
            Button(t.plain(":arrow_up: Up"), ShiftShelf(shelf.id, -1)),
            Button(t.plain(":arrow_down: Down"), ShiftShelf(shelf.id, 1)),
        ],
        [
            Button(t.plain(":pencil2: {field}", field=t.plain("name")), RenameShelf(shelf.id)),
            Button(t.plain(":open_file_folder: Move"), PickShelf(Picking.SHELF, shelf.id, goods.TOP)),
        ],
        [Button(turn, HideShelf(shelf.id, shelf.is_active))],
        [_back(ctx, Shelf(goods.NO_ORDER, shelf.id, 0))],
    ]
    heading = t("Shelf: {path}", path=_path(ctx, shelf))
    if not shelf.is_active:
        heading = stack(heading, t(":see_no_evil: Hidden: its products are found by search only."))
    return Screen(order_text.paragraphs(heading, lines), rows, data)


def ask_name(ctx: Context, data: NewShelf) -> Screen:
    """Ask for the new shelf's name."""
    t = ctx.t
    if data.parent_id == goods.TOP:
        text = t("Name of the new shelf?")
    else:
        parent = assortment.get_shelf(ctx.session, data.parent_id, ctx.user)
        text = t("Name of the new shelf on “{path}”?", path=_path(ctx, parent))
    return Screen(text, [[_back(ctx, Shelf(goods.NO_ORDER, data.parent_id, 0))]], data)


def add(ctx: Context, data: NewShelf, text: str) -> Screen:
    """Add the shelf, and show it."""
    shelf = assortment.add_shelf(ctx.session, text, data.parent_id or None, ctx.user)
    said = ctx.t(":white_check_mark: The shelf “{name}” is added.", name=shelf.name)
    return ctx.open(Shelf(goods.NO_ORDER, shelf.id, 0)).under(said)


def ask_other_name(ctx: Context, data: RenameShelf) -> Screen:
    """Ask for another name."""
    shelf = assortment.get_shelf(ctx.session, data.category_id, ctx.user)
    text = ctx.t("The shelf is called “{name}”. Type the new name.", name=shelf.name)
    return Screen(text, [[_back(ctx, ShelfCard(shelf.id))]], data)


def rename(ctx: Context, data: RenameShelf, text: str) -> Screen:
    """Give the shelf another name."""
    assortment.rename_shelf(ctx.session, data.category_id, text, ctx.user)
    return card(ctx, ShelfCard(data.category_id))


def shift(ctx: Context, data: ShiftShelf) -> Screen:
    """Move the shelf by one place."""
    assortment.shift_shelf(ctx.session, data.category_id, 1 if data.step > 0 else -1, ctx.user)
    return card(ctx, ShelfCard(data.category_id))


def hide(ctx: Context, data: HideShelf) -> Screen:
    """Take the shelf out of the catalogue, or put it back."""
    assortment.hide_shelf(ctx.session, data.category_id, ctx.user, is_hidden=data.is_hidden)
    return card(ctx, ShelfCard(data.category_id))


def pick(ctx: Context, data: PickShelf) -> Screen:
    """Show the shelves on a shelf, and offer it itself."""
    t = ctx.t
    here = _shelf_or_top(ctx, data.category_id)
    what = (data.picking, data.subject_id)
    below = catalog.shelves(ctx.session, here.id if here else None, with_hidden=True)
    rows: Rows = []
    # A product stands on a shelf; a shelf may also stand at the top.
    if here is not None:
        label = t.plain(":white_check_mark: Here: {name}", name=here.name)
        rows.append([Button(label, PutOnShelf(*what, here.id, data.version))])
    elif data.picking is Picking.SHELF:
        rows.append([Button(t.plain(":white_check_mark: Here: at the top"), PutOnShelf(*what, goods.TOP))])
    rows += keyboards.in_rows(
        Button(goods.shelf_label(ctx, shelf), PickShelf(*what, shelf.id, data.version))
        for shelf in below
        if not (data.picking is Picking.SHELF and shelf.id == data.subject_id)
    )
    if here is not None:
        rows.append([_back(ctx, PickShelf(*what, here.parent_id or goods.TOP, data.version))])
    else:
        rows.append([_back(ctx, _before(ctx, data))])
    text = t("On which shelf?")
    if here is not None:
        text = t("On which shelf? Now: {path}", path=_path(ctx, here))
    elif not below and data.picking is not Picking.SHELF:
        text = t("There is no shelf yet: add one in the catalogue first.")
    return Screen(text, rows, data)


def put(ctx: Context, data: PutOnShelf) -> Screen:
    """Put the subject onto the shelf."""
    if data.picking is Picking.NEW_PRODUCT:
        shelf = assortment.get_shelf(ctx.session, data.category_id, ctx.user)
        form = ctx.conversation.form.get(NEW_PRODUCT) or {}
        conversations.remember(ctx.conversation, **{NEW_PRODUCT: {**form, "category_id": shelf.id}})
        return ctx.open(NewProductUnit())
    if data.picking is Picking.PRODUCT:
        return _put_product(ctx, data)
    assortment.move_shelf(ctx.session, data.subject_id, data.category_id or None, ctx.user)
    return card(ctx, ShelfCard(data.subject_id))


def _put_product(ctx: Context, data: PutOnShelf) -> Screen:
    said = ctx.t(":white_check_mark: Saved.")
    try:
        assortment.place(ctx.session, data.subject_id, data.category_id, ctx.user, data.version)
    except Conflict as changed:
        # The shelves would only lead to this again: what the product says now is what is to be seen.
        said = sentences.of(ctx.view, changed)
    product = assortment.get(ctx.session, data.subject_id, ctx.user)
    return ctx.open(ProductFields(product.id, product.category_id, 0)).under(said)


def _before(ctx: Context, data: PickShelf) -> Data:
    if data.picking is Picking.NEW_PRODUCT:
        return Shelf(goods.NO_ORDER, goods.TOP, 0)
    if data.picking is Picking.SHELF:
        return ShelfCard(data.subject_id)
    product = assortment.get(ctx.session, data.subject_id, ctx.user)
    return ProductFields(product.id, product.category_id, 0)


def _shelf_or_top(ctx: Context, category_id: int) -> Category | None:
    if category_id == goods.TOP:
        return None
    return assortment.get_shelf(ctx.session, category_id, ctx.user)


def _path(ctx: Context, shelf: Category) -> str:
    return " / ".join(one.name for one in assortment.path(ctx.session, shelf))


def _back(ctx: Context, place: Data) -> Button:
    return Button(ctx.t.plain(":leftwards_arrow_with_hook: Back"), place)
