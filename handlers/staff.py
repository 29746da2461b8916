"""Staff: who is there, and access codes for those who are to come."""

from __future__ import annotations

from dataclasses import dataclass

from handlers import keyboards, menu
from handlers.addresses import AuditLog
from handlers.callbacks import Data
from handlers.context import Context
from handlers.routing import Router
from handlers.screen import Button, Rows, Screen
from handlers.texts import N_, Html, escaped, stack
from models import Role, User
from services import auth, staffing


@dataclass(frozen=True)
class Staff(Data, code="sf"):
    """Everybody who may use the bot, a page of them."""

    page: int = 0


@dataclass(frozen=True)
class StaffCard(Data, code="sfc"):
    """One member of staff."""

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
class IssueCode(Data, code="sc"):
    """A code for this role: the name is typed."""

    role: Role


def register(router: Router) -> None:
    """Register the list and the codes."""
    admin = Role.ADMIN
    router.menu_entry((4, 0), N_(":bust_in_silhouette: Staff"), Staff(), admin)
    router.command("staff", N_("staff and access codes"), lambda ctx, _: staff(ctx, Staff()), admin)
    router.button(Staff, staff, admin)
    router.button(StaffCard, staff_card, admin)
    router.button(Block, block, admin)
    router.button(Unblock, unblock, admin)
    router.button(IssueCode, ask_name, admin)
    router.typed(IssueCode, "text", lambda ctx, data, text: issue(router, ctx, data, text))


def staff(ctx: Context, data: Staff) -> Screen:
    """List everybody, who is blocked last, and offer a code for each role."""
    t = ctx.t
    page = staffing.find(ctx.session, ctx.user, data.page)
    rows: Rows = [[Button(_label(ctx, person), StaffCard(person.id))] for person in page.items]
    rows += keyboards.pager(t, page, Staff)
    rows += [
        [Button(t.plain(":key: Code: {role}", role=t.plain(menu.ROLE_NAMES[role])), IssueCode(role))]
        for role in Role
    ]
    rows.append([Button(t.plain(":scroll: Who changed what"), AuditLog())])
    rows.append(menu.back(ctx))
    return Screen(t("<b>Staff</b>"), rows, Staff(page.number))


def staff_card(ctx: Context, data: StaffCard) -> Screen:
    """Show a person and what can be done about them."""
    t = ctx.t
    person = staffing.get(ctx.session, data.user_id, ctx.user)
    facts: list[str] = [Html(f"<b>{escaped(person.name)}</b>")]
    roles = frozenset(grant.role for grant in person.grants)
    facts.append(t("Role: {roles}", roles=menu.role_names(ctx, roles) or "—"))
    if person.username:
        facts.append(escaped(f"@{person.username}"))
    if person.phone:
        facts.append(t(":telephone_receiver: {phone}", phone=person.phone))
    if not person.is_active:
        facts.append(t(":no_entry: blocked"))
    elif person.unreachable_at is not None:
        facts.append(t(":warning: has blocked the bot"))
    turn = Button(t.plain(":prohibited: Block"), Block(person.id))
    if not person.is_active:
        turn = Button(t.plain(":white_check_mark: Unblock"), Unblock(person.id))
    rows: Rows = [] if person.id == ctx.user.id else [[turn]]
    rows.append([Button(t.plain(":scroll: What they changed"), AuditLog(user_id=person.id))])
    rows.append([Button(t.plain(":leftwards_arrow_with_hook: Back"), Staff())])
    return Screen(stack(*facts), rows, data)


def block(ctx: Context, data: Block) -> Screen:
    """Shut the person out at once."""
    staffing.block(ctx.session, data.user_id, ctx.user)
    return staff_card(ctx, StaffCard(data.user_id))


def unblock(ctx: Context, data: Unblock) -> Screen:
    """Let the person in again."""
    staffing.unblock(ctx.session, data.user_id, ctx.user)
    return staff_card(ctx, StaffCard(data.user_id))


def ask_name(ctx: Context, data: IssueCode) -> Screen:
    """Ask whom the code is for."""
    t = ctx.t
    text = t("Name of the new {role}:", role=t.plain(menu.ROLE_NAMES[data.role]))
    return Screen(text, [[Button(t.plain(":leftwards_arrow_with_hook: Back"), Staff())]], data)


def issue(router: Router, ctx: Context, data: IssueCode, name: str) -> Screen:
    """Show the code once, with a link that carries it."""
    code = auth.issue_code(ctx.session, data.role, name, ctx.user)
    t = ctx.t
    text = t(
        ":key: Code for {name}: <code>{code}</code>\nIt works once, for 72 hours, and is shown only now.",
        name=" ".join(name.split()),
        code=code,
    )
    if router.bot_username:
        link = f"https://t.me/{router.bot_username}?start={code}"
        text = stack(text, t("Or this link: {link}", link=link))
    return Screen(text, [[Button(t.plain(":leftwards_arrow_with_hook: Back"), Staff())]], Staff())


def _label(ctx: Context, person: User) -> str:
    roles = menu.role_names(ctx, frozenset(grant.role for grant in person.grants)) or "—"
    mark = "" if person.is_active else "⛔ "
    return f"{mark}{person.name} · {roles}"
