"""The company's data are for the account the bot runs under, whoever made the folder."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

import bot
from runtime import checks, file_modes
from runtime.instance_lock import AlreadyRunning
from settings import Secret, Settings


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data folder as a copy by hand leaves it: for everybody."""
    folder = tmp_path / "data"
    (folder / "backups").mkdir(parents=True)
    for name in (
        "bot.db",
        "bot.db-wal",
        "bot.db-shm",
        "bot.db.lock",
        "bot.before-0002.db",
        "bot.db.before-restore-2026-11-20",
        "backups/nightly-2026-11-20-0200.db.gz",
    ):
        (folder / name).write_bytes(b"x")
        (folder / name).chmod(0o644)
    folder.chmod(0o755)
    (folder / "backups").chmod(0o777)
    return folder


def test_what_everybody_could_read_is_the_owner_s_again(data: Path) -> None:
    file_modes.tighten(data, data / "bot.db")
    assert mode(data) == 0o700
    found = {path.name: mode(path) for path in data.rglob("*")}
    assert found.pop("backups") == 0o700
    assert len(found) == 7
    assert set(found.values()) == {0o600}


def test_a_file_that_goes_meanwhile_is_no_hindrance(monkeypatch: pytest.MonkeyPatch, data: Path) -> None:
    """Whoever looked into the database last closes it just now, and SQLite takes its files away."""
    private = file_modes._private

    def going(data_dir: Path, database: Path | None) -> Iterator[Path]:
        for path in private(data_dir, database):
            if path.name.endswith("-wal"):
                path.unlink()
            yield path

    monkeypatch.setattr(file_modes, "_private", going)
    file_modes.tighten(data, data / "bot.db")
    assert mode(data / "bot.db") == 0o600


def test_what_is_somebody_else_s_is_left_alone(data: Path, tmp_path: Path) -> None:
    """A database beside other things: their folder and they are none of ours."""
    other = tmp_path / "bot.py"
    other.write_bytes(b"x")
    other.chmod(0o755)
    (tmp_path / "bot.db").write_bytes(b"x")
    (tmp_path / "bot.db").chmod(0o644)
    tmp_path.chmod(0o755)
    file_modes.tighten(data, tmp_path / "bot.db")
    assert (mode(tmp_path), mode(other), mode(tmp_path / "bot.db")) == (0o755, 0o755, 0o600)


def test_the_program_s_own_folder_stays_readable(monkeypatch: pytest.MonkeyPatch, data: Path) -> None:
    monkeypatch.setattr(file_modes, "PROGRAM", data / "program")
    file_modes.tighten(data, None)
    assert mode(data) == 0o755


def test_what_cannot_be_changed_is_said(
    data: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(self: Path, mode: int) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(Path, "chmod", refuse)
    with caplog.at_level(logging.WARNING):
        file_modes.tighten(data, data / "bot.db")
    assert f"{data} can be read by others" in caplog.text


def test_a_missing_folder_is_no_trouble(tmp_path: Path) -> None:
    file_modes.tighten(tmp_path / "nowhere", tmp_path / "nowhere" / "bot.db")
    assert list(tmp_path.iterdir()) == []


def test_a_start_makes_it_so_and_names_an_env_that_everybody_can_read(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def goes_no_further(*_: object, **__: object) -> None:
        raise AlreadyRunning("seen")

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(bot, "build", goes_no_further)
    (tmp_path / ".env").write_text("BOT_TOKEN=x", "utf-8")
    (tmp_path / ".env").chmod(0o644)
    with caplog.at_level(logging.WARNING):
        assert bot.run(Settings(bot_token=Secret("1:abcdefghij"), admin_ids=(1,), data_dir=data)) == 1
    assert {mode(path) for path in data.rglob("*") if path.is_file()} == {0o600}
    assert "everybody on this machine can read .env" in caplog.text


@pytest.mark.parametrize(("readable", "sign"), [(0o600, "✓"), (0o640, "✓"), (0o644, "✗")])
def test_check_names_an_env_that_everybody_can_read(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    readable: int,
    sign: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".env").write_text("BOT_TOKEN=x", "utf-8")
    (tmp_path / ".env").chmod(readable)
    for check in ("_database", "_telegram", "_geocoder", "_fonts"):
        monkeypatch.setattr(checks, check, lambda _: "well")
    checks.run(Settings(bot_token=Secret("1:abcdefghij"), admin_ids=(1,)), None)
    first = capsys.readouterr().out.splitlines()[0]
    assert first.startswith(f"{sign} settings")
    assert ("chmod 600 .env" in first) == (sign == "✗")
