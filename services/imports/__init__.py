"""Import files: first a report of what they would do, then all of it or nothing.

``check`` and its kin only read; ``apply`` writes what a report said, and refuses if the base has moved on
since.
"""

from __future__ import annotations

from sqlalchemy.orm import Session

from models import Role, User
from services import auth
from services.errors import Conflict, Invalid
from services.imports import catalog, customers, receipt
from services.imports.catalog import check_catalog
from services.imports.customers import check_customers
from services.imports.receipt import check_receipt
from services.imports.report import Addition, Change, FieldChange, Kind, Problem, Report, render_report
from services.imports.tables import Progress

__all__ = [
    "Addition",
    "Change",
    "FieldChange",
    "Kind",
    "Problem",
    "Report",
    "apply",
    "check",
    "check_catalog",
    "check_customers",
    "check_receipt",
    "render_report",
]

_ENGINES = {"catalog": catalog, "customers": customers, "receipt": receipt}
_CHECKS = {"catalog": check_catalog, "customers": check_customers, "receipt": check_receipt}

_ROLES: dict[Kind, tuple[Role, ...]] = {
    "catalog": (Role.ADMIN,),
    "customers": (Role.ADMIN,),
    "receipt": (Role.STOREKEEPER, Role.ADMIN),
}


def check(
    session: Session, kind: Kind, data: bytes, file_name: str, progress: Progress | None = None
) -> Report:
    """Return what a file of this kind would do; nothing is written. ``progress`` hears of the rows read."""
    return _CHECKS[kind](session, data, file_name, progress)


def apply(session: Session, report: Report, user: User | None) -> None:
    """Write everything the report names, in the caller's transaction; without a user: the command line's.

    Raises Forbidden unless the user may change all that, ``Invalid("import_has_problems")`` (problems: how
    many) and ``Conflict("import_outdated")`` when applying would no longer do what the report says; nothing
    was written then.
    """
    if user is not None:
        auth.require(user, *_ROLES[report.kind])
    if report.problems:
        raise Invalid("import_has_problems", problems=len(report.problems))
    engine = _ENGINES[report.kind]
    if engine.plan_again(session, report) != report.plan:
        raise Conflict("import_outdated")
    engine.write(session, report, user)
