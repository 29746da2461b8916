import io
import json
from typing import Any

import pytest
import telebot
from PIL import Image
from telebot import types

from demo import bot_api_files
from demo.bot_api import BotApi
from demo.people import Person
from tests.demo.wire import HTTP, call, keyboard, refusal, result


def test_every_way_to_send_parameters_is_the_same(api: BotApi, anna: Person) -> None:
    url = f"{api.url}/bot{api.token}/sendMessage"
    fields = {"chat_id": "1001", "text": "Привет, «мир»", "reply_markup": json.dumps(keyboard("Да"))}
    answers = [
        HTTP.request("GET", url, fields=fields),
        HTTP.request("POST", url, fields=fields, encode_multipart=False),
        HTTP.request("POST", url, fields=fields),
        HTTP.request("POST", url, json=fields | {"chat_id": 1001, "reply_markup": keyboard("Да")}),
    ]
    assert [answer.status for answer in answers] == [200] * 4
    assert [(message.text, message.labels) for message in anna.received] == [("Привет, «мир»", ["Да"])] * 4


def test_method_names_ignore_case_and_unknown_ones_are_not_found(api: BotApi) -> None:
    assert call(api, "GETME")["result"]["is_bot"] is True
    assert refusal(api, "sendNothing") == "Not Found"
    assert HTTP.request("GET", f"{api.url}/elsewhere").status == 404


def test_wrong_token_is_unauthorized(api: BotApi) -> None:
    answer = HTTP.request("GET", f"{api.url}/bot1:wrong/getMe")
    assert (answer.status, answer.json()["description"]) == (401, "Unauthorized")
    assert HTTP.request("GET", f"{api.url}/file/bot1:wrong/x").status == 401
    assert HTTP.request("GET", f"{api.url}/botwrong/getMe").status == 404


def test_a_body_that_is_not_json(api: BotApi) -> None:
    url = f"{api.url}/bot{api.token}/sendMessage"
    answer = HTTP.request("POST", url, body=b"{", headers={"Content-Type": "application/json"})
    assert answer.status == 400


@pytest.mark.parametrize(
    ("params", "why"),
    [
        ({"text": ""}, "message text is empty"),
        ({"text": " \n "}, "message text is empty"),
        ({"text": "<b> </b>", "parse_mode": "HTML"}, "message text is empty"),
        ({"text": "x" * 4097}, "message is too long"),
        ({"text": "🛒" * 2049}, "message is too long"),
        ({"text": "</b>", "parse_mode": "HTML"},
         "can't parse entities: Unexpected end tag at byte offset 0"),
        ({"text": "x", "parse_mode": "Wiki"}, "unsupported parse_mode"),
        ({"text": "x", "reply_markup": "{"}, "can't parse reply markup JSON object"),
        ({"text": "x", "reply_markup": keyboard("a", data="я" * 33)}, "BUTTON_DATA_INVALID"),
        ({"text": "x", "reply_markup": keyboard("a", data="")}, "BUTTON_DATA_INVALID"),
        ({"text": "x", "reply_markup": keyboard(*("a" * 101))}, "reply markup is too long"),
        ({"text": "x", "reply_markup": {"inline_keyboard": [[{"text": "a"}]]}},
         "can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard"),
        ({"text": "x", "reply_markup": {"inline_keyboard": [[{"text": "a", "url": "x"}]]}},
         "BUTTON_URL_INVALID"),
        ({"text": "x", "reply_parameters": {"message_id": 999}}, "message to be replied not found"),
    ],
)  # fmt: skip
def test_refused_texts(api: BotApi, anna: Person, params: dict[str, object], why: str) -> None:
    assert refusal(api, "sendMessage", chat_id=1001, **params) == f"Bad Request: {why}"
    assert anna.received == []


def test_the_longest_that_passes(api: BotApi, anna: Person) -> None:
    result(api, "sendMessage", chat_id=1001, text=f"<b>{'🛒' * 2048}</b>", parse_mode="HTML")
    buttons = keyboard(*("a" * 100), data="я" * 32)
    result(api, "sendMessage", chat_id=1001, text="x", reply_markup=buttons)
    assert len(anna.screen.labels) == 100


def test_who_can_be_written_to(api: BotApi, anna: Person) -> None:
    api.person(1002, "Борис")
    assert refusal(api, "sendMessage", chat_id=5, text="x") == "Bad Request: chat not found"
    assert refusal(api, "sendMessage", chat_id="@anna", text="x") == "Bad Request: chat not found"
    assert refusal(api, "sendMessage", text="x") == "Bad Request: chat_id is empty"
    never = "Forbidden: bot can't initiate conversation with a user"
    assert refusal(api, "sendMessage", chat_id=1002, text="x") == never
    anna.block()
    assert refusal(api, "sendMessage", chat_id=1001, text="x") == "Forbidden: bot was blocked by the user"
    anna.start()
    assert result(api, "sendMessage", chat_id="1001", text="x")["text"] == "x"
    anna.deactivate()
    assert refusal(api, "sendMessage", chat_id=1001, text="x") == "Forbidden: user is deactivated"


def test_groups(api: BotApi) -> None:
    group = api.group(-1002000, "Склад")
    assert result(api, "sendMessage", chat_id=-1002000, text="x")["chat"]["title"] == "Склад"
    group.migrated_to = -1001234567890
    body = call(api, "sendMessage", chat_id=-1002000, text="x")
    assert body["parameters"] == {"migrate_to_chat_id": -1001234567890}
    api.group(-1002001, has_bot=False)
    kicked = "Forbidden: bot is not a member of the group chat"
    assert refusal(api, "sendMessage", chat_id=-1002001, text="x") == kicked


def test_edits(bot: telebot.TeleBot, api: BotApi, anna: Person) -> None:
    sent = bot.send_message(1001, "<b>Меню</b>", parse_mode="HTML", reply_markup=_markup("Да"))
    bot.edit_message_text("Заказ", 1001, sent.message_id, reply_markup=_markup("Нет"))
    assert (anna.last.text, anna.last.labels, anna.last.edits) == ("Заказ", ["Нет"], 1)
    bot.edit_message_reply_markup(1001, sent.message_id, reply_markup=None)
    assert (anna.last.text, anna.last.labels, anna.last.edits) == ("Заказ", [], 2)
    same = refusal(api, "editMessageText", chat_id=1001, message_id=sent.message_id, text=" Заказ ")
    assert same.startswith("Bad Request: message is not modified")


def _markup(*labels: str) -> types.InlineKeyboardMarkup:
    buttons = [types.InlineKeyboardButton(label, callback_data=label) for label in labels]
    return types.InlineKeyboardMarkup([buttons])


def test_what_cannot_be_edited(api: BotApi, anna: Person) -> None:
    def edit(message_id: object, method: str = "editMessageText") -> str:
        return refusal(api, method, chat_id=1001, message_id=message_id, text="x", caption="x")

    assert edit(999) == "Bad Request: message to edit not found"
    assert edit("") == "Bad Request: message identifier is not specified"
    assert edit(anna.last.message_id) == "Bad Request: message can't be edited"
    reply = {"keyboard": [["Меню"]]}
    menu = result(api, "sendMessage", chat_id=1001, text="x", reply_markup=reply)
    assert edit(menu["message_id"]) == "Bad Request: message can't be edited"
    text = result(api, "sendMessage", chat_id=1001, text="y")["message_id"]
    assert edit(text, "editMessageCaption") == "Bad Request: there is no caption in the message to edit"
    result(api, "deleteMessage", chat_id=1001, message_id=text)
    assert edit(text) == "Bad Request: message to edit not found"


def test_deleting(api: BotApi, bot: telebot.TeleBot, anna: Person) -> None:
    secret = anna.send("код 1234")
    bot.delete_message(1001, secret.message_id)
    assert secret not in anna.messages
    assert secret in anna.history
    again = refusal(api, "deleteMessage", chat_id=1001, message_id=secret.message_id)
    assert again == "Bad Request: message to delete not found"
    old = [bot.send_message(1001, text).message_id for text in "ab"]
    assert bot.delete_messages(1001, [old[0], 999])
    api.skip(48 * 3600 + 1)
    too_old = refusal(api, "deleteMessage", chat_id=1001, message_id=old[1])
    assert too_old == "Bad Request: message can't be deleted for everyone"


def test_in_a_group_a_bot_that_is_no_administrator_deletes_its_own_only(api: BotApi, anna: Person) -> None:
    api.group(-1002000, "Склад")
    foreign = anna.send("привет", group=-1002000).message_id
    own = result(api, "sendMessage", chat_id=-1002000, text="x")["message_id"]
    why = refusal(api, "deleteMessage", chat_id=-1002000, message_id=foreign)
    assert why == "Bad Request: message can't be deleted for everyone"
    assert result(api, "deleteMessage", chat_id=-1002000, message_id=own)


def test_documents(bot: telebot.TeleBot, api: BotApi, anna: Person) -> None:
    file = types.InputFile(io.BytesIO(b"%PDF-1.7 ..."), "Счёт 17.pdf")
    sent = bot.send_document(1001, file, caption="<i>Счёт</i>", parse_mode="HTML")
    assert anna.last.document is not None
    assert (anna.last.document.name, anna.last.document.data) == ("Счёт 17.pdf", b"%PDF-1.7 ...")
    assert anna.last.html == "<i>Счёт</i>"
    assert sent.document is not None
    bot.send_document(1001, sent.document.file_id)
    assert anna.last.document.data == b"%PDF-1.7 ..."
    assert bot.download_file(str(bot.get_file(sent.document.file_id).file_path)) == b"%PDF-1.7 ..."
    bot.edit_message_caption("новое", 1001, anna.last.message_id)
    assert anna.last.text == "новое"
    no_text = refusal(api, "editMessageText", chat_id=1001, message_id=anna.last.message_id, text="x")
    assert no_text == "Bad Request: there is no text in the message to edit"


def test_refused_files(api: BotApi, bot: telebot.TeleBot, anna: Person) -> None:
    wrong = "Bad Request: wrong file identifier/HTTP URL specified"
    assert refusal(api, "sendDocument", chat_id=1001, document="nonsense") == wrong
    assert refusal(api, "sendDocument", chat_id=1001) == "Bad Request: there is no document in the request"
    with pytest.raises(telebot.apihelper.ApiTelegramException, match="file must be non-empty"):
        bot.send_document(1001, types.InputFile(io.BytesIO(b""), "a.pdf"))
    with pytest.raises(telebot.apihelper.ApiTelegramException, match="IMAGE_PROCESS_FAILED"):
        bot.send_photo(1001, types.InputFile(io.BytesIO(b"not a picture"), "a.png"))
    with pytest.raises(telebot.apihelper.ApiTelegramException, match="message caption is too long"):
        bot.send_document(1001, types.InputFile(io.BytesIO(b"x"), "a.pdf"), caption="x" * 1025)
    assert anna.received == []


@pytest.mark.parametrize(("kind", "megabytes"), [("document", 50), ("photo", 10)])
def test_too_large_to_send(
    api: BotApi, anna: Person, monkeypatch: pytest.MonkeyPatch, kind: str, megabytes: int
) -> None:
    name = "SEND_LIMIT" if kind == "document" else "PHOTO_LIMIT"
    assert getattr(bot_api_files, name) == megabytes * 1024 * 1024
    monkeypatch.setattr(bot_api_files, name, 100)  # fifty megabytes would say no more
    url = f"{api.url}/bot{api.token}/send{kind.title()}"
    answer = HTTP.request("POST", url, fields={"chat_id": "1001", kind: ("a.bin", b"x" * 101)})
    assert (answer.status, answer.json()["description"]) == (413, "Request Entity Too Large")
    assert anna.received == []


def test_photos(bot: telebot.TeleBot, api: BotApi, anna: Person) -> None:
    picture = io.BytesIO()
    Image.new("RGB", (320, 200)).save(picture, "PNG")
    sent = bot.send_photo(1001, types.InputFile(io.BytesIO(picture.getvalue()), "chart.png"))
    assert sent.photo is not None
    assert (sent.photo[0].width, sent.photo[0].height) == (320, 200)
    mismatch = refusal(api, "sendDocument", chat_id=1001, document=sent.photo[0].file_id)
    assert mismatch == "Bad Request: type of file mismatch"
    assert anna.last.photo is not None
    assert anna.last.photo.data == picture.getvalue()


def test_a_text_takes_a_photo_and_never_becomes_a_text_again(api: BotApi, anna: Person) -> None:
    ids = [anna.send_photo().content["photo"][0]["file_id"] for _ in range(2)]
    place = {"chat_id": 1001, "message_id": result(api, "sendMessage", chat_id=1001, text="x")["message_id"]}
    photo = {"type": "photo", "media": ids[0], "caption": "<b>Чай</b>", "parse_mode": "HTML"}
    shown = result(api, "editMessageMedia", **place, media=photo, reply_markup=keyboard("Да"))
    assert (shown["photo"][0]["file_id"], shown["caption"], "text" in shown) == (ids[0], "Чай", False)
    assert anna.last.photo is not None
    assert (anna.last.message_id, anna.last.photo.file_id) == (place["message_id"], ids[0])
    assert (anna.last.html, anna.last.labels) == ("<b>Чай</b>", ["Да"])
    same = refusal(api, "editMessageMedia", **place, media=photo, reply_markup=keyboard("Да"))
    assert same.startswith("Bad Request: message is not modified")
    result(api, "editMessageMedia", **place, media={**photo, "media": ids[1]})
    assert (anna.last.photo.file_id, anna.last.labels) == (ids[1], [])
    no_text = refusal(api, "editMessageText", **place, text="x")
    assert no_text == "Bad Request: there is no text in the message to edit"


@pytest.mark.parametrize(
    ("media", "why"),
    [
        (None, "can't parse InputMedia: media not found"),
        ("{", "can't parse media JSON object"),
        ({"type": "photo"}, "can't parse InputMedia: media not found"),
        ({"type": "photo", "media": "nonsense"}, "wrong file identifier/HTTP URL specified"),
        ({"type": "document", "media": "photo"}, "type of file mismatch"),
        ({"type": "photo", "media": "photo", "caption": "🛒" * 513}, "message caption is too long"),
        ({"type": "photo", "media": "photo", "caption": "<b", "parse_mode": "HTML"},
         "can't parse entities: Unclosed start tag at byte offset 0"),
    ],
)  # fmt: skip
def test_refused_media(api: BotApi, anna: Person, media: Any, why: str) -> None:
    photo = anna.send_photo().content["photo"][0]["file_id"]
    if isinstance(media, dict) and media.get("media") == "photo":
        media = {**media, "media": photo}
    sent = result(api, "sendMessage", chat_id=1001, text="x")
    place = {"chat_id": 1001, "message_id": sent["message_id"]}
    assert refusal(api, "editMessageMedia", **place, media=media) == f"Bad Request: {why}"
    assert (anna.last.text, anna.last.photo, anna.last.edits) == ("x", None, 0)


def test_a_caption_s_length_is_counted_after_its_tags(api: BotApi, anna: Person) -> None:
    photo = anna.send_photo().content["photo"][0]["file_id"]
    caption = f"<b>{'🛒' * 512}</b>"
    result(api, "sendPhoto", chat_id=1001, photo=photo, caption=caption, parse_mode="HTML")
    assert anna.last.text == "🛒" * 512


def test_a_file_over_20_mb_cannot_be_fetched(api: BotApi, anna: Person) -> None:
    anna.send_document("big.csv", b"x" * (20 * 1024 * 1024 + 1))
    file = anna.last.document
    assert file is not None
    assert refusal(api, "getFile", file_id=file.file_id) == "Bad Request: file is too big"
    unknown = "Bad Request: wrong file_id or the file is temporarily unavailable"
    assert refusal(api, "getFile", file_id="?") == unknown


def test_places_and_contacts(bot: telebot.TeleBot, api: BotApi, anna: Person) -> None:
    place: Any = bot.send_location(1001, 55.75, 37.61)
    venue: Any = bot.send_venue(1001, 55.75, 37.61, "Склад", "Дубнинская, 83")
    contact: Any = bot.send_contact(1001, "+79990000000", "Анна")
    assert (place.location.latitude, venue.venue.title) == (55.75, "Склад")
    assert contact.contact.phone_number == "+79990000000"
    wrong = refusal(api, "sendLocation", chat_id=1001, latitude=91, longitude=0)
    assert wrong == "Bad Request: wrong location specified"


def test_chat_action_and_chat(bot: telebot.TeleBot, api: BotApi, anna: Person) -> None:
    assert bot.send_chat_action(1001, "upload_document")
    assert api.world.actions == [(1001, "upload_document")]
    assert "wrong parameter action" in refusal(api, "sendChatAction", chat_id=1001, action="dance")
    assert bot.get_chat(1001).username == "anna"
    assert refusal(api, "getChat", chat_id=77) == "Bad Request: chat not found"


def test_commands_are_kept_by_scope_and_language(bot: telebot.TeleBot, api: BotApi, anna: Person) -> None:
    scope = types.BotCommandScopeChat(1001)
    bot.set_my_commands([types.BotCommand("start", "Меню")])
    bot.set_my_commands([types.BotCommand("orders", "Заказы")], scope=scope, language_code="ru")
    assert [command.command for command in bot.get_my_commands()] == ["start"]
    assert [command.command for command in bot.get_my_commands(scope=scope, language_code="ru")] == ["orders"]
    bot.delete_my_commands(scope=scope, language_code="ru")
    assert bot.get_my_commands(scope=scope, language_code="ru") == []
    bad = refusal(api, "setMyCommands", commands=[{"command": "Старт", "description": "x"}])
    assert bad == "Bad Request: BOT_COMMAND_INVALID"
    elsewhere = {"type": "chat", "chat_id": 77}
    assert refusal(api, "setMyCommands", commands=[], scope=elsewhere) == "Bad Request: chat not found"


def test_descriptions(bot: telebot.TeleBot, api: BotApi) -> None:
    assert bot.set_my_description("Заказы со склада", language_code="ru")
    assert bot.set_my_short_description("Заказы")
    assert api.world.descriptions == {"description:ru": "Заказы со склада", "short_description": "Заказы"}
    assert "too long" in refusal(api, "setMyShortDescription", short_description="x" * 121)
