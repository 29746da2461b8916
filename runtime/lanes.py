"""When each chat's next message may go: order per chat, Telegram's limits, replies before mailings."""

from __future__ import annotations

import heapq
from collections import deque
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

MANY_LANES = 1000
REDRAWS = ("editMessageText", "editMessageMedia")


@dataclass(frozen=True, slots=True)
class Limits:
    """Telegram's limits as measured from its documentation; None switches one off (benchmarks)."""

    per_second: float | None = 30
    burst: int = 30
    chat_per_second: float | None = 1
    # A person taps faster than once a second for a while, and Telegram lets short bursts pass.
    chat_burst: int = 40
    group_per_minute: float = 20


@dataclass(slots=True)
class Item:
    """One outgoing call in hand."""

    row_id: int
    lane: str
    priority: int
    method: str
    params: dict[str, Any]
    # For whoever reads the outcome: which screen or card the message is.
    about: dict[str, Any] = field(default_factory=dict)
    attempts: int = 0
    first_tried_at: datetime | None = None
    # The newest row of its lane when the attempt began: what Telegram says then is nothing about later ones.
    newest_known: int = 0

    @property
    def edited_message(self) -> int | None:
        """The message this call redraws, if it does: a later redraw makes this one needless."""
        return self.params.get("message_id") if self.method in REDRAWS else None


class Bucket:
    """A leaky bucket kept as one number: the moment it would be empty again."""

    __slots__ = ("_empty_at", "_interval", "_slack")

    def __init__(self, per_second: float | None, burst: int) -> None:
        self._interval = 1 / per_second if per_second else 0.0
        self._slack = self._interval * (burst - 1)
        self._empty_at = 0.0

    def ready_at(self) -> float:
        """The moment the next token is there."""
        return self._empty_at - self._slack

    def is_full(self, now: float) -> bool:
        """Tell whether every token is back, so that nothing would be lost by forgetting this."""
        return self._empty_at <= now

    def take(self, now: float) -> None:
        """Use one token."""
        self._empty_at = max(self._empty_at, now) + self._interval


@dataclass(slots=True)
class Lane:
    """The calls that wait for one chat, oldest first."""

    name: str
    bucket: Bucket
    items: deque[Item] = field(default_factory=deque)
    is_busy: bool = False
    is_scheduled: bool = False
    not_before: float = 0.0
    # Its entry in the schedule: one with another stamp was replaced by a more urgent one.
    stamp: int = 0
    priority: int = 0


class Lanes:
    """The schedule over all chats. Not thread-safe: its owner holds a lock."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._global = Bucket(limits.per_second, limits.burst)
        self._lanes: dict[str, Lane] = {}
        # (when, priority, stamp, lane) and, once due, (priority, stamp, lane): stamps grow, so first come
        # is first served among equals.
        self._due: list[tuple[float, int, int, str]] = []
        self._ready: list[tuple[int, int, str]] = []
        self._stamps = 0

    def put(self, item: Item, now: float) -> Item | None:
        """Add a call to its chat's lane; return the waiting redraw it makes needless, if any."""
        lane = self._lanes.get(item.lane)
        if lane is None:
            self._forget_idle(now)
            lane = self._lanes[item.lane] = Lane(item.lane, self._bucket_for(item.lane))
        overtaken = _overtaken_by(item, lane)
        if overtaken is not None:
            lane.items.remove(overtaken)
        lane.items.append(item)
        self._schedule(lane, now)
        return overtaken

    def take(self, now: float) -> Item | None:
        """Return a call to make now and mark its chat busy, or None."""
        self._forget_replaced()
        while self._due and self._due[0][0] <= now:
            _, priority, stamp, name = heapq.heappop(self._due)
            heapq.heappush(self._ready, (priority, stamp, name))
            self._forget_replaced()
        if not self._ready or self._global.ready_at() > now:
            return None
        _, _, name = heapq.heappop(self._ready)
        lane = self._lanes[name]
        lane.is_busy, lane.is_scheduled = True, False
        lane.bucket.take(now)
        self._global.take(now)
        item = lane.items[0]
        item.newest_known = lane.items[-1].row_id
        return item

    def wait_seconds(self, now: float) -> float | None:
        """How long until :meth:`take` may give something; None when nothing waits."""
        self._forget_replaced()
        moments = [self._due[0][0]] if self._due else []
        if self._ready:
            moments.append(self._global.ready_at())
        return max(0.0, min(moments) - now) if moments else None

    def finish(self, item: Item, now: float) -> None:
        """The call in hand is over: its chat's next one may go."""
        lane = self._lanes[item.lane]
        lane.items.popleft()
        self._free(lane, now)

    def park(self, item: Item, until: float, now: float) -> None:
        """The call in hand has to be made again at ``until``; its chat waits, no thread does."""
        lane = self._lanes[item.lane]
        lane.not_before = until
        self._free(lane, now)

    def drop(self, name: str) -> list[Item]:
        """Forget and return what waited in a lane when the call in hand began."""
        lane = self._lanes[name]
        in_hand, *behind = lane.items
        dropped = [item for item in behind if item.row_id <= in_hand.newest_known]
        lane.items = deque([in_hand, *(item for item in behind if item.row_id > in_hand.newest_known)])
        return dropped

    def __len__(self) -> int:
        return sum(len(lane.items) for lane in self._lanes.values())

    def _free(self, lane: Lane, now: float) -> None:
        lane.is_busy = False
        if lane.items:
            self._schedule(lane, now)

    def _schedule(self, lane: Lane, now: float) -> None:
        if lane.is_busy:
            return
        priority = min(item.priority for item in lane.items)
        if lane.is_scheduled and priority >= lane.priority:
            return
        self._stamps += 1
        lane.is_scheduled, lane.priority, lane.stamp = True, priority, self._stamps
        at = max(now, lane.not_before, lane.bucket.ready_at())
        heapq.heappush(self._due, (at, priority, lane.stamp, lane.name))

    def _forget_replaced(self) -> None:
        """Drop entries at the head of the schedule that a more urgent one of the same lane replaced."""
        while self._due and self._is_replaced(*self._due[0][2:]):
            heapq.heappop(self._due)
        while self._ready and self._is_replaced(*self._ready[0][1:]):
            heapq.heappop(self._ready)

    def _is_replaced(self, stamp: int, name: str) -> bool:
        lane = self._lanes.get(name)
        return lane is None or lane.stamp != stamp or not lane.is_scheduled

    def _forget_idle(self, now: float) -> None:
        if len(self._lanes) < MANY_LANES:
            return
        self._lanes = {
            name: lane for name, lane in self._lanes.items() if lane.items or not lane.bucket.is_full(now)
        }

    def _bucket_for(self, lane: str) -> Bucket:
        is_group = lane.startswith("-")
        if is_group and self._limits.chat_per_second:
            return Bucket(self._limits.group_per_minute / 60, int(self._limits.group_per_minute))
        return Bucket(self._limits.chat_per_second, self._limits.chat_burst)


def _overtaken_by(item: Item, lane: Lane) -> Item | None:
    if item.edited_message is None:
        return None
    waiting = list(lane.items)[1:] if lane.is_busy else lane.items
    return next((other for other in waiting if other.edited_message == item.edited_message), None)
