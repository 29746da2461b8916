"""The database's schema, step by step; applied at every start."""

from __future__ import annotations

import logging
from pathlib import Path

from sqlalchemy import Connection, inspect, text

from models.database import Database, snapshot, sqlite_path

log = logging.getLogger(__name__)

HERE = Path(__file__).parent


class NewerSchema(RuntimeError):
    """The database was written by a newer version of the program than this one."""

    def __init__(self, revision: str) -> None:
        super().__init__(
            f"The database has schema {revision}, this program knows {head()}: install the newer version."
        )


def head() -> str:
    """Return the newest revision this program knows; revisions are files numbered 0001, 0002 …"""
    return max(path.name.partition("_")[0] for path in (HERE / "versions").glob("[0-9]*.py"))


def current(connection: Connection) -> str | None:
    """Return the revision the database stands at, None when it is empty."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def standing(database: Database) -> str | None:
    """Return the revision the database stands at, None when it is empty.

    Raises NewerSchema when it is ahead of this program.
    """
    with database.engine.connect() as connection:
        at = current(connection)
        connection.rollback()
    if at is not None and at > head():
        raise NewerSchema(at)
    return at


def upgrade(database: Database) -> None:
    """Bring the database to :func:`head`; a SQLite file that holds data is copied aside first.

    Raises NewerSchema when the database is ahead of this program.
    """
    at = standing(database)
    if at == head():
        return
    path = sqlite_path(database.url)
    if path is not None and at is not None:
        aside = path.with_suffix(f".before-{head()}.db")
        part = aside.with_name(aside.name + ".part")
        snapshot(path, part)
        part.replace(aside)
    with database.engine.connect() as connection:
        _run_alembic(connection)
        connection.commit()
    log.info("database schema: %s → %s", at or "empty", head())


def create(connection: Connection) -> None:
    """Make the schema in an empty PostgreSQL database, in the caller's transaction."""
    _run_alembic(connection)


def _run_alembic(connection: Connection) -> None:
    # Alembic and Mako weigh 10 MB in memory; a start with nothing to apply does without them.
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(HERE))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
