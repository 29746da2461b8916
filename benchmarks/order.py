"""One whole order, pressed by label: goods, typed address, window, load, invoice by mail and as a file."""

from __future__ import annotations

from collections.abc import Callable

from demo.bot_api import BotApi
from demo.bot_api_types import Message
from demo.mailbox import Mailbox
from demo.people import Person
from demo.sample import ANNA, BORIS

PATIENCE = 30.0
SPACES = str.maketrans({"\u00a0": " ", "\u202f": " "})


def go_through(api: BotApi, mailbox: Mailbox) -> None:
    """Have Анна sell, Борис load, and the invoice arrive; AssertionError when a step doesn't come."""
    anna, boris = (api.person(who.telegram_id, who.first_name, who.username) for who in (ANNA, BORIS))
    for person in (anna, boris):
        person.start()
        _sees(person, "Что делаем?")
    _fill(anna)
    _press(anna, "✅ Отправить на склад", "отправлен на склад")
    for label, then in (
        ("🙋 Взять в работу", "Загружается"),
        ("✅ Подтвердить загрузку", "всё загружено?"),
        ("✅ Да, загружено", "Загружен"),
    ):
        _press(boris, label, then)
    mailbox.wait_letters(1, PATIENCE)
    # The letter is there a moment before the bot has written down that it was taken.
    anna.wait_text("счёт отправлен", PATIENCE)
    _press(anna, "📋 Открыть заказ", "отправлено")
    anna.press("📄 Счёт")
    anna.wait_document(".pdf", PATIENCE)


def _fill(anna: Person) -> None:
    _press(anna, "🛒 Новый заказ", "Для кого заказ?")
    _press(anna, "ООО «Ромашка»", "Каталог")
    _press(anna, "Бакалея", "Бакалея")
    _press(anna, "Крупы", "Крупы")
    _press(anna, "Гречка ядрица", "Сколько?")
    _say(anna, "5 кор", "✅ Гречка ядрица")
    _press(anna, "🛒 Корзина", "Товары:")
    _press(anna, "Дальше", "Куда везти?")
    _say(anna, "тверская 7", "OpenStreetMap")
    _press(anna, "✅ Верно", "День доставки")
    if not any(label.isdigit() for label in anna.screen.labels):
        anna.press("▶")
        anna.wait(lambda who: any(label.isdigit() for label in who.screen.labels), PATIENCE)
    _press(anna, next(label for label in anna.screen.labels if label.isdigit()), "Окно на")
    _press(anna, anna.screen.labels[0], "Пометка для склада")
    _press(anna, "Без пометки", "Черновик")


def _press(person: Person, label: str, then: str) -> None:
    person.wait(lambda who: _with_button(who, label) is not None, PATIENCE, f"no button {label!r}")
    message = _with_button(person, label)
    assert message is not None
    person.press(label, message=message)
    _sees(person, then)


def _say(person: Person, text: str, then: str) -> None:
    person.send(text)
    _sees(person, then)


def _sees(person: Person, piece: str) -> None:
    person.wait(_shows(piece), PATIENCE, f"{piece!r} was not seen")


def _shows(piece: str) -> Callable[[Person], bool]:
    return lambda who: any(piece in message.text.translate(SPACES) for message in who.received[-3:])


def _with_button(person: Person, label: str) -> Message | None:
    messages = (m for m in reversed(person.received) if any(own.startswith(label) for own in m.labels))
    return next(messages, None)
