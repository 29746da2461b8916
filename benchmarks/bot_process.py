"""``python -m benchmarks.bot_process [PACKAGE…]``: this bot as ``bot.py run`` starts it, without rate limits.

Its settings come from the environment. Packages that are named are hidden from it, to see what it would
weigh without them. With ``BENCH_STAGES=FILE`` it times its stages and writes them to the file at its end.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Sequence
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType


class Hider:
    """A finder that knows better: the hidden packages are not installed."""

    def __init__(self, hidden: Iterable[str]) -> None:
        self._hidden = frozenset(hidden)

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Refuse a hidden package, leave the others to the next finder."""
        if name.partition(".")[0] in self._hidden:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
        return None


def main() -> int:
    """Run the bot until SIGTERM; return its exit code."""
    sys.meta_path.insert(0, Hider(sys.argv[1:]))
    from benchmarks import stages
    from bot import build
    from runtime import logs
    from runtime.lanes import Limits
    from settings import load

    settings = load()
    logs.set_up("WARNING", "text", settings.secrets)
    app = build(settings, limits=Limits(per_second=None, chat_per_second=None))
    file = os.environ.get("BENCH_STAGES")
    write_stages = stages.watch(app, Path(file)) if file else lambda: None
    code = app.supervisor.run()
    write_stages()
    app.close()
    return code


if __name__ == "__main__":
    sys.exit(main())
