"""Random lives of a store: whatever people do, levels, ledger, reservations and a simple model agree."""

from __future__ import annotations

from contextlib import ExitStack

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models import Customer, Database, Order, OrderLine, Product, Reservation, StockMovement, User
from services import company, ledger, loading, placing, stock
from services.errors import DomainError
from tests.conftest import NOW, Cast
from tests.services import acts

DRAFT, PLACED, LOADING, OVER = "draft", "placed", "loading", "over"
GOODS = st.sampled_from(["buckwheat", "water"])
KEEPER = st.sampled_from(["boris", "petr"])
FIRM = st.sampled_from(["romashka", "second"])
COUNT = st.integers(0, 150)
ANY = st.integers(0, 50)


class Life(RuleBasedStateMachine):
    """The model is a few dictionaries in whole base units; the store is the real one on a real file."""

    database: Database
    cast: Cast

    @initialize()
    def open(self) -> None:
        self.stack = ExitStack()
        self.session: Session = self.stack.enter_context(self.database.unit_of_work(NOW))
        company.warehouse(self.session).window_capacity = 1000
        self.people = {
            name: self.session.get_one(User, getattr(self.cast, name)) for name in ("anna", "boris", "petr")
        }
        first = self.session.get_one(Customer, self.cast.romashka)
        second = Customer(sales_rep_id=self.cast.anna, name="ООО «Лютик»", emails="", created_at=NOW)
        self.session.add(second)
        self.session.flush()
        self.firms = {"romashka": first, "second": second}
        self.goods = {
            name: self.session.get_one(Product, getattr(self.cast, name)) for name in ("buckwheat", "water")
        }
        self.on_hand = {"buckwheat": 600, "water": 100}
        self.orders: list[int] = []
        self.status: dict[int, str] = {}
        self.wanted: dict[int, dict[str, int]] = {}
        self.in_hand: dict[int, str] = {}
        self.firm: dict[int, str] = {}

    def teardown(self) -> None:
        if hasattr(self, "stack"):
            self.session.rollback()
            self.stack.close()

    # What people do

    @rule(name=GOODS, quantity=st.integers(1, 60))
    def receive(self, name: str, quantity: int) -> None:
        stock.receive(self.session, self.goods[name], quantity * 1000, self.people["boris"])
        self.on_hand[name] += quantity

    @rule(quantities=st.lists(st.integers(1, 60), min_size=2, max_size=2))
    def receive_a_file(self, quantities: list[int]) -> None:
        rows = [
            (self.goods[name].id, quantity * 1000, "файл")
            for name, quantity in zip(self.goods, quantities, strict=True)
        ]
        stock.receive_many(self.session, rows, self.people["boris"])
        for name, quantity in zip(self.goods, quantities, strict=True):
            self.on_hand[name] += quantity

    @rule(name=GOODS, counted=COUNT)
    def adjust(self, name: str, counted: int) -> None:
        done = self.tries(stock.adjust, self.goods[name], counted * 1000, self.people["boris"], "пересчёт")
        assert done == (counted >= self.reserved(name))
        if done:
            self.on_hand[name] = counted

    @rule(firm=FIRM, quantities=st.dictionaries(GOODS, st.integers(1, 60), min_size=1))
    def fill(self, firm: str, quantities: dict[str, int]) -> None:
        wishes = {self.goods[name]: str(quantity) for name, quantity in quantities.items()}
        drafts: list[Order] = []

        def fill_in(session: Session) -> None:
            drafts.append(acts.draft(session, self.people["anna"], self.firms[firm], wishes))

        is_there = all(quantity <= self.free(name) for name, quantity in quantities.items())
        assert self.tries(fill_in) == is_there
        if is_there:
            self.note(drafts[0], firm)

    @precondition(lambda self: self.orders)
    @rule(which=ANY)
    def place(self, which: int) -> None:
        order_id = self.pick(which)
        order = self.session.get_one(Order, order_id)
        wanted = self.wanted[order_id]
        if self.status[order_id] == DRAFT:
            done = self.tries(placing.place, order, self.people["anna"], duplicate_is_meant=True)
            assert done == all(wanted[name] <= self.free(name) for name in wanted)
            self.status[order_id] = PLACED if done else DRAFT

    @precondition(lambda self: self.orders)
    @rule(which=ANY)
    def recall(self, which: int) -> None:
        order_id = self.pick(which)
        has_draft = any(
            self.status[other] == DRAFT and self.firm[other] == self.firm[order_id]
            for other in self.orders
            if other != order_id
        )
        self.step(order_id, placing.recall, "anna", self.status[order_id] == PLACED and not has_draft, DRAFT)

    @precondition(lambda self: self.orders)
    @rule(which=ANY, keeper=KEEPER)
    def claim(self, which: int, keeper: str) -> None:
        order_id = self.pick(which)
        if self.status[order_id] != DRAFT:
            self.step(order_id, loading.claim, keeper, self.status[order_id] == PLACED, LOADING)

    @precondition(lambda self: self.orders)
    @rule(which=ANY, keeper=KEEPER)
    def release(self, which: int, keeper: str) -> None:
        order_id = self.pick(which)
        if self.status[order_id] != DRAFT:
            self.step(order_id, loading.release, keeper, self.holds(order_id, keeper), PLACED)

    @precondition(lambda self: self.orders)
    @rule(which=ANY, keeper=KEEPER)
    def reject(self, which: int, keeper: str) -> None:
        order_id = self.pick(which)
        may = self.status[order_id] == PLACED or self.holds(order_id, keeper)
        if self.status[order_id] != DRAFT:
            self.step(order_id, loading.reject, keeper, may, OVER, "брак")

    @precondition(lambda self: self.orders)
    @rule(which=ANY)
    def cancel(self, which: int) -> None:
        order_id = self.pick(which)
        self.step(order_id, placing.cancel, "anna", self.status[order_id] == PLACED, OVER, "передумали")

    @precondition(lambda self: self.orders)
    @rule(which=ANY, keeper=KEEPER)
    def load_in_full(self, which: int, keeper: str) -> None:
        self.load(self.pick(which), keeper, None)

    @precondition(lambda self: self.orders)
    @rule(which=ANY, keeper=KEEPER, less=st.integers(1, 80))
    def load_short(self, which: int, keeper: str, less: int) -> None:
        self.load(self.pick(which), keeper, less)

    # What must then be so

    @invariant()
    def everything_agrees(self) -> None:
        if not hasattr(self, "session"):
            return
        self.session.flush()
        for name, product in self.goods.items():
            levels = self.session.execute(
                select(Product.on_hand, Product.reserved).where(Product.id == product.id)
            ).one()
            moved = self.session.execute(
                select(func.sum(StockMovement.on_hand_change), func.sum(StockMovement.reserved_change)).where(
                    StockMovement.product_id == product.id
                )
            ).one()
            assert tuple(levels) == tuple(moved) == (self.on_hand[name] * 1000, self.reserved(name) * 1000)
            assert 0 <= levels.reserved <= levels.on_hand
        held = self.session.execute(
            select(OrderLine.order_id, Reservation.product_id, Reservation.quantity).join(
                OrderLine, OrderLine.id == Reservation.order_line_id
            )
        )
        promised = {
            (order_id, self.goods[name].id, quantity * 1000)
            for order_id in self.orders
            if self.status[order_id] in (PLACED, LOADING)
            for name, quantity in self.wanted[order_id].items()
        }
        assert {tuple(row) for row in held} == promised
        assert ledger.find_discrepancies(self.session) == []

    # How

    def load(self, order_id: int, keeper: str, less: int | None) -> None:
        if self.status[order_id] == DRAFT:
            return
        order = self.session.get_one(Order, order_id)
        wanted = self.wanted[order_id]
        loaded = {name: max(0, quantity - (less or 0)) for name, quantity in wanted.items()}
        may = self.holds(order_id, keeper) and any(loaded.values())
        before = [line.loaded_quantity for line in order.lines]
        if less is not None:
            for line in order.lines:
                line.loaded_quantity = loaded[self.name(line.product_id)] * 1000
        self.session.flush()
        done = self.step(order_id, loading.confirm_load, keeper, may, OVER)
        if done:
            for name, quantity in loaded.items():
                self.on_hand[name] -= quantity
            return
        for line, quantity_before in zip(order.lines, before, strict=True):
            line.loaded_quantity = quantity_before

    def step(self, order_id: int, act: object, who: str, may: bool, then: str, *more: object) -> bool:
        """Try a step: it must succeed exactly when the model says so, and change nothing otherwise."""
        assert self.tries(act, order_id, self.people[who], *more) == may
        if may:
            self.status[order_id] = then
            self.in_hand.pop(order_id, None)
            if then == LOADING:
                self.in_hand[order_id] = who
        return may

    def tries(self, act: object, *arguments: object, **more: object) -> bool:
        """Do it in a savepoint, as the processor does; tell whether it was done."""
        assert callable(act)
        try:
            with self.session.begin_nested():
                act(self.session, *arguments, **more)
        except DomainError:
            self.session.expire_all()
            return False
        return True

    def note(self, order: Order, firm: str) -> None:
        if order.id not in self.orders:
            self.orders.append(order.id)
        self.status[order.id], self.firm[order.id] = DRAFT, firm
        self.wanted[order.id] = {self.name(line.product_id): line.quantity // 1000 for line in order.lines}

    def name(self, product_id: int) -> str:
        return next(name for name, product in self.goods.items() if product.id == product_id)

    def pick(self, which: int) -> int:
        # The latest ones first: they are the ones things still happen to.
        return self.orders[-1 - which % len(self.orders)]

    def holds(self, order_id: int, keeper: str) -> bool:
        return self.status[order_id] == LOADING and self.in_hand[order_id] == keeper

    def free(self, name: str) -> int:
        return self.on_hand[name] - self.reserved(name)

    def reserved(self, name: str) -> int:
        return sum(
            self.wanted[order_id].get(name, 0)
            for order_id in self.orders
            if self.status[order_id] in (PLACED, LOADING)
        )


def test_whatever_people_do_the_books_agree(database: Database, cast: Cast) -> None:
    class Here(Life):
        pass

    Here.database, Here.cast = database, cast
    run_state_machine_as_test(
        Here,
        settings=settings(
            max_examples=20, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
