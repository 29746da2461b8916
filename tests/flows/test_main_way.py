"""The whole way, pressed by label: code, order, load, invoice in the client's mailbox."""

import math
import re
import subprocess
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from demo.mailbox import Letter
from tests.flows import acts
from tests.flows.stage import Stage

MOSCOW = ZoneInfo("Europe/Moscow")
WAREHOUSE = (55.8887, 37.5519)
TVERSKAYA_7 = (55.75867, 37.61060)


@pytest.mark.both_engines
def test_an_order_goes_from_the_access_code_to_the_invoice_in_the_mailbox(
    stage: Stage, tmp_path: Path
) -> None:
    olga, boris, petr, dmitry = stage.stranger, stage.boris, stage.petr, stage.dmitry
    for person in (boris, petr, dmitry):
        acts.opens(person)

    # A stranger becomes a sales rep by the code.
    olga.start()
    acts.sees(olga, "Введите код доступа, который выдал администратор.")
    acts.say(olga, stage.code, "Роль: торговый представитель")

    # A customer of her own, then goods in three kinds of units.
    acts.press(olga, "🛒 Новый заказ", "Для кого заказ?")
    acts.press(olga, "➕ Новый клиент", "Название нового клиента")
    acts.say(olga, "ООО «Лавка <b>№ 1</b>»", "E-mail для счетов клиента")
    acts.say(olga, "buh@lavka1.example", "ИНН клиента")
    acts.say(olga, "7707083893", "КПП клиента")
    acts.say(olga, "773601001", "Телефон клиента")
    acts.press(olga, "Пропустить", "Каталог")
    acts.chooses_goods(olga, ("Бакалея", "Крупы"), "Гречка ядрица", "5 кор")
    acts.press(olga, "↩️ Назад", "\nБакалея\n")
    acts.chooses_goods(olga, ("Мука",), "Мука пшеничная в/с, мешок 50 кг", "2,5 кг")
    acts.press(olga, "🛒 Корзина", "Товары: 5 486,00 ₽")

    # Typed address, looked up by a worker, confirmed with the fee by its parts.
    acts.press(olga, "Дальше", "Куда везти?")
    text = acts.plain(acts.say(olga, "тверская 7", "© OpenStreetMap").text)
    kilometres = math.floor(_haversine_km(WAREHOUSE, TVERSKAYA_7) * 10 + 0.5) / 10
    assert abs(_shown_kilometres(text) - kilometres) <= 0.1
    fee = round(_shown_kilometres(text) * 1000)
    assert f"км × 10,00 ₽ = {fee // 100},{fee % 100:02d} ₽" in text
    acts.press(olga, "✅ Верно", "День доставки")
    window = acts.chooses_first_day(olga)
    acts.say(olga, "Позвонить за час", "Позвонить за час")
    total = 5486_00 + fee
    assert f"Итого: {_money(total)} ₽" in acts.plain(olga.screen.text)
    assert window in olga.screen.text
    acts.press(olga, "✅ Отправить на склад", "Заказ №1 отправлен на склад")

    # Both storekeepers get it whole; Boris takes it, Pyotr's card says so.
    for keeper in (boris, petr):
        shown = acts.plain(acts.card(keeper, 1).text)
        for piece in ("5 кор (60 шт)", "2,5 кг", "Тверская", window, "Позвонить за час", "<b>№ 1</b>"):
            assert piece in shown
    acts.on_card(boris, 1, "🙋 Взять в работу", "взял Борис")
    assert not acts.card(petr, 1, "взял Борис").buttons
    olga.wait_text("взял в работу Борис")
    asked = acts.on_card(boris, 1, "✅ Подтвердить загрузку", "всё загружено?")
    assert f"Сумма счёта: {_money(total)} ₽" in acts.plain(asked.text)
    assert "buh@lavka1.example" in asked.text
    acts.on_card(boris, 1, "✅ Да, загружено", "Загружен")
    olga.wait_text("загружен: Борис")
    olga.wait_text("счёт отправлен на buh@lavka1.example")

    letter = stage.mailbox.wait_letters(1)[0]
    assert letter.recipients == ("buh@lavka1.example",)
    _check_invoice(letter, tmp_path, fee)

    # The rep gets the very same file in Telegram.
    acts.press(olga, "📋 Открыть заказ", "отправлено")
    olga.press("📄 Счёт")
    sent = olga.wait_document(".pdf")
    assert sent.document is not None
    assert sent.document.data == letter.attachments["Счет_1.pdf"]
    olga.press("📄 Накладная")
    sent = olga.wait_document("Накладная_1.pdf")
    assert sent.document is not None
    assert sent.document.data == letter.attachments["Накладная_1.pdf"]
    _check_waybill(sent.document.data, tmp_path)


def _check_invoice(letter: Letter, folder: Path, fee: int) -> None:
    """Compare the PDF with sums worked out by hand.

    60 × 89,90 = 5 394,00, of it 10 % VAT 5394,00 × 10/110 = 490,36; 2,5 × 36,80 = 92,00, of it 8,36; delivery
    with 22 % VAT in it.
    """
    assert list(letter.attachments) == ["Счет_1.pdf", "Накладная_1.pdf"]
    text = _pdf_text(letter.attachments["Счет_1.pdf"], folder)
    today = datetime.now(MOSCOW).date()
    vat_delivery = (fee * 22 * 2 + 122) // (122 * 2)
    total = 5486_00 + fee
    assert re.search(r"Счёт на оплату № 1 от \d+ \w+ 20\d\d г\.", text)
    assert f"Счёт № 1 от {acts.short_day(today)} · стр. 1 из 1" in text
    assert "ООО «Лавка <b>№ 1</b>»" in text
    assert "ИНН 7707083893, КПП 773601001" in text
    assert re.search(r"Гречка ядрица «Увелка», 900 г +60 +шт +89,90 +10% +5 394,00", text)
    assert re.search(r"Мука пшеничная в/с, мешок 50 кг +2,5 +кг +36,80 +10% +92,00", text)
    assert re.search(rf"Доставка +1 +усл\. ед +{_money(fee)} +22% +{_money(fee)}", text)
    assert re.search(rf"НДС 22%: +{_money(vat_delivery)}\n", text)
    assert re.search(r"НДС 10%: +498,72\n", text)
    assert re.search(rf"Всего к оплате: +{_money(total)}\n", text)
    assert f"Всего наименований 3, на сумму {_money(total)} ₽" in text
    # 14,9 km to Tverskaya 7: 5 486,00 + 149,00
    assert total == 5635_00
    assert "Пять тысяч шестьсот тридцать пять рублей 00 копеек" in text


def _check_waybill(pdf: bytes, folder: Path) -> None:
    """Compare the PDF with sums worked out by hand: 5 394,00 − 490,36 and 92,00 − 8,36; no delivery."""
    text = _pdf_text(pdf, folder)
    assert re.search(r"Товарная накладная № 1 от \d+ \w+ 20\d\d г\.", text)
    assert re.search(
        r"Гречка ядрица «Увелка», 900 г +шт +796 +60 +81,73 +4 903,64 +10 +490,36 +5 394,00", text
    )
    assert re.search(r"Итого: +4 987,28 +498,72 +5 486,00", text)
    assert "Доставка (149,00 ₽) в накладную не входит" in text
    assert "Пять тысяч четыреста восемьдесят шесть рублей 00 копеек" in text


def _pdf_text(pdf: bytes, folder: Path) -> str:
    file = folder / "invoice.pdf"
    file.write_bytes(pdf)
    run = subprocess.run(["pdftotext", "-layout", str(file), "-"], capture_output=True, check=True)
    return acts.plain(run.stdout.decode())


def _money(kopecks: int) -> str:
    return f"{kopecks // 100:,}".replace(",", " ") + f",{kopecks % 100:02d}"


def _shown_kilometres(text: str) -> float:
    found = re.search(r"— (\d+),(\d) км —", text)
    assert found is not None, text
    return float(f"{found[1]}.{found[2]}")


def _haversine_km(a: tuple[float, float], b: tuple[float, float]) -> float:
    """The distance on a sphere, an opinion independent of geopy's; within 0.5 % of the ellipsoid's."""
    lat1, lon1, lat2, lon2 = map(math.radians, (*a, *b))
    h = math.sin((lat2 - lat1) / 2) ** 2
    h += math.cos(lat1) * math.cos(lat2) * math.sin((lon2 - lon1) / 2) ** 2
    return 2 * 6371.0088 * math.asin(math.sqrt(h))
