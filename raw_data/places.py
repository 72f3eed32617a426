"""Look for the declared tables in a place: a folder, a SQLite file, or a database."""

from __future__ import annotations

import difflib
from dataclasses import replace
from pathlib import Path

import duckdb

from raw_data.common import (
    EMPTY,
    RawDataError,
    Relation,
    TextFile,
    named_columns,
    plain,
    quoted_text,
)
from raw_data.csv_files import csv_relation
from raw_data.declared import COLUMN_MAPPING, Property, RawTable, Renames
from raw_data.postgres import postgres_relations
from raw_data.sqlite import sqlite_relations

ENVIRONMENT = "env:"
ZIP_MAGIC = b"PK\x03\x04"

Relations = list[tuple[str, Relation]]


def open_place(
    conn: duckdb.DuckDBPyConnection,
    site: Property,
    place: str,
    tables: dict[str, RawTable],
    mapping: Renames,
) -> Relations:
    """Find the declared tables in one folder, SQLite file or PostgreSQL database.

    Returns:
        For each table found, its declared name and the relation with every required
        column in place.
    """
    path = Path(place).expanduser()
    if place.startswith(ENVIRONMENT):
        variable = place.removeprefix(ENVIRONMENT)
        relations = postgres_relations(conn, site, variable, tables)
    elif not path.exists():
        raise RawDataError(
            f"{site.name}: {place} does not exist. Var raw must name a folder of CSV "
            "or Parquet files, a SQLite file, or env:NAME."
        )
    elif path.is_dir():
        relations = folder_relations(conn, site, path, tables)
    else:
        refuse_zip(site, path)
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


# --- folders -------------------------------------------------------------------------


def folder_relations(
    conn: duckdb.DuckDBPyConnection,
    site: Property,
    folder: Path,
    tables: dict[str, RawTable],
) -> Relations:
    """Open `<table>.csv`, `<table>.parquet` or the files of a folder `<table>/`."""
    claims: dict[str, Path] = {}
    unreadable: dict[str, Path] = {}
    for entry in sorted(folder.iterdir()):
        name, ending = claimed_table(entry), entry.suffix.lower()
        if name not in tables or (entry.is_file() and not ending):
            continue
        if ending in UNREADABLE:
            unreadable[name] = entry
            continue
        if name in claims:
            raise RawDataError(
                f"{site.name}: both {claims[name]} and {entry} claim to be table "
                f"{name}. Keep one of them."
            )
        claims[name] = entry
    # beside the table itself its archive may lie, or the sheet it was saved from
    claims = unreadable | claims
    relations = [
        (name, relation_of_file(conn, site, folder, file))
        for name, entry in claims.items()
        for file in table_files(site, entry)
    ]
    if not relations:
        for entry in folder.iterdir():
            refuse_zip(site, entry)
    return relations


def claimed_table(entry: Path) -> str:
    """Name the table that a file or folder is called after, whatever its endings."""
    while entry.suffix.lower() in READABLE | UNREADABLE:
        entry = entry.with_suffix("")
    return plain(entry.name)


def table_files(site: Property, entry: Path) -> list[Path]:
    """List the files of a table; refuse what is there and cannot be read."""
    if entry.is_file():
        files = [entry]
    elif entry.suffix.lower() in READERS:
        raise RawDataError(
            f"{site.name}: {entry} is a folder with the name of a file. Call it "
            f"{entry.stem}/ to read all files in it."
        )
    else:
        files = [file for file in sorted(entry.iterdir()) if is_data(file)]
        if not files:
            raise RawDataError(
                f"{site.name}: {entry} holds no CSV or Parquet file. Put the table's "
                "files into it, or remove it."
            )
    for file in files:
        if file.is_dir() or file.suffix.lower() not in READERS:
            kind = "folder" if file.is_dir() else f"{file.suffix} file"
            raise RawDataError(
                f"{site.name}: {file} is a {kind}, where a CSV or Parquet file is "
                "expected. Unpack or export it as one of these, or move it away."
            )
    return files


def is_data(path: Path) -> bool:
    """Tell data from notes and from what other tools leave in a folder."""
    is_export = path.is_dir() or path.suffix.lower() in READABLE | UNREADABLE
    return is_export and not path.name.startswith((".", "_"))


def relation_of_file(
    conn: duckdb.DuckDBPyConnection, site: Property, folder: Path, path: Path
) -> Relation:
    """Open a file by its ending, and name it by where it lies in its place."""
    refuse_zip(site, path)
    relation = READERS[path.suffix.lower()](conn, site, path)
    if relation.file is None:
        return relation
    name = path.relative_to(folder).as_posix()
    file = TextFile(name, relation.file.encoding, relation.file.nul_bytes)
    return replace(relation, file=file)


def parquet_relation(
    conn: duckdb.DuckDBPyConnection, site: Property, path: Path
) -> Relation:
    """Open a Parquet file, its columns in their own types."""
    if path.stat().st_size == 0:
        return Relation(EMPTY, str(path))
    sql = f"read_parquet({quoted_text(str(path))})"
    try:
        names = [row[0] for row in conn.execute(f"describe from {sql}").fetchall()]
    except duckdb.Error:
        raise RawDataError(
            f"{site.name}: {path} is no whole Parquet file (truncated, or something "
            "else under that name). Export it again."
        ) from None
    columns = named_columns(site.name, str(path), names, names)
    return Relation(sql, str(path), columns)


READERS = {".csv": csv_relation, ".tsv": csv_relation, ".parquet": parquet_relation}
READABLE = frozenset(READERS)
# exports that must be unpacked or saved as something else first
UNREADABLE = frozenset(
    {".gz", ".zip", ".zst", ".bz2", ".xls", ".xlsx", ".json", ".jsonl", ".txt"}
)


def refuse_zip(site: Property, path: Path) -> None:
    """Refuse a zip archive under whatever name."""
    if path.is_file():
        with path.open("rb") as file:
            magic = file.read(len(ZIP_MAGIC))
        if magic == ZIP_MAGIC:
            raise RawDataError(
                f"{site.name}: {path} is a zip archive. Unpack it and name the folder "
                "in var raw."
            )


# --- columns -------------------------------------------------------------------------


def renamed(
    site: Property, table: RawTable, relation: Relation, mapping: Renames
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
    return replace(relation, columns=columns)
