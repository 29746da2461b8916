"""The bot's language for people who have not chosen one."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the company's language."""
    with op.batch_alter_table("company") as batch_op:
        batch_op.add_column(sa.Column("language", sa.String(length=2), nullable=False, server_default="ru"))


def downgrade() -> None:
    """Take it away again."""
    with op.batch_alter_table("company") as batch_op:
        batch_op.drop_column("language")
