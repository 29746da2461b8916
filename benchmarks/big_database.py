"""``python -m benchmarks.big_database [FILE]``: a database as a large distributor has it after two years.

The sample company of the demo, grown: goods, reps and customers here, orders with all that follows from them
in :mod:`benchmarks.big_history`. Seeded: the same program writes the same rows. It takes a minute or two.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, create_engine, func, select

import migrations
from benchmarks import big_history, big_names, company
from benchmarks.big_rows import BIG, NOW, SEED, Size, fill, next_id
from demo import sample
from models import Category, Customer, Database, Outlet, Product, Role, Unit, User, UserRole, VatKind
from services import catalog_rows, customer_rows

DEFAULT_FILE = Path("data/big.db")


def build(path: Path, size: Size) -> None:
    """Write the database to ``path``, which must not be there; half of one is never left behind."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(".unfinished")
    unfinished.unlink(missing_ok=True)
    sample.prepare(f"sqlite:///{unfinished}")
    # An engine of our own: nobody minds if a file that is written once is lost to a power cut.
    engine = create_engine(f"sqlite:///{unfinished}")
    with engine.connect() as connection:
        for pragma in ("journal_mode = OFF", "synchronous = OFF", "cache_size = -1000000"):
            connection.exec_driver_sql(f"PRAGMA {pragma}")
        connection.rollback()
        chance = random.Random(SEED)
        with connection.begin():
            _hire(connection, size)
            _stock_up(connection, chance, size)
            _find_customers(connection, chance, size)
            big_history.write(connection, chance, size)
        connection.exec_driver_sql("PRAGMA journal_mode = WAL")
    engine.dispose()
    unfinished.rename(path)


def _hire(connection: Connection, size: Size) -> None:
    there = connection.scalar(
        select(func.count()).select_from(UserRole).where(UserRole.role == Role.SALES_REP)
    )
    first = next_id(connection, User)
    numbers = range(size.reps - (there or 0))
    users = [
        {
            "id": first + number,
            "telegram_id": company.FIRST_REP + number,
            "name": f"{big_names.REP_NAMES[number % len(big_names.REP_NAMES)]} {number + 1}",
            "language": "ru",
            "is_active": True,
            "created_at": NOW,
        }
        for number in numbers
    ]
    fill(connection, User, users)
    fill(connection, UserRole, ({"user_id": user["id"], "role": Role.SALES_REP} for user in users))


def _stock_up(connection: Connection, chance: random.Random, size: Size) -> None:
    there = connection.scalar(select(func.count()).select_from(Product)) or 0
    shelves = list(_shelves(next_id(connection, Category)))
    fill(connection, Category, (shelf for shelf, _ in shelves))
    kinds = [(shelf["id"], kind) for shelf, kind in shelves if kind]
    each = -(-(size.products - there) // len(kinds))
    named = (
        (shelf_id, name)
        for shelf_id, kind in kinds
        for name in chance.sample(list(big_names.goods_of(kind)), each)
    )
    first = next_id(connection, Product)
    goods = [
        _product(chance, first + number, *one)
        for number, one in enumerate(islice(named, size.products - there))
    ]
    fill(connection, Product, goods)
    boxes = ({"product_id": one["id"], "code": "кор", "factor": 12_000} for one in goods)
    fill(connection, Unit, boxes)


def _shelves(first: int) -> Iterator[tuple[dict[str, Any], str | None]]:
    """Yield each shelf and, if goods stand on it, of which kind."""
    number = first
    for top, (name, below) in enumerate(big_names.SHELVES.items()):
        top_id, number = number, number + 1
        yield _shelf(top_id, None, name, 100 + top), None
        for place, (group, kinds) in enumerate(below.items()):
            group_id, number = number, number + 1
            yield _shelf(group_id, top_id, group, place), None
            for last, kind in enumerate(kinds):
                yield _shelf(number, group_id, kind, last), kind
                number += 1


def _shelf(shelf_id: int, parent_id: int | None, name: str, position: int) -> dict[str, Any]:
    return {"id": shelf_id, "parent_id": parent_id, "name": name, "position": position, "is_active": True}


def _product(chance: random.Random, product_id: int, shelf_id: int, name: str) -> dict[str, Any]:
    sku = f"Т-{product_id:05d}"
    return {
        "id": product_id,
        "sku": sku,
        "name": name,
        "category_id": shelf_id,
        "unit": "шт",
        "price": chance.randint(2_000, 90_000),
        "vat_kind": VatKind.REDUCED if chance.random() < 0.6 else VatKind.STANDARD,
        "weight_grams": chance.randint(200, 1_200),
        "is_active": chance.random() < 0.97,
        "search_text": catalog_rows.search_text(sku, name),
    }


def _find_customers(connection: Connection, chance: random.Random, size: Size) -> None:
    there = connection.scalar(select(func.count()).select_from(Customer)) or 0
    reps = connection.scalars(
        select(UserRole.user_id).where(UserRole.role == Role.SALES_REP).order_by(UserRole.user_id)
    ).all()
    first, first_outlet = next_id(connection, Customer), next_id(connection, Outlet)
    firms: list[dict[str, Any]] = []
    outlets: list[dict[str, Any]] = []
    for number in range(size.customers - there):
        addresses = [big_names.address(chance) for _ in range(chance.choice((1, 1, 2, 2, 3, 5)))]
        firm = _customer(chance, first + number, reps[number % len(reps)], addresses)
        firms.append(firm)
        for address in addresses:
            outlets.append(_outlet(chance, first_outlet + len(outlets), firm["id"], address))
    fill(connection, Customer, firms)
    fill(connection, Outlet, outlets)


def _customer(chance: random.Random, customer_id: int, rep_id: int, addresses: list[str]) -> dict[str, Any]:
    name = big_names.firm(chance)
    is_person = name.startswith("ИП")
    facts = {
        "name": name,
        "inn": big_names.inn(chance, is_person=is_person),
        "kpp": None if is_person else "773101001",
        "phone": f"+79{chance.randint(0, 999_999_999):09d}",
        "emails": f"zakaz{customer_id}@shop.example" if chance.random() < 0.95 else None,
        "address": addresses[0],
    }
    return {
        **facts,
        "id": customer_id,
        "sales_rep_id": rep_id,
        "search_text": customer_rows.search_text(Customer(**facts), addresses),
        "created_at": NOW,
        "archived_at": NOW if chance.random() < 0.03 else None,
    }


def _outlet(chance: random.Random, outlet_id: int, customer_id: int, address: str) -> dict[str, Any]:
    return {
        "id": outlet_id,
        "customer_id": customer_id,
        "address": address,
        "latitude": 55.75 + chance.uniform(-0.5, 0.5),
        "longitude": 37.6 + chance.uniform(-0.7, 0.7),
        "created_at": NOW,
    }


def ensure(path: Path) -> None:
    """Build the large database unless it is there with today's schema."""
    if path.exists() and _schema(path) == migrations.head():
        print(f"{path} is there; remove it to have it built anew.", flush=True)
        return
    print(f"Building {path}, a minute or two …", flush=True)
    started_at = time.perf_counter()
    path.unlink(missing_ok=True)
    build(path, BIG)
    megabytes = path.stat().st_size / 2**20
    print(f"{path}: {megabytes:,.0f} MB in {time.perf_counter() - started_at:.0f} s", flush=True)


def _schema(path: Path) -> str | None:
    database = Database(f"sqlite:///{path}")
    with database.reading() as session:
        found = migrations.current(session.connection())
    database.close()
    return found


def main() -> int:
    """Build the file named, or the usual one."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.big_database", description=__doc__)
    parser.add_argument("file", type=Path, nargs="?", default=DEFAULT_FILE)
    ensure(parser.parse_args().file)
    return 0


if __name__ == "__main__":
    sys.exit(main())
