"""What was sold, by the figures frozen when it was loaded; docs/analytics.md says what each figure means.

A sale belongs to the day its order was loaded, in the company's zone. Its sums are the valid invoice's: what
really left. Money is in minor units, with VAT, quantities in thousandths of the base unit.
"""

from __future__ import annotations

import enum
from collections.abc import Callable

from sqlalchemy.orm import Session

from services.analytics.customers import CustomerRow, Customers, customers
from services.analytics.products import ProductRow, Products, products
from services.analytics.staff import KeeperRow, Keepers, RepRow, Reps, keepers, reps
from services.analytics.totals import Bar, Figures, Totals, Turnover, totals, turnover
from services.report_periods import ReportPeriod

__all__ = [
    "Bar",
    "CustomerRow",
    "Customers",
    "Figures",
    "KeeperRow",
    "Keepers",
    "ProductRow",
    "Products",
    "RepRow",
    "Report",
    "Reps",
    "Totals",
    "Turnover",
    "What",
    "compute",
    "customers",
    "keepers",
    "products",
    "reps",
    "totals",
    "turnover",
]


class What(enum.Enum):
    """The reports there are."""

    TOTALS = "t"
    CUSTOMERS = "c"
    SILENT = "s"
    REPS = "r"
    KEEPERS = "k"
    PRODUCTS = "p"


Report = Totals | Customers | Reps | Keepers | Products

_REPORTS: dict[What, Callable[[Session, ReportPeriod], Report]] = {
    What.TOTALS: totals,
    What.CUSTOMERS: customers,
    What.SILENT: customers,
    What.REPS: reps,
    What.KEEPERS: keepers,
    What.PRODUCTS: products,
}


def compute(session: Session, what: What, period: ReportPeriod) -> Report:
    """Return a report; at most a second on a million lines."""
    return _REPORTS[what](session, period)
