"""The company's settings from «⚙️ Настройки»: shown, previewed, kept with a trace, hidden from others."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from sqlalchemy import func, select

from demo.people import Person
from handlers import callbacks
from models import AuditEntry, Company, Holiday, Order, OrderStatus, Outlet, Tariff, User, VatKind
from services import company, settings_table
from tests.flows import acts
from tests.flows.stage import Stage

SECRET = ("sg", "se", "sv", "sx", "sy")


def test_a_new_rate_is_tried_on_a_sample_before_it_is_kept(stage: Stage) -> None:
    dmitry = stage.dmitry
    acts.opens_settings(dmitry, "🚚 Тариф доставки", "за км: 10,00 ₽")
    text = acts.plain(acts.press(dmitry, "за км", "за км, сейчас: 10,00 ₽").text)
    assert "14,2 км → 142,00 ₽" in text
    assert "Пример: 10,00" in text
    acts.say(dmitry, "15", "14,2 км → 213,00 ₽ вместо 142,00 ₽")
    assert _tariff(stage).rate_per_km == 1000
    acts.say(dmitry, "20,50", "14,2 км → 291,10 ₽ вместо 142,00 ₽")
    acts.press(dmitry, "✅ Сохранить", "✅ Сохранено: за км")
    acts.sees(dmitry, "за км: 20,50 ₽")
    assert _tariff(stage).rate_per_km == 2050
    assert _traces(stage, "tariff") == [({"rate_per_km": 1000}, {"rate_per_km": 2050})]


def test_minimum_free_from_and_road_factor_show_what_they_do(stage: Stage) -> None:
    dmitry = stage.dmitry
    acts.opens_settings(dmitry, "🚚 Тариф доставки", "за км: 10,00 ₽")
    _sets(dmitry, "не меньше", "300", "1,0 км → 300,00 ₽ вместо 10,00 ₽")
    _sets(dmitry, "бесплатно от", "20 000", "14,2 км → 0,00 ₽ при товарах на 20 000,00 ₽ вместо 300,00 ₽")
    _sets(dmitry, "коэффициент дороги", "1,35", "10,0 км по прямой → 13,5 км, 300,00 ₽ вместо 10,0 км")
    acts.press(dmitry, "не меньше", "не меньше, сейчас: 300,00 ₽")
    acts.press(dmitry, "нет", "1,0 км → 10,00 ₽ вместо 300,00 ₽")
    acts.press(dmitry, "✅ Сохранить", "✅ Сохранено: не меньше")
    tariff = _tariff(stage)
    assert (tariff.minimum_amount, tariff.free_from_amount, tariff.road_factor) == (None, 20_000_00, 1350)


def test_a_shorter_radius_says_first_how_many_points_it_shuts_out(stage: Stage) -> None:
    with stage.app.database.reading() as session:
        points = len(session.scalars(select(Outlet.id).where(Outlet.archived_at.is_(None))).all())
    dmitry = stage.dmitry
    acts.opens_settings(dmitry, "🚚 Тариф доставки", "не дальше: 500 км")
    acts.press(dmitry, "не дальше", f"Точек доставки за пределом (всего {points}) → 0")
    acts.say(dmitry, "1", f"Точек доставки за пределом (всего {points}) → {points} вместо 0")
    assert _tariff(stage).radius_km == 500
    acts.press(dmitry, "✅ Сохранить", "✅ Сохранено: не дальше")
    assert _tariff(stage).radius_km == 1


@pytest.mark.parametrize(
    ("group", "field", "typed", "answer"),
    [
        ("🚚 Тариф доставки", "за км", "-5", "Нужна сумма от 0 до 1 000 000."),
        ("🚚 Тариф доставки", "за км", "12,345", "Нужна сумма"),
        ("🚚 Тариф доставки", "коэффициент", "0,9", "Коэффициент — от 1 до 5"),
        ("🚚 Тариф доставки", "не дальше", "0", "Нужно целое число от 1 до 20 000."),
        ("🕘 Часы работы", "пн", "с утра", "Не понял часы работы. Пример: 9:00–18:00, обед 13:00–14:00."),
        ("🕘 Часы работы", "пн", "18:00-9:00", "Склад не может закрыться раньше"),
        ("🕘 Часы работы", "пн", "9-18, обед 17-19", "Обед должен быть внутри"),
        ("🕘 Часы работы", "пн", "9-18 25:00-26:00", "Это не время."),
        ("🕘 Часы работы", "заказы на завтра до", "24:30", "Это не время. Пример: 16:00."),
        ("🕘 Часы работы", "длина окна", "10", "Нужно целое число от 15 до 1 440."),
        ("🧾 НДС", "на доставку", "20", "Нажмите одну из кнопок."),
        ("🔢 Нумерация", "счета: префикс", "ДЛИННЫЙ-ПРЕФИКС", "Слишком длинно: помещается 10 символов."),
        ("🔢 Нумерация", "счета: первый номер", "٣", "Нужно целое число"),
        ("📄 Документы", "копия бухгалтеру", "buh@", "Это не e-mail."),
        ("⏰ Напоминания", "напомнить о заказе", "1,5", "Нужно целое число от 1 до 1 440."),
        ("🌐 Общее", "часовой пояс", "Москва", "Такого часового пояса нет. Пример: Europe/Moscow."),
        ("🌐 Общее", "часовой пояс", "../etc/passwd", "Такого часового пояса нет."),
        ("🌐 Общее", "валюта", "рубли", "Валюта — три латинские буквы."),
    ],
)
def test_what_is_no_value_is_refused_and_changes_nothing(
    stage: Stage, group: str, field: str, typed: str, answer: str
) -> None:
    acts.opens_settings(stage.dmitry, group, "")
    acts.press(stage.dmitry, field, "сейчас:")
    acts.say(stage.dmitry, typed, answer)
    acts.sees(stage.dmitry, "сейчас:")
    assert not _all_traces(stage)


def test_a_newer_value_of_another_administrator_is_not_overwritten(stage: Stage) -> None:
    dmitry = stage.dmitry
    acts.opens_settings(dmitry, "🚚 Тариф доставки", "за км: 10,00 ₽")
    acts.press(dmitry, "за км", "сейчас:")
    acts.say(dmitry, "15", "вместо 10,00 ₽")
    _is_set(stage, "rate_per_km", "20")
    _is_refused(dmitry, "✅ Сохранить", "15,00 ₽ вместо 20,00 ₽")
    assert _tariff(stage).rate_per_km == 2000
    acts.press(dmitry, "✅ Сохранить", "✅ Сохранено: за км")
    assert _tariff(stage).rate_per_km == 1500
    # One that is kept without a look at what it does shows what it replaces, too.
    acts.press(dmitry, "↩️ Назад", "Язык:")
    acts.press(dmitry, "⏰ Напоминания", "напомнить о заказе")
    acts.press(dmitry, "напомнить о заказе", "сейчас: 30 мин")
    _is_set(stage, "claim_minutes", "45")
    acts.say(dmitry, "20", "Пока вы смотрели, эту настройку изменили.")
    acts.sees(dmitry, "сейчас: 45 мин")
    acts.say(dmitry, "20", "✅ Сохранено: напомнить о заказе")
    with stage.app.database.reading() as session:
        assert settings_table.value(session, "claim_minutes") == 20


def test_the_next_number_is_shown(stage: Stage) -> None:
    dmitry = stage.dmitry
    acts.opens_settings(dmitry, "🔢 Нумерация", "счета: первый номер: 1")
    _sets(dmitry, "счета: префикс", "СЧ-", "Следующий номер счёта → СЧ-1 вместо 1")
    _sets(dmitry, "счета: цифр", "5", "Следующий номер счёта → СЧ-00001 вместо СЧ-1")
    _sets(dmitry, "счета: первый номер", "42", "Следующий номер счёта → СЧ-00042 вместо СЧ-00001")
    _sets(dmitry, "накладные: первый номер", "7", "Следующий номер накладной → 7 вместо 1")
    acts.all_open(stage)
    number = acts.places_order(stage, stage.anna)
    acts.loads(stage.boris, number)
    stage.anna.wait_text("Счёт №СЧ-00042")


def test_new_hours_are_for_new_choices(stage: Stage) -> None:
    acts.all_open(stage)
    number = acts.places_order(stage, stage.anna)
    day, span = _window(stage, number)
    weekday = ("пн", "вт", "ср", "чт", "пт", "сб", "вс")[day.weekday()]
    acts.opens_settings(stage.dmitry, "🕘 Часы работы", f"{weekday}: ")
    acts.press(stage.dmitry, weekday, f"{weekday}, сейчас:")
    acts.say(stage.dmitry, "10:30-14:30 обед 12:30–13", f"{_said(day)} → 10:30–12:30 вместо ")
    acts.press(stage.dmitry, "✅ Сохранить", f"✅ Сохранено: {weekday}")
    acts.sees(stage.dmitry, f"{weekday}: 10:30–14:30, обед 12:30–13:00")
    # The order keeps the window it was placed for.
    assert _window(stage, number) == (day, span)
    acts.card(stage.boris, number, span)
    acts.opens(stage.anna)
    acts.press(stage.anna, "🛒 Новый заказ", "Для кого заказ?")
    acts.press(stage.anna, "ООО «Ромашка»", "Каталог")
    acts.chooses_goods(stage.anna, ("Бакалея", "Крупы"), "Гречка ядрица", "1 кор")
    acts.press(stage.anna, "🛒 Корзина", "Товары")
    acts.press(stage.anna, "Дальше", "Куда везти?")
    acts.press(stage.anna, stage.anna.screen.labels[0], "День доставки")
    _presses_day(stage.anna, day)
    acts.sees(stage.anna, "Окно на")
    # The order of before lies across this window and takes a place of it.
    assert stage.anna.screen.labels[0].startswith("10:30–12:30 · ")
    assert not any(label.startswith(span) for label in stage.anna.screen.labels)


def test_a_draft_whose_window_is_gone_is_not_sent(stage: Stage) -> None:
    acts.all_open(stage)
    window = acts.fills_order(stage, stage.anna)
    weekday = window[:2]
    acts.opens_settings(stage.dmitry, "🕘 Часы работы", f"{weekday}: ")
    _sets(stage.dmitry, weekday, "11:15-19:15", " → 11:15–13:15")
    acts.press(stage.anna, "✅ Отправить на склад", "Черновик")
    stage.anna.wait(lambda who: bool(who.toasts), complaint="no answer")
    toast = stage.anna.toasts[-1].text
    assert toast is not None
    assert "Такого окна больше нет" in toast
    with stage.app.database.reading() as session:
        assert session.scalars(select(Order.status)).all() == [OrderStatus.DRAFT]


def test_a_closed_weekday_has_no_windows(stage: Stage) -> None:
    acts.opens_settings(stage.dmitry, "🕘 Часы работы", "вс: выходной")
    acts.press(stage.dmitry, "сб", "сб, сейчас: 09:00–15:00")
    acts.press(stage.dmitry, "выходной", "→ окон нет вместо 09:00–11:00, 11:00–13:00, 13:00–15:00")
    acts.press(stage.dmitry, "✅ Сохранить", "✅ Сохранено: сб")
    assert _traces(stage, "working_hours") == [({"hours_5": "09:00–15:00"}, {"hours_5": None})]


def test_holidays_are_typed_pressed_named_and_taken_away(stage: Stage) -> None:
    dmitry = stage.dmitry
    acts.opens_settings(dmitry, "🕘 Часы работы", "пн: ")
    acts.press(dmitry, "🎉 Праздники", "Праздников пока нет.")
    year = date.today().year + 1  # noqa: DTZ011  any year to come
    acts.say(dmitry, f"01.01.{year}–03.01.{year} Новый <год>", "✅ Закрыто: ")
    assert _holidays(stage) == {date(year, 1, day): "Новый <год>" for day in (1, 2, 3)}
    assert any(label.endswith(f"02.01.{year} · Новый <год>") for label in dmitry.screen.labels)
    acts.press(dmitry, next(own for own in dmitry.screen.labels if f"02.01.{year}" in own), "Новый <год>")
    acts.say(dmitry, "Второе", "Второе")
    acts.press(dmitry, "🗑️ Сделать рабочим", "снова обычный день")
    assert set(_holidays(stage)) == {date(year, 1, 1), date(year, 1, 3)}
    acts.press(dmitry, "📆 По календарю", "Нажмите день, чтобы закрыть его.")
    dmitry.press("▶")
    acts.sees(dmitry, "Нажмите день")
    dmitry.wait(lambda who: "15" in who.screen.labels, complaint="no 15th")
    acts.press(dmitry, "15", "✅ Закрыто: ")
    acts.press(dmitry, "🎉15", "Чтобы дать название, введите его.")
    assert len(_holidays(stage)) == 3
    for typed, answer in {
        "завтра": "Не понял дату.",
        "31.02.2027": "Не понял дату.",
        "05.01.2020": "уже прошло",
        f"08.01.{year}-01.01.{year}": "Конец раньше начала.",
        f"01.01.{year}-01.03.{year}": "за раз не больше 31 дней",
    }.items():
        acts.opens_settings(dmitry, "🕘 Часы работы", "пн: ")
        acts.press(dmitry, "🎉 Праздники", "Праздники")
        acts.say(dmitry, typed, answer)
    assert len(_holidays(stage)) == 3


def test_vat_of_all_sales_and_of_a_day_to_come(stage: Stage) -> None:
    dmitry = stage.dmitry
    acts.opens_settings(dmitry, "🧾 НДС", "цены: с НДС")
    acts.press(dmitry, "цены", "цены, сейчас: с НДС")
    acts.press(
        dmitry,
        "НДС сверху",
        "Товар за 100,00 ₽ → 122,00 ₽, НДС 22%: 22,00 ₽ вместо 100,00 ₽, НДС 22%: 18,03 ₽",
    )
    acts.press(dmitry, "↩️ Назад", "цены: с НДС")
    acts.press(dmitry, "на все продажи", "на все продажи, сейчас: по товару")
    acts.press(
        dmitry, "УСН 5 %", "Товар за 100,00 ₽ → 100,00 ₽, НДС 5%: 4,76 ₽ вместо 100,00 ₽, НДС 22%: 18,03 ₽"
    )
    acts.press(dmitry, "✅ Сохранить", "✅ Сохранено: на все продажи")
    assert _company(stage).vat_kind is VatKind.SIMPLIFIED_5
    acts.press(dmitry, "📆 Ставки по датам", "обычная: 22% с 01.01.2026")
    year = date.today().year + 2  # noqa: DTZ011  any year to come
    acts.press(dmitry, "обычная", "обычная: введите процент и дату.")
    acts.say(dmitry, "24 с 01.01.2020", "документы за него выписаны")
    acts.say(dmitry, "много", "Не понял ставку.")
    acts.say(dmitry, f"24 % с 01.01.{year}", f"обычная, отгрузки с 01.01.{year} → 24% вместо 22%")
    acts.press(dmitry, "✅ Сохранить", f"обычная: 24% с 01.01.{year}")
    assert _rate(stage, date(year, 1, 1)) == 24
    assert _rate(stage, date(year - 1, 12, 31)) == 22
    acts.press(dmitry, f"🗑️ обычная с 01.01.{year}", "✅ Ставка отменена.")
    assert _rate(stage, date(year, 1, 1)) == 22
    traces = _traces(stage, "vat_rate")
    assert [after and after["percent"] for _, after in traces] == [24, None]


def test_reminders_papers_and_what_is_general(stage: Stage) -> None:
    dmitry = stage.dmitry
    acts.opens_settings(dmitry, "⏰ Напоминания", "сводка складу: 08:00")
    acts.press(dmitry, "сводка складу", "сейчас: 08:00")
    acts.press(dmitry, "выключено", "сводка складу: выключено")
    acts.press(dmitry, "сводка администраторам", "сейчас: 19:00")
    acts.say(dmitry, "20.30", "сводка администраторам: 20:30")
    acts.press(dmitry, "↩️ Назад", "Язык:")
    acts.press(dmitry, "📄 Документы", "срок оплаты: 5 дн.")
    acts.press(dmitry, "копия бухгалтеру", "сейчас: без копии")
    acts.say(dmitry, "buh@veter.ru", "Копия каждого письма со счётом → buh@veter.ru вместо без копии")
    assert _company(stage).accountant_email is None
    acts.press(dmitry, "✅ Сохранить", "✅ Сохранено: копия бухгалтеру")
    acts.press(dmitry, "язык документов", "сейчас: русский")
    acts.press(dmitry, "английский", "язык документов: английский")
    _sets(dmitry, "срок оплаты", "10", "оплатить до")
    acts.press(dmitry, "↩️ Назад", "Язык:")
    acts.press(dmitry, "🌐 Общее", "валюта: RUB")
    _sets(dmitry, "валюта", "eur", "100,00 € вместо 100,00 ₽")
    _sets(dmitry, "часовой пояс", "Asia/Vladivostok", "На часах компании → ")
    acts.press(dmitry, "телефон администратора", "сейчас: +7 495 000-00-00")
    acts.press(dmitry, "не показывать", "телефон администратора: не показывать")
    firm = _company(stage)
    assert (firm.currency, firm.timezone, firm.admin_phone) == ("EUR", "Asia/Vladivostok", None)
    assert (firm.document_language, firm.accountant_email, firm.pay_within_days) == ("en", "buh@veter.ru", 10)


def test_who_has_chosen_no_language_reads_the_one_that_was_set(stage: Stage) -> None:
    stranger = stage.api.person(777)
    stranger.send("/start")
    acts.sees(stranger, "Введите код доступа")
    acts.opens_settings(stage.dmitry, "🌐 Общее", "язык бота: русский")
    acts.press(stage.dmitry, "язык бота", "сейчас: русский")
    acts.press(stage.dmitry, "английский", "Enter the access code your administrator gave you.")
    acts.press(stage.dmitry, "✅ Сохранить", "✅ Сохранено: язык бота")
    stranger.send("/start")
    acts.sees(stranger, "Enter the access code your administrator gave you.")

    def is_default(call: Any) -> bool:
        said = [command["description"] for command in call.params["commands"]]
        return not call.params.get("scope") and said == ["the menu", "leave any step", "help"]

    stage.api.calls.wait(lambda calls: any(map(is_default, calls)), "setMyCommands")


def test_papers_go_out_in_the_language_that_was_set(stage: Stage) -> None:
    acts.opens_settings(stage.dmitry, "📄 Документы", "язык документов: русский")
    acts.press(stage.dmitry, "язык документов", "сейчас: русский")
    acts.press(stage.dmitry, "английский", "язык документов: английский")
    acts.all_open(stage)
    number = acts.places_order(stage, stage.anna)
    acts.loads(stage.boris, number)
    letter = stage.mailbox.wait_letters(1)[0]
    assert "Invoice" in str(letter.subject)


def test_to_everybody_else_no_button_of_the_settings_exists(stage: Stage) -> None:
    acts.all_open(stage)
    stage.stranger.start()
    stage.stranger.wait_text("код доступа")
    secret = [
        *("sg:tariff", "se:rate_per_km", "sv:vat_kind:standard", "sx:rate_per_km", "sy:rate_per_km"),
        *("sgp", "sgh", "sgm", "sgd:301231", "sgc:301231", "sgo:301231", "sgv", "sgn:standard"),
        *("sgk:standard:99:301231", "sgr:standard:301231", "sgf", "sgw", "sgx", "sgb", "sgy"),
    ]
    own = {code for code in callbacks.known() if code in SECRET or (code.startswith("sg") and len(code) == 3)}
    assert own == {data.partition(":")[0] for data in secret} - {"sg"} | {"sg"}
    for person in (stage.anna, stage.boris, stage.stranger):
        unknown = _answer(person, "zz:1")
        assert [_answer(person, data) for data in secret] == [unknown] * len(secret)
    assert not _all_traces(stage)
    for person in (stage.anna, stage.boris):
        text = acts.press(person, "⚙️ Настройки", "Язык:")
        assert [label for label in text.labels if label.endswith(("Склад", "НДС", "Резервная копия"))] == []


def test_in_english_too(stage: Stage) -> None:
    dmitry = stage.dmitry
    acts.speaks_english(dmitry)
    acts.press(dmitry, "⚙️ Settings", "Language:")
    acts.press(dmitry, "🚚 Delivery tariff", "per km: RUB 10.00")
    acts.press(dmitry, "per km", "per km, now: RUB 10.00")
    acts.say(dmitry, "many", "This is not a sum from 0 to 1,000,000.")
    acts.say(dmitry, "12.50", "14.2 km → RUB 177.50 instead of RUB 142.00")
    acts.press(dmitry, "✅ Keep", "✅ Kept: per km")
    acts.sees(dmitry, "per km: RUB 12.50")
    acts.press(dmitry, "↩️ Back", "Language:")
    acts.press(dmitry, "🕘 Working hours", "Mon: 08:00–20:00, break 13:00–14:00")
    acts.press(dmitry, "🎉 Holidays", "No holidays are set.")


def _sets(person: Person, field: str, typed: str, effect: str) -> None:
    """Press a setting, type a value, see what it does, keep it."""
    acts.press(person, field, "сейчас:")
    acts.say(person, typed, effect)
    acts.press(person, "✅ Сохранить", "✅ Сохранено: ")


def _answer(person: Person, data: str) -> str | None:
    press = person.forge(data, message_id=person.screen.message_id).wait_answered()
    return press.toast.text if press.toast else None


def _presses_day(person: Person, day: date) -> None:
    """Press a day of the calendar, which may be in the next month."""
    if str(day.day) not in person.screen.labels or day.month != date.today().month:  # noqa: DTZ011
        person.press("▶")
        acts.sees(person, f"{day.year}")
        person.wait(lambda who: str(day.day) in who.screen.labels, complaint="no such day")
    acts.press(person, str(day.day), "Окно на")


def _said(day: date) -> str:
    return f"{('пн', 'вт', 'ср', 'чт', 'пт', 'сб', 'вс')[day.weekday()]} {acts.short_day(day)}"


def _is_set(stage: Stage, field: str, text: str) -> None:
    """Another administrator changes a setting meanwhile."""
    with stage.app.database.unit_of_work() as session:
        other = session.scalars(select(User).where(User.name == "Дмитрий")).unique().one()
        present = settings_table.shown(session, field)
        settings_table.change(session, field, text, other, instead_of=present)


def _is_refused(person: Person, label: str, then: str) -> None:
    toast = person.press(label).wait_answered().toast
    assert toast is not None
    assert toast.text.startswith("Пока вы смотрели, эту настройку изменили.")
    acts.sees(person, then)


def _window(stage: Stage, number: int) -> tuple[date, str]:
    with stage.app.database.reading() as session:
        order = session.scalars(select(Order).where(Order.number == number)).one()
        assert order.window is not None
        span = f"{order.window.starts_at:%H:%M}–{order.window.ends_at:%H:%M}"
        return order.window.delivery_on, span


def _company(stage: Stage) -> Company:
    with stage.app.database.reading() as session:
        return session.get_one(Company, 1)


def _tariff(stage: Stage) -> Tariff:
    with stage.app.database.reading() as session:
        return session.get_one(Tariff, 1)


def _rate(stage: Stage, day: date) -> int | None:
    with stage.app.database.reading() as session:
        return company.vat_rate(session, VatKind.STANDARD, day)


def _holidays(stage: Stage) -> dict[date, str | None]:
    with stage.app.database.reading() as session:
        return {row.closed_on: row.name for row in session.scalars(select(Holiday))}


def _traces(stage: Stage, subject: str) -> list[tuple[Any, Any]]:
    query = select(AuditEntry).where(AuditEntry.subject == subject).order_by(AuditEntry.id)
    with stage.app.database.reading() as session:
        return [(row.before, row.after) for row in session.scalars(query)]


def _all_traces(stage: Stage) -> int:
    subjects = ("warehouse", "tariff", "working_hours", "holiday", "vat_rate")
    query = select(func.count()).select_from(AuditEntry).where(AuditEntry.subject.in_(subjects))
    with stage.app.database.reading() as session:
        return session.execute(query).scalar_one()
