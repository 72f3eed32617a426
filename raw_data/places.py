"""Look for the declared tables in a place: a folder, a file, or a database."""

from __future__ import annotations

import difflib
import gzip
import zlib
from dataclasses import replace
from pathlib import Path

import duckdb

from raw_data.common import (
    EMPTY,
    PACKED,
    RawDataError,
    Relation,
    file_source,
    is_packed,
    named_columns,
    plain,
)
from raw_data.csv_files import csv_relation, lower_headers
from raw_data.declared import (
    COLUMN_MAPPING,
    ENVIRONMENT,
    Place,
    RawTable,
    Rename,
    Renames,
    plain_table,
    refuse_absent,
)
from raw_data.json_lines import json_relation
from raw_data.postgres import postgres_relations
from raw_data.sqlite import SQLITE_MAGIC, refuse_other_bytes, sqlite_relations

ZIP_MAGIC = b"PK\x03\x04"
PACKED_MAGICS = {
    b"\x1f\x8b": "gzip",
    b"\x28\xb5\x2f\xfd": "zstd",
    b"\xfd7zXZ\x00": "xz",
}

Relations = list[tuple[str, Relation]]


def open_place(
    conn: duckdb.DuckDBPyConnection,
    place: Place,
    tables: dict[str, RawTable],
    mapping: Renames,
) -> Relations:
    """Find the declared tables in one folder, file or PostgreSQL database.

    Returns:
        For each table found, its declared name and the relation with every required
        column in place.
    """
    path = Path(place.path).expanduser()
    try:
        relations = relations_of(conn, place, path, tables)
    except OSError as error:
        raise unreadable(place, path, error) from None
    if not relations:
        raise RawDataError(
            f"{place.site}: {place.path} holds none of the tables of layout "
            f"{place.layout}: {', '.join(tables)}. Name the files or tables after "
            "these, or say what they are called with `tables` in var raw."
        )
    found = [
        (name, renamed(place, tables[name], relation, mapping))
        for name, relation in relations
    ]
    if path.is_file() and is_sqlite(path):
        for name, relation in found:
            refuse_other_bytes(conn, place, tables[name], relation)
    return found


def relations_of(
    conn: duckdb.DuckDBPyConnection,
    place: Place,
    path: Path,
    tables: dict[str, RawTable],
) -> Relations:
    """Open a place by what it is: a PostgreSQL database, a folder, or a file."""
    if place.path.startswith(ENVIRONMENT):
        return postgres_relations(conn, place, tables)
    if not path.exists():
        raise RawDataError(
            f"{place.site}: {place.path} does not exist. Var raw must name a folder or "
            "file of CSV, Parquet or JSON lines, a SQLite file, or env:NAME."
        )
    if path.is_dir():
        return folder_relations(conn, place, path, tables)
    refuse_zip(place, path)
    if reader_of(path) and not is_sqlite(path):
        return file_relations(conn, place, path, tables)
    return sqlite_relations(conn, place, tables)


# --- files and folders ---------------------------------------------------------------


def file_relations(
    conn: duckdb.DuckDBPyConnection,
    place: Place,
    path: Path,
    tables: dict[str, RawTable],
) -> Relations:
    """Open one file as the table that var `raw`, its layout or its name says it is."""
    names = place.sought(tables).get(plain_table(path.name), [])
    if not names and len(tables) == 1 and not place.tables:
        names = list(tables)
    refuse_absent(place, [path.name], [path.name])
    if not names:
        raise RawDataError(
            f"{place.site}: {path} may be any table of layout {place.layout} "
            f"({', '.join(tables)}). Say which: {{path: {path}, tables: {{…: "
            f"{plain_table(path.name)}}}}}."
        )
    relation = relation_of_file(conn, place, path.parent, path)
    return [(name, relation) for name in names]


def folder_relations(
    conn: duckdb.DuckDBPyConnection,
    place: Place,
    folder: Path,
    tables: dict[str, RawTable],
) -> Relations:
    """Open `<table>.csv`, `<table>.parquet` or the files of a folder `<table>/`."""
    sought = place.sought(tables)
    # of one table: the file itself, what is read only where nothing else is, the rest
    ranked: list[dict[str, Path]] = [{}, {}, {}]
    entries = sorted(folder.iterdir())
    for entry in entries:
        name = plain_table_of(entry)
        if name not in sought:
            continue
        claims = ranked[rank(entry)]
        if name in claims and rank(entry) < UNREADABLE_RANK:
            names = " and ".join(sought[name])
            raise RawDataError(
                f"{place.site}: both {claims[name]} and {entry} claim to be table "
                f"{names}. Keep one of them."
            )
        claims[name] = entry
    claims = ranked[2] | ranked[1] | ranked[0]
    # exports of one table come as a file a day, named after the day
    if not claims and len(tables) == 1 and not place.tables:
        (name,) = tables
        return [
            (name, relation_of_file(conn, place, folder, file))
            for file in table_files(place, folder)
        ]
    refuse_absent(
        place,
        list(claims),
        [entry.name for entry in entries if not entry.name.startswith(".")],
    )
    relations = [
        (table, relation)
        for name, entry in claims.items()
        for file in table_files(place, entry)
        for relation in [relation_of_file(conn, place, folder, file)]
        for table in sought[name]
    ]
    if not relations:
        for entry in entries:
            refuse_zip(place, entry)
    return relations


def plain_table_of(entry: Path) -> str:
    """Name the table that a file or folder is called after, whatever its endings."""
    if not entry.is_dir() and reader_of(entry) is None:
        return plain(entry.name.split(".")[0])
    while entry.suffix.lower() in READABLE | UNREADABLE:
        entry = entry.with_suffix("")
    return plain(entry.name)


def reader_of(path: Path) -> str | None:
    """Tell the ending by which a file is read, but gzip's; null for none."""
    inner = path.with_suffix("") if is_packed(path) else path
    ending = inner.suffix.lower()
    if ending not in READERS or (inner != path and ending == ".parquet"):
        return None
    return ending


def rank(entry: Path) -> int:
    """Rank what claims to be a table: beside a file may lie its archive or its schema.

    0 for a folder and what is surely the table, 1 for what is it only if alone, 2 for
    what cannot be read.
    """
    if entry.is_dir():
        return 0
    if reader_of(entry) is None:
        return UNREADABLE_RANK
    return 1 if is_packed(entry) or entry.suffix.lower() == ".json" else 0


def table_files(place: Place, entry: Path) -> list[Path]:
    """List the files of a table; refuse what is there and cannot be read."""
    if not entry.is_dir():
        files = [entry]
    elif entry.suffix.lower() in READERS:
        raise RawDataError(
            f"{place.site}: {entry} is a folder with the name of a file. Call it "
            f"{entry.stem}/ to read all files in it."
        )
    else:
        files = [file for file in sorted(entry.iterdir()) if not is_aside(file)]
        if not files:
            raise RawDataError(
                f"{place.site}: {entry} holds no CSV, Parquet or JSON lines file. Put "
                "the table's files into it, or remove it."
            )
    for file in files:
        if file.is_dir() or reader_of(file) is None:
            ending = f"{file.suffix} file" if file.suffix else "file without an ending"
            kind = "folder" if file.is_dir() else ending
            raise RawDataError(
                f"{place.site}: {file} is a {kind}, where a CSV or Parquet file is "
                "expected. Unpack or export it as one that ends in "
                f"{', '.join(READERS)} or, packed, {PACKED}, or move it away."
            )
    return files


def is_aside(path: Path) -> bool:
    """Tell notes and what other tools leave in a folder, as .DS_Store and _SUCCESS."""
    return path.name.startswith((".", "_")) or path.suffix.lower() == ".md"


def is_data(path: Path) -> bool:
    """Tell data from notes and from what other tools leave in a place."""
    is_export = path.is_dir() or path.suffix.lower() in READABLE | UNREADABLE
    return is_export and not is_aside(path)


def is_sqlite(path: Path) -> bool:
    """Tell whether a file is a SQLite database, whatever its name."""
    with path.open("rb") as file:
        return file.read(len(SQLITE_MAGIC)) == SQLITE_MAGIC


def relation_of_file(
    conn: duckdb.DuckDBPyConnection, place: Place, folder: Path, path: Path
) -> Relation:
    """Open a file by its ending, and name it by where it lies in its place."""
    ending = reader_of(path)
    assert ending
    try:
        refuse_zip(place, path)
        refuse_packed(place, path)
        relation = READERS[ending](conn, place, path)
    except (gzip.BadGzipFile, EOFError, zlib.error):
        raise RawDataError(
            f"{place.site}: {path} is no whole gzip file (truncated, or something else "
            "under that name). Pack it again, or unpack it."
        ) from None
    except OSError as error:
        raise unreadable(place, path, error) from None
    if relation.file is None:
        return relation
    name = path.relative_to(folder).as_posix()
    return replace(relation, file=replace(relation.file, name=name))


def unreadable(place: Place, path: Path, error: OSError) -> RawDataError:
    """Say which file or folder the system does not hand over, and why."""
    return RawDataError(
        f"{place.site}: {error.filename or path} cannot be read ({error.strerror}). "
        "Let this user read it, or name another place."
    )


def parquet_relation(
    conn: duckdb.DuckDBPyConnection, place: Place, path: Path
) -> Relation:
    """Open a Parquet file, its columns in their own types."""
    if path.stat().st_size == 0:
        return Relation(EMPTY, str(path))
    sql = f"read_parquet({file_source(path)})"
    try:
        names = [row[0] for row in conn.execute(f"describe from {sql}").fetchall()]
    except duckdb.Error:
        raise RawDataError(
            f"{place.site}: {path} is no whole Parquet file (truncated, or something "
            "else under that name). Export it again."
        ) from None
    columns = named_columns(place.site, str(path), names, names)
    return Relation(sql, str(path), columns)


READERS = {
    ".csv": csv_relation,
    ".tsv": csv_relation,
    ".parquet": parquet_relation,
    ".json": json_relation,
    ".jsonl": json_relation,
    ".ndjson": json_relation,
}
READABLE = frozenset({*READERS, PACKED})
# exports that must be unpacked or saved as something else first
UNREADABLE = frozenset({".zip", ".zst", ".bz2", ".xls", ".xlsx", ".txt"})
UNREADABLE_RANK = 2


def refuse_zip(place: Place, path: Path) -> None:
    """Refuse a zip archive under whatever name."""
    if path.is_file():
        with path.open("rb") as file:
            magic = file.read(len(ZIP_MAGIC))
        if magic == ZIP_MAGIC:
            raise RawDataError(
                f"{place.site}: {path} is a zip archive. Unpack it and name the folder "
                "in var raw."
            )


def refuse_packed(place: Place, path: Path) -> None:
    """Refuse a file that is packed although its name does not say so."""
    with path.open("rb") as file:
        head = file.read(max(map(len, PACKED_MAGICS)))
    for magic, packer in PACKED_MAGICS.items():
        if head.startswith(magic) and not is_packed(path):
            can_be_renamed = packer == "gzip" and path.suffix.lower() != ".parquet"
            raise RawDataError(
                f"{place.site}: {path} is packed with {packer}, which its name does "
                "not say. Unpack it"
                + (f", or add {PACKED} to its name." if can_be_renamed else ".")
            )


# --- columns -------------------------------------------------------------------------


def renamed(
    place: Place, table: RawTable, relation: Relation, mapping: Renames
) -> Relation:
    """Apply the column mapping, then insist on the required columns."""
    columns = dict(relation.columns)
    formats = {}
    for source_column, rename in renames_of(place, table, mapping).items():
        if source_column in relation.columns:
            columns[rename.column] = relation.columns[source_column]
            if rename.format:
                formats[rename.column] = rename.format
    # an empty file has no header and no rows to miss a column in
    missing = sorted(table.required - set(columns)) if relation.columns else []
    if missing:
        raise missing_columns(place, table, relation, mapping, missing)
    return replace(relation, columns=columns, formats=formats, found=relation.columns)


def renames_of(place: Place, table: RawTable, mapping: Renames) -> dict[str, Rename]:
    """Take the renames of a table, the property's own before those for all."""
    return mapping.get(("*", place.layout, table.name), {}) | mapping.get(
        (place.site, place.layout, table.name), {}
    )


def missing_columns(
    place: Place,
    table: RawTable,
    relation: Relation,
    mapping: Renames,
    missing: list[str],
) -> RawDataError:
    """Say which columns are missing, and where they may be."""
    if relation.file and relation.file.has_header:
        renames = renames_of(place, table, mapping)
        first = [name for name in relation.columns if name]
        has_one_unknown = len(first) == 1 and first[0] not in {
            *table.columns,
            *renames,
        }
        for number, names in lower_headers(place, Path(relation.path)):
            known = {renames[name].column for name in names if name in renames}
            is_below_title = has_one_unknown and len(list(filter(None, names))) > 2
            if is_below_title or table.required <= known | set(names):
                rows = "row" if number == 2 else "rows"
                return RawDataError(
                    f"{place.site}: the first row of {relation.path} looks like a "
                    f"title: the header seems to be in row {number}. Remove the {rows} "
                    "above it."
                )
    there = ", ".join(filter(None, relation.columns))
    known = {*table.columns, *renames_of(place, table, mapping)}
    unknown = [name for name in relation.columns if name not in known]
    guess = difflib.get_close_matches(missing[0], unknown, n=1)
    return RawDataError(
        f"{place.site}: table {table.name} in {relation.path} has no column "
        f"{', '.join(missing)} (it has {there}). Add the column"
        + (f", or map {guess[0]} to it" if guess else ", or map another one to it")
        + f" in {COLUMN_MAPPING}."
    )


def refuse_idle_renames(
    place: Place, table: RawTable, relations: list[Relation], mapping: Renames
) -> None:
    """Refuse a rename of a property's own whose source column none of its files has."""
    found = {column for relation in relations for column in relation.found}
    if not found:
        return
    renames = mapping.get((place.site, place.layout, table.name), {})
    for source_column, rename in renames.items():
        if source_column not in found:
            guess = difflib.get_close_matches(source_column, sorted(found), n=1)
            raise RawDataError(
                f"{place.site}: {COLUMN_MAPPING} maps {source_column!r} of table "
                f"{table.name} to {rename.column}, but no file or table has that "
                f"column (there is {', '.join(sorted(filter(None, found)))})"
                + (f"; did you mean {guess[0]}?" if guess else ".")
            )
