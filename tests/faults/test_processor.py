"""Our own faults: a handler that raises, a database that cannot write. One update fails, or none counts."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import Connection, event, select

from handlers import callbacks, registry
from handlers.context import Context
from handlers.routing import Router
from handlers.screen import Button, Screen
from handlers.texts import Html
from models import InboxState, InboxUpdate, Order, OutboxMessage, OutboxState, Role, User
from runtime import processor
from services import notifications
from tests.faults.far_ends import wait_until
from tests.faults.looks import opens_a_product, quantity, said
from tests.faults.reps import PLUS
from tests.flows import acts
from tests.flows.stage import Stage, running


@dataclass
class Trouble:
    """A feature that does something and then fails, so many times."""

    times: int = 10**6
    runs: int = 0
    jobs: int = 0

    def strike(self, ctx: Context) -> Screen:
        self.runs += 1
        ctx.user.comment = f"{ctx.user.comment or ''}*"
        notifications.tell(ctx.session, ctx.user, "mail_off")
        if self.runs <= self.times:
            raise ZeroDivisionError("a bug of ours")
        return Screen(Html("Всё-таки вышло"))


@pytest.fixture
def trouble() -> Trouble:
    return Trouble()


@pytest.fixture
def broken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, trouble: Trouble) -> Iterator[Stage]:
    """A bot with a command, a button and a notice that fail."""
    monkeypatch.setattr(callbacks, "_registry", callbacks.known())

    @dataclass(frozen=True)
    class Boom(callbacks.Data, code="boom", anywhere=True):
        """A button with a bug behind it."""

    def unsayable(_ctx: Context, _params: dict[str, Any]) -> Screen:
        raise ZeroDivisionError("no words")

    def show(_ctx: Context, _argument: str) -> Screen:
        return Screen(Html("Осторожно"), [[Button("Бум", Boom())]], Boom())

    def register(router: Router) -> None:
        router.command("boom", "", lambda ctx, _: trouble.strike(ctx))
        router.command("show", "", show)
        router.button(Boom, lambda ctx, _: trouble.strike(ctx), Role.SALES_REP)
        router.notice("unsayable", unsayable)

    monkeypatch.setattr(registry, "FEATURES", (*registry.FEATURES, SimpleNamespace(register=register)))
    with running(tmp_path) as stage:
        yield stage


def inbox(stage: Stage) -> list[InboxUpdate]:
    with stage.app.database.reading() as session:
        return list(session.scalars(select(InboxUpdate).order_by(InboxUpdate.id)))


def comment(stage: Stage) -> str | None:
    with stage.app.database.reading() as session:
        return session.scalars(select(User.comment).where(User.telegram_id == stage.anna.id)).one()


def test_a_handler_that_raises_spoils_nothing_but_its_own_update(broken: Stage, trouble: Trouble) -> None:
    stage = broken
    for person in (stage.anna, stage.klara, stage.dmitry):
        acts.opens(person)
    with stage.api.world.lock:
        stage.klara.send("/help")
        stage.anna.send("/boom")
        stage.klara.send("/cancel")
        stage.anna.send("/help")
    stage.klara.wait_text("Отменено")
    stage.anna.wait_text("/logout")
    *_, before, failed, after, last = inbox(stage)
    states = [row.state for row in (before, failed, after, last)]
    assert states == [InboxState.DONE, InboxState.FAILED, InboxState.DONE, InboxState.DONE]
    # Tried once more, and neither try left anything: no comment, no notice.
    assert trouble.runs == 2
    assert comment(stage) is None
    assert said(stage.anna, "Почта выключена") == 0
    stage.anna.wait_text(f"У нас что-то сломалось. Администратор уже знает; ошибка {failed.error_id}.")
    stage.dmitry.wait_text(f"Внутренняя ошибка, номер {failed.error_id}, пользователь Анна")
    assert said(stage.dmitry, "Внутренняя ошибка") == 1
    assert said(stage.anna, "сломалось") == 1


def test_what_failed_is_listed_for_the_administrator_until_it_is_dealt_with(broken: Stage) -> None:
    stage, dmitry = broken, broken.dmitry
    acts.opens(stage.anna)
    stage.anna.send("/boom")
    stage.anna.wait_text("сломалось")
    error_id = inbox(stage)[-1].error_id
    acts.opens(dmitry)
    acts.comes_to(dmitry, "/status", "Входящие: ждут 0, с ошибкой 1")
    text = acts.press(dmitry, "⚠️ Не обработано · 1", "Не обработано").text
    assert f"Анна · сообщение · ошибка {error_id}" in text
    assert "/boom" not in text
    acts.press(dmitry, f"✅ {error_id} — разобрались", "Всё обработано.")
    acts.comes_to(dmitry, "/status", "Входящие: ждут 0, с ошибкой 0")
    assert "Не обработано" not in str(dmitry.screen.labels)
    # It is closed, not handled once more.
    assert [row.state for row in inbox(stage) if row.error_id] == [InboxState.DONE]
    assert comment(stage) is None


def test_the_traceback_is_logged_under_the_id_told(broken: Stage, caplog: pytest.LogCaptureFixture) -> None:
    stage = broken
    acts.opens(stage.anna)
    stage.anna.send("/boom")
    stage.anna.wait_text("сломалось")
    error_id = inbox(stage)[-1].error_id
    [record] = [record for record in caplog.records if f"error {error_id}" in record.getMessage()]
    assert record.exc_info is not None
    assert record.exc_info[0] is ZeroDivisionError


def test_a_fault_that_passes_is_not_noticed(broken: Stage, trouble: Trouble) -> None:
    stage = broken
    trouble.times = 1
    acts.opens(stage.anna)
    stage.anna.send("/boom")
    stage.anna.wait_text("Всё-таки вышло")
    assert inbox(stage)[-1].state is InboxState.DONE
    assert comment(stage) == "*"
    assert said(stage.anna, "сломалось") == 0


def test_a_press_that_fails_is_answered(broken: Stage, trouble: Trouble) -> None:
    stage = broken
    acts.opens(stage.anna)
    acts.say(stage.anna, "/show", "Осторожно")
    stage.anna.press("Бум").wait_answered()
    stage.anna.wait_text("сломалось")
    assert trouble.runs == 2
    assert inbox(stage)[-1].state is InboxState.FAILED
    # The person can go on.
    stage.anna.send("/cancel")
    stage.anna.wait_text("Отменено")


def test_a_notice_nobody_can_word_is_given_up_alone(broken: Stage) -> None:
    stage = broken
    acts.opens(stage.anna)
    with stage.app.database.unit_of_work() as session:
        anna = session.scalars(select(User).where(User.telegram_id == stage.anna.id)).unique().one()
        notifications.tell(session, anna, "unsayable")
        notifications.tell(session, anna, "mail_off")
    stage.anna.wait_text("Почта выключена")
    with stage.app.database.reading() as session:
        query = select(OutboxMessage).where(OutboxMessage.name == "notice.unsayable")
        row = session.scalars(query).one()
    assert (row.state, row.last_error) == (OutboxState.FAILED, "cannot be rendered")


def test_a_task_that_fails_does_not_stop_the_others(stage: Stage) -> None:
    worker = stage.app.supervisor._processor
    done = threading.Event()

    def fail(_session: Any) -> None:
        raise ZeroDivisionError("a bug of ours")

    worker.submit(fail)
    worker.submit(lambda _session: done.set())
    assert done.wait(10)
    acts.opens(stage.anna)


def test_a_result_that_cannot_be_applied_is_told_of_and_closed(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any) -> None:
        raise ZeroDivisionError("a bug of ours")

    anna = stage.anna
    acts.all_open(stage)
    monkeypatch.setitem(stage.app.supervisor._processor._boundary._jobs, "geocode", fail)  # type: ignore[attr-defined]
    acts.press(anna, "🛒 Новый заказ", "Для кого заказ?")
    acts.press(anna, "ООО «Ромашка»", "Каталог")
    acts.chooses_goods(anna, ("Бакалея", "Крупы"), "Гречка ядрица", "5 кор")
    acts.press(anna, "🛒 Корзина", "Товары: 5 394,00 ₽")
    acts.press(anna, "Дальше", "Куда везти?")
    anna.send("Москва, Тверская улица, 7")
    anna.wait_text("У нас что-то сломалось")
    stage.dmitry.wait_text("Внутренняя ошибка")
    with stage.app.database.reading() as session:
        row = session.scalars(select(OutboxMessage).where(OutboxMessage.name == "geocode")).one()
    assert row.state is OutboxState.FAILED
    assert str(row.last_error).startswith("error ")


@contextmanager
def full_disk(stage: Stage) -> Iterator[threading.Event]:
    """Whatever the processor writes needs room that is not there; the event tells that it noticed."""
    is_full, noticed = threading.Event(), threading.Event()

    def limit(connection: Connection) -> None:
        is_ours = is_full.is_set() and threading.current_thread().name == "processor"
        # The lowest limit there is means the present size.
        connection.exec_driver_sql(f"PRAGMA max_page_count = {1 if is_ours else 1_000_000}")

    event.listen(stage.app.database.engine, "begin", limit)
    event.listen(stage.app.database.engine, "handle_error", lambda _: noticed.set())
    is_full.set()
    try:
        yield noticed
    finally:
        is_full.clear()


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_a_full_disk_while_handling_fails_no_update(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not the update is at fault but the disk: it waits, and so does everything that came with it."""
    monkeypatch.setattr(processor, "PAUSE_AFTER_FAILED_COMMIT", 0.05)
    acts.opens(stage.klara)
    opens_a_product(stage, stage.anna)
    toasts = len(stage.anna.toasts)
    with full_disk(stage) as noticed:
        presses = []
        with stage.api.world.lock:
            # The cards and replies of all this do not fit into what is left of the last pages.
            for number in range(20):
                presses.append(stage.anna.press(PLUS))
                stage.klara.send("/help" if number % 2 else "/cancel")
        assert noticed.wait(10)
        stage.api.wait_fetched()
        waiting = [row for row in inbox(stage) if row.state is InboxState.WAITING]
        assert len(waiting) == 40
        assert quantity(stage) == 0
        assert not any(press.answered for press in presses)
    stage.anna.wait(lambda who: "В заказе: 20 шт" in acts.plain(who.screen.text), 20)
    assert {row.state for row in inbox(stage)} == {InboxState.DONE}
    assert quantity(stage) == 20_000
    for press in presses:
        press.wait_answered()
    assert len(stage.anna.toasts) == toasts
    assert said(stage.anna, "сломалось") == 0


def test_a_commit_that_fails_is_repeated_as_a_whole(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processor, "PAUSE_AFTER_FAILED_COMMIT", 0.05)
    for person in (stage.anna, stage.boris, stage.petr):
        acts.opens(person)
    acts.fills_order(stage, stage.anna)
    failures: list[bool] = []

    def fail(_connection: Connection) -> None:
        if threading.current_thread().name == "processor" and len(failures) < 4:
            failures.append(True)
            raise sqlite3.OperationalError("database or disk is full")

    event.listen(stage.app.database.engine, "commit", fail)
    press = stage.anna.press("✅ Отправить на склад")
    stage.anna.wait_text("отправлен на склад")
    press.wait_answered()
    event.remove(stage.app.database.engine, "commit", fail)
    assert len(failures) == 4
    with stage.app.database.reading() as session:
        [order] = session.scalars(select(Order)).all()
        assert [entry.kind.value for entry in order.events] == ["placed"]
    for keeper in (stage.boris, stage.petr):
        acts.card(keeper, 1)
        assert said(keeper, "Заказ №1") == 1
    assert said(stage.anna, "отправлен на склад") == 1


def test_what_cannot_be_stored_is_not_acknowledged(stage: Stage) -> None:
    """The inbox cannot be written: Telegram keeps the updates, and gives them again."""
    acts.opens(stage.anna)
    failures: list[int] = []

    def fail(_connection: Connection) -> None:
        if threading.current_thread().name == "poller" and len(failures) < 3:
            failures.append(stage.api.pending_updates)
            raise sqlite3.OperationalError("database or disk is full")

    event.listen(stage.app.database.engine, "commit", fail)
    stage.anna.send("/help")
    stage.anna.wait_text("/logout")
    event.remove(stage.app.database.engine, "commit", fail)
    assert failures == [1, 1, 1]
    stage.api.wait_fetched()
    assert said(stage.anna, "/logout") == 1


def test_results_reported_while_the_database_fails_are_written_later(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Telegram has said "ok" already: that must not be forgotten, or the message would come again."""
    monkeypatch.setattr(processor, "PAUSE_AFTER_FAILED_COMMIT", 0.05)
    acts.opens(stage.anna)
    failures: list[bool] = []

    def fail(_connection: Connection) -> None:
        is_sent = said(stage.anna, "/logout")
        if threading.current_thread().name == "processor" and is_sent and len(failures) < 3:
            failures.append(True)
            raise sqlite3.OperationalError("database or disk is full")

    event.listen(stage.app.database.engine, "commit", fail)
    stage.anna.send("/help")
    wait_until(lambda: len(failures) == 3)
    event.remove(stage.app.database.engine, "commit", fail)

    def is_over() -> bool:
        with stage.app.database.reading() as session:
            return {row.state for row in session.scalars(select(OutboxMessage))} == {OutboxState.SENT}

    wait_until(is_over)
    assert said(stage.anna, "/logout") == 1
