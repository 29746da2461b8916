"""Token, passwords and keys: in no log, no exception, no printed line, no row and no copy."""

from __future__ import annotations

import gzip
import logging
import sys
import threading
from collections.abc import Callable, Iterator
from io import StringIO
from pathlib import Path

import pytest
import telebot
from sqlalchemy.exc import SQLAlchemyError

from demo.bot_api import BotApi
from demo.mailbox import Mailbox
from models import Database
from runtime import logs
from settings import Secret, Settings
from tests.flows import acts
from tests.flows.stage import running
from tests.test_settings import started

TOKEN = "123456789:AAE-token-secret"
SETTINGS = Settings(
    bot_token=Secret(TOKEN),
    admin_ids=(1,),
    smtp_password=Secret("smtp-secret"),
    database_url=Secret("postgresql://bot:db%40secret@db.example/bot"),
    telegram_proxy=Secret("socks5://me:proxy-secret@proxy.example:1080"),
    geocoder_url="https://me:map-secret@map.example/?key=map-key-secret",
    router_url="https://road.example?token=road-secret",
)
WORDS = [
    "AAE-token-secret",
    "smtp-secret",
    "db%40secret",
    "db@secret",
    "proxy-secret",
    "map-secret",
    "road-secret",
]


Listen = Callable[[list[str]], StringIO]


@pytest.fixture
def listen(monkeypatch: pytest.MonkeyPatch) -> Iterator[Listen]:
    """Begin to log and return what it says; the log is as it was afterwards."""
    logger = logging.getLogger()
    handlers, level = logger.handlers[:], logger.level
    hooks = sys.excepthook, threading.excepthook

    def begin(secrets: list[str]) -> StringIO:
        printed = StringIO()
        monkeypatch.setattr("sys.stderr", printed)
        logs.set_up("DEBUG", "text", secrets)
        return printed

    yield begin
    logger.handlers[:], logger.level = handlers, level
    sys.excepthook, threading.excepthook = hooks
    logging.getLogger("urllib3").setLevel(logging.NOTSET)


@pytest.fixture
def stream(listen: Listen) -> StringIO:
    """What the log says with every secret of SETTINGS known to it."""
    return listen(SETTINGS.secrets)


@pytest.mark.parametrize("word", [*WORDS, "map-key-secret"])
def test_a_secret_in_whatever_form_is_taken_out_of_the_log(stream: StringIO, word: str) -> None:
    log = logging.getLogger("x")
    log.warning("got %s", f"a{word}b")
    try:
        raise RuntimeError(word)
    except RuntimeError:
        log.exception("failed")
    assert word not in stream.getvalue()
    assert "a***b" in stream.getvalue()


def test_of_two_secrets_one_in_the_other_nothing_is_left(listen: Listen) -> None:
    printed = listen(["pass", "password"])
    logging.getLogger("x").warning("<password>")
    assert "<***>" in printed.getvalue()


def test_the_database_s_address_is_hidden_as_the_driver_is_given_it(stream: StringIO) -> None:
    url = Database("postgresql://bot:db%40secret@127.0.0.1:1/bot").url
    logging.getLogger("x").error("cannot connect to %s", url)
    assert "postgresql+psycopg://bot:***@127.0.0.1" in stream.getvalue()


def test_what_nobody_caught_is_logged_and_redacted(stream: StringIO) -> None:
    def fail() -> None:
        raise RuntimeError(f"https://api.telegram.org/bot{TOKEN}/getMe")

    thread = threading.Thread(target=fail, name="poller")
    thread.start()
    thread.join(10)
    try:
        fail()
    except RuntimeError as error:
        sys.excepthook(RuntimeError, error, error.__traceback__)
    text = stream.getvalue()
    assert "ended the thread poller" in text
    assert "ended the program" in text
    assert "token-secret" not in text


def test_an_ordinary_word_is_not_taken_for_a_secret() -> None:
    """A password of one letter would blacken every line."""
    short = Settings(bot_token=Secret(TOKEN), admin_ids=(1,), telegram_proxy=Secret("http://a:b@c"))
    assert "b" not in short.secrets


def test_a_start_that_fails_prints_no_secret(tmp_path: Path) -> None:
    """As when the server of the database is away: the driver's own words and address stay inside."""
    url = "postgresql://bot:db-secret@127.0.0.1:1/bot?application_name=name-secret"
    done = started(tmp_path, BOT_TOKEN=TOKEN, ADMIN_IDS="1", DATABASE_URL=url)
    assert done.returncode != 0
    assert "127.0.0.1" in done.stderr
    for word in ("token-secret", "db-secret", "name-secret"):
        assert word not in done.stdout + done.stderr


def test_the_database_its_copies_the_chats_and_the_log_hold_none(tmp_path: Path, listen: Listen) -> None:
    """An order, a letter that needs a login, a copy sent; the log is told of no secret to take out."""
    printed = listen([])
    more = {"smtp_user": "sklad", "smtp_password": Secret("smtp-secret")}
    with running(tmp_path, **more) as stage:
        token = stage.api.token
        acts.all_open(stage)
        acts.loads(stage.boris, acts.places_order(stage, stage.anna))
        stage.dmitry.command("/backup")
        stage.dmitry.wait_document(".gz")
        acts.comes_to(stage.dmitry, "/status", "Telegram")
        said = "\n".join(message.text for person in stage.staff for message in person.messages)
    files = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    assert any(path.suffix == ".gz" for path in files)
    for path, content in files.items():
        content = gzip.decompress(content) if path.suffix == ".gz" else content
        assert b"smtp-secret" not in content, path
        assert token.encode() not in content, path
    assert "smtp-secret" not in said
    assert token not in said
    assert "runtime.supervisor: stopped" in printed.getvalue()
    assert "smtp-secret" not in printed.getvalue()
    assert token not in printed.getvalue()
    assert "Traceback" not in said


def test_the_library_does_not_print_beside_our_log(tmp_path: Path) -> None:
    with BotApi() as api, Mailbox(), running(tmp_path):
        assert api.token
        assert telebot.logger.handlers == []


def test_an_error_of_the_database_shows_nothing_that_was_typed(database: Database) -> None:
    with pytest.raises(SQLAlchemyError) as caught, database.unit_of_work() as session:
        session.connection().exec_driver_sql("SELECT nothing FROM nowhere WHERE x = ?", ("typed-secret",))
    assert "typed-secret" not in str(caught.value)
