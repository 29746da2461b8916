"""What a storekeeper's message of an order shows, so that who was out of reach is brought up to date."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Cards there are already are taken to show what is true."""
    shown = sa.Column("shown_revision", sa.Integer(), server_default="0", nullable=False)
    with op.batch_alter_table("order_cards") as cards:
        cards.add_column(shown)
    op.execute("UPDATE order_cards SET shown_revision = revision WHERE message_id IS NOT NULL")
    with op.batch_alter_table("order_cards") as cards:
        cards.alter_column("shown_revision", server_default=None)
    outdated = sa.text("shown_revision <> revision")
    op.create_index(
        "ix_order_cards_outdated",
        "order_cards",
        ["user_id"],
        sqlite_where=outdated,
        postgresql_where=outdated,
    )
