"""Write raw tables as Parquet files, for an engine that reads nothing else.

Whatever the DuckDB plugin reads (CSV in any encoding, JSON lines, SQLite, PostgreSQL,
names and notations as the mappings have them) becomes a folder for each property and
layout with a file for each table, all columns text:

    python scripts/raw_parquet.py --vars '{raw: {my_shop: exports/}}' -- parquet/
    -> parquet/my_shop/contract/sessions.parquet, …

The last line is the var `raw` that reads them. Columns that the sources tag as personal
are left out: their hashes are made by DuckDB alone.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import defaultdict
from pathlib import Path

import duckdb
import yaml

from given_vars import vars_fault
from raw_data import RawDataError, open_raw, quoted_name, quoted_text
from raw_data.declared import declared_layouts


def write_tables(raw: object, folder: Path) -> dict[str, list[dict[str, str]]]:
    """Write every table of every property.

    Args:
        raw: var `raw`, as `dbt build` takes it.
        folder: where the folders of the properties go; made if absent.

    Returns:
        Var `raw` for the files, by property.

    Raises:
        RawDataError: a place that cannot be read.
    """
    places: dict[str, list[dict[str, str]]] = defaultdict(list)
    with duckdb.connect() as conn:
        open_raw(conn, raw)
        layouts = declared_layouts()
        found = conn.execute(
            "select distinct property, layout, raw_table "
            "from raw.main.tables order by all"
        ).fetchall()
        for site, layout, name in found:
            target = folder / site / layout
            target.mkdir(parents=True, exist_ok=True)
            table = layouts[layout][name]
            kept = [
                f"{quoted_name(column)}::text as {quoted_name(column)}"
                for column in table.columns
                if column not in table.pii
            ]
            path = quoted_text(str(target / f"{name}.parquet"))
            conn.execute(
                f"copy (select {', '.join(kept)} from raw.{layout}.{quoted_name(name)} "
                f"where property = {quoted_text(site)}) to {path} (format parquet)"
            )
            place = {"layout": layout, "path": str(target)}
            if place not in places[site]:
                places[site].append(place)
    return dict(places)


def main(arguments: list[str] | None = None) -> int:
    """Read the command line, write the files, say how to read them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--vars", default="{}", help="the vars of dbt, with `raw`")
    parser.add_argument("folder", help="where the files go")
    options = parser.parse_args(arguments)
    if fault := vars_fault(options.vars):
        print(fault, file=sys.stderr)
        return 1
    raw = (yaml.safe_load(options.vars) or {}).get("raw")
    if not raw or not options.folder:
        print(
            "Say what to read and where to write it: "
            "make parquet VARS='{raw: {my_shop: exports/}}' TO=parquet/",
            file=sys.stderr,
        )
        return 2
    try:
        places = write_tables(raw, Path(options.folder))
    except RawDataError as error:
        print(error.msg, file=sys.stderr)
        return 1
    print(f"make spark VARS='{json.dumps({'raw': places})}'")
    return 0


if __name__ == "__main__":
    sys.exit(main())
