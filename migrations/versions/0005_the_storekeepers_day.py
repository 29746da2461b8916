"""waiting, lateness, signed papers and remainders of orders; tolerance and digests of the warehouse."""

import datetime

import sqlalchemy as sa
from alembic import op

from models.base import BigInt

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

MOMENTS = ("queued_at", "claim_reminded_at", "claim_escalated_at", "late_told_at")
DIGESTS = {"morning_digest_at": datetime.time(8), "evening_digest_at": datetime.time(19)}
DAYS = ("morning_digest_on", "evening_digest_on", "ledger_checked_on")


def upgrade() -> None:
    with op.batch_alter_table("orders") as batch:
        for name in MOMENTS:
            batch.add_column(sa.Column(name, sa.DateTime(), nullable=True))
        batch.add_column(sa.Column("signed_photo_id", sa.String(200), nullable=True))
        batch.add_column(sa.Column("remainder_id", BigInt, nullable=True))
        batch.create_foreign_key(
            "fk_orders_remainder_id", "orders", ["remainder_id"], ["id"], ondelete="SET NULL"
        )
        batch.create_index("ix_orders_remainder_id", ["remainder_id"])
        batch.create_index("ix_orders_status_id", ["status", "id"])
        batch.create_index("ix_orders_placed_at", ["placed_at"])
    op.create_index("ix_order_events_kind_at", "order_events", ["kind", "at"])
    failed = sa.text("state = 'failed'")
    op.create_index(
        "ix_outbox_messages_failed",
        "outbox_messages",
        ["created_at"],
        sqlite_where=failed,
        postgresql_where=failed,
    )
    op.execute("UPDATE orders SET queued_at = placed_at WHERE status = 'placed'")
    with op.batch_alter_table("warehouse") as batch:
        batch.add_column(sa.Column("tolerance_percent", sa.Integer(), nullable=False, server_default="5"))
        batch.create_check_constraint("tolerance_is_a_share", "tolerance_percent between 0 and 100")
        for name in DIGESTS:
            batch.add_column(sa.Column(name, sa.Time(), nullable=True))
        for name in DAYS:
            batch.add_column(sa.Column(name, sa.Date(), nullable=True))
    warehouse = sa.table("warehouse", *(sa.column(name, sa.Time()) for name in DIGESTS))
    op.execute(sa.update(warehouse).values(DIGESTS))
