"""Indexes for what read a whole table: a rep's open drafts, and the papers of a draft that is thrown away.

Revision ID: 0010
Revises: 0001
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

IS_DRAFT = sa.text("status = 'draft'")


def upgrade() -> None:
    """Add the indexes."""
    op.create_index("ix_documents_order_id", "documents", ["order_id"])
    op.create_index(
        "ix_orders_open_drafts",
        "orders",
        ["sales_rep_id", "updated_at"],
        sqlite_where=IS_DRAFT,
        postgresql_where=IS_DRAFT,
    )
