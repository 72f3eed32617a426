"""What the inventory stores; the migrations make exactly this.

Times are UTC, but for the `_date` and `_time` texts: those are on the clock of the
property, as raw tables are. Money is whole cents. The database itself refuses to sell
more tickets of a lot than it has.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
)

METADATA = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)
ID = String(40)

# one row per token; of its secret only the hash
TOKENS = Table(
    "tokens",
    METADATA,
    Column("token_id", ID, primary_key=True),
    Column("seller_id", String(64), nullable=False),
    Column("secret_hash", String(64), nullable=False),
    Column("scopes", String(200), nullable=False),
    Column("created_at", DateTime, nullable=False),
    Column("expires_at", DateTime, nullable=False),
    Column("revoked_at", DateTime),
)

# one row per lot of tickets that a seller has posted
LOTS = Table(
    "lots",
    METADATA,
    Column("lot_id", ID, primary_key=True),
    Column("seller_id", String(64), nullable=False),
    Column("event_id", String(200), nullable=False),
    Column("section", String(50)),
    Column("row_label", String(50)),
    Column("ticket_type", String(50)),
    Column("quantity", Integer, nullable=False),
    Column("quantity_sold", Integer, nullable=False),
    Column("price_cents", BigInteger, nullable=False),
    Column("is_available", Boolean, nullable=False),
    Column("posted_at", DateTime, nullable=False),
    Column("posting_date", String(10), nullable=False),
    Column("posting_time", String(15), nullable=False),
    Column("withdrawn_at", DateTime),
    CheckConstraint("quantity_sold between 0 and quantity", name="not_oversold"),
    CheckConstraint("price_cents >= 0", name="price"),
)
Index("ix_lots_seller_id", LOTS.c.seller_id, LOTS.c.lot_id)
Index("ix_lots_event_id", LOTS.c.event_id, LOTS.c.lot_id)

# one row per promise of tickets; it lapses by itself when its time is over
RESERVATIONS = Table(
    "reservations",
    METADATA,
    Column("reservation_id", ID, primary_key=True),
    Column("lot_id", ID, ForeignKey(LOTS.c.lot_id), nullable=False),
    Column("holder_id", String(64), nullable=False),
    Column("quantity", Integer, nullable=False),
    Column("unit_price_cents", BigInteger, nullable=False),
    Column("reserved_at", DateTime, nullable=False),
    Column("expires_at", DateTime, nullable=False),
    Column("state", String(10), nullable=False),
    CheckConstraint("quantity > 0", name="quantity"),
    CheckConstraint("state in ('held', 'sold', 'released')", name="state"),
)
Index("ix_reservations_lot_id", RESERVATIONS.c.lot_id, RESERVATIONS.c.state)

# one row per sale
SALES = Table(
    "sales",
    METADATA,
    Column("sale_id", ID, primary_key=True),
    Column("lot_id", ID, ForeignKey(LOTS.c.lot_id), nullable=False),
    Column("reservation_id", ID, ForeignKey(RESERVATIONS.c.reservation_id)),
    Column("sold_by", String(64), nullable=False),
    Column("quantity", Integer, nullable=False),
    Column("unit_price_cents", BigInteger, nullable=False),
    Column("visitor_id", String(64)),
    Column("payment_method", String(30)),
    Column("is_promo_used", Boolean),
    Column("sold_at", DateTime, nullable=False),
    Column("sale_date", String(10), nullable=False),
    Column("sale_time", String(15), nullable=False),
    CheckConstraint("quantity > 0", name="quantity"),
)
Index("ix_sales_lot_id", SALES.c.lot_id)

# one row per change; rows are added and never touched again
JOURNAL = Table(
    "journal",
    METADATA,
    Column(
        "entry_id",
        BigInteger().with_variant(Integer, "sqlite"),
        primary_key=True,
        autoincrement=True,
    ),
    Column("entered_at", DateTime, nullable=False),
    Column("actor_id", String(64), nullable=False),
    Column("token_id", ID, nullable=False),
    Column("request_id", String(64), nullable=False),
    Column("action", String(10), nullable=False),
    Column("lot_id", ID, ForeignKey(LOTS.c.lot_id), nullable=False),
    Column("details", Text, nullable=False),
    sqlite_autoincrement=True,
)
Index("ix_journal_lot_id", JOURNAL.c.lot_id, JOURNAL.c.entry_id)

# one row per request that carried a key and was done
REQUESTS = Table(
    "idempotent_requests",
    METADATA,
    Column("seller_id", String(64), primary_key=True),
    Column("idempotency_key", String(200), primary_key=True),
    Column("fingerprint", String(64), nullable=False),
    Column("status", Integer, nullable=False),
    Column("body", Text, nullable=False),
    Column("answered_at", DateTime, nullable=False),
)
Index("ix_idempotent_requests_answered_at", REQUESTS.c.answered_at)
