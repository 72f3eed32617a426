"""The benchmark of any size, and what docs/scale.md reckons from it."""

from __future__ import annotations

import importlib
import subprocess
import sys
from argparse import Namespace
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import duckdb
import pytest

from support import PROJECT, Build

BENCHMARKS = PROJECT / "benchmarks"
PEER_PYTHON = PROJECT / ".venv-benchmarks" / "bin" / "python"
# one side of theirs is a seed, the properties or the attribution models
EACH_WITH_EACH = {
    "int_excluded_users",
    "int_experiments",
    "int_property_attribution_models",
    "int_users_compared",
    "rpt_attribution_models",
}
# they have few rows, or nobody reads a part of their columns
HOLDING = {
    "int_arrivals_sourced",
    "int_channel_participation",
    "int_conversion_findings",
    "int_cost_findings",
    "int_intermediate_rejections",
    "int_journey_findings",
    "int_listing_findings",
    "int_marketplace_findings",
    "int_markov_shares",
    "int_refunds_placed",
    "int_refunds_unioned",
    "int_series_findings",
    "int_session_findings",
    "int_touchpoints_weighted",
}


@pytest.fixture
def scale(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """Import the benchmark."""
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    return importlib.import_module("scale")


def said_by(program: str, *arguments: str | Path) -> str:
    """Run a benchmark; returns what it printed."""
    command = [sys.executable, BENCHMARKS / program, *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def test_the_page_shows_what_the_calculation_prints() -> None:
    page = (PROJECT / "docs" / "scale.md").read_text()

    assert said_by("cluster_cost.py") in page


def test_prices_are_the_readers_own() -> None:
    dear = said_by("cluster_cost.py", "--vcpu-hour", "0.5")

    costs = [
        line.split("|")[2]
        for said in (said_by("cluster_cost.py"), dear)
        for line in said.splitlines()
        if line.startswith("| USD a full build")
    ]
    cheap_cost, dear_cost = (float(cost.replace(",", "")) for cost in costs)
    assert dear_cost == pytest.approx(10 * cheap_cost, rel=0.1)


def test_time_in_which_several_nodes_run_is_counted_once(scale: ModuleType) -> None:
    # start and end; from 13 to 15 nothing runs
    runs = [(16.0, 17.0), (2.0, 10.0), (4.0, 5.0), (8.0, 13.0), (15.0, 16.0)]
    nodes = [
        scale.Node("n", "marts", "success", start, end - start, 1.0, 0.5, 0.0)
        for start, end in runs
    ]

    # from 2 to 13 and from 15 to 17
    assert scale.wall_seconds(nodes) == 13
    # tests are not of what is built, and CPU time is added up
    others = [replace(node, layer="data tests", started=0.0) for node in nodes]
    assert scale.built_seconds([*nodes, *others]) == (13, 5)


def test_only_joins_with_few_rows_compare_each_row_with_each(sample: Build) -> None:
    with duckdb.connect(str(sample.database), read_only=True) as conn:
        plans = {
            node.name: str(conn.execute(f"explain {node.compiled_code}").fetchall())
            for node in sample.nodes
            if node.resource_type == "model"
            and node.schema in ("intermediate", "marts")
            # a model in Python begins with its docstring
            and not (node.compiled_code or "").lstrip().startswith('"""')
        }

    slow = {name for name, plan in plans.items() if "BLOCKWISE_NL_JOIN" in plan}
    assert len(plans) > 100
    assert slow <= EACH_WITH_EACH


def test_readers_of_views_leave_out_columns(sample: Build) -> None:
    with duckdb.connect(str(sample.database), read_only=True) as conn:
        views = conn.execute(
            "select schema_name, view_name from duckdb_views() "
            "where schema_name in ('intermediate', 'marts')"
        ).fetchall()
        plans = {
            name: str(conn.execute(f"explain select 1 from {schema}.{name}").fetchall())
            for schema, name in views
        }

    # below a step that is held, DuckDB leaves out nothing
    holding = {name for name, plan in plans.items() if "CTE_SCAN" in plan}
    assert len(plans) > 30
    assert holding <= HOLDING


def test_ids_are_packed_as_their_model_says(sample: Build) -> None:
    named = {
        node.name: set(node.meta["zstd"])
        for node in sample.nodes
        if node.resource_type == "model" and "zstd" in node.meta
    }
    query = "select distinct column_name from pragma_storage_info(?) where "
    packed = {}
    with duckdb.connect(str(sample.database), read_only=True) as conn:
        tables = conn.execute(
            "select schema_name || '.' || table_name, table_name "
            "from duckdb_tables() where estimated_size > 0"
        ).fetchall()
        for table, name in tables:
            columns = conn.execute(query + "compression = 'ZSTD'", [table]).fetchall()
            packed[name] = {column for (column,) in columns}

    assert len(named) > 15
    assert {name: ids for name, ids in packed.items() if ids} == {
        name: ids for name, ids in named.items() if name in packed
    }


@pytest.mark.nightly
def test_a_small_run_measures_all_shapes_and_agrees_with_what_is_done_by_hand(
    tmp_path: Path,
) -> None:
    peers = "--peers" if PEER_PYTHON.exists() else "--no-peers"

    said = said_by("scale.py", "--sessions", "20000", "--temp", tmp_path, peers)

    for heading in ("Floor: ", "layer ", "model ", "Whole build: "):
        assert f"\n{heading}" in said
    assert said.count("same totals") == (2 if PEER_PYTHON.exists() else 0)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        (["--sessions", "0"], "'0' is no whole number from 1,000 on"),
        (["--sessions", "-5"], "'-5' is no whole number from 1,000 on"),
        (["--sessions", "999"], "'999' is no whole number from 1,000 on"),
        (["--sessions", "1e6"], "'1e6' is no whole number from 1,000 on"),
        (["--memory", "abc"], "'abc' is no size of memory, such as 8GB"),
        (["--temp", "/proc/nowhere"], "cannot go on: [Errno 2] No such file or"),
        (["--temp", str(Path(__file__))], "cannot go on: [Errno 17] File exists"),
        (
            ["--sessions", "1000000000000"],
            "cannot go on: that is too little for 1,000,000,000,000 sessions",
        ),
    ],
)
def test_what_cannot_be_measured_is_said_in_one_line(
    options: list[str], reason: str
) -> None:
    command = [sys.executable, BENCHMARKS / "scale.py", *options]

    ended = subprocess.run(command, capture_output=True, text=True)

    assert ended.returncode != 0
    assert "Traceback" not in ended.stderr
    assert reason in ended.stderr.splitlines()[-1]


def test_the_benchmark_counts_what_it_built(scale: ModuleType) -> None:
    all_of_it = Namespace(sessions=4_000_000, only=["company_x"])
    with_others = Namespace(sessions=4_000_000, only=["company_x", "afisha"])
    other = Namespace(sessions=4_000_000, only=["afisha"])

    assert scale.generated(with_others) == (
        "company_x of 4,000,000 sessions; afisha of 400,000 sessions"
    )
    assert scale.generated(other) == "afisha of 400,000 sessions"
    assert "Per million sessions: 3.00 s, 5.00 s" in scale.per_million(
        all_of_it, 12, 20
    )
    assert (
        scale.per_million(with_others, 12, 20) == scale.per_million(other, 12, 20) == ""
    )


def test_tables_are_no_larger_than_their_file(sample: Build, scale: ModuleType) -> None:
    sizes = scale.table_sizes(sample.database)

    written = sum(size for _, size in sizes.values())
    assert 0 < written <= sample.database.stat().st_size
