from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, event, select
from sqlalchemy.orm import Session

from models import Category, Database
from services import paging


@pytest.fixture
def session(database: Database) -> Iterator[Session]:
    with database.unit_of_work() as session:
        session.add_all(Category(name=f"Полка {number:02}") for number in range(17))
        session.flush()
        yield session


# Each draw leaves the table as it found it, or asks for rows of its own only.
ON_ONE_TABLE = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
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


@ON_ONE_TABLE
@given(number=st.integers(), size=st.integers(1, 20), there=st.integers(0, 17), counted=st.booleans())
def test_any_number_is_a_page_of_the_list(
    session: Session, number: int, size: int, there: int, counted: bool
) -> None:
    whole = [f"Полка {place:02}" for place in range(there)]
    pages = [whole[start : start + size] for start in range(0, there, size)] or [[]]
    page = paging.fetch(session, SHELVES.where(Category.id <= there), number, size, counted=counted)
    nearest = min(max(number, 0), len(pages) - 1)
    assert (page.number, names(page)) == (nearest, pages[nearest])
    assert (page.has_previous, page.has_next) == (nearest > 0, nearest < len(pages) - 1)
    assert page.total == (there if counted else None)


@ON_ONE_TABLE
@given(size=st.integers(1, 20))
def test_the_pages_together_are_the_list(session: Session, size: int) -> None:
    found, number, has_next = [], 0, True
    while has_next:
        page = paging.fetch(session, SHELVES, number, size)
        found += names(page)
        number, has_next = number + 1, page.has_next
    assert found == [f"Полка {number:02}" for number in range(17)]


NEWEST_FIRST = [select(Category)]


def numbers(stretch: paging.Stretch[Category]) -> list[int]:
    return [shelf.id for shelf in stretch.items]


def test_a_list_by_key_begins_with_the_newest(session: Session) -> None:
    top = paging.by_key(session, NEWEST_FIRST, Category.id)
    assert (numbers(top), top.previous, top.next) == ([17, 16, 15, 14, 13, 12, 11, 10], None, 10)
    second = paging.by_key(session, NEWEST_FIRST, Category.id, 10)
    assert (numbers(second), second.previous, second.next) == ([9, 8, 7, 6, 5, 4, 3, 2], -9, 2)
    last = paging.by_key(session, NEWEST_FIRST, Category.id, 2)
    assert (numbers(last), last.previous, last.next) == ([1], -1, None)
    assert numbers(paging.by_key(session, NEWEST_FIRST, Category.id, -1)) == numbers(second)


@pytest.mark.parametrize("cursor", [5, 4, -12, -(10**17), 10**17])
def test_a_cursor_behind_an_end_means_the_nearest_page(session: Session, cursor: int) -> None:
    middle = [select(Category).where(Category.id.between(5, 12))]
    assert numbers(paging.by_key(session, middle, Category.id, cursor)) == [12, 11, 10, 9, 8, 7, 6, 5]


def test_an_empty_list_by_key_has_no_neighbours(session: Session) -> None:
    nothing = [select(Category).where(Category.name == "нет такой")]
    for cursor in (0, 5, -5):
        assert paging.by_key(session, nothing, Category.id, cursor) == paging.Stretch((), 0, None, None)


def test_branches_make_one_list_and_a_row_of_two_is_in_it_once(session: Session) -> None:
    branches = [select(Category).where(Category.id % 3 == 0), select(Category).where(Category.id % 2 == 0)]
    found, cursor = [], 0
    while True:
        page = paging.by_key(session, branches, Category.id, cursor, 3)
        found += numbers(page)
        if page.next is None:
            break
        cursor = page.next
    assert found == [16, 15, 14, 12, 10, 9, 8, 6, 4, 3, 2]


# What happens to a list while somebody turns its pages: rows come in, rows go, pages are turned.
turning = st.lists(st.sampled_from(["insert", "delete", "older"]), max_size=30)


@ON_ONE_TABLE
@given(start=st.integers(0, 20), size=st.integers(1, 5), there=turning, back=turning, data=st.data())
def test_walking_there_and_back_doubles_nothing_and_misses_nothing(
    session: Session, start: int, size: int, there: list[str], back: list[str], data: st.DataObject
) -> None:
    session.execute(delete(Category).where(Category.name == "тест"))
    listed = [select(Category).where(Category.name == "тест")]
    for _ in range(start):
        session.add(Category(name="тест"))
    session.flush()
    always = set(session.scalars(select(Category.id).where(Category.name == "тест")))

    def happens(what: str) -> None:
        if what == "insert":
            session.add(Category(name="тест"))
            session.flush()
        elif what == "delete" and always:
            gone = data.draw(st.sampled_from(sorted(always)))
            always.discard(gone)
            session.execute(delete(Category).where(Category.id == gone))

    def walk(page: paging.Stretch[Category], way: str, events: list[str]) -> list[paging.Stretch[Category]]:
        pages, waiting = [page], list(events)
        while True:
            while waiting and (what := waiting.pop()) != "older":
                happens(what)
            # The button was drawn with the page; what became of the list since shows when it is pressed.
            to = pages[-1].next if way == "older" else pages[-1].previous
            if to is None:
                return pages
            following = paging.by_key(session, listed, Category.id, to, size)
            shown = numbers(following)
            if not shown or (shown[0] >= to if to > 0 else shown[-1] <= -to):
                # Behind the end because the rest was deleted: the nearest page instead.
                assert not _beyond(session, to)
                return pages
            pages.append(following)

    top = paging.by_key(session, listed, Category.id, 0, size)
    down = walk(top, "older", there)
    first_seen = max(numbers(top), default=0)
    _is_whole([number for page in down for number in numbers(page)], {x for x in always if x <= first_seen})
    up = walk(down[-1], "newer", back)
    found = [number for page in reversed(up) for number in numbers(page)]
    oldest = min(numbers(down[-1]), default=0)
    _is_whole(found, {x for x in always if x >= oldest})


def _beyond(session: Session, cursor: int) -> bool:
    side = Category.id > -cursor if cursor < 0 else Category.id < cursor
    return session.scalar(select(Category.id).where(Category.name == "тест", side).limit(1)) is not None


def _is_whole(found: list[int], always: set[int]) -> None:
    assert found == sorted(set(found), reverse=True)
    assert always <= set(found)


def test_a_search_that_finds_nothing_looks_once(session: Session) -> None:
    asked: list[str] = []

    def note(_c: object, _cursor: object, statement: str, *_: object) -> None:
        asked.append(statement)

    connection = session.connection()
    event.listen(connection, "before_cursor_execute", note)
    page = paging.fetch(session, SHELVES.where(Category.name == "Подвал"), 0)
    event.remove(connection, "before_cursor_execute", note)
    assert (page.items, page.number, page.has_next, len(asked)) == ((), 0, False, 1)
