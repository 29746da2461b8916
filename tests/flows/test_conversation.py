"""How a conversation behaves: one screen, outdated buttons, commands, groups, languages, restarts."""

from pathlib import Path

from tests.flows import acts
from tests.flows.stage import Stage, restarted


def test_one_screen_at_a_time(stage: Stage) -> None:
    anna = stage.anna
    acts.opens(anna)
    acts.press(anna, "🛒 Новый заказ", "Для кого заказ?")
    assert len(anna.received) == 1
    acts.say(anna, "ромашка", "Клиенты по запросу")
    assert len(anna.received) == 2
    anna.wait(lambda who: not who.received[0].buttons)


def test_an_outdated_button_changes_nothing_and_shows_where_one_is(stage: Stage) -> None:
    anna = stage.anna
    acts.opens(anna)
    acts.fills_order(stage, anna)
    old = anna.screen
    data = next(button.data for row in old.buttons for button in row if "Пометка" in button.label)
    acts.opens(anna)
    pressed = anna.forge(data or "", message_id=old.message_id).wait_answered()
    assert pressed.toast is not None
    assert pressed.toast.text == "Эта кнопка устарела. Вот где вы сейчас."
    acts.sees(anna, "Что делаем?")
    nonsense = anna.forge("o:1:2:3:4").wait_answered()
    assert nonsense.toast is not None
    assert nonsense.toast.text == "Эта кнопка устарела. Вот где вы сейчас."


def test_a_command_in_the_middle_of_a_step_is_a_command(stage: Stage) -> None:
    anna = stage.anna
    acts.opens(anna)
    acts.press(anna, "🛒 Новый заказ", "Для кого заказ?")
    acts.press(anna, "➕ Новый клиент", "Название нового клиента")
    anna.command("/help")
    acts.sees(anna, "Торговый представитель")
    anna.command("/cancel")
    acts.sees(anna, "Отменено.")
    anna.command("/start@" + stage.api.username)
    acts.sees(anna, "Что делаем?")
    anna.command("/nosuch")
    acts.sees(anna, "Здесь я этого не ждал.")


def test_a_group_is_answered_once(stage: Stage) -> None:
    group = stage.api.group(-100500, "Склад")
    stage.anna.command("/start", group=group.id)
    stage.api.calls.wait(lambda calls: len(calls) == 1, "sendMessage")
    stage.anna.command("/start", group=group.id)
    stage.anna.send("ау", group=group.id)
    acts.opens(stage.anna)
    texts = [message.text for message in stage.api.messages(group.id) if message.from_bot]
    assert texts == ["Я работаю только в личных чатах: напишите мне там."]


def test_the_language_switches_at_once_for_this_person_only(stage: Stage) -> None:
    anna, klara = stage.anna, stage.klara
    acts.opens(anna)
    acts.opens(klara)
    acts.press(anna, "⚙️ Настройки", "Язык:")
    acts.press(anna, "English", "Language:")
    acts.press(anna, "🏠 Menu", "What shall we do?")
    acts.press(anna, "🛒 New order", "For whom?")
    acts.press(anna, "ООО «Ромашка»", "Catalogue")
    acts.press(anna, "Бакалея", "Бакалея\nChoose, or type")
    acts.press(anna, "Крупы", "Крупы\nChoose, or type")
    acts.press(anna, "Гречка", "How many?")
    assert "RUB" in acts.plain(anna.screen.text) or "₽" in anna.screen.text
    acts.press(klara, "📋 Мои заказы", "Заказов пока нет")


def test_everything_survives_a_restart(stage: Stage) -> None:
    anna = stage.anna
    acts.opens(anna)
    acts.press(anna, "🛒 Новый заказ", "Для кого заказ?")
    acts.press(anna, "ООО «Ромашка»", "Каталог")
    acts.chooses_goods(anna, ("Бакалея", "Крупы"), "Гречка ядрица", "5 кор")
    acts.press(anna, "Рис круглозёрный", "Сколько?")
    stage.app.supervisor.stop()
    # Typed while nobody listens, on a screen of the process before.
    anna.send("2 кор")
    with restarted(stage):
        acts.sees(anna, "✅ Рис круглозёрный, 900 г: 2 кор = 24 шт")
        acts.press(anna, "🛒 Корзина", "Товары: 7 662,00 ₽")


def test_peoples_text_is_data_everywhere(stage: Stage, tmp_path: Path) -> None:
    anna = stage.anna
    name = '<b>ООО</b> & "Рога" <a href="x">копыта</a> \u202eздесь'
    acts.opens(anna)
    acts.press(anna, "🛒 Новый заказ", "Для кого заказ?")
    acts.press(anna, "➕ Новый клиент", "Название нового клиента")
    acts.say(anna, name, "E-mail для счетов клиента <b>ООО</b> &")
    acts.press(anna, "Пропустить", "ИНН клиента")
    acts.press(anna, "Пропустить", "Телефон клиента")
    acts.press(anna, "Пропустить", "Каталог")
    acts.opens(anna)
    acts.press(anna, "📋 Мои заказы", "Ваши заказы.")
    assert any("<b>ООО</b>" in label for label in anna.screen.labels)
