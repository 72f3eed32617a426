"""What the modules share: the error, a relation, and how names are spelt."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
from dbt_common.exceptions import DbtRuntimeError

PROJECT = Path(__file__).resolve().parents[1]
EXTENSIONS = PROJECT / ".duckdb"
PACKED = ".gz"
EMPTY = "(select 1 where false)"


class RawDataError(DbtRuntimeError):
    """Raw data that cannot be opened: what is wrong, where, and what to do."""


@dataclass(frozen=True)
class MalformedLine:
    """A line of a text file that is no row of it; its number from 1, where known."""

    number: int | None
    text: str
    kind: str
    problem: str


@dataclass(frozen=True)
class TextFile:
    """A text file as it was read: its name in its place, and what was found in it.

    `has_header` tells whether its first row names the columns.
    """

    name: str
    encoding: str
    nul_bytes: int
    has_header: bool = True


@dataclass(frozen=True)
class Relation:
    """Something DuckDB can select from, and what it calls each plain column name.

    Of the columns in `numbers` every value that looks like a number is one, although
    all are read as text. Once the column mapping is applied, `columns` has the declared
    names too, `formats` how the columns are written that say so, and `found` is what
    `columns` was.
    """

    sql: str
    path: str
    columns: dict[str, str] = field(default_factory=dict)
    malformed: tuple[MalformedLine, ...] = ()
    file: TextFile | None = None
    numbers: frozenset[str] = frozenset()
    formats: dict[str, str] = field(default_factory=dict)
    found: dict[str, str] = field(default_factory=dict)


def plain(name: str) -> str:
    """Spell a name the project's way: `Buy Ts` is `buy_ts`."""
    return re.sub(r"\s+", "_", name.strip().lstrip("\ufeff").strip()).lower()


def quoted_text(value: str) -> str:
    """Quote a value as an SQL text literal."""
    return "'" + value.replace("'", "''") + "'"


def file_source(path: Path) -> str:
    """Write a file as DuckDB's readers take it, whatever its path looks like.

    They take `costs[1].csv` for a pattern that costs1.csv matches, folder `market=all/`
    for a column, and only lower-case `.gz` for gzip.
    """
    pattern = re.sub(r"[*?\[]", r"[\g<0>]", str(path))
    compression = ", compression = 'gzip'" if is_packed(path) else ""
    return f"{quoted_text(pattern)}, hive_partitioning = false{compression}"


def is_packed(path: Path) -> bool:
    """Tell whether a file is packed with gzip, by its ending."""
    return path.suffix.lower() == PACKED


def quoted_name(name: str) -> str:
    """Quote an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def first_line(error: Exception) -> str:
    """Cut an error message to its first line."""
    return str(error).strip().splitlines()[0]


def load_extension(conn: duckdb.DuckDBPyConnection, name: str) -> None:
    """Load a scanner that set-up has put into the project's own folder."""
    try:
        conn.execute(f"set extension_directory = {quoted_text(str(EXTENSIONS))}")
        conn.execute(f"load {name}")
    except duckdb.Error:
        raise RawDataError(
            f"DuckDB's {name} is not installed in {EXTENSIONS.name}/. Run `make setup`."
        ) from None


def catalogue_name(conn: duckdb.DuckDBPyConnection) -> str:
    """Find a name for one more attached database."""
    ((count,),) = conn.execute("select count(*) from duckdb_databases()").fetchall()
    return f"raw_place_{count}"


def one_claim_each(site_name: str, place: str, tables: list[str]) -> None:
    """Refuse a database of which two tables have one plain name."""
    claims: dict[str, str] = {}
    for table in tables:
        if plain(table) in claims:
            raise RawDataError(
                f"{site_name}: both {claims[plain(table)]!r} and {table!r} in {place} "
                f"claim to be table {plain(table)}. Rename or drop one of them."
            )
        claims[plain(table)] = table


def named_columns(
    site_name: str, path: str, header: list[str], names: list[str]
) -> dict[str, str]:
    """Map each plain column name to what the relation calls it."""
    columns: dict[str, str] = {}
    for label, name in zip(header, names, strict=True):
        if plain(label) in columns and plain(label):
            raise RawDataError(
                f"{site_name}: {path} has two columns called {plain(label)!r}. Rename "
                "or drop one of them."
            )
        columns[plain(label)] = name
    return columns
