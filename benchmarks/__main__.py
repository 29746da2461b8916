"""``python -m benchmarks``: speed, memory and start-up of this bot on this machine, printed (Linux)."""

from __future__ import annotations

import argparse
import logging
import os
import signal
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

from benchmarks import analytics, big_database, footprint, papers, pressing, screens
from benchmarks.pressing import Figures, Pair

MEMORY_GOAL_MB = 80
ROUNDS, QUICK_ROUNDS = 40, 10
START_GOAL_SECONDS = 1.0


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
        _say(f"Python {sys.version.split()[0]}, {os.cpu_count()} processors, load {os.getloadavg()[0]:.1f}")
        for part in [options.part] if options.part else PARTS:
            _say("")
            PARTS[part](options)
    except KeyboardInterrupt:
        return 130
    return 0


def _measure_screens(options: argparse.Namespace) -> None:
    rounds = QUICK_ROUNDS if options.quick else ROUNDS
    big_database.ensure(options.large)
    _say(f"Milliseconds of processor time for one update in its unit of work, {rounds} rounds each.\n")
    found = screens.measure(options.large, rounds)
    for line in screens.table(found):
        _say(line)
    reached = sum(not screen.misses for screen in found)
    goals = f"p95 ≤ {screens.GOAL_MS:.0f} ms, large/small ≤ {screens.GOAL_RATIO}"
    _say(f"\n{reached} of {len(found)} screens reach every goal: {goals}, customers' search < 50 ms.")


def _measure_analytics(options: argparse.Namespace) -> None:
    big_database.ensure(options.large)
    for line in analytics.table(options.large):
        _say(line)


def _measure_pressing(options: argparse.Namespace) -> None:
    _say("A press on a button → its edit at the Bot API, each bot and each Bot API a process of its own.")
    _say("This bot: a product's card and its shelf by turns, in an order of five lines, kept with fsync.")
    _say("Echo: a bare pyTelegramBotAPI bot with its defaults, no database, a word and one button.\n")
    _print_pairs(pressing.measure(pressing.QUICK if options.quick else pressing.FULL))


def _measure_footprint(options: argparse.Namespace) -> None:
    memory = footprint.measure_memory()
    start = footprint.measure_start(1 if options.quick else 5)
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


def _measure_papers(options: argparse.Namespace) -> None:
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


def _paper_row(cells: Iterable[str]) -> None:
    _say("  ".join(cell.rjust(10) for cell in cells))


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


PARTS: dict[str, Callable[[argparse.Namespace], None]] = {
    "pressing": _measure_pressing,
    "footprint": _measure_footprint,
    "papers": _measure_papers,
    "screens": _measure_screens,
    "analytics": _measure_analytics,
}


if __name__ == "__main__":
    sys.exit(main())
