"""«📋 Заказы»: everybody's orders, what an administrator does with one, and nobody else.

Five boxes of buckwheat are 5 394,00 ₽; it is 24,4 km to Profsoyuznaya street, 56: 5 638,00 ₽ in all.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

import openpyxl
import pytest
from sqlalchemy import select

from demo.people import Person
from handlers.registry import register_all
from handlers.routing import Router
from models import Customer, Document, Order, OrderStatus, Role, Session, User
from services import journal
from services.journal import Filter, Sums
from tests.flows import acts
from tests.flows.stage import Stage, restarted
from tests.flows.test_scope_and_races import UNKNOWN, example

ROMASHKA = "ООО «Ромашка»"


def test_the_journal_has_everybody_s_orders_and_their_sums(stage: Stage) -> None:
    dmitry = stage.dmitry
    acts.all_open(stage)
    acts.places_order(stage, stage.anna)
    assert dmitry.screen.labels[0] == "📋 Заказы"
    text = acts.plain(acts.press(dmitry, "📋 Заказы", "Все заказы.").text)
    assert "1 заказ: товары 5 394,00 ₽ + доставка 244,00 ₽ = 5 638,00 ₽" in re.sub("<[^>]+>", "", text)
    assert [acts.plain(label) for label in dmitry.screen.labels if "№" in label] == [
        "📥 №1 · ООО «Ромашка» · 5 638,00 ₽"
    ]
    acts.press(dmitry, "📥 №1", "Представитель: Анна")
    acts.press(dmitry, "⛔ Отменить", "Почему отменяется заказ №1?")
    acts.say(dmitry, "закрылся магазин", "⛔ Отменён")
    text = acts.press(dmitry, "↩️ К списку", "Не состоялось: 1 заказ").text
    assert "товары" not in text


def test_filters_narrow_one_another_and_are_kept_with_page_and_query_after_a_restart(stage: Stage) -> None:
    dmitry = stage.dmitry
    acts.all_open(stage)
    _are_sent(stage, range(1, 25))
    _are_sent(stage, range(25, 30), OrderStatus.CANCELLED)
    _are_sent(stage, range(30, 34), rep=stage.klara)
    acts.press(dmitry, "📋 Заказы", "Все заказы.")
    _shows(dmitry, range(33, 25, -1))
    acts.press(dmitry, "🏷️ Все", "Заказы в каком статусе?")
    acts.press(dmitry, "📥 На складе", "Все заказы.")
    _shows(dmitry, [33, 32, 31, 30, 24, 23, 22, 21])
    acts.press(dmitry, "👤 Представитель: все", "Заказы какого представителя?")
    acts.press(dmitry, "Анна", "Все заказы.")
    acts.offers(dmitry, "👤 Представитель: Анна")
    acts.say(dmitry, "ромашка", "Заказы по запросу «ромашка»")
    acts.press(dmitry, "Вперёд", "Заказы по запросу «ромашка»")
    _shows(dmitry, range(16, 8, -1))
    acts.press(dmitry, "📥 №12", "Заказ №12")
    with restarted(stage):
        acts.press(dmitry, "↩️ К списку", "Заказы по запросу «ромашка»")
        _shows(dmitry, range(16, 8, -1))
        acts.offers(dmitry, "🏷️ 📥 На складе")
        acts.press(dmitry, "❌ ромашка", "Все заказы.")
        _shows(dmitry, range(24, 16, -1))
        acts.press(dmitry, "👤 Представитель: Анна", "Заказы какого представителя?")
        acts.press(dmitry, "Все", "Все заказы.")
        _shows(dmitry, [33, 32, 31, 30, 24, 23, 22, 21])
        acts.say(dmitry, "№31", "Заказы по запросу «№31»")
        _shows(dmitry, [31])
        acts.say(dmitry, "нет такого", "По этим фильтрам и поиску ничего нет.")


def test_orders_of_some_days_and_of_a_storekeeper(stage: Stage) -> None:
    dmitry = stage.dmitry
    acts.all_open(stage)
    now = datetime.now(UTC)
    _are_sent(stage, [1], at=now - timedelta(days=29))
    _are_sent(stage, [2], at=now)
    number = acts.places_order(stage, stage.anna)
    acts.on_card(stage.boris, number, "🙋 Взять в работу", "Загружается")
    acts.press(dmitry, "📋 Заказы", "Все заказы.")
    acts.press(dmitry, "📅 За всё время", "Заказы за какое время?")
    acts.press(dmitry, "7 дней", "Все заказы.")
    _shows(dmitry, [number, 2])
    acts.press(dmitry, "🙋 Кладовщик: все", "Заказы какого кладовщика?")
    acts.press(dmitry, "Борис", "Все заказы.")
    _shows(dmitry, [number])
    acts.press(dmitry, "📅 7 дней", "Заказы за какое время?")
    acts.press(dmitry, "📅 Выбрать дни", "С какого дня?")
    acts.press(dmitry, "↩️ Назад", "Заказы за какое время?")
    acts.press(dmitry, "Сегодня", "Все заказы.")
    _shows(dmitry, [number])


def test_a_customer_s_card_leads_to_its_orders(stage: Stage) -> None:
    dmitry = stage.dmitry
    acts.all_open(stage)
    _are_sent(stage, [1, 2])
    _are_sent(stage, [3], customer="ООО «Продукты у дома»")
    acts.press(dmitry, "👥 Клиенты", "Клиенты. Для поиска")
    acts.say(dmitry, "ромашка", "по запросу «ромашка»")
    acts.press(dmitry, ROMASHKA, "ИНН: 7731004518")
    acts.press(dmitry, "📋 Заказы", "Все заказы.")
    _shows(dmitry, [2, 1])
    acts.press(dmitry, f"❌ {ROMASHKA}", "Все заказы.")
    _shows(dmitry, [3, 2, 1])


def test_too_much_to_sum_at_once_is_summed_by_a_worker(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    dmitry = stage.dmitry
    acts.all_open(stage)
    acts.places_order(stage, stage.anna)
    monkeypatch.setattr(journal, "MOST_AT_ONCE", 0)
    acts.press(dmitry, "📋 Заказы", "Заказов слишком много")
    acts.press(dmitry, "🧮 Посчитать суммы", "доставка 244,00 ₽")
    assert "🧮 Посчитать суммы" not in dmitry.screen.labels
    _shows(dmitry, [1])


def test_sums_that_cannot_be_counted_are_said_to_be_and_offered_again(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    dmitry = stage.dmitry
    acts.all_open(stage)
    acts.places_order(stage, stage.anna)
    monkeypatch.setattr(journal, "MOST_AT_ONCE", 0)
    acts.press(dmitry, "📋 Заказы", "Заказов слишком много")
    count = journal.sums

    def sums(session: Session, actor: User, wanted: Filter, most: int | None = None) -> Sums | None:
        # The list asks within a limit, the worker without.
        if most is None:
            raise MemoryError("too much")
        return count(session, actor, wanted, most)

    with monkeypatch.context() as broken:
        broken.setattr(journal, "sums", sums)
        acts.press(dmitry, "🧮 Посчитать суммы", "Суммы посчитать не удалось.")
    acts.press(dmitry, "🧮 Посчитать суммы", "доставка 244,00 ₽")


def test_the_file_has_what_is_filtered(stage: Stage) -> None:
    dmitry = stage.dmitry
    acts.all_open(stage)
    number = acts.places_order(stage, stage.anna)
    acts.loads(stage.boris, number)
    _are_sent(stage, [2], OrderStatus.CANCELLED)
    with stage.app.database.unit_of_work() as session:
        session.scalars(select(Customer).where(Customer.name == ROMASHKA)).one().name = "=1+1"
    acts.press(dmitry, "📋 Заказы", "Все заказы.")
    toast = dmitry.press("📊 Файл XLSX").wait_answered().toast
    assert toast is not None
    assert "не больше 50000 последних" in toast.text
    document = dmitry.wait_document(".xlsx").document
    assert document is not None
    sheet = openpyxl.load_workbook(io.BytesIO(document.data)).active
    assert sheet is not None
    head, *rows = [[cell.value for cell in row] for row in sheet.rows]
    assert [row[0] for row in rows] == [2, 1, "Итого"]
    loaded = dict(zip(head, rows[1], strict=True))
    assert (loaded["Статус"], loaded["Клиент"], loaded["Представитель"], loaded["Кладовщик"]) == (
        *("Загружен", "=1+1", "Анна", "Борис"),
    )
    assert (loaded["Товары, RUB"], loaded["Доставка, RUB"], loaded["Итого, RUB"]) == (5394, 244, 5638)
    assert loaded["Счёт"] == "Счёт №1"
    assert sheet["E3"].data_type == "s"
    assert dict(zip(head, rows[2], strict=True))["Итого, RUB"] == "=SUM(L2:L3)"


def test_an_order_in_hand_is_taken_back_for_a_reason(stage: Stage) -> None:
    dmitry, boris = stage.dmitry, stage.boris
    acts.all_open(stage)
    number = acts.places_order(stage, stage.anna)
    acts.on_card(boris, number, "🙋 Взять в работу", "Загружается")
    _opens_card(dmitry, number)
    acts.press(dmitry, "↩️ Вернуть в очередь", "Заказ №1 в работе: Борис.")
    acts.say(dmitry, "смена кончилась", "📥 На складе")
    assert "Дмитрий: смена кончилась" in dmitry.screen.text
    for person in (boris, stage.anna):
        person.wait_text("вернул в очередь Дмитрий: смена кончилась")
    acts.on_card(stage.petr, number, "🙋 Взять в работу", "взял Пётр")


def test_an_order_goes_to_another_rep_alone(stage: Stage) -> None:
    dmitry, anna, klara = stage.dmitry, stage.anna, stage.klara
    acts.all_open(stage)
    number = acts.places_order(stage, anna)
    _opens_card(dmitry, number)
    acts.press(dmitry, "🤝 Другой представитель", "Сейчас ведёт Анна. Кому передать?")
    assert "Анна" not in dmitry.screen.labels
    acts.press(dmitry, "Клара", "Новый представитель: Клара.")
    acts.press(dmitry, "📋 Только этот заказ", "✅ Теперь заказ ведёт Клара.")
    assert "передан другому представителю, Дмитрий: Анна → Клара" in dmitry.screen.text
    anna.wait_text("Теперь ведёт Клара: передал Дмитрий.")
    told = klara.wait_text("Теперь ваш: передал(а) Дмитрий, прежний представитель: Анна.")
    klara.press("📋 Открыть заказ", message=told)
    acts.sees(klara, "📥 На складе")
    acts.offers(klara, "↩️ Отозвать")
    toast = anna.press("🔄 Обновить").wait_answered().toast
    assert toast is not None
    assert toast.text == "Не найдено."


def test_a_customer_goes_with_its_order_and_draft(stage: Stage) -> None:
    dmitry, anna, klara = stage.dmitry, stage.anna, stage.klara
    acts.all_open(stage)
    number = acts.places_order(stage, anna)
    acts.opens(anna)
    acts.press(anna, "🛒 Новый заказ", "Для кого заказ?")
    acts.press(anna, ROMASHKA, "Каталог")
    _opens_card(dmitry, number)
    acts.press(dmitry, "🤝 Другой представитель", "Кому передать?")
    acts.press(dmitry, "Клара", "Новый представитель: Клара.")
    acts.press(dmitry, "👥 И клиента с черновиками", "✅ Теперь заказ и клиента ведёт Клара.")
    klara.wait_text("Теперь ваш клиент — ООО «Ромашка», передал Дмитрий. Открытые черновики: 1.")
    anna.wait_text("ООО «Ромашка» теперь ведёт Клара, передал Дмитрий. Открытые черновики: 1.")
    acts.opens(klara)
    acts.press(klara, "👥 Клиенты", "Ваши клиенты")
    acts.offers(klara, ROMASHKA)
    acts.opens(anna)
    acts.press(anna, "📋 Мои заказы", "Заказов пока нет")


def test_an_invoice_is_void_only_when_the_code_is_typed_back(stage: Stage) -> None:
    dmitry = stage.dmitry
    number = _is_loaded(stage)
    _opens_card(dmitry, number)
    acts.press(dmitry, "🚫 Аннулировать счёт", "Счёт №1: почему аннулируем?")
    text = acts.say(dmitry, "не тот <клиент>", "Если уверены, напишите код").text
    assert "Причина: не тот <клиент>" in text
    code = _code(text)
    acts.say(dmitry, "да", "Код не тот: ничего не изменено.")
    acts.say(dmitry, str(9999 - int(code)), "Код не тот: ничего не изменено.")
    assert _code(dmitry.screen.text) == code
    assert _voided(stage) == []
    with restarted(stage):
        text = acts.say(dmitry, code, "Аннулировано: Счёт №1.").text
        assert re.search(r"Счёт №1: .+ — аннулирован \d\d:\d\d: не тот <клиент>", acts.plain(text))
        assert "🚫 Аннулировать счёт" not in dmitry.screen.labels
        assert "🚫 Аннулировать накладную" in dmitry.screen.labels
        assert not any("Отправить счёт" in label for label in dmitry.screen.labels)
        assert _voided(stage) == [("invoice", 0)]
        # The rep's card says so, too, and offers none of it.
        acts.opens(stage.anna)
        acts.press(stage.anna, "📋 Мои заказы", "Ваши заказы.")
        acts.press(stage.anna, "🚚 №1", "аннулирован")
        assert not any("Аннулировать" in label for label in stage.anna.screen.labels)


def test_two_administrators_void_an_invoice_once(stage: Stage) -> None:
    dmitry = stage.dmitry
    number = _is_loaded(stage)
    _opens_card(dmitry, number)
    acts.press(dmitry, "🚫 Аннулировать счёт", "почему аннулируем?")
    code = _code(acts.say(dmitry, "ошибка", "напишите код").text)
    with stage.app.database.unit_of_work() as session:
        paper = session.scalars(select(Document).where(Document.kind == "invoice")).one()
        paper.cancelled_at, paper.cancel_reason = datetime.now(UTC), "раньше"
    dmitry.send(code)
    dmitry.wait_text("Этот документ уже аннулирован.")
    with stage.app.database.reading() as session:
        assert session.scalars(select(Document.cancel_reason).where(Document.kind == "invoice")).all() == [
            "раньше"
        ]


def test_an_invoice_is_corrected_under_its_number_and_mailed_again(stage: Stage) -> None:
    dmitry = stage.dmitry
    number = _is_loaded(stage)
    stage.anna.wait_text("счёт отправлен на")
    _opens_card(dmitry, number)
    # The goods have left: whose order it is stays as the reports have it.
    assert "🤝 Другой представитель" not in dmitry.screen.labels
    acts.press(dmitry, "✏️ Исправить счёт", "Что исправляем?")
    acts.say(dmitry, "новый КПП", "Выписано: Счёт №1, исправление №1.")
    acts.offers(dmitry, "🚫 Аннулировать счёт")
    assert _voided(stage) == [("invoice", 0)]
    stage.mailbox.wait_letters(2)
    acts.press(dmitry, "✏️ Исправить накладную", "Накладная №1: документ будет выписан заново")
    acts.say(dmitry, "новый КПП", "Выписано: Накладная №1, исправление №1.")
    assert _voided(stage) == [("waybill", 0), ("invoice", 0)]


def test_to_anybody_else_none_of_it_exists(stage: Stage) -> None:
    acts.all_open(stage)
    number = acts.places_order(stage, stage.anna)
    with stage.app.database.reading() as session:
        order = session.scalars(select(Order).where(Order.number == number)).one()
        ids = {"order_id": order.id, "customer_id": order.customer_id, "user_id": order.sales_rep_id}
    tried = [example(kind, dict(ids)) for kind in _admins_alone()]
    assert len(tried) > 25
    stage.stranger.start()
    for person in (stage.anna, stage.boris, stage.stranger):
        if person is not stage.stranger:
            acts.opens(person)
        before = person.screen.text
        for data in (*tried, "zz:1"):
            toast = person.forge(data, message_id=person.screen.message_id).wait_answered().toast
            assert toast is not None, data
            assert (toast.text, toast.alert) == (UNKNOWN, False), data
        assert person.screen.text == before
        said = []
        for command in ("/nonsense", "/journal", "/audit", "/staff", "/status"):
            person.command(command)
            person.wait_text("Здесь я этого не ждал")
            said.append(acts.sees(person, "Здесь я этого не ждал").text)
        assert len(set(said)) == 1
    assert "📋 Заказы" not in stage.anna.screen.labels


def test_in_english(stage: Stage) -> None:
    dmitry = stage.dmitry
    acts.speaks_english(dmitry)
    acts.opens(stage.anna)
    acts.places_order(stage, stage.anna)
    text = acts.press(dmitry, "📋 Orders", "Type a number or a piece").text
    assert "1 order: goods RUB 5,394.00 + delivery RUB 244.00" in acts.plain(text)
    acts.press(dmitry, "🏷️ All", "Orders in which status?")
    acts.press(dmitry, "📦 Delivered ones", "Nothing fits the filters and the search.")
    dmitry.command("/audit")
    acts.sees(dmitry, "Who changed what")


def _admins_alone() -> list[type]:
    import telebot

    router = Router(telebot.TeleBot("1:token", threaded=False))
    register_all(router)
    return [kind for kind, route in router.kinds().items() if route.roles == {Role.ADMIN}]


def _is_loaded(stage: Stage) -> int:
    acts.all_open(stage)
    number = acts.places_order(stage, stage.anna)
    acts.loads(stage.boris, number)
    return number


def _opens_card(dmitry: Person, number: int) -> None:
    acts.press(dmitry, "📋 Заказы", "Все заказы.")
    label = next(own for own in dmitry.screen.labels if f"№{number} " in own)
    acts.press(dmitry, acts.plain(label), f"Заказ №{number}")


def _code(text: str) -> str:
    found = re.search(r"напишите код (\d{4})\.", text)
    assert found is not None
    return found[1]


def _voided(stage: Stage) -> list[tuple[str, int]]:
    with stage.app.database.reading() as session:
        query = select(Document).where(Document.cancelled_at.is_not(None)).order_by(Document.id)
        return [(paper.kind.value, paper.revision) for paper in session.scalars(query)]


def _shows(person: Person, numbers: Iterable[int]) -> None:
    expected = list(numbers)
    person.wait(lambda who: _numbers(who) == expected, complaint=f"not {expected}")


def _numbers(person: Person) -> list[int]:
    labels = [label for label in person.screen.labels if "№" in label]
    return [int(label.split("№")[1].split(" ")[0]) for label in labels if not label.startswith("❌")]


def _are_sent(
    stage: Stage,
    numbers: Iterable[int],
    status: OrderStatus = OrderStatus.PLACED,
    *,
    rep: Person | None = None,
    customer: str = ROMASHKA,
    at: datetime | None = None,
) -> None:
    """Orders without goods: only the list is looked at."""
    moment = at or datetime.now(UTC)
    with stage.app.database.unit_of_work() as session:
        seller = session.scalar(select(User.id).where(User.telegram_id == (rep or stage.anna).id))
        buyer = session.scalar(select(Customer.id).where(Customer.name == customer))
        for number in numbers:
            session.add(
                Order(
                    number=number,
                    status=status,
                    sales_rep_id=seller,
                    customer_id=buyer,
                    created_at=moment,
                    updated_at=moment,
                )
            )
