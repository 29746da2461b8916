import socket
import threading
import traceback
from collections.abc import Iterator

import pytest

from demo.bot_api import BotApi
from runtime.telegram_client import TelegramClient, TelegramError, TelegramUnavailable, Upload

TOKEN = "123456789:a-token-nobody-may-read"


@pytest.fixture
def api() -> Iterator[BotApi]:
    with BotApi(token=TOKEN) as running:
        yield running


@pytest.fixture
def client(api: BotApi) -> Iterator[TelegramClient]:
    made = TelegramClient(TOKEN, api.url)
    yield made
    made.close()


def closed_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Page:
    """A server that answers one request with whatever it is given, as a gateway on the way would."""

    def __init__(self, answer: bytes) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._answer = answer
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def _serve(self) -> None:
        connection, _ = self._listener.accept()
        with connection, self._listener:
            connection.recv(65536)
            connection.sendall(self._answer)

    def done(self) -> None:
        self._thread.join(10)


def test_a_call_returns_its_result(client: TelegramClient, api: BotApi) -> None:
    assert client.call("getMe")["username"] == api.username


def test_a_refusal_says_code_words_and_how_long_to_wait(client: TelegramClient, api: BotApi) -> None:
    with pytest.raises(TelegramError) as caught:
        client.call("sendMessage", {"chat_id": 5, "text": "a"})
    assert caught.value.code in (400, 403)
    assert caught.value.description
    api.faults.too_many_requests(retry_after=17)
    with pytest.raises(TelegramError) as caught:
        client.call("getMe")
    assert (caught.value.code, caught.value.retry_after) == (429, 17)


def test_a_server_error_may_have_worked(client: TelegramClient, api: BotApi) -> None:
    api.faults.server_error(502)
    with pytest.raises(TelegramUnavailable) as caught:
        client.call("getMe")
    assert (str(caught.value), caught.value.may_have_worked) == ("HTTP 502", True)


def test_a_cut_connection_may_have_worked(client: TelegramClient, api: BotApi) -> None:
    api.faults.cut_after()
    with pytest.raises(TelegramUnavailable) as caught:
        client.call("getMe")
    assert caught.value.may_have_worked


def test_where_nobody_listens_nothing_has_happened() -> None:
    client = TelegramClient(TOKEN, f"http://127.0.0.1:{closed_port()}")
    with pytest.raises(TelegramUnavailable) as caught:
        client.call("sendMessage", {"text": "тайна"})
    assert not caught.value.may_have_worked


def test_a_proxy_that_is_away_means_nothing_has_happened() -> None:
    client = TelegramClient(TOKEN, "http://192.0.2.1", f"http://127.0.0.1:{closed_port()}")
    with pytest.raises(TelegramUnavailable) as caught:
        client.call("getMe")
    assert not caught.value.may_have_worked


def test_a_socks_proxy_is_spoken_to() -> None:
    client = TelegramClient(TOKEN, "http://192.0.2.1", f"socks5://127.0.0.1:{closed_port()}")
    with pytest.raises(TelegramUnavailable) as caught:
        client.call("getMe")
    assert not caught.value.may_have_worked


@pytest.mark.parametrize("body", [b"<html>Bad gateway</html>", b"", b"[]", b"\xff\xfe"])
def test_a_gateway_s_page_is_no_answer(body: bytes) -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\nConnection: close\r\n\r\n" % len(body)
    page = Page(head + body)
    client = TelegramClient(TOKEN, page.url)
    with pytest.raises(TelegramUnavailable) as caught:
        client.call("getMe")
    page.done()
    assert caught.value.may_have_worked


def test_no_error_carries_the_token_or_people_s_text(client: TelegramClient, api: BotApi) -> None:
    printed = ""
    for fault in (api.faults.cut_before, api.faults.server_error):
        trouble = fault()
        with pytest.raises(TelegramUnavailable) as caught:
            client.call("sendMessage", {"chat_id": 1, "text": "тайна"})
        trouble.off()
        printed += "".join(traceback.format_exception(caught.value))
    unreachable = TelegramClient("1:token-nobody", "http://127.0.0.1:1")
    with pytest.raises(TelegramUnavailable) as caught:
        unreachable.download("documents/price.csv", 10)
    printed += "".join(traceback.format_exception(caught.value))
    assert "price.csv" not in printed.replace('download("documents/price.csv"', "")
    assert "TelegramUnavailable: ProtocolError" in printed
    assert "token-nobody" not in printed
    assert "/bot" not in printed


def test_a_file_name_cannot_add_headers(client: TelegramClient, api: BotApi) -> None:
    anna = api.person(1001, "Анна")
    anna.start()
    name = 'a";\r\nX-Evil: 1\r\n\\/..pdf'
    client.call("sendDocument", {"chat_id": 1001, "caption": "Счёт"}, Upload("document", name, b"%PDF"))
    document = anna.last.document
    assert document is not None
    assert not set('";\r\n\\/') & set(document.name)
    assert document.name.endswith("..pdf")


def test_a_download_is_bounded(client: TelegramClient, api: BotApi) -> None:
    anna = api.person(1001, "Анна")
    anna.start()
    sent = anna.send_document("price.csv", b"x" * 1000)
    assert sent.document is not None
    path = client.call("getFile", {"file_id": sent.document.file_id})["file_path"]
    assert client.download(path, 1000) == b"x" * 1000
    with pytest.raises(TelegramError) as caught:
        client.download(path, 999)
    assert caught.value.code == 413
    # The connection goes with what is left in it; the next call has its own.
    assert client.call("getMe")["is_bot"]
    with pytest.raises(TelegramError):
        client.download("documents/none.csv", 1000)
