"""``python -m benchmarks``: speed, memory and start-up of this bot on this machine, printed (Linux)."""

from __future__ import annotations

import argparse
import logging
import os
import signal
import sqlite3
import sys
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path

from benchmarks import analytics, big_database, footprint, goals, papers, press_table, pressing, screens
from benchmarks.goals import Goal
from benchmarks.processes import median_of

MEMORY_GOAL_MB = 80
# For all parts in a row, and for the screens alone.
ROUNDS, QUICK_ROUNDS, LONG_ROUNDS = 15, 5, 40
START_GOAL_SECONDS = 1.0
STAGES_SECONDS = 3.0


def main() -> int:
    """Measure everything, or one part; return 130 when interrupted: goals are printed, not enforced."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("part", nargs="?", choices=PARTS, help="measure this alone")
    parser.add_argument("--quick", action="store_true", help="a fraction of the time, rougher figures")
    parser.add_argument("--large", type=Path, default=big_database.DEFAULT_FILE, help="built if missing")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    # A bot that is stopped in the middle of a call is no news here.
    logging.getLogger("aiohttp.server").setLevel(logging.CRITICAL)
    try:
        _say(_machine())
        reached: list[Goal] = []
        for part in [options.part] if options.part else PARTS:
            _say("")
            reached += PARTS[part](options)
        _say(f"\nLoad {os.getloadavg()[0]:.1f} at the end.\n")
        for line in goals.table(reached):
            _say(line)
    except KeyboardInterrupt:
        return 130
    return 0


def _machine() -> str:
    """Return what a figure is worth nothing without: the day, the machine, and what else it does."""
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    model = next((line.partition(": ")[2] for line in lines if line.startswith("model name")), "unknown")
    return (
        f"{datetime.now(UTC):%Y-%m-%d}, {model} × {os.cpu_count()}, "
        f"load {os.getloadavg()[0]:.1f}, Python {sys.version.split()[0]}, SQLite {sqlite3.sqlite_version}"
    )


def _measure_screens(options: argparse.Namespace) -> list[Goal]:
    if _is_left_out(options):
        return []
    rounds = QUICK_ROUNDS if options.quick else LONG_ROUNDS if options.part else ROUNDS
    big_database.ensure(options.large)
    _say(f"Milliseconds of processor time for one update in its unit of work, {rounds} rounds each.\n")
    found = screens.measure(options.large, rounds)
    for line in screens.table(found):
        _say(line)
    reached = sum(not screen.misses for screen in found)
    limits = f"p95 ≤ {screens.GOAL_MS:.0f} ms, large/small ≤ {screens.GOAL_RATIO}"
    _say(f"\n{reached} of {len(found)} screens reach every goal: {limits}, customers' search < 50 ms.")
    slower = sum(screen.ratio > screens.GOAL_RATIO for screen in found)
    middle = median_of([screen.ratio for screen in found])
    return [
        Goal("large history/small, the middle one of the screens", middle, screens.GOAL_RATIO),
        Goal(f"screens of {len(found)} beyond that ratio", slower, 0, digits=0),
    ]


def _measure_analytics(options: argparse.Namespace) -> list[Goal]:
    if _is_left_out(options):
        return []
    big_database.ensure(options.large)
    for line in analytics.table(options.large):
        _say(line)
    return []


def _is_left_out(options: argparse.Namespace) -> bool:
    """Tell, and say, whether a quick look does without the large database: to build it takes minutes."""
    is_missing = options.quick and not options.part and not options.large.exists()
    if is_missing:
        _say(f"{options.large} is not there (make big-database): nothing is measured on it.")
    return is_missing


def _measure_pressing(options: argparse.Namespace) -> list[Goal]:
    _say("A press on a button → its edit at the Bot API, each bot and each Bot API a process of its own.")
    _say("This bot: a product's card and its shelf by turns, in an order of five lines, kept with fsync.")
    _say("The others: bare echoes, no database, a word and one button; sockets: not even a library.\n")
    effort = pressing.QUICK if options.quick else pressing.FULL
    found = pressing.measure(effort)
    for line in press_table.table(found, effort):
        _say(line)
    _say("\nThis bot's stages, 50 people, no round trip:\n")
    for line in press_table.stage_table(pressing.measure_stages(STAGES_SECONDS)):
        _say(line)
    return list(press_table.goals(found))


def _measure_footprint(options: argparse.Namespace) -> list[Goal]:
    # Whoever starts first compiles the modules, and keeps what that took.
    start = footprint.measure_start(1 if options.quick else 5)
    memory = footprint.measure_memory()
    _say(
        f"Memory (VmRSS) after start {memory.started:.0f} MB, "
        f"after an order with geocoder, PDF and mail {memory.after_order:.0f} MB"
    )
    _say(f"Start to first getUpdates: fresh database {start.fresh:.2f} s, existing {start.existing:.2f} s")
    slower = max(start.fresh, start.existing)
    return [
        Goal("memory after an order", memory.after_order, MEMORY_GOAL_MB, digits=0, unit=" MB"),
        Goal("start to first getUpdates", slower, START_GOAL_SECONDS, unit=" s"),
    ]


def _measure_papers(options: argparse.Namespace) -> list[Goal]:
    _say("An invoice with its code to pay by as PDF, ms; floor: the same words on a bare canvas, no layout,")
    _say("with the code and without; usual: a Paragraph for each cell; waybill: of the same goods.")
    names = ("lines", "ours", "floor", "no code", "usual", "waybill", "ours/floor", "/no code", "bytes")
    _paper_row(names)
    biggest = 0
    for drawn in papers.measure(5 if options.quick else 31):
        seconds = (drawn.ours, drawn.floor, drawn.floor_without_code, drawn.usual, drawn.waybill)
        ratios = (drawn.ours / drawn.floor, drawn.ours / drawn.floor_without_code)
        row = [str(drawn.lines), *(f"{1000 * second:.1f}" for second in seconds)]
        goal = papers.MAX_RATIOS.get(drawn.lines)
        verdict = "" if goal is None else _verdict(ratios[1] <= goal, f"{goal} × the floor without code")
        _paper_row([*row, *(f"{ratio:.2f}" for ratio in ratios), str(drawn.size), verdict])
        biggest = max(biggest, drawn.size)
    _say(f"Largest file {biggest} bytes {_verdict(biggest <= papers.MAX_BYTES, '60 KB')}")
    times = 100 if options.quick else papers.GROWTH_TIMES
    grown = papers.growth(times)
    verdict = _verdict(grown <= papers.MAX_GROWTH_MB, f"{papers.MAX_GROWTH_MB:.0f} MB")
    _say(f"Memory grown after {times} invoices: {grown:.1f} MB {verdict}")
    return []


def _paper_row(cells: Iterable[str]) -> None:
    _say("  ".join(cell.rjust(10) for cell in cells))


def _verdict(is_reached: bool, goal: str) -> str:
    return f"(goal ≤ {goal}: {'reached' if is_reached else 'missed'})"


def _say(line: str) -> None:
    print(line, flush=True)


PARTS: dict[str, Callable[[argparse.Namespace], list[Goal]]] = {
    "pressing": _measure_pressing,
    "footprint": _measure_footprint,
    "papers": _measure_papers,
    "screens": _measure_screens,
    "analytics": _measure_analytics,
}


if __name__ == "__main__":
    sys.exit(main())
