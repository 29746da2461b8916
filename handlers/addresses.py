"""Screens that several features lead to. What only one feature knows is declared beside its handlers."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from datetime import date

from handlers.callbacks import Data
from services.orders import Show
from services.periods import Span

FOUND = -1


@dataclass(frozen=True)
class OrderCard(Data, code="o", anywhere=True):
    """An order on one screen: a draft to fill, or a sent one to follow; ``page`` is that of its lines."""

    order_id: int
    page: int = 0


@dataclass(frozen=True)
class OrderLines(Data, code="ol"):
    """The draft's lines, a page of them, each leading to its product."""

    order_id: int
    page: int


@dataclass(frozen=True)
class OrderFor(Data, code="of", anywhere=True):
    """Open the draft for a customer."""

    customer_id: int


@dataclass(frozen=True)
class NewName(Data, code="nn"):
    """New customer: the name is typed; of a rep's own to order for, or by an administrator for any rep."""

    is_for_order: bool = True


@dataclass(frozen=True)
class ClientCard(Data, code="kc", anywhere=True):
    """A customer on one screen."""

    customer_id: int


@dataclass(frozen=True)
class Shelf(Data, code="g"):
    """A category of the catalogue (0 is the top), a page of it; order 0 only browses.

    ``taken`` is the product whose quantity has just been taken: a number typed next changes it.
    """

    order_id: int
    category_id: int
    page: int
    taken: int = 0


@dataclass(frozen=True)
class Found(Data, code="gf"):
    """A page of the products that fit what was typed; ``taken`` as of a shelf."""

    order_id: int
    page: int
    taken: int = 0


@dataclass(frozen=True)
class ProductCard(Data, code="p"):
    """A product, reached from a shelf's page; ``unit`` is the place of the unit counted in.

    ``category_id`` is FOUND when it was reached from a page of what was found.
    """

    order_id: int
    product_id: int
    category_id: int
    page: int
    unit: int


@dataclass(frozen=True)
class ProductFields(Data, code="ae"):
    """Every field of a product, for the administrator; reached as its card was."""

    product_id: int
    category_id: int
    page: int


@dataclass(frozen=True)
class NewProduct(Data, code="aep"):
    """New product: the SKU is typed. ``category_id`` is the shelf it is begun on, 0 for none yet."""

    category_id: int


@dataclass(frozen=True)
class NewProductUnit(Data, code="aeu"):
    """New product: the base unit is typed or chosen."""


@dataclass(frozen=True)
class ShelfCard(Data, code="ah"):
    """A shelf as the administrator keeps it."""

    category_id: int


@dataclass(frozen=True)
class NewShelf(Data, code="ahn"):
    """New shelf on this one, 0: at the top; its name is typed."""

    parent_id: int


@dataclass(frozen=True)
class ImportFile(Data, code="ai"):
    """A file of this kind may be sent: which columns it has."""

    kind: str


@dataclass(frozen=True)
class ExportFile(Data, code="ax"):
    """Choose the form of a file with everything of this kind."""

    what: str


@dataclass(frozen=True)
class Remove(Data, code="lx"):
    """Take a product out of the order."""

    order_id: int
    product_id: int


@dataclass(frozen=True)
class Address(Data, code="a"):
    """Where to deliver a draft; ``page`` is that of the customer's outlets."""

    order_id: int
    page: int = 0


@dataclass(frozen=True)
class Month(Data, code="c"):
    """The calendar of a draft, so many months ahead."""

    order_id: int
    ahead: int


@dataclass(frozen=True)
class Note(Data, code="nt"):
    """The note for the warehouse is typed."""

    order_id: int


@dataclass(frozen=True)
class Place(Data, code="pl"):
    """Send the draft to the warehouse."""

    order_id: int
    duplicate_is_meant: bool

    def home(self) -> Data:
        """Return the order's card."""
        return OrderCard(self.order_id)


@dataclass(frozen=True)
class MyOrders(Data, code="mo"):
    """The rep's own orders at a cursor, narrowed by status, customer (0: all) and the days they began on."""

    cursor: int = 0
    show: Show = Show.ALL
    customer_id: int = 0
    span: Span = Span.ALWAYS
    first: date | None = None
    last: date | None = None


@dataclass(frozen=True)
class OrdersOf(Data, code="mc"):
    """The rep's orders of one customer."""

    customer_id: int


@dataclass(frozen=True)
class Journal(Data, code="j"):
    """Everybody's orders at a cursor, narrowed by status, people (0: all) and the days they began on."""

    cursor: int = 0
    show: Show = Show.ALL
    sales_rep_id: int = 0
    customer_id: int = 0
    storekeeper_id: int = 0
    span: Span = Span.ALWAYS
    first: date | None = None
    last: date | None = None


@dataclass(frozen=True)
class JournalOf(Data, code="jc"):
    """Everybody's orders of one customer."""

    customer_id: int


class About(enum.Enum):
    """Which changes are looked at."""

    ALL = "a"
    ORDERS = "o"
    PAPERS = "d"
    CUSTOMERS = "c"
    PRODUCTS = "p"
    COMPANY = "f"
    STAFF = "s"
    VEHICLES = "v"
    FILES = "i"


@dataclass(frozen=True)
class AuditLog(Data, code="jl", anywhere=True):
    """What people changed at a cursor, narrowed by person (0: all), kind of thing, one thing (0: all)."""

    cursor: int = 0
    user_id: int = 0
    about: About = About.ALL
    subject_id: int = 0


@dataclass(frozen=True)
class EditEmails(Data, code="ee", anywhere=True):
    """The customer's e-mail addresses are typed, over the version that was shown."""

    customer_id: int
    order_id: int
    version: int = 0


@dataclass(frozen=True)
class AsLastTime(Data, code="ha"):
    """Copy the customer's last order into this draft."""

    order_id: int


@dataclass(frozen=True)
class UsualSet(Data, code="hu"):
    """Copy what the customer keeps taking into this draft."""

    order_id: int


@dataclass(frozen=True)
class LoadCard(Data, code="lc", card=True):
    """An order as the storekeeper sees it; ``page`` is that of its lines."""

    order_id: int
    page: int = 0


@dataclass(frozen=True)
class LoadLines(Data, code="ll", anywhere=True):
    """What was loaded of each line of an order in hand, a page of them."""

    order_id: int
    page: int = 0


@dataclass(frozen=True)
class SheetDays(Data, code="sd"):
    """The days that have a loading sheet; page 0 begins today, those before have negative numbers."""

    page: int = 0


@dataclass(frozen=True)
class LoadingSheet(Data, code="sh"):
    """The loading sheet of a day; of one window of it, or of one vehicle (0: of all)."""

    day: date
    window_id: int = 0
    vehicle_id: int = 0


@dataclass(frozen=True)
class Vehicles(Data, code="vs"):
    """A page of the vehicles in use."""

    page: int = 0


@dataclass(frozen=True)
class ChooseVehicle(Data, code="vc"):
    """Choose the vehicle that orders of a day, or of one window of it, are put into."""

    day: date
    window_id: int = 0
    page: int = 0


@dataclass(frozen=True)
class Stock(Data, code="b"):
    """A page of what is in the store, all of it or what runs low."""

    page: int = 0
    only_low: bool = False


@dataclass(frozen=True)
class StockCard(Data, code="bc"):
    """A product's stock, reached from a page of the list; ``held`` is the page of its reservations."""

    product_id: int
    page: int
    only_low: bool
    held: int = 0


@dataclass(frozen=True)
class Requisites(Data, code="cr", anywhere=True):
    """The company's requisites."""


@dataclass(frozen=True)
class MailTexts(Data, code="mt"):
    """The words of letters to clients in one language."""

    language: str = "ru"


@dataclass(frozen=True)
class Resume(Data, code="mtg", anywhere=True):
    """Try every waiting letter now."""


@dataclass(frozen=True)
class Settings(Data, code="st"):
    """A person's own settings, and the way to the company's for an administrator."""


@dataclass(frozen=True)
class SettingsGroup(Data, code="sg"):
    """Settings of one kind and their present values."""

    group: str


@dataclass(frozen=True)
class WarehousePlace(Data, code="sgp"):
    """Where goods leave from: an address is typed or a location sent."""

    subject_id: int = 1


@dataclass(frozen=True)
class Holidays(Data, code="sgh"):
    """Days the warehouse is closed, a page of them; more are typed here."""

    page: int = 0


@dataclass(frozen=True)
class VatTable(Data, code="sgv"):
    """The rates of VAT by day."""


@dataclass(frozen=True)
class Facsimile(Data, code="sgf"):
    """The picture of signature and seal: a PNG is sent here."""


@dataclass(frozen=True)
class Backups(Data, code="sgb"):
    """How the database is copied."""


@dataclass(frozen=True)
class Staff(Data, code="sf"):
    """Everybody who was ever let in, a page of them, all or those that fit what was typed."""

    page: int = 0


@dataclass(frozen=True)
class StaffCard(Data, code="sfc"):
    """One member of staff."""

    user_id: int


@dataclass(frozen=True)
class AccessCodes(Data, code="sco", anywhere=True):
    """The codes that would let somebody in."""

    page: int = 0


@dataclass(frozen=True)
class Requests(Data, code="srq"):
    """The requests nobody has decided."""

    page: int = 0


@dataclass(frozen=True)
class HandOver(Data, code="sho"):
    """Whom a rep's customers go to."""

    user_id: int
    page: int = 0


@dataclass(frozen=True)
class Mailings(Data, code="ml"):
    """To whom a mailing goes; and those that went."""

    cursor: int = 0


@dataclass(frozen=True)
class Status(Data, code="hs"):
    """How the bot does."""
