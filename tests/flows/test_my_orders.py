"""The rep's list of orders: filters, search, and back to the same place.

Five boxes of buckwheat are 5 394,00 ₽; it is 24,4 km to Profsoyuznaya street, 56: 5 638,00 ₽ in all.
"""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from sqlalchemy import select, update

from demo.people import Person
from models import Customer, Order, OrderStatus, User
from tests.flows import acts
from tests.flows.stage import Stage, restarted


def test_an_e_mail_typed_at_an_order_does_not_overwrite_a_newer_one(stage: Stage) -> None:
    anna, newer = stage.anna, "newer@romashka.example"
    acts.all_open(stage)
    acts.places_order(stage, anna)
    acts.opens(anna)
    acts.press(anna, "📋 Мои заказы", "Ваши заказы.")
    acts.press(anna, "📥 №1", "На складе")
    acts.press(anna, "📧 E-mail клиента", "Сейчас: ")
    with stage.app.database.unit_of_work() as session:
        changed = update(Customer).where(Customer.name == "ООО «Ромашка»")
        session.execute(changed.values(emails=newer, version=Customer.version + 1))
    acts.say(anna, "late@romashka.example", f"сейчас там: {newer}")
    acts.sees(anna, f"Сейчас: {newer}")
    acts.say(anna, "a@", "Это не e-mail.")
    acts.say(anna, "late@romashka.example", "✅ E-mail: late@romashka.example")


def test_the_list_is_filtered_and_searched(stage: Stage) -> None:
    acts.all_open(stage)
    acts.places_order(stage, stage.anna)
    acts.opens(stage.anna)
    acts.fills_order(stage, stage.anna, "ООО «Продукты у дома»")
    acts.opens(stage.anna)
    acts.press(stage.anna, "📋 Мои заказы", "Ваши заказы.")
    assert _shown(stage) == ["✏️ Черновик · ООО «Продукты у дома»", "📥 №1 · ООО «Ромашка» · 5 638,00 ₽"]
    for label, shown in (
        ("✏️ Черновики", ["✏️ Черновик · ООО «Продукты у дома»"]),
        ("📥 На складе", ["📥 №1 · ООО «Ромашка» · 5 638,00 ₽"]),
        ("⛔ Закрытые", []),
    ):
        acts.press(stage.anna, label, "Ваши заказы." if shown else "По этим фильтрам и поиску ничего нет.")
        acts.offers(stage.anna, f"• {label}")
        assert _shown(stage) == shown
    acts.press(stage.anna, "Все", "Ваши заказы.")
    acts.say(stage.anna, "у дома", "по запросу «у дома»")
    assert _shown(stage) == ["✏️ Черновик · ООО «Продукты у дома»"]
    acts.say(stage.anna, "№1", "по запросу «№1»")
    assert _shown(stage) == ["📥 №1 · ООО «Ромашка» · 5 638,00 ₽"]
    acts.press(stage.anna, "❌ №1", "Ваши заказы.")
    assert len(_shown(stage)) == 2


def _shown(stage: Stage) -> list[str]:
    return [acts.plain(label) for label in stage.anna.screen.labels if "ООО" in label]


def test_pages_stay_what_they_were_when_orders_arrive(stage: Stage) -> None:
    anna = stage.anna
    _are_sent(stage, range(1, 21))
    _opens_list(anna)
    _shows(anna, [20, 19, 18, 17, 16, 15, 14, 13])
    _turns(anna, "Вперёд", [12, 11, 10, 9, 8, 7, 6, 5])
    _are_sent(stage, range(21, 24))
    _turns(anna, "Вперёд", [4, 3, 2, 1])
    assert not _offers(anna, "Вперёд")
    _turns(anna, "⬅️", [12, 11, 10, 9, 8, 7, 6, 5])
    _turns(anna, "⬅️", [20, 19, 18, 17, 16, 15, 14, 13])
    _turns(anna, "⬅️", [23, 22, 21])
    assert not _offers(anna, "⬅️")
    _turns(anna, "Вперёд", [20, 19, 18, 17, 16, 15, 14, 13])


def test_the_way_back_from_a_card_keeps_page_and_filters_even_after_a_restart(stage: Stage) -> None:
    anna = stage.anna
    _are_sent(stage, range(1, 31))
    _are_sent(stage, range(31, 34), OrderStatus.CANCELLED)
    _opens_list(anna)
    acts.press(anna, "📥 На складе", "Ваши заказы.")
    acts.offers(anna, "• 📥")
    acts.say(anna, "ромашка", "по запросу «ромашка»")
    _turns(anna, "Вперёд", [22, 21, 20, 19, 18, 17, 16, 15])
    acts.press(anna, "📥 №18", "Заказ №18")
    # Another order is begun in between: it has a form of its own.
    acts.press(anna, "🔁 Повторить", "Корзина пуста.")
    acts.press(anna, "📋 Заказ", "Черновик")
    acts.press(anna, "↩️ К списку", "по запросу «ромашка»")
    _shows(anna, [22, 21, 20, 19, 18, 17, 16, 15])
    acts.press(anna, "📥 №18", "Заказ №18")
    with restarted(stage):
        acts.press(anna, "↩️ К списку", "по запросу «ромашка»")
        _shows(anna, [22, 21, 20, 19, 18, 17, 16, 15])
        acts.offers(anna, "• 📥")
        acts.press(anna, "❌ ромашка", "Ваши заказы.")
        _shows(anna, [30, 29, 28, 27, 26, 25, 24, 23])


def test_orders_of_some_days(stage: Stage) -> None:
    anna = stage.anna
    now = datetime.now(UTC)
    for number, days_ago in enumerate((400, 29, 6, 0), 1):
        _are_sent(stage, [number], at=now - timedelta(days=days_ago))
    _opens_list(anna)
    _shows(anna, [4, 3, 2, 1])
    for label, shown in (
        ("Сегодня", [4]),
        ("7 дней", [4, 3]),
        ("30 дней", [4, 3, 2]),
        ("За всё время", [4, 3, 2, 1]),
    ):
        acts.press(anna, "📅", "Заказы за какое время?")
        acts.press(anna, label, "Ваши заказы.")
        acts.offers(anna, f"📅 {label}")
        _shows(anna, shown)


def test_orders_from_one_day_to_another(stage: Stage) -> None:
    anna = stage.anna
    # The middle of the month before: there whatever the day is.
    month = (datetime.now(UTC).replace(day=1, hour=9) - timedelta(days=1)).replace(day=1)
    for number, day in enumerate((9, 10, 12, 13), 1):
        _are_sent(stage, [number], at=month.replace(day=day))
    _opens_list(anna)
    acts.press(anna, "📅", "Заказы за какое время?")
    acts.press(anna, "📅 Выбрать дни", "С какого дня?")
    anna.press("◀")
    anna.wait(lambda who: str(month.year) in who.screen.text and "▶" in who.screen.labels)
    acts.press(anna, "12", f"12.{month:%m.%Y} по какой день?")
    acts.press(anna, "10", "Ваши заказы.")
    acts.offers(anna, f"📅 10.{month:%m.%Y}–12.{month:%m.%Y}")
    _shows(anna, [3, 2])
    acts.press(anna, "📥 №2", "Заказ №2")
    acts.press(anna, "↩️ К списку", "Ваши заказы.")
    _shows(anna, [3, 2])


def test_the_orders_of_a_customer_from_its_card(stage: Stage) -> None:
    anna = stage.anna
    _are_sent(stage, [1, 2])
    _are_sent(stage, [3], customer="ООО «Продукты у дома»")
    _opens_list(anna)
    acts.say(anna, "дома", "по запросу «дома»")
    acts.opens(anna)
    acts.press(anna, "👥 Клиенты", "Ваши клиенты")
    acts.press(anna, "ООО «Ромашка»", "ИНН: 7731004518")
    acts.press(anna, "📋 Заказы", "Ваши заказы.")
    _shows(anna, [2, 1])
    acts.press(anna, "📥 №1", "Заказ №1")
    acts.press(anna, "👤 Клиент", "ИНН: 7731004518")
    acts.press(anna, "📋 Заказы", "Ваши заказы.")
    acts.press(anna, "❌ ООО «Ромашка»", "Ваши заказы.")
    _shows(anna, [3, 2, 1])


def test_refreshing_says_so_and_shows_what_changed(stage: Stage) -> None:
    anna = stage.anna
    acts.all_open(stage)
    number = acts.places_order(stage, anna)
    edits = anna.screen.edits
    # Nothing changed: Telegram says "not modified", which is no trouble.
    for _ in range(2):
        toast = anna.press("🔄 Обновить").wait_answered().toast
        assert toast is not None
        assert (toast.text, toast.alert) == ("Обновлено.", False)
    assert anna.screen.edits == edits + 1  # The sentence «отправлен на склад» is gone, once.
    acts.on_card(stage.boris, number, "🙋 Взять в работу", "Загружается")
    # A notice came meanwhile and is the newest message; the card stays where it was.
    anna.press("🔄 Обновить")
    anna.wait_text("взял Борис")
    anna.press("↩️ К списку")
    listed = anna.wait_text("Ваши заказы.")
    assert any(label.startswith("⏳ №1") for label in listed.labels)
    acts.on_card(stage.boris, number, "↩️ Вернуть в очередь", "На складе")
    anna.press("🔄 Обновить")
    anna.wait(lambda _: any(label.startswith("📥 №1") for label in listed.labels))
    anna.press("🔄 Обновить").wait_answered()
    assert not any("Telegram не принял" in message.text for message in stage.dmitry.received)


def _opens_list(person: Person) -> None:
    acts.opens(person)
    acts.press(person, "📋 Мои заказы", "Ваши заказы.")


def _turns(person: Person, label: str, numbers: list[int]) -> None:
    acts.offers(person, label)
    person.press(label)
    _shows(person, numbers)


def _shows(person: Person, numbers: list[int]) -> None:
    person.wait(lambda who: _numbers(who) == numbers, complaint=f"not {numbers}")


def _numbers(person: Person) -> list[int]:
    labels = [label for label in person.screen.labels if "№" in label]
    return [int(label.split("№")[1].split(" ")[0]) for label in labels]


def _offers(person: Person, label: str) -> bool:
    return any(own.startswith(label) for own in person.screen.labels)


def _are_sent(
    stage: Stage,
    numbers: Iterable[int],
    status: OrderStatus = OrderStatus.PLACED,
    *,
    customer: str = "ООО «Ромашка»",
    at: datetime | None = None,
) -> None:
    """Orders of Anna's, without goods: only the list is looked at."""
    with stage.app.database.unit_of_work() as session:
        rep = session.scalar(select(User.id).where(User.telegram_id == stage.anna.id))
        buyer = session.scalar(select(Customer.id).where(Customer.name == customer))
        moment = at or datetime.now(UTC)
        for number in numbers:
            session.add(
                Order(
                    number=number,
                    status=status,
                    sales_rep_id=rep,
                    customer_id=buyer,
                    created_at=moment,
                    updated_at=moment,
                )
            )
