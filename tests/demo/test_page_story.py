"""The demo as `make demo` starts it, bot and all, in a browser: what a newcomer sees in three minutes."""

import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Locator, Page, expect

from demo import main
from tests.demo import browsing
from tests.demo.browsing import chat, rail


@contextmanager
def demo(folder: Path, port: str = "0") -> Iterator[str]:
    """The demo, on a free port unless told which: its address."""
    command = [sys.executable, "bot.py", "demo", "--port", port, "--data-dir", str(folder)]
    process = subprocess.Popen(command, cwd=main.ROOT, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        said = process.stdout.readline()
        found = re.search(r"http://127\.0\.0\.1:\d+", said)
        assert found is not None, said
        yield found[0]
    finally:
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 0
        process.stdout.close()


def press(pane: Locator, label: str | re.Pattern[str]) -> None:
    pane.get_by_role("button", name=label).last.click()


def say(pane: Locator, text: str) -> None:
    pane.get_by_role("textbox").fill(text)
    pane.get_by_role("textbox").press("Enter")


def counter(tab: Page, name: str) -> Locator:
    return tab.locator("#tally").get_by_title(re.compile(f"^{name}:"))


def places_order(pane: Locator) -> None:
    for label in ("Новый заказ", "ООО «Ромашка»", "Бакалея", "Крупы", "Гречка ядрица"):
        press(pane, label)
    expect(pane.get_by_text("Сколько?").last).to_be_visible()
    say(pane, "5 кор")
    press(pane, re.compile("Корзина · 1"))
    press(pane, "Дальше")
    press(pane, "📍 Москва, улица Вавилова")
    expect(pane.get_by_text("День доставки")).to_be_visible()
    day = re.compile(r"^\d+$")
    if pane.get_by_role("button", name=day).count() == 0:
        press(pane, "▶")
    pane.get_by_role("button", name=day).first.click()
    pane.get_by_role("button", name=re.compile("осталось мест")).first.click()
    press(pane, "Без пометки")
    press(pane, "Отправить на склад")


def test_the_whole_story(chromium: Browser, tmp_path: Path) -> None:
    with ExitStack() as page:
        with demo(tmp_path / "data") as url:
            tab = page.enter_context(
                browsing.tab(chromium, url, forgives=("Failed to load resource: net::ERR_",))
            )
            _goes_from_the_code_to_the_invoice(tab)
        # The page stays open overnight and goes on by itself in the morning.
        expect(tab.get_by_text("нет связи с демонстрацией")).to_be_visible()
        with demo(tmp_path / "data", url.rpartition(":")[2]):
            expect(tab.get_by_text("бот на связи")).to_be_visible()
            tab.reload()
            expect(chat(tab).get_by_text("счёт отправлен на")).to_be_visible()
            expect(chat(tab, "Борис").get_by_role("button", name="Доставлено")).to_be_visible()
            _sees_the_invoice(tab, url)
            _holds_a_message_up_and_loses_it_not(tab)


def _goes_from_the_code_to_the_invoice(tab: Page) -> None:
    """Through a kill in the middle, with a press while nobody is there to hear it."""
    olga, anna, boris = chat(tab, "Ольга"), chat(tab), chat(tab, "Борис")
    press(olga, "Начать")
    olga.locator(".code").get_by_role("button").click()
    expect(olga.locator(".head")).to_contain_text("торговый представитель")
    for pane in (anna, boris):
        press(pane, "Начать")
    places_order(anna)
    expect(counter(tab, "Заказы")).to_contain_text("1 : 1")

    rail(tab, "Сбои").click()
    trouble = tab.get_by_role("region", name="Сбои")
    expect(boris.get_by_role("button", name="Взять в работу")).to_be_visible()
    trouble.get_by_role("button", name="Убить бота").click()
    press(boris, "Взять в работу")
    expect(trouble.get_by_text("Запущен снова")).to_be_visible()
    press(boris, "Подтвердить загрузку")
    press(boris, "Да, загружено")
    for name in ("Заказы", "Счета", "Письма"):
        expect(counter(tab, name)).to_contain_text("1 : 1")
    expect(anna.get_by_text("счёт отправлен на")).to_be_visible()


def _sees_the_invoice(tab: Page, url: str) -> None:
    letter = tab.get_by_role("region", name="Почта")
    expect(letter.get_by_role("heading", name=re.compile("Счёт № 1 от"))).to_be_visible()
    letter.get_by_role("button", name=re.compile(r"Открыть Счет_.+\.pdf")).click()
    pdf = letter.locator("iframe.pdf")
    expect(pdf).to_be_visible()
    answer = tab.request.get(url + str(pdf.get_attribute("src")).partition("#")[0])
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.body().startswith(b"%PDF-")


def _holds_a_message_up_and_loses_it_not(tab: Page) -> None:
    rail(tab, "Сбои").click()
    fault = tab.get_by_role("switch", name="Telegram: 429")
    fault.click()
    expect(fault).to_have_attribute("aria-checked", "true")
    rail(tab, "Дмитрий").click()
    dmitry = chat(tab, "Дмитрий")
    press(dmitry, "Начать")
    expect(tab.get_by_text("в Telegram — 1")).to_be_visible()
    expect(dmitry.locator(".message.bot")).to_have_count(0)
    fault.click()
    expect(dmitry.locator(".message.bot")).to_contain_text("Что делаем?")
    expect(tab.get_by_text("в Telegram — 0")).to_be_visible()


def follows_the_hints(tab: Page, until: str) -> None:
    """Do nothing but what is pointed at."""
    hint = tab.get_by_role("note")
    for _ in range(40):
        expect(hint).to_be_visible()
        said = hint.inner_text()
        if until in said:
            return
        offered = hint.locator(".primary")
        (offered if offered.count() else tab.locator(".pointed")).click()
        expect(hint).not_to_have_text(said, use_inner_text=True)
    raise AssertionError(f"the hints never came to {until!r}")


def test_the_hints_lead_from_the_code_to_the_invoice_and_back_from_every_detour(
    chromium: Browser, tmp_path: Path
) -> None:
    """A newcomer with a phone, who presses little but what is pointed at, sees the invoice and a kill."""
    phone: dict[str, Any] = {
        "viewport": {"width": 390, "height": 844},
        "has_touch": True,
        "color_scheme": "dark",
    }
    with (
        demo(tmp_path / "data") as url,
        browsing.tab(chromium, url, hints=True, locale="en-GB", **phone) as tab,
    ):
        hint = tab.get_by_role("note")
        _strays_with_the_order(tab)
        _strays_with_the_load(tab)
        follows_the_hints(tab, "That is all")
        rail(tab, "Mail").tap()
        expect(tab.get_by_role("region", name="Mail").locator("iframe.pdf")).to_be_visible()
        tab.reload()
        expect(hint).to_contain_text("That is all")  # and not from the letter on once more
        hint.get_by_role("button", name="Close the hints").click()
        expect(hint).to_have_count(0)
        tab.reload()
        rail(tab, "Mail").tap()
        expect(hint).to_have_count(0)


def turns_to(tab: Page, name: str) -> Locator:
    """Their chat, put on the screen unless it is there."""
    pane = tab.get_by_role("region", name=f"Chat: {name}")
    if not pane.is_visible():
        rail(tab, name).tap()
    return pane


def _strays_with_the_order(tab: Page) -> None:
    hint = tab.get_by_role("note")
    follows_the_hints(tab, "Open a shelf")
    anna = turns_to(tab, "Анна")
    say(anna, "/start")
    press(anna, "Settings")  # «• English» is no unit to count in
    expect(hint).to_contain_text("«🏠 Menu»")
    follows_the_hints(tab, "then «🛒 Cart»")
    press(anna, "Cart")
    press(anna, "📋 Order")
    expect(hint).to_contain_text("wants an address")
    follows_the_hints(tab, "Both storekeepers")
    press(anna, "Recall")
    expect(hint).to_contain_text("Check it")
    follows_the_hints(tab, "Both storekeepers")
    press(anna, "Cancel")
    say(anna, "they changed their mind")
    expect(hint).to_contain_text("«🏠 Menu»")
    follows_the_hints(tab, "Both storekeepers")


def _strays_with_the_load(tab: Page) -> None:
    hint = tab.get_by_role("note")
    anna = turns_to(tab, "Анна")
    press(anna, "🏠 Menu")
    press(anna, "New order")  # a second order is no reason to forget the first
    boris = turns_to(tab, "Борис")
    press(boris, "Take it")
    expect(hint).to_contain_text("Loaded?")
    press(boris, "Back to the queue")
    expect(hint).to_contain_text("Both storekeepers")
    press(boris, "Take it")
    tab.reload()
    expect(hint).to_contain_text("Loaded?")
    turns_to(tab, "Борис")
    press(boris, "Quantity")
    press(boris, "To the order")
    press(boris, "Reject")
    say(boris, "/start")
    expect(boris.get_by_role("button", name="To load")).to_be_visible()
    follows_the_hints(tab, "Yes, loaded")
