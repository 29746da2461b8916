"""Fetches updates and stores them before Telegram hears that we have them."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from models import Database
from runtime.processor import PAUSE_AFTER_FAILED_COMMIT
from runtime.storage_alarm import StorageAlarm
from runtime.telegram_client import TelegramClient, TelegramError, TelegramUnavailable
from services import inbox

log = logging.getLogger(__name__)

LONG_POLL_SECONDS = 25
FIRST_PAUSE = 0.1
LONGEST_PAUSE = 5.0
CONFLICT_PAUSE = 5.0
ALLOWED_UPDATES = ["message", "callback_query", "my_chat_member"]

CONFLICT = (
    "Telegram says that another program fetches this bot's updates (409). Stop the other one, or give it"
    " a bot of its own: a token serves one process. Trying again every %.0f s."
)
UNAUTHORIZED = "Telegram does not know this token (401): check BOT_TOKEN, or ask @BotFather for a new one."


class Poller:
    """A loop of long polls; faults make it wait longer, never stop or spin."""

    def __init__(
        self,
        client: TelegramClient,
        database: Database,
        on_stored: Callable[[], None],
        long_poll_seconds: int = LONG_POLL_SECONDS,
        alarm: StorageAlarm | None = None,
    ) -> None:
        self._client = client
        self._database = database
        self._on_stored = on_stored
        self._long_poll_seconds = long_poll_seconds
        self._alarm = alarm or StorageAlarm()
        self._stopped = threading.Event()
        self._offset: int | None = None
        self._failures = 0
        self.last_success_at: datetime | None = None
        self.is_unauthorized = False

    def stop(self) -> None:
        """Store nothing more; a poll in flight is abandoned and its updates come again."""
        self._stopped.set()

    def run(self) -> None:
        """Poll until stopped, or until Telegram refuses the token."""
        while not self._stopped.is_set():
            pause = self._poll_once()
            if pause:
                self._stopped.wait(pause)

    def _poll_once(self) -> float:
        """Fetch and store one batch; return how long to wait before the next."""
        try:
            updates = self._fetch()
        except TelegramUnavailable as error:
            return self._after_failure(f"Telegram cannot be reached ({error})")
        except TelegramError as error:
            return self._after_refusal(error)
        except Exception:
            # Nothing that comes over the wire may end this thread.
            log.exception("Telegram's answer cannot be understood")
            return self._after_failure("Telegram's answer cannot be understood")
        self.last_success_at = datetime.now(UTC)
        if not updates or self._stopped.is_set():
            self._note_well()
            return 0
        try:
            with self._database.connection() as connection:
                last = inbox.store(connection, updates, self.last_success_at)
        except Exception as error:
            # Not stored, so not acknowledged: Telegram keeps them and gives them again.
            if self._alarm.rises("inbox", error):
                return PAUSE_AFTER_FAILED_COMMIT
            log.exception("updates could not be stored")
            return self._after_failure("the inbox cannot be written")
        self._alarm.ends("inbox")
        if last is None:
            return self._after_failure("Telegram's answer holds no update")
        self._note_well()
        # The last id, not the largest ever seen: after a quiet week Telegram may start lower again.
        self._offset = last + 1
        self._on_stored()
        return 0

    def _fetch(self) -> list[Any]:
        params: dict[str, Any] = {
            "timeout": self._long_poll_seconds,
            "allowed_updates": ALLOWED_UPDATES,
            "limit": 100,
        }
        if self._offset is not None:
            params["offset"] = self._offset
        updates = self._client.call("getUpdates", params, read_seconds=self._long_poll_seconds + 10)
        if not isinstance(updates, list):
            raise TypeError(f"updates come as a list, not {type(updates).__name__}")
        return updates

    def _note_well(self) -> None:
        if self._failures:
            log.info("Telegram answers again")
        self._failures = 0

    def _after_failure(self, what: str) -> float:
        if self._stopped.is_set():
            return 0
        pause: float = min(FIRST_PAUSE * 2 ** min(self._failures, 10), LONGEST_PAUSE)
        self._failures += 1
        log.log(logging.WARNING if self._failures in (1, 5) else logging.DEBUG, "%s", what)
        return pause

    def _after_refusal(self, error: TelegramError) -> float:
        if error.code == 409:
            log.error(CONFLICT, CONFLICT_PAUSE)
            return CONFLICT_PAUSE
        if error.code in (401, 404):
            log.critical(UNAUTHORIZED)
            self.is_unauthorized = True
            self._stopped.set()
            return 0
        if error.code == 429:
            return float(error.retry_after or 1)
        return self._after_failure(f"Telegram refused getUpdates ({error})")
