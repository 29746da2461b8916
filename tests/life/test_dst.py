"""Days of 23 and of 25 hours: what is due at an hour that comes twice, or never, is done once."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, time, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from demo.people import Person
from models import Product, WorkingHours
from services import company, schedule, stock
from tests.faults import offices
from tests.flows import acts
from tests.life.life import Life, living

DUE_AT = time(2, 35)
_DAY = re.compile(r"\d\d\.\d\d\.\d{4}")
_PLACED = re.compile(r"Оформлено: (\d+)")
STEP = timedelta(minutes=30)
SUNDAY = 6


@pytest.fixture
def berlin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Iterator[Life]:
    """A company whose digests are due within the hour the clock is changed in, and that works on Sundays."""
    with living(tmp_path, monkeypatch, "Europe/Berlin", request.param) as life:
        with life.stage.app.database.unit_of_work() as session:
            store = company.warehouse(session)
            store.morning_digest_at = store.evening_digest_at = DUE_AT
            session.merge(WorkingHours(weekday=SUNDAY, opens_at=time(9), closes_at=time(15)))
            goods = session.scalars(select(Product).where(Product.sku == "КР-001")).one()
            stock.receive(session, goods, 1_000_000_000, None)
        for person in life.stage.staff:
            acts.opens(person)
        life.rest()
        yield life


def lives_through_a_night(life: Life, day: date) -> int:
    """From midnight to five, an order every half an hour; return how many. At noon a day goes by."""
    life.until(day, time())
    orders = 0
    while life.now.time() < time(5):
        # After what was due at this half hour, before it is seen that more is.
        life.clock.pass_by(STEP / 3)
        with life.stage.app.database.unit_of_work() as session:
            offices.placed(session)
            # Whatever the hour in Greenwich: the cut-off is at four in the afternoon on the wall.
            assert schedule.calendar(session).first_day == day + timedelta(days=1)
        orders += 1
        life.pass_by(STEP * 2 / 3)
    life.until(day, time(12))
    return orders


@pytest.mark.parametrize(
    ("berlin", "hours"),
    [(date(2026, 3, 27), 4), (date(2026, 10, 23), 6)],
    indirect=["berlin"],
    ids=["spring", "autumn"],
)
def test_each_night_has_its_digests_its_copy_and_its_check_once(berlin: Life, hours: int) -> None:
    life = berlin
    days = [life.now.date() + timedelta(days=number) for number in range(1, 4)]
    orders = [lives_through_a_night(life, day) for day in days]
    # Saturday, the night the clock is changed in, Monday.
    assert orders == [10, hours * 2, 10]
    boris, dmitry = life.stage.boris, life.stage.dmitry
    assert [_DAY.findall(text)[0] for text in said(boris, "Загрузки на")] == [
        f"{day:%d.%m.%Y}" for day in days
    ]
    evenings = said(dmitry, "Итоги дня")
    assert [_DAY.findall(text)[0] for text in evenings] == [f"{day:%d.%m.%Y}" for day in days]
    # Each order is in one of them, none in two; those after the last one was due are for the next.
    counted = [int(_PLACED.findall(text)[0]) for text in evenings]
    assert sum(counted) == sum(orders) - 5
    copies = sorted(path.name for path in (life.folder / "backups").iterdir())
    assert [name[:16] for name in copies] == [f"nightly-{day:%Y%m%d}" for day in days]
    assert life.tables.one("SELECT ledger_checked_on FROM warehouse") == days[-1].isoformat()


def said(person: Person, piece: str) -> list[str]:
    return [acts.plain(message.text) for message in person.received if piece in message.text]
