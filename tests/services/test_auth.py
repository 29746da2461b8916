from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models import AccessCode, AccessRequest, AuditEntry, Database, RequestState, Role, User
from services import admission, auth
from services.errors import Conflict, Forbidden, Invalid, NotFound
from tests.conftest import NOW, Cast
from tests.services import acts

both_engines = pytest.mark.both_engines
STRANGER = 9001


def redeem(
    session: Session, code: str, telegram_id: int = STRANGER, language: str | None = "ru"
) -> User | None:
    return auth.redeem(session, telegram_id, code, name="Ольга", username="olga", language=language)


def issue(database: Database, cast: Cast, role: Role = Role.SALES_REP) -> str:
    with database.unit_of_work(NOW) as session:
        return auth.issue_code(session, role, "Ольга Новая", session.get_one(User, cast.dmitry))


@both_engines
def test_a_code_lets_in_once_under_the_name_it_was_made_for(database: Database, cast: Cast) -> None:
    code = issue(database, cast)
    with database.unit_of_work(NOW) as session:
        user = redeem(session, code)
        assert user is not None
        assert (user.name, user.username, user.language) == ("Ольга Новая", "olga", "ru")
        assert user.roles == {Role.SALES_REP}
    with database.unit_of_work(NOW) as session:
        assert redeem(session, code, telegram_id=9002) is None
        row = session.scalars(select(AccessCode)).one()
        assert (row.used_at, row.used_by_id) == (NOW, user.id)


@pytest.mark.parametrize("spoil", ["wrong", "used", "expired", "revoked"])
@both_engines
def test_a_code_that_does_not_fit_never_says_why(database: Database, cast: Cast, spoil: str) -> None:
    code, now = issue(database, cast), NOW
    with database.unit_of_work(NOW) as session:
        if spoil == "wrong":
            code = "22222-22222"
        elif spoil == "used":
            redeem(session, code, telegram_id=9002)
        elif spoil == "revoked":
            session.scalars(select(AccessCode)).one().revoked_at = NOW
        else:
            now = NOW + timedelta(hours=72)
    with database.unit_of_work(now) as session:
        assert redeem(session, code) is None
        assert auth.find_user(session, STRANGER) is None


def test_a_code_lasts_72_hours(database: Database, cast: Cast) -> None:
    code = issue(database, cast)
    with database.unit_of_work(NOW + timedelta(hours=72) - timedelta(seconds=1)) as session:
        assert redeem(session, code) is not None


def test_only_a_digest_of_the_code_is_kept(database: Database, cast: Cast) -> None:
    code = issue(database, cast)
    with database.reading() as session:
        row = session.execute(select(AccessCode.__table__)).one()
    assert code.replace("-", "") not in str(row)


@pytest.mark.parametrize(
    "spelling", [str.lower, lambda code: code.replace("-", " "), lambda code: f"  {code}\n"]
)
def test_a_code_is_read_however_it_is_typed(database: Database, cast: Cast, spelling: object) -> None:
    code = issue(database, cast)
    assert callable(spelling)
    with database.unit_of_work(NOW) as session:
        assert redeem(session, spelling(code)) is not None


def test_a_code_typed_in_cyrillic_letters_is_understood(database: Database, cast: Cast) -> None:
    latin_to_cyrillic = str.maketrans("ABCEHKMPTXY", "АВСЕНКМРТХУ")
    code = issue(database, cast).translate(latin_to_cyrillic)
    with database.unit_of_work(NOW) as session:
        assert redeem(session, code) is not None


@given(st.text(max_size=60))
def test_any_text_typed_as_a_code_is_just_wrong(text: str) -> None:
    assert len(auth._digest(text)) == 64


@both_engines
def test_the_fifth_wrong_code_locks_for_15_minutes_and_the_administrators_hear(
    database: Database, cast: Cast
) -> None:
    code = issue(database, cast)
    for attempt in range(5):
        with database.unit_of_work(NOW) as session:
            assert auth.locked_until(session, STRANGER) is None, attempt
            assert redeem(session, "wrong") is None
    with database.unit_of_work(NOW + timedelta(minutes=14, seconds=59)) as session:
        with pytest.raises(Conflict) as caught:
            redeem(session, code)
        assert (caught.value.code, caught.value.params) == ("locked", {"until": NOW + timedelta(minutes=15)})
        dmitry = session.get_one(User, cast.dmitry)
        assert acts.notices(session) == acts.notices(session, dmitry) == ["account_locked"]
        # Somebody else's account is not locked.
        assert auth.locked_until(session, 9002) is None
    with database.unit_of_work(NOW + timedelta(minutes=15)) as session:
        assert redeem(session, code) is not None


def test_a_right_code_forgets_the_wrong_ones(database: Database, cast: Cast) -> None:
    first, second = issue(database, cast), issue(database, cast, Role.STOREKEEPER)
    with database.unit_of_work(NOW) as session:
        for _ in range(4):
            redeem(session, "wrong")
        assert redeem(session, first) is not None
        for _ in range(4):
            assert redeem(session, "wrong") is None
        user = redeem(session, second)
        assert user is not None
        assert user.roles == {Role.SALES_REP, Role.STOREKEEPER}
        assert acts.notices(session) == []


def test_after_a_lock_there_are_five_tries_again_and_who_goes_on_is_told_of_once_a_day(
    database: Database, cast: Cast
) -> None:
    for hours, told in ((0, 1), (0.25, 1), (0.5, 1), (24.5, 2)):
        at = NOW + timedelta(hours=hours)
        for _ in range(5):
            with database.unit_of_work(at) as session:
                assert redeem(session, "wrong") is None
        with database.unit_of_work(at) as session:
            assert auth.locked_until(session, STRANGER) == at + timedelta(minutes=15)
            assert acts.notices(session) == ["account_locked"] * told
            locks = select(AuditEntry.id).where(AuditEntry.action == "lock")
            assert len(session.scalars(locks).all()) == told


def test_who_was_unlocked_and_guesses_on_is_told_of_again(session: Session, dmitry: User) -> None:
    for _ in range(2):
        for _ in range(5):
            redeem(session, "wrong")
        admission.unlock(session, STRANGER, dmitry)
    assert acts.notices(session) == ["account_locked"] * 2


def test_a_second_code_for_a_role_one_has_changes_nothing_else(database: Database, cast: Cast) -> None:
    with database.unit_of_work(NOW) as session:
        code = auth.issue_code(session, Role.SALES_REP, "Другое имя")
        user = redeem(session, code, telegram_id=1001)
        assert user is not None
        assert (user.id, user.name, user.roles) == (cast.anna, "Анна", frozenset({Role.SALES_REP}))


def test_codes_are_issued_by_administrators_for_a_name(session: Session, anna: User, dmitry: User) -> None:
    with pytest.raises(Forbidden):
        auth.issue_code(session, Role.ADMIN, "Ольга", anna)
    for name in ("", "   ", "я" * 161):
        with pytest.raises(Invalid) as caught:
            auth.issue_code(session, Role.ADMIN, name, dmitry)
        assert caught.value.code == "name"
    assert session.scalar(select(func.count(AccessCode.id))) == 0


def test_codes_differ_and_have_no_letter_to_mistake(session: Session, dmitry: User) -> None:
    codes = {auth.issue_code(session, Role.SALES_REP, "Ольга", dmitry) for _ in range(200)}
    assert len(codes) == 200
    assert not set("".join(codes)) & set("01OIL")
    assert {len(code) for code in codes} == {11}


def ask(session: Session, telegram_id: int = STRANGER) -> AccessRequest:
    return auth.request_access(
        session, telegram_id, name="Ольга", username="olga", phone="+79001234567", language="en"
    )


@both_engines
def test_a_request_goes_to_every_administrator_once(session: Session, dmitry: User) -> None:
    request = ask(session)
    assert acts.notices(session) == acts.notices(session, dmitry) == ["access_requested"]
    with pytest.raises(Conflict) as caught:
        ask(session)
    assert caught.value.code == "request_waits"
    auth.reject(session, request.id, dmitry)
    assert ask(session).id != request.id


@both_engines
def test_approving_lets_in_and_says_so(session: Session, dmitry: User) -> None:
    request = ask(session)
    user = auth.approve(session, request.id, Role.STOREKEEPER, dmitry)
    assert (user.telegram_id, user.name, user.phone, user.language) == (
        STRANGER,
        "Ольга",
        "+79001234567",
        "en",
    )
    assert user.roles == {Role.STOREKEEPER}
    assert acts.notices(session, user) == ["access_granted"]
    session.refresh(request)
    assert (request.state, request.decided_at, request.decided_by_id) == (
        RequestState.APPROVED,
        NOW,
        dmitry.id,
    )


@both_engines
def test_a_request_is_decided_once(session: Session, dmitry: User) -> None:
    request = ask(session)
    auth.reject(session, request.id, dmitry)
    for decide in (
        lambda: auth.approve(session, request.id, Role.ADMIN, dmitry),
        lambda: auth.reject(session, request.id, dmitry),
    ):
        with pytest.raises(Conflict) as caught:
            decide()
        assert caught.value.code == "request_decided"
    assert auth.find_user(session, STRANGER) is None
    assert acts.notices(session)[-1] == "access_rejected"


def test_requests_are_found_by_administrators_only(
    session: Session, anna: User, boris: User, dmitry: User
) -> None:
    request = ask(session)
    for outsider in (anna, boris):
        for decide in (
            lambda actor: auth.get_request(session, request.id, actor),
            lambda actor: auth.approve(session, request.id, Role.ADMIN, actor),
            lambda actor: auth.reject(session, request.id, actor),
        ):
            with pytest.raises(NotFound):
                decide(outsider)
    assert auth.get_request(session, request.id, dmitry).state is RequestState.PENDING


@both_engines
def test_administrators_of_the_settings_are_there_after_every_start(session: Session, dmitry: User) -> None:
    for _ in range(2):
        auth.ensure_admins(session, [dmitry.telegram_id, 9003])
        session.flush()
    new = auth.find_user(session, 9003)
    assert new is not None
    assert [admin.id for admin in auth.staff(session, Role.ADMIN)] == [dmitry.id, new.id]
    # Blocked is blocked, also after a restart; but never does a company lose its last way in.
    dmitry.is_active = False
    session.flush()
    auth.ensure_admins(session, [dmitry.telegram_id, 9003])
    assert not dmitry.is_active
    new.is_active = False
    session.flush()
    auth.ensure_admins(session, [dmitry.telegram_id])
    assert dmitry.is_active
    auth.take_note(session, new, "Мария Иванова", "maria")
    assert (new.name, new.username) == ("Мария Иванова", "maria")
    auth.take_note(session, new, "Другое Имя", None)
    assert (new.name, new.username) == ("Мария Иванова", None)


def test_who_writes_is_reachable_again(session: Session, anna: User) -> None:
    anna.unreachable_at = NOW
    auth.take_note(session, anna, "Анна", anna.username)
    assert anna.unreachable_at is None


def test_staff_are_the_active_holders_of_a_role(session: Session, anna: User, clara: User) -> None:
    assert auth.staff(session, Role.SALES_REP) == [anna, clara]
    clara.is_active = False
    session.flush()
    assert auth.staff(session, Role.SALES_REP) == [anna]
    with pytest.raises(Forbidden):
        auth.require(clara, Role.SALES_REP)
    with pytest.raises(Forbidden):
        auth.require(None, Role.SALES_REP)
    assert auth.require(anna, Role.ADMIN, Role.SALES_REP) is anna


@both_engines
def test_leaving_gives_the_roles_back_but_the_last_administrator_stays(
    session: Session, anna: User, dmitry: User
) -> None:
    auth.log_out(session, anna)
    session.flush()
    session.expire_all()
    assert anna.roles == frozenset()
    with pytest.raises(Conflict) as caught:
        auth.log_out(session, dmitry)
    assert (caught.value.code, dmitry.roles) == ("last_admin", frozenset({Role.ADMIN}))
