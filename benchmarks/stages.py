"""Where the processor time of a press goes: the bot's own functions, each with what it spends itself."""

from __future__ import annotations

import json
import threading
import time
from collections import Counter
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from bot import App

# Stages in the order a press comes through them. What a stage calls of another counts there only.
POLL, STORE, TAKE, ROUTE, CONTEXT, DRAW, PACK, QUEUE, MARK, SEND, ANSWER = (
    "poll: getUpdates and its JSON",
    "store: the update into the inbox",
    "take: the batch out of inbox and outbox",
    "route: telebot's types, which handler",
    "context: who acts, where they stand",
    "draw: the handler, its services",
    "pack: the screen as a Bot API call",
    "queue: the call into the outbox",
    "mark: done, sent",
    "send: editMessageText",
    "send: answerCallbackQuery",
)
STATEMENTS, FLUSH, SQLITE, COMMIT = (
    "query: SQLAlchemy",
    "query: SQLAlchemy's flush",
    "query: SQLite",
    "commit",
)
ALL = (
    POLL,
    STORE,
    TAKE,
    ROUTE,
    CONTEXT,
    DRAW,
    STATEMENTS,
    FLUSH,
    SQLITE,
    PACK,
    QUEUE,
    MARK,
    COMMIT,
    SEND,
    ANSWER,
)
PRESSES = "presses"


class Stopwatch:
    """Adds up the processor time of wrapped functions, each thread for itself."""

    def __init__(self) -> None:
        self._local = threading.local()
        self._counters: list[Counter[str]] = []

    @property
    def seconds(self) -> Counter[str]:
        """What all threads have spent, by stage."""
        return sum(self._counters, Counter())

    @property
    def _own(self) -> Counter[str]:
        counter: Counter[str] | None = self._local.__dict__.get("counter")
        if counter is None:
            counter = self._local.counter = Counter()
            self._counters.append(counter)
        return counter

    def wrap(self, owner: Any, name: str, stage: str | Callable[..., str]) -> None:
        """Have ``owner.name`` counted as ``stage``, a name or what tells it from the arguments."""
        function = getattr(owner, name)

        @wraps(function)
        def timed(*args: Any, **kwargs: Any) -> Any:
            self._own[PRESSES] += stage == DRAW
            stack = self._local.__dict__.setdefault("stack", [])
            self._charge(stack)
            stack.append(stage if isinstance(stage, str) else stage(*args))
            try:
                return function(*args, **kwargs)
            finally:
                self._charge(stack)
                stack.pop()

        setattr(owner, name, timed)

    def _charge(self, stack: list[str]) -> None:
        now = time.thread_time()
        if stack:
            self._own[stack[-1]] += now - self._local.since
        self._local.since = now


def watch(app: App, file: Path) -> Callable[[], object]:
    """Time the stages of a bot from now on; what is returned writes them to ``file`` as JSON."""
    from handlers.routing import Router
    from handlers.screen import Screen
    from models import Session
    from runtime.telegram_client import TelegramClient
    from services import inbox, outbox

    stopwatch = Stopwatch()
    dialect: Any = app.database.engine.dialect
    for owner, name, stage in (
        (TelegramClient, "call", _call_stage),
        (inbox, "store", STORE),
        (inbox, "waiting", TAKE),
        (outbox, "take_due", TAKE),
        (Router, "handle", ROUTE),
        (Router, "_context", CONTEXT),
        (Router, "_press", DRAW),
        (Screen, "to_call", PACK),
        (outbox, "call", QUEUE),
        (inbox, "mark_done", MARK),
        (outbox, "record", MARK),
        (Session, "_execute_internal", STATEMENTS),
        (Session, "flush", FLUSH),
        (dialect, "do_execute", SQLITE),
        (dialect, "do_executemany", SQLITE),
        (dialect, "do_commit", COMMIT),
    ):
        stopwatch.wrap(owner, name, stage)
    return lambda: file.write_text(json.dumps(stopwatch.seconds))


def _call_stage(_client: object, method: str, *_: object) -> str:
    return {"getUpdates": POLL, "answerCallbackQuery": ANSWER}.get(method, SEND)
