"""The documents' usual language, nightly copies, windows of a changed length beside those of before."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add what the settings and the nightly copy need."""
    with op.batch_alter_table("company") as batch_op:
        batch_op.add_column(
            sa.Column("document_language", sa.String(length=2), nullable=False, server_default="ru")
        )
        batch_op.add_column(sa.Column("backed_up_on", sa.Date(), nullable=True))
        batch_op.add_column(sa.Column("backup_fault", sa.String(length=300), nullable=True))
    with op.batch_alter_table("delivery_windows") as batch_op:
        batch_op.drop_constraint(op.f("uq_delivery_windows_delivery_on_starts_at"), type_="unique")
        batch_op.create_unique_constraint(
            op.f("uq_delivery_windows_delivery_on_starts_at_ends_at"),
            ["delivery_on", "starts_at", "ends_at"],
        )
