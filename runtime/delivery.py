"""Makes the Bot API calls of outbox rows: many chats in parallel, one chat in order, errors decided."""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from models import OutboxState
from runtime.lanes import Item, Lanes, Limits
from runtime.telegram_client import TelegramClient, TelegramError, TelegramUnavailable, Upload
from services.errors import Forbidden, NotFound
from services.outbox import Outcome

log = logging.getLogger(__name__)

WORKERS = 40
ANSWER_WORKERS = 4
FIRST_RETRY_SECONDS = 0.5
LONGEST_RETRY_SECONDS = 60
GIVE_UP_AFTER = timedelta(hours=24)

NOT_MODIFIED = "message is not modified"
EDIT_IMPOSSIBLE = (
    "message to edit not found",
    "message can't be edited",
    "message_id_invalid",
    # A photo stands where a text should go.
    "there is no text in the message to edit",
)
GONE_ALREADY = "message to delete not found"
TOO_OLD_TO_DELETE = "message can't be deleted"

# A photo is an ornament of a screen: without it the words go out under these methods.
WORDS_ONLY = {"sendPhoto": "sendMessage", "editMessageMedia": "editMessageText"}

UploadSource = Callable[[dict[str, Any]], Upload]


class Delivery:
    """Workers over the lanes. Threads are started as they are needed, up to ``workers``."""

    def __init__(
        self,
        client: TelegramClient,
        on_outcome: Callable[[Outcome, Item], None],
        make_upload: UploadSource,
        limits: Limits | None = None,
        workers: int = WORKERS,
    ) -> None:
        self._client = client
        self._on_outcome = on_outcome
        self._make_upload = make_upload
        self._lanes = Lanes(limits or Limits())
        self._changed = threading.Condition()
        self._max_workers = workers
        self._workers = 0
        self._idle = 0
        self._in_hand = 0
        self._is_stopping = False
        self._answers = AnswerPool(client)

    def put(self, items: Iterable[Item]) -> None:
        """Take committed rows over; they are sent as their lanes and the limits allow."""
        overtaken = []
        with self._changed:
            now = time.monotonic()
            for item in items:
                earlier = self._lanes.put(item, now)
                if earlier is not None:
                    overtaken.append(earlier)
                self._wake_one()
        for item in overtaken:
            self._on_outcome(Outcome(item.row_id, OutboxState.SUPERSEDED, item.attempts), item)

    def answer(self, query_id: str, text: str | None, *, is_alert: bool) -> None:
        """Answer a button press, now and at most once: a late answer is refused by Telegram anyway."""
        self._answers.put({"callback_query_id": query_id, "text": text, "show_alert": is_alert})

    def stop(self, seconds: float) -> None:
        """Send what can be sent within ``seconds``, then take nothing more in hand."""
        deadline = time.monotonic() + seconds
        with self._changed:
            while (len(self._lanes) or self._in_hand) and time.monotonic() < deadline:
                self._changed.wait(0.05)
            self._is_stopping = True
            self._changed.notify_all()
        self._answers.stop()

    def _wake_one(self) -> None:
        if self._idle:
            self._changed.notify()
        elif self._workers < self._max_workers:
            self._workers += 1
            threading.Thread(target=self._work, name=f"delivery-{self._workers}", daemon=True).start()

    def _work(self) -> None:
        while True:
            item = self._next_item()
            if item is None:
                return
            retry_seconds = self._attempt(item)
            with self._changed:
                now = time.monotonic()
                self._in_hand -= 1
                if retry_seconds is None:
                    self._lanes.finish(item, now)
                else:
                    self._lanes.park(item, now + retry_seconds, now)

    def _next_item(self) -> Item | None:
        with self._changed:
            while not self._is_stopping:
                now = time.monotonic()
                item = self._lanes.take(now)
                if item is not None:
                    self._in_hand += 1
                    if self._lanes.wait_seconds(now) is not None:
                        self._wake_one()
                    return item
                self._idle += 1
                self._changed.wait(self._lanes.wait_seconds(now))
                self._idle -= 1
        return None

    def _attempt(self, item: Item) -> float | None:
        """Make the call once and report the outcome; return seconds until the retry, None when over."""
        item.attempts += 1
        item.first_tried_at = item.first_tried_at or datetime.now(UTC)
        try:
            outcome = self._call(item)
        except Exception as error:
            # A worker must outlive anything a row can do to it; the row ends here, the lane goes on.
            log.exception("outgoing row %s (%s) cannot be sent", item.row_id, item.method)
            outcome = self._failed(item, type(error).__name__)
        retry_seconds = None
        if outcome.due_at is not None and outcome.state is OutboxState.SENDING:
            retry_seconds = (outcome.due_at - datetime.now(UTC)).total_seconds()
        self._on_outcome(outcome, item)
        return retry_seconds

    def _call(self, item: Item) -> Outcome:
        try:
            result = self._send(item)
        except TelegramUnavailable as error:
            seconds = min(FIRST_RETRY_SECONDS * 2 ** min(item.attempts - 1, 10), LONGEST_RETRY_SECONDS)
            return self._retry(item, str(error), seconds)
        except TelegramError as error:
            return self._refused(item, error)
        except (Forbidden, NotFound) as error:
            # Who asked for this file may not have it any more; as with a notice to them, nothing is said.
            log.info("row %s (%s) is not sent: %s", item.row_id, item.method, error)
            return Outcome(
                item.row_id, OutboxState.SUPERSEDED, item.attempts, item.first_tried_at, error=str(error)
            )
        return Outcome(
            item.row_id, OutboxState.SENT, item.attempts, first_tried_at=item.first_tried_at, result=result
        )

    def _send(self, item: Item) -> Any:
        params = item.params
        if "upload" not in params:
            return self._client.call(item.method, params)
        upload = self._make_upload(params["upload"])
        rest = {name: value for name, value in params.items() if name != "upload"}
        return self._client.call(item.method, rest, upload)

    def _refused(self, item: Item, error: TelegramError) -> Outcome:
        text = error.description.lower()
        if error.code == 429:
            return self._retry(item, str(error), float(error.retry_after or 1), counts=False)
        if TOO_OLD_TO_DELETE in text:
            # It stays, then, but nobody shall press its buttons.
            item.method = "editMessageReplyMarkup"
            return self._call(item)
        if NOT_MODIFIED in text or GONE_ALREADY in text:
            return Outcome(item.row_id, OutboxState.SENT, item.attempts, item.first_tried_at)
        if any(piece in text for piece in EDIT_IMPOSSIBLE):
            return self._anew(item)
        if error.code == 403 or "chat not found" in text:
            with self._changed:
                dropped = self._lanes.drop(item.lane)
            for other in dropped:
                self._on_outcome(Outcome(other.row_id, OutboxState.SUPERSEDED, other.attempts), other)
            return self._failed(item, f"unreachable: {error}")
        if error.code in (401, 404):
            return self._retry(item, str(error), LONGEST_RETRY_SECONDS)
        if item.method in WORDS_ONLY and "instead" in item.about:
            return self._without_photo(item, error)
        return self._failed(item, str(error))

    def _anew(self, item: Item) -> Outcome:
        """The message to redraw is gone: its text goes out as a new one; a mere keyboard is dropped."""
        params = {name: value for name, value in item.params.items() if name != "message_id"}
        if item.method == "editMessageText":
            item.method, item.params = "sendMessage", params
        elif item.method == "editMessageMedia":
            media = params.pop("media")
            words = {name: value for name, value in media.items() if name not in ("type", "media")}
            item.method, item.params = "sendPhoto", {**params, **words, "photo": media["media"]}
        else:
            return Outcome(item.row_id, OutboxState.SENT, item.attempts, item.first_tried_at)
        return self._call(item)

    def _without_photo(self, item: Item, error: TelegramError) -> Outcome:
        """Telegram will not show the photo, as after a change of the token: the words do without it."""
        log.warning("row %s goes out without its photo: %s", item.row_id, error)
        place: dict[str, Any] = {
            name: item.params[name] for name in ("chat_id", "message_id") if name in item.params
        }
        item.method, item.params = WORDS_ONLY[item.method], {**place, **item.about["instead"]}
        return self._call(item)

    def _retry(self, item: Item, reason: str, seconds: float, *, counts: bool = True) -> Outcome:
        if not counts:
            item.attempts -= 1
        now = datetime.now(UTC)
        if item.first_tried_at and now - item.first_tried_at > GIVE_UP_AFTER:
            return self._failed(item, reason)
        log.info("row %s (%s): %s, again in %.1f s", item.row_id, item.method, reason, seconds)
        return Outcome(
            item.row_id,
            OutboxState.SENDING,
            item.attempts,
            item.first_tried_at,
            due_at=now + timedelta(seconds=seconds),
            error=reason,
        )

    def _failed(self, item: Item, reason: str) -> Outcome:
        log.warning("row %s (%s) is given up: %s", item.row_id, item.method, reason)
        return Outcome(item.row_id, OutboxState.FAILED, item.attempts, item.first_tried_at, error=reason)


class AnswerPool:
    """Answers to button presses go beside the lanes: best effort, at once, never stored."""

    def __init__(self, client: TelegramClient) -> None:
        self._client = client
        self._waiting: deque[dict[str, Any]] = deque(maxlen=1000)
        self._changed = threading.Condition()
        self._idle = 0
        self._workers = 0
        self._is_stopping = False

    def put(self, params: dict[str, Any]) -> None:
        """Send one answer as soon as a thread is free."""
        with self._changed:
            self._waiting.append(params)
            if self._idle:
                self._changed.notify()
            elif self._workers < ANSWER_WORKERS:
                self._workers += 1
                threading.Thread(target=self._work, name=f"answers-{self._workers}", daemon=True).start()

    def stop(self) -> None:
        """Let the threads end."""
        with self._changed:
            self._is_stopping = True
            self._changed.notify_all()

    def _work(self) -> None:
        while True:
            with self._changed:
                while not self._waiting:
                    if self._is_stopping:
                        return
                    self._idle += 1
                    self._changed.wait()
                    self._idle -= 1
                params = self._waiting.popleft()
            try:
                self._client.call("answerCallbackQuery", params, read_seconds=10)
            except (TelegramError, TelegramUnavailable) as error:
                log.debug("a button press stays unanswered: %s", error)
