"""The two databases everything runs on: a SQLite file, and a PostgreSQL server of the tests' own.

``ENGINE=postgresql`` runs every test that has a database on PostgreSQL and leaves out the others;
``ENGINE=sqlite`` runs all but that. Without it all run on SQLite, those marked ``both_engines`` on both.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import psycopg
from sqlalchemy.engine import make_url

import migrations
from demo import sample
from models import Database

SQLITE, POSTGRESQL = "sqlite", "postgresql"
EMPTY, MIGRATED, SAMPLED = "template1", "migrated", "sampled"
"""What a new database holds: not a table; the schema; the sample company."""

LONG_AGO = 3600
CHOSEN = os.environ.get("ENGINE") or None
WHY_NOT = "PostgreSQL is not installed (Debian: apt-get install postgresql)"


class PostgresServer:
    """A server of the tests' own, on a unix socket, with nothing kept on disk for long."""

    def __init__(self, binaries: Path) -> None:
        self._binaries = binaries
        # A socket's path has room for about a hundred bytes, so pytest's own folders are too deep.
        self._folder = Path(tempfile.mkdtemp(prefix="pg", dir=_fast_folder()))
        self._numbers = count(1)
        if os.geteuid() == 0:
            shutil.chown(self._folder, "postgres")

    def start(self) -> None:
        _forget_dead_servers(self._folder)
        self._run(
            "initdb", "-D", "data", "-U", "postgres", "-A", "trust", "--no-sync", "-E", "UTF8", "--locale=C"
        )
        options = f"-c listen_addresses='' -k {self._folder}"
        for switch in ("fsync", "synchronous_commit", "full_page_writes", "autovacuum"):
            options += f" -c {switch}=off"
        self._run("pg_ctl", "start", "-w", "-s", "-D", "data", "-l", "log", "-o", options)

    def stop(self) -> None:
        try:
            self._run("pg_ctl", "stop", "-s", "-m", "immediate", "-D", "data")
        finally:
            shutil.rmtree(self._folder, ignore_errors=True)

    def url(self, name: str) -> str:
        return f"postgresql://postgres@/{name}?host={self._folder}"

    def create(self, name: str = "", template: str = EMPTY) -> str:
        name = name or f"test{next(self._numbers)}"
        with self._connection() as connection:
            # Copying files is twice as fast as logging pages; PostgreSQL 15 made it a choice.
            strategy = " STRATEGY FILE_COPY" if connection.info.server_version >= 150_000 else ""
            connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}{strategy}".encode())
        return name

    def drop(self, name: str) -> None:
        with self._connection() as connection:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())

    def allow(self, url: str, *, may_connect: bool) -> None:
        """Let people into a database, or turn them out and keep them out, as a server that is down does."""
        name = make_url(url).database or ""
        with self._connection() as connection:
            connection.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS {may_connect}".encode())
            query = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s"
            if not may_connect:
                connection.execute(query, [name])

    def allow_writing(self, may_write: bool) -> None:
        """Let every transaction write that begins from now on, or none: a standby, a server out of room."""
        with self._connection() as connection:
            connection.execute(f"ALTER SYSTEM SET default_transaction_read_only = {not may_write}".encode())
            connection.execute("SELECT pg_reload_conf()")

    def _connection(self) -> psycopg.Connection:
        return psycopg.connect(self.url("postgres"), autocommit=True)

    def _run(self, program: str, *arguments: str) -> None:
        # PostgreSQL refuses to run as root.
        prefix = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
        command = [*prefix, str(self._binaries / program), *arguments]
        # Not captured through a pipe: the server would inherit it and never close it.
        with (self._folder / "out").open("w+") as output:
            done = subprocess.run(
                command, cwd=self._folder, stdout=output, stderr=output, stdin=subprocess.DEVNULL, check=False
            )
            output.seek(0)
            assert done.returncode == 0, output.read()


@dataclass
class Engines:
    """Makes databases; server and templates are there from the first one that is asked for."""

    current: str = SQLITE
    """The engine of the test that runs: whatever it opens, it opens there."""
    _server: PostgresServer | None = None
    _templates: dict[tuple[str, str], str] = field(default_factory=dict)
    _folder: Path | None = None

    @contextmanager
    def database(self, folder: Path, holding: str, engine: str | None = None) -> Iterator[str]:
        """Make a database of the test's own, a SQLite file in ``folder``; yields its URL."""
        engine = engine or self.current
        template = self._template(engine, holding)
        if engine == SQLITE:
            folder.mkdir(parents=True, exist_ok=True)
            if holding != EMPTY:
                shutil.copy(template, folder / "bot.db")
            yield f"sqlite:///{(folder / 'bot.db').resolve()}"
            return
        server = self.server()
        name = server.create(template=template)
        try:
            yield server.url(name)
        finally:
            server.drop(name)

    def server(self) -> PostgresServer:
        """The PostgreSQL server, started; AssertionError where none is installed."""
        if self._server is None:
            binaries = postgres_binaries()
            assert binaries is not None, WHY_NOT
            self._server = PostgresServer(binaries)
            self._server.start()
        return self._server

    def stop(self) -> None:
        if self._server is not None:
            self._server.stop()
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)

    def _template(self, engine: str, holding: str) -> str:
        """The file or database to copy: to migrate and to import the sample anew takes a quarter second."""
        if holding == EMPTY:
            return EMPTY
        if (engine, holding) not in self._templates:
            if engine == SQLITE:
                self._folder = self._folder or Path(tempfile.mkdtemp(prefix="templates"))
                template = str(self._folder / f"{holding}.db")
                url = f"sqlite:///{template}"
            else:
                template = self.server().create(holding)
                url = self.server().url(template)
            _fill(url, holding)
            self._templates[engine, holding] = template
        return self._templates[engine, holding]


def _forget_dead_servers(own: Path) -> None:
    """Give back the memory of runs that were killed: each holds fifty megabytes."""
    for folder in own.parent.glob("pg*/data"):
        if folder.parent == own or time.time() - folder.stat().st_mtime < LONG_AGO:
            continue
        with suppress(OSError, ValueError, IndexError):
            pid = int((folder / "postmaster.pid").read_text("utf-8").split()[0])
            if not Path(f"/proc/{pid}").exists():
                shutil.rmtree(folder.parent, ignore_errors=True)


def _fill(url: str, holding: str) -> None:
    if holding == SAMPLED:
        sample.prepare(url)
        return
    database = Database(url)
    migrations.upgrade(database)
    database.close()


def _fast_folder() -> str | None:
    """Memory, where there is enough of it: a container's /dev/shm may have as little as 64 MB."""
    memory = Path("/dev/shm")
    roomy = memory.is_dir() and os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > 2**30
    return str(memory) if roomy else None


def postgres_binaries() -> Path | None:
    """The newest PostgreSQL's programs, where Debian keeps them or where pg_config says."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: float(path.parts[-3]))
    if found:
        return found[-1].parent
    pg_config = shutil.which("pg_config")
    if pg_config is None:
        return None
    folder = Path(subprocess.check_output([pg_config, "--bindir"], text=True).strip())
    return folder if (folder / "initdb").exists() else None


engines = Engines()
