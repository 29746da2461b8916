"""The code to pay by: what it says, when there is none, and that a scanner reads it off the finished PDF."""

from __future__ import annotations

import base64
import re
import zlib
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services import papers, payment_qr
from services import snapshot as snapshots
from services.snapshot import Bank, Party, Snapshot
from tests.services.documents import (
    BANK,
    SELLER,
    SOLE_PROPRIETOR,
    make_lines,
    make_snapshot,
    scan,
)

VECTOR = (
    "ST00012|Name=ООО «Торговый дом „Северный Ветер“»|PersonalAcc=40702810938000000001"
    "|BankName=ПАО СБЕРБАНК г. Москва|BIC=044525225|CorrespAcc=30101810400000000225|Sum=12009703"
    "|Purpose=Оплата по счету № 1234 от 20.11.2026, в т.ч. НДС 19426.36|PayeeINN=7707083893|KPP=773601001"
)
EURO_SELLER = Party("North Wind Trading GmbH", address="Kaiserstr. 16, Frankfurt")
EURO_BANK = Bank("Commerzbank", "", "", "", iban="DE89370400440532013000", swift="COBADEFFXXX")
FULL = "Общество с ограниченной ответственностью"


def line_of(total: int, vat: int, rate: int | None = 22) -> snapshots.SnapshotLine:
    line = make_lines(1)[0]
    return replace(line, net=total - vat, vat=vat, total=total, vat_rate=rate)


def text_of(paper: Snapshot) -> str:
    content = payment_qr.payload(paper)
    assert content is not None
    return content.decode()


def fields_of(paper: Snapshot) -> dict[str, str]:
    content = payment_qr.payload(paper)
    assert content is not None
    encoding = {b"ST00012": "utf-8", b"ST00011": "cp1251"}[content[:7]]
    return dict(field.split("=", 1) for field in content.decode(encoding).split("|")[1:])


def in_euros(**changes: Any) -> Snapshot:
    fields = {"language": "en", "currency": "EUR", "seller": EURO_SELLER, "bank": EURO_BANK}
    return make_snapshot(**{**fields, **changes})


def test_the_vector() -> None:
    assert text_of(make_snapshot(lines=(line_of(120_097_03, 19_426_36),))) == VECTOR


def test_a_sole_proprietor_without_vat() -> None:
    paper = make_snapshot(seller=SOLE_PROPRIETOR, lines=make_lines(1, has_vat=False))
    # 21 576,00 and 142,00 of delivery
    assert text_of(paper).endswith(
        "|Sum=2171800|Purpose=Оплата по счету № 1234 от 20.11.2026, НДС не облагается|PayeeINN=500100732259"
    )


def test_nought_percent_is_said_as_a_sum() -> None:
    assert "в т.ч. НДС 0.00|" in text_of(make_snapshot(lines=(line_of(100_00, 0, 0),)))


def test_what_ends_a_field_or_a_line_cannot_get_in() -> None:
    seller = replace(SELLER, name="ООО «А|Б»\r\nSum=1\t\x00|Sum=2")
    paper = make_snapshot(seller=seller, bank=replace(BANK, name="Банк|BIC=1\n"), label="7|\n8")
    fields = fields_of(paper)
    assert list(fields) == [
        *("Name", "PersonalAcc", "BankName", "BIC", "CorrespAcc"),
        *("Sum", "Purpose", "PayeeINN", "KPP"),
    ]
    assert fields["Name"] == "ООО «А/Б» Sum=1 /Sum=2"
    assert fields["BankName"] == "Банк/BIC=1"
    assert fields["Purpose"].startswith("Оплата по счету № 7/ 8 от")


def test_lengths_are_those_of_the_standard() -> None:
    paper = make_snapshot(
        seller=replace(SELLER, name="A" * 200), bank=replace(BANK, name="B" * 120), label="9" * 200
    )
    fields = fields_of(paper)
    assert (len(fields["Name"]), len(fields["BankName"]), len(fields["Purpose"])) == (160, 45, 160)


@pytest.mark.parametrize(
    ("letters", "version", "name"),
    [
        # 129 bytes of the block are not the name: 45 of keys, 20 + 9 + 20 of digits, 35 of the bank's name
        (40, "ST00012", FULL + " «" + "Я" * 40 + "»"),
        (60, "ST00012", "ООО «" + "Я" * 60 + "»"),
        (100, "ST00011", FULL + " «" + "Я" * 100 + "»"),
    ],
)
def test_a_long_name_is_first_abbreviated_then_encoded_shorter(letters: int, version: str, name: str) -> None:
    paper = make_snapshot(seller=replace(SELLER, name=f"{FULL} «{'Я' * letters}»"))
    content = payment_qr.payload(paper)
    assert content is not None
    assert content[:7].decode() == version
    assert fields_of(paper)["Name"] == name
    mandatory = content.partition(b"|")[2].partition(b"|Sum=")[0]
    assert len(mandatory) <= 300


def test_a_long_name_of_letters_the_shorter_encoding_lacks_has_no_code() -> None:
    assert payment_qr.payload(make_snapshot(seller=replace(SELLER, name="Қ" * 150))) is None
    assert payment_qr.payload(make_snapshot(seller=replace(SELLER, name="Қ" * 50))) is not None


@pytest.mark.parametrize(
    "changes",
    [
        {"bank": None},
        {"is_cancelled": True},
        {"lines": ()},
        {"currency": "KZT"},
        {"currency": "EUR"},
        {"seller": replace(SELLER, name=" ")},
        {"seller": replace(SELLER, inn="")},
        {"seller": replace(SELLER, inn="7707083894")},
        {"seller": replace(SELLER, kpp="")},
        {"seller": replace(SELLER, kpp="77360100")},
        {"seller": replace(SOLE_PROPRIETOR, kpp="773601001")},
        {"bank": replace(BANK, name="")},
        {"bank": replace(BANK, bik="")},
        {"bank": replace(BANK, bik="144525225")},
        {"bank": replace(BANK, account="40702810938000000002")},
        {"bank": replace(BANK, account="4070281093800000000")},
        {"bank": replace(BANK, account="40702810938000000٠٠١")},
        {"bank": replace(BANK, correspondent_account="30101810400000000226")},
        {"bank": replace(BANK, correspondent_account="")},
    ],
    ids=str,
)
def test_no_code_rather_than_a_doubtful_one(changes: dict[str, Any], tmp_path: Path) -> None:
    paper = make_snapshot(**changes)
    assert payment_qr.payload(paper) is None
    assert scan(papers.render(paper), tmp_path) == b""


def test_the_epc_code_of_an_invoice_in_euros() -> None:
    # EPC069-12, version 002: 162 805,40
    assert text_of(in_euros()).split("\n") == [
        *("BCD", "002", "1", "SCT", "COBADEFFXXX", "North Wind Trading GmbH", "DE89370400440532013000"),
        *("EUR162805.40", "", "", "Invoice 1234 of 2026-11-20"),
    ]
    assert text_of(in_euros(bank=replace(EURO_BANK, swift=""))).split("\n")[4] == ""
    long = text_of(in_euros(seller=replace(EURO_SELLER, name="Ы" * 160), label="9" * 40))
    assert long.split("\n")[5] == "Ы" * 70
    assert len(long.encode()) <= 331


@pytest.mark.parametrize(
    "changes",
    [
        {"bank": replace(EURO_BANK, iban="")},
        {"bank": replace(EURO_BANK, iban="DE89370400440532013001")},
        {"bank": replace(EURO_BANK, swift="COBADE")},
        {"currency": "RUB"},
        {"lines": (line_of(100_000_000_000_00, 0),)},
    ],
    ids=str,
)
def test_no_epc_code_without_euros_and_a_sound_iban(changes: dict[str, Any]) -> None:
    assert payment_qr.payload(in_euros(**changes)) is None


def test_an_english_invoice_in_roubles_has_the_code_roubles_are_paid_by() -> None:
    paper = make_snapshot(language="en")
    assert text_of(paper).startswith("ST00012|")
    assert "от 20.11.2026" in text_of(paper)


@pytest.mark.parametrize(
    "paper",
    [
        make_snapshot(),
        make_snapshot(lines=make_lines(1)),
        make_snapshot(lines=make_lines(40)),
        make_snapshot(seller=SOLE_PROPRIETOR, lines=make_lines(3, has_vat=False)),
        make_snapshot(
            seller=replace(SELLER, name=f"{FULL} «{'Я' * 100}»"), bank=replace(BANK, name="Ж" * 45)
        ),
        make_snapshot(revision=1, revised_on=date(2026, 11, 25)),
        in_euros(),
    ],
    ids=["ordinary", "one line", "two pages", "sole proprietor", "windows-1251", "correction", "euros"],
)
def test_a_scanner_reads_the_code_off_the_pdf(paper: Snapshot, tmp_path: Path) -> None:
    assert scan(papers.render(paper), tmp_path) == payment_qr.payload(paper)


def test_the_code_is_one_path_of_34_millimetres() -> None:
    paper = make_snapshot()
    said = payment_qr.payload(paper)
    assert said is not None
    rows = payment_qr.modules(said)
    (content,) = [page for page in drawn(papers.render(paper)) if page.count(b" -1 re") > 100]
    path = max(re.findall(rb"(?:\d+ -?\d+ \d+ -1 re\s+)+", content), key=len)
    assert path.count(b"re") == sum(len(re.findall(b"\x01+", row)) for row in rows)
    before, _, after = content.partition(path)
    assert after.startswith(b"f")
    scale = re.findall(rb"([\d.]+) 0 0 \1 [\d.]+ [\d.]+ cm", before)[-1]
    assert float(scale) * len(rows) == pytest.approx(34 * 72 / 25.4, abs=0.01)


def drawn(pdf: bytes) -> list[bytes]:
    """The drawing commands of each page."""
    streams = re.findall(rb"stream\r?\n([^\n]*)~>endstream", pdf)
    return [zlib.decompress(base64.a85decode(stream)) for stream in streams if stream.startswith(b"G")]


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=200), st.text(max_size=150), st.text(max_size=60))
def test_whatever_people_write_the_code_keeps_its_form(name: str, bank: str, label: str) -> None:
    paper = make_snapshot(
        seller=replace(SELLER, name=name), bank=replace(BANK, name=bank), label=label, lines=make_lines(1)
    )
    content = payment_qr.payload(paper)
    if content is None:
        return
    fields = fields_of(paper)
    assert len(fields) == 9
    assert fields["PersonalAcc"] == BANK.account
    assert fields["Sum"] == "2171800"
    assert len(content.partition(b"|")[2].partition(b"|Sum=")[0]) <= 300
    assert not re.search(rb"[\x00-\x1f]", content)
