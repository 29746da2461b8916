"""Ordering what was ordered before, and what is said when it differs."""

from sqlalchemy import select, update

from models import Order, OrderStatus, Product
from tests.flows import acts
from tests.flows.stage import Stage


def test_as_last_time_copies_the_order_and_says_what_is_different(stage: Stage) -> None:
    acts.all_open(stage)
    acts.places_order(stage, stage.anna)
    _change(stage, price=95_00)
    _again(stage)
    text = acts.plain(acts.press(stage.anna, "🔁 Как в прошлый раз", "Обратите внимание").text)
    assert "• Гречка ядрица «Увелка», 900 г: подорожал, 89,90 ₽ → 95,00 ₽" in text
    assert "5 кор (60 шт) × 95,00 ₽ = 5 700,00 ₽" in text


def test_what_is_short_or_gone_is_said_before_anything_is_sent(stage: Stage) -> None:
    acts.all_open(stage)
    acts.places_order(stage, stage.anna)
    _change(stage, on_hand=67_000)
    _again(stage)
    text = acts.plain(acts.press(stage.anna, "🔁 Как в прошлый раз", "Обратите внимание").text)
    assert "• Гречка ядрица «Увелка», 900 г: 7 шт из 60 шт, столько доступно" in text
    acts.press(stage.anna, "📋 Заказ", "Черновик")
    acts.press(stage.anna, "🗑", "Удалить черновик для")
    acts.press(stage.anna, "🗑", "Черновик удалён")
    _change(stage, is_active=False)
    _again(stage)
    text = acts.press(stage.anna, "⭐ Обычный набор", "Обратите внимание").text
    assert "больше не продаётся, не взят" in text
    assert "Корзина пуста" in text


def test_any_past_order_is_repeated(stage: Stage) -> None:
    acts.all_open(stage)
    acts.places_order(stage, stage.anna)
    acts.press(stage.anna, "🔁 Повторить", "Скопировано по сегодняшним ценам, ничего не изменилось.")
    with stage.app.database.reading() as session:
        draft = session.scalars(select(Order).where(Order.status == OrderStatus.DRAFT)).one()
        assert [(line.quantity, line.unit) for line in draft.lines] == [(60_000, "кор")]


def test_the_product_card_remembers_what_the_customer_took(stage: Stage) -> None:
    acts.all_open(stage)
    acts.places_order(stage, stage.anna)
    _again(stage)
    acts.press(stage.anna, "Бакалея", "\nБакалея\n")
    acts.press(stage.anna, "Крупы", "\nКрупы\n")
    text = acts.plain(acts.press(stage.anna, "Гречка", "Сколько?").text)
    assert "В прошлый раз: 5 кор (60 шт) по 89,90 ₽" in text
    acts.press(stage.anna, "5 кор", "✅ Гречка ядрица «Увелка», 900 г: 5 кор = 60 шт")


def test_a_customer_without_orders_is_offered_nothing_to_repeat(stage: Stage) -> None:
    acts.opens(stage.anna)
    _again(stage)
    assert "🔁 Как в прошлый раз" not in stage.anna.screen.labels
    with stage.app.database.reading() as session:
        draft = session.scalars(select(Order)).one()
    toast = stage.anna.forge(f"ha:{draft.id}").wait_answered().toast
    assert toast is not None
    assert toast.text == "Этот клиент ещё ничего не заказывал."


def _again(stage: Stage) -> None:
    acts.opens(stage.anna)
    acts.press(stage.anna, "🛒 Новый заказ", "Для кого заказ?")
    acts.press(stage.anna, "ООО «Ромашка»", "Каталог")


def _change(stage: Stage, **values: object) -> None:
    with stage.app.database.unit_of_work() as session:
        session.execute(update(Product).where(Product.sku == "КР-001").values(**values))
