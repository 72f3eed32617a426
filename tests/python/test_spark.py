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


def test_core_is_the_same_on_spark(sample: Build, tmp_path: Path) -> None:
    """Column by column, with money to the cent and shares to their last place."""
    built = spark(tmp_path, "build", "--exclude-resource-types", "test", "unit_test")

    assert built.returncode == 0, built.stdout[-3000:]
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
    duck = dbt(tmp_path, "build", "--select", "+tag:core", variables={"raw": raw})
    places = write_tables(raw, tmp_path / "parquet")

    built = spark(
        *(tmp_path, "build", "--exclude-resource-types", "test", "unit_test"),
        *("--vars", json.dumps({"raw": places})),
    )

    assert built.returncode == 0, built.stdout[-3000:]
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
