"""``python -m benchmarks.echo_bot URL TOKEN``: the least a pyTelegramBotAPI bot can do, with its defaults.

No database, no texts, no rights: a press is answered by an edit and the library's own thanks for the press.
"""

from __future__ import annotations

import sys

import telebot
from telebot import apihelper, types


def main() -> None:
    """Poll until killed."""
    url, token = sys.argv[1:]
    apihelper.API_URL = url + "/bot{0}/{1}"  # type: ignore[assignment]  # the library declares None
    bot = telebot.TeleBot(token)

    def keyboard(label: str) -> types.InlineKeyboardMarkup:
        markup = types.InlineKeyboardMarkup()
        markup.add(types.InlineKeyboardButton(label, callback_data=label))
        return markup

    @bot.message_handler(commands=["start"])
    def start(message: types.Message) -> None:
        bot.send_message(message.chat.id, "Hello", reply_markup=keyboard("ping"))

    @bot.callback_query_handler(func=lambda _: True)  # type: ignore[no-untyped-call]
    def press(query: types.CallbackQuery) -> None:
        said, asked = ("ping", "pong") if query.data == "ping" else ("pong", "ping")
        assert query.message is not None
        chat_id, message_id = query.message.chat.id, query.message.message_id
        bot.edit_message_text(said, chat_id, message_id, reply_markup=keyboard(asked))
        bot.answer_callback_query(query.id)

    bot.infinity_polling()


if __name__ == "__main__":
    main()
