"""Receipts by file: sent to «📦 Остатки», read by a worker, reported on, applied whole or not at all."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager

import openpyxl
import pytest
from sqlalchemy import select

from bot import build
from models import Product, StockMovement, Upload
from services import ledger
from tests.flows import acts
from tests.flows.stage import UNLIMITED, Stage

BUCKWHEAT = "Гречка ядрица «Увелка», 900 г"
RICE = "Рис круглозёрный, 900 г"


def test_a_file_brings_in_goods_after_a_report_and_once(stage: Stage) -> None:
    acts.opens_stock(stage)
    data = "Артикул;Количество;Причина\nКР-001;2 кор;накл. 5\nКР-002;10;\n".encode("cp1251")
    stage.boris.send_document("приход.csv", data)
    text = acts.sees(stage.boris, "➕ Приход: 2 позиции").text
    assert f"• КР-001 {BUCKWHEAT}: +24\u00a0шт" in text
    assert f"• КР-002 {RICE}: +10\u00a0шт" in text
    assert acts.stock_levels(stage, "КР-001") == (1_440_000, 0)
    screen = stage.boris.screen
    for press in [stage.boris.press("✅ Применить", message=screen) for _ in range(2)]:
        press.wait_answered()
    acts.sees(stage.boris, "✅ Записано: «приход.csv».")
    assert (acts.stock_levels(stage, "КР-001"), acts.stock_levels(stage, "КР-002")) == (
        (1_464_000, 0),
        (970_000, 0),
    )
    with stage.app.database.reading() as session:
        movements = session.scalars(select(StockMovement).order_by(StockMovement.id.desc()).limit(2)).all()
        assert [(line.reason, line.user_id is not None) for line in movements] == [
            ("приход.csv", True),
            ("накл. 5", True),
        ]
        assert ledger.find_discrepancies(session) == []
        assert [upload.content for upload in session.scalars(select(Upload))] == [None]


def test_the_same_file_again_is_pointed_out(stage: Stage) -> None:
    acts.opens_stock(stage)
    data = "sku,quantity\nКР-001,1\n".encode()
    stage.boris.send_document("one.csv", data)
    acts.press(stage.boris, "✅ Применить", "✅ Записано: «one.csv».")
    stage.boris.send_document("two.csv", data)
    acts.sees(stage.boris, "Точно такой же файл уже записан: Борис")
    acts.offers(stage.boris, "✅ Применить")


def test_a_file_with_mistakes_names_each_row_and_writes_nothing_until_it_is_corrected(stage: Stage) -> None:
    acts.opens_stock(stage)
    rows = [("Артикул", "Количество"), ("КР-001", "2,5 шт"), ("НЕТ-1", 5), ("КР-002", None), ("КР-003", 4)]
    stage.boris.send_document("приход.xlsx", _workbook([*rows, ("КР-003", 1)]))
    text = acts.plain(acts.sees(stage.boris, "4 ошибки").text)
    assert "Строка 2, «Количество»: " in text
    assert "целыми" in text
    assert "Строка 3, «Артикул»: Товара с артикулом «НЕТ-1» нет." in text
    assert "Строка 4, «Количество»: Ячейка не должна быть пустой." in text
    assert "Строка 6, «Артикул»: «КР-003» уже есть в строке 5." in text
    assert "✅ Применить" not in stage.boris.screen.labels
    stage.boris.send_document("приход 2.xlsx", _workbook([rows[0], ("КР-001", "2 кор")]))
    acts.sees(stage.boris, "➕ Приход: 1 позиция")
    assert acts.stock_levels(stage, "КР-001") == (1_440_000, 0)


@pytest.mark.parametrize(
    ("name", "data", "answer"),
    [
        ("договор.pdf", b"%PDF-1.7", "Это не CSV и не XLSX."),
        ("старый.xls", b"\xd0\xcf\x11\xe0", "Это файл старого Excel."),
        ("большой.csv", b"x" * (10 * 1024 * 1024 + 1), "Файл слишком большой: можно до 10 МБ."),
        ("не то.csv", b"a;b\n1;2\n", "В первой строке должны быть названия колонок: Артикул, Количество"),
        ("без.csv", "Артикул;Цена\nКР-001;2\n".encode(), "Не хватает колонок: Количество."),
        ("битый.xlsx", b"PK\x03\x04 not a workbook", "Файл Excel повреждён"),
        ("пустой.csv", b" ", "Файл пустой."),
    ],
)
def test_what_is_no_such_file_is_said(stage: Stage, name: str, data: bytes, answer: str) -> None:
    acts.opens_stock(stage)
    stage.boris.send_document(name, data)
    acts.sees(stage.boris, answer)
    assert "✅ Применить" not in stage.boris.screen.labels


def test_a_product_changed_meanwhile_stops_the_file_and_shows_it_anew(stage: Stage) -> None:
    acts.opens_stock(stage)
    stage.boris.send_document("приход.csv", "Артикул;Количество\nКР-001;2 кор\n".encode())
    acts.sees(stage.boris, "+24 шт")
    with stage.app.database.unit_of_work() as session:
        product = session.scalars(select(Product).where(Product.sku == "КР-001")).one()
        next(unit for unit in product.packages if unit.code == "кор").factor = 10_000
        product.version += 1
    acts.press(stage.boris, "✅ Применить", "Пока вы смотрели, данные изменились.")
    acts.sees(stage.boris, "+20 шт")
    assert acts.stock_levels(stage, "КР-001") == (1_440_000, 0)
    acts.press(stage.boris, "✅ Применить", "✅ Записано")
    assert acts.stock_levels(stage, "КР-001") == (1_460_000, 0)


@pytest.mark.parametrize("method", ["getFile", "file"])
def test_a_file_telegram_does_not_hand_over_may_be_sent_again(stage: Stage, method: str) -> None:
    acts.opens_stock(stage)
    with stage.api.faults.server_error(status=502, method=method):
        stage.boris.send_document("приход.csv", "Артикул;Количество\nКР-001;1\n".encode())
        acts.sees(stage.boris, "Telegram не отдал файл. Пришлите его ещё раз.")
    stage.boris.send_document("приход.csv", "Артикул;Количество\nКР-001;1\n".encode())
    acts.sees(stage.boris, "➕ Приход: 1 позиция")


def test_a_restart_forgets_neither_the_file_nor_its_report(stage: Stage) -> None:
    acts.opens_stock(stage)
    stage.app.supervisor.stop()
    stage.boris.send_document("приход.csv", "Артикул;Количество\nКР-001;2 кор\n".encode())
    with _restarted(stage):
        acts.sees(stage.boris, "➕ Приход: 1 позиция")
    with _restarted(stage):
        acts.press(stage.boris, "✅ Применить", "✅ Записано: «приход.csv».")
    assert acts.stock_levels(stage, "КР-001") == (1_464_000, 0)


def test_who_looks_elsewhere_meanwhile_is_told_in_a_message_of_its_own(stage: Stage) -> None:
    acts.opens_stock(stage)
    stage.boris.send_document("приход.csv", "Артикул;Количество\nКР-001;2 кор\n".encode())
    acts.sees(stage.boris, "➕ Приход: 1 позиция")
    stage.app.supervisor.stop()
    stage.boris.press("✅ Применить")
    stage.boris.send("/start")
    with _restarted(stage):
        said = stage.boris.wait_text("✅ Записано: «приход.csv».")
        acts.sees(stage.boris, "✅ Записано")
        stage.boris.press("📄 Отчёт", message=said)
        acts.sees(stage.boris, "➕ Приход: 1 позиция")
    assert acts.stock_levels(stage, "КР-001") == (1_464_000, 0)


def test_another_s_file_is_not_found(stage: Stage) -> None:
    acts.opens_stock(stage)
    stage.boris.send_document("приход.csv", "Артикул;Количество\nКР-001;1\n".encode())
    acts.sees(stage.boris, "➕ Приход: 1 позиция")
    with stage.app.database.reading() as session:
        upload_id = session.scalars(select(Upload.id)).one()
    press = stage.petr.forge(f"ua:{upload_id}", message_id=stage.petr.screen.message_id).wait_answered()
    assert press.toast is not None
    assert press.toast.text == "Не найдено."
    assert acts.stock_levels(stage, "КР-001") == (1_440_000, 0)


@contextmanager
def _restarted(stage: Stage) -> Iterator[None]:
    """The bot once more on the same database, in place of the one that was stopped."""
    app = build(stage.settings, limits=UNLIMITED, long_poll_seconds=5)
    app.supervisor.start()
    try:
        yield
    finally:
        app.supervisor.stop()
        app.close()


def _workbook(rows: list[tuple[object, ...]]) -> bytes:
    book = openpyxl.Workbook()
    assert book.active is not None
    for row in rows:
        book.active.append(list(row))
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()
