import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.message import EmailMessage
from smtplib import SMTP
from typing import Any

import pytest
from playwright import sync_api as browsing
from playwright.sync_api import expect

from demo.bot_api import BotApi
from demo.mailbox import Mailbox
from demo.page import Page
from tests.demo.wire import HTTP, keyboard, result

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


@dataclass
class Member:
    telegram_id: int
    first_name: str
    username: str | None = None
    roles: list[str] = field(default_factory=list)
    code: str | None = None


CAST = [
    Member(1001, "Анна", "anna", ["sales_rep"]),
    Member(1002, "Борис", "boris", ["storekeeper"]),
    Member(1003, "Дмитрий", None, ["sales_rep", "admin"]),
    Member(1004, "Незнакомец", None, [], "KOD-1234"),
]


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    with Mailbox() as running:
        yield running


@pytest.fixture
def page(api: BotApi, mailbox: Mailbox) -> Iterator[Page]:
    with Page(api, mailbox, port=0) as running:
        running.show(CAST)
        yield running


@pytest.fixture(scope="module")
def chromium() -> Iterator[browsing.Browser]:
    if CHROMIUM is None and os.environ.get("CI") != "true":
        pytest.skip("no chromium on this machine")
    with browsing.sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield running
        running.close()


@pytest.fixture
def tab(chromium: browsing.Browser, page: Page) -> Iterator[browsing.Page]:
    """A browser's tab in which nothing goes wrong and nothing leaves this machine."""
    opened = chromium.new_page(viewport={"width": 1400, "height": 800})
    opened.set_default_timeout(10_000)
    troubles: list[str] = []
    opened.on("console", lambda message: troubles.append(message.text) if message.type == "error" else None)
    opened.on("pageerror", lambda error: troubles.append(str(error)))
    opened.on("request", lambda asked: None if _is_ours(asked.url, page) else troubles.append(asked.url))
    opened.goto(page.url)
    yield opened
    opened.close()
    assert troubles == []


def _is_ours(url: str, page: Page) -> bool:
    return url.startswith((page.url, "chrome-extension:", "chrome:"))


def chat(tab: browsing.Page, name: str = "Анна") -> browsing.Locator:
    return tab.get_by_role("region", name=f"Чат: {name}")


def say(api: BotApi, text: str, person: int = 1001, **params: Any) -> int:
    message_id: int = result(api, "sendMessage", chat_id=person, text=text, **params)["message_id"]
    return message_id


def test_talking_by_buttons_and_text(api: BotApi, tab: browsing.Page) -> None:
    anna = chat(tab)
    anna.get_by_role("button", name="Начать").click()
    expect(anna.get_by_text("/start", exact=True)).to_be_visible()
    menu = say(api, "Меню", reply_markup=keyboard("🛒 Новый заказ"))
    anna.get_by_role("button", name="🛒 Новый заказ").click()
    [press] = [update for update in result(api, "getUpdates") if "callback_query" in update]
    result(api, "answerCallbackQuery", callback_query_id=press["callback_query"]["id"], text="Минутку")
    expect(anna.get_by_role("status")).to_have_text("Минутку")
    result(
        api, "editMessageText", chat_id=1001, message_id=menu, text="Клиент?", reply_markup=keyboard("Назад")
    )
    expect(anna.get_by_text("Клиент?")).to_be_visible()
    expect(anna.get_by_role("button", name="🛒 Новый заказ")).to_have_count(0)
    anna.get_by_label("Сообщение", exact=True).fill("ромашка")
    anna.get_by_label("Сообщение", exact=True).press("Enter")
    expect(anna.get_by_text("ромашка")).to_be_visible()
    assert api.person(1001).last.text == "ромашка"
    result(api, "deleteMessage", chat_id=1001, message_id=menu)
    expect(anna.get_by_text("Клиент?")).to_have_count(0)


def test_text_is_never_markup(api: BotApi, tab: browsing.Page) -> None:
    api.person(1001).send("<img src=x onerror=\"document.title='hacked'\">")
    text = "🛒 <b>Заказ <i>№17</i></b> &lt;b&gt; <a href='https://example.ru/?a=1&amp;b=2'>карта</a>"
    say(api, text, parse_mode="HTML")
    anna = chat(tab)
    expect(anna.get_by_text("<img src=x")).to_be_visible()
    expect(anna.locator("b")).to_have_text("Заказ №17")
    expect(anna.locator("b i")).to_have_text("№17")
    expect(anna.get_by_text("🛒 Заказ №17 <b> карта")).to_be_visible()
    assert anna.get_by_role("link", name="карта").get_attribute("href") == "https://example.ru/?a=1&b=2"
    assert tab.title() == "TradingStoreBot — демонстрация"


def test_an_alert_has_to_be_closed(api: BotApi, tab: browsing.Page) -> None:
    anna = api.person(1001)
    anna.start()
    press = anna.forge("x")
    expect(chat(tab).get_by_text("/start", exact=True)).to_be_visible()
    answer = {"callback_query_id": press.id, "text": "Заказ уже взял Пётр", "show_alert": True}
    result(api, "answerCallbackQuery", **answer)
    dialog = tab.get_by_role("dialog")
    expect(dialog).to_contain_text("Заказ уже взял Пётр")
    dialog.get_by_role("button", name="OK").click()
    expect(dialog).to_have_count(0)


def test_a_link_to_the_bot_stays_here(api: BotApi, tab: browsing.Page) -> None:
    api.person(1004).start()
    expect(chat(tab, "Незнакомец")).to_be_hidden()
    tab.get_by_role("button", name="Незнакомец").click()
    say(api, f"<a href='https://t.me/{api.username}?start=CODE'>войти</a>", 1004, parse_mode="HTML")
    chat(tab, "Незнакомец").get_by_role("link", name="войти").click()
    expect(chat(tab, "Незнакомец").get_by_text("/start CODE")).to_be_visible()
    chat(tab, "Незнакомец").get_by_role("button", name="KOD-1234").click()
    expect(chat(tab, "Незнакомец").locator(".message").get_by_text("KOD-1234")).to_be_visible()


def test_places_contacts_and_files(api: BotApi, tab: browsing.Page) -> None:
    api.person(1001).start()
    anna, person = chat(tab), api.person(1001)
    anna.get_by_label("Команды и вложения").click()
    anna.get_by_role("button", name="Геопозиция").click()
    tab.get_by_label("Место").select_option("Ленинский проспект, 12")
    tab.get_by_role("button", name="Отправить").last.click()
    person.wait(lambda anna: anna.last.venue == {"latitude": 55.7233, "longitude": 37.6017})
    anna.get_by_label("Команды и вложения").click()
    anna.get_by_role("button", name="Контакт").click()
    tab.get_by_label("это контакт другого человека").check()
    tab.get_by_role("dialog").get_by_role("button", name="Отправить").click()
    person.wait(lambda anna: anna.last.content.get("contact", {}).get("user_id", 1001) != 1001)
    anna.get_by_label("Команды и вложения").click()
    with tab.expect_file_chooser() as chooser:
        anna.get_by_role("button", name="Файл").click()
    file: Any = {"name": "Прайс; «май».csv", "mimeType": "text/csv", "buffer": b"1;2"}
    chooser.value.set_files(file)
    expect(anna.get_by_role("link", name="Прайс; «май».csv")).to_be_visible()
    assert person.last.document is not None
    assert (person.last.document.name, person.last.document.data) == ("Прайс; «май».csv", b"1;2")


def test_a_pdf_opens_in_place(api: BotApi, tab: browsing.Page, page: Page) -> None:
    api.person(1001).start()
    url = f"{api.url}/bot{api.token}/sendDocument"
    HTTP.request("POST", url, fields={"chat_id": "1001", "document": ("Счёт 17.pdf", b"%PDF-1.4")})
    anna = chat(tab)
    with tab.expect_download() as download:
        anna.get_by_role("link", name="Счёт 17.pdf").click()
    assert download.value.suggested_filename == "Счёт 17.pdf"
    assert download.value.path().read_bytes() == b"%PDF-1.4"
    anna.get_by_role("button", name="Открыть здесь").click()
    frame = anna.locator("iframe")
    expect(frame).to_have_count(1)
    answer = HTTP.request("GET", page.url + str(frame.get_attribute("src")))
    assert (answer.headers["Content-Type"], answer.data) == ("application/pdf", b"%PDF-1.4")
    anna.get_by_role("button", name="Закрыть").click()
    expect(frame).to_have_count(0)


def test_letters(mailbox: Mailbox, tab: browsing.Page) -> None:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = (
        "bot@example.ru",
        "client@example.ru",
        "Счёт <b>№17</b>",
    )
    message.set_content("Счёт во вложении")
    message.add_alternative("<p>Добрый день!</p>", subtype="html")
    message.add_attachment(b"%PDF-1.4", maintype="application", subtype="pdf", filename="Счёт 17.pdf")
    with SMTP(mailbox.host, mailbox.port) as client:
        client.send_message(message)
    pane = tab.get_by_role("region", name="Почта")
    expect(pane.get_by_role("heading", name="Счёт <b>№17</b>")).to_be_visible()
    expect(pane.frame_locator("iframe.body").get_by_text("Добрый день!")).to_be_visible()
    expect(pane.get_by_text("client@example.ru").first).to_be_visible()
    pane.get_by_role("button", name="Открыть здесь").click()
    assert pane.locator("iframe.pdf").get_attribute("src") == "/mail/1/files/0"


def test_a_letter_runs_nothing(mailbox: Mailbox, page: Page) -> None:
    message = EmailMessage()
    message["To"] = "client@example.ru"
    message.set_content("<script>alert(1)</script>", subtype="html")
    with SMTP(mailbox.host, mailbox.port) as client:
        client.send_message(message, "bot@example.ru")
    answer = HTTP.request("GET", f"{page.url}/mail/1/html")
    assert answer.headers["Content-Security-Policy"].startswith("sandbox; default-src 'none'")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert HTTP.request("GET", f"{page.url}/mail/2/html").status == 404
    assert HTTP.request("GET", f"{page.url}/mail/1/files/0").status == 404


def test_columns_open_and_close_and_count_news(api: BotApi, tab: browsing.Page) -> None:
    api.person(1003).start()
    expect(chat(tab)).to_be_visible()
    expect(chat(tab, "Борис")).to_be_visible()
    expect(chat(tab, "Дмитрий")).to_be_hidden()
    say(api, "Заявка на доступ", 1003)
    dmitry = tab.get_by_role("navigation").get_by_role("button", name="Дмитрий")
    expect(dmitry).to_have_text("Дмитрий1")
    dmitry.click()
    expect(dmitry).to_have_text("Дмитрий")
    expect(chat(tab, "Дмитрий").get_by_text("Заявка на доступ")).to_be_visible()
    dmitry.click()
    expect(chat(tab, "Дмитрий")).to_be_hidden()


def test_blocking_the_bot(api: BotApi, tab: browsing.Page) -> None:
    api.person(1001).start()
    anna = chat(tab)
    anna.get_by_role("button", name="Заблокировать бота").click()
    expect(anna.get_by_role("button", name="Начать")).to_be_visible()
    assert api.person(1001).user.blocked
    anna.get_by_role("button", name="Начать").click()
    expect(anna.get_by_role("button", name="Заблокировать бота")).to_be_visible()
    assert not api.person(1001).user.blocked


def test_the_reply_keyboard_and_commands(api: BotApi, tab: browsing.Page) -> None:
    result(api, "setMyCommands", commands=[{"command": "help", "description": "Помощь"}])
    api.person(1001).start()
    say(api, "x", reply_markup={"keyboard": [["📋 Мои заказы"]]})
    anna = chat(tab)
    anna.get_by_role("button", name="📋 Мои заказы").click()
    expect(anna.locator(".message").get_by_text("📋 Мои заказы")).to_be_visible()
    anna.get_by_label("Команды и вложения").click()
    anna.get_by_role("button", name="/help").click()
    expect(anna.locator(".message").get_by_text("/help")).to_be_visible()


def test_on_a_phone(api: BotApi, tab: browsing.Page) -> None:
    tab.set_viewport_size({"width": 360, "height": 640})
    api.person(1001).start()
    say(api, "Длинноеслово" * 40, reply_markup=keyboard("🛒 Новый заказ", "Очень длинная надпись " * 5))
    expect(chat(tab).get_by_role("button", name="🛒 Новый заказ")).to_be_visible()
    expect(chat(tab, "Борис")).to_be_hidden()
    assert tab.evaluate("document.documentElement.scrollWidth") == 360
    assert tab.evaluate("document.querySelector('.columns').scrollWidth") == 360
    tab.get_by_role("button", name="Борис").click()
    expect(chat(tab, "Борис")).to_be_visible()
    expect(chat(tab)).to_be_hidden()


def test_the_bot_is_seen_to_be_there(api: BotApi, tab: browsing.Page) -> None:
    expect(tab.locator("#bot")).to_have_text("Бот запускается…")
    result(api, "getUpdates")
    expect(tab.locator("#bot")).to_have_text("Бот на связи")


def test_other_sites_may_not_act(api: BotApi, page: Page) -> None:
    def post(path: str, **headers: str) -> int:
        return HTTP.request("POST", page.url + path, body=b"{}", headers=headers).status

    plain = {"Content-Type": "application/json"}
    assert post("/people/1001/start", **plain, Origin="http://evil.example") == 403
    assert post("/people/1001/start", **plain, Host="evil.example") == 403
    assert post("/people/1001/start", **{"Content-Type": "text/plain"}) == 404
    assert post("/people/1001/delete", **plain) == 404
    assert post("/people/77/start", **plain) == 404
    assert post("/people/1001/upload") == 400
    assert post("/people/1001/press", **plain) == 409
    assert api.person(1001).messages == []
    assert post("/people/1001/start", **plain, Origin=page.url) == 200
    assert HTTP.request("GET", f"{page.url}/files/nothing").status == 404
