"""Two real processes on one database, as when somebody works beside the bot: nothing is given out twice."""

import json
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import IO

import pytest
from sqlalchemy import select

from models import (
    Customer,
    Database,
    Order,
    OrderStatus,
    OutboxKind,
    OutboxMessage,
    OutboxState,
    Product,
    User,
)
from services import company, outbox
from tests.conftest import NOW, Cast
from tests.services import acts

pytestmark = pytest.mark.both_engines

ROOT = Path(__file__).parent.parent.parent
ORDERS, ROWS = 12, 40
# Says when it is ready, begins when it is told to, and prints what it got.
CLAIMING = """
import json, sys
from models import Database, User
from services import loading
from services.errors import Conflict
database, keeper, orders = Database(sys.argv[1]), int(sys.argv[2]), json.loads(sys.argv[3])
with database.reading() as session:
    session.get_one(User, keeper)
print("ready", flush=True)
sys.stdin.readline()
won = []
for order in orders:
    try:
        with database.unit_of_work() as session:
            loading.claim(session, order, session.get_one(User, keeper))
        won.append(order)
    except Conflict:
        pass
print(json.dumps(won))
"""
TAKING = """
import json, sys
from models import Database
from services import outbox
database = Database(sys.argv[1])
with database.reading() as session:
    outbox.has_due(session)
print("ready", flush=True)
sys.stdin.readline()
taken = []
for _ in range(5):
    with database.unit_of_work() as session:
        taken += [row.id for row in outbox.take_due(session)]
print(json.dumps(taken))
"""


def race(url: str, code: str, *arguments: list[str]) -> list[list[int]]:
    """Let a process per list of arguments begin at once; return what each of them got."""
    with ExitStack() as stack:
        runners = [
            stack.enter_context(
                subprocess.Popen(
                    [sys.executable, "-c", code, url, *own],
                    cwd=ROOT,
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    text=True,
                )
            )
            for own in arguments
        ]
        for runner in runners:
            assert _end(runner.stdout).readline() == "ready\n"
        for runner in runners:
            _end(runner.stdin).write("go\n")
            _end(runner.stdin).flush()
        return [json.loads(_end(runner.stdout).read()) for runner in runners]


def _end(pipe: IO[str] | None) -> IO[str]:
    assert pipe is not None
    return pipe


def test_each_of_a_dozen_orders_is_taken_by_one(database: Database, cast: Cast) -> None:
    with database.unit_of_work(NOW) as session:
        company.warehouse(session).window_capacity = ORDERS
        anna, romashka = session.get_one(User, cast.anna), session.get_one(Customer, cast.romashka)
        water = session.get_one(Product, cast.water)
        orders = [acts.placed(session, anna, romashka, {water: "1"}).id for _ in range(ORDERS)]
    keepers = (cast.boris, cast.petr)
    # From opposite ends, so that both get some and they meet in the middle.
    wanted = (orders, orders[::-1])
    won = race(
        database.url,
        CLAIMING,
        *([str(keeper), json.dumps(own)] for keeper, own in zip(keepers, wanted, strict=True)),
    )
    assert sorted(won[0] + won[1]) == orders
    with database.reading() as session:
        for keeper, own in zip(keepers, won, strict=True):
            for order in session.scalars(select(Order).where(Order.id.in_(own))):
                assert (order.status, order.storekeeper_id) == (OrderStatus.LOADING, keeper)
                assert [kind for kind, _ in acts.events(session, order)] == ["placed", "claimed"]


def test_each_outgoing_row_is_taken_by_one(database: Database, cast: Cast) -> None:
    with database.unit_of_work(NOW) as session:
        written = [outbox.add(session, OutboxKind.JOB, "x", "x", {}) for _ in range(ROWS)]
    taken = race(database.url, TAKING, [], [])
    assert sorted(taken[0] + taken[1]) == written
    with database.reading() as session:
        assert set(session.scalars(select(OutboxMessage.state))) == {OutboxState.SENDING}
