from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from pathlib import Path
from smtplib import SMTP

from demo.bot_api import BotApi
from demo.keeper import Keeper
from demo.mailbox import Mailbox
from tests.demo.wire import HTTP, keyboard, result


@contextmanager
def evening(folder: Path) -> Iterator[tuple[BotApi, Mailbox]]:
    """The far ends for one run of the demo."""
    with (
        BotApi(first_message_id=1) as api,
        Mailbox() as mailbox,
        Keeper(folder / "far-ends.db", api, mailbox),
    ):
        yield api, mailbox


def test_chats_come_back_as_they_were(tmp_path: Path) -> None:
    with evening(tmp_path) as (api, _):
        anna, boris = api.person(1001, "Анна", "anna"), api.person(1002, "Борис")
        anna.start()
        boris.start()
        menu = result(api, "sendMessage", chat_id=1001, text="<b>Меню</b>", parse_mode="HTML")["message_id"]
        result(
            api, "editMessageText", chat_id=1001, message_id=menu, text="Заказ", reply_markup=keyboard("Да")
        )
        gone = result(api, "sendMessage", chat_id=1001, text="лишнее")["message_id"]
        result(api, "deleteMessage", chat_id=1001, message_id=gone)
        result(api, "sendMessage", chat_id=1001, text="x", reply_markup={"keyboard": [["Мои заказы"]]})
        url = f"{api.url}/bot{api.token}/sendDocument"
        HTTP.request("POST", url, fields={"chat_id": "1001", "document": ("Счёт.pdf", b"%PDF-1.4")})
        result(api, "setMyCommands", commands=[{"command": "help", "description": "Помощь"}])
        boris.block()
        before = [message.as_json() for message in anna.messages]
    with evening(tmp_path) as (api, _):
        anna = api.person(1001)
        assert [message.as_json() for message in anna.messages] == before
        assert (anna.user.username, anna.user.started, anna.keyboard) == ("anna", True, [["Мои заказы"]])
        document = anna.last.document
        assert document is not None
        assert (document.name, document.data) == ("Счёт.pdf", b"%PDF-1.4")
        assert result(api, "getFile", file_id=document.file_id)["file_size"] == 8
        assert api.person(1002).user.blocked
        assert api.world.commands_for(1001)[0]["command"] == "help"
        result(api, "editMessageText", chat_id=1001, message_id=menu, text="Дальше")
    with evening(tmp_path) as (api, _):
        assert next(message.text for message in api.person(1001).received) == "Дальше"


def test_what_the_bot_had_not_fetched_waits_for_it(tmp_path: Path) -> None:
    with evening(tmp_path) as (api, _):
        anna = api.person(1001, "Анна")
        anna.start()
        fetched = result(api, "getUpdates")[-1]["update_id"]
        result(api, "getUpdates", offset=fetched + 1)
        anna.send("пока никого нет")
    with evening(tmp_path) as (api, _):
        [update] = result(api, "getUpdates")
        assert update["message"]["text"] == "пока никого нет"
        assert update["update_id"] == fetched + 1


def test_letters_come_back(tmp_path: Path) -> None:
    def post(mailbox: Mailbox, subject: str) -> None:
        letter = EmailMessage()
        letter["To"], letter["Subject"] = "client@example.ru", subject
        letter.set_content("Счёт во вложении")
        with SMTP(mailbox.host, mailbox.port) as client:
            client.send_message(letter, "bot@example.ru")

    with evening(tmp_path) as (_, mailbox):
        post(mailbox, "Счёт № 1")
        before = mailbox.letters
    with evening(tmp_path) as (_, mailbox):
        assert mailbox.letters == before
        assert mailbox.letters[0].subject == "Счёт № 1"
        post(mailbox, "Счёт № 2")
    with evening(tmp_path) as (_, mailbox):
        assert [(letter.number, letter.subject) for letter in mailbox.letters] == [
            (1, "Счёт № 1"),
            (2, "Счёт № 2"),
        ]


def test_a_change_is_on_disk_at_once(tmp_path: Path) -> None:
    """Nothing that was seen depends on an orderly end."""
    with BotApi() as api, Mailbox() as mailbox:
        keeper = Keeper(tmp_path / "far-ends.db", api, mailbox)
        keeper.__enter__()
        api.person(1001, "Анна").start()
        with evening(tmp_path) as (second, _):
            assert [message.text for message in second.person(1001).messages] == ["/start"]
        keeper.__exit__()
