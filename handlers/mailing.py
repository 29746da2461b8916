"""A mailing: to a role or to chosen people, typed, looked at, confirmed; then how far it has got."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

from handlers import conversation as conversations
from handlers import keyboards, menu
from handlers.addresses import Mailings, Staff
from handlers.callbacks import Data
from handlers.context import Context
from handlers.routing import Router
from handlers.screen import Button, Rows, Screen
from handlers.texts import N_, Html, escaped, stack
from models import Mailing, RecipientState, Role
from services import mailings
from services.errors import Invalid

GROUPS = {
    Role.SALES_REP: N_("Sales reps · {n}"),
    Role.STOREKEEPER: N_("Storekeepers · {n}"),
    Role.ADMIN: N_("Administrators · {n}"),
}
REASONS = {
    RecipientState.UNREACHABLE: N_("unreachable: has blocked the bot, or never opened it"),
    RecipientState.LEFT: N_("works with the bot no more"),
    RecipientState.FAILED: N_("Telegram refused it: {error}"),
}
LABEL_CHARS = 40


@dataclass(frozen=True)
class MailRole(Data, code="mlr"):
    """To everybody of a role: the text is typed."""

    role: Role


@dataclass(frozen=True)
class MailPeople(Data, code="mlp"):
    """Choose the people one by one."""

    page: int = 0


@dataclass(frozen=True)
class MailPick(Data, code="mlt"):
    """Take a person in, or out again."""

    user_id: int
    page: int


@dataclass(frozen=True)
class MailChosen(Data, code="mlc"):
    """To those chosen: the text is typed."""


@dataclass(frozen=True)
class MailPreview(Data, code="mlv"):
    """The mailing as it will be read."""

    mailing_id: int


@dataclass(frozen=True)
class MailSend(Data, code="mls"):
    """Send it."""

    mailing_id: int


@dataclass(frozen=True)
class MailDiscard(Data, code="mld"):
    """Do not send it."""

    mailing_id: int


@dataclass(frozen=True)
class MailCard(Data, code="mlk", anywhere=True):
    """How far a mailing has got."""

    mailing_id: int


@dataclass(frozen=True)
class MailMissed(Data, code="mlm"):
    """Who did not get it, and why."""

    mailing_id: int
    page: int = 0


def register(router: Router) -> None:
    """Register the way of a mailing."""
    admin = Role.ADMIN
    router.button(Mailings, listed, admin)
    router.button(MailRole, ask_for_role, admin)
    router.button(MailPeople, people, admin)
    router.button(MailPick, pick, admin)
    router.button(MailChosen, ask_for_chosen, admin)
    router.button(MailPreview, preview, admin)
    router.button(MailSend, send, admin)
    router.button(MailDiscard, discard, admin)
    router.button(MailCard, card, admin)
    router.button(MailMissed, missed, admin)
    router.typed(MailRole, "text", take_for_role)
    router.typed(MailChosen, "text", take_for_chosen)
    router.typed(MailPreview, "text", take_again)
    router.notice("mailing", words)
    router.notice("mailing_done", done)


def listed(ctx: Context, data: Mailings) -> Screen:
    """Ask to whom, and list the mailings that went."""
    t = ctx.t
    conversations.clear_form(ctx.conversation)
    counts = mailings.count_by_role(ctx.session, ctx.user)
    rows: Rows = [[Button(t.plain(GROUPS[role], n=n), MailRole(role))] for role, n in counts.items()]
    rows.append([Button(t.plain(":bust_in_silhouette: Choose people"), MailPeople())])
    page = mailings.find(ctx.session, ctx.user, data.cursor)
    rows += [[Button(_label(ctx, one), MailCard(one.id))] for one in page.items]
    rows += keyboards.pager(t, page, Mailings)
    rows.append([Button(t.plain(":bust_in_silhouette: Staff"), Staff()), *menu.back(ctx)])
    return Screen(t(":megaphone: <b>Mailing</b>\nTo whom?"), rows, Mailings(page.cursor))


def ask_for_role(ctx: Context, data: MailRole) -> Screen:
    """Ask for the text to a role."""
    return _ask(ctx, len(mailings.audience(ctx.session, ctx.user, data.role)), data)


def people(ctx: Context, data: MailPeople) -> Screen:
    """Show everybody who can be chosen."""
    t = ctx.t
    chosen = _chosen(ctx)
    page = mailings.people(ctx.session, ctx.user, data.page)
    rows: Rows = [
        [Button(("✅ " if one.id in chosen else "") + one.name, MailPick(one.id, page.number))]
        for one in page.items
    ]
    rows += keyboards.pager(t, page, MailPeople)
    if chosen:
        rows.append([Button(t.plain("Go on :arrow_right:"), MailChosen())])
    rows.append([Button(t.plain(":leftwards_arrow_with_hook: Back"), Mailings())])
    return Screen(t("Press those it goes to. Chosen: {n}", n=len(chosen)), rows, MailPeople(page.number))


def pick(ctx: Context, data: MailPick) -> Screen:
    """Take the person in, or out again."""
    chosen = _chosen(ctx) ^ {data.user_id}
    conversations.remember(ctx.conversation, mail_to=sorted(chosen))
    return people(ctx, MailPeople(data.page))


def ask_for_chosen(ctx: Context, data: MailChosen) -> Screen:
    """Ask for the text to those chosen."""
    return _ask(ctx, len(mailings.audience(ctx.session, ctx.user, None, _chosen(ctx))), data)


def take_for_role(ctx: Context, data: MailRole, text: str) -> Screen:
    """Keep the text and show it."""
    return _write(ctx, text, mailings.audience(ctx.session, ctx.user, data.role))


def take_for_chosen(ctx: Context, _data: MailChosen, text: str) -> Screen:
    """Keep the text and show it."""
    return _write(ctx, text, mailings.audience(ctx.session, ctx.user, None, _chosen(ctx)))


def take_again(ctx: Context, data: MailPreview, text: str) -> Screen:
    """Take another text for the same people."""
    return _write(ctx, text, mailings.addressees(ctx.session, data.mailing_id, ctx.user))


def preview(ctx: Context, data: MailPreview) -> Screen:
    """Show the mailing as it will be read, and ask."""
    mailing = mailings.get(ctx.session, data.mailing_id, ctx.user)
    if mailing.sent_at is not None:
        return card(ctx, MailCard(mailing.id))
    t = ctx.t
    n = mailings.progress(ctx.session, mailing).total
    rows = [
        [Button(t.plain(":megaphone: Send · {n}", n=n), MailSend(mailing.id))],
        [Button(t.plain(":wastebasket: Do not send"), MailDiscard(mailing.id))],
    ]
    said = t.many(
        "This is how {n} person will read it. Type another text to change it.",
        "This is how {n} people will read it. Type another text to change it.",
        n,
    )
    return Screen(stack(said, "", _body(ctx, mailing)), rows, data)


def send(ctx: Context, data: MailSend) -> Screen:
    """Send it, and show how far it has got."""
    mailings.send(ctx.session, data.mailing_id, ctx.user)
    conversations.clear_form(ctx.conversation)
    return card(ctx, MailCard(data.mailing_id))


def discard(ctx: Context, data: MailDiscard) -> Screen:
    """Throw it away."""
    mailings.discard(ctx.session, data.mailing_id, ctx.user)
    return listed(ctx, Mailings()).under(ctx.t("Nothing was sent."))


def card(ctx: Context, data: MailCard) -> Screen:
    """Show how far a mailing has got."""
    mailing = mailings.get(ctx.session, data.mailing_id, ctx.user)
    if mailing.sent_at is None:
        return preview(ctx, MailPreview(mailing.id))
    t = ctx.t
    got = mailings.progress(ctx.session, mailing)
    lost = sum(got.missed.values())
    rows: Rows = []
    if got.waiting:
        rows.append([Button(t.plain(":counterclockwise_arrows_button: Refresh"), MailCard(mailing.id))])
    if lost:
        rows.append([Button(t.plain(":warning: Not delivered · {n}", n=lost), MailMissed(mailing.id))])
    rows.append([Button(t.plain(":leftwards_arrow_with_hook: To the list"), Mailings())])
    head = t(
        ":megaphone: {at}, {name}\nDelivered: {sent} of {total} · waiting: {waiting} · not delivered: {lost}",
        at=ctx.view.moment(mailing.sent_at),
        name=mailing.author.name,
        sent=got.sent,
        total=got.total,
        waiting=got.waiting,
        lost=lost,
    )
    return Screen(stack(head, "", escaped(mailing.text)), rows, data)


def missed(ctx: Context, data: MailMissed) -> Screen:
    """Name those who did not get it."""
    t = ctx.t
    page = mailings.missed(ctx.session, data.mailing_id, ctx.user, data.page)
    lines = [
        t("• {name}: {why}", name=one.user.name, why=t(REASONS[one.state], error=one.error or "—"))
        for one in page.items
    ]
    rows = keyboards.pager(t, page, partial(MailMissed, data.mailing_id))
    rows.append([Button(t.plain(":leftwards_arrow_with_hook: Back"), MailCard(data.mailing_id))])
    text = stack(t("<b>Not delivered</b>"), *lines)
    return Screen(text, rows, MailMissed(data.mailing_id, page.number))


def words(ctx: Context, params: dict[str, Any]) -> Screen | None:
    """Return the mailing as it is read."""
    mailing = ctx.session.get(Mailing, params["mailing_id"])
    return Screen(_body(ctx, mailing)) if mailing is not None else None


def done(ctx: Context, params: dict[str, Any]) -> Screen | None:
    """Tell the author that everybody was tried; the card they may be looking at says so, too."""
    mailing = ctx.session.get(Mailing, params["mailing_id"])
    if mailing is None:
        return None
    # Before its message is known the card could only be sent a second time.
    is_open = ctx.conversation.message_id is not None
    if is_open and conversations.address(ctx.conversation) == MailCard(mailing.id):
        conversations.show(ctx.session, ctx.conversation, card(ctx, MailCard(mailing.id)))
    got = mailings.progress(ctx.session, mailing)
    text = ctx.t(
        ":megaphone: The mailing is through: {sent} of {total} got it.", sent=got.sent, total=got.total
    )
    return Screen(text, [[Button(ctx.t.plain(":megaphone: Open the mailing"), MailCard(mailing.id))]])


def _ask(ctx: Context, n: int, data: Data) -> Screen:
    if not n:
        raise Invalid("nobody")
    t = ctx.t
    back = [Button(t.plain(":leftwards_arrow_with_hook: Back"), Mailings())]
    text = t.many("A mailing to {n} person. Type the text.", "A mailing to {n} people. Type the text.", n)
    return Screen(text, [back], data)


def _write(ctx: Context, text: str, user_ids: list[int]) -> Screen:
    mailing = mailings.write(ctx.session, ctx.user, text, user_ids)
    return preview(ctx, MailPreview(mailing.id))


def _chosen(ctx: Context) -> frozenset[int]:
    return frozenset(ctx.conversation.form.get("mail_to", ()))


def _body(ctx: Context, mailing: Mailing) -> Html:
    return ctx.t(":megaphone: {text}\n\n— {name}", text=mailing.text, name=mailing.author.name)


def _label(ctx: Context, mailing: Mailing) -> str:
    text = " ".join(mailing.text.split())
    short = text if len(text) <= LABEL_CHARS else f"{text[: LABEL_CHARS - 1]}…"
    return f"{ctx.view.moment(mailing.sent_at or mailing.created_at)} · {short}"
