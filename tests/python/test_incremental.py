"""Incremental runs: the rows of one full refresh, whatever was delivered and when."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import duckdb
import pytest
from dbt.cli.main import dbtRunner
from dbt.contracts.graph.manifest import Manifest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from benchmarks.large_shop import generate_shop
from build import one_line
from delivered_shops import Shop
from support import (
    Build,
    building_in,
    copied_project,
    dbt,
    mart_names,
    parsed,
    read_rows,
    write_rows,
)

pytestmark = pytest.mark.slow

# what a shop brings; the first is the one whose users the seeds exclude
LAYOUTS = ("contract", "company_x", "contract", "vestiaire", "company_x", "contract")
MODELS = ("build", "--resource-type", "model", "--resource-type", "seed")
# what is looked at is told by values as they came, outer spaces and all
LATE = " s2late ,u2, 2023-05-10 ,09:00:00,Mail"
SEEDS = st.lists(st.integers(0, 2**32), min_size=6, max_size=6, unique=True)
# a failing example is named by its seeds; to make it smaller would take hours
BUILDS = {
    "deadline": None,
    "phases": [Phase.explicit, Phase.reuse, Phase.generate],
    "suppress_health_check": list(HealthCheck),
}


@settings(max_examples=1, **BUILDS)
@given(seeds=SEEDS)
def test_slices_give_the_rows_of_one_full_refresh(
    seeds: list[int], tmp_path_factory: pytest.TempPathFactory
) -> None:
    check_slices(seeds, tmp_path_factory.mktemp("slices"), [14, 2])


@pytest.mark.nightly
@settings(max_examples=10, **BUILDS)
@given(seeds=SEEDS)
def test_many_slices_give_the_rows_of_one_full_refresh(
    seeds: list[int], tmp_path_factory: pytest.TempPathFactory
) -> None:
    check_slices(seeds, tmp_path_factory.mktemp("slices"), [14, 1, 1, 3, 5])


@pytest.mark.nightly
def test_a_day_more_of_a_large_shop_gives_what_one_full_refresh_gives(
    tmp_path: Path,
) -> None:
    """At a size at which DuckDB has several threads, which end in any order.

    The costs of the last day's sessions come before these.
    """
    generate_shop(tmp_path, 500_000, days=90)
    whole = (tmp_path / "raw").rename(tmp_path / "whole")
    shutil.copytree(whole, tmp_path / "raw")
    variables = {
        "raw": {"shop": {"layout": "company_x", "path": str(tmp_path / "raw")}}
    }
    for table, day in (("session_sources", "event_date"), ("conversions", "conv_date")):
        file = f"{table}.parquet"
        duckdb.sql(
            f"from '{whole / file}' where {day} < date '2023-06-01' + 89"
        ).write_parquet(str(tmp_path / "raw" / file))
    dbt(tmp_path / "steps", *MODELS, variables=variables)
    shutil.copytree(whole, tmp_path / "raw", dirs_exist_ok=True)
    steps = dbt(tmp_path / "steps", *MODELS, variables=variables)
    full = dbt(tmp_path / "full", *MODELS, variables=variables)
    assert steps.faults == full.faults == {}
    assert sums_of(steps.database) == sums_of(full.database)


def sums_of(database: Path) -> dict[str, tuple[Any, ...]]:
    """Count the rows of each mart and add up their hashes."""
    with duckdb.connect(str(database), read_only=True) as conn:
        conn.execute("set enable_progress_bar = false")
        return {
            name: conn.execute(
                f"select count(*), sum(hash(mart)::hugeint) from marts.{name} as mart"
            ).fetchall()[0]
            for name in mart_names(conn)
        }


def check_slices(seeds: list[int], folder: Path, slices: list[int]) -> None:
    """Deliver slice by slice to shops of these seeds, then compare with one build.

    Args:
        seeds: one for each shop.
        folder: where everything goes.
        slices: how many days each delivery brings; a build follows each.
    """
    shops = {
        f"shop_{number}" if number else "corner_shop": Shop.of(seed, layout)
        for number, (seed, layout) in enumerate(zip(seeds, LAYOUTS, strict=True))
    }
    variables = {"raw": written(shops, folder / "raw")}
    for days in slices:
        for shop in shops.values():
            shop.deliver(days)
        written(shops, folder / "raw")
        build = dbt(folder / "step", *MODELS, variables=variables)
        assert build.outcome.exception is None
        assert build.faults == {}
        undone = "select * from staging.stg_raw__parts where is_changed"
        assert build.rows(undone) == []
    whole = dbt(folder / "whole", *MODELS, variables=variables)
    assert whole.faults == {}
    assert differing(whole.database, build.database) == {}


def written(shops: dict[str, Shop], folder: Path) -> dict[str, Any]:
    """Write what the shops have delivered so far, and name the places."""
    for name, shop in shops.items():
        shutil.rmtree(folder / name, ignore_errors=True)
        shop.write(folder / name)
    return {
        name: {"layout": shop.layout, "path": str(folder / name)}
        for name, shop in shops.items()
    }


def differing(expected: Path, actual: Path) -> dict[str, set[str]]:
    """Compare the marts of two databases row by row.

    Returns:
        Each mart that differs, with the properties whose rows do.
    """
    found = {}
    with duckdb.connect(str(expected), read_only=True) as conn:
        names = mart_names(conn)
    for name in names:
        rows = [rows_of(path, name) for path in (expected, actual)]
        if rows[0] != rows[1]:
            unlike = set(rows[0]) ^ set(rows[1])
            found[name] = {str(dict(row).get("property")) for row in unlike}
    return found


def rows_of(database: Path, mart: str) -> list[tuple[tuple[str, Any], ...]]:
    """Read a mart in a fixed order, each row as pairs of column and value."""
    with duckdb.connect(str(database), read_only=True) as conn:
        cursor = conn.execute(f"from marts.{mart}")
        columns = [column[0] for column in cursor.description]
        rows = cursor.fetchall()
    return sorted((tuple(zip(columns, row, strict=True)) for row in rows), key=repr)


# --- what a run looks at, and what it leaves alone -----------------------------------

# the incremental models and what they read
KEPT = (
    "build",
    *("--resource-type", "model", "--resource-type", "seed", "--select"),
    *("+int_touchpoints_credited", "base_vestiaire__clicks"),
    "base_contract__listing_events",
)
MARKED = {
    "int_sessions": "campaign_name",
    "int_touchpoints": "campaign_id",
    "int_touchpoints_credited": "campaign_id",
}


@dataclass
class Runs:
    """A shop that is built again and again in one database."""

    folder: Path
    variables: dict[str, Any]
    manifest: Manifest
    sessions: list[str]

    def deliver(self) -> None:
        """Write the sessions that the shop has now."""
        columns = (
            "session_id,user_id,event_date,event_time,channel_name,campaign_name\n"
        )
        text = columns + "".join(f"{line},first\n" for line in self.sessions)
        (self.folder / "shop" / "session_sources.csv").write_text(text)

    def run(self, *options: str, **variables: object) -> Build:
        """Run dbt; without options the incremental models and what they read."""
        return dbt(
            self.folder / "build",
            *(options or KEPT),
            variables=self.variables | variables,
            manifest=self.manifest,
        )

    def mark(self) -> None:
        """Mark every row of the incremental models, so that a new one shows."""
        with duckdb.connect(str(self.folder / "build" / "tributary.duckdb")) as conn:
            for table, column in MARKED.items():
                conn.execute(f"update intermediate.{table} set {column} = 'kept'")

    def built_anew(self, build: Build) -> dict[str, list[str]]:
        """List the sessions and conversions whose rows are not those marked."""
        ids = {"int_sessions": "session_id"}
        return {
            table: [
                found
                for (found,) in build.rows(
                    f"select distinct {ids.get(table, 'conversion_id')} "
                    f"from intermediate.{table} "
                    f"where {column} is distinct from 'kept' order by all"
                )
            ]
            for table, column in MARKED.items()
        }


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Runs:
    """Build a shop of three users for the first time; each has bought once."""
    folder = tmp_path_factory.mktemp("runs")
    (folder / "shop").mkdir()
    (folder / "shop" / "conversions.csv").write_text(
        "conv_id,user_id,conv_date,conv_time,revenue\n"
        "k1,u1,2023-05-20,12:00:00,10.00\n"
        "k2,u2,2023-05-20,12:00:00,20.00\n"
        "k3,u3,2023-05-20,12:00:00,30.00\n"
    )
    variables = {"raw": {"shop": {"layout": "company_x", "path": str(folder / "shop")}}}
    sessions = [
        f"s{user}{day},u{user},2023-05-{day},10:00:00,Mail"
        for user in (1, 2, 3)
        for day in (10, 11, 12)
    ]
    runs = Runs(folder, variables, parsed(variables), sessions)
    runs.deliver()
    assert runs.run().faults == {}
    return runs


def test_a_second_run_of_the_same_rows_builds_none(runs: Runs) -> None:
    runs.mark()
    assert runs.built_anew(runs.run()) == dict.fromkeys(MARKED, [])


def test_a_late_row_builds_its_user_alone(runs: Runs) -> None:
    runs.mark()
    runs.sessions.append(LATE)
    runs.deliver()
    build = runs.run()
    assert runs.built_anew(build) == {
        "int_sessions": ["s210", "s211", "s212", "s2late"],
        "int_touchpoints": ["k2"],
        "int_touchpoints_credited": ["k2"],
    }
    assert build.rows(
        "select session_id, touch_number, linear_revenue::double "
        "from intermediate.int_touchpoints_credited where conversion_id = 'k2' "
        "order by touch_number"
    ) == [("s2late", 1, 5.0), ("s210", 2, 5.0), ("s211", 3, 5.0), ("s212", 4, 5.0)]


def test_a_session_that_is_given_to_another_user_builds_both(runs: Runs) -> None:
    runs.mark()
    runs.sessions[0] = runs.sessions[0].replace("u1", "u3")
    runs.deliver()
    assert runs.built_anew(runs.run())["int_touchpoints_credited"] == ["k1", "k3"]


def test_copies_on_other_days_are_judged_again(runs: Runs) -> None:
    """Of rows that share an id the first user's counts, on whatever day it came."""
    copies = (
        "select user_id, session_date::text, rejection_reason "
        "from staging.base_company_x__session_sources "
        "where session_id = 'twice' order by user_id"
    )
    others = [*runs.sessions]

    def after(*lines: str) -> list[tuple[Any, ...]]:
        runs.sessions = [*others, *lines]
        runs.deliver()
        return runs.run().rows(copies)

    first = "twice,u1,2023-05-12,10:00:00,Mail"
    second = "twice,u2,2023-05-13,10:00:00,Mail"
    repeated = "session_id is repeated"
    assert after(second) == [("u2", "2023-05-13", None)]
    assert after(first, second) == [
        ("u1", "2023-05-12", None),
        ("u2", "2023-05-13", repeated),
    ]
    assert after(second) == [("u2", "2023-05-13", None)]
    assert after() == []


def test_what_a_run_leaves_undone_is_left_to_the_next(runs: Runs) -> None:
    # it came in a test above
    runs.sessions.remove(LATE)
    runs.deliver()
    runs.run("run", "--select", "+int_sessions")
    touches = "select session_id from intermediate.int_touchpoints "
    touches += "where conversion_id = 'k2' order by touch_number"
    build = runs.run()
    assert build.rows(touches) == [("s210",), ("s211",), ("s212",)]


def test_what_a_run_has_missed_is_looked_at_again(
    runs: Runs, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file is written anew while it is read: at first it is whole, then it is not."""
    added = "s2new,u2,2023-05-21,09:00:00,Mail"
    runs.sessions.append(added)
    runs.deliver()

    def take_back(event: Any) -> None:  # noqa: ANN401 - dbt's events are untyped
        is_end = event.info.name == "NodeFinished"
        if is_end and event.data.node_info.node_name == "stg_raw__parts":
            runs.sessions.remove(added)
            runs.deliver()

    with monkeypatch.context() as patch:
        patch.setattr("support.dbtRunner", partial(dbtRunner, callbacks=[take_back]))
        runs.run()
    assert added not in runs.sessions
    runs.sessions.append(added)
    runs.deliver()
    build = runs.run()
    added_sessions = "select count(*) from intermediate.int_sessions "
    added_sessions += "where session_id = 's2new'"
    assert build.rows(added_sessions) == [(1,)]


def test_a_part_that_came_back_while_it_was_read_can_go_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It had gone when it was compared, and its rows were there when they were read."""
    (tmp_path / "shop").mkdir()
    variables = {
        "raw": {"shop": {"layout": "vestiaire", "path": str(tmp_path / "shop")}}
    }
    manifest = parsed(variables)

    def deliver(*listings: str) -> None:
        lines = ["id_user,id_product,datetime_session,event_action"]
        lines += [f"u1,{listing},2024-05-01 10:00:00,view" for listing in listings]
        (tmp_path / "shop" / "clicks.csv").write_text("\n".join(lines) + "\n")

    def clicks() -> list[tuple[Any, ...]]:
        build = dbt(tmp_path / "build", *KEPT, variables=variables, manifest=manifest)
        return build.rows(
            "select listing_id, count(*) from staging.base_vestiaire__clicks "
            "group by listing_id order by listing_id"
        )

    def give_back(event: Any) -> None:  # noqa: ANN401 - dbt's events are untyped
        is_end = event.info.name == "NodeFinished"
        if is_end and event.data.node_info.node_name == "stg_raw__parts":
            deliver("l1", "l2", "l2")

    deliver("l1", "l2", "l2")
    assert clicks() == [("l1", 1), ("l2", 2)]
    deliver("l1")
    with monkeypatch.context() as patch:
        patch.setattr("support.dbtRunner", partial(dbtRunner, callbacks=[give_back]))
        assert clicks() == [("l1", 1), ("l2", 2)]
    deliver("l1")
    assert clicks() == [("l1", 1)]


def test_a_seed_may_have_its_columns_in_another_order(tmp_path: Path) -> None:
    """And others beside them: what a column means is told by its name, each time."""
    project = copied_project(tmp_path / "project")
    names = ("channel_mapping", "excluded_users")

    def load() -> list[Any]:
        with building_in(project):
            build = dbt(tmp_path / "build", "seed", "--select", *names)
        assert build.faults == {}
        return [
            build.rows(f"select {columns} from mappings.{name} order by all")
            for name, columns in (
                ("channel_mapping", "property, source_channel, channel, channel_group"),
                ("excluded_users", "property, user_id, reason"),
            )
        ]

    first = load()
    assert all(first)
    for name in names:
        path = project / "seeds/mappings" / f"{name}.csv"
        rows = read_rows(path)
        write_rows(path, [dict(reversed(row.items())) | {"note": "x"} for row in rows])
    assert load() == first


def test_a_table_that_something_else_has_made_is_built_as_a_whole(runs: Runs) -> None:
    with duckdb.connect(str(runs.folder / "build" / "tributary.duckdb")) as conn:
        count = conn.execute("from intermediate.int_touchpoints").fetchall()
        conn.execute("drop table intermediate.int_touchpoints")
        conn.execute("create table intermediate.int_touchpoints as select 1 as nothing")
    build = runs.run("run", "--select", "int_touchpoints")
    assert build.faults == {}
    assert len(build.rows("from intermediate.int_touchpoints")) == len(count)


def test_another_meaning_is_refused_in_one_line(runs: Runs) -> None:
    refused = runs.run("run", "--select", "int_touchpoints+", lookback_days=5)
    line = one_line(str(refused.outcome.exception or refused.outcome.result.results))
    assert "var lookback_days: 5" in line
    assert "90" in line
    assert "--full-refresh" in line
    # what is built without them may be built under any
    assert runs.run("run", "--select", "int_properties", lookback_days=5).faults == {}


def test_a_full_refresh_takes_another_meaning(runs: Runs) -> None:
    options = ("run", "--full-refresh", "--select", "int_touchpoints")
    build = runs.run(*options, lookback_days=9)
    assert build.faults == {}
    assert build.rows("select count(*) from intermediate.int_touchpoints") == [(3,)]


def test_the_order_of_keys_is_no_other_meaning(runs: Runs) -> None:
    rules = {
        "attribution_models": [
            "last_non_direct",
            {"name": "mine", "first": 0.5, "middle": 0.2, "last": 0.3},
        ]
    }
    credits = ("run", "--select", "int_touchpoints_credited")
    assert runs.run(*credits, "--full-refresh", **rules).outcome.success
    assert runs.run(*credits, **rules).outcome.success
