"""What an order can meet after it was sent, or on the way there."""

import re
from datetime import UTC, datetime, timedelta

from sqlalchemy import select, update

from models import (
    Company,
    Customer,
    DeliveryWindow,
    Invoice,
    Order,
    OrderStatus,
    OutboxKind,
    OutboxMessage,
    Product,
    StockMovement,
)
from services import reminders
from tests.flows import acts
from tests.flows.stage import Stage


def test_recall_gives_the_stock_back_and_the_order_goes_out_again(stage: Stage) -> None:
    acts.all_open(stage)
    number = acts.places_order(stage, stage.anna)
    assert _buckwheat(stage).reserved == 60_000
    acts.press(stage.anna, "↩️ Отозвать", "ООО «Ромашка»")
    acts.offers(stage.anna, "🗑")
    acts.card(stage.boris, number, "отозвал представитель Анна")
    assert _buckwheat(stage).reserved == 0
    before = len(stage.boris.received)
    acts.press(stage.anna, "✅ Отправить на склад", f"Заказ №{number} отправлен")
    stage.boris.wait(lambda who: len(who.received) > before)
    acts.card(stage.boris, number, "На складе")
    assert _buckwheat(stage).reserved == 60_000
    _levels_agree(stage)


def test_what_changed_after_a_recall_is_told_line_by_line(stage: Stage) -> None:
    acts.all_open(stage)
    number = acts.places_order(stage, stage.anna)
    acts.press(stage.anna, "↩️ Отозвать", "ООО «Ромашка»")
    acts.press(stage.anna, "✏️ Позиции", "5 кор (60 шт)")
    acts.press(stage.anna, "1. 5 кор", "В заказе: 5 кор = 60 шт")
    acts.say(stage.anna, "7 кор", "✅ Гречка ядрица")
    acts.press(stage.anna, "Рис круглозёрный", "Сколько?")
    acts.say(stage.anna, "12", "✅ Рис круглозёрный")
    acts.press(stage.anna, "🛒 Корзина", "7 кор")
    acts.press(stage.anna, "📋 Заказ", "Итого")
    acts.press(stage.anna, "✅ Отправить на склад", f"Заказ №{number} отправлен")
    text = acts.plain(acts.card(stage.boris, number, "Изменилось после отзыва").text)
    assert "• Гречка ядрица «Увелка», 900 г: 5 кор (60 шт) → 7 кор (84 шт)" in text
    assert "• Рис круглозёрный, 900 г: — → 12 шт" in text


def test_a_draft_left_for_two_weeks_is_named_once_and_kept(stage: Stage) -> None:
    acts.all_open(stage)
    acts.fills_order(stage, stage.anna)
    later = datetime.now(UTC).replace(hour=9) + timedelta(days=15)
    for expected in (1, 0):
        with stage.app.database.unit_of_work(now=later) as session:
            assert reminders.remind_of_drafts(session) == expected
    with stage.app.database.unit_of_work(now=later + timedelta(hours=15)) as session:
        session.execute(update(Order).values(reminded_at=None))
        assert reminders.remind_of_drafts(session) == 0
    with stage.app.database.reading() as session:
        assert session.scalars(select(Order)).one().status is OrderStatus.DRAFT


def test_a_recall_after_the_claim_is_refused_with_the_name(stage: Stage) -> None:
    acts.all_open(stage)
    number = acts.places_order(stage, stage.anna)
    screen = stage.anna.screen
    acts.on_card(stage.boris, number, "🙋 Взять в работу", "Загружается")
    pressed = stage.anna.press("↩️ Отозвать", message=screen).wait_answered()
    assert pressed.toast is not None
    assert re.fullmatch(r"Заказ №1 уже взял Борис в \d\d:\d\d\.", pressed.toast.text)


def test_a_cancelled_order_names_its_reason_to_everybody(stage: Stage) -> None:
    acts.all_open(stage)
    number = acts.places_order(stage, stage.anna)
    acts.press(stage.anna, "⛔ Отменить", "Почему отменяется")
    acts.say(stage.anna, "Клиент <передумал>", "⛔ Отменён")
    assert "Причина: Клиент <передумал>" in acts.card(stage.boris, number, "Отменён").text
    assert _buckwheat(stage).reserved == 0
    _levels_agree(stage)


def test_a_rejected_order_goes_back_with_the_reason(stage: Stage) -> None:
    acts.all_open(stage)
    number = acts.places_order(stage, stage.anna)
    acts.on_card(stage.boris, number, "🙋 Взять в работу", "Загружается")
    stage.boris.press("⛔ Отклонить", message=acts.card(stage.boris, number))
    stage.boris.wait_text("Почему отклоняется заказ №1?")
    stage.boris.send("Нет на складе")
    stage.anna.wait_text("отклонён складом (Борис): Нет на складе")
    acts.card(stage.petr, number, "Отклонён")
    assert _buckwheat(stage).reserved == 0


def test_short_stock_names_the_lines_and_one_tap_takes_what_is_there(stage: Stage) -> None:
    acts.all_open(stage)
    acts.fills_order(stage, stage.anna)
    _set_on_hand(stage, 23_000)
    acts.press(stage.anna, "✅ Отправить на склад", "На складе не хватает")
    assert "Гречка ядрица «Увелка», 900 г: 23 шт из 60 шт" in acts.plain(stage.anna.screen.text)
    with stage.app.database.reading() as session:
        order = session.scalars(select(Order)).one()
        assert order.status is OrderStatus.DRAFT
        assert order.number is None
    acts.press(stage.anna, "✅ Взять, что есть", "23 шт × 89,90 ₽ = 2 067,70 ₽")
    acts.press(stage.anna, "✅ Отправить на склад", "отправлен на склад")
    assert _buckwheat(stage).reserved == 23_000


def test_a_second_order_for_the_day_is_asked_about(stage: Stage) -> None:
    acts.all_open(stage)
    acts.places_order(stage, stage.anna)
    acts.opens(stage.anna)
    acts.fills_order(stage, stage.anna)
    text = acts.press(stage.anna, "✅ Отправить на склад", "Отправить ещё один?").text
    assert "У клиента ООО «Ромашка» уже есть заказ №1" in text
    acts.press(stage.anna, "✅ Да, отправить", "Заказ №2 отправлен на склад")


def test_the_last_place_of_a_window_taken_meanwhile_is_noticed(stage: Stage) -> None:
    acts.all_open(stage)
    acts.fills_order(stage, stage.anna)
    acts.places_order(stage, stage.klara, stage_customer(stage))
    with stage.app.database.unit_of_work() as session:
        session.execute(update(DeliveryWindow).values(capacity=1))
    acts.press(stage.anna, "✅ Отправить на склад", "Последнее место в этом окне только что заняли")
    offered = stage.anna.screen.labels[0].removeprefix("📅 ")
    acts.press(stage.anna, "📅", f"📅 {offered}")
    acts.sees(stage.anna, "отправлен на склад")


def test_prices_that_changed_meanwhile_are_said_on_the_card_and_before_sending(stage: Stage) -> None:
    acts.all_open(stage)
    acts.fills_order(stage, stage.anna)
    with stage.app.database.unit_of_work() as session:
        session.execute(update(Product).where(Product.sku == "КР-001").values(price=95_00))
    screen = stage.anna.screen
    acts.press(stage.anna, "✏️ Позиции", "цена была 89,90 ₽")
    acts.press(stage.anna, "📋 Заказ", "Товары: 5 700,00 ₽")
    assert stage.anna.screen.message_id == screen.message_id
    text = acts.plain(acts.press(stage.anna, "✅ Отправить на склад", "цены изменились").text)
    assert "• Гречка ядрица «Увелка», 900 г: 89,90 ₽ → 95,00 ₽" in text
    acts.press(stage.anna, "✅ Отправить по этим ценам", "отправлен на склад")
    acts.sees(stage.anna, "Товары: 5 700,00 ₽")


def test_prices_that_move_once_more_are_shown_once_more(stage: Stage) -> None:
    acts.all_open(stage)
    acts.fills_order(stage, stage.anna)
    for price, shown in ((95_00, "89,90 ₽ → 95,00 ₽"), (97_00, "89,90 ₽ → 97,00 ₽")):
        button = "✅ Отправить по этим ценам" if price == 97_00 else "✅ Отправить на склад"
        with stage.app.database.unit_of_work() as session:
            session.execute(update(Product).where(Product.sku == "КР-001").values(price=price))
        acts.press(stage.anna, button, shown)
    acts.press(stage.anna, "✅ Отправить по этим ценам", "Товары: 5 820,00 ₽")
    acts.sees(stage.anna, "отправлен на склад")


def test_an_archived_customer_s_draft_is_not_sent(stage: Stage) -> None:
    acts.all_open(stage)
    acts.fills_order(stage, stage.anna)
    with stage.app.database.unit_of_work() as session:
        session.execute(update(Customer).values(archived_at=datetime.now(UTC)))
    toast = stage.anna.press("✅ Отправить на склад").wait_answered().toast
    assert toast is not None
    assert toast.text == "Этот клиент в архиве."


def test_a_removed_line_is_put_back_by_one_tap(stage: Stage) -> None:
    acts.opens(stage.anna)
    acts.fills_order(stage, stage.anna)
    acts.press(stage.anna, "✏️ Позиции", "5 кор (60 шт)")
    acts.press(stage.anna, "1. 5 кор", "В заказе: 5 кор = 60 шт")
    acts.press(stage.anna, "🗑️ Убрать", "Убрано: Гречка ядрица")
    acts.press(stage.anna, "↩️ Вернуть", "5 кор (60 шт) × 89,90 ₽")


def test_without_an_email_the_invoice_is_kept_and_goes_out_later(stage: Stage) -> None:
    acts.all_open(stage)
    with stage.app.database.unit_of_work() as session:
        session.execute(update(Customer).values(emails=None))
    number = acts.places_order(stage, stage.anna)
    stage.boris.press("🙋 Взять в работу", message=acts.card(stage.boris, number))
    acts.card(stage.boris, number, "Загружается")
    asked = acts.on_card(stage.boris, number, "✅ Подтвердить загрузку", "всё загружено?")
    assert "У клиента нет e-mail: счёт будет сохранён." in asked.text
    acts.on_card(stage.boris, number, "✅ Да, загружено", "Загружен")
    notice = stage.anna.wait_text("нет e-mail. Счёт выставлен и сохранён")
    stage.anna.press("📧 Указать e-mail", message=notice)
    acts.sees(stage.anna, "E-mail клиента ООО «Ромашка»")
    acts.say(stage.anna, "buh@, x", "Это не e-mail. Пример:")
    acts.say(stage.anna, "buh@romashka.example", "1 счёт отправляется")
    letter = stage.mailbox.wait_letters(1)[0]
    assert letter.recipients == ("buh@romashka.example",)


def test_without_requisites_the_load_stands_and_the_invoice_follows(stage: Stage) -> None:
    acts.all_open(stage)
    with stage.app.database.unit_of_work() as session:
        session.execute(update(Company).values(inn=None, bank_name=None))
    number = acts.places_order(stage, stage.anna)
    acts.loads(stage.boris, number)
    stage.dmitry.wait_text("в реквизитах компании нет — ИНН, банк")
    assert _invoices(stage) == 0
    notice = stage.anna.wait_text("загружен: Борис")
    stage.anna.press("📋 Открыть заказ", message=notice)
    acts.offers(stage.anna, "📄 Накладная")
    assert "📄 Счёт" not in stage.anna.screen.labels
    stage.anna.press("📄 Накладная")
    stage.anna.wait_document("Накладная_1.pdf")
    acts.press(stage.dmitry, "🏢 Компания", "Без этого счёт не выставить: ИНН, банк")
    acts.press(stage.dmitry, "банк", "Поле «банк»")
    acts.say(stage.dmitry, "ПАО Сбербанк", "Без этого счёт не выставить: ИНН")
    acts.press(stage.dmitry, "ИНН", "Поле «ИНН»")
    acts.say(stage.dmitry, "7707083894", "не сходится контрольная цифра (10-я)")
    acts.say(stage.dmitry, "7707083893", "Выставлен 1 ожидавший счёт")
    stage.mailbox.wait_letters(1)
    assert _invoices(stage) == 1


def test_the_invoice_is_mailed_again_with_a_message_id_of_its_own(stage: Stage) -> None:
    acts.all_open(stage)
    number = acts.places_order(stage, stage.anna)
    acts.loads(stage.boris, number)
    stage.anna.wait_text("счёт отправлен на")
    acts.press(stage.anna, "📋 Открыть заказ", "отправлено")
    toast = stage.anna.press("✉️ Отправить счёт ещё раз").wait_answered().toast
    assert toast is not None
    assert toast.text == "Счёт уже отправляется."
    with stage.app.database.unit_of_work() as session:
        earlier = datetime.now(UTC) - timedelta(minutes=1)
        session.execute(
            update(OutboxMessage).where(OutboxMessage.kind == OutboxKind.EMAIL).values(sent_at=earlier)
        )
    acts.press(stage.anna, "✉️ Отправить счёт ещё раз", "Счёт №1")
    first, second = stage.mailbox.wait_letters(2)
    assert first.headers["Message-ID"] != second.headers["Message-ID"]
    assert first.attachments == second.attachments


def stage_customer(stage: Stage) -> str:
    """A customer of Clara's."""
    acts.press(stage.klara, "🛒 Новый заказ", "Для кого заказ?")
    name = next(label for label in stage.klara.screen.labels if label.startswith(("ООО", "ИП", "АО")))
    acts.opens(stage.klara)
    return name


def _buckwheat(stage: Stage) -> Product:
    with stage.app.database.reading() as session:
        return session.scalars(select(Product).where(Product.sku == "КР-001")).one()


def _set_on_hand(stage: Stage, quantity: int) -> None:
    with stage.app.database.unit_of_work() as session:
        session.execute(update(Product).where(Product.sku == "КР-001").values(on_hand=quantity))


def _levels_agree(stage: Stage) -> None:
    with stage.app.database.reading() as session:
        for product in session.scalars(select(Product)):
            moves = session.scalars(select(StockMovement).where(StockMovement.product_id == product.id)).all()
            assert product.on_hand == sum(move.on_hand_change for move in moves)
            assert product.reserved == sum(move.reserved_change for move in moves)


def _invoices(stage: Stage) -> int:
    with stage.app.database.reading() as session:
        return len(session.scalars(select(Invoice)).all())
