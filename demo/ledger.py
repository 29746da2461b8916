"""What the bot itself believes, read from its database for the page. Nothing is ever written there."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

MOSCOW = ZoneInfo("Europe/Moscow")
_WAITING = "SELECT count(*) FROM outbox_messages WHERE state IN ('waiting', 'sending') AND kind = "
_COUNTS = {
    "orders": "SELECT count(*) FROM orders WHERE number IS NOT NULL",
    "invoices": "SELECT count(*) FROM documents WHERE kind = 'invoice'",
    "letters": "SELECT count(*) FROM outbox_messages WHERE kind = 'email' AND state = 'sent'",
    "to_send": f"{_WAITING} 'telegram'",
    "to_mail": f"{_WAITING} 'email'",
}


class Ledger:
    """Reads the bot's SQLite file; answers with nothing while it isn't there or is being replaced."""

    def __init__(self, database: Path) -> None:
        self._database = database

    def counts(self) -> dict[str, int]:
        """Orders, invoices, letters sent, and what still waits to go to Telegram and to the mail server."""
        return {name: rows[0][0] for name, query in _COUNTS.items() if (rows := self._read(query))}

    def roles(self) -> dict[int, list[str]]:
        """The roles everybody holds now, by Telegram id."""
        query = (
            "SELECT telegram_id, role FROM users JOIN user_roles ON user_id = users.id"
            " WHERE is_active ORDER BY role"
        )
        held: dict[int, list[str]] = {}
        for telegram_id, role in self._read(query):
            held.setdefault(telegram_id, []).append(role)
        return held

    def hands(self) -> dict[str, list[int]]:
        """In whose hands orders of each status are: who loads or else who ordered, newest first."""
        query = (
            "SELECT lower(status), telegram_id FROM orders JOIN users"
            " ON users.id = CASE lower(status) WHEN 'loading' THEN storekeeper_id ELSE sales_rep_id END"
            " ORDER BY orders.id DESC"
        )
        held: dict[str, list[int]] = {}
        for status, telegram_id in self._read(query):
            if telegram_id not in (of_status := held.setdefault(status, [])):
                of_status.append(telegram_id)
        return held

    def zone(self) -> ZoneInfo:
        """The company's time zone, in which all times on the page are told."""
        rows = self._read("SELECT timezone FROM company")
        return ZoneInfo(rows[0][0]) if rows else MOSCOW

    def _read(self, query: str) -> list[Any]:
        try:
            with closing(
                sqlite3.connect(f"{self._database.resolve().as_uri()}?mode=ro", uri=True)
            ) as open_one:
                return open_one.execute(query).fetchall()
        except sqlite3.DatabaseError:
            return []
