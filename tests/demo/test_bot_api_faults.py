import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import time_machine
import urllib3

from demo.bot_api import BotApi
from demo.people import Person
from tests.demo.wire import HTTP, call, result


def say(api: BotApi, text: str = "x", chat_id: int = 1001) -> int:
    url = f"{api.url}/bot{api.token}/sendMessage"
    return HTTP.request("POST", url, json={"chat_id": chat_id, "text": text}).status


def test_429_for_the_next_calls(api: BotApi, anna: Person) -> None:
    api.faults.too_many_requests(retry_after=3, times=2, method="sendMessage")
    body = call(api, "sendMessage", chat_id=1001, text="x")
    assert (body["error_code"], body["parameters"]) == (429, {"retry_after": 3})
    assert body["description"] == "Too Many Requests: retry after 3"
    assert call(api, "getMe")["ok"]
    assert [say(api), say(api)] == [429, 200]
    assert len(anna.received) == 1


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_server_errors_until_off(api: BotApi, anna: Person, status: int) -> None:
    with api.faults.server_error(status) as fault:
        assert [say(api), say(api)] == [status, status]
    assert (say(api), fault.hits, len(anna.received)) == (200, 2, 1)


def test_faults_by_pattern(api: BotApi, anna: Person) -> None:
    api.faults.server_error(502, method="send*")
    assert (say(api), call(api, "getMe")["ok"]) == (502, True)


def test_cut_before_the_effect(api: BotApi, anna: Person) -> None:
    api.faults.cut_before(times=1)
    with pytest.raises(urllib3.exceptions.ProtocolError):
        say(api)
    assert (anna.received, say(api)) == ([], 200)


def test_cut_after_the_effect(api: BotApi, anna: Person) -> None:
    api.faults.cut_after(times=1)
    with pytest.raises(urllib3.exceptions.ProtocolError):
        say(api, "once")
    assert [message.text for message in anna.received] == ["once"]
    [call] = api.calls.find("sendMessage")
    assert (call.status, call.effect, call.description) == (0, True, "cut_after")


def test_hanging_calls(api: BotApi, anna: Person) -> None:
    api.faults.hang(30, times=1)
    with pytest.raises(urllib3.exceptions.ReadTimeoutError):
        HTTP.request("POST", f"{api.url}/bot{api.token}/sendMessage?chat_id=1001&text=x", timeout=0.3)
    api.faults.hang(0.05, effect=True, times=1)
    with pytest.raises(urllib3.exceptions.ProtocolError):
        say(api)
    assert len(anna.received) == 1


def test_a_round_trip_goes_with_other_faults(api: BotApi, anna: Person) -> None:
    api.faults.delay(0.08)
    api.faults.server_error(502, times=1)
    began = time.monotonic()
    assert [say(api), say(api)] == [502, 200]
    assert time.monotonic() - began >= 0.16


def test_faults_for_one_chat_and_by_chance(api: BotApi, anna: Person) -> None:
    api.person(1002, "Борис").start()
    api.faults.server_error(502, chat_id=1002)
    assert [say(api, chat_id=1001), say(api, chat_id=1002)] == [200, 502]
    api.faults.clear()
    api.faults.server_error(502, chance=0)
    assert say(api, chat_id=1002) == 200


def test_downloads_have_faults_too(api: BotApi, anna: Person) -> None:
    file = anna.send_document("a.csv", b"1;2").document
    assert file is not None
    path = result(api, "getFile", file_id=file.file_id)["file_path"]
    url = f"{api.url}/file/bot{api.token}/{path}"
    api.faults.server_error(502, method="file", times=1)
    assert [HTTP.request("GET", url).status, HTTP.request("GET", url).data] == [502, b"1;2"]
    assert HTTP.request("GET", f"{url}.other").status == 404


def test_telegrams_own_limits(api: BotApi, anna: Person) -> None:
    for person in range(1, 41):
        api.person(person).start()
    api.group(-100)
    api.limits.enforced = True
    start = api.world.now()
    with time_machine.travel(start, tick=False):
        assert [say(api) for _ in range(6)] == [200] * 5 + [429]
        assert call(api, "sendMessage", chat_id=1001, text="x")["parameters"] == {"retry_after": 1}
        assert [say(api, chat_id=person) for person in range(1, 31)].count(200) == 25
        api.skip(1)
        assert [say(api), say(api)] == [200, 429]
        api.skip(60)
        assert [say(api, chat_id=-100) for _ in range(21)] == [200] * 20 + [429]
        assert call(api, "sendMessage", chat_id=-100, text="x")["parameters"] == {"retry_after": 3}


def test_the_log_of_calls(api: BotApi, anna: Person) -> None:
    say(api, "a")
    say(api, "b")
    say(api, "c", chat_id=4)
    calls = api.calls.wait(lambda found: len(found) == 3, "sendMessage")
    assert [(call.params["text"], call.status) for call in calls] == [("a", 200), ("b", 200), ("c", 400)]
    assert api.calls.counts == {("sendMessage", 200): 2, ("sendMessage", 400): 1}
    assert [call.number for call in api.calls.find(since=2)] == [3]
    with pytest.raises(AssertionError, match="sendMessage 400"):
        api.calls.wait(lambda found: len(found) == 4, timeout=0.05)


def test_a_page_in_a_browser_cannot_steer(api: BotApi) -> None:
    address, body = f"{api.url}/control/faults", b'{"kind": "status", "status": 502}'
    foreign = {"Origin": "http://evil.example", "Content-Type": "text/plain"}
    assert HTTP.request("POST", address, body=body, headers=foreign).status == 404
    assert result(api, "getMe")["is_bot"]
    assert HTTP.request("POST", address, body=body).status == 200


def test_control_over_http(api: BotApi) -> None:
    def control(method: str, path: str, **body: object) -> object:
        answer = HTTP.request(method, f"{api.url}/control/{path}", json=body or None)
        assert answer.status == 200, answer.data
        return answer.json()

    control("POST", "people", people=[{"id": 1, "first_name": "A"}, {"id": 2}])
    assert say(api, chat_id=2) == 200
    control("POST", "people/1/send", text="привет")
    control("POST", "updates", updates=[{"message": {"text": "x"}}])
    assert len(result(api, "getUpdates")) == 2
    control("POST", "faults", kind="status", status=502, times=1)
    assert say(api, chat_id=2) == 502
    control("POST", "faults", kind="status", status=502)
    control("DELETE", "faults")
    assert say(api, "последнее", chat_id=2) == 200
    status = control("GET", "status")
    assert isinstance(status, dict)
    assert (status["pending_updates"], status["messages"]) == (2, 3)
    calls = control("GET", "calls?method=sendMessage&since=1")
    assert isinstance(calls, list)
    assert [call["status"] for call in calls] == [502, 200]
    seen = control("GET", "people/2/messages")
    assert isinstance(seen, list)
    assert seen[-1]["text"] == "последнее"
    assert HTTP.request("GET", f"{api.url}/control/nothing").status == 404
    assert HTTP.request("POST", f"{api.url}/control/people/1/press", json={"label": "?"}).status == 400


def test_as_a_process_of_its_own() -> None:
    command = [sys.executable, "-m", "demo.bot_api", "--port", "0", "--token", "7:a-token-of-the-test"]
    root = Path(__file__).parents[2]
    with subprocess.Popen(command, cwd=root, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        said = re.fullmatch(r"Bot API on (\S+), token (\S+)\n", process.stdout.readline())
        assert said is not None
        url, token = said.groups()
        assert HTTP.request("GET", f"{url}/bot{token}/getMe").json()["result"]["id"] == 7
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0


def test_an_outage(api: BotApi, anna: Person) -> None:
    url = api.url
    api.stop()
    anna.send("пока никто не слышит")
    with pytest.raises(urllib3.exceptions.HTTPError):
        say(api)
    api.start()
    assert (api.url, api.polling) == (url, False)
    assert result(api, "getUpdates")[-1]["message"]["text"] == "пока никто не слышит"


def test_a_taken_port_is_told_at_start(api: BotApi) -> None:
    with pytest.raises(OSError, match="address already in use"):
        BotApi(port=api.port).start()
