"""A local Telegram Bot API, strict as Telegram, for the demo, the tests and the benchmarks.

In a test: ``with BotApi() as api:`` and give the bot ``api.token`` and ``api.url``. As a process of its
own: ``python -m demo.bot_api --port 8081``, steered over HTTP as :mod:`demo.bot_api_control` tells.
"""

import argparse
import contextlib
import signal
from collections.abc import AsyncIterator, Iterable
from typing import Self

from aiohttp import web

from demo.bot_api_control import Control
from demo.bot_api_faults import CallLog, Faults
from demo.bot_api_limits import Limits
from demo.bot_api_server import Gateway
from demo.bot_api_types import JSON, Group, Message
from demo.bot_api_world import World
from demo.loop_thread import LoopThread
from demo.people import Person

TOKEN = "4200000001:local-demo-token-for-the-bot-on-this-machine"
USERNAME = "trading_store_demo_bot"


class BotApi:
    """The server in a thread of its own; a context manager, or :meth:`start` and :meth:`stop`.

    ``first_message_id`` matters to a bot that remembers messages of a server that ran before.
    """

    def __init__(
        self, token: str = TOKEN, port: int = 0, host: str = "127.0.0.1", *, first_message_id: int = 1
    ) -> None:
        self.token = token
        self.host = host
        self.port = port
        self.world = World(token, USERNAME, first_message_id)
        self.faults = Faults()
        self.limits = Limits()
        self.calls = CallLog(self.world.changed)
        self._people: dict[int, Person] = {}
        self._thread = LoopThread("bot-api")

    @property
    def username(self) -> str:
        """The bot's user name without the @."""
        return str(self.world.bot["username"])

    @property
    def url(self) -> str:
        """The base address: the bot's ``TELEGRAM_API_URL``."""
        return f"http://{self.host}:{self.port}"

    def start(self) -> Self:
        """Listen; raises ``OSError`` when the port is taken."""
        self._thread.start(self._serve)
        return self

    def stop(self) -> None:
        """Close every connection and end the thread; :meth:`start` brings it back as it was."""
        self._thread.stop()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    @contextlib.asynccontextmanager
    async def _serve(self) -> AsyncIterator[None]:
        gateway, control = Gateway(self.world, self.faults, self.calls, self.limits), Control(self)

        async def handle(request: web.BaseRequest) -> web.StreamResponse:
            # A page in some browser names its origin; only programs may steer.
            if request.path.startswith("/control/") and "Origin" not in request.headers:
                return await control.handle(request)
            return await gateway.handle(request)

        # A bot that has gone leaves a poll behind, and it is waited for twice as long.
        runner = web.ServerRunner(web.Server(handle, access_log=None), shutdown_timeout=0.01)
        await runner.setup()
        try:
            site = web.TCPSite(runner, self.host, self.port, reuse_address=True)
            await site.start()
            self.port = runner.addresses[0][1]
            yield
        finally:
            await runner.cleanup()

    # --- playing the people

    def person(self, user_id: int, first_name: str = "", username: str | None = None) -> Person:
        """The person of that Telegram id, the same object each time."""
        with self.world.lock:
            self.world.user(user_id, first_name, username)
            return self._people.setdefault(user_id, Person(self.world, user_id))

    def group(self, group_id: int, title: str = "Группа", *, has_bot: bool = True) -> Group:
        """The group chat of that (negative) id."""
        with self.world.lock:
            group = self.world.groups.setdefault(group_id, Group(group_id, title, has_bot))
            group.has_bot = has_bot
            return group

    def messages(self, chat_id: int) -> list[Message]:
        """The visible messages of any chat, oldest first."""
        with self.world.lock:
            return self.world.visible(chat_id)

    # --- updates

    def inject(self, update: JSON) -> int | None:
        """Queue a raw update; returns its id, or None when the bot doesn't ask for its kind."""
        with self.world.lock:
            return self.world.updates.push(update)

    def inject_many(self, updates: Iterable[JSON]) -> list[int | None]:
        """Queue raw updates at once."""
        with self.world.lock:
            return [self.world.updates.push(update) for update in updates]

    def redeliver(self, update_id: int) -> None:
        """Hand an update out once more under its old id."""
        with self.world.lock:
            self.world.updates.redeliver(update_id)

    def restart_update_ids(self, first: int) -> None:
        """Number updates from ``first`` on; what waits is dropped."""
        with self.world.lock:
            self.world.updates.restart_ids(first)

    @property
    def last_update_id(self) -> int:
        """The id given last."""
        return self.world.updates.next_id - 1

    @property
    def pending_updates(self) -> int:
        """How many updates the bot has not acknowledged."""
        with self.world.lock:
            return len(self.world.updates)

    def wait_fetched(self, timeout: float = 10) -> None:
        """Wait until the bot has acknowledged every update."""
        with self.world.changed:
            if not self.world.changed.wait_for(lambda: not len(self.world.updates), timeout):
                raise AssertionError(
                    f"after {timeout} s {len(self.world.updates)} updates are not acknowledged"
                )

    @property
    def polling(self) -> bool:
        """Whether a getUpdates call is waiting for news."""
        return self.world.polling

    @property
    def seen_at(self) -> float:
        """When getUpdates was called last, by ``time.monotonic()``."""
        return self.world.polled_at

    def skip(self, seconds: float) -> None:
        """Move Telegram's clock ahead: presses grow old, messages too old to delete."""
        with self.world.lock:
            self.world.clock_offset += seconds


def main() -> None:
    """Serve until SIGTERM or Ctrl-C."""
    parser = argparse.ArgumentParser(description="A local Telegram Bot API for tests and benchmarks.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8081)
    parser.add_argument("--token", default=TOKEN)
    options = parser.parse_args()
    # Blocked in every thread to come, so that sigwait alone receives them.
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
    with BotApi(options.token, options.port, options.host) as api:
        print(f"Bot API on {api.url}, token {api.token}", flush=True)
        signal.sigwait({signal.SIGINT, signal.SIGTERM})


if __name__ == "__main__":
    main()
