from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import select

from models import AuditEntry, Base, Database, User, VatKind
from services import audit

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)


def test_who_when_what_before_after(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path}/bot.db")
    Base.metadata.create_all(database.engine)
    with database.unit_of_work(NOW) as session:
        user = User(telegram_id=4, name="Дмитрий", created_at=NOW)
        session.add(user)
        session.flush()
        audit.record(session, user, "update", "company", 1, {"vat_kind": None}, {"vat_kind": VatKind.EXEMPT})
        audit.record(session, None, "import", "catalog", None)
    with database.unit_of_work() as session:
        first, second = session.scalars(select(AuditEntry).order_by(AuditEntry.id))
    assert (first.at, first.user_id, first.action, first.subject, first.subject_id) == (
        *(NOW, user.id, "update", "company", "1"),
    )
    assert (first.before, first.after) == ({"vat_kind": None}, {"vat_kind": "exempt"})
    assert (second.user_id, second.subject_id, second.before, second.after) == (None, None, None, None)
    database.close()
