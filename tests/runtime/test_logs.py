import io
import json
import logging
import sys
import threading
from collections.abc import Iterator

import pytest

from runtime import logs

TOKEN = "123456789:AAE-hidden"
PASSWORD = 'quo"te\\пароль'


@pytest.fixture(autouse=True)
def root() -> Iterator[None]:
    logger = logging.getLogger()
    handlers, level = logger.handlers[:], logger.level
    hooks = sys.excepthook, threading.excepthook
    yield
    sys.excepthook, threading.excepthook = hooks
    logger.handlers[:], logger.level = handlers, level
    logging.getLogger("urllib3").setLevel(logging.NOTSET)


def output(form: str, monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    stream = io.StringIO()
    monkeypatch.setattr("sys.stderr", stream)
    logs.set_up("INFO", form, [TOKEN, PASSWORD, ""])
    return stream


@pytest.mark.parametrize("form", ["text", "json"])
def test_no_secret_is_in_a_message_or_a_traceback(form: str, monkeypatch: pytest.MonkeyPatch) -> None:
    stream = output(form, monkeypatch)
    log = logging.getLogger("some.module")
    log.info("calling https://api.telegram.org/bot%s/getMe", TOKEN)
    try:
        raise RuntimeError(f"cannot log in with {PASSWORD} at /bot{TOKEN}/")
    except RuntimeError:
        log.exception("failed")
    text = stream.getvalue()
    assert "AAE-hidden" not in text
    assert "пароль" not in text
    assert text.count("***") >= 3
    assert "RuntimeError: cannot log in with" in text


def test_a_json_line_is_one_object(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = output("json", monkeypatch)
    logging.getLogger("runtime.polling").warning("раз\nдва %s", 3)
    try:
        raise ValueError(PASSWORD)
    except ValueError:
        logging.getLogger("x").exception("failed")
    first, second = map(json.loads, stream.getvalue().splitlines())
    assert (first["level"], first["logger"], first["message"]) == ("WARNING", "runtime.polling", "раз\nдва 3")
    assert first["at"].endswith("+00:00")
    assert "ValueError" in second["traceback"]


def test_a_text_line_says_when_how_bad_where_and_what(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = output("text", monkeypatch)
    logging.getLogger("runtime.polling").error("беда")
    assert stream.getvalue().endswith(" ERROR runtime.polling: беда\n")


def test_what_is_below_the_level_and_every_address_urllib3_calls_stays_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    stream = output("text", monkeypatch)
    logging.getLogger("x").debug("quiet")
    logging.getLogger("urllib3.connectionpool").info("http://host/bot123/getMe")
    assert stream.getvalue() == ""
