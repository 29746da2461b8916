"""Catalogue and customers by file: sent to the chat, reported row by row, applied whole or not at all."""

from __future__ import annotations

import io
import zipfile
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select, update

from models import AuditEntry, Customer, OutboxMessage, Product, StockMovement, Upload, User
from runtime import jobs, ticker
from services import drafts, ledger
from services.imports import tables
from services.quantities import Typed
from tests.flows import acts
from tests.flows.stage import Stage, restarted
from tests.services.imports.make import make_csv, make_xlsx

HEADER = ["Артикул", "Наименование", "Категория", "Ед.", "Цена"]
BUCKWHEAT = ["КР-001", "Гречка ядрица «Увелка», 900 г", "Бакалея / Крупы", "шт", "99,90"]


def test_a_price_list_is_shown_field_by_field_prices_first_and_applied_once(stage: Stage) -> None:
    dmitry = stage.dmitry
    _opens_catalogue(stage)
    rows = [
        [*HEADER, "НДС", "Описание"],
        ["КР-002", "Рис круглозёрный, 900 г", "Бакалея / Крупы", "шт", "94,50", "10", "Новое описание"],
        [*BUCKWHEAT, "22", ""],
        ["КР-003", "Рис пропаренный, 900 г", "Бакалея / Крупы", "шт", "119,00", "10", ""],
        ["НОВ-1", "=1+2", "Бакалея / Новое", "шт", "5", "", ""],
    ]
    dmitry.send_document("прайс.csv", make_csv(rows, encoding="cp1251"))
    text = acts.plain(acts.sees(dmitry, "➕ 1 новая · ✏️ 2 изменятся").text)
    assert "в том числе 1 цена · 1 без изменений" in text
    first, second, third = [line for line in text.split("\n") if line.startswith(("✏️", "➕"))][1:]
    assert first == ("✏️ КР-001 Гречка ядрица «Увелка», 900 г: цена 89,90 ₽ → 99,90 ₽; НДС 10% → 22%")
    assert second.startswith("✏️ КР-002 Рис круглозёрный, 900 г: описание Первый сорт")
    assert third == "➕ НОВ-1 =1+2: 5,00 ₽ за 1 шт, НДС 22%, остаток 0 шт"
    assert "📂 1 новая категория: Бакалея / Новое" in text
    assert _price(stage, "КР-001") == 8990
    screen = dmitry.screen
    for press in [dmitry.press("✅ Применить", message=screen) for _ in range(2)]:
        press.wait_answered()
    acts.sees(dmitry, "✅ Записано: «прайс.csv».")
    assert (_price(stage, "КР-001"), _price(stage, "НОВ-1")) == (9990, 500)
    with stage.app.database.reading() as session:
        updates = select(AuditEntry).where(AuditEntry.action == "update", AuditEntry.subject == "product")
        traces = session.scalars(updates.order_by(AuditEntry.id))
        assert [entry.after for entry in traces] == [
            {"description": "Новое описание"},
            {"price": 9990, "vat_kind": "standard"},
        ]
        assert ledger.find_discrepancies(session) == []


def test_every_bad_row_is_named_and_nothing_is_written(stage: Stage) -> None:
    dmitry = stage.dmitry
    _opens_catalogue(stage)
    rows: list[list[object]] = [
        [*HEADER, "НДС", "Упаковки", "Активен"],
        ["X-1", "Мёд", "Б", "шт", "дорого", "", "", ""],
        ["X-2", "Мёд", "Б", "шт", -5, "", "", ""],
        ["X-3", "Мёд", "Б", "шт", 5, "18", "", ""],
        ["X-4", "Мёд", "Б", "шт", 5, "", "кор", ""],
        ["X-5", "Мёд", "Б", "шт", 5, "", "", "может быть"],
        ["X-6", "", "Б", "шт", 5, "", "", ""],
        ["КР-001", "Гречка", "Б", "кг", 5, "", "", ""],
        ["X-8", "Мёд", "Б", "шт", 5, "", "", ""],
        ["X-8", "Мёд", "Б", "шт", 6, "", "", ""],
    ]
    dmitry.send_document("прайс.xlsx", make_xlsx(rows))
    text = acts.plain(acts.sees(dmitry, "8 ошибок").text)
    for line in (
        "Строка 2, «Цена»: Это не число. Например: 1234,50.",
        "Строка 3, «Цена»: Здесь не может быть меньше нуля.",
        "Строка 4, «НДС»: Такой ставки НДС сейчас нет. Есть: ",
        "Строка 5, «Упаковки»: Упаковки пишутся так: кор=12, пал=480.",
        "Строка 6, «Активен»: Здесь нужно «да» или «нет».",
        "Строка 7, «Наименование»: Ячейка не должна быть пустой.",
        "Строка 8, «Ед.»: Единицу уже не изменить: у товара шт, а здесь кг.",
        "Строка 10, «Артикул»: «X-8» уже есть в строке 9.",
    ):
        assert line in text
    assert "✅ Применить" not in dmitry.screen.labels
    assert _count(stage, "X-%") == 0


def test_everything_wrong_with_a_row_is_named_at_once(stage: Stage) -> None:
    dmitry = stage.dmitry
    _opens_catalogue(stage)
    rows = [
        [*HEADER, "НДС", "Остаток"],
        ["КР-001", "Гречка", "Бакалея / Крупы", "кг", "99", "33", "много"],
        ["X-1", "Мёд", "Новая / Подкат", "шт", "5", "10", "7,5"],
    ]
    dmitry.send_document("прайс.csv", make_csv(rows))
    text = acts.sees(dmitry, "3 ошибки").text
    for line in (
        "Строка 2, «Остаток»: Это не число.",
        "Строка 2, «НДС»: Такой ставки НДС сейчас нет.",
        "Строка 2, «Ед.»: Единицу уже не изменить: у товара шт, а здесь кг.",
    ):
        assert line in text
    dmitry.send_document("прайс 2.csv", make_csv([rows[0], rows[2]]))
    text = acts.plain(acts.sees(dmitry, "📂 1 новая категория: Новая / Подкат").text)
    assert "➕ X-1 Мёд: 5,00 ₽ за 1 шт, НДС 10%, остаток 7,5 шт" in text
    acts.opens(dmitry)
    acts.press(dmitry, "👥 Клиенты", "Клиенты. Для поиска")
    firms = [
        ["Клиент", "Адрес", "Широта", "Долгота", "Представитель"],
        ["Лютик", "Тверская, 7", "95", "200", "Никто"],
        ["Астра", "Тверская, 9", "0", "0", ""],
    ]
    dmitry.send_document("клиенты.csv", make_csv(firms))
    text = acts.sees(dmitry, "4 ошибки").text
    for line in (
        "Строка 2, «Широта»: Широта бывает от −90 до 90.",
        "Строка 2, «Долгота»: Долгота бывает от −180 до 180.",
        "Строка 2, «Представитель»: Нет такого представителя: «Никто».",
        "Строка 3, «Широта»: 0 и 0 — это не точка доставки",
    ):
        assert line in text


def test_a_sku_means_the_product_that_differs_only_by_case(stage: Stage) -> None:
    dmitry = stage.dmitry
    _opens_catalogue(stage)
    new = ["Мёд", "Бакалея / Крупы", "шт", "5"]
    dmitry.send_document("прайс.csv", make_csv([HEADER, ["N2", *new], ["n2", *new]]))
    acts.sees(dmitry, "Строка 3, «Артикул»: «n2» уже есть в строке 2.")
    dmitry.send_document("прайс 2.csv", make_csv([HEADER, ["кр-001", *BUCKWHEAT[1:]]]))
    acts.sees(dmitry, "➕ 0 новых · ✏️ 1 изменится")
    acts.press(dmitry, "✅ Применить", "✅ Записано: «прайс 2.csv».")
    assert _price(stage, "КР-001") == 9990


def test_a_base_that_changed_meanwhile_is_shown_anew(stage: Stage) -> None:
    _opens_catalogue(stage)
    stage.dmitry.send_document("прайс.csv", make_csv([HEADER, BUCKWHEAT]))
    acts.sees(stage.dmitry, "цена 89,90")
    with stage.app.database.unit_of_work() as session:
        session.execute(update(Product).where(Product.sku == "КР-001").values(price=5000))
    acts.press(stage.dmitry, "✅ Применить", "Пока вы смотрели, данные изменились.")
    acts.sees(stage.dmitry, "цена 50,00")
    assert _price(stage, "КР-001") == 5000
    acts.press(stage.dmitry, "✅ Применить", "✅ Записано")
    assert _price(stage, "КР-001") == 9990


def _bomb() -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b" " * (101 * 1024 * 1024))
    return data.getvalue()


@pytest.mark.parametrize(
    ("name", "data", "answer"),
    [
        ("договор.pdf", b"%PDF-1.7", "Это не CSV и не XLSX."),
        (
            "фото.xlsx",
            b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR",
            "Это не CSV и не XLSX.",
        ),
        ("отчёт.xlsx", b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj", "Это не CSV и не XLSX."),
        ("архив.xlsx", b"PK\x03\x04 not a workbook", "Файл Excel повреждён"),
        ("бомба.xlsx", _bomb(), "в распакованном виде можно до 100 МБ"),
        ("пароль.xlsx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1rest", "Это файл старого Excel."),
        ("без цены.csv", make_csv([HEADER[:-1], BUCKWHEAT[:-1]]), "Не хватает колонок: Цена."),
        ("пусто.csv", make_csv([HEADER]), "ни одной строки"),
    ],
)
def test_files_that_are_something_else_say_so(stage: Stage, name: str, data: bytes, answer: str) -> None:
    _opens_catalogue(stage)
    stage.dmitry.send_document(name, data)
    stage.dmitry.wait_text(answer)
    assert _count(stage, "%") == 53


def test_too_many_rows_are_refused_with_the_limit(stage: Stage) -> None:
    _opens_catalogue(stage)
    rows = [HEADER, *([f"A-{number}", "x", "y", "шт", "1"] for number in range(tables.MAX_ROWS + 1))]
    stage.dmitry.send_document("всё.csv", make_csv(rows))
    stage.dmitry.wait_text("В файле слишком много строк: можно до 20\u00a0000.", timeout=60)
    assert _count(stage, "%") == 53


def test_ten_thousand_rows_show_how_far_they_are_and_are_written_whole(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "PROGRESS_SECONDS", 0.0)
    _opens_catalogue(stage)
    rows = [
        [*HEADER, "Остаток", "Упаковки"],
        *(
            [f"Т-{number:05}", f"Товар {number}", "Много", "шт", "1,50", "7", "кор=12"]
            for number in range(10_000)
        ),
    ]
    stage.dmitry.send_document("много.csv", make_csv(rows))
    stage.dmitry.wait_text("➕ 10\u00a0000 новых", timeout=60)
    with stage.app.database.reading() as session:
        said = [row.payload.get("text", "") for row in session.scalars(select(OutboxMessage))]
    assert any("прочитано 5\u00a0000 строк" in text for text in said)
    stage.dmitry.press("✅ Применить")
    stage.dmitry.wait_text("✅ Записано: «много.csv».", timeout=60)
    with stage.app.database.reading() as session:
        said = [row.payload.get("text", "") for row in session.scalars(select(OutboxMessage))]
        assert any(text.startswith("⏳ Записываю") for text in said)
        assert not any("Записываю" in text and "прочитано" in text for text in said)
        received = select(func.count(), func.sum(StockMovement.on_hand_change)).where(
            StockMovement.reason == "много.csv"
        )
        assert session.execute(received).one() == (10_000, 70_000_000)
        assert session.scalar(select(func.count()).where(Product.sku.like("Т-%"))) == 10_000


def test_customers_come_by_file_from_the_import_screen(stage: Stage) -> None:
    dmitry = stage.dmitry
    acts.opens(dmitry)
    acts.press(dmitry, "👥 Клиенты", "Клиенты. Для поиска")
    acts.press(dmitry, "📥 Импорт", "Обязательны: Клиент.")
    header = ["Клиент", "ИНН", "E-mail", "Телефон", "Представитель"]
    rows = [
        header,
        ["ООО «Ромашка»", "7731004518", "", "", "Клара"],
        ["ООО «Лютик»", "7736050003", "a@b.example", "8 495 123-45-67", "Анна"],
        ["ООО «Ошибка»", "7736050004", "a@", "12", "Никто"],
    ]
    dmitry.send_document("клиенты.csv", make_csv(rows))
    text = acts.sees(dmitry, "4 ошибки").text
    for piece in (
        "Строка 4, «ИНН»: ",
        "Строка 4, «E-mail»: Это не e-mail.",
        "Строка 4, «Телефон»: ",
        "Строка 4, «Представитель»: ",
    ):
        assert piece in text
    dmitry.send_document("клиенты 2.csv", make_csv([*rows[:3], ["Некто", "", "", "", "Никто"]]))
    acts.sees(dmitry, "Строка 4, «Представитель»: Нет такого представителя: «Никто».")
    dmitry.send_document("клиенты 3.csv", make_csv(rows[:3]))
    text = acts.sees(dmitry, "➕ 1 новая · ✏️ 1 изменится").text
    assert "✏️ ООО «Ромашка»: торговый представитель Анна → Клара" in text
    assert "➕ ООО «Лютик», 7736050003, Анна" in text
    acts.press(dmitry, "✅ Применить", "✅ Записано: «клиенты 3.csv».")
    acts.say(dmitry, "лютик", "по запросу «лютик»")
    acts.press(dmitry, "ООО «Лютик» · Анна", "телефон: +74951234567")


def test_what_stops_half_way_is_not_written_at_all(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both reps' drafts for one customer are too long to become one, which shows while it is written."""
    dmitry = stage.dmitry
    with stage.app.database.unit_of_work() as session:
        reps = {user.name: user for user in session.scalars(select(User)).unique()}
        customer = session.scalars(select(Customer).where(Customer.name == "ООО «Ромашка»")).one()
        phone = customer.phone
        goods = session.scalars(select(Product).order_by(Product.id).limit(2)).all()
        for rep, product in zip((reps["Клара"], reps["Анна"]), goods, strict=True):
            customer.sales_rep_id = rep.id
            session.flush()
            draft = drafts.open_for(session, customer.id, rep)
            drafts.put_wanted(session, draft, product, Typed((1000, product.unit, 1000)))
    monkeypatch.setattr(drafts, "MAX_LINES", 1)
    acts.opens(dmitry)
    acts.press(dmitry, "👥 Клиенты", "Клиенты. Для поиска")
    acts.press(dmitry, "📥 Импорт", "Обязательны: Клиент.")
    rows = [["Клиент", "Телефон", "Представитель"], ["ООО «Ромашка»", "8 495 123-45-67", "Клара"], ["Новый"]]
    dmitry.send_document("клиенты.csv", make_csv([rows[0], rows[1], [*rows[2], "", ""]]))
    acts.sees(dmitry, "➕ 1 новая · ✏️ 1 изменится")
    acts.press(dmitry, "✅ Применить", "В заказе не больше 1")
    with stage.app.database.reading() as session:
        kept = session.scalars(select(Customer).where(Customer.name == "ООО «Ромашка»")).one()
        assert (kept.sales_rep_id, kept.phone) == (reps["Анна"].id, phone)
        assert session.scalar(select(Customer.id).where(Customer.name == "Новый")) is None
        assert session.scalar(select(Upload.applied_at)) is None
        traces = select(AuditEntry.id).where(AuditEntry.subject.in_(("customer", "order")))
        assert session.scalars(traces).all() == []


def test_a_restart_between_report_and_apply_loses_nothing(stage: Stage) -> None:
    _opens_catalogue(stage)
    stage.dmitry.send_document("прайс.csv", make_csv([HEADER, BUCKWHEAT]))
    acts.sees(stage.dmitry, "цена 89,90")
    with restarted(stage):
        acts.press(stage.dmitry, "✅ Применить", "✅ Записано: «прайс.csv».")
    assert _price(stage, "КР-001") == 9990


def test_a_file_left_for_days_has_to_be_sent_again(stage: Stage) -> None:
    dmitry = stage.dmitry
    _opens_catalogue(stage)
    dmitry.send_document("прайс.csv", make_csv([HEADER, BUCKWHEAT]))
    acts.sees(dmitry, "✏️ 1 изменится")
    with stage.app.database.unit_of_work(datetime.now(UTC) + timedelta(days=3)) as session:
        ticker.sweep(session)
    toast = dmitry.press("✅ Применить").wait_answered().toast
    assert toast is not None
    assert toast.text == "Этот файл больше не хранится. Отправьте его ещё раз."
    assert _price(stage, "КР-001") == 8990
    acts.sees(dmitry, "Что делаем?")
    acts.press(dmitry, "📦 Каталог", "Выберите или введите")
    dmitry.send_document("прайс.csv", make_csv([HEADER, BUCKWHEAT]))
    acts.press(dmitry, "✅ Применить", "✅ Записано")
    assert _price(stage, "КР-001") == 9990


def test_another_administrator_s_file_is_not_found(stage: Stage) -> None:
    _opens_catalogue(stage)
    stage.dmitry.send_document("прайс.csv", make_csv([HEADER, BUCKWHEAT]))
    acts.sees(stage.dmitry, "цена 89,90")
    acts.opens(stage.anna)
    with stage.app.database.reading() as session:
        upload_id = session.scalars(select(Upload.id)).one()
    press = stage.anna.forge(f"ua:{upload_id}", message_id=stage.anna.screen.message_id).wait_answered()
    assert press.toast is not None
    assert press.toast.text == "Не найдено."
    assert _price(stage, "КР-001") == 8990


def _opens_catalogue(stage: Stage) -> None:
    acts.opens(stage.dmitry)
    acts.press(stage.dmitry, "📦 Каталог", "Выберите или введите")


def _price(stage: Stage, sku: str) -> int:
    with stage.app.database.reading() as session:
        return session.scalars(select(Product.price).where(Product.sku == sku)).one()


def _count(stage: Stage, sku: str) -> int:
    with stage.app.database.reading() as session:
        return session.scalar(select(func.count()).where(Product.sku.like(sku))) or 0
