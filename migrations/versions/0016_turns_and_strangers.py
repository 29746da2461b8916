"""Whose an update is, so that every chat gets its turn; when a conversation began, so that strangers' end."""

import sqlalchemy as sa
from alembic import op

from models.base import BigInt

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add both columns; what is there already has neither."""
    op.add_column("inbox_updates", sa.Column("chat_id", BigInt, nullable=True))
    op.add_column("conversations", sa.Column("started_at", sa.DateTime(), nullable=True))
