"""People who act button by button, whatever happens to the bot meanwhile.

Each acts only on a screen that has come to rest, so it is known what every press means: what the database
holds in the end can be compared with what was pressed, press by press.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from demo.bot_api_types import Message
from demo.people import Person
from tests.faults.far_ends import FarEnds, wait_until

PATIENCE = 90
FIRST, SECOND = "Гречка", "Рис круглозёрный"
FIRST_SKU, SECOND_SKU = "КР-001", "КР-002"
PER_BOX = 12


@dataclass
class Expected:
    """An order as it was pressed together."""

    note: str
    rep_id: int
    customer: str
    # SKU → thousandths of a piece.
    lines: dict[str, int]
    # The same of what was loaded, where that was less.
    short: dict[str, int] = field(default_factory=dict)
    number: int = 0
    status: str = "placed"
    events: list[str] = field(default_factory=list)
    reason: str | None = None
    # What has to be said about it: to whom, and the words it has to hold, as often as they are here.
    notices: Counter[tuple[int, str]] = field(default_factory=Counter)
    # Further addresses its invoice was mailed to.
    also_to: list[str] = field(default_factory=list)
    # Presses that had their effect: pressed once more when all is over, they must have none.
    presses: list[tuple[Player, int, str]] = field(default_factory=list)

    @property
    def head(self) -> str:
        """What every notice about it begins with."""
        return f"Заказ №{self.number} ({self.customer})"

    def is_due(self, words: str, chat_id: int | None = None) -> None:
        """Somebody, usually the rep, has to hear this."""
        self.notices[chat_id or self.rep_id, f"{self.head}{words}"] += 1

    def end(self, status: str) -> None:
        """Nobody will do anything more about it, but those whose fingers are late."""
        self.status = status
        for player, message_id, data in self.presses:
            player.late.append((message_id, data))
        self.presses.clear()


class Player:
    """One person, and what they sent that the bot has not dealt with yet."""

    def __init__(self, far: FarEnds, person: Person, seed: str) -> None:
        self.far = far
        self.person = person
        self.dice = random.Random(f"{seed}-{person.id}")
        self.late: list[tuple[int, str]] = []
        self.done: Counter[str] = Counter()
        self._sent: list[int] = []

    @property
    def user_id(self) -> int:
        return int(self.far.tables.one("SELECT id FROM users WHERE telegram_id = ?", self.person.id))

    def act(self, action: Callable[[], object]) -> None:
        """Do something in Telegram and remember the updates it made."""
        with self.far.api.world.lock:
            first = self.far.api.last_update_id + 1
            action()
            self._sent += range(first, self.far.api.last_update_id + 1)

    def say(self, text: str) -> None:
        self.act(lambda: self.person.send(text))
        self.settle()

    def press(self, label: str, times: int = 1, *, about: Expected | None = None) -> None:
        """Press a button of the screen, several times in a hurry, and see what comes of it."""
        self.tap(self.screen, label, times, about=about)
        self.settle()

    def tap(self, message: Message, label: str, times: int = 1, *, about: Expected | None = None) -> str:
        """Press a button of any message, and return its data; ``about`` an order it has an effect on."""
        pressed = []

        def taps() -> None:
            press = self.person.press(label, message=message)
            pressed.append(self.far.api.world.queries[press.id].data)
            # The finger is quicker than the bot: it hits what was there, whatever is there by now.
            for _ in range(times - 1):
                self.person.forge(pressed[0], message_id=message.message_id)

        self.act(taps)
        self.done["taps too many"] += times - 1
        if about is not None:
            about.presses.append((self, message.message_id, pressed[0]))
        return pressed[0]

    def press_late(self) -> None:
        """Press now and then what was pressed long ago: a phone that had no network until now."""
        if self.late and self.dice.random() < 0.4:
            message_id, data = self.dice.choice(self.late[-50:])
            self.act(lambda: self.person.forge(data, message_id=message_id))
            self.settle()
            self.done["late presses"] += 1

    def settle(self) -> None:
        """Wait until the bot has dealt with everything and shown what it had to show."""
        wait_until(self._is_settled, self.complaint, PATIENCE)
        self._sent.clear()

    @property
    def screen(self) -> Message:
        """The message that is this person's screen, as the bot knows it."""
        message_id = self.far.tables.one(
            "SELECT message_id FROM conversations WHERE chat_id = ?", self.person.id
        )
        return self.message(message_id)

    def button(self, piece: str) -> str:
        """The label of the screen's first button that holds a piece of text."""
        found = next((label for label in self.screen.labels if piece in label), None)
        assert found is not None, f"no button with {piece!r}\n{self.person.view()}"
        return found

    def sees(self, piece: str) -> None:
        """The screen has to say so."""
        assert piece in self.screen.text, f"{piece!r} is not on the screen\n{self.person.view()}"

    def message(self, message_id: int) -> Message:
        with self.far.api.world.lock:
            message = self.far.api.world.find_message(self.person.id, message_id)
        assert message is not None, f"message {message_id} is gone\n{self.person.view()}"
        return message

    def is_awaited(self) -> bool:
        """Whether a message to this person, or a job of theirs, is under way."""
        return bool(
            self.far.tables.one(
                "SELECT count(*) FROM outbox_messages WHERE state IN ('waiting', 'sending') AND"
                " ((kind = 'telegram' AND lane = ?) OR (kind = 'job' AND payload LIKE ?))",
                str(self.person.id),
                f'%"chat_id": {self.person.id},%',
            )
        )

    def complaint(self) -> str:
        """Everything that helps to see why somebody waits in vain."""
        rows = self.far.tables.all(
            "SELECT kind, lane, name, state, attempts, last_error FROM outbox_messages"
            " WHERE state IN ('waiting', 'sending')"
        )
        waiting = self.far.tables.column("SELECT update_id FROM inbox_updates WHERE state = 'waiting'")
        return f"not at rest; sent {self._sent}, waiting {waiting}, going out {rows}\n{self.person.view()}"

    def _is_settled(self) -> bool:
        marks = ",".join("?" * len(self._sent))
        query = f"SELECT state FROM inbox_updates WHERE update_id IN ({marks})"
        states = self.far.tables.column(query, *self._sent)
        assert "failed" not in states, f"an update failed\n{self.person.view()}"
        return states.count("done") == len(self._sent) and not self.is_awaited()
