"""Open what lies in a place: every table of it, every value as text."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import duckdb

from raw_data import RawDataError, quoted_name, quoted_text
from raw_data.catalogue import INSTANT, NESTED
from raw_data.common import Relation, first_line, plain
from raw_data.csv_files import lower_headers, read_header
from raw_data.declared import (
    ENVIRONMENT,
    Place,
    RawTable,
    checked_encoding,
    checked_schema,
    checked_separator,
    plain_table,
)
from raw_data.places import (
    UNREADABLE_RANK,
    is_data,
    is_sqlite,
    plain_table_of,
    rank,
    reader_of,
    refuse_zip,
    relation_of_file,
    table_files,
    unreadable,
)
from raw_data.postgres import (
    POSTGRES_COLUMNS,
    asked,
    attached_server,
    postgres_relations,
)
from raw_data.sqlite import names_in, read_only, sqlite_relations

# rows of a table that are looked at; the first ones of a larger table
LOOKED_AT = 1_000_000
# of these the keys of two tables are compared
FIRST_ROWS = 1_000
# how var `raw` is to be read, and so what is told
CHECKS = {
    "encoding": checked_encoding,
    "separator": checked_separator,
    "schema": checked_schema,
}
# a year, month or day in the name of a file
PERIOD = re.compile(r"[-_.]*(19|20)\d{2}([-_.]?\d{2}){0,2}([-_.]?[qh]\d)?")
# what BigQuery adds to the name of each part of an export
SHARD = re.compile(r"-\d{12}$")
# what a browser adds to the name of the next file of the same name, and an export to
# that of each of its parts
NUMBER = re.compile(r"\(\d+\)$|[-_.]\d+$")


class InspectError(Exception):
    """What keeps a place from being looked at, in one line."""


@dataclass(frozen=True)
class Table:
    """A table as it lies in a place.

    `name` is what `tables` in var `raw` would call it, `stored` the copy of its rows in
    DuckDB: a text column for each of `columns` (plain name and native type), in order.
    `files` are its parts where there is one for each day, month, year or number,
    `headers` the names of its columns as they are written there, by plain name.
    """

    name: str
    origin: str
    stored: str
    columns: dict[str, str]
    row_count: int
    encoding: str | None = None
    malformed_count: int = 0
    files: tuple[str, ...] = ()
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def is_cut(self) -> bool:
        """Whether it has more rows than were looked at."""
        return self.row_count > LOOKED_AT


@dataclass(frozen=True)
class Look:
    """All that was found in a place, and what could not be read, a line each.

    `told` is how it was asked for: `encoding`, `separator`, `schema`.
    """

    place: str
    tables: list[Table]
    problems: list[str]
    told: dict[str, str | None] = field(default_factory=dict)


def read_place(conn: duckdb.DuckDBPyConnection, path: str, **told: str | None) -> Look:
    """Open all tables of a folder, a file, or a database.

    Args:
        conn: an open DuckDB connection.
        path: a folder, a file, or env:NAME.
        told: `encoding`, `separator` or `schema`, as in var `raw`.

    Raises:
        InspectError: nothing there can be read.
    """
    if not path.strip():
        raise InspectError("Name a place: make inspect DATA=exports/")
    conn.execute("attach ':memory:' as raw")
    place = Place("inspect", "contract", path, **checked(told))
    tables: list[Table] = []
    problems: list[str] = []
    try:
        for name, relation in relations_of(conn, place, problems):
            try:
                tables.append(stored(conn, place, name, relation, len(tables)))
            except duckdb.Error as error:
                problems.append(f"{relation.path}: {first_line(error)}")
    except RawDataError as error:
        raise InspectError(without_site(error.msg)) from None
    except OSError as error:
        message = unreadable(place, Path(path), error).msg
        raise InspectError(without_site(message)) from None
    if not tables and not problems:
        raise InspectError(
            f"{path} holds no CSV, Parquet or JSON lines file, and is no database."
        )
    found = together(conn, joined(conn, tables, problems), problems)
    return Look(path, found, problems, told)


def checked(told: dict[str, str | None]) -> dict[str, str | None]:
    """Read what is told as the build reads var `raw`; refuse what it would refuse."""
    read = {}
    for name, value in told.items():
        try:
            read[name] = CHECKS[name]("inspect", value)
        except RawDataError as error:
            message = without_site(error.msg).removeprefix(f"var raw gives {name} ")
            raise InspectError(f"{name.upper()} is {message}") from None
    return read


def without_site(message: str) -> str:
    """Leave out the name of the property, which is none yet."""
    return message.removeprefix("inspect: ")


def relations_of(
    conn: duckdb.DuckDBPyConnection, place: Place, problems: list[str]
) -> Iterator[tuple[str, Relation]]:
    """Open every table of a place, naming those that cannot be read."""
    path = Path(place.path).expanduser()
    if place.path.startswith(ENVIRONMENT):
        tables = postgres_tables(conn, place)
        yield from postgres_relations(conn, place, tables)
    elif not path.exists():
        raise InspectError(f"{place.path} does not exist.")
    elif path.is_dir():
        yield from folder_tables(conn, place, path, problems)
    else:
        refuse_zip(place, path)
        if reader_of(path) and not is_sqlite(path):
            yield from file_table(conn, place, path.parent, path, problems)
        else:
            yield from sqlite_relations(conn, place, sqlite_tables(path))


def every(names: list[str]) -> dict[str, RawTable]:
    """Declare tables of these names, whatever is in them."""
    none: frozenset[str] = frozenset()
    return {
        plain(name): RawTable("contract", plain(name), (), none, none) for name in names
    }


def sqlite_tables(path: Path) -> dict[str, RawTable]:
    """List the tables of a SQLite file; none where it is no database."""
    if not is_sqlite(path):
        return {}
    try:
        with closing(read_only(path)) as shop:
            return every(names_in(shop))
    except sqlite3.Error:
        return {}


def postgres_tables(
    conn: duckdb.DuckDBPyConnection, place: Place
) -> dict[str, RawTable]:
    """List the tables of a schema of a PostgreSQL server."""
    variable = place.path.removeprefix(ENVIRONMENT)
    catalogue = attached_server(conn, place, variable)
    schema = quoted_text(place.schema or "public")
    columns = asked(conn, catalogue, POSTGRES_COLUMNS.format(schema=schema))
    readable: dict[str, bool] = {}
    for table, _, _, is_readable in columns:
        readable[table] = readable.get(table, True) and bool(is_readable)
    return every([name for name, may_read in readable.items() if may_read])


@contextmanager
def noted(place: Place, path: Path, problems: list[str]) -> Iterator[None]:
    """Note why a file or folder cannot be read, and go on with the others."""
    try:
        yield
    except RawDataError as error:
        problems.append(without_site(error.msg))
    except OSError as error:
        problems.append(without_site(unreadable(place, path, error).msg))


def folder_tables(
    conn: duckdb.DuckDBPyConnection, place: Place, folder: Path, problems: list[str]
) -> Iterator[tuple[str, Relation]]:
    """Open the files of a folder, and those of the folders in it."""
    claims: dict[str, list[Path]] = {}
    for entry in sorted(folder.iterdir()):
        with noted(place, entry, problems):
            if not is_data(entry):
                continue
            if entry.is_file() and is_sqlite(entry):
                problems.append(f"{entry} is a SQLite file: name it as DATA by itself.")
                continue
            claims.setdefault(plain_table_of(entry), []).append(entry)
    for name, entries in claims.items():
        best = min(rank(entry) for entry in entries)
        rivals = [entry for entry in entries if rank(entry) == best]
        if len(rivals) > 1 and best < UNREADABLE_RANK:
            problems.append(
                f"both {' and '.join(map(str, rivals))} claim to be table {name}, "
                "which a build refuses: keep one of them"
            )
        for entry in rivals:
            yield from file_table(conn, place, folder, entry, problems)


def file_table(
    conn: duckdb.DuckDBPyConnection,
    place: Place,
    folder: Path,
    entry: Path,
    problems: list[str],
) -> Iterator[tuple[str, Relation]]:
    """Open one file, or all files of a folder, as one table."""
    files: list[Path] = []
    with noted(place, entry, problems):
        files = table_files(place, entry)
    for file in files:
        with noted(place, file, problems):
            relation = relation_of_file(conn, place, folder, file)
            if title := title_problem(place, file, relation):
                problems.append(title)
            else:
                yield entry.name, relation


def title_problem(place: Place, path: Path, relation: Relation) -> str | None:
    """Say that a title stands above the header, if one seems to."""
    names = [name for name in relation.columns if name]
    if relation.file is None or not relation.file.has_header or len(names) > 1:
        return None
    for number, lower in lower_headers(place, path):
        if len([name for name in lower if name]) > max(2, len(names)):
            return (
                f"the first row of {path} looks like a title: the header seems to be "
                f"in row {number}. Remove what is above it."
            )
    return None


def stored(
    conn: duckdb.DuckDBPyConnection,
    place: Place,
    name: str,
    relation: Relation,
    number: int,
) -> Table:
    """Copy the rows of a relation, every value as text without outer spaces."""
    described = conn.execute(f"describe from {relation.sql}").fetchall()
    types = {row[0]: row[1] for row in described}
    columns = {label: column for label, column in relation.columns.items() if label}
    table = f"raw.main.inspected_{number}"
    values = ", ".join(
        f"{text_sql(column, types[column])} as {quoted_name(label)}"
        for label, column in columns.items()
    )
    conn.execute(
        f"create table {table} as select {values or 'null as nothing'} "
        f"from {relation.sql} limit {LOOKED_AT}"
    )
    ((count,),) = conn.execute(f"select count(*) from {relation.sql}").fetchall()
    return Table(
        name=name,
        origin=relation.path,
        stored=table,
        columns={label: types[column] for label, column in columns.items()},
        row_count=count,
        encoding=relation.file.encoding if relation.file else None,
        malformed_count=len(relation.malformed),
        headers=headers_of(place, relation),
    )


def headers_of(place: Place, relation: Relation) -> dict[str, str]:
    """Find how the names of columns are written: capitals part the words of some."""
    names = list(relation.columns.values())
    # what a CSV file is read as has the plain names alone
    if relation.file and relation.file.has_header:
        path = Path(relation.path)
        names, _ = read_header(place, path, path, relation.file.encoding)
    return {plain(name): name for name in names}


def text_sql(column: str, data_type: str) -> str:
    """Write a column as text: an instant in UTC, a nested value as JSON."""
    value = quoted_name(column)
    if data_type == INSTANT:
        return f"timezone('UTC', {value})::text || '+00:00'"
    if data_type.startswith(NESTED) or data_type.endswith("]"):
        return f"to_json({value})::text"
    return f"nullif(trim({value}::text), '')"


def joined(
    conn: duckdb.DuckDBPyConnection, tables: list[Table], problems: list[str]
) -> list[Table]:
    """Put the files of one folder together, as the build will."""
    found: dict[str, Table] = {}
    for table in tables:
        name = plain_table(table.name)
        first = found.get(name)
        if first is None or plain_table(first.origin) == name:
            found[name if first is None else table.origin] = table
            continue
        if not are_alike(first, table):
            problems.append(
                f"folder {table.name} holds files of several tables: name it as DATA "
                "by itself"
            )
            continue
        found[name] = added(conn, first, table)
    return list(found.values())


def are_alike(first: Table, other: Table) -> bool:
    """Tell whether two files may be parts of one table: a column may come or go."""
    columns, others = set(first.columns), set(other.columns)
    is_within = columns <= others or others <= columns
    return is_within or 2 * len(columns & others) > len(columns | others)


def added(conn: duckdb.DuckDBPyConnection, first: Table, other: Table) -> Table:
    """Add the rows of a table to another, and the columns that it lacks."""
    for column in other.columns:
        if column not in first.columns:
            conn.execute(
                f"alter table {first.stored} add column {quoted_name(column)} text"
            )
    # an empty file has no columns
    if other.columns:
        conn.execute(f"insert into {first.stored} by name from {other.stored}")
    return replace(
        first,
        columns=other.columns | first.columns,
        headers=other.headers | first.headers,
        row_count=first.row_count + other.row_count,
        malformed_count=first.malformed_count + other.malformed_count,
    )


def together(
    conn: duckdb.DuckDBPyConnection, tables: list[Table], problems: list[str]
) -> list[Table]:
    """Put tables together that are one for each day, month or year by their names.

    So are those that differ in a number at the end, unless they have the same keys, as
    tracked and booked orders do. One without a number may be the same download again,
    and is not added.
    """
    found: list[Table] = []
    for table in tables:
        bare = bare_name(table)
        is_file = Path(table.origin).name == table.name
        place = next(
            (
                number
                for number, one in enumerate(found)
                if bare_name(one) == bare
                and (set(one.columns) == set(table.columns) or is_file)
                and are_alike(one, table)
                and (
                    one.files
                    or bare == undated(table)
                    or not is_again(conn, one, table)
                )
            ),
            None,
        )
        if place is None or bare == plain_table(table.name):
            found.append(table)
            continue
        first = found[place]
        if not is_file:
            problems.append(
                f"{table.name} and {first.name} have the same columns, and only "
                f"{first.name} is looked at: make a view of both, and name that"
            )
        else:
            files = (*(first.files or (first.origin,)), table.origin)
            found[place] = replace(added(conn, first, table), files=files)
    return found


def bare_name(table: Table) -> str:
    """Write the name of a table without its day, month, year or number."""
    return NUMBER.sub("()", undated(table))


def undated(table: Table) -> str:
    """Write the name of a table without its day, month or year, and its shard."""
    return PERIOD.sub("", SHARD.sub("", plain_table(table.name)))


def is_again(conn: duckdb.DuckDBPyConnection, first: Table, other: Table) -> bool:
    """Tell whether two tables hold the same things, by the first rows of the other.

    Of the columns that are keys in both, half then have the same values.
    """
    key_count = shared_count = 0
    for column in first.columns.keys() & other.columns.keys():
        name = quoted_name(column)
        ((rows, keys, shared, is_key),) = conn.execute(
            f"with own as (select {name} as value from {other.stored} "
            f"where {name} is not null limit {FIRST_ROWS}) "
            "select count(value), count(distinct value), "
            f"count(distinct value) filter (value in (select {name} from "
            f"{first.stored})), (select count(distinct {name}) > 0.9 * count({name}) "
            f"from {first.stored}) from own"
        ).fetchall()
        if is_key and keys > 1 and keys > 0.9 * rows:
            key_count += 1
            shared_count += shared > 0.5 * keys
    return key_count > 0 and 2 * shared_count >= key_count
