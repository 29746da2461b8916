"""Updates a second and time to the answer: this bot against a bare echo bot, taking turns on one machine."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks import company
from benchmarks.processes import Child, bot_environment, database_url, median_of, scratch_folder
from demo.sample import DMITRY


@dataclass(frozen=True, slots=True)
class Case:
    """How many press at once, and how many seconds each call of the bot takes on the way."""

    people: int
    round_trip: float


CASES = (Case(1, 0.0), Case(50, 0.0), Case(1, 0.08), Case(50, 0.08))


@dataclass(frozen=True, slots=True)
class Effort:
    """How long each measurement takes, and how often all of them are made."""

    rounds: int
    seconds: float
    # With a round trip the echo bot needs seconds for a press, and so a longer look.
    slow_seconds: float


FULL = Effort(rounds=3, seconds=5, slow_seconds=10)
QUICK = Effort(rounds=1, seconds=2, slow_seconds=5)


@dataclass(slots=True)
class Figures:
    """What was measured of one bot in one case; one entry for each round."""

    rates: list[float] = field(default_factory=list)
    cpu_ms: list[float] = field(default_factory=list)
    latencies: list[float] = field(default_factory=list)

    @property
    def rate(self) -> float:
        """Median updates a second."""
        return median_of(self.rates)

    @property
    def cpu(self) -> float:
        """Median milliseconds of processor time of the bot's process for one update."""
        return median_of(self.cpu_ms)

    def latency_ms(self, share: float) -> float:
        """Milliseconds from a press to its edit that ``share`` of all presses did not exceed."""
        ordered = sorted(self.latencies)
        return 1000 * ordered[min(len(ordered) - 1, int(share * len(ordered)))]


@dataclass(frozen=True, slots=True)
class Pair:
    """One case, both bots."""

    case: Case
    ours: Figures
    echo: Figures

    @property
    def ratio(self) -> float:
        """Our rate over the echo's: the median over rounds, so that a slow minute hits both."""
        return median_of([a / b for a, b in zip(self.ours.rates, self.echo.rates, strict=True)])


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
        command = {"do": "press", "people": case.people, "round_trip": case.round_trip}
        seen = self._far_end.ask({**command, "warm_up": warm_up, "seconds": seconds, "pid": self._bot.pid})
        if seen["refused"]:
            raise RuntimeError(f"{seen['refused']} calls were refused: this measures nothing")
        latencies = seen["latencies"]
        if not latencies:
            raise RuntimeError(f"no press was answered within {seconds} s")
        figures.rates.append(len(latencies) / seen["seconds"])
        figures.cpu_ms.append(1000 * seen["cpu_seconds"] / len(latencies))
        figures.latencies += latencies


def measure(effort: Effort, cases: Sequence[Case] = CASES) -> list[Pair]:
    """Measure both bots in every case, by turns."""
    pairs = [Pair(case, Figures(), Figures()) for case in cases]
    people = max(case.people for case in cases)
    with our_bot(people) as ours, _echo_bot(people) as echo:
        for _ in range(effort.rounds):
            for pair in pairs:
                seconds = effort.slow_seconds if pair.case.round_trip else effort.seconds
                ours.measure(pair.case, seconds, pair.ours)
                echo.measure(pair.case, seconds, pair.echo)
    return pairs


@contextmanager
def our_bot(people: int) -> Iterator[Contender]:
    """This bot, everybody in it looking at a shelf of their own draft of five lines."""
    ids = company.rep_ids(people)
    with scratch_folder() as folder:
        company.prepare(database_url(folder), people)
        with _far_end(folder) as (far_end, url, token), ExitStack() as stack:
            environment = bot_environment(url, token, folder, DMITRY.telegram_id)
            bot = Child("-m", "benchmarks.bot_process", folder=folder, environment=environment)
            contender = Contender(far_end, stack.enter_context(bot))
            steps = ["🛒 Новый заказ", "✏️ ", "➕ Товары", "Бакалея", "Крупы"]
            contender.walk(steps, ["Гречка ядрица", "↩️ К списку"], ids)
            yield contender


@contextmanager
def _echo_bot(people: int) -> Iterator[Contender]:
    with (
        scratch_folder() as folder,
        _far_end(folder) as (far_end, url, token),
        Child("-m", "benchmarks.echo_bot", url, token, folder=folder) as bot,
    ):
        contender = Contender(far_end, bot)
        contender.walk([], ["ping", "pong"], company.rep_ids(people))
        yield contender


@contextmanager
def _far_end(folder: Path) -> Iterator[tuple[Child, str, str]]:
    with Child("-m", "benchmarks.far_end", folder=folder, talks=True) as child:
        hello = child.hear()
        yield child, hello["url"], hello["token"]
