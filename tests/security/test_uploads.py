"""Files sent to be imported: whatever is in them or they are called, a report within bounds comes back."""

from __future__ import annotations

import io
import zipfile

import openpyxl
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from sqlalchemy import select

from models import Database, OutboxKind, OutboxMessage, OutboxState, Upload, User
from services import imports, outbox, uploads
from services.imports import Kind, tables
from tests.conftest import NOW, Cast
from tests.security.fuzzing import fuzzed
from tests.security.office import DMITRY, JSON, Office, typed
from tests.services.imports.make import make_catalog
from tests.services.imports.test_tables import COLUMNS, HEADER, problem_of

NAMESPACE = b'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
NAMES = [
    "../../etc/passwd.csv",
    "..\\..\\boot.ini.csv",
    "/etc/cron.d/x.csv",
    "C:\\x.csv",
    "a\0b.csv",
    "я" * 5000 + ".csv",
    "прайс\u202evsc.csv",
    "a\r\nb\t.csv",
    "\";<b>&amp;'.csv",
    ".csv",
    "~/.csv",
    "CON.csv",
    "%2e%2e%2f.csv",
]
KINDS: list[Kind] = ["catalog", "customers", "receipt"]


def workbook(parts: dict[str, bytes]) -> bytes:
    """A sound workbook with these parts in place of its own, packed as tightly as it goes."""
    book = openpyxl.Workbook()
    for row in (HEADER, ["A-1", "Мёд"]):
        book.worksheets[0].append(row)
    sound, made = io.BytesIO(), io.BytesIO()
    book.save(sound)
    with zipfile.ZipFile(sound) as whole, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as packed:
        own = {name: whole.read(name) for name in whole.namelist()}
        for name, content in {**own, **parts}.items():
            packed.writestr(name, content)
    return made.getvalue()


def sheet(rows: bytes) -> dict[str, bytes]:
    head = b"".join(b'<c t="inlineStr"><is><t>%s</t></is></c>' % title.encode() for title in HEADER)
    xml = b"<worksheet %s><dimension ref='A1'/><sheetData><row>%s</row>%s</sheetData></worksheet>" % (
        NAMESPACE,
        head,
        rows,
    )
    return {"xl/worksheets/sheet1.xml": xml}


BOMBS = {
    # A handful of kilobytes that would fill gigabytes, or never end.
    "one row of cells": sheet(b"<row>" + b"<c/>" * 2_000_000 + b"</row>"),
    "a row said to be the billionth": sheet(b'<row r="999999999"><c><v>1</v></c></row>'),
    "styles": {"xl/styles.xml": b"<styleSheet %s>" % NAMESPACE + b"<font/>" * 500_000 + b"</styleSheet>"},
    "names": {"xl/workbook.xml": b"<definedName/>" * 200_000},
    "relations": {"xl/_rels/workbook.xml.rels": b"<Relationship/>" * 200_000},
    "strings": {"xl/sharedStrings.xml": b"<si/>" * 6_000_000},
}


@pytest.mark.parametrize("bomb", BOMBS)
def test_a_workbook_made_to_fill_the_memory_is_refused(bomb: str) -> None:
    data = workbook(BOMBS[bomb])
    assert len(data) < 200_000
    assert problem_of(data).code in ("file_unpacks_too_big", "rows_too_many")


def test_gaps_and_blank_rows_are_no_bomb() -> None:
    rows = b'<row r="900"><c t="inlineStr"><is><t>A-1</t></is></c><c><v>7</v></c></row>' + b"<row/>" * 5000
    reading = tables.read(workbook(sheet(rows)), COLUMNS)
    assert [(row.number, row.values) for row in reading.rows] == [(900, {"sku": "A-1", "name": "7"})]
    assert reading.problems == ()


def test_many_rows_are_no_bomb_though_each_has_something_to_say() -> None:
    row = (
        b"<row><c t='inlineStr'><is><t>%d</t></is></c><c t='inlineStr'><is><t>"
        + b"a" * 2000
        + b"</t></is></c></row>"
    )
    data = workbook(sheet(b"".join(row % number for number in range(1000))))
    reading = tables.read(data, COLUMNS)
    assert (len(reading.rows), reading.problems) == (1000, ())


def test_a_workbook_reads_no_file_of_this_machine() -> None:
    secret = b"<row><c t='inlineStr'><is><t>&x;</t></is></c><c><v>1</v></c></row>"
    for source in ("file:///etc/passwd", "http://127.0.0.1:9/x"):
        [(name, xml)] = sheet(secret).items()
        declared = b'<!DOCTYPE x [<!ENTITY x SYSTEM "%s">]>' % source.encode() + xml
        reading = tables.read(workbook({name: declared}), COLUMNS)
        assert "root:" not in str(reading)
        assert [row.values.get("sku") for row in reading.rows] in ([], [None])


@pytest.mark.parametrize(
    "data", [b";" * 9_000_000, b'"a";' * 2_000_000, b"a" * 9_000_000, b'"' + b"a\n" * 4_000_000]
)
def test_a_text_of_one_huge_line_or_cell_is_refused(data: bytes) -> None:
    reading = tables.read("Артикул;Наименование\r\n".encode() + data, COLUMNS)
    assert reading.rows == ()
    assert [problem.code for problem in reading.problems] == ["cell_too_long"]


@fuzzed(40)
@given(st.data())
def test_any_change_to_a_workbook_gives_rows_or_a_problem(data: st.DataObject) -> None:
    whole = bytearray(workbook({}))
    for _ in range(data.draw(st.integers(1, 8))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    reading = tables.read(bytes(whole), COLUMNS)
    assert reading.rows or reading.problems


CELLS = st.one_of(
    st.text(max_size=12),
    st.sampled_from(
        ["=1+1", "-1", "1e309", "9" * 400, "NaN", "inf", "٣", "0,1", "A-1", "шт", "20", "\0", "\u202e"]
    ),
)


@fuzzed(25)
@given(
    st.sampled_from(KINDS),
    st.lists(
        st.dictionaries(
            st.sampled_from(
                [
                    "Артикул",
                    "Наименование",
                    "Категория",
                    "Ед.",
                    "Цена",
                    "НДС",
                    "Остаток",
                    "Упаковки",
                    "Вес, кг",
                    "Активен",
                    "Клиент",
                    "ИНН",
                    "E-mail",
                    "Широта",
                    "Представитель",
                    "Количество",
                ]
            ),
            CELLS,
        ),
        min_size=1,
        max_size=4,
    ),
)
@example(
    "catalog", [{"Артикул": "A-9", "Наименование": "x", "Категория": "y", "Ед.": "шт", "Цена": "9" * 400}]
)
@example("catalog", [{"Артикул": "A-9", "Наименование": "x", "Категория": "y", "Ед.": "шт", "Цена": "1e309"}])
def test_whatever_the_cells_say_the_report_names_it(
    office: Office, kind: Kind, rows: list[dict[str, str]]
) -> None:
    names = sorted({name for row in rows for name in row})
    text = "\r\n".join(";".join(f'"{row.get(name, "")}"' for name in names) for row in rows)
    data = (";".join(names) + "\r\n" + text).encode(errors="replace")
    with office.database.unit_of_work(NOW) as session, session.begin_nested() as savepoint:
        report = imports.check(session, kind, data, "a.csv")
        if not report.problems:
            imports.apply(session, report, None)
        session.flush()
        savepoint.rollback()


def document(name: str, size: int = 10) -> JSON:
    file = {"file_id": "f", "file_unique_id": "u", "file_name": name, "file_size": size}
    return typed(None, DMITRY, document=file)


@pytest.mark.parametrize("name", NAMES)
def test_a_file_s_name_is_a_name_and_never_a_path(office: Office, cast: Cast, name: str) -> None:
    office.give(typed("/catalog", DMITRY))
    with office.database.unit_of_work(NOW) as session:
        content = make_catalog({})
        dmitry = session.get_one(User, cast.dmitry)
        upload = uploads.keep(session, dmitry, uploads.read(session, "catalog", content, name))
        kept = session.scalars(select(Upload.file_name).where(Upload.id == upload.id)).one()
    assert len(kept) <= uploads.MAX_FILE_NAME
    assert not any(char in kept for char in "\0\r\n\t\u202e")
    uploads.check_document(name, 10)


def test_work_that_takes_the_process_with_it_is_given_up_at_the_sixth_start(
    database: Database, cast: Cast
) -> None:
    """A file that kills whoever reads it must not be read at every start for ever."""
    with database.unit_of_work(NOW) as session:
        outbox.add_job(session, "files", "read_file", {"chat_id": DMITRY})
        outbox.add_job(session, "files", "read_file", {"chat_id": DMITRY})
        outbox.add_job(session, "geocoder", "geocode", {"chat_id": DMITRY})
        outbox.add(session, OutboxKind.EMAIL, "mail", "invoice", {})
        outbox.send_file(session, session.get_one(User, cast.dmitry), "sendDocument", "orders", {})
    for start in range(1, 7):
        with database.unit_of_work() as session:
            outbox.take_due(session)
        # Killed here.
        office = Office(database)
        office.processor._recover()
        with database.reading() as session:
            states = [row.state for row in session.scalars(select(OutboxMessage).order_by(OutboxMessage.id))]
        given_up = OutboxState.FAILED if start == 6 else OutboxState.WAITING
        assert states[:5] == [given_up, OutboxState.WAITING, given_up, OutboxState.WAITING, given_up]
        # Whoever waits for it hears so, and the administrators.
        assert len(states[5:]) == (6 if start == 6 else 0)
    with database.reading() as session:
        rows = session.scalars(select(OutboxMessage).order_by(OutboxMessage.id).offset(5)).all()
        told = [(row.lane, row.name) for row in rows]
        assert told == [(str(DMITRY), "sendMessage"), (str(DMITRY), "notice.handler_failed")] * 3
        error_id = rows[1].payload["error_id"]
        assert error_id.startswith("crash-")
        assert error_id in rows[0].payload["text"]
