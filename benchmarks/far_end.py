"""``python -m benchmarks.far_end``: the local Bot API as a process of its own, with a crowd in it.

The server is that of ``python -m demo.bot_api``. Commands come as lines of JSON on stdin, each is answered
by one on stdout; the process ends with its stdin.
"""

from __future__ import annotations

import json
import sys
from typing import Any

from benchmarks.crowd import Crowd, Path
from demo.bot_api import BotApi
from demo.sample import DMITRY


def main() -> None:
    """Serve until stdin ends."""
    with BotApi() as api:
        # Who is told of the bot's own affairs; a refusal would be measured with the rest.
        api.person(DMITRY.telegram_id).user.started = True
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
    refused = _refused(api)
    with api.faults.delay(command["round_trip"]):
        counted = crowd.press(*(command[name] for name in ("people", "pid", "warm_up", "seconds", "pace")))
    # Without the round trip: a bot that makes one call at a time would need minutes for 500 people.
    crowd.wait_answered()
    return {
        "seconds": counted.seconds,
        "cpu_seconds": counted.cpu_seconds,
        "latencies": counted.latencies,
        "refused": _refused(api) - refused,
    }


def _refused(api: BotApi) -> int:
    with api.world.lock:
        return sum(number for (_, status), number in api.calls.counts.items() if status != 200)


def _say(answer: dict[str, Any]) -> None:
    print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
