"""Presses a second and time to the edit: this bot and bare echo bots, taking turns on one machine."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks import company, stages
from benchmarks.processes import Child, bot_environment, database_url, median_of, scratch_folder
from demo.sample import DMITRY

OURS, FLOOR = "this bot", "sockets"
ECHOES = ("telebot", "telebot 16", "aiogram", "ptb")
NAMES = (OURS, *ECHOES, FLOOR)


@dataclass(frozen=True, slots=True)
class Case:
    """How many press at once, and how many seconds each call of the bot takes on the way.

    With a ``pace`` they all together press about so often a second; otherwise each presses again the moment
    the answer came.
    """

    people: int
    round_trip: float
    pace: float = 0.0

    @property
    def has_floor(self) -> bool:
        """Whether it is the local Bot API, or Telegram's way of polling, that may set the limit here."""
        return self.pace > 0 or (not self.round_trip and self.people > 1)


CROWDS = tuple(Case(people, round_trip) for round_trip in (0.0, 0.08) for people in (1, 50, 500))
# As many as Telegram lets a bot answer.
PACED = Case(50, 0.08, pace=30)


@dataclass(frozen=True, slots=True)
class Effort:
    """How long each measurement takes without a round trip and with one, and how often all are made."""

    cases: Sequence[Case]
    rounds: int
    seconds: float
    slow_seconds: float

    def seconds_for(self, case: Case) -> float:
        """Return how long to look at a case."""
        return self.slow_seconds if case.round_trip else self.seconds


FULL = Effort((*CROWDS, PACED), rounds=3, seconds=1.5, slow_seconds=2.5)
QUICK = Effort(
    (*(case for case in CROWDS if case.people <= 50), PACED), rounds=1, seconds=1, slow_seconds=1.5
)


@dataclass(slots=True)
class Figures:
    """What was measured of one bot in one case; one entry for each round."""

    rates: list[float] = field(default_factory=list)
    cpu_ms: list[float] = field(default_factory=list)
    latencies: list[float] = field(default_factory=list)

    @property
    def rate(self) -> float:
        """Median presses a second."""
        return median_of(self.rates)

    @property
    def cpu(self) -> float:
        """Median milliseconds of processor time of the bot's process for one press."""
        return median_of(self.cpu_ms)

    def latency_ms(self, share: float) -> float:
        """Milliseconds from a press to its edit that ``share`` of all presses did not exceed."""
        ordered = sorted(self.latencies)
        return 1000 * ordered[min(len(ordered) - 1, int(share * len(ordered)))]

    def ratio_to(self, other: Figures) -> float:
        """Our rate over the other's: the median over rounds, so that a slow minute hits both."""
        return median_of([a / b for a, b in zip(self.rates, other.rates, strict=True)])


Measured = Mapping[Case, Mapping[str, Figures]]


class Contender:
    """A bot and the local Bot API it talks to, each a process of its own."""

    def __init__(self, far_end: Child, bot: Child) -> None:
        self._far_end = far_end
        self._bot = bot

    def walk(self, steps: Sequence[str], turns: Sequence[str], ids: Sequence[int]) -> None:
        """Bring everybody to the screen they will press on."""
        self._far_end.ask({"do": "walk", "steps": steps, "turns": turns, "ids": ids})

    def measure(self, case: Case, seconds: float, figures: Figures) -> None:
        """Have the crowd press, and add what was seen to ``figures``."""
        warm_up = seconds / 4 + 10 * case.round_trip
        command = {"do": "press", "people": case.people, "round_trip": case.round_trip, "pace": case.pace}
        seen = self._far_end.ask({**command, "warm_up": warm_up, "seconds": seconds, "pid": self._bot.pid})
        if seen["refused"]:
            raise RuntimeError(f"{seen['refused']} calls were refused: this measures nothing")
        latencies = seen["latencies"]
        if not latencies:
            raise RuntimeError(f"no press was answered within {seconds} s")
        figures.rates.append(len(latencies) / seen["seconds"])
        figures.cpu_ms.append(1000 * seen["cpu_seconds"] / len(latencies))
        figures.latencies += latencies


def measure(effort: Effort) -> Measured:
    """Measure every bot in every case, by turns."""
    found = {
        case: {name: Figures() for name in NAMES if name != FLOOR or case.has_floor} for case in effort.cases
    }
    people = max(case.people for case in effort.cases)
    with ExitStack() as stack:
        bots = {name: stack.enter_context(_contender(name, people)) for name in NAMES}
        for _ in range(effort.rounds):
            for case, figures in found.items():
                for name, seen in figures.items():
                    bots[name].measure(case, effort.seconds_for(case), seen)
    return found


def measure_stages(seconds: float) -> dict[str, float]:
    """Return stage → milliseconds of processor time for one press of 50 people, timed inside this bot."""
    case, figures = Case(50, 0.0), Figures()
    with scratch_folder() as folder:
        file = folder / "stages.json"
        with _our_bot(folder, case.people, BENCH_STAGES=str(file)) as bot:
            bot.measure(case, seconds, figures)
        timed = json.loads(file.read_text())
    presses = timed.pop(stages.PRESSES)
    return {name: 1000 * timed.get(name, 0.0) / presses for name in stages.ALL}


@contextmanager
def _contender(name: str, people: int) -> Iterator[Contender]:
    with scratch_folder() as folder:
        if name == OURS:
            with _our_bot(folder, people) as contender:
                yield contender
            return
        with (
            _far_end(folder) as (far_end, url, token),
            Child("-m", "benchmarks.echo_bot", name, url, token, folder=folder) as bot,
        ):
            contender = Contender(far_end, bot)
            contender.walk([], ["ping", "pong"], company.rep_ids(people))
            yield contender


@contextmanager
def _our_bot(folder: Path, people: int, **more: str) -> Iterator[Contender]:
    """This bot, everybody in it looking at a shelf of their own draft of five lines."""
    company.prepare(database_url(folder), people)
    with _far_end(folder) as (far_end, url, token):
        environment = {**bot_environment(url, token, folder, DMITRY.telegram_id), **more}
        with Child("-m", "benchmarks.bot_process", folder=folder, environment=environment) as bot:
            contender = Contender(far_end, bot)
            steps = ["🛒 Новый заказ", "✏️ ", "➕ Товары", "Бакалея", "Крупы"]
            contender.walk(steps, ["Гречка ядрица", "↩️ К списку"], company.rep_ids(people))
            yield contender


@contextmanager
def _far_end(folder: Path) -> Iterator[tuple[Child, str, str]]:
    with Child("-m", "benchmarks.far_end", folder=folder, talks=True) as child:
        hello = child.hear()
        yield child, hello["url"], hello["token"]
