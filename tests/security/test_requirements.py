"""What is installed is what was looked at: every package pinned, with the digests of its files."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
LOCKS = ["requirements.txt", "requirements-demo.txt", "requirements-dev.txt"]


def packages(lock: str) -> list[str]:
    """Each package of a lock with all that belongs to it, as one line."""
    lines = (ROOT / lock).read_text("utf-8").replace("\\\n", " ").splitlines()
    return [line for line in lines if line and not line.lstrip().startswith("#")]


@pytest.mark.parametrize("lock", LOCKS)
def test_every_package_is_pinned_and_hashed(lock: str) -> None:
    found = packages(lock)
    assert len(found) > 15
    for line in found:
        assert re.match(r"[a-z0-9_.\[\]-]+==[0-9][\w.+]* ", line, re.IGNORECASE), line
        assert re.search(r"--hash=sha256:[0-9a-f]{64}", line), line
        # From the index only: no address, no folder, no branch.
        assert "://" not in line


@pytest.mark.parametrize("lock", LOCKS)
def test_what_is_asked_for_is_locked(lock: str) -> None:
    locked = {_name(line) for line in packages(lock)}
    asked = (ROOT / lock.replace(".txt", ".in")).read_text("utf-8").splitlines()
    names = {_name(line) for line in asked if line and not line.startswith(("#", "-"))}
    assert names <= locked


def test_what_runs_the_bot_is_a_part_of_what_is_tested() -> None:
    assert {_pin(line) for line in packages("requirements.txt")} <= {
        _pin(line) for line in packages("requirements-dev.txt")
    }


def test_nothing_is_installed_without_its_digest() -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    installs = [line for line in makefile.splitlines() if "pip install" in line]
    assert installs
    assert all("--require-hashes" in line for line in installs)


def _name(line: str) -> str:
    return re.split(r"[\[=<>~!; ]", line.lower().replace("_", "-"))[0]


def _pin(line: str) -> str:
    return line.split(" ")[0]
