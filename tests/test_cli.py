"""The command line as an administrator uses it: what is printed, what is written, the exit code."""

from __future__ import annotations

import logging
import os
import ssl
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import trustme
from sqlalchemy import func, select

import bot
import migrations
from demo.bot_api import BotApi
from demo.geocoder import Geocoder
from demo.mailbox import Mailbox
from models import Customer, Database, Product, Role, User
from runtime.instance_lock import InstanceLock
from services import auth, catalog, imports
from services.imports import Report
from settings import NAMES
from tests.services.imports.make import make_catalog, make_customers

# aiosmtpd takes the login inside TLS for one in the clear.
pytestmark = pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")

ROOT = Path(__file__).parent.parent
Bot = Callable[..., int]


@pytest.fixture(autouse=True)
def as_it_was() -> Iterator[None]:
    """Put back what a command sets for its process."""
    logger, mask = logging.getLogger(), os.umask(0o022)
    handlers, level = logger.handlers[:], logger.level
    hooks = sys.excepthook, threading.excepthook
    yield
    sys.excepthook, threading.excepthook = hooks
    os.umask(mask)
    logger.handlers[:], logger.level = handlers, level


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bot:
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("BOT_TOKEN", "123456789:a-token-of-the-tests")
    monkeypatch.setenv("ADMIN_IDS", "1004")
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "data"))
    return lambda *arguments: bot.main([str(argument) for argument in arguments])


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = Database(f"sqlite:///{tmp_path}/data/bot.db")
    yield database
    database.close()


def test_a_code_is_printed_alone_and_lets_in(
    run: Bot, database: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("create-code", "--role", "admin", "--name", "Дмитрий") == 0
    printed = capsys.readouterr()
    assert len(printed.out.split()) == 1
    with database.unit_of_work() as session:
        user = auth.redeem(session, 1, printed.out.strip(), name="?", username=None, language=None)
        assert user is not None
        assert (user.name, user.roles) == ("Дмитрий", frozenset({Role.ADMIN}))


def test_a_code_for_nobody_is_refused_in_words(run: Bot, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("create-code", "--role", "admin", "--name", "  ") == 1
    printed = capsys.readouterr()
    assert printed.out == ""
    assert "160" in printed.err


@pytest.mark.parametrize(
    "arguments", [["create-code", "--role", "boss", "--name", "x"], ["fly"], ["import-catalog"]]
)
def test_what_is_no_command_is_refused_with_the_usage(
    run: Bot, arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        run(*arguments)
    assert caught.value.code == 2
    assert "usage: bot.py" in capsys.readouterr().err


def products(database: Database) -> list[str]:
    with database.reading() as session:
        return list(session.scalars(select(Product.sku).order_by(Product.sku)))


def test_a_catalogue_is_reported_tried_and_applied(
    run: Bot, database: Database, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "каталог.csv"
    file.write_bytes(make_catalog({}, {"Артикул": "A-2"}))
    assert run("import-catalog", file, "--dry-run") == 0
    assert "Nothing was written" in capsys.readouterr().out
    assert products(database) == []
    assert run("import-catalog", file) == 0
    assert "Applied." in capsys.readouterr().out
    assert products(database) == ["A-1", "A-2"]


def test_the_bot_can_write_while_a_file_is_read(
    run: Bot, database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = imports.check_catalog

    def read_beside_the_bot(*arguments: Any) -> Report:
        report = read(*arguments)
        with database.unit_of_work() as session:
            catalog.add_category(session, "Бакалея")
        return report

    monkeypatch.setattr(imports, "check_catalog", read_beside_the_bot)
    file = tmp_path / "catalog.csv"
    file.write_bytes(make_catalog({}))
    assert run("import-catalog", file) == 0
    assert products(database) == ["A-1"]


def test_a_catalogue_with_one_bad_row_writes_nothing_and_names_it(
    run: Bot, database: Database, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "catalog.csv"
    file.write_bytes(make_catalog({}, {"Артикул": "A-2", "Цена": "дорого"}))
    assert run("import-catalog", file) == 1
    printed = capsys.readouterr().out
    assert "3" in printed
    assert "Applied." not in printed
    assert products(database) == []


def test_customers_are_imported_alike(run: Bot, database: Database, tmp_path: Path) -> None:
    file = tmp_path / "customers.csv"
    file.write_bytes(
        make_customers({"Клиент": "ООО «Ромашка»", "ИНН": "7736050003", "E-mail": "a@b.example"})
    )
    assert run("import-customers", file) == 0
    with database.reading() as session:
        assert session.scalars(select(Customer.inn)).all() == ["7736050003"]


@pytest.mark.parametrize("name", ["nowhere.csv", "."])
def test_a_file_that_is_not_there_is_said_so(
    run: Bot, tmp_path: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("import-catalog", tmp_path / name) == 1
    assert str(tmp_path / name) in capsys.readouterr().err


def test_a_file_of_something_else_is_a_report_and_no_crash(
    run: Bot, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "photo.xlsx").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(200))
    assert run("import-catalog", tmp_path / "photo.xlsx") == 1
    assert capsys.readouterr().out


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def mailbox(authority: trustme.CA, tmp_path: Path) -> Iterator[Mailbox]:
    """A mail server with a certificate and a password."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    with Mailbox(security="ssl", context=context, user="sklad", password="right") as mailbox:
        yield mailbox


@pytest.fixture
def far_ends(run: Bot, mailbox: Mailbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[BotApi]:
    """Everything `check` asks, on this machine and in order."""
    with BotApi() as api, Geocoder() as geocoder:
        for name, value in {
            "BOT_TOKEN": api.token,
            "TELEGRAM_API_URL": api.url,
            "SMTP_HOST": "127.0.0.1",
            "SMTP_PORT": str(mailbox.port),
            "SMTP_SECURITY": "ssl",
            "SMTP_CA_FILE": str(tmp_path / "ca.pem"),
            "SMTP_USER": "sklad",
            "SMTP_PASSWORD": "right",
            "MAIL_FROM": "sklad@veter.example",
            "GEOCODER_URL": geocoder.url,
        }.items():
            monkeypatch.setenv(name, value)
        yield api


CHECKS = ["settings", "database", "Telegram", "mail", "geocoder", "fonts"]


def verdicts(printed: str) -> dict[str, str]:
    """What each line's check came to: ✓ or ✗."""
    return {line[2:].partition(":")[0]: line[0] for line in printed.splitlines()}


def test_check_prints_a_line_for_everything_a_bot_needs(
    run: Bot, far_ends: BotApi, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("check") == 0
    printed = capsys.readouterr().out
    assert verdicts(printed) == dict.fromkeys(CHECKS, "✓")
    assert f"@{far_ends.username}" in printed


@pytest.mark.parametrize(
    ("name", "value", "failing", "advice"),
    [
        ("BOT_TOKEN", "1:another-token-altogether", "Telegram", "BOT_TOKEN"),
        ("TELEGRAM_API_URL", "http://127.0.0.1:1", "Telegram", "TELEGRAM_API_URL"),
        ("SMTP_PASSWORD", "wrong-password", "mail", "SMTP_"),
        ("SMTP_PORT", "1", "mail", "SMTP_"),
        ("GEOCODER_URL", "http://127.0.0.1:1", "geocoder", "GEOCODER_URL"),
        ("DATABASE_URL", "sqlite:////proc/nowhere/bot.db", "database", "DATABASE_URL"),
        ("DATABASE_URL", "postgresql://bot:db-secret@127.0.0.1:1/bot", "database", "DATABASE_URL"),
    ],
)
def test_check_says_what_to_do_about_what_fails_and_ends_with_1(
    run: Bot,
    far_ends: BotApi,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    name: str,
    value: str,
    failing: str,
    advice: str,
) -> None:
    monkeypatch.setenv(name, value)
    assert run("check") == 1
    printed = capsys.readouterr()
    assert verdicts(printed.out) == {check: "✗" if check == failing else "✓" for check in CHECKS}
    [line] = [line for line in printed.out.splitlines() if line.startswith("✗")]
    assert advice in line
    for secret in ("another-token", "wrong-password", "db-secret"):
        assert secret not in printed.out + printed.err


def test_check_without_mail_says_that_it_is_off(
    run: Bot, far_ends: BotApi, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("SMTP_HOST", "SMTP_USER", "SMTP_PASSWORD", "MAIL_FROM"):
        monkeypatch.delenv(name)
    assert run("check") == 0
    assert "mail: off" in capsys.readouterr().out


def test_check_mails_a_test_letter_where_it_is_told_to(
    run: Bot, far_ends: BotApi, mailbox: Mailbox, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("check", "--send-to", "buh@romashka.example") == 0
    assert "✓ test letter: accepted for buh@romashka.example" in capsys.readouterr().out
    [letter] = mailbox.wait_letters(1)
    assert letter.recipients == ("buh@romashka.example",)
    assert "проверка почты" in letter.subject
    mailbox.faults.refuse_recipient("nobody@romashka.example")
    assert run("check", "--send-to", "nobody@romashka.example") == 1
    assert "✗ test letter" in capsys.readouterr().out


def test_check_knows_a_database_of_a_newer_program(
    run: Bot, far_ends: BotApi, database: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    run("create-code", "--role", "admin", "--name", "Дмитрий")
    capsys.readouterr()
    with database.connection() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    assert run("check") == 1
    assert "newer" in capsys.readouterr().out


def test_a_bot_that_runs_keeps_its_tables(
    run: Bot, far_ends: BotApi, database: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    run("create-code", "--role", "admin", "--name", "Дмитрий")
    with database.connection() as connection:
        connection.exec_driver_sql("DROP INDEX ix_order_cards_outdated")
        connection.exec_driver_sql("ALTER TABLE order_cards DROP COLUMN shown_revision")
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '0018'")
    lock = InstanceLock(database, "1:another-token")
    capsys.readouterr()
    assert run("check") == 0
    assert "schema 0018" in capsys.readouterr().out
    assert run("create-code", "--role", "admin", "--name", "Анна") == 1
    assert "Another process" in capsys.readouterr().err
    assert migrations.standing(database) == "0018"
    lock.release()
    assert run("create-code", "--role", "admin", "--name", "Анна") == 0
    assert migrations.standing(database) == migrations.head()


def test_a_copy_can_be_made_and_put_back(
    run: Bot, database: Database, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run("create-code", "--role", "admin", "--name", "Дмитрий")
    assert run("backup", tmp_path / "copy.db") == 0
    with database.unit_of_work() as session:
        auth.ensure_admins(session, [77])
    database.close()
    capsys.readouterr()
    assert run("restore", tmp_path / "copy.db") == 0
    with database.reading() as session:
        assert session.scalar(select(func.count(User.id))) == 0
    database.close()
    assert run("backup") == 0
    packed = Path(capsys.readouterr().out.splitlines()[-1])
    assert packed.read_bytes()[:2] == b"\x1f\x8b"
    assert run("restore", packed) == 0
    capsys.readouterr()
    (tmp_path / "bad.db").write_bytes(b"not a database")
    assert run("restore", tmp_path / "bad.db") == 1
    assert "Not restored" in capsys.readouterr().err


def test_a_second_bot_on_the_same_database_refuses_to_start(
    run: Bot, far_ends: BotApi, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "data").mkdir()
    database = Database(f"sqlite:///{tmp_path}/data/bot.db")
    lock = InstanceLock(database, "5:some-other-token")
    assert run() == 1
    lock.release()
    database.close()


def test_the_files_of_the_data_folder_are_for_their_owner_only(run: Bot, tmp_path: Path) -> None:
    run("create-code", "--role", "admin", "--name", "Дмитрий")
    for path in (tmp_path / "data").iterdir():
        assert path.stat().st_mode & 0o077 == 0, path


def test_help_lists_the_commands_without_any_setting() -> None:
    done = subprocess.run(
        [sys.executable, str(ROOT / "bot.py"), "--help"],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    for command in (
        "run",
        "demo",
        "check",
        "create-code",
        "import-catalog",
        "import-customers",
        "backup",
        "restore",
    ):
        assert command in done.stdout
