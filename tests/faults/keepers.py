"""Storekeepers who fight for orders, load them, and are stopped in the middle by their administrator."""

from __future__ import annotations

import random

from demo.bot_api_types import Message
from tests.faults.admins import Admin
from tests.faults.far_ends import wait_until
from tests.faults.players import FIRST_SKU, PATIENCE, SECOND_SKU, Expected, Player

TAKE, GIVE_BACK, REJECT = "🙋 Взять в работу", "↩️ Вернуть в очередь", "⛔ Отклонить"
CONFIRM, CONFIRM_SURE = "✅ Подтвердить загрузку", "✅ Да, загружено"
QUANTITY, NOT_IN_STOCK = "✏️ Количество", "нет на складе"
DELIVERED, NO_PHOTO = "📦 Доставлено", "Без фото"


class Keeper(Player):
    """A storekeeper; which message is an order's card is what the bot remembers of it."""

    @property
    def name(self) -> str:
        return self.person.user.first_name

    def card(self, number: int) -> Message | None:
        message_id = self.far.tables.one(
            "SELECT c.message_id FROM order_cards c JOIN orders o ON o.id = c.order_id"
            " WHERE o.number = ? AND c.user_id = ?",
            number,
            self.user_id,
        )
        return None if message_id is None else self.message(message_id)

    def await_button(self, number: int, label: str) -> Message:
        """The order's card, once it carries this button and has come to rest."""

        def found() -> Message | None:
            card = self.card(number)
            return card if card is not None and label in card.labels and not self.is_awaited() else None

        card = wait_until(found, lambda: f"order {number}: no {label}\n{self.complaint()}", PATIENCE)
        assert card is not None
        return card

    def tap_and_see(self, card: Message, label: str, times: int = 1, *, about: Expected) -> None:
        self.tap(card, label, times, about=about)
        self.settle()


class Warehouse:
    """Everybody who can do something about an order that was placed."""

    def __init__(self, keepers: list[Keeper], admin: Admin, seed: str) -> None:
        self._keepers = keepers
        self._admin = admin
        self._dice = random.Random(f"{seed}-load")

    def deal_with(self, order: Expected) -> None:
        """Take an order to its end: loaded, delivered, rejected or cancelled."""
        for keeper in self._keepers:
            keeper.press_late()
        while True:
            cards = [(keeper, keeper.await_button(order.number, TAKE)) for keeper in self._keepers]
            if self._dice.random() < 0.06:
                self._reject(order, *self._dice.choice(cards))
                return
            if self._dice.random() < 0.06:
                self._admin.cancel(order)
                return
            winner = self._race(order, cards)
            card = winner.await_button(order.number, CONFIRM)
            if self._is_stopped(order, winner, card):
                continue
            self._load(order, winner, card)
            return

    def _race(self, order: Expected, cards: list[tuple[Keeper, Message]]) -> Keeper:
        """Both grab it with two taps each; return who got it."""
        self._dice.shuffle(cards)
        for keeper, card in cards:
            keeper.tap(card, TAKE, 2, about=order)
        for keeper in self._keepers:
            keeper.settle()
        winner = self._winner(order)
        order.events.append("claimed")
        order.is_due(f" взял в работу {winner.name}.")
        return winner

    def _is_stopped(self, order: Expected, winner: Keeper, card: Message) -> bool:
        """Now and then it goes back into the queue: the keeper's mind, the administrator's, or a block."""
        chance = self._dice.random()
        if chance < 0.2:
            winner.tap_and_see(card, GIVE_BACK, 2, about=order)
            order.is_due(f" возвращён в очередь: {winner.name}.")
        elif chance < 0.28:
            reason = f"срочнее другой {order.number}-{len(order.events)}"
            self._admin.take_back(order, reason)
            words = f" вернул в очередь {self._admin.name}: {reason}"
            order.is_due(words)
            order.is_due(words, winner.person.id)
        elif chance < 0.36:
            self._admin.block(winner)
            # What was pressed in that moment: nothing may come of it.
            winner.tap_and_see(card, CONFIRM, 2, about=order)
            order.is_due(f" вернул в очередь {self._admin.name}: {winner.name} заблокирован")
            self._admin.unblock(winner)
        else:
            return False
        order.events.append("released")
        return True

    def _load(self, order: Expected, winner: Keeper, card: Message) -> None:
        if self._dice.random() < 0.35:
            self._load_less(order, winner, card)
            card = winner.await_button(order.number, CONFIRM)
        winner.tap_and_see(card, CONFIRM, about=order)
        card = winner.await_button(order.number, CONFIRM_SURE)
        winner.tap_and_see(card, CONFIRM_SURE, 2, about=order)
        order.events.append("loaded")
        order.is_due(f" загружен: {winner.name}.")
        if self._dice.random() < 0.4:
            card = winner.await_button(order.number, DELIVERED)
            winner.tap_and_see(card, DELIVERED, 2, about=order)
            order.events.append("delivered")
            order.is_due(" доставлен.")
            order.end("delivered")
        else:
            order.end("loaded")

    def _load_less(self, order: Expected, winner: Keeper, card: Message) -> None:
        """Correct a line, for a usual reason or one's own."""
        place = self._dice.randrange(2)
        sku = (FIRST_SKU, SECOND_SKU)[place]
        winner.tap_and_see(card, QUANTITY, about=order)
        winner.press(f"{place + 1}. ")
        pieces = self._dice.randint(0, order.lines[sku] // 1000 - 1)
        winner.say(f"{pieces} шт")
        if self._dice.random() < 0.5:
            winner.press(NOT_IN_STOCK, times=2, about=order)
        else:
            winner.say("брак упаковки")
        order.short[sku] = pieces * 1000
        winner.done["loaded less"] += 1

    def _reject(self, order: Expected, keeper: Keeper, card: Message) -> None:
        order.reason = f"нет места {order.number}"
        keeper.tap_and_see(card, REJECT, about=order)
        keeper.say(order.reason)
        order.events.append("rejected")
        order.is_due(f" отклонён складом ({keeper.name}): {order.reason}")
        order.end("rejected")
        keeper.done["rejected"] += 1

    def _winner(self, order: Expected) -> Keeper:
        tables = self._keepers[0].far.tables
        status, keeper_id = tables.all(
            "SELECT status, storekeeper_id FROM orders WHERE number = ?", order.number
        )[0]
        assert status == "loading", f"order {order.number} is {status} after both took it"
        return next(keeper for keeper in self._keepers if keeper.user_id == keeper_id)
