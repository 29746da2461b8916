"""Typed settings from the environment and .env; every fault is named at once, in plain words."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, dataclass, field, fields
from email.utils import parseaddr
from pathlib import Path
from typing import Any, Literal
from urllib.parse import parse_qsl, unquote, urlsplit
from zoneinfo import ZoneInfo

from dotenv import dotenv_values

HEAD = "The settings cannot be used (.env or the environment; .env.example explains each):"

# Telegram keeps its ids below 2^52.
MAX_ID_DIGITS = 15
SHORTEST_SECRET = 4

Reader = Callable[[str], Any]


class SettingsError(Exception):
    """Settings that cannot be used; the message names each fault and what to do."""


@dataclass(frozen=True, slots=True)
class Secret:
    """A value that does not print itself."""

    _value: str = field(repr=False)

    def get_secret_value(self) -> str:
        """Return the value."""
        return self._value


# Readers return the value of a setting, or raise ValueError with words that follow its name.


def _token(text: str) -> Secret:
    number, colon, secret = text.partition(":")
    if not (colon and number.isascii() and number.isdigit() and len(secret) >= 10 and secret.isascii()):
        raise ValueError("is not a bot token; @BotFather gives one like 123456789:AAE…")
    return Secret(text)


def _ids(text: str) -> tuple[int, ...]:
    parts = [part.strip() for part in text.split(",") if part.strip()]
    if not parts or not all(part.isascii() and part.isdigit() for part in parts):
        raise ValueError("takes Telegram ids, digits separated by commas; @userinfobot tells yours")
    if any(len(part) > MAX_ID_DIGITS for part in parts):
        raise ValueError("has a number longer than any Telegram id")
    return tuple(int(part) for part in parts)


def _web_address(text: str) -> str:
    address = urlsplit(text)
    if address.scheme not in ("http", "https") or not address.netloc:
        raise ValueError("is not a web address; it starts with https:// or http://")
    return text.rstrip("/")


def _proxy(text: str) -> Secret:
    if urlsplit(text).scheme not in ("http", "https", "socks5", "socks5h"):
        raise ValueError("starts with http:// or socks5://")
    return Secret(text)


def _database(text: str) -> Secret:
    if not text.startswith(("sqlite:///", "postgresql://", "postgres://")):
        raise ValueError("starts with sqlite:/// or postgresql://")
    return Secret(text)


def _port(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= 65535):
        raise ValueError("is a number from 1 to 65535")
    return int(text)


def _rate(text: str) -> str:
    whole, _, part = text.replace(",", ".").partition(".")
    if not whole or not (whole + part).isascii() or not (whole + part).isdigit() or len(part) > 2:
        raise ValueError("is an amount per kilometre such as 10 or 12.50")
    return text


def _currency(text: str) -> str:
    if not (len(text) == 3 and text.isascii() and text.isalpha() and text.isupper()):
        raise ValueError("is three capital letters, such as RUB")
    return text


def _zone(text: str) -> str:
    try:
        ZoneInfo(text)
    except (KeyError, ValueError, OSError):
        raise ValueError("is not a time zone; Europe/Moscow is one") from None
    return text


def _degrees(limit: int) -> Reader:
    def read(text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            value = limit + 1
        if not -limit <= value <= limit:
            raise ValueError(f"is a number of degrees from -{limit} to {limit}, such as 55.75")
        return value

    return read


def _mailbox(text: str) -> str:
    """Return the bare address, also of «Name <address>»."""
    _, address = parseaddr(text)
    name, at, domain = address.partition("@")
    if not (name and at and "." in domain and address.isascii()) or any(char.isspace() for char in address):
        raise ValueError("is not an e-mail address such as sklad@firma.ru")
    return address


def _one_of(*choices: str) -> Reader:
    def read(text: str) -> str:
        if text not in choices:
            raise ValueError(f"is one of {', '.join(choices)}")
        return text

    return read


def _setting(read: Reader, default: Any = MISSING) -> Any:
    """Declare a setting: how its text is read, and what it is when nothing is said."""
    return field(default=default, metadata={"read": read})


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Everything the environment may say, checked. See .env.example for the meaning of each."""

    bot_token: Secret = _setting(_token)
    admin_ids: tuple[int, ...] = _setting(_ids)
    telegram_api_url: str = _setting(_web_address, "https://api.telegram.org")
    telegram_proxy: Secret | None = _setting(_proxy, None)
    data_dir: Path = _setting(Path, Path("data"))
    database_url: Secret | None = _setting(_database, None)

    smtp_host: str | None = _setting(str, None)
    smtp_port: int = _setting(_port, 465)
    smtp_security: Literal["ssl", "starttls", "none"] = _setting(_one_of("ssl", "starttls", "none"), "ssl")
    smtp_user: str | None = _setting(str, None)
    smtp_password: Secret | None = _setting(Secret, None)
    smtp_ca_file: Path | None = _setting(Path, None)
    mail_from: str | None = _setting(_mailbox, None)

    geocoder_url: str = _setting(_web_address, "https://nominatim.openstreetmap.org")
    geocoder_user_agent: str = _setting(str, "TradingStoreBot")
    router_url: str | None = _setting(_web_address, None)

    warehouse_name: str | None = _setting(str, None)
    warehouse_address: str | None = _setting(str, None)
    warehouse_latitude: float | None = _setting(_degrees(90), None)
    warehouse_longitude: float | None = _setting(_degrees(180), None)
    delivery_rate_per_km: str = _setting(_rate, "10")
    currency: str = _setting(_currency, "RUB")
    timezone: str = _setting(_zone, "Europe/Moscow")
    admin_phone: str | None = _setting(str, None)
    bot_language: Literal["ru", "en"] = _setting(_one_of("ru", "en"), "ru")

    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = _setting(
        _one_of("DEBUG", "INFO", "WARNING", "ERROR"), "INFO"
    )
    log_format: Literal["text", "json"] = _setting(_one_of("text", "json"), "text")

    @property
    def effective_database_url(self) -> str:
        """The database to use: the one set, else a SQLite file in the data folder."""
        if self.database_url is not None:
            return self.database_url.get_secret_value()
        return f"sqlite:///{self.data_dir / 'bot.db'}"

    @property
    def rate_per_km_minor(self) -> int:
        """The first tariff per kilometre, in minor units."""
        whole, _, part = self.delivery_rate_per_km.replace(",", ".").partition(".")
        return int(whole) * 100 + int(part.ljust(2, "0") or 0)

    @property
    def secrets(self) -> list[str]:
        """Every secret as text, for the log's redaction, whole and as the part of an address it is."""
        candidates = (self.bot_token, self.smtp_password, self.database_url, self.telegram_proxy)
        whole = [secret.get_secret_value() for secret in candidates if secret is not None]
        addresses = [*whole, self.geocoder_url, self.router_url or ""]
        parts = [self.bot_token.get_secret_value().partition(":")[2]]
        parts += [part for address in addresses for part in _secret_parts(address)]
        return [*whole, *parts]


def _secret_parts(address: str) -> list[str]:
    """Return what of a web address or a database's is a secret: the password, the values behind «?»."""
    try:
        parsed = urlsplit(address)
        found = [parsed.password or "", *(value for _, value in parse_qsl(parsed.query))]
    except ValueError:
        return []
    # Shorter ones would take ordinary words out of the log.
    return [
        text
        for part in found
        for text in dict.fromkeys((part, unquote(part)))
        if len(text) >= SHORTEST_SECRET
    ]


NAMES = tuple(own.name.upper() for own in fields(Settings))
SECRET_NAMES = tuple(
    own.name.upper()
    for own in fields(Settings)
    if own.metadata["read"] in (_token, _proxy, _database, Secret)
)


def load() -> Settings:
    """Return what environment and .env say, the former first; raises SettingsError naming every fault."""
    faults: list[str] = []
    try:
        said = {**dotenv_values(".env", encoding="utf-8"), **os.environ}
    except UnicodeDecodeError:
        faults.append(".env is not UTF-8 text: save it in that encoding")
        said = dict(os.environ)
    texts = {own.name: _text_of(own, said, faults) for own in fields(Settings)}
    values: dict[str, Any] = {}
    for own in fields(Settings):
        _read(own, texts[own.name], values, faults)
    faults += _unpaired(values)
    if faults:
        raise SettingsError("\n".join([HEAD, *(f"  • {fault}" for fault in faults)]))
    return Settings(**values)


def _text_of(own: Field[Any], said: Mapping[str, str | None], faults: list[str]) -> str | None:
    """Return what is said of a setting: directly, or in the file NAME_FILE names if it is a secret."""
    name = own.name.upper()
    path = said.get(f"{name}_FILE")
    if said.get(name) or name not in SECRET_NAMES or not path:
        return said.get(name)
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        faults.append(f"{name}_FILE: cannot read {path} ({type(error).__name__})")
        return None


def _read(own: Field[Any], text: str | None, values: dict[str, Any], faults: list[str]) -> None:
    name = own.name.upper()
    # A copied .env.example leaves names with nothing behind them: that is "not set".
    if not text:
        if own.default is MISSING and not any(fault.startswith(f"{name}_FILE") for fault in faults):
            faults.append(f"{name} is not set" if text is None else f"{name} is empty")
        return
    try:
        values[own.name] = own.metadata["read"](text)
    except ValueError as error:
        faults.append(f"{name} {error}")


def _unpaired(values: Mapping[str, Any]) -> list[str]:
    """Return the faults of settings that only make sense together."""
    has = values.get
    faults = []
    if has("smtp_host") and not has("mail_from"):
        faults.append("MAIL_FROM is needed when SMTP_HOST is set: the sender's address")
    if has("smtp_host") and bool(has("smtp_user")) != bool(has("smtp_password")):
        faults.append("SMTP_USER and SMTP_PASSWORD go together")
    if (has("warehouse_latitude") is None) != (has("warehouse_longitude") is None):
        faults.append("WAREHOUSE_LATITUDE and WAREHOUSE_LONGITUDE go together")
    return faults
