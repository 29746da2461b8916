"""Work that waits, by whose it is: each person gets a turn, and none more than a few."""

from __future__ import annotations

import threading
from collections import OrderedDict, deque
from collections.abc import Hashable
from typing import Generic, TypeVar

T = TypeVar("T")

MOST_WAITING = 10


class Turns(Generic[T]):
    """A queue in which nobody waits until all of another's work is done. Safe to share between threads."""

    def __init__(self, most_waiting: int = MOST_WAITING) -> None:
        self._most_waiting = most_waiting
        self._waiting: OrderedDict[Hashable, deque[T]] = OrderedDict()
        self._changed = threading.Condition()
        self._is_closed = False

    def put(self, item: T, whose: Hashable | None = None) -> T | None:
        """Add work; return the oldest of that person's when there is too much of it now.

        Work of nobody's (None) is never too much.
        """
        with self._changed:
            own = self._waiting.setdefault(whose, deque())
            own.append(item)
            self._changed.notify()
            return own.popleft() if whose is not None and len(own) > self._most_waiting else None

    def take(self, most: int) -> list[T]:
        """Wait for work; return one piece of each person in turn, at most ``most``, none at the end."""
        with self._changed:
            while not self._waiting and not self._is_closed:
                self._changed.wait()
            taken: list[T] = []
            while self._waiting and len(taken) < most:
                whose, own = self._waiting.popitem(last=False)
                taken.append(own.popleft())
                if own:
                    self._waiting[whose] = own
            return taken

    def close(self) -> None:
        """No more will come: what waits is handed out, then nothing."""
        with self._changed:
            self._is_closed = True
            self._changed.notify_all()
