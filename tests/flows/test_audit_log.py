"""Who changed what: read by administrators, narrowed to a person or a kind of thing, taken as a file."""

from __future__ import annotations

import io

import openpyxl
import pytest
from sqlalchemy import select

from models import Customer, Product
from services import audit, auth, catalog, clientele
from services.catalog_rows import ProductValues
from tests.flows import acts
from tests.flows.stage import Stage, restarted

BUCKWHEAT = "Гречка ядрица «Увелка», 900 г"


@pytest.fixture
def changed(stage: Stage) -> None:
    """Анна changes a customer's phone, Дмитрий a price, and blocks Пётр and lets him in again."""
    acts.all_open(stage)
    with stage.app.database.unit_of_work() as session:
        anna, dmitry = (auth.find_user(session, person.id) for person in (stage.anna, stage.dmitry))
        assert anna is not None
        assert dmitry is not None
        customer = session.scalars(select(Customer).where(Customer.name == "ООО «Ромашка»")).one()
        clientele.change(session, customer.id, "phone", "+7 495 000-00-02", anna, customer.version)
        product = session.scalars(select(Product).where(Product.sku == "КР-001")).one()
        assert product.price == 8990
        catalog.update_product(session, product, ProductValues(price=9500), dmitry, "прайс")


@pytest.mark.usefixtures("changed")
def test_the_trace_in_words_by_person_and_by_kind(stage: Stage) -> None:
    dmitry = stage.dmitry
    dmitry.command("/audit")
    text = acts.plain(acts.sees(dmitry, "Кто что изменил").text)
    assert f"Дмитрий изменил(а) товар «{BUCKWHEAT}»\n• цена: 89,90 ₽ → 95,00 ₽" in text
    assert "Анна изменил(а) клиента «ООО «Ромашка»»\n• телефон: +74951204501 → +74950000002" in text
    assert text.index("Гречка") < text.index("Ромашка")
    acts.press(dmitry, "👤 все", "Чьи изменения?")
    acts.press(dmitry, "↩️ Назад", "Кто что изменил")
    acts.press(dmitry, "👤 все", "Чьи изменения?")
    text = acts.press(dmitry, "Анна", "Ромашка").text
    assert "Гречка" not in text
    acts.press(dmitry, "🏷️ Всё", "Изменения чего?")
    assert {"Заказы", "Документы"} <= set(dmitry.screen.labels)
    acts.press(dmitry, "↩️ Назад", "Кто что изменил")
    acts.press(dmitry, "🏷️ Всё", "Изменения чего?")
    acts.press(dmitry, "Товары", "Таких изменений нет.")
    acts.press(dmitry, "👤 Анна", "Чьи изменения?")
    text = acts.press(dmitry, "Все", "Гречка").text
    assert "Ромашка" not in text


@pytest.mark.usefixtures("changed")
def test_a_person_s_card_leads_to_what_they_changed(stage: Stage) -> None:
    dmitry = stage.dmitry
    acts.press(dmitry, "👤 Сотрудники", "Сотрудники")
    acts.press(dmitry, "📜 Кто что изменил", "Гречка")
    acts.opens(dmitry)
    acts.press(dmitry, "👤 Сотрудники", "Сотрудники")
    acts.press(dmitry, "Анна", "Роль: торговый представитель")
    text = acts.press(dmitry, "📜 Что изменял", "Ромашка").text
    assert "Гречка" not in text


@pytest.mark.usefixtures("changed")
def test_the_cards_of_a_customer_and_a_product_lead_to_their_changes_and_back(stage: Stage) -> None:
    dmitry = stage.dmitry
    acts.press(dmitry, "👥 Клиенты", "Клиенты")
    acts.press(dmitry, "ООО «Ромашка»", "ИНН: 7731004518")
    text = acts.press(dmitry, "📜 Изменения", "Анна изменил(а) клиента").text
    assert "Гречка" not in text
    acts.press(dmitry, "↩️ Назад", "ИНН: 7731004518")
    acts.comes_to(dmitry, "/start", "Что делаем?")
    acts.press(dmitry, "📦 Каталог", "Каталог")
    acts.say(dmitry, "увелка", "Товары по запросу")
    acts.press(dmitry, BUCKWHEAT, "КР-001")
    acts.press(dmitry, "✏️ Изменить", "категория: Бакалея / Крупы")
    text = acts.press(dmitry, "📜 Изменения", "Дмитрий изменил(а) товар").text
    assert "Ромашка" not in text
    acts.press(dmitry, "↩️ Назад", "категория: Бакалея / Крупы")


def test_an_order_s_card_leads_to_its_changes(stage: Stage) -> None:
    dmitry = stage.dmitry
    acts.all_open(stage)
    numbers = [acts.places_order(stage, stage.anna)]
    acts.opens(stage.anna)
    numbers.append(acts.places_order(stage, stage.anna, "ООО «Продукты у дома»"))
    acts.press(dmitry, "📋 Заказы", "Все заказы.")
    acts.press(dmitry, "📥 №1", "Заказ №1")
    acts.press(dmitry, "⛔ Отменить", "Почему отменяется заказ №1?")
    acts.say(dmitry, "передумали", "⛔ Отменён")
    text = acts.press(dmitry, "📜 Изменения", "Дмитрий отменил(а) заказ №1").text
    assert "• причина: передумали" in text
    acts.press(dmitry, "↩️ Назад", "Заказ №1")
    assert numbers == [1, 2]


def test_pages_stay_what_they_were_when_more_is_changed_and_after_a_restart(stage: Stage) -> None:
    dmitry = stage.dmitry
    acts.all_open(stage)
    _are_changed(stage, range(1, 20))
    dmitry.command("/audit")
    acts.sees(dmitry, "было 19 → стало 19")
    acts.press(dmitry, "Вперёд", "было 11 → стало 11")
    _are_changed(stage, range(20, 23))
    with restarted(stage):
        acts.press(dmitry, "Вперёд", "было 3 → стало 3")
        assert "было 4 " not in dmitry.screen.text
        acts.press(dmitry, "⬅️", "было 11 → стало 11")
        assert "было 12 " not in dmitry.screen.text


@pytest.mark.usefixtures("changed")
def test_the_file_has_a_row_for_each_field(stage: Stage) -> None:
    dmitry = stage.dmitry
    _are_changed(stage, [7], field="=name")
    dmitry.command("/audit")
    acts.sees(dmitry, "=name: было 7 → стало 7")
    dmitry.press("📊 Файл XLSX").wait_answered()
    document = dmitry.wait_document(".xlsx").document
    assert document is not None
    sheet = openpyxl.load_workbook(io.BytesIO(document.data)).active
    assert sheet is not None
    rows = [tuple(acts.plain(str(cell.value)) for cell in row[1:]) for row in sheet.rows]
    assert rows[0] == ("Кто", "Что сделано", "Поле", "Было", "Стало")
    assert rows[1][2:] == ("=name", "было 7", "стало 7")
    price = ("Дмитрий", f"Дмитрий изменил(а) товар «{BUCKWHEAT}»", "цена", "89,90 ₽", "95,00 ₽")
    assert price in rows
    assert all(cell.data_type != "f" for row in sheet.rows for cell in row)


def test_the_trace_in_english(stage: Stage) -> None:
    acts.speaks_english(stage.dmitry)
    _are_changed(stage, [1], field="phone")
    stage.dmitry.command("/audit")
    text = acts.sees(stage.dmitry, "Who changed what").text
    assert "changed the company's settings\n• phone: было 1 → стало 1" in text


def _are_changed(stage: Stage, numbers: range | list[int], field: str = "address") -> None:
    """Entries of Дмитрий's about the company: only the list is looked at."""
    with stage.app.database.unit_of_work() as session:
        dmitry = auth.find_user(session, stage.dmitry.id)
        for number in numbers:
            before, after = {field: f"было {number}"}, {field: f"стало {number}"}
            audit.record(session, dmitry, "update", "company", 1, before, after)
            session.flush()
