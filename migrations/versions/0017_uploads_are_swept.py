"""Uploads that are kept, so that the sweep finds those that need not be."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Mark every upload as kept: the next sweep empties what is too old."""
    with op.batch_alter_table("uploads") as batch_op:
        batch_op.add_column(sa.Column("is_kept", sa.Boolean(), nullable=False, server_default=sa.true()))
    with op.batch_alter_table("uploads") as batch_op:
        batch_op.alter_column("is_kept", server_default=None)
    op.create_index(
        "ix_uploads_kept",
        "uploads",
        ["created_at"],
        sqlite_where=sa.text("is_kept"),
        postgresql_where=sa.text("is_kept"),
    )
