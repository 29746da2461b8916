"""Many short lives of the bot, each on a clock of its own."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Self

from tests.faults.far_ends import ROOT


class Lives:
    """Runs the bot, one life at a time, forked from a process that has loaded the program already."""

    def __init__(self, env: dict[str, str], log_path: Path) -> None:
        self._log_path = log_path
        self._pid: int | None = None
        self._source = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.moved_clock", str(log_path)],
            cwd=ROOT,
            env=env,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Leave none behind."""
        if self._pid is not None:
            self.kill()
        self._source.communicate(timeout=10)

    def start(self, ahead: timedelta) -> None:
        """Begin a life with the clock so far ahead."""
        assert self._source.stdin is not None
        self._source.stdin.write(f"{ahead.total_seconds()}\n".encode())
        self._source.stdin.flush()
        self._pid = self._answer(30)

    def kill(self) -> int:
        """End it as a power cut does, and return its code: -9, or what it had ended with by itself."""
        return self._end(signal.SIGKILL, 10)

    def terminate(self) -> int:
        """Ask it to stop, as systemd does, and return the exit code; it has seven seconds."""
        return self._end(signal.SIGTERM, 7)

    @property
    def last_words(self) -> str:
        return "\n".join(self._log_path.read_text("utf-8", "replace").splitlines()[-40:])

    def _end(self, number: signal.Signals, seconds: float) -> int:
        assert self._pid is not None, "not started"
        pid, self._pid = self._pid, None
        # It may have ended by itself and be reaped already: its code says so.
        with suppress(ProcessLookupError):
            os.kill(pid, number)
        return self._answer(seconds)

    def _answer(self, seconds: float) -> int:
        assert self._source.stdout is not None
        is_there, _, _ = select.select([self._source.stdout], [], [], seconds)
        assert is_there, f"no answer within {seconds} s\n{self.last_words}"
        # Unbuffered: what comes later is not taken along.
        return int(self._line())

    def _line(self) -> bytes:
        assert self._source.stdout is not None
        line = b""
        while not line.endswith(b"\n"):
            piece = os.read(self._source.stdout.fileno(), 1)
            assert piece, f"the process the bot is forked from has ended\n{self.last_words}"
            line += piece
        return line
