"""Wrong codes with their names, mailings, heartbeats and faults."""

import sqlalchemy as sa
from alembic import op

from models.base import BigInt

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add what the administrator's screens of staff, mailing and health need."""
    with op.batch_alter_table("access_attempts") as batch_op:
        batch_op.add_column(sa.Column("name", sa.String(length=160), nullable=True))
        batch_op.add_column(sa.Column("username", sa.String(length=64), nullable=True))
        batch_op.add_column(sa.Column("last_at", sa.DateTime(), nullable=True))
    op.create_table(
        "heartbeats",
        sa.Column("name", sa.String(length=24), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_heartbeats")),
    )
    op.create_table(
        "faults",
        sa.Column("cause", sa.String(length=24), nullable=False),
        sa.Column("since", sa.DateTime(), nullable=False),
        sa.Column("detail", sa.String(length=300), nullable=False),
        sa.PrimaryKeyConstraint("cause", name=op.f("pk_faults")),
    )
    op.create_index(
        "ix_inbox_updates_failed",
        "inbox_updates",
        ["id"],
        sqlite_where=sa.text("state = 'failed'"),
        postgresql_where=sa.text("state = 'failed'"),
    )
    _create_mailings()


def _create_mailings() -> None:
    op.create_table(
        "mailings",
        sa.Column("id", BigInt, autoincrement=True, nullable=False),
        sa.Column("author_id", BigInt, nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("sent_at", sa.DateTime(), nullable=True),
        sa.Column("done_at", sa.DateTime(), nullable=True),
        sa.ForeignKeyConstraint(["author_id"], ["users.id"], name=op.f("fk_mailings_author_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mailings")),
    )
    op.create_index(op.f("ix_mailings_author_id_id"), "mailings", ["author_id", "id"])
    op.create_table(
        "mailing_recipients",
        sa.Column("id", BigInt, autoincrement=True, nullable=False),
        sa.Column("mailing_id", BigInt, nullable=False),
        sa.Column("user_id", BigInt, nullable=False),
        sa.Column("state", sa.String(length=24), nullable=False),
        sa.Column("outbox_id", BigInt, nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["mailing_id"],
            ["mailings.id"],
            name=op.f("fk_mailing_recipients_mailing_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_mailing_recipients_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mailing_recipients")),
    )
    op.create_index(
        op.f("ix_mailing_recipients_mailing_id_user_id"),
        "mailing_recipients",
        ["mailing_id", "user_id"],
        unique=True,
    )
    op.create_index(
        "ix_mailing_recipients_waiting",
        "mailing_recipients",
        ["outbox_id"],
        sqlite_where=sa.text("state = 'waiting'"),
        postgresql_where=sa.text("state = 'waiting'"),
    )
