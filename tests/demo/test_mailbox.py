import base64
import smtplib
import ssl
from collections.abc import Iterator
from email.message import EmailMessage

import pytest
import trustme

from demo.mailbox import Letter, Mailbox


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    with Mailbox() as running:
        yield running


def letter(to: str = "client@example.ru") -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "bot@example.ru", to, "Счёт № 17 — ООО «Ромашка»"
    message.set_content("Счёт во вложении.")
    message.add_alternative("<p>Счёт во вложении.</p>", subtype="html")
    message.add_attachment(b"%PDF-1.7", maintype="application", subtype="pdf", filename="Счёт 17.pdf")
    return message


def send(mailbox: Mailbox, to: str = "client@example.ru", timeout: float = 5) -> None:
    with smtplib.SMTP(mailbox.host, mailbox.port, timeout=timeout) as client:
        client.send_message(letter(to), "bot@example.ru", to.split(","))


def test_a_letter_is_kept_whole(mailbox: Mailbox) -> None:
    heard: list[Letter] = []
    mailbox.listeners.append(heard.append)
    send(mailbox, "client@example.ru,accountant@example.ru")
    [got] = mailbox.wait_letters(1)
    assert (got.sender, got.recipients) == ("bot@example.ru", ("client@example.ru", "accountant@example.ru"))
    assert got.subject == got.headers["Subject"] == "Счёт № 17 — ООО «Ромашка»"
    assert (got.text.strip(), got.html.strip()) == ("Счёт во вложении.", "<p>Счёт во вложении.</p>")
    assert got.attachments == {"Счёт 17.pdf": b"%PDF-1.7"}
    assert b"Content-Type: multipart/mixed" in got.raw
    assert heard == [got]
    mailbox.clear()
    assert mailbox.letters == []


def test_waiting_names_what_came(mailbox: Mailbox) -> None:
    send(mailbox)
    with pytest.raises(AssertionError, match=r"1 of 2 letters(.|\n)*Ромашка"):
        mailbox.wait_letters(2, timeout=0.05)


@pytest.mark.parametrize("code", [421, 450, 451, 552, 554])
def test_refused_after_data(mailbox: Mailbox, code: int) -> None:
    mailbox.faults.refuse(code, times=1)
    with pytest.raises(smtplib.SMTPDataError) as refused:
        send(mailbox)
    assert refused.value.smtp_code == code
    send(mailbox)
    assert len(mailbox.letters) == 1


def test_refused_recipients(mailbox: Mailbox) -> None:
    fault = mailbox.faults.refuse_recipient("gone@example.ru")
    with pytest.raises(smtplib.SMTPRecipientsRefused) as refused:
        send(mailbox, "gone@example.ru")
    assert refused.value.recipients["gone@example.ru"][0] == 550
    send(mailbox, "gone@example.ru,client@example.ru")
    assert mailbox.letters[0].recipients == ("client@example.ru",)
    fault.off()
    mailbox.faults.refuse(450, stage="rcpt", times=1)
    with pytest.raises(smtplib.SMTPRecipientsRefused):
        send(mailbox)
    send(mailbox, "gone@example.ru")
    assert len(mailbox.letters) == 2


@pytest.mark.parametrize(("keep", "arrived"), [(False, 0), (True, 1)])
def test_hanging(mailbox: Mailbox, keep: bool, arrived: int) -> None:
    mailbox.faults.hang(30, keep=keep, times=1)
    with pytest.raises((TimeoutError, smtplib.SMTPServerDisconnected), match="timed out"):
        send(mailbox, timeout=0.3)
    assert len(mailbox.letters) == arrived


@pytest.mark.parametrize(("keep", "arrived"), [(False, 0), (True, 1)])
def test_dropped_after_data(mailbox: Mailbox, keep: bool, arrived: int) -> None:
    mailbox.faults.drop(keep=keep)
    with pytest.raises((smtplib.SMTPServerDisconnected, ConnectionResetError)):
        send(mailbox)
    assert len(mailbox.letters) == arrived
    mailbox.faults.clear()
    send(mailbox)
    assert len(mailbox.letters) == arrived + 1


def test_refused_connections_and_back_again(mailbox: Mailbox) -> None:
    port = mailbox.port
    mailbox.stop()
    with pytest.raises(ConnectionRefusedError):
        send(mailbox)
    mailbox.start()
    assert mailbox.port == port
    send(mailbox)
    assert len(mailbox.letters) == 1


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def server_context(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1", "localhost").configure_cert(context)
    return context


@pytest.fixture
def client_context(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.create_default_context()
    authority.configure_trust(context)
    return context


def test_starttls_and_login(server_context: ssl.SSLContext, client_context: ssl.SSLContext) -> None:
    options = {"user": "bot", "password": "пароль"}
    with Mailbox(security="starttls", context=server_context, **options) as mailbox:  # type: ignore[arg-type]
        with smtplib.SMTP("localhost", mailbox.port, timeout=5) as client:
            with pytest.raises(smtplib.SMTPSenderRefused, match="STARTTLS"):
                client.sendmail("bot@example.ru", ["client@example.ru"], "x")
            client.starttls(context=client_context)
            with pytest.raises(smtplib.SMTPSenderRefused, match="Authentication required"):
                client.sendmail("bot@example.ru", ["client@example.ru"], "x")
            with pytest.raises(smtplib.SMTPAuthenticationError):
                client.login("bot", "wrong")
        with smtplib.SMTP("localhost", mailbox.port, timeout=5) as client:
            client.starttls(context=client_context)
            client.ehlo()
            # smtplib's login encodes in ASCII only; the server must not depend on that.
            code, _ = client.docmd("AUTH", "PLAIN " + _plain("bot", "пароль"))
            assert code == 235
            client.send_message(letter())
        assert len(mailbox.letters) == 1


def _plain(user: str, password: str) -> str:
    return base64.b64encode(f"\0{user}\0{password}".encode()).decode()


def test_ssl_from_the_first_byte(server_context: ssl.SSLContext, client_context: ssl.SSLContext) -> None:
    with Mailbox(security="ssl", context=server_context) as mailbox:
        with smtplib.SMTP_SSL("localhost", mailbox.port, context=client_context, timeout=5) as client:
            client.send_message(letter())
        assert len(mailbox.letters) == 1
