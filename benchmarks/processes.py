"""Child processes: always ended, and watched through /proc."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Self

from settings import NAMES, SECRET_NAMES

ROOT = Path(__file__).resolve().parent.parent
STOP_SECONDS = 15
TICKS = os.sysconf("SC_CLK_TCK")


class Child:
    """A Python process in a session of its own, so that Ctrl-C reaches us and we end it in order."""

    def __init__(
        self, *arguments: str, folder: Path, environment: Mapping[str, str] | None = None, talks: bool = False
    ) -> None:
        pipe = subprocess.PIPE if talks else None
        self._process = subprocess.Popen(
            [sys.executable, *arguments],
            cwd=folder,
            env={**_clean_environment(), **(environment or {})},
            stdin=pipe or subprocess.DEVNULL,
            stdout=pipe or subprocess.DEVNULL,
            text=True,
            start_new_session=True,
        )
        self._name = " ".join(arguments)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def ask(self, command: Mapping[str, Any]) -> dict[str, Any]:
        """Write a line of JSON to the process and return its answer."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(command) + "\n")
        self._process.stdin.flush()
        return self.hear()

    def hear(self) -> dict[str, Any]:
        """Return the next line of JSON; RuntimeError when the process ended instead."""
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"{self._name} ended; what it said is above")
        answer: dict[str, Any] = json.loads(line)
        return answer

    @property
    def pid(self) -> int:
        """The process's id."""
        return self._process.pid

    def rss_mb(self) -> float:
        """The memory it holds now: VmRSS, in units of 1,024 × 1,024 bytes."""
        status = Path(f"/proc/{self._process.pid}/status").read_text()
        kilobytes = next(line.split()[1] for line in status.splitlines() if line.startswith("VmRSS"))
        return int(kilobytes) / 1024


def cpu_seconds_of(pid: int) -> float:
    """Return the processor time a process has used so far, all its threads together."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


@contextmanager
def scratch_folder() -> Iterator[Path]:
    """A folder for a while. /var/tmp lies on a disk, where /tmp may be memory and make every fsync free."""
    home = Path("/var/tmp")
    with TemporaryDirectory(prefix="bench-", dir=home if home.is_dir() else None) as folder:
        yield Path(folder)


def bot_environment(url: str, token: str, folder: Path, admin_id: int, **more: str) -> dict[str, str]:
    """Return the settings of a bot that talks to local far ends and keeps its data in ``folder``."""
    return {
        "BOT_TOKEN": token,
        "ADMIN_IDS": str(admin_id),
        "TELEGRAM_API_URL": url,
        "DATA_DIR": str(folder),
        "LOG_LEVEL": "WARNING",
        **more,
    }


def database_url(folder: Path) -> str:
    """Return where a bot with this data folder keeps its database."""
    return f"sqlite:///{folder / 'bot.db'}"


def median_of(values: Sequence[float]) -> float:
    """Return the upper median: a value that was really measured."""
    return sorted(values)[len(values) // 2]


def _clean_environment() -> dict[str, str]:
    """Our environment without the settings of a bot that may be configured in this shell."""
    names = {*NAMES, *(f"{name}_FILE" for name in SECRET_NAMES)}
    # An installed bot finds its modules compiled; without this, some shells would have it compile each start.
    names.add("PYTHONDONTWRITEBYTECODE")
    kept = {name: value for name, value in os.environ.items() if name.upper() not in names}
    # One arena, as `make run` sets it.
    return {**kept, "PYTHONPATH": str(ROOT), "MALLOC_ARENA_MAX": "1"}
