"""a screen may have a photo."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("conversations") as table:
        table.add_column(sa.Column("has_photo", sa.Boolean(), nullable=False, server_default=sa.false()))
    with op.batch_alter_table("conversations") as table:
        table.alter_column("has_photo", server_default=None)
