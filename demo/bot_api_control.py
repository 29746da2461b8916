"""Plain HTTP control of a local Bot API that runs as a process of its own (benchmarks, other languages).

| address | does |
|---|---|
| ``POST /control/updates`` ``{"updates": [...]}`` | queues raw updates, answers their ids |
| ``POST /control/people`` ``{"people": [{"id": 1, "first_name": "A"}]}`` | people who have started the bot |
| ``POST /control/people/<id>/<action>`` | ``send``, ``press``, ``block``: methods of ``Person`` |
| ``GET /control/people/<id>/messages`` | what the person sees |
| ``POST /control/faults`` ``{"kind": "delay", "seconds": 0.08}`` | puts a fault in force |
| ``DELETE /control/faults`` | switches all faults off |
| ``GET /control/calls?since=N&method=sendMessage`` | the call log |
| ``GET /control/status`` | pending updates, counts of calls and messages |
"""

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from aiohttp import web

from demo.bot_api_faults import Fault
from demo.bot_api_types import JSON

if TYPE_CHECKING:
    from demo.bot_api import BotApi

_ACTIONS = frozenset(
    {"start", "send", "command", "press", "tap", "forge", "block", "unblock", "send_location"}
)


class Control:
    """Answers ``/control/…``."""

    def __init__(self, api: "BotApi") -> None:
        self._api = api
        self._routes: dict[tuple[str, str], Callable[[JSON], Any]] = {
            ("POST", "updates"): self._updates,
            ("POST", "people"): self._people,
            ("POST", "faults"): self._fault,
            ("DELETE", "faults"): self._clear,
            ("GET", "calls"): self._calls,
            ("GET", "status"): self._status,
        }

    async def handle(self, request: web.BaseRequest) -> web.Response:
        """Do what is asked; 400 with the reason when it can't be done."""
        path = request.path.removeprefix("/control/")
        body: JSON = dict(request.query)
        if request.body_exists:
            body |= json.loads(await request.read() or b"{}")
        try:
            return web.json_response(self._dispatch(request.method, path, body))
        except LookupError as error:
            return web.json_response({"error": f"not found: {error}"}, status=404)
        except (AssertionError, TypeError, ValueError) as error:
            return web.json_response({"error": str(error)}, status=400)

    def _dispatch(self, method: str, path: str, body: JSON) -> Any:
        if (method, path) in self._routes:
            return self._routes[method, path](body)
        folder, user_id, action = path.split("/") if path.count("/") == 2 else ("", "0", "")
        if folder == "people" and action == "messages":
            return [message.as_json() for message in self._api.person(int(user_id)).messages]
        if folder == "people" and action in _ACTIONS:
            getattr(self._api.person(int(user_id)), action)(**body)
            return True
        raise LookupError(path)

    def _updates(self, body: JSON) -> list[int | None]:
        return self._api.inject_many(body["updates"])

    def _people(self, body: JSON) -> int:
        for who in body["people"]:
            person = self._api.person(int(who["id"]), who.get("first_name", ""), who.get("username"))
            person.user.started = True
        return len(body["people"])

    def _fault(self, body: JSON) -> bool:
        self._api.faults.add(Fault(**body))
        return True

    def _clear(self, _body: JSON) -> bool:
        self._api.faults.clear()
        return True

    def _calls(self, body: JSON) -> list[JSON]:
        found = self._api.calls.find(body.get("method", ""), int(body.get("since", 0)))
        return [call.as_json() for call in found]

    def _status(self, _body: JSON) -> JSON:
        with self._api.world.lock:
            counts = {f"{method} {status}": n for (method, status), n in self._api.calls.counts.items()}
            messages = sum(len(chat) for chat in self._api.world.chats.values())
            return {
                "pending_updates": len(self._api.world.updates),
                "calls": self._api.calls.total,
                "counts": counts,
                "messages": messages,
            }
