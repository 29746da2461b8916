"""What the command line does besides running: checks, access codes, imports."""

from __future__ import annotations

import argparse
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import migrations
from handlers import sentences, storage
from handlers.screen import View
from handlers.texts import texts_for
from models import Database, Role
from models.database import sqlite_path
from models.faults import trouble_of
from runtime.instance_lock import AlreadyRunning, InstanceLock
from services import auth, backup
from services.errors import Conflict, DomainError, Invalid

if TYPE_CHECKING:
    from services.imports import Problem
    from services.mail import MailConfig
    from settings import Settings


def run(settings: Settings, options: argparse.Namespace, mail_config: MailConfig | None) -> int:
    """Do the command that was asked for; return the exit code."""
    try:
        return _run(settings, options, mail_config)
    except Exception as error:
        found = trouble_of(error)
        if found is None:
            raise
        print(f"Not done: {storage.sentence(texts_for('en'), *found)}", file=sys.stderr)
        return 1


def _run(settings: Settings, options: argparse.Namespace, mail_config: MailConfig | None) -> int:
    if options.command == "check":
        from runtime import checks

        return checks.run(settings, mail_config, options.send_to)
    if options.command == "restore":
        return restore(settings, options.file)
    if options.command == "copy-database":
        return copy_database(settings, options.source, options.target)
    database = Database(settings.effective_database_url)
    try:
        if options.command == "backup":
            return write_backup(settings, database, options.file)
        _bring_up(settings, database)
        if options.command == "create-code":
            return create_code(database, Role(options.role), options.name)
        return import_file(database, options.command, options.file, is_dry=options.dry_run)
    except (DomainError, AlreadyRunning, migrations.NewerSchema) as error:
        words = _words(error) if isinstance(error, DomainError) else str(error)
        print(f"Not done: {words}", file=sys.stderr)
        return 1
    finally:
        database.close()


def _bring_up(settings: Settings, database: Database) -> None:
    """Migrate; a bot that runs would not know the tables any more, so none may then."""
    if migrations.standing(database) == migrations.head():
        return
    lock = InstanceLock(database, settings.bot_token.get_secret_value())
    try:
        migrations.upgrade(database)
    finally:
        lock.release()


def _words(error: DomainError) -> str:
    view = View(texts_for("en"), ZoneInfo("UTC"), datetime.now(UTC).date())
    return sentences.plain(sentences.of(view, error))


def _problem_words(problem: Problem) -> str:
    return _words(Invalid(problem.code, **problem.params))


def write_backup(settings: Settings, database: Database, file: Path | None) -> int:
    """Write a copy and print where it is."""
    target = file or backup.default_path(settings.data_dir, datetime.now(ZoneInfo(settings.timezone)))
    backup.write(database, target)
    print(target)
    return 0


def restore(settings: Settings, file: Path) -> int:
    """Put a copy back, after checking it and making sure that no bot runs on the database."""
    database = Database(settings.effective_database_url)
    path = sqlite_path(database.url)
    try:
        if path is None:
            raise Invalid("backup_not_sqlite")
        incoming = backup.prepare(file, path)
        try:
            if incoming.revision > migrations.head():
                raise migrations.NewerSchema(incoming.revision)
            lock = InstanceLock(database, settings.bot_token.get_secret_value())
        except (AlreadyRunning, migrations.NewerSchema):
            incoming.path.unlink()
            raise
    except (DomainError, AlreadyRunning, migrations.NewerSchema) as error:
        words = _words(error) if isinstance(error, DomainError) else str(error)
        print(f"Not restored, nothing was touched: {words}", file=sys.stderr)
        return 1
    database.close()
    kept = backup.put_back(incoming.path, path, datetime.now(ZoneInfo(settings.timezone)))
    lock.release()
    print(f"Restored {file}." + (f" What was there before is kept as {kept}." if kept else ""))
    return 0


def copy_database(settings: Settings, source_place: str, target_place: str) -> int:
    """Copy everything into an empty database, while no bot runs on either; print how far it is."""
    from migrations import copying

    try:
        target_url = copying.url_of(target_place)
        source = copying.open_source(copying.url_of(source_place))
        lock = InstanceLock(source, settings.bot_token.get_secret_value())
        try:
            copied = copying.copy(source, target_url, lambda words: print(words, file=sys.stderr))
        finally:
            lock.release()
            source.close()
    except (copying.NotCopied, AlreadyRunning, migrations.NewerSchema) as error:
        print(f"Not copied, the target is as it was: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Stopped: not copied, the target is as it was.", file=sys.stderr)
        return 130
    print(
        f"Copied {copied.rows} rows of {copied.tables} tables; their counts and {copied.sums} sums agree."
        " Now set DATABASE_URL to the new database and start the bot; put the old one away."
    )
    return 0


def create_code(database: Database, role: Role, name: str) -> int:
    """Print a new access code."""
    with database.unit_of_work() as session:
        code = auth.issue_code(session, role, name)
    print(code)
    print("Works once, for 72 hours: typed to the bot, or sent as /start CODE.", file=sys.stderr)
    return 0


def import_file(database: Database, command: str, path: Path, *, is_dry: bool) -> int:
    """Print the report of a file, and apply it unless it has problems or is only tried."""
    from services import imports

    check = imports.check_catalog if command == "import-catalog" else imports.check_customers
    try:
        data = path.read_bytes()
    except OSError as error:
        print(f"{path}: {error.strerror}", file=sys.stderr)
        return 1
    # The long part only reads: a bot that runs meanwhile can write.
    with database.reading() as session:
        report = check(session, data, path.name)
    print(imports.render_report(report, _problem_words))
    if report.problems:
        return 1
    if not is_dry:
        try:
            with database.unit_of_work() as session:
                imports.apply(session, report, None)
        except Conflict:
            print("The database was changed meanwhile. Nothing was written: run it again.", file=sys.stderr)
            return 1
    print("Nothing was written (dry run)." if is_dry else "Applied.")
    return 0
