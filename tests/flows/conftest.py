from collections.abc import Iterator
from pathlib import Path

import pytest

from settings import Secret
from tests.flows.stage import Stage, running


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    with running(tmp_path) as ready:
        yield ready


@pytest.fixture
def stage_on_engine(empty_url: str, tmp_path: Path) -> Iterator[Stage]:
    """The stage on the engine the test is marked for."""
    with running(tmp_path, database_url=Secret(empty_url)) as ready:
        yield ready
