import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from models import AuditEntry, Product, StockMovement, Upload
from services import imports, ledger, uploads
from services.errors import Conflict, Invalid, NotFound
from services.imports import Problem, Report
from services.uploads import FileRead
from tests.services.imports.conftest import NOW, Staff
from tests.services.imports.make import make_catalog, make_csv, make_xlsx

HEADER = ["Артикул", "Количество", "Причина"]


@pytest.fixture(autouse=True)
def goods(session: Session) -> None:
    honey = {"Остаток": "100", "Упаковки": "кор=12, пал=480"}
    cheese = {"Артикул": "C-1", "Наименование": "Сыр", "Ед.": "кг", "Остаток": "5"}
    report = imports.check_catalog(session, make_catalog(honey, cheese), "price.csv")
    imports.apply(session, report, None)
    session.flush()


def check(session: Session, *rows: list[str]) -> Report:
    return imports.check(session, "receipt", make_csv([HEADER, *rows]), "приход.csv")


def on_hand(session: Session) -> dict[str, int]:
    rows = session.execute(select(Product.sku, Product.on_hand)).all()
    return {row.sku: row.on_hand for row in rows}


def test_quantities_are_read_in_the_units_of_their_product(session: Session, staff: Staff) -> None:
    report = check(session, ["A-1", "2 кор", "накл. 5"], ["C-1", "2,5", ""])
    assert report.can_apply
    assert on_hand(session) == {"A-1": 100_000, "C-1": 5_000}
    imports.apply(session, report, staff.dmitry)
    assert on_hand(session) == {"A-1": 124_000, "C-1": 7_500}
    last = session.scalars(select(StockMovement).order_by(StockMovement.id.desc()).limit(2)).all()
    assert [(line.on_hand_change, line.reason, line.user_id, line.at) for line in last] == [
        (2_500, "приход.csv", staff.dmitry.id, NOW),
        (24_000, "накл. 5", staff.dmitry.id, NOW),
    ]
    assert ledger.find_discrepancies(session) == []
    trace = session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc()).limit(1)).one()
    assert (trace.subject, trace.after) == ("receipt", {"file": "приход.csv", "added": 2})


def test_english_names_and_a_workbook_s_numbers_are_read(session: Session) -> None:
    data = make_xlsx([["sku", "quantity", "reason"], ["A-1", 12, None], ["C-1", 2.5, "late"]])
    report = imports.check(session, "receipt", data, "in.xlsx")
    assert [(added.key, added.values["quantity"]) for added in report.added] == [
        ("A-1", 12_000),
        ("C-1", 2_500),
    ]


@pytest.mark.parametrize(
    ("row", "column", "code"),
    [
        (["X-9", "1", ""], "Артикул", "sku_unknown"),
        (["A-1", "0", ""], "Количество", "quantity_positive"),
        (["A-1", "-5", ""], "Количество", "quantity_positive"),
        (["A-1", "2,5", ""], "Количество", "quantity_whole"),
        (["A-1", "5 ведро", ""], "Количество", "quantity_unit"),
        (["A-1", "много", ""], "Количество", "quantity_form"),
        (["A-1", "1000001", ""], "Количество", "quantity_limit"),
        (["A-1", "", ""], "Количество", "cell_empty"),
        (["A-1", "1", "x" * 301], "Причина", "too_long"),
    ],
)
def test_a_bad_row_is_named_and_stops_the_rest(
    session: Session, row: list[str], column: str, code: str
) -> None:
    report = check(session, ["C-1", "1", ""], row)
    [problem] = report.problems
    assert (problem.row, problem.column, problem.code) == (3, column, code)
    with pytest.raises(Invalid):
        imports.apply(session, report, None)
    assert on_hand(session) == {"A-1": 100_000, "C-1": 5_000}


def test_a_sku_stands_in_a_file_once(session: Session) -> None:
    report = check(session, ["A-1", "1", ""], ["A-1", "2", ""])
    assert report.problems == (Problem(3, "Артикул", "repeated", {"value": "A-1", "row": 2}),)


def test_goods_loaded_meanwhile_do_not_outdate_a_receipt_but_another_package_does(session: Session) -> None:
    report = check(session, ["A-1", "2 кор", ""])
    honey = session.scalars(select(Product).where(Product.sku == "A-1")).one()
    session.connection().exec_driver_sql("UPDATE products SET reserved = 7000 WHERE sku = 'A-1'")
    assert check(session, ["A-1", "2 кор", ""]).fingerprint == report.fingerprint
    honey.packages[0].factor = 10_000
    session.flush()
    assert check(session, ["A-1", "2 кор", ""]).fingerprint != report.fingerprint
    with pytest.raises(Conflict) as caught:
        imports.apply(session, report, None)
    assert caught.value.code == "import_outdated"
    assert on_hand(session)["A-1"] == 100_000


def keep(session: Session, staff: Staff, *rows: list[str]) -> Upload:
    content = make_csv([HEADER, *rows])
    return uploads.keep(session, staff.dmitry, uploads.read(session, "receipt", content, "приход.csv"))


def test_a_kept_file_is_applied_once_and_its_bytes_are_let_go(session: Session, staff: Staff) -> None:
    upload = keep(session, staff, ["A-1", "1", ""])
    again = uploads.read_again(session, upload.id)
    uploads.apply(session, upload, again.report, staff.dmitry)
    session.flush()
    assert on_hand(session)["A-1"] == 101_000
    with pytest.raises(Conflict) as caught:
        uploads.apply(session, upload, again.report, staff.dmitry)
    assert caught.value.code == "upload_applied"
    with pytest.raises(NotFound):
        uploads.read_again(session, upload.id)
    assert on_hand(session)["A-1"] == 101_000


def test_a_file_that_would_do_something_else_by_now_is_not_applied(session: Session, staff: Staff) -> None:
    upload = keep(session, staff, ["A-1", "1 кор", ""])
    session.scalars(select(Product).where(Product.sku == "A-1")).one().packages[0].factor = 10_000
    session.flush()
    now = uploads.read_again(session, upload.id).report
    with pytest.raises(Conflict) as caught:
        uploads.apply(session, upload, now, staff.dmitry)
    assert caught.value.code == "import_outdated"
    uploads.renew(upload, now)
    assert upload.report["added"][0][2]["quantity"] == 10_000
    uploads.apply(session, upload, now, staff.dmitry)
    assert on_hand(session)["A-1"] == 110_000


def test_one_file_waits_at_a_time_and_is_its_sender_s(session: Session, staff: Staff) -> None:
    first = keep(session, staff, ["A-1", "1", ""])
    second = keep(session, staff, ["A-1", "2", ""])
    assert list(session.scalars(select(Upload.id).where(Upload.is_kept))) == [second.id]
    session.expire_all()
    for upload_id, actor in ((first.id, staff.dmitry), (second.id, staff.anna)):
        if upload_id != second.id or actor is not staff.dmitry:
            with pytest.raises(NotFound):
                uploads.get(session, upload_id, actor)


def test_the_very_same_bytes_are_known_again_once_applied(session: Session, staff: Staff) -> None:
    first = keep(session, staff, ["A-1", "1", ""])
    uploads.apply(session, first, uploads.read_again(session, first.id).report, staff.dmitry)
    other, same = keep(session, staff, ["A-1", "2", ""]), None
    assert uploads.applied_before(session, other) is None
    same = keep(session, staff, ["A-1", "1", ""])
    found = uploads.applied_before(session, same)
    assert found is not None
    assert (found[0].id, found[1].id) == (first.id, staff.dmitry.id)


@pytest.mark.parametrize(
    ("name", "size", "code"),
    [
        ("a.pdf", 10, "file_kind"),
        ("", 10, "file_kind"),
        ("csv", 10, "file_kind"),
        ("Старый.XLS", 10, "file_old_excel"),
        ("a.csv", 10 * 1024 * 1024 + 1, "file_too_big"),
    ],
)
def test_what_is_not_worth_a_download_is_refused(name: str, size: int, code: str) -> None:
    with pytest.raises(Invalid) as caught:
        uploads.check_document(name, size)
    assert caught.value.code == code
    uploads.check_document("Приход.XLSX", 10 * 1024 * 1024)


def test_a_report_of_many_rows_is_kept_cut_with_its_totals(session: Session) -> None:
    report = check(session, *([f"X-{number}", "1", ""] for number in range(1500)))
    kept = imports.report.summary(report)
    assert (len(kept["problems"]), kept["totals"]["problems"]) == (1000, 1500)


def test_a_file_read_is_what_it_holds(session: Session) -> None:
    content = make_csv([HEADER, ["A-1", "1", ""]])
    assert isinstance(uploads.read(session, "receipt", content, "a.csv"), FileRead)
    assert uploads.read(session, "receipt", content, "a.csv").content == content
