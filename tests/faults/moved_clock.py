"""The bot on another day: ``python -m tests.faults.moved_clock SECONDS`` runs it with its clock so far ahead.

The product knows nothing of this. Everything in it that goes by the calendar takes its "now" in the modules
named here (a test makes sure that there are no others), so moving their ``datetime`` moves the whole bot.
"""

from __future__ import annotations

import sys
from datetime import datetime, timedelta, tzinfo

import bot
from models import database
from runtime import delivery, polling, ticker

CLOCKS = (database, delivery, polling, ticker)


def _clock(ahead: timedelta) -> type[datetime]:
    class Moved(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
            return datetime.now(tz) + ahead

    return Moved


def main() -> int:
    moved = _clock(timedelta(seconds=float(sys.argv[1])))
    for module in CLOCKS:
        module.datetime = moved  # type: ignore[attr-defined]
    return bot.main(["run"])


if __name__ == "__main__":
    sys.exit(main())
