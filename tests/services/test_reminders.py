from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from models import Customer, Order, OrderStatus, Product, User
from services import drafts, placing, quantities, reminders
from tests.conftest import NOW
from tests.services import acts

# NOW is noon in Moscow.
TWO_WEEKS = timedelta(days=14)


@pytest.fixture
def draft(session: Session, anna: User, romashka: Customer, water: Product) -> Order:
    return acts.draft(session, anna, romashka, {water: "1 шт"})


def remind(session: Session, at: datetime) -> int:
    session.info["now"] = at
    told = reminders.remind_of_drafts(session)
    session.flush()
    return told


def test_a_draft_is_named_to_its_rep_after_two_weeks_once(
    session: Session, draft: Order, anna: User, clara: User
) -> None:
    assert remind(session, NOW + TWO_WEEKS) == 0
    assert remind(session, NOW + TWO_WEEKS + timedelta(seconds=1)) == 1
    assert remind(session, NOW + TWO_WEEKS + timedelta(hours=1)) == 0
    assert acts.notices(session, anna) == ["draft_forgotten"]
    assert acts.notices(session, clara) == []
    assert draft.status is OrderStatus.DRAFT


def test_a_draft_that_is_touched_counts_anew(session: Session, draft: Order, water: Product) -> None:
    assert remind(session, NOW + TWO_WEEKS + timedelta(hours=1)) == 1
    drafts.set_quantity(session, draft, water, quantities.parse("2 шт", water.units))
    session.flush()
    assert remind(session, NOW + 2 * TWO_WEEKS) == 0
    assert remind(session, NOW + 2 * TWO_WEEKS + timedelta(hours=2)) == 1


@pytest.mark.parametrize(
    ("hour", "minute", "told"), [(8, 59, 0), (9, 0, 1), (19, 59, 1), (20, 0, 0), (3, 0, 0)]
)
def test_nobody_is_woken(session: Session, draft: Order, hour: int, minute: int, told: int) -> None:
    # Moscow is three hours ahead of UTC all year.
    at = datetime(2026, 12, 10, hour, minute, tzinfo=UTC) - timedelta(hours=3)
    assert remind(session, at) == told


def test_a_sent_order_is_no_forgotten_draft(session: Session, draft: Order, anna: User) -> None:
    placing.place(session, draft, anna)
    assert remind(session, NOW + 2 * TWO_WEEKS) == 0


def test_many_are_told_piece_by_piece(session: Session, anna: User) -> None:
    for number in range(reminders.AT_ONCE + 1):
        customer = Customer(sales_rep_id=anna.id, name=f"К{number}", created_at=NOW)
        session.add(customer)
        session.flush()
        drafts.open_for(session, customer.id, anna)
    assert remind(session, NOW + 2 * TWO_WEEKS) == reminders.AT_ONCE
    assert remind(session, NOW + 2 * TWO_WEEKS) == 1
    assert remind(session, NOW + 2 * TWO_WEEKS) == 0
