"""«📊 Аналитика» as the administrator presses it: periods, reports, pictures, workbooks."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from io import BytesIO
from zoneinfo import ZoneInfo

from openpyxl import load_workbook
from PIL import Image
from sqlalchemy import select, update

from bot import build
from demo.people import Person
from models import Customer, Document, Invoice, InvoiceLine, Order, Session
from tests.flows import acts
from tests.flows.stage import UNLIMITED, Stage

MOSCOW = ZoneInfo("Europe/Moscow")
# Five boxes of buckwheat for 5 394 ₽, brought 24.4 km for 244 ₽.
SOLD = "5 638,00 ₽"


def today() -> date:
    return datetime.now(MOSCOW).date()


def short(day: date) -> str:
    return day.strftime("%d.%m.%Y")


def sells(stage: Stage) -> None:
    acts.all_open(stage)
    acts.loads(stage.boris, acts.places_order(stage, stage.anna))


def opens_analytics(dmitry: Person) -> None:
    acts.press(dmitry, "📊 Аналитика", "За какой период?")


def test_the_day_is_told_in_totals_and_by_everybody_s_part(stage: Stage) -> None:
    sells(stage)
    dmitry = stage.dmitry
    opens_analytics(dmitry)
    text = acts.plain(acts.press(dmitry, "Сегодня", "Оборот:").text)
    assert f"{short(today())}, было: {short(today() - timedelta(days=1))}" in text
    assert f"Оборот: {SOLD}, было 0,00 ₽" in text
    assert "в том числе доставка: 244,00 ₽" in text
    assert "Загружено заказов: 1, было 0" in text
    text = acts.plain(acts.press(dmitry, "Клиенты", "ООО «Ромашка»").text)
    assert "Купили: 1, впервые: 1, молчат: 0" in text
    assert f"{SOLD}\n1 заказ · средний {SOLD} · 🆕 впервые" in text
    text = acts.plain(acts.press(dmitry, "Представители", "1. Анна").text)
    assert "1 клиент · отменено: 0" in text
    text = acts.plain(acts.press(dmitry, "Кладовщики", "1. Борис").text)
    assert "1 загрузка\nвзял за 0 мин, загрузил за 0 мин\nнедовоз: 0 поз. (0,00 ₽) · отклонено: 0" in text
    text = acts.plain(acts.press(dmitry, "Товары", "Гречка ядрица").text)
    assert "5 394,00 ₽\n60 шт · 100 % · класс A" in text
    assert "Доставка отдельно: 244,00 ₽" in text
    assert "• Товары" in dmitry.screen.labels


def test_a_chart_comes_as_a_picture_and_a_workbook_as_a_file(stage: Stage) -> None:
    sells(stage)
    dmitry = stage.dmitry
    opens_analytics(dmitry)
    acts.press(dmitry, "Месяц", "Оборот:")
    totals = picture(dmitry)
    acts.press(dmitry, "Товары", "Гречка ядрица")
    products = picture(dmitry)
    assert totals.size == (1080, 1080)
    assert products.width == 1080
    for drawn in (totals, products):
        assert len(drawn.getcolors(1 << 24) or []) > 50
    dmitry.press("📗 XLSX")
    found = dmitry.wait_document(".xlsx").document
    assert found is not None
    assert found.name.startswith("Аналитика-")
    book = load_workbook(BytesIO(found.data))
    assert book.sheetnames == [
        "Итоги", "Клиенты", "Молчащие клиенты", "Представители", "Кладовщики", "Товары",
    ]  # fmt: skip
    assert book.active is not None
    assert book.active.title == "Товары"
    header, values = (list(line) for line in book["Товары"].iter_rows(4, 5, values_only=True))
    row = dict(zip(header, values, strict=True))
    assert row["Название"] == "Гречка ядрица «Увелка», 900 г"
    assert (row["Количество"], row["Сумма, RUB"]) == (60, 5394)
    assert row["Доля"] == "=IF($E$6=0,0,E5/$E$6)"
    assert book["Товары"]["E6"].value == "=SUM(E5:E5)"


def picture(dmitry: Person) -> Image.Image:
    before = len([message for message in dmitry.received if message.photo])
    dmitry.press("🖼 График")
    dmitry.wait(lambda who: len([message for message in who.received if message.photo]) > before)
    photo = next(message.photo for message in reversed(dmitry.received) if message.photo)
    return Image.open(BytesIO(photo.data)).convert("RGB")


def test_a_period_is_chosen_on_the_calendar(stage: Stage) -> None:
    dmitry = stage.dmitry
    acts.opens(dmitry)
    opens_analytics(dmitry)
    acts.press(dmitry, "С … по …", "С какого дня?")
    first = today().replace(year=today().year - 1, day=1)
    dmitry.press("◀◀")
    acts.sees(dmitry, f" {first.year}")
    acts.press(dmitry, "7", "по какой день?")
    # The wrong way round: it is put right.
    acts.press(dmitry, "3", f"{short(first.replace(day=3))}–{short(first.replace(day=7))}, было: ")
    acts.press(dmitry, "📅 Период", "За какой период?")
    acts.press(dmitry, "С … по …", "С какого дня?")
    dmitry.press("◀◀")
    acts.sees(dmitry, f" {first.year}")
    acts.press(dmitry, "7", "по какой день?")
    acts.press(dmitry, "12", "Оборот:")
    own, before = (first.replace(day=7), first.replace(day=12)), (1, 6)
    text = f"{short(own[0])}–{short(own[1])}, было: "
    text += "–".join(short(first.replace(day=day)) for day in before)
    acts.sees(dmitry, text)
    acts.press(dmitry, "Клиенты", "За этот период ничего нет.")


def test_a_typed_period_is_taken_or_refused_with_a_reason(stage: Stage) -> None:
    dmitry = stage.dmitry
    acts.opens(dmitry)
    opens_analytics(dmitry)
    tomorrow = today() + timedelta(days=1)
    refusals = {
        "вчера": "Нужны оба дня, например: 01.10.2026–15.11.2026.",
        "01.10.2025–": "Нужны оба дня",
        "31.02.2025–01.10.2025": "Такого дня нет: 31.02.2025.",
        "01.10.1825–15.11.2025": "Можно посмотреть годы с 2000 по",
        "01.10.2025–15.11.2925": "Можно посмотреть годы с 2000 по",
        f"{short(tomorrow)}–{short(tomorrow)}": "Этот период ещё не начался.",
        "01.01.2005–15.11.2025": "Слишком длинный период: не больше 10 лет.",
    }
    for typed, sentence in refusals.items():
        acts.say(dmitry, typed, sentence)
        acts.sees(dmitry, "За какой период?")
    acts.say(dmitry, "с 01.10.25 по 15.11.25", "01.10.2025–15.11.2025, было: 16.08.2025–30.09.2025")
    # The same on a report: the sentence stays, no outcome takes it away.
    acts.sees(dmitry, "Оборот:")
    acts.say(dmitry, "вчера", "Нужны оба дня")
    acts.sees(dmitry, "За какой период?")
    acts.say(dmitry, "15.11.2025–01.10.2025", "01.10.2025–15.11.2025, было: 16.08.2025–30.09.2025")


def test_who_stopped_buying_is_named(stage: Stage) -> None:
    sells(stage)
    yesterday = datetime.now(MOSCOW) - timedelta(days=1)
    with stage.app.database.unit_of_work() as session:
        session.execute(update(Order).values(loaded_at=yesterday))
        session.execute(update(InvoiceLine).values(sold_at=yesterday))
    dmitry = stage.dmitry
    opens_analytics(dmitry)
    acts.press(dmitry, "Сегодня", f"было {SOLD}")
    acts.press(dmitry, "Клиенты", "За этот период ничего нет.")
    text = acts.plain(acts.press(dmitry, "🔕 Молчат · 1", "ООО «Ромашка»").text)
    assert f"было: {SOLD}\nпоследний 1 день назад" in text
    acts.press(dmitry, "↩️ Кто купил", "За этот период ничего нет.")


def _spread_over_customers(session: Session, count: int) -> None:
    """Give the one sale as many customers' sales beside it."""
    [order] = session.scalars(select(Order))
    [invoice] = session.scalars(select(Invoice))
    for number in range(count):
        customer = Customer(
            name=f"Магазин {number}", sales_rep_id=order.sales_rep_id, created_at=order.created_at
        )
        session.add(customer)
        session.flush()
        columns = {column.key: getattr(order, column.key) for column in Order.__table__.columns}
        other = Order(**{**columns, "id": None, "number": 1000 + number, "customer_id": customer.id})
        session.add(other)
        session.flush()
        columns = {column.key: getattr(invoice, column.key) for column in Document.__table__.columns}
        session.add(Invoice(**{**columns, "id": None, "number": 1000 + number, "order_id": other.id}))


def test_long_reports_have_pages(stage: Stage) -> None:
    sells(stage)
    with stage.app.database.unit_of_work() as session:
        _spread_over_customers(session, 19)
    dmitry = stage.dmitry
    opens_analytics(dmitry)
    acts.press(dmitry, "Сегодня", "Оборот:")
    acts.press(dmitry, "Клиенты", "Купили: 20")
    acts.sees(dmitry, "8. ")
    acts.press(dmitry, "Вперёд ➡️", "9. ")


def test_to_everybody_else_there_is_no_analytics(stage: Stage) -> None:
    acts.all_open(stage)
    day = today().strftime("%y%m%d")
    for person in (stage.anna, stage.boris):
        person.command("/analytics")
        acts.sees(person, "Здесь я этого не ждал")
        assert "📊 Аналитика" not in person.screen.labels
        for data in (
            "y",
            "yd:m",
            "yf",
            f"yt:{day}",
            f"yr:d:{day}:{day}",
            f"yg:d:{day}:{day}:t",
            f"yx:d:{day}:{day}:t",
        ):
            toast = person.forge(data, message_id=person.screen.message_id).wait_answered().toast
            assert toast is not None
            assert toast.text == "Эта кнопка устарела. Вот где вы сейчас."
        assert not any(message.photo for message in person.received)


def test_it_speaks_english(stage: Stage) -> None:
    sells(stage)
    dmitry = stage.dmitry
    acts.press(dmitry, "⚙️ Настройки", "Язык")
    acts.press(dmitry, "English", "Language")
    dmitry.command("/analytics")
    acts.sees(dmitry, "Which period?")
    text = acts.plain(acts.press(dmitry, "Week", "Turnover:").text)
    assert "Turnover: RUB 5,638.00, before RUB 0.00" in text
    acts.press(dmitry, "Products", "60 шт · 100% · class A")
    dmitry.press("📗 XLSX")
    found = dmitry.wait_document(".xlsx").document
    assert found is not None
    book = load_workbook(BytesIO(found.data))
    assert book["Totals"]["A5"].value == "Turnover"


def test_a_report_asked_for_before_a_restart_comes_after_it(stage: Stage) -> None:
    sells(stage)
    dmitry = stage.dmitry
    opens_analytics(dmitry)
    acts.press(dmitry, "Сегодня", "Оборот:")
    acts.press(dmitry, "Товары", "Гречка ядрица")
    stage.app.supervisor.stop()
    stage.app.close()

    # Pressed while nobody listens: on a report, and for files, of the process before.
    dmitry.press("🖼 График")
    dmitry.press("📗 XLSX")
    dmitry.press("Клиенты")
    again = build(stage.settings, limits=UNLIMITED, long_poll_seconds=5)
    again.supervisor.start()
    try:
        acts.sees(dmitry, "1. ООО «Ромашка»")
        dmitry.wait_document(".xlsx")
        dmitry.wait(lambda who: any(message.photo for message in who.received))
    finally:
        again.supervisor.stop()
        again.close()
