"""The demo's page: every person's chat with the bot and the mailbox, live in a browser."""

import asyncio
import contextlib
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any, Protocol, Self
from urllib.parse import quote, unquote, urlsplit

from aiohttp import web

from demo import page_shapes as shapes
from demo import witness
from demo.bot_api import BotApi
from demo.bot_process import Bot
from demo.geocoder import PLACES, Geocoder
from demo.ledger import MOSCOW, Ledger
from demo.loop_thread import LoopThread
from demo.mailbox import Letter, Mailbox
from demo.page_actions import ACTIONS
from demo.page_faults import Switches
from demo.people import Person

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
STATIC = Path(__file__).parent / "static"
_PAGE_POLICY = "default-src 'self'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'"
# Letters are shown as they are, but may neither run nor load anything; of this origin, so that the page can
# give them the room they need.
_LETTER_POLICY = "sandbox allow-same-origin; default-src 'none'; style-src 'unsafe-inline'; img-src data:"
_SHOWN_IN_PLACE = {"application/pdf", "image/png", "image/jpeg", "image/gif", "image/webp"}
_UPLOAD_LIMIT = 20 * 1024 * 1024
_MAIL = "mail"
# What is looked at every second, because nobody tells when it changes.
_WATCHED = ("cast", "bot", "faults", "counts")


class CastMember(Protocol):
    """Somebody of the cast, as the sample data tell."""

    @property
    def telegram_id(self) -> int:
        """Their Telegram id."""

    @property
    def first_name(self) -> str:
        """Their name."""

    @property
    def username(self) -> str | None:
        """Their user name without the @."""

    @property
    def roles(self) -> Sequence[Any]:
        """Their roles."""

    @property
    def code(self) -> str | None:
        """The access code they hold and have not used yet."""


class Page:
    """The page's server in a thread of its own; :meth:`show` tells it whom to show.

    ``geocoder``, ``bot`` and ``ledger`` are what the switches and the counters are about.
    """

    def __init__(
        self,
        api: BotApi,
        mailbox: Mailbox,
        port: int = 8080,
        *,
        geocoder: Geocoder | None = None,
        bot: Bot | None = None,
        ledger: Ledger | None = None,
    ) -> None:
        self.host = "127.0.0.1"
        self.port = port
        self._api = api
        self._mailbox = mailbox
        self._bot = bot
        self._ledger = ledger
        self._switches = Switches(api, mailbox, geocoder)
        self._cast: list[CastMember] = []
        self._clients: set[_Client] = set()
        self._thread = LoopThread("page")

    @property
    def url(self) -> str:
        """The address to open."""
        return f"http://{self.host}:{self.port}"

    def start(self) -> Self:
        """Listen; raises ``OSError`` when the port is taken."""
        self._thread.start(self._serve)
        self._api.world.listeners.append(self._chat_changed)
        self._mailbox.listeners.append(self._letter_came)
        return self

    def stop(self) -> None:
        """End the thread."""
        if self._chat_changed in self._api.world.listeners:
            self._api.world.listeners.remove(self._chat_changed)
            self._mailbox.listeners.remove(self._letter_came)
        self._thread.stop()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def show(self, cast: Sequence[CastMember]) -> None:
        """Put these people on the page."""
        for member in cast:
            self._api.person(member.telegram_id, member.first_name, member.username)
        self._cast = list(cast)
        self._thread.call_soon(self._mark_everything)

    # --- what changed, told to every open browser

    def _chat_changed(self, chat_id: int) -> None:
        self._thread.call_soon(self._mark, chat_id)

    def _letter_came(self, _letter: Letter) -> None:
        self._thread.call_soon(self._mark, _MAIL)

    def _mark(self, what: int | str) -> None:
        for client in self._clients:
            client.mark(what)

    def _mark_everything(self) -> None:
        for client in self._clients:
            self._mark_all(client)

    def _mark_all(self, client: "_Client") -> None:
        client.mark("cast")
        for member in self._cast:
            client.mark(member.telegram_id)
        client.mark(_MAIL)

    def _event(self, what: int | str) -> tuple[str, Any] | None:
        if isinstance(what, str):
            return what, self._news[what](self)
        if any(member.telegram_id == what for member in self._cast):
            return "chat", shapes.chat(self._api, self._api.person(what), self._zone())
        return None

    def _zone(self) -> Any:
        return self._ledger.zone() if self._ledger else MOSCOW

    def _cast_news(self) -> Any:
        held = self._ledger.roles() if self._ledger else {}
        return [
            shapes.member(member, held.get(member.telegram_id, []) if held else None) for member in self._cast
        ]

    def _mail_news(self) -> Any:
        return [shapes.letter(letter, self._zone()) for letter in self._mailbox.letters]

    def _bot_news(self) -> Any:
        """Whether the bot is there, and which messages it has not fetched yet."""
        api, bot = self._api, self._bot
        online = api.seen_at > 0 and (api.polling or time.monotonic() - api.seen_at < 3)
        with api.world.lock:
            waiting = [update["message"] for update in api.world.updates.waiting() if "message" in update]
        return {
            "username": api.username,
            "online": online and (bot is None or bot.pid is not None),
            "pid": bot.pid if bot else None,
            "kills": bot.kills if bot else None,
            "waiting": [message["message_id"] for message in waiting],
        }

    def _count_news(self) -> Any:
        if self._ledger is None:
            return None
        ledger = self._ledger
        seen = witness.counts(self._api, self._mailbox)
        return {"bot": ledger.counts(), "seen": seen, "hands": ledger.hands()}

    _news: dict[str, Callable[["Page"], Any]] = {  # noqa: RUF012  a table, never changed
        "cast": _cast_news,
        "bot": _bot_news,
        "faults": lambda page: page._switches.states(),
        "counts": _count_news,
        _MAIL: _mail_news,
    }

    # --- the server

    @contextlib.asynccontextmanager
    async def _serve(self) -> AsyncIterator[None]:
        app = web.Application(middlewares=[_guard], client_max_size=_UPLOAD_LIMIT)
        app.add_routes(
            [
                web.get("/", self._index),
                web.get("/events", self._events),
                web.get("/places", self._places),
                web.get("/files/{file_id}", self._file),
                web.get("/mail/{number}/html", self._letter_html),
                web.get("/mail/{number}/files/{index}", self._letter_file),
                web.post("/people/{id}/upload", self._upload),
                web.post("/people/{id}/{action}", self._act),
                web.post("/faults/{name}", self._turn),
                web.post("/bot/kill", self._kill),
                web.static("/static", STATIC),
            ]
        )
        runner = web.AppRunner(app, access_log=None, handle_signals=False, shutdown_timeout=0.1)
        await runner.setup()
        try:
            await web.TCPSite(runner, self.host, self.port, reuse_address=True).start()
            self.port = runner.addresses[0][1]
            yield
        finally:
            await runner.cleanup()

    async def _index(self, _request: web.Request) -> web.FileResponse:
        return web.FileResponse(STATIC / "index.html", headers={"Content-Security-Policy": _PAGE_POLICY})

    async def _events(self, request: web.Request) -> web.StreamResponse:
        headers = {"Content-Type": "text/event-stream", "Cache-Control": "no-store"}
        response = web.StreamResponse(headers=headers)
        await response.prepare(request)
        client = _Client()
        self._clients.add(client)
        self._mark_all(client)
        try:
            while True:
                for what in await client.changes():
                    event = self._event(what)
                    if event is not None and client.is_news(what, event[1]):
                        await response.write(_frame(*event))
                await response.write(b":\n\n")  # finds out that the browser has gone
        except ConnectionError:
            return response
        finally:
            self._clients.discard(client)

    async def _places(self, _request: web.Request) -> web.Response:
        """The addresses the local geocoder knows, for the little map."""
        return web.json_response(
            [[f"{p.town}, {p.street}, {p.house}", p.latitude, p.longitude] for p in PLACES]
        )

    async def _act(self, request: web.Request) -> web.Response:
        person = self._person(request)
        action = ACTIONS.get(request.match_info["action"])
        body = await _json_body(request)
        if action is None:
            raise web.HTTPNotFound
        try:
            return web.json_response(await asyncio.to_thread(action, self._api, person, body))
        except (AssertionError, LookupError, TypeError, ValueError) as error:
            raise web.HTTPConflict(text=str(error).partition("\n")[0]) from None

    async def _turn(self, request: web.Request) -> web.Response:
        name, body = request.match_info["name"], await _json_body(request)
        if name not in self._switches.states():
            raise web.HTTPNotFound
        await asyncio.to_thread(self._switches.turn, name, bool(body.get("on")))
        self._mark("faults")
        return web.json_response(True)

    async def _kill(self, request: web.Request) -> web.Response:
        await _json_body(request)
        if self._bot is None:
            raise web.HTTPNotFound
        killed = self._bot.kill()
        self._mark("bot")
        return web.json_response(killed)

    async def _upload(self, request: web.Request) -> web.Response:
        """A file as the body; its name in a header, which a foreign page can't send."""
        name = unquote(request.headers.get("X-File-Name", ""))
        if not name:
            raise web.HTTPBadRequest
        data = await request.read()
        person = self._person(request)
        if request.headers.get("X-File-Kind") == "photo":
            person.send_photo(data)
        else:
            person.send_document(name, data)
        return web.json_response(True)

    def _person(self, request: web.Request) -> Person:
        for member in self._cast:
            if str(member.telegram_id) == request.match_info["id"]:
                return self._api.person(member.telegram_id)
        raise web.HTTPNotFound

    async def _file(self, request: web.Request) -> web.Response:
        stored = self._api.world.files.get(request.match_info["file_id"])
        if stored is None:
            raise web.HTTPNotFound
        return _download(stored.name, stored.mime_type, stored.data)

    def _letter(self, request: web.Request) -> Letter:
        for letter in self._mailbox.letters:
            if str(letter.number) == request.match_info["number"]:
                return letter
        raise web.HTTPNotFound

    async def _letter_html(self, request: web.Request) -> web.Response:
        policy = {"Content-Security-Policy": _LETTER_POLICY}
        return web.Response(text=self._letter(request).html, content_type="text/html", headers=policy)

    async def _letter_file(self, request: web.Request) -> web.Response:
        files = list(self._letter(request).attachments.items())
        index = request.match_info["index"]
        if not index.isdigit() or int(index) >= len(files):
            raise web.HTTPNotFound
        name, data = files[int(index)]
        return _download(name, "application/pdf" if name.lower().endswith(".pdf") else "", data)


class _Client:
    """One open browser and what it has not been told yet."""

    def __init__(self) -> None:
        self._dirty: dict[int | str, None] = {}
        self._told: dict[int | str, Any] = {}
        self._wake = asyncio.Event()

    def mark(self, what: int | str) -> None:
        self._dirty[what] = None
        self._wake.set()

    async def changes(self) -> list[int | str]:
        """What may have changed: marked things at once, each second what has to be looked at.

        The latter first: a chat that shows an order comes after the word in whose hands the order is.
        """
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._wake.wait(), 1)
        self._wake.clear()
        changed, self._dirty = [*dict.fromkeys([*_WATCHED, *self._dirty])], {}
        return changed

    def is_news(self, what: int | str, data: Any) -> bool:
        """Whether it differs from what was told last; it counts as told now."""
        is_new = what not in self._told or self._told[what] != data
        self._told[what] = data
        return is_new


@web.middleware
async def _guard(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Only a page opened from this machine may ask: other sites in the same browser may not."""
    host = urlsplit(f"//{request.host}").hostname
    origin = request.headers.get("Origin")
    if host not in ("127.0.0.1", "localhost") or (origin and urlsplit(origin).netloc != request.host):
        raise web.HTTPForbidden
    response = await handler(request)
    if not response.prepared:
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers.setdefault("Cache-Control", "no-store")
    return response


async def _json_body(request: web.Request) -> dict[str, Any]:
    """The body; only of that type, which a foreign page's form can't send."""
    if request.content_type != "application/json":
        raise web.HTTPNotFound
    body = await request.json()
    if not isinstance(body, dict):
        raise web.HTTPBadRequest
    return body


def _frame(name: str, data: Any) -> bytes:
    return f"event: {name}\ndata: {json.dumps(data, ensure_ascii=False)}\n\n".encode()


def _download(name: str, mime_type: str, data: bytes) -> web.Response:
    shown = mime_type in _SHOWN_IN_PLACE
    way = "inline" if shown else "attachment"
    headers = {"Content-Disposition": f"{way}; filename*=UTF-8''{quote(name, safe='')}"}
    kind = mime_type if shown else "application/octet-stream"
    return web.Response(body=data, content_type=kind, headers=headers)
