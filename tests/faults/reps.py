"""Sales reps who write orders, think better of them, and have invoices mailed once more."""

from __future__ import annotations

from demo.bot_api_types import Message
from demo.people import Person
from tests.faults.far_ends import FarEnds
from tests.faults.players import FIRST, FIRST_SKU, PER_BOX, SECOND, SECOND_SKU, Expected, Player

NEW, CART, ON, LINES = "/new", "🛒 Корзина", "Дальше", "✏️ Позиции"
PLUS, MINUS, LIST = "+ 1 шт", "− 1 шт", "↩️ К списку"
PICKUP, RIGHT, NOTE, ORDER = "🏬 Самовывоз", "✅ Верно", "📝 Пометка", "📋 Заказ"
SEND, SEND_TOO, RECALL = "✅ Отправить на склад", "✅ Да, отправить", "↩️ Отозвать"
SEND_REPRICED, CANCEL = "✅ Отправить по этим ценам", "⛔ Отменить"
DELETE, DELETE_SURE = "🗑️ Удалить черновик", "🗑️ Да, удалить"
ORDERS, ELSEWHERE = "/orders", "✉️ На другой адрес"


class Rep(Player):
    """A sales rep who writes order after order."""

    def __init__(self, far: FarEnds, person: Person, seed: str, customers: list[str]) -> None:
        super().__init__(far, person, seed)
        self._customers = customers
        self._written = 0
        self._sent_orders: list[Expected] = []

    def write(self) -> Expected | None:
        """Write an order; None for a draft that was thrown away."""
        self.press_late()
        if self.dice.random() < 0.2:
            self._mail_elsewhere()
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
        if self.dice.random() < 0.1:
            self.press(DELETE)
            self.press(DELETE_SURE, times=2)
            return None
        self._send(order)
        self._sent_orders.append(order)
        order.number = self._number_of(order)
        if self.dice.random() < 0.35:
            self._recall_and_send(order)
        if self.dice.random() < 0.1:
            self._cancel(order)
        return order

    def _choose_goods(self, order: Expected) -> None:
        self.press("Бакалея")
        self.press("Крупы")
        self.press(FIRST)
        order.lines[FIRST_SKU] = self._step(order)
        self.press(LIST)
        self.press(SECOND)
        boxes = self.dice.randint(1, 3)
        self.say(f"{boxes} кор")
        order.lines[SECOND_SKU] = boxes * PER_BOX * 1000
        self.press(CART)
        if self.dice.random() < 0.3:
            self._correct(order)
            self.press(CART)
        self.press(ON)

    def _correct(self, order: Expected) -> None:
        """From the cart: take more of the first line."""
        self.press("1. ")
        order.lines[FIRST_SKU] += self._step(order)

    def _step(self, order: Expected) -> int:
        """Hammer on «+ 1» and «− 1»; return the thousandths this must have added."""
        ups = self.dice.randint(2, 9)
        downs = self.dice.randint(0, ups - 1)
        screen = self.screen
        for label in [PLUS] * ups + [MINUS] * downs:
            self.tap(screen, label, about=order)
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
        self.press(self.dice.choice(days))
        self.press(self.button("осталось"))

    def _send(self, order: Expected) -> None:
        """Send it with an impatient finger; a second order for a day and new prices have to be meant."""
        self.press(SEND, times=2, about=order)
        while meant := {SEND_TOO, SEND_REPRICED} & set(self.screen.labels):
            self.done["prices accepted"] += SEND_REPRICED in meant
            self.press(meant.pop(), times=2, about=order)
        assert RECALL in self.screen.labels, f"{order} was not sent\n{self.person.view()}"
        order.events.append("placed")

    def _recall_and_send(self, order: Expected) -> None:
        self.press(RECALL, times=2, about=order)
        order.events.append("recalled")
        self.done["recalls"] += 1
        if self.dice.random() < 0.5:
            self.press(LINES)
            self._correct(order)
            self.press(CART)
            self.press(ORDER)
            self.done["corrections"] += 1
        order.note = self._next_note()
        self.press(NOTE)
        self.say(order.note)
        self._send(order)

    def _cancel(self, order: Expected) -> None:
        order.reason = f"закрыто на учёт {order.number}"
        self.press(CANCEL)
        self.say(order.reason)
        self.sees(order.reason)
        order.events.append("cancelled")
        order.end("cancelled")
        self.done["cancelled"] += 1

    def _mail_elsewhere(self) -> None:
        """Have the invoice of an order that has left mailed to one more address."""
        left = [order for order in self._sent_orders if order.status in ("loaded", "delivered")]
        if not left:
            return
        order = self.dice.choice(left[-5:])
        address = f"buh{order.number}-{len(order.also_to)}@firma.example"
        self.say(ORDERS)
        self.say(f"№{order.number}")
        self.press(self.button(f"№{order.number} · "))
        self.press(ELSEWHERE)
        self.say(address)
        self.sees(address)
        order.also_to.append(address)
        self.done["mailed elsewhere"] += 1

    def _next_note(self) -> str:
        self._written += 1
        return f"Пометка {self.person.id}-{self._written}"

    def _number_of(self, order: Expected) -> int:
        number = self.far.tables.one("SELECT number FROM orders WHERE note = ?", order.note)
        assert isinstance(number, int), f"{order} is lost\n{self.person.view()}"
        self.sees(f"Заказ №{number}")
        return number


def _days(month: Message) -> list[str]:
    # Not the first, for which it may be too late while the order is being written.
    return [label for label in month.labels if label.isdigit()][1:6]
