"""What several tests of the services begin with."""

import pytest
from sqlalchemy.orm import Session

from models import Customer, Order, Product, User
from tests.services import acts


@pytest.fixture
def three_placed(session: Session, anna: User, romashka: Customer, water: Product) -> list[Order]:
    """Three orders of Анна's that wait for the warehouse."""
    return [acts.placed(session, anna, romashka, {water: "1"}) for _ in range(3)]
