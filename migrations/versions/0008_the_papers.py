"""Waybill numbers, corrections under the same number, credits, IBAN, a facsimile."""

import sqlalchemy as sa
from alembic import op

from models.base import BigInt

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add what the papers need."""
    op.create_table(
        "pictures",
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("sha256", name=op.f("pk_pictures")),
    )
    with op.batch_alter_table("company") as batch_op:
        batch_op.add_column(sa.Column("iban", sa.String(length=34), nullable=True))
        batch_op.add_column(sa.Column("swift", sa.String(length=11), nullable=True))
        batch_op.add_column(sa.Column("facsimile_sha256", sa.String(length=64), nullable=True))
        batch_op.add_column(
            sa.Column("waybill_prefix", sa.String(length=10), nullable=False, server_default="")
        )
        batch_op.add_column(sa.Column("waybill_digits", sa.Integer(), nullable=False, server_default="0"))
        batch_op.add_column(sa.Column("waybill_start", sa.Integer(), nullable=False, server_default="1"))
        batch_op.create_foreign_key(
            op.f("fk_company_facsimile_sha256"), "pictures", ["facsimile_sha256"], ["sha256"]
        )
    with op.batch_alter_table("documents") as batch_op:
        batch_op.add_column(sa.Column("cancel_reason", sa.String(length=300), nullable=True))
        batch_op.add_column(sa.Column("refers_to_id", BigInt, nullable=True))
        batch_op.drop_constraint(op.f("uq_documents_kind_year_number"), type_="unique")
        batch_op.create_unique_constraint(
            op.f("uq_documents_kind_year_number_revision"), ["kind", "year", "number", "revision"]
        )
        batch_op.create_check_constraint(op.f("ck_documents_revision_not_negative"), "revision >= 0")
        batch_op.create_check_constraint(
            op.f("ck_documents_credit_refers"), "(kind = 'credit') = (refers_to_id IS NOT NULL)"
        )
        batch_op.create_foreign_key(op.f("fk_documents_refers_to_id"), "documents", ["refers_to_id"], ["id"])
        batch_op.create_index(op.f("ix_documents_refers_to_id"), ["refers_to_id"], unique=False)
