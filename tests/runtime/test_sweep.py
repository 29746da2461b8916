"""What is not the company's history is kept for a while, and then it is gone."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from models import AccessCode, AccessRequest, Database, GeocodedAddress, RequestState, Role, Upload, User
from runtime.ticker import KEEP_INBOX, KEEP_OUTBOX, KEEP_STRANGERS, sweep
from services import auth, geo, uploads
from services.errors import NotFound
from services.geo import Place
from tests.conftest import NOW

pytestmark = pytest.mark.both_engines
HOUR = timedelta(hours=1)


def swept(session: Session, after: timedelta) -> None:
    """Have the ticker's sweep run so long after NOW."""
    session.info["now"] = NOW + after
    session.flush()
    sweep(session)
    session.expire_all()


def asks(session: Session, telegram_id: int) -> AccessRequest:
    return auth.request_access(
        session, telegram_id, name="Ольга", username=None, phone="+79990000000", language="ru"
    )


def test_it_is_kept_as_long_as_the_documentation_says() -> None:
    days = [kept.days for kept in (KEEP_INBOX, KEEP_OUTBOX, KEEP_STRANGERS)]
    assert days == [6, 14, 30]


def test_requests_of_those_who_were_not_let_in_are_forgotten(session: Session, dmitry: User) -> None:
    ignored, rejected, approved = (asks(session, 9000 + number) for number in range(3))
    auth.reject(session, rejected.id, dmitry)
    auth.approve(session, approved.id, Role.SALES_REP, dmitry)
    session.info["now"] = NOW + HOUR * 2
    asks(session, 9003)
    swept(session, KEEP_STRANGERS - HOUR)
    assert len(session.scalars(select(AccessRequest)).all()) == 4
    swept(session, KEEP_STRANGERS + HOUR)
    states = session.scalars(select(AccessRequest.state).order_by(AccessRequest.id)).all()
    assert states == [RequestState.APPROVED, RequestState.PENDING]
    with pytest.raises(NotFound):
        auth.approve(session, ignored.id, Role.ADMIN, dmitry)
    # They may ask again.
    assert asks(session, 9000).id > approved.id


def test_no_button_of_a_forgotten_request_lets_in_somebody_else(session: Session) -> None:
    first, last = asks(session, 9000), asks(session, 9001)
    numbers = {first.id, last.id}
    swept(session, KEEP_STRANGERS + HOUR)
    assert asks(session, 9002).id not in numbers


def test_codes_that_are_worth_nothing_are_forgotten(session: Session, dmitry: User) -> None:
    code = auth.issue_code(session, Role.SALES_REP, "Ольга", dmitry)
    auth.redeem(session, 9000, code, name="Ольга", username=None, language="ru")
    auth.issue_code(session, Role.SALES_REP, "Никто", dmitry)
    session.info["now"] = NOW + KEEP_STRANGERS
    fresh = auth.issue_code(session, Role.STOREKEEPER, "Пётр", dmitry)
    swept(session, KEEP_STRANGERS + HOUR)
    assert session.scalars(select(AccessCode.name)).all() == ["Пётр"]
    assert auth.redeem(session, 9001, fresh, name="Пётр", username=None, language="ru") is not None
    # Who is in stays in.
    olga = auth.find_user(session, 9000)
    assert olga is not None
    assert olga.roles == {Role.SALES_REP}


def test_a_file_nobody_applies_is_emptied_and_its_number_is_not_given_again(
    session: Session, dmitry: User
) -> None:
    file = uploads.read(session, "catalog", "Артикул;Наименование\n".encode(), "goods.csv")
    upload = uploads.keep(session, dmitry, file)
    swept(session, uploads.UNAPPLIED_KEPT - HOUR)
    assert uploads.get(session, upload.id, dmitry).content == file.content
    swept(session, uploads.UNAPPLIED_KEPT + HOUR)
    assert session.get_one(Upload, upload.id).content is None
    with pytest.raises(NotFound) as caught:
        uploads.get(session, upload.id, dmitry)
    assert caught.value.code == "upload_gone"


def test_what_the_geocoder_said_is_forgotten_when_it_counts_no_more(database: Database) -> None:
    with database.unit_of_work(NOW) as session:
        geo.remember(session, "тверская 7", "ru", [Place("Москва, Тверская улица, 7", 55.7, 37.6)])
    for moment, left in ((geo.KEPT_FOR, 1), (geo.KEPT_FOR + HOUR, 0)):
        with database.unit_of_work(NOW + moment) as session:
            sweep(session)
            assert len(session.scalars(select(GeocodedAddress)).all()) == left
