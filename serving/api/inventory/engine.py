"""Open the inventory: SQLite or PostgreSQL, the same code for both.

SQLite: one writer at a time, which begins at once (`begin immediate`), so that what it
reads is still so when it writes. PostgreSQL: the row of the lot is locked. A look waits
for nobody who writes, and is of one moment. Both have written to disk what they have
answered.
"""

from __future__ import annotations

import contextlib
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError

from serving.api.problems import Problem

MIGRATIONS = Path(__file__).with_name("migrations")
WAIT_SECONDS = 10
POOL = 10


class Database:
    """An opened inventory."""

    def __init__(self, url: str) -> None:
        """Open it, without touching what is in it.

        Raises:
            SystemExit: the connection string is none.
        """
        try:
            parsed = make_url(url)
        except (ArgumentError, ValueError):
            raise SystemExit(
                "TRIBUTARY_INVENTORY is no connection string. Write "
                "postgresql://user:password@host:5432/database, an @ in the password "
                "as %40."
            ) from None
        self.is_sqlite = parsed.get_backend_name() == "sqlite"
        arguments: dict[str, Any] = (
            {"timeout": WAIT_SECONDS} if self.is_sqlite else {"connect_timeout": 10}
        )
        self.engine: Engine = create_engine(
            parsed,
            connect_args=arguments,
            pool_size=POOL,
            max_overflow=0,
            pool_timeout=WAIT_SECONDS,
            # what is bound may be told by nobody, not even by an error
            hide_parameters=True,
            **({} if self.is_sqlite else {"isolation_level": "READ COMMITTED"}),
        )
        self._writers: AbstractContextManager = (
            threading.Lock() if self.is_sqlite else contextlib.nullcontext()
        )
        if self.is_sqlite:
            event.listen(self.engine, "connect", prepare_sqlite)
            event.listen(self.engine, "begin", begin_sqlite)
        else:
            event.listen(self.engine, "connect", prepare_postgres)

    def migrate(self, revision: str = "head") -> None:
        """Bring the schema to a revision of the migrations.

        Raises:
            SystemExit: the database cannot be reached, in one line.
        """
        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS))
        config.attributes["database"] = self
        try:
            if revision == "base":
                command.downgrade(config, revision)
            else:
                command.upgrade(config, revision)
        except (DBAPIError, Problem):
            raise SystemExit(
                "The inventory cannot be opened. TRIBUTARY_INVENTORY must be the path "
                "of a SQLite file that can be written to, or the connection string of "
                "a PostgreSQL server that runs."
            ) from None

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Open a transaction that only reads; all that it reads is of one moment."""
        with answering(), self.engine.connect() as conn:
            if not self.is_sqlite:
                # else each statement sees what was written until it began
                conn = conn.execution_options(isolation_level="REPEATABLE READ")
            with conn.begin():
                yield conn

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Open a transaction that writes; it is on disk when this ends.

        Raises:
            Problem: 503 where the database is busy or gone.
        """
        with answering(), self._writers, self.engine.connect() as conn:
            conn = conn.execution_options(is_writing=True)
            with conn.begin():
                yield conn

    def close(self) -> None:
        """Close all connections."""
        self.engine.dispose()


@contextmanager
def answering() -> Iterator[None]:
    """Say in a sentence that the database does not answer.

    Raises:
        Problem: 503.
    """
    try:
        yield
    except (DBAPIError, TimeoutError) as error:
        kind = type(getattr(error, "orig", error)).__name__
        if kind not in UNREACHABLE:
            raise
        raise Problem(
            503,
            "inventory-busy",
            "The inventory does not answer now; nothing was changed. Send the request "
            "again, with the same idempotency key.",
            headers={"Retry-After": "1"},
        ) from None


UNREACHABLE = {
    "OperationalError",
    "TimeoutError",
    "LockNotAvailable",
    "QueryCanceled",
    "DeadlockDetected",
    "AdminShutdown",
    "CannotConnectNow",
    "TooManyConnections",
}


def prepare_sqlite(connection: sqlite3.Connection, _: object) -> None:
    """Let readers read while one writes, and have each answer on disk first."""
    # transactions begin where SQLAlchemy says so, not where sqlite3 thinks
    connection.isolation_level = None
    for pragma in ("journal_mode = wal", "synchronous = full", "foreign_keys = on"):
        connection.execute(f"pragma {pragma}")


def begin_sqlite(conn: Connection) -> None:
    """Begin as a writer where something is to be written."""
    is_writing = conn.get_execution_options().get("is_writing")
    conn.exec_driver_sql("begin immediate" if is_writing else "begin")


def prepare_postgres(connection: Any, _: object) -> None:  # noqa: ANN401
    """Wait for nobody for ever."""
    with connection.cursor() as cursor:
        cursor.execute(f"set lock_timeout = '{WAIT_SECONDS}s'")
        cursor.execute(f"set statement_timeout = '{WAIT_SECONDS}s'")
        cursor.execute("set idle_in_transaction_session_timeout = '60s'")
        cursor.execute("set timezone = 'UTC'")
    connection.commit()
