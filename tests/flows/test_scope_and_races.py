"""Who may see what, and two people who press at the same instant."""

import re
import threading
from collections.abc import Callable
from dataclasses import fields
from datetime import date
from typing import Any, get_type_hints

from sqlalchemy import Select, func, select

from handlers import callbacks
from handlers.callbacks import Data
from models import Customer, Invoice, Order, OrderEvent, OrderEventKind, OrderStatus, Outlet, User
from services import orders
from tests.flows import acts
from tests.flows.stage import Stage

NOT_FOUND = "Не найдено."
NO_ACCESS = "Нет доступа."
# A button of the administrators' alone: to anybody else there is none such.
UNKNOWN = "Эта кнопка устарела. Вот где вы сейчас."
# What the other fields of a button may hold so that it would do something.
SAMPLES: dict[Any, Any] = {
    int: 1,
    str: "phone",
    bool: True,
    date: date(2099, 1, 1),
    date | None: None,
    int | None: None,
}


def names_of(kind: type[Data]) -> set[str]:
    return {own.name for own in fields(kind)}  # type: ignore[arg-type]


def example(kind: type[Data], ids: dict[str, int | None]) -> str:
    """Return a button of ``kind`` with the ids given and something in the other fields."""
    hints = {name: hint for name, hint in get_type_hints(kind).items() if name in names_of(kind)}
    samples = {name: SAMPLES[hint] if hint in SAMPLES else next(iter(hint)) for name, hint in hints.items()}
    values = {name: ids.get(name, samples[name]) for name in names_of(kind)}
    return kind(**values).pack()


def test_clara_finds_nothing_of_annas(stage: Stage) -> None:
    anna, klara = stage.anna, stage.klara
    acts.all_open(stage)
    number = acts.places_order(stage, anna)
    acts.opens(anna)
    acts.fills_order(stage, anna, "ООО «Продукты у дома»")
    with stage.app.database.reading() as session:
        own = session.scalar(select(User.id).where(User.telegram_id == klara.user.id))
        foreign_orders = list(session.scalars(select(Order.id).where(Order.sales_rep_id != own)))
        foreign_customers = list(session.scalars(select(Customer.id).where(Customer.sales_rep_id != own)))
        foreign_outlet = session.scalar(select(Outlet.id).where(Outlet.customer_id == foreign_customers[0]))
        foreign_names = list(session.scalars(select(Customer.name).where(Customer.sales_rep_id != own)))
    assert len(foreign_orders) == 2

    # By the lists and by search.
    acts.press(klara, "📋 Мои заказы", "Заказов пока нет")
    acts.opens(klara)
    acts.press(klara, "🛒 Новый заказ", "Для кого заказ?")
    acts.press(klara, "👥 Все клиенты", "Ваши клиенты")
    assert not set(klara.screen.labels) & set(foreign_names)
    acts.say(klara, "Ромашка", "ничего не найдено")

    # By id: every kind of button there is that carries an order, a customer or an outlet.
    foreign = {
        "order_id": foreign_orders[0],
        "customer_id": foreign_customers[0],
        "outlet_id": foreign_outlet,
    }
    kinds = [kind for kind in callbacks.known().values() if names_of(kind) & foreign.keys()]
    tried = [example(kind, foreign) for kind in kinds]
    assert len(tried) > 40
    for data in tried:
        pressed = klara.forge(data).wait_answered()
        assert pressed.toast is not None, data
        assert pressed.toast.text in (NOT_FOUND, NO_ACCESS, UNKNOWN), data

    # Nor does she load, even by the storekeeper's buttons.
    for data in (f"l1:{foreign_orders[0]}", f"l4:{foreign_orders[0]}", f"lc:{foreign_orders[0]}"):
        toast = klara.forge(data).wait_answered().toast
        assert toast is not None
        assert toast.text == "Нет доступа."
    assert not any("ООО «Ромашка»" in message.text for message in klara.received)
    with stage.app.database.reading() as session:
        order = session.scalars(select(Order).where(Order.number == number)).one()
        assert order.status is OrderStatus.PLACED


def test_a_storekeeper_sees_no_drafts(stage: Stage) -> None:
    acts.all_open(stage)
    acts.fills_order(stage, stage.anna)
    with stage.app.database.reading() as session:
        draft = session.scalars(select(Order)).one()
    toast = stage.boris.forge(f"lc:{draft.id}").wait_answered().toast
    assert toast is not None
    assert toast.text == NOT_FOUND


def test_a_double_tap_on_send_places_one_order(stage: Stage) -> None:
    acts.all_open(stage)
    acts.fills_order(stage, stage.anna)
    screen = stage.anna.screen
    _at_once(*[lambda: stage.anna.press("✅ Отправить на склад", message=screen).wait_answered()] * 3)
    acts.sees(stage.anna, "Заказ №1")
    with stage.app.database.reading() as session:
        assert session.scalar(select(func.count(Order.id))) == 1
        assert session.scalar(_events(OrderEventKind.PLACED)) == 1
    acts.card(stage.boris, 1)
    assert sum("Заказ №1" in message.text for message in stage.boris.received) == 1


def test_two_storekeepers_take_an_order_at_the_same_instant(stage: Stage) -> None:
    acts.all_open(stage)
    number = acts.places_order(stage, stage.anna)
    presses = []
    keepers = (stage.boris, stage.petr)
    shown = {keeper: acts.card(keeper, number) for keeper in keepers}

    def take(who: int) -> Callable[[], None]:
        keeper = keepers[who]
        return lambda: presses.append(
            keeper.press("🙋 Взять в работу", message=shown[keeper]).wait_answered()
        )

    _at_once(take(0), take(1))
    refusals = [pressed.toast for pressed in presses if pressed.toast is not None]
    assert len(refusals) == 1
    assert re.fullmatch(r"Заказ №1 уже взял (Борис|Пётр) в \d\d:\d\d\.", refusals[0].text)
    winner = "Борис" if "Борис" in refusals[0].text else "Пётр"
    for keeper in keepers:
        acts.card(keeper, number, f"взял {winner}")
    with stage.app.database.reading() as session:
        assert session.scalar(_events(OrderEventKind.CLAIMED)) == 1
        order = session.scalars(select(Order)).one()
        assert order.storekeeper is not None
        assert order.storekeeper.name == winner


def test_a_double_tap_on_loaded_makes_one_invoice_and_one_letter(stage: Stage) -> None:
    acts.all_open(stage)
    number = acts.places_order(stage, stage.anna)
    boris = stage.boris
    acts.on_card(boris, number, "🙋 Взять в работу", "Загружается")
    asked = acts.on_card(boris, number, "✅ Подтвердить загрузку", "всё загружено?")
    _at_once(*[lambda: boris.press("✅ Да, загружено", message=asked).wait_answered()] * 3)
    acts.card(boris, number, "Загружен")
    stage.anna.wait_text("счёт отправлен на")
    with stage.app.database.reading() as session:
        assert session.scalar(select(func.count(Invoice.id))) == 1
        assert session.scalar(_events(OrderEventKind.LOADED)) == 1
    assert len(stage.mailbox.letters) == 1


def test_a_stale_confirmation_after_the_order_went_back_changes_nothing(stage: Stage) -> None:
    acts.all_open(stage)
    number = acts.places_order(stage, stage.anna)
    boris, petr = stage.boris, stage.petr
    acts.on_card(boris, number, "🙋 Взять в работу", "Загружается")
    asked = acts.on_card(boris, number, "✅ Подтвердить загрузку", "всё загружено?")
    data = asked.buttons[0][0].data or ""
    acts.on_card(boris, number, "↩️ Назад", "Загружается")
    acts.on_card(boris, number, "↩️ Вернуть в очередь", "На складе")
    acts.on_card(petr, number, "🙋 Взять в работу", "взял Пётр")
    toast = boris.forge(data, message_id=asked.message_id).wait_answered().toast
    assert toast is not None
    assert "уже взял Пётр" in toast.text
    with stage.app.database.reading() as session:
        assert session.scalars(select(Order)).one().status is OrderStatus.LOADING
        assert orders.count_to_load(session) == 1


def _events(kind: OrderEventKind) -> Select[int]:
    return select(func.count(OrderEvent.id)).where(OrderEvent.kind == kind)


def _at_once(*acts_of_people: Callable[[], object]) -> None:
    barrier = threading.Barrier(len(acts_of_people))

    def act(what: Callable[[], object]) -> None:
        barrier.wait(10)
        what()

    threads = [threading.Thread(target=act, args=(what,)) for what in acts_of_people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
        assert not thread.is_alive()
