"""Each row of docs/security.md names the tests that keep it true, and they are there."""

from __future__ import annotations

import ast
import re
from functools import lru_cache
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
PAGE = ROOT / "docs" / "security.md"
ROW = re.compile(r"^\| (?!-|against what)(.+?) \| (.+?) \| (.+?) \|$", re.MULTILINE)
TEST = re.compile(r"`([\w/]+\.py)::(\w+)`")
# What was asked to be looked at; each word stands in the first column of some row.
ASKED = (
    "ids in forged",
    "deep link",
    "replayed",
    "role taken away",
    "guess",
    "floods",
    "HTML",
    "PDF",
    "CSV",
    "XLSX",
    "header",
    "file name",
    "bomb",
    "log",
    "traceback",
    "package",
    "folder",
)


def rows() -> list[tuple[str, str]]:
    """What each row is against, and what it says of its tests."""
    return [(found[1], found[3]) for found in ROW.finditer(PAGE.read_text("utf-8"))]


@lru_cache
def names_in(path: str) -> set[str]:
    tree = ast.parse((ROOT / "tests" / path).read_text("utf-8"))
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


def test_every_row_has_its_tests_and_they_exist() -> None:
    assert len(rows()) >= 20
    for against, proof in rows():
        named = TEST.findall(proof)
        assert named, f"no test: {against}"
        for path, name in named:
            assert (ROOT / "tests" / path).is_file(), path
            assert name.startswith("test_"), name
            assert name in names_in(path), f"{path}::{name}"


def test_nothing_that_was_asked_for_is_missing() -> None:
    text = "\n".join(against for against, _ in rows()).lower()
    assert [word for word in ASKED if word.lower() not in text] == []


def test_every_file_of_these_tests_has_a_row() -> None:
    named = {path for _, proof in rows() for path, _ in TEST.findall(proof)}
    own = {f"security/{path.name}" for path in (ROOT / "tests" / "security").glob("test_*.py")}
    assert own - named == {"security/test_the_table.py"}
