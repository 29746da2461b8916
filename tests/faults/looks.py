"""Looking at what a bot in this process has done: its rows, and what people see of it."""

from __future__ import annotations

from sqlalchemy import select

from demo.people import Person
from models import InboxState, InboxUpdate, OrderLine, OutboxMessage, OutboxState, User
from tests.faults.far_ends import wait_until
from tests.flows import acts
from tests.flows.stage import Stage


def quantity(stage: Stage) -> int:
    """How many pieces are in the only order."""
    with stage.app.database.reading() as session:
        return session.scalars(select(OrderLine.quantity)).one_or_none() or 0


def outgoing(stage: Stage, chat: Person) -> list[OutboxMessage]:
    with stage.app.database.reading() as session:
        query = select(OutboxMessage).where(OutboxMessage.lane == str(chat.id)).order_by(OutboxMessage.id)
        return list(session.scalars(query))


def opens_a_product(stage: Stage, person: Person) -> None:
    acts.opens(person)
    acts.press(person, "🛒 Новый заказ", "Для кого заказ?")
    acts.press(person, "ООО «Ромашка»", "Каталог")
    acts.press(person, "Бакалея", "Бакалея")
    acts.press(person, "Крупы", "Крупы")
    acts.press(person, "Гречка", "Сколько?")


def said(person: Person, piece: str) -> int:
    return len([message for message in person.received if piece in message.text])


def each_update_once(stage: Stage) -> None:
    with stage.app.database.reading() as session:
        rows = session.execute(select(InboxUpdate.update_id, InboxUpdate.state)).all()
    assert {state for _, state in rows} == {InboxState.DONE}
    assert len({update_id for update_id, _ in rows}) == len(rows)


def unreachable(stage: Stage) -> list[int]:
    with stage.app.database.reading() as session:
        return list(session.scalars(select(User.telegram_id).where(User.unreachable_at.is_not(None))))


def wait_until_handled(stage: Stage) -> None:
    stage.api.wait_fetched()

    def waiting() -> bool:
        with stage.app.database.reading() as session:
            query = select(InboxUpdate.id).where(InboxUpdate.state == InboxState.WAITING)
            return session.scalars(query).first() is not None

    wait_until(lambda: not waiting(), "updates still wait")


def wait_until_sent(stage: Stage, person: Person) -> None:
    wait_until_handled(stage)

    def is_open() -> bool:
        return any(row.state in (OutboxState.WAITING, OutboxState.SENDING) for row in outgoing(stage, person))

    wait_until(lambda: not is_open(), "messages still wait")
