from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from models import Base, Category, Database
from services import paging


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Session]:
    path: Path = tmp_path_factory.mktemp("paging") / "bot.db"
    database = Database(f"sqlite:///{path}")
    Base.metadata.create_all(database.engine)
    with database.unit_of_work() as session:
        session.add_all(Category(name=f"Полка {number:02}") for number in range(17))
        session.flush()
        yield session
    database.close()


SHELVES = select(Category).order_by(Category.name)


def names(page: paging.Page[Category]) -> list[str]:
    return [shelf.name for shelf in page.items]


def test_the_first_page_has_eight_and_a_next_one(session: Session) -> None:
    page = paging.fetch(session, SHELVES, 0)
    assert names(page) == [f"Полка {number:02}" for number in range(8)]
    assert (page.number, page.has_previous, page.has_next, page.total) == (0, False, True, None)


def test_the_last_page_has_the_rest(session: Session) -> None:
    page = paging.fetch(session, SHELVES, 2, counted=True)
    assert names(page) == ["Полка 16"]
    assert (page.number, page.has_previous, page.has_next, page.total) == (2, True, False, 17)


def test_a_full_last_page_has_no_next_one(session: Session) -> None:
    assert not paging.fetch(session, SHELVES.where(Category.id <= 16), 1).has_next


@pytest.mark.parametrize(("asked", "given"), [(-1, 0), (3, 2), (10**30, 2), (-(10**30), 0)])
def test_a_number_outside_means_the_nearest_page(session: Session, asked: int, given: int) -> None:
    page = paging.fetch(session, SHELVES, asked)
    assert page.number == given
    assert page.items


def test_behind_a_full_last_page_comes_that_page(session: Session) -> None:
    sixteen = SHELVES.where(Category.id <= 16)
    assert names(paging.fetch(session, sixteen, 9))[0] == "Полка 08"


def test_nothing_found_is_an_empty_first_page(session: Session) -> None:
    nothing = SHELVES.where(Category.name == "нет такой")
    assert paging.fetch(session, nothing, 4, counted=True) == paging.Page((), 0, has_next=False, total=0)


@given(size=st.integers(1, 20))
def test_the_pages_together_are_the_list(session: Session, size: int) -> None:
    found, number, has_next = [], 0, True
    while has_next:
        page = paging.fetch(session, SHELVES, number, size)
        found += names(page)
        number, has_next = number + 1, page.has_next
    assert found == [f"Полка {number:02}" for number in range(17)]
