"""The real bot as a process of its own, between far ends that live here and survive it."""

from __future__ import annotations

import itertools
import os
import secrets
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self, TypeVar

import psycopg

from demo import main, sample
from demo.bot_api import BotApi
from demo.geocoder import Geocoder
from demo.mailbox import Mailbox
from demo.people import Person
from models.database import sqlite_path
from tests.engines import EMPTY, SAMPLED, engines

ROOT = Path(main.__file__).resolve().parent.parent
RUN = (sys.executable, "bot.py", "run")
T = TypeVar("T")
_POLL_SECONDS = 0.02
_numbers = itertools.count(1)


def wait_until(
    condition: Callable[[], T], complaint: str | Callable[[], str] = "it did not happen", timeout: float = 15
) -> T:
    """Return the first true value of ``condition``; AssertionError after ``timeout`` seconds."""
    deadline = time.monotonic() + timeout
    while not (found := condition()):
        if time.monotonic() > deadline:
            said = complaint if isinstance(complaint, str) else complaint()
            raise AssertionError(f"within {timeout} s: {said}")
        time.sleep(_POLL_SECONDS)
    return found


class Tables:
    """Looks into the bot's database from outside, as an operator with sqlite3 or psql would."""

    def __init__(self, url: str) -> None:
        self.url = url

    def all(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        """The rows of a query whose values are marked by ``?``."""
        path = sqlite_path(self.url)
        if path is None:
            with psycopg.connect(self.url) as server:
                return server.execute(query.replace("%", "%%").replace("?", "%s").encode(), values).fetchall()
        connection = sqlite3.connect(path, timeout=10)
        try:
            return connection.execute(query, values).fetchall()
        finally:
            connection.close()

    def one(self, query: str, *values: Any) -> Any:
        """The first column of the first row, None when there is no row."""
        rows = self.all(query, *values)
        return rows[0][0] if rows else None

    def column(self, query: str, *values: Any) -> list[Any]:
        return [row[0] for row in self.all(query, *values)]


class Bot:
    """One life after another of the bot's process."""

    def __init__(self, env: dict[str, str], log_path: Path, command: Sequence[str] = RUN) -> None:
        self.log_path = log_path
        self._env = env
        self._command = command
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> Self:
        with self.log_path.open("ab") as log:
            self._process = subprocess.Popen(
                self._command, cwd=ROOT, env=self._env, stdout=log, stderr=subprocess.STDOUT
            )
        return self

    @property
    def process(self) -> subprocess.Popen[bytes]:
        assert self._process is not None, "not started"
        return self._process

    @property
    def is_alive(self) -> bool:
        return self.process.poll() is None

    @property
    def log(self) -> str:
        return self.log_path.read_text("utf-8", "replace") if self.log_path.exists() else ""

    def kill(self) -> int:
        """End it as a power cut does, and return its code: -9, or what it had ended with by itself."""
        self.process.kill()
        return self.process.wait()

    def terminate(self, timeout: float = 7) -> int:
        """Ask it to stop, as systemd does, and return the exit code; it has ``timeout`` seconds."""
        self.process.send_signal(signal.SIGTERM)
        return self.wait(timeout)

    def wait(self, timeout: float = 20) -> int:
        try:
            return self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"it did not end within {timeout} s\n{self.last_words}") from None

    def wait_log(self, piece: str, timeout: float = 20) -> None:
        wait_until(lambda: piece in self.log, lambda: f"{piece!r} not logged\n{self.last_words}", timeout)

    @property
    def last_words(self) -> str:
        return "\n".join(self.log.splitlines()[-40:])


@dataclass
class FarEnds:
    """Telegram, the mail server and the map; the database between the bot's lives; the cast."""

    api: BotApi
    mailbox: Mailbox
    geocoder: Geocoder
    folder: Path
    database_url: str
    cast: sample.Cast

    @property
    def tables(self) -> Tables:
        return Tables(self.database_url)

    def person(self, member: sample.Person) -> Person:
        return self.api.person(member.telegram_id, member.first_name, member.username)

    def environment(self, **changes: str) -> dict[str, str]:
        env = main.environment(self.api, self.mailbox, self.geocoder, self.folder, self.cast)
        return {**env, "DATABASE_URL": self.database_url, **changes}

    @contextmanager
    def bot(self, command: Sequence[str] = RUN, **changes: str) -> Iterator[Bot]:
        """A bot that has not been started yet; whatever becomes of it, none is left behind."""
        bot = Bot(self.environment(**changes), self.folder / "bot.log", command)
        try:
            yield bot
        finally:
            if bot._process is not None:
                bot.kill()


def fresh_token() -> str:
    """A token nobody else on this machine runs a bot with."""
    return f"{4_000_000_000 + os.getpid()}:{next(_numbers)}-{secrets.token_hex(12)}"


@contextmanager
def far_ends(folder: Path, *, with_sample: bool = True) -> Iterator[FarEnds]:
    """Open the far ends, with the sample company in the database unless it is to stay empty."""
    with ExitStack() as stack:
        api = stack.enter_context(BotApi(fresh_token()))
        mailbox = stack.enter_context(Mailbox())
        geocoder = stack.enter_context(Geocoder())
        url = stack.enter_context(engines.database(folder, SAMPLED if with_sample else EMPTY))
        cast = sample.prepare(url) if with_sample else (sample.DMITRY,)
        yield FarEnds(api, mailbox, geocoder, folder, url, cast)
