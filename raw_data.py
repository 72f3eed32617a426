"""Open raw data where it lies, as one view per declared table.

This is the dbt-duckdb plugin behind `raw()`. On each new connection it reads var `raw`,
opens every place named there and lays an in-memory catalogue `raw` over them:

- `raw.<layout>.<table>`: the rows of that table over all properties of the layout, with
  a `property` column. The columns are those declared in the layout's
  `_<layout>__sources.yml`; one that a file lacks is null, one that is not declared is
  left out.
- `raw.main.tables`: which property has which table, and where.
- `raw.main.malformed_lines`: lines of CSV files that are no row of their table. They
  are left out of the views and end in `fct_rejected_rows`.

Files are read in place and databases are attached read-only. Only a CSV file with
malformed lines is copied (into memory).
Whatever is wrong with a place (not with a row) is one `RawDataError` that says what to
do.
"""

from __future__ import annotations

import codecs
import csv
import difflib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import yaml
from dbt.adapters.duckdb.plugins import BasePlugin
from dbt_common.exceptions import DbtRuntimeError

PROJECT = Path(__file__).parent
SOURCES = "models/staging/*/_*__sources.yml"
COLUMN_MAPPING = "seeds/mappings/column_mapping.csv"
EXTENSIONS = PROJECT / ".duckdb"

SEPARATORS = ",;\t|"
SQLITE_MAGIC = b"SQLite format 3\x00"
ZIP_MAGIC = b"PK\x03\x04"
REJECTS = (
    "store_rejects = true, rejects_table = 'malformed', rejects_scan = 'malformed_scan'"
)


class RawDataError(DbtRuntimeError):
    """Raw data that cannot be opened: what is wrong, where, and what to do."""


@dataclass(frozen=True)
class RawTable:
    """A table that a layout declares, its columns in order."""

    layout: str
    name: str
    columns: tuple[str, ...]
    required: frozenset[str]


@dataclass(frozen=True)
class Property:
    """One property of var `raw`: its layout and the places that hold its tables."""

    name: str
    layout: str
    places: tuple[str, ...]


@dataclass(frozen=True)
class Relation:
    """Something DuckDB can select from, and what it calls each plain column name."""

    sql: str
    path: str
    columns: dict[str, str]
    malformed: tuple[tuple[int, str, str], ...] = ()


@dataclass
class OpenedTable:
    """The parts, over all properties and places, that make up one declared table."""

    table: RawTable
    parts: list[tuple[Property, Relation]] = field(default_factory=list)


class Plugin(BasePlugin):
    """The dbt-duckdb plugin: profiles.yml hands it var `raw` as JSON."""

    def initialize(self, plugin_config: dict[str, Any]) -> None:
        """Keep var `raw`; empty means that the build reads the sample."""
        self.raw = json.loads(plugin_config.get("raw") or "{}")

    def configure_connection(self, conn: duckdb.DuckDBPyConnection) -> None:
        """Lay the catalogue `raw` over the places that var `raw` names."""
        if self.raw:
            open_raw(conn, self.raw)


def open_raw(conn: duckdb.DuckDBPyConnection, raw: object) -> None:
    """Create the catalogue `raw` on a connection.

    Args:
        conn: an open DuckDB connection without a catalogue of that name.
        raw: var `raw`, a mapping from property to place, list of places, or
            `{layout: …, path: …}`.

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
    opened = {
        (table.layout, table.name): OpenedTable(table)
        for tables in layouts.values()
        for table in tables.values()
    }
    for site in properties(raw, layouts):
        for place in site.places:
            found = open_place(conn, site, place, layouts[site.layout], mapping)
            for name, relation in found:
                opened[site.layout, name].parts.append((site, relation))

    conn.execute("create table raw.main.tables (property text, raw_table text)")
    conn.execute(
        "create table raw.main.malformed_lines ("
        "property text, raw_table text, line_number bigint, line text, problem text)"
    )
    for layout in layouts:
        conn.execute(f"create schema raw.{layout}")
    for entry in opened.values():
        conn.execute(view_sql(conn, entry))
        for site, relation in entry.parts:
            key = (site.name, entry.table.name)
            conn.execute("insert into raw.main.tables values (?, ?)", key)
            for line in relation.malformed:
                conn.execute(
                    "insert into raw.main.malformed_lines values (?, ?, ?, ?, ?)",
                    (*key, *line),
                )


# --- what is declared ----------------------------------------------------------------


def declared_layouts() -> dict[str, dict[str, RawTable]]:
    """Read the layouts, their tables and columns from the sources YAML."""
    layouts: dict[str, dict[str, RawTable]] = {}
    for path in sorted(PROJECT.glob(SOURCES)):
        for source in yaml.safe_load(path.read_text())["sources"]:
            if source["schema"] != "main":
                layouts[source["name"]] = {
                    table["name"]: declared_table(source["name"], table)
                    for table in source["tables"]
                }
    return layouts


def declared_table(layout: str, table: dict[str, Any]) -> RawTable:
    """Read one table of the sources YAML."""
    columns = table["columns"]
    return RawTable(
        layout=layout,
        name=table["name"],
        columns=tuple(column["name"] for column in columns),
        required=frozenset(
            column["name"]
            for column in columns
            if column.get("config", {}).get("meta", {}).get("required")
        ),
    )


def column_mapping(
    layouts: dict[str, dict[str, RawTable]],
) -> dict[tuple[str, str], dict[str, str]]:
    """Read the renames: {(property or `*`, table): {source column: column}}."""
    path = PROJECT / COLUMN_MAPPING
    declared = {t.name: t for tables in layouts.values() for t in tables.values()}
    mapping: dict[tuple[str, str], dict[str, str]] = {}
    with path.open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            table, column = row["raw_table"], row["column_name"]
            if table not in declared or column not in declared[table].columns:
                raise RawDataError(
                    f"{COLUMN_MAPPING}: no layout declares a column {column!r} in a "
                    f"table {table!r}. Name a table and column of "
                    "models/staging/<layout>/_<layout>__sources.yml."
                )
            renames = mapping.setdefault((row["property"], table), {})
            renames[plain(row["source_column"])] = column
    return mapping


def properties(
    raw: object, layouts: dict[str, dict[str, RawTable]]
) -> Iterator[Property]:
    """Read var `raw`, one property after the other."""
    if not isinstance(raw, dict):
        raise RawDataError(
            f"var raw is {raw!r}, but must map properties to places, such as "
            "{company_x: exports/}."
        )
    for name, value in raw.items():
        layout, places = name, value
        if isinstance(value, dict):
            if "path" not in value or not set(value) <= {"layout", "path"}:
                raise RawDataError(
                    f"{name}: var raw gives {value!r}, but a mapping there has the "
                    "keys `path` and, where the name is no layout, `layout`."
                )
            layout, places = value.get("layout", name), value["path"]
        if layout not in layouts:
            known = ", ".join(layouts)
            raise RawDataError(
                f"{name}: unknown property in var raw: no layout is called {layout!r} "
                f"(there is {known}). Write {{{name}: {{layout: …, path: …}}}} to read "
                "it in one of these."
            )
        places = places if isinstance(places, list) else [places]
        if not places or not all(isinstance(place, str) and place for place in places):
            raise RawDataError(
                f"{name}: var raw gives {value!r}, but must name a folder, a SQLite "
                "file, or a list of these."
            )
        yield Property(str(name), layout, tuple(places))


# --- places --------------------------------------------------------------------------


def open_place(
    conn: duckdb.DuckDBPyConnection,
    site: Property,
    place: str,
    tables: dict[str, RawTable],
    mapping: dict[tuple[str, str], dict[str, str]],
) -> list[tuple[str, Relation]]:
    """Find the declared tables in one folder or SQLite file.

    Returns:
        For each table found, its declared name and the relation with every required
        column in place.
    """
    path = Path(place).expanduser()
    if not path.exists():
        raise RawDataError(
            f"{site.name}: {place} does not exist. Var raw must name a folder of CSV "
            "or Parquet files, or a SQLite file."
        )
    if path.is_dir():
        relations = folder_relations(conn, site, path, tables)
    else:
        relations = sqlite_relations(conn, site, path, tables)
    if not relations:
        raise RawDataError(
            f"{site.name}: {place} holds none of the tables of layout {site.layout}: "
            f"{', '.join(tables)}. Name the files or tables after these."
        )
    return [
        (name, renamed(site, tables[name], relation, mapping))
        for name, relation in relations
    ]


def folder_relations(
    conn: duckdb.DuckDBPyConnection,
    site: Property,
    folder: Path,
    tables: dict[str, RawTable],
) -> list[tuple[str, Relation]]:
    """Open `<table>.csv`, `<table>.parquet` or the files of a folder `<table>/`."""
    relations: list[tuple[str, Relation]] = []
    seen: dict[str, Path] = {}
    for entry in sorted(folder.iterdir()):
        name = plain(entry.name if entry.is_dir() else entry.stem)
        files = sorted(entry.iterdir()) if entry.is_dir() else [entry]
        files = [file for file in files if file.suffix.lower() in READERS]
        if name not in tables or not files:
            continue
        if name in seen:
            raise RawDataError(
                f"{site.name}: both {seen[name]} and {entry} claim to be table {name}. "
                "Keep one of them."
            )
        seen[name] = entry
        for file in files:
            relations.append((name, READERS[file.suffix.lower()](conn, site, file)))
    if not relations:
        refuse_zip(site, *folder.iterdir())
    return relations


def csv_relation(
    conn: duckdb.DuckDBPyConnection, site: Property, path: Path
) -> Relation:
    """Open a CSV file, every column as text.

    The header alone decides separator and columns, so that no value, and no row with a
    field too many, can change how the file is read. Lines that are no row of it are
    looked for once, here, with DuckDB's own account of what is wrong.
    """
    refuse_zip(site, path)
    encoding = settled_encoding(path)
    with path.open(newline="", encoding=encoding) as file:
        head = file.readline()
        if not head.strip():
            return Relation("(select 1 where false)", str(path), {})
        separator = max(SEPARATORS, key=head.count)
        file.seek(0)
        header = next(csv.reader(file, delimiter=separator))
    names = [f"{number}_{plain(name)}" for number, name in enumerate(header)]
    options = (
        f"{quoted_text(str(path))}, header = true, auto_detect = false, "
        f"delim = {quoted_text(separator)}, quote = '\"', escape = '\"', "
        f"encoding = '{'latin-1' if encoding == 'latin-1' else 'utf-8'}', "
        f"columns = {{{', '.join(f'{quoted_text(name)}: text' for name in names)}}}"
    )
    columns = named_columns(site, path, header, names)
    malformed = malformed_lines(conn, options)
    if not malformed:
        return Relation(f"read_csv({options})", str(path), columns)
    return Relation(well_formed_copy(conn, options), str(path), columns, malformed)


def malformed_lines(
    conn: duckdb.DuckDBPyConnection, options: str
) -> tuple[tuple[int, str, str], ...]:
    """List the lines of a CSV file that are no row: number, text, what is wrong."""
    select = f"select count(columns(*)) from read_csv({options}, {REJECTS})"
    conn.execute(select).fetchall()
    lines = conn.execute(
        "select line, any_value(csv_line), min(error_message) from malformed "
        "group by line, byte_position order by line, byte_position"
    ).fetchall()
    drop_rejects(conn)
    return tuple(lines)


def well_formed_copy(conn: duckdb.DuckDBPyConnection, options: str) -> str:
    """Copy the rows of a CSV file that has malformed lines; returns the copy's name.

    Only a scan with `store_rejects` keeps every good row: `ignore_errors` alone also
    drops good rows that follow a stray quote (DuckDB 1.5.5).
    """
    count = conn.execute(
        "select count(*) from duckdb_tables() where database_name = 'raw'"
    ).fetchall()[0][0]
    name = f"raw.main.well_formed_{count}"
    conn.execute(f"create table {name} as from read_csv({options}, {REJECTS})")
    drop_rejects(conn)
    return name


def drop_rejects(conn: duckdb.DuckDBPyConnection) -> None:
    """Drop what a scan with `store_rejects` noted."""
    conn.execute("drop table malformed; drop table malformed_scan")


def parquet_relation(
    conn: duckdb.DuckDBPyConnection, site: Property, path: Path
) -> Relation:
    """Open a Parquet file, its columns in their own types."""
    if path.stat().st_size == 0:
        return Relation("(select 1 where false)", str(path), {})
    sql = f"read_parquet({quoted_text(str(path))})"
    try:
        names = [row[0] for row in conn.execute(f"describe from {sql}").fetchall()]
    except duckdb.Error:
        raise RawDataError(
            f"{site.name}: {path} is no whole Parquet file (truncated, or something "
            "else under that name). Export it again."
        ) from None
    return Relation(sql, str(path), named_columns(site, path, names, names))


READERS = {".csv": csv_relation, ".parquet": parquet_relation}


def sqlite_relations(
    conn: duckdb.DuckDBPyConnection,
    site: Property,
    path: Path,
    tables: dict[str, RawTable],
) -> list[tuple[str, Relation]]:
    """Attach a SQLite file read-only and find the declared tables in it.

    SQLite keeps any value in any column, whatever its declared type, so all of them are
    read as text: a stray word in a number column is a bad row, not a failed build.
    """
    refuse_zip(site, path)
    with path.open("rb") as file:
        if file.read(len(SQLITE_MAGIC)) != SQLITE_MAGIC:
            raise RawDataError(
                f"{site.name}: {path} is no SQLite database. Var raw must name a "
                "folder of CSV or Parquet files, or a SQLite file."
            )
    load_extension(conn, "sqlite_scanner")
    conn.execute("set global sqlite_all_varchar = true")
    attached = conn.execute("select count(*) from duckdb_databases()").fetchone()
    catalogue = f"raw_place_{attached[0] if attached else 0}"
    try:
        conn.execute(
            f"attach {quoted_text(str(path))} as {catalogue} (type sqlite, read_only)"
        )
        columns = conn.execute(
            "select table_name, column_name from duckdb_columns() "
            "where database_name = ? order by table_name, column_index",
            [catalogue],
        ).fetchall()
    except duckdb.Error as error:
        raise RawDataError(
            f"{site.name}: {path} cannot be read as a SQLite database "
            f"({first_line(error)}). Check it with `sqlite3 {path} .tables`."
        ) from None
    names: dict[str, list[str]] = {}
    for table, column in columns:
        names.setdefault(table, []).append(column)
    return [
        (
            plain(table),
            Relation(
                f"{catalogue}.main.{quoted_name(table)}",
                str(path),
                named_columns(site, path, columns, columns),
            ),
        )
        for table, columns in names.items()
        if plain(table) in tables
    ]


def load_extension(conn: duckdb.DuckDBPyConnection, name: str) -> None:
    """Load a scanner that set-up has put into the project's own folder."""
    try:
        conn.execute(f"set extension_directory = {quoted_text(str(EXTENSIONS))}")
        conn.execute(f"load {name}")
    except duckdb.Error:
        raise RawDataError(
            f"DuckDB's {name} is not installed in {EXTENSIONS.name}/. Run `make setup`."
        ) from None


# --- columns -------------------------------------------------------------------------


def named_columns(
    site: Property, path: Path, header: list[str], names: list[str]
) -> dict[str, str]:
    """Map each plain column name to what the relation calls it."""
    columns: dict[str, str] = {}
    for label, name in zip(header, names, strict=True):
        if plain(label) in columns and plain(label):
            raise RawDataError(
                f"{site.name}: {path} has two columns called {plain(label)!r}. Rename "
                "or drop one of them."
            )
        columns[plain(label)] = name
    return columns


def renamed(
    site: Property,
    table: RawTable,
    relation: Relation,
    mapping: dict[tuple[str, str], dict[str, str]],
) -> Relation:
    """Apply the column mapping, then insist on the required columns."""
    renames = mapping.get(("*", table.name), {}) | mapping.get(
        (site.name, table.name), {}
    )
    columns = dict(relation.columns)
    for source_column, column in renames.items():
        if source_column in relation.columns:
            columns[column] = relation.columns[source_column]
    # an empty file has no header and no rows to miss a column in
    missing = sorted(table.required - set(columns)) if relation.columns else []
    if missing:
        there = ", ".join(filter(None, relation.columns))
        guess = difflib.get_close_matches(missing[0], relation.columns, n=1)
        raise RawDataError(
            f"{site.name}: table {table.name} in {relation.path} has no column "
            f"{', '.join(missing)} (it has {there}). Add the column"
            + (f", or map {guess[0]} to it" if guess else ", or map another one to it")
            + f" in {COLUMN_MAPPING}."
        )
    return Relation(relation.sql, relation.path, columns, relation.malformed)


def view_sql(conn: duckdb.DuckDBPyConnection, entry: OpenedTable) -> str:
    """Write the view of one table: the rows of all its parts, every declared column.

    Parts may type a column each in its own way; where they differ, all become text, so
    that a union never rounds one type into another.
    """
    table = entry.table
    types = [part_types(conn, relation) for _, relation in entry.parts]
    clashing = {
        column
        for column in table.columns
        if len({part[column] for part in types if column in part}) > 1
    }
    selects = []
    for site, relation in entry.parts:
        columns = [f"{quoted_text(site.name)} as property"]
        for column in table.columns:
            name = relation.columns.get(column)
            value = quoted_name(name) if name is not None else "null::text"
            cast = "::text" if column in clashing else ""
            columns.append(f"{value}{cast} as {column}")
        selects.append(f"select {', '.join(columns)} from {relation.sql}")
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


# --- small things --------------------------------------------------------------------


def plain(name: str) -> str:
    """Spell a name the project's way: `Buy Ts` is `buy_ts`."""
    return re.sub(r"\s+", "_", name.strip().lstrip("\ufeff").strip()).lower()


def quoted_text(value: str) -> str:
    """Quote a value as an SQL text literal."""
    return "'" + value.replace("'", "''") + "'"


def quoted_name(name: str) -> str:
    """Quote an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def first_line(error: Exception) -> str:
    """Cut an error message to its first line."""
    return str(error).strip().splitlines()[0]


def settled_encoding(path: Path) -> str:
    """Tell a file's encoding: UTF-8 if every byte of it agrees, else latin-1."""
    decoder = codecs.getincrementaldecoder("utf-8-sig")()
    with path.open("rb") as file:
        try:
            while block := file.read(1 << 20):
                decoder.decode(block)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return "latin-1"
    return "utf-8-sig"


def refuse_zip(site: Property, *paths: Path) -> None:
    """Refuse a zip archive under whatever name."""
    for path in paths:
        if path.is_file():
            with path.open("rb") as file:
                magic = file.read(len(ZIP_MAGIC))
            if magic == ZIP_MAGIC:
                raise RawDataError(
                    f"{site.name}: {path} is a zip archive. Unpack it and name the "
                    "folder in var raw."
                )
