"""``python -m benchmarks.far_end``: the local Bot API as a process of its own, with a crowd in it.

The server is demo.bot_api's. Commands come as lines of JSON on stdin, each is answered by one on stdout;
the process ends with its stdin.
"""

from __future__ import annotations

import json
import sys
from typing import Any

from benchmarks.crowd import Crowd, Path
from demo.bot_api import BotApi


def main() -> None:
    """Serve until stdin ends."""
    with BotApi() as api:
        _say({"url": api.url, "token": api.token})
        crowd: Crowd | None = None
        for line in sys.stdin:
            command = json.loads(line)
            if command["do"] == "walk":
                crowd = Crowd(api, Path(tuple(command["steps"]), tuple(command["turns"])))
                crowd.walk(command["ids"])
                _say({})
            elif crowd is not None:
                _say(_press(api, crowd, command))


def _press(api: BotApi, crowd: Crowd, command: dict[str, Any]) -> dict[str, Any]:
    with api.faults.delay(command["round_trip"]):
        counted = crowd.press(command["people"], command["warm_up"], command["seconds"])
    return {"seconds": counted.seconds, "latencies": counted.latencies}


def _say(answer: dict[str, Any]) -> None:
    print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
