"""The journal can be added to: on SQLite an entry could still be replaced.

`insert or replace` takes the old row away without any trigger for deletions.
"""

from __future__ import annotations

from alembic import op

revision = "0002"
down_revision = "0001"

NOT_REPLACED = """
    create trigger journal_replace before insert on journal
    when exists (select 1 from journal where entry_id = new.entry_id)
    begin select raise(abort, 'the journal is append-only'); end
"""


def upgrade() -> None:
    """Refuse an entry in the place of another; PostgreSQL does already."""
    if op.get_bind().dialect.name == "sqlite":
        op.execute(NOT_REPLACED)


def downgrade() -> None:
    """Refuse it no more."""
    if op.get_bind().dialect.name == "sqlite":
        op.execute("drop trigger journal_replace")
