"""A mailing by the labels: to a role, to chosen people, through a restart, and who did not get it."""

from __future__ import annotations

from sqlalchemy import select

from demo.bot_api_types import Message
from demo.people import Person
from models import AuditEntry, Mailing, OutboxMessage
from tests.flows import acts
from tests.flows.stage import Stage, restarted

WORDS = "Завтра склад закрыт: <учёт> & опись."


def to_mailing(stage: Stage) -> Person:
    acts.all_open(stage)
    acts.press(stage.dmitry, "👤 Сотрудники", "Сотрудники")
    acts.press(stage.dmitry, "📣 Рассылка", "Кому?")
    return stage.dmitry


def got(person: Person, words: str = WORDS) -> list[Message]:
    return [message for message in person.received if message.text == f"📣 {words}\n\n— Дмитрий"]


def test_a_role_gets_what_was_looked_at_and_confirmed_and_nobody_else(stage: Stage) -> None:
    dmitry = to_mailing(stage)
    # He is the only one, and writes to himself no more than to nobody.
    nobody = dmitry.press("Администраторы · 0").wait_answered().toast
    assert nobody is not None
    assert nobody.text == "Отправить некому: своя рассылка вам не приходит."
    acts.press(dmitry, "Кладовщики · 2", "Рассылка: 2 получателя. Введите текст.")
    acts.say(dmitry, "Опечтака", "Так рассылку увидят 2 человека")
    assert "📣 Опечтака\n\n— Дмитрий" in dmitry.screen.text
    acts.say(dmitry, WORDS, WORDS)
    acts.press(dmitry, "📣 Отправить · 2", "из 2 · ждут: ")
    for keeper in (stage.boris, stage.petr):
        keeper.wait(got, complaint="no mailing")
    done = dmitry.wait_text("Рассылка закончена: получили 2 из 2.", timeout=20)
    # The card is told the end, too.
    card = dmitry.wait_text("Доставлено: 2 из 2 · ждут: 0 · не доставлено: 0")
    assert "🔄 Обновить" not in card.labels
    dmitry.press("📣 Открыть рассылку", message=done)
    acts.sees(dmitry, "Доставлено: 2 из 2 · ждут: 0 · не доставлено: 0")
    assert not any(got(person) for person in (stage.anna, stage.klara, dmitry))
    # A second press on the same button, as by an impatient thumb, sends nothing more.
    with stage.app.database.reading() as session:
        mailing = session.scalars(select(Mailing).where(Mailing.sent_at.is_not(None))).one()
        sent = session.scalars(select(AuditEntry).where(AuditEntry.subject == "mailing")).one()
        assert (sent.action, sent.after) == ("send", {"text": WORDS, "recipients": 2})
    late = dmitry.forge(f"mls:{mailing.id}", message_id=dmitry.screen.message_id).wait_answered()
    assert late.toast is not None
    assert late.toast.text == "Эта рассылка уже отправлена."
    acts.comes_to(dmitry, "/start", "Что делаем?")
    assert [len(got(keeper)) for keeper in (stage.boris, stage.petr)] == [1, 1]


def test_chosen_people_and_why_one_did_not_get_it(stage: Stage) -> None:
    dmitry = to_mailing(stage)
    # Of Пётр the bot knows; of Клара, whose account is gone, it learns from Telegram's refusal.
    stage.petr.block()
    dmitry.wait_text("Пётр: бот заблокирован")
    stage.klara.deactivate()
    acts.comes_to(dmitry, "/staff", "Сотрудники")
    acts.press(dmitry, "📣 Рассылка", "Кому?")
    acts.press(dmitry, "👤 Выбрать людей", "Выбрано: 0")
    assert "Дальше ➡️" not in dmitry.screen.labels
    for number, name in enumerate(("Анна", "Борис", "Клара", "Пётр"), 1):
        acts.press(dmitry, name, f"Выбрано: {number}")
    acts.press(dmitry, "✅ Борис", "Выбрано: 3")
    acts.press(dmitry, "Дальше", "Рассылка: 3 получателя")
    acts.say(dmitry, WORDS, "Так рассылку увидят 3 человека")
    acts.press(dmitry, "📣 Отправить · 3", "не доставлено: 1")
    stage.anna.wait(got, complaint="no mailing")
    dmitry.wait_text("Рассылка закончена: получили 1 из 3.", timeout=20)
    acts.press(dmitry, "📣 Открыть рассылку", "ждут: 0 · не доставлено: 2")
    text = acts.press(dmitry, "⚠️ Не доставлено · 2", "• Пётр: недоступен: заблокировал бота").text
    assert "• Клара: недоступен: заблокировал бота" in text
    assert not got(stage.boris)
    acts.press(dmitry, "↩️ Назад", "Доставлено: 1 из 3")
    acts.press(dmitry, "↩️ К списку", "Кому?")
    assert any(label.endswith(WORDS) for label in dmitry.screen.labels)


def test_what_is_too_long_or_not_confirmed_is_not_sent(stage: Stage) -> None:
    dmitry = to_mailing(stage)
    acts.press(dmitry, "Торговые представители · 2", "Введите текст")
    # Telegram would take the characters, but not what they become when they are escaped.
    acts.say(dmitry, "<" * 3000, "помещается 3 500 символов")
    acts.say(dmitry, "Я" * 3500, "Так рассылку увидят 2 человека")
    assert dmitry.screen.text.endswith("— Дмитрий")
    acts.press(dmitry, "🗑️ Не отправлять", "Ничего не отправлено.")
    with stage.app.database.reading() as session:
        assert {mailing.sent_at for mailing in session.scalars(select(Mailing))} == {None}
        names = session.scalars(select(OutboxMessage.name))
        assert "notice.mailing" not in set(names)


def test_a_mailing_goes_on_after_a_restart(stage: Stage) -> None:
    dmitry = to_mailing(stage)
    acts.press(dmitry, "Кладовщики · 2", "Введите текст")
    acts.say(dmitry, WORDS, "Так рассылку")
    # Telegram takes no message for one of them until the bot has been stopped.
    trouble = stage.api.faults.server_error(method="sendMessage", chat_id=stage.petr.id)
    dmitry.press("📣 Отправить · 2").wait_answered()
    stage.boris.wait(got, complaint="no mailing")
    stage.api.calls.wait(lambda calls: any(call.status == 502 for call in calls), "sendMessage")
    with restarted(stage):
        trouble.off()
        stage.petr.wait(got, timeout=30, complaint="no mailing")
        dmitry.wait_text("Рассылка закончена: получили 2 из 2.", timeout=30)
    assert [len(got(keeper)) for keeper in (stage.boris, stage.petr)] == [1, 1]
