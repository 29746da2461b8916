"""What people see that is different with PostgreSQL."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from models import OutboxMessage
from services import backup
from tests.flows import acts
from tests.flows.stage import Stage

pytestmark = pytest.mark.parametrize("engine", ["postgresql"], indirect=True)


def test_for_a_copy_the_tool_is_named(stage: Stage) -> None:
    dmitry = stage.dmitry
    acts.opens(dmitry)
    dmitry.send("/backup")
    acts.sees(dmitry, "pg_dump")
    acts.press(dmitry, "⚙️ Настройки", "Язык:")
    acts.press(dmitry, "💾 Резервная копия", "pg_dump")
    assert "💾 Сделать копию сейчас" not in dmitry.screen.labels
    with stage.app.database.unit_of_work(datetime(2031, 5, 5, 12, 0, tzinfo=UTC)) as session:
        backup.queue_nightly(session)
        assert session.scalars(select(OutboxMessage).where(OutboxMessage.lane == backup.BACKUPS)).all() == []
