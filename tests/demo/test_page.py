"""The page in a browser, with no bot behind: what people press arrives, what the bot says is seen."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from email.message import EmailMessage
from smtplib import SMTP
from typing import Any

import pytest
from PIL import Image
from playwright import sync_api as playwright
from playwright.sync_api import expect

from demo.bot_api import BotApi
from demo.geocoder import Geocoder
from demo.mailbox import Mailbox
from demo.page import Page
from tests.demo import browsing
from tests.demo.browsing import chat, rail
from tests.demo.wire import HTTP, keyboard, result


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
    Member(1003, "Клара", "klara", ["sales_rep"]),
    Member(1004, "Дмитрий", None, ["sales_rep", "admin"]),
    Member(1006, "Незнакомец", None, [], "KOD-1234"),
]


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    with Mailbox() as running:
        yield running


@pytest.fixture
def page(api: BotApi, mailbox: Mailbox) -> Iterator[Page]:
    with Geocoder() as geocoder, Page(api, mailbox, port=0, geocoder=geocoder) as running:
        running.show(CAST)
        yield running


@pytest.fixture
def tab(chromium: playwright.Browser, page: Page) -> Iterator[playwright.Page]:
    with browsing.tab(chromium, page.url) as opened:
        yield opened


def say(api: BotApi, text: str, person: int = 1001, **params: Any) -> int:
    message_id: int = result(api, "sendMessage", chat_id=person, text=text, **params)["message_id"]
    return message_id


def test_talking_by_buttons_and_text(api: BotApi, tab: playwright.Page) -> None:
    anna = chat(tab)
    anna.get_by_role("button", name="Начать").click()
    expect(anna.get_by_text("/start", exact=True)).to_be_visible()
    menu = say(api, "Меню", reply_markup=keyboard("🛒 Новый заказ"))
    anna.get_by_role("button", name="🛒 Новый заказ").click()
    expect(anna.locator(".pressed")).to_have_count(1)
    [press] = [update for update in result(api, "getUpdates") if "callback_query" in update]
    result(api, "answerCallbackQuery", callback_query_id=press["callback_query"]["id"], text="Минутку")
    expect(anna.get_by_role("status")).to_have_text("Минутку")
    expect(anna.locator(".pressed")).to_have_count(0)
    result(
        api, "editMessageText", chat_id=1001, message_id=menu, text="Клиент?", reply_markup=keyboard("Назад")
    )
    expect(anna.get_by_text("Клиент?")).to_be_visible()
    expect(anna.get_by_text("изм.")).to_have_count(1)
    expect(anna.get_by_role("button", name="🛒 Новый заказ")).to_have_count(0)
    anna.get_by_label("Сообщение", exact=True).fill("ромашка")
    anna.get_by_label("Сообщение", exact=True).press("Enter")
    expect(anna.get_by_text("ромашка")).to_be_visible()
    assert api.person(1001).last.text == "ромашка"
    result(api, "deleteMessage", chat_id=1001, message_id=menu)
    expect(anna.get_by_text("Клиент?")).to_have_count(0)


def test_a_button_is_what_it_was_when_it_was_seen(api: BotApi, tab: playwright.Page) -> None:
    api.person(1001).start()
    menu = say(api, "Заказ", reply_markup=keyboard("✅ Да", data="yes"))
    yes = chat(tab).get_by_role("button", name="✅ Да")
    expect(yes).to_be_visible()

    def becomes_another(route: playwright.Route) -> None:
        markup = keyboard("⛔ Удалить", data="delete")
        result(api, "editMessageText", chat_id=1001, message_id=menu, text="?", reply_markup=markup)
        route.continue_()

    tab.route("**/press", becomes_another)
    with tab.expect_response("**/press"):
        yes.click()
    assert result(api, "getUpdates")[-1]["callback_query"]["data"] == "yes"


def test_one_tick_waits_at_telegram_and_two_have_been_fetched(api: BotApi, tab: playwright.Page) -> None:
    chat(tab).get_by_role("button", name="Начать").click()
    waiting, fetched = chat(tab).get_by_title("Бот ещё не прочитал"), chat(tab).get_by_title("Бот прочитал")
    shown = chat(tab).locator(".ticks svg").filter(visible=True).locator("use")
    expect(waiting).to_have_count(1)
    expect(shown).to_have_attribute("href", "/static/icons.svg#check")
    update = result(api, "getUpdates")[-1]["update_id"]
    result(api, "getUpdates", offset=update + 1)
    expect(fetched).to_have_count(1)
    expect(shown).to_have_attribute("href", "/static/icons.svg#checks")
    expect(waiting).to_have_count(0)


def test_text_is_never_markup(api: BotApi, tab: playwright.Page) -> None:
    api.person(1001).send("<img src=x onerror=\"document.title='hacked'\">")
    text = "🛒 <b>Заказ <i>№17</i></b> &lt;b&gt; <a href='https://example.ru/?a=1&amp;b=2'>карта</a>"
    say(api, text, parse_mode="HTML")
    anna = chat(tab)
    expect(anna.get_by_text("<img src=x")).to_be_visible()
    expect(anna.locator(".messages b")).to_have_text("Заказ №17")
    expect(anna.locator(".messages b i")).to_have_text("№17")
    expect(anna.get_by_text("🛒 Заказ №17 <b> карта")).to_be_visible()
    assert anna.get_by_role("link", name="карта").get_attribute("href") == "https://example.ru/?a=1&b=2"
    assert tab.title() == "TradingStoreBot — демонстрация"


def test_times_are_the_company_s(api: BotApi, tab: playwright.Page) -> None:
    # The browser stands in Lima, eight hours behind the company.
    message = api.person(1001).start()
    message.sent_at = 1_790_000_000.0  # 2026-09-21 17:13:20 in Moscow
    with api.world.lock:
        api.world.touch(1001)
    expect(chat(tab).locator(".message .time")).to_have_text("17:13")
    expect(chat(tab).locator(".day")).to_have_text("21 сентября")


def test_an_alert_has_to_be_closed(api: BotApi, tab: playwright.Page) -> None:
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


def test_a_link_to_the_bot_stays_here(api: BotApi, tab: playwright.Page) -> None:
    api.person(1006).start()
    say(api, f"<a href='https://t.me/{api.username}?start=CODE'>войти</a>", 1006, parse_mode="HTML")
    stranger = chat(tab, "Незнакомец")
    stranger.get_by_role("link", name="войти").click()
    expect(stranger.get_by_text("/start CODE")).to_be_visible()
    stranger.get_by_role("button", name="KOD-1234").click()
    expect(stranger.locator(".message").get_by_text("KOD-1234")).to_be_visible()


def attach(tab: playwright.Page, what: str) -> None:
    chat(tab).get_by_label("Прикрепить").click()
    chat(tab).get_by_role("button", name=what).click()


def test_a_place_from_the_map_or_by_hand(api: BotApi, tab: playwright.Page) -> None:
    person = api.person(1001)
    person.start()
    attach(tab, "Геопозиция")
    tab.get_by_role("combobox").select_option("Москва, Ленинский проспект, 12")
    tab.get_by_role("dialog").get_by_role("button", name="Отправить").click()
    person.wait(lambda anna: anna.last.venue == {"latitude": 55.7233, "longitude": 37.6017})
    attach(tab, "Геопозиция")
    tab.get_by_label("Широта").fill("55,5")
    tab.get_by_label("Долгота").fill("37.5")
    tab.get_by_label("Долгота").press("Enter")
    person.wait(lambda anna: anna.last.venue == {"latitude": 55.5, "longitude": 37.5})
    attach(tab, "Геопозиция")
    tab.get_by_label("Схема Москвы").click()  # its very middle
    tab.get_by_role("dialog").get_by_role("button", name="Отправить").click()
    person.wait(lambda anna: anna.last.venue and abs(anna.last.venue["latitude"] - 55.69) < 0.01)
    assert abs((person.last.venue or {})["longitude"] - 37.63) < 0.01
    expect(chat(tab).get_by_role("link", name="На карте OpenStreetMap")).to_have_count(3)
    result(
        api, "sendVenue", chat_id=1001, latitude=55.7, longitude=37.6, title="Склад", address="Дубнинская, 83"
    )
    expect(chat(tab).get_by_text("Дубнинская, 83")).to_be_visible()


def test_contacts_and_files(api: BotApi, tab: playwright.Page) -> None:
    person = api.person(1001)
    person.start()
    attach(tab, "Контакт")
    tab.get_by_label("это контакт другого человека").check()
    tab.get_by_role("dialog").get_by_role("button", name="Отправить").click()
    person.wait(lambda anna: anna.last.content.get("contact", {}).get("user_id", 1001) != 1001)
    expect(chat(tab).get_by_text("+7 999 123-45-67")).to_be_visible()
    with tab.expect_file_chooser() as chooser:
        attach(tab, "Файл")
    file: Any = {
        "name": "Прайс; «май».csv",
        "mimeType": "text/csv",
        "buffer": "Товар;Цена\nМыло;<b>5</b>".encode(),
    }
    chooser.value.set_files(file)
    chat(tab).get_by_role("button", name="Открыть Прайс; «май».csv").click()
    expect(tab.get_by_role("dialog").get_by_role("cell", name="<b>5</b>")).to_be_visible()
    tab.keyboard.press("Escape")
    expect(tab.get_by_role("dialog")).to_have_count(0)
    assert person.last.document is not None
    assert person.last.document.name == "Прайс; «май».csv"


def test_a_photo_opens_large(api: BotApi, tab: playwright.Page, tmp_path: Any) -> None:
    api.person(1001).start()
    Image.new("RGB", (300, 200), "teal").save(tmp_path / "box.png")
    with tab.expect_file_chooser() as chooser:
        attach(tab, "Фотография")
    chooser.value.set_files(tmp_path / "box.png")
    chat(tab).get_by_role("button", name="Открыть Фотография").click()
    shown = tab.get_by_role("dialog").get_by_role("img")
    expect(shown).to_be_visible()
    assert shown.evaluate("picture => picture.naturalWidth") == 300


def test_a_pdf_opens_over_the_page(api: BotApi, tab: playwright.Page, page: Page) -> None:
    api.person(1001).start()
    url = f"{api.url}/bot{api.token}/sendDocument"
    HTTP.request("POST", url, fields={"chat_id": "1001", "document": ("Счёт 17.pdf", b"%PDF-1.4")})
    with tab.expect_download() as download:
        chat(tab).get_by_role("link", name="Скачать Счёт 17.pdf").click()
    assert download.value.suggested_filename == "Счёт 17.pdf"
    assert download.value.path().read_bytes() == b"%PDF-1.4"
    chat(tab).get_by_role("button", name="Открыть Счёт 17.pdf").click()
    frame = tab.get_by_role("dialog").locator("iframe")
    expect(frame).to_have_count(1)
    answer = HTTP.request("GET", page.url + str(frame.get_attribute("src")).partition("#")[0])
    assert (answer.headers["Content-Type"], answer.data) == ("application/pdf", b"%PDF-1.4")
    tab.get_by_role("dialog").get_by_role("button", name="Закрыть").click()
    expect(frame).to_have_count(0)


def post_letter(mailbox: Mailbox, subject: str, html: str = "<p>Добрый день!</p>") -> None:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "bot@example.ru", "client@example.ru", subject
    message.set_content("Счёт во вложении")
    message.add_alternative(html, subtype="html")
    message.add_attachment(b"%PDF-1.4", maintype="application", subtype="pdf", filename="Счёт 17.pdf")
    with SMTP(mailbox.host, mailbox.port) as client:
        client.send_message(message)


def test_letters(mailbox: Mailbox, tab: playwright.Page) -> None:
    post_letter(mailbox, "Счёт <b>№17</b>", "<!DOCTYPE html><p>Добрый день!</p>" + "<p>и ещё</p>" * 40)
    pane = tab.get_by_role("region", name="Почта")
    expect(pane.get_by_role("heading", name="Счёт <b>№17</b>")).to_be_visible()
    expect(pane.frame_locator("iframe.body").get_by_text("Добрый день!")).to_be_visible()
    pane.get_by_role("button", name="Открыть Счёт 17.pdf").click()
    assert str(pane.locator("iframe.pdf").get_attribute("src")).startswith("/mail/1/files/0#")
    expect(pane.locator("iframe.pdf")).to_be_in_viewport(ratio=0.9)
    pane.get_by_role("button", name="Свернуть Счёт 17.pdf").click()
    expect(pane.locator("iframe.pdf")).to_have_count(0)
    post_letter(mailbox, "Второе")
    expect(pane.get_by_role("heading", name="Второе")).to_be_visible()
    pane.get_by_role("button", name="№17").click()
    expect(pane.get_by_role("heading", name="Счёт <b>№17</b>")).to_be_visible()


@pytest.mark.parametrize("width", [1400, 390])
def test_a_letter_has_the_room_it_needs(
    mailbox: Mailbox, page: Page, chromium: playwright.Browser, width: int
) -> None:
    post_letter(mailbox, "Короткое", "<!DOCTYPE html><p>одна строка</p>")
    long = "<p>и ещё одна строка, подлиннее</p>" * 40
    post_letter(mailbox, "Длинное", f"<!DOCTYPE html>{long}<p>до конца</p>")
    with browsing.tab(chromium, page.url, viewport={"width": width, "height": 800}) as tab:
        if width < 700:
            rail(tab, "Почта").click()
        pane = tab.get_by_role("region", name="Почта")
        frame = pane.locator("iframe.body")
        content = "frame => frame.contentDocument.scrollingElement.scrollHeight - frame.clientHeight"
        last = pane.frame_locator("iframe.body").get_by_text("до конца")
        last.scroll_into_view_if_needed()
        expect(last).to_be_in_viewport()
        assert frame.evaluate(content) == 0
        height = frame.evaluate("frame => frame.offsetHeight")
        pane.get_by_role("button", name="Короткое").click()
        expect(pane.frame_locator("iframe.body").get_by_text("одна строка")).to_be_visible()
        assert frame.evaluate(content) == 0
        assert frame.evaluate("frame => frame.offsetHeight") < 100 < 1000 < height


def test_a_letter_runs_and_loads_nothing(mailbox: Mailbox, page: Page, chromium: playwright.Browser) -> None:
    loaded: list[str] = []
    evil = "<script>parent.document.title='hacked'</script><img src=//evil.example>"
    refusals = ("Blocked script execution", "Loading the image", "http://evil.example/")
    with browsing.tab(chromium, page.url, forgives=refusals) as tab:
        tab.on("requestfinished", lambda asked: loaded.append(asked.url))
        post_letter(mailbox, "x", f"<p>живо</p>{evil}<p>до конца</p>")
        expect(tab.frame_locator("iframe.body").get_by_text("до конца")).to_be_visible()
        assert tab.locator("iframe.body").get_attribute("sandbox") == "allow-same-origin"
        assert tab.title() == "TradingStoreBot — демонстрация"
    assert any(url.endswith("/mail/1/html") for url in loaded)
    assert not any("evil" in url for url in loaded)
    answer = HTTP.request("GET", f"{page.url}/mail/1/html")
    policy = answer.headers["Content-Security-Policy"]
    assert policy.startswith("sandbox allow-same-origin; default-src 'none'")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert HTTP.request("GET", f"{page.url}/mail/2/html").status == 404
    assert HTTP.request("GET", f"{page.url}/mail/1/files/1").status == 404


def test_chats_open_and_close_and_count_news(api: BotApi, tab: playwright.Page) -> None:
    api.person(1004).start()
    expect(chat(tab)).to_be_visible()
    expect(chat(tab, "Борис")).to_be_visible()
    expect(chat(tab, "Дмитрий")).to_be_hidden()
    expect(chat(tab, "Клара")).to_be_hidden()
    say(api, "Заявка на доступ", 1004)
    dmitry = rail(tab, "Дмитрий")
    expect(dmitry.get_by_label("непрочитанных: 1")).to_be_visible()
    dmitry.click()
    expect(dmitry.get_by_label("непрочитанных")).to_have_count(0)
    expect(chat(tab, "Дмитрий").get_by_text("Заявка на доступ")).to_be_visible()
    dmitry.click()
    expect(chat(tab, "Дмитрий")).to_be_hidden()
    rail(tab, "Остальные").click()
    tab.get_by_role("button", name="Клара торговый представитель").click()
    expect(chat(tab, "Клара")).to_be_visible()
    expect(rail(tab, "Клара")).to_have_attribute("aria-pressed", "true")


def test_blocking_the_bot(api: BotApi, tab: playwright.Page) -> None:
    api.person(1001).start()
    anna = chat(tab)
    anna.get_by_label("Ещё").click()
    anna.get_by_role("button", name="Заблокировать бота").click()
    expect(anna.get_by_role("button", name="Начать")).to_be_visible()
    assert api.person(1001).user.blocked
    anna.get_by_role("button", name="Начать").click()
    expect(anna.get_by_role("textbox")).to_be_visible()
    assert not api.person(1001).user.blocked


def test_the_reply_keyboard_and_commands(api: BotApi, tab: playwright.Page) -> None:
    result(api, "setMyCommands", commands=[{"command": "help", "description": "Помощь"}])
    api.person(1001).start()
    say(api, "x", reply_markup={"keyboard": [["📋 Мои заказы"]]})
    anna = chat(tab)
    anna.get_by_role("button", name="📋 Мои заказы").click()
    expect(anna.locator(".message").get_by_text("📋 Мои заказы")).to_be_visible()
    anna.get_by_label("Команды").click()
    anna.get_by_role("button", name="/help").click()
    expect(anna.locator(".message").get_by_text("/help")).to_be_visible()


def test_everything_by_keyboard(api: BotApi, tab: playwright.Page) -> None:
    anna, keys = chat(tab), tab.keyboard
    box = anna.get_by_label("Сообщение", exact=True)
    anna.get_by_role("log").focus()
    keys.press("Tab")
    keys.press("Enter")  # «Начать»
    expect(box).to_be_focused()
    keys.type("ромашка")
    keys.press("Enter")
    expect(anna.locator(".message").get_by_text("ромашка")).to_be_visible()
    menu = say(api, "Меню", reply_markup=keyboard("📋 Мои заказы", "🛒 Новый заказ"))
    expect(anna.get_by_role("button", name="🛒 Новый заказ")).to_be_visible()
    keys.press("Shift+Tab")
    expect(anna.get_by_role("button", name="🛒 Новый заказ")).to_be_focused()
    keys.press("Enter")
    expect(anna.locator(".pressed")).to_have_text("🛒 Новый заказ")
    markup = keyboard("Ромашка", "Котова")
    result(api, "editMessageText", chat_id=1001, message_id=menu, text="Для кого?", reply_markup=markup)
    expect(anna.get_by_role("button", name="Котова")).to_be_focused()


def test_a_place_by_keyboard(api: BotApi, tab: playwright.Page) -> None:
    person = api.person(1001)
    person.start()
    clip, keys = chat(tab).get_by_label("Прикрепить"), tab.keyboard
    clip.focus()
    keys.press("Enter")
    expect(chat(tab).get_by_role("button", name="Стикер")).to_be_visible()
    keys.press("Escape")
    expect(chat(tab).get_by_role("button", name="Стикер")).to_be_hidden()
    keys.press("Enter")
    for _ in ("Фотография", "Файл", "Геопозиция"):
        keys.press("Tab")
    keys.press("Enter")
    expect(tab.get_by_role("combobox")).to_be_focused()
    keys.press("Tab")
    keys.type("55,5")
    keys.press("Tab")
    keys.type("37.5")
    keys.press("Enter")
    person.wait(lambda anna: anna.last.venue == {"latitude": 55.5, "longitude": 37.5})
    expect(clip).to_be_focused()


def test_on_a_phone(api: BotApi, chromium: playwright.Browser, page: Page) -> None:
    api.person(1001).start()
    say(api, "Длинноеслово" * 40, reply_markup=keyboard("🛒 Новый заказ", "Очень длинная надпись " * 5))
    with browsing.tab(chromium, page.url, viewport={"width": 360, "height": 640}, has_touch=True) as tab:
        expect(chat(tab, "Незнакомец")).to_be_visible()
        rail(tab, "Анна").tap()
        expect(chat(tab).get_by_role("button", name="🛒 Новый заказ")).to_be_in_viewport()
        expect(chat(tab, "Незнакомец")).to_be_hidden()
        for pane in ("Анна", "Почта", "Сбои"):
            rail(tab, pane).tap()
            size = "[document.documentElement.scrollWidth, document.body.scrollHeight]"
            assert tab.evaluate(size) == [360, 640]
            expect(rail(tab, pane)).to_be_in_viewport()
        expect(tab.get_by_role("switch").first).to_be_visible()


def test_themes_and_languages(api: BotApi, chromium: playwright.Browser, page: Page) -> None:
    def ground(tab: playwright.Page) -> str:
        return str(tab.evaluate("getComputedStyle(document.body).backgroundColor"))

    with browsing.tab(chromium, page.url, color_scheme="light") as tab:
        light = ground(tab)
    with browsing.tab(chromium, page.url, color_scheme="dark", locale="en-US") as tab:
        dark = ground(tab)
        assert dark != light
        expect(tab.get_by_role("region", name="Chat: Анна")).to_contain_text("sales rep")
        tab.get_by_role("button", name="Theme: as the system").click()
        assert ground(tab) == light
        tab.get_by_role("button", name="Theme: light").click()
        assert ground(tab) == dark
        tab.get_by_role("button", name="Переключить на русский").click()
        expect(chat(tab)).to_contain_text("торговый представитель")
        tab.reload()
        expect(tab.get_by_role("button", name="Тема: тёмная")).to_be_visible()
        assert ground(tab) == dark
        assert tab.evaluate("document.documentElement.lang") == "ru"


def test_the_bot_is_seen_to_be_there(api: BotApi, tab: playwright.Page) -> None:
    expect(tab.locator("#bot")).to_have_text("бот запускается…")
    result(api, "getUpdates")
    expect(tab.locator("#bot")).to_have_text("бот на связи")


def test_other_sites_may_not_act(api: BotApi, page: Page) -> None:
    def post(path: str, **headers: str) -> int:
        return HTTP.request("POST", page.url + path, body=b"{}", headers=headers).status

    plain = {"Content-Type": "application/json"}
    assert post("/people/1001/start", **plain, Origin="http://evil.example") == 403
    assert post("/people/1001/start", **plain, Host="evil.example") == 403
    for path in ("/people/1001/start", "/faults/telegram-502", "/bot/kill"):
        assert post(path, **{"Content-Type": "text/plain"}) == 404
    assert post("/people/1001/delete", **plain) == 404
    assert post("/people/77/start", **plain) == 404
    assert post("/faults/flood", **plain) == 404
    assert post("/bot/kill", **plain) == 404  # no bot behind this page
    assert post("/people/1001/upload") == 400
    assert post("/people/1001/press", **plain) == 409
    assert api.person(1001).messages == []
    assert post("/people/1001/start", **plain, Origin=page.url) == 200
    assert HTTP.request("GET", f"{page.url}/files/nothing").status == 404
