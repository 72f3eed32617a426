"""Lay the catalogue `raw`: a view per declared table, and what was found on the way."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

import duckdb

from raw_data.common import RawDataError, Relation, quoted_name, quoted_text
from raw_data.declared import (
    AMOUNT_FORMATS,
    Place,
    RawTable,
    column_mapping,
    declared_layouts,
    places,
    property_settings,
)
from raw_data.formats import (
    amount_sql,
    checked_format,
    local_day_sql,
    number_sql,
    time_sql,
)
from raw_data.personal import register_pii_hash
from raw_data.places import open_place, refuse_idle_renames

MASK = "***"
TEXT = "VARCHAR"
INSTANT = "TIMESTAMP WITH TIME ZONE"
# what is one of these is written in no notation
TIMES = ("DATE", "TIMESTAMP")
FRACTIONS = ("DOUBLE", "FLOAT")
NESTED = ("STRUCT", "MAP", "UNION", "JSON")
MALFORMED_LINE = {"line_number": "BIGINT", "line": TEXT, "problem": TEXT}


@dataclass(frozen=True)
class Part:
    """The rows of a table that one file or database of a property holds."""

    place: Place
    relation: Relation


@dataclass
class OpenedTable:
    """The parts, over all properties and places, that make up one declared table."""

    table: RawTable
    parts: list[Part] = field(default_factory=list)


Opened = dict[tuple[str, str], OpenedTable]


def open_raw(conn: duckdb.DuckDBPyConnection, raw: object) -> None:
    """Create the catalogue `raw` on a connection.

    Args:
        conn: an open DuckDB connection; a catalogue of that name is replaced.
        raw: var `raw`, a mapping from property to place, to a mapping
            `{path: …}` with `layout`, `tables`, `encoding`, `separator`,
            `decimal_separator` or `schema`, or to a list of these. Empty makes views
            without rows.

    Raises:
        RawDataError: a place that cannot be read as what it claims to be.
    """
    layouts = declared_layouts()
    mapping = column_mapping(layouts)
    (working,) = conn.execute("select current_database()").fetchall()[0]
    if working.lower() == "raw":
        raise RawDataError(
            "The working database may not be called raw.duckdb: that name is the raw "
            "data's. Set TRIBUTARY_DB to another one."
        )
    # a run that failed earlier in this process may have left its own
    conn.execute("detach database if exists raw")
    conn.execute("attach ':memory:' as raw")
    register_pii_hash(conn)
    opened = {
        (table.layout, table.name): OpenedTable(table)
        for tables in layouts.values()
        for table in tables.values()
    }
    settings = property_settings(known_time_zones(conn))
    for place in places(raw, layouts, settings):
        found = open_place(conn, place, layouts[place.layout], mapping)
        for name, relation in found:
            opened[place.layout, name].parts.append(Part(place, relation))
    for entry in opened.values():
        for parts in parts_by_property(entry).values():
            relations = [part.relation for part in parts]
            refuse_idle_renames(parts[0].place, entry.table, relations, mapping)
    refuse_rival_claims(opened)

    conn.execute(
        "create table raw.main.tables (property text, layout text, raw_table text)"
    )
    conn.execute(
        "create table raw.main.ignored_columns ("
        "property text, layout text, raw_table text, column_name text)"
    )
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
        note_ignored_columns(conn, entry)
        for part in entry.parts:
            note_part(conn, entry.table, part)


def known_time_zones(conn: duckdb.DuckDBPyConnection) -> frozenset[str]:
    """List the time zones that the engine knows."""
    names = conn.execute("select name from pg_timezone_names()").fetchall()
    return frozenset(name for (name,) in names)


def parts_by_property(entry: OpenedTable) -> dict[str, list[Part]]:
    """Group the parts of a table by the property that they are of."""
    groups: dict[str, list[Part]] = {}
    for part in entry.parts:
        groups.setdefault(part.place.site, []).append(part)
    return groups


def refuse_rival_claims(opened: Opened) -> None:
    """Refuse a property of which two tables say what only one may.

    Sessions from two trackers would count every visit twice, and orders from two sets
    of books every order.
    """
    claims: dict[tuple[str, str], list[str]] = {}
    for (layout, name), entry in opened.items():
        if entry.table.claims:
            for site in parts_by_property(entry):
                rivals = claims.setdefault((site, entry.table.claims), [])
                rivals.append(f"{layout}.{name}")
    for (site, claim), rivals in claims.items():
        if len(rivals) > 1:
            said = {"sessions": "who came", "backend": "what was booked"}
            raise RawDataError(
                f"{site}: {' and '.join(rivals)} both say {said.get(claim, claim)}. "
                "Keep one of them; `tables: {<table>: null}` in var raw leaves one out."
            )


def note_ignored_columns(conn: duckdb.DuckDBPyConnection, entry: OpenedTable) -> None:
    """Note the columns that came and that the layout does not declare."""
    for site, parts in parts_by_property(entry).items():
        ignored = {
            name for part in parts for name in ignored_columns(entry.table, part)
        }
        for name in sorted(ignored):
            conn.execute(
                "insert into raw.main.ignored_columns values (?, ?, ?, ?)",
                (site, entry.table.layout, entry.table.name, name),
            )


def ignored_columns(table: RawTable, part: Part) -> set[str]:
    """Tell which columns of a part end in no column of the view."""
    columns = part.relation.columns
    used = {columns[name] for name in table.columns if name in columns}
    found = part.relation.found.items()
    return {label for label, name in found if label and name not in used}


def note_part(conn: duckdb.DuckDBPyConnection, table: RawTable, part: Part) -> None:
    """Note what was found in one part of a table.

    A line that is no row has its values anywhere, so where a column of the table is
    personal, none of the line is shown, nor what DuckDB quotes of it.
    """
    key = (part.place.site, table.name)
    conn.execute(
        "insert into raw.main.tables values (?, ?, ?)",
        (part.place.site, table.layout, table.name),
    )
    if file := part.relation.file:
        conn.execute(
            "insert into raw.main.files values (?, ?, ?, ?, ?, ?)",
            (*key, part.place.number, file.name, file.encoding, file.nul_bytes),
        )
    if part.relation.malformed:
        lines = [
            {
                "line_number": line.number,
                "line": MASK if table.pii else line.text,
                "problem": line.kind if table.pii else line.problem,
            }
            for line in part.relation.malformed
        ]
        # one text: for each value, DuckDB would look for pandas, which a build lacks
        conn.execute(
            "insert into raw.main.malformed_lines "
            "select ?, ?, unnest(from_json(?, ?), max_depth := 2)",
            (*key, json.dumps(lines), json.dumps([MALFORMED_LINE])),
        )


def view_sql(conn: duckdb.DuckDBPyConnection, entry: OpenedTable) -> str:
    """Write the view of one table: the rows of all its parts, every declared column.

    Parts may type a column each in its own way; where they differ, all become text, so
    that a union never rounds one type into another.
    """
    table = entry.table
    values = [part_values(conn, table, part) for part in entry.parts]
    clashing = {
        column
        for column in table.columns
        if len({part[column][1] for part in values if column in part}) > 1
    }
    selects = []
    for part, part_value in zip(entry.parts, values, strict=True):
        columns = [
            f"{quoted_text(part.place.site)} as property",
            f"{quoted_text(part.place.time_zone)} as time_zone",
        ]
        for column in table.columns:
            value, _ = part_value.get(column, ("null::text", TEXT))
            cast = "::text" if column in clashing else ""
            columns.append(f"{value}{cast} as {column}")
        selects.append(f"select {', '.join(columns)} from {part.relation.sql}")
    if not selects:
        names = ("property", "time_zone", *table.columns)
        nulls = [f"null::text as {column}" for column in names]
        selects = [f"select {', '.join(nulls)} where false"]
    body = " union all ".join(selects)
    return f"create view raw.{table.layout}.{table.name} as {body}"


def part_values(
    conn: duckdb.DuckDBPyConnection, table: RawTable, part: Part
) -> dict[str, tuple[str, str]]:
    """Write the value of each declared column that a part has, and name its type."""
    described = conn.execute(f"describe from {part.relation.sql}").fetchall()
    types = {row[0]: row[1] for row in described}
    return {
        column: part_value(table, part, column, types[part.relation.columns[column]])
        for column in table.columns
        if column in part.relation.columns
    }


def part_value(
    table: RawTable, part: Part, column: str, data_type: str
) -> tuple[str, str]:
    """Write one value in the project's notation, and name its type."""
    place = part.place
    name = part.relation.columns[column]
    value = quoted_name(name)
    notation = part.relation.formats.get(column)
    kind = table.types.get(column)
    if kind is None and notation is not None:
        kind = "amount" if notation in AMOUNT_FORMATS else "timestamp"
    # a day is always that of the property's own clock
    clock = place.time_zone if kind == "date" else place.clock
    if data_type == INSTANT:
        if clock is not None:
            return f"timezone({quoted_text(clock)}, {value})", "TIMESTAMP"
        return f"(timezone('UTC', {value})::text || '+00:00')", TEXT
    is_number = data_type in FRACTIONS
    if is_number:
        value, data_type = number_sql(value), TEXT
    if data_type == "BLOB":
        value, data_type = f"coalesce(try(decode({value})), {value}::text)", TEXT
    if data_type.startswith(NESTED) or data_type.endswith("]"):
        return f"to_json({value})::text", TEXT
    if kind == "amount":
        decimal = notation or place.decimal_separator
        if decimal and data_type == TEXT and not is_number:
            has_numbers = name in part.relation.numbers
            return f"({amount_sql(value, decimal, has_numbers)})", TEXT
    elif kind is not None and data_type not in TIMES:
        text = f"{value}::text"
        settled = (
            checked_format(notation, column) if notation else place.settings.format
        )
        if settled:
            text = f"({time_sql(text, settled, clock)})"
        if kind == "date":
            text = f"({local_day_sql(text, place.time_zone)})"
        return text, TEXT
    return value, data_type
