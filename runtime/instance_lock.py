"""One process per database and per token: a second one refuses to start."""

from __future__ import annotations

import fcntl
import hashlib
import os
import tempfile
from pathlib import Path
from typing import IO

from models import Database
from models.database import sqlite_path

ADVICE = "Stop it first, or give this one its own database and token."


class AlreadyRunning(RuntimeError):
    """Another process works with this database or this token."""


class InstanceLock:
    """Held until the process ends, however it ends: the operating system lets go of it."""

    def __init__(self, database: Database, token: str) -> None:
        self._files: list[IO[str]] = []
        # PostgreSQL's lock lasts as long as its connection, and that as long as somebody knows it.
        self._database = database
        path = sqlite_path(database.url)
        if path is not None:
            self._lock_file(path.with_name(path.name + ".lock"), f"the database {path}")
        elif not database.try_lock():
            raise AlreadyRunning(f"Another process already works with this PostgreSQL database. {ADVICE}")
        digest = hashlib.sha256(token.encode()).hexdigest()[:16]
        try:
            self._lock_file(
                Path(tempfile.gettempdir()) / f"tradingstorebot-{os.getuid()}-{digest}.lock", "this bot token"
            )
        except AlreadyRunning:
            self.release()
            raise

    def is_kept(self) -> bool:
        """Tell whether it is held still; PostgreSQL's is taken anew after its server was away."""
        return self._database.keep_lock()

    def release(self) -> None:
        """Let another process start."""
        for file in self._files:
            file.close()
        self._database.unlock()

    def _lock_file(self, path: Path, what: str) -> None:
        try:
            file = path.open("a+", encoding="utf-8")
        except OSError as error:
            raise AlreadyRunning(
                f"The lock file {path} cannot be written ({error.strerror}): the bot's user needs the folder."
            ) from None
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            holder = file.read().strip() or "unknown"
            file.close()
            raise AlreadyRunning(
                f"Another process (pid {holder}) already works with {what}. {ADVICE}"
            ) from None
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        self._files.append(file)
