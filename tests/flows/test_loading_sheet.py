"""The loading sheet and the vehicles, as a storekeeper presses them."""

import re
import subprocess

from demo.people import Person
from tests.flows import acts
from tests.flows.stage import Stage

# Five boxes of twelve packs of 0.92 kg.
ONE_ORDER = "55,2 кг"
TWO_ORDERS = "110,4 кг"


def two_orders(stage: Stage) -> tuple[int, int, str]:
    """Two orders of five boxes of buckwheat for one window: their numbers, «пн 23.11.2026, 08:00–10:00»."""
    acts.all_open(stage)
    first = acts.places_order(stage, stage.anna)
    acts.opens(stage.anna)
    window = acts.fills_order(stage, stage.anna, "ООО «Продукты у дома»")
    found = re.search(
        r"Заказ №(\d+) отправлен", acts.press(stage.anna, "✅ Отправить на склад", "отправлен на склад").text
    )
    assert found is not None
    acts.card(stage.boris, int(found[1]))
    return first, int(found[1]), window


def opens_sheet(keeper: Person, window: str, part: str) -> str:
    """From the menu to the sheet of a part («Весь день») of the window's day; return its text."""
    day, _ = window.split(", ")
    acts.opens(keeper)
    acts.press(keeper, "📄 Лист загрузки", "На какой день лист загрузки?")
    acts.press(keeper, f"{day} · 2 заказа", "какое окно или машина?")
    return acts.plain(acts.press(keeper, part, "Лист загрузки · ").text)


def enters_vehicle(keeper: Person, plate: str, capacity: str) -> None:
    """From the days or the choice of a vehicle to a new vehicle's card."""
    acts.press(keeper, "🚚 Машины", "Машин")
    acts.press(keeper, "➕ Машина", "Госномер новой машины?")
    acts.say(keeper, plate, "какая грузоподъёмность")
    acts.say(keeper, capacity, "Госномер: ")


def read_pdf(data: bytes) -> str:
    read = subprocess.run(["pdftotext", "-layout", "-", "-"], input=data, capture_output=True, check=True)
    return re.sub(r"[\s\u00a0]+", " ", read.stdout.decode())


def test_a_window_s_sheet_is_read_here_and_comes_as_a_pdf(stage: Stage) -> None:
    first, second, window = two_orders(stage)
    boris = stage.boris
    day, span = window.split(", ")
    text = opens_sheet(boris, window, f"{span} · 2 заказа")
    assert f"Лист загрузки · {window}" in text
    assert f"2 заказа, {TWO_ORDERS}" in text
    assert "• Гречка ядрица «Увелка», 900 г — 10 кор" in text
    assert f"№{first} · ООО «Ромашка» · {ONE_ORDER}" in text
    assert f"№{second} · ООО «Продукты у дома» · {ONE_ORDER}" in text

    acts.press(boris, "📄 PDF", "Лист загрузки · ")
    document = boris.wait_document(".pdf").document
    assert document is not None
    address = re.search(r"📍 (.+)", acts.card(boris, first).text)
    assert address is not None
    iso = "-".join(reversed(day.split(" ")[1].split(".")))
    assert document.name == f"Лист_загрузки_{iso}.pdf"
    paper = read_pdf(document.data)
    for piece in (
        "Склад Склад на Дубнинской",
        f"День {day}",
        f"Окно {span}",
        "КР-001 Гречка ядрица «Увелка», 900 г 120 шт 10 кор 110,4 ☐",
        f"№ {first} · ООО «Ромашка» {span}",
        "60 шт 5 кор 55,2 ☐",
        f"{address[1]} · +74951204501",
        "стр. 1 из 1",
    ):
        assert piece in paper


def test_the_whole_day_reads_in_english_for_who_speaks_it(stage: Stage) -> None:
    _, _, window = two_orders(stage)
    dmitry = stage.dmitry
    acts.press(dmitry, "⚙️ Настройки", "Язык")
    acts.press(dmitry, "English", "Language")
    dmitry.command("/sheet")
    acts.sees(dmitry, "Loading sheet for which day?")
    label = next(own for own in dmitry.screen.labels if "2 orders" in own)
    acts.press(dmitry, acts.plain(label), "which window or vehicle?")
    text = acts.plain(acts.press(dmitry, "The whole day · 2 orders", "Loading sheet · ").text)
    assert "2 orders, 110.4 kg" in text
    acts.press(dmitry, "📄 PDF", "Loading sheet · ")
    document = dmitry.wait_document(".pdf").document
    assert document is not None
    assert document.name.startswith("Loading_sheet_20")
    assert "Total weight 110.4 kg" in read_pdf(document.data)
    assert window.split(", ")[1] in read_pdf(document.data)


def test_orders_are_put_into_a_vehicle_and_too_much_is_said(stage: Stage) -> None:
    first, second, window = two_orders(stage)
    boris = stage.boris
    _, span = window.split(", ")
    opens_sheet(boris, window, f"{span} · 2 заказа")
    acts.press(boris, "🚚 Машина", "Машин пока нет")
    enters_vehicle(boris, "a 123 bc 77", "100 кг")
    acts.sees(boris, "Госномер: А123ВС77")
    acts.press(boris, "✏️ Водитель", "Поле «Водитель», сейчас: —")
    acts.say(boris, "Иванов <С. П.>", "Иванов <С. П.>")
    acts.press(boris, "✏️ Телефон водителя", "Введите новое значение")
    acts.say(boris, "8 916 123-45-67", "+79161234567")

    opens_sheet(boris, window, f"{span} · 2 заказа")
    acts.press(boris, "🚚 Машина", "Какая машина?")
    acts.press(boris, "🚚 А123ВС77 · 0 из 100 кг", "0 заказов: 0 кг из 100 кг")
    text = acts.press(boris, f"▫️ №{first} · {ONE_ORDER} · ООО «Ромашка»", "1 заказ: 55,2 кг из 100 кг").text
    assert "Перегруз" not in text
    # The storekeepers' and the rep's cards say it.
    acts.card(boris, first, "🚚 А123ВС77, Иванов <С. П.>, +79161234567")
    acts.card(stage.petr, first, "🚚 А123ВС77")
    acts.press(boris, "Все заказы окна", f"⚠️ Перегруз: {TWO_ORDERS} из 100 кг")
    assert "Все заказы окна" not in boris.screen.labels
    acts.press(boris, f"✅ №{second} · {ONE_ORDER}", "1 заказ: 55,2 кг из 100 кг")
    acts.press(boris, f"▫️ №{second}", "⚠️ Перегруз")
    text = acts.plain(acts.press(boris, "📄 Лист загрузки", "Лист загрузки · ").text)
    assert "🚚 А123ВС77, Иванов <С. П.>, +79161234567" in text
    assert f"⚠️ Перегруз: {TWO_ORDERS} из 100 кг" in text
    acts.press(boris, "📄 PDF", "Лист загрузки · ")
    document = boris.wait_document(".pdf").document
    assert document is not None
    paper = read_pdf(document.data)
    assert "Водитель Иванов <С. П.>, +79161234567" in paper
    assert f"ПЕРЕГРУЗ: {TWO_ORDERS} из 100 кг" in paper

    # The day offers the vehicle as a part of its own, and another vehicle leaves its orders alone.
    acts.press(boris, "↩️ Назад", "какое окно или машина?")
    acts.offers(boris, "🚚 А123ВС77 · 2 заказа")
    acts.press(boris, "Весь день", "Лист загрузки · ")
    acts.press(boris, "🚚 Машина", "Какая машина?")
    acts.offers(boris, "⚠️ А123ВС77 · 110,4 из 100 кг")
    enters_vehicle(boris, "В456ОР99", "1500")
    opens_sheet(boris, window, "Весь день")
    acts.press(boris, "🚚 Машина", "Какая машина?")
    acts.press(boris, "🚚 В456ОР99", "0 заказов")
    assert "Все заказы дня" not in boris.screen.labels
    acts.press(boris, f"🚚 А123ВС77 · №{first}", "1 заказ: 55,2 кг из 1 500 кг")
    acts.card(stage.petr, first, "🚚 В456ОР99")
    acts.press(boris, f"🚚 А123ВС77 · №{second}", f"2 заказа: {TWO_ORDERS} из 1 500 кг")
    acts.press(boris, f"✅ №{second}", "1 заказ: 55,2 кг из 1 500 кг")
    acts.press(boris, "↩️ Назад", "Какая машина?")
    acts.press(boris, "🚚 А123ВС77 · 0 из 100 кг", "0 заказов")
    acts.press(boris, "Все заказы дня", "1 заказ: 55,2 кг из 100 кг")
    acts.offers(boris, f"🚚 В456ОР99 · №{first}")


def test_bad_input_about_a_vehicle_changes_nothing(stage: Stage) -> None:
    boris = stage.boris
    acts.all_open(stage)
    acts.press(boris, "📄 Лист загрузки", "заказов к загрузке нет")
    acts.press(boris, "🚚 Машины", "Машин пока нет")
    acts.press(boris, "➕ Машина", "Госномер новой машины?")
    acts.say(boris, "газель", "Это не похоже на российский госномер. Например: А123ВС77.")
    acts.say(boris, "А123ВС77", "какая грузоподъёмность")
    acts.say(boris, "полторы тонны", "Введите грузоподъёмность целым числом")
    acts.say(boris, "100000", "Грузоподъёмность — от 1 до 50 000 кг.")
    acts.say(boris, "1500", "Грузоподъёмность, кг: 1 500")
    acts.press(boris, "↩️ Назад", "Машины:")
    acts.press(boris, "➕ Машина", "Госномер новой машины?")
    acts.say(boris, "a123bc77", "Машина А123ВС77 уже есть.")
    acts.press(boris, "↩️ Назад", "Машины:")

    # A field that need not be filled is emptied; the vehicle goes out of use and comes back.
    acts.press(boris, "🚚 А123ВС77", "Водитель: —")
    acts.press(boris, "✏️ Водитель", "Введите новое значение")
    acts.say(boris, "Иванов", "Водитель: Иванов")
    acts.press(boris, "✏️ Водитель", "Поле «Водитель», сейчас: Иванов")
    acts.press(boris, "🗑️ Оставить пустым", "Водитель: —")
    acts.press(boris, "🗑️ ", "А123ВС77 больше не используется")
    assert not any("А123ВС77" in label for label in boris.screen.labels)
    acts.press(boris, "➕ Машина", "Госномер новой машины?")
    acts.say(boris, "А123ВС77", "какая грузоподъёмность")
    acts.say(boris, "900", "Грузоподъёмность, кг: 900")


def test_a_rep_has_no_loading_sheet(stage: Stage) -> None:
    anna = stage.anna
    acts.all_open(stage)
    assert not any("Лист загрузки" in label for label in anna.screen.labels)
    for button in ("sp:261123", "sd", "sw:261123", "sh:261123", "vs", "vk:1", "va:261123:0:1:0"):
        pressed = anna.forge(button, message_id=anna.screen.message_id).wait_answered()
        assert pressed.toast is not None
        assert pressed.toast.text == "Нет доступа."
    anna.command("/sheet")
    anna.wait_text("Здесь я этого не ждал")


def test_an_order_that_left_meanwhile_is_not_put_anywhere(stage: Stage) -> None:
    first, second, window = two_orders(stage)
    boris, petr = stage.boris, stage.petr
    opens_sheet(boris, window, "Весь день")
    acts.press(boris, "🚚 Машина", "Машин пока нет")
    enters_vehicle(boris, "А123ВС77", "1000")
    opens_sheet(boris, window, "Весь день")
    acts.press(boris, "🚚 Машина", "Какая машина?")
    acts.press(boris, "🚚 А123ВС77", "0 заказов")
    acts.loads(petr, first)
    acts.on_card(petr, first, "📦 Доставлено", "Доставлен")
    pressed = boris.press(
        next(label for label in boris.screen.labels if f"№{first} " in label)
    ).wait_answered()
    assert pressed.toast is not None
    assert f"№{first}" in pressed.toast.text
    assert "Доставлен" in pressed.toast.text
    # The screen shows what is left.
    acts.offers(boris, f"▫️ №{second}")
    boris.wait(lambda who: not any(f"№{first} " in label for label in who.screen.labels))
