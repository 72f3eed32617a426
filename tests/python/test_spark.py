"""The core on Spark: every mart as DuckDB builds it, row by row."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import duckdb
import pytest

from raw_parquet import write_tables
from support import PROJECT, SEEDS, Build, dbt

SPARK = PROJECT / ".venv-spark"
CORE = (
    "fct_attribution_credits",
    "fct_campaign_days",
    "fct_conversion_reconciliation",
    "fct_sessions",
    "fct_touchpoints",
    "rpt_channel_attribution",
    "rpt_channel_costs",
    "rpt_channel_performance",
    "rpt_reconciliation_daily",
    "rpt_sessions_daily",
)
# tests of the macros that read what the sample does not hold, and Java differently
READING = (
    "a_time_of_day_may_bring_its_own_day",
    "instants_are_those_of_their_own_offset_or_of_the_clock",
    "numbers_of_parquet_files_are_those_of_other_files",
    "parameters_are_read_from_addresses",
)
# a shop whose columns are no texts: a null makes doubles of whole ids, other files of
# the same ids have none, and a hugeint is a double in Parquet; a later file of sessions
# has columns that the first one lacks
TYPED_SHOP = {
    "sessions/1": """
        select
            i as session_id,
            case when i % 5 > 0 then 12345678 + i % 7 end::double as user_id,
            timestamptz '2024-10-26 20:00:00.25+00' + to_minutes(17 * i) as started_at,
            timestamp '2024-10-26 20:16:00.123456' + to_minutes(17 * i) as ended_at,
            '/?utm_source=%C2%A0news&utm_medium=email' || chr(160) as landing_url,
            case when i % 3 > 0 then 120000 + i % 2 end::double as campaign_id,
            i % 2 = 0 as is_bounce,
            i::smallint as visit_number,
            (i / 7.0)::decimal(9, 4) as session_cost
        from range(120) as numbers(i)
    """,
    "sessions/2": """
        select
            'mobile' as device,
            120 + i as session_id,
            12345678 + i % 7::double as user_id,
            timestamptz '2024-10-28 10:00:00+00' + to_minutes(17 * i) as started_at,
            'DE' as market
        from range(30) as numbers(i)
    """,
    "conversions": """
        select
            i as conversion_id,
            12345678 + i % 7 as user_id,
            timestamp '2024-10-27 12:00:00' + to_minutes(43 * i) as converted_at,
            case when i % 9 > 0 then 1.015 * i end::double as revenue
        from range(40) as numbers(i)
    """,
    "backend_conversions": """
        select
            case when i < 39 then i end::double as conversion_id,
            date '2024-10-27' + (i // 30)::integer as converted_at,
            (1.015 * i)::decimal(18, 4) as revenue
        from range(40) as numbers(i)
    """,
    "ad_costs": """
        select
            120000 + i % 2 as campaign_id,
            date '2024-10-27' + (i // 2)::integer as cost_date,
            (267350.375 + i / 10)::float as cost,
            (3 * i)::hugeint as clicks
        from range(6) as numbers(i)
    """,
}


# folders that DuckDB refuses too, or Spark alone, by file: what is in it
SESSION = "select 's1' as session_id, timestamp '2024-03-01 10:00:00' as started_at"
ODD_PLACES = {
    "two_files": {"sessions": SESSION, "Sessions": SESSION},
    "file_and_folder": {"sessions": SESSION, "sessions/1": SESSION},
    "two_trackers": {
        "page_views": "select 'v1' as visitor_id, timestamp '2024-03-01' as viewed_at",
        "sessions": SESSION,
    },
    "two_columns": {
        "sessions/1": SESSION,
        "sessions/2": f"""{SESSION}, 'a' as channel, 'b' as "Channel " """,
    },
    "no_column": {"sessions": "select 's1' as session_id, 'u1' as user_id"},
    "mixed": {
        "sessions/1": SESSION,
        "sessions/2": "select 2 as session_id, timestamp '2024-03-01' as started_at",
    },
    "clocks": {
        "sessions/1": SESSION,
        "sessions/2": "select 's2' as session_id, "
        "timestamptz '2024-03-01 10:00:00+00' as started_at",
    },
    "nanoseconds": {
        "sessions": "select 's1' as session_id, "
        "'2024-03-01 10:00:00'::timestamp_ns as started_at"
    },
    "uuids": {"sessions": f"{SESSION}, uuid() as user_id"},
    "times": {"sessions": f"{SESSION}, time '10:00:00' as ended_at"},
}
UNLIKE = (
    "table sessions in {place}/sessions (its files differ in the type of a column, or "
    "one is no whole Parquet file) cannot be read on Spark"
)
NO_TYPE = (
    "table sessions in {place}/sessions.parquet (a column has a type that Spark lacks) "
    "cannot be read on Spark"
)
MAKE_PARQUET = "`make parquet` writes them from whatever DuckDB reads."


def java_version() -> int:
    """Tell which Java this machine has (17), 0 where it has none."""
    if not shutil.which("java"):
        return 0
    told = subprocess.run(["java", "-version"], capture_output=True, text=True).stderr
    version = re.search(r'version "(\d+)', told)
    return int(version[1]) if version else 0


pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        java_version() < 17 or not (SPARK / "build.done").exists(),
        reason="needs Java 17 and .venv-spark, which make test-spark sets up",
    ),
]


def spark(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """Run dbt on Spark in a process of its own, with all that it writes in a folder."""
    paths = ["--target-path", str(folder / "target"), "--log-path", str(folder)]
    # a build of the sample is over before Java's second compiler is worth its while;
    # what the first one makes of all tests is more than it has room for by itself
    settings = {
        "TRIBUTARY_SPARK": str(folder / "spark"),
        "TRIBUTARY_SPARK_MEMORY": "2g",
        "TRIBUTARY_SPARK_CATALOGUE": "in-memory",
        "JDK_JAVA_OPTIONS": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC "
        "-XX:ReservedCodeCacheSize=256m",
        "DO_NOT_TRACK": "1",
    }
    return subprocess.run(
        [str(SPARK / "bin" / "dbt"), *options, "--target", "spark", *paths],
        cwd=PROJECT,
        env=os.environ | settings,
        capture_output=True,
        text=True,
    )


def marts_on_spark(folder: Path, conn: duckdb.DuckDBPyConnection) -> None:
    """Lay a schema `spark` over the Parquet files of each mart that Spark built."""
    conn.execute("create schema spark")
    for mart in CORE:
        files = folder / "spark" / "warehouse" / "marts.db" / mart / "*.parquet"
        conn.execute(
            f"create view spark.{mart} as from read_parquet('{files}')"  # noqa: S608
        )


def differences(database: Path, folder: Path) -> dict[str, tuple[int, int, int]]:
    """Compare the marts of a DuckDB build with those of a Spark build.

    Returns:
        For each mart its rows on DuckDB, those DuckDB alone has and those Spark has.
    """
    found = {}
    with duckdb.connect() as conn:
        # views name the catalogue they were made in
        conn.execute(f"attach '{database}' as tributary (read_only)")
        marts_on_spark(folder, conn)
        for mart in CORE:
            described = conn.execute(f"describe tributary.marts.{mart}").fetchall()
            on_spark = conn.execute(f"describe spark.{mart}").fetchall()
            columns = ", ".join(row[0] for row in described)
            assert [row[:2] for row in on_spark] == [row[:2] for row in described]
            duck = f"select {columns} from tributary.marts.{mart}"
            other = f"select {columns} from spark.{mart}"
            counts = [
                conn.execute(f"select count(*) from ({query})").fetchone()
                for query in (
                    duck,
                    f"{duck} except all {other}",
                    f"{other} except all {duck}",
                )
            ]
            found[mart] = tuple(count[0] for count in counts if count)
    return found


def typed_shop(folder: Path) -> Path:
    """Write a shop as Parquet files with the types that its columns have by nature."""
    return parquet_files(folder, TYPED_SHOP)


def parquet_files(folder: Path, queries: dict[str, str]) -> Path:
    """Write a Parquet file for each query, by its path without the ending."""
    for table, query in queries.items():
        path = folder / f"{table}.parquet"
        path.parent.mkdir(parents=True, exist_ok=True)
        duckdb.sql(f"copy ({query}) to '{path}' (format parquet)")
    return folder


def test_core_is_the_same_on_spark(sample: Build, tmp_path: Path) -> None:
    """Column by column, with money to the cent and shares to their last place."""
    built = spark(
        *(tmp_path, "build", "--exclude-resource-types", "unit_test"),
        *("--indirect-selection", "empty", "--select", "+tag:core", *READING),
    )

    assert built.returncode == 0, built.stdout[-3000:]
    assert built.stdout.count(" PASS ") == len(READING)
    found = differences(sample.database, tmp_path)
    assert all(rows > 0 for rows, _, _ in found.values())
    assert {m: f[1:] for m, f in found.items() if any(f[1:])} == {}


@pytest.mark.nightly
def test_raw_tables_in_parquet_are_read(tmp_path: Path) -> None:
    """What DuckDB reads in place, Spark reads from the Parquet made of it."""
    raw = {
        "afisha": str(SEEDS / "afisha"),
        "shop": {"layout": "company_x", "path": str(SEEDS / "company_x")},
    }
    typed = {"typed": str(typed_shop(tmp_path / "typed"))}
    duck = dbt(
        *(tmp_path, "build", "--select", "+tag:core"), variables={"raw": raw | typed}
    )
    places = write_tables(raw, tmp_path / "parquet") | typed

    built = spark(
        *(tmp_path, "build", "--exclude-resource-types", "test", "unit_test"),
        *("--vars", json.dumps({"raw": places})),
    )

    assert built.returncode == 0, built.stdout[-3000:]
    credited = "select 1 from marts.fct_attribution_credits where property = 'typed'"
    assert duck.rows(credited)
    found = differences(duck.database, tmp_path)
    assert all(rows > 0 for rows, _, _ in found.values())
    assert {m: f[1:] for m, f in found.items() if any(f[1:])} == {}


@pytest.mark.nightly
def test_data_tests_and_unit_tests_hold_on_spark(tmp_path: Path) -> None:
    """All that `dbt build --target spark` runs, and what is tested of each macro."""
    built = spark(
        *(tmp_path, "build", "--select", "+tag:core", "path:tests/macros"),
        *("--indirect-selection", "buildable"),
    )

    assert built.returncode == 0, built.stdout[-3000:]
    done = re.search(r"PASS=(\d+) WARN=0 ERROR=0 SKIP=0", built.stdout)
    assert done and int(done[1]) > 400


@pytest.mark.nightly
@pytest.mark.parametrize(
    ("options", "reason"),
    [
        (["--select", "rpt_ltv"], "rpt_ltv is not of the core"),
        (["--vars", "{raw: {shop: shop.db}}"], "shop: shop.db cannot be read on Spark"),
        (["--vars", "{raw: {shop: 'env:DSN'}}"], "env:DSN cannot be read on Spark"),
        (
            ["--vars", "{raw: {afisha: seeds/afisha}}"],
            "seeds/afisha/costs.csv cannot be read on Spark",
        ),
        (
            ["--vars", "{raw: {shop: {path: exports, encoding: cp1252}}}"],
            "key encoding cannot be read on Spark",
        ),
        (["--vars", "{raw: {shop: docs}}"], "holds no Parquet file called after"),
    ],
)
def test_what_spark_cannot_do_is_said_in_one_line(
    options: list[str], reason: str, tmp_path: Path
) -> None:
    built = spark(tmp_path, "run", *options)

    assert built.returncode != 0
    assert any(reason in line for line in built.stdout.splitlines()), built.stdout
    assert "START sql" not in built.stdout


@pytest.mark.nightly
@pytest.mark.parametrize(
    ("case", "reason"),
    [
        (
            "two_files",
            "both {place}/Sessions.parquet and {place}/sessions.parquet claim to be "
            "table sessions. Keep one of them.",
        ),
        (
            "file_and_folder",
            "both {place}/sessions and {place}/sessions.parquet claim to be table "
            "sessions. Keep one of them.",
        ),
        (
            "two_trackers",
            "contract.page_views and contract.sessions both say who came. Keep one of "
            "them.",
        ),
        (
            "two_columns",
            "{place}/sessions has two columns called 'channel'. Rename or drop one of "
            "them.",
        ),
        (
            "no_column",
            "table sessions in {place}/sessions.parquet has no column started_at (it "
            "has session_id, user_id). Add the column, or map another one to it in "
            "seeds/mappings/column_mapping.csv and run `make parquet`.",
        ),
        ("mixed", UNLIKE),
        ("clocks", UNLIKE),
        ("nanoseconds", NO_TYPE),
        ("uuids", NO_TYPE),
        ("times", NO_TYPE),
    ],
)
def test_tables_are_read_whole_or_refused(
    case: str, reason: str, tmp_path: Path
) -> None:
    """What would be read by half is refused in DuckDB's words, or with the remedy."""
    place = parquet_files(tmp_path / case, ODD_PLACES[case])

    built = spark(
        *(tmp_path, "run", "--select", "base_contract__sessions"),
        *("--vars", json.dumps({"raw": {"shop": str(place)}})),
    )

    assert built.returncode != 0
    said = f"shop: {reason.format(place=place)}"
    assert any(said in line for line in built.stdout.splitlines()), built.stdout
    assert "cannot be read" not in said or MAKE_PARQUET in built.stdout
    assert "START sql" not in built.stdout
