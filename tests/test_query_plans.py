"""No screen reads a table that grows from end to end, whatever the planner is told about its size.

The plans are SQLite's: its planner goes by the indexes there are as long as nobody ran ANALYZE, so a handful
of rows shows what a million would do. PostgreSQL plans by statistics and reads a small table whole whatever
its indexes; they are the same ones there.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import event

from benchmarks import big_database, ways
from benchmarks.big_rows import Size
from benchmarks.walking import Stage
from models import Base

SIZE = Size(reps=2, products=220, customers=20, orders=200, queue=12)
# What the administrator sets, and the people who work here: some rows, or some dozens, in any company.
SMALL = {
    *("company", "warehouse", "tariff", "working_hours", "holidays", "vat_rates", "price_lists"),
    *("vehicles", "categories", "users", "user_roles", "access_attempts", "access_codes", "access_requests"),
    *("heartbeats", "faults"),
}
GROWING = set(Base.metadata.tables) - SMALL
# Indexes that hold open rows only: reading one whole is what it is for.
OPEN_ROWS = {
    *("ix_inbox_updates_waiting", "ix_inbox_updates_failed", "ix_outbox_messages_waiting"),
    *("ix_outbox_messages_failed", "ix_mailing_recipients_waiting", "ix_products_low"),
}
# To search by one of these alone finds a good part of the table.
COARSE = {"kind", "state", "status", "is_active", "archived_at"}
# A piece of the statement → the table it may read so, and why that is meant.
MEANT = {
    # A piece from the middle of a word is in no index. The catalogue is as long as the company's price list:
    # 10,000 rows take 3 ms.
    "products.search_text LIKE": "products",
    # An administrator searches all customers, 10,000 of them in 12 ms; a rep's go by the rep's index.
    "customers.search_text LIKE": "customers",
    # The administrator's list is read off the index of names and ends with the page.
    "1 = 1 ORDER BY customers.name, customers.id LIMIT": "customers",
    # The stock is read off the index of names and ends with the page.
    "products.on_hand > ?) ORDER BY products.name, products.id LIMIT": "products",
    # What is loaded and not delivered, the latest first: read off the index, and ends with the page.
    "WHERE orders.status = ? ORDER BY orders.id DESC LIMIT": "orders",
    # The journal without a filter is read off the key and ends with the page; by status as above.
    "WHERE 1 = 1 ORDER BY orders.id DESC LIMIT": "orders",
    # Its sums are counted only as far as 10,000 orders, and taken only when there are no more.
    "SELECT count(*) AS count_1 FROM (SELECT orders.id AS id FROM orders WHERE": "orders",
    "anon_1.total_amount END), ?) AS BIGINT)": "orders",
    # Every change, the latest first: read off the key, and ends with the page.
    "FROM audit_entries ORDER BY audit_entries.id DESC LIMIT": "audit_entries",
    # The latest update: one row off the end of the table.
    "FROM inbox_updates ORDER BY inbox_updates.id DESC LIMIT": "inbox_updates",
    # Mailings that went, the latest first: few are thrown away, so it ends with the page.
    "mailings.sent_at IS NOT NULL ORDER BY mailings.id DESC LIMIT": "mailings",
    # How many wait for each day: as below.
    "orders.status IN (?, ?) GROUP BY delivery_windows.delivery_on": "orders",
    # What waits for the warehouse: both statuses are left within days, however long the history.
    "orders.status IN (?, ?) ORDER BY delivery_windows.delivery_on": "orders",
    "orders.status IN (?, ?) AND NOT (EXISTS (SELECT": "orders",
}

Plans = dict[str, list[str]]


@pytest.fixture(scope="module")
def plans(tmp_path_factory: pytest.TempPathFactory) -> Plans:
    """Every statement of every way through the bot, and how SQLite goes about it."""
    path = tmp_path_factory.mktemp("plans") / "bot.db"
    big_database.build(path, SIZE)
    stage = Stage(path)
    statements: dict[str, Any] = {}

    def note(_c: Any, _cursor: Any, statement: str, values: Any, _context: Any, _is_many: bool) -> None:
        # One row's values as a tuple, or a list of them.
        statements.setdefault(statement, values[0] if isinstance(values, list) else values)

    stage.database.begin()
    with stage.database.unit_of_work() as session:
        [case] = ways.cases(session, random.Random(1), 1)
    event.listen(stage.database.engine, "before_cursor_execute", note)
    for way in ways.ALL:
        way(stage, case, [])
    event.remove(stage.database.engine, "before_cursor_execute", note)
    with stage.database.connection() as connection:
        found = {
            statement: [
                row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)
            ]
            for statement, values in statements.items()
            if re.match(r"\s*(SELECT|INSERT|UPDATE|DELETE|WITH)", statement)
        }
    stage.database.undo()
    stage.close()
    return found


def read_whole(plan: list[str]) -> Iterator[str]:
    """The growing tables a plan reads from end to end, or nearly so, or indexes anew each time."""
    for step in plan:
        found = re.match(r"(SCAN|SEARCH) (?:TABLE )?(\w+)", step)
        if found is None:
            continue
        table = re.sub(r"_\d+$", "", found[2])
        index = re.search(r"INDEX (\w+)", step)
        is_for_it = index is not None and index[1] in OPEN_ROWS
        # A search by nothing is for the first or last entry of an index.
        searched = set(re.findall(r"(\w+)[=<>]", step))
        is_coarse = found[1] == "SCAN" or (searched and searched <= COARSE) or "AUTOMATIC" in step
        if table in GROWING and is_coarse and not is_for_it:
            yield table


def meant(statement: str, table: str) -> list[str]:
    return [piece for piece, own in MEANT.items() if own == table and piece in " ".join(statement.split())]


def test_no_screen_reads_a_growing_table_from_end_to_end(plans: Plans) -> None:
    walked = [
        f"{table}: {' '.join(statement.split())}"
        for statement, plan in plans.items()
        for table in read_whole(plan)
        if not meant(statement, table)
    ]
    assert not walked, "\n".join(walked)


def test_what_is_allowed_to_is_still_done(plans: Plans) -> None:
    done = {
        piece
        for statement, plan in plans.items()
        for table in read_whole(plan)
        for piece in meant(statement, table)
    }
    assert done == set(MEANT)


@pytest.mark.parametrize(
    ("step", "tables"),
    [
        ("SCAN orders", ["orders"]),
        ("SCAN customers_1 USING INDEX ix_customers_name", ["customers"]),
        ("SEARCH documents USING INDEX uq_documents (kind=?)", ["documents"]),
        ("SEARCH orders USING AUTOMATIC COVERING INDEX (customer_id=?)", ["orders"]),
        ("SEARCH orders USING INDEX ix_orders_customer_id_id (customer_id=?)", []),
        ("SEARCH orders USING COVERING INDEX uq_orders_number", []),
        ("SCAN inbox_updates USING INDEX ix_inbox_updates_waiting", []),
        ("SCAN working_hours", []),
        ("USE TEMP B-TREE FOR ORDER BY", []),
    ],
)
def test_a_step_is_read_as_sqlite_means_it(step: str, tables: list[str]) -> None:
    assert list(read_whole([step])) == tables
