"""the stock screens: what runs low, movements by product, files sent to be imported."""

import sqlalchemy as sa
from alembic import op

from models.base import BigInt

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "uploads",
        sa.Column("id", BigInt, autoincrement=True, nullable=False),
        sa.Column("user_id", BigInt, nullable=False),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("file_name", sa.String(length=200), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=True),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("report", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("applied_at", sa.DateTime(), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_uploads_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_uploads")),
    )
    op.create_index(op.f("ix_uploads_user_id"), "uploads", ["user_id"])
    op.create_index(op.f("ix_uploads_digest"), "uploads", ["digest"])
    op.create_index(op.f("ix_products_name_id"), "products", ["name", "id"])
    op.create_index(
        "ix_products_low",
        "products",
        ["name", "id"],
        sqlite_where=sa.text("low_stock >= on_hand - reserved"),
        postgresql_where=sa.text("low_stock >= on_hand - reserved"),
    )
    # The key behind the product lets a page of movements be read straight off the index.
    op.drop_index(op.f("ix_stock_movements_product_id"), "stock_movements")
    op.create_index(op.f("ix_stock_movements_product_id_id"), "stock_movements", ["product_id", "id"])
