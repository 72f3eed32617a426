"""Lay the catalogue `raw`: a view per declared table, and what was found on the way."""

from __future__ import annotations

from dataclasses import dataclass, field

import duckdb

from raw_data.common import RawDataError, Relation, quoted_name, quoted_text
from raw_data.declared import (
    Property,
    RawTable,
    column_mapping,
    declared_layouts,
    properties,
)
from raw_data.personal import register_pii_hash
from raw_data.places import open_place

MASK = "***"
INSTANT = "TIMESTAMP WITH TIME ZONE"


@dataclass(frozen=True)
class Part:
    """The rows of a table that one file or database of a property holds."""

    site: Property
    place_number: int
    relation: Relation


@dataclass
class OpenedTable:
    """The parts, over all properties and places, that make up one declared table."""

    table: RawTable
    parts: list[Part] = field(default_factory=list)


def open_raw(conn: duckdb.DuckDBPyConnection, raw: object) -> None:
    """Create the catalogue `raw` on a connection.

    Args:
        conn: an open DuckDB connection without a catalogue of that name.
        raw: var `raw`, a mapping from property to place, list of places, or
            `{path: …}` with `layout`, `encoding`, `separator` or `schema`. Empty makes
            views without rows.

    Raises:
        RawDataError: a place that cannot be read as what it claims to be.
    """
    layouts = declared_layouts()
    mapping = column_mapping(layouts)
    try:
        conn.execute("attach ':memory:' as raw")
    except duckdb.Error:
        raise RawDataError(
            "The working database may not be called raw.duckdb: that name is the raw "
            "data's. Set TRIBUTARY_DB to another one."
        ) from None
    register_pii_hash(conn)
    opened = {
        (table.layout, table.name): OpenedTable(table)
        for tables in layouts.values()
        for table in tables.values()
    }
    for site in properties(raw, layouts):
        for number, place in enumerate(site.places, start=1):
            found = open_place(conn, site, place, layouts[site.layout], mapping)
            for name, relation in found:
                opened[site.layout, name].parts.append(Part(site, number, relation))

    conn.execute("create table raw.main.tables (property text, raw_table text)")
    conn.execute(
        "create table raw.main.files (property text, raw_table text, "
        "place_number bigint, file_name text, encoding text, nul_byte_count bigint)"
    )
    conn.execute(
        "create table raw.main.malformed_lines ("
        "property text, raw_table text, line_number bigint, line text, problem text)"
    )
    for layout in layouts:
        conn.execute(f"create schema raw.{layout}")
    for entry in opened.values():
        conn.execute(view_sql(conn, entry))
        for part in entry.parts:
            note_part(conn, entry.table, part)


def note_part(conn: duckdb.DuckDBPyConnection, table: RawTable, part: Part) -> None:
    """Note what was found in one part of a table.

    A line that is no row has its values anywhere, so where a column of the table is
    personal, none of the line is shown, nor what DuckDB quotes of it.
    """
    key = (part.site.name, table.name)
    conn.execute("insert into raw.main.tables values (?, ?)", key)
    if file := part.relation.file:
        conn.execute(
            "insert into raw.main.files values (?, ?, ?, ?, ?, ?)",
            (*key, part.place_number, file.name, file.encoding, file.nul_bytes),
        )
    for line in part.relation.malformed:
        shown = (MASK, line.kind) if table.pii else (line.text, line.problem)
        conn.execute(
            "insert into raw.main.malformed_lines values (?, ?, ?, ?, ?)",
            (*key, line.number, *shown),
        )


def view_sql(conn: duckdb.DuckDBPyConnection, entry: OpenedTable) -> str:
    """Write the view of one table: the rows of all its parts, every declared column.

    Parts may type a column each in its own way; where they differ, all become text, so
    that a union never rounds one type into another.
    """
    table = entry.table
    types = [part_types(conn, part.relation) for part in entry.parts]
    clashing = {
        column
        for column in table.columns
        if len({part[column] for part in types if column in part}) > 1
    }
    selects = []
    for part, part_type in zip(entry.parts, types, strict=True):
        columns = [f"{quoted_text(part.site.name)} as property"]
        for column in table.columns:
            name = part.relation.columns.get(column)
            value = quoted_name(name) if name is not None else "null::text"
            # an instant becomes what the property's own clock showed
            if part_type.get(column) == INSTANT:
                value = f"timezone({quoted_text(part.site.time_zone)}, {value})"
            cast = "::text" if column in clashing else ""
            columns.append(f"{value}{cast} as {column}")
        selects.append(f"select {', '.join(columns)} from {part.relation.sql}")
    if not selects:
        nulls = [f"null::text as {column}" for column in ("property", *table.columns)]
        selects = [f"select {', '.join(nulls)} where false"]
    body = " union all ".join(selects)
    return f"create view raw.{table.layout}.{table.name} as {body}"


def part_types(conn: duckdb.DuckDBPyConnection, relation: Relation) -> dict[str, str]:
    """Look up the DuckDB type of each column of a relation, by plain name."""
    described = conn.execute(f"describe from {relation.sql}").fetchall()
    types = {row[0]: row[1] for row in described}
    return {column: types[name] for column, name in relation.columns.items()}
