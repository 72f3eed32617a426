"""How Alembic reaches the inventory: through the one that asks it to migrate."""

from __future__ import annotations

from alembic import context

from serving.api.inventory.tables import METADATA

database = context.config.attributes["database"]
with database.writing() as conn:
    context.configure(
        connection=conn, target_metadata=METADATA, transactional_ddl=False
    )
    context.run_migrations()
