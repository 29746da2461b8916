from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.flows.stage import Stage, running


@pytest.fixture(autouse=True)
def _on_engine(engine: str) -> None:
    """Every conversation runs on the engine that is chosen."""


@pytest.fixture
def stage(engine: str, tmp_path: Path) -> Iterator[Stage]:
    with running(tmp_path) as ready:
        yield ready
