"""the first schema."""

import datetime

import sqlalchemy as sa
from alembic import op

from models.base import BigInt

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

FIRST_ROW = {
    "company": (
        "INSERT INTO company (id, currency, timezone, prices_include_vat, delivery_vat_kind, invoice_prefix,"
        " invoice_digits, invoice_start, pay_within_days)"
        " VALUES (1, 'RUB', 'Europe/Moscow', true, 'standard', '', 0, 1, 5)"
    ),
    "warehouse": (
        "INSERT INTO warehouse (id, cutoff_at, window_minutes, window_capacity, days_ahead, claim_minutes)"
        " VALUES (1, '16:00:00.000000', 120, 10, 60, 30)"
    ),
    "tariff": "INSERT INTO tariff (id, rate_per_km, road_factor, radius_km) VALUES (1, 1000, 1000, 500)",
}
# 425-FZ raised the standard rate on 1 January 2026; 5 and 7 % exist since 2025 (176-FZ). The rate follows
# the day of shipment, so earlier ones stay.
VAT_RATES = [
    ("standard", "2019-01-01", 20),
    ("standard", "2026-01-01", 22),
    ("reduced", "2019-01-01", 10),
    ("zero", "2019-01-01", 0),
    ("exempt", "2019-01-01", None),
    ("simplified_5", "2025-01-01", 5),
    ("simplified_7", "2025-01-01", 7),
]


def upgrade() -> None:
    op.create_table(
        "access_attempts",
        sa.Column("telegram_id", BigInt, autoincrement=False, nullable=False),
        sa.Column("failed", sa.Integer(), nullable=False),
        sa.Column("locked_until", sa.DateTime(), nullable=True),
        sa.PrimaryKeyConstraint("telegram_id", name=op.f("pk_access_attempts")),
    )
    op.create_table(
        "categories",
        sa.Column("id", BigInt, autoincrement=True, nullable=False),
        sa.Column("parent_id", BigInt, nullable=True),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["parent_id"], ["categories.id"], name=op.f("fk_categories_parent_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_categories")),
    )
    with op.batch_alter_table("categories", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_categories_parent_id_position"), ["parent_id", "position"], unique=False
        )

    op.create_table(
        "company",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=160), nullable=True),
        sa.Column("inn", sa.String(length=12), nullable=True),
        sa.Column("kpp", sa.String(length=9), nullable=True),
        sa.Column("address", sa.String(length=300), nullable=True),
        sa.Column("phone", sa.String(length=32), nullable=True),
        sa.Column("email", sa.String(length=254), nullable=True),
        sa.Column("bank_name", sa.String(length=120), nullable=True),
        sa.Column("bik", sa.String(length=9), nullable=True),
        sa.Column("account", sa.String(length=20), nullable=True),
        sa.Column("correspondent_account", sa.String(length=20), nullable=True),
        sa.Column("confirmed_account", sa.String(length=60), nullable=True),
        sa.Column("director", sa.String(length=160), nullable=True),
        sa.Column("accountant", sa.String(length=160), nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("timezone", sa.String(length=64), nullable=False),
        sa.Column("prices_include_vat", sa.Boolean(), nullable=False),
        sa.Column("vat_kind", sa.String(24), nullable=True),
        sa.Column("delivery_vat_kind", sa.String(24), nullable=False),
        sa.Column("invoice_prefix", sa.String(length=10), nullable=False),
        sa.Column("invoice_digits", sa.Integer(), nullable=False),
        sa.Column("invoice_start", sa.Integer(), nullable=False),
        sa.Column("pay_within_days", sa.Integer(), nullable=False),
        sa.Column("accountant_email", sa.String(length=254), nullable=True),
        sa.Column("admin_phone", sa.String(length=32), nullable=True),
        sa.Column("initialised_at", sa.DateTime(), nullable=True),
        sa.Column("mail_fault", sa.String(length=300), nullable=True),
        sa.CheckConstraint("id = 1", name=op.f("ck_company_one_row")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_company")),
    )
    op.create_table(
        "conversations",
        sa.Column("chat_id", BigInt, autoincrement=False, nullable=False),
        sa.Column("here", sa.String(length=64), nullable=True),
        sa.Column("form", sa.JSON(), nullable=False),
        sa.Column("screen", sa.Integer(), nullable=False),
        sa.Column("message_id", BigInt, nullable=True),
        sa.Column("after_message_id", BigInt, nullable=False),
        sa.PrimaryKeyConstraint("chat_id", name=op.f("pk_conversations")),
    )
    op.create_table(
        "delivery_windows",
        sa.Column("id", BigInt, autoincrement=True, nullable=False),
        sa.Column("delivery_on", sa.Date(), nullable=False),
        sa.Column("starts_at", sa.Time(), nullable=False),
        sa.Column("ends_at", sa.Time(), nullable=False),
        sa.Column("capacity", sa.Integer(), nullable=False),
        sa.CheckConstraint("capacity >= 0", name=op.f("ck_delivery_windows_capacity_not_negative")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delivery_windows")),
        sa.UniqueConstraint(
            "delivery_on", "starts_at", name=op.f("uq_delivery_windows_delivery_on_starts_at")
        ),
    )
    op.create_table(
        "geocoded_addresses",
        sa.Column("query", sa.String(length=300), nullable=False),
        sa.Column("candidates", sa.JSON(), nullable=False),
        sa.Column("found_at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("query", name=op.f("pk_geocoded_addresses")),
    )
    op.create_table(
        "holidays",
        sa.Column("closed_on", sa.Date(), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=True),
        sa.PrimaryKeyConstraint("closed_on", name=op.f("pk_holidays")),
    )
    op.create_table(
        "inbox_updates",
        sa.Column("id", BigInt, autoincrement=True, nullable=False),
        sa.Column("update_id", BigInt, nullable=False),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.Column("state", sa.String(24), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("error_id", sa.String(length=16), nullable=True),
        sa.Column("received_at", sa.DateTime(), nullable=False),
        sa.Column("done_at", sa.DateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inbox_updates")),
        sa.UniqueConstraint("update_id", name=op.f("uq_inbox_updates_update_id")),
    )
    with op.batch_alter_table("inbox_updates", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_inbox_updates_done_at"), ["done_at"], unique=False)
        batch_op.create_index(
            "ix_inbox_updates_waiting",
            ["id"],
            unique=False,
            sqlite_where=sa.text("state = 'waiting'"),
            postgresql_where=sa.text("state = 'waiting'"),
        )

    op.create_table(
        "price_lists",
        sa.Column("id", BigInt, autoincrement=True, nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("discount", sa.Integer(), nullable=False),
        sa.CheckConstraint("discount between 0 and 10000", name=op.f("ck_price_lists_discount_is_a_share")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_price_lists")),
        sa.UniqueConstraint("name", name=op.f("uq_price_lists_name")),
    )
    op.create_table(
        "tariff",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("rate_per_km", BigInt, nullable=False),
        sa.Column("minimum_amount", BigInt, nullable=True),
        sa.Column("free_from_amount", BigInt, nullable=True),
        sa.Column("road_factor", sa.Integer(), nullable=False),
        sa.Column("radius_km", sa.Integer(), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_tariff_one_row")),
        sa.CheckConstraint("rate_per_km >= 0", name=op.f("ck_tariff_rate_not_negative")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tariff")),
    )
    op.create_table(
        "users",
        sa.Column("id", BigInt, autoincrement=True, nullable=False),
        sa.Column("telegram_id", BigInt, nullable=False),
        sa.Column("name", sa.String(length=160), nullable=False),
        sa.Column("username", sa.String(length=64), nullable=True),
        sa.Column("phone", sa.String(length=32), nullable=True),
        sa.Column("language", sa.String(length=2), nullable=True),
        sa.Column("comment", sa.String(length=500), nullable=True),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("unreachable_at", sa.DateTime(), nullable=True),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_users")),
        sa.UniqueConstraint("telegram_id", name=op.f("uq_users_telegram_id")),
    )
    op.create_table(
        "vat_rates",
        sa.Column("kind", sa.String(24), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("percent", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("kind", "starts_on", name=op.f("pk_vat_rates")),
    )
    op.create_table(
        "warehouse",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=160), nullable=True),
        sa.Column("address", sa.String(length=300), nullable=True),
        sa.Column("latitude", sa.Double(), nullable=True),
        sa.Column("longitude", sa.Double(), nullable=True),
        sa.Column("cutoff_at", sa.Time(), nullable=False),
        sa.Column("window_minutes", sa.Integer(), nullable=False),
        sa.Column("window_capacity", sa.Integer(), nullable=False),
        sa.Column("days_ahead", sa.Integer(), nullable=False),
        sa.Column("claim_minutes", sa.Integer(), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_warehouse_one_row")),
        sa.CheckConstraint(
            "window_minutes between 15 and 1440", name=op.f("ck_warehouse_window_has_a_length")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_warehouse")),
    )
    op.create_table(
        "working_hours",
        sa.Column("weekday", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("opens_at", sa.Time(), nullable=False),
        sa.Column("closes_at", sa.Time(), nullable=False),
        sa.Column("break_from", sa.Time(), nullable=True),
        sa.Column("break_to", sa.Time(), nullable=True),
        sa.CheckConstraint("weekday between 0 and 6", name=op.f("ck_working_hours_weekday_exists")),
        sa.PrimaryKeyConstraint("weekday", name=op.f("pk_working_hours")),
    )
    op.create_table(
        "access_codes",
        sa.Column("id", BigInt, autoincrement=True, nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("role", sa.String(24), nullable=False),
        sa.Column("name", sa.String(length=160), nullable=False),
        sa.Column("issued_by_id", BigInt, nullable=True),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("expires_at", sa.DateTime(), nullable=False),
        sa.Column("used_at", sa.DateTime(), nullable=True),
        sa.Column("used_by_id", BigInt, nullable=True),
        sa.Column("revoked_at", sa.DateTime(), nullable=True),
        sa.ForeignKeyConstraint(["issued_by_id"], ["users.id"], name=op.f("fk_access_codes_issued_by_id")),
        sa.ForeignKeyConstraint(["used_by_id"], ["users.id"], name=op.f("fk_access_codes_used_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_access_codes")),
        sa.UniqueConstraint("digest", name=op.f("uq_access_codes_digest")),
    )
    op.create_table(
        "access_requests",
        sa.Column("id", BigInt, autoincrement=True, nullable=False),
        sa.Column("telegram_id", BigInt, nullable=False),
        sa.Column("name", sa.String(length=160), nullable=False),
        sa.Column("username", sa.String(length=64), nullable=True),
        sa.Column("phone", sa.String(length=32), nullable=False),
        sa.Column("language", sa.String(length=2), nullable=True),
        sa.Column("state", sa.String(24), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("decided_at", sa.DateTime(), nullable=True),
        sa.Column("decided_by_id", BigInt, nullable=True),
        sa.ForeignKeyConstraint(
            ["decided_by_id"], ["users.id"], name=op.f("fk_access_requests_decided_by_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_access_requests")),
    )
    with op.batch_alter_table("access_requests", schema=None) as batch_op:
        batch_op.create_index(
            "uq_access_requests_one_pending",
            ["telegram_id"],
            unique=True,
            sqlite_where=sa.text("state = 'pending'"),
            postgresql_where=sa.text("state = 'pending'"),
        )

    op.create_table(
        "audit_entries",
        sa.Column("id", BigInt, autoincrement=True, nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("user_id", BigInt, nullable=True),
        sa.Column("action", sa.String(length=60), nullable=False),
        sa.Column("subject", sa.String(length=60), nullable=False),
        sa.Column("subject_id", sa.String(length=60), nullable=True),
        sa.Column("before", sa.JSON(), nullable=True),
        sa.Column("after", sa.JSON(), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_audit_entries_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_entries")),
    )
    with op.batch_alter_table("audit_entries", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_audit_entries_subject_subject_id_id"),
            ["subject", "subject_id", "id"],
            unique=False,
        )

    op.create_table(
        "customers",
        sa.Column("id", BigInt, autoincrement=True, nullable=False),
        sa.Column("sales_rep_id", BigInt, nullable=True),
        sa.Column("name", sa.String(length=160), nullable=False),
        sa.Column("inn", sa.String(length=12), nullable=True),
        sa.Column("kpp", sa.String(length=9), nullable=True),
        sa.Column("address", sa.String(length=300), nullable=True),
        sa.Column("phone", sa.String(length=32), nullable=True),
        sa.Column("emails", sa.String(length=1000), nullable=True),
        sa.Column("language", sa.String(length=2), nullable=True),
        sa.Column("price_list_id", BigInt, nullable=True),
        sa.Column("search_text", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("archived_at", sa.DateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["price_list_id"], ["price_lists.id"], name=op.f("fk_customers_price_list_id")
        ),
        sa.ForeignKeyConstraint(["sales_rep_id"], ["users.id"], name=op.f("fk_customers_sales_rep_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_customers")),
    )
    with op.batch_alter_table("customers", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_customers_inn"), ["inn"], unique=False)
        batch_op.create_index(batch_op.f("ix_customers_name"), ["name"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_customers_sales_rep_id_archived_at_name"),
            ["sales_rep_id", "archived_at", "name"],
            unique=False,
        )

    op.create_table(
        "products",
        sa.Column("id", BigInt, autoincrement=True, nullable=False),
        sa.Column("sku", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=300), nullable=False),
        sa.Column("category_id", BigInt, nullable=False),
        sa.Column("unit", sa.String(length=16), nullable=False),
        sa.Column("price", BigInt, nullable=False),
        sa.Column("vat_kind", sa.String(24), nullable=False),
        sa.Column("on_hand", BigInt, nullable=False),
        sa.Column("reserved", BigInt, nullable=False),
        sa.Column("weight_grams", sa.Integer(), nullable=True),
        sa.Column("minimum", BigInt, nullable=True),
        sa.Column("multiple", BigInt, nullable=True),
        sa.Column("low_stock", BigInt, nullable=True),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("photo_file_id", sa.String(length=200), nullable=True),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("search_text", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("on_hand >= 0", name=op.f("ck_products_on_hand_not_negative")),
        sa.CheckConstraint("price >= 0", name=op.f("ck_products_price_not_negative")),
        sa.CheckConstraint("reserved <= on_hand", name=op.f("ck_products_reserved_is_there")),
        sa.CheckConstraint("reserved >= 0", name=op.f("ck_products_reserved_not_negative")),
        sa.ForeignKeyConstraint(["category_id"], ["categories.id"], name=op.f("fk_products_category_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_products")),
        sa.UniqueConstraint("sku", name=op.f("uq_products_sku")),
    )
    with op.batch_alter_table("products", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_products_category_id_is_active_name"),
            ["category_id", "is_active", "name"],
            unique=False,
        )

    op.create_table(
        "user_roles",
        sa.Column("user_id", BigInt, nullable=False),
        sa.Column("role", sa.String(24), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_user_roles_user_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("user_id", "role", name=op.f("pk_user_roles")),
    )
    with op.batch_alter_table("user_roles", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_user_roles_role"), ["role"], unique=False)

    op.create_table(
        "orders",
        sa.Column("id", BigInt, autoincrement=True, nullable=False),
        sa.Column("number", BigInt, nullable=True),
        sa.Column("status", sa.String(24), nullable=False),
        sa.Column("sales_rep_id", BigInt, nullable=False),
        sa.Column("customer_id", BigInt, nullable=False),
        sa.Column("storekeeper_id", BigInt, nullable=True),
        sa.Column("is_pickup", sa.Boolean(), nullable=False),
        sa.Column("address", sa.String(length=300), nullable=True),
        sa.Column("latitude", sa.Double(), nullable=True),
        sa.Column("longitude", sa.Double(), nullable=True),
        sa.Column("distance_metres", sa.Integer(), nullable=True),
        sa.Column("distance_is_road", sa.Boolean(), nullable=False),
        sa.Column("window_id", BigInt, nullable=True),
        sa.Column("note", sa.String(length=1000), nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("vat_included", sa.Boolean(), nullable=False),
        sa.Column("rate_per_km", BigInt, nullable=True),
        sa.Column("goods_amount", BigInt, nullable=True),
        sa.Column("delivery_amount", BigInt, nullable=True),
        sa.Column("delivery_vat_rate", sa.Integer(), nullable=True),
        sa.Column("delivery_vat_amount", BigInt, nullable=True),
        sa.Column("total_amount", BigInt, nullable=True),
        sa.Column("reason", sa.String(length=300), nullable=True),
        sa.Column("recalled_lines", sa.JSON(), nullable=True),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("updated_at", sa.DateTime(), nullable=False),
        sa.Column("reminded_at", sa.DateTime(), nullable=True),
        sa.Column("placed_at", sa.DateTime(), nullable=True),
        sa.Column("claimed_at", sa.DateTime(), nullable=True),
        sa.Column("loaded_at", sa.DateTime(), nullable=True),
        sa.Column("delivered_at", sa.DateTime(), nullable=True),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name=op.f("fk_orders_customer_id")),
        sa.ForeignKeyConstraint(["sales_rep_id"], ["users.id"], name=op.f("fk_orders_sales_rep_id")),
        sa.ForeignKeyConstraint(["storekeeper_id"], ["users.id"], name=op.f("fk_orders_storekeeper_id")),
        sa.ForeignKeyConstraint(["window_id"], ["delivery_windows.id"], name=op.f("fk_orders_window_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_orders")),
        sa.UniqueConstraint("number", name=op.f("uq_orders_number")),
    )
    with op.batch_alter_table("orders", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_orders_customer_id_id"), ["customer_id", "id"], unique=False)
        batch_op.create_index(batch_op.f("ix_orders_sales_rep_id_id"), ["sales_rep_id", "id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_orders_status_updated_at"), ["status", "updated_at"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_orders_status_window_id"), ["status", "window_id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_orders_storekeeper_id_status"), ["storekeeper_id", "status"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_orders_window_id"), ["window_id"], unique=False)
        batch_op.create_index(
            "uq_orders_one_open_draft",
            ["sales_rep_id", "customer_id"],
            unique=True,
            sqlite_where=sa.text("status = 'draft'"),
            postgresql_where=sa.text("status = 'draft'"),
        )

    op.create_table(
        "outlets",
        sa.Column("id", BigInt, autoincrement=True, nullable=False),
        sa.Column("customer_id", BigInt, nullable=False),
        sa.Column("address", sa.String(length=300), nullable=False),
        sa.Column("latitude", sa.Double(), nullable=False),
        sa.Column("longitude", sa.Double(), nullable=False),
        sa.Column("contact", sa.String(length=160), nullable=True),
        sa.Column("phone", sa.String(length=32), nullable=True),
        sa.Column("hours", sa.String(length=100), nullable=True),
        sa.Column("note", sa.String(length=500), nullable=True),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("archived_at", sa.DateTime(), nullable=True),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name=op.f("fk_outlets_customer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outlets")),
    )
    with op.batch_alter_table("outlets", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_outlets_customer_id"), ["customer_id"], unique=False)

    op.create_table(
        "price_list_entries",
        sa.Column("price_list_id", BigInt, nullable=False),
        sa.Column("product_id", BigInt, nullable=False),
        sa.Column("price", BigInt, nullable=False),
        sa.CheckConstraint("price >= 0", name=op.f("ck_price_list_entries_price_not_negative")),
        sa.ForeignKeyConstraint(
            ["price_list_id"],
            ["price_lists.id"],
            name=op.f("fk_price_list_entries_price_list_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["product_id"], ["products.id"], name=op.f("fk_price_list_entries_product_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("price_list_id", "product_id", name=op.f("pk_price_list_entries")),
    )
    op.create_table(
        "units",
        sa.Column("product_id", BigInt, nullable=False),
        sa.Column("code", sa.String(length=16), nullable=False),
        sa.Column("factor", BigInt, nullable=False),
        sa.CheckConstraint("factor > 0", name=op.f("ck_units_factor_positive")),
        sa.ForeignKeyConstraint(
            ["product_id"], ["products.id"], name=op.f("fk_units_product_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("product_id", "code", name=op.f("pk_units")),
    )
    op.create_table(
        "documents",
        sa.Column("id", BigInt, autoincrement=True, nullable=False),
        sa.Column("kind", sa.String(24), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("order_id", BigInt, nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("issued_on", sa.Date(), nullable=False),
        sa.Column("label", sa.String(length=40), nullable=False),
        sa.Column("total_amount", BigInt, nullable=False),
        sa.Column("snapshot", sa.Text(), nullable=False),
        sa.Column("pdf_sha256", sa.String(length=64), nullable=True),
        sa.Column("cancelled_at", sa.DateTime(), nullable=True),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.CheckConstraint("number > 0", name=op.f("ck_documents_number_positive")),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_documents_order_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_documents")),
        sa.UniqueConstraint("kind", "order_id", "revision", name=op.f("uq_documents_kind_order_id_revision")),
        sa.UniqueConstraint("kind", "year", "number", name=op.f("uq_documents_kind_year_number")),
    )
    op.create_table(
        "order_cards",
        sa.Column("id", BigInt, autoincrement=True, nullable=False),
        sa.Column("order_id", BigInt, nullable=False),
        sa.Column("user_id", BigInt, nullable=False),
        sa.Column("message_id", BigInt, nullable=True),
        sa.Column("sending_row_id", BigInt, nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["order_id"], ["orders.id"], name=op.f("fk_order_cards_order_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_order_cards_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_order_cards")),
        sa.UniqueConstraint("order_id", "user_id", name=op.f("uq_order_cards_order_id_user_id")),
    )
    op.create_table(
        "order_events",
        sa.Column("id", BigInt, autoincrement=True, nullable=False),
        sa.Column("order_id", BigInt, nullable=False),
        sa.Column("kind", sa.String(24), nullable=False),
        sa.Column("user_id", BigInt, nullable=True),
        sa.Column("reason", sa.String(length=300), nullable=True),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["order_id"], ["orders.id"], name=op.f("fk_order_events_order_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_order_events_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_order_events")),
    )
    with op.batch_alter_table("order_events", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_order_events_order_id"), ["order_id"], unique=False)

    op.create_table(
        "order_lines",
        sa.Column("id", BigInt, autoincrement=True, nullable=False),
        sa.Column("order_id", BigInt, nullable=False),
        sa.Column("product_id", BigInt, nullable=False),
        sa.Column("quantity", BigInt, nullable=False),
        sa.Column("unit", sa.String(length=16), nullable=False),
        sa.Column("factor", BigInt, nullable=False),
        sa.Column("price", BigInt, nullable=True),
        sa.Column("vat_rate", sa.Integer(), nullable=True),
        sa.Column("net_amount", BigInt, nullable=True),
        sa.Column("vat_amount", BigInt, nullable=True),
        sa.Column("total_amount", BigInt, nullable=True),
        sa.Column("loaded_quantity", BigInt, nullable=True),
        sa.Column("shortage_reason", sa.String(length=300), nullable=True),
        sa.CheckConstraint("loaded_quantity >= 0", name=op.f("ck_order_lines_loaded_not_negative")),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_order_lines_quantity_positive")),
        sa.ForeignKeyConstraint(
            ["order_id"], ["orders.id"], name=op.f("fk_order_lines_order_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["product_id"], ["products.id"], name=op.f("fk_order_lines_product_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_order_lines")),
        sa.UniqueConstraint("order_id", "product_id", name=op.f("uq_order_lines_order_id_product_id")),
    )
    with op.batch_alter_table("order_lines", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_order_lines_product_id"), ["product_id"], unique=False)

    op.create_table(
        "outbox_messages",
        sa.Column("id", BigInt, autoincrement=True, nullable=False),
        sa.Column("kind", sa.String(24), nullable=False),
        sa.Column("lane", sa.String(length=300), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("payload", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(24), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("due_at", sa.DateTime(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("first_tried_at", sa.DateTime(), nullable=True),
        sa.Column("sent_at", sa.DateTime(), nullable=True),
        sa.Column("last_error", sa.String(length=500), nullable=True),
        sa.Column("order_id", BigInt, nullable=True),
        sa.ForeignKeyConstraint(
            ["order_id"], ["orders.id"], name=op.f("fk_outbox_messages_order_id"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox_messages")),
    )
    with op.batch_alter_table("outbox_messages", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_outbox_messages_lane_id"), ["lane", "id"], unique=False)
        batch_op.create_index(
            "ix_outbox_messages_waiting",
            ["due_at"],
            unique=False,
            sqlite_where=sa.text("state = 'waiting'"),
            postgresql_where=sa.text("state = 'waiting'"),
        )
        batch_op.create_index(batch_op.f("ix_outbox_messages_order_id"), ["order_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_outbox_messages_sent_at"), ["sent_at"], unique=False)

    op.create_table(
        "stock_movements",
        sa.Column("id", BigInt, autoincrement=True, nullable=False),
        sa.Column("product_id", BigInt, nullable=False),
        sa.Column("kind", sa.String(24), nullable=False),
        sa.Column("on_hand_change", BigInt, nullable=False),
        sa.Column("reserved_change", BigInt, nullable=False),
        sa.Column("order_id", BigInt, nullable=True),
        sa.Column("user_id", BigInt, nullable=True),
        sa.Column("reason", sa.String(length=300), nullable=True),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_stock_movements_order_id")),
        sa.ForeignKeyConstraint(["product_id"], ["products.id"], name=op.f("fk_stock_movements_product_id")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_stock_movements_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stock_movements")),
    )
    with op.batch_alter_table("stock_movements", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_stock_movements_order_id"), ["order_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_stock_movements_product_id"), ["product_id"], unique=False)

    op.create_table(
        "invoice_lines",
        sa.Column("invoice_id", BigInt, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("product_id", BigInt, nullable=True),
        sa.Column("quantity", BigInt, nullable=False),
        sa.Column("price", BigInt, nullable=False),
        sa.Column("vat_rate", sa.Integer(), nullable=True),
        sa.Column("net_amount", BigInt, nullable=False),
        sa.Column("vat_amount", BigInt, nullable=False),
        sa.Column("total_amount", BigInt, nullable=False),
        sa.ForeignKeyConstraint(["invoice_id"], ["documents.id"], name=op.f("fk_invoice_lines_invoice_id")),
        sa.ForeignKeyConstraint(["product_id"], ["products.id"], name=op.f("fk_invoice_lines_product_id")),
        sa.PrimaryKeyConstraint("invoice_id", "position", name=op.f("pk_invoice_lines")),
    )
    with op.batch_alter_table("invoice_lines", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_invoice_lines_product_id"), ["product_id"], unique=False)

    op.create_table(
        "reservations",
        sa.Column("order_line_id", BigInt, autoincrement=False, nullable=False),
        sa.Column("product_id", BigInt, nullable=False),
        sa.Column("quantity", BigInt, nullable=False),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_reservations_quantity_positive")),
        sa.ForeignKeyConstraint(
            ["order_line_id"], ["order_lines.id"], name=op.f("fk_reservations_order_line_id")
        ),
        sa.ForeignKeyConstraint(["product_id"], ["products.id"], name=op.f("fk_reservations_product_id")),
        sa.PrimaryKeyConstraint("order_line_id", name=op.f("pk_reservations")),
    )
    with op.batch_alter_table("reservations", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_reservations_product_id"), ["product_id"], unique=False)
    _first_rows()


def _first_rows() -> None:
    """What must be there before anybody sets anything: one row each, the law's VAT, an ordinary week."""
    for name in ("company", "warehouse", "tariff"):
        op.execute(sa.text(FIRST_ROW[name]))
    vat_rates = sa.table(
        "vat_rates", sa.column("kind"), sa.column("starts_on", sa.Date()), sa.column("percent", sa.Integer())
    )
    op.bulk_insert(
        vat_rates,
        [
            {"kind": kind, "starts_on": datetime.date.fromisoformat(day), "percent": percent}
            for kind, day, percent in VAT_RATES
        ],
    )
    hours = sa.table(
        "working_hours",
        sa.column("weekday", sa.Integer()),
        *(sa.column(name, sa.Time()) for name in ("opens_at", "closes_at", "break_from", "break_to")),
    )
    op.bulk_insert(
        hours,
        [
            {
                "weekday": weekday,
                "opens_at": datetime.time(9),
                "closes_at": datetime.time(18),
                "break_from": datetime.time(13),
                "break_to": datetime.time(14),
            }
            for weekday in range(5)
        ],
    )
