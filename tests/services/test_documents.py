"""Both papers of a load: their numbers, their corrections, and what must never change."""

from __future__ import annotations

import logging
import threading
from datetime import UTC, date, datetime
from io import BytesIO

import pytest
from PIL import Image
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from models import (
    AuditEntry,
    Company,
    Credit,
    Customer,
    Database,
    Document,
    DocumentKind,
    Invoice,
    Order,
    OutboxState,
    Product,
    User,
    VatKind,
    VatRate,
    Waybill,
)
from services import company, invoices, letters, loading, papers, waybills
from services.errors import Conflict, Forbidden, Invalid
from tests.conftest import NOW, Cast
from tests.services import acts
from tests.services.documents import pages_of

pytestmark = pytest.mark.both_engines

# 2027 begins in Moscow three hours before it does in UTC, in Kaliningrad an hour later.
MOSCOW_2027 = datetime(2026, 12, 31, 21, 30, tzinfo=UTC)


@pytest.fixture
def order(session: Session, anna: User, boris: User, romashka: Customer, water: Product) -> Order:
    """A loaded order of ten bottles."""
    return acts.loaded(session, anna, romashka, {water: "10"}, boris)


def invoice_of(session: Session, order: Order) -> Invoice:
    invoice = invoices.of_order(session, order)
    assert invoice is not None
    return invoice


def waybill_of(session: Session, order: Order) -> Waybill:
    waybill = waybills.of_order(session, order)
    assert waybill is not None
    return waybill


def text_of(session: Session, document: Document) -> str:
    sheet = papers.sheet(session, document)
    return " ".join(pages_of(papers.render(sheet.paper, sheet.facsimile)))


def in_hand(database: Database, cast: Cast, count: int) -> list[int]:
    with database.unit_of_work(NOW) as session:
        company.warehouse(session).window_capacity = count
        anna, boris = session.get_one(User, cast.anna), session.get_one(User, cast.boris)
        customer = session.get_one(Customer, cast.romashka)
        # Different goods, so that no row of the stock makes one load wait for another.
        goods = [session.get_one(Product, one) for one in (cast.buckwheat, cast.water, cast.cheese)]
        return [acts.in_hand(session, anna, customer, {goods[i % 3]: "1"}, boris).id for i in range(count)]


def numbers(database: Database, kind: DocumentKind) -> list[tuple[int, int]]:
    query = select(Document.year, Document.number).where(Document.kind == kind).order_by(Document.id)
    with database.reading() as session:
        return [(row.year, row.number) for row in session.execute(query)]


def test_every_load_has_a_waybill_of_what_was_loaded(
    session: Session, anna: User, boris: User, romashka: Customer, buckwheat: Product, water: Product
) -> None:
    order = acts.in_hand(session, anna, romashka, {buckwheat: "5", water: "10"}, boris)
    order.lines[0].loaded_quantity = 0
    loading.confirm_load(session, order.id, boris)
    waybill = waybill_of(session, order)
    paper = papers.read(waybill)
    assert (paper.kind, paper.storekeeper, paper.pay_until) == ("waybill", "Борис", None)
    assert [(line.name, line.quantity) for line in paper.goods] == [("Вода", 10_000)]
    # 10 × 18,50; the invoice has 111,00 of delivery besides
    assert (waybill.total_amount, paper.delivery_total) == (185_00, 111_00)
    assert invoice_of(session, order).total_amount == 296_00


def test_without_requisites_the_waybill_is_made_and_the_invoice_follows(
    session: Session, anna: User, boris: User, dmitry: User, romashka: Customer, water: Product
) -> None:
    company.get(session).inn = None
    order = acts.loaded(session, anna, romashka, {water: "1"}, boris)
    assert waybill_of(session, order).number == 1
    assert invoices.of_order(session, order) is None
    assert acts.notices(session, dmitry) == ["requisites_missing"]
    company.get(session).inn = "7707083893"
    assert invoices.issue_waiting(session) == 1
    assert invoice_of(session, order).number == 1
    assert session.scalars(select(Waybill.number)).all() == [1]


def test_each_kind_counts_for_itself_in_the_company_s_year(database: Database, cast: Cast) -> None:
    first, second, third, fourth = in_hand(database, cast, 4)
    with database.unit_of_work(NOW) as session:
        firm = company.get(session)
        firm.invoice_start, firm.waybill_start = 501, 7
        firm.waybill_prefix, firm.waybill_digits = "ТН-", 4
    acts.confirms(database, cast, first)
    acts.confirms(database, cast, second)
    with database.unit_of_work(NOW) as session:
        company.get(session).timezone = "Europe/Kaliningrad"
    acts.confirms(database, cast, third, MOSCOW_2027)
    with database.unit_of_work(NOW) as session:
        company.get(session).timezone = "Europe/Moscow"
    acts.confirms(database, cast, fourth, MOSCOW_2027)
    # The first number is of the first year: the next begins with 1.
    assert numbers(database, DocumentKind.INVOICE) == [(2026, 501), (2026, 502), (2026, 503), (2027, 1)]
    assert numbers(database, DocumentKind.WAYBILL) == [(2026, 7), (2026, 8), (2026, 9), (2027, 1)]
    with database.reading() as session:
        labels = session.scalars(select(Waybill.label).order_by(Waybill.id)).all()
    assert labels == ["ТН-0007", "ТН-0008", "ТН-0009", "ТН-0001"]


def test_eight_at_once_some_rolled_back_leave_neither_gap_nor_twin(
    database: Database, database_url: str, cast: Cast
) -> None:
    # Each has a database object of its own: nothing but the database itself keeps them apart.
    ids = in_hand(database, cast, 16)
    faults = list[BaseException]()
    begin = threading.Barrier(8)

    def run(own: list[int], *, is_clumsy: bool) -> None:
        mine = Database(database_url)
        try:
            begin.wait()
            for order_id in own:
                if is_clumsy:
                    with pytest.raises(acts.Slip):
                        acts.confirms(mine, cast, order_id, slips=True)
                acts.confirms(mine, cast, order_id)
        except BaseException as fault:
            faults.append(fault)
        finally:
            mine.close()

    threads = [
        threading.Thread(target=run, args=(ids[i::8],), kwargs={"is_clumsy": i % 2 == 0}) for i in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not faults, faults
    for kind in (DocumentKind.INVOICE, DocumentKind.WAYBILL):
        assert sorted(numbers(database, kind)) == [(2026, number) for number in range(1, 17)]


def test_a_void_invoice_is_stamped_and_stays_as_it_was(session: Session, order: Order, dmitry: User) -> None:
    invoice, waybill = invoice_of(session, order), waybill_of(session, order)
    before = invoice.snapshot
    invoices.void(session, invoice, dmitry, "  Заказ  отменён ")
    waybills.void(session, waybill, dmitry, "Заказ отменён")
    assert (invoice.snapshot, invoice.number, invoice.cancelled_at) == (before, 1, NOW)
    assert invoice.cancel_reason == "Заказ отменён"
    for document in (invoice, waybill):
        assert papers.read(document).is_cancelled
    assert "Оплата в приложении банка" not in text_of(session, invoice)
    entries = session.scalars(select(AuditEntry).where(AuditEntry.action == "void")).all()
    assert [(entry.subject, entry.user_id) for entry in entries] == [
        ("invoice", dmitry.id),
        ("waybill", dmitry.id),
    ]


def test_only_an_administrator_cancels_once_and_says_why(
    session: Session, order: Order, anna: User, boris: User, dmitry: User
) -> None:
    invoice = invoice_of(session, order)
    for actor in (anna, boris):
        with pytest.raises(Forbidden):
            invoices.void(session, invoice, actor, "Ошибка")
    with pytest.raises(Invalid):
        invoices.void(session, invoice, dmitry, "  ")
    assert invoice.cancelled_at is None
    invoices.void(session, invoice, dmitry, "Ошибка")
    for change in (invoices.void, invoices.revise):
        with pytest.raises(Conflict, match="document_void"):
            change(session, invoice, dmitry, "Ещё раз")
    assert invoice.cancel_reason == "Ошибка"


def test_letters_of_a_cancelled_invoice_do_not_leave(session: Session, order: Order, dmitry: User) -> None:
    invoice = invoice_of(session, order)
    invoices.void(session, invoice, dmitry, "Ошибка")
    assert [letter.state for letter in acts.letters(session)] == [OutboxState.SUPERSEDED]
    with pytest.raises(Conflict):
        letters.resend(session, invoice)
    assert letters.queue_unsent(session, order.customer_id) == 0
    assert letters.statuses(session, order) == []


def test_a_correction_keeps_the_number_and_says_what_is_right_now(
    session: Session, order: Order, dmitry: User, romashka: Customer, anna: User, boris: User, water: Product
) -> None:
    first = invoice_of(session, order)
    before = first.snapshot
    romashka.inn, romashka.kpp = "7736050003", "773601001"
    session.info["now"] = datetime(2026, 11, 25, 9, tzinfo=UTC)
    second = invoices.revise(session, first, dmitry, "ИНН покупателя")
    third = invoices.revise(session, second, dmitry, "Ещё раз")
    assert invoice_of(session, order) is third
    assert [(one.number, one.label, one.revision) for one in (first, second, third)] == [
        (1, "1", 0),
        (1, "1", 1),
        (1, "1", 2),
    ]
    assert (first.snapshot, first.cancelled_at) == (before, session.info["now"])
    assert papers.read(first).buyer.inn == ""
    text = text_of(session, second)
    assert "Счёт на оплату № 1 от 20 ноября 2026 г. Исправление № 1 от 25 ноября 2026 г." in text
    assert "ИНН 7736050003, КПП 773601001" in text
    assert papers.read(second).pay_until == papers.read(first).pay_until == date(2026, 11, 25)
    # A correction takes no number of its own.
    session.info["now"] = NOW
    assert invoice_of(session, acts.loaded(session, anna, romashka, {water: "1"}, boris)).number == 2


def test_a_correction_goes_out_in_the_place_of_the_first(
    session: Session, order: Order, dmitry: User
) -> None:
    correction = invoices.revise(session, invoice_of(session, order), dmitry, "Ошибка")
    first, second = acts.letters(session)
    assert (first.state, second.state) == (OutboxState.SUPERSEDED, OutboxState.WAITING)
    assert second.payload["invoice_id"] == correction.id
    assert first.payload["message_id"] != second.payload["message_id"]
    assert [line.total_amount for line in correction.lines] == [185_00, 111_00]


def test_a_waybill_is_corrected_for_itself(session: Session, order: Order, dmitry: User) -> None:
    first = waybill_of(session, order)
    order.lines[0].loaded_quantity = 8_000
    second = waybills.revise(session, first, dmitry, "Пересчёт")
    assert (second.number, second.revision, second.total_amount) == (1, 1, 148_00)
    assert "Исправление № 1 от 20 ноября 2026 г." in text_of(session, second)
    assert invoice_of(session, order).revision == 0


@pytest.mark.parametrize("same", ["revision", "number"])
def test_the_database_holds_one_document_per_order_and_number(
    session: Session, order: Order, same: str
) -> None:
    invoice = invoice_of(session, order)
    fields = {"year": 2026, "number": 1, "order_id": order.id, "revision": 0}
    fields["number" if same == "revision" else "revision"] = 5
    if same == "number":
        fields["revision"] = 0
        fields["order_id"] = acts.draft(session, order.sales_rep, order.customer, {}).id
    twin = Invoice(
        **fields, issued_on=invoice.issued_on, label="x", total_amount=1, snapshot="{}", created_at=NOW
    )
    session.add(twin)
    with pytest.raises(IntegrityError):
        session.flush()
    session.rollback()


@pytest.mark.parametrize("kind", [Credit, Invoice])
def test_a_credit_and_nothing_else_refers_to_an_invoice(
    session: Session, order: Order, kind: type[Document]
) -> None:
    def document(refers_to_id: int | None) -> Document:
        return kind(
            year=2026,
            number=9,
            order_id=order.id,
            revision=9,
            issued_on=date(2026, 11, 20),
            label="9",
            total_amount=100,
            snapshot="{}",
            refers_to_id=refers_to_id,
            created_at=NOW,
        )

    invoice = invoice_of(session, order)
    right, wrong = (invoice.id, None) if kind is Credit else (None, invoice.id)
    good = document(right)
    session.add(good)
    session.flush()
    assert session.get_one(Document, good.id).refers_to_id == right
    session.delete(good)
    session.flush()
    session.add(document(wrong))
    with pytest.raises(IntegrityError):
        session.flush()
    session.rollback()


def test_a_document_drawn_otherwise_than_issued_is_told_in_the_log(
    session: Session, order: Order, dmitry: User, caplog: pytest.LogCaptureFixture
) -> None:
    invoice = invoice_of(session, order)
    pdf = papers.render(papers.read(invoice))
    with caplog.at_level(logging.WARNING):
        papers.keep_digest(session, invoice.id, pdf)
        papers.keep_digest(session, invoice.id, papers.render(papers.read(invoice)))
        assert caplog.messages == []
        papers.keep_digest(session, invoice.id, b"another")
    assert len(caplog.messages) == 1
    assert f"document {invoice.id} " in caplog.messages[0]
    caplog.clear()
    invoices.void(session, invoice, dmitry, "Ошибка")
    papers.keep_digest(session, invoice.id, papers.render(papers.read(invoice)))
    assert caplog.messages == []


@pytest.mark.parametrize(
    ("loaded_on", "rate", "vat"),
    # 10 × 18,50 = 185,00: of it 22/122 is 33,36, 25/125 is 37,00
    [(datetime(2026, 12, 31, 20, tzinfo=UTC), 22, 33_36), (MOSCOW_2027, 25, 37_00)],
)
def test_vat_is_of_the_day_the_goods_leave(
    session: Session,
    anna: User,
    boris: User,
    romashka: Customer,
    water: Product,
    loaded_on: datetime,
    rate: int,
    vat: int,
) -> None:
    session.add(VatRate(kind=VatKind.STANDARD, starts_on=date(2027, 1, 1), percent=25))
    session.flush()
    session.info.pop(VatRate, None)
    order = acts.in_hand(session, anna, romashka, {water: "10"}, boris)
    session.info["now"] = loaded_on
    loading.confirm_load(session, order.id, boris)
    goods, delivery = papers.read(invoice_of(session, order)).lines
    assert (goods.vat_rate, goods.vat, goods.total) == (rate, vat, 185_00)
    assert delivery.vat_rate == rate


def test_a_kind_corrected_after_the_order_changes_no_rate(
    session: Session, anna: User, boris: User, romashka: Customer, water: Product
) -> None:
    order = acts.in_hand(session, anna, romashka, {water: "10"}, boris)
    water.vat_kind = VatKind.ZERO
    loading.confirm_load(session, order.id, boris)
    assert papers.read(invoice_of(session, order)).lines[0].vat_rate == 22


def picture(width: int = 60, height: int = 40) -> bytes:
    output = BytesIO()
    Image.new("RGBA", (width, height), (20, 40, 160, 120)).save(output, "PNG")
    return output.getvalue()


def test_a_facsimile_is_on_the_invoices_made_since_and_stays_on_them(
    session: Session, anna: User, boris: User, dmitry: User, romashka: Customer, water: Product
) -> None:
    def drawn() -> tuple[bytes, bytes]:
        order = acts.loaded(session, anna, romashka, {water: "1"}, boris)
        sheets = [
            papers.sheet(session, one) for one in (invoice_of(session, order), waybill_of(session, order))
        ]
        invoice, waybill = (papers.render(sheet.paper, sheet.facsimile) for sheet in sheets)
        return invoice, waybill

    plain, _ = drawn()
    company.set_facsimile(session, picture(), dmitry)
    stamped, waybill = drawn()
    order = session.scalars(select(Order).order_by(Order.id.desc())).first()
    assert order is not None
    company.set_facsimile(session, None, dmitry)
    sheet = papers.sheet(session, invoice_of(session, order))
    assert papers.render(sheet.paper, sheet.facsimile) == stamped
    assert [b"/Subtype /Image" in pdf for pdf in (plain, stamped, waybill, drawn()[0])] == [
        False,
        True,
        False,
        False,
    ]


@pytest.mark.parametrize("content", [b"", b"GIF89a", picture(2001, 1), picture()[:60]])
def test_a_facsimile_that_is_no_small_png_is_refused(session: Session, dmitry: User, content: bytes) -> None:
    with pytest.raises(Invalid, match="picture"):
        company.set_facsimile(session, content, dmitry)
    assert company.get(session).facsimile_sha256 is None


def test_an_english_customer_pays_euros_into_an_iban(
    session: Session, anna: User, boris: User, dmitry: User, romashka: Customer, water: Product
) -> None:
    firm = company.get(session)
    firm.currency, firm.inn, firm.account = "EUR", None, None
    romashka.language = "en"
    assert company.missing_for_invoice(firm) == ["inn", "account"]
    company.set_requisite(session, "iban", "de89 3704 0044 0532 0130 00", dmitry)
    company.set_requisite(session, "swift", "cobadeffxxx", dmitry)
    assert company.missing_for_invoice(firm) == []
    order = acts.loaded(session, anna, romashka, {water: "10"}, boris)
    text = text_of(session, invoice_of(session, order))
    assert "IBAN DE89 3704 0044 0532 0130 00" in text
    assert "BIC (SWIFT) COBADEFFXXX" in text
    assert "Total due: 296.00" in text
    assert "Scan to pay in a banking app" in text
    with pytest.raises(Invalid, match="iban_check"):
        company.set_requisite(session, "iban", "DE89370400440532013001", dmitry)


def test_roubles_have_no_iban(
    session: Session, anna: User, boris: User, dmitry: User, romashka: Customer, water: Product
) -> None:
    company.set_requisite(session, "iban", "DE89370400440532013000", dmitry)
    bank = papers.read(invoice_of(session, acts.loaded(session, anna, romashka, {water: "1"}, boris))).bank
    assert bank is not None
    assert (bank.iban, bank.account) == ("", "40702810138250123017")
    assert session.get_one(Company, 1).iban == "DE89370400440532013000"
