"""Staff: list and search, a person's card with roles, name, comment; blocked and let in again."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

from handlers import conversation as conversations
from handlers import keyboards, menu
from handlers.addresses import (
    About,
    AccessCodes,
    AuditLog,
    HandOver,
    Mailings,
    Requests,
    Staff,
    StaffCard,
    Status,
)
from handlers.callbacks import Data
from handlers.context import Context
from handlers.routing import Router
from handlers.screen import Button, Rows, Screen
from handlers.texts import N_, Html, escaped, stack
from models import Order, Role, User
from services import admission, handover, loading, staffing
from services.errors import NotFound

LIST = "staff"
MAX_QUERY = 100
FIELDS = {"name": N_("full name"), "comment": N_("comment")}


@dataclass(frozen=True)
class AllStaff(Data, code="sfa"):
    """Everybody: what was typed to search is forgotten."""


@dataclass(frozen=True)
class AskBlock(Data, code="sfk"):
    """What comes of shutting a person out, and whether to."""

    user_id: int


@dataclass(frozen=True)
class AskAdmin(Data, code="sfm"):
    """What an administrator may do, and whether this person is to be one."""

    user_id: int


@dataclass(frozen=True)
class Block(Data, code="sfb"):
    """Shut a person out."""

    user_id: int


@dataclass(frozen=True)
class Unblock(Data, code="sfu"):
    """Let a blocked person in again."""

    user_id: int


@dataclass(frozen=True)
class GiveRole(Data, code="sfg"):
    """Let a person act in one more role."""

    user_id: int
    role: Role


@dataclass(frozen=True)
class TakeRole(Data, code="sft"):
    """Take a role from a person."""

    user_id: int
    role: Role


@dataclass(frozen=True)
class EditStaff(Data, code="sfe"):
    """Name or comment: the new value is typed."""

    user_id: int
    field: str


@dataclass(frozen=True)
class EmptyStaff(Data, code="sfx"):
    """Empty the comment."""

    user_id: int
    field: str


def register(router: Router) -> None:
    """Register the list and the cards."""
    admin = Role.ADMIN
    router.menu_entry(
        (4, 0), N_(":bust_in_silhouette: Staff"), AllStaff(), admin, count=admission.count_requests
    )
    router.command("staff", N_("staff and access codes"), lambda ctx, _: all_staff(ctx, AllStaff()), admin)
    router.button(Staff, staff, admin)
    router.button(AllStaff, all_staff, admin)
    router.button(StaffCard, staff_card, admin)
    router.button(AskBlock, ask_block, admin)
    router.button(AskAdmin, ask_admin, admin)
    router.button(Block, block, admin)
    router.button(Unblock, unblock, admin)
    router.button(GiveRole, give_role, admin)
    router.button(TakeRole, partial(take_role, router), admin)
    router.button(EditStaff, ask, admin)
    router.button(EmptyStaff, empty, admin)
    router.typed(Staff, "text", search)
    router.typed(EditStaff, "text", take)
    router.notice("roles_changed", roles_changed)
    router.notice("roles_gone", roles_gone, is_public=True)


def staff(ctx: Context, data: Staff) -> Screen:
    """List everybody, who left and who is blocked last, and lead to everything about staff."""
    t = ctx.t
    query = conversations.list_query(ctx.conversation, LIST)
    page = staffing.find(ctx.session, ctx.user, data.page, text=query)
    conversations.keep_list(ctx.conversation, LIST, Staff(page.number), query)
    rows: Rows = [[Button(_label(ctx, person), StaffCard(person.id))] for person in page.items]
    rows += keyboards.pager(t, page, Staff)
    if query:
        rows.append([Button(t.plain(":x: {query}", query=query), AllStaff())])
    waiting = admission.count_requests(ctx.session)
    requests = t.plain(":envelope: Requests") + (f" · {waiting}" if waiting else "")
    rows.append([Button(t.plain(":key: Access codes"), AccessCodes()), Button(requests, Requests())])
    rows.append([Button(t.plain(":megaphone: Mailing"), Mailings())])
    rows.append([Button(t.plain(":scroll: Who changed what"), AuditLog())])
    rows.append([Button(t.plain(":stethoscope: How the bot does"), Status())])
    rows.append(menu.back(ctx))
    said = t("Type a piece of the name, phone or comment to search.")
    if query and page.items:
        said = t("Found for “{query}”:", query=query)
    elif query:
        said = t("Nothing found for “{query}”. Type another piece, or /cancel.", query=query)
    return Screen(stack(t("<b>Staff</b>"), said), rows, Staff(page.number))


def search(ctx: Context, data: Staff, text: str) -> Screen:
    """Show those that fit what was typed."""
    conversations.keep_list(ctx.conversation, LIST, data, " ".join(text.split())[:MAX_QUERY])
    return staff(ctx, Staff())


def all_staff(ctx: Context, _data: AllStaff) -> Screen:
    """Forget what was typed."""
    conversations.keep_list(ctx.conversation, LIST, Staff())
    return staff(ctx, Staff())


def staff_card(ctx: Context, data: StaffCard) -> Screen:
    """Show a person and what can be done about them."""
    t = ctx.t
    person = staffing.get(ctx.session, data.user_id, ctx.user)
    facts: list[str] = [Html(f"<b>{escaped(person.name)}</b>")]
    facts.append(t("Role: {roles}", roles=_roles(ctx, person)))
    if person.username:
        facts.append(escaped(f"@{person.username}"))
    if person.phone:
        facts.append(t(":telephone_receiver: {phone}", phone=person.phone))
    if person.comment:
        facts.append(t(":memo: {comment}", comment=person.comment))
    if not person.is_active:
        facts.append(t(":no_entry: blocked"))
    elif person.unreachable_at is not None:
        facts.append(t(":warning: has blocked the bot"))
    return Screen(stack(*facts), _card_rows(ctx, person), data)


def ask_block(ctx: Context, data: AskBlock) -> Screen:
    """Say what goes back into the queue, and ask."""
    t = ctx.t
    person = staffing.get(ctx.session, data.user_id, ctx.user)
    facts: list[str] = [t("Block {name}? The bot will not let them in from now on.", name=person.name)]
    numbers = _numbers(loading.in_hand(ctx.session, person))
    if numbers:
        facts.append(t("Orders in hand ({numbers}) go back into the queue.", numbers=numbers))
    yes = Button(t.plain(":prohibited: Yes, block"), Block(person.id))
    return Screen(stack(*facts), [[yes], _to_card(ctx, person)], data)


def ask_admin(ctx: Context, data: AskAdmin) -> Screen:
    """Say what an administrator may do, and ask."""
    t = ctx.t
    person = staffing.get(ctx.session, data.user_id, ctx.user)
    text = t(
        "Make {name} an administrator? They may do everything then: staff, prices, requisites, settings.",
        name=person.name,
    )
    yes = Button(t.plain(":white_check_mark: Yes, make administrator"), GiveRole(person.id, Role.ADMIN))
    return Screen(text, [[yes], _to_card(ctx, person)], data)


def block(ctx: Context, data: Block) -> Screen:
    """Shut the person out at once; say what went back."""
    given_back = loading.in_hand(ctx.session, staffing.get(ctx.session, data.user_id, ctx.user))
    staffing.block(ctx.session, data.user_id, ctx.user)
    return _after(ctx, data.user_id, given_back)


def unblock(ctx: Context, data: Unblock) -> Screen:
    """Let the person in again."""
    staffing.unblock(ctx.session, data.user_id, ctx.user)
    return staff_card(ctx, StaffCard(data.user_id))


def give_role(ctx: Context, data: GiveRole) -> Screen:
    """Give one more role."""
    staffing.give_role(ctx.session, data.user_id, data.role, ctx.user)
    return staff_card(ctx, StaffCard(data.user_id))


def take_role(router: Router, ctx: Context, data: TakeRole) -> Screen:
    """Take a role away; say what went back."""
    in_hand = loading.in_hand(ctx.session, staffing.get(ctx.session, data.user_id, ctx.user))
    person = staffing.take_role(ctx.session, data.user_id, data.role, ctx.user)
    if person.is_active and not person.roles:
        # Nobody words a notice for them any more, so their commands go from here.
        router.publish_commands(ctx, person)
    return _after(ctx, data.user_id, in_hand if data.role is Role.STOREKEEPER else [])


def ask(ctx: Context, data: EditStaff) -> Screen:
    """Ask for the new value, showing the present one."""
    person = staffing.get(ctx.session, data.user_id, ctx.user)
    if data.field not in FIELDS:
        raise NotFound("requisite")
    t = ctx.t
    value = getattr(person, data.field)
    label = t.plain(FIELDS[data.field])
    text = t("{field}, now: {value}\nType the new value.", field=label, value=value or "—")
    rows: Rows = []
    if value and data.field in staffing.OPTIONAL:
        rows.append([Button(t.plain(":wastebasket: Leave empty"), EmptyStaff(person.id, data.field))])
    return Screen(text, [*rows, _to_card(ctx, person)], data)


def take(ctx: Context, data: EditStaff, text: str) -> Screen:
    """Check and keep the value."""
    staffing.change(ctx.session, data.user_id, data.field, text, ctx.user)
    return staff_card(ctx, StaffCard(data.user_id))


def empty(ctx: Context, data: EmptyStaff) -> Screen:
    """Empty the field."""
    staffing.change(ctx.session, data.user_id, data.field, None, ctx.user)
    return staff_card(ctx, StaffCard(data.user_id))


def roles_changed(ctx: Context, _params: dict[str, Any]) -> Screen:
    """Tell a person what they may do now."""
    text = ctx.t("The administrator changed your role. Now: {roles}", roles=_roles(ctx, ctx.user))
    return Screen(text, [menu.back(ctx)])


def roles_gone(ctx: Context, _params: dict[str, Any]) -> Screen:
    """Tell a person that nothing is left of what they might do."""
    return Screen(
        ctx.t(
            "The administrator took your role away: the bot is closed to you now. A new code opens it again."
        )
    )


def _after(ctx: Context, user_id: int, given_back: list[Order]) -> Screen:
    """Return the card with what went back; who is administrator no more sees the menu that is left."""
    if ctx.actor is None or not ctx.actor.holds(Role.ADMIN):
        return ctx.open(menu.Menu())
    screen = staff_card(ctx, StaffCard(user_id))
    if not given_back:
        return screen
    numbers = _numbers(given_back)
    return screen.under(ctx.t(":leftwards_arrow_with_hook: Back in the queue: {numbers}", numbers=numbers))


def _numbers(orders: list[Order]) -> str:
    return ", ".join(f"№{order.number}" for order in orders)


def _to_card(ctx: Context, person: User) -> list[Button]:
    return [Button(ctx.t.plain(":leftwards_arrow_with_hook: Back"), StaffCard(person.id))]


def _card_rows(ctx: Context, person: User) -> Rows:
    t = ctx.t
    rows: Rows = []
    for role in Role:
        name = t.plain(menu.ROLE_NAMES[role])
        if role in _given(person):
            turn = Button(t.plain(":white_check_mark: {role}", role=name), TakeRole(person.id, role))
        else:
            give = AskAdmin(person.id) if role is Role.ADMIN else GiveRole(person.id, role)
            turn = Button(t.plain(":heavy_plus_sign: {role}", role=name), give)
        rows.append([turn])
    rows.append(
        [
            Button(t.plain(":pencil2: {field}", field=t.plain(label)), EditStaff(person.id, field))
            for field, label in FIELDS.items()
        ]
    )
    if handover.count(ctx.session, person):
        rows.append([Button(t.plain(":busts_in_silhouette: Hand customers over"), HandOver(person.id))])
    rows.append(
        [
            Button(t.plain(":scroll: History"), AuditLog(about=About.STAFF, subject_id=person.id)),
            Button(t.plain(":scroll: What they changed"), AuditLog(user_id=person.id)),
        ]
    )
    if not person.is_active:
        rows.append([Button(t.plain(":white_check_mark: Unblock"), Unblock(person.id))])
    elif person.id != ctx.user.id:
        rows.append([Button(t.plain(":prohibited: Block"), AskBlock(person.id))])
    left = conversations.list_left(ctx.conversation, LIST, Staff())
    rows.append([Button(t.plain(":leftwards_arrow_with_hook: To the list"), left)])
    return rows


def _given(person: User) -> frozenset[Role]:
    """Return the roles a person was given, blocked or not."""
    return frozenset(grant.role for grant in person.grants)


def _roles(ctx: Context, person: User) -> str:
    return menu.role_names(ctx, _given(person)) or "—"


def _label(ctx: Context, person: User) -> str:
    mark = "" if person.is_active else "⛔ "
    return f"{mark}{person.name} · {_roles(ctx, person)}"
