"""Files that were sent to be imported, kept no longer than somebody may want them."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from models import Upload, User
from services import uploads
from services.errors import NotFound
from tests.conftest import NOW

pytestmark = pytest.mark.both_engines

PRICES = "sku,name,category,unit,price\nN-1,Мёд,Чай,шт,5\n".encode()


def sent(session: Session, actor: User, *, at: datetime = NOW, is_applied: bool = False) -> Upload:
    """A price list as it lies there after its report, or after it was applied."""
    session.info["now"] = at
    read = uploads.read(session, "catalog", PRICES, "прайс.csv")
    upload = uploads.keep(session, actor, read)
    if is_applied:
        uploads.apply(session, upload, read.report, actor)
    session.info["now"] = NOW
    session.flush()
    return upload


def left(session: Session, upload: Upload) -> tuple[bool, bool]:
    """Whether the bytes and the report are there."""
    content, report = session.execute(
        select(Upload.content, Upload.report).where(Upload.id == upload.id)
    ).one()
    return content is not None, bool(report)


def code_of(session: Session, upload: Upload, actor: User) -> str:
    with pytest.raises(NotFound) as caught:
        uploads.get(session, upload.id, actor)
    return caught.value.code


def test_a_file_nobody_applies_is_gone_after_two_days(session: Session, dmitry: User) -> None:
    upload = sent(session, dmitry)
    uploads.sweep(session, NOW + timedelta(days=2))
    assert left(session, upload) == (True, True)
    uploads.sweep(session, NOW + timedelta(days=2, seconds=1))
    assert left(session, upload) == (False, False)
    session.expire_all()
    assert code_of(session, upload, dmitry) == "upload_gone"
    with pytest.raises(NotFound) as caught:
        uploads.read_again(session, upload.id)
    assert caught.value.code == "upload_gone"


def test_the_report_on_an_applied_file_is_gone_after_a_month(session: Session, dmitry: User) -> None:
    upload = sent(session, dmitry, is_applied=True)
    assert left(session, upload) == (False, True)
    uploads.sweep(session, NOW + timedelta(days=30))
    assert left(session, upload) == (False, True)
    uploads.sweep(session, NOW + timedelta(days=30, seconds=1))
    assert left(session, upload) == (False, False)
    session.expire_all()
    assert code_of(session, upload, dmitry) == "report_gone"
    # That the very same bytes were applied once is still known.
    again = sent(session, dmitry)
    before = uploads.applied_before(session, again)
    assert before is not None
    assert before[0].id == upload.id


def test_the_next_file_takes_the_place_of_the_last_but_not_its_number(
    session: Session, dmitry: User, anna: User
) -> None:
    other, first = sent(session, anna), sent(session, dmitry)
    second = sent(session, dmitry)
    assert second.id != first.id
    assert [left(session, one) for one in (first, other, second)] == [
        (False, False),
        (True, True),
        (True, True),
    ]
