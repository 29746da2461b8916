"""The HTTP side of the local Bot API: addresses, answers, long polling and faults."""

import asyncio
import contextlib
import json
import re
import time
from typing import Any

from aiohttp import web

from demo import bot_api_files, bot_api_methods, bot_api_profile
from demo.bot_api_faults import CallLog, Fault, Faults
from demo.bot_api_limits import Limits
from demo.bot_api_params import Params, read_params
from demo.bot_api_types import JSON, ApiError
from demo.bot_api_world import World

METHODS = bot_api_methods.METHODS | bot_api_profile.METHODS
CONFLICT = "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running"
_MAX_POLL_SECONDS = 50
_TOKEN = re.compile(r"\d+:[\w-]+", re.ASCII)


class Gateway:
    """Answers the bot's HTTP requests; everything in it runs on the server's event loop."""

    def __init__(self, world: World, faults: Faults, calls: CallLog, limits: Limits) -> None:
        self._world = world
        self._faults = faults
        self._calls = calls
        self._limits = limits
        self._loop = asyncio.get_running_loop()
        self._poller: asyncio.Future[None] | None = None
        world.updates.on_new = self._update_arrived

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """``/bot<token>/<method>`` and ``/file/bot<token>/<path>``; anything else is 404."""
        ways = (("/bot", self._call), ("/file/bot", self._file))
        for prefix, way in ways:
            if request.path.startswith(prefix):
                token, _, rest = request.path.removeprefix(prefix).partition("/")
                if token == self._world.token:
                    return await way(request, rest)
                # What doesn't even look like a token is an address there isn't.
                known = _TOKEN.fullmatch(token)
                return _refusal(ApiError(401, "Unauthorized") if known else ApiError(404, "Not Found"))
        return _refusal(ApiError(404, "Not Found"))

    async def _call(self, request: web.BaseRequest, method: str) -> web.StreamResponse:
        try:
            params = await read_params(request)
        except ApiError as error:
            self._log(method, Params(), error.code, error.description, effect=False)
            return _refusal(error)
        delay, fault = self._faults.strike(method, params.get("chat_id"))
        if delay:
            await asyncio.sleep(delay)
        if fault is not None:
            return await self._faulty(request, method, params, fault)
        status, body, description = await self._perform(method, params)
        self._log(method, params, status, description, effect=status == 200)
        return _answer(status, body)

    async def _faulty(
        self, request: web.BaseRequest, method: str, params: Params, fault: Fault
    ) -> web.StreamResponse:
        if fault.kind == "status":
            error = fault.error()
            self._log(method, params, error.code, error.description, effect=False)
            return _refusal(error)
        has_effect = fault.kind == "cut_after" or fault.effect
        if has_effect:
            status, _, _ = await self._perform(method, params)
            has_effect = status == 200
        self._log(method, params, 0, fault.kind, effect=has_effect)
        if fault.kind == "hang":
            await asyncio.sleep(fault.seconds)
        return _cut(request)

    async def _perform(self, method: str, params: Params) -> tuple[int, JSON, str]:
        """Status, body and description of carrying the call out."""
        try:
            result = await self._result(method.lower(), params)
        except ApiError as error:
            return error.code, _refusal_body(error), error.description
        return 200, {"ok": True, "result": result}, ""

    async def _result(self, method: str, params: Params) -> Any:
        if method == "getupdates":
            return await self._get_updates(params)
        function = METHODS.get(method)
        if function is None:
            raise ApiError(404, "Not Found")
        with self._world.lock:
            self._limits.check(method, params.get("chat_id"), self._world.now())
            return function(self._world, params)

    def _log(self, method: str, params: Params, status: int, description: str, *, effect: bool) -> None:
        with self._world.lock:
            self._calls.add(
                method, params.brief(), status, self._world.now(), description=description, effect=effect
            )

    # --- getUpdates

    async def _get_updates(self, params: Params) -> list[JSON]:
        self._take_over()
        kinds = params.parsed("allowed_updates")
        offset = params.integer("offset")
        limit = min(max(params.integer("limit", 100), 1), 100)
        with self._world.lock:
            if isinstance(kinds, list):
                self._world.updates.allow(kinds)
            batch = self._world.updates.fetch(offset, limit)
            self._world.changed.notify_all()  # somebody may wait for the acknowledgement
        timeout = min(max(params.integer("timeout"), 0), _MAX_POLL_SECONDS)
        if batch or not timeout:
            return batch
        return await self._poll(offset, limit, timeout)

    def _take_over(self) -> None:
        """End the poll that is waiting: a bot has one poller, the newest."""
        if self._poller is not None and not self._poller.done():
            self._poller.set_exception(ApiError(409, CONFLICT))
        self._set_poller(None)

    async def _poll(self, offset: int, limit: int, timeout: float) -> list[JSON]:
        arrived = self._loop.create_future()
        with self._world.lock:
            self._set_poller(arrived)
            # One may have come before there was somebody to wake.
            batch = self._world.updates.fetch(offset, limit)
        try:
            if not batch:
                await asyncio.wait([arrived], timeout=timeout)
        finally:
            if self._poller is arrived:
                self._set_poller(None)
        if arrived.done():
            arrived.result()
        with self._world.lock:
            return batch or self._world.updates.fetch(offset, limit)

    def _set_poller(self, poller: "asyncio.Future[None] | None") -> None:
        with self._world.lock:
            self._poller = poller
            self._world.polled_at = time.monotonic()
            self._world.polling = poller is not None
            self._world.changed.notify_all()

    def _update_arrived(self) -> None:
        if self._poller is not None:
            with contextlib.suppress(RuntimeError):  # the server is being stopped
                self._loop.call_soon_threadsafe(self._wake)

    def _wake(self) -> None:
        if self._poller is not None and not self._poller.done():
            self._poller.set_result(None)

    # --- files

    async def _file(self, request: web.BaseRequest, path: str) -> web.StreamResponse:
        delay, fault = self._faults.strike("file", "")
        if delay:
            await asyncio.sleep(delay)
        if fault is not None:
            return await self._faulty(request, "file", Params(path=path), fault)
        with self._world.lock:
            stored = bot_api_files.find_by_path(self._world, path)
        if stored is None:
            return _refusal(ApiError(404, "Not Found"))
        return web.Response(body=stored.data, content_type="application/octet-stream")


def _refusal_body(error: ApiError) -> JSON:
    body: JSON = {"ok": False, "error_code": error.code, "description": error.description}
    return body | ({"parameters": error.parameters} if error.parameters else {})


def _refusal(error: ApiError) -> web.Response:
    return _answer(error.code, _refusal_body(error))


def _answer(status: int, body: JSON) -> web.Response:
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    return web.Response(body=text.encode(), status=status, content_type="application/json")


def _cut(request: web.BaseRequest) -> web.Response:
    if request.transport is not None:
        request.transport.abort()
    # aiohttp finds the connection gone and drops this.
    return web.Response(status=500)
