"""Telegram in trouble: limits, gateways, cuts, silence, outages. Messages come, effects happen once."""

from __future__ import annotations

import time
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import urllib3

from demo.bot_api_faults import Call, Fault
from demo.people import Person
from models import OutboxState
from runtime import polling
from runtime.telegram_client import TelegramClient, TelegramError, TelegramUnavailable
from settings import Secret
from tests.faults.far_ends import FarEnds, wait_until
from tests.faults.looks import (
    each_update_once,
    opens_a_product,
    outgoing,
    quantity,
    said,
    unreachable,
    wait_until_handled,
    wait_until_sent,
)
from tests.faults.proxy import Proxy
from tests.faults.reps import PLUS
from tests.flows import acts
from tests.flows.stage import Stage, running

FIRST_PAUSES = (0.1, 0.2, 0.4, 0.8)


def presses_three_times(stage: Stage, person: Person) -> None:
    for _ in range(3):
        person.press(PLUS)
    person.wait(lambda who: "В заказе: 3 шт" in acts.plain(who.screen.text), 20, "no three pieces")
    wait_until_handled(stage)
    assert quantity(stage) == 3000


def sends_to(stage: Stage, person: Person, since: int) -> list[Call]:
    calls = stage.api.calls.find("sendMessage", since)
    return [call for call in calls if call.params["chat_id"] == person.id]


def test_429_is_obeyed_and_holds_nobody_else_up(stage: Stage) -> None:
    acts.opens(stage.anna)
    acts.opens(stage.klara)
    since = stage.api.calls.total
    limit = stage.api.faults.too_many_requests(3, method="sendMessage", chat_id=stage.anna.id, times=1)
    stage.anna.send("/help")
    stage.anna.wait(lambda _: limit.hits)
    stage.klara.send("/help")
    stage.klara.wait_text("/logout")
    assert said(stage.anna, "/logout") == 0
    stage.anna.wait_text("/logout")
    refused, sent = sends_to(stage, stage.anna, since)
    assert (refused.status, sent.status) == (429, 200)
    assert sent.at - refused.at >= 3
    assert said(stage.anna, "/logout") == 1


@pytest.mark.parametrize("status", [502, 504])
def test_a_gateway_in_trouble_on_sends(stage: Stage, status: int) -> None:
    acts.opens(stage.anna)
    since = stage.api.calls.total
    stage.api.faults.server_error(status, method="sendMessage", times=2)
    stage.anna.send("/help")
    stage.anna.wait_text("/logout")
    calls = sends_to(stage, stage.anna, since)
    assert [call.status for call in calls] == [status, status, 200]
    assert [
        later.at - earlier.at >= pause
        for pause, (earlier, later) in zip((0.5, 1.0), pairwise(calls), strict=True)
    ]
    assert said(stage.anna, "/logout") == 1


@pytest.mark.parametrize("status", [502, 504])
def test_a_gateway_in_trouble_on_fetching(stage: Stage, status: int) -> None:
    """It goes on trying, ever less often, and takes what was sent meanwhile."""
    acts.opens(stage.anna)
    trouble = stage.api.faults.server_error(status, method="getUpdates")
    stage.anna.send("/cancel")
    stage.anna.wait_text("Отменено")
    stage.anna.wait(lambda _: trouble.hits >= 3)
    stage.anna.send("/help")
    stage.anna.wait(lambda _: trouble.hits == 5)
    assert said(stage.anna, "/logout") == 0
    trouble.off()
    stage.anna.wait_text("/logout")
    failed = [call.at for call in stage.api.calls.find("getUpdates") if call.status == status]
    gaps = [later - earlier for earlier, later in pairwise(failed)]
    assert all(gap >= pause for gap, pause in zip(gaps, FIRST_PAUSES, strict=False)), gaps


@pytest.mark.parametrize("method", ["getUpdates", "editMessageText", "answerCallbackQuery"])
@pytest.mark.parametrize("kind", ["cut_before", "cut_after"])
def test_cut_connections(stage: Stage, kind: str, method: str) -> None:
    opens_a_product(stage, stage.anna)
    fault: Fault = getattr(stage.api.faults, kind)(method=method, times=2)
    presses_three_times(stage, stage.anna)
    stage.anna.wait(lambda _: fault.hits)
    wait_until_sent(stage, stage.anna)
    assert quantity(stage) == 3000
    each_update_once(stage)


@pytest.mark.parametrize(("kind", "times"), [("cut_before", 1), ("cut_after", 2)])
def test_a_message_whose_answer_was_cut_off_may_come_twice(stage: Stage, kind: str, times: int) -> None:
    acts.opens(stage.anna)
    getattr(stage.api.faults, kind)(method="sendMessage", times=1)
    stage.anna.send("/help")
    stage.anna.wait(lambda who: said(who, "/logout") == times)
    wait_until_sent(stage, stage.anna)
    assert said(stage.anna, "/logout") == times


@pytest.mark.parametrize("has_effect", [False, True])
def test_a_call_without_an_answer_is_given_up_and_made_again(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, has_effect: bool
) -> None:
    acts.opens(stage.anna)
    monkeypatch.setattr(TelegramClient.call, "__defaults__", (None, None, 0.3))
    silence = stage.api.faults.hang(60, effect=has_effect, method="sendMessage", times=1)
    stage.anna.send("/help")
    stage.anna.wait(lambda who: said(who, "/logout") == 1 + has_effect)
    assert silence.hits == 1


def test_a_poll_without_an_answer_is_given_up_and_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    call = TelegramClient.call

    def impatient(self: TelegramClient, method: str, *args: Any, **options: Any) -> Any:
        if method == "getUpdates":
            options["read_seconds"] = 0.5
        return call(self, method, *args, **options)

    monkeypatch.setattr(TelegramClient, "call", impatient)
    with running(tmp_path) as stage:
        # The stage polls for five seconds at a time: every poll that brings nothing is a silent one.
        acts.opens(stage.anna)
        stage.api.calls.wait(lambda calls: len(calls) > 3, "getUpdates")
        stage.anna.send("/help")
        stage.anna.wait_text("/logout")


def test_an_outage_is_waited_out_without_a_busy_loop(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    acts.opens(stage.anna)
    attempts: list[float] = []
    call = stage.app.client.call

    def counted(method: str, *args: Any, **options: Any) -> Any:
        try:
            return call(method, *args, **options)
        except (TelegramError, TelegramUnavailable):
            if method == "getUpdates":
                attempts.append(time.monotonic())
            raise

    monkeypatch.setattr(stage.app.client, "call", counted)
    stage.api.stop()
    stage.anna.send("/help")
    wait_until(lambda: len(attempts) >= 5)
    stage.api.start()
    stage.anna.wait_text("/logout", 20)
    gaps = [later - earlier for earlier, later in pairwise(attempts)]
    # The first failure may still be the end of the poll that was in flight.
    assert all(gap >= pause for gap, pause in zip(gaps, FIRST_PAUSES, strict=False)), gaps
    assert said(stage.anna, "/logout") == 1


def test_what_was_to_go_out_during_an_outage_goes_out_after_it(stage: Stage) -> None:
    opens_a_product(stage, stage.anna)
    cut = stage.api.faults.cut_before(method="edit*")
    stage.anna.press(PLUS)
    stage.anna.wait(lambda _: cut.hits)
    stage.api.stop()
    cut.off()
    stage.api.start()
    stage.anna.wait(lambda who: "В заказе: 1 шт" in acts.plain(who.screen.text), 20)


def test_another_poller_is_explained_and_survived(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(polling, "CONFLICT_PAUSE", 0.2)
    acts.opens(stage.anna)
    wait_until(lambda: stage.api.polling)
    urllib3.request("POST", f"{stage.api.url}/bot{stage.api.token}/getUpdates", json={"timeout": 0})
    wait_until(lambda: "another program fetches this bot's updates (409)" in caplog.text)
    stage.anna.send("/help")
    stage.anna.wait_text("/logout")
    assert stage.api.token not in caplog.text


def test_an_unknown_token_ends_the_process_with_a_sentence(far: FarEnds) -> None:
    token = far.api.token + "x"
    with far.bot(BOT_TOKEN=token) as bot:
        assert bot.start().wait() == 1
        assert "Telegram does not know this token (401): check BOT_TOKEN" in bot.log
        assert "Traceback" not in bot.log
        assert token not in bot.log


def test_someone_who_blocked_the_bot(stage: Stage) -> None:
    """Marked once, told of once, what waited is dropped; a message from them makes it good again."""
    for person in stage.staff:
        acts.opens(person)
    boris = stage.boris
    limit = stage.api.faults.too_many_requests(2, chat_id=boris.id, times=1)
    since = stage.api.calls.total
    for _ in range(3):
        boris.send("/help")
    stage.dmitry.wait(lambda _: limit.hits)
    wait_until_handled(stage)
    # Telegram says so only when the bot writes.
    boris.user.blocked = True
    stage.dmitry.wait_text("Борис: бот заблокирован")
    wait_until_sent(stage, boris)
    assert [
        call.status for call in stage.api.calls.find(since=since) if call.params.get("chat_id") == boris.id
    ] == [429, 403]
    states = [row.state for row in outgoing(stage, boris)]
    assert states.count(OutboxState.FAILED) == 1
    assert states.count(OutboxState.SUPERSEDED) >= 2
    assert unreachable(stage) == [boris.id]

    acts.places_order(stage, stage.anna)
    acts.card(stage.petr, 1)
    wait_until_handled(stage)
    assert said(stage.dmitry, "бот заблокирован") == 1
    boris.start()
    wait_until(lambda: not unreachable(stage), "still thought unreachable")
    acts.press(stage.anna, "🏠 Меню", "Что делаем?")
    acts.places_order(stage, stage.anna, "ООО «Столовая № 7»")
    acts.card(boris, 2)


def test_who_unblocks_the_bot_is_reachable_at_once(stage: Stage) -> None:
    acts.opens(stage.dmitry)
    acts.opens(stage.boris)
    stage.boris.block()
    stage.dmitry.wait_text("Борис: бот заблокирован")
    stage.boris.unblock()
    wait_until_handled(stage)
    assert unreachable(stage) == []


def test_a_screen_the_person_deleted_comes_back_as_a_new_message(stage: Stage) -> None:
    opens_a_product(stage, stage.anna)
    gone = stage.anna.screen
    with stage.api.world.lock:
        stage.anna.press(PLUS)
        gone.deleted = True
    screen = stage.anna.wait_text("В заказе", after=gone)
    stage.anna.press(PLUS, message=screen)
    stage.anna.wait(lambda who: "В заказе: 2 шт" in acts.plain(who.screen.text))
    assert stage.anna.screen is screen


def test_a_message_telegram_refuses_is_given_up_and_told_of_once(stage: Stage) -> None:
    acts.opens(stage.dmitry)
    acts.opens(stage.anna)
    refusal = stage.api.faults.add(Fault("status", "sendMessage", 1, status=400, chat_id=stage.anna.id))
    stage.anna.send("/help")
    stage.dmitry.wait_text("Telegram не принял сообщение")
    stage.anna.send("/cancel")
    stage.anna.wait_text("Отменено")
    wait_until_sent(stage, stage.dmitry)
    assert said(stage.dmitry, "Telegram не принял") == 1
    assert (refusal.hits, said(stage.anna, "/logout")) == (1, 0)
    assert [row.state for row in outgoing(stage, stage.anna)].count(OutboxState.FAILED) == 1


def test_a_refused_report_is_not_reported_again(stage: Stage) -> None:
    """An administrator's chat that takes nothing must not make reports of reports for ever."""
    acts.opens(stage.dmitry)
    refusal = stage.api.faults.add(Fault("status", "sendMessage", status=400, chat_id=stage.dmitry.id))
    stage.dmitry.send("/help")
    stage.dmitry.wait(lambda _: refusal.hits >= 2)

    def unsent() -> list[OutboxState]:
        """The reply and its report; a further report is written with the failure of the one before."""
        return [row.state for row in outgoing(stage, stage.dmitry) if row.state is not OutboxState.SENT]

    wait_until(lambda: unsent().count(OutboxState.FAILED) >= 2)
    assert len(unsent()) == 2


def test_a_proxy_is_used_for_everything(tmp_path: Path) -> None:
    with Proxy() as proxy:
        url = Secret(f"http://bot:secret@127.0.0.1:{proxy.port}")
        with running(tmp_path, telegram_proxy=url) as stage:
            acts.opens(stage.anna)
            calls = {path.rpartition("/")[2] for path in proxy.paths}
            assert {"getUpdates", "sendMessage"} <= calls
            assert all(path.startswith(stage.api.url) for path in proxy.paths)
            assert proxy.credentials == {"bot:secret"}
            stage.api.calls.wait(lambda calls: len(calls) <= len(proxy.paths))


def test_an_update_given_out_again_has_no_second_effect(stage: Stage) -> None:
    opens_a_product(stage, stage.anna)
    stage.anna.press(PLUS)
    pressed = stage.api.last_update_id
    stage.anna.wait(lambda who: "В заказе: 1 шт" in acts.plain(who.screen.text))
    for _ in range(3):
        stage.api.redeliver(pressed)
    stage.api.wait_fetched()
    # Handled after whatever the repeated one may have done.
    stage.anna.press(PLUS).wait_answered()
    assert quantity(stage) == 2000
    stage.anna.wait(lambda who: "В заказе: 2 шт" in acts.plain(who.screen.text))
    each_update_once(stage)


def test_update_ids_that_start_lower_again(stage: Stage) -> None:
    opens_a_product(stage, stage.anna)
    stage.api.wait_fetched()
    stage.api.restart_update_ids(7)
    since = stage.api.calls.total
    presses_three_times(stage, stage.anna)
    stage.api.wait_fetched()
    # A poll for the waiting one, one for each press, and one to wait on: no update is fetched twice.
    assert len(stage.api.calls.find("getUpdates", since)) <= 5
    each_update_once(stage)
