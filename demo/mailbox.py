"""A mail server that keeps what it gets, for the demo and the tests, with every trouble mail can have."""

import asyncio
import contextlib
import email
import email.policy
import ssl
import threading
import time
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from email.message import EmailMessage
from functools import cached_property
from typing import Any, Literal, Self

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from demo.loop_thread import LoopThread

Stage = Literal["rcpt", "data"]
_SENTENCES = {
    421: "4.3.2 Service shutting down",
    450: "4.2.0 Mailbox busy, try again later",
    451: "4.3.0 Local error, try again later",
    550: "5.1.1 No such user here",
    552: "5.3.4 Message too big",
    554: "5.7.1 Rejected as spam",
}


@dataclass(frozen=True)
class Letter:
    """A letter as it arrived: the envelope and the raw bytes, parsed on demand."""

    number: int
    sender: str
    recipients: tuple[str, ...]
    raw: bytes = field(repr=False)
    received_at: float = 0.0

    @cached_property
    def message(self) -> EmailMessage:
        """The parsed message."""
        parsed = email.message_from_bytes(self.raw, policy=email.policy.default)
        assert isinstance(parsed, EmailMessage)
        return parsed

    @property
    def subject(self) -> str:
        """The decoded subject."""
        return str(self.message["Subject"] or "")

    @property
    def headers(self) -> dict[str, str]:
        """The decoded headers; of repeated ones the last."""
        return {name: str(value) for name, value in self.message.items()}

    @property
    def text(self) -> str:
        """The plain part, or nothing."""
        return self._body("plain")

    @property
    def html(self) -> str:
        """The HTML part, or nothing."""
        return self._body("html")

    @property
    def attachments(self) -> dict[str, bytes]:
        """The attached files by name."""
        return {
            part.get_filename() or "": part.get_payload(decode=True) or b""  # type: ignore[misc]  # not multipart
            for part in self.message.iter_attachments()
        }

    def _body(self, kind: Literal["plain", "html"]) -> str:
        part = self.message.get_body((kind,))
        return "" if part is None else str(part.get_content())


@dataclass(eq=False)
class MailFault:
    """One kind of trouble at one stage, for the next ``times`` letters or until :meth:`off`."""

    kind: Literal["refuse", "hang", "drop"]
    stage: Stage = "data"
    times: int | None = None
    code: int = 451
    recipient: str = ""
    seconds: float = 0.0
    keep: bool = False
    hits: int = 0
    active: bool = True

    def off(self) -> None:
        """Stop it."""
        self.active = False

    def take(self, stage: Stage, recipient: str) -> bool:
        """Whether it strikes here; counts the hit."""
        if not self.active or stage != self.stage or (self.recipient and self.recipient != recipient):
            return False
        self.hits += 1
        if self.times is not None and self.hits >= self.times:
            self.active = False
        return True

    @property
    def reply(self) -> str:
        """The refusal as the server words it."""
        return f"{self.code} {_SENTENCES.get(self.code, '4.0.0 Try again later')}"


class MailFaults:
    """The faults in force; ``times`` None means until switched off."""

    def __init__(self) -> None:
        self._faults: list[MailFault] = []

    def add(self, fault: MailFault) -> MailFault:
        """Put a fault in force."""
        self._faults.append(fault)
        return fault

    def refuse(self, code: int, stage: Stage = "data", times: int | None = None) -> MailFault:
        """Answer 421, 450, 451, 552 or 554 at RCPT or after DATA."""
        return self.add(MailFault("refuse", stage, times, code))

    def refuse_recipient(self, address: str, code: int = 550) -> MailFault:
        """Answer 550 to one address."""
        return self.add(MailFault("refuse", "rcpt", None, code, recipient=address))

    def hang(self, seconds: float, *, keep: bool = False, times: int | None = None) -> MailFault:
        """No answer for ``seconds``: before DATA, or with ``keep`` after the letter has been taken."""
        return self.add(MailFault("hang", "data" if keep else "rcpt", times, seconds=seconds, keep=keep))

    def drop(self, *, keep: bool = True, times: int | None = None) -> MailFault:
        """Hang up after DATA without a reply; with ``keep`` the letter has arrived all the same."""
        return self.add(MailFault("drop", "data", times, keep=keep))

    def clear(self) -> None:
        """Switch everything off."""
        for fault in self._faults:
            fault.off()
        self._faults.clear()

    def strike(self, stage: Stage, recipient: str = "") -> MailFault | None:
        """The fault that hits here, if any."""
        return next((fault for fault in self._faults if fault.take(stage, recipient)), None)


class Mailbox:
    """An SMTP server in a thread of its own: a context manager, or :meth:`start` and :meth:`stop`.

    ``context`` is a server's TLS context: with ``security`` "ssl" the whole connection is encrypted, with
    "starttls" the client has to ask for it before anything else. ``user`` and ``password`` make it ask
    for a login.
    """

    def __init__(
        self,
        *,
        port: int = 0,
        security: Literal["none", "starttls", "ssl"] = "none",
        context: ssl.SSLContext | None = None,
        user: str | None = None,
        password: str = "",
    ) -> None:
        self.host = "127.0.0.1"
        self.port = port
        self.faults = MailFaults()
        self._security = security
        self._context = context
        self._login = (user, password) if user is not None else None
        self._letters: list[Letter] = []
        self._changed = threading.Condition()
        self._thread = LoopThread("mailbox")
        self._connections: set[_Connection] = set()
        self.listeners: list[Callable[[Letter], None]] = []

    def start(self) -> Self:
        """Listen; raises ``OSError`` when the port is taken."""
        self._thread.start(self._serve)
        return self

    def stop(self) -> None:
        """Hang up on everybody and end the thread; until :meth:`start`, connections are refused."""
        self._thread.stop()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def letters(self) -> list[Letter]:
        """What came so far, oldest first."""
        with self._changed:
            return list(self._letters)

    def wait_letters(self, number: int, timeout: float = 10) -> list[Letter]:
        """All letters once there are ``number``; AssertionError after ``timeout`` seconds."""
        with self._changed:
            if not self._changed.wait_for(lambda: len(self._letters) >= number, timeout):
                seen = "\n".join(f"{letter.recipients}: {letter.subject}" for letter in self._letters)
                raise AssertionError(f"{len(self._letters)} of {number} letters within {timeout} s\n{seen}")
            return list(self._letters)

    def clear(self) -> None:
        """Throw the letters away."""
        with self._changed:
            self._letters.clear()

    def put_back(self, letters: Sequence[Letter]) -> None:
        """Have in the box what came before a restart."""
        with self._changed:
            self._letters[:0] = letters

    def keep(self, envelope: Envelope) -> None:
        """Put a letter into the box."""
        raw = envelope.content if isinstance(envelope.content, bytes) else b""
        with self._changed:
            number = len(self._letters) + 1
            letter = Letter(number, envelope.mail_from or "", tuple(envelope.rcpt_tos), raw, time.time())
            self._letters.append(letter)
            self._changed.notify_all()
        for listener in self.listeners:
            listener(letter)

    @contextlib.asynccontextmanager
    async def _serve(self) -> AsyncIterator[None]:
        loop = asyncio.get_running_loop()
        tls = self._context if self._security == "ssl" else None
        server = await loop.create_server(self._connection, self.host, self.port, ssl=tls)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield
        finally:
            server.close()
            for connection in list(self._connections):
                connection.hang_up()
            await server.wait_closed()

    def _connection(self) -> "_Connection":
        starttls = self._context if self._security == "starttls" else None
        return _Connection(
            self._connections,
            _Handler(self, self.faults),
            hostname="mail.localhost",
            enable_SMTPUTF8=True,
            data_size_limit=40 * 1024 * 1024,
            tls_context=starttls,
            require_starttls=starttls is not None,
            authenticator=self._authenticate if self._login else None,
            auth_required=self._login is not None,
            auth_require_tls=self._security == "starttls",
        )

    def _authenticate(
        self, _server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, data: LoginPassword
    ) -> AuthResult:
        given = (data.login.decode(), data.password.decode())
        if given == self._login:
            return AuthResult(success=True)
        # handled=True would leave the client waiting for an answer that nobody sends.
        return AuthResult(success=False, handled=False)


class _Connection(SMTP):
    """One client, known to the mailbox while it is connected."""

    def __init__(self, connections: "set[_Connection]", handler: "_Handler", **options: Any) -> None:
        super().__init__(handler, **options)
        self._connections = connections

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self._connections.add(self)

    def connection_lost(self, error: Exception | None) -> None:
        self._connections.discard(self)
        super().connection_lost(error)

    def hang_up(self) -> None:
        """Break the connection without a word."""
        for transport in (self.transport, self._original_transport):
            if isinstance(transport, asyncio.Transport):
                transport.abort()


class _Handler:
    """What aiosmtpd asks at each stage."""

    def __init__(self, mailbox: Mailbox, faults: MailFaults) -> None:
        self._mailbox = mailbox
        self._faults = faults

    async def handle_RCPT(  # noqa: N802  # aiosmtpd looks for this name
        self, server: _Connection, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        """A recipient is named."""
        fault = self._faults.strike("rcpt", address)
        if fault is not None:
            return await self._trouble(server, fault)
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(  # noqa: N802
        self, server: _Connection, _session: Session, envelope: Envelope
    ) -> str:
        """The letter is here in full."""
        fault = self._faults.strike("data")
        if fault is None or fault.keep:
            self._mailbox.keep(envelope)
        if fault is not None:
            return await self._trouble(server, fault)
        return "250 2.0.0 OK"

    async def _trouble(self, server: _Connection, fault: MailFault) -> str:
        if fault.kind == "refuse":
            return fault.reply
        if fault.kind == "drop":
            server.hang_up()
        # Ended earlier by the loss of the connection; afterwards it breaks, whatever the client does.
        await asyncio.sleep(fault.seconds or 60)
        server.hang_up()
        return "421 4.4.2 Timeout"
