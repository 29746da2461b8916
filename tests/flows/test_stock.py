"""The storekeeper's «📦 Остатки»: levels and who holds them, receipt, count, minimum, receipts by file."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from models import AuditEntry, MovementKind, Product, StockMovement, User
from services import ledger, stock
from tests.flows import acts
from tests.flows.stage import Stage

BUCKWHEAT = "Гречка ядрица «Увелка», 900 г"
RICE = "Рис круглозёрный, 900 г"


def test_levels_are_shown_in_units_and_packages_with_who_holds_the_reservation(stage: Stage) -> None:
    acts.opens_stock(stage)
    number = acts.places_order(stage, stage.anna)
    acts.card(stage.boris, number)
    text = acts.plain(acts.say(stage.boris, "гречка", "найдено по «гречка»").text)
    assert "остаток 1 440 · резерв 60 · доступно 1 380 шт" in text
    text = acts.plain(acts.press(stage.boris, BUCKWHEAT, "Последние движения").text)
    for line in (
        "Артикул КР-001",
        "Остаток: 1 440 шт (3 пал)",
        "Резерв: 60 шт (5 кор)",
        "Доступно: 1 380 шт (2 пал + 35 кор)",
        "Минимум: не задан",
        "Резерв держит 1 заказ:",
    ):
        assert line in text
    assert f"резерв +60 шт · заказ №{number} · Анна" in text
    acts.press(stage.boris, f"№{number} · 60 шт · ООО «Ромашка»", f"Заказ №{number}")
    acts.press(stage.boris, "↩️ К списку", "Последние движения")


def test_the_storekeeper_s_menu_has_the_stock_and_a_rep_s_has_not(stage: Stage) -> None:
    acts.all_open(stage)
    assert "📦 Остатки" in stage.boris.screen.labels
    assert "📦 Остатки" in stage.dmitry.screen.labels
    assert "📦 Остатки" not in stage.anna.screen.labels
    stage.anna.send("/stock")
    acts.sees(stage.anna, "Здесь я этого не ждал")
    stage.boris.send("/stock")
    acts.sees(stage.boris, "Остатки")


def test_a_rep_cannot_reach_a_product_s_stock_by_a_forged_button(stage: Stage) -> None:
    acts.opens(stage.anna)
    before = acts.stock_levels(stage, "КР-001")
    stage.anna.forge("br:1:0:0", message_id=stage.anna.screen.message_id).wait_answered()
    stage.anna.forge("bs:1:0:0", message_id=stage.anna.screen.message_id).wait_answered()
    assert stage.anna.toasts[-1].text == "Нет доступа."
    acts.sees(stage.anna, "Что делаем?")
    assert acts.stock_levels(stage, "КР-001") == before


def test_what_came_in_is_typed_in_any_unit_with_its_document(stage: Stage) -> None:
    _on_card(stage, BUCKWHEAT)
    acts.press(stage.boris, "➕ Приход", "Сколько пришло? Введите, например: 12 шт, 5 кор, 5 пал.")
    acts.say(stage.boris, "2 кор", "2 кор (24 шт)")
    text = acts.plain(acts.say(stage.boris, "накладная <17>", "+2 кор (24 шт)").text)
    assert "Остаток: 1 464 шт (3 пал + 2 кор)" in text
    assert "приход +24 шт · Борис · накладная <17>" in text
    assert acts.stock_levels(stage, "КР-001") == (1_464_000, 0)


def test_a_second_tap_receives_nothing_more(stage: Stage) -> None:
    _on_card(stage, BUCKWHEAT)
    acts.press(stage.boris, "➕ Приход", "Сколько пришло?")
    acts.say(stage.boris, "12", "Введите номер документа")
    screen = stage.boris.screen
    presses = [stage.boris.press("Без документа", message=screen) for _ in range(2)]
    for one in presses:
        one.wait_answered()
    acts.sees(stage.boris, "Остаток: 1 452 шт")
    assert acts.stock_levels(stage, "КР-001") == (1_452_000, 0)


@pytest.mark.parametrize(
    ("typed", "answer"),
    [
        ("0", "Количество должно быть больше нуля"),
        ("-3", "Количество должно быть больше нуля"),
        ("много", "Не понял количество. Введите, например: 12 шт, 5 кор, 5 пал."),
        ("5 ведро", "Этот товар не считают в «ведро»"),
        ("2,5 шт", "целыми"),
        ("99999999", "не больше 1 000 000 шт"),
    ],
)
def test_bad_receipts_are_refused_with_a_sentence(stage: Stage, typed: str, answer: str) -> None:
    _on_card(stage, BUCKWHEAT)
    acts.press(stage.boris, "➕ Приход", "Сколько пришло?")
    text = acts.plain(acts.say(stage.boris, typed, answer).text)
    assert "Сколько пришло?" in text
    assert acts.stock_levels(stage, "КР-001") == (1_440_000, 0)


def test_a_count_shows_before_and_after_and_leaves_its_reason(stage: Stage) -> None:
    _on_card(stage, BUCKWHEAT)
    acts.press(stage.boris, "✏️ Пересчёт", "По учёту: 1 440 шт (3 пал)")
    text = acts.plain(acts.say(stage.boris, "119 кор", "Почему не сходится?").text)
    assert "1 440 шт → 1 428 шт (−12 шт)" in text
    assert [label for label in stage.boris.screen.labels if "Излишек" in label] == []
    acts.press(stage.boris, "💔 Брак, порча", "Причина: 💔 Брак, порча")
    assert acts.stock_levels(stage, "КР-001") == (1_440_000, 0)
    text = acts.plain(acts.press(stage.boris, "✅ Записать", "Остаток: 1 428 шт").text)
    assert "пересчёт −12 шт · Борис · брак, порча" in text
    assert acts.stock_levels(stage, "КР-001") == (1_428_000, 0)


def test_more_than_the_books_say_is_a_surplus_or_one_s_own_words(stage: Stage) -> None:
    _on_card(stage, BUCKWHEAT)
    acts.press(stage.boris, "✏️ Пересчёт", "По учёту")
    acts.say(stage.boris, "1441", "1 440 шт → 1 441 шт (+1 шт)")
    assert [label for label in stage.boris.screen.labels if "Недостача" in label] == []
    acts.press(stage.boris, "💬 Другое", "Введите причину.")
    acts.say(stage.boris, "x" * 301, "помещается 300")
    acts.say(stage.boris, "нашли за стеллажом", "Причина: нашли за стеллажом")
    acts.press(stage.boris, "✅ Записать", "пересчёт +1 шт · Борис · нашли за стеллажом")


def test_a_count_that_agrees_with_the_books_writes_nothing(stage: Stage) -> None:
    _on_card(stage, BUCKWHEAT)
    acts.press(stage.boris, "✏️ Пересчёт", "По учёту")
    acts.say(stage.boris, "3 пал", "Совпадает с учётом: 1 440 шт.")
    with stage.app.database.reading() as session:
        kinds = set(session.scalars(select(StockMovement.kind)))
    assert kinds == {MovementKind.RECEIPT}


def test_a_count_below_what_is_promised_names_the_orders(stage: Stage) -> None:
    acts.opens(stage.anna)
    acts.opens(stage.boris)
    number = acts.places_order(stage, stage.anna)
    acts.card(stage.boris, number)
    _on_card(stage, BUCKWHEAT)
    acts.press(stage.boris, "✏️ Пересчёт", "По учёту")
    text = acts.plain(acts.say(stage.boris, "0", "меньше записать нельзя").text)
    assert f"В резерве 60 шт, держат заказы №{number}" in text
    assert acts.stock_levels(stage, "КР-001") == (1_440_000, 60_000)


def test_a_count_over_goods_that_moved_meanwhile_is_asked_again(stage: Stage) -> None:
    _on_card(stage, BUCKWHEAT)
    acts.press(stage.boris, "✏️ Пересчёт", "По учёту")
    acts.say(stage.boris, "1400", "Почему не сходится?")
    acts.press(stage.boris, "➖ Недостача", "Причина: ➖ Недостача")
    _on_card(stage, BUCKWHEAT, stage.petr)
    acts.press(stage.petr, "➕ Приход", "Сколько пришло?")
    acts.say(stage.petr, "10", "Введите номер документа")
    acts.press(stage.petr, "Без документа", "Остаток: 1 450 шт")
    text = acts.plain(acts.press(stage.boris, "✅ Записать", "Остаток успел измениться").text)
    assert "было 1 440 шт, стало 1 450 шт" in text
    assert "1 450 шт → 1 400 шт (−50 шт)" in text
    assert acts.stock_levels(stage, "КР-001") == (1_450_000, 0)
    acts.press(stage.boris, "✅ Записать", "Остаток: 1 400 шт")


def test_a_minimum_puts_a_product_on_the_low_list_and_the_filter_survives_the_way_back(stage: Stage) -> None:
    acts.opens_stock(stage)
    acts.press(stage.boris, "⚠️ Мало", "ниже минимума ничего нет")
    acts.press(stage.boris, "• ⚠️ Мало", "Остатки")
    _on_card(stage, BUCKWHEAT)
    acts.press(stage.boris, "🔔 Минимум", "Минимум сейчас: не задан")
    acts.say(stage.boris, "3 пал", "⚠️ Заканчивается")
    acts.press(stage.boris, "↩️ К списку", "найдено по «гречка»")
    acts.press(stage.boris, "❌ гречка", "Остатки")
    text = acts.press(stage.boris, "⚠️ Мало", "чего мало").text
    assert [line for line in text.splitlines() if line.startswith("•")] == [
        f"• {BUCKWHEAT}: остаток 1\u00a0440 · резерв 0 · доступно 1\u00a0440\u00a0шт"
    ]
    acts.press(stage.boris, f"⚠️ {BUCKWHEAT}", "Минимум: 1 440 шт (3 пал)")
    acts.press(stage.boris, "↩️ К списку", "чего мало")
    acts.press(stage.boris, f"⚠️ {BUCKWHEAT}", "Минимум: 1 440 шт")
    acts.press(stage.boris, "🔔 Минимум", "Минимум сейчас: 1 440 шт")
    acts.say(stage.boris, "убрать", "минимум убран")
    acts.press(stage.boris, "↩️ К списку", "ниже минимума ничего нет")
    with stage.app.database.reading() as session:
        entries = session.scalars(select(AuditEntry).where(AuditEntry.action == "update")).all()
        changes = [entry.after for entry in entries if entry.after and "low_stock" in entry.after]
    assert changes == [{"low_stock": 1_440_000}, {"low_stock": None}]


def test_pages_go_by_name_and_back_leads_to_the_same_page(stage: Stage) -> None:
    acts.opens_stock(stage)
    seen: list[str] = []
    for page in range(3):
        labels = [label for label in stage.boris.screen.labels if label[0].isalpha()]
        seen += labels[:8]
        if page < 2:
            stage.boris.press("Вперёд ➡️")
            acts.sees(stage.boris, ("Картофель фри", "Масло оливковое")[page])
    assert seen == sorted(seen)
    assert len(set(seen)) == 24
    acts.press(stage.boris, seen[-1], "Артикул")
    acts.press(stage.boris, "↩️ К списку", seen[-1])


def test_the_ledger_pages_without_shifting_when_it_grows(stage: Stage) -> None:
    _on_card(stage, BUCKWHEAT)
    with stage.app.database.unit_of_work() as session:
        product = session.scalars(select(Product).where(Product.sku == "КР-001")).one()
        for number in range(1, 13):
            stock.receive(session, product, number * 1000, None, f"документ {number}")
    acts.press(stage.boris, "📜 Движения", "документ 12")
    older = acts.press(stage.boris, "Вперёд ➡️", "документ 2\n").text
    with stage.app.database.unit_of_work() as session:
        product = session.scalars(select(Product).where(Product.sku == "КР-001")).one()
        stock.receive(session, product, 1000, None, "документ 13")
    acts.press(stage.boris, "⬅️ Назад", "документ 12")
    assert "документ 13" not in stage.boris.screen.text
    assert acts.press(stage.boris, "Вперёд ➡️", "документ 2\n").text == older


def test_in_english(stage: Stage) -> None:
    with stage.app.database.unit_of_work() as session:
        session.scalars(select(User).where(User.telegram_id == stage.boris.id)).unique().one().language = "en"
    stage.boris.start()
    acts.press(stage.boris, "📦 Stock", "Type a piece of a name or SKU")
    assert "available 1,440 шт" in acts.plain(acts.say(stage.boris, "КР-001", "found for “КР-001”").text)
    acts.press(stage.boris, BUCKWHEAT, "On hand: 1,440 шт (3 пал)")
    acts.press(stage.boris, "✏️ Count", "By the books")
    acts.say(stage.boris, "1439", "Why does it differ?")
    acts.press(stage.boris, "➖ Shortage", "Reason: ➖ Shortage")
    acts.press(stage.boris, "✅ Write it", "counted −1 шт · Борис · shortage")


def test_the_nightly_check_tells_the_administrator_which_product(stage: Stage) -> None:
    acts.opens(stage.dmitry)
    with stage.app.database.unit_of_work() as session:
        product = session.scalars(select(Product).where(Product.sku == "КР-001")).one()
        product.on_hand += 7_000
        ledger.report(session, ledger.find_discrepancies(session))
    message = stage.dmitry.wait_text("Ночная сверка: у 1 товара остаток расходится с движениями")
    assert f"{BUCKWHEAT}: остаток 1 447 шт, по движениям 1 440 шт" in acts.plain(message.text)


def _on_card(stage: Stage, name: str, keeper: object = None) -> None:
    person = stage.petr if keeper is stage.petr else stage.boris
    acts.opens(person)
    acts.press(person, "📦 Остатки", "Остатки")
    word = name.split()[0].lower()
    acts.say(person, word, f"найдено по «{word}»")
    acts.press(person, name, "Артикул")
