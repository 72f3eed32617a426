"""Read the declared tables of a SQLite file where it lies."""

from __future__ import annotations

import sqlite3
from contextlib import closing
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
    """Find the declared tables or views in a SQLite file, which is read where it lies.

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
    sought = place.sought(tables)
    try:
        source = at_one_moment(path)
        with closing(read_only(source)) as shop:
            all_names = names_in(shop)
            # a view that nobody reads may be broken
            found = {
                name: columns_in(shop, name)
                for name in all_names
                if plain(name) in sought
            }
            numbers = {
                name: numbers_in(shop, name, columns) for name, columns in found.items()
            }
        one_claim_each(place.site, str(path), list(found))
        refuse_absent(place, list(found), all_names)
        relations = {
            name: texts_sql(scan_sql(conn, source, name, columns), numbers[name])
            for name, columns in found.items()
        }
    except (duckdb.Error, sqlite3.Error) as error:
        raise RawDataError(
            f"{place.site}: {path} cannot be read as a SQLite database "
            f"({first_line(error)}). Check it with `sqlite3 {path} .tables`."
        ) from None
    return [
        (
            name,
            Relation(
                relations[table],
                str(path),
                named_columns(place.site, str(path), list(columns), list(columns)),
                numbers=numbers[table],
            ),
        )
        for table, columns in found.items()
        for name in sought[plain(table)]
    ]


def read_only(path: Path) -> sqlite3.Connection:
    """Open a SQLite file that is not to be written."""
    return sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)


def names_in(shop: sqlite3.Connection) -> list[str]:
    """List the tables and views of a SQLite file."""
    names = shop.execute(
        "select name from sqlite_master where type in ('table', 'view') "
        "and name not like 'sqlite\\_%' escape '\\' order by name"
    ).fetchall()
    return [name for (name,) in names]


def columns_in(shop: sqlite3.Connection, table: str) -> dict[str, bool]:
    """List the columns of a table or view, and whether each is generated."""
    columns = shop.execute(
        "select name, hidden != 0 from pragma_table_xinfo(?) where hidden != 1 "
        "order by cid",
        (table,),
    ).fetchall()
    return {name: bool(is_generated) for name, is_generated in columns}


def numbers_in(
    shop: sqlite3.Connection, table: str, columns: dict[str, bool]
) -> frozenset[str]:
    """List the columns of a table or view that hold numbers, in one row at least.

    A column of a table that is declared as text makes texts of them, and need not be
    searched for one.
    """
    texts = shop.execute(
        "select name from pragma_table_xinfo(?1) "
        "where (type like '%char%' or type like '%clob%' or type like '%text%') "
        "and type not like '%int%' and exists (select * from sqlite_master "
        "where sqlite_master.type = 'table' and sqlite_master.name = ?1)",
        (table,),
    ).fetchall()
    return frozenset(
        name
        for name in columns.keys() - {name for (name,) in texts}
        if shop.execute(
            f"select 1 from {quoted_name(table)} "
            f"where typeof({quoted_name(name)}) in ('integer', 'real') limit 1"
        ).fetchone()
    )


def texts_sql(scan: str, numbers: frozenset[str]) -> str:
    """Write a scan whose whole numbers have no point, as ids have none in other files.

    SQLite writes 1000.0 where a fraction is whole.
    """
    if not numbers:
        return scan
    texts = ", ".join(
        f"case when ends_with({name}, '.0') "
        f"and regexp_full_match({name}, '-?[0-9]+[.]0') "
        f"then {name}[:-3] else {name} end as {name}"
        for name in map(quoted_name, sorted(numbers))
    )
    return f"(select * replace ({texts}) from {scan})"


def scan_sql(
    conn: duckdb.DuckDBPyConnection, path: Path, table: str, columns: dict[str, bool]
) -> str:
    """Write the scan of a table or view.

    DuckDB does not see generated columns, but reads what SQLite selects. For that the
    file must be attached, and then each of its views must be sound.
    """
    if not any(columns.values()):
        return f"sqlite_scan({quoted_text(str(path))}, {quoted_text(table)})"
    catalogue = catalogue_name(conn)
    conn.execute(
        f"attach {quoted_text(str(path))} as {catalogue} (type sqlite, read_only)"
    )
    conn.execute("select count(*) from duckdb_views()")
    selected = quoted_text(f"select * from {quoted_name(table)}")
    return f"sqlite_query('{catalogue}', {selected})"


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


def at_one_moment(path: Path) -> Path:
    """Copy a file that somebody may be writing to, as it is now; else it is the file.

    A build reads its tables one after the other: what is written meanwhile would be in
    some of them only. A program that writes as it goes leaves a `-wal` file beside it.
    """
    if not path.with_name(f"{path.name}-wal").exists():
        return path
    copy = name_of_copy(path.name)
    source, target = read_only(path), None
    try:
        target = sqlite3.connect(copy)
        source.backup(target)
    finally:
        source.close()
        if target:
            target.close()
    return copy
