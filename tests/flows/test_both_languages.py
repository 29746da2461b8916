"""The rep's whole way in Russian and in English, for a customer whose name is as odd as names get."""

import re
from html import unescape
from typing import Any

import pytest
from sqlalchemy import select

from demo.people import Person
from models import Category, Customer, Outlet, Product, User
from tests.flows import acts
from tests.flows.acts import Words
from tests.flows.stage import Stage

# Emoji of several code points, Arabic and Hebrew among Cyrillic, markup; as long as a name may be.
ODD = "Рога 🦌🇷🇺👍🏽 & <Копыта> مخبز السلام — שלום №1 "
NAME = (ODD * 4)[:160].strip()
SUMS = {"ru": "Товары: 5 394,00 ₽", "en": "Goods: RUB 5,394.00"}
NOTE = "شارع 5 🏠 <b>двор</b>"


@pytest.mark.parametrize("language", ["ru", "en"])
def test_an_order_is_made_followed_and_called_off_in_either_language(stage: Stage, language: str) -> None:
    anna, boris = stage.anna, stage.boris
    acts.speaks(boris, language)
    words = acts.speaks(anna, language)
    _enters_customer(anna, words)
    _chooses_goods(anna, words)
    _says_where_and_when(anna, words)
    acts.press(anna, words(":white_check_mark: Send to the warehouse"), words.head(_SENT))
    number = words("Order No. {number}", number=1)
    card = acts.plain(boris.wait_text(number).text)
    for piece in (NAME, NOTE, "5 кор (60 шт)", words(":inbox_tray: At the warehouse")):
        assert piece in card
    assert NAME in acts.plain(anna.screen.text)

    # The list shows it, shortened on its button; the way back is there in this language, too.
    acts.press(anna, words(":leftwards_arrow_with_hook: To the list"), words.head(_LIST))
    for status in (":truck: Loaded ones", ":inbox_tray: At the warehouse"):
        acts.press(anna, words(status), "")
        acts.offers(anna, f"• {words(status)}")
    label = next(own for own in anna.screen.labels if "№1" in own)
    assert len(label) <= 60
    assert NAME[:30] in label
    acts.press(anna, label, number)
    toast = anna.press(words(":counterclockwise_arrows_button: Refresh")).wait_answered().toast
    assert toast is not None
    assert toast.text == words("This is how it stands now.")
    acts.press(anna, words(":leftwards_arrow_with_hook: Recall"), number)
    acts.offers(anna, words(":wastebasket: Delete the draft"))
    acts.press(anna, words(":white_check_mark: Send to the warehouse"), words.head(_SENT))
    acts.press(anna, words(":no_entry: Cancel"), words("Why is order No. {number} cancelled?", number=1))
    acts.say(anna, "سبب <x>", words(":no_entry: Cancelled"))

    # The customer is found by a piece of any of the scripts and shows its orders.
    acts.press(anna, words(":bust_in_silhouette: Customer"), NAME)
    acts.press(anna, words(":clipboard: Orders"), words.head(_LIST))
    acts.press(anna, words(":house: Menu"), words("What shall we do?"))
    acts.press(
        anna,
        words(":busts_in_silhouette: Customers"),
        words.head("Your customers. Type a piece of the name, ИНН or phone to search."),
    )
    for piece in ("مخبز", "שלום", "копыта", "🦌🇷🇺"):
        acts.say(anna, piece, words("Customers found for “{query}”:", query=piece))
        assert sum(label.startswith("Рога") for label in anna.screen.labels) == 1, piece
    if language == "en":
        assert _russian_left(stage, anna) == set()


def test_a_name_of_three_hundred_characters_says_how_many_fit(stage: Stage) -> None:
    acts.opens(stage.anna)
    acts.press(stage.anna, "🛒 Новый заказ", "Для кого заказ?")
    acts.press(stage.anna, "➕ Новый клиент", "Название нового клиента")
    acts.say(stage.anna, "🏪" * 300, "помещается 160 символов")
    acts.say(stage.anna, "🏪" * 160, "E-mail для счетов")


_SENT = ":white_check_mark: Order No. {number} is sent to the warehouse."
_CUSTOMERS = "Your customers. Type a piece of the name, ИНН or phone to search."
_LIST = "Your orders. Type a number (№12) or a piece of the customer's name to search."


def _enters_customer(person: Person, words: Words) -> None:
    acts.press(
        person,
        words(":shopping_cart: New order"),
        words("For whom? Choose, or type a piece of the name, ИНН or phone."),
    )
    acts.press(
        person,
        words(":heavy_plus_sign: New customer"),
        words("Name of the new customer, as it stands on the invoice:"),
    )
    acts.say(person, NAME, NAME)
    for question in ("ИНН of {name}? 10 digits, or 12 for a sole proprietor.", "Phone of {name}?"):
        acts.press(person, words("Skip"), words.head(question))
    acts.press(person, words("Skip"), words("<b>Catalogue</b>"))


def _chooses_goods(person: Person, words: Words) -> None:
    for shelf in ("Бакалея", "Крупы"):
        acts.press(person, shelf, f"\n{shelf}\n")
    acts.press(person, "Гречка ядрица", words.head("How many? Type for example {one} or {other}."))
    acts.say(person, "5 кор", "✅ Гречка ядрица")
    acts.press(person, words.head(":shopping_cart: Cart · {n} · {amount}"), SUMS[words.language])


def _says_where_and_when(person: Person, words: Words) -> None:
    acts.press(
        person,
        words("Go on :arrow_right:"),
        words.head("Where to? Choose a point, type an address (town, street, house), or send a location."),
    )
    acts.say(
        person,
        "абракадабра 77",
        words(":warning: “{query}” was not found on the map.", query="абракадабра 77"),
    )
    acts.say(person, "тверская 7", "© OpenStreetMap")
    acts.press(person, words(":white_check_mark: Right"), words.head("Delivery day: <b>{month}</b>"))
    if not any(label.isdigit() for label in person.screen.labels):
        acts.press(person, "▶", "◀")
    day = next(label for label in person.screen.labels if label.isdigit())
    acts.press(person, day, words.head("Window on {day}:"))
    acts.press(
        person,
        person.screen.labels[0],
        words.head("A note for the warehouse and the driver, up to {limit} characters:"),
    )
    acts.say(person, NOTE, words("Draft"))


def _russian_left(stage: Stage, person: Person) -> set[str]:
    """The Russian words the person was shown that are nobody's data."""
    with stage.app.database.reading() as session:
        data = [NAME, NOTE, "абракадабра тверская ИНН КПП копыта Русский"]
        for column in (
            *(Category.name, Product.name, Product.sku, Product.unit, Product.description),
            *(Customer.name, Outlet.address, User.name),
        ):
            data += [text for text in session.scalars(select(column)) if text]
        data += [unit.code for product in session.scalars(select(Product)) for unit in product.packages]
    calls = [call for call in stage.api.calls.find() if call.params.get("chat_id") == person.id]
    began = next(number for number, call in enumerate(calls) if "Language:" in call.params.get("text", ""))
    shown = [text for call in calls[began:] for text in _texts_of(call.params)]
    assert len(shown) > 100
    # A word a label was cut in the middle of is somebody's data, too: ours are never that long.
    words = re.compile(r"[А-Яа-яё]{2,}(?!…)\b")
    return set(words.findall(" ".join(shown))) - set(words.findall(" ".join(data)))


def _texts_of(params: dict[str, Any]) -> list[str]:
    markup = params.get("reply_markup") or {}
    rows = markup.get("inline_keyboard", [])
    return [unescape(params.get("text", "")), *(button["text"] for row in rows for button in row)]
