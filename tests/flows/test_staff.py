"""The administrator's staff by the labels: roles, codes, requests, customers handed over."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from sqlalchemy import select

from demo.people import Person
from models import (
    AccessCode,
    AccessRequest,
    AuditEntry,
    Customer,
    Order,
    OutboxMessage,
    RequestState,
    Role,
    User,
    UserRole,
)
from tests.flows import acts
from tests.flows.stage import Stage

OUTDATED = "Эта кнопка устарела. Вот где вы сейчас."


def user_of(stage: Stage, person: Person) -> User:
    with stage.app.database.reading() as session:
        return session.scalars(select(User).where(User.telegram_id == person.id)).unique().one()


def audited(stage: Stage, action: str) -> AuditEntry:
    with stage.app.database.reading() as session:
        return session.scalars(select(AuditEntry).where(AuditEntry.action == action)).all()[-1]


def test_a_role_is_given_and_taken_and_the_person_hears_of_it(stage: Stage) -> None:
    acts.all_open(stage)
    number = acts.places_order(stage, stage.anna)
    dmitry, anna = stage.dmitry, stage.anna
    acts.opens_staff_card(dmitry, "Анна · торговый представитель")
    acts.press(dmitry, "➕ кладовщик", "Роль: торговый представитель, кладовщик")
    anna.wait_text("Администратор изменил вашу роль. Теперь: торговый представитель, кладовщик")
    acts.comes_to(anna, "/start", "Что делаем?")
    acts.press(anna, "📥 К загрузке", "К загрузке, по окнам")
    order = next(label for label in anna.screen.labels if f"№{number} " in label)
    acts.press(anna, order, "На складе")
    acts.press(anna, "🙋 Взять в работу", "Загружается")
    # What she has in hand as a storekeeper goes back with the role.
    acts.press(dmitry, "✅ кладовщик", "Роль: торговый представитель\n")
    acts.card(stage.boris, number, "На складе")
    entry = audited(stage, "roles")
    assert (entry.before, entry.after) == (
        {"roles": ["sales_rep", "storekeeper"]},
        {"roles": ["sales_rep"]},
    )
    history = acts.press(dmitry, "📜 История", "Кто что изменил").text
    assert "• роль: торговый представитель → торговый представитель, кладовщик" in history
    assert "• роль: торговый представитель, кладовщик → торговый представитель\n" in history + "\n"
    acts.press(dmitry, "↩️ Назад", "Анна")


def test_the_last_administrator_stays_one(stage: Stage) -> None:
    dmitry = stage.dmitry
    acts.opens_staff_card(dmitry, "Дмитрий · администратор")
    assert "🚫 Заблокировать" not in dmitry.screen.labels
    last = "Вы последний администратор"
    toast = dmitry.press("✅ администратор").wait_answered().toast
    assert toast is not None
    assert toast.text.startswith(last)
    own = user_of(stage, dmitry)
    toast = dmitry.forge(f"sfb:{own.id}").wait_answered().toast
    assert toast is not None
    assert toast.text.startswith(last)
    assert user_of(stage, dmitry).roles == {Role.ADMIN}
    # With another one he may go, and sees at once that he did.
    acts.opens_staff_card(dmitry, "Борис · кладовщик")
    acts.press(dmitry, "➕ администратор", "Борис получит все права")
    assert user_of(stage, stage.boris).roles == {Role.STOREKEEPER}
    acts.press(dmitry, "✅ Да, администратор", "Роль: кладовщик, администратор")
    acts.opens_staff_card(dmitry, "Дмитрий · администратор")
    dmitry.press("✅ администратор")
    acts.sees(dmitry, "Введите код доступа")
    assert user_of(stage, dmitry).roles == frozenset()


def test_a_name_and_a_comment_are_typed_and_found(stage: Stage) -> None:
    dmitry = stage.dmitry
    acts.opens_staff_card(dmitry, "Анна · ")
    acts.press(dmitry, "✏️ имя", "Введите новое значение")
    acts.say(dmitry, "x" * 161, "помещается 160 символов")
    acts.say(dmitry, "Анна <Петрова> Ёлкина", "Анна <Петрова> Ёлкина")
    acts.press(dmitry, "✏️ комментарий", "Введите новое значение")
    acts.say(dmitry, "Юг, до 18:00", "📝 Юг, до 18:00")
    acts.press(dmitry, "↩️ К списку", "Сотрудники")
    for piece in ("елкина", "ЮГ 18", "@anna"):
        acts.say(dmitry, piece, f"Найдено по «{piece}»")
        assert [label for label in dmitry.screen.labels if "·" in label] == [
            "Анна <Петрова> Ёлкина · торговый представитель"
        ]
    acts.say(dmitry, "никто", "По запросу «никто» ничего не найдено")
    acts.press(dmitry, "❌ никто", "Чтобы найти, введите")
    entry = audited(stage, "update")
    assert (entry.before, entry.after) == ({"comment": None}, {"comment": "Юг, до 18:00"})


def test_two_hundred_people_are_paged_and_the_way_back_leads_to_the_page(stage: Stage) -> None:
    with stage.app.database.unit_of_work() as session:
        for number in range(200):
            user = User(telegram_id=50_000 + number, name=f"Яков {number:03}", created_at=datetime.now(UTC))
            user.grants = [UserRole(role=Role.STOREKEEPER)]
            session.add(user)
    dmitry = stage.dmitry
    acts.opens(dmitry)
    acts.press(dmitry, "👤 Сотрудники", "Сотрудники")
    seen = set()
    while True:
        seen |= {label for label in dmitry.screen.labels if label.startswith("Яков")}
        if not any(label.startswith("Вперёд") for label in dmitry.screen.labels):
            break
        before = list(dmitry.screen.labels)
        dmitry.press("Вперёд")
        dmitry.wait(lambda who, old=before: who.screen.labels != old)  # type: ignore[misc]
    assert len(seen) == 200
    last = dmitry.screen.labels[0]
    acts.press(dmitry, last, "Роль: кладовщик")
    acts.press(dmitry, "↩️ К списку", "Сотрудники")
    assert last in dmitry.screen.labels


def test_an_open_code_is_listed_and_revoked(stage: Stage) -> None:
    dmitry, olga = stage.dmitry, stage.stranger
    acts.opens(dmitry)
    code, _ = acts.issues_code(dmitry, "торговый представитель", "Игорь")
    press = dmitry.press("❌ Игорь").wait_answered()
    assert press.toast is not None
    assert press.toast.text == "Код отозван: Игорь."
    acts.sees(dmitry, "Коды доступа")
    dmitry.wait(lambda who: "❌ Игорь" not in who.screen.labels)
    olga.start(code)
    acts.sees(olga, "Код не подошёл")
    with stage.app.database.reading() as session:
        revoked = session.scalars(select(AccessCode).where(AccessCode.name == "Игорь")).one()
        assert revoked.revoked_at is not None
    assert audited(stage, "revoke").subject_id == str(revoked.id)


def test_the_code_is_nowhere_once_it_is_sent(stage: Stage) -> None:
    acts.opens(stage.dmitry)
    code, _ = acts.issues_code(stage.dmitry, "кладовщик", "Игорь")
    acts.press(stage.dmitry, "🏠 Меню", "Что делаем?")

    def kept(_: Person) -> bool:
        with stage.app.database.reading() as session:
            return any(code in str(payload) for payload in session.scalars(select(OutboxMessage.payload)))

    stage.dmitry.wait(lambda who: not kept(who), complaint="the code is still in the outbox")


def test_who_asked_and_then_came_by_a_code_is_not_approved_into_a_second_role(stage: Stage) -> None:
    dmitry, olga = stage.dmitry, stage.stranger
    acts.opens(dmitry)
    _asks(olga)
    request = dmitry.wait_text("Заявка на доступ")
    olga.start(stage.code)
    acts.sees(olga, "Роль: торговый представитель")
    toast = dmitry.press("✅ Кладовщик", message=request).wait_answered().toast
    assert toast is not None
    assert toast.text == "По этой заявке решение уже принято."
    dmitry.wait_text("Вошёл по коду доступа")
    assert user_of(stage, olga).roles == {Role.SALES_REP}


def test_a_request_that_waits_is_found_in_the_list(stage: Stage) -> None:
    dmitry, olga = stage.dmitry, stage.stranger
    acts.opens(dmitry)
    _asks(olga)
    dmitry.wait_text("Заявка на доступ")
    acts.comes_to(dmitry, "/start", "Что делаем?")
    acts.press(dmitry, "👤 Сотрудники · 1", "Сотрудники")
    acts.press(dmitry, "✉️ Заявки · 1", "Заявки на доступ:")
    acts.press(dmitry, "Ольга · ", "@olga")
    acts.press(dmitry, "⛔ Отклонить", "Отклонено")
    acts.press(dmitry, "↩️ К списку", "Заявок нет")
    olga.wait_text("Администратор отклонил заявку")
    with stage.app.database.reading() as session:
        assert session.scalars(select(AccessRequest)).one().state is RequestState.REJECTED


def test_who_types_wrong_codes_is_listed_and_let_try_again(stage: Stage) -> None:
    dmitry, olga = stage.dmitry, stage.stranger
    acts.opens(dmitry)
    olga.start()
    for number in range(5):
        typed = olga.send(f"WRONG-{number}")
        olga.wait(lambda who, gone=typed: gone not in who.messages)  # type: ignore[misc]
    dmitry.wait_text("Пять неверных кодов доступа")
    acts.comes_to(dmitry, "/staff", "Сотрудники")
    acts.press(dmitry, "🔑 Коды доступа", "Коды доступа")
    acts.press(dmitry, "🔒 Неверные коды", f"🔒 Ольга @olga (id {olga.id}): заблокирован до ")
    acts.press(dmitry, "🔓 Ольга", "Неверных кодов никто не вводил")
    olga.start(stage.code)
    acts.sees(olga, "Роль: торговый представитель")
    assert [audited(stage, action).subject_id for action in ("lock", "unlock")] == [str(olga.id)] * 2


def test_who_logs_out_leaves_a_trace(stage: Stage) -> None:
    acts.opens(stage.anna)
    stage.anna.command("/logout")
    acts.sees(stage.anna, "Выйти из бота?")
    acts.press(stage.anna, "✅ Да, выйти", "Введите код доступа")
    entry = audited(stage, "log_out")
    assert (entry.before, entry.after) == ({"roles": ["sales_rep"]}, {"roles": []})
    acts.opens_staff_card(stage.dmitry, "Анна · —")
    acts.press(stage.dmitry, "📜 История", "Анна: выход из бота")


def test_who_is_blocked_hears_so_at_the_next_press(stage: Stage) -> None:
    acts.all_open(stage)
    anna, dmitry = stage.anna, stage.dmitry
    acts.opens_staff_card(dmitry, "Анна · ")
    acts.press(dmitry, "➕ администратор", "Сделать администратором?")
    acts.press(dmitry, "✅ Да, администратор", "Роль: торговый представитель, администратор")
    # Even where the button is one that others do not find.
    for command, label in (("/start", "🛒 Новый заказ"), ("/staff", "📣 Рассылка")):
        acts.comes_to(anna, command, "?" if command == "/start" else "Сотрудники")
        acts.press(dmitry, "🚫 Заблокировать", "Анна больше не войдёт в бота")
        acts.press(dmitry, "🚫 Да, заблокировать", "⛔ заблокирован")
        pressed = anna.press(label).wait_answered()
        assert pressed.toast is not None
        assert pressed.toast.text == "Нет доступа."
        acts.press(dmitry, "✅ Разблокировать", "Роль: торговый представитель, администратор")
    acts.comes_to(anna, "/start", "Что делаем?")


def test_a_block_is_asked_about_and_says_what_went_back(stage: Stage) -> None:
    acts.all_open(stage)
    dmitry, boris = stage.dmitry, stage.boris
    number = acts.places_order(stage, stage.anna)
    acts.on_card(boris, number, "🙋 Взять в работу", "Загружается")
    acts.opens_staff_card(dmitry, "Борис · ")
    acts.press(dmitry, "🚫 Заблокировать", f"Заказы в работе (№{number}) вернутся в очередь.")
    acts.press(dmitry, "↩️ Назад", "Роль: кладовщик")
    assert user_of(stage, boris).is_active
    acts.press(dmitry, "🚫 Заблокировать", "Борис больше не войдёт в бота")
    acts.press(dmitry, "🚫 Да, заблокировать", f"↩️ Вернулись в очередь: №{number}")
    stage.anna.wait_text("вернул в очередь Дмитрий: Борис заблокирован")
    acts.comes_to(dmitry, "/journal", "Все заказы")
    acts.press(dmitry, f"📥 №{number} ", "возвращён в очередь, Дмитрий: Борис заблокирован")
    acts.press(dmitry, "📜 Изменения", "причина: — → Борис заблокирован")


def test_who_loses_the_last_role_is_told(stage: Stage) -> None:
    acts.all_open(stage)
    acts.opens_staff_card(stage.dmitry, "Пётр · ")
    acts.press(stage.dmitry, "✅ кладовщик", "Роль: —")
    stage.petr.wait_text("Администратор снял вашу роль")


def test_a_code_meant_for_somebody_else_lets_nobody_in_who_is_blocked(stage: Stage) -> None:
    acts.all_open(stage)
    petr, dmitry, olga = stage.petr, stage.dmitry, stage.stranger
    with stage.app.database.unit_of_work() as session:
        session.get_one(User, user_of(stage, petr).id).is_active = False
    # Wrong and right read the same to who is blocked.
    for code in ("WRONG-12345", stage.code):
        typed = petr.start(code)
        petr.wait_text("Код не подошёл. Проверьте его или попросите у администратора новый.", after=typed)
    assert not user_of(stage, petr).is_active
    notice = dmitry.wait_text("Пётр в блокировке, но ввёл действующий код доступа (выдан на имя: Ольга)")
    assert sum("Пётр в блокировке" in message.text for message in dmitry.received) == 1
    dmitry.press("🔑 Коды доступа", message=notice)
    acts.offers(dmitry, "❌ Ольга")
    olga.start(stage.code)
    acts.sees(olga, "Здравствуйте, Ольга! Роль: торговый представитель")


def test_a_request_approved_offers_to_revoke_the_code_issued_for_that_name(stage: Stage) -> None:
    dmitry, olga = stage.dmitry, stage.stranger
    acts.opens(dmitry)
    _asks(olga)
    request = dmitry.wait_text("Заявка на доступ")
    dmitry.press("✅ Кладовщик", message=request)
    approved = dmitry.wait_text("На это имя есть неиспользованный код. Отозвать?")
    dmitry.press("❌ Код: Ольга", message=approved)
    dmitry.wait(lambda who: not any("На это имя" in message.text for message in who.messages))
    other = stage.api.person(2001, "Игорь", "igor")
    other.start(stage.code)
    acts.sees(other, "Код не подошёл")


def test_a_rep_s_customers_and_drafts_go_to_another_by_a_typed_code(stage: Stage) -> None:
    acts.all_open(stage)
    anna, klara, dmitry = stage.anna, stage.klara, stage.dmitry
    acts.fills_order(stage, anna)
    acts.opens(anna)
    number = acts.places_order(stage, anna, "ООО «Продукты у дома»")
    owned = _customers(stage, anna)
    acts.opens_staff_card(dmitry, "Анна · ")
    acts.press(dmitry, "👥 Передать клиентов", "Кому передать клиентов (Анна)?")
    text = acts.press(dmitry, "Клара", "Анна → Клара").text
    assert f"Клиенты: {len(owned)}\nОткрытые черновики: 1" in text
    code = _code(text)
    wrong = "1000" if code != "1000" else "1001"
    acts.say(dmitry, wrong, "Код не совпал, ничего не сделано")
    assert _customers(stage, anna) == owned
    # What changes meanwhile changes the code: the old one confirms what is no more so.
    acts.opens(anna)
    acts.fills_order(stage, anna, "ООО «Продукты у дома»")
    acts.say(dmitry, code, "Открытые черновики: 2")
    assert _customers(stage, anna) == owned
    acts.say(dmitry, _code(dmitry.screen.text), f"✅ Передано (Клара): клиенты — {len(owned)}, черновики — 2")
    anna.wait_text(f"Ваших клиентов теперь ведёт Клара: клиенты — {len(owned)}")
    klara.wait_text(f"Теперь ваши: клиенты (Анна) — {len(owned)}")
    assert _customers(stage, anna) == set()
    acts.opens(klara)
    acts.press(klara, "🛒 Новый заказ", "Для кого заказ?")
    acts.press(klara, "✏️ ООО «Ромашка»", "Черновик")
    acts.press(klara, "✅ Отправить на склад", "отправлен на склад")
    # The sent one stays Анна's.
    with stage.app.database.reading() as session:
        sent = session.scalars(select(Order).where(Order.number == number)).one()
        assert sent.sales_rep.name == "Анна"
    acts.opens(anna)
    acts.press(anna, "👥 Клиенты", "Ваши клиенты")
    assert "ООО «Ромашка»" not in anna.screen.labels
    entry = audited(stage, "hand_over")
    assert entry.before == {"sales_rep": "Анна", "customers": len(owned), "drafts": 2}


def test_an_administrator_who_reads_english_works_in_it(stage: Stage) -> None:
    dmitry = stage.dmitry
    words = acts.speaks(dmitry, "en")
    acts.press(dmitry, words(":bust_in_silhouette: Staff"), words("<b>Staff</b>"))
    acts.press(dmitry, "Анна · sales rep", words.head("Role: {roles}"))
    acts.press(dmitry, "➕ storekeeper", "Role: sales rep, storekeeper")
    acts.press(dmitry, words(":scroll: History"), "role: sales rep → sales rep, storekeeper")
    acts.press(dmitry, words(":leftwards_arrow_with_hook: Back"), "Role: sales rep, storekeeper")
    acts.press(dmitry, words(":busts_in_silhouette: Hand customers over"), "Who takes over the customers")
    acts.press(dmitry, "Клара", "To hand over, type")
    assert re.search("[А-Яа-яЁё]", dmitry.screen.text.replace("Анна", "").replace("Клара", "")) is None


def _asks(person: Person) -> None:
    person.start()
    acts.sees(person, "Введите код доступа")
    person.press("✉️ Попросить доступ")
    person.wait_text("свой контакт")
    person.send_contact("+79995556677")
    person.wait_text("Заявка отправлена администратору")


def _code(text: str) -> str:
    found = re.search(r"введите код (\d{4})", text)
    assert found is not None
    return found[1]


def _customers(stage: Stage, rep: Person) -> set[str]:
    with stage.app.database.reading() as session:
        query = select(Customer.name).join(User, User.id == Customer.sales_rep_id)
        return set(session.scalars(query.where(User.telegram_id == rep.id)))
