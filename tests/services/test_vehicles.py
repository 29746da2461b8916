"""Vehicles: plates, capacity, which orders leave in them."""

from datetime import time

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from models import AuditEntry, Customer, Order, Product, User
from services import loading, orders, placing, vehicles
from services.errors import Conflict, DomainError, Forbidden, NotFound
from services.weights import Weight
from tests.services import acts

pytestmark = pytest.mark.both_engines


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("А123ВС77", "А123ВС77"),
        (" а 123 вс 777 ", "А123ВС777"),
        ("A123BC77", "А123ВС77"),
        ("o001oo-199 RUS", "О001ОО199"),
        ("АК 123 77", "АК12377"),
        ("ВА 1234 77", "ВА123477"),
        ("1234 АВ 50", "1234АВ50"),
    ],
)
def test_a_plate_is_kept_in_one_form(typed: str, kept: str) -> None:
    assert vehicles.check_plate(typed) == kept


@pytest.mark.parametrize(
    "typed", ["", "машина", "А123ВС", "А000ВС77", "Д123ВС77", "А123ВС00", "А12ВС77", "А١٢٣ВС77"]
)
def test_what_is_no_plate_is_refused(typed: str) -> None:
    with pytest.raises(DomainError) as caught:
        vehicles.check_plate(typed)
    assert caught.value.code == "plate_form"


@pytest.mark.parametrize(
    ("typed", "kept"), [("1500", 1500), ("1 500 кг", 1500), ("50000", 50_000), ("1 kg", 1)]
)
def test_a_capacity_is_whole_kilograms(typed: str, kept: int) -> None:
    assert vehicles.check_capacity(typed) == kept


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("", "capacity_form"),
        ("полторы тонны", "capacity_form"),
        ("1,5", "capacity_form"),
        ("-1500", "capacity_form"),
        ("0", "capacity_range"),
        ("50001", "capacity_range"),
    ],
)
def test_a_capacity_that_is_none_is_refused(typed: str, code: str) -> None:
    with pytest.raises(DomainError) as caught:
        vehicles.check_capacity(typed)
    assert caught.value.code == code


def test_a_vehicle_is_entered_corrected_and_taken_out_of_use(session: Session, boris: User) -> None:
    lorry = vehicles.add(session, "a123bc77", "1 500", boris)
    vehicles.change(session, lorry.id, "driver", "Иванов  С. П.", boris)
    vehicles.change(session, lorry.id, "phone", "8 916 123-45-67", boris)
    vehicles.change(session, lorry.id, "capacity_kg", "2000", boris)
    assert (lorry.plate, lorry.capacity_kg) == ("А123ВС77", 2000)
    assert (lorry.driver, lorry.phone) == ("Иванов С. П.", "+79161234567")
    vehicles.change(session, lorry.id, "phone", None, boris)
    assert lorry.phone is None

    vehicles.archive(session, lorry.id, boris)
    assert vehicles.find(session, boris).items == ()
    with pytest.raises(NotFound):
        vehicles.change(session, lorry.id, "driver", "Петров", boris)
    again = vehicles.add(session, "А123ВС77", "1800", boris)
    assert (again.id, again.capacity_kg, again.driver) == (lorry.id, 1800, "Иванов С. П.")
    kinds = session.scalars(
        select(AuditEntry.action).where(AuditEntry.subject == "vehicle").order_by(AuditEntry.id)
    )
    assert list(kinds) == ["create", "update", "update", "update", "update", "archive", "create"]


def test_there_is_one_vehicle_to_a_plate(session: Session, boris: User) -> None:
    vehicles.add(session, "А123ВС77", "1500", boris)
    other = vehicles.add(session, "В456ОР99", "900", boris)
    with pytest.raises(Conflict) as added:
        vehicles.add(session, "A123BC77", "900", boris)
    with pytest.raises(Conflict) as changed:
        vehicles.change(session, other.id, "plate", "а123вс77", boris)
    for error in (added.value, changed.value):
        assert (error.code, error.params) == ("vehicle_exists", {"plate": "А123ВС77"})


@pytest.mark.parametrize("field", ["plate", "capacity_kg", "id", "created_at"])
def test_what_must_be_there_cannot_be_emptied(session: Session, boris: User, field: str) -> None:
    lorry = vehicles.add(session, "А123ВС77", "1500", boris)
    with pytest.raises(NotFound):
        vehicles.change(session, lorry.id, field, None, boris)


def test_reps_have_nothing_to_do_with_vehicles(
    session: Session, anna: User, boris: User, dmitry: User, romashka: Customer, water: Product
) -> None:
    lorry = vehicles.add(session, "А123ВС77", "1500", dmitry)
    order = acts.placed(session, anna, romashka, {water: "10"})
    for act in (
        lambda: vehicles.find(session, anna),
        lambda: vehicles.get(session, lorry.id, anna),
        lambda: vehicles.add(session, "В456ОР99", "1500", anna),
        lambda: vehicles.cargo(session, acts.MONDAY, anna),
        lambda: vehicles.assign(session, [order.id], lorry, anna),
    ):
        with pytest.raises(Forbidden):
            act()
    assert order.vehicle_id is None


def test_orders_are_put_into_a_vehicle_and_weighed(
    session: Session,
    anna: User,
    boris: User,
    romashka: Customer,
    water: Product,
    buckwheat: Product,
) -> None:
    water.weight_grams, buckwheat.weight_grams = 510, None
    lorry = vehicles.add(session, "А123ВС77", "50", boris)
    first = acts.placed(session, anna, romashka, {water: "20 шт"})
    second = acts.placed(session, anna, romashka, {water: "80 шт", buckwheat: "1 кор"})
    assert vehicles.assign(session, [first.id], lorry, boris) == 1
    [one, two] = vehicles.cargo(session, acts.MONDAY, boris)
    assert (one.number, one.plate, one.weight) == (first.number, "А123ВС77", Weight(10_200))
    assert (two.number, two.plate, two.weight) == (second.number, None, Weight(40_800, is_whole=False))
    load = vehicles.load(lorry, [one, two])
    assert (load.orders, load.weight, load.capacity_grams, load.is_over) == (1, Weight(10_200), 50_000, False)

    # Exactly full is not too much; more than that is said, and done all the same.
    assert vehicles.assign(session, [first.id, second.id], lorry, boris) == 1
    load = vehicles.load(lorry, vehicles.cargo(session, acts.MONDAY, boris))
    assert (load.orders, load.weight, load.is_over) == (2, Weight(51_000, is_whole=False), True)
    vehicles.change(session, lorry.id, "capacity_kg", "51", boris)
    assert not vehicles.load(lorry, vehicles.cargo(session, acts.MONDAY, boris)).is_over

    assert vehicles.assign(session, [first.id], None, boris) == 1
    session.refresh(first)
    assert first.vehicle is None


def test_only_what_was_loaded_weighs(
    session: Session, anna: User, boris: User, romashka: Customer, water: Product
) -> None:
    water.weight_grams = 500
    order = acts.in_hand(session, anna, romashka, {water: "20 шт"}, boris)
    order.lines[0].loaded_quantity = 8_000
    loading.confirm_load(session, order.id, boris)
    assert [one.weight for one in vehicles.cargo(session, acts.MONDAY, boris)] == [Weight(4_000)]


def test_a_vehicle_is_for_orders_at_the_warehouse_only(
    session: Session, anna: User, boris: User, dmitry: User, romashka: Customer, water: Product
) -> None:
    lorry = vehicles.add(session, "А123ВС77", "1500", boris)
    gone = acts.loaded(session, anna, romashka, {water: "10"}, boris)
    stays = acts.placed(session, anna, romashka, {water: "10"})
    loading.deliver(session, gone.id, boris)
    with pytest.raises(Conflict):
        vehicles.assign(session, [stays.id, gone.id], lorry, boris)
    draft = acts.draft(session, anna, romashka, {water: "5"})
    with pytest.raises(NotFound):
        vehicles.assign(session, [draft.id], lorry, boris)
    with pytest.raises(NotFound):
        vehicles.assign(session, [10**6], lorry, boris)
    for order in (gone, stays, draft):
        session.refresh(order)
        assert order.vehicle_id is None
    vehicles.archive(session, lorry.id, boris)
    with pytest.raises(NotFound):
        vehicles.assign(session, [stays.id], lorry, boris)


def test_an_order_that_is_recalled_leaves_its_vehicle(
    session: Session, anna: User, boris: User, romashka: Customer, water: Product
) -> None:
    lorry = vehicles.add(session, "А123ВС77", "1500", boris)
    order = acts.placed(session, anna, romashka, {water: "10"})
    vehicles.assign(session, [order.id], lorry, boris)
    placing.recall(session, order.id, anna)
    assert orders.get(session, order.id, anna).vehicle is None
    assert vehicles.cargo(session, acts.MONDAY, boris) == []


def test_cargo_is_that_of_the_day_and_the_window(
    session: Session, anna: User, boris: User, romashka: Customer, water: Product
) -> None:
    made: list[Order] = []
    for at in (time(11), time(9)):
        order = acts.draft(session, anna, romashka, {water: "10"}, at=at)
        placing.place(session, order, anna, duplicate_is_meant=True)
        made.append(order)
    late, early = made
    assert [one.order_id for one in vehicles.cargo(session, acts.MONDAY, boris)] == [early.id, late.id]
    assert [one.order_id for one in vehicles.cargo(session, acts.MONDAY, boris, late.window_id)] == [late.id]


def test_the_keepers_cards_are_redrawn_unless_there_are_too_many(
    session: Session, boris: User, three_placed: list[Order], monkeypatch: pytest.MonkeyPatch
) -> None:
    lorry = vehicles.add(session, "А123ВС77", "1500", boris)
    before = acts.notices(session, boris).count("order_card")
    vehicles.assign(session, [order.id for order in three_placed[:2]], lorry, boris)
    assert acts.notices(session, boris).count("order_card") == before + 2
    # Who had it already is not told again.
    vehicles.assign(session, [order.id for order in three_placed[:2]], lorry, boris)
    assert acts.notices(session, boris).count("order_card") == before + 2
    monkeypatch.setattr(vehicles, "CARDS_AT_ONCE", 2)
    vehicles.assign(session, [order.id for order in three_placed], None, boris)
    vehicles.assign(session, [order.id for order in three_placed], lorry, boris)
    assert acts.notices(session, boris).count("order_card") == before + 4
