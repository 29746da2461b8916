"""What the benchmarks compare with does what it is said to do, and a goal is judged as it is printed."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.echo_bot import ECHOES
from benchmarks.goals import Goal, table
from benchmarks.processes import Child
from demo.bot_api import BotApi


@pytest.mark.parametrize("name", ECHOES)
def test_an_echo_answers_every_press_by_an_edit_and_thanks(name: str, tmp_path: Path) -> None:
    arguments = ("-m", "benchmarks.echo_bot", name)
    with BotApi() as api, Child(*arguments, api.url, api.token, folder=tmp_path):
        person = api.person(5, "Echo")
        person.start()
        screen = person.wait_text("Hello", 30)
        for said, asked in (("ping", "pong"), ("pong", "ping")):
            person.press(said, message=screen)
            person.wait(lambda _, text=said: screen.text == text, 30, f"no edit by {name}")  # type: ignore[misc]
            assert screen.labels == [asked]
        api.calls.wait(lambda calls: len(calls) == 2, "answerCallbackQuery", 30)


def test_a_goal_is_judged_by_the_figure_that_is_printed() -> None:
    floor, ceiling = Goal("fast", 0.996, 1.0, is_floor=True), Goal("small", 80.4, 80, digits=0, unit=" MB")
    assert table([floor, ceiling])[2:] == [
        "| fast | 1.00 | ≥ 1.00 | reached |",
        "| small | 80 MB | ≤ 80 MB | reached |",
    ]
    assert not Goal("fast", 0.99, 1.0, is_floor=True).is_reached
    assert not Goal("small", 80.6, 80, digits=0).is_reached
