from collections.abc import Callable, Iterable
from typing import Any

import pytest
import telebot
from telebot import types

from demo.bot_api import BotApi
from demo.people import Person, Toast
from tests.demo.wire import keyboard, result

Show = Callable[..., int]


@pytest.fixture
def show(api: BotApi, anna: Person) -> Show:
    def show_(*labels: str, text: str = "Экран") -> int:
        markup = keyboard(*labels) if labels else {}
        message_id: int = result(api, "sendMessage", chat_id=1001, text=text, reply_markup=markup)[
            "message_id"
        ]
        return message_id

    return show_


def updates(api: BotApi) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = result(api, "getUpdates")
    return found


def raw(values: Iterable[Any]) -> list[Any]:
    """Past the library's Optional fields: a missing one fails the test just as well."""
    return list(values)


def test_what_a_person_sends_is_what_the_library_reads(
    api: BotApi, bot: telebot.TeleBot, anna: Person
) -> None:
    group = api.group(-1002000, "Склад")
    anna.start("CODE")
    anna.send_location(55.75, 37.61)
    anna.send_contact("+79991112233")
    anna.send_contact("+79994445566", user_id=1002)
    anna.send_photo(caption="полка")
    anna.send_document("Прайс.csv", b"1;2")
    anna.send_sticker()
    anna.send_voice()
    anna.send("привет", group=group.id)
    anna.block()
    start, place, own, foreign, photo, document, sticker, voice, grouped, member = raw(bot.get_updates()[1:])
    assert start.message.text == "/start CODE"
    assert start.message.entities[0].type == "bot_command"
    assert start.message.from_user.username == "anna"
    assert place.message.location.longitude == 37.61
    assert (own.message.contact.user_id, foreign.message.contact.user_id) == (1001, 1002)
    assert (photo.message.caption, photo.message.content_type) == ("полка", "photo")
    assert (document.message.document.file_name, document.message.document.mime_type) == (
        "Прайс.csv",
        "text/csv",
    )
    assert (sticker.message.content_type, voice.message.content_type) == ("sticker", "voice")
    assert (grouped.message.chat.type, grouped.message.chat.title) == ("group", "Склад")
    assert member.my_chat_member.new_chat_member.status == "kicked"
    with pytest.raises(AssertionError, match="has blocked the bot"):
        anna.send("x")


def test_a_press_finds_the_newest_button(api: BotApi, anna: Person, show: Show) -> None:
    old = show("✅ Да", "Нет")
    new = show("✅ Да")
    anna.press("✅ Да")
    anna.press("Нет")
    anna.press("✅", message=anna.messages[1])
    pressed = [update["callback_query"]["message"]["message_id"] for update in updates(api)[1:]]
    assert pressed == [new, old, old]


def test_presses_that_are_not_possible(api: BotApi, anna: Person, show: Show) -> None:
    message_id = show("Заказ 1", "Заказ 2", text="Мои заказы")
    with pytest.raises(AssertionError, match="may be any of"):
        anna.press("Заказ")
    with pytest.raises(
        AssertionError, match=r"no button 'Корзина' is visible\n(.|\n)*Мои заказы\n *\[Заказ 1\]"
    ):
        anna.press("Корзина")
    result(api, "deleteMessage", chat_id=1001, message_id=message_id)
    with pytest.raises(AssertionError, match="no button"):
        anna.press("Заказ 1")


def test_forged_presses(api: BotApi, bot: telebot.TeleBot, anna: Person) -> None:
    anna.forge("order:99:cancel")
    anna.forge("x", message_id=12345)
    real, gone = [update.callback_query for update in raw(bot.get_updates()[1:])]
    assert (real.data, real.message.message_id) == ("order:99:cancel", 1)
    assert isinstance(gone.message, types.InaccessibleMessage)


def test_toasts_and_answers(api: BotApi, anna: Person, show: Show) -> None:
    show("Да")
    press, silent = anna.press("Да"), anna.press("Да")
    assert not press.answered
    result(api, "answerCallbackQuery", callback_query_id=press.id, text="Готово", show_alert=True)
    result(api, "answerCallbackQuery", callback_query_id=silent.id)
    assert press.wait_answered().toast == Toast("Готово", alert=True)
    assert silent.wait_answered().toast is None
    assert anna.toasts == [Toast("Готово", alert=True)]
    with pytest.raises(AssertionError, match=r"was not answered within 0\.05 s"):
        anna.press("Да").wait_answered(timeout=0.05)


def test_waiting(api: BotApi, anna: Person, show: Show) -> None:
    show(text="Первый экран")
    first = anna.wait_text("Первый")
    show("Кнопка", text="Первый ответ")
    assert anna.wait_text("Первый", after=first).text == "Первый ответ"
    assert (anna.last, anna.screen) == (anna.messages[-1], anna.messages[-1])
    with pytest.raises(AssertionError, match=r"'Второй' was not said within 0.05 s\n(.|\n)*Первый ответ"):
        anna.wait_text("Второй", timeout=0.05)
    # What the person wrote themselves is not an answer.
    anna.send("Третий")
    with pytest.raises(AssertionError):
        anna.wait_text("Третий", timeout=0.05)


def test_the_reply_keyboard(api: BotApi, anna: Person) -> None:
    buttons = [[{"text": "Меню"}, {"text": "Мой номер", "request_contact": True}]]
    result(api, "sendMessage", chat_id=1001, text="x", reply_markup={"keyboard": buttons})
    assert anna.keyboard == [["Меню", "Мой номер"]]
    assert anna.tap("Меню").text == "Меню"
    assert anna.tap("Мой").content["contact"]["user_id"] == 1001
    with pytest.raises(AssertionError, match="no reply keyboard button"):
        anna.tap("Корзина")
    result(api, "sendMessage", chat_id=1001, text="x", reply_markup={"remove_keyboard": True})
    assert anna.keyboard == []


def test_a_long_text_comes_in_pieces(api: BotApi, anna: Person) -> None:
    anna.send("x" * 4095 + "🛒" * 2049)
    pieces = [update["message"]["text"] for update in updates(api)[1:]]
    assert pieces == ["x" * 4095, "🛒" * 2048, "🛒"]


def test_editing_ones_own_message(api: BotApi, anna: Person) -> None:
    anna.edit(anna.send("12"), "13")
    assert updates(api)[-1]["edited_message"]["text"] == "13"
    assert anna.last.text == "13"


def test_a_person_is_the_same_object(api: BotApi, anna: Person) -> None:
    assert api.person(1001) is anna
    assert api.person(1001).user.first_name == "Анна"
    assert api.messages(1001) == anna.messages
