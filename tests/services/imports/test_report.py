from sqlalchemy.orm import Session

from runtime.commands import _problem_words
from services import imports
from services.imports import Report
from tests.services.imports.conftest import Staff
from tests.services.imports.make import make_catalog, make_csv, make_customers

FULL = {"НДС": "10", "Остаток": "24", "Упаковки": "кор=12"}


def render(report: Report) -> str:
    return imports.render_report(report, _problem_words)


def test_a_report_reads_as_text(session: Session) -> None:
    first = imports.check_catalog(session, make_catalog(FULL), "price.csv")
    assert render(first) == (
        "price.csv: 1 to add, 0 to change, 0 unchanged, 0 problems\n"
        "New categories:\n  Бакалея / Мёд\nTo add:\n  row 2: A-1 Мёд цветочный\n"
    )
    imports.apply(session, first, None)
    changed = {**FULL, "Цена": "1360", "НДС": "22", "Остаток": "12,5", "Упаковки": "кор=6", "Склад": "1"}
    second = imports.check_catalog(session, make_catalog(changed), "price.csv")
    assert render(second).splitlines() == [
        "price.csv: 0 to add, 1 to change, 0 unchanged, 0 problems",
        "Unknown columns, ignored: Склад",
        "To change:",
        "  row 2: A-1: price 350.50 → 1,360.00; vat_kind reduced → standard; on_hand 24 → 12.5;"
        " packages кор=12 → кор=6",
    ]


def test_problems_are_named_with_their_rows(session: Session) -> None:
    rows = ({"Цена": "-1"}, {"Артикул": "A-2", "Остаток": "1,2345"})
    bad = imports.check_catalog(session, make_catalog(*rows), "price.csv")
    assert render(bad).splitlines() == [
        "price.csv: 0 to add, 0 to change, 0 unchanged, 2 problems",
        "Problems; nothing is written while there is one:",
        "  row 2, Цена: This must not be less than zero.",
        "  row 3, Остаток: At most 3 digits behind the comma.",
    ]
    unreadable = imports.check_catalog(session, b"", "price.csv")
    assert render(unreadable).splitlines()[-1] == "  file: The file is empty."


def test_long_lists_are_cut(session: Session) -> None:
    rows = [{"Артикул": f"A-{number}"} for number in range(60)]
    lines = render(imports.check_catalog(session, make_catalog(*rows), "price.csv")).splitlines()
    assert len(lines) == 55
    assert lines[-1] == "  … and 10 more"


def test_a_customers_report_names_people_and_places(session: Session, staff: Staff) -> None:
    row = {"Клиент": "Ромашка", "Представитель": "Анна"}
    imports.apply(session, imports.check_customers(session, make_customers(row), "c.csv"), None)
    handed = {**row, "Представитель": "Клара", "Телефон": "84951234567"}
    report = imports.check_customers(session, make_customers(handed), "c.csv")
    assert render(report).splitlines()[-1] == (
        "  row 2: Ромашка: sales_rep Анна → Клара; phone — → +74951234567"
    )


def test_nothing_in_a_file_can_steer_a_terminal(session: Session) -> None:
    data = make_csv(
        [
            ["Артикул", "Наименование", "Категория", "Ед.", "Цена", "\x1b[2J"],
            ["A\x1b[31m", "Мёд\x1b[0m", "К", "шт", "1", ""],
        ]
    )
    report = imports.check_catalog(session, data, "\x1b[2Jprice.csv")
    assert "\x1b" not in render(report)


def test_the_fingerprint_tells_whether_the_same_would_be_done(session: Session) -> None:
    def check(*rows: dict[str, str]) -> str:
        return imports.check_catalog(session, make_catalog(*rows), "price.csv").fingerprint

    assert check(FULL) == check(FULL)
    assert check(FULL) != check({**FULL, "Цена": "1"})
    before = check(FULL)
    imports.apply(session, imports.check_catalog(session, make_catalog(FULL), "price.csv"), None)
    assert check(FULL) != before
