from collections.abc import Iterator
from pathlib import Path
from smtplib import SMTP, SMTPDataError, SMTPRecipientsRefused

import pytest
import urllib3

from demo import witness
from demo.bot_api import BotApi
from demo.geocoder import Geocoder
from demo.ledger import MOSCOW, Ledger
from demo.mailbox import Mailbox
from demo.page_faults import RETRY_AFTER, Switches
from demo.people import Person
from tests.demo.wire import HTTP, call, result


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    with Mailbox() as running:
        yield running


@pytest.fixture
def geocoder() -> Iterator[Geocoder]:
    with Geocoder() as running:
        yield running


@pytest.fixture
def switches(api: BotApi, mailbox: Mailbox, geocoder: Geocoder) -> Switches:
    return Switches(api, mailbox, geocoder)


def post(mailbox: Mailbox) -> None:
    with SMTP(mailbox.host, mailbox.port) as client:
        client.sendmail("bot@example.ru", "client@example.ru", "Message-ID: <1@x>\n\nтекст".encode())


def test_telegram_refuses_until_the_switch_is_back(api: BotApi, anna: Person, switches: Switches) -> None:
    def send() -> tuple[int, dict[str, int]]:
        answer = call(api, "sendMessage", chat_id=1001, text="x")
        return answer.get("error_code", 200), answer.get("parameters", {})

    switches.turn("telegram-429", True)
    assert send() == (429, {"retry_after": RETRY_AFTER})
    assert result(api, "getUpdates")  # only what is sent or edited comes too often
    switches.turn("telegram-502", True)
    switches.turn("telegram-429", False)
    assert send() == (502, {})
    assert switches.states()["telegram-502"]
    assert not switches.states()["telegram-429"]
    switches.turn("telegram-502", False)
    assert send() == (200, {})
    assert anna.received[-1].text == "x"


def test_some_connections_break_after_the_effect(api: BotApi, anna: Person, switches: Switches) -> None:
    switches.turn("telegram-cut", True)
    answered = 0
    for _ in range(60):
        try:
            answered += bool(result(api, "sendMessage", chat_id=1001, text="x"))
        except urllib3.exceptions.HTTPError:
            continue
    switches.turn("telegram-cut", False)
    assert 0 < answered < len(anna.received) < 60


def test_the_mail_server_says_later_no_or_nothing(mailbox: Mailbox, switches: Switches) -> None:
    switches.turn("smtp-451", True)
    with pytest.raises(SMTPDataError, match="451"):
        post(mailbox)
    switches.turn("smtp-451", False)
    switches.turn("smtp-550", True)
    with pytest.raises(SMTPRecipientsRefused, match="550"):
        post(mailbox)
    switches.turn("smtp-550", False)
    switches.turn("smtp-off", True)
    with pytest.raises(ConnectionRefusedError):
        post(mailbox)
    switches.turn("smtp-off", True)  # twice is once
    switches.turn("smtp-off", False)
    post(mailbox)
    assert len(mailbox.wait_letters(1)) == 1


def test_the_geocoder_goes_and_comes_back_at_its_address(geocoder: Geocoder, switches: Switches) -> None:
    switches.turn("geocoder-off", True)
    with pytest.raises(urllib3.exceptions.HTTPError):
        HTTP.request("GET", f"{geocoder.url}/search?q=x")
    switches.turn("geocoder-off", False)
    assert HTTP.request("GET", f"{geocoder.url}/search?q=x").status == 200


def test_what_is_not_a_switch(switches: Switches) -> None:
    with pytest.raises(KeyError):
        switches.turn("telegram-flood", True)


def test_a_thing_seen_twice_counts_once(api: BotApi, anna: Person, mailbox: Mailbox) -> None:
    for text in (
        "✅ Заказ №7 отправлен на склад.",
        "🙋 Заказ №7 взял Борис",
        "Order No. 8 · x\n📄 Invoice No. 3: 5",
    ):
        result(api, "sendMessage", chat_id=1001, text=text)
    anna.send("Заказ №9")  # people may say what they like
    post(mailbox)
    post(mailbox)
    mailbox.wait_letters(2)
    assert witness.counts(api, mailbox) == {"orders": 2, "invoices": 1, "letters": 1}


def test_a_ledger_that_is_not_there_yet_says_nothing(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "bot.db")
    assert (ledger.counts(), ledger.roles(), ledger.hands(), ledger.zone()) == ({}, {}, {}, MOSCOW)
    assert list(tmp_path.iterdir()) == []
