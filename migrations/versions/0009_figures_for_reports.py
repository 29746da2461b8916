"""figures for reports: when a line was sold, and indexes that hold what reports read."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

IS_VALID = sa.text("kind = 'invoice' AND cancelled_at IS NULL")
IS_CANCELLED = sa.text("cancelled_at IS NOT NULL")
IS_SHORT = sa.text("loaded_quantity < quantity")
SOLD_AT = (
    "UPDATE invoice_lines SET sold_at = (SELECT COALESCE(orders.loaded_at, documents.created_at)"
    " FROM documents JOIN orders ON orders.id = documents.order_id"
    " WHERE documents.id = invoice_lines.invoice_id)"
)


def upgrade() -> None:
    op.add_column("invoice_lines", sa.Column("sold_at", sa.DateTime(), nullable=True))
    op.execute(SOLD_AT)
    with op.batch_alter_table("invoice_lines", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_invoice_lines_product_id"))
        batch_op.alter_column("sold_at", existing_type=sa.DateTime(), nullable=False)
    sold = ["product_id", "sold_at", "quantity", "total_amount", "invoice_id"]
    op.create_index("ix_invoice_lines_sold", "invoice_lines", sold)
    invoiced = ["order_id", "kind", "total_amount", "cancelled_at"]
    _partial("ix_documents_invoiced", "documents", invoiced, IS_VALID)
    _partial("ix_documents_cancelled", "documents", ["id"], IS_CANCELLED)
    _partial("ix_order_lines_short", "order_lines", ["order_id"], IS_SHORT)
    op.create_index("ix_orders_loaded_at_customer_id", "orders", ["loaded_at", "customer_id"])


def _partial(name: str, table: str, columns: list[str], where: sa.TextClause) -> None:
    op.create_index(name, table, columns, sqlite_where=where, postgresql_where=where)
