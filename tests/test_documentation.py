"""What the documentation names is there: files, commands, targets, settings, links."""

from __future__ import annotations

import re
import runpy
import textwrap
from functools import lru_cache
from pathlib import Path

import pytest
import telebot

import bot
from handlers.registry import register_all
from handlers.routing import Router
from services import papers
from settings import NAMES, SECRET_NAMES
from tests.services.documents import pages_of

ROOT = Path(__file__).parent.parent
PAGES = sorted(
    str(path.relative_to(ROOT)) for pattern in ("*.md", "docs/*.md") for path in ROOT.glob(pattern)
)
# CONTRIBUTING shows how a feature is added by one that isn't there.
EXAMPLES = re.compile(r"returns|0002")
SETTINGS = {*NAMES, *(f"{name}_FILE" for name in SECRET_NAMES)}


@lru_cache
def text_of(page: str) -> str:
    return (ROOT / page).read_text("utf-8")


def code_of(page: str) -> str:
    """What stands in a page as code: in backticks or in a block."""
    text = text_of(page)
    blocks = re.findall(r"```.*?\n(.*?)```", text, re.DOTALL)
    return "\n".join([*blocks, *re.findall(r"`([^`\n]+)`", re.sub(r"```.*?```", "", text, flags=re.DOTALL))])


def commands_of_bot() -> set[str]:
    [choices] = [action.choices for action in bot._parser()._actions if isinstance(action.choices, dict)]
    return set(choices)


def targets_of_make() -> set[str]:
    return set(re.findall(r"^([a-z-]+):", text_of("Makefile"), re.MULTILINE))


def test_there_is_documentation() -> None:
    assert {"README.md", "README.ru.md", "CONTRIBUTING.md", "CHANGELOG.md", "docs/operations.md"} <= set(
        PAGES
    )


@pytest.mark.parametrize("page", PAGES)
def test_every_link_leads_somewhere(page: str) -> None:
    links = re.findall(r"\]\(([^)\s]+)\)", text_of(page)) + re.findall(
        r'(?:src|href)="([^"]+)"', text_of(page)
    )
    local = [link.partition("#")[0] for link in links if not re.match(r"[a-z]+:|#", link)]
    assert [link for link in local if not (ROOT / page).parent.joinpath(link).exists()] == []


@pytest.mark.parametrize("page", PAGES)
def test_every_anchor_is_a_heading(page: str) -> None:
    broken = []
    for link in re.findall(r"\]\(([^)\s]*#[^)\s]+)\)", text_of(page)):
        target, _, anchor = link.partition("#")
        if re.match(r"[a-z]+:", link):
            continue
        other = (ROOT / page).parent.joinpath(target).resolve().relative_to(ROOT) if target else Path(page)
        headings = re.findall(r"^#+ (.+)$", text_of(str(other)), re.MULTILINE)
        slugs = {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
        if anchor not in slugs:
            broken.append(link)
    assert broken == []


@pytest.mark.parametrize("page", PAGES)
def test_every_file_that_is_named_is_there(page: str) -> None:
    named = set(re.findall(r"`((?:[a-z_.]+/)+[\w.*-]+\.(?:py|po|md|txt|toml|yaml|csv))`", text_of(page)))
    missing = [name for name in sorted(named) if not EXAMPLES.search(name) and not list(ROOT.glob(name))]
    assert missing == []


@pytest.mark.parametrize("page", PAGES)
def test_every_command_of_the_bot_that_is_named_exists(page: str) -> None:
    named = set(re.findall(r"bot\.py ([a-z][a-z-]*)", code_of(page)))
    assert named <= commands_of_bot()


@pytest.mark.parametrize("page", PAGES)
def test_every_target_of_make_that_is_named_exists(page: str) -> None:
    named = set(re.findall(r"^\s*make ([a-z][a-z-]*)", code_of(page), re.MULTILINE))
    assert named <= targets_of_make()


@pytest.mark.parametrize("page", PAGES)
def test_every_setting_that_is_given_a_value_exists(page: str) -> None:
    named = set(re.findall(r"\b([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)=", code_of(page)))
    # Variables of other programs: systemd, compose, this page's own shell.
    assert {
        name for name in named if name.startswith(("BOT_", "SMTP_", "TELEGRAM_", "DATABASE_"))
    } <= SETTINGS


def test_the_readme_tells_how_to_try_and_how_to_run() -> None:
    for page in ("README.md", "README.ru.md"):
        assert "make demo" in code_of(page)
        assert "make run" in code_of(page)


@pytest.mark.parametrize("page", ["README.md", "README.ru.md"])
def test_what_is_pasted_to_botfather_fits(page: str) -> None:
    for command, limit in (("/setdescription", 512), ("/setabouttext", 120)):
        after = text_of(page).partition(f"`{command}`")[2]
        block = re.search(r"```text\n(.*?)```", after, re.DOTALL)
        assert block is not None
        said = textwrap.dedent(block[1]).strip()
        assert f"{limit}" in after[: block.start()]
        # Telegram counts UTF-16 units.
        assert 20 < len(said.encode("utf-16-le")) // 2 <= limit


def test_both_readmes_tell_the_same() -> None:
    def shape(page: str) -> dict[str, list[str]]:
        text = text_of(page)
        return {
            "headings": re.findall(r"^#+", text, re.M),
            "blocks": re.findall(r"```.*?```", text, re.DOTALL),
            "pictures": re.findall(r"!\[.*?\]\((.+?)\)", text),
            "tables": [str(row.count("|")) for row in re.findall(r"^ *\|.*", text, re.M)],
            "links": sorted(
                set(re.findall(r"\]\(([^)]+)\)", text)) - {"README.md", "README.ru.md", "CONTRIBUTING.md"}
            ),
            "names": sorted(set(re.findall(r"`([A-Z][A-Z_]{3,})[=`]", text))),
        }

    assert shape("README.md") == shape("README.ru.md")


@pytest.mark.parametrize("page", ["README.md", "README.ru.md", "docs/operations.md", "docs/imports.md"])
def test_every_button_that_is_named_is_a_label_of_the_bot(page: str) -> None:
    # «📋 Мои заказы»: a picture first, so a button's label and not just anybody's words.
    named = set(re.findall(r"«([^\w\s«»(/…№−+].*?)»", text_of(page)))
    labels = re.findall(r'^msgstr "(.*)"$', text_of("locales/ru/LC_MESSAGES/bot.po"), re.MULTILINE)
    assert named
    assert {label.replace("\ufe0f", "") for label in named} <= {
        label.replace("\ufe0f", "") for label in labels
    }


def test_every_command_of_the_bot_is_told_of_somewhere() -> None:
    told = {name for page in PAGES for name in re.findall(r"bot\.py ([a-z][a-z-]*)", text_of(page))} | {
        name for name in ("run", "demo") if any(f"make {name}" in text_of(page) for page in PAGES)
    }
    assert commands_of_bot() - told == set()


def test_the_changelog_has_a_place_for_what_comes_next() -> None:
    assert "## [Unreleased]" in text_of("CHANGELOG.md")


@pytest.mark.parametrize("name", ["invoice", "waybill"])
def test_the_sample_documents_are_what_is_drawn(name: str) -> None:
    # python docs/make_samples.py makes them anew.
    samples = runpy.run_path(str(ROOT / "docs" / "make_samples.py"))["samples"]()
    sample = (ROOT / "docs" / "images" / f"{name}.pdf").read_bytes()
    assert pages_of(sample) == pages_of(papers.render(samples[name]))


def test_every_registered_state_is_in_a_diagram() -> None:
    router = Router(telebot.TeleBot("1:abcdefghij", threaded=False))
    register_all(router)
    drawn = set(re.findall(r"\w+", (ROOT / "docs" / "conversations.md").read_text("utf-8")))
    assert not {kind.__name__ for kind in router.kinds()} - drawn
