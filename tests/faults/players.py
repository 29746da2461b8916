"""People who go through whole orders, button by button, whatever happens to the bot meanwhile.

Each acts only on a screen that has come to rest, so it is known what every press means: what the database
holds in the end can be compared with what was pressed, press by press.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from demo.bot_api_types import Message
from demo.people import Person
from tests.faults.far_ends import FarEnds, wait_until

PATIENCE = 90
FIRST, SECOND = "Гречка", "Рис круглозёрный"
FIRST_SKU, SECOND_SKU = "КР-001", "КР-002"
PER_BOX = 12

NEW, CART, ON = "/new", "🛒 Корзина", "Дальше"
PLUS, MINUS, LIST = "+ 1 шт", "− 1 шт", "↩️ К списку"
PICKUP, RIGHT, NOTE, ORDER = "🏬 Самовывоз", "✅ Верно", "📝 Пометка", "📋 Заказ"
SEND, SEND_TOO, RECALL = "✅ Отправить на склад", "✅ Да, отправить", "↩️ Отозвать"
DELETE, DELETE_SURE = "🗑️ Удалить черновик", "🗑️ Да, удалить"
TAKE, GIVE_BACK = "🙋 Взять в работу", "↩️ Вернуть в очередь"
CONFIRM, CONFIRM_SURE = "✅ Подтвердить загрузку", "✅ Да, загружено"
QUANTITY, NOT_IN_STOCK = "✏️ Количество", "нет на складе"


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
    events: list[str] = field(default_factory=list)
    keepers: list[int] = field(default_factory=list)


class Player:
    """One person, and what they sent that the bot has not dealt with yet."""

    def __init__(self, far: FarEnds, person: Person, seed: str) -> None:
        self.far = far
        self.person = person
        self.dice = random.Random(seed)
        self._sent: list[int] = []

    def act(self, action: Callable[[], object]) -> None:
        """Do something in Telegram and remember the updates it made."""
        with self.far.api.world.lock:
            first = self.far.api.last_update_id + 1
            action()
            self._sent += range(first, self.far.api.last_update_id + 1)

    def say(self, text: str) -> None:
        self.act(lambda: self.person.send(text))
        self.settle()

    def press(self, label: str, times: int = 1) -> None:
        """Press a button of the screen, several times in a hurry, and see what comes of it."""
        screen = self.screen
        for _ in range(times):
            self.act(lambda: self.person.press(label, message=screen))
        self.settle()

    def settle(self) -> None:
        """Wait until the bot has dealt with everything and shown what it had to show."""
        wait_until(self._is_settled, self._complaint, PATIENCE)
        self._sent.clear()

    @property
    def screen(self) -> Message:
        """The message that is this person's screen, as the bot knows it."""
        message_id = self.far.tables.one(
            "SELECT message_id FROM conversations WHERE chat_id = ?", self.person.id
        )
        return self._message(message_id)

    def _message(self, message_id: int) -> Message:
        with self.far.api.world.lock:
            message = self.far.api.world.find_message(self.person.id, message_id)
        assert message is not None, f"message {message_id} is gone\n{self.person.view()}"
        return message

    def _is_settled(self) -> bool:
        marks = ",".join("?" * len(self._sent))
        query = f"SELECT state FROM inbox_updates WHERE update_id IN ({marks})"
        states = self.far.tables.column(query, *self._sent)
        assert "failed" not in states, f"an update failed\n{self.person.view()}"
        return states.count("done") == len(self._sent) and not self._is_awaited()

    def _is_awaited(self) -> bool:
        """Whether a message to this person, or a job of theirs, is under way."""
        return bool(
            self.far.tables.one(
                "SELECT count(*) FROM outbox_messages WHERE state IN ('waiting', 'sending') AND"
                " ((kind = 'telegram' AND lane = ?) OR (kind = 'job' AND payload LIKE ?))",
                str(self.person.id),
                f'%"chat_id": {self.person.id},%',
            )
        )

    def _complaint(self) -> str:
        rows = self.far.tables.all(
            "SELECT kind, lane, name, state, attempts, last_error FROM outbox_messages"
            " WHERE state IN ('waiting', 'sending')"
        )
        waiting = self.far.tables.column("SELECT update_id FROM inbox_updates WHERE state = 'waiting'")
        return f"not at rest; sent {self._sent}, waiting {waiting}, going out {rows}\n{self.person.view()}"


class Rep(Player):
    """A sales rep who writes order after order."""

    def __init__(self, far: FarEnds, person: Person, seed: str, customers: list[str]) -> None:
        super().__init__(far, person, seed)
        self._customers = customers
        self._written = 0

    def orders(self) -> Iterator[Expected | None]:
        """Write orders for ever; None for a draft that was thrown away."""
        while True:
            yield self._write()

    def _write(self) -> Expected | None:
        customer = self.dice.choice(self._customers)
        order = Expected("", self.person.id, customer, {})
        self.say(NEW)
        self.say(customer.strip("»").rpartition("«")[2])
        self.press(customer)
        self._choose_goods(order)
        self._choose_place()
        self._choose_time()
        order.note = self._next_note()
        self.say(order.note)
        if self.dice.random() < 0.15:
            self.press(DELETE)
            self.press(DELETE_SURE)
            return None
        self._send(order)
        if self.dice.random() < 0.3:
            self._recall_and_send(order)
        order.number = self._number_of(order)
        return order

    def _choose_goods(self, order: Expected) -> None:
        self.press("Бакалея")
        self.press("Крупы")
        self.press(FIRST)
        order.lines[FIRST_SKU] = self._step()
        self.press(LIST)
        self.press(SECOND)
        boxes = self.dice.randint(1, 3)
        self.say(f"{boxes} кор")
        order.lines[SECOND_SKU] = boxes * PER_BOX * 1000
        if self.dice.random() < 0.4:
            self.press(CART)
            self.press("1. ")
            order.lines[FIRST_SKU] += self._step()
        self.press(CART)
        self.press(ON)

    def _step(self) -> int:
        """Hammer on «+ 1» and «− 1»; return the thousandths this must have added."""
        ups = self.dice.randint(2, 9)
        downs = self.dice.randint(0, ups - 1)
        screen = self.screen
        for label in [PLUS] * ups + [MINUS] * downs:
            self.act(lambda label=label: self.person.press(label, message=screen))  # type: ignore[misc]
        self.settle()
        return (ups - downs) * 1000

    def _choose_place(self) -> None:
        way = self.dice.choice(["pickup", "outlet", "typed"])
        outlet = next((label for label in self.screen.labels if label.startswith("📍")), None)
        if way == "typed":
            self.say("Москва, Тверская улица, 7")
            self.press(RIGHT)
        elif way == "outlet" and outlet is not None:
            self.press(outlet)
        else:
            self.press(PICKUP)

    def _choose_time(self) -> None:
        if not (days := _days(self.screen)):
            self.press("▶")
            days = _days(self.screen)
        self.press(self.dice.choice(days[:5]))
        self.press(next(label for label in self.screen.labels if "осталось" in label))

    def _send(self, order: Expected) -> None:
        """Send it with an impatient finger; a second order for one day has to be meant."""
        self.press(SEND, times=2)
        if SEND_TOO in self.screen.labels:
            self.press(SEND_TOO, times=2)
        assert RECALL in self.screen.labels, f"{order} was not sent\n{self.person.view()}"
        order.events.append("placed")

    def _recall_and_send(self, order: Expected) -> None:
        self.press(RECALL)
        order.events.append("recalled")
        order.note = self._next_note()
        self.press(NOTE)
        self.say(order.note)
        self._send(order)

    def _next_note(self) -> str:
        self._written += 1
        return f"Пометка {self.person.id}-{self._written}"

    def _number_of(self, order: Expected) -> int:
        number = self.far.tables.one("SELECT number FROM orders WHERE note = ?", order.note)
        assert isinstance(number, int), f"{order} is lost\n{self.person.view()}"
        return number


class Keeper(Player):
    """A storekeeper; which message is an order's card is what the bot remembers of it."""

    @property
    def user_id(self) -> int:
        return int(self.far.tables.one("SELECT id FROM users WHERE telegram_id = ?", self.person.id))

    def card(self, number: int) -> Message | None:
        message_id = self.far.tables.one(
            "SELECT c.message_id FROM order_cards c JOIN orders o ON o.id = c.order_id"
            " WHERE o.number = ? AND c.user_id = ?",
            number,
            self.user_id,
        )
        return None if message_id is None else self._message(message_id)

    def await_button(self, number: int, label: str) -> Message:
        """The order's card, once it carries this button and has come to rest."""

        def found() -> Message | None:
            card = self.card(number)
            return card if card is not None and label in card.labels and not self._is_awaited() else None

        card = wait_until(found, lambda: f"order {number}: no {label}\n{self._complaint()}", PATIENCE)
        assert card is not None
        return card

    def tap(self, card: Message, label: str) -> None:
        self.act(lambda: self.person.press(label, message=card))


def load(order: Expected, keepers: list[Keeper], dice: random.Random) -> None:
    """Both storekeepers grab the order; whoever gets it gives it back or loads it."""
    while True:
        cards = [(keeper, keeper.await_button(order.number, TAKE)) for keeper in keepers]
        dice.shuffle(cards)
        for keeper, card in cards:
            keeper.tap(card, TAKE)
        for keeper in keepers:
            keeper.settle()
        winner = _winner(order, keepers)
        order.events.append("claimed")
        order.keepers.append(winner.person.id)
        card = winner.await_button(order.number, CONFIRM)
        if dice.random() < 0.25:
            winner.tap(card, GIVE_BACK)
            winner.settle()
            order.events.append("released")
            continue
        if dice.random() < 0.35:
            _load_less(order, winner, card, dice)
            card = winner.await_button(order.number, CONFIRM)
        winner.tap(card, CONFIRM)
        winner.settle()
        card = winner.await_button(order.number, CONFIRM_SURE)
        for _ in range(2):
            winner.tap(card, CONFIRM_SURE)
        winner.settle()
        order.events.append("loaded")
        return


def _load_less(order: Expected, winner: Keeper, card: Message, dice: random.Random) -> None:
    """Correct a line, for a usual reason or one's own."""
    place = dice.randrange(2)
    sku = (FIRST_SKU, SECOND_SKU)[place]
    winner.tap(card, QUANTITY)
    winner.settle()
    winner.press(f"{place + 1}. ")
    pieces = dice.randint(0, order.lines[sku] // 1000 - 1)
    winner.say(f"{pieces} шт")
    if dice.random() < 0.5:
        winner.press(NOT_IN_STOCK, times=2)
    else:
        winner.say("брак упаковки")
    order.short[sku] = pieces * 1000


def _winner(order: Expected, keepers: list[Keeper]) -> Keeper:
    tables = keepers[0].far.tables
    status, keeper_id = tables.all(
        "SELECT status, storekeeper_id FROM orders WHERE number = ?", order.number
    )[0]
    assert status == "loading", f"order {order.number} is {status} after both took it"
    return next(keeper for keeper in keepers if keeper.user_id == keeper_id)


def _days(month: Message) -> list[str]:
    return [label for label in month.labels if label.isdigit()]
