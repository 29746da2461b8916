"""Makes the README's pictures from the running product: `make pictures`. Needs Chromium and pdftoppm."""

from __future__ import annotations

import re
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Locator, Page, expect, sync_playwright

IMAGES = Path(__file__).parent / "images"
ROOT = Path(__file__).parent.parent
PORT = 8191


def main() -> None:
    """Start the demo, press one order through on its page, keep what is seen."""
    IMAGES.mkdir(exist_ok=True)
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "bot.py", "demo", "--port", str(PORT), "--data-dir", folder]
        demo = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        try:
            assert demo.stdout is not None
            demo.stdout.readline()
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
                context = browser.new_context(
                    viewport={"width": 1400, "height": 860},
                    device_scale_factor=1.5,
                    locale="ru-RU",
                    reduced_motion="reduce",
                )
                context.add_init_script("if (self === top) localStorage.setItem('tour', 'off')")
                page = context.new_page()
                page.goto(f"http://127.0.0.1:{PORT}")
                press_an_order_through(page)
                page.screenshot(path=IMAGES / "demo.png")
                survive_a_kill(page)
                page.screenshot(path=IMAGES / "faults.png")
                draw_userpic(browser.new_page(viewport={"width": 512, "height": 512}))
                browser.close()
        finally:
            demo.send_signal(signal.SIGINT)
            demo.wait(20)


def press_an_order_through(page: Page) -> None:
    """Anna orders, Boris loads, Pyotr sees it; the letter arrives and its PDF is opened."""
    hide_pane(page, "Ольга")
    open_pane(page, "Пётр")
    press(chat(page, "Пётр"), "Начать")
    anna, boris = chat(page, "Анна"), chat(page, "Борис")
    press(anna, "Начать")
    press(boris, "Начать")
    for label in ("Новый заказ", "ООО «Ромашка»", "Бакалея", "Крупы", "Гречка ядрица"):
        press(anna, label)
    say(anna, "5 кор")
    press(anna, "↩️ Назад")
    press(anna, "Сахар и соль")
    press(anna, "Сахар-песок, 1 кг")
    say(anna, "20 кор")
    for label in ("Корзина", "Дальше", "📍 Москва, улица Вавилова"):
        press(anna, label)
    day = re.compile(r"^\d+$")
    expect(anna.get_by_text("День доставки")).to_be_visible()
    if anna.get_by_role("button", name=day).count() == 0:
        press(anna, "▶")
    anna.get_by_role("button", name=day).first.click()
    anna.get_by_role("button", name=re.compile("осталось мест")).first.click()
    say(anna, "Позвонить за час")
    for label in ("Отправить на склад",):
        press(anna, label)
    for label in ("Взять в работу", "Подтвердить загрузку", "Да, загружено"):
        press(boris, label)
    expect(anna.get_by_text("счёт отправлен на")).to_be_visible()
    mail = page.get_by_role("region", name="Почта")
    mail.get_by_role("button", name=re.compile(r"Открыть Счет_.+\.pdf")).click()
    # The browser draws the PDF in a frame of its own that tells nobody when it is done.
    page.wait_for_timeout(2000)


def survive_a_kill(page: Page) -> None:
    """In the dark: the bot is killed and comes back."""
    page.emulate_media(color_scheme="dark")
    hide_pane(page, "Пётр")
    open_pane(page, "Сбои")
    page.get_by_role("button", name="Убить бота").click()
    expect(page.get_by_text("Запущен снова")).to_be_visible()
    expect(page.get_by_text("бот на связи")).to_be_visible()


def draw_userpic(page: Page) -> None:
    """Draw the bot's picture for @BotFather, which takes no SVG."""
    page.goto(f"http://127.0.0.1:{PORT}/static/icon.svg")
    icon = page.locator("svg")
    icon.evaluate("svg => { svg.setAttribute('width', 512); svg.setAttribute('height', 512); }")
    page.screenshot(path=IMAGES / "userpic.png")


def open_pane(page: Page, name: str) -> None:
    """Have a person, the mail or the faults on the page."""
    button = page.get_by_role("navigation").get_by_role("button", name=name)
    if button.get_attribute("aria-pressed") == "false":
        button.click()


def hide_pane(page: Page, name: str) -> None:
    """Take somebody off the page."""
    button = page.get_by_role("navigation").get_by_role("button", name=name)
    if button.get_attribute("aria-pressed") == "true":
        button.click()


def chat(page: Page, name: str) -> Locator:
    """Return one person's chat."""
    return page.get_by_role("region", name=f"Чат: {name}")


def press(chat: Locator, label: str) -> None:
    """Press the newest button that says so."""
    chat.get_by_role("button", name=label).last.click()


def say(chat: Locator, text: str) -> None:
    """Type a message."""
    field = chat.get_by_role("textbox")
    field.fill(text)
    field.press("Enter")


if __name__ == "__main__":
    main()
