"""Trouble on demand, and the record of every call."""

import random
import threading
from collections import Counter, deque
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field
from fnmatch import fnmatchcase
from typing import Any, Literal, Self

from demo.bot_api_types import JSON, ApiError

Kind = Literal["delay", "status", "cut_before", "cut_after", "hang"]
_TEXTS = {
    500: "Internal Server Error",
    502: "Bad Gateway",
    503: "Service Unavailable",
    504: "Gateway Timeout",
}


@dataclass(eq=False)
class Fault:
    """One kind of trouble; ends after ``times`` hits, by :meth:`off` or at the end of a ``with`` block."""

    kind: Kind
    method: str = "*"
    times: int | None = None
    seconds: float = 0.0
    status: int = 0
    chat_id: int | None = None
    chance: float = 1.0
    effect: bool = False
    hits: int = 0
    active: bool = True

    def off(self) -> None:
        """Stop it."""
        self.active = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.off()

    def take(self, method: str, chat_id: str) -> bool:
        """Whether it strikes this call; counts the hit."""
        if not self.active or not fnmatchcase(method, self.method):
            return False
        if self.chat_id is not None and chat_id != str(self.chat_id):
            return False
        if self.chance < 1 and random.random() >= self.chance:
            return False
        self.hits += 1
        if self.times is not None and self.hits >= self.times:
            self.active = False
        return True

    def error(self) -> ApiError:
        """The refusal of a ``status`` fault."""
        if self.status == 429:
            retry_after = int(self.seconds)
            text = f"Too Many Requests: retry after {retry_after}"
            return ApiError(429, text, {"retry_after": retry_after})
        return ApiError(self.status, _TEXTS.get(self.status, "Internal Server Error"))


class Faults:
    """The faults in force.

    Every maker takes ``method`` (``"*"``: all, ``"send*"``: some, ``"file"``: downloads), ``times``
    (None: until switched off), ``chat_id`` and ``chance`` (0 to 1).
    """

    def __init__(self) -> None:
        self._faults: list[Fault] = []
        self._lock = threading.Lock()

    def add(self, fault: Fault) -> Fault:
        """Put a fault in force."""
        fault.method = fault.method.lower()
        with self._lock:
            self._faults.append(fault)
        return fault

    def delay(self, seconds: float, **where: Any) -> Fault:
        """A round trip of ``seconds`` before each call; goes with other faults."""
        return self.add(Fault("delay", seconds=seconds, **where))

    def too_many_requests(self, retry_after: int, **where: Any) -> Fault:
        """429 with ``retry_after``; the call has no effect."""
        return self.add(Fault("status", status=429, seconds=retry_after, **where))

    def server_error(self, status: int = 502, **where: Any) -> Fault:
        """500, 502, 503 or 504; the call has no effect."""
        return self.add(Fault("status", status=status, **where))

    def cut_before(self, **where: Any) -> Fault:
        """The connection breaks and nothing has happened."""
        return self.add(Fault("cut_before", **where))

    def cut_after(self, **where: Any) -> Fault:
        """Everything has happened, but the connection breaks instead of the answer."""
        return self.add(Fault("cut_after", **where))

    def hang(self, seconds: float, *, effect: bool = False, **where: Any) -> Fault:
        """No answer for ``seconds``, then the connection breaks; ``effect``: whether the call counted."""
        return self.add(Fault("hang", seconds=seconds, effect=effect, **where))

    def clear(self) -> None:
        """Switch everything off."""
        with self._lock:
            for fault in self._faults:
                fault.off()
            self._faults.clear()

    def strike(self, method: str, chat_id: object) -> tuple[float, Fault | None]:
        """The delay of this call in seconds and the fault that hits it, if any."""
        if not self._faults:
            return 0.0, None
        with self._lock:
            self._faults = [fault for fault in self._faults if fault.active]
            name, chat = method.lower(), str(chat_id)
            delays = [f.seconds for f in self._faults if f.kind == "delay" and f.take(name, chat)]
            others = (f for f in self._faults if f.kind != "delay")
            return sum(delays), next((f for f in others if f.take(name, chat)), None)


@dataclass(frozen=True)
class Call:
    """One call of the bot. ``status`` is what was answered, 0 when the connection was cut instead."""

    number: int
    method: str
    params: JSON
    status: int
    at: float
    description: str = ""
    effect: bool = True

    def as_json(self) -> JSON:
        """For the control address."""
        return asdict(self)


@dataclass
class CallLog:
    """The newest calls and the number of all by method and status."""

    changed: threading.Condition
    limit: int = 20_000
    total: int = 0
    counts: Counter[tuple[str, int]] = field(default_factory=Counter)
    _calls: deque[Call] = field(default_factory=deque)

    def add(self, method: str, params: JSON, status: int, at: float, **more: Any) -> None:
        """Write a call down; the lock of ``changed`` is held."""
        self.total += 1
        self.counts[method, status] += 1
        self._calls.append(Call(self.total, method, params, status, at, **more))
        if len(self._calls) > self.limit:
            self._calls.popleft()
        self.changed.notify_all()

    def find(self, method: str = "", since: int = 0) -> list[Call]:
        """The calls of a method (or all) after call number ``since``, oldest first."""
        with self.changed:
            found: Iterable[Call] = (call for call in self._calls if call.number > since)
            return [call for call in found if not method or call.method.lower() == method.lower()]

    def wait(self, enough: Callable[[list[Call]], bool], method: str = "", timeout: float = 10) -> list[Call]:
        """The calls once ``enough`` says so; AssertionError after ``timeout`` seconds."""
        with self.changed:
            if not self.changed.wait_for(lambda: enough(self.find(method)), timeout):
                seen = "\n".join(f"{c.method} {c.status} {c.params}" for c in self.find(method)[-30:])
                raise AssertionError(f"after {timeout} s the calls of {method or 'the bot'} are:\n{seen}")
            return self.find(method)
