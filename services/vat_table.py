"""The dated table of VAT rates: shown, continued by the administrator, never changed for days gone by."""

from __future__ import annotations

import re
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import Role, User, VatKind, VatRate
from services import audit, auth, company
from services.errors import Invalid, NotFound

_TYPED = re.compile(
    r"(?:(?P<percent>[0-9]{1,2}) ?%?|(?P<exempt>без ндс|no vat))\s+(?:с |from )?"
    r"(?P<day>[0-9]{1,2})\.(?P<month>[0-9]{1,2})\.(?P<year>20[0-9]{2})",
    re.IGNORECASE,
)


def rows(session: Session, kind: VatKind | None = None) -> list[VatRate]:
    """Return the table, or the rows of one kind: by kind in the law's order, then by day."""
    query = select(VatRate).order_by(VatRate.starts_on)
    found = list(session.execute(query).scalars())
    order = list(VatKind)
    found.sort(key=lambda row: order.index(row.kind))
    return [row for row in found if kind is None or row.kind is kind]


def parse(text: str) -> tuple[int | None, date]:
    """Return percent and day of «22 с 01.01.2027», None for «без НДС с …»; raises Invalid ``vat_form``."""
    match = _TYPED.fullmatch(" ".join(text.split()))
    try:
        if match is None:
            raise ValueError(text)
        day = date(int(match["year"]), int(match["month"]), int(match["day"]))
    except ValueError:
        raise Invalid("vat_form") from None
    return (None if match["exempt"] else int(match["percent"])), day


def check_day(session: Session, day: date) -> None:
    """Refuse a day that is over: papers of that day are issued. Raises Invalid ``vat_past`` (day)."""
    if day < company.local_now(session).date():
        raise Invalid("vat_past", day=day)


def add(session: Session, kind: VatKind, percent: int | None, starts_on: date, actor: User) -> None:
    """Let a kind have this percentage from a day on, today at the earliest; raises Invalid ``vat_past``."""
    auth.require(actor, Role.ADMIN)
    check_day(session, starts_on)
    row = session.get(VatRate, (kind, starts_on))
    before = None if row is None else _facts(row)
    if row is None:
        row = VatRate(kind=kind, starts_on=starts_on)
        session.add(row)
    row.percent = percent
    session.flush()
    company.forget_vat_table(session)
    if before != _facts(row):
        audit.record(session, actor, "update", "vat_rate", kind.value, before, _facts(row))


def remove(session: Session, kind: VatKind, starts_on: date, actor: User) -> None:
    """Take back a rate that does not apply yet; raises NotFound ``vat_rate`` for any other."""
    auth.require(actor, Role.ADMIN)
    row = session.get(VatRate, (kind, starts_on))
    if row is None or not is_to_come(session, row):
        raise NotFound("vat_rate")
    audit.record(session, actor, "delete", "vat_rate", kind.value, _facts(row), None)
    session.delete(row)
    session.flush()
    company.forget_vat_table(session)


def is_to_come(session: Session, row: VatRate) -> bool:
    """Tell whether a rate applies from a later day only."""
    return row.starts_on > company.local_now(session).date()


def _facts(row: VatRate) -> dict[str, object]:
    return {"starts_on": row.starts_on.isoformat(), "percent": row.percent}
