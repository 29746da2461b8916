"""How long to look: the same few examples on every ordinary run, new and many ones with FUZZ."""

from __future__ import annotations

import os
from collections.abc import Callable

from hypothesis import HealthCheck, settings

TIMES = int(os.environ.get("FUZZ") or 0)


def fuzzed(examples: int) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Return the decorator for a property: ``examples`` known ones, or FUZZ times as many fresh ones."""
    checks = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large]
    return settings(
        max_examples=examples * (TIMES or 1),
        derandomize=not TIMES,
        deadline=None,
        database=None,
        suppress_health_check=checks,
    )
