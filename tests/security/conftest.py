import pytest

from models import Database
from tests.conftest import Cast
from tests.security.office import Office


@pytest.fixture
def office(database: Database, cast: Cast) -> Office:
    """The bot without its network, and the cast."""
    return Office(database)
