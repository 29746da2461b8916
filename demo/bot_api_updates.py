"""The queue behind getUpdates: numbering, acknowledgement, expiry."""

import random
from collections import deque
from collections.abc import Callable, Collection
from dataclasses import dataclass
from itertools import islice

from demo.bot_api_types import JSON

KEEP_SECONDS = 24 * 3600
KEEP_PRESS_SECONDS = 150
# Telegram takes an offset further ahead than this for nonsense and answers from the oldest update.
AHEAD = 10
_HISTORY = 50_000
_NOT_SENT_BY_DEFAULT = frozenset({"chat_member", "message_reaction", "message_reaction_count"})


@dataclass(frozen=True)
class _Entry:
    update_id: int
    stored_at: float
    kind: str
    update: JSON


class UpdateQueue:
    """One bot's updates. Not thread-safe: the owner's lock is held around every call."""

    def __init__(self, now: Callable[[], float]) -> None:
        self.next_id = random.randrange(100_000_000, 900_000_000)
        self.allowed: frozenset[str] | None = None
        self.on_new: Callable[[], None] = lambda: None
        self._now = now
        self._waiting: deque[_Entry] = deque()
        self._again: deque[_Entry] = deque()
        self._history: deque[_Entry] = deque(maxlen=_HISTORY)

    def __len__(self) -> int:
        return len(self._waiting) + len(self._again)

    def allow(self, kinds: Collection[str]) -> None:
        """What is queued from now on; an empty list means Telegram's default."""
        self.allowed = frozenset(kinds) or None

    def push(self, update: JSON) -> int | None:
        """Queue an update and return its id; None when the bot didn't ask for its kind.

        An ``update_id`` of its own is kept as it is.
        """
        kind = next((key for key in update if key != "update_id"), "")
        if not self._wanted(kind):
            return None
        update_id = update.get("update_id", self.next_id)
        self.next_id = update_id + 1
        entry = _Entry(update_id, self._now(), kind, {"update_id": update_id, **update})
        self._waiting.append(entry)
        self._history.append(entry)
        self.on_new()
        return int(update_id)

    def waiting(self) -> list[JSON]:
        """What the bot has not acknowledged yet, oldest first."""
        return [entry.update for entry in self._waiting]

    def redeliver(self, update_id: int) -> None:
        """Hand out an update once more under its old id, as after an answer that was lost."""
        entry = next((entry for entry in reversed(self._history) if entry.update_id == update_id), None)
        if entry is None:
            raise KeyError(f"no update {update_id} was ever queued")
        self._again.append(entry)
        self.on_new()

    def restart_ids(self, first: int) -> None:
        """Number from ``first`` on, as Telegram may after a week without updates."""
        self.next_id = first
        self._waiting.clear()

    def fetch(self, offset: int, limit: int) -> list[JSON]:
        """Forget what ``offset`` acknowledges and return up to ``limit`` of the rest, oldest first."""
        self._acknowledge(offset)
        batch = [self._again.popleft() for _ in range(min(limit, len(self._again)))]
        for entry in self._fresh():
            if len(batch) == limit:
                break
            batch.append(entry)
        return [entry.update for entry in batch]

    def _acknowledge(self, offset: int) -> None:
        if offset > self.next_id + AHEAD:
            return
        if offset < 0:
            offset = self._waiting[max(offset, -len(self._waiting))].update_id if self._waiting else 0
        while self._waiting and self._waiting[0].update_id < offset:
            self._waiting.popleft()

    def _fresh(self) -> list[_Entry]:
        now = self._now()
        while self._waiting and _expired(self._waiting[0], now):
            self._waiting.popleft()
        return [entry for entry in islice(self._waiting, 200) if not _expired(entry, now)]

    def _wanted(self, kind: str) -> bool:
        return kind not in _NOT_SENT_BY_DEFAULT if self.allowed is None else kind in self.allowed


def _expired(entry: _Entry, now: float) -> bool:
    keep = KEEP_PRESS_SECONDS if entry.kind == "callback_query" else KEEP_SECONDS
    return now - entry.stored_at > keep
