"""Read the declared tables of a SQLite file where it lies."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import duckdb

from raw_data.common import (
    RawDataError,
    Relation,
    catalogue_name,
    first_line,
    load_extension,
    named_columns,
    one_claim_each,
    plain,
    quoted_name,
    quoted_text,
)
from raw_data.declared import Place, RawTable, refuse_absent
from raw_data.encoding import name_of_copy

SQLITE_MAGIC = b"SQLite format 3\x00"


def sqlite_relations(
    conn: duckdb.DuckDBPyConnection,
    place: Place,
    tables: dict[str, RawTable],
) -> list[tuple[str, Relation]]:
    """Attach a SQLite file read-only and find the declared tables or views in it.

    SQLite keeps any value in any column, whatever its declared type, so all of them are
    read as text: a stray word in a number column is a bad row, not a failed build.
    """
    path = Path(place.path).expanduser()
    with path.open("rb") as file:
        if file.read(len(SQLITE_MAGIC)) != SQLITE_MAGIC:
            raise RawDataError(
                f"{place.site}: {path} is no SQLite database. Var raw must name a "
                "folder of CSV or Parquet files, a SQLite file, or env:NAME."
            )
    load_extension(conn, "sqlite_scanner")
    conn.execute("set global sqlite_all_varchar = true")
    catalogue = catalogue_name(conn)
    try:
        source = at_one_moment(path)
        conn.execute(
            f"attach {quoted_text(str(source))} as {catalogue} (type sqlite, read_only)"
        )
        columns = conn.execute(
            "select table_name, column_name from duckdb_columns() "
            "where database_name = ? order by table_name, column_index",
            [catalogue],
        ).fetchall()
        columns += view_columns(conn, catalogue)
    except (duckdb.Error, sqlite3.Error) as error:
        raise RawDataError(
            f"{place.site}: {path} cannot be read as a SQLite database "
            f"({first_line(error)}). Check it with `sqlite3 {path} .tables`."
        ) from None
    sought = place.sought(tables)
    all_names = sorted({table for table, _ in columns})
    names: dict[str, list[str]] = {}
    for table, column in columns:
        if plain(table) in sought:
            names.setdefault(table, []).append(column)
    one_claim_each(place.site, str(path), list(names))
    refuse_absent(place, list(names), all_names)
    return [
        (
            name,
            Relation(
                f"{catalogue}.main.{quoted_name(table)}",
                str(path),
                named_columns(place.site, str(path), columns, columns),
            ),
        )
        for table, columns in names.items()
        for name in sought[plain(table)]
    ]


def refuse_other_bytes(
    conn: duckdb.DuckDBPyConnection, place: Place, table: RawTable, relation: Relation
) -> None:
    """Refuse a table with bytes that are no UTF-8 in a column that will be read.

    SQLite keeps any bytes, and hands them over as text; DuckDB 1.5.5 ends with an
    internal error on such a text.
    """
    labels = [
        relation.columns[name] for name in table.columns if name in relation.columns
    ]
    counts = ", ".join(
        f"count({column}) - count(try(decode(encode({column}))))"
        for column in map(quoted_name, labels)
    )
    found = conn.execute(f"select {counts} from {relation.sql}").fetchall()[0]
    for label, count in zip(labels, found, strict=True):
        if count:
            raise RawDataError(
                f"{place.site}: column {label} of table {table.name} in "
                f"{relation.path} holds bytes that are no UTF-8 ({count:,} rows). "
                "Write them as UTF-8, or leave the column out by a view."
            )


def view_columns(
    conn: duckdb.DuckDBPyConnection, catalogue: str
) -> list[tuple[str, str]]:
    """List the columns of the views of an attached file: (view, column)."""
    views = conn.execute(
        "select view_name from duckdb_views() "
        "where database_name = ? and not internal order by view_name",
        [catalogue],
    ).fetchall()
    columns = []
    for (view,) in views:
        relation = f"{catalogue}.main.{quoted_name(view)}"
        for column, *_ in conn.execute(f"describe from {relation}").fetchall():
            columns.append((view, column))
    return columns


def at_one_moment(path: Path) -> Path:
    """Copy a file that somebody may be writing to, as it is now; else it is the file.

    A build reads its tables one after the other: what is written meanwhile would be in
    some of them only. A program that writes as it goes leaves a `-wal` file beside it.
    """
    if not path.with_name(f"{path.name}-wal").exists():
        return path
    copy = name_of_copy(path.name)
    source, target = (
        sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True),
        None,
    )
    try:
        target = sqlite3.connect(copy)
        source.backup(target)
    finally:
        source.close()
        if target:
            target.close()
    return copy
