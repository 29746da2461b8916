from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.flows.stage import Stage, running


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    with running(tmp_path) as ready:
        yield ready
