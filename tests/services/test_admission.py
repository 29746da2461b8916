"""Open codes, requests and locked accounts, as an administrator sees them."""

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from models import AuditEntry, RequestState, Role, User
from services import admission, auth
from services.errors import Conflict, Forbidden, NotFound
from tests.conftest import NOW
from tests.services.documents import scan_picture

STRANGER = 9001

both_engines = pytest.mark.both_engines


def redeem(session: Session, code: str) -> User | None:
    return auth.redeem(session, STRANGER, code, name="Ольга", username="olga", language="ru")


def asks(session: Session) -> int:
    request = auth.request_access(
        session, STRANGER, name="Ольга", username="olga", phone="+79990000000", language="ru"
    )
    return request.id


@both_engines
def test_a_code_is_open_until_it_is_used_revoked_or_too_old(session: Session, dmitry: User) -> None:
    codes = {name: auth.issue_code(session, Role.SALES_REP, name, dmitry) for name in ("А", "Б", "В")}
    rows = {code.name: code for code in admission.open_codes(session, dmitry).items}
    assert list(rows) == ["В", "Б", "А"]
    redeem(session, codes["А"])
    admission.revoke(session, rows["Б"].id, dmitry)
    assert [code.name for code in admission.open_codes(session, dmitry).items] == ["В"]
    assert redeem(session, codes["Б"]) is None
    session.info["now"] = NOW + timedelta(hours=72)
    assert admission.open_codes(session, dmitry).items == ()
    for name in ("А", "Б"):
        with pytest.raises(Conflict) as caught:
            admission.revoke(session, rows[name].id, dmitry)
        assert caught.value.code == "code_closed"
    with pytest.raises(NotFound):
        admission.revoke(session, 999, dmitry)
    issued = session.scalars(select(AuditEntry).where(AuditEntry.action == "issue")).all()
    assert [(entry.user_id, entry.after) for entry in issued] == [
        (dmitry.id, {"role": "sales_rep", "name": name}) for name in codes
    ]


@both_engines
def test_a_request_is_closed_when_its_owner_comes_in_by_a_code(session: Session, dmitry: User) -> None:
    request_id = asks(session)
    assert admission.count_requests(session) == 1
    assert [one.id for one in admission.requests(session, dmitry).items] == [request_id]
    user = redeem(session, auth.issue_code(session, Role.SALES_REP, "Ольга", dmitry))
    assert user is not None
    request = auth.get_request(session, request_id, dmitry)
    session.refresh(request)
    assert (request.state, request.decided_by_id) == (RequestState.CLOSED, dmitry.id)
    assert admission.count_requests(session) == 0
    with pytest.raises(Conflict):
        auth.approve(session, request_id, Role.STOREKEEPER, dmitry)
    assert user.roles == {Role.SALES_REP}


@both_engines
def test_wrong_codes_are_listed_with_who_typed_them_and_a_lock_is_taken_off(
    session: Session, dmitry: User
) -> None:
    for number in range(4):
        redeem(session, f"WRONG-{number}")
    [attempt] = admission.attempts(session, dmitry).items
    assert (attempt.failed, attempt.name, attempt.username, attempt.last_at) == (4, "Ольга", "olga", NOW)
    with pytest.raises(NotFound):
        admission.unlock(session, STRANGER, dmitry)
    redeem(session, "WRONG-4")
    assert admission.attempts(session, dmitry).items == (attempt,)
    admission.unlock(session, STRANGER, dmitry)
    assert admission.attempts(session, dmitry).items == ()
    assert redeem(session, auth.issue_code(session, Role.SALES_REP, "Ольга", dmitry)) is not None
    trace = session.scalars(select(AuditEntry).where(AuditEntry.subject == "account")).all()
    assert [(entry.action, entry.user_id, entry.subject_id) for entry in trace] == [
        ("lock", None, str(STRANGER)),
        ("unlock", dmitry.id, str(STRANGER)),
    ]


def test_only_administrators_see_any_of_it(session: Session, anna: User) -> None:
    for look in (admission.open_codes, admission.requests, admission.attempts):
        with pytest.raises(Forbidden):
            look(session, anna)
    with pytest.raises(Forbidden):
        admission.revoke(session, 1, anna)
    with pytest.raises(Forbidden):
        admission.unlock(session, STRANGER, anna)


def test_the_picture_is_read_by_a_scanner(tmp_path: Path) -> None:
    link = "https://t.me/a_bot_with_a_rather_long_name_bot?start=ABCDE-23456"
    assert scan_picture(admission.render_qr(link), tmp_path) == link
