"""What becomes of a report that was worked out while the person did something else."""

from __future__ import annotations

from datetime import date
from types import SimpleNamespace
from typing import Any

import pytest
import telebot
from sqlalchemy import select
from sqlalchemy.orm import Session

from handlers import analytics as screens
from handlers import conversation as conversations
from handlers.callbacks import Data
from handlers.menu import Menu
from handlers.registry import register_all
from handlers.routing import Router
from models import OutboxMessage, Role, User, UserRole
from services import analytics
from services.analytics import What
from services.report_periods import Cycle, ReportPeriod

DAY = date(2026, 11, 20)
PERIOD = ReportPeriod(DAY, DAY, Cycle.DAY)


@pytest.fixture
def router() -> Router:
    made = Router(telebot.TeleBot("1:abcdefghij", threaded=False))
    register_all(made)
    return made


def done(
    session: Session, router: Router, person: User, *, here: Data, asked: Data, result: Any
) -> list[str]:
    """Bring a job's result while the person looks at ``here``; return the texts that go out."""
    talk = conversations.get(session, person.telegram_id)
    talk.here, talk.message_id = here.pack(), 7
    payload = {"chat_id": person.telegram_id, "report": asked.pack()}
    row: Any = SimpleNamespace(name=screens.COUNT, payload=payload)
    router.job_done(session, row, result)
    session.flush()
    rows = session.scalars(select(OutboxMessage).where(OutboxMessage.lane == str(person.telegram_id)))
    return [row.payload["text"] for row in rows]


def asked_for(what: What = What.TOTALS, page: int = 0) -> screens.Report:
    return screens.Report(Cycle.DAY, DAY, DAY, what, page)


def test_who_still_waits_sees_the_report(session: Session, router: Router, dmitry: User) -> None:
    report = analytics.compute(session, What.TOTALS, PERIOD)
    [text] = done(session, router, dmitry, here=asked_for(), asked=asked_for(), result=report)
    assert "Оборот" in text


@pytest.mark.parametrize("here", [Menu(), screens.Analytics(), asked_for(What.REPS), asked_for(page=1)])
def test_who_has_gone_on_is_left_alone(session: Session, router: Router, dmitry: User, here: Data) -> None:
    report = analytics.compute(session, What.TOTALS, PERIOD)
    assert done(session, router, dmitry, here=here, asked=asked_for(), result=report) == []


@pytest.mark.parametrize("roles", [[], [Role.STOREKEEPER]])
def test_who_is_an_administrator_no_more_sees_nothing(
    session: Session, router: Router, dmitry: User, roles: list[Role]
) -> None:
    report = analytics.compute(session, What.TOTALS, PERIOD)
    dmitry.grants = [UserRole(role=role) for role in roles]
    session.flush()
    assert done(session, router, dmitry, here=asked_for(), asked=asked_for(), result=report) == []


def test_a_report_that_failed_says_so(session: Session, router: Router, dmitry: User) -> None:
    error = RuntimeError("disk")
    [text] = done(session, router, dmitry, here=asked_for(), asked=asked_for(), result=error)
    assert "Отчёт не посчитался" in text


def test_a_page_that_is_there_no_more_is_the_last(session: Session, router: Router, dmitry: User) -> None:
    asked = asked_for(What.PRODUCTS, page=99)
    report = analytics.compute(session, What.PRODUCTS, PERIOD)
    [text] = done(session, router, dmitry, here=asked, asked=asked, result=report)
    assert "За этот период ничего нет." in text
    here = conversations.address(conversations.get(session, dmitry.telegram_id))
    assert here == asked_for(What.PRODUCTS)
