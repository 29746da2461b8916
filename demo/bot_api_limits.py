"""Telegram's own limits on sending, enforced on demand: 429 for a bot that doesn't hold back."""

from dataclasses import dataclass, field
from math import ceil

from demo.bot_api_types import ApiError


@dataclass
class Bucket:
    """Holds ``size`` tokens, gets ``rate`` new ones a second."""

    size: float
    rate: float
    tokens: float
    at: float

    def wait(self, now: float) -> float:
        """Seconds until there is a token."""
        self.tokens = min(self.size, self.tokens + (now - self.at) * self.rate)
        self.at = now
        return max(0.0, (1 - self.tokens) / self.rate)


@dataclass
class Limits:
    """About 30 messages a second in all, 1 in a chat after a burst, 20 a minute in a group."""

    enforced: bool = False
    burst: int = 5
    _all: Bucket | None = None
    _chats: dict[str, Bucket] = field(default_factory=dict)

    def check(self, method: str, chat_id: object, now: float) -> None:
        """Count a call that sends or edits; raises 429 when it comes too early."""
        if not self.enforced or not method.startswith(("send", "edit")) or method == "sendchataction":
            return
        buckets = [self._overall(now), self._chat(str(chat_id), now)]
        wait = max(bucket.wait(now) for bucket in buckets)
        if wait > 0:
            seconds = ceil(wait)
            raise ApiError(429, f"Too Many Requests: retry after {seconds}", {"retry_after": seconds})
        for bucket in buckets:
            bucket.tokens -= 1

    def _overall(self, now: float) -> Bucket:
        if self._all is None:
            self._all = Bucket(30, 30, 30, now)
        return self._all

    def _chat(self, chat_id: str, now: float) -> Bucket:
        if chat_id.startswith("-"):
            return self._chats.setdefault(chat_id, Bucket(20, 20 / 60, 20, now))
        return self._chats.setdefault(chat_id, Bucket(self.burst, 1, self.burst, now))
