"""People who press buttons: each again the moment the answer came, or after a pause."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from benchmarks.processes import cpu_seconds_of
from demo.bot_api import BotApi
from demo.bot_api_types import Message
from demo.people import Person

WALK_SECONDS = 30.0
SEED = 20_261_120


@dataclass(frozen=True, slots=True)
class Path:
    """The labels that lead from /start to the screen pressed on, and those pressed there in turn.

    Beginnings of labels will do. A label of ``turns`` must not be on the screen that pressing it brings.
    """

    steps: tuple[str, ...]
    turns: tuple[str, ...]


@dataclass(slots=True)
class _Presser:
    person: Person
    message: Message
    edits: int = 0
    pressed_at: float = 0.0


@dataclass(slots=True)
class Round:
    """What one measurement saw: seconds from each press to its edit, in the order of the edits."""

    seconds: float = 0.0
    # Of the bot's process, in the same span.
    cpu_seconds: float = 0.0
    latencies: list[float] = field(default_factory=list)


class Crowd:
    """Lives in the server's process, so that no measuring call competes with the bot's calls."""

    def __init__(self, api: BotApi, path: Path) -> None:
        self._api = api
        self._path = path
        self._pressers: list[_Presser] = []
        self._waiting: dict[int, _Presser] = {}
        self._round: Round | None = None
        self._is_pressing = False
        # Seconds between an answer and the next press, in the middle; 0: at once.
        self._pause = 0.0
        self._chance = random.Random(SEED)
        api.world.listeners.append(self._chat_changed)

    def walk(self, ids: Sequence[int]) -> None:
        """Bring each person to the screen they will press on; AssertionError when a button is missing."""
        for number in ids:
            person = self._api.person(number, f"Person {number}")
            person.start()
            person.wait(_has_buttons, WALK_SECONDS, "no screen came after /start")
            for label in self._path.steps:
                self._step(person, label)
            self._pressers.append(_Presser(person, person.screen))

    def press(self, people: int, pid: int, warm_up: float, seconds: float, pace: float) -> Round:
        """Have the first ``people`` press for ``seconds``; what comes during the warm-up isn't counted.

        With a ``pace`` they rest, so that they all together press no more than so often a second.
        ``pid`` is the bot's. The last presses are still to be answered then.
        """
        world = self._api.world
        with world.lock:
            self._is_pressing = True
            self._pause = people / pace if pace else 0.0
            for presser in self._pressers[:people]:
                self._press_soon(presser)
        time.sleep(warm_up)
        with world.lock:
            counted = self._round = Round(cpu_seconds=-cpu_seconds_of(pid))
        started_at = time.perf_counter()
        time.sleep(seconds)
        with world.lock:
            self._round = None
            counted.seconds = time.perf_counter() - started_at
            counted.cpu_seconds += cpu_seconds_of(pid)
            self._is_pressing = False
        return counted

    def wait_answered(self) -> None:
        """Return once every press was answered; AssertionError when one never is."""
        world = self._api.world
        with world.changed:
            if not world.changed.wait_for(lambda: not self._waiting, WALK_SECONDS):
                raise AssertionError(f"{len(self._waiting)} presses were never answered by an edit")

    def _step(self, person: Person, label: str) -> None:
        screen = person.screen
        edits = screen.edits
        person.press(label, message=screen)
        person.wait(lambda _: screen.edits > edits, WALK_SECONDS, f"no edit after {label!r}")

    def _press_soon(self, presser: _Presser) -> None:
        if not self._pause:
            self._press(presser)
            return
        timer = threading.Timer(self._chance.expovariate(1 / self._pause), self._press_rested, [presser])
        timer.daemon = True
        timer.start()

    def _press_rested(self, presser: _Presser) -> None:
        with self._api.world.lock:
            if self._is_pressing:
                self._press(presser)

    def _press(self, presser: _Presser) -> None:
        labels = [button.label for row in presser.message.buttons for button in row]
        label = next(label for label in labels if label.startswith(self._path.turns))
        presser.edits = presser.message.edits
        self._waiting[presser.person.id] = presser
        presser.pressed_at = time.perf_counter()
        presser.person.press(label, message=presser.message)

    def _chat_changed(self, chat_id: int) -> None:
        """Called by the server at every change of a chat, its lock held."""
        presser = self._waiting.get(chat_id)
        if presser is None or presser.message.edits == presser.edits:
            return
        if self._round is not None:
            self._round.latencies.append(time.perf_counter() - presser.pressed_at)
        del self._waiting[chat_id]
        if self._is_pressing:
            self._press_soon(presser)


def _has_buttons(person: Person) -> bool:
    return any(message.inline_keyboard for message in person.received)
