from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest
from sqlalchemy.orm import Session

from models import Database, Role, User, UserRole

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Staff:
    anna: User
    clara: User
    dmitry: User


@pytest.fixture
def session(database: Database) -> Iterator[Session]:
    with database.unit_of_work(NOW) as session:
        yield session


@pytest.fixture
def staff(session: Session) -> Staff:
    return hire_all(session)


def hire_all(session: Session) -> Staff:
    cast = Staff(
        anna=_hire(session, 1001, "Анна", "anna_sales", Role.SALES_REP),
        clara=_hire(session, 1003, "Клара", "clara_sales", Role.SALES_REP),
        dmitry=_hire(session, 1004, "Дмитрий", "dmitry", Role.ADMIN),
    )
    session.flush()
    return cast


def _hire(session: Session, telegram_id: int, name: str, username: str, role: Role) -> User:
    user = User(telegram_id=telegram_id, name=name, username=username, is_active=True, created_at=NOW)
    user.grants.append(UserRole(role=role))
    session.add(user)
    return user
