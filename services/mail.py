"""Letters over SMTP: composing them, handing them to a server, and what each refusal means for the next try.

This is the only module that speaks SMTP. Its rules:

* every header value is one clean line, so nobody's name or subject can start a header of its own;
* certificates are always verified; STARTTLS that is not offered is an error, never a reason to go on in the
  clear; ``security="none"`` is for a server on the same machine and refused for any other;
* one envelope per recipient and one connection per batch, so each letter has its own outcome;
* a connection lost after the text went out leaves the letter *perhaps delivered*: it is sent again under the
  same Message-ID, which lets the receiving side drop the double.

Sources: RFC 5321 (SMTP, reply codes), 3207 (STARTTLS), 4616 (PLAIN takes UTF-8), 3834 (Auto-Submitted).
"""

from __future__ import annotations

import base64
import enum
import hashlib
import ipaddress
import re
import smtplib
import ssl
from collections.abc import Callable, Iterator, Sequence, Set
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email import policy
from email.header import Header
from email.mime.application import MIMEApplication
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from email.utils import format_datetime
from typing import Literal

from services import formats

MAX_REPLY = 300
RETRY_MINUTES = (1, 5, 15, 60)
RETRY_WINDOW = timedelta(hours=24)


class Outcome(enum.Enum):
    """What a failure means for the letter."""

    TEMPORARY = "temporary"
    """It was not delivered; later it may be."""
    BAD_ADDRESS = "bad_address"
    """There is no such mailbox: somebody has to correct the address."""
    PERMANENT = "permanent"
    """The server will not have this letter."""
    SETTINGS = "settings"
    """No letter can go out until the administrator mends the settings."""
    UNKNOWN = "unknown"
    """The connection broke after the text was sent: perhaps delivered."""


class MailError(Exception):
    """A letter, or all of them, did not go out.

    ``message`` is in the server's own words where it said any, ``code`` its reply code or ``None``.
    """

    def __init__(self, message: str, code: int | None, outcome: Outcome) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.outcome = outcome

    @property
    def is_outage(self) -> bool:
        """Tell whether it met no letter in particular: the server could not be reached, or does not work."""
        is_passing = self.outcome in (Outcome.TEMPORARY, Outcome.UNKNOWN)
        return is_passing and (self.code is None or self.code in _OUTAGE_CODES)


@dataclass(frozen=True, slots=True)
class MailConfig:
    """How to reach the server. ``ca_file`` is a root certificate to trust besides the system's."""

    host: str
    sender: str
    port: int = 465
    security: Literal["ssl", "starttls", "none"] = "ssl"
    user: str = ""
    password: str = field(default="", repr=False)
    ca_file: str | None = None
    timeout: float = 30


@dataclass(frozen=True, slots=True)
class Attachment:
    """A PDF that goes with a letter; the name may be in any script."""

    name: str
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Letter:
    """A composed letter: the envelope's two addresses and the message as it goes on the wire."""

    sender: str
    recipient: str
    content: bytes = field(repr=False)


def compose(
    *,
    sender: str,
    recipient: str,
    subject: str,
    text: str,
    html: str,
    message_id: str,
    sent_at: datetime,
    attachments: Sequence[Attachment] = (),
    sender_name: str = "",
    reply_to: str = "",
) -> Letter:
    """Return a letter with a text and an HTML part; the same arguments give the same bytes.

    ``sent_at`` is aware and becomes the Date; ``message_id`` comes with its angle brackets and is kept for
    retries. Built from ``email.mime`` and ``Header``: the newer ``EmailMessage`` loses a space where it
    folds a Cyrillic subject.
    """
    digest = hashlib.sha256(message_id.encode()).hexdigest()[:32]
    body = MIMEMultipart("alternative", boundary=f"=_body_{digest}")
    body.attach(MIMEText(text, "plain", "utf-8"))
    body.attach(MIMEText(html, "html", "utf-8"))
    message = MIMEMultipart("mixed", boundary=f"=_letter_{digest}")
    message["From"] = _mailbox(sender_name, sender)
    message["To"] = formats.one_line(recipient)
    message["Subject"] = Header(formats.one_line(subject), "utf-8", header_name="Subject").encode()
    message["Date"] = format_datetime(sent_at)
    message["Message-ID"] = formats.one_line(message_id)
    if reply_to:
        message["Reply-To"] = formats.one_line(reply_to)
    message["Auto-Submitted"] = "auto-generated"
    message.attach(body)
    for attachment in attachments:
        part = MIMEApplication(attachment.content, "pdf")
        name = formats.one_line(attachment.name)
        part.add_header("Content-Disposition", "attachment", filename=("utf-8", "", name))
        message.attach(part)
    return Letter(sender, recipient, message.as_bytes(policy=policy.compat32.clone(linesep="\r\n")))


def _mailbox(name: str, address: str) -> str:
    """Return «name <address>» with the name encoded, whatever is in it."""
    clean_name, clean_address = formats.one_line(name), formats.one_line(address)
    if not clean_name:
        return clean_address
    header = Header(clean_name, "utf-8", header_name="From")
    header.append(f"<{clean_address}>", "us-ascii")
    return header.encode()


def next_retry(attempt: int, first_tried_at: datetime, now: datetime) -> datetime | None:
    """Return when to try again after ``attempt`` failed tries: in 1, 5, 15, 60 minutes, then every hour.

    ``None`` once the next try would come more than 24 hours after the first.
    """
    minutes = RETRY_MINUTES[min(max(attempt, 1), len(RETRY_MINUTES)) - 1]
    due_at = now + timedelta(minutes=minutes)
    return due_at if due_at <= first_tried_at + RETRY_WINDOW else None


def deliver_letters(config: MailConfig, letters: Sequence[Letter]) -> Iterator[MailError | None]:
    """Hand letters to the server over one connection; tell an error or ``None`` (accepted) of each, in order.

    Each is told before the next letter is begun. A connection that breaks is opened once more for the letters
    after the one it broke on; if it breaks on the first of them, or cannot be opened, the rest share that
    error's reason and were not sent.
    """
    done = 0
    while done < len(letters):
        before = done
        try:
            with _connection(config) as smtp:
                for result in _deliver_on(smtp, letters[before:]):
                    done += 1
                    yield result
        except _Broken as broken:
            done += 1
            yield broken.error
            if done - before == 1 and broken.error.outcome in (Outcome.TEMPORARY, Outcome.UNKNOWN):
                yield from [broken.of_the_rest] * (len(letters) - done)
                return
        except MailError as error:
            yield from [error] * (len(letters) - done)
            return


def check_login(config: MailConfig) -> None:
    """Connect, verify, log in and leave without sending. Raises ``MailError`` saying what is wrong."""
    with _connection(config):
        pass


class _Broken(Exception):
    """The connection cannot be used any more; ``error`` is what became of the letter in hand."""

    def __init__(self, error: MailError) -> None:
        super().__init__(error.message)
        self.error = error
        self.of_the_rest = MailError(error.message, error.code, Outcome.TEMPORARY)


def _deliver_on(smtp: smtplib.SMTP, letters: Sequence[Letter]) -> Iterator[MailError | None]:
    """Send letters on an open connection, telling each one's result; raises ``_Broken`` when it is lost."""
    for letter in letters:
        try:
            _deliver(smtp, letter)
        except MailError as error:
            if error.code == 421 or not _is_reset(smtp):
                raise _Broken(error) from error
            yield error
        else:
            yield None


def _is_reset(smtp: smtplib.SMTP) -> bool:
    try:
        return smtp.rset()[0] == 250
    except (smtplib.SMTPException, OSError):
        return False


_ADDRESS = re.compile(r"[!-~]+@[!-~]+")


def _deliver(smtp: smtplib.SMTP, letter: Letter) -> None:
    """Send one letter step by step, so that it is known how far it got."""
    if not _ADDRESS.fullmatch(letter.recipient) or re.search("[<>]", letter.recipient):
        raise MailError("the address has characters that no server takes", None, Outcome.BAD_ADDRESS)
    _step(lambda: smtp.mail(letter.sender), {250}, _sender_outcome)
    _step(lambda: smtp.rcpt(letter.recipient), {250, 251, 252}, _recipient_outcome)
    _step(lambda: smtp.docmd("DATA"), {354}, _content_outcome)
    _step(lambda: _send_content(smtp, letter.content), {250}, _content_outcome, on_break=Outcome.UNKNOWN)


def _send_content(smtp: smtplib.SMTP, content: bytes) -> tuple[int, bytes]:
    """Send the text with its leading dots doubled and the final dot, and return the server's verdict."""
    smtp.send(re.sub(rb"(?m)^\.", b"..", content).removesuffix(b"\r\n") + b"\r\n.\r\n")
    return smtp.getreply()


def _step(
    command: Callable[[], tuple[int, bytes]],
    good_codes: Set[int],
    outcome_of: Callable[[int], Outcome],
    on_break: Outcome = Outcome.TEMPORARY,
) -> None:
    """Run one command of the dialogue; raises ``MailError`` unless the server agrees."""
    try:
        code, reply = command()
    except (smtplib.SMTPException, OSError) as fault:
        raise MailError(_words(fault), None, on_break) from fault
    if code not in good_codes:
        raise MailError(_decoded(reply), code, outcome_of(code))


# The server closes the channel; encryption or authentication does not work at present.
_OUTAGE_CODES = frozenset({421, 454})
_SETTINGS_CODES = frozenset({530, 534, 535, 538})
_BAD_ADDRESS_CODES = frozenset({501, 510, 511, 550, 551, 553, 556})


def _sender_outcome(code: int) -> Outcome:
    """Judge a refusal of the sender: apart from size and policy, it would meet every letter alike."""
    if code < 500:
        return Outcome.TEMPORARY
    return Outcome.PERMANENT if code in (552, 554) else Outcome.SETTINGS


def _recipient_outcome(code: int) -> Outcome:
    return Outcome.BAD_ADDRESS if code in _BAD_ADDRESS_CODES else _content_outcome(code)


def _content_outcome(code: int) -> Outcome:
    if code < 500:
        return Outcome.TEMPORARY
    return Outcome.SETTINGS if code in _SETTINGS_CODES else Outcome.PERMANENT


@contextmanager
def _connection(config: MailConfig) -> Iterator[smtplib.SMTP]:
    """Open a verified, logged-in connection. Raises ``MailError``: temporary, or a matter of settings."""
    smtp: smtplib.SMTP | None = None
    try:
        try:
            smtp = _opened(config)
            _log_in(smtp, config)
        except (smtplib.SMTPException, OSError, ValueError) as fault:
            raise _connection_error(fault) from fault
        yield smtp
        with suppress(smtplib.SMTPException, OSError):
            smtp.quit()
    finally:
        if smtp is not None:
            smtp.close()


def _opened(config: MailConfig) -> smtplib.SMTP:
    if config.security == "none":
        if not _is_this_machine(config.host):
            message = f"{config.host} is another machine: without encryption mail goes to localhost only"
            raise MailError(message, None, Outcome.SETTINGS)
        return smtplib.SMTP(config.host, config.port, timeout=config.timeout)
    context = ssl.create_default_context()
    if config.ca_file:
        context.load_verify_locations(config.ca_file)
    if config.security == "ssl":
        return smtplib.SMTP_SSL(config.host, config.port, timeout=config.timeout, context=context)
    smtp = smtplib.SMTP(config.host, config.port, timeout=config.timeout)
    try:
        smtp.starttls(context=context)
    except BaseException:
        smtp.close()
        raise
    return smtp


def _is_this_machine(host: str) -> bool:
    if host.lower() in ("localhost", "localhost."):
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def _log_in(smtp: smtplib.SMTP, config: MailConfig) -> None:
    smtp.ehlo_or_helo_if_needed()
    if not config.user:
        return
    if (config.user + config.password).isascii():
        smtp.login(config.user, config.password)
        return
    # smtplib encodes both as ASCII; PLAIN is defined in UTF-8, so for these it is said by hand
    if "PLAIN" not in smtp.esmtp_features.get("auth", "").upper().split():
        raise smtplib.SMTPNotSupportedError("The server takes only ASCII in the user name and password.")
    secret = base64.b64encode(f"\0{config.user}\0{config.password}".encode()).decode()
    code, reply = smtp.docmd("AUTH", f"PLAIN {secret}")
    if code not in (235, 503):
        raise smtplib.SMTPAuthenticationError(code, reply)


def _connection_error(fault: Exception) -> MailError:
    """Judge why there is no connection: the network, or a setting that will be as wrong the next time."""
    if isinstance(fault, smtplib.SMTPResponseException):
        outcome = Outcome.TEMPORARY if 400 <= fault.smtp_code < 500 else Outcome.SETTINGS
        return MailError(_words(fault), fault.smtp_code, outcome)
    is_cut = isinstance(fault, smtplib.SMTPServerDisconnected | ssl.SSLEOFError | ssl.SSLZeroReturnError)
    is_setting = isinstance(
        fault, ssl.SSLError | smtplib.SMTPNotSupportedError | FileNotFoundError | PermissionError | ValueError
    )
    return MailError(
        _words(fault), None, Outcome.SETTINGS if is_setting and not is_cut else Outcome.TEMPORARY
    )


def _words(fault: Exception) -> str:
    if isinstance(fault, smtplib.SMTPResponseException):
        return _decoded(fault.smtp_error)
    return formats.one_line(str(fault))[:MAX_REPLY] or type(fault).__name__


def _decoded(reply: bytes | str) -> str:
    """Return the server's words as one line that fits a notice."""
    text = reply.decode("utf-8", "replace") if isinstance(reply, bytes) else reply
    return formats.one_line(text)[:MAX_REPLY]
