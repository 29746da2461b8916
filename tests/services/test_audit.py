from datetime import UTC, datetime

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from models import AuditEntry, Customer, Database, Product, User, VatKind
from services import audit
from services.audit import Name, Wanted
from services.errors import Forbidden

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)


def test_who_when_what_before_after(database: Database) -> None:
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


@pytest.fixture
def entries(session: Session, anna: User, dmitry: User, water: Product, romashka: Customer) -> None:
    audit.record(session, anna, "update", "customer", romashka.id, {"phone": "1"}, {"phone": "2"})
    audit.record(session, dmitry, "update", "product", water.id, {"price": 1}, {"price": 2})
    audit.record(session, dmitry, "block", "user", anna.id, None, {"sales_rep_id": anna.id})
    audit.record(session, None, "import", "catalog", None)
    session.flush()


def actions(session: Session, actor: User, wanted: Wanted) -> list[tuple[str, str]]:
    return [(row.action, row.subject) for row in audit.find(session, actor, wanted).items]


@pytest.mark.both_engines
@pytest.mark.usefixtures("entries")
def test_by_person_kind_and_thing(session: Session, anna: User, dmitry: User, water: Product) -> None:
    everything = [("import", "catalog"), ("block", "user"), ("update", "product"), ("update", "customer")]
    assert actions(session, dmitry, Wanted()) == everything
    assert actions(session, dmitry, Wanted(anna.id)) == everything[3:]
    assert actions(session, dmitry, Wanted(subjects=("product", "customer"))) == everything[2:]
    assert actions(session, dmitry, Wanted(dmitry.id, ("product", "customer"))) == [everything[2]]
    assert actions(session, dmitry, Wanted(subjects=("product",), subject_id=water.id)) == [everything[2]]
    assert actions(session, dmitry, Wanted(subjects=("product",), subject_id=water.id + 99)) == []


@pytest.mark.both_engines
@pytest.mark.usefixtures("entries")
def test_names_of_who_what_and_what_is_mentioned(
    session: Session, anna: User, dmitry: User, water: Product, romashka: Customer
) -> None:
    found = audit.names(session, audit.find(session, dmitry, Wanted()).items)
    assert found == {
        ("user", anna.id): Name("Анна"),
        ("user", dmitry.id): Name("Дмитрий"),
        ("product", water.id): Name("Вода", "шт"),
        ("customer", romashka.id): Name("ООО «Ромашка»"),
    }


@pytest.mark.both_engines
@pytest.mark.usefixtures("entries")
def test_a_file_has_them_all_up_to_the_limit(
    session: Session, dmitry: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit, "_CHUNK", 2)
    listed = [row.subject for rows, _ in audit.listed(session, dmitry, Wanted()) for row in rows]
    assert listed == ["catalog", "user", "product", "customer"]
    listed = [row.subject for rows, _ in audit.listed(session, dmitry, Wanted(), 3) for row in rows]
    assert listed == ["catalog", "user", "product"]


def test_nobody_but_an_administrator_reads_it(session: Session, anna: User, boris: User) -> None:
    for actor in (anna, boris):
        with pytest.raises(Forbidden):
            audit.find(session, actor, Wanted())
        with pytest.raises(Forbidden):
            list(audit.listed(session, actor, Wanted()))
