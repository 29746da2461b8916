"""order confirmations by mail, and the administrator's own words in letters."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("company") as batch:
        batch.add_column(
            sa.Column("confirms_orders", sa.Boolean(), nullable=False, server_default=sa.false())
        )
        batch.add_column(sa.Column("mail_texts", sa.JSON(), nullable=True))
