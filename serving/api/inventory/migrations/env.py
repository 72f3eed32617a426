"""How Alembic reaches the inventory: through the one that asks it to migrate."""

from __future__ import annotations

from alembic import context
from sqlalchemy import text

from serving.api.inventory.tables import METADATA

# any number, the same in every process
LOCK = 7_215_530_118_204_771

database = context.config.attributes["database"]
with database.writing() as conn:
    if not database.is_sqlite:
        # two that start at once would both find nothing and both make it
        conn.execute(text("select pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
    context.configure(
        connection=conn, target_metadata=METADATA, transactional_ddl=False
    )
    context.run_migrations()
