"""How long each screen takes on the demo's small company and on a large one, update by update."""

from __future__ import annotations

import gc
import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks import big_database, ways
from benchmarks.big_rows import SEED, SMALL
from benchmarks.processes import scratch_folder
from benchmarks.walking import Stage, Taken
from benchmarks.ways import Case

WARM_UP = 2
GOAL_MS = 20.0
GOAL_RATIO = 1.2
GOAL_SEARCH_MS = 50.0
CUSTOMER_SEARCH = "customers, search"
WIDTHS = (46, 9, 6, 9, 6, 5, 16, 10)


@dataclass(slots=True)
class Timings:
    """One screen on one database: what each of its drawings took."""

    taken: list[Taken] = field(default_factory=list)

    def cpu_ms(self, share: float) -> float:
        """Milliseconds of processor time that ``share`` of the drawings did not exceed."""
        return _share([one.cpu for one in self.taken], share)

    def wall_ms(self, share: float) -> float:
        """Milliseconds on the clock that ``share`` of the drawings did not exceed."""
        return _share([one.wall for one in self.taken], share)


@dataclass(slots=True)
class Screen:
    """One screen on both databases."""

    name: str
    small: Timings = field(default_factory=Timings)
    large: Timings = field(default_factory=Timings)

    @property
    def ratio(self) -> float:
        """How much longer it takes on the large database, by the medians."""
        return self.large.cpu_ms(0.5) / self.small.cpu_ms(0.5)

    @property
    def misses(self) -> list[str]:
        """Which goals it misses."""
        is_search = CUSTOMER_SEARCH in self.name
        found = ["p95"] if self.large.cpu_ms(0.95) > GOAL_MS else []
        found += ["ratio"] if self.ratio > GOAL_RATIO else []
        return found + (["search"] if is_search and self.large.cpu_ms(0.95) >= GOAL_SEARCH_MS else [])


def measure(large: Path, rounds: int) -> list[Screen]:
    """Return every screen, in the order people come to it; both databases take turns."""
    screens: dict[str, Screen] = {}
    with scratch_folder() as folder:
        small = folder / "small.db"
        big_database.build(small, SMALL)
        stages = [Stage(small), Stage(large)]
        cases = [_cases(stage, rounds + WARM_UP) for stage in stages]
        # As the supervisor does at a start.
        gc.collect()
        gc.freeze()
        for number, pair in enumerate(zip(*cases, strict=True)):
            for place, (stage, case) in enumerate(zip(stages, pair, strict=True)):
                taken = _walk(stage, case)
                for name, one in taken if number >= WARM_UP else ():
                    screen = screens.setdefault(name, Screen(name))
                    (screen.large if place else screen.small).taken.append(one)
        for stage in stages:
            stage.close()
    return list(screens.values())


def table(screens: Sequence[Screen]) -> list[str]:
    """Return the figures line by line, as a table of Markdown."""
    rows = [
        ("screen", "small p50", "p95", "large p50", "p95", "ratio", "p95 on the clock", "missed"),
        ("---", *["---:"] * 6, "---"),
    ]
    for screen in screens:
        figures = [timing.cpu_ms(share) for timing in (screen.small, screen.large) for share in (0.5, 0.95)]
        figures_text = [f"{figure:.1f}" for figure in figures]
        clock = f"{screen.large.wall_ms(0.95):.1f}"
        rows.append((screen.name, *figures_text, f"{screen.ratio:.2f}", clock, ", ".join(screen.misses)))
    return [f"| {' | '.join(_padded(row))} |" for row in rows]


def _padded(row: Sequence[str]) -> list[str]:
    return [cell.ljust(width) for cell, width in zip(row, WIDTHS, strict=True)]


def _cases(stage: Stage, count: int) -> list[Case]:
    stage.database.begin()
    with stage.database.unit_of_work() as session:
        found = ways.cases(session, random.Random(SEED), count)
    stage.database.undo()
    return found


def _walk(stage: Stage, case: Case) -> list[tuple[str, Taken]]:
    taken: list[tuple[str, Taken]] = []
    for way in ways.ALL:
        stage.database.begin()
        try:
            way(stage, case, taken)
        finally:
            stage.database.undo()
    return taken


def _share(seconds: list[float], share: float) -> float:
    ordered = sorted(seconds)
    return 1000 * ordered[min(len(ordered) - 1, int(share * len(ordered)))]
