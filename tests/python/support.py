"""What tests share: builds in a folder of their own, and looks at what they made."""

from __future__ import annotations

import csv
import fcntl
import hashlib
import json
import os
import shutil
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from types import SimpleNamespace
from typing import Any, TypeGuard

import duckdb
import pytest
from dbt.adapters.duckdb.connections import DuckDBConnectionManager
from dbt.cli.main import dbtRunner, dbtRunnerResult
from dbt.contracts.graph.manifest import Manifest

from raw_data import declared

PROJECT = Path(__file__).resolve().parents[2]
SEEDS = PROJECT / "seeds"
REAL_DATA = PROJECT.parent / "shared" / "data"
# what a build reads of the project
COPIED = ("macros", "models", "seeds", "tests/generic", "tests/assert", "tests/macros")
# vars that models name in their SQL alone, which is rendered when they are built
VARS_OF_SQL = ("customer_revenue", "lookback_days", "max_gap_share")
# of a build that is compared with another one, whose data tests have passed
NO_TESTS = ("--exclude-resource-type", "test")
# the environment variable that says where parses are that test processes share
PARSES = "TRIBUTARY_TEST_PARSES"
# what personal values are hashed with in tests
PII_KEY = "Nachtigall-1848"

Row = dict[str, str]


@dataclass(frozen=True)
class Node:
    """One node that a build ran, and how that ended."""

    name: str
    resource_type: str
    schema: str | None
    status: str
    compiled_code: str | None
    meta: dict[str, Any]
    # of a generic test: what it looks at, and its name and arguments
    attached_node: str | None
    test_metadata: SimpleNamespace | None


@dataclass(frozen=True)
class Build:
    """One run of dbt: the folder it was made in, and what it returned."""

    folder: Path
    outcome: dbtRunnerResult | None = None

    @property
    def database(self) -> Path:
        """The working database."""
        return self.folder / "tributary.duckdb"

    @property
    def manifest(self) -> Path:
        """The manifest of the build."""
        return self.folder / "target" / "manifest.json"

    @cached_property
    def nodes(self) -> list[Node]:
        """The nodes that ran, as dbt wrote them down."""
        written = json.loads((self.folder / "target" / "run_results.json").read_text())
        manifest = json.loads(self.manifest.read_text())
        sections = ("nodes", "unit_tests", "saved_queries", "exposures")
        known = {key: node for name in sections for key, node in manifest[name].items()}
        return [
            Node(
                node["name"],
                node["resource_type"],
                node.get("schema"),
                result["status"],
                result["compiled_code"],
                node.get("meta") or {},
                node.get("attached_node"),
                SimpleNamespace(**about)
                if (about := node.get("test_metadata"))
                else None,
            )
            for result in written["results"]
            for node in [known[result["unique_id"]]]
        ]

    @property
    def statuses(self) -> dict[str, str]:
        """The status of each node, by name."""
        return {node.name: node.status for node in self.nodes}

    @property
    def faults(self) -> dict[str, str]:
        """The nodes that did not succeed, with their status."""
        sound = {"success", "pass", "no-op"}
        return {name: s for name, s in self.statuses.items() if s not in sound}

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """Ask the working database."""
        with duckdb.connect(str(self.database), read_only=True) as conn:
            return conn.execute(sql).fetchall()


@dataclass(frozen=True)
class Written:
    """One run of the script: what it printed, and the folder it wrote."""

    folder: Path
    output: str

    def lines(self, name: str) -> list[list[str]]:
        """Read an answer as it lies there."""
        (path,) = self.folder.glob(f"*/{name}.csv")
        with path.open(newline="", encoding="utf-8") as file:
            return list(csv.reader(file))

    def rows(self, name: str, property_name: str = "company_x") -> list[Row]:
        """Read the rows of a property."""
        _, columns, *rows = self.lines(name)
        rows = [dict(zip(columns, row, strict=True)) for row in rows]
        return [row for row in rows if row["property"] == property_name]

    def numbers(self, name: str, key: str, column: str) -> dict[str, Decimal]:
        """Read one column by a key that is unique in the answer."""
        return {row[key]: Decimal(row[column]) for row in self.rows(name)}


def dbt(
    folder: Path,
    *options: str,
    variables: dict | str | None = None,
    manifest: Manifest | None = None,
    unit_tests: bool = False,
) -> Build:
    """Run dbt on the project, with database, target and log in a folder of its own.

    Unless it runs unit tests it has one thread, which saves a tenth of the time: each
    of two test processes has one of two cores.

    Args:
        folder: where everything goes.
        options: the command and its options.
        unit_tests: whether a build runs them too; they test the SQL, so once is enough.
            That build leaves a parse of its own behind, which `mutate` begins with.
        variables: vars, as a mapping or as YAML.
        manifest: what an earlier `parse` returned, to save another.
    """
    folder.mkdir(parents=True, exist_ok=True)
    variables = variables or {}
    if manifest is None and not unit_tests and shares_parse(options, variables):
        manifest = parsed(variables)
    paths = ["--target-path", str(folder / "target"), "--log-path", str(folder)]
    if not unit_tests and "--threads" not in options:
        paths += ["--threads", "1"]
    if not unit_tests and "build" in options:
        paths += ["--exclude-resource-type", "unit_test"]
    text = variables if isinstance(variables, str) else json.dumps(variables)
    with environment(TRIBUTARY_DB=str(folder / "tributary.duckdb"), DO_NOT_TRACK="1"):
        outcome = dbtRunner(manifest=manifest).invoke(
            ["--log-level", "none", *options, *paths]
            + ["--project-dir", str(PROJECT), "--profiles-dir", str(PROJECT)]
            + ["--vars", text]
        )
    DuckDBConnectionManager.close_all_connections()
    return Build(folder, outcome)


def shares_parse(options: tuple[str, ...], variables: dict | str) -> TypeGuard[dict]:
    """Tell whether a run may begin with the parse of another.

    Not in a copy of the project (`building_in`), which may be changed from build to
    build, and not where a parse has to be seen to write no secret down.
    """
    return (
        isinstance(variables, dict)
        and not {"parse", "docs"} & set(options)
        and "env:" not in json.dumps(variables)
        and PROJECT in Path(__file__).resolve().parents
    )


def parsed(variables: dict) -> Manifest:
    """Parse the project once for all runs whose vars make no difference to a parse.

    A parse takes a third of a small build. Where raw data are makes no difference, nor
    does a var that models name in their SQL alone: `test_vars` holds both to it.

    Returns:
        A manifest of one's own: a build writes into it.
    """
    raw = {"raw": {"shop": "place"}} if variables.get("raw") else {}
    others = {
        name: value
        for name, value in variables.items()
        if name not in {"raw", *VARS_OF_SQL}
    }
    manifest = Manifest.from_msgpack(parsed_bytes(raw | others))
    manifest.build_flat_graph()
    return manifest


def parsed_bytes(variables: dict) -> bytes:
    """Parse with these vars, where no process has; gives the manifest packed."""
    text = json.dumps(variables, sort_keys=True)
    folder = Path(os.environ[PARSES]) / hashlib.sha256(text.encode()).hexdigest()
    packed = folder / "target" / "partial_parse.msgpack"
    with locked(folder):
        if not packed.exists():
            outcome = dbt(folder, "parse", variables=variables).outcome
            assert outcome.success, outcome.exception
        return packed.read_bytes()


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Keep other processes from making what is at a path, for a while."""
    with path.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@contextmanager
def environment(**values: str) -> Iterator[None]:
    """Set environment variables for a while; the working directory stays too."""
    before, folder = dict(os.environ), Path.cwd()
    os.environ.update(values)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
        os.chdir(folder)


def copied_project(folder: Path) -> Path:
    """Copy what a build reads, so that its seeds can be others."""
    for name in COPIED:
        shutil.copytree(PROJECT / name, folder / name)
    for name in ("dbt_project.yml", "profiles.yml"):
        shutil.copy(PROJECT / name, folder / name)
    return folder


@contextmanager
def building_in(project: Path) -> Iterator[None]:
    """Let builds read a copy of the project, for a while."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys.modules[__name__], "PROJECT", project)
        for name in ("COLUMN_MAPPING", "PROPERTIES"):
            patch.setattr(declared, name, str(project / getattr(declared, name)))
        yield


def free_port() -> int:
    """Find a port on loopback that nobody listens on."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def read_rows(path: Path) -> list[Row]:
    """Read a CSV file, every value as text."""
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def write_rows(path: Path, rows: list[Row], columns: list[str] | None = None) -> None:
    """Write a CSV file with the columns of its first row."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, columns or list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


Values = tuple[object, ...]
LAST_PLACE = Decimal("1e-12")


def agree(actual: Values | None, expected: Values | None) -> bool:
    """Compare two rows: everything exactly, but the last place of ratios and shares.

    They are quotients of doubles: where the exact value lies on half of its last place,
    a double lies on either side. 30 / 0.066666666666 is 450.0000000045 and a bit.
    """
    if actual is None or expected is None:
        return False
    pairs = zip(actual, expected, strict=True)
    return all(same_value(a, e) for a, e in pairs)


def same_value(actual: object, expected: object) -> bool:
    """Compare two values: ratios to the 9th place, shares to the 12th."""
    if isinstance(actual, float) and isinstance(expected, float):
        return abs(actual - expected) < 1.1e-9
    if isinstance(actual, Decimal) and isinstance(expected, Decimal):
        is_share = actual.as_tuple().exponent == -12
        return abs(actual - expected) <= (LAST_PLACE if is_share else 0)
    return actual == expected


def differences(
    rows: list[Values], key_count: int, expected: dict[str, dict[Values, Values]]
) -> dict[Values, tuple[Values | None, Values | None]]:
    """Compare a mart with what it must say; a row too many or too few is a difference.

    Args:
        rows: property, keys and values, as the mart has them.
        key_count: how many keys there are after the property.
        expected: the values of each key, for each property.

    Returns:
        (property, keys) -> what the mart says, and what it must say.
    """
    actual = {row[: key_count + 1]: row[key_count + 1 :] for row in rows}
    assert len(actual) == len(rows)
    wanted = {
        (name, *key): values
        for name, cells in expected.items()
        for key, values in cells.items()
    }
    assert wanted
    return {
        key: (actual.get(key), wanted.get(key))
        for key in actual.keys() | wanted.keys()
        if not agree(actual.get(key), wanted.get(key))
    }


def as_table(name: str) -> list[str]:
    """Write the statements that turn a view into a table, so that it can be damaged."""
    schema, view = name.split(".")
    return [
        f"create table {schema}.frozen as from {name}",
        f"drop view {name}",
        f"alter table {schema}.frozen rename to {view}",
    ]


@contextmanager
def copied(database: Path, path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """Copy a database and open the copy, for a test that changes what is in it."""
    shutil.copy(database, path)
    with duckdb.connect(str(path)) as conn:
        yield conn


def tables_by_property(conn: duckdb.DuckDBPyConnection) -> list[str]:
    """List the tables whose rows belong to a property, each with its schema."""
    names = conn.execute(
        "select schema_name || '.' || table_name from duckdb_columns() "
        "inner join duckdb_tables() using (schema_name, table_name) "
        "where column_name = 'property'"
    ).fetchall()
    return [name for (name,) in names]


def mart_names(conn: duckdb.DuckDBPyConnection, schema: str = "marts") -> list[str]:
    """List the marts of a database."""
    names = conn.execute(
        "select distinct table_name from information_schema.tables "
        "where table_schema = ? order by table_name",
        [schema],
    ).fetchall()
    return [name for (name,) in names]


def marts_that_differ(expected: Path, actual: Path, site: str, name: str) -> list[str]:
    """Compare a property of one published file with one of another, mart by mart.

    Args:
        expected: a published file.
        actual: another one.
        site: the property in the first.
        name: the property in the other, of the same raw rows.

    Returns:
        The marts whose rows differ in more than the name and the way a row came.
    """
    with duckdb.connect() as conn:
        conn.execute(f"attach '{expected}' as expected (read_only)")
        conn.execute(f"attach '{actual}' as actual (read_only)")
        differing = []
        for mart in mart_names(conn):
            # ids of refused rows hold the property; a raw row shows how it came
            unlike = ["property", "rejected_row_id", "raw_row", "finding_key"]
            columns = f"columns(lambda c: c not in {unlike})"
            condition = "true"
            if mart == "fct_data_quality_findings":
                columns = "check_name, row_count, amount"
            # the sample's seeds are no files, and its experiments are told by name
            if mart == "fct_experiments":
                continue
            if "check_name" in column_names(conn, mart):
                condition = (
                    "check_name not in ('nul_bytes_removed', 'experiment_not_usable')"
                )
            rows = [
                conn.execute(
                    f"select {columns} from {catalogue}.marts.{mart} "
                    f"where property = ? and {condition} order by all",
                    [value],
                ).fetchall()
                for catalogue, value in (("expected", site), ("actual", name))
            ]
            if rows[0] != rows[1]:
                differing.append(mart)
    return differing


def column_names(conn: duckdb.DuckDBPyConnection, mart: str) -> list[str]:
    """List the columns of a mart."""
    names = conn.execute(
        "select distinct column_name from information_schema.columns "
        "where table_schema = 'marts' and table_name = ?",
        [mart],
    ).fetchall()
    return [name for (name,) in names]
