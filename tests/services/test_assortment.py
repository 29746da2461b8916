"""Shelves and terms: what an administrator may do to them, and that nobody else finds any."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from models import AuditEntry, Category, Customer, PriceList, Product, User
from services import assortment, catalog, clientele, customers, exports, imports, pricing
from services.errors import Conflict, DomainError, Invalid, NotFound
from tests.conftest import Cast
from tests.services.imports.make import make_catalog, make_customers


def names(session: Session, parent_id: int | None = None) -> list[str]:
    return [shelf.name for shelf in catalog.shelves(session, parent_id, with_hidden=True)]


def chain(session: Session, actor: User, length: int) -> list[Category]:
    """Shelves each standing on the one before."""
    shelves: list[Category] = []
    for number in range(length):
        parent_id = shelves[-1].id if shelves else None
        shelves.append(assortment.add_shelf(session, f"Уровень {number}", parent_id, actor))
    return shelves


def test_shelves_nest_five_deep_also_when_they_are_moved(session: Session, dmitry: User) -> None:
    levels = chain(session, dmitry, 5)
    with pytest.raises(Invalid, match="category_too_deep"):
        assortment.add_shelf(session, "Шестой", levels[-1].id, dmitry)
    pair = assortment.add_shelf(session, "Пара", None, dmitry)
    assortment.add_shelf(session, "Нижний", pair.id, dmitry)
    with pytest.raises(Invalid, match="category_too_deep"):
        assortment.move_shelf(session, pair.id, levels[3].id, dmitry)
    assortment.move_shelf(session, pair.id, levels[2].id, dmitry)
    assert names(session, levels[2].id) == ["Уровень 3", "Пара"]


def test_a_shelf_goes_up_and_down_and_stays_at_the_ends(session: Session, dmitry: User) -> None:
    for name in ("Б", "В"):
        assortment.add_shelf(session, name, None, dmitry)
    last = next(shelf for shelf in catalog.shelves(session, None) if shelf.name == "В")
    assortment.shift_shelf(session, last.id, 1, dmitry)
    assert names(session) == ["Бакалея", "Б", "В"]
    for _ in range(3):
        assortment.shift_shelf(session, last.id, -1, dmitry)
    assert names(session) == ["В", "Бакалея", "Б"]
    traces = select(AuditEntry).where(AuditEntry.subject == "category")
    before = session.scalars(traces).all()
    assortment.shift_shelf(session, last.id, -1, dmitry)
    session.flush()
    assert len(session.scalars(traces).all()) == len(before)


def test_a_shelf_behind_all_that_are_shown_can_be_moved_up(session: Session, dmitry: User) -> None:
    # As a file could leave them once: more than fit the keyboard.
    shelves = [catalog.add_category(session, f"Полка {number}") for number in range(catalog.MAX_SHELVES + 5)]
    last = shelves[-1]
    for _ in shelves:
        assortment.shift_shelf(session, last.id, -1, dmitry)
    assert names(session)[0] == last.name
    assert len(set(session.scalars(select(Category.position)))) == len(shelves) + 1


def test_there_is_room_for_as_many_shelves_as_a_keyboard_holds(session: Session, dmitry: User) -> None:
    for number in range(catalog.MAX_SHELVES - 1):
        assortment.add_shelf(session, f"Полка {number}", None, dmitry)
    with pytest.raises(Conflict, match="shelves_too_many"):
        assortment.add_shelf(session, "Лишняя", None, dmitry)


def test_two_shelves_beside_each_other_are_not_called_the_same(session: Session, dmitry: User) -> None:
    top = session.scalars(select(Category)).one()
    shelf = assortment.add_shelf(session, "Бакалея", top.id, dmitry)
    with pytest.raises(Conflict, match="category_exists"):
        assortment.move_shelf(session, shelf.id, None, dmitry)
    other = assortment.add_shelf(session, "Прочее", None, dmitry)
    with pytest.raises(Conflict, match="category_exists"):
        assortment.rename_shelf(session, other.id, "БАКАЛЕЯ", dmitry)
    assert assortment.rename_shelf(session, other.id, "ПРОЧЕЕ", dmitry).name == "ПРОЧЕЕ"


@pytest.mark.parametrize(
    "attempt",
    [
        lambda s, cast, who: assortment.get(s, cast.water, who),
        lambda s, cast, who: assortment.change(s, cast.water, "price", "1", who, 1),
        lambda s, cast, who: assortment.check_new_sku(s, "Z-1", who),
        lambda s, cast, who: assortment.add_shelf(s, "Чужая", None, who),
        lambda s, cast, who: clientele.set_discount(s, cast.romashka, "99", who),
        lambda s, cast, who: clientele.set_language(s, cast.romashka, "en", who),
        lambda s, cast, who: clientele.price_lists(s, who),
    ],
)
def test_nobody_else_finds_anything_to_change(
    session: Session, cast: Cast, anna: User, boris: User, attempt: Callable[[Session, Cast, User], object]
) -> None:
    for who in (anna, boris):
        with pytest.raises(NotFound):
            attempt(session, cast, who)


def test_a_discount_is_shared_and_counts_at_once(
    session: Session, dmitry: User, romashka: Customer, cast: Cast, water: Product
) -> None:
    clientele.set_discount(session, romashka.id, "10", dmitry)
    clientele.set_discount(session, cast.vasilek, "10,0 %", dmitry)
    assert [found.name for found in session.scalars(select(PriceList))] == ["−10\u00a0%"]
    assert pricing.prices_for(session, romashka, [water]) == {water.id: 1665}
    clientele.set_discount(session, romashka.id, "0", dmitry)
    assert pricing.prices_for(session, romashka, [water]) == {water.id: 1850}


@pytest.mark.parametrize("text", ["", "сто", "100,01", "1e1", "5 5"])
def test_what_is_no_discount_is_refused(
    session: Session, dmitry: User, romashka: Customer, text: str
) -> None:
    with pytest.raises(DomainError, match="discount_form"):
        clientele.set_discount(session, romashka.id, text, dmitry)
    assert romashka.price_list_id is None


@pytest.mark.both_engines
def test_an_import_is_written_alike_on_both_engines(session: Session, dmitry: User) -> None:
    first = {
        "Артикул": "A-1",
        "Наименование": "Крупа",
        "Упаковки": "кор=10",
        "НДС": "22",
        "Категория": "Бакалея",
    }
    files = {
        "catalog": make_catalog(first, {"Артикул": "Я-2", "Остаток": "5"}, {"Артикул": "Я-3"}),
        "customers": make_customers(
            {"Клиент": "ООО «Ромашка»", "Телефон": "84951234567", "Адрес": "Москва"},
            {"Клиент": "Новый", "Телефон": "", "Адрес": "Тверь", "Широта": "56,8", "Долгота": "35,9"},
            {"Клиент": "Ещё один", "Телефон": "", "Адрес": ""},
        ),
    }
    for what, data in files.items():
        report = imports.check(session, what, data, "файл.csv")  # type: ignore[arg-type]
        assert (len(report.added), len(report.changed), report.problems) == (2, 1, ())
        imports.apply(session, report, dmitry)
        again = imports.check(session, what, data, "файл.csv")  # type: ignore[arg-type]
        assert (again.added, again.changed, again.unchanged) == ((), (), 3)
        exported = exports.render(session, what, "csv", "ru")  # type: ignore[arg-type]
        assert imports.check(session, what, exported, "экспорт.csv").changed == ()  # type: ignore[arg-type]
    found = customers.find(session, dmitry, "тверь").items
    assert [customer.name for customer in found] == ["Новый"]
    assert [product.sku for product in catalog.search(session, "крупа").items] == ["A-1"]
