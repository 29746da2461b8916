"""The ways people go through the bot, every screen of a role: measured, and read for their query plans."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from benchmarks.big_rows import NOW
from benchmarks.walking import Stage, Taken, Walker
from handlers import menu
from handlers.addresses import (
    About,
    AccessCodes,
    Address,
    AuditLog,
    Backups,
    ClientCard,
    EditEmails,
    ExportFile,
    Facsimile,
    Found,
    HandOver,
    Holidays,
    ImportFile,
    Journal,
    JournalOf,
    LoadCard,
    LoadLines,
    Mailings,
    Month,
    MyOrders,
    NewProduct,
    NewShelf,
    Note,
    OrderCard,
    OrderFor,
    OrderLines,
    OrdersOf,
    Place,
    ProductCard,
    ProductFields,
    Remove,
    Requests,
    Requisites,
    Settings,
    SettingsGroup,
    SheetDays,
    Shelf,
    ShelfCard,
    Staff,
    StaffCard,
    Status,
    Stock,
    UsualSet,
    VatTable,
    Vehicles,
    WarehousePlace,
)
from handlers.admission import Attempts
from handlers.analytics import Analytics, Recent, Report, Since
from handlers.audit_log import AuditAbout, AuditPeople
from handlers.choosing import FindCustomer, NewOrder
from handlers.client_terms import ChoosePrices, ChooseRep, TakeRep
from handlers.clients import AllClients, Archived, Clients
from handlers.company_settings import ChooseSetting, EditSetting, KeepSetting, PreviewSetting
from handlers.dates import Day, Window
from handlers.delivery_step import UseOutlet
from handlers.handover import HandOverTo
from handlers.holidays import HolidayMonth
from handlers.journal import JournalPeople, JournalSpans, JournalStatuses, WholeJournal
from handlers.loading import AskLoaded, Claim, Delivered, Loaded, SignedPapers
from handlers.mailing import MailCard, MailMissed, MailPeople, MailPreview, MailRole, MailSend
from handlers.my_orders import CancelOrder, InvoicePdf, Recall, ResendInvoice
from handlers.new_product import NewProductName
from handlers.order_admin import ChangeRep, Give, GiveTo, RevisePaper, VoidPaper, VoidSure
from handlers.order_list import AllOrders, Spans
from handlers.ordering import Discard, KeepNote
from handlers.outlets import EditOutlet, OutletCard, Outlets
from handlers.places import Candidate, ConfirmPlace
from handlers.product import Step
from handlers.product_fields import EditProduct
from handlers.repeating import Repeat
from handlers.requisites import DoubtRequisite, EditRequisite
from handlers.settings_table import GROUPS
from handlers.shelves import Picking, PickShelf, ShiftShelf
from handlers.staff import AskBlock, GiveRole
from handlers.status import FailedRows, FailedUpdates
from handlers.warehouse import OnTheWay, Queue
from models import (
    Invoice,
    Mailing,
    Order,
    OrderStatus,
    Outlet,
    Role,
    User,
    UserRole,
)
from services import (
    auth,
    loading,
    orders,
)
from services.orders import Show
from services.periods import Span
from services.report_periods import Cycle

DELIVERY_DAY = NOW.date() + timedelta(days=3)
WINDOW = "1400"


@dataclass(frozen=True, slots=True)
class Case:
    """A rep with a customer, an order of the past and a product of it; and what is typed to find them.

    ``long_draft`` is a draft of 200 lines, of ``long_rep``.
    """

    rep: int
    customer_id: int
    outlet_id: int
    order_id: int
    number: int
    product_id: int
    category_id: int
    customer_piece: str
    phone_piece: str
    product_piece: str
    sku: str
    long_draft: int
    long_rep: int


def cases(session: Session, chance: random.Random, count: int) -> list[Case]:
    """Return so many cases, chosen by orders: who orders often comes up often."""
    last = session.scalar(select(func.max(Order.number))) or 0
    # big_history writes it last.
    longest = session.execute(select(Order).order_by(Order.id.desc()).limit(1)).scalar_one()
    found: list[Case] = []
    while len(found) < count:
        order = session.scalar(select(Order).where(Order.number >= chance.randint(1, last)).limit(1))
        case = _case(session, chance, order, longest) if order is not None else None
        if case is not None:
            found.append(case)
    session.rollback()
    return found


def _case(session: Session, chance: random.Random, order: Order, longest: Order) -> Case | None:
    """Return the case of an order; None when it has none: not delivered, an open draft, nothing in stock."""
    customer = order.customer
    own = select(Order.id).where(Order.customer_id == customer.id, Order.status == OrderStatus.DRAFT)
    fitting = [line.product for line in order.lines if line.product.available >= 100_000]
    outlet = session.scalar(select(Outlet).where(Outlet.customer_id == customer.id).limit(1))
    if order.status is not OrderStatus.DELIVERED or session.scalar(own.limit(1)) is not None:
        return None
    if not fitting or outlet is None or order.number is None or not (customer.phone and customer.emails):
        return None
    product = chance.choice(fitting)
    word = chance.choice(customer.name.split("«")[-1].strip("»").split())
    return Case(
        rep=order.sales_rep.telegram_id,
        customer_id=customer.id,
        outlet_id=outlet.id,
        order_id=order.id,
        number=order.number,
        product_id=product.id,
        category_id=product.category_id,
        customer_piece=word[1:7],
        phone_piece=customer.phone[-5:],
        product_piece=product.name.split()[0][:6],
        sku=product.sku,
        long_draft=longest.id,
        long_rep=longest.sales_rep.telegram_id,
    )


def of_the_rep(stage: Stage, case: Case, taken: list[tuple[str, Taken]]) -> None:
    """Go through everything a sales rep has, and on to the load of the order sent."""
    rep = Walker(stage, case.rep, taken)
    rep.press("menu", menu.Menu())
    _customers(rep, case)
    draft = _fill(stage, rep, case)
    _deliver(rep, case, draft)
    rep.press("send to the warehouse", Place(draft, True), OrderCard)
    _orders(stage, rep, case, draft)
    _load(stage, draft, taken)


def _customers(rep: Walker, case: Case) -> None:
    rep.press("customers", AllClients(), Clients)
    rep.press("customers, page 2", Clients(1))
    rep.say("customers, search by name", case.customer_piece, Clients)
    rep.say("customers, search by phone", case.phone_piece, Clients)
    rep.say("customers, search finds nothing", "ъъъ", Clients)
    rep.press("customers, archive", Archived(0))
    rep.press("customer card", ClientCard(case.customer_id))
    rep.press("delivery points", Outlets(case.customer_id))
    rep.press("delivery point", OutletCard(case.outlet_id))
    rep.press("delivery point, note asked", EditOutlet(case.outlet_id, "note"))
    rep.say("delivery point, note typed", "Въезд со двора", OutletCard)
    rep.press("customer's e-mail asked", EditEmails(case.customer_id, case.order_id))
    rep.say("customer's e-mail typed", "zakaz@shop.example", OrderCard)


def _fill(stage: Stage, rep: Walker, case: Case) -> int:
    """Order a few things; return the draft's id."""
    rep.press("new order", NewOrder())
    rep.press("new order, all customers", FindCustomer(0))
    rep.say("new order, search", case.customer_piece, FindCustomer)
    rep.press("new order, customer chosen", OrderFor(case.customer_id), Shelf)
    draft = _draft_of(stage, case)
    rep.press("usual set", UsualSet(draft), OrderLines)
    rep.press("catalogue", Shelf(draft, 0, 0))
    rep.press("shelf", Shelf(draft, case.category_id, 0))
    rep.press("shelf, page 2", Shelf(draft, case.category_id, 1))
    rep.say("goods, search by name", case.product_piece, Found)
    rep.press("goods, page 2 of the search", Found(draft, 1))
    rep.say("goods, search by SKU", case.sku, Found)
    rep.say("goods, search finds nothing", "ъъъ", Found)
    card = ProductCard(draft, case.product_id, case.category_id, 0, 0)
    rep.press("product card", card)
    rep.press("product, one more", Step(draft, case.product_id, case.category_id, 0, 0, 1), ProductCard)
    rep.say("product, quantity typed", "7", Shelf)
    rep.press("cart", OrderLines(draft, 0))
    return draft


def _deliver(rep: Walker, case: Case, draft: int) -> None:
    rep.press("address", Address(draft))
    rep.point("address, a place sent", 55.8, 37.7, Candidate)
    rep.press("address, place confirmed", ConfirmPlace("o", draft, 0), Month)
    rep.press("address", Address(draft))
    rep.press("address, point chosen", UseOutlet(draft, case.outlet_id), Month)
    rep.press("calendar", Month(draft, 0))
    rep.press("windows", Day(draft, DELIVERY_DAY))
    rep.press("window chosen", Window(draft, DELIVERY_DAY, WINDOW), Note)
    rep.press("note left out", KeepNote(draft, False), OrderCard)
    rep.press("draft card", OrderCard(draft))


def _orders(stage: Stage, rep: Walker, case: Case, sent: int) -> None:
    rep.press("my orders", AllOrders(), MyOrders)
    for show in (Show.DRAFTS, Show.AT_WAREHOUSE, Show.LOADED, Show.ENDED):
        rep.press(f"my orders, {show.name.lower().replace('_', ' ')}", MyOrders(0, show))
    for span in (Span.WEEK, Span.MONTH):
        rep.press(f"my orders, {span.name.lower()}", MyOrders(span=span))
    rep.press("my orders, periods", Spans())
    rep.press("my orders, of a customer", OrdersOf(case.customer_id), MyOrders)
    rep.say("my orders, search by customer", case.customer_piece, MyOrders)
    rep.say("my orders, search by number", str(case.number), MyOrders)
    rep.press("sent order card", OrderCard(sent))
    rep.press("delivered order card", OrderCard(case.order_id))
    rep.press("repeat an order", Repeat(case.order_id), OrderLines)
    repeated = _draft_of(stage, case)
    rep.press("line taken out", Remove(repeated, case.product_id), OrderLines)
    rep.press("draft thrown away", Discard(repeated, True), menu.Menu)
    rep.press("recall", Recall(sent), OrderCard)
    rep.press("draft card", OrderCard(sent))
    rep.press("send once more", Place(sent, True), OrderCard)
    rep.press("cancel, reason asked", CancelOrder(sent))
    rep.press("delivered order card", OrderCard(case.order_id))
    rep.press("invoice as PDF", InvoicePdf(case.order_id), OrderCard)
    rep.press("invoice sent again", ResendInvoice(case.order_id), OrderCard)


def _load(stage: Stage, sent: int, taken: list[tuple[str, Taken]]) -> None:
    """Have the order loaded and delivered by the first storekeeper."""
    keeper = Walker(stage, _holder(stage, Role.STOREKEEPER), taken)
    keeper.press("storekeeper: queue", Queue(0))
    keeper.press("storekeeper: queue, page 2", Queue(1))
    keeper.press("storekeeper: order card", LoadCard(sent))
    keeper.press("storekeeper: takes it", Claim(sent), LoadCard)
    keeper.press("storekeeper: quantities", LoadLines(sent))
    keeper.press("storekeeper: asked whether loaded", AskLoaded(sent), LoadCard)
    with stage.database.unit_of_work() as session:
        seen = loading.seen(session.get_one(Order, sent))
    keeper.press("storekeeper: loaded, invoice made", Loaded(sent, seen), LoadCard)
    keeper.press("storekeeper: under way", OnTheWay())
    keeper.press("storekeeper: handed over", Delivered(sent), SignedPapers)
    keeper.press("storekeeper: stock", Stock())
    keeper.press("storekeeper: stock, what runs low", Stock(only_low=True))
    keeper.press("storekeeper: loading sheet, days", SheetDays())
    keeper.press("storekeeper: vehicles", Vehicles())


def of_the_administrator(stage: Stage, case: Case, taken: list[tuple[str, Taken]]) -> None:
    """Go through the lists an administrator has."""
    admin = Walker(stage, _holder(stage, Role.ADMIN), taken)
    admin.press("administrator: staff", Staff())
    admin.press("administrator: company", Requisites())
    admin.press("administrator: analytics", Analytics())
    admin.press("administrator: analytics, first day", Since())
    admin.press("administrator: report asked for", Recent(Cycle.MONTH), Report)
    admin.press("administrator: customers", AllClients(), Clients)
    admin.press("administrator: customers, page 2", Clients(1))
    admin.say("administrator: customers, search by name", case.customer_piece, Clients)
    admin.say("administrator: customers, search by phone", case.phone_piece, Clients)
    admin.say("administrator: customers, search finds nothing", "ъъъ", Clients)
    admin.press("administrator: customer card", ClientCard(case.customer_id))
    admin.press("administrator: order card", OrderCard(case.order_id))
    admin.press("administrator: catalogue", Shelf(0, 0, 0))
    admin.press("administrator: shelf", Shelf(0, case.category_id, 0))
    admin.say("administrator: goods, search", case.product_piece, Found)
    _keeping(admin, case)
    admin.press("administrator: queue", Queue(0))
    admin.press("administrator: requisite asked", EditRequisite("phone"))
    admin.say("administrator: requisite typed", "+7 495 111-22-33", Requisites)
    admin.press("administrator: account asked", EditRequisite("account"))
    admin.say("administrator: account that does not fit", "40702810038000004513", DoubtRequisite)


def of_the_journal(stage: Stage, case: Case, taken: list[tuple[str, Taken]]) -> None:
    """Go through everybody's orders and the trace of changes."""
    admin = Walker(stage, _holder(stage, Role.ADMIN), taken)
    keeper, rep, invoice = _people_of(stage, case)
    admin.press("journal", WholeJournal(), Journal)
    admin.press("journal, statuses", JournalStatuses())
    for show in (Show.DRAFTS, Show.WAITING, Show.DELIVERED, Show.CANCELLED):
        admin.press(f"journal, {show.name.lower()}", Journal(show=show))
    admin.press("journal, page 2", Journal(case.order_id))
    admin.press("journal, periods", JournalSpans())
    for span in (Span.TODAY, Span.WEEK, Span.THIRTY_DAYS):
        admin.press(f"journal, {span.name.lower()}", Journal(span=span))
    admin.press("journal, delivered this month", Journal(show=Show.DELIVERED, span=Span.MONTH))
    admin.press("journal, reps", JournalPeople(Role.SALES_REP))
    admin.press("journal, of a rep", Journal(sales_rep_id=rep))
    admin.press("journal, of a rep this month", Journal(sales_rep_id=rep, span=Span.MONTH))
    admin.press("journal, of a storekeeper", Journal(storekeeper_id=keeper))
    admin.press("journal, of a storekeeper, delivered", Journal(0, Show.DELIVERED, storekeeper_id=keeper))
    admin.press("journal, of a rep and a storekeeper", Journal(sales_rep_id=rep, storekeeper_id=keeper))
    admin.press("journal, of a customer", JournalOf(case.customer_id), Journal)
    everything = Journal(0, Show.DELIVERED, rep, case.customer_id, keeper, Span.THIRTY_DAYS)
    admin.press("journal, everything at once", everything)
    admin.press("journal", WholeJournal(), Journal)
    admin.say("journal, search by customer", case.customer_piece, Journal)
    admin.say("journal, search by number", str(case.number), Journal)
    _change(admin, stage, case, rep, invoice)


def _change(admin: Walker, stage: Stage, case: Case, rep: int, invoice: int) -> None:
    """Give an order away, begin to cancel its invoice, and read who changed what."""
    admin.press("journal, order card", OrderCard(case.order_id))
    sent, seller = _placed(stage)
    admin.press("another rep, asked", ChangeRep(sent))
    admin.press("another rep, of what", GiveTo(sent, seller))
    admin.press("another rep, given", Give(sent, _another_rep(stage, seller), True), OrderCard)
    admin.press("invoice, correction asked", RevisePaper(invoice))
    admin.press("invoice, cancellation asked", VoidPaper(invoice))
    admin.say("invoice, cancellation reason", "ошибка", VoidSure)
    admin.press("changes", AuditLog())
    admin.press("changes, whose", AuditPeople(About.ALL))
    admin.press("changes, of what", AuditAbout(rep))
    admin.press("changes, of a person", AuditLog(user_id=rep))
    admin.press("changes, of customers", AuditLog(about=About.CUSTOMERS))
    admin.press("changes, of a person, of orders", AuditLog(user_id=rep, about=About.ORDERS))
    admin.press("changes, of an order", AuditLog(about=About.ORDERS, subject_id=case.order_id))


def of_the_settings(stage: Stage, _case: Case, taken: list[tuple[str, Taken]]) -> None:
    """Look at every group of the company's settings, and change some."""
    admin = Walker(stage, _holder(stage, Role.ADMIN), taken)
    admin.press("settings", Settings())
    for group in GROUPS:
        admin.press(f"settings: {group}", SettingsGroup(group))
    admin.press("settings: place", WarehousePlace())
    admin.press("settings: VAT by day", VatTable())
    admin.press("settings: signature and seal", Facsimile())
    admin.press("settings: backup", Backups())
    for field, typed in {"rate_per_km": "15", "hours_0": "10-19", "invoice_prefix": "A-"}.items():
        admin.press(f"settings: {field} asked", EditSetting(field))
        admin.say(f"settings: {field} tried", typed, PreviewSetting)
        admin.press(f"settings: {field} kept", KeepSetting(field), SettingsGroup)
    admin.press("settings: capacity asked", EditSetting("window_capacity"))
    admin.say("settings: capacity tried", "500", PreviewSetting)
    admin.press("settings: capacity kept", KeepSetting("window_capacity"), SettingsGroup)
    admin.press("settings: digest off", ChooseSetting("evening_digest_at"), SettingsGroup)
    admin.press("settings: holidays", Holidays())
    admin.say("settings: holiday typed", "31.12", Holidays)
    admin.press("settings: holidays, a month", HolidayMonth())


def of_the_staff(stage: Stage, _case: Case, taken: list[tuple[str, Taken]]) -> None:
    """Go through what an administrator does with staff: people, codes, mailings; and how the bot does."""
    admin = Walker(stage, _holder(stage, Role.ADMIN), taken)
    admin.press("administrator: staff", Staff())
    admin.say("administrator: staff, search", "анна", Staff)
    with stage.database.unit_of_work() as session:
        reps = [user.id for user in auth.staff(session, Role.SALES_REP)]
    admin.press("administrator: staff card", StaffCard(reps[0]))
    admin.press("administrator: changes of one person", AuditLog(about=About.STAFF, subject_id=reps[0]))
    admin.press("administrator: staff card, again", StaffCard(reps[0]))
    admin.press("administrator: block asked", AskBlock(reps[0]))
    admin.press("administrator: role given", GiveRole(reps[0], Role.STOREKEEPER), StaffCard)
    admin.press("administrator: customers handed over, whom to", HandOver(reps[0]))
    admin.press("administrator: customers handed over, asked", HandOverTo(reps[0], reps[1]))
    admin.press("administrator: access codes", AccessCodes())
    admin.press("administrator: requests", Requests())
    admin.press("administrator: wrong codes", Attempts())
    admin.press("administrator: mailings", Mailings())
    admin.press("administrator: mailing, role chosen", MailRole(Role.SALES_REP))
    admin.say("administrator: mailing, text typed", "Завтра склад закрыт.", MailPreview)
    with stage.database.unit_of_work() as session:
        mailing_id = session.scalars(select(func.max(Mailing.id))).one()
    admin.press("administrator: mailing sent", MailSend(mailing_id), MailCard)
    admin.press("administrator: mailing, who did not get it", MailMissed(mailing_id))
    admin.press("administrator: mailing, people chosen", MailPeople())
    admin.press("administrator: how the bot does", Status())
    admin.press("administrator: not sent", FailedRows())
    admin.press("administrator: not handled", FailedUpdates())


def _keeping(admin: Walker, case: Case) -> None:
    """Change the catalogue and a customer's terms."""
    where = (case.product_id, case.category_id, 0)
    admin.press("administrator: product's fields", ProductFields(*where))
    admin.press("administrator: price asked", EditProduct(*where, "price", 0))
    admin.say("administrator: price typed", "123,45", ProductFields)
    admin.press("administrator: new product", NewProduct(case.category_id))
    admin.say("administrator: SKU typed", "НОВ-1", NewProductName)
    admin.press("administrator: shelf card", ShelfCard(case.category_id))
    admin.press("administrator: shelf moved up", ShiftShelf(case.category_id, -1), ShelfCard)
    admin.press("administrator: where to move", PickShelf(Picking.SHELF, case.category_id, 0))
    admin.press("administrator: new shelf", NewShelf(0))
    admin.say("administrator: shelf typed", "Новинки сезона", Shelf)
    admin.press("administrator: import", ImportFile("catalog"))
    admin.press("administrator: export", ExportFile("customers"))
    admin.press("administrator: rep asked", ChooseRep(case.customer_id))
    admin.press("administrator: handed over", TakeRep(case.customer_id, 0), ClientCard)
    admin.press("administrator: prices asked", ChoosePrices(case.customer_id))
    admin.say("administrator: discount typed", "5", ClientCard)


def of_a_long_order(stage: Stage, case: Case, taken: list[tuple[str, Taken]]) -> None:
    """Look at a draft of 200 lines, and change it."""
    with stage.database.unit_of_work() as session:
        line = session.get_one(Order, case.long_draft).lines[0]
        card = ProductCard(case.long_draft, line.product_id, line.product.category_id, 0, 0)
    rep = Walker(stage, case.long_rep, taken)
    rep.press("200 lines: order card", OrderCard(card.order_id))
    rep.press("200 lines: order card, page 2", OrderCard(card.order_id, 1))
    rep.press("200 lines: cart", OrderLines(card.order_id, 0))
    rep.press("200 lines: shelf", Shelf(card.order_id, card.category_id, 0))
    rep.press("200 lines: product card", card)


def _people_of(stage: Stage, case: Case) -> tuple[int, int, int]:
    """Return the storekeeper and the rep of the case's order, and its invoice."""
    with stage.database.unit_of_work() as session:
        order = session.get_one(Order, case.order_id)
        invoice = session.scalars(select(Invoice).where(Invoice.order_id == order.id)).first()
        if order.storekeeper_id is None or invoice is None:
            raise RuntimeError(f"order {order.number} is delivered and has no storekeeper or no invoice")
        return order.storekeeper_id, order.sales_rep_id, invoice.id


def _placed(stage: Stage) -> tuple[int, int]:
    """Return an order that waits for the warehouse, and its rep."""
    with stage.database.unit_of_work() as session:
        keeper = auth.staff(session, Role.STOREKEEPER)[0]
        order = orders.to_load(session, keeper).items[0]
        return order.id, order.sales_rep_id


def _another_rep(stage: Stage, rep: int) -> int:
    with stage.database.unit_of_work() as session:
        query = select(User.id).join(UserRole).where(UserRole.role == Role.SALES_REP, User.id != rep)
        return session.execute(query.order_by(User.id).limit(1)).scalar_one()


def _draft_of(stage: Stage, case: Case) -> int:
    with stage.database.unit_of_work() as session:
        query = select(Order.id).where(
            Order.customer_id == case.customer_id, Order.status == OrderStatus.DRAFT
        )
        return session.execute(query).scalar_one()


def _holder(stage: Stage, role: Role) -> int:
    with stage.database.unit_of_work() as session:
        query = (
            select(User.telegram_id).join(UserRole).where(UserRole.role == role).order_by(User.id).limit(1)
        )
        return session.execute(query).scalar_one()


ALL = (of_the_rep, of_a_long_order, of_the_administrator, of_the_journal, of_the_settings, of_the_staff)
