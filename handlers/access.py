"""How a stranger gets in: by a code, or by asking the administrator."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from handlers import conversation as conversations
from handlers import menu
from handlers.addresses import AccessCodes, Requests
from handlers.callbacks import Data
from handlers.context import Context
from handlers.routing import Router
from handlers.screen import Button, Screen
from handlers.texts import N_, stack
from models import RequestState, Role, User
from services import admission, auth, company, outbox
from services.errors import Conflict, Invalid

if TYPE_CHECKING:
    from telebot.types import Contact

DECIDED = {
    RequestState.APPROVED: N_("approved"),
    RequestState.REJECTED: N_("Rejected"),
    RequestState.CLOSED: N_("Came in by an access code"),
}
ENTER_CODE = N_("Enter the access code your administrator gave you.")
# More than these are revoked from the list of codes.
MOST_SPARE = 3
WRONG_CODE = N_("This code does not fit. Check it, or ask the administrator for a new one.")


@dataclass(frozen=True)
class Welcome(Data, code="w", public=True):
    """Where a stranger types the access code."""


@dataclass(frozen=True)
class AskAccess(Data, code="aa", public=True):
    """Where a stranger hands over the own contact."""


@dataclass(frozen=True)
class RequestCard(Data, code="rq", card=True):
    """An access request in an administrator's chat."""

    request_id: int


@dataclass(frozen=True)
class Approve(Data, code="ra", anywhere=True):
    """Let the person who asked in."""

    request_id: int
    role: Role

    def home(self) -> Data:
        """Return the request's card."""
        return RequestCard(self.request_id)


@dataclass(frozen=True)
class Reject(Data, code="rj", anywhere=True):
    """Turn the person who asked down."""

    request_id: int

    def home(self) -> Data:
        """Return the request's card."""
        return RequestCard(self.request_id)


@dataclass(frozen=True)
class RevokeSpare(Data, code="rv", anywhere=True):
    """Make a code worthless that the person who was approved needs no more."""

    request_id: int
    code_id: int

    def home(self) -> Data:
        """Return the request's card."""
        return RequestCard(self.request_id)


def register(router: Router) -> None:
    """Register the way in."""
    router.button(Welcome, lambda ctx, _: welcome(ctx))
    router.typed(Welcome, "text", lambda ctx, _, text: try_code(router, ctx, text))
    router.button(AskAccess, ask_access)
    router.typed(AskAccess, "contact", take_contact)
    router.typed(AskAccess, "text", lambda ctx, _, text: try_code(router, ctx, text))
    router.button(RequestCard, request_card, Role.ADMIN)
    router.button(Approve, approve, Role.ADMIN)
    router.button(Reject, reject, Role.ADMIN)
    router.button(RevokeSpare, revoke_spare, Role.ADMIN)
    router.notice(
        "access_requested", lambda ctx, params: request_card(ctx, RequestCard(params["request_id"]))
    )
    router.notice("access_granted", partial(access_granted, router))
    router.notice("access_rejected", access_rejected, is_public=True)
    router.notice("account_locked", account_locked)
    router.notice("blocked_tried", blocked_tried)


def front_door(router: Router, ctx: Context) -> Screen:
    """Return the menu of the person's roles; a stranger is asked for the access code."""
    if ctx.actor is None or not ctx.actor.roles:
        return welcome(ctx)
    return menu.screen(router, ctx, ctx.t("What shall we do?"))


def welcome(ctx: Context) -> Screen:
    """Ask for the access code."""
    phone = company.get(ctx.session).admin_phone
    text = ctx.t(ENTER_CODE)
    if phone:
        text = stack(text, ctx.t("Administrator: {phone}", phone=phone))
    return Screen(text, [[Button(ctx.t.plain(":envelope: Ask for access"), AskAccess())]], Welcome())


def try_code(router: Router, ctx: Context, code: str) -> Screen:
    """Let a person in by a code; the message with it disappears from the chat."""
    outbox.call(ctx.session, ctx.person.telegram_id, "deleteMessage", {"message_id": ctx.message_id})
    until = auth.locked_until(ctx.session, ctx.person.telegram_id)
    if until is not None:
        return ctx.refusal(Conflict("locked", until=until))
    user = auth.redeem(
        ctx.session,
        ctx.person.telegram_id,
        code,
        name=ctx.person.name,
        username=ctx.person.username,
        language=ctx.view.language,
    )
    if user is None:
        screen = front_door(router, ctx)
        screen.under(ctx.t(WRONG_CODE))
        return screen
    ctx.actor = user
    router.publish_commands(ctx, user)
    return menu.screen(router, ctx, menu.greeting(ctx, user))


def ask_access(ctx: Context, _data: AskAccess) -> Screen:
    """Ask for the person's own contact by Telegram's contact button."""
    return Screen(
        ctx.t("Press the button below to send your own contact; the administrator will see it."),
        here=AskAccess(),
        contact_button=ctx.t.plain(":iphone: Send my contact"),
    )


def take_contact(ctx: Context, _data: AskAccess, contact: Contact) -> Screen:
    """Pass the request on to the administrators; somebody else's contact is refused."""
    if contact.user_id != ctx.person.telegram_id:
        raise Invalid("contact_foreign")
    auth.request_access(
        ctx.session,
        ctx.person.telegram_id,
        name=ctx.person.name,
        username=ctx.person.username,
        phone=contact.phone_number,
        language=ctx.view.language,
    )
    text = ctx.t("Your request went to the administrator. You will be told here.")
    return Screen(text, here=Welcome(), removes_keyboard=True)


def request_card(ctx: Context, data: RequestCard) -> Screen:
    """Show who asks, and the decision once there is one."""
    t = ctx.t
    request = auth.get_request(ctx.session, data.request_id, ctx.user)
    username = f" @{request.username}" if request.username else ""
    text = t(
        ":envelope: <b>Access request</b>\n{name}{username}\n{phone}",
        name=request.name,
        username=username,
        phone=request.phone,
    )
    known = auth.find_user(ctx.session, request.telegram_id)
    if request.state is RequestState.PENDING and known is not None and not known.is_active:
        text = stack(text, t(":no_entry: blocked; approved, this person is let in again"))
    # The same card comes as a message of its own, and from the list of requests as a screen with a way back.
    is_screen = conversations.is_current(ctx.conversation, ctx.message_id)
    back = [[Button(t.plain(":leftwards_arrow_with_hook: To the list"), Requests())]] if is_screen else []
    if request.state is RequestState.PENDING:
        rows = [
            [Button(t.plain(":white_check_mark: Sales rep"), Approve(request.id, Role.SALES_REP))],
            [Button(t.plain(":white_check_mark: Storekeeper"), Approve(request.id, Role.STOREKEEPER))],
            [Button(t.plain(":no_entry: Reject"), Reject(request.id))],
            *back,
        ]
        return Screen(text, rows, data)
    text = stack(text, "", t(DECIDED[request.state]))
    spare = admission.spare_codes(ctx.session, request, ctx.user)
    if request.state is not RequestState.APPROVED or not spare:
        return Screen(text, back, data)
    text = stack(text, "", t(":warning: There is an unused code for this name. Revoke it?"))
    rows = [
        [Button(t.plain(":x: Code: {name}", name=code.name), RevokeSpare(request.id, code.id))]
        for code in spare[:MOST_SPARE]
    ]
    return Screen(text, [*rows, *back], data)


def approve(ctx: Context, data: Approve) -> Screen:
    """Let the person in."""
    auth.approve(ctx.session, data.request_id, data.role, ctx.user)
    return request_card(ctx, RequestCard(data.request_id))


def reject(ctx: Context, data: Reject) -> Screen:
    """Turn the person down."""
    auth.reject(ctx.session, data.request_id, ctx.user)
    return request_card(ctx, RequestCard(data.request_id))


def revoke_spare(ctx: Context, data: RevokeSpare) -> Screen:
    """Make the code worthless at once."""
    code = admission.revoke(ctx.session, data.code_id, ctx.user)
    ctx.toast = ctx.t.plain("The code for {name} is revoked.", name=code.name)
    return request_card(ctx, RequestCard(data.request_id))


def access_granted(router: Router, ctx: Context, _params: dict[str, Any]) -> Screen:
    """Greet somebody an administrator let in."""
    screen = menu.screen(router, ctx, menu.greeting(ctx, ctx.user))
    router.publish_commands(ctx, ctx.user)
    return conversations.push(ctx.session, ctx.conversation, screen)


def access_rejected(ctx: Context, _params: dict[str, Any]) -> Screen:
    """Tell somebody that the administrator declined."""
    return Screen(ctx.t("The administrator declined your request."))


def blocked_tried(ctx: Context, params: dict[str, Any]) -> Screen | None:
    """Tell an administrator that somebody blocked has got hold of a code."""
    user = ctx.session.get(User, params["user_id"])
    if user is None:
        return None
    text = ctx.t(
        ":warning: {name} is blocked and typed a good access code (issued for {meant_for})."
        " Nobody was let in; the code is still good: revoke it if it went astray.",
        name=user.name,
        meant_for=params["meant_for"],
    )
    return Screen(text, [[Button(ctx.t.plain(":key: Access codes"), AccessCodes())]])


def account_locked(ctx: Context, params: dict[str, Any]) -> Screen:
    """Tell an administrator that somebody guesses codes."""
    username = f"@{params['username']}" if params.get("username") else ""
    return Screen(
        ctx.t(
            ":warning: Five wrong access codes from {name} {username} (id {id}): locked for 15 minutes.",
            name=params["name"],
            username=username,
            id=params["telegram_id"],
        )
    )
