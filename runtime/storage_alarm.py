"""Says that the database cannot be used, while nothing can be written to say so."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

from handlers import storage
from handlers.texts import texts_for
from models import Database, Role
from models.faults import Trouble, trouble_of
from runtime.telegram_client import TelegramClient, TelegramError, TelegramUnavailable
from services import notifications

log = logging.getLogger(__name__)

# A disk at its limit takes one row and refuses the next: nobody is told of each.
QUIET_SECONDS = 900.0

Reader = tuple[int, str]
"""A chat and its language."""


class Administrators:
    """Reached without the outbox; who they are is asked anew as long as the database can be read."""

    def __init__(self, client: TelegramClient, database: Database, default_language: str) -> None:
        self._client = client
        self._database = database
        self._default_language = default_language
        self._known = self._read()

    def tell(self, trouble: Trouble | None, detail: str) -> None:
        """Send word of a trouble, or of its end, from a thread of its own."""
        threading.Thread(target=self._tell, args=(trouble, detail), name="alarm", daemon=True).start()

    def _tell(self, trouble: Trouble | None, detail: str) -> None:
        try:
            self._known = self._read()
        except Exception as error:
            log.debug("the administrators are those known before: %s", error)
        for chat_id, language in self._known:
            text = storage.message(texts_for(language), trouble, detail)
            try:
                self._client.call("sendMessage", {"chat_id": chat_id, "text": text, "parse_mode": "HTML"})
            except (TelegramError, TelegramUnavailable) as error:
                log.warning("an administrator could not be told: %s", error)

    def _read(self) -> list[Reader]:
        with self._database.reading() as session:
            return [
                (user.telegram_id, user.language or self._default_language)
                for user in notifications.holders(session, Role.ADMIN)
            ]


class StorageAlarm:
    """Rises with the first fault of the database and ends when all who had one could work again."""

    def __init__(self, tell: Callable[[Trouble | None, str], None] | None = None) -> None:
        self._tell = tell
        self._lock = threading.Lock()
        self._failing: dict[str, Trouble] = {}
        self._told_at: float | None = None
        self._is_told = False

    def rises(self, who: str, error: BaseException) -> bool:
        """Note that ``who`` could not work; False when it was no fault of the database."""
        found = trouble_of(error)
        if found is None:
            return False
        trouble, detail = found
        with self._lock:
            is_known = trouble in self._failing.values()
            self._failing[who] = trouble
            if not is_known:
                log.error("%s", storage.sentence(texts_for("en"), trouble, detail))
            now = time.monotonic()
            if not self._is_told and (self._told_at is None or now - self._told_at > QUIET_SECONDS):
                self._told_at, self._is_told = now, True
                if self._tell is not None:
                    self._tell(trouble, detail)
        return True

    def ends(self, who: str) -> None:
        """Note that ``who`` could work."""
        # Asked after every commit.
        if not self._failing:
            return
        with self._lock:
            if self._failing.pop(who, None) is None or self._failing:
                return
            log.info("the database can be used again")
            if self._is_told:
                self._is_told = False
                if self._tell is not None:
                    self._tell(None, "")
