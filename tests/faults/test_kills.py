"""Kill −9 at random moments, again and again, while people go through whole days: nothing may show it.

``KILLS`` sets how often (100), ``SEED`` repeats a run as far as threads and processes let one be repeated.
"""

from __future__ import annotations

import os
import random
import re
import time
from pathlib import Path

import pytest

from tests.faults import report
from tests.faults.days import Company
from tests.faults.far_ends import ROOT, far_ends
from tests.faults.lives import Lives
from tests.faults.moved_clock import CLOCKS

KILLS = int(os.environ.get("KILLS", "100"))
SEED = os.environ.get("SEED") or str(random.randrange(10**6))
KILLS_A_DAY = 34
# Of the command line's other commands, which no bot runs while it works.
OTHER_COMMANDS = {"runtime.commands", "runtime.checks"}


# The auditor asks in SQLite's words.
@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
@pytest.mark.timeout(max(900, KILLS * 10))
def test_nothing_is_lost_or_doubled_by_kills(tmp_path: Path) -> None:
    print(f"\n{KILLS} kills, SEED={SEED}", flush=True)
    began = time.monotonic()
    with far_ends(tmp_path) as far, Lives(far.environment(), tmp_path / "bot.log") as bot:
        at = Company(far, bot, SEED)
        while at.lives < KILLS and not at.faults:
            # No day is shorter than its evening.
            at.live_through_a_day(max(3, min(KILLS_A_DAY, KILLS - at.lives)))
            print(report.of_a_day(at), flush=True)
        at.end()
        print(report.of_all(at, time.monotonic() - began, SEED), flush=True)
        assert not at.faults, f"SEED={SEED}\n" + "\n".join(at.faults[:40])
        assert len(at.orders) > KILLS // 10, "too few orders to tell anything"


def test_the_bot_has_no_clock_that_stays_behind_when_days_are_moved() -> None:
    asked = re.compile(r"\b(?:datetime\.now|utcnow|date\.today|time\.time)\(")
    parts = ("models", "services", "runtime", "handlers")
    files = [path for part in parts for path in (ROOT / part).rglob("*.py")]
    found = {path.relative_to(ROOT) for path in files if asked.search(path.read_text("utf-8"))}
    names = {".".join(path.with_suffix("").parts) for path in found}
    assert names - OTHER_COMMANDS == {module.__name__ for module in CLOCKS}
