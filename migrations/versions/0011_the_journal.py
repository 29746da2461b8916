"""the journal: orders by days and by storekeeper, changes by person and by kind, read off an index."""

from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # The key behind the columns lets a page be read straight off the index.
    op.drop_index(op.f("ix_orders_storekeeper_id_status"), "orders")
    op.create_index(op.f("ix_orders_storekeeper_id_status_id"), "orders", ["storekeeper_id", "status", "id"])
    op.create_index(op.f("ix_orders_storekeeper_id_id"), "orders", ["storekeeper_id", "id"])
    op.create_index(op.f("ix_orders_created_at_id"), "orders", ["created_at", "id"])
    op.create_index(op.f("ix_audit_entries_subject_id"), "audit_entries", ["subject", "id"])
    op.create_index(op.f("ix_audit_entries_user_id_id"), "audit_entries", ["user_id", "id"])
    op.create_index(
        op.f("ix_audit_entries_user_id_subject_id"), "audit_entries", ["user_id", "subject", "id"]
    )
