"""Slow work beside the processor, when what it reads cannot be read."""

from __future__ import annotations

import threading
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from sqlalchemy import select

from models import Company, Database
from runtime import worker as runtime_worker
from runtime.processor import Processor
from runtime.worker import Worker


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_work_that_cannot_read_the_database_is_repeated_and_not_given_up(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runtime_worker, "PAUSE_AFTER_FAILED_COMMIT", 0.001)
    (tmp_path / "damaged.db").write_bytes(b"\xa5" * 8192)
    damaged = Database(f"sqlite:///{tmp_path}/damaged.db")
    attempts: list[int] = []
    results: list[Any] = []
    is_done = threading.Event()

    def read(rows: list[Any]) -> list[Any]:
        attempts.append(1)
        with (database if len(attempts) == 3 else damaged).reading() as session:
            return [session.scalar(select(Company.id)) for _ in rows]

    def submit(task: Any, row: Any) -> None:
        results.append(task.keywords["result"])
        is_done.set()

    processor = cast(Processor, SimpleNamespace(submit=submit))
    worker = Worker("reading", processor, read, lambda session, row, result: None)
    worker.put(cast(Any, SimpleNamespace(id=1, payload={})))
    assert is_done.wait(20)
    worker.stop(5)
    damaged.close()
    assert (results, len(attempts)) == ([1], 3)
