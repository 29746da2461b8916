"""Six weeks across a New Year: what falls due comes once, and what is not history stops growing."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from demo import sample
from demo.people import Person
from models import Order, OrderStatus, Product, Role
from runtime import lanes
from services import auth, holidays, loading, stock
from tests.faults import offices
from tests.flows import acts
from tests.life import holding
from tests.life.life import Life, living

# Half a minute on a busy machine, all of it in the fixture of the first test.
pytestmark = pytest.mark.timeout(300)

FIRST, LAST = date(2026, 11, 30), date(2027, 1, 10)
NEW_YEAR = date(2027, 1, 1)
CLOSED = {date(2027, 1, 1), date(2027, 1, 2)}
DAYS = [FIRST + timedelta(days=number) for number in range((LAST - FIRST).days + 1)]
OPEN_DAYS = [day for day in DAYS if day.weekday() != 6 and day not in CLOSED]
# The first day is the one the bot is installed on: what was due on it before is not made up for.
DIGEST_DAYS = OPEN_DAYS[1:]
# What is sent of them is kept for two weeks, so the last two weeks have to be full ones twice.
BUSY_DAYS = DAYS[-21:]
OTHER = "ООО «Продукты у дома»"
UNTAKEN, LATE = date(2026, 12, 28), date(2026, 12, 16)
DAY = re.compile(r"\d\d\.\d\d\.\d{4}")
# Everybody on the staff once a day, and a stranger four times.
POOL = 5
UPDATES_A_WEEK = 7 * (5 + 4)


DOTTED = [f"{day:%d.%m.%Y}" for day in DIGEST_DAYS]


SPECIAL = {UNTAKEN, UNTAKEN + timedelta(days=1), LATE - timedelta(days=1), LATE}
# The company's history: it grows with what the company does, and is kept.
HISTORY = {
    *("orders", "order_lines", "order_events", "order_cards", "reservations", "stock_movements"),
    *("documents", "invoice_lines", "delivery_windows", "audit_entries", "letters"),
}


@dataclass(frozen=True)
class Measured:
    """What a bot holds at the end of a week."""

    rows: dict[str, int]
    objects: Counter[str]
    threads: list[str]
    files: Counter[str]


@pytest.fixture(scope="module")
def patch() -> Iterator[pytest.MonkeyPatch]:
    with pytest.MonkeyPatch.context() as patch:
        yield patch


@dataclass
class Lived:
    """A life that is over, but for the last evening: the bot still runs."""

    life: Life
    weeks: list[Measured]


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory, patch: pytest.MonkeyPatch) -> Iterator[Lived]:
    # The lanes of idle chats are cleared away beyond so many: a thousand strangers would take too long.
    patch.setattr(lanes, "MANY_LANES", 10)
    with living(tmp_path_factory.mktemp("life"), patch, "Europe/Moscow", FIRST) as life:
        _make_ready(life)
        weeks = []
        for day in DAYS:
            _live_through(life, day)
            if day.weekday() == 6:
                weeks.append(_measure(life))
        yield Lived(life, weeks)


def _make_ready(life: Life) -> None:
    with life.stage.app.database.unit_of_work() as session:
        goods = session.scalars(select(Product).where(Product.sku == "КР-001")).one()
        stock.receive(session, goods, 1_000_000_000, None)
        dmitry = offices.one_of_the_cast(session, sample.DMITRY)
        holidays.add(session, min(CLOSED), max(CLOSED), "Новый год", dmitry)
        # Nobody touches this one for six weeks.
        offices.drafted(session, OTHER)
    for person in life.stage.staff:
        acts.opens(person)
    life.rest()


def _measure(life: Life) -> Measured:
    life.until(life.now.date() + timedelta(days=1), time(1))
    rows = life.rows()
    rows["letters"] = life.tables.one("SELECT count(*) FROM outbox_messages WHERE kind = 'email'")
    rows["outbox_messages"] -= rows["letters"]
    return Measured(rows, holding.objects(life.stage.app), holding.threads(), holding.files(life.folder))


def _live_through(life: Life, day: date) -> None:
    if day == NEW_YEAR:
        life.until(day, time(0, 30))
        _order_is_loaded(life)
    if day > FIRST:
        life.until(day, time(3, 5))
    life.until(day, time(8, 5))
    life.until(day, time(9, 30))
    _people_write(life, day)
    # In turn before and after the cut-off.
    is_early = day.toordinal() % 2 == 0
    if day in BUSY_DAYS and is_early:
        _order_is_loaded(life)
    if day in SPECIAL:
        life.until(day, time(10, 30))
        with life.stage.app.database.unit_of_work() as session:
            _of_this_day(session, day)
        for at in (time(10, 59), time(11, 1), time(11, 31)):
            life.until(day, at)
    life.until(day, time(17))
    if day in BUSY_DAYS and not is_early:
        _order_is_loaded(life)
    life.until(day, time(19, 5))
    if day == NEW_YEAR - timedelta(days=1):
        life.until(day, time(23, 30))
        _order_is_loaded(life)


def _people_write(life: Life, day: date) -> None:
    for person in life.stage.staff:
        person.start()
    stranger = life.stage.api.person(9000 + day.toordinal() % 1000, "Прохожий")
    stranger.start()
    stranger.send("WRONG-12345")
    life.rest()
    stranger.press("✉️ Попросить доступ")
    stranger.send_contact()
    with life.stage.app.database.unit_of_work() as session:
        auth.issue_code(session, Role.SALES_REP, "Новый", offices.one_of_the_cast(session, sample.DMITRY))
    life.rest()


def _order_is_loaded(life: Life) -> None:
    with life.stage.app.database.unit_of_work() as session:
        order = offices.placed(session)
        boris = offices.one_of_the_cast(session, sample.BORIS)
        loading.claim(session, order.id, boris)
        loading.confirm_load(session, order.id, boris)
    life.rest()


def _of_this_day(session: Session, day: date) -> None:
    """One order nobody takes for a day; one taken and forgotten until its window has begun."""
    petr = offices.one_of_the_cast(session, sample.PYOTR)
    if day in (UNTAKEN, LATE - timedelta(days=1)):
        order = offices.placed(session)
        if day != UNTAKEN:
            loading.claim(session, order.id, petr)
    elif day in (UNTAKEN + timedelta(days=1), LATE):
        is_open = Order.status.in_((OrderStatus.PLACED, OrderStatus.LOADING))
        [order] = session.scalars(select(Order).where(is_open))
        if day != LATE:
            loading.claim(session, order.id, petr)
        loading.confirm_load(session, order.id, petr)


def said(person: Person, piece: str) -> list[str]:
    """What the person was sent with these words in it."""
    return [acts.plain(message.text) for message in person.received if piece in acts.plain(message.text)]


def test_a_digest_comes_once_a_working_day_and_counts_each_order_once(lived: Lived) -> None:
    stage = lived.life.stage
    for keeper in (stage.boris, stage.petr):
        assert [DAY.findall(text)[0] for text in said(keeper, "Загрузки на")] == DOTTED
    evenings = said(stage.dmitry, "Итоги ")
    assert [DAY.findall(text)[-1] for text in evenings] == DOTTED
    query = "SELECT count(*) FROM orders WHERE placed_at < ?"
    placed = lived.life.tables.one(query, "2027-01-09 16:00:00")
    assert sum(int(re.findall(r"Оформлено: (\d+)", text)[0]) for text in evenings) == placed


def test_what_is_left_lying_is_told_of_once(lived: Lived) -> None:
    stage, tables = lived.life.stage, lived.life.tables
    assert len(said(stage.anna, "две недели без движения")) == 1
    # Two weeks after 30 November, at the first hour one may be disturbed at.
    assert tables.column("SELECT reminded_at FROM orders WHERE reminded_at IS NOT NULL") == [
        "2026-12-14 06:30:00.000000"
    ]
    for keeper in (stage.boris, stage.petr):
        assert [re.findall(r"(\d+) мин", text) for text in said(keeper, "никто не взял")] == [["31"]]
    assert [re.findall(r"(\d+) мин", text) for text in said(stage.dmitry, "ждёт кладовщика")] == [["61"]]
    for person, times in ((stage.petr, 1), (stage.dmitry, 1), (stage.boris, 0), (stage.anna, 0)):
        assert len(said(person, "окно доставки началось")) == times, person


def test_the_first_day_offered_goes_by_the_wall_and_the_holidays(lived: Lived) -> None:
    query = (
        "SELECT placed_at, delivery_on FROM orders JOIN delivery_windows ON delivery_windows.id = window_id"
        " WHERE placed_at IS NOT NULL"
    )
    rows = lived.life.tables.all(query)
    assert len(rows) == len(BUSY_DAYS) + 4
    for placed_at, delivery_on in rows:
        at = datetime.fromisoformat(placed_at).replace(tzinfo=UTC).astimezone(lived.life.zone)
        day = at.date() + timedelta(days=1 if at.time() < time(16) else 2)
        while day.weekday() == 6 or day in CLOSED:
            day += timedelta(days=1)
        assert delivery_on == day.isoformat(), placed_at


def test_papers_are_numbered_anew_from_new_year_s_midnight_on(lived: Lived) -> None:
    for kind in ("invoice", "waybill"):
        rows = lived.life.tables.all(
            "SELECT year, number, issued_on FROM documents WHERE kind = ? ORDER BY id", kind
        )
        # One a day, the two that were left lying, and one on each side of midnight.
        of_2026 = [row for row in rows if row[2] < "2027"]
        assert [row[:2] for row in of_2026] == [(2026, n) for n in range(1, 11 + 2 + 1 + 1)]
        assert [row[:2] for row in rows[len(of_2026) :]] == [(2027, n) for n in range(1, 10 + 1 + 1)]
        assert rows[len(of_2026)][2] == "2027-01-01"
    # Each with its letter.
    assert len(lived.life.stage.mailbox.letters) == len(rows)


def test_copies_are_made_every_night_and_cleared_away(lived: Lived) -> None:
    names = sorted(path.name for path in (lived.life.folder / "backups").iterdir())
    days = ["20261220", "20261227", "20261231"]
    days += [f"202701{number:02}" for number in range(3, 11)]
    assert [name[:16] for name in names] == [f"nightly-{day}" for day in days]
    assert lived.life.tables.one("SELECT ledger_checked_on FROM warehouse") == LAST.isoformat()


def test_what_is_not_the_company_s_history_stops_growing(lived: Lived) -> None:
    *_, before, after = (week.rows for week in lived.weeks)
    assert {name: rows for name, rows in after.items() if name not in HISTORY and rows > before[name]} == {}
    # As much is swept as comes: these tables are not merely empty.
    for name in ("inbox_updates", "outbox_messages", "conversations", "access_attempts", "access_requests"):
        assert after[name] > 20, name


def test_the_bot_holds_on_to_nothing_but_its_caches(lived: Lived) -> None:
    *_, first, second, third = lived.weeks
    assert third.threads == second.threads
    # A cache that fills up grows once, a leak every week: by an object for every other update at the least.
    growth = (second.objects - first.objects) & (third.objects - second.objects)
    assert growth.total() < UPDATES_A_WEEK // 2, growth


def test_files_are_closed(lived: Lived) -> None:
    *_, first, second, third = (week.files for week in lived.weeks)
    growth = (second - first) & (third - second)
    assert growth == Counter()
    # SQLAlchemy opens connections as threads need them at a time, and keeps five.
    assert third["bot.db"] <= POOL + 1
