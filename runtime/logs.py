"""Logging: a line or a JSON object per event, secrets replaced wherever they would appear."""

from __future__ import annotations

import json
import logging
import sys
import threading
from datetime import UTC, datetime
from types import TracebackType

log = logging.getLogger(__name__)

REDACTED = "***"


class Redaction(logging.Formatter):
    """Formats a record and takes every secret out of the finished text, tracebacks included."""

    def __init__(self, secrets: list[str], *, as_json: bool) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s")
        self._as_json = as_json
        # In JSON a quote or a backslash of a secret is written with another backslash before it.
        self._secrets = [
            json.dumps(secret, ensure_ascii=False)[1:-1] if as_json else secret
            for secret in sorted(secrets, key=len, reverse=True)
            if secret
        ]

    def format(self, record: logging.LogRecord) -> str:
        """Return the record as one line (a traceback adds lines in text form)."""
        text = self._json(record) if self._as_json else super().format(record)
        for secret in self._secrets:
            text = text.replace(secret, REDACTED)
        return text

    def _json(self, record: logging.LogRecord) -> str:
        entry = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info:
            entry["traceback"] = self.formatException(record.exc_info)
        return json.dumps(entry, ensure_ascii=False)


def set_up(level: str, form: str, secrets: list[str]) -> None:
    """Log to standard error from ``level`` on, as ``text`` or ``json``."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(Redaction(secrets, as_json=form == "json"))
    logging.basicConfig(level=level, handlers=[handler], force=True)
    # urllib3 logs each address it calls, and Telegram's addresses hold the token.
    logging.getLogger("urllib3").setLevel(logging.WARNING)
    # A migration is told in one line of ours.
    logging.getLogger("alembic").setLevel(logging.WARNING)
    # What nobody caught is printed by Python itself, past the redaction, unless it is logged.
    sys.excepthook = _log_uncaught
    threading.excepthook = _log_of_thread


def _log_uncaught(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    if issubclass(kind, KeyboardInterrupt):
        sys.__excepthook__(kind, error, trace)
        return
    log.critical("an error of ours ended the program", exc_info=(kind, error, trace))


def _log_of_thread(what: threading.ExceptHookArgs) -> None:
    if what.exc_value is None or issubclass(what.exc_type, SystemExit):
        return
    name = what.thread.name if what.thread is not None else "?"
    log.critical("an error of ours ended the thread %s", name, exc_info=what.exc_value)
