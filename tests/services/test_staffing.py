"""Blocking people: at once, with what they had in hand given back."""

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from models import AuditEntry, Customer, OrderStatus, Product, Role, User
from services import auth, loading, staffing
from services.errors import Conflict, NotFound
from tests.services import acts

pytestmark = pytest.mark.both_engines


def test_a_storekeeper_blocked_in_the_middle_of_a_load_gives_it_back(
    session: Session, anna: User, boris: User, petr: User, dmitry: User, romashka: Customer, water: Product
) -> None:
    order = acts.in_hand(session, anna, romashka, {water: "10"}, boris)
    staffing.block(session, boris.id, dmitry)
    assert (boris.roles, order.status, order.storekeeper_id) == (frozenset(), OrderStatus.PLACED, None)
    assert acts.events(session, order)[-1] == ("released", dmitry.id)
    assert acts.notices(session, anna)[-1] == "order_released"
    assert acts.notices(session, petr)[-1] == "order_card"
    entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "block")).one()
    assert (entry.user_id, entry.subject_id, entry.after) == (dmitry.id, str(boris.id), {"is_active": False})
    loading.claim(session, order.id, petr)
    staffing.unblock(session, boris.id, dmitry)
    assert boris.roles == {Role.STOREKEEPER}
    assert order.storekeeper_id == petr.id


def test_the_last_administrator_is_not_blocked(session: Session, dmitry: User) -> None:
    with pytest.raises(Conflict) as caught:
        staffing.block(session, dmitry.id, dmitry)
    assert (caught.value.code, dmitry.is_active) == ("last_admin", True)


def test_only_administrators_find_staff(session: Session, anna: User, boris: User) -> None:
    with pytest.raises(NotFound):
        staffing.block(session, boris.id, anna)
    assert auth.staff(session, Role.STOREKEEPER)[0] is boris


def test_the_list_has_the_blocked_last(session: Session, anna: User, dmitry: User) -> None:
    staffing.block(session, anna.id, dmitry)
    names = [user.name for user in staffing.find(session, dmitry).items]
    assert names == ["Борис", "Дмитрий", "Клара", "Пётр", "Анна"]
