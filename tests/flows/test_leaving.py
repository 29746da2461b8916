"""Who leaves, what they had in hand, and what they hear afterwards."""

from sqlalchemy import select, update

from models import Company, Invoice, Order, OrderStatus
from tests.flows import acts
from tests.flows.stage import Stage


def test_a_storekeeper_who_leaves_puts_the_order_back(stage: Stage) -> None:
    acts.all_open(stage)
    number = acts.places_order(stage, stage.anna)
    acts.on_card(stage.boris, number, "🙋 Взять в работу", "Загружается")
    _leaves(stage, stage.boris.user.id)
    acts.loads(stage.petr, number)
    assert "Загружен" not in acts.card(stage.boris, number).text


def test_an_administrator_puts_a_stuck_order_back(stage: Stage) -> None:
    acts.all_open(stage)
    number = acts.places_order(stage, stage.anna)
    acts.on_card(stage.boris, number, "🙋 Взять в работу", "Загружается")
    acts.press(stage.dmitry, "📥 К загрузке", "К загрузке, по окнам")
    acts.press(stage.dmitry, stage.dmitry.screen.labels[0], "взял Борис")
    acts.press(stage.dmitry, "↩️ Вернуть в очередь", "📥 На складе")
    acts.card(stage.petr, number, "На складе")


def test_who_left_hears_no_more_of_the_company_s_business(stage: Stage) -> None:
    acts.all_open(stage)
    number = acts.places_order(stage, stage.anna)
    _leaves(stage, stage.anna.user.id)
    acts.loads(stage.boris, number)
    stage.mailbox.wait_letters(1)
    acts.opens(stage.klara)
    assert not any("загружен:" in message.text for message in stage.anna.received)


def test_a_delivered_order_is_closed_and_told(stage: Stage) -> None:
    acts.all_open(stage)
    number = acts.places_order(stage, stage.anna)
    acts.loads(stage.boris, number)
    acts.on_card(stage.boris, number, "📦 Доставлено", "📦 Доставлен")
    stage.anna.wait_text("доставлен.")
    with stage.app.database.reading() as session:
        assert session.scalars(select(Order)).one().status is OrderStatus.DELIVERED


def test_an_account_whose_key_fails_is_asked_about_before_any_invoice(stage: Stage) -> None:
    acts.all_open(stage)
    with stage.app.database.unit_of_work() as session:
        session.execute(update(Company).values(account=None))
    for _ in range(2):
        acts.loads(stage.boris, acts.places_order(stage, stage.anna, _next(stage)))
        acts.opens(stage.anna)
    acts.press(stage.dmitry, "🏢 Компания", "Без этого счёт не выставить: р/с")
    told = sum("в реквизитах компании нет" in message.text for message in stage.dmitry.received)
    assert told == 2
    # 044525225 / …0938000000002 fails its key.
    acts.press(stage.dmitry, "р/с", "Поле «р/с»")
    acts.say(stage.dmitry, "40702810938000000002", "Ключ счёта не сходится с БИК")
    acts.press(stage.dmitry, "✅ Да, сохранить", "✅ Сохранено: р/с")
    acts.press(stage.dmitry, "телефон", "Поле «телефон»")
    acts.say(stage.dmitry, "+7 495 111-22-33", "Ключ счёта не сходится с БИК")
    with stage.app.database.reading() as session:
        assert session.scalars(select(Invoice)).all() == []
    told = sum("в реквизитах компании нет" in message.text for message in stage.dmitry.received)
    assert told == 2
    acts.press(stage.dmitry, "⚠️ Реквизиты банка верны", "Выставлены 2 ожидавших счёта")


def test_an_email_entered_on_the_customer_s_card_sends_what_waited(stage: Stage) -> None:
    acts.all_open(stage)
    acts.press(stage.anna, "👥 Клиенты", "Ваши клиенты")
    acts.press(stage.anna, "ООО «Ромашка»", "ИНН: 7731004518")
    acts.press(stage.anna, "✏️ e-mail", "Поле «e-mail»")
    acts.press(stage.anna, "🗑️ Оставить пустым", "ИНН: 7731004518")
    acts.opens(stage.anna)
    acts.loads(stage.boris, acts.places_order(stage, stage.anna))
    stage.anna.wait_text("нет e-mail. Счёт выставлен и сохранён")
    acts.opens(stage.anna)
    acts.press(stage.anna, "👥 Клиенты", "Ваши клиенты")
    acts.press(stage.anna, "ООО «Ромашка»", "ИНН: 7731004518")
    acts.press(stage.anna, "✏️ e-mail", "Поле «e-mail»")
    acts.say(stage.anna, "one@romashka.example; two@romashka.example", "two@romashka.example")
    assert {letter.recipients for letter in stage.mailbox.wait_letters(2)} == {
        ("one@romashka.example",),
        ("two@romashka.example",),
    }


def _leaves(stage: Stage, telegram_id: int) -> None:
    person = next(who for who in stage.staff if who.user.id == telegram_id)
    person.command("/logout")
    acts.sees(person, "Выйти из бота?")
    acts.press(person, "✅ Да, выйти", "Введите код доступа")


def _next(stage: Stage) -> str:
    """A customer of Anna's who has no order yet."""
    with stage.app.database.reading() as session:
        taken = {order.customer.name for order in session.scalars(select(Order))}
    names = ("ООО «Ромашка»", "ООО «Продукты у дома»")
    return next(name for name in names if name not in taken)
