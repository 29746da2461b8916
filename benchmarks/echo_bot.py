"""``python -m benchmarks.echo_bot WHICH URL TOKEN``: the least a bot of each library can do.

No database, no texts, no rights: a press is answered by an edit and the usual thanks for the press. The last
one has no library either, only sockets: what it reaches is what the local Bot API can give.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Callable
from typing import Any

START = "Hello", "ping"
# What is on the button pressed → the text that comes, and the button under it.
TURNS = {"ping": ("ping", "pong"), "pong": ("pong", "ping")}
CONNECTIONS = 16


def telebot(url: str, token: str, threads: int = 2) -> None:
    """pyTelegramBotAPI; two threads are its default."""
    from telebot import TeleBot, apihelper, types

    apihelper.API_URL = url + "/bot{0}/{1}"  # type: ignore[assignment]  # the library declares None
    bot = TeleBot(token, num_threads=threads)

    def keyboard(label: str) -> types.InlineKeyboardMarkup:
        return types.InlineKeyboardMarkup([[types.InlineKeyboardButton(label, callback_data=label)]])

    @bot.message_handler(commands=["start"])
    def start(message: types.Message) -> None:
        bot.send_message(message.chat.id, START[0], reply_markup=keyboard(START[1]))

    @bot.callback_query_handler(func=lambda _: True)  # type: ignore[no-untyped-call]
    def press(query: types.CallbackQuery) -> None:
        said, asked = TURNS[query.data or ""]
        assert query.message is not None
        chat_id, message_id = query.message.chat.id, query.message.message_id
        bot.edit_message_text(said, chat_id, message_id, reply_markup=keyboard(asked))
        bot.answer_callback_query(query.id)

    bot.infinity_polling()


def telebot_16(url: str, token: str) -> None:
    """pyTelegramBotAPI with 16 threads."""
    telebot(url, token, threads=16)


def aiogram(url: str, token: str) -> None:
    """aiogram 3: each update is a task of its own."""
    from aiogram import Bot, Dispatcher
    from aiogram.client.session.aiohttp import AiohttpSession
    from aiogram.client.telegram import TelegramAPIServer
    from aiogram.filters import CommandStart
    from aiogram.types import CallbackQuery, InlineKeyboardButton, InlineKeyboardMarkup, Message

    def keyboard(label: str) -> InlineKeyboardMarkup:
        return InlineKeyboardMarkup(inline_keyboard=[[InlineKeyboardButton(text=label, callback_data=label)]])

    dispatcher = Dispatcher()

    @dispatcher.message(CommandStart())
    async def start(message: Message) -> None:
        await message.answer(START[0], reply_markup=keyboard(START[1]))

    @dispatcher.callback_query()
    async def press(query: CallbackQuery) -> None:
        said, asked = TURNS[query.data or ""]
        assert isinstance(query.message, Message)
        await query.message.edit_text(said, reply_markup=keyboard(asked))
        await query.answer()

    session = AiohttpSession(api=TelegramAPIServer.from_base(url))
    # It would announce its end on stderr.
    asyncio.run(dispatcher.start_polling(Bot(token, session=session), handle_signals=False))


def ptb(url: str, token: str) -> None:
    """python-telegram-bot 22: one update after another, its default."""
    from telegram import InlineKeyboardButton, InlineKeyboardMarkup, Update
    from telegram.ext import ApplicationBuilder, CallbackQueryHandler, CommandHandler

    def keyboard(label: str) -> InlineKeyboardMarkup:
        return InlineKeyboardMarkup([[InlineKeyboardButton(label, callback_data=label)]])

    async def start(update: Update, _context: object) -> None:
        assert update.message is not None
        await update.message.reply_text(START[0], reply_markup=keyboard(START[1]))

    async def press(update: Update, _context: object) -> None:
        query = update.callback_query
        assert query is not None
        said, asked = TURNS[query.data or ""]
        await query.edit_message_text(said, reply_markup=keyboard(asked))
        await query.answer()

    application = ApplicationBuilder().token(token).base_url(f"{url}/bot").build()
    application.add_handler(CommandHandler("start", start))
    application.add_handler(CallbackQueryHandler(press))
    application.run_polling()


def sockets(url: str, token: str) -> None:
    """No library: requests written and answers read by hand."""
    asyncio.run(_Sockets(url, token).run())


class _Sockets:
    def __init__(self, url: str, token: str) -> None:
        self._host, _, port = url.removeprefix("http://").partition(":")
        self._port = int(port)
        self._prefix = f"/bot{token}/"
        self._updates: asyncio.Queue[dict[str, Any]] = asyncio.Queue()

    async def run(self) -> None:
        """Poll until killed."""
        answering = [asyncio.create_task(self._answer()) for _ in range(CONNECTIONS)]
        connection = await self._connect()
        offset = 0
        while answering:
            for update in await self._call(connection, "getUpdates", {"timeout": 25, "offset": offset}):
                offset = update["update_id"] + 1
                self._updates.put_nowait(update)

    async def _answer(self) -> None:
        connection = await self._connect()
        while True:
            update = await self._updates.get()
            query = update.get("callback_query")
            message = query["message"] if query else update["message"]
            said, asked = TURNS[query["data"]] if query else START
            button = {"text": asked, "callback_data": asked}
            params = {
                "chat_id": message["chat"]["id"],
                "text": said,
                "reply_markup": {"inline_keyboard": [[button]]},
            }
            if query is None:
                await self._call(connection, "sendMessage", params)
                continue
            await self._call(connection, "editMessageText", {**params, "message_id": message["message_id"]})
            await self._call(connection, "answerCallbackQuery", {"callback_query_id": query["id"]})

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.open_connection(self._host, self._port)

    async def _call(
        self,
        connection: tuple[asyncio.StreamReader, asyncio.StreamWriter],
        method: str,
        params: dict[str, Any],
    ) -> Any:
        reader, writer = connection
        body = json.dumps(params)
        writer.write(
            f"POST {self._prefix}{method} HTTP/1.1\r\nHost: {self._host}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode()
        )
        head = (await reader.readuntil(b"\r\n\r\n")).lower()
        size = int(head.split(b"content-length: ")[1].split(b"\r\n")[0])
        return json.loads(await reader.readexactly(size))["result"]


ECHOES: dict[str, Callable[[str, str], None]] = {
    "telebot": telebot,
    "telebot 16": telebot_16,
    "aiogram": aiogram,
    "ptb": ptb,
    "sockets": sockets,
}


if __name__ == "__main__":
    ECHOES[sys.argv[1]](*sys.argv[2:])
