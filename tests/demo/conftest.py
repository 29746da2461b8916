from collections.abc import Iterator

import pytest
import telebot
from playwright.sync_api import Browser
from telebot import apihelper

from demo.bot_api import BotApi
from demo.people import Person
from tests.demo import browsing


@pytest.fixture
def api() -> Iterator[BotApi]:
    with BotApi() as running:
        yield running


@pytest.fixture
def bot(api: BotApi, monkeypatch: pytest.MonkeyPatch) -> telebot.TeleBot:
    """The library as it comes: an independent opinion on what the Bot API is."""
    monkeypatch.setattr(apihelper, "API_URL", f"{api.url}/bot{{0}}/{{1}}")
    monkeypatch.setattr(apihelper, "FILE_URL", f"{api.url}/file/bot{{0}}/{{1}}")
    return telebot.TeleBot(api.token, threaded=False)


@pytest.fixture
def anna(api: BotApi) -> Person:
    person = api.person(1001, first_name="Анна", username="anna")
    person.start()
    return person


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    with browsing.browser() as opened:
        yield opened
