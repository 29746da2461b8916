from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.lanes import Bucket, Item, Lanes, Limits

FREE = Limits(per_second=None, chat_per_second=None)
_ids = count(1)


def item(lane: str, text: str = "", priority: int = 1, edits: int | None = None) -> Item:
    method = "sendMessage" if edits is None else "editMessageText"
    params = {"text": text} if edits is None else {"text": text, "message_id": edits}
    return Item(next(_ids), lane, priority, method, params)


def sent(lanes: Lanes, now: float, until: float | None = None) -> list[tuple[str, str]]:
    """Take and finish whatever goes at ``now``, or up to ``until`` by the schedule's own word."""
    gone = []
    while True:
        taken = lanes.take(now)
        if taken is not None:
            gone.append((taken.lane, taken.params["text"]))
            lanes.finish(taken, now)
            continue
        wait = lanes.wait_seconds(now)
        if until is None or wait is None or now + wait > until:
            return gone
        now += max(wait, 1e-9)


def put(lanes: Lanes, *items: Item, now: float = 0.0) -> list[Item | None]:
    return [lanes.put(one, now) for one in items]


def test_a_chat_s_messages_go_in_the_order_written() -> None:
    lanes = Lanes(FREE)
    put(lanes, item("1", "a"), item("1", "b", priority=0), item("1", "c"))
    assert sent(lanes, 0.0) == [("1", "a"), ("1", "b"), ("1", "c")]
    assert len(lanes) == 0
    assert lanes.wait_seconds(0.0) is None


def test_a_chat_s_next_message_waits_until_the_one_in_hand_is_over() -> None:
    lanes = Lanes(FREE)
    put(lanes, item("1", "a"), item("1", "b"), item("2", "c"))
    first = lanes.take(0.0)
    other = lanes.take(0.0)
    assert first is not None
    assert other is not None
    assert (first.lane, other.lane, lanes.take(0.0)) == ("1", "2", None)
    lanes.finish(first, 0.0)
    following = lanes.take(0.0)
    assert following is not None
    assert following.params["text"] == "b"


def test_answers_to_people_go_before_notices_and_those_before_mailings() -> None:
    lanes = Lanes(Limits(per_second=1, burst=1, chat_per_second=None))
    put(lanes, item("1", "mailing", 2), item("2", "notice", 1), item("3", "reply", 0))
    assert [text for _, text in sent(lanes, 0.0, 5.0)] == ["reply", "notice", "mailing"]


def test_of_equal_importance_the_first_written_goes_first() -> None:
    lanes = Lanes(Limits(per_second=1, burst=1, chat_per_second=None))
    for number in range(5):
        put(lanes, item(str(9 - number), str(number)), now=number / 64)
    assert [text for _, text in sent(lanes, 0.25, 9.0)] == ["0", "1", "2", "3", "4"]


def test_a_parked_message_goes_again_first_when_its_time_has_come() -> None:
    lanes = Lanes(FREE)
    put(lanes, item("1", "a"), item("1", "b"))
    first = lanes.take(0.0)
    assert first is not None
    lanes.park(first, until=3.0, now=0.0)
    put(lanes, item("2", "c"))
    assert sent(lanes, 2.9) == [("2", "c")]
    assert lanes.wait_seconds(2.0) == pytest.approx(1.0)
    assert sent(lanes, 3.0) == [("1", "a"), ("1", "b")]


def test_a_later_redraw_of_a_message_makes_a_waiting_one_needless() -> None:
    lanes = Lanes(FREE)
    early, other, late = item("1", "early", edits=7), item("1", "other", edits=8), item("1", "late", edits=7)
    assert put(lanes, early, other, late) == [None, None, early]
    assert sent(lanes, 0.0) == [("1", "other"), ("1", "late")]


def test_a_redraw_in_hand_is_not_called_back() -> None:
    lanes = Lanes(FREE)
    put(lanes, item("1", "in hand", edits=7))
    in_hand = lanes.take(0.0)
    assert in_hand is not None
    assert put(lanes, item("1", "next", edits=7)) == [None]
    lanes.finish(in_hand, 0.0)
    assert sent(lanes, 0.0) == [("1", "next")]


def test_a_parked_redraw_is_overtaken_like_a_waiting_one() -> None:
    lanes = Lanes(FREE)
    parked = item("1", "parked", edits=7)
    put(lanes, parked)
    lanes.take(0.0)
    lanes.park(parked, until=60.0, now=0.0)
    assert put(lanes, item("1", "fresh", edits=7)) == [parked]
    # Telegram said to wait: that holds for the chat, whatever goes to it.
    assert sent(lanes, 59.0) == []
    assert sent(lanes, 60.0) == [("1", "fresh")]


def test_messages_are_never_collapsed_nor_redraws_of_another_chat() -> None:
    lanes = Lanes(FREE)
    assert (
        put(lanes, item("1", "a"), item("1", "a"), item("1", "x", edits=7), item("2", "y", edits=7))
        == [None] * 4
    )


def test_a_blocked_chat_s_messages_are_dropped_but_the_one_in_hand() -> None:
    lanes = Lanes(FREE)
    rest = [item("1", "b"), item("1", "c")]
    put(lanes, item("1", "a"), *rest, item("2", "other"))
    in_hand = lanes.take(0.0)
    assert in_hand is not None
    assert lanes.drop("1") == rest
    lanes.finish(in_hand, 0.0)
    assert sent(lanes, 0.0) == [("2", "other")]


def test_what_was_put_while_the_refused_call_was_under_way_is_not_dropped() -> None:
    lanes = Lanes(FREE)
    before, after = item("1", "before"), item("1", "after")
    put(lanes, item("1", "a"), before)
    in_hand = lanes.take(0.0)
    assert in_hand is not None
    put(lanes, after)
    assert lanes.drop("1") == [before]
    lanes.finish(in_hand, 0.0)
    assert sent(lanes, 0.0) == [("1", "after")]


def test_a_bucket_gives_a_burst_and_then_one_an_interval() -> None:
    bucket, gone = Bucket(2, 3), list[float]()
    now = 10.0
    for _ in range(6):
        now = max(now, bucket.ready_at())
        bucket.take(now)
        gone.append(now)
    assert gone == pytest.approx([10.0, 10.0, 10.0, 10.5, 11.0, 11.5])
    assert not bucket.is_full(12.9)
    assert bucket.is_full(13.1)


def test_all_chats_together_keep_their_number_a_second() -> None:
    # 32 and not 30, so that the moments are exact in binary.
    lanes = Lanes(Limits(per_second=32, burst=32, chat_per_second=None))
    put(lanes, *(item(str(number)) for number in range(100)))
    assert len(sent(lanes, 0.0)) == 32
    assert len(sent(lanes, 0.0, 1.0)) == 32
    assert len(sent(lanes, 1.0, 2.0)) == 32
    assert len(sent(lanes, 2.0, 3.0)) == 4
    assert (Limits().per_second, Limits().chat_per_second, Limits().group_per_minute) == (30, 1, 20)


def test_one_chat_gets_a_burst_and_then_one_a_second() -> None:
    lanes = Lanes(Limits(per_second=None, chat_per_second=1, chat_burst=3))
    put(lanes, *(item("1") for _ in range(6)), item("2"))
    assert len(sent(lanes, 0.0)) == 4
    assert len(sent(lanes, 0.0, 0.9)) == 0
    assert len(sent(lanes, 1.0, 2.0001)) == 2


def test_a_group_gets_twenty_a_minute() -> None:
    lanes = Lanes(Limits())
    put(lanes, *(item("-100500") for _ in range(41)))
    assert len(sent(lanes, 0.0, 0.5)) == 20
    assert len(sent(lanes, 0.5, 60.001)) == 20


def test_a_chat_that_waits_for_its_limit_holds_nobody_up() -> None:
    lanes = Lanes(Limits(per_second=None, chat_per_second=1, chat_burst=1))
    put(lanes, item("1", "a", 0), item("1", "b", 0), item("2", "c", 2))
    assert sent(lanes, 0.0) == [("1", "a"), ("2", "c")]
    assert lanes.wait_seconds(0.25) == pytest.approx(0.75)


def test_idle_chats_are_forgotten_but_not_what_they_used_of_their_limit() -> None:
    lanes = Lanes(Limits(per_second=None, chat_per_second=1, chat_burst=1))
    put(lanes, *(item(str(number)) for number in range(2000)))
    assert len(sent(lanes, 0.0)) == 2000
    put(lanes, item("5", "at once again"), now=0.5)
    assert sent(lanes, 0.5) == []
    put(lanes, item("new"), now=10.0)
    assert len(lanes._lanes) <= 3


@given(
    st.lists(st.tuples(st.sampled_from("123"), st.integers(0, 2), st.none() | st.integers(1, 3)), max_size=40)
)
def test_every_message_goes_once_or_is_overtaken_and_each_chat_in_order(
    written: list[tuple[str, int, int | None]],
) -> None:
    lanes = Lanes(Limits(per_second=5, burst=2, chat_per_second=1, chat_burst=2))
    items = [
        item(lane, str(number), priority, edits) for number, (lane, priority, edits) in enumerate(written)
    ]
    overtaken = [one.params["text"] for one in put(lanes, *items) if one is not None]
    gone = sent(lanes, 0.0, 1e6)
    assert sorted([text for _, text in gone] + overtaken) == sorted(one.params["text"] for one in items)
    for lane in "123":
        numbers = [int(text) for name, text in gone if name == lane]
        assert numbers == sorted(numbers)


def test_a_reply_that_joins_a_chat_s_mailing_goes_before_other_chats_notices() -> None:
    lanes = Lanes(Limits(per_second=1, burst=1, chat_per_second=None))
    lanes.put(Item(1, "9", 1, "sendMessage", {}), 0.0)
    taken = lanes.take(0.0)
    assert taken is not None
    for row_id, chat, priority in ((2, "1", 2), (3, "2", 1), (4, "1", 0)):
        lanes.put(Item(row_id, chat, priority, "sendMessage", {}), 0.0)
    lanes.finish(taken, 0.0)
    first = lanes.take(1.0)
    assert first is not None
    # Chat 1 keeps its order, but its turn comes before chat 2's.
    assert (first.lane, first.row_id) == ("1", 2)
    lanes.finish(first, 1.0)
    second = lanes.take(2.0)
    assert second is not None
    assert second.row_id == 4
    lanes.finish(second, 2.0)
    assert lanes.wait_seconds(2.0) == pytest.approx(1.0)
