"""The bot on one day after another: ``python -m tests.faults.moved_clock LOG`` loads it once and waits.

Each line of input is how many seconds ahead of the machine's its clock is; a process is forked for it and is
the bot. The answers are its pid and, when it has ended, its exit code. A start costs a fifth of what it does
otherwise, so that kills fall into the bot's work instead of Python's imports.

The product knows nothing of this. Everything in it that goes by the calendar takes its "now" in the modules
named here (a test makes sure that there are no others), so moving their ``datetime`` moves the whole bot.
"""

from __future__ import annotations

import os
import sys
from datetime import datetime, timedelta, tzinfo
from pathlib import Path

import telebot.types  # noqa: F401  # this and the next: loaded by the bot when it is built
from sqlalchemy.orm import configure_mappers

import bot
from handlers import registry  # noqa: F401
from models import database
from runtime import delivery, jobs, polling, supervisor, ticker  # noqa: F401
from services import geo, invoice_pdf, waybill_pdf  # noqa: F401

CLOCKS = (database, delivery, polling, ticker)


def _clock(ahead: timedelta) -> type[datetime]:
    class Moved(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
            return datetime.now(tz) + ahead

    return Moved


def _live(ahead: timedelta, log_path: Path) -> int:
    with log_path.open("ab") as log:
        os.dup2(log.fileno(), 1)
        os.dup2(log.fileno(), 2)
    moved = _clock(ahead)
    for module in CLOCKS:
        module.datetime = moved  # type: ignore[attr-defined]
    return bot.main(["run"])


def main() -> int:
    configure_mappers()
    for line in sys.stdin:
        pid = os.fork()
        if pid == 0:
            return _live(timedelta(seconds=float(line)), Path(sys.argv[1]))
        print(pid, flush=True)
        print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
