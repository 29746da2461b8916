"""The boundary by itself; whole conversations are in tests/flows."""

from dataclasses import dataclass
from typing import Any

import pytest
import telebot
from sqlalchemy import select
from sqlalchemy.orm import Session

from handlers.access import Welcome
from handlers.addresses import Address, LoadCard, MyOrders
from handlers.callbacks import Data
from handlers.menu import Menu
from handlers.registry import register_all
from handlers.routing import Router
from handlers.texts import texts_for
from models import Conversation, OutboxKind, OutboxMessage, OutboxState, Role, User, UserRole
from runtime.lanes import Item
from services import notifications, outbox
from services.errors import Conflict, Forbidden
from services.outbox import Outcome
from tests.conftest import Cast

STRANGER = 9001


@pytest.fixture(scope="module")
def router() -> Router:
    made = Router(telebot.TeleBot("1:token", threaded=False))
    register_all(made)
    return made


def person(telegram_id: int) -> dict[str, Any]:
    return {
        "id": telegram_id,
        "is_bot": False,
        "first_name": "Имя",
        "last_name": "Фамилия",
        "username": "nick",
    }


def typed(
    text: str, telegram_id: int = 1001, message_id: int = 10, chat: dict[str, Any] | None = None
) -> dict[str, Any]:
    chat = chat or {"id": telegram_id, "type": "private"}
    message = {"message_id": message_id, "date": 1, "chat": chat, "from": person(telegram_id), "text": text}
    return {"update_id": 1, "message": message}


def pressed(data: str, telegram_id: int = 1001, message_id: int = 10) -> dict[str, Any]:
    message = {
        "message_id": message_id,
        "date": 1,
        "chat": {"id": telegram_id, "type": "private"},
        "text": "x",
    }
    query = {"id": "q1", "from": person(telegram_id), "chat_instance": "1", "data": data, "message": message}
    return {"update_id": 1, "callback_query": query}


def sent(session: Session, chat_id: int = 1001) -> list[tuple[str, dict[str, Any]]]:
    """What goes to a chat, in order."""
    query = select(OutboxMessage).where(OutboxMessage.lane == str(chat_id)).order_by(OutboxMessage.id)
    return [(row.name, row.payload) for row in session.scalars(query)]


def here(session: Session, chat_id: int = 1001) -> str | None:
    return session.get_one(Conversation, chat_id).here


def labels(router: Router, *roles: Role) -> list[str]:
    return [
        texts_for("ru").plain(entry.label).replace("\ufe0f", "")
        for entry in router.menu_for(frozenset(roles))
    ]


def test_every_role_has_its_menu_and_who_holds_two_has_both_once(router: Router) -> None:
    rep = labels(router, Role.SALES_REP)
    assert rep[:4] == ["🛒 Новый заказ", "📋 Мои заказы", "👥 Клиенты", "📦 Каталог"]
    assert rep[-2:] == ["⚙ Настройки", "❓ Помощь"]
    assert labels(router, Role.STOREKEEPER)[0] == "📥 К загрузке"
    assert "👤 Сотрудники" in labels(router, Role.ADMIN)
    both = labels(router, Role.SALES_REP, Role.STOREKEEPER)
    assert set(both) == set(rep) | set(labels(router, Role.STOREKEEPER))
    assert len(both) == len(set(both))
    assert labels(router) == []


def test_a_menu_leads_only_where_its_role_may_go(router: Router) -> None:
    for role in Role:
        for entry in router.menu_for(frozenset({role})):
            allowed = router.kinds()[type(entry.data)].roles
            assert not allowed or role in allowed, entry.label


def test_a_press_tells_which_message_the_screen_became(router: Router, session: Session, cast: Cast) -> None:
    # The answer to the sendMessage isn't there yet: the next screen belongs where the button was.
    router.handle(session, typed("/start"))
    router.handle(session, pressed(MyOrders().pack(), message_id=11))
    method, params = sent(session)[-1]
    assert (method, params.get("message_id")) == ("editMessageText", 11)


def test_commands_are_shown_to_who_may_use_them(router: Router) -> None:
    def names(*roles: Role) -> set[str]:
        return {command["command"] for command in router.commands_for(frozenset(roles), "ru")}

    assert names() == {"start", "cancel", "help"}
    assert {"new", "orders", "logout"} <= names(Role.SALES_REP)
    assert "queue" in names(Role.STOREKEEPER) - names(Role.SALES_REP)
    assert "staff" in names(Role.ADMIN) - names(Role.STOREKEEPER)
    for language in ("ru", "en"):
        for command in router.commands_for(frozenset(Role), language):
            assert 1 <= len(command["description"]) <= 256


@pytest.mark.parametrize("state", OutboxState)
def test_a_secret_is_gone_from_its_row_however_it_ends(
    router: Router, session: Session, dmitry: User, state: OutboxState
) -> None:
    words: dict[str, Any] = {"text": "KEY", "about": {"is_secret": True, "instead": {"text": "KEY"}}}
    outbox.call(session, dmitry.telegram_id, "sendMessage", words)
    [row] = outbox.take_due(session)
    item = Item(row.id, row.lane, 0, row.name, {"text": "KEY"}, words["about"])
    router.delivered(session, Outcome(row.id, state, 1, error="unreachable"), item)
    has_ended = state in (OutboxState.SENT, OutboxState.FAILED, OutboxState.SUPERSEDED)
    assert ("KEY" not in str(sent(session, dmitry.telegram_id))) == has_ended


def test_a_stranger_is_asked_for_the_code(router: Router, session: Session) -> None:
    router.handle(session, typed("/start", STRANGER))
    [(method, params)] = sent(session, STRANGER)
    assert method == "sendMessage"
    assert "Введите код доступа" in params["text"]
    assert here(session, STRANGER) == Welcome().pack()


@pytest.mark.parametrize("data", [Menu(), MyOrders(0), LoadCard(1), Address(1)])
def test_a_stranger_s_press_opens_nothing(router: Router, session: Session, data: Data) -> None:
    update = pressed(data.pack(), STRANGER)
    try:
        router.handle(session, update)
    except Forbidden as error:
        router.refuse(session, update, error)
    texts = [params.get("text", "") for _, params in sent(session, STRANGER)]
    assert any("Введите код доступа" in text for text in texts)
    assert here(session, STRANGER) == Welcome().pack()


@pytest.mark.parametrize(
    ("kind", "telegram_id"),
    [(LoadCard(1), 1001), (MyOrders(0), 1002), (MyOrders(0), 1004), (Address(1), 1002)],
)
def test_a_button_of_another_role_is_refused(
    router: Router, session: Session, kind: Data, telegram_id: int
) -> None:
    router.handle(session, typed("/start", telegram_id))
    with pytest.raises(Forbidden):
        router.handle(session, pressed(kind.pack(), telegram_id, message_id=11))


def test_a_refused_press_is_answered_by_a_pop_up(router: Router, session: Session) -> None:
    router.handle(session, typed("/start"))
    answer = router.refuse(session, pressed(MyOrders(0).pack(), message_id=11), Conflict("nothing_loaded"))
    assert answer is not None
    assert (answer.query_id, answer.is_alert) == ("q1", True)
    assert (answer.text or "").startswith("Ничего не загружено")


@pytest.mark.parametrize("data", ["", "nosuch:1", "a:x", "a:1:2:3", "a:" + "9" * 60])
def test_a_forged_button_changes_nothing_and_shows_where_one_is(
    router: Router, session: Session, data: str
) -> None:
    router.handle(session, typed("/start"))
    before = here(session)
    answer = router.handle(session, pressed(data, message_id=11))
    assert answer is not None
    assert "устарела" in (answer.text or "")
    assert here(session) == before == Menu().pack()


def test_a_button_of_an_old_screen_is_out_of_date(router: Router, session: Session) -> None:
    router.handle(session, typed("/start", message_id=10))
    session.get_one(Conversation, 1001).message_id = 20
    router.handle(session, typed("/orders", message_id=21))
    answer = router.handle(session, pressed(MyOrders(0).pack(), message_id=20))
    assert answer is not None
    assert "устарела" in (answer.text or "")


def test_a_command_in_the_middle_of_a_step_is_a_command(router: Router, session: Session) -> None:
    router.handle(session, typed("/new"))
    router.handle(session, typed("/cancel", message_id=12))
    assert here(session) == Menu().pack()
    assert "Отменено" in sent(session)[-1][1]["text"]


def test_a_group_is_told_once(router: Router, session: Session) -> None:
    group = {"id": -100, "type": "supergroup", "title": "Склад"}
    for number in range(3):
        router.handle(session, typed("привет", chat=group, message_id=number))
    assert [method for method, _ in sent(session, -100)] == ["sendMessage"]


def test_an_error_of_ours_is_apologised_for_under_its_id(router: Router, session: Session) -> None:
    answer = router.apologise(session, pressed("o:1:0"), "abcd1234")
    assert answer is not None
    assert "abcd1234" in sent(session)[-1][1]["text"]
    assert sent(session, 1004)[-1][0] == "notice.handler_failed"


def test_who_blocks_the_bot_is_noted(router: Router, session: Session, boris: User) -> None:
    change = {
        "chat": {"id": boris.telegram_id, "type": "private"},
        "from": person(boris.telegram_id),
        "date": 1,
        "old_chat_member": {"status": "member", "user": person(1)},
        "new_chat_member": {"status": "kicked", "user": person(1), "until_date": 0},
    }
    router.handle(session, {"update_id": 1, "my_chat_member": change})
    assert boris.unreachable_at is not None
    router.handle(session, typed("/start", boris.telegram_id))
    assert boris.unreachable_at is None


def test_a_notice_speaks_its_reader_s_language(
    router: Router, session: Session, anna: User, dmitry: User
) -> None:
    dmitry.language = "en"
    anna.grants.append(UserRole(role=Role.ADMIN))
    session.flush()
    notifications.tell_admins(session, "handler_failed", error_id="abcd1234", name="Борис <b>")
    texts = {}
    for row in outbox.take_due(session):
        rendered = router.render(session, row)
        assert rendered is not None
        texts[row.lane] = rendered[1]["text"]
    assert "Внутренняя ошибка" in texts["1001"]
    assert "An error of ours" in texts["1004"]
    assert all("Борис &lt;b&gt;" in text for text in texts.values())


def test_a_notice_whose_order_is_gone_is_not_sent(router: Router, session: Session, anna: User) -> None:
    params = {"chat_id": anna.telegram_id, "order_id": 999, "keeper": "Борис"}
    outbox.add(session, OutboxKind.TELEGRAM, str(anna.telegram_id), "notice.order_claimed", params)
    [row] = outbox.take_due(session)
    assert router.render(session, row) is None


def test_an_update_past_the_processor_is_a_mistake_of_ours(cast: Cast) -> None:
    @dataclass
    class Message:
        """The little that is looked at first."""

        chat: Any = None

    with pytest.raises(RuntimeError, match="past the processor"):
        Router(telebot.TeleBot("1:token", threaded=False))._on_message(Message())  # type: ignore[arg-type]
