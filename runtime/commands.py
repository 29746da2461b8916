"""What the command line does besides running: checks, access codes, imports."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import migrations
from models import Database, Role
from services import auth
from services.errors import DomainError

if TYPE_CHECKING:
    from settings import Settings


def run(settings: Settings, options: argparse.Namespace) -> int:
    """Do the command that was asked for; return the exit code."""
    if options.command == "check":
        from runtime import checks

        return checks.run(settings)
    database = Database(settings.effective_database_url)
    try:
        migrations.upgrade(database)
        if options.command == "create-code":
            return create_code(database, Role(options.role), options.name)
        return import_file(database, options.command, options.file, is_dry=options.dry_run)
    except DomainError as error:
        print(f"Not done: {error}", file=sys.stderr)
        return 1
    finally:
        database.close()


def create_code(database: Database, role: Role, name: str) -> int:
    """Print a new access code."""
    with database.unit_of_work() as session:
        code = auth.issue_code(session, role, name)
    print(code)
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
    with database.unit_of_work() as session:
        report = check(session, data, path.name)
        print(imports.render_report(report))
        if report.problems:
            return 1
        if not is_dry:
            imports.apply(session, report, None)
    print("Nothing was written (dry run)." if is_dry else "Applied.")
    return 0
