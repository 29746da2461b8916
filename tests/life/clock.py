"""A clock that stands still until it is moved, and everything in the bot that goes by it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, tzinfo

import pytest

from tests.faults.moved_clock import CLOCKS


class Clock:
    """What time it is for the whole bot."""

    def __init__(self, patch: pytest.MonkeyPatch, now: datetime) -> None:
        self.now = now.astimezone(UTC)
        clock = self

        class Standing(datetime):
            @classmethod
            def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
                return clock.now.astimezone(tz)

        for module in CLOCKS:
            patch.setattr(module, "datetime", Standing)

    def pass_by(self, span: timedelta) -> None:
        """Let so much time pass; nobody looks yet at what is due."""
        self.now += span
