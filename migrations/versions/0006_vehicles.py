"""vehicles, and the one an order leaves in."""

import sqlalchemy as sa
from alembic import op

from models.base import BigInt

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "vehicles",
        sa.Column("id", BigInt, autoincrement=True, nullable=False),
        sa.Column("plate", sa.String(length=12), nullable=False),
        sa.Column("capacity_kg", sa.Integer(), nullable=False),
        sa.Column("driver", sa.String(length=160), nullable=True),
        sa.Column("phone", sa.String(length=32), nullable=True),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("archived_at", sa.DateTime(), nullable=True),
        sa.CheckConstraint("capacity_kg > 0", name=op.f("ck_vehicles_capacity_positive")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_vehicles")),
        sa.UniqueConstraint("plate", name=op.f("uq_vehicles_plate")),
    )
    # The reference is written with the column: SQLite then adds it without rebuilding the orders.
    vehicle = sa.ForeignKey("vehicles.id", name=op.f("fk_orders_vehicle_id"))
    op.add_column("orders", sa.Column("vehicle_id", BigInt, vehicle, nullable=True), inline_references=True)
    op.create_index(op.f("ix_orders_vehicle_id"), "orders", ["vehicle_id"], unique=False)
