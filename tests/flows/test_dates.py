"""The day and the window: what is free, what is not and why, and the way on."""

import re
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import delete, select, update

from demo.people import Person
from models import DeliveryWindow, Holiday, Order, Warehouse, WorkingHours
from tests.flows import acts
from tests.flows.stage import Stage

MOSCOW = ZoneInfo("Europe/Moscow")


def test_a_month_without_a_free_day_leads_to_the_nearest_one(stage: Stage) -> None:
    # Closed until the first Monday of the month after the one the calendar opens with.
    next_month = (_first_day().replace(day=1) + timedelta(days=32)).replace(day=1)
    opens_on = next_month + timedelta(days=-next_month.weekday() % 7)
    _closes(stage, until=opens_on)
    _to_month(stage.anna, "⚠️ В этом месяце свободных дней нет.")
    day = f"пн {opens_on:%d.%m.%Y}"
    acts.press(stage.anna, f"Ближайший свободный день — {day}", f"Окно на {day}")
    acts.press(stage.anna, "↩️ Другой день", "День доставки")
    # Back in the month of that day, not in the first one.
    acts.offers(stage.anna, str(opens_on.day))
    acts.offers(stage.anna, "◀")


def test_without_any_free_day_it_is_said_what_to_do(stage: Stage) -> None:
    with stage.app.database.unit_of_work() as session:
        session.execute(update(Warehouse).values(window_capacity=0))
    _to_month(stage.anna, "День доставки")
    last = _today() + timedelta(days=60)
    text = stage.anna.screen.text
    assert re.search(rf"⚠️ До \S\S {last:%d\.%m\.%Y} свободных дней нет\. Черновик сохранён", text)
    assert "📞 +7 495 000-00-00" in text
    assert not any(label.startswith("Ближайший") or label.isdigit() for label in stage.anna.screen.labels)
    acts.press(stage.anna, "📋 Заказ", "Не хватает: дата и окно.")


def test_a_full_day_stands_in_brackets_and_names_the_next(stage: Stage) -> None:
    first, second = _open_days(2)
    with stage.app.database.unit_of_work() as session:
        for hour in (8, 9, 10, 11, 13, 14, 16, 18):
            session.add(_window(first, hour, capacity=0))
    _to_month(stage.anna, "День доставки")
    _turn_to(stage.anna, first)
    acts.press(stage.anna, f"({first.day})", "⚠️ На этот день мест нет.")
    windows = [label for label in stage.anna.screen.labels if "–" in label]
    assert windows
    assert all(label.endswith(" · мест нет") for label in windows)
    toast = stage.anna.press(windows[0]).wait_answered().toast
    assert toast is not None
    assert toast.alert
    assert toast.text.startswith("В этом окне мест нет.")
    assert f"{second:%d.%m.%Y}, 0" in acts.plain(toast.text)
    acts.press(stage.anna, "Ближайший свободный день", f"Окно на {_weekday(second)} {second:%d.%m.%Y}")


def test_windows_say_how_many_places_are_left_and_leave_the_break_out(stage: Stage) -> None:
    weekday = next(day for day in _open_days(7) if day.weekday() < 5)
    with stage.app.database.unit_of_work() as session:
        session.execute(update(Warehouse).values(window_capacity=3))
        session.add(_window(weekday, 10, capacity=0))
    _to_month(stage.anna, "День доставки")
    _turn_to(stage.anna, weekday)
    acts.press(stage.anna, str(weekday.day), "Окно на")
    # 8 to 20 with a break from 13 to 14, two hours each.
    assert [label for label in stage.anna.screen.labels if "–" in label] == [
        "08:00–10:00 · осталось мест: 3",
        "10:00–12:00 · мест нет",
        "14:00–16:00 · осталось мест: 3",
        "16:00–18:00 · осталось мест: 3",
        "18:00–20:00 · осталось мест: 3",
    ]


def test_a_holiday_is_closed_and_says_so(stage: Stage) -> None:
    first, second = _open_days(2)
    with stage.app.database.unit_of_work() as session:
        session.add(Holiday(closed_on=first))
    _to_month(stage.anna, "День доставки")
    _turn_to(stage.anna, first)
    toast = stage.anna.press(f"({first.day})").wait_answered().toast
    assert toast is not None
    assert acts.plain(toast.text) == (
        f"{_weekday(first)} {first:%d.%m.%Y} склад не работает. "
        f"Ближайший возможный день: {_weekday(second)} {second:%d.%m.%Y}."
    )


def test_back_from_the_calendar_leads_where_one_came_from(stage: Stage) -> None:
    anna = stage.anna
    _to_month(anna, "День доставки")
    acts.press(anna, "↩️ Назад", "Куда везти?")
    acts.press(anna, anna.screen.labels[0], "День доставки")
    acts.chooses_first_day(anna)
    acts.press(anna, "Без пометки", "Черновик")
    acts.press(anna, "📅 Дата", "День доставки")
    acts.press(anna, "↩️ Назад", "Черновик")


def test_a_pick_up_has_a_pick_up_day_everywhere(stage: Stage) -> None:
    acts.all_open(stage)
    anna = stage.anna
    acts.to_address(anna)
    acts.press(anna, "🏬 Самовывоз", "День самовывоза")
    window = acts.chooses_first_day(anna)
    text = acts.press(anna, "Без пометки", "Черновик").text
    assert f"📅 День самовывоза: {window}" in text
    text = acts.press(anna, "✅ Отправить на склад", "отправлен на склад").text
    assert f"📅 День самовывоза: {window}" in text
    assert f"📅 День самовывоза: {window}" in acts.card(stage.boris, 1).text
    for person in (anna, stage.boris):
        assert not any("День доставки" in message.text for message in person.history)


def test_a_window_that_went_by_while_the_draft_lay_is_found_when_it_is_sent(stage: Stage) -> None:
    acts.all_open(stage)
    acts.fills_order(stage, stage.anna)
    yesterday = _today() - timedelta(days=1)
    with stage.app.database.unit_of_work() as session:
        session.execute(update(DeliveryWindow).values(delivery_on=yesterday))
    toast = stage.anna.press("✅ Отправить на склад").wait_answered().toast
    assert toast is not None
    assert f"{yesterday:%d.%m.%Y} уже прошло. Ближайший возможный день:" in toast.text
    with stage.app.database.reading() as session:
        assert session.scalars(select(Order)).one().number is None


def _today() -> date:
    return datetime.now(MOSCOW).date()


def _first_day() -> date:
    """The cut-off is at four."""
    return _today() + timedelta(days=1 if datetime.now(MOSCOW).hour < 16 else 2)


def _open_days(count: int) -> list[date]:
    """The first days that can be chosen: Sundays are free."""
    days = (_first_day() + timedelta(days=number) for number in range(58))
    return [day for day in days if day.weekday() < 6][:count]


def _weekday(day: date) -> str:
    return ("пн", "вт", "ср", "чт", "пт", "сб", "вс")[day.weekday()]


def _window(day: date, hour: int, capacity: int) -> DeliveryWindow:
    return DeliveryWindow(delivery_on=day, starts_at=time(hour), ends_at=time(hour + 2), capacity=capacity)


def _closes(stage: Stage, until: date) -> None:
    with stage.app.database.unit_of_work() as session:
        session.execute(delete(WorkingHours).where(WorkingHours.weekday > 4))
        day = _today()
        while day < until:
            session.add(Holiday(closed_on=day))
            day += timedelta(days=1)


def _to_month(person: Person, title: str) -> None:
    acts.to_address(person)
    acts.press(person, person.screen.labels[0], title)


def _turn_to(person: Person, day: date) -> None:
    title = f"{_month(day)} {day.year}"
    if title not in person.screen.text:
        acts.press(person, "▶", title)


def _month(day: date) -> str:
    names = "Январь Февраль Март Апрель Май Июнь Июль Август Сентябрь Октябрь Ноябрь Декабрь"
    return names.split()[day.month - 1]
