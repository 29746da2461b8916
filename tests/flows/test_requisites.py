"""«🏢 Компания»: bank details that do not fit are asked about first, and what was kept is said."""

from __future__ import annotations

from models import Company
from tests.flows import acts
from tests.flows.stage import Stage

# Of the demo's company, whose keys fit; and another bank's, whose do.
OLD_BANK = ("044525225", "40702810038000004512", "30101810400000000225")
NEW_BANK = ("044525187", "40702810100000000009", "30101810700000000187")


def test_bank_details_that_do_not_fit_are_asked_about_and_the_old_ones_stay(stage: Stage) -> None:
    dmitry = stage.dmitry
    acts.opens(dmitry)
    # From the menu, and where one looks for settings.
    acts.offers(dmitry, "🏢 Компания")
    acts.press(dmitry, "⚙️ Настройки", "Язык:")
    acts.press(dmitry, "🏢 Компания", "БИК: 044525225")
    acts.press(dmitry, "БИК", "Пример: 044525225")
    dmitry.send_sticker()
    acts.sees(dmitry, "Здесь нужен текст: введите его или нажмите кнопку.")
    acts.say(dmitry, "044525999", "Ключ счёта не сходится с БИК.")
    acts.sees(dmitry, "Сохранить всё равно?")
    assert _bank(stage) == OLD_BANK
    acts.press(dmitry, "↩️ Назад", "БИК: 044525225")
    acts.press(dmitry, "р/с", "Пример: ")
    acts.say(dmitry, "40702810038000004513", "р/с: 40702810038000004513 вместо 40702810038000004512")
    assert _bank(stage) == OLD_BANK
    acts.say(dmitry, "4070281003800000451", "В номере счёта 20 цифр, а здесь 19.")
    assert _bank(stage) == OLD_BANK
    acts.say(dmitry, "40702810038000004512", "✅ Сохранено: р/с")
    acts.press(dmitry, "телефон", "Пример: ")
    acts.say(dmitry, "+7 495 111-22-33", "✅ Сохранено: телефон")


def test_another_bank_is_entered_field_by_field_and_invoices_wait_meanwhile(stage: Stage) -> None:
    dmitry, (bik, account, correspondent) = stage.dmitry, NEW_BANK
    acts.opens(dmitry)
    acts.press(dmitry, "🏢 Компания", "БИК: 044525225")
    acts.press(dmitry, "БИК", "Пример: ")
    acts.say(dmitry, bik, "Ключ счёта не сходится с БИК.")
    acts.press(dmitry, "✅ Да, сохранить", "✅ Сохранено: БИК")
    acts.sees(dmitry, "Без этого счёт не выставить: р/с")
    acts.offers(dmitry, "⚠️ Реквизиты банка верны")
    acts.press(dmitry, "р/с", "Пример: ")
    # It fits the new БИК: nothing is left to ask, though the correspondent account is still the old bank's.
    acts.say(dmitry, account, "✅ Сохранено: р/с")
    acts.press(dmitry, "к/с", "Пример: ")
    acts.say(dmitry, correspondent, "✅ Сохранено: к/с")
    assert "⚠️" not in dmitry.screen.text
    assert _bank(stage) == NEW_BANK


def _bank(stage: Stage) -> tuple[str | None, str | None, str | None]:
    with stage.app.database.reading() as session:
        firm = session.get_one(Company, 1)
        return firm.bik, firm.account, firm.correspondent_account
