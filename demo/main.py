"""The whole product on one machine, in a browser: ``make demo``."""

import errno
import fcntl
import os
import shutil
import sys
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import IO
from zlib import crc32

from demo.bot_api import BotApi
from demo.bot_process import ROOT, Bot
from demo.geocoder import Geocoder
from demo.keeper import Keeper
from demo.ledger import Ledger
from demo.mailbox import Mailbox
from demo.page import CastMember, Page

__all__ = ["ROOT", "Bot", "environment", "run"]

# A real bot's .env in the same folder must not reach the demo: what isn't set here is set to nothing.
_NOT_USED = (
    "TELEGRAM_PROXY", "SMTP_USER", "SMTP_PASSWORD", "SMTP_CA_FILE", "ROUTER_URL", "DELIVERY_RATE_PER_KM",
    "CURRENCY", "TIMEZONE", "BOT_LANGUAGE", "LOG_LEVEL", "LOG_FORMAT",
)  # fmt: skip
_SECRET_FILES = ("BOT_TOKEN_FILE", "SMTP_PASSWORD_FILE", "DATABASE_URL_FILE", "TELEGRAM_PROXY_FILE")
_WAREHOUSE = {
    "WAREHOUSE_NAME": "Склад на Дубнинской",
    "WAREHOUSE_ADDRESS": "Москва, Дубнинская улица, 83",
    "WAREHOUSE_LATITUDE": "55.8887",
    "WAREHOUSE_LONGITUDE": "37.5519",
    "ADMIN_PHONE": "+7 495 000-00-00",
}


def run(port: int, data_dir: Path, reset: bool) -> int:
    """Run until Ctrl-C or SIGTERM; returns 0, 1 when the bot dies again and again, 2 for a port in use."""
    folder = _lock(data_dir)
    if folder is None:
        print(f"A demo already runs on the folder {data_dir}: stop it first (Ctrl-C).", file=sys.stderr)
        return 2
    with folder:
        return _run(port, data_dir, reset)


def _lock(data_dir: Path) -> IO[str] | None:
    """Hold the folder until the file is closed; None when another demo does. The lock outlives a reset."""
    data_dir.parent.mkdir(parents=True, exist_ok=True)
    file = data_dir.with_name(f".{data_dir.name}.lock").open("a", encoding="utf-8")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        return None
    return file


def _run(port: int, data_dir: Path, reset: bool) -> int:
    # Ids go on from run to run, because the bot's database remembers the messages of the last one.
    api = BotApi(_token(data_dir), first_message_id=int(time.time()))
    mailbox, geocoder = Mailbox(), Geocoder()
    bot = Bot(data_dir / "bot.log")
    ledger = Ledger(data_dir / "bot.db")
    page = Page(api, mailbox, port, geocoder=geocoder, bot=bot, ledger=ledger)
    bot.stop_on_signals()
    with ExitStack() as running:
        for server in (api, mailbox, geocoder):
            running.enter_context(server)
        try:
            running.enter_context(page)
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise
            print(f"Port {port} is busy; choose another: make demo PORT={port + 10}", file=sys.stderr)
            return 2
        cast = _prepare(data_dir, reset)
        running.enter_context(Keeper(data_dir / "far-ends.db", api, mailbox))
        page.show(cast)
        print(f"Open {page.url} — Ctrl-C stops everything. The bot's log: {bot.log_path}", flush=True)
        return bot.keep_alive(environment(api, mailbox, geocoder, data_dir, cast))


def _token(data_dir: Path) -> str:
    """A token of the folder's own: a bot makes sure that it is the only one with its token."""
    return f"{4_200_000_000 + crc32(str(data_dir.resolve()).encode())}:local-demo-token-for-this-folder-only"


def _prepare(data_dir: Path, reset: bool) -> Sequence[CastMember]:
    # Imported here: it brings in the whole product, which the far ends can do without.
    from demo import sample

    if reset:
        shutil.rmtree(data_dir, ignore_errors=True)
    data_dir.mkdir(parents=True, exist_ok=True)
    return sample.prepare(database_url(data_dir))


def database_url(data_dir: Path) -> str:
    """The demo's own database."""
    return f"sqlite:///{(data_dir / 'bot.db').resolve()}"


def environment(
    api: BotApi, mailbox: Mailbox, geocoder: Geocoder, data_dir: Path, cast: Sequence[CastMember]
) -> dict[str, str]:
    """The environment in which the bot talks to the far ends here and to nothing else."""
    admins = [str(member.telegram_id) for member in cast if _is_admin(member)]
    ours = {
        "BOT_TOKEN": api.token,
        "ADMIN_IDS": ",".join(admins),
        "TELEGRAM_API_URL": api.url,
        "DATABASE_URL": database_url(data_dir),
        "DATA_DIR": str(data_dir.resolve()),
        "SMTP_HOST": mailbox.host,
        "SMTP_PORT": str(mailbox.port),
        "SMTP_SECURITY": "none",
        "MAIL_FROM": "sklad@example.ru",
        "GEOCODER_URL": geocoder.url,
        "GEOCODER_USER_AGENT": "TradingStoreBot demo",
        "PYTHONUNBUFFERED": "1",
    }
    inherited = {name: value for name, value in os.environ.items() if name not in _SECRET_FILES}
    return inherited | dict.fromkeys(_NOT_USED, "") | _WAREHOUSE | ours


def _is_admin(member: CastMember) -> bool:
    return any(str(getattr(role, "value", role)).lower() == "admin" for role in member.roles)
