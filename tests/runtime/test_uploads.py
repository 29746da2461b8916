"""Files that rows ask for: made for who may have them now, whatever was true when they asked."""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import telebot

from handlers.analytics import Workbook
from handlers.routing import Router
from models import Customer, Database, Document, Product, Role, User, UserRole
from runtime import jobs
from runtime.processor import Processor
from services import backup
from services.analytics import What
from services.errors import Forbidden, NotFound
from services.journal import Filter
from services.report_periods import Cycle
from tests.conftest import NOW, Cast
from tests.services import acts

DAY = date(2026, 11, 20)
DETAILS: dict[str, Any] = {
    "backup": "asked-1.db.gz",
    "document": 1,
    "sheet": {"day": DAY.isoformat(), "language": "ru"},
    "link": "https://t.me/bot?start=K",
    "report": {"button": Workbook(Cycle.DAY, DAY, DAY, What.TOTALS).pack(), "language": "ru"},
    "orders": {"language": "ru", "wanted": Filter().to_json()},
    "audit": {"language": "ru", "person_id": None, "subjects": [], "subject_id": None},
    "export": {"what": "catalog", "form": "csv", "language": "ru"},
}
Make = Callable[[str, int], str]


@pytest.fixture
def made(database: Database, cast: Cast, tmp_path: Path) -> Make:
    """Makes a file of a kind for somebody and returns its name; document 1 is the paper of Anna's order."""
    with database.unit_of_work(NOW) as session:
        anna, boris = session.get_one(User, cast.anna), session.get_one(User, cast.boris)
        romashka, water = session.get_one(Customer, cast.romashka), session.get_one(Product, cast.water)
        order = acts.loaded(session, anna, romashka, {water: "6"}, boris)
        assert session.get_one(Document, 1).order_id == order.id
    (tmp_path / backup.BACKUPS).mkdir()
    (tmp_path / backup.BACKUPS / DETAILS["backup"]).write_bytes(b"everything")
    processor = Processor(database, Router(telebot.TeleBot("1:token", threaded=False)))

    def make(kind: str, user_id: int) -> str:
        what = {"kind": kind, "user_id": user_id, "details": DETAILS[kind]}
        return jobs.make_upload(database, processor, tmp_path, what).file_name

    return make


def test_every_kind_of_file_is_tried_here() -> None:
    assert set(DETAILS) == set(jobs.UPLOADS)


@pytest.mark.parametrize("kind", DETAILS)
def test_a_file_goes_to_no_administrator_who_is_blocked(
    made: Make, database: Database, cast: Cast, kind: str
) -> None:
    assert made(kind, cast.dmitry)
    with database.unit_of_work(NOW) as session:
        session.get_one(User, cast.dmitry).is_active = False
    with pytest.raises(Forbidden):
        made(kind, cast.dmitry)


@pytest.mark.parametrize("kind", sorted(set(DETAILS) - {"document", "sheet"}))
def test_a_file_of_administrators_goes_to_nobody_else(made: Make, cast: Cast, kind: str) -> None:
    with pytest.raises(Forbidden):
        made(kind, cast.anna)


def test_a_file_goes_to_nobody_whose_role_was_taken(made: Make, database: Database, cast: Cast) -> None:
    with database.unit_of_work(NOW) as session:
        keeper = session.get_one(User, cast.boris)
        keeper.grants.append(UserRole(role=Role.ADMIN))
    assert made("backup", cast.boris)
    with database.unit_of_work(NOW) as session:
        keeper = session.get_one(User, cast.boris)
        keeper.grants[:] = [grant for grant in keeper.grants if grant.role is Role.STOREKEEPER]
    with pytest.raises(Forbidden):
        made("backup", cast.boris)
    assert made("sheet", cast.boris)


def test_a_paper_goes_to_whose_order_it_is_of(made: Make, cast: Cast) -> None:
    assert made("document", cast.anna)
    with pytest.raises(NotFound):
        made("document", cast.clara)
