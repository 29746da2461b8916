"""``python -m benchmarks``: speed, memory and start-up of this bot on this machine, printed (Linux)."""

from __future__ import annotations

import argparse
import logging
import os
import signal
import sys
from collections.abc import Iterable
from pathlib import Path

from benchmarks import big_database, footprint, papers, pressing, screens
from benchmarks.pressing import Figures, Pair

MEMORY_GOAL_MB = 80
ROUNDS, QUICK_ROUNDS = 40, 10
START_GOAL_SECONDS = 1.0


def main() -> int:
    """Measure everything; return 130 when interrupted, else 0: goals are printed, not enforced."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("what", nargs="?", choices=["all", "screens"], default="all", help="screens alone")
    parser.add_argument("--quick", action="store_true", help="a fraction of the time, rougher figures")
    parser.add_argument("--large", type=Path, default=big_database.DEFAULT_FILE, help="built if missing")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    # A bot that is stopped in the middle of a call is no news here.
    logging.getLogger("aiohttp.server").setLevel(logging.CRITICAL)
    try:
        if options.what == "all":
            _measure(is_quick=options.quick)
        _measure_screens(options.large, QUICK_ROUNDS if options.quick else ROUNDS)
    except KeyboardInterrupt:
        return 130
    return 0


def _measure_screens(large: Path, rounds: int) -> None:
    big_database.ensure(large)
    _say(f"\nPython {sys.version.split()[0]}, {os.cpu_count()} processors, load {os.getloadavg()[0]:.1f}")
    _say(f"Milliseconds of processor time for one update in its unit of work, {rounds} rounds each.\n")
    found = screens.measure(large, rounds)
    for line in screens.table(found):
        _say(line)
    reached = sum(not screen.misses for screen in found)
    goals = f"p95 ≤ {screens.GOAL_MS:.0f} ms, large/small ≤ {screens.GOAL_RATIO}"
    _say(f"\n{reached} of {len(found)} screens reach every goal: {goals}, customers' search < 50 ms.")


def _measure(*, is_quick: bool) -> None:
    _say(f"Python {sys.version.split()[0]}, {os.cpu_count()} processors, load {os.getloadavg()[0]:.1f}\n")
    _say("A press on a button → its edit at the Bot API, each bot and each Bot API a process of its own.")
    _say("This bot: a product's card and its shelf by turns, in an order of five lines, kept with fsync.")
    _say("Echo: a bare pyTelegramBotAPI bot with its defaults, no database, a word and one button.\n")
    _print_pairs(pressing.measure(pressing.QUICK if is_quick else pressing.FULL))

    memory = footprint.measure_memory()
    start = footprint.measure_start(1 if is_quick else 5)
    drawn = papers.measure(3 if is_quick else 9)
    _say("")
    verdict = _verdict(memory.after_order <= MEMORY_GOAL_MB, f"{MEMORY_GOAL_MB} MB")
    _say(
        f"Memory (VmRSS) after start {memory.started:.0f} MB, "
        f"after an order with geocoder, PDF and mail {memory.after_order:.0f} MB {verdict}"
    )
    slower = max(start.fresh, start.existing)
    _say(
        f"Start to first getUpdates: fresh database {start.fresh:.2f} s, existing {start.existing:.2f} s "
        f"{_verdict(slower <= START_GOAL_SECONDS, f'{START_GOAL_SECONDS:.0f} s')}"
    )
    sizes = ", ".join(f"{size} lines {1000 * seconds:.0f} ms" for size, seconds in drawn.items())
    _say(f"Invoice as PDF: {sizes}")


def _print_pairs(pairs: Iterable[Pair]) -> None:
    names = ("people", "round trip", "bot", "updates/s", "p50 ms", "p95 ms", "CPU ms/update", "ratio to echo")
    _row(names)
    _row(["-" * len(name) for name in names])
    for pair in pairs:
        case = [str(pair.case.people), f"{1000 * pair.case.round_trip:.0f} ms"]
        _row([*case, "this", *_cells(pair.ours), f"{pair.ratio:.2f}"])
        _row([*case, "echo", *_cells(pair.echo), ""])
    _say("Expected: at least 0.5 × the echo without a round trip, at least 1 × for 50 people at 80 ms.")


def _cells(figures: Figures) -> list[str]:
    p50, p95 = figures.latency_ms(0.5), figures.latency_ms(0.95)
    return [f"{figures.rate:.0f}", f"{p50:.1f}", f"{p95:.1f}", f"{figures.cpu:.2f}"]


def _row(cells: Iterable[str]) -> None:
    widths = (6, 10, 4, 9, 7, 7, 13, 13)
    _say("  ".join(cell.rjust(width) for cell, width in zip(cells, widths, strict=True)))


def _verdict(is_reached: bool, goal: str) -> str:
    return f"(goal ≤ {goal}: {'reached' if is_reached else 'missed'})"


def _say(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    sys.exit(main())
