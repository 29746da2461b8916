"""Typed settings from the environment and .env; every fault is named at once, in plain words."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from dotenv import dotenv_values
from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

ENV_FILE = ".env"
SECRET_NAMES = ("BOT_TOKEN", "SMTP_PASSWORD", "DATABASE_URL", "TELEGRAM_PROXY")


class SettingsError(Exception):
    """Settings that cannot be used; the message names each fault and what to do."""


class Settings(BaseSettings):
    """Everything the environment may say, checked. See .env.example for the meaning of each."""

    model_config = SettingsConfigDict(env_file=ENV_FILE, extra="ignore", hide_input_in_errors=True)

    bot_token: SecretStr
    admin_ids: Annotated[tuple[int, ...], NoDecode]
    telegram_api_url: str = "https://api.telegram.org"
    telegram_proxy: SecretStr | None = None
    data_dir: Path = Path("data")
    database_url: SecretStr | None = None

    smtp_host: str | None = None
    smtp_port: int = Field(465, ge=1, le=65535)
    smtp_security: Literal["ssl", "starttls", "none"] = "ssl"
    smtp_user: str | None = None
    smtp_password: SecretStr | None = None
    smtp_ca_file: Path | None = None
    mail_from: str | None = None

    geocoder_url: str = "https://nominatim.openstreetmap.org"
    geocoder_user_agent: str = "TradingStoreBot"
    router_url: str | None = None

    warehouse_name: str | None = None
    warehouse_address: str | None = None
    warehouse_latitude: float | None = Field(None, ge=-90, le=90)
    warehouse_longitude: float | None = Field(None, ge=-180, le=180)
    delivery_rate_per_km: str = "10"
    currency: str = Field("RUB", pattern="^[A-Z]{3}$")
    timezone: str = "Europe/Moscow"
    admin_phone: str | None = None
    bot_language: Literal["ru", "en"] = "ru"

    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    log_format: Literal["text", "json"] = "text"

    @field_validator("*", mode="before")
    @classmethod
    def _empty_means_default(cls, value: object, info: object) -> object:
        # A copied .env.example leaves names with nothing behind them: that is "not set".
        if value == "":
            name = getattr(info, "field_name", "")
            field = cls.model_fields[name]
            if field.is_required():
                raise ValueError("is empty")
            return field.get_default()
        return value

    @field_validator("bot_token")
    @classmethod
    def _token_has_its_form(cls, token: SecretStr) -> SecretStr:
        number, colon, secret = token.get_secret_value().partition(":")
        if not (colon and number.isascii() and number.isdigit() and len(secret) >= 10 and secret.isascii()):
            raise ValueError("is not a bot token; @BotFather gives one like 123456789:AAE…")
        return token

    @field_validator("admin_ids", mode="before")
    @classmethod
    def _ids_from_commas(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        parts = [part.strip() for part in value.split(",") if part.strip()]
        if not parts or not all(part.isascii() and part.isdigit() for part in parts):
            raise ValueError("takes Telegram ids, digits separated by commas; @userinfobot tells yours")
        return tuple(int(part) for part in parts)

    @field_validator("telegram_api_url", "geocoder_url", "router_url")
    @classmethod
    def _is_web_address(cls, url: str | None) -> str | None:
        if url is not None and (urlsplit(url).scheme not in ("http", "https") or not urlsplit(url).netloc):
            raise ValueError("is not a web address; it starts with https:// or http://")
        return url.rstrip("/") if url else url

    @field_validator("telegram_proxy")
    @classmethod
    def _is_proxy(cls, proxy: SecretStr | None) -> SecretStr | None:
        if proxy and urlsplit(proxy.get_secret_value()).scheme not in ("http", "https", "socks5", "socks5h"):
            raise ValueError("starts with http:// or socks5://")
        return proxy

    @field_validator("database_url")
    @classmethod
    def _is_known_database(cls, url: SecretStr | None) -> SecretStr | None:
        known = ("sqlite:///", "postgresql://", "postgres://")
        if url and not url.get_secret_value().startswith(known):
            raise ValueError("starts with sqlite:/// or postgresql://")
        return url

    @field_validator("delivery_rate_per_km")
    @classmethod
    def _is_amount(cls, value: str) -> str:
        whole, _, part = value.replace(",", ".").partition(".")
        if not (whole + part).isascii() or not (whole + part).isdigit() or not whole or len(part) > 2:
            raise ValueError("is an amount per kilometre such as 10 or 12.50")
        return value

    @field_validator("timezone")
    @classmethod
    def _zone_exists(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (KeyError, ValueError, OSError):
            raise ValueError("is not a time zone; Europe/Moscow is one") from None
        return name

    @model_validator(mode="after")
    def _parts_are_whole(self) -> Settings:
        faults = []
        if self.smtp_host and not self.mail_from:
            faults.append("MAIL_FROM is needed when SMTP_HOST is set: the sender's address")
        if self.smtp_host and bool(self.smtp_user) != bool(self.smtp_password):
            faults.append("SMTP_USER and SMTP_PASSWORD go together")
        if (self.warehouse_latitude is None) != (self.warehouse_longitude is None):
            faults.append("WAREHOUSE_LATITUDE and WAREHOUSE_LONGITUDE go together")
        if faults:
            raise ValueError("\n".join(faults))
        return self

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
        """Every secret as text, for the log's redaction."""
        candidates = (self.bot_token, self.smtp_password, self.database_url, self.telegram_proxy)
        return [secret.get_secret_value() for secret in candidates if secret is not None]


def load() -> Settings:
    """Return the checked settings; raises SettingsError naming every fault."""
    faults = _read_secret_files()
    try:
        settings = Settings()
    except ValidationError as error:
        for fault in error.errors():
            faults += _in_words(fault["loc"], fault["msg"], fault["type"]).splitlines()
    if faults:
        head = "The settings cannot be used (.env or the environment; .env.example explains each):"
        raise SettingsError("\n".join([head, *(f"  • {fault}" for fault in faults)]))
    return settings


def _read_secret_files() -> list[str]:
    """Put the text of each NAME_FILE into NAME; return the faults. The environment goes before .env."""
    faults = []
    for name in SECRET_NAMES:
        for source in (os.environ, dotenv_values(ENV_FILE)):
            path = source.get(f"{name}_FILE")
            if source.get(name) or path:
                break
        if not path or source.get(name):
            continue
        try:
            os.environ[name] = Path(path).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            faults.append(f"{name}_FILE: cannot read {path} ({type(error).__name__})")
    return faults


def _in_words(location: tuple[int | str, ...], message: str, kind: str) -> str:
    text = message.removeprefix("Value error, ")
    if not location:
        return text
    name = str(location[0]).upper()
    if kind == "missing":
        return f"{name} is not set"
    return f"{name} {text[0].lower()}{text[1:]}" if kind == "value_error" else f"{name}: {text}"
