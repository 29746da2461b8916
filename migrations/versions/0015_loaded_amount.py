"""What an order came to by what was loaded."""

import sqlalchemy as sa
from alembic import op

from models.base import BigInt

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


LOADED_AMOUNT = """
UPDATE orders SET loaded_amount = (
    SELECT documents.total_amount FROM documents
    WHERE documents.order_id = orders.id AND documents.kind = 'invoice' AND documents.cancelled_at IS NULL
) WHERE loaded_at IS NOT NULL
"""


def upgrade() -> None:
    """Add the sum and take it from the invoices there are."""
    with op.batch_alter_table("orders") as batch_op:
        batch_op.add_column(sa.Column("loaded_amount", BigInt, nullable=True))
    op.execute(LOADED_AMOUNT)


def downgrade() -> None:
    """Take it away again."""
    with op.batch_alter_table("orders") as batch_op:
        batch_op.drop_column("loaded_amount")
