from __future__ import annotations

import email
import email.policy
import socket
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.header import decode_header, make_header
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
import trustme
from hypothesis import given
from hypothesis import strategies as st

from demo.mailbox import Mailbox
from services import formats, mail
from services.mail import Attachment, Letter, MailConfig, MailError, Outcome
from tests.services.smtp_server import DROP, ScriptedServer

# aiosmtpd says so of a server that asks for a login on a connection encrypted from the start
pytestmark = pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")

SENT_AT = datetime(2026, 11, 20, 10, 42, tzinfo=UTC)
PDF = b"%PDF-1.4\r\n.\r\n..\nbinary \x00\xff"


def compose(recipient: str = "client@romashka.example", **changes: Any) -> Letter:
    fields: dict[str, Any] = {
        "sender": "bot@veter.example",
        "sender_name": "ООО «Северный Ветер», отдел продаж",
        "recipient": recipient,
        "subject": "Счёт № 1234 от 20.11.2026 на 120 097,03 ₽",
        "text": "Здравствуйте!\n\n.точка в начале строки\n",
        "html": "<p>Здравствуйте!</p>",
        "message_id": "<invoice-1-0-1@veter.example>",
        "sent_at": SENT_AT,
        "attachments": (Attachment("Счет_1234.pdf", PDF), Attachment("Накладная_1234.pdf", b"%PDF-2")),
        "reply_to": "sales@veter.example",
    }
    return mail.compose(**{**fields, **changes})


def parsed(letter: Letter) -> EmailMessage:
    message = email.message_from_bytes(letter.content, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    return message


def config_for(port: int, **changes: Any) -> MailConfig:
    fields: dict[str, Any] = {
        "host": "127.0.0.1",
        "port": port,
        "security": "none",
        "sender": "bot@veter.example",
        "timeout": 5,
    }
    return MailConfig(**{**fields, **changes})


def deliver(port: int, *recipients: str, **changes: Any) -> list[MailError | None]:
    letters = [compose(recipient) for recipient in recipients or ("client@romashka.example",)]
    return list(mail.deliver_letters(config_for(port, **changes), letters))


def outcomes(results: list[MailError | None]) -> list[tuple[int | None, Outcome] | None]:
    return [(result.code, result.outcome) if result else None for result in results]


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    with Mailbox() as running:
        yield running


# ---- composing


def test_the_headers_of_a_letter() -> None:
    message = parsed(compose())
    assert message["Subject"] == "Счёт № 1234 от 20.11.2026 на 120 097,03 ₽"
    # EmailMessage puts a space between the encoded words of a name when it reads them; decode_header does not
    raw = email.message_from_bytes(compose().content)["From"]
    assert str(make_header(decode_header(raw))) == "ООО «Северный Ветер», отдел продаж <bot@veter.example>"
    assert message["From"].addresses[0].addr_spec == "bot@veter.example"
    assert message["To"] == "client@romashka.example"
    assert message["Reply-To"] == "sales@veter.example"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Message-ID"] == "<invoice-1-0-1@veter.example>"
    assert message["Date"].datetime == SENT_AT


def test_the_parts_of_a_letter() -> None:
    message = parsed(compose())
    text, html = message.get_body(("plain",)), message.get_body(("html",))
    assert text is not None
    assert html is not None
    assert text.get_content().replace("\r\n", "\n") == "Здравствуйте!\n\n.точка в начале строки\n"
    assert html.get_content().strip() == "<p>Здравствуйте!</p>"
    attached = {part.get_filename(): part.get_content() for part in message.iter_attachments()}
    assert attached == {"Счет_1234.pdf": PDF, "Накладная_1234.pdf": b"%PDF-2"}
    assert {part.get_content_type() for part in message.iter_attachments()} == {"application/pdf"}


def test_a_letter_is_plain_ascii_with_short_lines() -> None:
    content = compose(subject="Счёт " * 60).content
    assert content.isascii()
    assert max(len(line) for line in content.split(b"\r\n")) < 200
    assert b"\n" not in content.replace(b"\r\n", b"")
    assert b"filename*=utf-8''%D0%A1%D1%87%D0%B5%D1%82_1234.pdf" in content


def test_the_same_arguments_give_the_same_bytes() -> None:
    assert compose() == compose()
    assert compose(message_id="<invoice-1-0-2@veter.example>") != compose()


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=200))
def test_no_letter_of_a_subject_is_lost(subject: str) -> None:
    assert parsed(compose(subject=subject))["Subject"] == formats.one_line(subject)


@pytest.mark.parametrize("field", ["subject", "sender_name", "recipient", "reply_to", "message_id"])
def test_nobody_starts_a_header_of_his_own(field: str) -> None:
    letter = compose(**{field: "x\r\nBcc: thief@example.com\r\n\r\nbody"})
    message = parsed(letter)
    assert message["Bcc"] is None
    assert set(message.keys()) == set(parsed(compose()).keys())


def test_without_names_the_addresses_stand_alone() -> None:
    message = parsed(compose(sender_name="", reply_to="", attachments=()))
    assert message["From"] == "bot@veter.example"
    assert message["Reply-To"] is None
    assert list(message.iter_attachments()) == []


# ---- delivering to a proper server


def test_letters_arrive_each_in_its_own_envelope(mailbox: Mailbox) -> None:
    assert deliver(mailbox.port, "a@romashka.example", "b@romashka.example") == [None, None]
    first, second = mailbox.letters
    assert (first.sender, first.recipients) == ("bot@veter.example", ("a@romashka.example",))
    assert second.recipients == ("b@romashka.example",)
    assert first.subject == "Счёт № 1234 от 20.11.2026 на 120 097,03 ₽"
    assert first.text.replace("\r\n", "\n") == "Здравствуйте!\n\n.точка в начале строки\n"
    assert first.attachments["Счет_1234.pdf"] == PDF


def test_a_line_that_begins_with_a_dot_arrives_with_it(mailbox: Mailbox) -> None:
    content = b"Subject: dots\r\n\r\n.\r\n..\r\n.end\r\n"
    letters = [Letter("a@b.ru", "c@d.ru", content)]
    assert list(mail.deliver_letters(config_for(mailbox.port), letters)) == [None]
    assert mailbox.letters[0].raw.endswith(b"\r\n\r\n.\r\n..\r\n.end\r\n")


@pytest.mark.parametrize(
    ("code", "stage", "outcome"),
    [
        (450, "rcpt", Outcome.TEMPORARY),
        (451, "data", Outcome.TEMPORARY),
        (452, "data", Outcome.TEMPORARY),
        (550, "rcpt", Outcome.BAD_ADDRESS),
        (553, "rcpt", Outcome.BAD_ADDRESS),
        (552, "data", Outcome.PERMANENT),
        (554, "data", Outcome.PERMANENT),
        (554, "rcpt", Outcome.PERMANENT),
        (550, "data", Outcome.PERMANENT),
        (530, "rcpt", Outcome.SETTINGS),
    ],
)
def test_a_refusal_concerns_one_letter(mailbox: Mailbox, code: int, stage: Any, outcome: Outcome) -> None:
    mailbox.faults.refuse(code, stage, times=1)
    results = deliver(mailbox.port, "a@b.ru", "c@d.ru")
    assert outcomes(results) == [(code, outcome), None]
    assert [letter.recipients for letter in mailbox.letters] == [("c@d.ru",)]


def test_a_refusal_is_told_in_the_servers_words(mailbox: Mailbox) -> None:
    mailbox.faults.refuse_recipient("gone@b.ru")
    error = deliver(mailbox.port, "gone@b.ru")[0]
    assert error is not None
    assert error.message == str(error) == "5.1.1 No such user here"


def test_a_drop_after_the_text_may_have_delivered_it(mailbox: Mailbox) -> None:
    mailbox.faults.drop(keep=True, times=1)
    results = deliver(mailbox.port, "a@b.ru", "c@d.ru", "e@f.ru")
    assert outcomes(results)[0] == (None, Outcome.UNKNOWN)
    assert outcomes(results)[1:] == [(None, Outcome.TEMPORARY)] * 2
    assert [letter.recipients for letter in mailbox.letters] == [("a@b.ru",)]
    assert deliver(mailbox.port, "a@b.ru", "c@d.ru", "e@f.ru") == [None, None, None]
    assert mailbox.letters[0].headers["Message-ID"] == mailbox.letters[1].headers["Message-ID"]


def test_silence_after_the_text_is_unknown_too(mailbox: Mailbox) -> None:
    mailbox.faults.hang(30, keep=True, times=1)
    assert outcomes(deliver(mailbox.port, timeout=0.3)) == [(None, Outcome.UNKNOWN)]


def test_silence_before_the_text_is_not_sent(mailbox: Mailbox) -> None:
    mailbox.faults.hang(30, times=1)
    assert outcomes(deliver(mailbox.port, timeout=0.3)) == [(None, Outcome.TEMPORARY)]
    assert mailbox.letters == []


def test_nobody_at_home() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    results = deliver(port, "a@b.ru", "c@d.ru")
    assert outcomes(results) == [(None, Outcome.TEMPORARY)] * 2


def test_an_unknown_host_is_tried_again() -> None:
    [error] = mail.deliver_letters(config_for(465, host="mail.invalid", security="ssl"), [compose()])
    assert error is not None
    assert error.outcome is Outcome.TEMPORARY


@pytest.mark.parametrize(
    "address", ["анна@b.ru", "a@почта.рф", "a b@c.ru", "a@b.ru>\r\nRCPT TO:<c@d.ru", "<a@b.ru>", ""]
)
def test_an_address_no_server_takes(mailbox: Mailbox, address: str) -> None:
    letters = [Letter("bot@veter.example", address, b"\r\n"), compose()]
    results = list(mail.deliver_letters(config_for(mailbox.port), letters))
    assert outcomes(results) == [(None, Outcome.BAD_ADDRESS), None]
    assert len(mailbox.letters) == 1


def test_no_letters_need_no_connection() -> None:
    assert list(mail.deliver_letters(config_for(1), [])) == []


def test_each_letter_is_told_before_the_next_is_begun(mailbox: Mailbox) -> None:
    told = mail.deliver_letters(config_for(mailbox.port), [compose("a@b.ru"), compose("c@d.ru")])
    for number in (1, 2):
        assert next(told) is None
        assert len(mailbox.letters) == number


# ---- refusals at other stages


@pytest.mark.parametrize(
    ("script", "outcome", "code"),
    [
        ({"connect": ["421 too busy"]}, Outcome.TEMPORARY, 421),
        ({"connect": ["554 go away"]}, Outcome.SETTINGS, 554),
        ({"connect": [DROP]}, Outcome.TEMPORARY, None),
        ({"mail": ["421 closing"]}, Outcome.TEMPORARY, 421),
        ({"mail": ["451 later"]}, Outcome.TEMPORARY, 451),
        ({"mail": ["553 not your address"]}, Outcome.SETTINGS, 553),
        ({"mail": ["530 log in first"]}, Outcome.SETTINGS, 530),
        ({"mail": ["552 too big"]}, Outcome.PERMANENT, 552),
        ({"mail": [DROP]}, Outcome.TEMPORARY, None),
        ({"rcpt": ["551 moved"]}, Outcome.BAD_ADDRESS, 551),
        ({"rcpt": [DROP]}, Outcome.TEMPORARY, None),
        ({"data": ["250 what?"]}, Outcome.TEMPORARY, 250),
        ({"data": ["554 no"]}, Outcome.PERMANENT, 554),
        ({"data": [DROP]}, Outcome.TEMPORARY, None),
        ({"end": [DROP]}, Outcome.UNKNOWN, None),
        ({"end": ["421 closing"]}, Outcome.TEMPORARY, 421),
    ],
)
def test_what_each_refusal_means(script: dict[str, list[str]], outcome: Outcome, code: int | None) -> None:
    with ScriptedServer(**script) as server:
        assert outcomes(deliver(server.port)) == [(code, outcome)]


def test_a_connection_lost_in_the_middle_is_opened_once_more() -> None:
    with ScriptedServer(end=["250 taken", DROP]) as server:
        results = deliver(server.port, "a@b.ru", "c@d.ru", "e@f.ru")
        assert outcomes(results) == [None, (None, Outcome.UNKNOWN), None]
        assert server.connections == 2


def test_a_refusal_that_hangs_up_does_not_hold_the_others_back() -> None:
    with ScriptedServer(rcpt=["550 nobody"], rset=[DROP]) as server:
        results = deliver(server.port, "a@b.ru", "c@d.ru")
        assert outcomes(results) == [(550, Outcome.BAD_ADDRESS), None]


def test_a_letter_is_not_begun_on_the_rest_of_another() -> None:
    with ScriptedServer(rcpt=["450 later"]) as server:
        deliver(server.port, "a@b.ru", "c@d.ru")
        verbs = [command.split(" ")[0] for command in server.commands]
    assert verbs == ["ehlo", "mail", "rcpt", "rset", "mail", "rcpt", "DATA", "quit"]


# ---- encryption and login


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="module")
def ca_file(authority: trustme.CA, tmp_path_factory: pytest.TempPathFactory) -> str:
    path: Path = tmp_path_factory.mktemp("ca") / "ca.pem"
    authority.cert_pem.write_to_path(path)
    return str(path)


def server_context(authority: trustme.CA, name: str = "127.0.0.1") -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert(name).configure_cert(context)
    return context


@pytest.mark.parametrize("security", ["ssl", "starttls"])
def test_an_encrypted_letter(authority: trustme.CA, ca_file: str, security: Any) -> None:
    with Mailbox(
        security=security, context=server_context(authority), user="bot", password="secret"
    ) as mailbox:
        changes = {"security": security, "ca_file": ca_file, "user": "bot", "password": "secret"}
        assert deliver(mailbox.port, **changes) == [None]
        mail.check_login(config_for(mailbox.port, **changes))
        assert len(mailbox.letters) == 1


@pytest.mark.parametrize("security", ["ssl", "starttls"])
def test_a_certificate_nobody_vouches_for(authority: trustme.CA, security: Any) -> None:
    with Mailbox(security=security, context=server_context(authority)) as mailbox:
        results = deliver(mailbox.port, "a@b.ru", "c@d.ru", security=security)
        assert outcomes(results) == [(None, Outcome.SETTINGS)] * 2
        assert mailbox.letters == []


@pytest.mark.parametrize("security", ["ssl", "starttls"])
def test_a_certificate_of_another_host(authority: trustme.CA, ca_file: str, security: Any) -> None:
    with Mailbox(security=security, context=server_context(authority, "other.example")) as mailbox:
        results = deliver(mailbox.port, security=security, ca_file=ca_file)
        assert outcomes(results) == [(None, Outcome.SETTINGS)]


def test_starttls_never_falls_back(mailbox: Mailbox) -> None:
    assert outcomes(deliver(mailbox.port, security="starttls", user="bot", password="secret")) == [
        (None, Outcome.SETTINGS)
    ]
    assert mailbox.letters == []


def test_ssl_to_a_plain_port(mailbox: Mailbox) -> None:
    assert outcomes(deliver(mailbox.port, security="ssl")) == [(None, Outcome.SETTINGS)]


def test_a_certificate_file_that_is_not_there(mailbox: Mailbox) -> None:
    assert outcomes(deliver(mailbox.port, security="ssl", ca_file="/nowhere/ca.pem")) == [
        (None, Outcome.SETTINGS)
    ]


@pytest.mark.parametrize("host", ["mail.example.com", "10.0.0.5", "localhost.example.com", "0.0.0.0"])
def test_without_encryption_no_letter_leaves_the_machine(host: str) -> None:
    with pytest.raises(MailError) as fault:
        mail.check_login(config_for(25, host=host))
    assert fault.value.outcome is Outcome.SETTINGS
    assert host in fault.value.message


@pytest.mark.parametrize("password", ["wrong", "", "пароль"])
def test_a_wrong_password(authority: trustme.CA, ca_file: str, password: str) -> None:
    with Mailbox(security="ssl", context=server_context(authority), user="bot", password="secret") as mailbox:
        changes = {"security": "ssl", "ca_file": ca_file, "user": "bot", "password": password}
        assert outcomes(deliver(mailbox.port, "a@b.ru", "c@d.ru", **changes)) == [(535, Outcome.SETTINGS)] * 2
        with pytest.raises(MailError) as fault:
            mail.check_login(config_for(mailbox.port, **changes))
        assert fault.value.code == 535


def test_a_password_outside_ascii(authority: trustme.CA, ca_file: str) -> None:
    with Mailbox(security="ssl", context=server_context(authority), user="бот", password="пароль") as mailbox:
        changes = {"security": "ssl", "ca_file": ca_file, "user": "бот", "password": "пароль"}
        assert deliver(mailbox.port, **changes) == [None]


def test_a_password_outside_ascii_where_it_cannot_be_said() -> None:
    with ScriptedServer(ehlo=["250-here\r\n250 AUTH LOGIN"]) as server:
        assert outcomes(deliver(server.port, user="bot", password="пароль")) == [(None, Outcome.SETTINGS)]


def test_a_server_that_takes_no_login() -> None:
    with ScriptedServer(ehlo=["250 here"]) as server:
        assert outcomes(deliver(server.port, user="bot", password="secret")) == [(None, Outcome.SETTINGS)]


@pytest.mark.parametrize(
    ("reply", "outcome"), [("454 not now", Outcome.TEMPORARY), ("535 no", Outcome.SETTINGS)]
)
def test_a_login_refused(reply: str, outcome: Outcome) -> None:
    with ScriptedServer(auth=[reply, reply]) as server:
        assert outcomes(deliver(server.port, user="bot", password="secret")) == [(int(reply[:3]), outcome)]


def test_the_password_does_not_show() -> None:
    assert "secret" not in repr(config_for(25, password="secret"))
    assert "%PDF" not in repr(compose())


# ---- when to try again


def test_the_schedule_of_retries() -> None:
    first_tried_at, now = SENT_AT, SENT_AT
    minutes = []
    for attempt in range(1, 100):
        due_at = mail.next_retry(attempt, first_tried_at, now)
        if due_at is None:
            break
        minutes.append(round((due_at - now) / timedelta(minutes=1)))
        now = due_at
    assert minutes == [1, 5, 15, 60, *[60] * 22]
    assert now - first_tried_at == timedelta(hours=23, minutes=21)


def test_a_retry_due_on_the_last_minute_is_made_and_no_later() -> None:
    last = SENT_AT + timedelta(hours=23)
    assert mail.next_retry(9, SENT_AT, last) == SENT_AT + timedelta(hours=24)
    assert mail.next_retry(9, SENT_AT, last + timedelta(seconds=1)) is None
