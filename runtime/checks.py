"""`bot.py check`: a line each for what a running bot needs, ✓ or what to do."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import make_msgid
from pathlib import Path
from typing import TYPE_CHECKING

import migrations
from models import Database
from runtime import file_modes
from runtime.telegram_client import TelegramClient, TelegramError, TelegramUnavailable

if TYPE_CHECKING:
    from services.mail import MailConfig
    from settings import Settings


class Failed(Exception):
    """A check failed; the text says what to do."""


def run(settings: Settings, mail_config: MailConfig | None, send_to: str | None = None) -> int:
    """Print every check, and mail a test letter if asked to; return 1 when one failed, else 0."""
    checks: list[tuple[str, Callable[[Settings], str]]] = [
        ("settings", lambda _: _env_file()),
        ("database", _database),
        ("Telegram", _telegram),
        ("mail", lambda _: _mail(mail_config)),
        ("geocoder", _geocoder),
        ("fonts", _fonts),
    ]
    if send_to is not None:
        checks.append(("test letter", lambda _: _test_letter(mail_config, send_to)))
    failed = 0
    for name, check in checks:
        try:
            print(f"✓ {name}: {check(settings)}")
        except Failed as error:
            failed += 1
            print(f"✗ {name}: {error}")
    return 1 if failed else 0


def _env_file() -> str:
    if file_modes.is_open(Path(".env")):
        raise Failed("complete, but everybody on this machine can read .env: chmod 600 .env")
    return "complete"


def _database(settings: Settings) -> str:
    try:
        database = Database(settings.effective_database_url)
        at = migrations.standing(database)
        database.close()
    except migrations.NewerSchema as error:
        raise Failed(f"schema {error} is newer than this program: install the newer version") from None
    except Exception as error:
        # The driver's text may hold the password of the URL, so only its kind is shown.
        raise Failed(f"cannot be opened ({type(error).__name__}): check DATABASE_URL and DATA_DIR") from None
    if at == migrations.head():
        return f"schema {at}"
    # Not here: a bot may be running on it.
    return (
        f"{'empty' if at is None else f'schema {at}'}, schema {migrations.head()} is made at the next start"
    )


def _telegram(settings: Settings) -> str:
    proxy = settings.telegram_proxy.get_secret_value() if settings.telegram_proxy else None
    client = TelegramClient(settings.bot_token.get_secret_value(), settings.telegram_api_url, proxy)
    try:
        return f"@{client.call('getMe')['username']}"
    except TelegramError as error:
        raise Failed(f"{error}: check BOT_TOKEN; @BotFather gives a new one by /revoke") from None
    except TelegramUnavailable as error:
        raise Failed(f"no answer ({error}): check the network, TELEGRAM_API_URL, TELEGRAM_PROXY") from None


def _mail(config: MailConfig | None) -> str:
    from services import mail

    if config is None:
        return "off: SMTP_HOST is not set, invoices are made and kept"
    try:
        mail.check_login(config)
    except mail.MailError as error:
        raise Failed(f"{error}: check the SMTP_ settings") from None
    return f"{config.host}:{config.port} accepts us"


def _test_letter(config: MailConfig | None, recipient: str) -> str:
    from services import mail

    if config is None:
        raise Failed("mail is off: SMTP_HOST is not set")
    letter = mail.compose(
        sender=config.sender,
        recipient=recipient,
        subject="TradingStoreBot: test letter · проверка почты",
        text="This letter proves that mail goes out.\nЭто письмо доказывает, что почта уходит.\n",
        html="<p>This letter proves that mail goes out.<br>Это письмо доказывает, что почта уходит.</p>",
        message_id=make_msgid(domain=config.sender.rpartition("@")[2]),
        sent_at=datetime.now(UTC),
    )
    [error] = mail.deliver_letters(config, [letter])
    if error is not None:
        raise Failed(f"{error}: check the address and the SMTP_ settings")
    return f"accepted for {recipient}"


def _geocoder(settings: Settings) -> str:
    from services.geo import Geocoder, GeocoderDown

    try:
        found = Geocoder(settings.geocoder_url, settings.geocoder_user_agent).find(
            "Москва, Тверская, 1", "ru"
        )
    except GeocoderDown as error:
        raise Failed(f"no answer ({error}): check the network and GEOCODER_URL") from None
    return "answers" if found else "answers, but does not know Moscow's Tverskaya: check GEOCODER_URL"


def _fonts(_settings: Settings) -> str:
    from services import layout_pdf

    try:
        layout_pdf.text_width("Счёт № 1, ₽", layout_pdf.REGULAR, 10)
    except Exception as error:
        raise Failed(f"{error}: the fonts/ folder is damaged, install again") from None
    return "draw Cyrillic"
