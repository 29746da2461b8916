"""What administrators alone may do: each service checks for itself, whoever forgot to hide a button."""

import ast
import inspect
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

import handlers
import services
from models import AuditEntry, Customer, Product, Role, User, VatKind
from services import (
    admission,
    assortment,
    auth,
    catalog,
    clientele,
    company,
    documents,
    exports,
    handover,
    health,
    holidays,
    imports,
    invoices,
    letters,
    mail_texts,
    mailings,
    settings_table,
    staffing,
    vat_table,
    waybills,
)
from services.errors import Forbidden, NotFound
from tests.services import acts

DAY = date(2026, 12, 31)


# By the order of the arguments after the session; the actor's place says who tries.
ACTOR = object()
WATER, ROMASHKA, CLARA, SHELF = object(), object(), object(), object()
ALONE: list[tuple[Callable[..., Any], tuple[Any, ...], dict[str, Any]]] = [
    (admission.revoke, (1, ACTOR), {}),
    (admission.unlock, (1, ACTOR), {}),
    (assortment.change, (WATER, "price", "1", ACTOR, 1), {}),
    (assortment.set_vat, (WATER, VatKind.ZERO, ACTOR, 1), {}),
    (assortment.add, ("Z-1", "Новый", SHELF, "шт", 1, ACTOR), {}),
    (assortment.add_shelf, ("Полка", None, ACTOR), {}),
    (assortment.rename_shelf, (SHELF, "Полка", ACTOR), {}),
    (assortment.move_shelf, (SHELF, None, ACTOR), {}),
    (assortment.shift_shelf, (SHELF, 1, ACTOR), {}),
    (assortment.hide_shelf, (SHELF, ACTOR), {"is_hidden": True}),
    (auth.issue_code, (Role.ADMIN, "Ева", ACTOR), {}),
    (clientele.set_price_list, (ROMASHKA, None, ACTOR), {}),
    (clientele.set_discount, (ROMASHKA, "99", ACTOR), {}),
    (clientele.set_language, (ROMASHKA, "en", ACTOR), {}),
    (company.confirm_account, (ACTOR,), {}),
    (company.confirm_orders, (ACTOR,), {"is_on": True}),
    (company.set_facsimile, (None, ACTOR), {}),
    (company.set_requisite, ("bank_name", "Банк Анны", ACTOR), {}),
    (exports.note, ("catalog", "csv", ACTOR), {}),
    (handover.give_customer, (ROMASHKA, CLARA, ACTOR), {}),
    (handover.give_all, (CLARA, CLARA, "1000", ACTOR), {}),
    (health.repeat, (1, ACTOR), {}),
    (health.close_update, (1, ACTOR), {}),
    (holidays.add, (DAY, DAY, None, ACTOR), {}),
    (holidays.rename, (DAY, "Выходной", ACTOR), {}),
    (holidays.remove, (DAY, ACTOR), {}),
    (letters.queue_sample, ("ru", "anna@veter.example", 1001, ACTOR), {}),
    (letters.resume, (ACTOR,), {}),
    (mail_texts.put, ("ru", "note", "Слово Анны", ACTOR), {}),
    (mailings.write, (ACTOR, "Всем привет", [1]), {}),
    (settings_table.change, ("rate_per_km", "1", ACTOR), {"instead_of": 1000}),
    (settings_table.set_place, (55.0, 37.0, None, ACTOR), {}),
    (staffing.change, (CLARA, "name", "Клавдия", ACTOR), {}),
    (staffing.give_role, (CLARA, Role.ADMIN, ACTOR), {}),
    (staffing.take_role, (CLARA, Role.SALES_REP, ACTOR), {}),
    (staffing.block, (CLARA, ACTOR), {}),
    (staffing.unblock, (CLARA, ACTOR), {}),
    (vat_table.add, (VatKind.STANDARD, 25, DAY, ACTOR), {}),
    (vat_table.remove, (VatKind.STANDARD, DAY, ACTOR), {}),
]
# Those that take what has to be there first: tried one by one below.
ELSEWHERE = {
    *("assortment.place", "assortment.set_hidden", "catalog.set_photo", "documents.void", "documents.revise"),
    *("invoices.void", "invoices.revise", "waybills.void", "waybills.revise", "handover.give_order"),
    *("auth.approve", "auth.reject", "mailings.send", "mailings.discard"),
}
# Written with a trace by others, too; each look-up takes the actor.
OTHERS = {
    *("clientele.change", "clientele.change_outlet", "clientele.archive_outlet", "customers.create"),
    *("loading.release", "placing.cancel", "stock.set_low_stock"),
    *("vehicles.add", "vehicles.change", "vehicles.archive", "vehicles.assign"),
}
# A person lets themselves in by a code, the settings name the first administrators.
WITHIN = {"auth.grant"}


@pytest.mark.parametrize("entry", ALONE, ids=lambda entry: f"{entry[0].__module__}.{entry[0].__name__}")
def test_nobody_but_an_administrator_does_it(
    session: Session,
    anna: User,
    boris: User,
    clara: User,
    romashka: Customer,
    water: Product,
    entry: tuple[Callable[..., Any], tuple[Any, ...], dict[str, Any]],
) -> None:
    does, given, more = entry
    ids = {WATER: water.id, ROMASHKA: romashka.id, CLARA: clara.id, SHELF: water.category_id}
    for who in (anna, boris):
        arguments = [{**ids, ACTOR: who}.get(one, one) if _is_mark(one) else one for one in given]
        _is_refused(session, lambda: does(session, *arguments, **more))  # noqa: B023


def test_papers_photos_orders_requests_and_mailings_are_the_administrator_s_too(
    session: Session,
    anna: User,
    boris: User,
    clara: User,
    dmitry: User,
    romashka: Customer,
    water: Product,
) -> None:
    asked = auth.request_access(session, 77, name="Ева", username=None, phone="+79990000000", language="ru")
    mailing = mailings.write(session, dmitry, "Всем привет", [anna.id])
    order = acts.loaded(session, anna, romashka, {water: "1"}, boris)
    invoice, waybill = invoices.of_order(session, order), waybills.of_order(session, order)
    assert invoice is not None
    assert waybill is not None
    sent = acts.placed(session, anna, romashka, {water: "1"})
    reason = "ошибка"
    for who in (anna, boris):
        for attempt in (
            lambda: invoices.void(session, invoice, who, reason),  # noqa: B023
            lambda: invoices.revise(session, invoice, who, reason),  # noqa: B023
            lambda: waybills.void(session, waybill, who, reason),  # noqa: B023
            lambda: waybills.revise(session, waybill, who, reason),  # noqa: B023
            lambda: documents.revise(session, invoice, who, reason),  # noqa: B023
            lambda: documents.void(session, invoice, who, reason),  # noqa: B023
            lambda: handover.give_order(session, sent.id, clara.id, who),  # noqa: B023
            lambda: auth.approve(session, asked.id, Role.ADMIN, who),  # noqa: B023
            lambda: auth.reject(session, asked.id, who),  # noqa: B023
            lambda: mailings.send(session, mailing.id, who),  # noqa: B023
            lambda: mailings.discard(session, mailing.id, who),  # noqa: B023
            lambda: catalog.set_photo(session, water, "photo", who),  # noqa: B023
            lambda: assortment.place(session, water.id, water.category_id, who, 1),  # noqa: B023
            lambda: assortment.set_hidden(session, water.id, who, 1, is_hidden=True),  # noqa: B023
        ):
            _is_refused(session, attempt)


@pytest.mark.parametrize("kind", ["catalog", "customers", "receipt"])
def test_a_file_is_applied_by_whom_it_concerns(session: Session, anna: User, boris: User, kind: str) -> None:
    rows = {
        "catalog": "Артикул;Наименование;Категория;Ед.;Цена\nZ-1;Новый;Бакалея;шт;1",
        "customers": "Клиент\nНовый",
        "receipt": "Артикул;Количество\nB-1;1",
    }
    report = imports.check(session, kind, rows[kind].encode(), "file.csv")  # type: ignore[arg-type]
    assert report.problems == ()
    _is_refused(session, lambda: imports.apply(session, report, anna))
    if kind == "receipt":
        imports.apply(session, report, boris)
    else:
        _is_refused(session, lambda: imports.apply(session, report, boris))


def test_every_service_that_leaves_a_trace_is_tried() -> None:
    tried = {f"{does.__module__.removeprefix('services.')}.{does.__name__}" for does, _, _ in ALONE}
    assert _leave_a_trace() - tried - ELSEWHERE - OTHERS - WITHIN == set()


def test_no_screen_leaves_a_trace_itself() -> None:
    screens = Path(inspect.getfile(handlers)).parent.rglob("*.py")
    assert [path.name for path in screens if "audit.record" in path.read_text("utf-8")] == []


def _leave_a_trace() -> set[str]:
    """Every public function of the services that takes an actor and writes an audit row."""
    found = set()
    for path in Path(inspect.getfile(services)).parent.glob("*.py"):
        for node in ast.parse(path.read_text("utf-8")).body:
            if not isinstance(node, ast.FunctionDef) or node.name.startswith("_"):
                continue
            takes_actor = any(one.arg == "actor" for one in (*node.args.args, *node.args.kwonlyargs))
            if takes_actor and "audit.record" in ast.unparse(node):
                found.add(f"{path.stem}.{node.name}")
    return found


def _is_mark(value: object) -> bool:
    return any(value is mark for mark in (ACTOR, WATER, ROMASHKA, CLARA, SHELF))


def _is_refused(session: Session, attempt: Callable[[], object]) -> None:
    """It raises what says no, or what says that there is nothing; and leaves no trace."""
    entries = session.scalar(select(func.count()).select_from(AuditEntry))
    with pytest.raises((Forbidden, NotFound)) as caught:
        attempt()
    assert caught.value.code in {"forbidden", "user", "product", "category", "request", "mailing", "customer"}
    assert session.scalar(select(func.count()).select_from(AuditEntry)) == entries
