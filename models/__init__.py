"""Entities and the database under them; importing this package registers every table."""

from sqlalchemy.orm import Session

from models.base import Base
from models.catalog import (
    BASE_FACTOR,
    Category,
    CountReason,
    MovementKind,
    Product,
    Reservation,
    StockMovement,
    Unit,
)
from models.company import AuditEntry, Company, Holiday, Tariff, Warehouse, WorkingHours
from models.customer import Customer, Outlet
from models.database import Database, now_of
from models.document import Credit, Document, DocumentKind, Invoice, InvoiceLine, Picture, Waybill
from models.health import Fault, Heartbeat
from models.mailing import Mailing, MailingRecipient, RecipientState
from models.messaging import (
    Conversation,
    GeocodedAddress,
    InboxState,
    InboxUpdate,
    OutboxKind,
    OutboxMessage,
    OutboxState,
)
from models.order import (
    DeliveryWindow,
    Order,
    OrderCard,
    OrderEvent,
    OrderEventKind,
    OrderLine,
    OrderStatus,
    ShortageReason,
)
from models.pricing import PriceList, PriceListEntry, VatKind, VatRate
from models.upload import Upload
from models.user import AccessAttempt, AccessCode, AccessRequest, RequestState, Role, User, UserRole
from models.vehicle import Vehicle

__all__ = [
    "BASE_FACTOR",
    "AccessAttempt",
    "AccessCode",
    "AccessRequest",
    "AuditEntry",
    "Base",
    "Category",
    "Company",
    "Conversation",
    "CountReason",
    "Credit",
    "Customer",
    "Database",
    "DeliveryWindow",
    "Document",
    "DocumentKind",
    "Fault",
    "GeocodedAddress",
    "Heartbeat",
    "Holiday",
    "InboxState",
    "InboxUpdate",
    "Invoice",
    "InvoiceLine",
    "Mailing",
    "MailingRecipient",
    "MovementKind",
    "Order",
    "OrderCard",
    "OrderEvent",
    "OrderEventKind",
    "OrderLine",
    "OrderStatus",
    "OutboxKind",
    "OutboxMessage",
    "OutboxState",
    "Outlet",
    "Picture",
    "PriceList",
    "PriceListEntry",
    "Product",
    "RecipientState",
    "RequestState",
    "Reservation",
    "Role",
    "Session",
    "ShortageReason",
    "StockMovement",
    "Tariff",
    "Unit",
    "Upload",
    "User",
    "UserRole",
    "VatKind",
    "VatRate",
    "Vehicle",
    "Warehouse",
    "Waybill",
    "WorkingHours",
    "now_of",
]
