"""What nobody takes, what is late, and the two digests: told once, in working hours, after a restart too."""

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from models import Customer, Order, OutboxMessage, Product, User
from runtime.ticker import REMINDERS
from services import company, digests, loading, orders, placing
from tests.conftest import NOW
from tests.services import acts

pytestmark = pytest.mark.both_engines


def at(session: Session, moment: datetime) -> None:
    """Go on at another time; NOW is Friday noon in Moscow, the warehouse works from 9 to 18."""
    session.info["now"] = moment


def remind(session: Session) -> None:
    """What the ticker has done every minute."""
    for task in REMINDERS:
        task(session)


@pytest.fixture
def order(session: Session, anna: User, romashka: Customer, water: Product) -> Order:
    return acts.placed(session, anna, romashka, {water: "10"})


def told(session: Session, user: User, name: str) -> int:
    return acts.notices(session, user).count(name)


def test_storekeepers_are_reminded_after_half_an_hour_and_administrators_after_an_hour(
    session: Session, order: Order, boris: User, petr: User, dmitry: User
) -> None:
    for minutes, keepers, admins in [(29, 0, 0), (30, 1, 0), (31, 1, 0), (59, 1, 0), (60, 1, 1), (90, 1, 1)]:
        at(session, NOW + timedelta(minutes=minutes))
        remind(session)
        assert (told(session, boris, "order_waits"), told(session, petr, "order_waits")) == (keepers, keepers)
        assert told(session, dmitry, "order_waits_long") == admins


def test_nobody_is_reminded_of_what_is_taken_and_a_release_counts_anew(
    session: Session, order: Order, boris: User
) -> None:
    loading.claim(session, order.id, boris)
    at(session, NOW + timedelta(minutes=40))
    remind(session)
    loading.release(session, order.id, boris)
    remind(session)
    assert told(session, boris, "order_waits") == 0
    at(session, NOW + timedelta(minutes=70))
    remind(session)
    assert told(session, boris, "order_waits") == 1


def test_the_night_is_quiet_and_minutes_count_from_the_opening(
    session: Session, order: Order, boris: User
) -> None:
    # Friday 18:00, Saturday noon and Monday 9:29 in Moscow; then Monday 9:30.
    for moment, expected in [
        (datetime(2026, 11, 20, 15, 0, tzinfo=UTC), 0),
        (datetime(2026, 11, 21, 9, 0, tzinfo=UTC), 0),
        (datetime(2026, 11, 23, 6, 29, tzinfo=UTC), 0),
        (datetime(2026, 11, 23, 6, 30, tzinfo=UTC), 1),
    ]:
        at(session, moment)
        remind(session)
        assert told(session, boris, "order_waits") == expected, moment


def test_a_load_not_confirmed_when_its_window_begins_is_told_once(
    session: Session, order: Order, boris: User, petr: User, dmitry: User
) -> None:
    loading.claim(session, order.id, boris)
    # The window is Monday 9–11.
    for moment, expected in [
        (datetime(2026, 11, 20, 14, 0, tzinfo=UTC), 0),
        (datetime(2026, 11, 23, 6, 0, tzinfo=UTC), 1),
        (datetime(2026, 11, 23, 6, 1, tzinfo=UTC), 1),
    ]:
        at(session, moment)
        remind(session)
        assert told(session, boris, "load_late") == told(session, dmitry, "load_late") == expected, moment
    assert told(session, petr, "load_late") == 0


def test_the_digests_go_out_once_a_working_day(session: Session, boris: User, dmitry: User) -> None:
    store = company.warehouse(session)
    store.morning_digest_on = store.evening_digest_on = date(2026, 11, 19)
    friday = datetime(2026, 11, 20, tzinfo=UTC)
    for moment, morning, evening in [
        (friday.replace(hour=4, minute=59), 0, 0),
        (friday.replace(hour=5), 1, 0),
        (friday.replace(hour=5, minute=1), 1, 0),
        (friday.replace(hour=15, minute=59), 1, 0),
        (friday.replace(hour=16), 1, 1),
        (friday + timedelta(days=1, hours=12), 1, 1),
        (friday + timedelta(days=3, hours=16), 2, 2),
    ]:
        at(session, moment)
        digests.send_due(session)
        assert told(session, boris, "morning_digest") == morning, moment
        assert told(session, dmitry, "evening_digest") == evening, moment
    assert told(session, boris, "evening_digest") == 0


def test_a_digest_that_is_switched_off_stays_so(session: Session, boris: User) -> None:
    store = company.warehouse(session)
    store.morning_digest_on, store.morning_digest_at = date(2026, 11, 19), None
    digests.send_due(session)
    assert told(session, boris, "morning_digest") == 0


def test_the_morning_says_what_is_to_be_loaded(
    session: Session, order: Order, anna: User, romashka: Customer, water: Product, buckwheat: Product
) -> None:
    water.weight_grams = 1_500
    acts.placed(session, anna, romashka, {water: "2", buckwheat: "1"})
    water.low_stock = 88_000
    session.flush()
    day = digests.morning(session, date(2026, 11, 23))
    # 12 bottles of 1,5 kg; of the buckwheat the weight is not known.
    assert [(load.orders, load.weight_grams, load.is_weight_known) for load in day.windows] == [
        (2, 18_000, False)
    ]
    assert (day.left_over, [product.name for product in day.low]) == (0, ["Вода"])
    assert digests.morning(session, date(2026, 11, 24)).left_over == 2


def test_the_evening_says_how_the_day_went(
    session: Session, order: Order, anna: User, boris: User, romashka: Customer, water: Product
) -> None:
    loading.claim(session, order.id, boris)
    loading.set_loaded(session, order.id, order.lines[0].id, boris, 4_000, "damaged")
    loading.confirm_load(session, order.id, boris)
    other = acts.placed(session, anna, romashka, {water: "1"})
    session.flush()
    day = digests.evening(session, NOW - timedelta(hours=12), NOW + timedelta(hours=1))
    amount = (order.total_amount or 0) + (other.total_amount or 0)
    assert (day.placed, day.placed_amount, day.loaded, day.short_lines, day.waiting) == (2, amount, 1, 1, 1)
    before = digests.evening(session, NOW - timedelta(hours=24), NOW)
    assert (before.placed, before.loaded) == (0, 0)


def test_what_happens_after_a_digest_is_in_the_next(
    session: Session, anna: User, dmitry: User, romashka: Customer, water: Product
) -> None:
    store = company.warehouse(session)
    store.evening_digest_on = date(2026, 11, 18)
    sums = []
    for day in (19, 20, 23):
        # At 19:00 in Moscow the digest, an hour later an order.
        at(session, datetime(2026, 11, day, 16, 0, tzinfo=UTC))
        digests.send_due(session)
        at(session, datetime(2026, 11, day, 17, 0, tzinfo=UTC))
        late = acts.draft(session, anna, romashka, {water: "1"}, day=date(2026, 11, 25))
        placing.place(session, late, anna, duplicate_is_meant=True)
    session.flush()
    for row in session.scalars(select(OutboxMessage).where(OutboxMessage.name == "notice.evening_digest")):
        since, until = (datetime.fromisoformat(row.payload[name]) for name in ("since", "until"))
        sums.append(digests.evening(session, since, until).placed)
    assert sums == [0, 1, 1]


def test_what_happens_before_a_digest_that_is_late_is_in_one_of_them(
    session: Session, anna: User, romashka: Customer, water: Product
) -> None:
    company.warehouse(session).evening_digest_on = date(2026, 11, 18)
    sums = []
    for day in (19, 20):
        # Due at 19:00 in Moscow; the bot stood still and sends it at 22:00.
        at(session, datetime(2026, 11, day, 17, 0, tzinfo=UTC))
        late = acts.draft(session, anna, romashka, {water: "1"}, day=date(2026, 11, 25))
        placing.place(session, late, anna, duplicate_is_meant=True)
        at(session, datetime(2026, 11, day, 19, 0, tzinfo=UTC))
        digests.send_due(session)
    session.flush()
    for row in session.scalars(select(OutboxMessage).where(OutboxMessage.name == "notice.evening_digest")):
        since, until = (datetime.fromisoformat(row.payload[name]) for name in ("since", "until"))
        sums.append(digests.evening(session, since, until).placed)
    # Yesterday's is told of today; today's will be tomorrow.
    assert sums == [0, 1]


def test_the_queue_is_narrowed_by_day_and_by_hands(
    session: Session, order: Order, anna: User, boris: User, petr: User, romashka: Customer, water: Product
) -> None:
    other = acts.draft(session, anna, romashka, {water: "1"}, day=date(2026, 11, 24))
    placing.place(session, other, anna)
    loading.claim(session, other.id, boris)
    assert [own.id for own in orders.to_load(session, boris).items] == [order.id, other.id]
    assert [own.id for own in orders.to_load(session, boris, own=True).items] == [other.id]
    assert orders.to_load(session, petr, own=True).items == ()
    assert [own.id for own in orders.to_load(session, petr, 0, date(2026, 11, 23)).items] == [order.id]
    assert orders.days_to_load(session, boris) == [(date(2026, 11, 23), 1), (date(2026, 11, 24), 1)]
    assert orders.count_to_load(session) == 2
