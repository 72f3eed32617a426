"""Lots, reservations, sales, the journal, and the views that a build reads.

The views have the columns of layout `vivid_seats` (a column that is absent is null
there). The journal can be added to and not be changed, whoever tries.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

TICKET_LISTINGS = """
    create view ticket_listings as
    select
        lot_id as listing_id,
        seller_id,
        event_id,
        section,
        row_label as "row",
        quantity,
        cast(price_cents / 100 as varchar(20)) || '.'
        || substr(cast(100 + price_cents % 100 as varchar(3)), 2, 2) as price,
        ticket_type,
        posting_date,
        posting_time,
        case when is_available and withdrawn_at is null then '1' else '0' end
            as availability
    from lots
"""
CUSTOMER_SALES = """
    create view customer_sales as
    select
        sales.sale_id,
        lots.event_id,
        sales.lot_id as listing_id,
        sales.visitor_id,
        sales.sale_date,
        sales.sale_time,
        sales.quantity as number_of_tickets,
        cast(sales.unit_price_cents / 100 as varchar(20)) || '.'
        || substr(cast(100 + sales.unit_price_cents % 100 as varchar(3)), 2, 2)
            as price_per_unit,
        sales.payment_method,
        case when sales.is_promo_used then '1' when not sales.is_promo_used then '0' end
            as promo_used
    from sales
    inner join lots on sales.lot_id = lots.lot_id
"""
SQLITE_JOURNAL = [
    f"""
    create trigger journal_{action} before {action} on journal
    begin select raise(abort, 'the journal is append-only'); end
    """
    for action in ("update", "delete")
]
POSTGRES_JOURNAL = [
    """
    create function refuse_journal_change() returns trigger language plpgsql as
    $$ begin raise exception 'the journal is append-only'; end $$
    """,
    """
    create trigger journal_is_append_only
    before update or delete or truncate on journal
    for each statement execute function refuse_journal_change()
    """,
]


def upgrade() -> None:
    """Make tables, views and triggers."""
    op.create_table(
        "tokens",
        sa.Column("token_id", sa.String(40), nullable=False),
        sa.Column("seller_id", sa.String(64), nullable=False),
        sa.Column("secret_hash", sa.String(64), nullable=False),
        sa.Column("scopes", sa.String(200), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("expires_at", sa.DateTime(), nullable=False),
        sa.Column("revoked_at", sa.DateTime()),
        sa.PrimaryKeyConstraint("token_id", name=op.f("pk_tokens")),
    )
    op.create_table(
        "lots",
        sa.Column("lot_id", sa.String(40), nullable=False),
        sa.Column("seller_id", sa.String(64), nullable=False),
        sa.Column("event_id", sa.String(200), nullable=False),
        sa.Column("section", sa.String(50)),
        sa.Column("row_label", sa.String(50)),
        sa.Column("ticket_type", sa.String(50)),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("quantity_sold", sa.Integer(), nullable=False),
        sa.Column("price_cents", sa.BigInteger(), nullable=False),
        sa.Column("is_available", sa.Boolean(), nullable=False),
        sa.Column("posted_at", sa.DateTime(), nullable=False),
        sa.Column("posting_date", sa.String(10), nullable=False),
        sa.Column("posting_time", sa.String(15), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime()),
        sa.CheckConstraint("price_cents >= 0", name=op.f("ck_lots_price")),
        sa.CheckConstraint(
            "quantity_sold between 0 and quantity", name=op.f("ck_lots_not_oversold")
        ),
        sa.PrimaryKeyConstraint("lot_id", name=op.f("pk_lots")),
    )
    op.create_index("ix_lots_event_id", "lots", ["event_id", "lot_id"])
    op.create_index("ix_lots_seller_id", "lots", ["seller_id", "lot_id"])
    op.create_table(
        "reservations",
        sa.Column("reservation_id", sa.String(40), nullable=False),
        sa.Column("lot_id", sa.String(40), nullable=False),
        sa.Column("holder_id", sa.String(64), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("unit_price_cents", sa.BigInteger(), nullable=False),
        sa.Column("reserved_at", sa.DateTime(), nullable=False),
        sa.Column("expires_at", sa.DateTime(), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.CheckConstraint(
            "state in ('held', 'sold', 'released')", name=op.f("ck_reservations_state")
        ),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_reservations_quantity")),
        sa.ForeignKeyConstraint(
            ["lot_id"], ["lots.lot_id"], name=op.f("fk_reservations_lot_id")
        ),
        sa.PrimaryKeyConstraint("reservation_id", name=op.f("pk_reservations")),
    )
    op.create_index("ix_reservations_lot_id", "reservations", ["lot_id", "state"])
    op.create_table(
        "sales",
        sa.Column("sale_id", sa.String(40), nullable=False),
        sa.Column("lot_id", sa.String(40), nullable=False),
        sa.Column("reservation_id", sa.String(40)),
        sa.Column("sold_by", sa.String(64), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("unit_price_cents", sa.BigInteger(), nullable=False),
        sa.Column("visitor_id", sa.String(64)),
        sa.Column("payment_method", sa.String(30)),
        sa.Column("is_promo_used", sa.Boolean()),
        sa.Column("sold_at", sa.DateTime(), nullable=False),
        sa.Column("sale_date", sa.String(10), nullable=False),
        sa.Column("sale_time", sa.String(15), nullable=False),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_sales_quantity")),
        sa.ForeignKeyConstraint(
            ["lot_id"], ["lots.lot_id"], name=op.f("fk_sales_lot_id")
        ),
        sa.ForeignKeyConstraint(
            ["reservation_id"],
            ["reservations.reservation_id"],
            name=op.f("fk_sales_reservation_id"),
        ),
        sa.PrimaryKeyConstraint("sale_id", name=op.f("pk_sales")),
    )
    op.create_index("ix_sales_lot_id", "sales", ["lot_id"])
    op.create_table(
        "journal",
        sa.Column(
            "entry_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("entered_at", sa.DateTime(), nullable=False),
        sa.Column("actor_id", sa.String(64), nullable=False),
        sa.Column("token_id", sa.String(40), nullable=False),
        sa.Column("request_id", sa.String(64), nullable=False),
        sa.Column("action", sa.String(10), nullable=False),
        sa.Column("lot_id", sa.String(40), nullable=False),
        sa.Column("details", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["lot_id"], ["lots.lot_id"], name=op.f("fk_journal_lot_id")
        ),
        sa.PrimaryKeyConstraint("entry_id", name=op.f("pk_journal")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_journal_lot_id", "journal", ["lot_id", "entry_id"])
    op.create_table(
        "idempotent_requests",
        sa.Column("seller_id", sa.String(64), nullable=False),
        sa.Column("idempotency_key", sa.String(200), nullable=False),
        sa.Column("fingerprint", sa.String(64), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("answered_at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint(
            "seller_id", "idempotency_key", name=op.f("pk_idempotent_requests")
        ),
    )
    op.create_index(
        "ix_idempotent_requests_answered_at", "idempotent_requests", ["answered_at"]
    )
    op.execute(TICKET_LISTINGS)
    op.execute(CUSTOMER_SALES)
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    for statement in SQLITE_JOURNAL if is_sqlite else POSTGRES_JOURNAL:
        op.execute(statement)


def downgrade() -> None:
    """Remove all of it, with what was stored."""
    op.execute("drop view customer_sales")
    op.execute("drop view ticket_listings")
    for table in ("journal", "sales", "reservations", "lots", "tokens"):
        op.drop_table(table)
    op.drop_table("idempotent_requests")
    if op.get_bind().dialect.name != "sqlite":
        op.execute("drop function refuse_journal_change()")
