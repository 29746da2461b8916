"""A browser's tab in which nothing may go wrong and nothing may leave this machine."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from playwright import sync_api as playwright
from playwright.sync_api import expect

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
expect.set_options(timeout=10_000)


@contextmanager
def browser() -> Iterator[playwright.Browser]:
    if CHROMIUM is None and os.environ.get("CI") != "true":
        pytest.skip("no Chromium on this machine")
    with playwright.sync_playwright() as running:
        opened = running.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield opened
        opened.close()


@contextmanager
def tab(
    chromium: playwright.Browser,
    url: str,
    *,
    hints: bool = False,
    forgives: tuple[str, ...] = (),
    **options: Any,
) -> Iterator[playwright.Page]:
    """A page of its own, in Russian and on a desktop's width unless told otherwise.

    ``forgives`` are the beginnings of complaints that the test provokes.
    """
    settings: dict[str, Any] = {"locale": "ru-RU", "viewport": {"width": 1400, "height": 900}, **options}
    context = chromium.new_context(reduced_motion="reduce", timezone_id="America/Lima", **settings)
    if not hints:
        context.add_init_script("if (self === top) localStorage.setItem('tour', 'off')")
    page = context.new_page()
    page.set_default_timeout(10_000)
    troubles: list[str] = []
    page.on("console", lambda one: troubles.append(one.text) if one.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: troubles.append(str(error)))
    page.on("request", lambda asked: None if _is_ours(asked.url, url) else troubles.append(asked.url))
    page.goto(url)
    yield page
    context.close()
    unforgiven = [trouble for trouble in troubles if not trouble.startswith(forgives)]
    assert not unforgiven, unforgiven


def _is_ours(asked: str, url: str) -> bool:
    return asked.startswith((url, "chrome-extension:", "chrome:"))


def chat(page: playwright.Page, name: str = "Анна") -> playwright.Locator:
    return page.get_by_role("region", name=f"Чат: {name}")


def rail(page: playwright.Page, name: str) -> playwright.Locator:
    return page.get_by_role("navigation").get_by_role("button", name=name)
