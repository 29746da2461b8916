"""The figures of the presses as tables, and which goals they reach."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from benchmarks.goals import Goal
from benchmarks.pressing import ECHOES, FLOOR, OURS, PACED, Case, Effort, Figures, Measured

NAMES = {
    OURS: "**this bot**",
    "telebot": "pyTelegramBotAPI",
    "telebot 16": "pyTelegramBotAPI, 16 threads",
    "aiogram": "aiogram 3",
    "ptb": "python-telegram-bot 22",
    FLOOR: "bare sockets",
}


def table(found: Measured, effort: Effort) -> Iterator[str]:
    """Yield a row for each case and bot, as Markdown; ``ratio`` is this bot's rate over that bot's."""
    yield "| people | round trip | bot | presses/s | p50 ms | p95 ms | CPU ms/press | this bot/it |"
    yield "| ---: | ---: | --- | ---: | ---: | ---: | ---: | ---: |"
    for case, figures in found.items():
        for name, seen in figures.items():
            ratio = "" if name in (OURS, FLOOR) or case.pace else f"{figures[OURS].ratio_to(seen):.2f}"
            cells = [*_case_cells(case), NAMES[name], f"{seen.rate:.0f}", *_times(case, seen, effort), ratio]
            yield f"| {' | '.join(cells)} |"


def stage_table(milliseconds: Mapping[str, float]) -> Iterator[str]:
    """Yield what each stage of a press takes, as Markdown."""
    whole = sum(milliseconds.values())
    yield "| stage | CPU ms | share |"
    yield "| --- | ---: | ---: |"
    for name, spent in milliseconds.items():
        yield f"| {name} | {spent:.2f} | {100 * spent / whole:.0f} % |"
    yield f"| all, with the timing itself | {whole:.2f} | |"


def goals(found: Measured) -> Iterator[Goal]:
    """Yield the goals of speed, each by its worst case."""
    crowds = {case: figures for case, figures in found.items() if not case.pace}
    far = [figures for case, figures in crowds.items() if case.round_trip and case.people >= 50]
    near = {case: figures for case, figures in crowds.items() if not case.round_trip}
    for name in ECHOES:
        worst = min(figures[OURS].ratio_to(figures[name]) for figures in far)
        yield Goal(f"× {NAMES[name]}, 80 ms, 50 people and more", worst, 1.0, is_floor=True)
    for name in ("ptb", "telebot"):
        for case, figures in near.items():
            ratio = figures[OURS].ratio_to(figures[name])
            yield Goal(f"× {NAMES[name]}, 0 ms, people: {case.people}", ratio, 1.0, is_floor=True)
    crowd = near[Case(50, 0.0)]
    yield Goal("presses a second, 50 people, one process", crowd[OURS].rate, 300, is_floor=True, digits=0)
    paced = found[PACED]
    for name in (OURS, FLOOR):
        trips = paced[name].latency_ms(0.95) / (1000 * PACED.round_trip)
        yield Goal(f"p95 in round trips, 50 people, 30 presses/s: {NAMES[name]}", trips, 1.3)
    spare = crowd[FLOOR].rate / max(crowd[name].rate for name in (OURS, *ECHOES))
    yield Goal("the local Bot API's ceiling × the fastest bot", spare, 2.0, is_floor=True)


def _case_cells(case: Case) -> list[str]:
    people = f"{case.people}, {case.pace:.0f}/s" if case.pace else str(case.people)
    return [people, f"{1000 * case.round_trip:.0f} ms"]


def _times(case: Case, seen: Figures, effort: Effort) -> list[str]:
    """Return p50, p95 and processor time; no latencies where a press takes longer than was looked."""
    cpu = f"{seen.cpu:.2f}"
    if not case.pace and case.people > seen.rate * effort.seconds_for(case):
        return ["–", "–", cpu]
    return [f"{seen.latency_ms(0.5):.1f}", f"{seen.latency_ms(0.95):.1f}", cpu]
