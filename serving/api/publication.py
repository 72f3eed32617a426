"""The published marts, read-only; a new publication is picked up by the next request.

The file is attached to a database in memory, so that the next one under the same name
can be opened while somebody reads the last. The last but one stays open, so that who
walks through pages of it can finish.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import threading
from collections.abc import Callable, Hashable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import duckdb
from anyio import CapacityLimiter, to_thread

from raw_data.common import quoted_name, quoted_text
from serving.api.guard import Answers
from serving.api.problems import Problem, unknown

CATALOGUE = "published"
SCHEMA = "marts"
# a query is worked on by one thread and as many at once as there are cores: handing
# small queries to and fro costs more than it saves
THREADS = 1
AT_ONCE = os.cpu_count() or 2
MEMORY = "2GB"
KEPT = 2
# what stands for a person's address or telephone, and rows as they came, in which a
# personal value may stand in any column
WITHHELD = ("address_hash", "contact_hash", "raw_row")

Result = TypeVar("Result")
Rows = list[tuple[Any, ...]]
# which file: inode, time of change, size
Version = tuple[int, int, int]


@dataclass(frozen=True)
class Column:
    """A column of a mart: its name, its DuckDB type and its description."""

    name: str
    data_type: str
    description: str


@dataclass(frozen=True)
class Mart:
    """A mart, its description and its columns by name."""

    name: str
    description: str
    columns: dict[str, Column]

    @property
    def relation(self) -> str:
        """Name it in SQL."""
        return f"{CATALOGUE}.{SCHEMA}.{quoted_name(self.name)}"

    def column(self, name: str) -> Column:
        """Find a column.

        Raises:
            Problem: 404, listing the columns there are.
        """
        if name not in self.columns:
            raise unknown("column", name, self.columns)
        return self.columns[name]


class Publication:
    """One published file, opened; it answers from any number of threads."""

    def __init__(self, path: Path, version: Version) -> None:
        """Open the file.

        Raises:
            duckdb.Error: it cannot be opened.
        """
        self.publication_id = hashlib.sha256(repr(version).encode()).hexdigest()[:12]
        self.answers = Answers()
        # what has been looked up of it once
        self.known: dict[Hashable, Any] = {}
        self._idle: list[duckdb.DuckDBPyConnection] = []
        self._conn = duckdb.connect(
            ":memory:", config={"threads": THREADS, "memory_limit": MEMORY}
        )
        try:
            self._conn.execute(
                f"attach {quoted_text(str(path))} as {CATALOGUE} (read_only)"
            )
            # whatever is asked, it is asked of this file alone
            self._conn.execute("set enable_external_access = false")
            self._conn.execute("set lock_configuration = true")
            self.published_at = self._published_at(version)
            self.marts = self._described()
            self.properties = self._properties()
        except duckdb.Error:
            self._conn.close()
            raise

    def rows(self, sql: str, parameters: Sequence[Any] = ()) -> Rows:
        """Ask it, without a limit of time."""
        cursor = self._conn.cursor()
        try:
            return cursor.execute(sql, list(parameters)).fetchall()
        finally:
            cursor.close()

    @contextmanager
    def cursor(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """Lend a cursor; one that failed is not used again."""
        cursor = self._idle.pop() if self._idle else self._conn.cursor()
        try:
            yield cursor
        except BaseException:
            cursor.close()
            raise
        self._idle.append(cursor)

    def mart(self, name: str) -> Mart:
        """Find a mart.

        Raises:
            Problem: 404, listing the marts there are.
        """
        if name not in self.marts:
            raise unknown("mart", name, self.marts)
        return self.marts[name]

    def _published_at(self, version: Version) -> datetime:
        """Tell when it was published; of a file that does not say it, when it changed.

        A copy of a file is younger than what is in it.
        """
        says = self.rows(
            "select 1 from duckdb_tables() where database_name = $1 "
            "and schema_name = 'meta' and table_name = 'publication'",
            [CATALOGUE],
        )
        if not says:
            return datetime.fromtimestamp(version[1] / 1e9, UTC)
        ((found,),) = self.rows(
            f"select published_at from {CATALOGUE}.meta.publication"
        )
        return found.replace(tzinfo=UTC)

    def _described(self) -> dict[str, Mart]:
        tables = self.rows(
            "select table_name, comment from duckdb_tables() "
            "where database_name = $1 and schema_name = $2 union all "
            "select view_name, comment from duckdb_views() "
            "where database_name = $1 and schema_name = $2 order by 1",
            [CATALOGUE, SCHEMA],
        )
        columns = self.rows(
            "select table_name, column_name, data_type, comment from duckdb_columns() "
            "where database_name = $1 and schema_name = $2 order by 1, column_index",
            [CATALOGUE, SCHEMA],
        )
        return {
            mart: Mart(
                mart,
                comment or "",
                {
                    name: Column(name, data_type, about or "")
                    for table, name, data_type, about in columns
                    if table == mart and name not in WITHHELD
                },
            )
            for mart, comment in tables
        }

    def _properties(self) -> dict[str, dict[str, int]]:
        """Count the rows of each property in each mart."""
        parts = [
            f"select property, {quoted_text(mart.name)}, count(*) "
            f"from {mart.relation} where property is not null group by property"
            for mart in self.marts.values()
            if "property" in mart.columns
        ]
        counts: dict[str, dict[str, int]] = {}
        if parts:
            for name, mart, count in self.rows(
                " union all ".join(parts) + " order by 1, 2"
            ):
                counts.setdefault(name, {})[mart] = count
        return counts


class Publications:
    """The published file under its name, whichever it is now."""

    def __init__(self, path: Path, query_seconds: float) -> None:
        """Remember where the file is; it is opened when it is asked."""
        self.path, self.query_seconds = path, query_seconds
        self._lock = threading.Lock()
        self._version: Version | None = None
        self._opened: list[Publication] = []
        self._limiter: CapacityLimiter | None = None

    async def current(self) -> Publication:
        """Give the newest publication.

        Raises:
            Problem: 503 where there is none, saying how to build one.
        """
        if self._look() == self._version:
            return self._opened[-1]
        return await to_thread.run_sync(self._open)

    async def named(self, publication_id: str) -> Publication:
        """Give the publication that a cursor was begun on.

        Raises:
            Problem: 410 where it is gone.
        """
        newest = await self.current()
        for publication in (newest, *self._opened):
            if publication.publication_id == publication_id:
                return publication
        raise Problem(
            410,
            "publication-gone",
            "The marts have been published anew since this walk through pages began. "
            "Begin it again, without a cursor.",
        )

    async def ask(
        self,
        publication: Publication,
        work: Callable[[duckdb.DuckDBPyConnection], Result],
    ) -> Result:
        """Run work on a cursor in a thread, and stop it when its time is over.

        Raises:
            Problem: 504 where it took too long or too much memory.
        """
        if self._limiter is None:
            self._limiter = CapacityLimiter(AT_ONCE)
        loop = asyncio.get_running_loop()
        is_late = False

        def stop(cursor: duckdb.DuckDBPyConnection) -> None:
            nonlocal is_late
            is_late = True
            cursor.interrupt()

        def run(cursor: duckdb.DuckDBPyConnection) -> Result:
            # the time in the queue counts; what is late there does not begin
            if is_late:
                raise duckdb.InterruptException
            return work(cursor)

        try:
            with publication.cursor() as cursor:
                limit = loop.call_later(self.query_seconds, stop, cursor)
                try:
                    return await to_thread.run_sync(run, cursor, limiter=self._limiter)
                finally:
                    limit.cancel()
        except duckdb.InterruptException:
            if not is_late:
                raise
            raise Problem(
                504,
                "query-too-long",
                f"The query took more than {self.query_seconds:g} seconds. Ask for "
                "fewer rows or days, or with a filter.",
            ) from None
        except (duckdb.ConversionException, duckdb.OutOfRangeException):
            raise Problem(
                422,
                "invalid-request",
                "A value in a filter or cursor is beyond what its column can hold.",
                errors=[{"field": "filter", "message": "is out of range"}],
            ) from None
        except (duckdb.BinderException, duckdb.CatalogException):
            raise Problem(
                503,
                "publication-too-old",
                f"{self.path.name} lacks what this needs. Run `make build`, which "
                "publishes it anew.",
            ) from None
        except duckdb.OutOfMemoryException:
            raise Problem(
                504,
                "query-too-large",
                f"The query needs more than {MEMORY} of memory. Ask for fewer rows or "
                "days, or with a filter.",
            ) from None

    def _open(self) -> Publication:
        with self._lock:
            version = self._look()
            while version != self._version:
                try:
                    publication = Publication(self.path, version)
                except duckdb.Error:
                    raise Problem(
                        503,
                        "no-publication",
                        f"{self.path.name} cannot be opened as a database. Run "
                        "`make build`, which publishes it anew.",
                        headers={"Retry-After": "30"},
                    ) from None
                # it may have been replaced between the look and the opening
                opened, version = version, self._look()
                if opened == version:
                    self._opened = [*self._opened, publication][-KEPT:]
                    self._version = version
            return self._opened[-1]

    def _look(self) -> Version:
        try:
            found = os.stat(self.path)
        except OSError:
            raise Problem(
                503,
                "no-publication",
                f"Nothing is published yet: {self.path.name} is not there. Run "
                "`make build`, which builds and publishes it.",
                headers={"Retry-After": "30"},
            ) from None
        return found.st_ino, found.st_mtime_ns, found.st_size
