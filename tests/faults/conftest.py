from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.far_ends import FarEnds, far_ends
from tests.flows.stage import Stage, running


@pytest.fixture(autouse=True)
def _on_engine(engine: str) -> None:
    """Every fault happens on the engine that is chosen."""


@pytest.fixture
def far(engine: str, tmp_path: Path) -> Iterator[FarEnds]:
    """The far ends of a bot that runs as a process of its own."""
    with far_ends(tmp_path) as ready:
        yield ready


@pytest.fixture
def stage(engine: str, tmp_path: Path) -> Iterator[Stage]:
    """The far ends and a bot in this process."""
    with running(tmp_path) as ready:
        yield ready
        # What is still in force would only make the bot's stopping slow.
        ready.api.faults.clear()
        ready.mailbox.faults.clear()
