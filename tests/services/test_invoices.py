import threading
from datetime import UTC, date, datetime

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from models import Customer, Database, Invoice, InvoiceLine, Order, Product, User, VatKind
from services import company, invoices, loading, papers, snapshot
from services.errors import NotFound
from tests.conftest import NOW, Cast
from tests.services import acts

pytestmark = pytest.mark.both_engines

# 2027 begins in Moscow three hours before it does in UTC.
BEFORE_NEW_YEAR = datetime(2026, 12, 31, 20, 59, tzinfo=UTC)
NEW_YEAR = datetime(2026, 12, 31, 21, 0, tzinfo=UTC)


def invoice_of(session: Session, order: Order) -> Invoice:
    invoice = invoices.of_order(session, order)
    assert invoice is not None
    return invoice


def prepare(database: Database, cast: Cast, count: int) -> list[int]:
    """So many orders in Boris's hands."""
    with database.unit_of_work(NOW) as session:
        anna, boris = session.get_one(User, cast.anna), session.get_one(User, cast.boris)
        customer, water = session.get_one(Customer, cast.romashka), session.get_one(Product, cast.water)
        return [acts.in_hand(session, anna, customer, {water: "1"}, boris).id for _ in range(count)]


def numbers(database: Database) -> list[tuple[int, int]]:
    with database.reading() as session:
        rows = session.execute(select(Invoice.year, Invoice.number).order_by(Invoice.id))
        return [(row.year, row.number) for row in rows]


def test_numbers_have_no_gaps_and_begin_anew_with_moscow_s_year(database: Database, cast: Cast) -> None:
    first, second, third, fourth = prepare(database, cast, 4)
    acts.confirms(database, cast, first)
    acts.confirms(database, cast, second, BEFORE_NEW_YEAR)
    acts.confirms(database, cast, third, NEW_YEAR)
    acts.confirms(database, cast, fourth, datetime(2027, 2, 1, tzinfo=UTC))
    assert numbers(database) == [(2026, 1), (2026, 2), (2027, 1), (2027, 2)]
    with database.reading() as session:
        days = session.scalars(select(Invoice.issued_on).order_by(Invoice.id)).all()
    assert days == [date(2026, 11, 20), date(2026, 12, 31), date(2027, 1, 1), date(2027, 2, 1)]


def test_a_number_rolled_back_is_taken_again(database: Database, cast: Cast) -> None:
    first, second = prepare(database, cast, 2)
    with pytest.raises(acts.Slip):
        acts.confirms(database, cast, first, slips=True)
    acts.confirms(database, cast, second)
    acts.confirms(database, cast, first)
    assert numbers(database) == [(2026, 1), (2026, 2)]


def test_loads_confirmed_at_once_get_numbers_without_gap_or_twin(database: Database, cast: Cast) -> None:
    ids = prepare(database, cast, 8)
    faults = list[BaseException]()

    def run(order_id: int) -> None:
        try:
            acts.confirms(database, cast, order_id)
        except BaseException as fault:
            faults.append(fault)

    threads = [threading.Thread(target=run, args=(order_id,)) for order_id in ids]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not faults, faults
    assert numbers(database) == [(2026, number) for number in range(1, 9)]


def test_numbers_begin_where_the_company_says_and_look_as_it_says(
    session: Session, anna: User, boris: User, romashka: Customer, water: Product
) -> None:
    firm = company.get(session)
    firm.invoice_start, firm.invoice_prefix, firm.invoice_digits = 501, "СЧ-", 5
    orders = [acts.loaded(session, anna, romashka, {water: "1"}, boris) for _ in range(2)]
    labels = [(invoice_of(session, order).number, invoice_of(session, order).label) for order in orders]
    assert labels == [(501, "СЧ-00501"), (502, "СЧ-00502")]


def test_the_invoice_says_what_was_loaded_to_the_kopeck(
    session: Session,
    anna: User,
    boris: User,
    romashka: Customer,
    buckwheat: Product,
    water: Product,
    cheese: Product,
) -> None:
    goods = {buckwheat: "5 кор", water: "10", cheese: "2,5 кг"}
    order = acts.in_hand(session, anna, romashka, goods, boris)
    order.lines[0].loaded_quantity, order.lines[1].loaded_quantity = 48_000, 0
    loading.confirm_load(session, order.id, boris)
    paper = papers.read(invoice_of(session, order))
    # 48 × 89.90 = 4315.20, of which 10/110 is 392.29; 2.5 × 649.00 = 1622.50 and 147.50; 11.1 km × 10.00 =
    # 111.00, of which 22/122 is 20.02. The water was not loaded.
    assert [
        (
            line.name,
            line.unit,
            line.okei,
            line.quantity,
            line.price,
            line.vat_rate,
            line.net,
            line.vat,
            line.total,
        )
        for line in paper.lines
    ] == [
        ("Крупа гречневая", "шт", "796", 48_000, 8_990, 10, 392_291, 39_229, 431_520),
        ("Сыр", "кг", "166", 2_500, 64_900, 10, 147_500, 14_750, 162_250),
        ("Доставка", "усл. ед", "876", 1_000, 11_100, 22, 9_098, 2_002, 11_100),
    ]
    assert (paper.total, paper.vat, paper.goods_total) == (604_870, 55_981, 593_770)
    assert [(rate.rate, rate.vat) for rate in paper.by_rate] == [(22, 2_002), (10, 53_979)]
    assert invoice_of(session, order).total_amount == 604_870


def test_the_figures_beside_the_snapshot_are_the_same(
    session: Session, anna: User, boris: User, romashka: Customer, water: Product, cheese: Product
) -> None:
    order = acts.in_hand(session, anna, romashka, {water: "10", cheese: "1 кг"}, boris)
    order.lines[0].loaded_quantity = 0
    loading.confirm_load(session, order.id, boris)
    invoice = invoice_of(session, order)
    rows = session.scalars(
        select(InvoiceLine).where(InvoiceLine.invoice_id == invoice.id).order_by(InvoiceLine.position)
    ).all()
    assert [(row.product_id, row.quantity, row.total_amount) for row in rows] == [
        (cheese.id, 1_000, 64_900),
        (None, 1_000, 11_100),
    ]
    assert sum(row.total_amount for row in rows) == invoice.total_amount


def test_a_full_load_is_invoiced_for_what_was_agreed(
    session: Session, anna: User, boris: User, romashka: Customer, buckwheat: Product, cheese: Product
) -> None:
    order = acts.loaded(session, anna, romashka, {buckwheat: "7", cheese: "0,333 кг"}, boris)
    assert invoice_of(session, order).total_amount == order.total_amount


def test_vat_on_top_is_put_on_goods_and_delivery_once(
    session: Session, anna: User, boris: User, romashka: Customer, water: Product
) -> None:
    company.get(session).prices_include_vat = False
    order = acts.loaded(session, anna, romashka, {water: "3"}, boris)
    paper = papers.read(invoice_of(session, order))
    # 3 × 18.50 = 55.50 + 12.21; 111.00 + 24.42
    assert [(line.net, line.vat, line.total) for line in paper.lines] == [
        (5_550, 1_221, 6_771),
        (11_100, 2_442, 13_542),
    ]
    assert paper.total == order.total_amount == 20_313


def test_without_delivery_to_pay_there_is_no_delivery_line(
    session: Session, anna: User, boris: User, romashka: Customer, water: Product
) -> None:
    company.tariff(session).free_from_amount = 1
    free = acts.loaded(session, anna, romashka, {water: "1"}, boris)
    assert [line.is_delivery for line in papers.read(invoice_of(session, free)).lines] == [False]


def test_the_paper_names_both_sides_order_and_dates(
    session: Session, anna: User, boris: User, romashka: Customer, water: Product
) -> None:
    romashka.inn, romashka.kpp, romashka.address = "7736050003", "773601001", "Москва, Ленинский, 12"
    order = acts.loaded(session, anna, romashka, {water: "1"}, boris)
    paper = papers.read(invoice_of(session, order))
    assert (paper.seller.name, paper.seller.inn) == ("ООО «Северный ветер»", "7707083893")
    assert (paper.buyer.name, paper.buyer.inn, paper.buyer.kpp) == (
        "ООО «Ромашка»",
        "7736050003",
        "773601001",
    )
    assert paper.bank is not None
    assert paper.bank.account == "40702810138250123017"
    assert (paper.order_number, paper.order_date) == (str(order.number), date(2026, 11, 20))
    assert (paper.issued_on, paper.pay_until) == (date(2026, 11, 20), date(2026, 11, 25))
    assert (paper.delivery_on, paper.delivery_address) == (acts.MONDAY, acts.GATE.address)
    assert (paper.storekeeper, paper.currency, paper.language) == ("Борис", "RUB", "ru")


def test_an_invoice_stays_as_it_was_whatever_changes(
    session: Session, anna: User, boris: User, dmitry: User, romashka: Customer, water: Product
) -> None:
    invoice = invoice_of(session, acts.loaded(session, anna, romashka, {water: "10"}, boris))
    before, pdf = invoice.snapshot, papers.render(papers.read(invoice))
    water.price, water.name, water.vat_kind = 1, "Другая вода", VatKind.ZERO
    romashka.name = "ООО «Лютик»"
    company.set_requisite(session, "name", "ООО «Южный ветер»", dmitry)
    session.flush()
    session.expire_all()
    assert invoice.snapshot == before
    assert papers.render(papers.read(invoice)) == pdf
    assert snapshot.to_json(papers.read(invoice)) == before


def test_the_digest_of_the_pdf_is_written_once(
    session: Session, anna: User, boris: User, romashka: Customer, water: Product
) -> None:
    invoice = invoice_of(session, acts.loaded(session, anna, romashka, {water: "10"}, boris))
    papers.keep_digest(session, invoice.id, b"first")
    papers.keep_digest(session, invoice.id, b"second")
    session.refresh(invoice)
    # printf first | sha256sum
    assert invoice.pdf_sha256 == "a7937b64b8caa58f03721bb6bacf5c78cb235febe0e70b1b84cd99541461a08e"


def test_without_requisites_the_load_stands_and_the_invoice_follows(
    session: Session, anna: User, boris: User, dmitry: User, romashka: Customer, water: Product
) -> None:
    firm = company.get(session)
    firm.inn = firm.account = None
    orders = [acts.loaded(session, anna, romashka, {water: "1"}, boris) for _ in range(2)]
    assert [order.status.value for order in orders] == ["loaded", "loaded"]
    assert invoices.of_order(session, orders[0]) is None
    assert acts.notices(session, dmitry) == ["requisites_missing"] * 2
    assert acts.letters(session) == []
    firm.inn = "7707083893"
    assert invoices.issue_waiting(session) == 0
    firm.account = "40702810138250123017"
    loading.deliver(session, orders[1].id, boris)
    assert invoices.issue_waiting(session) == 2
    assert [invoice_of(session, order).number for order in orders] == [1, 2]
    assert len(acts.letters(session)) == 2
    assert invoices.issue_waiting(session) == 0


def test_an_invoice_is_found_by_who_may_see_its_order(
    session: Session, anna: User, clara: User, boris: User, dmitry: User, romashka: Customer, water: Product
) -> None:
    invoice = invoice_of(session, acts.loaded(session, anna, romashka, {water: "1"}, boris))
    for actor in (anna, boris, dmitry):
        assert invoices.get(session, invoice.id, actor) is invoice
    for invoice_id in (invoice.id, 999):
        with pytest.raises(NotFound):
            invoices.get(session, invoice_id, clara)


def test_a_customer_without_an_e_mail_has_the_invoice_kept(
    session: Session, anna: User, boris: User, romashka: Customer, water: Product
) -> None:
    romashka.emails = None
    order = acts.loaded(session, anna, romashka, {water: "1"}, boris)
    assert invoice_of(session, order).number == 1
    assert acts.letters(session) == []
    assert acts.notices(session, anna)[-1] == "invoice_without_email"
