"""How the bot does by the labels: what /status says, what is repeated, what is told once and once again."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update

from demo.bot_api_faults import Fault
from models import AuditEntry, Customer, Heartbeat, OutboxMessage, OutboxState, User
from runtime import ticker
from services.health import Disk
from tests.faults.far_ends import wait_until
from tests.flows import acts
from tests.flows.stage import Stage, running


def test_status_says_how_the_bot_does(stage: Stage) -> None:
    dmitry = stage.dmitry
    acts.opens(dmitry)
    wait_until(lambda: _beats(stage) == {"poll", "tick"})
    text = acts.plain(acts.comes_to(dmitry, "/status", "Состояние бота").text)
    for line in (
        r"Telegram отвечал: \d+ с назад",
        r"Последнее обновление: \d+ с назад",
        r"Последний тик: \d+ с назад",
        r"Входящие: ждут 0, с ошибкой 0",
        r"Исходящие: ждут \d+, не отправлено 0",
        r"Диск: свободно [\d ]+ МБ из [\d ]+ МБ",
        r"База: [\d ]+ МБ",
        r"Программа \d+\.\d+\.\d+ · Python 3\.\d+\.\d+ · (SQLite 3\.[\d.]+|PostgreSQL \d\d.*) · схема \d{4}",
    ):
        assert re.search(line, text), line
    acts.comes_to(dmitry, "/start", "Что делаем?")
    acts.press(dmitry, "⚙️ Настройки", "Язык:")
    acts.press(dmitry, "🩺 Состояние", "Состояние бота")
    acts.comes_to(dmitry, "/help", "/status — как дела у бота")


@pytest.mark.both_engines
def test_status_on_either_engine(stage: Stage, engine: str) -> None:
    acts.opens(stage.dmitry)
    text = acts.comes_to(stage.dmitry, "/status", "Состояние бота").text
    name = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}[engine]
    assert re.search(rf"{name} \d+[\d.]*", text)


def test_what_was_refused_is_repeated_by_a_button(stage: Stage) -> None:
    dmitry, anna = stage.dmitry, stage.anna
    acts.all_open(stage)
    refusal = stage.api.faults.add(Fault("status", "sendMessage", status=400, chat_id=anna.id, times=1))
    acts.opens_staff_card(dmitry, "Анна · ")
    acts.press(dmitry, "➕ кладовщик", "Роль: торговый представитель, кладовщик")
    said = dmitry.wait_text("Telegram не принял сообщение")
    assert refusal.hits == 1
    assert "Уведомление → Анна" in said.text
    assert "sendMessage" not in said.text
    acts.comes_to(dmitry, "/status", "не отправлено 1")
    dmitry.press("⚠️ Не отправлено", message=said)
    acts.sees(dmitry, "Уведомление → Анна")
    pressed = dmitry.press("🔁 Уведомление → Анна").wait_answered()
    assert pressed.toast is not None
    assert pressed.toast.text == "Отправляется ещё раз."
    anna.wait_text("Администратор изменил вашу роль")
    acts.sees(dmitry, "Всё отправлено.")
    with stage.app.database.reading() as session:
        entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "repeat")).one()
        assert (entry.before or {})["state"] == "failed"
        again = dmitry.forge(f"hsr:{entry.subject_id}").wait_answered()
    assert again.toast is not None
    assert again.toast.text == "Это уже отправляется или отправлено."


def test_what_was_not_sent_is_said_in_words_and_each_button_names_its_row(stage: Stage) -> None:
    dmitry = stage.dmitry
    acts.all_open(stage)
    with stage.app.database.unit_of_work() as session:
        customer = session.scalars(select(Customer).where(Customer.name == "ООО «Ромашка»")).one()
        customer.emails = "net@romashka.example"
    stage.petr.block()
    dmitry.wait_text("Пётр: бот заблокирован")
    with stage.app.database.unit_of_work() as session:
        session.execute(update(User).values(unreachable_at=None))
    stage.mailbox.faults.refuse_recipient("net@romashka.example")
    number = acts.places_order(stage, stage.anna)
    acts.loads(stage.boris, number)
    stage.anna.wait_text("No such user here")
    acts.comes_to(dmitry, "/status", "не отправлено 2")
    text = acts.press(dmitry, "⚠️ Не отправлено · 2", "Не отправлено").text
    assert f"Заказ №{number} на складе → Пётр\nне открывал бота или заблокировал его (403" in text
    assert "Счёт №1 → net@romashka.example\nпочтовый сервер не знает такого адреса (5.1.1" in text
    for raw in ("notice.", "invoice", "unreachable"):
        assert raw not in text
    acts.press(dmitry, "🔁 Счёт №1 → net@", "Не отправлено")
    dmitry.wait(lambda who: not any("Счёт" in label for label in who.screen.labels))
    acts.offers(dmitry, f"🔁 Заказ №{number} на складе → Пётр")


# Copies are SQLite's.
@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_a_copy_is_not_repeated_to_an_administrator_who_is_blocked(stage: Stage) -> None:
    dmitry, anna = stage.dmitry, stage.anna
    acts.all_open(stage)
    acts.opens_staff_card(dmitry, "Анна · ")
    acts.press(dmitry, "➕ администратор", "все права")
    acts.press(dmitry, "✅ Да, администратор", "Роль: торговый представитель, администратор")
    refusal = stage.api.faults.add(Fault("status", "sendDocument", status=400, chat_id=anna.id, times=1))
    anna.send("/backup")
    dmitry.wait_text("Telegram не принял сообщение")
    assert refusal.hits == 1
    acts.opens_staff_card(dmitry, "Анна · ")
    acts.press(dmitry, "🚫 Заблокировать", "Заблокировать")
    acts.press(dmitry, "🚫 Да, заблокировать", "⛔ заблокирован")
    acts.comes_to(dmitry, "/status", "не отправлено 1")
    acts.press(dmitry, "⚠️ Не отправлено · 1", "Файл → Анна")
    pressed = dmitry.press("🔁 Файл → Анна").wait_answered()
    assert pressed.toast is not None
    assert pressed.toast.text == "У этого человека больше нет доступа: сообщение не отправлено."
    assert not [message for message in anna.messages if message.from_bot and message.document]


def test_a_code_that_could_not_be_sent_is_issued_anew_not_repeated(stage: Stage) -> None:
    dmitry = stage.dmitry
    acts.opens(dmitry)
    # Neither the picture nor the words instead of it are taken.
    for method in ("sendPhoto", "sendMessage"):
        stage.api.faults.add(Fault("status", method, status=400, chat_id=dmitry.id, times=1))
    acts.press(dmitry, "👤 Сотрудники", "Сотрудники")
    acts.press(dmitry, "🔑 Коды доступа", "Коды доступа")
    acts.press(dmitry, "🔑 Код: кладовщик", "Имя")
    dmitry.send("Олег")
    dmitry.wait_text("Telegram не принял сообщение")
    acts.comes_to(dmitry, "/status", "не отправлено 1")
    text = acts.press(dmitry, "⚠️ Не отправлено · 1", "Код доступа → Дмитрий").text
    assert "Выдайте новый код." in text
    assert not [label for label in dmitry.screen.labels if "🔁" in label]
    with stage.app.database.reading() as session:
        [row] = session.scalars(select(OutboxMessage).where(OutboxMessage.state == OutboxState.FAILED))
        assert "start=" not in str(row.payload)


def test_a_geocoder_in_trouble_is_told_once_and_once_that_it_is_well(stage: Stage) -> None:
    dmitry, anna = stage.dmitry, stage.anna
    acts.opens(dmitry)
    acts.to_address(anna)
    with stage.geocoder.faults.server_error(status=500):
        for street in ("Тверская 1", "Тверская 2"):
            sent = anna.send(street)
            anna.wait_text("⚠️ Служба адресов сейчас не отвечает.", after=sent)
    dmitry.wait_text("⚠️ Служба адресов не отвечает")
    acts.comes_to(dmitry, "/status", "Не работает с")
    acts.say(anna, "Тверская 7", "© OpenStreetMap")
    dmitry.wait_text("✅ Служба адресов снова отвечает.")
    told = [message for message in dmitry.received if "Служба адресов" in message.text]
    assert len(told) == 2


def test_a_disk_that_runs_full_is_told_once_and_once_that_there_is_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A disk can't be filled for a test; how full it is, is the one thing said here.
    free = [400 * 10**6]
    monkeypatch.setattr(ticker, "disk_of", lambda folder: Disk(free[0], 100 * 10**9))
    monkeypatch.setattr(ticker, "BEAT_EVERY", timedelta(0))
    with running(tmp_path) as stage:
        acts.opens(stage.dmitry)
        stage.dmitry.wait_text("⚠️ Диск почти заполнен: свободно 400 МБ")
        free[0] = 50 * 10**9
        stage.dmitry.wait_text("✅ На диске снова есть место.")
        told = [message.text for message in stage.dmitry.received if "иск" in message.text]
        assert len(told) == 2


def test_the_english_status_has_no_russian_in_it(stage: Stage) -> None:
    acts.speaks(stage.dmitry, "en")
    text = acts.comes_to(stage.dmitry, "/status", "How the bot does").text
    assert re.search("[А-Яа-яЁё]", text) is None


def _beats(stage: Stage) -> set[str]:
    with stage.app.database.reading() as session:
        return set(session.scalars(select(Heartbeat.name)))
