import os
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import pytest

import settings
from settings import Secret, Settings, SettingsError

FIELDS = {own.name: own for own in fields(Settings)}
ROOT = Path(__file__).parent.parent
TOKEN = "123456789:AAE-a-token-that-is-secret"


@pytest.fixture
def env(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> pytest.MonkeyPatch:
    """An environment that says only the two things that are required, in a folder without .env."""
    for name in (*FIELDS, *(f"{name}_file" for name in settings.SECRET_NAMES)):
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("BOT_TOKEN", TOKEN)
    monkeypatch.setenv("ADMIN_IDS", "1004")
    return monkeypatch


def refused() -> str:
    with pytest.raises(SettingsError) as caught:
        settings.load()
    return str(caught.value)


def test_two_settings_are_enough_and_the_rest_has_defaults(env: pytest.MonkeyPatch) -> None:
    loaded = settings.load()
    assert loaded.bot_token.get_secret_value() == TOKEN
    assert loaded.admin_ids == (1004,)
    assert (loaded.smtp_port, loaded.smtp_security, loaded.bot_language) == (465, "ssl", "ru")
    assert (loaded.rate_per_km_minor, loaded.currency, loaded.timezone) == (1000, "RUB", "Europe/Moscow")
    assert loaded.effective_database_url == "sqlite:///data/bot.db"


FAULTS = {
    "BOT_TOKEN": "not-a-token-at-all",
    "ADMIN_IDS": "@dmitry",
    "TELEGRAM_API_URL": "api.telegram.org",
    "TELEGRAM_PROXY": "ftp://proxy",
    "DATABASE_URL": "mysql://host/db",
    "SMTP_PORT": "70000",
    "SMTP_SECURITY": "perhaps",
    "GEOCODER_URL": "nominatim",
    "WAREHOUSE_LATITUDE": "95",
    "WAREHOUSE_LONGITUDE": "east",
    "DELIVERY_RATE_PER_KM": "ten",
    "CURRENCY": "rubles",
    "TIMEZONE": "Mars/Base",
    "BOT_LANGUAGE": "de",
    "LOG_LEVEL": "LOUD",
    "LOG_FORMAT": "xml",
}


def test_every_fault_is_named_in_one_message(env: pytest.MonkeyPatch) -> None:
    for name, value in FAULTS.items():
        env.setenv(name, value)
    message = refused()
    missing = [name for name in FAULTS if f"  • {name}" not in message]
    assert not missing, message
    assert len(message.splitlines()) == 1 + len(FAULTS)


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_named_without_what_was_written(env: pytest.MonkeyPatch, name: str) -> None:
    env.setenv(name, FAULTS[name])
    message = refused()
    assert f"  • {name}" in message
    assert len(message.splitlines()) == 2
    assert FAULTS[name] not in message.removeprefix(name)


def test_what_is_missing_is_said_so(env: pytest.MonkeyPatch) -> None:
    env.delenv("BOT_TOKEN")
    env.delenv("ADMIN_IDS")
    message = refused()
    assert "BOT_TOKEN is not set" in message
    assert "ADMIN_IDS is not set" in message


def test_settings_that_go_together_are_named_at_once(env: pytest.MonkeyPatch) -> None:
    env.setenv("SMTP_HOST", "smtp.example")
    env.setenv("SMTP_USER", "sklad")
    env.setenv("WAREHOUSE_LATITUDE", "55.7")
    message = refused()
    for name in ("MAIL_FROM", "SMTP_PASSWORD", "WAREHOUSE_LONGITUDE"):
        assert name in message
    assert len(message.splitlines()) == 4


def test_the_example_with_its_two_blanks_filled_in_is_enough(env: pytest.MonkeyPatch) -> None:
    example = (ROOT / ".env.example").read_text("utf-8")
    env.delenv("BOT_TOKEN")
    env.delenv("ADMIN_IDS")
    Path(".env").write_text(
        example.replace("BOT_TOKEN=\n", f"BOT_TOKEN={TOKEN}\n").replace("ADMIN_IDS=\n", "ADMIN_IDS=1, 2\n"),
        "utf-8",
    )
    loaded = settings.load()
    assert loaded.admin_ids == (1, 2)
    plain = Settings(bot_token=Secret(TOKEN), admin_ids=(1, 2))
    assert loaded == plain


def test_the_example_names_every_setting_with_a_sentence() -> None:
    lines = (ROOT / ".env.example").read_text("utf-8").splitlines()
    names = [line.partition("=")[0] for line in lines if line and not line.startswith("#")]
    assert sorted(names) == sorted(name.upper() for name in FIELDS)
    assert len(names) == len(set(names))


@pytest.mark.parametrize("name", sorted(name for name in FIELDS if name not in ("bot_token", "admin_ids")))
def test_a_name_with_nothing_behind_it_means_its_default(env: pytest.MonkeyPatch, name: str) -> None:
    env.setenv(name.upper(), "")
    assert getattr(settings.load(), name) == FIELDS[name].default


def test_nothing_behind_a_required_name_is_a_fault(env: pytest.MonkeyPatch) -> None:
    env.setenv("BOT_TOKEN", "")
    assert "BOT_TOKEN is empty" in refused()


@pytest.mark.parametrize("name", ["BOT_TOKEN", "SMTP_PASSWORD", "DATABASE_URL", "TELEGRAM_PROXY"])
def test_a_secret_may_be_kept_in_a_file(env: pytest.MonkeyPatch, tmp_path: Path, name: str) -> None:
    secrets = {
        "BOT_TOKEN": TOKEN,
        "SMTP_PASSWORD": "пароль$1",
        "DATABASE_URL": "postgresql://u:p@host/db",
        "TELEGRAM_PROXY": "socks5://u:p@host:1080",
    }
    env.delenv(name, raising=False)
    (tmp_path / "secret").write_text(f"{secrets[name]}\n", "utf-8")
    env.setenv(f"{name}_FILE", str(tmp_path / "secret"))
    kept = getattr(settings.load(), name.lower())
    assert kept.get_secret_value() == secrets[name]


def test_a_secret_s_file_may_be_named_in_the_env_file(env: pytest.MonkeyPatch, tmp_path: Path) -> None:
    env.delenv("BOT_TOKEN")
    (tmp_path / "secret").write_text(TOKEN, "utf-8")
    Path(".env").write_text(f"BOT_TOKEN=\nBOT_TOKEN_FILE={tmp_path}/secret\n", "utf-8")
    assert settings.load().bot_token.get_secret_value() == TOKEN


def test_a_secret_s_file_that_cannot_be_read_is_named(env: pytest.MonkeyPatch) -> None:
    env.setenv("SMTP_PASSWORD_FILE", "/nowhere/secret")
    assert "SMTP_PASSWORD_FILE: cannot read /nowhere/secret" in refused()


def test_settings_never_print_a_secret(env: pytest.MonkeyPatch) -> None:
    env.setenv("SMTP_HOST", "smtp.example")
    env.setenv("MAIL_FROM", "sklad@veter.example")
    env.setenv("SMTP_USER", "sklad")
    env.setenv("SMTP_PASSWORD", "mail-secret")
    env.setenv("DATABASE_URL", "postgresql://bot:db-secret@host/db")
    loaded = settings.load()
    assert not any(secret in repr(loaded) for secret in ("mail-secret", "db-secret", TOKEN))
    whole = [TOKEN, "mail-secret", "postgresql://bot:db-secret@host/db"]
    assert loaded.secrets == [*whole, TOKEN.partition(":")[2], "db-secret"]


@pytest.mark.parametrize(
    ("text", "minor"), [("10", 1000), ("12.5", 1250), ("12,05", 1205), ("0", 0), ("0.5", 50), ("7.", 700)]
)
def test_the_rate_is_exact_to_the_kopeck(env: pytest.MonkeyPatch, text: str, minor: int) -> None:
    env.setenv("DELIVERY_RATE_PER_KM", text)
    assert settings.load().rate_per_km_minor == minor


@pytest.mark.parametrize("text", ["-1", "1e3", "12.345", ".5", "١٠", "1 000"])
def test_what_is_no_rate_is_refused(env: pytest.MonkeyPatch, text: str) -> None:
    env.setenv("DELIVERY_RATE_PER_KM", text)
    assert "DELIVERY_RATE_PER_KM" in refused()


def test_an_address_loses_its_last_slash(env: pytest.MonkeyPatch) -> None:
    env.setenv("TELEGRAM_API_URL", "http://localhost:8081/")
    assert settings.load().telegram_api_url == "http://localhost:8081"


def started(folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """The program, started where nothing else is set, once it has ended."""
    return subprocess.run(
        [sys.executable, str(ROOT / "bot.py")],
        cwd=folder,
        env={"PATH": os.environ["PATH"], **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_the_bot_ends_with_2_and_says_what_is_wrong(tmp_path: Path) -> None:
    done = started(tmp_path, BOT_TOKEN="abc", SMTP_PORT="0")
    assert done.returncode == 2
    assert all(name in done.stderr for name in ("BOT_TOKEN", "ADMIN_IDS", "SMTP_PORT"))
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


@pytest.mark.parametrize("text", ["sklad@veter.example", "Склад <sklad@veter.example>"])
def test_the_sender_is_kept_as_a_bare_address(env: pytest.MonkeyPatch, text: str) -> None:
    env.setenv("MAIL_FROM", text)
    assert settings.load().mail_from == "sklad@veter.example"


@pytest.mark.parametrize("text", ["nonsense", "a@b", "sklad@", "скл@veter.example"])
def test_a_sender_that_is_no_address_is_refused(env: pytest.MonkeyPatch, text: str) -> None:
    env.setenv("MAIL_FROM", text)
    assert "MAIL_FROM is not an e-mail address" in refused()


def test_an_env_file_in_another_encoding_is_named(env: pytest.MonkeyPatch) -> None:
    Path(".env").write_text("WAREHOUSE_NAME=Склад\n", "cp1251")
    assert ".env is not UTF-8 text" in refused()


def test_an_id_no_account_can_have_is_refused(env: pytest.MonkeyPatch) -> None:
    env.setenv("ADMIN_IDS", "1" * 23)
    assert "ADMIN_IDS has a number longer than any Telegram id" in refused()
