"""What a person does in Telegram, and what they see there."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

from demo import bot_api_content as content
from demo.bot_api_types import JSON, Button, Message, Query, User
from demo.bot_api_view import describe_chat
from demo.bot_api_world import World


@dataclass(frozen=True)
class Toast:
    """The answer a press brought up."""

    text: str
    alert: bool


class Press:
    """A press on a button, waiting for the bot's answer to it."""

    def __init__(self, person: "Person", query: Query) -> None:
        self._person = person
        self._query = query

    @property
    def id(self) -> str:
        """The callback query's id."""
        return self._query.id

    @property
    def answered(self) -> bool:
        """Whether the little clock on the button has stopped."""
        return self._query.answered

    @property
    def toast(self) -> Toast | None:
        """What the answer said, None for a silent or missing one."""
        return Toast(self._query.text, self._query.alert) if self._query.text else None

    def wait_answered(self, timeout: float = 10) -> Self:
        """Block until the bot has answered this press; AssertionError after ``timeout`` seconds."""
        self._person.wait(
            lambda _: self._query.answered, timeout, f"the press on {self._query.data!r} was not answered"
        )
        return self


class Person:
    """One person's Telegram. Safe to use from any thread; made by ``BotApi.person``."""

    def __init__(self, world: World, user_id: int) -> None:
        self._world = world
        self.id = user_id

    def __repr__(self) -> str:
        return f"<Person {self.id} {self.user.first_name}>"

    @property
    def user(self) -> User:
        """Name, user name and whether the bot is blocked."""
        return self._world.users[self.id]

    # --- doing

    def start(self, payload: str = "") -> Message:
        """Press «Start», with what a deep link carries; unblocks the bot."""
        if self.user.blocked:
            self.unblock()
        return self.send(f"/start {payload}".strip())

    def send(self, text: str, *, group: int | None = None, reply_to: Message | None = None) -> Message:
        """Type a text and send it; Telegram cuts a long one into several messages, the last is returned."""
        with self._world.lock:
            return [self._say(body, group, reply_to) for body in content.texts(text)][-1]

    def command(self, text: str, *, group: int | None = None) -> Message:
        """Send a command such as ``/start CODE``."""
        assert text.startswith("/"), f"{text!r} is no command"
        return self.send(text, group=group)

    def tap(self, label: str) -> Message:
        """Press a button of the reply keyboard: sends its text, contact or location."""
        with self._world.lock:
            buttons = {button["text"]: button for row in self._reply_rows() for button in row}
            found = _match(label, list(buttons))
            if found is None:
                raise AssertionError(f"no reply keyboard button {label!r}\n{self.view()}")
            if buttons[found].get("request_contact"):
                return self.send_contact()
            if buttons[found].get("request_location"):
                return self.send_location(55.751244, 37.618423)
            return self.send(found)

    def press(self, label: str, *, message: Message | None = None) -> Press:
        """Press an inline button by its label or by a beginning that fits no other button of the message.

        Without ``message`` it is the newest message that carries such a button.
        """
        with self._world.lock:
            candidates = [message] if message is not None else list(self._world.newest(self.id))
            for candidate in candidates:
                button = None if candidate.deleted else _find_button(candidate, label)
                if button is not None:
                    return self._press(candidate, button)
            raise AssertionError(f"no button {label!r} is visible\n{self.view()}")

    def forge(self, data: str, *, message_id: int | None = None) -> Press:
        """Press with arbitrary data, on any message id: what a tampered client can do."""
        with self._world.lock:
            if message_id is None:
                message_id = self.last.message_id
            return self._query(data, message_id)

    def send_location(self, latitude: float, longitude: float, *, group: int | None = None) -> Message:
        """Send a point on the map."""
        return self._say(content.location(latitude, longitude), group)

    def send_contact(self, phone: str = "+79990000000", user_id: int | None = None) -> Message:
        """Send a contact: the person's own, or somebody else's with ``user_id``."""
        owner = self._world.user(user_id) if user_id else self.user
        return self._say(content.contact(phone, owner))

    def send_photo(self, data: bytes | None = None, caption: str = "") -> Message:
        """Send a picture."""
        with self._world.lock:
            body, photo = content.photo(self._world, data, caption)
            return self._say(body, photo=photo)

    def send_document(self, name: str, data: bytes, caption: str = "") -> Message:
        """Send a file."""
        with self._world.lock:
            body, document = content.document(self._world, name, data, caption)
            return self._say(body, document=document)

    def send_sticker(self) -> Message:
        """Send a sticker."""
        with self._world.lock:
            return self._say(content.sticker(self._world))

    def send_voice(self) -> Message:
        """Send a voice message."""
        with self._world.lock:
            return self._say(content.voice(self._world))

    def edit(self, message: Message, text: str) -> None:
        """Change one's own message after sending it."""
        with self._world.lock:
            message.content |= content.text(text)
            message.edits += 1
            message.edited_at = self._world.now()
            self._world.updates.push({"edited_message": message.as_json()})
            self._world.touch(message.chat_id)

    def block(self) -> None:
        """Block the bot; it learns of it by ``my_chat_member``."""
        self._set_blocked(True)

    def unblock(self) -> None:
        """Unblock the bot."""
        self._set_blocked(False)

    def deactivate(self) -> None:
        """Delete the account."""
        self.user.deactivated = True

    # --- reading

    @property
    def messages(self) -> list[Message]:
        """The visible messages of the private chat, oldest first."""
        with self._world.lock:
            return self._world.visible(self.id)

    @property
    def history(self) -> list[Message]:
        """Every message there ever was, also deleted ones."""
        with self._world.lock:
            return self._world.history(self.id)

    @property
    def received(self) -> list[Message]:
        """The visible messages from the bot."""
        return [message for message in self.messages if message.from_bot]

    @property
    def last(self) -> Message:
        """The newest visible message; AssertionError in an empty chat."""
        with self._world.lock:
            message = next(self._world.newest(self.id), None)
        assert message is not None, self.view()
        return message

    @property
    def screen(self) -> Message:
        """The newest visible message with an inline keyboard."""
        with self._world.lock:
            message = next((m for m in self._world.newest(self.id) if m.inline_keyboard), None)
        assert message is not None, f"no message has buttons\n{self.view()}"
        return message

    @property
    def keyboard(self) -> list[list[str]]:
        """The labels of the reply keyboard in force, row by row."""
        with self._world.lock:
            return [[button["text"] for button in row] for row in self._reply_rows()]

    @property
    def toasts(self) -> list[Toast]:
        """What the presses brought up so far, oldest first; silent answers are left out."""
        with self._world.lock:
            return [Toast(query.text, query.alert) for query in self._world.answers(self.id)]

    def wait(
        self, condition: Callable[["Person"], object], timeout: float = 10, complaint: str = "not seen"
    ) -> None:
        """Block until ``condition(person)`` is true; AssertionError with the whole chat on time-out.

        The condition is asked again at every change of any chat, with the world standing still.
        """
        with self._world.changed:
            if not self._world.changed.wait_for(lambda: condition(self), timeout):
                raise AssertionError(f"{complaint} within {timeout} s\n{self.view()}")

    def wait_text(self, piece: str, timeout: float = 10, *, after: Message | None = None) -> Message:
        """The newest visible message from the bot that contains ``piece``, once there is one.

        ``after`` admits only messages newer than that one.
        """
        oldest = after.message_id if after is not None else 0
        self.wait(lambda _: self._with_text(piece, oldest), timeout, f"{piece!r} was not said")
        found = self._with_text(piece, oldest)
        assert found is not None, self.view()
        return found

    def wait_document(self, suffix: str = "", timeout: float = 10) -> Message:
        """The newest visible message from the bot with a file whose name ends so, once there is one."""

        def found(person: "Person") -> list[Message]:
            files = [message for message in person.received if message.document]
            return [m for m in files if m.document is not None and m.document.name.endswith(suffix)]

        self.wait(found, timeout, f"no document {suffix!r} came")
        return found(self)[-1]

    def view(self) -> str:
        """The chat as the person would see it, for reading in a failed test."""
        with self._world.lock:
            return describe_chat(self.user, self._world.visible(self.id), self.keyboard, self.toasts[-5:])

    # --- how

    def _say(
        self, body: JSON, group: int | None = None, reply_to: Message | None = None, **extra: object
    ) -> Message:
        with self._world.lock:
            assert not self.user.blocked, f"{self.user.first_name} has blocked the bot and cannot write to it"
            chat_id = self.id if group is None else group
            if group is None:
                self.user.started = True
            chat = self._world.chat_json(chat_id)
            if reply_to is not None:
                body = body | {"reply_to_message": reply_to.as_json()}
            message = self._world.add_message(chat, self.user.as_json(), body, **extra)
            self._world.updates.push({"message": message.as_json()})
            return message

    def _press(self, message: Message, button: Button) -> Press:
        if button.data is None:
            raise AssertionError(f"the button {button.label!r} is a link to {button.url}")
        return self._query(button.data, message.message_id)

    def _query(self, data: str, message_id: int) -> Press:
        query = self._world.add_query(self.id, data)
        message = self._world.find_message(self.id, message_id)
        gone = {"chat": self.user.chat_json(), "message_id": message_id, "date": 0}
        update = {
            "id": query.id,
            "from": self.user.as_json(),
            "message": gone if message is None else message.as_json(),
            "chat_instance": str(self.id * 7919),
            "data": data,
        }
        self._world.updates.push({"callback_query": update})
        return Press(self, query)

    def _set_blocked(self, blocked: bool) -> None:
        with self._world.lock:
            self.user.blocked = blocked
            statuses = ("member", "kicked") if blocked else ("kicked", "member")
            change = content.membership(self._world, self.user, *statuses)
            self._world.updates.push({"my_chat_member": change})
            self._world.touch(self.id)

    def _with_text(self, piece: str, after: int) -> Message | None:
        with self._world.lock:
            newest = (m for m in self._world.newest(self.id) if m.from_bot and m.message_id > after)
            return next((message for message in newest if piece in message.text), None)

    def _reply_rows(self) -> list[list[JSON]]:
        newest = self._world.newest(self.id)
        markup = next((m.reply_keyboard for m in newest if m.reply_keyboard is not None), {})
        rows: list[list[JSON]] = markup.get("keyboard", [])
        return rows


def _match(label: str, labels: list[str]) -> str | None:
    """The label meant: exactly that one, else the only one beginning so."""
    if label in labels:
        return label
    beginning = [known for known in labels if known.startswith(label)]
    if len(beginning) > 1:
        raise AssertionError(f"{label!r} may be any of {beginning}")
    return beginning[0] if beginning else None


def _find_button(message: Message, label: str) -> Button | None:
    buttons = [button for row in message.buttons for button in row]
    found = _match(label, [button.label for button in buttons])
    return next((button for button in buttons if button.label == found), None)
