"""The storekeeper's day by the labels: shortages, the rest, papers, lists, twenty hands, being blocked."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import select, update

from demo.bot_api_types import Message
from demo.people import Person
from models import (
    Invoice,
    Order,
    OrderEvent,
    OrderEventKind,
    OrderStatus,
    OutboxMessage,
    Role,
    User,
    UserRole,
)
from services import digests, reminders
from tests.flows import acts
from tests.flows.stage import Stage


def takes(stage: Stage) -> int:
    """Everybody opens, Anna orders five boxes of buckwheat, Boris takes the order."""
    acts.all_open(stage)
    number = acts.places_order(stage, stage.anna)
    acts.on_card(stage.boris, number, "🙋 Взять в работу", "Загружается")
    return number


def to_lines(stage: Stage, number: int) -> None:
    acts.on_card(stage.boris, number, "✏️ Количество", "")
    acts.sees(stage.boris, "выберите позицию")


def presses_somewhere(person: Person, label: str) -> None:
    """Press a button that is on one of the person's messages, below which others may have come."""

    def shown() -> list[Message]:
        return [message for message in person.messages if label in message.labels]

    person.wait(lambda _: shown(), complaint=f"no {label!r}")
    person.press(label, message=shown()[-1])


def test_less_is_loaded_with_a_reason_and_the_rest_is_brought_later(stage: Stage) -> None:
    anna, boris = stage.anna, stage.boris
    number = takes(stage)
    to_lines(stage, number)
    acts.press(boris, "1. Гречка ядрица", "Введите от 0 до 5 кор (60 шт)")
    acts.say(boris, "40 шт", "40 шт из 60 шт. Почему меньше?")
    short = "• Гречка ядрица «Увелка», 900 г: 40 шт из 5 кор (60 шт) (нет на складе)"
    acts.press(boris, "нет на складе", short)
    text = acts.plain(acts.press(boris, "✅ Подтвердить загрузку", "загружено так?").text)
    assert "40 шт из 5 кор (60 шт) (нет на складе)" in text
    # 40 × 89,90 = 3 596,00, and the delivery as it was frozen.
    total = next(line for line in text.splitlines() if line.startswith("Сумма счёта"))
    acts.press(boris, "✅ Да, загружено", "Загружен")

    told = anna.wait_text("Недовоз")
    assert "40 шт из 5 кор (60 шт) (нет на складе)" in acts.plain(told.text)
    with stage.app.database.reading() as session:
        order = session.scalars(select(Order)).one()
        invoice = session.scalars(select(Invoice)).one()
        assert invoice.total_amount == 359_600 + (order.delivery_amount or 0)
        rubles = f"{invoice.total_amount // 100:,}".replace(",", " ") + f",{invoice.total_amount % 100:02d} ₽"
        assert total == f"Сумма счёта: {rubles}"

    anna.press("➕ Довезти", message=told)
    text = acts.plain(acts.sees(anna, "Недовезённое — в этом черновике").text)
    assert "20 шт × 89,90 ₽ = 1 798,00 ₽" in text
    assert "Профсоюзная улица, 56" in text
    # The lists count by the invoice, too.
    stage.dmitry.command("/journal")
    text = acts.plain(acts.sees(stage.dmitry, "Все заказы.").text)
    assert rubles in text
    assert any(rubles in acts.plain(label) for label in stage.dmitry.screen.labels)


def test_a_mistyped_load_says_what_is_expected_and_changes_nothing(stage: Stage) -> None:
    boris = stage.boris
    number = takes(stage)
    to_lines(stage, number)
    acts.press(boris, "1. Гречка ядрица", "Сколько загружено?")
    for typed, sentence in [
        ("много", "Не понял количество"),
        ("61 шт", "Не больше 60 шт: столько заказано"),
        ("-1", "Меньше нуля не бывает"),
        ("5 ведро", "не считают в «ведро»"),
    ]:
        acts.say(boris, typed, sentence)
        assert "Сколько загружено?" in boris.screen.text
    boris.send_photo()
    acts.sees(boris, "Здесь нужен текст")
    # Another reason is typed; a photo is none.
    acts.press(boris, "Ничего: 0", "Почему меньше?")
    boris.send_photo()
    acts.sees(boris, "Здесь нужен текст")
    acts.say(boris, "мыши прогрызли", "(мыши прогрызли)")
    # Of an order with nothing loaded there is nothing to confirm.
    pressed = boris.press("✅ Подтвердить загрузку").wait_answered()
    assert pressed.toast is not None
    assert "можно только отклонить" in pressed.toast.text
    boris.press("📋 Всё по списку")
    boris.wait(lambda who: "мыши" not in who.screen.text)
    with stage.app.database.reading() as session:
        line = session.scalars(select(Order)).one().lines[0]
        assert (line.loaded_quantity, line.shortage_reason) == (None, None)


def test_a_confirmation_from_before_a_recall_asks_again(stage: Stage) -> None:
    anna, boris = stage.anna, stage.boris
    acts.all_open(stage)
    number = acts.places_order(stage, anna)
    # Opened from the list the order is Boris's screen, which nobody redraws for him.
    acts.opens(boris)
    acts.press(boris, "📥 К загрузке · 1", "К загрузке")
    acts.press(boris, boris.screen.labels[-2], f"Заказ №{number}")
    acts.press(boris, "🙋 Взять в работу", "Загружается")
    question = acts.press(boris, "✅ Подтвердить загрузку", "всё загружено?")
    old = next(own.data for row in question.buttons for own in row if own.label == "✅ Да, загружено")
    acts.press(boris, "↩️ Назад", "Загружается")
    acts.press(boris, "↩️ Вернуть в очередь", "На складе")
    for label in ("↩️ Отозвать", "✅ Отправить на склад"):
        presses_somewhere(anna, label)
    boris.wait(lambda who: "🙋 Взять в работу" in acts.card(who, number).labels)
    acts.on_card(boris, number, "🙋 Взять в работу", "Загружается")
    assert old is not None
    boris.forge(old).wait_answered()
    acts.sees(boris, "Загрузка тем временем изменилась")
    with stage.app.database.reading() as session:
        assert session.scalars(select(Order)).one().status is OrderStatus.LOADING


def test_the_signed_papers_are_kept_and_shown_to_the_rep(stage: Stage) -> None:
    anna, boris = stage.anna, stage.boris
    number = takes(stage)
    acts.on_card(boris, number, "✅ Подтвердить загрузку", "всё загружено?")
    acts.on_card(boris, number, "✅ Да, загружено", "Загружен")
    acts.opens(boris)
    acts.press(boris, "🚚 Загружено", "ещё не доставлено")
    acts.press(boris, boris.screen.labels[0], f"Заказ №{number}")
    acts.press(boris, "📦 Доставлено", "пришлите фото подписанной накладной")
    acts.say(boris, "потом", "пришлите фото подписанной накладной")
    boris.send_photo()
    acts.sees(boris, "Фото сохранено с заказом")
    told = anna.wait_text("есть фото подписанной накладной")
    anna.press("📋 Открыть заказ", message=told)
    acts.sees(anna, "Доставлен")
    acts.press(anna, "🖼️ Подписанная накладная", "Доставлен")
    anna.wait(lambda who: any(message.photo for message in who.received), complaint="no photo")


def test_of_twenty_storekeepers_one_takes_it_and_all_see_who(stage: Stage) -> None:
    with stage.app.database.unit_of_work() as session:
        for number in range(20):
            user = User(telegram_id=7000 + number, name=f"Кладовщик {number}", created_at=datetime.now(UTC))
            user.grants = [UserRole(role=Role.STOREKEEPER)]
            session.add(user)
    keepers = [stage.api.person(7000 + number, f"Кладовщик {number}", f"k{number}") for number in range(20)]
    for keeper in keepers:
        acts.opens(keeper)
    acts.opens(stage.anna)
    number = acts.places_order(stage, stage.anna)
    cards = [acts.card(keeper, number) for keeper in keepers]
    presses = [
        keeper.press("🙋 Взять в работу", message=card) for keeper, card in zip(keepers, cards, strict=True)
    ]
    refused = [press for press in presses if press.wait_answered().toast is not None]
    assert len(refused) == 19
    with stage.app.database.reading() as session:
        winner = session.scalars(select(Order)).one().storekeeper
        assert winner is not None
        claims = select(OrderEvent).where(OrderEvent.kind == OrderEventKind.CLAIMED)
        assert len(session.scalars(claims).all()) == 1
    for press in refused:
        assert press.toast is not None
        assert f"уже взял {winner.name}" in press.toast.text
    for keeper in keepers:
        acts.card(keeper, number, f"взял {winner.name}")


def test_a_storekeeper_blocked_in_the_middle_of_a_load(stage: Stage) -> None:
    dmitry, boris, petr = stage.dmitry, stage.boris, stage.petr
    number = takes(stage)
    acts.press(dmitry, "👤 Сотрудники", "Сотрудники")
    acts.press(dmitry, "Борис · кладовщик", "Роль: кладовщик")
    acts.press(dmitry, "🚫 Заблокировать", "вернутся в очередь")
    acts.press(dmitry, "🚫 Да, заблокировать", "⛔ заблокирован")
    acts.card(petr, number, "На складе")
    stage.anna.wait_text("в очередь")
    pressed = boris.press("✅ Подтвердить загрузку", message=acts.card(boris, number)).wait_answered()
    assert pressed.toast is not None
    assert pressed.toast.text == "Нет доступа."
    acts.on_card(petr, number, "🙋 Взять в работу", "Загружается")
    acts.press(dmitry, "✅ Разблокировать", "Роль: кладовщик")
    boris.command("/start")
    acts.sees(boris, "Что делаем?")


def test_one_who_holds_both_roles_orders_and_loads(stage: Stage) -> None:
    with stage.app.database.unit_of_work() as session:
        anna = session.scalars(select(User).where(User.telegram_id == stage.anna.user.id)).unique().one()
        anna.grants.append(UserRole(role=Role.STOREKEEPER))
    acts.all_open(stage)
    assert {"🛒 Новый заказ", "📥 К загрузке", "🚚 Загружено"} <= set(stage.anna.screen.labels)
    acts.fills_order(stage, stage.anna)
    stage.anna.press("✅ Отправить на склад")
    acts.card(stage.anna, 1, "Представитель: Анна")
    for label in ("🙋 Взять в работу", "✅ Подтвердить загрузку", "✅ Да, загружено"):
        presses_somewhere(stage.anna, label)
    acts.card(stage.boris, 1, "Загружен")
    # Nobody is told what they did themselves.
    assert not any("взял в работу Анна" in message.text for message in stage.anna.received)


def test_the_queue_is_narrowed_and_left_as_it_was(stage: Stage) -> None:
    boris = stage.boris
    number = takes(stage)
    acts.opens(stage.anna)
    acts.places_order(stage, stage.anna, "ООО «Продукты у дома»")
    acts.opens(boris)
    acts.press(boris, "📥 К загрузке · 2", "К загрузке")
    boris.press("Мои")
    acts.offers(boris, "• Мои")
    orders = [label for label in boris.screen.labels if "№" in label]
    assert [f"№{number} · ООО «Ромашка» · Борис" in label for label in orders] == [True]
    acts.press(boris, orders[0], f"Заказ №{number}")
    acts.press(boris, "↩️ К списку", "К загрузке")
    acts.offers(boris, "• Мои")


def test_reminders_and_digests_reach_people_in_words(stage: Stage) -> None:
    acts.all_open(stage)
    number = acts.places_order(stage, stage.anna)
    # The next Wednesday noon in Moscow: the warehouse is open, more than two hours have passed.
    now = datetime.now(UTC)
    noon = (now + timedelta(days=(2 - now.weekday()) % 7 + 7)).replace(hour=9, minute=0)
    with stage.app.database.unit_of_work(noon) as session:
        assert reminders.remind_of_queue(session) == 2
    with stage.app.database.unit_of_work(noon.replace(hour=17)) as session:
        assert digests.send_due(session) == 2
    with stage.app.database.unit_of_work() as session:
        session.execute(update(OutboxMessage).values(due_at=now))
    stage.boris.wait_text(f"Заказ №{number} (ООО «Ромашка») никто не взял")
    stage.dmitry.wait_text(f"Заказ №{number} (ООО «Ромашка») ждёт кладовщика")
    stage.boris.wait_text("Загрузки на ср")
    stage.dmitry.wait_text("Ждут склада: 1")


def test_the_storekeepers_screens_speak_english(stage: Stage) -> None:
    boris = stage.boris
    with stage.app.database.unit_of_work() as session:
        session.scalars(select(User).where(User.telegram_id == boris.user.id)).unique().one().language = "en"
    boris.start()
    acts.sees(boris, "What shall we do?")
    acts.opens(stage.anna)
    acts.places_order(stage, stage.anna)
    boris.wait(lambda who: "🙋 Take it" in [label for own in who.messages for label in own.labels])
    boris.start()
    acts.press(boris, "📥 To load · 1", "To load")
    acts.press(boris, boris.screen.labels[-2], "Order No. 1")
    acts.press(boris, "🙋 Take it", "Being loaded")
    acts.press(boris, "✏️ Quantity", "choose the line")
    acts.press(boris, "1. Гречка", "Type from 0 to 5 кор (60 шт)")
    acts.say(boris, "12", "Not more than 60 шт")
    acts.say(boris, "4", "48 шт of 60 шт. Why less?")
    acts.press(boris, "damaged", "4 кор (48 шт) of 5 кор (60 шт) (damaged)")
    acts.press(boris, "✅ Confirm the load", "is this what is loaded?")
    acts.press(boris, "✅ Yes, loaded", "Loaded")
