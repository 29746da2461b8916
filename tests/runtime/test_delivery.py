import logging
import queue
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import count
from typing import Any

import pytest

from demo.bot_api import BotApi
from demo.bot_api_faults import Fault
from demo.people import Person
from handlers.addresses import Address
from handlers.screen import Button, Screen
from handlers.texts import Html
from models import OutboxState
from runtime import delivery as deliveries
from runtime.delivery import Delivery
from runtime.lanes import Item, Limits
from runtime.telegram_client import TelegramClient, Upload
from services.errors import Forbidden
from services.outbox import Outcome

FREE = Limits(per_second=None, chat_per_second=None)
SENT, SENDING, FAILED = OutboxState.SENT, OutboxState.SENDING, OutboxState.FAILED
SUPERSEDED = OutboxState.SUPERSEDED
BUTTON = Button("Заказ", Address(17))


class Post:
    """A delivery to the local Bot API, and what it reported."""

    def __init__(self, api: BotApi) -> None:
        self.api = api
        self.client = TelegramClient(api.token, api.url)
        self._outcomes: queue.Queue[Outcome] = queue.Queue()
        self._ids = count(1)
        self.delivery = Delivery(
            self.client, lambda outcome, _: self._outcomes.put(outcome), self.upload, FREE
        )

    def upload(self, what: dict[str, Any]) -> Upload:
        if "refused" in what:
            raise Forbidden("forbidden")
        if "fault" in what:
            raise RuntimeError("cannot be drawn")
        return Upload("document", what["name"], b"%PDF-1.4")

    def put(self, method: str = "sendMessage", chat_id: int = 1001, **params: Any) -> int:
        row_id = next(self._ids)
        self.delivery.put([Item(row_id, str(chat_id), 1, method, {"chat_id": chat_id, **params})])
        return row_id

    def put_screen(self, screen: Screen, message_id: int | None = None) -> None:
        method, params = screen.to_call(message_id)
        about = params.pop("about", {})
        item = Item(next(self._ids), "1001", 1, method, {"chat_id": 1001, **params}, about)
        self.delivery.put([item])

    def hold(self, monkeypatch: pytest.MonkeyPatch, *behind: Callable[[], int]) -> list[int]:
        """Put the first row, and the others once it is in hand; then let it go. Return the row ids."""
        entered, go, call = threading.Event(), threading.Event(), self.client.call

        def held(*arguments: Any, **more: Any) -> Any:
            entered.set()
            assert go.wait(10)
            return call(*arguments, **more)

        monkeypatch.setattr(self.client, "call", held)
        first, *rest = behind
        rows = [first()]
        assert entered.wait(10)
        rows += [put() for put in rest]
        go.set()
        return rows

    def hear(self) -> Outcome:
        return self._outcomes.get(timeout=10)

    def end(self) -> Outcome:
        """The outcome after which nothing more comes for the row."""
        while (outcome := self.hear()).state is SENDING:
            pass
        return outcome


@pytest.fixture
def api() -> Iterator[BotApi]:
    with BotApi() as running:
        yield running


@pytest.fixture
def anna(api: BotApi) -> Person:
    person = api.person(1001, "Анна", "anna")
    person.start()
    return person


@pytest.fixture
def post(api: BotApi, monkeypatch: pytest.MonkeyPatch) -> Iterator[Post]:
    monkeypatch.setattr(deliveries, "FIRST_RETRY_SECONDS", 0.001)
    opened = Post(api)
    yield opened
    opened.delivery.stop(0)
    opened.client.close()


def photo_of(person: Person) -> str:
    """The id of a photo the bot got from a person."""
    photo = person.send_photo().photo
    assert photo is not None
    return photo.file_id


def test_a_message_that_arrived_reports_its_id(post: Post, anna: Person) -> None:
    row_id = post.put(text="Здравствуйте")
    outcome = post.hear()
    assert (outcome.row_id, outcome.state, outcome.attempts) == (row_id, SENT, 1)
    assert outcome.result["message_id"] == anna.last.message_id
    assert anna.last.text == "Здравствуйте"


def test_a_chat_s_messages_arrive_in_order_though_forty_send(post: Post, anna: Person) -> None:
    for number in range(30):
        post.put(text=str(number))
    assert {post.hear().state for _ in range(30)} == {SENT}
    assert [message.text for message in anna.received] == [str(number) for number in range(30)]


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_a_fault_of_telegram_is_tried_again_until_it_is_over(post: Post, anna: Person, status: int) -> None:
    post.api.faults.server_error(status, method="sendMessage", times=3)
    post.put(text="a")
    post.put(text="b")
    retries = [post.hear() for _ in range(3)]
    assert {(outcome.state, outcome.error) for outcome in retries} == {(SENDING, f"HTTP {status}")}
    assert (post.hear().attempts, post.hear().attempts) == (4, 1)
    assert [message.text for message in anna.received] == ["a", "b"]


@pytest.mark.parametrize(("kind", "copies"), [("cut_before", 1), ("cut_after", 2)])
def test_a_cut_connection_is_tried_again_at_least_once(
    post: Post, anna: Person, kind: str, copies: int
) -> None:
    getattr(post.api.faults, kind)(method="sendMessage", times=1)
    post.put(text="a")
    assert post.end().state is SENT
    assert [message.text for message in anna.received] == ["a"] * copies


def test_pauses_between_retries_double_up_to_a_minute(
    post: Post, anna: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deliveries, "FIRST_RETRY_SECONDS", 0.5)
    item = Item(1, "1001", 1, "sendMessage", {"chat_id": 1001, "text": "a"}, first_tried_at=datetime.now(UTC))
    post.api.faults.server_error(502)
    pauses = []
    for attempts in (1, 2, 3, 7, 8, 500):
        item.attempts = attempts
        before = datetime.now(UTC)
        outcome = post.delivery._call(item)
        assert outcome.due_at is not None
        pauses.append((outcome.due_at - before).total_seconds())
    # The clock ran on a little between the two looks at it.
    assert pauses == pytest.approx([0.5, 1, 2, 32, 60, 60], abs=0.45)


def test_telegram_s_wait_is_obeyed_and_counts_as_no_attempt(post: Post, anna: Person) -> None:
    post.api.faults.too_many_requests(retry_after=3600, times=1, method="sendMessage")
    before = datetime.now(UTC)
    post.put(text="a")
    outcome = post.hear()
    assert outcome.due_at is not None
    assert (outcome.state, outcome.attempts) == (SENDING, 0)
    assert outcome.due_at - before >= timedelta(seconds=3600)
    assert anna.received == []


def test_while_one_chat_waits_the_others_are_served(post: Post, anna: Person) -> None:
    boris = post.api.person(1002, "Борис")
    boris.start()
    post.api.faults.too_many_requests(retry_after=3600, times=1, chat_id=1001)
    post.put(text="to anna")
    assert post.hear().state is SENDING
    post.put(chat_id=1002, text="to boris")
    assert post.hear().state is SENT
    assert boris.last.text == "to boris"


def test_who_blocked_the_bot_gets_nothing_of_what_waits(post: Post, anna: Person) -> None:
    anna.block()
    items = [Item(row, "1001", 1, "sendMessage", {"chat_id": 1001, "text": "a"}) for row in (1, 2, 3)]
    post.delivery.put(items)
    outcomes = {outcome.row_id: outcome for outcome in (post.hear() for _ in items)}
    assert [outcomes[row].state for row in (1, 2, 3)] == [FAILED, SUPERSEDED, SUPERSEDED]
    assert (outcomes[1].error or "").startswith("unreachable: 403")


def test_what_was_put_while_telegram_was_refusing_is_tried(
    post: Post, anna: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    refusal = post.api.faults.add(Fault("status", "sendMessage", status=403, chat_id=1001, times=1))
    first, later = post.hold(monkeypatch, *(partial(post.put, text=text) for text in "ab"))
    outcomes = {outcome.row_id: outcome.state for outcome in (post.hear() for _ in range(2))}
    assert (refusal.hits, outcomes) == (1, {first: FAILED, later: SENT})
    assert anna.last.text == "b"


def test_a_chat_that_never_wrote_is_unreachable(post: Post) -> None:
    post.put(chat_id=777, text="a")
    outcome = post.end()
    assert outcome.state is FAILED
    assert (outcome.error or "").startswith("unreachable")


def test_a_redraw_that_changes_nothing_is_done(post: Post, anna: Person) -> None:
    post.put(text="a")
    message_id = post.hear().result["message_id"]
    post.put("editMessageText", text="a", message_id=message_id)
    assert post.hear().state is SENT
    assert [message.text for message in anna.received] == ["a"]


def test_a_message_that_is_gone_is_sent_anew(post: Post, anna: Person) -> None:
    post.put("editMessageText", text="a", message_id=4242)
    outcome = post.hear()
    assert (outcome.state, outcome.result["message_id"]) == (SENT, anna.last.message_id)
    assert anna.last.text == "a"


def test_a_screen_with_a_photo_whose_message_is_gone_is_sent_anew(post: Post, anna: Person) -> None:
    photo = photo_of(anna)
    post.put_screen(Screen(Html("<b>Чай</b>"), [[BUTTON]], photo=photo), 4242)
    outcome = post.hear()
    assert (outcome.state, outcome.result["message_id"]) == (SENT, anna.last.message_id)
    assert anna.last.photo is not None
    assert (anna.last.photo.file_id, anna.last.html, anna.last.labels) == (photo, "<b>Чай</b>", ["Заказ"])


def test_a_text_for_a_message_that_became_a_photo_is_sent_anew(post: Post, anna: Person) -> None:
    post.put("sendPhoto", photo=photo_of(anna))
    message_id = post.hear().result["message_id"]
    post.put("editMessageText", text="a", message_id=message_id)
    outcome = post.hear()
    assert (outcome.state, outcome.result["message_id"]) == (SENT, anna.last.message_id)
    assert (anna.last.text, anna.last.photo) == ("a", None)


@pytest.mark.parametrize("shown", ["nothing", "text", "photo"])
def test_a_photo_telegram_refuses_leaves_the_words_and_the_buttons(
    post: Post, anna: Person, shown: str
) -> None:
    message_id = None
    if shown == "text":
        post.put(text="before")
    elif shown == "photo":
        post.put("sendPhoto", photo=photo_of(anna))
    if shown != "nothing":
        message_id = post.hear().result["message_id"]
    words = "<b>Чай</b>\n" + "длинное описание\n" * 100
    post.put_screen(Screen(Html(words), [[BUTTON]], photo="AgACAgI-of-another-bot"), message_id)
    outcome = post.hear()
    assert outcome.state is SENT
    assert outcome.result["message_id"] == anna.last.message_id
    assert (anna.last.message_id == message_id) == (shown == "text")
    # Without the photo there is room for all of it.
    assert anna.last.html == words.strip()
    assert (anna.last.labels, anna.last.photo) == (["Заказ"], None)


def test_words_telegram_will_not_have_end_without_the_photo_too(post: Post, anna: Person) -> None:
    post.put_screen(Screen(Html("<b"), photo=photo_of(anna)))
    outcome = post.hear()
    assert (outcome.state, outcome.error) == (
        FAILED,
        "400 Bad Request: can't parse entities: Unclosed start tag at byte offset 0",
    )


def test_a_photo_s_retry_is_still_the_photo(post: Post, anna: Person) -> None:
    photo = photo_of(anna)
    post.api.faults.server_error(502, method="sendPhoto", times=2)
    post.put_screen(Screen(Html("Чай"), photo=photo))
    assert post.end().state is SENT
    assert anna.last.photo is not None
    assert (anna.last.photo.file_id, anna.last.text) == (photo, "Чай")


def test_a_keyboard_or_a_deletion_whose_message_is_gone_is_done(post: Post, anna: Person) -> None:
    for method in ("editMessageReplyMarkup", "deleteMessage"):
        post.put(method, message_id=4242)
        assert post.hear().state is SENT
    assert anna.received == []


def test_a_message_too_old_to_be_deleted_loses_its_buttons(post: Post, anna: Person) -> None:
    method, params = Screen(Html("Чай"), [[BUTTON]], photo=photo_of(anna)).to_call()
    params.pop("about")
    post.put(method, **params)
    message_id = post.hear().result["message_id"]
    typed = anna.send("1234")
    post.api.skip(48 * 3600 + 1)
    for old in (message_id, typed.message_id):
        post.put("deleteMessage", message_id=old)
        assert post.hear().state is SENT
    assert (anna.received[-1].text, anna.received[-1].labels) == ("Чай", [])
    assert typed in anna.messages


def test_what_telegram_will_not_have_ends_and_the_next_goes_on(post: Post, anna: Person) -> None:
    post.put(text="я" * 4097)
    post.put(text="<b", parse_mode="HTML")
    post.put(text="fine")
    outcomes = [post.hear() for _ in range(3)]
    assert [outcome.state for outcome in outcomes] == [FAILED, FAILED, SENT]
    assert (outcomes[0].error or "").startswith("400 ")
    assert [message.text for message in anna.received] == ["fine"]


def test_after_a_day_of_trying_a_message_is_given_up(post: Post, anna: Person) -> None:
    post.api.faults.server_error(502)
    old = datetime.now(UTC) - timedelta(hours=25)
    post.delivery.put([Item(9, "1001", 1, "sendMessage", {"chat_id": 1001, "text": "a"}, {}, 30, old)])
    outcome = post.hear()
    assert (outcome.state, outcome.error, outcome.first_tried_at) == (FAILED, "HTTP 502", old)


def test_a_token_refused_for_a_while_loses_nothing(post: Post) -> None:
    client = TelegramClient("1:refused-token", post.api.url)
    heard: queue.Queue[Outcome] = queue.Queue()
    delivery = Delivery(client, lambda outcome, _: heard.put(outcome), post.upload, FREE)
    delivery.put([Item(1, "1001", 1, "sendMessage", {"chat_id": 1001, "text": "a"})])
    assert heard.get(timeout=10).state is SENDING
    delivery.stop(0)
    client.close()


def test_a_document_is_drawn_when_it_is_sent(post: Post, anna: Person) -> None:
    post.put("sendDocument", upload={"name": "Счет_1.pdf"}, caption="Счёт")
    assert post.hear().state is SENT
    document = anna.wait_document(".pdf")
    assert (document.text, document.document is not None) == ("Счёт", True)


def test_a_row_that_cannot_be_made_ends_and_its_chat_goes_on(
    post: Post, anna: Person, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.CRITICAL):
        post.put("sendDocument", upload={"fault": True})
        post.put(text="next")
        assert [(one.state, one.error) for one in (post.hear(), post.hear())] == [
            (FAILED, "RuntimeError"),
            (SENT, None),
        ]
    assert anna.last.text == "next"


def test_a_file_its_asker_may_not_have_any_more_is_dropped_and_its_chat_goes_on(
    post: Post, anna: Person
) -> None:
    post.put("sendDocument", upload={"refused": True})
    post.put(text="next")
    assert [one.state for one in (post.hear(), post.hear())] == [SUPERSEDED, SENT]
    assert [message.text for message in anna.received] == ["next"]


def test_redraws_that_wait_collapse_into_the_last(
    post: Post, anna: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    post.put(text="screen")
    message_id = post.hear().result["message_id"]
    redraw = partial(post.put, "editMessageText", message_id=message_id)
    rows = post.hold(monkeypatch, *(partial(redraw, text=text) for text in "1234"))
    ends = {outcome.row_id: outcome.state for outcome in (post.hear() for _ in rows)}
    assert [ends[row] for row in rows] == [SENT, SUPERSEDED, SUPERSEDED, SENT]
    assert anna.last.text == "4"


def test_redraws_with_and_without_a_photo_collapse_into_the_last(
    post: Post, anna: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    photo = photo_of(anna)
    post.put(text="screen")
    message_id = post.hear().result["message_id"]

    def redraw(text: str, photo: str | None = None) -> int:
        method, params = Screen(Html(text), photo=photo).to_call(message_id)
        params.pop("about", None)
        return post.put(method, **params)

    rows = post.hold(
        monkeypatch,
        partial(redraw, "1"),
        partial(redraw, "2"),
        partial(redraw, "3", photo),
        partial(redraw, "4", photo),
    )
    ends = {outcome.row_id: outcome.state for outcome in (post.hear() for _ in rows)}
    assert [ends[row] for row in rows] == [SENT, SUPERSEDED, SUPERSEDED, SENT]
    assert (anna.last.text, anna.last.photo is not None) == ("4", True)


def test_stopping_sends_what_can_be_sent_and_takes_no_more(post: Post, anna: Person) -> None:
    for number in range(20):
        post.put(text=str(number))
    post.delivery.stop(10)
    assert len(anna.received) == 20
    post.put(text="too late")
    assert len(post.api.calls.find("sendMessage")) == 20


def test_a_press_is_answered_beside_the_lanes(post: Post, anna: Person) -> None:
    keyboard = {"inline_keyboard": [[{"text": "Да", "callback_data": "x"}]]}
    post.put(text="?", reply_markup=keyboard)
    post.hear()
    press = anna.press("Да")
    post.api.faults.too_many_requests(retry_after=3600, method="sendMessage", times=1)
    post.put(text="held up")
    post.delivery.answer(press.id, "Готово", is_alert=True)
    toast = press.wait_answered().toast
    assert toast is not None
    assert (toast.text, toast.alert) == ("Готово", True)


def test_an_answer_that_came_too_late_troubles_nobody(post: Post, anna: Person) -> None:
    post.delivery.answer("no-such-query", None, is_alert=False)
    post.api.calls.wait(lambda calls: len(calls) == 1, "answerCallbackQuery")
    post.put(text="a")
    assert post.hear().state is SENT
