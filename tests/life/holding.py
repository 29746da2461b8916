"""What a bot in this process holds on to: objects, threads, open files."""

from __future__ import annotations

import gc
import logging
import sys
import threading
import weakref
from collections import Counter
from contextlib import suppress
from pathlib import Path
from types import FrameType, ModuleType
from typing import Any

from sqlalchemy.pool import Pool
from sqlalchemy.util import LRUCache

from bot import App

PRODUCT = ("bot", "handlers", "migrations", "models", "runtime", "services", "settings")
# Delivery starts these as it needs them and never more than its limits, which the unit tests hold it to.
ON_DEMAND = ("delivery-", "answers-")
# Doors to all the rest of this process; what holds nothing; and what has a limit of its own.
_DOORS = (ModuleType, FrameType, logging.Logger, weakref.ref, Pool, LRUCache)


def objects(app: App) -> Counter[str]:
    """Count everything that can be reached from the bot and from its modules, by type.

    Not tracemalloc: Telegram, the mail server and everybody's phones live in this process, too, and forget
    nothing. What only a thread's stack knows is not seen.
    """
    gc.collect()
    modules = [module for name, module in sys.modules.items() if name.split(".")[0] in PRODUCT]
    # The names of other people's modules.
    beyond = {id(vars(module)) for module in sys.modules.values() if isinstance(module, ModuleType)}
    waiting: list[Any] = [app, *(value for module in modules for value in vars(module).values())]
    seen: dict[int, Any] = {}
    while waiting:
        thing = waiting.pop()
        if id(thing) not in seen and id(thing) not in beyond and not isinstance(thing, _DOORS):
            seen[id(thing)] = thing
            waiting.extend(gc.get_referents(thing))
    return Counter(f"{type(thing).__module__}.{type(thing).__qualname__}" for thing in seen.values())


def threads() -> list[str]:
    """Return the names of all threads but those that are started on demand."""
    names = (thread.name for thread in threading.enumerate())
    return sorted(name for name in names if not name.startswith(ON_DEMAND))


def files(folder: Path) -> Counter[str]:
    """Count the open handles: each of the bot's own files by name, everything else by kind."""
    found: Counter[str] = Counter()
    for handle in Path("/proc/self/fd").iterdir():
        # That of the listing itself is gone by now.
        with suppress(OSError):
            target = str(handle.readlink())
            is_file = target.startswith("/")
            found[target.removeprefix(f"{folder}/") if is_file else target.partition(":")[0]] += 1
    return found
