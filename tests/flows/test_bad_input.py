"""What bad input gets: a clear sentence, and nothing changes."""

import pytest
from sqlalchemy import select

from models import Order, OrderLine
from tests.flows import acts
from tests.flows.stage import Stage


def _on_product(stage: Stage, shelf: tuple[str, ...], product: str) -> None:
    acts.opens(stage.anna)
    acts.press(stage.anna, "🛒 Новый заказ", "Для кого заказ?")
    acts.press(stage.anna, "ООО «Ромашка»", "Каталог")
    for name in shelf:
        acts.press(stage.anna, name, f"\n{name}\n")
    acts.press(stage.anna, product, "Сколько?")


def test_a_bad_quantity_says_what_is_expected(stage: Stage) -> None:
    _on_product(stage, ("Бакалея", "Крупы"), "Гречка ядрица")
    for typed, sentence in (
        ("0", "Количество должно быть больше нуля."),
        ("-3", "Количество должно быть больше нуля."),
        ("много", "Не понял количество."),
        ("1e9", "Не понял количество."),
        ("5 ведро", "Этот товар не считают в «ведро»."),
        ("2,5 шт", "Этот товар продаётся только целыми единицами."),
        ("0,5 кор", "Этот товар продаётся только целыми единицами."),
        ("1000001", "Слишком много: не больше 1 000 000 шт."),
        ("<b>7</b>", "Не понял количество."),
    ):
        text = acts.plain(acts.say(stage.anna, typed, sentence).text)
        assert "Введите, например: 12 шт, 5 кор, 3 пал." in text, typed
        assert "Гречка ядрица" in text
    assert not _lines(stage)
    acts.say(stage.anna, "2 кор", "✅ Гречка ядрица")
    assert [(line.quantity, line.unit) for line in _lines(stage)] == [(24_000, "кор")]


def test_more_than_available_offers_what_there_is(stage: Stage) -> None:
    _on_product(stage, ("Бакалея", "Крупы"), "Горох колотый")
    acts.say(stage.anna, "23", "Доступно 8 шт.")
    assert not _lines(stage)
    acts.press(stage.anna, "✅ Взять 8 шт", "✅ Горох колотый")
    assert [line.quantity for line in _lines(stage)] == [8_000]


def test_plus_and_minus_count_every_tap(stage: Stage) -> None:
    _on_product(stage, ("Бакалея", "Крупы"), "Гречка ядрица")
    acts.press(stage.anna, "кор", "Сколько?")
    for count in (1, 2, 3):
        acts.press(stage.anna, "+ 1 кор", f"В заказе: {count} кор = {count * 12} шт")
    acts.press(stage.anna, "− 1 кор", "В заказе: 2 кор = 24 шт")


def test_an_address_that_is_not_found_or_too_far_keeps_the_draft(stage: Stage) -> None:
    _to_address(stage)
    acts.say(stage.anna, "ул", "Слишком коротко. Пример: Москва")
    acts.say(stage.anna, "Абракадабра 77", "на карте не найден")
    acts.sees(stage.anna, "Куда везти?")
    stage.anna.send_location(0.0, 0.0)
    acts.sees(stage.anna, "Такой точки нет")
    stage.anna.send_location(59.9343, 30.3351)
    text = acts.sees(stage.anna, "доставляем не дальше 500 км").text
    assert "Это 63" in text or "Это 62" in text
    assert len(_lines(stage)) == 1


def test_a_geocoder_that_is_down_is_said_and_a_location_is_a_way_on(stage: Stage) -> None:
    _to_address(stage)
    with stage.geocoder.faults.server_error(status=503):
        acts.say(stage.anna, "Тверская 7", "Служба адресов сейчас не отвечает")
    with stage.geocoder.faults.too_many_requests(retry_after=30):
        acts.say(stage.anna, "Тверская, 7", "Служба адресов сейчас перегружена")
    stage.anna.send_location(55.75867, 37.6106)
    acts.sees(stage.anna, "Точка на карте 55.75867, 37.61060")
    acts.press(stage.anna, "✅ Верно", "День доставки")


def test_an_ambiguous_address_offers_the_places(stage: Stage) -> None:
    _to_address(stage)
    acts.say(stage.anna, "Ленина, 5", "подходит несколько мест")
    assert len(stage.anna.screen.labels) > 2
    acts.press(stage.anna, stage.anna.screen.labels[1], "км × 10,00 ₽")
    acts.press(stage.anna, "✅ Верно", "День доставки")


def test_an_address_is_asked_of_the_geocoder_once(stage: Stage) -> None:
    _to_address(stage)
    acts.say(stage.anna, "Тверская 7", "© OpenStreetMap")
    acts.press(stage.anna, "↩️ Другой адрес", "Куда везти?")
    acts.say(stage.anna, "ТВЕРСКАЯ  7", "© OpenStreetMap")
    assert len(stage.geocoder.requests) == 1


def test_a_closed_day_says_why_and_what_is_next(stage: Stage) -> None:
    _to_address(stage)
    acts.press(stage.anna, "🏬 Самовывоз", "День самовывоза")
    closed = next(label for label in stage.anna.screen.labels if label.startswith("("))
    pressed = stage.anna.press(closed).wait_answered()
    assert pressed.toast is not None
    assert pressed.toast.alert
    assert "Ближайший возможный день:" in pressed.toast.text
    order_id = _order(stage).id
    for day, sentence in (
        ("200101", "уже прошло"),
        ("991231", "слишком далеко. Последний возможный день: "),
        ("xx", None),
        ("261399", None),
    ):
        toast = stage.anna.forge(f"cd:{order_id}:{day}").wait_answered().toast
        assert toast is not None
        assert sentence is None or sentence in toast.text
    for start in ("0715", "abcd", ""):
        toast = stage.anna.forge(f"cw:{order_id}:{_first_free_day(stage)}:{start}").wait_answered().toast
        assert toast is not None
        assert "Такого окна больше нет" in toast.text
    assert _order(stage).window_id is None


def test_bad_fields_of_a_new_customer_are_asked_again(stage: Stage) -> None:
    anna = stage.anna
    acts.opens(anna)
    acts.press(anna, "🛒 Новый заказ", "Для кого заказ?")
    acts.press(anna, "➕ Новый клиент", "Название нового клиента")
    acts.say(anna, "Я" * 161, "Слишком длинно: помещается 160 символов")
    acts.say(anna, "ИП Иванов", "E-mail для счетов")
    acts.say(anna, "a@", "Это не e-mail. Пример:")
    acts.say(anna, "a@b.ru\nBcc: x@y.ru", "нет переноса строки")
    acts.say(anna, "a@b.example, c@d.example", "ИНН клиента")
    acts.say(anna, "500100732258", "не сходится контрольная цифра (12-я)")
    acts.say(anna, "123", "В ИНН 10 или 12 цифр, а здесь 3")
    acts.say(anna, "500100732259", "Телефон клиента")
    acts.say(anna, "позвони мне", "Это не телефон.")
    acts.say(anna, "+7 (495) 123-45-67", "Клиент ИП Иванов добавлен")


def test_a_long_note_is_not_lost(stage: Stage) -> None:
    acts.opens(stage.anna)
    acts.fills_order(stage, stage.anna)
    acts.press(stage.anna, "📝 Пометка", "Пометка для склада")
    acts.say(stage.anna, "ф" * 3000, "В пометке 3000 символов, помещается 1000")
    assert _order(stage).note is None
    acts.press(stage.anna, "✂️ Взять начало", "Черновик")
    assert _order(stage).note == "ф" * 1000


@pytest.mark.parametrize("what", ["send_sticker", "send_voice", "send_photo", "send_contact"])
def test_the_unexpected_is_told_what_is_expected_now(stage: Stage, what: str) -> None:
    _to_address(stage)
    getattr(stage.anna, what)()
    acts.sees(stage.anna, "Здесь нужен текст")
    acts.sees(stage.anna, "Куда везти?")


def test_sending_an_unfinished_order_says_what_is_missing(stage: Stage) -> None:
    _to_address(stage)
    acts.press(stage.anna, "📋 Заказ", "Не хватает: адрес, дата и окно.")
    pressed = stage.anna.press("✅ Отправить на склад").wait_answered()
    assert pressed.toast is not None
    assert pressed.toast.text == "Не хватает: адрес, дата и окно."


def _to_address(stage: Stage) -> None:
    _on_product(stage, ("Бакалея", "Крупы"), "Гречка ядрица")
    acts.say(stage.anna, "12", "✅ Гречка ядрица")
    acts.press(stage.anna, "🛒 Корзина", "Товары:")
    acts.press(stage.anna, "Дальше", "Куда везти?")


def _first_free_day(stage: Stage) -> str:
    data = [
        button.data or "" for row in stage.anna.screen.buttons for button in row if button.label.isdigit()
    ]
    if data:
        return data[0].rpartition(":")[2]
    acts.press(stage.anna, "▶", "День самовывоза")
    return _first_free_day(stage)


def _order(stage: Stage) -> Order:
    with stage.app.database.reading() as session:
        return session.scalars(select(Order)).one()


def _lines(stage: Stage) -> list[OrderLine]:
    with stage.app.database.reading() as session:
        return list(session.scalars(select(OrderLine)))
