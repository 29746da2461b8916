"""What people do on the stage, by the labels they see."""

from __future__ import annotations

import re
import string
from datetime import date

from sqlalchemy import select

from demo.bot_api_types import Message
from demo.people import Person
from handlers.texts import texts_for
from models import Product
from tests.flows.stage import Stage


def sees(person: Person, piece: str) -> Message:
    """Wait until the person's screen holds a text, and return that message."""
    person.wait(lambda who: has_screen(who) and piece in plain(who.screen.text), complaint=f"no {piece!r}")
    return person.screen


def has_screen(person: Person) -> bool:
    return any(message.buttons for message in person.messages if message.from_bot)


def plain(text: str) -> str:
    """Text with ordinary spaces, as one reads it."""
    return text.replace("\u00a0", " ").replace("\u202f", " ")


def press(person: Person, label: str, then: str) -> Message:
    """Press a button (named in full or by its beginning) and wait for what it leads to."""
    offers(person, label)
    person.press(next(own for own in person.screen.labels if plain(own).startswith(label)))
    return sees(person, then)


def offers(person: Person, label: str) -> None:
    """Wait until the screen has a button that is, or begins as, named."""
    person.wait(
        lambda who: has_screen(who) and any(plain(own).startswith(label) for own in who.screen.labels),
        complaint=f"no button {label!r}",
    )


def say(person: Person, text: str, then: str) -> Message:
    """Type a text and wait for the screen it leads to."""
    person.send(text)
    return sees(person, then)


def opens(person: Person) -> None:
    """Begin: everybody sees the menu."""
    person.start()
    sees(person, "Что делаем?")


def opens_settings(person: Person, group: str, then: str) -> None:
    """From anywhere: look at a group of the company's settings."""
    sent = person.start()
    person.wait(lambda who: has_screen(who) and who.screen.message_id > sent.message_id, complaint="no menu")
    press(person, "⚙️ Настройки", "Язык:")
    press(person, group, then or group.split(" ", 1)[1])


def all_open(stage: Stage) -> None:
    for person in stage.staff:
        opens(person)


def chooses_goods(person: Person, shelf: tuple[str, ...], product: str, quantity: str) -> None:
    """From the shelves: go to a product, type how many, end on its shelf."""
    for name in shelf:
        press(person, name, f"\n{name}\n")
    press(person, product, "Сколько?")
    say(person, quantity, f"✅ {product}")


def chooses_first_day(person: Person) -> str:
    """From the calendar: take the first free day, its first window; return «пн 23.11.2026, 08:00–10:00»."""
    if not any(label.isdigit() for label in person.screen.labels):
        person.press("▶")
        person.wait(lambda who: any(label.isdigit() for label in who.screen.labels))
    day = next(label for label in person.screen.labels if label.isdigit())
    text = press(person, day, "Окно на").text
    found = re.search(r"Окно на (.+):", text)
    assert found is not None
    window = person.screen.labels[0]
    press(person, window, "Пометка для склада")
    return f"{found[1]}, {window.split(' ')[0]}"


def to_address(person: Person) -> None:
    """From nothing to a draft of five boxes of buckwheat that lacks the address."""
    opens(person)
    press(person, "🛒 Новый заказ", "Для кого заказ?")
    press(person, "ООО «Ромашка»", "Каталог")
    chooses_goods(person, ("Бакалея", "Крупы"), "Гречка ядрица", "5 кор")
    press(person, "🛒 Корзина", "Товары: 5 394,00 ₽")
    press(person, "Дальше", "Куда везти?")


def fills_order(stage: Stage, person: Person, customer: str = "ООО «Ромашка»") -> str:
    """From the menu to a whole draft of five boxes of buckwheat to the first outlet; return its window."""
    press(person, "🛒 Новый заказ", "Для кого заказ?")
    press(person, customer, "Каталог")
    chooses_goods(person, ("Бакалея", "Крупы"), "Гречка ядрица", "5 кор")
    press(person, "🛒 Корзина", "Товары: 5 394,00 ₽")
    press(person, "Дальше", "Куда везти?")
    outlet = person.screen.labels[0]
    press(person, outlet, "День доставки")
    window = chooses_first_day(person)
    press(person, "Без пометки", "Черновик")
    return window


def places_order(stage: Stage, person: Person, customer: str = "ООО «Ромашка»") -> int:
    """Fill and send an order; return its number."""
    fills_order(stage, person, customer)
    text = press(person, "✅ Отправить на склад", "отправлен на склад").text
    found = re.search(r"Заказ №(\d+) отправлен", text)
    assert found is not None
    return int(found[1])


def card(keeper: Person, number: int, piece: str = "") -> Message:
    """Wait for a storekeeper's card of an order, holding a piece of text, and return it."""

    def found(who: Person) -> list[Message]:
        return [
            message
            for message in who.messages
            if message.from_bot and f"Заказ №{number}" in message.text and piece in plain(message.text)
        ]

    keeper.wait(lambda who: bool(found(who)), complaint=f"no card of order {number} with {piece!r}")
    return found(keeper)[-1]


def on_card(keeper: Person, number: int, label: str, then: str) -> Message:
    """Press a button of an order's card and wait until the card says so."""
    keeper.wait(lambda who: label in card(who, number).labels, complaint=f"no {label!r} on card {number}")
    keeper.press(label, message=card(keeper, number))
    return card(keeper, number, then)


def loads(keeper: Person, number: int) -> None:
    """Take an order, confirm its load."""
    on_card(keeper, number, "🙋 Взять в работу", "Загружается")
    on_card(keeper, number, "✅ Подтвердить загрузку", "всё загружено?")
    on_card(keeper, number, "✅ Да, загружено", "Загружен")


def short_day(day: date) -> str:
    return day.strftime("%d.%m.%Y")


class Words:
    """What a person who reads ``language`` sees of a message of the code."""

    def __init__(self, language: str) -> None:
        self.language = language
        self._texts = texts_for(language)

    def __call__(self, message: str, **values: object) -> str:
        """Return the message as it is read: translated, filled in, without markup."""
        assert message in self._texts._catalogue.singular, f"no such message: {message!r}"
        return re.sub("<[^>]+>", "", self._texts.plain(message, **values))

    def head(self, message: str) -> str:
        """Return the message up to what is filled in."""
        names = {name for _, name, _, _ in string.Formatter().parse(message) if name}
        return self(message, **dict.fromkeys(names, "\0")).partition("\0")[0]


def speaks(person: Person, language: str) -> Words:
    """From anywhere: set the person's language, end on the menu."""
    opens(person)
    press(person, "⚙️ Настройки", "Язык:")
    words = Words(language)
    own = {"ru": "Русский", "en": "English"}[language]
    person.press(next(label for label in person.screen.labels if label.endswith(own)))
    press(person, words(":house: Menu"), words("What shall we do?"))
    return words


def speaks_english(person: Person) -> None:
    """From the start: switch the language, end at the menu."""
    opens(person)
    press(person, "⚙️ Настройки", "Язык:")
    press(person, "English", "Language:")
    press(person, "🏠 Menu", "What shall we do?")


def opens_stock(stage: Stage) -> None:
    """Everybody is there, and Борис looks at the stock."""
    all_open(stage)
    press(stage.boris, "📦 Остатки", "Остатки")


def stock_levels(stage: Stage, sku: str) -> tuple[int, int]:
    """On hand and reserved, in thousandths of the base unit."""
    with stage.app.database.reading() as session:
        row = session.execute(select(Product.on_hand, Product.reserved).where(Product.sku == sku)).one()
        return row.on_hand, row.reserved


def issues_code(admin: Person, role: str, name: str) -> tuple[str, bytes]:
    """From the administrator's menu: issue an access code; return it, and the picture it came with."""
    press(admin, "👤 Сотрудники", "Сотрудники")
    press(admin, "🔑 Коды доступа", "Коды доступа")
    press(admin, f"🔑 Код: {role}", "Имя")
    say(admin, name, f"Код ({name}) — в сообщении выше")
    message = admin.wait_text(f"🔑 Код ({name}): ")
    assert message.photo is not None
    found = re.search(r"start=([0-9A-Z-]+)", message.text)
    assert found is not None
    return found[1], message.photo.data


def opens_staff_card(admin: Person, label: str) -> Message:
    """From anywhere: open somebody's card, by the beginning of the label in the list."""
    comes_to(admin, "/staff", "Сотрудники")
    return press(admin, label, "Роль:")


def comes_to(person: Person, command: str, then: str) -> Message:
    """Type a command and wait for the screen it leads to, below it."""
    sent = person.command(command)
    return person.wait_text(then, after=sent)
