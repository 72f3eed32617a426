"""Open raw data where it lies, as one view per declared table.

This is the dbt-duckdb plugin behind `raw()` and `pii_hash()`. On each new connection
it reads var `raw`, opens every place named there and lays an in-memory catalogue `raw`
over them:

- `raw.<layout>.<table>`: the rows of that table over all properties of the layout, with
  columns `property` and `time_zone`. The others are those declared in the layout's
  `_<layout>__sources.yml`; one that a file lacks is null, one that is not declared is
  left out. Nested values are JSON text.
- `raw.main.tables`: which property has which table, and in which layout.
- `raw.main.ignored_columns`: the columns that came and that are not declared.
- `raw.main.files`: the text files read, their encoding, and the NUL bytes taken out.
- `raw.main.malformed_lines`: lines of text files that are no row of their table. They
  are left out of the views and end in `fct_rejected_rows`.
- `raw.main.pii_hash(value)`: the keyed hash of a personal value.

Files and databases are read in place, and nothing is written there. Copied are only a
text file with malformed lines (CSV into memory, JSON into a temporary file), and into a
temporary file one in another encoding than its reader knows or with NUL bytes, and a
SQLite file that somebody may be writing to. Whatever is wrong with a place (not with a
row) is one `RawDataError` that says what to do.

One module for each job: `declared` reads what the project and var `raw` say, `places`
looks for tables, `csv_files`, `encoding`, `json_lines`, `sqlite` and `postgres` open
them, `formats` brings times and amounts to one notation, `catalogue` lays the views,
`personal` keeps the key.
"""

from __future__ import annotations

import gc
import json
from typing import Any

import duckdb
from dbt.adapters.duckdb.plugins import BasePlugin

from raw_data.catalogue import open_raw
from raw_data.common import RawDataError, quoted_name, quoted_text

__all__ = ["Plugin", "RawDataError", "open_raw", "quoted_name", "quoted_text"]


class Plugin(BasePlugin):
    """The dbt-duckdb plugin: profiles.yml hands it var `raw` as JSON."""

    def initialize(self, plugin_config: dict[str, Any]) -> None:
        """Keep var `raw`; empty means that the build reads the sample."""
        # what dbt has parsed stays to the end of the run: to look for garbage in it
        # again and again takes a tenth of the time of a small build
        gc.freeze()
        gc.set_threshold(50_000)
        self.raw = json.loads(plugin_config.get("raw") or "{}") or {}

    def configure_connection(self, conn: duckdb.DuckDBPyConnection) -> None:
        """Lay the catalogue `raw` over the places that var `raw` names."""
        open_raw(conn, self.raw)
