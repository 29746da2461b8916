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
from demo.bot_api import BotApi
from demo.bot_api_types import JSON
from demo.loop_thread import LoopThread
from demo.mailbox import Letter, Mailbox
from demo.people import Person

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
STATIC = Path(__file__).parent / "static"
_PAGE_POLICY = "default-src 'self'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'"
# Letters are shown as they are, but may neither run nor load anything.
_LETTER_POLICY = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:"
_SHOWN_IN_PLACE = {"application/pdf", "image/png", "image/jpeg", "image/gif", "image/webp"}
_UPLOAD_LIMIT = 20 * 1024 * 1024
_MAIL = "mail"


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
    """The page's server in a thread of its own; :meth:`show` tells it whom to show."""

    def __init__(self, api: BotApi, mailbox: Mailbox, port: int = 8080) -> None:
        self.host = "127.0.0.1"
        self.port = port
        self._api = api
        self._mailbox = mailbox
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
        if what == "cast":
            return "cast", [shapes.member(member) for member in self._cast]
        if what == "bot":
            online = self._api.polling or time.monotonic() - self._api.seen_at < 3
            return "bot", {"online": online and self._api.seen_at > 0, "username": self._api.username}
        if what == _MAIL:
            return _MAIL, [shapes.letter(letter) for letter in self._mailbox.letters]
        if any(member.telegram_id == what for member in self._cast):
            return "chat", shapes.chat(self._api, self._api.person(int(what)))
        return None

    # --- the server

    @contextlib.asynccontextmanager
    async def _serve(self) -> AsyncIterator[None]:
        app = web.Application(middlewares=[_guard], client_max_size=_UPLOAD_LIMIT)
        app.add_routes(
            [
                web.get("/", self._index),
                web.get("/events", self._events),
                web.get("/files/{file_id}", self._file),
                web.get("/mail/{number}/html", self._letter_html),
                web.get("/mail/{number}/files/{index}", self._letter_file),
                web.post("/people/{id}/upload", self._upload),
                web.post("/people/{id}/{action}", self._act),
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
                    if event is not None:
                        await response.write(_frame(*event))
        except ConnectionError:
            return response
        finally:
            self._clients.discard(client)

    async def _act(self, request: web.Request) -> web.Response:
        person = self._person(request)
        action = _ACTIONS.get(request.match_info["action"])
        if action is None or request.content_type != "application/json":
            raise web.HTTPNotFound
        try:
            action(self._api, person, await request.json())
        except (AssertionError, LookupError, TypeError, ValueError) as error:
            raise web.HTTPConflict(text=str(error).partition("\n")[0]) from None
        return web.json_response(True)

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
        self._wake = asyncio.Event()

    def mark(self, what: int | str) -> None:
        self._dirty[what] = None
        self._wake.set()

    async def changes(self) -> list[int | str]:
        """What to tell now: changes at once, and each second whether the bot is there."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._wake.wait(), 1)
        self._wake.clear()
        changed, self._dirty = [*self._dirty, "bot"], {}
        return changed


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


def _frame(name: str, data: Any) -> bytes:
    return f"event: {name}\ndata: {json.dumps(data, ensure_ascii=False)}\n\n".encode()


def _download(name: str, mime_type: str, data: bytes) -> web.Response:
    shown = mime_type in _SHOWN_IN_PLACE
    way = "inline" if shown else "attachment"
    headers = {"Content-Disposition": f"{way}; filename*=UTF-8''{quote(name, safe='')}"}
    kind = mime_type if shown else "application/octet-stream"
    return web.Response(body=data, content_type=kind, headers=headers)


def _press(api: BotApi, person: Person, body: JSON) -> None:
    message = api.world.find_message(person.id, int(body["message_id"]))
    if message is None:
        raise LookupError("Этого сообщения уже нет")
    person.press_at(message, int(body["row"]), int(body["column"]))


def _contact(_api: BotApi, person: Person, body: JSON) -> None:
    person.send_contact(str(body["phone"]), None if body.get("own", True) else person.id + 1_000_000)


_ACTIONS: dict[str, Callable[[BotApi, Person, JSON], object]] = {
    "start": lambda _, person, body: person.start(str(body.get("payload", ""))),
    "send": lambda _, person, body: person.send(str(body["text"])),
    "press": _press,
    "tap": lambda _, person, body: person.tap(str(body["label"])),
    "location": lambda _, person, body: person.send_location(float(body["lat"]), float(body["lon"])),
    "contact": _contact,
    "sticker": lambda _, person, __: person.send_sticker(),
    "voice": lambda _, person, __: person.send_voice(),
    "block": lambda _, person, __: person.block(),
    "unblock": lambda _, person, __: person.unblock(),
}
