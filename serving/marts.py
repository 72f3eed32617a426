"""The published marts, opened read-only; a new publication is picked up by itself.

The file is attached to a database in memory, so that the next one under the same name
can be opened while somebody still reads the last.
"""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb

from publish import published_file
from raw_data.common import first_line, quoted_text

PARAMETER = re.compile(r"\$([a-z_]+)")
CATALOGUE = "published"
THREADS = 2

Value = str | int | float | bool | Decimal | date | datetime | None
# which file: changes with each publication
Version = tuple[int, int, int]


class MartsError(Exception):
    """Why the marts cannot be read, in words for whoever wants to read them."""


@dataclass(frozen=True)
class Answer:
    """The column names and rows that a query gives."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Value, ...], ...]

    def __bool__(self) -> bool:
        """Tell whether there are rows."""
        return bool(self.rows)

    def dicts(self) -> list[dict[str, Any]]:
        """Give the rows for a chart: numbers as floats, days as ISO text."""
        return [
            {name: plain(value) for name, value in zip(self.columns, row, strict=True)}
            for row in self.rows
        ]

    def column(self, name: str) -> list[Any]:
        """Give the values of one column."""
        position = self.columns.index(name)
        return [row[position] for row in self.rows]


@dataclass(frozen=True)
class Property:
    """What is known of a tracked site.

    `first` and `last` are the first and last day of its sessions, conversions or costs;
    None where it has none of them.
    """

    name: str
    source: str | None
    currency: str | None
    first: date | None
    last: date | None


@dataclass(frozen=True)
class Publication:
    """When the marts were published (UTC), and with which defaults."""

    published_at: datetime | None
    default_model: str
    default_basis: str
    models: tuple[str, ...]


def plain(value: Value) -> str | int | float | bool | None:
    """Write a value as JSON can hold it."""
    match value:
        case Decimal():
            return float(value)
        case datetime() | date():
            return value.isoformat()
        case _:
            return value


class Marts:
    """A published file, read by any number of threads."""

    def __init__(self, path: Path | None = None) -> None:
        """Remember where the file is; it is opened when it is asked."""
        self.path = path or published_file()
        self._lock = threading.Lock()
        self._version: Version | None = None
        self._conn: duckdb.DuckDBPyConnection | None = None

    def version(self) -> Version:
        """Tell the publication that lies there now.

        Raises:
            MartsError: there is none.
        """
        try:
            found = os.stat(self.path)
        except FileNotFoundError:
            raise MartsError(
                f"{self.path.name} does not exist yet: run make build first."
            ) from None
        except OSError as error:
            raise MartsError(
                f"{self.path.name} cannot be read: {error.strerror}."
            ) from error
        return found.st_ino, found.st_mtime_ns, found.st_size

    def ask(
        self, sql: str, parameters: Mapping[str, Any] | Sequence[Any] = ()
    ) -> Answer:
        """Run a query over the marts of the newest publication.

        Args:
            sql: a query; tables are named `marts.<mart>`.
            parameters: values for its `$names`; those it does not name are left out.

        Raises:
            MartsError: the file cannot be opened, or lacks what the query reads.
        """
        cursor = self._connection().cursor()
        if isinstance(parameters, Mapping):
            named = set(PARAMETER.findall(sql))
            parameters = {k: v for k, v in parameters.items() if k in named}
        try:
            cursor.execute(f"use {CATALOGUE}")
            found = cursor.execute(sql, parameters or None)
            columns = tuple(column[0] for column in found.description)
            return Answer(columns, tuple(found.fetchall()))
        except (duckdb.CatalogException, duckdb.BinderException) as error:
            raise MartsError(
                f"{self.path.name} lacks what this needs; build it again with make "
                f"build. ({first_line(error)})"
            ) from error
        except duckdb.Error as error:
            raise MartsError(first_line(error)) from error
        finally:
            cursor.close()

    def properties(self) -> list[Property]:
        """List the properties, with the days that their data span."""
        about = {}
        if self._has_origin():
            rows = self.ask("select property, source, currency from meta.properties")
            about = {name: rest for name, *rest in rows.rows}
        spans = self.ask(
            """
            select property, min(first_date), max(last_date)
            from (
                select property, min(session_date) as first_date,
                    max(session_date) as last_date
                from marts.rpt_sessions_daily group by property
                union all
                select property, min(period_start), max(period_start)
                from marts.rpt_orders where period = 'day' group by property
                union all
                select property, min(report_date), max(report_date)
                from marts.rpt_channel_costs group by property
                union all
                select property, null, null
                from marts.rpt_listing_funnel group by property
            )
            group by property
            order by property
            """
        )
        dates = {name: days for name, *days in spans.rows}
        return [
            Property(
                name, *about.get(name, (None, None)), *dates.get(name, (None, None))
            )
            for name in sorted(about.keys() | dates.keys())
        ]

    def publication(self) -> Publication:
        """Tell when the marts were published and what is shown unless told otherwise.

        The models are those that were computed, the default first.
        """
        published_at = model = basis = None
        if self._has_origin():
            ((published_at, model, basis),) = self.ask(
                "select published_at, default_attribution_model, default_date_basis "
                "from meta.publication"
            ).rows
        names = self.ask(
            "select distinct attribution_model from marts.rpt_attribution_models "
            "order by attribution_model"
        ).column("attribution_model")
        model = model if model in names else "last_non_direct"
        models = sorted(names, key=lambda name: (name != model, name))
        return Publication(
            published_at, models[0] if models else model, basis or "touch", (*models,)
        )

    def _has_origin(self) -> bool:
        found = self.ask(
            "select 1 from duckdb_tables() where schema_name = 'meta' "
            f"and table_name = 'publication' and database_name = '{CATALOGUE}'"
        )
        return bool(found)

    def _connection(self) -> duckdb.DuckDBPyConnection:
        """Give the connection to the newest publication, opened anew if it changed."""
        with self._lock:
            version = self.version()
            while self._conn is None or version != self._version:
                self._conn = self._opened()
                # it may have been replaced between the look and the opening
                self._version, version = version, self.version()
            return self._conn

    def _opened(self) -> duckdb.DuckDBPyConnection:
        conn = duckdb.connect(":memory:", config={"threads": THREADS})
        try:
            conn.execute(
                f"attach {quoted_text(str(self.path))} as {CATALOGUE} (read_only)"
            )
            # whatever is asked, it is asked of this file alone
            conn.execute("set enable_external_access = false")
            conn.execute("set lock_configuration = true")
        except duckdb.Error as error:
            conn.close()
            raise MartsError(
                f"{self.path.name} cannot be opened: {first_line(error)}"
            ) from error
        return conn
