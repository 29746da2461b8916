"""Indexes for a rep's list of orders: by status, by customer, by the day an order was begun.

Revision ID: 0012
Revises: 0001
"""

from __future__ import annotations

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

INDEXES = (
    ("sales_rep_id", "status", "id"),
    ("sales_rep_id", "customer_id", "id"),
    ("sales_rep_id", "created_at", "id"),
)


def upgrade() -> None:
    """Add the indexes."""
    for columns in INDEXES:
        op.create_index(f"ix_orders_{'_'.join(columns)}", "orders", list(columns))
