"""Every command the documentation names is run here, or stands on a short list with the reason why not."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
from configparser import RawConfigParser
from functools import partial
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy.engine import make_url

import bot
from demo.bot_api import BotApi
from demo.geocoder import Geocoder
from demo.mailbox import Mailbox
from models import Database, Role
from services import auth
from settings import NAMES
from tests.engines import POSTGRESQL, SAMPLED, SQLITE, engines

ROOT = Path(__file__).parent.parent
PAGES = ("README.md", "README.ru.md", "docs/operations.md")
BOT = ".venv/bin/python bot.py"
LIVE = {
    "make setup",
    "cp .env.example .env",
    "chmod 600 .env",
    f"{BOT} check",
    f"{BOT} check --send-to you@example.com",
    f"{BOT} import-catalog catalog.csv --dry-run",
    f"{BOT} import-catalog catalog.csv",
    f'{BOT} create-code --role sales_rep --name "Анна Соколова"',
    f"{BOT} import-customers customers.csv",
    f"{BOT} backup",
    f"{BOT} backup data/copy.db.gz",
    f"{BOT} restore data/copy.db.gz",
    "make run",
}
MOVE = (
    "createdb --owner bot --template template0 --encoding UTF8 --locale C trade",
    f"{BOT} copy-database data/bot.db postgresql://bot@host/trade",
    "pg_dump --format=custom --file=trade.dump trade",
    "pg_restore --no-owner --dbname=trade trade.dump",
)
DEMO = {"make demo", "make demo PORT=8090", "make demo PYTHON=python3.12", "make demo RESET=1"}
GATE = {"make test"}
# What begins so is not run, because:
NOT_HERE = {
    "git ": "it needs the network",
    "sudo ": "it changes the machine; the unit it installs is verified below",
    "cp -a data ": "nothing is damaged here",
    "createuser ": "it asks for a password; the role is made below",
    "docker compose ": "it needs a daemon; its file is read below",
}
IN_SERVICE = re.compile(r"(?:make|git|cp|chmod|sudo|docker|pg_\w+|\S*python3?|bot\.py) [^…]+")


def commands(page: str) -> list[str]:
    """What a page tells to type: the lines of its shell blocks, and inline code that is a command."""
    text = (ROOT / page).read_text("utf-8")
    block = re.compile(r"^ *```(\w*)\n(.*?)^ *```", re.M | re.S)
    lines = [line for kind, body in block.findall(text) if kind == "sh" for line in body.splitlines()]
    inline = [code for code in re.findall(r"`([^`\n]+)`", block.sub("", text)) if IN_SERVICE.fullmatch(code)]
    lines = [line.partition(" #")[0].replace("FILE", "data/copy.db.gz") for line in [*lines, *inline]]
    parts = [part for line in lines for part in line.split("&&")]
    return [re.sub(r"^(?:python )?(?=bot\.py)", ".venv/bin/python ", part.strip()) for part in parts]


@pytest.mark.parametrize("page", PAGES)
def test_every_command_is_run_or_excused(page: str) -> None:
    told = commands(page)
    assert len(told) > 4
    rest = [one for one in told if not one.startswith(tuple(NOT_HERE))]
    assert set(rest) - LIVE - {*MOVE} - DEMO - GATE == set()


def test_what_is_run_or_excused_is_told_of() -> None:
    told = {command for page in PAGES for command in commands(page)}
    assert (LIVE | {*MOVE} | DEMO | GATE) - told == set()
    assert [start for start in NOT_HERE if not any(one.startswith(start) for one in told)] == []
    assert all(one in (ROOT / ".ci/run").read_text("utf-8").splitlines() for one in GATE)


@pytest.fixture
def clone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder as after `git clone`, with the environment the tests run in for its own."""
    for path in ROOT.iterdir():
        if path.name not in (".git", ".venv", ".env", "data", "demo-data", "tests"):
            (tmp_path / path.name).symlink_to(path)
    python = tmp_path / ".venv/bin/python"
    python.parent.mkdir(parents=True)
    python.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} "$@"\n')
    python.chmod(0o755)
    for name in ("run", "demo"):
        (tmp_path / f".venv/{name}.stamp").touch()
    # The tests themselves may be run by make, which would make these a part of its own.
    for name in (*NAMES, "MAKELEVEL", "MAKEFLAGS", "MFLAGS", "PORT", "RESET"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def shell(command: str) -> str:
    """Type it and return what it prints; it has to end well."""
    done = subprocess.run(command, shell=True, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, (command, done.stdout, done.stderr)
    return done.stdout


def test_going_live(clone: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """As the README tells, down to the bot that fetches its updates."""

    def told(command: str) -> str:
        """The program's part of a command, in this process: starting a new one takes a second."""
        assert f"{BOT} {command}" in LIVE
        assert bot.main(shlex.split(command)) == 0, capsys.readouterr()
        return capsys.readouterr().out

    shell("make setup")
    shell("cp .env.example .env && chmod 600 .env")
    assert (clone / ".env").stat().st_mode & 0o777 == 0o600
    shutil.copy(ROOT / "demo/data/catalog.csv", clone)
    customers = (ROOT / "demo/data/customers.csv").read_text("utf-8")
    for rep, name in (("Анна", "Анна Соколова"), ("Клара", "")):
        customers = re.sub(f";{rep}$", f";{name}", customers, flags=re.M)
    (clone / "customers.csv").write_text(customers)
    with BotApi() as api, Mailbox() as mailbox, Geocoder() as geocoder:
        with (clone / ".env").open("a", encoding="utf-8") as env:
            env.write(_settings(api, mailbox, geocoder))
        assert told("check").count("✓") >= 6
        told("check --send-to you@example.com")
        assert mailbox.wait_letters(1)[0].recipients == ("you@example.com",)
        told("import-catalog catalog.csv --dry-run")
        told("import-catalog catalog.csv")
        _hire(told('create-code --role sales_rep --name "Анна Соколова"').strip())
        told("import-customers customers.csv")
        told("backup data/copy.db.gz")
        told("restore data/copy.db.gz")
        told("backup")
        _make_run(api)


@pytest.mark.parametrize("engine", [POSTGRESQL], indirect=True)
@pytest.mark.usefixtures("engine")
def test_moving_to_postgresql_and_keeping_it(clone: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As docs/operations.md tells, and back from the dump."""
    server = engines.server()
    socket_folder = make_url(server.url("trade")).query["host"]
    # Where psql and its kin look, in place of the host in the address.
    monkeypatch.setenv("PGHOST", str(socket_folder))
    monkeypatch.setenv("PGUSER", "postgres")
    monkeypatch.setenv("BOT_TOKEN", "123456789:a-token-of-the-tests")
    monkeypatch.setenv("ADMIN_IDS", "1004")
    create, copy, dump, restore = MOVE
    with engines.database(clone / "data", SAMPLED, SQLITE):
        shell("createuser bot")
        shell(create)
        shell(copy.replace("@host/trade", f"@/trade?host={socket_folder}"))
    counted = "SELECT count(*), sum(on_hand), sum(price) FROM products"
    with psycopg.connect(server.url("trade")) as moved:
        products = moved.execute(counted).fetchone()
    assert products is not None
    assert products[0] == 53
    shell(dump)
    server.drop("trade")
    shell(create)
    shell(restore)
    with psycopg.connect(server.url("trade")) as restored:
        assert restored.execute(counted).fetchone() == products
    server.drop("trade")


def _settings(api: BotApi, mailbox: Mailbox, geocoder: Geocoder) -> str:
    return (
        f"\nBOT_TOKEN={api.token}\nADMIN_IDS=1004\nTELEGRAM_API_URL={api.url}\nGEOCODER_URL={geocoder.url}\n"
        f"SMTP_HOST={mailbox.host}\nSMTP_PORT={mailbox.port}\nSMTP_SECURITY=none\nMAIL_FROM=sklad@example.ru\n"
    )


def _hire(code: str) -> None:
    """The code lets its rep in, by the name it was made for."""
    database = Database("sqlite:///data/bot.db")
    with database.unit_of_work() as session:
        user = auth.redeem(session, 1001, code, name="Anna", username=None, language="ru")
        assert user is not None
        assert (user.name, user.roles) == ("Анна Соколова", frozenset({Role.SALES_REP}))
    database.close()


def _make_run(api: BotApi) -> None:
    """The first administrator writes to the bot, and is one."""
    dmitry = api.person(1004, "Дмитрий")
    with subprocess.Popen(["make", "run"], start_new_session=True) as process:
        dmitry.start()
        dmitry.wait(lambda _: any("👤 Сотрудники" in message.labels for message in dmitry.received), 20)
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(20)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as found:
        port: int = found.getsockname()[1]
        return port


def test_the_demo_starts_afresh_and_ends_by_ctrl_c(clone: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (clone / "demo-data").mkdir()
    (clone / "demo-data/old").touch()
    monkeypatch.setenv("PORT", str(free_port()))
    command = ["make", "demo", "RESET=1"]
    # A shell has its background processes, and so their children, ignore Ctrl-C.
    heeding = partial(signal.signal, signal.SIGINT, signal.SIG_DFL)
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, start_new_session=True, preexec_fn=heeding
    )
    assert process.stdout is not None
    assert f"http://127.0.0.1:{os.environ['PORT']}" in process.stdout.readline()
    assert not (clone / "demo-data/old").exists()
    os.killpg(process.pid, signal.SIGINT)  # what a terminal does: to make, and to all it started
    assert process.wait(20) == -signal.SIGINT
    assert process.stdout.read() == ""
    process.stdout.close()


def test_what_make_would_do(clone: Path) -> None:
    """tests/demo/test_page_story.py runs what `make demo` comes to."""
    assert shell("make -n demo").split() == f"{BOT} demo".split()
    assert shell("make -n demo PORT=8090").split() == f"{BOT} demo --port 8090".split()
    shutil.rmtree(clone / ".venv")
    assert "python3.12 -m venv .venv" in shell("make -n demo PYTHON=python3.12")


def test_the_unit_is_one_systemd_understands(tmp_path: Path) -> None:
    text = (ROOT / "deploy/tradingstorebot.service").read_text("utf-8")
    unit = RawConfigParser()
    unit.read_string(text)
    assert unit["Service"]["ExecStart"] == "/opt/tradingstorebot/.venv/bin/python -OO bot.py"
    assert int(unit["Service"]["RestartPreventExitStatus"]) == bot.EXIT_SETTINGS
    if shutil.which("systemd-analyze") is None:
        return
    # Its folder isn't here; whatever else is wrong would be said.
    text = text.replace("/opt/tradingstorebot/.venv/bin/python", sys.executable)
    (tmp_path / "bot.service").write_text(text.replace("/opt/tradingstorebot", str(tmp_path)))
    command = ["systemd-analyze", "verify", str(tmp_path / "bot.service")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


def read_yaml(text: str) -> Any:
    """The plain YAML of compose.yaml: mappings by indentation, lists of words; anything else is an error."""
    lines = [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]

    def block(depth: int) -> Any:
        found: Any = None
        while lines and (indent := len(lines[0]) - len(lines[0].lstrip())) >= depth:
            assert indent == depth, lines[0]
            line = lines.pop(0).strip()
            if line.startswith("- "):
                found = [*(found or []), line[2:]]
                continue
            name, colon, value = line.partition(":")
            assert colon, line
            deeper = len(lines[0]) - len(lines[0].lstrip()) if lines else 0
            found = {**(found or {}), name: value.strip() or (block(deeper) if deeper > depth else None)}
        return found

    return block(0)


def test_the_compose_file_names_what_is_there() -> None:
    compose = read_yaml((ROOT / "compose.yaml").read_text("utf-8"))
    assert compose.keys() == {"services", "volumes"}
    service = compose["services"]["bot"]
    assert service["env_file"] == ".env"
    data = service["environment"]["DATA_DIR"]
    assert service["volumes"] == [f"data:{data}"]
    assert "data" in compose["volumes"]
    dockerfile = ROOT / service["build"]["dockerfile"]
    steps = re.findall(r"^([A-Z]+) (.+)$", dockerfile.read_text("utf-8"), re.M)
    assert {name for name, _ in steps} == {"FROM", "ENV", "WORKDIR", "COPY", "RUN", "USER", "CMD"}
    assert f"-m 700 {data}" in dict(steps)["RUN"]
    sources = [step.split()[0] for name, step in steps if name == "COPY"]
    assert all((ROOT / source).exists() for source in sources)
    left_out = (ROOT / f"{service['build']['dockerfile']}.dockerignore").read_text("utf-8").splitlines()
    assert {".env", "data", "demo-data", ".git", ".venv"} <= set(left_out)
