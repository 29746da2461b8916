"""The company's data are for the account the bot runs under, whatever made the files."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

from services.backup import BACKUPS

log = logging.getLogger(__name__)

PROGRAM = Path(__file__).resolve().parent.parent
OTHERS = 0o077


def tighten(data_dir: Path, database: Path | None) -> None:
    """Take the data folder, the database with what stands beside it, and the copies from everybody else."""
    for path in _private(data_dir, database):
        try:
            mode = path.stat().st_mode
            if mode & OTHERS:
                path.chmod(mode & ~OTHERS & 0o7777)
        except FileNotFoundError:
            # SQLite's files beside the database go when the last who reads it closes it.
            continue
        except OSError as error:
            log.warning("%s can be read by others and that cannot be changed (%s)", path, error.strerror)


def is_open(path: Path) -> bool:
    """Tell whether everybody on this machine may read a file."""
    return path.is_file() and bool(path.stat().st_mode & 0o004)


def _private(data_dir: Path, database: Path | None) -> Iterator[Path]:
    # The program's own folder, if somebody keeps the data there, has more readers.
    if data_dir.is_dir() and not PROGRAM.is_relative_to(data_dir.resolve()):
        yield data_dir
    if database is not None:
        for pattern in (f"{database.name}*", f"{database.stem}.before-*.db"):
            yield from (path for path in database.parent.glob(pattern) if path.is_file())
    backups = data_dir / BACKUPS
    if backups.is_dir():
        yield backups
        yield from (path for path in backups.iterdir() if path.is_file())
