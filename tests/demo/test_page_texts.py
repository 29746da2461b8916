"""Every sentence of the page exists in both languages, is used, and asks for nothing it isn't given."""

import re

from demo.bot_api import BotApi
from demo.geocoder import Geocoder
from demo.mailbox import Mailbox
from demo.page import STATIC
from demo.page_faults import Switches

SCRIPTS = {path.name: path.read_text("utf-8") for path in (STATIC / "js").glob("*.js")}
PAGE = (STATIC / "index.html").read_text("utf-8")
ENTRY = re.compile(r'^  "?([\w-]+)"?: \[\s*"((?:[^"\\]|\\.)*)",\s*"((?:[^"\\]|\\.)*)",?\s*\],$', re.M)
SENTENCES = {key: (russian, english) for key, russian, english in ENTRY.findall(SCRIPTS["sentences.js"])}
# Put together from a name: roles, groups of switches, the switches themselves, themes.
COMPOSED = re.compile(r"role_\w+|group_\w+|theme_\w+|(telegram|smtp|geocoder)-.+")


def test_all_entries_are_read() -> None:
    assert len(SENTENCES) == SCRIPTS["sentences.js"].partition("TEXTS =")[2].count(": [")
    assert len(SENTENCES) > 100


def test_both_languages_fill_in_the_same() -> None:
    for key, (russian, english) in SENTENCES.items():
        assert russian, key
        assert english, key
        assert set(re.findall(r"\{(\w+)\}", russian)) == set(re.findall(r"\{(\w+)\}", english)), key


def test_what_is_said_exists_and_what_exists_is_said() -> None:
    code = "\n".join(text for name, text in SCRIPTS.items() if name != "sentences.js")
    in_html = set(re.findall(r'data-t(?:-label|-placeholder)?="([\w-]+)"', PAGE))
    in_code = set(re.findall(r'\bt\("([\w-]+)"', code))
    assert (in_html | in_code) - SENTENCES.keys() == set()
    quoted = set(re.findall(r'"([\w-]+)"', code))
    assert {key for key in SENTENCES if not COMPOSED.fullmatch(key)} - in_html - quoted == set()


def test_every_switch_is_named_and_explained() -> None:
    names = Switches(BotApi(), Mailbox(), Geocoder()).states()
    wanted = {key for name in names for key in (name, f"{name}-about", f"group_{name.split('-')[0]}")}
    assert wanted - SENTENCES.keys() == set()


def test_nothing_comes_from_elsewhere_and_no_clock_is_asked() -> None:
    code = "\n".join(SCRIPTS.values())
    assert set(re.findall(r"https?://[^`'\"/]+", code)) == {
        "https://www.openstreetmap.org",
        "http://www.w3.org",
    }
    for forbidden in ("innerHTML", "insertAdjacentHTML", "document.write", "Date.now", "new Date()", "eval("):
        assert forbidden not in code, forbidden
