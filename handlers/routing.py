"""The boundary: who acts, in which language, may they, what is shown; errors become sentences."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import telebot
from telebot import types
from telebot.util import content_type_media

from handlers import conversation as conversations
from handlers import sentences
from handlers.callbacks import BadData, Data, unpack
from handlers.context import Context, Person, view_of
from handlers.routes import Command, MenuEntry, Route, Shown
from handlers.screen import Answer, Screen
from handlers.texts import N_, texts_for
from models import Conversation, OutboxKind, OutboxState, Role, Session, User
from services import auth, company, notifications, outbox
from services.errors import Conflict, DomainError, Forbidden
from services.notifications import NOTICE_PREFIX
from services.outbox import OutboxRow, Outcome

if TYPE_CHECKING:
    from runtime.lanes import Item

log = logging.getLogger(__name__)

D = TypeVar("D", bound=Data)
MAX_TOAST = 200

STALE = N_("That button is out of date. This is where you are now.")
GROUP = N_("I work in private chats only: write to me there.")


class Router:
    """Where feature modules register; the processor calls it for every update and outgoing notice."""

    def __init__(self, bot: telebot.TeleBot) -> None:
        # Known once Telegram was asked; links with an access code need it.
        self.bot_username: str | None = None
        # Whether distances by road can be asked for.
        self.has_road_router = False
        self.commands: dict[str, Command] = {}
        self.menu: list[MenuEntry] = []
        self._bot = bot
        self._buttons: dict[type[Data], Route] = {}
        self._typed: dict[tuple[type[Data], str], Route] = {}
        self._notices: dict[str, Callable[..., Shown]] = {}
        self._public_notices: set[str] = set()
        self._jobs: dict[str, Callable[..., None]] = {}
        self._progress: dict[str, Callable[..., Shown]] = {}
        self.front_door: Callable[[Context], Screen] | None = None
        self.hint: Callable[[Context, bool], str] | None = None
        # The update in hand. Updates are handled one at a time, by one thread.
        self._session: Session | None = None
        self._answer: Answer | None = None
        bot.register_message_handler(self._on_message, content_types=list(content_type_media))
        bot.register_callback_query_handler(self._on_press, func=lambda _: True)
        bot.register_my_chat_member_handler(self._on_membership)

    # Registration: each feature module calls these from its register().

    def command(self, name: str, description: str, handler: Callable[..., Shown], *roles: Role) -> None:
        """``handler(ctx, argument)`` answers /name."""
        self.commands[name] = Command(name, description, Route(handler, frozenset(roles)))

    def menu_entry(
        self,
        place: tuple[int, int],
        label: str,
        data: Data,
        *roles: Role,
        count: Callable[[Session], int] | None = None,
    ) -> None:
        """Put a button into the main menu of ``roles``, at (row, column), with what waits there."""
        self.menu.append(MenuEntry(place, label, data, frozenset(roles), count))

    def button(self, kind: type[D], handler: Callable[[Context, D], Shown], *roles: Role) -> None:
        """``handler(ctx, data)`` answers presses of ``kind``; it opens that screen, too."""
        self._buttons[kind] = Route(handler, frozenset(roles))

    def typed(
        self, kind: type[D], content: str, handler: Callable[[Context, D, Any], Shown], *roles: Role
    ) -> None:
        """``handler(ctx, data, content)`` takes what is sent while the screen ``kind`` is looked at.

        ``content`` is one of telebot's content types; the handler gets the text, or the telebot object. With
        ``roles`` it expects such a thing of them only.
        """
        self._typed[kind, content] = Route(handler, frozenset(roles))

    def notice(
        self, name: str, handler: Callable[[Context, dict[str, Any]], Shown], *, is_public: bool = False
    ) -> None:
        """``handler(ctx, params)`` words a notice in its reader's language; staff only, unless public."""
        self._notices[NOTICE_PREFIX + name] = handler
        if is_public:
            self._public_notices.add(NOTICE_PREFIX + name)

    def job(self, name: str, handler: Callable[[Context, dict[str, Any], Any], Shown]) -> None:
        """``handler(ctx, payload, result)`` applies the result of a job and may show the next screen."""
        self._jobs[name] = handler  # type: ignore[assignment]

    def progress(self, name: str, handler: Callable[[Context, dict[str, Any], int], Shown]) -> None:
        """``handler(ctx, payload, rows)`` shows how far a job has come."""
        self._progress[name] = handler

    # What the processor calls.

    def handle(self, session: Session, update: dict[str, Any]) -> Answer | None:
        """Handle one update; a DomainError goes up, so that its savepoint is rolled back first."""
        self._session, self._answer = session, None
        parsed = types.Update.de_json(update)  # type: ignore[no-untyped-call]
        if parsed is not None:
            self._bot.process_new_updates([parsed])
        return self._answer

    def refuse(self, session: Session, update: dict[str, Any], error: DomainError) -> Answer | None:
        """Say why nothing was changed, and show where the person is."""
        ctx, pressed = self._context_of(session, update)
        sentence = sentences.of(ctx.view, error)
        if pressed is None:
            self._show_again(ctx, sentence, after=ctx.message_id)
            return None
        query = update["callback_query"]
        if conversations.is_current(ctx.conversation, ctx.message_id):
            self._show_again(ctx, None, after=None)
        elif pressed.home() is not None:
            self._redraw(ctx, pressed.home())
        return Answer(query["id"], sentences.plain(sentence)[:MAX_TOAST], is_alert=True)

    def apologise(self, session: Session, update: dict[str, Any], error_id: str) -> Answer | None:
        """Tell the person and the administrators that something went wrong on our side."""
        ctx, _ = self._context_of(session, update)
        self._say_sorry(ctx, error_id)
        query = update.get("callback_query")
        return Answer(query["id"]) if query else None

    def job_failed(self, session: Session, row: OutboxRow, error_id: str) -> None:
        """Close a job whose result could not be applied; say so to whoever waits and to administrators."""
        outbox.give_up(session, row.id, f"error {error_id}")
        chat_id = row.payload.get("chat_id")
        if chat_id is not None:
            self._say_sorry(self._context_for(session, chat_id, None), error_id)
        else:
            notifications.tell_admins(session, "handler_failed", error_id=error_id, name=row.name)

    def _say_sorry(self, ctx: Context, error_id: str) -> None:
        text = ctx.t("Something went wrong on our side. The administrator knows; error {id}.", id=error_id)
        outbox.call(
            ctx.session, ctx.conversation.chat_id, "sendMessage", {"text": text, "parse_mode": "HTML"}
        )
        notifications.tell_admins(ctx.session, "handler_failed", error_id=error_id, name=ctx.person.name)

    def render(self, session: Session, row: OutboxRow) -> tuple[str, dict[str, Any]] | None:
        """Return the Bot API call of a notice, in its reader's words; None when its reason is gone."""
        payload = row.payload
        chat_id = int(row.lane)
        ctx = self._context_for(session, chat_id, payload.get("language"))
        is_staff = ctx.actor is not None and bool(ctx.actor.roles)
        if not is_staff and row.name not in self._public_notices:
            # Whoever left meanwhile hears no more of the company's business.
            return None
        screen = self._notices[row.name](ctx, {**payload, "row_id": row.id})
        if screen is None:
            return None
        params = {**screen.to_params(), "chat_id": chat_id, "about": screen.about}
        if screen.edits is None:
            return "sendMessage", params
        return "editMessageText", {**params, "message_id": screen.edits}

    def delivered(self, session: Session, outcome: Outcome, item: Item) -> None:
        """Note which message a screen or card became; and who cannot be reached any more."""
        if item.about.get("is_secret") and outcome.state in outbox.ENDED:
            outbox.forget_content(session, outcome.row_id)
        if outcome.state is OutboxState.FAILED:
            self._report_failure(session, outcome, item)
        if outcome.state is not OutboxState.SENT:
            if "card_id" in item.about and outcome.state in outbox.ENDED:
                notifications.card_lost(session, outcome.row_id, item.about)
            return
        message_id = outcome.result.get("message_id") if isinstance(outcome.result, dict) else None
        if "screen" in item.about and message_id is not None:
            conversations.screen_sent(session, item.about, message_id)
        if "card_id" in item.about:
            notifications.card_sent(session, outcome.row_id, item.about, message_id)

    def job_done(self, session: Session, row: OutboxRow, result: Any) -> None:
        """Apply a job's result and show what follows from it."""
        ctx = self._context_for(session, row.payload["chat_id"], None)
        screen: Any = self._jobs[row.name](ctx, row.payload, result)
        if screen is not None:
            conversations.show(session, ctx.conversation, screen)

    def job_goes_on(self, session: Session, name: str, payload: dict[str, Any], rows: int) -> None:
        """Show how far a job has come, in place of the screen that waits for it."""
        ctx = self._context_for(session, payload["chat_id"], None)
        # Before its message is known the screen could only be sent a second time.
        if ctx.conversation.message_id is None:
            return
        screen = self._progress[name](ctx, payload, rows)
        if screen is not None:
            conversations.show(session, ctx.conversation, screen)

    # What handlers call.

    def open(self, ctx: Context, data: Data | None) -> Screen:
        """Return the screen at an address; the front door when there is none or it is closed."""
        route = self._buttons.get(type(data)) if data is not None else None
        if route is not None:
            try:
                self._check(ctx, route, data)
                screen = route.handler(ctx, data)
            except DomainError:
                screen = None
            if screen is not None:
                return screen
        return self._front_door(ctx)

    def menu_for(self, roles: frozenset[Role]) -> list[MenuEntry]:
        """Return the menu's buttons for someone with ``roles``, each once, in their places."""
        entries = [entry for entry in self.menu if entry.roles & roles]
        unique = {entry.label: entry for entry in sorted(entries, key=lambda entry: entry.place)}
        return list(unique.values())

    def commands_for(self, roles: frozenset[Role], language: str) -> list[dict[str, str]]:
        """Return the commands of someone with ``roles`` as Telegram's menu wants them."""
        t = texts_for(language)
        return [
            {"command": command.name, "description": t.plain(command.description)}
            for command in self.commands.values()
            if not command.route.roles or command.route.roles & roles
        ]

    def publish_commands(self, ctx: Context, user: User) -> None:
        """Show a person the commands of their present roles, in their language."""
        scope = {"type": "chat", "chat_id": user.telegram_id}
        commands = self.commands_for(user.roles, user.language or company.get(ctx.session).language)
        params = {"commands": commands, "scope": scope}
        outbox.add(ctx.session, OutboxKind.TELEGRAM, str(user.telegram_id), "setMyCommands", params)

    def publish_to_all(self, ctx: Context) -> None:
        """Show strangers, and staff who have chosen no language, the commands in the company's own."""
        params = {"commands": self.commands_for(frozenset(), company.get(ctx.session).language)}
        outbox.add(ctx.session, OutboxKind.TELEGRAM, str(ctx.conversation.chat_id), "setMyCommands", params)
        staff = {user.id: user for role in Role for user in auth.staff(ctx.session, role)}
        for user in staff.values():
            if user.language is None:
                self.publish_commands(ctx, user)

    def kinds(self) -> dict[type[Data], Route]:
        """Return every registered screen and button."""
        return dict(self._buttons)

    # What telebot calls.

    def _on_message(self, message: types.Message) -> None:
        session = self._require_session()
        if message.chat.type != "private":
            self._answer_group(session, message.chat.id)
            return
        # Two bots that answer each other would never stop.
        if message.from_user is None or message.from_user.is_bot:
            return
        ctx = self._context(session, Person.of(message.from_user), message.message_id)
        screen = self._answer_message(ctx, message)
        if screen is not None:
            conversations.show(session, ctx.conversation, screen, after=message.message_id)

    def _on_press(self, query: types.CallbackQuery) -> None:
        session = self._require_session()
        message_id = query.message.message_id if query.message is not None else 0
        is_elsewhere = query.message is not None and query.message.chat.type != "private"
        if is_elsewhere or query.from_user.is_bot:
            self._answer = Answer(query.id)
            return
        ctx = self._context(session, Person.of(query.from_user), message_id)
        is_current = conversations.is_current(ctx.conversation, message_id)
        data = self._read(query.data)
        if data is None or not (is_current or data.anywhere) or self._is_hidden(ctx, data):
            self._show_again(ctx, None, after=None if is_current else message_id)
            if not is_current:
                outbox.take_keyboard(session, ctx.conversation.chat_id, message_id)
            self._answer = Answer(query.id, ctx.t.plain(STALE))
            return
        # Only where it is news: what is written again unchanged is looked through at the next flush, too.
        if is_current and ctx.conversation.message_id is None:
            ctx.conversation.message_id = message_id
        screen = self._press(ctx, data)
        if screen is not None:
            self._show_pressed(ctx, screen, is_current=is_current)
        self._answer = Answer(query.id, ctx.toast and ctx.toast[:MAX_TOAST], ctx.is_alert)

    def _on_membership(self, change: types.ChatMemberUpdated) -> None:
        session = self._require_session()
        if change.chat.type != "private":
            return
        if change.new_chat_member.status == "kicked":
            notifications.lost_contact(session, change.chat.id)
        elif change.new_chat_member.status == "member":
            notifications.regained_contact(session, change.chat.id)

    # Steps of the above.

    def _report_failure(self, session: Session, outcome: Outcome, item: Item) -> None:
        if (outcome.error or "").startswith("unreachable"):
            notifications.lost_contact(session, int(item.lane))
        elif "is_report" not in item.about:
            notifications.tell_admins(session, "call_failed", failed_id=outcome.row_id)

    def _answer_message(self, ctx: Context, message: types.Message) -> Shown:
        text = message.text or ""
        if message.content_type == "text" and text.startswith("/"):
            return self._run_command(ctx, text)
        # Where nothing is known of the chat, what is typed is typed at the front door: a code, say.
        here = conversations.address(ctx.conversation) or self._front_door(ctx).here
        route = self._typed.get((type(here), message.content_type)) if here is not None else None
        if route is None or here is None or not self._may(ctx, route):
            awaits = self._typed.get((type(here), "text")) if here is not None else None
            wants_text = message.content_type != "text" and awaits is not None and self._may(ctx, awaits)
            return self._unexpected(ctx, here, wants_text=wants_text)
        owner = self._buttons.get(type(here))
        if owner is not None:
            self._check(ctx, owner, here)
        content = text if message.content_type == "text" else getattr(message, message.content_type)
        return route.handler(ctx, here, content)

    def _run_command(self, ctx: Context, text: str) -> Shown:
        word, _, argument = text[1:].partition(" ")
        command = self.commands.get(word.partition("@")[0].lower())
        if command is None or not self._may(ctx, command.route):
            return self._unexpected(ctx, conversations.address(ctx.conversation))
        return command.route.handler(ctx, argument.strip())

    def _unexpected(self, ctx: Context, here: Data | None, *, wants_text: bool = False) -> Screen:
        screen = self.open(ctx, here)
        if self.hint is None:
            return screen
        screen.under(self.hint(ctx, wants_text))
        return screen

    def _press(self, ctx: Context, data: Data) -> Shown:
        route = self._buttons[type(data)]
        self._check(ctx, route, data)
        return route.handler(ctx, data)

    def _show_pressed(self, ctx: Context, screen: Screen, *, is_current: bool) -> None:
        if is_current:
            conversations.show(ctx.session, ctx.conversation, screen)
        elif screen.here is not None and screen.here.card:
            self._edit(ctx, screen)
        else:
            conversations.show(ctx.session, ctx.conversation, screen, after=ctx.message_id)

    def _show_again(self, ctx: Context, sentence: str | None, *, after: int | None) -> None:
        screen = self._present(ctx)
        if sentence is not None:
            screen.under(sentence)
        conversations.show(ctx.session, ctx.conversation, screen, after=after)

    def _present(self, ctx: Context) -> Screen:
        return self.open(ctx, conversations.address(ctx.conversation))

    def _redraw(self, ctx: Context, home: Data | None) -> None:
        screen = self.open(ctx, home)
        if screen.here == home:
            self._edit(ctx, screen)

    def _edit(self, ctx: Context, screen: Screen) -> None:
        """Redraw a card in place; the person's screen stays what it is."""
        params = {**screen.to_params(), "message_id": ctx.message_id}
        outbox.call(ctx.session, ctx.conversation.chat_id, "editMessageText", params)

    def _check(self, ctx: Context, route: Route, data: Data | None) -> None:
        if data is not None and data.public:
            return
        if not self._may(ctx, route):
            raise Forbidden("forbidden")

    def _is_hidden(self, ctx: Context, data: Data) -> bool:
        """Tell whether the button is the administrators' alone: to anybody else there is none such.

        An administrator who is blocked hears that they are.
        """
        given = {grant.role for grant in ctx.actor.grants} if ctx.actor is not None else set()
        return self._buttons[type(data)].roles == {Role.ADMIN} and Role.ADMIN not in given

    def _may(self, ctx: Context, route: Route) -> bool:
        if not route.roles:
            return True
        return ctx.actor is not None and bool(ctx.actor.roles & route.roles)

    def _front_door(self, ctx: Context) -> Screen:
        if self.front_door is None:
            raise Conflict("no_front_door")
        return self.front_door(ctx)

    def _answer_group(self, session: Session, chat_id: int) -> None:
        group = conversations.get(session, chat_id)
        if group.screen:
            return
        group.screen = 1
        view = view_of(session, None)
        outbox.call(session, chat_id, "sendMessage", {"text": view.t.plain(GROUP)})

    def _require_session(self) -> Session:
        if self._session is None:
            raise RuntimeError("an update came past the processor")
        return self._session

    def _context(self, session: Session, person: Person, message_id: int) -> Context:
        actor = auth.find_user(session, person.telegram_id)
        if actor is not None:
            auth.take_note(session, actor, person.name, person.username)
        talk = conversations.get(session, person.telegram_id)
        return self._make_context(session, actor, person, talk, None, message_id)

    def _context_of(self, session: Session, update: dict[str, Any]) -> tuple[Context, Data | None]:
        query = update.get("callback_query")
        if query is not None:
            message_id = (query.get("message") or {}).get("message_id", 0)
            ctx = self._context(session, Person.of_json(query["from"]), message_id)
            return ctx, self._read(query.get("data"))
        message = update["message"]
        return self._context(session, Person.of_json(message["from"]), message["message_id"]), None

    def _read(self, text: str | None) -> Data | None:
        """Return what a button carried, None when no screen of this version has such a button."""
        try:
            data = unpack(text or "")
        except BadData as error:
            log.info("button data not understood: %s", error)
            return None
        return data if type(data) in self._buttons else None

    def _context_for(self, session: Session, chat_id: int, language: str | None) -> Context:
        actor = auth.find_user(session, chat_id)
        person = Person(chat_id, actor.name if actor else "", actor.username if actor else None)
        talk = conversations.get(session, chat_id)
        return self._make_context(session, actor, person, talk, language, 0)

    def _make_context(
        self,
        session: Session,
        actor: User | None,
        person: Person,
        talk: Conversation,
        language: str | None,
        message_id: int,
    ) -> Context:
        view = view_of(session, language or (actor.language if actor else None))
        ctx = Context(
            session,
            actor,
            person,
            talk,
            view,
            open=lambda data: self.open(ctx, data),
            refusal=lambda error: self._present(ctx).under(sentences.of(ctx.view, error)),
            message_id=message_id,
        )
        return ctx
