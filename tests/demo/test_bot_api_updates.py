from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest
import telebot

from demo.bot_api import BotApi
from demo.people import Person
from tests.demo.wire import call, refusal, result


def fetch(api: BotApi, **params: Any) -> list[int]:
    return [update["update_id"] for update in result(api, "getUpdates", **params)]


def test_offset_acknowledges(api: BotApi, anna: Person) -> None:
    first = api.last_update_id
    anna.send("a")
    anna.send("b")
    assert fetch(api) == fetch(api) == [first, first + 1, first + 2]
    assert fetch(api, limit=1) == [first]
    assert fetch(api, offset=first + 1) == [first + 1, first + 2]
    assert fetch(api, offset=first) == [first + 1, first + 2]
    assert fetch(api, offset=first + 3) == []
    assert api.pending_updates == 0


def test_negative_offset_keeps_the_newest(api: BotApi, anna: Person) -> None:
    for text in "abc":
        anna.send(text)
    last = api.last_update_id
    assert fetch(api, offset=-2) == [last - 1, last]
    assert fetch(api) == [last - 1, last]
    assert fetch(api, offset=-100) == [last - 1, last]


def test_limit_is_at_most_100(api: BotApi) -> None:
    api.inject_many({"message": {"text": str(n)}} for n in range(150))
    assert len(fetch(api, limit=1000)) == 100
    assert len(fetch(api, limit=0)) == 1


def test_an_offset_far_ahead_acknowledges_nothing(api: BotApi, anna: Person) -> None:
    """Ids that restarted lower: a bot that keeps its old offset gets the same update again and again."""
    old = api.last_update_id
    api.restart_update_ids(17)
    anna.send("a")
    assert fetch(api, offset=old + 1) == fetch(api, offset=old + 1) == [17]
    assert fetch(api, offset=18) == []


def start_poll(api: BotApi, pool: ThreadPoolExecutor, **params: Any) -> Future[dict[str, Any]]:
    """A long poll which the server has in hand."""
    with api.world.changed:
        future = pool.submit(call, api, "getUpdates", timeout=20, **params)
        assert api.world.changed.wait_for(lambda: api.polling, timeout=10)
    return future


def test_long_poll_ends_with_the_update(api: BotApi, anna: Person) -> None:
    with ThreadPoolExecutor() as pool:
        poll = start_poll(api, pool, offset=api.last_update_id + 1)
        anna.send("b")
        assert [update["message"]["text"] for update in poll.result(10)["result"]] == ["b"]


def test_long_poll_ends_by_time(api: BotApi) -> None:
    assert fetch(api, timeout=1) == []


def test_the_second_poller_ends_the_first(api: BotApi) -> None:
    with ThreadPoolExecutor() as pool:
        first = start_poll(api, pool)
        fetch(api)
        body = first.result(10)
    assert body["error_code"] == 409
    assert body["description"] == (
        "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running"
    )


def test_allowed_updates_are_remembered(api: BotApi, anna: Person) -> None:
    fetch(api, offset=api.last_update_id + 1, allowed_updates=["callback_query"])
    anna.send("a")
    assert api.pending_updates == 0
    anna.forge("x")
    assert api.pending_updates == 1
    fetch(api, allowed_updates=[])
    anna.send("b")
    assert api.pending_updates == 2


def test_presses_expire_before_messages(api: BotApi, anna: Person) -> None:
    anna.forge("x")
    anna.send("a")
    api.skip(151)
    kinds = [set(update) - {"update_id"} for update in result(api, "getUpdates")]
    assert kinds == [{"message"}, {"message"}]
    api.skip(24 * 3600)
    assert fetch(api) == []


def test_redelivered_under_its_old_id(api: BotApi, anna: Person) -> None:
    first = api.last_update_id
    fetch(api, offset=first + 1)
    api.redeliver(first)
    assert fetch(api, offset=first + 1) == [first]
    assert fetch(api, offset=first + 1) == []
    with pytest.raises(KeyError):
        api.redeliver(1)


def test_raw_updates(api: BotApi, bot: telebot.TeleBot) -> None:
    update_id = api.inject(
        {"channel_post": {"message_id": 1, "date": 0, "chat": {"id": -1, "type": "channel"}}}
    )
    assert [update.update_id for update in bot.get_updates()] == [update_id]
    assert api.inject({"update_id": 5, "poll": {}}) == 5
    assert api.last_update_id == 5


def test_webhook_methods(api: BotApi, anna: Person) -> None:
    assert result(api, "getWebhookInfo")["pending_update_count"] == 1
    assert result(api, "deleteWebhook") is True
    assert result(api, "deleteWebhook", drop_pending_updates=True) is True
    assert result(api, "getWebhookInfo")["pending_update_count"] == 0
    api.wait_fetched()


def test_a_press_is_answered_once_and_soon(api: BotApi, anna: Person) -> None:
    late = "Bad Request: query is too old and response timeout expired or query ID is invalid"
    assert refusal(api, "answerCallbackQuery", callback_query_id="1") == late
    press = anna.forge("x")
    long = refusal(api, "answerCallbackQuery", callback_query_id=press.id, text="x" * 201)
    assert long == "Bad Request: MESSAGE_TOO_LONG"
    assert result(api, "answerCallbackQuery", callback_query_id=press.id, text="x" * 200) is True
    assert refusal(api, "answerCallbackQuery", callback_query_id=press.id) == late
    old = anna.forge("y")
    api.skip(16)
    assert refusal(api, "answerCallbackQuery", callback_query_id=old.id) == late
    assert not old.answered
