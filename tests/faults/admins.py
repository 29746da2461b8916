"""The administrator: lets people in and shuts them out, changes prices, counts, has mail tried again."""

from __future__ import annotations

import re
import threading

from demo.people import Person
from tests.faults.far_ends import FarEnds
from tests.faults.players import Expected, Player

# The reps sell neither: what the administrator writes about them is all that happens to them.
COUNTED, COUNTED_SKU = "Пшено", "КР-004"
RECEIVED, RECEIVED_SKU = "Овсяные хлопья", "КР-005"
PRICED, PRICED_SKU = "Гречка", "КР-001"
CATALOGUE, FIELDS, PRICE = "📦 Каталог", "✏️ Изменить", "✏️ цена"
BLOCK, SURE, UNBLOCK = "🚫 Заблокировать", "🚫 Да, заблокировать", "✅ Разблокировать"
BACK_TO_QUEUE, CANCEL, GO_ON = "↩️ Вернуть в очередь", "⛔ Отменить", "▶️ Продолжить"
RECEIVE, NO_PAPER, COUNT, WRITE = (
    "➕ Приход",
    "Без документа",
    "✏️ Пересчёт",
    "✅ Записать",
)
FIRST_HIRED = 7000


class Admin(Player):
    """One administrator; others ask for things while something else may be in hand, so they take turns."""

    def __init__(self, far: FarEnds, person: Person, seed: str) -> None:
        super().__init__(far, person, seed)
        self.hired: list[int] = []
        # SKU, kind of movement and thousandths, in order.
        self.movements: list[tuple[str, str, int]] = []
        # Minor units, in order.
        self.prices: list[int] = []
        self.blocked: list[int] = []
        self._turn = threading.Lock()

    @property
    def name(self) -> str:
        return self.person.user.first_name

    def work(self) -> None:
        """Do one thing that there is to do."""
        task = self.dice.choice([self._hire, self._price, self._receive, self._count, self._go_on])
        with self._turn:
            self.press_late()
            task()

    def block(self, player: Player) -> None:
        """Shut somebody out, whatever they have in hand."""
        with self._turn:
            self._find(player)
            self.press(BLOCK)
            self.press(SURE, times=2)
            self.sees("⛔ заблокирован")
        self.blocked.append(player.person.id)
        self.done["blocked"] += 1

    def unblock(self, player: Player) -> None:
        with self._turn:
            self._find(player)
            self.press(UNBLOCK, times=2)

    def take_back(self, order: Expected, reason: str) -> None:
        """Put an order somebody has in hand back into the queue."""
        with self._turn:
            self._open(order)
            self.press(BACK_TO_QUEUE)
            self.say(reason)
            self.sees("На складе")
        self.done["taken back"] += 1

    def cancel(self, order: Expected) -> None:
        order.reason = f"клиент передумал {order.number}"
        with self._turn:
            self._open(order)
            self.press(CANCEL)
            self.say(order.reason)
            self.sees(order.reason)
        order.events.append("cancelled")
        order.is_due(f" отменён ({self.name}): {order.reason}")
        order.end("cancelled")
        self.done["cancelled"] += 1

    def _hire(self) -> None:
        """Issue a code and see somebody come in by it."""
        person_id = FIRST_HIRED + len(self.hired)
        name = f"Новичок-{person_id}"
        self.say("/staff")
        self.press("🔑 Коды доступа")
        self.press(self.button("представитель"))
        self.say(name)
        # The code is a message of its own, written before the screen that lists it.
        codes = (_code(message.text, name) for message in reversed(self.person.received))
        code = next(code for code in codes if code)
        novice = Player(self.far, self.far.api.person(person_id, name), "hired")
        novice.act(lambda: novice.person.start())
        novice.settle()
        novice.say(code)
        novice.sees(name)
        self.hired.append(person_id)
        self.done["let in"] += 1

    def _price(self) -> None:
        minor = self.dice.randint(80_00, 99_99)
        self._to_menu()
        self.press(CATALOGUE)
        self.say(PRICED_SKU)
        self.press(PRICED)
        self.press(FIELDS)
        self.press(PRICE)
        self.say(f"{minor // 100},{minor % 100:02}")
        self.sees("Сохранено")
        self.prices.append(minor)
        self.done["prices changed"] += 1

    def _receive(self) -> None:
        boxes = self.dice.randint(1, 9)
        self._to_stock(RECEIVED_SKU, RECEIVED)
        self.press(RECEIVE)
        self.say(f"{boxes} кор")
        self.tap_for_good(NO_PAPER)
        self.movements.append((RECEIVED_SKU, "receipt", boxes * 20_000))
        self.done["receipts"] += 1

    def _count(self) -> None:
        on_hand = self.far.tables.one("SELECT on_hand FROM products WHERE sku = ?", COUNTED_SKU)
        counted = self.dice.choice([pieces for pieces in range(100, 110) if pieces * 1000 != on_hand])
        self._to_stock(COUNTED_SKU, COUNTED)
        self.press(COUNT)
        self.say(f"{counted} шт")
        self.press(self.button("Ошибка"))
        self.tap_for_good(WRITE)
        self.movements.append((COUNTED_SKU, "adjustment", counted * 1000 - on_hand))
        self.done["counts"] += 1

    def tap_for_good(self, label: str) -> None:
        """Tap twice; the same press comes once more on another day."""
        screen = self.screen
        data = self.tap(screen, label, 2)
        self.settle()
        self.late.append((screen.message_id, data))

    def _go_on(self) -> None:
        """Have mail tried again after the server refused the settings."""
        paused = [message for message in self.person.received if GO_ON in message.labels]
        if paused:
            self.tap(paused[-1], GO_ON, 2)
            self.settle()
            self.done["mail resumed"] += 1

    def _find(self, player: Player) -> None:
        self.say("/staff")
        self.say(player.person.user.first_name)
        self.press(self.button(f"{player.person.user.first_name} · "))

    def _open(self, order: Expected) -> None:
        self.say("/journal")
        self.say(f"№{order.number}")
        self.press(self.button(f"№{order.number} · "))

    def _to_stock(self, sku: str, name: str) -> None:
        self.say("/stock")
        self.say(sku)
        self.press(self.button(name))

    def _to_menu(self) -> None:
        self.say("/start")


def _code(text: str, name: str) -> str:
    match = re.search(rf"🔑 Код \({name}\): (\S+)", text)
    return match[1] if match else ""
