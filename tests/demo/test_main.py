import os
import re
import signal
import socket
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from demo import main
from demo.bot_api import BotApi
from demo.geocoder import Geocoder
from demo.mailbox import Mailbox


@dataclass
class Member:
    telegram_id: int
    first_name: str
    username: str | None = None
    roles: list[str] = field(default_factory=list)
    code: str | None = None


CAST = [Member(1001, "Анна", "anna", ["sales_rep"]), Member(1004, "Дмитрий", None, ["admin"])]


def child(tmp_path: Path, script: str) -> main.Bot:
    return main.Bot(tmp_path / "bot.log", (sys.executable, "-c", script))


def test_a_bot_that_dies_is_started_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as lifeline, ThreadPoolExecutor() as pool:
        lifeline.settimeout(10)
        # Each life reports here and lasts until we hang up.
        port = lifeline.getsockname()[1]
        script = f"import socket; socket.create_connection(('127.0.0.1', {port})).recv(1)"
        bot = child(tmp_path, script)
        watch = pool.submit(bot.keep_alive, dict(os.environ))
        first, _ = lifeline.accept()
        first.close()
        second, _ = lifeline.accept()
        bot.stop()
        assert watch.result(10) == 0
        second.close()
    assert "starting it again" in capsys.readouterr().err


def test_a_bot_killed_on_demand_comes_back_however_often(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as lifeline, ThreadPoolExecutor() as pool:
        lifeline.settimeout(10)
        port = lifeline.getsockname()[1]
        script = f"import socket; socket.create_connection(('127.0.0.1', {port})).recv(1)"
        bot = child(tmp_path, script)
        assert not bot.kill()
        watch = pool.submit(bot.keep_alive, dict(os.environ))
        pids = set()
        for _ in range(7):  # more than the deaths of its own that would be given up on
            life, _ = lifeline.accept()
            pids.add(bot.pid)
            assert bot.kill()
            assert life.recv(1) == b""
            life.close()
        last, _ = lifeline.accept()
        bot.stop()
        assert watch.result(10) == 0
        last.close()
    assert (bot.kills, len(pids)) == (7, 7)
    assert bot.pid is None
    assert "killed, as asked" in capsys.readouterr().err


def test_ctrl_c_in_the_terminal_is_not_the_bot_s(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as lifeline, ThreadPoolExecutor() as pool:
        lifeline.settimeout(10)
        port = lifeline.getsockname()[1]
        script = (
            "import os, socket\n"
            f"line = socket.create_connection(('127.0.0.1', {port}))\n"
            "line.sendall(str(os.getpgrp()).encode() + b'.')\n"
            "line.recv(1)"
        )
        bot = child(tmp_path, script)
        watch = pool.submit(bot.keep_alive, dict(os.environ))
        life, _ = lifeline.accept()
        told, pid = life.recv(20), bot.pid
        bot.stop()
        life.close()
        assert watch.result(10) == 0
    assert told.endswith(b".")
    assert int(told[:-1]) == pid != os.getpgrp()


def test_a_bot_that_cannot_live_is_given_up(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    bot = child(tmp_path, "import sys; sys.exit('BOT_TOKEN is wrong')")
    monkeypatch.setattr(bot._stopping, "wait", lambda _seconds: False)
    assert bot.keep_alive(dict(os.environ)) == 1
    assert "BOT_TOKEN is wrong" in capsys.readouterr().err


def test_the_bot_is_led_to_the_far_ends_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SMTP_USER", "somebody")
    monkeypatch.setenv("BOT_TOKEN_FILE", "/run/secrets/token")
    with BotApi() as api, Mailbox() as mailbox, Geocoder() as geocoder:
        env = main.environment(api, mailbox, geocoder, tmp_path, CAST)
    assert (env["BOT_TOKEN"], env["TELEGRAM_API_URL"]) == (api.token, api.url)
    assert (env["SMTP_PORT"], env["GEOCODER_URL"]) == (str(mailbox.port), geocoder.url)
    assert (env["ADMIN_IDS"], env["SMTP_USER"]) == ("1004", "")
    assert "BOT_TOKEN_FILE" not in env


def test_every_folder_has_a_token_of_its_own(tmp_path: Path) -> None:
    tokens = {main._token(tmp_path / name) for name in ("one", "two")}
    assert len(tokens) == 2
    assert main._token(tmp_path / "one") == main._token(tmp_path / "x" / ".." / "one")
    assert all(re.fullmatch(r"\d+:[\w-]{30,}", token) for token in tokens)


def test_a_busy_port_is_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(main.Bot, "stop_on_signals", lambda _self: None)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert main.run(port, tmp_path / "data", True) == 2
    said = capsys.readouterr().err
    assert said == f"Port {port} is busy; choose another: make demo PORT={port + 10}\n"
    assert not (tmp_path / "data").exists()


RUN = """
import sys, types, pathlib
from tests.demo.test_main import CAST
from demo import main
sample = types.ModuleType("demo.sample")
sample.prepare = lambda url: print(url) or CAST
sys.modules["demo.sample"] = sample
import demo; demo.sample = sample
init = main.Bot.__init__
def waiting(self, log_path):
    init(self, log_path, (sys.executable, "-c", "import time; time.sleep(60)"))
main.Bot.__init__ = waiting
sys.exit(main.run(0, pathlib.Path(sys.argv[1]), sys.argv[2] == "reset"))
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_runs_until_told_to_stop(tmp_path: Path, number: signal.Signals) -> None:
    data = tmp_path / "data"
    data.mkdir()
    (data / "old").touch()
    how = "reset" if number == signal.SIGINT else "keep"
    process = subprocess.Popen(
        [sys.executable, "-c", RUN, str(data), how], cwd=main.ROOT, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == f"sqlite:///{data / 'bot.db'}\n"
    assert process.stdout.readline().startswith("Open http://127.0.0.1:")
    assert (data / "old").exists() == (how == "keep")
    process.send_signal(number)
    assert process.wait(15) == 0
    process.stdout.close()
