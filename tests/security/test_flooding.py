"""One person who floods: everybody else is served as before, and the flood costs a bounded amount."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select

from models import OutboxMessage, OutboxState
from runtime.lanes import Item, Lanes, Limits
from runtime.processor import BATCH
from runtime.turns import MOST_WAITING, Turns
from runtime.worker import Worker
from services import inbox, outbox
from services.outbox import OutboxRow
from tests.conftest import NOW
from tests.security.fuzzing import fuzzed
from tests.security.office import ANNA, BORIS, CLARA, JSON, Office, pressed, typed

FLOOD = 1000


@pytest.mark.both_engines
def test_a_press_behind_a_thousand_messages_of_another_is_in_the_next_batch(office: Office) -> None:
    office.store(*(typed(f"раз {number}", ANNA) for number in range(FLOOD)), pressed("m", BORIS))
    office.step()
    assert [answer.query_id for answer in office.answers] == [f"q{BORIS}"]
    states = office.states()
    assert states[-1] == "done"
    assert states.count("done") == BATCH


@pytest.mark.both_engines
def test_everybody_has_the_same_share_of_a_batch(office: Office) -> None:
    """Also of several floods: a batch of 64 holds sixteen of each of four people."""
    people = (ANNA, BORIS, CLARA, 9001)
    for by in people:
        office.store(*(typed("привет", by) for _ in range(100)))
    with office.database.unit_of_work() as session:
        taken = [row.payload for row in inbox.waiting(session, BATCH)]
    for by in people:
        assert sum(f'"from":{{"id":{by},' in payload for payload in taken) == BATCH // 4


@fuzzed(25)
@given(st.lists(st.sampled_from([ANNA, BORIS, CLARA, None]), max_size=60), st.integers(1, 9))
def test_whosever_turn_it_is_each_is_handled_once_and_each_chat_in_its_order(
    office: Office, senders: list[int | None], batch: int
) -> None:
    office.forget()
    whose: dict[int, int | None] = {}
    for number, by in enumerate(senders, start=1):
        whose[number] = by
        office.store({**typed("x", by), "update_id": number} if by else {"update_id": number})
    handled: list[int] = []
    with office.database.unit_of_work() as session:
        numbers = {row.id: int(_number(row.payload)) for row in inbox.waiting(session, 1000)}
        while rows := inbox.waiting(session, batch):
            handled += [numbers[row.id] for row in rows]
            inbox.mark_done(session, [row.id for row in rows])
    assert sorted(handled) == sorted(whose)
    for by in {*senders}:
        own = [number for number in handled if whose[number] == by]
        assert own == sorted(own)


def _number(payload: str) -> str:
    return payload.partition('"update_id":')[2].partition(",")[0].rstrip("}")


def test_a_chat_with_a_thousand_messages_to_come_delays_no_other_by_more_than_one() -> None:
    """Under Telegram's own limits: one a second and chat after a burst, thirty a second in all."""
    lanes, now = Lanes(Limits()), 0.0
    for number in range(FLOOD):
        lanes.put(Item(number, str(ANNA), outbox.REPLY, "sendMessage", {}), now)
    for _ in range(50):
        item = lanes.take(now)
        if item is None:
            now += lanes.wait_seconds(now) or 0
        else:
            lanes.finish(item, now)
    lanes.put(Item(FLOOD, str(BORIS), outbox.REPLY, "sendMessage", {}), now)
    first: list[str] = []
    while len(first) < 2:
        item = lanes.take(now)
        if item is None:
            now += lanes.wait_seconds(now) or 0
            continue
        first.append(item.lane)
        lanes.finish(item, now)
    assert str(BORIS) in first


@pytest.fixture
def done() -> list[int]:
    return []


def test_a_thousand_jobs_of_one_person_keep_nobody_waiting_and_most_are_dropped(
    office: Office, done: list[int]
) -> None:
    """Addresses to look up, one a second on the public map: a thousand would be a quarter of an hour."""
    begun, go_on = threading.Event(), threading.Event()

    def work(rows: list[OutboxRow]) -> list[Any]:
        begun.set()
        assert go_on.wait(30)
        done.extend(row.payload["chat_id"] for row in rows)
        return [None] * len(rows)

    with office.database.unit_of_work() as session:
        for _ in range(FLOOD):
            outbox.add_job(session, "geocoder", "geocode", {"chat_id": ANNA})
        outbox.add_job(session, "geocoder", "geocode", {"chat_id": BORIS})
    office.step()
    worker = Worker("geocoder", office.processor, work, _nothing, at_once=1)
    first, *others = office.jobs
    worker.put(first)
    assert begun.wait(30)
    for row in others:
        worker.put(row)
    go_on.set()
    worker.stop(30)
    assert done[:3].count(BORIS) == 1
    assert done.count(ANNA) == 1 + MOST_WAITING
    office.step()
    with office.database.reading() as session:
        dropped = select(func.count()).where(OutboxMessage.state == OutboxState.SUPERSEDED)
        assert session.scalar(dropped) == FLOOD - 1 - MOST_WAITING


def _nothing(session: Any, row: OutboxRow, result: Any) -> None:
    """A result nobody looks at."""


@fuzzed(50)
@given(st.lists(st.sampled_from(["a", "b", None]), max_size=40), st.integers(1, 5))
def test_turns_keep_each_person_s_order_and_lose_only_what_is_too_much(
    senders: list[str | None], most: int
) -> None:
    turns: Turns[tuple[str | None, int]] = Turns(most_waiting=5)
    dropped = [turns.put((by, number), by) for number, by in enumerate(senders)]
    turns.close()
    taken: list[tuple[str | None, int]] = []
    while batch := turns.take(most):
        assert len(batch) <= most
        taken += batch
    for by in ("a", "b", None):
        own = [number for number, sender in enumerate(senders) if sender == by]
        kept = own if by is None else own[-5:]
        assert [number for sender, number in taken if sender == by] == kept
    assert len(taken) + sum(item is not None for item in dropped) == len(senders)
    in_turn = [sender for sender, _ in taken if sender is not None]
    both = 2 * min(in_turn.count("a"), in_turn.count("b"))
    assert all(one != other for one, other in zip(in_turn[:both:2], in_turn[1:both:2], strict=True))


def test_what_a_flood_leaves_is_swept(office: Office) -> None:
    from runtime.ticker import sweep

    office.give(*(typed("привет", ANNA) for _ in range(BATCH)))
    with office.database.unit_of_work(NOW + timedelta(days=60)) as session:
        session.execute(OutboxMessage.__table__.update().values(state=OutboxState.SENT))  # type: ignore[attr-defined]
        sweep(session)
        assert session.scalar(select(func.count(OutboxMessage.id))) == 0
    assert office.states() == []


def update_of_a_group(number: int) -> JSON:
    return typed("x", 5000 + number, chat={"id": -100, "type": "supergroup", "title": "Склад"})


def test_a_group_of_many_has_one_turn(office: Office) -> None:
    office.store(
        *(update_of_a_group(number) for number in range(200)), *(pressed("m", BORIS) for _ in range(40))
    )
    office.step()
    assert len(office.answers) == BATCH // 2
