"""A rep's customers: found by any piece, changed field by field, archived instead of deleted."""

from sqlalchemy import select, update

from models import AuditEntry, Customer, Role, User
from services import auth, clientele, customers
from tests.flows import acts
from tests.flows.stage import Stage, restarted

ROMASHKA = "ООО «Ромашка»"


def test_a_customer_is_found_by_any_piece(stage: Stage) -> None:
    _opens_list(stage)
    for piece in ("ромАШ", "7731004518", "8 (495) 120-45", "вавилова 19"):
        acts.say(stage.anna, piece, f"по запросу «{piece}»")
        assert [label for label in stage.anna.screen.labels if label.startswith("ООО")] == [ROMASHKA], piece
    acts.say(stage.anna, "нет такого", "ничего не найдено")


def test_fields_are_changed_with_their_checks_and_leave_a_trace(stage: Stage) -> None:
    _opens_card(stage)
    acts.press(stage.anna, "✏️ e-mail", "Поле «e-mail», сейчас: zakaz@romashka.example")
    acts.say(stage.anna, "a@", "Это не e-mail.")
    acts.say(stage.anna, "one@romashka.example, two@romashka.example", "two@romashka.example")
    acts.press(stage.anna, "✏️ КПП", "Поле «КПП»")
    acts.say(stage.anna, "12345", "В КПП 9 знаков, а здесь 5.")
    acts.press(stage.anna, "↩️ Назад", "two@romashka.example")
    acts.press(stage.anna, "✏️ телефон", "Поле «телефон»")
    acts.press(stage.anna, "🗑️ Оставить пустым", "ИНН: 7731004518")
    with stage.app.database.reading() as session:
        customer = session.scalars(select(Customer).where(Customer.name == ROMASHKA)).one()
        assert customer.email_list == ["one@romashka.example", "two@romashka.example"]
        assert customer.phone is None
        entry = session.scalars(
            select(AuditEntry).where(AuditEntry.subject_id == str(customer.id)).order_by(AuditEntry.id.desc())
        ).first()
        assert entry is not None
        assert entry.before == {"phone": "+74951204501"}
        assert entry.after == {"phone": None}


def test_two_people_editing_one_customer_do_not_overwrite_each_other(stage: Stage) -> None:
    _opens_card(stage)
    acts.press(stage.anna, "✏️ телефон", "Поле «телефон»")
    with stage.app.database.unit_of_work() as session:
        session.execute(
            update(Customer)
            .where(Customer.name == ROMASHKA)
            .values(phone="+74950000001", version=Customer.version + 1)
        )
    acts.say(stage.anna, "+7 495 000-00-02", "карточку изменили; сейчас там: +74950000001")
    acts.say(stage.anna, "+7 495 000-00-02", "телефон: +74950000002")


def test_an_inn_of_another_customer_is_refused_unless_it_is_a_branch(stage: Stage) -> None:
    anna = stage.anna
    with stage.app.database.unit_of_work() as session:
        own, other = auth.staff(session, Role.SALES_REP)[:2]
        customers.create(session, own, name="Ромашка на Тверской")
        customers.create(session, other, name="Чужая", inn="7736050003")
    _opens_list(stage)
    acts.press(anna, "Ромашка на Тверской", "Ромашка на Тверской")
    acts.press(anna, "✏️ ИНН", "Поле «ИНН»")
    acts.say(anna, "7731004518", "Этот ИНН уже у клиента ООО «Ромашка». Если это филиал той же фирмы")
    acts.press(anna, "↩️ Назад", "Ромашка на Тверской")
    assert "ИНН: " not in anna.screen.text
    acts.press(anna, "✏️ КПП", "Поле «КПП»")
    acts.say(anna, "773101001", "КПП: 773101001")
    acts.press(anna, "✏️ ИНН", "Поле «ИНН»")
    acts.say(anna, "7731004518", "Этот ИНН уже у клиента ООО «Ромашка».")
    acts.press(anna, "↩️ Назад", "КПП: 773101001")
    acts.press(anna, "✏️ КПП", "Поле «КПП»")
    acts.say(anna, "773145001", "КПП: 773145001")
    acts.press(anna, "✏️ ИНН", "Поле «ИНН»")
    acts.say(anna, "7731004518", "ИНН: 7731004518")
    acts.press(anna, "✏️ ИНН", "Поле «ИНН»")
    # Another rep's customer is nothing Анна hears of.
    acts.say(anna, "7736050003", "ИНН: 7736050003")


def test_an_archived_customer_leaves_the_lists_and_comes_back(stage: Stage) -> None:
    _opens_card(stage)
    acts.press(stage.anna, "🗄️ В архив", "Убрать ООО «Ромашка» в архив?")
    acts.press(stage.anna, "🗄️ Да, в архив", "В архиве")
    assert "🛒 Новый заказ" not in stage.anna.screen.labels
    acts.press(stage.anna, "🗄️ Вернуть из архива", "ИНН: 7731004518")
    acts.offers(stage.anna, "🛒 Новый заказ")


def test_delivery_points_are_found_kept_and_described(stage: Stage) -> None:
    _opens_card(stage)
    acts.press(stage.anna, "📍 Точки", "Точки клиента ООО «Ромашка»")
    acts.say(stage.anna, "тверская 7", "© OpenStreetMap")
    acts.press(stage.anna, "✅ Верно", "📍 Москва, Тверская улица, 7")
    acts.press(stage.anna, "✏️ часы работы", "Поле «часы работы»")
    acts.say(stage.anna, "пн–пт 9–18", "часы работы: пн–пт 9–18")
    stage.anna.press("🗺️ На карте")
    stage.anna.wait(lambda who: who.last.venue is not None)
    acts.press(stage.anna, "↩️ Назад", "Точки клиента ООО «Ромашка»")
    acts.press(stage.anna, "📍 Москва, Тверская улица, 7", "часы работы: пн–пт 9–18")
    acts.press(stage.anna, "🗑️ Убрать", "больше не используется")
    assert "📍 Москва, Тверская улица, 7" not in stage.anna.screen.labels


def test_the_card_shows_what_the_customer_usually_takes_and_leads_to_an_order(stage: Stage) -> None:
    acts.all_open(stage)
    acts.places_order(stage, stage.anna)
    _opens_card(stage)
    text = acts.sees(stage.anna, "Обычно берёт:").text
    assert "Гречка ядрица" in text
    acts.press(stage.anna, "📥 №1", "На складе")


def test_the_card_shows_whom_to_call_and_where(stage: Stage) -> None:
    with stage.app.database.unit_of_work() as session:
        customer = session.scalars(select(Customer).where(Customer.name == ROMASHKA)).one()
        newest = max(customer.outlets, key=lambda outlet: outlet.id)
        newest.contact, newest.phone, newest.hours = "Зоя <Петровна>", "+74951204501", "9–18"
        address = newest.address
    _opens_card(stage)
    text = stage.anna.screen.text
    for piece in ("e-mail: zakaz@romashka.example", "телефон: +74951204501"):
        assert piece in text
    assert f"📍 {address} · Зоя <Петровна>, +74951204501, 9–18" in text
    assert text.count("📍") == 3


def test_the_way_back_from_a_card_leads_to_the_same_page(stage: Stage) -> None:
    anna = stage.anna
    with stage.app.database.unit_of_work() as session:
        rep = auth.find_user(session, anna.id)
        assert rep is not None
        for number in range(20):
            added = customers.create(session, rep, name=f"Ларёк {number:02}")
            if number > 9:
                clientele.archive(session, added.id, rep)
    _opens_list(stage)
    acts.say(anna, "ЛАРЕК", "по запросу «ЛАРЕК»")
    acts.press(anna, "Вперёд", "по запросу «ЛАРЕК»")
    acts.offers(anna, "Ларёк 09")
    assert _stalls(stage) == ["Ларёк 08", "Ларёк 09"]
    acts.press(anna, "Ларёк 09", "Ларёк 09")
    acts.press(anna, "📍 Точки", "Точки клиента Ларёк 09")
    acts.press(anna, "↩️ Назад", "Ларёк 09")
    acts.press(anna, "🛒 Новый заказ", "Каталог")
    with restarted(stage):
        anna.forge("kc:" + _customer_id(stage, "Ларёк 09"), message_id=anna.screen.message_id)
        acts.press(anna, "↩️ К списку", "по запросу «ЛАРЕК»")
        assert _stalls(stage) == ["Ларёк 08", "Ларёк 09"]
        acts.press(anna, "❌ ЛАРЕК", "Ваши клиенты")
        acts.press(anna, "🗄️ Архив", "Клиенты в архиве")
        acts.press(anna, "Вперёд", "Клиенты в архиве")
        acts.offers(anna, "Ларёк 19")
        acts.press(anna, "Ларёк 19", "В архиве")
        acts.press(anna, "↩️ К списку", "Клиенты в архиве")
        assert _stalls(stage) == ["Ларёк 18", "Ларёк 19"]


def test_an_outlet_leads_back_to_its_page(stage: Stage) -> None:
    anna = stage.anna
    with stage.app.database.unit_of_work() as session:
        romashka = session.scalars(select(Customer).where(Customer.name == ROMASHKA)).one()
        for number in range(10):
            customers.add_outlet(session, romashka, f"Химки, двор {number}", 55.9 + number / 100, 37.4)
    _opens_card(stage)
    acts.press(anna, "📍 Точки", "Точки клиента ООО «Ромашка»")
    acts.press(anna, "Вперёд", "Точки клиента")
    acts.offers(anna, "📍 Химки, двор 0")
    acts.press(anna, "📍 Химки, двор 0", "📍 Химки, двор 0")
    acts.press(anna, "↩️ Назад", "Точки клиента")
    acts.offers(anna, "📍 Химки, двор 0")


def test_clara_edits_none_of_annas_customers(stage: Stage) -> None:
    acts.all_open(stage)
    with stage.app.database.reading() as session:
        anna = session.scalar(select(User.id).where(User.telegram_id == stage.anna.user.id))
        customer = session.scalars(select(Customer).where(Customer.sales_rep_id == anna)).first()
        assert customer is not None
        outlet = customer.outlets[0].id
    for data in (
        *(f"kc:{customer.id}", f"ke:{customer.id}:phone:1", f"kx:{customer.id}:phone:1"),
        *(f"ka:{customer.id}:1", f"kt:{customer.id}", f"ko:{outlet}", f"kf:{outlet}:note"),
        *(f"km:{outlet}", f"kr:{outlet}", f"an:k:{customer.id}:0", f"az:k:{customer.id}"),
    ):
        pressed = stage.klara.forge(data).wait_answered()
        if data.startswith("an:"):
            acts.sees(stage.klara, "Что делаем?")
            continue
        assert pressed.toast is not None, data
        assert pressed.toast.text == "Не найдено.", data


def _stalls(stage: Stage) -> list[str]:
    return [label for label in stage.anna.screen.labels if label.startswith("Ларёк")]


def _customer_id(stage: Stage, name: str) -> str:
    with stage.app.database.reading() as session:
        return str(session.scalar(select(Customer.id).where(Customer.name == name)))


def _opens_list(stage: Stage) -> None:
    acts.opens(stage.anna)
    acts.press(stage.anna, "👥 Клиенты", "Ваши клиенты")


def _opens_card(stage: Stage) -> None:
    _opens_list(stage)
    acts.press(stage.anna, ROMASHKA, "ИНН: 7731004518")
