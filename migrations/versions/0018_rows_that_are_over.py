"""Outgoing rows that are over, for the sweep; when a row was sent nobody searches by."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Put the one index in the other's place."""
    done = sa.text("kind <> 'email' AND state IN ('sent', 'superseded', 'failed')")
    op.drop_index(op.f("ix_outbox_messages_sent_at"), "outbox_messages")
    op.create_index(
        "ix_outbox_messages_done",
        "outbox_messages",
        ["created_at"],
        sqlite_where=done,
        postgresql_where=done,
    )
