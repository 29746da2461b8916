"""aiogram against the local Bot API: a second library's opinion on what Telegram is."""

import asyncio
import io
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from aiogram import Bot, Dispatcher, exceptions
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from aiogram.types import (
    BotCommand,
    BotCommandScopeChat,
    BufferedInputFile,
    CallbackQuery,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    InputMediaPhoto,
    Message,
)
from PIL import Image

from demo.bot_api import BotApi
from demo.people import Person

Talk = Callable[[Bot], Awaitable[Any]]
KEYS = InlineKeyboardMarkup(inline_keyboard=[[InlineKeyboardButton(text="Да", callback_data="yes")]])


def talk(api: BotApi, conversation: Talk, token: str = "") -> Any:
    """Carry the conversation out with a bot of aiogram's."""

    async def run() -> Any:
        session = AiohttpSession(api=TelegramAPIServer.from_base(api.url))
        async with Bot(token or api.token, session=session) as bot:
            return await conversation(bot)

    return asyncio.run(run())


def refused(api: BotApi, conversation: Talk) -> exceptions.TelegramAPIError:
    with pytest.raises(exceptions.TelegramAPIError) as caught:
        talk(api, conversation)
    return caught.value


def test_a_press_from_update_to_answer(api: BotApi, anna: Person) -> None:
    async def conversation(bot: Bot) -> None:
        [start] = await bot.get_updates(timeout=0)
        assert start.message is not None
        assert start.message.text == "/start"
        assert start.message.from_user is not None
        assert start.message.from_user.username == "anna"
        sent = await bot.send_message(1001, "<b>Меню</b>", parse_mode="HTML", reply_markup=KEYS)
        assert (sent.text, sent.entities and sent.entities[0].type) == ("Меню", "bold")
        press = anna.press("Да")
        [update] = await bot.get_updates(offset=start.update_id + 1, timeout=5)
        assert update.callback_query is not None
        assert update.callback_query.data == "yes"
        await bot.answer_callback_query(update.callback_query.id, "Принято", show_alert=True)
        assert press.toast is not None
        assert press.toast.alert
        edited = await bot.edit_message_text("Заказ", chat_id=1001, message_id=sent.message_id)
        assert not isinstance(edited, bool)
        assert edited.edit_date is not None
        with pytest.raises(exceptions.TelegramBadRequest, match="message is not modified"):
            await bot.edit_message_text("Заказ", chat_id=1001, message_id=sent.message_id)
        with pytest.raises(exceptions.TelegramBadRequest, match="query is too old"):
            await bot.answer_callback_query(update.callback_query.id)
        assert await bot.get_updates(offset=update.update_id + 1, timeout=0) == []

    talk(api, conversation)
    assert (anna.last.text, anna.last.buttons) == ("Заказ", [])


def test_files_both_ways(api: BotApi, anna: Person) -> None:
    picture = io.BytesIO()
    Image.new("RGB", (40, 30), "teal").save(picture, "PNG")

    async def conversation(bot: Bot) -> None:
        file = BufferedInputFile(b"%PDF-1.4", "Счёт № 17.pdf")
        sent = await bot.send_document(1001, file, caption="<i>Счёт</i>", parse_mode="HTML")
        assert sent.document is not None
        assert sent.document.file_name == "Счёт № 17.pdf"
        assert (await download(bot, sent.document.file_id)) == b"%PDF-1.4"
        photo = (await bot.send_photo(1001, BufferedInputFile(picture.getvalue(), "box.png"))).photo
        assert photo is not None
        assert (photo[-1].width, photo[-1].height) == (40, 30)
        again = (await bot.send_photo(1001, photo[-1].file_id)).photo
        assert again is not None
        assert again[-1].file_unique_id == photo[-1].file_unique_id
        with pytest.raises(exceptions.TelegramBadRequest, match="IMAGE_PROCESS_FAILED"):
            await bot.send_photo(1001, BufferedInputFile(b"no picture", "box.png"))
        with pytest.raises(exceptions.TelegramBadRequest, match="wrong file_id"):
            await bot.get_file("AgACAgInothing")

    async def download(bot: Bot, file_id: str) -> bytes:
        found = await bot.get_file(file_id)
        assert found.file_path is not None
        target = await bot.download_file(found.file_path)
        assert target is not None
        return target.read()

    talk(api, conversation)
    assert [message.photo is not None for message in anna.received] == [False, True, True]


def test_commands_are_seen_by_their_scope(api: BotApi, anna: Person) -> None:
    async def conversation(bot: Bot) -> None:
        await bot.set_my_commands([BotCommand(command="help", description="Помощь")])
        own = BotCommandScopeChat(chat_id=1001)
        await bot.set_my_commands([BotCommand(command="orders", description="Заказы")], scope=own)
        assert [one.command for one in await bot.get_my_commands(scope=own)] == ["orders"]
        assert [one["command"] for one in api.world.commands_for(1001)] == ["orders"]
        await bot.delete_my_commands(scope=own)
        assert [one["command"] for one in api.world.commands_for(1001)] == ["help"]

    talk(api, conversation)


@pytest.mark.parametrize(
    ("conversation", "kind", "words"),
    [
        (lambda bot: bot.send_message(1001, "x" * 4097), exceptions.TelegramBadRequest, "too long"),
        (lambda bot: bot.send_message(1001, "<b>", parse_mode="HTML"), exceptions.TelegramBadRequest,
         "can't parse entities"),
        (lambda bot: bot.send_message(5, "x"), exceptions.TelegramBadRequest, "chat not found"),
        (lambda bot: bot.send_message(1002, "x"), exceptions.TelegramForbiddenError,
         "can't initiate conversation"),
        (lambda bot: bot.edit_message_text("x", chat_id=1001, message_id=99), exceptions.TelegramBadRequest,
         "message to edit not found"),
        (lambda bot: bot.delete_message(1001, 99), exceptions.TelegramBadRequest,
         "message to delete not found"),
        (lambda bot: bot.send_message(1001, "x", reply_markup=InlineKeyboardMarkup(inline_keyboard=[
            [InlineKeyboardButton(text="Да", callback_data="я" * 33)]])), exceptions.TelegramBadRequest,
         "BUTTON_DATA_INVALID"),
        (lambda bot: bot.send_document(1001, BufferedInputFile(b"x", "a.pdf"), caption="x" * 1025),
         exceptions.TelegramBadRequest, "caption is too long"),
        (lambda bot: bot.send_message(1001, " "), exceptions.TelegramBadRequest, "message text is empty"),
        (lambda bot: bot.send_venue(1001, 91, 37.6, "Склад", "Дубнинская, 83"),
         exceptions.TelegramBadRequest, "wrong location"),
        (lambda bot: bot.answer_callback_query("1"), exceptions.TelegramBadRequest, "query is too old"),
        (lambda bot: bot.set_my_commands([BotCommand(command="Старт", description="x")]),
         exceptions.TelegramBadRequest, "BOT_COMMAND_INVALID"),
        (lambda bot: bot.set_my_short_description("x" * 121), exceptions.TelegramBadRequest, "too long"),
        (lambda bot: bot.send_dice(1001), exceptions.TelegramNotFound, "Not Found"),
    ],
)  # fmt: skip
def test_refusals_are_of_the_kind_the_library_knows(
    api: BotApi, anna: Person, conversation: Talk, kind: type[Exception], words: str
) -> None:
    api.person(1002, "Борис")
    error = refused(api, conversation)
    assert isinstance(error, kind)
    assert words in error.message


def test_blocked_unauthorized_and_too_fast(api: BotApi, anna: Person) -> None:
    anna.block()
    blocked = refused(api, lambda bot: bot.send_message(1001, "x"))
    assert isinstance(blocked, exceptions.TelegramForbiddenError)
    with pytest.raises(exceptions.TelegramUnauthorizedError):
        talk(api, lambda bot: bot.get_me(), token="1:wrong")
    api.faults.too_many_requests(7, method="getMe", times=1)
    limited = refused(api, lambda bot: bot.get_me())
    assert isinstance(limited, exceptions.TelegramRetryAfter)
    assert limited.retry_after == 7


def test_an_outage_is_told_from_a_refusal(api: BotApi, anna: Person) -> None:
    api.faults.server_error(502, times=1)
    assert isinstance(refused(api, lambda bot: bot.get_me()), exceptions.TelegramServerError)
    api.faults.cut_after(method="sendMessage", times=1)
    assert isinstance(refused(api, lambda bot: bot.send_message(1001, "x")), exceptions.TelegramNetworkError)
    assert [message.text for message in anna.received] == ["x"]


def test_what_is_edited_in_place(api: BotApi, anna: Person) -> None:
    async def conversation(bot: Bot) -> None:
        photo = anna.send_photo().content["photo"][0]["file_id"]
        sent = await bot.send_message(1001, "Чай", reply_markup=KEYS)
        shown = await sent.edit_media(InputMediaPhoto(media=photo, caption="<b>Чай</b>"))
        assert isinstance(shown, Message)
        assert shown.photo is not None
        await shown.edit_caption(caption="Кофе", reply_markup=KEYS)
        await shown.edit_reply_markup(reply_markup=None)
        for edit in (shown.edit_reply_markup(reply_markup=None), shown.edit_caption(caption="Кофе")):
            with pytest.raises(exceptions.TelegramBadRequest, match="message is not modified"):
                await edit

    talk(api, conversation)
    assert (anna.last.text, anna.last.buttons, anna.last.photo is not None) == ("Кофе", [], True)


def test_a_whole_bot_of_its_own_polling(api: BotApi, anna: Person) -> None:
    """aiogram's dispatcher fetches, answers, acknowledges and stops; it asks for the kinds it handles."""
    router = Dispatcher()

    @router.message()
    async def menu(message: Message) -> None:
        await message.answer("Меню", reply_markup=KEYS)

    @router.callback_query()
    async def pressed(query: CallbackQuery) -> None:
        await query.answer("Принято")

    async def conversation(bot: Bot) -> None:
        polling = asyncio.create_task(router.start_polling(bot, handle_signals=False))
        await asyncio.to_thread(anna.wait_text, "Меню")
        press = anna.press("Да")
        await asyncio.to_thread(press.wait_answered)
        await asyncio.to_thread(api.wait_fetched)
        await router.stop_polling()
        await asyncio.wait_for(polling, 10)
        assert press.toast is not None

    talk(api, conversation)
    assert api.world.updates.allowed == frozenset({"message", "callback_query"})


def test_after_48_hours_a_message_stays(api: BotApi, anna: Person) -> None:
    async def conversation(bot: Bot) -> None:
        first = await bot.send_message(1001, "x")
        second = await bot.send_message(1001, "y")
        api.skip(47.9 * 3600)
        assert await bot.delete_message(1001, first.message_id)
        api.skip(0.2 * 3600)
        with pytest.raises(exceptions.TelegramBadRequest, match="can't be deleted"):
            await bot.delete_message(1001, second.message_id)

    talk(api, conversation)
    assert [message.text for message in anna.received] == ["y"]


def test_the_second_poller_ends_the_first(api: BotApi, anna: Person) -> None:
    async def conversation(bot: Bot) -> None:
        [update] = await bot.get_updates(timeout=0)
        waiting = asyncio.create_task(bot.get_updates(offset=update.update_id + 1, timeout=30))
        while not api.polling:
            await asyncio.sleep(0)
        second = asyncio.create_task(bot.get_updates(offset=update.update_id + 1, timeout=30))
        with pytest.raises(exceptions.TelegramConflictError, match="terminated by other getUpdates"):
            await waiting
        while not api.polling:
            await asyncio.sleep(0)
        anna.send("кто-нибудь есть?")
        [news] = await second
        assert news.message is not None
        assert news.message.text == "кто-нибудь есть?"

    talk(api, conversation)
