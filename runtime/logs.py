"""Logging: a line or a JSON object per event, secrets replaced wherever they would appear."""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime

REDACTED = "***"


class Redaction(logging.Formatter):
    """Formats a record and takes every secret out of the finished text, tracebacks included."""

    def __init__(self, secrets: list[str], *, as_json: bool) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s")
        self._as_json = as_json
        # In JSON a quote or a backslash of a secret is written with another backslash before it.
        self._secrets = [
            json.dumps(secret, ensure_ascii=False)[1:-1] if as_json else secret
            for secret in secrets
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
